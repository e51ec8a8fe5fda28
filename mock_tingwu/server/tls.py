"""TLS under the cloud's names: each client gets a certificate for the name that it asks for."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import lru_cache
from typing import Final

from mock_tingwu.interception.authority import LEAF_LIFETIME, LOCAL, Authority
from mock_tingwu.protocols.hosts import is_product

log = logging.getLogger("mock_tingwu")

#: How long a client may take to agree on TLS, in seconds.
HANDSHAKE_S: Final = 20.0
#: How long to wait when the system has no room for another connection, in seconds.
_PAUSE_S: Final = 0.1
#: So many names have a certificate at a time; buckets can be called anything.
MAX_NAMES: Final = 256
#: How long a certificate is in use, in seconds.
_RENEWAL_S: Final = LEAF_LIFETIME.total_seconds() / 2
#: What OpenSSL calls a client that speaks HTTP without TLS.
_PLAIN: Final = frozenset({"HTTP_REQUEST", "HTTPS_PROXY_REQUEST"})
_TOLD: Final = b"This port speaks TLS: its addresses begin with https or wss.\n"
_ANSWER: Final = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_TOLD), _TOLD)
)


def serving(authority: Authority) -> ssl.SSLContext:
    """What a server is secured with.

    It is any host of the four systems for whoever asks for that, and this machine for all others.
    Whoever asks for somebody else is told by its own library that it is not that one: the alert
    unrecognized_name would be lost, as event loops send none when a handshake fails. A certificate
    is made anew when less than half of its time is left.
    """
    began = time.time()
    base = authority.context(*LOCAL)

    @lru_cache(MAX_NAMES)
    def made(names: tuple[str, ...], period: int) -> ssl.SSLContext:
        return authority.context(*names) if period or names != LOCAL else base

    def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        wanted = (name or "").lower()
        names = (wanted,) if is_product(wanted) else LOCAL
        try:
            connection.context = made(names, int((time.time() - began) // _RENEWAL_S))
        except OSError as error:  # its key goes through a file
            log.warning("no certificate for %s: %s", names[0], error.strerror or error)
            return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
        return None

    base.sni_callback = choose
    return base


class Acceptor:
    """Accepts connections by TLS on a socket that listens, until it is closed.

    The event loops' own servers know nothing of a connection before TLS is agreed on: they could
    not be closed while a client has not said hello.
    """

    def __init__(
        self,
        listener: socket.socket,
        context: ssl.SSLContext,
        protocol: Callable[[], asyncio.Protocol],
    ) -> None:
        listener.setblocking(False)
        self._listener = listener
        self._context = context
        self._protocol = protocol
        self._tasks: set[asyncio.Task[None]] = set()
        self._begin(self._accept())

    async def close(self) -> None:
        """Accept nobody any more, and hang up on those who have not said hello."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._listener.close()

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        is_told = False
        while True:
            try:
                sock, _ = await loop.sock_accept(self._listener)
            except OSError as error:
                if not is_told:
                    why = error.strerror or error
                    log.warning("a connection by TLS cannot be accepted: %s", why)
                is_told = True
                await asyncio.sleep(_PAUSE_S)
            else:
                is_told = False
                self._begin(self._greet(sock))

    async def _greet(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            same = sock.dup()  # for an answer: the other is closed when there is no agreement
        except OSError:
            sock.close()
            return
        with same, suppress(OSError):  # it trusts us not, or has gone
            try:
                await loop.connect_accepted_socket(
                    self._protocol, sock, ssl=self._context, ssl_handshake_timeout=HANDSHAKE_S
                )
            except ssl.SSLError as error:
                if error.reason in _PLAIN:
                    same.send(_ANSWER)
