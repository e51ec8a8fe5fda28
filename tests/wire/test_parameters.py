"""The Parameters of CreateTask: what each may hold, and what it does to the results."""

from __future__ import annotations

from typing import Any

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.scripts import library, parse_script
from tests.core.test_segmentation import silence, speech
from tests.offline import tasks as offline
from tests.realtime.helpers import info, pusher, results
from tests.wire.helpers.raw import Answer, Json
from tests.wire.test_bad_requests import assert_refused
from tests.wire.test_http import BODY, START, STOP, TASKS, data, put

OFFLINE = f"{TASKS}?type=offline"
VIDEO = "https://files.example.com/lectures/standup.mp4"
ITEM: Json = {"Title": "greeting", "Content": "says hello"}
INSPECTION: Json = {
    "SceneIntroduction": "a call",
    "InspectionIntroduction": "manners",
    "InspectionContents": [ITEM],
}
PROMPT: Json = {"Name": "n", "Prompt": "{Transcription}"}


def asked(mock: MockTingwu, parameters: Json) -> Answer:
    """The answer to a realtime CreateTask with ``parameters``."""
    return put(mock, START, BODY | {"Parameters": parameters})


def held(mock: MockTingwu, parameters: Json, **source: Any) -> Json:
    """The results of a realtime meeting of ten sentences or so."""
    body = BODY | {"Input": BODY["Input"] | source, "Parameters": parameters}
    task = data(put(mock, START, body))
    with pusher(task) as connection:
        connection.start()
        connection.push((speech(2_500) + silence(1_200)) * 10)
        connection.stop()
    put(mock, STOP, {"Input": {"TaskId": task["TaskId"]}})
    return results(mock, task["TaskId"])


def said(made: Json) -> str:
    """The words of a Transcription file."""
    return "".join(w["Text"] for p in made["Transcription"]["Paragraphs"] for w in p["Words"])


# What may not be


def with_items(name: str, contents: str, items: object, **others: object) -> Json:
    return {f"{name}Enabled": True, name: {**others, contents: items}}


def without(value: Json, name: str) -> Json:
    return {key: item for key, item in value.items() if key != name}


