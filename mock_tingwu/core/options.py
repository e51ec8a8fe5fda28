"""What a task was asked to do, in the core's own words. Each service fills it from its wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

#: Kinds of result, in the order in which the mock makes them (tingwu-openapi 1.3). The last four
#: are those of DashScope's service insights and customer profile (dashscope-tingwu 9).
RESULT_KINDS = (
    "Transcription",
    "Translation",
    "AutoChapters",
    "MeetingAssistance",
    "Summarization",
    "PptExtraction",
    "TextPolish",
    "CustomPrompt",
    "ServiceInspection",
    "ContentExtraction",
    "IdentityRecognition",
    "ServiceInsights",
    "SaleInsights",
    "CustomerConcerns",
    "CustomerProfile",
)

SUMMARY_TYPES = ("Paragraph", "Conversational", "QuestionsAnswering", "MindMap")
ASSISTANCE_TYPES = ("Actions", "KeyInformation")


class Prompt(Struct, frozen=True):
    """One custom prompt: its name, its text with ``{Transcription}`` in it, the model asked for.

    ``subject`` is what the answer is headed with, where that is not the name: DashScope's names are
    ids (dashscope-tingwu 4.1). An empty one heads the answer with the meeting's title alone.
    """

    name: str
    prompt: str
    model: str = "tingwu-turbo"
    trans_type: str = "default"
    subject: str | None = None


class Item(Struct, frozen=True):
    """A titled thing to inspect, extract or recognise: ``title`` and what is meant by it.

    ``score`` is what an insight that is found counts: a whole number as text, from -100 to 100
    (dashscope-tingwu 9); empty if it has none.
    """

    title: str
    content: str = ""
    identity: str = ""
    score: str = ""


class Scene(Struct, frozen=True):
    """The input of all kinds of result that look for a caller's items in what was said.

    ``speaker_names`` maps speaker ids to the roles that the caller gave them (SpeakerMap).
    """

    introduction: str = ""
    purpose: str = ""
    items: tuple[Item, ...] = ()
    speaker_names: Mapping[str, Any] = field(default_factory=dict)


class Options(Struct, frozen=True):
    """The capabilities and levels of a task. Defaults are the API's (tingwu-openapi 1.1).

    ``chapters_language`` and ``mind_map_language`` are cn, en or nothing for the meeting's own;
    one field of the API sets both, but a second run may change one of them alone.
    ``profanity_filter`` and ``disfluency`` (filler words are dropped) are None where the request
    does not speak of them. ``phrase_id`` names a list of hot words, ``phrases`` are words given in
    place, each with its weight.

    What DashScope asks for beyond that (dashscope-tingwu 2, 4.1, 9): ``mind_map_timestamps`` puts
    times on the leaves of the mind map, ``split_summary`` makes the full summary a lead text and a
    list, ``insights`` are a conversation's service insights, ``concerns`` what customers may care
    about, and ``profile`` sums these up.
    """

    output_level: int = 1
    diarization: bool = False
    speaker_count: int = 0
    realtime_diarization: bool = False
    translation_targets: tuple[str, ...] = ()
    translation_output_level: int = 1
    auto_chapters: bool = False
    chapter_granularity: str = "Meticulous"
    title_length: str = "Long"
    chapters_language: str = ""
    meeting_assistance: tuple[str, ...] = ()
    max_keywords: int = 20
    summarization: tuple[str, ...] = ()
    markdown_summary: bool = False
    mind_map_language: str = ""
    mind_map_timestamps: bool = False
    split_summary: bool = False
    ppt_extraction: bool = False
    text_polish: bool = False
    custom_prompts: tuple[Prompt, ...] = ()
    inspection: Scene | None = None
    extraction: Scene | None = None
    identities: Scene | None = None
    insights: Scene | None = None
    concerns: Scene | None = None
    profile: bool = False
    multiple_streams: bool = False
    mp3: bool = False
    mp4: bool = False
    thumbnail: bool = False
    spectrum: bool = False
    phrase_id: str = ""
    phrases: tuple[tuple[str, int], ...] = ()
    profanity_filter: bool | None = None
    disfluency: bool | None = None

    def result_kinds(self, *, offline: bool = False) -> tuple[str, ...]:
        """The kinds of result that were asked for, in the order in which they are made.

        ``offline``: the task works on a file. Streams have no picture and so no PptExtraction; a
        file without one has an empty one (tingwu-openapi 1.1 for the former, the latter assumed).
        """
        wanted = {
            "Transcription": True,
            "Translation": bool(self.translation_targets),
            "AutoChapters": self.auto_chapters,
            "MeetingAssistance": bool(self.meeting_assistance),
            "Summarization": bool(self.summarization),
            "PptExtraction": self.ppt_extraction and offline,
            "TextPolish": self.text_polish,
            "CustomPrompt": bool(self.custom_prompts),
            "ServiceInspection": self.inspection is not None,
            "ContentExtraction": self.extraction is not None,
            "IdentityRecognition": self.identities is not None,
            "ServiceInsights": self.insights is not None,
            "SaleInsights": self.insights is not None,
            "CustomerConcerns": self.concerns is not None,
            "CustomerProfile": self.profile,
        }
        return tuple(kind for kind in RESULT_KINDS if wanted[kind])

    def rerun(self, new: Options) -> Options:
        """The options of a finished task when it is run again with ``new`` ones.

        What ``new`` asks for replaces that part as a whole; parts that it does not ask for stay, so
        that results made before keep their content. How speech was recognised and what files were
        made of it never changes (tingwu-openapi 2.1).
        """
        asked = [name for kind in new.result_kinds(offline=True) for name in _PARTS.get(kind, ())]
        changes: dict[str, Any] = {name: getattr(new, name) for name in asked}
        return replace(self, **changes)


#: The options that each kind of result is made by.
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Translation": ("translation_targets",),
    "AutoChapters": (
        "auto_chapters",
        "chapter_granularity",
        "title_length",
        "chapters_language",
    ),
    "MeetingAssistance": ("meeting_assistance", "max_keywords"),
    "Summarization": (
        "summarization",
        "markdown_summary",
        "split_summary",
        "mind_map_language",
        "mind_map_timestamps",
    ),
    "PptExtraction": ("ppt_extraction",),
    "TextPolish": ("text_polish",),
    "CustomPrompt": ("custom_prompts",),
    "ServiceInspection": ("inspection",),
    "ContentExtraction": ("extraction",),
    "IdentityRecognition": ("identities",),
    "ServiceInsights": ("insights",),
    "SaleInsights": ("insights",),
    "CustomerConcerns": ("concerns",),
    # Of concerns and identities, but a run that asks for the profile alone does not take them back.
    "CustomerProfile": ("profile",),
}
