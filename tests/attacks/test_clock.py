"""The machine's time jumps, and a virtual clock is moved on for years."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.clock import LAST_MOMENT, VirtualClock
from mock_tingwu.protocols import nls
from mock_tingwu.server import clock
from mock_tingwu.services.live.sources import LONGEST_MS
from tests import har_schema
from tests.callbacks.receiver import receiver
from tests.live.helpers import Live
from tests.offline import tasks
from tests.realtime.helpers import create, info, pusher, until
from tests.store.helpers import Lives
from tests.wire.helpers.signed import SETTINGS, acs3, send, signed

HOUR, DAY, YEAR = 3_600_000, 86_400_000, 365 * 86_400_000
JUMPS = pytest.mark.parametrize("jump", [40 * DAY, -HOUR])


class Machine:
    """The time of a machine: what it shows can be set, by ``set_by`` ms.

    When it ``stands``, no more of it passes than ``passed`` ms.
    """

    def __init__(self) -> None:
        self.set_by = self.passed = 0
        self.stands = False
        self._began = time.time_ns(), time.monotonic_ns()

    def time_ns(self) -> int:
        now = self._began[0] if self.stands else time.time_ns()
        return now + (self.set_by + self.passed) * 1_000_000

    def monotonic_ns(self) -> int:
        now = self._began[1] if self.stands else time.monotonic_ns()
        return now + self.passed * 1_000_000


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(clock, "time", machine)
    return machine


def offences(mock: MockTingwu) -> list[str]:
    return [violation["rule"] for violation in mock.violations]


def advance(mock: MockTingwu, milliseconds: int) -> None:
    """Move the clock on; that takes no longer than a minute, however slow the machine is."""
    answer = httpx.post(f"{mock.url}/_mock/clock", json={"advance_ms": milliseconds}, timeout=60)
    assert answer.status_code == 200, answer.text


# The machine's time is set


@JUMPS
def test_calls_are_not_throttled_until_the_time_is_what_it_was(
    start_mock: Callable[..., MockTingwu], machine: Machine, jump: int
) -> None:
    mock = start_mock(throttle="2/2")
    machine.stands = True
    for _ in "12":
        assert tasks.put(mock, tasks.body_of()).status_code == 200
    machine.set_by += jump
    refused = tasks.put(mock, tasks.body_of())
    assert refused.json()["Code"] == "Throttling.User"
    machine.passed += 1_000
    for _ in "12":
        assert tasks.put(mock, tasks.body_of()).status_code == 200
    waits = [v["text"] for v in mock.violations if v["rule"] == "no-back-off"]
    assert waits == []


@JUMPS
def test_a_meeting_goes_on_and_nobody_has_done_wrong(
    start_mock: Callable[..., MockTingwu], machine: Machine, recording: bytes, jump: int
) -> None:
    mock = start_mock()
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(recording[:100_000])
        until(
            lambda: httpx.get(f"{mock.url}/_mock/tasks/{task['TaskId']}").json()["audio_ms"] > 0, ""
        )
        machine.set_by += jump
        connection.push(recording[100_000:160_000])
        connection.stop()
    assert connection.sentences()
    assert not {"audio-stall", "audio-burst"} & set(offences(mock))
    archive = mock.har()
    har_schema.check(archive)
    assert all(entry["time"] >= 0 for entry in archive["log"]["entries"])
    found = httpx.get(f"{mock.url}/_mock/metrics").text
    (uptime,) = (
        line for line in found.splitlines() if "uptime_seconds " in line and "#" not in line
    )
    assert 0 <= float(uptime.split()[-1]) < 600


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_who_says_nothing_is_given_up_in_time_and_not_before(
    start_mock: Callable[..., MockTingwu],
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    jump: int,
) -> None:
    monkeypatch.setattr(nls, "IDLE_MS", 300)
    mock = start_mock()
    with pusher(create(mock)) as connection:
        connection.start()
        machine.set_by += jump
        assert connection.failure()["status"] == 40000004
    silent = [entry for entry in mock.journal if entry["kind"] == "ws_close"]
    assert len(silent) == 1


def test_signatures_go_by_the_machines_time_and_nonces_stay_used(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify", **SETTINGS)
    right = signed(acs3())
    sent = datetime.fromisoformat(dict(right.headers)[b"x-acs-date"].decode()).timestamp() * 1000
    world = mock._server.world

    def answer(jump: int) -> Any:
        world.real_now = lambda: int(sent) + jump
        found = send(mock, right)
        return found.status, found.json().get("Code")

    for jump in (DAY, -DAY, 10 * YEAR, -10 * YEAR):
        status, code = answer(jump)
        assert status == 400 and "Time" in code, (status, code)
    assert answer(0)[0] == 200
    for jump in (60_000, -60_000, 0):
        assert answer(jump) == (400, "SignatureNonceUsed")


def test_links_and_temporary_keys_go_by_the_time_that_is_shown(
    start_mock: Callable[..., MockTingwu], machine: Machine
) -> None:
    mock = start_mock()
    data = tasks.done(mock)
    key = httpx.post(
        f"{mock.url}/api/v1/tokens?expire_in_seconds=60",
        headers={"Authorization": "Bearer sk-mock-api-key"},
    ).json()["token"]

    def answers() -> tuple[int, bool]:
        link = httpx.get(data["Result"]["Transcription"]).status_code
        made = mock.call(lambda: mock._server.world.find_temporary_key(key))
        assert made is not None
        return link, not made.is_expired

    assert answers() == (200, True)
    machine.set_by = 400 * DAY
    assert answers() == (403, False)
    machine.set_by = -DAY
    assert answers() == (200, True)


def test_nothing_waits_for_a_time_that_is_far_off_after_a_restart(
    start_mock: Callable[..., MockTingwu], machine: Machine, tmp_path: Path
) -> None:
    with receiver(500) as listener:
        life = Lives(start_mock, tmp_path, callbacks={"app": listener.url}, result_interval_ms=400)
        body = tasks.body_of()
        body["Input"]["ProgressiveCallbacksEnabled"] = True
        task_id = tasks.put(life.mock, body).json()["Data"]["TaskId"]

        def waiting(mock: MockTingwu) -> list[int]:
            def due() -> list[int]:
                courier = mock._server.world.default.callbacks.courier
                now = mock._server.world.default.clock.now()
                return [timer.when - now for timer in courier._timers.values()]

            return mock.call(due)

        until(lambda: bool(waiting(life.mock)), "a callback that was refused")
        machine.set_by = -DAY
        mock = life.kill()
        until(lambda: info(mock, task_id)["TaskStatus"] == "COMPLETED", "the results")
        assert waiting(mock) and max(waiting(mock)) <= 5_000
        at = [entry["at"] for entry in mock.journal]
        assert at[-1] < at[0]  # as it is shown


# A virtual clock


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """Nothing here takes much memory."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        yield
        return
    before = int(statm.read_text().split()[1])
    yield
    grown = (int(statm.read_text().split()[1]) - before) * os.sysconf("SC_PAGESIZE")
    assert grown < 300 * 1024 * 1024