DIARIZED: Json = {"Transcription": {"DiarizationEnabled": True}}
PHRASES: list[object] = [
    ["a"],
    "a",
    {"a": "x"},
    {"a": 1.5},
    {"a": 6},
    {"a": -7},
    {"a": [1]},
    {"a": {}},
    {"": 1},
    {"x" * 11: 1},
    {"a,b": 1},
    {f"w{n}": 1 for n in range(301)},
]
LIMITS: list[tuple[Json, str]] = [
    # Custom prompts
    ({"CustomPromptEnabled": True}, "MissingCustomPrompt"),
    ({"CustomPromptEnabled": True, "CustomPrompt": {}}, "MissingContents"),
    (with_items("CustomPrompt", "Contents", []), "MissingContents"),
    (with_items("CustomPrompt", "Contents", [PROMPT] * 4), "InvalidContents"),
    (with_items("CustomPrompt", "Contents", [{"Prompt": "{Transcription}"}]), "MissingName"),
    (with_items("CustomPrompt", "Contents", [PROMPT | {"Name": ""}]), "InvalidName"),
    (with_items("CustomPrompt", "Contents", [{"Name": "n"}]), "MissingPrompt"),
    (with_items("CustomPrompt", "Contents", [PROMPT | {"Prompt": "Sum up."}]), "InvalidPrompt"),
    (
        with_items("CustomPrompt", "Contents", [PROMPT | {"Prompt": "{transcription}"}]),
        "InvalidPrompt",
    ),
    (with_items("CustomPrompt", "Contents", [PROMPT | {"Model": "gpt"}]), "InvalidModel"),
    (with_items("CustomPrompt", "Contents", [PROMPT | {"TransType": "Chat"}]), "InvalidTransType"),
    # Service inspection
    ({"ServiceInspectionEnabled": True}, "MissingServiceInspection"),
    *(
        (
            {"ServiceInspectionEnabled": True, "ServiceInspection": without(INSPECTION, name)},
            f"Missing{name}",
        )
        for name in INSPECTION
    ),
    (
        {"ServiceInspection": INSPECTION | {"InspectionContents": [ITEM] * 101}},
        "InvalidInspectionContents",
    ),
    ({"ServiceInspection": INSPECTION | {"SpeakerMap": ["1"]}}, "InvalidSpeakerMap"),
    # Content extraction
    (
        with_items("ContentExtraction", "ExtractionContents", [ITEM] * 101),
        "InvalidExtractionContents",
    ),
    (with_items("ContentExtraction", "ExtractionContents", [{"Title": 5}]), "InvalidTitle"),
    (
        with_items("ContentExtraction", "ExtractionContents", [ITEM], SpeakerMap="1"),
        "InvalidSpeakerMap",
    ),
    # Identities
    (
        DIARIZED | with_items("IdentityRecognition", "IdentityContents", [{"Name": "a"}] * 6),
        "InvalidIdentityContents",
    ),
    # Lists without names
    *(
        ({f"{name}Enabled": True, name: INSPECTION | {contents: items}}, f"Missing{missed}")
        for name, contents, title in (
            ("ServiceInspection", "InspectionContents", "Title"),
            ("ContentExtraction", "ExtractionContents", "Title"),
            ("IdentityRecognition", "IdentityContents", "Name"),
        )
        for items, missed in (([], contents), ([{}], title), ([{title: ""}], title))
    ),
    ({"ContentExtractionEnabled": True}, "MissingContentExtraction"),
    ({"IdentityRecognitionEnabled": True}, "MissingIdentityRecognition"),
    # Models, chapters, languages, hot words
    ({"Model": "gpt"}, "InvalidModel"),
    ({"Transcription": {"Model": "domain-law"}}, "InvalidModel"),
    ({"AutoChapters": {"ChapterGranularity": "coarse"}}, "InvalidChapterGranularity"),
    ({"AutoChapters": {"TitleLengthLevel": "Longest"}}, "InvalidTitleLengthLevel"),
    ({"LlmOutputLanguage": "ja"}, "InvalidLlmOutputLanguage"),
    ({"ExtraParams": {"FullTextSummaryFormat": 5}}, "InvalidFullTextSummaryFormat"),
    ({"Transcription": {"ProfanityFilterEnabled": "no"}}, "BRK.InvalidOutputEnabledSetting"),
    ({"Transcription": {"DisfluencyEnabled": 0}}, "BRK.InvalidOutputEnabledSetting"),
    *(({"Transcription": {"Phrase": phrase}}, "InvalidPhrase") for phrase in PHRASES),
]


@pytest.mark.parametrize(
    ("parameters", "code"), LIMITS, ids=[f"{n}-{code}" for n, (_, code) in enumerate(LIMITS)]
)
def test_what_breaks_a_limit_is_refused_by_name(
    mock: MockTingwu, parameters: Json, code: str
) -> None:
    assert_refused(asked(mock, parameters), code)
    assert_refused(put(mock, OFFLINE, offline.body_of(parameters=parameters)), code)


@pytest.mark.parametrize(
    "parameters",
    [
        with_items("CustomPrompt", "Contents", [PROMPT] * 3),
        *(
            with_items("CustomPrompt", "Contents", [PROMPT | {"Model": model, "TransType": form}])
            for model in ("tingwu-turbo", "tingwu-plus", "qwen-max")
            for form in ("default", "chat", "sentence-chat")
        ),
        {
            "ServiceInspectionEnabled": True,
            "ServiceInspection": INSPECTION | {"InspectionContents": [ITEM] * 100},
        },
        with_items("ContentExtraction", "ExtractionContents", [ITEM] * 100),
        DIARIZED | with_items("IdentityRecognition", "IdentityContents", [{"Name": "a"}] * 5),
        {"Transcription": {"RealtimeDiarizationEnabled": True}}
        | with_items("IdentityRecognition", "IdentityContents", [{"Name": "a"}]),
        with_items("IdentityRecognition", "IdentityContents", [{"Name": "a"}]),
        {"Transcription": {"DiarizationEnabled": False}}
        | with_items("IdentityRecognition", "IdentityContents", [{"Name": "a"}]),
        *({"CustomPrompt": {}, "Model": model} for model in ("default", "qwen-plus", "qwq")),
        *({"Transcription": {"Model": f"domain-{of}"}} for of in ("automotive", "education")),
        {"ExtraParams": {"FullTextSummaryFormat": "html"}},
        {"Transcription": {"Phrase": {}}},
        {"Transcription": {"Phrase": {"云计算": 5, "Qwen Max": -6, "abcdefghij": 0}}},
    ],
    ids=str,
)
def test_what_is_at_a_limit_is_taken(mock: MockTingwu, parameters: Json) -> None:
    assert data(asked(mock, parameters))["TaskStatus"] == "NEW"


