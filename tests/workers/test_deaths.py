"""Whatever dies: nothing that was acknowledged is lost, and nothing is done twice."""

from __future__ import annotations

import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from mock_tingwu import MockTingwu
from mock_tingwu.redis_address import StoreAddress
from mock_tingwu.store.redis import RedisDatabase
from tests.callbacks.receiver import Receiver, Request, receiver
from tests.cli.commands import is_gone
from tests.cli.test_cli_serve import serving
from tests.realtime.helpers import PATIENCE, TASKS, Json, pusher, until
from tests.redis_server import RedisServer
from tests.store.test_kill import Client, Told, finish
from tests.workers.running import Served, client, two_workers

SUMMARY: Json = {"SummarizationEnabled": True, "Summarization": {"Types": ["Paragraph"]}}


@pytest.fixture
def store(redis: RedisServer, tmp_path: Path) -> Iterator[str]:
    yield redis.url(tmp_path.name)
    redis.client.flushall()


class Asking(threading.Thread):
    """Somebody who asks both workers all the time, each with a new connection."""

    def __init__(self, mock: Served) -> None:
        super().__init__()
        self._mock = mock
        self._over = threading.Event()
        self.answers: Counter[int] = Counter()
        self.broken = 0

    def run(self) -> None:
        http = client()
        while not self._over.wait(0.02):
            for scope in ("a", "b"):
                try:
                    answer = http.get(f"{self._mock.url}/_mock/clock?scope={scope}")
                    self.answers[answer.status_code] += 1
                except httpx.TransportError:
                    self.broken += 1

    def stop(self) -> None:
        self._over.set()
        self.join()


def complete(mock: Served, callbacks: Receiver, task: Json, *, killed: bool) -> list[str]:
    """End a task; return the sentences of its transcription. All steps are told of once.

    With ``killed`` its worker was killed while it told of a step: that is sent again as it was.
    """
    target = f"{TASKS}/{task['TaskId']}"
    assert mock.stop(task["TaskId"]) in ("ONGOING", "COMPLETED")
    until(lambda: mock.data("GET", target)["TaskStatus"] == "COMPLETED", "the results")
    link = mock.data("GET", target)["Result"]["Transcription"]
    said = mock.http.get(link).json()["Transcription"]["Paragraphs"]

    def about() -> list[Request]:
        # A worker that is killed may have sent a part of one.
        whole = [r for r in callbacks.requests if len(r.raw) == int(r.headers["Content-Length"])]
        return [one for one in whole if one.body["Data"].get("TaskId") == task["TaskId"]]

    until(lambda: "COMPLETED" in [one.told for one in about()], "the callbacks")
    told = Counter(one.told for one in about())
    assert {"Transcription", "Summarization", "COMPLETED"} <= set(told)
    assert killed or set(told.values()) == {1}
    assert len({one.raw for one in about()}) == len(told), "a step was told of in two ways"
    return ["".join(word["Text"] for word in part["Words"]) for part in said]


