"""The rules by which calls and tasks go wrong."""

from __future__ import annotations

from typing import Any

import pytest

from mock_tingwu.core.dashscope_errors import CALL_ERRORS
from mock_tingwu.core.errors import API_ERRORS, TASK_ERRORS
from mock_tingwu.core.faults import (
    OPERATIONS,
    PATTERNS,
    ApiFault,
    FaultError,
    Faults,
    Subject,
    SubtaskFailure,
    TaskFailure,
    ThrottleFault,
    new_task,
    parse_marker,
    parse_rule,
)
from mock_tingwu.core.ids import Ids
from mock_tingwu.core.journal import Journal
from mock_tingwu.core.options import RESULT_KINDS

OVERDUE = {"type": "api_error", "code": "BRK.OverdueTenant"}
FAILED = {"type": "task_failed", "error_code": "TSC.FileError"}
CREATE = Subject("tingwu", "CreateTask", "weekly", "app", None)


@pytest.fixture
def journal() -> Journal:
    return Journal(lambda: 0)


@pytest.fixture
def faults(journal: Journal) -> Faults:
    return Faults(Ids(0), journal)


def happens(faults: Faults, subject: Subject = CREATE) -> bool:
    return faults.call_fault(subject) is not None


def test_without_rules_nothing_goes_wrong(faults: Faults, journal: Journal) -> None:
    assert not happens(faults)
    assert faults.task_failure(new_task(task_key="weekly", app_key="app")) is None
    assert journal.seq == 0


def test_an_empty_match_fits_every_call(faults: Faults) -> None:
    faults.add({"action": OVERDUE})
    for operation in OPERATIONS:
        assert faults.call_fault(Subject("tingwu", operation)) == ApiFault("BRK.OverdueTenant")


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        ({"operation": "CreateTask"}, True),
        ({"operation": "GetTaskInfo"}, False),
        ({"service": "tingwu"}, True),
        ({"task_key": "weekly"}, True),
        ({"task_key": "daily"}, False),
        ({"app_key": "app"}, True),
        ({"app_key": "other"}, False),
        ({"task_id": "0" * 32}, False),
        ({"task_key": "weekly", "app_key": "app", "operation": "CreateTask"}, True),
        ({"task_key": "weekly", "app_key": "other"}, False),
        ({"task_key": None, "nth": None}, True),
        ({"probability": 0}, False),
        ({"probability": 1}, True),
    ],
)
def test_all_that_stands_in_match_must_fit(
    faults: Faults, match: dict[str, Any], fits: bool
) -> None:
    faults.add({"match": match, "action": OVERDUE})
    assert happens(faults) is fits


def test_times_limits_how_often_a_rule_acts(faults: Faults) -> None:
    rule = faults.add({"action": OVERDUE, "times": 2})
    assert [happens(faults) for _ in range(4)] == [True, True, False, False]
    assert rule.shown()["fired"] == 2


def test_nth_is_the_one_call_of_those_that_fit(faults: Faults) -> None:
    faults.add({"match": {"operation": "CreateTask", "nth": 3}, "action": OVERDUE})
    other = Subject("tingwu", "GetTaskInfo")
    assert [happens(faults, s) for s in (CREATE, other, CREATE, other, CREATE, CREATE)] == [
        False,
        False,
        False,
        False,
        True,
        False,
    ]


def test_nth_counts_only_what_no_earlier_rule_has_taken(faults: Faults) -> None:
    faults.add({"match": {"nth": 1}, "action": OVERDUE})
    faults.add({"match": {"nth": 1}, "action": {"type": "throttle"}})
    found = [faults.call_fault(CREATE) for _ in range(3)]
    assert found == [ApiFault("BRK.OverdueTenant"), ThrottleFault(), None]


def test_probability_is_drawn_from_the_seed(journal: Journal) -> None:
    def draws(seed: int) -> list[bool]:
        faults = Faults(Ids(seed), journal)
        faults.add({"match": {"probability": 0.3}, "action": OVERDUE})
        return [happens(faults) for _ in range(400)]

    assert draws(1) == draws(1) != draws(2)
    assert 80 < sum(draws(1)) < 160


def test_of_several_rules_the_first_one_acts(faults: Faults) -> None:
    faults.add({"match": {"task_key": "other"}, "action": {"type": "throttle"}})
    faults.add({"action": OVERDUE, "times": 1})
    faults.add({"action": {"type": "throttle", "retry_after": 250}})
    assert faults.call_fault(CREATE) == ApiFault("BRK.OverdueTenant")
    assert faults.call_fault(CREATE) == ThrottleFault(250)


