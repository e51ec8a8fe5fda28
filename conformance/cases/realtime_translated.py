"""ResultTranslated of the realtime WebSocket."""

from __future__ import annotations

from typing import Any

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import ASSUMED, REALTIME, STREAM_PUSH
from mock_tingwu.conformance.streams import Event, MeetingSession

from .realtime_heard import RESULTS, TRANSLATED, heard, integers, some, strings
from .realtime_sentence import monologue

OPERATIONS = ("ResultTranslated",)
SENDS = "a meeting with TranslationEnabled and TargetLanguages en; speech"
#: Interim results, and their translations.
ALL_LEVELS: dict[str, Any] = {
    "Transcription": {"OutputLevel": 2},
    "TranslationEnabled": True,
    "Translation": {"TargetLanguages": ["en"], "OutputLevel": 2},
}


def source_of(cloud: Cloud, session: MeetingSession, translated: Event) -> Event:
    """The event that a translation names in its header."""
    wanted = translated.header.get("source_message_id")
    found = [event for event in session.events if event.header.get("message_id") == wanted]
    cloud.check.equal(len(found), 1, "the number of events with source_message_id", facet=EVENTS)
    return found[0]


@case(
    "RT-EVENT-033",
    "a translation names the recognition event that it translates",
    sends=SENDS,
    expects="source_message_id is the message_id of one that came before",
    level=MUST,
    source=STREAM_PUSH("ResultTranslated, header.source_message_id"),
    operations=OPERATIONS,
)
async def names_its_source(cloud: Cloud) -> None:
    session = await heard(cloud, TRANSLATED)
    for event in some(cloud, session, "ResultTranslated"):
        source = source_of(cloud, session, event)
        cloud.check.one_of(source.name, RESULTS, "the event translated", facet=EVENTS)
        came_before = session.events.index(source) < session.events.index(event)
        cloud.check.that(came_before, "the translation to come later", facet=EVENTS)


@case(
    "RT-EVENT-034",
    "only translations have source_message_id",
    sends=SENDS,
    expects="no such field in the header of any other event",
    level=MUST,
    source=STREAM_PUSH("ResultTranslated, header.source_message_id"),
    operations=("SentenceBegin", "SentenceEnd"),
)
async def only_translations_have_a_source(cloud: Cloud) -> None:
    for event in (await heard(cloud, TRANSLATED)).events:
        if event.name != "ResultTranslated":
            what = f"the header of {event.name}"
            cloud.check.lacks(event.header, "source_message_id", what=what)


@case(
    "RT-EVENT-035",
    "ResultTranslated has speaker_id, source_lang, target_lang and translate_result",
    sends=SENDS,
    expects="three strings and an array that is not empty",
    level=MUST,
    source=STREAM_PUSH("ResultTranslated"),
    operations=OPERATIONS,
)
async def translated_has_its_fields(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud, TRANSLATED), "ResultTranslated"):
        names = ("speaker_id", "source_lang", "target_lang")
        strings(cloud, event.payload, *names, what=event.name)
        results = event.payload.get("translate_result")
        is_filled = isinstance(results, list) and bool(results)
        cloud.check.that(is_filled, "an item in translate_result", results, facet=EVENTS)


@case(
    "RT-EVENT-036",
    "source_lang is what is spoken and target_lang what was asked for",
    sends=SENDS,
    expects="cn and en",
    level=MUST,
    source=STREAM_PUSH("ResultTranslated"),
    operations=OPERATIONS,
)
async def languages(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud, TRANSLATED), "ResultTranslated"):
        got = (event.payload.get("source_lang"), event.payload.get("target_lang"))
        cloud.check.equal(got, ("cn", "en"), "source_lang and target_lang", facet=EVENTS)


@case(
    "RT-EVENT-037",
    "an item of translate_result has text and index",
    sends=SENDS,
    expects="a text, and the index of the sentence that is translated",
    level=MUST,
    source=STREAM_PUSH("ResultTranslated.translate_result"),
    operations=OPERATIONS,
)
async def items_have_text_and_index(cloud: Cloud) -> None:
    session = await heard(cloud, TRANSLATED)
    for event in some(cloud, session, "ResultTranslated"):
        items = event.payload.get("translate_result") or [{}]
        for item in items:
            strings(cloud, item, "text", what="an item")
            integers(cloud, item, "index", what="an item")
        expected = source_of(cloud, session, event).payload.get("index")
        cloud.check.equal(items[0]["index"], expected, "index of the first item", facet=EVENTS)


@case(
    "RT-EVENT-038",
    "the translation of a whole sentence has beginTime and endTime",
    sends=SENDS,
    expects="integers, the first not after the second",
    level=MUST,
    source=STREAM_PUSH("ResultTranslated.translate_result"),
    operations=OPERATIONS,
)
async def final_items_have_times(cloud: Cloud) -> None:
    for event in some(cloud, await heard(cloud, TRANSLATED), "ResultTranslated"):
        item = event.payload["translate_result"][0]
        integers(cloud, item, "beginTime", "endTime", what="an item")
        times = [item["beginTime"], item["endTime"]]
        cloud.check.equal(times, sorted(times), "beginTime and endTime", facet=EVENTS)


@case(
    "RT-EVENT-039",
    "beginTime and endTime are those of the sentence",
    sends=SENDS,
    expects="begin_time and time of its SentenceEnd",
    level=INFO,
    source=ASSUMED("the page does not say whose times they are"),
    operations=OPERATIONS,
)
async def times_of_the_sentence(cloud: Cloud) -> None:
    session = await heard(cloud, TRANSLATED)
    for event in some(cloud, session, "ResultTranslated"):
        item = event.payload["translate_result"][0]
        sentence = source_of(cloud, session, event).payload
        got = (item.get("beginTime"), item.get("endTime"))
        expected = (sentence.get("begin_time"), sentence.get("time"))
        cloud.check.equal(got, expected, "beginTime and endTime", facet=EVENTS)


