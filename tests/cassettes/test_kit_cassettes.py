"""Cassettes of the conformance kit: its cases run again, and nothing differs that is the same."""

from __future__ import annotations

import asyncio
import errno
import json
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from mock_tingwu import MockTingwu
from mock_tingwu.cassettes import (
    Cassette,
    CassetteWriter,
    Finding,
    HttpAnswer,
    HttpRequest,
    Severity,
    shapes,
)
from mock_tingwu.cassettes.facts import facts
from mock_tingwu.cassettes.masking import Masker
from mock_tingwu.cassettes.order import STOP_TASK, disorder
from mock_tingwu.cassettes.pairing import paired
from mock_tingwu.cassettes.parts import parts_of
from mock_tingwu.cassettes.replaying import Outcome, replay_privately
from mock_tingwu.cli import main
from mock_tingwu.cli.replay_display import Display
from mock_tingwu.conformance.again import replay_cases
from mock_tingwu.conformance.benches import PrivateBench, SharedBench
from mock_tingwu.conformance.catalogue import Catalogue, load
from mock_tingwu.conformance.needs import Need
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.runner import run
from tests.cassettes.shipped import FOLDER

#: What no cassette can have in it, each in its way: a signature that is wrong, a body that is no
#: JSON, another project's key, settings of a mock, a code within a 200, a stream that fails, one
#: that a call ends, a command after the end, links that only a callback has, a limit that is met.
CASES = (
    "DS-CALLBACK-002",
    "DS-MEET-013",
    "LV-AUTH-018",
    "LV-AUTH-022",
    "LV-ERROR-022",
    "RT-ERROR-024",
    "RT-ERROR-025",
    "TW-AUTH-036",
    "TW-ERROR-016",
    "TW-STOP-010",
    "TW-THROTTLE-001",
)


LIVE = "CreateRtcAsrTask refused"


