"""Which captions are posted: by ReportInterval, and translated or not."""

from __future__ import annotations

from itertools import pairwise

from mock_tingwu.conformance import INFO, MUST, Cloud, case
from mock_tingwu.conformance.captions import (
    RESULT_CHANGED,
    RESULT_TRANSLATED,
    SENTENCE_END,
    Captions,
)
from mock_tingwu.conformance.checks import EVENTS, TIMING
from mock_tingwu.conformance.sources import ASSUMED, LIVE_CREATE

from ._live_tasks import CALLBACK, LISTENS, SPEECH_S
from .live_callback import sentences

_INTERVAL = LIVE_CREATE("ReportInterval")
_TRANSLATION = LIVE_CREATE("TranslateEnabled, TargetLanguages")
_ENGINES = ASSUMED("whether callbacks have the engine's ResultTranslated")


async def _translated(cloud: Cloud, language: str = "en") -> Captions:
    captions = await cloud.live.caption(
        ReportInterval="-1", TranslateEnabled="true", TargetLanguages=language
    )
    await captions.hear(1, RESULT_TRANSLATED)
    return captions


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
    "a translation names the SentenceEnd that it is of",
    sends="CreateRtcAsrTask with TranslateEnabled=true, TargetLanguages=en, and a sentence",
    expects="source_message_id of ResultTranslated is the message_id of a SentenceEnd",
    level=INFO,
    source=_ENGINES,
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def translation_has_a_source(cloud: Cloud) -> None:
    captions = await _translated(cloud)
    ends = [caption.header["message_id"] for caption in captions.named(SENTENCE_END)]
    source = captions.named(RESULT_TRANSLATED)[0].header.get("source_message_id")
    cloud.check.that(source in ends, "the message_id of a SentenceEnd", source)


@case(
    "LV-CALLBACK-037",
    "a translation says from which language into which",
    sends="CreateRtcAsrTask Language=cn with TargetLanguages=ja, and a sentence",
    expects="source_lang cn, target_lang ja",
    level=INFO,
    source=_ENGINES,
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
    level=INFO,
    source=_ENGINES,
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
    level=INFO,
    source=ASSUMED("TranslateEnabled when it is not given"),
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


@case(
    "LV-CALLBACK-041",
    "a sentence is translated after its end",
    sends="CreateRtcAsrTask with TranslateEnabled=true and TargetLanguages=en, one sentence",
    expects="SentenceEnd comes before ResultTranslated",
    level=INFO,
    source=ASSUMED("whether the order of the engine's events holds for callbacks"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def translated_behind(cloud: Cloud) -> None:
    names = [caption.name for caption in (await _translated(cloud)).so_far]
    before = names[: names.index(RESULT_TRANSLATED)]
    cloud.check.that(SENTENCE_END in before, "a SentenceEnd before it", names, facet=EVENTS)
