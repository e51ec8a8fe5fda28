"""The proxy, on the wire."""

from __future__ import annotations

import asyncio
import base64
import gc
import socket
import ssl
import struct
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.client.address import is_own
from mock_tingwu.interception import proxy as proxying
from mock_tingwu.interception.intercepting import Interception
from mock_tingwu.interception.proxy import MAX_HEAD, Proxy
from mock_tingwu.server import process
from tests.interception.helpers import BUCKET, DASHSCOPE, PATIENCE, REALTIME, TASKS, TINGWU, plain
from tests.realtime.helpers import until

NOBODY = f"{TASKS}/{'0' * 32}"


on_each_loop = pytest.mark.parametrize("mock", ["uvloop", "asyncio"], indirect=True)


@pytest.fixture(autouse=True)
def no_proxy_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def mock(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    start_mock: Callable[..., MockTingwu],
) -> MockTingwu:
    """A mock with TLS, on a kind of event loop if a test wants a certain one."""
    if (kind := getattr(request, "param", None)) is not None:
        if kind == "uvloop":
            pytest.importorskip("uvloop")
        monkeypatch.setattr(process, "_has_uvloop", lambda: kind == "uvloop")
    return start_mock(tls_port=0)


@pytest.fixture
def interception(mock: MockTingwu) -> Iterator[Interception]:
    with Interception(mock) as interception:
        yield interception


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Some other server of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        yield listener


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    """Closes sockets behind a test."""
    with ExitStack() as closing:
        yield closing


def proxy(interception: Interception) -> Proxy:
    assert interception._proxy is not None
    return interception._proxy


def token(interception: Interception) -> str:
    parts = urlsplit(proxy(interception).url)
    pair = f"{parts.username}:{parts.password}".encode()
    return f"Proxy-Authorization: Basic {base64.b64encode(pair).decode()}\r\n"


def dial(interception: Interception, *, is_open: bool = False) -> socket.socket:
    """A connection to the proxy."""
    port = urlsplit(proxy(interception).url).port
    assert port is not None
    return plain(proxy(interception).open_port if is_open else port)


