"""What a URL leads to, as a file that libav can read: the body of an HTTP answer, or a file.

Whatever is contacted goes through `Opener.address`, redirects and the parts of HLS included.
"""

from __future__ import annotations

import errno
import io
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

import httpx

from mock_tingwu.core.reach import Reach, Unreachable
from mock_tingwu.guarded import BlockingGuardedTransport, addresses
from mock_tingwu.loopback import BlockingTransport, MakeSocket

from .errors import PullError, Stop, Stopped

Allowed = Callable[[str], str | None]
"""Answers the address to contact for a URL: itself, another one, or a file's; None for none.

It may raise a `PullError` that says why not.
"""

MAX_REDIRECTS: Final = 5
#: As for recordings: ffmpeg's, which is what the cloud pulls with (tingwu-openapi 2.1).
_HEADERS: Final = {
    "User-Agent": "Lavf/59.16.100",
    "Accept": "*/*",
    "Connection": "close",
    "Accept-Encoding": "identity",
}


class Body:
    """Bytes that come from somewhere, as libav may see them: a failure is their end.

    What it was stays in ``failure``. ``size`` is None when nobody says how many there are; only
    what has a size can be read from anywhere. More than ``limit`` bytes are a failure.
    """

    def __init__(self, opener: Opener, url: str, start: int = 0) -> None:
        """Open what is at ``url``, from byte ``start`` on.

        Raises:
            PullError: it cannot be had.
            Stopped: ``stop`` said so.
        """
        self.failure: Exception | None = None
        self.limit: int | None = None
        self._opener = opener
        self._ahead = b""
        self.url, self._raw = opener.open(url, start)
        self.size = opener.size_of(self._raw)
        # Where the next byte is read from, and where the connection stands.
        self._at = self._raw_at = start

    def peek(self, size: int) -> bytes:
        """The first bytes, without reading them."""
        while len(self._ahead) < size and (data := self._read_raw(size)):
            self._ahead += data
        return self._ahead

    def read(self, size: int) -> bytes:
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        if not data and self.failure is None:
            try:
                data = self._read(size)
            except Exception as error:
                self.failure = error
        self._at += len(data)
        if self.limit is not None and self._at > self.limit:
            self.failure = PullError("kind", f"the list of parts has more than {self.limit} bytes")
            return b""
        return data

    def seekable(self) -> bool:
        return self.size is not None

    def seek(self, offset: int, whence: int = 0) -> int:
        # Damaged files send libav anywhere. It can live with that, but not with an exception.
        offset += {0: 0, 1: self._at, 2: self.size or 0}.get(whence, -1)
        if offset < 0 or self.failure is not None:
            return -errno.EINVAL
        if offset != self._at:
            self._ahead = b""
            self._at = offset
        return offset

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        self._raw.close()

    def _read(self, size: int) -> bytes:
        """Read from where we are; only now it counts where that is."""
        if self._at != self._raw_at:
            if self.size is not None and self._at >= self.size:
                return b""
            self._raw.close()
            self.url, self._raw = self._opener.open(self.url, self._at)
            self._raw_at = self._at
        return self._read_raw(size)

    def _read_raw(self, size: int) -> bytes:
        data = self._opener.read(self._raw, size)
        self._raw_at += len(data)
        return data


