"""A server that takes callbacks and hands them on."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from .callback import LiveCallback
from .signatures import SignatureCheck, check_signature, possible_urls

#: A callback has some thousand bytes; the words of the longest sentence have some ten thousand.
MAX_BODY: Final = 256 * 1024
#: How long the body of a request may take to come, in seconds.
BODY_S: Final = 10.0
#: So many callbacks wait to be handed on; what comes beyond is answered with 503.
MAX_WAITING: Final = 1_000
#: Connections at the same time; the mock opens 16 at most.
MAX_CONNECTIONS: Final = 128
#: How long answers that are under way may take when the receiver is closed, in seconds.
GRACE_S: Final = 0.2
#: How long the threads may take to start and to stop, in seconds.
PATIENCE_S: Final = 10.0

GREETING: Final = "This address takes the callbacks of ApsaraVideo Live's caption tasks, by POST.\n"

#: Addresses that mean "all of this machine's": clients on it connect to the loopback.
_WILDCARDS: Final = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A POST that came ``at`` a time in seconds since the epoch, for a path and query ``target``.

    ``callback`` is None when it is no callback: ``problem`` is a sentence that says why.
    ``signature`` is None for a receiver without an AuthKey, and for what did not come whole.
    """

    at: float
    target: str
    body: bytes
    callback: LiveCallback | None = None
    problem: str = ""
    signature: SignatureCheck | None = None


@dataclass(frozen=True, slots=True)
class _Post:
    """A request as it came; ``problem`` says why the body is not whole."""

    at: float
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    problem: str = ""


