"""How one scope behaves that has awkward habits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, Final

import msgspec

from mock_tingwu.core.awkward import documents, hearing
from mock_tingwu.core.awkward.draws import Draw
from mock_tingwu.core.awkward.habits import NAMES, Profile
from mock_tingwu.core.ids import Ids
from mock_tingwu.core.recognizer import Heard, SentenceChanged, SentenceEnded

#: A longer event is sent as it was: some SDKs read no more than 64 KiB (realtime-ws 9).
LONGEST_EVENT: Final = 60_000
#: A call that was refused succeeds so often before it may be refused again.
CALM: Final = 3
#: Calls that are remembered; the oldest are forgotten first.
_MOST_CALLS: Final = 10_000
#: How long a link lives whose life no document tells, in seconds.
SHORT_LIFE_S: Final = 60
#: Where results are ready at once, they take so long instead, times two to six, in ms.
LEAST_GAP_MS: Final = 10
LONGEST_START_MS: Final = 500


class AwkwardIds(Ids):
    """Identifiers whose RequestIds have either documented form; all others are the usual ones."""

    def request_id(self) -> str:
        usual = super().request_id()
        if self.derive("awkward", "request-id", usual, size=1)[0] % 2:
            return usual
        return f"{usual[:14]}4{usual[15:]}".lower()


class Manners:
    """The awkward habits of one scope. Every draw hangs on the seed and on its occasion.

    An occasion is named by ``key``: the same texts, the same draw. So nothing hangs on the order in
    which things happen to different tasks.
    """

    def __init__(self, profile: Profile, ids: Ids) -> None:
        self.profile = profile
        self._habits = profile.habits
        self._derive = ids.derive
        # By call: how often it came since it was refused last, and how often it came at all.
        self._calls: dict[str, tuple[int, int]] = {}

    def has(self, habit: str) -> bool:
        """Whether it is one of the scope's."""
        return habit in self._habits

    def draw(self, habit: str, *key: str) -> Draw:
        """What is drawn for an occasion."""
        return Draw(int.from_bytes(self._derive("awkward", habit, *key, size=8)))

    @property
    def habits(self) -> list[str]:
        """Their names, in the order of the table."""
        return [name for name in NAMES if name in self._habits]

    # Documents

    def shaped(self, value: Any, *key: str) -> Any:
        """A JSON value, said otherwise: words, numbers, lists, order of keys, unknown fields."""
        if self.has("word-cuts"):
            value = documents.with_words_cut(value, self.draw("word-cuts", *key))
        if self.has("whole-numbers"):
            value = documents.with_whole_numbers(value)
        if self.has("list-order"):
            value = documents.with_lists_reordered(value, self.draw("list-order", *key))
        if self.has("key-order"):
            value = documents.reordered(value, self.draw("key-order", *key))
        if self.has("unknown-fields"):
            value = documents.with_unknown_fields(value, self.draw("unknown-fields", *key))
        return value

    def written(self, value: Any, *key: str) -> bytes:
        """A JSON value as text."""
        return documents.written(
            value,
            self.draw("writing", *key),
            escapes=self.has("escapes"),
            white_space=self.has("white-space"),
        )

    def json(self, content: bytes, *key: str) -> bytes:
        """A JSON text, said and written otherwise."""
        return self.written(self.shaped(msgspec.json.decode(content), *key), *key)

    def event(self, message: bytes, *key: str) -> bytes:
        """The same for a stream's event, which must not become too long."""
        content = self.json(message, *key)
        return message if len(content) > LONGEST_EVENT else content

    # Streams

    def retold(self, heard: Iterable[Heard], task_id: str) -> Iterator[Heard]:
        """What a listener is told of what was heard."""
        for event in heard:
            if isinstance(event, SentenceChanged):
                key = (task_id, str(event.index), str(event.time))
                if self.has("changing-interims"):
                    event = hearing.changed(event, self.draw("changing-interims", *key))
                if self.has("uneven-interims"):
                    yield from hearing.uneven(event, self.draw("uneven-interims", *key))
                    continue
            elif isinstance(event, SentenceEnded) and self.has("empty-stash"):
                draw = self.draw("empty-stash", task_id, str(event.index))
                event = hearing.without_stash(event, draw)
            yield event

    def start_delay(self, usual: int, *key: str) -> int:
        """How long the start of a stream takes, in ms."""
        if not self.has("late-start"):
            return usual
        return usual + 100 + self.draw("late-start", *key).below(LONGEST_START_MS - 100)

    def fragments(self, message: bytes, *key: str) -> Sequence[int]:
        """Where a message is cut into frames of its own."""
        if not self.has("fragments"):
            return ()
        return self.draw("fragments", *key).cuts(len(message), 3)

    # Tasks

    def in_turn(self, kinds: Sequence[str], task_id: str) -> list[str]:
        """The order in which results become ready."""
        if not self.has("result-order"):
            return list(kinds)
        first = [kind for kind in kinds if kind == "Transcription"]
        rest = [kind for kind in kinds if kind != "Transcription"]
        return first + self.draw("result-order", task_id, *kinds).shuffled(rest)

    def gap(self, usual: int, *key: str) -> int:
        """How long the next result takes, in ms."""
        if not self.has("late-results"):
            return usual
        factor = 200 + self.draw("late-results", *key).below(401)
        return max(usual, LEAST_GAP_MS) * factor // 100

    def link_seconds(self, usual: int) -> int:
        """How long a link lives whose life no document tells, in seconds."""
        return min(usual, SHORT_LIFE_S) if self.has("short-links") else usual

    # Calls

    def refusal(self, codes: Sequence[str], *call: str | bytes) -> str | None:
        """The code of ``codes`` that a call is refused with this time, None mostly.

        ``call`` is all that makes two calls the same one. After a refusal it succeeds `CALM` times
        at least: one repetition is enough, also when the same call comes from two sides at once.
        """
        if not self.has("server-errors"):
            return None
        parts = (part.encode() if isinstance(part, str) else part for part in call)
        which = blake2b(b"\x1f".join(parts), digest_size=16).hexdigest()
        since, number = self._calls.pop(which, (CALM, 0))
        draw = self.draw("server-errors", which, str(number))
        refused = since >= CALM and draw.one_in(4)
        self._calls[which] = (0 if refused else since + 1, number + 1)
        if len(self._calls) > _MOST_CALLS:
            del self._calls[next(iter(self._calls))]
        return draw.pick(codes) if refused else None
