"""Reports: HTML, JUnit, Markdown, and two runs compared."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from mock_tingwu.conformance.exchange import Exchange, Frame
from mock_tingwu.conformance.reports.comparison import as_markdown, compare, shapes
from mock_tingwu.conformance.reports.html import html
from mock_tingwu.conformance.reports.junit import junit
from mock_tingwu.conformance.reports.markdown import markdown
from mock_tingwu.conformance.requirements import scores
from tests.conformance.entries import entry, report

HOSTILE = '</script><img src=x onerror=alert(1)> | *b* \x00 \ud800 & "q"'


def exchange(body: str, status: int = 200, url: str = "http://host/tasks") -> Exchange:
    return Exchange(0.1, "GET", url, {}, "", status, {}, body)


class Page(HTMLParser):
    """The elements of a page, and what its scripts hold."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._in_script = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts.append(data)


class TestHtml:
    def test_scores_tell_what_is_noted_apart_from_what_failed(self) -> None:
        entries = [entry(), entry("TW-CREATE-002", "info"), entry("TW-CREATE-003", "fail")]
        of_a_run = report(*entries)
        [score] = [score for score in scores(of_a_run) if score.not_run < score.total]
        rows = html(of_a_run).split("<tr>")
        head = next(row for row in rows if "<th>Requirement set</th>" in row)
        row = next(row for row in rows if f"<td>{score.set.api} {score.set.version}</td>" in row)
        names = re.findall("<th>(.*?)</th>", head)
        cells = dict(zip(names, re.findall("<td>(.*?)</td>", row), strict=True))
        assert [cells[name] for name in ("passed", "failed", "noted")] == ["1", "1", "1"]
        assert cells["not run"] == str(score.total - 3)

    def test_every_case_is_there_with_its_exchange(self) -> None:
        cases = [
            entry(exchanges=(exchange('{"a": 1}'),)),
            entry("RT-ORDER-001", "fail", frames=(Frame(0.1, False, "{}"),), detail="no event"),
        ]
        page = Page(html(report(*cases)))
        found = [attrs for tag, attrs in page.elements if attrs.get("class") == "case"]
        assert [(c["id"], c["data-verdict"], c["data-area"]) for c in found] == [
            ("TW-CREATE-001", "pass", "TW-CREATE"),
            ("RT-ORDER-001", "fail", "RT-ORDER"),
        ]
        wire = json.loads(page.scripts[0])
        assert wire["TW-CREATE-001"]["exchanges"][0]["body"] == '{"a": 1}'
        assert wire["RT-ORDER-001"]["frames"][0]["text"] == "{}"

    def test_nothing_is_loaded_from_anywhere(self) -> None:
        page = Page(html(report(entry())))
        for tag, attrs in page.elements:
            assert not attrs.keys() & {"src", "srcset", "data", "poster"}, tag
            assert tag not in ("link", "iframe", "object")
        policy = next(attrs for _, attrs in page.elements if "http-equiv" in attrs)
        assert "default-src 'none'" in str(policy["content"])

    def test_texts_of_a_target_are_texts(self) -> None:
        fields: dict[str, Any] = {
            "detail": HOSTILE,
            "misfits": {HOSTILE: HOSTILE},
            "left_behind": (HOSTILE,),
        }
        hostile = entry(**fields, exchanges=(exchange(HOSTILE),))
        page = Page(html(report(hostile, target=HOSTILE, selection=HOSTILE)))
        assert not [tag for tag, _ in page.elements if tag == "img"]
        assert json.loads(page.scripts[0])["TW-CREATE-001"]["exchanges"][0]["body"] == HOSTILE

    def test_no_part_of_the_template_is_left(self) -> None:
        assert not re.search(r"<!--\w+-->", html(report(entry())))


class TestJunit:
    def test_a_suite_per_area_and_what_failed(self) -> None:
        cases = [
            entry(),
            entry("TW-CREATE-002", "fail", detail="NEW", cause="target"),
            entry("TW-CREATE-003", "fail", cause="harness", detail="KeyError"),
            entry("RT-ORDER-001", "skip", detail="mocks alone"),
            entry("RT-ORDER-002", "fail", level="MAY", detail="may"),
            entry("RT-ORDER-003", "info", level="INFO", detail="as assumed"),
        ]
        root = ET.fromstring(junit(report(*cases)))
        numbers = {
            suite.get("name"): [suite.get(n) for n in ("tests", "failures", "errors", "skipped")]
            for suite in root
        }
        assert numbers == {"TW-CREATE": ["3", "1", "1", "0"], "RT-ORDER": ["3", "0", "0", "2"]}
        assert root.get("tests") == "6"
        failure = root.find(".//failure")
        assert failure is not None and failure.get("message") == "NEW"

    def test_times_add_up_whatever_ran_at_the_same_time(self) -> None:
        ids = ("TW-CREATE-001", "TW-CREATE-002", "RT-ORDER-001")
        root = ET.fromstring(junit(report(*(entry(id, seconds=1.25) for id in ids), seconds=2.0)))
        assert [suite.get("time") for suite in root] == ["2.500", "1.250"]
        assert root.get("time") == "3.750"

    def test_what_xml_has_no_character_for_is_replaced(self) -> None:
        hostile = entry(verdict="fail", detail=HOSTILE, title=HOSTILE)
        problem = ET.fromstring(junit(report(hostile))).find(".//failure")
        assert problem is not None
        assert problem.get("message") == HOSTILE.replace("\x00", "\ufffd").replace(
            "\ud800", "\ufffd"
        )


