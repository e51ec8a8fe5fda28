"""The minutes of a meeting in Markdown (CommonMark, with the task lists of GitHub's)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from . import texts

if TYPE_CHECKING:
    from .model import Results
    from .parts import (
        CustomerProfile,
        MeetingAssistance,
        Notable,
        PptExtraction,
        Summarization,
        Topic,
    )

#: Every heading in English and Chinese.
_HEADINGS: Final = {
    "Minutes": "会议纪要",
    "Summary": "摘要",
    "Chapters": "章节",
    "To-dos": "待办",
    "Questions and answers": "问答",
    "Key points": "要点",
    "Keywords": "关键词",
    "By speaker": "发言总结",
    "Mind map": "思维导图",
    "Slides": "幻灯片",
    "Answers to prompts": "自定义提问",
    "Inspection": "服务质检",
    "Extracts": "内容提取",
    "Insights": "服务洞察",
    "Customer": "客户画像",
    "Transcript": "全文",
}
#: What is formatting wherever it stands (a # at the end of a heading), and at the beginning only.
_INLINE: Final = re.compile(r"[\\`*_\[\]<>~|]|&(?=#?\w+;)|#(?=#*$)")
_AT_BEGIN: Final = re.compile(r"([-+=#]|\d{1,9}(?=[.)]))")
_HEADING: Final = re.compile(r"^(#{1,6})(?=\s)", re.MULTILINE)
_MARKDOWN: Final = re.compile(r"^(?:#{1,6}|[-*+]|\d{1,9}[.)])\s", re.MULTILINE)
_FENCE: Final = re.compile(r"^ {0,3}```", re.MULTILINE)
_HTML: Final = re.compile(r"<(?=[/!?a-z])", re.IGNORECASE)


def minutes(
    results: Results,
    translation: str | None = None,
    *,
    speakers: Mapping[str, str] | None = None,
    polished: bool = False,
) -> str:
    """The minutes of a meeting: what a service made of it, and then what was said, by speaker.

    With ``translation``, every paragraph is followed by what it is in that language; ``speakers``
    names speakers by their ids; ``polished`` takes paragraphs in written language where there are
    any. Headings are in Chinese if most of it is, else in English. Links are left out: they expire,
    and are to be kept to oneself.

    Texts are escaped; summaries and answers that are Markdown themselves keep their formatting,
    though no HTML.
    """
    document = _Minutes(results, results.names(speakers))
    blocks = document.blocks(translation, polished=polished)
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """``text`` on one line, without any formatting."""
    text = _INLINE.sub(r"\\\g<0>", texts.one_line(text))
    return _AT_BEGIN.sub(_escape_begin, text, count=1) if _AT_BEGIN.match(text) else text


def _escape_begin(found: re.Match[str]) -> str:
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


class _Minutes:
    """The blocks of a document, between which there are empty lines."""

    def __init__(self, results: Results, names: Mapping[str, str]) -> None:
        self.results = results
        self.names = names
        said = results.transcript.sentences if results.transcript else ()
        self.begins = {sentence.id: sentence.begin for sentence in said}
        everything = results.transcript.text if results.transcript else ""
        summary = results.summarization
        self.chinese = texts.is_chinese(everything or (summary and summary.summary) or "")

    def blocks(self, translation: str | None, *, polished: bool) -> Iterator[str]:
        results = self.results
        summary, assistance = results.summarization, results.meeting_assistance
        yield f"# {self._title()}"
        if summary:
            yield from self._section("Summary", _summary(summary))
        yield from self._section("Chapters", self._chapters())
        if assistance:
            yield from self._assistance(assistance)
        if summary:
            yield from self._section(
                "Questions and answers",
                (
                    f"**{escaped(one.question)}**\n\n{escaped(one.answer)}"
                    for one in summary.questions
                    if one.question
                ),
            )
        yield from self._section("By speaker", self._by_speaker())
        if summary:
            yield from self._section("Mind map", _list(_branches(summary.mind_map)))
        if results.ppt_extraction:
            yield from self._section("Slides", _list(_slides(results.ppt_extraction)))
        yield from self._section("Answers to prompts", self._answers())
        yield from self._analyses()
        yield from self._section("Transcript", self._transcript(translation, polished))

    def _section(self, heading: str, blocks: Iterable[str]) -> Iterator[str]:
        blocks = [block for block in blocks if block]
        if blocks:
            yield f"## {_HEADINGS[heading] if self.chinese else heading}"
            yield from blocks

    def _title(self) -> str:
        summary = self.results.summarization
        roots = summary.mind_map if summary else ()
        title = (summary.title if summary else "") or (roots[0].title if roots else "")
        return escaped(title or "") or (_HEADINGS["Minutes"] if self.chinese else "Minutes")

    def _chapters(self) -> Iterator[str]:
        for chapter in self.results.chapters:
            yield f"### {_timed(chapter.begin, escaped(chapter.headline))}".rstrip()
            yield escaped(chapter.summary)

    def _assistance(self, found: MeetingAssistance) -> Iterator[str]:
        actions = (f"- [ ] {self._placed(action)}" for action in found.actions if action.text)
        yield from self._section("To-dos", _list(actions))
        sentences = (f"- {self._placed(said)}" for said in found.key_sentences if said.text)
        yield from self._section("Key points", _list(sentences))
        keywords = ("、" if self.chinese else ", ").join(filter(None, map(escaped, found.keywords)))
        yield from self._section("Keywords", [keywords])

    def _placed(self, said: Notable) -> str:
        begin = self.begins.get(said.sentence_id)
        if begin is None:
            begin = said.begin or None  # a mere 0 tells nothing (dashscope-tingwu 4.1)
        return escaped(said.text) + ("" if begin is None else f" ({texts.clock(begin)})")

    def _by_speaker(self) -> Iterator[str]:
        summaries = self.results.summarization.speakers if self.results.summarization else ()
        roles = {one.speaker_id or "": one.identity for one in self.results.identities}
        lines = []
        for one in summaries:
            name = self.names.get(one.speaker_id or "", one.speaker_name)
            role = roles.get(one.speaker_id or "", "")
            lines.append(f"- {_labelled(name, one.summary, role)}")
        return _list(lines or [f"- {_labelled(self.names.get(id, id), roles[id])}" for id in roles])

    def _answers(self) -> Iterator[str]:
        for answer in self.results.custom_prompts:
            # DashScope calls the answer what it calls the task (dashscope-tingwu 4.1).
            if answer.name and answer.name != self.results.task_id:
                yield f"### {escaped(answer.name)}"
            yield _demoted(answer.result)

    def _analyses(self) -> Iterator[str]:
        results = self.results
        inspected = (
            f"{_box(item.result)} {_labelled(item.title, item.reason)}"
            for item in results.service_inspection
        )
        yield from self._section("Inspection", _list(inspected))
        extracts = (
            f"- {_labelled(item.title, item.result)}" for item in results.content_extraction
        )
        yield from self._section("Extracts", _list(extracts))
        insights = (
            f"{_box(item.matched)} {_labelled(item.title, item.remarks, item.score or '')}"
            for item in results.service_insights
        )
        yield from self._section("Insights", _list(insights))
        if results.customer_profile:
            yield from self._section("Customer", _customer(results.customer_profile))

    def _transcript(self, translation: str | None, polished: bool) -> Iterator[str]:
        results = self.results
        told = results.translation(translation).paragraphs if translation is not None else ()
        translated = {paragraph.id: paragraph.text for paragraph in told if paragraph.id}
        written = {p.paragraph_id: p.text for p in results.text_polish} if polished else {}
        for paragraph in results.transcript.paragraphs if results.transcript else ():
            text = escaped(written.get(paragraph.id) or paragraph.text)
            if not text:
                continue
            name = escaped(self.names.get(paragraph.speaker_id or "", ""))
            label = _timed(paragraph.begin, f"**{name}**" if name else "")
            yield f"{label}  \n{text}" if label else text
            if other := escaped(translated.get(paragraph.id or "", "")):
                yield f"> {other}"


def _summary(summary: Summarization) -> Iterator[str]:
    if _MARKDOWN.search(summary.lead):
        yield _demoted(summary.lead)
    else:
        yield from map(escaped, summary.lead.splitlines())
    yield _demoted(summary.points)


def _branches(topics: Iterable[Topic], indent: str = "") -> Iterator[str]:
    for topic in topics:
        begin = "" if topic.begin is None else f" ({texts.clock(topic.begin)})"
        yield f"{indent}- {escaped(topic.title)}{begin}"
        yield from _branches(topic.topics, indent + "  ")


def _slides(found: PptExtraction) -> Iterator[str]:
    for slide in found.slides:
        yield f"- {_timed(slide.begin, escaped(slide.summary))}"


def _customer(found: CustomerProfile) -> Iterator[str]:
    yield escaped(found.summary)
    clue, drive = found.sale_clue, found.drive_intention
    reasons = [_labelled(clue.classify, clue.evidence) if clue else ""]
    if drive:
        reasons.append(_labelled("" if drive.score is None else str(drive.score), drive.evidence))
    yield from _list(f"- {reason}" for reason in reasons if reason)


def _list(lines: Iterable[str]) -> Iterator[str]:
    yield "\n".join(lines)


def _labelled(label: str, text: str, note: str = "") -> str:
    label, note = escaped(label), texts.one_line(note)
    marked = [label and f"**{label}**", note and escaped(f"({note})")]
    return ": ".join(filter(None, [" ".join(filter(None, marked)), escaped(text)]))


def _timed(begin: int | None, text: str) -> str:
    return " ".join(filter(None, ["" if begin is None else texts.clock(begin), text]))


def _box(is_met: bool | None) -> str:
    return "- [x]" if is_met else "- [ ]"


def _demoted(markdown: str) -> str:
    """Markdown of a service as a part of a section: no heading above it, and no HTML."""
    markdown = _HEADING.sub(lambda found: "###" + found[0][:3], markdown.strip())
    # Code that was cut off would go on to the end of the document.
    end = "\n```" if len(_FENCE.findall(markdown)) % 2 else ""
    return _HTML.sub(r"\\<", markdown) + end
