from __future__ import annotations

from mock_tingwu.core import pace
from mock_tingwu.core.findings import MAX_FINDINGS, Findings
from mock_tingwu.core.journal import Journal
from mock_tingwu.core.pace import AudioPace, CallPace, PollPace, TimePassed, frame_too_long
from mock_tingwu.core.violations import Offence


def rules(offences: list[Offence]) -> list[str]:
    return [offence.rule for offence in offences]


def test_time_passes_by_whichever_clock_shows_more_and_never_backwards() -> None:
    real, shown = [1_000], [5_000]
    passed = TimePassed(lambda: real[0], lambda: shown[0])
    assert passed() == 0
    real[0] += 30
    assert passed() == 30
    shown[0] += 500
    assert passed() == 530
    real[0], shown[0] = real[0] + 7, shown[0] + 5
    assert passed() == 537
    real[0] -= 10_000
    assert passed() == 537


def test_more_calls_than_the_limit_within_a_second_are_too_many() -> None:
    calls = CallPace()
    assert [rules(calls.call("k", "CreateTask", 2, at)) for at in (0, 10)] == [[], []]
    assert rules(calls.call("other", "CreateTask", 2, 20)) == []
    assert rules(calls.call("k", "CreateTask", 2, 999)) == ["qps-exceeded"]
    assert rules(calls.call("k", "CreateTask", 2, 1_000)) == []
    assert all(not calls.call("k", "unlimited", 0, 0) for _ in range(1_000))


def test_whoever_was_throttled_waits_as_long_as_told() -> None:
    calls = CallPace()
    calls.throttled("k", "GetTaskInfo", 500, 1_000)
    assert rules(calls.call("k", "CreateTask", 0, 1_001)) == []
    assert rules(calls.call("other", "GetTaskInfo", 0, 1_001)) == []
    (early,) = calls.call("k", "GetTaskInfo", 0, 1_100)
    assert early.rule == "no-back-off"
    assert early.text == "GetTaskInfo came 100 ms after it was throttled, told were 500 ms"
    assert rules(calls.call("k", "GetTaskInfo", 0, 1_499)) == ["no-back-off"]
    assert rules(calls.call("k", "GetTaskInfo", 0, 1_500)) == []
    assert rules(calls.call("k", "GetTaskInfo", 0, 1_500)) == []


def test_callers_that_are_remembered_are_bounded() -> None:
    calls, polls = CallPace(), PollPace()
    for number in range(pace.MAX_CALLERS + 5):
        calls.throttled(str(number), "a", 1_000, 0)
        polls.poll(str(number), 0, unfinished=True)
    assert rules(calls.call("0", "a", 0, 1)) == []
    assert rules(calls.call("5", "a", 0, 1)) == ["no-back-off"]
    assert polls.poll("0", 1, unfinished=True) is None


def test_an_unfinished_task_is_looked_at_once_a_minute() -> None:
    polls = PollPace()
    assert polls.poll("t", 0, unfinished=True) is None
    assert polls.poll("t", 60_000, unfinished=True) is None
    offence = polls.poll("t", 119_999, unfinished=False)
    assert offence is not None and offence.rule == "polling-too-fast"
    assert polls.poll("t", 120_000, unfinished=False) is None


def test_audio_may_be_six_seconds_ahead_of_twice_the_time() -> None:
    stream = AudioPace(now=10_000, position=4_000)
    assert stream.frame(10_000, 10_000) is None
    assert stream.frame(11_000, 12_000) is None
    offence = stream.frame(11_000, 12_001)
    assert offence is not None and offence.rule == "audio-burst"
    assert offence.text == "8001 ms of audio came within 1000 ms"
    assert stream.frame(11_000, 90_000) is None  # once for each stream


def test_audio_that_stays_away_for_five_seconds_has_stalled() -> None:
    stream = AudioPace(now=0, position=0)
    assert stream.frame(9_000, 100) is None  # how late it begins is another rule's
    assert stream.frame(14_000, 200) is None
    offence = stream.frame(19_001, 300)
    assert offence is not None and offence.rule == "audio-stall"


def test_frames_have_at_most_16_kib() -> None:
    offence = frame_too_long(16_385)
    assert offence is not None and offence.rule == "audio-frame-size"


def test_findings_are_bounded_and_the_journal_is_not_flooded() -> None:
    journal = Journal(lambda: 0)
    findings = Findings(journal)
    for number in range(MAX_FINDINGS + 1):
        for _ in range(3):
            findings.add("app-key", number, "none", service="tingwu", offending=None)
    found = list(findings)
    assert len(found) == MAX_FINDINGS
    assert journal.seq == MAX_FINDINGS + 1
    assert {entry["count"] for entry in found} == {3}
    assert [entry["seq"] for entry in found] == list(range(2, MAX_FINDINGS + 2))


def test_secrets_in_a_finding_are_masked() -> None:
    journal = Journal(lambda: 0, secrets=["correct-horse-battery"])
    text = "the key correct-horse-battery is wrong"
    Findings(journal).add("app-key", 1, text, service="tingwu", offending=None)
    (entry,) = journal.entries()
    assert "horse" not in entry["text"]