def read_head(connection: socket.socket) -> str:
    """The head of an answer, to its last byte."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        more = connection.recv(1)
        assert more, f"the proxy hung up behind {head!r}"
        head += more
    return head.decode("latin-1")


def read_all(connection: socket.socket) -> bytes:
    found = b""
    while more := connection.recv(65_536):
        found += more
    return found


def ask(interception: Interception, request: str | bytes) -> tuple[int, str]:
    """Say something to the proxy; return the status and what is behind the head."""
    with dial(interception) as connection:
        connection.sendall(request.encode() if isinstance(request, str) else request)
        head, _, body = read_all(connection).decode("latin-1").partition("\r\n\r\n")
        return int(head.split()[1]), body


def tunnel(interception: Interception, target: str) -> socket.socket:
    """A connection through the proxy, by CONNECT."""
    connection = dial(interception)
    connection.sendall(
        f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{token(interception)}\r\n".encode()
    )
    assert read_head(connection).startswith("HTTP/1.1 200 ")
    return connection


def joined(
    interception: Interception, listener: socket.socket, closing: ExitStack
) -> tuple[socket.socket, socket.socket]:
    """Both ends of a way through the proxy."""
    near = closing.enter_context(tunnel(interception, f"127.0.0.1:{listener.getsockname()[1]}"))
    far = closing.enter_context(listener.accept()[0])
    far.settimeout(PATIENCE)
    return near, far


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# CONNECT


@pytest.mark.parametrize("host", [TINGWU, DASHSCOPE, BUCKET, TINGWU.upper()])
@pytest.mark.parametrize("port", [443, 80, 8443])
def test_hosts_of_the_cloud_are_the_mock_on_any_port(
    interception: Interception, trusting: ssl.SSLContext, host: str, port: int
) -> None:
    raw = tunnel(interception, f"{host}:{port}")
    with trusting.wrap_socket(raw, server_hostname=host) as connection:
        connection.sendall(f"GET {NOBODY} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert connection.recv(65_536).startswith(b"HTTP/1.1 ")
    with tunnel(interception, f"{host}:{port}") as connection:
        connection.sendall(f"GET {NOBODY} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert connection.recv(65_536).startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize(
    "header",
    ["", "Proxy-Authorization: Basic bm9ib2R5OndpdGhvdXQ=\r\n", "Proxy-Authorization: Bearer\r\n"],
)
def test_who_has_no_token_goes_to_the_mock_alone(interception: Interception, header: str) -> None:
    for line in ("CONNECT 127.0.0.1:9", "GET http://127.0.0.1:9/"):
        request = f"{line} HTTP/1.1\r\nHost: 127.0.0.1:9\r\n{header}\r\n"
        status, body = ask(interception, request)
        assert (status, body) == (407, "the token of this run is missing\n")
    assert not interception.refused
    path = "/openapi/tingwu/v2/tasks/unknown"
    request = f"GET http://{TINGWU}{path} HTTP/1.1\r\nHost: {TINGWU}\r\n{header}\r\n"
    assert ask(interception, request)[0] == 200


def test_who_answers_a_challenge_gets_through(interception: Interception) -> None:
    with dial(interception) as connection:
        connection.sendall(b"CONNECT 127.0.0.1:9 HTTP/1.1\r\nHost: 127.0.0.1:9\r\n\r\n")
        head = read_head(connection)
        assert "\r\nProxy-Authenticate: Basic realm=" in head and "\r\nConnection: close" in head
    tunnel(interception, f"{TINGWU}:443").close()


@on_each_loop
def test_the_answer_is_read_though_a_body_is_on_its_way(interception: Interception) -> None:
    head = b"PUT http://127.0.0.1:9/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n"
    assert ask(interception, head + b"x" * 3_000_000)[0] == 407


def test_the_open_port_asks_for_no_token(interception: Interception) -> None:
    with dial(interception, is_open=True) as connection:
        connection.sendall(f"CONNECT {TINGWU}:443 HTTP/1.1\r\nHost: {TINGWU}\r\n\r\n".encode())
        assert read_head(connection).startswith("HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("target", "named"),
    [
        ("example.com:443", "example.com:443"),
        ("10.0.0.1:443", "10.0.0.1:443"),
        ("[2001:db8::1]:8080", "[2001:db8::1]:8080"),
        (f"{TINGWU}.example.com:443", f"{TINGWU}.example.com:443"),
    ],
)
def test_others_are_refused_and_counted(
    interception: Interception, target: str, named: str
) -> None:
    ways = {
        f"CONNECT {target}": named,
        f"GET http://{target}/a": named,
        f"GET http://{target.rpartition(':')[0]}/": f"{named.rpartition(':')[0]}:80",
    }
    for line, counted in ways.items():
        before = interception.refused[counted]
        status, body = ask(interception, f"{line} HTTP/1.1\r\nHost: x\r\n{token(interception)}\r\n")
        assert status == 403
        assert body.startswith("mock-tingwu lets nothing but the cloud's hosts through, not ")
        assert body.endswith("; --allow-network lets all through\n")
        assert interception.refused[counted] == before + 1


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        *((host, True) for host in ("LOCALHOST", "127.1.2.3", "0.0.0.0", "::1", "::")),
        *((host, False) for host in ("", "192.0.2.77", "224.0.0.1", "255.255.255.255")),
        *((host, False) for host in ("2001:db8::7", "localhost.example.com", "fe80::7%nothing")),
        (socket.gethostname(), True),
    ],
)
def test_which_hosts_are_this_machine(host: str, is_ours: bool) -> None:
    assert is_own(host) == is_ours


def test_an_address_that_it_is_called_from_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, said in (("connect", None), ("getsockname", ("192.0.2.77", 1))):
        monkeypatch.setattr(socket.socket, name, lambda self, *_, said=said: said)
    assert [is_own(f"192.0.2.{last}") for last in (77, 78)] == [True, False]


def test_this_machine_can_be_reached(
    interception: Interception, listener: socket.socket, closing: ExitStack
) -> None:
    near, far = joined(interception, listener, closing)
    far.sendall(b"hello")
    assert near.recv(5) == b"hello"
    with tunnel(interception, f"localhost:{listener.getsockname()[1]}"):
        listener.accept()[0].close()
    assert interception.was_asked and not interception.refused


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6 here")
def test_this_machine_can_be_reached_by_ipv6(interception: Interception) -> None:
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("there is no IPv6 here")
    with server, tunnel(interception, f"[::1]:{server.getsockname()[1]}") as near:
        far, _ = server.accept()
        with far:
            near.sendall(b"x")
            assert far.recv(1) == b"x"


def test_where_nobody_listens_is_told(interception: Interception, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.close()
    line = f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n{token(interception)}\r\n"
    status, body = ask(interception, line)
    assert status == 502 and f"127.0.0.1:{port} cannot be reached" in body


# Plain HTTP


def through(
    interception: Interception, listener: socket.socket, request: str, closing: ExitStack
) -> tuple[socket.socket, socket.socket, str]:
    """Send a request by the proxy to some server; return both ends and the head that came."""
    near = closing.enter_context(dial(interception))
    near.sendall(request.encode("latin-1"))
    far = closing.enter_context(listener.accept()[0])
    far.settimeout(PATIENCE)
    return near, far, read_head(far)


def test_a_server_gets_the_headers_as_they_were_written(
    interception: Interception, listener: socket.socket, closing: ExitStack
) -> None:
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    kept = "hOST:  some.where\r\nX-Odd:\tvalue  \r\nx-odd: \xfcber\r\nAccept:*/*\r\n"
    request = (
        f"GET {base}/a%20b?c=%2F&d HTTP/1.1\r\n{kept}{token(interception)}"
        "Proxy-Connection: keep-alive\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\n"
        "Keep-Alive: timeout=5\r\n\r\n"
    )
    _, _, head = through(interception, listener, request, closing)
    assert head == f"GET /a%20b?c=%2F&d HTTP/1.1\r\nConnection: close\r\n{kept}\r\n"


@pytest.mark.parametrize(
    ("path", "asked"), [("", "/"), ("/", "/"), ("?a=b", "/?a=b"), ("/x//y?z=http://w/", None)]
)
def test_a_server_gets_a_path(
    interception: Interception,
    listener: socket.socket,
    closing: ExitStack,
    path: str,
    asked: str | None,
) -> None:
    base = f"http://user@127.0.0.1:{listener.getsockname()[1]}"
    request = f"GET {base}{path} HTTP/1.0\r\n{token(interception)}\r\n"
    _, _, head = through(interception, listener, request, closing)
    assert head.startswith(f"GET {asked or path} HTTP/1.0\r\n")


def test_an_offer_of_http_2_is_not_passed_on(
    interception: Interception, listener: socket.socket, closing: ExitStack
) -> None:
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    request = (
        f"GET {base}/ HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nHost: x\r\n"
        f"{token(interception)}HTTP2-Settings: AAEAAEAA\r\nUpgrade: h2c\r\n\r\n"
    )
    _, _, head = through(interception, listener, request, closing)
    assert head == "GET / HTTP/1.1\r\nConnection: close\r\nHost: x\r\n\r\n"


@on_each_loop
def test_a_stream_is_offered_as_it_was_written(
    interception: Interception, listener: socket.socket, closing: ExitStack
) -> None:
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    kept = "Host: x\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
    request = f"GET {base}/s HTTP/1.1\r\n{token(interception)}{kept}\r\n"
    near, far, head = through(interception, listener, request, closing)
    assert head == f"GET /s HTTP/1.1\r\n{kept}\r\n"
    far.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x00")
    near.sendall(b"\x81\x80abcd")
    assert read_head(near) and near.recv(2) == b"\x81\x00" and far.recv(6) == b"\x81\x80abcd"


@on_each_loop
def test_one_client_goes_to_several_hosts(
    interception: Interception, mock: MockTingwu, listener: socket.socket
) -> None:
    with httpx.Client(proxy=proxy(interception).url, trust_env=False) as client:
        for host in (TINGWU, DASHSCOPE, TINGWU):
            assert client.get(f"http://{host}{NOBODY}").headers["content-type"]
        assert client.get("http://example.com/").status_code == 403
        answer = client.put(f"http://{TINGWU}{TASKS}?type=realtime", json=REALTIME)
        assert answer.json()["Data"]["MeetingJoinUrl"].startswith("wss://tingwu-realtime-")
    hosts = [entry for entry in mock.journal if entry["kind"] == "request"]
    assert len(hosts) == 4


def test_a_connection_that_is_kept_leads_to_the_host_of_each_request(
    interception: Interception, listener: socket.socket
) -> None:
    """http.client opens another one where it is told that the first is over."""
    parts = urlsplit(proxy(interception).url)
    assert parts.hostname is not None
    client = HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    name, _, value = token(interception).strip().partition(": ")
    other = f"127.0.0.1:{listener.getsockname()[1]}"
    for host in (TINGWU, other, TINGWU):
        client.request("GET", f"http://{host}{NOBODY}", headers={name: value})
        if host == other:
            far, _ = listener.accept()
            with far:
                read_head(far)
                far.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        answer = client.getresponse()
        answer.read()
        assert (answer.status == 204) is (host == other)
    client.close()


def test_who_expects_100_is_told_to_go_on(interception: Interception) -> None:
    body = b"{}"
    head = (
        f"PUT http://{TINGWU}{TASKS}?type=realtime HTTP/1.1\r\nHost: {TINGWU}\r\n"
        f"Expect: 100-continue\r\nContent-Length: {len(body)}\r\n{token(interception)}\r\n"
    )
    with dial(interception) as connection:
        connection.sendall(head.encode())
        assert read_head(connection).startswith("HTTP/1.1 100 ")
        connection.sendall(body)
        assert read_head(connection).startswith("HTTP/1.1 4")


def test_a_body_in_pieces_arrives(interception: Interception, mock: MockTingwu) -> None:
    def pieces() -> Iterator[bytes]:
        yield from (b'{"AppKey": "app", "Input": {"SourceLanguage": "cn", ', b'"Format": "pcm", ')
        yield b'"SampleRate": 16000}}'

    with httpx.Client(proxy=proxy(interception).url, trust_env=False) as client:
        answer = client.put(
            f"http://{TINGWU}{TASKS}?type=realtime",
            content=pieces(),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )
    assert answer.json()["Code"] == "0"


# What is no request


@pytest.mark.parametrize(
    ("request_", "status", "why"),
    [
        ("GET / HTTP/1.1\r\nHost: x\r\n", 400, "this is a proxy, and that is no address of HTTP"),
        ("GET https://x/ HTTP/1.1\r\nHost: x\r\n", 400, "no address of HTTP"),
        ("GET http:///a HTTP/1.1\r\nHost: x\r\n", 400, "no address of HTTP"),
        ("GET http://[::1/ HTTP/1.1\r\nHost: x\r\n", 400, "no address of HTTP"),
        ("GET http://x:99999/ HTTP/1.1\r\nHost: x\r\n", 400, "no address of HTTP"),
        ("GET http://x:y/ HTTP/1.1\r\nHost: x\r\n", 400, "no address of HTTP"),
        ("CONNECT x HTTP/1.1\r\nHost: x\r\n", 400, "CONNECT 'x', expected HOST:PORT"),
        ("CONNECT ::1:80 HTTP/1.1\r\nHost: x\r\n", 400, "expected HOST:PORT"),
        ("CONNECT :443 HTTP/1.1\r\nHost: x\r\n", 400, "expected HOST:PORT"),
    ],
)
def test_what_leads_nowhere_is_told(
    interception: Interception, request_: str, status: int, why: str
) -> None:
    found, body = ask(interception, f"{request_}{token(interception)}\r\n")
    assert found == status and why in body


@pytest.mark.parametrize(
    "said",
    [
        b"nonsense\r\n\r\n",
        b"GET http://x/\r\n\r\n",
        b"GET  http://x/  HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://x/ HTTP/1.1\nHost: x\n\nmore\r\n\r\n",
        b"GET http://x/ HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        b"GET http://x/ HTTP/1.1\r\n\r\n",
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01",  # TLS
        b"\x05\x01\x00",  # SOCKS
    ],
)
def test_what_is_no_http_is_answered_at_once(interception: Interception, said: bytes) -> None:
    assert ask(interception, said)[0] == 400


def test_a_head_that_is_too_long_is_refused(interception: Interception) -> None:
    head = f"GET http://{TINGWU}/ HTTP/1.1\r\nX: {'x' * 4 * MAX_HEAD}\r\n\r\n"
    status, body = ask(interception, head)
    assert (status, body) == (431, f"request line and headers are longer than {MAX_HEAD} bytes\n")


@on_each_loop
def test_who_is_too_slow_is_hung_up_on(mock: MockTingwu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxying, "PATIENCE_S", 0.05)
    with Interception(mock) as interception, dial(interception) as silent:
        silent.sendall(b"GET http://")
        assert read_all(silent) == b""


def test_no_message_tells_the_token(interception: Interception) -> None:
    secret = urlsplit(proxy(interception).url).password
    assert secret and secret not in repr(proxy(interception)) + repr(interception)
    for line in ("CONNECT example.com:443", "CONNECT x", "GET /"):
        answer = ask(interception, f"{line} HTTP/1.1\r\nHost: x\r\n{token(interception)}\r\n")
        assert secret not in repr(answer)


# Connections


@on_each_loop
def test_a_reset_goes_through(
    interception: Interception, listener: socket.socket, closing: ExitStack
) -> None:
    near, far = joined(interception, listener, closing)
    reset(far)
    with pytest.raises(ConnectionResetError):
        read_all(near)
    near, far = joined(interception, listener, closing)
    reset(near)
    with pytest.raises(ConnectionResetError):
        read_all(far)


@on_each_loop
def test_an_end_of_one_direction_goes_through(
    interception: Interception, listener: socket.socket, closing: ExitStack
) -> None:
    near, far = joined(interception, listener, closing)
    near.sendall(b"question")
    near.shutdown(socket.SHUT_WR)
    assert read_all(far) == b"question"
    far.sendall(b"answer")
    far.shutdown(socket.SHUT_WR)
    assert read_all(near) == b"answer"


@on_each_loop
def test_much_goes_through_both_ways(
    interception: Interception, listener: socket.socket, closing: ExitStack
) -> None:
    near, far = joined(interception, listener, closing)
    there, back = b"there" * 800_000, b"back" * 1_000_000

    def send(end: socket.socket, data: bytes) -> None:
        end.sendall(data)
        end.shutdown(socket.SHUT_WR)

    with ThreadPoolExecutor(4) as pool:
        sending = [pool.submit(send, near, there), pool.submit(send, far, back)]
        reading = [pool.submit(read_all, far), pool.submit(read_all, near)]
        for one in sending:
            one.result(PATIENCE)
        assert [one.result(PATIENCE) for one in reading] == [there, back]


@on_each_loop
def test_many_go_through_at_once(
    interception: Interception, listener: socket.socket, closing: ExitStack
) -> None:
    ways = [joined(interception, listener, closing) for _ in range(100)]
    for number, (near, _) in enumerate(ways):
        near.sendall(b"%03d" % number)
    for number, (_, far) in reversed([*enumerate(ways)]):
        assert far.recv(3) == b"%03d" % number


@on_each_loop
def test_closing_it_leaves_nothing(
    mock: MockTingwu, listener: socket.socket, closing: ExitStack
) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with Interception(mock) as interception:
            near, far = joined(interception, listener, closing)
            full, _ = joined(interception, listener, closing)
            full.setblocking(False)
            with pytest.raises(BlockingIOError):
                while True:  # whom nobody reads from
                    full.send(b"x" * 65_536)
            idle = closing.enter_context(dial(interception))
            idle.sendall(b"GET")
            tunnelled = closing.enter_context(tunnel(interception, f"{TINGWU}:443"))
            port = urlsplit(proxy(interception).url).port
        for end in (near, far, idle, tunnelled):
            with pytest.raises((ConnectionResetError, AssertionError)):
                assert read_all(end) != b"", "an orderly end"
        until(lambda: mock.call(_tasks) == 0, "the end of all tasks")
        gc.collect()
    assert [str(one.message) for one in warned] == []
    with pytest.raises(ConnectionRefusedError):
        plain(port or 0)


def _tasks() -> int:
    """How many tasks there are of the proxy's on this event loop."""
    return sum("Proxy" in repr(task.get_coro()) for task in asyncio.all_tasks())