class _Unread(Exception):
    """A body does not come, or not to its end. ``status`` is the answer."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status


class LiveCallbackReceiver:
    """Takes callbacks at any path and hands them on, as a context manager.

    ::

        with LiveCallbackReceiver(port=8901, auth_key="my-key", on_callback=show) as receiver:
            create_task(callback_url=receiver.url)
            receiver.wait()

    Every POST is answered with 200 as soon as it is here, then ``on_callback`` is called with it,
    on a thread of its own, one after the other in the order of arrival. An exception that it raises
    ends the receiver, and is raised again by `wait` or `close`.

    Args:
        host: the address to listen on.
        port: the port to listen on, 0 for a free one.
        auth_key: the AuthKey of the tasks; without it signatures are not checked.
        callback_url: the CallbackURL of the tasks, where it is not the URL that requests arrive
            with, as behind a proxy. Without it the likely ones are tried.
        on_callback: what is done with each. Neither `wait` nor `close` may be called from there.

    Raises:
        ValueError: ``port`` is none, or ``auth_key`` is empty.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        on_callback: Callable[[Arrival], None],
        auth_key: str | None = None,
        callback_url: str | None = None,
    ) -> None:
        if not 0 <= port <= 65535:
            raise ValueError(f"port is {port!r}, expected a number from 0 to 65535")
        if auth_key == "":
            raise ValueError("auth_key is empty, expected that of the tasks, or None")
        self.host = host
        self.port = port
        self._on_callback = on_callback
        self._auth_key = auth_key
        self._callback_url = callback_url
        self._server = _Server(self._serve)
        self._socket: socket.socket | None = None
        self._threads: tuple[threading.Thread, ...] = ()
        #: What is to be handed on; None is the end.
        self._posts: queue.Queue[_Post | None] = queue.Queue(MAX_WAITING)
        self._over = threading.Event()
        self._failure: BaseException | None = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT/``, a CallbackURL for tasks that can reach this machine so."""
        return f"http://{self._authority}/"

    def listen(self) -> None:
        """Bind the port, which `start` does as well: connections wait until then.

        Raises:
            OSError: the address cannot be used; the message is a sentence.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        # With its protocol named, asyncio lets small answers go at once.
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((self.host, self.port))
            sock.listen(MAX_CONNECTIONS)
        except (OSError, UnicodeError) as error:
            sock.close()
            reason = getattr(error, "strerror", None) or error
            raise OSError(f"cannot listen on {self.host}, port {self.port}: {reason}") from None
        self.port = sock.getsockname()[1]
        self._socket = sock

    def start(self) -> Self:
        """Take callbacks from now on.

        Raises:
            OSError: the address cannot be used; the message is a sentence.
            RuntimeError: it was started or closed before.
        """
        if self._threads or self._over.is_set():
            raise RuntimeError("a receiver can be started once: make another one")
        if self._socket is None:
            self.listen()
        self._threads = (
            threading.Thread(target=self._run, name="live-callbacks", daemon=True),
            threading.Thread(target=self._hand_on, name="live-callbacks-hand-on", daemon=True),
        )
        for thread in self._threads:
            thread.start()
        if not self._server.ready.wait(PATIENCE_S):
            raise RuntimeError("the receiver did not start")
        return self

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until `close` is called, for ``timeout`` seconds at most; return whether it was.

        Raises what ``on_callback`` has raised.
        """
        over = self._over.wait(timeout)
        self._raise_failure()
        return over

    def close(self) -> None:
        """Take no more; returns when all that has come is handed on.

        Raises what ``on_callback`` has raised.
        """
        self._stop()
        self._raise_failure()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()
        if exc is None:
            self._raise_failure()

    @property
    def _authority(self) -> str:
        host = _WILDCARDS.get(self.host, self.host)
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def _stop(self) -> None:
        self._server.should_exit = True
        if not self._threads and self._socket is not None:
            self._socket.close()
        for thread in self._threads:
            thread.join()
        self._over.set()

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    # On the server's thread

    def _run(self) -> None:
        assert self._socket is not None
        try:
            self._server.run([self._socket])
        finally:
            self._posts.put(None)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method in ("GET", "HEAD"):
            return PlainTextResponse(GREETING)
        if request.method != "POST":
            return PlainTextResponse(GREETING, 405, {"Allow": "GET, HEAD, POST"})
        at, target = time.time(), _target(request)
        try:
            body = await _body(request)
        except _Unread as unread:
            problem = str(unread)
            self._take(_Post(at, target, request.headers, problem=problem))
            # What is left of the body is not read.
            return JSONResponse({"error": problem}, unread.status, {"Connection": "close"})
        if not self._take(_Post(at, target, request.headers, body)):
            return JSONResponse({"error": "too many callbacks wait already"}, 503)
        return JSONResponse({})

    def _take(self, post: _Post) -> bool:
        try:
            self._posts.put_nowait(post)
        except queue.Full:
            return False
        return True

    # On the thread that hands on

    def _hand_on(self) -> None:
        while (post := self._posts.get()) is not None:
            if self._failure is None:
                try:
                    self._on_callback(self._arrival(post))
                except BaseException as error:
                    self._failure = error
                    self._server.should_exit = True
                    self._over.set()

    def _arrival(self, post: _Post) -> Arrival:
        if post.problem:
            return Arrival(post.at, post.target, post.body, problem=post.problem)
        check = self._check(post)
        try:
            callback = LiveCallback.parse(post.body)
        except ValueError as error:
            problem = str(error)
            return Arrival(post.at, post.target, post.body, problem=problem, signature=check)
        return Arrival(post.at, post.target, post.body, callback, signature=check)

    def _check(self, post: _Post) -> SignatureCheck | None:
        if self._auth_key is None:
            return None
        host = post.headers.get("host") or self._authority
        urls = self._callback_url or possible_urls(host, post.target)
        return check_signature(post.headers, urls, self._auth_key, post.at)


class _Server(uvicorn.Server):
    """uvicorn with an app. ``ready`` is set when it answers."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Any]) -> None:
        self.ready = threading.Event()
        config = uvicorn.Config(
            app,
            interface="asgi3",
            http="httptools",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=MAX_CONNECTIONS,
        )
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        impatience = asyncio.get_running_loop().call_later(GRACE_S, self._hang_up)
        await super().shutdown(sockets)
        impatience.cancel()

    def _hang_up(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def _target(request: Request) -> str:
    """Path and query as they stand in the request line."""
    path, query = request.scope["raw_path"], request.scope["query_string"]
    target: bytes = path + b"?" + query if query else path
    return target.decode("utf-8", "replace")


async def _body(request: Request) -> bytes:
    """The whole body.

    Raises:
        _Unread: it is too long, too slow, or breaks off.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY:
                    raise _Unread(413, f"the body is longer than {MAX_BODY} bytes")
    except TimeoutError:
        raise _Unread(408, f"the body has not come within {BODY_S:.0f} s") from None
    except ClientDisconnect:
        raise _Unread(400, "the sender has hung up before the body was complete") from None
    return bytes(body)
