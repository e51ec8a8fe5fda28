"""A server that is killed at random points has everything that it told anybody."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from socket import create_connection
from typing import Any, Final

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from tests.callbacks.receiver import Receiver, receiver
from tests.cli.commands import Running
from tests.realtime.helpers import TASKS, Json

#: How often the server is killed, for each of the seeds.
KILLS: Final = 5
SEEDS: Final = (1, 2)
#: Seconds; every wait is bounded.
PATIENCE: Final = 15.0
#: What breaks off when the server dies.
DIED: Final = (httpx.HTTPError, ConnectionClosed, InvalidHandshake, OSError, EOFError)


@dataclass
class Told:
    """What the client was told, over all lives of the server."""

    tasks: dict[str, Json] = field(default_factory=dict)
    sentences: dict[str, dict[int, tuple[int, str]]] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    completed: dict[str, Json] = field(default_factory=dict)
    phrases: dict[str, str] = field(default_factory=dict)
    faults: set[str] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    request_ids: list[str] = field(default_factory=list)
    now: int = 0
    seq: int = 0
    facts: int = 0

    def note(self) -> None:
        self.facts += 1


class Client:
    """Works with one life of the server until it dies."""

    def __init__(self, url: str, told: Told, draw: random.Random, callback: str) -> None:
        self.url, self.told, self.draw, self.callback = url, told, draw, callback
        self.http = httpx.Client(base_url=url, timeout=PATIENCE)
        self.enough = threading.Event()

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> Json:
        answer = self.http.request(method, path, json=body, **more)
        answer.raise_for_status()
        data: Json = answer.json()
        if "RequestId" in data:
            self.told.request_ids.append(data["RequestId"])
        self.told.note()
        return data

    def create(self) -> str:
        source = {
            "SourceLanguage": "cn",
            "Format": "pcm",
            "SampleRate": 16_000,
            "ProgressiveCallbacksEnabled": True,
        }
        parameters = {"Transcoding": {"SpectrumEnabled": True}, "SummarizationEnabled": True}
        parameters["Summarization"] = {"Types": ["Paragraph"]}
        body = {"AppKey": "app", "Input": source, "Parameters": parameters}
        data: Json = self.call("PUT", f"{TASKS}?type=realtime", body)["Data"]
        self.told.tasks[data["TaskId"]] = data
        self.told.sentences[data["TaskId"]] = {}
        return str(data["TaskId"])

    def read_offline(self) -> None:
        source = {
            "SourceLanguage": "en",
            "FileUrl": f"https://example.com/{self.draw.random()}.mp3",
        }
        data = self.call("PUT", f"{TASKS}?type=offline", {"AppKey": "app", "Input": source})["Data"]
        self.told.tasks[data["TaskId"]] = data
        self.told.stopped.add(data["TaskId"])

    def push(self, task_id: str, recording: bytes) -> None:
        """Push some audio, and note what comes back, sentence by sentence."""
        path = self.told.tasks[task_id]["MeetingJoinUrl"].partition("/api/")[2]
        url = f"{self.url.replace('http', 'ws')}/api/{path}"
        heard = self.told.sentences[task_id]
        start = self.draw.randrange(0, len(recording) - 400_000, 3_200)
        address = self.url.removeprefix("http://").split(":")
        with (
            # Ours to close, for one that dies in the handshake is not.
            create_connection((address[0], int(address[1])), PATIENCE) as raw,
            connect(url, sock=raw, open_timeout=PATIENCE, compression=None) as socket,
        ):
            socket.send(_command("StartTranscription"))
            while _name(socket.recv(PATIENCE)) != "TranscriptionStarted":
                pass
            for begin in range(start, start + self.draw.choice((200_000, 400_000)), 3_200):
                socket.send(recording[begin : begin + 3_200])
            socket.send(_command("StopTranscription"))
            while True:
                message = json.loads(socket.recv(PATIENCE))
                payload = message.get("payload", {})
                if message["header"]["name"] == "SentenceEnd":
                    assert payload["index"] not in heard, "an index is given twice"
                    heard[payload["index"]] = payload["time"], payload["result"]
                    self.told.note()
                elif message["header"]["name"] == "TranscriptionCompleted":
                    return

    def stop(self, task_id: str) -> None:
        body = {"Input": {"TaskId": task_id}}
        self.call("PUT", f"{TASKS}?type=realtime&operation=stop", body)
        self.told.stopped.add(task_id)

    def look(self, task_id: str) -> Json:
        data: Json = self.call("GET", f"{TASKS}/{task_id}")["Data"]
        if data["TaskStatus"] == "COMPLETED":
            self.told.completed[task_id] = data
        return data

    def register(self) -> None:
        body = {"Name": "n", "WordWeights": json.dumps({f"词{len(self.told.phrases)}": 2})}
        if len(self.told.phrases) < 10:
            data = self.call("POST", "/openapi/tingwu/v2/resources/phrases", body)["Data"]
            self.told.phrases[data["PhraseId"]] = body["WordWeights"]
        rule = {"match": {"task_key": "none"}, "action": {"type": "throttle"}}
        self.told.faults.add(self.call("POST", "/_mock/faults", rule)["id"])
        content = self.draw.randbytes(5_000)
        answer = self.http.post(f"/_mock/files?name={self.draw.random()}.mp3", content=content)
        self.told.files[answer.json()["url"].removeprefix(self.url)] = content
        self.told.note()
        headers = {"Authorization": "Bearer sk-any"}
        self.told.tokens.append(self.call("POST", "/api/v1/tokens", headers=headers)["token"])

    def advance(self) -> None:
        self.told.now = self.call("POST", "/_mock/clock", {"advance_ms": 150})["now_ms"]
        self.told.seq = self.call("GET", f"/_mock/journal?since={10**9}")["last_seq"]

    def work(self, recording: bytes) -> None:
        """Do one thing after another, until the server dies or it is enough."""
        with contextlib.suppress(*DIED):
            while not self.enough.is_set():
                task_id = self.create()
                self.push(task_id, recording)
                self.register()
                if self.draw.random() < 0.5:
                    self.push(task_id, recording)
                else:
                    self.read_offline()
                self.advance()
                if self.draw.random() < 0.7:
                    self.stop(task_id)
                self.advance()
                for known in list(self.told.tasks):
                    self.look(known)
        self.http.close()

    def check(self) -> None:
        """See that everything is there that the client was told, and let it go on."""
        told = self.told
        journal = self.call("GET", f"/_mock/journal?since={max(0, told.seq - 1)}")
        assert journal["last_seq"] >= told.seq
        assert [entry["seq"] for entry in journal["entries"]] == list(
            range(max(1, told.seq), journal["last_seq"] + 1)
        )
        assert self.call("GET", "/_mock/clock")["now_ms"] >= told.now
        for task_id in told.tasks:
            state = self.call("GET", f"/_mock/tasks/{task_id}")
            said = {begin["end"]: begin["text"] for begin in state.get("sentences", [])}
            for time_, text in told.sentences.get(task_id, {}).values():
                assert said.get(time_) == text
            status = self.look(task_id)["TaskStatus"]
            if task_id in told.stopped:
                assert status in ("ONGOING", "COMPLETED")
                assert state["state"] != "PAUSED"
            else:
                assert state["state"] in ("NEW", "PAUSED", "FINISHING", "COMPLETED")
        for task_id, before in told.completed.items():
            after = self.look(task_id)
            assert after["TaskStatus"] == "COMPLETED"
            for link in (*before["Result"].values(), *_files(before)):
                path = link.partition("/oss/")[2]
                assert self.http.get(f"/oss/{path}").status_code == 200
        lists = self.call("GET", "/openapi/tingwu/v2/resources/phrases")["Data"]["Phrases"]
        assert {one["PhraseId"] for one in lists} >= set(told.phrases)
        assert {one["id"] for one in self.call("GET", "/_mock/faults")["faults"]} >= told.faults
        for path, content in told.files.items():
            assert self.http.get(path).content == content
        assert len(set(told.request_ids)) == len(told.request_ids)
        assert len(set(told.tokens)) == len(told.tokens)


def _files(data: Json) -> list[str]:
    return [link for name, link in data.items() if name.startswith("Output")]


def _command(name: str) -> str:
    return json.dumps({"header": {"namespace": "SpeechTranscriber", "name": name}})


def _name(message: str | bytes) -> str:
    return str(json.loads(message)["header"]["name"])


@contextlib.contextmanager
def serving(folder: Path, data: Path, callback: str) -> Iterator[tuple[Running, str]]:
    flags = ["--data-dir", str(data), "--clock", "virtual", "--callback", f"app={callback}"]
    environ = {"MOCK_TINGWU_RESULT_INTERVAL_MS": "100", "MOCK_TINGWU_FETCH": "never"}
    with Running(["serve", "--port", "0", *flags], folder, environ) as server:
        line = server.line()
        assert line.startswith("mock-tingwu listening on "), server.end(signal.SIGKILL)
        yield server, line.rpartition(" ")[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_acknowledged_is_there_after_any_kill(
    seed: int, tmp_path: Path, recording: bytes
) -> None:
    draw, told = random.Random(seed), Told()
    data = tmp_path / "data"
    with receiver(200) as callbacks:
        for _ in range(KILLS):
            with serving(tmp_path, data, callbacks.url) as (server, url):
                client = Client(url, told, random.Random(draw.random()), callbacks.url)
                client.check()
                enough = told.facts + draw.randrange(3, 60)
                worker = threading.Thread(target=client.work, args=(recording,))
                worker.start()
                deadline = time.monotonic() + PATIENCE
                while told.facts < enough and worker.is_alive():
                    assert time.monotonic() < deadline
                    time.sleep(draw.random() / 100)
                os.kill(server.process.pid, signal.SIGKILL)
                worker.join(PATIENCE)
                assert not worker.is_alive()
                assert server.wait()[2] == ""
        with serving(tmp_path, data, callbacks.url) as (server, url):
            client = Client(url, told, draw, callbacks.url)
            client.check()
            finish(client, callbacks)
            client.http.close()
            code, _, errors = server.end(signal.SIGTERM)
            assert (code, errors) == (0, "")
    assert any(told.sentences.values()) and told.completed and told.files


def finish(client: Client, callbacks: Receiver) -> None:
    """Let every task come to its end: nothing is stuck, and every step is told of."""
    told = client.told
    for task_id in told.tasks:
        if task_id not in told.stopped:
            client.stop(task_id)
    # Two results of each, with retries of callbacks that a kill has met.
    client.call("POST", "/_mock/clock", {"advance_ms": 700_000})
    for task_id in told.tasks:
        assert client.look(task_id)["TaskStatus"] == "COMPLETED"
        transcription = client.told.completed[task_id]["Result"]["Transcription"]
        content = client.http.get(transcription).json()["Transcription"]
        words = "".join(
            word["Text"] for paragraph in content["Paragraphs"] for word in paragraph["Words"]
        )
        for _, text in told.sentences.get(task_id, {}).values():
            assert text in words
    # The same callback comes twice only where a kill met it before the answer was noted.
    steps = Counter(
        (request.body["Data"]["TaskId"], request.told)
        for request in callbacks.requests
        if "TaskId" in request.body["Data"]
    )
    wanted = [task_id for task_id in told.sentences if task_id in told.tasks]
    for task_id in wanted:
        for step in ("Transcription", "Summarization", "COMPLETED"):
            assert steps[task_id, step] >= 1, (task_id, step)
    assert sum(count - 1 for count in steps.values()) <= KILLS
    ids: dict[str, set[bytes]] = {}
    for request in callbacks.requests:
        ids.setdefault(request.body["RequestId"], set()).add(request.raw)
    assert all(len(bodies) == 1 for bodies in ids.values()), "an id stands for two messages"
