"""What is seen of a run, and the verdict on it."""

from __future__ import annotations

from typing import Any

import pytest

from mock_tingwu.conformance.client_check import Grade, situations
from mock_tingwu.conformance.client_check.evidence import Evidence, has_trouble
from mock_tingwu.conformance.client_check.judging import judge
from mock_tingwu.conformance.client_check.programs import End
from mock_tingwu.conformance.client_check.situation import Kind

TASK = "4c45ed7f9ab67a72d35e37b2f412679c"
SENTENCES = ("大家下午好。", "换了登录流程。")
Entry = dict[str, Any]


def entry(kind: str, service: str = "tingwu", **fields: Any) -> Entry:
    return {"kind": kind, "service": service, "at": 0, "task_id": TASK, **fields}


def sentence(text: str, **fields: Any) -> Entry:
    message = {"header": {"name": "SentenceEnd"}, "payload": {"result": text}}
    return entry("ws_out", "realtime", message=message, **fields)


def status(status: str, **data: Any) -> Entry:
    body = {"Code": "0", "Data": {"TaskStatus": status, **data}}
    return entry("response", operation="GetTaskInfo", status=200, body=body)


CREATED = entry("request", operation="CreateTask")
MEETING = [
    CREATED,
    entry("ws_open", "realtime"),
    *map(sentence, SENTENCES),
    entry("audio", "realtime", bytes=320_000),
    status("COMPLETED"),
    entry("result", "storage", name="Transcription"),
    entry("result", "storage", name="AutoChapters"),
]
TEXT = "\n".join((*SENTENCES, "AutoChapters is ready"))


def run(
    code: int | None = 0,
    output: str = TEXT,
    entries: list[Entry] | None = None,
    violations: dict[str, str] | None = None,
    *,
    reached: bool = True,
    left_behind: bool = False,
    seconds: float = 3.0,
) -> Evidence:
    end = End(code, seconds, output, left_behind)
    return Evidence(end, MEETING if entries is None else entries, violations or {}, reached)


BASELINE = run()


def verdict(id: str, evidence: Evidence, baseline: Evidence = BASELINE) -> tuple[Grade, str]:
    (situation,) = situations(select=id)
    found = judge(situation, evidence, baseline)
    assert bool(found.advice) == (found.grade in (Grade.ACCEPTABLE, Grade.POOR, Grade.FAULT))
    return found.grade, found.reason


LOST, ANSWERED = "CC-STREAM-001", "CC-CALL-007"
FAILS, MISSING, LONG, ODD = "CC-TASK-002", "CC-FILE-008", "CC-TASK-005", "CC-EVENT-001"
HALF = [CREATED, entry("ws_open", "realtime"), entry("audio", "realtime", bytes=100_000)]


@pytest.mark.parametrize(
    ("id", "evidence", "grade", "reason"),
    [
        (LOST, run(), "good", "It lost nothing."),
        (LOST, run(entries=[*MEETING, MEETING[1]]), "good", "It connected again and lost nothing"),
        (
            LOST,
            run(0, "", HALF),
            "fault",
            "without a word, but it fetched no Transcription, AutoChapters and it showed 0 of 2 "
            "sentences and it pushed 3.1 s of 10.0 s of audio and it never saw its task completed.",
        ),
        (LOST, run(0, "Connection lost", HALF), "acceptable", "It said so, but ended with exit"),
        (LOST, run(1, "Connection lost", HALF), "acceptable", "It gave up with exit code 1 and sa"),
        (LOST, run(1, "", HALF), "poor", "It gave up with exit code 1 and did not say why."),
        (LOST, run(-11, "", HALF), "fault", "It crashed: ended by signal 11."),
        (LOST, run(139, "", HALF), "fault", "It crashed: exit code 139."),
        (LOST, run(None, "", HALF, seconds=30), "fault", "It was still running after 30 s and had"),
        (LOST, run(reached=False), "not reached", "The program never came to where this happens."),
        (
            LOST,
            run(violations={"stop-missing": "documented"}),
            "poor",
            "It lost nothing. It left its meeting running.",
        ),
        (LOST, run(violations={"audio-burst": "advice"}), "good", "It lost nothing."),
        (LOST, run(left_behind=True), "poor", "It lost nothing. It left processes behind."),
        (
            ODD,
            run(1, "Traceback (most recent call last)\nKeyError"),
            "poor",
            "It gave up with exit",
        ),
        (
            "CC-START-002",
            run(1, "timeout", HALF, {"close-without-stop": "documented"}),
            "good",
            "It ended with exit code 1 and said what was wrong.",
        ),
        (ANSWERED, run(4, "No answer came.", [CREATED]), "good", "It gave up with exit code 4 and"),
        (
            ANSWERED,
            run(entries=[*MEETING, {**CREATED, "task_id": "another"}]),
            "poor",
            "It lost nothing. It made another task, which costs as much as the first.",
        ),
        (
            FAILS,
            run(1, "the task failed: TSC.AudioFormat", HALF),
            "good",
            "It ended with exit code 1 and said what was wrong.",
        ),
        (FAILS, run(1, "it failed", HALF), "acceptable", "It ended with exit code 1, but did not"),
        (FAILS, run(1, "", HALF), "poor", "It ended with exit code 1 and did not say why."),
        (FAILS, run(0, "TSC.AudioFormat", HALF), "acceptable", "It said so, but ended with exit "),
        (FAILS, run(0, "", HALF), "fault", "It ended with exit code 0 and without a word, but it"),
        (
            MISSING,
            run(0, "\n".join((*SENTENCES, "no AutoChapters")), MEETING[:-1]),
            "good",
            "It read what there was, and said that AutoChapters is missing.",
        ),
        (MISSING, run(0, "\n".join(SENTENCES), MEETING[:-1]), "poor", "It did not say that Auto"),
        (MISSING, run(0, "\n".join(SENTENCES), MEETING[:-2]), "fault", "It ended with exit code 0"),
        (LONG, run(4, "still ONGOING after 10 s", HALF), "good", "It ended with exit code 4 and"),
        (LONG, run(0, "", HALF), "fault", "It ended with exit code 0 and without a word, but it"),
    ],
)
def test_a_run_has_its_grade(id: str, evidence: Evidence, grade: str, reason: str) -> None:
    found, why = verdict(id, evidence)
    assert (found, reason in why) == (grade, True), why


