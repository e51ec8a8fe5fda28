"""Mutants whose sister agents of DashScope are not as documented."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from msgspec.structs import replace

from mock_tingwu.conformance.agent_mutants import overlooking, refusing, showing
from mock_tingwu.conformance.mutants import Body, answers, mutant, patched_item, without
from mock_tingwu.services.dashscope.agents import AGENTS

AREA = "DS-AGENT"
_GENERAL = "tingwu-service-insights"
_CARS = "tingwu-automotive-service-insights"
_ITEMS = "/parameters/serviceInsights/insightsContents"
_ROLES = "/parameters/identityRecognition/identityContents"
_CONTENTS = "/parameters/contentExtraction/extractionContents"


@mutant(
    "the general agent names its results as the car dealers' does",
    area=AREA,
    caught_by=["DS-AGENT-001", "DS-AGENT-002", "DS-AGENT-004", "DS-AGENT-008"],
)
def ds_general_is_for_cars() -> AbstractContextManager[None]:
    agent = replace(AGENTS[_GENERAL], files=AGENTS[_CARS].files)
    return patched_item(AGENTS, _GENERAL, agent)


@mutant(
    "the car dealers' agent names its results as the general one does",
    area=AREA,
    caught_by=["DS-AGENT-005"],
)
def ds_cars_are_general() -> AbstractContextManager[None]:
    return patched_item(AGENTS, _CARS, replace(AGENTS[_CARS], files=AGENTS[_GENERAL].files))


def _inside(made: Any, change: Any) -> Any:
    """Change what is in the one member of a file."""
    ((root, content),) = made.items()
    return {root: change(content)}


@mutant("items are judged last first", area=AREA, caught_by=["DS-AGENT-002", "DS-AGENT-005"])
def ds_items_backwards() -> AbstractContextManager[None]:
    return showing("ServiceInsights", lambda made: _inside(made, lambda items: items[::-1]))


@mutant("an item that is met has no points", area=AREA, caught_by=["DS-AGENT-003"])
def ds_no_points() -> AbstractContextManager[None]:
    return showing(
        "ServiceInsights",
        lambda made: _inside(made, lambda items: [one | {"score": "0"} for one in items]),
    )


@mutant("items name sentences that are none", area=AREA, caught_by=["DS-AGENT-003"])
def ds_sentences_of_nowhere() -> AbstractContextManager[None]:
    return showing(
        "ServiceInsights",
        lambda made: _inside(
            made, lambda items: [one | {"matchedSentenceIds": [999]} for one in items]
        ),
    )


@mutant("every item is counted as met", area=AREA, caught_by=["DS-AGENT-004"])
def ds_all_are_met() -> AbstractContextManager[None]:
    def count(sums: Any) -> Any:
        return {"matchedSum": sums["matchedSum"] + sums["missedSum"], "missedSum": 0}

    return showing("SaleInsights", lambda made: _inside(made, count))


@mutant("every agent needs a type", area=AREA, caught_by=["DS-AGENT-007"])
def ds_type_is_needed() -> AbstractContextManager[None]:
    return refusing(
        lambda body: body["input"]["task"] == "createTask" and "type" not in body["input"]
    )


@mutant("appId is read as the documents spell it only", area=AREA, caught_by=["DS-AGENT-006"])
def ds_one_spelling() -> AbstractContextManager[None]:
    return refusing(lambda body: "appid" in body["input"])


@mutant("sister agents take no recordings", area=AREA, caught_by=["DS-AGENT-008"])
def ds_no_recordings() -> AbstractContextManager[None]:
    return refusing(lambda body: body["model"] != "tingwu-meeting" and "fileUrl" in body["input"])


@mutant(
    "lists of items may be as long as one likes",
    area=AREA,
    caught_by=["DS-AGENT-009", "DS-AGENT-014", "DS-AGENT-015"],
)
def ds_endless_lists() -> AbstractContextManager[None]:
    return overlooking(_ITEMS, _ROLES, _CONTENTS)


@mutant("what an item has is not looked at", area=AREA, caught_by=["DS-AGENT-010"])
def ds_any_score() -> AbstractContextManager[None]:
    return overlooking(f"{_ITEMS}/0/score")


@mutant("a hundred items are too many", area=AREA, caught_by=["DS-AGENT-012"])
def ds_a_hundred_items() -> AbstractContextManager[None]:
    def too_many(body: Body) -> bool:
        section = body.get("parameters", {}).get("serviceInsights", {})
        return len(section.get("insightsContents", ())) > 100

    return refusing(too_many)


@mutant("a customer is not described", area=AREA, caught_by=["DS-AGENT-016", "DS-AGENT-019"])
def ds_no_profile() -> AbstractContextManager[None]:
    return answers("getTask", without("output", "customerProfilePath"))


@mutant("only one speaker has a role", area=AREA, caught_by=["DS-AGENT-017"])
def ds_one_role() -> AbstractContextManager[None]:
    return showing("IdentityRecognition", lambda made: _inside(made, lambda found: found[:1]))


@mutant("roles are numbered", area=AREA, caught_by=["DS-AGENT-017"])
def ds_numbered_roles() -> AbstractContextManager[None]:
    return showing(
        "IdentityRecognition",
        lambda made: _inside(made, lambda found: [one | {"identity": "0"} for one in found]),
    )


@mutant("contents of which nothing was said are left out", area=AREA, caught_by=["DS-AGENT-018"])
def ds_contents_are_left_out() -> AbstractContextManager[None]:
    return showing("CustomerConcerns", lambda made: made[:1])


@mutant("a customer is not classified", area=AREA, caught_by=["DS-AGENT-020"])
def ds_no_class() -> AbstractContextManager[None]:
    def change(made: Any) -> Any:
        return {name: value for name, value in made.items() if name != "saleClueClassify"}

    return showing("CustomerProfile", change)
