"""What cases ask of a task, all of it in one place, and how they read its links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from mock_tingwu.conformance import Cloud, audio
from mock_tingwu.conformance.transcript import Transcript

MEDIA: Final = ("OutputMp3Path", "OutputMp4Path", "OutputThumbnailPath", "OutputSpectrumPath")
#: Two speakers are told apart.
DIARIZED: Final[dict[str, Any]] = {
    "Transcription": {"DiarizationEnabled": True, "Diarization": {"SpeakerCount": 2}}
}
#: Everything that can be asked for of a sound, and the words that it takes.
EVERYTHING: Final[dict[str, Any]] = {
    **DIARIZED,
    "TranslationEnabled": True,
    "Translation": {"TargetLanguages": ["en"]},
    "AutoChaptersEnabled": True,
    "MeetingAssistanceEnabled": True,
    "MeetingAssistance": {"Types": ["Actions", "KeyInformation"]},
    "SummarizationEnabled": True,
    "Summarization": {"Types": ["Paragraph", "Conversational", "QuestionsAnswering", "MindMap"]},
    "TextPolishEnabled": True,
    "CustomPromptEnabled": True,
    "CustomPrompt": {"Contents": [{"Name": "summary", "Prompt": "总结：\n{Transcription}"}]},
    "ServiceInspectionEnabled": True,
    "ServiceInspection": {
        "SceneIntroduction": "产品组周会",
        "InspectionIntroduction": "检查会议纪律",
        "InspectionContents": [{"Title": "问候", "Content": "会议开始时是否问候"}],
    },
    "ContentExtractionEnabled": True,
    "ContentExtraction": {
        "SceneIntroduction": "产品组周会",
        "ExtractionContents": [{"Title": "时间", "Content": "提到的时间"}],
    },
    "IdentityRecognitionEnabled": True,
    "IdentityRecognition": {
        "SceneIntroduction": "产品组周会",
        "IdentityContents": [
            {"Name": "产品经理", "Description": "汇报进度"},
            {"Name": "测试工程师", "Description": "负责测试"},
        ],
    },
}
KINDS: Final = frozenset(
    {
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
    }
)


def link_to(cloud: Cloud, data: Mapping[str, Any], kind: str = "Transcription") -> str:
    """The link to a result of a task, by the Data of GetTaskInfo."""
    results = data.get("Result", {})
    cloud.check.has(results, kind, what="Result")
    return str(results[kind])


def expires(link: str) -> int:
    """When a link ends, in Unix seconds."""
    return int(parse_qs(urlsplit(link).query).get("Expires", ["0"])[0])


def file_of(link: str) -> str:
    """Where a link leads, however it is signed."""
    return link.partition("?")[0]


async def video(cloud: Cloud, parameters: dict[str, Any]) -> dict[str, Any]:
    """The Data of a finished task for a video of two slides."""
    url = cloud.outside.file(audio.media("slides.mp4"), "slides.mp4", media_type="video/mp4")
    return await cloud.tingwu.finished(url, parameters)


async def made(
    cloud: Cloud, kind: str, parameters: Mapping[str, Any], *, times: int = 1, **fields: Any
) -> tuple[Any, Transcript]:
    """A result of the meeting that ships with the kit, and the transcript that it refers to.

    The meeting lasts 40 seconds; ``times`` is how often it is held, one after the other.
    """
    recording = cloud.recording(times * audio.meeting())
    data = await cloud.tingwu.finished(recording, parameters, **fields)
    content = await cloud.tingwu.content(data, kind)
    return content, Transcript.of(await cloud.tingwu.content(data, "Transcription"))
