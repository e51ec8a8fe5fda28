"""The sister agents: service insights and customer profiles (dashscope-tingwu 9)."""

from __future__ import annotations

from typing import Any

import pytest

from mock_tingwu import MockTingwu
from tests.dashscope.helpers import (
    AUDIO,
    IMAGINED,
    Json,
    asked,
    body_of,
    call,
    create,
    done,
    error,
    finished,
    get,
    paths,
    query,
    result,
    said,
    why,
)

GENERAL = "tingwu-service-insights"
CARS = "tingwu-automotive-service-insights"
INSPECTION = "tingwu-automotive-service-inspection"
PROFILE = "tingwu-automotive-customer-profile"
#: Where each agent has its insights: path and root of the judged items, and of their count.
PLACES = {
    GENERAL: ("generalServiceInsights", "generalSaleInsights"),
    CARS: ("serviceInsights", "saleInsights"),
    INSPECTION: ("serviceInsights", "saleInsights"),
}
SALE = "\n".join(
    (
        "何敏: 您好，欢迎光临，后备箱特别大。",
        "罗宁: 我想买一辆车，价位二十万左右。",
        "何敏: 这款续航六百公里，要不要试驾？",
        "罗宁: 续航真有六百公里吗，我想试驾一下。",
    )
)
REFUSED = (400, "InvalidParameter", "Invalid parameter. Please refer to the official documents.")


@pytest.fixture
def mock(reused: MockTingwu) -> MockTingwu:
    return reused


def item(title: Any = "续航", content: Any = "", **score: Any) -> Json:
    return {"title": title, "content": content, **score}


def judging(*items: Any) -> Json:
    return {"serviceInsights": {"insightsContents": list(items)}}


def judged(mock: MockTingwu, parameters: Json | None, model: str = GENERAL) -> tuple[Any, Any]:
    """The items of a sale and their count, without their roots."""
    output = done(mock, parameters, model=model, text=SALE)
    assert output["status"] == 0
    items, count = PLACES[model]
    judged, counted = result(output, f"{items}Path"), result(output, f"{count}Path")
    assert (list(judged), list(counted)) == ([items], [count])
    return judged[items], counted[count]


# Insights


@pytest.mark.parametrize("model", PLACES)
@pytest.mark.parametrize("source", ["fileUrl", "text", "dataId"])
def test_an_agent_names_its_results_in_its_own_way_whatever_it_works_on(
    mock: MockTingwu, model: str, source: str
) -> None:
    given = {"fileUrl": IMAGINED, "text": SALE, "dataId": ""}[source]
    if source == "dataId":
        given = create(mock, {"transcription": {"model": "cn"}})
        finished(mock, given)
    data_id = create(mock, judging(item()), model=model, type=None, **{source: given})
    assert get(mock, data_id)["status"] == 1
    output = finished(mock, data_id)
    assert output["status"] == 0
    assert paths(output) == {"transcriptionPath", *(f"{name}Path" for name in PLACES[model])}
    assert list(output) == sorted(output)
    assert ("playbackUrl" in output) is (source != "text")
    assert query(mock, data_id, model).json()["output"].keys() == output.keys()
    for name in PLACES[model]:
        assert list(result(output, f"{name}Path")) == [name]


def test_the_files_of_insights_are_where_the_samples_have_them(mock: MockTingwu) -> None:
    output = done(mock, model=GENERAL)
    assert "/CommonDataField/servInspec/" in output["generalServiceInsightsPath"]
    assert "/CommonDataField/saleInspec/" in output["generalSaleInsightsPath"]


def test_items_are_found_in_what_was_said_and_have_their_score(mock: MockTingwu) -> None:
    contents = [item("欢迎语", "打招呼进行欢迎", score="20"), item("饮品", "咖啡", score="-30")]
    items, count = judged(mock, judging(*contents, item("续航")))
    keys = ["matched", "matchedSentenceIds", "remarks", "score", "title"]
    assert [list(one) for one in items] == [keys, keys, [key for key in keys if key != "score"]]
    assert [one["title"] for one in items] == ["欢迎语", "饮品", "续航"]
    assert [one["matched"] for one in items] == [True, False, True]
    assert [one["matchedSentenceIds"] for one in items] == [[1], [], [3, 4]]
    assert [one.get("score") for one in items] == ["20", "0", None]
    assert count == {"matchedSum": 2, "missedSum": 1}


@pytest.mark.parametrize(
    ("score", "shown"),
    [
        ("100", "100"),
        ("-100", "-100"),
        ("0", "0"),
        ("+20", "20"),
        ("05", "5"),
        ("20.0", "20"),
        (20, "20"),
        (-30.0, "-30"),
        ("12.7", "13"),
        (1e-7, "0"),
        ("-0", "0"),
    ],
)
def test_a_score_is_shown_as_a_whole_number(mock: MockTingwu, score: Any, shown: str) -> None:
    items, _ = judged(mock, judging(item(score=score)))
    assert (items[0]["matched"], items[0]["score"]) == (True, shown)


