"""DashScope's WebSocket: the agent for spoken instructions in industry."""

from __future__ import annotations

from typing import Any

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.catalogue import Run
from mock_tingwu.conformance.checks import CLOSE, EVENTS
from mock_tingwu.conformance.sources import ASSUMED, DS_INDUSTRIAL
from mock_tingwu.conformance.streams import AgentSession

MODEL = "tingwu-industrial-instruction"
PCM = {"format": "pcm", "sampleRate": 16000}
HEARD = ("recognize-result", "ai-result", "speech-end")


async def instructed(cloud: Cloud, **parameters: Any) -> AgentSession:
    """A session of the agent that has heard a little, from run-task to speech-end."""
    async with cloud.infer() as session:
        await session.start(None, model=MODEL, parameters=PCM | parameters)
        await session.push(cloud.speech)
        await session.stop()
    return session


@case(
    "DS-WS-055",
    "an instruction needs no dataId",
    sends=f"run-task model={MODEL} without dataId",
    expects="task-started, then speech-listen",
    level=MUST,
    source=DS_INDUSTRIAL("run-task"),
    operations=("run-task", "speech-listen"),
    needs=(Need.INDUSTRIAL_INSTRUCTION,),
)
async def no_data_id(cloud: Cloud) -> None:
    async with cloud.infer() as session:
        await session.start(None, model=MODEL, parameters=PCM)
        await session.stop()
    expected = ["task-started", "speech-listen"]
    cloud.check.equal(session.names[:2], expected, "the first two events", facet=EVENTS)


@case(
    "DS-WS-056",
    "the correction comes after the last result and before speech-end",
    sends=f"run-task model={MODEL}, eight seconds of speech, finish-task",
    expects="one ai-result with aiResult.correction between them",
    level=MUST,
    source=DS_INDUSTRIAL("ai-result"),
    operations=HEARD,
    needs=(Need.INDUSTRIAL_INSTRUCTION,),
)
async def corrected(cloud: Cloud) -> None:
    session, check = await instructed(cloud), cloud.check
    names = session.names
    check.equal(names.count("ai-result"), 1, "number of ai-result", facet=EVENTS)
    at = names.index("ai-result")
    check.that("recognize-result" not in names[at:], "no result after it", names, facet=EVENTS)
    check.that("speech-end" in names[at:], "speech-end after it", names, facet=EVENTS)
    result = session.named("ai-result")[0].output["aiResult"]
    check.has(result, "correction", what="aiResult", facet=EVENTS)
    check.that(bool(result["correction"]), "a correction", result, facet=EVENTS)


@case(
    "DS-WS-057",
    "what is heard comes with its Chinese translation in one message",
    sends=f"run-task model={MODEL}, eight seconds of speech, finish-task",
    expects="transcription with beginTime, endTime, text and words; translations with zh",
    level=MUST,
    source=DS_INDUSTRIAL("recognize-result, as in its example"),
    operations=HEARD,
    needs=(Need.INDUSTRIAL_INSTRUCTION,),
)
async def both_at_once(cloud: Cloud) -> None:
    session, check = await instructed(cloud), cloud.check
    results = session.named("recognize-result")
    check.that(bool(results), "results", session.names, facet=EVENTS)
    for event in results:
        check.has(event.output, "transcription", "translations", what="output", facet=EVENTS)
        fields = ("sentenceId", "beginTime", "endTime", "sentenceEnd", "text", "words")
        transcription = event.output["transcription"]
        check.has(transcription, *fields, what="transcription", facet=EVENTS)
        translations = event.output["translations"]
        check.has(translations.get("translations"), "zh", what="translations", facet=EVENTS)


@case(
    "DS-WS-058",
    "without instructions that are like it the correction is what was heard",
    sends=f"run-task model={MODEL} without terminology, eight seconds of speech, finish-task",
    expects="correction the texts of all sentences",
    level=INFO,
    source=ASSUMED("what is corrected without terminology"),
    operations=HEARD,
    needs=(Need.INDUSTRIAL_INSTRUCTION,),
)
async def nothing_to_correct(cloud: Cloud) -> None:
    session = await instructed(cloud)
    said = "".join(sentence["text"] for sentence in session.sentences)
    result = (await session.event("ai-result")).output["aiResult"]
    cloud.check.equal(result["correction"], said, "correction", facet=EVENTS)


def refused(number: int, title: str, message: str, **parameters: Any) -> Run:
    """A case: a parameter of run-task is none, and the message says which."""
    ((name, value),) = parameters.items()

    @case(
        f"DS-WS-{number:03}",
        title,
        sends=f"run-task model={MODEL} with {name} {value!r}",
        expects=f"task-failed InvalidParameter, {message}",
        level=MUST,
        source=DS_INDUSTRIAL("error codes"),
        operations=("run-task", "task-failed"),
        needs=(Need.INDUSTRIAL_INSTRUCTION,),
        negative=True,
    )
    async def refused_case(cloud: Cloud) -> None:
        async with cloud.infer() as session:
            await session.run(None, model=MODEL, parameters=PCM | parameters)
            found = await session.failure()
        cloud.check.equal(found, ("InvalidParameter", message), "errorCode and errorMessage")

    return refused_case


