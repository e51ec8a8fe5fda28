"""What a rule can make go wrong: the actions, and how each is written as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

from msgspec import Struct, field

from mock_tingwu.core.dashscope_errors import CALL_ERRORS
from mock_tingwu.core.errors import API_ERRORS, LIVE_ERRORS, SESSION_ERRORS, TASK_ERRORS
from mock_tingwu.core.options import RESULT_KINDS

#: What a throttled client is told to wait unless the rule says otherwise, in ms.
RETRY_AFTER_MS: Final = 1000
#: The RetCode of Live's calls that go well (live-rtc-asr 1.2).
SUCCESS_CODE: Final = 2000
#: Error codes that are a pattern: the parameter that they are about completes them.
PATTERNS: Final = ("Missing", "Invalid")
#: The longest time that an action may name, and the longest that an answer is held back, in ms.
LONGEST_MS: Final = 30 * 24 * 60 * 60 * 1000
LONGEST_LATENCY_MS: Final = 10 * 60 * 1000
#: When a task can be made to fail; see `TaskFailure`.
STAGES: Final = ("creation", "audio", "processing", *RESULT_KINDS)
#: The codes that a server may close a WebSocket with (RFC 6455 section 7.4).
_CLOSE_CODES: Final = frozenset((1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)))
_TASK_CODE: Final = re.compile(r"[A-Z]{3}\.[A-Za-z]+")
_PARAMETER: Final = re.compile(r"[A-Za-z]+(\.[A-Za-z]+)*")

TINGWU, DASHSCOPE, LIVE = SERVICES = ("tingwu", "dashscope", "live")
REALTIME, STORAGE = "realtime", "storage"


class FaultError(ValueError):
    """A rule that makes no sense; the message names the key, its value and what was expected."""


# Calls, before anything is done


class ApiFault(Struct, frozen=True):
    """The call is answered with an error of the table. An empty ``message`` is the table's."""

    code: str
    message: str = ""
    parameter: str = ""

    @property
    def services(self) -> tuple[str, ...]:
        """The services that have this code."""
        tables = {TINGWU: API_ERRORS, DASHSCOPE: CALL_ERRORS, LIVE: LIVE_ERRORS}
        return tuple(service for service, table in tables.items() if self.code in table)

    def __str__(self) -> str:
        return f"the call is answered with {self.code}{self.parameter}"


class ThrottleFault(Struct, frozen=True):
    """The call is refused with Throttling.User, by DashScope with Throttling.RateQuota.

    ``retry_after`` is what the client is told, in ms.
    """

    retry_after: int = RETRY_AFTER_MS

    def __str__(self) -> str:
        return f"the call is throttled for {self.retry_after} ms"


class ReturnCode(Struct, frozen=True):
    """A call of Live is answered with 200 and another RetCode than 2000."""

    code: int
    description: str

    @property
    def services(self) -> tuple[str, ...]:
        """The service whose answers have a RetCode."""
        return (LIVE,)

    def __str__(self) -> str:
        return f"the call is answered with RetCode {self.code}"


# Answers, on their way


class Latency(Struct, frozen=True):
    """The answer comes ``ms`` of real time later."""

    ms: int

    def __str__(self) -> str:
        return f"the answer is held back for {self.ms} ms"


class DropConnection(Struct, frozen=True):
    """The connection is closed without an answer: ``before`` anything is done, or ``after`` all is.

    ``reset``: with a RST instead of a FIN.
    """

    stage: Literal["before", "after"] = "before"
    reset: bool = False

    def __str__(self) -> str:
        return f"the connection is closed {self.stage} the call is done, without an answer"


class TruncateBody(Struct, frozen=True):
    """The connection is closed after so many ``bytes`` of the body; None for half of it."""

    bytes: int | None = None

    def __str__(self) -> str:
        return f"the body breaks off after {'half' if self.bytes is None else self.bytes} bytes"


class MalformedJson(Struct, frozen=True):
    """The body ends in its midst, though its length is right: it is no JSON."""

    def __str__(self) -> str:
        return "the body is no JSON"


