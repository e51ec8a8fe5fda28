"""What is made of a meeting: one module for every kind of result.

Each builds a neutral result with snake_case keys; services render it in their own casing. Every
sentence, paragraph, speaker and time that a result names is one of the transcription's, and results
tell only what was heard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from mock_tingwu.core.capabilities import (
    auto_chapters,
    content_extraction,
    custom_prompt,
    customer_concerns,
    customer_profile,
    identity_recognition,
    meeting_assistance,
    ppt_extraction,
    sale_insights,
    service_insights,
    service_inspection,
    summarization,
    text_polish,
    transcription,
    translation,
)
from mock_tingwu.core.meeting import Meeting
from mock_tingwu.core.options import Options

Result = dict[str, Any] | list[Any]
Builder = Callable[[Meeting, Options], Result]

#: The builder of every kind of `mock_tingwu.core.options.RESULT_KINDS`.
BUILDERS: Final[Mapping[str, Builder]] = {
    "Transcription": transcription.build,
    "Translation": translation.build,
    "AutoChapters": auto_chapters.build,
    "MeetingAssistance": meeting_assistance.build,
    "Summarization": summarization.build,
    "PptExtraction": ppt_extraction.build,
    "TextPolish": text_polish.build,
    "CustomPrompt": custom_prompt.build,
    "ServiceInspection": service_inspection.build,
    "ContentExtraction": content_extraction.build,
    "IdentityRecognition": identity_recognition.build,
    "ServiceInsights": service_insights.build,
    "SaleInsights": sale_insights.build,
    "CustomerConcerns": customer_concerns.build,
    "CustomerProfile": customer_profile.build,
}


def build(kind: str, meeting: Meeting, options: Options) -> Result:
    """The result of ``kind`` as it stands inside the wrapper. Raises `KeyError` for other kinds."""
    return BUILDERS[kind](meeting, options)
