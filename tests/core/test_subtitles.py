"""Scripts from SubRip and WebVTT: cues, speakers, formatting, translations, what is malformed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu.core.script import Script
from mock_tingwu.core.scripts import ScriptError
from mock_tingwu.core.subtitles import Kind, Part, parse_cues, subtitle_script

KINDS: tuple[Kind, Kind] = ("srt", "vtt")


def srt(*cues: str) -> str:
    """A SubRip file of one cue a second."""
    return "".join(
        f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{cue}\n\n" for n, cue in enumerate(cues, 1)
    )


def vtt(*cues: str) -> str:
    """A WebVTT file of one cue a second."""
    return "WEBVTT\n\n" + "".join(
        f"00:{n:02}.000 --> 00:{n:02}.900\n{cue}\n\n" for n, cue in enumerate(cues, 1)
    )


def file(kind: Kind, *cues: str) -> str:
    return srt(*cues) if kind == "srt" else vtt(*cues)


def heard(text: str, kind: Kind, **options: Any) -> Script:
    return subtitle_script(text, kind, f"talk.{kind}", name="talk", **options)


def said(text: str, kind: Kind) -> list[tuple[str, str]]:
    """Who says what."""
    script = heard(text, kind)
    return [(script.speakers[line.speaker].name, line.text) for line in script.lines]


both = pytest.mark.parametrize("kind", KINDS)


@both
def test_every_cue_is_a_line_in_the_language_of_its_letters(kind: Kind) -> None:
    script = heard(file(kind, "早上好。", "我们开始吧。"), kind)
    assert (script.id, script.language, script.title) == ("talk", "cn", "")
    assert [line.text for line in script.lines] == ["早上好。", "我们开始吧。"]
    assert [(line.number, line.speaker) for line in script.lines] == [(1, 0), (2, 0)]
    assert heard(file(kind, "早晨。"), kind, language="yue").lines[0].language == "yue"


@both
def test_lines_of_a_mixed_meeting_are_in_the_language_of_their_letters(kind: Kind) -> None:
    script = heard(file(kind, "早上好。", "Good morning."), kind, language="multilingual")
    assert [(line.language, line.text) for line in script.lines] == [
        ("cn", "早上好。"),
        ("en", "Good morning."),
    ]


@both
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks_make_no_difference(
    kind: Kind, newline: str, mark: str
) -> None:
    text = file(kind, "One\ntwo.", "Three.")
    assert said(mark + text.replace("\n", newline), kind) == [("", "One two."), ("", "Three.")]
    assert said(mark + text.rstrip().replace("\n", newline), kind)[1] == ("", "Three.")


@both
@pytest.mark.parametrize(
    ("cue", "text"),
    [
        ("We meet\n  at   ten. ", "We meet at ten."),
        ("我们十点\n开会。", "我们十点开会。"),
        ("好的，\n我们开始。", "好的，我们开始。"),
        ("我们用 React\n来写。", "我们用 React 来写。"),
        ("오늘은\n금요일", "오늘은 금요일"),
        ("♪\n♪", "♪ ♪"),
    ],
)
def test_the_lines_of_a_cue_are_joined_as_its_words_are(kind: Kind, cue: str, text: str) -> None:
    assert said(file(kind, cue), kind) == [("", text)]


@both
@pytest.mark.parametrize(
    ("cue", "text"),
    [
        ("<i>Well</i>, <b>no</b>.", "Well, no."),
        ("<I>Well</I>, <u>no</u><s>!</s>", "Well, no!"),
        ("{\\an8}Up here{\\i0}.", "Up here."),
        ('<font color="#ff0000">Red</font>.', "Red."),
        ("<c.loud.red>Red</c>.", "Red."),
        ("<lang en>Red</lang> <ruby>sun<rt>su</rt></ruby>", "Red sunsu"),
        ("Well,<00:00:01.500> no<01:30.250>.", "Well, no."),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<br>, <script>, <v1> and {x}", "<br>, <script>, <v1> and {x}"),
        ("<ins\n<i>x", "<ins x"),
        ("42", "42"),
        ("And/or, 男/女", "And/or, 男/女"),
    ],
)
def test_formatting_is_left_out_and_nothing_else(kind: Kind, cue: str, text: str) -> None:
    assert said(file(kind, cue), kind) == [("", text)]


def test_a_slash_is_a_slash() -> None:
    assert heard(srt("早上/好，男/女都/可以。"), "srt").lines[0].text == "早上/好，男/女都/可以。"


def test_character_references_are_those_of_webvtt_alone() -> None:
    cue = "Q&amp;A &lt;i&gt; is&nbsp;5&#37; &unknown; AT&T"
    assert said(vtt(cue), "vtt") == [("", "Q&A <i> is 5% &unknown; AT&T")]
    assert said(srt(cue), "srt") == [("", cue)]


def test_webvtt_has_heads_notes_styles_regions_ids_and_settings() -> None:
    text = """WEBVTT - a stand-up
