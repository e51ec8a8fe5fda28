"""The audio of one task: what was pushed over all its connections, and what was heard in it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from mock_tingwu.core.meeting import Meeting, Sentence
from mock_tingwu.core.recognizer import (
    Heard,
    PassageBegan,
    Recognizer,
    SentenceEnded,
    Stash,
    fit,
    usual_word_ends,
)
from mock_tingwu.core.script import Script

#: Between two lines of a conversation that was written down, in ms.
PAUSE_MS = 500


class Shift(Struct):
    """What is added to a stream's own sentence indices and times (ms) on the wire.

    A client that resumes may say where it stands; that holds for the rest of the task.
    """

    index: int = 0
    time: int = 0


class AudioStream:
    """Feeds a recognizer and keeps the `Meeting` up to date with what it hears.

    It outlives connections: after a pause times and sentence numbers go on where they stood.
    """

    def __init__(self, recognizer: Recognizer, meeting: Meeting) -> None:
        self.recognizer = recognizer
        self.meeting = meeting
        self.shift = Shift()

    @property
    def position(self) -> int:
        """ms of audio taken so far."""
        return self.recognizer.position

    @property
    def next_index(self) -> int:
        """The index (from 0) that the next sentence will have."""
        return len(self.meeting.sentences)

    def feed(self, pcm: bytes) -> Sequence[Heard]:
        """Take 16-bit mono PCM at the task's rate; return what it made heard."""
        return self._keep(self.recognizer.feed(pcm))

    def imagine(self, milliseconds: int) -> Sequence[Heard]:
        """Take audio that could not be decoded: it counts as speech of this length."""
        return self._keep(self.recognizer.imagine(milliseconds))

    def read(self, script: Script) -> None:
        """Take a conversation that was written down, as if said at the usual pace, all of it."""
        heard: list[Heard] = [PassageBegan(script)]
        end = 0
        for index, line in enumerate(script.lines):
            begin = end + PAUSE_MS
            ends = usual_word_ends(line, 0)
            end = begin + ends[-1]
            sentence = Sentence(
                id=index + 1,
                begin=begin,
                end=end,
                words=fit(line.words, ends, begin, end),
                speaker=line.speaker,
                line=line,
            )
            heard.append(SentenceEnded(index, sentence, Stash(end, end)))
        self._keep(heard)
        self.meeting.duration = end

    def flush(self) -> Sequence[Heard]:
        """The audio pauses or ends: whatever is open becomes final."""
        return self._keep(self.recognizer.flush())

    def _keep(self, heard: Sequence[Heard]) -> Sequence[Heard]:
        meeting = self.meeting
        for event in heard:
            if isinstance(event, SentenceEnded):
                meeting.sentences.append(event.sentence)
                meeting.segments.append((event.sentence.begin, event.sentence.end))
            elif isinstance(event, PassageBegan):
                meeting.scripts.append(event.script)
        meeting.duration = self.recognizer.position
        return heard
