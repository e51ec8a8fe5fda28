"""CreateTask: the fields of Parameters of a meeting."""

from __future__ import annotations

from typing import Any

from mock_tingwu.conformance import INFO, MAY, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.sources import (
    ASSUMED,
    CREATE_TASK,
    OFFLINE,
    REALTIME,
    SUMMARIZATION,
    TEA_SDK,
)

from ._meetings import CREATE, refused, taken

# Recognition and files

taken(
    "TW-CREATE-047",
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
    "TW-CREATE-048",
    "Transcoding may be empty, and Parameters may have what they do not know: so do the samples",
    REALTIME("C++ sample"),
    sends="Parameters with Transcoding {} and MeetingAssistanceTypeList",
    level=SHOULD,
    parameters={"Transcoding": {}, "MeetingAssistanceTypeList": ["Actions"]},
)
taken(
    "TW-CREATE-049",
    "SpeakerCount may be 0: the number of speakers is open",
    CREATE_TASK("Parameters.Transcription.Diarization.SpeakerCount"),
    sends="DiarizationEnabled with SpeakerCount 0",
    parameters={"Transcription": {"DiarizationEnabled": True, "Diarization": {"SpeakerCount": 0}}},
)
taken(
    "TW-CREATE-050",
    "SpeakerCount may be 2: there are two speakers",
    CREATE_TASK("Parameters.Transcription.Diarization.SpeakerCount"),
    sends="DiarizationEnabled with SpeakerCount 2",
    parameters={"Transcription": {"DiarizationEnabled": True, "Diarization": {"SpeakerCount": 2}}},
)
taken(
    "TW-CREATE-051",
    "recognition has the switches that the SDK has",
    TEA_SDK("CreateTaskRequestParametersTranscription"),
    sends="Transcription with every switch of the SDK",
    parameters={
        "Transcription": {
            "AdditionalStreamOutputLevel": 1,
            "AudioEventDetectionEnabled": True,
            "DisfluencyEnabled": True,
            "ProfanityFilterEnabled": False,
            "RealtimeDiarizationEnabled": True,
        }
    },
)
taken(
    "TW-CREATE-052",
    "recognition may be made for lessons",
    OFFLINE("Transcription.Model"),
    sends="Transcription.Model domain-education",
    parameters={"Transcription": {"Model": "domain-education"}},
)
taken(
    "TW-CREATE-053",
    "recognition may be made for talk about cars",
    OFFLINE("Transcription.Model"),
    sends="Transcription.Model domain-automotive",
    parameters={"Transcription": {"Model": "domain-automotive"}},
)
taken(
    "TW-CREATE-054",
    "hot words may stand in the request itself, each with its weight",
    TEA_SDK("CreateTaskRequestParametersTranscription.Phrase"),
    sends="Transcription.Phrase with a word",
    level=MAY,
    parameters={"Transcription": {"Phrase": {"听悟": 3}}},
)
refused(
    "TW-CREATE-055",
    "an OutputLevel other than 1 and 2 is refused",
    CREATE_TASK("Parameters.Transcription.OutputLevel"),
    sends="Transcription.OutputLevel 3",
    level=SHOULD,
    parameters={"Transcription": {"OutputLevel": 3}},
)
refused(
    "TW-CREATE-056",
    "a list of hot words that does not exist is refused",
    ASSUMED("what the service does with an unknown PhraseId"),
    sends="a PhraseId of 32 zeros",
    level=INFO,
    parameters={"Transcription": {"PhraseId": "0" * 32}},
)
refused(
    "TW-CREATE-057",
    "a TargetAudioFormat other than mp3 is refused",
    ASSUMED("what the service does with another format"),
    sends="Transcoding.TargetAudioFormat wav",
    level=INFO,
    parameters={"Transcoding": {"TargetAudioFormat": "wav"}},
)

# Translation

