"""The schemas of DashScope's Tingwu agents against what SDKs send and pages tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu import contract
from tests.contract_examples_dashscope import ACCEPTED, PROFILE, meeting
from tests.contract_examples_inference import FINAL, INSTRUCTION, TRANSLATED
from tests.contract_values import GONE, changed

VECTORS = Path(__file__).parent / "vectors" / "dashscope"
CREATE = "dashscope/create-task-request"
RESULTS = "dashscope/results/"


def recorded(name: str) -> list[dict[str, Any]]:
    lines = (VECTORS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


REQUESTS = recorded("requests")
COMMANDS = recorded("commands")


def test_there_are_requests_and_commands_of_three_clients() -> None:
    clients = {"dashscope 1.25.24", "dashscope 2.0.2", "dashscope 2.0.2, v2"}
    assert {row["client"] for row in REQUESTS} == clients
    assert {row["client"] for row in COMMANDS} == clients


@pytest.mark.parametrize("row", REQUESTS, ids=lambda row: row["client"])
def test_a_recorded_request_fits_its_schema_and_no_other(row: dict[str, Any]) -> None:
    assert contract.violations(row["schema"], row["body"]) == []
    for other in ("offline", "realtime", "end", "insights", "profile", "get"):
        if not row["schema"].endswith(f"#{other}"):
            assert contract.violations(f"{CREATE}#{other}", row["body"]) != []


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row["client"])
def test_a_recorded_command_fits_its_schema_and_no_other(row: dict[str, Any]) -> None:
    action = row["frame"]["header"]["action"]
    other = {"run-task": "finish-task", "finish-task": "run-task"}[action]
    assert contract.violations(f"inference/{action}", row["frame"]) == []
    assert contract.violations(f"inference/{other}", row["frame"]) != []


# One of three sources


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ({}, ["/input/fileUrl"]),
        ({"fileUrl": "", "text": "", "dataId": ""}, ["/input/fileUrl"]),
        ({"fileUrl": "u", "text": "t"}, ["/input/text"]),
        ({"fileUrl": "u", "dataId": "d"}, ["/input/dataId"]),
        ({"text": "t", "dataId": "d"}, ["/input/dataId"]),
        ({"fileUrl": "u", "text": "t", "dataId": "d"}, ["/input/dataId", "/input/text"]),
        ({"fileUrl": "u", "text": ""}, []),
        ({"fileUrl": "", "text": "t", "dataId": ""}, []),
        ({"fileUrl": "", "text": "", "dataId": "d"}, []),
    ],
)
def test_a_task_has_one_source_and_empty_ones_do_not_count(
    source: dict[str, str], wrong: list[str]
) -> None:
    found = contract.violations(CREATE, meeting(type="offline", **source))
    assert sorted(violation.pointer for violation in found) == wrong


def test_a_source_too_many_is_explained() -> None:
    (violation,) = contract.violations(CREATE, meeting(type="offline", fileUrl="u", text="t"))
    assert violation.expected == "Empty or absent beside fileUrl"
    assert violation.source == "documented: dashscope-tingwu 2"


def test_no_member_of_the_parameters_is_required() -> None:
    empty: list[dict[str, Any]] = [{}, {"transcription": {}, "audio": {}, "analysis": {}}]
    for parameters in empty:
        body = meeting(parameters, type="offline", fileUrl="u")
        assert contract.violations(CREATE, body) == []


@pytest.mark.parametrize(("missing", "wrong"), [("Name", "name"), ("Description", "description")])
def test_a_role_lacks_what_it_has_in_neither_spelling(missing: str, wrong: str) -> None:
    place = "parameters/identityRecognition/identityContents/1"
    lacking = changed(PROFILE, f"{place}/{missing}", GONE)
    (violation,) = contract.violations(f"{CREATE}#profile", lacking)
    assert violation.pointer == f"/{place}/{wrong}"
    mended = changed(lacking, f"{place}/{wrong}", "lower case")
    assert contract.violations(f"{CREATE}#profile", mended) == []


# What the server sends


def documents() -> dict[str, dict[str, Any]]:
    sent = [n for n in contract.names() if n.startswith(("dashscope/", "inference/"))]
    return {name: json.loads(contract.text(name)) for name in sent}


def parts(schema: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in ``schema``, and where it stands."""
    if isinstance(schema, dict):
        yield place, schema
        for key, part in schema.items():
            yield from parts(part, f"{place}/{key}")
    elif isinstance(schema, list):
        for number, part in enumerate(schema):
            yield from parts(part, f"{place}/{number}")


SENT = [
    (place, part)
    for name, document in documents().items()
    if document["x-sender"] == "server"
    for place, part in parts(document, name)
]


