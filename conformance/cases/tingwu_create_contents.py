"""CreateTask: Parameters that hold what the caller asks a language model for."""

from __future__ import annotations

from typing import Any

from mock_tingwu.conformance import INFO, SHOULD
from mock_tingwu.conformance.sources import ASSUMED, EXTRACTION, IDENTITY, INSPECTION, PROMPT

from ._meetings import refused, taken

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
    "TW-CREATE-073",
    "an inspection has a scene, a purpose and up to 100 items",
    INSPECTION("ServiceInspection"),
    sends="ServiceInspection with 100 items",
    parameters=_inspection(100),
)
refused(
    "TW-CREATE-074",
    "an inspection without SceneIntroduction is refused",
    INSPECTION("SceneIntroduction"),
    sends="ServiceInspection without SceneIntroduction",
    parameters=_inspection(SceneIntroduction=None),
)
refused(
    "TW-CREATE-075",
    "an inspection without InspectionIntroduction is refused",
    INSPECTION("InspectionIntroduction"),
    sends="ServiceInspection without InspectionIntroduction",
    parameters=_inspection(InspectionIntroduction=None),
)
refused(
    "TW-CREATE-076",
    "an inspection without InspectionContents is refused",
    INSPECTION("InspectionContents"),
    sends="ServiceInspection without InspectionContents",
    parameters=_inspection(InspectionContents=None),
)
refused(
    "TW-CREATE-077",
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
    "TW-CREATE-078",
    "a meeting may have three prompts of the caller's own",
    PROMPT("Contents"),
    sends="three CustomPrompt.Contents",
    parameters=_prompts(3),
)
refused(
    "TW-CREATE-079",
    "a fourth prompt is refused",
    PROMPT("Contents"),
    sends="four CustomPrompt.Contents",
    level=SHOULD,
    parameters=_prompts(4),
)
refused(
    "TW-CREATE-080",
    "a prompt without Name is refused",
    PROMPT("Name"),
    sends="a prompt without Name",
    parameters=_prompts(Name=None),
)
refused(
    "TW-CREATE-081",
    "a prompt without Prompt is refused",
    PROMPT("Prompt"),
    sends="a prompt without Prompt",
    parameters=_prompts(Prompt=None),
)
refused(
    "TW-CREATE-082",
    "a prompt has to say where the transcript goes",
    PROMPT("Prompt"),
    sends="a Prompt without {Transcription}",
    level=SHOULD,
    parameters=_prompts(Prompt="列出要点"),
)
taken(
    "TW-CREATE-083",
    "a prompt may be for tingwu-plus and get a chat",
    PROMPT("Model, TransType"),
    sends="a prompt with Model tingwu-plus and TransType chat",
    parameters=_prompts(Model="tingwu-plus", TransType="chat"),
)
taken(
    "TW-CREATE-084",
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
    "TW-CREATE-085",
    "up to 100 contents may be extracted",
    EXTRACTION("ExtractionContents"),
    sends="100 ExtractionContents",
    parameters=_extraction(100),
)
refused(
    "TW-CREATE-086",
    "more than 100 contents to extract are refused",
    EXTRACTION("ExtractionContents"),
    sends="101 ExtractionContents",
    level=SHOULD,
    parameters=_extraction(101),
)
taken(
    "TW-CREATE-087",
    "up to 5 identities may be looked for",
    IDENTITY("IdentityContents"),
    sends="5 IdentityContents",
    parameters=_identities(5),
)
refused(
    "TW-CREATE-088",
    "a sixth identity is refused",
    IDENTITY("IdentityContents"),
    sends="6 IdentityContents",
    level=SHOULD,
    parameters=_identities(6),
)
taken(
    "TW-CREATE-089",
    "a meeting may ask for identities without diarization, which they need",
    ASSUMED("what the service does without the diarization that identities need"),
    sends="IdentityRecognition without DiarizationEnabled",
    level=INFO,
    parameters={
        "IdentityRecognitionEnabled": True,
        "IdentityRecognition": {"IdentityContents": [{"Name": "主持人", "Description": "主持"}]},
    },
)
