"""Serving whole contents, or the one range of them that was asked for, as object stores do.

A Range that is not valid, or that asks for several parts, is as if there was none (RFC 9110 14.2
leaves that to the server; OSS does so).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response


def ranged(request: Request, content: bytes, headers: Mapping[str, str]) -> Response:
    """``content``, or the range of it that was asked for."""
    size = len(content)
    headers = {**headers, "Accept-Ranges": "bytes"}
    span = _span(request, size)
    if span is None:
        return Response(content, 200, headers)
    start, stop = span
    if start >= stop:
        return _beyond(size, headers)
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return Response(content[start:stop], 206, headers)


class RangedFile(FileResponse):
    """A file, or a range of it. ``sent_status`` is what the client sees."""

    sent_status = 200


def ranged_file(request: Request, path: Path, media_type: str) -> Response | None:
    """The file, or the range of it that was asked for; None if there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return None
    response = RangedFile(path, media_type=media_type, stat_result=found)
    span = _span(request, found.st_size)
    condition = request.headers.get("if-range")
    known = (response.headers["etag"], response.headers["last-modified"])
    if condition is not None and condition not in known:
        span = None
    if span is not None and span[0] >= span[1]:
        return _beyond(found.st_size, {"Accept-Ranges": "bytes"})
    # The response looks into the request itself, and has answers of its own to odd ranges.
    headers = [pair for pair in request.scope["headers"] if pair[0] != b"range"]
    if span is not None:
        headers.append((b"range", f"bytes={span[0]}-{span[1] - 1}".encode()))
        response.sent_status = 206
    request.scope["headers"] = headers
    return response


def _span(request: Request, size: int) -> tuple[int, int] | None:
    """Where the range that was asked for begins and ends; empty if that is beyond the end."""
    asked = re.fullmatch(r"bytes=(\d{0,30})-(\d{0,30})", request.headers.get("range", "").strip())
    if asked is None or asked.groups() == ("", ""):
        return None
    first, last = asked.groups()
    if not first:
        return max(0, size - int(last)), size
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last) + 1, size) if last else size


def _beyond(size: int, headers: Mapping[str, str]) -> Response:
    return Response(b"", 416, {**headers, "Content-Range": f"bytes */{size}"})
