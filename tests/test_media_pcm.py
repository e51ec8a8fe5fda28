"""PCM streams and WAV files: what is stripped, what is passed, what is refused."""

from __future__ import annotations

import struct
import sys
import wave
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_tingwu.media import DecodeError, open_decoder, read_wav

SAMPLES = bytes(range(1, 101)) * 2
UNKNOWN = 0xFFFFFFFF


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    return struct.pack("<4sI", name, len(body) if size is None else size) + body


def fmt(encoding: int = 1, channels: int = 1, rate: int = 16000, bits: int = 16) -> bytes:
    frame = channels * bits // 8
    return chunk(
        b"fmt ", struct.pack("<HHIIHH", encoding, channels, rate, rate * frame, frame, bits)
    )


def riff(*chunks: bytes, size: int = UNKNOWN) -> bytes:
    return struct.pack("<4sI4s", b"RIFF", size, b"WAVE") + b"".join(chunks)


def decode(*frames: bytes, rate: int = 16000) -> tuple[bytes, str]:
    decoder = open_decoder("pcm", rate)
    pcm = b"".join([*map(decoder.feed, frames), decoder.flush()])
    assert decoder.exact
    return pcm, decoder.note


LONG_HEADER = riff(
    chunk(b"LIST", b"INFOISFT\x05\x00\x00\x00test\x00\x00"),
    fmt(),
    chunk(b"odd ", b"abc") + b"\x00",
    chunk(b"data", SAMPLES),
)


def test_raw_pcm_passes_as_the_very_same_object() -> None:
    decoder = open_decoder("pcm", 16000)
    decoder.feed(SAMPLES)
    assert decoder.feed(SAMPLES) is SAMPLES


@pytest.mark.parametrize("position", range(len(LONG_HEADER) + 1))
def test_a_wav_header_is_stripped_wherever_it_is_cut(position: int) -> None:
    pcm, note = decode(LONG_HEADER[:position], LONG_HEADER[position:], SAMPLES)
    assert pcm == SAMPLES + SAMPLES
    assert note == ""


def test_a_wav_header_may_come_byte_by_byte() -> None:
    frames = [LONG_HEADER[place : place + 1] for place in range(len(LONG_HEADER))]
    assert decode(*frames) == (SAMPLES, "")


@pytest.mark.parametrize("size", [0, UNKNOWN, 4, 1 << 30])
def test_the_data_size_of_a_stream_is_not_believed(size: int) -> None:
    assert decode(riff(fmt(), chunk(b"data", SAMPLES, size))) == (SAMPLES, "")


def test_a_wav_header_later_in_the_stream_is_sound() -> None:
    header = riff(fmt(), chunk(b"data", b""))
    assert decode(SAMPLES, header)[0] == SAMPLES + header


def test_an_extensible_header_names_its_encoding_in_the_extension() -> None:
    guid = struct.pack("<H", 1) + bytes.fromhex("000000001000800000aa00389b71")
    body = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 16000, 32000, 2, 16, 22, 16, 4) + guid
    assert decode(riff(chunk(b"fmt ", body), chunk(b"data", SAMPLES))) == (SAMPLES, "")


@pytest.mark.parametrize(
    ("form", "says"),
    [
        (fmt(channels=2), "16-bit PCM, 2 channel(s), 16000 Hz"),
        (fmt(rate=8000), "16-bit PCM, 1 channel(s), 8000 Hz"),
        (fmt(bits=8), "8-bit PCM, 1 channel(s), 16000 Hz"),
        (fmt(encoding=7), "16-bit encoding 0x0007, 1 channel(s), 16000 Hz"),
    ],
)
def test_a_header_that_contradicts_the_task_is_noted_and_its_samples_taken(
    form: bytes, says: str
) -> None:
    pcm, note = decode(riff(form, chunk(b"data", SAMPLES)))
    assert pcm == SAMPLES
    assert says in note


@pytest.mark.parametrize("size", [1, 3, 7, 101])
def test_an_odd_byte_waits_for_the_next_frame(size: int) -> None:
    decoder = open_decoder("pcm", 8000)
    parts = [decoder.feed(SAMPLES[at : at + size]) for at in range(0, len(SAMPLES), size)]
    assert b"".join(parts) == SAMPLES
    assert all(len(part) % 2 == 0 for part in parts)
    assert decoder.flush() == b""
    assert decoder.note == ""


