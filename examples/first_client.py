"""A realtime meeting with Alibaba's own Python SDKs: create, push, stop, read the result.

pip install alibabacloud-tingwu20230930 alibabacloud-nls-python-sdk
"""

import json
import sys
import time
import urllib.request
import wave

import nls
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tingwu20230930 import models as tingwu
from alibabacloud_tingwu20230930.client import Client

endpoint, recording = sys.argv[1:]  # 127.0.0.1:8900 and a 16 kHz mono WAV file

client = Client(
    Config(access_key_id="any", access_key_secret="any", endpoint=endpoint, protocol="HTTP")
)
task = client.create_task(
    tingwu.CreateTaskRequest(
        type="realtime",
        app_key="any",
        input=tingwu.CreateTaskRequestInput(source_language="cn", format="pcm", sample_rate=16000),
        parameters=tingwu.CreateTaskRequestParameters(auto_chapters_enabled=True),
    )
).body.data


def caption(message: str, *_: object) -> None:
    print(json.loads(message)["payload"]["result"])


transcriber = nls.NlsSpeechTranscriber(
    url=task.meeting_join_url, token="default", appkey="default", on_sentence_end=caption
)
transcriber.start(aformat="pcm", sample_rate=16000)
with wave.open(recording) as audio:
    while frame := audio.readframes(1600):  # 100 ms
        transcriber.send_audio(frame)
        time.sleep(0.01)  # ten times faster than speech; the cloud wants 0.1
transcriber.stop()

client.create_task(
    tingwu.CreateTaskRequest(
        type="realtime",
        operation="stop",
        input=tingwu.CreateTaskRequestInput(task_id=task.task_id),
    )
)
while (info := client.get_task_info(task.task_id).body.data).task_status == "ONGOING":
    time.sleep(0.2)
if info.task_status != "COMPLETED":
    sys.exit(f"the task is {info.task_status}: {info.error_code} {info.error_message}")
with urllib.request.urlopen(info.result.auto_chapters) as file:
    for chapter in json.load(file)["AutoChapters"]:
        print("-", chapter["Headline"])
