"""Results as documents for people: text, Markdown, SubRip, WebVTT."""

from __future__ import annotations

import html
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mock_tingwu.client.results import (
    AudioInfo,
    Chapter,
    CustomerProfile,
    DriveIntention,
    Extract,
    Identity,
    Inspection,
    MeetingAssistance,
    Notable,
    Paragraph,
    PolishedParagraph,
    PptExtraction,
    PromptAnswer,
    Question,
    Results,
    SaleClue,
    Sentence,
    ServiceInsight,
    Slide,
    SpeakerSummary,
    Summarization,
    Topic,
    Transcript,
    TranslatedParagraph,
    Translation,
    Word,
)
from mock_tingwu.client.results.markdown import escaped
from mock_tingwu.client.results.subtitles import Cue, cues, srt, vtt
from mock_tingwu.client.results.texts import joined, pieces, width
from mock_tingwu.core.subtitles import parse_cues

HOUR = 3_600_000


def words(sentence_id: int, begin: int, *said: str) -> tuple[Word, ...]:
    """Words of a tenth of a second each."""
    return tuple(
        Word(None, sentence_id, begin + 100 * number, begin + 100 * number + 100, word)
        for number, word in enumerate(said)
    )


TRANSCRIPT = Transcript(
    AudioInfo(duration=20_000),
    (
        Paragraph("p1", "1", words(1, 0, "Good ", "morning.") + words(2, 1000, "Who ", "starts?")),
        Paragraph("p2", "2", words(3, 65_000, "I ", "do.")),
    ),
)
GERMAN = Translation(
    None,
    (
        TranslatedParagraph(
            "p1",
            (
                Sentence(1, 0, 200, "Guten Morgen. ", "p1"),
                Sentence(2, 1000, 1200, "Wer beginnt?", "p1"),
            ),
        ),
        TranslatedParagraph("p2", (Sentence(3, 65_000, 65_200, "Ich.", "p2"),)),
    ),
)
RESULTS = Results(
    "t",
    TRANSCRIPT,
    (GERMAN,),
    (Chapter(1, 0, 66_000, "Beginnings", "They begin."),),
    MeetingAssistance(
        ("start", "morning"),
        (Notable(1, 3, 65_000, 65_200, "I do."),),
        (Notable(1, 3, 0, 0, "Start"), Notable(2, None, 0, 0, "Go on")),
    ),
    Summarization(
        "Sync #1",
        "They meet.",
        (SpeakerSummary("1", "Anna", "Asks."), SpeakerSummary("2", "", "Starts.")),
        (Question("Who starts?", "I do."),),
        (Topic("Sync", (Topic("Beginnings", (Topic("Who starts", begin=1000),)),)),),
    ),
    identities=(Identity("1", "chair"),),
)


# Text and JSON


def test_a_text_has_a_paragraph_a_line() -> None:
    assert RESULTS.to_text() == "Anna: Good morning. Who starts?\nSpeaker 2: I do.\n"
    assert RESULTS.to_text("de") == "Anna: Guten Morgen. Wer beginnt?\nSpeaker 2: Ich.\n"
    assert RESULTS.to_text(speakers={"2": "Ben"}) == (
        "Anna: Good morning. Who starts?\nBen: I do.\n"
    )
    assert TRANSCRIPT.to_text({"1": "A"}) == "A: Good morning. Who starts?\nSpeaker 2: I do.\n"
    assert Transcript(None, (Paragraph(words=words(1, 0, "Hi.")),)).to_text() == "Hi.\n"
    assert Results().to_text() == ""


def test_json_is_one_form_without_what_is_missing() -> None:
    results = Results("t", Transcript(), chapters=(Chapter(1, 0, headline="早"),), data={"a": 1})
    assert results.to_json(indent=None) == (
        '{"task_id": "t", "chapters": [{"id": 1, "begin": 0, "headline": "早"}]}'
    )
    assert json.loads(RESULTS.to_json())["summarization"]["questions"] == [
        {"question": "Who starts?", "answer": "I do."}
    ]


# Markdown


def test_minutes() -> None:
    assert RESULTS.to_markdown() == (
        """\
# Sync #1

## Summary

They meet.

## Chapters

### 00:00 Beginnings

They begin.

## To-dos

- [ ] Start (01:05)
- [ ] Go on

## Key points

- I do. (01:05)

## Keywords

start, morning

## Questions and answers

**Who starts?**

I do.

## By speaker

- **Anna** (chair): Asks.
- **Speaker 2**: Starts.

## Mind map

- Sync
  - Beginnings
    - Who starts (00:01)

## Transcript

00:00 **Anna**"""
        "  \nGood morning. Who starts?\n\n01:05 **Speaker 2**  \nI do.\n"
    )


