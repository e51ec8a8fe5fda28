"""A proxy that leads to the mock whoever asks for a host of the cloud.

Everything else is refused unless it is this machine, so that nothing leaves it, or let through if
the user says so. TLS goes through untouched: it is the mock that speaks it.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import re
import secrets
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import h11

from mock_tingwu.client.address import is_own
from mock_tingwu.interception.upstream import Streams, Upstream, Upstreams
from mock_tingwu.protocols.hosts import is_product
from mock_tingwu.server.resetting import reset

#: What clients give as the name of their user; the password is a token of each run.
USER: Final = "mock-tingwu"
#: A head may be so long, in bytes, and take so long, in seconds.
MAX_HEAD: Final = 64 * 1024
PATIENCE_S: Final = 10.0
#: How long a client that was refused may take to read why, in seconds.
LINGER_S: Final = 2.0
#: So much is read at once, in bytes.
_PIECE: Final = 64 * 1024
#: How a TLS record begins that opens a connection.
_CLIENT_HELLO: Final = b"\x16"
_ESTABLISHED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
#: Headers that are for a proxy alone, and those that are about one connection alone.
_OF_PROXIES: Final = frozenset({b"proxy-authorization", b"proxy-connection"})
_OF_CONNECTIONS: Final = _OF_PROXIES | {b"connection", b"keep-alive", b"upgrade"}


class _Refused(Exception):
    """A request that goes nowhere: with this HTTP status and text."""

    def __init__(self, status: int, reason: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.reason = reason
        self.text = text


class Proxy:
    """A proxy on a port of the loopback interface that the system chooses.

    ``http_port`` and ``tls_port`` are the mock's. Call `start` on an event loop, `close` on the
    same. It has a second port for clients that cannot give a token; see `open_port`. With
    ``allow_network`` other hosts are reached through ``upstreams``.
    """

    def __init__(
        self,
        http_port: int,
        tls_port: int,
        *,
        allow_network: bool = False,
        upstreams: Upstreams | None = None,
    ) -> None:
        self._upstreams = upstreams or Upstreams({})
        self._http_port = http_port
        self._tls_port = tls_port
        self._allow_network = allow_network
        token = secrets.token_urlsafe(24)
        self._expected = b"Basic " + base64.b64encode(f"{USER}:{token}".encode())
        self._token = token
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()
        #: How often a host was refused, by ``host:port``.
        self.refused: Counter[str] = Counter()
        #: Whether anybody has asked for anything.
        self.was_asked = False

    async def start(self) -> None:
        """Listen."""
        for accept in (partial(self._accept, True), partial(self._accept, False)):
            server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=MAX_HEAD)
            self._servers.append(server)

    async def close(self) -> None:
        """Listen no more, and hang up."""
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    @property
    def url(self) -> str:
        """Its address, with the token of this run."""
        return f"http://{USER}:{self._token}@127.0.0.1:{self._port(0)}"

    @property
    def open_port(self) -> int:
        """A port for clients that cannot give a token, such as Java's."""
        return self._port(1)

    def _port(self, which: int) -> int:
        port: int = self._servers[which].sockets[0].getsockname()[1]
        return port

    def _accept(
        self, needs_token: bool, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        serving = asyncio.create_task(self._serve(reader, writer, needs_token))
        self._connections.add(serving)
        serving.add_done_callback(self._connections.discard)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, needs_token: bool
    ) -> None:
        is_closed = False
        try:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    head = await _head(reader)
                await self._pass_on(head, reader, writer, needs_token)
            except _Refused as refused:
                writer.write(_answer(refused))
                await _read_to_its_end(reader, writer)
            writer.close()
            await writer.wait_closed()
            is_closed = True
        except (OSError, EOFError, TimeoutError):
            pass  # the client has gone, or says nothing
        finally:
            if not is_closed:  # asyncio's aborts nothing that it has closed in a second step
                writer.transport.abort()

    async def _pass_on(
        self,
        head: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        needs_token: bool,
    ) -> None:
        request = _parsed(head)
        self.was_asked = True
        headers = dict(request.headers)
        given = headers.get(b"proxy-authorization", b"")
        is_known = not needs_token or hmac.compare_digest(given, self._expected)
        if request.method == b"CONNECT":
            host, port = _authority(request.target.decode("latin-1"))
            self._admit(host, port, is_known)
            if is_product(host):
                # The first byte tells which of the mock's ports it is.
                writer.write(_ESTABLISHED)
                first = await reader.read(_PIECE)
                onward = await _connected(*self._mock(first.startswith(_CLIENT_HELLO)))
            else:
                by = self._upstream(host, port, tunnel=True)
                first, onward = b"", await _connected(host, port, by, tunnel=True)
                writer.write(_ESTABLISHED)
            await _joined(reader, writer, *onward, first)
            return
        host, port = _origin(request.target.decode("latin-1"))
        self._admit(host, port, is_known)
        if is_product(host):
            host, port = self._mock(False)
        by = self._upstream(host, port, tunnel=False)
        onward = await _connected(host, port, by)
        await _joined(reader, writer, *onward, _onward(head, request, by))

    def _upstream(self, host: str, port: int, *, tunnel: bool) -> Upstream | None:
        """The user's proxy that leads to another machine, if there is one."""
        if is_own(host):
            return None
        return self._upstreams.lead_to(f"{_bracketed(host)}:{port}", tunnel=tunnel)

    def _mock(self, secure: bool) -> tuple[str, int]:
        return "127.0.0.1", self._tls_port if secure else self._http_port

    def _admit(self, host: str, port: int, is_known: bool) -> None:
        """Raise `_Refused` unless this host may be reached; by whom, ``is_known``.

        To the mock, which asks nobody for a token either, anybody is led: aliyun-java-sdk-core puts
        the token into the tunnel instead of before it (its HttpUtil).
        """
        if is_product(host):
            return
        if self._allow_network or is_own(host):
            if not is_known:
                text = "the token of this run is missing"
                raise _Refused(407, "Proxy Authentication Required", text)
            return
        # Who is told of a refusal by what is preloaded may not have said a port.
        self.refused[f"{_bracketed(host)}:{port}" if port else host] += 1
        text = f"mock-tingwu lets nothing but the cloud's hosts through, not {host}"
        raise _Refused(403, "Forbidden", f"{text}; --allow-network lets all through")


