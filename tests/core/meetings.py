"""Meetings to make results of, and what every result has to keep to."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from msgspec.structs import replace

from mock_tingwu import resources
from mock_tingwu.core.annotate import annotate, told_in
from mock_tingwu.core.capabilities import build
from mock_tingwu.core.meeting import Meeting, Sentence, Slide, Word
from mock_tingwu.core.options import (
    ASSISTANCE_TYPES,
    SUMMARY_TYPES,
    Item,
    Options,
    Prompt,
    Scene,
)
from mock_tingwu.core.script import Line, Script
from mock_tingwu.core.scripts import load_script, parse_script

LIBRARY = sorted((resources.folder("fixtures") / "meetings").glob("*.yaml"))

SHORT = {
    "cn": {
        "language": "cn",
        "title": "搬家安排",
        "speakers": [{"name": "何敏", "role": "店长"}, {"name": "罗宁", "role": "司机"}],
        "keywords": ["搬家", "周日"],
        "sentences": [
            {
                "speaker": 0,
                "text": "我们/周日/搬家，/车/几点/到？",
                "translations": {"en": "When?"},
            },
            {"speaker": 1, "text": "早上/八点，/我/会/提前/打电话。", "key": True},
            {
                "speaker": 0,
                "text": "嗯，/箱子/我/周六/打包/好。",
                "polished": "我周六会打包好箱子。",
            },
            {"speaker": 1, "text": "大/柜子/要/两/个/人/抬。"},
        ],
        "chapters": [
            {
                "first": 1,
                "headline": "时间",
                "gist": "定了周日早上八点出发的安排。",
                "points": [
                    {"sentence": 2, "speaker": 1, "leaf": "八点到", "text": "罗宁说八点到。"}
                ],
            },
            {
                "first": 3,
                "headline": "行李",
                "gist": "箱子与柜子都安排妥当。",
                "points": [
                    {"sentence": 3, "speaker": 0, "leaf": "箱子", "text": "何敏周六打包箱子。"},
                    {"sentence": 4, "speaker": 1, "leaf": "柜子", "text": "罗宁说柜子要两人抬。"},
                ],
            },
        ],
        "questions": [
            {"question": "几点到？", "asked": [1], "answer": "早上八点。", "answered": [2]}
        ],
        "actions": [{"sentence": 3, "text": "周六打包好箱子"}],
    },
    "en": {
        "language": "en",
        "sentences": [
            {"speaker": "Ann", "text": "When does the lift get repaired, and who pays for it?"},
            {
                "speaker": "Bo",
                "text": "The landlord pays, the mechanic comes on Tuesday morning.",
            },
            {"speaker": "Ann", "text": "Good, I'll put up a notice in the hallway by tomorrow."},
        ],
    },
}


@cache
def script(name: str) -> Script:
    if name in SHORT:
        return parse_script(SHORT[name], name)
    return load_script(resources.folder("fixtures") / "meetings" / f"{name}.yaml")


def hear(
    *runs: tuple[Script, int],
    half_line: bool = False,
    split: bool = False,
    diarized: bool = True,
    first_speaker_id: int = 1,
) -> Meeting:
    """A meeting of the first lines of scripts. ``half_line`` adds the first half of the next line
    to each; ``split`` hears every line as two sentences."""
    meeting = Meeting(
        runs[0][0].language if runs else "cn", 7, diarized, first_speaker_id=first_speaker_id
    )
    for passage, (heard, count) in enumerate(runs):
        meeting.scripts.append(heard)
        for line in heard.lines[:count]:
            middle = len(line.words) // 2 if split else 0
            for start, stop in ((0, middle), (middle, len(line.words))):
                _say(meeting, passage, line, start, stop)
        if half_line and count < len(heard.lines):
            line = heard.lines[count]
            _say(meeting, passage, line, 0, len(line.words) // 2)
    return meeting


def _say(meeting: Meeting, passage: int, line: Line, start: int, stop: int) -> None:
    if stop == start:
        return
    begin = time = meeting.duration + 300
    words = []
    for word in line.words[start:stop]:
        words.append(Word(word, time, time + 150))
        time += 150
    meeting.sentences.append(
        Sentence(
            id=len(meeting.sentences) + 1,
            begin=begin,
            end=time,
            words=tuple(words),
            speaker=line.speaker,
            line=line,
            passage=passage,
            first_word=start,
        )
    )
    meeting.segments.append((begin, time))
    meeting.duration = time


EVERYTHING = Options(
    translation_targets=("en",),
    auto_chapters=True,
    meeting_assistance=ASSISTANCE_TYPES,
    summarization=SUMMARY_TYPES,
    ppt_extraction=True,
    text_polish=True,
    custom_prompts=(Prompt("weekly", "Who pays? 谁几点到？\n{Transcription}"),),
    inspection=Scene(items=(Item("电话", "提前打电话"), Item("notice", "puts up a notice"))),
    extraction=Scene(items=(Item("箱子", "打包箱子"), Item("mechanic", "when he comes"))),
    identities=Scene(items=(Item("司机"), Item("店长"))),
    insights=Scene(
        items=(
            Item("电话", "提前打电话", score="20"),
            Item("notice", "puts up a notice", score="-5"),
            Item("道歉", "向客户道歉"),
        )
    ),
    concerns=Scene(
        items=(
            Item("时间", "车几点到", "店长"),
            Item("mechanic", "when he comes", "司机"),
            Item("柜子", "柜子要两个人抬", "客户"),
        )
    ),
    profile=True,
)
#: The same in other shapes. What they change is told from the same lines.
SHAPES = (
    EVERYTHING,
    replace(
        EVERYTHING,
        chapter_granularity="Coarse",
        title_length="Short",
        chapters_language="en",
        mind_map_language="en",
        mind_map_timestamps=True,
        markdown_summary=True,
    ),
    replace(
        EVERYTHING,
        chapter_granularity="General",
        title_length="Normal",
        chapters_language="cn",
        mind_map_language="cn",
        mind_map_timestamps=True,
        split_summary=True,
    ),
    replace(EVERYTHING, markdown_summary=True, split_summary=True),
)


def results(meeting: Meeting, options: Options = EVERYTHING) -> dict[str, Any]:
    return {kind: build(kind, meeting, options) for kind in options.result_kinds(offline=True)}


def made(kind: str, meeting: Meeting, **options: Any) -> Any:
    return build(kind, meeting, Options(**options))


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """All objects in a result."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from nodes(item)
    elif isinstance(value, list):
        for item in value:
            yield from nodes(item)


