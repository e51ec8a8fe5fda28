"""What is remembered of explanations, and what is taken out of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mock_tingwu.protocols.signing import SignedRequest, Verdict, without
from mock_tingwu.protocols.signing.explained import AGAIN_AFTER, MAX_KINDS, Explained
from tests.protocols.signing.mis_signed import KEY, NOW, pairs

REQUEST = SignedRequest("GET", "/p?a=1", pairs({"host": "h", "date": "d"}), b"body")
VERDICT = Verdict("acs", False, KEY, "mismatch")


def test_a_request_of_the_same_kind_is_remembered_for_some_time() -> None:
    explained = Explained()
    assert explained.lately(REQUEST, VERDICT, NOW) is None
    explained.note(REQUEST, VERDICT, 7, NOW)
    poll = replace(REQUEST, headers=pairs({"date": "e", "host": "h"}), body=b"other")
    assert explained.lately(poll, VERDICT, NOW + AGAIN_AFTER - timedelta(seconds=1)) == 7
    assert explained.lately(poll, VERDICT, NOW + AGAIN_AFTER) is None
    assert explained.lately(poll, VERDICT, NOW - timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    ("request_", "verdict"),
    [
        (replace(REQUEST, method="PUT"), VERDICT),
        (replace(REQUEST, target="/p?a=2"), VERDICT),
        (replace(REQUEST, headers=pairs({"host": "h"})), VERDICT),
        (REQUEST, replace(VERDICT, access_key="other")),
        (REQUEST, replace(VERDICT, problem="body_digest")),
        (REQUEST, replace(VERDICT, scheme="ACS3-HMAC-SHA256")),
    ],
)
def test_another_kind_is_none_of_it(request_: SignedRequest, verdict: Verdict) -> None:
    explained = Explained()
    explained.note(REQUEST, VERDICT, 7, NOW)
    assert explained.lately(request_, verdict, NOW) is None


def test_the_oldest_kinds_are_forgotten_first() -> None:
    explained = Explained()
    for seq in range(1, MAX_KINDS + 2):
        explained.note(replace(REQUEST, target=f"/{seq}"), VERDICT, seq, NOW)
    assert len(explained) == MAX_KINDS
    assert explained.lately(replace(REQUEST, target="/1"), VERDICT, NOW) is None
    assert explained.lately(replace(REQUEST, target="/2"), VERDICT, NOW) == 2


def test_secrets_are_taken_out_of_a_text_whatever_their_order() -> None:
    secrets = ["short", "a secret/1", "a secret/1 and more", "another one"]
    text = "a secret/1|a secret/1 and more|a%20secret%2F1|short|another one"
    assert without(text, secrets) == "…|…|…|short|…"
    assert without(text, reversed(secrets)) == without(text, secrets)