def test_minutes_of_a_chinese_meeting() -> None:
    transcript = Transcript(
        None, (Paragraph("p", "1", words(1, 100 * HOUR, "早上", "好，", "OK？")),)
    )
    results = Results(
        transcript=transcript,
        meeting_assistance=MeetingAssistance(("会议", "周一")),
        # What DashScope makes of a summary (dashscope-tingwu 4.1).
        summarization=Summarization(None, "开会*了。@#\n\n- 要点[1]\n  1. **细节**"),
        text_polish=(PolishedParagraph("早上好。", "p"),),
    )
    expected = (
        "# 会议纪要\n\n## 摘要\n\n开会\\*了。\n\n- 要点[1]\n  1. **细节**\n\n"
        "## 关键词\n\n会议、周一\n\n## 全文\n\n100:00:00 **发言人1**  \n"
    )
    assert results.to_markdown() == expected + "早上好，OK？\n"
    assert results.to_markdown(polished=True) == expected + "早上好。\n"


def test_minutes_with_a_translation() -> None:
    minutes = RESULTS.to_markdown("de", speakers={"1": "A*"})
    assert minutes.endswith(
        "00:00 **A\\***  \nGood morning. Who starts?\n\n> Guten Morgen. Wer beginnt?\n\n"
        "01:05 **Speaker 2**  \nI do.\n\n> Ich.\n"
    )


def test_what_the_agents_for_sales_and_service_find_out_is_in_the_minutes() -> None:
    results = Results(
        "t",
        ppt_extraction=PptExtraction(True, (Slide(1, 2000, 3000, "http://x?Signature=s", "One."),)),
        custom_prompts=(
            PromptAnswer("risks", "# None\n\n<script>1 < 2</script>\n```\nx"),
            PromptAnswer("t", "Fine."),
        ),
        service_inspection=(Inspection("greeting", "", True, "Hello."), Inspection("thanks")),
        content_extraction=(Extract("price", result="5 [EUR]"),),
        identities=(Identity("1", "seller"),),
        service_insights=(ServiceInsight("smile", False, "-20", "No."),),
        customer_profile=CustomerProfile(
            "Likes blue.", 1, 0, SaleClue("B", "Asks."), DriveIntention(60, "May.")
        ),
    )
    assert (
        results.to_markdown()
        == """\
# Minutes

## By speaker

- **1**: seller

## Slides

- 00:02 One.

## Answers to prompts

### risks

#### None

\\<script>1 < 2\\</script>
```
x
```

Fine.

## Inspection

- [x] **greeting**: Hello.
- [ ] **thanks**

## Extracts

- **price**: 5 \\[EUR\\]

## Insights

- [ ] **smile** (-20): No.

## Customer

Likes blue.

- **B**: Asks.
- **60**: May.
"""
    )


def test_nothing_is_still_a_document() -> None:
    assert Results().to_markdown() == "# Minutes\n"


def test_a_summary_that_is_markdown_stays_so_below_the_headings() -> None:
    summary = Summarization("T", "## T\n\n- one *thing*\n- <b>two</b>")
    minutes = Results(summarization=summary).to_markdown()
    assert minutes == "# T\n\n## Summary\n\n##### T\n\n- one *thing*\n- \\<b>two\\</b>\n"
    plain = Summarization("T", "2*3*4 is\n24_")
    assert Results(summarization=plain).to_markdown().endswith("\n\n2\\*3\\*4 is\n\n24\\_\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain, text. 100% (yes) - no: it's!", "plain, text. 100% (yes) - no: it's!"),
        ("*a* _b_ `c` ~d~ | \\", "\\*a\\* \\_b\\_ \\`c\\` \\~d\\~ \\| \\\\"),
        ("[a](b) ![c] <d> e > f", "\\[a\\](b) !\\[c\\] \\<d\\> e \\> f"),
        ("AT&T &amp; &#38;", "AT&T \\&amp; \\&#38;"),
        ("# a", "\\# a"),
        ("- a", "\\- a"),
        ("+ a", "\\+ a"),
        ("=== a", "\\=== a"),
        ("12. a", "12\\. a"),
        ("12) a", "12\\) a"),
        ("12 a. b", "12 a. b"),
        ("C #", "C \\#"),
        ("a\n\n  b\tc", "a b c"),
    ],
)
def test_formatting_in_texts_is_escaped(text: str, expected: str) -> None:
    assert escaped(text) == expected


#: A reader of CommonMark, which `rich` brings along, with what GitHub's Markdown has beyond it.
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MARKED = st.text("ab1.)-+*_#=`~[]()<>!|&;\\ \n\"':/早。amp", max_size=25) | st.text(max_size=20)


