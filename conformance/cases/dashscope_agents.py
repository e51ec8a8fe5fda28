"""DashScope's sister agents: insights into conversations with customers, and customer profiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.catalogue import Run
from mock_tingwu.conformance.dashscope import RESULTS_LIMIT_S
from mock_tingwu.conformance.sources import ASSUMED, DASHSCOPE_SDK, DS_CUSTOMER, DS_SERVICE

LONG = RESULTS_LIMIT_S + 60.0
CALLS = ("createTask", "getTask")
GENERAL = "tingwu-service-insights"
CARS = "tingwu-automotive-service-insights"
INSPECTION = "tingwu-automotive-service-inspection"
PROFILE = "tingwu-automotive-customer-profile"

#: A sale: one item of `ITEMS` is met, the other is not.
SALE = "\n".join(
    (
        "何敏: 您好，欢迎光临，后备箱特别大。",
        "罗宁: 我想买一辆车，价位二十万左右。",
        "何敏: 这款续航六百公里，要不要试驾？",
        "罗宁: 续航真有六百公里吗，我想试驾一下。",
    )
)
ITEMS = (
    {"title": "欢迎语", "content": "打招呼进行欢迎", "score": "20"},
    {"title": "饮品", "content": "询问客户要不要喝咖啡", "score": "-30"},
)
ROLES = (
    {"name": "销售", "description": "欢迎光临，介绍车辆"},
    {"name": "客户", "description": "想买车，询问价位"},
)
CONCERNS = (
    {"title": "续航", "content": "能开多远", "identity": "客户"},
    {"title": "价位", "content": "预算、报价", "identity": "客户"},
)


def insights(*items: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an agent that judges."""
    return {"serviceInsights": {"insightsContents": list(items)}}


def profile(
    roles: tuple[Mapping[str, Any], ...] = ROLES, concerns: tuple[Mapping[str, Any], ...] = CONCERNS
) -> dict[str, Any]:
    """The parameters of the agent that describes a customer."""
    return {
        "identityRecognition": {"identityContents": list(roles)},
        "contentExtraction": {"extractionContents": list(concerns)},
    }


async def judged(
    cloud: Cloud, model: str, kind: str, parameters: Mapping[str, Any]
) -> tuple[set[int], Any]:
    """The ids of the sentences of the sale, and the file of this kind."""
    _, output = await cloud.dashscope.converse(parameters, model=model, text=SALE)
    cloud.check.has(output, "transcriptionPath", f"{kind}Path", what="output")
    transcript = await cloud.dashscope.file(output, "transcription")
    words = [word for part in transcript["paragraphs"] for word in part["words"]]
    made = await cloud.dashscope.file(output, kind)
    return {word["sentenceId"] for word in words}, made


@case(
    "DS-AGENT-001",
    "service insights are made of a conversation",
    sends=f"createTask model={GENERAL} with text and insightsContents, getTask until it is done",
    expects="transcriptionPath, generalServiceInsightsPath and generalSaleInsightsPath",
    level=MUST,
    source=DS_SERVICE("getTask: output"),
    operations=CALLS,
    time_limit=LONG,
)
async def general_paths(cloud: Cloud) -> None:
    _, output = await cloud.dashscope.converse(insights(*ITEMS), model=GENERAL, text=SALE)
    paths = ("transcriptionPath", "generalServiceInsightsPath", "generalSaleInsightsPath")
    for path in paths:
        cloud.check.matches(output.get(path), "https?://.+", path)


@case(
    "DS-AGENT-002",
    "every item is judged, in the order of the request",
    sends=f"createTask model={GENERAL} with two items; the generalServiceInsights file",
    expects="their titles in order, each with matched, remarks and matchedSentenceIds",
    level=MUST,
    source=DS_SERVICE("generalServiceInsights"),
    operations=("GeneralServiceInsights file",),
    time_limit=LONG,
)
async def every_item(cloud: Cloud) -> None:
    _, made = await judged(cloud, GENERAL, "generalServiceInsights", insights(*ITEMS))
    found = made["generalServiceInsights"]
    titles = [item["title"] for item in ITEMS]
    cloud.check.equal([one["title"] for one in found], titles, "titles")
    for one in found:
        cloud.check.that(isinstance(one["matched"], bool), "matched", one)
        cloud.check.has(one, "remarks", "matchedSentenceIds", what="an item")


