"""Requests that mean two things, paths that lead out, and texts that would be headers."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from urllib.parse import quote

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.protocols.signing import oss_url
from mock_tingwu.services.world import BUCKET, LINK_KEY, LINK_SECRET
from tests.wire.helpers.raw import Answer, exchange, http, wire
from tests.wire.test_http import BODY, START, TASKS, data

# Smuggling: a request in what another reader takes for the body of the one before it

HIDDEN = b"GET /_mock/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
LENGTH = len(HIDDEN)
CHUNKED = "Transfer-Encoding: chunked\r\n"


def ambiguous(headers: str, body: bytes = b"0\r\n\r\n") -> bytes:
    return f"PUT /nowhere HTTP/1.1\r\nHost: h\r\n{headers}\r\n".encode("latin-1") + body + HIDDEN


@pytest.mark.parametrize(
    "request_bytes",
    [
        ambiguous(f"Content-Length: 4\r\n{CHUNKED}"),
        ambiguous(f"{CHUNKED}Content-Length: {LENGTH + 5}\r\n"),
        ambiguous(f"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 4\r\n{CHUNKED}"),
        ambiguous(f"{CHUNKED}Transfer-Encoding: identity\r\n"),
        ambiguous("Transfer-Encoding: xchunked\r\n"),
        ambiguous("Transfer-Encoding: chunked, gzip\r\n"),
        ambiguous("Transfer-Encoding : chunked\r\n"),
        ambiguous("Transfer-Encoding: \x0bchunked\r\n"),
        ambiguous("Transfer-Encoding:\r\n chunked\r\n"),
        ambiguous(f"Content-Length: 0\r\nContent-Length: {LENGTH}\r\n", b""),
        ambiguous(f"Content-Length: {LENGTH}\r\nContent-Length: {LENGTH}\r\n", b""),
        ambiguous(f"Content-Length: 0, {LENGTH}\r\n", b""),
        ambiguous("Content-Length: +0\r\n", b""),
        ambiguous("Content-Length: 0x0\r\n", b""),
        ambiguous("Content-Length: 0 0\r\n", b""),
        ambiguous(f"X: a\r\n Content-Length: {LENGTH}\r\n", b""),
        ambiguous(f"X: a\nContent-Length: {LENGTH}\r\n", b""),
        ambiguous(f"X: a\rContent-Length: {LENGTH}\r\n", b""),
        ambiguous(f"X: a\x00\r\nContent-Length: {LENGTH}\r\n", b""),
        ambiguous(CHUNKED, b"2\n{}\n0\n\n"),
        ambiguous(CHUNKED, b"2;a\nb\r\n{}\r\n0\r\n\r\n"),
        ambiguous(CHUNKED, b"10000000000000002\r\n{}\r\n0\r\n\r\n"),
        ambiguous(CHUNKED, b"-2\r\n{}\r\n0\r\n\r\n"),
        ambiguous(CHUNKED, b"0x2\r\n{}\r\n0\r\n\r\n"),
        ambiguous(CHUNKED, b"2\r\n{}ab0\r\n\r\n"),
        b"PUT /nowhere HTTP/1.1\nHost: h\n\n" + HIDDEN,
    ],
)
def test_a_request_that_can_be_read_in_two_ways_is_read_in_none(
    mock: MockTingwu, request_bytes: bytes
) -> None:
    with wire(mock) as connection:
        connection.send(request_bytes)
        answer = connection.read_answer()
        assert (answer.status, answer.json()["Code"]) == (400, "InvalidParameter.Format")
        assert connection.at_end()
    assert "/_mock/hidden is no call" not in str(mock.journal)


@pytest.mark.parametrize(
    "first",
    [
        f"Content-Length: {LENGTH}\r\n",
        f"Content-Length: {LENGTH}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n",
    ],
)
def test_what_is_a_body_is_no_request(mock: MockTingwu, first: str) -> None:
    with wire(mock) as connection:
        connection.send(ambiguous(first, b"") + http("GET", "/_mock/health"))
        assert connection.read_answer().status in (400, 404)
        assert connection.read_answer().json()["status"] == "ok"
    assert "/_mock/hidden is no call" not in str(mock.journal)


# Paths

SECRET = b"nobody may read this"
OUT = (
    "../{name}",
    "../../{name}",
    "../../../../../../..{path}",
    "x/../../{name}",
    "./../{name}",
    "..\\{name}",
    "{path}",
    "/{path}",
    "file://{path}",
    "{path}\x00.json",
    "\x00{path}",
)
#: How a path is written in a URL.
WRITTEN: tuple[Callable[[str], str], ...] = (
    lambda path: quote(path),
    lambda path: quote(path, safe=""),
    lambda path: quote(path, safe="").replace(".", "%2e"),
    lambda path: quote(quote(path, safe="").replace(".", "%2e"), safe=""),
    lambda path: quote(path).replace("../", "%c0%ae%c0%ae/"),
    lambda path: quote(path).replace("../", "..;/"),
)


@pytest.fixture
def guarded(
    start_mock: Callable[..., MockTingwu], tmp_path: Path
) -> tuple[MockTingwu, dict[str, str]]:
    """A mock beside whose files there is one that is none of its own."""
    folder = tmp_path / "data"
    folder.mkdir()
    secrets = [tmp_path / "secret.json", folder / "secret.json"]
    for secret in secrets:
        secret.write_bytes(SECRET)
    mock = start_mock(data_dir=folder)
    return mock, {"name": "secret.json", "path": str(secrets[0])}


def test_no_key_of_a_bucket_leads_out_of_it(guarded: tuple[MockTingwu, dict[str, str]]) -> None:
    mock, names = guarded
    task = data(exchange(mock, http("PUT", START, json.dumps(BODY).encode())))["TaskId"]
    for way, written in product((*OUT, f"{task}_{OUT[0]}"), WRITTEN):
        key = way.format(**names)
        # Somebody who may ask for all of them.
        signed = oss_url.sign(BUCKET, key, expires=2**40, access_key=LINK_KEY, secret=LINK_SECRET)
        for host, path in (
            ("127.0.0.1", f"/oss/{BUCKET}/{written(key)}"),
            (f"{BUCKET}.oss-cn-beijing.aliyuncs.com", f"/{written(key)}"),
        ):
            answer = exchange(mock, http("GET", f"{path}?{signed}", host=host))
            assert answer.status in (400, 403, 404), path
            assert SECRET not in answer.body


def test_no_address_of_a_hosted_file_leads_elsewhere(
    guarded: tuple[MockTingwu, dict[str, str]],
) -> None:
    mock, names = guarded
    upload = http("POST", "/_mock/files?name=a.mp3", b"audio")
    own = exchange(mock, upload).json()
    for way, written in product(OUT, WRITTEN):
        path = written(way.format(**names))
        for rest in (path, f"{path}/a.mp3", f"{own['id']}/{path}", f"{own['id']}/../{path}"):
            answer = exchange(mock, http("GET", f"/_mock/files/{rest}"))
            assert answer.status in (400, 404, 405) or answer.body == b"audio", rest
        assert exchange(mock, http("DELETE", f"/_mock/files/{path}")).status in (400, 404, 405)
        answer = exchange(mock, http("POST", f"/_mock/files?name={path}", b"audio"))
        if answer.status == 201:
            assert answer.json()["url"].count("/") == own["url"].count("/")
    secret = Path(names["path"])
    assert {path.name for path in secret.parent.iterdir()} == {"data", "secret.json"}
    assert secret.read_bytes() == SECRET


# Headers

INJECTED = "injected\r\nSet-Cookie: x=1\r\n\r\n<html>"


def assert_clean(answer: Answer) -> None:
    for name, value in answer.headers:
        assert "injected" not in value and name != "set-cookie", (name, value)


def test_no_text_of_a_caller_becomes_a_header(mock: MockTingwu) -> None:
    text = quote(INJECTED, safe="")
    fields = {"AppKey": INJECTED, "Input": BODY["Input"] | {"TaskKey": INJECTED}}
    for body in (BODY, fields, BODY | {INJECTED: 1}, {"Input": {"TaskId": INJECTED}}):
        for target in (START, f"{START}&operation={text}", f"{TASKS}?type={text}"):
            assert_clean(exchange(mock, http("PUT", target, json.dumps(body).encode())))
    for target in (
        f"{TASKS}/{text}",
        f"/{text}",
        f"/oss/{text}/{text}?OSSAccessKeyId={text}&Expires=1&Signature={text}",
        f"/?Action={text}&Format={text}&Version={text}",
        f"/_mock/files/{text}/{text}",
        f"/_mock/tasks/{text}?scope={text}",
        f"/_mock/journal/har?task_id={text}",
    ):
        for method in ("GET", "HEAD", "POST", "DELETE"):
            answer = exchange(mock, http(method, target), body=method != "HEAD")
            assert answer.status < 500
            assert_clean(answer)


def test_no_header_of_a_caller_comes_back(mock: MockTingwu) -> None:
    names = ["X-Acs-Signature-Nonce", "X-Acs-Version", "X-Acs-Action", "Accept", "Range"]
    names += ["If-None-Match", "X-Request-Id", "X-DashScope-Async", "User-Agent", "Origin"]
    hosted = exchange(mock, http("POST", "/_mock/files?name=injected.mp3", b"audio")).json()
    targets = [f"{TASKS}/x", "/oss/b/k", "/?Action=x", hosted["url"].removeprefix(mock.url)]
    for target in targets:
        for name in names:
            for value in ("injected", "injected\xff\t", f"injected{'x' * 5_000}"):
                request = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{name}: {value}\r\n\r\n"
                answer = exchange(mock, request.encode("latin-1"))
                assert answer.status < 500
                assert_clean(answer)
