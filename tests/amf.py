"""AMF0: how RTMP writes values down, for the server of the tests."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Any, Final

_DEEPEST: Final = 16


class _Kind(IntEnum):
    """What a value is, as the byte in front of it says."""

    NUMBER = 0
    BOOLEAN = 1
    STRING = 2
    OBJECT = 3
    NULL = 5
    UNDEFINED = 6
    ECMA_ARRAY = 8
    END = 9
    STRICT_ARRAY = 10
    DATE = 11
    LONG_STRING = 12


def encode(*values: Any) -> bytes:
    """Write numbers, booleans, strings, dictionaries of them and None, one after the other."""
    return b"".join(map(_encode, values))


def decode(data: bytes) -> list[Any]:
    """Read all values there are.

    Raises:
        ValueError: this is not AMF0.

    """
    reader = _Reader(data)
    values = []
    try:
        while not reader.done:
            values.append(reader.value(0))
    except (struct.error, IndexError) as error:
        raise ValueError(f"AMF0 that is cut off: {error}") from None
    return values


def _encode(value: Any) -> bytes:
    if value is None:
        return bytes([_Kind.NULL])
    if isinstance(value, bool):
        return bytes([_Kind.BOOLEAN, value])
    if isinstance(value, str):
        return bytes([_Kind.STRING]) + _key(value)
    if isinstance(value, dict):
        pairs = b"".join(_key(key) + _encode(inner) for key, inner in value.items())
        return bytes([_Kind.OBJECT]) + pairs + bytes([0, 0, _Kind.END])
    return struct.pack(">Bd", _Kind.NUMBER, value)


def _key(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">H", len(encoded)) + encoded


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at >= len(self._data)

    def value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("AMF0 that is nested too deeply")
        kind = self._data[self._at]
        self._at += 1
        match kind:
            case _Kind.NUMBER:
                return self._take(">d")
            case _Kind.BOOLEAN:
                return bool(self._take(">B"))
            case _Kind.STRING:
                return self._text(">H")
            case _Kind.LONG_STRING:
                return self._text(">I")
            case _Kind.NULL | _Kind.UNDEFINED:
                return None
            case _Kind.OBJECT:
                return self._pairs(depth)
            case _Kind.ECMA_ARRAY:
                self._take(">I")
                return self._pairs(depth)
            case _Kind.STRICT_ARRAY:
                return [self.value(depth + 1) for _ in range(self._take(">I"))]
            case _Kind.DATE:
                moment = self._take(">d")
                self._take(">h")
                return moment
        raise ValueError(f"AMF0 has no type {kind}")

    def _pairs(self, depth: int) -> dict[str, Any]:
        pairs = {}
        while self._data[self._at : self._at + 3] != bytes([0, 0, _Kind.END]):
            key = self._text(">H")
            pairs[key] = self.value(depth + 1)
        self._at += 3
        return pairs

    def _take(self, form: str) -> Any:
        (value,) = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return value

    def _text(self, form: str) -> str:
        length = self._take(form)
        text = self._data[self._at : self._at + length]
        if len(text) < length:
            raise ValueError("AMF0 that is cut off")
        self._at += length
        return text.decode("utf-8", "replace")
