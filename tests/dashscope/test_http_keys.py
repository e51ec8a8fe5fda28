"""Who may call: API keys and temporary ones (dashscope-tingwu 5.2)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.scope import Scope
from mock_tingwu.services.dashscope.keys import KeyRing, new_temporary_key
from mock_tingwu.services.world import TemporaryKey
from tests.dashscope.helpers import IMAGINED, TOKENS, body_of, call, error, why

INVALID = (401, "InvalidApiKey", "Invalid API-key provided.")
DEFAULT = "sk-mock-api-key"
OWN, OTHER = "sk-PLANTEDownkey1", "sk-PLANTEDother22"


def header(value: str | None) -> dict[str, str]:
    return {} if value is None else {"authorization": value}


def allowed(mock: MockTingwu, key: str) -> bool:
    answer = call(mock, body_of(), authorization=f"Bearer {key}")
    if answer.status_code != 200:
        assert error(answer) == INVALID
    return answer.status_code == 200


def token(mock: MockTingwu, seconds: Any = None, key: str = DEFAULT) -> httpx.Response:
    query = {} if seconds is None else {"expire_in_seconds": seconds}
    authorization = {"authorization": f"Bearer {key}"}
    return httpx.post(f"{mock.url}{TOKENS}", params=query, headers=authorization)


def verdicts(mock: MockTingwu) -> list[str]:
    """What the journal thinks of the keys of all calls."""
    return [entry["signature"] for entry in mock.journal if entry["kind"] == "request"]


# API keys


@pytest.mark.parametrize(
    ("authorization", "verdict"),
    [
        (None, "missing"),
        ("", "missing"),
        ("Bearer", "missing"),
        ("Bearer None", "missing"),
        (DEFAULT, "missing"),
        (f"Basic {DEFAULT}", "missing"),
        ("Bearer sk-anybody", "unknown"),
        ("Bearer st-anybody", "unknown"),
        (f"Bearer {DEFAULT}x", "unknown"),
        (f"Bearer {DEFAULT.upper()}", "unknown"),
        (f"Bearer {DEFAULT}", "ok"),
        (f"bearer {DEFAULT}", "ok"),
        (f"BEARER   {DEFAULT}", "ok"),
    ],
)
def test_open_mode_takes_all_and_says_what_it_thinks_and_verify_refuses(
    start_mock: Callable[..., MockTingwu], authorization: str | None, verdict: str
) -> None:
    for auth in ("open", "verify"):
        mock = start_mock(auth=auth)
        answer = call(mock, body_of(), **header(authorization))
        assert verdicts(mock) == [verdict]
        if auth == "open" or verdict == "ok":
            assert answer.status_code == 200
        else:
            assert error(answer) == INVALID
            assert why(mock, answer) == f"the API key is {verdict}"


def test_configured_keys_take_the_place_of_the_usual_one(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify", api_keys=[OWN, OTHER])
    assert [allowed(mock, key) for key in (OWN, OTHER, DEFAULT)] == [True, True, False]


def test_where_no_keys_are_configured_every_key_is_one(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify", api_keys=[])
    assert allowed(mock, "sk-anybody")
    assert error(call(mock, body_of())) == INVALID


def test_who_may_not_call_learns_nothing_of_what_is_wrong_with_the_call(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify", max_body_bytes=1_000)
    mock.faults.add({"type": "api_error", "code": "SystemError"})
    for content in (b"{", b"x" * 2_000, b'{"model": "x"}'):
        assert error(httpx.post(f"{mock.url}/api/v1", content=content)) == INVALID
    assert error(httpx.get(f"{mock.url}/api/v1/nothing")) == INVALID
    assert error(httpx.post(f"{mock.url}{TOKENS}", params={"expire_in_seconds": "x"})) == INVALID
    # So has the rule not fired yet.
    assert error(token(mock))[:2] == (500, "SystemError")


# Temporary keys


@pytest.fixture(params=["open", "verify"])
def mock(request: pytest.FixtureRequest, start_mock: Callable[..., MockTingwu]) -> MockTingwu:
    """A mock of either mode whose clock stands still."""
    return start_mock(clock="virtual", auth=request.param)


@pytest.mark.parametrize(
    ("given", "seconds"), [(None, 60), ("1", 1), ("60", 60), ("0060", 60), ("1800", 1_800)]
)
def test_a_temporary_key_expires_when_it_says(
    mock: MockTingwu, given: str | None, seconds: int
) -> None:
    answer = token(mock, given)
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == ["token", "expires_at"]
    assert re.fullmatch("st-[a-z2-7]{26}", body["token"])
    assert body["expires_at"] == (mock.now() + seconds * 1_000) // 1_000
    mock.advance(seconds * 1_000 - 1)
    assert allowed(mock, body["token"])
    mock.advance(1)
    assert not allowed(mock, body["token"])
    assert verdicts(mock)[1:] == ["ok", "expired"]


def test_that_a_key_has_expired_is_not_forgotten(mock: MockTingwu) -> None:
    made = token(mock).json()["token"]
    mock.advance(24 * 60 * 60_000)
    token(mock)
    assert not allowed(mock, made)
    assert verdicts(mock)[-1] == "expired"


def test_the_oldest_of_very_many_keys_are_forgotten() -> None:
    scope = Scope(VirtualClock(0))
    first, *_, last = (new_temporary_key(scope, 60)[0] for _ in range(10_001))
    made = scope.temporary_keys
    known = TemporaryKey(scope.name, is_expired=False)
    keys = KeyRing([], strict=False, find_temporary=lambda key: known if key in made else None)
    assert keys.problem(first) == "unknown"
    assert keys.problem(last) is None
    assert len(scope.temporary_keys) == 10_000


@pytest.mark.parametrize(
    "given", ["0", "1801", "-1", "abc", "1.5", "", " 60", "+60", "９", "1e2", "9" * 40]
)
def test_other_lives_than_1_to_1800_seconds_are_refused(mock: MockTingwu, given: str) -> None:
    answer = token(mock, given)
    assert error(answer) == (
        400,
        "InvalidParameter",
        "Required parameter(s) missing or invalid, please check the request parameters.",
    )
    assert "expire_in_seconds" in why(mock, answer)


def test_temporary_keys_differ_and_each_has_its_own_life(mock: MockTingwu) -> None:
    first = token(mock, 1).json()["token"]
    mock.advance(500)
    second = token(mock, 1).json()["token"]
    assert first != second
    mock.advance(500)
    assert [allowed(mock, key) for key in (first, second)] == [False, True]


def test_a_temporary_key_makes_no_other(mock: MockTingwu) -> None:
    made = token(mock).json()["token"]
    answer = token(mock, key=made)
    assert error(answer) == INVALID
    assert why(mock, answer) == "a temporary key makes no other"


@pytest.mark.parametrize("path", [TOKENS, f"{TOKENS}/"])
def test_a_body_of_the_call_for_a_token_does_not_matter(mock: MockTingwu, path: str) -> None:
    answer = call(mock, body_of(), path, authorization=f"Bearer {DEFAULT}")
    assert list(answer.json()) == ["token", "expires_at"]


def test_only_a_key_makes_a_temporary_one_where_keys_are_checked(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify")
    assert error(httpx.post(f"{mock.url}{TOKENS}")) == INVALID
    assert error(token(mock, key="sk-anybody")) == INVALID
    assert token(mock).status_code == 200


def test_a_reset_forgets_temporary_keys(start_mock: Callable[..., MockTingwu]) -> None:
    for auth in ("verify", "open"):
        mock = start_mock(auth=auth)
        made = token(mock).json()["token"]
        mock.reset()
        assert allowed(mock, made) is (auth == "open")
        assert verdicts(mock) == ["unknown"]


# Secrets


@pytest.mark.parametrize("auth", ["open", "verify"])
def test_no_key_is_ever_in_the_journal(start_mock: Callable[..., MockTingwu], auth: str) -> None:
    mock = start_mock(auth=auth, api_keys=[OWN])
    made = token(mock, key=OWN).json()["token"]
    wrong = "sk-PLANTEDwrong333"
    for key in (OWN, made, wrong):
        call(mock, body_of(), authorization=f"Bearer {key}")
        call(mock, body_of(), f"/api/v1?api_key={key}", authorization=f"Bearer {key}")
        link = f"{IMAGINED}?Signature={key}"
        body = body_of({"api_key": key, "apiKey": key, "token": key}, fileUrl=link)
        call(mock, body, authorization=f"Bearer {key}")
        text = f"A: Authorization: Bearer {key}"
        call(mock, body_of(fileUrl=None, text=text), authorization=f"bearer {key}")
    # The configured one is known wherever it stands.
    call(mock, body_of(appId=OWN, text=f"A: {OWN}"), f"/api/v1/{OWN}")
    shown = json.dumps(mock.journal) + httpx.get(f"{mock.url}/_mock/journal").text
    assert shown.count("/api/v1") > 20
    assert "PLANTED" not in shown
    assert made[3:] not in shown
    # The answers themselves have it, of course.
    assert token(mock, key=OWN).json()["token"].startswith("st-")
