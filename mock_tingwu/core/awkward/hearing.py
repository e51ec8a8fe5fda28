"""Interim results, heard worse than they were: functions of a draw and what was heard.

What a task keeps of the meeting is not touched: these are for who listens.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from mock_tingwu.core.awkward.draws import Draw
from mock_tingwu.core.recognizer import SentenceChanged, SentenceEnded, Stash, join


def changed(heard: SentenceChanged, draw: Draw) -> SentenceChanged:
    """An interim result with another word in it, or without its last ones, or as it is."""
    choice = draw.below(5)
    words = list(heard.words)
    if choice < 2 and words:
        at = draw.below(len(words))
        others = [word for word in heard.line.words if word != words[at].text]
        if others:
            words[at] = replace(words[at], text=draw.pick(others))
    elif choice == 2 and len(words) > 2:
        del words[-2:]
    text = join(words, heard.line.language)
    return replace(heard, words=tuple(words), text=text)


def uneven(heard: SentenceChanged, draw: Draw) -> Iterator[SentenceChanged]:
    """An interim result once, twice or not at all."""
    choice = draw.below(5)
    if choice:
        yield heard
    if choice == 1:
        yield heard


def without_stash(heard: SentenceEnded, draw: Draw) -> SentenceEnded:
    """A sentence that says nothing of the next one, every other time."""
    if not heard.stash.words or draw.one_in(2):
        return heard
    return replace(heard, stash=Stash(heard.stash.begin, heard.stash.time))
