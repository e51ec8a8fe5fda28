"""Reading the journal, waiting for more of it, following it live."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu, contract
from mock_tingwu.core import journal as core_journal
from mock_tingwu.core.journal import KINDS, MAX_ENTRIES, SERVICES, Entry
from mock_tingwu.services import journal_api
from tests import har_schema
from tests.core.test_segmentation import silence, speech
from tests.realtime.helpers import PATIENCE, create, info, pusher, stop, until


def get(mock: MockTingwu, **query: Any) -> Any:
    answer = httpx.get(f"{mock.url}/_mock/journal", params=query, timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    return answer.json()


def entries(mock: MockTingwu, **query: Any) -> list[Entry]:
    found: list[Entry] = get(mock, **query)["entries"]
    return found


def note(mock: MockTingwu, *texts: str) -> None:
    """Write notes into the journal."""

    def write() -> None:
        for text in texts:
            mock._server.world.default.journal.record("note", "core", text=text)

    mock.call(write)


def overflow(mock: MockTingwu, number: int) -> None:
    """Write so many more notes than the journal holds."""
    note(mock, *["x"] * (MAX_ENTRIES + number))


@contextmanager
def following(
    mock: MockTingwu, headers: dict[str, str] | None = None, **query: Any
) -> Iterator[Iterator[Entry]]:
    """The entries of a stream, as they come."""
    url = f"{mock.url}/_mock/journal/stream"
    with httpx.stream("GET", url, params=query, headers=headers, timeout=PATIENCE) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events(answer.iter_lines())


def events(lines: Iterator[str]) -> Iterator[Entry]:
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            entry = json.loads(fields["data"])
            assert fields == {
                "id": str(entry["seq"]),
                "event": entry["kind"],
                "data": fields["data"],
            }
            yield entry
            fields = {}


def watchers(mock: MockTingwu) -> int:
    return mock.call(lambda: len(mock._server.world.default.journal.watchers))


# Filters


def test_the_journal_can_be_filtered_and_followed(mock: MockTingwu) -> None:
    first, second = create(mock), create(mock)
    info(mock, second["TaskId"])
    own = entries(mock, task_id=second["TaskId"])
    assert own and all(entry["task_id"] == second["TaskId"] for entry in own)
    seen = get(mock)["last_seq"]
    info(mock, first["TaskId"])
    new = entries(mock, since=seen, kind="request")
    assert [entry["target"].rpartition("/")[2] for entry in new] == [first["TaskId"]]


@pytest.mark.parametrize("kinds", ["request,note", ["request", "note"]])
def test_several_kinds_can_be_asked_for(mock: MockTingwu, kinds: str | list[str]) -> None:
    create(mock)
    note(mock, "x")
    assert [entry["kind"] for entry in entries(mock, kind=kinds)] == ["request", "note"]


def test_a_request_and_a_session_can_be_asked_for(mock: MockTingwu) -> None:
    task = create(mock)
    info(mock, task["TaskId"])
    with pusher(task) as connection:
        connection.start()
    until(lambda: bool(entries(mock, kind="ws_close")), "the end of the connection")
    request_id = entries(mock, kind="request")[1]["request_id"]
    exchange = entries(mock, request_id=request_id)
    assert [entry["kind"] for entry in exchange] == ["request", "response"]
    of_session = entries(mock, session=f"{task['TaskId']}/1")
    kinds = [entry["kind"] for entry in of_session if entry["kind"] != "violation"]
    assert kinds[0] == "ws_open" and kinds[-1] == "ws_close"


def test_a_text_can_be_looked_for_and_the_newest_be_enough(mock: MockTingwu) -> None:
    note(mock, "早上好", "good morning", "good night")
    assert [entry["text"] for entry in entries(mock, contains="早上")] == ["早上好"]
    assert [entry["seq"] for entry in entries(mock, contains="good")] == [2, 3]
    assert [entry["seq"] for entry in entries(mock, contains="good", limit=1)] == [3]
    assert entries(mock, limit=0) == []


@pytest.mark.parametrize(
    ("query", "error"),
    [
        (
            "foo=1",
            "foo is unknown; expected task_id, service, kind, session, request_id, contains, "
            "since, limit, wait_ms",
        ),
        ("kind=bogus", f"kind is 'bogus', expected {' or '.join(KINDS)}"),
        ("kind=note,", f"kind is '', expected {' or '.join(KINDS)}"),
        ("service=tingwuu", f"service is 'tingwuu', expected {' or '.join(SERVICES)}"),
        ("task_id=a&task_id=b", "task_id is there 2 times, expected once"),
        ("since=-1", "since is '-1', expected the seq of an entry"),
        ("since=1.5", "since is '1.5', expected the seq of an entry"),
        ("since=" + "9" * 500, f"since is '{'9' * 500}', expected the seq of an entry"),
        ("limit=many", "limit is 'many', expected a whole number from 0 to 10000"),
        ("limit=10001", "limit is '10001', expected a whole number from 0 to 10000"),
        ("wait_ms=60001", "wait_ms is '60001', expected a whole number from 0 to 60000"),
    ],
)
def test_a_filter_that_makes_no_sense_is_explained(
    mock: MockTingwu, query: str, error: str
) -> None:
    answer = httpx.get(f"{mock.url}/_mock/journal?{query}")
    assert (answer.status_code, answer.json()) == (400, {"error": error})


# Where it was cut


def test_where_the_journal_was_cut_the_first_entry_says_so(mock: MockTingwu) -> None:
    overflow(mock, 5)
    answer = get(mock, kind="request")
    (mark,) = answer["entries"]
    contract.check("control/journal-entry", mark)
    assert (mark["kind"], mark["service"], mark["seq"], mark["gone"]) == ("note", "journal", 5, 5)
    assert mark["text"].startswith("5 entries up to seq 5 are gone: the journal keeps the newest")
    assert (answer["dropped"], answer["last_seq"]) == (5, MAX_ENTRIES + 5)
    assert [entry["seq"] for entry in entries(mock, since=3)][:2] == [5, 6]
    assert entries(mock, since=3)[0]["gone"] == 2


def test_who_has_seen_what_is_gone_or_wants_only_the_newest_is_not_told(mock: MockTingwu) -> None:
    overflow(mock, 5)
    assert entries(mock, since=5)[0]["seq"] == 6
    assert [entry["seq"] for entry in entries(mock, limit=1)] == [MAX_ENTRIES + 5]
    assert entries(mock, limit=2, kind="ws_in")[0]["gone"] == 5


# The archive


def test_a_whole_meeting_can_be_exported_as_an_archive(mock: MockTingwu) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(speech(2_500) + silence(1_200))
        connection.stop()
    stop(mock, task["TaskId"])
    until(lambda: info(mock, task["TaskId"])["TaskStatus"] == "COMPLETED", "the results")
    link = info(mock, task["TaskId"])["Result"]["Transcription"]
    result = httpx.get(link).json()
    httpx.get(f"{mock.url}/", params={"Action": "QueryRtcAsrTasks"})
    answer = httpx.get(f"{mock.url}/_mock/journal/har")
    har = answer.json()
    har_schema.check(har)
    shown = [entry["request"]["url"].removeprefix(mock.url) for entry in har["log"]["entries"]]
    assert shown[0] == "/openapi/tingwu/v2/tasks?type=realtime"
    assert shown[-1] == "/?Action=QueryRtcAsrTasks"
    (session,) = (e for e in har["log"]["entries"] if e.get("_resourceType") == "websocket")
    messages = [json.loads(message["data"]) for message in session["_webSocketMessages"]]
    assert [(m["header"]["name"]) for m in messages] == [
        "StartTranscription",
        "TranscriptionStarted",
        "SentenceBegin",
        "SentenceEnd",
        "StopTranscription",
        "TranscriptionCompleted",
    ]
    (file,) = (e for e in har["log"]["entries"] if "/oss/" in e["request"]["url"])
    assert json.loads(file["response"]["content"]["text"]) == result
    for secret in (task["MeetingJoinUrl"], link):
        assert secret.rpartition("=")[2] not in answer.text
    assert mock.har() == har
    assert len(mock.har(task_id="nobody")["log"]["entries"]) == 0


def test_an_archive_has_the_filters_of_the_journal_and_tells_of_what_is_gone(
    mock: MockTingwu,
) -> None:
    overflow(mock, 5)
    first, second = create(mock), create(mock)
    url = f"{mock.url}/_mock/journal/har"
    har = httpx.get(url, params={"task_id": first["TaskId"]}).json()
    (entry,) = har["log"]["entries"]
    assert first["TaskId"] in entry["response"]["content"]["text"]
    assert har["log"]["comment"].startswith("9 entries up to seq 9 are gone: ")
    (newest,) = httpx.get(url, params={"limit": 1}).json()["log"]["entries"]
    assert second["TaskId"] in newest["response"]["content"]["text"]
    answer = httpx.get(url, params={"wait_ms": 5})
    assert answer.json()["error"].startswith("wait_ms is unknown; expected ")


# Waiting


def test_a_call_that_waits_answers_at_once_with_what_is_there(mock: MockTingwu) -> None:
    note(mock, "x")
    assert [entry["text"] for entry in entries(mock, wait_ms=60_000)] == ["x"]


def test_a_call_that_waits_answers_with_the_entry_that_it_waits_for(mock: MockTingwu) -> None:
    note(mock, "old")
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(entries, mock, since=1, kind="request", wait_ms=60_000)
        until(lambda: watchers(mock) == 1, "somebody who waits")
        note(mock, "another kind")
        task = create(mock)
        (entry,) = answer.result(PATIENCE)
    assert (entry["kind"], entry["task_id"]) == ("request", task["TaskId"])
    assert watchers(mock) == 0


def test_a_call_that_waits_in_vain_answers_with_nothing(mock: MockTingwu) -> None:
    note(mock, "x")
    answer = get(mock, since=1, wait_ms=10)
    assert answer == {"entries": [], "last_seq": 1, "dropped": 0}
    assert watchers(mock) == 0


def test_what_was_seen_before_a_reset_hides_nothing(mock: MockTingwu) -> None:
    note(mock, *"abc")
    mock.reset()
    note(mock, "new")
    assert [entry["text"] for entry in entries(mock, since=3)] == ["new"]


@pytest.mark.parametrize("path", ["journal?wait_ms=60000&since=0", "journal/stream"])
@pytest.mark.parametrize("end", ["reset", "close"])
def test_a_reset_and_the_server_s_end_let_nobody_wait(
    start_mock: Callable[..., MockTingwu], path: str, end: str
) -> None:
    mock = start_mock()
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(httpx.get, f"{mock.url}/_mock/{path}", timeout=PATIENCE)
        until(lambda: watchers(mock) == 1, "somebody who waits")
        began = time.monotonic()
        getattr(mock, end)()
        # Whoever is cut off gets an error instead.
        assert answer.result(PATIENCE).status_code == 200
        if path.endswith("stream"):
            # Who comes back after a reset begins anew; of a server that stops, there is no more.
            assert answer.result(PATIENCE).text == ("id:\n\n" if end == "reset" else "")
        assert time.monotonic() - began < 2


# The live view


def test_a_stream_brings_what_there_is_and_then_each_entry_as_it_comes(mock: MockTingwu) -> None:
    note(mock, "before")
    with following(mock) as stream:
        assert next(stream)["text"] == "before"
        task = create(mock)
        request, response = next(stream), next(stream)
    assert (request["kind"], request["task_id"]) == ("request", task["TaskId"])
    assert response["body"]["Data"]["TaskId"] == task["TaskId"]
    contract.check("control/journal-entry", response)
    until(lambda: watchers(mock) == 0, "the end of the stream")


def test_a_stream_has_the_filters_of_the_journal(mock: MockTingwu) -> None:
    note(mock, "day one", "day two", "night")
    with following(mock, kind="note,request", limit=1, contains="day") as stream:
        assert next(stream)["text"] == "day two"
        note(mock, "night", "day three")
        assert next(stream)["text"] == "day three"
    with following(mock, limit=0) as stream:
        note(mock, "new")
        assert next(stream)["text"] == "new"


def test_a_stream_goes_on_where_it_broke_off(mock: MockTingwu) -> None:
    note(mock, *"abc")
    with following(mock, since=1) as stream:
        assert next(stream)["text"] == "b"
    with following(mock, {"Last-Event-ID": "2"}, since=1, limit=0) as stream:
        assert next(stream)["text"] == "c"
    with following(mock, {"Last-Event-ID": "700"}) as stream:
        assert next(stream)["text"] == "a", "of a journal that was forgotten"


def test_a_silent_stream_says_that_it_is_still_there(
    mock: MockTingwu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_api, "HEARTBEAT_S", 0.01)
    with httpx.stream("GET", f"{mock.url}/_mock/journal/stream", timeout=PATIENCE) as answer:
        lines = answer.iter_lines()
        assert [next(lines) for _ in range(4)] == [": still here", ""] * 2


def test_who_reads_slowly_is_told_what_was_missed(
    mock: MockTingwu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_journal, "MAX_BYTES", 2**20)
    big = "x" * 50_000
    small = httpx.HTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**18)])
    url = f"{mock.url}/_mock/journal/stream"
    with (
        httpx.Client(transport=small, timeout=PATIENCE) as client,
        client.stream("GET", url) as answer,
    ):
        # More than all buffers between the two hold: the rest has to wait in the journal.
        for _ in range(20):
            note(mock, *[big] * 20)
        note(mock, *[big] * 50, "the last")
        seqs, gone = [], 0
        for entry in events(answer.iter_lines()):
            seqs.append(entry["seq"])
            gone += entry.get("gone", 0)
            if entry["text"] == "the last":
                break
    assert seqs == sorted(set(seqs))
    missed = seqs[-1] - len(seqs)
    assert gone > 0 and missed == gone - 1, "the note stands for the last one that is gone"


@pytest.mark.parametrize(
    ("query", "headers", "error"),
    [
        ("since=x", {}, "since is 'x', expected the seq of an entry"),
        ("wait_ms=5", {}, "wait_ms is unknown; expected "),
        ("scope=other", {}, "scope is 'other', expected one of /_mock/scopes"),
        ("", {"Last-Event-ID": "x"}, "Last-Event-ID is 'x', expected the seq of an entry"),
    ],
)
def test_a_stream_that_makes_no_sense_is_refused(
    mock: MockTingwu, query: str, headers: dict[str, str], error: str
) -> None:
    url = f"{mock.url}/_mock/journal/stream?{query}"
    answer = httpx.get(url, headers=headers, timeout=PATIENCE)
    assert answer.status_code == (404 if "scope" in query else 400)
    assert answer.json()["error"].startswith(error)


def test_a_stream_s_head_does_not_wait_for_its_end(mock: MockTingwu) -> None:
    answer = httpx.head(f"{mock.url}/_mock/journal/stream", timeout=PATIENCE)
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_many_can_follow_and_go(mock: MockTingwu) -> None:
    seen: list[str] = []

    def follow() -> None:
        with following(mock, kind="note") as stream:
            seen.append(next(stream)["text"])

    threads = [threading.Thread(target=follow) for _ in range(20)]
    for thread in threads:
        thread.start()
    until(lambda: watchers(mock) == 20, "all followers")
    note(mock, "news")
    for thread in threads:
        thread.join(PATIENCE)
    assert seen == ["news"] * 20
    until(lambda: watchers(mock) == 0, "nobody")