class PatchJson(Struct, frozen=True):
    """The JSON of the answer is changed by a merge patch (RFC 7396), where it is an object."""

    patch: Mapping[str, Any]

    def __str__(self) -> str:
        return f"the answer has another {', '.join(self.patch)}"


class HttpError(Struct, frozen=True):
    """A proxy answers in the service's place: any ``status``, and a ``body`` that is HTML."""

    status: int
    body: str

    def __str__(self) -> str:
        return f"a proxy answers {self.status}"


# Tasks


class TaskFailure(Struct, frozen=True):
    """The task fails with this ErrorCode and ErrorMessage, ``after_ms`` after a ``stage`` begins.

    Stages are: creation; audio, when the first arrives or a recording has been read; processing,
    when results are to be made; a kind of result, when that one is to be made.
    """

    code: str
    message: str
    after_ms: int = 0
    stage: str = "creation"

    def __str__(self) -> str:
        of = "" if self.stage == "creation" else f" {self.stage} has begun"
        return f"the task fails with {self.code} after {self.after_ms} ms" + (
            f", when{of}" if of else ""
        )


class TaskLoss(Struct, frozen=True):
    """The cloud forgets the task ``after_ms`` after its creation: its status is INVALID."""

    after_ms: int = 0

    def __str__(self) -> str:
        return f"the task is INVALID after {self.after_ms} ms"


class SubtaskFailure(Struct, frozen=True):
    """One result of the task is not made; the task itself goes on and completes without it."""

    kind: str

    def __str__(self) -> str:
        return f"the task has no result {self.kind}"


# Streams


class StreamFailure(Struct, frozen=True):
    """The stream fails: with a ``status`` and text, or with one of DashScope's codes."""

    status: int | None = None
    code: str | None = None
    text: str = ""

    @property
    def services(self) -> tuple[str, ...]:
        """The service whose streams fail in this way."""
        return (REALTIME,) if self.code is None else (DASHSCOPE,)

    def __str__(self) -> str:
        return f"the stream fails with {self.status if self.code is None else self.code}"


class StreamClose(Struct, frozen=True):
    """The server closes the WebSocket with this ``code``."""

    code: int
    reason: str = ""

    def __str__(self) -> str:
        return f"the server closes with {self.code}"


class StreamDrop(Struct, frozen=True):
    """The connection is gone without a CLOSE."""

    def __str__(self) -> str:
        return "the connection is cut"


class StreamStall(Struct, frozen=True):
    """The server sends nothing for ``ms`` of the scope's time, then all at once."""

    ms: int

    def __str__(self) -> str:
        return f"events are held back for {self.ms} ms"


class DuplicateEvent(Struct, frozen=True):
    """The event comes twice."""

    def __str__(self) -> str:
        return "the event is sent twice"


class EventOrder(Struct, frozen=True):
    """The event comes behind the one that follows it."""

    def __str__(self) -> str:
        return "the event changes places with the next one"


class StreamRefusal(Struct, frozen=True):
    """The handshake is answered with this HTTP ``status``."""

    status: int

    def __str__(self) -> str:
        return f"the handshake is answered with {self.status}"


# Result files


class ResultExpired(Struct, frozen=True):
    """A link is answered as if it had expired."""

    def __str__(self) -> str:
        return "the link has expired"


class ResultMissing(Struct, frozen=True):
    """There is no file where the link leads."""

    def __str__(self) -> str:
        return "the file is missing"


# Callbacks


class CallbackLost(Struct, frozen=True):
    """The callback is never sent."""

    def __str__(self) -> str:
        return "the callback is not sent"


class CallbackDuplicate(Struct, frozen=True):
    """The callback is sent ``copies`` times more."""

    copies: int = 1

    def __str__(self) -> str:
        return f"the callback is sent {self.copies + 1} times"


class CallbackSlow(Struct, frozen=True):
    """The callback is sent ``ms`` of the scope's time later; others may overtake it."""

    ms: int

    def __str__(self) -> str:
        return f"the callback is sent {self.ms} ms later"


