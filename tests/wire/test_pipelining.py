"""Requests that are sent before the last one is answered, also if one of them cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.server.http import MAX_HEAD
from tests.wire.helpers.raw import Answer, http, wire
from tests.wire.test_http import BODY, START, TASKS, UNKNOWN, data

RAW = json.dumps(BODY).encode()
GET = http("GET", f"{TASKS}/{UNKNOWN}")
PUT = http("PUT", START, RAW)
CHUNKED = http("PUT", START, extra="Transfer-Encoding: chunked\r\n")
GARBAGE = b"FOO / HTTP/1.1\r\n\r\n"


def assert_refused(answer: Answer, code: str) -> None:
    assert (answer.status, answer.json()["Code"]) == (400, code)
    assert answer.header("connection") == "close"


def told(mock: MockTingwu) -> list[tuple[str, Any]]:
    """The kinds of the journal's entries, with what answers had for status and notes for text."""
    return [(entry["kind"], entry.get("status", entry.get("text"))) for entry in mock.journal]


def test_a_long_body_is_no_part_of_the_head_behind_it(mock: MockTingwu) -> None:
    padded = RAW + b" " * (2 * MAX_HEAD)
    with wire(mock) as connection:
        for _ in range(5):
            connection.send(http("PUT", START, padded) + GET[:-2])
            assert data(connection.read_answer())["TaskStatus"] == "NEW"
            connection.send(GET[-2:])
            assert connection.read_answer().status == 200


@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_cannot_be_read_is_refused_when_all_before_it_is_answered(
    mock: MockTingwu, count: int
) -> None:
    with wire(mock) as connection:
        connection.send(GET * count + GARBAGE + GET)
        for _ in range(count):
            assert connection.read_answer().status == 200
        assert_refused(connection.read_answer(), "UnsupportedHTTPMethod")
        assert connection.at_end()
    assert told(mock) == [
        *([("request", None), ("response", 200)] * count),
        ("note", "no HTTP request: Invalid method encountered: FOO / HTTP/1.1"),
        ("response", 400),
    ]


def test_what_a_length_leaves_over_is_refused_after_the_answer(mock: MockTingwu) -> None:
    with wire(mock) as connection:
        connection.send(PUT + b"}")
        assert data(connection.read_answer())["TaskStatus"] == "NEW"
        assert_refused(connection.read_answer(), "UnsupportedHTTPMethod")
        assert connection.at_end()
    note = "no HTTP request: Invalid method encountered; it begins with '}'"
    assert told(mock)[-3:] == [("response", 200), ("note", note), ("response", 400)]


def test_a_line_end_between_requests_is_nothing(mock: MockTingwu) -> None:
    with wire(mock) as connection:
        connection.send(b"\r\n" + PUT + b"\n\r\n" + PUT + b"\r\n")
        assert data(connection.read_answer())["TaskStatus"] == "NEW"
        assert data(connection.read_answer())["TaskStatus"] == "NEW"
        connection.send(GET)
        assert connection.read_answer().status == 200


def test_the_refusal_stands_for_the_request_that_breaks_off_in_its_body(mock: MockTingwu) -> None:
    with wire(mock) as connection:
        connection.send(GET + PUT + CHUNKED + b"2\r\n{}\r\nzz\r\n" + GET)
        assert connection.read_answer().status == 200
        assert data(connection.read_answer())["TaskStatus"] == "NEW"
        assert_refused(connection.read_answer(), "InvalidParameter.Format")
        assert connection.at_end()


def test_so_it_does_if_that_request_is_being_answered(mock: MockTingwu) -> None:
    with wire(mock) as connection:
        connection.send(CHUNKED)
        connection.send(b"2\r\n{}\r\nzz\r\n")
        assert_refused(connection.read_answer(), "InvalidParameter.Format")
        assert connection.at_end()


def test_what_is_answered_already_is_not_answered_again(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(max_body_bytes=10)
    with wire(mock) as connection:
        connection.send(CHUNKED + b"b\r\n12345678901\r\n")
        assert connection.read_answer().status == 413
        connection.send(b"zz\r\n")
        assert connection.at_end()


def test_an_answer_that_has_begun_is_completed(mock: MockTingwu) -> None:
    content = bytes(8_000_000)
    hosted = httpx.post(f"{mock.url}/_mock/files?name=a.mp3", content=content).json()["url"]
    target = hosted.removeprefix(mock.url)
    with wire(mock) as connection:
        connection.send(http("GET", target, extra="Transfer-Encoding: chunked\r\n"))
        head = connection.read_head()
        assert head.header("content-length") == str(len(content))
        connection.send(b"zz\r\n")
        assert connection._take(len(content)) == content
        assert connection.at_end()


def test_after_the_last_request_nothing_is_read(mock: MockTingwu) -> None:
    last = http("GET", f"{TASKS}/{UNKNOWN}", extra="Connection: close\r\n")
    with wire(mock) as connection:
        connection.send(last + GARBAGE)
        assert connection.read_answer().status == 200
        assert connection.at_end()
    assert told(mock) == [("request", None), ("response", 200)]


def test_the_first_line_of_what_cannot_be_read_may_come_in_pieces(mock: MockTingwu) -> None:
    with wire(mock) as connection:
        connection.send(GET)
        assert connection.read_answer().status == 200
        connection.send_bytewise(b"GET /x HTTP/1.1\r\nHost: h\r\nno ")
        assert_refused(connection.read_answer(), "InvalidParameter.Format")
    note = "no HTTP request: Invalid header token: GET /x HTTP/1.1"
    assert told(mock)[-2] == ("note", note)
