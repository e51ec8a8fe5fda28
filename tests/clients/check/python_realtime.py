"""A meeting with alibabacloud_tingwu20230930 and nls, as the vendor's samples hold one.

    python python_realtime.py HOST WAV
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

endpoint, recording = sys.argv[1:]
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

transcriber = nls.NlsSpeechTranscriber(
    url=task.meeting_join_url,
    token="default",
    appkey="default",
    on_sentence_end=lambda message, *_: print(json.loads(message)["payload"]["result"]),
    on_error=lambda message, *_: print("on_error", message),
    on_close=lambda *_: print("on_close"),
)
transcriber.start(aformat="pcm", sample_rate=16000)
with wave.open(recording) as audio:
    while frame := audio.readframes(1600):
        transcriber.send_audio(frame)
        time.sleep(0.01)
transcriber.stop()

client.create_task(
    tingwu.CreateTaskRequest(
        type="realtime",
        operation="stop",
        input=tingwu.CreateTaskRequestInput(task_id=task.task_id),
    )
)
for _ in range(50):
    info = client.get_task_info(task.task_id).body.data
    if info.task_status in ("COMPLETED", "FAILED", "INVALID"):
        break
    time.sleep(0.2)
if info.task_status != "COMPLETED":
    sys.exit(f"the task is {info.task_status}: {info.error_code} {info.error_message}")
for name, link in info.result.to_map().items():
    with urllib.request.urlopen(link) as file:
        print(name, sorted(json.load(file)))
