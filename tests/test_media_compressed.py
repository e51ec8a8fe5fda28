"""Opus, Speex, MP3 and AAC: what is heard, what is refused, and what happens without PyAV."""

from __future__ import annotations

import random
import struct
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_tingwu.media import DecodeError, EstimatingDecoder, open_decoder, pyav_available
from mock_tingwu.media.ogg import OggDemuxer
from tests.media_samples import (
    SPOKEN_MS,
    bursts,
    cut,
    encode,
    encoded,
    milliseconds,
    ogg_page,
    peak,
)

FORMATS = ["opus", "speex", "mp3", "aac"]
RATES = [8000, 16000]

LEAD_IN = {"opus": 0, "speex": 0, "mp3": 576 + 1105, "aac": 1024}
"""Samples before the first one: an Info frame and the encoder's delay; Opus cuts its own off."""

FRAME_MS = {"mp3": 576, "aac": 1024}
"""Samples of a frame: bare streams are padded to whole ones, and MP3 by one more."""

OPUS_HEAD = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, 16000, 0, 0)
OPUS_TAGS = b"OpusTags" + bytes(8)
OPUS_START = ogg_page([OPUS_HEAD], first=True) + ogg_page([OPUS_TAGS])
SPEEX_START = b"".join(
    ogg_page([packet], first=not number)
    for number, packet in enumerate([*OggDemuxer().feed(encoded("speex", 8000))[0].packets, b""])
)

fuzz = settings(max_examples=80, deadline=None, derandomize=True, database=None)


def decode(format: str, rate: int, stream: bytes, size: int = 3200) -> tuple[bytes, str]:
    decoder = open_decoder(format, rate, pyav=True)
    assert decoder.exact
    pcm = b"".join(map(decoder.feed, cut(stream, size))) + decoder.flush()
    assert len(pcm) % 2 == 0
    return pcm, decoder.note


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("format", FORMATS)
def test_speech_comes_out_when_it_was_spoken(format: str, rate: int) -> None:
    pcm, note = decode(format, rate, encoded(format, rate))
    assert note == ""
    lead = LEAD_IN[format] * 1000 // rate
    padding = FRAME_MS.get(format, 0) * 1000 / rate * 1.5
    assert -60 <= milliseconds(pcm, rate) - SPOKEN_MS - lead <= 60 + padding
    for second in (0, 1000, 2000):
        assert peak(pcm, rate, lead + second + 60, lead + second + 350) > 5000
    for second in (500, 1500):
        assert peak(pcm, rate, lead + second + 60, lead + second + 440) < 500


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize("format", FORMATS)
def test_the_cut_of_the_frames_does_not_matter(format: str, size: int) -> None:
    stream = encoded(format, 16000)
    assert decode(format, 16000, stream, size) == decode(format, 16000, stream, 3200)


