"""Whether an address is one of a web server, and whether it is this machine's own."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_local(url: str) -> bool:
    """Whether ``url`` leads to this machine: then no proxy of the environment is used."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
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
