from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu.protocols.multi_audio import MOST_FIELDS, ActiveAudio, MultiAudioFrame, parse


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def encode(frame: MultiAudioFrame) -> bytes:
    active = b"".join(
        field(3, field(2, item.data) + field(3, item.speaker_id.encode())) for item in frame.active
    )
    head = field(1, frame.frame_size) + field(2, frame.mixed_data)
    return head + active + field(4, frame.send_time)


speakers = st.builds(ActiveAudio, st.text(max_size=10), st.binary(max_size=300))
frames = st.builds(
    MultiAudioFrame,
    st.binary(max_size=500),
    st.lists(speakers, max_size=4).map(tuple),
    st.integers(0, 2**31 - 1),
    st.integers(0, 2**63 - 1),
)


@given(frames)
def test_what_a_client_writes_is_read(frame: MultiAudioFrame) -> None:
    assert parse(encode(frame)) == frame


@given(frames, st.integers(5, 1_000), st.binary(max_size=20))
def test_unknown_fields_are_skipped(frame: MultiAudioFrame, number: int, value: bytes) -> None:
    assert parse(field(number, value) + encode(frame) + field(number, 7)) == frame


@given(st.binary(max_size=200))
def test_other_bytes_are_refused_or_read_but_nothing_else(data: bytes) -> None:
    try:
        parse(data)
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x12\x7f", "longer than the message"),
        (b"\x80", "does not end"),
        (b"\xff" * 11, "does not end"),
        (b"\x0b", "wire type 3"),
        (field(3, field(3, b"\xff")), "not UTF-8"),
        (field(1, 7) * (MOST_FIELDS + 1), "more than 300 fields"),
        (field(3, field(9, b"") * (MOST_FIELDS + 1)), "more than 300 fields"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(data)
