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
        (get(method=b"GETX"), "UnsupportedHTTPMethod", "Expected space after method"),
        (get(method=b"CONNECT", target=b"h:80"), "UnsupportedHTTPMethod", "CONNECT is for"),
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


# What is shown of it


@pytest.mark.parametrize(
    ("request_bytes", "shown", "method", "target"),
    [
        (b"GET /x HTTP/1.1\nAuthorization: acs id:c2ln\n\n", "GET /x HTTP/1.1", "GET", "/x"),
        (b"GET /x HTTP/1.1\rAuthorization: acs id:c2ln\r\r", "GET /x HTTP/1.1", "GET", "/x"),
        (b"FOO /x HTTP/1.1\nAuthorization: acs id:c2ln\n\n", "FOO /x HTTP/1.1", "FOO", "/x"),
        (b"\r\nFOO /x HTTP/1.1\r\nAuthorization: acs id:c2ln\r\n\r\n", None, "FOO", "/x"),
        (b"GET /a b HTTP/1.1\r\n\r\n", "GET /a b HTTP/1.1", "GET", "/a"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI * HTTP/2.0", "PRI", "*"),
        (b"Authorization: Bearer sk-c2ln\r\n\r\n", "'Authorization:", "", ""),
        (b"x-acs-security-token: c2ln\r\n\r\n", "'x-acs-security-t'", "", ""),
        (b"get /x HTTP/1.1\r\n\r\n", "'get'", "", ""),
        (b"G\xcbT /x HTTP/1.1\r\n\r\n", "'GËT'", "", ""),
        (b"A" * 17 + b" /x HTTP/1.1\r\n\r\n", f"'{'A' * 16}'", "", ""),
        (b"\x16\x03\x01\x02\x00\x01\x00", r"'\x16\x03\x01\x02\x00\x01\x00'", "", ""),
        (b'{"AppKey": "c2ln"}\n', """'{"AppKey":'""", "", ""),
        (b" /x HTTP/1.1\r\n\r\n", "''", "", ""),
    ],
)
def test_no_more_of_it_is_shown_than_a_request_line(
    mock: MockTingwu, request_bytes: bytes, shown: str | None, method: str, target: str
) -> None:
    assert exchange(mock, request_bytes).status == 400
    note, response = mock.journal
    if method:
        shown = shown or f"{method} {target} HTTP/1.1"
        assert re.fullmatch(f"no HTTP request: [^:]+: {re.escape(shown)}", note["text"])
    else:
        assert f"; it begins with {shown}" in note["text"]
    assert (response["method"], response["target"]) == (method, target)
    assert "c2ln" not in repr(mock.journal)


# Targets


@pytest.mark.parametrize(
    ("target", "read"),
    [
        ("http://127.0.0.1", "/"),
        ("HTTP://user@h:80", "/"),
        ("http://[::1]:80?a=b/c?d", "/?a=b/c?d"),
        ("http://h/x?y", "/x?y"),
        ("http://h/", "/"),
        ("//h", "//h"),
        ("*", "*"),
    ],
)
def test_a_target_may_be_a_url_also_without_a_path(
    mock: MockTingwu, target: str, read: str
) -> None:
    answer = exchange(mock, get(target=target.encode()))
    # Whatever has the path / is Live's, where parameters name the call.
    code = "MissingAction" if read.partition("?")[0] == "/" else "InvalidApi.NotFound"
    assert answer.json()["Code"] == code
    kinds = ("request", "response")
    entries = [entry for entry in mock.journal if entry["kind"] in kinds]
    assert [entry["target"] for entry in entries] == [read, read]


# Trailers


CHUNKED = get(b"Transfer-Encoding: chunked\r\n", method=b"PUT", target=b"/nowhere")


@pytest.mark.parametrize("trailer", [b"a" * MAX_HEAD, b"x: y\r\n" * (MAX_HEAD // 6)])
def test_trailers_without_end_are_refused_while_they_come(mock: MockTingwu, trailer: bytes) -> None:
    parts = 0
    with wire(mock) as connection, contextlib.suppress(OSError):  # refused, and hung up on
        connection.send(CHUNKED + b"2\r\n{}\r\n0\r\n")
        if trailer.startswith(b"a"):
            connection.send(b"x: ")
        for _ in range(200):
            connection.send(trailer)
            parts += 1
    assert parts < 200
    notes = [entry["text"] for entry in mock.journal if entry["kind"] == "note"]
    why = f"trailers are longer than {MAX_HEAD} bytes"
    assert f"no HTTP request: {why}: PUT /nowhere HTTP/1.1" in notes


def test_trailers_of_some_length_are_taken_behind_a_body_of_any_length(mock: MockTingwu) -> None:
    body = b"%x\r\n%b\r\n" % (3 * MAX_HEAD, b" " * (3 * MAX_HEAD))
    with wire(mock) as connection:
        for _ in range(2):
            connection.send(CHUNKED + body * 2 + b"0\r\nx: " + b"a" * (MAX_HEAD - 100))
            connection.send(b"\r\n\r\n")
            assert connection.read_answer().status == 404


def test_trailers_are_no_headers(mock: MockTingwu) -> None:
    chunked = get(b"Transfer-Encoding: chunked\r\n", method=b"PUT", target=b"/nowhere")
    answer = exchange(mock, chunked + b"2\r\n{}\r\n0\r\nAuthorization: acs trailer:x\r\n\r\n")
    assert answer.status == 404
    (request,) = (entry for entry in mock.journal if entry["kind"] == "request")
    assert request["signature"] == "missing"
