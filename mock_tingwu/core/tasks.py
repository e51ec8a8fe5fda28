"""The lives of tasks: realtime, offline, and captions of a live stream."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from mock_tingwu.core.lifecycle import Lifecycle

#: Between two results that appear one after the other, in ms. The cloud takes seconds to minutes.
RESULT_INTERVAL_MS: Final = 250


class Status(Enum):
    """Where a task stands (tingwu-openapi 2.3)."""

    NEW = auto()
    ONGOING = auto()
    PAUSED = auto()
    #: The audio is over and results are being made.
    FINISHING = auto()
    COMPLETED = auto()
    FAILED = auto()
    #: What the API answers for a TaskId that it does not know.
    INVALID = auto()

    @property
    def wire(self) -> str:
        """The TaskStatus that the API shows: it calls post-processing ONGOING as well."""
        return "ONGOING" if self is Status.FINISHING else self._name_


class TaskEvent(Enum):
    """What moves a task on."""

    AUDIO = auto()
    STREAM_ENDED = auto()
    #: The API's stop, with recognition alone asked for.
    STOP = auto()
    #: The API's stop, with anything else still to be made.
    STOP_AND_PROCESS = auto()
    #: The recording of an offline task has been read and recognised.
    HEARD = auto()
    RESULTS_READY = auto()
    #: CreateTask with the TaskId of a finished task: make other results of what was heard.
    RERUN = auto()
    #: The stream of a live task was away for too long (live-rtc-asr 1.1, AutoTerminateEnabled).
    AUTO_TERMINATE = auto()
    FAIL = auto()


NEW, ONGOING, PAUSED, FINISHING = Status.NEW, Status.ONGOING, Status.PAUSED, Status.FINISHING
COMPLETED, FAILED, INVALID = Status.COMPLETED, Status.FAILED, Status.INVALID

REALTIME_TASK: Final = Lifecycle(
    "realtime task",
    NEW,
    {
        (NEW, TaskEvent.AUDIO): ONGOING,
        (NEW, TaskEvent.STREAM_ENDED): NEW,
        (NEW, TaskEvent.STOP): COMPLETED,
        (NEW, TaskEvent.STOP_AND_PROCESS): FINISHING,
        (NEW, TaskEvent.FAIL): FAILED,
        (ONGOING, TaskEvent.AUDIO): ONGOING,
        (ONGOING, TaskEvent.STREAM_ENDED): PAUSED,
        (ONGOING, TaskEvent.STOP): COMPLETED,
        (ONGOING, TaskEvent.STOP_AND_PROCESS): FINISHING,
        (ONGOING, TaskEvent.FAIL): FAILED,
        (PAUSED, TaskEvent.AUDIO): ONGOING,
        (PAUSED, TaskEvent.STREAM_ENDED): PAUSED,
        (PAUSED, TaskEvent.STOP): COMPLETED,
        (PAUSED, TaskEvent.STOP_AND_PROCESS): FINISHING,
        (PAUSED, TaskEvent.FAIL): FAILED,
        (FINISHING, TaskEvent.RESULTS_READY): COMPLETED,
        (FINISHING, TaskEvent.FAIL): FAILED,
        (COMPLETED, TaskEvent.RERUN): FINISHING,
    },
    source="tingwu-openapi 2.1 (the second run) and 2.3",
    assumed={
        (NEW, TaskEvent.STREAM_ENDED): "a stream without audio leaves no trace in the status",
        (PAUSED, TaskEvent.STREAM_ENDED): "as for NEW: a resumed stream without audio",
        (PAUSED, TaskEvent.AUDIO): "clients that pause and go on rely on it",
        (NEW, TaskEvent.FAIL): "a task may fail for reasons that are not the stream's",
        (ONGOING, TaskEvent.FAIL): "a task may fail for reasons that are not the stream's",
        (PAUSED, TaskEvent.FAIL): "a task may fail for reasons that are not the stream's",
        (COMPLETED, TaskEvent.RERUN): "a second run is documented, its status on the way is not",
    },
    ends=frozenset({COMPLETED}),
)

OFFLINE_TASK: Final = Lifecycle(
    "offline task",
    ONGOING,
    {
        (ONGOING, TaskEvent.HEARD): FINISHING,
        (ONGOING, TaskEvent.FAIL): FAILED,
        (FINISHING, TaskEvent.RESULTS_READY): COMPLETED,
        (FINISHING, TaskEvent.FAIL): FAILED,
        (COMPLETED, TaskEvent.RERUN): FINISHING,
    },
    source="tingwu-openapi 2.1",
    assumed={
        (COMPLETED, TaskEvent.RERUN): "a second run is documented, its status on the way is not",
    },
    ends=frozenset({COMPLETED}),
)

LIVE_TASK: Final = Lifecycle(
    "live ASR task",
    NEW,
    {
        (NEW, TaskEvent.AUDIO): ONGOING,
        (NEW, TaskEvent.STREAM_ENDED): PAUSED,
        (NEW, TaskEvent.STOP): COMPLETED,
        (NEW, TaskEvent.FAIL): FAILED,
        (ONGOING, TaskEvent.AUDIO): ONGOING,
        (ONGOING, TaskEvent.STREAM_ENDED): PAUSED,
        (ONGOING, TaskEvent.STOP): COMPLETED,
        (ONGOING, TaskEvent.FAIL): FAILED,
        (PAUSED, TaskEvent.AUDIO): ONGOING,
        (PAUSED, TaskEvent.STREAM_ENDED): PAUSED,
        (PAUSED, TaskEvent.AUTO_TERMINATE): COMPLETED,
        (PAUSED, TaskEvent.STOP): COMPLETED,
        (PAUSED, TaskEvent.FAIL): FAILED,
    },
    source="live-rtc-asr 1.1 and 1.2",
    assumed={
        (NEW, TaskEvent.STREAM_ENDED): "a stream that is not there is an interrupted one",
        (NEW, TaskEvent.STOP): "whoever has started a task can stop it",
        (NEW, TaskEvent.FAIL): "for tests: no page tells of tasks that fail",
        (ONGOING, TaskEvent.FAIL): "for tests: no page tells of tasks that fail",
        (PAUSED, TaskEvent.AUDIO): "a stream that comes back in time goes on",
        (PAUSED, TaskEvent.STREAM_ENDED): "a further attempt to pull it fails as well",
        (PAUSED, TaskEvent.FAIL): "for tests: no page tells of tasks that fail",
    },
)
