"""What the options of a capability change in its result: slides, chapters, languages, Markdown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu.core.meeting import Meeting, Slide
from mock_tingwu.core.options import Options
from mock_tingwu.core.scripts import parse_script
from mock_tingwu.core.words import spacer
from tests.core.meetings import (
    LIBRARY,
    SHAPES,
    hear,
    made,
    nodes,
    results,
    script,
    slides,
)

# Slides


def test_a_slide_tells_what_was_said_while_it_was_shown() -> None:
    meeting = hear((script("cn"), 4))
    first, second, third, fourth = meeting.sentences
    meeting.slides = [
        Slide(0, first.begin, "slide-1.jpg"),
        Slide(first.begin, third.begin + 10, "slide-2.jpg"),
        Slide(third.begin + 10, fourth.end, "slide-3.jpg"),
    ]
    assert made("PptExtraction", meeting) == {
        "available_for_summary": True,
        "key_frame_list": [
            {
                "id": 1,
                "start": 0,
                "end": first.begin,
                "file_url": "slide-1.jpg",
                "summary": "",
            },
            {
                "id": 2,
                "start": first.begin,
                "end": third.begin + 10,
                "file_url": "slide-2.jpg",
                "summary": "罗宁说八点到。",
            },
            {
                "id": 3,
                "start": third.begin + 10,
                "end": fourth.end,
                "file_url": "slide-3.jpg",
                "summary": "何敏周六打包箱子。罗宁说柜子要两人抬。",
            },
        ],
    }
    meeting.slides = [Slide(first.begin, second.begin, "slide-1.jpg")]
    (frame,) = made("PptExtraction", meeting)["key_frame_list"]
    assert frame["summary"] == "我们周日搬家，车几点到？"


def test_slides_without_a_word_have_nothing_to_tell() -> None:
    meeting = Meeting("cn", duration=9_000, slides=slides(9_000))
    made_of_it = made("PptExtraction", meeting)
    assert made_of_it["available_for_summary"] is False
    assert [frame["summary"] for frame in made_of_it["key_frame_list"]] == ["", ""]


# Chapters: how many, and their titles


def chapters(name: str, **options: Any) -> list[dict[str, Any]]:
    heard = script(name)
    found: list[dict[str, Any]] = made("AutoChapters", hear((heard, len(heard.lines))), **options)
    return found


CHAPTERED = [path.stem for path in LIBRARY if not path.stem.startswith(("ja-", "ko-"))]


@pytest.mark.parametrize("name", CHAPTERED)
def test_coarser_chapters_are_fewer_and_cover_the_same_time(name: str) -> None:
    levels = ("Coarse", "General", "Meticulous")
    coarse, general, meticulous = (chapters(name, chapter_granularity=level) for level in levels)
    assert 1 == len(coarse) <= len(general) <= len(meticulous)
    assert len(meticulous) == len(script(name).chapters)
    if len(meticulous) > 2:
        assert len(coarse) < len(general) < len(meticulous)
    for level in (coarse, general):
        assert (level[0]["start"], level[-1]["end"]) == (
            meticulous[0]["start"],
            meticulous[-1]["end"],
        )
        assert {c["start"] for c in level} <= {c["start"] for c in meticulous}
    gap = spacer(script(name).language)
    assert coarse[0]["summary"] == gap.join(c.gist for c in script(name).chapters)[:600]


@pytest.mark.parametrize(
    ("count", "general", "coarse"), [(1, 1, 1), (2, 1, 1), (3, 2, 1), (4, 2, 1), (9, 5, 3)]
)
def test_neighbours_are_put_together_by_twos_and_by_fours(
    count: int, general: int, coarse: int
) -> None:
    long = parse_script(
        {
            "sentences": [f"第{n}句话说到这里。" for n in range(count)],
            "chapters": [{"first": n + 1, "headline": f"第{n}章"} for n in range(count)],
        },
        "long",
    )
    meeting = hear((long, count))
    for level, expected in (("General", general), ("Coarse", coarse), ("Meticulous", count)):
        found = made("AutoChapters", meeting, chapter_granularity=level)
        assert len(found) == expected
        assert [c["start"] for c in found] == sorted({c["start"] for c in found})


def test_the_title_of_joined_chapters_names_as_many_as_there_is_room_for() -> None:
    def titles(level: str) -> list[str]:
        found = chapters("cn-app-release", chapter_granularity="Coarse", title_length=level)
        return [chapter["headline"] for chapter in found]

    assert titles("Long") == ["新版内容与上线计划；家庭账本的遗留问题；灰度指标与回滚条件"]
    assert titles("Normal") == ["新版内容与上线计划"]
    assert titles("Short") == ["新版内容"]


@pytest.mark.parametrize("name", CHAPTERED)
def test_short_and_normal_titles_keep_within_their_length(name: str) -> None:
    for level, (unspaced, spaced) in {"Short": (8, 24), "Normal": (16, 48)}.items():
        for granularity in ("Coarse", "General", "Meticulous"):
            found = chapters(name, title_length=level, chapter_granularity=granularity)
            longest = spaced if spacer(script(name).language) else unspaced
            assert all(1 < len(chapter["headline"]) <= longest for chapter in found)
    assert [c["headline"] for c in chapters(name)] == [
        c["headline"] for c in chapters(name, title_length="Long")
    ]


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("cn-weekly-sync", ["上周进展", "支付页面测试"]),
        ("en-incident-review", ["Timeline", "Root cause", "Follow-ups"]),
        (
            "en-hiring-interview",
            ["Background", "Nine percent thrown away", "Working conditions"],
        ),
    ],
)
def test_a_short_title_is_the_first_thing_a_chapter_is_about(name: str, titles: list[str]) -> None:
    assert [c["headline"] for c in chapters(name, title_length="Short")] == titles


def test_a_headline_that_nothing_shorter_can_stand_for_is_cut() -> None:
    text = "箱子柜子桌子椅子全都搬到新店里去"
    data: dict[str, Any] = {
        "keywords": ["箱子柜子桌子椅子全都搬"],
        "sentences": [text + "。"],
        "chapters": [{"first": 1, "headline": text, "points": [{"sentence": 1, "leaf": text}]}],
    }
    meeting = hear((parse_script(data, "long"), 1))
    titles = [
        made("AutoChapters", meeting, title_length=level)[0]["headline"]
        for level in ("Short", "Normal", "Long")
    ]
    assert titles == ["箱子柜子桌子椅…", text, text]


# Headlines of what was heard in part

#: Beginnings that say no more than that somebody is there.
GREETING = re.compile(
    r"大家下午好|早上好|.{0,3}[你您]好|感谢|谢谢|欢迎|Hello|Hi |Good (morning|afternoon)|Thank",
    re.I,
)


@pytest.mark.parametrize("name", CHAPTERED)
def test_no_headline_is_a_greeting(name: str) -> None:
    heard = script(name)
    for count in range(1, len(heard.lines) + 1):
        meeting = hear((heard, count))
        for language in ("", "en", "cn"):
            for granularity in ("Coarse", "General", "Meticulous"):
                for level in ("Short", "Normal", "Long"):
                    found = made(
                        "AutoChapters",
                        meeting,
                        chapter_granularity=granularity,
                        title_length=level,
                        chapters_language=language,
                    )
                    assert [c for c in found if GREETING.match(c["headline"])] == []


def titled(sentences: list[str], **options: Any) -> list[str]:
    heard = parse_script({"sentences": sentences}, "titled")
    found = made("AutoChapters", hear((heard, len(sentences))), **options)
    return [chapter["headline"] for chapter in found]


@pytest.mark.parametrize(
    ("sentences", "headline"),
    [
        (["您好，欢迎光临。", "要喝咖啡吗？"], "要喝咖啡吗"),
        (["感谢各位参加，今天讨论预算。"], "今天讨论预算"),
        (["您好，欢迎光临。", "谢谢。"], "寒暄"),
        (["Good morning, everyone.", "The budget is gone."], "The budget is gone"),
        (["Hello Mr. Luo, how is your shop doing?"], "How is your shop doing"),
        (["Thank you.", "Goodbye."], "Courtesies"),
    ],
)
def test_a_headline_of_spoken_words_skips_courtesies(sentences: list[str], headline: str) -> None:
    for level in ("Short", "Normal", "Long"):
        assert titled(sentences, title_length=level) == [headline]


def test_a_headline_that_somebody_wrote_stays_though_it_greets() -> None:
    data = {"sentences": ["Hello."], "chapters": [{"first": 1, "headline": "Welcome"}]}
    (chapter,) = made("AutoChapters", hear((parse_script(data, "hello"), 1)))
    assert chapter["headline"] == "Welcome"


def test_a_script_headline_waits_until_all_that_it_names_was_spoken_of() -> None:
    data = {
        "language": "cn",
        "sentences": ["发布时间先定下来。", "周四晚上发布。", "接下来说预算。", "预算不变。"],
        "chapters": [
            {
                "first": 1,
                "headline": "发布时间与预算",
                "points": [{"sentence": 2, "leaf": "周四"}, {"sentence": 4, "leaf": "不变"}],
            }
        ],
    }
    heard = parse_script(data, "release")
    headlines = [made("AutoChapters", hear((heard, n)))[0]["headline"] for n in (1, 2, 3, 4)]
    assert headlines == ["发布时间先定下来", "周四", "发布时间与预算", "发布时间与预算"]
    (tree,) = made("Summarization", hear((heard, 2)), summarization=("MindMap",))[
        "mind_map_summary"
    ]
    assert tree["topic"] == [{"title": "周四", "topic": []}]


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_no_point_repeats_the_headline_that_it_is_alone_below(path: Path) -> None:
    heard = script(path.stem)
    for count in range(1, len(heard.lines) + 1):
        for language in ("", "en", "cn"):
            found = made(
                "Summarization",
                hear((heard, count)),
                summarization=("MindMap",),
                mind_map_language=language,
            )
            for chapter in found["mind_map_summary"][0]["topic"]:
                assert [topic["title"] for topic in chapter["topic"]] != [chapter["title"]]


# The language of mind map and chapters


def texts(meeting: Meeting, language: str) -> list[str]:
    """Everything that chapters and mind map say in ``language``."""
    options = Options(
        auto_chapters=True,
        summarization=("MindMap",),
        chapters_language=language,
        mind_map_language=language,
    )
    found = [results(meeting, options)[kind] for kind in ("AutoChapters", "Summarization")]
    keys = ("title", "headline", "summary")
    return [node[key] for node in nodes(found) for key in keys if key in node]


#: Letters that English texts do not have.
NOT_ENGLISH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\u0400-\u04ff]")
#: Letters that Chinese texts do not have.
NOT_CHINESE = re.compile("[\u3040-\u30ff\uac00-\ud7a3\u0400-\u04ff]")
HAN = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_chapters_and_mind_map_of_the_library_are_in_the_language_asked_for(path: Path) -> None:
    heard = script(path.stem)
    for count in range(1, len(heard.lines) + 1):
        for half_line in (False, True):
            meeting = hear((heard, count), half_line=half_line)
            english, chinese = texts(meeting, "en"), texts(meeting, "cn")
            assert english and len(english) == len(chinese)
            assert [text for text in english if NOT_ENGLISH.search(text)] == []
            assert [text for text in chinese if NOT_CHINESE.search(text)] == []
            assert all(HAN.search(text) for text in chinese)


def test_nothing_but_chapters_and_mind_map_changes_its_language() -> None:
    heard = script("cn-weekly-sync")
    meeting = hear((heard, len(heard.lines)))
    own, english = results(meeting, SHAPES[0]), results(meeting, SHAPES[1])
    for kind in set(own) - {"AutoChapters", "Summarization"}:
        assert own[kind] == english[kind]
    changed = {"mind_map_summary", "paragraph_summary"}
    for key in set(own["Summarization"]) - changed:
        assert own["Summarization"][key] == english["Summarization"][key]
    (tree,) = english["Summarization"]["mind_map_summary"]
    assert tree["title"] == "Weekly meeting of the product team"
    assert [c["summary"].split(",")[0] for c in english["AutoChapters"]] == [
        "The new search went out last week"
    ]


def test_a_script_without_notes_in_a_language_is_told_by_its_translations() -> None:
    data = {
        "language": "en",
        "title": "Moving",
        "sentences": [
            {"text": "When do we move?", "translations": {"cn": "我们什么时候搬家？"}},
            {"text": "On Sunday.", "translations": {"cn": "星期天。"}},
            "And the boxes are packed by then.",
        ],
        "chapters": [
            {"first": 1, "headline": "Time", "points": [{"sentence": 2, "leaf": "Sunday"}]},
            {"first": 3, "headline": "Boxes", "points": [{"sentence": 3, "leaf": "Packing"}]},
        ],
    }
    meeting = hear((parse_script(data, "moving"), 3))
    assert texts(meeting, "cn") == [
        "我们什么时候搬家",
        "星期天。",
        "Boxes",
        "Packing",
        "我们什么时候搬家",
        "我们什么时候搬家",
        "星期天",
        "Boxes",
        "Packing",
    ]
    assert texts(meeting, "en") == texts(meeting, "")


# The summary as Markdown


def test_a_full_summary_in_markdown_is_a_heading_and_bullets() -> None:
    meeting = hear((script("cn"), 4))
    options = {"summarization": ("Paragraph",)}
    plain = made("Summarization", meeting, **options)
    marked = made("Summarization", meeting, markdown_summary=True, **options)
    assert plain["paragraph_summary"] == "定了周日早上八点出发的安排。箱子与柜子都安排妥当。"
    assert marked == {
        "paragraph_title": "搬家安排",
        "paragraph_summary": "## 搬家安排\n"
        "\n"
        "- 定了周日早上八点出发的安排。\n"
        "- 箱子与柜子都安排妥当。",
    }


# The summary in two parts


def split_summary(meeting: Meeting, **options: Any) -> str:
    found = made(
        "Summarization", meeting, summarization=("Paragraph",), split_summary=True, **options
    )
    assert found.keys() == {"paragraph_summary"}
    return str(found["paragraph_summary"])


def test_a_summary_in_two_parts_lists_points_with_the_numbers_of_their_sentences() -> None:
    meeting = hear((script("cn"), 4))
    assert split_summary(meeting) == (
        "定了周日早上八点出发的安排。箱子与柜子都安排妥当。@#\n"
        "\n"
        "- 罗宁说八点到。[2]\n"
        "- 何敏周六打包箱子。[3]\n"
        "- 罗宁说柜子要两人抬。[4]"
    )
    assert split_summary(meeting, markdown_summary=True) == (
        "定了周日早上八点出发的安排。箱子与柜子都安排妥当。@#\n"
        "\n"
        "- **时间[1]**\n"
        "  1. **八点到[2]**\n"
        "- **行李[3]**\n"
        "  1. **箱子[3]**\n"
        "  2. **柜子[4]**"
    )


def test_a_chapter_in_which_no_point_was_made_is_listed_by_what_was_said() -> None:
    meeting = hear((script("cn"), 1))
    said = "我们周日搬家，车几点到"
    assert split_summary(meeting) == f"{said}？@#\n\n- {said}[1]"
    assert split_summary(meeting, markdown_summary=True) == f"{said}？@#\n\n- **{said}[1]**"


def test_a_headline_that_is_its_only_point_is_listed_once() -> None:
    listed = split_summary(hear((script("cn"), 3)), markdown_summary=True).split("@#")[1]
    assert listed == "\n\n- **时间[1]**\n  1. **八点到[2]**\n- **箱子[3]**"


def test_chapters_of_the_same_gist_are_summed_up_once() -> None:
    data = {
        "sentences": ["第一句话。", "第二句话。"],
        "chapters": [{"first": n, "headline": f"第{n}章", "gist": "说了话。"} for n in (1, 2)],
    }
    assert split_summary(hear((parse_script(data, "twice"), 2))).startswith("说了话。@#")


def test_a_point_has_the_number_of_the_sentence_in_which_its_line_begins() -> None:
    meeting = hear((script("cn"), 2), split=True)
    assert split_summary(meeting).endswith("- 罗宁说八点到。[3]")


def test_a_script_that_speaks_in_marks_and_lines_keeps_the_summary_in_two_parts() -> None:
    data = {
        "sentences": ["We write @# between parts@", "#2 is next."],
        "chapters": [
            {
                "first": 1,
                "headline": "Marks @#",
                "gist": "They write\n@# there@",
                "points": [{"sentence": 1, "leaf": "@#", "text": "A line\nand @#."}],
            },
            {"first": 2, "headline": "Two", "gist": "#2 is next."},
        ],
    }
    meeting = hear((parse_script({"language": "en", **data}, "marks"), 2))
    for markdown in (False, True):
        lead, listed = split_summary(meeting, markdown_summary=markdown).split("@#")
        assert lead == "They write @ # there@ #2 is next."
        assert listed.count("\n- ") == 2


def test_a_summary_of_many_chapters_tells_some_of_them_from_first_to_last() -> None:
    long = parse_script(
        {
            "sentences": [f"第{n}句话说到这里。" for n in range(40)],
            "chapters": [{"first": n + 1, "headline": f"第{n}章"} for n in range(40)],
        },
        "long",
    )
    lead, listed = split_summary(hear((long, 40))).split("@#")
    assert (lead.count("。"), listed.count("\n- ")) == (4, 12)


# Times in the mind map


def timed_leaves(meeting: Meeting, language: str = "") -> dict[str, int]:
    found = made(
        "Summarization",
        meeting,
        summarization=("MindMap",),
        mind_map_language=language,
        mind_map_timestamps=True,
    )
    return {node["title"]: node["begin_time"] for node in nodes(found) if "begin_time" in node}


def test_leaves_have_the_time_at_which_their_sentence_begins_and_other_nodes_have_none() -> None:
    meeting = hear((script("cn"), 4))
    begins = [sentence.begin for sentence in meeting.sentences]
    assert timed_leaves(meeting) == dict(zip(["八点到", "箱子", "柜子"], begins[1:], strict=True))
    untimed = made("Summarization", meeting, summarization=("MindMap",))
    assert [node for node in nodes(untimed) if "begin_time" in node] == []


def test_a_headline_that_is_a_leaf_has_the_time_of_the_sentence_with_its_words() -> None:
    def second(*sentences: str) -> str:
        """The headline, which is the second sentence's, while the last one is not heard yet."""
        data = {
            "sentences": [*sentences, "Done."],
            "chapters": [
                {"first": 1, "headline": "Sums", "points": [{"sentence": 3, "leaf": "All"}]}
            ],
        }
        meeting = hear((parse_script(data, "second"), 2))
        ((title, begin),) = timed_leaves(meeting).items()
        assert begin == meeting.sentences[1].begin
        return title

    assert second("您好，欢迎光临。", "要喝咖啡吗？") == "要喝咖啡吗"
    assert second("Hello.", "Thanks, how is your shop doing?") == "How is your shop doing"
    long = "我们把箱子柜子桌子椅子床和冰箱还有洗衣机全都搬到新店里去。"
    assert second("您好。", long) == "我们把箱子柜子桌子椅子床和冰箱还有洗衣机全都搬…"