class TestMarkdown:
    def test_totals_areas_and_failures(self) -> None:
        cases = [
            entry(),
            entry("RT-ORDER-001", "fail", detail="no SentenceEnd"),
            entry("RT-ORDER-002", "fail", level="MAY", detail="no matter"),
            entry("RT-ORDER-003", "skip", cause="not testable"),
        ]
        text = markdown(report(*cases, selection="TW or RT"))
        assert text.startswith("# Conformance of mock 0.1.0: failed\n")
        assert "4 cases in 2 s: 1 passed, 2 failed, 0 noted, 1 left out." in text
        assert "| RT-ORDER | realtime WebSocket |  | 2 |  | 1 |" in text
        assert "- **RT-ORDER-001** (MUST) a meeting begins as NEW: no SentenceEnd" in text
        assert text.index("Failures that bind nobody") < text.index("RT-ORDER-002")
        assert "Only a mock can be tried so: RT-ORDER-003" in text

    def test_texts_of_a_target_are_texts(self) -> None:
        text = markdown(report(entry(verdict="fail", detail="a\n# b `c` <d> [e](f) *g*")))
        assert r"a # b \`c\` \<d\> \[e\](f) \*g\*" in text

    def test_what_is_otherwise_than_the_schemas_is_one_line(self) -> None:
        sentence = "1 field is otherwise than the schemas, in 1 case: see TW-SHAPE in the report."
        odd = entry(misfits={"tingwu/error-response /Code": "not text"})
        text = markdown(report(odd, entry("TW-SHAPE-023")))
        assert f"\n\n{sentence}\n\n" in text
        assert "otherwise" not in markdown(report(entry()))

    def test_a_long_list_is_cut(self) -> None:
        cases = [entry(f"TW-CREATE-{number:03}", "fail") for number in range(60)]
        text = markdown(report(*cases))
        assert text.count("- **TW-CREATE-") == 50
        assert "- and 10 more" in text


class TestComparison:
    def test_the_same_is_the_same(self) -> None:
        one = report(entry(exchanges=(exchange('{"id": "x", "n": 1}'),)))
        other = report(entry(exchanges=(exchange('{"id": "y", "n": 2}'),)), target="live")
        assert compare(one, other).same

    def test_verdicts_differ(self) -> None:
        found = compare(report(entry()), report(entry(verdict="fail", detail="no"), target="live"))
        [difference] = found.differences
        assert (difference.kind, difference.texts) == ("verdict", ("mock: pass", "live: fail no"))
        assert not found.same
        assert "- **TW-CREATE-001** verdict:\n  - mock: pass\n  - live: fail no" in as_markdown(
            found
        )

    def test_shapes_differ_by_field_type_and_status(self) -> None:
        one = report(entry(exchanges=(exchange('{"a": 1, "b": [{"c": "x"}]}'),)))
        other = report(
            entry(exchanges=(exchange('{"a": "1", "b": [{"c": "x", "d": null}]}'),)), target="live"
        )
        [difference] = compare(one, other).differences
        assert difference.texts == (
            "GET /tasks 200: only at mock /a number",
            "GET /tasks 200: only at live /a string, /b/*/d null",
        )
        other = report(entry(exchanges=(exchange("{}", 400),)), target="live")
        [difference] = compare(one, other).differences
        assert set(difference.texts) == {
            "only at mock: GET /tasks 200",
            "only at live: GET /tasks 400",
        }

    def test_ids_are_no_shape(self) -> None:
        task = "http://host/tasks/0123456789abcdef0123456789abcdef"
        tasks = '{"Tasks": {"asr-0123456789abcdef-0123": {"status": 1}}}'
        assert shapes(entry(exchanges=(exchange(tasks, url=task),))) == {
            "GET /tasks/* 200": {"/Tasks/*/status number"}
        }

    def test_events_are_told_by_their_names(self) -> None:
        frames = (
            Frame(0, False, '{"header": {"name": "SentenceBegin"}, "payload": {"index": 0}}'),
            Frame(0, False, '{"header": {"event": "result-generated"}, "payload": {"output": '
                  '{"action": "ping"}}}'),
            Frame(0, True, '{"header": {"name": "StopTranscription"}}'),
        )  # fmt: skip
        assert list(shapes(entry(frames=frames))) == ["event SentenceBegin", "event ping"]

    @pytest.mark.parametrize(
        ("text", "event"),
        [
            ('{"header": {"name": "SentenceEnd"}, "payload": {"result": "... (20000 c', "no JSON"),
            ('{"header": {"name": "SentenceEnd"}, "payload": null}', "SentenceEnd"),
            ('{"header": null, "payload": {"output": []}}', "None"),
        ],
    )
    def test_an_event_may_be_cut_short_or_of_any_shape(self, text: str, event: str) -> None:
        assert list(shapes(entry(frames=(Frame(0, False, text),)))) == [f"event {event}"]

    def test_what_only_one_run_has_tried_is_not_compared(self) -> None:
        one = report(entry(), entry("TW-CREATE-002", "skip"))
        other = report(entry("TW-CREATE-002"), entry("TW-CREATE-003"))
        found = compare(one, other)
        assert (found.compared, found.same) == (0, False)
        assert found.only_first == ("TW-CREATE-001",)
        assert found.only_second == ("TW-CREATE-002", "TW-CREATE-003")
