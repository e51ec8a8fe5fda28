"""A meeting with the sessions of the package dashscope, as of its release 2.

python dashscope_v2.py WAV
"""

import sys
import time
import wave

import dashscope
import httpx

APP = "tw_app"

with dashscope.Client(timeout=10) as client:

    def call(**given):
        return client.tingwu.call(model="tingwu-meeting", input=given).output

    task = {"task": "createTask", "type": "realtime", "appId": APP}
    data_id = call(**task, format="pcm", sampleRate=16000)["dataId"]
    with client.tingwu.realtime(
        model="tingwu-meeting-realtime", app_id=APP, data_id=data_id
    ) as session:
        with wave.open(sys.argv[1]) as audio:
            while frame := audio.readframes(1600):
                session.send_audio_frame(frame)
                time.sleep(0.01)
        session.stop()
        for event in session.events():
            said = event["payload"].get("output", {}).get("transcription", {})
            if said.get("sentenceEnd"):
                print("caption", said["text"])

    call(**task, dataId=data_id)
    while (output := call(task="getTask", dataId=data_id))["status"] not in (0, 2):
        time.sleep(0.1)
    print("status", output["status"])
    for name, link in sorted(output.items()):
        if name.endswith("Path") and link:
            print("result", name, httpx.get(link).status_code)
