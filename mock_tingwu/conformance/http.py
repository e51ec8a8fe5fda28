"""HTTP as a case sends it: just so, once, and kept for the report."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from urllib.parse import urlsplit

import httpx

from mock_tingwu.cassettes.parts import PartWriter
from mock_tingwu.cassettes.writer import HttpAnswer, HttpRequest
from mock_tingwu.client.address import is_local
from mock_tingwu.client.http import LoggedURL
from mock_tingwu.client.trust import trusted
from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.exchange import Exchange, Redactor, Wire
from mock_tingwu.conformance.pacing import Pacing

#: How long an answer may take, in seconds.
ANSWER_LIMIT_S = 30.0
#: The pieces of a body that is sent in chunks, in bytes.
_CHUNK = 64


class Unreachable(Exception):
    """No answer came."""


class Http:
    """Sends requests and keeps what went over the wire, redacted. Nothing is sent again."""

    def __init__(
        self,
        wire: Wire,
        redactor: Redactor,
        pacing: Pacing,
        began: float,
        cassette: PartWriter | None,
    ) -> None:
        self.cassette = cassette
        self.wire = wire
        self.redactor = redactor
        self._pacing = pacing
        self._began = began
        self._clients: dict[bool, httpx.AsyncClient] = {}

    async def send(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        target: str | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> Answer:
        """Send a request and read the answer to its end.

        ``target`` is the request target as it goes over the wire, if it is not just that of
        ``url``. With ``transfer-encoding: chunked`` among the headers the body has no
        Content-Length. Redirects are not followed.

        Raises:
            Unreachable: no answer came.
        """
        await self._pacing.turn(operation)
        client = self._client(url)
        extensions = {"target": target.encode()} if target is not None else {}
        sent = {"accept-encoding": "identity", **(headers or {})}
        chunked = sent.get("transfer-encoding") == "chunked"
        body = _chunks(content) if chunked else content or None
        request = client.build_request(
            method, url, headers=sent, content=body, extensions=extensions
        )
        request.url = LoggedURL(request.url)
        response: httpx.Response | None = None
        problem = ""
        try:
            response = await client.send(request)
        except httpx.HTTPError as error:
            problem = str(error) or type(error).__name__
            raise Unreachable(f"{operation}: no answer came: {problem}") from None
        finally:
            self._keep(request, target, content, response, problem)
        return Answer(operation, response.status_code, dict(response.headers), response.content)

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.aclose()

    def _client(self, url: str) -> httpx.AsyncClient:
        local = is_local(url)
        if local not in self._clients:
            client = self._clients[local] = httpx.AsyncClient(
                timeout=ANSWER_LIMIT_S, verify=trusted(), trust_env=not local
            )
            # What the answer is written in depends on it: it is sent only where a case says so.
            del client.headers["accept"]
        return self._clients[local]

    def _keep(
        self,
        request: httpx.Request,
        target: str | None,
        content: bytes,
        response: httpx.Response | None,
        problem: str,
    ) -> None:
        redactor = self.redactor
        url = httpx.URL(request.url)
        if self.cassette is not None and response is not None:
            self.cassette.http(
                HttpRequest(request.method, str(url), dict(request.headers), content),
                HttpAnswer(response.status_code, dict(response.headers), response.content),
            )
        shown = str(url)
        if target is not None:
            parts = urlsplit(shown)
            shown = f"{parts.scheme}://{parts.netloc}{target}"
        self.wire.add(
            Exchange(
                seconds=time.monotonic() - self._began,
                method=request.method,
                url=redactor.url(shown),
                request_headers=redactor.headers(request.headers),
                request_body=redactor.body(content),
                status=None if response is None else response.status_code,
                headers={} if response is None else redactor.headers(response.headers),
                body="" if response is None else redactor.body(response.content),
                error=redactor.text(problem),
            )
        )


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _CHUNK):
        yield content[start : start + _CHUNK]
