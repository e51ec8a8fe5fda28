"""The error tables of DashScope: the platform's codes and those of the Tingwu agents behind it.

A body is ``{"code": …, "message": …, "request_id": …}`` with the row's HTTP status; on the
WebSocket the platform's codes stand in the header of ``task-failed``, the agents' in its output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mock_tingwu.core.errors import ApiError

if TYPE_CHECKING:
    from mock_tingwu.core.errors import Level

_PLATFORM = "dashscope-tingwu 5"
_NO_WORDING = "dashscope-tingwu 5 (code and status; the wording is assumed)"
_AGENT = "dashscope-tingwu 5 (codes of the WebSocket; 400 over HTTP is assumed)"


def _table(*rows: tuple[str, int, str, Level, str]) -> dict[str, ApiError]:
    return {row[0]: ApiError(*row) for row in rows}


#: Codes of the platform in front of every model.
PLATFORM_ERRORS: Final = _table(
    (
        "InvalidParameter",
        400,
        "Required parameter(s) missing or invalid, please check the request parameters.",
        "documented",
        _PLATFORM,
    ),
    (
        "BadRequest.EmptyInput",
        400,
        'Required parameter "input" missing from request.',
        "documented",
        _NO_WORDING,
    ),
    (
        "BadRequest.EmptyParameters",
        400,
        'Required parameter "parameters" missing from request.',
        "documented",
        _NO_WORDING,
    ),
    (
        "BadRequest.EmptyModel",
        400,
        'Required parameter "model" missing from request.',
        "documented",
        _PLATFORM,
    ),
    (
        "InvalidURL",
        400,
        "Required URL is missing or invalid, please check the request URL.",
        "documented",
        _NO_WORDING,
    ),
    (
        "Arrearage",
        400,
        "Access denied, please make sure your account is in good standing.",
        "documented",
        _PLATFORM,
    ),
    (
        "DataInspectionFailed",
        400,
        "Input or output data may contain inappropriate content.",
        "documented",
        _NO_WORDING,
    ),
    ("UnsupportedOperation", 400, "The operation is unsupported.", "documented", _NO_WORDING),
    ("InvalidApiKey", 401, "Invalid API-key provided.", "documented", _PLATFORM),
    ("AccessDenied", 403, "Access denied.", "documented", _NO_WORDING),
    ("Workspace.AccessDenied", 403, "Workspace access denied.", "documented", _NO_WORDING),
    ("Model.AccessDenied", 403, "Model access denied.", "documented", _NO_WORDING),
    (
        "AccessDenied.Unpurchased",
        403,
        "Access to model denied. Please make sure you are eligible for using the model.",
        "documented",
        _NO_WORDING,
    ),
    ("ModelNotFound", 404, "Model can not be found.", "documented", _PLATFORM),
    ("WorkSpaceNotFound", 404, "WorkSpace can not be found.", "documented", _NO_WORDING),
    (
        "RequestTimeOut",
        408,
        "Request timed out, please try again later.",
        "documented",
        _NO_WORDING,
    ),
    ("BadRequest.TooLarge", 413, "Payload too large.", "documented", _NO_WORDING),
    (
        "BadRequest.InputDownloadFailed",
        415,
        "Failed to download the input file.",
        "documented",
        _NO_WORDING,
    ),
    (
        "BadRequest.UnsupportedFileFormat",
        415,
        "Input file format is not supported.",
        "documented",
        _NO_WORDING,
    ),
    ("Throttling", 429, "Requests throttling triggered.", "documented", _PLATFORM),
    (
        "Throttling.RateQuota",
        429,
        "Requests rate limit exceeded, please try again later.",
        "documented",
        _PLATFORM,
    ),
    (
        "Throttling.AllocationQuota",
        429,
        "Allocated quota exceeded, please increase your quota limit.",
        "documented",
        _PLATFORM,
    ),
    ("PrepaidBillOverdue", 429, "The prepaid bill is overdue.", "documented", _NO_WORDING),
    ("PostpaidBillOverdue", 429, "The postpaid bill is overdue.", "documented", _NO_WORDING),
    ("CommodityNotPurchased", 429, "Commodity has not purchased yet.", "documented", _NO_WORDING),
    (
        "InternalError",
        500,
        "An internal error has occured, please try again later or contact service support.",
        "documented",
        _NO_WORDING,
    ),
    (
        "InternalError.Algo",
        500,
        "An internal error has occured during algorithm execution.",
        "documented",
        _NO_WORDING,
    ),
    (
        "InternalError.Timeout",
        500,
        "An internal timeout error has occured during execution, please try again later.",
        "documented",
        _NO_WORDING,
    ),
    (
        "SystemError",
        500,
        "An system error has occured, please try again later.",
        "documented",
        _NO_WORDING,
    ),
    (
        "ModelUnavailable",
        503,
        "Model is unavailable, please try again later.",
        "documented",
        _NO_WORDING,
    ),
)

#: Codes of the Tingwu agents. What they say of single parameters stands further below.
AGENT_ERRORS: Final = _table(
    (
        "Agent.FrameSequenceIllegal",
        400,
        "Agent Websocket Frame Sequence Illegal.",
        "documented",
        _AGENT,
    ),
    ("Agent.InputActionIllegal", 400, "Agent Input Action Illegal.", "documented", _AGENT),
    ("Agent.InputAppIdIllegal", 400, "Agent Input appId illegal.", "documented", _AGENT),
    ("Agent.AppNotPublished", 400, "Agent App not published.", "documented", _AGENT),
    ("Agent.InputInvalidDataId", 400, "Agent Input invalid dataId.", "documented", _AGENT),
    (
        "Agent.CustomTaskIdInvalid",
        400,
        "The length of custom task id must be 16.",
        "documented",
        _AGENT,
    ),
    ("Agent.AppInfoNotExist", 400, "Agent App Info not exist.", "documented", _AGENT),
    ("BIL.ServiceNotActivate", 400, "User hasn't activate service.", "documented", _AGENT),
    ("BIL.UserArrears", 400, "User is in arrears.", "documented", _AGENT),
    ("ServerError", 500, "Server error.", "documented", _AGENT),
)

#: Every code that a call can be answered with.
CALL_ERRORS: Final = {**PLATFORM_ERRORS, **AGENT_ERRORS}


def _parameter(message: str, level: Level, source: str) -> ApiError:
    return ApiError("InvalidParameter", 400, message, level, source)


_INDUSTRIAL = "dashscope-tingwu 5 (the industrial agent)"

#: What the agents say of single parameters, all with the code InvalidParameter.
OFFICIAL_DOCUMENTS: Final = _parameter(
    "Invalid parameter. Please refer to the official documents.", "documented", _AGENT
)
TEXT_FORMAT: Final = _parameter(
    "Agent Input text format error.", "documented", "dashscope-tingwu 2"
)
END_SILENCE: Final = _parameter(
    "MaxEndSilence invalid, must between [0. 6000].", "documented", _INDUSTRIAL
)
NO_TERMINOLOGY: Final = _parameter("Terminology not exist.", "documented", _INDUSTRIAL)
TERMINOLOGY: Final = _parameter("Terminology invalid.", "documented", _INDUSTRIAL)
SAMPLE_RATE: Final = _parameter("SampleRate invalid.", "documented", _INDUSTRIAL)
AUDIO_FORMAT: Final = _parameter("Audio format invalid.", "documented", _INDUSTRIAL)