def test_years_with_many_timers_pass_and_others_have_their_turn(virtual_mock: MockTingwu) -> None:
    realm = virtual_mock._server.world.default
    ran: list[int] = []
    turns = 0
    going_on = True

    def set_timers() -> None:
        def turn() -> None:
            nonlocal turns
            turns += 1
            if going_on:
                asyncio.get_running_loop().call_soon(turn)

        for number in range(4_000):
            realm.clock.call_later(number * 10_000_000, lambda: ran.append(1))
        turn()

    for _ in range(10):
        create(virtual_mock)
    virtual_mock.call(set_timers)
    before = turns
    advance(virtual_mock, 10 * YEAR)
    going_on = False
    assert len(ran) == 4_000
    assert turns - before >= 15
    found = httpx.get(f"{virtual_mock.url}/_mock/tasks").json()["tasks"]
    assert {task["status"] for task in found} == {"COMPLETED"}


def test_an_hour_of_streams_passes_at_once_and_ends_by_itself(virtual_mock: MockTingwu) -> None:
    live = Live(virtual_mock, "http://callbacks.invalid/")
    virtual_mock.faults.add({"type": "callback_lost"})
    url = f"http://live.example/a.flv?mock.duration_ms={HOUR // 6}"
    ids = [
        live.create(StreamURL=url, AutoTerminateEnabled="true", ReportInterval="-1") for _ in "12"
    ]
    advance(virtual_mock, LONGEST_MS)
    assert {live.state(task_id) for task_id in ids} == {"COMPLETED"}


