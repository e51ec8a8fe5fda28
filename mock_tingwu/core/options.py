"""What a task was asked to do, in the core's own words. Each service fills it from its wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Kinds of result, in the order in which the mock makes them (tingwu-openapi 1.3).
RESULT_KINDS = (
    "Transcription",
    "Translation",
    "AutoChapters",
    "MeetingAssistance",
    "Summarization",
    "TextPolish",
    "CustomPrompt",
    "ServiceInspection",
    "ContentExtraction",
    "IdentityRecognition",
)

SUMMARY_TYPES = ("Paragraph", "Conversational", "QuestionsAnswering", "MindMap")
ASSISTANCE_TYPES = ("Actions", "KeyInformation")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One custom prompt: its name, its text with ``{Transcription}`` in it, the model asked for."""

    name: str
    prompt: str
    model: str = "tingwu-turbo"
    trans_type: str = "default"


@dataclass(frozen=True, slots=True)
class Item:
    """A titled thing to inspect, extract or recognise: ``title`` and what is meant by it."""

    title: str
    content: str = ""
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """The input of service inspection, content extraction and identity recognition.

    ``speaker_names`` maps speaker ids to the roles that the caller gave them (SpeakerMap).
    """

    introduction: str = ""
    purpose: str = ""
    items: tuple[Item, ...] = ()
    speaker_names: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Options:
    """The capabilities and levels of a task. Defaults are the API's (tingwu-openapi 1.1)."""

    output_level: int = 1
    diarization: bool = False
    speaker_count: int = 0
    realtime_diarization: bool = False
    translation_targets: tuple[str, ...] = ()
    translation_output_level: int = 1
    auto_chapters: bool = False
    meeting_assistance: tuple[str, ...] = ()
    summarization: tuple[str, ...] = ()
    max_keywords: int = 20
    text_polish: bool = False
    custom_prompts: tuple[Prompt, ...] = ()
    inspection: Scene | None = None
    extraction: Scene | None = None
    identities: Scene | None = None
    multiple_streams: bool = False
    mp3: bool = False
    mp4: bool = False
    thumbnail: bool = False
    spectrum: bool = False
    phrase_id: str = ""
    phrases: tuple[tuple[str, int], ...] = ()

    def result_kinds(self) -> tuple[str, ...]:
        """The kinds of result that were asked for, in the order in which they are made."""
        wanted = {
            "Transcription": True,
            "Translation": bool(self.translation_targets),
            "AutoChapters": self.auto_chapters,
            "MeetingAssistance": bool(self.meeting_assistance),
            "Summarization": bool(self.summarization),
            "TextPolish": self.text_polish,
            "CustomPrompt": bool(self.custom_prompts),
            "ServiceInspection": self.inspection is not None,
            "ContentExtraction": self.extraction is not None,
            "IdentityRecognition": self.identities is not None,
        }
        return tuple(kind for kind in RESULT_KINDS if wanted[kind])
