"""Mutants whose lists of hot words are not as documented."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from mock_tingwu.conformance.mutants import Body, answers, mutant, patched, with_value, without
from mock_tingwu.core import phrases as core
from mock_tingwu.core.phrases import PhraseBook
from mock_tingwu.services import api_errors, phrases, tingwu

AREA = "TW-PHRASE"


def _phrases(operation: str, change: Callable[[Body], None]) -> AbstractContextManager[None]:
    """Each list in the answers of an operation is told otherwise."""

    def changed(status: int, body: Body) -> tuple[int, Body]:
        for phrase in body.get("Data", {}).get("Phrases", []):
            change(phrase)
        return status, body

    return answers(operation, changed)


@mutant("success is called SUCCESS", area=AREA, caught_by=["TW-PHRASE-001"])
def success_is_success() -> AbstractContextManager[None]:
    return answers("CreateTranscriptionPhrases", with_value("SUCCESS", "Data", "Status"))


@mutant("Create answers in no envelope", area=AREA, caught_by=["TW-PHRASE-002"])
def create_without_envelope() -> AbstractContextManager[None]:
    return answers("CreateTranscriptionPhrases", without("Code"))


@mutant("PhraseIds are numbers", area=AREA, caught_by=["TW-PHRASE-003"])
def phrase_ids_are_numbers() -> AbstractContextManager[None]:
    return answers(
        "CreateTranscriptionPhrases", with_value(lambda id: str(int(id, 16)), "Data", "PhraseId")
    )


@mutant("a description is forgotten", area=AREA, caught_by=["TW-PHRASE-005"])
def description_is_forgotten() -> AbstractContextManager[None]:
    return _phrases(
        "GetTranscriptionPhrases", lambda phrase: phrase.update(Description="no description")
    )


@mutant("WordWeights are an object", area=AREA, caught_by=["TW-PHRASE-006"])
def weights_are_an_object() -> AbstractContextManager[None]:
    return _phrases(
        "GetTranscriptionPhrases",
        lambda phrase: phrase.update(WordWeights=json.loads(phrase["WordWeights"])),
    )


@mutant("List tells ids and names alone", area=AREA, caught_by=["TW-PHRASE-007"])
def list_without_descriptions() -> AbstractContextManager[None]:
    return _phrases("ListTranscriptionPhrases", lambda phrase: phrase.pop("Description", None))


@mutant("List tells the words, too", area=AREA, caught_by=["TW-PHRASE-008"])
def list_with_words() -> AbstractContextManager[None]:
    return _phrases(
        "ListTranscriptionPhrases", lambda phrase: phrase.update(WordWeights='{"苹果":3}')
    )


@mutant("List does not tell how it went", area=AREA, caught_by=["TW-PHRASE-009"])
def list_without_status() -> AbstractContextManager[None]:
    return answers("ListTranscriptionPhrases", without("Data", "Status"))


@mutant(
    "an unknown list is an empty one",
    area=AREA,
    caught_by=["TW-PHRASE-011", "TW-PHRASE-015", "TW-PHRASE-019"],
)
def unknown_list_is_empty() -> AbstractContextManager[None]:
    def change(status: int, body: Body) -> tuple[int, Body]:
        if body.get("Code") == "InvalidPhraseId":
            data = {"Status": "SUCCEEDED", "ErrorCode": "0", "ErrorMessage": "success"}
            return 200, {"Code": "0", "Data": data, "Message": "success", "RequestId": "1"}
        return status, body

    return answers("*", change)


@mutant("an update tells the PhraseId", area=AREA, caught_by=["TW-PHRASE-012"])
def update_tells_the_id() -> AbstractContextManager[None]:
    def change(status: int, body: Body) -> tuple[int, Body]:
        body.get("Data", {})["PhraseId"] = "0" * 32
        return status, body

    return answers("UpdateTranscriptionPhrases", change)


@mutant("an update adds words to the old ones", area=AREA, caught_by=["TW-PHRASE-013"])
def update_adds_words() -> AbstractContextManager[None]:
    update = PhraseBook.update

    def adding(
        self: PhraseBook, phrase_id: str, name: str, description: str | None, weights: str
    ) -> None:
        before = self.get(phrase_id)
        old = json.loads(before.weights) if before else {}
        both = json.dumps(old | json.loads(weights), ensure_ascii=False)
        update(self, phrase_id, name, description, both)

    return patched(PhraseBook, "update", adding)


@mutant("a name is for ever", area=AREA, caught_by=["TW-PHRASE-013"])
def name_is_for_ever() -> AbstractContextManager[None]:
    update = PhraseBook.update

    def keeping(
        self: PhraseBook, phrase_id: str, name: str, description: str | None, weights: str
    ) -> None:
        before = self.get(phrase_id)
        update(self, phrase_id, before.name if before else name, description, weights)

    return patched(PhraseBook, "update", keeping)


@mutant("a deletion answers with nothing", area=AREA, caught_by=["TW-PHRASE-016"])
def delete_answers_nothing() -> AbstractContextManager[None]:
    return answers(
        "DeleteTranscriptionPhrases",
        lambda status, body: (status, {"RequestId": body.get("RequestId")}),
    )


@mutant("a deletion is answered as documented alone", area=AREA, caught_by=["TW-PHRASE-017"])
def delete_without_envelope() -> AbstractContextManager[None]:
    return answers("DeleteTranscriptionPhrases", without("Code"))


@mutant("what was deleted is still there", area=AREA, caught_by=["TW-PHRASE-018"])
def nothing_is_deleted() -> AbstractContextManager[None]:
    return patched(PhraseBook, "delete", lambda self, phrase_id: None)


@mutant("all lists are deleted at once", area=AREA, caught_by=["TW-PHRASE-018"])
def all_are_deleted() -> AbstractContextManager[None]:
    return patched(PhraseBook, "delete", lambda self, phrase_id: self.restore([]))


# What a list may hold


def _reading(change: Callable[[Body], Body]) -> AbstractContextManager[None]:
    """What is sent is read otherwise."""
    read = phrases._read
    return patched(phrases, "_read", lambda body: read(change(body)))


@mutant(
    "any name will do, or none",
    area=AREA,
    caught_by=["TW-PHRASE-020", "TW-PHRASE-021", "TW-PHRASE-023", "TW-PHRASE-041"],
)
def any_name_will_do() -> AbstractContextManager[None]:
    return _reading(lambda body: body | {"Name": (body.get("Name") or "list")[:50]})


@mutant("descriptions are cut", area=AREA, caught_by=["TW-PHRASE-026"])
def descriptions_are_cut() -> AbstractContextManager[None]:
    return _reading(lambda body: body | {"Description": body.get("Description", "")[:250]})


@mutant("a list may be without words", area=AREA, caught_by=["TW-PHRASE-027"])
def words_are_optional() -> AbstractContextManager[None]:
    return _reading(lambda body: {"WordWeights": "{}"} | body)


@mutant("bytes are counted", area=AREA, caught_by=["TW-PHRASE-022", "TW-PHRASE-025"])
def bytes_are_counted() -> AbstractContextManager[None]:
    def change(body: Body) -> Body:
        for name, most in (("Name", 50), ("Description", 250)):
            if len(body.get(name, "").encode()) > most:
                raise api_errors.invalid(name)
        return body

    return _reading(change)


@mutant("a list needs a description", area=AREA, caught_by=["TW-PHRASE-024"])
def description_is_needed() -> AbstractContextManager[None]:
    def change(body: Body) -> Body:
        if "Description" not in body:
            raise api_errors.missing("Description")
        return body

    return _reading(change)


@mutant("WordWeights are strings and nothing else", area=AREA, caught_by=["TW-PHRASE-040"])
def weights_are_strings_alone() -> AbstractContextManager[None]:
    def change(body: Body) -> Body:
        if isinstance(body.get("WordWeights"), dict):
            raise api_errors.invalid("WordWeights")
        return body

    return _reading(change)


@mutant("fractions are taken for weights", area=AREA, caught_by=["TW-PHRASE-034"])
def weights_are_rounded() -> AbstractContextManager[None]:
    check = core._check
    return patched(core, "_check", lambda word, weight: check(word, round(weight)))


@mutant("the words are kept unread", area=AREA, caught_by=["TW-PHRASE-028", "TW-PHRASE-029"])
def words_are_kept_unread() -> AbstractContextManager[None]:
    words = core.read_words

    def lenient(weights: str) -> dict[str, int]:
        try:
            return words(weights)
        except core.InvalidWords:
            return {}

    return patched(core, "read_words", lenient)


def _limit(name: str, value: int) -> AbstractContextManager[None]:
    return patched(core, name, value)


@mutant("weights go up to 3", area=AREA, caught_by=["TW-PHRASE-030"])
def weights_up_to_3() -> AbstractContextManager[None]:
    return _limit("GREATEST_WEIGHT", 3)


@mutant("weights go down to -5", area=AREA, caught_by=["TW-PHRASE-031"])
def weights_down_to_minus_5() -> AbstractContextManager[None]:
    return _limit("LEAST_WEIGHT", -5)


@mutant("weights go up to 6", area=AREA, caught_by=["TW-PHRASE-032"])
def weights_up_to_6() -> AbstractContextManager[None]:
    return _limit("GREATEST_WEIGHT", 6)


@mutant("weights go down to -7", area=AREA, caught_by=["TW-PHRASE-033"])
def weights_down_to_minus_7() -> AbstractContextManager[None]:
    return _limit("LEAST_WEIGHT", -7)


@mutant("words have nine characters at most", area=AREA, caught_by=["TW-PHRASE-035"])
def words_of_9() -> AbstractContextManager[None]:
    return _limit("MAX_WORD_LENGTH", 9)


@mutant("words may have 11 characters", area=AREA, caught_by=["TW-PHRASE-036"])
def words_of_11() -> AbstractContextManager[None]:
    return _limit("MAX_WORD_LENGTH", 11)


@mutant("words may have punctuation", area=AREA, caught_by=["TW-PHRASE-037"])
def words_with_punctuation() -> AbstractContextManager[None]:
    return patched(core, "_is_plain", lambda character: True)


@mutant("a list may have 299 words", area=AREA, caught_by=["TW-PHRASE-038"])
def lists_of_299_words() -> AbstractContextManager[None]:
    return _limit("MAX_WORDS", 299)


@mutant("a list may have 301 words", area=AREA, caught_by=["TW-PHRASE-039"])
def lists_of_301_words() -> AbstractContextManager[None]:
    return _limit("MAX_WORDS", 301)


@mutant("an account may have eleven lists", area=AREA, caught_by=["TW-PHRASE-042"])
def eleven_lists() -> AbstractContextManager[None]:
    return _limit("MAX_LISTS", 11)


@mutant("too many lists are an error of the call", area=AREA, caught_by=["TW-PHRASE-042"])
def exceeding_is_an_error() -> AbstractContextManager[None]:
    def change(status: int, body: Body) -> tuple[int, Body]:
        data = body.get("Data", {})
        if data.get("Status") == "FAILED":
            return 400, {"Code": data["ErrorCode"], "Message": data["ErrorMessage"]}
        return status, body

    return answers("CreateTranscriptionPhrases", change)


# Use


def _hot_words(change: Callable[[Any, Any], Any]) -> AbstractContextManager[None]:
    return patched(tingwu, "hot_words", change)


@mutant("tasks know lists by name", area=AREA, caught_by=["TW-PHRASE-043"])
def lists_by_name() -> AbstractContextManager[None]:
    words = tingwu.hot_words

    def by_name(scope: Any, options: Any) -> Any:
        if options.phrase_id:  # no list has a name like this
            raise api_errors.invalid("Parameters.Transcription.PhraseId")
        return words(scope, options)

    return _hot_words(by_name)


@mutant("tasks do not look at lists", area="TW-CREATE", caught_by=["TW-CREATE-056"])
def lists_are_not_used() -> AbstractContextManager[None]:
    return _hot_words(lambda scope, options: ())


@mutant("tasks bring no words", area="TW-CREATE", caught_by=["TW-CREATE-054"])
def no_words_in_place() -> AbstractContextManager[None]:
    words = tingwu.hot_words

    def strict(scope: Any, options: Any) -> Any:
        if options.phrases:
            raise api_errors.invalid("Parameters.Transcription.Phrase")
        return words(scope, options)

    return _hot_words(strict)
