"""Reading the parameters of Live's calls: lenient where clients differ, exact about what is wrong.

Every parameter comes as text, from the query or a form (live-rtc-asr 1.1 and 3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from mock_tingwu import contract
from mock_tingwu.core.options import Options
from mock_tingwu.core.receivers import receiver_url
from mock_tingwu.core.scope import Order
from mock_tingwu.services.api_answers import Json
from mock_tingwu.services.api_errors import ApiFailure, invalid, missing

#: How long a stream may be away where AutoTerminateDelay is not given, in s.
USUAL_DELAY_S: Final = 10

_FLAGS: Final = frozenset({"TranslateEnabled", "AutoTerminateEnabled"})
_NUMBERS: Final = frozenset({"AutoTerminateDelay", "ReportInterval", "OwnerId"})
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")


class CaptionRequest(Struct, frozen=True):
    """What a CreateRtcAsrTask asks for.

    ``stream_url`` is None in rtc mode, ``auto_terminate`` (s) None when it is not enabled.
    ``callback_url`` is as given: it is signed with ``auth_key``, which is empty without signature.
    ``report_interval`` is in ms, or -1.
    """

    order: Order
    mode: str
    stream_url: str | None
    callback_url: str
    auth_key: str
    auto_terminate: int | None
    delay: int
    report_interval: int
    user: str

    @property
    def callback_address(self) -> str:
        """Where the callbacks go: the URL as it can be sent."""
        return _sendable(self.callback_url)


def read(pairs: Iterable[tuple[str, str]]) -> Json:
    """The parameters of a call by name, flags and numbers as such. Empty ones are not given.

    One that comes several times counts as what it is first, as where it is signed. What is no flag
    or number where one belongs stays text, for `check` to refuse.
    """
    given = [(name, text.strip()) for name, text in pairs]
    return {name: _value(name, text) for name, text in reversed(given) if text}


def _value(name: str, text: str) -> Any:
    if name in _FLAGS and text.lower() in ("true", "false"):
        return text.lower() == "true"  # the Python SDKs write True (live-rtc-asr 3)
    if name in _NUMBERS and _WHOLE.fullmatch(text):
        return int(text)
    return text


def check(name: str, parameters: Json) -> None:
    """Check parameters against the schema ``live/name``.

    Raises:
        ApiFailure: Missing or Invalid with the name of the first parameter that is wrong.
    """
    found = contract.violations(f"live/{name}", parameters)
    if found:
        parameter = str(found[0].path[-1])
        error = missing(parameter) if found[0].keyword == "required" else invalid(parameter)
        # What is wrong with a key is told without it.
        why = found[0].keyword if parameter == "AuthKey" else found[0].message
        error.detail = f"the request is refused at {found[0].pointer}: {why}"
        raise error


def caption_request(parameters: Json) -> CaptionRequest:
    """Read a CreateRtcAsrTask.

    Raises:
        ApiFailure: a parameter is missing or wrong.
    """
    check("create-request", parameters)
    _check_receiver(parameters["CallbackURL"])
    live = parameters["Mode"] == "live"
    targets = (parameters["TargetLanguages"],) if parameters.get("TranslateEnabled") else ()
    delay = parameters.get("AutoTerminateDelay", USUAL_DELAY_S)
    order = Order(
        options=Options(output_level=2, translation_targets=targets),
        language=parameters["Language"],
        app_key="" if live else parameters["SDKAppID"],
        key=None if live else parameters["ChannelID"],
        service="live",
    )
    return CaptionRequest(
        order=order,
        mode=parameters["Mode"],
        stream_url=parameters["StreamURL"] if live else None,
        callback_url=parameters["CallbackURL"],
        auth_key=parameters.get("AuthKey", ""),
        auto_terminate=delay if parameters.get("AutoTerminateEnabled") else None,
        delay=delay,
        report_interval=parameters.get("ReportInterval", 0),
        user="" if live else parameters["RtcUserId"],
    )


def _check_receiver(url: str) -> None:
    try:
        receiver_url(_sendable(url))
    except ValueError as error:
        failure: ApiFailure = invalid("CallbackURL")
        failure.detail = f"CallbackURL is no address of a web server: expected {error}"
        raise failure from None


def _sendable(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host}{slash}{path.replace(' ', '%20')}"