def test_half_a_sample_at_the_end_is_dropped_and_noted() -> None:
    pcm, note = decode(SAMPLES, b"\x01")
    assert pcm == SAMPLES
    assert "middle of a sample" in note


@pytest.mark.parametrize("stream", [b"", b"RI", b"RIF", b"RIFA" + SAMPLES])
def test_what_only_begins_like_a_wav_header_is_sound(stream: bytes) -> None:
    assert decode(stream)[0] == stream[: len(stream) & ~1]


@pytest.mark.parametrize(
    "stream",
    [
        b"RIFF\x00\x00\x00\x00AVI " + SAMPLES,
        riff(chunk(b"data", SAMPLES)),
        riff(chunk(b"fmt ", bytes(14)), chunk(b"data", SAMPLES)),
        riff(chunk(b"\x00\xff\x00\xff", b"")),
        riff(fmt())[:-1],
        b"RIFF",
    ],
    ids=["not WAVE", "no fmt", "short fmt", "no chunk name", "ends in fmt", "ends at once"],
)
def test_an_invalid_header_is_refused(stream: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(stream)
    assert (caught.value.status, caught.value.text) == (40000009, "Invalid wav header!")
    assert caught.value.detail


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk(b"LIST", bytes(65_537))],
        [chunk(b"junk", bytes(1000))] * 70,
        [chunk(b"LIST", b"", 1 << 31)],
    ],
    ids=["one long chunk", "many chunks", "an endless chunk"],
)
def test_a_header_of_more_than_64_kib_is_refused(chunks: list[bytes]) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(riff(*chunks, fmt(), chunk(b"data", SAMPLES)))
    assert (caught.value.status, caught.value.text) == (40000009, "Too large wav header!")


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(
    start=st.sampled_from([b"", b"RIFF", riff(), riff(fmt()), riff(fmt(), chunk(b"data", b""))]),
    frames=st.lists(st.binary(max_size=64), max_size=8),
)
def test_arbitrary_bytes_raise_nothing_but_decode_errors(start: bytes, frames: list[bytes]) -> None:
    decoder = open_decoder("pcm", 16000)
    try:
        received = [decoder.feed(frame) for frame in [start, *frames]] + [decoder.flush()]
    except DecodeError as error:
        assert error.status == 40000009
    else:
        stream, pcm = start + b"".join(frames), b"".join(received)
        assert stream.endswith(pcm) or stream[:-1].endswith(pcm)
        assert all(len(part) % 2 == 0 for part in received)


def test_read_wav_returns_samples_and_rate(tmp_path: Path) -> None:
    path = tmp_path / "speech.wav"
    with wave.open(str(path), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(8000)
        target.writeframes(SAMPLES)
    assert read_wav(path) == (SAMPLES, 8000)
    assert read_wav(str(path)) == (SAMPLES, 8000)


def test_read_wav_leaves_out_what_follows_the_samples(tmp_path: Path) -> None:
    path = tmp_path / "speech.wav"
    path.write_bytes(riff(fmt(), chunk(b"data", SAMPLES), chunk(b"LIST", b"INFO")))
    assert read_wav(path) == (SAMPLES, 16000)


def test_read_wav_reads_a_file_whose_writer_did_not_know_its_length(tmp_path: Path) -> None:
    path = tmp_path / "speech.wav"
    path.write_bytes(riff(fmt(), chunk(b"data", SAMPLES + b"\x01", UNKNOWN)))
    assert read_wav(path) == (SAMPLES, 16000)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            riff(fmt(channels=2), chunk(b"data", SAMPLES)),
            "must be 16-bit mono PCM, but it is 16-bit",
        ),
        (b"ID3 no wave", "is not a WAV file: no RIFF/WAVE signature."),
        (riff(fmt()), "is not a WAV file: it ends inside the header."),
        (b"", "is not a WAV file: it ends inside the header."),
    ],
)
def test_read_wav_explains_what_is_wrong(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "speech.wav"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"speech\.wav") as caught:
        read_wav(path)
    assert sentence in str(caught.value)


def test_an_unknown_format_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'wav' is not one of pcm, opus, speex, mp3, aac"):
        open_decoder("wav", 16000)


def test_pcm_needs_no_pyav(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    assert decode(LONG_HEADER) == (SAMPLES, "")
