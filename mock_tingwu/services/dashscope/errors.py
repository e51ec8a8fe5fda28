"""Errors that DashScope answers with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mock_tingwu.core.dashscope_errors import CALL_ERRORS
from mock_tingwu.core.errors import ApiError
from mock_tingwu.services.api_errors import REPEAT

if TYPE_CHECKING:
    from mock_tingwu.core.awkward.manners import Manners

#: What an awkward scope refuses calls with.
STUMBLES: Final = ("InternalError", "ModelUnavailable")


class AgentFailure(Exception):
    """The request is answered with ``error``; ``detail`` tells the journal what was wrong.

    ``retry_after`` is what a throttled client is told to wait, in ms; 0 tells nothing.
    ``breaches`` tells where the request breaks its schema: pointers, and what is wrong there.
    """

    breaches: Sequence[tuple[str, str]] = ()

    def __init__(self, error: ApiError, detail: str = "", *, message: str = "") -> None:
        self.http_status = error.http_status
        self.code = error.code
        self.message = message or error.message
        self.detail = detail
        self.retry_after = 0
        super().__init__(f"{self.code}: {self.message}")


def failure(code: str, detail: str = "", *, message: str = "") -> AgentFailure:
    """The failure with a code of the error tables."""
    return AgentFailure(CALL_ERRORS[code], detail, message=message)


def stumble(manners: Manners, key: str | None, *call: str | bytes) -> None:
    """Refuse a call now and then, before anything is done.

    Raises:
        AgentFailure: this is such a time.
    """
    code = manners.refusal(STUMBLES, key or "", *call)
    if code is not None:
        raise failure(code, REPEAT)


def throttled(retry_after: int, detail: str = "") -> AgentFailure:
    """Too many calls. Clients of the v2 SDK read ``retry-after-ms`` (dashscope-tingwu 8.3)."""
    error = failure("Throttling.RateQuota", detail)
    error.retry_after = retry_after
    return error
