"""What the clients of all services share: requests, error answers, files."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Final, Self, TypeVar
from urllib.parse import urlsplit

import httpx

from mock_tingwu.client.address import is_http, is_local, service_url
from mock_tingwu.client.checks import check_seconds, check_sendable
from mock_tingwu.client.errors import Mishap, ServiceError, Unreachable
from mock_tingwu.client.retries import SAFE, Retries, retry_after
from mock_tingwu.client.trust import distrust, trusted
from mock_tingwu.protocols.signing import without

#: How long a request may stand still in seconds; a call takes twice that at most.
REQUEST_TIMEOUT_S: Final = 30.0
#: How long a file may take, in seconds: recordings have up to 6 GB (tingwu-openapi 2.1).
FILE_LIMIT_S: Final = 60 * 60.0

#: Nothing was sent: httpx had no connection, or a proxy made none.
_UNSENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
#: Nothing can be sent, however often it is tried.
_SENSELESS: Final = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)

A = TypeVar("A")


class HttpClient:
    """One service at one address, as an async context manager.

    Calls are made again as the table in `client.retries` says; ``retries`` says how patiently.
    ``request_timeout`` is how long a request may stand still, in seconds. ``secrets`` appear in no
    error message, even if the service repeats them. Proxies of the environment are used but for
    this machine's addresses, certificates are those of `client.trust`.

    Raises:
        ValueError: an argument makes no sense, or the environment's proxy or certificates do not.
    """

    #: What an error answer is raised as.
    error: ClassVar[type[ServiceError]] = ServiceError

    def __init__(
        self,
        url: str,
        *,
        retries: Retries | None = None,
        request_timeout: float = REQUEST_TIMEOUT_S,
        secrets: Mapping[str, str | None],
    ) -> None:
        for name, secret in secrets.items():
            if secret is not None:
                check_sendable(name, secret)
        check_seconds("request_timeout", request_timeout)
        self.url = service_url(url, "url", "an address such as https://host.example.com")
        self._secrets = {secret for secret in secrets.values() if secret}
        self._retries = retries or Retries()
        self._call_limit = 2 * request_timeout
        self._http = connections(request_timeout, use_proxies=not is_local(url))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    # Inside

    async def _send(self, method: str, url: str, **content: Any) -> httpx.Response:
        """Send a request; return the answer, read to its end. Raises what `_opened` does."""
        async with self._opened(method, url, **content) as response:
            await response.aread()
            return response

    @asynccontextmanager
    async def _opened(
        self, method: str, url: str, *, limit: float | None = None, **content: Any
    ) -> AsyncIterator[httpx.Response]:
        """Send a request; its answer, still to be read, has ``limit`` seconds, or those of a call.

        Raises:
            Unreachable: no answer came.
            RuntimeError: the client is closed.
        """
        if self._http.is_closed:
            raise RuntimeError(f"the {type(self).__name__} is closed")
        limit = limit or self._call_limit
        try:
            request = self._http.build_request(method, url, **content)
            request.url = LoggedURL(request.url)
            async with asyncio.timeout(limit) as timer:
                response = await self._http.send(request, stream=True)
                try:
                    yield response
                finally:
                    await response.aclose()
        except TimeoutError:
            if not timer.expired():
                raise
            reason = f"no answer came within {limit:g} s"
            raise self._unreachable(url, reason, Mishap.UNKNOWN) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if (doubt := distrust(error)) is not None:
                raise self._unreachable(url, doubt, None, "cannot be reached safely") from None
            mishap: Mishap | None = Mishap.UNKNOWN
            if isinstance(error, _UNSENT):
                mishap = Mishap.UNSENT
            elif isinstance(error, _SENSELESS):
                mishap = None
            reason = str(error).rstrip(".") or type(error).__name__
            if isinstance(error, httpx.TimeoutException):
                reason = "nothing came in time"
            raise self._unreachable(url, reason, mishap) from None

    def _unreachable(
        self, url: str, reason: str, mishap: Mishap | None, what: str = "does not answer"
    ) -> Unreachable:
        host = re.split("[/?#]", url.partition("://")[2])[0].rpartition("@")[2]
        where = host or repr(url.partition("?")[0])
        return Unreachable(without(f"{where} {what}: {reason}.", self._secrets), mishap)

    def _refusal(
        self, response: httpx.Response, code: object, message: object, request_id: object
    ) -> ServiceError:
        """The error that an answer tells of."""
        # A gateway that finds another signature repeats what was signed, tokens included.
        return self.error(
            str(code),
            without(str(message), self._secrets),
            str(request_id),
            response.status_code,
            retry_after(response.headers, datetime.now(UTC)),
        )

    def _made(self, what: str, data: Mapping[str, Any], name: str) -> str:
        """What the answer says that it made, under ``name``."""
        if name not in data:
            raise Unreachable(f"{self.url} created a {what} without {name}.")
        return str(data[name])


class FileClient(HttpClient):
    """A service whose results are files."""

    async def download(self, url: str) -> Any:
        """A result or media file by its link: decoded JSON, or the bytes of anything else.

        Raises:
            ValueError: ``url`` is no link.
        """
        _check_link(url)

        def read(response: httpx.Response) -> Any:
            kind = response.headers.get("content-type", "")
            if "json" not in kind and not urlsplit(url).path.endswith(".json"):
                return response.content
            return decoded(response)

        return await self._load(url, read)

    async def save(self, url: str, path: str | PathLike[str]) -> int:
        """Write a result or media file to ``path``; return its size in bytes.

        It is there whole or not at all. Memory does not grow with it: a recording may have 6 GB
        (tingwu-openapi 2.1).

        Raises:
            ValueError: ``url`` is no link.
            OSError: it cannot be written.
        """
        _check_link(url)
        path = Path(path)
        part = path.with_name(f"{path.name}.part")

        async def load() -> int:
            async with self._opened("GET", url, limit=FILE_LIMIT_S) as response:
                if response.status_code != 200:
                    await response.aread()
                    raise self._storage_error(response)
                with part.open("wb") as file:
                    async for piece in response.aiter_bytes():
                        file.write(piece)
                return part.stat().st_size

        try:
            size = await self._retries.run(load, SAFE)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return size

    async def _content(self, url: str) -> bytes:
        """The bytes of a file."""
        return await self._load(url, lambda response: response.content)

    async def _load(self, url: str, read: Callable[[httpx.Response], A]) -> A:
        """What ``read`` finds in a file."""

        async def load() -> A:
            # Links carry their signature in the query; a signed header would only be refused.
            response = await self._send("GET", url, limit=FILE_LIMIT_S)
            if response.status_code != 200:
                raise self._storage_error(response)
            return read(response)

        return await self._retries.run(load, SAFE)

    def _storage_error(self, response: httpx.Response) -> ServiceError:
        """The error of a file server: XML with Code, Message, RequestId (tingwu-openapi 2.2)."""

        def tag(name: str) -> str:
            found = re.search(f"<{name}>([^<]*)</{name}>", response.text)
            return found[1] if found else ""

        code = tag("Code") or f"HTTP {response.status_code}"
        message = tag("Message") or response.reason_phrase
        return self._refusal(response, code, message, tag("RequestId"))


def _check_link(url: str) -> None:
    if not is_http(url):
        # Not shown: the query of a link is a credential.
        raise ValueError("url is no link, expected one such as https://host.example.com/file")


class LoggedURL(httpx.URL):
    """A URL of which httpx logs no query: that of a file's link is a credential."""

    def __str__(self) -> str:
        return str(self.copy_with(query=None))


