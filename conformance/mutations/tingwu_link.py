"""Mutants whose links are not as OSS documents them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mock_tingwu.conformance.mutants import (
    Body,
    answers,
    mutant,
    patched,
    patched_item,
    with_value,
)
from mock_tingwu.protocols.signing import oss_url
from mock_tingwu.services import ranges, storage
from mock_tingwu.services.storage import StorageService


@mutant("files want the caller of the API", area="TW-LINK", caught_by=["TW-LINK-001"])
def files_want_a_caller() -> AbstractContextManager[None]:
    get = StorageService.get

    async def strict(self: StorageService, request: Request) -> Response:
        if "authorization" not in request.headers:
            return Response("no Authorization", 401)
        return await get(self, request)

    return patched(StorageService, "get", strict)


@mutant("links are signed in a way of their own", area="TW-LINK", caught_by=["TW-LINK-002"])
def links_signed_otherwise() -> AbstractContextManager[None]:
    def change(results: Body) -> Body:
        return {kind: link.replace("Signature=", "sig=") for kind, link in results.items()}

    return answers("GetTaskInfo", with_value(change, "Data", "Result"))


def _verdict(change: Callable[[Any], Any], **named: Any) -> AbstractContextManager[None]:
    """Links are judged otherwise."""
    verify = oss_url.verify

    def other(*given: Any, **usual: Any) -> Any:
        return change(verify(*given, **usual | named))

    return patched(oss_url, "verify", other)


def _pardon(*problems: str) -> AbstractContextManager[None]:
    return _verdict(
        lambda verdict: (
            replace(verdict, ok=True, problem=None) if verdict.problem in problems else verdict
        )
    )


@mutant("links live for ever", area="TW-LINK", caught_by=["TW-LINK-004"])
def links_live_for_ever() -> AbstractContextManager[None]:
    return _verdict(lambda verdict: verdict, now=None)


def _refusals() -> dict[str, tuple[str, str]]:
    return storage._REFUSALS


@mutant("a link that has expired is just refused", area="TW-LINK", caught_by=["TW-LINK-004"])
def expiry_in_own_words() -> AbstractContextManager[None]:
    return patched_item(_refusals(), "expired", ("AccessDenied", "Access denied."))


@mutant("a file is another one each time", area="TW-LINK", caught_by=["TW-LINK-006"])
def another_file_each_time() -> AbstractContextManager[None]:
    def change(status: int, body: Body) -> tuple[int, Body]:
        return status, body | {"Trace": uuid4().hex}

    return answers("download", change)


@mutant(
    "signatures are not compared",
    area="TW-LINK",
    caught_by=["TW-LINK-007", "TW-LINK-008", "TW-LINK-009"],
)
def signatures_are_not_compared() -> AbstractContextManager[None]:
    return _pardon("mismatch")


@mutant("Expires is not signed", area="TW-LINK", caught_by=["TW-LINK-008"])
def expiry_is_not_signed() -> AbstractContextManager[None]:
    return patched(
        oss_url,
        "string_to_sign",
        lambda bucket, key, expires, method="GET": f"{method}\n\n\n\n/{bucket}/{key}",
    )


@mutant("the file's name is not signed", area="TW-LINK", caught_by=["TW-LINK-009"])
def name_is_not_signed() -> AbstractContextManager[None]:
    return patched(
        oss_url,
        "string_to_sign",
        lambda bucket, key, expires, method="GET": f"{method}\n\n\n{expires}\n/{bucket}",
    )


@mutant("a link needs no signature", area="TW-LINK", caught_by=["TW-LINK-010", "TW-LINK-012"])
def no_signature_needed() -> AbstractContextManager[None]:
    return _pardon("missing")


@mutant(
    "whatever is wrong with a link is AccessDenied",
    area="TW-LINK",
    caught_by=["TW-LINK-007", "TW-LINK-011"],
)
def one_code_for_all_links() -> AbstractContextManager[None]:
    refusal = storage._refusal

    def same(status: int, code: str, *given: Any, **named: Any) -> Response:
        return refusal(status, "AccessDenied" if status == 403 else code, *given, **named)

    return patched(storage, "_refusal", same)


@mutant("a link is refused in JSON", area="TW-LINK", caught_by=["TW-LINK-012"])
def refused_in_json() -> AbstractContextManager[None]:
    def other(status: int, code: str, message: str, *given: Any, **named: Any) -> Response:
        return JSONResponse({"Code": code, "Message": message}, status)

    return patched(storage, "_refusal", other)


@mutant("HEAD is refused", area="TW-LINK", caught_by=["TW-LINK-013"])
def head_is_refused() -> AbstractContextManager[None]:
    get = StorageService.get

    async def strict(self: StorageService, request: Request) -> Response:
        if request.method == "HEAD":
            return Response(status_code=403)
        return await get(self, request)

    return patched(StorageService, "get", strict)


@mutant("a server of files of its own", area="TW-LINK", caught_by=["TW-LINK-015"])
def another_server_of_files() -> AbstractContextManager[None]:
    get = StorageService.get

    async def bare(self: StorageService, request: Request) -> Response:
        response = await get(self, request)
        response.headers["Server"] = "nginx"
        return response

    return patched(StorageService, "get", bare)


@mutant(
    "files come as a whole or not at all",
    area="TW-LINK",
    caught_by=["TW-LINK-016", "TW-LINK-017"],
)
def no_ranges() -> AbstractContextManager[None]:
    return patched(ranges, "_span", lambda request, size: None)


@mutant("a range beyond the end is an empty part", area="TW-LINK", caught_by=["TW-LINK-018"])
def empty_part_beyond_the_end() -> AbstractContextManager[None]:
    return patched(ranges, "_beyond", lambda size, headers: Response(b"", 206, headers))


@mutant("any Range is one", area="TW-LINK", caught_by=["TW-LINK-019"])
def any_range_is_one() -> AbstractContextManager[None]:
    span = ranges._span

    def lenient(request: Request, size: int) -> tuple[int, int] | None:
        found = span(request, size)
        return (0, 10) if found is None and "range" in request.headers else found

    return patched(ranges, "_span", lenient)
