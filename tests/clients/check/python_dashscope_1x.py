"""A meeting with the package dashscope as in 1.x, as the vendor's samples hold one.

    python python_dashscope_1x.py URL WS_URL WAV
"""

import json
import sys
import threading
import time
import urllib.request
import wave

from dashscope.multimodal.tingwu import TingWu, TingWuRealtime, TingWuRealtimeCallback

url, ws_url, recording = sys.argv[1:]
APP, KEY = "tw_app", "any"
GENERATION = f"{url}/api/v1/services/aigc/multimodal-generation/generation"


def call(**given):
    answer = TingWu.call("tingwu-meeting", given, api_key=KEY, base_address=GENERATION)
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
            print(said["text"])

    def on_stopped(self):
        self.over.set()

    def on_error(self, error_code, error_msg):
        print("on_error", error_code, error_msg)

    def on_close(self, close_status_code, close_msg):
        print("on_close", close_status_code)
        self.over.set()


data_id = call(task="createTask", type="realtime", appId=APP, format="pcm", sampleRate=16000)[
    "dataId"
]
callback = Callback()
realtime = TingWuRealtime(
    model="tingwu-meeting-realtime",
    app_id=APP,
    api_key=KEY,
    base_address=f"{ws_url}/api-ws/v1/inference",
    data_id=data_id,
    callback=callback,
)
realtime.start()
if not callback.listening.wait(15):
    sys.exit("no speech-listen within 15 s")
with wave.open(recording) as audio:
    while frame := audio.readframes(1600):
        realtime.send_audio_frame(frame)
        time.sleep(0.01)
realtime.stop()
callback.over.wait(15)

call(task="createTask", type="realtime", appId=APP, dataId=data_id)
for _ in range(50):
    output = call(task="getTask", dataId=data_id)
    if output["status"] in (0, 2):
        break
    time.sleep(0.2)
if output["status"] != 0:
    sys.exit(f"the task is {output['status']}: {output.get('errorCode')}")
for name, link in output.items():
    if name.endswith("Path") and link:
        with urllib.request.urlopen(link) as file:
            print(name, len(json.load(file)))
