"""What is assumed of the rules that clients are held to."""

from __future__ import annotations

from typing import Final

from mock_tingwu.core.provenance.assumption import Assumption, within

ASSUMPTIONS: Final[tuple[Assumption, ...]] = within(
    "violations",
    (
        "time-between-calls",
        "Between two calls as much time has passed as the machine's clock or the scope's shows, "
        "whichever is more.",
        "A client waits in real time, a test moves a virtual clock on; either is waiting.",
    ),
    (
        "audio-on-a-virtual-clock",
        "How fast audio comes is not judged on a virtual clock.",
        "It stands still while a whole meeting is pushed, which is what it is for.",
    ),
    (
        "polling",
        "polling-too-fast is a query of an unfinished offline task of Tingwu less than 60 s after "
        "the one before.",
        "1 to 5 minutes are advised in the guide to offline tasks; of others nothing is said.",
    ),
    (
        "burst",
        "audio-burst is more than 6 s of audio ahead of twice the time that has passed since the "
        "stream began.",
        "The official demo pushes twice as fast as is spoken, the C++ SDK holds back up to 6 s.",
    ),
    (
        "stall",
        "audio-stall is 5 s between two frames.",
        "The Java SDK warns then; the threshold of 41040201 is not documented.",
    ),
    (
        "frame-size",
        "audio-frame-size is a frame of more than 16 KiB.",
        "The most that the C++ SDK takes for one call; 100 ms are advised, browsers send 8 KiB.",
    ),
    (
        "callback-time",
        "A callback of DashScope is late after 5 s as one of Tingwu.",
        "Its page names no time.",
    ),
    (
        "trial-of-an-address",
        "An address that cannot be reached when it is set and tried breaks no rule.",
        "Tests set addresses before anybody listens there.",
    ),
    (
        "never-stopped",
        "A meeting is not ended when it is NEW, ONGOING or PAUSED without a stream at the time of "
        "the question, or when its scope ends.",
        "That nothing else ends it is documented, not by when it has to be done.",
    ),
    (
        "same-meeting",
        "A new task with the AppKey and TaskKey of one that is PAUSED after a broken stream is an "
        "attempt to reconnect.",
        "Nothing else tells that two tasks are meant to be one meeting.",
    ),
)
