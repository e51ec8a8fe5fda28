"""The agents of the family: what each is called, makes and is asked for (dashscope-tingwu 1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

Json = dict[str, Any]


class File(Struct, frozen=True):
    """How a kind of result is shown: the member of ``output``, and the folder of its file.

    ``root`` is the one member of a file that has its content inside of it, "" for none.
    """

    path: str
    folder: str
    root: str = ""


class Agent(Struct, frozen=True):
    """One model. ``files`` are the kinds of result that it makes.

    ``check`` is the definition of the createTask schema. ``realtime``: meetings can be pushed.
    ``each_result``: a callback tells of every result, not of the transcription alone.
    """

    model: str
    check: str
    files: Mapping[str, File]
    realtime: bool = False
    each_result: bool = False


_TRANSCRIPTION: Final = File("transcriptionPath", "transcription")
#: The folders of the first and of insights are documented, the others follow them.
_MEETING: Final = {
    "Transcription": _TRANSCRIPTION,
    "Translation": File("translationsPath", "translations"),
    "AutoChapters": File("autoChaptersPath", "autoChapters"),
    "MeetingAssistance": File("meetingAssistancePath", "meetingAssistance"),
    "Summarization": File("summarizationPath", "summarization"),
    "PptExtraction": File("pptExtractionPath", "pptExtraction"),
    "TextPolish": File("textPolishPath", "textPolish"),
    "CustomPrompt": File("customPromptPath", "customPrompt"),
}
_GENERAL_INSIGHTS: Final = {
    "Transcription": _TRANSCRIPTION,
    "ServiceInsights": File("generalServiceInsightsPath", "servInspec", "generalServiceInsights"),
    "SaleInsights": File("generalSaleInsightsPath", "saleInspec", "generalSaleInsights"),
}
_CAR_INSIGHTS: Final = {
    "Transcription": _TRANSCRIPTION,
    "ServiceInsights": File("serviceInsightsPath", "servInspec", "serviceInsights"),
    "SaleInsights": File("saleInsightsPath", "saleInspec", "saleInsights"),
}
_PROFILE: Final = {
    "Transcription": _TRANSCRIPTION,
    "IdentityRecognition": File("identityRecognitionPath", "idRecog"),
    "CustomerConcerns": File("contentExtractionsPath", "conExtract"),
    "CustomerProfile": File("customerProfilePath", "customerProfile"),
}

AGENTS: Final = {
    agent.model: agent
    for agent in (
        Agent("tingwu-meeting", "offline", _MEETING, realtime=True, each_result=True),
        Agent("tingwu-service-insights", "insights", _GENERAL_INSIGHTS),
        Agent("tingwu-automotive-service-insights", "insights", _CAR_INSIGHTS),
        # Only samples of the SDKs have this one.
        Agent("tingwu-automotive-service-inspection", "insights", _CAR_INSIGHTS),
        Agent("tingwu-automotive-customer-profile", "profile", _PROFILE),
    )
}
#: The industrial agent has no calls, and nothing is made of what it hears.
INSTRUCTION: Final = Agent("tingwu-industrial-instruction", "", {"Transcription": _TRANSCRIPTION})

_USUAL_INSIGHTS: Final[Json] = {
    "serviceInsights": {
        "insightsContents": [
            {"title": "问候", "content": "一开口就向对方问好，表示欢迎", "score": "20"},
            {"title": "了解需求", "content": "询问对方需要什么、预算是多少", "score": "30"},
            {"title": "后续安排", "content": "约定下一步由谁在什么时间完成", "score": "50"},
        ]
    }
}
#: What an app does that nobody has configured: each agent shows all it can without further words.
USUAL: Final[Mapping[str, Json]] = {
    "tingwu-meeting": {
        "transcription": {"model": "cn", "diarizationEnabled": True},
        "analysis": {
            "keyInformationEnabled": True,
            "actionsEnabled": True,
            "fullSummaryEnabled": True,
            "conversationalEnabled": True,
            "questionsAnsweringEnabled": True,
            "mindMapEnabled": True,
            "autoChaptersEnabled": True,
        },
    },
    **{model: _USUAL_INSIGHTS for model, agent in AGENTS.items() if agent.check == "insights"},
    "tingwu-automotive-customer-profile": {
        "identityRecognition": {
            "identityContents": [
                {"name": "客户", "description": "询问价格、提出要求"},
                {"name": "销售", "description": "介绍产品、回答问题"},
            ]
        },
        "contentExtraction": {
            "extractionContents": [
                {"title": "价格", "content": "预算、报价、优惠", "identity": "客户"},
                {"title": "交付", "content": "什么时间可以拿到", "identity": "客户"},
                {"title": "试用", "content": "想先体验一下", "identity": "客户"},
            ]
        },
    },
}
