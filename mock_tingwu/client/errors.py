"""What can go wrong on the client's side. Every message is one sentence for a reader."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

E = TypeVar("E", bound=BaseException)

#: Answered with 429 although waiting does not help: somebody has to pay (dashscope-tingwu 5).
UNPAID: Final = frozenset({"PrepaidBillOverdue", "PostpaidBillOverdue", "CommodityNotPurchased"})


class Mishap(StrEnum):
    """What befell a call, as far as making it again goes."""

    #: No connection came about: the service has not seen the call.
    UNSENT = "unsent"
    #: Refused because there were too many calls: nothing was done.
    THROTTLED = "throttled"
    #: The service itself says that it failed, or that it cannot serve at the moment.
    FAILED = "failed"
    #: The connection broke, time ran out, or something between answered: it may have been done.
    UNKNOWN = "unknown"


class ClientError(Exception):
    """Anything that the client raises about the service.

    ``mishap`` is None when the same call would end the same way again.
    """

    mishap: Mishap | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        # Those that take more than their message could not be sent to another process otherwise.
        return _made_again, (type(self), self.args, vars(self))


def _made_again(kind: type[E], args: tuple[Any, ...], state: Mapping[str, Any]) -> E:
    error = kind.__new__(kind, *args)
    vars(error).update(state)
    return error


class Unreachable(ClientError):
    """No usable answer came: nobody listens, the connection broke, time ran out.

    With the ``mishap`` UNSENT it is certain that nothing was done.
    """

    def __init__(self, message: str, mishap: Mishap | None = None) -> None:
        super().__init__(message)
        self.mishap = mishap


class ServiceError(ClientError):
    """The service answered with an error.

    ``code`` and ``message`` are as on the wire, ``request_id`` is what support asks for (empty if
    the answer had none), ``http_status`` is 200 when only the envelope tells of the error.
    ``retry_after`` is how long the service asks to be left alone, in seconds; None: it does not.
    """

    def __init__(
        self,
        code: str,
        message: str,
        request_id: str,
        http_status: int,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.request_id = request_id
        self.http_status = http_status
        self.retry_after = retry_after
        # 408 is DashScope's RequestTimeOut: "please try again later" (dashscope-tingwu 5).
        if self.throttled:
            self.mishap = Mishap.THROTTLED
        elif http_status >= 500 or http_status == 408:
            self.mishap = Mishap.FAILED

    @property
    def throttled(self) -> bool:
        """Whether there were too many calls: Throttling.User, Throttling.RateQuota and the like
        (tingwu-openapi 3.5, live-rtc-asr 5, dashscope-tingwu 5), or HTTP 429.
        """
        if self.http_status == 429 and self.code not in UNPAID:
            return True
        return self.code.partition(".")[0] == "Throttling"


class TingwuError(ServiceError):
    """An error of Tingwu's OpenAPI, or of the server of its files."""


class DashScopeError(ServiceError):
    """An error of DashScope, or of the server of its files."""


class LiveError(ServiceError):
    """An error of ApsaraVideo Live; ``code`` is ``RetCode 4001`` where only RetCode tells of it."""


class TaskFailed(ClientError):
    """A task has failed, and the caller asked to be told of that so.

    ``code`` and ``message`` are why, such as TSC.FileError; INVALID is a task that is not known.
    """

    def __init__(self, task_id: str, code: str, message: str) -> None:
        super().__init__(f"The task {task_id} failed with {code}: {message}")
        self.task_id = task_id
        self.code = code
        self.message = message


class StreamError(ClientError):
    """A stream could not be opened, or ended before it was complete.

    ``status`` is the number of Tingwu's TaskFailed, the HTTP status of a refused handshake, or
    None. ``code`` is DashScope's word for it, such as Agent.InputInvalidDataId, else empty.
    """

    def __init__(self, message: str, status: int | None = None, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
