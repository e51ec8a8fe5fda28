"""What the control API, `MockTingwu` and the command line say of violations."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.cli import main
from mock_tingwu.core.violations import LEVELS, RULES
from tests.dashscope.ws_helpers import duplex
from tests.realtime.helpers import Json, create, pusher, stop
from tests.violations.cases import IDS, begin, gone, offline, put


def listed(mock: MockTingwu, query: str = "") -> list[Json]:
    answer = httpx.get(f"{mock.url}/_mock/violations{query}")
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["violations"]
    return found


def ids(found: list[Json]) -> list[str]:
    return [one["rule"] for one in found]


def two(mock: MockTingwu) -> str:
    """An unknown field in a task that is stopped, and a call that is refused; the task's id."""
    answer = put(mock, begin(Parameters={"Colour": "red"}))
    task_id = answer.json()["Data"]["TaskId"]
    stop(mock, task_id)
    put(mock, {"Input": begin()["Input"]})
    return str(task_id)


def test_violations_are_listed_with_their_rule_and_the_offending_entry(mock: MockTingwu) -> None:
    task_id = two(mock)
    unknown, missing = listed(mock)
    assert missing == {
        **missing,
        "kind": "violation",
        "service": "tingwu",
        "scope": "default",
        "task_id": None,
        "rule": "app-key",
        "level": "documented",
        "source": "tingwu-openapi 1.1 and 3.2",
        "expected": RULES["app-key"].expected,
        "text": "CreateTask: /AppKey: is missing",
        "count": 1,
    }
    assert missing["entry"]["kind"] == "request"
    assert missing["entry"]["request_id"] == missing["request_id"]
    assert unknown["task_id"] == task_id
    assert unknown["text"] == "CreateTask: '/Parameters/Colour' is no known field"
    assert mock.violations == listed(mock)
    journal = [entry for entry in mock.journal if entry["kind"] == "violation"]
    assert [entry["seq"] for entry in journal] == [unknown["seq"], missing["seq"]]


