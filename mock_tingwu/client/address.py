"""Addresses: what is one, which are this machine's, and which way leads to the others."""

from __future__ import annotations

import re
import socket
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

#: A port of which only the number is needed (RFC 863).
_DISCARD: Final = 9


def is_local(url: str) -> bool:
    """Whether ``url`` leads to this machine: then no proxy of the environment is used."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_own(host: str) -> bool:
    """Whether a host name or address is this machine's: of its loopback or of a network of its.

    Nobody is asked for a name: but for ``localhost`` it is what the machine calls itself. From an
    address of its own it is the same address that a machine calls.
    """
    if host.lower() in ("localhost", socket.gethostname().lower()):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if address.is_loopback or address.is_unspecified:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as one:
            one.connect((str(address), _DISCARD))  # which sends nothing
            return ip_address(one.getsockname()[0]) == address
    except OSError:
        return False


def is_http(url: str) -> bool:
    """Whether ``url`` is an address that HTTP can be spoken with."""
    import httpx

    try:
        parts = urlsplit(url)
        # httpx decodes the host when it is asked for it, and fails at one such as xn--.
        host = httpx.URL(url).host
        return parts.scheme in ("http", "https") and bool(host) and parts.port != 0
    except (ValueError, httpx.InvalidURL):
        return False


def is_websocket(url: str) -> bool:
    """Whether ``url`` is an address of a WebSocket."""
    scheme, colon, rest = url.partition(":")
    return scheme.lower() in ("ws", "wss") and is_http(f"http{colon}{rest}")


def is_stream(url: str) -> bool:
    """Whether ``url`` is an address that a live stream could be at: RTMP and the like."""
    scheme, colon, rest = url.partition("://")
    return bool(scheme and colon) and is_http(f"http://{rest}")


def no_address(url: str, what: str, expected: str) -> str:
    """What to say of a ``url`` that `is_http` is False for: it names ``what``, which has it."""
    port = re.search(r"^\w+://[^/?#]*:(\d+)(?:[/?#]|$)", url)
    if port and not 0 < int(port[1]) < 65536:
        return f"{what} is {url!r} with the port {port[1]}, expected one from 1 to 65535"
    return f"{what} is {url!r}, expected {expected}"


def service_url(url: str, what: str, expected: str) -> str:
    """The address of a service without the slash at its end.

    Raises:
        ValueError: it is none; the message names ``what``, and shows no password or query.
    """
    if "@" in url:
        raise ValueError(f"{what} has an @, expected an address without a user's name in it")
    if "?" in url or "#" in url:
        raise ValueError(f"{what} has a ? or a #, expected an address without a query")
    if not is_http(url):
        raise ValueError(no_address(url, what, expected))
    return url.rstrip("/")


def stream_proxy(url: str) -> str | None:
    """The proxy of the environment that leads to a WebSocket; None: the way is free.

    It is the one that calls take: websockets itself would not know of ALL_PROXY.
    """
    parts = urlsplit(url)
    if is_local(url) or proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    usual = proxies.get("https" if parts.scheme == "wss" else "http")
    proxy = usual or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"
