"""The demo's summary: every result of a meeting, readable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from mock_tingwu.cli.terminal import Speakers, Wrapped, caption_row, clock, minutes
from mock_tingwu.client import TaskInfo
from mock_tingwu.counting import counted

Json = Mapping[str, Any]

#: How many polished paragraphs are shown: the transcript has told the meeting already.
_POLISHED = 3


def print_summary(
    console: Console, results: Json, info: TaskInfo, mp3_bytes: int, speakers: Speakers
) -> None:
    """Print what is in ``results`` (kind to content of its file). Empty results are left out."""
    summary: Json = results.get("Summarization") or {}
    assistance: Json = results.get("MeetingAssistance") or {}
    _head(console, summary, results)
    sections: Sequence[tuple[str, list[RenderableType]]] = (
        ("Transcript", _transcript(results, speakers)),
        ("Chapters", _chapters(results.get("AutoChapters") or ())),
        ("Summary", _texts(summary.get("ParagraphSummary"))),
        ("Speakers", _speaker_summaries(summary, speakers)),
        ("Questions and answers", _questions(summary.get("QuestionsAnsweringSummary") or ())),
        ("To-dos", _actions(assistance.get("Actions") or ())),
        ("Keywords", _texts("  ".join(assistance.get("Keywords") or ()))),
        ("Mind map", [_mind_map(root) for root in summary.get("MindMapSummary") or ()]),
        ("Polished text", _polished(results.get("TextPolish") or ())),
        ("Custom prompt", _prompts(results.get("CustomPrompt") or ())),
        ("Recording", _recording(console, info, mp3_bytes)),
    )
    for title, parts in sections:
        if parts:
            console.print()
            console.print(Rule(Text(title, "bold"), align="left", style="bright_black"))
            for part in parts:
                # Plain text alone is not wrapped: a link must stay whole in a file.
                console.print(part, soft_wrap=isinstance(part, Text))


def _head(console: Console, summary: Json, results: Json) -> None:
    transcription: Json = results.get("Transcription") or {}
    paragraphs = transcription.get("Paragraphs") or ()
    sentences = {word["SentenceId"] for paragraph in paragraphs for word in paragraph["Words"]}
    speakers = {paragraph.get("SpeakerId") for paragraph in paragraphs}
    duration = (transcription.get("AudioInfo") or {}).get("Duration", 0)
    console.print()
    console.print(Text(summary.get("ParagraphTitle") or "The meeting", "bold cyan"))
    facts = (
        minutes(duration),
        counted(len(sentences), "sentence"),
        counted(len(speakers), "speaker"),
    )
    console.print(Text(" · ".join(facts), "dim"))


def _transcript(results: Json, speakers: Speakers) -> list[RenderableType]:
    translated = {
        paragraph["ParagraphId"]: " ".join(s["Text"] for s in paragraph["Sentences"])
        for paragraph in (results.get("Translation") or {}).get("Paragraphs") or ()
    }
    rows: list[RenderableType] = []
    for paragraph in (results.get("Transcription") or {}).get("Paragraphs") or ():
        words = paragraph["Words"]
        texts = [Wrapped("".join(word["Text"] for word in words))]
        if translation := translated.get(paragraph["ParagraphId"]):
            texts.append(Wrapped(translation, "bright_black italic"))
        speaker = speakers.text(paragraph.get("SpeakerId"))
        rows.append(caption_row(f"[{clock(words[0]['Start'])}]", speaker, *texts))
    return rows


def _chapters(chapters: Sequence[Json]) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for chapter in chapters:
        times = f"{minutes(chapter['Start'])}–{minutes(chapter['End'])}"
        parts.append(_indented(times, Wrapped(chapter["Headline"], "bold"), 12))
        parts.append(_indented("", Wrapped(chapter["Summary"]), 12))
    return parts


def _texts(text: str | None) -> list[RenderableType]:
    return [Wrapped(text)] if text else []


def _speaker_summaries(summary: Json, speakers: Speakers) -> list[RenderableType]:
    return [
        _indented(
            speakers.text(entry.get("SpeakerId")) or Text(entry.get("SpeakerName", "")),
            Wrapped(entry["Summary"]),
            10,
        )
        for entry in summary.get("ConversationalSummary") or ()
    ]


def _questions(questions: Sequence[Json]) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for question in questions:
        parts.append(_indented(Text("Q", "cyan"), Wrapped(question["Question"], "bold"), 2))
        parts.append(_indented(Text("A", "green"), Wrapped(question["Answer"]), 2))
    return parts


def _actions(actions: Sequence[Json]) -> list[RenderableType]:
    return [
        _indented(f"☐ {minutes(action['Start'])}", Wrapped(action["Text"]), 8) for action in actions
    ]


def _mind_map(root: Json) -> Tree:
    tree = Tree(Text(root["Title"], "bold"), guide_style="bright_black")
    _grow(tree, root)
    return tree


def _grow(tree: Tree, node: Json) -> None:
    for child in node.get("Topic") or ():
        _grow(tree.add(Wrapped(child["Title"])), child)


def _polished(paragraphs: Sequence[Json]) -> list[RenderableType]:
    parts: list[RenderableType] = [
        Wrapped(paragraph["FormalParagraphText"]) for paragraph in paragraphs[:_POLISHED]
    ]
    left = len(paragraphs) - _POLISHED
    if left > 0:
        parts.append(Text(f"… and {counted(left, 'more paragraph')}", "dim"))
    return parts


def _prompts(prompts: Sequence[Json]) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for prompt in prompts:
        parts.append(Wrapped(prompt["Name"], "bold"))
        parts.append(Padding(Wrapped(prompt["Result"]), (0, 0, 0, 2)))
    return parts


def _recording(console: Console, info: TaskInfo, size: int) -> list[RenderableType]:
    if info.mp3_url is None:
        return [Text("no MP3 was made: it needs pip install 'mock-tingwu[media]'", "dim")]
    line = Text(f"MP3, {size / 1024:.0f} KiB  ")
    if not console.is_terminal:
        return [line + Text(info.mp3_url)]
    # The link is longer than any line: the name stands for it.
    name = info.mp3_url.partition("?")[0].rpartition("/")[2]
    return [line, Text(name, Style(link=info.mp3_url, underline=True))]


def _indented(label: str | Text, text: Wrapped, width: int) -> Table:
    """``text`` beside its label of ``width`` cells."""
    row = Table.grid(padding=(0, 1))
    row.add_column(width=width, no_wrap=True)
    row.add_column()
    row.add_row(Text(label, "dim") if isinstance(label, str) else label, text)
    return row
