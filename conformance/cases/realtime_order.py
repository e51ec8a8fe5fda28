"""The realtime WebSocket: in which order events come."""

from __future__ import annotations

from itertools import pairwise

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import (
    ASSUMED,
    NLS_TRANSCRIBER,
    NLS_WEBSOCKET,
    REALTIME,
    STREAM_PUSH,
)

from .realtime_heard import INTERIM, RESULTS, SPEECH, SPEECH_2, heard, some

SENTENCE = ("SentenceBegin", "SentenceEnd")
CHANGED = ("TranscriptionResultChanged",)


@case(
    "RT-ORDER-001",
    "TranscriptionStarted is first and TranscriptionCompleted last",
    sends=SPEECH,
    expects="TranscriptionStarted, sentences, TranscriptionCompleted",
    level=MUST,
    source=STREAM_PUSH("interaction flow"),
    operations=("TranscriptionStarted", "TranscriptionCompleted"),
)
async def started_first_completed_last(cloud: Cloud) -> None:
    names = (await heard(cloud)).names
    check = cloud.check
    check.equal(names[0], "TranscriptionStarted", "the first event", facet=EVENTS)
    check.equal(names[-1], "TranscriptionCompleted", "the last event", facet=EVENTS)
    check.that("SentenceEnd" in names, "a SentenceEnd between them", names, facet=EVENTS)


@case(
    "RT-ORDER-002",
    "TranscriptionStarted and TranscriptionCompleted come once each",
    sends=SPEECH,
    expects="one of each",
    level=MUST,
    source=NLS_WEBSOCKET("interaction flow"),
    operations=("TranscriptionStarted", "TranscriptionCompleted"),
)
async def once_each(cloud: Cloud) -> None:
    names = (await heard(cloud)).names
    for name in ("TranscriptionStarted", "TranscriptionCompleted"):
        cloud.check.equal(names.count(name), 1, f"the number of {name}", facet=EVENTS)


@case(
    "RT-ORDER-003",
    "nothing follows TranscriptionCompleted",
    sends=f"{SPEECH}; nothing for 3 s",
    expects="TranscriptionCompleted is still the last event",
    level=MUST,
    source=NLS_WEBSOCKET("interaction flow"),
    operations=("TranscriptionCompleted",),
)
async def nothing_after_completed(cloud: Cloud) -> None:
    _, session = await cloud.meeting(INTERIM)
    async with session:
        await session.hear(cloud.speech)
        await cloud.pause(3)
        # What was under way is there before the answer to our CLOSE is.
        await session.leave()
    cloud.check.equal(session.names[-1], "TranscriptionCompleted", "the last event", facet=EVENTS)


@case(
    "RT-ORDER-004",
    "index of the first sentence is 0",
    sends=SPEECH_2,
    expects="0, where NLS itself begins at 1",
    level=MUST,
    source=STREAM_PUSH("SentenceBegin.index"),
    operations=("SentenceBegin",),
)
async def index_from_zero(cloud: Cloud) -> None:
    first = some(cloud, await heard(cloud, INTERIM), "SentenceBegin")[0]
    cloud.check.equal(first.payload.get("index"), 0, "index", facet=EVENTS)


@case(
    "RT-ORDER-005",
    "index rises by one from sentence to sentence",
    sends=SPEECH,
    expects="the numbers from the first on, in SentenceEnd",
    level=MUST,
    source=STREAM_PUSH("SentenceEnd.index"),
    operations=("SentenceEnd",),
)
async def index_rises(cloud: Cloud) -> None:
    indices = [e.payload.get("index", -1) for e in some(cloud, await heard(cloud), "SentenceEnd")]
    cloud.check.that(len(indices) > 1, "two sentences in this speech", indices, facet=EVENTS)
    expected = list(range(indices[0], indices[0] + len(indices)))
    cloud.check.equal(indices, expected, "index", facet=EVENTS)


@case(
    "RT-ORDER-006",
    "a sentence has one SentenceBegin and, after it, one SentenceEnd",
    sends=SPEECH_2,
    expects="both with the same index, one after the other; sentences do not overlap",
    level=MUST,
    source=NLS_WEBSOCKET("interaction flow"),
    operations=SENTENCE,
)
async def begin_and_end(cloud: Cloud) -> None:
    session = await heard(cloud, INTERIM)
    some(cloud, session, "SentenceBegin")
    marks = [(e.name, e.payload.get("index")) for e in session.events if e.name in SENTENCE]
    indices = [index for name, index in marks if name == "SentenceBegin"]
    expected = [(name, index) for index in indices for name in SENTENCE]
    cloud.check.equal(marks, expected, "begins and ends", facet=EVENTS)


