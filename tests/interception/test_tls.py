"""The server by TLS, on the wire."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from mock_tingwu import MockTingwu
from mock_tingwu.interception.authority import LEAF_LIFETIME, Authority
from mock_tingwu.server import process, tls
from mock_tingwu.server.websocket import UNREAD_BYTES
from mock_tingwu.settings import Settings, SettingsError
from tests.core.test_segmentation import silence, speech
from tests.interception.helpers import (
    BUCKET,
    DASHSCOPE,
    PATIENCE,
    REALTIME,
    TASKS,
    TINGWU,
    call,
    plain,
    secured,
)
from tests.realtime.helpers import Pusher, until


@pytest.fixture(params=["uvloop", "asyncio"])
def mock(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    start_mock: Callable[..., MockTingwu],
) -> MockTingwu:
    """A mock with TLS, on each kind of event loop."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    monkeypatch.setattr(process, "_has_uvloop", lambda: request.param == "uvloop")
    return start_mock(tls_port=0)


def names(connection: ssl.SSLSocket) -> list[str]:
    """Whom the certificate of a server is for."""
    der = connection.getpeercert(binary_form=True)
    assert der is not None
    leaf = x509.load_der_x509_certificate(der)
    found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(one.value) for one in found]


def at_end(connection: socket.socket) -> bool:
    """Whether the server hangs up now, in whatever way."""
    try:
        while connection.recv(65_536):
            pass
    except OSError as error:
        return not isinstance(error, TimeoutError)
    return True


# Handshakes


@pytest.mark.parametrize("name", [TINGWU, DASHSCOPE, BUCKET])
def test_it_is_whatever_host_of_the_cloud_is_asked_for(
    mock: MockTingwu, trusting: ssl.SSLContext, name: str
) -> None:
    with secured(mock, trusting, name) as connection:
        assert names(connection) == [name]
        assert connection.version() == "TLSv1.3"
    shouted = ssl.create_default_context(cafile=None)
    shouted.check_hostname, shouted.verify_mode = False, ssl.CERT_NONE
    with secured(mock, shouted, name.upper()) as connection:
        assert names(connection) == [name]


def test_nothing_comes_behind_the_handshake_unasked(
    mock: MockTingwu, trusting: ssl.SSLContext
) -> None:
    with secured(mock, trusting, TINGWU) as connection:
        connection.sendall(f"GET /_mock/health HTTP/1.1\r\nHost: {TINGWU}\r\n\r\n".encode())
        assert connection.recv(65_536)
        assert connection.version() == "TLSv1.3"
        assert connection.session is not None and not connection.session.has_ticket


def test_a_certificate_that_cannot_be_made_is_told_in_a_line(
    mock: MockTingwu,
    trusting: ssl.SSLContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path / "nothing"))
        with pytest.raises(OSError), secured(mock, trusting, DASHSCOPE):
            pass
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == [f"no certificate for {DASHSCOPE}: No such file or directory"]
    with secured(mock, trusting, DASHSCOPE) as connection:
        assert names(connection) == [DASHSCOPE]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_it_is_this_machine_otherwise(
    mock: MockTingwu, trusting: ssl.SSLContext, name: str
) -> None:
    with secured(mock, trusting, name) as connection:
        assert names(connection) == ["localhost", "127.0.0.1", "::1"]


def test_it_is_this_machine_for_who_names_nobody(
    mock: MockTingwu, trusting: ssl.SSLContext
) -> None:
    trusting.check_hostname = False
    with secured(mock, trusting, None) as connection:
        assert "localhost" in names(connection)


@pytest.mark.parametrize("name", ["example.com", f"{TINGWU}.example.com", "aliyuncs.com"])
def test_it_is_nobody_else(mock: MockTingwu, trusting: ssl.SSLContext, name: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=f"not valid for '{name}'"):
        secured(mock, trusting, name)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_versions_are_refused(mock: MockTingwu, trusting: ssl.SSLContext) -> None:
    trusting.minimum_version = ssl.TLSVersion.TLSv1
    trusting.maximum_version = ssl.TLSVersion.TLSv1_1
    trusting.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.raises(OSError, match=r"(?i)protocol|reset"):
        secured(mock, trusting, TINGWU)
    trusting.maximum_version = ssl.TLSVersion.TLSv1_2
    with secured(mock, trusting, TINGWU) as connection:
        assert connection.version() == "TLSv1.2"


def test_http_11_is_all_it_offers(mock: MockTingwu, trusting: ssl.SSLContext) -> None:
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    with secured(mock, trusting, TINGWU) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"