def test_a_worker_that_is_killed_loses_nothing(
    store: str, tmp_path: Path, recording: bytes
) -> None:
    with receiver() as callbacks, two_workers(tmp_path, store) as mock:
        mock.control("POST", "callbacks?scope=b", json={"app_key": "app-b", "url": callbacks.url})
        link = mock.http.post(f"{mock.url}/_mock/files?name=x.txt&scope=b", content=b"kept")
        asking = Asking(mock)
        asking.start()
        try:
            going_on, waiting = (mock.create("app-b", SUMMARY) for _ in "12")
            with pusher(going_on) as first:
                first.start()
                first.push(recording[:480_000])
                for _ in "123":
                    first.expect("SentenceEnd")
                mock.kill(1)
                with pytest.raises(ConnectionClosed):
                    while True:
                        first.receive()
            # Whoever asks now waits for the next worker.
            assert mock.data("GET", f"{TASKS}/{waiting['TaskId']}")["TaskStatus"] == "NEW"
            later = mock.create("app-b", SUMMARY)
            sentences = {going_on["TaskId"]: first.sentences()}
            for task in (going_on, waiting, later):
                with pusher(task) as again:
                    again.start()
                    again.push(recording[480_000:960_000])
                    again.stop()
                sentences.setdefault(task["TaskId"], []).extend(again.sentences())
            # Between a task and its results, too.
            mock.stop(waiting["TaskId"])
            mock.kill(1)
            for task in (going_on, waiting, later):
                words = "".join(complete(mock, callbacks, task, killed=task is waiting))
                assert all(one in words for one in sentences[task["TaskId"]])
        finally:
            asking.stop()
        assert mock.http.get(link.json()["url"]).content == b"kept"
        assert set(asking.answers) == {200}, "others have an answer, or wait for it"
        assert asking.broken <= 4, "only what the worker was answering may break off"
        mock.kill(0)
        shown = mock.control("GET", "scopes")["scopes"]
        assert [one["name"] for one in shown] == ["default", "a", "b"]


def wait_for_facts(told: Told, enough: int) -> None:
    """Wait until a client was told so much."""
    until(lambda: told.facts >= enough, "what a client is told")


def test_what_was_acknowledged_is_there_after_any_kill_of_a_worker(
    store: str, tmp_path: Path, recording: bytes
) -> None:
    draw, told = random.Random(3), Told()
    with receiver() as callbacks:
        flags = ("--clock", "virtual", "--callback", f"app={callbacks.url}")
        with two_workers(tmp_path, store, *flags, interval_ms=100, fetch="never") as mock:
            for _ in "12":
                client = Client(mock.url, told, random.Random(draw.random()), callbacks.url)
                client.check()
                working = threading.Thread(target=client.work, args=(recording,))
                working.start()
                wait_for_facts(told, told.facts + draw.randrange(3, 60))
                mock.kill(0)  # it has the default scope, where all of this happens
                client.enough.set()  # between two calls it does not notice
                working.join(PATIENCE)
                assert not working.is_alive()
            client = Client(mock.url, told, draw, callbacks.url)
            client.check()
            finish(client, callbacks)
            client.http.close()
    assert any(told.sentences.values()) and told.completed and told.files


def test_a_worker_that_was_thought_dead_acknowledges_nothing(
    redis: RedisServer, store: str, tmp_path: Path
) -> None:
    with two_workers(tmp_path, store) as mock:
        before = mock.create("app-b")
        pid = mock.pid(1)
        redis.client.client_kill_filter(skipme=True, _type="normal")
        with closing(RedisDatabase(StoreAddress.parse(store), 1)) as usurper:
            with pytest.raises(httpx.TransportError):
                mock.create("app-b")
            assert is_gone(pid)
            written = usurper.items("b", "task")
            assert [key for key, _ in written] == [before["TaskId"]]
            # The next one cannot begin as long as somebody else has its share.
            assert mock.control("GET", "clock?scope=a")["mode"] == "system"
        after = mock.create("app-b")
        assert after["TaskId"] != before["TaskId"]
        assert mock.data("GET", f"{TASKS}/{before['TaskId']}")["TaskStatus"] == "NEW"


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_is_left_when_the_command_ends(
    store: str, tmp_path: Path, kind: signal.Signals
) -> None:
    flags = ("--data-dir", str(tmp_path / "data"), "--store", store, "--workers", "2")
    server, url = serving(tmp_path, *flags)
    with server:
        mock = Served(server, url)
        task = mock.create("app")
        pids = [mock.pid(worker) for worker in (0, 1)]
        code, _, err = server.end(kind)
        if kind is signal.SIGINT:
            assert (code, err) == (0, "")
    assert all(map(is_gone, pids))
    # One server may go on with what several have left.
    with MockTingwu(data_dir=tmp_path / "data", store=store) as alone:
        found = alone.call(lambda: alone._server.world.find_task(task["TaskId"]))
        assert found is not None and found[1].status.wire == "NEW"
