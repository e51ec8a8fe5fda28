"""The language of ``--select``."""

from __future__ import annotations

import pytest

from mock_tingwu.conformance.catalogue import Catalogue
from mock_tingwu.conformance.needs import Need
from mock_tingwu.conformance.selecting import selection
from tests.conformance.cards import card

CASES = Catalogue(
    [
        card("DS-GET-001", operations=("getTask",), level="INFO"),
        card("RT-ORDER-001", operations=("SentenceBegin", "SentenceEnd")),
        card("TW-CREATE-001", needs=(Need.TINGWU, Need.OUTSIDE)),
        card("TW-CREATE-002", negative=True, level="SHOULD"),
        card("TW-CREATED-001", operations=("GetTaskInfo",), level="MAY"),
    ]
)


@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        ("TW-CREATE-002", "TW-CREATE-002"),
        ("TW-CREATE", "TW-CREATE-001 TW-CREATE-002"),
        ("tw-create", "TW-CREATE-001 TW-CREATE-002"),
        ("TW", "TW-CREATE-001 TW-CREATE-002 TW-CREATED-001"),
        ("TW-CREATE*", "TW-CREATE-001 TW-CREATE-002 TW-CREATED-001"),
        ("*-00[13]", "DS-GET-001 RT-ORDER-001 TW-CREATE-001 TW-CREATED-001"),
        ("MUST", "RT-ORDER-001 TW-CREATE-001"),
        ("should", "TW-CREATE-002"),
        ("negative", "TW-CREATE-002"),
        ("needs:outside", "TW-CREATE-001"),
        ("op:Sentence*", "RT-ORDER-001"),
        ("op:getTask", "DS-GET-001"),
        ("DS, RT", "DS-GET-001 RT-ORDER-001"),
        ("DS or RT", "DS-GET-001 RT-ORDER-001"),
        ("TW and not negative", "TW-CREATE-001 TW-CREATED-001"),
        ("not not negative", "TW-CREATE-002"),
        # or binds less than and
        ("DS or TW and negative", "DS-GET-001 TW-CREATE-002"),
        ("(DS or TW) and INFO", "DS-GET-001"),
        ("not (TW or DS)", "RT-ORDER-001"),
        ("TW-CREATE-009", ""),
    ],
)
def test_what_an_expression_selects(expression: str, selected: str) -> None:
    assert [case.id for case in CASES.only(selection(expression))] == selected.split()


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("", "the selection is empty, expected one such as TW-CREATE or MUST"),
        ("  ", "the selection is empty"),
        ("TW and", "has 'the end' where a case, an area"),
        ("and TW", "has 'and' where a case, an area"),
        ("TW,, DS", "has ',' where a case, an area"),
        ("(TW", r"has 'the end' where a \) is expected"),
        ("TW)", r"has '\)' where and, or, or the end is expected"),
        ("TW DS", "has 'DS' where and, or, or the end is expected"),
        ("needs:luck", "needs is 'luck', expected automotive-customer-profile"),
        ("kind:TW", "has 'kind:TW' where needs:X or op:X is expected"),
    ],
)
def test_what_makes_no_sense_is_told(expression: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        selection(expression)
