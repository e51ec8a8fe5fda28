"""The Ogg demuxer alone: pages in, packets out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_tingwu.media import DecodeError
from mock_tingwu.media.ogg import MAX_PACKET, OggDemuxer, OggPage, checksum
from tests.media_samples import cut, encoded, ogg_page, slow_checksum

quick = settings(max_examples=100, deadline=None, derandomize=True, database=None)


def packets(stream: bytes, size: int = 1 << 20) -> list[bytes]:
    demuxer = OggDemuxer()
    return [
        packet
        for data in cut(stream, size)
        for page in demuxer.feed(data)
        for packet in page.packets
    ]


@quick
@given(st.binary(max_size=300))
def test_the_checksum_is_the_one_of_rfc_3533(page: bytes) -> None:
    assert checksum(page) == slow_checksum(page)


@quick
@given(
    st.lists(st.lists(st.binary(max_size=600), max_size=5), min_size=1, max_size=4),
    st.integers(1, 700),
)
def test_packets_come_out_as_they_went_in(pages: list[list[bytes]], size: int) -> None:
    stream = b"".join(ogg_page(page, first=not number) for number, page in enumerate(pages))
    assert packets(stream, size) == [packet for page in pages for packet in page]


def test_a_packet_may_span_pages() -> None:
    packet = bytes(range(255)) * 3 + b"end"
    stream = (
        ogg_page([b"head", packet[:510]], first=True, ends=False)
        + ogg_page([packet[510:765]], continued=True, ends=False)
        + ogg_page([packet[765:], b"next"], continued=True)
    )
    assert packets(stream) == [b"head", packet, b"next"]


def test_a_packet_that_is_not_continued_is_dropped() -> None:
    stream = ogg_page([bytes(255)], first=True, ends=False) + ogg_page([b"next"])
    assert packets(stream) == [b"next"]


def test_a_new_logical_stream_is_followed_and_the_old_one_ignored() -> None:
    stream = (
        ogg_page([b"a"], first=True, serial=1)
        + ogg_page([b"not followed"], serial=3)
        + ogg_page([b"b"], first=True, serial=2)
        + ogg_page([b"late"], serial=1)
    )
    assert OggDemuxer().feed(stream) == [OggPage(True, [b"a"]), OggPage(True, [b"b"])]


def test_the_pages_of_a_foreign_muxer_are_intact() -> None:
    assert packets(encoded("opus", 16000), 100)[0].startswith(b"OpusHead")
    assert packets(encoded("speex", 8000), 100)[0].startswith(b"Speex   ")


def test_every_damaged_byte_is_noticed() -> None:
    page = ogg_page([b"head", b"some packet"], first=True)
    after = ogg_page([b"x" * 200])
    for position in range(len(page)):
        damaged = bytearray(page)
        damaged[position] ^= 0x10
        with pytest.raises(DecodeError) as caught:
            # A damaged length makes the page swallow what follows.
            OggDemuxer().feed(bytes(damaged) + after * 30)
        assert (caught.value.status, caught.value.text) == (40270003, "DECODE_ERROR")


def test_bytes_that_are_not_ogg_are_refused_from_the_fourth_on() -> None:
    demuxer = OggDemuxer()
    assert demuxer.feed(b"RIF") == []
    with pytest.raises(DecodeError, match="no Ogg page"):
        demuxer.feed(b"F")


def test_a_packet_without_end_is_refused() -> None:
    demuxer = OggDemuxer()
    demuxer.feed(ogg_page([b"head"], first=True))
    endless = ogg_page([bytes(255 * 255)], continued=True, ends=False)
    fed = 0
    with pytest.raises(DecodeError, match="packet of more than"):
        while fed < 2 * MAX_PACKET:
            demuxer.feed(endless)
            fed += len(endless)
    assert fed >= MAX_PACKET - len(endless)


@quick
@given(st.lists(st.binary(max_size=100), max_size=10), st.booleans())
def test_arbitrary_bytes_raise_nothing_but_decode_errors(frames: list[bytes], ogg: bool) -> None:
    demuxer = OggDemuxer()
    try:
        demuxer.feed(b"OggS\x00" if ogg else b"")
        for frame in frames:
            demuxer.feed(frame)
    except DecodeError as error:
        assert error.status == 40270003
    else:
        assert ogg or len(b"".join(frames)) < 4 or b"".join(frames).startswith(b"OggS")
