"""Captions of a live stream with alibabacloud_live20161101: a server of its own takes callbacks."""

import json
import os
import queue
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from alibabacloud_live20161101 import models
from alibabacloud_live20161101.client import Client
from alibabacloud_tea_openapi.models import Config

heard = queue.Queue()


class Callbacks(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        heard.put(json.loads(body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Callbacks)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = Client(
    Config(
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        endpoint="live.aliyuncs.com",
    )
)
created = client.create_rtc_asr_task(
    models.CreateRtcAsrTaskRequest(
        mode="live",
        language="cn",
        stream_url="rtmp://pull.example.com/app/lesson",
        callback_url=f"http://127.0.0.1:{server.server_port}/captions",
        report_interval=-1,
    )
).body
print("caption", json.dumps(heard.get(timeout=20), ensure_ascii=False))
asked = models.QueryRtcAsrTasksRequest(task_id=created.task_id)
print("status", client.query_rtc_asr_tasks(asked).body.tasks[created.task_id]["status"])
client.stop_rtc_asr_task(models.StopRtcAsrTaskRequest(task_id=created.task_id))
print("stopped", client.query_rtc_asr_tasks(asked).body.tasks[created.task_id]["status"])