# The server's clock


class ClockSkew(Struct, frozen=True):
    """The server's clock is ``ms`` ahead when a signature is checked."""

    ms: int

    def __str__(self) -> str:
        return f"the server's clock is {self.ms} ms ahead"


CallFault = ApiFault | ThrottleFault | ReturnCode
AnswerFault = Latency | DropConnection | TruncateBody | MalformedJson | PatchJson | HttpError
TaskFault = TaskFailure | TaskLoss
StreamFault = StreamFailure | StreamClose | StreamDrop | StreamStall | DuplicateEvent | EventOrder
ResultFault = ResultExpired | ResultMissing
CallbackFault = CallbackLost | CallbackDuplicate | CallbackSlow
Action = (
    CallFault
    | AnswerFault
    | TaskFault
    | SubtaskFailure
    | StreamFault
    | StreamRefusal
    | ResultFault
    | CallbackFault
    | ClockSkew
)
#: What only some services know.
OfSome = ApiFault | ReturnCode | StreamFailure


class Area(Struct, frozen=True):
    """What actions of one kind are about: the keys of ``match`` that fit, and the services."""

    about: str
    keys: tuple[str, ...]
    services: tuple[str, ...]


CALLS: Final = Area("calls", ("operation", "task_key", "app_key", "task_id"), SERVICES)
ANSWERS: Final = Area("answers", (*CALLS.keys, "kind"), (*SERVICES, STORAGE))
TASKS: Final = Area("tasks that are created", ("operation", "task_key", "app_key"), SERVICES)
STREAMS: Final = Area(
    "streams", ("task_key", "app_key", "task_id", "event", "audio_ms"), (REALTIME, DASHSCOPE)
)
HANDSHAKES: Final = Area("handshakes", ("task_key", "app_key", "task_id"), (REALTIME, DASHSCOPE))
RESULTS: Final = Area(
    "result files", ("task_key", "app_key", "task_id", "kind"), (TINGWU, DASHSCOPE)
)
CALLBACKS: Final = Area("callbacks", ("task_key", "app_key", "task_id", "event"), SERVICES)
SIGNATURES: Final = Area("signatures", ("operation", "app_key"), (TINGWU, LIVE))

Given = Mapping[str, Any]


class Kind(Struct, frozen=True):
    """One type of action. ``fields`` are its own keys as JSON; ``example`` is a whole action."""

    area: Area
    cls: type[Any]
    fields: tuple[str, ...]
    build: Callable[[Given], Action]
    does: str
    example: Mapping[str, Any] = field(default_factory=dict)


def _api_error(data: Given) -> ApiFault:
    code = data.get("code")
    if not isinstance(code, str) or code not in {**API_ERRORS, **CALL_ERRORS, **LIVE_ERRORS}:
        raise FaultError(
            f"action.code is {code!r}, expected a code of the error tables of the OpenAPI, "
            "DashScope or Live"
        )
    message, parameter = _text("message", data), _text("parameter", data)
    if code in PATTERNS and not _PARAMETER.fullmatch(parameter):
        raise FaultError(
            f"action.parameter is {parameter!r}, but {code} needs the name of one, such as AppKey"
        )
    if code not in PATTERNS and parameter:
        raise FaultError(f"action.parameter is {parameter!r}, but {code} is about none")
    return ApiFault(code, message, parameter)


def _throttle(data: Given) -> ThrottleFault:
    wait = data.get("retry_after", RETRY_AFTER_MS)
    return ThrottleFault(whole("action.retry_after", wait, 1, LONGEST_MS))


def _ret_code(data: Given) -> ReturnCode:
    code = whole("action.code", data.get("code"), 0, 10**6)
    if code == SUCCESS_CODE:
        raise FaultError(f"action.code is {code}, which is what a call that goes well answers")
    return ReturnCode(code, _text("description", data) or "a fault says so")


def _latency(data: Given) -> Latency:
    return Latency(whole("action.ms", data.get("ms"), 1, LONGEST_LATENCY_MS))


