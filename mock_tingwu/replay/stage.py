"""What recording and replaying have in common: who does something, and what is seen of it.

Whatever a server does is the consequence of something that came from outside. That has a number,
the ``seq`` of its record; a task that is made meanwhile, say to send a callback, is called ``17.1``
after it, and one that this makes ``17.1.1``. So what is done in the background has the same name
whenever the same is done in the same order.
"""

from __future__ import annotations

import asyncio
import hashlib
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final
from weakref import WeakKeyDictionary

from starlette.types import Message

from mock_tingwu.core.delivery import Delivery
from mock_tingwu.core.journal import MAX_BODY_BYTES, Entry
from mock_tingwu.core.masking import Masker
from mock_tingwu.protocols.signing import asr_sig
from mock_tingwu.services.connection import Connection
from mock_tingwu.services.outside import Outside

#: An answer in text that is longer is compared unmasked, in bytes: it is none of the mock's.
_LONGEST_TEXT: Final = 64 * 1024 * 1024
#: These hang on when a file was written, or on secrets in the text.
_NOT_COMPARED: Final = {True: (b"etag", b"content-length"), False: (b"etag", b"last-modified")}
_TEXTS: Final = (b"json", b"xml", b"text/")

#: Encoders that work in several threads do not make the same bytes every time.
_NEVER_THE_SAME: Final = b"video/mp4"

#: What tells how far a thread has read in a recording; what tells of this machine's process.
_OF_THE_MOMENT: Final = ("/_mock/tasks", "/_mock/metrics")

#: Set while somebody else's server is spoken to: the tasks of that are none of the mock's.
BEYOND: Final[ContextVar[bool]] = ContextVar("mock_tingwu.replay.beyond", default=False)


class Stage(Outside):
    """One server that is recorded or replayed. ``masked`` takes secrets out of what is seen."""

    def __init__(self, masked: Masker) -> None:
        self._masked = masked
        self._entry: str | Callable[[], str] | None = None
        self._names: WeakKeyDictionary[asyncio.Task[Any], str] = WeakKeyDictionary()
        self._children: Counter[str] = Counter()
        self._timers: Counter[str] = Counter()

    # Who

    @property
    def context(self) -> str:
        """The name of what is going on, "" for what nobody knows of."""
        if self._entry is not None:
            if not isinstance(self._entry, str):
                self._entry = self._entry()
            return self._entry
        try:
            task = asyncio.current_task()
        except RuntimeError:
            return ""  # another thread, or before the start
        return "" if task is None else self._names.get(task, "")

    @contextmanager
    def entered(self, name: str | Callable[[], str]) -> Iterator[None]:
        """Do something at once that is called so; a function makes the name when it is needed."""
        before, self._entry = self._entry, name
        try:
            yield
        finally:
            self._entry = before

    def call_this_task(self, name: str) -> None:
        """Let what the present task does be called so."""
        task = asyncio.current_task()
        assert task is not None
        self._names[task] = name

    def new_task(
        self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
    ) -> asyncio.Task[Any]:
        """Make a task: the factory of the event loop."""
        parent = "" if BEYOND.get() else self.context
        if not parent:
            return asyncio.Task(coroutine, loop=loop, **options)
        self._children[parent] += 1
        name = f"{parent}.{self._children[parent]}"
        task = asyncio.Task(self.held_back(coroutine, name), loop=loop, **options)
        self._names[task] = name
        return task

    def held_back(self, coroutine: Any, name: str) -> Coroutine[Any, Any, Any]:
        """The coroutine as it is to run."""
        known: Coroutine[Any, Any, Any] = coroutine
        return known

    def new_timer(self) -> str:
        """The name of a timer that is set now."""
        setter = self.context
        self._timers[setter] += 1
        return f"{setter}#{self._timers[setter]}"

    # What is seen

    @abstractmethod
    def out(self, kind: str, by: str | None = None, **seen: Any) -> None:
        """Something came of what is going on, or of ``by``."""

    def note_entry(self, entry: Entry) -> None:
        """Note a journal entry."""
        self.out("journal", entry={name: self._plain(value) for name, value in entry.items()})

    def _plain(self, value: Any) -> Any:
        if isinstance(value, bytes):
            if len(value) > MAX_BODY_BYTES:
                return f"({len(value)} bytes left out, {self.sum(value)})"
            return self._masked(value).decode("utf-8", "replace")
        if isinstance(value, str):
            if len(value) > MAX_BODY_BYTES:
                raw = value.encode("utf-8", "surrogatepass")
                return f"({len(value)} characters left out, {self.sum(raw)})"
            return self._masked(value).encode("utf-8", "replace").decode()
        return value

    def sum(self, raw: bytes) -> str:
        """What stands for a text of the mock's."""
        return hashlib.sha256(self._masked(raw)).hexdigest()

    def shown(self, text: str) -> str:
        """A text without secrets."""
        return self._masked(text)

    def note_post(self, delivery: Delivery) -> None:
        """Note a callback as it is sent."""
        headers = {**delivery.headers, **delivery.sign()}
        if asr_sig.SIGNATURE_HEADER in headers:
            headers[asr_sig.SIGNATURE_HEADER] = "…"  # it hangs on the receiver's secret
        self.out(
            "post",
            url=self.shown(delivery.url),
            headers=headers,
            sum=self.sum(delivery.body),
        )


