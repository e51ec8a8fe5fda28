"""DashScope's sister agents that judge conversations with customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.catalogue import Run
from mock_tingwu.conformance.dashscope import SALE, sentences_of
from mock_tingwu.conformance.sources import ASSUMED, DASHSCOPE_SDK, DS_SERVICE
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

CALLS = ("createTask", "getTask")
GENERAL = "tingwu-service-insights"
CARS = "tingwu-automotive-service-insights"
INSPECTION = "tingwu-automotive-service-inspection"

#: What is looked for in a sale: the first is met, the other is not.
ITEMS = (
    {"title": "欢迎语", "content": "打招呼进行欢迎", "score": "20"},
    {"title": "饮品", "content": "询问客户要不要喝咖啡", "score": "-30"},
)


def insights(*items: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an agent that judges."""
    return {"serviceInsights": {"insightsContents": list(items)}}


async def judged(cloud: Cloud) -> tuple[set[int], Any]:
    """The ids of the sentences of a sale, and what is said of each item."""
    kind = "generalServiceInsights"
    transcript, made = await cloud.dashscope.files(
        insights(*ITEMS), "transcription", kind, model=GENERAL, text=SALE
    )
    return set(sentences_of(transcript)), made[kind]


@case(
    "DS-AGENT-001",
    "service insights are made of a conversation",
    sends=f"createTask model={GENERAL} with text and insightsContents, getTask until it is done",
    expects="transcriptionPath, generalServiceInsightsPath and generalSaleInsightsPath",
    level=MUST,
    source=DS_SERVICE("getTask: output"),
    operations=CALLS,
    needs=(Need.SERVICE_INSIGHTS,),
    time_limit=WITH_RESULTS_S,
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
    operations=("generalServiceInsights file",),
    needs=(Need.SERVICE_INSIGHTS,),
    time_limit=WITH_RESULTS_S,
)
async def every_item(cloud: Cloud) -> None:
    _, found = await judged(cloud)
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
    operations=("generalServiceInsights file",),
    needs=(Need.SERVICE_INSIGHTS,),
    time_limit=WITH_RESULTS_S,
)
async def scores(cloud: Cloud) -> None:
    known, made = await judged(cloud)
    cloud.check.equal(len(made), len(ITEMS), "number of items")
    cloud.check.that(any(one["matched"] for one in made), "an item that is met", made)
    for one, item in zip(made, ITEMS, strict=True):
        cloud.check.has(one, "score", what="an item")
        expected = item["score"] if one["matched"] else "0"
        cloud.check.equal(one["score"], expected, f"score of {one['title']}")
        named = set(one["matchedSentenceIds"])
        cloud.check.equal(bool(named), one["matched"], "whether sentences are named")
        cloud.check.that(named <= known, "sentences of the transcript", named)


@case(
    "DS-AGENT-004",
    "items that are met and missed are counted",
    sends=f"createTask model={GENERAL} with two items; both files",
    expects="matchedSum and missedSum as the judged items say",
    level=MUST,
    source=DS_SERVICE("generalSaleInsights"),
    operations=("generalSaleInsights file", "generalServiceInsights file"),
    needs=(Need.SERVICE_INSIGHTS,),
    time_limit=WITH_RESULTS_S,
)
async def counted(cloud: Cloud) -> None:
    kinds = ("generalServiceInsights", "generalSaleInsights")
    made = await cloud.dashscope.files(insights(*ITEMS), *kinds, model=GENERAL, text=SALE)
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
    operations=(*CALLS, "serviceInsights file", "saleInsights file"),
    needs=(Need.AUTOMOTIVE_SERVICE_INSIGHTS,),
    time_limit=WITH_RESULTS_S,
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
    needs=(Need.AUTOMOTIVE_SERVICE_INSPECTION,),
)
async def small_appid(cloud: Cloud) -> None:
    source = {"text": SALE, "appid": cloud.site.app_of(INSPECTION)}
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
    needs=(Need.SERVICE_INSIGHTS,),
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
    needs=(Need.SERVICE_INSIGHTS, Need.OUTSIDE),
    time_limit=WITH_RESULTS_S,
)
async def recording(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(
        {"fileUrl": cloud.recording()}, insights(*ITEMS), model=GENERAL
    )
    output = await cloud.dashscope.wait(answer.output["dataId"], model=GENERAL)
    cloud.check.has(output, "generalServiceInsightsPath", what="output")


def refused(number: int, title: str, what: str, parameters: Any, level: str) -> Run:
    """A case: an agent refuses what its table does not allow."""

    @case(
        f"DS-AGENT-{number:03}",
        title,
        sends=f"createTask model={GENERAL} with {what}",
        expects="HTTP 400 InvalidParameter",
        level=level,
        source=DS_SERVICE("createTask: parameters"),
        operations=("createTask",),
        needs=(Need.SERVICE_INSIGHTS,),
        negative=True,
    )
    async def refused_case(cloud: Cloud) -> None:
        answer = await cloud.dashscope.create({"text": SALE}, parameters, model=GENERAL)
        cloud.dashscope.refused(answer, "InvalidParameter", status=400)

    return refused_case


refused(9, "more than 150 items are too many", "151 items", insights(*(ITEMS[:1] * 151)), MUST)
refused(
    10,
    "a score beyond 100 is refused",
    "score '101'",
    insights({"title": "欢迎语", "content": "欢迎", "score": "101"}),
    SHOULD,
)
refused(
    11, "an item without a title is refused", "content alone", insights({"content": "欢迎"}), SHOULD
)


@case(
    "DS-AGENT-012",
    "as many items as the table allows are taken",
    sends=f"createTask model={GENERAL} with 150 items",
    expects="HTTP 200 with a dataId",
    level=MUST,
    source=DS_SERVICE("createTask: insightsContents, up to 150"),
    operations=("createTask",),
    needs=(Need.SERVICE_INSIGHTS,),
)
async def most_items(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(
        {"text": SALE}, insights(*(ITEMS[:1] * 150)), model=GENERAL
    )
    cloud.check.has(answer.output, "dataId", what="output")


@case(
    "DS-AGENT-013",
    "one agent's task can be asked for by another's name",
    sends=f"createTask model={GENERAL}, getTask model=tingwu-meeting",
    expects="HTTP 200 with a status",
    level=INFO,
    source=ASSUMED("whether getTask looks at the model"),
    operations=("getTask",),
    needs=(Need.SERVICE_INSIGHTS,),
)
async def other_name(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"text": SALE}, insights(*ITEMS), model=GENERAL)
    answer = await cloud.dashscope.get(answer.output["dataId"])
    cloud.check.has(answer.output, "status", what="output")