async def _head(reader: asyncio.StreamReader) -> bytes:
    first = await reader.readexactly(1)
    if not first.isalpha():  # TLS, say, would never come to the end of a head
        raise _Refused(400, "Bad Request", "this is a proxy, and it speaks HTTP alone")
    try:
        return first + await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        why = f"request line and headers are longer than {MAX_HEAD} bytes"
        raise _Refused(431, "Request Header Fields Too Large", why) from None


def _parsed(head: bytes) -> h11.Request:
    # The parser takes them for line ends, whoever it is for may not.
    if b"\n" in head.replace(b"\r\n", b""):
        raise _Refused(400, "Bad Request", "this is no HTTP: a line ends without a CR")
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
    connection.receive_data(head)
    try:
        event = connection.next_event()
    except h11.RemoteProtocolError as error:
        raise _Refused(400, "Bad Request", f"this is no HTTP: {error}") from None
    assert isinstance(event, h11.Request)
    return event


def _authority(target: str) -> tuple[str, int]:
    """Host and port of what a CONNECT names."""
    try:
        parts = urlsplit(f"//{target}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or port is None:
        raise _Refused(400, "Bad Request", f"CONNECT {target[:80]!r}, expected HOST:PORT")
    return host, port


def _origin(target: str) -> tuple[str, int]:
    """Host and port of the address in any other request."""
    try:
        parts = urlsplit(target)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if scheme != "http" or not host:
        raise _Refused(400, "Bad Request", "this is a proxy, and that is no address of HTTP")
    return host, port or 80


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _onward(head: bytes, request: h11.Request, by: Upstream | None) -> bytes:
    """The head as a server wants it: a path, and one request on each connection.

    All else stays as the client has written it. For another proxy it is an address still.
    """
    start, *lines = head.split(b"\r\n")
    method, target, version = start.split(b" ")
    path = re.sub(rb"^[^/]+//[^/?]*", b"", target)
    if not path.startswith(b"/"):
        path = b"/" + path
    if by is not None:
        path = target
    headers = dict(request.headers)
    # Java's HttpClient offers h2c with every request.
    is_upgrade = headers.get(b"upgrade", b"").lower() == b"websocket"
    named = {name.strip().lower() for name in headers.get(b"connection", b"").split(b",")}
    dropped = _OF_PROXIES if is_upgrade else _OF_CONNECTIONS | named - {b""}
    kept = [line for line in lines if line.partition(b":")[0].strip().lower() not in dropped]
    if not is_upgrade:
        kept.insert(0, b"Connection: close")
    if by is not None:
        kept[:0] = (line.encode() for line in by.headers())
    return b"\r\n".join((b" ".join((method, path, version)), *kept))


async def _connected(
    host: str, port: int, by: Upstream | None = None, *, tunnel: bool = False
) -> Streams:
    try:
        async with asyncio.timeout(PATIENCE_S):
            if by is not None:
                return await (by.tunnel(f"{_bracketed(host)}:{port}") if tunnel else by.connected())
            return await asyncio.open_connection(host, port)
    except (OSError, UnicodeError, TimeoutError) as error:  # some names cannot be asked for
        why = f"{_bracketed(host)}:{port} cannot be reached: {error or 'it does not answer'}"
        raise _Refused(502, "Bad Gateway", why) from None


async def _joined(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
    first: bytes,
) -> None:
    """Carry bytes both ways until both have ended; a connection that is reset resets the other."""
    is_closed = False
    try:
        far_writer.write(first)
        await asyncio.gather(_carried(reader, far_writer), _carried(far_reader, writer))
        far_writer.close()
        await far_writer.wait_closed()
        is_closed = True
    except OSError:
        reset(writer.transport)
        reset(far_writer.transport)
    finally:
        if not is_closed:
            far_writer.transport.abort()


async def _read_to_its_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Let the client read an answer: closing with something of its own unread would be a reset."""
    if writer.can_write_eof():
        writer.write_eof()
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while await reader.read(_PIECE):
                pass


async def _carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(_PIECE):
        writer.write(piece)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


def _answer(refused: _Refused) -> bytes:
    body = f"{refused.text}\n".encode()
    lines = [
        f"HTTP/1.1 {refused.status} {refused.reason}",
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    if refused.status == 407:
        lines.append('Proxy-Authenticate: Basic realm="mock-tingwu run"')
    return "\r\n".join([*lines, "", ""]).encode() + body
