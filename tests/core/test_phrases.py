"""Hot-word lists: what they may hold, and their whole life."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu.core.ids import Ids
from mock_tingwu.core.phrases import (
    MAX_LISTS,
    MAX_WORDS,
    InvalidWords,
    LimitExceeded,
    PhraseBook,
    read_words,
)

FRUIT = '{"苹果": 3, "西瓜": -6}'


@pytest.fixture
def book() -> PhraseBook:
    return PhraseBook(Ids(0))


def test_a_list_is_found_by_the_id_that_it_was_given(book: PhraseBook) -> None:
    made = book.create("fruit", "what we sell", FRUIT)
    assert re.fullmatch("[0-9a-f]{32}", made.id)
    assert book.get(made.id) == made
    assert (made.name, made.description, made.weights) == ("fruit", "what we sell", FRUIT)
    assert list(made.words.items()) == [("苹果", 3), ("西瓜", -6)]


def test_two_lists_of_one_name_are_two_lists(book: PhraseBook) -> None:
    ids = [book.create("fruit", None, FRUIT).id for _ in range(2)]
    assert [phrases.id for phrases in book.all()] == ids
    assert len(set(ids)) == 2


def test_the_same_seed_gives_the_same_ids() -> None:
    ids = [PhraseBook(Ids(seed)).create("n", None, FRUIT).id for seed in (7, 7, 8)]
    assert ids[0] == ids[1] != ids[2]


def test_an_update_replaces_everything_but_the_id_and_the_place(book: PhraseBook) -> None:
    first = book.create("fruit", "old", FRUIT)
    second = book.create("other", None, FRUIT)
    book.update(first.id, "vegetables", None, '{"白菜": 1}')
    changed, same = book.all()
    assert (changed.id, changed.name, changed.description) == (first.id, "vegetables", None)
    assert changed.words == {"白菜": 1}
    assert same == second


def test_a_refused_update_changes_nothing(book: PhraseBook) -> None:
    made = book.create("fruit", None, FRUIT)
    with pytest.raises(InvalidWords):
        book.update(made.id, "vegetables", None, '{"白菜": 6}')
    assert book.get(made.id) == made


def test_a_deleted_list_is_gone_and_makes_room(book: PhraseBook) -> None:
    made = [book.create(f"list {number}", None, FRUIT) for number in range(MAX_LISTS)]
    with pytest.raises(LimitExceeded, match="10 lists already"):
        book.create("one more", None, FRUIT)
    book.delete(made[3].id)
    assert book.get(made[3].id) is None
    assert book.create("one more", None, FRUIT) == book.all()[-1]


def test_what_is_not_there_can_neither_be_updated_nor_deleted(book: PhraseBook) -> None:
    for phrase_id in ("", "0" * 32):
        assert book.get(phrase_id) is None
        with pytest.raises(LookupError):
            book.update(phrase_id, "n", None, FRUIT)
        with pytest.raises(LookupError):
            book.delete(phrase_id)


def test_a_list_has_at_most_300_words() -> None:
    words = {f"词{number}": 2 for number in range(MAX_WORDS)}
    assert read_words(json.dumps(words)) == words
    with pytest.raises(LimitExceeded, match="301 words"):
        read_words(json.dumps(words | {"多了": 2}))


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"二十四节气二十四节": 1},
        {"Kubernetes": 5, "Café au la": -6},
        {"鹿島アントラ": 0, "디지털": 2, "हिन्दी": 2},
    ],
)
def test_words_of_any_script_with_weights_from_minus_6_to_5_are_taken(
    words: dict[str, int],
) -> None:
    assert read_words(json.dumps(words)) == words


def test_whole_weights_may_be_written_as_gson_does() -> None:
    words = read_words('{"苹果": 3.0, "西瓜": -6e0}')
    assert words == {"苹果": 3, "西瓜": -6}
    assert [type(weight) for weight in words.values()] == [int, int]


@pytest.mark.parametrize(
    ("weights", "why"),
    [
        ("", "not a JSON object"),
        ("苹果=3", "not a JSON object"),
        ('["苹果"]', "not a JSON object"),
        ("[" * 100_000, "not a JSON object"),
        ('{"苹果": "3"}', "whole numbers"),
        ('{"苹果": 2.5}', "is 2.5, not a whole number"),
        ('{"苹果": 1e400}', "苹果|not a JSON object"),
        (f'{{"苹果": {"9" * 400}}}', "苹果|not a JSON object"),
        ('{"苹果": true}', "whole numbers"),
        ('{"苹果": null}', "whole numbers"),
        ('{"苹果": 6}', "the weight of '苹果' is 6"),
        ('{"苹果": -7}', "the weight of '苹果' is -7"),
        ('{"": 2}', "0 characters"),
        ('{"Elasticsearch": 2}', "13 characters"),
        ('{"苹果。": 2}', "punctuation"),
        ('{"C++": 2}', "punctuation"),
        ('{"苹果\\n": 2}', "punctuation"),
        ('{" 苹果": 2}', "punctuation"),
        ('{"🍎": 2}', "punctuation"),
    ],
)
def test_other_words_and_weights_are_refused_with_the_reason(weights: str, why: str) -> None:
    with pytest.raises(InvalidWords, match=why):
        read_words(weights)


@given(st.text() | st.dictionaries(st.text(), st.integers() | st.floats()).map(json.dumps))
def test_any_text_is_read_or_refused_in_one_of_two_ways(weights: str) -> None:
    try:
        words = read_words(weights)
    except (InvalidWords, LimitExceeded):
        return
    assert all(1 <= len(word) <= 10 and -6 <= weight <= 5 for word, weight in words.items())
