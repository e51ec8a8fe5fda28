"""Mutants whose other result files are not as documented."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from msgspec.structs import replace

from mock_tingwu.conformance.mutants import Body, mutant, patched
from mock_tingwu.services import storage, tingwu_request

from .tingwu_result import file, options


def _each(kind: str, change: Callable[[Any], Any], *path: str) -> AbstractContextManager[None]:
    """Each thing in a list of a result, or in the result that is one, is changed in place."""

    def changed(result: Any) -> Any:
        things = result
        for name in path:
            things = things.get(name, [])
        for thing in things:
            change(thing)
        return result

    return file(kind, changed)


# Chapters


@mutant("all chapters have the Id 1", area="TW-RESULT", caught_by=["TW-RESULT-017"])
def chapters_without_numbers() -> AbstractContextManager[None]:
    return _each("AutoChapters", lambda chapter: chapter.update(Id=1))


@mutant("chapters go on to the end", area="TW-RESULT", caught_by=["TW-RESULT-018"])
def chapters_to_the_end() -> AbstractContextManager[None]:
    return _each("AutoChapters", lambda chapter: chapter.update(End=39_371))


@mutant("chapters begin on whole seconds", area="TW-RESULT", caught_by=["TW-RESULT-019"])
def chapters_on_seconds() -> AbstractContextManager[None]:
    return _each(
        "AutoChapters", lambda chapter: chapter.update(Start=chapter["Start"] // 1000 * 1000)
    )


@mutant("there is always a chapter", area="TW-RESULT", caught_by=["TW-RESULT-020", "TW-RESULT-056"])
def always_a_chapter() -> AbstractContextManager[None]:
    one = {"Id": 1, "Start": 0, "End": 1000, "Headline": "Talk", "Summary": "People talk."}
    return file("AutoChapters", lambda chapters: chapters or [one])


@mutant("Coarse is fine and Meticulous is not", area="TW-RESULT", caught_by=["TW-RESULT-021"])
def granularity_the_other_way() -> AbstractContextManager[None]:
    other = {"Coarse": "Meticulous", "Meticulous": "Coarse"}
    return options(
        lambda _, o: replace(
            o, chapter_granularity=other.get(o.chapter_granularity, o.chapter_granularity)
        )
    )


@mutant("Short is long and Long is not", area="TW-RESULT", caught_by=["TW-RESULT-022"])
def title_length_the_other_way() -> AbstractContextManager[None]:
    other = {"Short": "Long", "Long": "Short"}
    return options(lambda _, o: replace(o, title_length=other.get(o.title_length, o.title_length)))


@mutant(
    "LlmOutputLanguage is not heeded",
    area="TW-RESULT",
    caught_by=["TW-RESULT-023", "TW-RESULT-040"],
)
def one_language_for_all() -> AbstractContextManager[None]:
    return options(lambda _, o: replace(o, chapters_language="", mind_map_language=""))


# Key information


def _types(choose: Callable[[Body, str, tuple[str, ...]], Any]) -> AbstractContextManager[None]:
    """Other types are made of what is enabled."""
    types = tingwu_request._types

    def otherwise(parameters: Body, name: str, all_types: tuple[str, ...]) -> tuple[str, ...]:
        chosen = choose(parameters.get(name, {}), name, all_types)
        return tuple(chosen) if types(parameters, name, all_types) else ()

    return patched(tingwu_request, "_types", otherwise)


@mutant("without Types there is nothing", area="TW-RESULT", caught_by=["TW-RESULT-024"])
def no_types_are_none() -> AbstractContextManager[None]:
    return _types(lambda given, name, all_types: given.get("Types", ()))


@mutant(
    "Types are not heeded",
    area="TW-RESULT",
    caught_by=[f"TW-RESULT-{number:03}" for number in (25, 26, 33, 34, 35, 36)],
)
def types_are_not_heeded() -> AbstractContextManager[None]:
    return _types(lambda given, name, all_types: all_types)


@mutant("actions are told at length", area="TW-RESULT", caught_by=["TW-RESULT-027"])
def long_actions() -> AbstractContextManager[None]:
    return _each(
        "MeetingAssistance", lambda action: action.update(Text=action["Text"] * 5), "Actions"
    )


@mutant("there is no end of actions", area="TW-RESULT", caught_by=["TW-RESULT-027"])
def too_many_actions() -> AbstractContextManager[None]:
    def change(found: Body) -> Body:
        actions = found.get("Actions", [])
        return found | {"Actions": [a | {"Id": n} for n, a in enumerate(actions * 3, 1)]}

    return file("MeetingAssistance", change)


@mutant("there is no end of keywords", area="TW-RESULT", caught_by=["TW-RESULT-028"])
def keywords_without_end() -> AbstractContextManager[None]:
    words = [f"词{number}" for number in range(21)]
    return file("MeetingAssistance", lambda found: found | {"Keywords": words})


@mutant("MaxKeywords is not heeded", area="TW-RESULT", caught_by=["TW-RESULT-029"])
def max_keywords_is_not_heeded() -> AbstractContextManager[None]:
    return options(lambda _, o: replace(o, max_keywords=20))


@mutant(
    "key information has sentence ids of its own",
    area="TW-RESULT",
    caught_by=["TW-RESULT-030", "TW-RESULT-031"],
)
def assistance_refers_to_nothing() -> AbstractContextManager[None]:
    def change(sentence: Body) -> None:
        sentence["SentenceId"] += 1000

    return _each("MeetingAssistance", change, "KeySentences")


@mutant("key sentences are told anew", area="TW-RESULT", caught_by=["TW-RESULT-031"])
def key_sentences_anew() -> AbstractContextManager[None]:
    return _each("MeetingAssistance", lambda one: one.update(Text=one["Text"][:-2]), "KeySentences")


@mutant("shares are percents", area="TW-RESULT", caught_by=["TW-RESULT-032"])
def shares_in_percent() -> AbstractContextManager[None]:
    def change(found: Body) -> Body:
        shares = found.get("Classifications", {})
        return found | {"Classifications": {name: 100 * value for name, value in shares.items()}}

    return file("MeetingAssistance", change)


# Summaries


@mutant("summaries name speakers of their own", area="TW-RESULT", caught_by=["TW-RESULT-037"])
def summaries_of_nobody() -> AbstractContextManager[None]:
    return _each(
        "Summarization",
        lambda one: one.update(SpeakerId=str(int(one["SpeakerId"]) + 100)),
        "ConversationalSummary",
    )


@mutant("questions name sentences of their own", area="TW-RESULT", caught_by=["TW-RESULT-038"])
def questions_of_nothing() -> AbstractContextManager[None]:
    return _each(
        "Summarization",
        lambda one: one.update(SentenceIdsOfAnswer=[n + 1000 for n in one["SentenceIdsOfAnswer"]]),
        "QuestionsAnsweringSummary",
    )


@mutant("mind maps go as deep as they like", area="TW-RESULT", caught_by=["TW-RESULT-039"])
def deep_mind_maps() -> AbstractContextManager[None]:
    def change(found: Body) -> Body:
        trees = found.get("MindMapSummary")
        if trees:
            for title in ("meetings", "this week", "today"):
                trees = [{"Title": title, "Topic": trees}]
            found["MindMapSummary"] = trees
        return found

    return file("Summarization", change)


@mutant("all summaries follow LlmOutputLanguage", area="TW-RESULT", caught_by=["TW-RESULT-041"])
def all_summaries_in_english() -> AbstractContextManager[None]:
    def change(found: Body) -> Body:
        return found | ({"ParagraphSummary": "A meeting."} if "ParagraphSummary" in found else {})

    return file("Summarization", change)


# Translations and polished texts


@mutant("a translation is a text for each paragraph", area="TW-RESULT", caught_by=["TW-RESULT-042"])
def translated_by_paragraph() -> AbstractContextManager[None]:
    def change(paragraph: Body) -> None:
        first = paragraph["Sentences"][0]
        first["End"] = paragraph["Sentences"][-1]["End"]
        first["SentenceId"] += 100
        paragraph["Sentences"] = [first]

    return _each("Translation", change, "Paragraphs")


@mutant("nothing is translated", area="TW-RESULT", caught_by=["TW-RESULT-043"])
def not_translated() -> AbstractContextManager[None]:
    def change(paragraph: Body) -> None:
        for sentence in paragraph["Sentences"]:
            sentence["Text"] = "早上好。"

    return _each("Translation", change, "Paragraphs")


@mutant("polished paragraphs are new ones", area="TW-RESULT", caught_by=["TW-RESULT-044"])
def polished_paragraphs_are_new() -> AbstractContextManager[None]:
    return _each("TextPolish", lambda one: one.update(ParagraphId="1698742210027512345"))


@mutant("polished paragraphs begin at 0", area="TW-RESULT", caught_by=["TW-RESULT-045"])
def polished_from_zero() -> AbstractContextManager[None]:
    return _each("TextPolish", lambda one: one.update(End=one["End"] - one["Start"], Start=0))


# Prompts and slides


@mutant("answers are numbered", area="TW-RESULT", caught_by=["TW-RESULT-046"])
def answers_are_numbered() -> AbstractContextManager[None]:
    return file(
        "CustomPrompt",
        lambda found: [one | {"Name": str(number)} for number, one in enumerate(found, 1)],
    )


@mutant("every transcript is cut", area="TW-RESULT", caught_by=["TW-RESULT-047"])
def always_truncated() -> AbstractContextManager[None]:
    return _each("CustomPrompt", lambda one: one.update(Truncated=True))


@mutant("slides begin at 0, all of them", area="TW-RESULT", caught_by=["TW-RESULT-048"])
def slides_from_zero() -> AbstractContextManager[None]:
    return _each("PptExtraction", lambda frame: frame.update(Start=0), "KeyFrameList")


@mutant("links to pictures are not signed", area="TW-RESULT", caught_by=["TW-RESULT-049"])
def pictures_without_signature() -> AbstractContextManager[None]:
    link = storage._link_pictures

    def bare(linker: Any, task: Any, result: Any) -> None:
        link(linker, task, result)
        for frame in result["key_frame_list"]:
            frame["file_url"] = frame["file_url"].partition("?")[0]

    return patched(storage, "_link_pictures", bare)


@mutant("a sound has a slide", area="TW-RESULT", caught_by=["TW-RESULT-050"])
def slide_of_a_sound() -> AbstractContextManager[None]:
    frame = {"Id": 1, "Start": 0, "End": 1000, "FileUrl": "http://example.com/1.png", "Summary": ""}

    def change(found: Body) -> Body:
        return found | {"KeyFrameList": found["KeyFrameList"] or [frame]}

    return file("PptExtraction", change)


# What was looked for


@mutant("an inspection lists what it found", area="TW-RESULT", caught_by=["TW-RESULT-051"])
def inspection_of_what_was_found() -> AbstractContextManager[None]:
    return file("ServiceInspection", lambda found: found | {"InspectionResults": []})


@mutant("an extraction lists what it found", area="TW-RESULT", caught_by=["TW-RESULT-052"])
def extraction_of_what_was_found() -> AbstractContextManager[None]:
    return file("ContentExtraction", lambda found: found | {"ExtractionResults": []})


@mutant("roles are given to nobody", area="TW-RESULT", caught_by=["TW-RESULT-053"])
def roles_of_nobody() -> AbstractContextManager[None]:
    return _each("IdentityRecognition", lambda one: one.update(SpeakerId="77"), "IdentityResults")


@mutant("roles are the service's own", area="TW-RESULT", caught_by=["TW-RESULT-054"])
def roles_of_its_own() -> AbstractContextManager[None]:
    return _each(
        "IdentityRecognition", lambda one: one.update(Identity="主持人"), "IdentityResults"
    )
