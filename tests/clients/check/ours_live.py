"""Our client with Live: a stream is captioned for some sentences, then its task is stopped.

    python ours_live.py URL
"""

import asyncio
import sys

from mock_tingwu.client import ClientError, LiveAsrClient
from mock_tingwu.client.live_callbacks import LiveCallbackReceiver

SENTENCES = 2
PATIENCE_S = 12


async def main(url):
    heard, loop = asyncio.Queue(), asyncio.get_running_loop()

    def take(arrival):
        if arrival.callback is not None and arrival.callback.name == "SentenceEnd":
            loop.call_soon_threadsafe(heard.put_nowait, arrival.callback)

    keys = {"access_key_id": "any", "access_key_secret": "any"}
    with LiveCallbackReceiver(port=0, auth_key="my-key", on_callback=take) as receiver:
        async with LiveAsrClient(url, **keys) as live:
            task_id = await live.caption_stream(
                "rtmp://pull.example.com/app/lesson",
                receiver.url,
                auth_key="my-key",
                report_interval_ms=-1,
            )
            try:
                async with asyncio.timeout(PATIENCE_S):
                    for _ in range(SENTENCES):
                        print((await heard.get()).name)
            finally:
                await live.stop(task_id)


try:
    asyncio.run(main(sys.argv[1]))
except ClientError as error:
    sys.exit(str(error))
except TimeoutError:
    sys.exit("no caption has come")