@pytest.fixture(scope="module")
def kit_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cassette of those cases, run against private mocks."""
    file = tmp_path_factory.mktemp("kit") / "kit.jsonl"
    cases = load().only(lambda case: case.id in CASES)

    async def record() -> None:
        with CassetteWriter(file, target="mock") as writer, Outside() as outside:
            outcomes = await run(cases, PrivateBench(), outside, cassette=writer)
        assert [one.detail for one in outcomes if one.is_failure] == []

    asyncio.run(record())
    return file


def one_case(file: Path, folder: Path, name: str, change: Callable[[str], str] = str) -> Path:
    """A cassette of one of its cases, changed."""
    sessions: set[int] = set()
    kept = []
    for line in file.read_text("utf-8").splitlines():
        record = json.loads(line)
        if record.get("part") == name and "open" in record:
            sessions.add(record["session"])
        if "format" in record or record.get("part") == name or record.get("session") in sessions:
            kept.append(line)
    made = folder / f"{name}.jsonl"
    made.write_text("".join(f"{change(line)}\n" for line in kept), "utf-8")
    return made


def again(file: Path, **settings: Any) -> Outcome:
    return asyncio.run(replay_cases(Cassette.read(file), load(), PrivateBench(settings)))


def grave(outcome: Outcome) -> list[Finding]:
    return [one for one in outcome.findings if one.severity is not Severity.INFO]


def test_every_exchange_is_part_of_its_case(kit_file: Path) -> None:
    assert sorted(parts_of(Cassette.read(kit_file))) == sorted(CASES)


def test_the_same_kit_on_the_same_mock_has_no_drift(
    kit_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(kit_file)]) == 0
    out, err = capfd.readouterr()
    assert "0 critical, 0 warning" in out
    assert err == ""


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("TW-ERROR-016", '"status": 400', '"status": 422', ("status", "CreateTask refused")),
        ("LV-ERROR-022", '"RetCode": 4001', '"RetCode": 4002', ("word", LIVE)),
        ("DS-MEET-013", "Agent.InputInvalidDataId", "Agent.Other", ("word", "inference failure")),
        ("RT-ERROR-024", '"status": 40000004', '"status": 40000005', ("word", "realtime failure")),
        ("RT-ERROR-025", '"code": 1000, "a', '"code": 4000, "a', ("status", "realtime close")),
        ("RT-ERROR-025", '"by": "service"', '"by": "client"', ("order", "realtime close")),
        ("TW-STOP-010", '{"TaskId": "<T', '{"Meeting": "<T', ("not testable", "StopTask")),
    ],
)
def test_what_differs_is_told_with_its_case(
    name: str, old: str, new: str, told: tuple[str, str], kit_file: Path, tmp_path: Path
) -> None:
    text = kit_file.read_text("utf-8")
    assert old in text
    file = one_case(kit_file, tmp_path, name, lambda line: line.replace(old, new))
    found = {(str(one.kind), one.where): one.parts for one in grave(again(file))}
    assert found[told] == (name,)


def test_a_mock_that_is_otherwise_is_told_and_why_its_case_ended(
    kit_file: Path, tmp_path: Path
) -> None:
    outcome = again(one_case(kit_file, tmp_path, "TW-AUTH-036"), auth="open")
    told = {one.where: one for one in outcome.findings}
    (found,) = grave(outcome)
    assert (found.kind, found.parts) == ("status", ("TW-AUTH-036",))
    assert told["case TW-AUTH-036"].replay.startswith("ends: ")


def test_a_case_that_there_is_no_more_is_not_testable_and_red(
    kit_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = one_case(
        kit_file, tmp_path, "TW-STOP-010", lambda line: line.replace("STOP-010", "STOP-999")
    )
    assert main(["replay", str(file)]) == 1
    out = capfd.readouterr().out
    assert "critical  not testable  case TW-STOP-999" in out
    assert "this version of the kit has no such case" in out
    assert "nothing was played" in out


def test_what_a_shared_mock_cannot_be_set_up_for_is_counted(
    kit_file: Path, tmp_path: Path, virtual_mock: MockTingwu, capfd: pytest.CaptureFixture[str]
) -> None:
    file = one_case(kit_file, tmp_path, "LV-AUTH-022")
    assert main(["replay", str(file), "--target", virtual_mock.url]) == 1
    assert (
        "left out  1 of the kit's cases: only a mock can be tried so: a target that is set up for "
        "the case: LV-AUTH-022"
    ) in capfd.readouterr().out


def test_another_target_is_asked_by_the_same_cases(
    kit_file: Path, tmp_path: Path, virtual_mock: MockTingwu
) -> None:
    cassette = Cassette.read(one_case(kit_file, tmp_path, "TW-STOP-010"))
    outcome = asyncio.run(replay_cases(cassette, load(), SharedBench(virtual_mock.url)))
    assert grave(outcome) == []
    assert outcome.played > 0
    assert any(entry["kind"] == "request" for entry in virtual_mock.journal)


REACHED = (
    *("--public-url", "https://tunnel.example.com", "--public-port", "9"),
    *("--stream-url", "rtmp://pull.example.com/app/one", "--callbacks-set"),
    *("--second-stream-url", "rtmp://pull.example.com/app/two"),
)


def test_the_cloud_is_reached_as_by_conformance(
    kit_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    benches: list[tuple[SharedBench, Outside]] = []

    async def note(
        cassette: Cassette, cases: Catalogue, bench: SharedBench, outside: Outside, **_: Any
    ) -> Outcome:
        benches.append((bench, outside))
        return Outcome(played=1)

    monkeypatch.setattr("mock_tingwu.conformance.again.replay_cases", note)
    monkeypatch.setattr(SharedBench, "probe", lambda bench: None)
    command = ["replay", str(kit_file), "--target", "live", "--yes"]
    assert main(command) == main([*command, *REACHED]) == 0
    [(without, _), (bench, outside)] = benches
    reached = {Need.OUTSIDE, Need.CALLBACK, Need.STREAM, Need.SECOND_STREAM}
    assert bench.offers() - without.offers() == reached
    assert (outside._public_url, outside._port) == ("https://tunnel.example.com", 9)


def test_addresses_of_a_replay_are_looked_at(
    kit_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(kit_file), "--public-url", "tunnel"]) == 2
    assert "--public-url is 'tunnel', expected an address" in capfd.readouterr().err


def test_a_target_that_does_not_answer_is_told_once(
    kit_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(kit_file), "--target", "http://127.0.0.1:9"]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("mock-tingwu replay: nothing answers at http://127.0.0.1:9: ")
    assert err.count("\n") == 1


def test_another_version_s_kit_is_told_of(
    kit_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def old(line: str) -> str:
        record = json.loads(line)
        return json.dumps({**record, "writer": "0.0.1"}) if "format" in record else line

    assert main(["replay", str(one_case(kit_file, tmp_path, "TW-STOP-010", old))]) == 0
    assert "note: the kit of mock-tingwu 0.0.1 recorded this" in capfd.readouterr().out


# What is paired with what


def cassette(*records: dict[str, Any]) -> Cassette:
    return Cassette("mock", "2026-11-29", "0", list(records))


def call(status: str, path: str = "/openapi/tingwu/v2/tasks/<TaskId:1>") -> dict[str, Any]:
    answer = {"Data": {"TaskStatus": status, "TaskId": "<TaskId:1>"}}
    return {"call": "GetTaskInfo", "method": "GET", "path": path, "status": 200, "answer": answer}


def stream(*names: str, **close: Any) -> Cassette:
    received = ({"session": 1, "received": {"header": {"name": name}}} for name in names)
    opened = {"open": "realtime", "session": 1, "status": 101}
    return cassette(opened, *received, {"session": 1, "close": close})


def test_how_often_a_task_is_asked_for_does_not_matter() -> None:
    then = cassette(call("NEW"), call("NEW"), call("ONGOING"), call("COMPLETED"))
    now = cassette(call("NEW"), call("ONGOING"), call("COMPLETED"))
    assert paired(then, now).played == {0: 0, 2: 1, 3: 2}
    assert paired(now, then).played == {0: 0, 1: 2, 2: 3}
    assert paired(then, now).findings == paired(now, then).findings == []


def test_what_is_not_asked_any_more_is_told() -> None:
    (found,) = paired(cassette(call("NEW")), cassette()).findings
    assert (found.kind, found.where, found.replay) == (
        "not testable",
        "GetTaskInfo",
        "it is not asked",
    )


def test_ids_that_were_one_and_are_two_are_told() -> None:
    later = call("NEW", "/other")
    other = json.loads(json.dumps(later).replace("TaskId:1", "TaskId:2"))
    (found,) = paired(cassette(call("NEW"), later), cassette(call("NEW"), other)).findings
    assert (found.kind, found.path) == ("identity", "Data.TaskId")


def test_ids_that_are_keys_have_numbers_of_their_own() -> None:
    def listed(first: str, second: str) -> Cassette:
        made, tasks = call("NEW"), call("NEW", "/")
        made["answer"] = {"TaskId": f"<TaskId:{first}>"}
        tasks["answer"] = {
            "Tasks": {f"<TaskId:{n}>": {"taskId": f"<TaskId:{n}>"} for n in (first, second)}
        }
        return cassette(made, tasks)

    assert paired(listed("1", "2"), listed("2", "1")).findings == []


def test_whoever_closes_first_matters_where_it_is_waited_for() -> None:
    service, client = stream(by="service", code=1000), stream(by="client", code=1000)
    waiting = stream(by="client", code=1000, awaited=True)
    assert paired(service, client).findings == []
    (found,) = paired(service, waiting).findings
    assert (found.kind, found.where) == ("order", "realtime close")


def test_an_event_that_does_not_come_is_told() -> None:
    end = {"by": "client", "code": 1000}
    (found,) = paired(stream("TaskFailed", **end), stream(**end)).findings
    assert (found.where, found.recording, found.replay) == (
        "realtime TaskFailed",
        "comes",
        "does not come",
    )


# What is no drift


def event(name: str) -> tuple[str, Any]:
    return "received", {"header": {"name": name}}


def command(name: str) -> tuple[str, Any]:
    return "sent", {"header": {"name": name}}


BEGIN = [command("StartTranscription"), event("TranscriptionStarted")]


def test_a_call_that_ends_a_meeting_ends_its_stream() -> None:
    assert len(list(disorder("realtime", [*BEGIN, event("TranscriptionCompleted")]))) == 1
    ended = [command(STOP_TASK), *BEGIN, event("TranscriptionCompleted")]
    assert list(disorder("realtime", ended)) == []


def test_a_command_that_comes_too_late_fails() -> None:
    end = [command("StopTranscription"), event("TranscriptionCompleted")]
    late = [*BEGIN, *end, command("StopTranscription"), event("TaskFailed")]
    assert list(disorder("realtime", late)) == []
    assert len(list(disorder("realtime", [*late, event("TaskFailed")]))) == 1


def test_a_code_of_two_words_is_a_name() -> None:
    assert shapes.is_word("NoPermission")
    assert not shapes.is_word("Xk9QmWz8RbN4")


def test_a_link_with_another_signature_is_the_same_file(tmp_path: Path) -> None:
    link = "https://host.example.com/abc/Transcription.json?Expires=1&Signature="
    answer = {"Code": "0", "Data": {"Result": {"Transcription": f"{link}one"}}}
    with CassetteWriter(tmp_path / "c.jsonl") as writer:
        writer.http(
            HttpRequest("GET", "https://host.example.com/openapi/tingwu/v2/tasks/abc"),
            HttpAnswer(200, {}, json.dumps(answer).encode()),
        )
        writer.http(HttpRequest("GET", f"{link}two"), HttpAnswer(200, {}, b"{}"))
    records = Cassette.read(tmp_path / "c.jsonl").records
    assert records[1]["call"] == "file Transcription"


def test_a_part_has_no_text_of_anybody_s(tmp_path: Path) -> None:
    with (
        CassetteWriter(tmp_path / "c.jsonl") as writer,
        pytest.raises(ValueError, match="part is 'a secret', expected up to 40 of A-Z"),
    ):
        writer.http(HttpRequest("GET", "https://h/"), HttpAnswer(200), "a secret")


def test_parts_do_not_change_each_other(tmp_path: Path) -> None:
    def mode(part: str) -> Any:
        url = "https://live.aliyuncs.com/?Action=CreateRtcAsrTask&Mode=live"
        writer.http(HttpRequest("POST", url), HttpAnswer(200), part)
        return json.loads(file.read_text("utf-8").splitlines()[-1])["query"]["Mode"]

    file = tmp_path / "c.jsonl"
    with CassetteWriter(file) as writer:
        assert mode("A") == mode("B") == "live"
        writer.http(HttpRequest("POST", "https://h/?Token=live"), HttpAnswer(200), "B")
        assert (mode("A"), mode("B") == "live") == ("live", False)
        writer.keep_secret(["live"])
        assert mode("A") != "live"


def test_a_small_number_below_zero_stays() -> None:
    fact = facts("live/query-response")
    task = {"reportInterval": "-1"}
    answer = Masker().document({"Tasks": {"asr-1": task}}, fact)
    assert [*answer["Tasks"].values()] == [task]


# Waiting, where no case is there to play


@pytest.fixture
def silent_meeting() -> Cassette:
    """A meeting whose client says nothing more: the service ends it (realtime-ws 4)."""
    records = Cassette.read(FOLDER / "mock-meeting.jsonl").records
    first = [one for one in records if one.get("call") == "CreateTask" or "session" in one][:4]
    failed = json.loads(json.dumps(first[3]).replace("TranscriptionStarted", "TaskFailed"))
    close = {"close": {"by": "service", "code": 1000}, "session": 1}
    return cassette(*first, failed, close)


def told_of_streams(outcome: Outcome) -> list[tuple[str, str]]:
    return [(one.kind, one.where) for one in outcome.findings if one.kind in ("order", "status")]


def test_what_the_service_does_in_time_is_not_waited_for(silent_meeting: Cassette) -> None:
    assert told_of_streams(asyncio.run(replay_privately(silent_meeting))) == []


def test_a_service_that_closes_otherwise_is_told(silent_meeting: Cassette) -> None:
    silent_meeting.records[-1]["close"]["code"] = 4000
    found = told_of_streams(asyncio.run(replay_privately(silent_meeting)))
    assert found == [("status", "realtime close")]


def test_how_far_a_replay_is_is_told(silent_meeting: Cassette) -> None:
    reached: list[int] = []
    asyncio.run(replay_privately(silent_meeting, reached.append))
    assert reached == [1, 2, 3, 4, 5, 6]


def test_a_terminal_has_one_line_of_it() -> None:
    seen = StringIO()
    with Display(1, Console(file=seen, force_terminal=True, width=80)) as display:
        display.total(3)
        display.played("TW-STOP-010")
        display.reached(2)
    assert "TW-STOP-010" in seen.getvalue()
    assert "2/3" in seen.getvalue()


def test_where_there_is_no_terminal_nothing_is_seen() -> None:
    seen = StringIO()
    with Display(3, Console(file=seen)) as display:
        display.played("TW-STOP-010")
    assert seen.getvalue() == ""


def test_a_full_disk_is_no_difference(kit_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a replay could not write down would be missing in the service's answers."""

    def full(self: CassetteWriter, redacted: object) -> None:
        self.problem = OSError(errno.ENOSPC, "No space left on device")

    kit = Cassette.read(kit_file)
    meeting = Cassette.read(next(iter(sorted(FOLDER.glob("*.jsonl")))))
    monkeypatch.setattr(CassetteWriter, "_write", full)
    one_case = replace(kit, records=[r for r in kit.records if r.get("part") == "TW-ERROR-016"])
    with pytest.raises(OSError, match="No space left"):
        asyncio.run(replay_cases(one_case, load(), PrivateBench()))
    with pytest.raises(OSError, match="No space left"):
        asyncio.run(replay_privately(meeting))
