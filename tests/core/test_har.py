from __future__ import annotations

from itertools import count
from typing import Any

import jsonschema
import pytest

from mock_tingwu.core.har import archive
from mock_tingwu.core.journal import Filter, Journal
from tests import har_schema

ALL = Filter()
CALL: dict[str, Any] = {"method": "GET", "target": "/a?b=1&c="}


def make() -> Journal:
    """A journal on whose clock 10 ms pass between two entries."""
    return Journal(count(1_000_000, 10).__next__)


def har(journal: Journal, wanted: Filter = ALL, **options: Any) -> list[dict[str, Any]]:
    """The entries of the archive, which is valid."""
    made = archive(journal.after(0), wanted, origin="http://mock:1", **options)
    har_schema.check(made)
    entries: list[dict[str, Any]] = made["log"]["entries"]
    return entries


def test_the_schema_refuses_what_is_no_archive() -> None:
    creator: dict[str, str] = {}
    log = {"version": "1.2", "creator": creator, "entries": []}
    documents: list[dict[str, object]] = [{}, {"log": {}}, {"log": log}]
    for broken in documents:
        with pytest.raises(jsonschema.ValidationError):
            har_schema.check(broken)


def test_a_request_and_its_response_are_one_entry() -> None:
    journal = make()
    body, answer = b'{"AppKey":"a"}', '{"Message":"好"}'.encode()
    journal.record("request", "tingwu", request_id="R1", body=body, **CALL)
    journal.record("note", "tingwu", request_id="R1", text="type is missing")
    journal.record("response", "tingwu", request_id="R1", status=400, body=answer, **CALL)
    (entry,) = har(journal)
    assert entry == {
        "startedDateTime": "1970-01-01T00:16:40.000Z",
        "time": 20,
        "request": {
            "method": "GET",
            "url": "http://mock:1/a?b=1&c=",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [],
            "queryString": [{"name": "b", "value": "1"}, {"name": "c", "value": ""}],
            "headersSize": -1,
            "bodySize": 14,
            "postData": {"mimeType": "application/json", "text": '{"AppKey":"a"}'},
        },
        "response": {
            "status": 400,
            "statusText": "Bad Request",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [],
            "content": {"size": 17, "mimeType": "application/json", "text": '{"Message":"好"}'},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": 17,
        },
        "cache": {},
        "timings": {"send": 0, "wait": 20, "receive": 0},
        "comment": "type is missing",
    }


def test_what_has_no_id_is_paired_in_its_order() -> None:
    journal = make()
    journal.record("request", "realtime", **CALL)
    journal.record("request", "realtime", **CALL)
    journal.record("request", "tingwu", request_id="R1", **CALL)
    journal.record("response", "realtime", status=403, body="first", **CALL)
    journal.record("response", "realtime", status=403, body="second", **CALL)
    journal.record("response", "tingwu", request_id="of-a-defect", status=500, body=b"{}", **CALL)
    first, second, defect = har(journal)
    assert [e["response"]["content"]["text"] for e in (first, second)] == ["first", "second"]
    assert defect["response"]["status"] == 500


def test_a_request_without_response_and_the_reverse_are_shown() -> None:
    journal = make()
    journal.record("request", "tingwu", request_id="R1", body=b"", **CALL)
    journal.record(
        "response", "live", request_id="R2", method="", target="", status=299, body="<A/>"
    )
    under_way, malformed = har(journal)
    assert under_way["response"]["status"] == 0
    assert under_way["comment"] == "there is no response in the journal"
    assert "postData" not in under_way["request"]
    assert malformed["comment"] == "there is no request in the journal"
    assert malformed["request"]["url"] == "http://mock:1/"
    assert malformed["response"]["statusText"] == ""
    assert malformed["response"]["content"]["mimeType"] == "application/xml"


def test_a_result_file_is_the_content_of_its_response() -> None:
    journal = make()
    journal.record("request", "storage", request_id="R1", **CALL)
    journal.record("result", "storage", request_id="R1", body=b'{"TaskId":"t"}', name="T", form="x")
    journal.record("response", "storage", request_id="R1", status=200, **CALL)
    (entry,) = har(journal)
    assert entry["response"]["content"]["text"] == '{"TaskId":"t"}'


