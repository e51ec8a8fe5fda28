"""DashScope's result files: translation, chapters, polished text, prompts, slides; their form."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.dashscope import sentences_of, words_of
from mock_tingwu.conformance.sources import ASSUMED, DS_GET
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

TRANSCRIPT = ("transcription file",)
SPOKEN = {"model": "cn", "diarizationEnabled": True}
PLAIN = {"transcription": SPOKEN, "analysis": {"keyInformationEnabled": False}}
ENGLISH = {
    "transcription": SPOKEN | {"translationEnabled": True, "translationTargetLang": ["en"]},
    "analysis": {"keyInformationEnabled": False},
}


def keys_of(value: Any) -> Iterator[list[str]]:
    """The keys of each object inside of ``value``."""
    if isinstance(value, dict):
        yield list(value)
        for item in value.values():
            yield from keys_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys_of(item)


@case(
    "DS-RESULT-009",
    "a translation is one of the sentences of the transcript",
    sends="createTask with text and translationTargetLang ['en']; both files",
    expects="paragraphs and sentences of the transcript with their times",
    level=MUST,
    source=DS_GET("translations"),
    operations=("translations file",),
    time_limit=WITH_RESULTS_S,
)
async def translations_of_sentences(cloud: Cloud) -> None:
    transcript, translated = await cloud.dashscope.files(ENGLISH, "transcription", "translations")
    paragraphs = [part["paragraphId"] for part in transcript["paragraphs"]]
    found = [part["paragraphId"] for part in translated["paragraphs"]]
    cloud.check.equal(found, paragraphs, "paragraphIds")
    sentences = [one for part in translated["paragraphs"] for one in part["sentences"]]
    times = {one["sentenceId"]: (one["start"], one["end"]) for one in sentences}
    cloud.check.equal(times, sentences_of(transcript), "sentences with begin and end")
    cloud.check.that(all(one["text"].strip() for one in sentences), "texts", sentences)


@case(
    "DS-RESULT-010",
    "chapters are a list, numbered from 1, one after the other",
    sends="createTask with text and autoChaptersEnabled; the autoChapters file",
    expects="[{id, start, end, headline, summary}] in the order of time",
    level=MUST,
    source=DS_GET("autoChapters"),
    operations=("autoChapters file",),
    time_limit=WITH_RESULTS_S,
)
async def chapters(cloud: Cloud) -> None:
    parameters = {"transcription": SPOKEN, "analysis": {"autoChaptersEnabled": True}}
    transcript, made = await cloud.dashscope.files(parameters, "transcription", "autoChapters")
    check = cloud.check
    check.that(isinstance(made, list) and len(made) > 0, "a list of chapters", made)
    check.equal([one["id"] for one in made], list(range(1, len(made) + 1)), "ids")
    check.that(all(one["start"] <= one["end"] for one in made), "begins before ends", made)
    apart = all(later["start"] >= one["end"] for one, later in pairwise(made))
    check.that(apart, "chapters that do not overlap", made)
    check.that(all(one["headline"] for one in made), "a headline each", made)
    last = max((word["end"] for word in words_of(transcript)), default=0)
    check.that(made[-1]["end"] <= last, f"an end within the {last} ms of words", made[-1])


@case(
    "DS-RESULT-011",
    "a short title of a chapter is not longer than a long one",
    sends="createTask with autoChapterTitleLengthLevel Short, and with Long",
    expects="headlines that are not longer all together",
    level=INFO,
    source=ASSUMED("how long titles of chapters are"),
    operations=("autoChapters file",),
    time_limit=2 * WITH_RESULTS_S,
)
async def title_lengths(cloud: Cloud) -> None:
    lengths = []
    for level in ("Short", "Long"):
        analysis = {"autoChaptersEnabled": True, "autoChapterTitleLengthLevel": level}
        parameters = {"transcription": SPOKEN, "analysis": analysis}
        (made,) = await cloud.dashscope.files(parameters, "autoChapters")
        lengths.append(sum(len(one["headline"]) for one in made))
    cloud.check.that(lengths[0] <= lengths[1], "Short not to be longer than Long", lengths)


@case(
    "DS-RESULT-012",
    "polished text is a list of paragraphs with their sentences",
    sends="createTask with text and textPolishEnabled; the textPolish file",
    expects="[{formalParagraphText, sentenceIds, paragraphId, start, end}] of the transcript",
    level=MUST,
    source=DS_GET("textPolish"),
    operations=("textPolish file",),
    time_limit=WITH_RESULTS_S,
)
async def polished(cloud: Cloud) -> None:
    parameters = {"transcription": SPOKEN, "analysis": {"textPolishEnabled": True}}
    transcript, made = await cloud.dashscope.files(parameters, "transcription", "textPolish")
    check, known = cloud.check, sentences_of(transcript)
    check.that(isinstance(made, list) and len(made) > 0, "a list of paragraphs", made)
    ids = {part["paragraphId"] for part in transcript["paragraphs"]}
    for one in made:
        check.one_of(one["paragraphId"], ids, "paragraphId")
        strange = [number for number in one["sentenceIds"] if number not in known]
        check.that(not strange, "sentences of the transcript", strange)
        check.that(one["start"] <= one["end"], "a begin before the end", one)
        check.that(bool(one["formalParagraphText"]), "a text", one)


@case(
    "DS-RESULT-013",
    "a prompt is answered under the name of the task",
    sends="createTask with text and a prompt with {Transcription}; the customPrompt file",
    expects="a list with {name, result, truncated}, name the dataId",
    level=MUST,
    source=DS_GET("customPrompt"),
    operations=("customPrompt file",),
    time_limit=WITH_RESULTS_S,
)
async def prompt(cloud: Cloud) -> None:
    analysis = {"customPromptEnabled": True, "customPromptContent": "谁说了什么？{Transcription}"}
    parameters = {"transcription": SPOKEN, "analysis": analysis}
    data_id, output = await cloud.dashscope.converse(parameters)
    cloud.check.has(output, "customPromptPath", what="output")
    made = await cloud.dashscope.file(output, "customPrompt")
    cloud.check.that(isinstance(made, list) and len(made) == 1, "a list of one answer", made)
    cloud.check.equal(made[0]["name"], data_id, "name")
    cloud.check.that(bool(made[0]["result"]), "a result", made[0])
    cloud.check.equal(made[0]["truncated"], False, "truncated")


@case(
    "DS-RESULT-014",
    "names in the files begin with a small letter",
    sends="createTask with text, a translation and analyses; five kinds of files",
    expects="no name such as Size or ParagraphId, which the tables have and the examples do not",
    level=SHOULD,
    source=DS_GET("examples of all files"),
    operations=(
        "transcription file",
        "translations file",
        "autoChapters file",
        "summarization file",
        "meetingAssistance file",
    ),
    time_limit=WITH_RESULTS_S,
)
async def small_letters(cloud: Cloud) -> None:
    kinds = (
        "transcription",
        "translations",
        "autoChapters",
        "summarization",
        "meetingAssistance",
    )
    analysis = {
        "keyInformationEnabled": True,
        "actionsEnabled": True,
        "fullSummaryEnabled": True,
        "questionsAnsweringEnabled": True,
        "autoChaptersEnabled": True,
    }
    made = await cloud.dashscope.files(ENGLISH | {"analysis": analysis}, *kinds)
    for kind, content in zip(kinds, made, strict=True):
        names = {name for keys in keys_of(content) for name in keys}
        capitals = sorted(name for name in names if not name[:1].islower())
        cloud.check.that(not capitals, f"small letters in the {kind} file", capitals)


@case(
    "DS-RESULT-015",
    "the slides of a video are listed and can be looked at",
    sends="createTask with a video and pptExtractionEnabled; the pptExtraction file",
    expects="keyFrameList [{id, start, end, fileUrl}] in order; the first fileUrl is a picture",
    level=MUST,
    source=DS_GET("pptExtraction"),
    operations=("pptExtraction file",),
    # A mock imagines the video behind this address: the kit has none of its own.
    needs=(Need.SETTINGS,),
)
async def slides(cloud: Cloud) -> None:
    parameters = {"transcription": SPOKEN, "analysis": {"pptExtractionEnabled": True}}
    url = "https://files.example.com/weekly/sync.mp4"
    output = await cloud.dashscope.wait(await cloud.dashscope.transcribe(url, parameters))
    made = await cloud.dashscope.file(output, "pptExtraction")
    check, frames = cloud.check, made["keyFrameList"]
    check.that(isinstance(made["availableForSummary"], bool), "availableForSummary", made)
    check.that(len(frames) > 0, "slides", frames)
    check.equal([one["id"] for one in frames], list(range(1, len(frames) + 1)), "ids")
    check.rising([one["start"] for one in frames], "begins of slides")
    check.that(all(one["start"] <= one["end"] for one in frames), "begins before ends", frames)
    picture = await cloud.download(frames[0]["fileUrl"])
    check.equal(picture.status, 200, "HTTP status of a picture")
    check.matches(picture.headers.get("content-type"), "image/.+", "Content-Type of a picture")
