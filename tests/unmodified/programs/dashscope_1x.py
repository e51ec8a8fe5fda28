"""A meeting with the package dashscope, in the style of its releases 1.x.

python dashscope_1x.py WAV
"""

import os
import sys
import threading
import time
import wave

import requests
from dashscope.multimodal.tingwu import TingWu, TingWuRealtime, TingWuRealtimeCallback

APP, KEY = "tw_app", os.environ["DASHSCOPE_API_KEY"]


def call(**given):
    answer = TingWu.call("tingwu-meeting", given, api_key=KEY)
    if answer.status_code != 200:
        sys.exit(f"{answer.code}: {answer.message}")
    return answer.output


class Callback(TingWuRealtimeCallback):
    def __init__(self):
        self.listening, self.over = threading.Event(), threading.Event()

    def on_speech_listen(self, result):
        self.listening.set()

    def on_recognize_result(self, result):
        said = result["payload"]["output"].get("transcription") or {}
        if said.get("sentenceEnd"):
            print("caption", said["text"])

    def on_error(self, error_code, error_msg):
        print("on_error", error_code, error_msg)

    def on_close(self, close_status_code, close_msg):
        self.over.set()


task = {"task": "createTask", "type": "realtime", "appId": APP}
data_id = call(**task, format="pcm", sampleRate=16000)["dataId"]
callback = Callback()
realtime = TingWuRealtime(
    model="tingwu-meeting-realtime",
    app_id=APP,
    api_key=KEY,
    data_id=data_id,
    callback=callback,
)
realtime.start()
if not callback.listening.wait(10):
    sys.exit("no speech-listen")
with wave.open(sys.argv[1]) as audio:
    while frame := audio.readframes(1600):
        realtime.send_audio_frame(frame)
        time.sleep(0.01)
realtime.stop()
callback.over.wait(10)

call(**task, dataId=data_id)
while (output := call(task="getTask", dataId=data_id))["status"] not in (0, 2):
    time.sleep(0.1)
print("status", output["status"])
for name, link in sorted(output.items()):
    if name.endswith("Path") and link:
        print("result", name, requests.get(link, timeout=10).status_code)
