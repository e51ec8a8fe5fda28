"""Meetings pushed with the package dashscope: TingWuRealtime of 1.x and the sessions of v2."""

from __future__ import annotations

import gc
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import dashscope
import pytest
from dashscope.multimodal.tingwu import TingWuRealtime, TingWuRealtimeCallback
from dashscope.v2 import errors

from mock_tingwu import MockTingwu
from tests.conftest import SCRIPT
from tests.core.test_segmentation import silence, speech
from tests.dashscope.helpers import Json, begin, end, get
from tests.dashscope.ws_helpers import (
    INDUSTRIAL,
    PATH,
    REALTIME,
    action,
    ended,
    of_kind,
    results,
    said,
)
from tests.realtime.helpers import until
from tests.sdk.test_dashscope_calls import KEY, at_home, strict  # noqa: F401

APP = "tw_app"
FRAME = 3_200
SENTENCES = b"".join(speech(2_500) + silence(1_200) for _ in range(3))


def frames(audio: bytes) -> Iterator[bytes]:
    return (audio[at : at + FRAME] for at in range(0, len(audio), FRAME))


# The 1.x style


class Callback(TingWuRealtimeCallback):  # type: ignore[misc]
    """Notes every call down in order."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def on_open(self) -> None:
        self.calls.append(("open",))

    def on_started(self, task_id: str) -> None:
        self.calls.append(("started", task_id))

    def on_speech_listen(self, result: Json) -> None:
        self.calls.append(("listen", result))

    def on_recognize_result(self, result: Json) -> None:
        self.calls.append(("heard", result))

    def on_ai_result(self, result: Json) -> None:
        self.calls.append(("corrected", result))

    def on_stopped(self) -> None:
        self.calls.append(("stopped",))

    def on_error(self, error_code: str, error_msg: str) -> None:
        self.calls.append(("error", error_code, error_msg))

    def on_close(self, close_status_code: int, close_msg: str) -> None:
        self.calls.append(("close", close_status_code))

    def names(self) -> list[str]:
        return [name for name, *_ in self.calls]

    def errors(self) -> list[tuple[str, str]]:
        return [(call[1], call[2]) for call in self.calls if call[0] == "error"]

    def finals(self) -> list[Json]:
        heard = [call[1]["payload"]["output"] for call in self.calls if call[0] == "heard"]
        transcriptions = [output["transcription"] for output in heard if "transcription" in output]
        return [item for item in transcriptions if item.get("sentenceEnd")]

    def sentences(self) -> list[str]:
        return [final["text"] for final in self.finals()]

    def wait(self, name: str) -> None:
        until(lambda: name in self.names(), name)


Speaker = Callable[..., tuple[Any, Callback]]


@pytest.fixture
def speaker(mock: MockTingwu) -> Iterator[Speaker]:
    """Makes TingWuRealtime objects; their threads end while the mock is still there."""
    before = set(threading.enumerate())
    made: list[Any] = []

    def make(data_id: str | None = None, **settings: Any) -> tuple[Any, Callback]:
        callback = Callback()
        usual = {
            "model": REALTIME,
            "app_id": APP,
            "api_key": KEY,
            "base_address": f"{mock.ws_url}{PATH}",
            "data_id": data_id,
        }
        made.append(TingWuRealtime(callback=callback, **{**usual, **settings}))
        return made[-1], callback

    yield make
    for thread in set(threading.enumerate()) - before:
        if not thread.name.startswith(("uvloop_", "asyncio_", "mock-tingwu")):
            thread.join(5)
            assert not thread.is_alive(), f"{thread} goes on after the session"
    with warnings.catch_warnings():
        # It leaves sockets that the server was the first to close to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        made.clear()
        gc.collect()


def push(sdk: Any, callback: Callback, audio: bytes) -> None:
    """As the vendor's sample does: start, wait for speech-listen, send, stop."""
    sdk.start()
    callback.wait("listen")
    for frame in frames(audio):
        sdk.send_audio_frame(frame)
    sdk.stop()
    callback.wait("close")


