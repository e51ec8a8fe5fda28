"""Documents with the lines of their parts; those that would grow out of all bounds are refused."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu.core.documents import MOST_ALIASED, DocumentError, Format, Path, parse
from mock_tingwu.core.scripts import ScriptError, parse_yaml

YAML = """\
# a comment
name: x
faults:
  - match: {}
    action:
      type: throttle
  -
    times: 2
"""
JSON = """{
  "name": "x", "faults": [
    {"match": {},
     "action": {
       "type": "thrott\\"le"}},
    {
      "times": 2}
  ]
}"""


@pytest.mark.parametrize(
    ("path", "in_yaml", "in_json"),
    [
        ((), 2, 1),
        (("name",), 2, 2),
        (("faults",), 3, 2),
        (("faults", 0), 4, 3),
        (("faults", 0, "action"), 5, 4),
        (("faults", 0, "action", "type"), 6, 5),
        (("faults", 1), 8, 6),
        (("faults", 1, "times"), 8, 7),
    ],
)
def test_every_part_has_a_line(path: Path, in_yaml: int, in_json: int) -> None:
    assert parse(YAML, "yaml").line_of(*path) == in_yaml
    assert parse(JSON, "json").line_of(*path) == in_json


@pytest.mark.parametrize("format", ["yaml", "json"])
@pytest.mark.parametrize(
    "path", [("nothing",), ("faults", 7), ("faults", "x"), ("name", "x"), ("name", 0)]
)
def test_what_is_not_there_has_the_line_of_what_is_around_it(format: Format, path: Path) -> None:
    document = parse(YAML if format == "yaml" else JSON, format)
    around = path[:1] if path[0] != "nothing" else ()
    assert document.line_of(*path) == document.line_of(*around)


def test_a_part_that_was_merged_in_has_the_line_where_it_was_written() -> None:
    document = parse("a: &a\n  b: 1\nc:\n  <<: *a\n", "yaml")
    assert document.data["c"] == {"b": 1}
    assert document.line_of("c", "b") == 2


def bomb(levels: int, part: str, width: int = 10) -> str:
    """Each line stands for some of the line before. ``part`` is how a list of them is written."""
    lines = [
        f"a{level}: &a{level} " + part % ", ".join([f"*a{level - 1}"] * width)
        for level in range(1, levels + 1)
    ]
    return "\n".join(["a0: &a0 {k0: 1}", *lines])


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: [1\nb: 2\n", 2, "expected YAML, but it cannot be parsed: while parsing a flow"),
        ("a: 1\nb: *c\n", 2, "found undefined alias"),
        ("a: 1\n---\nb: 1\n", 2, "expected a single document in the stream"),
        ("a: 1\nb: 2\na: 3\n", 3, "'a' stands there twice"),
        ("a: !!python/name:os.system x\n", 1, "could not determine a constructor"),
        ("a: 2024-13-45", None, "month must be in 1..12"),
        ("a: \x00", None, "expected YAML, but it cannot be parsed"),
        ("a: &a [*a]", None, "the alias *a is a part of itself"),
        ("[" * 100_000, None, "nested too deeply"),
        ("- " * 50 + "a", None, "nested too deeply"),
        (bomb(40, "[%s]", 1), None, "nested too deeply"),
        (bomb(9, "[%s]"), None, f"its aliases stand for more than {MOST_ALIASED} parts"),
        (bomb(9, "{<<: [%s]}"), None, f"its aliases stand for more than {MOST_ALIASED} parts"),
    ],
)
def test_yaml_that_is_none_or_would_grow_is_refused(
    text: str, line: int | None, message: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(text, "yaml")
    assert message in str(caught.value)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "expected JSON, but it cannot be parsed: Expecting value"),
        ('{"a": 1,\n "b" 2}', 2, "Expecting ':' delimiter"),
        ('{"a": NaN}', None, "NaN is no number"),
        ('{"a": 1, "a": 2}', None, "'a' stands there twice"),
        ("[" * 100_000, None, "nested too deeply"),
        ("[" * 50 + "]" * 50, None, "nested too deeply"),
        ("1" * 5_000, None, "expected JSON, but it cannot be parsed: Exceeds the limit"),
    ],
)
def test_json_that_is_none_is_refused(text: str, line: int | None, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(text, "json")
    assert message in str(caught.value)
    assert caught.value.line == line


@pytest.mark.parametrize("part", ["[%s]", "{<<: [%s]}"])
def test_a_script_that_would_grow_out_of_all_bounds_is_refused_as_well(part: str) -> None:
    with pytest.raises(ScriptError, match="its aliases stand for more than"):
        parse_yaml(bomb(9, part), "script")


def test_a_few_aliases_are_what_they_are_for() -> None:
    text = "a: &a {x: 1}\nb: [*a, *a]\nc: {<<: *a, y: 2}\n"
    assert parse(text, "yaml").data == {
        "a": {"x": 1},
        "b": [{"x": 1}, {"x": 1}],
        "c": {"x": 1, "y": 2},
    }


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


@given(PLAIN)
def test_whatever_is_written_is_read_and_every_part_found(data: object) -> None:
    for format, text in (
        ("json", json.dumps(data, indent=1)),
        ("yaml", yaml.safe_dump(data)),
    ):
        document = parse(text, "json" if format == "json" else "yaml")
        assert document.data == data
        lines = document.lines_of(paths(data))
        assert lines == sorted(lines) or format == "yaml"  # which sorts names in its own way
        assert all(1 <= line <= text.count("\n") + 1 for line in lines)


def paths(data: object, path: Path = ()) -> list[Path]:
    found: list[Path] = [path]
    steps: list[tuple[str | int, object]] = []
    if isinstance(data, dict):
        steps = list(data.items())
    elif isinstance(data, list):
        steps = list(enumerate(data))
    for step, inner in steps:
        found += paths(inner, (*path, step))
    return found


@given(
    st.text() | st.text("&*[]{}:,-<!|>?'\"#%@ \n\tab01\u2028\ud800"),
    st.sampled_from(["yaml", "json"]),
)
def test_any_text_is_a_document_or_one_error(text: str, format: Format) -> None:
    try:
        parse(text, format).line_of("a", 0)
    except DocumentError as error:
        assert str(error) and "\n" not in str(error)
