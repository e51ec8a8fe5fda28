"""A service that deviates on purpose, recorded with the official SDKs: each deviation is found,
and who is alone with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.cassettes import Cassette, Finding, Kind, Severity
from mock_tingwu.cassettes.replaying import Outcome, replay_privately
from tests.cassettes.deviant import (
    Answer,
    ChangeAnswer,
    ChangeEvent,
    Json,
    deviating,
    in_place,
    swapped,
)
from tests.cassettes.meetings import record, sdk_meeting
from tests.conftest import SCRIPT

Start = Callable[..., MockTingwu]
#: So much of the demo meeting is pushed, in bytes: two sentences.
SOME = 16_000 * 2 * 7


def replayed(cassette: Cassette) -> Outcome:
    return asyncio.run(replay_privately(cassette))


def meeting(
    start_mock: Start,
    folder: Path,
    pcm: bytes,
    answers: ChangeAnswer | None = None,
    events: Callable[[], ChangeEvent] | None = None,
    level: int = 1,
) -> Cassette:
    """A meeting of the official SDKs with a service that deviates."""
    mock = start_mock()
    mock.script(SCRIPT, task_key="weekly")
    with deviating(answers, events):
        return record(
            mock, folder / "c.jsonl", lambda gateway: sdk_meeting(gateway, pcm[:SOME], level)
        )


def test_without_a_deviation_there_is_none(
    start_mock: Start, tmp_path: Path, recording: bytes
) -> None:
    outcome = replayed(meeting(start_mock, tmp_path, recording, level=2))
    assert [one for one in outcome.findings if one.severity is not Severity.INFO] == []
    # The Python SDK has no branch for translations.
    assert {(one.where, one.odd) for one in outcome.findings} == {
        ("realtime ResultTranslated", "sdk")
    }
    assert outcome.played >= 7  # three calls, three files, a stream


@dataclass(frozen=True)
class Case:
    """A deviation, and how it has to be told."""

    kind: Kind
    where: str
    path: str
    odd: str
    severity: Severity
    answers: ChangeAnswer | None = None
    events: Callable[[], ChangeEvent] | None = None
    #: What the document, the SDK, the recording and the replay say; None: whatever they do.
    document: str | None = None
    sdk: str | None = None
    recording: str | None = None
    replay: str | None = None


def of_call(change: Callable[[Answer], None], *, get: bool = True) -> ChangeAnswer:
    """A change of the good answers of GetTaskInfo, or of the creation."""

    def changed(answer: Answer) -> None:
        is_create = answer.method == "PUT" and "stop" not in answer.query
        is_info = answer.method == "GET" and "/v2/tasks/" in answer.path
        if is_info if get else is_create:
            change(answer)

    return changed


def _add(answer: Answer) -> None:
    answer.body["Data"]["Progress"] = 40


def _lower(answer: Answer) -> None:
    answer.body["Data"]["TaskStatus"] = answer.body["Data"]["TaskStatus"].lower()


def _number(answer: Answer) -> None:
    answer.body["Code"] = 0


def _created(answer: Answer) -> None:
    answer.status = 201


def _forget(answer: Answer) -> None:
    del answer.body["Data"]["TaskStatus"]


def _bare(answer: Answer) -> None:
    answer.headers["content-type"] = "text/json"


def _join_again(answer: Answer) -> None:
    if "operation=stop" in answer.query:
        answer.body["Data"]["MeetingJoinUrl"] = "wss://host.example.com/api/ws/v1?mc=abcdefgh"


def _status_as_text(event: Json) -> None:
    event["header"]["status"] = str(event["header"]["status"])


def _renamed(event: Json) -> None:
    if event["header"]["name"] == "TranscriptionResultChanged":
        event["header"]["name"] = "TranscriptionResultUpdated"


def _volume(event: Json) -> None:
    if event["header"]["name"] == "SentenceEnd":
        event["payload"]["loudness"] = 0.5


CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING
CASES = {
    "extra field": Case(
        Kind.UNKNOWN, "GetTaskInfo", "Data.Progress", "recording", WARNING, of_call(_add),
        document="absent", sdk="absent", recording="integer", replay="absent",
    ),
    "lower-case enum": Case(
        Kind.WORD, "GetTaskInfo", "Data.TaskStatus", "recording", CRITICAL, of_call(_lower),
        sdk="string", recording="completed",
    ),
    "text as number": Case(
        Kind.TYPE, "GetTaskInfo", "Code", "recording", CRITICAL, of_call(_number),
        document="string (documented: tingwu-openapi 0.10)", sdk="string", recording="integer",
        replay="string",
    ),
    "number as text": Case(
        Kind.TYPE, "realtime SentenceEnd", "header.status", "recording", CRITICAL,
        events=in_place(_status_as_text), sdk="", recording="string", replay="integer",
    ),
    "changed status": Case(
        Kind.STATUS, "CreateTask", "", "recording", CRITICAL, of_call(_created, get=False),
        document="200", sdk="", recording="201", replay="200",
    ),
    "missing field": Case(
        Kind.MISSING, "CreateTask", "Data.TaskStatus", "recording", CRITICAL,
        of_call(_forget, get=False), sdk="string", recording="absent", replay="string",
    ),
    "other header": Case(
        Kind.HEADER, "CreateTask", "content-type", "", WARNING, of_call(_bare, get=False),
        document="", recording="text/json", replay="application/json;charset=utf-8",
    ),
    "renamed event": Case(
        Kind.WORD, "realtime TranscriptionResultUpdated", "header.name", "recording", CRITICAL,
        events=in_place(_renamed), sdk="absent", recording="TranscriptionResultUpdated",
    ),
    "extra field of an event": Case(
        Kind.UNKNOWN, "realtime SentenceEnd", "payload.loudness", "recording", WARNING,
        events=in_place(_volume), document="absent", sdk="", recording="number",
    ),
    "another order": Case(
        Kind.ORDER, "realtime SentenceEnd", "", "recording", CRITICAL,
        events=swapped("SentenceBegin", "SentenceEnd"), sdk="",
        document="SentenceBegin of the same index is before it",
    ),
    "known to the SDK alone": Case(
        Kind.UNKNOWN, "StopTask", "Data.MeetingJoinUrl", "document", WARNING, _join_again,
        document="absent", sdk="string", recording="string",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_deviation_is_found_and_attributed(
    case: Case,
    start_mock: Start,
    tmp_path: Path,
    recording: bytes,
    request: pytest.FixtureRequest,
) -> None:
    # Interim results take their time: there are some where they matter.
    level = 2 if "renamed" in request.node.name else 1
    cassette = meeting(start_mock, tmp_path, recording, case.answers, case.events, level)
    outcome = replayed(cassette)
    told = {one.key: one for one in outcome.findings}
    found = told[(case.kind, case.where, case.path)]
    assert (found.odd, found.severity) == (case.odd, case.severity)
    for name in ("document", "sdk", "recording", "replay"):
        expected: Any = getattr(case, name)
        said = getattr(found, name).split(" (")[0]
        if expected is not None:
            # Of words there may be several: how often a task is asked for is a matter of time.
            assert expected.split(" (")[0] in (said, said.rpartition(", ")[2]), name
    others = [one for one in outcome.findings if not _comes_of(one, case)]
    assert others == []


def _comes_of(one: Finding, case: Case) -> bool:
    """Whether a finding tells of this deviation, or is an information."""
    last = case.path.rpartition(".")[2]
    if case.kind is Kind.ORDER:
        return one.kind is Kind.ORDER or one.severity is Severity.INFO
    return one.path.endswith(last) or one.severity is Severity.INFO
