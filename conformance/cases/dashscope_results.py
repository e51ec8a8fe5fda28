"""DashScope's result files: the transcript, its translation, chapters and polished text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from mock_tingwu.conformance import INFO, MAY, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.dashscope import CONVERSATION, RESULTS_LIMIT_S
from mock_tingwu.conformance.sources import ASSUMED, DS_GET, DS_OFFLINE

LONG = RESULTS_LIMIT_S + 60.0
TRANSCRIPT = ("Transcription file",)
SPOKEN = {"model": "cn", "diarizationEnabled": True}
PLAIN = {"transcription": SPOKEN, "analysis": {"keyInformationEnabled": False}}
ENGLISH = {
    "transcription": SPOKEN | {"translationEnabled": True, "translationTargetLang": ["en"]},
    "analysis": {"keyInformationEnabled": False},
}


async def files(cloud: Cloud, parameters: Mapping[str, Any], *kinds: str) -> list[Any]:
    """The result files of these kinds of a conversation."""
    _, output = await cloud.dashscope.converse(parameters)
    cloud.check.has(output, *(f"{kind}Path" for kind in kinds), what="output")
    return [await cloud.dashscope.file(output, kind) for kind in kinds]


def words_of(transcription: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All words of a transcript in their order."""
    return [word for paragraph in transcription["paragraphs"] for word in paragraph["words"]]


def spans(transcription: Mapping[str, Any]) -> dict[int, tuple[int, int]]:
    """Begin and end of each sentence by its id."""
    found: dict[int, tuple[int, int]] = {}
    for word in words_of(transcription):
        begin, _ = found.get(word["sentenceId"], (word["start"], 0))
        found[word["sentenceId"]] = begin, word["end"]
    return found


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
    "DS-RESULT-001",
    "a transcript of a text has its words and no others",
    sends="createTask with text; the transcription file",
    expects="the words of all paragraphs together are what the text says",
    level=MUST,
    source=DS_OFFLINE("input.text: skips recognition"),
    operations=TRANSCRIPT,
    time_limit=LONG,
)
async def words_of_text(cloud: Cloud) -> None:
    (made,) = await files(cloud, PLAIN, "transcription")
    said = "".join(str(word["text"]) for word in words_of(made))
    text = "".join(words for _, words in CONVERSATION)
    cloud.check.equal(said.replace(" ", ""), text.replace(" ", ""), "words of the file")


@case(
    "DS-RESULT-002",
    "paragraphs have an id of their own and a speaker",
    sends="createTask with a text of two people; the transcription file",
    expects="a paragraphId in digits, none twice; a speakerId in digits",
    level=MUST,
    source=DS_GET("transcription: paragraphs"),
    operations=TRANSCRIPT,
    time_limit=LONG,
)
async def paragraphs(cloud: Cloud) -> None:
    (made,) = await files(cloud, PLAIN, "transcription")
    ids = [paragraph["paragraphId"] for paragraph in made["paragraphs"]]
    cloud.check.that(len(ids) > 0, "paragraphs", made["paragraphs"])
    cloud.check.equal(len(set(ids)), len(ids), "number of different paragraphIds")
    for paragraph in made["paragraphs"]:
        cloud.check.matches(paragraph["paragraphId"], r"\d+", "paragraphId")
        cloud.check.matches(paragraph["speakerId"], r"\d+", "speakerId")