refused(59, "instructions are heard at 16000 Hz only", "SampleRate invalid.", sampleRate=8000)
refused(60, "a format that is not documented is refused", "Audio format invalid.", format="flac")
refused(
    61,
    "a pause of more than 6 s is refused",
    "MaxEndSilence invalid, must between [0. 6000].",
    maxEndSilence=6001,
)
refused(
    62,
    "a pause of less than nothing is refused",
    "MaxEndSilence invalid, must between [0. 6000].",
    maxEndSilence=-1,
)


@case(
    "DS-WS-063",
    "a terminology that the application does not have is refused",
    sends=f"run-task model={MODEL} with a terminology that the application has not",
    expects="task-failed InvalidParameter, Terminology not exist.",
    level=MUST,
    source=DS_INDUSTRIAL("error codes"),
    operations=("run-task", "task-failed"),
    negative=True,
    settings={"apps": {"tw_factory": {"terminologies": {"valves": ["打开一号阀门"]}}}},
)
async def unknown_terminology(cloud: Cloud) -> None:
    parameters = PCM | {"terminology": "pumps"}
    async with cloud.infer() as session:
        await session.run(None, model=MODEL, parameters=parameters, appId="tw_factory")
        code, message = await session.failure()
    cloud.check.equal(code, "InvalidParameter", "errorCode")
    cloud.check.equal(message, "Terminology not exist.", "errorMessage")


@case(
    "DS-WS-064",
    "a terminology that is no id is refused",
    sends=f"run-task model={MODEL} with terminology 5",
    expects="task-failed InvalidParameter, Terminology invalid.",
    level=SHOULD,
    source=DS_INDUSTRIAL("error codes"),
    operations=("run-task", "task-failed"),
    needs=(Need.INDUSTRIAL_INSTRUCTION,),
    negative=True,
)
async def no_terminology(cloud: Cloud) -> None:
    async with cloud.infer() as session:
        await session.run(None, model=MODEL, parameters=PCM | {"terminology": 5})
        code, message = await session.failure()
    cloud.check.equal(code, "InvalidParameter", "errorCode")
    cloud.check.equal(message, "Terminology invalid.", "errorMessage")


@case(
    "DS-WS-065",
    "the bounds of a pause are inside of it",
    sends=f"run-task model={MODEL} with maxEndSilence 0, then 6000",
    expects="speech-listen both times",
    level=MUST,
    source=DS_INDUSTRIAL("parameters.maxEndSilence"),
    operations=("run-task", "speech-listen"),
    needs=(Need.INDUSTRIAL_INSTRUCTION,),
)
async def bounds(cloud: Cloud) -> None:
    for silence in (0, 6000):
        async with cloud.infer() as session:
            await session.start(None, model=MODEL, parameters=PCM | {"maxEndSilence": silence})
            await session.stop()


@case(
    "DS-WS-066",
    "every documented format is taken",
    sends=f"run-task model={MODEL} with each format",
    expects="speech-listen each time",
    level=MUST,
    source=DS_INDUSTRIAL("parameters.format"),
    operations=("run-task", "speech-listen"),
    needs=(Need.INDUSTRIAL_INSTRUCTION,),
)
async def formats(cloud: Cloud) -> None:
    for name in ("pcm", "wav", "mp3", "opus", "speex", "aac", "amr"):
        async with cloud.infer() as session:
            await session.start(None, model=MODEL, parameters=PCM | {"format": name})
            await session.stop()


@case(
    "DS-WS-067",
    "a longer pause makes fewer sentences",
    sends=f"run-task model={MODEL}, speech with a pause of 0.9 s: maxEndSilence 300, then 6000",
    expects="fewer sentences with 6000",
    level=SHOULD,
    source=DS_INDUSTRIAL("parameters.maxEndSilence"),
    operations=HEARD,
    needs=(Need.INDUSTRIAL_INSTRUCTION,),
)
async def pauses(cloud: Cloud) -> None:
    short = await instructed(cloud, maxEndSilence=300)
    long = await instructed(cloud, maxEndSilence=6000)
    counts = (len(short.sentences), len(long.sentences))
    cloud.check.that(counts[0] > counts[1] > 0, "fewer sentences", counts, facet=EVENTS)


@case(
    "DS-WS-068",
    "a worker who says nothing is disconnected after 15 s, and not after 12",
    sends=f"run-task model={MODEL}, a piece of audio, nothing for 12 s; the same again for 17 s",
    expects="the connection is open after the first and closed after the second",
    level=MUST,
    source=DS_INDUSTRIAL("15 s without text or audio"),
    operations=("run-task",),
    needs=(Need.INDUSTRIAL_INSTRUCTION,),
)
async def idle(cloud: Cloud) -> None:
    async with cloud.infer() as session:
        await session.start(None, model=MODEL, parameters=PCM)
        for seconds in (12, 17):
            await session.push(cloud.silence(0.1))
            await session.ping()
            await cloud.pause(seconds)
        await session.closed(within=3)
    cloud.check.that(session.is_closed, "a connection that is closed", facet=CLOSE)
