"""Tables do not grow without end: of what is too much the oldest goes, and all that hangs on it."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core import apps, scope, script_book
from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.faults import book
from mock_tingwu.core.scope import Task
from mock_tingwu.server import garbage
from mock_tingwu.server.http import HttpProtocol
from mock_tingwu.server.websocket import WebSocketProtocol
from mock_tingwu.services import callbacks, hosting, scenarios
from mock_tingwu.services.pushing import PushingConnection
from mock_tingwu.services.realm import Realm
from tests.core.test_segmentation import silence, speech
from tests.dashscope.helpers import begin
from tests.dashscope.ws_helpers import duplex
from tests.live.helpers import Live
from tests.realtime.helpers import create, info, pusher, stop, until

MOST = 4


@pytest.fixture
def few_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scope, "MOST_TASKS", MOST)


def offline(mock: MockTingwu, number: int = 0, **source: Any) -> str:
    """A recording with everything that leaves traces; its id."""
    url = f"https://files.example.com/{number}.mp4?mock.duration_ms=9000"
    given = {"SourceLanguage": "cn", "FileUrl": url, "TaskKey": f"k{number}", **source}
    asked = {"Transcoding": {"SpectrumEnabled": True}, "PptExtractionEnabled": True}
    body = {"AppKey": "app", "Input": given, "Parameters": asked}
    answer = httpx.put(f"{mock.url}/openapi/tingwu/v2/tasks?type=offline", json=body)
    return str(answer.json()["Data"]["TaskId"])


def status(mock: MockTingwu, task_id: str) -> str:
    return str(info(mock, task_id)["TaskStatus"])


@pytest.mark.usefixtures("few_tasks")
def test_the_task_that_ended_first_goes_first(virtual_mock: MockTingwu) -> None:
    mock = virtual_mock
    running = create(mock)["TaskId"]
    ended = [create(mock)["TaskId"] for _ in range(3)]
    for task_id in reversed(ended):
        stop(mock, task_id)
        mock.clock.advance(seconds=1)
    create(mock)
    states = {task_id: status(mock, task_id) for task_id in (running, *ended)}
    assert states[ended[2]] == "INVALID"
    assert states[running] == "NEW"
    assert states[ended[0]] == states[ended[1]] == "COMPLETED"
    notes = [entry for entry in mock.journal if "the task is forgotten" in entry.get("text", "")]
    assert [note["task_id"] for note in notes] == [ended[2]]
    assert notes[0]["text"] == f"the task is forgotten: there are more than {MOST} tasks"


@pytest.mark.usefixtures("few_tasks")
def test_a_task_that_is_run_again_has_not_ended(virtual_mock: MockTingwu) -> None:
    mock = virtual_mock
    ended = [offline(mock, number) for number in range(MOST)]
    mock.clock.advance(seconds=20)
    body = {
        "AppKey": "app",
        "Input": {"TaskId": ended[0]},
        "Parameters": {"TextPolishEnabled": True},
    }
    httpx.put(f"{mock.url}/openapi/tingwu/v2/tasks?type=offline", json=body).raise_for_status()
    create(mock)
    assert status(mock, ended[0]) == "ONGOING"
    assert status(mock, ended[1]) == "INVALID"


@pytest.mark.usefixtures("few_tasks")
def test_without_any_that_has_ended_the_oldest_goes(virtual_mock: MockTingwu) -> None:
    tasks = [create(virtual_mock) for _ in range(MOST + 1)]
    assert status(virtual_mock, tasks[0]["TaskId"]) == "INVALID"
    assert status(virtual_mock, tasks[1]["TaskId"]) == "NEW"


def traces(realm: Realm) -> dict[str, int]:
    """How many tasks there are traces of, in each table."""
    live = realm.live
    return {
        "tasks": len(realm.tasks),
        "tokens": len(realm._by_token),
        "ended": len(realm._ended),
        "limits": len(realm._limits),
        "keys of objects": len(realm._object_keys),
        "objects": len({stored.task.id for stored in realm.objects.values()}),
        "markers": len(realm.faults.marked),
        "scripts": len([one for one in realm.scripts.entries if one.kind == "task_id"]),
        "media": len(realm._media),
        "imagined": len(realm._imagined),
        "callbacks": len(realm.callbacks.sent) + len(realm.agent_callbacks.sent),
        "captions": len(live._captionings),
        "calls": len(realm.watch._made),
        "keys": len(realm.watch._keyed),
        "day": len(realm.offline_day[1].keys() - {""}),
        "folders": len([one for one in realm.media_folder().iterdir() if one.is_dir()]),
    }


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("clock", ["virtual", "system"])
def test_nothing_is_left_of_a_task_that_is_forgotten(
    start_mock: Callable[..., MockTingwu], monkeypatch: pytest.MonkeyPatch, clock: str
) -> None:
    mock = start_mock(clock=clock, result_interval_ms=0)
    others = tasks_in_memory(mock)
    mock.callback("app", "http://127.0.0.1:9/")
    mock.app("tw_app", callback="http://127.0.0.1:9/")
    live = Live(mock, "http://127.0.0.1:9/")
    monkeypatch.setattr(scope, "MOST_TASKS", 100)
    first: list[str] = []
    for number in range(3):
        marker = f"k{number}--mock.callback_lost=COMPLETED"
        first.append(offline(mock, number, TaskKey=marker, ProgressiveCallbacksEnabled=True))
        meeting = create(mock, {"Transcoding": {"SpectrumEnabled": True}}, TaskKey=f"m{number}")[
            "TaskId"
        ]
        script = {"task_id": meeting, "script": {"sentences": ["Hello."]}}
        httpx.post(f"{mock.url}/_mock/scripts", json=script).raise_for_status()
        stop(mock, meeting)
        begin(mock)
        live.create(StreamURL="rtmp://pull.example.com/app/lesson")
    if clock == "virtual":
        mock.clock.advance(seconds=30)
    for task_id in first:
        mock.wait_for_status(task_id, "COMPLETED")
    realm = mock._server.world.default
    before = mock.call(lambda: traces(realm))
    for name in ("tasks", "tokens", "ended", "markers", "scripts", "media", "captions", "calls"):
        assert before[name] >= 3, before
    monkeypatch.setattr(scope, "MOST_TASKS", 1)
    create(mock, TaskKey="the last")
    after = mock.call(lambda: traces(realm))
    assert all(count <= 1 for count in after.values()), after
    assert after["ended"] == after["captions"] == after["objects"] == after["folders"] == 0
    assert tasks_in_memory(mock) == others + 1


def tasks_in_memory(mock: MockTingwu) -> int:
    """How many tasks the process still holds, wherever: also those of other tests' mocks."""

    def count() -> int:
        # Without a pass: nothing of a task is to hang on the collector, which comes rarely.
        ids = {id(one.order) for one in gc.get_objects() if type(one) is Task and one.app_key}
        return len(ids)

    return mock.call(count)