# What they do


def test_chapters_are_as_coarse_and_their_titles_as_short_as_asked(mock: MockTingwu) -> None:
    mock.script(library("cn")[0], app_key=BODY["AppKey"])
    levels = {"ChapterGranularity": "Coarse", "TitleLengthLevel": "Short"}
    fine = held(mock, {"AutoChaptersEnabled": True})["AutoChapters"]
    (coarse,) = held(mock, {"AutoChaptersEnabled": True, "AutoChapters": levels})["AutoChapters"]
    assert len(fine) >= 2
    assert (coarse["Start"], coarse["End"]) == (fine[0]["Start"], fine[-1]["End"])
    assert len(coarse["Headline"]) <= 8 < len(fine[0]["Headline"])


def test_mind_map_and_chapters_are_in_english_when_asked(mock: MockTingwu) -> None:
    made = held(
        mock,
        {
            "LlmOutputLanguage": "en",
            "AutoChaptersEnabled": True,
            "SummarizationEnabled": True,
        },
    )
    for text in [made["AutoChapters"][0]["Summary"], str(made["Summarization"]["MindMapSummary"])]:
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in text)
    assert any("\u4e00" <= c <= "\u9fff" for c in made["Summarization"]["ParagraphSummary"])


def test_the_full_summary_is_markdown_when_asked(mock: MockTingwu) -> None:
    parameters = {
        "SummarizationEnabled": True,
        "Summarization": {"Types": ["Paragraph"]},
        "ExtraParams": {"FullTextSummaryFormat": "markdown"},
    }
    summary = held(mock, parameters)["Summarization"]
    lines = summary["ParagraphSummary"].split("\n")
    assert lines[:2] == [f"## {summary['ParagraphTitle']}", ""]
    assert lines[2:] and all(line.startswith("- ") for line in lines[2:])


def test_hot_words_of_the_request_are_heard_the_heaviest_first(mock: MockTingwu) -> None:
    phrase = {"轻帆": 1, "云栖": 5, "静音": -6, "无声": 0}
    made = held(
        mock,
        {
            "Transcription": {"Phrase": phrase},
            "MeetingAssistanceEnabled": True,
        },
    )
    assert said(made).startswith("云栖和轻帆，")
    assert made["MeetingAssistance"]["Keywords"][:2] == ["云栖", "轻帆"]
    assert "静音" not in said(made) and "无声" not in said(made)


def test_filler_words_are_heard_when_they_are_not_to_be_dropped(mock: MockTingwu) -> None:
    assert said(held(mock, {"Transcription": {"DisfluencyEnabled": False}})).startswith("嗯，")
    for parameters in ({}, {"Transcription": {"DisfluencyEnabled": True}}):
        assert "嗯" not in said(held(mock, parameters))


def test_filters_work_on_a_registered_script_when_they_are_sent(mock: MockTingwu) -> None:
    script = parse_script({"sentences": ["嗯，这破打印机真是他妈的。"] * 20}, "printer")
    mock.script(script, task_key="printer")

    def heard(**transcription: object) -> str:
        made = held(mock, {"Transcription": transcription}, TaskKey="printer")
        return said(made)[:13]

    plain = "嗯，这破打印机真是他妈的。"
    assert heard() == heard(DisfluencyEnabled=False, ProfanityFilterEnabled=False) == plain
    assert heard(ProfanityFilterEnabled=True) == "嗯，这破打印机真是***。"
    assert heard(DisfluencyEnabled=True) == "这破打印机真是他妈的。这破"
    assert heard(Phrase={"云栖": 5}) == plain


