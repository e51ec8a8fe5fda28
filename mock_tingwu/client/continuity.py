"""Sentence numbers and times that go on as if the stream had never been interrupted.

The numbers and times that a service gives after a reconnect are not documented (realtime-ws 1.5).
What the vendor's C++ SDK asks for is assumed to be done, and corrected where it visibly is not.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any, Final

from mock_tingwu.client.events import ResultChanged, ResultTranslated, SentenceBegin, SentenceEnd

#: An event that comes twice comes again within so many.
RECENT: Final = 16


class Continuity:
    """Turns the captions of one connection after another into those of one stream.

    ``begun`` and ``ended`` are the highest sentence numbers so far, -1 for none, ``end`` is the ms
    up to which sentences are final.
    """

    def __init__(self) -> None:
        self.begun = -1
        self.ended = -1
        self.end = 0
        self._index_shift = 0
        self._time_shift = 0
        self._recent: deque[Any] = deque(maxlen=RECENT)
        # Where a new connection goes on, until its first caption.
        self._next: tuple[int, int, int] | None = None

    def resume(self, next_index: int, begin: int, again: int) -> None:
        """A new connection's first sentence is ``next_index``, its audio begins at ``begin`` ms.

        ``again`` ms of it are sent for a second time.
        """
        self._next = (next_index, begin, again)
        self._recent.clear()

    def take(self, event: Any, pushed: int | None) -> Any | None:
        """The event as it belongs into the stream, or None: it says nothing new.

        ``pushed`` is how many ms of audio there are so far, None if that is not known.
        """
        if not isinstance(event, SentenceBegin | ResultChanged | SentenceEnd | ResultTranslated):
            return event
        if event in self._recent:
            return None
        self._recent.append(event)
        if self._next is not None and not isinstance(event, ResultTranslated):
            self._align(event, pushed)
        return self._kept(self._shifted(event))

    def _align(
        self, event: SentenceBegin | ResultChanged | SentenceEnd, pushed: int | None
    ) -> None:
        assert self._next is not None
        next_index, begin, again = self._next
        self._next = None
        self._index_shift = next_index - event.index
        time = event.begin if isinstance(event, SentenceEnd) else event.time
        if time < begin:
            self._time_shift = begin  # it counts anew
        elif pushed is not None and time > pushed:
            self._time_shift = -again  # it has counted on, and what was sent again twice
        else:
            self._time_shift = 0

    def _shifted(self, event: Any) -> Any:
        index, time = self._index_shift, self._time_shift
        if not index and not time:
            return event
        match event:
            case SentenceBegin() | ResultChanged():
                return replace(event, index=event.index + index, time=event.time + time)
            case SentenceEnd():
                return replace(
                    event,
                    index=event.index + index,
                    begin=event.begin + time,
                    end=event.end + time,
                    stash_begin=None if event.stash_begin is None else event.stash_begin + time,
                )
            case _:
                items = (replace(item, index=item.index + index) for item in event.items)
                return replace(event, items=tuple(items))

    def _kept(self, event: Any) -> Any | None:
        match event:
            case SentenceBegin():
                if self.ended < event.index == self.begun:
                    return None  # it is heard a second time, after a reconnect
                self.begun = max(self.begun, event.index)
            case ResultChanged():
                if event.index <= self.ended:
                    return None  # it came behind its sentence
            case SentenceEnd():
                self.begun = max(self.begun, event.index)
                self.ended = max(self.ended, event.index)
                self.end = max(self.end, event.end)
        return event
