"""The schemas against what real SDKs send, accept and have fields for."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu import contract

VECTORS = Path(__file__).parent / "vectors"

CREATE_REALTIME = sorted((VECTORS / "tingwu").glob("*create_realtime.txt"))
CREATE_OFFLINE = sorted((VECTORS / "tingwu").glob("*create_offline.txt"))
STOP = sorted((VECTORS / "tingwu").glob("*stop_realtime.txt"))


def recorded(name: str) -> list[dict[str, Any]]:
    lines = (VECTORS / "contract" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["frame"] for line in lines]


def body(capture: Path) -> Any:
    """The JSON body of a recorded request; chunked or not, it stands on one line."""
    (line,) = re.findall(r"^\{.*\}$", capture.read_text(encoding="utf-8"), re.MULTILINE)
    return json.loads(line)


def test_there_are_recorded_requests_of_four_sdks() -> None:
    assert len(CREATE_REALTIME) >= 4
    assert len(CREATE_OFFLINE) >= 4
    assert len(STOP) >= 4


@pytest.mark.parametrize("capture", CREATE_REALTIME, ids=lambda path: path.stem)
def test_a_recorded_start_of_a_realtime_task_fits(capture: Path) -> None:
    assert contract.violations("tingwu/create-task-request", body(capture)) == []


@pytest.mark.parametrize("capture", CREATE_OFFLINE, ids=lambda path: path.stem)
def test_a_recorded_start_of_an_offline_task_fits(capture: Path) -> None:
    assert contract.violations("tingwu/create-task-request#offline", body(capture)) == []


@pytest.mark.parametrize("capture", STOP, ids=lambda path: path.stem)
def test_a_recorded_stop_fits_and_is_no_start(capture: Path) -> None:
    assert contract.violations("tingwu/create-task-request#stop", body(capture)) == []
    assert contract.violations("tingwu/create-task-request", body(capture)) != []


COMMANDS = {
    "StartTranscription": "realtime/start-transcription",
    "StopTranscription": "realtime/stop-transcription",
}


@pytest.mark.parametrize("frame", recorded("realtime-commands"))
def test_a_recorded_command_fits(frame: dict[str, Any]) -> None:
    assert contract.violations(COMMANDS[frame["header"]["name"]], frame) == []


#: What the mock's events have beyond the recorded ones.
SUPERSET = {
    "TranscriptionResultChanged": [
        "begin_time",
        "confidence",
        "fixed_result",
        "status",
        "unfixed_result",
    ],
    "SentenceEnd": [
        "audio_extra_info",
        "gender",
        "gender_score",
        "index",
        "sentence_id",
    ],
}


@pytest.mark.parametrize("frame", recorded("realtime-events"))
def test_a_recorded_event_fits_but_for_the_fields_that_the_mock_adds(frame: dict[str, Any]) -> None:
    found = contract.violations("realtime/event", frame)
    assert {violation.keyword for violation in found} <= {"required"}
    assert sorted(str(v.path[-1]) for v in found) == SUPERSET.get(frame["header"]["name"], [])


def sdk_models() -> dict[str, dict[str, str]]:
    """Class -> wire name of each field -> its Python type."""
    models: defaultdict[str, dict[str, str]] = defaultdict(dict)
    path = VECTORS / "contract" / "tingwu-sdk-models.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        for row in csv.DictReader(lines, delimiter="\t"):
            models[row["class"]][row["wire_name"]] = row["type"]
    return models


MODELS = sdk_models()
JSON_TYPES = {"str": "string", "int": "integer", "bool": "boolean", "Dict[str, Any]": "object"}


def properties(schema: dict[str, Any], document: str) -> dict[str, Any]:
    schema, document = resolved(schema, document)
    return {key: (part, document) for key, part in schema.get("properties", {}).items()}


def resolved(schema: dict[str, Any], document: str) -> tuple[dict[str, Any], str]:
    while "$ref" in schema:
        file, _, pointer = schema["$ref"].partition("#")
        if file:
            document = f"{document.rpartition('/')[0]}/{file.removesuffix('.json')}"
        schema = json.loads(contract.text(document))
        for token in pointer.split("/")[1:]:
            schema = schema[token]
    return schema, document


def unlike(model: str, schema: dict[str, Any], document: str) -> list[str]:
    """Fields of the SDK's ``model`` that ``schema`` lacks or gives another type."""
    known = properties(schema, document)
    wrong = []
    for field, type_ in MODELS[model].items():
        if field not in known:
            wrong.append(f"{model}.{field} is missing")
            continue
        part, home = resolved(*known[field])
        inner = re.sub(r"^List\[(.*)\]$", r"\1", type_)
        if inner != type_:
            if part["type"] != "array":
                wrong.append(f"{model}.{field} is no array")
            part, home = resolved(part["items"], home)
        if inner in MODELS:
            wrong += unlike(inner, part, home)
        elif "type" in part and part["type"] != JSON_TYPES[inner]:
            wrong.append(f"{model}.{field} is {part['type']}, not {inner}")
        elif "type" not in part:
            values = part.get("enum") or [part["const"]]
            if inner != "str" or not all(isinstance(value, str) for value in values):
                wrong.append(f"{model}.{field} has other values than {inner}")
    return wrong


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("CreateTaskRequestInput", "tingwu/create-task-request#input"),
        ("CreateTaskRequestParameters", "tingwu/create-task-request#parameters"),
        ("CreateTaskResponseBody", "tingwu/create-task-response"),
        ("GetTaskInfoResponseBody", "tingwu/get-task-info-response"),
        ("GetTaskInfoResponseBody", "tingwu/callback"),
        ("CreateTranscriptionPhrasesRequest", "tingwu/phrases-request"),
        ("UpdateTranscriptionPhrasesRequest", "tingwu/phrases-request"),
        ("CreateTranscriptionPhrasesResponseBody", "tingwu/phrases-response#create"),
        ("UpdateTranscriptionPhrasesResponseBody", "tingwu/phrases-response#update"),
        ("GetTranscriptionPhrasesResponseBody", "tingwu/phrases-response#get"),
        ("ListTranscriptionPhrasesResponseBody", "tingwu/phrases-response#list"),
        ("DeleteTranscriptionPhrasesResponseBody", "tingwu/phrases-response#delete"),
    ],
)
def test_every_field_of_an_sdk_model_is_in_the_schema(model: str, name: str) -> None:
    document, _, definition = name.partition("#")
    schema = json.loads(contract.text(document))
    if definition:
        schema = schema["$defs"][definition]
    assert unlike(model, schema, document) == []


def test_the_fields_of_a_create_request_are_those_of_query_and_body() -> None:
    definitions = json.loads(contract.text("tingwu/create-task-request"))["$defs"]
    query, realtime = definitions["query"]["properties"], definitions["realtime"]["properties"]
    assert set(MODELS["CreateTaskRequest"]) == {*query, *realtime}


def test_a_result_link_of_every_kind_in_the_sdk_has_a_schema_for_its_file() -> None:
    kinds = set(MODELS["GetTaskInfoResponseBodyDataResult"])
    files = {n.rpartition("/")[2] for n in contract.names() if n.startswith("tingwu/results/")}
    assert files == kinds
