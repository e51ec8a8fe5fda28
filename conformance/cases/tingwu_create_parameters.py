"""CreateTask: the fields of Parameters of a meeting."""

from __future__ import annotations

from typing import Any

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.sources import (
    ASSUMED,
    CREATE_TASK,
    EXTRACTION,
    IDENTITY,
    INSPECTION,
    OFFLINE,
    PROMPT,
    REALTIME,
    SUMMARIZATION,
    TEA_SDK,
)

from ._meetings import CREATE, refused, taken

# Recognition and files

taken(
    "TW-CREATE-048",
    "every switch of the realtime guide may be on at once",
    REALTIME("Parameters"),
    sends="all capabilities of a meeting enabled",
    parameters={
        "Transcoding": {"TargetAudioFormat": "mp3"},
        "Transcription": {"OutputLevel": 2, "DiarizationEnabled": True},
        "TranslationEnabled": True,
        "Translation": {"TargetLanguages": ["en"], "OutputLevel": 2},
        "AutoChaptersEnabled": True,
        "MeetingAssistanceEnabled": True,
        "MeetingAssistance": {"Types": ["Actions", "KeyInformation"]},
        "SummarizationEnabled": True,
        "Summarization": {"Types": ["Paragraph", "Conversational", "QuestionsAnswering"]},
        "TextPolishEnabled": True,
    },
)
taken(
    "TW-CREATE-049",
    "Transcoding may be empty, and Parameters may have what they do not know: so do the samples",
    REALTIME("C++ sample"),
    sends="Parameters with Transcoding {} and MeetingAssistanceTypeList",
    level=SHOULD,
    parameters={"Transcoding": {}, "MeetingAssistanceTypeList": ["Actions"]},
)
taken(
    "TW-CREATE-050",
    "SpeakerCount 0 leaves the number of speakers open",
    CREATE_TASK("Parameters.Transcription.Diarization.SpeakerCount"),
    sends="DiarizationEnabled with SpeakerCount 0",
    parameters={"Transcription": {"DiarizationEnabled": True, "Diarization": {"SpeakerCount": 0}}},
)
taken(
    "TW-CREATE-051",
    "SpeakerCount 2 tells two speakers apart",
    CREATE_TASK("Parameters.Transcription.Diarization.SpeakerCount"),
    sends="DiarizationEnabled with SpeakerCount 2",
    parameters={"Transcription": {"DiarizationEnabled": True, "Diarization": {"SpeakerCount": 2}}},
)
refused(
    "TW-CREATE-052",
    "an OutputLevel other than 1 and 2 is refused",
    CREATE_TASK("Parameters.Transcription.OutputLevel"),
    sends="Transcription.OutputLevel 3",
    level=SHOULD,
    parameters={"Transcription": {"OutputLevel": 3}},
)
refused(
    "TW-CREATE-053",
    "a list of hot words that does not exist is refused",
    ASSUMED("what the service does with an unknown PhraseId"),
    sends="a PhraseId of 32 zeros",
    level=INFO,
    parameters={"Transcription": {"PhraseId": "0" * 32}},
)
refused(
    "TW-CREATE-054",
    "a TargetAudioFormat other than mp3 is refused",
    ASSUMED("what the service does with another format"),
    sends="Transcoding.TargetAudioFormat wav",
    level=INFO,
    parameters={"Transcoding": {"TargetAudioFormat": "wav"}},
)

# Translation

taken(
    "TW-CREATE-055",
    "a meeting may be translated into all seven languages at once",
    REALTIME("Translation.TargetLanguages"),
    sends="the TargetLanguages cn, en, ja, ko, de, fr, ru",
    parameters={
        "TranslationEnabled": True,
        "Translation": {"TargetLanguages": ["cn", "en", "ja", "ko", "de", "fr", "ru"]},
    },
)
refused(
    "TW-CREATE-056",
    "a target language that is none is refused",
    REALTIME("Translation.TargetLanguages"),
    sends="the TargetLanguages klingon",
    parameters={"TranslationEnabled": True, "Translation": {"TargetLanguages": ["klingon"]}},
)
refused(
    "TW-CREATE-057",
    "a translation into nothing is refused",
    ASSUMED("what the service does with TranslationEnabled alone"),
    sends="TranslationEnabled without Translation",
    level=INFO,
    parameters={"TranslationEnabled": True},
)

# Chapters, summaries, assistance


def _granularity(value: str) -> dict[str, Any]:
    return {"AutoChaptersEnabled": True, "AutoChapters": {"ChapterGranularity": value}}


