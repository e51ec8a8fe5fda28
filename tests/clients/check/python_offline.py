"""A recording with aliyun-python-sdk-core, as the vendor's samples have one transcribed.

    python python_offline.py PORT FILE_URL
"""

import json
import sys
import time
import urllib.request

from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

port, file_url = sys.argv[1:]
client = AcsClient("any", "any", "cn-beijing", port=int(port))
TASKS = "/openapi/tingwu/v2/tasks"


def call(method, path, body=None, **query):
    request = CommonRequest()
    request.set_accept_format("json")
    request.set_domain("127.0.0.1")
    request.set_protocol_type("http")
    request.set_version("2023-09-30")
    request.set_method(method)
    request.set_uri_pattern(path)
    request.add_header("Content-Type", "application/json")
    for name, value in query.items():
        request.add_query_param(name, value)
    if body is not None:
        request.set_content(json.dumps(body).encode())
    return json.loads(client.do_action_with_exception(request))["Data"]


task = call(
    "PUT",
    TASKS,
    {
        "AppKey": "any",
        "Input": {"SourceLanguage": "cn", "FileUrl": file_url},
        "Parameters": {"AutoChaptersEnabled": True, "SummarizationEnabled": True},
    },
    type="offline",
)
for _ in range(50):
    info = call("GET", f"{TASKS}/{task['TaskId']}")
    if info["TaskStatus"] in ("COMPLETED", "FAILED", "INVALID"):
        break
    time.sleep(0.2)
if info["TaskStatus"] != "COMPLETED":
    sys.exit(f"the task is {info['TaskStatus']}: {info.get('ErrorCode')}")
for name, link in info["Result"].items():
    with urllib.request.urlopen(link) as file:
        print(name, sorted(json.load(file)))
