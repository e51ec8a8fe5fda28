"""HTTP to where callers of the API may send the mock, and nowhere else (`mock_tingwu.core.reach`).

A name is resolved once: the addresses that were looked at are the ones that are connected to. No
proxy is used, as nobody knows where it would lead.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable
from ipaddress import ip_address

import httpcore
import httpx

from mock_tingwu.core.reach import Reach, Unreachable
from mock_tingwu.loopback import Backend, BlockingBackend, MakeSocket


class _Refused(httpcore.ConnectError):
    """What httpx makes its own error of; the message is the sentence of an `Unreachable`."""


class GuardedTransport(httpx.AsyncHTTPTransport):
    """Goes where ``reach`` lets it. It keeps no connection open.

    By ``make`` loopback addresses, where they are allowed, are those of another network
    (`mock_tingwu.loopback`).
    """

    def __init__(self, reach: Reach, trusted: ssl.SSLContext, make: MakeSocket | None) -> None:
        super().__init__(verify=trusted)
        # httpx has no argument for how connections are made.
        self._pool = httpcore.AsyncConnectionPool(
            trusted,
            max_connections=None,
            max_keepalive_connections=0,
            network_backend=_Backend(reach, Backend(make) if make else httpcore.AnyIOBackend()),
        )


class BlockingGuardedTransport(httpx.HTTPTransport):
    """The same without an event loop."""

    def __init__(self, reach: Reach, trusted: ssl.SSLContext, make: MakeSocket | None) -> None:
        super().__init__(verify=trusted)
        backend = BlockingBackend(make) if make else httpcore.SyncBackend()
        self._pool = httpcore.ConnectionPool(
            trusted,
            max_keepalive_connections=0,
            network_backend=_BlockingBackend(reach, backend),
        )


def addresses(reach: Reach, host: str, port: int) -> list[str]:
    """The addresses of a host that ``reach`` lets be connected to; at least one.

    Raises:
        Unreachable: there are none.
        OSError: the name cannot be resolved.
    """
    found, refusal = [], None
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for address in dict.fromkeys(str(info[4][0]) for info in infos):
        try:
            reach.check_address(host, ip_address(address))
        except Unreachable as error:
            refusal = error
        else:
            found.append(address)
    if refusal is not None and not found:
        raise refusal
    return found


class _Backend(httpcore.AsyncNetworkBackend):
    def __init__(self, reach: Reach, beneath: httpcore.AsyncNetworkBackend) -> None:
        self._reach = reach
        self._beneath = beneath

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failed: httpcore.ConnectError | None = None
        try:
            async with asyncio.timeout(timeout):
                for address in await asyncio.to_thread(_found, self._reach, host, port):
                    try:
                        return await self._beneath.connect_tcp(
                            address, port, None, local_address, socket_options
                        )
                    except httpcore.ConnectError as error:
                        failed = error
        except TimeoutError:
            raise httpcore.ConnectTimeout from None
        raise failed or httpcore.ConnectError(f"{host} has no address")

    async def sleep(self, seconds: float) -> None:
        await self._beneath.sleep(seconds)


class _BlockingBackend(httpcore.NetworkBackend):
    def __init__(self, reach: Reach, beneath: httpcore.NetworkBackend) -> None:
        self._reach = reach
        self._beneath = beneath

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failed: httpcore.ConnectError | None = None
        for address in _found(self._reach, host, port):
            try:
                return self._beneath.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError as error:
                failed = error
        raise failed or httpcore.ConnectError(f"{host} has no address")

    def sleep(self, seconds: float) -> None:
        self._beneath.sleep(seconds)


def _found(reach: Reach, host: str, port: int) -> list[str]:
    """`addresses`, with failures in httpcore's way."""
    try:
        return addresses(reach, host, port)
    except (Unreachable, OSError, UnicodeError) as error:
        kind = _Refused if isinstance(error, Unreachable) else httpcore.ConnectError
        raise kind(str(error)) from error
