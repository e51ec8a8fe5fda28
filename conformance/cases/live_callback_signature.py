"""Signatures of callbacks: SIG-TIME and ASR-SIG."""

from __future__ import annotations

import hashlib
import time
from typing import Final

from mock_tingwu.conformance import INFO, MUST, Cloud, case
from mock_tingwu.conformance.sources import ASSUMED, LIVE_CREATE

from ._live_tasks import CALLBACK, LISTENS, SPEECH_S
from .live_callback import sentences

_SIGNATURE: Final = LIVE_CREATE("AuthKey, signature of callbacks")
_AUTH_KEY: Final = "conformance-of-captions"


@case(
    "LV-CALLBACK-013",
    "with an AuthKey a callback is signed",
    sends="CreateRtcAsrTask with AuthKey, and speech",
    expects="headers SIG-TIME and ASR-SIG: the MD5 of SIG-TIME/CallbackURL/AuthKey in hex",
    level=MUST,
    source=_SIGNATURE,
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def signed(cloud: Cloud) -> None:
    captions = await sentences(cloud, AuthKey=_AUTH_KEY)
    for caption in captions.so_far:
        _check_signature(cloud, caption.arrived.headers, captions.callback_url)


@case(
    "LV-CALLBACK-014",
    "the signature is made of the whole CallbackURL",
    sends="CreateRtcAsrTask with AuthKey and a query behind CallbackURL",
    expects="ASR-SIG of the URL with its query",
    level=INFO,
    source=ASSUMED("whether the query of the URL is signed"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def query_is_signed(cloud: Cloud) -> None:
    captions = await cloud.live.caption(
        query="room=1&floor=2", AuthKey=_AUTH_KEY, ReportInterval="-1"
    )
    await captions.hear()
    headers = captions.so_far[0].arrived.headers
    _check_signature(cloud, headers, captions.callback_url)


@case(
    "LV-CALLBACK-015",
    "SIG-TIME is the current time in seconds",
    sends="CreateRtcAsrTask with AuthKey, and one sentence",
    expects="SIG-TIME within ten minutes of now",
    level=INFO,
    source=ASSUMED("the unit of SIG-TIME"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def signed_now(cloud: Cloud) -> None:
    captions = await sentences(cloud, AuthKey=_AUTH_KEY)
    stated = captions.so_far[0].arrived.headers.get("sig-time", "")
    cloud.check.matches(stated, r"\d+", "SIG-TIME")
    cloud.check.that(abs(int(stated) - time.time()) < 600, "SIG-TIME in seconds", stated)


@case(
    "LV-CALLBACK-016",
    "ASR-SIG is in small letters",
    sends="CreateRtcAsrTask with AuthKey, one sentence",
    expects="32 hex digits in small letters",
    level=INFO,
    source=ASSUMED("the case of the digest"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def signature_in_small_letters(cloud: Cloud) -> None:
    captions = await sentences(cloud, AuthKey=_AUTH_KEY)
    signature = captions.so_far[0].arrived.headers.get("asr-sig")
    cloud.check.matches(signature, r"[0-9a-f]{32}", "ASR-SIG")


@case(
    "LV-CALLBACK-017",
    "without an AuthKey a callback is not signed",
    sends="CreateRtcAsrTask without AuthKey, and speech",
    expects="neither SIG-TIME nor ASR-SIG",
    level=INFO,
    source=ASSUMED("the headers without an AuthKey"),
    operations=CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def unsigned(cloud: Cloud) -> None:
    headers = (await sentences(cloud)).so_far[0].arrived.headers
    cloud.check.lacks(headers, "sig-time", "asr-sig", what="the callback")


def _check_signature(cloud: Cloud, headers: dict[str, str], url: str) -> None:
    cloud.check.has(headers, "sig-time", "asr-sig", what="the callback")
    text = f"{headers['sig-time']}/{url}/{_AUTH_KEY}"
    expected = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    is_right = headers["asr-sig"].lower() == expected
    cloud.check.that(is_right, "ASR-SIG as the MD5 of SIG-TIME/CallbackURL/AuthKey")
