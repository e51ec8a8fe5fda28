"""Answers to questions of the DNS: hosts of the cloud are this machine, no others exist.

As much of RFC 1035 as resolvers need: one question of class IN, answered with an A record.
"""

from __future__ import annotations

import asyncio
import struct
from collections import Counter
from typing import Final, cast

from mock_tingwu.protocols.hosts import is_product

_ADDRESS: Final = bytes((127, 0, 0, 1))
#: How long an answer may be kept, in seconds.
_TTL_S: Final = 60
_HEAD: Final = struct.Struct("!6H")
_TAIL: Final = struct.Struct("!2H")
_A: Final = 1
_IN: Final = 1
_RESPONSE: Final = 0x8480  # QR, AA, RA
_RECURSION_DESIRED: Final = 0x0100
_OPCODE: Final = 0x7800
_REFUSED: Final = 5
_NO_SUCH_NAME: Final = 3
#: Points at the name in the question.
_SAME_NAME: Final = b"\xc0\x0c"


def answer(query: bytes) -> bytes | None:
    """The answer to a query; None for what is none."""
    if len(query) < _HEAD.size:
        return None
    number, flags, questions, *_ = _HEAD.unpack_from(query)
    if flags & 0x8000 or questions != 1:
        return None
    asked = _question(query)
    if asked is None:
        return None
    name, kind, class_, end = asked
    flags = _RESPONSE | (flags & _RECURSION_DESIRED) | (flags & _OPCODE)
    records = b""
    if class_ != _IN or flags & _OPCODE:
        flags |= _REFUSED
    elif not is_product(name):
        flags |= _NO_SUCH_NAME
    elif kind == _A:
        records = _SAME_NAME + struct.pack("!2HIH", _A, _IN, _TTL_S, len(_ADDRESS)) + _ADDRESS
    head = _HEAD.pack(number, flags, 1, bool(records), 0, 0)
    return head + query[_HEAD.size : end] + records


def _question(query: bytes) -> tuple[str, int, int, int] | None:
    """Name, type and class of the question, and where it ends; None if it is cut off."""
    labels, at = [], _HEAD.size
    while at < len(query) and query[at]:
        length = query[at]
        if length > 63:
            return None  # a pointer, which a question has no use for
        labels.append(query[at + 1 : at + 1 + length].decode("latin-1"))
        at += 1 + length
    at += 1
    if at + _TAIL.size > len(query):
        return None
    kind, class_ = _TAIL.unpack_from(query, at)
    return ".".join(labels), kind, class_, at + _TAIL.size


class Names(asyncio.DatagramProtocol):
    """Serves `answer` by UDP, and counts in ``refused`` for whom there was none."""

    def __init__(self, refused: Counter[str]) -> None:
        self._refused = refused

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Of uvloop's it is none by its class.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = answer(data)
        if reply is not None:
            self._transport.sendto(reply, addr)
            name, kind, *_ = _question(data) or ("", 0)
            if kind == _A and not is_product(name):  # others are asked for beside it
                self._refused[name.lower()] += 1
