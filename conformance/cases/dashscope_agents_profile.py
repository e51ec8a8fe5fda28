"""DashScope's sister agent that describes a car dealer's customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_tingwu.conformance import MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.catalogue import Run
from mock_tingwu.conformance.dashscope import SALE, sentences_of
from mock_tingwu.conformance.sources import DS_CUSTOMER
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

CALLS = ("createTask", "getTask")
PROFILE = "tingwu-automotive-customer-profile"
ROLES = (
    {"name": "销售", "description": "欢迎光临，介绍车辆"},
    {"name": "客户", "description": "想买车，询问价位"},
)
CONCERNS = (
    {"title": "续航", "content": "能开多远", "identity": "客户"},
    {"title": "价位", "content": "预算、报价", "identity": "客户"},
)


def profile(
    roles: tuple[Mapping[str, Any], ...] = ROLES, concerns: tuple[Mapping[str, Any], ...] = CONCERNS
) -> dict[str, Any]:
    """The parameters of the agent that describes a customer."""
    return {
        "identityRecognition": {"identityContents": list(roles)},
        "contentExtraction": {"extractionContents": list(concerns)},
    }


async def made_of_sale(cloud: Cloud, *kinds: str) -> list[Any]:
    """The result files of these kinds of a sale."""
    return await cloud.dashscope.files(profile(), *kinds, model=PROFILE, text=SALE)


def refused(number: int, title: str, what: str, parameters: Any) -> Run:
    """A case: the agent refuses what its table does not allow."""

    @case(
        f"DS-AGENT-{number:03}",
        title,
        sends=f"createTask model={PROFILE} with {what}",
        expects="HTTP 400 InvalidParameter",
        level=MUST,
        source=DS_CUSTOMER("createTask: parameters"),
        operations=("createTask",),
        needs=(Need.AUTOMOTIVE_CUSTOMER_PROFILE,),
        negative=True,
    )
    async def refused_case(cloud: Cloud) -> None:
        answer = await cloud.dashscope.create({"text": SALE}, parameters, model=PROFILE)
        cloud.dashscope.refused(answer, "InvalidParameter", status=400)

    return refused_case


refused(
    14, "more than five roles are too many", "six identityContents", profile(roles=ROLES[:1] * 6)
)
refused(
    15,
    "more than 150 contents are too many",
    "151 extractionContents",
    profile(concerns=CONCERNS[:1] * 151),
)


@case(
    "DS-AGENT-016",
    "a customer profile is made of a conversation",
    sends=f"createTask model={PROFILE} with text, roles and contents, getTask until it is done",
    expects="identityRecognitionPath, contentExtractionsPath, customerProfilePath, transcript",
    level=MUST,
    source=DS_CUSTOMER("getTask: output"),
    operations=CALLS,
    needs=(Need.AUTOMOTIVE_CUSTOMER_PROFILE,),
    time_limit=WITH_RESULTS_S,
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
    "DS-AGENT-017",
    "every speaker of the transcript gets one of the roles",
    sends=f"createTask model={PROFILE} with two roles; identityRecognition and transcription",
    expects="identityResults: each speakerId of the transcript once, with a name of the request",
    level=MUST,
    source=DS_CUSTOMER("identityRecognition"),
    operations=("identityRecognition file",),
    needs=(Need.AUTOMOTIVE_CUSTOMER_PROFILE,),
    time_limit=WITH_RESULTS_S,
)
async def roles(cloud: Cloud) -> None:
    transcript, made = await made_of_sale(cloud, "transcription", "identityRecognition")
    found = made["identityResults"]
    speakers = sorted({part["speakerId"] for part in transcript["paragraphs"]})
    cloud.check.equal(sorted(one["speakerId"] for one in found), speakers, "speakerIds")
    names = [role["name"] for role in ROLES]
    for one in found:
        cloud.check.one_of(one["identity"], names, "identity")


@case(
    "DS-AGENT-018",
    "every content is extracted, in the order of the request",
    sends=f"createTask model={PROFILE} with two contents; the contentExtractions file",
    expects="a list of their titles in order, with ids of sentences that are there",
    level=MUST,
    source=DS_CUSTOMER("contentExtractions"),
    operations=("contentExtractions file",),
    needs=(Need.AUTOMOTIVE_CUSTOMER_PROFILE,),
    time_limit=WITH_RESULTS_S,
)
async def contents(cloud: Cloud) -> None:
    transcript, made = await made_of_sale(cloud, "transcription", "contentExtractions")
    known = set(sentences_of(transcript))
    titles = [concern["title"] for concern in CONCERNS]
    cloud.check.equal([one["title"] for one in made], titles, "titles")
    for one in made:
        named = set(one["matchedSentenceIds"])
        cloud.check.that(named <= known, "sentences of the transcript", named)


@case(
    "DS-AGENT-019",
    "a profile counts what the customer spoke of",
    sends=f"createTask model={PROFILE} with two contents; the customerProfile file",
    expects="customerConcerned and customerNotMentioned, together as many as there are contents",
    level=SHOULD,
    source=DS_CUSTOMER("customerProfile"),
    operations=("customerProfile file",),
    needs=(Need.AUTOMOTIVE_CUSTOMER_PROFILE,),
    time_limit=WITH_RESULTS_S,
)
async def profile_counts(cloud: Cloud) -> None:
    (made,) = await made_of_sale(cloud, "customerProfile")
    both = made["customerConcerned"] + made["customerNotMentioned"]
    cloud.check.equal(both, len(CONCERNS), "number of contents")


@case(
    "DS-AGENT-020",
    "a profile classifies the customer",
    sends=f"createTask model={PROFILE}; the customerProfile file",
    expects="oneSentenceSumUp, saleClueClassify and tryDriveIntentionEvaluation with evidence",
    level=MUST,
    source=DS_CUSTOMER("customerProfile"),
    operations=("customerProfile file",),
    needs=(Need.AUTOMOTIVE_CUSTOMER_PROFILE,),
    time_limit=WITH_RESULTS_S,
)
async def classified(cloud: Cloud) -> None:
    (made,) = await made_of_sale(cloud, "customerProfile")
    cloud.check.has(made, "oneSentenceSumUp", what="the file")
    cloud.check.has(made.get("saleClueClassify"), "classify", "evidence", what="saleClueClassify")
    evaluation = made.get("tryDriveIntentionEvaluation")
    cloud.check.has(evaluation, "score", "evidence", what="tryDriveIntentionEvaluation")


@case(
    "DS-AGENT-021",
    "roles may be spelled as the document's table has them",
    sends=f"createTask model={PROFILE} with Name and Description in identityContents",
    expects="HTTP 200 with a dataId",
    level=SHOULD,
    source=DS_CUSTOMER("createTask: identityContents, its table"),
    operations=("createTask",),
    needs=(Need.AUTOMOTIVE_CUSTOMER_PROFILE,),
)
async def capitals(cloud: Cloud) -> None:
    spelled = tuple({key.capitalize(): value for key, value in role.items()} for role in ROLES)
    answer = await cloud.dashscope.create({"text": SALE}, profile(roles=spelled), model=PROFILE)
    cloud.check.has(answer.output, "dataId", what="output")
