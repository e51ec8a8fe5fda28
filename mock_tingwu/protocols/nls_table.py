"""What a SpeechTranscriber session does when: its states, its table and its refusals.

Everything that affects the state of a session is in this file (realtime-ws 7).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from mock_tingwu.core import errors
from mock_tingwu.core.errors import SessionError
from mock_tingwu.core.lifecycle import Lifecycle


class State(Enum):
    """Where a session stands (realtime-ws 7)."""

    CONNECTED = auto()
    STARTING = auto()
    WORKING = auto()
    STOPPING = auto()
    IDLE = auto()
    FAILED = auto()
    CLOSED = auto()


class Input(Enum):
    """What a session reacts to: the client's first, then the server's own."""

    START = auto()
    STOP = auto()
    CONTROL = auto()
    AUDIO = auto()
    STARTED = auto()
    COMPLETED = auto()
    TASK_ENDED = auto()
    ERROR = auto()
    TIMEOUT = auto()
    LINGERED = auto()
    DISCONNECT = auto()


CONNECTED, STARTING, WORKING, STOPPING = (
    State.CONNECTED,
    State.STARTING,
    State.WORKING,
    State.STOPPING,
)
IDLE, FAILED, CLOSED = State.IDLE, State.FAILED, State.CLOSED

SESSION: Final = Lifecycle(
    "NLS session",
    CONNECTED,
    {
        (CONNECTED, Input.START): STARTING,
        (CONNECTED, Input.CONTROL): CONNECTED,
        (CONNECTED, Input.TASK_ENDED): CLOSED,
        (CONNECTED, Input.ERROR): FAILED,
        (CONNECTED, Input.TIMEOUT): CLOSED,
        (CONNECTED, Input.DISCONNECT): CLOSED,
        (STARTING, Input.CONTROL): STARTING,
        (STARTING, Input.AUDIO): STARTING,
        (STARTING, Input.STARTED): WORKING,
        (STARTING, Input.TASK_ENDED): CLOSED,
        (STARTING, Input.ERROR): FAILED,
        (STARTING, Input.DISCONNECT): CLOSED,
        (WORKING, Input.STOP): STOPPING,
        (WORKING, Input.CONTROL): WORKING,
        (WORKING, Input.AUDIO): WORKING,
        (WORKING, Input.TASK_ENDED): CLOSED,
        (WORKING, Input.ERROR): FAILED,
        (WORKING, Input.TIMEOUT): CLOSED,
        (WORKING, Input.DISCONNECT): CLOSED,
        (STOPPING, Input.CONTROL): STOPPING,
        (STOPPING, Input.AUDIO): STOPPING,
        (STOPPING, Input.COMPLETED): IDLE,
        (STOPPING, Input.TASK_ENDED): CLOSED,
        (STOPPING, Input.ERROR): FAILED,
        (STOPPING, Input.DISCONNECT): CLOSED,
        (IDLE, Input.START): STARTING,
        (IDLE, Input.CONTROL): IDLE,
        (IDLE, Input.AUDIO): IDLE,
        (IDLE, Input.TASK_ENDED): CLOSED,
        (IDLE, Input.ERROR): FAILED,
        (IDLE, Input.TIMEOUT): CLOSED,
        (IDLE, Input.DISCONNECT): CLOSED,
        (FAILED, Input.AUDIO): FAILED,
        (FAILED, Input.ERROR): FAILED,
        (FAILED, Input.TASK_ENDED): CLOSED,
        (FAILED, Input.LINGERED): CLOSED,
        (FAILED, Input.DISCONNECT): CLOSED,
    },
    source="realtime-ws 7",
    assumed={
        (STARTING, Input.AUDIO): "browser pages do not wait for TranscriptionStarted",
        (STOPPING, Input.AUDIO): "audio that was under way when the client stopped",
        (IDLE, Input.AUDIO): "audio that was under way when the client stopped",
        (IDLE, Input.TIMEOUT): "the idle rule, on a socket kept open for another stream",
        (FAILED, Input.AUDIO): "audio that was under way when the session failed",
        (FAILED, Input.LINGERED): "sources say that the server disconnects, not when",
        **{
            (state, Input.CONTROL): "no source shows an effect or an answer"
            for state in (CONNECTED, STARTING, WORKING, STOPPING, IDLE)
        },
        **{
            (state, Input.TASK_ENDED): "what a stop through the API does to open sockets is unknown"
            for state in (CONNECTED, STARTING, WORKING, STOPPING, IDLE, FAILED)
        },
    },
)

_OUT_OF_STATE = errors.MESSAGE_INVALID_IN_STATE
#: What the client hears when it does something that the table does not have.
REFUSALS: Final[Mapping[tuple[State, Input], SessionError]] = {
    (CONNECTED, Input.AUDIO): _OUT_OF_STATE.about("CONNECTED"),
    (CONNECTED, Input.STOP): errors.NOT_WORKING,
    (STARTING, Input.START): errors.START_AGAIN.about("starting"),
    (STARTING, Input.STOP): errors.NOT_WORKING,
    (WORKING, Input.START): errors.START_AGAIN.about("working"),
    (STOPPING, Input.START): errors.START_AGAIN.about("stopping"),
    (STOPPING, Input.STOP): errors.STOP_WHILE_STOPPING,
    (IDLE, Input.STOP): errors.NOT_WORKING,
    (FAILED, Input.START): _OUT_OF_STATE.about("FAILED"),
    (FAILED, Input.STOP): _OUT_OF_STATE.about("FAILED"),
    (FAILED, Input.CONTROL): _OUT_OF_STATE.about("FAILED"),
}

_BEFORE = "audio-before-started"
_AFTER = "audio-after-stop"
_START = "start-out-of-order"
_STOP = "stop-out-of-order"
_FAILED = "command-after-failure"
#: Which rule (`mock_tingwu.core.violations`) the client breaks by doing something in a state; what
#: is not here is right.
OFFENCES: Final[Mapping[tuple[State, Input], str]] = {
    (CONNECTED, Input.AUDIO): _BEFORE,
    (STARTING, Input.AUDIO): _BEFORE,
    (STOPPING, Input.AUDIO): _AFTER,
    (IDLE, Input.AUDIO): _AFTER,
    (STARTING, Input.START): _START,
    (WORKING, Input.START): _START,
    (STOPPING, Input.START): _START,
    (CONNECTED, Input.STOP): _STOP,
    (STARTING, Input.STOP): _STOP,
    (STOPPING, Input.STOP): _STOP,
    (IDLE, Input.STOP): _STOP,
    (FAILED, Input.START): _FAILED,
    (FAILED, Input.STOP): _FAILED,
    (FAILED, Input.CONTROL): _FAILED,
    # When the client closes; the server may as well.
    (STARTING, Input.DISCONNECT): "close-without-stop",
    (WORKING, Input.DISCONNECT): "close-without-stop",
    (STOPPING, Input.DISCONNECT): "close-before-completed",
    (CONNECTED, Input.TIMEOUT): "idle-timeout",
    (WORKING, Input.TIMEOUT): "idle-timeout",
}

COMMANDS: Final = {
    "StartTranscription": Input.START,
    "StopTranscription": Input.STOP,
    # Two SDKs each spell the runtime parameter change differently (realtime-ws 2.4).
    "ControlTranscriber": Input.CONTROL,
    "ControlTranscription": Input.CONTROL,
}
