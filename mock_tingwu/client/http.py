"""What the clients of both services share: requests, error answers, files, waiting for a task."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from types import TracebackType
from typing import Any, ClassVar, Final, Protocol, Self, TypeVar
from urllib.parse import urlsplit

import httpx

from mock_tingwu.client.address import is_local
from mock_tingwu.client.errors import ServiceError, Unreachable

#: How long a request may stand still in seconds, and a task take until its results are ready: the
#: cloud promises them within three hours (tingwu-openapi 2.1).
REQUEST_TIMEOUT_S: Final = 30.0
RESULTS_TIMEOUT_S: Final = 3 * 60 * 60.0
#: How long to wait before a call is made once more, in seconds.
REPEAT_AFTER_S: Final = 0.2


class State(Protocol):
    """How a task stands, as far as waiting for it goes."""

    @property
    def status(self) -> object: ...

    @property
    def results(self) -> Collection[str]: ...

    @property
    def finished(self) -> bool: ...


S = TypeVar("S", bound=State)
A = TypeVar("A")


class HttpClient:
    """One service at one address, as an async context manager.

    A call that the service itself refuses with 5xx is made once more, as DashScope's own SDK does
    with every call (dashscope-tingwu 8.3). Nothing else is tried again.
    """

    #: What an error answer is raised as.
    error: ClassVar[type[ServiceError]] = ServiceError

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.AsyncClient(timeout=REQUEST_TIMEOUT_S, trust_env=not is_local(url))

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

    async def download(self, url: str) -> Any:
        """A result or media file by its link: decoded JSON, or the bytes of anything else."""
        response = await self._file(url)
        kind = response.headers.get("content-type", "")
        if "json" not in kind and not urlsplit(url).path.endswith(".json"):
            return response.content
        return decoded(response)

    # Inside

    async def _repeated(self, call: Callable[[], Awaitable[A]]) -> A:
        """What ``call`` answers, the second time if the service failed at first."""
        try:
            return await call()
        except ServiceError as error:
            if error.http_status < 500:
                raise
        await asyncio.sleep(REPEAT_AFTER_S)
        return await call()

    async def _file(self, url: str) -> httpx.Response:
        # Links carry their signature in the query; a signed header would only be refused.
        response = await self._send("GET", url)
        if response.status_code != 200:
            raise self._storage_error(response)
        return response

    async def _send(self, method: str, url: str, **content: Any) -> httpx.Response:
        """Send a request. Raises Unreachable when no answer comes."""
        try:
            return await self._http.request(method, url, **content)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            where = url.partition("://")[2].partition("/")[0].rpartition("@")[2] or repr(url)
            reason = str(error) or type(error).__name__
            raise Unreachable(f"{where} does not answer: {reason}.") from None

    def _storage_error(self, response: httpx.Response) -> ServiceError:
        """The error of a file server: XML with Code, Message, RequestId (tingwu-openapi 2.2)."""

        def tag(name: str) -> str:
            found = re.search(f"<{name}>([^<]*)</{name}>", response.text)
            return found[1] if found else ""

        status = response.status_code
        code = tag("Code") or f"HTTP {status}"
        message = tag("Message") or response.reason_phrase
        return self.error(code, message, tag("RequestId"), status)

    def _made(self, what: str, data: Mapping[str, Any], name: str) -> str:
        """What the answer says that it made, under ``name``."""
        if name not in data:
            raise Unreachable(f"{self.url} created a {what} without {name}.")
        return str(data[name])


def decoded(response: httpx.Response) -> Any:
    """The JSON of an answer. Raises Unreachable when it is none."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        raise no_json(response) from None


def no_json(response: httpx.Response) -> Unreachable:
    """The error of an answer that is not the service's."""
    where = response.request.url.netloc.decode()
    return Unreachable(f"{where} answered {response.status_code} without the JSON expected.")


async def finished(
    task_id: str,
    ask: Callable[[], Awaitable[S]],
    *,
    poll_interval: float,
    on_change: Callable[[S], None] | None,
    timeout: float,
) -> S:
    """Ask every ``poll_interval`` seconds until the task is finished; return how it ended.

    ``on_change`` is told the first state and every later one with another status or more results.
    Raises Unreachable when ``timeout`` seconds were not enough.
    """
    seen: tuple[object, frozenset[str]] | None = None
    status: object = "unknown"
    try:
        async with asyncio.timeout(timeout) as limit:
            while True:
                info = await ask()
                status = info.status
                state = (status, frozenset(info.results))
                if on_change is not None and state != seen:
                    seen = state
                    on_change(info)
                if info.finished:
                    return info
                await asyncio.sleep(poll_interval)
    except TimeoutError:
        if not limit.expired():
            raise
        message = f"The task {task_id} is still {status!s} after {timeout:g} s."
        raise Unreachable(message) from None
