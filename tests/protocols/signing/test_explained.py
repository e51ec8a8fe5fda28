"""What is remembered of explanations, and what is taken out of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from mock_tingwu.protocols.signing import SignedRequest, Verdict, without
from mock_tingwu.protocols.signing.explained import MAX_KINDS, MOST, WINDOW, Explained
from tests.protocols.signing.mis_signed import KEY, NOW, Rpc, pairs, with_parameters

REQUEST = SignedRequest("GET", "/p?a=1", pairs({"host": "h", "date": "d"}), b"body")
VERDICT = Verdict("acs", False, KEY, "mismatch")


def fully_explained(request: SignedRequest = REQUEST, verdict: Verdict = VERDICT) -> Explained:
    """A memory of as many explanations as there are of one kind, the last at seq 7."""
    explained = Explained()
    for seq in range(8 - MOST, 8):
        assert explained.lately(request, verdict, NOW) is None
        explained.note(request, verdict, seq, NOW)
    return explained


def test_of_many_requests_of_the_same_kind_the_later_ones_have_to_wait() -> None:
    explained = fully_explained()
    poll = replace(REQUEST, headers=pairs({"date": "e", "host": "h"}), body=b"other")
    assert explained.lately(poll, VERDICT, NOW + WINDOW - timedelta(seconds=1)) == 7
    assert explained.lately(poll, VERDICT, NOW + WINDOW) is None
    assert explained.lately(poll, VERDICT, NOW - timedelta(seconds=1)) is None


def test_the_window_moves_on_with_every_explanation() -> None:
    explained = fully_explained()
    for n in range(MOST):
        assert explained.lately(REQUEST, VERDICT, NOW + WINDOW) is None
        explained.note(REQUEST, VERDICT, 10 + n, NOW + WINDOW)
    assert explained.lately(REQUEST, VERDICT, NOW + WINDOW) == 9 + MOST


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
    assert fully_explained().lately(request_, verdict, NOW) is None


def test_values_of_parameters_make_no_other_kind_but_names_do() -> None:
    verdict = Verdict("rpc", False, KEY, "mismatch")
    posted = Rpc(form=("Mode",))
    for client in (Rpc(), posted):
        explained = fully_explained(client.sent("s"), verdict)
        poll = with_parameters(client, SignatureNonce="n2", Timestamp="2026-11-20T09:21:50Z")
        assert explained.lately(poll.sent("t"), verdict, NOW) == 7
        more = with_parameters(client, TaskId="t")
        assert explained.lately(more.sent("s"), verdict, NOW) is None
        assert explained.lately(replace(client, path="/p").sent("s"), verdict, NOW) is None


def test_the_oldest_kinds_are_forgotten_first() -> None:
    explained = fully_explained(replace(REQUEST, target="/1"))
    for number in range(2, MAX_KINDS + 1):
        explained.note(replace(REQUEST, target=f"/{number}"), VERDICT, number, NOW)
    assert explained.lately(replace(REQUEST, target="/1"), VERDICT, NOW) == 7
    explained.note(replace(REQUEST, target="/more"), VERDICT, 8, NOW)
    assert len(explained) == MAX_KINDS
    assert explained.lately(replace(REQUEST, target="/1"), VERDICT, NOW) is None


def test_secrets_are_taken_out_of_a_text_whatever_their_order() -> None:
    secrets = ["short", "a secret/1", "a secret/1 and more", "another one"]
    text = "a secret/1|a secret/1 and more|a%20secret%2F1|a%2520secret%252F1|short|another one"
    assert without(text, secrets) == "…|…|…|…|short|…"
    assert without(text, reversed(secrets)) == without(text, secrets)
