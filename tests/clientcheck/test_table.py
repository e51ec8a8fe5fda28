"""The table of situations makes sense, and all of it can be put in force."""

from __future__ import annotations

import re

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.conformance.client_check import Kind, situations
from mock_tingwu.conformance.client_check.situation import COMPARED, LAST
from mock_tingwu.core.options import RESULT_KINDS
from mock_tingwu.core.violations import RULES

ALL = situations()


def test_every_situation_has_an_id_of_its_own_and_tells_everything() -> None:
    assert len({one.id for one in ALL}) == len(ALL) >= 45
    assert {one.kind for one in ALL} == set(Kind)
    for one in ALL:
        assert re.fullmatch(r"CC-[A-Z]+-\d{3}", one.id)
        assert one.title and one.source
        for clause in (one.does, one.good, one.fault):
            assert clause and clause[-1] not in ".!?", one.id
        assert one.advice.endswith("."), one.id


def test_every_situation_can_be_put_in_force(mock: MockTingwu) -> None:
    for one in ALL:
        for rule in one.rules:
            match = {**rule["match"]}
            if match.get("nth") == LAST:
                match["nth"] = 1
            mock.faults.add(rule["action"], match=match, times=rule["times"])
        assert one.rules or one.pushes or one.settings or one.silent or one.profile != "plain"
        mock.scope(one.id, profile=one.profile).drop()
        assert set(one.excused) <= set(RULES), one.id
        assert one.needs in ("", *RESULT_KINDS)
        assert set(one.compared) <= set(COMPARED)
    with MockTingwu(**{key: value for one in ALL for key, value in one.settings.items()}):
        pass


@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("CC-START-001", ["CC-START-001"]),
        ("cc-start-00[12], CC-STOP-001", ["CC-START-001", "CC-START-002", "CC-STOP-001"]),
        ("callbacks,!CC-CALLBACK-00[1-5]", ["CC-CALLBACK-006"]),
    ],
)
def test_situations_are_chosen(select: str, expected: list[str]) -> None:
    assert [one.id for one in situations(select=select)] == expected


def test_what_is_left_out_is_left_out_of_all() -> None:
    assert len(situations(select="!CC-START-001")) == len(ALL) - 1
    assert situations("live", select="!live") == []


def test_what_names_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="kind is 'rtc', expected realtime, tasks"):
        situations("rtc")
    for select in ("CC-NONE-*", "!realtme"):
        part = re.escape(repr(select.lstrip("!")))
        with pytest.raises(ValueError, match=f"select has {part}, expected an id such as CC-START"):
            situations(select=select)