@case(
    "DS-RESULT-003",
    "speakers are numbered from 1 in the order in which they speak",
    sends="createTask with a text in which two people take turns; the transcription file",
    expects="speakerId 1 and 2 in turn",
    level=INFO,
    source=ASSUMED("how names of a text become speakers"),
    operations=TRANSCRIPT,
    time_limit=LONG,
)
async def speakers_in_turn(cloud: Cloud) -> None:
    (made,) = await files(cloud, PLAIN, "transcription")
    found = [paragraph["speakerId"] for paragraph in made["paragraphs"]]
    turns = [speaker for speaker, last in zip(found, ["", *found], strict=False) if speaker != last]
    cloud.check.equal(turns, ["1", "2"] * (len(CONVERSATION) // 2), "speakers in turn")


@case(
    "DS-RESULT-004",
    "words come in the order of time",
    sends="createTask with text; the transcription file",
    expects="no word ends before it begins, or begins before the one before it",
    level=MUST,
    source=DS_GET("transcription: words"),
    operations=TRANSCRIPT,
    time_limit=LONG,
)
async def words_in_time(cloud: Cloud) -> None:
    (made,) = await files(cloud, PLAIN, "transcription")
    words = words_of(made)
    cloud.check.that(len(words) > 10, "words", len(words))
    backwards = [word for word in words if word["end"] < word["start"]]
    cloud.check.that(not backwards, "no word that ends before it begins", backwards)
    early = [later for word, later in pairwise(words) if later["start"] < word["start"]]
    cloud.check.that(not early, "each word at its place in time", early)


@case(
    "DS-RESULT-005",
    "words are numbered by tens",
    sends="createTask with text; the transcription file",
    expects="word ids 10, 20, 30, ...",
    level=SHOULD,
    source=DS_GET("transcription: its example"),
    operations=TRANSCRIPT,
    time_limit=LONG,
)
async def words_by_tens(cloud: Cloud) -> None:
    (made,) = await files(cloud, PLAIN, "transcription")
    found = [word["id"] for word in words_of(made)]
    cloud.check.equal(found, [10 * (n + 1) for n in range(len(found))], "ids of words")


@case(
    "DS-RESULT-006",
    "sentences are numbered on from one paragraph to the next",
    sends="createTask with text; the transcription file",
    expects="sentenceIds that never go back, and none in two paragraphs",
    level=MUST,
    source=DS_GET("transcription: words[].sentenceId"),
    operations=TRANSCRIPT,
    time_limit=LONG,
)
async def sentences_in_order(cloud: Cloud) -> None:
    (made,) = await files(cloud, PLAIN, "transcription")
    found = [word["sentenceId"] for word in words_of(made)]
    cloud.check.equal(found, sorted(found), "sentenceIds")
    parts = [{word["sentenceId"] for word in part["words"]} for part in made["paragraphs"]]
    cloud.check.equal(len(set().union(*parts)), sum(map(len, parts)), "number of sentences")


@case(
    "DS-RESULT-007",
    "what is known of a recording is told in lower camel case",
    sends="createTask with a WAV file of 8 s and 16 kHz; the transcription file",
    expects="audioInfo with size in bytes, duration in ms, sampleRate and language",
    level=MUST,
    source=DS_GET("transcription: audioInfo, as its example writes it"),
    operations=TRANSCRIPT,
    needs=(Need.OUTSIDE,),
    time_limit=LONG,
)
async def audio_info(cloud: Cloud) -> None:
    seconds = len(cloud.speech) / 32_000
    data_id = await cloud.dashscope.transcribe(cloud.recording(), PLAIN)
    output = await cloud.dashscope.wait(data_id)
    made = await cloud.dashscope.file(output, "transcription")
    info, check = made["audioInfo"], cloud.check
    check.has(info, "size", "duration", "sampleRate", "language", what="audioInfo")
    check.equal(info["size"], len(cloud.speech) + 44, "size")
    check.that(abs(info["duration"] - 1000 * seconds) < 100, "a duration of 8 s", info["duration"])
    check.equal(info["sampleRate"], 16000, "sampleRate")
    check.equal(info["language"], "cn", "language")


@case(
    "DS-RESULT-008",
    "segments say where somebody speaks",
    sends="createTask with a recording; the transcription file",
    expects="audioSegments of [begin, end] in order and within the recording",
    level=MUST,
    source=DS_GET("transcription: audioSegments"),
    operations=TRANSCRIPT,
    needs=(Need.OUTSIDE,),
    time_limit=LONG,
)
async def segments(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.transcribe(cloud.recording(), PLAIN)
    output = await cloud.dashscope.wait(data_id)
    made = await cloud.dashscope.file(output, "transcription")
    found = made["audioSegments"]
    cloud.check.that(len(found) > 0, "segments", found)
    flat = [ms for segment in found for ms in segment]
    cloud.check.equal(flat, sorted(flat), "audioSegments")
    duration = made["audioInfo"]["duration"]
    cloud.check.that(flat[-1] <= duration + 100, f"an end within {duration} ms", flat[-1])
    last = max((word["end"] for word in words_of(made)), default=0)
    cloud.check.that(last <= duration + 100, f"words within {duration} ms", last)


@case(
    "DS-RESULT-009",
    "a translation is one of the sentences of the transcript",
    sends="createTask with text and translationTargetLang ['en']; both files",
    expects="paragraphs and sentences of the transcript with their times",
    level=MUST,
    source=DS_GET("translations"),
    operations=("Translations file",),
    time_limit=LONG,
)
async def translations_of_sentences(cloud: Cloud) -> None:
    transcript, translated = await files(cloud, ENGLISH, "transcription", "translations")
    paragraphs = [part["paragraphId"] for part in transcript["paragraphs"]]
    found = [part["paragraphId"] for part in translated["paragraphs"]]
    cloud.check.equal(found, paragraphs, "paragraphIds")
    sentences = [one for part in translated["paragraphs"] for one in part["sentences"]]
    times = {one["sentenceId"]: (one["start"], one["end"]) for one in sentences}
    cloud.check.equal(times, spans(transcript), "sentences with begin and end")
    cloud.check.that(all(one["text"].strip() for one in sentences), "texts", sentences)


@case(
    "DS-RESULT-010",
    "translated sentences end with a space, as in the document's example",
    sends="createTask with text and translationTargetLang ['en']; the translations file",
    expects="a space at the end of each text",
    level=MAY,
    source=DS_GET("translations: its example"),
    operations=("Translations file",),
    time_limit=LONG,
)
async def space_at_the_end(cloud: Cloud) -> None:
    (translated,) = await files(cloud, ENGLISH, "translations")
    texts = [one["text"] for part in translated["paragraphs"] for one in part["sentences"]]
    without = [text for text in texts if not text.endswith(" ")]
    cloud.check.that(not without, "a space after every sentence", without)


@case(
    "DS-RESULT-011",
    "chapters are a list, numbered from 1, one after the other",
    sends="createTask with text and autoChaptersEnabled; the autoChapters file",
    expects="[{id, start, end, headline, summary}] in the order of time",
    level=MUST,
    source=DS_GET("autoChapters"),
    operations=("AutoChapters file",),
    time_limit=LONG,
)
async def chapters(cloud: Cloud) -> None:
    parameters = {"transcription": SPOKEN, "analysis": {"autoChaptersEnabled": True}}
    transcript, made = await files(cloud, parameters, "transcription", "autoChapters")
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
    "DS-RESULT-012",
    "a short title of a chapter is not longer than a long one",
    sends="createTask with autoChapterTitleLengthLevel Short, and with Long",
    expects="headlines that are not longer all together",
    level=INFO,
    source=ASSUMED("how long titles of chapters are"),
    operations=("AutoChapters file",),
    time_limit=2 * LONG,
)
async def title_lengths(cloud: Cloud) -> None:
    lengths = []
    for level in ("Short", "Long"):
        analysis = {"autoChaptersEnabled": True, "autoChapterTitleLengthLevel": level}
        parameters = {"transcription": SPOKEN, "analysis": analysis}
        (made,) = await files(cloud, parameters, "autoChapters")
        lengths.append(sum(len(one["headline"]) for one in made))
    cloud.check.that(lengths[0] <= lengths[1], "Short not to be longer than Long", lengths)


@case(
    "DS-RESULT-013",
    "polished text is a list of paragraphs with their sentences",
    sends="createTask with text and textPolishEnabled; the textPolish file",
    expects="[{formalParagraphText, sentenceIds, paragraphId, start, end}] of the transcript",
    level=MUST,
    source=DS_GET("textPolish"),
    operations=("TextPolish file",),
    time_limit=LONG,
)
async def polished(cloud: Cloud) -> None:
    parameters = {"transcription": SPOKEN, "analysis": {"textPolishEnabled": True}}
    transcript, made = await files(cloud, parameters, "transcription", "textPolish")
    check, known = cloud.check, spans(transcript)
    check.that(isinstance(made, list) and len(made) > 0, "a list of paragraphs", made)
    ids = {part["paragraphId"] for part in transcript["paragraphs"]}
    for one in made:
        check.one_of(one["paragraphId"], ids, "paragraphId")
        strange = [number for number in one["sentenceIds"] if number not in known]
        check.that(not strange, "sentences of the transcript", strange)
        check.that(one["start"] <= one["end"], "a begin before the end", one)
        check.that(bool(one["formalParagraphText"]), "a text", one)


@case(
    "DS-RESULT-014",
    "a prompt is answered under the name of the task",
    sends="createTask with text and a prompt with {Transcription}; the customPrompt file",
    expects="a list with {name, result, truncated}, name the dataId",
    level=MUST,
    source=DS_GET("customPrompt"),
    operations=("CustomPrompt file",),
    time_limit=LONG,
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
    "DS-RESULT-015",
    "names in the files begin with a small letter",
    sends="createTask with text and every analysis; all files",
    expects="no name such as Size or ParagraphId, which the tables have and the examples do not",
    level=MUST,
    source=DS_GET("examples of all files"),
    operations=(
        "Transcription file",
        "Translations file",
        "AutoChapters file",
        "Summarization file",
        "MeetingAssistance file",
    ),
    time_limit=LONG,
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
    made = await files(cloud, ENGLISH | {"analysis": analysis}, *kinds)
    for kind, content in zip(kinds, made, strict=True):
        names = {name for keys in keys_of(content) for name in keys}
        capitals = sorted(name for name in names if not name[:1].islower())
        cloud.check.that(not capitals, f"small letters in the {kind} file", capitals)


@case(
    "DS-RESULT-016",
    "keys of the files are in the order of the alphabet, as in the document's examples",
    sends="createTask with text; the transcription file",
    expects="the keys of every object sorted",
    level=MAY,
    source=DS_GET("examples of all files"),
    operations=TRANSCRIPT,
    time_limit=LONG,
)
async def sorted_keys(cloud: Cloud) -> None:
    _, output = await cloud.dashscope.converse(PLAIN)
    cloud.check.has(output, "transcriptionPath", what="output")
    answer = await cloud.download(output["transcriptionPath"])
    for keys in keys_of(json.loads(answer.text)):
        cloud.check.equal(keys, sorted(keys), "keys")


@case(
    "DS-RESULT-017",
    "the slides of a video are listed and can be looked at",
    sends="createTask with a video and pptExtractionEnabled; the pptExtraction file",
    expects="keyFrameList [{id, start, end, fileUrl}] in order; GET of each fileUrl is a picture",
    level=MUST,
    source=DS_GET("pptExtraction"),
    operations=("PptExtraction file",),
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
