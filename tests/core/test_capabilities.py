"""Results made of meetings: shape, cross-references, and nothing that was not heard."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mock_tingwu.core.capabilities import BUILDERS, _evidence
from mock_tingwu.core.capabilities._terms import Text
from mock_tingwu.core.meeting import AudioFile, Meeting
from mock_tingwu.core.options import (
    ASSISTANCE_TYPES,
    RESULT_KINDS,
    SUMMARY_TYPES,
    Item,
    Options,
    Prompt,
    Scene,
)
from mock_tingwu.core.script import LANGUAGES
from mock_tingwu.core.scripts import load_script, parse_script
from mock_tingwu.core.words import spacer
from tests.core.meetings import (
    EVERYTHING,
    LIBRARY,
    SHAPES,
    SHORT,
    check,
    check_only_heard,
    hear,
    made,
    results,
    script,
    slides,
)


def prefixes() -> Iterator[tuple[str, int]]:
    for name in [*SHORT, *(path.stem for path in LIBRARY)]:
        for count in range(len(script(name).lines) + 1):
            yield name, count


@pytest.mark.parametrize(("name", "count"), list(prefixes()))
def test_every_beginning_of_a_meeting_has_consistent_results(name: str, count: int) -> None:
    heard = script(name)
    for half_line, split, options in product((False, True), (False, True), SHAPES):
        if split and options is not EVERYTHING:
            continue
        meeting = hear((heard, count), half_line=half_line, split=split)
        meeting.slides = slides(meeting.duration)
        all_made = results(meeting, options)
        check(meeting, all_made)
        check_only_heard(meeting, heard, all_made)
    meeting = hear((heard, count), diarized=False)
    check(meeting, results(meeting))


@given(
    runs=st.lists(st.tuples(st.sampled_from(["cn", "en"]), st.integers(0, 4)), max_size=6),
    half_line=st.booleans(),
    split=st.booleans(),
    diarized=st.booleans(),
    first=st.integers(0, 1),
    options=st.sampled_from(SHAPES),
    with_slides=st.booleans(),
)
@settings(deadline=None)
def test_any_sequence_of_passages_has_consistent_results(
    runs: list[tuple[str, int]],
    half_line: bool,
    split: bool,
    diarized: bool,
    first: int,
    options: Options,
    with_slides: bool,
) -> None:
    meeting = hear(
        *((script(name), count) for name, count in runs),
        half_line=half_line,
        split=split,
        diarized=diarized,
        first_speaker_id=first,
    )
    if with_slides:
        meeting.slides = slides(meeting.duration)
    all_made = results(meeting, options)
    check(meeting, all_made)
    assert all_made == results(meeting, options)


def test_there_is_a_builder_for_every_kind_of_result() -> None:
    assert tuple(BUILDERS) == RESULT_KINDS


def test_a_meeting_without_speech_has_empty_results() -> None:
    meeting = Meeting("cn", duration=13_000)
    assert results(meeting) == {
        "Transcription": {
            "audio_info": {"duration": 13_000},
            "paragraphs": [],
            "audio_segments": [],
        },
        "Translation": {"paragraphs": []},
        "AutoChapters": [],
        "MeetingAssistance": {"keywords": [], "key_sentences": [], "actions": []},
        "Summarization": {},
        "PptExtraction": {"available_for_summary": False, "key_frame_list": []},
        "TextPolish": [],
        "CustomPrompt": [{"name": "weekly", "result": "", "truncated": False}],
        "ServiceInspection": {
            "inspection_results": [
                {
                    "title": title,
                    "content": content,
                    "result": False,
                    "reason": "对话中没有提到。",
                    "sentence_ids": [],
                }
                for title, content in [("电话", "提前打电话"), ("notice", "puts up a notice")]
            ]
        },
        "ContentExtraction": {
            "extraction_results": [
                {"title": "箱子", "content": "打包箱子", "result": "", "sentence_ids": []},
                {"title": "mechanic", "content": "when he comes", "result": "", "sentence_ids": []},
            ]
        },
        "IdentityRecognition": {"identity_results": []},
        "ServiceInsights": [
            {
                "matched": False,
                "matched_sentence_ids": [],
                "remarks": "对话中没有提到。",
                **score,
                "title": title,
            }
            for title, score in [
                ("电话", {"score": "0"}),
                ("notice", {"score": "0"}),
                ("道歉", {}),
            ]
        ],
        "SaleInsights": {"matched_sum": 0, "missed_sum": 3},
        "CustomerConcerns": [
            {
                "matched_sentence_ids": [],
                "remarks": "对话中没有提到。",
                "result": "未提及",
                "title": title,
            }
            for title in ("时间", "mechanic", "柜子")
        ],
        "CustomerProfile": {
            "customer_concerned": 0,
            "customer_not_mentioned": 3,
            "one_sentence_sum_up": "客户没有提到任何关注点。",
            "sale_clue_classify": {"classify": "C", "evidence": "客户没有提到任何关注点。"},
            "try_drive_intention_evaluation": {"evidence": "客户没有提到试驾。", "score": 0},
        },
    }


def test_audio_of_a_file_is_described_with_size_rate_and_language() -> None:
    meeting = hear((script("cn"), 1))
    assert made("Transcription", meeting)["audio_info"].keys() == {"duration"}
    meeting.file = AudioFile(size=96_044, sample_rate=48_000)
    assert made("Transcription", meeting)["audio_info"] == {
        "size": 96_044,
        "duration": meeting.duration,
        "sample_rate": 48_000,
        "language": "cn",
    }


def test_words_of_languages_with_spaces_carry_the_space_to_the_next_word() -> None:
    words = made("Transcription", hear((script("en"), 1)))["paragraphs"][0]["words"]
    assert [w["text"] for w in words[:2]] == ["When ", "does "]
    assert words[-1]["text"] == "it?"


def test_speaker_ids_start_where_the_service_starts_counting() -> None:
    paragraphs = made("Transcription", hear((script("cn"), 2), first_speaker_id=0))["paragraphs"]
    assert [p["speaker_id"] for p in paragraphs] == ["0", "1"]


def test_further_target_languages_stand_beside_the_documented_shape() -> None:
    meeting = hear((script("cn"), 1))
    one = made("Translation", meeting, translation_targets=("en",))
    assert [s["text"] for s in one["paragraphs"][0]["sentences"]] == ["When? "]
    two = made("Translation", meeting, translation_targets=("en", "fr", "en"))
    assert two["paragraphs"] == one["paragraphs"]
    assert [t["target_language"] for t in two["translations"]] == ["fr"]
    assert [list(t["paragraphs"][0]) for t in two["translations"]] == [
        ["paragraph_id", "sentences"]
    ]


@pytest.mark.parametrize("language", ["ja", "ko"])
def test_japanese_and_korean_meetings_have_no_chapters(language: str) -> None:
    text = {"ja": "明日は雨です。", "ko": "내일은 비가 와요."}[language]
    meeting = hear((parse_script({"sentences": [text]}, "rain"), 1))
    assert meeting.language == language
    assert made("AutoChapters", meeting) == []


def test_a_chapter_tells_the_points_reached_and_takes_its_headline_when_all_are() -> None:
    def chapters(count: int) -> list[tuple[str, str]]:
        found = made("AutoChapters", hear((script("cn"), count)))
        return [(chapter["headline"], chapter["summary"]) for chapter in found]

    assert chapters(1) == [("我们周日搬家，车几点到", "我们周日搬家，车几点到？")]
    assert chapters(2) == [("时间", "罗宁说八点到。")]
    assert chapters(3)[1] == ("箱子", "何敏周六打包箱子。")
    assert chapters(4)[1] == ("行李", "何敏周六打包箱子。罗宁说柜子要两人抬。")


def test_chapters_of_a_repeated_script_go_on_counting() -> None:
    found = made("AutoChapters", hear((script("cn"), 4), (script("cn"), 4)))
    assert [chapter["id"] for chapter in found] == [1, 2, 3, 4]
    assert [chapter["headline"] for chapter in found] == ["时间", "行李"] * 2


def test_a_day_long_meeting_has_lists_of_readable_length() -> None:
    meeting = hear(*[(script("cn"), 4), (script("en"), 3)] * 400)
    chapters = made("AutoChapters", meeting)
    assert 30 <= len(chapters) <= 60
    assert chapters[-1]["end"] == meeting.sentences[-1].end
    assert max(len(chapter["summary"]) for chapter in chapters) <= 600
    summary = made("Summarization", meeting, summarization=SUMMARY_TYPES)
    assert len(summary["questions_answering_summary"]) == 2
    assert summary["mind_map_summary"][0]["title"] == "搬家安排"
    assert len(summary["mind_map_summary"]) == 2


def test_a_long_script_has_only_so_many_actions_keywords_and_questions() -> None:
    sentences = [
        {
            "speaker": n % 2,
            "key": True,
            "text": f"Which invoice{n} is late?" if n % 2 else f"I'll pay invoice{n}.",
        }
        for n in range(120)
    ]
    long = parse_script(
        {
            "sentences": sentences,
            "keywords": [f"invoice{n}" for n in range(60)],
            "actions": [{"sentence": n, "text": f"Pay invoice {n}"} for n in range(1, 60)],
        },
        "long",
    )
    meeting = hear((long, 120))
    assistance = made("MeetingAssistance", meeting, meeting_assistance=ASSISTANCE_TYPES)
    assert [len(assistance[k]) for k in ("keywords", "actions", "key_sentences")] == [20, 6, 20]
    summary = made("Summarization", meeting, summarization=SUMMARY_TYPES)
    assert len(summary["questions_answering_summary"]) == 20


def test_types_select_the_parts_of_meeting_assistance() -> None:
    meeting = hear((script("cn"), 4))
    actions = made("MeetingAssistance", meeting, meeting_assistance=("Actions",))
    assert actions.keys() == {"actions", "classifications"}
    information = made("MeetingAssistance", meeting, meeting_assistance=("KeyInformation",))
    assert information.keys() == {"keywords", "key_sentences", "classifications"}


def test_no_more_keywords_than_asked_for() -> None:
    for most in (0, 1, 2, 50):
        options = {"meeting_assistance": ASSISTANCE_TYPES, "max_keywords": most}
        assistance = made("MeetingAssistance", hear((script("cn"), 4)), **options)
        assert assistance["keywords"] == ["搬家", "周日"][:most]


@pytest.mark.parametrize("scene", ["interview", "lecture", "meeting"])
@pytest.mark.parametrize("id_", [f"id-{n}" for n in range(40)])
def test_the_scene_of_the_script_is_the_likeliest(scene: str, id_: str) -> None:
    meeting = hear((replace(script("cn"), id=id_, scene=scene), 4))
    options = {"meeting_assistance": ASSISTANCE_TYPES}
    weights = made("MeetingAssistance", meeting, **options)["classifications"]
    assert weights[scene] > 0.5
    assert sum(weights.values()) == 1.0


def test_only_the_summaries_asked_for_are_made() -> None:
    meeting = hear((script("cn"), 4))
    keys = {
        "Paragraph": {"paragraph_title", "paragraph_summary"},
        "Conversational": {"conversational_summary"},
        "QuestionsAnswering": {"questions_answering_summary"},
        "MindMap": {"mind_map_summary"},
    }
    for name, expected in keys.items():
        assert made("Summarization", meeting, summarization=(name,)).keys() == expected


def test_a_summary_names_its_speakers_in_the_language_of_the_meeting() -> None:
    names = {}
    for language in LANGUAGES:
        meeting = replace(hear((script("cn"), 4)), language=language)
        summary = made("Summarization", meeting, summarization=("Conversational",))
        names[language] = [e["speaker_name"] for e in summary["conversational_summary"]]
    chinese = ["发言人1", "发言人2"]
    assert names == {
        "cn": chinese,
        "yue": chinese,
        "multilingual": chinese,
        "en": ["Speaker 1", "Speaker 2"],
        "ja": ["話者1", "話者2"],
        "ko": ["화자 1", "화자 2"],
    }


def test_without_diarization_one_nameless_speaker_says_everything() -> None:
    meeting = hear((script("cn"), 4), diarized=False)
    summary = made("Summarization", meeting, summarization=("Conversational",))
    assert summary["conversational_summary"] == [
        {
            "speaker_name": "发言人1",
            "summary": "罗宁说八点到。何敏周六打包箱子。罗宁说柜子要两人抬。",
        }
    ]


def test_points_of_speakers_who_were_not_told_apart_go_to_the_one_heard() -> None:
    meeting = hear((script("cn"), 4))
    meeting.sentences = [replace(sentence, speaker=0) for sentence in meeting.sentences]
    summary = made("Summarization", meeting, summarization=("Conversational",))
    (entry,) = summary["conversational_summary"]
    assert (entry["speaker_id"], entry["summary"].count("。")) == ("1", 3)


def test_a_point_goes_to_whoever_said_its_line_where_each_channel_is_a_speaker() -> None:
    meeting = hear((script("cn"), 4))
    channels = [0, 1, 1, 0]
    meeting.sentences = [
        replace(sentence, speaker=channel)
        for sentence, channel in zip(meeting.sentences, channels, strict=True)
    ]
    summary = made("Summarization", meeting, summarization=("Conversational",))
    assert {e["speaker_id"]: e["summary"] for e in summary["conversational_summary"]} == {
        "1": "罗宁说柜子要两人抬。",
        "2": "罗宁说八点到。何敏周六打包箱子。",
    }


def test_a_speaker_who_made_no_point_is_quoted() -> None:
    summary = made("Summarization", hear((script("cn"), 2)), summarization=("Conversational",))
    assert [e["summary"] for e in summary["conversational_summary"]] == [
        "我们周日搬家，车几点到？",
        "罗宁说八点到。",
    ]


def test_polished_text_replaces_whole_lines_only() -> None:
    def texts(meeting: Meeting) -> list[str]:
        return [entry["formal_paragraph_text"] for entry in made("TextPolish", meeting)]

    assert texts(hear((script("cn"), 3)))[-1] == "我周六会打包好箱子。"
    assert texts(hear((script("cn"), 3), split=True))[-1] == "我周六会打包好箱子。"
    assert texts(hear((script("cn"), 2), half_line=True))[-1] == "嗯，箱子我"


def test_an_answer_to_a_prompt_names_it_and_quotes_what_it_is_about() -> None:
    prompt = Prompt("谁{Transcription}打包", "谁打包箱子？{Transcription}")
    (answer,) = made("CustomPrompt", hear((script("cn"), 4)), custom_prompts=(prompt,))
    assert answer["name"] == prompt.name
    assert answer["result"].startswith("谁打包：《搬家安排》")
    assert "相关发言\n- 发言人1：嗯，箱子我周六打包好。" in answer["result"]
    assert answer["truncated"] is False


@pytest.mark.parametrize(
    ("subject", "heading"),
    [
        (None, "fgVnGvkqj5xA：《搬家安排》"),
        ("小结", "小结：《搬家安排》"),
        ("{Transcription} 小结", "小结：《搬家安排》"),
        ("", "搬家安排"),
    ],
)
def test_an_answer_is_headed_with_the_subject_where_the_name_is_an_id(
    subject: str | None, heading: str
) -> None:
    prompt = Prompt("fgVnGvkqj5xA", "{Transcription}", subject=subject)
    (answer,) = made("CustomPrompt", hear((script("cn"), 4)), custom_prompts=(prompt,))
    assert (answer["name"], answer["result"].split("\n")[0]) == (prompt.name, heading)


@pytest.mark.parametrize(
    ("model", "truncated"), [("tingwu-turbo", True), ("tingwu-plus", False), ("qwen-max", True)]
)
def test_an_answer_is_marked_truncated_when_the_model_cannot_read_the_whole_meeting(
    model: str, truncated: bool
) -> None:
    meeting = hear(*[(script("cn"), 4)] * 1200)
    assert 28_000 < sum(len(s.words) for s in meeting.sentences) < 125_000
    prompt = Prompt("all", "{Transcription}", model=model)
    (answer,) = made("CustomPrompt", meeting, custom_prompts=(prompt,))
    assert answer["truncated"] is truncated


def test_inspection_finds_what_was_said_and_says_where() -> None:
    scene = Scene(items=(Item("提前联系", "提前打电话"), Item("道歉", "向客户道歉")))
    found = made("ServiceInspection", hear((script("cn"), 4)), inspection=scene)
    hit, miss = found["inspection_results"]
    assert hit == {
        "title": "提前联系",
        "content": "提前打电话",
        "result": True,
        "reason": "第 2 句提到：早上八点，我会提前打电话。",
        "sentence_ids": [2],
    }
    assert (miss["result"], miss["sentence_ids"]) == (False, [])


def test_inspection_names_the_speakers_that_the_caller_has_names_for() -> None:
    def reason(diarized: bool, **names: Any) -> str:
        scene = Scene(items=(Item("提前联系", "提前打电话"),), speaker_names=names)
        meeting = hear((script("cn"), 4), diarized=diarized)
        found = made("ServiceInspection", meeting, inspection=scene)["inspection_results"]
        return str(found[0]["reason"])

    plain = "第 2 句提到：早上八点，我会提前打电话。"
    assert reason(True, **{"1": "店长", "2": "司机"}) == (
        "第 2 句提到：司机：早上八点，我会提前打电话。"
    )
    for nobody in ({}, {"1": "店长"}, {"2": 5}, {"2": ""}, {"x": "司机"}):
        assert reason(True, **nobody) == plain
    assert reason(False, **{"1": "店长", "2": "司机"}) == plain


RAIN = parse_script(
    {
        "language": "cn",
        "sentences": [
            "您好，/欢迎/光临。",
            "我/来的/时候/下雨/了。",
            "要/喝/咖啡/吗？",
            "谢谢，/不用/了。",
        ],
    },
    "rain",
)


@pytest.mark.parametrize(
    ("name", "title", "content", "lines"),
    [
        ("rain", "欢迎语", "服务人员主动向客户打招呼进行欢迎", [1]),
        ("rain", "饮品提供", "主动询问客户是否需要饮品，咖啡、橙汁等", [3]),
        ("rain", "天气", "客户来的时候外面下雨", [2]),
        ("rain", "", "主持人在开场白的时候主动打招呼", []),
        ("rain", "", "我们什么时候可以来的", []),
        ("cn-app-release", "", "主持人在开场白的时候主动打招呼", []),
        ("cn-app-release", "发布时间", "版本什么时候发布", [4, 20]),
        ("cn-weekly-sync", "接口文档", "什么时候发接口文档", [8]),
        ("cn-weekly-sync", "", "客户", [9]),
        ("yue-cafe-opening", "咖啡機", "部咖啡機幾時到", [4]),
        ("yue-cafe-opening", "", "佢係咪喺嗰度嘅時候", []),
        ("en-incident-review", "Refunds", "were customers refunded?", [11]),
        ("en-incident-review", "", "what do we do when they were there", []),
        ("en-incident-review", "Weather", "the customer mentions the weather", []),
        ("ja-shop-renewal", "床", "木の床を残すかどうか", [15, 18]),
        ("ja-shop-renewal", "", "どのようなときにすること", []),
        ("ko-support-call", "방문 예약", "", [17, 18, 20]),
        ("ko-support-call", "", "그때 어떻게 하는지 있는지", []),
    ],
)
def test_what_an_item_is_about_is_found_and_function_words_find_nothing(
    name: str, title: str, content: str, lines: list[int]
) -> None:
    heard = RAIN if name == "rain" else script(name)
    meeting = hear((heard, len(heard.lines)))
    scene = Scene(items=(Item(title, content),))
    (inspected,) = made("ServiceInspection", meeting, inspection=scene)["inspection_results"]
    (extracted,) = made("ContentExtraction", meeting, extraction=scene)["extraction_results"]
    assert [meeting.sentences[n - 1].line.number for n in inspected["sentence_ids"]] == lines
    assert inspected["result"] is bool(lines)
    assert extracted["sentence_ids"] == inspected["sentence_ids"]


def test_what_few_sentences_say_counts_most() -> None:
    data = {"sentences": [*["The printer works."] * 5, "The printer has no toner.", "Bye."]}
    meeting = hear((parse_script({"language": "en", **data}, "printer"), 7))
    scene = Scene(items=(Item("toner of the printers"),))
    (found,) = made("ContentExtraction", meeting, extraction=scene)["extraction_results"]
    assert found["sentence_ids"] == [6]


def test_sentences_are_split_into_words_once_however_many_items_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    split: list[str] = []

    class Counted(Text):
        def __init__(self, text: str) -> None:
            split.append(text)
            super().__init__(text)

    monkeypatch.setattr(_evidence, "Text", Counted)
    meeting = hear((script("cn-app-release"), 26))
    scene = Scene(items=tuple(Item(f"item {number}") for number in range(50)))
    made("ServiceInspection", meeting, inspection=scene)
    made("ContentExtraction", meeting, extraction=scene)
    assert split == [sentence.text for sentence in meeting.sentences] * 2


def test_extraction_looks_at_the_speakers_of_the_identity_asked_for() -> None:
    def result(identity: str) -> Any:
        scene = Scene(
            items=(Item("打电话与箱子", "打包箱子，提前打电话", identity),),
            speaker_names={"1": "店长", "2": "司机"},
        )
        found = made("ContentExtraction", hear((script("cn"), 4)), extraction=scene)
        return found["extraction_results"][0]

    assert result("司机")["result"] == "早上八点，我会提前打电话。"
    assert result("店长")["sentence_ids"] == [3]
    assert result("店长")["identity"] == "店长"
    assert "identity" not in result("")
    assert result("")["sentence_ids"] == [2, 3]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([("司机", ""), ("店长", "")], ["店长", "司机"]),
        ([("乙", "负责开车的司机"), ("甲", "")], ["甲", "乙"]),
        ([("客户", ""), ("销售", "")], ["客户", "销售"]),
        ([("客户", "")], ["客户", "客户"]),
        ([("客户", ""), ("店", "负责店铺")], ["店", "客户"]),
        ([("员工", "店长与司机")], ["员工", "员工"]),
        ([("员工", "店长与司机"), ("司机", "开车")], ["员工", "司机"]),
        ([], []),
    ],
)
def test_speakers_get_the_identity_that_their_role_fits(
    items: list[tuple[str, str]], expected: list[str]
) -> None:
    scene = Scene(items=tuple(Item(title, content) for title, content in items))
    found = made("IdentityRecognition", hear((script("cn"), 4)), identities=scene)
    assert [entry["identity"] for entry in found["identity_results"]] == expected


ENGINEERS = Scene(items=(Item("产品经理", "负责产品规划"), Item("工程师", "负责开发")))


def test_several_speakers_may_have_the_same_identity() -> None:
    found = made("IdentityRecognition", hear((script("cn-app-release"), 26)), identities=ENGINEERS)
    assert found["identity_results"] == [
        {"speaker_id": "1", "identity": "产品经理"},
        {"speaker_id": "2", "identity": "工程师"},
        {"speaker_id": "3", "identity": "工程师"},
    ]


def test_speakers_who_are_not_told_apart_are_one_who_is_what_is_heard_most() -> None:
    def one(count: int, *items: Item) -> Any:
        meeting = hear((script("cn-app-release"), count), diarized=False)
        scene = Scene(items=items)
        return made("IdentityRecognition", meeting, identities=scene)["identity_results"]

    assert one(26, *ENGINEERS.items) == [{"speaker_id": "1", "identity": "工程师"}]
    assert one(2, *ENGINEERS.items) == [{"speaker_id": "1", "identity": "产品经理"}]
    assert one(26, Item("顾客"), Item("店主")) == [{"speaker_id": "1", "identity": "顾客"}]
    assert one(26) == []


def test_a_recognizer_that_names_no_script_still_has_every_result() -> None:
    meeting = hear((script("en"), 3))
    meeting.scripts = []
    all_made = results(meeting)
    check(meeting, all_made)
    assert all_made["AutoChapters"][0]["headline"].startswith("When does the lift")
    assert len(all_made["Summarization"]["questions_answering_summary"]) == 1


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_a_whole_meeting_of_the_library_tells_all_its_notes(path: Path) -> None:
    heard = load_script(path)
    meeting = hear((heard, len(heard.lines)))
    all_made = results(meeting)
    summary = all_made["Summarization"]
    gap = spacer(heard.language)
    assert summary["paragraph_title"] == heard.title
    assert summary["paragraph_summary"] == gap.join(c.gist for c in heard.chapters)
    assert len(summary["questions_answering_summary"]) == len(heard.questions)
    (tree,) = summary["mind_map_summary"]
    assert [topic["title"] for topic in tree["topic"]] == [c.headline for c in heard.chapters]
    assert all_made["MeetingAssistance"]["keywords"] == list(heard.keywords)
    texts = [action["text"] for action in all_made["MeetingAssistance"]["actions"]]
    assert texts == [action.text for action in heard.actions]
    if heard.language not in ("ja", "ko"):
        titles = [chapter["headline"] for chapter in all_made["AutoChapters"]]
        assert titles == [c.headline for c in heard.chapters]


def test_a_line_cut_short_is_told_from_the_run_in_which_it_was_heard_to_its_end() -> None:
    meeting = hear((script("cn"), 2), (script("cn"), 4), half_line=True)
    assert [s.id for s in meeting.sentences if s.line.number == 3] == [3, 6]
    assistance = made("MeetingAssistance", meeting, meeting_assistance=("Actions",))
    assert [action["sentence_id"] for action in assistance["actions"]] == [6]


def test_a_key_sentence_counts_when_it_was_heard_to_its_end() -> None:
    def key_sentences(count: int, half_line: bool) -> list[int]:
        meeting = hear((script("cn"), count), half_line=half_line)
        options = {"meeting_assistance": ASSISTANCE_TYPES}
        found = made("MeetingAssistance", meeting, **options)["key_sentences"]
        return [entry["sentence_id"] for entry in found]

    assert key_sentences(1, half_line=True) == []
    assert key_sentences(2, half_line=False) == [2]
