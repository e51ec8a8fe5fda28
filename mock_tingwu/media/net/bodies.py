"""What a URL leads to, as bytes: the body of an HTTP answer, or a file."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import SplitResult, quote, urljoin, urlsplit
from urllib.request import url2pathname

import h11

from .lines import Line, Patience, PullError

MAX_REDIRECTS: Final = 5
_MAX_HEAD: Final = 64 * 1024
_BLOCK: Final = 32 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PORTS: Final = {"http": 80, "https": 443}
_SAFE: Final = "%/?:@!$&'()*+,;=~"

#: As for recordings: ffmpeg's, which is what the cloud pulls with (tingwu-openapi 2.1).
_HEADERS: Final = (
    ("User-Agent", "Lavf/59.16.100"),
    ("Accept", "*/*"),
    ("Connection", "close"),
    ("Accept-Encoding", "identity"),
)

Allowed = Callable[[str], str | None]
"""Answers the address to contact for a URL: itself, another one, or a file's; None for none."""


class Body(Protocol):
    """Bytes to read, once, from the first to the last."""

    @property
    def url(self) -> str:
        """Where they are, redirects followed: what relative URLs in it are relative to."""

    @property
    def size(self) -> int | None:
        """How many bytes there are; None when nobody says."""

    def read(self, size: int) -> bytes:
        """Return what has come, at most ``size`` bytes; b"" at the clean end.

        Raises:
            PullError: ``timeout`` or ``broken``.
            Stopped: ``stop`` said so.

        """

    def close(self) -> None:
        """Give it up."""


class FileBody:
    """A file, or ``length`` bytes of it from ``start`` on."""

    def __init__(
        self, url: str, path: Path, patience: Patience, start: int, length: int | None
    ) -> None:
        self.url = url
        try:
            self._file = path.open("rb")
            whole = path.stat().st_size
        except OSError as error:
            detail = f"{path} cannot be read: {error.strerror}"
            raise PullError("status", detail) from None
        self._patience = patience
        self._file.seek(start)
        left = max(0, whole - start)
        self._left = left if length is None else min(left, length)
        self.size: int | None = self._left

    def read(self, size: int) -> bytes:
        self._patience.check()
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._file.close()


class HttpBody:
    """The body of an answer. Nothing of it was read yet."""

    def __init__(self, url: str, line: Line, patience: Patience, address: SplitResult) -> None:
        self.url = url
        self.size: int | None = None
        self._name = host_of(address)
        self._host = self._name.encode("idna").decode()
        self._line = line
        self._patience = patience
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD)
        self._ready = b""

    def ask(self, target: str, start: int, length: int | None) -> h11.Response:
        """Send the request and return the head of the answer.

        Raises:
            PullError: there is none that makes sense.
            Stopped: ``stop`` said so.

        """
        headers = [*_HEADERS, ("Host", self._host)]
        if start or length is not None:
            end = "" if length is None else start + length - 1
            headers.append(("Range", f"bytes={start}-{end}"))
        try:
            request = self._http.send(h11.Request(method="GET", target=target, headers=headers))
        except h11.LocalProtocolError as error:
            raise PullError("host", f"{self._name} cannot be asked: {error}") from None
        self._line.send((request or b"") + (self._http.send(h11.EndOfMessage()) or b""))
        deadline = time.monotonic() + self._patience.read_s
        while True:
            event = self._next("protocol", deadline)
            if isinstance(event, h11.Response):
                self._measure(event)
                return event
            if time.monotonic() > deadline:  # one provisional answer after the other
                raise PullError("timeout", f"{self._name} does not come to its answer")

    def read(self, size: int) -> bytes:
        while not self._ready:
            event = self._next("broken")
            if not isinstance(event, h11.Data):
                return b""
            self._ready = bytes(event.data)
        data, self._ready = self._ready[:size], self._ready[size:]
        return data

    def close(self) -> None:
        self._line.close()

    def _measure(self, answer: h11.Response) -> None:
        length = header(answer, "content-length")
        self.size = int(length) if length else None

    def _next(self, problem: str, deadline: float | None = None) -> h11.Event | type[h11.PAUSED]:
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                if problem == "broken":
                    what = f"the stream from {self._name} broke off: {error}"
                    raise PullError("broken", what) from None
                what = f"{self._name} does not answer in HTTP: {error}"
                raise PullError("protocol", what) from None
            if event is not h11.NEED_DATA:
                assert not isinstance(event, type) or event is h11.PAUSED
                return event
            self._http.receive_data(self._line.receive(_BLOCK, deadline))


