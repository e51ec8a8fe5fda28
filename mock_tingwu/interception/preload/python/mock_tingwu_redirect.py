"""For Python programs whose libraries know neither proxies nor SSL_CERT_FILE.

Name resolution leads hosts of the cloud to the mock, sockets go to no other machine, and whoever
trusts the authorities in a file, such as certifi's or a copy of it, trusts the mock's as well. It
runs in other people's programs, of whatever version, so it needs the standard library alone and
nothing of ours. What it needs to know is in MOCK_TINGWU_INTERCEPT (JSON): ``pattern`` of the hosts,
``http_port`` and ``tls_port`` of the mock, ``authority`` (its certificate in PEM),
``allow_network``, ``proxy_port`` (of the proxy, which counts what is refused).
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any

VARIABLE = "MOCK_TINGWU_INTERCEPT"
_INTERNET = (socket.AF_INET, socket.AF_INET6)


def patch(settings: dict[str, Any]) -> Callable[[], None]:
    """Lead this process to the mock; return a function that undoes it."""
    pattern = re.compile(settings["pattern"])
    resolve, load = socket.getaddrinfo, ssl.SSLContext.load_verify_locations

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if isinstance(name, str) and pattern.fullmatch(name.lower()):
            plain = port in (80, "80", b"80", "http", b"http")
            port = settings["http_port" if plain else "tls_port"]
            # The mock listens on IPv4, whatever family is asked for.
            kwargs.pop("family", None)
            args = (socket.AF_UNSPEC, *args[1:]) if args else ()
            return resolve("127.0.0.1", port, *args, **kwargs)
        if settings["allow_network"] or _is_local(name):
            return resolve(host, port, *args, **kwargs)
        _count(settings["proxy_port"], name, port)
        why = "mock-tingwu lets nothing leave this machine; --allow-network does"
        raise socket.gaierror(socket.EAI_FAIL, f"{name}: {why}")

    def checked(connect: Callable[..., Any]) -> Callable[..., Any]:
        def connect_to(self: socket.socket, address: Any) -> Any:
            by_tcp = self.family in _INTERNET and self.type == socket.SOCK_STREAM
            if by_tcp and not _is_local(address[0]):
                # asyncio asks no resolver about addresses; what has a name may be led on.
                found = getaddrinfo(*address[:2], self.family, self.type)
                address = found[0][4]
            return connect(self, address)

        return connect_to

    def load_verify_locations(self: ssl.SSLContext, *args: Any, **kwargs: Any) -> None:
        load(self, *args, **kwargs)
        load(self, cadata=settings["authority"])

    socket.getaddrinfo = getaddrinfo
    setattr(ssl.SSLContext, "load_verify_locations", load_verify_locations)  # noqa: B010
    connects = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}
    if not settings["allow_network"]:
        for name, connect in connects.items():
            setattr(socket.socket, name, checked(connect))

    def undo() -> None:
        socket.getaddrinfo = resolve
        for name, connect in connects.items():
            setattr(socket.socket, name, connect)
        setattr(ssl.SSLContext, "load_verify_locations", load)  # noqa: B010

    return undo


def activate() -> None:
    """Do so if the environment says it, for as long as this process lives."""
    settings = os.environ.get(VARIABLE)
    if settings:
        patch(json.loads(settings))


def _count(proxy_port: int, name: Any, port: Any) -> None:
    """Ask the proxy for what is refused, so that it is in its books."""
    target = f"{name}:{port if isinstance(port, int) else 0}"
    with suppress(OSError), socket.socket() as books:
        books.settimeout(1)
        books.connect(("127.0.0.1", proxy_port))
        books.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        books.recv(1)


def _is_local(name: Any) -> bool:
    """Whether a name or an address is this machine's; nobody is asked for a name."""
    if not isinstance(name, str) or name in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name.lower() == socket.gethostname().lower()
    return address.is_loopback or address.is_unspecified or _is_own(address)


def _is_own(address: Any) -> bool:
    """Whether it is one of this machine's: then it is the address that it is called from."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as one:
        one.connect((str(address), 9))  # which sends nothing
        return bool(ipaddress.ip_address(one.getsockname()[0]) == address)
    return False