taken(
    "TW-CREATE-058",
    "chapters may be coarse",
    CREATE_TASK("Parameters.AutoChapters.ChapterGranularity"),
    sends="ChapterGranularity Coarse",
    parameters=_granularity("Coarse"),
)
taken(
    "TW-CREATE-059",
    "chapters may be of middle length",
    CREATE_TASK("Parameters.AutoChapters.ChapterGranularity"),
    sends="ChapterGranularity General",
    parameters=_granularity("General"),
)
taken(
    "TW-CREATE-060",
    "chapters may be meticulous, which is usual",
    CREATE_TASK("Parameters.AutoChapters.ChapterGranularity"),
    sends="ChapterGranularity Meticulous",
    parameters=_granularity("Meticulous"),
)
taken(
    "TW-CREATE-061",
    "titles of chapters may be short",
    OFFLINE("AutoChapters.TitleLengthLevel"),
    sends="TitleLengthLevel Short",
    parameters={"AutoChaptersEnabled": True, "AutoChapters": {"TitleLengthLevel": "Short"}},
)
taken(
    "TW-CREATE-062",
    "assistance may be enabled without Types",
    CREATE_TASK("Parameters.MeetingAssistance.Types"),
    sends="MeetingAssistanceEnabled alone",
    parameters={"MeetingAssistanceEnabled": True},
)
taken(
    "TW-CREATE-063",
    "a mind map is one of the summaries",
    SUMMARIZATION("Types"),
    sends="the Summarization.Types MindMap",
    parameters={"SummarizationEnabled": True, "Summarization": {"Types": ["MindMap"]}},
)
refused(
    "TW-CREATE-064",
    "a kind of summary that is none is refused",
    ASSUMED("what the service does with an unknown kind"),
    sends="the Summarization.Types Poem",
    level=INFO,
    parameters={"SummarizationEnabled": True, "Summarization": {"Types": ["Poem"]}},
)

# Inspection


def _inspection(items: int = 1, **changes: Any) -> dict[str, Any]:
    """Parameters with these fields of ServiceInspection; one that is None is left out."""
    fields: dict[str, Any] = {
        "SceneIntroduction": "客服与客户的通话",
        "InspectionIntroduction": "检查客服是否礼貌",
        "InspectionContents": [
            {"Title": f"第{n}项", "Content": "是否问候客户"} for n in range(items)
        ],
    } | changes
    given = {name: value for name, value in fields.items() if value is not None}
    return {"ServiceInspectionEnabled": True, "ServiceInspection": given}


taken(
    "TW-CREATE-065",
    "an inspection has a scene, a purpose and up to 100 items",
    INSPECTION("ServiceInspection"),
    sends="ServiceInspection with 100 items",
    parameters=_inspection(100),
)
refused(
    "TW-CREATE-066",
    "an inspection without SceneIntroduction is refused",
    INSPECTION("SceneIntroduction"),
    sends="ServiceInspection without SceneIntroduction",
    parameters=_inspection(SceneIntroduction=None),
)
refused(
    "TW-CREATE-067",
    "an inspection without InspectionIntroduction is refused",
    INSPECTION("InspectionIntroduction"),
    sends="ServiceInspection without InspectionIntroduction",
    parameters=_inspection(InspectionIntroduction=None),
)
refused(
    "TW-CREATE-068",
    "an inspection without InspectionContents is refused",
    INSPECTION("InspectionContents"),
    sends="ServiceInspection without InspectionContents",
    parameters=_inspection(InspectionContents=None),
)
refused(
    "TW-CREATE-069",
    "an inspection of more than 100 items is refused",
    INSPECTION("InspectionContents"),
    sends="ServiceInspection with 101 items",
    level=SHOULD,
    parameters=_inspection(101),
)

# Prompts


def _prompts(count: int = 1, **changes: Any) -> dict[str, Any]:
    """Parameters with so many prompts of these fields; one that is None is left out."""
    prompt = {"Name": "要点", "Prompt": "列出要点：{Transcription}"} | changes
    given = {name: value for name, value in prompt.items() if value is not None}
    return {"CustomPromptEnabled": True, "CustomPrompt": {"Contents": [given] * count}}


