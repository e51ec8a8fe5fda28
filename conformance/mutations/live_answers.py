"""Mutants whose answers have other formats, codes and words than the documents."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from mock_tingwu.conformance.mutants import Body, answers, patched, with_value, without
from mock_tingwu.core.throttle import Limits, Throttle
from mock_tingwu.services import api_format
from mock_tingwu.services.live import gateway
from mock_tingwu.services.live.gateway import LiveGateway

from ._live import error_answers, live_mutant, worded

_error = partial(live_mutant, "LV-ERROR")
_format = partial(live_mutant, "LV-FORMAT")


def _xml(change: Callable[[str, bytes], bytes]) -> AbstractContextManager[None]:
    """XML is written otherwise: ``change`` gets the root's name and the right XML."""
    right = api_format.to_xml

    def to_xml(root: str, fields: Any) -> bytes:
        return change(root, right(root, fields))

    return patched(api_format, "to_xml", to_xml)


def _renamed(name: Callable[[str], str]) -> AbstractContextManager[None]:
    """The root of XML has another name."""

    def change(root: str, content: bytes) -> bytes:
        return content.replace(f"<{root}>".encode(), f"<{name(root)}>".encode(), 1).replace(
            f"</{root}>".encode(), f"</{name(root)}>".encode(), 1
        )

    return _xml(change)


# Errors

_error(
    "errors_without_host",
    "an error has no HostId",
    lambda: answers("*", without("HostId")),
    1,
)
_error(
    "host_with_region",
    "HostId has the region in it",
    lambda: answers("*", with_value("live.cn-shanghai.aliyuncs.com", "HostId")),
    2,
)
_error(
    "no_recommendation",
    "an error has no Recommend",
    lambda: answers("*", without("Recommend")),
    4,
)
_error(
    "json_as_text",
    "JSON is sent as text/plain",
    lambda: patched(api_format, "JSON_TYPE", "text/plain;charset=utf-8"),
    5,
    also=["LV-FORMAT-001", "LV-FORMAT-010"],
)
_error(
    "error_response_in_xml",
    "the root of an error in XML is ErrorResponse",
    lambda: _renamed(lambda root: "ErrorResponse" if root == "Error" else root),
    6,
    8,
)
_error(
    "application_xml",
    "XML is sent as application/xml",
    lambda: patched(api_format, "XML_TYPE", "application/xml"),
    7,
    also=["LV-FORMAT-012"],
)
_error(
    "xml_without_escapes",
    "texts in XML are not escaped",
    lambda: patched(api_format, "_ESCAPES", {}),
    9,
    also=["LV-FORMAT-007"],
)
_error(
    "every_error_is_400",
    "the HTTP status of every error is 400",
    lambda: error_answers(lambda status, body: 400),
    10,
    19,
    20,
    21,
)
_error(
    "no_full_stops",
    "messages end without a full stop",
    lambda: answers("*", worded(lambda message: message.rstrip("."))),
    10,
    16,
    also=["LV-AUTH-021", "LV-AUTH-022", "LV-AUTH-033", "LV-AUTH-035"],
)
live_mutant(
    "LV-AUTH",
    "does_not_match",
    "the message of a mismatch is that of Signature V3",
    lambda: answers("*", worded(lambda message: message.replace("is not matched with", "…"))),
    16,
)


def _usual_action() -> AbstractContextManager[None]:
    right = LiveGateway._operation

    def operation(self: LiveGateway, action: str, parameters: Body) -> Any:
        return right(self, action or "QueryRtcAsrTasks", parameters)

    return patched(LiveGateway, "_operation", operation)


_error("usual_action", "without Action a call is a Query", _usual_action, 11)
_error(
    "method_not_found",
    "another method than GET and POST is no API",
    lambda: answers(
        "*",
        with_value(
            lambda code: "InvalidApi.NotFound" if code == "UnsupportedHTTPMethod" else code, "Code"
        ),
    ),
    14,
)


def _throttled(change: Callable[..., tuple[Any, ...]]) -> AbstractContextManager[None]:
    """Calls are counted otherwise: by what ``change`` makes of caller, call, limit and time."""
    right = Throttle.admit

    def admit(self: Throttle, *counted: Any) -> int:
        return right(self, *change(*counted))

    return patched(Throttle, "admit", admit)


_error(
    "half_the_rate",
    "ten calls are let through in a second",
    lambda: _throttled(lambda who, call, limit, now: (who, call, limit // 2, now)),
    15,
)
_error(
    "no_flow_control",
    "any number of calls is let through",
    lambda: patched(Limits, "of", lambda self, operation: 0),
    16,
)
_error(
    "throttled_for_good",
    "a caller that was throttled stays so",
    lambda: _throttled(lambda who, call, limit, now: (who, call, limit, 0)),
    17,
)
_error(
    "calls_counted_together",
    "all calls of an account are counted together",
    lambda: _throttled(lambda who, call, limit, now: (who, "all", limit, now)),
    18,
)

# Formats

_format(
    "json_by_default",
    "without Format the answer is JSON",
    lambda: patched(
        gateway,
        "_wants_json",
        lambda request, parameters: str(parameters.get("Format", "JSON")).lower() == "json",
    ),
    4,
    also=["LV-ERROR-008"],
)
_format(
    "root_is_the_action",
    "the root of XML is the name of the call",
    lambda: _renamed(lambda root: root.removesuffix("Response")),
    3,
    5,
)
_format(
    "xml_without_declaration",
    "XML has no declaration",
    lambda: _xml(lambda root, content: content.partition(b"?>")[2]),
    6,
)
_format(
    "accept_is_not_read",
    "Accept is not looked at",
    lambda: patched(
        gateway,
        "_wants_json",
        lambda request, parameters: str(parameters.get("Format")).lower() == "json",
    ),
    10,
)
_format(
    "always_json",
    "every answer is JSON",
    lambda: patched(gateway, "_wants_json", lambda request, parameters: True),
    3,
    8,
    9,
    11,
)
