"""The shapes of DashScope's result files: one case for each, all fields of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mock_tingwu.conformance import MUST, Cloud, Need, case
from mock_tingwu.conformance.catalogue import Run
from mock_tingwu.conformance.dashscope import MEETING, SALE, TEXT
from mock_tingwu.conformance.needs import SISTERS
from mock_tingwu.conformance.sources import DS_CUSTOMER, DS_GET, DS_SERVICE, Source
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

from .dashscope_agents import CARS, GENERAL, ITEMS, insights
from .dashscope_agents_profile import PROFILE, profile
from .dashscope_shapes import PLAIN, SPOKEN

#: Enough words for every kind of result, of which some take 300 characters (features and limits).
LONG: Final = f"{TEXT}\n{TEXT}"


def file(
    number: int,
    kind: str,
    fields: str,
    parameters: Mapping[str, Any],
    source: Source | None = None,
    *,
    holds: Sequence[str] | None = (),
    model: str = MEETING,
    text: str = LONG,
) -> Run:
    """A case: the result file of one kind has its shape.

    ``holds`` are the parts of it that have to be there, and one at least with something in it;
    without any it is a list with something in it, None: the schema asks for all that there is.
    """

    @case(
        f"DS-SHAPE-{number:03}",
        f"the {kind} file has its documented shape",
        sends=f"createTask model={model} with a text that {kind} is made of; its file",
        expects=fields,
        level=MUST,
        source=source or DS_GET(kind),
        operations=(f"{kind} file",),
        needs=(SISTERS[model],) if model in SISTERS else (),
        time_limit=WITH_RESULTS_S,
    )
    async def has_its_shape(cloud: Cloud) -> None:
        (made,) = await cloud.dashscope.files(parameters, kind, model=model, text=text)
        cloud.check.fits(f"dashscope/results/{kind}", made)
        if holds is not None:
            cloud.check.filled(made, *holds, what=f"the {kind} file")

    return has_its_shape


def _analysis(**asked: Any) -> dict[str, Any]:
    return {"transcription": SPOKEN, "analysis": asked}


_ENGLISH: Final = SPOKEN | {"translationEnabled": True, "translationTargetLang": ["en"]}
_SUMMARIES: Final = {
    "fullSummaryEnabled": True,
    "conversationalEnabled": True,
    "questionsAnsweringEnabled": True,
    "mindMapEnabled": True,
}
_PROMPT: Final = {"customPromptEnabled": True, "customPromptContent": "总结：{Transcription}"}

file(
    7,
    "transcription",
    "audioInfo, audioSegments, paragraphs of words",
    PLAIN,
    holds=["paragraphs"],
)
file(
    8,
    "translations",
    "paragraphs of sentences",
    {"transcription": _ENGLISH, "analysis": PLAIN["analysis"]},
    holds=["paragraphs"],
)
file(9, "autoChapters", "id, start, end, headline, summary", _analysis(autoChaptersEnabled=True))
file(
    10,
    "summarization",
    "a summary of each type, not all of them empty",
    _analysis(**_SUMMARIES),
    holds=[
        "paragraphSummary",
        "conversationalSummary",
        "questionsAnsweringSummary",
        "mindMapSummary",
    ],
)
file(
    11,
    "meetingAssistance",
    "keywords and actions, not both empty, classifications",
    _analysis(keyInformationEnabled=True, actionsEnabled=True),
    holds=["keywords", "actions"],
)
file(
    12,
    "textPolish",
    "formalParagraphText, sentenceIds, paragraphId, start, end",
    _analysis(textPolishEnabled=True),
)
file(13, "customPrompt", "name, result, truncated", _analysis(**_PROMPT))
file(
    14,
    "generalServiceInsights",
    "title, matched, remarks, matchedSentenceIds of each item",
    insights(*ITEMS),
    DS_SERVICE("generalServiceInsights"),
    holds=["generalServiceInsights"],
    model=GENERAL,
    text=SALE,
)
file(
    15,
    "generalSaleInsights",
    "matchedSum, missedSum",
    insights(*ITEMS),
    DS_SERVICE("generalSaleInsights"),
    holds=None,
    model=GENERAL,
    text=SALE,
)
file(
    16,
    "serviceInsights",
    "what generalServiceInsights has, under another name",
    insights(*ITEMS),
    DS_SERVICE("tingwu-automotive-service-insights"),
    holds=["serviceInsights"],
    model=CARS,
    text=SALE,
)
file(
    17,
    "saleInsights",
    "what generalSaleInsights has, under another name",
    insights(*ITEMS),
    DS_SERVICE("tingwu-automotive-service-insights"),
    holds=None,
    model=CARS,
    text=SALE,
)
file(
    18,
    "identityRecognition",
    "identityResults: speakerId, identity",
    profile(),
    DS_CUSTOMER("identityRecognition"),
    holds=["identityResults"],
    model=PROFILE,
    text=SALE,
)
file(
    19,
    "contentExtractions",
    "title, result, remarks, matchedSentenceIds of each content",
    profile(),
    DS_CUSTOMER("contentExtractions"),
    model=PROFILE,
    text=SALE,
)
file(
    20,
    "customerProfile",
    "customerConcerned, saleClueClassify, tryDriveIntentionEvaluation and so on",
    profile(),
    DS_CUSTOMER("customerProfile"),
    holds=None,
    model=PROFILE,
    text=SALE,
)


@case(
    "DS-SHAPE-021",
    "the pptExtraction file has its documented shape",
    sends="createTask with a video that has slides; the pptExtraction file",
    expects="availableForSummary, keyFrameList: id, start, end, fileUrl",
    level=MUST,
    source=DS_GET("pptExtraction"),
    operations=("pptExtraction file",),
    # A mock imagines the video behind this address: the kit has none of its own.
    needs=(Need.SETTINGS,),
)
async def slides(cloud: Cloud) -> None:
    url = "https://files.example.com/weekly/sync.mp4"
    data_id = await cloud.dashscope.transcribe(url, _analysis(pptExtractionEnabled=True))
    output = await cloud.dashscope.wait(data_id)
    made = await cloud.dashscope.file(output, "pptExtraction")
    cloud.check.fits("dashscope/results/pptExtraction", made)
    cloud.check.filled(made, "keyFrameList", what="the pptExtraction file")