def _drop_connection(data: Given) -> DropConnection:
    stage, reset = data.get("stage", "before"), data.get("reset", False)
    if stage not in ("before", "after"):
        raise FaultError(f"action.stage is {stage!r}, expected before or after")
    if not isinstance(reset, bool):
        raise FaultError(f"action.reset is {reset!r}, expected true or false")
    return DropConnection(stage, reset)


def _truncate_body(data: Given) -> TruncateBody:
    given = data.get("bytes")
    return TruncateBody(None if given is None else whole("action.bytes", given, 0, 2**40))


def _patch_json(data: Given) -> PatchJson:
    patch = data.get("patch")
    if not isinstance(patch, Mapping) or not patch:
        raise FaultError(f"action.patch is {patch!r}, expected an object that changes something")
    return PatchJson(patch)


def _http_error(data: Given) -> HttpError:
    status = whole("action.status", data.get("status"), 400, 599)
    body = _text("body", data) or f"<html><body><h1>{status}</h1></body></html>"
    return HttpError(status, body)


def _task_failed(data: Given) -> TaskFailure:
    code = data.get("error_code")
    if not isinstance(code, str) or not _TASK_CODE.fullmatch(code):
        raise FaultError(f"action.error_code is {code!r}, expected a code such as TSC.AudioFormat")
    message = _text("error_message", data)
    if not message:
        message = TASK_ERRORS[code].message if code in TASK_ERRORS else code
    stage = data.get("stage", "creation")
    if stage not in STAGES:
        raise FaultError(f"action.stage is {stage!r}, expected {' or '.join(STAGES)}")
    return TaskFailure(code, message, _after(data), stage)


def _task_invalid(data: Given) -> TaskLoss:
    return TaskLoss(_after(data))


def _subtask_failed(data: Given) -> SubtaskFailure:
    kind, kinds = data.get("kind"), RESULT_KINDS[1:]
    if kind not in kinds:
        raise FaultError(f"action.kind is {kind!r}, expected {' or '.join(kinds)}")
    return SubtaskFailure(kind)


def _ws_task_failed(data: Given) -> StreamFailure:
    status, code, text = data.get("status"), data.get("code"), _text("text", data)
    if (status is None) == (code is None):
        raise FaultError(
            "action.status is wanted, or for DashScope action.code: one of the two, not both"
        )
    if code is not None:
        if not isinstance(code, str) or code not in CALL_ERRORS:
            raise FaultError(f"action.code is {code!r}, expected a code of DashScope's error table")
        return StreamFailure(code=code, text=text or CALL_ERRORS[code].message)
    whole("action.status", status, 1, 10**9)
    known = [error for error in SESSION_ERRORS if error.status == status]
    if not known and not text:
        raise FaultError(
            f"action.status is {status}, which is none of the table: it needs a text, too"
        )
    if not text:
        text = known[0].about("").text
        text += "A fault says so!" if text.endswith(":") else ""
    return StreamFailure(status, text=text)


def _ws_close(data: Given) -> StreamClose:
    code, reason = data.get("code", 1000), _text("reason", data)
    if isinstance(code, bool) or not isinstance(code, int) or code not in _CLOSE_CODES:
        raise FaultError(
            f"action.code is {code!r}, expected one that a server may close with: 1000 to 1003, "
            "1007 to 1014, 3000 to 4999"
        )
    if len(reason.encode("utf-8", "replace")) > 123:
        raise FaultError("action.reason is longer than the 123 bytes that a CLOSE has room for")
    return StreamClose(code, reason)


def _ws_stall(data: Given) -> StreamStall:
    return StreamStall(whole("action.ms", data.get("ms"), 1, LONGEST_MS))


def _ws_refused(data: Given) -> StreamRefusal:
    return StreamRefusal(whole("action.status", data.get("status", 503), 400, 599))


def _callback_duplicate(data: Given) -> CallbackDuplicate:
    return CallbackDuplicate(whole("action.copies", data.get("copies", 1), 1, 100))


