"""The user's own proxy behind ours."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.interception.intercepting import Interception
from mock_tingwu.interception.upstream import Upstream, Upstreams
from tests.interception.helpers import PATIENCE
from tests.interception.test_proxy import ask, dial, read_all, read_head, token

#: What a proxy is told of a user whose name is ``me`` and whose password is ``p@ss``.
TOLD = f"Proxy-Authorization: Basic {base64.b64encode(b'me:p@ss').decode()}\r\n"
ESTABLISHED = b"HTTP/1.1 200 OK\r\nVia: x\r\n\r\n"
HOST = "files.example.com"


@pytest.fixture
def upstream() -> Iterator[socket.socket]:
    """Where the user's proxy listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        yield listener


@pytest.fixture
def interception(
    upstream: socket.socket, tls_mock: MockTingwu, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Interception]:
    address = f"http://me:p%40ss@127.0.0.1:{upstream.getsockname()[1]}"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HTTP_PROXY", address)
    monkeypatch.setenv("all_proxy", address)
    with Interception(tls_mock, allow_network=True) as interception:
        yield interception


def accepted(upstream: socket.socket) -> socket.socket:
    connection = upstream.accept()[0]
    connection.settimeout(PATIENCE)
    return connection


def connecting(interception: Interception) -> socket.socket:
    near = dial(interception)
    near.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\n{token(interception)}Host: x\r\n\r\n".encode())
    return near


def test_tunnels_lead_through_it(interception: Interception, upstream: socket.socket) -> None:
    with connecting(interception) as near, accepted(upstream) as far:
        expected = f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n{TOLD}\r\n"
        assert read_head(far) == expected
        far.sendall(ESTABLISHED + b"first")
        assert read_head(near) == "HTTP/1.1 200 Connection established\r\n\r\n"
        assert near.recv(5) == b"first"
        near.sendall(b"x")
        assert far.recv(1) == b"x"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "answers '407'"),
        (b"nonsense\r\n\r\n", "answers 'no HTTP'"),
        (b"HTTP/1.1 200 OK\r\n", "does not answer"),
    ],
)
def test_what_it_does_not_do_is_told(
    interception: Interception, upstream: socket.socket, answer: bytes, why: str
) -> None:
    with connecting(interception) as near:
        with accepted(upstream) as far:
            read_head(far)
            far.sendall(answer)
        told = read_all(near).decode()
    assert told.startswith("HTTP/1.1 502 ")
    assert f"{HOST}:443 cannot be reached: the proxy of ALL_PROXY {why}" in told


def test_that_it_is_not_there_is_told(interception: Interception, upstream: socket.socket) -> None:
    upstream.close()
    asked = f"GET http://{HOST}/ HTTP/1.1\r\nHost: {HOST}\r\n{token(interception)}\r\n"
    status, told = ask(interception, asked)
    assert status == 502
    assert f"{HOST}:80 cannot be reached: the proxy of HTTP_PROXY cannot be reached:" in told


def test_plain_requests_are_made_to_it(interception: Interception, upstream: socket.socket) -> None:
    with dial(interception) as near:
        request = f"GET http://{HOST}/a?b HTTP/1.1\r\nHost: {HOST}\r\n"
        near.sendall(f"{request}{token(interception)}\r\n".encode())
        with accepted(upstream) as far:
            line, *headers = read_head(far).removesuffix("\r\n\r\n").split("\r\n")
    assert line == f"GET http://{HOST}/a?b HTTP/1.1"
    assert sorted(headers) == ["Connection: close", f"Host: {HOST}", TOLD.rstrip()]


def test_it_is_not_for_this_machine_and_the_mock(
    interception: Interception, upstream: socket.socket, tls_mock: MockTingwu
) -> None:
    for host in ("dashscope.aliyuncs.com", f"127.0.0.1:{tls_mock.port}"):
        head = f"GET http://{host}/_mock/health HTTP/1.1\r\nHost: {host}\r\n"
        assert ask(interception, f"{head}{token(interception)}\r\n")[0] == 200
    upstream.setblocking(False)
    with pytest.raises(BlockingIOError):
        upstream.accept()


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_whom_the_user_exempts_is_reached_without(name: str) -> None:
    found = Upstreams({"HTTPS_PROXY": "corp:3128", name: "intra.example, 192.0.2.7"})
    proxy = Upstream("HTTPS_PROXY", "corp", 3128)
    for netloc, by in (("x.example:1", proxy), ("a.intra.example:1", None), ("192.0.2.7:1", None)):
        assert found.lead_to(netloc, tunnel=True) == by
        assert found.lead_to(netloc, tunnel=False) is None


@pytest.mark.parametrize(
    ("address", "host", "port", "is_secure"),
    [
        ("corp", "corp", 80, False),
        ("http://[::1]:3128/", "::1", 3128, False),
        ("https://corp", "corp", 443, True),
    ],
)
def test_where_it_is(address: str, host: str, port: int, is_secure: bool) -> None:
    assert Upstream.of("HTTP_PROXY", address) == Upstream("HTTP_PROXY", host, port, is_secure)


@pytest.mark.parametrize(
    ("address", "kind"),
    [("socks5://me:hush@corp:1080", "one of socks5"), ("http://", "none"), ("corp:hush", "none")],
)
def test_another_kind_is_told_without_its_password(address: str, kind: str) -> None:
    told = f"^ALL_PROXY is {kind}, expected the address of an HTTP proxy$"
    with pytest.raises(ValueError, match=told):
        Upstreams({"ALL_PROXY": address})


def test_nothing_shows_the_password() -> None:
    assert "Basic" not in repr(Upstream.of("HTTP_PROXY", "http://me:hush@corp"))
