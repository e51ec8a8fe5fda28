"""Mutants that refuse what an SDK signs, or let in what is signed wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import quote_plus, unquote

from msgspec.structs import replace

from mock_tingwu.conformance.mutants import mutant, patched
from mock_tingwu.protocols import signing
from mock_tingwu.protocols.signing import KeyRing, SignedRequest, Verdict, acs3, roa_v1
from mock_tingwu.protocols.signing import request as requests
from mock_tingwu.services import bodies

AREA = "TW-AUTH"
_ROA = ("TW-AUTH-017", "TW-AUTH-018", "TW-AUTH-019", "TW-AUTH-020")


def _refuses(scheme: Any, test: Callable[[SignedRequest], object]) -> AbstractContextManager[None]:
    """A request signed after ``scheme`` is refused for which ``test``."""
    verify = scheme.verify

    def mutated(request: SignedRequest, keys: KeyRing, *, now: datetime | None) -> Verdict:
        verdict: Verdict = verify(request, keys, now=now)
        if verdict.ok and test(request):
            return replace(verdict, ok=False, problem="malformed")
        return verdict

    return patched(scheme, "verify", mutated)


# Signature V3: what is not let in


@mutant(
    "a list of headers of its own is signed, whatever SignedHeaders says",
    area=AREA,
    caught_by=["TW-AUTH-003", "TW-AUTH-004"],
)
def fixed_signed_headers() -> AbstractContextManager[None]:
    canonical = acs3.canonical_requests

    def mutated(request: SignedRequest, signed_headers: str) -> Iterator[str]:
        names = [
            name
            for name in signed_headers.split(";")
            if name in ("host", "content-type") or name.startswith("x-acs-")
        ]
        return canonical(request, ";".join(names))

    return patched(acs3, "canonical_requests", mutated)


@mutant(
    "Content-Type has to be signed, also where there is none", area=AREA, caught_by=["TW-AUTH-001"]
)
def content_type_is_always_signed() -> AbstractContextManager[None]:
    return _refuses(
        acs3, lambda request: "content-type;" not in str(request.header("authorization"))
    )


@mutant(
    "a body is hashed as the server would write it",
    area=AREA,
    caught_by=["TW-AUTH-002"],
)
def body_is_written_anew() -> AbstractContextManager[None]:
    verify = acs3.verify

    def mutated(request: SignedRequest, keys: KeyRing, *, now: datetime | None) -> Verdict:
        if request.body:
            request = replace(request, body=json.dumps(json.loads(request.body)).encode())
        return verify(request, keys, now=now)

    return patched(acs3, "verify", mutated)


@mutant("a body without Content-Length is none", area=AREA, caught_by=["TW-AUTH-005"])
def chunks_are_not_read() -> AbstractContextManager[None]:
    read = bodies.read

    async def mutated(request: Any, limit: int) -> bytes:
        content = await read(request, limit)
        return content if "content-length" in request.headers else b""

    return patched(bodies, "read", mutated)


@mutant("Signature V3: a query is signed as it is sent", area=AREA, caught_by=["TW-AUTH-006"])
def acs3_query_is_not_sorted() -> AbstractContextManager[None]:
    def mutated(request: SignedRequest) -> Iterator[str]:
        yield request.query

    return patched(acs3, "queries", mutated)


@mutant(
    "Signature V3: a query is signed as a form is encoded",
    area=AREA,
    caught_by=["TW-AUTH-007"],
)
def query_is_a_form() -> AbstractContextManager[None]:
    return patched(acs3, "percent_encode", quote_plus)


@mutant("Signature V3: a path is signed decoded", area=AREA, caught_by=["TW-AUTH-008"])
def path_is_decoded() -> AbstractContextManager[None]:
    def mutated(request: SignedRequest) -> Iterator[str]:
        yield unquote(request.path)

    return patched(acs3, "paths", mutated)


@mutant(
    "a clock may be five minutes off",
    area=AREA,
    caught_by=["TW-AUTH-009", "TW-AUTH-010", "TW-AUTH-032"],
)
def five_minutes() -> AbstractContextManager[None]:
    return patched(requests, "clock_window", lambda scheme: timedelta(minutes=5))


@mutant(
    "temporary keys are not known",
    area=AREA,
    caught_by=["TW-AUTH-015", "TW-AUTH-033", "TW-AUTH-034"],
)
def no_temporary_keys() -> AbstractContextManager[None]:
    def mutated(self: KeyRing, access_key: str, token: str | None) -> str | None:
        if token or access_key not in self.secrets:
            return "unknown_key"
        return "inactive_key" if access_key in self.disabled else None

    return patched(KeyRing, "problem", mutated)


@mutant("bearer tokens are not known", area=AREA, caught_by=["TW-AUTH-016"])
def no_bearer_tokens() -> AbstractContextManager[None]:
    return patched(
        signing, "_verify_bearer", lambda *_: Verdict("bearer", False, problem="missing")
    )


@mutant("Signature V3 has to have a nonce", area=AREA, caught_by=["TW-AUTH-012"])
def acs3_needs_a_nonce() -> AbstractContextManager[None]:
    return _refuses(acs3, lambda request: not request.header("x-acs-signature-nonce"))


# ROA v1: what is not let in


@mutant(
    "ROA v1 has to have a nonce",
    area=AREA,
    caught_by=["TW-AUTH-019", "TW-AUTH-020", "TW-AUTH-021", "TW-AUTH-033"],
)
def roa_needs_a_nonce() -> AbstractContextManager[None]:
    return _refuses(roa_v1, lambda request: not request.header("x-acs-signature-nonce"))


@mutant(
    "ROA v1 has to have x-acs-action",
    area=AREA,
    caught_by=[*_ROA, "TW-AUTH-022", "TW-AUTH-023", "TW-AUTH-027", "TW-AUTH-028"],
)
def roa_needs_an_action() -> AbstractContextManager[None]:
    return _refuses(roa_v1, lambda request: not request.header("x-acs-action"))


@mutant(
    "RegionId is taken out of the query before it is checked",
    area=AREA,
    caught_by=["TW-AUTH-019", "TW-AUTH-020", "TW-AUTH-021"],
)
def region_is_dropped() -> AbstractContextManager[None]:
    verify = roa_v1.verify

    def mutated(request: SignedRequest, keys: KeyRing, *, now: datetime | None) -> Verdict:
        path, _, query = request.target.partition("?")
        kept = "&".join(part for part in query.split("&") if not part.startswith("RegionId="))
        return verify(replace(request, target=f"{path}?{kept}"), keys, now=now)

    return patched(roa_v1, "verify", mutated)


@mutant("Host has to have the port", area=AREA, caught_by=["TW-AUTH-022", "TW-AUTH-023"])
def host_needs_its_port() -> AbstractContextManager[None]:
    return _refuses(roa_v1, lambda request: ":" not in str(request.header("host")))


@mutant(
    "a GET with Content-MD5 is refused, as it has no content",
    area=AREA,
    caught_by=["TW-AUTH-022", "TW-AUTH-027", "TW-AUTH-026"],
)
def get_has_no_md5() -> AbstractContextManager[None]:
    return _refuses(
        roa_v1, lambda request: request.method == "GET" and request.header("content-md5")
    )


@mutant(
    "a GET has to have a Content-Type",
    area=AREA,
    caught_by=["TW-AUTH-017", "TW-AUTH-024", "TW-AUTH-027"],
)
def get_needs_a_content_type() -> AbstractContextManager[None]:
    return _refuses(roa_v1, lambda request: not request.header("content-type"))


@mutant("a Content-Type with a charset is refused", area=AREA, caught_by=["TW-AUTH-025"])
def charset_is_refused() -> AbstractContextManager[None]:
    return _refuses(roa_v1, lambda request: "charset" in str(request.header("content-type")))


@mutant(
    "an absent header is always an empty line",
    area=AREA,
    caught_by=["TW-AUTH-027"],
)
def absent_is_always_empty() -> AbstractContextManager[None]:
    forms = roa_v1.forms

    def mutated(request: SignedRequest) -> Iterator[Any]:
        return islice(forms(request), 2)

    return patched(roa_v1, "forms", mutated)


@mutant("ROA v1: a query is signed encoded", area=AREA, caught_by=["TW-AUTH-030", "TW-AUTH-029"])
def roa_query_is_encoded() -> AbstractContextManager[None]:
    def mutated(request: SignedRequest) -> Iterator[tuple[str, str]]:
        query = "&".join(sorted(request.query.split("&")))
        yield request.path, f"?{query}" if query else ""
        yield request.path, "?"

    return patched(roa_v1, "resources", mutated)


@mutant("ROA v1: an empty value keeps its =", area=AREA, caught_by=["TW-AUTH-031"])
def empty_value_keeps_its_sign() -> AbstractContextManager[None]:
    def mutated(request: SignedRequest) -> Iterator[tuple[str, str]]:
        pairs = sorted(requests.query_pairs(request.query))
        yield request.path, "?" + "&".join(f"{k}={v}" for k, v in pairs) if pairs else ""

    return patched(roa_v1, "resources", mutated)


@mutant(
    "Content-MD5 is hexadecimal",
    area=AREA,
    caught_by=["TW-AUTH-018", "TW-AUTH-020", "TW-AUTH-023", "TW-AUTH-025", "TW-AUTH-028"],
)
def md5_is_hexadecimal() -> AbstractContextManager[None]:
    def mutated(body: bytes) -> str:
        return hashlib.md5(body, usedforsecurity=False).hexdigest()

    return patched(roa_v1, "content_md5", mutated)