@case(
    "RT-EVENT-040",
    "the translation of what stash_result has is partial and without times",
    sends="a meeting with TranslationEnabled; speech without a pause, 12 s",
    expects="partial true in items beyond the first, and neither beginTime nor endTime in them",
    level=MUST,
    source=STREAM_PUSH("ResultTranslated.translate_result"),
    operations=OPERATIONS,
)
async def partial_items(cloud: Cloud) -> None:
    _, session = await cloud.meeting(TRANSLATED)
    async with session:
        await session.hear(monologue(cloud))
    for event in some(cloud, session, "ResultTranslated"):
        for item in event.payload["translate_result"][1:]:
            cloud.check.equal(item.get("partial"), True, "partial", facet=EVENTS)
            cloud.check.lacks(item, "beginTime", "endTime", what="a partial item")


@case(
    "RT-EVENT-041",
    "translations of interim results have no times",
    sends="a meeting with Translation.OutputLevel 2; speech",
    expects="neither beginTime nor endTime in what translates a TranscriptionResultChanged",
    level=SHOULD,
    source=STREAM_PUSH("ResultTranslated.translate_result: times of whole sentences only"),
    operations=OPERATIONS,
)
async def interim_items_have_no_times(cloud: Cloud) -> None:
    session = await heard(cloud, ALL_LEVELS)
    found = 0
    for event in some(cloud, session, "ResultTranslated"):
        if source_of(cloud, session, event).name == "TranscriptionResultChanged":
            found += 1
            for item in event.payload["translate_result"]:
                cloud.check.lacks(item, "beginTime", "endTime", what="an item")
    cloud.check.that(found > 0, "a translation of an interim result", facet=EVENTS)


@case(
    "RT-EVENT-042",
    "Translation.OutputLevel 1 translates whole sentences only",
    sends="a meeting with Transcription.OutputLevel 2 and a translation of the usual level; speech",
    expects="no ResultTranslated about a TranscriptionResultChanged",
    level=MUST,
    source=REALTIME("Translation.OutputLevel"),
    operations=OPERATIONS,
)
async def level_1_is_final(cloud: Cloud) -> None:
    session = await heard(cloud, TRANSLATED | {"Transcription": {"OutputLevel": 2}})
    for event in some(cloud, session, "ResultTranslated"):
        name = source_of(cloud, session, event).name
        cloud.check.equal(name, "SentenceEnd", "the event translated", facet=EVENTS)


@case(
    "RT-EVENT-043",
    "Translation.OutputLevel 2 translates interim results as well",
    sends="a meeting with OutputLevel 2 of both; speech",
    expects="ResultTranslated about TranscriptionResultChanged and about SentenceEnd",
    level=MUST,
    source=REALTIME("Translation.OutputLevel"),
    operations=OPERATIONS,
)
async def level_2_is_interim(cloud: Cloud) -> None:
    session = await heard(cloud, ALL_LEVELS)
    names = {source_of(cloud, session, e).name for e in session.named("ResultTranslated")}
    expected = {"TranscriptionResultChanged", "SentenceEnd"}
    cloud.check.equal(names, expected, "the events translated", facet=EVENTS)


@case(
    "RT-EVENT-044",
    "every sentence is translated",
    sends=SENDS,
    expects="a ResultTranslated for each SentenceEnd",
    level=MUST,
    source=REALTIME("Translation.OutputLevel"),
    operations=OPERATIONS,
)
async def every_sentence(cloud: Cloud) -> None:
    session = await heard(cloud, TRANSLATED)
    sentences = {e.header.get("message_id") for e in some(cloud, session, "SentenceEnd")}
    sources = {e.header.get("source_message_id") for e in session.named("ResultTranslated")}
    cloud.check.equal(sources, sentences, "the events translated", facet=EVENTS)


@case(
    "RT-EVENT-045",
    "nothing is translated for those who did not ask",
    sends="a meeting without TranslationEnabled; speech",
    expects="no ResultTranslated",
    level=MUST,
    source=REALTIME("TranslationEnabled"),
    operations=("SentenceEnd",),
)
async def not_asked(cloud: Cloud) -> None:
    session = await heard(cloud)
    some(cloud, session, "SentenceEnd")
    count = len(session.named("ResultTranslated"))
    cloud.check.equal(count, 0, "the number of translations", facet=EVENTS)


@case(
    "RT-EVENT-046",
    "each language has a ResultTranslated of its own",
    sends="a meeting with TargetLanguages en and ja; speech",
    expects="for each SentenceEnd one about en and one about ja",
    level=INFO,
    source=ASSUMED("target_lang is one language; the page shows a meeting with one"),
    operations=OPERATIONS,
)
async def one_message_per_language(cloud: Cloud) -> None:
    both = {"TranslationEnabled": True, "Translation": {"TargetLanguages": ["en", "ja"]}}
    session = await heard(cloud, both)
    for sentence in some(cloud, session, "SentenceEnd"):
        languages = sorted(
            str(event.payload.get("target_lang"))
            for event in session.named("ResultTranslated")
            if event.header.get("source_message_id") == sentence.header.get("message_id")
        )
        cloud.check.equal(languages, ["en", "ja"], "target_lang", facet=EVENTS)
