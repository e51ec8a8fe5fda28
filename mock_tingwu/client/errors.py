"""What can go wrong on the client's side. Every message is one sentence for a reader."""

from __future__ import annotations


class ClientError(Exception):
    """Anything that the client raises about the service."""


class Unreachable(ClientError):
    """No usable answer came: nobody listens, the connection broke, time ran out."""


class ServiceError(ClientError):
    """The service answered with an error.

    ``code`` and ``message`` are as on the wire, ``request_id`` is what support asks for (empty if
    the answer had none), ``http_status`` is 200 when only the envelope tells of the error.
    """

    def __init__(self, code: str, message: str, request_id: str, http_status: int) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.request_id = request_id
        self.http_status = http_status


class TingwuError(ServiceError):
    """An error of Tingwu's OpenAPI, or of the server of its files."""


class DashScopeError(ServiceError):
    """An error of DashScope, or of the server of its files."""


class TaskFailed(ClientError):
    """A task has failed, and the caller asked to be told of that so.

    ``code`` and ``message`` are why, such as TSC.FileError.
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
