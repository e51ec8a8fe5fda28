"""The shapes of Tingwu's result files: one case for each, all fields of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, audio, case
from mock_tingwu.conformance.sources import ASSUMED, OFFLINE, PROMPT, READERS, Source
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

from .tingwu_asking import EVERYTHING, video

OUTSIDE = (Need.OUTSIDE,)
SLIDES: Final = {"PptExtractionEnabled": True}


def file(
    number: int,
    kind: str,
    level: str,
    source: Source,
    fields: str,
    holds: Sequence[str] | None = (),
) -> None:
    """A case: the result file of one kind has its shape.

    ``holds`` are the parts of it that have to be there, and one at least with something in it;
    without any it is a list with something in it, None: one that may be empty as documented.
    """
    asked = {name: value for name, value in EVERYTHING.items() if name.startswith(kind)}

    @case(
        f"TW-SHAPE-{number:03}",
        f"the {kind} file has its shape",
        sends=f"a recording that {kind} is made of; its file",
        expects=f"TaskId and {kind}: {fields}",
        level=level,
        source=source,
        operations=(f"{kind} file",),
        needs=OUTSIDE,
        time_limit=WITH_RESULTS_S,
    )
    async def has_its_shape(cloud: Cloud) -> None:
        parameters = EVERYTHING if kind == "Transcription" else asked
        # Enough words for every kind of result, of which some take 300 characters.
        data = await cloud.tingwu.finished(cloud.recording(audio.meeting() * 2), parameters)
        await _fits(cloud, data, kind, holds)


async def _fits(
    cloud: Cloud, data: Mapping[str, Any], kind: str, holds: Sequence[str] | None
) -> None:
    cloud.check.has(data.get("Result"), kind, what="Result")
    file = await cloud.tingwu.result(data["Result"][kind], kind)
    cloud.check.fits(f"tingwu/results/{kind}", file)
    cloud.check.has(file, kind, what=f"the {kind} file")
    if holds is not None:
        cloud.check.filled(file[kind], *holds, what=kind)


_UNKNOWN_FORM: Final = ASSUMED("the form of the file")

_SUMMARIES: Final = (
    "ParagraphSummary",
    "ConversationalSummary",
    "QuestionsAnsweringSummary",
    "MindMapSummary",
)

file(
    7,
    "Transcription",
    MUST,
    OFFLINE("voice transcription: the result"),
    "Paragraphs of Words",
    ["Paragraphs"],
)
file(
    8,
    "AutoChapters",
    MUST,
    OFFLINE("chapters at a glance"),
    "Id, Start, End, Headline, Summary of each chapter, if there is any",
    None,
)
file(
    9,
    "MeetingAssistance",
    SHOULD,
    READERS("MeetingAssistance"),
    "Keywords, KeySentences, Actions, not all of them empty",
    ["Keywords", "KeySentences", "Actions"],
)
file(
    10,
    "Summarization",
    SHOULD,
    READERS("Summarization"),
    "a summary of each type, not all of them empty",
    _SUMMARIES,
)
file(11, "TextPolish", SHOULD, READERS("TextPolish"), "FormalParagraphText, SentenceIds, ...")
file(12, "CustomPrompt", MUST, PROMPT("the result"), "Name, Result, Truncated")
file(
    13,
    "IdentityRecognition",
    SHOULD,
    READERS("IdentityRecognition"),
    "IdentityResults of speakers",
    ["IdentityResults"],
)
file(14, "Translation", INFO, _UNKNOWN_FORM, "Paragraphs of Sentences", ["Paragraphs"])
file(15, "ServiceInspection", INFO, _UNKNOWN_FORM, "InspectionResults", ["InspectionResults"])
file(16, "ContentExtraction", INFO, _UNKNOWN_FORM, "ExtractionResults", ["ExtractionResults"])


@case(
    "TW-SHAPE-017",
    "the PptExtraction file has its shape",
    sends="a video that PptExtraction is made of; its file",
    expects="TaskId and PptExtraction: AvailableForSummary, KeyFrameList",
    level=INFO,
    source=_UNKNOWN_FORM,
    operations=("PptExtraction file",),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def slides(cloud: Cloud) -> None:
    await _fits(cloud, await video(cloud, SLIDES), "PptExtraction", ["KeyFrameList"])
