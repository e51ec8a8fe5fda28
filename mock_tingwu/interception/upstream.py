"""The user's own proxy, which leads to other hosts when those may be reached."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import unquote, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

#: Without a port in its address a proxy is at that of its scheme.
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Upstream:
    """A proxy of HTTP: where it is, and the value of Proxy-Authorization that it wants, if any.

    ``variable`` is where its address comes from.
    """

    variable: str
    host: str
    port: int
    is_secure: bool = False
    authorization: str = field(default="", repr=False)

    @classmethod
    def of(cls, variable: str, address: str) -> Self:
        """The one at an address, as variables have it: ``[http://][USER:PASSWORD@]HOST[:PORT]``.

        Raises:
            ValueError: it is none of HTTP; the message has no password.
        """
        try:
            parts = urlsplit(address if "://" in address else f"http://{address}")
            scheme, host, port = parts.scheme, parts.hostname, parts.port
        except ValueError:
            scheme, host, port = "", None, None
        if scheme not in _PORTS or not host:
            kind = f"one of {scheme}" if host else "none"
            raise ValueError(f"{variable} is {kind}, expected the address of an HTTP proxy")
        authorization = ""
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return cls(variable, host, port or _PORTS[scheme], scheme == "https", authorization)

    async def connected(self) -> Streams:
        """A connection to it. Raises OSError when it cannot be reached."""
        context = ssl.create_default_context() if self.is_secure else None
        try:
            return await asyncio.open_connection(self.host, self.port, ssl=context)
        except OSError as error:
            raise OSError(f"the proxy of {self.variable} cannot be reached: {error}") from None

    async def tunnel(self, target: str) -> Streams:
        """A connection through it to ``HOST:PORT``.

        Raises:
            OSError: it cannot be reached, or leads nobody there.
        """
        reader, writer = await self.connected()
        try:
            lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}", *self.headers()]
            writer.write("\r\n".join([*lines, "", ""]).encode())
            head = await reader.readuntil(b"\r\n\r\n")
            status = head.split(b"\r\n")[0].split(b" ")[1:2]
            if not (status and status[0].startswith(b"2")):
                said = status[0].decode("latin-1") if status else "no HTTP"
                raise OSError(f"the proxy of {self.variable} answers {said[:20]!r}")
        except (EOFError, asyncio.LimitOverrunError):
            writer.transport.abort()
            raise OSError(f"the proxy of {self.variable} does not answer") from None
        except BaseException:
            writer.transport.abort()
            raise
        return reader, writer

    def headers(self) -> list[str]:
        """What a request to it has to say of who asks."""
        return [f"Proxy-Authorization: {self.authorization}"] if self.authorization else []


class Upstreams:
    """The proxies of an environment, by what they are for.

    Raises:
        ValueError: one of them is none of HTTP.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._exempt = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
        self._of_tunnels = _found(environ, "HTTPS_PROXY", "ALL_PROXY")
        self._of_requests = _found(environ, "HTTP_PROXY", "ALL_PROXY")

    def lead_to(self, netloc: str, *, tunnel: bool) -> Upstream | None:
        """The one that leads to ``HOST:PORT``, None if the way is free."""
        if proxy_bypass_environment(netloc, {"no": self._exempt}):
            return None
        return self._of_tunnels if tunnel else self._of_requests


def _found(environ: Mapping[str, str], *names: str) -> Upstream | None:
    for name in names:
        address = environ.get(name.lower()) or environ.get(name)
        if address:
            return Upstream.of(name, address)
    return None
