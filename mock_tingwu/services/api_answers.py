"""What every API's gateway answers in the same way: the error body, the headers, the journal."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from mock_tingwu.core.scope import Scope
from mock_tingwu.services import api_format
from mock_tingwu.services.api_errors import ApiFailure
from mock_tingwu.services.api_request import ApiRequest
from mock_tingwu.services.gatekeeper import Product

Json = dict[str, Any]

#: These are on every public recording of the gateway.
_ALWAYS: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"*"),
)


class ApiResponse(Response):
    """An answer that is complete: ``headers`` are as they are sent, their names in small letters.

    A `Response` works out most of them, at several times the price.
    """

    def __init__(self, content: bytes, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.body = content
        self.status_code = status
        self.raw_headers = headers
        self.background = None


def error_body(product: Product, request_id: str, error: ApiFailure) -> Json:
    """The fields of an error (tingwu-openapi 3.1, live-rtc-asr 5)."""
    query = f"q={error.code}&product={product.name}&requestId={request_id}"
    return {
        "RequestId": request_id,
        "HostId": product.host,
        "Code": error.code,
        "Message": error.message,
        "Recommend": f"https://api.aliyun.com/troubleshoot?{query}",
        **error.fields,
    }


def written(
    scope: Scope,
    service: str,
    request: ApiRequest,
    request_id: str,
    root: str,
    fields: Json,
    *,
    as_json: bool,
    error: ApiFailure | None = None,
) -> Response:
    """The answer of these ``fields``, as JSON or as XML with the element ``root`` around them.

    It is written down in the journal, too.
    """
    status = 200 if error is None else error.http_status
    # pop-core parses an answer only if the type is JSON's (tingwu-openapi 0.9).
    if scope.manners is not None:
        fields = scope.manners.shaped(fields, service, request_id)
    if not as_json:
        content = api_format.to_xml(root, fields)
    elif scope.manners is not None:
        content = scope.manners.written(fields, service, request_id)
    else:
        content = api_format.to_json(fields)
    scope.journal.record(
        "response",
        service,
        request.state.task_id,
        request_id=request_id,
        method=request.method,
        target=request.state.target,
        operation=request.state.operation,
        status=status,
        body=content if as_json else content.decode(),
    )
    headers = [
        (b"content-type", (api_format.JSON_TYPE if as_json else api_format.XML_TYPE).encode()),
        *_ALWAYS,
        (b"x-acs-request-id", request_id.encode()),
        (b"x-acs-trace-id", scope.ids.hex32("trace").encode()),
    ]
    if error is None:
        headers.append((b"etag", api_format.etag(content).encode()))
    else:
        for name, value in error.headers.items():
            headers.append((name.lower().encode(), value.encode("latin-1")))
    headers.append((b"content-length", b"%d" % len(content)))
    return ApiResponse(content, status, headers)
