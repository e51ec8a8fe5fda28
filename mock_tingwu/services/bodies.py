"""Reading the bodies of requests, within bounds."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.requests import ClientDisconnect, Request

from mock_tingwu.core.nesting import deeper_than

#: JSON that is nested deeper is refused; what is documented goes six levels deep.
MAX_DEPTH: Final = 64

_decode = msgspec.json.Decoder().decode


class TooLong(Exception):
    """A body has more bytes than are taken."""


class BrokenOff(Exception):
    """The client went away in the midst of its request."""


class NotJson(Exception):
    """A body is no JSON, or nested too deeply; the message says so."""


async def read(request: Request, limit: int) -> bytes:
    """The whole body, chunked or not.

    Raises:
        TooLong: it has more than ``limit`` bytes.
        BrokenOff: it did not come to its end.
    """
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:19]) > limit:
        raise TooLong
    chunks: list[bytes] = []
    length = 0
    try:
        async for chunk in request.stream():
            length += len(chunk)
            if length > limit:
                raise TooLong
            chunks.append(chunk)
    except ClientDisconnect:
        raise BrokenOff from None
    return b"".join(chunks)


def parse(raw: bytes) -> object:
    """What a body says, None when there is nothing in it.

    Raises:
        NotJson: it cannot be read.
    """
    if not raw.strip():
        return None
    try:
        body = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotJson(f"the body is not JSON: {error}") from None
    except RecursionError:
        raise NotJson("the body is nested too deeply") from None
    # Counting brackets is quick, and enough for every request that is meant well.
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and deeper_than(MAX_DEPTH, body):
        raise NotJson("the body is nested too deeply")
    return body
