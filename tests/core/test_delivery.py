"""Deliveries: the table walked, the retry plan, and which addresses can be delivered to."""

from __future__ import annotations

from itertools import product

import pytest

from mock_tingwu.core.delivery import (
    DELIVERED,
    DELIVERY,
    LOST,
    QUEUED,
    SENDING,
    TINGWU_PLAN,
    WAITING,
    Attempt,
    Delivery,
    Event,
    Outcome,
    Plan,
    State,
)
from mock_tingwu.core.lifecycle import InvalidTransition
from mock_tingwu.core.receivers import receiver_url

#: One attempt and no other.
ONCE = Plan(())

REFUSED = Outcome.of(500)
ACCEPTED = Outcome.of(200)


def delivery(plan: Plan = TINGWU_PLAN) -> Delivery:
    return Delivery("http://127.0.0.1/", b"{}", {"a": "b"}, plan)


def test_four_attempts_are_made_at_0_s_5_s_305_s_and_605_s() -> None:
    message = delivery()
    now = 0
    while not message.over:
        message.begin(now)
        assert message.state is SENDING
        wait = message.end(REFUSED)
        now += wait or 0
    assert [attempt.at for attempt in message.attempts] == [0, 5_000, 305_000, 605_000]
    assert message.state is LOST
    assert message.why == "the answer was 500, expected 2xx"


def test_an_accepted_attempt_ends_the_retries() -> None:
    message = delivery()
    assert message.begin(7) == 1
    assert message.end(REFUSED) == 5_000
    assert message.state is WAITING
    assert message.begin(5_007) == 2
    assert message.end(ACCEPTED) is None
    assert message.state is DELIVERED
    assert message.why is None
    assert message.attempts == [Attempt(7, REFUSED), Attempt(5_007, ACCEPTED)]


def test_a_plan_without_waits_has_one_attempt() -> None:
    message = delivery(ONCE)
    message.begin(0)
    assert message.end(Outcome(error="no answer within 5 s")) is None
    assert message.state is LOST


def test_a_delivery_is_dropped_between_attempts_but_not_during_one() -> None:
    message = delivery()
    message.begin(0)
    with pytest.raises(InvalidTransition):
        message.drop("no room")
    message.end(REFUSED)
    message.drop("no room")
    assert (message.state, message.why) == (LOST, "no room")
    with pytest.raises(InvalidTransition):
        message.begin(1)


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)), ids=str)
def test_a_delivery_moves_by_its_table_and_by_nothing_else(state: State, event: Event) -> None:
    message = delivery()
    message.state = state
    if event is Event.REFUSED_AT_LAST:
        message.attempts = [Attempt(0, REFUSED)] * (TINGWU_PLAN.attempts - 1)
    following = DELIVERY.table.get((state, event))

    def happen() -> None:
        if event is Event.SEND:
            message.begin(0)
        elif event is Event.DROP:
            message.drop("a test says so")
        else:
            message.end(ACCEPTED if event is Event.ACCEPTED else REFUSED)

    if following is None:
        with pytest.raises(InvalidTransition):
            happen()
        assert message.state is state
    else:
        happen()
        assert message.state is following


def test_every_state_is_reached_and_two_are_the_end() -> None:
    assert set(DELIVERY.table.values()) | {DELIVERY.initial} == set(State)
    assert DELIVERY.initial is QUEUED
    ends = {line.split()[0] for line in DELIVERY.mermaid().splitlines() if line.endswith("[*]")}
    assert ends == {"DELIVERED", "LOST"}


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_accepts(status: int) -> None:
    assert Outcome.of(status) == Outcome(status)


@pytest.mark.parametrize("status", [101, 199, 300, 302, 400, 404, 500, 599])
def test_any_other_status_refuses(status: int) -> None:
    assert str(status) in (Outcome.of(status).error or "")


def test_a_redirect_is_explained() -> None:
    error = "the answer was 302, expected 2xx; redirects are not followed"
    assert Outcome.of(302).error == error


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/callback",
        "https://callbacks.example.com",
        "http://[::1]:80/a?b=c,d",
        "HTTP://localhost/",
        "http://会议.example/回调",
    ],
)
def test_the_address_of_a_web_server_is_taken_as_it_is(url: str) -> None:
    assert receiver_url(url) == url


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (None, "an address such as"),
        (5, "an address such as"),
        ("", "an address such as"),
        ("127.0.0.1:8000", "an address such as"),
        ("ftp://127.0.0.1/", "an address such as"),
        ("http:///path", "an address such as"),
        ("http://a:99999/", "an address such as"),
        ("http://a:0/", "an address such as"),
        ("http://a:b/", "an address such as"),
        ("http://[::1/", "an address such as"),
        ("http://a/b c", "without spaces"),
        ("http://a/\n", "without spaces"),
        ("http://me:secret@a/", "without a user name"),
        ("http://a/" + "x" * 2_048, "at most 2048 characters"),
    ],
)
def test_anything_else_is_refused_with_what_was_expected(url: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        receiver_url(url)