def test_calls_and_tasks_have_rules_of_their_own(faults: Faults) -> None:
    faults.add({"action": {"type": "task_failed", "error_code": "TSC.FileError"}})
    assert not happens(faults)
    assert faults.task_failure(new_task(task_key="weekly")) == TaskFailure(
        "TSC.FileError", "File cannot be read.", 0
    )
    faults.clear()
    faults.add({"action": OVERDUE})
    assert faults.task_failure(new_task(task_key="weekly")) is None


def test_a_task_s_failure_is_matched_with_what_it_was_made_of(faults: Faults) -> None:
    failed = {"type": "task_failed", "error_code": "PRE.Own", "error_message": "m", "after_ms": 9}
    faults.add({"match": {"task_key": "b", "app_key": "app"}, "action": failed})
    assert faults.task_failure(new_task(task_key="b", app_key="other")) is None
    assert faults.task_failure(new_task(task_key="b", app_key="app")) == TaskFailure(
        "PRE.Own", "m", 9
    )
    faults.add({"match": {"operation": "CreateTask", "app_key": "x"}, "action": failed})
    assert faults.task_failure(new_task(app_key="x", task_id="t")) == TaskFailure("PRE.Own", "m", 9)


def test_a_task_of_either_service_is_made_by_a_call_of_its_own(faults: Faults) -> None:
    faults.add({"match": {"operation": "createTask"}, "action": FAILED})
    assert faults.task_failure(new_task(app_key="tw_x")) is None
    assert faults.task_failure(new_task(service="dashscope", app_key="tw_x")) is not None
    faults.clear()
    faults.add({"match": {"service": "tingwu"}, "action": FAILED})
    assert faults.task_failure(new_task(service="dashscope")) is None
    assert faults.task_failure(new_task()) is not None


# Results that fail by themselves


def failing(kind: str, **rule: Any) -> dict[str, Any]:
    return {"action": {"type": "subtask_failed", "kind": kind}, **rule}


def test_a_task_may_lack_as_many_results_as_rules_and_markers_say(
    faults: Faults, journal: Journal
) -> None:
    faults.add(failing("AutoChapters", match={"app_key": "app"}))
    faults.add(failing("TextPolish", times=1))
    faults.add(failing("Summarization", match={"app_key": "other"}))
    url = "https://h/a.mp3?mock.subtask_failed=CustomPrompt&mock.subtask_failed=AutoChapters"
    task = new_task(app_key="app", file_url=url, task_id="t")
    assert faults.subtask_failures(task) == {"AutoChapters", "TextPolish", "CustomPrompt"}
    entries = list(journal.entries(kind="fault"))
    assert [(e["rule"], e["action"], e["task_id"], e["text"]) for e in entries] == [
        ("fault-1", "subtask_failed", "t", "the task has no result AutoChapters"),
        ("fault-2", "subtask_failed", "t", "the task has no result TextPolish"),
        ("marker", "subtask_failed", "t", "the task has no result CustomPrompt"),
    ]
    assert faults.subtask_failures(new_task(app_key="app")) == {"AutoChapters"}


def test_a_rule_on_a_result_takes_one_of_every_task(faults: Faults) -> None:
    rule = faults.add(failing("Translation", times=2))
    found = [faults.subtask_failures(new_task()) for _ in range(3)]
    assert found == [{"Translation"}, {"Translation"}, frozenset()]
    assert rule.fired == 2


def test_a_result_that_fails_neither_fails_its_task_nor_the_call(faults: Faults) -> None:
    faults.add(failing("Translation"))
    assert not happens(faults)
    assert faults.task_failure(new_task()) is None
    faults.clear()
    faults.add({"action": FAILED})
    assert faults.subtask_failures(new_task()) == frozenset()


@pytest.mark.parametrize("kind", RESULT_KINDS[1:])
def test_every_result_but_the_transcript_can_fail(kind: str) -> None:
    assert parse_marker("subtask_failed", kind) == SubtaskFailure(kind)


def test_rules_can_be_looked_at_and_dropped(faults: Faults) -> None:
    first, second = faults.add({"action": OVERDUE}), faults.add({"action": OVERDUE, "times": None})
    assert [rule.id for rule in faults.rules] == ["fault-1", "fault-2"]
    assert second.shown() == {"id": "fault-2", "action": OVERDUE, "fired": 0}
    assert faults.remove(first.id)
    assert not faults.remove(first.id)
    assert faults.get(second.id) is second
    faults.clear()
    assert faults.rules == []
    assert faults.add({"action": OVERDUE}).id == "fault-3"


