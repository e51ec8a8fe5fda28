"""Any JSON in any place of any call is answered, never with 5xx, in the shape of whoever answers.

``ATTACK_EXAMPLES=10000`` draws so many bodies, and has every value of `seeds.NASTY` in every place.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import cycle
from typing import Final
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_tingwu import MockTingwu
from tests.attacks import seeds
from tests.attacks.seeds import NASTY, Seed, changed, places
from tests.conftest import Watch
from tests.protocols.signing import live_captures
from tests.wire.helpers.raw import Answer, exchange, http, session, wire
from tests.wire.test_http import BODY, START, data, put

EXAMPLES: Final = int(os.environ.get("ATTACK_EXAMPLES", "0"))
#: Of the first task of every mock whose seed is 0.
TASK: Final = "4c45ed7f9ab67a72d35e37b2f412679c"
SEEDS: Final = seeds.seeds(TASK)
#: A call that waits for as long as it is told to is no failure.
WAITS: Final = ("timeout_ms",)


@pytest.fixture(scope="module")
def shared() -> Iterator[MockTingwu]:
    """A mock for all bodies, which fetches nothing."""
    with MockTingwu(fetch="never", result_interval_ms=1) as mock:
        yield mock


@pytest.fixture
def attacked(
    shared: MockTingwu, caplog: pytest.LogCaptureFixture
) -> Iterator[Callable[[Seed, bytes], Answer]]:
    """Sends a body to a mock with a task and a session; what is wrong with the answer fails."""
    watch = Watch()
    shared.tap(watch)

    def attack(seed: Seed, raw: bytes) -> Answer:
        shared.reset(clock="system")
        watch.breaches.clear()
        with ExitStack() as stack:
            if TASK in seed.target or TASK in str(seed.body):
                task = data(put(shared, START, BODY))
                assert task["TaskId"] == TASK
                if "sessions" in seed.target or "sessions" in seed.body:
                    stack.enter_context(session(shared, task))
            answer = exchange(shared, seed.request(raw))
        assert_answered(answer, seed.target)
        assert watch.breaches == []
        return answer

    yield attack
    taps = shared._server.world.taps
    shared.call(lambda: taps.remove(watch))
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.getMessage() for record in errors] == []


def assert_answered(answer: Answer, target: str) -> None:
    assert answer.status < 500, (answer.status, answer.body[:500])
    body = answer.json()
    if answer.status >= 400 and target.startswith("/_mock"):
        assert list(body) == ["error"] and isinstance(body["error"], str) and body["error"]
        assert len(body["error"]) < 5_000


def distinct() -> Iterator[tuple[Seed, seeds.Path_]]:
    """Every place of every operation once, whichever client's capture has it."""
    seen = set()
    for seed in SEEDS:
        body = seed.body
        kind = body["action"]["type"] if "action" in body else ""
        for at in places(body):
            key = seed.method, seed.target.partition("?")[0].partition("/phrases/")[0], kind, at
            if key not in seen and at[-1:] != WAITS:
                seen.add(key)
                yield seed, at


def test_the_seeds_are_calls_that_are_understood(
    attacked: Callable[[Seed, bytes], Answer],
) -> None:
    # Who waits for what does not come is told so in time.
    statuses = [(seed.name, attacked(seed, whole(seed)).status) for seed in SEEDS]
    refused = [name for name, status in statuses if status not in (200, 408)]
    # These name what was there when they were captured.
    assert [name for name in refused if not re.search("phrases|specialchars|dashscope", name)] == []
    assert len(refused) < 8


def whole(seed: Seed) -> bytes:
    return json.dumps(seed.body).encode()


def test_something_nasty_in_every_place(attacked: Callable[[Seed, bytes], Answer]) -> None:
    nasty = cycle(NASTY)
    for seed, at in distinct():
        for value in NASTY if EXAMPLES else [next(nasty)]:
            attacked(seed, changed(seed.body, at, value))


