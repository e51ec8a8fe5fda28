"""SentenceEnd: its fields, what is known of the next sentence, who spoke."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import (
    ASSUMED,
    LIVE_TRACES,
    NLS_CPP_SDK,
    NLS_JAVA_SDK,
    NLS_TRANSCRIBER,
    STREAM_PUSH,
)

from .realtime_heard import (
    INTERIM,
    SPEECH,
    SPEECH_2,
    check_confidence,
    check_words,
    heard,
    integers,
    some,
    strings,
)

END = ("SentenceEnd",)

#: Parameters that ask for speakers while the meeting goes on.
SPEAKERS = {"Transcription": {"RealtimeDiarizationEnabled": True, "OutputLevel": 2}}
#: What a sentence may end with.
MARKS = "。？！，、；.?!,;"


@case(
    "RT-EVENT-015",
    "SentenceEnd has index, time, result and words",
    sends=SPEECH,
    expects="integers, a text that is not empty, and an array",
    level=MUST,
    source=STREAM_PUSH("SentenceEnd"),
    operations=END,
)
async def end_has_its_fields(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud), "SentenceEnd"):
        integers(cloud, event.payload, "index", "time", what=event.name)
        strings(cloud, event.payload, "result", what=event.name)
        cloud.check.matches(event.payload["result"], r"(?s).+", "result", facet=EVENTS)
        words = event.payload.get("words")
        cloud.check.that(isinstance(words, list), "words to be an array", words, facet=EVENTS)


@case(
    "RT-EVENT-016",
    "words of SentenceEnd have text, and startTime and endTime as integers",
    sends=SPEECH,
    expects="milliseconds since the first byte of audio",
    level=MUST,
    source=STREAM_PUSH("SentenceEnd.words"),
    operations=END,
)
async def final_words(cloud: Cloud) -> None:
    events = some(cloud, await heard(cloud), "SentenceEnd")
    check_words(cloud, [word for event in events for word in event.payload.get("words", ())])


@case(
    "RT-EVENT-017",
    "result of SentenceEnd has punctuation",
    sends=SPEECH,
    expects="a mark in what was said",
    level=MUST,
    source=STREAM_PUSH("SentenceEnd.result"),
    operations=END,
)
async def result_is_punctuated(cloud: Cloud) -> None:
    events = some(cloud, await heard(cloud), "SentenceEnd")
    said = "".join(str(event.payload.get("result")) for event in events)
    cloud.check.that(any(mark in said for mark in MARKS), "a mark in result", said, facet=EVENTS)


@case(
    "RT-EVENT-018",
    "begin_time of SentenceEnd is the time of the sentence's SentenceBegin",
    sends=SPEECH_2,
    expects="the same integer",
    level=SHOULD,
    source=NLS_TRANSCRIBER("begin_time"),
    operations=("SentenceBegin", "SentenceEnd"),
)
async def begin_time(cloud: Cloud) -> None:
    session = await heard(cloud, INTERIM)
    begins = {e.payload.get("index"): e.payload.get("time") for e in session.named("SentenceBegin")}
    for event in some(cloud, session, "SentenceEnd"):
        expected = begins.get(event.payload.get("index"))
        cloud.check.equal(event.payload.get("begin_time"), expected, "begin_time", facet=EVENTS)


@case(
    "RT-EVENT-019",
    "SentenceEnd has a confidence from 0 to 1",
    sends=SPEECH,
    expects="a number",
    level=SHOULD,
    source=NLS_TRANSCRIBER("confidence"),
    operations=END,
)
async def final_confidence(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud), "SentenceEnd"):
        check_confidence(cloud, event.payload)


@case(
    "RT-EVENT-020",
    "SentenceEnd has what NLS adds: status, gender, gender_score, audio_extra_info",
    sends=SPEECH,
    expects='0, "", 0.0 and ""',
    level=SHOULD,
    source=LIVE_TRACES("SentenceEnd"),
    operations=END,
)
async def fields_of_nls(cloud: Cloud) -> None:
    expected = {"status": 0, "gender": "", "gender_score": 0.0, "audio_extra_info": ""}
    for event in some(cloud, await heard(cloud), "SentenceEnd"):
        got = {name: event.payload.get(name) for name in expected}
        cloud.check.equal(got, expected, "these fields", facet=EVENTS)


@case(
    "RT-EVENT-021",
    "sentence_id is 32 hexadecimal digits, another for each sentence",
    sends=SPEECH,
    expects="such an id in every SentenceEnd",
    level=SHOULD,
    source=LIVE_TRACES("SentenceEnd.sentence_id"),
    operations=END,
)
async def sentence_id(cloud: Cloud) -> None:
    ids = [e.payload.get("sentence_id") for e in some(cloud, await heard(cloud), "SentenceEnd")]
    for id in ids:
        cloud.check.matches(id, r"[0-9a-f]{32}", "sentence_id", facet=EVENTS)
    cloud.check.equal(len(set(ids)), len(ids), "the number of different ids", facet=EVENTS)


# What is known of the next sentence


@case(
    "RT-EVENT-022",
    "stash_result of SentenceEnd has index, beginTime, currentTime, text and words",
    sends=SPEECH,
    expects="the next sentence as far as it was heard",
    level=MUST,
    source=STREAM_PUSH("SentenceEnd.stash_result"),
    operations=END,
)
async def stash_has_its_fields(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud), "SentenceEnd"):
        stash = event.payload.get("stash_result")
        names = ("index", "beginTime", "currentTime", "text", "words")
        cloud.check.has(stash, *names, what="stash_result", facet=EVENTS)


@case(
    "RT-EVENT-023",
    "the numbers of stash_result are integers",
    sends=SPEECH,
    expects="beginTime and currentTime as the C++ SDK reads them",
    level=MUST,
    source=NLS_CPP_SDK("nlsEventInner.cpp"),
    operations=END,
)
async def stash_is_of_integers(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud), "SentenceEnd"):
        stash = event.payload.get("stash_result", {})
        integers(cloud, stash, "beginTime", "currentTime", what="stash_result")


@case(
    "RT-EVENT-024",
    "index of stash_result is that of the next sentence",
    sends=SPEECH,
    expects="one more than index of the SentenceEnd",
    level=MUST,
    source=STREAM_PUSH("SentenceEnd.stash_result"),
    operations=END,
)
async def stash_index(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud), "SentenceEnd"):
        expected = event.payload.get("index", 0) + 1
        got = event.payload.get("stash_result", {}).get("index")
        cloud.check.equal(got, expected, "stash_result.index", facet=EVENTS)


@case(
    "RT-EVENT-025",
    "stash_result has the same number as sentenceId",
    sends=SPEECH,
    expects="the name that the SDKs for Java and C++ read",
    level=SHOULD,
    source=NLS_JAVA_SDK("StashResult.sentenceId"),
    operations=END,
)
async def stash_sentence_id(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud), "SentenceEnd"):
        stash = event.payload.get("stash_result", {})
        integers(cloud, stash, "sentenceId", what="stash_result")
        same = stash.get("index", stash["sentenceId"])
        cloud.check.equal(stash["sentenceId"], same, "stash_result.sentenceId", facet=EVENTS)


@case(
    "RT-EVENT-026",
    "stash_result is there although nothing was said after the sentence",
    sends=f"{SPEECH}; the speech ends with a second of silence",
    expects="an empty text and no words in the last one",
    level=SHOULD,
    source=LIVE_TRACES("SentenceEnd.stash_result"),
    operations=END,
)
async def empty_stash(cloud: Cloud) -> None:
    last = some(cloud, await heard(cloud), "SentenceEnd")[-1]
    stash = last.payload.get("stash_result", {})
    cloud.check.equal(stash.get("text"), "", "stash_result.text", facet=EVENTS)
    cloud.check.equal(stash.get("words"), [], "stash_result.words", facet=EVENTS)


@case(
    "RT-EVENT-027",
    "stash_result begins where its sentence ends or later, and is not ahead of itself",
    sends="speech without a pause, 12 s",
    expects="beginTime from the last word on, currentTime from beginTime on",
    level=SHOULD,
    source=STREAM_PUSH("SentenceEnd.stash_result"),
    operations=END,
)
async def stash_times(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.hear(monologue(cloud))
    for event in some(cloud, session, "SentenceEnd"):
        stash, words = event.payload.get("stash_result", {}), event.payload.get("words") or ()
        times = [word["endTime"] for word in words][-1:]
        times += [stash.get("beginTime", -1), stash.get("currentTime", -1)]
        cloud.check.equal(times, sorted(times), "the times", facet=EVENTS)


# Who spoke


@case(
    "RT-EVENT-028",
    "SentenceEnd tells the speaker where RealtimeDiarizationEnabled is set",
    sends="a meeting with Transcription.RealtimeDiarizationEnabled; speech",
    expects="speaker_id in every SentenceEnd",
    level=SHOULD,
    source=LIVE_TRACES("SentenceEnd.speaker_id"),
    operations=END,
)
async def final_speaker(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud, SPEAKERS), "SentenceEnd"):
        cloud.check.has(event.payload, "speaker_id", what="SentenceEnd", facet=EVENTS)


@case(
    "RT-EVENT-029",
    "speakers are counted from 0",
    sends="a meeting with Transcription.RealtimeDiarizationEnabled; speech",
    expects="0 for who speaks first",
    level=SHOULD,
    source=LIVE_TRACES("SentenceEnd.speaker_id"),
    operations=END,
)
async def speakers_from_zero(cloud: Cloud) -> None:
    first = some(cloud, await heard(cloud, SPEAKERS), "SentenceEnd")[0]
    cloud.check.equal(str(first.payload.get("speaker_id")), "0", "the first one", facet=EVENTS)


@case(
    "RT-EVENT-030",
    "speaker_id is a string",
    sends="a meeting with Transcription.RealtimeDiarizationEnabled; speech",
    expects='"0" and not 0',
    level=INFO,
    source=ASSUMED("the page writes xxx in quotation marks, about translations alone"),
    operations=END,
)
async def speaker_is_a_string(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud, SPEAKERS), "SentenceEnd"):
        strings(cloud, event.payload, "speaker_id", what="SentenceEnd")


@case(
    "RT-EVENT-031",
    "interim results tell the speaker as well",
    sends="a meeting with RealtimeDiarizationEnabled and OutputLevel 2; speech",
    expects="speaker_id in every TranscriptionResultChanged",
    level=SHOULD,
    source=LIVE_TRACES("TranscriptionResultChanged.speaker_id"),
    operations=("TranscriptionResultChanged",),
)
async def interim_speaker(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud, SPEAKERS), "TranscriptionResultChanged"):
        cloud.check.has(event.payload, "speaker_id", what=event.name, facet=EVENTS)


@case(
    "RT-EVENT-032",
    "the speaker is not told where RealtimeDiarizationEnabled is not set",
    sends=SPEECH,
    expects="no speaker_id in SentenceEnd",
    level=INFO,
    source=ASSUMED("whether speaker_id is there without RealtimeDiarizationEnabled"),
    operations=END,
)
async def no_speaker(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud), "SentenceEnd"):
        cloud.check.lacks(event.payload, "speaker_id", what="SentenceEnd")


def monologue(cloud: Cloud) -> bytes:
    """Twelve seconds of speech without a pause: sooner or later it has to be cut."""
    return cloud.speech[2 * 14400 : 2 * 62400] * 4
