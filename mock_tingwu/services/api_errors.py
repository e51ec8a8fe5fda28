"""Errors that the OpenAPI answers with, in the wording of its tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from mock_tingwu.core.errors import API_ERRORS, LIVE_ERRORS, ApiError

if TYPE_CHECKING:
    from mock_tingwu.core.awkward.manners import Manners

#: What an awkward scope refuses calls of Tingwu with, and of Live, and why, for the journal.
STUMBLES: Final = ("ServerError", "ServiceUnavailable")
LIVE_STUMBLES: Final = ("InternalError", "ServiceUnavailable")
REPEAT: Final = "the profile is awkward: the same call succeeds when it is made again"


class ApiFailure(Exception):
    """The request is answered with ``error``; ``code`` and ``message`` are as on the wire.

    ``detail`` tells the journal what exactly was wrong, ``breaches`` where the request breaks its
    schema: pointers, and what is wrong there. ``headers`` and ``fields`` are added to the answer's
    headers and to its body. ``retry_after`` is what a throttled client is told to wait, in ms.
    """

    detail = ""
    breaches: Sequence[tuple[str, str]] = ()
    retry_after = 0

    def __init__(self, error: ApiError, *, code: str = "", message: str = "") -> None:
        self.http_status = error.http_status
        self.code = code or error.code
        self.message = message or error.message
        self.headers: dict[str, str] = {}
        self.fields: dict[str, Any] = {}
        super().__init__(f"{self.code}: {self.message}")


def failure(code: str, *, message: str = "") -> ApiFailure:
    """The failure with a code of an error table."""
    return ApiFailure(API_ERRORS.get(code) or LIVE_ERRORS[code], message=message)


def missing(parameter: str) -> ApiFailure:
    """``parameter`` was not sent: the gateway's rule Missing{Param} (tingwu-openapi 3.2)."""
    return _about("Missing", parameter)


def invalid(parameter: str) -> ApiFailure:
    """``parameter`` is not valid: the gateway's rule Invalid{Param} (tingwu-openapi 3.2)."""
    return _about("Invalid", parameter)


def throttled(retry_after: int) -> ApiFailure:
    """Too many calls; the client is told to wait ``retry_after`` ms.

    Tea SDKs read the header and wait for so many milliseconds when they retry; the newest Python
    one takes the answer for throttling only with it (tingwu-openapi 3.5).
    """
    error = failure("Throttling.User")
    error.headers["x-acs-retry-after"] = str(retry_after)
    error.retry_after = retry_after
    return error


def denied(code: str, *, action: str, account: str, message: str = "") -> ApiFailure:
    """NoPermission or Forbidden.RAM, with the AccessDeniedDetail that SDKs hand on.

    ``action`` is the RAM action, ``account`` the id of the account that owns the caller. The fields
    are those of public samples, their values ours.
    """
    error = failure(code, message=message)
    error.fields["AccessDeniedDetail"] = {
        "AuthAction": action,
        "AuthPrincipalDisplayName": "mock-user",
        "AuthPrincipalOwnerId": account,
        "AuthPrincipalType": "SubUser",
        "NoPermissionType": "ImplicitDeny",
        "PolicyType": "AccountLevelIdentityBasedPolicy",
    }
    return error


def stumble(
    manners: Manners, access_key: str | None, *call: str | bytes, codes: Sequence[str] = STUMBLES
) -> None:
    """Refuse a call now and then, before anything is done.

    ``call`` is what makes it the same call when it is made again, but for its signature.

    Raises:
        ApiFailure: this is such a time.
    """
    code = manners.refusal(codes, access_key or "", *call)
    if code is not None:
        error = failure(code)
        error.detail = REPEAT
        raise error


def _about(pattern: str, parameter: str) -> ApiFailure:
    error = API_ERRORS[pattern]
    name = parameter.rpartition(".")[2]
    code = f"{pattern}{name[:1].upper()}{name[1:]}"
    return ApiFailure(error, code=code, message=error.message.format(parameter))
