"""Every rule of the table is broken by somebody, and not by a client that does it right."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.violations import LEVELS, RULES
from tests.realtime.helpers import until
from tests.violations.cases import BREAKS, KEEPS, Clients


def test_every_rule_is_broken_and_kept_by_a_client_below() -> None:
    assert set(BREAKS) == set(KEEPS) == set(RULES)


def test_every_rule_names_a_level_a_source_and_what_is_expected() -> None:
    for id, rule in RULES.items():
        assert rule.id == id and rule.level in LEVELS
        assert rule.source.startswith(("tingwu-openapi", "realtime-ws", "dashscope-tingwu"))
        assert rule.expected.endswith(".")


@pytest.fixture
def clients(start_mock: Callable[..., MockTingwu], monkeypatch: pytest.MonkeyPatch) -> Clients:
    return Clients(start_mock, monkeypatch)


def rules(mock: MockTingwu) -> set[str]:
    return {found["rule"] for found in mock.violations}


@pytest.mark.parametrize("rule", BREAKS)
def test_a_client_that_breaks_a_rule_is_told_so(clients: Clients, rule: str) -> None:
    mock = BREAKS[rule](clients)
    until(lambda: rule in rules(mock), f"a violation of {rule}")
    found = next(found for found in mock.violations if found["rule"] == rule)
    about = RULES[rule]
    assert (found["level"], found["source"]) == (about.level, about.source)
    assert found["expected"] == about.expected and found["text"] and found["count"] >= 1
    assert found["entry"]["seq"] == found["offending"]
    assert found["seq"] is None or found["seq"] > found["offending"]


@pytest.mark.parametrize("rule", KEEPS)
def test_a_client_that_keeps_a_rule_is_not_told_of_it(clients: Clients, rule: str) -> None:
    assert rule not in rules(KEEPS[rule](clients))
