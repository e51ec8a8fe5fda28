"""Whether a callback is genuine (live-rtc-asr 2)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import unquote

from mock_tingwu.protocols.signing import asr_sig

#: How far SIG-TIME may be off before it is called stale, in seconds. The vendor names no limit.
STALE_S: Final = 300.0
#: From here on a time is in ms: 1973 in ms, the year 5138 in seconds.
_MILLISECONDS_FROM: Final = 100_000_000_000


class Verdict(StrEnum):
    """What came of the check of a signature."""

    OK = "ok"
    WRONG = "wrong"
    #: Without SIG-TIME, without ASR-SIG, or without both.
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """``tried`` are the CallbackURLs that were tried, ``callback_url`` is the one that fits.

    ``age_s`` is how far SIG-TIME is behind, in seconds, or ahead when negative; None when it is
    missing or no time.
    """

    verdict: Verdict
    tried: tuple[str, ...] = ()
    callback_url: str = ""
    age_s: float | None = None

    @property
    def stale(self) -> bool:
        """Whether SIG-TIME is so far off that the callback may be a repetition of an old one."""
        return self.age_s is not None and abs(self.age_s) > STALE_S


def check_signature(
    headers: Mapping[str, str],
    callback_url: str | Iterable[str],
    auth_key: str,
    now: float | None = None,
) -> SignatureCheck:
    """Check the signature of a callback.

    Args:
        headers: those of the request, with names in letters of either case.
        callback_url: the CallbackURL exactly as the task was created with, or several that it may
            have been, of which the first that fits counts.
        auth_key: the AuthKey that the task was created with.
        now: the time in seconds since the epoch, the machine's own by default.
    """
    given = {name.lower(): value.strip() for name, value in headers.items()}
    sig_time = given.get(asr_sig.TIME_HEADER.lower(), "")
    signature = given.get(asr_sig.SIGNATURE_HEADER.lower(), "")
    if not sig_time or not signature:
        return SignatureCheck(Verdict.MISSING)
    age = _age(sig_time, time.time() if now is None else now)
    urls = (callback_url,) if isinstance(callback_url, str) else tuple(callback_url)
    for url in urls:
        if asr_sig.verify(signature, sig_time, url, auth_key):
            return SignatureCheck(Verdict.OK, urls, url, age)
    return SignatureCheck(Verdict.WRONG, urls, "", age)


def possible_urls(host: str, target: str) -> tuple[str, ...]:
    """The CallbackURLs that lead to a request for ``target`` with this Host header.

    Whoever sends it has escaped what is not ASCII, and has put a slash where there was no path.
    """
    forms = [target, unquote(target)]
    if target.partition("?")[0] == "/":
        forms += [form[1:] for form in forms]
    urls = (f"{scheme}://{host}{form}" for scheme in ("http", "https") for form in forms)
    return tuple(dict.fromkeys(urls))


def _age(sig_time: str, now: float) -> float | None:
    """How old a value of SIG-TIME is. That it is in seconds no source says: ms will do."""
    if not (sig_time.isascii() and sig_time.isdigit() and len(sig_time) <= 15):
        return None
    number = int(sig_time)
    return now - (number / 1000 if number >= _MILLISECONDS_FROM else number)