@pytest.mark.usefixtures("uncollected")
def test_nothing_of_a_connection_waits_for_the_collector(mock: MockTingwu) -> None:
    """A thousand connections that end together would be a pause in which nobody is answered."""
    kinds = HttpProtocol, WebSocketProtocol, PushingConnection

    def alive() -> int:
        return sum(issubclass(type(one), kinds) for one in gc.get_objects())

    others = mock.call(alive)
    audio = speech(2_000) + silence(1_200)
    task = create(mock)
    with pusher(task) as client:
        client.start()
        client.push(audio)
        client.stop()
        assert mock.call(alive) > others
    with pusher(create(mock)) as client:  # this one breaks off
        client.start()
        client.push(audio)
    with duplex(mock) as agent:
        agent.start(begin(mock))
        agent.push(audio)
        agent.finish()
    stop(mock, task["TaskId"])
    until(lambda: mock.call(alive) == others, "the end of all connections")


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_timers_of_a_scope_that_is_gone_hold_nothing(mock: MockTingwu) -> None:
    """A meeting's timer is due in a day: it must not keep the scope until then."""

    def scopes() -> int:
        gc.collect()
        return sum(1 for one in gc.get_objects() if type(one) is Realm and one.name == "gone")

    for _ in range(3):
        httpx.post(f"{mock.url}/_mock/scopes", json={"name": "gone"}).raise_for_status()
        body = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}
        answer = httpx.put(
            f"{mock.url}/openapi/tingwu/v2/tasks?type=realtime",
            json={"AppKey": "gone", "Input": body},
        )
        assert answer.status_code == 200
        httpx.delete(f"{mock.url}/_mock/scopes/gone").raise_for_status()
    assert mock.call(scopes) <= 1  # the last request may still be known