def depth(tree: dict[str, Any]) -> int:
    return 1 + max((depth(topic) for topic in tree["topic"]), default=0)


def check(meeting: Meeting, result: dict[str, Any]) -> None:
    """The results agree with the transcription and with the documented limits."""
    transcription = result["Transcription"]
    words = [w for p in transcription["paragraphs"] for w in p["words"]]
    assert [w["id"] for w in words] == list(range(10, 10 * len(words) + 1, 10))
    sentences = {s.id: s for s in meeting.sentences}
    texts: dict[int, str] = {}
    for word in words:
        texts[word["sentence_id"]] = texts.get(word["sentence_id"], "") + word["text"]
    assert texts == {s.id: s.text for s in meeting.sentences}
    assert all(a["end"] <= b["start"] for a, b in pairwise(words))
    paragraphs = {p["paragraph_id"]: p for p in transcription["paragraphs"]}
    assert len(paragraphs) == len(transcription["paragraphs"])
    assert all(len(id_) == 19 and id_.isdigit() for id_ in paragraphs)
    speakers = {p["speaker_id"] for p in transcription["paragraphs"] if "speaker_id" in p}
    assert bool(speakers) == (meeting.diarized and bool(sentences))

    timed_otherwise = {"Transcription", "PptExtraction"}
    for node in nodes({kind: result[kind] for kind in result if kind not in timed_otherwise}):
        for key, value in node.items():
            if key == "sentence_id":
                sentence = sentences[value]
                assert (node["start"], node["end"]) == (sentence.begin, sentence.end)
            elif key.startswith("sentence_ids") or key == "matched_sentence_ids":
                assert sentences.keys() >= set(value)
                assert value == sorted(set(value))
            elif key == "paragraph_id":
                heard = paragraphs[value]["words"]
                ids = node.get("sentence_ids") or [s["sentence_id"] for s in node["sentences"]]
                assert ids == list(dict.fromkeys(w["sentence_id"] for w in heard))
            elif key == "speaker_id":
                # A conversation of speakers who were not told apart has one identity, too.
                assert value in (speakers or {meeting.speaker_id(0)})
        if "start" in node:
            assert node["start"] in {s.begin for s in meeting.sentences}
            assert node["end"] in {s.end for s in meeting.sentences}
            assert node["start"] < node["end"]

    assistance = result["MeetingAssistance"]
    said = [s.text for s in meeting.sentences]
    assert len(assistance["keywords"]) == len(set(assistance["keywords"])) <= 20
    assert all(any(word in text for text in said) for word in assistance["keywords"])
    assert len(assistance["actions"]) <= 6
    assert all(entry["text"] in said for entry in assistance["key_sentences"])
    for entries in (assistance["actions"], assistance["key_sentences"], result["AutoChapters"]):
        assert [entry["id"] for entry in entries] == list(range(1, len(entries) + 1))
        assert [e["start"] for e in entries] == sorted(e["start"] for e in entries)
    if sentences:
        weights = assistance["classifications"]
        assert sum(weights.values()) == 1.0 and min(weights.values()) >= 0
    else:
        assert "classifications" not in assistance

    chapters = result["AutoChapters"]
    assert all(a["end"] <= b["start"] for a, b in pairwise(chapters))
    assert all(chapter["headline"] and chapter["summary"] for chapter in chapters)
    trees = result["Summarization"].get("mind_map_summary", [])
    assert all(2 <= depth(tree) <= 4 for tree in trees)
    timed = any("begin_time" in node for node in nodes(trees))
    for node in nodes(trees):
        assert ("begin_time" in node) == (timed and not node["topic"])
        assert node.get("begin_time") in {None, *(s.begin for s in meeting.sentences)}
    if "paragraph_summary" in result["Summarization"]:
        check_summary(result["Summarization"], sentences)
    for entry in result["Summarization"].get("conversational_summary", []):
        assert entry["speaker_name"] and entry["summary"]
        assert ("speaker_id" in entry) == meeting.diarized
    identified = [
        entry["speaker_id"] for entry in result["IdentityRecognition"]["identity_results"]
    ]
    alone = {meeting.speaker_id(0)} if sentences else set()
    assert identified == sorted(speakers or alone, key=int)
    check_customer(result)
    assert "{Transcription}" not in json.dumps(result["CustomPrompt"])
    frames = result["PptExtraction"]["key_frame_list"]
    assert [(f["start"], f["end"], f["file_url"]) for f in frames] == [
        (slide.start, slide.end, slide.name) for slide in meeting.slides
    ]
    told = any(frame["summary"] for frame in frames)
    assert told == result["PptExtraction"]["available_for_summary"] == bool(frames and sentences)


