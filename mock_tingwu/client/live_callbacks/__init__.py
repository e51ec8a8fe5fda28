"""The callbacks of ApsaraVideo Live's caption tasks (live-rtc-asr 2), and a server for them.

`LiveCallback` is what one of them says, `check_signature` tells whether it is genuine, and
`LiveCallbackReceiver` takes them over HTTP.
"""

from __future__ import annotations

from .callback import MAX_DEPTH, LiveCallback
from .receiver import (
    GREETING,
    MAX_BODY,
    MAX_CONNECTIONS,
    MAX_WAITING,
    Arrival,
    LiveCallbackReceiver,
)
from .signatures import SignatureCheck, Verdict, check_signature, possible_urls

__all__ = [
    "GREETING",
    "MAX_BODY",
    "MAX_CONNECTIONS",
    "MAX_DEPTH",
    "MAX_WAITING",
    "Arrival",
    "LiveCallback",
    "LiveCallbackReceiver",
    "SignatureCheck",
    "Verdict",
    "check_signature",
    "possible_urls",
]
