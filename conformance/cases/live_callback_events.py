"""The engine's events in callbacks: their header, their order, what sentences are made of."""

from __future__ import annotations

from itertools import groupby, pairwise

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.captions import (
    RESULT_CHANGED,
    SENTENCE_BEGIN,
    SENTENCE_END,
    Caption,
)
from mock_tingwu.conformance.checks import EVENTS, TIMING
from mock_tingwu.conformance.sources import ASSUMED, LIVE_CREATE

from ._live_tasks import CALLBACK, LISTENS, SPEECH_S
from .live_callback import sentences

_CONTENT = LIVE_CREATE("callbacks, content")
_ENGINES = ASSUMED("whether callbacks have the engine's SentenceEnd with all that is in it")


def _of(captions: list[Caption], index: int, name: str) -> list[Caption]:
    return [c for c in captions if c.name == name and c.payload["index"] == index]


# Header


@case(
    "LV-CALLBACK-018",
    "an event is one of SpeechTranscriber's, and a success",
    sends="CreateRtcAsrTask, and a spoken sentence",
    expects='header: namespace SpeechTranscriber, status 20000000, status_text "Success."',
    level=MUST,
    source=_CONTENT("header"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def header(cloud: Cloud) -> None:
    for caption in (await sentences(cloud)).so_far:
        cloud.check.equal(caption.header.get("namespace"), "SpeechTranscriber", "namespace")
        cloud.check.equal(caption.header.get("status"), 20000000, "status")
        cloud.check.equal(caption.header.get("status_text"), "Success.", "status_text")


@case(
    "LV-CALLBACK-019",
    "the task of the header is the engine's, not the live task",
    sends="CreateRtcAsrTask, and two spoken sentences",
    expects="header.task_id of 32 hex digits, the same in all events",
    level=MUST,
    source=_CONTENT("header.task_id"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def engine_task(cloud: Cloud) -> None:
    ids = {caption.header.get("task_id") for caption in (await sentences(cloud, 2)).so_far}
    cloud.check.equal(len(ids), 1, "the number of engine tasks")
    cloud.check.matches(ids.pop(), "[0-9a-f]{32}", "header.task_id")


@case(
    "LV-CALLBACK-020",
    "every event has a message_id of its own",
    sends="CreateRtcAsrTask, and some events",
    expects="message_ids that all differ",
    level=MUST,
    source=_CONTENT("header.message_id"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def message_ids(cloud: Cloud) -> None:
    captions = (await sentences(cloud, ReportInterval="0")).so_far
    ids = [caption.header.get("message_id") for caption in captions]
    cloud.check.equal(len(set(ids)), len(ids), "the number of different message_ids")


@case(
    "LV-CALLBACK-021",
    "a header has the engine's nls_task_id and task_key",
    sends="CreateRtcAsrTask, and one spoken sentence",
    expects="nls_task_id, and a task_key such as tl_1234567_...",
    level=MUST,
    source=_CONTENT("header, example"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def engine_ids(cloud: Cloud) -> None:
    first = (await sentences(cloud)).so_far[0].header
    cloud.check.matches(first.get("nls_task_id"), r"\S+", "nls_task_id")
    cloud.check.matches(first.get("task_key"), r"tl_\S+", "task_key")


# Order


@case(
    "LV-CALLBACK-022",
    "a sentence begins, grows, and ends",
    sends="CreateRtcAsrTask with ReportInterval=0, and two sentences",
    expects="for each: SentenceBegin, then TranscriptionResultChanged, then SentenceEnd once",
    level=INFO,
    source=ASSUMED("whether the order of the engine's events holds for callbacks"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def order_in_a_sentence(cloud: Cloud) -> None:
    captions = (await sentences(cloud, 2, ReportInterval="0")).so_far
    for index in (0, 1):
        names = [c.name for c in captions if c.payload.get("index") == index]
        found = [name for name, _ in groupby(names)]
        expected = [SENTENCE_BEGIN, RESULT_CHANGED, SENTENCE_END]
        cloud.check.equal(found, expected, f"the events of sentence {index}", facet=EVENTS)
        ends = names.count(SENTENCE_END)
        cloud.check.equal(ends, 1, f"the SentenceEnds of sentence {index}", facet=EVENTS)


@case(
    "LV-CALLBACK-023",
    "sentences are counted from 0",
    sends="CreateRtcAsrTask, and the first sentence",
    expects="index 0",
    level=SHOULD,
    source=_CONTENT("payload.index, example"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def index_from_zero(cloud: Cloud) -> None:
    first = (await sentences(cloud)).so_far[0]
    cloud.check.equal(first.payload.get("index"), 0, "index", facet=EVENTS)


@case(
    "LV-CALLBACK-024",
    "the index rises by 1 with every sentence",
    sends="CreateRtcAsrTask, and three sentences",
    expects="SentenceEnds of consecutive index, in whatever order they come",
    level=MUST,
    source=_CONTENT("payload.index"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def index_rises(cloud: Cloud) -> None:
    ends = (await sentences(cloud, 3)).named(SENTENCE_END)
    found = sorted(caption.payload["index"] for caption in ends)
    cloud.check.equal(found, list(range(found[0], found[0] + len(found))), "index", facet=EVENTS)


@case(
    "LV-CALLBACK-025",
    "an interim result has all words so far",
    sends="CreateRtcAsrTask with ReportInterval=0, and one sentence",
    expects="each TranscriptionResultChanged has at least as many words as the one before",
    level=INFO,
    source=ASSUMED("whether callbacks keep the engine's cumulative results, and in order"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def results_grow(cloud: Cloud) -> None:
    captions = (await sentences(cloud, ReportInterval="0")).so_far
    counts = [len(c.payload["words"]) for c in _of(captions, 0, RESULT_CHANGED)]
    cloud.check.that(len(counts) > 1, "interim results", counts, facet=EVENTS)
    cloud.check.that(counts == sorted(counts), "words that only grow", counts, facet=EVENTS)


# Times and words


@case(
    "LV-CALLBACK-026",
    "times are milliseconds from the beginning of the stream",
    sends="CreateRtcAsrTask, and three sentences in a row",
    expects="SentenceEnd.time: whole numbers that rise by index, by a second at least in all",
    level=MUST,
    source=_CONTENT("payload.time"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def times_rise(cloud: Cloud) -> None:
    ends = (await sentences(cloud, 3)).named(SENTENCE_END)
    in_order = sorted(ends, key=lambda caption: int(caption.payload["index"]))
    times = [caption.payload.get("time") for caption in in_order]
    for time in times:
        cloud.check.that(type(time) is int, "a whole number of milliseconds", time, facet=TIMING)
    told = [time for time in times if time is not None]
    cloud.check.rising(told, "times", facet=TIMING)
    # In seconds, or from the beginning of each sentence, it would be far less.
    in_ms = told[-1] - told[0] >= 1000
    cloud.check.that(in_ms, "a second at least from the first end to the last", told, facet=TIMING)


@case(
    "LV-CALLBACK-027",
    "a sentence is made of words with times",
    sends="CreateRtcAsrTask, and the words of a sentence",
    expects="words of text, startTime and endTime, one after the other, up to the sentence's time",
    level=MUST,
    source=_CONTENT("payload.words"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def words(cloud: Cloud) -> None:
    payload = (await sentences(cloud)).named(SENTENCE_END)[0].payload
    cloud.check.that(bool(payload.get("words")), "words", payload.get("words"))
    for word in payload["words"]:
        cloud.check.has(word, "text", "startTime", "endTime", what="a word")
        in_order = word["startTime"] <= word["endTime"] <= payload["time"]
        cloud.check.that(in_order, "a word within its sentence", word, facet=TIMING)
    for word, later in pairwise(payload["words"]):
        follows = word["startTime"] <= later["startTime"]
        cloud.check.that(follows, "words one after the other", later, facet=TIMING)


@case(
    "LV-CALLBACK-028",
    "the words of a sentence are its text",
    sends="CreateRtcAsrTask, and the text of a sentence",
    expects="the words' text joined is result",
    level=SHOULD,
    source=_CONTENT("payload, example"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def words_are_the_text(cloud: Cloud) -> None:
    for caption in (await sentences(cloud, 2)).named(SENTENCE_END):
        joined = "".join(word["text"] for word in caption.payload["words"])
        cloud.check.equal(joined.split(), caption.payload["result"].split(), "the words' text")


@case(
    "LV-CALLBACK-029",
    "a SentenceEnd has what is known of the next sentence",
    sends="CreateRtcAsrTask, and the end of a sentence",
    expects="stash_result with index, beginTime, currentTime, text and words",
    level=INFO,
    source=_ENGINES,
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def stash(cloud: Cloud) -> None:
    payload = (await sentences(cloud)).named(SENTENCE_END)[0].payload
    names = ("index", "beginTime", "currentTime", "text", "words")
    cloud.check.has(payload.get("stash_result"), *names, what="stash_result")


@case(
    "LV-CALLBACK-030",
    "stash_result is about the sentence that follows",
    sends="CreateRtcAsrTask, and the ends of two sentences",
    expects="stash_result.index is index + 1; it begins no earlier than the sentence",
    level=INFO,
    source=_ENGINES,
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def stash_is_the_next(cloud: Cloud) -> None:
    for caption in (await sentences(cloud, 2)).named(SENTENCE_END):
        stash = caption.payload["stash_result"]
        cloud.check.equal(stash["index"], caption.payload["index"] + 1, "stash_result.index")
        begin = caption.payload["words"][0]["startTime"]
        cloud.check.that(stash["beginTime"] >= begin, "a later beginTime", stash["beginTime"])
