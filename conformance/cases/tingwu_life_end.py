"""The end of a meeting: results, COMPLETED, and a second run, as GetTaskInfo tells it."""

from __future__ import annotations

from typing import Any

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.sources import (
    AI_MEETING,
    ASSUMED,
    OFFLINE,
    REALTIME,
)
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

INFO_CALL = ("GetTaskInfo",)
BOTH = ("CreateTask", "GetTaskInfo")


async def _held(cloud: Cloud, parameters: dict[str, Any] | None = None) -> str:
    """Hold a meeting of some speech, to its end; return the TaskId."""
    task_id, session = await cloud.meeting(parameters)
    async with session:
        await session.hear(cloud.speech)
    cloud.check.has((await cloud.tingwu.stop(task_id)).data, "TaskId", what="Data of stop")
    await cloud.tingwu.wait(task_id)
    return task_id


@case(
    "TW-LIFE-006",
    "a meeting with recognition alone is COMPLETED with its Transcription after stop",
    sends="speech, StopTranscription, stop; GetTaskInfo",
    expects="TaskStatus COMPLETED, Result with Transcription",
    level=MUST,
    source=REALTIME("TaskStatus"),
    operations=BOTH,
)
async def recognition_completes(cloud: Cloud) -> None:
    task_id = await _held(cloud)
    data = (await cloud.tingwu.info(task_id)).data
    cloud.check.equal(data.get("TaskStatus"), "COMPLETED", "TaskStatus")
    cloud.check.has(data.get("Result"), "Transcription", what="Result")


