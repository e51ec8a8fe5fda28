"""Every audio format and rate, over the wire; and audio that is not what was promised."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu import MockTingwu, media
from mock_tingwu.protocols.multi_audio import ActiveAudio, MultiAudioFrame
from tests.conftest import RECORDING, SCRIPT
from tests.core.test_segmentation import speech
from tests.media_samples import encode
from tests.protocols.test_multi_audio import encode as multi_audio
from tests.realtime.helpers import Json, Pusher, create, pusher, status, stop

VECTORS = Path(__file__).parent.parent / "vectors" / "audio"


def at_rate(pcm: bytes, rate: int) -> bytes:
    """16 kHz PCM at another rate (every second sample for 8 kHz: it is only heard, not judged)."""
    if rate == 16_000:
        return pcm
    return b"".join(pcm[i : i + 2] for i in range(0, len(pcm), 4))


def push(mock: MockTingwu, audio: bytes, frame: int = 3_200, **source: Any) -> Pusher:
    mock.script(SCRIPT, task_key="demo")
    task = create(mock, TaskKey="demo", **source)
    with pusher(task) as connection:
        connection.start()
        connection.push(audio, frame)
        connection.stop()
    stop(mock, task["TaskId"])
    return connection


def begins(connection: Pusher) -> list[int]:
    return [event["payload"]["begin_time"] for event in connection.named("SentenceEnd")]


@pytest.mark.parametrize("rate", [8_000, 16_000])
@pytest.mark.parametrize("format", ["pcm", "opus", "speex", "mp3", "aac"])
def test_the_same_speech_is_heard_in_every_format(
    mock: MockTingwu, recording: bytes, format: str, rate: int
) -> None:
    if format == "speex":
        audio = (VECTORS / f"speech-{rate // 1000}k.spx").read_bytes()
    else:
        pcm = at_rate(recording[: 32 * 8_300], rate)
        audio = pcm if format == "pcm" else encode(format, rate, pcm, "mono")
    connection = push(mock, audio, 999, Format=format, SampleRate=rate)
    heard = begins(connection)
    assert len(heard) == 2
    for at, expected in zip(heard, (900, 4_560), strict=True):
        assert abs(at - expected) <= 300


def test_a_wav_file_pushed_as_pcm_is_heard_as_pcm(mock: MockTingwu, recording: bytes) -> None:
    plain = push(mock, recording[:320_000])
    packed = push(mock, RECORDING.read_bytes()[: 320_000 + 44], 641)
    assert begins(packed) == begins(plain)


def test_a_wav_header_at_the_start_of_every_resumed_stream_is_stripped(mock: MockTingwu) -> None:
    wav = RECORDING.read_bytes()[: 320_000 + 44]
    task = create(mock)
    with pusher(task) as connection:
        for _ in range(2):
            connection.start()
            connection.push(wav)
            connection.stop()
    first, second = begins(connection)[:3], begins(connection)[3:]
    assert [time - 10_000 for time in second] == first


@pytest.mark.parametrize("format", ["opus", "speex"])
def test_bytes_that_are_not_ogg_fail_the_session(
    mock: MockTingwu, recording: bytes, format: str
) -> None:
    task = create(mock, Format=format)
    with pusher(task) as connection:
        connection.start()
        connection.push(recording[64_000:96_000])
        header = connection.failure()
        assert header["status"] == 40270003
        assert header["status_text"].startswith("Realtime:DECODE_ERROR:")
        assert connection.close_code() == 1000
    assert status(mock, task["TaskId"]) == "PAUSED"


@pytest.mark.parametrize("format", ["mp3", "aac"])
def test_bytes_without_a_single_frame_fail_the_session(mock: MockTingwu, format: str) -> None:
    task = create(mock, Format=format)
    with pusher(task) as connection:
        connection.start()
        connection.push(b"\x11" * 200_000)
        assert connection.failure()["status"] == 40270003


def test_an_invalid_wav_header_fails_the_session(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(b"RIFF" + struct.pack("<I", 36) + b"JUNKJUNKJUNK")
        header = connection.failure()
        assert header["status"] == 40000009
        assert header["status_text"].endswith("Invalid wav header!")


def test_too_many_opus_packets_on_a_page_fail_the_session(mock: MockTingwu) -> None:
    from tests.media_samples import ogg_page

    head = b"OpusHead" + bytes([1, 1]) + struct.pack("<HIhB", 0, 16_000, 0, 0)
    audio = ogg_page([head], first=True) + ogg_page([b"OpusTags" + bytes(8)])
    audio += ogg_page([b"\0"] * 101)
    task = create(mock, Format="opus")
    with pusher(task) as connection:
        connection.start()
        connection.push(audio)
        header = connection.failure()
        assert header["status"] == 40000009
        assert header["status_text"].endswith("Too many opus packets per page: max=100, actual=101")


def test_a_client_that_announces_another_format_is_noted_and_heard(
    mock: MockTingwu, recording: bytes
) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.start({"format": "opus", "sample_rate": "8000"})
        connection.push(recording[:320_000])
        connection.stop()
    assert len(connection.sentences()) == 3
    notes = [entry["text"] for entry in mock.journal if entry["kind"] == "note"]
    assert any("format 'opus', the task has 'pcm'" in note for note in notes)
    assert any("sample_rate '8000', the task has 16000" in note for note in notes)


def test_without_pyav_the_length_is_estimated_and_the_journal_says_so(
    mock: MockTingwu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media.decoder, "pyav_available", lambda: False)
    connection = push(mock, bytes(range(256)) * 200, Format="opus")
    assert len(connection.sentences()) >= 4
    seconds = 256 * 200 * 8 / 24_000
    assert connection.named("SentenceEnd")[-1]["payload"]["time"] <= seconds * 1_000
    notes = [entry["text"] for entry in mock.journal if entry["kind"] == "note"]
    assert any("length is estimated" in note and "mock-tingwu[media]" in note for note in notes)


def test_without_pyav_there_is_no_mp3_and_the_journal_says_so(
    mock: MockTingwu, recording: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "pyav_available", lambda: False)
    parameters: Json = {"Transcoding": {"TargetAudioFormat": "mp3"}}
    task = create(mock, parameters)
    assert stop(mock, task["TaskId"]) == "COMPLETED"
    notes = [entry["text"] for entry in mock.journal if entry["kind"] == "note"]
    assert any("an MP3 needs the extra" in note for note in notes)


def test_several_streams_in_one_are_heard_by_their_mix(mock: MockTingwu) -> None:
    audio = speech(3_000) + bytes(40_000)
    task = create(mock, MultipleStreamsEnabled=True)
    with pusher(task) as connection:
        connection.start()
        for begin in range(0, len(audio), 3_200):
            mixed = audio[begin : begin + 3_200]
            frame = MultiAudioFrame(mixed, (ActiveAudio("anna", mixed),), 100, begin)
            connection.socket.send(multi_audio(frame))
        connection.stop()
    assert len(connection.sentences()) >= 1


def test_a_frame_that_is_no_multi_audio_frame_fails_the_session(mock: MockTingwu) -> None:
    task = create(mock, MultipleStreamsEnabled=True)
    with pusher(task) as connection:
        connection.start()
        connection.push(b"\xff" * 16_000)
        assert connection.failure()["status"] == 40270003
        assert connection.close_code() == 1000
    assert len(connection.named("TaskFailed")) == 1


def test_early_frames_of_several_streams_keep_their_borders(mock: MockTingwu) -> None:
    audio = speech(3_000) + bytes(40_000)
    task = create(mock, MultipleStreamsEnabled=True)
    with pusher(task) as connection:
        connection.command("StartTranscription")
        for begin in range(0, len(audio), 3_200):
            connection.socket.send(multi_audio(MultiAudioFrame(audio[begin : begin + 3_200])))
        connection.expect("TranscriptionStarted")
        connection.stop()
    assert len(connection.sentences()) >= 1
