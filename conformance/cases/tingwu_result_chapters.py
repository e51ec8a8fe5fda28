"""The files of chapters and of key information."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Final

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, audio, case
from mock_tingwu.conformance.sources import (
    ASSUMED,
    CREATE_TASK,
    FEATURES,
    OFFLINE,
    READERS,
)
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

from .tingwu_asking import made

OUTSIDE = (Need.OUTSIDE,)
CHAPTERS = ("AutoChapters file",)
ASSISTANCE = ("MeetingAssistance file",)
CHAPTERS_PAGE = OFFLINE("chapters at a glance")
WITH_CHAPTERS: Final = {"AutoChaptersEnabled": True}
WITH_ASSISTANCE: Final = {"MeetingAssistanceEnabled": True}
HAN: Final = re.compile(r"[\u4e00-\u9fff]")


def assistance(*types: str) -> dict[str, Any]:
    """Parameters that ask for key information of these types."""
    return WITH_ASSISTANCE | {"MeetingAssistance": {"Types": list(types)}}


@case(
    "TW-RESULT-017",
    "chapters are a list, each with Id, Start, End, Headline and Summary",
    sends="a recording with AutoChaptersEnabled, and GET of its AutoChapters",
    expects="chapters with Ids 1, 2 and so on",
    level=MUST,
    source=CHAPTERS_PAGE,
    operations=CHAPTERS,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def chapters(cloud: Cloud) -> None:
    found, _ = await made(cloud, "AutoChapters", WITH_CHAPTERS, times=3)
    cloud.check.that(isinstance(found, list), "a list", found)
    for number, chapter in enumerate(found, 1):
        cloud.check.has(chapter, "Start", "End", "Headline", "Summary", what="a chapter")
        cloud.check.equal(chapter.get("Id"), number, "Id")


@case(
    "TW-RESULT-018",
    "chapters follow each other in time",
    sends="a recording with AutoChaptersEnabled, and GET of its AutoChapters",
    expects="Start < End of each, and no Start before the last End",
    level=SHOULD,
    source=CHAPTERS_PAGE,
    operations=CHAPTERS,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def chapters_in_order(cloud: Cloud) -> None:
    found, _ = await made(cloud, "AutoChapters", WITH_CHAPTERS, times=3)
    for chapter in found:
        cloud.check.that(chapter["Start"] < chapter["End"], "Start before End", chapter)
    for before, after in pairwise(found):
        later = before["End"] <= after["Start"]
        cloud.check.that(later, "a chapter after the last", [before, after])


@case(
    "TW-RESULT-019",
    "a chapter begins and ends with sentences of the transcript",
    sends="a recording with AutoChaptersEnabled, and GET of its AutoChapters",
    expects="Start is that of a sentence, End that of another",
    level=INFO,
    source=ASSUMED("how exactly chapters are cut"),
    operations=CHAPTERS,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def chapters_of_sentences(cloud: Cloud) -> None:
    found, transcript = await made(cloud, "AutoChapters", WITH_CHAPTERS)
    begins = {sentence.begin for sentence in transcript.sentences.values()}
    ends = {sentence.end for sentence in transcript.sentences.values()}
    for chapter in found:
        cloud.check.that(chapter["Start"] in begins, "the Start of a sentence", chapter)
        cloud.check.that(chapter["End"] in ends, "the End of a sentence", chapter)


@case(
    "TW-RESULT-020",
    "there are no chapters in Japanese",
    sends="a recording with SourceLanguage ja and AutoChaptersEnabled",
    expects="no AutoChapters in Result, or an empty one",
    level=MUST,
    source=CHAPTERS_PAGE,
    operations=CHAPTERS,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def no_japanese_chapters(cloud: Cloud) -> None:
    recording = cloud.recording(audio.meeting())
    data = await cloud.tingwu.finished(recording, WITH_CHAPTERS, SourceLanguage="ja")
    found = []
    if "AutoChapters" in data.get("Result", {}):
        found = await cloud.tingwu.content(data, "AutoChapters")
    cloud.check.equal(found, [], "AutoChapters")


@case(
    "TW-RESULT-021",
    "coarse chapters are no more than meticulous ones",
    sends="a recording twice, with ChapterGranularity Meticulous and Coarse",
    expects="no more chapters the second time",
    level=SHOULD,
    source=CHAPTERS_PAGE,
    operations=CHAPTERS,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def granularity(cloud: Cloud) -> None:
    numbers = []
    for name in ("Meticulous", "Coarse"):
        asked = WITH_CHAPTERS | {"AutoChapters": {"ChapterGranularity": name}}
        numbers.append(len((await made(cloud, "AutoChapters", asked, times=3))[0]))
    cloud.check.that(numbers[1] <= numbers[0], "no more chapters at Coarse", numbers)


@case(
    "TW-RESULT-022",
    "short headlines are no longer than long ones",
    sends="a recording twice, with TitleLengthLevel Long and Short",
    expects="the longest headline is no longer the second time",
    level=SHOULD,
    source=CHAPTERS_PAGE,
    operations=CHAPTERS,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def headlines(cloud: Cloud) -> None:
    lengths = []
    for name in ("Long", "Short"):
        asked = WITH_CHAPTERS | {"AutoChapters": {"TitleLengthLevel": name}}
        found, _ = await made(cloud, "AutoChapters", asked)
        lengths.append(max((len(chapter["Headline"]) for chapter in found), default=0))
    cloud.check.that(lengths[1] <= lengths[0], "no longer headlines at Short", lengths)


@case(
    "TW-RESULT-023",
    "chapters can be told in English",
    sends="a Chinese recording with chapters and LlmOutputLanguage en",
    expects="Headline and Summary without Chinese characters",
    level=MUST,
    source=OFFLINE("LlmOutputLanguage"),
    operations=CHAPTERS,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def chapters_in_english(cloud: Cloud) -> None:
    asked = WITH_CHAPTERS | {"LlmOutputLanguage": "en"}
    found, _ = await made(cloud, "AutoChapters", asked)
    cloud.check.that(isinstance(found, list), "a list", found)
    for chapter in found:
        for name in ("Headline", "Summary"):
            cloud.check.that(not HAN.search(chapter[name]), f"a {name} in English", chapter)


# Key information


@case(
    "TW-RESULT-024",
    "without Types there is all of it: key information and actions",
    sends="a recording with MeetingAssistanceEnabled alone",
    expects="Keywords, KeySentences and Actions",
    level=SHOULD,
    source=READERS("MeetingAssistance; its Types are those of the metadata"),
    operations=ASSISTANCE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def all_types(cloud: Cloud) -> None:
    found, _ = await made(cloud, "MeetingAssistance", WITH_ASSISTANCE)
    cloud.check.has(found, "Keywords", "KeySentences", "Actions", what="MeetingAssistance")


@case(
    "TW-RESULT-025",
    "whoever asks for actions alone gets no key information",
    sends="a recording with MeetingAssistance.Types Actions",
    expects="Actions, without Keywords and KeySentences",
    level=SHOULD,
    source=READERS("MeetingAssistance; its Types are those of the metadata"),
    operations=ASSISTANCE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def actions_alone(cloud: Cloud) -> None:
    found, _ = await made(cloud, "MeetingAssistance", assistance("Actions"))
    cloud.check.has(found, "Actions", what="MeetingAssistance")
    cloud.check.lacks(found, "Keywords", "KeySentences", what="MeetingAssistance")


@case(
    "TW-RESULT-026",
    "whoever asks for key information alone gets no actions",
    sends="a recording with MeetingAssistance.Types KeyInformation",
    expects="Keywords and KeySentences, without Actions",
    level=SHOULD,
    source=READERS("MeetingAssistance; its Types are those of the metadata"),
    operations=ASSISTANCE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def key_information_alone(cloud: Cloud) -> None:
    found, _ = await made(cloud, "MeetingAssistance", assistance("KeyInformation"))
    cloud.check.has(found, "Keywords", "KeySentences", what="MeetingAssistance")
    cloud.check.lacks(found, "Actions", what="MeetingAssistance")


@case(
    "TW-RESULT-027",
    "there are six actions at most, of 5 to 30 characters",
    sends="a recording with MeetingAssistance.Types Actions",
    expects="at most six Actions, each Text of 5 to 30 characters",
    level=MUST,
    source=FEATURES("actions"),
    operations=ASSISTANCE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def six_actions(cloud: Cloud) -> None:
    found, _ = await made(cloud, "MeetingAssistance", assistance("Actions"), times=3)
    actions = found.get("Actions", [])
    cloud.check.that(len(actions) <= 6, "six actions at most", len(actions))
    for action in actions:
        cloud.check.that(5 <= len(action["Text"]) <= 30, "5 to 30 characters", action)


@case(
    "TW-RESULT-028",
    "there are 20 keywords at most",
    sends="a recording with MeetingAssistance.Types KeyInformation",
    expects="at most 20 Keywords",
    level=MUST,
    source=FEATURES("keywords"),
    operations=ASSISTANCE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def twenty_keywords(cloud: Cloud) -> None:
    found, _ = await made(cloud, "MeetingAssistance", assistance("KeyInformation"))
    keywords = found["Keywords"]
    cloud.check.that(len(keywords) <= 20, "20 keywords at most", len(keywords))


@case(
    "TW-RESULT-029",
    "MaxKeywords is how many keywords there are at most",
    sends="a recording with key information and ExtraParams.MaxKeywords 2",
    expects="at most two Keywords",
    level=SHOULD,
    source=CREATE_TASK("Parameters.ExtraParams.MaxKeywords"),
    operations=ASSISTANCE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def max_keywords(cloud: Cloud) -> None:
    asked = assistance("KeyInformation") | {"ExtraParams": {"MaxKeywords": 2}}
    found, _ = await made(cloud, "MeetingAssistance", asked)
    cloud.check.that(len(found["Keywords"]) <= 2, "two keywords at most", found["Keywords"])


@case(
    "TW-RESULT-030",
    "actions and key sentences belong to sentences of the transcript",
    sends="a recording with MeetingAssistanceEnabled",
    expects="each SentenceId is one of the Transcription",
    level=SHOULD,
    source=READERS("MeetingAssistance"),
    operations=ASSISTANCE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def assistance_refers(cloud: Cloud) -> None:
    found, transcript = await made(cloud, "MeetingAssistance", WITH_ASSISTANCE)
    ids = [one["SentenceId"] for part in ("Actions", "KeySentences") for one in found[part]]
    cloud.check.equal(transcript.unknown(ids), [], "SentenceIds of no sentence")


@case(
    "TW-RESULT-031",
    "a key sentence has the words and times of its sentence",
    sends="a recording with MeetingAssistance.Types KeyInformation",
    expects="Text, Start and End as in the Transcription",
    level=INFO,
    source=ASSUMED("how far a key sentence is the sentence that it names"),
    operations=ASSISTANCE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def key_sentences(cloud: Cloud) -> None:
    found, transcript = await made(cloud, "MeetingAssistance", assistance("KeyInformation"))
    cloud.check.that("KeySentences" in found, "KeySentences", found)
    for one in found["KeySentences"]:
        cloud.check.equal(transcript.unknown([one["SentenceId"]]), [], "SentenceIds of nothing")
        sentence = transcript.sentences[one["SentenceId"]]
        told = (one["Text"].strip(), one["Start"], one["End"])
        cloud.check.equal(
            told, (sentence.text.strip(), sentence.begin, sentence.end), "a key sentence"
        )


@case(
    "TW-RESULT-032",
    "a meeting is classified by three shares",
    sends="a recording with MeetingAssistanceEnabled",
    expects="Classifications: Interview, Lecture and Meeting, each from 0 to 1",
    level=SHOULD,
    source=READERS("MeetingAssistance"),
    operations=ASSISTANCE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def classifications(cloud: Cloud) -> None:
    found, _ = await made(cloud, "MeetingAssistance", WITH_ASSISTANCE)
    shares = found.get("Classifications")
    cloud.check.has(shares, "Interview", "Lecture", "Meeting", what="Classifications")
    within = all(0 <= share <= 1 for share in shares.values())
    cloud.check.that(within, "shares from 0 to 1", shares)