def test_every_integer_that_is_sent_is_written_as_one() -> None:
    integers = [(place, part) for place, part in SENT if part.get("type") == "integer"]
    assert len(integers) > 60
    for place, part in integers:
        assert part.get("x-written") == "integer", place


def test_keys_of_result_files_and_of_an_output_are_in_alphabetical_order() -> None:
    output = "dashscope/get-task-response/$defs/output"
    ordered = [
        (place, part["x-key-order"])
        for place, part in SENT
        if "x-key-order" in part and (place.startswith(RESULTS) or place == output)
    ]
    assert len(ordered) > 30
    for place, keys in ordered:
        assert keys == sorted(keys), place


def test_there_is_a_schema_for_the_file_behind_every_path_of_a_task() -> None:
    members = documents()["dashscope/get-task-response"]["$defs"]["output"]["properties"]
    kinds = {m.removesuffix("Path") for m in members if m.endswith("Path")}
    files = {n.removeprefix(RESULTS) for n in contract.names() if n.startswith(RESULTS)}
    assert kinds == files
    assert len(kinds) == 15


def test_a_callback_has_the_members_of_a_task_and_tells_whose_it_is() -> None:
    task = documents()["dashscope/get-task-response"]["$defs"]["output"]["properties"]
    told = documents()["dashscope/callback"]["$defs"]["output"]["properties"]
    assert set(told) == {*task, "taskInfo"}


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (FINAL, "payload/output/transcription/time"),
        (FINAL, "payload/output/transcription/words/0/beginTime"),
        (FINAL, "payload/output/transcription/stashResult/sentenceId"),
        (TRANSLATED, "payload/output/translations/en/translateResult/0/endTime"),
        (INSTRUCTION, "payload/output/translations/translations/zh/sentenceId"),
    ],
)
def test_an_integer_of_an_event_is_written_without_a_fraction(
    event: dict[str, Any], path: str
) -> None:
    broken = changed(event, path, 400.0)
    assert contract.violations("inference/event", broken) == []
    with pytest.raises(contract.ContractError, match="is written with a fraction"):
        contract.check("inference/event", broken)


@pytest.mark.parametrize(
    "path",
    [
        "header",
        "payload/output/transcription",
        "payload/output/transcription/stashResult",
        "payload/output/transcription/words/0",
    ],
)
def test_keys_of_an_event_stand_in_order(path: str) -> None:
    value: Any = FINAL
    for key in path.split("/"):
        value = value[int(key) if key.isdigit() else key]
    shuffled = changed(FINAL, path, dict(reversed(value.items())))
    assert contract.violations("inference/event", shuffled) == []
    with pytest.raises(contract.ContractError, match="keys stand as"):
        contract.check_key_order("inference/event", shuffled)


# The fields that the pages of getTask document