def connections(request_timeout: float, *, use_proxies: bool) -> httpx.AsyncClient:
    """What speaks HTTP, with the authorities of `client.trust` and the proxies of the environment.

    Raises:
        ValueError: either makes no sense.
    """
    context = trusted()
    try:
        return httpx.AsyncClient(timeout=request_timeout, verify=context, trust_env=use_proxies)
    except (httpx.InvalidURL, ValueError):
        # What it says may show the proxy's password.
        reason = "it is no address such as http://127.0.0.1:3128"
    except ImportError:
        reason = "one that speaks SOCKS needs `pip install 'httpx[socks]' 'python-socks[asyncio]'`"
    raise ValueError(f"the proxy of the environment cannot be used: {reason}")


def decoded(response: httpx.Response) -> Any:
    """The JSON of an answer. Raises Unreachable when it is none."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        raise no_json(response) from None


def no_json(response: httpx.Response) -> Unreachable:
    """The error of an answer that is not the service's."""
    status = response.status_code
    where = response.request.url.netloc.decode()
    mishap: Mishap | None = Mishap.UNKNOWN
    if status == 429:
        mishap = Mishap.THROTTLED
    elif 400 <= status < 500:
        mishap = None
    return Unreachable(f"{where} answered {status} without the JSON expected.", mishap)
