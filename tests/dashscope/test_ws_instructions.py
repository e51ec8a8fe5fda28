"""The industrial agent: spoken instructions over DashScope's WebSocket (realtime-ws 8.2, 8.4)."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from typing import Any

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.media import decoder
from tests.core.test_segmentation import silence, speech
from tests.dashscope.helpers import Json, get
from tests.dashscope.ws_helpers import (
    INDUSTRIAL,
    TASK,
    Duplex,
    action,
    duplex,
    ended,
    notes,
    of_kind,
)
from tests.media_samples import KINDS, encode, recorded
from tests.realtime.helpers import until
from tests.realtime.test_formats import VECTORS

APP = "tw_i"
SAID = speech(2_000) + silence(2_000)
#: What the app's meetings hear: instructions as they are spoken.
SPOKEN: Json = {
    "language": "cn",
    "speakers": [{"name": "工人", "role": "工人"}],
    "sentences": [
        {"speaker": 0, "text": "请/打开/一号/阀门。"},
        {"speaker": 0, "text": "关闭/主/电机。"},
        {"speaker": 0, "text": "今天/天气/不错。"},
    ],
}
TERMS = ["打开一号阀门", "关闭主电动机", "启动传送带"]


@pytest.fixture
def factory(start_mock: Callable[..., MockTingwu]) -> MockTingwu:
    """A mock with an app that knows a set of instructions."""
    mock = start_mock(apps={APP: {"terminologies": {"t1": TERMS, "t2": ["停"]}}})
    mock.script(SPOKEN, app_key=APP)
    return mock


def instruct(client: Duplex, **parameters: Any) -> Json:
    """Start an instruction; the parameters are run-task's."""
    return client.start(model=INDUSTRIAL, app_id=APP, parameters=parameters)


def refusal(mock: MockTingwu, **parameters: Any) -> tuple[str, str]:
    with duplex(mock) as client:
        client.run(model=INDUSTRIAL, app_id=APP, parameters=parameters)
        refused = client.refusal()
    assert client.actions() == ["task-started", "task-failed"]
    return refused


def correction(client: Duplex) -> str:
    (output,) = [e["payload"]["output"] for e in client.events if action(e) == "ai-result"]
    return str(output["aiResult"]["correction"])


def wav(pcm: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(16_000)
        writer.writeframes(pcm)
    return file.getvalue()


def test_an_instruction_is_heard_translated_and_corrected(factory: MockTingwu) -> None:
    with duplex(factory) as client:
        listen = instruct(client, terminology="t1", maxEndSilence=800, sampleRate=16_000)
        client.push(SAID * 3)
        client.finish()
    assert client.sentences() == ["请打开一号阀门。", "关闭主电机。", "今天天气不错。"]
    assert correction(client) == "打开一号阀门。关闭主电动机。今天天气不错。"
    assert client.actions()[-3:] == ["ai-result", "speech-end", "task-finished"]
    for event in client.events:
        output = event["payload"].get("output", {})
        if output.get("action") == "recognize-result":
            heard, translations = output["transcription"], output["translations"]
            assert list(output) == ["action", "transcription", "translations"]
            assert translations["sentenceEnd"] is heard["sentenceEnd"]
            assert translations["translations"]["zh"]["text"] == heard["text"]
    ends = [final["endTime"] for final in client.finals()]
    begins = [final["beginTime"] for final in client.finals()]
    assert begins == sorted(begins)
    assert all(abs(begin - 4_000 * n) < 300 for n, begin in enumerate(begins))
    assert all(end > begin for begin, end in zip(begins, ends, strict=True))
    assert get(factory, listen["dataId"])["status"] == 0, "nothing else ends it"


@pytest.mark.parametrize("terminology", [None, "", "t2"])
def test_without_a_like_instruction_what_was_heard_is_the_correction(
    factory: MockTingwu, terminology: str | None
) -> None:
    with duplex(factory) as client:
        instruct(client, **({} if terminology is None else {"terminology": terminology}))
        client.push(SAID)
        client.finish()
    assert correction(client) == "请打开一号阀门。"


def test_an_instruction_without_a_word_is_corrected_to_nothing(factory: MockTingwu) -> None:
    with duplex(factory) as client:
        instruct(client, terminology="t1")
        client.push(silence(2_500))
        client.finish()
    assert correction(client) == ""


@pytest.mark.parametrize("format", ["pcm", "wav", "mp3", "opus", "speex", "aac", "amr"])
def test_every_format_is_heard(factory: MockTingwu, format: str) -> None:
    if format == "speex":
        audio = (VECTORS / "speech-16k.spx").read_bytes()
    elif format == "amr":
        # PyAV brings the decoder of AMR, and the encoder of its narrow band.
        audio = recorded(KINDS["talk.amr"])
    elif format == "wav":
        audio = wav(SAID)
    else:
        audio = SAID if format == "pcm" else encode(format, 16_000, SAID, "mono")
    with duplex(factory) as client:
        instruct(client, format=format, sampleRate=16_000)
        client.push(audio, 999)
        client.finish()
    assert client.sentences()[0] == "请打开一号阀门。"


def test_what_java_does_not_set_is_the_usual(factory: MockTingwu) -> None:
    with duplex(factory) as client:
        instruct(client, format=None, sampleRate=None, terminology=None, maxEndSilence=None)
        client.push(SAID)
        client.finish()
    assert len(client.sentences()) == 1


@pytest.mark.parametrize(
    ("silence_ms", "sentences"), [(None, 1), (300, 2), (800, 2), (1_200, 1), (6_000, 1)]
)
def test_a_pause_of_that_length_ends_an_instruction(
    factory: MockTingwu, silence_ms: int | None, sentences: int
) -> None:
    parameters = {} if silence_ms is None else {"maxEndSilence": silence_ms}
    # Less than the line takes to say: it is not over for having been said.
    pcm = speech(500) + silence(1_000) + speech(500) + silence(500)
    with duplex(factory) as client:
        instruct(client, **parameters)
        client.push(pcm)
        client.finish()
    assert len(client.sentences()) == sentences


@pytest.mark.parametrize("silence_ms", [0, 6_000])
def test_the_bounds_of_the_pause_are_inside(factory: MockTingwu, silence_ms: int) -> None:
    with duplex(factory) as client:
        instruct(client, maxEndSilence=silence_ms)


@pytest.mark.parametrize("value", [-1, 6_001, 10**20, 1.5, "800", True, [], {}])
def test_a_pause_out_of_bounds_is_refused(factory: MockTingwu, value: object) -> None:
    assert refusal(factory, maxEndSilence=value) == (
        "InvalidParameter",
        "MaxEndSilence invalid, must between [0. 6000].",
    )


@pytest.mark.parametrize("value", [8_000, 48_000, 0, "8000", "x", True, [], {}])
def test_another_rate_is_refused(factory: MockTingwu, value: object) -> None:
    assert refusal(factory, sampleRate=value) == ("InvalidParameter", "SampleRate invalid.")


@pytest.mark.parametrize("value", ["flac", "PCM", "", 0, False, [], ["pcm"], {}])
def test_another_format_is_refused(factory: MockTingwu, value: object) -> None:
    assert refusal(factory, format=value) == ("InvalidParameter", "Audio format invalid.")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("t3", "Terminology not exist."),
        (5, "Terminology invalid."),
        (["t1"], "Terminology invalid."),
        ({}, "Terminology invalid."),
    ],
)
def test_an_unknown_set_of_instructions_is_refused(
    factory: MockTingwu, value: object, message: str
) -> None:
    assert refusal(factory, terminology=value) == ("InvalidParameter", message)


