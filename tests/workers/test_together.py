"""Two workers behind one port are like one server."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from websockets.frames import Frame, Opcode
from websockets.sync.client import connect

from mock_tingwu import MockTingwu
from mock_tingwu.workers.connections import frame_length
from tests.callbacks.receiver import receiver
from tests.dashscope import helpers as dashscope
from tests.dashscope.ws_helpers import duplex
from tests.offline.tasks import body_of
from tests.realtime.helpers import PATIENCE, TASKS, Json, Pusher, until
from tests.redis_server import RedisServer
from tests.workers.running import SCOPES, SOURCE, Served, answer, answers, ask, two_workers

#: Apps of DashScope whose scopes are worker 1's and worker 0's.
APPS = ("tw_e", "tw_c")
SUMMARY: Json = {"SummarizationEnabled": True, "Summarization": {"Types": ["Paragraph"]}}


@pytest.fixture(scope="module")
def mock(redis: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("workers")
    with two_workers(folder, redis.url("together")) as served:
        yield served


def get(target: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


def test_each_worker_has_the_scopes_of_its_share(mock: Served) -> None:
    workers = mock.workers()
    assert [worker["worker"] for worker in workers] == [0, 1]
    assert len({worker["pid"] for worker in workers}) == 2
    assert workers[0]["scopes"] == ["default", "a"] and workers[1]["scopes"] == ["b"]
    shown = mock.control("GET", "scopes")["scopes"]
    assert [(one["name"], one["worker"]) for one in shown] == [("default", 0), ("a", 0), ("b", 1)]
    assert shown[2]["keys"] == ["app-b"]


def test_a_task_is_created_here_and_streamed_to_there(mock: Served, recording: bytes) -> None:
    with receiver() as callbacks:
        mock.control("POST", "callbacks?scope=b", json={"app_key": "app-b", "url": callbacks.url})
        before = mock.given()
        # Both connections are worker 0's until they ask for what worker 1 has.
        with mock.connection(0) as sock:
            body = {
                "AppKey": "app-b",
                "Input": SOURCE,
                "Parameters": SUMMARY,
            }
            raw = msgspec.json.encode(body)
            head = f"PUT {TASKS}?type=realtime HTTP/1.1\r\nHost: {mock.url[7:]}\r\n"
            head += f"Accept: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
            status, content = ask(sock, head.encode() + raw)
            assert status == 200, content
            task: Json = msgspec.json.decode(content)["Data"]
            shown = mock.control("GET", "tasks?scope=b")["tasks"]
            assert task["TaskId"] in [one["task_id"] for one in shown]
        sock = mock.connection(0)
        with connect(task["MeetingJoinUrl"], sock=sock, compression=None) as websocket:
            pusher = Pusher(websocket)
            pusher.start()
            pusher.push(recording[:480_000])
            pusher.stop()
        assert mock.given() >= before + 2
        assert mock.stop(task["TaskId"]) == "ONGOING"
        told = f"{TASKS}/{task['TaskId']}"
        until(lambda: mock.data("GET", told)["TaskStatus"] == "COMPLETED", "the results")
        links = mock.data("GET", told)["Result"]
        # Downloadable by whichever worker has the connection.
        for worker in (0, 1):
            with mock.connection(worker) as sock:
                _, _, target = links["Transcription"].split("//", 1)[1].partition("/")
                status, content = ask(sock, get(f"/{target}"))
                said = msgspec.json.decode(content)["Transcription"]["Paragraphs"]
                words = "".join(word["Text"] for part in said for word in part["Words"])
                assert status == 200 and all(one in words for one in pusher.sentences())
        until(lambda: "COMPLETED" in callbacks_of(callbacks.requests, task), "the callback")
        steps = callbacks_of(callbacks.requests, task)
        assert {"Transcription", "COMPLETED"} <= set(steps) and set(steps.values()) == {1}


def callbacks_of(requests: list[Any], task: Json) -> Counter[str]:
    """How often each step of a task was told of."""
    about = [one for one in requests if one.body["Data"].get("TaskId") == task["TaskId"]]
    return Counter(one.told for one in about)


def test_a_connection_goes_to_and_fro_with_all_that_was_sent(mock: Served) -> None:
    before = mock.given()
    wanted = ["a", "b", "a", "b", "b", "a", "b"]
    with mock.connection(1) as sock:
        sock.sendall(b"".join(get(f"/_mock/clock?scope={name}") for name in wanted))
        assert [status for status, _ in answers(sock, len(wanted))] == [200] * len(wanted)
        status, content = ask(sock, get("/_mock/scopes/a"))
        assert (status, msgspec.json.decode(content)["name"]) == (200, "a")
    assert mock.given() - before >= 6


@pytest.mark.parametrize("how", ["length", "chunked", "pieces", "expect"])
@pytest.mark.parametrize("size", [10, 100_000])
def test_bodies_arrive_whole(mock: Served, how: str, size: int) -> None:
    note = "x" * size
    script = {"id": f"script-{how}-{size}", "sentences": [note], "language": "en"}
    raw = msgspec.json.encode({"task_key": "k", "script": script})
    head = b"POST /_mock/scripts?scope=b HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    behind = get("/_mock/clock?scope=a")
    with mock.connection(0) as sock:
        if how == "chunked":
            half = len(raw) // 2
            body = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in (raw[:half], raw[half:], b""))
            sock.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n" + body)
        else:
            head += b"Content-Length: %d\r\n" % len(raw)
            if how == "expect":
                sock.sendall(head + b"Expect: 100-continue\r\n\r\n")
                assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
                sock.sendall(raw)
            elif how == "pieces":
                sock.sendall(head + b"\r\n" + raw[:5])
                for at in range(5, len(raw), 33_333):
                    sock.sendall(raw[at : at + 33_333])
            else:
                sock.sendall(head + b"\r\n" + raw + behind)
        assert answer(sock)[0] in (200, 201)
        if how != "length":
            sock.sendall(behind)
            assert answer(sock)[0] == 200
    listed = str(mock.control("GET", "scripts?scope=b"))
    assert str(script["id"]) in listed
    assert str(script["id"]) not in str(mock.control("GET", "scripts?scope=a"))


def test_what_is_no_http_is_answered_as_ever(mock: Served) -> None:
    before = len(mock.control("GET", "journal?scope=default")["entries"])
    for worker in (0, 1):
        with mock.connection(worker) as sock:
            status, content = ask(sock, b"PUT\x01 / HTTP/1.1\r\n\r\n")
            assert (status, b"UnsupportedHTTPMethod" in content) == (400, True)
            assert sock.recv(1) == b""
    entries = mock.control("GET", "journal?scope=default")["entries"][before:]
    assert sum("no HTTP request" in str(entry) for entry in entries) == 2


def test_a_page_s_call_is_refused_by_whichever_worker_has_it(mock: Served) -> None:
    for worker in (0, 1):
        with mock.connection(worker) as sock:
            sock.sendall(b"GET /_mock/clock HTTP/1.1\r\nHost: evil.example\r\n\r\n" * 3)
            assert [status for status, _ in answers(sock, 3)] == [403] * 3
    entries = mock.control("GET", "journal?scope=default")["entries"]
    assert sum("evil.example" in str(entry) for entry in entries) == 6


def test_a_handshake_with_a_token_of_nobody_is_refused(mock: Served) -> None:
    with mock.connection(1) as sock:
        upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
        key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
        status, content = ask(sock, get("/api/ws/v1?mc=nobody", *upgrade, key))
        assert status == 403 and b"is invalid" in content


# Scopes and what is everybody's


def test_keys_lead_to_a_scope_at_once_and_no_longer(mock: Served) -> None:
    for name in ("c", "d", "e"):
        with mock.connection(0) as ours, mock.connection(1) as others:
            target = f"{TASKS}/unknown"
            mock.control("POST", "scopes", json={"name": name, "keys": ["shared", "app"]})
            for sock in (ours, others):
                ask(sock, get(target, "Authorization: acs shared:x"))
            entries = mock.control("GET", f"journal?scope={name}")["entries"]
            assert [entry["kind"] for entry in entries if entry["kind"] == "request"] == [
                "request",
                "request",
            ]
            clash = mock.http.post(f"{mock.url}/_mock/scopes", json={"name": "x", "keys": ["app"]})
            assert clash.status_code == 400
            assert clash.json()["error"] == f"keys has 'app', which is a key of scope {name!r}"
            again = mock.http.post(f"{mock.url}/_mock/scopes", json={"name": name, "keys": ["y"]})
            assert again.status_code == 409
            mock.control("DELETE", f"scopes/{name}")
            for sock in (ours, others):
                status, _ = ask(sock, get(f"/_mock/tasks?scope={name}"))
                assert status == 404
                ask(sock, get(target, "Authorization: acs shared:x"))
    assert [one["name"] for one in mock.control("GET", "scopes")["scopes"]] == ["default", "a", "b"]


def test_files_phrases_and_temporary_keys_of_one_worker_are_known_to_the_other(
    mock: Served,
) -> None:
    # A file of worker 1's scope.
    content = bytes(range(256)) * 8_000
    with mock.connection(0) as sock:
        head = get("/_mock/files?name=x.txt&scope=b", f"Content-Length: {len(content)}")
        status, told = ask(sock, head.replace(b"GET", b"POST", 1) + content)
        assert status == 201
        assert ask(sock, get("/_mock/clock?scope=a"))[0] == 200
    path = "/_mock/files" + msgspec.json.decode(told)["url"].partition("/_mock/files")[2]
    for worker in (0, 1):
        with mock.connection(worker) as sock:
            assert ask(sock, get(path)) == (200, content)
    # Hot words of the default scope, which is worker 0's.
    phrases = {"Name": "n", "WordWeights": '{"灰度发布": 5}'}
    phrase_id = mock.data("POST", "/openapi/tingwu/v2/resources/phrases", phrases)["PhraseId"]
    for given, ok in ((phrase_id, True), ("f" * 32, False)):
        body = {**body_of(parameters={"Transcription": {"PhraseId": given}}), "AppKey": "app-b"}
        answer = mock.http.put(f"{mock.url}{TASKS}?type=offline", json=body)
        assert (answer.status_code == 200) is ok, answer.text


def test_a_temporary_key_leads_to_the_scope_that_made_it(mock: Served) -> None:
    keys = [
        mock.http.post(
            f"{mock.url}/api/v1/tokens", headers={"Authorization": f"Bearer {key}"}
        ).json()
        for key in ("any", "app-b")
    ]
    common, own = (key["token"] for key in keys)

    def requests() -> int:
        entries = mock.control("GET", "journal?scope=b")["entries"]
        return sum(entry["kind"] == "request" for entry in entries)

    for worker in (0, 1):
        before = requests()
        with mock.connection(worker) as sock:
            ask(sock, get("/api/v1/tasks/unknown", f"Authorization: Bearer {own}"))
            assert requests() == before + 1
            # That of the default scope, with an app of this one.
            body = msgspec.json.encode(
                {
                    "model": "tingwu-meeting",
                    "input": {"task": "getTask", "appId": "app-b", "dataId": "x"},
                }
            )
            head = get("/api/v1/services/aigc/multimodal-generation/generation")
            head = head.replace(b"GET", b"POST", 1).removesuffix(b"\r\n")
            head += b"Authorization: Bearer %b\r\n" % common.encode()
            head += b"Content-Length: %d\r\n\r\n" % len(body)
            assert ask(sock, head + body)[0] == 400
            assert requests() == before + 2


def test_an_open_websocket_of_dashscope_goes_where_its_app_is(
    mock: Served, recording: bytes
) -> None:
    mock.control("POST", "scopes", json={"name": "e", "keys": ["tw_e"]})
    mock.control("POST", "scopes", json={"name": "c", "keys": ["tw_c"]})
    shown = {one["name"]: one["worker"] for one in mock.control("GET", "scopes")["scopes"]}
    assert {name: shown[name] for name in "ce"} == {"c": 0, "e": 1}
    meetings = {app: dashscope.begin(mock.as_mock, appId=app) for app in APPS}
    with duplex(mock.as_mock) as client:  # its key leads to the default scope
        for app in (*APPS, *APPS):
            client.start(meetings[app], app_id=app)
            client.push(recording[:160_000])
            client.finish()
            client.events.clear()
    for app, name in zip(APPS, "ec", strict=True):
        entries = mock.control("GET", f"journal?scope={name}&kind=ws_open")["entries"]
        assert len(entries) == 2
        found = mock.control("GET", f"tasks/{meetings[app]}")
        assert found["audio_ms"] >= 10_000 - 400
        mock.control("DELETE", f"scopes/{name}")


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_frames_are_measured_as_they_are_written(size: int) -> None:
    for mask in (True, False):
        raw = Frame(Opcode.BINARY, bytes(size)).serialize(mask=mask)
        assert frame_length(raw) == frame_length(raw + b"more") == len(raw)
        for short in {0, 1, 2, 5, len(raw) - 1} - {len(raw)}:
            assert frame_length(raw[:short]) is None or short > len(raw)


def test_a_frame_that_is_too_long_is_not_waited_for() -> None:
    head = b"\x82\xff" + (1 << 40).to_bytes(8, "big")
    assert frame_length(head) == len(head)


def test_metrics_are_those_of_all_workers(mock: Served) -> None:
    for name in SCOPES:
        mock.create(f"app-{name}")
    text = mock.http.get(f"{mock.url}/_mock/metrics").text
    lines = text.splitlines()
    for worker in (0, 1):
        assert any(
            line.startswith(f'mock_tingwu_tasks{{worker="{worker}",service="tingwu"')
            for line in lines
        )
        assert f'mock_tingwu_info{{worker="{worker}",version=' in text
    about = [line for line in lines if line.startswith("#")]
    assert len(about) == len(set(about))


def test_the_same_requests_have_the_same_ids_as_in_one_process(mock: Served) -> None:
    with MockTingwu() as one:
        for name in SCOPES:
            one.scope(name, [f"app-{name}"])
        expected = [Served.create(Served(mock.server, one.url), f"app-{n}") for n in SCOPES]
    mock.control("POST", "reset?scope=a")
    mock.control("POST", "reset?scope=b")
    found = [mock.create(f"app-{name}") for name in SCOPES]
    for ours, theirs in zip(found, expected, strict=True):
        assert ours["TaskId"] == theirs["TaskId"]


def test_a_reset_of_everything_reaches_every_worker(mock: Served) -> None:
    for name in SCOPES:
        mock.create(f"app-{name}")
    mock.control("POST", "reset?scope=*")
    assert [one["name"] for one in mock.control("GET", "scopes")["scopes"]] == ["default"]
    for name in SCOPES:
        mock.control("POST", "scopes", json={"name": name, "keys": [f"app-{name}"]})
        assert mock.control("GET", f"tasks?scope={name}") == {"tasks": []}


def test_idle_connections_stay_where_they_are(mock: Served) -> None:
    socks: list[socket.socket] = [mock.connection(worker) for worker in (0, 1) for _ in range(20)]
    try:
        before = mock.given()
        for number, sock in enumerate(socks):
            name = SCOPES[number // 20]
            assert ask(sock, get(f"/_mock/clock?scope={name}"))[0] == 200
        # Only the one that asked may have been passed on.
        assert mock.given() - before <= 2
    finally:
        for sock in socks:
            sock.settimeout(PATIENCE)
            sock.close()
