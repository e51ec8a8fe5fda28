"""Subtitles: SubRip and WebVTT (https://www.w3.org/TR/webvtt1/)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from . import texts

if TYPE_CHECKING:
    from .transcript import Sentence

#: Two lines of 42 columns are what most guides for subtitles allow of.
CUE_WIDTH: Final = 84

#: What SubRip's readers take for formatting, or for times. It has no way to escape them.
_MARKUP: Final = re.compile(r"(<)(?=[/a-z0-9])|(\{)(?=\\)|(--)(?=>)", re.IGNORECASE)
_INVISIBLE: Final = "\u2060"
_BREAK: Final = re.compile(r"[^\w\s][\s]*$")


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is not broken, and when it is said."""

    text: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown from ``begin`` to ``end`` (ms, at least 1 apart), on one line."""

    begin: int
    end: int
    text: str
    speaker_id: str | None = None


def srt(sentences: Iterable[Sentence], max_chars: int = CUE_WIDTH) -> str:
    """SubRip with the `cues` of the sentences.

    An invisible character stands within what players would take for formatting.
    """
    blocks = (
        f"{number}\n{_time(cue.begin, ',')} --> {_time(cue.end, ',')}\n"
        f"{_MARKUP.sub(lambda found: found[0] + _INVISIBLE, cue.text)}\n"
        for number, cue in enumerate(cues(sentences, max_chars), 1)
    )
    return "\n".join(blocks)


def vtt(sentences: Iterable[Sentence], names: Mapping[str, str], max_chars: int = CUE_WIDTH) -> str:
    """WebVTT with the `cues` of the sentences.

    Who speaks is in a voice tag, if ``names`` has a name for the id.
    """
    blocks = ["WEBVTT\n"]
    for cue in cues(sentences, max_chars):
        name = texts.one_line(names.get(cue.speaker_id or "", ""))
        voice = f"<v {html.escape(name, quote=False)}>" if name else ""
        # Some players know SubStation's formatting here, too.
        text = html.escape(cue.text, quote=False).replace("{\\", "&#123;\\")
        times = f"{_time(cue.begin, '.')} --> {_time(cue.end, '.')}"
        blocks.append(f"{times}\n{voice}{text}\n")
    return "\n".join(blocks)


def cues(sentences: Iterable[Sentence], max_chars: int = CUE_WIDTH) -> list[Cue]:
    """One cue for every sentence, in the order of their begins.

    One with more than ``max_chars`` columns, of which a Chinese character takes two, is parted into
    about equal cues, between words and if possible behind a mark. A sentence without a time is left
    out, for there is no place for it.

    Raises:
        ValueError: ``max_chars`` is not at least 1.
    """
    if max_chars < 1:
        raise ValueError(f"max_chars is {max_chars}, expected at least 1")
    found = []
    for sentence in sentences:
        for parts in _parted(list(_pieces(sentence, max_chars)), max_chars):
            begin = max(parts[0].begin, 0)
            if text := _text(parts):
                end = max(parts[-1].end, begin + 1)
                found.append(Cue(begin, end, text, sentence.speaker_id))
    # WebVTT wants them so, and sentences of two speakers may overlap.
    return sorted(found, key=lambda cue: cue.begin)


def _pieces(sentence: Sentence, max_chars: int) -> Iterator[_Piece]:
    """The words of a sentence; where there are none with times, they share the sentence's time."""
    timed = [
        _Piece(word.text, word.begin, word.end)
        for word in sentence.words
        if word.begin is not None and word.end is not None
    ]
    if not timed or len(timed) < len(sentence.words):
        if sentence.begin is None:
            return
        end = sentence.begin if sentence.end is None else sentence.end
        timed = list(_spread(_Piece(sentence.text, sentence.begin, end)))
    for piece in timed:
        # A service may have a whole sentence as a word.
        yield from _spread(piece) if texts.width(piece.text) > max_chars else [piece]


def _spread(whole: _Piece) -> Iterator[_Piece]:
    """Where ``whole`` may be broken, each piece with the time that its share of the text takes."""
    pieces = texts.pieces(whole.text)
    edges = list(accumulate(map(texts.width, pieces), initial=0))
    times = [whole.begin + (whole.end - whole.begin) * edge // (edges[-1] or 1) for edge in edges]
    for piece, begin, end in zip(pieces, times, times[1:], strict=False):
        yield _Piece(piece, begin, end)


def _parted(pieces: Sequence[_Piece], max_chars: int) -> Iterator[Sequence[_Piece]]:
    if len(pieces) < 2 or texts.width(_text(pieces)) <= max_chars:
        if pieces:
            yield pieces
        return
    edges = list(accumulate(texts.width(piece.text) for piece in pieces))
    number = -(-edges[-1] // max_chars)
    goal, room = edges[-1] * (number // 2) / number, edges[-1] / number / 3
    places = range(1, len(pieces))
    marked = [
        place
        for place in places
        if _BREAK.search(pieces[place - 1].text) and abs(edges[place - 1] - goal) <= room
    ]
    cut = min(marked or places, key=lambda place: abs(edges[place - 1] - goal))
    yield from _parted(pieces[:cut], max_chars)
    yield from _parted(pieces[cut:], max_chars)


def _text(pieces: Sequence[_Piece]) -> str:
    return texts.one_line("".join(piece.text for piece in pieces))


def _time(ms: int, mark: str) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{mark}{ms:03}"
