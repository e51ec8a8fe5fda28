"""DashScope's WebSocket: what a meeting's stream says, and in which order."""

from __future__ import annotations

from typing import Any

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import (
    ASSUMED,
    DASHSCOPE_JAVA_SDK,
    DASHSCOPE_SDK,
    DS_WEBSOCKET,
)
from mock_tingwu.conformance.streams import AgentSession

PLAIN = {"transcription": {"model": "cn"}, "analysis": {"keyInformationEnabled": False}}
RESULT = ("recognize-result",)


async def heard(cloud: Cloud) -> AgentSession:
    """A session that has heard a little of a meeting, from run-task to speech-end."""
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.hear(data_id, cloud.speech)
    cloud.check.that(bool(session.sentences), "sentences", session.names, facet=EVENTS)
    return session


def is_begin(transcription: dict[str, Any]) -> bool:
    """Whether it tells that a sentence begins, and nothing of it."""
    return "text" not in transcription and "sentenceEnd" not in transcription


@case(
    "DS-WS-001",
    "task-started comes first, with the client's task_id",
    sends="run-task",
    expects="header.event task-started with the task_id of run-task",
    level=MUST,
    source=DASHSCOPE_SDK("dashscope.v2: the first event of a session"),
    operations=("run-task", "task-started"),
)
async def started_first(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.start(data_id)
        await session.stop()
    first, check = session.events[0], cloud.check
    check.equal(first.header.get("event"), "task-started", "the first event", facet=EVENTS)
    check.equal(first.header.get("task_id"), session.task_id, "task_id", facet=EVENTS)


@case(
    "DS-WS-002",
    "speech-listen asks for audio and names the meeting",
    sends="run-task",
    expects="speech-listen with the dataId, right after task-started",
    level=MUST,
    source=DS_WEBSOCKET("speech-listen"),
    operations=("run-task", "speech-listen"),
)
async def listen(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        event = await session.start(data_id)
        await session.stop()
    check = cloud.check
    check.equal(event.output.get("dataId"), data_id, "dataId", facet=EVENTS)
    expected = ["task-started", "speech-listen"]
    check.equal(session.names[:2], expected, "the first two events", facet=EVENTS)


@case(
    "DS-WS-003",
    "every event has the client's task_id",
    sends="run-task, eight seconds of speech, finish-task",
    expects="header.task_id that of run-task in all events",
    level=MUST,
    source=DASHSCOPE_SDK("dashscope.v2: another task_id is an error"),
    operations=("task-started", "recognize-result", "speech-end"),
)
async def one_task_id(cloud: Cloud) -> None:
    session = await heard(cloud)
    found = {event.header.get("task_id") for event in session.events}
    cloud.check.equal(found, {session.task_id}, "task_ids of all events", facet=EVENTS)


@case(
    "DS-WS-004",
    "whatever is told of stands in payload.output with an action",
    sends="run-task, eight seconds of speech, finish-task",
    expects="header.event result-generated, output.action a known one",
    level=MUST,
    source=DS_WEBSOCKET("events"),
    operations=("speech-listen", "recognize-result", "speech-end"),
)
async def actions(cloud: Cloud) -> None:
    session = await heard(cloud)
    known = ("speech-listen", "recognize-result", "ping", "speech-end", "task-failed")
    told = [event for event in session.events if event.header["event"] == "result-generated"]
    cloud.check.that(len(told) > 2, "result-generated", session.names, facet=EVENTS)
    for event in told:
        cloud.check.one_of(event.output.get("action"), known, "action", facet=EVENTS)


@case(
    "DS-WS-005",
    "speech-end comes after all results",
    sends="run-task, eight seconds of speech, finish-task; nothing for 3 s",
    expects="no recognize-result after speech-end, and one speech-end",
    level=MUST,
    source=DS_WEBSOCKET("speech-end: all results were sent"),
    operations=("finish-task", "speech-end"),
)
async def end_is_last(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.hear(data_id, cloud.speech)
        await cloud.pause(3)
        # What was under way is there before the answer to our CLOSE is.
        await session.leave()
    names = session.names
    cloud.check.equal(names.count("speech-end"), 1, "number of speech-end", facet=EVENTS)
    rest = names[names.index("speech-end") + 1 :]
    late = [name for name in rest if name == "recognize-result"]
    cloud.check.equal(late, [], "results after speech-end", facet=EVENTS)


@case(
    "DS-WS-006",
    "task-finished follows speech-end",
    sends="run-task, finish-task",
    expects="header.event task-finished, for which stop() of Java waits",
    level=SHOULD,
    source=DASHSCOPE_JAVA_SDK("TingWuRealtime.stop"),
    operations=("finish-task", "task-finished"),
)
async def finished(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.start(data_id)
        await session.stop()
        await session.event("task-finished", within=3)
    cloud.check.equal(session.names[-1], "task-finished", "the last event", facet=EVENTS)


@case(
    "DS-WS-007",
    "every event has a payload",
    sends="run-task, finish-task",
    expects="payload in all events, which SDKs read without looking",
    level=SHOULD,
    source=DASHSCOPE_JAVA_SDK("events without payload"),
    operations=("task-started", "speech-end"),
)
async def payloads(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.start(data_id)
        await session.stop()
    for event in session.events:
        cloud.check.has(event.message, "payload", what=event.name, facet=EVENTS)


@case(
    "DS-WS-008",
    "the beginning of a sentence is told by its number and time alone",
    sends="run-task, eight seconds of speech, finish-task",
    expects="for each sentence a transcription with sentenceId and time, and nothing else",
    level=MUST,
    source=DS_WEBSOCKET("recognize-result: the beginning of a sentence"),
    operations=RESULT,
)
async def begins(cloud: Cloud) -> None:
    session = await heard(cloud)
    begun = [one for one in session.transcriptions if is_begin(one)]
    for one in begun:
        cloud.check.equal(sorted(one), ["sentenceId", "time"], "its fields", facet=EVENTS)
    ended = [one["sentenceId"] for one in session.sentences]
    found = [one["sentenceId"] for one in begun]
    cloud.check.equal(found, ended, "sentences that begin", facet=EVENTS)


@case(
    "DS-WS-009",
    "a sentence begins, becomes longer and ends, and then the next one begins",
    sends="run-task, eight seconds of speech, finish-task",
    expects="for each sentenceId the beginning first and the end last, none in between of another",
    level=SHOULD,
    source=DS_WEBSOCKET("recognize-result"),
    operations=RESULT,
)
async def one_after_the_other(cloud: Cloud) -> None:
    session = await heard(cloud)
    open_sentence: int | None = None
    for one in session.transcriptions:
        number = one["sentenceId"]
        if is_begin(one):
            cloud.check.equal(open_sentence, None, "the sentence that is open", facet=EVENTS)
            open_sentence = number
        cloud.check.equal(number, open_sentence, "sentenceId", facet=EVENTS)
        if one.get("sentenceEnd") is True:
            open_sentence = None
    cloud.check.equal(open_sentence, None, "the sentence that is open at last", facet=EVENTS)


@case(
    "DS-WS-010",
    "what a sentence sounds like so far is told before its end",
    sends="run-task, eight seconds of speech, finish-task",
    expects="transcriptions with sentenceEnd false, text and words",
    level=INFO,
    source=ASSUMED("whether sentences that are not finished are told of"),
    operations=RESULT,
)
async def interim(cloud: Cloud) -> None:
    session = await heard(cloud)
    so_far = [one for one in session.transcriptions if one.get("sentenceEnd") is False]
    cloud.check.that(len(so_far) > 1, "sentences so far", session.names, facet=EVENTS)
    for one in so_far:
        cloud.check.has(one, "text", "words", what="a sentence so far", facet=EVENTS)


@case(
    "DS-WS-011",
    "the end of a sentence has its text, its words and what may follow",
    sends="run-task, eight seconds of speech, finish-task",
    expects="sentenceEnd true with text, words and stashResult {sentenceId, text, words}",
    level=MUST,
    source=DS_WEBSOCKET("recognize-result: stashResult"),
    operations=RESULT,
)
async def ends(cloud: Cloud) -> None:
    for one in (await heard(cloud)).sentences:
        check = cloud.check
        check.that(bool(one.get("text")), "a text", one, facet=EVENTS)
        check.that(bool(one.get("words")), "words", one, facet=EVENTS)
        stash = one.get("stashResult")
        check.has(stash, "sentenceId", "text", "words", what="stashResult", facet=EVENTS)


@case(
    "DS-WS-012",
    "what may follow belongs to the next sentence",
    sends="run-task, eight seconds of speech, finish-task",
    expects="stashResult.sentenceId one more than sentenceId",
    level=SHOULD,
    source=DS_WEBSOCKET("recognize-result: stashResult.sentenceId, as in its example"),
    operations=RESULT,
)
async def stash(cloud: Cloud) -> None:
    for one in (await heard(cloud)).sentences:
        found = one["stashResult"]["sentenceId"]
        cloud.check.equal(found, one["sentenceId"] + 1, "stashResult.sentenceId", facet=EVENTS)


@case(
    "DS-WS-013",
    "sentences are numbered from 0",
    sends="run-task, eight seconds of speech, finish-task",
    expects="sentenceId 0, 1, ...",
    level=MUST,
    source=DS_WEBSOCKET("recognize-result: sentenceId, as in its examples"),
    operations=RESULT,
)
async def from_zero(cloud: Cloud) -> None:
    found = [one["sentenceId"] for one in (await heard(cloud)).sentences]
    cloud.check.equal(found, list(range(len(found))), "sentenceIds", facet=EVENTS)


@case(
    "DS-WS-014",
    "words have times within the audio that was pushed",
    sends="run-task, eight seconds of speech, finish-task",
    expects="beginTime not after endTime, in order, within 8000 ms",
    level=MUST,
    source=DS_WEBSOCKET("recognize-result: words"),
    operations=RESULT,
)
async def word_times(cloud: Cloud) -> None:
    session, check = await heard(cloud), cloud.check
    words = [word for one in session.sentences for word in one["words"]]
    times = [ms for word in words for ms in (word["beginTime"], word["endTime"])]
    check.equal(times, sorted(times), "times of words", facet=EVENTS)
    pushed = len(cloud.speech) / 32
    check.that(times[0] >= 0 and times[-1] <= pushed, f"0 to {pushed:g} ms", times, facet=EVENTS)


@case(
    "DS-WS-015",
    "the words of a sentence are its text",
    sends="run-task, eight seconds of speech, finish-task",
    expects="text as the words say it, spaces aside",
    level=SHOULD,
    source=DS_WEBSOCKET("recognize-result: its example"),
    operations=RESULT,
)
async def words_are_text(cloud: Cloud) -> None:
    for one in (await heard(cloud)).sentences:
        said = "".join(word["text"] for word in one["words"])
        expected = one["text"].replace(" ", "")
        cloud.check.equal(said.replace(" ", ""), expected, "words", facet=EVENTS)


@case(
    "DS-WS-016",
    "a stream into which nobody speaks ends as any other",
    sends="run-task, two seconds of silence, finish-task",
    expects="speech-end, and no sentence",
    level=SHOULD,
    source=DS_WEBSOCKET("finish-task"),
    operations=("finish-task", "speech-end"),
)
async def nothing_said(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.hear(data_id, cloud.silence(2))
    cloud.check.equal(len(session.sentences), 0, "number of sentences", facet=EVENTS)