# With the network


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one name of another machine be this one."""
    original = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        return original("127.0.0.1" if host == "files.example.com" else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize("mock", ["asyncio"], indirect=True)
def test_others_are_let_through_if_the_user_says_so(
    mock: MockTingwu, listener: socket.socket, closing: ExitStack
) -> None:
    port = listener.getsockname()[1]
    with Interception(mock, allow_network=True) as interception:
        near = closing.enter_context(tunnel(interception, f"files.example.com:{port}"))
        far = closing.enter_context(listener.accept()[0])
        near.sendall(b"x")
        assert far.recv(1) == b"x"
        near = closing.enter_context(dial(interception))
        target = f"http://files.example.com:{port}/a"
        near.sendall(f"GET {target} HTTP/1.0\r\n{token(interception)}\r\n".encode())
        far = closing.enter_context(listener.accept()[0])
        assert read_head(far).startswith("GET /a HTTP/1.0\r\n")
        assert not interception.refused


@on_each_loop
@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".com"])
def test_names_that_lead_nowhere_are_told(mock: MockTingwu, host: str) -> None:
    with Interception(mock, allow_network=True) as interception:
        for line in (f"CONNECT {host}:80", f"GET http://{host}/"):
            status, body = ask(
                interception, f"{line} HTTP/1.1\r\nHost: x\r\n{token(interception)}\r\n"
            )
            assert status == 502 and f"{host}:80 cannot be reached: " in body
