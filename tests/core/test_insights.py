"""What is made of conversations with customers: insights, concerns and profile."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from mock_tingwu.core.meeting import Meeting
from mock_tingwu.core.options import Item, Options, Scene
from mock_tingwu.core.script import LANGUAGES
from mock_tingwu.core.scripts import parse_script
from tests.core.meetings import hear, made, results, script

CAR = parse_script(
    {
        "language": "cn",
        "speakers": [{"name": "何敏", "role": "销售"}, {"name": "罗宁", "role": "客户"}],
        "sentences": [
            {"speaker": 0, "text": "您好，欢迎光临，后备箱特别大。"},
            {"speaker": 1, "text": "我想买一辆车，价位二十万左右。"},
            {"speaker": 0, "text": "这款续航六百公里，要不要试驾？"},
            {"speaker": 1, "text": "续航真有六百公里吗，我想试驾一下。"},
        ],
    },
    "car",
)
IDENTITIES = Scene(items=(Item("销售", "介绍车辆"), Item("客户", "询问车辆")))


def asked(*titles: str, identity: str = "客户") -> Scene:
    return Scene(items=tuple(Item(title, "", identity) for title in titles))


# Insights


def test_an_insight_that_is_found_has_its_score_and_quotes_what_was_said() -> None:
    scene = Scene(
        items=(
            Item("欢迎语", "主动打招呼进行欢迎", score="20"),
            Item("饮品", "询问是否需要咖啡", score="-30"),
            Item("续航"),
        )
    )
    meeting = hear((CAR, 4))
    assert made("ServiceInsights", meeting, insights=scene) == [
        {
            "matched": True,
            "matched_sentence_ids": [1],
            "remarks": "第 1 句提到：您好，欢迎光临，后备箱特别大。",
            "score": "20",
            "title": "欢迎语",
        },
        {
            "matched": False,
            "matched_sentence_ids": [],
            "remarks": "对话中没有提到。",
            "score": "0",
            "title": "饮品",
        },
        {
            "matched": True,
            "matched_sentence_ids": [3, 4],
            "remarks": "第 3, 4 句提到：这款续航六百公里，要不要试驾？"
            " / 续航真有六百公里吗，我想试驾一下。",
            "title": "续航",
        },
    ]
    assert made("SaleInsights", meeting, insights=scene) == {"matched_sum": 2, "missed_sum": 1}


def test_insights_find_what_an_inspection_finds() -> None:
    meeting = hear((script("cn-customer-interview"), 12))
    scene = Scene(items=(Item("欢迎"), Item("价格", "问过价格"), Item("谢谢", "感谢")))
    inspected = made("ServiceInspection", meeting, inspection=scene)["inspection_results"]
    found = made("ServiceInsights", meeting, insights=scene)
    assert [(e["matched_sentence_ids"], e["remarks"]) for e in found] == [
        (entry["sentence_ids"], entry["reason"]) for entry in inspected
    ]


def test_remarks_on_insights_name_the_speakers_that_the_caller_has_names_for() -> None:
    scene = Scene(items=(Item("欢迎"),), speaker_names={"1": "销售"})
    (found,) = made("ServiceInsights", hear((CAR, 4)), insights=scene)
    assert found["remarks"] == "第 1 句提到：销售：您好，欢迎光临，后备箱特别大。"


# Concerns


def concerns(meeting: Meeting, scene: Scene, identities: Scene | None = IDENTITIES) -> Any:
    return made("CustomerConcerns", meeting, concerns=scene, identities=identities)


def test_a_concern_is_looked_for_in_what_those_of_its_identity_said() -> None:
    assert concerns(hear((CAR, 4)), asked("续航", "后备箱")) == [
        {
            "matched_sentence_ids": [4],
            "remarks": "第 4 句提到：续航真有六百公里吗，我想试驾一下。",
            "result": "续航真有六百公里吗，我想试驾一下",
            "title": "续航",
        },
        {
            "matched_sentence_ids": [],
            "remarks": "客户没有提到。",
            "result": "未提及",
            "title": "后备箱",
        },
    ]


@pytest.mark.parametrize(
    ("identity", "identities"),
    [
        ("", IDENTITIES),
        ("", Scene(items=(Item("客户"), Item("")))),
        ("老板", IDENTITIES),
        ("客户", None),
        ("客户", Scene()),
    ],
)
def test_a_concern_of_nobody_in_particular_is_looked_for_in_all_that_was_said(
    identity: str, identities: Scene | None
) -> None:
    scene = asked("续航", "后备箱", "天窗", identity=identity)
    found = concerns(hear((CAR, 4)), scene, identities)
    assert [entry["matched_sentence_ids"] for entry in found] == [[3, 4], [1], []]
    assert found[2]["remarks"] == "对话中没有提到。"


def test_speakers_who_are_not_told_apart_have_all_identities() -> None:
    found = concerns(hear((CAR, 4), diarized=False), asked("续航", "后备箱"))
    assert [entry["matched_sentence_ids"] for entry in found] == [[3, 4], [1]]


def test_customers_who_have_not_spoken_yet_have_no_concerns() -> None:
    found = concerns(hear((CAR, 1)), asked("后备箱"))
    assert (found[0]["result"], found[0]["remarks"]) == ("未提及", "客户没有提到。")


def test_a_concern_quotes_the_beginning_of_what_speaks_of_it_most() -> None:
    data = {
        "language": "en",
        "sentences": [
            "The boot is big.",
            "How long does the boot of the electric car stay warm when it is left outside?",
        ],
    }
    meeting = hear((parse_script(data, "boot"), 2))
    (found,) = concerns(meeting, asked("boot of the car", identity=""))
    assert found["matched_sentence_ids"] == [1, 2]
    assert found["result"] == "How long does the boot of the electric car stay…"


# Profile


def profile(meeting: Meeting, scene: Scene | None = None, **options: Any) -> Any:
    options = {"identities": IDENTITIES, **options}
    return made("CustomerProfile", meeting, profile=True, concerns=scene, **options)


def test_a_profile_counts_and_names_the_concerns_that_were_spoken_of() -> None:
    assert profile(hear((CAR, 4)), asked("续航", "价位", "后备箱", "天窗")) == {
        "customer_concerned": 2,
        "customer_not_mentioned": 2,
        "one_sentence_sum_up": "客户关注：续航、价位。",
        "sale_clue_classify": {
            "classify": "A",
            "evidence": "第 2, 4 句提到：我想买一辆车，价位二十万左右。"
            " / 续航真有六百公里吗，我想试驾一下。",
        },
        "try_drive_intention_evaluation": {
            "evidence": "第 4 句提到：续航真有六百公里吗，我想试驾一下。",
            "score": 40,
        },
    }


def test_concerns_are_counted_by_items_and_named_once_as_the_language_lists_things() -> None:
    scene = asked("价位", "续航", "价位")
    meeting = hear((CAR, 4))
    found = profile(meeting, scene)
    assert found["customer_concerned"] == 3
    assert found["one_sentence_sum_up"] == "客户关注：价位、续航。"
    english = profile(replace(meeting, language="en"), scene)
    assert english["one_sentence_sum_up"] == "The customer cares about: 价位, 续航."


@pytest.mark.parametrize(
    ("titles", "letter"),
    [
        (["天窗"], "C"),
        (["价位", "天窗", "后备箱"], "B"),
        (["价位", "天窗"], "A"),
        (["价位", "续航", "天窗"], "A"),
        (["价位", "续航", "公里", "天窗"], "H"),
        (["价位"], "H"),
    ],
)
def test_the_class_of_a_customer_is_the_share_of_the_concerns(
    titles: list[str], letter: str
) -> None:
    found = profile(hear((CAR, 4)), asked(*titles))["sale_clue_classify"]
    assert found["classify"] == letter


def test_a_profile_without_concerns_tells_of_the_test_drive_alone() -> None:
    for scene in (None, Scene()):
        found = profile(hear((CAR, 4)), scene)
        assert (found["customer_concerned"], found["customer_not_mentioned"]) == (0, 0)
        assert found["one_sentence_sum_up"] == "客户没有提到任何关注点。"
        assert found["sale_clue_classify"]["classify"] == "C"
        assert found["try_drive_intention_evaluation"]["score"] == 60


def test_an_offer_of_a_test_drive_is_no_wish_of_the_customer() -> None:
    found = profile(hear((CAR, 3)), asked("价位"))["try_drive_intention_evaluation"]
    assert found == {"evidence": "客户没有提到试驾。", "score": 0}
    found = profile(hear((CAR, 3)), asked("价位", identity=""))["try_drive_intention_evaluation"]
    assert found["score"] == 40


@pytest.mark.parametrize(
    ("text", "tries"),
    [
        ("我想试驾一下。", True),
        ("可以试试吗？", True),
        ("測試一下新版本。", False),
        ("我先测试一下。", False),
        ("考试开始了。", False),
        ("我想試吓。", True),
        ("試乗できますか。", True),
        ("本日はお試しいただけます。", True),
        ("試験は来週です。", False),
        ("시승해 볼 수 있나요?", True),
        ("한번 타 보고 싶어요.", True),
        ("시험이 내일이에요.", False),
        ("Could I test-drive it?", True),
        ("I'd like to try it.", True),
        ("The country is big.", False),
    ],
)
def test_words_of_trying_are_known_in_the_languages_of_meetings(text: str, tries: bool) -> None:
    meeting = hear((parse_script({"sentences": [text]}, "try"), 1))
    assert (profile(meeting)["try_drive_intention_evaluation"]["score"] > 0) is tries


def test_the_score_of_a_test_drive_is_a_hundred_at_most_and_three_sentences_are_quoted() -> None:
    meeting = hear((parse_script({"sentences": ["Can I have a test drive?"] * 9}, "try"), 9))
    found = profile(meeting)["try_drive_intention_evaluation"]
    assert found["score"] == 100
    assert found["evidence"].startswith("Sentence 1, 4, 7 says: ")


def test_remarks_are_in_the_language_of_the_meeting() -> None:
    scene = asked("天窗")
    options = Options(identities=IDENTITIES, insights=scene, concerns=scene, profile=True)
    told: dict[str, set[str]] = {}
    for language in LANGUAGES:
        meeting = replace(hear((CAR, 2)), language=language)
        found = results(meeting, options)
        (insight,), (concern,) = found["ServiceInsights"], found["CustomerConcerns"]
        about = found["CustomerProfile"]
        told[language] = {
            insight["remarks"],
            concern["remarks"],
            concern["result"],
            about["one_sentence_sum_up"],
            about["try_drive_intention_evaluation"]["evidence"],
        }
    assert told["cn"] == told["yue"] == told["multilingual"]
    assert {len(texts) for texts in told.values()} == {5}
    assert len(set.union(*told.values())) == 4 * 5
    assert "Not mentioned" in told["en"]


@pytest.mark.parametrize("count", range(5))
@pytest.mark.parametrize("diarized", [True, False])
def test_the_channels_of_a_telephone_may_be_one_speaker(count: int, diarized: bool) -> None:
    meeting = hear((CAR, count), diarized=diarized)
    meeting.sentences = [replace(sentence, speaker=0) for sentence in meeting.sentences]
    scene = asked("价位")
    options = Options(identities=IDENTITIES, insights=scene, concerns=scene, profile=True)
    assert results(meeting, options) == results(meeting, options)
    found = results(meeting, options)["CustomerProfile"]
    assert found["customer_concerned"] + found["customer_not_mentioned"] == 1