@pytest.mark.parametrize("score", ["101", "-101", 101, -100.5, "", "many", "1e1", True, [5]])
def test_a_score_out_of_range_is_refused(mock: MockTingwu, score: Any) -> None:
    answer = asked(mock, judging(item(score=score)), model=GENERAL)
    assert error(answer) == REFUSED
    assert "/insightsContents/0/score" in why(mock, answer)


def test_up_to_150_items_are_judged(mock: MockTingwu) -> None:
    items, count = judged(mock, judging(*(item(f"第{n}项") for n in range(150))))
    assert [one["title"] for one in items] == [f"第{n}项" for n in range(150)]
    assert count["matchedSum"] + count["missedSum"] == 150
    answer = asked(mock, judging(*[item()] * 151), model=GENERAL)
    assert error(answer) == REFUSED
    assert "insightsContents" in why(mock, answer)


@pytest.mark.parametrize("parameters", [judging(), {"serviceInsights": {}}])
def test_no_items_are_judged_where_none_are_given(mock: MockTingwu, parameters: Json) -> None:
    assert judged(mock, parameters) == ([], {"matchedSum": 0, "missedSum": 0})


@pytest.mark.parametrize("model", PLACES)
def test_without_parameters_the_usual_items_are_judged(mock: MockTingwu, model: str) -> None:
    items, count = judged(mock, None, model)
    assert len(items) == count["matchedSum"] + count["missedSum"] == 3


@pytest.mark.parametrize(
    ("parameters", "place"),
    [
        (judging({"title": "x"}), "/insightsContents/0/content"),
        (judging({"content": "x"}), "/insightsContents/0/title"),
        (judging(item(), item(5)), "/insightsContents/1/title"),
        (judging("x"), "/insightsContents/0"),
        ({"serviceInsights": []}, "/parameters/serviceInsights"),
        ({"serviceInsights": {"insightsContents": {}}}, "/insightsContents"),
    ],
)
def test_items_that_are_none_are_refused(mock: MockTingwu, parameters: Any, place: str) -> None:
    answer = asked(mock, parameters, model=CARS)
    assert error(answer) == REFUSED
    assert f"{place}:" in why(mock, answer)


def test_the_parameters_of_another_agent_are_ignored(mock: MockTingwu) -> None:
    foreign = {"transcription": {"model": "klingon"}, "analysis": {"textPolishEnabled": True}}
    items, _ = judged(mock, judging(item()) | foreign)
    assert len(items) == 1


def test_samples_of_one_agent_spell_the_app_small(mock: MockTingwu) -> None:
    body = body_of(judging(item()), model=INSPECTION, appId=None, appid="tw_small", type=None)
    answer = call(mock, body)
    assert answer.status_code == 200, answer.text
    (task,) = mock.call(lambda: list(mock._server.world.default.tasks.values()))
    assert task.app_key == "tw_small"
    # Who writes both means the documented one.
    assert asked(mock, model=INSPECTION, appId="", appid="tw_small").status_code == 400


# Profiles


def profiling(roles: list[Json] | None = None, concerns: list[Json] | None = None) -> Json:
    return {
        "identityRecognition": {"identityContents": roles or []},
        "contentExtraction": {"extractionContents": concerns or []},
    }


ROLES = [
    {"name": "销售", "description": "欢迎光临，介绍车辆"},
    {"name": "客户", "description": "想买车，询问价位"},
]
CONCERNS = [
    {"title": "续航", "content": "", "identity": "客户"},
    {"title": "后备箱", "content": "", "identity": "客户"},
    {"title": "价位", "content": "", "identity": "客户"},
]


def profiled(mock: MockTingwu, parameters: Json | None, **source: Any) -> tuple[Any, Any, Any]:
    """Identities, extracted contents and profile of a sale."""
    output = done(mock, parameters, model=PROFILE, **({"text": SALE} | source))
    names = ("identityRecognitionPath", "contentExtractionsPath", "customerProfilePath")
    assert paths(output) == {"transcriptionPath", *names}
    identities, contents, profile = (result(output, name) for name in names)
    return identities, contents, profile


