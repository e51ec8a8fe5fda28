"""HTTP to loopback addresses that are another network's."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import trustme

from mock_tingwu.loopback import BlockingTransport, MakeSocket, Transport

PATIENCE = 10.0
#: A time-out that comes.
SHORT = 0.1
#: Where nothing listens.
NOWHERE = 1
Get = Callable[..., httpx.Response]


class Elsewhere:
    """A network of its own, as far as that goes: whatever address is meant, ``port`` answers."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.families: list[int] = []
        self.made: list[socket.socket] = []

    def make(self, family: int) -> socket.socket:
        address = ("127.0.0.1" if family == socket.AF_INET else "::ffff:127.0.0.1", self.port)

        class There(socket.socket):
            def connect(self, _: object) -> None:
                super().connect(address)

        self.families.append(family)
        self.made.append(There(family, socket.SOCK_STREAM))
        return self.made[-1]


def none_is_made(family: int) -> socket.socket:
    raise OSError("there are no more")


class Server(ThreadingHTTPServer):
    """Answers its name."""

    name = b""

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients leave as they like."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        if self.path == "/silent":
            self.connection.settimeout(PATIENCE)
            self.rfile.read(1)
            return
        self.send_response(200)
        length = 100 if self.path == "/cut" else len(self.server.name)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(self.server.name)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving(name: bytes, secure: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server; its port."""
    with Server(("127.0.0.1", 0), Handler) as server:
        server.name = name
        if secure is not None:
            server.socket = secure.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def there() -> Iterator[int]:
    with serving(b"there") as port:
        yield port


@pytest.fixture(scope="module")
def here() -> Iterator[int]:
    with serving(b"here") as port:
        yield port


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def get_blocking(
    make: MakeSocket, trusted: ssl.SSLContext, url: str, body: bytes | None, timeout: float
) -> httpx.Response:
    with httpx.Client(transport=BlockingTransport(make, trusted), timeout=timeout) as client:
        return client.request("GET" if body is None else "POST", url, content=body)


def get_on_a_loop(
    make: MakeSocket, trusted: ssl.SSLContext, url: str, body: bytes | None, timeout: float
) -> httpx.Response:
    async def get() -> httpx.Response:
        transport = Transport(make, trusted)
        async with httpx.AsyncClient(transport=transport, timeout=timeout) as client:
            return await client.request("GET" if body is None else "POST", url, content=body)

    return asyncio.run(get())


@pytest.fixture(params=[get_blocking, get_on_a_loop], ids=["blocking", "loop"])
def get(request: pytest.FixtureRequest, authority: trustme.CA) -> Get:
    """Gets a URL, in either way."""
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)

    def get(
        make: MakeSocket, url: str, body: bytes | None = None, timeout: float = PATIENCE
    ) -> httpx.Response:
        found: httpx.Response = request.param(make, trusted, url, body, timeout)
        return found

    return get


def all_closed(elsewhere: Elsewhere) -> bool:
    return all(sock.fileno() == -1 for sock in elsewhere.made)


@pytest.mark.parametrize(
    ("host", "family"),
    [
        ("127.0.0.1", socket.AF_INET),
        ("127.8.0.1", socket.AF_INET),
        ("localhost", socket.AF_INET),
        ("app.localhost", socket.AF_INET),
        ("[::1]", socket.AF_INET6),
    ],
)
def test_a_loopback_address_is_there(get: Get, there: int, host: str, family: int) -> None:
    elsewhere = Elsewhere(there)
    assert get(elsewhere.make, f"http://{host}:8080/").content == b"there"
    assert elsewhere.families == [family]
    assert all_closed(elsewhere)


def test_a_name_is_there_by_either_family(get: Get, here: int) -> None:
    elsewhere = Elsewhere(NOWHERE)
    assert get(elsewhere.make, f"http://localhost:{here}/").content == b"here"
    assert elsewhere.families == [socket.AF_INET, socket.AF_INET6]


def test_where_nothing_listens_there_the_machine_is_asked(get: Get, here: int) -> None:
    elsewhere = Elsewhere(NOWHERE)
    assert get(elsewhere.make, f"http://127.0.0.1:{here}/").content == b"here"
    assert len(elsewhere.made) == 1 and all_closed(elsewhere)


def test_when_no_socket_can_be_had_the_machine_is_asked(get: Get, here: int) -> None:
    assert get(none_is_made, f"http://127.0.0.1:{here}/").content == b"here"


def test_other_addresses_are_nobody_elses(get: Get, here: int, there: int) -> None:
    elsewhere = Elsewhere(there)
    assert get(elsewhere.make, f"http://0.0.0.0:{here}/").content == b"here"
    assert elsewhere.made == []


def test_what_nobody_listens_to_is_refused(get: Get) -> None:
    elsewhere = Elsewhere(NOWHERE)
    with pytest.raises(httpx.ConnectError) as raised:
        get(elsewhere.make, f"http://127.0.0.1:{NOWHERE}/")
    assert "ConnectionRefusedError" in [type(cause).__name__ for cause in causes(raised.value)]
    assert all_closed(elsewhere)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def test_much_is_sent_and_comes_back(get: Get, there: int) -> None:
    body = b"0123456789" * 500_000
    assert get(Elsewhere(there).make, "http://127.0.0.1:8080/", body).content == body


def test_tls_is_spoken_and_certificates_are_checked(get: Get, authority: trustme.CA) -> None:
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(secure)
    with serving(b"by TLS", secure) as port:
        elsewhere = Elsewhere(port)
        assert get(elsewhere.make, "https://localhost:8443/").content == b"by TLS"
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED") as raised:
            get(elsewhere.make, "https://127.0.0.1:8443/")
        assert ssl.SSLCertVerificationError in [type(cause) for cause in causes(raised.value)]
        assert len(elsewhere.made) == 2 and all_closed(elsewhere)


def test_what_speaks_no_tls_is_an_error(get: Get, there: int) -> None:
    elsewhere = Elsewhere(there)
    with pytest.raises(httpx.ConnectError):
        get(elsewhere.make, "https://127.0.0.1:8443/")
    assert all_closed(elsewhere)


def test_silence_has_its_time(get: Get, there: int) -> None:
    elsewhere = Elsewhere(there)
    with pytest.raises(httpx.ReadTimeout):
        get(elsewhere.make, "http://127.0.0.1:8080/silent", timeout=SHORT)
    assert all_closed(elsewhere)


def test_an_answer_that_breaks_off_is_an_error(get: Get, there: int) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        get(Elsewhere(there).make, "http://127.0.0.1:8080/cut")


def test_who_accepts_nobody_has_his_time(get: Get) -> None:
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        elsewhere = Elsewhere(full.getsockname()[1])
        with pytest.raises(httpx.ConnectTimeout):
            get(elsewhere.make, "http://127.0.0.1:8080/", timeout=SHORT)
        assert len(elsewhere.made) == 1 and all_closed(elsewhere)
