"""Requests as the vendor's guide shows them, for every SDK alike."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

TASKS = "/openapi/tingwu/v2/tasks"
PHRASES = "/openapi/tingwu/v2/resources/phrases"
ACCESS_KEY, SECRET = "LTAI5tMockAccessKey", "MockAccessKeySecret"
KEYS = {ACCESS_KEY: SECRET}


def guide(task_key: str = "weekly") -> Json:
    """The body of the guide's Python sample: every parameter that it sets (seeds 000, Python).

    It asks for PptExtraction, too, which a meeting without pictures never gets.
    """
    return {
        "AppKey": "vVxhYs0Mock",
        "Input": {
            "Format": "pcm",
            "SampleRate": 16_000,
            "SourceLanguage": "cn",
            "TaskKey": task_key,
            "ProgressiveCallbacksEnabled": False,
        },
        "Parameters": {
            "Transcription": {"DiarizationEnabled": True, "Diarization": {"SpeakerCount": 2}},
            "TranslationEnabled": True,
            "Translation": {"TargetLanguages": ["en"]},
            "AutoChaptersEnabled": True,
            "MeetingAssistanceEnabled": True,
            "MeetingAssistance": {"Types": ["Actions", "KeyInformation"]},
            "SummarizationEnabled": True,
            "Summarization": {
                "Types": ["Paragraph", "Conversational", "QuestionsAnswering", "MindMap"]
            },
            "PptExtractionEnabled": True,
            "TextPolishEnabled": True,
        },
    }


#: The results that `guide` leads to.
GUIDE_RESULTS = {
    "Transcription",
    "Translation",
    "AutoChapters",
    "MeetingAssistance",
    "Summarization",
    "TextPolish",
}