@settings(deadline=None)
@given(MARKED)
def test_an_escaped_text_is_read_as_it_was(text: str) -> None:
    shown = html.escape(" ".join(text.split())).replace("&#x27;", "'").replace("\0", "\ufffd")
    for before, behind, begin, end in (
        ("", "", "<p>", "</p>"),
        ("00:00 **Ann**  \n", "", "<p>00:00 <strong>Ann</strong><br />\n", "</p>"),
        ("### 00:00 ", "", "<h3>00:00 ", "</h3>"),
        ("- **", "**: b", "<ul>\n<li><strong>", "</strong>: b</li>\n</ul>"),
        ("> ", "", "<blockquote>\n<p>", "</p>\n</blockquote>"),
    ):
        if shown:
            found = MARKDOWN.render(f"{before}{escaped(text)}{behind}")
            assert found == f"{begin}{shown}{end}\n"


# Subtitles


def test_subtitles() -> None:
    assert RESULTS.to_srt() == TRANSCRIPT.to_srt()
    assert (
        RESULTS.to_srt()
        == """\
1
00:00:00,000 --> 00:00:00,200
Good morning.

2
00:00:01,000 --> 00:00:01,200
Who starts?

3
00:01:05,000 --> 00:01:05,200
I do.
"""
    )
    assert (
        RESULTS.to_vtt("de", speakers={"2": "B <&>"})
        == """\
WEBVTT

00:00:00.000 --> 00:00:00.200
<v Anna>Guten Morgen.

00:00:01.000 --> 00:00:01.200
<v Anna>Wer beginnt?

00:01:05.000 --> 00:01:05.200
<v B &lt;&amp;&gt;>Ich.
"""
    )
    assert GERMAN.to_vtt().endswith("\n\n00:01:05.000 --> 00:01:05.200\nIch.\n")
    assert GERMAN.to_srt().endswith("\n\n3\n00:01:05,000 --> 00:01:05,200\nIch.\n")
    assert TRANSCRIPT.to_vtt().count("<v Speaker 1>") == 2
    assert (Results().to_srt(), Results().to_vtt()) == ("", "WEBVTT\n")


def test_times_beyond_a_hundred_hours() -> None:
    begin = 123 * HOUR + 4 * 60_000 + 5_006
    said = [Sentence(1, begin, begin + 1000, "Late.")]
    assert "123:04:05,006 --> 123:04:06,006" in srt(said)
    assert "123:04:05.006 --> 123:04:06.006" in vtt(said, {})


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [(5, 5, (5, 6)), (5, None, (5, 6)), (5, 2, (5, 6)), (-9, -3, (0, 1)), (None, 7, None)],
)
def test_every_cue_lasts(begin: int | None, end: int | None, expected: Any) -> None:
    found = cues([Sentence(1, begin, end, "a")])
    assert [(cue.begin, cue.end) for cue in found] == ([] if expected is None else [expected])


def parted(max_chars: int, *said: str) -> list[str]:
    transcript = Transcript(None, (Paragraph(words=words(1, 0, *said)),))
    return [cue.text for cue in cues(transcript.sentences, max_chars)]


def test_an_overlong_sentence_is_parted_between_its_words() -> None:
    said = words(1, 0, "One ", "two, ", "three ", "four ", "five ", "six ", "seven.")
    transcript = Transcript(None, (Paragraph("p", "1", said),))
    assert cues(transcript.sentences, 35) == [
        Cue(0, 700, "One two, three four five six seven.", "1")
    ]
    assert cues(transcript.sentences, 34) == [
        Cue(0, 300, "One two, three", "1"),
        Cue(300, 700, "four five six seven.", "1"),
    ]
    # Into as many as it takes.
    assert parted(13, *(word.text for word in said)) == [
        "One two,",
        "three four",
        "five six",
        "seven.",
    ]
    # Behind a mark, if one is near.
    assert parted(34, "One ", "two ", "three, ", "four ", "five ", "six ", "seven.") == [
        "One two three,",
        "four five six seven.",
    ]


def test_chinese_is_measured_in_columns_and_parted_without_spaces() -> None:
    said = words(1, 0, "我们", "开始，", "本周", "的", "例会", "吧。")
    transcript = Transcript(None, (Paragraph("p", None, said),))
    assert width("我们 a") == 6
    assert [cue.text for cue in cues(transcript.sentences, 24)] == ["我们开始，本周的例会吧。"]
    assert cues(transcript.sentences, 23) == [
        Cue(0, 200, "我们开始，"),
        Cue(200, 600, "本周的例会吧。"),
    ]


