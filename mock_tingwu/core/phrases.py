"""Hot-word lists: words that an account wants to be heard (tingwu-openapi 1.4).

What a list may hold stands in the vendor's guide to them (help.aliyun.com/zh/tingwu/overview).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from mock_tingwu.core.ids import Ids

MAX_LISTS: Final = 10
MAX_WORDS: Final = 300
#: In characters, Chinese or not.
MAX_WORD_LENGTH: Final = 10
LEAST_WEIGHT: Final = -6
GREATEST_WEIGHT: Final = 5

# Gson writes the numbers of a map as 3.0.
_decode = msgspec.json.Decoder(dict[str, int | float]).decode


class InvalidWords(ValueError):
    """A word, or its weight, is none that a list may hold."""


class LimitExceeded(Exception):
    """The account would have too many lists, or a list too many words."""


class PhraseList(Struct, frozen=True):
    """One list. ``words`` maps each word to its weight; ``weights`` is the same text as sent."""

    id: str
    name: str
    description: str | None
    weights: str
    words: Mapping[str, int]


class PhraseBook:
    """The lists of one account, oldest first."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._lists: dict[str, PhraseList] = {}
        #: Goes up with every change.
        self.version = 0

    def create(self, name: str, description: str | None, weights: str) -> PhraseList:
        """A new list of the words in ``weights``, which is JSON. Names may occur twice.

        Raises:
            InvalidWords: ``weights`` is no JSON object, or has a word that no list may hold.
            LimitExceeded: there are MAX_LISTS lists, or more words than MAX_WORDS.
        """
        words = read_words(weights)
        if len(self._lists) >= MAX_LISTS:
            raise LimitExceeded(f"there are {MAX_LISTS} lists already")
        phrases = PhraseList(self._ids.hex32("phrase"), name, description, weights, words)
        self._lists[phrases.id] = phrases
        self.version += 1
        return phrases

    def update(self, phrase_id: str, name: str, description: str | None, weights: str) -> None:
        """Replace the whole list but for its id.

        Raises:
            LookupError: there is no such list.
            InvalidWords, LimitExceeded: as for `create`.
        """
        words = read_words(weights)
        if phrase_id not in self._lists:
            raise LookupError(phrase_id)
        self._lists[phrase_id] = PhraseList(phrase_id, name, description, weights, words)
        self.version += 1

    def get(self, phrase_id: str) -> PhraseList | None:
        """The list with this id, if there is one."""
        return self._lists.get(phrase_id)

    def all(self) -> tuple[PhraseList, ...]:
        """Every list."""
        return tuple(self._lists.values())

    def delete(self, phrase_id: str) -> None:
        """Forget a list. Tasks that were created with it keep its words.

        Raises:
            LookupError: there is no such list.
        """
        del self._lists[phrase_id]
        self.version += 1

    def restore(self, lists: Iterable[PhraseList]) -> None:
        """Put back what an earlier book of the account had."""
        self._lists = {phrases.id: phrases for phrases in lists}


def read_words(weights: str) -> dict[str, int]:
    """The words and weights in a JSON text, in its order.

    Raises:
        InvalidWords: it is no JSON object, or has a word that no list may hold.
        LimitExceeded: it has more words than MAX_WORDS.
    """
    try:
        given = _decode(weights)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidWords(f"not a JSON object of words and whole numbers: {error}") from None
    if len(given) > MAX_WORDS:
        raise LimitExceeded(f"there are {len(given)} words, at most {MAX_WORDS} are allowed")
    for word, weight in given.items():
        _check(word, weight)
    return {word: int(weight) for word, weight in given.items()}


def _check(word: str, weight: float) -> None:
    if not 0 < len(word) <= MAX_WORD_LENGTH:
        raise InvalidWords(
            f"the word {word!r} has {len(word)} characters instead of 1 to {MAX_WORD_LENGTH}"
        )
    if not all(_is_plain(character) for character in word) or word != word.strip():
        raise InvalidWords(f"the word {word!r} has punctuation or special characters")
    if not LEAST_WEIGHT <= weight <= GREATEST_WEIGHT or weight != int(weight):
        raise InvalidWords(
            f"the weight of {word!r} is {weight}, "
            f"not a whole number from {LEAST_WEIGHT} to {GREATEST_WEIGHT}"
        )


def _is_plain(character: str) -> bool:
    """Whether it is a letter, a mark on one, a digit, or the space within a name."""
    return character == " " or unicodedata.category(character)[0] in "LMN"
