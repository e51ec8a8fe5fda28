"""Clients that break a rule, and clients beside them that do not: by the rule's id."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from mock_tingwu import MockTingwu
from mock_tingwu.core import pace
from mock_tingwu.core.throttle import Limits
from mock_tingwu.services import watching
from mock_tingwu.services.callbacks import TingwuDialect
from tests.callbacks.receiver import SILENCE, receiver
from tests.core.test_segmentation import silence, speech
from tests.dashscope import helpers as agents
from tests.dashscope.ws_helpers import TASK, duplex
from tests.dashscope.ws_helpers import ended as closed
from tests.protocols.signing.mis_signed import NOW
from tests.realtime.helpers import TASKS, Json, Pusher, create, info, pusher, stop, until
from tests.wire.helpers.signed import SETTINGS, acs3, at, send, signed

PHRASES = "/openapi/tingwu/v2/resources/phrases"
SENTENCE = speech(1_500) + silence(500)
#: As an SDK sends them.
IDS = {"task_id": "f" * 32, "appkey": "default"}


@dataclass
class Clients:
    """``start`` starts a mock; ``patch`` makes what takes long in real time short."""

    start: Callable[..., MockTingwu]
    patch: pytest.MonkeyPatch

    def virtual(self, **settings: Any) -> MockTingwu:
        return self.start(clock="virtual", **settings)


Case = Callable[[Clients], MockTingwu]
BREAKS: dict[str, Case] = {}
KEEPS: dict[str, Case] = {}


def breaks(*rules: str) -> Callable[[Case], Case]:
    return lambda case: BREAKS.update(dict.fromkeys(rules, case)) or case


def keeps(*rules: str) -> Callable[[Case], Case]:
    return lambda case: KEEPS.update(dict.fromkeys(rules, case)) or case


def put(mock: MockTingwu, body: Json, query: str = "type=realtime") -> httpx.Response:
    return httpx.put(f"{mock.url}{TASKS}?{query}", json=body)


def begin(**changes: Any) -> Json:
    """A right body."""
    source = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}
    return {"AppKey": "app", "Input": source, "Parameters": {}, **changes}


def offline(mock: MockTingwu, url: str = agents.IMAGINED, **source: Any) -> str:
    """The id of a new offline task."""
    given = {"SourceLanguage": "cn", "FileUrl": url, **source}
    answer = put(mock, begin(Input=given), "type=offline")
    return str(answer.json()["Data"]["TaskId"])


def phrases(mock: MockTingwu, words: str) -> None:
    httpx.post(f"{mock.url}{PHRASES}", json={"Name": "n", "WordWeights": words})


def gone(mock: MockTingwu, number: int = 1) -> None:
    closed(mock, number)


# Requests


@breaks("request-schema")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    assert put(mock, begin(Input={"SourceLanguage": "cn", "SampleRate": "fast"})).status_code == 400
    return mock


@breaks("unknown-field")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    assert put(mock, begin(Parameters={"Transcriptoin": {}})).status_code == 200
    return mock


@breaks("loose-writing")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    source = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": "16000"}
    assert put(mock, {"Appkey": "app", "Input": source}).status_code == 200
    return mock


@breaks("app-key")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    put(mock, {"Input": begin()["Input"]})
    return mock


@keeps("request-schema", "unknown-field", "loose-writing", "app-key", "unknown-api")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    # null is as good as absent; browsers ask for icons.
    body = begin(Parameters={"Transcription": {"PhraseId": None, "Phrase": {"word": 1}}})
    assert put(mock, body).status_code == 200
    assert httpx.get(f"{mock.url}/favicon.ico").status_code == 404
    assert httpx.get(f"{mock.url}/").status_code == 400
    return mock


@breaks("unknown-api")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    httpx.post(f"{mock.url}{TASKS}", json=begin())
    return mock


@breaks("app-id")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    assert agents.asked(mock, appId=None).status_code == 400
    return mock


@breaks("data-id")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    assert agents.query(mock, "zzzzzzzzzzzz").status_code == 400
    return mock


@keeps("app-id", "data-id", "api-key", "temporary-key-expired")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    agents.get(mock, agents.create(mock))
    return mock


@breaks("rerun-unfinished")
def _(clients: Clients) -> MockTingwu:
    mock = clients.virtual()
    again = begin(Input={"TaskId": offline(mock)})
    assert put(mock, again, "type=offline").status_code == 400
    return mock


@keeps("rerun-unfinished")
def _(clients: Clients) -> MockTingwu:
    mock = clients.virtual()
    task_id = offline(mock)
    mock.advance(60_000)
    body = {"Input": {"TaskId": task_id}, "Parameters": {"AutoChaptersEnabled": True}}
    assert put(mock, body, "type=offline").status_code == 200
    return mock


@breaks("file-url")
def _(clients: Clients) -> MockTingwu:
    mock = clients.virtual()
    offline(mock, "https://203.0.113.7/a.mp3")
    return mock


@keeps("file-url")
def _(clients: Clients) -> MockTingwu:
    mock = clients.virtual()
    offline(mock, "http://127.0.0.1:9/a.mp3")
    return mock


@breaks("hot-words")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    phrases(mock, '{"word": 6}')
    return mock


@keeps("hot-words")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    phrases(mock, '{"word": 5}')
    return mock


# Credentials


@breaks("signature")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start(auth="verify", **SETTINGS)
    at(mock, NOW)
    assert send(mock, signed(acs3(), "wrong")).status == 400
    return mock


@breaks("signed-headers")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start(auth="verify", **SETTINGS)
    at(mock, NOW)
    assert send(mock, signed(replace(acs3(), signed="host;x-acs-date"))).status == 200
    return mock


@keeps("signature", "signed-headers")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start(auth="verify", **SETTINGS)
    at(mock, NOW)
    assert send(mock, signed(acs3())).status == 200
    return mock


@breaks("api-key")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start(auth="verify")
    assert agents.asked(mock).status_code == 401
    return mock


@breaks("temporary-key-expired")
def _(clients: Clients) -> MockTingwu:
    mock = clients.virtual()
    made = agents.call(mock, None, agents.TOKENS, Authorization="Bearer sk-test")
    mock.advance(60_000)
    key = made.json()["token"]
    answer = agents.call(mock, agents.body_of(), Authorization=f"Bearer {key}")
    assert answer.status_code == 401
    return mock


# The pace of calls


@breaks("qps-exceeded")
def _(clients: Clients) -> MockTingwu:
    clients.patch.setattr(watching, "_LIMITS", Limits(1, 1))
    mock = clients.start()
    for _ in range(2):
        put(mock, begin())
    return mock


@keeps("qps-exceeded")
def _(clients: Clients) -> MockTingwu:
    clients.patch.setattr(watching, "_LIMITS", Limits(1, 1))
    mock = clients.virtual()
    for _ in range(2):
        put(mock, begin())
        mock.advance(1_000)
    return mock


@breaks("polling-too-fast")
def _(clients: Clients) -> MockTingwu:
    mock = clients.virtual()
    task_id = offline(mock)
    for _ in range(2):
        info(mock, task_id)
    return mock


@keeps("polling-too-fast")
def _(clients: Clients) -> MockTingwu:
    mock = clients.virtual(result_interval_ms=100_000)
    task_id = offline(mock)
    for _ in range(3):
        info(mock, task_id)
        mock.advance(60_000)
    for _ in range(2):  # finished: a link may be asked for at any time
        assert info(mock, task_id)["TaskStatus"] == "COMPLETED"
    return mock


def throttled_once(mock: MockTingwu) -> str:
    task_id = create(mock)["TaskId"]
    mock.faults.add(
        {"type": "throttle", "retry_after": 30_000}, match={"operation": "GetTaskInfo"}, times=1
    )
    assert httpx.get(f"{mock.url}{TASKS}/{task_id}").status_code == 400
    return str(task_id)


@breaks("no-back-off")
def _(clients: Clients) -> MockTingwu:
    mock = clients.virtual()
    info(mock, throttled_once(mock))
    return mock


@keeps("no-back-off")
def _(clients: Clients) -> MockTingwu:
    mock = clients.virtual()
    task_id = throttled_once(mock)
    put(mock, begin())  # another call need not wait
    mock.advance(30_000)
    info(mock, task_id)
    return mock


# The life of a meeting


@breaks("stop-missing")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    task = create(mock)
    with pusher(task) as socket:
        socket.start()
        socket.push(SENTENCE)
        socket.stop()
    return mock


@keeps("stop-missing", "stop-while-streaming")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    task = create(mock)
    with pusher(task) as socket:
        socket.start()
        socket.stop()
        stop(mock, task["TaskId"])
    return mock


@breaks("stop-while-streaming")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    task = create(mock)
    with pusher(task) as socket:
        socket.start()
        stop(mock, task["TaskId"])
    return mock


def broken_off(mock: MockTingwu, **source: Any) -> Json:
    """A task whose client was cut off while it was streaming."""
    task = create(mock, **source)
    with pusher(task) as socket:
        socket.start()
        socket.push(SENTENCE)
    gone(mock)
    return task


@breaks("new-task-for-reconnect")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    broken_off(mock, TaskKey="weekly")
    create(mock, TaskKey="weekly")
    return mock


@keeps("new-task-for-reconnect")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    with pusher(broken_off(mock, TaskKey="weekly")) as socket:
        socket.start()
        socket.stop()
    create(mock, TaskKey="weekly")
    create(mock, TaskKey="daily")
    return mock


@breaks("join-url")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    task = create(mock)
    stop(mock, task["TaskId"])
    with pytest.raises(InvalidStatus), connect(task["MeetingJoinUrl"]):
        pass
    return mock


# Tingwu's WebSocket


def session(mock: MockTingwu, act: Callable[[Pusher], None]) -> MockTingwu:
    """A connection that does something, until it is over."""
    with pusher(create(mock)) as socket:
        act(socket)
    gone(mock)
    return mock


@keeps(
    *("join-url", "audio-before-started", "audio-after-stop", "start-out-of-order"),
    *("stop-out-of-order", "stop-without-ids", "close-without-stop", "command-after-failure"),
    *("message-schema", "unknown-command", "close-before-completed", "idle-timeout"),
    *("audio-burst", "audio-stall", "audio-frame-size", "audio-format", "format-announced"),
    "second-stream",
)
def _(clients: Clients) -> MockTingwu:
    def act(socket: Pusher) -> None:
        for _ in range(2):  # a pause between
            socket.start({"format": "pcm", "sample_rate": 16_000})
            socket.push(SENTENCE)
            socket.command("ControlTranscriber", {})
            socket.command("StopTranscription", **IDS)
            socket.expect("TranscriptionCompleted")

    mock = session(clients.start(), act)
    with duplex(mock) as line:
        line.start(agents.begin(mock))
        line.finish()
    gone(mock, 2)
    return mock


@breaks("audio-before-started")
def _(clients: Clients) -> MockTingwu:
    def act(socket: Pusher) -> None:
        socket.command("StartTranscription")
        socket.push(SENTENCE)
        socket.expect("TranscriptionStarted")

    return session(clients.start(), act)


@breaks("audio-after-stop")
def _(clients: Clients) -> MockTingwu:
    def act(socket: Pusher) -> None:
        socket.start()
        socket.command("StopTranscription")
        socket.push(SENTENCE)
        socket.expect("TranscriptionCompleted")

    return session(clients.start(), act)


@breaks("start-out-of-order")
def _(clients: Clients) -> MockTingwu:
    def act(socket: Pusher) -> None:
        socket.start()
        socket.command("StartTranscription")
        socket.failure()

    return session(clients.start(), act)


@breaks("stop-out-of-order", "stop-without-ids")
def _(clients: Clients) -> MockTingwu:
    def act(socket: Pusher) -> None:
        socket.command("StopTranscription")
        socket.failure()

    return session(clients.start(), act)


@breaks("command-after-failure")
def _(clients: Clients) -> MockTingwu:
    def act(socket: Pusher) -> None:
        socket.command("StopTranscription")
        socket.failure()
        socket.command("StartTranscription")
        socket.failure()

    return session(clients.start(), act)


@breaks("close-without-stop")
def _(clients: Clients) -> MockTingwu:
    return session(clients.start(), lambda socket: socket.start())


@breaks("close-before-completed")
def _(clients: Clients) -> MockTingwu:
    def act(socket: Pusher) -> None:
        socket.start()
        socket.command("StopTranscription")

    clients.patch.setattr("mock_tingwu.protocols.nls.STOP_DELAY_MS", 60_000)
    return session(clients.start(), act)


# DashScope's WebSocket


@keeps("audio-before-listen", "frame-sequence", "task-id-length", "constants")
@keeps("close-without-finish")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    with duplex(mock) as line:
        line.start(agents.begin(mock))
        line.push(SENTENCE)
        line.finish()
    gone(mock)
    return mock


@breaks("audio-before-listen", "task-id-length")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    with duplex(mock) as line:
        line.run(agents.begin(mock), task_id="f" * 32)
        line.push(SENTENCE)
        line.expect("speech-listen")
    return mock


@breaks("frame-sequence")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    with duplex(mock) as line:
        line.push(SENTENCE)
        assert line.close_code() == 1000
    return mock


@breaks("constants")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    source = {"appId": agents.body_of()["input"]["appId"], "directive": "start"}
    payload = {"model": "tingwu-meeting-realtime", "task_group": "audio", "task": "asr"}
    given = {**payload, "input": {**source, "dataId": agents.begin(mock)}}
    with duplex(mock) as line:
        line.command("run-task", given, TASK)
        line.expect("speech-listen")
    return mock


@breaks("close-without-finish")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    with duplex(mock) as line:
        line.start(agents.begin(mock))
    gone(mock)
    return mock


# Both


@breaks("message-schema")
def _(clients: Clients) -> MockTingwu:
    return session(clients.start(), lambda socket: socket.socket.send("Ping"))


@breaks("unknown-command")
def _(clients: Clients) -> MockTingwu:
    def act(socket: Pusher) -> None:
        socket.command("Dance")
        socket.failure()

    return session(clients.start(), act)


@breaks("second-stream")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    task = create(mock)
    with pusher(task) as first, pusher(task) as second:
        first.start()
        second.command("StartTranscription")
        second.failure()
    return mock


@breaks("idle-timeout")
def _(clients: Clients) -> MockTingwu:
    mock = clients.virtual()
    with pusher(create(mock)) as socket:
        socket.start()
        mock.advance(10_000)
        socket.failure()
    return mock


@breaks("audio-burst")
def _(clients: Clients) -> MockTingwu:
    def act(socket: Pusher) -> None:
        socket.start()
        socket.push(bytes(32_000 * 60))
        socket.stop()

    return session(clients.start(), act)


@breaks("audio-stall")
def _(clients: Clients) -> MockTingwu:
    def act(socket: Pusher) -> None:
        socket.start()
        for _ in range(2):
            socket.push(bytes(3_200))
            time.sleep(0.05)  # longer than the limit, that is all
        socket.stop()

    clients.patch.setattr(pace, "STALL_MS", 20)
    return session(clients.start(), act)


@breaks("audio-frame-size")
def _(clients: Clients) -> MockTingwu:
    def act(socket: Pusher) -> None:
        socket.start()
        socket.push(bytes(32_000), frame=32_000)
        socket.stop()

    return session(clients.start(), act)


@breaks("audio-format")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    with pusher(create(mock, Format="mp3")) as socket:
        socket.start()
        socket.push(bytes(100_000))
        socket.failure()
    return mock


@breaks("format-announced")
def _(clients: Clients) -> MockTingwu:
    return session(clients.start(), lambda socket: socket.start({"sample_rate": 8_000}))


# Results


def result_link(mock: MockTingwu) -> str:
    task = create(mock)
    stop(mock, task["TaskId"])
    return str(info(mock, task["TaskId"])["Result"]["Transcription"])


@breaks("results-after-expiry")
def _(clients: Clients) -> MockTingwu:
    mock = clients.virtual()
    link = result_link(mock)
    mock.advance(31 * 24 * 3_600_000)
    assert httpx.get(link).status_code == 403
    return mock


@breaks("result-link")
def _(clients: Clients) -> MockTingwu:
    mock = clients.start()
    assert httpx.get(result_link(mock).partition("?")[0]).status_code == 403
    return mock


@keeps("results-after-expiry", "result-link")
def _(clients: Clients) -> MockTingwu:
    mock = clients.virtual()
    link = result_link(mock)
    mock.advance(29 * 24 * 3_600_000)
    assert httpx.get(link).status_code == 200
    return mock


# Callbacks


def told(clients: Clients, *script: int) -> MockTingwu:
    """A task whose project's receiver answers so, after the trial of its address."""
    mock = clients.start()
    with receiver(200, *script) as listener:
        mock.callback("app", listener.url)
        task = create(mock, ProgressiveCallbacksEnabled=True)
        stop(mock, task["TaskId"])
        mock.wait_for(callback="COMPLETED", task_id=task["TaskId"])
    return mock


@breaks("callback-refused")
def _(clients: Clients) -> MockTingwu:
    return told(clients, 500, 200)


@breaks("callback-late")
def _(clients: Clients) -> MockTingwu:
    quick = replace(TingwuDialect.plan, answer_within=50)
    mock = clients.start()
    with receiver(200, SILENCE) as listener:
        mock.callback("app", listener.url)
        clients.patch.setattr(TingwuDialect, "plan", quick)
        stop(mock, create(mock, ProgressiveCallbacksEnabled=True)["TaskId"])
        until(lambda: "callback-late" in {v["rule"] for v in mock.violations}, "the limit")
    return mock


@keeps("callback-refused", "callback-late")
def _(clients: Clients) -> MockTingwu:
    return told(clients, 204, 204)
