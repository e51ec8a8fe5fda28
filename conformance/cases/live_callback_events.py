"""The engine's events in callbacks: their header, their order, what sentences are made of."""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import Any

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.captions import (
    RESULT_CHANGED,
    RESULT_TRANSLATED,
    SENTENCE_BEGIN,
    SENTENCE_END,
    Caption,
    Captions,
)
from mock_tingwu.conformance.checks import EVENTS, TIMING
from mock_tingwu.conformance.sources import ASSUMED, LIVE_CREATE, STREAM_PUSH

from ._live_tasks import LISTENS
from .live_callback import CALLBACK, SPEECH_S, sentences

_CONTENT = LIVE_CREATE("callbacks, content")
_INTERVAL = LIVE_CREATE("ReportInterval")
_TRANSLATION = LIVE_CREATE("TranslateEnabled, TargetLanguages")


async def _translated(cloud: Cloud, language: str = "en") -> Captions:
    captions = await cloud.live.caption(
        ReportInterval="-1", TranslateEnabled="true", TargetLanguages=language
    )
    await captions.hear(1, RESULT_TRANSLATED)
    return captions


def _of(captions: list[Caption], index: Any, name: str) -> list[Caption]:
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
    level=SHOULD,
    source=STREAM_PUSH("interaction flow"),
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
    expects="SentenceEnds of consecutive index",
    level=MUST,
    source=_CONTENT("payload.index"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def index_rises(cloud: Cloud) -> None:
    ends = (await sentences(cloud, 3)).named(SENTENCE_END)
    found = [caption.payload["index"] for caption in ends]
    cloud.check.equal(found, list(range(found[0], found[0] + len(found))), "index", facet=EVENTS)


@case(
    "LV-CALLBACK-025",
    "an interim result has all words so far",
    sends="CreateRtcAsrTask with ReportInterval=0, and one sentence",
    expects="each TranscriptionResultChanged has at least as many words as the one before",
    level=SHOULD,
    source=_CONTENT("TranscriptionResultChanged"),
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
    expects="SentenceEnd.time: numbers that rise, the first within a minute",
    level=MUST,
    source=_CONTENT("payload.time"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def times_rise(cloud: Cloud) -> None:
    times = [c.payload.get("time") for c in (await sentences(cloud, 3)).named(SENTENCE_END)]
    for time in times:
        cloud.check.that(type(time) is int, "a whole number of milliseconds", time, facet=TIMING)
    cloud.check.rising([time for time in times if time is not None], "times", facet=TIMING)
    since = 100 < int(times[0] or 0) < 60_000
    cloud.check.that(since, "milliseconds from the beginning", times[0], facet=TIMING)


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
    level=MUST,
    source=STREAM_PUSH("SentenceEnd, stash_result"),
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
    "stash_result is about the sentence behind",
    sends="CreateRtcAsrTask, and the ends of two sentences",
    expects="stash_result.index is index + 1; it begins no earlier than the sentence",
    level=SHOULD,
    source=STREAM_PUSH("SentenceEnd, stash_result, example"),
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


# ReportInterval


@case(
    "LV-CALLBACK-031",
    "with a ReportInterval of -1 there are whole sentences alone",
    sends="CreateRtcAsrTask with ReportInterval=-1, and two sentences",
    expects="no TranscriptionResultChanged",
    level=MUST,
    source=_INTERVAL("-1"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def sentences_alone(cloud: Cloud) -> None:
    names = [caption.name for caption in (await sentences(cloud, 2)).so_far]
    cloud.check.that(RESULT_CHANGED not in names, "no interim result", names, facet=EVENTS)


@case(
    "LV-CALLBACK-032",
    "with a ReportInterval of -1 a SentenceBegin is not told either",
    sends="CreateRtcAsrTask with ReportInterval=-1, two sentences",
    expects="SentenceEnds and nothing else",
    level=INFO,
    source=ASSUMED("SentenceBegin with ReportInterval -1"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def ends_alone(cloud: Cloud) -> None:
    names = {caption.name for caption in (await sentences(cloud, 2)).so_far}
    cloud.check.equal(names, {SENTENCE_END}, "the events", facet=EVENTS)


@case(
    "LV-CALLBACK-033",
    "with a ReportInterval of 0 interim results come as they occur",
    sends="CreateRtcAsrTask with ReportInterval=0, and a sentence of speech",
    expects="several TranscriptionResultChanged before SentenceEnd",
    level=MUST,
    source=_INTERVAL("0"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def interim_results(cloud: Cloud) -> None:
    captions = await sentences(cloud, ReportInterval="0")
    count = len(captions.named(RESULT_CHANGED))
    cloud.check.that(count > 1, "several interim results", count, facet=EVENTS)


@case(
    "LV-CALLBACK-034",
    "without a ReportInterval interim results come, too",
    sends="CreateRtcAsrTask without ReportInterval, and a sentence",
    expects="TranscriptionResultChanged before SentenceEnd",
    level=MUST,
    source=_INTERVAL("absent"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def interim_results_by_default(cloud: Cloud) -> None:
    captions = await sentences(cloud, ReportInterval=None)
    count = len(captions.named(RESULT_CHANGED))
    cloud.check.that(count > 1, "several interim results", count, facet=EVENTS)


@case(
    "LV-CALLBACK-035",
    "with a ReportInterval of 500 interim results keep that distance",
    sends="CreateRtcAsrTask with ReportInterval=500, and a sentence",
    expects="TranscriptionResultChanged with callback_time_stamps 500 ms apart",
    level=MUST,
    source=_INTERVAL("1 to 500"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def interval_is_kept(cloud: Cloud) -> None:
    captions = await cloud.live.caption(ReportInterval="500")
    await captions.hear(2)
    stamps = [c.body["callback_time_stamp"] for c in captions.named(RESULT_CHANGED)]
    cloud.check.that(len(stamps) > 1, "several interim results", len(stamps), facet=EVENTS)
    apart = [later - stamp for stamp, later in pairwise(stamps)]
    # A live engine is not exact to the millisecond.
    cloud.check.that(min(apart) >= 400, "500 ms between them", apart, facet=TIMING)


# Translation


@case(
    "LV-CALLBACK-036",
    "a sentence is translated behind its end",
    sends="CreateRtcAsrTask with TranslateEnabled=true, TargetLanguages=en, and a sentence",
    expects="ResultTranslated behind SentenceEnd, its source_message_id that one's message_id",
    level=MUST,
    source=STREAM_PUSH("ResultTranslated"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def translated_behind(cloud: Cloud) -> None:
    captions = (await _translated(cloud)).so_far
    at = next(i for i, caption in enumerate(captions) if caption.name == RESULT_TRANSLATED)
    ends = [c.header["message_id"] for c in captions[:at] if c.name == SENTENCE_END]
    source = captions[at].header.get("source_message_id")
    cloud.check.that(source in ends, "the message_id of a SentenceEnd before", facet=EVENTS)


@case(
    "LV-CALLBACK-037",
    "a translation says from which language into which",
    sends="CreateRtcAsrTask Language=cn with TargetLanguages=ja, and a sentence",
    expects="source_lang cn, target_lang ja",
    level=MUST,
    source=_TRANSLATION,
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def translation_languages(cloud: Cloud) -> None:
    payload = (await _translated(cloud, "ja")).named(RESULT_TRANSLATED)[0].payload
    cloud.check.equal(payload.get("source_lang"), "cn", "source_lang")
    cloud.check.equal(payload.get("target_lang"), "ja", "target_lang")


@case(
    "LV-CALLBACK-038",
    "a translation has text, and the index of its sentence",
    sends="CreateRtcAsrTask with TargetLanguages=en, and the translation of a sentence",
    expects="translate_result [{text, index}], index that of the SentenceEnd",
    level=MUST,
    source=STREAM_PUSH("ResultTranslated, translate_result"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def translation_of_a_sentence(cloud: Cloud) -> None:
    captions = await _translated(cloud)
    items = captions.named(RESULT_TRANSLATED)[0].payload.get("translate_result")
    cloud.check.that(bool(items), "translate_result", items)
    assert items
    cloud.check.has(items[0], "text", "index", what="translate_result[0]")
    cloud.check.matches(items[0]["text"], r"(?s)\S.*", "text")
    ended = captions.named(SENTENCE_END)[0].payload
    cloud.check.equal(items[0]["index"], ended["index"], "index")
    cloud.check.that(items[0]["text"] != ended["result"], "another text than the sentence's")


@case(
    "LV-CALLBACK-039",
    "without TranslateEnabled nothing is translated",
    sends="CreateRtcAsrTask with TargetLanguages=en alone, and two sentences",
    expects="no ResultTranslated",
    level=MUST,
    source=_TRANSLATION,
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def not_translated(cloud: Cloud) -> None:
    captions = await sentences(cloud, 2, TargetLanguages="en")
    names = [caption.name for caption in captions.so_far]
    cloud.check.that(RESULT_TRANSLATED not in names, "no translation", names, facet=EVENTS)


@case(
    "LV-CALLBACK-040",
    "TranslateEnabled=false translates nothing",
    sends="CreateRtcAsrTask with TranslateEnabled=False, TargetLanguages=en, and two sentences",
    expects="no ResultTranslated at all",
    level=MUST,
    source=_TRANSLATION,
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def translation_is_off(cloud: Cloud) -> None:
    captions = await sentences(cloud, 2, TranslateEnabled="False", TargetLanguages="en")
    names = [caption.name for caption in captions.so_far]
    cloud.check.that(RESULT_TRANSLATED not in names, "no translation", names, facet=EVENTS)