@case(
    "DS-AGENT-003",
    "an item that is met names sentences of the transcript and has its score",
    sends=f"createTask model={GENERAL} with an item that is met and one that is not",
    expects="matched with the score of the request and ids that are there; 0 where not matched",
    level=MUST,
    source=DS_SERVICE("generalServiceInsights: score, matchedSentenceIds"),
    operations=("GeneralServiceInsights file",),
    time_limit=LONG,
)
async def scores(cloud: Cloud) -> None:
    known, made = await judged(cloud, GENERAL, "generalServiceInsights", insights(*ITEMS))
    for one, item in zip(made["generalServiceInsights"], ITEMS, strict=True):
        expected = item["score"] if one["matched"] else "0"
        cloud.check.equal(one["score"], expected, f"score of {one['title']}")
        named = set(one["matchedSentenceIds"])
        cloud.check.that(named <= known, "sentences of the transcript", named)


@case(
    "DS-AGENT-004",
    "items that are met and missed are counted",
    sends=f"createTask model={GENERAL} with two items; both files",
    expects="matchedSum and missedSum as the judged items say",
    level=MUST,
    source=DS_SERVICE("generalSaleInsights"),
    operations=("GeneralSaleInsights file", "GeneralServiceInsights file"),
    time_limit=LONG,
)
async def counted(cloud: Cloud) -> None:
    parameters = insights(*ITEMS)
    _, output = await cloud.dashscope.converse(parameters, model=GENERAL, text=SALE)
    kinds = ("generalServiceInsights", "generalSaleInsights")
    cloud.check.has(output, *(f"{kind}Path" for kind in kinds), what="output")
    made = [await cloud.dashscope.file(output, kind) for kind in kinds]
    items, count = made[0][kinds[0]], made[1][kinds[1]]
    met = sum(one["matched"] for one in items)
    cloud.check.equal(count["matchedSum"], met, "matchedSum")
    cloud.check.equal(count["missedSum"], len(items) - met, "missedSum")


@case(
    "DS-AGENT-005",
    "the agent for car dealers names its results without general",
    sends=f"createTask model={CARS} with text and two items; both files",
    expects="serviceInsightsPath with the items, saleInsightsPath with their count",
    level=MUST,
    source=DS_SERVICE("tingwu-automotive-service-insights"),
    operations=(*CALLS, "ServiceInsights file", "SaleInsights file"),
    time_limit=LONG,
)
async def car_insights(cloud: Cloud) -> None:
    _, output = await cloud.dashscope.converse(insights(*ITEMS), model=CARS, text=SALE)
    cloud.check.has(output, "serviceInsightsPath", "saleInsightsPath", what="output")
    made = await cloud.dashscope.file(output, "serviceInsights")
    titles = [item["title"] for item in ITEMS]
    cloud.check.equal([one["title"] for one in made["serviceInsights"]], titles, "titles")
    count = (await cloud.dashscope.file(output, "saleInsights"))["saleInsights"]
    cloud.check.equal(count["matchedSum"] + count["missedSum"], len(ITEMS), "number of items")


@case(
    "DS-AGENT-006",
    "an SDK's sample for inspections writes appid in small letters",
    sends=f"createTask model={INSPECTION} with appid in place of appId",
    expects="HTTP 200 with a dataId",
    level=SHOULD,
    source=DASHSCOPE_SDK("sample of tingwu-automotive-service-inspection"),
    operations=CALLS,
)
async def small_appid(cloud: Cloud) -> None:
    source = {"text": SALE, "appid": cloud.site.app_id}
    answer = await cloud.dashscope.create(source, insights(*ITEMS), model=INSPECTION, app_id=None)
    cloud.check.has(answer.output, "dataId", what="output")


