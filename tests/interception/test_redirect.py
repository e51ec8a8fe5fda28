"""What is preloaded into Python programs, in this one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from mock_tingwu.interception.preload.python.mock_tingwu_redirect import patch
from mock_tingwu.protocols.hosts import PATTERN

OWN = "192.0.2.1"
DISCARD = 9
SETTINGS = {
    "pattern": PATTERN,
    "http_port": 8001,
    "tls_port": 8002,
    "authority": "",
    "allow_network": False,
    "proxy_port": 8003,
}


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The addresses to which sockets are connected: nobody is reached, or asked for a name."""
    addresses: list[Any] = []

    def connect(self: socket.socket, address: Any) -> None:
        if address[1] != DISCARD:  # there it is asked which addresses are its own
            addresses.append(address)

    def resolve(host: str, port: Any, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, connect)
    monkeypatch.setattr(socket.socket, "getsockname", lambda self: (OWN, 1))
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    yield addresses


def reach(how: str, host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> None:
    with socket.socket(socket.AF_INET, kind) as one:
        getattr(one, how)((host, port))


@pytest.mark.parametrize("how", ["connect", "connect_ex"])
def test_sockets_go_to_the_mock_and_to_no_other_machine(connected: list[Any], how: str) -> None:
    before = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
    undo = patch(SETTINGS)
    try:
        for host, port, led in (
            ("127.0.0.1", 5, ("127.0.0.1", 5)),
            ("localhost", 5, ("localhost", 5)),
            (OWN, 5, (OWN, 5)),
            (socket.gethostname(), 5, (socket.gethostname(), 5)),
            ("dashscope.aliyuncs.com", 443, ("127.0.0.1", 8002)),
            ("dashscope.aliyuncs.com", 80, ("127.0.0.1", 8001)),
        ):
            reach(how, host, port)
            assert connected.pop() == led and not connected
        for host in ("192.0.2.7", "files.example.com"):
            with pytest.raises(OSError, match="lets nothing leave this machine"):
                reach(how, host, 443)
            assert connected.pop() == ("127.0.0.1", 8003) and not connected  # it is counted
        # Nothing is sent by that: so programs find out which address they have.
        reach(how, "192.0.2.7", 53, socket.SOCK_DGRAM)
        assert connected.pop() == ("192.0.2.7", 53)
    finally:
        undo()
    assert before == (socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo)


def test_with_the_network_sockets_are_left_alone(connected: list[Any]) -> None:
    before = socket.socket.connect
    undo = patch({**SETTINGS, "allow_network": True})
    try:
        assert socket.socket.connect is before
    finally:
        undo()