def _callback_slow(data: Given) -> CallbackSlow:
    return CallbackSlow(whole("action.ms", data.get("ms"), 1, LONGEST_MS))


def _clock_skew(data: Given) -> ClockSkew:
    return ClockSkew(whole("action.ms", data.get("ms"), -LONGEST_MS, LONGEST_MS))


#: Every type of action, as JSON names it.
KINDS: Final[Mapping[str, Kind]] = {
    "api_error": Kind(
        CALLS,
        ApiFault,
        ("code", "message", "parameter"),
        _api_error,
        "the call is answered with a `code` of the error tables; `message` takes the place of the "
        "table's; Missing and Invalid want a `parameter`",
        {"code": "BRK.OverdueTenant"},
    ),
    "throttle": Kind(
        CALLS,
        ThrottleFault,
        ("retry_after",),
        _throttle,
        "the call is refused with Throttling.User, or Throttling.RateQuota; `retry_after` in ms "
        "(1000)",
        {"retry_after": 2000},
    ),
    "ret_code": Kind(
        CALLS,
        ReturnCode,
        ("code", "description"),
        _ret_code,
        "a call of Live answers 200 with this `code` as RetCode, and `description`",
        {"code": 4001},
    ),
    "latency": Kind(
        ANSWERS,
        Latency,
        ("ms",),
        _latency,
        "the answer comes `ms` of real time later, at most ten minutes",
        {"ms": 3000},
    ),
    "drop_connection": Kind(
        ANSWERS,
        DropConnection,
        ("stage", "reset"),
        _drop_connection,
        "the connection is closed without an answer, `stage` `before` the call is done (usual) or "
        "`after`; with `reset` by a RST",
        {"stage": "after"},
    ),
    "truncate_body": Kind(
        ANSWERS,
        TruncateBody,
        ("bytes",),
        _truncate_body,
        "the connection is closed after so many `bytes` of the body, or half of it",
        {"bytes": 100},
    ),
    "malformed_json": Kind(
        ANSWERS,
        MalformedJson,
        (),
        lambda data: MalformedJson(),
        "half of the body is sent as if it were the whole: it is no JSON",
    ),
    "patch_json": Kind(
        ANSWERS,
        PatchJson,
        ("patch",),
        _patch_json,
        "an answer that is a JSON object is changed by the merge patch (RFC 7396) `patch`: its "
        "members take the place of the answer's, `null` takes them out",
        {"patch": {"Data": {"TaskStatus": "ONGOING", "Result": None}}},
    ),
    "http_error": Kind(
        ANSWERS,
        HttpError,
        ("status", "body"),
        _http_error,
        "a proxy answers in the service's place: `status`, and a `body` that is HTML",
        {"status": 502},
    ),
    "task_failed": Kind(
        TASKS,
        TaskFailure,
        ("error_code", "error_message", "after_ms", "stage"),
        _task_failed,
        "a task that is created fails with `error_code` and `error_message`, `after_ms` (0) after "
        "a `stage` has begun: `creation` (usual), `audio`, `processing` or a kind of result",
        {"error_code": "TSC.AudioFormat"},
    ),
    "task_invalid": Kind(
        TASKS,
        TaskLoss,
        ("after_ms",),
        _task_invalid,
        "a task that is created is forgotten `after_ms` (0) later: GetTaskInfo answers INVALID",
        {"after_ms": 5000},
    ),
    "subtask_failed": Kind(
        TASKS,
        SubtaskFailure,
        ("kind",),
        _subtask_failed,
        "a task that is created, or run again, has no result of this `kind`; it completes without "
        "it, DashScope shows `null`",
        {"kind": "Summarization"},
    ),
    "ws_task_failed": Kind(
        STREAMS,
        StreamFailure,
        ("status", "code", "text"),
        _ws_task_failed,
        "TaskFailed with this `status` and `text` comes in the event's place; of DashScope's "
        "streams task-failed with a `code`",
        {"status": 40000004},
    ),
    "ws_close": Kind(
        STREAMS,
        StreamClose,
        ("code", "reason"),
        _ws_close,
        "CLOSE with this `code` (1000) and `reason` comes in the event's place",
        {"code": 1011},
    ),
    "ws_drop": Kind(
        STREAMS,
        StreamDrop,
        (),
        lambda data: StreamDrop(),
        "the connection is cut without a CLOSE before the event",
    ),
    "ws_stall": Kind(
        STREAMS,
        StreamStall,
        ("ms",),
        _ws_stall,
        "this and all later events are held back for `ms` of the scope's clock, then come at once",
        {"ms": 5000},
    ),
    "ws_duplicate_event": Kind(
        STREAMS,
        DuplicateEvent,
        (),
        lambda data: DuplicateEvent(),
        "the event comes twice",
    ),
    "ws_event_order": Kind(
        STREAMS,
        EventOrder,
        (),
        lambda data: EventOrder(),
        "the event comes behind the one that follows it",
    ),
    "ws_refused": Kind(
        HANDSHAKES,
        StreamRefusal,
        ("status",),
        _ws_refused,
        "the handshake is answered with this HTTP `status` (503)",
        {"status": 503},
    ),
    "result_expired": Kind(
        RESULTS,
        ResultExpired,
        (),
        lambda data: ResultExpired(),
        "the link to a file is answered as if it had expired: 403 AccessDenied",
    ),
    "result_missing": Kind(
        RESULTS,
        ResultMissing,
        (),
        lambda data: ResultMissing(),
        "there is no file at the link: 404 NoSuchKey",
    ),
    "callback_lost": Kind(
        CALLBACKS,
        CallbackLost,
        (),
        lambda data: CallbackLost(),
        "the callback is never sent",
    ),
    "callback_duplicate": Kind(
        CALLBACKS,
        CallbackDuplicate,
        ("copies",),
        _callback_duplicate,
        "the callback is sent `copies` (1) times more",
    ),
    "callback_slow": Kind(
        CALLBACKS,
        CallbackSlow,
        ("ms",),
        _callback_slow,
        "the callback is sent `ms` of the scope's clock later; others may overtake it",
        {"ms": 60000},
    ),
    "clock_skew": Kind(
        SIGNATURES,
        ClockSkew,
        ("ms",),
        _clock_skew,
        "the server's clock is `ms` ahead (or behind, below 0) when the signature is checked, "
        "which `--auth verify` does",
        {"ms": 1_200_000},
    ),
}
_TYPES: Final = {kind.cls: name for name, kind in KINDS.items()}