def test_every_firing_is_journalled(faults: Faults, journal: Journal) -> None:
    faults.add({"action": OVERDUE, "times": 1})
    faults.add({"action": {"type": "throttle", "retry_after": 5}})
    faults.add({"action": {"type": "task_failed", "error_code": "TSC.FileType", "after_ms": 7}})
    happens(faults)
    happens(faults)
    faults.task_failure(new_task(task_key="b", task_id="t"))
    entries = list(journal.entries(kind="fault"))
    assert [(e["rule"], e["action"], e["operation"], e["task_id"], e["text"]) for e in entries] == [
        ("fault-1", "api_error", "CreateTask", None, "the call is answered with BRK.OverdueTenant"),
        ("fault-2", "throttle", "CreateTask", None, "the call is throttled for 5 ms"),
        (
            "fault-3",
            "task_failed",
            "CreateTask",
            "t",
            "the task fails with TSC.FileType after 7 ms",
        ),
    ]


# Markers


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("weekly--mock.api_error=BRK.OverdueTenant", ApiFault("BRK.OverdueTenant")),
        ("--mock.api_error=Missing:AppKey", ApiFault("Missing", "", "AppKey")),
        ("mock.api_error=ServerError", ApiFault("ServerError")),
        ("a--mock.api_error=ServerError--more", ApiFault("ServerError")),
        ("a--mock.throttle=", ThrottleFault()),
        ("a--mock.throttle=--mock.api_error=ServerError", ThrottleFault()),
        ("a--mock.throttle=250", ThrottleFault(250)),
        ("http://h/a.mp3?mock.api_error=ServerError", ApiFault("ServerError")),
        ("http://h/a.mp3?x=1&mock.throttle=9&y=2", ThrottleFault(9)),
        ("http://h/a.mp3?mock.api_error=Invalid%3AFileUrl#top", ApiFault("Invalid", "", "FileUrl")),
    ],
)
def test_a_marker_in_a_text_of_the_caller_s_does_what_a_rule_does(
    faults: Faults, journal: Journal, text: str, action: Any
) -> None:
    assert faults.call_fault(Subject("tingwu", "CreateTask", texts=[text])) == action
    (entry,) = journal.entries(kind="fault")
    assert entry["rule"] == "marker"


@pytest.mark.parametrize(
    ("keys", "failure"),
    [
        (
            {"task_key": "weekly--mock.task_failed=TSC.AudioFormat"},
            TaskFailure("TSC.AudioFormat", "Audio format invalid."),
        ),
        (
            {"file_url": "https://h/a.mp3?mock.task_failed=PRE.Own@5000"},
            TaskFailure("PRE.Own", "PRE.Own", 5000),
        ),
        (
            {"task_key": "a--mock.throttle=1--mock.task_failed=TSC.FileType"},
            TaskFailure("TSC.FileType", "File type invalid."),
        ),
    ],
)
def test_a_marker_fails_a_task(faults: Faults, keys: dict[str, str], failure: TaskFailure) -> None:
    assert faults.task_failure(new_task(**keys)) == failure
    # Its own kind only: the call itself is not touched by it.
    texts = list(keys.values())
    touched = faults.call_fault(Subject("tingwu", "CreateTask", texts=texts))
    assert touched == (ThrottleFault(1) if "throttle" in texts[0] else None)


@pytest.mark.parametrize(
    "text",
    [
        "amock.api_error=ServerError",
        "a-mock.api_error=ServerError",
        "a--mocK.api_error=ServerError",
        "http://h/mock.api_error=ServerError",
        "weekly",
        "",
    ],
)
def test_a_text_that_is_no_marker_does_nothing(faults: Faults, journal: Journal, text: str) -> None:
    assert faults.call_fault(Subject("tingwu", "CreateTask", texts=[text])) is None
    assert journal.seq == 0


def test_a_marker_that_makes_no_sense_is_noted_once(faults: Faults, journal: Journal) -> None:
    text = "a--mock.api_error=BRK.Nothing"
    subject = Subject("tingwu", "CreateTask", text, texts=[text])
    assert faults.call_fault(subject) is None
    assert faults.task_failure(new_task(task_key=text)) is None
    (note,) = journal.entries(kind="note")
    assert note["text"] == (
        "the marker mock.api_error=BRK.Nothing has no effect: action.code is 'BRK.Nothing', "
        "expected a code of the error tables of the OpenAPI, DashScope or Live"
    )