def test_plain_http_on_the_port_of_tls_is_told(mock: MockTingwu) -> None:
    assert mock.tls_port is not None
    for start in (b"GET /", b"CONNECT x:1"):
        with plain(mock.tls_port) as connection:
            connection.sendall(b"%b HTTP/1.1\r\nHost: x\r\n\r\n" % start)
            answer = HTTPResponse(connection)
            answer.begin()
            assert (answer.status, b"speaks TLS" in answer.read()) == (400, True)
            assert at_end(connection)
    with plain(mock.tls_port) as connection:
        connection.sendall(b"nonsense" * 10)
        assert at_end(connection)


def test_tls_on_the_plain_port_ends(mock: MockTingwu, trusting: ssl.SSLContext) -> None:
    with pytest.raises(OSError, match=r"(?i)wrong.version|record|reset"):
        secured(mock, trusting, TINGWU, port=mock.port)


def test_who_says_nothing_or_half_of_it_keeps_nobody_up(
    mock: MockTingwu, trusting: ssl.SSLContext
) -> None:
    assert mock.tls_port is not None
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    hello = trusting.wrap_bio(incoming, outgoing, server_hostname=TINGWU)
    with pytest.raises(ssl.SSLWantReadError):
        hello.do_handshake()
    with plain(mock.tls_port) as silent, plain(mock.tls_port) as half:
        half.sendall(outgoing.read()[:100])
        answer = call(mock, trusting, f"https://{TINGWU}{TASKS}/{'0' * 32}")
        assert answer.status == 404 or answer.json()["Code"]
        mock.close()
        assert at_end(silent) and at_end(half)


# Requests


def test_a_connection_serves_many_requests(mock: MockTingwu, trusting: ssl.SSLContext) -> None:
    request = f"GET {TASKS}/{'0' * 32} HTTP/1.1\r\nHost: {TINGWU}\r\n\r\n".encode()
    with secured(mock, trusting, TINGWU) as connection:
        connection.sendall(request * 20)
        received = b""
        while received.count(b"HTTP/1.1 ") < 20:
            received += connection.recv(65_536)


@pytest.mark.parametrize("stage", ["before", "after"])
@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_is_dropped(
    mock: MockTingwu, trusting: ssl.SSLContext, stage: str, reset: bool
) -> None:
    mock.faults.add(
        {"type": "drop_connection", "stage": stage, "reset": reset},
        match={"operation": "GetTaskInfo"},
    )
    request = f"GET {TASKS}/{'0' * 32} HTTP/1.1\r\nHost: {TINGWU}\r\n\r\n".encode()
    with secured(mock, trusting, TINGWU) as connection:
        connection.sendall(request)
        assert at_end(connection)


# Streams


@pytest.fixture
def client(mock: MockTingwu, trusting: ssl.SSLContext) -> Iterator[Pusher]:
    """A stream by TLS, under its own host name."""
    target = f"https://{TINGWU}{TASKS}?type=realtime"
    url = call(mock, trusting, target, REALTIME, method="PUT").data["MeetingJoinUrl"]
    raw = secured(mock, trusting, urlsplit(url).hostname)
    with connect(url.replace("wss:", "ws:"), sock=raw, close_timeout=0.2) as connection:
        client = Pusher(connection)
        client.start()
        yield client


def end_of(client: Pusher) -> int:
    """Receive to the end; return the code that it came with."""
    with pytest.raises(ConnectionClosed):
        while True:
            client.receive()
    return client.socket.close_code or 1006


@pytest.mark.parametrize(
    ("action", "code"), [({"type": "ws_drop"}, 1006), ({"type": "ws_close", "code": 4001}, 4001)]
)
def test_a_stream_is_cut_or_closed(
    mock: MockTingwu, client: Pusher, action: dict[str, object], code: int
) -> None:
    mock.faults.add(action, match={"event": "SentenceEnd"})
    client.push(speech(2_500) + silence(1_200))
    assert end_of(client) == code


