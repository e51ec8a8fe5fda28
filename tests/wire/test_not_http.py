"""What cannot be read as HTTP is answered in JSON, as SDKs expect of every error."""

from __future__ import annotations

import contextlib
import re

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.server.http import MAX_HEAD
from tests.wire.helpers.raw import exchange, wire
from tests.wire.test_http import TASKS, UNKNOWN

TARGET = f"{TASKS}/{UNKNOWN}".encode()
HEADERS = b"Host: h\r\nAccept: application/json\r\n"
TOO_LONG = f"request line and headers are longer than {MAX_HEAD} bytes"


def get(extra: bytes = b"", *, method: bytes = b"GET", target: bytes = TARGET) -> bytes:
    return method + b" " + target + b" HTTP/1.1\r\n" + HEADERS + extra + b"\r\n"


def padded(size: int) -> bytes:
    """A request whose head is of this size, as the bound counts it."""
    counted = len(TARGET) + len(b"Hosth") + len(b"Acceptapplication/json") + 8 + len(b"x") + 4
    return get(b"x: " + b"a" * (size - counted) + b"\r\n")


@pytest.mark.parametrize(
    ("request_bytes", "code", "why"),
    [
        (get(method=b"FOO"), "UnsupportedHTTPMethod", "Invalid method encountered"),
        (get(method=b"get"), "UnsupportedHTTPMethod", "Invalid method encountered"),
        (get(method=b"GETX"), "UnsupportedHTTPMethod", "Expected space after method"),
        (get(method=b"CONNECT", target=b"h:80"), "UnsupportedHTTPMethod", "invalid url"),
        (get(target=b"/\xe4\xbb\xbb"), "InvalidParameter.Format", "Invalid char in url path"),
        (get(target=b"/\xff"), "InvalidParameter.Format", "Invalid char in url path"),
        (get(b"no colon\r\n"), "InvalidParameter.Format", "Invalid header token"),
        (
            get(b"Content-Length: 99999999999999999999999\r\n", method=b"PUT"),
            "InvalidParameter.Format",
            "Content-Length overflow",
        ),
        (padded(MAX_HEAD + 1), "InvalidParameter.Format", TOO_LONG),
        (get(b"x: y\r\n" * 11_000), "InvalidParameter.Format", TOO_LONG),
        (get(target=b"/" + b"a" * MAX_HEAD), "InvalidParameter.Format", TOO_LONG),
    ],
)
def test_a_request_that_cannot_be_read_is_refused_in_json(
    mock: MockTingwu, request_bytes: bytes, code: str, why: str
) -> None:
    answer = exchange(mock, request_bytes)
    assert (answer.status, answer.json()["Code"]) == (400, code)
    assert list(answer.json()) == ["RequestId", "HostId", "Code", "Message", "Recommend"]
    assert answer.header("content-type") == "application/json;charset=utf-8"
    assert answer.header("x-acs-request-id") == answer.json()["RequestId"]
    assert answer.header("connection") == "close"
    note, response = mock.journal[-2:]
    start = request_bytes.partition(b"\r\n")[0][:200].decode("latin-1")
    assert re.fullmatch(f"no HTTP request: {why}.*: {re.escape(start)}", note["text"])
    assert (response["status"], response["body"]) == (400, answer.json())


def test_what_comes_after_it_on_the_connection_is_not_answered(mock: MockTingwu) -> None:
    with wire(mock) as connection:
        connection.send(get(method=b"FOO") + get())
        assert connection.read_answer().status == 400
        assert connection.at_end()


def test_a_head_of_the_greatest_size_is_taken(mock: MockTingwu) -> None:
    assert exchange(mock, padded(MAX_HEAD)).status == 200


def test_a_header_without_end_is_refused_while_it_comes(mock: MockTingwu) -> None:
    parts = 0
    with wire(mock) as connection, contextlib.suppress(OSError):  # refused, and hung up on
        connection.send(b"GET " + TARGET + b" HTTP/1.1\r\nx: ")
        for _ in range(200):
            connection.send(b"a" * MAX_HEAD)
            parts += 1
    assert parts < 200
    (note,) = (entry for entry in mock.journal if entry["kind"] == "note")
    assert note["text"].startswith(f"no HTTP request: {TOO_LONG}: GET {TASKS}")


def test_trailers_are_no_headers(mock: MockTingwu) -> None:
    chunked = get(b"Transfer-Encoding: chunked\r\n", method=b"PUT", target=b"/nowhere")
    answer = exchange(mock, chunked + b"2\r\n{}\r\n0\r\nAuthorization: acs trailer:x\r\n\r\n")
    assert answer.status == 404
    (request,) = (entry for entry in mock.journal if entry["kind"] == "request")
    assert request["signature"] == "missing"
