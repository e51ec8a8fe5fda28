"""What a task was asked to do, and what a second run changes of it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from mock_tingwu.core.options import RESULT_KINDS, SUMMARY_TYPES, Item, Options, Prompt, Scene

FIRST = Options(
    output_level=2,
    diarization=True,
    speaker_count=2,
    auto_chapters=True,
    chapters_language="en",
    summarization=("Paragraph", "MindMap"),
    mind_map_language="en",
    mp3=True,
    phrases=(("a", 1),),
    disfluency=False,
)
#: For every kind of result: options that ask for it alone.
ALONE: dict[str, dict[str, Any]] = {
    "Transcription": {},
    "Translation": {"translation_targets": ("en",)},
    "AutoChapters": {
        "auto_chapters": True,
        "chapter_granularity": "Coarse",
        "title_length": "Short",
        "chapters_language": "cn",
    },
    "MeetingAssistance": {"meeting_assistance": ("Actions",), "max_keywords": 5},
    "Summarization": {
        "summarization": SUMMARY_TYPES,
        "markdown_summary": True,
        "mind_map_language": "cn",
        "mind_map_timestamps": True,
        "split_summary": True,
    },
    "PptExtraction": {"ppt_extraction": True},
    "TextPolish": {"text_polish": True},
    "CustomPrompt": {"custom_prompts": (Prompt("n", "{Transcription}"),)},
    "ServiceInspection": {"inspection": Scene(items=(Item("a"),))},
    "ContentExtraction": {"extraction": Scene(items=(Item("a"),))},
    "IdentityRecognition": {"identities": Scene(items=(Item("a"),))},
    "ServiceInsights": {"insights": Scene(items=(Item("a", score="1"),))},
    "SaleInsights": {"insights": Scene(items=(Item("a", score="1"),))},
    "CustomerConcerns": {"concerns": Scene(items=(Item("a"),))},
    "CustomerProfile": {"profile": True},
}


def made_for(kind: str) -> tuple[str, ...]:
    """The kinds of result that come with ``kind``: insights are told and counted."""
    insights = ("ServiceInsights", "SaleInsights")
    return insights if kind in insights else (kind,)


@pytest.mark.parametrize("kind", RESULT_KINDS)
def test_each_kind_of_result_is_made_when_it_is_asked_for(kind: str) -> None:
    kinds = Options(**ALONE[kind]).result_kinds(offline=True)
    assert kinds == tuple(dict.fromkeys(("Transcription", *made_for(kind))))


def test_slides_are_looked_for_in_files_alone() -> None:
    everything = Options(**{k: v for one in ALONE.values() for k, v in one.items()})
    assert everything.result_kinds(offline=True) == RESULT_KINDS
    assert set(RESULT_KINDS) - set(everything.result_kinds()) == {"PptExtraction"}


@pytest.mark.parametrize("kind", RESULT_KINDS)
def test_a_second_run_replaces_what_it_asks_for_and_nothing_else(kind: str) -> None:
    again = FIRST.rerun(Options(**ALONE[kind]))
    assert again == replace(FIRST, **ALONE[kind])
    assert set(again.result_kinds(offline=True)) == {
        *FIRST.result_kinds(offline=True),
        *made_for(kind),
    }


def test_a_part_that_is_asked_for_again_is_replaced_as_a_whole() -> None:
    again = FIRST.rerun(Options(summarization=("QuestionsAnswering",)))
    assert (again.summarization, again.mind_map_language) == (("QuestionsAnswering",), "")
    assert again.chapters_language == "en"


def test_a_profile_that_is_asked_for_later_is_of_the_concerns_asked_for_before() -> None:
    first = Options(**ALONE["CustomerConcerns"], **ALONE["IdentityRecognition"])
    assert first.rerun(Options(profile=True)) == replace(first, profile=True)


def test_a_second_run_changes_nothing_of_recognition_and_files() -> None:
    parts = {name for one in ALONE.values() for name in one}
    others: dict[str, Any] = {
        "output_level": 1,
        "diarization": False,
        "speaker_count": 5,
        "realtime_diarization": True,
        "translation_output_level": 2,
        "multiple_streams": True,
        "mp3": False,
        "mp4": True,
        "thumbnail": True,
        "spectrum": True,
        "phrase_id": "x",
        "phrases": (("b", 2),),
        "profanity_filter": True,
        "disfluency": True,
    }
    assert set(Options.__struct_fields__) == parts | set(others)
    assert FIRST.rerun(Options(**others)) == FIRST
