"""DashScope's realtime meetings: how they begin, pause, go on and end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.catalogue import Run
from mock_tingwu.conformance.dashscope import DONE, RUNNING, TRANSCRIBING, words_of
from mock_tingwu.conformance.sources import ASSUMED, DS_REALTIME, DS_WEBSOCKET
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

CREATE = ("createTask",)
STREAM = ("createTask", "getTask", "speech-listen", "speech-end")
HOUR_S = 3600.0
#: How much of what was heard is in the file at least: it may be put otherwise there.
ALIKE = 0.8
PLAIN = {"transcription": {"model": "cn"}, "analysis": {"keyInformationEnabled": False}}


def said_in(transcription: Mapping[str, Any]) -> str:
    """The words of a transcription file as one text."""
    return "".join(str(word["text"]) for word in words_of(transcription))


@case(
    "DS-MEET-001",
    "a meeting begins with a dataId and a status",
    sends="createTask type=realtime with format pcm and sampleRate 16000",
    expects="output.dataId, and a number as output.status",
    level=MUST,
    source=DS_REALTIME("response"),
    operations=CREATE,
)
async def meeting_begins(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(cloud.dashscope.meeting())
    cloud.check.that(bool(answer.output.get("dataId")), "a dataId", answer.output)
    status = answer.output.get("status")
    cloud.check.that(type(status) is int and 0 <= status <= 3, "a status of 0 to 3", status)


@case(
    "DS-MEET-002",
    "a meeting is transcribing from its beginning on",
    sends="createTask type=realtime, getTask",
    expects="status 3 both times",
    level=INFO,
    source=ASSUMED("status of a meeting into which nothing was pushed"),
    operations=("createTask", "getTask"),
)
async def transcribing_at_once(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(cloud.dashscope.meeting())
    cloud.check.equal(answer.output.get("status"), TRANSCRIBING, "status of createTask")
    output = (await cloud.dashscope.get(answer.output["dataId"])).output
    cloud.check.equal(output.get("status"), TRANSCRIBING, "status of getTask")


def refused_start(number: int, title: str, place: str, **fields: Any) -> Run:
    """A case: a meeting does not begin with such a format or rate."""
    shown = ", ".join(f"{name} {value!r}" for name, value in fields.items())

    @case(
        f"DS-MEET-{number:03}",
        title,
        sends=f"createTask type=realtime with {shown.replace('None', 'left out')}",
        expects="HTTP 400 InvalidParameter",
        level=MUST,
        source=DS_REALTIME(f"input.{place}"),
        operations=CREATE,
        negative=True,
    )
    async def refused(cloud: Cloud) -> None:
        answer = await cloud.dashscope.create(cloud.dashscope.meeting(**fields))
        cloud.dashscope.refused(answer, "InvalidParameter", status=400)

    return refused


refused_start(3, "a meeting without format is refused", "format: required", format=None)
refused_start(4, "a meeting without sampleRate is refused", "sampleRate: required", sampleRate=None)
refused_start(5, "a format that is not documented is refused", "format", format="flac")
refused_start(6, "a rate that is not documented is refused", "sampleRate", sampleRate=44100)


@case(
    "DS-MEET-007",
    "every documented format and rate begins a meeting",
    sends="createTask type=realtime with each format, with 8000 and 16000 in turn",
    expects="a dataId each time",
    level=MUST,
    source=DS_REALTIME("input.format, input.sampleRate"),
    operations=CREATE,
)
async def formats(cloud: Cloud) -> None:
    for number, name in enumerate(("pcm", "opus", "aac", "speex", "mp3")):
        fields = cloud.dashscope.meeting(format=name, sampleRate=(8000, 16000)[number % 2])
        answer = await cloud.dashscope.create(fields)
        cloud.check.equal(answer.status, 200, f"HTTP status of {name}")


@case(
    "DS-MEET-008",
    "a second createTask ends a meeting, and its results follow",
    sends="createTask type=realtime; speech, finish-task; createTask type=realtime with dataId",
    expects="the same dataId with status 1 or 0, then a transcript of what was said",
    level=MUST,
    source=DS_REALTIME("end of a meeting"),
    operations=(*STREAM, "transcription file"),
    time_limit=WITH_RESULTS_S,
)
async def second_call_ends(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.hear(data_id, cloud.speech)
    output = (await cloud.dashscope.end(data_id)).output
    cloud.check.equal(output.get("dataId"), data_id, "dataId of the end")
    cloud.check.one_of(output.get("status"), (RUNNING, DONE), "status of the end")
    output = await cloud.dashscope.wait(data_id, DONE)
    said = said_in(await cloud.dashscope.file(output, "transcription"))
    heard = "".join(sentence["text"] for sentence in session.sentences)
    cloud.check.that(ALIKE * len(heard) <= len(said), f"what was heard, {heard!r}", said)


@case(
    "DS-MEET-009",
    "finish-task is a pause and not the end",
    sends="createTask type=realtime; speech, finish-task; getTask; run-task with the same dataId",
    expects="status 1 or 3, then speech-listen with the dataId",
    level=MUST,
    source=DS_WEBSOCKET("pause: finish-task at any time"),
    operations=(*STREAM, "finish-task"),
)
async def finish_is_a_pause(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as first:
        await first.hear(data_id, cloud.speech)
    output = (await cloud.dashscope.get(data_id)).output
    cloud.check.one_of(output.get("status"), (RUNNING, TRANSCRIBING), "status in the pause")
    async with cloud.infer() as second:
        listen = await second.start(data_id)
        await second.stop()
    cloud.check.equal(listen.output.get("dataId"), data_id, "dataId of speech-listen")


@case(
    "DS-MEET-010",
    "what was said before and after a pause is in one transcript",
    sends="a meeting in two streams with speech in each, the end, getTask until it is done",
    expects="a file about as long as what both streams have told of",
    level=MUST,
    source=DS_WEBSOCKET("the same dataId goes on"),
    operations=(*STREAM, "transcription file"),
    time_limit=WITH_RESULTS_S,
)
async def both_parts(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as first:
        await first.hear(data_id, cloud.speech)
    async with cloud.infer() as second:
        await second.hear(data_id, cloud.speech)
    await cloud.dashscope.end(data_id)
    output = await cloud.dashscope.wait(data_id, DONE)
    said = said_in(await cloud.dashscope.file(output, "transcription"))
    heard = "".join(sentence["text"] for sentence in first.sentences + second.sentences)
    cloud.check.that(ALIKE * len(heard) <= len(said), f"what was heard, {heard!r}", said)


@case(
    "DS-MEET-011",
    "sentences are numbered on after a pause",
    sends="a meeting in two streams with speech in each",
    expects="the first sentenceId of the second stream follows the last of the first",
    level=INFO,
    source=ASSUMED("numbers and times of sentences after a pause"),
    operations=("recognize-result",),
)
async def numbers_go_on(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as first:
        await first.hear(data_id, cloud.speech)
    async with cloud.infer() as second:
        await second.hear(data_id, cloud.speech)
    last = max((sentence["sentenceId"] for sentence in first.sentences), default=0)
    begun = min((sentence["sentenceId"] for sentence in second.sentences), default=0)
    cloud.check.equal(begun, last + 1, "the first sentenceId after the pause")


@case(
    "DS-MEET-012",
    "a meeting can be gone on with for a day, and nothing ends it by itself",
    sends="createTask type=realtime; 23 hours later getTask and run-task with its dataId",
    expects="a status that is neither 0 nor 2, then speech-listen",
    level=MUST,
    source=DS_REALTIME("dataId: valid for 24 h"),
    operations=STREAM,
    needs=(Need.CLOCK,),
)
async def a_day(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    await cloud.pause(23 * HOUR_S)
    output = (await cloud.dashscope.get(data_id)).output
    cloud.check.that(output.get("status") not in (0, 2), "a status of no end", output)
    async with cloud.infer() as session:
        await session.start(data_id)
        await session.stop()


@case(
    "DS-MEET-013",
    "after a day a meeting cannot be gone on with",
    sends="createTask type=realtime; 24 hours and a minute later run-task with its dataId",
    expects="task-failed Agent.InputInvalidDataId",
    level=SHOULD,
    source=DS_REALTIME("dataId: valid for 24 h"),
    operations=("createTask", "task-failed"),
    needs=(Need.CLOCK,),
    negative=True,
)
async def after_a_day(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    await cloud.pause(24 * HOUR_S + 60)
    async with cloud.infer() as session:
        await session.run(data_id)
        code, _ = await session.failure()
    cloud.check.equal(code, "Agent.InputInvalidDataId", "errorCode")


@case(
    "DS-MEET-014",
    "a meeting that was ended cannot be gone on with",
    sends="createTask type=realtime; its end; run-task with its dataId",
    expects="task-failed Agent.InputInvalidDataId",
    level=INFO,
    source=ASSUMED("what a stream into a meeting that is over is answered with"),
    operations=("createTask", "task-failed"),
    negative=True,
)
async def over_is_over(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    await cloud.dashscope.end(data_id)
    async with cloud.infer() as session:
        await session.run(data_id)
        code, _ = await session.failure()
    cloud.check.equal(code, "Agent.InputInvalidDataId", "errorCode")


@case(
    "DS-MEET-015",
    "what the end of a meeting asks for is made of it",
    sends="a meeting without keywords; its end with keyInformationEnabled, as a client has it",
    expects="HTTP 200, then meetingAssistancePath",
    level=INFO,
    source=ASSUMED("whether the end of a meeting may say anew what is to be made of it"),
    operations=("createTask", "getTask"),
    time_limit=WITH_RESULTS_S,
)
async def end_with_analysis(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        await session.hear(data_id, cloud.speech)
    end = {"type": "realtime", "dataId": data_id}
    answer = await cloud.dashscope.create(end, {"analysis": {"keyInformationEnabled": True}})
    cloud.check.equal(answer.status, 200, "HTTP status of the end")
    output = await cloud.dashscope.wait(data_id, DONE)
    cloud.check.has(output, "meetingAssistancePath", what="output")


@case(
    "DS-MEET-016",
    "a meeting that nobody has begun cannot be ended",
    sends="createTask type=realtime with a dataId that nobody has made",
    expects="a fault with an HTTP status of 4xx",
    level=SHOULD,
    source=DS_REALTIME("input.dataId: the one of the beginning"),
    operations=CREATE,
    negative=True,
)
async def end_of_nothing(cloud: Cloud) -> None:
    cloud.dashscope.refused(await cloud.dashscope.end("zzzzzzzzzzzz"))


@case(
    "DS-MEET-017",
    "a meeting may be ended twice",
    sends="createTask type=realtime; its end, and its end again",
    expects="HTTP 200 and the dataId both times",
    level=INFO,
    source=ASSUMED("what the end of a meeting that is over is answered with"),
    operations=CREATE,
)
async def ended_twice(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    for time in ("first", "second"):
        answer = await cloud.dashscope.end(data_id)
        cloud.check.equal(answer.output.get("dataId"), data_id, f"dataId of the {time} end")


@case(
    "DS-MEET-018",
    "audio of 8000 Hz is heard as such",
    sends="createTask with sampleRate 8000; eight seconds of speech at that rate",
    expects="sentences whose words lie within the eight seconds and beyond the first four",
    level=MUST,
    source=DS_REALTIME("input.sampleRate"),
    operations=("createTask", "recognize-result"),
)
async def telephone(cloud: Cloud) -> None:
    pcm = cloud.speech
    halved = b"".join(pcm[at : at + 2] for at in range(0, len(pcm), 4))
    data_id = await cloud.dashscope.start(PLAIN, sampleRate=8000)
    async with cloud.infer() as session:
        await session.start(data_id, parameters={"format": "pcm", "sampleRate": 8000})
        await session.push(halved, piece=1600)
        await session.stop()
    ends = [word["endTime"] for sentence in session.sentences for word in sentence["words"]]
    cloud.check.that(bool(ends), "words", session.names)
    cloud.check.that(4_000 < max(ends) <= 8_000, "the last word in seconds 4 to 8", max(ends))


@case(
    "DS-MEET-019",
    "the end of a meeting ends its open stream with speech-end",
    sends="run-task and speech; createTask type=realtime with dataId in the midst of it",
    expects="speech-end",
    level=INFO,
    source=ASSUMED("what the end of a meeting does to a stream that is open"),
    operations=("createTask", "speech-end"),
)
async def end_while_streaming(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as session:
        session.judged_by_case()
        await session.start(data_id)
        await session.push(cloud.speech)
        await cloud.dashscope.end(data_id)
        await session.event("speech-end")


@case(
    "DS-MEET-020",
    "a connection that breaks off ends nothing",
    sends="run-task and speech; the connection is cut; run-task with the same dataId",
    expects="speech-listen, and a status that is neither 0 nor 2",
    level=SHOULD,
    source=DS_WEBSOCKET("reconnect with the same dataId"),
    operations=STREAM,
)
async def cut_off(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer() as first:
        await first.start(data_id)
        await first.push(cloud.speech)
        await first.event("recognize-result")
        await first.cut()
    await cloud.pause(0.5)
    output = (await cloud.dashscope.get(data_id)).output
    cloud.check.that(output.get("status") not in (0, 2), "a status of no end", output)
    async with cloud.infer() as second:
        await second.start(data_id)
        await second.stop()
