"""HTTP to loopback addresses, where they are those of another network.

A program in namespaces of its own (`mock_tingwu.interception.namespace`) has a loopback interface
of its own, and what it calls 127.0.0.1 is there. A socket belongs to the network in which it was
made, whoever connects it. So all that is needed of that network is somebody who makes sockets.

What cannot be reached there is looked for on the machine's own loopback interface.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

from mock_tingwu.core.imagination import ip_of, is_this_machine

MakeSocket = Callable[[int], socket.socket]
"""Makes a TCP socket of an address family in the other network. It may raise OSError."""


class Transport(httpx.AsyncHTTPTransport):
    """Goes there first. It keeps no connection open."""

    def __init__(self, make: MakeSocket, trusted: ssl.SSLContext) -> None:
        super().__init__(verify=trusted)
        # httpx has no argument for how connections are made.
        self._pool = httpcore.AsyncConnectionPool(
            trusted,
            max_connections=None,
            max_keepalive_connections=0,
            network_backend=Backend(make),
        )


class BlockingTransport(httpx.HTTPTransport):
    """The same without an event loop."""

    def __init__(self, make: MakeSocket, trusted: ssl.SSLContext) -> None:
        super().__init__(verify=trusted)
        self._pool = httpcore.ConnectionPool(
            trusted, max_keepalive_connections=0, network_backend=BlockingBackend(make)
        )


class Backend(httpcore.AnyIOBackend):
    """Connects there first, and for other addresses as usual."""

    def __init__(self, make: MakeSocket) -> None:
        self._make = make

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        with _failing(httpcore.ConnectTimeout, httpcore.ConnectError):
            async with asyncio.timeout(timeout):
                for family, address in _addresses(host):
                    stream = await self._connected(family, address, port)
                    if stream is not None:
                        return stream
        return await super().connect_tcp(host, port, timeout, local_address, socket_options)

    async def _connected(self, family: int, address: str, port: int) -> _Stream | None:
        try:
            # The answer takes no longer than other calls of the system.
            sock = self._make(family)
        except OSError:
            return None
        try:
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, (address, port))
            return _Stream(*await asyncio.open_connection(sock=sock))
        except OSError:
            sock.close()
            return None
        except BaseException:
            sock.close()
            raise


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _failing(httpcore.ReadTimeout, httpcore.ReadError):
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _failing(httpcore.WriteTimeout, httpcore.WriteError):
            async with asyncio.timeout(timeout):
                self._writer.write(buffer)
                await self._writer.drain()

    async def aclose(self) -> None:
        # Nobody waits for the other side's goodbye.
        self._writer.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            with _failing(httpcore.ConnectTimeout, httpcore.ConnectError):
                async with asyncio.timeout(timeout):
                    await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except BaseException:
            await self.aclose()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._writer.get_extra_info(info)


class BlockingBackend(httpcore.SyncBackend):
    """The same without an event loop."""

    def __init__(self, make: MakeSocket) -> None:
        self._make = make

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        for family, address in _addresses(host):
            stream = self._connected(family, address, port, timeout)
            if stream is not None:
                return stream
        return super().connect_tcp(host, port, timeout, local_address, socket_options)

    def _connected(
        self, family: int, address: str, port: int, timeout: float | None
    ) -> _BlockingStream | None:
        try:
            sock = self._make(family)
        except OSError:
            return None
        try:
            with _failing(httpcore.ConnectTimeout, OSError):
                sock.settimeout(timeout)
                sock.connect((address, port))
        except OSError:
            sock.close()
            return None
        except BaseException:
            sock.close()
            raise
        return _BlockingStream(sock)


class _BlockingStream(httpcore.NetworkStream):
    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _failing(httpcore.ReadTimeout, httpcore.ReadError):
            self._socket.settimeout(timeout)
            return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _failing(httpcore.WriteTimeout, httpcore.WriteError):
            self._socket.settimeout(timeout)
            self._socket.sendall(buffer)

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        try:
            with _failing(httpcore.ConnectTimeout, httpcore.ConnectError):
                self._socket.settimeout(timeout)
                secure = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except BaseException:
            self.close()
            raise
        return _BlockingStream(secure)


def _addresses(host: str) -> Iterator[tuple[int, str]]:
    """Families and addresses of a host on the loopback interface; of others none."""
    if not is_this_machine(host):
        return
    address = ip_of(host)
    if address is None:
        yield socket.AF_INET, "127.0.0.1"
        yield socket.AF_INET6, "::1"
    else:
        yield socket.AF_INET if address.version == 4 else socket.AF_INET6, str(address)


@contextmanager
def _failing(late: type[Exception], failed: type[Exception]) -> Iterator[None]:
    """Say it in httpcore's way when something takes too long, or fails."""
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except OSError as error:
        raise failed(str(error)) from error
