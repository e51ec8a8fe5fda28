"""Scripts as texts and files of every format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu.core.script_texts import FORMATS, Format, script_of_file, script_of_text
from mock_tingwu.core.scripts import ScriptError

TEXTS: dict[Format, str] = {
    "srt": "1\n00:00:01,000 --> 00:00:02,000\nHello.\n",
    "vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\nHello.\n",
    "yaml": "sentences:\n  - Hello.\n",
    "json": '{\n\t"sentences": ["Hello."]\n}',
}
GERMAN = "1\n00:00:01,000 --> 00:00:02,000\nHallo.\n"

every = pytest.mark.parametrize("format", FORMATS)


@every
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_text_of_any_format_is_a_script(format: Format, mark: str) -> None:
    script = script_of_text(mark + TEXTS[format], format)
    assert (script.id, script.language) == ("script", "en")
    assert [line.text for line in script.lines] == ["Hello."]


@every
@pytest.mark.parametrize("capitals", [False, True])
def test_a_file_is_of_the_format_of_its_name(
    tmp_path: Path, format: Format, capitals: bool
) -> None:
    path = tmp_path / f"talk.{format.upper() if capitals else format}"
    path.write_text("\ufeff" + TEXTS[format], "utf-8")
    script = script_of_file(path)
    assert (script.id, script.lines[0].text) == ("talk", "Hello.")


def test_subtitles_have_translations_beside_them(tmp_path: Path) -> None:
    talk, german = tmp_path / "talk.vtt", tmp_path / "talk.de.srt"
    talk.write_text(TEXTS["vtt"], "utf-8")
    german.write_text(GERMAN, "utf-8")
    script = script_of_file(talk, translations={"de": german}, language="en")
    assert script.lines[0].translations == {"de": "Hallo."}
    with pytest.raises(ScriptError, match=r"talk\.yaml', expected a \.srt or \.vtt"):
        script_of_file(talk, translations={"de": tmp_path / "talk.yaml"})
    script = script_of_text(TEXTS["srt"], "srt", translations={"de": GERMAN})
    assert script.lines[0].translations == {"de": "Hallo."}
    with pytest.raises(ScriptError, match=r"^translations\.de: line 1 is 'x', expected the number"):
        script_of_text(TEXTS["srt"], "srt", translations={"de": "x"})


@pytest.mark.parametrize("format", ["yaml", "json"])
@pytest.mark.parametrize("options", [{"language": "en"}, {"translations": {"de": "x"}}])
def test_yaml_and_json_have_languages_and_translations_in_themselves(
    tmp_path: Path, format: Format, options: dict[str, Any]
) -> None:
    (name,) = options
    with pytest.raises(ScriptError, match=f"^{name} is given, expected none"):
        script_of_text(TEXTS[format], format, **options)
    path = tmp_path / f"talk.{format}"
    path.write_text(TEXTS[format], "utf-8")
    with pytest.raises(ScriptError, match=f"^{name} is given, expected none"):
        script_of_file(path, **options)


@pytest.mark.parametrize("name", ["talk.srt", "talk.vtt", "talk.json"])
def test_a_file_that_is_not_utf_8_or_not_there_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(ScriptError, match=f"{name}: cannot be read: "):
        script_of_file(path)
    path.write_bytes("早上好".encode("gbk"))
    with pytest.raises(ScriptError, match=f"{name}: byte 1 is 0xd4, expected text in UTF-8"):
        script_of_file(path)


@pytest.mark.parametrize(
    ("format", "text", "message"),
    [
        ("json", "{", "script: expected JSON, but it cannot be parsed: Input data was truncated"),
        ("json", "null", "script: the script is None: expected `object`, got `null`"),
        ("json", "[" * 100_000, "script: nested too deeply, expected a script"),
        ("json", '{"a":' * 50 + "1" + "}" * 50, "script: nested too deeply, expected a script"),
        ("yaml", "[" * 100_000, "script: nested too deeply, expected a script"),
        ("yaml", "- " * 50 + "a", "script: nested too deeply, expected a script"),
        ("yaml", "", "script: the script is None: expected `object`, got `null`"),
        ("yaml", "a: 2024-13-45", "script: expected YAML, but it cannot be parsed: month must be"),
        ("yaml", "- !!timestamp x", "script: expected YAML, but it cannot be parsed"),
        ("yaml", "a: \x00", "script: expected YAML, but it cannot be parsed"),
        (
            "yaml",
            "sentences: &a [*a]",
            "script: the alias *a is a part of itself, expected a script",
        ),
    ],
)
def test_what_is_no_script_is_refused_in_one_line(format: Format, text: str, message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        script_of_text(text, format)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_document_that_stands_for_a_huge_one_is_refused_in_one_line() -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 25)]
    text = "\n".join(["l0: &l0 [x]", *levels, "sentences: *l24"])
    with pytest.raises(ScriptError) as caught:
        script_of_text(text, "yaml")
    assert len(str(caught.value)) < 200


@given(
    st.one_of(
        st.text(),
        st.lists(
            st.sampled_from(
                ["sentences", ":", " ", "- ", "\n", "[", "]", "{", "}", "&a", "*a", "1", "x", "!!"]
            ),
            max_size=25,
        ).map("".join),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["sentences", "speakers", "text", "1", "x"]), inner, max_size=3
                )
            ),
            max_leaves=8,
        ).map(json.dumps),
    ),
    st.sampled_from(FORMATS),
)
def test_any_text_is_a_script_or_refused_in_one_sentence(text: str, format: Format) -> None:
    try:
        script_of_text(text, format)
    except ScriptError as error:
        assert "\n" not in str(error)