@pytest.mark.parametrize("capitals", [False, True])
def test_a_customer_is_described_by_what_the_customer_said(
    mock: MockTingwu, capitals: bool
) -> None:
    roles = ROLES
    if capitals:  # as the table of the page spells them
        roles = [{name.capitalize(): value for name, value in role.items()} for role in ROLES]
    identities, contents, profile = profiled(mock, profiling(roles, CONCERNS))
    assert identities == {
        "identityResults": [
            {"identity": "销售", "speakerId": "1"},
            {"identity": "客户", "speakerId": "2"},
        ]
    }
    assert [list(one) for one in contents] == [
        ["matchedSentenceIds", "remarks", "result", "title"]
    ] * 3
    assert [one["title"] for one in contents] == ["续航", "后备箱", "价位"]
    assert [one["matchedSentenceIds"] for one in contents] == [[4], [], [2]]
    assert list(profile) == [
        "customerConcerned",
        "customerNotMentioned",
        "oneSentenceSumUp",
        "saleClueClassify",
        "tryDriveIntentionEvaluation",
    ]
    assert (profile["customerConcerned"], profile["customerNotMentioned"]) == (2, 1)
    assert list(profile["saleClueClassify"]) == ["classify", "evidence"]
    assert profile["tryDriveIntentionEvaluation"]["score"] == 40


def test_a_profile_without_parameters_is_made_as_the_mock_says(mock: MockTingwu) -> None:
    identities, contents, profile = profiled(mock, None)
    assert {one["identity"] for one in identities["identityResults"]} <= {"客户", "销售"}
    assert len(contents) == profile["customerConcerned"] + profile["customerNotMentioned"] == 3


def test_a_profile_is_made_of_a_recording_and_of_a_meeting_too(mock: MockTingwu) -> None:
    output = done(mock, profiling(ROLES, CONCERNS), model=PROFILE)
    assert "playbackUrl" in output
    meeting = create(mock, {"transcription": {"model": "cn", "diarizationEnabled": True}})
    before = said(finished(mock, meeting))
    again = asked(mock, profiling(ROLES, CONCERNS), model=PROFILE, dataId=meeting)
    assert again.json()["output"] == {"dataId": meeting}
    output = finished(mock, meeting)
    assert paths(output) == {
        "transcriptionPath",
        "identityRecognitionPath",
        "contentExtractionsPath",
        "customerProfilePath",
    }
    assert said(output) == before


def test_concerns_without_roles_are_looked_for_in_all_that_was_said(mock: MockTingwu) -> None:
    output = done(mock, {"contentExtraction": {"extractionContents": CONCERNS}}, model=PROFILE)
    assert paths(output) == {"transcriptionPath", "contentExtractionsPath", "customerProfilePath"}


@pytest.mark.parametrize(
    ("parameters", "place"),
    [
        (profiling([ROLES[0]] * 6), "/identityContents"),
        (profiling([{"name": "x"}]), "/identityContents/0"),
        (profiling([{"description": "x"}]), "/identityContents/0"),
        (profiling(None, [CONCERNS[0]] * 151), "/extractionContents"),
        (profiling(None, [{"title": "x", "content": "x"}]), "/extractionContents/0/identity"),
        (profiling(None, [{"title": 5, "content": "x", "identity": "x"}]), "/0/title"),
        ({"identityRecognition": []}, "/parameters/identityRecognition"),
        ({"contentExtraction": "x"}, "/parameters/contentExtraction"),
    ],
)
def test_roles_and_concerns_that_are_none_are_refused(
    mock: MockTingwu, parameters: Json, place: str
) -> None:
    answer = asked(mock, parameters, model=PROFILE)
    assert error(answer) == REFUSED
    assert place in why(mock, answer)


# All of them


@pytest.mark.parametrize("model", [*PLACES, PROFILE])
def test_only_meetings_are_realtime(mock: MockTingwu, model: str) -> None:
    answer = asked(mock, model=model, **AUDIO)
    assert error(answer) == REFUSED
    assert "/input/type" in why(mock, answer)


@pytest.mark.parametrize(
    ("model", "kind", "path"),
    [
        (GENERAL, "ServiceInsights", "generalServiceInsightsPath"),
        (CARS, "SaleInsights", "saleInsightsPath"),
        (PROFILE, "IdentityRecognition", "identityRecognitionPath"),
        (PROFILE, "CustomerConcerns", "contentExtractionsPath"),
        (PROFILE, "CustomerProfile", "customerProfilePath"),
    ],
)
def test_a_result_of_theirs_may_fail_by_itself(
    mock: MockTingwu, model: str, kind: str, path: str
) -> None:
    mock.faults.add({"type": "subtask_failed", "kind": kind}, match={"operation": "createTask"})
    output = done(mock, model=model, text=SALE)
    assert [name for name in output if output[name] is None] == [path]


def test_an_agent_shows_the_results_of_its_own(mock: MockTingwu) -> None:
    data_id = create(mock, judging(item()), model=GENERAL, text=SALE)
    finished(mock, data_id)
    assert asked(mock, judging(item()), model=CARS, dataId=data_id).status_code == 200
    general = {f"{name}Path" for name in PLACES[GENERAL]}
    output = finished(mock, data_id)
    assert paths(output) == {"transcriptionPath", "serviceInsightsPath", "saleInsightsPath"}
    assert not general & set(output)
