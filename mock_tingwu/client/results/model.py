"""What a task came to, as a whole."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from . import markdown, subtitles
from .parts import (
    Chapter,
    CustomerProfile,
    Extract,
    Identity,
    Inspection,
    MeetingAssistance,
    PolishedParagraph,
    PptExtraction,
    PromptAnswer,
    SaleInsights,
    ServiceInsight,
    Summarization,
)
from .transcript import Sentence, Transcript, Translation


@dataclass(frozen=True, slots=True)
class Results:
    """The results of a task. What was not asked for, or not made, is None or empty.

    ``failed`` names those that could not be made, as DashScope tells of them (dashscope-tingwu 4).
    ``data`` are the files as they were, decoded, by the names of their links. ``extra`` has, by the
    same names, what no part has a place for: files of unknown kinds, and what stands in a file
    beside its result.
    """

    task_id: str | None = None
    transcript: Transcript | None = None
    translations: tuple[Translation, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    meeting_assistance: MeetingAssistance | None = None
    summarization: Summarization | None = None
    ppt_extraction: PptExtraction | None = None
    text_polish: tuple[PolishedParagraph, ...] = ()
    custom_prompts: tuple[PromptAnswer, ...] = ()
    service_inspection: tuple[Inspection, ...] = ()
    content_extraction: tuple[Extract, ...] = ()
    identities: tuple[Identity, ...] = ()
    service_insights: tuple[ServiceInsight, ...] = ()
    sale_insights: SaleInsights | None = None
    customer_profile: CustomerProfile | None = None
    failed: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def translation(self, language: str) -> Translation:
        """The translation into ``language``: the one that is called so, or the one without a name.

        Raises:
            ValueError: there is neither.
        """
        for called in (language, None):
            for translation in self.translations:
                if translation.language == called:
                    return translation
        there = ", ".join(str(other.language) for other in self.translations) or "there is none"
        raise ValueError(f"language is {language!r}, expected that of a translation: {there}")

    def names(self, speakers: Mapping[str, str] | None = None) -> dict[str, str]:
        """What every speaker is called: as ``speakers`` has it, as the service does, or by number.

        Services know numbers only, unless they were told (``发言人1``).
        """
        summaries = self.summarization.speakers if self.summarization else ()
        called = {one.speaker_id: one.speaker_name for one in summaries if one.speaker_id}
        called = {id: name for id, name in called.items() if name} | dict(speakers or {})
        return self.transcript.names(called) if self.transcript else called

    def to_text(
        self, translation: str | None = None, *, speakers: Mapping[str, str] | None = None
    ) -> str:
        """What was said, one paragraph a line behind the name of its speaker, where one is known.

        With ``translation``, it is said in that language. ``speakers`` names them by their ids.
        """
        names, who = self.names(speakers), self._speakers()
        if translation is None:
            return self.transcript.to_text(names) if self.transcript else ""
        lines = (
            f"{names[who[paragraph.id]]}: {text}" if who.get(paragraph.id) in names else text
            for paragraph in self.translation(translation).paragraphs
            if (text := paragraph.text)
        )
        return "".join(f"{line}\n" for line in lines)

    def to_markdown(
        self,
        translation: str | None = None,
        *,
        speakers: Mapping[str, str] | None = None,
        polished: bool = False,
    ) -> str:
        """The minutes of the meeting as one document: see `markdown.minutes`."""
        return markdown.minutes(self, translation, speakers=speakers, polished=polished)

    def to_srt(
        self, translation: str | None = None, *, max_chars: int = subtitles.CUE_WIDTH
    ) -> str:
        """SubRip of what was said, or of a translation: see `subtitles.srt`."""
        return subtitles.srt(self._sentences(translation), max_chars)

    def to_vtt(
        self,
        translation: str | None = None,
        *,
        speakers: Mapping[str, str] | None = None,
        max_chars: int = subtitles.CUE_WIDTH,
    ) -> str:
        """WebVTT with voices of what was said, or of a translation: see `subtitles.vtt`."""
        return subtitles.vtt(self._sentences(translation), self.names(speakers), max_chars)

    def to_json(self, *, indent: int | None = 2) -> str:
        """All of this but ``data``, by the names of the fields: one form for both services.

        What is None or empty is left out.
        """
        return json.dumps(_plain(self), ensure_ascii=False, indent=indent)

    def _sentences(self, translation: str | None) -> Iterator[Sentence]:
        if translation is None:
            yield from self.transcript.sentences if self.transcript else ()
            return
        who = self._speakers()
        for sentence in self.translation(translation).sentences:
            yield replace(sentence, speaker_id=who.get(sentence.paragraph_id))

    def _speakers(self) -> dict[str | None, str]:
        """Who says each paragraph, by its id."""
        paragraphs = self.transcript.paragraphs if self.transcript else ()
        return {each.id: each.speaker_id for each in paragraphs if each.id and each.speaker_id}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        found = {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.name != "data"}
        return {name: part for name, part in found.items() if part not in (None, [], {}, "")}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    # Python reads NaN, and JSON has none.
    return None if isinstance(value, float) and not math.isfinite(value) else value
