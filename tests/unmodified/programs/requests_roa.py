"""A realtime meeting without an SDK: requests, signed by hand (ROA), and websocket-client.

python requests_roa.py WAV
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import uuid
import wave
from email.utils import formatdate

import requests
import websocket

HOST = "https://tingwu.cn-beijing.aliyuncs.com"
TASKS = "/openapi/tingwu/v2/tasks"
KEY_ID = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
SECRET = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]


def call(method, resource, body=None):
    content = b"" if body is None else json.dumps(body).encode()
    headers = {
        "Accept": "application/json",
        "Content-MD5": base64.b64encode(hashlib.md5(content).digest()).decode() if content else "",
        "Content-Type": "application/json;charset=utf-8",
        "Date": formatdate(usegmt=True),
    }
    acs = {
        "x-acs-signature-method": "HMAC-SHA1",
        "x-acs-signature-nonce": str(uuid.uuid4()),
        "x-acs-signature-version": "1.0",
        "x-acs-version": "2023-09-30",
    }
    lines = [method, *headers.values(), *(f"{k}:{v}" for k, v in sorted(acs.items())), resource]
    mac = hmac.new(SECRET.encode(), "\n".join(lines).encode(), hashlib.sha1).digest()
    signature = {"Authorization": f"acs {KEY_ID}:{base64.b64encode(mac).decode()}"}
    answer = requests.request(
        method, HOST + resource, data=content, headers=headers | acs | signature, timeout=10
    )
    answer.raise_for_status()
    return answer.json()["Data"]


task = call(
    "PUT",
    f"{TASKS}?type=realtime",
    {"AppKey": "a", "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16000}},
)
stream = websocket.create_connection(task["MeetingJoinUrl"], timeout=10)


def command(name):
    header = {"namespace": "SpeechTranscriber", "name": name, "appkey": "default"}
    ids = {"message_id": uuid.uuid4().hex, "task_id": session}
    payload = {"format": "pcm", "sample_rate": 16000} if name.startswith("Start") else {}
    stream.send(json.dumps({"header": header | ids, "payload": payload}))


def until(*names):
    while True:
        message = json.loads(stream.recv())
        name = message["header"]["name"]
        if name == "SentenceEnd":
            print("caption", message["payload"]["result"])
        if name == "TaskFailed":
            sys.exit(message["header"]["status_text"])
        if name in names:
            return


session = uuid.uuid4().hex
command("StartTranscription")
until("TranscriptionStarted")
with wave.open(sys.argv[1]) as audio:
    while frame := audio.readframes(1600):
        stream.send_binary(frame)
        time.sleep(0.01)
command("StopTranscription")
until("TranscriptionCompleted")
stream.close()

call("PUT", f"{TASKS}?operation=stop&type=realtime", {"Input": {"TaskId": task["TaskId"]}})
while (info := call("GET", f"{TASKS}/{task['TaskId']}"))["TaskStatus"] == "ONGOING":
    time.sleep(0.1)
print("status", info["TaskStatus"])
for name, link in sorted(info["Result"].items()):
    found = requests.get(link, timeout=10).json()
    print("result", name, "of", found["TaskId"] == task["TaskId"])
