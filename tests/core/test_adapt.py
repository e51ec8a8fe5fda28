"""Scripts as a task's options have them heard: hot words, filler words, swear words."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mock_tingwu.core.adapt import (
    adapted,
    with_phrases,
    without_profanity,
)
from mock_tingwu.core.annotate import annotate, asks
from mock_tingwu.core.fillers import with_fillers, without_fillers
from mock_tingwu.core.options import Options
from mock_tingwu.core.recognizer import Playlist
from mock_tingwu.core.script import LANGUAGES, TARGET_LANGUAGES, UNSPACED, Line, Script, joiner
from mock_tingwu.core.scripts import library, parse_script
from mock_tingwu.core.words import bare
from tests.core import test_annotate
from tests.core.meetings import check, check_only_heard, hear, made, results

SCRIPTS = [script for language in LANGUAGES for script in library(language)]
WORDS = ("星云计划", "Qwen Max", "Kubernetes", "沙盒", "ホログラム", "Nimbus")

by_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.id)


def new_lines(script: Script, adapted_script: Script) -> list[Line]:
    """The lines that ``script`` does not have."""
    texts = {line.text for line in script.lines}
    return [line for line in adapted_script.lines if line.text not in texts]


def one(text: str, language: str, **fields: Any) -> Script:
    """A script of one sentence."""
    return parse_script({"language": language, "sentences": [{"text": text, **fields}]}, "one")


# Hot words


@by_script
def test_every_hot_word_is_said_as_it_is_written(script: Script) -> None:
    heard = with_phrases(script, WORDS)
    said = [line.text for line in heard.lines]
    assert all(any(word in text for text in said) for word in WORDS)
    assert [line.number for line in heard.lines] == list(range(1, len(heard.lines) + 1))
    assert [line.text for line in heard.lines if line not in new_lines(script, heard)] == [
        line.text for line in script.lines
    ]
    for line in new_lines(script, heard):
        assert set(line.translations) == set(TARGET_LANGUAGES) - {line.language}
        for target, text in line.translations.items():
            assert [w for w in WORDS if w in text] == [w for w in WORDS if w in line.text], target
        assert all(bare(word) for word in line.words)
        assert "/" not in line.text and "{" not in line.text


@by_script
def test_the_heaviest_words_open_the_meeting(script: Script) -> None:
    heard = with_phrases(script, WORDS)
    first = heard.lines[0]
    assert [word for word in WORDS if word in first.text] == list(WORDS[:3])
    assert first.text.startswith(WORDS[0])
    assert first.speaker == script.lines[0].speaker


@by_script
def test_notes_hang_on_the_lines_that_they_hung_on(script: Script) -> None:
    heard = with_phrases(script, [f"word{n}" for n in range(30)])
    test_annotate.check(heard)
    assert annotate(heard) == heard
    old = {line.number: line.text for line in script.lines}
    new = {line.number: line.text for line in heard.lines}
    for before, after in zip(script.chapters, heard.chapters, strict=True):
        assert after.first == 1 or new[after.first] == old[before.first]
        pairs = zip(before.points, after.points, strict=True)
        assert all(old[a.line] == new[b.line] and a.text == b.text for a, b in pairs)
    for question, moved in zip(script.questions, heard.questions, strict=True):
        for lines, places in ((question.asked, moved.asked), (question.answered, moved.answered)):
            assert [old[n] for n in lines] == [new[n] for n in places]
    assert [old[a.line] for a in script.actions] == [new[a.line] for a in heard.actions]
    assert script is not heard and [line.text for line in script.lines] == list(old.values())


@by_script
def test_hot_words_come_to_the_keywords_of_the_meeting(script: Script) -> None:
    heard = with_phrases(script, WORDS)
    meeting = hear((heard, len(heard.lines)))
    found = made("MeetingAssistance", meeting, meeting_assistance=("KeyInformation",))
    assert found["keywords"][: len(WORDS)] == list(WORDS)
    assert script.keywords[0] in found["keywords"]
    assert made("MeetingAssistance", hear((heard, 1)), meeting_assistance=("KeyInformation",))[
        "keywords"
    ][:3] == list(WORDS[:3])


@by_script
def test_every_beginning_of_a_meeting_with_hot_and_filler_words_has_consistent_results(
    script: Script,
) -> None:
    heard = adapted(script, Options(disfluency=False), WORDS, registered=False)
    for count in range(len(heard.lines) + 1):
        for half_line in (False, True):
            meeting = hear((heard, count), half_line=half_line)
            all_made = results(meeting)
            check(meeting, all_made)
            check_only_heard(meeting, heard, all_made)


@pytest.mark.parametrize(
    ("count", "lines"), [(1, 1), (4, 1), (5, 2), (8, 2), (9, 3), (40, 10), (300, 75)]
)
def test_words_share_lines_that_are_spread_over_the_meeting(count: int, lines: int) -> None:
    (script, *_) = library("en")
    words = [f"word{n}" for n in range(count)]
    heard = with_phrases(script, words)
    added = new_lines(script, heard)
    assert len(added) == lines
    assert all(
        any(word in line.text.split() or f"{word}," in line.text for line in added)
        for word in words
    )
    numbers = [line.number for line in added]
    assert numbers[0] == 1
    if 1 < lines < len(script.lines) / 2:
        gaps = [b - a for a, b in pairwise(numbers)]
        assert max(gaps) - min(gaps) <= 4


@by_script
def test_no_hot_words_come_between_a_question_and_its_answer(script: Script) -> None:
    for count in range(1, 60):
        heard = with_phrases(script, [f"word{n}" for n in range(count)])
        added = new_lines(script, heard)
        texts = {line.text for line in added}
        for before, line in pairwise(heard.lines):
            assert not (line.text in texts and before.text not in texts and asks(before))


def test_the_same_word_is_said_once_and_blanks_are_none() -> None:
    (script, *_) = library("en")
    assert with_phrases(script, []) is script
    assert with_phrases(script, ["", "  "]) is script
    heard = with_phrases(script, ["Nimbus", "Nimbus ", "big  cloud"])
    assert heard.lines[0].text == "Nimbus and big cloud, that is where we start today."


@pytest.mark.parametrize("language", ["cn", "en", "yue", "ja", "ko"])
def test_one_word_makes_a_sentence_too(language: str) -> None:
    heard = with_phrases(library(language)[0], ["Nimbus"])
    assert heard.lines[0].text.startswith("Nimbus")
    assert heard.lines[0].words[0].startswith("Nimbus")


@given(
    st.lists(st.text("云a B9é", min_size=1, max_size=8), max_size=20),
    st.sampled_from(SCRIPTS),
)
def test_any_words_are_said_and_translated(words: list[str], script: Script) -> None:
    heard = with_phrases(script, words)
    wanted = {" ".join(word.split()) for word in words}
    said = "\n".join(line.text for line in new_lines(script, heard))
    assert all(word in said for word in wanted)
    for line in heard.lines:
        assert joiner(line.language).join(line.words) == line.text


@pytest.mark.parametrize(
    ("hints", "words", "language"),
    [
        ((), ("Nimbus",), "en"),
        ((), ("星云",), "cn"),
        ((), ("クラウド",), "ja"),
        ((), ("구름",), "ko"),
        (("cn", "en"), ("Nimbus",), "en"),
        (("cn", "en"), ("クラウド",), "cn"),
        (("de", "fr", "ru"), ("Nimbus",), "de"),
        (("fr",), ("Nimbus",), "fr"),
        (("ru",), ("Nimbus",), "ru"),
        (("yue",), ("星云",), "yue"),
    ],
)
def test_a_multilingual_meeting_says_hot_words_in_a_language_that_is_heard(
    hints: tuple[str, ...], words: tuple[str, ...], language: str
) -> None:
    for script in library("multilingual"):
        heard = adapted(script, Options(), words, registered=False, hints=hints)
        _, line = Playlist([heard], hints).next()
        assert (line.language, line.number) == (language, 1)
        assert words[0] in line.text


# Filler words


@by_script
def test_about_every_third_line_begins_with_a_filler_word(script: Script) -> None:
    script = without_fillers(script)
    heard = with_fillers(script)
    changed = [(old, new) for old, new in zip(script.lines, heard.lines, strict=True) if old != new]
    assert changed
    assert {new.number % 3 for _, new in changed} == {1}
    for old, new in changed:
        filler, first, *others = new.words
        assert bare(filler).lower() in {"嗯", "呃", "えっと", "ええと", "음", "어", "um", "uh"} | {
            "äh",
            "ähm",
            "euh",
            "hm",
            "эм",
            "э-э",
        }
        assert [first.lower(), *others] == [old.words[0].lower(), *old.words[1:]]
        assert new.polished == (old.polished or old.text)
        assert (new.number, new.speaker, new.translations) == (
            old.number,
            old.speaker,
            old.translations,
        )


def test_a_capital_stays_where_it_belongs() -> None:
    data = {
        "speakers": ["Ann", "Bo Lee"],
        "sentences": [
            {"text": "Ann, is it done?"},
            {"text": "Yes."},
            {"text": "Yes."},
            {"text": "The lift in Oslo works."},
            {"text": "Yes."},
            {"text": "Yes."},
            {"text": "I'll call."},
            {"text": "Yes."},
            {"text": "Yes."},
            {"text": "Oslo is far."},
            {"text": "Yes."},
            {"text": "Yes."},
            {"text": "NASA calls."},
        ],
    }
    script = with_fillers(parse_script({**data, "language": "en"}, "capitals"))
    assert [line.text for line in script.lines[::3]] == [
        "Um, Ann, is it done?",
        "Uh, the lift in Oslo works.",
        "Um, I'll call.",
        "Uh, Oslo is far.",
        "Um, NASA calls.",
    ]


@by_script
def test_filler_words_can_be_taken_out_again(script: Script) -> None:
    fluent = without_fillers(script)
    spoken = [line.text.lower() for line in without_fillers(with_fillers(fluent)).lines]
    assert spoken == [line.text.lower() for line in fluent.lines]
    assert without_fillers(fluent) is fluent


@pytest.mark.parametrize(
    ("language", "text", "fluent"),
    [
        ("en", "On Friday, uh, I think.", "On Friday, I think."),
        ("en", "So, um, we wait.", "So we wait."),
        ("en", "Um, thanks.", "Thanks."),
        ("en", "I will, hmm.", "I will."),
        ("en", "Is it done, um?", "Is it done?"),
        ("en", "Um, uh.", "Um, uh."),
        ("en", "The umbrella is here.", "The umbrella is here."),
        ("cn", "嗯，/那/我们/呃，/明天/说。", "那我们明天说。"),
        ("cn", "嗯。", "嗯。"),
        ("ja", "日/は、/えっと、/土曜/です。", "日は、土曜です。"),
        ("ko", "음, 내일 봐요.", "내일 봐요."),
        ("yue", "嗯，/聽日/先/講。", "聽日先講。"),
        ("cn", "短信/那个/我/知道，/就是，/那个，/设/少/了。", "短信那个我知道，设少了。"),
        ("cn", "那个，/怎么/也/得，/那个，/半/个/钟头。", "怎么也得半个钟头。"),
        ("yue", "加大/功率，/嗰個，/電池/唔夠。", "加大功率，電池唔夠。"),
        ("ja", "あの、/ちなみに、/その/夕飯/は？", "ちなみに、その夕飯は？"),
        ("ko", "그, 시간상 하루에, 저기, 다섯 팀이에요.", "시간상 하루에, 다섯 팀이에요."),
        ("en", "I only see, like, one slice.", "I only see one slice."),
    ],
)
def test_filler_words_are_dropped_and_the_rest_stays_a_sentence(
    language: str, text: str, fluent: str
) -> None:
    assert without_fillers(one(text, language)).lines[0].text == fluent


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("cn", "我/要/那个，/不/要/这个。"),
        ("cn", "这个，/那个，/都/要。"),
        ("cn", "那个/本子/湿/了。"),
        ("cn", "就是，/我/也/觉得。"),
        ("yue", "我/要/嗰個，/唔/要/呢個。"),
        ("ja", "あの/店/で、/その/後/に。"),
        ("ko", "그 사람이요, 저기 있어요."),
        ("en", "People like, love and share it."),
    ],
)
def test_a_word_that_points_at_something_is_no_filler_word(language: str, text: str) -> None:
    script = one(text, language)
    assert without_fillers(script) is script


@pytest.mark.parametrize(
    ("language", "text", "fluent"),
    [
        ("de", "Ähm, das dauert.", "Das dauert."),
        ("fr", "Euh, bonjour.", "Bonjour."),
        ("ru", "Э-э, завтра.", "Завтра."),
    ],
)
def test_filler_words_of_mixed_meetings_are_dropped(language: str, text: str, fluent: str) -> None:
    data = {"language": "multilingual", "sentences": [{"text": text, "language": language}]}
    assert without_fillers(parse_script(data, "mixed")).lines[0].text == fluent


# Swear words


@pytest.mark.parametrize(
    ("language", "text", "decent"),
    [
        ("en", "This damn printer is shitty.", "This **** printer is ******."),
        ("en", "Damn, the class of Scunthorpe.", "****, the class of Scunthorpe."),
        ("cn", "他妈/的/打印机/又/坏了。", "***打印机又坏了。"),
        ("yue", "仆街/喇。", "**喇。"),
        ("ja", "畜生/、/また/だ。", "**、まただ。"),
        ("ko", "씨발, 또 고장이야.", "**, 또 고장이야."),
        ("cn", "这/个/damn/打印机。", "这个****打印机。"),
    ],
)
def test_swear_words_become_as_many_asterisks(language: str, text: str, decent: str) -> None:
    script = one(text, language)
    masked = without_profanity(script).lines[0]
    assert masked.text == decent
    assert [len(word) for word in masked.words] == [len(word) for word in script.lines[0].words]


@pytest.mark.parametrize(
    ("language", "text", "decent"),
    [
        ("de", "Scheiße, verdammt.", "*******, ********."),
        ("fr", "Merde alors.", "***** alors."),
        ("ru", "Сука, опять.", "****, опять."),
    ],
)
def test_swear_words_of_mixed_meetings_are_masked(language: str, text: str, decent: str) -> None:
    data = {"language": "multilingual", "sentences": [{"text": text, "language": language}]}
    assert without_profanity(parse_script(data, "mixed")).lines[0].text == decent


def test_translations_polished_text_and_keywords_are_masked_alike() -> None:
    data = {
        "language": "en",
        "keywords": ["damn printer"],
        "sentences": [
            {
                "text": "The damn printer.",
                "polished": "The damned printer.",
                "translations": {"de": "Der verdammte Drucker.", "cn": "他妈的打印机。"},
            }
        ],
    }
    script = without_profanity(parse_script(data, "printer"))
    line = script.lines[0]
    assert (line.text, line.polished) == ("The **** printer.", "The ****** printer.")
    assert line.translations == {"de": "Der ********* Drucker.", "cn": "***打印机。"}
    assert script.keywords == ("**** printer",)


@by_script
def test_nobody_swears_in_the_library(script: Script) -> None:
    assert without_profanity(script) == script


# Which script is changed how

SWEARING = parse_script({"sentences": ["Um, the damn printer.", "Uh, yes."]}, "swearing")


@pytest.mark.parametrize(
    ("disfluency", "profanity_filter", "texts"),
    [
        (None, None, ["Um, the damn printer.", "Uh, yes."]),
        (False, False, ["Um, the damn printer.", "Uh, yes."]),
        (True, None, ["The damn printer.", "Yes."]),
        (None, True, ["Um, the **** printer.", "Uh, yes."]),
        (True, True, ["The **** printer.", "Yes."]),
    ],
)
def test_a_registered_script_is_heard_word_for_word_unless_a_filter_is_sent(
    disfluency: bool | None, profanity_filter: bool | None, texts: list[str]
) -> None:
    options = Options(disfluency=disfluency, profanity_filter=profanity_filter)
    for words in ((), WORDS):
        heard = adapted(SWEARING, options, words, registered=True)
        assert [line.text for line in heard.lines] == texts
        assert adapted(SWEARING, options, words, registered=True) is heard
        assert (heard is SWEARING) == (texts == [line.text for line in SWEARING.lines])


FILLERS = re.compile(
    r"(^|[，、, ])(嗯|呃|えっと|ええと|음|어|um|uh|ähm?|euh)[，、,]", re.IGNORECASE
)
#: Words that stand between two commas as filler words do.
ALONE = re.compile(r"(^|[，、,] ?)(那个|就是|嗰個|あの|그|저기|뭐|like)[，、,]")


@by_script
def test_a_meeting_of_the_library_has_filler_words_when_they_are_asked_for(script: Script) -> None:
    for disfluency in (None, True):
        heard = adapted(script, Options(disfluency=disfluency), (), registered=False)
        texts = [line.text for line in heard.lines]
        assert [text for text in texts if FILLERS.search(text) or ALONE.search(text)] == []
    heard = adapted(script, Options(disfluency=False), (), registered=False)
    with_them = [line for line in heard.lines if FILLERS.search(line.text)]
    assert len(with_them) >= len(script.lines) // 3
    assert FILLERS.search(heard.lines[0].text)


@by_script
def test_hot_words_are_said_in_a_meeting_of_the_library_whatever_the_filters(
    script: Script,
) -> None:
    for options in (Options(), Options(disfluency=False, profanity_filter=True)):
        heard = adapted(script, options, WORDS, registered=False)
        assert WORDS[0] in heard.lines[0].text
        assert adapted(script, options, list(WORDS), registered=False) is heard
        # An equal script that was read again is no other.
        again = replace(script)
        assert adapted(again, options, WORDS, registered=False) is heard


def test_languages_without_spaces_have_hot_words_as_words_of_their_own() -> None:
    for language in sorted(UNSPACED):
        line = with_phrases(library(language)[0], ["星云计划", "Qwen Max"]).lines[0]
        assert {"星云计划", "Qwen Max"} <= {bare(word) for word in line.words}