def test_a_headline_that_is_a_point_has_the_time_of_that_point() -> None:
    points = [{"sentence": 2, "leaf": "日期"}, {"sentence": 3, "leaf": "地点"}]
    data = {
        "sentences": ["说说搬家。", "周日搬。", "搬到新店。"],
        "chapters": [{"first": 1, "headline": "日期与地点", "points": points}],
    }
    meeting = hear((parse_script(data, "date"), 2))
    assert timed_leaves(meeting) == {"日期": meeting.sentences[1].begin}


def test_a_headline_of_someone_s_own_has_the_time_of_the_first_sentence() -> None:
    data = {
        "sentences": ["说说预算和日期。", "好的。", "不变。"],
        "chapters": [{"first": 1, "headline": "预算", "points": [{"sentence": 3, "leaf": "不变"}]}],
    }
    meeting = hear((parse_script(data, "budget"), 2))
    assert timed_leaves(meeting) == {"预算": meeting.sentences[0].begin}


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_a_leaf_has_the_same_time_in_every_language(path: Path) -> None:
    heard = script(path.stem)
    meeting = hear((heard, len(heard.lines)))
    lines = [point.line for chapter in heard.chapters for point in chapter.points]
    begins = {meeting.sentences[line - 1].begin for line in lines}
    own = timed_leaves(meeting)
    assert set(own.values()) <= begins
    for language in ("en", "cn"):
        assert list(timed_leaves(meeting, language).values()) == list(own.values())
