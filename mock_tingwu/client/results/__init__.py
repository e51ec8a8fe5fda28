"""What a task came to: its result files, read into one model, and written for people.

`TingwuClient.results` and `DashScopeClient.results` download a task's files; `read_results` reads
those that are already there. Both services' files come to the same `Results`, which can be had as
text, Markdown, subtitles and JSON.
"""

from __future__ import annotations

from .files import ResultError, read_results
from .model import Results
from .parts import (
    Chapter,
    Classifications,
    CustomerProfile,
    DriveIntention,
    Extract,
    Identity,
    Inspection,
    MeetingAssistance,
    Notable,
    PolishedParagraph,
    PptExtraction,
    PromptAnswer,
    Question,
    SaleClue,
    SaleInsights,
    ServiceInsight,
    Slide,
    SpeakerSummary,
    Summarization,
    Topic,
)
from .transcript import (
    AudioInfo,
    Paragraph,
    Sentence,
    Transcript,
    TranslatedParagraph,
    Translation,
    Word,
)

__all__ = [
    "AudioInfo",
    "Chapter",
    "Classifications",
    "CustomerProfile",
    "DriveIntention",
    "Extract",
    "Identity",
    "Inspection",
    "MeetingAssistance",
    "Notable",
    "Paragraph",
    "PolishedParagraph",
    "PptExtraction",
    "PromptAnswer",
    "Question",
    "ResultError",
    "Results",
    "SaleClue",
    "SaleInsights",
    "Sentence",
    "ServiceInsight",
    "Slide",
    "SpeakerSummary",
    "Summarization",
    "Topic",
    "Transcript",
    "TranslatedParagraph",
    "Translation",
    "Word",
    "read_results",
]
