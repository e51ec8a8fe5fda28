"""The result files of the meeting agent, against the example files of its page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from tests.conftest import Watch
from tests.dashscope.helpers import (
    EVERYTHING,
    PATHS,
    VIDEO,
    Json,
    create,
    done,
    finished,
    result,
)


@pytest.fixture
def mock(server: tuple[MockTingwu, Watch]) -> Iterator[MockTingwu]:
    mock, watch = server
    yield mock
    assert watch.breaches == []


@pytest.fixture(scope="module")
def made(server: tuple[MockTingwu, Watch]) -> Json:
    """All files of a meeting with slides, and its ``dataId``."""
    mock, watch = server
    data_id = create(mock, EVERYTHING, fileUrl=VIDEO)
    output = finished(mock, data_id)
    files = {path: result(output, path) for path in PATHS}
    assert watch.breaches == []
    assert {name for name in watch.checked if "/results/" in name} == {
        f"dashscope/results/{path.removesuffix('Path')}" for path in PATHS
    }
    return files | {"dataId": data_id}


#: The members of every object of every file, by their place; [] stands for each item of a list.
KEYS = {
    "transcriptionPath": "audioInfo audioSegments paragraphs",
    "transcriptionPath.audioInfo": "duration language sampleRate size",
    "transcriptionPath.paragraphs[]": "paragraphId speakerId words",
    "transcriptionPath.paragraphs[].words[]": "end id sentenceId start text",
    "translationsPath": "paragraphs",
    "translationsPath.paragraphs[]": "paragraphId sentences",
    "translationsPath.paragraphs[].sentences[]": "end sentenceId start text",
    "autoChaptersPath[]": "end headline id start summary",
    "summarizationPath": "conversationalSummary mindMapSummary paragraphSummary "
    "questionsAnsweringSummary",
    "summarizationPath.conversationalSummary[]": "speakerId speakerName summary",
    "summarizationPath.questionsAnsweringSummary[]": "answer question sentenceIdsOfAnswer "
    "sentenceIdsOfQuestion",
    "meetingAssistancePath": "actions classifications keywords",
    "meetingAssistancePath.actions[]": "end id sentenceId start text",
    "meetingAssistancePath.classifications": "interview lecture meeting",
    "pptExtractionPath": "availableForSummary keyFrameList",
    "pptExtractionPath.keyFrameList[]": "end fileUrl id start summary",
    "textPolishPath[]": "end formalParagraphText paragraphId sentenceIds start",
    "customPromptPath[]": "name result truncated",
}


def objects(place: str, value: Any) -> Iterator[tuple[str, list[str]]]:
    """Every object in ``value`` with its place; the mind map, a tree, has tests of its own."""
    if isinstance(value, dict):
        yield place, list(value)
        for name, item in value.items():
            if name != "mindMapSummary":
                yield from objects(f"{place}.{name}", item)
    elif isinstance(value, list):
        for item in value:
            yield from objects(f"{place}[]", item)


@pytest.mark.parametrize("path", PATHS)
def test_a_file_has_the_members_of_the_example_in_the_order_of_the_alphabet(
    made: Json, path: str
) -> None:
    found = list(objects(path, made[path]))
    expected = {place: keys.split() for place, keys in KEYS.items() if place.startswith(path)}
    assert dict(found) == expected
    assert all(keys == expected[place] for place, keys in found)


def test_arrays_are_where_the_page_has_them(made: Json) -> None:
    arrays = {path for path in PATHS if isinstance(made[path], list)}
    assert arrays == {"autoChaptersPath", "textPolishPath", "customPromptPath"}


# The transcript, and what refers to it


def sentences(made: Json) -> dict[int, tuple[int, int]]:
    """Begin and end of every sentence."""
    found: dict[int, tuple[int, int]] = {}
    for paragraph in made["transcriptionPath"]["paragraphs"]:
        for word in paragraph["words"]:
            begin, _ = found.get(word["sentenceId"], (word["start"], 0))
            found[word["sentenceId"]] = begin, word["end"]
    return found


def test_words_are_numbered_by_tens_and_sentences_from_one(made: Json) -> None:
    words = [w for p in made["transcriptionPath"]["paragraphs"] for w in p["words"]]
    assert [word["id"] for word in words] == [10 * (n + 1) for n in range(len(words))]
    assert list(sentences(made)) == [n + 1 for n in range(len(sentences(made)))]
    assert len(sentences(made)) > 10


def test_segments_are_the_sentences_and_lie_in_the_recording(made: Json) -> None:
    transcription = made["transcriptionPath"]
    assert transcription["audioSegments"] == [list(span) for span in sentences(made).values()]
    assert transcription["audioSegments"][-1][1] <= transcription["audioInfo"]["duration"]


def test_every_translated_sentence_is_one_of_the_transcript(made: Json) -> None:
    spoken = made["transcriptionPath"]["paragraphs"]
    translated = made["translationsPath"]["paragraphs"]
    assert [p["paragraphId"] for p in translated] == [p["paragraphId"] for p in spoken]
    found = {s["sentenceId"]: (s["start"], s["end"]) for p in translated for s in p["sentences"]}
    assert found == sentences(made)
    assert all(s["text"].isascii() for p in translated for s in p["sentences"])


def test_every_reference_leads_to_the_transcript(made: Json) -> None:
    known = sentences(made)
    asked = made["summarizationPath"]["questionsAnsweringSummary"]
    assert asked
    numbers = [n for qa in asked for n in qa["sentenceIdsOfQuestion"] + qa["sentenceIdsOfAnswer"]]
    numbers += [action["sentenceId"] for action in made["meetingAssistancePath"]["actions"]]
    numbers += [n for paragraph in made["textPolishPath"] for n in paragraph["sentenceIds"]]
    assert made["meetingAssistancePath"]["actions"]
    assert set(numbers) == set(known)  # the polished text has every sentence
    paragraphs = {p["paragraphId"] for p in made["transcriptionPath"]["paragraphs"]}
    assert {p["paragraphId"] for p in made["textPolishPath"]} <= paragraphs
    speakers = {p["speakerId"] for p in made["transcriptionPath"]["paragraphs"]}
    told = made["summarizationPath"]["conversationalSummary"]
    assert {one["speakerId"] for one in told} == speakers
    assert all(one["speakerName"] == f"发言人{one['speakerId']}" for one in told)


def test_chapters_polish_actions_and_slides_have_times_of_the_transcript(made: Json) -> None:
    spans = sentences(made)
    begins, ends = {begin for begin, _ in spans.values()}, {end for _, end in spans.values()}
    timed = made["autoChaptersPath"] + made["textPolishPath"]
    assert {item["start"] for item in timed} <= begins
    assert {item["end"] for item in timed} <= ends
    for action in made["meetingAssistancePath"]["actions"]:
        assert (action["start"], action["end"]) == spans[action["sentenceId"]]
    duration = made["transcriptionPath"]["audioInfo"]["duration"]
    slides = made["pptExtractionPath"]["keyFrameList"]
    assert slides
    assert all(0 <= slide["start"] < slide["end"] <= duration for slide in slides)


def test_slides_can_be_looked_at(made: Json) -> None:
    for slide in made["pptExtractionPath"]["keyFrameList"]:
        picture = httpx.get(slide["fileUrl"])
        assert picture.headers["content-type"].startswith("image/")


# Texts


def test_the_full_summary_is_a_lead_and_a_list_of_points(made: Json) -> None:
    lead, points = made["summarizationPath"]["paragraphSummary"].split("@#")
    assert lead.strip()
    lines = [line for line in points.split("\n") if line.strip()]
    assert lines
    assert all(line.lstrip().startswith(("- ", "1.", "2.", "3.", "4.")) for line in lines)


def test_keywords_are_words_and_classes_are_shares(made: Json) -> None:
    assistance = made["meetingAssistancePath"]
    assert len(assistance["keywords"]) > 3
    assert all(isinstance(word, str) for word in assistance["keywords"])
    assert max(assistance["classifications"].values()) <= 1


def test_the_answer_to_a_prompt_is_called_after_the_task(made: Json) -> None:
    (answer,) = made["customPromptPath"]
    assert answer["name"] == made["dataId"]
    assert answer["truncated"] is False
    assert made["dataId"] not in answer["result"]
    assert "{Transcription}" not in answer["result"]


# The mind map


def nodes(tree: list[Json]) -> list[Json]:
    return [found for node in tree for found in (node, *nodes(node["topic"]))]


def mind_map(mock: MockTingwu, **analysis: Any) -> list[Json]:
    output = done(mock, {"analysis": {"mindMapEnabled": True, **analysis}})
    made = result(output, "summarizationPath")
    assert list(made) == ["mindMapSummary"]
    return nodes(made["mindMapSummary"])


@pytest.mark.parametrize("analysis", [{}, {"mindMapFormat": "timestamp"}])
def test_leaves_of_a_mind_map_and_no_other_nodes_have_times(
    mock: MockTingwu, analysis: Json
) -> None:
    found = mind_map(mock, **analysis)
    leaves = [node for node in found if not node["topic"]]
    assert len(found) > len(leaves) > 3
    assert all(list(leaf) == ["beginTime", "title", "topic"] for leaf in leaves)
    assert all(list(node) == ["title", "topic"] for node in found if node["topic"])
    assert len({leaf["beginTime"] for leaf in leaves}) > 3


def test_a_plain_mind_map_has_no_times(mock: MockTingwu) -> None:
    plain = mind_map(mock, mindMapFormat="plain")
    assert all(list(node) == ["title", "topic"] for node in plain)
    timed = mind_map(mock)
    assert [node["title"] for node in plain] == [node["title"] for node in timed]


# Recordings without


def test_a_recording_without_a_picture_has_no_slides(mock: MockTingwu) -> None:
    output = done(mock, {"analysis": {"pptExtractionEnabled": True}})
    slides = result(output, "pptExtractionPath")
    assert slides == {"availableForSummary": False, "keyFrameList": []}