def test_garbage_is_collected_soon_after_a_scope_has_ended_and_seldom() -> None:
    passes: list[int] = []

    def collect() -> None:
        passes.append(1)
        time.sleep(0.02)

    async def ended_twice() -> None:
        loop = asyncio.get_running_loop()
        delays: list[float] = []

        def later(delay: float, callback: Callable[[], None]) -> None:
            delays.append(delay)
            waiting.append(callback)

        waiting: list[Callable[[], None]] = []
        with patch.object(loop, "call_later", later):
            sweeper = garbage.Sweeper(collect)
            sweeper.sweep_soon()
            sweeper.sweep_soon()
            assert delays == [garbage.SOON_S] and passes == []
            waiting[0]()
            assert len(passes) == 1
            sweeper.sweep_soon()
            assert delays[1] > 0.02 * garbage.REST - 0.5

    asyncio.run(ended_twice())


def test_a_server_in_the_foreground_sweeps_after_a_reset_and_a_drop(mock: MockTingwu) -> None:
    ended: list[int] = []
    mock._server.world.on_scope_ended = lambda: ended.append(1)
    httpx.post(f"{mock.url}/_mock/reset").raise_for_status()
    httpx.post(f"{mock.url}/_mock/scopes", json={"name": "gone"}).raise_for_status()
    assert ended == [1]
    httpx.delete(f"{mock.url}/_mock/scopes/gone").raise_for_status()
    assert ended == [1, 1]


def test_timers_that_were_cancelled_are_taken_out_of_a_clock_that_stands_still() -> None:
    clock = VirtualClock(0)
    kept = clock.call_later(5, lambda: None)
    for _ in range(20_000):
        clock.call_later(1_000, lambda: None).cancel()
    assert len(clock._timers) < 3_000
    assert clock.next_due() == kept.when


def test_what_a_cancelled_timer_would_do_is_not_kept() -> None:
    clock = VirtualClock(0)
    done: list[int] = []
    timer = clock.call_later(5, lambda: done.append(1))
    callback = timer.callback
    timer.cancel()
    assert timer.callback is not callback
    clock.advance(10)
    assert done == []


def test_of_too_many_rules_the_oldest_goes(
    mock: MockTingwu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "MOST_RULES", MOST)
    rules = [mock.faults.add("link.expired") for _ in range(MOST + 2)]
    assert [rule["id"] for rule in mock.faults.list()] == rules[2:]


def test_of_too_many_scripts_apps_addresses_files_and_scenarios_the_oldest_goes(
    mock: MockTingwu, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(script_book, "MOST_REGISTERED", MOST)
    monkeypatch.setattr(apps, "MOST_APPS", MOST)
    monkeypatch.setattr(callbacks, "MOST_ADDRESSES", MOST)
    monkeypatch.setattr(hosting, "MOST_FILES", MOST)
    monkeypatch.setattr(scenarios, "MOST_APPLIED", MOST)
    realm = mock._server.world.default
    files = []
    for number in range(MOST + 2):
        name = f"n{number}"
        script = {"task_key": name, "script": {"sentences": ["Hello."]}}
        control = f"{mock.url}/_mock"
        for path, body in (("scripts", script), ("apps", {"app_id": name})):
            httpx.post(f"{control}/{path}", json=body).raise_for_status()
        mock.call(partial(realm.callbacks.put, name, "http://127.0.0.1:9/"))
        answer = httpx.post(f"{control}/files?name=a.wav", content=name.encode())
        files.append(answer.json())
        httpx.post(f"{control}/scenarios", json={"name": "socket-lost"}).raise_for_status()
    newest = [f"n{number}" for number in range(2, MOST + 2)]
    assert [one.key for one in realm.scripts.entries] == newest
    assert [app_id for app_id, _ in realm.apps] == newest
    assert list(realm.callbacks.registrations) == newest
    assert [file.id for file in realm.hosted] == [file["id"] for file in files[2:]]
    assert httpx.get(files[0]["url"]).status_code == 404
    assert httpx.get(files[-1]["url"]).content == newest[-1].encode()
    kept = {path.name for path in (realm.media_folder() / hosting.FOLDER).iterdir()}
    assert kept == {file["id"] for file in files[2:]}
    assert len(realm.scenarios) == MOST


def test_a_data_dir_forgets_what_was_forgotten(
    start_mock: Callable[..., MockTingwu], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(scope, "MOST_TASKS", MOST)
    mock = start_mock(data_dir=tmp_path, clock="virtual")
    tasks = [create(mock)["TaskId"] for _ in range(MOST + 2)]
    mock.close()
    again = start_mock(data_dir=tmp_path, clock="virtual")
    listed = httpx.get(f"{again.url}/_mock/tasks").json()["tasks"]
    assert [task["task_id"] for task in listed] == tasks[2:]