@case(
    "RT-ORDER-007",
    "interim results come between the begin and the end of their sentence",
    sends=SPEECH_2,
    expects="TranscriptionResultChanged only with the index of the sentence that is open",
    level=MUST,
    source=NLS_WEBSOCKET("interaction flow"),
    operations=(*SENTENCE, *CHANGED),
)
async def interim_results_in_sentence(cloud: Cloud) -> None:
    session = await heard(cloud, INTERIM)
    some(cloud, session, "TranscriptionResultChanged")
    is_open = None
    for event in session.events:
        index = event.payload.get("index")
        if event.name == "SentenceBegin":
            is_open = index
        elif event.name in RESULTS:
            cloud.check.equal(index, is_open, f"index of {event.name}", facet=EVENTS)
        if event.name == "SentenceEnd":
            is_open = None


@case(
    "RT-ORDER-008",
    "OutputLevel 1, the usual one, brings whole sentences only",
    sends=f"a meeting without OutputLevel; {SPEECH}",
    expects="no TranscriptionResultChanged",
    level=MUST,
    source=REALTIME("Transcription.OutputLevel"),
    operations=("SentenceEnd",),
)
async def level_1(cloud: Cloud) -> None:
    session = await heard(cloud)
    some(cloud, session, "SentenceEnd")
    count = len(session.named("TranscriptionResultChanged"))
    cloud.check.equal(count, 0, "the number of interim results", facet=EVENTS)


@case(
    "RT-ORDER-009",
    "OutputLevel 2 brings interim results as well",
    sends=SPEECH_2,
    expects="TranscriptionResultChanged and SentenceEnd",
    level=MUST,
    source=REALTIME("Transcription.OutputLevel"),
    operations=("SentenceEnd", *CHANGED),
)
async def level_2(cloud: Cloud) -> None:
    session = await heard(cloud, INTERIM)
    some(cloud, session, "TranscriptionResultChanged")
    some(cloud, session, "SentenceEnd")


@case(
    "RT-ORDER-010",
    "SentenceBegin comes at OutputLevel 1, too",
    sends=f"a meeting without OutputLevel; {SPEECH}",
    expects="as many of them as of SentenceEnd",
    level=INFO,
    source=ASSUMED("whether level 1 has SentenceBegin no document says"),
    operations=SENTENCE,
)
async def begins_at_level_1(cloud: Cloud) -> None:
    session = await heard(cloud)
    ends = len(some(cloud, session, "SentenceEnd"))
    cloud.check.equal(len(session.named("SentenceBegin")), ends, "their number", facet=EVENTS)


# Texts


@case(
    "RT-ORDER-011",
    "each interim result has the whole sentence so far, not only what is new",
    sends=SPEECH_2,
    expects="words from the sentence's first on, in each",
    level=SHOULD,
    source=STREAM_PUSH("TranscriptionResultChanged.result"),
    operations=CHANGED,
)
async def interim_results_are_whole(cloud: Cloud) -> None:
    session = await heard(cloud, INTERIM)
    firsts: dict[int, list[int]] = {}
    for event in some(cloud, session, "TranscriptionResultChanged"):
        words = event.payload.get("words") or []
        if words:
            ends = firsts.setdefault(event.payload["index"], [words[0]["endTime"]])
            ends.append(words[0]["startTime"])
    cloud.check.that(bool(firsts), "interim results with words", facet=EVENTS)
    for index, (end, *starts) in firsts.items():
        is_first = all(start < end for start in starts)
        sentence = f"all interim results of sentence {index} to begin with its first word"
        cloud.check.that(is_first, sentence, starts, facet=EVENTS)


@case(
    "RT-ORDER-012",
    "result is what its words say",
    sends=SPEECH_2,
    expects="the words put together, apart from marks and blanks",
    level=SHOULD,
    source=STREAM_PUSH("words"),
    operations=("SentenceEnd", *CHANGED),
)
async def result_is_its_words(cloud: Cloud) -> None:
    session = await heard(cloud, INTERIM)
    for name in ("SentenceEnd", "TranscriptionResultChanged"):
        for event in some(cloud, session, name):
            said = "".join(str(word.get("text")) for word in event.payload.get("words") or ())
            result = str(event.payload.get("result"))
            cloud.check.equal(_letters(said), _letters(result), "the words", facet=EVENTS)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


# Times


@case(
    "RT-ORDER-013",
    "sentences begin one after the other",
    sends=SPEECH_2,
    expects="time of SentenceBegin rises",
    level=MUST,
    source=NLS_TRANSCRIBER("SentenceBegin.time"),
    operations=("SentenceBegin",),
)
async def begins_rise(cloud: Cloud) -> None:
    events = some(cloud, await heard(cloud, INTERIM), "SentenceBegin")
    cloud.check.that(len(events) > 1, "two sentences in this speech", facet=EVENTS)
    cloud.check.rising([e.payload.get("time", -1) for e in events], "the times", facet=EVENTS)