taken(
    "TW-CREATE-070",
    "a meeting may have three prompts of the caller's own",
    PROMPT("Contents"),
    sends="three CustomPrompt.Contents",
    parameters=_prompts(3),
)
refused(
    "TW-CREATE-071",
    "a fourth prompt is refused",
    PROMPT("Contents"),
    sends="four CustomPrompt.Contents",
    level=SHOULD,
    parameters=_prompts(4),
)
refused(
    "TW-CREATE-072",
    "a prompt without Name is refused",
    PROMPT("Name"),
    sends="a prompt without Name",
    parameters=_prompts(Name=None),
)
refused(
    "TW-CREATE-073",
    "a prompt without Prompt is refused",
    PROMPT("Prompt"),
    sends="a prompt without Prompt",
    parameters=_prompts(Prompt=None),
)
refused(
    "TW-CREATE-074",
    "a prompt has to say where the transcript goes",
    PROMPT("Prompt"),
    sends="a Prompt without {Transcription}",
    level=SHOULD,
    parameters=_prompts(Prompt="列出要点"),
)
taken(
    "TW-CREATE-075",
    "a prompt may be for tingwu-plus and get a chat",
    PROMPT("Model, TransType"),
    sends="a prompt with Model tingwu-plus and TransType chat",
    parameters=_prompts(Model="tingwu-plus", TransType="chat"),
)
taken(
    "TW-CREATE-076",
    "a prompt may be for qwen-max and get a chat by sentences",
    PROMPT("Model, TransType"),
    sends="a prompt with Model qwen-max and TransType sentence-chat",
    parameters=_prompts(Model="qwen-max", TransType="sentence-chat"),
)

# Extraction and identities


def _extraction(items: int) -> dict[str, Any]:
    contents = [{"Title": f"第{n}项", "Content": "客户的要求"} for n in range(items)]
    given = {"SceneIntroduction": "需求沟通", "ExtractionContents": contents}
    return {"ContentExtractionEnabled": True, "ContentExtraction": given}


def _identities(count: int) -> dict[str, Any]:
    contents = [{"Name": f"角色{n}", "Description": "主持会议"} for n in range(count)]
    given = {"SceneIntroduction": "周会", "IdentityContents": contents}
    return {
        "Transcription": {"DiarizationEnabled": True},
        "IdentityRecognitionEnabled": True,
        "IdentityRecognition": given,
    }


taken(
    "TW-CREATE-077",
    "up to 100 contents may be extracted",
    EXTRACTION("ExtractionContents"),
    sends="100 ExtractionContents",
    parameters=_extraction(100),
)
refused(
    "TW-CREATE-078",
    "more than 100 contents to extract are refused",
    EXTRACTION("ExtractionContents"),
    sends="101 ExtractionContents",
    level=SHOULD,
    parameters=_extraction(101),
)
taken(
    "TW-CREATE-079",
    "up to 5 identities may be looked for",
    IDENTITY("IdentityContents"),
    sends="5 IdentityContents",
    parameters=_identities(5),
)
refused(
    "TW-CREATE-080",
    "a sixth identity is refused",
    IDENTITY("IdentityContents"),
    sends="6 IdentityContents",
    level=SHOULD,
    parameters=_identities(6),
)

# Models


@case(
    "TW-CREATE-081",
    "what comes after recognition may be made by any of three models",
    sends="CreateTask type=realtime with Model default, qwen-plus and qwq, one after the other",
    expects="three NEW tasks",
    level=MUST,
    source=OFFLINE("Parameters.Model"),
    operations=CREATE,
)
async def models_are_three(cloud: Cloud) -> None:
    for model in ("default", "qwen-plus", "qwq"):
        data = await cloud.tingwu.start({"AutoChaptersEnabled": True, "Model": model})
        cloud.check.has(data, "TaskId", what=f"Data of a task with Model {model}")


taken(
    "TW-CREATE-082",
    "mind map and chapters may be in English",
    OFFLINE("Parameters.LlmOutputLanguage"),
    sends="LlmOutputLanguage en",
    parameters={"AutoChaptersEnabled": True, "LlmOutputLanguage": "en"},
)
taken(
    "TW-CREATE-083",
    "ExtraParams are taken as the SDK names them, bizType and bizUserId with a small letter",
    TEA_SDK("CreateTaskRequestParametersExtraParams"),
    sends="all ExtraParams of the SDK",
    parameters={
        "ExtraParams": {
            "NfixEnabled": True,
            "MaxKeywords": 5,
            "DomainEducationEnabled": False,
            "OcrAuxiliaryEnabled": False,
            "TranslateLlmSceneEnabled": False,
            "FullTextSummaryFormat": "markdown",
            "TranslationHotwordMap": {"bizType": "meeting", "bizUserId": "7"},
        }
    },
)
taken(
    "TW-CREATE-084",
    "slides are for videos: asked of a meeting, they are left out",
    ASSUMED("whether a meeting may ask for slides"),
    sends="PptExtractionEnabled",
    level=INFO,
    parameters={"PptExtractionEnabled": True},
)
