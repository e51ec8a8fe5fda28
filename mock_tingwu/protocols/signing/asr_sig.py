"""The signature of ApsaraVideo Live's caption callbacks (live-rtc-asr 2).

Two headers go with a callback: SIG-TIME, the time in seconds since the epoch, and ASR-SIG, the
hex MD5 of ``{SIG-TIME}/{CallbackURL}/{AuthKey}``. The URL is the one that the task was created
with, character by character.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

TIME_HEADER: Final = "SIG-TIME"
SIGNATURE_HEADER: Final = "ASR-SIG"


def sign(sig_time: str, callback_url: str, auth_key: str) -> str:
    """The value of ASR-SIG for a value of SIG-TIME."""
    text = f"{sig_time}/{callback_url}/{auth_key}"
    return hashlib.md5(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def verify(signature: str, sig_time: str, callback_url: str, auth_key: str) -> bool:
    """Whether ``signature`` is right, in letters of either case."""
    expected = sign(sig_time, callback_url, auth_key)
    return hmac.compare_digest(expected.encode(), signature.lower().encode("utf-8", "replace"))
