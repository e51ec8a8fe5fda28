"""The files of translations, polished texts, slides, prompts, inspections and roles."""

from __future__ import annotations

from typing import Any, Final

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, audio, case
from mock_tingwu.conformance.sources import (
    AI_MEETING,
    ASSUMED,
    IDENTITY,
    OFFLINE,
    PROMPT,
    READERS,
)
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

from .tingwu_asking import DIARIZED, EVERYTHING, made, video

OUTSIDE = (Need.OUTSIDE,)
TRANSLATED: Final = {"TranslationEnabled": True, "Translation": {"TargetLanguages": ["en"]}}
#: What the texts of all kinds of result are called.
TEXTS: Final = frozenset(
    {
        "Text",
        "Headline",
        "Summary",
        "ParagraphTitle",
        "ParagraphSummary",
        "Question",
        "Answer",
        "FormalParagraphText",
        "Identity",
    }
)


def only(*names: str) -> dict[str, Any]:
    """Those of `EVERYTHING` whose names begin so."""
    return DIARIZED | {k: v for k, v in EVERYTHING.items() if k.startswith(names)}


@case(
    "TW-RESULT-042",
    "a translation has the paragraphs and sentences of the transcript",
    sends="a recording with a translation into en, and GET of it",
    expects="each ParagraphId and SentenceId is one of the Transcription, with its times",
    level=INFO,
    source=ASSUMED("the form of the file, beyond that of DashScope"),
    operations=("Translation file",),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def translation_refers(cloud: Cloud) -> None:
    found, transcript = await made(cloud, "Translation", TRANSLATED)
    cloud.check.has(found, "Paragraphs", what="Translation")
    for paragraph in found["Paragraphs"]:
        ids = transcript.paragraphs.get(paragraph["ParagraphId"])
        told = [one["SentenceId"] for one in paragraph["Sentences"]]
        cloud.check.equal(told, ids, "the sentences of a paragraph")
        for one in paragraph["Sentences"]:
            sentence = transcript.sentences[one["SentenceId"]]
            times = (one["Start"], one["End"])
            cloud.check.equal(times, (sentence.begin, sentence.end), "the times of a sentence")


@case(
    "TW-RESULT-043",
    "a translation is in the language that was asked for",
    sends="a Chinese recording with a translation into en, and GET of it",
    expects="sentences without Chinese characters",
    level=INFO,
    source=ASSUMED("the form of the file, beyond that of DashScope"),
    operations=("Translation file",),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def translation_is_english(cloud: Cloud) -> None:
    found, _ = await made(cloud, "Translation", TRANSLATED)
    texts = [one["Text"] for part in found["Paragraphs"] for one in part["Sentences"]]
    chinese = [text for text in texts if any("\u4e00" <= c <= "\u9fff" for c in text)]
    cloud.check.equal(chinese, [], "sentences in Chinese")


@case(
    "TW-RESULT-044",
    "a polished paragraph is one of the transcript, with its sentences",
    sends="a recording with TextPolishEnabled, and GET of its TextPolish",
    expects="each ParagraphId is one of the Transcription, SentenceIds are of that paragraph",
    level=SHOULD,
    source=READERS("TextPolish"),
    operations=("TextPolish file",),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def polished_refers(cloud: Cloud) -> None:
    found, transcript = await made(cloud, "TextPolish", {"TextPolishEnabled": True})
    cloud.check.that(isinstance(found, list), "a list", found)
    for one in found:
        known = set(transcript.paragraphs.get(one["ParagraphId"], []))
        cloud.check.that(bool(known), "a ParagraphId of the transcript", one["ParagraphId"])
        cloud.check.that(set(one["SentenceIds"]) <= known, "SentenceIds of it", one["SentenceIds"])


@case(
    "TW-RESULT-045",
    "a polished paragraph has the times of its sentences",
    sends="a recording with TextPolishEnabled, and GET of its TextPolish",
    expects="Start of the first sentence, End of the last",
    level=INFO,
    source=ASSUMED("what the times of a polished paragraph are"),
    operations=("TextPolish file",),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def polished_times(cloud: Cloud) -> None:
    found, transcript = await made(cloud, "TextPolish", {"TextPolishEnabled": True})
    cloud.check.that(isinstance(found, list), "a list", found)
    for one in found:
        cloud.check.equal(transcript.unknown(one["SentenceIds"]), [], "SentenceIds of nothing")
        sentences = [transcript.sentences[number] for number in one["SentenceIds"]]
        times = (sentences[0].begin, sentences[-1].end)
        cloud.check.equal((one["Start"], one["End"]), times, "the times of a paragraph")


@case(
    "TW-RESULT-046",
    "every prompt is answered under its name",
    sends="a recording with two prompts, and GET of its CustomPrompt",
    expects="two answers with Name and Result",
    level=SHOULD,
    source=READERS("CustomPrompt"),
    operations=("CustomPrompt file",),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def prompts(cloud: Cloud) -> None:
    asked = [
        {"Name": "summary", "Prompt": "总结：\n{Transcription}"},
        {"Name": "risks", "Prompt": "列出风险：\n{Transcription}", "TransType": "chat"},
    ]
    parameters = {"CustomPromptEnabled": True, "CustomPrompt": {"Contents": asked}}
    found, _ = await made(cloud, "CustomPrompt", parameters)
    names = sorted(str(one.get("Name")) for one in found)
    cloud.check.equal(names, ["risks", "summary"], "the names of the answers")
    for one in found:
        cloud.check.that(isinstance(one.get("Result"), str), "a Result", one)


@case(
    "TW-RESULT-047",
    "the answer to a prompt tells whether the transcript was cut",
    sends="a recording with a prompt, and GET of its CustomPrompt",
    expects="Truncated false: 40 seconds are no long meeting",
    level=MUST,
    source=PROMPT("Truncated"),
    operations=("CustomPrompt file",),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def truncated(cloud: Cloud) -> None:
    found, _ = await made(cloud, "CustomPrompt", only("CustomPrompt"))
    cloud.check.that(bool(found), "an answer", found)
    cloud.check.equal(found[0].get("Truncated"), False, "Truncated")


# Slides


@case(
    "TW-RESULT-048",
    "the slides of a video come one after the other",
    sends="a video of two slides with PptExtractionEnabled, and GET of its PptExtraction",
    expects="KeyFrameList with Ids 1, 2 and rising times",
    level=INFO,
    source=ASSUMED("the form of the file, beyond that of DashScope"),
    operations=("PptExtraction file",),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def slides(cloud: Cloud) -> None:
    data = await video(cloud, {"PptExtractionEnabled": True})
    found = await cloud.tingwu.content(data, "PptExtraction")
    frames = found["KeyFrameList"]
    ids = [frame.get("Id") for frame in frames]
    cloud.check.equal(ids, list(range(1, len(frames) + 1)), "the Ids of slides")
    cloud.check.that(bool(frames), "a slide", found)
    cloud.check.rising([frame["Start"] for frame in frames], "the Starts of slides")


@case(
    "TW-RESULT-049",
    "every slide has a picture behind a signed link",
    sends="a video of two slides with PptExtractionEnabled, and GET of each FileUrl",
    expects="HTTP 200 and a JPEG or PNG; Expires in the link",
    level=INFO,
    source=ASSUMED("the form of the file, beyond that of DashScope"),
    operations=("PptExtraction file",),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def pictures(cloud: Cloud) -> None:
    data = await video(cloud, {"PptExtractionEnabled": True})
    found = await cloud.tingwu.content(data, "PptExtraction")
    cloud.check.has(found, "KeyFrameList", what="PptExtraction")
    for frame in found["KeyFrameList"]:
        cloud.check.matches(frame.get("FileUrl"), r"https?://\S+[?&]Expires=\d+\S*", "FileUrl")
        picture = await cloud.download(frame["FileUrl"])
        cloud.check.equal(picture.status, 200, "HTTP status")
        cloud.check.one_of(picture.content[:3], (b"\xff\xd8\xff", b"\x89PN"), "what it begins with")


@case(
    "TW-RESULT-050",
    "a sound has no slides",
    sends="a WAV file with PptExtractionEnabled",
    expects="no PptExtraction, or an empty KeyFrameList",
    level=MUST,
    source=OFFLINE("PptExtraction: video alone"),
    operations=("PptExtraction file",),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def no_slides_of_a_sound(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(cloud.recording(), {"PptExtractionEnabled": True})
    frames = []
    if "PptExtraction" in data.get("Result", {}):
        found = await cloud.tingwu.content(data, "PptExtraction")
        frames = found["KeyFrameList"]
    cloud.check.equal(frames, [], "slides")


# What was looked for


@case(
    "TW-RESULT-051",
    "every item of an inspection has its verdict",
    sends="a recording with an item to inspect, and GET of its ServiceInspection",
    expects="InspectionResults with the Titles of the request, in its order",
    level=INFO,
    source=ASSUMED("the form of the file"),
    operations=("ServiceInspection file",),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def inspection(cloud: Cloud) -> None:
    found, transcript = await made(cloud, "ServiceInspection", only("ServiceInspection"))
    titles = [one.get("Title") for one in found["InspectionResults"]]
    cloud.check.equal(titles, ["问候"], "the Titles")
    ids = [number for one in found["InspectionResults"] for number in one["SentenceIds"]]
    cloud.check.equal(transcript.unknown(ids), [], "SentenceIds of no sentence")


@case(
    "TW-RESULT-052",
    "every item of an extraction has its text",
    sends="a recording with an item to extract, and GET of its ContentExtraction",
    expects="ExtractionResults with the Titles of the request, in its order",
    level=INFO,
    source=ASSUMED("the form of the file"),
    operations=("ContentExtraction file",),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def extraction(cloud: Cloud) -> None:
    found, transcript = await made(cloud, "ContentExtraction", only("ContentExtraction"))
    titles = [one.get("Title") for one in found["ExtractionResults"]]
    cloud.check.equal(titles, ["时间"], "the Titles")
    ids = [number for one in found["ExtractionResults"] for number in one["SentenceIds"]]
    cloud.check.equal(transcript.unknown(ids), [], "SentenceIds of no sentence")


@case(
    "TW-RESULT-053",
    "roles are given to speakers of the transcript, to each one role",
    sends="a recording with diarization and two roles, and GET of its IdentityRecognition",
    expects="each SpeakerId is one of the Transcription, and there once",
    level=SHOULD,
    source=READERS("IdentityRecognition"),
    operations=("IdentityRecognition file",),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def roles_of_speakers(cloud: Cloud) -> None:
    found, transcript = await made(cloud, "IdentityRecognition", only("IdentityRecognition"))
    speakers = [one["SpeakerId"] for one in found.get("IdentityResults", [])]
    cloud.check.equal(sorted(set(speakers) - transcript.speakers), [], "SpeakerIds of nobody")
    cloud.check.equal(len(set(speakers)), len(speakers), "the number of speakers")


@case(
    "TW-RESULT-054",
    "roles are those that the request names",
    sends="a recording with diarization and two roles, and GET of its IdentityRecognition",
    expects="each Identity is one of IdentityContents",
    level=SHOULD,
    source=IDENTITY("result"),
    operations=("IdentityRecognition file",),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def roles_of_the_request(cloud: Cloud) -> None:
    found, _ = await made(cloud, "IdentityRecognition", only("IdentityRecognition"))
    cloud.check.has(found, "IdentityResults", what="IdentityRecognition")
    for one in found["IdentityResults"]:
        cloud.check.one_of(one["Identity"], ("产品经理", "测试工程师", ""), "Identity")


# All of them


@case(
    "TW-RESULT-055",
    "every result file has its TaskId and its result, and nothing else",
    sends="a recording with all that a sound can have, and GET of each file",
    expects="TaskId and the kind as the only keys",
    level=SHOULD,
    source=OFFLINE("results"),
    operations=("Transcription file", "Summarization file", "CustomPrompt file"),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def files_name_their_task(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(cloud.recording(audio.meeting()), EVERYTHING)
    cloud.check.has(data, "Result", what="Data")
    for kind, link in data["Result"].items():
        file = (await cloud.download(link)).json
        cloud.check.equal(sorted(file), sorted(["TaskId", kind]), f"the keys of the {kind} file")
        cloud.check.equal(file.get("TaskId"), data["TaskId"], f"TaskId of {kind}")


@case(
    "TW-RESULT-056",
    "no result of a recording without speech has text",
    sends="13 s of a pure tone with all that a sound can have, and GET of each file",
    expects="texts that are empty or absent",
    level=SHOULD,
    source=AI_MEETING("13 s of a tone"),
    operations=("Transcription file", "Summarization file", "AutoChapters file"),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def silence_has_no_text(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(cloud.recording(audio.tone(13)), EVERYTHING)
    cloud.check.has(data, "Result", what="Data")
    for kind in data["Result"]:
        texts = [text for text in _texts(await cloud.tingwu.content(data, kind)) if text.strip()]
        cloud.check.equal(texts, [], f"texts of {kind}")


def _texts(value: Any) -> list[str]:
    """What stands below `TEXTS`, however deep."""
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    if not isinstance(value, dict):
        return []
    own = [text for name, text in value.items() if name in TEXTS and isinstance(text, str)]
    return own + [text for item in value.values() for text in _texts(item)]
