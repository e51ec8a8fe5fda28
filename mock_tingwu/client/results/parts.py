"""What a service makes of a transcript (tingwu-openapi 4, dashscope-tingwu 4.1 and 9).

Times are ms of audio, sentences are named by their numbers in the transcript. What a file does not
tell is None or empty; what it tells beyond these fields is in ``extra``, by the names and with the
values of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: What parts the lead of a summary from its points, in DashScope's files (dashscope-tingwu 4.1).
_MARK: Final = "@#"


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter and what it is about."""

    id: int | None = None
    begin: int | None = None
    end: int | None = None
    headline: str = ""
    summary: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notable:
    """A key sentence, or something to do, and the sentence where it was said.

    The times of something to do may both be 0, which tells nothing (dashscope-tingwu 4.1).
    """

    id: int | None = None
    sentence_id: int | None = None
    begin: int | None = None
    end: int | None = None
    text: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Classifications:
    """How much a recording is like each kind, from 0 to 1."""

    interview: float | None = None
    lecture: float | None = None
    meeting: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MeetingAssistance:
    """Key information and actions. Only Tingwu's OpenAPI has key sentences."""

    keywords: tuple[str, ...] = ()
    key_sentences: tuple[Notable, ...] = ()
    actions: tuple[Notable, ...] = ()
    classifications: Classifications | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SpeakerSummary:
    """What one speaker said, and what the service calls who it is."""

    speaker_id: str | None = None
    speaker_name: str = ""
    summary: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its answer."""

    question: str = ""
    answer: str = ""
    question_sentence_ids: tuple[int, ...] = ()
    answer_sentence_ids: tuple[int, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Topic:
    """A node of a mind map with its branches. Only DashScope's leaves have a ``begin``."""

    title: str = ""
    topics: tuple[Topic, ...] = ()
    begin: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Summarization:
    """The kinds of summary that were asked for.

    ``summary`` is as in the file; DashScope's consists of `lead` and `points`, and has no title.
    """

    title: str | None = None
    summary: str | None = None
    speakers: tuple[SpeakerSummary, ...] = ()
    questions: tuple[Question, ...] = ()
    mind_map: tuple[Topic, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lead(self) -> str:
        """The summary, or what stands in it before the points."""
        return (self.summary or "").partition(_MARK)[0].strip()

    @property
    def points(self) -> str:
        """The points of the summary: a Markdown list, empty when there is none."""
        return (self.summary or "").partition(_MARK)[2].strip()


@dataclass(frozen=True, slots=True)
class Slide:
    """A slide of a video. The link to its picture expires as other links do."""

    id: int | None = None
    begin: int | None = None
    end: int | None = None
    file_url: str | None = None
    summary: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PptExtraction:
    """The slides that a video shows, and whether any of them has a summary."""

    available_for_summary: bool | None = None
    slides: tuple[Slide, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PolishedParagraph:
    """A paragraph of the transcript in written language."""

    text: str = ""
    paragraph_id: str | None = None
    sentence_ids: tuple[int, ...] = ()
    begin: int | None = None
    end: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PromptAnswer:
    """The answer to a prompt of one's own; DashScope names it by the task's dataId.

    ``truncated``: the transcript was cut to fit into the model.
    """

    name: str = ""
    result: str = ""
    truncated: bool | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inspection:
    """An item of a service inspection and whether it was found.

    No source has its form, this one is the mock's (tingwu-openapi 9).
    """

    title: str = ""
    content: str = ""
    result: bool | None = None
    reason: str = ""
    sentence_ids: tuple[int, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extract:
    """An item of a content extraction and what was said of it.

    Tingwu's form is in no source, this one is the mock's (tingwu-openapi 9); ``remarks`` are
    DashScope's (dashscope-tingwu 9).
    """

    title: str = ""
    content: str = ""
    identity: str | None = None
    result: str = ""
    remarks: str = ""
    sentence_ids: tuple[int, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Identity:
    """A speaker's role."""

    speaker_id: str | None = None
    identity: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServiceInsight:
    """An item that a conversation was judged by; ``score`` is a text such as ``-20``."""

    title: str = ""
    matched: bool | None = None
    score: str | None = None
    remarks: str = ""
    sentence_ids: tuple[int, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SaleInsights:
    """How many items were met, and how many were not."""

    matched: int | None = None
    missed: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SaleClue:
    """How promising a customer is, as a letter, and why."""

    classify: str = ""
    evidence: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DriveIntention:
    """How much a customer wants a test drive, in points, and why."""

    score: int | None = None
    evidence: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomerProfile:
    """What a customer is interested in; ``concerned`` and ``not_mentioned`` count items."""

    summary: str = ""
    concerned: int | None = None
    not_mentioned: int | None = None
    sale_clue: SaleClue | None = None
    drive_intention: DriveIntention | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
