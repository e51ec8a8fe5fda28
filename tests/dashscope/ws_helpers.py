"""A bare client of DashScope's inference WebSocket, for tests that want every event in order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from mock_tingwu import MockTingwu
from mock_tingwu.core.journal import Entry
from tests.dashscope.helpers import Json, get
from tests.realtime.helpers import PATIENCE, until

PATH = "/api-ws/v1/inference"
REALTIME = "tingwu-meeting-realtime"
INDUSTRIAL = "tingwu-industrial-instruction"
APP = "tw_app"
TASK = "0123456789abcdef"


class Duplex:
    """One connection. Events are kept in the order of their arrival."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[Json] = []

    def command(self, action: str, payload: object, task_id: object = TASK) -> None:
        header = {"action": action, "task_id": task_id, "streaming": "duplex"}
        self.socket.send(json.dumps({"header": header, "payload": payload}))

    def run(
        self,
        data_id: str | None = None,
        *,
        model: str = REALTIME,
        app_id: object = APP,
        task_id: object = TASK,
        parameters: Json | None = None,
    ) -> None:
        """Send run-task."""
        given = {"appId": app_id, "dataId": data_id, "directive": "start"}
        payload: Json = {
            "model": model,
            "task_group": "aigc",
            "task": "multimodal-generation",
            "function": "generation",
            "input": {name: value for name, value in given.items() if value is not None},
        }
        if parameters is not None:
            payload["parameters"] = parameters
        self.command("run-task", payload, task_id)

    def start(self, data_id: str | None = None, **run: Any) -> Json:
        """run-task up to speech-listen, whose output is returned."""
        self.run(data_id, **run)
        assert action(self.receive()) == "task-started"
        return self.expect("speech-listen")

    def push(self, audio: bytes, frame: int = 3_200) -> None:
        with suppress(ConnectionClosed):  # what came back can still be read
            for begin in range(0, len(audio), frame):
                self.socket.send(audio[begin : begin + frame])

    def finish(self, task_id: object = TASK) -> None:
        """finish-task up to task-finished."""
        self.command("finish-task", {"input": {"appId": APP, "directive": "stop"}}, task_id)
        self.expect("speech-end")
        assert action(self.receive()) == "task-finished"

    def receive(self) -> Json:
        event: Json = json.loads(self.socket.recv(PATIENCE))
        self.events.append(event)
        return event

    def expect(self, name: str) -> Json:
        """Receive until an event of this action; return its output."""
        while True:
            event = self.receive()
            output: Json = event["payload"].get("output", {})
            if action(event) == name:
                return output
            assert action(event) != "task-failed", event

    def refusal(self) -> tuple[str, str]:
        """Receive until the server closes with 1000; code and message of what it said last."""
        assert self.close_code() == 1000
        last = self.events[-1]
        assert action(last) == "task-failed"
        if last["header"]["event"] == "task-failed":
            return last["header"]["error_code"], last["header"]["error_message"]
        output = last["payload"]["output"]
        return output["errorCode"], output["errorMessage"]

    def close_code(self) -> int:
        """Receive until the server closes; return its code."""
        try:
            while True:
                self.receive()
        except ConnectionClosed as closed:
            assert closed.rcvd is not None, "a CLOSE always comes"
            return closed.rcvd.code

    def actions(self) -> list[str]:
        return [action(event) for event in self.events]

    def finals(self) -> list[Json]:
        """The transcriptions of finished sentences."""
        heard = [
            event["payload"]["output"]["transcription"]
            for event in self.events
            if "transcription" in event["payload"].get("output", {})
        ]
        return [transcription for transcription in heard if transcription.get("sentenceEnd")]

    def sentences(self) -> list[str]:
        return [final["text"] for final in self.finals()]


def action(event: Json) -> str:
    """What an event tells: the action of a result, otherwise the event's name."""
    return str(event["payload"].get("output", {}).get("action", event["header"]["event"]))


@contextmanager
def duplex(mock: MockTingwu, key: str | None = "sk-test", **headers: str) -> Iterator[Duplex]:
    """A connection to the inference endpoint."""
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    with connect(
        f"{mock.ws_url}{PATH}",
        additional_headers=headers,
        open_timeout=PATIENCE,
        compression=None,
    ) as socket:
        yield Duplex(socket)


def results(mock: MockTingwu, data_id: str) -> Json:
    """Wait for the end of the task and download every result file."""
    until(lambda: get(mock, data_id)["status"] in (0, 2), "the end")
    output = get(mock, data_id)
    assert output["status"] == 0, output
    links = {name: link for name, link in output.items() if name.endswith("Path")}
    return {name: httpx.get(link, timeout=30).json() for name, link in links.items()}


def said(transcription: Json) -> str:
    """All the words of a transcription's file."""
    words = [word for paragraph in transcription["paragraphs"] for word in paragraph["words"]]
    return "".join(word["text"] for word in words)


def of_kind(mock: MockTingwu, kind: str) -> list[Entry]:
    return [entry for entry in mock.journal if entry["kind"] == kind]


def notes(mock: MockTingwu) -> str:
    return "\n".join(entry["text"] for entry in of_kind(mock, "note"))


def ended(mock: MockTingwu, count: int = 1) -> None:
    """Wait until so many connections are over."""
    until(lambda: len(of_kind(mock, "ws_close")) >= count, f"{count} closed connections")
