"""An upgrade that is not to WebSocket is ignored: the request is read as if it offered none."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from mock_tingwu import MockTingwu
from tests.wire.helpers.raw import Answer, exchange, handshake, http, target_of, wire
from tests.wire.helpers.signed import acs3, of_kind, send, signed
from tests.wire.helpers.tasks import create
from tests.wire.test_http import BODY, START, TASKS, UNKNOWN, data

#: What Java's HttpClient sends along with every request unless told to speak HTTP/1.1.
OFFER = (
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n"
)
RAW = json.dumps(BODY).encode()
GET = http("GET", f"{TASKS}/{UNKNOWN}", extra=OFFER)


def put(extra: str = OFFER) -> bytes:
    return http("PUT", START, RAW, extra=extra)


def chunked(extra: str = OFFER, trailers: str = "") -> bytes:
    head = http("PUT", START, extra=f"Transfer-Encoding: chunked\r\n{extra}")
    return head + b"%x\r\n%b\r\n0\r\n%b\r\n" % (len(RAW), RAW, trailers.encode())


def assert_made(mock: MockTingwu, answer: Answer) -> None:
    """The body was read."""
    assert data(answer)["TaskStatus"] == "NEW"
    assert of_kind(mock, "request")[-1]["body"] == BODY


@pytest.mark.parametrize("request_bytes", [put(), chunked()], ids=["length", "chunked"])
@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_a_request_that_offers_an_upgrade_keeps_its_body(
    mock: MockTingwu, request_bytes: bytes, size: int
) -> None:
    with wire(mock) as connection:
        for _ in range(2):
            for at in range(0, len(request_bytes), size):
                connection.send(request_bytes[at : at + size])
            assert_made(mock, connection.read_answer())


def test_it_may_be_cut_in_two_anywhere(mock: MockTingwu) -> None:
    request = put()
    with wire(mock) as connection:
        for cut in range(1, len(request)):
            connection.send(request[:cut])
            connection.send(request[cut:])
            assert_made(mock, connection.read_answer())


@pytest.mark.parametrize(
    "offer",
    [
        "connection: upgrade\r\nupgrade: h2c\r\n",
        "CONNECTION: UPGRADE\r\nUPGRADE: H2C\r\n",
        "Upgrade: TLS/1.0\r\nConnection: Upgrade\r\n",
        "Upgrade: h2c, websocket\r\nConnection: Upgrade\r\n",
        "Upgrade: websocket\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n",
        "Upgrade:\r\nConnection: Upgrade\r\n",
        "Upgrade: h2c\r\nConnection: Upgrade\r\nConnection: keep-alive\r\n",
        "Upgrade: h2c\r\n",
        "Connection: Upgrade\r\n",
    ],
)
def test_whatever_it_offers_and_however_that_is_written(mock: MockTingwu, offer: str) -> None:
    with wire(mock) as connection:
        for request in (put(offer), chunked(offer)):
            connection.send(request)
            assert_made(mock, connection.read_answer())


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_connection_that_is_to_be_closed_may_offer_one(mock: MockTingwu, version: str) -> None:
    request = put("Connection: close, Upgrade\r\nUpgrade: h2c\r\n")
    with wire(mock) as connection:
        connection.send(request.replace(b"HTTP/1.1", f"HTTP/{version}".encode()))
        assert_made(mock, connection.read_answer())
        assert connection.at_end()


def test_requests_may_follow_each_other_at_once(mock: MockTingwu) -> None:
    with wire(mock) as connection:
        connection.send(GET + put() + put("") + chunked() + GET)
        assert connection.read_answer().json()["Data"]["TaskId"] == UNKNOWN
        made = [data(connection.read_answer())["TaskId"] for _ in range(3)]
        assert connection.read_answer().json()["Data"]["TaskId"] == UNKNOWN
    assert len(set(made)) == 3
    assert [entry.get("body") or None for entry in of_kind(mock, "request")] == [
        None,
        BODY,
        BODY,
        BODY,
        None,
    ]


def test_a_body_that_is_waited_for_is_asked_for(mock: MockTingwu) -> None:
    head, _, body = put(f"Expect: 100-continue\r\n{OFFER}").partition(b"\r\n\r\n")
    with wire(mock) as connection:
        connection.send(head + b"\r\n\r\n")
        assert connection.read_head().status == 100
        connection.send(body)
        assert_made(mock, connection.read_answer())


def test_the_headers_of_an_offer_can_be_signed(strict: MockTingwu) -> None:
    client = acs3(connection="Upgrade, HTTP2-Settings", upgrade="h2c")
    names = sorted(["connection", "upgrade", *client.signed.split(";")])
    answer = send(strict, signed(replace(client, signed=";".join(names))))
    assert data(answer)["TaskStatus"] == "NEW"


def test_it_may_come_before_a_handshake_on_the_same_connection(mock: MockTingwu) -> None:
    with wire(mock) as connection:
        connection.send(put())
        task = data(connection.read_answer())
        assert connection.handshake(target_of(task)).status == 101
        connection.start()


def test_a_handshake_behind_another_request_is_answered_after_it_and_switches_nothing(
    mock: MockTingwu,
) -> None:
    target = target_of(create(mock))
    with wire(mock) as connection:
        connection.send(chunked() + handshake(mock, target) + GET)
        assert data(connection.read_answer())["TaskStatus"] == "NEW"
        assert connection.read_answer().status == 404
        assert connection.read_answer().json()["Data"]["TaskId"] == UNKNOWN
        assert connection.handshake(target).status == 101
        connection.start()


def test_trailers_offer_nothing(mock: MockTingwu) -> None:
    trailers = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    with wire(mock) as connection:
        for offer in ("", "Upgrade: h2c\r\n", "Connection: Upgrade\r\n", OFFER):
            connection.send(chunked(offer, trailers))
            assert_made(mock, connection.read_answer())
            connection.send(GET)
            assert connection.read_answer().status == 200
    assert len(of_kind(mock, "request")) == 8


def test_a_tunnel_is_none(mock: MockTingwu) -> None:
    for target in ("h:80", "http://h", "/"):
        answer = exchange(mock, http("CONNECT", target, extra=OFFER))
        assert (answer.status, answer.json()["Code"]) == (400, "UnsupportedHTTPMethod")
    assert of_kind(mock, "request") == []


def test_nothing_is_logged_of_it(mock: MockTingwu, caplog: pytest.LogCaptureFixture) -> None:
    exchange(mock, put())
    assert caplog.text == ""
