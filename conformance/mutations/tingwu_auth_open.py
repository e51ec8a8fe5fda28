"""Mutants that let in what is signed wrong, or tell otherwise what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from mock_tingwu.conformance.mutants import mutant, patched, patched_item
from mock_tingwu.protocols import signing
from mock_tingwu.protocols.signing import SignedRequest, Verdict, acs3, roa_v1
from mock_tingwu.protocols.signing import request as requests
from mock_tingwu.services import gatekeeper
from mock_tingwu.services.gatekeeper import Gatekeeper

AREA = "TW-AUTH"


def _lets_in(problems: Collection[str], scheme: str = "") -> AbstractContextManager[None]:
    """These problems of a signature do not matter; with ``scheme`` only there."""
    admit = Gatekeeper.admit

    def mutated(self: Gatekeeper, version: str | None, verdict: Verdict) -> None:
        if verdict.problem in problems and scheme in ("", verdict.scheme):
            verdict = replace(verdict, ok=True, problem=None)
        admit(self, version, verdict)

    return patched(Gatekeeper, "admit", mutated)


@mutant("a request without a signature is let in", area=AREA, caught_by=["TW-AUTH-036"])
def unsigned_is_let_in() -> AbstractContextManager[None]:
    return _lets_in(["missing"])


@mutant(
    "a signature that cannot be read is let in",
    area=AREA,
    caught_by=["TW-AUTH-038", "TW-AUTH-039"],
)
def unreadable_is_let_in() -> AbstractContextManager[None]:
    return _lets_in(["malformed"])


@mutant(
    "Signature V3 is not compared",
    area=AREA,
    caught_by=["TW-AUTH-040", "TW-AUTH-043", "TW-AUTH-044", "TW-AUTH-052"],
)
def acs3_is_not_compared() -> AbstractContextManager[None]:
    return _lets_in(["mismatch"], acs3.ALGORITHM)


@mutant(
    "ROA v1 is not compared",
    area=AREA,
    caught_by=["TW-AUTH-042", "TW-AUTH-047", "TW-AUTH-048"],
)
def roa_is_not_compared() -> AbstractContextManager[None]:
    return _lets_in(["mismatch"], "acs")


@mutant(
    "a body is not compared with its digest",
    area=AREA,
    caught_by=["TW-AUTH-045", "TW-AUTH-049"],
)
def body_is_not_compared() -> AbstractContextManager[None]:
    return _lets_in(["body_digest"])


@mutant(
    "ROA v1 signs only some x-acs-* headers",
    area=AREA,
    caught_by=["TW-AUTH-047"],
)
def region_header_is_not_signed() -> AbstractContextManager[None]:
    names = roa_v1.acs_headers

    def mutated(request: SignedRequest) -> list[str]:
        return [name for name in names(request) if name != "x-acs-region-id"]

    return patched(roa_v1, "acs_headers", mutated)


@mutant("a time stamp is never too old", area=AREA, caught_by=["TW-AUTH-053", "TW-AUTH-055"])
def never_too_old() -> AbstractContextManager[None]:
    return _lets_in(["timestamp_expired"])


@mutant("Signature V3: a time stamp is never too early", area=AREA, caught_by=["TW-AUTH-054"])
def never_too_early() -> AbstractContextManager[None]:
    problem = requests.timestamp_problem

    def mutated(client_time: datetime | None, now: datetime | None, scheme: Any) -> Any:
        is_early = client_time is not None and now is not None and client_time > now
        return None if is_early else problem(client_time, now, scheme)

    return patched(acs3, "timestamp_problem", mutated)


@mutant(
    "a time stamp that cannot be read does not matter",
    area=AREA,
    caught_by=["TW-AUTH-056", "TW-AUTH-057", "TW-AUTH-058"],
)
def unreadable_time() -> AbstractContextManager[None]:
    return _lets_in(["timestamp_format"])


@mutant("a nonce may be used again", area=AREA, caught_by=["TW-AUTH-060", "TW-AUTH-061"])
def nonces_are_not_remembered() -> AbstractContextManager[None]:
    return _lets_in(["nonce_used"])


@mutant("a key that was disabled works", area=AREA, caught_by=["TW-AUTH-065"])
def disabled_keys_work() -> AbstractContextManager[None]:
    return _lets_in(["inactive_key"])


@mutant("a temporary key needs no token", area=AREA, caught_by=["TW-AUTH-066"])
def token_is_optional() -> AbstractContextManager[None]:
    return _lets_in(["token_missing"])


@mutant("any token will do", area=AREA, caught_by=["TW-AUTH-068", "TW-AUTH-070"])
def any_token() -> AbstractContextManager[None]:
    return _lets_in(["token_malformed"])


# What is told


@mutant(
    "an unknown key is told like one that was disabled",
    area=AREA,
    caught_by=["TW-AUTH-063", "TW-AUTH-064"],
)
def unknown_key_is_inactive() -> AbstractContextManager[None]:
    return patched_item(gatekeeper._CODES, "unknown_key", "InvalidAccessKeyId.Inactive")


@mutant(
    "a mismatch is told without a colon",
    area=AREA,
    caught_by=["TW-AUTH-041", "TW-AUTH-042"],
)
def mismatch_without_a_colon() -> AbstractContextManager[None]:
    return patched(
        signing,
        "mismatch_message",
        lambda verdict: "Specified signature is not matched with our calculation.",
    )


@mutant("a mismatch is told without the string to sign", area=AREA, caught_by=["TW-AUTH-042"])
def mismatch_hides_its_string() -> AbstractContextManager[None]:
    sentence = "Specified signature is not matched with our calculation."
    return patched(
        signing, "mismatch_message", lambda verdict: f"{sentence} server string to sign is:***"
    )


@mutant("a wrong Content-MD5 is told as a mismatch", area=AREA, caught_by=["TW-AUTH-050"])
def md5_is_a_mismatch() -> AbstractContextManager[None]:
    admit = Gatekeeper.admit

    def mutated(self: Gatekeeper, version: str | None, verdict: Verdict) -> None:
        if verdict.problem == "body_digest":
            verdict = replace(verdict, problem="mismatch")
        admit(self, version, verdict)

    return patched(Gatekeeper, "admit", mutated)


@mutant("any signature method is HMAC-SHA1", area=AREA, caught_by=["TW-AUTH-051"])
def any_method_is_sha1() -> AbstractContextManager[None]:
    return _lets_in(["signature_method"])
