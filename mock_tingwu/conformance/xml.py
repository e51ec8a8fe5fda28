"""Answers in XML, as a case looks at them."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.checks import Deviation, shown


def parsed(answer: Answer) -> Element:
    """The root of a body. Raises Deviation if it is no XML."""
    # There are no entities but the usual ones in what the service writes.
    if b"<!DOCTYPE" in answer.content:
        raise Deviation(f"{answer.operation} answered XML with a DOCTYPE, expected one without")
    try:
        return ElementTree.fromstring(answer.content)
    except ElementTree.ParseError:
        raise Deviation(
            f"{answer.operation} answered {answer.status} without XML, but {shown(answer.text)}"
        ) from None


def children(element: Element) -> dict[str, str]:
    """The text of each element right below, by its name."""
    return {child.tag: child.text or "" for child in element}