def test_bodies_of_all_kinds_have_a_type() -> None:
    journal = make()
    for body in ("a=b&c=d", "(70000 bytes left out)", "{broken"):
        service = "live" if "=" in body else "tingwu"
        journal.record("request", service, method="POST", target="/", body=body)
    types = [entry["request"]["postData"]["mimeType"] for entry in har(journal)]
    assert types == ["application/x-www-form-urlencoded", "text/plain", "text/plain"]


def test_a_session_is_one_entry_with_its_messages() -> None:
    journal = make()
    for session in ("t/1", "t/1"):
        journal.record("ws_open", "realtime", session=session, target="/api/ws/v1?x=1")
        journal.record("ws_in", "realtime", session=session, text="{}")
        journal.record("ws_out", "realtime", session=session, message=b'{"a":1}')
        journal.record("audio", "realtime", session=session, frames=2, bytes=6400, position=200)
        journal.record("ws_close", "realtime", session=session, code=1000, by="client")
    entries = har(journal)
    assert len(entries) == 2
    assert entries[0]["request"]["url"] == "ws://mock:1/api/ws/v1?x=1"
    assert entries[0]["response"]["status"] == 101
    assert entries[0]["time"] == 40
    assert entries[0]["_resourceType"] == "websocket"
    assert entries[0]["_webSocketMessages"] == [
        {"type": "send", "time": 1000.01, "opcode": 1, "data": "{}"},
        {"type": "receive", "time": 1000.02, "opcode": 1, "data": '{"a":1}'},
    ]
    assert entries[0]["comment"] == (
        "2 frames of audio with 6400 bytes are not in the journal. The client closed it with 1000."
    )


def test_a_connection_that_serves_several_tasks_is_one_session() -> None:
    journal = make()
    journal.record("ws_open", "dashscope", session="c", connection="c", target="/x")
    journal.record("ws_in", "dashscope", session="t/1", connection="c", text="1")
    journal.record("ws_in", "dashscope", session="u/1", connection="c", text="2")
    journal.record(
        "ws_in", "dashscope", session="v/1", connection="of-an-opening-that-is-gone", text="3"
    )
    both, other = har(journal)
    assert [message["data"] for message in both["_webSocketMessages"]] == ["1", "2"]
    assert other["request"]["url"] == "ws://mock:1/"


def test_a_callback_is_a_request_of_the_mock_s_own() -> None:
    journal = make()
    about: dict[str, Any] = {"url": "http://h/hook?k=1", "event": "COMPLETED", "body": b"{}"}
    journal.record("callback", "tingwu", attempt=1, outcome="refused", error="no answer", **about)
    journal.record("callback", "tingwu", attempt=2, outcome="delivered", status=200, **about)
    lost, delivered = har(journal)
    assert lost["request"]["method"] == "POST"
    assert lost["request"]["url"] == "http://h/hook?k=1"
    assert (lost["response"]["status"], delivered["response"]["status"]) == (0, 200)
    assert lost["comment"] == "A callback that the mock sent: refused, attempt 1. no answer"


def test_an_exchange_is_wanted_if_any_of_its_entries_is() -> None:
    journal = make()
    for number in range(3):
        journal.record("request", "tingwu", request_id=f"R{number}", **CALL)
        journal.record(
            "response", "tingwu", f"t{number}", request_id=f"R{number}", status=200, **CALL
        )
    journal.record("transition", "core", "t1", why="x")
    assert len(har(journal, Filter(task_id="t1"))) == 1
    assert len(har(journal, Filter(kinds={"request"}))) == 3
    assert len(har(journal, since=3)) == 2
    assert len(har(journal, limit=1)) == 1
    assert har(journal, limit=0) == []


def test_what_is_masked_in_the_journal_is_masked_here() -> None:
    journal = make()
    target = "/a?token=planted-secret&x=会"
    journal.record("request", "tingwu", method="GET", target=target, body=b'{"ApiKey":"planted"}')
    (entry,) = har(journal)
    assert (
        "planted-secret" not in str(entry) and "planted" not in entry["request"]["postData"]["text"]
    )
    assert entry["request"]["queryString"][1] == {"name": "x", "value": "会"}
