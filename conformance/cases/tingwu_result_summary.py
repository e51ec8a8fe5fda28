"""The file of summaries."""

from __future__ import annotations

from typing import Any

from mock_tingwu.conformance import MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.sources import OFFLINE, READERS, SUMMARIZATION
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

from .tingwu_asking import DIARIZED, made
from .tingwu_result_chapters import HAN

OUTSIDE = (Need.OUTSIDE,)
SUMMARY = ("Summarization file",)


def summaries(*types: str) -> dict[str, Any]:
    """Parameters that ask for summaries of these types."""
    return DIARIZED | {"SummarizationEnabled": True, "Summarization": {"Types": list(types)}}


def of_type(number: int, type: str, *fields: str) -> None:
    """A case: a summary of one type has these fields and no others."""

    @case(
        f"TW-RESULT-{number:03}",
        f"a summary of the type {type} is that and no other",
        sends=f"a recording with Summarization.Types {type}",
        expects=" and ".join(fields) + ", and nothing else",
        level=SHOULD,
        source=READERS(f"Summarization, {type}"),
        operations=SUMMARY,
        needs=OUTSIDE,
        time_limit=WITH_RESULTS_S,
    )
    async def has_its_fields(cloud: Cloud) -> None:
        found, _ = await made(cloud, "Summarization", summaries(type))
        cloud.check.equal(set(found), set(fields), "the fields of Summarization")


of_type(33, "Paragraph", "ParagraphTitle", "ParagraphSummary")
of_type(34, "Conversational", "ConversationalSummary")
of_type(35, "QuestionsAnswering", "QuestionsAnsweringSummary")
of_type(36, "MindMap", "MindMapSummary")


@case(
    "TW-RESULT-037",
    "summaries of speakers are of speakers of the transcript, each once",
    sends="a recording with diarization and Summarization.Types Conversational",
    expects="each SpeakerId is one of the Transcription",
    level=SHOULD,
    source=READERS("Summarization, Conversational"),
    operations=SUMMARY,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def summaries_of_speakers(cloud: Cloud) -> None:
    found, transcript = await made(cloud, "Summarization", summaries("Conversational"))
    speakers = [one["SpeakerId"] for one in found.get("ConversationalSummary", [])]
    unknown = sorted(set(speakers) - transcript.speakers)
    cloud.check.equal(unknown, [], "SpeakerIds of nobody")
    cloud.check.equal(len(set(speakers)), len(speakers), "the number of speakers")


@case(
    "TW-RESULT-038",
    "questions and answers name sentences of the transcript",
    sends="a recording with Summarization.Types QuestionsAnswering",
    expects="each SentenceIdsOfQuestion and SentenceIdsOfAnswer are of the Transcription",
    level=SHOULD,
    source=READERS("Summarization, QuestionsAnswering"),
    operations=SUMMARY,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def questions_refer(cloud: Cloud) -> None:
    found, transcript = await made(cloud, "Summarization", summaries("QuestionsAnswering"))
    ids = [
        number
        for one in found.get("QuestionsAnsweringSummary", [])
        for name in ("SentenceIdsOfQuestion", "SentenceIdsOfAnswer")
        for number in one[name]
    ]
    cloud.check.equal(transcript.unknown(ids), [], "SentenceIds of no sentence")


@case(
    "TW-RESULT-039",
    "a mind map is four levels deep at most",
    sends="a recording with Summarization.Types MindMap",
    expects="trees of Title and Topic with at most four levels",
    level=MUST,
    source=SUMMARIZATION("mind map"),
    operations=SUMMARY,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def mind_map_depth(cloud: Cloud) -> None:
    found, _ = await made(cloud, "Summarization", summaries("MindMap"))
    deepest = _depth(found.get("MindMapSummary", []))
    cloud.check.that(deepest <= 4, "four levels at most", deepest)


@case(
    "TW-RESULT-040",
    "a mind map can be told in English",
    sends="a Chinese recording with Summarization.Types MindMap and LlmOutputLanguage en",
    expects="titles without Chinese characters",
    level=MUST,
    source=OFFLINE("LlmOutputLanguage"),
    operations=SUMMARY,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def mind_map_in_english(cloud: Cloud) -> None:
    asked = summaries("MindMap") | {"LlmOutputLanguage": "en"}
    found, _ = await made(cloud, "Summarization", asked)
    titles = _titles(found.get("MindMapSummary", []))
    chinese = [title for title in titles if HAN.search(title)]
    cloud.check.equal(chinese, [], "titles in Chinese")


@case(
    "TW-RESULT-041",
    "no other summary follows LlmOutputLanguage",
    sends="a Chinese recording with Summarization.Types Paragraph and LlmOutputLanguage en",
    expects="a ParagraphSummary in Chinese",
    level=SHOULD,
    source=OFFLINE("LlmOutputLanguage"),
    operations=SUMMARY,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def summary_in_its_language(cloud: Cloud) -> None:
    asked = summaries("Paragraph") | {"LlmOutputLanguage": "en"}
    text = (await made(cloud, "Summarization", asked))[0].get("ParagraphSummary", "")
    cloud.check.that(not text or bool(HAN.search(text)), "a summary in Chinese", text)


def _depth(trees: list[dict[str, Any]]) -> int:
    return max((1 + _depth(tree.get("Topic", [])) for tree in trees), default=0)


def _titles(trees: list[dict[str, Any]]) -> list[str]:
    below = [title for tree in trees for title in _titles(tree.get("Topic", []))]
    return [tree["Title"] for tree in trees] + below
