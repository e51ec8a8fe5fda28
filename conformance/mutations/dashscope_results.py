"""Mutants whose result files of DashScope are not as documented."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from msgspec.structs import replace

from mock_tingwu.conformance.agent_mutants import showing
from mock_tingwu.conformance.mutants import mutant, patched
from mock_tingwu.core.options import Options
from mock_tingwu.services.dashscope import request

AREA = "DS-RESULT"
Change = Callable[[Any], Any]


def each(*path: str, **changes: Change) -> Change:
    """Change the fields of each object of the list at ``path``; a list at the root has none."""

    def change(content: Any) -> Any:
        found = content
        for name in path:
            found = found.get(name, []) if isinstance(found, dict) else []
        for one in found:
            for name, new in changes.items():
                one[name] = new(one[name])
        return content

    return change


def every_word(change: Callable[[dict[str, Any]], None]) -> Change:
    """Change each word of a transcript."""

    def changed(content: Any) -> Any:
        for paragraph in content["paragraphs"]:
            for word in paragraph["words"]:
                change(word)
        return content

    return changed


def _without(*names: str) -> Change:
    def change(content: Any) -> Any:
        return {name: value for name, value in content.items() if name not in names}

    return change


@mutant(
    "a transcript lacks its last paragraph",
    area=AREA,
    caught_by=["DS-RESULT-001", "DS-RESULT-009"],
)
def ds_last_paragraph_is_lost() -> AbstractContextManager[None]:
    return showing("Transcription", lambda made: made | {"paragraphs": made["paragraphs"][:-1]})


@mutant("all paragraphs have one id", area=AREA, caught_by=["DS-RESULT-002", "DS-RESULT-009"])
def ds_one_paragraph_id() -> AbstractContextManager[None]:
    return showing("Transcription", each("paragraphs", paragraphId=lambda _: "1626876538767609106"))


@mutant("begin and end of words are mixed up", area=AREA, caught_by=["DS-RESULT-004"])
def ds_words_backwards() -> AbstractContextManager[None]:
    def swap(word: dict[str, Any]) -> None:
        word["start"], word["end"] = word["end"], word["start"]

    return showing("Transcription", every_word(swap))


@mutant("words are numbered by ones", area=AREA, caught_by=["DS-RESULT-005"])
def ds_words_by_ones() -> AbstractContextManager[None]:
    def renumber(word: dict[str, Any]) -> None:
        word["id"] //= 10

    return showing("Transcription", every_word(renumber))


@mutant("sentences are numbered anew in each paragraph", area=AREA, caught_by=["DS-RESULT-006"])
def ds_sentences_anew() -> AbstractContextManager[None]:
    def renumber(word: dict[str, Any]) -> None:
        word["sentenceId"] = 1

    return showing("Transcription", every_word(renumber))


@mutant("a duration is told in seconds", area=AREA, caught_by=["DS-RESULT-007"])
def ds_duration_in_seconds() -> AbstractContextManager[None]:
    def change(made: Any) -> Any:
        made["audioInfo"]["duration"] //= 1000
        return made

    return showing("Transcription", change)


@mutant(
    "audioInfo is written as Tingwu writes it, as the document's table does",
    area=AREA,
    caught_by=["DS-RESULT-007", "DS-RESULT-014"],
)
def ds_capital_audio_info() -> AbstractContextManager[None]:
    def change(made: Any) -> Any:
        info = made["audioInfo"].items()
        return made | {"audioInfo": {name[0].upper() + name[1:]: value for name, value in info}}

    return showing("Transcription", change)


@mutant("segments come last first", area=AREA, caught_by=["DS-RESULT-008"])
def ds_segments_backwards() -> AbstractContextManager[None]:
    return showing(
        "Transcription", lambda made: made | {"audioSegments": made["audioSegments"][::-1]}
    )


@mutant(
    "translations are numbered otherwise than the transcript",
    area=AREA,
    caught_by=["DS-RESULT-009"],
)
def ds_translations_numbered_otherwise() -> AbstractContextManager[None]:
    def change(made: Any) -> Any:
        for paragraph in made["paragraphs"]:
            for sentence in paragraph["sentences"]:
                sentence["sentenceId"] += 100
        return made

    return showing("Translation", change)


@mutant("chapters are numbered from 0", area=AREA, caught_by=["DS-RESULT-010"])
def ds_chapters_from_zero() -> AbstractContextManager[None]:
    return showing("AutoChapters", each(id=lambda number: number - 1))


@mutant("chapters go on after the end", area=AREA, caught_by=["DS-RESULT-010"])
def ds_endless_chapters() -> AbstractContextManager[None]:
    return showing("AutoChapters", each(end=lambda end: end + 60_000))


@mutant("polished text names sentences that are none", area=AREA, caught_by=["DS-RESULT-012"])
def ds_polished_sentences_of_nowhere() -> AbstractContextManager[None]:
    return showing("TextPolish", each(sentenceIds=lambda ids: [number + 1000 for number in ids]))


@mutant("every prompt is called alike", area=AREA, caught_by=["DS-RESULT-013"])
def ds_one_name_for_prompts() -> AbstractContextManager[None]:
    return showing("CustomPrompt", each(name=lambda _: "customPrompt"))


@mutant("pictures of slides are not there", area=AREA, caught_by=["DS-RESULT-015"])
def ds_no_pictures() -> AbstractContextManager[None]:
    return showing(
        "PptExtraction", each("keyFrameList", fileUrl=lambda url: url.replace("?", "none?", 1))
    )


@mutant("slides are numbered from 0", area=AREA, caught_by=["DS-RESULT-015"])
def ds_slides_from_zero() -> AbstractContextManager[None]:
    return showing("PptExtraction", each("keyFrameList", id=lambda number: number - 1))


@mutant("a summary has no mark between lead and points", area=AREA, caught_by=["DS-RESULT-016"])
def ds_no_mark() -> AbstractContextManager[None]:
    def change(made: Any) -> Any:
        if "paragraphSummary" in made:
            made["paragraphSummary"] = made["paragraphSummary"].replace("@#", "\n")
        return made

    return showing("Summarization", change)


@mutant(
    "speakers of a summary are numbered from 0",
    area=AREA,
    caught_by=["DS-RESULT-017", "DS-RESULT-018"],
)
def ds_speakers_from_zero() -> AbstractContextManager[None]:
    return showing(
        "Summarization",
        each("conversationalSummary", speakerId=lambda number: str(int(number) - 1)),
    )


@mutant(
    "all kinds of summary are made where one was asked for",
    area=AREA,
    caught_by=["DS-RESULT-016", "DS-RESULT-017", "DS-RESULT-019", "DS-RESULT-020"],
)
def ds_all_summaries() -> AbstractContextManager[None]:
    kinds = ("Paragraph", "Conversational", "QuestionsAnswering", "MindMap")
    return _opting(
        lambda options: replace(options, summarization=kinds) if options.summarization else options
    )


@mutant("answers name sentences that are none", area=AREA, caught_by=["DS-RESULT-019"])
def ds_answers_of_nowhere() -> AbstractContextManager[None]:
    return showing(
        "Summarization", each("questionsAnsweringSummary", sentenceIdsOfAnswer=lambda _: [9999])
    )


@mutant("the root of a mind map has a time", area=AREA, caught_by=["DS-RESULT-020"])
def ds_time_of_the_root() -> AbstractContextManager[None]:
    def change(made: Any) -> Any:
        for node in made.get("mindMapSummary", []):
            node["beginTime"] = 0
        return made

    return showing("Summarization", change)


def _opting(change: Callable[[Options], Options]) -> AbstractContextManager[None]:
    options_of = request.options_of

    def changed(*args: Any) -> tuple[Options, list[str]]:
        options, notes = options_of(*args)
        return change(options), notes

    return patched(request, "options_of", changed)


@mutant("a plain mind map has times as well", area=AREA, caught_by=["DS-RESULT-021"])
def ds_times_always() -> AbstractContextManager[None]:
    return _opting(lambda options: replace(options, mind_map_timestamps=True))


@mutant("there is no summary in markdown", area=AREA, caught_by=["DS-RESULT-022"])
def ds_no_markdown() -> AbstractContextManager[None]:
    return _opting(
        lambda options: replace(options, summarization=()) if options.markdown_summary else options
    )


@mutant("a keyword comes twice", area=AREA, caught_by=["DS-RESULT-023"])
def ds_keywords_twice() -> AbstractContextManager[None]:
    def change(made: Any) -> Any:
        if "keywords" in made:
            made["keywords"] = [*made["keywords"], *made["keywords"][:1]]
        return made

    return showing("MeetingAssistance", change)


@mutant("keywords come with things to do", area=AREA, caught_by=["DS-RESULT-023", "DS-RESULT-024"])
def ds_assistance_is_one() -> AbstractContextManager[None]:
    kinds = ("Actions", "KeyInformation")
    return _opting(
        lambda options: (
            replace(options, meeting_assistance=kinds) if options.meeting_assistance else options
        )
    )


@mutant("things to do name sentences that are none", area=AREA, caught_by=["DS-RESULT-024"])
def ds_actions_of_nowhere() -> AbstractContextManager[None]:
    return showing("MeetingAssistance", each("actions", sentenceId=lambda _: 9999))


@mutant("conversations are not classified", area=AREA, caught_by=["DS-RESULT-025"])
def ds_no_classes() -> AbstractContextManager[None]:
    return showing("MeetingAssistance", _without("classifications"))
