"""NlsSpeechTranscriber of alibabacloud-nls-python-sdk, pointed at a MeetingJoinUrl.

It sends two Sec-WebSocket-Key headers and checks our Accept against the first (realtime-ws 1.2).
"""

from __future__ import annotations

import gc
import json
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import nls
import pytest

from mock_tingwu import MockTingwu
from tests.conftest import SCRIPT
from tests.core.test_segmentation import silence, speech
from tests.realtime.helpers import Json, create, results, status, stop, until
from tests.sdk.conftest import PATIENCE

#: Far below the SDK's own time limits of 10 s and 3 s, which is what a missing answer costs.
PROMPTLY_S = 2.0
FRAME = 3_200
LEVEL_2: Json = {"Transcription": {"OutputLevel": 2}}
CALLBACKS = (
    "start",
    "sentence_begin",
    "sentence_end",
    "result_changed",
    "completed",
    "error",
    "close",
)


class Transcriber:
    """The SDK's object with its callbacks noted down in the order of their calls."""

    def __init__(self, url: str) -> None:
        self.calls: list[tuple[str, Json | None]] = []
        #: What else is to be done in a callback, by its name.
        self.on: dict[str, Callable[[], None]] = {}
        self.sdk: Any = nls.NlsSpeechTranscriber(
            url=url,
            token="default",
            appkey="default",
            **{f"on_{name}": self._note(name) for name in CALLBACKS},
        )

    def _note(self, name: str) -> Callable[..., None]:
        def note(*args: str) -> None:
            assert len(args) == (0 if name == "close" else 1)
            self.calls.append((name, json.loads(args[0]) if args else None))
            if name in self.on:
                self.on[name]()

        return note

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def messages(self, name: str) -> list[Json]:
        return [message for called, message in self.calls if called == name and message]

    def start(self, **settings: Any) -> None:
        began = time.monotonic()
        self.sdk.start(timeout=PATIENCE, **settings)
        assert time.monotonic() - began < PROMPTLY_S

    def stop(self) -> None:
        began = time.monotonic()
        self.sdk.stop(timeout=PATIENCE)
        assert time.monotonic() - began < PROMPTLY_S

    def push(self, audio: bytes) -> None:
        for begin in range(0, len(audio), FRAME):
            self.sdk.send_audio(audio[begin : begin + FRAME])


@pytest.fixture
def transcriber(mock: MockTingwu) -> Iterator[Callable[[Json], Transcriber]]:
    """Makes transcribers for tasks; their threads end while the mock is still there."""
    before = set(threading.enumerate())
    with warnings.catch_warnings():
        # It leaves sockets that the server was the first to end to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        yield lambda task: Transcriber(task["MeetingJoinUrl"])
        for thread in set(threading.enumerate()) - before:
            if thread.name.startswith(("uvloop_", "asyncio_")):
                continue  # a helper of the mock's event loop, which ends with it
            thread.join(PATIENCE)
            assert not thread.is_alive(), f"{thread} goes on after the session"
        gc.collect()


def test_a_whole_meeting_runs_through_the_callbacks(
    mock: MockTingwu, transcriber: Callable[[Json], Transcriber], recording: bytes
) -> None:
    mock.script(SCRIPT, task_key="demo")
    task = create(mock, LEVEL_2, TaskKey="demo")
    meeting = transcriber(task)
    meeting.start(
        aformat="pcm",
        enable_intermediate_result=True,
        enable_punctuation_prediction=True,
        enable_inverse_text_normalization=True,
    )
    assert meeting.names() == ["start"]
    meeting.push(recording)
    meeting.stop()
    until(lambda: "close" in meeting.names(), "the end")
    assert meeting.names()[-2:] == ["completed", "close"]
    assert meeting.names().count("completed") == 1
    assert "error" not in meeting.names()
    begun = [message["payload"]["index"] for message in meeting.messages("sentence_begin")]
    ended = [message["payload"]["index"] for message in meeting.messages("sentence_end")]
    assert begun == ended == list(range(10))
    changed = meeting.messages("result_changed")
    assert len(changed) > 30
    texts = {message["payload"]["index"]: message["payload"]["result"] for message in changed}
    for message in meeting.messages("sentence_end"):
        payload = message["payload"]
        assert payload["result"].startswith(texts[payload["index"]].rstrip("，。？！"))
    headers = [message["header"] for _, message in meeting.calls if message]
    assert {header["status"] for header in headers} == {20000000}
    assert len({header["task_id"] for header in headers}) == 1
    stop(mock, task["TaskId"])
    paragraphs = results(mock, task["TaskId"])["Transcription"]["Paragraphs"]
    said = "".join(word["Text"] for p in paragraphs for word in p["Words"])
    assert said == "".join(m["payload"]["result"] for m in meeting.messages("sentence_end"))
    mock.assert_no_violations("advice", but=["audio-burst"])  # the test pushes as fast as it can


def test_a_second_object_for_the_same_url_resumes_the_meeting(
    mock: MockTingwu, transcriber: Callable[[Json], Transcriber]
) -> None:
    task = create(mock)
    parts = []
    for _ in range(2):
        part = transcriber(task)
        part.start()
        part.push(b"".join(speech(2_500) + silence(1_200) for _ in range(2)))
        part.stop()
        assert status(mock, task["TaskId"]) == "PAUSED"
        parts.append([m["payload"]["index"] for m in part.messages("sentence_end")])
    assert parts == [[0, 1], [2, 3]]
    assert stop(mock, task["TaskId"]) == "COMPLETED"


