"""The schemas of Live against each other, and in the order in which they tell what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from mock_tingwu import contract
from tests.contract_examples_live import BEGIN, CHANGED, END, LIVE, RTC, TRANSLATED, answered
from tests.contract_values import GONE, changed

CREATE = "live/create-request"


@pytest.mark.parametrize("mode", [GONE, "tape", 5, None])
def test_a_wrong_mode_is_told_first(mode: Any) -> None:
    wrong = changed(changed(LIVE, "Mode", mode), "ReportInterval", 501)
    assert contract.violations(CREATE, wrong)[0].pointer == "/Mode"


@pytest.mark.parametrize("name", ["SDKAppID", "ChannelID", "RtcUserId"])
def test_what_a_channel_needs_is_named(name: str) -> None:
    (violation,) = contract.violations(CREATE, changed(RTC, name, GONE))
    assert (violation.pointer, violation.keyword) == (f"/{name}", "required")


def test_a_channel_has_one_user() -> None:
    (violation,) = contract.violations(CREATE, changed(RTC, "RtcUserId", "u1,u2"))
    assert violation.source == "assumed: live-rtc-asr 1.1"


def test_what_the_other_mode_needs_is_not_looked_at() -> None:
    assert contract.violations(CREATE, {**LIVE, "SDKAppID": 5, "RtcUserId": "1,2"}) == []


@pytest.mark.parametrize(
    "event", [BEGIN, CHANGED, END, TRANSLATED], ids=lambda e: e["header"]["name"]
)
def test_the_events_are_told_apart(event: dict[str, Any]) -> None:
    for other in (BEGIN, CHANGED, END, TRANSLATED):
        mixed = {"header": event["header"], "payload": other["payload"]}
        assert (contract.violations("live/content", mixed) == []) == (other is event)


def test_a_translation_of_what_has_not_ended_has_no_times() -> None:
    path = "payload/translate_result/1"
    assert contract.violations("live/content", changed(TRANSLATED, f"{path}/partial", GONE))
    assert contract.violations("live/content", changed(TRANSLATED, f"{path}/partial", False))


def test_an_answer_with_another_ret_code_may_say_anything() -> None:
    assert contract.violations("live/task-response", answered(RetCode=1, Description="x")) == []
    assert contract.violations("live/task-response", answered(Description="x"))


def test_order_counts_in_what_is_sent() -> None:
    backwards = dict(reversed(CHANGED["payload"].items()))
    with pytest.raises(contract.ContractError):
        contract.check("live/content", {"header": CHANGED["header"], "payload": backwards})
