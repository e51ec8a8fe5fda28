"""The cloud's hosts on this machine: a proxy that has certificates for them, before a mock.

A client that is told of it by HTTPS_PROXY, and of its authority by SSL_CERT_FILE, speaks TLS with
whatever host it asks for; the bytes go to the mock as they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

import pytest
import trustme
from starlette.requests import HTTPConnection

from mock_tingwu.protocols.signing import oss_url
from mock_tingwu.services.address import Address
from mock_tingwu.services.storage import Linker
from mock_tingwu.services.world import LINK_KEY, LINK_SECRET

TINGWU: Final = "tingwu.cn-beijing.aliyuncs.com"
REALTIME: Final = "tingwu-realtime-cn-beijing.aliyuncs.com"
DASHSCOPE: Final = "dashscope.aliyuncs.com"
LIVE: Final = "live.aliyuncs.com"

#: Nobody contradicts these variables of the machine that a test runs on.
_OTHERS: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "WSS_PROXY", "SOCKS_PROXY")


class Cloud:
    """The proxy, on a thread of its own. ``asked`` are the hosts and ports of its CONNECTs.

    ``authority`` has signed the certificates unless ``certify`` is replaced, which makes one for a
    host. With a ``refusal``, such as ``407 Proxy Authentication Required``, no way leads further;
    with ``mute`` nothing is said behind CONNECT, with ``plain`` HTTP without TLS.
    """

    def __init__(self, port: int) -> None:
        self.authority = trustme.CA()
        self.certify: Callable[[str], trustme.LeafCert] = self.authority.issue_cert
        self.asked: list[str] = []
        self.refusal = ""
        self.mute = self.plain = False
        self.url = self.local_url = ""
        self._port = port
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="cloud")
        self._started: Future[None] = Future()

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.result(10)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._conversations: set[asyncio.Task[None]] = set()
        proxy = await asyncio.start_server(self._met(self._proxied), "127.0.0.1", 0)
        local = await asyncio.start_server(
            self._met(self._forward), "127.0.0.1", 0, ssl=self._tls("localhost")
        )
        self.url = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
        self.local_url = f"https://localhost:{local.sockets[0].getsockname()[1]}"
        self._started.set_result(None)
        await self._stopping.wait()
        for server in (proxy, local):
            server.close()
        for task in self._conversations:
            task.cancel()
        if self._conversations:
            await asyncio.wait(self._conversations)

    def _met(
        self, converse: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        """Whoever comes is spoken with until either hangs up, and then hung up on."""

        async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._conversations.add(task)
            try:
                # An SSLError is an OSError: the client does not trust us.
                with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
                    await converse(reader, writer)
            finally:
                writer.transport.abort()
                self._conversations.discard(task)

        return met

    async def _proxied(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split(" ", 2)
        assert method == "CONNECT"
        self.asked.append(target)
        if self.refusal:
            writer.write(f"HTTP/1.1 {self.refusal}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        if self.mute:
            await reader.read()
            await self._stopping.wait()
        if not self.plain:
            await writer.start_tls(self._tls(target.partition(":")[0]))
        await self._forward(reader, writer)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back_reader, back_writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            pumps = {
                asyncio.create_task(_pump(reader, back_writer)),
                asyncio.create_task(_pump(back_reader, writer)),
            }
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.wait(pumps)
        finally:
            back_writer.transport.abort()

    def _tls(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.certify(host).configure_cert(context)
        return context


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


def expired(authority: trustme.CA) -> Callable[[str], trustme.LeafCert]:
    """What makes certificates that are not valid any more."""
    return lambda host: authority.issue_cert(host, not_after=datetime(2020, 1, 1, tzinfo=UTC))


def point_at(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Tell the clients of this process of the cloud, as a user tells them of a proxy."""
    for name in _OTHERS:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    file = folder / "authority.pem"
    cloud.authority.cert_pem.write_to_path(file)
    monkeypatch.setenv("HTTPS_PROXY", cloud.url)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


def link_as_the_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have mocks answer with the cloud's own addresses (tingwu-openapi 1.1 and 2.2)."""

    def of(cls: type[Address], request: HTTPConnection) -> Address:
        return cls("https", request.headers["host"])

    def to(self: Linker, bucket: str, key: str) -> str:
        expires = self._scope.clock.now() // 1000 + self._seconds
        query = oss_url.sign(bucket, key, expires=expires, access_key=LINK_KEY, secret=LINK_SECRET)
        return f"https://{bucket}.oss-cn-beijing.aliyuncs.com/{quote(key)}?{query}"

    monkeypatch.setattr(Address, "of", classmethod(of))
    monkeypatch.setattr(Address, "websocket", property(lambda self: f"wss://{REALTIME}"))
    monkeypatch.setattr(Linker, "to", to)