@pytest.mark.parametrize("speaker", [1_000, 2**31, 2**63, 2**64])
def test_a_number_of_a_speaker_takes_no_memory(shared: MockTingwu, speaker: int) -> None:
    script = {"sentences": [{"text": "x", "speaker": speaker}]}
    body = json.dumps({"task_key": "k", "script": script}).encode()
    answer = exchange(shared, http("POST", "/_mock/scripts", body))
    assert answer.status == 400
    assert answer.json()["error"] == (
        f"script: sentences[0].speaker is {speaker}: expected a number from 0 to 999"
    )


def test_half_a_surrogate_pair_is_no_text_anywhere(shared: MockTingwu) -> None:
    with wire(shared) as connection:
        for seed, at in distinct():
            connection.send(seed.request(changed(seed.body, at, r'"\ud800 \udfff"')))
            answer = connection.read_answer()
            # Or what the path names is not there.
            assert answer.status in (400, 404), (seed.name, at)
            assert_answered(answer, seed.target)


@settings(
    max_examples=EXAMPLES or 40,
    deadline=None,
    derandomize=not EXAMPLES,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_any_json_in_any_place(
    attacked: Callable[[Seed, bytes], Answer], data: st.DataObject
) -> None:
    seed = data.draw(st.sampled_from(SEEDS))
    at = data.draw(st.sampled_from([at for at in places(seed.body) if at[-1:] != WAITS]))
    attacked(seed, changed(seed.body, at, data.draw(seeds.values)))


# Parameters: of Live's calls, and of the control API

#: What may stand in a query or a form.
TEXTS: Final = (
    b"",
    b"x" * 5_000,
    b"9" * 5_000,
    b"1e999",
    b"-1",
    b"NaN",
    b"\x00",
    b"\r\nSet-Cookie: x=1\r\n\r\n",
    b"\xff\xfe",
    "\ud800".encode("utf-8", "surrogatepass"),
    b"../../../etc/passwd",
    b"[" * 2_000,
    b'{"a":' * 2_000,
    b"http://[::1",
    b"rtmp://\xed\xa0\x80/",
    "１６".encode(),
)
LIVE: Final = [
    live_captures.load(name)
    for name in ("tea.create", "tea.stop", "tea.query", "tea.delete", "core.common_post_body")
]


@pytest.mark.parametrize("number", range(len(LIVE)))
def test_any_text_in_any_parameter_of_live(shared: MockTingwu, number: int) -> None:
    captured = LIVE[number]
    in_body = captured.method == "POST" and bool(captured.body)
    text = captured.body.decode() if in_body else captured.query
    pairs = [pair.partition("=") for pair in text.split("&")]
    extra = "Content-Type: application/x-www-form-urlencoded\r\n"
    nasty = cycle(TEXTS)
    for place in range(len(pairs)):
        for value in TEXTS if EXAMPLES else [next(nasty), next(nasty)]:
            sent = [
                f"{name}={quote_from_bytes(value) if index == place else given}"
                for index, (name, _, given) in enumerate(pairs)
            ]
            target = f"{captured.path}{'' if in_body else '?' + '&'.join(sent)}"
            body = "&".join(sent).encode() if in_body else None
            answer = exchange(shared, http(captured.method, target, body, extra=extra))
            assert answer.status < 500, (answer.status, answer.body[:500])
            assert answer.body.startswith((b"{", b"<"))
            assert answer.header("set-cookie") is None


READING: Final = {
    "/_mock/tasks/{}": (),
    "/_mock/tasks": ("scope",),
    "/_mock/journal": ("since", "kind", "task", "service", "session", "limit", "scope"),
    "/_mock/journal/har": ("task",),
    "/_mock/violations": ("task", "rule", "level", "scope"),
    "/_mock/sessions/{}": (),
    "/_mock/faults/{}": ("scope",),
    "/_mock/scopes/{}": (),
    "/_mock/files/{}/{}": (),
    "/_mock/coverage": ("scope",),
    "/_mock/{}": (),
}


@pytest.mark.parametrize("path", READING)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_any_text_in_any_parameter_of_the_control_api(
    shared: MockTingwu, method: str, path: str
) -> None:
    for text in map(quote_from_bytes, TEXTS):
        filled = path.replace("{}", text)
        for query in ("", *(f"?{name}={text}" for name in READING[path])):
            answer = exchange(shared, http(method, filled + query))
            assert_answered(answer, filled)
            assert answer.header("set-cookie") is None
