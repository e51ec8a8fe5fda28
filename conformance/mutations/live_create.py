"""Mutants whose CreateRtcAsrTask does otherwise than the document says."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from mock_tingwu.conformance.mutants import Body, answers, patched, with_value
from mock_tingwu.services.live import request

from ._live import live_mutant, read_as, refuses, tasks_shown

_ID: Final = "7FF5417D-06E9-5A2C-9A70-581F6149E6C1"

_create = partial(live_mutant, "LV-CREATE")


_create(
    "create_answers_200",
    "RetCode of success is 200",
    lambda: answers("CreateRtcAsrTask", with_value(200, "RetCode")),
    1,
)
_create(
    "task_id_without_prefix",
    "a TaskId is a bare UUID",
    lambda: answers("CreateRtcAsrTask", with_value(lambda id: id[4:], "TaskId")),
    2,
)
_create(
    "one_request_id",
    "all answers have the same RequestId",
    lambda: answers("*", with_value(_ID, "RequestId")),
    3,
    also=["LV-ERROR-003"],
)
_create(
    "request_id_in_small_letters",
    "a RequestId is in small letters",
    lambda: answers("*", with_value(str.lower, "RequestId")),
    4,
)
_create(
    "no_channels",
    "mode rtc is not known",
    lambda: refuses(lambda sent: sent.get("Mode") == "rtc"),
    5,
    7,
)


def _mode_by_parameters(sent: Body) -> None:
    if "ChannelID" in sent:
        sent["Mode"] = "rtc"


_create(
    "mode_by_parameters",
    "who names a channel gets mode rtc",
    lambda: read_as(_mode_by_parameters),
    6,
)
_create(
    "stream_url_always_checked",
    "a StreamURL has to be right in mode rtc, too",
    lambda: refuses(lambda sent: "://" not in sent.get("StreamURL", "://")),
    7,
)


def _defaults(number: int, name: str, value: str) -> None:
    """Register a mutant for which a parameter that is missing has a value of its own."""
    _create(
        f"usual_{name}".lower(),
        f"{name} may be left out",
        lambda: read_as(lambda sent: sent.setdefault(name, value)),
        number,
    )


_defaults(8, "Mode", "live")
_defaults(9, "Language", "cn")
_defaults(10, "CallbackURL", "http://127.0.0.1:9/")
_defaults(11, "StreamURL", "rtmp://pull.example.com/app/usual")
_defaults(12, "SDKAppID", "usual")
_defaults(13, "ChannelID", "usual")
_defaults(14, "RtcUserId", "usual")


def _forgives(sent: Body) -> None:
    known: dict[str, tuple[str, ...]] = {
        "Mode": ("live", "rtc"),
        "Language": ("cn", "en", "ja", "yue", "fspk"),
        "TargetLanguages": ("cn", "en", "ja"),
    }
    for name, values in known.items():
        if name in sent and sent[name] not in values:
            sent[name] = values[0]


_create(
    "unknown_values_are_the_first",
    "a value that is not listed counts as the first one",
    lambda: read_as(_forgives),
    15,
    17,
    24,
    28,
)
_create(
    "locales",
    "a language is shown as a locale",
    lambda: tasks_shown(lambda task: task.update(language=f"{task['language']}-XX")),
    19,
    20,
    21,
    22,
    23,
    also=["LV-QUERY-005"],
)
_create(
    "target_languages_are_a_list",
    "TargetLanguages has to be a JSON list, as its name says",
    lambda: refuses(lambda sent: not sent.get("TargetLanguages", "[").startswith("[")),
    25,
    26,
    27,
)


def _flag_of(true: str) -> Any:
    read = request._value

    def value(name: str, text: str) -> Any:
        return text == true if name in request._FLAGS else read(name, text)

    return value


_create(
    "flags_of_python",
    "true is no flag, True is",
    lambda: patched(request, "_value", _flag_of("True")),
    31,
)
_create(
    "flags_of_javascript",
    "True is no flag, true is",
    lambda: patched(request, "_value", _flag_of("true")),
    32,
)


def _clamped(sent: Body) -> None:
    for name, least, most in (("ReportInterval", -1, 500), ("AutoTerminateDelay", 1, 10)):
        if isinstance(sent.get(name), int):
            sent[name] = min(max(sent[name], least), most)


_create(
    "numbers_are_clamped",
    "a number out of its range counts as the nearest in it",
    lambda: read_as(_clamped),
    37,
    38,
    42,
    43,
)
_create(
    "only_natural_intervals",
    "ReportInterval has to be 0 or more",
    lambda: refuses(lambda sent: sent.get("ReportInterval", 0) < 0),
    34,
    also=["LV-CALLBACK-031"],
)
_create(
    "zero_is_absent",
    "a ReportInterval of 0 counts as if it were not given, and as 200 then",
    lambda: read_as(lambda sent: sent.update(ReportInterval=sent.get("ReportInterval") or 200)),
    35,
    also=["LV-QUERY-013"],
)
_create(
    "limits_are_exclusive",
    "the limits of a range are not in it",
    lambda: refuses(
        lambda sent: sent.get("ReportInterval") == 500 or sent.get("AutoTerminateDelay") in (1, 10)
    ),
    36,
    40,
    41,
)
_create(
    "parameters_of_sdks_are_unknown",
    "a parameter that SDKs add is refused",
    lambda: refuses(lambda sent: "RegionId" in sent),
    44,
)
