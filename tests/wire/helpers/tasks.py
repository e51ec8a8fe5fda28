"""Tasks over plain sockets: the calls of `tests.realtime.helpers` without the cost of a client."""

from __future__ import annotations

import json
from typing import Any

from mock_tingwu import MockTingwu
from tests.wire.helpers.raw import Json, exchange, http

TASKS = "/openapi/tingwu/v2/tasks"


def _data(mock: MockTingwu, method: str, target: str, body: Json | None = None) -> Json:
    raw = None if body is None else json.dumps(body).encode()
    answer = exchange(mock, http(method, target, raw, host=mock.host))
    assert answer.status == 200, answer.body
    data: Json = answer.json()["Data"]
    return data


def create(mock: MockTingwu, parameters: Json | None = None, **source: Any) -> Json:
    """Create a realtime task; return its Data."""
    body = {
        "AppKey": "app",
        "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000, **source},
        "Parameters": parameters or {},
    }
    return _data(mock, "PUT", f"{TASKS}?type=realtime", body)


def stop(mock: MockTingwu, task_id: str) -> str:
    """Stop a task through the API; return the TaskStatus."""
    target = f"{TASKS}?type=realtime&operation=stop"
    return str(_data(mock, "PUT", target, {"Input": {"TaskId": task_id}})["TaskStatus"])


def info(mock: MockTingwu, task_id: str) -> Json:
    """The Data of GetTaskInfo."""
    return _data(mock, "GET", f"{TASKS}/{task_id}")


def status(mock: MockTingwu, task_id: str) -> str:
    return str(info(mock, task_id)["TaskStatus"])