def test_an_app_without_any_takes_every_set_of_instructions(mock: MockTingwu) -> None:
    with duplex(mock) as client:
        instruct(client, terminology="whatever")
        client.push(SAID)
        client.finish()
    assert correction(client) == "".join(client.sentences())


# 20 ms at 12.2 and at 6.6 kb/s, with nothing in them.
@pytest.mark.parametrize(
    ("head", "speech_frame"),
    [(b"#!AMR\n", b"\x3c" + bytes(31)), (b"#!AMR-WB\n", b"\x04" + bytes(17))],
    ids=["narrow", "wide"],
)
@pytest.mark.parametrize("size", [1, 7, 999], ids=str)
def test_both_kinds_of_amr_are_known_however_they_are_cut(
    factory: MockTingwu, head: bytes, speech_frame: bytes, size: int
) -> None:
    with duplex(factory) as client:
        instruct(client, format="amr")
        client.push(head + speech_frame * 100, size)
        client.finish()
    (audio,) = of_kind(factory, "audio")
    assert abs(audio["position"] - 2_000) <= 20


def test_without_pyav_the_length_of_amr_is_estimated(
    factory: MockTingwu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder, "pyav_available", lambda: False)
    with duplex(factory) as client:
        instruct(client, format="amr")
        client.push(bytes(2 * 12_200 // 8))
        client.finish()
    assert "mock-tingwu[media]" in notes(factory)
    (audio,) = of_kind(factory, "audio")
    assert audio["position"] == 2_000


@pytest.mark.parametrize(
    ("format", "audio"),
    [
        ("opus", b"\x11" * 200_000),
        ("mp3", b"\x11" * 200_000),
        ("amr", b"\x11" * 1_000),
        ("amr", b"#!AMR-W\n" + b"\x7c" * 100),
        ("wav", b"RIFF" + bytes(100)),
    ],
)
def test_audio_that_cannot_be_decoded_is_a_wrong_format(
    factory: MockTingwu, format: str, audio: bytes
) -> None:
    with duplex(factory) as client:
        listen = instruct(client, format=format)
        client.push(audio)
        assert client.refusal() == ("InvalidParameter", "Audio format invalid.")
    assert get(factory, listen["dataId"])["status"] == 0, "nobody can go on with it"


def test_every_instruction_wants_a_connection_of_its_own(factory: MockTingwu) -> None:
    with duplex(factory) as client:
        instruct(client)
        client.push(SAID)
        client.finish()
        client.run(model=INDUSTRIAL, app_id=APP, task_id=TASK[::-1])
        assert client.refusal()[0] == "Agent.FrameSequenceIllegal"


def test_an_instruction_that_breaks_off_is_over(factory: MockTingwu) -> None:
    with duplex(factory) as client:
        listen = instruct(client)
        client.push(speech(2_000))
        client.expect("recognize-result")
        client.socket.socket.close()
    ended(factory)
    assert get(factory, listen["dataId"])["status"] == 0
    moves = [(move["before"], move["after"]) for move in of_kind(factory, "transition")]
    assert moves[-1][1] == "COMPLETED"


def test_a_silent_worker_is_disconnected_after_fifteen_seconds(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(clock="virtual")
    with duplex(mock) as client:
        instruct(client)
        mock.advance(14_999)
        client.push(silence(100))
        until(lambda: bool(of_kind(mock, "transition")), "the audio")
        mock.advance(14_999)
        assert of_kind(mock, "ws_close") == []
        mock.advance(1)
        assert client.close_code() == 1000
    assert client.actions() == ["task-started", "speech-listen"]
