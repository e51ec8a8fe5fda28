"""The cloud's error tables: codes, statuses and wording, each row with its source.

Rows marked ``assumed`` are what a careful cloud would answer where no source says it.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from mock_tingwu.core.gateway_errors import GATEWAY_ROWS

Level = Literal["documented", "sdk", "observed", "assumed"]


class ApiError(Struct, frozen=True):
    """An error body of the OpenAPI: HTTP status, Code and Message.

    ``{0}`` in the message stands for the parameter that the error is about.
    """

    code: str
    http_status: int
    message: str
    level: Level
    source: str


class SessionError(Struct, frozen=True):
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
        "BRK.ServiceLinkedRoleNotExist",
        400,
        "ServiceLinkedRole AliyunServiceRoleForTingwuPaaS not exist.",
        "documented",
        "tingwu-openapi 3.2 (error list of the 2022-09-30 API)",
    ),
    *GATEWAY_ROWS,
)

#: Codes of ApsaraVideo Live's live ASR tasks and of the gateway in front of it.
LIVE_ERRORS: Final = _api(
    (
        "ConfigNotFound",
        400,
        "The task is not found, please check and try again later.",
        "documented",
        "live-rtc-asr 1.2 (what stands before the comma is assumed)",
    ),
    (
        "InternalError",
        500,
        "The request processing has failed due to some unknown error.",
        "documented",
        "live-rtc-asr 5 (name); the common error table (wording)",
    ),
    *GATEWAY_ROWS,
)


class TaskError(Struct, frozen=True):
    """What a FAILED task or hot-word call shows: ErrorCode and ErrorMessage."""

    code: str
    message: str
    level: Level
    source: str


def _task(*rows: tuple[str, str, Level, str]) -> dict[str, TaskError]:
    return {row[0]: TaskError(*row) for row in rows}


_TASK = "tingwu-openapi 3.3"
_NO_WORDING = "tingwu-openapi 3.3 (code only; the wording is assumed)"

#: Why a task fails.
TASK_ERRORS: Final = _task(
    ("TSC.AudioFileLink", "Audio file link invalid.", "documented", _TASK),
    ("TSC.AudioFormat", "Audio format invalid.", "documented", _TASK),
    ("TSC.FileError", "File cannot be read.", "documented", _TASK),
    ("TSC.AudioSampleRate", "Audio sample rate invalid.", "observed", _TASK),
    ("TSC.ContentLengthCheckFailed", "Content length check failed.", "observed", _NO_WORDING),
    ("TSC.FileType", "File type invalid.", "observed", _NO_WORDING),
    ("TSC.AudioDuration", "Audio duration invalid.", "observed", _NO_WORDING),
    ("TSC.AudioFileSize", "Audio file size invalid.", "observed", _NO_WORDING),
    (
        "PRE.AudioDurationQuotaLimit",
        "The audio duration exceeds the quota limit.",
        "observed",
        "tingwu-openapi 3.3 (the message contains 'quota limit')",
    ),
)

#: Why a hot-word call fails although its request is right.
PHRASE_ERRORS: Final = _task(
    (
        "PHS.Exceed",
        "The num of the phrase exceeds the upper limit.",
        "documented",
        "tingwu-openapi 1.4",
    ),
)

_NLS = "realtime-ws 4"
_NO_SENTENCE = "realtime-ws 4 (code and symbol; the sentence is assumed)"

#: Every status of the realtime endpoint. The codes of other NLS products (speech synthesis, files)
#: are left out.
SESSION_ERRORS: Final[tuple[SessionError, ...]] = (
    CLIENT_ERROR := SessionError(
        40000000, "Gateway:CLIENT_ERROR:Client disconnected!", "documented", _NLS
    ),
    ACCESS_DENIED := SessionError(
        40000001, "Gateway:ACCESS_DENIED:The token '{0}' is invalid!", "documented", _NLS
    ),
    MESSAGE_INVALID_IN_STATE := SessionError(
        40000002,
        "Gateway:MESSAGE_INVALID:Can't process message in state'{0}'!",
        "documented",
        "realtime-ws 2.3 (for FAILED; other states by the same pattern)",
    ),
    MISSING_HEADER := SessionError(
        40000002, "Gateway:MESSAGE_INVALID:Missing message header!", "documented", _NLS
    ),
    MISSING_NAME := SessionError(
        40000002,
        "Gateway:MESSAGE_INVALID:Missing message name!",
        "assumed",
        "by the pattern of 'Missing message header'",
    ),
    PARAMETER_INVALID := SessionError(
        40000003, "Gateway:PARAMETER_INVALID:Failed to decode url params!", "documented", _NLS
    ),
    IDLE_TIMEOUT := SessionError(
        40000004,
        "Gateway:IDLE_TIMEOUT:Websocket session is idle for too long time{0}!",
        "documented",
        "realtime-ws 1.4",
    ),
    TOO_MANY_REQUESTS := SessionError(
        40000005, "Gateway:TOO_MANY_REQUESTS:Too many requests!", "documented", _NLS
    ),
    CONTAINER_ERROR := SessionError(
        40000009,
        "Gateway:CLIENT_ERROR:{0}",
        "documented",
        "realtime-ws 4 (what stands before the sentence is assumed)",
    ),
    FREE_TRIAL_EXPIRED := SessionError(
        40000010, "Gateway:FREE_TRIAL_EXPIRED:The free trial has expired!", "documented", _NLS
    ),
    NAMESPACE_NOT_FOUND := SessionError(
        40010001,
        "Gateway:NAMESPACE_NOT_FOUND:Namespace '{0}' not found!",
        "documented",
        _NO_SENTENCE,
    ),
    DIRECTIVE_NOT_SUPPORTED := SessionError(
        40010002,
        "Gateway:DIRECTIVE_NOT_SUPPORTED:Directive'{0}'isnotsupported!",
        "documented",
        _NLS,
    ),
    DIRECTIVE_INVALID := SessionError(
        40010003, "Gateway:DIRECTIVE_INVALID:{0}", "documented", _NLS
    ),
    CLIENT_DISCONNECT := SessionError(
        40010004,
        "Gateway:CLIENT_DISCONNECT:Client disconnected before task finished!",
        "documented",
        _NLS,
    ),
    NOT_WORKING := SessionError(
        40010005, "Gateway:TASK_STATE_ERROR:State is not WORKING!", "documented", "realtime-ws 2.3"
    ),
    STOP_WHILE_STOPPING := SessionError(
        40010005,
        "Gateway:TASK_STATE_ERROR:Got stop directive while task is stopping!",
        "documented",
        "realtime-ws 2.3",
    ),
    START_AGAIN := SessionError(
        40010005,
        "Gateway:TASK_STATE_ERROR:Got start directive while task is {0}!",
        "assumed",
        "by the pattern of 'Got stop directive while task is stopping'",
    ),
    APPKEY_NOT_EXIST := SessionError(
        40020105, "Meta:APPKEY_NOT_EXIST:Appkey not exist!", "documented", _NLS
    ),
    APPKEY_UID_MISMATCH := SessionError(
        40020106, "Meta:APPKEY_UID_MISMATCH:Appkey and user mismatch!", "documented", _NLS
    ),
    NO_VALID_AUDIO := SessionError(
        40270002, "Realtime:NO_VALID_AUDIO_ERROR:No valid audio!", "documented", _NO_SENTENCE
    ),
    DECODE_ERROR := SessionError(
        40270003,
        "Realtime:DECODE_ERROR:The audio is not in the format of the task!",
        "documented",
        _NO_SENTENCE,
    ),
    APPKEY_IS_NULL := SessionError(
        41000002, "Realtime:APPKEY_KEY_IS_NULL:Appkey is null!", "documented", _NO_SENTENCE
    ),
    NO_ROUTE := SessionError(
        41000003,
        "Meta:META_INFO_INVALID:MetaInfo doesn't have end point info!",
        "documented",
        "realtime-ws 4 (the sentence; layer and symbol are assumed)",
    ),
    UNSUPPORTED_FORMAT := SessionError(
        41010100, "Realtime:UNSUPPORTED_FORMAT:Unsupported format!", "sdk", _NO_SENTENCE
    ),
    UNSUPPORTED_SAMPLE_RATE := SessionError(
        41010101,
        "Realtime:UNSUPPORTED_SAMPLE_RATE:Unsupported sample rate!",
        "documented",
        _NO_SENTENCE,
    ),
    GET_CLIENT_DATA_TIMEOUT := SessionError(
        41040201,
        "Realtime:GET_CLIENT_DATA_TIMEOUT:Client data does not send continuously!",
        "documented",
        _NLS,
    ),
    CONCURRENCY_EXCEED := SessionError(
        43040001,
        "Gateway:CONCURRENCY_EXCEED:Another stream of this meeting is working!",
        "assumed",
        "realtime-ws 4 has the code and its name; that a second pusher gets it is our choice",
    ),
    SERVER_ERROR := SessionError(
        50000000, "Gateway:SERVER_ERROR:Server error!", "documented", _NO_SENTENCE
    ),
    GRPC_ERROR := SessionError(50000001, "Gateway:GRPC_ERROR:Grpc error!", "documented", _NLS),
    GRPC_ERROR_RETRY := SessionError(
        52010001, "Gateway:GRPC_ERROR:Grpc error!", "documented", _NLS
    ),
    ROUTE_GROUP_NOT_FOUND := SessionError(
        50020003, "Gateway:ROUTE_GROUP_NOT_FOUND:Route group not found!", "documented", _NO_SENTENCE
    ),
)