def test_what_a_file_url_states_of_its_recording_is_no_marker(
    faults: Faults, journal: Journal
) -> None:
    query = "mock.duration_ms=61000&mock.sample_rate=8000&mock.channels=2&mock.size=5"
    failing = "mock.task_failed=TSC.AudioFormat"
    assert faults.task_failure(new_task(file_url=f"https://a.example/a.mp3?{query}")) is None
    assert (
        faults.task_failure(new_task(file_url=f"https://a.example/a.mp3?{query}&{failing}"))
        is not None
    )
    assert not list(journal.entries(kind="note"))
    # In a TaskKey it states nothing.
    assert faults.task_failure(new_task(task_key="weekly--mock.size=5")) is None
    assert len(list(journal.entries(kind="note"))) == 1


def test_markers_that_make_no_sense_are_noted_within_bounds(
    faults: Faults, journal: Journal
) -> None:
    for number in range(1_100):
        text = f"a--mock.nothing={number}"
        faults.call_fault(Subject("tingwu", "CreateTask", texts=[text, text]))
    assert len(list(journal.entries(kind="note"))) == 1_000


def test_a_rule_goes_before_a_marker(faults: Faults) -> None:
    faults.add({"action": OVERDUE, "times": 1})
    subject = Subject("tingwu", "CreateTask", texts=["a--mock.throttle=5"])
    assert faults.call_fault(subject) == ApiFault("BRK.OverdueTenant")
    assert faults.call_fault(subject) == ThrottleFault(5)


# What makes sense


@pytest.mark.parametrize("code", API_ERRORS)
def test_every_code_of_the_table_can_be_asked_for(code: str) -> None:
    parameter = {"parameter": "AppKey"} if code in PATTERNS else {}
    action = {"type": "api_error", "code": code, **parameter}
    assert parse_rule({"action": action})[1] == ApiFault(code, "", parameter.get("parameter", ""))


@pytest.mark.parametrize("code", CALL_ERRORS)
def test_every_code_of_dashscope_can_be_asked_for(faults: Faults, code: str) -> None:
    faults.add({"action": {"type": "api_error", "code": code}})
    subject = Subject("dashscope", "createTask")
    assert faults.call_fault(subject) == ApiFault(code)
    # It is no answer of the other service unless that has it as well.
    assert happens(faults) is (code in API_ERRORS)


def test_a_code_of_one_service_leaves_the_calls_of_the_other_alone(faults: Faults) -> None:
    faults.add({"action": OVERDUE, "match": {"nth": 1}})
    assert faults.call_fault(Subject("dashscope", "createTask")) is None
    assert happens(faults)


