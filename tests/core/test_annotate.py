"""Notes made for scripts that come without."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mock_tingwu import resources
from mock_tingwu.core.annotate import annotate, told_in
from mock_tingwu.core.script import Script
from mock_tingwu.core.scripts import load_script, parse_script

LIBRARY = sorted((resources.folder("fixtures") / "meetings").glob("*.yaml"))


def bare(*sentences: str | tuple[str, str], language: str | None = None) -> Script:
    """A script of sentences, with the speaker's name before those that are pairs."""
    data = {
        "sentences": [
            {"text": s} if isinstance(s, str) else {"speaker": s[0], "text": s[1]}
            for s in sentences
        ]
    }
    return annotate(parse_script({**data, "language": language}, "bare"))


def without_notes(script: Script) -> Script:
    lines = tuple(replace(line, key=False) for line in script.lines)
    return replace(
        script, title="", lines=lines, chapters=(), questions=(), actions=(), keywords=()
    )


def check(script: Script) -> None:
    """The notes of ``script`` are complete and hang on its lines."""
    count = len(script.lines)
    texts = [line.text for line in script.lines]
    assert script.title
    assert script.chapters[0].first == 1
    assert [c.first for c in script.chapters] == sorted({c.first for c in script.chapters})
    for chapter in script.chapters:
        lines = script.lines_of(chapter)
        assert chapter.headline and chapter.gist and chapter.points
        for point in chapter.points:
            assert point.line in lines and point.leaf and point.text
            assert point.speaker < len(script.speakers)
        assert [p.line for p in chapter.points] == sorted(p.line for p in chapter.points)
    for question in script.questions:
        assert {*question.asked, *question.answered} <= set(range(1, count + 1))
        assert script.lines[question.asked[0] - 1].speaker != (
            script.lines[question.answered[0] - 1].speaker
        )
    assert all(1 <= action.line <= count and action.text for action in script.actions)
    assert all(any(word in text for text in texts) for word in script.keywords)
    assert any(line.key for line in script.lines)


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_a_script_of_the_library_is_annotated_already(path: Path) -> None:
    script = load_script(path)
    check(script)
    assert annotate(script) == script


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_the_lines_of_a_meeting_are_enough_for_notes_of_every_kind(path: Path) -> None:
    script = annotate(without_notes(load_script(path)))
    check(script)
    assert script.questions and script.actions and script.keywords
    assert len(script.actions) <= 5 and len(script.keywords) <= 10
    assert abs(len(script.chapters) - len(script.lines) / 8) <= 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["甲", "乙"]),
            st.text("我来吗明天up .?。？、，", min_size=1).filter(lambda text: text.strip()),
        ),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from(["cn", "en", "yue", "ja", "ko", "multilingual"]),
)
def test_whatever_is_said_gets_notes_that_hang_together(
    sentences: list[tuple[str, str]], language: str
) -> None:
    script = bare(*sentences, language=language)
    check(script)
    assert annotate(script) == script


def test_notes_of_the_script_are_kept_and_gaps_in_them_filled() -> None:
    data = {
        "language": "cn",
        "title": "标题",
        "keywords": ["苹果"],
        "sentences": ["苹果很甜。", "梨子我明天来买。", "香蕉也不错，而且很便宜。"],
        "chapters": [
            {"first": 1, "headline": "水果", "points": [{"sentence": 2, "leaf": "买梨子"}]},
            {"first": 3, "gist": "谈到香蕉。"},
        ],
    }
    script = annotate(parse_script(data, "fruit"))
    assert (script.title, script.keywords) == ("标题", ("苹果",))
    first, second = script.chapters
    assert (first.headline, first.gist) == ("水果", "梨子我明天来买。")
    assert [(p.leaf, p.text) for p in first.points] == [("买梨子", "买梨子")]
    assert (second.headline, second.gist) == ("香蕉也不错，而且很便宜", "谈到香蕉。")
    assert [p.text for p in second.points] == ["香蕉也不错，而且很便宜。"]
    assert [action.text for action in script.actions] == ["梨子我明天来买"]


def test_points_name_their_speaker_in_the_punctuation_of_the_language() -> None:
    assert bare(("何敏", "今天下雨了。")).chapters[0].points[0].text == "何敏：今天下雨了。"
    assert bare(("Ann", "It rains today.")).chapters[0].points[0].text == "Ann: It rains today."
    assert bare("It rains today.").chapters[0].points[0].text == "It rains today."


def test_a_question_is_answered_by_the_next_line_of_another_speaker() -> None:
    script = bare(
        ("Ann", "Who has the key?"),
        ("Bo", "I gave it to Cem."),
        ("Bo", "Is that all right?"),
        ("Bo", "I hope so."),
        ("Ann", "Where is Cem?"),
        ("Bo", "Where was he before?"),
    )
    assert [(q.question, q.asked, q.answer, q.answered) for q in script.questions] == [
        ("Who has the key?", (1,), "I gave it to Cem.", (2,))
    ]