#: Kind of result -> (pointer, type) of every field. A question mark: it may be left out, because
#: the page's own example or a meeting without it does so.
FIELDS: dict[str, list[tuple[str, str]]] = {
    "transcription": [
        ("/audioInfo", "object"),
        ("/audioInfo/size", "integer?"),
        ("/audioInfo/duration", "integer"),
        ("/audioInfo/sampleRate", "integer?"),
        ("/audioInfo/language", "string?"),
        ("/audioSegments", "array"),
        ("/audioSegments/0", "array?"),
        ("/audioSegments/0/0", "integer"),
        ("/audioSegments/0/1", "integer"),
        ("/paragraphs", "array"),
        ("/paragraphs/0", "object?"),
        ("/paragraphs/0/paragraphId", "string"),
        ("/paragraphs/0/speakerId", "string?"),
        ("/paragraphs/0/words", "array"),
        ("/paragraphs/0/words/0", "object?"),
        ("/paragraphs/0/words/0/id", "integer"),
        ("/paragraphs/0/words/0/sentenceId", "integer"),
        ("/paragraphs/0/words/0/start", "integer"),
        ("/paragraphs/0/words/0/end", "integer"),
        ("/paragraphs/0/words/0/text", "string"),
    ],
    "translations": [
        ("/paragraphs", "array"),
        ("/paragraphs/0", "object?"),
        ("/paragraphs/0/paragraphId", "string"),
        ("/paragraphs/0/sentences", "array"),
        ("/paragraphs/0/sentences/0", "object"),
        ("/paragraphs/0/sentences/0/sentenceId", "integer"),
        ("/paragraphs/0/sentences/0/start", "integer"),
        ("/paragraphs/0/sentences/0/end", "integer"),
        ("/paragraphs/0/sentences/0/text", "string"),
    ],
    "autoChapters": [
        ("", "array"),
        ("/0", "object?"),
        ("/0/id", "integer"),
        ("/0/start", "integer"),
        ("/0/end", "integer"),
        ("/0/headline", "string"),
        ("/0/summary", "string"),
    ],
    "summarization": [
        ("/paragraphSummary", "string?"),
        ("/conversationalSummary", "array?"),
        ("/conversationalSummary/0", "object?"),
        ("/conversationalSummary/0/speakerId", "string?"),
        ("/conversationalSummary/0/speakerName", "string"),
        ("/conversationalSummary/0/summary", "string"),
        ("/questionsAnsweringSummary", "array?"),
        ("/questionsAnsweringSummary/0", "object?"),
        ("/questionsAnsweringSummary/0/question", "string"),
        ("/questionsAnsweringSummary/0/sentenceIdsOfQuestion", "array"),
        ("/questionsAnsweringSummary/0/sentenceIdsOfQuestion/0", "integer?"),
        ("/questionsAnsweringSummary/0/answer", "string"),
        ("/questionsAnsweringSummary/0/sentenceIdsOfAnswer", "array"),
        ("/questionsAnsweringSummary/0/sentenceIdsOfAnswer/0", "integer?"),
        ("/mindMapSummary", "array?"),
        ("/mindMapSummary/0", "object?"),
        ("/mindMapSummary/0/title", "string"),
        ("/mindMapSummary/0/topic", "array"),
        ("/mindMapSummary/0/topic/0", "object?"),
        ("/mindMapSummary/0/topic/0/title", "string"),
        ("/mindMapSummary/0/topic/0/topic", "array"),
        ("/mindMapSummary/0/topic/0/topic/0", "object?"),
        ("/mindMapSummary/0/topic/0/topic/0/beginTime", "integer?"),
        ("/mindMapSummary/0/topic/0/topic/0/title", "string"),
        ("/mindMapSummary/0/topic/0/topic/0/topic", "array"),
    ],
    "meetingAssistance": [
        ("/keywords", "array?"),
        ("/keywords/0", "string?"),
        ("/actions", "array?"),
        ("/actions/0", "object?"),
        ("/actions/0/id", "integer"),
        ("/actions/0/sentenceId", "integer"),
        ("/actions/0/start", "integer"),
        ("/actions/0/end", "integer"),
        ("/actions/0/text", "string"),
        ("/classifications", "object?"),
        ("/classifications/interview", "number"),
        ("/classifications/lecture", "number"),
        ("/classifications/meeting", "number"),
    ],
    "pptExtraction": [
        ("/availableForSummary", "boolean"),
        ("/keyFrameList", "array"),
        ("/keyFrameList/0", "object?"),
        ("/keyFrameList/0/id", "integer"),
        ("/keyFrameList/0/start", "integer"),
        ("/keyFrameList/0/end", "integer"),
        ("/keyFrameList/0/fileUrl", "string"),
        ("/keyFrameList/0/summary", "string?"),
    ],
    "textPolish": [
        ("", "array"),
        ("/0", "object?"),
        ("/0/formalParagraphText", "string"),
        ("/0/sentenceIds", "array"),
        ("/0/sentenceIds/0", "integer?"),
        ("/0/paragraphId", "string"),
        ("/0/start", "integer"),
        ("/0/end", "integer"),
    ],
    "customPrompt": [
        ("", "array"),
        ("/0", "object?"),
        ("/0/name", "string"),
        ("/0/result", "string"),
        ("/0/truncated", "boolean"),
    ],
    "generalServiceInsights": [
        ("/generalServiceInsights", "array"),
        ("/generalServiceInsights/0", "object?"),
        ("/generalServiceInsights/0/title", "string"),
        ("/generalServiceInsights/0/matched", "boolean"),
        ("/generalServiceInsights/0/remarks", "string"),
        ("/generalServiceInsights/0/score", "string?"),
        ("/generalServiceInsights/0/matchedSentenceIds", "array"),
        ("/generalServiceInsights/0/matchedSentenceIds/0", "integer?"),
    ],
    "generalSaleInsights": [
        ("/generalSaleInsights", "object"),
        ("/generalSaleInsights/missedSum", "integer"),
        ("/generalSaleInsights/matchedSum", "integer"),
    ],
    "serviceInsights": [
        ("/serviceInsights", "array"),
        ("/serviceInsights/0", "object?"),
        ("/serviceInsights/0/title", "string"),
        ("/serviceInsights/0/matched", "boolean"),
        ("/serviceInsights/0/remarks", "string"),
        ("/serviceInsights/0/score", "string?"),
        ("/serviceInsights/0/matchedSentenceIds", "array"),
    ],
    "saleInsights": [
        ("/saleInsights", "object"),
        ("/saleInsights/missedSum", "integer"),
        ("/saleInsights/matchedSum", "integer"),
    ],
    "customerProfile": [
        ("/saleClueClassify", "object"),
        ("/saleClueClassify/classify", "string"),
        ("/saleClueClassify/evidence", "string"),
        ("/customerNotMentioned", "integer"),
        ("/tryDriveIntentionEvaluation", "object"),
        ("/tryDriveIntentionEvaluation/score", "integer"),
        ("/tryDriveIntentionEvaluation/evidence", "string"),
        ("/customerConcerned", "integer"),
        ("/oneSentenceSumUp", "string"),
    ],
    "identityRecognition": [
        ("/identityResults", "array"),
        ("/identityResults/0", "object?"),
        ("/identityResults/0/identity", "string"),
        ("/identityResults/0/speakerId", "string"),
    ],
    "contentExtractions": [
        ("", "array"),
        ("/0", "object?"),
        ("/0/result", "string"),
        ("/0/matchedSentenceIds", "array"),
        ("/0/matchedSentenceIds/0", "integer?"),
        ("/0/title", "string"),
        ("/0/remarks", "string"),
    ],
}
SHAPES: dict[str, Any] = json.loads((VECTORS / "result-shapes.json").read_text(encoding="utf-8"))
WRONG: dict[str, Any] = {
    "string": 7,
    "integer": "7",
    "number": "0.5",
    "boolean": "true",
    "array": {},
    "object": [],
}
DOCUMENTED = [
    pytest.param(kind, pointer.lstrip("/"), type_, id=f"{kind}{pointer}")
    for kind, fields in FIELDS.items()
    for pointer, type_ in fields
]


