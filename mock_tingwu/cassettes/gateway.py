"""A gateway on this machine: what comes goes on to a target, and both sides are written down."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from mock_tingwu.cassettes.calls import service_of
from mock_tingwu.cassettes.gateway_server import GatewayServer
from mock_tingwu.cassettes.links import Links
from mock_tingwu.cassettes.resigning import Resigner
from mock_tingwu.cassettes.sending import send
from mock_tingwu.cassettes.writer import CassetteWriter, HttpAnswer, HttpRequest
from mock_tingwu.client.errors import StreamError
from mock_tingwu.client.http import FILE_LIMIT_S, REQUEST_TIMEOUT_S
from mock_tingwu.client.joining import join
from mock_tingwu.client.stream_core import Loss
from mock_tingwu.client.targets import MOCK_ACCESS_KEYS, MOCK_API_KEYS, MOCK_URL, Target

#: The keys that a program is given: it needs some, and none of the target's.
KEY_ID, SECRET, API_KEY = "any", "any", "sk-any"
#: How long the thread may take to start and to stop, in seconds.
_PATIENCE_S: Final = 10.0
#: What belongs to a connection and not to what is said on it (RFC 9110 section 7.6.1).
_HOP: Final = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authorization",
        "proxy-authenticate",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "content-length",
        "accept-encoding",
        "expect",
    ]
)
#: Text is looked through for links; other bodies are passed on as they come.
_TEXTS: Final = ("json", "xml", "text/")
_HEALTH: Final = "/_mock/health"


class RecordingGateway:
    """Forwards calls, files and WebSockets to ``target`` and has ``writer`` write them down.

    A context manager with a thread of its own. Nothing is verified: what is signed in any way is
    signed anew for the target. Uploads are refused.
    """

    def __init__(self, target: Target, writer: CassetteWriter) -> None:
        self._target = target
        self._writer = writer
        self._links = Links()
        #: Why the last call that got no answer got none.
        self.unanswered = ""
        self._resigner = Resigner(target)
        self._server = GatewayServer(self)
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        sock.bind(("127.0.0.1", 0))
        sock.listen(128)
        self._links.authority = f"127.0.0.1:{sock.getsockname()[1]}"
        self._thread = threading.Thread(
            target=self._server.run, args=([sock],), name="recording-gateway", daemon=True
        )
        self._thread.start()
        if not self._server.ready.wait(_PATIENCE_S):
            raise RuntimeError("the gateway did not start")
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)

    @property
    def url(self) -> str:
        """Where it listens, for every service."""
        return f"http://{self._links.authority}"

    @property
    def host(self) -> str:
        """The same as SDKs want it: ``127.0.0.1:PORT``."""
        return self._links.authority

    @property
    def environ(self) -> dict[str, str]:
        """Variables for a program that is to talk to it, the same as `MockTingwu.environ` has.

        The program gets keys that mean nothing.
        """
        return {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
            "DASHSCOPE_API_KEY": API_KEY,
            "DASHSCOPE_HTTP_BASE_URL": f"{self.url}/api/v1",
            "DASHSCOPE_WEBSOCKET_BASE_URL": f"ws://{self._links.authority}/api-ws/v1/inference",
            MOCK_URL: self.url,
            MOCK_ACCESS_KEYS: f"{KEY_ID}:{SECRET}",
            MOCK_API_KEYS: API_KEY,
            "NO_PROXY": "127.0.0.1",
        }

    # On the gateway's thread

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            response = await self._http(Request(scope, receive))
            await response(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(WebSocket(scope, receive, send))

    async def _http(self, request: Request) -> Response:
        target = _target(request.scope)
        if target == _HEALTH:
            return JSONResponse({"status": "ok"})
        url = self._upstream(target)
        if url is None:
            return _refusal(404, "nothing that is recorded has this path")
        is_elsewhere = target.startswith("/via/")
        if is_elsewhere and request.method not in ("GET", "HEAD"):
            return _refusal(405, "what is uploaded is not recorded")
        try:
            body = await request.body()
        except ClientDisconnect:
            return Response(status_code=400)
        body = self._links.revealed(body.decode("latin-1")).encode("latin-1")
        sent = HttpRequest(request.method, url, _passed_on(request.headers), body)
        if not is_elsewhere:
            try:
                sent = self._resigner.request(sent)
            except ValueError as error:
                return _refusal(502, str(error))
        return await self._forward(sent)

    async def _forward(self, sent: HttpRequest) -> Response:
        host = urlsplit(sent.url).netloc
        try:
            answer = await send(self._server.client(sent.url), sent)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            reason = str(error) or type(error).__name__
            self.unanswered = f"{host} does not answer: {reason}"
            return _refusal(502, self.unanswered)
        shown = _passed_on(answer.headers)
        kind = answer.headers.get("content-type", "")
        if sent.method == "HEAD" or (kind and not any(text in kind for text in _TEXTS)):
            if (size := answer.headers.get("content-length")) is not None:
                shown["content-length"] = size
            return StreamingResponse(self._media(sent, answer), answer.status_code, shown)
        try:
            content = await answer.aread()
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            return _refusal(502, f"{host} broke off: {reason}")
        finally:
            await answer.aclose()
        self._writer.http(sent, HttpAnswer(answer.status_code, dict(answer.headers), content))
        content = self._links.hidden(content.decode("latin-1")).encode("latin-1")
        return Response(content, answer.status_code, shown)

    async def _media(self, sent: HttpRequest, answer: httpx.Response) -> AsyncIterator[bytes]:
        """What is no text, piece by piece: a recording may have 6 GB (tingwu-openapi 2.1)."""
        size = 0
        try:
            async with asyncio.timeout(FILE_LIMIT_S):
                async for piece in answer.aiter_raw():
                    size += len(piece)
                    yield piece
        finally:
            await answer.aclose()
            self._writer.http(sent, HttpAnswer(answer.status_code, dict(answer.headers), size))

    async def _websocket(self, client: WebSocket) -> None:
        await client.receive()  # websocket.connect
        url = self._upstream(_target(client.scope))
        if url is None:
            await client.send_denial_response(_refusal(404, "nothing recorded has this path"))
            return
        url = url.replace("http", "ws", 1) if url.startswith("http") else url
        headers = {
            name: value
            for name, value in _passed_on(client.headers).items()
            if not name.startswith("sec-websocket-")
        }
        try:
            headers = self._resigner.bearer(headers)
        except ValueError as error:
            await client.send_denial_response(_refusal(502, str(error)))
            return
        status, said = 502, ""

        def refused(code: int, text: str) -> StreamError:
            nonlocal status, said
            status, said = code, text
            return StreamError(text, code)

        service = await join(
            url, headers=headers, patience=REQUEST_TIMEOUT_S, peer="The target", refusal=refused
        )
        if isinstance(service, Loss):
            if said or status != 502:
                self._writer.websocket(url, headers, status)
            response = Response(said or str(service.error), status, media_type="text/plain")
            await client.send_denial_response(response)
            return
        session = self._writer.websocket(url, headers)
        await client.accept()
        async with asyncio.TaskGroup() as pumps:
            there = pumps.create_task(_pump_there(client, service, session.sent))
            back = pumps.create_task(_pump_back(service, client, session.received))
            done, _ = await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
            by = "client" if there in done else "service"
            for pump in (there, back):
                pump.cancel()
        code = there.result() if by == "client" else back.result()
        session.closed(code, by=by)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            if by == "service":
                await client.close(code if _may_be_sent(code) else 1011)
        await service.close(code if _may_be_sent(code) else 1000)

    def _upstream(self, target: str) -> str | None:
        """The target's address for a request target; None if it is nobody's."""
        if target.startswith("/via/"):
            return self._links.target(target)
        path = target.partition("?")[0]
        bases = {
            "tingwu": self._target.tingwu_url,
            "dashscope": self._target.dashscope_url,
            "live": self._target.live_url,
        }
        base = bases.get(service_of(path))
        return None if base is None else base + self._links.revealed(target)


async def _pump_there(client: WebSocket, service: ClientConnection, note: Any) -> int:
    """Pass on what the client says until it hangs up; return the code."""
    while True:
        message = await client.receive()
        if message["type"] == "websocket.disconnect":
            return int(message.get("code") or 1005)
        said = message.get("text")
        said = said if said is not None else message.get("bytes", b"")
        note(said)
        try:
            await service.send(said)
        except ConnectionClosed:
            await asyncio.Event().wait()  # the other pump knows why


async def _pump_back(service: ClientConnection, client: WebSocket, note: Any) -> int:
    """Pass on what the service says until it hangs up; return the code."""
    try:
        async for message in service:
            note(message)
            if isinstance(message, str):
                await client.send_text(message)
            else:
                await client.send_bytes(message)
    except ConnectionClosed:
        pass
    except (RuntimeError, WebSocketDisconnect):
        await asyncio.Event().wait()
    return service.close_code or 1006


def _target(scope: Mapping[str, Any]) -> str:
    """Path and query as they stand in the request line."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    path = raw.partition(b"?")[0]
    return (path + b"?" + query if query else path).decode("latin-1")


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers that go on to the other side."""
    return {name.lower(): value for name, value in headers.items() if name.lower() not in _HOP}


def _refusal(status: int, why: str) -> Response:
    """The gateway's own answer."""
    return JSONResponse({"Code": "RecordingGateway", "Message": why}, status)


def _may_be_sent(code: int) -> bool:
    """Whether a CLOSE may have this code (RFC 6455 section 7.4)."""
    return 1000 <= code < 5000 and code not in (1004, 1005, 1006, 1015)