def test_a_refused_handshake_is_answered(mock: MockTingwu, trusting: ssl.SSLContext) -> None:
    host = "tingwu-realtime-cn-beijing.aliyuncs.com"
    head = (
        f"GET /api/ws/v1?mc=nonsense HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with secured(mock, trusting, host) as connection:
        connection.sendall(head.encode())
        assert connection.recv(65_536).startswith(b"HTTP/1.1 4")
        assert at_end(connection)


def test_who_reads_nothing_is_not_read_either(mock: MockTingwu, client: Pusher) -> None:
    (session,) = mock.sessions
    raw = client.socket.socket

    def stalled() -> bool:
        # What nobody reads fills the buffers of the systems first.
        for _ in range(8):
            session.send({"filler": "x" * (UNREAD_BYTES // 8)})
        return any(getattr(one, "stalled", False) for one in mock._server.server_state.connections)

    raw.settimeout(PATIENCE)
    until(stalled, "a stalled connection")


def test_open_connections_end_with_the_server(
    mock: MockTingwu, trusting: ssl.SSLContext, client: Pusher
) -> None:
    with secured(mock, trusting, TINGWU) as idle, warnings.catch_warnings():
        warnings.simplefilter("error")
        mock.close()
        assert end_of(client) == 1001
        assert at_end(idle)


def test_hanging_up_ends_what_came_by_tls_alone(
    mock: MockTingwu, trusting: ssl.SSLContext, client: Pusher
) -> None:
    request = f"GET {TASKS}/{'0' * 32} HTTP/1.1\r\nHost: {TINGWU}\r\n\r\n".encode()
    with secured(mock, trusting, TINGWU) as idle, plain(mock.port) as other:
        idle.sendall(request)
        assert idle.recv(65_536).startswith(b"HTTP/1.1 ")
        mock.call(mock._server.hang_up_tls)
        assert at_end(idle)
        assert end_of(client) == 1006
        other.sendall(request)
        assert other.recv(100).startswith(b"HTTP/1.1 ")


# Starting


def test_its_port_is_known_as_long_as_the_mock(tls_mock: MockTingwu) -> None:
    port = tls_mock.tls_port
    assert port and port != tls_mock.port
    tls_mock.close()
    assert tls_mock.tls_port == port
    assert MockTingwu().tls_port is None


def test_a_port_that_is_taken_is_told(tls_mock: MockTingwu) -> None:
    taken = tls_mock.tls_port
    with pytest.raises(
        SettingsError, match=rf"cannot listen on --host 127.0.0.1 --tls-port {taken}"
    ):
        MockTingwu(tls_port=taken).start()


def test_where_no_authority_can_be_kept_a_mock_has_one_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, start_mock: Callable[..., MockTingwu]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MOCK_TINGWU_CA_DIR", str(tmp_path / "file"))
    with pytest.raises(SettingsError, match=r"cannot be kept in .*: Not a directory"):
        process.Server(Settings(port=0, tls_port=0)).listen()
    mock = start_mock(tls_port=0)
    assert mock._server.authority is not None
    trusting = ssl.create_default_context(cadata=mock._server.authority.pem.decode())
    with secured(mock, trusting, TINGWU) as connection:
        assert connection.version()


def test_a_certificate_is_renewed_when_half_of_its_time_is_over(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    context = tls.serving(authority)

    def chosen(name: str) -> ssl.SSLContext:
        connection = context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True)
        assert context.sni_callback is not None
        assert context.sni_callback(connection, name, context) is None
        return connection.context

    names = (TINGWU, "localhost")
    first = [chosen(name) for name in names]
    now += LEAF_LIFETIME.total_seconds() / 2 - 1
    assert [chosen(name) for name in names] == first
    now += 2
    second = [chosen(name) for name in names]
    assert not set(first) & set(second)
    assert [chosen(name) for name in names] == second


def test_that_there_is_no_room_is_told_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "_PAUSE_S", 0)

    async def accept() -> None:
        loop, tries = asyncio.get_running_loop(), 0
        over = asyncio.Event()

        async def full(_: socket.socket) -> tuple[socket.socket, str]:
            nonlocal tries
            tries += 1
            if tries == 5:
                over.set()
            raise OSError(errno.EMFILE, "Too many open files")

        monkeypatch.setattr(loop, "sock_accept", full)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            acceptor = tls.Acceptor(listener, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), _nobody)
            await asyncio.wait_for(over.wait(), PATIENCE)
            await acceptor.close()

    asyncio.run(accept())
    assert [r.getMessage() for r in caplog.records] == [
        "a connection by TLS cannot be accepted: Too many open files"
    ]


def _nobody() -> asyncio.Protocol:
    raise AssertionError


def test_a_server_that_does_not_start_leaves_no_port_open(monkeypatch: pytest.MonkeyPatch) -> None:
    mock = MockTingwu(tls_port=0)

    def fails() -> None:
        raise RuntimeError("no start")

    monkeypatch.setattr(mock._server.world, "resume", fails)
    with pytest.raises(RuntimeError, match="no start"):
        mock.start()
    assert mock.tls_port is not None
    with pytest.raises(ConnectionRefusedError):
        plain(mock.tls_port)
