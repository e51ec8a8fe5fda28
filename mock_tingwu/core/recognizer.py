"""From audio to timed sentences.

`Recognizer` is the interface: PCM in, `Heard` events out. `ScriptedRecognizer` is the default: it
finds speech in the audio and lays the words of a script on it, so captions begin and end where
someone speaks, and silence says nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from threading import Lock
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from mock_tingwu.core.meeting import Sentence, Word, translate
from mock_tingwu.core.script import UNSPACED, Line, Script, joiner
from mock_tingwu.core.segmentation import DetectorState, SpeechBegan, SpeechDetector


class PassageBegan(Struct, frozen=True):
    """The sentences that follow come from a run through ``script``."""

    script: Script


class SentenceBegan(Struct, frozen=True):
    """Sentence number ``index`` (from 0) has begun at ``time`` ms."""

    index: int
    time: int


class SentenceChanged(Struct, frozen=True):
    """What sentence ``index`` sounds like at ``time`` ms: ``words`` replace all earlier ones."""

    index: int
    begin: int
    time: int
    words: tuple[Word, ...]
    text: str
    speaker: int
    line: Line
    first_word: int

    def translation(self, target: str) -> str:
        """What has been heard so far in the language ``target``."""
        return translate(self.line, target, self.first_word, self.first_word + len(self.words))


class Stash(Struct, frozen=True):
    """The beginning of the next sentence, known when one ends: from ``begin`` to ``time`` ms.

    Without ``words`` nothing of it has been said yet.
    """

    begin: int
    time: int
    words: tuple[Word, ...] = ()
    text: str = ""
    line: Line | None = None
    first_word: int = 0

    def translation(self, target: str) -> str:
        """The stash in the language ``target``."""
        if self.line is None:
            return ""
        return translate(self.line, target, self.first_word, self.first_word + len(self.words))


class SentenceEnded(Struct, frozen=True):
    """Sentence ``index`` is final; ``stash`` is what is known of the next."""

    index: int
    sentence: Sentence
    stash: Stash


Heard = PassageBegan | SentenceBegan | SentenceChanged | SentenceEnded


class Recognizer(Protocol):
    """Turns 16-bit little-endian mono PCM into sentences. Times are ms since the first byte.

    For every sentence: one SentenceBegan, any number of SentenceChanged, one SentenceEnded.
    """

    @property
    def position(self) -> int:
        """How much audio has been taken, in ms."""
        ...

    def feed(self, pcm: bytes) -> Sequence[Heard]:
        """Take audio; return what it made heard."""
        ...

    def imagine(self, milliseconds: int) -> Sequence[Heard]:
        """Take audio whose length alone is known: it counts as speech."""
        ...

    def flush(self) -> Sequence[Heard]:
        """The stream pauses or ends here: end the open sentence."""
        ...


# Audio is listened to in blocks of this many ms: the pace of interim results.
_BLOCK_MS = 100
#: How long one character takes to say, in ms.
_PER_CHARACTER = {"cn": 210, "yue": 200, "ja": 160, "ko": 150}
_PER_LETTER = 68
# A longer line is heard as several sentences: events must stay below 64 KiB (realtime-ws 9).
_MAX_WORDS = 200
# When this share of a line's usual time has passed, a short pause (ms) ends its sentence.
_SAID, _SHORT_PAUSE_MS = 0.85, 250
# A sentence is closed although speech goes on when it has lasted this much longer than its words
# usually take (a factor and ms). Slow speakers stay within it; monologues are cut by it.
_OVERRUN_FACTOR, _OVERRUN_MS = 1.3, 500
# It is closed this many ms later, when the next sentence has something to show.
_STASH_MS = 700
# Speech that ends before this share of a line's usual time has said a part of the line only.
_WHOLE_LINE = 0.5
# Between two sentences of imagined audio.
_IMAGINED_PAUSE = 500


def usual_word_ends(line: Line, first_word: int) -> list[int]:
    """For each word of ``line`` from ``first_word``: ms from the first word's begin to its end."""
    rate = _PER_CHARACTER.get(line.language, _PER_LETTER)
    pause = 0 if line.language in UNSPACED else rate
    lengths = [max(1, sum(map(str.isalnum, word))) for word in line.words[first_word:]]
    return list(accumulate(length * rate + pause for length in lengths))


