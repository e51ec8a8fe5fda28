"""What the documents say of a realtime task and its connections, as a small model of its own.

Nothing of the mock's tables is used here (docs/realtime.md, tingwu-openapi 2, realtime-ws 7).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tests.attacks.stage import DAY_MS

IDLE_MS: Final = 10_000
#: The small delays of real time, in ms.
STARTED_MS, COMPLETED_MS, LINGER_MS = 50, 20, 1_000
STREAMING: Final = ("STARTING", "WORKING", "STOPPING")
#: The order in which a task's results appear.
KINDS: Final = ("Transcription", "Translation", "AutoChapters", "Summarization", "TextPolish")


@dataclass
class Meeting:
    """One task. ``created`` and ``due`` are ms of the virtual clock."""

    kinds: tuple[str, ...]
    created: int
    status: str = "NEW"
    ready: list[str] = field(default_factory=list)
    to_make: list[str] = field(default_factory=list)
    due: int | None = None
    moves: list[tuple[str, str]] = field(default_factory=list)
    error: str | None = None
    connections: list[Connection] = field(default_factory=list)

    @property
    def live(self) -> bool:
        return self.status in ("NEW", "ONGOING", "PAUSED")

    @property
    def ended(self) -> bool:
        return self.status in ("COMPLETED", "FAILED")

    @property
    def shown(self) -> str:
        """What the API calls its status."""
        return "ONGOING" if self.status == "FINISHING" else self.status

    def move(self, status: str) -> None:
        if status != self.status:
            self.moves.append((self.status, status))
            self.status = status

    def stop(self, now: int, interval: int) -> None:
        if not self.live:
            return
        for connection in self.connections:
            connection.task_ended()
        if self.kinds == ("Transcription",):
            self.ready.append("Transcription")
            self.move("COMPLETED")
        else:
            self.make(self.kinds, now, interval)

    def make(self, kinds: tuple[str, ...], now: int, interval: int) -> None:
        self.move("FINISHING")
        self.to_make, self.due = list(kinds), now + interval

    def fail(self, code: str, real: int) -> None:
        self.move("FAILED")
        self.error, self.due = code, None
        for connection in self.connections:
            if connection.state != "CLOSED":
                connection.fail(50000000, real)

    def next_due(self) -> int | None:
        times = [self.due] if self.due is not None else []
        if self.live:
            times.append(self.created + DAY_MS)
        return min(times, default=None)

    def fall_due(self, now: int, interval: int) -> None:
        if self.live:
            self.stop(now, interval)
            return
        self.ready.append(self.to_make.pop(0))
        self.due = now + interval
        if not self.to_make:
            self.due = None
            self.move("COMPLETED")


@dataclass
class Connection:
    """One client. ``told`` are the events that are no captions: a name, or a status of failure."""

    meeting: Meeting
    last: int
    state: str = "CONNECTED"
    told: list[str | int] = field(default_factory=list)
    code: int | None = None
    early: bool = False
    #: What it is owed after a small delay, and when (ms of real time).
    owed: tuple[int, str] | None = None
    lingers: int | None = None
    #: What it has been sent was cut off, so that some sentences were not told to anybody.
    broke: bool = False

    # What the client does

    def start(self, real: int) -> None:
        match self.state:
            case "CONNECTED" | "IDLE":
                if any(one.state in STREAMING for one in self.meeting.connections):
                    self.fail(43040001, real)
                else:
                    self.state, self.owed = "STARTING", (real + STARTED_MS, "started")
            case "FAILED":
                self.told.append(40000002)
            case "STARTING" | "WORKING" | "STOPPING":
                self.fail(40010005, real)

    def stop(self, real: int) -> None:
        match self.state:
            case "WORKING":
                self.state, self.owed = "STOPPING", (real + COMPLETED_MS, "completed")
            case "FAILED":
                self.told.append(40000002)
            case "CLOSED":
                pass
            case _:
                self.fail(40010005, real)

    def control(self) -> None:
        if self.state == "FAILED":
            self.told.append(40000002)

    def senseless(self, status: int, real: int) -> None:
        if self.state != "CLOSED":
            self.fail(status, real)

    def audio(self, data: bytes, real: int) -> None:
        match self.state:
            case "CONNECTED":
                self.fail(40000002, real)
            case "STARTING":
                self.early = self.early or bool(data)
            case "WORKING" if data:
                self.meeting.move("ONGOING")

    def leave(self) -> None:
        streaming = self.state in STREAMING
        self.state, self.owed, self.lingers = "CLOSED", None, None
        if streaming:
            self._stream_broke()

    # What happens on the server's side

    def real_time_is(self, now: int) -> None:
        if self.owed is not None and self.owed[0] <= now:
            what, self.owed = self.owed[1], None
            if what == "started":
                self.state = "WORKING"
                self.told.append("TranscriptionStarted")
                self._hear_early()
            else:
                self.state = "IDLE"
                self.told.append("TranscriptionCompleted")
                self._stream_over()
        if self.lingers is not None and self.lingers <= now:
            self.lingers = None
            if self.state == "FAILED":
                self.state, self.code = "CLOSED", 1000

    @property
    def deadline(self) -> int | None:
        return self.last + IDLE_MS if self.state in ("CONNECTED", "WORKING", "IDLE") else None

    def time_out(self) -> None:
        streaming = self.state in STREAMING
        self.told.append(40000004)
        self.state, self.code = "CLOSED", 1000
        if streaming:
            self._stream_broke()

    def task_ended(self) -> None:
        if self.state == "CLOSED":
            return
        if self.state in ("WORKING", "STOPPING"):
            self.told.append("TranscriptionCompleted")
        if self.state == "STARTING":
            self._hear_early()
        self.state, self.code, self.owed = "CLOSED", 1000, None

    def fail(self, status: int, real: int) -> None:
        streaming = self.state in STREAMING
        self.told.append(status)
        if self.state != "FAILED":
            self.state, self.owed, self.early = "FAILED", None, False
            self.lingers = real + LINGER_MS
        if streaming:
            self._stream_broke()

    def _hear_early(self) -> None:
        if self.early:
            self.meeting.move("ONGOING")
        self.early = False

    def _stream_broke(self) -> None:
        self.broke = True
        self._hear_early()
        self._stream_over()

    def _stream_over(self) -> None:
        if self.meeting.status == "ONGOING":
            self.meeting.move("PAUSED")
