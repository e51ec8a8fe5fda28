"""The binary messages of a stream with several speakers (Input.MultipleStreamsEnabled).

Each message is a protobuf ``MultiAudioFrame`` (realtime-ws 2.5)::

    int32  frame_size   = 1    ms of audio in the message
    bytes  mixed_data   = 2    everybody's audio
    repeated ActiveAudioFrame active_frame = 3   { bytes data = 2; string speaker_id = 3 }
    int64  send_time    = 4    ms since the epoch

It is documented for the API of 2022; that the API of 2023 means the same by MultipleStreamsEnabled
is assumed. Two message types of five fields do not need a protobuf library at run time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
#: Fields of one message, and of what it says of one speaker. Millions of fields of two bytes would
#: take a minute and half a gigabyte.
MOST_FIELDS: Final = 300


class NoFrame(ValueError):
    """The bytes are no MultiAudioFrame; the message says why."""


class ActiveAudio(Struct, frozen=True):
    """The audio of one speaker who is talking."""

    speaker_id: str
    data: bytes


class MultiAudioFrame(Struct, frozen=True):
    """One message. ``frame_size`` and ``send_time`` are ms."""

    mixed_data: bytes
    active: tuple[ActiveAudio, ...] = ()
    frame_size: int = 0
    send_time: int = 0


def parse(data: bytes) -> MultiAudioFrame:
    """Read a message; unknown fields are skipped.

    Raises:
        NoFrame: it is not a MultiAudioFrame.
    """
    mixed, active, size, sent = b"", [], 0, 0
    for number, value in _fields(data):
        if number == 1 and isinstance(value, int):
            size = value
        elif number == 2 and isinstance(value, bytes):
            mixed = value
        elif number == 3 and isinstance(value, bytes):
            active.append(_active(value))
        elif number == 4 and isinstance(value, int):
            sent = value
    return MultiAudioFrame(mixed, tuple(active), size, sent)


def _active(data: bytes) -> ActiveAudio:
    audio, speaker = b"", ""
    for number, value in _fields(data):
        if number == 2 and isinstance(value, bytes):
            audio = value
        elif number == 3 and isinstance(value, bytes):
            try:
                speaker = value.decode()
            except UnicodeDecodeError:
                raise NoFrame("speaker_id is not UTF-8") from None
    return ActiveAudio(speaker, audio)


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers and values: numbers of any width, or bytes."""
    at = found = 0
    while at < len(data):
        found += 1
        if found > MOST_FIELDS:
            raise NoFrame(f"it has more than {MOST_FIELDS} fields")
        key, at = _varint(data, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire_type == _BYTES:
            length, at = _varint(data, at)
        elif wire_type in (_FIXED32, _FIXED64):
            length = 4 if wire_type == _FIXED32 else 8
        else:
            raise NoFrame(f"wire type {wire_type} of field {number} is unknown")
        if number == 0 or at + length > len(data):
            raise NoFrame(f"field {number} is longer than the message")
        yield number, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise NoFrame("a number does not end")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
