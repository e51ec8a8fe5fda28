"""A program whose own server has the recordings, and takes the callbacks.

Its arguments are the port of the server, and the recording.
"""

import json
import os
import queue
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from alibabacloud_live20161101 import models as live
from alibabacloud_live20161101.client import Client as LiveClient
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tingwu20230930 import models
from alibabacloud_tingwu20230930.client import Client

RECORDING = Path(sys.argv[2]).read_bytes()
told, asked = queue.Queue(), {"recording": threading.Event(), "stream": threading.Event()}


class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        asked[self.path.strip("/").partition(".")[0]].set()
        whole = self.headers.get("Range", "bytes=0-") == "bytes=0-"
        self.send_response(200 if whole else 416)
        self.send_header("Content-Length", str(len(RECORDING) if whole else 0))
        self.end_headers()
        self.wfile.write(RECORDING if whole else b"")

    def do_POST(self):
        told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def config(host):
    return Config(
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        endpoint=host,
    )


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://localhost:{server.server_port}"
Client(config("tingwu.cn-beijing.aliyuncs.com")).create_task(
    models.CreateTaskRequest(
        type="offline",
        app_key="own-server",
        input=models.CreateTaskRequestInput(
            source_language="cn",
            file_url=f"{url}/recording.wav",
            progressive_callbacks_enabled=True,
        ),
    )
)
while (data := told.get(timeout=20)["Data"])["TaskStatus"] == "ONGOING":
    print("told of", *data["Result"])
print("status", data["TaskStatus"])
lives = LiveClient(config("live.aliyuncs.com"))
created = lives.create_rtc_asr_task(
    live.CreateRtcAsrTaskRequest(
        mode="live", language="cn", stream_url=f"{url}/stream.wav", callback_url=f"{url}/captions"
    )
)
for name, event in asked.items():
    print("asked for", name, event.wait(20))
lives.stop_rtc_asr_task(live.StopRtcAsrTaskRequest(task_id=created.body.task_id))