def type_of(value: Any) -> str:
    names = {str: "string", bool: "boolean", int: "integer", float: "number"}
    return {**names, list: "array", dict: "object"}[type(value)]


def shape(value: Any, pointer: str = "") -> dict[str, str]:
    """The type of everything in ``value``; of a list, of its first item."""
    found = {pointer: type_of(value)}
    if isinstance(value, list):
        # The two items of a segment are fields of their own.
        items = value if len(value) == 2 and isinstance(value[0], int) else value[:1]
        for number, item in enumerate(items):
            found |= shape(item, f"{pointer}/{number}")
    elif isinstance(value, dict):
        for key, item in value.items():
            found |= shape(item, f"{pointer}/{key}")
    return found


def test_there_is_a_shape_of_every_kind_of_result() -> None:
    files = {n.removeprefix(RESULTS) for n in contract.names() if n.startswith(RESULTS)}
    assert set(SHAPES) == set(FIELDS) == files


@pytest.mark.parametrize("kind", FIELDS)
def test_a_shape_has_the_documented_fields_and_no_others(kind: str) -> None:
    documented = {pointer: type_.rstrip("?") for pointer, type_ in FIELDS[kind]}
    found = shape(SHAPES[kind])
    if "" not in documented:
        assert found.pop("") == "object"
    assert found == documented


@pytest.mark.parametrize("kind", FIELDS)
def test_a_shape_fits(kind: str) -> None:
    contract.check(RESULTS + kind, SHAPES[kind])


@pytest.mark.parametrize(("kind", "path", "type_"), DOCUMENTED)
def test_a_documented_field_has_no_other_type(kind: str, path: str, type_: str) -> None:
    for wrong in (WRONG[type_.rstrip("?")], None):
        broken = changed(SHAPES[kind], path, wrong) if path else wrong
        found = contract.violations(RESULTS + kind, broken)
        assert f"/{path}".rstrip("/") in [violation.pointer for violation in found]


@pytest.mark.parametrize(("kind", "path", "type_"), DOCUMENTED)
def test_a_documented_field_may_only_be_missing_where_the_page_leaves_it_out(
    kind: str, path: str, type_: str
) -> None:
    if path:
        lacking = changed(SHAPES[kind], path, GONE)
        found = contract.violations(RESULTS + kind, lacking)
        assert bool(found) == (not type_.endswith("?")), found


def test_a_failed_part_is_null_and_not_the_word() -> None:
    task = ACCEPTED["dashscope/get-task-response"][0]
    for member in task["output"]:
        if member.endswith("Path"):
            null = changed(task, f"output/{member}", None)
            assert contract.violations("dashscope/get-task-response", null) == []
            word = changed(task, f"output/{member}", "null")
            assert contract.violations("dashscope/get-task-response", word) != []