class Opener:
    """Opens URLs, as far as ``allowed`` lets it. Times are in seconds."""

    def __init__(
        self,
        allowed: Allowed,
        stop: Stop,
        open_s: float,
        read_s: float,
        make_socket: MakeSocket | None = None,
        reach: Reach | None = None,
    ) -> None:
        self._allowed = allowed
        self._make_socket = make_socket
        self._reach = reach
        self._stop = stop
        self._open_s, self._read_s = open_s, read_s

    def check(self) -> None:
        """Go on, or not.

        Raises:
            Stopped: ``stop`` said so.
        """
        if self._stop():
            raise Stopped

    def address(self, url: str) -> str:
        """What to contact for a URL.

        Raises:
            PullError: ``forbidden``, or ``host``: it is no URL.
        """
        try:
            parts = urlsplit(url)
            # Reading a port may fail, too.
            where = host_of(url) or f"{url!r} (port {parts.port})"
            address = self._allowed(url)
        except ValueError as error:
            raise PullError("host", f"the URL {url!r} cannot be read: {error}") from None
        if address is None:
            raise PullError("forbidden", f"{where} must not be contacted")
        return address

    def read(self, raw: io.BufferedIOBase | Answer, size: int) -> bytes:
        """At most ``size`` bytes, as they come.

        Raises:
            PullError: ``timeout`` or ``broken``.
            Stopped: ``stop`` said so.
        """
        self.check()
        try:
            return raw.read(size)
        except PullError:
            self.check()
            raise

    def open(self, url: str, start: int) -> tuple[str, io.BufferedIOBase | Answer]:
        """What a URL leads to, from byte ``start`` on, and where that was.

        Raises:
            PullError: it cannot be had.
            Stopped: ``stop`` said so.
        """
        for _ in range(MAX_REDIRECTS + 1):
            self.check()
            address = self.address(url)
            path = path_of(address)
            if path is not None:
                return url, _opened(path, start)
            try:
                answer = Answer(
                    address, start, self._open_s, self._read_s, self._transport(address)
                )
            except PullError:
                self.check()
                raise
            if answer.leads_to is None:
                return url, answer
            answer.close()
            # Relative to where it was asked for: a host may stand for another one.
            url = str(httpx.URL(url).join(answer.leads_to))
        raise PullError("status", f"there are more than {MAX_REDIRECTS} redirects")

    def _transport(self, address: str) -> httpx.BaseTransport | None:
        if self._reach is not None and not self._reach.is_free(address):
            return BlockingGuardedTransport(self._reach, _trusted(), self._make_socket)
        return BlockingTransport(self._make_socket, _trusted()) if self._make_socket else None

    def reachable(self, address: str, ports: Mapping[str, int]) -> str:
        """``address`` with a host that libav can connect to, resolved where it must be looked at.

        Raises:
            PullError: ``host``: there is none, or its name cannot be resolved; ``forbidden``.
        """
        if self._reach is None or self._reach.is_free(address):
            return reachable(address, ports)
        try:
            parts = urlsplit(address)
            host, port = parts.hostname or "", parts.port or ports[parts.scheme]
            found = addresses(self._reach, host, port)[0]
        except Unreachable as error:
            raise PullError("forbidden", str(error)) from None
        except (ValueError, OSError):
            raise PullError("host", f"the name of {host_of(address)} cannot be resolved") from None
        user, at, _ = parts.netloc.rpartition("@")
        found = f"[{found}]" if ":" in found else found
        return parts._replace(netloc=f"{user}{at}{found}:{port}").geturl()

    @staticmethod
    def size_of(raw: io.BufferedIOBase | Answer) -> int | None:
        """How many bytes there are; None when nobody says."""
        if isinstance(raw, Answer):
            return raw.size
        here = raw.tell()
        size = raw.seek(0, io.SEEK_END)
        raw.seek(here)
        return size


