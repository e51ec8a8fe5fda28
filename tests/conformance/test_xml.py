"""Answers in XML."""

from __future__ import annotations

import pytest

from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.checks import Deviation
from mock_tingwu.conformance.xml import children, parsed


def answer(content: bytes) -> Answer:
    return Answer("QueryRtcAsrTasks", 200, {}, content)


def test_fields_are_read_with_what_was_escaped() -> None:
    root = parsed(answer(b"<Error><Code>A</Code><Message>a &amp; b</Message><Tag/></Error>"))
    assert root.tag == "Error"
    assert children(root) == {"Code": "A", "Message": "a & b", "Tag": ""}


@pytest.mark.parametrize("content", [b"", b"{}", b"<Error>", b"<a><b></a>", b"<a>&nbsp;</a>"])
def test_what_is_no_xml_is_a_deviation(content: bytes) -> None:
    with pytest.raises(Deviation, match="QueryRtcAsrTasks answered 200 without XML"):
        parsed(answer(content))


def test_entities_are_not_expanded() -> None:
    with pytest.raises(Deviation, match="expected one without"):
        parsed(answer(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'))