def test_a_control_command_changes_nothing_and_breaks_nothing(
    mock: MockTingwu, transcriber: Callable[[Json], Transcriber]
) -> None:
    task = create(mock)
    meeting = transcriber(task)
    meeting.start()
    meeting.sdk.ctrl(max_sentence_silence=800)
    meeting.push(speech(2_500) + silence(1_200))
    meeting.sdk.ctrl(max_sentence_silence=300)
    meeting.stop()
    assert "error" not in meeting.names()
    assert len(meeting.messages("sentence_end")) == 1


def test_extra_payload_of_the_start_is_taken(
    mock: MockTingwu, transcriber: Callable[[Json], Transcriber]
) -> None:
    meeting = transcriber(create(mock))
    meeting.start(ex={"tw_index_offset": 9, "tw_time_offset": 60_000, "anything": [1]})
    meeting.push(speech(2_500) + silence(1_200))
    meeting.stop()
    payload = meeting.messages("sentence_end")[0]["payload"]
    assert payload["index"] == 10
    assert payload["begin_time"] >= 60_000


def test_the_sdk_s_pings_are_answered_and_do_no_harm(
    mock: MockTingwu, transcriber: Callable[[Json], Transcriber]
) -> None:
    meeting = transcriber(create(mock))
    meeting.start(ping_interval=0.05, ping_timeout=0.04)
    until(lambda: meeting.sdk._NlsSpeechTranscriber__nls._NlsCore__ws.last_pong_tm > 0, "a PONG")
    meeting.push(speech(2_500) + silence(1_200))
    meeting.stop()
    assert len(meeting.messages("sentence_end")) == 1
    assert "error" not in meeting.names()


def test_stopping_the_task_over_rest_completes_and_closes_the_session(
    mock: MockTingwu, transcriber: Callable[[Json], Transcriber]
) -> None:
    task = create(mock)
    meeting = transcriber(task)
    meeting.start()
    meeting.push(speech(2_500))
    until(lambda: "sentence_begin" in meeting.names(), "a sentence")
    assert stop(mock, task["TaskId"]) == "COMPLETED"
    until(lambda: "close" in meeting.names(), "the close")
    assert meeting.names() == ["start", "sentence_begin", "sentence_end", "completed", "close"]
    meeting.stop()
    meeting.push(speech(200))
    assert meeting.names()[-1] == "close"


def test_the_url_of_a_finished_task_ends_start_with_a_close(
    mock: MockTingwu, transcriber: Callable[[Json], Transcriber]
) -> None:
    task = create(mock)
    stop(mock, task["TaskId"])
    meeting = transcriber(task)
    meeting.start()
    assert set(meeting.names()) == {"close"}


def test_cutting_the_session_short_pauses_the_task(
    mock: MockTingwu, transcriber: Callable[[Json], Transcriber]
) -> None:
    task = create(mock)
    meeting = transcriber(task)
    # In a callback: from another thread the SDK's own reader may wait for ever.
    meeting.on["sentence_begin"] = meeting.sdk.shutdown
    meeting.start()
    meeting.sdk.send_audio(speech(1_000))
    until(lambda: "close" in meeting.names(), "the close")
    until(lambda: status(mock, task["TaskId"]) == "PAUSED", "PAUSED")


def test_an_event_pushed_by_hand_reaches_its_callback(
    mock: MockTingwu, transcriber: Callable[[Json], Transcriber]
) -> None:
    task = create(mock)
    meeting = transcriber(task)
    meeting.start()
    session = mock.session(task["TaskId"])
    session.send(name="SentenceEnd", payload={"index": 41, "result": "by hand"})
    session.send(name="TaskFailed", status=40000005)
    until(lambda: "error" in meeting.names(), "both events")
    ((message),) = meeting.messages("sentence_end")
    assert message["payload"] == {"index": 41, "result": "by hand"}
    assert message["header"]["task_id"] == meeting.messages("start")[0]["header"]["task_id"]
    ((failed),) = meeting.messages("error")
    assert failed["header"]["status_text"] == "Gateway:TOO_MANY_REQUESTS:Too many requests!"
    session.close()
    until(lambda: "close" in meeting.names(), "the close")


def test_a_line_that_is_cut_closes_the_sdk_s_session_and_pauses_the_task(
    mock: MockTingwu, transcriber: Callable[[Json], Transcriber]
) -> None:
    task = create(mock)
    meeting = transcriber(task)
    meeting.start()
    meeting.push(speech(1_000))
    until(lambda: "sentence_begin" in meeting.names(), "a sentence")
    mock.session(task["TaskId"]).cut()
    until(lambda: "close" in meeting.names(), "the end")
    assert meeting.names() == ["start", "sentence_begin", "close"]
    assert status(mock, task["TaskId"]) == "PAUSED"
    again = transcriber(task)
    again.start()
    again.push(speech(1_500) + silence(1_200))
    again.stop()
    assert [message["payload"]["index"] for message in again.messages("sentence_end")] == [1]