def polling(every_ms: int, until_ms: int) -> list[Entry]:
    asked = entry("request", operation="GetTaskInfo")
    return [CREATED, *({**asked, "at": at} for at in range(0, until_ms, every_ms))]


@pytest.mark.parametrize(
    ("entries", "grade", "reason"),
    [
        (polling(1_000, 30_000), "acceptable", "still asking after 30 s, every 1.0 s; whether it"),
        (polling(100, 30_000), "poor", "It was still asking after 30 s, every 0.1 s, which is too"),
        (polling(9, 30_000), "fault", "It asked 112 times in a second."),
        (polling(1_000, 5_000), "fault", "It was still running after 30 s, and asked for nothing"),
    ],
)
def test_who_waits_for_ever_is_judged_by_how(entries: list[Entry], grade: str, reason: str) -> None:
    found, why = verdict(LONG, run(None, "", entries, seconds=30))
    assert (found, reason in why) == (grade, True), why


def test_a_sentence_that_is_shown_twice_is_told_of_where_it_can_be_seen() -> None:
    twice = run(output=TEXT + "\n" + SENTENCES[0])
    assert verdict("CC-STREAM-004", twice) == (
        Grade.POOR,
        "It lost nothing. It showed a sentence twice.",
    )
    assert verdict("CC-STREAM-004", run())[0] is Grade.GOOD
    mute = run(output="")
    assert verdict("CC-STREAM-004", mute, mute)[0] is Grade.NOT_JUDGED


def test_what_the_baseline_says_and_breaks_is_no_news() -> None:
    noisy = run(
        output=f"{TEXT}\nwarning: error 17 of task 4c45ed7f", violations={"a": "documented"}
    )
    silent = run(0, f"{TEXT}\nwarning: error 18 of task 99887766", HALF, {"a": "documented"})
    grade, why = verdict(LOST, silent, noisy)
    assert grade is Grade.FAULT and "running" not in why


def test_kinds_and_captions_are_read_from_the_journal() -> None:
    spoken = {"payload": {"output": {"transcription": {"sentenceEnd": True, "text": "早。"}}}}
    found = run(
        output='{"text": "\\u65e9\\u3002"}',
        entries=[
            entry("request", "dashscope", operation="createTask", task_id="d"),
            entry("ws_open", "dashscope"),
            entry("ws_out", "dashscope", message=spoken),
            sentence("by hand", by="control"),
            entry("callback", event="probe", outcome="delivered", body={}),
            entry("callback", event="COMPLETED", outcome="lost", body={}),
            entry("response", "dashscope", operation="getTask", body={"output": {"status": 0}}),
        ],
    )
    assert found.kinds == {Kind.DASHSCOPE, Kind.DASHSCOPE_STREAM}
    assert (found.heard, found.shown, found.finished, found.tasks) == (("早。",), 1, True, 1)
    delivered = entry("callback", event="COMPLETED", outcome="delivered", body={})
    assert run(entries=[delivered]).kinds == {Kind.CALLBACKS}


def test_what_the_mock_has_told_is_known_by_its_codes() -> None:
    failed = {"header": {"name": "TaskFailed", "status": 40000010, "status_text": "Expired!"}}
    found = run(
        entries=[
            status("FAILED", ErrorCode="TSC.FileError", ErrorMessage="Bad file."),
            entry("response", body={"Code": "BRK.OverdueTenant", "Message": "Pay."}),
            entry("response", "live", body='{"RetCode": 4001, "Description": "none such"}'),
            entry("ws_out", "realtime", message=failed),
        ]
    )
    assert found.told == {
        *("TSC.FileError", "Bad file.", "BRK.OverdueTenant", "Pay."),
        *("4001", "none such", "40000010", "Expired!"),
    }


@pytest.mark.parametrize("line", ["on_error 1001", "Timed out", "gave up", "连接失败", "no JSON"])
def test_trouble_is_known_by_its_words(line: str) -> None:
    assert has_trouble(line)
    assert not has_trouble("COMPLETED: 3 sentences, 2 results")
