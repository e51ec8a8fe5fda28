"""Our client with callbacks: a recording is transcribed, and callbacks wake who waits for it.

    python ours_callbacks.py URL FILE_URL CALLBACK_PORT
"""

import asyncio
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from mock_tingwu.client import ClientError, TingwuClient

PATIENCE_S = 10


async def main(url, file_url, port):
    told, loop = asyncio.Event(), asyncio.get_running_loop()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            if body.get("Data", {}).get("TaskStatus") in ("COMPLETED", "FAILED"):
                loop.call_soon_threadsafe(told.set)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Receiver)
    Thread(target=server.serve_forever, daemon=True).start()
    keys = {"access_key_id": "any", "access_key_secret": "any", "app_key": "callbacks"}
    async with TingwuClient(url, **keys) as client:
        task = await client.create_offline(
            file_url, callbacks=True, parameters={"AutoChaptersEnabled": True}
        )
        try:
            async with asyncio.timeout(PATIENCE_S):
                await told.wait()
        except TimeoutError:
            print(f"no callback has come within {PATIENCE_S} s: asking", file=sys.stderr)
        info = await client.wait(task.task_id, check=True, timeout=PATIENCE_S)
        print((await client.results(info)).to_text())
    server.shutdown()


try:
    asyncio.run(main(*sys.argv[1:]))
except ClientError as error:
    sys.exit(str(error))
