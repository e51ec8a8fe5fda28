"""Audio that says which words are in it, and a recognizer that hears just these.

The mock's own recognizer lays a script on whatever speech it gets: it could not tell that audio
was lost, or came twice. This one can.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.meeting import Sentence, Word
from mock_tingwu.core.recognizer import (
    Heard,
    Playlist,
    SentenceBegan,
    SentenceChanged,
    SentenceEnded,
    Stash,
)
from mock_tingwu.core.script import Line
from mock_tingwu.services import world

#: A word lasts so long, and so does the silence behind a sentence.
WORD_MS: Final = 200
PAUSE_MS: Final = 400
#: 16-bit mono with 16 kHz.
BYTES_PER_MS: Final = 32


class Hearer:
    """Hears word number n where all samples are n; 0 is silence and ends a sentence."""

    def __init__(self, playlist: Playlist, sample_rate: int, speakers: int) -> None:
        assert sample_rate * 2 == BYTES_PER_MS * 1000
        self.position = 0
        self._rest = b""
        self._words: list[Word] = []
        self._count = 0

    def feed(self, pcm: bytes) -> Sequence[Heard]:
        heard: list[Heard] = []
        pcm = self._rest + pcm
        whole = len(pcm) // BYTES_PER_MS * BYTES_PER_MS
        self._rest = pcm[whole:]
        for start in range(0, whole, BYTES_PER_MS):
            said = int.from_bytes(pcm[start : start + 2], "little")
            heard += self._word(said) if said else self.flush()
            self.position += 1
        return heard

    def imagine(self, milliseconds: int) -> Sequence[Heard]:
        raise AssertionError("this audio is PCM")

    def flush(self) -> Sequence[Heard]:
        if not self._words:
            return []
        words, self._words = tuple(self._words), []
        begin, end = words[0].begin, words[-1].end
        sentence = Sentence(self._count + 1, begin, end, words, 0, self._line(words))
        self._count += 1
        return [SentenceEnded(self._count - 1, sentence, Stash(end, end))]

    def _word(self, number: int) -> list[Heard]:
        begin, text = self.position, f"w{number}"
        if self._words and self._words[-1].text == text:
            last = self._words[-1]
            self._words[-1] = Word(text, last.begin, begin + 1)
            return []
        news: list[Heard] = [] if self._words else [SentenceBegan(self._count, begin)]
        self._words.append(Word(text, begin, begin + 1))
        line = self._line(tuple(self._words))
        words = tuple(self._words)
        begun = words[0].begin
        changed = SentenceChanged(self._count, begun, begin, words, line.text, 0, line, 0)
        return [*news, changed]

    def _line(self, words: tuple[Word, ...]) -> Line:
        return Line(self._count + 1, 0, tuple(word.text for word in words), "en")


def spoken(sentences: int, words: int = 4) -> tuple[bytes, list[str], list[tuple[int, int]]]:
    """Audio, the sentences in it, and from which ms to which they are."""
    audio, texts, times = b"", [], []
    for first in range(1, sentences * words, words):
        numbers = range(first, first + words)
        begin = len(audio) // BYTES_PER_MS
        for number in numbers:
            audio += number.to_bytes(2, "little") * (BYTES_PER_MS // 2 * WORD_MS)
        texts.append(" ".join(f"w{number}" for number in numbers))
        times.append((begin, len(audio) // BYTES_PER_MS))
        audio += bytes(PAUSE_MS * BYTES_PER_MS)
    return audio, texts, times


@pytest.fixture
def hearing(
    start_mock: Callable[..., MockTingwu], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., MockTingwu]:
    """Start mocks that hear the words that are in the audio."""
    monkeypatch.setattr(world, "load_recognizer", lambda name: Hearer)
    return start_mock