@pytest.mark.parametrize("format", FORMATS)
def test_pcm_flows_while_the_stream_does(format: str) -> None:
    decoder = open_decoder(format, 16000, pyav=True)
    stream = encoded(format, 16000)
    early = decoder.feed(stream[: -len(stream) // 4] if format != "speex" else stream)
    assert peak(early, 16000, 0, 400) > 5000
    assert milliseconds(early, 16000) > SPOKEN_MS / 3


@pytest.mark.parametrize("format", FORMATS)
def test_a_stream_of_another_rate_is_converted(format: str) -> None:
    pcm, note = decode(format, 8000, encoded(format, 16000))
    assert abs(milliseconds(pcm, 8000) - SPOKEN_MS) < 200
    # Opus has no rate of its own.
    assert ("1 channel(s) at 16000 Hz, the task 1 at 8000 Hz" in note) == (format != "opus")


@pytest.mark.parametrize("format", ["opus", "mp3", "aac"])
def test_a_stereo_stream_becomes_mono_and_is_noted(format: str) -> None:
    mono = bursts(16000)
    stereo = b"".join(mono[at : at + 2] * 2 for at in range(0, len(mono), 2))
    pcm, note = decode(format, 16000, encode(format, 16000, stereo, "stereo"))
    assert abs(milliseconds(pcm, 16000) - SPOKEN_MS) < 200
    assert "2 channel(s)" in note


@pytest.mark.parametrize("count", [100, 101])
def test_an_ogg_page_holds_at_most_100_opus_packets(count: int) -> None:
    stream = OPUS_START + ogg_page([b"\x08"] * count)
    if count == 100:
        assert milliseconds(decode("opus", 16000, stream)[0], 16000) > 900
        return
    with pytest.raises(DecodeError) as caught:
        decode("opus", 16000, stream)
    assert caught.value.status == 40000009
    assert caught.value.text == "Too many opus packets per page: max=100, actual=101"


def test_speexenc_puts_more_than_100_packets_on_a_page_and_may() -> None:
    stream = encoded("speex", 16000)
    assert max(len(page.packets) for page in OggDemuxer().feed(stream)) == 121
    assert milliseconds(decode("speex", 16000, stream)[0], 16000) == 2420


def test_the_lead_in_of_opus_is_cut_off() -> None:
    silence = b"\x08" * 3  # three packets of 20 ms
    stream = OPUS_START + ogg_page([silence[:1]] * 3)
    pcm, _ = decode("opus", 16000, stream)
    assert milliseconds(pcm, 16000) == pytest.approx(60 - 312 / 48, abs=0.1)


def test_a_client_may_begin_a_new_opus_stream() -> None:
    stream = encoded("opus", 16000)
    pcm, _ = decode("opus", 16000, stream + stream)
    assert abs(milliseconds(pcm, 16000) - 2 * SPOKEN_MS) < 60
    assert peak(pcm, 16000, SPOKEN_MS + 100, SPOKEN_MS + 400) > 5000


def test_an_empty_packet_is_passed_over() -> None:
    packets = [b"", b"\x08", b"", b"\x08"]
    pcm, _ = decode("opus", 16000, OPUS_START + ogg_page(packets))
    assert milliseconds(pcm, 16000) > 30


@pytest.mark.parametrize(
    ("format", "stream", "detail"),
    [
        ("opus", bursts(16000), "no Ogg page"),
        ("speex", bursts(16000), "no Ogg page"),
        ("opus", encoded("speex", 16000), "does not begin with the opus header"),
        ("speex", encoded("opus", 16000), "does not begin with the speex header"),
        ("opus", ogg_page([OPUS_HEAD[:9]], first=True), "header makes no sense"),
        ("opus", ogg_page([], first=True), "does not begin with the opus header"),
        ("opus", ogg_page([b"\x08"]), "does not begin a stream"),
        ("opus", OPUS_START + ogg_page([b"\xff\xff\xff"]), "undecodable opus packet"),
    ],
    ids=[
        "PCM as Opus",
        "PCM as Speex",
        "Speex as Opus",
        "Opus as Speex",
        "a short header",
        "an empty first page",
        "no first page",
        "a broken packet",
    ],
)
def test_what_is_not_the_promised_ogg_stream_is_refused(
    format: str, stream: bytes, detail: str
) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(format, 16000, stream)
    assert (caught.value.status, caught.value.text) == (40270003, "DECODE_ERROR")
    assert detail in caught.value.detail


def test_a_damaged_page_in_the_middle_is_refused() -> None:
    stream = bytearray(encoded("opus", 16000))
    stream[len(stream) // 2] ^= 1
    with pytest.raises(DecodeError, match="is damaged"):
        decode("opus", 16000, bytes(stream))


@pytest.mark.parametrize("format", ["mp3", "aac"])
@pytest.mark.parametrize("kind", ["tone", "noise", "zeros"])
def test_64_kib_without_a_frame_are_refused(format: str, kind: str) -> None:
    garbage = {
        "tone": bursts(16000),
        "noise": random.Random(1).randbytes(70_000),
        "zeros": bytes(70_000),
    }[kind]
    decoder = open_decoder(format, 16000, pyav=True)
    for data in cut(garbage[:65_536], 4096):
        assert decoder.feed(data) == b""
    with pytest.raises(DecodeError) as caught:
        decoder.feed(garbage[65_536:])
    assert (caught.value.status, caught.value.text) == (40270003, "DECODE_ERROR")


@pytest.mark.parametrize("format", ["mp3", "aac"])
def test_garbage_after_good_frames_does_not_pile_up(format: str) -> None:
    decoder = open_decoder(format, 16000, pyav=True)
    assert decoder.feed(encoded(format, 16000))
    with pytest.raises(DecodeError, match=f"no {format} frame in"):
        for _ in range(40):
            decoder.feed(bytes(4096))


@pytest.mark.parametrize("format", ["mp3", "aac"])
def test_damaged_frames_are_skipped_and_noted(format: str) -> None:
    stream = bytearray(encoded(format, 16000))
    middle = len(stream) // 2
    stream[middle : middle + 700] = random.Random(3).randbytes(700)
    pcm, note = decode(format, 16000, bytes(stream))
    assert SPOKEN_MS / 2 < milliseconds(pcm, 16000) < SPOKEN_MS + 300
    assert note == f"Damaged {format} frames were skipped."


@pytest.mark.parametrize("size", [1, 3200])
@pytest.mark.parametrize("footer", [False, True])
def test_an_id3_tag_with_a_large_picture_is_skipped(footer: bool, size: int) -> None:
    stream = encoded("mp3", 16000)
    length = 100_000
    head = b"ID3\x04\x00" + (b"\x10" if footer else b"\x00")
    syncsafe = bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0))
    tag = head + syncsafe + bytes(length) + (b"3DI" + bytes(7) if footer else b"")
    assert decode("mp3", 16000, tag + stream, size) == decode("mp3", 16000, stream)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("stream", [b"", b"I", b"ID3", b"Ogg"])
def test_next_to_nothing_decodes_to_nothing(format: str, stream: bytes) -> None:
    pcm, _ = decode(format, 16000, stream)
    assert pcm == b""


@pytest.mark.parametrize("format", FORMATS)
@fuzz
@given(frames=st.lists(st.binary(max_size=2000), max_size=6))
def test_arbitrary_bytes_raise_nothing_but_decode_errors(format: str, frames: list[bytes]) -> None:
    decoder = open_decoder(format, 16000, pyav=True)
    try:
        received = b"".join([*map(decoder.feed, frames), decoder.flush()])
    except DecodeError as error:
        assert error.status == 40270003
    else:
        assert len(received) % 2 == 0


@pytest.mark.parametrize("format", ["opus", "speex"])
@fuzz
@given(packets=st.lists(st.binary(max_size=300), max_size=8))
def test_arbitrary_packets_raise_nothing_but_decode_errors(
    format: str, packets: list[bytes]
) -> None:
    start = OPUS_START if format == "opus" else SPEEX_START
    try:
        pcm, _ = decode(format, 16000, start + ogg_page(packets))
    except DecodeError as error:
        assert error.status == 40270003
    else:
        assert milliseconds(pcm, 16000) < 30_000


@pytest.mark.parametrize("format", ["opus", "speex"])
@fuzz
@given(fields=st.binary(max_size=80), packets=st.lists(st.binary(max_size=60), max_size=4))
def test_arbitrary_headers_raise_nothing_but_decode_errors(
    format: str, fields: bytes, packets: list[bytes]
) -> None:
    magic = {"opus": b"OpusHead\x01", "speex": b"Speex   1.2".ljust(28, b"\0")}[format]
    stream = ogg_page([magic + fields], first=True) + ogg_page([b"", *packets])
    try:
        pcm, _ = decode(format, 16000, stream)
    except DecodeError as error:
        assert error.status == 40270003
    else:
        assert milliseconds(pcm, 16000) < 60_000


@pytest.mark.parametrize("format", ["mp3", "aac"])
@fuzz
@given(places=st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(1, 255)), max_size=40))
def test_flipped_bits_in_a_stream_raise_nothing_but_decode_errors(
    format: str, places: list[tuple[int, int]]
) -> None:
    stream = bytearray(encoded(format, 16000))
    for place, bits in places:
        stream[place % len(stream)] ^= bits
    pcm, _ = decode(format, 16000, bytes(stream))
    assert milliseconds(pcm, 16000) < 4 * SPOKEN_MS


@pytest.mark.parametrize(
    ("format", "size"), [("opus", 3000), ("speex", 3475), ("mp3", 16_000), ("aac", 8000)]
)
def test_without_pyav_a_second_is_estimated_and_no_audio_invented(format: str, size: int) -> None:
    decoder = open_decoder(format, 16000, pyav=False)
    assert isinstance(decoder, EstimatingDecoder)
    assert not decoder.exact
    assert decoder.feed(bytes(size - 100)) + decoder.feed(bytes(100)) + decoder.flush() == b""
    assert decoder.estimated_ms == 1000
    assert format in decoder.note
    assert "mock-tingwu[media]" in decoder.note


def test_without_pyav_the_estimate_is_what_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pyav_available()
    assert open_decoder("opus", 16000).exact
    monkeypatch.setitem(sys.modules, "av", None)
    assert not pyav_available()
    assert not open_decoder("opus", 16000).exact


def test_the_package_is_imported_without_pyav() -> None:
    code = """
import sys
sys.modules["av"] = None
from mock_tingwu.media import open_decoder
print(open_decoder("pcm", 8000).feed(b"ab"), open_decoder("mp3", 8000).exact)
"""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == (
        "b'ab' False\n"
    )
