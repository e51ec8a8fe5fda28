"""Where a stream of audio stands, and what makes what of it (realtime-ws 1.5 and 7).

Everything that affects the state of a stream is in this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final


class State(Enum):
    """Where a stream stands."""

    CONNECTING = auto()  # there is no connection yet
    STARTING = auto()  # the service was asked to start
    CATCHING_UP = auto()  # it has started, and hears again what was lost
    RUNNING = auto()  # it takes audio
    PAUSING = auto()  # it was asked to stop, for now
    PAUSED = auto()  # it has, and there is no connection
    STOPPING = auto()  # it was asked to stop, for good
    BROKEN = auto()  # the connection is gone, another one is to be tried
    ENDED = auto()  # complete, failed or closed


class Input(Enum):
    """What a stream reacts to."""

    CONNECTED = auto()
    STARTED = auto()
    CAUGHT_UP = auto()
    PAUSE = auto()
    RESUME = auto()
    STOP = auto()
    COMPLETED = auto()
    TIMEOUT = auto()
    LOST = auto()
    RETRY = auto()
    GIVE_UP = auto()
    CLOSE = auto()


_S, _I = State, Input
#: What is not here cannot happen, or has no effect.
TABLE: Final[Mapping[tuple[State, Input], State]] = {
    (_S.CONNECTING, _I.CONNECTED): _S.STARTING,
    (_S.CONNECTING, _I.LOST): _S.BROKEN,
    (_S.STARTING, _I.STARTED): _S.CATCHING_UP,
    (_S.STARTING, _I.COMPLETED): _S.ENDED,
    (_S.STARTING, _I.LOST): _S.BROKEN,
    (_S.CATCHING_UP, _I.CAUGHT_UP): _S.RUNNING,
    # Without our stop, the task was stopped by somebody through the API.
    (_S.CATCHING_UP, _I.COMPLETED): _S.ENDED,
    (_S.CATCHING_UP, _I.LOST): _S.BROKEN,
    (_S.RUNNING, _I.PAUSE): _S.PAUSING,
    (_S.RUNNING, _I.STOP): _S.STOPPING,
    (_S.RUNNING, _I.COMPLETED): _S.ENDED,
    (_S.RUNNING, _I.LOST): _S.BROKEN,
    (_S.PAUSING, _I.COMPLETED): _S.PAUSED,
    (_S.PAUSING, _I.STOP): _S.STOPPING,
    (_S.PAUSING, _I.TIMEOUT): _S.ENDED,
    (_S.PAUSING, _I.LOST): _S.BROKEN,
    (_S.PAUSED, _I.RESUME): _S.CONNECTING,
    (_S.PAUSED, _I.STOP): _S.ENDED,
    (_S.STOPPING, _I.COMPLETED): _S.ENDED,
    (_S.STOPPING, _I.TIMEOUT): _S.ENDED,
    (_S.STOPPING, _I.LOST): _S.BROKEN,
    (_S.BROKEN, _I.RETRY): _S.CONNECTING,
    (_S.BROKEN, _I.GIVE_UP): _S.ENDED,
    **{(state, _I.CLOSE): _S.ENDED for state in State},
}
#: Where there is a connection on which messages come.
CONNECTED: Final = frozenset(state for state, happened in TABLE if happened is _I.COMPLETED)
