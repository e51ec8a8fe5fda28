"""Mutants whose faults and temporary keys of DashScope are not as documented."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from mock_tingwu.conformance.mutants import Body, answers, mutant, patched, with_value
from mock_tingwu.core.throttle import Throttle
from mock_tingwu.services.dashscope import keys, realtime, service
from mock_tingwu.services.dashscope.gateway import Gateway
from mock_tingwu.services.dashscope.keys import KeyRing

AREA = "DS-ERROR"
TOKENS = "DS-TOKEN"


@mutant("a fault is written as Tingwu writes it", area=AREA, caught_by=["DS-ERROR-001"])
def ds_faults_of_tingwu() -> AbstractContextManager[None]:
    def capital(status: int, body: Body) -> tuple[int, Body]:
        if status < 400:
            return status, body
        names = {"code": "Code", "message": "Message", "request_id": "RequestId"}
        return status, {names[name]: value for name, value in body.items()}

    return answers("createTask", capital)


@mutant(
    "faults are answered with HTTP 200, where the 1.x SDK loses them",
    area=AREA,
    caught_by=["DS-ERROR-001", "DS-ERROR-002", "DS-ERROR-006", "DS-ERROR-008"],
)
def ds_faults_are_200() -> AbstractContextManager[None]:
    return answers("*", lambda status, body: (200, body))


def _coded(code: str, other: str, status: int | None = None) -> AbstractContextManager[None]:
    """Faults with one code have another, and another HTTP status if there is one."""

    def changed(was: int, body: Body) -> tuple[int, Body]:
        if body.get("code") != code:
            return was, body
        return status or was, body | {"code": other}

    return answers("*", changed)


def _keys(change: Any) -> AbstractContextManager[None]:
    """Have another opinion of the keys of calls: ``change(key, problem) -> problem``."""
    problem = KeyRing.problem

    def changed(self: KeyRing, key: str | None) -> Any:
        return change(key, problem(self, key))

    return patched(KeyRing, "problem", changed)


@mutant(
    "every key is one",
    area=AREA,
    caught_by=["DS-ERROR-002", "DS-ERROR-005", "DS-TOKEN-010", "DS-WS-022"],
)
def ds_every_key_is_one() -> AbstractContextManager[None]:
    return _keys(lambda key, problem: None)


@mutant("no key is needed", area=AREA, caught_by=["DS-ERROR-003", "DS-WS-023"])
def ds_no_key_is_needed() -> AbstractContextManager[None]:
    return _keys(lambda key, problem: None if key is None else problem)


@mutant("the word None is a key", area=AREA, caught_by=["DS-ERROR-004"])
def ds_none_is_a_key() -> AbstractContextManager[None]:
    return _keys(lambda key, problem: None if key == "None" else problem)


@mutant(
    "a wrong key is forbidden, not unknown", area=AREA, caught_by=["DS-ERROR-002", "DS-ERROR-003"]
)
def ds_forbidden_key() -> AbstractContextManager[None]:
    return _coded("InvalidApiKey", "AccessDenied", 403)


@mutant("a call without model is refused like any other", area=AREA, caught_by=["DS-ERROR-006"])
def ds_model_like_any_other() -> AbstractContextManager[None]:
    return _coded("BadRequest.EmptyModel", "InvalidParameter")


@mutant("a call without input is refused like any other", area=AREA, caught_by=["DS-ERROR-007"])
def ds_input_like_any_other() -> AbstractContextManager[None]:
    return _coded("BadRequest.EmptyInput", "InvalidParameter")


@mutant("a model that is none is a wrong parameter", area=AREA, caught_by=["DS-ERROR-008"])
def ds_model_is_a_parameter() -> AbstractContextManager[None]:
    return _coded("ModelNotFound", "InvalidParameter", 400)


@mutant("a body that is too long is a wrong parameter", area=AREA, caught_by=["DS-ERROR-014"])
def ds_length_is_a_parameter() -> AbstractContextManager[None]:
    return _coded("BadRequest.TooLarge", "InvalidParameter", 400)


@mutant("nobody asks too often", area=AREA, caught_by=["DS-ERROR-015"])
def ds_no_limit() -> AbstractContextManager[None]:
    return patched(Gateway, "_limit", lambda self, scope, caller, name: None)


@mutant("whoever asks too often is never heard again", area=AREA, caught_by=["DS-ERROR-016"])
def ds_limit_for_good() -> AbstractContextManager[None]:
    admit = Throttle.admit

    def timeless(self: Throttle, caller: str, operation: str, limit: int, now: int) -> int:
        return admit(self, caller, operation, limit, 0)

    return patched(Throttle, "admit", timeless)


@mutant("faults have no X-Request-Id of their own", area=AREA, caught_by=["DS-ERROR-017"])
def ds_other_request_id() -> AbstractContextManager[None]:
    zero = "00000000-0000-4000-8000-000000000000"
    return answers("createTask", with_value(zero, "request_id"))


# Temporary keys


@mutant("a temporary key looks like a lasting one", area=TOKENS, caught_by=["DS-TOKEN-001"])
def ds_token_like_a_key() -> AbstractContextManager[None]:
    return answers("createToken", with_value(lambda token: f"sk-{token}", "token"))


@mutant("expires_at is in ms", area=TOKENS, caught_by=["DS-TOKEN-002"])
def ds_token_in_ms() -> AbstractContextManager[None]:
    return answers("createToken", with_value(lambda at: 1000 * at, "expires_at"))


@mutant(
    "a temporary key lives for half an hour if nobody says how long",
    area=TOKENS,
    caught_by=["DS-TOKEN-003"],
)
def ds_usual_is_most() -> AbstractContextManager[None]:
    return patched(service, "USUAL_S", 1800)


@mutant("a minute is the least", area=TOKENS, caught_by=["DS-TOKEN-004", "DS-TOKEN-009"])
def ds_minute_is_least() -> AbstractContextManager[None]:
    return patched(service, "SHORTEST_S", 60)


@mutant(
    "a temporary key lives as long as one likes",
    area=TOKENS,
    caught_by=["DS-TOKEN-005", "DS-TOKEN-006"],
)
def ds_no_longest() -> AbstractContextManager[None]:
    return patched(service, "LONGEST_S", 10**6)


@mutant(
    "a temporary key is none for calls",
    area=TOKENS,
    caught_by=["DS-TOKEN-007", "DS-TOKEN-009"],
)
def ds_token_is_no_key() -> AbstractContextManager[None]:
    prefix = keys.PREFIX
    return _keys(lambda key, problem: "unknown" if key and key.startswith(prefix) else problem)


@mutant("a temporary key opens no stream", area=TOKENS, caught_by=["DS-TOKEN-008"])
def ds_token_opens_nothing() -> AbstractContextManager[None]:
    bearer = keys.bearer

    def lasting(authorization: str | None) -> str | None:
        key = bearer(authorization)
        return None if key and key.startswith(keys.PREFIX) else key

    return patched(realtime, "bearer", lasting)


@mutant("a temporary key never expires", area=TOKENS, caught_by=["DS-TOKEN-009"])
def ds_token_for_good() -> AbstractContextManager[None]:
    return _keys(lambda key, problem: None if problem == "expired" else problem)


@mutant("nobody looks whose key it is that makes others", area=TOKENS, caught_by=["DS-TOKEN-010"])
def ds_anybody_makes_tokens() -> AbstractContextManager[None]:
    return _keys(lambda key, problem: None if problem == "unknown" else problem)