@pytest.mark.parametrize(
    ("language", "question", "answer"),
    [
        ("cn", "几点开始？", "九点。"),
        ("yue", "幾點開始呀？", "九點。"),
        ("ja", "何時に始まりますか。", "九時です。"),
        ("ko", "몇 시에 시작해요?", "아홉 시요."),
        ("en", "When do we start?", "At nine."),
    ],
)
def test_questions_are_known_by_their_end(language: str, question: str, answer: str) -> None:
    script = bare(("a", question), ("b", answer), language=language)
    assert [q.asked for q in script.questions] == [(1,)]


@pytest.mark.parametrize(
    ("language", "commitment", "remark"),
    [
        ("cn", "我来写会议纪要。", "昨天的会议开得很长。"),
        ("yue", "我聽日去買飲品。", "今日天氣好熱呀。"),
        ("ja", "資料は私が送っておきます。", "昨日は雨でしたね。"),
        ("ko", "제가 예약할게요.", "어제는 비가 왔어요."),
        ("en", "I'll book the room.", "The room was cold yesterday."),
    ],
)
def test_actions_are_what_people_commit_themselves_to(
    language: str, commitment: str, remark: str
) -> None:
    script = bare(remark, commitment, language=language)
    assert [(action.line, action.text) for action in script.actions] == [(2, commitment[:-1])]


def test_keywords_are_the_longer_words_said_most() -> None:
    script = bare(
        "The generator failed, and then the generator smoked.",
        "We should really replace the generator.",
        "Because of the batteries, not the cables: batteries age.",
    )
    assert script.keywords[:2] == ("generator", "batteries")
    assert not {"should", "really", "Because", "Because of"} & set(script.keywords)


def test_notes_of_a_mixed_meeting_use_the_chinese_translations() -> None:
    data = {
        "language": "multilingual",
        "sentences": [
            {"text": "The shop opens in March.", "translations": {"cn": "店三月开业。"}},
            {"text": "私が看板を注文しておきます。", "translations": {"cn": "我来订招牌。"}},
        ],
    }
    script = annotate(parse_script(data, "mixed"))
    assert [line.language for line in script.lines] == ["en", "ja"]
    assert script.title == "店三月开业"
    assert [p.text for p in script.chapters[0].points] == ["店三月开业。", "我来订招牌。"]
    assert [action.text for action in script.actions] == ["我来订招牌"]


# Notes in another language

FRUIT = {
    "language": "cn",
    "title": "买水果",
    "sentences": [
        {"text": "苹果很甜。", "translations": {"en": "The apples are sweet."}},
        {"text": "梨子我明天来买。", "translations": {"en": "I'll buy the pears tomorrow."}},
        "香蕉也不错，而且很便宜。",
    ],
    "chapters": [
        {"first": 1, "headline": "水果", "points": [{"sentence": 2, "leaf": "买梨子"}]},
        {"first": 3, "headline": "香蕉", "gist": "谈到香蕉。"},
    ],
}


def test_notes_in_another_language_are_those_that_the_script_has() -> None:
    notes = {
        "title": "Buying fruit",
        "chapters": [
            {
                "headline": "Fruit",
                "gist": "Pears are bought.",
                "points": [{"leaf": "Pears", "text": "Pears tomorrow."}],
            },
            {"headline": "Bananas"},
        ],
    }
    script = annotate(parse_script({**FRUIT, "notes": {"en": notes}}, "fruit"))
    told = told_in(script, "en")
    assert (told.title, told.language) == ("Buying fruit", "en")
    first, second = told.chapters
    assert (first.first, first.headline, first.gist) == (1, "Fruit", "Pears are bought.")
    assert [(p.line, p.leaf, p.text) for p in first.points] == [(2, "Pears", "Pears tomorrow.")]
    assert (second.headline, second.gist) == ("Bananas", "谈到香蕉。")
    assert told.lines is script.lines


def test_notes_that_a_script_does_not_have_come_from_its_translations() -> None:
    told = told_in(annotate(parse_script(FRUIT, "fruit")), "en")
    first, second = told.chapters
    assert told.title == first.headline == "The apples are sweet"
    assert first.gist == "I'll buy the pears tomorrow."
    assert [(p.leaf, p.text) for p in first.points] == [
        ("I'll buy the pears tomorrow", "I'll buy the pears tomorrow.")
    ]
    assert (second.headline, second.gist) == ("香蕉", "谈到香蕉。")


def test_a_script_that_nobody_translated_is_told_in_its_own_language() -> None:
    script = bare("It rains today.", "So it did yesterday.")
    for language in ("", "en", "cn"):
        assert told_in(script, language) is script


def test_chinese_is_the_language_of_a_mixed_meetings_notes() -> None:
    script = bare("The shop opens in March.", "店三月开业。", language="multilingual")
    assert script.note_language == "cn"
    assert told_in(script, "cn") is script
    assert told_in(script, "en").title == "The shop opens in March"


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_notes_of_the_library_hang_on_the_same_lines_in_every_language(path: Path) -> None:
    script = load_script(path)
    for language in ("cn", "en"):
        told = told_in(script, language)
        check(told)
        assert told.title != script.title or language == script.note_language
        assert [[p.line for p in c.points] for c in told.chapters] == [
            [p.line for p in c.points] for c in script.chapters
        ]
