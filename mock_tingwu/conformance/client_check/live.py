"""Situations of ApsaraVideo Live's caption tasks and their callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mock_tingwu.conformance.client_check.situation import Expectation, Kind, Situation, rule

_CREATE: Final = {"service": "live", "operation": "CreateRtcAsrTask"}
_STOP: Final = {"service": "live", "operation": "StopRtcAsrTask"}
_SENTENCE: Final = {"service": "live", "event": "SentenceEnd"}
_NETWORK: Final = "what networks do"

_GOOD: Final = {
    Expectation.CARRY_ON: "makes the call again, and loses nothing",
    Expectation.TELL: "ends with an error that says why",
    Expectation.EITHER: "goes on, or gives up and says why",
}


def _live(
    number: str,
    title: str,
    does: str,
    advice: str,
    source: str,
    *rules: Mapping[str, Any],
    expects: Expectation = Expectation.CARRY_ON,
    **more: Any,
) -> Situation:
    given: dict[str, Any] = {
        "good": _GOOD[expects],
        "fault": "hangs, crashes, or ends as if all were well without what it came for",
        "expects": expects,
    }
    return Situation(
        id=f"CC-LIVE-{number}",
        title=title,
        kind=Kind.LIVE,
        does=does,
        advice=advice,
        source=source,
        rules=rules,
        **{**given, **more},
    )


def _callback(number: str, title: str, does: str, advice: str, *rules: Mapping[str, Any]) -> Any:
    return _live(
        number,
        title,
        does,
        advice,
        "live-rtc-asr 2",
        *rules,
        good="goes on as usual",
        fault="hangs or crashes",
        # Captions come as they please here.
        compared=(),
    )


SITUATIONS: Final = (
    _live(
        "001",
        "another RetCode than 2000",
        "every CreateRtcAsrTask is answered with HTTP 200 and RetCode 4001",
        "Look at RetCode in every answer: no SDK does, and only 2000 is a success.",
        "live-rtc-asr 1.2",
        rule("ret_code", _CREATE, code=4001, description="no such stream"),
        expects=Expectation.TELL,
        named=("4001", "no such stream"),
    ),
    _live(
        "002",
        "throttled",
        "one CreateRtcAsrTask is refused with Throttling.User",
        "What is throttled was not done: wait and make the call again.",
        "live-rtc-asr 1",
        rule("throttle", _CREATE, 1, retry_after=300),
    ),
    _live(
        "003",
        "the signature is refused",
        "every CreateRtcAsrTask is refused with SignatureDoesNotMatch",
        "A wrong signature stays wrong: say so and end.",
        "live-rtc-asr 3",
        rule("api_error", _CREATE, code="SignatureDoesNotMatch"),
        expects=Expectation.TELL,
        # One SDK has a name of its own for it.
        named=("SignatureDoesNotMatch", "InvalidAccessKeySecret"),
    ),
    _live(
        "004",
        "the service is not available",
        "one CreateRtcAsrTask is refused with 503 ServiceUnavailable",
        "Make a call again that is answered with 5xx, once at least.",
        "live-rtc-asr 1",
        rule("api_error", _CREATE, 1, code="ServiceUnavailable"),
    ),
    _live(
        "005",
        "a task that is gone when it is stopped",
        "every StopRtcAsrTask is refused with ConfigNotFound",
        "A task that cannot be stopped because it is gone needs no stop.",
        "live-rtc-asr 1.2",
        rule("api_error", _STOP, code="ConfigNotFound"),
        expects=Expectation.EITHER,
        compared=(),
    ),
    _live(
        "006",
        "an answer that is no JSON",
        "the first StopRtcAsrTask is answered with half a body as if it were the whole",
        "Catch what the parser raises, and look with a Query whether it was done.",
        _NETWORK,
        rule("malformed_json", _STOP, 1),
        expects=Expectation.EITHER,
        compared=(),
    ),
    _live(
        "007",
        "answers and callbacks written in another way",
        "keys in another order and unknown fields in every answer and callback",
        "Read the members that you know by their names and ignore the others.",
        "RFC 8259 section 4",
        profile="plain,+key-order,+unknown-fields",
        compared=(),
    ),
    _callback(
        "008",
        "a callback comes twice",
        "the first SentenceEnd is sent twice",
        "Keep captions by MsgIdx: a second one changes nothing.",
        rule("callback_duplicate", _SENTENCE, 1),
    ),
    _callback(
        "009",
        "a callback is lost",
        "the first SentenceEnd is never sent",
        "Captions may be lost: rely on none.",
        rule("callback_lost", _SENTENCE, 1),
    ),
    _callback(
        "010",
        "a callback comes late",
        "the first SentenceEnd comes 2 s late, behind others",
        "Order captions by what they say of themselves, not by their arrival.",
        rule("callback_slow", _SENTENCE, 1, ms=2_000),
    ),
)