@pytest.mark.parametrize("code", TASK_ERRORS)
def test_every_reason_of_a_failed_task_can_be_asked_for(code: str) -> None:
    found = parse_marker("task_failed", code)
    assert found == TaskFailure(code, TASK_ERRORS[code].message)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({}, "action is None, expected an object with a type"),
        ({"action": "x"}, "action is 'x', expected an object with a type"),
        ({"action": {}}, "action.type is None, expected api_error or throttle or ret_code"),
        ({"action": {"type": "lateness"}}, "action.type is 'lateness', expected api_error or"),
        ({"action": {"type": ["x"]}}, r"action.type is \['x'\], expected"),
        ({"action": OVERDUE, "colour": 1}, "colour is unknown in the rule; expected match, action"),
        (
            {"action": OVERDUE | {"status": 1}},
            "status is unknown in the action api_error; expected",
        ),
        ({"action": OVERDUE, "match": 5}, "match is 5, expected an object"),
        ({"action": OVERDUE, "match": []}, r"match is \[\], expected an object"),
        (
            {"action": OVERDUE, "match": {"task": "x"}},
            "task is unknown in match; expected service,",
        ),
        ({"action": OVERDUE, "match": {"task_key": 5}}, "match.task_key is 5, expected a text"),
        ({"action": OVERDUE, "match": {"task_key": ""}}, "match.task_key is '', expected a text"),
        (
            {"action": OVERDUE, "match": {"operation": "StopTask"}},
            "match.operation is 'StopTask', expected CreateTask or GetTaskInfo or",
        ),
        ({"action": OVERDUE, "match": {"service": "oss"}}, "match.service is 'oss', expected"),
        (
            {"action": OVERDUE, "match": {"nth": 0}},
            "match.nth is 0, expected a whole number from 1",
        ),
        ({"action": OVERDUE, "match": {"nth": True}}, "match.nth is True, expected"),
        (
            {"action": OVERDUE, "match": {"probability": 2}},
            "match.probability is 2, expected a number from 0 to 1",
        ),
        ({"action": OVERDUE, "match": {"probability": True}}, "match.probability is True"),
        ({"action": OVERDUE, "match": {"probability": "x"}}, "match.probability is 'x'"),
        (
            {"action": FAILED, "match": {"operation": "GetTaskInfo"}},
            "match.operation is 'GetTaskInfo', task_failed wants CreateTask",
        ),
        (
            {"action": FAILED, "match": {"task_id": "t"}},
            "match.task_id is 't', but a task has no id before it is created; /_mock/tasks/",
        ),
        ({"action": OVERDUE, "times": 0}, "times is 0, expected a whole number from 1"),
        ({"action": OVERDUE, "times": 1.5}, "times is 1.5, expected a whole number"),
        ({"action": {"type": "api_error"}}, "action.code is None, expected a code"),
        ({"action": {"type": "api_error", "code": []}}, r"action.code is \[\], expected a code"),
        ({"action": OVERDUE | {"message": 5}}, "action.message is 5, expected a text"),
        (
            {"action": {"type": "api_error", "code": "Missing"}},
            "action.parameter is '', but Missing needs the name of one, such as AppKey",
        ),
        (
            {"action": {"type": "api_error", "code": "Invalid", "parameter": "a b"}},
            "action.parameter is 'a b', but Invalid needs",
        ),
        (
            {"action": OVERDUE | {"parameter": "AppKey"}},
            "action.parameter is 'AppKey', but BRK.OverdueTenant is about none",
        ),
        ({"action": {"type": "throttle", "retry_after": 0}}, "action.retry_after is 0, expected"),
        ({"action": {"type": "task_failed"}}, "action.error_code is None, expected a code such as"),
        (
            {"action": {"type": "task_failed", "error_code": "Broken"}},
            "action.error_code is 'Broken', expected a code such as TSC.AudioFormat",
        ),
        (failing("Transcription"), "action.kind is 'Transcription', expected Translation or"),
        (failing("autoChaptersPath"), "action.kind is 'autoChaptersPath', expected"),
        ({"action": {"type": "subtask_failed"}}, "action.kind is None, expected Translation or"),
        (
            failing("TextPolish", match={"operation": "getTask"}),
            "match.operation is 'getTask', subtask_failed wants CreateTask or createTask",
        ),
        (
            failing("TextPolish", match={"task_id": "t"}),
            "match.task_id is 't', but a task has no id before it is created",
        ),
        (
            {"action": OVERDUE, "match": {"service": "dashscope"}},
            "match.service is 'dashscope', but BRK.OverdueTenant is a code of tingwu",
        ),
        (
            {
                "action": {"type": "api_error", "code": "Arrearage"},
                "match": {"service": "tingwu"},
            },
            "match.service is 'tingwu', but Arrearage is a code of dashscope",
        ),
        (
            {"action": {"type": "task_failed", "error_code": "TSC.X", "after_ms": -1}},
            "action.after_ms is -1, expected a whole number from 0",
        ),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_in_one_sentence(
    rule: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(FaultError, match=f"^{sentence}") as caught:
        parse_rule(rule)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lateness", "5"),
        ("latency", ""),
        ("throttle", "x"),
        ("throttle", "0"),
        ("throttle", "9" * 20),
        ("task_failed", "TSC.FileError@soon"),
        ("task_failed", ""),
        ("api_error", ""),
        ("api_error", "Missing"),
        ("api_error", "ServerError:AppKey"),
        ("subtask_failed", ""),
        ("subtask_failed", "Transcription"),
    ],
)
def test_a_marker_that_makes_no_sense_is_refused(name: str, value: str) -> None:
    with pytest.raises(FaultError):
        parse_marker(name, value)


def test_a_marker_that_makes_no_sense_is_remembered_in_short() -> None:
    journal = Journal(lambda: 0)
    faults = Faults(Ids(0), journal)
    for _ in range(2):
        faults.task_failure(new_task(task_key="x--mock.task_failed=" + "y" * 1_000_000))
    (note,) = journal.entries(kind="note")
    assert len(note["text"]) < 1_000
