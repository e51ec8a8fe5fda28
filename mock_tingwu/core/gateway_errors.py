"""Errors of the gateway in front of every API: rows of all tables of `mock_tingwu.core.errors`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mock_tingwu.core.errors import Level

_GATEWAY = "tingwu-openapi 3.2 (gateway-wide table)"
_TOKENS = "gateway errors on the page of faascmd"

#: Code, HTTP status, Message, level and source.
GATEWAY_ROWS: Final[tuple[tuple[str, int, str, Level, str], ...]] = (
    (
        "InvalidApi.NotFound",
        404,
        "Specified api is not found, please check your url and method.",
        "documented",
        _GATEWAY,
    ),
    (
        "InvalidProduct.NotFound",
        404,
        "Cannot find product according to your specified domain.",
        "documented",
        "live-rtc-asr 5 (name); error pages of other products (wording)",
    ),
    (
        "InvalidProtocol.NeedSsl",
        400,
        "Your request is denied as lack of ssl protect.",
        "documented",
        "live-rtc-asr 5 (name); error pages of other products (wording)",
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
        "InvalidAccessKeyId.Inactive",
        400,
        "Specified access key is disabled.",
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
        "ContentMD5NotMatched",
        400,
        "Specified content md5 is not matched with your request body.",
        "observed",
        "aliyun-openapi-python-sdk issue 118",
    ),
    (
        "SignatureNonceUsed",
        400,
        "Specified signature nonce was used already.",
        "documented",
        _GATEWAY,
    ),
    (
        "InvalidSignatureMethod",
        400,
        "Specified signature method is not valid.",
        "documented",
        _GATEWAY,
    ),
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
        "tingwu-openapi 3.2 (name); the signature page of other products (wording)",
    ),
    (
        "MissingSecurityToken",
        400,
        "SecurityToken is mandatory for this action.",
        "documented",
        "STS troubleshooting page; aliyungo issue 204",
    ),
    (
        "InvalidSecurityToken.Expired",
        400,
        "Specified SecurityToken is expired.",
        "documented",
        _TOKENS,
    ),
    (
        "InvalidSecurityToken.Malformed",
        400,
        "Specified SecurityToken is malformed.",
        "documented",
        _TOKENS,
    ),
    (
        "InvalidSecurityToken.MismatchWithAccessKey",
        400,
        "Specified SecurityToken mismatch with the AccessKey.",
        "documented",
        _TOKENS,
    ),
    (
        "UnsupportedHTTPMethod",
        400,
        "Specified http method is not supported.",
        "documented",
        "tingwu-openapi 3.2 (name only; the wording is assumed)",
    ),
    (
        "Throttling.User",
        400,
        "Request was denied due to user flow control.",
        "documented",
        "tingwu-openapi 3.5",
    ),
    (
        "Throttling.Api",
        400,
        "Request was denied due to api flow control.",
        "documented",
        "live-rtc-asr 5 (name; the wording follows that of Throttling.User)",
    ),
    (
        "NoPermission",
        403,
        "You are not authorized to do this action.",
        "documented",
        "tingwu-openapi 3.2 (name); the error pages of RAM (wording)",
    ),
    (
        "Forbidden.RAM",
        403,
        "User not authorized to operate on the specified resource, or this API doesn't support "
        "RAM.",
        "documented",
        "tingwu-openapi 3.2 (name); the error tables of ECS (wording)",
    ),
    (
        "ServiceUnavailable",
        503,
        "The request has failed due to a temporary failure of the server.",
        "documented",
        "tingwu-openapi 3.2 (name); the response page of other products (wording)",
    ),
)