taken(
    "TW-CREATE-058",
    "a meeting may be translated into all seven languages at once",
    REALTIME("Translation.TargetLanguages"),
    sends="the TargetLanguages cn, en, ja, ko, de, fr, ru",
    parameters={
        "TranslationEnabled": True,
        "Translation": {"TargetLanguages": ["cn", "en", "ja", "ko", "de", "fr", "ru"]},
    },
)
taken(
    "TW-CREATE-059",
    "translation may be made by a large model, as the SDK names it",
    TEA_SDK("CreateTaskRequestParametersTranslation"),
    sends="Translation with TranslateLlmSceneEnabled",
    parameters={
        "TranslationEnabled": True,
        "Translation": {"TargetLanguages": ["en"], "TranslateLlmSceneEnabled": True},
    },
)
refused(
    "TW-CREATE-060",
    "a target language that does not exist is refused",
    REALTIME("Translation.TargetLanguages"),
    sends="the TargetLanguages klingon",
    level=SHOULD,
    parameters={"TranslationEnabled": True, "Translation": {"TargetLanguages": ["klingon"]}},
)
refused(
    "TW-CREATE-061",
    "a translation without a target language is refused",
    ASSUMED("what the service does with TranslationEnabled alone"),
    sends="TranslationEnabled without Translation",
    level=INFO,
    parameters={"TranslationEnabled": True},
)

# Chapters, summaries, assistance


def _granularity(value: str) -> dict[str, Any]:
    return {"AutoChaptersEnabled": True, "AutoChapters": {"ChapterGranularity": value}}


taken(
    "TW-CREATE-062",
    "chapters may be coarse",
    CREATE_TASK("Parameters.AutoChapters.ChapterGranularity"),
    sends="ChapterGranularity Coarse",
    parameters=_granularity("Coarse"),
)
taken(
    "TW-CREATE-063",
    "chapters may be of middle length",
    CREATE_TASK("Parameters.AutoChapters.ChapterGranularity"),
    sends="ChapterGranularity General",
    parameters=_granularity("General"),
)
taken(
    "TW-CREATE-064",
    "chapters may be meticulous, which is usual",
    CREATE_TASK("Parameters.AutoChapters.ChapterGranularity"),
    sends="ChapterGranularity Meticulous",
    parameters=_granularity("Meticulous"),
)
taken(
    "TW-CREATE-065",
    "titles of chapters may be short",
    OFFLINE("AutoChapters.TitleLengthLevel"),
    sends="TitleLengthLevel Short",
    parameters={"AutoChaptersEnabled": True, "AutoChapters": {"TitleLengthLevel": "Short"}},
)
taken(
    "TW-CREATE-066",
    "assistance may be enabled without Types",
    CREATE_TASK("Parameters.MeetingAssistance.Types"),
    sends="MeetingAssistanceEnabled alone",
    parameters={"MeetingAssistanceEnabled": True},
)
taken(
    "TW-CREATE-067",
    "a mind map is one of the summaries",
    SUMMARIZATION("Types"),
    sends="the Summarization.Types MindMap",
    parameters={"SummarizationEnabled": True, "Summarization": {"Types": ["MindMap"]}},
)
refused(
    "TW-CREATE-068",
    "a kind of summary that does not exist is refused",
    ASSUMED("what the service does with an unknown kind"),
    sends="the Summarization.Types Poem",
    level=INFO,
    parameters={"SummarizationEnabled": True, "Summarization": {"Types": ["Poem"]}},
)

# Models


@case(
    "TW-CREATE-069",
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
    "TW-CREATE-070",
    "chapters may be asked for in English",
    OFFLINE("Parameters.LlmOutputLanguage"),
    sends="LlmOutputLanguage en",
    parameters={"AutoChaptersEnabled": True, "LlmOutputLanguage": "en"},
)
taken(
    "TW-CREATE-071",
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
    "TW-CREATE-072",
    "a meeting may ask for slides, which are for videos, and begins all the same",
    ASSUMED("whether a meeting may ask for slides"),
    sends="PptExtractionEnabled",
    level=INFO,
    parameters={"PptExtractionEnabled": True},
)