#: A line of the list behind the mark of a summary in two parts, flat and as Markdown.
ENTRY = re.compile(r"- (?!\*\*).+\[(\d+)\]|(?:- |  [1-9]\d*\. )\*\*.+\[(\d+)\]\*\*")


def check_summary(summary: dict[str, Any], sentences: Collection[int]) -> None:
    """The full summary has a title and one part, or no title and two."""
    if "paragraph_title" in summary:
        assert summary["paragraph_title"] and "@#" not in summary["paragraph_summary"]
        return
    lead, listed = summary["paragraph_summary"].split("@#")
    blank, nothing, *entries = listed.split("\n")
    assert lead and entries and (blank, nothing) == ("", "")
    found = [ENTRY.fullmatch(entry) for entry in entries]
    assert {int(match[1] or match[2]) for match in found if match} <= set(sentences)
    assert all(found)
    assert entries[0].startswith("- ")


def check_customer(result: dict[str, Any]) -> None:
    """Insights, concerns and profile agree with each other."""
    insights, sums = result["ServiceInsights"], result["SaleInsights"]
    assert [entry["matched"] for entry in insights].count(True) == sums["matched_sum"]
    assert sums["matched_sum"] + sums["missed_sum"] == len(insights)
    concerns, profile = result["CustomerConcerns"], result["CustomerProfile"]
    for entry in [*insights, *concerns]:
        assert entry["title"] and entry["remarks"]
        assert entry.get("matched", bool(entry["matched_sentence_ids"])) == bool(
            entry["matched_sentence_ids"]
        )
    matched = [entry for entry in concerns if entry["matched_sentence_ids"]]
    assert all(entry["result"] for entry in concerns)
    assert profile["customer_concerned"] == len(matched)
    assert profile["customer_not_mentioned"] == len(concerns) - len(matched)
    assert all(entry["title"] in profile["one_sentence_sum_up"] for entry in matched)
    clue, trying = profile["sale_clue_classify"], profile["try_drive_intention_evaluation"]
    assert clue["classify"] in (("H", "A", "B") if matched else ("C",))
    assert 0 <= trying["score"] <= 100
    assert clue["evidence"] and trying["evidence"]


def check_only_heard(meeting: Meeting, heard: Script, result: dict[str, Any]) -> None:
    """No note appears whose lines were not heard."""
    lines = frozenset(
        s.line.number for s in meeting.sentences if s.passage == 0 and s.completes_line
    )
    said = json.dumps(result, ensure_ascii=False)
    noted = annotate(heard)
    check_only_heard_notes(noted, lines, said, result)
    for language in noted.notes:
        check_only_heard_notes(told_in(noted, language), lines, said, result)
    asked = {entry["question"] for entry in nodes(result) if "question" in entry}
    assert asked == {q.question for q in noted.questions if lines >= {*q.asked, *q.answered}}
    agreed = {entry["text"] for entry in result["MeetingAssistance"]["actions"]}
    assert agreed == {action.text for action in noted.actions if action.line in lines}


def check_only_heard_notes(
    noted: Script, lines: frozenset[int], said: str, result: dict[str, Any]
) -> None:
    """No chapter or point appears of which ``lines`` do not tell."""
    points = [point for chapter in noted.chapters for point in chapter.points]
    reached = {text for p in points if p.line in lines for text in (p.text, p.leaf)}
    told = {node["title"] for node in nodes(result) if "topic" in node}
    for point in points:
        if point.line not in lines:
            assert point.text not in said or point.text in reached
            assert point.leaf not in told or point.leaf in reached or point.leaf == noted.title
    for chapter in noted.chapters:
        if not lines.issuperset(point.line for point in chapter.points):
            assert chapter.gist not in said or any(chapter.gist in text for text in reached)


def slides(duration: int) -> list[Slide]:
    """Pictures of five seconds each."""
    return [
        Slide(start, min(start + 5_000, duration), f"slide-{number}.jpg")
        for number, start in enumerate(range(0, duration, 5_000), 1)
    ]
