"""Handshakes byte for byte: what official SDKs send, and what is refused (realtime-ws 1)."""

from __future__ import annotations

import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mock_tingwu import MockTingwu
from tests.wire.helpers import frames
from tests.wire.helpers.raw import (
    KEY,
    Answer,
    Wire,
    accept_for,
    command,
    exchange,
    handshake,
    http,
    session,
    target_of,
    wire,
)
from tests.wire.helpers.tasks import create, status, stop

VECTORS = Path(__file__).parent.parent / "vectors" / "realtime"
TASKS = "/openapi/tingwu/v2/tasks"
BODY = b'{"AppKey":"a","Input":{"SourceLanguage":"cn","Format":"pcm","SampleRate":16000}}'
CPP_KEY = "x3JJHMbDL1EzLkh9GBhXDw=="


def recorded(name: str, mock: MockTingwu, target: str) -> bytes:
    """A recorded handshake, readdressed to this mock."""
    lines = (VECTORS / f"{name}.txt").read_text("utf-8").splitlines()
    lines[0] = f"GET {target} HTTP/1.1"
    for index, line in enumerate(lines):
        field, _, value = line.partition(": ")
        if field.lower() in ("host", "origin"):
            lines[index] = f"{field}: {value.replace('127.0.0.1:18765', mock.host)}"
    return "\r\n".join([*lines, "", ""]).encode()


def works(connection: Wire) -> None:
    """A whole, if empty, stream runs on the connection."""
    connection.start()
    connection.command("StopTranscription")
    connection.until("TranscriptionCompleted")
    connection.send(frames.close(1000))
    assert connection.until_close() == 1000
    assert connection.at_end()


def assert_switched(answer: Answer, key: str) -> None:
    assert answer.status == 101
    assert answer.header("sec-websocket-accept") == accept_for(key)
    upgrade, connection = answer.header("upgrade"), answer.header("connection")
    assert upgrade is not None and upgrade.lower() == "websocket"
    assert connection is not None and connection.lower() == "upgrade"
    assert answer.header("sec-websocket-extensions") is None
    assert answer.header("sec-websocket-protocol") is None
    assert answer.header("content-length") is None
    assert answer.header("server") == "Tengine"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("python", "74CWd9BklwVWxICS7N78AA=="),
        ("node", "g0Jn37SW2wut2GyyEUpN6Q=="),
        ("java", "6do6FsqyzvGnQCLq6L7e2Q=="),
        ("cpp", CPP_KEY),
        ("browser", "4xUVmkmcP9yqhfWrgfi6Pw=="),
    ],
)
def test_the_handshake_of_every_official_client_opens_a_working_session(
    mock: MockTingwu, name: str, key: str
) -> None:
    task = create(mock)
    with wire(mock) as connection:
        connection.send(recorded(name, mock, target_of(task)))
        assert_switched(connection.read_head(), key)
        works(connection)


def test_the_python_sdk_s_second_key_is_not_the_one_that_counts(mock: MockTingwu) -> None:
    raw = recorded("python", mock, target_of(create(mock)))
    assert raw.count(b"Sec-WebSocket-Key") == raw.count(b"Sec-WebSocket-Version") == 2
    with wire(mock) as connection:
        connection.send(raw)
        assert connection.read_head().header("sec-websocket-accept") != accept_for(CPP_KEY)


def test_the_101_is_held_back_for_clients_that_are_not_ready_for_it(mock: MockTingwu) -> None:
    target = target_of(create(mock))
    with wire(mock) as connection:
        begun = time.monotonic()
        assert connection.handshake(target).status == 101
        assert time.monotonic() - begun >= 0.009
        works(connection)


def test_a_client_that_is_gone_before_the_101_leaves_nothing_behind(mock: MockTingwu) -> None:
    target = target_of(create(mock))
    with wire(mock) as connection:
        connection.send(handshake(mock, target))
    with wire(mock) as connection:
        assert connection.handshake(target).status == 101
        works(connection)


def test_a_handshake_may_arrive_byte_by_byte(mock: MockTingwu) -> None:
    task = create(mock)
    with wire(mock) as connection:
        connection.send_bytewise(recorded("python", mock, target_of(task)))
        assert_switched(connection.read_head(), "74CWd9BklwVWxICS7N78AA==")
        works(connection)


def test_a_handshake_may_be_cut_in_two_anywhere(mock: MockTingwu) -> None:
    target = target_of(create(mock))
    raw = recorded("java", mock, target)
    for cut in range(1, len(raw)):
        with wire(mock) as connection:
            connection.send(raw[:cut])
            connection.send(raw[cut:])
            answer = connection.read_head()
            assert answer.status == 101, f"cut at byte {cut}"


def test_what_comes_in_one_packet_with_the_handshake_is_not_lost(mock: MockTingwu) -> None:
    with wire(mock) as connection:
        raw = handshake(mock, target_of(create(mock)))
        connection.send(raw + command("StartTranscription") + frames.frame(frames.PING, b"x"))
        assert connection.read_head().status == 101
        assert connection.read_frame().payload == b"x"
        connection.until("TranscriptionStarted")


def test_further_query_parameters_of_the_url_are_ignored(mock: MockTingwu) -> None:
    target = target_of(create(mock))
    with wire(mock) as connection:
        raw = handshake(mock, target.replace("?", "?c=1&") + "&x=%20")
        connection.send(raw)
        assert_switched(connection.read_head(), KEY)
        works(connection)


# Refusals