Kind: captions

STYLE
::cue { color: red }

REGION
id:left
width:40%

NOTE One line

NOTE
Several
lines

first cue
00:00:01.000 --> 00:00:02.000 region:left align:start position:0%
Hello.

NOTE

NOTE this is a name
01:02.000 --> 01:03.000
Bye.
"""
    assert said(text, "vtt") == [("", "Hello."), ("", "Bye.")]


def test_subrip_needs_no_numbers_and_may_have_coordinates() -> None:
    text = """00:00:01,000 --> 00:00:02,5 X1:40 X2:600 Y1:20 Y2:50
Hello.

9
0:00:03.000-->0:00:04.000

7
00:00:05,000 --> 00:00:05,000
Bye.
"""
    assert said(text, "srt") == [("", "Hello."), ("", "Bye.")]


@both
def test_a_line_of_white_space_ends_a_cue_unless_more_of_its_text_follows(kind: Kind) -> None:
    gap = file(kind, "One.", "Two.").replace("One.\n\n", "One.\n \n") + " \n\t\n"
    assert said(gap, kind) == [("", "One."), ("", "Two.")]
    assert said(file(kind, " \nOne\n \ntwo."), kind) == [("", "One two.")]


@both
def test_cues_come_in_the_order_of_their_begins(kind: Kind) -> None:
    early, late = file(kind, "Early.", "Late.").rstrip().split("\n\n")[-2:]
    head = "WEBVTT\n\n" if kind == "vtt" else ""
    cues = parse_cues(f"{head}{late}\n\n{early}", kind, "x")
    assert [(cue.begin, cue.end) for cue in cues] == [(1000, 1900), (2000, 2900)]
    assert [cue.parts for cue in cues] == [(Part("", "Early."),), (Part("", "Late."),)]


# Speakers


def test_voices_tell_who_speaks_until_the_next_or_the_end_of_the_cue() -> None:
    text = vtt(
        "<v Ann>When is the <i>release</i>?",
        "<v.loud.first Ben Li>On Friday.</v> I think.\n<v Ann>Good.\nVery good.",
        "And then?",
        "(laughs) <v   Ann &amp;\nBen>Yes.",
        "<v>No.</v>",
    )
    assert said(text, "vtt") == [
        ("Ann", "When is the release?"),
        ("Ben Li", "On Friday. I think."),
        ("Ann", "Good. Very good."),
        ("", "And then?"),
        ("", "(laughs)"),
        ("Ann & Ben", "Yes."),
        ("", "No."),
    ]


@both
def test_names_that_begin_every_cue_are_those_of_speakers(kind: Kind) -> None:
    text = file(kind, "Ann: When?", "Dr. Lee:\nFriday, at 10: 30.\nNo: 11.", "Ann:  Good.")
    assert said(text, kind) == [
        ("Ann", "When?"),
        ("Dr. Lee", "Friday, at 10: 30. No: 11."),
        ("Ann", "Good."),
    ]
    assert said(file(kind, "小王：几点？", "小李:十点。", ""), kind) == [
        ("小王", "几点？"),
        ("小李", "十点。"),
    ]


@both
def test_a_cue_may_have_lines_of_several_named_speakers(kind: Kind) -> None:
    text = file(kind, "Ann: When?\nBen: On Friday.\nNote: at ten.", "Ben: Well?\nYes.")
    assert said(text, kind) == [
        ("Ann", "When?"),
        ("Ben", "On Friday. Note: at ten."),
        ("Ben", "Well? Yes."),
    ]


@both
@pytest.mark.parametrize(
    "cues",
    [
        ["Note: the printer is broken."],
        ["Note: the printer is broken.", "Again?"],
        ["Ann: Who?", "10: 30 is late."],
        ["Ann: Who?", "https://example.com/a"],
        ["Ann: Who?", "Well, Ben: no."],
        ["Ann: Who?", "Ben:"],
        ["Ann: Who?", f"{'x' * 41}: no."],
    ],
)
def test_a_colon_that_may_be_none_behind_a_name_is_text(kind: Kind, cues: list[str]) -> None:
    assert said(file(kind, *cues), kind) == [("", cue) for cue in cues]


def test_where_there_are_voices_a_colon_is_text() -> None:
    assert said(vtt("<v Ann>Note: no.", "Ben: Yes."), "vtt") == [
        ("Ann", "Note: no."),
        ("", "Ben: Yes."),
    ]


# Translations


@both
def test_other_subtitles_of_the_same_cues_are_translations(kind: Kind) -> None:
    script = heard(
        file(kind, "王：几点开会？\n李：十点。", "", "李：好。"),
        kind,
        translations={
            "en": (srt("Wang: When?\nLi: At ten.", "", "Li: Good."), "srt", "talk.en.srt"),
            "de": (vtt("<v W>Wann?\n<v L>Um zehn.", " ", "<v L>Gut."), "vtt", "talk.de.vtt"),
        },
    )
    assert [(line.speaker, line.translations) for line in script.lines] == [
        (0, {"en": "When?", "de": "Wann?"}),
        (1, {"en": "At ten.", "de": "Um zehn."}),
        (1, {"en": "Good.", "de": "Gut."}),
    ]


def test_a_translation_keeps_its_colons_where_the_text_has_no_speakers() -> None:
    script = heard(
        srt("注意了。", "再说一遍。"),
        "srt",
        translations={"en": (srt("Note: now.", "Again: now."), "srt", "en")},
    )
    assert [line.translations["en"] for line in script.lines] == ["Note: now.", "Again: now."]


@pytest.mark.parametrize(
    ("cues", "message"),
    [
        (["One."], "en: the number of cues is 1, expected 2 as in talk.srt"),
        (
            ["One.", " "],
            "en: line 6: cue 2 has no text, expected one text as in line 6 of talk.srt",
        ),
        (
            ["<v A>One.\n<v B>Two.", "Three."],
            "en: line 2: cue 1 has 2 voices, expected one text as in line 2 of talk.srt",
        ),
    ],
)
def test_a_translation_of_other_cues_is_refused(cues: list[str], message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        heard(srt("一。", "二。"), "srt", translations={"en": (srt(*cues), "srt", "en")})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"language": "zh"},
            "language is 'zh', expected one of cn, en, yue, ja, ko, multilingual",
        ),
        (
            {"translations": {"zz": (srt("One."), "srt", "zz")}},
            "translations has 'zz', expected one of cn, en, ja, ko, de, fr, ru",
        ),
    ],
)
def test_a_language_that_there_is_not_is_refused(options: Any, message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        heard(srt("一。"), "srt", **options)
    assert str(caught.value) == message


# What is malformed

SRT_TIMES = "the times of a cue, such as 00:00:01,000 --> 00:00:02,500"
VTT_TIMES = "the times of a cue, such as 00:00:01.000 --> 00:00:02.500"
SRT_BEGIN = "the number or the times of a cue (an empty line ends what a cue says)"


@pytest.mark.parametrize(
    ("kind", "text", "problem"),
    [
        ("srt", "", "no cue says anything, expected at least one that does"),
        ("srt", srt(" ", "<i></i>"), "no cue says anything, expected at least one that does"),
        ("srt", "Hello.", f"line 1 is 'Hello.', expected {SRT_BEGIN}"),
        ("srt", "1", f"line 2 is empty, expected {SRT_TIMES}"),
        ("srt", "1\nHello.", f"line 2 is 'Hello.', expected {SRT_TIMES}"),
        (
            "srt",
            "1\n00:00:01,000 -> 00:00:02,000\nHi.",
            f"line 2 is '00:00:01,000 -> 00:00:02,000', expected {SRT_TIMES}",
        ),
        (
            "srt",
            "1\n00:00:01,000 --> 00:00:02,000 Hi.",
            f"line 2 is '00:00:01,000 --> 00:00:02,000 Hi.', expected {SRT_TIMES}",
        ),
        (
            "srt",
            "1\n00:00:61,000 --> 00:01:02,000\nHi.",
            f"line 2 is '00:00:61,000 --> 00:01:02,000', expected {SRT_TIMES}",
        ),
        (
            "srt",
            "1\n00:00:02,000 --> 00:00:01,000\nHi.",
            "line 2 is '00:00:02,000 --> 00:00:01,000', expected an end that is not before "
            "the begin",
        ),
        ("srt", srt("Hi.\n\nLost?"), f"line 5 is 'Lost?', expected {SRT_BEGIN}"),
        (
            "srt",
            srt("Hi.", "Ho.").replace("Hi.\n\n", "Hi.\n"),
            "line 5 is '00:00:02,000 --> 00:00:02,900', expected an empty line between two cues",
        ),
        ("vtt", "", "line 1 is empty, expected WEBVTT"),
        ("vtt", srt("Hi."), "line 1 is '1', expected WEBVTT"),
        ("vtt", "WEBVTT", "no cue says anything, expected at least one that does"),
        ("vtt", "WEBVTTX\n\n", "line 1 is 'WEBVTTX', expected WEBVTT"),
        (
            "vtt",
            "WEBVTT\n00:01.000 --> 00:02.000\nHi.",
            "line 2 is '00:01.000 --> 00:02.000', expected an empty line before the cue",
        ),
        (
            "vtt",
            "WEBVTT\n\nNOTE\nx\n00:01.000 --> 00:02.000\nHi.",
            "line 5 is '00:01.000 --> 00:02.000', expected an empty line before the cue",
        ),
        ("vtt", "WEBVTT\n\nHello.", f"line 3 is 'Hello.', expected {VTT_TIMES}"),
        ("vtt", "WEBVTT\n\nid\nHello.", f"line 4 is 'Hello.', expected {VTT_TIMES}"),
        ("vtt", vtt("Hi.") + "STYLE\nx", f"line 7 is 'x', expected {VTT_TIMES}"),
        (
            "vtt",
            "WEBVTT\n\n00:01,000 --> 00:02,000\nHi.",
            f"line 3 is '00:01,000 --> 00:02,000', expected {VTT_TIMES}",
        ),
        (
            "vtt",
            vtt("a --> b"),
            "line 4 is 'a --> b', expected an empty line between two cues",
        ),
    ],
)
def test_what_is_malformed_is_named_by_its_line(kind: Kind, text: str, problem: str) -> None:
    with pytest.raises(ScriptError) as caught:
        heard(text, kind)
    assert str(caught.value) == f"talk.{kind}: {problem}"


PIECES = st.sampled_from(
    [
        "WEBVTT",
        "\n",
        "\n\n",
        "\r",
        "00:00:01,000 --> 00:00:02,000",
        "00:01.000 --> 00:02.000",
        "-->",
        "1\n",
        "NOTE",
        "STYLE",
        "<v Ann>",
        "</v>",
        "<i>",
        "<",
        "{\\an8}",
        "Ann: ",
        "好",
        "：",
        "&amp;",
        " ",
        "x",
    ]
)


@given(
    st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join)),
    st.sampled_from(KINDS),
    st.sampled_from([None, "cn", "multilingual"]),
)
def test_any_text_is_a_script_or_refused_in_one_line(
    text: str, kind: Kind, language: str | None
) -> None:
    try:
        script = heard(text, kind, language=language)
    except ValueError as error:
        assert isinstance(error, ScriptError)
        assert "\n" not in str(error)
    else:
        assert all(line.text for line in script.lines)


#: What a line of a cue may be without being markup, a name or times.
LINES = st.text("ab Z9我们上线カナ々.,，。！?“”'é🙂/&-", min_size=1).map(
    lambda s: " ".join(s.split())
)
NAMES = st.sampled_from(["", "Ann", "Dr. Ben Li", "苏晴"])


@given(st.lists(st.tuples(NAMES, LINES.filter(bool)), min_size=1, max_size=20))
def test_what_is_written_as_webvtt_is_heard_word_for_word(cues: list[tuple[str, str]]) -> None:
    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("-->", "--&gt;")

    written = [f"<v {who}>{escaped(text)}" if who else escaped(text) for who, text in cues]
    assert said(vtt(*written), "vtt") == cues


@given(st.lists(LINES.filter(bool), min_size=1, max_size=20))
def test_what_is_written_as_subrip_is_heard_word_for_word(cues: list[str]) -> None:
    assert said(srt(*cues), "srt") == [("", cue) for cue in cues]
