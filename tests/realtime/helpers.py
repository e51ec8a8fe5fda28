"""A bare client of the realtime endpoint, for tests that want every event in order."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from mock_tingwu import MockTingwu

TASKS = "/openapi/tingwu/v2/tasks"
PATIENCE = 10.0
Json = dict[str, Any]


def create(mock: MockTingwu, parameters: Json | None = None, **source: Any) -> Json:
    """Create a realtime task; return its Data."""
    body = {
        "AppKey": "app",
        "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000, **source},
        "Parameters": parameters or {},
    }
    answer = httpx.put(f"{mock.url}{TASKS}?type=realtime", json=body)
    assert answer.status_code == 200, answer.text
    data: Json = answer.json()["Data"]
    return data


def stop(mock: MockTingwu, task_id: str) -> str:
    """Stop a task through the API; return the TaskStatus."""
    body = {"Input": {"TaskId": task_id}}
    answer = httpx.put(f"{mock.url}{TASKS}?type=realtime&operation=stop", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["Data"]["TaskStatus"])


def info(mock: MockTingwu, task_id: str) -> Json:
    """The Data of GetTaskInfo."""
    data: Json = httpx.get(f"{mock.url}{TASKS}/{task_id}").json()["Data"]
    return data


def status(mock: MockTingwu, task_id: str) -> str:
    return str(info(mock, task_id)["TaskStatus"])


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that another thread brings about."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.005)


def results(mock: MockTingwu, task_id: str) -> Json:
    """Wait for COMPLETED and download every result file."""
    until(lambda: status(mock, task_id) == "COMPLETED", "COMPLETED")
    links = info(mock, task_id)["Result"]
    return {kind: httpx.get(link).json()[kind] for kind, link in links.items()}


class Pusher:
    """One connection. Events are kept in the order of their arrival."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[Json] = []

    def command(self, name: str, payload: object = None, **header: object) -> None:
        message: Json = {"header": {"namespace": "SpeechTranscriber", "name": name, **header}}
        if payload is not None:
            message["payload"] = payload
        self.socket.send(json.dumps(message))

    def start(self, payload: object = None) -> None:
        self.command("StartTranscription", payload)
        self.expect("TranscriptionStarted")

    def push(self, audio: bytes, frame: int = 3_200) -> None:
        with suppress(ConnectionClosed):  # what came back can still be read
            for begin in range(0, len(audio), frame):
                self.socket.send(audio[begin : begin + frame])

    def stop(self) -> None:
        self.command("StopTranscription")
        self.expect("TranscriptionCompleted")

    def receive(self) -> Json:
        event: Json = json.loads(self.socket.recv(PATIENCE))
        self.events.append(event)
        return event

    def expect(self, name: str) -> Json:
        """Receive until the event called ``name``."""
        while True:
            event = self.receive()
            if event["header"]["name"] == name:
                return event
            assert event["header"]["name"] != "TaskFailed", event

    def failure(self) -> Json:
        """Receive until TaskFailed; return its header."""
        while True:
            event = self.receive()
            if event["header"]["name"] == "TaskFailed":
                header: Json = event["header"]
                return header

    def close_code(self) -> int:
        """Receive until the server closes; return its code."""
        try:
            while True:
                self.receive()
        except ConnectionClosed as closed:
            assert closed.rcvd is not None
            return closed.rcvd.code

    def named(self, name: str) -> list[Json]:
        return [event for event in self.events if event["header"]["name"] == name]

    def sentences(self) -> list[str]:
        return [event["payload"]["result"] for event in self.named("SentenceEnd")]


@contextmanager
def pusher(task: Json) -> Iterator[Pusher]:
    """A connection to the task's MeetingJoinUrl."""
    with connect(task["MeetingJoinUrl"], open_timeout=PATIENCE, compression=None) as socket:
        yield Pusher(socket)