@pytest.mark.parametrize(
    "query",
    ["", "?", "?mc=", "?mc=nobody", "?x=1", "?mc=" + "A" * 128, "?mc=%00%0d%0a", "?mc=%ff"],
)
def test_a_url_that_opens_nothing_is_refused_with_403(mock: MockTingwu, query: str) -> None:
    answer = refused(mock, f"/api/ws/v1{query}")
    assert answer.status == 403
    assert answer.body.startswith(b"Meta:ACCESS_DENIED:The token ")


def refused(mock: MockTingwu, target: str) -> Answer:
    with wire(mock) as connection:
        connection.send(handshake(mock, target))
        answer = connection.read_answer()
        assert answer.header("content-length") == str(len(answer.body))
        assert answer.header("server") == "Tengine"
        assert connection.at_end(), "something follows the body"
        return answer


def test_the_url_of_a_finished_task_is_refused_with_403(mock: MockTingwu) -> None:
    task = create(mock)
    stop(mock, task["TaskId"])
    answer = refused(mock, target_of(task))
    assert answer.status == 403
    assert re.fullmatch(rb"Meta:ACCESS_DENIED:The token '[\w-]{4}' has expired!", answer.body)
    assert status(mock, task["TaskId"]) == "COMPLETED"


@pytest.mark.parametrize("path", ["/", "/api/ws/v2", "/api/ws/v1/", "/ws/v1", "/api-ws/nowhere"])
def test_a_websocket_on_another_path_is_refused(mock: MockTingwu, path: str) -> None:
    mc = urlsplit(create(mock)["MeetingJoinUrl"]).query
    answer = refused(mock, f"{path}?{mc}")
    assert answer.status in (403, 404)
    assert answer.body


@pytest.mark.parametrize(
    ("remove", "instead"),
    [
        ("Sec-WebSocket-Key: " + KEY, "X-Nothing: 1"),
        ("Sec-WebSocket-Key: " + KEY, "Sec-WebSocket-Key: short"),
        ("Sec-WebSocket-Version: 13", "X-Nothing: 1"),
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8"),
        ("GET ", "POST "),
    ],
)
def test_what_is_not_a_handshake_is_refused_and_nothing_opens(
    mock: MockTingwu, remove: str, instead: str
) -> None:
    raw = handshake(mock, target_of(create(mock))).decode()
    assert remove in raw
    with wire(mock) as connection:
        connection.send(raw.replace(remove, instead, 1).encode())
        answer = connection.read_head()
        assert 400 <= answer.status < 500
    assert not any(entry["kind"] == "ws_open" for entry in mock.journal)


def test_the_meeting_s_url_without_an_upgrade_is_answered_as_any_unknown_api(
    mock: MockTingwu,
) -> None:
    answer = exchange(mock, http("GET", target_of(create(mock))))
    assert answer.status == 404
    assert answer.json()["Code"] == "InvalidApi.NotFound"


# MeetingJoinUrl


def join_url(mock: MockTingwu, host: str) -> str:
    answer = exchange(mock, http("PUT", f"{TASKS}?type=realtime", BODY, host=host))
    assert answer.status == 200
    url: str = answer.json()["Data"]["MeetingJoinUrl"]
    return url


def test_a_join_url_is_short_enough_and_its_token_url_safe(mock: MockTingwu) -> None:
    for _ in range(50):
        parts = urlsplit(join_url(mock, mock.host))
        assert parts.path == "/api/ws/v1"
        assert re.fullmatch(r"mc=[A-Za-z0-9_-]{128}", parts.query)
        assert len(f"{parts.path}?{parts.query}") <= 255


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:{port}", "ws://127.0.0.1:{port}"),
        ("localhost:{port}", "ws://localhost:{port}"),
        ("LOCALHOST:{port}", "ws://LOCALHOST:{port}"),
        # pop-core leaves the port out, older tea versions put the scheme in front.
        ("127.0.0.1", "ws://127.0.0.1:{port}"),
        ("localhost", "ws://localhost:{port}"),
        ("http://127.0.0.1:{port}", "ws://127.0.0.1:{port}"),
        ("http://localhost:{port}/", "ws://localhost:{port}"),
        ("", "ws://127.0.0.1:{port}"),
        ("tingwu.cn-beijing.aliyuncs.com", "ws://tingwu.cn-beijing.aliyuncs.com"),
        ("mock.test:8080", "ws://mock.test:8080"),
    ],
)
def test_the_join_url_leads_back_the_way_the_client_came(
    mock: MockTingwu, host: str, expected: str
) -> None:
    parts = urlsplit(join_url(mock, host.format(port=mock.port)))
    assert f"{parts.scheme}://{parts.netloc}" == expected.format(port=mock.port)
    with wire(mock) as connection:
        assert connection.handshake(f"{parts.path}?{parts.query}").status == 101


def test_a_request_of_http_1_0_without_host_gets_a_usable_url(mock: MockTingwu) -> None:
    head = f"PUT {TASKS}?type=realtime HTTP/1.0\r\nAccept: */*\r\n"
    raw = f"{head}Content-Length: {len(BODY)}\r\n\r\n"
    answer = exchange(mock, raw.encode() + BODY)
    assert answer.json()["Data"]["MeetingJoinUrl"].startswith(f"ws://{mock.host}/api/ws/v1?mc=")


def test_the_token_and_headers_of_a_client_do_not_matter(mock: MockTingwu) -> None:
    task = create(mock)
    extra = "X-NLS-Token: whatever\r\nAuthorization: Bearer x\r\nOrigin: https://example.com\r\n"
    with wire(mock) as connection:
        assert_switched(connection.handshake(target_of(task), extra=extra), KEY)
        works(connection)


def test_two_sessions_of_one_task_may_be_open_at_once(mock: MockTingwu) -> None:
    task = create(mock)
    with session(mock, task) as first, session(mock, task) as second:
        works(first)
        works(second)