def fit(words: Sequence[str], ends: Sequence[int], begin: int, end: int) -> tuple[Word, ...]:
    """``words`` spread over ``begin`` to ``end`` in the proportion of their usual ``ends``."""
    total = ends[len(words) - 1]
    edges = [begin] + [begin + (end - begin) * e // total for e in ends[: len(words)]]
    return tuple(Word(word, a, b) for word, a, b in zip(words, edges, edges[1:], strict=False))


def join(words: Sequence[Word], language: str) -> str:
    """The text that ``words`` make."""
    return joiner(language).join(word.text for word in words)


class Playlist:
    """Lines without end: the scripts one after the other, over and over.

    ``hints`` keeps only lines in these languages, unless no line of any script is in them.
    """

    def __init__(self, scripts: Sequence[Script], hints: Sequence[str] = ()) -> None:
        # Recordings are heard in threads of their own.
        self._lock = Lock()
        self._begun = False
        self._put(scripts, hints)

    def _put(self, scripts: Sequence[Script], hints: Sequence[str]) -> None:
        self.scripts = tuple(scripts)
        self.hints = tuple(hints)
        self._runs: list[tuple[Script, Sequence[Line]]] = []
        if hints:
            hinted = [(s, [n for n in s.lines if n.language in hints]) for s in scripts]
            self._runs += [(script, lines) for script, lines in hinted if lines]
        if not self._runs:
            self._runs += [(script, script.lines) for script in scripts]
        #: Where the next line is: which of the scripts that are heard, and which of its lines.
        self.place = (0, 0)
        self._anew = False

    def replace(self, scripts: Sequence[Script], hints: Sequence[str] = ()) -> bool:
        """Have the lines of other scripts, unless one has been taken already: then it is False."""
        with self._lock:
            if not self._begun:
                self._put(scripts, hints)
            return not self._begun

    def next(self) -> tuple[Script | None, Line]:
        """The next line, and its script when a new run through one begins with it."""
        with self._lock:
            self._begun = True
            run, at = self.place
            script, lines = self._runs[run]
            self.place = (run, at + 1) if at + 1 < len(lines) else ((run + 1) % len(self._runs), 0)
            begins = at == 0 or self._anew
            self._anew = False
            return script if begins else None, lines[at]

    @property
    def latest(self) -> Line:
        """The line before the next one."""
        run, at = self.place
        return self._runs[run][1][at - 1] if at else self._runs[run - 1][1][-1]

    def go_to(self, place: tuple[int, int], *, anew: bool = False) -> None:
        """Go on at ``place``; ``anew``: as if a new run through its script began there.

        Raises:
            IndexError: there is no such place.
        """
        run, at = place
        _ = self._runs[run][1][at]
        self.place, self._anew = (run, at), anew
        self._begun = self._begun or self.place != (0, 0)


class RecognizerState(Struct, frozen=True):
    """What a `ScriptedRecognizer` remembers beside the place of its playlist.

    ``unheard`` are the ms of audio that were too short to look at, ``in_line`` says whether the
    playlist's latest line has not been said to its end, ``begin`` and ``shown`` belong to the open
    sentence.
    """

    detector: DetectorState
    unheard: int
    short_pause: int
    passage: int
    index: int
    in_line: bool
    first_word: int
    begin: int | None
    shown: int
    next_imagined: int
    unimagined: int


class ScriptedRecognizer:
    """Lays the lines of a playlist on the speech of the audio.

    A stretch of speech is one sentence. When its line should have been said, a short pause ends it;
    speech that goes on without one is cut and the next line begins; a stretch that is much shorter
    than its line says a part of it and the next stretch the rest. ``speakers`` caps how many
    different speakers are told apart (0: no cap).
    """

    def __init__(self, playlist: Playlist, sample_rate: int, *, speakers: int = 0) -> None:
        self._playlist = playlist
        self._detector = SpeechDetector(sample_rate)
        self._bytes_per_ms = sample_rate * 2 // 1000
        self._block_bytes = self._bytes_per_ms * _BLOCK_MS
        self._rest = b""
        self._short_pause = _SHORT_PAUSE_MS
        self._speakers = speakers
        self._passage = -1
        self._index = 0
        self._line: Line | None = None
        self._first_word = 0
        # The open sentence: when it began, when its words usually end and where they stand then,
        # how long it may last, how many words have been shown.
        self._begin: int | None = None
        self._ends: list[int] = []
        self._words: tuple[Word, ...] = ()
        self._longest = 0
        self._shown = 0
        self._next_imagined = _IMAGINED_PAUSE
        self._unimagined = 0

    def wait_for_silence(self, milliseconds: int) -> None:
        """End a sentence after so much silence, and not before."""
        self._detector.end_silence = milliseconds
        self._short_pause = max(milliseconds, _SHORT_PAUSE_MS)

    @property
    def state(self) -> RecognizerState:
        """Where it stands. Another one goes on from there, with a playlist at the same place."""
        return RecognizerState(
            detector=self._detector.state,
            unheard=len(self._rest) // self._bytes_per_ms,
            short_pause=self._short_pause,
            passage=self._passage,
            index=self._index,
            in_line=self._line is not None,
            first_word=self._first_word,
            begin=self._begin,
            shown=self._shown,
            next_imagined=self._next_imagined,
            unimagined=self._unimagined,
        )

    def restore(self, state: RecognizerState) -> None:
        """Go on from where another one stood. The few ms that it had not looked at are silence."""
        self._detector.restore(state.detector)
        self._rest = bytes(state.unheard * self._bytes_per_ms)
        self._short_pause = state.short_pause
        self._passage, self._index = state.passage, state.index
        self._line = self._playlist.latest if state.in_line else None
        self._first_word, self._begin, self._shown = state.first_word, state.begin, state.shown
        self._next_imagined, self._unimagined = state.next_imagined, state.unimagined
        if self._line is not None:
            self._lay_out(self._line, state.begin or 0)

    @property
    def position(self) -> int:
        return self._detector.position

    def feed(self, pcm: bytes) -> Sequence[Heard]:
        # Whole blocks only: what is heard must not depend on how the client cut its frames.
        if self._rest:
            pcm = self._rest + pcm
        size = self._block_bytes
        whole = len(pcm) - len(pcm) % size
        self._rest = pcm[whole:]
        heard: list[Heard] = []
        for start in range(0, whole, size):
            self._listen(pcm[start : start + size], heard)
        return heard

    def _listen(self, block: bytes, heard: list[Heard]) -> None:
        detector = self._detector
        for event in detector.feed(block):
            if isinstance(event, SpeechBegan):
                self._open(event.at, heard)
            else:
                self._close(event.at, heard)
        if self._begin is None:
            return
        spoken = detector.voiced_until - self._begin
        if spoken > self._longest + _STASH_MS:
            self._cut(self._begin + self._longest, heard)
            return
        self._grow(detector.voiced_until, heard)
        pause = detector.position - detector.voiced_until
        if pause >= self._short_pause and spoken >= self._ends[-1] * _SAID:
            detector.flush()
            self._close(detector.voiced_until, heard)

    def imagine(self, milliseconds: int) -> Sequence[Heard]:
        # In blocks, too: see `feed`.
        self._unimagined += milliseconds
        heard: list[Heard] = []
        while self._unimagined >= _BLOCK_MS:
            self._unimagined -= _BLOCK_MS
            self._imagine(_BLOCK_MS, heard)
        return heard

    def _imagine(self, milliseconds: int, heard: list[Heard]) -> None:
        detector = self._detector
        target = detector.position + milliseconds
        while detector.position < target:
            left = target - detector.position
            if self._begin is None:
                due = max(0, self._next_imagined - detector.position)
                detector.skip(min(left, due))
                if left > due:
                    self._open(detector.position, heard)
            else:
                due = self._begin + self._ends[-1] - detector.position
                detector.skip(min(left, due))
                self._grow(detector.position, heard)
                if left >= due:
                    self._close(detector.position, heard)

    def flush(self) -> Sequence[Heard]:
        heard: list[Heard] = []
        self._imagine(self._unimagined, heard)
        self._unimagined = 0
        rest, self._rest = self._rest, b""
        before = self._detector.position
        self._listen(rest, heard)
        ended = self._detector.flush()
        # What is too short to look at has been taken all the same.
        self._detector.skip(len(rest) // self._bytes_per_ms - (self._detector.position - before))
        if self._begin is not None:
            self._close(ended.at if ended else self._detector.position, heard)
        return heard

    def _open(self, begin: int, heard: list[Heard]) -> None:
        self._take_line(begin, heard)
        heard.append(SentenceBegan(self._index, begin))

    def _take_line(self, begin: int, heard: list[Heard]) -> None:
        if self._line is None:
            script, self._line = self._playlist.next()
            self._first_word = 0
            if script is not None:
                self._passage += 1
                heard.append(PassageBegan(script))
        self._begin = begin
        self._lay_out(self._line, begin)
        self._shown = 0

    def _lay_out(self, line: Line, begin: int) -> None:
        """Let the rest of ``line`` begin at ``begin`` ms."""
        ends = self._ends = usual_word_ends(line, self._first_word)[:_MAX_WORDS]
        words = line.words[self._first_word : self._first_word + len(ends)]
        self._words = fit(words, ends, begin, begin + ends[-1])
        self._longest = int(ends[-1] * _OVERRUN_FACTOR) + _OVERRUN_MS

    def _grow(self, until: int, heard: list[Heard]) -> None:
        assert self._line is not None and self._begin is not None
        # The last word waits for the end of the sentence: only then it has its full stop.
        if self._shown >= len(self._ends) - 1 or until - self._begin < self._ends[self._shown]:
            return
        words, text = self._said(until)
        self._shown = len(words)
        heard.append(
            SentenceChanged(
                index=self._index,
                begin=self._begin,
                time=until,
                words=words,
                text=text,
                speaker=self._speaker(self._line),
                line=self._line,
                first_word=self._first_word,
            )
        )

    def _said(self, until: int) -> tuple[tuple[Word, ...], str]:
        """The words of the open sentence that have been said by ``until`` ms, and their text."""
        line = self._line
        assert line is not None and self._begin is not None
        count = min(bisect_right(self._ends, until - self._begin), len(self._ends) - 1)
        spoken = line.words[self._first_word : self._first_word + count]
        return self._words[:count], joiner(line.language).join(spoken)

    def _close(self, end: int, heard: list[Heard]) -> None:
        sentence = self._finish(end)
        heard.append(SentenceEnded(sentence.id - 1, sentence, Stash(end, end)))

    def _cut(self, end: int, heard: list[Heard]) -> None:
        """End the sentence although speech goes on: the next has begun already."""
        until = self._detector.voiced_until
        sentence = self._finish(end)
        began: list[Heard] = []
        self._take_line(end, began)
        assert self._line is not None
        words, text = self._said(until)
        stash = Stash(end, until, words, text, self._line, self._first_word)
        heard.append(SentenceEnded(sentence.id - 1, sentence, stash))
        heard += began
        heard.append(SentenceBegan(self._index, end))

    def _finish(self, end: int) -> Sentence:
        line = self._line
        assert line is not None and self._begin is not None
        count = self._words_said(end - self._begin)
        spoken = line.words[self._first_word : self._first_word + count]
        sentence = Sentence(
            id=self._index + 1,
            begin=self._begin,
            end=end,
            words=fit(spoken, self._ends, self._begin, end),
            speaker=self._speaker(line),
            line=line,
            passage=self._passage,
            first_word=self._first_word,
        )
        self._line = None if sentence.completes_line else line
        self._first_word += count
        self._begin = None
        self._next_imagined = end + _IMAGINED_PAUSE
        self._index += 1
        return sentence

    def _words_said(self, duration: int) -> int:
        """How many of the rest of the line's words ``duration`` ms of speech have said."""
        count = len(self._ends)
        if duration >= self._ends[-1] * _WHOLE_LINE:
            return count
        return max(1, min(bisect_right(self._ends, duration), count - 1))

    def _speaker(self, line: Line) -> int:
        return line.speaker % self._speakers if self._speakers else line.speaker


class Continued:
    """A recognizer that knows nothing of what came before it, told as if it went on from there.

    Before it there were ``position`` ms of audio, ``index`` sentences and ``passage`` passages.
    """

    def __init__(self, recognizer: Recognizer, position: int, index: int, passage: int) -> None:
        self._recognizer = recognizer
        self._before = position
        self._index = index
        self._passage = passage

    @property
    def position(self) -> int:
        return self._before + self._recognizer.position

    def feed(self, pcm: bytes) -> Sequence[Heard]:
        return [self._later(event) for event in self._recognizer.feed(pcm)]

    def imagine(self, milliseconds: int) -> Sequence[Heard]:
        return [self._later(event) for event in self._recognizer.imagine(milliseconds)]

    def flush(self) -> Sequence[Heard]:
        return [self._later(event) for event in self._recognizer.flush()]

    def _later(self, event: Heard) -> Heard:
        if isinstance(event, PassageBegan):
            return event
        index, before = event.index + self._index, self._before
        if isinstance(event, SentenceBegan):
            return SentenceBegan(index, event.time + before)
        if isinstance(event, SentenceChanged):
            return replace(
                event,
                index=index,
                begin=event.begin + before,
                time=event.time + before,
                words=self._words(event.words),
            )
        sentence, stash = event.sentence, event.stash
        return SentenceEnded(
            index,
            replace(
                sentence,
                id=sentence.id + self._index,
                begin=sentence.begin + before,
                end=sentence.end + before,
                words=self._words(sentence.words),
                passage=sentence.passage + self._passage,
            ),
            replace(
                stash,
                begin=stash.begin + before,
                time=stash.time + before,
                words=self._words(stash.words),
            ),
        )

    def _words(self, words: Sequence[Word]) -> tuple[Word, ...]:
        before = self._before
        return tuple(Word(word.text, word.begin + before, word.end + before) for word in words)


def scripted(playlist: Playlist, sample_rate: int, speakers: int) -> Recognizer:
    """The default recognizer, in the form in which recognizers are plugged in."""
    return ScriptedRecognizer(playlist, sample_rate, speakers=speakers)