def test_inspection_names_speakers_as_the_caller_does(mock: MockTingwu) -> None:
    mock.script(parse_script({"sentences": ["您好，欢迎光临本店。"] * 20}, "shop"), task_key="shop")
    inspection = INSPECTION | {
        "InspectionContents": [{"Title": "问候", "Content": "欢迎光临"}],
        "SpeakerMap": {"1": "店员"},
    }
    parameters = DIARIZED | {"ServiceInspectionEnabled": True, "ServiceInspection": inspection}
    made = held(mock, parameters, TaskKey="shop")["ServiceInspection"]["InspectionResults"]
    assert "店员：您好，欢迎光临本店。" in made[0]["Reason"]


def test_slides_are_extracted_of_a_video_and_of_nothing_else(mock: MockTingwu) -> None:
    parameters = {"PptExtractionEnabled": True}
    video = offline.result(offline.done(mock, VIDEO, parameters), "PptExtraction")
    assert video["AvailableForSummary"] is True
    assert [frame["Id"] for frame in video["KeyFrameList"]] == list(
        range(1, len(video["KeyFrameList"]) + 1)
    )
    assert all(frame["FileUrl"].startswith(mock.url) for frame in video["KeyFrameList"])
    assert any(frame["Summary"] for frame in video["KeyFrameList"])
    audio = offline.result(offline.done(mock, parameters=parameters), "PptExtraction")
    assert audio == {"AvailableForSummary": False, "KeyFrameList": []}
    assert "PptExtraction" not in held(mock, parameters)


# Again, with other parameters


def test_a_second_run_makes_what_it_asks_for_and_keeps_the_rest(mock: MockTingwu) -> None:
    first = {
        "Transcription": {"DiarizationEnabled": True},
        "AutoChaptersEnabled": True,
        "SummarizationEnabled": True,
        "LlmOutputLanguage": "en",
    }
    task = offline.done(mock, parameters=first)
    before = {kind: offline.result(task, kind) for kind in task["Result"]}
    again: Json = {
        "AutoChaptersEnabled": True,
        "AutoChapters": {"ChapterGranularity": "Coarse"},
        "IdentityRecognitionEnabled": True,
        "IdentityRecognition": {"IdentityContents": [{"Name": "甲"}, {"Name": "乙"}]},
    }
    assert offline.rerun(mock, task["TaskId"], again).status_code == 200
    task = offline.finished(mock, task["TaskId"])
    after = {kind: offline.result(task, kind) for kind in task["Result"]}
    assert set(after) == {*before, "IdentityRecognition"}
    assert after["IdentityRecognition"]["IdentityResults"]
    assert after["Transcription"] == before["Transcription"]
    assert after["Summarization"] == before["Summarization"]
    assert len(after["AutoChapters"]) < len(before["AutoChapters"])
    assert any("\u4e00" <= c <= "\u9fff" for c in after["AutoChapters"][0]["Headline"])


def test_a_second_run_identifies_the_one_speaker_of_a_task_without_diarization(
    mock: MockTingwu,
) -> None:
    asks: Json = {
        "IdentityRecognitionEnabled": True,
        "IdentityRecognition": {"IdentityContents": [{"Name": "甲"}]},
    }
    task = offline.done(mock, parameters=asks)
    first = offline.result(task, "IdentityRecognition")
    assert first["IdentityResults"] == [{"SpeakerId": "1", "Identity": "甲"}]
    task = offline.done(mock, parameters={"AutoChaptersEnabled": True})
    assert offline.rerun(mock, task["TaskId"], asks).status_code == 200
    again = offline.result(offline.finished(mock, task["TaskId"]), "IdentityRecognition")
    assert again == first


def test_a_second_run_of_a_stream_extracts_no_slides(mock: MockTingwu) -> None:
    task = data(asked(mock, {}))
    put(mock, STOP, {"Input": {"TaskId": task["TaskId"]}})
    parameters = {"PptExtractionEnabled": True, "TextPolishEnabled": True}
    assert offline.rerun(mock, task["TaskId"], parameters).status_code == 200
    assert set(results(mock, task["TaskId"])) == {"Transcription", "TextPolish"}
    assert info(mock, task["TaskId"])["TaskStatus"] == "COMPLETED"
