"""A realtime meeting without an SDK: httpx, signed by hand (ACS3-HMAC-SHA256), and websockets.

python httpx_acs3.py WAV
"""

import asyncio
import hashlib
import hmac
import json
import os
import sys
import uuid
import wave
from datetime import UTC, datetime

import httpx
import websockets

HOST = "tingwu.cn-beijing.aliyuncs.com"
TASKS = "/openapi/tingwu/v2/tasks"
KEY_ID = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
SECRET = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
ALGORITHM = "ACS3-HMAC-SHA256"


def signed(method, path, query, content, action):
    digest = hashlib.sha256(content).hexdigest()
    headers = {
        "host": HOST,
        "x-acs-action": action,
        "x-acs-content-sha256": digest,
        "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": uuid.uuid4().hex,
        "x-acs-version": "2023-09-30",
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = "\n".join([method, path, query, lines, names, digest])
    text = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    authorization = f"{ALGORITHM} Credential={KEY_ID},SignedHeaders={names},Signature={signature}"
    return headers | {"authorization": authorization, "content-type": "application/json"}


async def call(client, action, method, path, query="", body=None):
    content = b"" if body is None else json.dumps(body).encode()
    headers = signed(method, path, query, content, action)
    url = f"https://{HOST}{path}{query and '?'}{query}"
    answer = await client.request(method, url, content=content, headers=headers)
    answer.raise_for_status()
    return answer.json()["Data"]


async def stream(url, recording):
    async with websockets.connect(url) as socket:
        session = uuid.uuid4().hex
        header = {"namespace": "SpeechTranscriber", "appkey": "default", "task_id": session}

        async def send(name, payload):
            ids = {"name": name, "message_id": uuid.uuid4().hex}
            await socket.send(json.dumps({"header": header | ids, "payload": payload}))

        async def push():
            with wave.open(recording) as audio:
                while frame := audio.readframes(1600):
                    await socket.send(frame)
                    await asyncio.sleep(0.01)
            await send("StopTranscription", {})

        await send("StartTranscription", {"format": "pcm", "sample_rate": 16000})
        async for text in socket:
            message = json.loads(text)
            name = message["header"]["name"]
            if name == "TranscriptionStarted":
                pushing = asyncio.create_task(push())
            elif name == "SentenceEnd":
                print("caption", message["payload"]["result"])
            elif name == "TranscriptionCompleted":
                await pushing
                return
            elif name == "TaskFailed":
                sys.exit(message["header"]["status_text"])


async def main(recording):
    async with httpx.AsyncClient(timeout=10) as client:
        source = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16000}
        created = {"AppKey": "my-app", "Input": source}
        task = await call(client, "CreateTask", "PUT", TASKS, "type=realtime", created)
        await stream(task["MeetingJoinUrl"], recording)
        stop = {"Input": {"TaskId": task["TaskId"]}}
        await call(client, "CreateTask", "PUT", TASKS, "operation=stop&type=realtime", stop)
        path = f"{TASKS}/{task['TaskId']}"
        while (info := await call(client, "GetTaskInfo", "GET", path))["TaskStatus"] == "ONGOING":
            await asyncio.sleep(0.1)
        print("status", info["TaskStatus"])
        for name, link in sorted(info["Result"].items()):
            found = (await client.get(link)).json()
            print("result", name, "of", found["TaskId"] == task["TaskId"])


asyncio.run(main(sys.argv[1]))