def test_violations_are_filtered(mock: MockTingwu) -> None:
    task_id = two(mock)
    first = listed(mock)[0]["seq"]
    assert ids(listed(mock, "?rule=app-key")) == ["app-key"]
    assert ids(listed(mock, "?level=advice")) == ["unknown-field"]
    assert ids(listed(mock, f"?task_id={task_id}")) == ["unknown-field"]
    assert ids(listed(mock, f"?since={first}")) == ["app-key"]
    assert listed(mock, "?rule=app-key&level=advice") == []


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("colour=red", "colour is unknown; expected rule, level, task_id, since"),
        ("rule=nonsense", "rule is 'nonsense', expected one of /_mock/violations/rules"),
        ("level=high", "level is 'high', expected documented or advice"),
        ("since=now", "since is 'now', expected the seq of a violation"),
        ("scope=nowhere", "scope is 'nowhere', expected one of /_mock/scopes; any POST makes one"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(mock: MockTingwu, query: str, error: str) -> None:
    assert httpx.get(f"{mock.url}/_mock/violations?{query}").json() == {"error": error}


def test_a_filter_of_what_is_to_be_forgotten_is_refused(mock: MockTingwu) -> None:
    answer = httpx.delete(f"{mock.url}/_mock/violations?rule=app-key")
    error = "rule is unknown; expected scope: all are forgotten"
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_the_same_offence_counts_and_leaves_one_entry(mock: MockTingwu) -> None:
    for _ in range(5):
        put(mock, {"Input": begin()["Input"]})
    (found,) = mock.violations
    assert found["count"] == 5
    entries = [entry for entry in mock.journal if entry["kind"] == "violation"]
    assert [entry["count"] for entry in entries] == [5]
    assert found["offending"] == 1


def test_a_loop_that_creates_tasks_leaves_one_entry(mock: MockTingwu) -> None:
    for _ in range(3):
        put(mock, begin(Parameters={"Colour": "red"}))
        put(mock, begin(Parameters={"Shape": "round"}))
    found = [
        (one["count"], one["text"].partition(": ")[2]) for one in listed(mock, "?level=advice")
    ]
    assert found == [
        (3, "'/Parameters/Colour' is no known field"),
        (3, "'/Parameters/Shape' is no known field"),
    ]


def test_what_is_forgotten_is_noted_again_when_it_happens_again(mock: MockTingwu) -> None:
    create(mock)
    put(mock, {"Input": begin()["Input"]})
    assert ids(mock.violations) == ["app-key", "stop-missing"]
    answer = httpx.delete(f"{mock.url}/_mock/violations")
    assert answer.json()["violations"] == mock.violations == []
    put(mock, {"Input": begin()["Input"]})
    create(mock)
    assert [(found["rule"], found["count"]) for found in mock.violations] == [
        ("app-key", 1),
        ("stop-missing", 1),
    ]
    mock.forget_violations()
    assert mock.violations == []


def test_a_meeting_that_nobody_has_ended_is_a_violation_until_somebody_does(
    mock: MockTingwu,
) -> None:
    task = create(mock)
    (found,) = mock.violations
    assert (found["rule"], found["seq"], found["at"]) == ("stop-missing", None, None)
    assert found["entry"]["method"] == "PUT"
    assert ids(listed(mock, "?since=1000")) == ["stop-missing"]
    with pusher(task) as socket:
        socket.start()
        assert mock.violations == []  # it goes on
        socket.command("StopTranscription", **IDS)
        socket.expect("TranscriptionCompleted")
    assert ids(mock.violations) == ["stop-missing"]
    stop(mock, task["TaskId"])
    assert mock.violations == []


def test_a_meeting_that_was_never_ended_is_written_down_when_its_scope_ends(
    mock: MockTingwu,
) -> None:
    seen: list[dict[str, Any]] = []
    mock.tap(seen.append)
    task_id = create(mock)["TaskId"]
    mock.reset()
    (found,) = [entry for entry in seen if entry["kind"] == "violation"]
    assert (found["rule"], found["task_id"]) == ("stop-missing", task_id)
    assert mock.violations == []


def test_an_instruction_ends_with_its_stream(mock: MockTingwu) -> None:
    with duplex(mock) as line:
        line.start(model="tingwu-industrial-instruction")
        line.finish()
    gone(mock)
    assert mock.violations == []


def test_scopes_have_violations_of_their_own(mock: MockTingwu) -> None:
    with mock.scope("team", ["team-app"]) as team:
        put(mock, begin(AppKey="team-app", Parameters={"Colour": 1}))
        assert ids(team.violations) == ["unknown-field", "stop-missing"]
        assert mock.violations == []
        assert ids(listed(mock, "?scope=team&level=advice")) == ["unknown-field"]
        team.forget_violations()
        assert team.violations == []


def test_the_offending_entry_may_have_left_the_journal(mock: MockTingwu) -> None:
    put(mock, {"Input": begin()["Input"]})
    mock.call(lambda: mock._server.world.default.journal._entries.clear())
    (found,) = mock.violations
    assert found["entry"] is None and found["offending"] == 1


def test_a_test_can_assert_that_there_are_none(mock: MockTingwu) -> None:
    mock.assert_no_violations()
    two(mock)
    with pytest.raises(AssertionError) as complaint:
        mock.assert_no_violations()
    seq = next(found["offending"] for found in mock.violations if found["rule"] == "app-key")
    assert str(complaint.value) == (
        "1 violation of the contract:\n"
        "- app-key (documented: tingwu-openapi 1.1 and 3.2), "
        f"seen at seq {seq} of the journal\n"
        "  CreateTask: /AppKey: is missing\n"
        "  expected: Whoever begins a task names an AppKey that exists and is the caller's."
    )
    mock.assert_no_violations(but=["app-key"])
    with pytest.raises(AssertionError, match="1 violation of the contract:\n- unknown-field"):
        mock.assert_no_violations("advice", but=("app-key",))
    with pytest.raises(AssertionError, match="2 violations of the contract:"):
        mock.assert_no_violations("advice")


def test_an_assertion_that_makes_no_sense_is_refused(mock: MockTingwu) -> None:
    with pytest.raises(ValueError, match="level is 'high', expected documented or advice"):
        mock.assert_no_violations("high")
    with pytest.raises(ValueError, match="but has 'nonsense', expected ids of"):
        mock.assert_no_violations(but=["nonsense"])
    with pytest.raises(ValueError, match="but is 'app-key', expected several ids"):
        mock.assert_no_violations(but="app-key")


def test_a_fault_on_demand_is_not_the_client_s_doing(mock: MockTingwu) -> None:
    for action in (
        {"type": "api_error", "code": "Missing", "parameter": "AppKey"},
        {"type": "api_error", "code": "BRK.InvalidLanguage"},
        {"type": "throttle"},
    ):
        mock.faults.add(action, times=1)
        assert put(mock, begin()).status_code == 400
    assert mock.violations == []


def test_every_breach_of_a_request_is_told(virtual_mock: MockTingwu) -> None:
    source = {"SourceLanguage": "tlh", "Format": "tape"}
    put(virtual_mock, {"AppKey": "app", "Input": source})
    texts = sorted(found["text"] for found in virtual_mock.violations)
    assert [text.partition(": ")[2].partition(":")[0] for text in texts] == [
        "/Input/Format",
        "/Input/SampleRate",
        "/Input/SourceLanguage",
    ]


def test_how_audio_comes_is_not_judged_on_a_virtual_clock(virtual_mock: MockTingwu) -> None:
    task = create(virtual_mock)
    with pusher(task) as socket:
        socket.start()
        socket.push(bytes(32_000 * 60))
        virtual_mock.advance(9_000)
        socket.push(bytes(3_200))
        socket.command("StopTranscription", **IDS)
        socket.expect("TranscriptionCompleted")
    stop(virtual_mock, task["TaskId"])
    virtual_mock.assert_no_violations("advice")


def test_polling_is_judged_by_whichever_clock_shows_more(virtual_mock: MockTingwu) -> None:
    task_id = offline(virtual_mock)
    for wait in (60_000, 59_000, 0):
        httpx.get(f"{virtual_mock.url}/openapi/tingwu/v2/tasks/{task_id}")
        virtual_mock.call(partial(_let_pass, virtual_mock, wait))
    (found,) = virtual_mock.violations
    assert found["count"] == 1 and "again after 59" in found["text"]


def _let_pass(mock: MockTingwu, milliseconds: int) -> None:
    """Move the clock on without what is due: the task stays unfinished."""
    mock._server.world.default.clock._now += milliseconds  # type: ignore[attr-defined]


def test_the_rules_are_listed(mock: MockTingwu) -> None:
    rules = httpx.get(f"{mock.url}/_mock/violations/rules").json()["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    assert set(rules[0]) == {"id", "area", "level", "source", "expected"}


def test_the_rules_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    text = capsys.readouterr().out
    assert all(f"\n{id}\n" in text for id in RULES)
    assert text.endswith(f"\n{len(RULES)} rules\n")
    for level in LEVELS:
        assert main(["rules", "--level", level]) == 0
        text = capsys.readouterr().out
        mine = [id for id, rule in RULES.items() if rule.level == level]
        assert text.endswith(f"\n{len(mine)} rules\n") and f"\n{mine[0]}\n" in text