def test_a_whole_meeting_runs_through_the_callbacks(
    mock: MockTingwu, speaker: Speaker, recording: bytes
) -> None:
    mock.script(SCRIPT, app_key=APP)
    data_id = begin(mock)
    sdk, callback = speaker(data_id)
    push(sdk, callback, recording)
    names = callback.names()
    assert names[:3] == ["open", "started", "listen"]
    assert set(names[3:-2]) == {"heard"}
    assert names[-2:] == ["stopped", "close"]
    assert callback.calls[-1] == ("close", 1000)
    assert callback.calls[1] == ("started", sdk.request.task_id)
    assert callback.calls[2][1]["payload"]["output"]["dataId"] == data_id
    assert len(callback.sentences()) == 10
    ended(mock)
    (closed,) = of_kind(mock, "ws_close")
    assert (closed["code"], closed["by"]) == (1000, "client")
    end(mock, data_id)
    # The test pushes as fast as it can, the SDK has task_ids of its own.
    mock.assert_no_violations("advice", but=("task-id-length", "audio-burst"))
    assert "task-id-length" in [found["rule"] for found in mock.violations]
    transcription = results(mock, data_id)["transcriptionPath"]
    assert said(transcription) == "".join(callback.sentences())


def test_a_second_object_goes_on_with_the_meeting(mock: MockTingwu, speaker: Speaker) -> None:
    data_id = begin(mock)
    numbers = []
    for _ in range(2):
        sdk, callback = speaker(data_id)
        push(sdk, callback, SENTENCES)
        numbers += [final["sentenceId"] for final in callback.finals()]
        assert get(mock, data_id)["status"] == 3
    assert numbers == [0, 1, 2, 3, 4, 5]
    end(mock, data_id)
    assert results(mock, data_id)


def test_the_address_may_be_set_for_the_whole_module(
    mock: MockTingwu, speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashscope, "base_websocket_api_url", f"{mock.ws_url}{PATH}")
    monkeypatch.setattr(dashscope, "api_key", KEY)
    sdk, callback = speaker(
        begin(mock), base_address=None, api_key=None, workspace="llm-1", extra=1
    )
    push(sdk, callback, SENTENCES)
    assert len(callback.sentences()) == 3
    run = next(entry["text"] for entry in of_kind(mock, "ws_in"))
    assert '"workspace_id": "llm-1"' in run


def test_an_instruction_is_corrected(
    start_mock: Callable[..., MockTingwu], speaker: Speaker
) -> None:
    mock = start_mock(apps={"tw_i": {"terminologies": {"t1": ["打开一号阀门"]}}})
    sentences = [{"speaker": 0, "text": "请/打开/一号/阀门。"}]
    speakers = [{"name": "工人", "role": "工人"}]
    script = {"language": "cn", "speakers": speakers, "sentences": sentences}
    mock.script(script, app_key="tw_i")
    sdk, callback = speaker(
        model=INDUSTRIAL,
        app_id="tw_i",
        terminology="t1",
        max_end_silence=3_000,
        base_address=f"{mock.ws_url}{PATH}",
    )
    push(sdk, callback, speech(2_000) + silence(500))
    (corrected,) = (call[1] for call in callback.calls if call[0] == "corrected")
    assert corrected["payload"]["output"]["aiResult"] == {"correction": "打开一号阀门。"}
    assert callback.names()[-3:] == ["corrected", "stopped", "close"]


