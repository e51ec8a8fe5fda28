"""The shapes of DashScope's answers and result files: one case for each, all fields of it.

Other cases look at what they are about, and only note where a shape is otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from mock_tingwu.conformance import MUST, Cloud, Need, case
from mock_tingwu.conformance.catalogue import Run
from mock_tingwu.conformance.dashscope import (
    DONE,
    FAILED,
    MEETING,
    RUNNING,
    SALE,
    TEXT,
    TRANSCRIBING,
)
from mock_tingwu.conformance.needs import SISTERS
from mock_tingwu.conformance.sources import (
    DS_CALLBACKS,
    DS_CUSTOMER,
    DS_ERRORS,
    DS_GET,
    DS_OFFLINE,
    DS_REALTIME,
    DS_SERVICE,
    DS_TOKENS,
    Source,
)
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

from .dashscope_agents import CARS, GENERAL, ITEMS, insights
from .dashscope_agents_profile import PROFILE, profile

CREATE = ("createTask",)
GET = ("getTask",)
OUTSIDE = (Need.OUTSIDE,)
PLAIN: Final = {"transcription": {"model": "cn"}, "analysis": {"keyInformationEnabled": False}}
#: Enough words for every kind of result, of which some take 300 characters (features and limits).
LONG: Final = f"{TEXT}\n{TEXT}"
SPOKEN: Final = {"model": "cn", "diarizationEnabled": True}

# Tasks


@case(
    "DS-SHAPE-001",
    "the answer to a new task has its documented shape",
    sends="createTask type=offline with text, all of whose answer is looked at",
    expects="output with dataId, usage, request_id",
    level=MUST,
    source=DS_OFFLINE("response"),
    operations=CREATE,
)
async def new_task(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"type": "offline", "text": TEXT}, PLAIN)
    cloud.check.fits("dashscope/create-task-response", answer.body)


@case(
    "DS-SHAPE-002",
    "the answer to a new meeting has its documented shape",
    sends="createTask type=realtime, all of whose answer is looked at",
    expects="output with dataId and status, usage, request_id",
    level=MUST,
    source=DS_REALTIME("response"),
    operations=CREATE,
)
async def new_meeting(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(cloud.dashscope.meeting(), PLAIN)
    cloud.check.fits("dashscope/create-task-response", answer.body)


async def _fits(cloud: Cloud, data_id: str, statuses: Collection[int], *paths: str) -> None:
    answer = await cloud.dashscope.get(data_id)
    cloud.check.has(answer.output, "status", *paths, what="output")
    cloud.check.one_of(answer.output["status"], statuses, "status")
    cloud.check.fits("dashscope/get-task-response", answer.body)


@case(
    "DS-SHAPE-003",
    "getTask of a task that is done has its documented shape",
    sends="createTask with text, fullSummaryEnabled and autoChaptersEnabled; getTask at status 0",
    expects="output with status and the paths of results, usage, request_id",
    level=MUST,
    source=DS_GET("response"),
    operations=GET,
    time_limit=WITH_RESULTS_S,
)
async def done(cloud: Cloud) -> None:
    analysis = {"fullSummaryEnabled": True, "autoChaptersEnabled": True}
    parameters = {"transcription": SPOKEN, "analysis": analysis}
    data_id, _ = await cloud.dashscope.converse(parameters)
    await _fits(cloud, data_id, (DONE,), "summarizationPath", "autoChaptersPath")


@case(
    "DS-SHAPE-004",
    "getTask of a task that runs has its documented shape",
    sends="createTask with a recording; getTask at once",
    expects="output with status 1, usage, request_id",
    level=MUST,
    source=DS_GET("response"),
    operations=GET,
    needs=OUTSIDE,
)
async def running(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.transcribe(cloud.recording(), PLAIN)
    await _fits(cloud, data_id, (RUNNING,))


@case(
    "DS-SHAPE-005",
    "getTask of a task that has failed has its documented shape",
    sends="createTask with a link to nothing; getTask at status 2",
    expects="output with status, errorCode and errorMessage, usage, request_id",
    level=MUST,
    source=DS_GET("output.errorCode, output.errorMessage"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def failed(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.transcribe(cloud.recording(status=404), PLAIN)
    await cloud.dashscope.wait(data_id, FAILED)
    await _fits(cloud, data_id, (FAILED,))


@case(
    "DS-SHAPE-006",
    "getTask of a meeting has its documented shape",
    sends="createTask type=realtime; getTask while nobody has ended it",
    expects="output with status 1 or 3, usage, request_id",
    level=MUST,
    source=DS_GET("response"),
    operations=GET,
)
async def transcribing(cloud: Cloud) -> None:
    # That it is transcribed (3) is documented of createTask, that it runs (1) of getTask.
    await _fits(cloud, await cloud.dashscope.start(PLAIN), (RUNNING, TRANSCRIBING))


# Result files


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


# The rest


@case(
    "DS-SHAPE-022",
    "a refusal has the shape of errors",
    sends="createTask type=realtime without format, all of the refusal",
    expects="code, message, request_id",
    level=MUST,
    source=DS_ERRORS("code, message, request_id"),
    operations=CREATE,
    negative=True,
)
async def refused(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(cloud.dashscope.meeting(format=None))
    cloud.check.fits("dashscope/error-response", answer.body)


@case(
    "DS-SHAPE-023",
    "the answer with a temporary key has its documented shape",
    sends="POST /api/v1/tokens, all of whose answer is looked at",
    expects="token, expires_at",
    level=MUST,
    source=DS_TOKENS("response"),
    operations=("createToken",),
)
async def token(cloud: Cloud) -> None:
    answer = await cloud.dashscope.token(60)
    cloud.check.fits("dashscope/token-response", answer.body)


@case(
    "DS-SHAPE-024",
    "a callback has its documented shape",
    sends="createTask with text; the callbacks about it, all of their bodies",
    expects="what getTask answers, about this task",
    level=MUST,
    source=DS_CALLBACKS("body"),
    operations=("DashScope callback",),
    needs=(Need.CALLBACK,),
    time_limit=WITH_RESULTS_S,
)
async def callback(cloud: Cloud) -> None:
    data_id, _ = await cloud.dashscope.converse(PLAIN)
    for arrived in await cloud.dashscope.told(data_id, 1):
        cloud.check.fits("dashscope/callback", arrived.body)
