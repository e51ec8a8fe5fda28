"""Errors that the OpenAPI answers with, in the wording of its tables."""

from __future__ import annotations

from mock_tingwu.core.errors import API_ERRORS, ApiError


class ApiFailure(Exception):
    """The request is answered with ``error``; ``code`` and ``message`` are as on the wire.

    ``detail`` tells the journal what exactly was wrong.
    """

    detail = ""

    def __init__(self, error: ApiError, *, code: str = "", message: str = "") -> None:
        self.http_status = error.http_status
        self.code = code or error.code
        self.message = message or error.message
        super().__init__(f"{self.code}: {self.message}")


def failure(code: str) -> ApiFailure:
    """The failure with a code of the error table."""
    return ApiFailure(API_ERRORS[code])


def missing(parameter: str) -> ApiFailure:
    """``parameter`` was not sent: the gateway's rule Missing{Param} (tingwu-openapi 3.2)."""
    error = API_ERRORS["Missing"]
    name = parameter.rpartition(".")[2]
    return ApiFailure(
        error, code=f"Missing{_capital(name)}", message=error.message.format(parameter)
    )


def invalid(parameter: str) -> ApiFailure:
    """``parameter`` is not valid: the gateway's rule Invalid{Param} (tingwu-openapi 3.2)."""
    error = API_ERRORS["Invalid"]
    name = parameter.rpartition(".")[2]
    return ApiFailure(
        error, code=f"Invalid{_capital(name)}", message=error.message.format(parameter)
    )


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