def test_its_pings_are_answered(
    mock: MockTingwu, speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every 5 s, answered within 4 s, is what it asks for; that is too slow for a test.
    monkeypatch.setattr(
        TingWuRealtime,
        "_run_forever",
        lambda self: self.ws.run_forever(ping_interval=0.05, ping_timeout=0.04),
    )
    sdk, callback = speaker(begin(mock))
    sdk.start()
    callback.wait("listen")
    socket = sdk.ws
    until(lambda: socket.last_pong_tm > 0, "a PONG")
    first = socket.last_pong_tm
    until(lambda: socket.last_pong_tm > first, "another PONG")
    sdk.stop()
    callback.wait("close")
    assert callback.errors() == []


def test_a_failure_of_the_agent_is_an_error_and_a_close(mock: MockTingwu, speaker: Speaker) -> None:
    sdk, callback = speaker("zzzzzzzzzzzz")
    sdk.start()
    callback.wait("close")
    assert callback.names()[:2] == ["open", "started"]
    assert callback.errors()[0] == ("Agent.InputInvalidDataId", "Agent Input invalid dataId.")
    assert callback.calls[-1] == ("close", 1000)
    assert "stopped" not in callback.names()


def test_a_failure_of_the_platform_is_an_error_and_a_close(
    mock: MockTingwu, speaker: Speaker
) -> None:
    sdk, callback = speaker("zzzzzzzzzzzz", model="tingwu-turbo")
    sdk.start()
    callback.wait("close")
    assert callback.errors()[0] == ("ModelNotFound", "Model can not be found.")
    assert callback.calls[-1] == ("close", 1000)


def test_the_end_of_the_meeting_stops_the_session(mock: MockTingwu, speaker: Speaker) -> None:
    data_id = begin(mock)
    sdk, callback = speaker(data_id)
    sdk.start()
    callback.wait("listen")
    for frame in frames(speech(2_500)):
        sdk.send_audio_frame(frame)
    callback.wait("heard")
    end(mock, data_id)
    callback.wait("close")
    assert callback.names()[-2:] == ["stopped", "close"]
    assert callback.calls[-1] == ("close", 1000)
    assert len(callback.sentences()) == 1


def test_a_wrong_key_ends_the_handshake(strict: MockTingwu, speaker: Speaker) -> None:  # noqa: F811
    sdk, callback = speaker(api_key="sk-another", base_address=f"{strict.ws_url}{PATH}")
    connecting = threading.Thread(target=sdk._connect, args=("sk-another",))
    # Its own start() waits 5 s for a connection that cannot come.
    sdk._wait_for_connection = lambda: None
    connecting.start()
    callback.wait("close")
    connecting.join()
    ((_, text),) = callback.errors()
    assert "401" in text
    assert "InvalidApiKey" in text


# The v2 style


@pytest.fixture
def v2(mock: MockTingwu, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("DASHSCOPE_WEBSOCKET_BASE_URL", f"{mock.ws_url}{PATH}")
    with dashscope.Client(api_key=KEY, base_url=f"{mock.url}/api/v1", timeout=10) as client:
        yield client


def heard(events: list[Json]) -> list[Json]:
    transcriptions = [e["payload"].get("output", {}).get("transcription", {}) for e in events]
    return [item for item in transcriptions if item.get("sentenceEnd")]


def stream(session: Any, audio: bytes) -> list[Json]:
    """As the vendor's sample does: all the audio at once, stop, and only then look."""
    for frame in frames(audio):
        session.send_audio_frame(frame)
    session.stop()
    return list(session.events())


def test_the_sample_of_v2_hears_a_whole_meeting(
    mock: MockTingwu, v2: Any, recording: bytes
) -> None:
    mock.script(SCRIPT, app_key=APP)
    audio = {"type": "realtime", "format": "pcm", "sampleRate": 16_000}
    given = {"task": "createTask", "appId": APP, **audio}
    data_id = v2.tingwu.call(model="tingwu-meeting", input=given).output["dataId"]
    with v2.tingwu.realtime(model=REALTIME, app_id=APP, data_id=data_id) as session:
        events = stream(session, recording)
    assert action(events[0]) == "speech-listen"
    assert action(events[-1]) == "speech-end"
    assert len(heard(events)) == 10
    answer = v2.tingwu.call(
        model="tingwu-meeting",
        input={"task": "createTask", "type": "realtime", "appId": APP, "dataId": data_id},
    )
    assert answer.output["status"] in (0, 1)
    transcription = results(mock, data_id)["transcriptionPath"]
    assert said(transcription) == "".join(final["text"] for final in heard(events))
    mock.assert_no_violations()
    advice = {found["rule"] for found in mock.violations} - {"audio-burst"}
    assert advice == {"task-id-length", "audio-before-listen"}


def test_minutes_may_be_sent_before_anything_is_read(
    mock: MockTingwu, v2: Any, recording: bytes
) -> None:
    audio = recording * 6
    data_id = begin(mock)
    with v2.tingwu.realtime(model=REALTIME, app_id=APP, data_id=data_id) as session:
        for at in range(0, len(audio), 64_000):
            session.send_audio_frame(audio[at : at + 64_000])
        session.stop()
        events = list(session.events())
    assert len(heard(events)) == 60


def test_one_task_after_another_on_a_shared_connection(mock: MockTingwu, v2: Any) -> None:
    first, other = begin(mock), begin(mock)
    connection = v2.ws_connection(module="multimodal")
    try:
        ids = []
        for data_id in (first, first, other):
            with v2.tingwu.realtime(
                model=REALTIME, app_id=APP, data_id=data_id, connection=connection
            ) as session:
                ids.append([f["sentenceId"] for f in heard(stream(session, SENTENCES))])
        assert ids == [[0, 1, 2], [3, 4, 5], [0, 1, 2]]
    finally:
        connection.close()
    ended(mock)
    assert len(of_kind(mock, "ws_open")) == 1
    for data_id in (first, other):
        assert get(mock, data_id)["status"] == 3
        end(mock, data_id)
        assert results(mock, data_id)


def test_two_tasks_at_once_on_a_shared_connection_are_refused(mock: MockTingwu, v2: Any) -> None:
    connection = v2.ws_connection()
    data_id = begin(mock)
    try:
        with v2.tingwu.realtime(
            model=REALTIME, app_id=APP, data_id=data_id, connection=connection
        ) as session:
            second = v2.tingwu.realtime(
                model=REALTIME, app_id=APP, data_id=begin(mock), connection=connection
            )
            with pytest.raises(errors.DashScopeError):
                second.__enter__()
            with pytest.raises(errors.DashScopeError):
                list(session.events())
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("settings", "error", "code"),
    [
        ({"data_id": "zzzzzzzzzzzz"}, errors.DashScopeError, "Agent.InputInvalidDataId"),
        ({"app_id": ""}, errors.DashScopeError, "Agent.InputAppIdIllegal"),
        ({"model": INDUSTRIAL, "sample_rate": 8_000}, errors.BadRequestError, "InvalidParameter"),
        ({"model": INDUSTRIAL, "format": "flac"}, errors.BadRequestError, "InvalidParameter"),
        (
            {"model": INDUSTRIAL, "max_end_silence": 6_001},
            errors.BadRequestError,
            "InvalidParameter",
        ),
    ],
)
def test_a_failure_of_the_agent_is_raised_by_events(
    v2: Any, settings: Json, error: type[Exception], code: str
) -> None:
    usual = {"model": REALTIME, "app_id": APP}
    with v2.tingwu.realtime(**{**usual, **settings}) as session:
        with pytest.raises(error) as caught:
            list(session.events())
        failed: Any = caught.value
        assert failed.code == code
        assert failed.message


def test_a_failure_of_the_platform_is_raised_at_once(v2: Any) -> None:
    # The model of a sample of the SDK, which is none of the endpoint's.
    session = v2.tingwu.realtime(model="tingwu-turbo", app_id=APP)
    with pytest.raises(errors.DashScopeError) as caught:
        session.__enter__()
    assert caught.value.code == "ModelNotFound"


def test_the_end_of_the_meeting_ends_the_events(mock: MockTingwu, v2: Any) -> None:
    data_id = begin(mock)
    with v2.tingwu.realtime(model=REALTIME, app_id=APP, data_id=data_id) as session:
        for frame in frames(SENTENCES + speech(1_500)):
            session.send_audio_frame(frame)
        until(lambda: len(_finals(mock)) == 3, "three sentences")
        end(mock, data_id)
        events = list(session.events())
    assert len(heard(events)) == 4
    assert action(events[-1]) == "speech-end"


def _finals(mock: MockTingwu) -> list[Json]:
    return heard([entry["message"] for entry in of_kind(mock, "ws_out")])


def test_an_idle_session_is_closed_without_a_word(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(clock="virtual")
    data_id = begin(mock)
    with (
        dashscope.Client(api_key=KEY, base_url=f"{mock.url}/api/v1") as v2,
        v2.tingwu.realtime(
            model=REALTIME, app_id=APP, data_id=data_id, ws_url=f"{mock.ws_url}{PATH}"
        ) as session,
    ):
        assert action(session.session.recv_event()) == "speech-listen"
        mock.advance(10_000)
        with pytest.raises(errors.APIConnectionError):
            list(session.events())


def test_v2_sends_its_workspace_and_is_taken(mock: MockTingwu, v2: Any) -> None:
    began = time.monotonic()
    with v2.tingwu.realtime(
        model=REALTIME,
        app_id=APP,
        data_id=begin(mock),
        workspace="llm-ws1",
        workspace_id="llm-ws1",
        parameters={"languageHints": ["cn"]},
    ) as session:
        events = stream(session, SENTENCES)
    assert len(heard(events)) == 3
    assert time.monotonic() - began < 5