def test_a_translation_shares_its_time_by_length() -> None:
    said = Sentence(1, 1000, 3000, "aaaa bbbb cccc dddd ")
    assert cues([said], 10) == [Cue(1000, 2000, "aaaa bbbb"), Cue(2000, 3000, "cccc dddd")]
    # A word is not broken, however long.
    assert [cue.text for cue in cues([Sentence(1, 0, 10, "a" * 99)], 10)] == ["a" * 99]
    assert [cue.text for cue in cues([Sentence(1, 0, 8, "早上好，大家")], 8)] == [
        "早上好，",
        "大家",
    ]


def test_subtitles_are_in_the_order_of_their_begins() -> None:
    said = [Sentence(1, 500, 900, "b"), Sentence(2, 100, 700, "a"), Sentence(3, None, None, "c")]
    assert [cue.text for cue in cues(said)] == ["a", "b"]


def test_a_width_is_at_least_one() -> None:
    with pytest.raises(ValueError, match="max_chars is 0, expected at least 1"):
        RESULTS.to_srt(max_chars=0)


def test_formatting_in_subtitles_is_shown() -> None:
    said = [Sentence(1, 0, 1, "a <i>b</i> {\\an8} --> & &amp; <00:01.000>")]
    assert vtt(said, {}).splitlines()[3] == (
        "a &lt;i&gt;b&lt;/i&gt; &#123;\\an8} --&gt; &amp; &amp;amp; &lt;00:01.000&gt;"
    )
    assert srt(said).splitlines()[2] == (
        "a <\u2060i>b<\u2060/i> {\u2060\\an8} --\u2060> & &amp; <\u206000:01.000>"
    )


# Read back

TEXTS = st.text(max_size=40) | st.lists(
    st.sampled_from(
        ["<v X>", "<i>", "-->", "&lt;", "{\\an1}", "早上", "好。", "a b", "\n", "Ann: "]
    )
).map(" ".join)
SENTENCES = st.lists(
    st.builds(
        Sentence,
        begin=st.integers(-10, 900_000 * HOUR),
        end=st.integers(-10, 900_000 * HOUR),
        text=TEXTS,
        speaker_id=st.sampled_from([None, "1", "2"]),
    ),
    max_size=6,
)


@settings(deadline=None)
@given(SENTENCES, TEXTS, st.integers(1, 40))
def test_webvtt_is_read_back_as_it_was(
    sentences: list[Sentence], name: str, max_chars: int
) -> None:
    names = {"1": name, "2": "Ann & Ben"}
    expected = [
        (cue.begin, cue.end, " ".join(names.get(cue.speaker_id or "", "").split()), cue.text)
        for cue in cues(sentences, max_chars)
    ]
    found = parse_cues(vtt(sentences, names, max_chars), "vtt", "ours", names=False)
    assert expected == [
        (cue.begin, cue.end, part.speaker, part.text) for cue in found for part in cue.parts
    ]


@settings(deadline=None)
@given(SENTENCES, st.integers(1, 40))
def test_subrip_is_read_back_as_it_was(sentences: list[Sentence], max_chars: int) -> None:
    expected = [(cue.begin, cue.end, cue.text) for cue in cues(sentences, max_chars)]
    found = parse_cues(srt(sentences, max_chars), "srt", "ours", names=False)
    invisible = "\u2060"
    assert [(begin, end, text.replace(invisible, "")) for begin, end, text in expected] == [
        (cue.begin, cue.end, part.text.replace(invisible, ""))
        for cue in found
        for part in cue.parts
    ]


@given(st.text())
def test_pieces_are_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text


@settings(deadline=None)
@given(TEXTS, st.integers(1, 30))
def test_no_word_is_lost_in_cues(text: str, max_chars: int) -> None:
    found = cues([Sentence(1, 0, 10_000, text)], max_chars)
    assert "".join("".join(cue.text.split()) for cue in found) == "".join(text.split())
    assert all(cue.end > cue.begin for cue in found)
    for cue in found:
        assert width(cue.text) <= max_chars or len(pieces(cue.text)) == 1


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        (["Hello.", "Bye."], "Hello. Bye."),
        (["Hello. ", " Bye. "], "Hello. Bye."),
        (["早。", "好。"], "早。好。"),
        (["早。", "OK then.", "好。"], "早。OK then. 好。"),
        (["他说“好。”", "我走了。"], "他说“好。”我走了。"),
        (["안녕하세요", "네"], "안녕하세요 네"),
        (["", "a", "", "b"], "a b"),
    ],
)
def test_sentences_are_joined_as_their_language_does(sentences: list[str], expected: str) -> None:
    assert joined(sentences) == expected
