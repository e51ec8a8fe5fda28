"""JUnit XML, as CI servers read it."""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as ET

from mock_tingwu.conformance.results import Entry, Report
from mock_tingwu.conformance.runner import FAIL, HARNESS, NOTED, SKIP

#: What XML 1.0 has no character for.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> bytes:
    """The report as JUnit XML: a suite per area, a defect of the kit as an error.

    A failure that the run does not depend on is a skipped test with its reason. The time of a suite
    and of all of them is the sum of their tests' times, as readers of such files add them up: tests
    that run at the same time count each.
    """
    root = ET.Element("testsuites", name=f"mock-tingwu conformance, {report.target}")
    areas: dict[str, list[Entry]] = {}
    for entry in report.cases:
        areas.setdefault(entry.area, []).append(entry)
    for area, entries in areas.items():
        suite = ET.SubElement(root, "testsuite", name=area, timestamp=report.began)
        for entry in entries:
            _add(suite, entry)
        _count(suite)
    _count(root)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _add(suite: ET.Element, entry: Entry) -> None:
    name = _legal(f"{entry.id} {entry.title}")
    test = ET.SubElement(suite, "testcase", classname=entry.area, name=name)
    test.set("time", f"{entry.seconds:.3f}")
    properties = ET.SubElement(test, "properties")
    for key, value in (("level", entry.level), ("source", f"{entry.source} {entry.source_url}")):
        ET.SubElement(properties, "property", name=key, value=_legal(value.strip()))
    detail = _legal(entry.detail)
    if entry.verdict == SKIP or (entry.verdict == FAIL and not entry.is_failure):
        ET.SubElement(test, "skipped", message=detail)
    elif entry.verdict == FAIL:
        kind = "error" if entry.cause == HARNESS else "failure"
        problem = ET.SubElement(test, kind, message=detail, type=entry.cause)
        problem.text = _legal(f"sent: {entry.sends}\nexpected: {entry.expects}\n{entry.detail}")
    elif entry.verdict == NOTED:
        ET.SubElement(test, "system-out").text = detail


def _count(element: ET.Element) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    for tag, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        element.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    element.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")


def _legal(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