@case(
    "DS-AGENT-007",
    "the sister agents need no type",
    sends=f"createTask model={GENERAL} with text and without type",
    expects="HTTP 200 with a dataId",
    level=MUST,
    source=DS_SERVICE("createTask: input"),
    operations=("createTask",),
)
async def no_type(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"text": SALE}, insights(*ITEMS), model=GENERAL)
    cloud.check.has(answer.output, "dataId", what="output")


@case(
    "DS-AGENT-008",
    "a recording is judged as a text is",
    sends=f"createTask model={GENERAL} with fileUrl, getTask until it is done",
    expects="generalServiceInsightsPath",
    level=MUST,
    source=DS_SERVICE("createTask: input.fileUrl"),
    operations=CALLS,
    needs=(Need.OUTSIDE,),
    time_limit=LONG,
)
async def recording(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(
        {"fileUrl": cloud.recording()}, insights(*ITEMS), model=GENERAL
    )
    output = await cloud.dashscope.wait(answer.output["dataId"], model=GENERAL)
    cloud.check.has(output, "generalServiceInsightsPath", what="output")


def refused(number: int, title: str, model: str, parameters: Any, level: str) -> Run:
    """A case: an agent refuses what its table does not allow."""
    page = DS_CUSTOMER if model == PROFILE else DS_SERVICE

    @case(
        f"DS-AGENT-{number:03}",
        title,
        sends=f"createTask model={model} with such parameters",
        expects="HTTP 400 InvalidParameter",
        level=level,
        source=page("createTask: parameters"),
        operations=("createTask",),
        negative=True,
    )
    async def refused_case(cloud: Cloud) -> None:
        answer = await cloud.dashscope.create({"text": SALE}, parameters, model=model)
        cloud.dashscope.refused(answer, "InvalidParameter", status=400)

    return refused_case


refused(9, "more than 150 items are too many", GENERAL, insights(*(ITEMS[:1] * 151)), MUST)
refused(
    10,
    "a score beyond 100 is refused",
    GENERAL,
    insights({"title": "欢迎语", "content": "欢迎", "score": "101"}),
    SHOULD,
)
refused(11, "an item without a title is refused", GENERAL, insights({"content": "欢迎"}), SHOULD)
refused(12, "more than five roles are too many", PROFILE, profile(roles=ROLES[:1] * 6), MUST)
refused(
    13, "more than 150 contents are too many", PROFILE, profile(concerns=CONCERNS[:1] * 151), MUST
)


@case(
    "DS-AGENT-014",
    "as many items as the table allows are judged",
    sends=f"createTask model={GENERAL} with 150 items",
    expects="HTTP 200 with a dataId",
    level=MUST,
    source=DS_SERVICE("createTask: insightsContents, up to 150"),
    operations=("createTask",),
)
async def most_items(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(
        {"text": SALE}, insights(*(ITEMS[:1] * 150)), model=GENERAL
    )
    cloud.check.has(answer.output, "dataId", what="output")


@case(
    "DS-AGENT-015",
    "a customer profile is made of a conversation",
    sends=f"createTask model={PROFILE} with text, roles and contents, getTask until it is done",
    expects="identityRecognitionPath, contentExtractionsPath, customerProfilePath, transcript",
    level=MUST,
    source=DS_CUSTOMER("getTask: output"),
    operations=CALLS,
    time_limit=LONG,
)
async def profile_paths(cloud: Cloud) -> None:
    _, output = await cloud.dashscope.converse(profile(), model=PROFILE, text=SALE)
    for path in (
        "identityRecognitionPath",
        "contentExtractionsPath",
        "customerProfilePath",
        "transcriptionPath",
    ):
        cloud.check.matches(output.get(path), "https?://.+", path)


@case(
    "DS-AGENT-016",
    "every speaker of the transcript gets one of the roles",
    sends=f"createTask model={PROFILE} with two roles; identityRecognition and transcription",
    expects="identityResults: each speakerId of the transcript once, with a name of the request",
    level=MUST,
    source=DS_CUSTOMER("identityRecognition"),
    operations=("IdentityRecognition file",),
    time_limit=LONG,
)
async def roles(cloud: Cloud) -> None:
    _, output = await cloud.dashscope.converse(profile(), model=PROFILE, text=SALE)
    cloud.check.has(output, "identityRecognitionPath", "transcriptionPath", what="output")
    transcript = await cloud.dashscope.file(output, "transcription")
    made = await cloud.dashscope.file(output, "identityRecognition")
    found = made["identityResults"]
    speakers = sorted({part["speakerId"] for part in transcript["paragraphs"]})
    cloud.check.equal(sorted(one["speakerId"] for one in found), speakers, "speakerIds")
    names = [role["name"] for role in ROLES]
    for one in found:
        cloud.check.one_of(one["identity"], names, "identity")


@case(
    "DS-AGENT-017",
    "every content is extracted, in the order of the request",
    sends=f"createTask model={PROFILE} with two contents; the contentExtractions file",
    expects="a list of their titles in order, with ids of sentences that are there",
    level=MUST,
    source=DS_CUSTOMER("contentExtractions"),
    operations=("ContentExtractions file",),
    time_limit=LONG,
)
async def contents(cloud: Cloud) -> None:
    known, made = await judged(cloud, PROFILE, "contentExtractions", profile())
    titles = [concern["title"] for concern in CONCERNS]
    cloud.check.equal([one["title"] for one in made], titles, "titles")
    for one in made:
        named = set(one["matchedSentenceIds"])
        cloud.check.that(named <= known, "sentences of the transcript", named)


@case(
    "DS-AGENT-018",
    "a profile counts what the customer spoke of",
    sends=f"createTask model={PROFILE} with two contents; the customerProfile file",
    expects="customerConcerned and customerNotMentioned, together as many as there are contents",
    level=SHOULD,
    source=DS_CUSTOMER("customerProfile"),
    operations=("CustomerProfile file",),
    time_limit=LONG,
)
async def profile_counts(cloud: Cloud) -> None:
    _, made = await judged(cloud, PROFILE, "customerProfile", profile())
    both = made["customerConcerned"] + made["customerNotMentioned"]
    cloud.check.equal(both, len(CONCERNS), "number of contents")


@case(
    "DS-AGENT-019",
    "a profile classifies the customer",
    sends=f"createTask model={PROFILE}; the customerProfile file",
    expects="oneSentenceSumUp, saleClueClassify and tryDriveIntentionEvaluation with evidence",
    level=MUST,
    source=DS_CUSTOMER("customerProfile"),
    operations=("CustomerProfile file",),
    time_limit=LONG,
)
async def classified(cloud: Cloud) -> None:
    _, made = await judged(cloud, PROFILE, "customerProfile", profile())
    cloud.check.has(made, "oneSentenceSumUp", what="the file")
    cloud.check.has(made.get("saleClueClassify"), "classify", "evidence", what="saleClueClassify")
    evaluation = made.get("tryDriveIntentionEvaluation")
    cloud.check.has(evaluation, "score", "evidence", what="tryDriveIntentionEvaluation")


@case(
    "DS-AGENT-020",
    "roles may be spelled as the document's table has them",
    sends=f"createTask model={PROFILE} with Name and Description in identityContents",
    expects="HTTP 200 with a dataId",
    level=SHOULD,
    source=DS_CUSTOMER("createTask: identityContents, its table"),
    operations=("createTask",),
)
async def capitals(cloud: Cloud) -> None:
    spelled = tuple({key.capitalize(): value for key, value in role.items()} for role in ROLES)
    answer = await cloud.dashscope.create({"text": SALE}, profile(roles=spelled), model=PROFILE)
    cloud.check.has(answer.output, "dataId", what="output")


@case(
    "DS-AGENT-021",
    "one agent's task can be asked for by another's name",
    sends=f"createTask model={GENERAL}, getTask model=tingwu-meeting",
    expects="HTTP 200 with a status",
    level=INFO,
    source=ASSUMED("whether getTask looks at the model"),
    operations=("getTask",),
)
async def other_name(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"text": SALE}, insights(*ITEMS), model=GENERAL)
    answer = await cloud.dashscope.get(answer.output["dataId"])
    cloud.check.has(answer.output, "status", what="output")
