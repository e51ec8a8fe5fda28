"""What cases find: sentences about what is expected and what there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mock_tingwu.conformance.checks import ANSWER, EVENTS, TIMING, Checks, Deviation, shown
from tests.contract_values import GONE, TASK_ID, changed

Check = Callable[[Checks], None]

UNKNOWN = {
    "Description": "success",
    "RequestId": "7FF5417D-06E9-5A2C-9A70-581F6149E6C1",
    "RetCode": 2000,
    "Colour": "blue",
}


@pytest.mark.parametrize(
    "holds",
    [
        lambda check: check.that(True, "it"),
        lambda check: check.equal([1, {"a": None}], [1, {"a": None}], "it"),
        lambda check: check.one_of("b", ("a", "b"), "it"),
        lambda check: check.matches("asr-12", r"asr-\d+", "it"),
        lambda check: check.has({"a": None}, "a"),
        lambda check: check.lacks({"a": None}, "b"),
        lambda check: check.filled([0], what="it"),
        lambda check: check.rising([1, 2, 2.5], "times"),
        lambda check: check.rising([], "times"),
    ],
)
def test_what_holds_is_counted(holds: Check) -> None:
    check = Checks()
    holds(check)
    assert check.count == 1
    assert check.facets == {ANSWER: []}


@pytest.mark.parametrize(
    ("fails", "sentence"),
    [
        (lambda c: c.that(False, "a refusal", 200), "expected a refusal, got 200"),
        (lambda c: c.that(False, "a refusal"), "expected a refusal"),
        (lambda c: c.equal("1", 1, "status"), "status is '1', expected 1"),
        (lambda c: c.equal(True, 1, "status"), "status is True, expected 1"),
        (lambda c: c.equal(0, False, "status"), "status is 0, expected False"),
        (lambda c: c.one_of("c", ("a", "b"), "it"), "it is 'c', expected 'a' or 'b'"),
        (lambda c: c.matches("xasr-1", r"asr-\d", "it"), r"it is 'xasr-1', expected to match asr"),
        (lambda c: c.matches("asr-1x", r"asr-\d", "it"), "it is 'asr-1x'"),
        (lambda c: c.matches(None, ".*", "it"), "it is None, expected to match"),
        (lambda c: c.has({"a": 1}, "a", "b", "c"), r"the answer has no b and no c, got \['a'\]"),
        (lambda c: c.has([], "a", what="Data"), r"Data is \[\], expected an object"),
        (lambda c: c.lacks({"a": 1}, "a"), "the answer has a, expected it without"),
        (lambda c: c.lacks("a", "a"), "the answer is 'a', expected an object"),
        (lambda c: c.filled([], what="it"), r"expected something in it, got \[\]"),
        (lambda c: c.rising([1, 1], "times"), r"times are \[1, 1\], expected each greater"),
        (lambda c: c.fits("live/task-response", {}), r"is missing.*\[schema live/task-response\]"),
    ],
)
def test_what_does_not_hold_is_told_in_a_sentence(fails: Check, sentence: str) -> None:
    check = Checks()
    with pytest.raises(Deviation, match=sentence):
        fails(check)
    assert check.count == 1


def test_what_has_parts_has_all_of_them_and_something_in_one() -> None:
    check = Checks()
    check.filled({"a": [], "b": "text", "c": []}, "a", "b", what="it")
    with pytest.raises(Deviation, match="it has no d"):
        check.filled({"a": [1]}, "a", "d", what="it")
    with pytest.raises(Deviation, match="expected something in it"):
        check.filled({"a": [], "b": "", "c": [1]}, "a", "b", what="it")


def test_a_deviation_knows_its_facet() -> None:
    with pytest.raises(Deviation) as caught:
        Checks().rising([2, 1], "times", facet=TIMING)
    assert caught.value.facet == TIMING


def test_notes_end_nothing() -> None:
    check = Checks()
    check.note(EVENTS, None)
    check.note(EVENTS, "an event too many")
    assert check.facets == {EVENTS: ["an event too many"]}
    assert check.count == 2


def test_unknown_fields_are_tolerated_where_that_is_wanted_and_noted() -> None:
    with pytest.raises(Deviation, match="Colour"):
        Checks().fits("live/task-response", UNKNOWN)
    check = Checks(tolerates_unproven=True)
    check.fits("live/task-response", UNKNOWN)
    assert list(check.misfits) == ["live/task-response /Colour"]
    assert check.schemas == {"live/task-response": 1}
    with pytest.raises(Deviation, match="RetCode"):
        check.fits("live/task-response", UNKNOWN | {"RetCode": "2000"})


STOPPED = {
    "Code": "0",
    "Data": {"TaskId": TASK_ID, "TaskStatus": "COMPLETED"},
    "Message": "success",
    "RequestId": "7FF5417D-06E9-5A2C-9A70-581F6149E6C1",
}
MEETING = STOPPED | {
    "Data": {
        "TaskId": TASK_ID,
        "TaskStatus": "NEW",
        "MeetingJoinUrl": f"wss://tingwu.example.com/api/ws/v1?mc={'a' * 128}",
    }
}


@pytest.mark.parametrize(
    ("answer", "schema", "path", "form"),
    [
        (STOPPED, "tingwu/stop-task-response", ("RequestId",), "b2f1c0de-0000-4000-8000-00000000"),
        (STOPPED, "tingwu/stop-task-response", ("Data", "TaskStatus"), "PAUSED"),
        (MEETING, "tingwu/create-task-response", ("Data", "TaskId"), "t-1"),
        (MEETING, "tingwu/create-task-response", ("Data", "MeetingJoinUrl"), "wss://a/b?mc=short"),
    ],
)
def test_what_is_documented_has_to_be_there_in_whatever_form(
    answer: dict[str, Any], schema: str, path: tuple[str, ...], form: str
) -> None:
    """How it is written is known from records alone."""
    pointer = f"{schema} /{'/'.join(path)}"
    check = Checks(tolerates_unproven=True)
    check.fits(schema, changed(answer, "/".join(path), form))
    assert list(check.misfits) == [pointer]
    with pytest.raises(Deviation, match=f"at {'.'.join(path)}: is missing.*documented"):
        check.fits(schema, changed(answer, "/".join(path), GONE))


def test_the_status_of_a_new_meeting_is_in_records_alone() -> None:
    """The example of a meeting has none; that of an offline task has."""
    bare = changed(MEETING, "Data/TaskStatus", GONE)
    check = Checks(tolerates_unproven=True)
    check.fits("tingwu/create-task-response", bare)
    assert list(check.misfits) == ["tingwu/create-task-response /Data/TaskStatus"]
    offline = changed(bare, "Data/MeetingJoinUrl", GONE)
    with pytest.raises(Deviation, match=r"Data\.TaskStatus: is missing"):
        check.fits("tingwu/create-task-response", offline)


def test_errors_have_a_host_but_for_those_of_the_service_behind_the_gateway() -> None:
    """Of BRK errors no document says it."""
    error = {"RequestId": STOPPED["RequestId"], "Code": "BRK.InvalidService", "Message": "no"}
    check = Checks(tolerates_unproven=True)
    check.fits("tingwu/error-response", error)
    assert list(check.misfits) == ["tingwu/error-response /HostId"]
    with pytest.raises(Deviation, match="at HostId: is missing"):
        check.fits("tingwu/error-response", error | {"Code": "SignatureDoesNotMatch"})
    with pytest.raises(Deviation, match="at HostId: is missing"):
        Checks().fits("tingwu/error-response", error)


def test_what_is_observed_is_noted_by_field_and_never_a_deviation() -> None:
    check = Checks()
    check.observe("live/task-response", UNKNOWN | {"RetCode": "2000"})
    assert sorted(check.misfits) == [
        "live/task-response /Colour",
        "live/task-response /RetCode",
    ]
    assert check.schemas == {"live/task-response": 1}
    # What cannot fail proves nothing.
    assert (check.count, check.facets) == (0, {})


def test_a_misfit_of_many_items_is_one() -> None:
    word = {"Id": 10, "SentenceId": 1, "Start": 0, "Text": "你好"}
    paragraph = {"ParagraphId": "1", "SpeakerId": "1", "Words": [word, word]}
    file = {"TaskId": "a" * 32, "Transcription": {"Paragraphs": [paragraph, paragraph]}}
    check = Checks()
    check.observe("tingwu/results/Transcription", file)
    field = "tingwu/results/Transcription /Transcription/Paragraphs/*/Words/*/End"
    assert check.misfits[field] == "is missing"


def test_the_example_of_the_page_is_no_deviation() -> None:
    """Tingwu's page shows a SentenceEnd without what NLS adds, begin_time among it."""
    header = {
        "namespace": "SpeechTranscriber",
        "name": "SentenceEnd",
        "status": 20000000,
        "status_text": "Gateway:SUCCESS:Success.",
        "message_id": "a" * 32,
        "task_id": "b" * 32,
    }
    words = [{"text": "你好", "startTime": 0, "endTime": 500}]
    stash = {"index": 1, "currentTime": 1140, "beginTime": 1140, "text": "", "words": []}
    payload = {"index": 0, "time": 1140, "result": "你好。", "words": words, "stash_result": stash}
    Checks(tolerates_unproven=True).fits("realtime/event", {"header": header, "payload": payload})


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        ({"event": "task-started"}, {}),
        ({"event": "task-finished"}, {}),
        (
            {"event": "result-generated", "attributes": {}},
            {"output": {"action": "speech-end"}},
        ),
    ],
)
def test_attributes_may_be_in_any_header_or_in_none(
    header: dict[str, object], payload: dict[str, object]
) -> None:
    event = {"header": header | {"task_id": "a" * 32}, "payload": payload}
    Checks(tolerates_unproven=True).fits("inference/event", event)


def test_long_values_are_cut_short() -> None:
    assert shown("a" * 300) == f"'{'a' * 199} ... (302 characters)"