class Opener:
    """Opens URLs, as far as ``allowed`` lets it."""

    def __init__(self, allowed: Allowed, patience: Patience) -> None:
        self._allowed = allowed
        self._patience = patience

    def address(self, url: str) -> str:
        """Return what to contact for a URL.

        Raises:
            PullError: ``forbidden``, or ``host``: it is no URL.

        """
        try:
            address = self._allowed(url)
            where = host_of(urlsplit(url)) or url
        except ValueError as error:
            raise PullError("host", f"the URL {url!r} cannot be read: {error}") from None
        if address is None:
            raise PullError("forbidden", f"{where} must not be contacted")
        return address

    def open(self, url: str, start: int = 0, length: int | None = None) -> Body:
        """Open what a URL leads to, or ``length`` bytes of it from ``start`` on.

        Raises:
            PullError: it cannot be had.
            Stopped: ``stop`` said so.

        """
        for _ in range(MAX_REDIRECTS + 1):
            address = self.address(url)
            path = path_of(address)
            if path is not None:
                return FileBody(url, path, self._patience, start, length)
            found = self._ask(url, address, start, length)
            if not isinstance(found, str):
                return found
            url = urljoin(url, found)
        raise PullError("status", f"there are more than {MAX_REDIRECTS} redirects")

    def _ask(self, url: str, address: str, start: int, length: int | None) -> Body | str:
        """Return the body that was asked for, or where it is instead."""
        parts, host, port = _split(address)
        if parts.scheme not in _PORTS:
            raise PullError("kind", f"there is no way to read {parts.scheme}: from {host}")
        name = host_of(parts)
        line = Line(host, port, name, self._patience, tls=parts.scheme == "https")
        body = HttpBody(url, line, self._patience, parts)
        try:
            answer = body.ask(_target(parts), start, length)
            place = header(answer, "location")
            if answer.status_code in _REDIRECTS and place:
                body.close()
                return place
            if answer.status_code == 416 and start:  # there is nothing behind the end
                body.size = 0
            elif answer.status_code not in (200, 206):
                reason = answer.reason.decode("ascii", "replace")
                detail = f"{name} answered {answer.status_code} {reason}".rstrip()
                raise PullError("status", detail)
            encoding = header(answer, "content-encoding") or "identity"
            if encoding != "identity":
                raise PullError("kind", f"{name} sends its stream in {encoding} encoding")
            if answer.status_code == 200 and start:
                _skip(body, start)
        except BaseException:
            body.close()
            raise
        return body


class Media:
    """What a URL leads to, as libav may see it: failures end it, and are kept in ``failure``.

    ``head`` was read from ``body`` already. What says how long it is can be read from anywhere.
    """

    def __init__(self, opener: Opener, body: Body, head: bytes) -> None:
        self.failure: Exception | None = None
        self.ended = False
        """Whether all of it was read, or as much as there is."""
        self._opener = opener
        self._body: Body | None = body
        self._url = body.url
        self._size = body.size
        self._head = head
        self._at = 0

    def read(self, size: int) -> bytes:
        data = b""
        if self.failure is None:
            try:
                data = self._read(size)
            except Exception as error:
                self.failure = error
        self._at += len(data)
        self.ended = not data
        return data

    def seekable(self) -> bool:
        return self._size is not None

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == 1:
            offset += self._at
        elif whence == 2:
            offset += self._size or 0
        if offset < 0 or self.failure is not None:
            return -errno.EINVAL
        if offset != self._at:
            self.close()
            self._head = b""
            self._at = offset
        return offset

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        """Give it up, for now: reading opens it again."""
        if self._body is not None:
            self._body.close()
            self._body = None

    def _read(self, size: int) -> bytes:
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
            return data
        if self._body is None:
            if self._size is None or self._at >= self._size:
                return b""
            self._body = self._opener.open(self._url, self._at)
        return self._body.read(size)


def peek(body: Body, size: int) -> bytes:
    """Read at least so many bytes, less only at the end."""
    head = b""
    while len(head) < size and (data := body.read(_BLOCK)):
        head += data
    return head


def read_text(opener: Opener, url: str, most: int) -> tuple[str, str]:
    """Read all of a text, and say where it was.

    Raises:
        PullError: it cannot be had, or it is longer than ``most`` bytes.
        Stopped: ``stop`` said so.

    """
    body = opener.open(url)
    try:
        return rest_of_text(body, b"", most), body.url
    finally:
        body.close()


def rest_of_text(body: Body, head: bytes, most: int) -> str:
    """Read a text to its end, of which ``head`` was read already. See `read_text`."""
    text = bytearray(head)
    while data := body.read(_BLOCK):
        text += data
        if len(text) > most:
            raise PullError("kind", f"the playlist has more than {most} bytes")
    return text.decode("utf-8-sig", "replace")


def path_of(address: str) -> Path | None:
    """The file that an address is; None if it is somewhere on a network."""
    parts = urlsplit(address)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    return Path(address) if len(parts.scheme) < 2 else None  # C: is no scheme


def host_of(parts: SplitResult) -> str:
    """Host and port of a URL, without what may be secret in it."""
    return parts.netloc.rpartition("@")[2]


def header(answer: h11.Response, name: str) -> str:
    """A header of an answer, "" when it is not there."""
    values = [value for key, value in answer.headers if key == name.encode()]
    return values[0].decode("utf-8", "replace").strip() if values else ""


def _split(address: str) -> tuple[SplitResult, str, int]:
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise PullError("host", f"the URL {address!r} cannot be read: {error}") from None
    if not host:
        raise PullError("host", f"the URL {address!r} names no host")
    return parts, host, port


def _target(parts: SplitResult) -> str:
    path = quote(parts.path or "/", _SAFE)
    return f"{path}?{quote(parts.query, _SAFE)}" if parts.query else path


def _skip(body: HttpBody, count: int) -> None:
    """Pass over the beginning of a body whose server does not know ranges."""
    while count and (data := body.read(min(count, _BLOCK))):
        count -= len(data)
