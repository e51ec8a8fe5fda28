"""Mutants that take signatures otherwise than the documents say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote_plus

from msgspec.structs import replace

from mock_tingwu.conformance.mutants import Body, patched, patched_item
from mock_tingwu.protocols import signing
from mock_tingwu.protocols.signing import SignedRequest, Verdict, acs3, request, rpc_v1
from mock_tingwu.protocols.signing.nonces import Nonces
from mock_tingwu.services import gatekeeper
from mock_tingwu.services.gatekeeper import Gatekeeper
from mock_tingwu.services.live import gateway

from ._live import error_answers, judged, live_mutant, tolerates

_auth = partial(live_mutant, "LV-AUTH")

# What is signed


def _forms(change: Callable[[SignedRequest], SignedRequest]) -> AbstractContextManager[None]:
    """What RPC signs is made of another request."""
    right = rpc_v1.forms
    return patched(rpc_v1, "forms", lambda request: right(change(request)))


def _not_signed(is_left_out: Callable[[str, str], bool]) -> AbstractContextManager[None]:
    """Some parameters are not signed."""
    right = rpc_v1.signed_pairs

    def signed_pairs(pairs: Any) -> list[rpc_v1.Pair]:
        return [(name, value) for name, value in right(pairs) if not is_left_out(name, value)]

    return patched(rpc_v1, "signed_pairs", signed_pairs)


_auth(
    "always_signed_as_post",
    "what is signed begins with POST whatever the method is",
    lambda: _forms(lambda request: replace(request, method="POST")),
    1,
    6,
)
_auth(
    "signature_in_form_is_not_seen",
    "forms are not read",
    lambda: patched(rpc_v1, "form", lambda request: ""),
    3,
    8,
    19,
)
_auth(
    "form_is_not_signed",
    "what is in a form is read, but not signed",
    lambda: _forms(lambda request: replace(request, body=b"")),
    4,
    19,
)
_auth(
    "empty_is_not_signed",
    "an empty parameter is not signed",
    lambda: _not_signed(lambda name, value: not value),
    5,
    9,
)
_auth(
    "signed_in_the_order_sent",
    "parameters are signed in the order in which they were sent",
    lambda: patched(rpc_v1, "query_readings", lambda query: iter([request.query_pairs(query)])),
    6,
)
_auth(
    "encoded_as_forms",
    "a space is signed as +",
    lambda: patched(rpc_v1, "percent_encode", quote_plus),
    7,
    8,
)
_auth(
    "small_letters_are_no_format",
    "Format has to be in capital letters",
    lambda: patched(
        gateway, "_wants_json", lambda request, parameters: parameters.get("Format") == "JSON"
    ),
    10,
    also=["LV-FORMAT-002"],
)
_auth(
    "token_is_not_signed",
    "SecurityToken is not signed",
    lambda: _not_signed(lambda name, value: name == "SecurityToken"),
    14,
)
_auth(
    "region_is_not_signed",
    "RegionId is not signed",
    lambda: _not_signed(lambda name, value: name == "RegionId"),
    9,
)


def _any_method() -> AbstractContextManager[None]:
    right = rpc_v1.forms

    def forms(request: SignedRequest) -> Iterator[Any]:
        for method in (request.method, "GET", "POST"):
            yield from right(replace(request, method=method))

    return patched(rpc_v1, "forms", forms)


_auth("method_is_not_signed", "a signature is right for GET and POST", _any_method, 20)
_auth(
    "mismatch_is_tolerated",
    "a signature that does not match is right",
    lambda: tolerates("mismatch"),
    15,
    17,
    18,
    41,
    42,
    43,
)
_auth(
    "mismatch_without_colon",
    "the message of a mismatch has no colon",
    lambda: patched(
        signing, "mismatch_message", lambda verdict: f"not matched, {verdict.string_to_sign}"
    ),
    16,
)

# Keys


def _unknown_is_403(status: int, body: Body) -> int:
    return 403 if body["Code"] == "InvalidAccessKeyId.NotFound" else status


_auth(
    "unknown_key_is_forbidden",
    "an access key that does not exist is HTTP 403",
    lambda: error_answers(_unknown_is_403),
    21,
    44,
)
_auth(
    "inactive_is_not_found",
    "a disabled access key is not found",
    lambda: patched_item(gatekeeper._CODES, "inactive_key", "InvalidAccessKeyId.NotFound"),
    22,
)
_auth(
    "temporary_keys_need_no_token",
    "a temporary key needs no token, and takes any",
    lambda: tolerates("token_missing", "token_malformed"),
    23,
    24,
)

# What cannot be left out


def _admits(**changes: Callable[[Any], Any]) -> AbstractContextManager[None]:
    """``version`` and ``nonce`` are looked at otherwise before a call is admitted."""
    right = Gatekeeper.admit

    def admit(self: Gatekeeper, version: str | None, verdict: Verdict) -> None:
        version = changes.get("version", lambda it: it)(version)
        nonce = changes.get("nonce", lambda it: it)(verdict.nonce)
        right(self, version, replace(verdict, nonce=nonce))

    return patched(Gatekeeper, "admit", admit)


def _unsigned_admitted() -> AbstractContextManager[None]:
    right = Gatekeeper.admit

    def admit(self: Gatekeeper, version: str | None, verdict: Verdict) -> None:
        if verdict.problem not in ("missing", "malformed"):
            right(self, version, verdict)

    return patched(Gatekeeper, "admit", admit)


_auth(
    "unsigned_is_admitted",
    "a call without AccessKeyId or Signature is admitted",
    _unsigned_admitted,
    25,
    26,
    27,
)
_auth(
    "any_algorithm",
    "SignatureMethod is not looked at",
    lambda: tolerates("signature_method"),
    31,
)
_auth(
    "no_nonce_needed",
    "a call needs no SignatureNonce",
    lambda: _admits(nonce=lambda nonce: nonce or "none"),
    29,
)
_auth(
    "no_version_needed",
    "a call needs no Version",
    lambda: _admits(version=lambda version: version or "2016-11-01"),
    30,
)

# Time and nonce


def _window(minutes: int) -> AbstractContextManager[None]:
    return patched(request, "clock_window", lambda scheme: timedelta(minutes=minutes))


_auth("window_of_five_minutes", "a clock may be 5 minutes off", lambda: _window(5), 11, 12)
_auth("window_of_31_minutes", "x-acs-date may be 31 minutes off", lambda: _window(31), 45)


def _only_old() -> AbstractContextManager[None]:
    right = request.timestamp_problem

    def problem(client_time: Any, now: Any, scheme: Any) -> Any:
        is_future = client_time is not None and now is not None and client_time > now
        return None if is_future else right(client_time, now, scheme)

    return patched(rpc_v1, "timestamp_problem", problem)


_auth("future_is_taken", "a Timestamp in the future never expires", _only_old, 34)
_auth(
    "time_is_not_read",
    "a Timestamp that is missing or cannot be read is taken",
    lambda: tolerates("timestamp_format"),
    28,
    32,
)
_auth(
    "expired_is_malformed",
    "a Timestamp that has expired is malformed",
    lambda: patched_item(gatekeeper._CODES, "timestamp_expired", "InvalidTimeStamp.Format"),
    33,
    34,
)
_auth(
    "nonces_are_forgotten",
    "a nonce may be used again",
    lambda: patched(Nonces, "use", lambda *_: True),
    35,
    46,
)

# Signature V3


def _fixed_headers() -> AbstractContextManager[None]:
    right = acs3.canonical_requests

    def canonical_requests(request: SignedRequest, signed_headers: str) -> Iterator[str]:
        names = [
            name for name in request.header_names() if name == "host" or name.startswith("x-acs-")
        ]
        return right(request, ";".join(sorted(names)))

    return patched(acs3, "canonical_requests", canonical_requests)


_auth(
    "signed_headers_are_fixed",
    "V3 signs host and x-acs-* whatever SignedHeaders lists",
    _fixed_headers,
    38,
)


def _short_nonces(verdict: Verdict) -> Verdict:
    if verdict.nonce and len(verdict.nonce) > 32:
        return replace(verdict, ok=False, problem="malformed")
    return verdict


_auth("short_nonces", "a nonce has 32 digits at most", lambda: judged(_short_nonces), 39)
_auth(
    "v3_without_query",
    "V3 signs no query",
    lambda: patched(acs3, "queries", lambda request: iter([""])),
    37,
    42,
)
_auth(
    "v3_without_port",
    "V3 signs Host without its port",
    lambda: patched(
        acs3, "hosts", lambda request: iter([acs3.header_value(request, "host").split(":")[0]])
    ),
    36,
)
_auth(
    "v3_without_token",
    "V3 does not see the header of the token",
    lambda: patched(acs3, "TOKEN_HEADER", "x-acs-token"),
    40,
)
_auth(
    "post_has_a_body",
    "the query of a POST is not read",
    lambda: patched(
        rpc_v1,
        "_encoded",
        lambda request: rpc_v1.form(request) if request.method == "POST" else request.query,
    ),
    2,
)
