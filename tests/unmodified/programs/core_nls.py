"""A realtime meeting with aliyun-python-sdk-core and the NLS SDK.

python core_nls.py WAV
"""

import json
import os
import sys
import time
import urllib.request
import wave

import nls
from aliyunsdkcore.auth.credentials import AccessKeyCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

credentials = AccessKeyCredential(
    os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
)
client = AcsClient(region_id="cn-beijing", credential=credentials)


def call(method, uri, body=None, **query):
    request = CommonRequest()
    request.set_accept_format("json")
    request.set_domain("tingwu.cn-beijing.aliyuncs.com")
    request.set_version("2023-09-30")
    request.set_protocol_type("https")
    request.set_method(method)
    request.set_uri_pattern(uri)
    request.add_header("Content-Type", "application/json")
    for name, value in query.items():
        request.add_query_param(name, value)
    if body is not None:
        request.set_content(json.dumps(body).encode("utf-8"))
    return json.loads(client.do_action_with_exception(request))["Data"]


TASKS = "/openapi/tingwu/v2/tasks"
task = call(
    "PUT",
    TASKS,
    {
        "AppKey": "my-app",
        "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16000},
        "Parameters": {"AutoChaptersEnabled": True},
    },
    type="realtime",
)

transcriber = nls.NlsSpeechTranscriber(
    url=task["MeetingJoinUrl"],
    token="default",
    appkey="default",
    on_sentence_end=lambda message, *_: print("caption", json.loads(message)["payload"]["result"]),
    on_error=lambda message, *_: print("on_error", message),
)
transcriber.start(aformat="pcm", sample_rate=16000, enable_intermediate_result=True)
with wave.open(sys.argv[1]) as audio:
    while frame := audio.readframes(1600):
        transcriber.send_audio(frame)
        time.sleep(0.01)
transcriber.stop()

call("PUT", TASKS, {"Input": {"TaskId": task["TaskId"]}}, type="realtime", operation="stop")
while (info := call("GET", f"{TASKS}/{task['TaskId']}"))["TaskStatus"] == "ONGOING":
    time.sleep(0.1)
print("status", info["TaskStatus"])
for name, link in sorted(info["Result"].items()):
    with urllib.request.urlopen(link) as file:
        print("result", name, "of", json.load(file)["TaskId"] == task["TaskId"])