class Answer:
    """Notes the answer to a request when it is complete or breaks off."""

    def __init__(self, stage: Stage, by: str, method: str = "", path: str = "") -> None:
        self._is_of_the_moment = method == "GET" and path.startswith(_OF_THE_MOMENT)
        self._stage = stage
        self._by = by
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()
        self._sum = hashlib.sha256()
        self._size = 0
        self._is_text = True
        self._is_video = False

    def see(self, message: Message) -> None:
        """Take a message of ASGI that is about to be sent."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = list(message.get("headers", []))
            kind = dict(self._headers).get(b"content-type", b"")
            self._is_text = not kind or any(mark in kind for mark in _TEXTS)
            self._is_video = kind == _NEVER_THE_SAME
        elif message["type"] == "http.response.body":
            body = message.get("body", b"")
            self._size += len(body)
            self._sum.update(body)
            if self._is_text and self._size <= _LONGEST_TEXT:
                self._body += body
            if not message.get("more_body"):
                self._note("answer")

    def broken_off(self, reset: bool) -> None:
        """The connection is closed in the midst of it."""
        self._note("broken", reset=reset)

    def _note(self, kind: str, **fields: Any) -> None:
        whole = self._is_text and self._size <= _LONGEST_TEXT
        headers = [
            [name.decode("latin-1"), self._stage.shown(value.decode("latin-1"))]
            for name, value in self._headers
            if name.lower() not in _NOT_COMPARED[self._is_text]
            and not (self._is_video and name.lower() in (b"content-length", b"content-range"))
        ]
        summed = self._stage.sum(bytes(self._body)) if whole else self._sum.hexdigest()
        self._stage.out(
            kind,
            self._by,
            status=self._status,
            headers=headers,
            sum=None if self._is_video or self._is_of_the_moment else summed,
            **fields,
        )


class Line(Connection):
    """Notes what an endpoint does with its connection."""

    def __init__(self, stage: Stage, of: int, connection: Connection | None) -> None:
        self._stage = stage
        self._of = of
        self._connection = connection

    @property
    def stalled(self) -> bool:
        connection = self._connection
        # How fast a client reads is its own affair.
        return self._stage.judged(bool, lambda: connection is not None and connection.stalled)

    @property
    def is_open(self) -> bool:
        connection = self._connection
        return self._stage.judged(bool, lambda: connection is not None and connection.is_open)

    @property
    def unsent(self) -> int:
        return 0 if self._connection is None else self._connection.unsent

    def send_text(self, data: bytes, cuts: Sequence[int] = ()) -> None:
        stage = self._stage
        stage.out("event", of=self._of, sum=stage.sum(data))
        if self._connection is not None:
            self._connection.send_text(data, cuts)

    def send_in_segments(self, cut: Callable[[bytes], Sequence[bytes]], *, together: bool) -> None:
        # How bytes travel is not compared.
        if self._connection is not None:
            self._connection.send_in_segments(cut, together=together)

    def break_off(self) -> None:
        self._stage.out("break_off", of=self._of)
        if self._connection is not None:
            self._connection.break_off()

    def close(self, code: int, reason: str = "") -> None:
        self._stage.out("close", of=self._of, code=code, reason=self._stage.shown(reason))
        if self._connection is not None:
            self._connection.close(code, reason)

    def cut(self) -> None:
        self._stage.out("cut", of=self._of)
        if self._connection is not None:
            self._connection.cut()


def header_of(headers: Mapping[str, str] | list[tuple[bytes, bytes]], name: str) -> str:
    """The first value of a header, "" without one."""
    if isinstance(headers, Mapping):
        return headers.get(name, "")
    wanted = name.encode()
    found = next((value for key, value in headers if key.lower() == wanted), b"")
    return found.decode("latin-1")
