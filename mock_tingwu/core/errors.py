"""The cloud's error tables: codes, statuses and wording, each row with its source.

Rows marked ``assumed`` are what a careful cloud would answer where no source says it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["documented", "sdk", "observed", "assumed"]


@dataclass(frozen=True, slots=True)
class ApiError:
    """An error body of the OpenAPI: HTTP status, Code and Message.

    ``{0}`` in the message stands for the parameter that the error is about.
    """

    code: str
    http_status: int
    message: str
    level: Level
    source: str


@dataclass(frozen=True, slots=True)
class SessionError:
    """A TaskFailed of the realtime WebSocket: header.status and header.status_text.

    ``{0}`` in the text stands for what the error is about.
    """

    status: int
    text: str
    level: Level
    source: str

    def about(self, subject: str) -> SessionError:
        """The same error with its text filled in."""
        return SessionError(self.status, self.text.format(subject), self.level, self.source)


def _api(*rows: tuple[str, int, str, Level, str]) -> dict[str, ApiError]:
    return {row[0]: ApiError(*row) for row in rows}


_ERRORS = "tingwu-openapi 3.2 (error table)"
_GATEWAY = "tingwu-openapi 3.2 (gateway-wide table)"

#: Codes of the Tingwu OpenAPI and of the gateway in front of it.
API_ERRORS: Final = _api(
    ("ServerError", 500, "Server error.", "documented", _ERRORS),
    ("BRK.InvalidService", 400, "Invalid service.", "documented", _ERRORS),
    ("BRK.OverdueService", 400, "Overdue service.", "documented", _ERRORS),
    ("BRK.OverdueTenant", 400, "Overdue tenant.", "documented", _ERRORS),
    ("BRK.InvalidTenant", 400, "Invalid tenant.", "documented", _ERRORS),
    ("BRK.InvalidLanguage", 400, "Invalid language.", "documented", _ERRORS),
    ("BRK.InvalidAudioFormat", 400, "Invalid audio format.", "documented", _ERRORS),
    ("BRK.InvalidAudioSampleRate", 400, "Invalid audio sample rate.", "documented", _ERRORS),
    ("BRK.InvalidAudioBitRate", 400, "Invalid audio bit rate.", "documented", _ERRORS),
    ("BRK.InvalidAudioPackage", 400, "Invalid audio package.", "documented", _ERRORS),
    ("BRK.InvalidOssBucket", 400, "Invalid oss bucket.", "documented", _ERRORS),
    ("BRK.InvalidOssPath", 400, "Invalid oss path.", "documented", _ERRORS),
    ("BRK.InvalidAppKey", 400, "Invalid app key.", "documented", _ERRORS),
    ("BRK.InvalidRoleSplitNum", 400, "Invalid roleSplitNum.", "documented", _ERRORS),
    (
        "BRK.InvalidOutputEnabledSetting",
        400,
        "Invalid output enabled setting.",
        "documented",
        _ERRORS,
    ),
    (
        "BRK.InvalidResultLevelSetting",
        400,
        "Invalid result level setting.",
        "documented",
        "tingwu-openapi 3.2 (error list of the 2022-09-30 API)",
    ),
    (
        "InvalidApi.NotFound",
        404,
        "Specified api is not found, please check your url and method.",
        "documented",
        _GATEWAY,
    ),
    ("Missing", 400, "{0} is mandatory for this action.", "documented", _GATEWAY),
    ("Invalid", 400, "Specified parameter {0} is not valid.", "documented", _GATEWAY),
    (
        "InvalidParameter.Format",
        400,
        "Specified parameter format is not valid.",
        "documented",
        _GATEWAY,
    ),
    (
        "RequestEntityTooLarge",
        413,
        "The request body is larger than the gateway accepts.",
        "assumed",
        "no source names the limit or the code",
    ),
    (
        "InvalidAccessKeyId.NotFound",
        404,
        "Specified access key is not found.",
        "documented",
        _GATEWAY,
    ),
    (
        "InvalidTimeStamp.Format",
        400,
        "Specified time stamp or date value is not well formatted.",
        "documented",
        _GATEWAY,
    ),
    (
        "InvalidTimeStamp.Expired",
        400,
        "Specified time stamp or date value is expired.",
        "documented",
        _GATEWAY,
    ),
    ("SignatureDoesNotMatch", 400, "{0}", "documented", "tingwu-openapi 3.4"),
    (
        "MissingAccessKeyId",
        400,
        "AccessKeyId is mandatory for this action.",
        "assumed",
        "tingwu-openapi 3.2: follows the rule Missing{Param}",
    ),
    (
        "IncompleteSignature",
        400,
        "The request signature does not conform to Aliyun standards.",
        "documented",
        "tingwu-openapi 3.2 (name only; the wording is assumed)",
    ),
)

_NLS = "realtime-ws 4"

IDLE_TIMEOUT: Final = SessionError(
    40000004,
    "Gateway:IDLE_TIMEOUT:Websocket session is idle for too long time{0}!",
    "documented",
    "realtime-ws 1.4",
)
MESSAGE_INVALID_IN_STATE: Final = SessionError(
    40000002,
    "Gateway:MESSAGE_INVALID:Can't process message in state'{0}'!",
    "documented",
    "realtime-ws 2.3 (for FAILED; other states by the same pattern)",
)
MISSING_HEADER: Final = SessionError(
    40000002, "Gateway:MESSAGE_INVALID:Missing message header!", "documented", _NLS
)
MISSING_NAME: Final = SessionError(
    40000002,
    "Gateway:MESSAGE_INVALID:Missing message name!",
    "assumed",
    "by the pattern of 'Missing message header'",
)
NAMESPACE_NOT_FOUND: Final = SessionError(
    40010001,
    "Gateway:NAMESPACE_NOT_FOUND:Namespace '{0}' not found!",
    "documented",
    "realtime-ws 4 (the sentence is assumed)",
)
DIRECTIVE_NOT_SUPPORTED: Final = SessionError(
    40010002,
    "Gateway:DIRECTIVE_NOT_SUPPORTED:Directive'{0}'isnotsupported!",
    "documented",
    _NLS,
)
NOT_WORKING: Final = SessionError(
    40010005, "Gateway:TASK_STATE_ERROR:State is not WORKING!", "documented", "realtime-ws 2.3"
)
STOP_WHILE_STOPPING: Final = SessionError(
    40010005,
    "Gateway:TASK_STATE_ERROR:Got stop directive while task is stopping!",
    "documented",
    "realtime-ws 2.3",
)
START_AGAIN: Final = SessionError(
    40010005,
    "Gateway:TASK_STATE_ERROR:Got start directive while task is {0}!",
    "assumed",
    "by the pattern of 'Got stop directive while task is stopping'",
)
CONCURRENCY_EXCEED: Final = SessionError(
    43040001,
    "Gateway:CONCURRENCY_EXCEED:Another stream of this meeting is working!",
    "assumed",
    "realtime-ws 4 has the code and its name; that a second pusher gets it is our choice",
)
DECODE_ERROR: Final = SessionError(
    40270003,
    "Realtime:DECODE_ERROR:The audio is not in the format of the task!",
    "documented",
    "realtime-ws 4 (the sentence is assumed)",
)
CONTAINER_ERROR: Final = SessionError(
    40000009,
    "Gateway:CLIENT_ERROR:{0}",
    "documented",
    "realtime-ws 4 (what stands before the sentence is assumed)",
)
SERVER_ERROR: Final = SessionError(
    50000000, "Gateway:SERVER_ERROR:Server error!", "documented", _NLS
)