@case(
    "RT-ORDER-014",
    "a sentence ends after it has begun",
    sends=SPEECH_2,
    expects="time of SentenceEnd is greater than that of SentenceBegin",
    level=MUST,
    source=NLS_TRANSCRIBER("SentenceEnd.time"),
    operations=SENTENCE,
)
async def ends_after_begins(cloud: Cloud) -> None:
    session = await heard(cloud, INTERIM)
    begins = {e.payload.get("index"): e.payload["time"] for e in session.named("SentenceBegin")}
    for event in some(cloud, session, "SentenceEnd"):
        times = [begins.get(event.payload.get("index"), -1), event.payload.get("time", -1)]
        cloud.check.rising(times, "begin and end", facet=EVENTS)


@case(
    "RT-ORDER-015",
    "time of interim results does not run backwards",
    sends=SPEECH_2,
    expects="each at the time of the one before or later",
    level=MUST,
    source=NLS_TRANSCRIBER("TranscriptionResultChanged.time"),
    operations=CHANGED,
)
async def interim_times(cloud: Cloud) -> None:
    events = some(cloud, await heard(cloud, INTERIM), "TranscriptionResultChanged")
    times = [event.payload.get("time", -1) for event in events]
    cloud.check.equal(times, sorted(times), "the times", facet=EVENTS)


@case(
    "RT-ORDER-016",
    "no event is ahead of the audio",
    sends=SPEECH_2,
    expects="no time beyond the eight seconds that were pushed",
    level=MUST,
    source=NLS_TRANSCRIBER("time: how much audio was processed"),
    operations=RESULTS,
)
async def times_within_audio(cloud: Cloud) -> None:
    session = await heard(cloud, INTERIM)
    some(cloud, session, "SentenceEnd")
    for event in session.events:
        if event.name in RESULTS:
            time = event.payload.get("time", -1)
            what = f"time of {event.name} within 8 s"
            cloud.check.that(0 <= time <= 8000, what, time, facet=EVENTS)


@case(
    "RT-ORDER-017",
    "words come one after the other and end before their sentence does",
    sends=SPEECH,
    expects="startTime and endTime in order, from word to word, up to time of SentenceEnd",
    level=SHOULD,
    source=STREAM_PUSH("SentenceEnd.words"),
    operations=("SentenceEnd",),
)
async def words_in_order(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud), "SentenceEnd"):
        words = event.payload.get("words") or ()
        times = [t for word in words for t in (word["startTime"], word["endTime"])]
        times.append(event.payload.get("time", -1))
        cloud.check.equal(times, sorted(times), "the times of words", facet=EVENTS)


@case(
    "RT-ORDER-018",
    "words of a sentence do not begin before those of the sentence before have ended",
    sends=SPEECH,
    expects="sentences that do not overlap",
    level=SHOULD,
    source=STREAM_PUSH("SentenceEnd.words"),
    operations=("SentenceEnd",),
)
async def sentences_do_not_overlap(cloud: Cloud) -> None:
    events = some(cloud, await heard(cloud), "SentenceEnd")
    words = [event.payload.get("words") or () for event in events]
    for before, after in pairwise(found for found in words if found):
        times = [before[-1]["endTime"], after[0]["startTime"]]
        cloud.check.equal(times, sorted(times), "end and begin of two sentences", facet=EVENTS)


@case(
    "RT-ORDER-019",
    "a sentence that is open at StopTranscription ends before TranscriptionCompleted",
    sends="a meeting with Transcription.OutputLevel 2; speech that stops in mid-sentence; stop",
    expects="SentenceEnd with a text for every SentenceBegin, and then TranscriptionCompleted",
    level=MUST,
    source=NLS_TRANSCRIBER("StopTranscription: the audio that is left is processed"),
    operations=(*SENTENCE, "TranscriptionCompleted"),
)
async def open_sentence_ends(cloud: Cloud) -> None:
    _, session = await cloud.meeting(INTERIM)
    async with session:
        await session.hear(cloud.speech[: 2 * 16000 * 3])
    begun = [event.payload.get("index") for event in some(cloud, session, "SentenceBegin")]
    ended = [event.payload.get("index") for event in session.named("SentenceEnd")]
    cloud.check.equal(ended, begun, "index of those that ended", facet=EVENTS)
    last = session.sentences[-1].get("result")
    cloud.check.that(bool(last), "the words so far in the last one", last, facet=EVENTS)
    cloud.check.equal(session.names[-1], "TranscriptionCompleted", "the last event", facet=EVENTS)
