"""A recording with alibabacloud_tingwu20230930: asked for, then waited for with asyncio."""

import asyncio
import os

import requests
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tingwu20230930 import models
from alibabacloud_tingwu20230930.client import Client

client = Client(
    Config(
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        region_id="cn-beijing",
        endpoint="tingwu.cn-beijing.aliyuncs.com",
    )
)
task = client.create_task(
    models.CreateTaskRequest(
        type="offline",
        app_key="my-app",
        input=models.CreateTaskRequestInput(
            source_language="cn", file_url="https://files.example.com/weekly.mp3"
        ),
        parameters=models.CreateTaskRequestParameters(auto_chapters_enabled=True),
    )
).body.data


async def finished():
    while True:
        info = (await client.get_task_info_async(task.task_id)).body.data
        if info.task_status != "ONGOING":
            return info
        await asyncio.sleep(0.1)


info = asyncio.run(finished())
print("status", info.task_status)
for name, link in sorted(info.result.to_map().items()):
    print("result", name, "of", requests.get(link, timeout=10).json()["TaskId"] == task.task_id)
