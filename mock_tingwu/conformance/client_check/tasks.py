"""Situations of Tingwu's calls and tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mock_tingwu.conformance.client_check.situation import (
    Expectation,
    Kind,
    Situation,
    rule,
)

_GET: Final = {"service": "tingwu", "operation": "GetTaskInfo"}
_CREATE: Final = {"service": "tingwu", "operation": "CreateTask"}
_NETWORK: Final = "what networks do"
#: What a program cannot help that was not told of a task that the mock has made.
_NOT_TOLD: Final = ("stop-missing", "callback-refused")
_HOUR_MS: Final = 3_600_000


def _mended(
    id: str, title: str, does: str, advice: str, source: str, *rules: Mapping[str, Any]
) -> Situation:
    """Something that goes away when the call is made again."""
    return Situation(
        id=f"CC-CALL-{id}",
        title=title,
        kind=Kind.TASKS,
        does=does,
        good="makes the call again after a pause, and loses nothing",
        fault="hangs, or ends as if all were well without what it came for",
        advice=advice,
        source=source,
        expects=Expectation.CARRY_ON,
        rules=rules,
    )


def _refused(id: str, title: str, code: str, advice: str, source: str) -> Situation:
    """A CreateTask that will never do."""
    return Situation(
        id=f"CC-CALL-{id}",
        title=title,
        kind=Kind.TASKS,
        does=f"every CreateTask is refused with {code}",
        good=f"ends with an error that names {code}, or what the message says",
        fault="hangs, or ends as if all were well",
        advice=advice,
        source=source,
        expects=Expectation.TELL,
        rules=(rule("api_error", _CREATE, code=code),),
    )


def _not_ok(id: str, operation: str) -> Situation:
    code = "ServerError"
    patch = {"Code": code, "Message": "Server error.", "Data": None}
    match = {"service": "tingwu", "operation": operation}
    return Situation(
        id=f"CC-CALL-{id}",
        title=f'HTTP 200 with another Code than "0" for {operation}',
        kind=Kind.TASKS,
        does=f"{operation} is answered with HTTP 200, Code {code} and without Data",
        good="ends with an error that names the Code",
        fault="takes it for a success, hangs, or ends as if all were well",
        advice='Look at Code in every answer: only "0" is a success, whatever the HTTP status.',
        source="tingwu-openapi 1.2",
        expects=Expectation.TELL,
        rules=(rule("patch_json", match, patch=patch),),
        named=(code, "Server error"),
        excused=_NOT_TOLD if operation == "CreateTask" else (),
    )


def _failed(id: str, code: str, about: str) -> Situation:
    return Situation(
        id=f"CC-TASK-{id}",
        title=f"a task that fails: {code}",
        kind=Kind.TASKS,
        does=f"the task becomes FAILED with {code}: {about}",
        good="ends with an error that names the ErrorCode or ErrorMessage",
        fault="polls on, or ends as if all were well",
        advice="FAILED comes with HTTP 200 and Code 0: look at TaskStatus, then at ErrorCode.",
        source="tingwu-openapi 2.1 and 3.3",
        expects=Expectation.TELL,
        rules=(rule("task_failed", {"service": "tingwu"}, error_code=code, stage="processing"),),
        named=(code,),
    )


def _other_status(id: str, status: str, advice: str, source: str) -> Situation:
    patch = {"Data": {"TaskStatus": status, "Result": None}}
    return Situation(
        id=f"CC-TASK-{id}",
        title=f"{status} for a while",
        kind=Kind.TASKS,
        does=f"the first two GetTaskInfo say {status}",
        good="asks again and has the results",
        fault="hangs, or ends as if all were well without the results",
        advice=advice,
        source=source,
        expects=Expectation.CARRY_ON,
        rules=(rule("patch_json", _GET, 2, patch=patch),),
    )


CALLS: Final = (
    _mended(
        "001",
        "polling is throttled, with a pause",
        "two GetTaskInfo are refused with Throttling.User and x-acs-retry-after: 500",
        "Wait as long as x-acs-retry-after says, in ms, and ask again.",
        "tingwu-openapi 3.5",
        rule("throttle", _GET, 2, retry_after=500),
    ),
    _mended(
        "002",
        "polling is throttled, without a pause",
        "one GetTaskInfo is refused with Throttling.User, without x-acs-retry-after",
        "Wait a little longer after each Throttling.User and ask again.",
        "tingwu-openapi 3.5",
        rule("api_error", _GET, 1, code="Throttling.User"),
    ),
    _mended(
        "003",
        "CreateTask is throttled",
        "one CreateTask is refused with Throttling.User and x-acs-retry-after: 500",
        "What is throttled was not done: wait and make the call again.",
        "tingwu-openapi 3.5",
        rule("throttle", _CREATE, 1, retry_after=500),
    ),
    _mended(
        "004",
        "a proxy answers 503",
        "one GetTaskInfo is answered with HTTP 503 and HTML",
        "Ask again after a pause: GetTaskInfo changes nothing.",
        _NETWORK,
        rule("http_error", _GET, 1, status=503),
    ),
    _mended(
        "005",
        "the service answers 500",
        "one GetTaskInfo is answered with HTTP 500 and ServerError",
        "Ask again after a pause: GetTaskInfo changes nothing.",
        "tingwu-openapi 3.2",
        rule("api_error", _GET, 1, code="ServerError"),
    ),
    Situation(
        id="CC-CALL-006",
        title="no answer to CreateTask, nothing done",
        kind=Kind.TASKS,
        does="the connection is closed before the first CreateTask is done",
        good="gives up and says so, or makes the call again",
        fault="hangs, or ends as if all were well",
        advice="Nobody knows whether it was done: say so, or look before you repeat it.",
        source=_NETWORK,
        expects=Expectation.EITHER,
        rules=(rule("drop_connection", _CREATE, 1, stage="before"),),
    ),
    Situation(
        id="CC-CALL-007",
        title="no answer to CreateTask, yet a task",
        kind=Kind.TASKS,
        does="the connection is closed after the first CreateTask was done, without an answer",
        good="gives up and says so",
        fault="hangs, or ends as if all were well",
        advice="Do not repeat CreateTask blindly: the first task is there, and is paid for.",
        source=_NETWORK,
        expects=Expectation.EITHER,
        rules=(rule("drop_connection", _CREATE, 1, stage="after"),),
        excused=_NOT_TOLD,
    ),
    _mended(
        "008",
        "no answer to GetTaskInfo",
        "the connection is closed without an answer to one GetTaskInfo",
        "Ask again after a pause: GetTaskInfo changes nothing.",
        _NETWORK,
        rule("drop_connection", _GET, 1),
    ),
    _mended(
        "009",
        "an answer that breaks off",
        "the connection is closed after half of the body of one GetTaskInfo",
        "A body shorter than Content-Length is no answer: ask again.",
        _NETWORK,
        rule("truncate_body", _GET, 1),
    ),
    _mended(
        "010",
        "an answer that is no JSON",
        "one GetTaskInfo is answered with half a body as if it were the whole",
        "Catch what the parser raises and ask again.",
        _NETWORK,
        rule("malformed_json", _GET, 1),
    ),
    _not_ok("011", "GetTaskInfo"),
    _not_ok("012", "CreateTask"),
    _refused(
        "013",
        "the signature is refused",
        "SignatureDoesNotMatch",
        "A wrong signature stays wrong: say so and end.",
        "tingwu-openapi 3.2",
    ),
    _refused(
        "014",
        "the account is overdue",
        "BRK.OverdueTenant",
        "A refusal with 4xx stays one: name its Code and end.",
        "tingwu-openapi 3.2",
    ),
    _mended(
        "015",
        "an answer that takes its time",
        "one GetTaskInfo is answered 4 s late",
        "Give a call ten seconds at least.",
        _NETWORK,
        rule("latency", _GET, 1, ms=4_000),
    ),
)

TASKS: Final = (
    _failed("001", "TSC.AudioFileLink", "the recording cannot be fetched"),
    _failed("002", "TSC.AudioFormat", "the audio cannot be decoded"),
    _failed("003", "PRE.AudioDurationQuotaLimit", "the quota is used up"),
    Situation(
        id="CC-TASK-004",
        title="a task that is INVALID",
        kind=Kind.TASKS,
        does="every GetTaskInfo says INVALID",
        good="ends with an error that says INVALID",
        fault="polls on, or ends as if all were well",
        advice="INVALID is an end: the task does not exist and never will.",
        source="tingwu-openapi 2.1",
        expects=Expectation.TELL,
        rules=(
            rule("patch_json", _GET, patch={"Data": {"TaskStatus": "INVALID", "Result": None}}),
        ),
        named=("INVALID",),
    ),
    Situation(
        id="CC-TASK-005",
        title="a task that stays ONGOING",
        kind=Kind.TASKS,
        does="no result is ever ready, and GetTaskInfo says ONGOING",
        good="gives up after a time of its own and says so",
        fault="asks more than 100 times in a second, or waits without asking",
        advice="Wait with a limit, and poll in pauses that grow: every 1 to 5 minutes is advised.",
        source="tingwu-openapi 2.1 and 3.5",
        expects=Expectation.GIVE_UP,
        settings={"result_interval_ms": _HOUR_MS},
        named=("ONGOING", "not complete", "not finished"),
    ),
    _other_status("006", "PAUSED", "PAUSED is no end: the task goes on.", "tingwu-openapi 2.3"),
    _other_status(
        "007",
        "PRE_COMPLETE",
        "Only COMPLETED, FAILED and INVALID are ends; go on asking at any other status.",
        "tingwu-openapi 2.3 (a status of the API before)",
    ),
    Situation(
        id="CC-TASK-008",
        title="answers written in another way",
        kind=Kind.TASKS,
        does="keys in another order, unknown fields, escapes and white space in every answer",
        good="does not notice",
        fault="fails, or loses anything",
        advice="Read answers with a JSON parser, by the names that you know.",
        source="RFC 8259 sections 2, 4 and 7",
        expects=Expectation.CARRY_ON,
        profile="plain,+key-order,+unknown-fields,+escapes,+white-space",
    ),
)


SITUATIONS: Final = (*CALLS, *TASKS)
