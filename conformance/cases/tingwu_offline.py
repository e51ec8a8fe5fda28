"""Offline tasks: how they begin, and how they end."""

from __future__ import annotations

from typing import Any

from mock_tingwu.conformance import MAY, MUST, SHOULD, Cloud, Need, audio, case
from mock_tingwu.conformance.sources import CREATE_TASK, NEWSBOX, OFFLINE
from mock_tingwu.conformance.tingwu import PASSING
from mock_tingwu.conformance.waiting import RESULTS_LIMIT_S, WITH_RESULTS_S

CREATE = ("CreateTask",)
BOTH = ("CreateTask", "GetTaskInfo")
OUTSIDE = (Need.OUTSIDE,)


@case(
    "TW-OFFLINE-001",
    "an offline task begins as ONGOING",
    sends="CreateTask type=offline with SourceLanguage and FileUrl",
    expects="TaskStatus ONGOING",
    level=MUST,
    source=OFFLINE("create a task"),
    operations=CREATE,
    needs=OUTSIDE,
)
async def begins_as_ongoing(cloud: Cloud) -> None:
    data = await cloud.tingwu.transcribe(cloud.recording())
    cloud.check.equal(data.get("TaskStatus"), "ONGOING", "TaskStatus")


@case(
    "TW-OFFLINE-002",
    "an offline task has no MeetingJoinUrl",
    sends="CreateTask type=offline",
    expects="Data without MeetingJoinUrl",
    level=MUST,
    source=CREATE_TASK("Data.MeetingJoinUrl"),
    operations=CREATE,
    needs=OUTSIDE,
)
async def has_no_join_url(cloud: Cloud) -> None:
    data = await cloud.tingwu.transcribe(cloud.recording())
    cloud.check.lacks(data, "MeetingJoinUrl", what="Data")


@case(
    "TW-OFFLINE-003",
    "an offline task is COMPLETED with a Transcription in the end",
    sends="CreateTask type=offline, then GetTaskInfo until it ends",
    expects="TaskStatus COMPLETED and Result.Transcription",
    level=MUST,
    source=OFFLINE("query the task"),
    operations=BOTH,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def completes(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(cloud.recording())
    cloud.check.has(data.get("Result"), "Transcription", what="Result")


@case(
    "TW-OFFLINE-004",
    "an offline task is ONGOING until it ends, and stays what it ended as",
    sends="CreateTask type=offline, then GetTaskInfo to the end and once more a minute later",
    expects="ONGOING each time, then COMPLETED twice",
    level=MUST,
    source=OFFLINE("TaskStatus"),
    operations=BOTH,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def ends_once(cloud: Cloud) -> None:
    begun = await cloud.tingwu.transcribe(cloud.recording(), {"AutoChaptersEnabled": True})
    seen = await _looks(cloud, begun["TaskId"])
    before = {data["TaskStatus"] for data in seen[:-1]}
    cloud.check.equal(before - {"ONGOING"}, set(), "other statuses before the end")
    cloud.check.equal(seen[-1]["TaskStatus"], "COMPLETED", "TaskStatus at the end")
    await cloud.pause(60)
    after = (await cloud.tingwu.info(begun["TaskId"])).data
    cloud.check.equal(after["TaskStatus"], "COMPLETED", "TaskStatus a minute later")


@case(
    "TW-OFFLINE-005",
    "a result that is there already is not taken back",
    sends="CreateTask type=offline with chapters, then GetTaskInfo to the end",
    expects="each Result has the keys of the one before",
    level=SHOULD,
    source=OFFLINE("Result while ONGOING"),
    operations=BOTH,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def results_stay(cloud: Cloud) -> None:
    asked = {"AutoChaptersEnabled": True, "TextPolishEnabled": True}
    begun = await cloud.tingwu.transcribe(cloud.recording(), asked)
    before: set[str] = set()
    for data in await _looks(cloud, begun["TaskId"]):
        now = set(data.get("Result", {}))
        cloud.check.equal(sorted(before - now), [], "results that were there before")
        before = now
    cloud.check.equal(
        before, {"Transcription", "AutoChapters", "TextPolish"}, "the results at the end"
    )


@case(
    "TW-OFFLINE-006",
    "results can be read while others are still made",
    sends="CreateTask type=offline with chapters, then GetTaskInfo five times a second",
    expects="once ONGOING with Result.Transcription alone",
    level=MAY,
    source=OFFLINE("Result while ONGOING"),
    operations=BOTH,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def results_come_one_by_one(cloud: Cloud) -> None:
    begun = await cloud.tingwu.transcribe(cloud.recording(), {"AutoChaptersEnabled": True})
    seen = await _looks(cloud, begun["TaskId"], every=0.2)
    early = [set(data.get("Result", {})) for data in seen if data["TaskStatus"] == "ONGOING"]
    cloud.check.that({"Transcription"} in early, "Transcription alone while ONGOING", early)


async def _looks(cloud: Cloud, task_id: str, every: float = 1) -> list[dict[str, Any]]:
    """The Data of GetTaskInfo, ``every`` so many seconds, until the task has ended."""
    seen: list[dict[str, Any]] = []
    while not seen or seen[-1].get("TaskStatus") in PASSING:
        cloud.check.that(len(seen) * every < RESULTS_LIMIT_S, "an end within 10 minutes")
        if seen:
            await cloud.pause(every)
        seen.append((await cloud.tingwu.info(task_id)).data)
    return seen


@case(
    "TW-OFFLINE-007",
    "an offline task without FileUrl is refused",
    sends="CreateTask type=offline without FileUrl",
    expects="HTTP 400 with a Code and a Message",
    level=MUST,
    source=CREATE_TASK("Input.FileUrl"),
    operations=CREATE,
    negative=True,
)
async def needs_a_file(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create({"SourceLanguage": "cn"}, type="offline")
    cloud.check.equal(answer.status, 400, "HTTP status")
    cloud.check.has(answer.body, "Code", "Message", "RequestId")


@case(
    "TW-OFFLINE-008",
    "an offline task without SourceLanguage is refused",
    sends="CreateTask type=offline without SourceLanguage",
    expects="HTTP 400 with a Code and a Message",
    level=MUST,
    source=CREATE_TASK("Input.SourceLanguage"),
    operations=CREATE,
    needs=OUTSIDE,
    negative=True,
)
async def needs_a_language(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create({"FileUrl": cloud.recording()}, type="offline")
    cloud.check.equal(answer.status, 400, "HTTP status")
    cloud.check.has(answer.body, "Code", "Message", "RequestId")


@case(
    "TW-OFFLINE-009",
    "the Format of a stream does an offline task no harm",
    sends="CreateTask type=offline with Format mp3 and SampleRate for an MP3",
    expects="TaskStatus COMPLETED",
    level=SHOULD,
    source=NEWSBOX("Input.Format of offline tasks"),
    operations=BOTH,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def format_does_no_harm(cloud: Cloud) -> None:
    url = cloud.outside.file(audio.media("speech.mp3"), "speech.mp3", media_type="audio/mpeg")
    data = await cloud.tingwu.finished(url, Format="mp3", SampleRate=16000)
    cloud.check.has(data.get("Result"), "Transcription", what="Result")
