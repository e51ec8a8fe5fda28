"""Live tasks over plain HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx

from mock_tingwu import MockTingwu
from tests.callbacks.receiver import Receiver

VERSION = "2016-11-01"
#: Nobody is contacted there: the stream is imagined.
STREAM = "rtmp://pull.example.com/app/lesson"


@dataclass
class Live:
    """The calls of one mock. Callbacks go to ``callback_url`` unless a call says otherwise."""

    mock: MockTingwu
    callback_url: str

    def call(self, action: str, **parameters: Any) -> httpx.Response:
        """A call as curl makes it, unsigned; parameters that are None are left out."""
        given = {"Action": action, "Version": VERSION, "Format": "JSON", **parameters}
        query = {name: str(value) for name, value in given.items() if value is not None}
        return httpx.get(self.mock.url + "/", params=query)

    def ask_create(self, **parameters: Any) -> httpx.Response:
        """CreateRtcAsrTask for a Chinese stream that is imagined."""
        usual = {"Mode": "live", "StreamURL": STREAM, "Language": "cn"}
        return self.call(
            "CreateRtcAsrTask", **{**usual, "CallbackURL": self.callback_url, **parameters}
        )

    def create(self, **parameters: Any) -> str:
        """The id of a new task."""
        answer = self.ask_create(**parameters)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["TaskId"])

    def stop(self, task_id: str) -> None:
        answer = self.call("StopRtcAsrTask", TaskId=task_id)
        assert answer.status_code == 200, answer.text

    def query(self, task_id: str | None = None) -> dict[str, Any]:
        """The tasks that a Query shows, by their ids."""
        answer = self.call("QueryRtcAsrTasks", TaskId=task_id)
        assert answer.status_code == 200, answer.text
        tasks: dict[str, Any] = answer.json()["Tasks"]
        return tasks

    def state(self, task_id: str) -> str:
        """The task's state inside the mock."""
        return str(httpx.get(f"{self.mock.url}/_mock/tasks/{task_id}").json()["state"])

    def notes(self) -> list[str]:
        return [e["text"] for e in self.mock.journal if e["kind"] == "note"]


@dataclass
class Event:
    """The event in one callback."""

    callback: dict[str, Any]

    @property
    def content(self) -> Any:
        return json.loads(self.callback["content"])

    @property
    def name(self) -> str:
        return str(self.content["header"]["name"])

    @property
    def payload(self) -> Any:
        return self.content["payload"]


def events(listener: Receiver, task_id: str | None = None) -> list[Event]:
    """What came so far, of one task or of all."""
    bodies = [request.body for request in listener.requests]
    return [Event(body) for body in bodies if task_id in (None, body["task_id"])]


def names(listener: Receiver) -> list[str]:
    return [event.name for event in events(listener)]
