"""What a duplex session of DashScope does when: its states, its table and its refusals.

Everything that affects the state of a session is in this file (realtime-ws 8.5).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from mock_tingwu.core.lifecycle import Lifecycle


class State(Enum):
    """Where a session stands."""

    CONNECTED = auto()
    #: run-task has come, speech-listen has not been sent.
    STARTING = auto()
    #: finish-task has come before speech-listen was sent.
    HASTY = auto()
    LISTENING = auto()
    #: finish-task has come, speech-end has not been sent.
    FINISHING = auto()
    #: A task is over; the connection may run another one.
    IDLE = auto()
    CLOSED = auto()


class Input(Enum):
    """What a session reacts to: the client's first, then the server's own."""

    RUN_TASK = auto()
    FINISH_TASK = auto()
    AUDIO = auto()
    LISTEN = auto()
    SPEECH_END = auto()
    MEETING_ENDED = auto()
    SHUTDOWN = auto()
    ERROR = auto()
    TIMEOUT = auto()
    DISCONNECT = auto()


CONNECTED, STARTING, HASTY = State.CONNECTED, State.STARTING, State.HASTY
LISTENING, FINISHING = State.LISTENING, State.FINISHING
IDLE, CLOSED = State.IDLE, State.CLOSED

_RUNNING = (STARTING, HASTY, LISTENING, FINISHING)
_OPEN = (CONNECTED, *_RUNNING, IDLE)
_UNDISTURBED = "what the end of a meeting through createTask does to open sockets is unknown"

SESSION: Final = Lifecycle(
    "DashScope duplex session",
    CONNECTED,
    {
        (CONNECTED, Input.RUN_TASK): STARTING,
        (CONNECTED, Input.TIMEOUT): CLOSED,
        (STARTING, Input.FINISH_TASK): HASTY,
        (STARTING, Input.AUDIO): STARTING,
        (STARTING, Input.LISTEN): LISTENING,
        (HASTY, Input.AUDIO): HASTY,
        (HASTY, Input.LISTEN): FINISHING,
        (LISTENING, Input.FINISH_TASK): FINISHING,
        (LISTENING, Input.AUDIO): LISTENING,
        (LISTENING, Input.TIMEOUT): CLOSED,
        (FINISHING, Input.AUDIO): FINISHING,
        (FINISHING, Input.SPEECH_END): IDLE,
        (IDLE, Input.RUN_TASK): STARTING,
        (IDLE, Input.AUDIO): IDLE,
        (IDLE, Input.TIMEOUT): CLOSED,
        (STARTING, Input.MEETING_ENDED): CLOSED,
        (LISTENING, Input.MEETING_ENDED): CLOSED,
        # Whoever has finished may begin the next meeting over the same connection.
        (HASTY, Input.MEETING_ENDED): IDLE,
        (FINISHING, Input.MEETING_ENDED): IDLE,
        (IDLE, Input.MEETING_ENDED): IDLE,
        **{(state, Input.SHUTDOWN): CLOSED for state in _OPEN},
        **{(state, Input.ERROR): CLOSED for state in _OPEN},
        **{(state, Input.DISCONNECT): CLOSED for state in _OPEN},
    },
    source="realtime-ws 8.5",
    assumed={
        (STARTING, Input.FINISH_TASK): "a client that changes its mind gets both events",
        (STARTING, Input.AUDIO): "the v2 SDK's sample does not wait for speech-listen",
        (HASTY, Input.AUDIO): "the v2 SDK's sample does not wait for speech-listen",
        (FINISHING, Input.AUDIO): "audio that was under way when the client finished",
        (IDLE, Input.AUDIO): "audio that was under way when the client finished",
        (IDLE, Input.RUN_TASK): "the v2 SDK runs one task after another on a connection",
        **{(state, Input.MEETING_ENDED): _UNDISTURBED for state in (*_RUNNING, IDLE)},
        **{(state, Input.SHUTDOWN): "the mock forgets everything" for state in _OPEN},
    },
)
#: Whatever else a client does is answered with Agent.FrameSequenceIllegal.
