"""What can go wrong on the client's side. Every message is one sentence for a reader."""

from __future__ import annotations


class ClientError(Exception):
    """Anything that the client raises about the service."""


class Unreachable(ClientError):
    """No usable answer came: nobody listens, the connection broke, time ran out."""


class TingwuError(ClientError):
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


class StreamError(ClientError):
    """A meeting's stream could not be opened, or ended before it was complete.

    ``status`` is the code of the TaskFailed, the HTTP status of a refused handshake, or None.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
