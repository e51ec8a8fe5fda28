"""Reading scripts: the library, hand-written ones, and what is said about malformed ones."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu import resources
from mock_tingwu.core import scripts
from mock_tingwu.core.annotate import annotate
from mock_tingwu.core.script import (
    LANGUAGES,
    TARGET_LANGUAGES,
    UNSPACED,
    ChapterNotes,
    Notes,
    Speaker,
)
from mock_tingwu.core.scripts import ScriptError, library, load_script, parse_script
from mock_tingwu.core.words import bare, guess_language, label, shorten, tokenize

FOLDER = resources.folder("fixtures") / "meetings"
LIBRARY = sorted(FOLDER.glob("*.yaml"))

FULL: dict[str, Any] = {
    "id": "full",
    "language": "cn",
    "title": "周会",
    "scene": "interview",
    "speakers": [{"name": "苏晴", "role": "经理"}, {"name": "陈屿"}],
    "keywords": ["例会"],
    "sentences": [
        {"speaker": 0, "text": "早上/好，/例会/开始？", "translations": {"en": "Shall we?"}},
        {"speaker": 1, "text": "好，/我/来/记录。", "polished": "我来记录。", "key": True},
    ],
    "chapters": [
        {
            "first": 1,
            "headline": "开始",
            "gist": "例会开始。",
            "points": [{"sentence": 2, "speaker": 1, "leaf": "记录", "text": "陈屿记录。"}],
        }
    ],
    "questions": [{"question": "开始吗？", "asked": [1], "answer": "好。", "answered": [2]}],
    "actions": [{"sentence": 2, "text": "做会议记录"}],
    "notes": {
        "en": {
            "title": "Weekly meeting",
            "chapters": [
                {
                    "headline": "Start",
                    "gist": "The meeting starts.",
                    "points": [{"leaf": "Minutes", "text": "Chen Yu takes minutes."}],
                }
            ],
        }
    },
}


def test_a_full_script_is_read_field_by_field() -> None:
    script = parse_script(FULL, "here")
    assert (script.id, script.language, script.title) == ("full", "cn", "周会")
    assert (script.scene, script.keywords) == ("interview", ("例会",))
    assert script.speakers == (Speaker("苏晴", "经理"), Speaker("陈屿"))
    first, second = script.lines
    assert first.words == ("早上", "好，", "例会", "开始？")
    assert (first.number, first.speaker, first.translations) == (1, 0, {"en": "Shall we?"})
    assert (second.polished, second.key, second.language) == ("我来记录。", True, "cn")
    (point,) = script.chapters[0].points
    assert (point.line, point.speaker, point.leaf, point.text) == (2, 1, "记录", "陈屿记录。")
    assert (script.questions[0].asked, script.questions[0].answered) == ((1,), (2,))
    assert (script.actions[0].line, script.actions[0].text) == (2, "做会议记录")
    assert script.notes == {
        "en": Notes(
            "Weekly meeting",
            (
                ChapterNotes(
                    "Start", "The meeting starts.", (("Minutes", "Chen Yu takes minutes."),)
                ),
            ),
        )
    }
    assert annotate(script) == script


def test_notes_in_another_language_follow_their_points_when_these_are_put_in_order() -> None:
    data = {
        "sentences": ["早上好。", "开会。"],
        "chapters": [
            {
                "first": 1,
                "points": [{"sentence": 2, "leaf": "开会"}, {"sentence": 1, "leaf": "问候"}],
            }
        ],
        "notes": {"en": {"chapters": [{"points": [{"leaf": "Meeting"}, {"leaf": "Greeting"}]}]}},
    }
    script = parse_script(data, "x")
    assert [point.leaf for point in script.chapters[0].points] == ["问候", "开会"]
    assert script.notes["en"].chapters[0].points == (("Greeting", ""), ("Meeting", ""))


def test_notes_in_another_language_may_have_a_title_alone() -> None:
    script = parse_script({**FULL, "notes": {"en": {"title": "Weekly"}, "cn": None}}, "x")
    assert script.notes == {"en": Notes("Weekly")}


def test_equal_scripts_have_equal_hashes() -> None:
    assert hash(parse_script(FULL, "x")) == hash(parse_script(FULL, "x"))
    assert parse_script(FULL, "x") == parse_script(FULL, "x")


def test_sentences_are_all_that_a_script_needs() -> None:
    script = parse_script({"sentences": ["Good morning, Ann.", "Good morning."]}, "a/hello.json")
    assert (script.id, script.language, script.scene) == ("hello", "en", "meeting")
    assert [line.text for line in script.lines] == ["Good morning, Ann.", "Good morning."]
    assert script.speakers == (Speaker(""),)


def test_speakers_may_be_given_by_name() -> None:
    sentences = [{"speaker": "Bo", "text": "Hi."}, {"speaker": "Ann", "text": "Hi."}]
    script = parse_script({"sentences": sentences}, "names")
    assert [(line.speaker, script.speakers[line.speaker].name) for line in script.lines] == [
        (0, "Bo"),
        (1, "Ann"),
    ]
    listed = parse_script({"speakers": ["Ann", "Bo"], "sentences": sentences}, "names")
    assert [line.speaker for line in listed.lines] == [1, 0]


def test_numbered_speakers_need_no_list() -> None:
    script = parse_script({"sentences": [{"speaker": 2, "text": "Hi."}]}, "numbers")
    assert len(script.speakers) == 3


def test_a_point_without_speaker_is_that_of_its_sentence() -> None:
    data = {**FULL, "chapters": [{"first": 1, "points": [{"sentence": 2, "leaf": "记录"}]}]}
    assert parse_script(data, "x").chapters[0].points[0].speaker == 1


def test_lines_of_a_mixed_meeting_are_in_their_own_language_or_the_guessed_one() -> None:
    data = {
        "language": "multilingual",
        "sentences": ["你好。", "Hello there.", {"text": "Guten Tag.", "language": "de"}],
    }
    assert [line.language for line in parse_script(data, "x").lines] == ["cn", "en", "de"]


def test_words_may_be_given_one_by_one() -> None:
    data = {"language": "cn", "sentences": [{"words": ["上线", "/", "下线。"]}]}
    assert parse_script(data, "x").lines[0].text == "上线/下线。"


def changed(path: str, value: Any) -> dict[str, Any]:
    """`FULL` with the value at a dotted ``path`` replaced."""

    def change(node: Any, keys: list[str]) -> Any:
        if not keys:
            return value
        if isinstance(node, list):
            index = int(keys[0])
            return [change(n, keys[1:]) if i == index else n for i, n in enumerate(node)]
        return {**node, keys[0]: change(node.get(keys[0]), keys[1:])}

    result: dict[str, Any] = change(FULL, path.split("."))
    return result


@pytest.mark.parametrize(
    ("path", "value", "field", "shown", "expected"),
    [
        ("id", 5, "id", "5", "expected `str`"),
        ("language", "zh", "language", "'zh'", "cn, en, yue, ja, ko, multilingual"),
        ("scene", "party", "scene", "'party'", "meeting, interview, lecture"),
        ("colour", "red", "the script", "`colour`", "unknown field"),
        ("sentences", "hello", "sentences", "'hello'", "expected `array`"),
        ("sentences", [], "sentences", "()", "at least one sentence"),
        ("sentences.1", 7, "sentences[1]", "7", "expected `str | object`"),
        ("sentences.1.text", 7, "sentences[1].text", "7", "expected `str`"),
        ("sentences.1.text", " ", "sentences[1].text", "' '", "expected some words"),
        ("sentences.1.words", ["a", ""], "sentences[1].words", "('a', '')", "expected some words"),
        ("sentences.1.txt", "好", "sentences[1]", "`txt`", "unknown field"),
        ("sentences.1.speaker", 2, "sentences[1].speaker", "2", "from 0 to 1"),
        ("sentences.1.speaker", -1, "sentences[1].speaker", "-1", "from 0 to 1"),
        ("sentences.1.speaker", "王", "sentences[1].speaker", "'王'", "苏晴, 陈屿"),
        ("sentences.1.speaker", None, "sentences[1].speaker", "None", "expected `int | str`"),
        ("sentences.1.language", "xx", "sentences[1].language", "'xx'", "cn, en, yue, ja"),
        ("sentences.1.language", "en", "sentences[1].language", "'en'", "the script is in cn"),
        ("sentences.1.translations", {"zz": ""}, "sentences[1].translations", "'zz'", "de, fr, ru"),
        ("sentences.1.translations", {"en": 1}, "sentences[1].translations", "1", "expected `str`"),
        ("keywords.0", "午饭", "keywords[0]", "'午饭'", "a sentence's text"),
        ("chapters.0.first", 2, "chapters[0].first", "2", "expected 1"),
        ("chapters.0.first", 9, "chapters[0].first", "9", "from 1 to 2"),
        ("chapters", [{"first": 1}, {"first": 1}], "chapters[1].first", "1", "more than"),
        ("chapters.0.points.0.sentence", 3, "chapters[0].points[0].sentence", "3", "1 to 2"),
        ("chapters.0.points.0.speaker", 5, "chapters[0].points[0].speaker", "5", "from 0 to 1"),
        ("questions.0.asked", [], "questions[0].asked", "[]", "one or more"),
        ("questions.0.answered", [1, 4], "questions[0].answered", "4", "from 1 to 2"),
        ("questions.0.asked", "1", "questions[0].asked", "'1'", "expected `array`"),
        ("actions.0.sentence", 0, "actions[0].sentence", "0", "from 1 to 2"),
        ("notes.de", {}, "notes", "`de`", "unknown field"),
        ("notes.en.title", 5, "notes.en.title", "5", "expected `str`"),
        (
            "notes.en.chapters.0.headline",
            5,
            "notes.en.chapters[0].headline",
            "5",
            "expected `str`",
        ),
        ("notes.en.chapters", [{}, {}], "notes.en.chapters", "2", "of the script: 1"),
        (
            "notes.en.chapters.0.points",
            [{}, {}],
            "notes.en.chapters[0].points",
            "2",
            "of the chapter: 1",
        ),
    ],
)
def test_a_mistake_is_named_with_source_field_value_and_what_was_expected(
    path: str, value: Any, field: str, shown: str, expected: str
) -> None:
    with pytest.raises(ScriptError) as caught:
        parse_script(changed(path, value), "meetings/mine.yaml")
    message = str(caught.value)
    assert message.startswith(f"meetings/mine.yaml: {field}")
    assert shown in message and expected in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "x: the script: missing required field `sentences`"),
        ([1], "x: the script is [1]: expected `object`, got `array`"),
        (None, "x: the script is None: expected `object`, got `null`"),
        (
            {"sentences": ["hi"], "actions": [{"text": "go"}]},
            "x: actions[0]: missing required field `sentence`",
        ),
    ],
)
def test_a_document_of_another_form_is_refused(data: Any, message: str) -> None:
    with pytest.raises(ScriptError, match=re.escape(message)):
        parse_script(data, "x")


def test_a_long_value_is_not_shown_in_full() -> None:
    with pytest.raises(ScriptError) as caught:
        parse_script({"sentences": "x" * 1000}, "x")
    assert len(str(caught.value)) < 160


def test_a_file_that_is_not_yaml_or_not_there_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("sentences: [unclosed", encoding="utf-8")
    with pytest.raises(ScriptError, match=r"broken\.yaml: expected YAML.*line 1") as caught:
        load_script(broken)
    assert "\n" not in str(caught.value)
    with pytest.raises(ScriptError, match=r"missing\.yaml: cannot be read"):
        load_script(tmp_path / "missing.yaml")


def test_a_yaml_file_names_the_script_unless_it_has_an_id(tmp_path: Path) -> None:
    path = tmp_path / "standup.yaml"
    path.write_text("sentences:\n  - 早上好。\n", encoding="utf-8")
    script = load_script(path)
    assert (script.id, script.language, script.lines[0].text) == ("standup", "cn", "早上好。")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("我们用App v2.0发布。", ["我们", "用", "App ", "v2.0", "发布。"]),
        ("全天24/7在线，降了50%！", ["全天", "24/7", "在线，", "降了", "50%！"]),
        ("请看 http://a.b/c?x=1。", ["请看 ", "http://a.b/c?x=1。"]),
        ("“你好”，他说。", ["“你好”，", "他说。"]),
        ("今天天气好", ["今天", "天气", "好"]),
        ("我/用/App/v2，/好/。", ["我", "用", "App", "v2，", "好。"]),
        ("（/好）/吧", ["（好）", "吧"]),
        ("……", ["……"]),
        ("  上线 \n 了 ", ["上线 ", "了"]),
        ("", []),
    ],
)
def test_text_without_spaces_is_cut_into_words(text: str, words: list[str]) -> None:
    assert list(tokenize(text, "cn")) == words


def test_text_with_spaces_is_cut_at_them() -> None:
    assert tokenize(" And/or, a  b ", "en") == ("And/or,", "a", "b")
    assert tokenize("Ça va ? – Oui", "fr") == ("Ça", "va ? –", "Oui")
    assert tokenize("안녕하세요, 여러분.", "ko") == ("안녕하세요,", "여러분.")


@given(st.text("我们上线カナの ー々appV2.0:/%，。！“”()é🙂-'\n"), st.sampled_from(sorted(UNSPACED)))
def test_words_joined_are_the_text_again(text: str, language: str) -> None:
    normal = " ".join(text.split())
    words = tokenize(text, language)
    assert all(words)
    assert "".join(words) in (normal, normal.replace("/", ""))
    assert all(bare(word) for word in words) or len(words) == 1


@pytest.mark.parametrize(
    ("text", "language"),
    [("今日は雨です", "ja"), ("비가 와요", "ko"), ("下雨了", "cn"), ("It rains", "en"), ("", "en")],
)
def test_the_language_is_guessed_from_the_letters(text: str, language: str) -> None:
    assert guess_language(text) == language


@given(st.text("ab 我，. ", max_size=60), st.integers(2, 30))
def test_shortened_text_is_a_beginning_of_bounded_length(text: str, longest: int) -> None:
    short = shorten(text, longest)
    assert len(short) <= longest
    assert short == text or text.startswith(short.removesuffix("…"))


def test_text_is_shortened_between_words() -> None:
    assert shorten("one two three four", 12) == "one two…"
    assert label("“好的，我们开始吧。”", 4) == "好的，我们开始吧"[:2] + "…"


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_a_script_of_the_library_is_complete(path: Path) -> None:
    script = load_script(path)
    assert script.id == path.stem
    assert path.stem.startswith(f"{script.language}-")
    assert len(script.speakers) >= 2
    assert {line.speaker for line in script.lines} == set(range(len(script.speakers)))
    for line in script.lines:
        assert set(line.translations) == set(TARGET_LANGUAGES) - {line.language}
        assert all(bare(word) for word in line.words)
        assert "/" not in line.text
    assert 2 <= len(script.chapters) <= 4
    assert all(2 <= len(chapter.points) <= 4 for chapter in script.chapters)
    assert 1 <= len(script.questions) <= 4
    assert 2 <= len(script.actions) <= 5
    assert len(script.keywords) <= 20
    if script.language in UNSPACED | {"multilingual"}:
        assert all(5 <= len(action.text) <= 30 for action in script.actions)
    assert 3 <= sum(line.key for line in script.lines) <= 6
    assert set(script.notes) == {"cn", "en"} - {script.note_language}
    for notes in script.notes.values():
        assert notes.title and len(notes.chapters) == len(script.chapters)
        for told, chapter in zip(notes.chapters, script.chapters, strict=True):
            assert told.headline and told.gist and all(leaf and text for leaf, text in told.points)
            assert len(told.points) == len(chapter.points)


def test_the_library_has_the_scripts_of_a_language_sorted_by_id() -> None:
    for language in LANGUAGES:
        ids = [script.id for script in library(language)]
        assert ids == sorted(path.stem for path in LIBRARY if path.stem.startswith(f"{language}-"))
        assert all(script.language == language for script in library(language))
    assert library("xx") == ()


def test_only_the_files_of_the_language_are_opened_and_only_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []

    def spy(path: Path) -> Any:
        opened.append(path.stem)
        return load_script(path)

    monkeypatch.setattr(scripts, "load_script", spy)
    library.cache_clear()
    library("cn")
    library("cn")
    library.cache_clear()
    assert sorted(opened) == [path.stem for path in LIBRARY if path.stem.startswith("cn-")]


def test_threads_may_read_their_first_scripts_at_once() -> None:
    # In a process of its own, which would crash; each reload meets the types for the first time.
    program = """
import importlib, sys, threading
from mock_tingwu.core import scripts

def read(gate):
    gate.wait()
    scripts.parse_script({"sentences": [{"text": "你好。"}], "actions": []}, "test")

sys.setswitchinterval(1e-6)
for _ in range(25):
    importlib.reload(scripts)
    gate = threading.Barrier(8)
    threads = [threading.Thread(target=read, args=[gate]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
