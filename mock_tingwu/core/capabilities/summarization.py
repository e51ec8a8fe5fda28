"""Summarization: full text, speakers, questions and mind map (tingwu-openapi 4).

The two-part summary and the times in the mind map are DashScope's (dashscope-tingwu 4.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from mock_tingwu.core.capabilities._heard import HeardChapter, Passage, joined, retold, spread
from mock_tingwu.core.capabilities._wording import speaker_name
from mock_tingwu.core.meeting import Meeting, Sentence
from mock_tingwu.core.options import Options
from mock_tingwu.core.script import Point
from mock_tingwu.core.words import shorten, spacer

#: How much of a long meeting is told. All are assumptions.
_MOST_GISTS: Final = 12
_MOST_GISTS_OF_A_LEAD: Final = 4
_MOST_POINTS_OF_A_SPEAKER: Final = 8
_MOST_QUESTIONS: Final = 20
_MOST_BRANCHES: Final = 24
_MOST_TITLES: Final = 3
_EXCERPT: Final = 80

#: What parts the lead of a summary from its list, once.
_MARK: Final = "@#"


def build(meeting: Meeting, options: Options) -> dict[str, Any]:
    """The types that ``options.summarization`` names; empty if no word was heard."""
    told = retold(meeting)
    result: dict[str, Any] = {}
    if told:
        for name, part in _PARTS.items():
            if name in options.summarization:
                result |= part(meeting, told, options)
    return result


def _paragraph(meeting: Meeting, told: list[Passage], options: Options) -> dict[str, Any]:
    if options.split_summary:
        return {"paragraph_summary": _split(meeting, told, options)}
    titles = list(dict.fromkeys(passage.script.title for passage in told))
    title = " / ".join(titles[:_MOST_TITLES])
    gists = dict.fromkeys(chapter.gist for passage in told for chapter in passage.chapters())
    texts = spread(list(gists), _MOST_GISTS)
    if options.markdown_summary:
        summary = "\n".join([f"## {title}", "", *(f"- {text}" for text in texts)])
    else:
        summary = spacer(meeting.language).join(texts)
    return {"paragraph_title": title, "paragraph_summary": summary}


def _split(meeting: Meeting, told: list[Passage], options: Options) -> str:
    """A lead, the mark, and the main points, each with the number of its sentence at its end."""
    chapters = [(passage, chapter) for passage in told for chapter in passage.chapters()]
    gists = list(dict.fromkeys(chapter.gist for _, chapter in chapters))
    lead = spacer(meeting.language).join(spread(gists, _MOST_GISTS_OF_A_LEAD))
    entries = _outline if options.markdown_summary else _points
    lines = [
        entry
        for passage, chapter in spread(chapters, _MOST_GISTS)
        for entry in entries(passage, chapter)
    ]
    return f"{_in_line(lead)}{_MARK}\n\n" + "\n".join(lines)


def _outline(passage: Passage, chapter: HeardChapter) -> list[str]:
    number = _source(passage, chapter).id
    return [
        f"- **{_in_line(chapter.headline)}[{number}]**",
        *(
            f"  {place}. **{_in_line(point.leaf)}[{_begin(passage, point).id}]**"
            for place, point in enumerate(_below(chapter), 1)
        ),
    ]


def _points(passage: Passage, chapter: HeardChapter) -> list[str]:
    """The points of a chapter; its headline if none was made yet."""
    found = [(point.text, _begin(passage, point)) for point in chapter.points] or [
        (chapter.headline, _source(passage, chapter))
    ]
    return [f"- {_in_line(text)}[{sentence.id}]" for text, sentence in found]


def _in_line(text: str) -> str:
    """``text`` on one line and without the mark: scripts may have either."""
    return " ".join(text.split()).replace(_MARK, "@ #")


def _begin(passage: Passage, point: Point) -> Sentence:
    """The sentence in which ``point`` begins to be made."""
    return passage.spoken[point.line][0]


def _source(passage: Passage, chapter: HeardChapter) -> Sentence:
    """The sentence that a headline tells of: its point's, the one of the same words or the first.

    A headline of someone's own tells of all sentences.
    """
    for point in chapter.points:
        if point.leaf == chapter.headline:
            return _begin(passage, point)
    words = chapter.headline.rstrip("…").casefold()
    for sentence, text in zip(chapter.sentences, chapter.texts, strict=True):
        if words in text.casefold():
            return sentence
    return chapter.sentences[0]


def _conversational(meeting: Meeting, told: list[Passage], _: Options) -> dict[str, Any]:
    """What each speaker had to say.

    Where speakers were not told apart there is one entry and, as in the transcription, no id.
    """
    texts: dict[int, list[str]] = {sentence.speaker: [] for sentence in meeting.sentences}
    if not meeting.diarized:
        texts = {0: []}
    for passage in told:
        for point in passage.points():
            speaker = passage.speaker_of(point) if meeting.diarized else 0
            if speaker is not None:
                texts[speaker].append(point.text)
    return {
        "conversational_summary": [
            _speaker_entry(meeting, speaker, texts[speaker]) for speaker in sorted(texts)
        ]
    }


def _speaker_entry(meeting: Meeting, speaker: int, texts: list[str]) -> dict[str, Any]:
    gap = spacer(meeting.language)
    summary = gap.join(spread(list(dict.fromkeys(texts)), _MOST_POINTS_OF_A_SPEAKER))
    if not summary:
        own = [s for s in meeting.sentences if s.speaker == speaker or not meeting.diarized]
        summary = shorten(joined(own), _EXCERPT)
    entry: dict[str, Any] = {"speaker_id": meeting.speaker_id(speaker)} if meeting.diarized else {}
    return entry | {"speaker_name": speaker_name(meeting.language, speaker), "summary": summary}


def _questions_answering(meeting: Meeting, told: list[Passage], _: Options) -> dict[str, Any]:
    found = [
        {
            "question": q.question,
            "sentence_ids_of_question": passage.sentence_ids(q.asked),
            "answer": q.answer,
            "sentence_ids_of_answer": passage.sentence_ids(q.answered),
        }
        for passage in told
        for q in passage.questions()
    ]
    return {"questions_answering_summary": spread(found, _MOST_QUESTIONS)}


def _mind_map(meeting: Meeting, told: list[Passage], options: Options) -> dict[str, Any]:
    """A tree for every script: title, headlines, points. The cloud's have at most four levels.

    A point that is all there is below a headline of the same words is left out.
    """
    if options.mind_map_language:
        told = retold(meeting, options.mind_map_language)
    timed = options.mind_map_timestamps
    return {"mind_map_summary": [_tree(passage, timed) for passage in told]}


def _tree(passage: Passage, timed: bool) -> dict[str, Any]:
    branches = [_branch(passage, chapter, timed) for chapter in passage.chapters()]
    return _node(passage.script.title, spread(branches, _MOST_BRANCHES))


def _branch(passage: Passage, chapter: HeardChapter, timed: bool) -> dict[str, Any]:
    leaves = [_leaf(point.leaf, _begin(passage, point), timed) for point in _below(chapter)]
    if leaves:
        return _node(chapter.headline, leaves)
    return _leaf(chapter.headline, _source(passage, chapter), timed)


def _below(chapter: HeardChapter) -> tuple[Point, ...]:
    leaves = [point.leaf for point in chapter.points]
    return () if leaves == [chapter.headline] else chapter.points


def _leaf(title: str, sentence: Sentence, timed: bool) -> dict[str, Any]:
    """A node with nothing below it; ``timed`` ones have the ms at which the sentence begins."""
    return {"begin_time": sentence.begin, **_node(title)} if timed else _node(title)


def _node(title: str, topics: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"title": title, "topic": topics or []}


_PARTS: Final[Mapping[str, Callable[[Meeting, list[Passage], Options], dict[str, Any]]]] = {
    "Paragraph": _paragraph,
    "Conversational": _conversational,
    "QuestionsAnswering": _questions_answering,
    "MindMap": _mind_map,
}
