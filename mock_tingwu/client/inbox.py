"""The events that nobody has read yet, in bounds without losing a final one."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from typing import Any, Final

from mock_tingwu.client.dashscope_events import Ping
from mock_tingwu.client.events import ResultChanged, ResultTranslated, SentenceEnd

#: From so many events on, those that a later one has replaced are dropped.
EVENTS: Final = 256


class Inbox:
    """A queue that never makes anybody wait.

    Waiting for a slow reader would stop the whole connection, also for whoever pushes audio and
    reads only afterwards. So interim results that a later event replaces go once there are
    `EVENTS`; what is final, and what says where sentences begin, stays, however much it is.
    """

    def __init__(self) -> None:
        self._events: deque[Any] = deque()
        self._limit = EVENTS

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: Any) -> None:
        """Add an event."""
        self._events.append(event)
        if len(self._events) >= self._limit:
            self._events = deque(_current(self._events))
            self._events.reverse()
            # What cannot be dropped is not looked through again at each event.
            self._limit = max(EVENTS, 2 * len(self._events))

    def take(self) -> Any:
        """The oldest event. Raises IndexError when there is none."""
        return self._events.popleft()


def _current(events: deque[Any]) -> Iterator[Any]:
    """From the newest to the oldest, without those that a newer one replaces."""
    seen: set[Hashable] = set()
    for event in reversed(events):
        subject, final = _subject(event)
        if final or subject is None or subject not in seen:
            yield event
        seen.add(subject)


def _subject(event: Any) -> tuple[Hashable, bool]:
    """What an event is about, None where no other can replace it, and whether it is final."""
    match event:
        case ResultChanged():
            return ("said", event.index), False
        case SentenceEnd():
            return ("said", event.index), True
        case ResultTranslated(items=(first, *_)):
            about = ("translated", event.target_language, first.index)
            return about, any(item.final for item in event.items)
        case Ping():
            return "ping", False
        case _:
            return None, True