def type_of(action: Action) -> str:
    """How JSON names the type of an action."""
    return _TYPES[type(action)]


def area_of(action: Action) -> Area:
    """What an action is about."""
    return KINDS[type_of(action)].area


def parse_action(data: Any) -> Action:
    """Read an action as JSON.

    Raises:
        FaultError: it makes no sense.
    """
    if not isinstance(data, Mapping):
        raise FaultError(f"action is {data!r}, expected an object with a type")
    name = data.get("type")
    if not isinstance(name, str) or name not in KINDS:
        raise FaultError(f"action.type is {name!r}, expected {' or '.join(KINDS)}")
    kind = KINDS[name]
    refuse_unknown(f"the action {name}", data, ("type", *kind.fields))
    return kind.build({key: value for key, value in data.items() if value is not None})


def refuse_unknown(place: str, data: Given, known: Sequence[str]) -> None:
    for name in data:
        if name not in known:
            raise FaultError(f"{name} is unknown in {place}; expected {', '.join(known)}")


def whole(name: str, value: Any, lowest: int, highest: int) -> int:
    """``value`` if it is a whole number within the bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise FaultError(f"{name} is {value!r}, expected a whole number from {lowest} to {highest}")
    return value


def _after(data: Given) -> int:
    return whole("action.after_ms", data.get("after_ms", 0), 0, LONGEST_MS)


def _text(name: str, data: Given) -> str:
    value = data.get(name, "")
    if not isinstance(value, str):
        raise FaultError(f"action.{name} is {value!r}, expected a text")
    return value