@case(
    "TW-LIFE-007",
    "a meeting is ONGOING while its results are made, then COMPLETED",
    sends="speech, StopTranscription, stop of a meeting with chapters; GetTaskInfo",
    expects="TaskStatus ONGOING right after stop, COMPLETED later",
    level=MUST,
    source=REALTIME("TaskStatus"),
    operations=BOTH,
)
async def results_are_made_while_ongoing(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting({"AutoChaptersEnabled": True})
    async with session:
        await session.hear(cloud.speech)
    cloud.check.has((await cloud.tingwu.stop(task_id)).data, "TaskId", what="Data of stop")
    data = (await cloud.tingwu.info(task_id)).data
    cloud.check.equal(data.get("TaskStatus"), "ONGOING", "TaskStatus after stop")
    data = await cloud.tingwu.wait(task_id)
    cloud.check.has(data.get("Result"), "Transcription", "AutoChapters", what="Result")


@case(
    "TW-LIFE-008",
    "COMPLETED is an end: the status stays",
    sends="GetTaskInfo of a COMPLETED meeting, and again five seconds later",
    expects="TaskStatus COMPLETED both times",
    level=MUST,
    source=REALTIME("TaskStatus"),
    operations=INFO_CALL,
)
async def completed_stays(cloud: Cloud) -> None:
    task_id = await _held(cloud)
    await cloud.pause(5)
    data = (await cloud.tingwu.info(task_id)).data
    cloud.check.equal(data.get("TaskStatus"), "COMPLETED", "TaskStatus")


@case(
    "TW-LIFE-009",
    "a meeting in which nothing was said is COMPLETED with an empty Transcription",
    sends="two seconds of silence, StopTranscription, stop; the Transcription file",
    expects="TaskStatus COMPLETED, no words in the file",
    level=SHOULD,
    source=AI_MEETING("thirteen seconds of a pure tone"),
    operations=(*BOTH, "Transcription file"),
)
async def silent_meeting_completes(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.silence(2))
    cloud.check.has((await cloud.tingwu.stop(task_id)).data, "TaskId", what="Data of stop")
    data = await cloud.tingwu.wait(task_id)
    cloud.check.has(data.get("Result"), "Transcription", what="Result")
    file = await cloud.tingwu.result(data["Result"]["Transcription"], "Transcription")
    paragraphs = file["Transcription"].get("Paragraphs", [])
    words = [word for paragraph in paragraphs for word in paragraph.get("Words", [])]
    cloud.check.equal(words, [], "the words")


@case(
    "TW-LIFE-010",
    "what was said before a stop in the midst of it is in the Transcription",
    sends="speech, stop without StopTranscription; the Transcription file",
    expects="words in the file",
    level=INFO,
    source=ASSUMED("what becomes of a stream that is stopped in the midst of it"),
    operations=(*BOTH, "Transcription file"),
)
async def stop_keeps_what_was_said(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech)
        await session.event("SentenceEnd")
        cloud.check.has((await cloud.tingwu.stop(task_id)).data, "TaskId", what="Data of stop")
        session.judged_by_case()
    data = await cloud.tingwu.wait(task_id)
    cloud.check.has(data.get("Result"), "Transcription", what="Result")
    file = await cloud.tingwu.result(data["Result"]["Transcription"], "Transcription")
    words = [word for one in file["Transcription"]["Paragraphs"] for word in one["Words"]]
    cloud.check.that(bool(words), "words in the Transcription")


# A second run


async def _run_again(cloud: Cloud, task_id: str) -> dict[str, Any]:
    """Have chapters made of a finished meeting; return the Data of the answer."""
    answer = await cloud.tingwu.create(
        {"TaskId": task_id}, {"AutoChaptersEnabled": True}, type="offline"
    )
    return answer.data


@case(
    "TW-LIFE-011",
    "a COMPLETED meeting can be run again for more results, under the same TaskId",
    sends="CreateTask type=offline with AppKey, Input.TaskId and AutoChaptersEnabled",
    expects="Code 0 with the same TaskId, in the end COMPLETED with AutoChapters",
    level=MUST,
    source=OFFLINE("run a task again"),
    operations=BOTH,
)
async def meeting_can_be_run_again(cloud: Cloud) -> None:
    task_id = await _held(cloud)
    cloud.check.equal((await _run_again(cloud, task_id)).get("TaskId"), task_id, "TaskId")
    data = await cloud.tingwu.wait(task_id)
    cloud.check.has(data.get("Result"), "Transcription", "AutoChapters", what="Result")


@case(
    "TW-LIFE-012",
    "a task that is run again is ONGOING until it is finished",
    sends="CreateTask type=offline with the TaskId of a COMPLETED meeting; GetTaskInfo",
    expects="TaskStatus ONGOING",
    level=INFO,
    source=ASSUMED("the status of a second run"),
    operations=BOTH,
)
async def second_run_is_ongoing(cloud: Cloud) -> None:
    task_id = await _held(cloud)
    await _run_again(cloud, task_id)
    data = (await cloud.tingwu.info(task_id)).data
    cloud.check.equal(data.get("TaskStatus"), "ONGOING", "TaskStatus")
    await cloud.tingwu.wait(task_id)


@case(
    "TW-LIFE-013",
    "a second run keeps the words of the first",
    sends="a second run for chapters; the Transcription file before and after",
    expects="the same Paragraphs",
    level=MUST,
    source=OFFLINE("run a task again: the transcript is used again"),
    operations=(*BOTH, "Transcription file"),
)
async def second_run_keeps_the_words(cloud: Cloud) -> None:
    task_id = await _held(cloud)

    async def paragraphs() -> list[Any]:
        data = await cloud.tingwu.wait(task_id)
        cloud.check.has(data.get("Result"), "Transcription", what="Result")
        link = data["Result"]["Transcription"]
        file = await cloud.tingwu.result(link, "Transcription")
        return list(file["Transcription"]["Paragraphs"])

    before = await paragraphs()
    cloud.check.that(bool(before), "paragraphs")
    await _run_again(cloud, task_id)
    cloud.check.equal(await paragraphs(), before, "the paragraphs after the second run")


@case(
    "TW-LIFE-014",
    "a meeting that goes on cannot be run again",
    sends="CreateTask type=offline with the TaskId of a meeting into which audio is pushed",
    expects="it is refused, and the meeting goes on",
    level=MUST,
    source=OFFLINE("run a task again: not one that is running"),
    operations=BOTH,
    negative=True,
)
async def ongoing_meeting_is_not_run_again(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech)
        await session.event("SentenceBegin")
        asked = {"AutoChaptersEnabled": True}
        answer = await cloud.tingwu.create({"TaskId": task_id}, asked, type="offline")
        cloud.tingwu.refused(answer, status=None)
        data = (await cloud.tingwu.info(task_id)).data
        cloud.check.equal(data.get("TaskStatus"), "ONGOING", "TaskStatus")


@case(
    "TW-LIFE-015",
    "a second run of a task that is not finished answers InvalidTaskId",
    sends="CreateTask type=offline with the TaskId of a NEW meeting",
    expects="HTTP 400 InvalidTaskId",
    level=INFO,
    source=ASSUMED("what a second run too early answers"),
    operations=("CreateTask",),
    negative=True,
)
async def early_second_run(cloud: Cloud) -> None:
    task_id = (await cloud.tingwu.start())["TaskId"]
    asked = {"AutoChaptersEnabled": True}
    answer = await cloud.tingwu.create({"TaskId": task_id}, asked, type="offline")
    cloud.tingwu.refused(answer, "InvalidTaskId")


@case(
    "TW-LIFE-016",
    "a second run of a task that does not exist answers InvalidTaskId",
    sends="CreateTask type=offline with a TaskId of 32 zeros",
    expects="HTTP 400 InvalidTaskId",
    level=INFO,
    source=ASSUMED("what a second run of an unknown task answers"),
    operations=("CreateTask",),
    negative=True,
)
async def second_run_of_nothing(cloud: Cloud) -> None:
    asked = {"AutoChaptersEnabled": True}
    answer = await cloud.tingwu.create({"TaskId": "0" * 32}, asked, type="offline")
    cloud.tingwu.refused(answer, "InvalidTaskId")


@case(
    "TW-LIFE-017",
    "a second run that asks for nothing is refused",
    sends="CreateTask type=offline with the TaskId of a COMPLETED meeting and no Parameters",
    expects="HTTP 400",
    level=INFO,
    source=ASSUMED("what a second run without anything to make answers"),
    operations=("CreateTask",),
    negative=True,
)
async def second_run_for_nothing(cloud: Cloud) -> None:
    task_id = await _held(cloud)
    answer = await cloud.tingwu.create({"TaskId": task_id}, type="offline")
    cloud.tingwu.refused(answer)


@case(
    "TW-LIFE-018",
    "a task that has failed cannot be run again",
    sends="CreateTask type=offline with the TaskId of a task whose FileUrl led nowhere",
    expects="it is refused, and the task is FAILED as before",
    level=MUST,
    source=OFFLINE("run a task again: not one that has failed"),
    operations=BOTH,
    negative=True,
    needs=[Need.OUTSIDE],
    time_limit=WITH_RESULTS_S,
)
async def failed_task_is_not_run_again(cloud: Cloud) -> None:
    begun = await cloud.tingwu.transcribe(cloud.recording(status=404))
    task_id = begun["TaskId"]
    await cloud.tingwu.wait(task_id, "FAILED")
    asked = {"AutoChaptersEnabled": True}
    answer = await cloud.tingwu.create({"TaskId": task_id}, asked, type="offline")
    cloud.tingwu.refused(answer, status=None)
    data = (await cloud.tingwu.info(task_id)).data
    cloud.check.equal(data.get("TaskStatus"), "FAILED", "TaskStatus")