class Answer:
    """The answer to a GET. ``leads_to`` is where it redirects to, ``size`` its Content-Length."""

    def __init__(
        self,
        address: str,
        start: int,
        open_s: float,
        read_s: float,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._host = host_of(address)
        self._open_s, self._read_s = open_s, read_s
        self._ahead = b""
        self.leads_to: str | None = None
        self._client = httpx.Client(
            timeout=httpx.Timeout(read_s, connect=open_s),
            # A proxy of the environment would be contacted instead.
            trust_env=False,
            verify=_trusted(),
            transport=transport,
        )
        try:
            self._response = self._ask(address, start)
            self.size = self._check(start)
            self._chunks: Iterator[bytes] = self._response.iter_raw()
            if start and self._response.status_code == 200:
                self._skip(start)
        except BaseException:
            self._client.close()
            raise

    def read(self, size: int) -> bytes:
        """At most so many bytes, as they come; b"" at the end.

        Raises:
            PullError: ``timeout`` or ``broken``.
        """
        if not self._ahead:
            try:
                self._ahead = next(self._chunks, b"")
            except httpx.TimeoutException:
                raise self._silence() from None
            except httpx.HTTPError as error:
                what = f"the stream from {self._host} broke off: {error}"
                raise PullError("broken", what) from None
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        return data

    def close(self) -> None:
        self._response.close()
        self._client.close()

    def _ask(self, address: str, start: int) -> httpx.Response:
        headers = dict(_HEADERS)
        if start:
            headers["Range"] = f"bytes={start}-"
        try:
            url = httpx.URL(address)
            if url.scheme not in ("http", "https"):
                what = f"there is no way to read {url.scheme}: from {self._host}"
                raise PullError("kind", what)
            if url.host.endswith(".localhost"):
                # Not every resolver knows these names (RFC 6761).
                headers["Host"] = url.netloc.decode("ascii")
                url = url.copy_with(host="localhost")
            request = self._client.build_request("GET", url, headers=headers)
            return self._client.send(request, stream=True)
        except httpx.InvalidURL as error:
            raise PullError("host", f"the URL {address!r} cannot be read: {error}") from None
        except httpx.UnsupportedProtocol:
            raise PullError("host", f"the URL {address!r} names no host") from None
        except httpx.ConnectTimeout:
            what = f"{self._host} did not accept a connection within {self._open_s:g} s"
            raise PullError("timeout", what) from None
        except httpx.TimeoutException:
            raise self._silence() from None
        except httpx.ConnectError as error:
            raise _unreachable(error, self._host) from None
        except httpx.HTTPError as error:
            raise PullError("protocol", f"{self._host} does not answer in HTTP: {error}") from None

    def _check(self, start: int) -> int | None:
        """See whether this is what was asked for; return the size of the whole."""
        response = self._response
        if response.next_request is not None:
            self.leads_to = response.headers["Location"]
            return None
        if response.status_code == 416 and start:  # there is nothing behind the end
            return start
        if response.status_code not in (200, 206):
            answer = f"{response.status_code} {response.reason_phrase}".strip()
            raise PullError("status", f"{self._host} answered {answer}")
        encoding = response.headers.get("Content-Encoding", "identity")
        if encoding != "identity":
            raise PullError("kind", f"{self._host} sends its stream in {encoding} encoding")
        length = response.headers.get("Content-Length")
        return None if length is None else int(length)

    def _skip(self, count: int) -> None:
        """Pass over the beginning: the server does not know ranges."""
        while count and (data := self.read(count)):
            count -= len(data)

    def _silence(self) -> PullError:
        return PullError("timeout", f"{self._host} sent nothing for {self._read_s:g} s")


def path_of(address: str) -> Path | None:
    """The file that an address is; None if it is somewhere on a network."""
    parts = urlsplit(address)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    return Path(address) if len(parts.scheme) < 2 else None  # C: is no scheme


def host_of(url: str) -> str:
    """Host and port of a URL, without what may be secret in it."""
    return urlsplit(url).netloc.rpartition("@")[2]


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """The certificates that servers are trusted by; reading them takes a moment."""
    return httpx.create_ssl_context()


def reachable(address: str, ports: Mapping[str, int]) -> str:
    """``address`` with a host that resolvers know.

    Raises:
        PullError: ``host``: there is none, or its name cannot be resolved.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or ports[parts.scheme]
        if not host:
            raise PullError("host", f"the URL {address!r} names no host")
        if host.endswith(".localhost"):  # see `Answer`
            return address.replace(host, "localhost", 1)
        socket.getaddrinfo(host, port)
    except (ValueError, OSError):
        raise PullError("host", f"the name of {host_of(address)} cannot be resolved") from None
    return address


def _opened(path: Path, start: int) -> io.BufferedIOBase:
    try:
        file = path.open("rb")
    except OSError as error:
        raise PullError("status", f"{path} cannot be read: {error.strerror}") from None
    file.seek(start)
    return file


def _unreachable(error: httpx.ConnectError, host: str) -> PullError:
    """What kept a connection from being made, as a sentence."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, Unreachable):
            return PullError("forbidden", str(cause))
        if isinstance(cause, ConnectionRefusedError):
            return PullError("refused", f"{host} refused the connection")
        if isinstance(cause, socket.gaierror):
            return PullError("host", f"the name of {host} cannot be resolved")
        if isinstance(cause, ssl.SSLCertVerificationError):
            what = f"the certificate of {host} is not trusted: {cause.verify_message}"
            return PullError("protocol", what)
        if isinstance(cause, ssl.SSLError):
            return PullError("protocol", f"{host} does not speak TLS: {cause.reason or cause}")
        cause = cause.__cause__ or cause.__context__
    return PullError("refused", f"{host} cannot be reached: {error}")
