"""What the documents say of a DashScope meeting and of duplex connections, as a small model.

Nothing of the mock's tables is used here (docs/dashscope.md, dashscope-tingwu 3 to 5,
realtime-ws 8).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tests.attacks.stage import DAY_MS

INTERVAL_MS: Final = 1_000
IDLE_MS: Final = 10_000
LISTEN_MS, END_MS = 50, 20
STREAMING: Final = ("STARTING", "HASTY", "LISTENING", "FINISHING")
SEQUENCE: Final = "Agent.FrameSequenceIllegal"
#: Two ids: one is the running task's, the other somebody else's.
TASK, OTHER = "0123456789abcdef", "fedcba9876543210"


@dataclass
class Meeting:
    created: int
    kinds: tuple[str, ...]
    status: str = "NEW"
    ready: list[str] = field(default_factory=list)
    due: int | None = None
    moves: list[tuple[str, str]] = field(default_factory=list)

    @property
    def live(self) -> bool:
        return self.status in ("NEW", "ONGOING", "PAUSED")

    def move(self, status: str) -> None:
        if status != self.status:
            self.moves.append((self.status, status))
            self.status = status

    def time_is(self, now: int) -> None:
        while self.due is not None and self.due <= now:
            self.ready.append(self.kinds[len(self.ready)])
            self.due += INTERVAL_MS
            if len(self.ready) == len(self.kinds):
                self.due = None
                self.move("COMPLETED")


@dataclass
class Connection:
    """``told`` are the events that are no captions: a name, or the code of a failure."""

    last: int
    state: str = "CONNECTED"
    meeting: Meeting | None = None
    told: list[str] = field(default_factory=list)
    code: int | None = None
    early: bool = False
    owed: int | None = None

    def run(self, meeting: Meeting, others: list[Connection], now: int, real: int) -> None:
        if self.state == "CLOSED":
            return
        if self.state not in ("CONNECTED", "IDLE"):
            self.fail(SEQUENCE)
            return
        self.told.append("task-started")
        if not meeting.live or meeting.created + DAY_MS <= now:
            self.fail("Agent.InputInvalidDataId")
        elif any(one.meeting is meeting and one.state in STREAMING for one in others):
            self.fail(SEQUENCE)
        else:
            self.state, self.meeting, self.owed = "STARTING", meeting, real + LISTEN_MS

    def finish(self, task_id: str, real: int) -> None:
        if self.state == "CLOSED":
            return
        if self.state not in ("STARTING", "LISTENING") or task_id != TASK:
            self.fail(SEQUENCE)
        elif self.state == "STARTING":
            self.state = "HASTY"
        else:
            self.state, self.owed = "FINISHING", real + END_MS

    def audio(self, data: bytes) -> None:
        if self.state == "CONNECTED":
            self.fail(SEQUENCE)
        elif self.state in ("STARTING", "HASTY"):
            self.early = self.early or bool(data)
        elif self.state == "LISTENING" and data and self.meeting:
            self.meeting.move("ONGOING")

    def real_time_is(self, now: int) -> None:
        while self.owed is not None and self.owed <= now:
            if self.state == "FINISHING":
                self.told += ["speech-end", "task-finished"]
                self.owed, self.state = None, "IDLE"
                self.stream_over()
                continue
            self.told.append("speech-listen")
            self.hear_early()
            hasty = self.state == "HASTY"
            self.owed = self.owed + END_MS if hasty else None
            self.state = "FINISHING" if hasty else "LISTENING"

    @property
    def deadline(self) -> int | None:
        return self.last + IDLE_MS if self.state in ("CONNECTED", "LISTENING", "IDLE") else None

    def fail(self, code: str) -> None:
        if self.state != "CLOSED":
            self.told.append(code)
            self.close(1000)

    def close(self, code: int | None) -> None:
        """The end of the connection, whatever is going on on it."""
        streaming = self.state in STREAMING
        self.state, self.code, self.owed = "CLOSED", code, None
        if streaming:
            self.hear_early()
            self.stream_over()

    def meeting_ended(self) -> None:
        if self.state not in STREAMING:
            return
        self.hear_early()
        self.told += ["speech-end", "task-finished"]
        self.owed = None
        if self.state in ("STARTING", "LISTENING"):
            self.state, self.code = "CLOSED", 1000
        else:
            self.state = "IDLE"

    def hear_early(self) -> None:
        if self.early and self.meeting and self.meeting.live:
            self.meeting.move("ONGOING")
        self.early = False

    def stream_over(self) -> None:
        if self.meeting and self.meeting.status == "ONGOING":
            self.meeting.move("PAUSED")
