"""A meeting with the sessions of dashscope's v2, as the vendor's samples hold one.

    python python_dashscope_v2.py URL WAV

The address of the WebSocket is in DASHSCOPE_WEBSOCKET_BASE_URL.
"""

import json
import sys
import time
import urllib.request
import wave

import dashscope

url, recording = sys.argv[1:]
APP = "tw_app"

with dashscope.Client(api_key="any", base_url=f"{url}/api/v1", timeout=10) as client:

    def call(**given):
        return client.tingwu.call(model="tingwu-meeting", input=given).output

    data_id = call(task="createTask", type="realtime", appId=APP, format="pcm", sampleRate=16000)[
        "dataId"
    ]
    with client.tingwu.realtime(
        model="tingwu-meeting-realtime", app_id=APP, data_id=data_id
    ) as session:
        with wave.open(recording) as audio:
            while frame := audio.readframes(1600):
                session.send_audio_frame(frame)
                time.sleep(0.01)
        session.stop()
        for event in session.events():
            said = event["payload"].get("output", {}).get("transcription", {})
            if said.get("sentenceEnd"):
                print(said["text"])

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
