"""Files of any kind become what a task has declared, piece by piece."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from mock_tingwu.cli.audio import PIECE_MS, Converter, Piece, from_file
from mock_tingwu.media import MediaUnavailable, open_decoder
from tests.media_samples import (
    AUDIO_KINDS,
    KINDS,
    SPOKEN_MS,
    VIDEO_KINDS,
    Kind,
    bursts,
    cut,
    encoded,
    milliseconds,
    peak,
    recorded,
)

#: An encoder looks ahead, and fills up its last frame.
SLACK_MS = 200
ENCODED = ["opus", "aac", "mp3"]


def decoded(pieces: Iterable[Piece], audio_format: str, sample_rate: int) -> bytes:
    decoder = open_decoder(audio_format, sample_rate)
    return b"".join(decoder.feed(piece.data) for piece in pieces) + decoder.flush()


def converted(blocks: Iterable[bytes], audio_format: str, sample_rate: int) -> list[Piece]:
    converter = Converter(audio_format, sample_rate)
    pieces = [piece for block in blocks for piece in converter.feed(block)]
    return [*pieces, *converter.finish()]


def is_what_was_spoken(pcm: bytes, sample_rate: int) -> bool:
    """Whether sound and silence are where they are in the bursts, give or take 0.2 s."""
    loud = peak(pcm, sample_rate, 280, 480), peak(pcm, sample_rate, 1280, 1480)
    quiet = peak(pcm, sample_rate, 780, 900), peak(pcm, sample_rate, 1780, 1900)
    return min(loud) > 5 * max(*quiet, 1)


@pytest.mark.parametrize("sample_rate", [16_000, 8_000])
@pytest.mark.parametrize("audio_format", ["pcm", *ENCODED])
def test_samples_become_every_format(audio_format: str, sample_rate: int) -> None:
    pieces = converted(cut(bursts(sample_rate), 1234), audio_format, sample_rate)
    positions = [piece.position for piece in pieces]
    assert positions[:3] == [PIECE_MS, 2 * PIECE_MS, 3 * PIECE_MS]
    assert positions == sorted(positions)
    assert positions[-1] == SPOKEN_MS
    pcm = decoded(pieces, audio_format, sample_rate)
    assert abs(milliseconds(pcm, sample_rate) - SPOKEN_MS) <= SLACK_MS
    assert is_what_was_spoken(pcm, sample_rate)
    # It travels as it is spoken, not at the end.
    middle = len(pieces) // 2
    sent = sum(len(piece.data) for piece in pieces[:middle])
    assert sent > sum(len(piece.data) for piece in pieces) * 0.25


@pytest.mark.parametrize("kind", AUDIO_KINDS + VIDEO_KINDS, ids=lambda kind: kind.name)
def test_a_file_of_any_kind_becomes_pcm(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / kind.name
    path.write_bytes(recorded(kind, "mono" if "amr" in kind.audio else "stereo"))
    source = from_file(path, audio_format="pcm", sample_rate=16_000)
    assert source.duration is not None
    assert abs(source.duration - SPOKEN_MS) <= 2 * SLACK_MS
    pcm = b"".join(piece.data for piece in source.pieces)
    assert is_what_was_spoken(pcm, 16_000)


@pytest.mark.parametrize("audio_format", ENCODED)
def test_a_file_is_converted_to_what_the_task_takes(tmp_path: Path, audio_format: str) -> None:
    path = tmp_path / "talk.m4a"
    path.write_bytes(recorded(KINDS["talk.m4a"]))
    source = from_file(path, audio_format=audio_format, sample_rate=8_000)
    assert is_what_was_spoken(decoded(source.pieces, audio_format, 8_000), 8_000)


@pytest.mark.parametrize("sample_rate", [16_000, 8_000])
def test_speex_is_sent_as_it_is(tmp_path: Path, sample_rate: int) -> None:
    path = tmp_path / "talk.spx"
    path.write_bytes(encoded("speex", sample_rate))
    pieces = list(from_file(path, audio_format="speex", sample_rate=sample_rate).pieces)
    assert b"".join(piece.data for piece in pieces) == path.read_bytes()
    assert len(pieces) > 10
    assert abs(pieces[-1].position - SPOKEN_MS) <= SLACK_MS
    other = 24_000 - sample_rate
    with pytest.raises(ValueError, match=f"expected a Speex file of {other} Hz"):
        from_file(path, audio_format="speex", sample_rate=other)


def test_half_a_sample_at_the_end_is_nothing() -> None:
    assert [piece.data for piece in converted([b"\1\2", b"\3"], "pcm", 16_000)] == [b"\1\2"]
    assert converted([b"\1"], "pcm", 16_000) == []


def test_without_pyav_wav_becomes_pcm_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wav, mp3 = tmp_path / "talk.wav", tmp_path / "talk.mp3"
    wav.write_bytes(recorded(KINDS["talk.wav"]))
    mp3.write_bytes(recorded(KINDS["talk.mp3"]))
    monkeypatch.setitem(sys.modules, "av", None)
    source = from_file(wav, audio_format="pcm", sample_rate=8_000)
    assert is_what_was_spoken(b"".join(piece.data for piece in source.pieces), 8_000)
    extra = r"needs PyAV: pip install 'mock-tingwu\[media\]'"
    with pytest.raises(MediaUnavailable, match=extra):
        from_file(mp3, audio_format="pcm", sample_rate=16_000)
    with pytest.raises(MediaUnavailable, match=extra):
        from_file(wav, audio_format="opus", sample_rate=16_000)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"audio_format": "flac"}, "audio_format is 'flac', expected one of pcm, opus, "),
        ({"sample_rate": 44_100}, "sample_rate is 44100, expected 16000 or 8000"),
        ({"audio_format": "speex"}, "audio_format is speex, expected another"),
    ],
)
def test_what_makes_no_sense_is_told(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Converter(**({"audio_format": "pcm", "sample_rate": 16_000} | given))  # type: ignore[arg-type]


def test_what_is_no_recording_is_told(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    path.write_text("no audio at all " * 100)
    with pytest.raises(ValueError, match=r"talk\.wav cannot be pushed: the file is "):
        from_file(path, audio_format="pcm", sample_rate=16_000)