@pytest.fixture
def timeless() -> Iterator[MockTingwu]:
    """A virtual mock that no contract watches: its links have dates of ten digits."""
    with MockTingwu(clock="virtual", result_interval_ms=5) as mock:
        yield mock


def test_a_clock_at_the_end_of_time_serves_on(timeless: MockTingwu) -> None:
    mock = timeless
    before = tasks.create(mock)
    mock.advance(1_000)
    with pusher(create(mock)) as connection:
        connection.start()
        advance(mock, LAST_MOMENT - mock.now())
        assert connection.failure()["status"] == 40000004
    for _ in range(20):
        mock.advance(0)
    answer = httpx.post(f"{mock.url}/_mock/clock", json={"advance_ms": 1})
    assert answer.status_code == 400
    assert answer.json()["error"] == "advance_ms is 1, expected a whole number from 0 to 0"
    links = info(mock, before["TaskId"])["Result"]
    assert httpx.get(links["Transcription"]).status_code == 200
    with pusher(create(mock)) as connection:
        connection.start()
    late = tasks.create(mock)
    assert info(mock, late["TaskId"])["TaskStatus"] == "ONGOING"
    token = httpx.post(
        f"{mock.url}/api/v1/tokens", headers={"Authorization": "Bearer sk-mock-api-key"}
    )
    assert token.status_code == 200
    live = Live(mock, "http://callbacks.invalid/")
    live.stop(live.create())
    mock.advance(0)
    for path in ("journal", "tasks", "metrics", "clock", "violations", "sessions"):
        assert httpx.get(f"{mock.url}/_mock/{path}").status_code == 200
    assert mock.har()
    assert not [e for e in mock.journal if e["kind"] == "response" and e["status"] >= 500]


def test_a_clock_that_is_moved_while_a_stream_runs(
    virtual_mock: MockTingwu, recording: bytes
) -> None:
    mock = virtual_mock
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        for step in range(4):
            connection.push(recording[step * 64_000 : (step + 1) * 64_000])
            heard = (step + 1) * 2_000
            until(
                lambda heard=heard: (  # type: ignore[misc]
                    httpx.get(f"{mock.url}/_mock/tasks/{task['TaskId']}").json()["audio_ms"]
                    >= heard
                ),
                "the audio",
            )
            mock.advance(nls.IDLE_MS - 1)
        connection.stop()
    assert connection.sentences()
    with pusher(create(mock)) as connection:
        connection.start()
        advance(mock, 100 * YEAR)
        assert connection.failure()["status"] == 40000004


def test_steps_of_nothing_run_what_is_due_and_no_more() -> None:
    clock = VirtualClock(0)
    ran: list[int] = []
    clock.call_later(0, lambda: ran.append(0))
    clock.call_later(-5, lambda: ran.append(1))
    clock.call_later(1, lambda: ran.append(2))
    for _ in range(1_000):
        clock.advance(0)
    assert (ran, clock.now()) == ([0, 1], 0)
    assert datetime.fromtimestamp(LAST_MOMENT / 1000, UTC).year == 9000
