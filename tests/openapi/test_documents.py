"""The OpenAPI and AsyncAPI documents are valid, complete, and say what the schemas say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from mock_tingwu import MockTingwu, api_documents, contract
from mock_tingwu.core.dashscope_errors import CALL_ERRORS
from mock_tingwu.core.errors import API_ERRORS, LIVE_ERRORS, ApiError
from mock_tingwu.resources import folder
from mock_tingwu.server.app import Application
from mock_tingwu.services.dashscope.service import INFERENCE
from mock_tingwu.services.near_miss import CALLS
from mock_tingwu.services.realtime import PATH as REALTIME
from mock_tingwu.services.unknown import control_calls
from tests import test_contract
from tests.contract_values import changed

Json = dict[str, Any]

OPENAPI: Final = [n for n in api_documents.names() if n.startswith("openapi/")]
ASYNCAPI: Final = [n for n in api_documents.names() if n.startswith("asyncapi/")]
METHODS: Final = ("get", "put", "post", "delete", "patch", "options", "head", "trace")


#: As they are printed; nobody may change one.
bundled = cache(api_documents.bundle)


def walk(node: Any, place: str = "") -> Iterator[tuple[str, Json]]:
    """Every object in a document, with where it is."""
    if isinstance(node, dict):
        yield place, node
        for key, value in node.items():
            yield from walk(value, f"{place}/{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from walk(value, f"{place}/{number}")


def at(document: Json, reference: str) -> Any:
    node: Any = document
    for token in reference.removeprefix("#/").split("/"):
        node = node[token.replace("~1", "/").replace("~0", "~")]
    return node


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def test_there_is_a_document_for_every_product() -> None:
    products = ["control", "dashscope", "live", "tingwu"]
    assert [f"openapi/{product}" for product in products] == OPENAPI
    assert ASYNCAPI == ["asyncapi/inference", "asyncapi/realtime"]


@pytest.mark.parametrize("name", OPENAPI)
def test_an_openapi_document_is_valid(name: str) -> None:
    assert list(OpenAPIV31SpecValidator(bundled(name)).iter_errors()) == []


@pytest.mark.parametrize("name", api_documents.names())
def test_a_document_as_written_refers_to_schemas_that_there_are(name: str) -> None:
    base = folder("schemas") / f"{name}.yaml"
    found = 0
    for place, node in walk(api_documents.document(name)):
        reference = node.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            file, _, pointer = reference.partition("#")
            schema = json.loads((base.parent / file).resolve().read_text(encoding="utf-8"))
            assert at({"": schema}, f"#/{pointer}"), place
            found += 1
    assert found > 5


@pytest.mark.parametrize("name", api_documents.names())
def test_a_bundle_needs_no_other_file(name: str) -> None:
    bundle = bundled(name)
    references = [node["$ref"] for _, node in walk(bundle) if isinstance(node.get("$ref"), str)]
    assert len(references) > 20
    for reference in references:
        assert reference.startswith("#/")
        assert at(bundle, reference) is not None, reference
    text = json.dumps(bundle)
    assert "$defs" not in text and '"$id"' not in text and '"x-shared"' not in text
    assert json.dumps(api_documents.bundle(name)) == text


def test_every_schema_is_part_of_a_document() -> None:
    gathered = {
        schema
        for name in api_documents.names()
        for schema in bundled(name)["components"]["schemas"]
    }
    missing = [
        schema
        for schema in contract.names()
        if dotted(schema) not in gathered
        # Of some only parts are of use: those that hold definitions for others, and parameters.
        and not any(one.startswith(dotted(schema) + ".") for one in gathered)
    ]
    assert missing == []


def dotted(schema: str) -> str:
    return schema.replace("/", ".").replace("#", ".")


@pytest.mark.parametrize("name", api_documents.names())
def test_a_schema_judges_in_a_bundle_as_it_does_alone(name: str) -> None:
    bundle = bundled(name)
    judged = 0
    for schema, examples in test_contract.ACCEPTED.items():
        # The document itself may be one of its definitions.
        if dotted(schema) not in bundle["components"]["schemas"]:
            continue
        whole = {
            "$ref": f"#/components/schemas/{dotted(schema)}",
            "components": bundle["components"],
        }
        validator = Draft202012Validator(whole)
        for example in examples:
            assert validator.is_valid(example), (schema, example)
        for change in test_contract.REJECTED.get(schema, ()):
            assert not validator.is_valid(changed(examples[0], *change)), (schema, change)
        judged += 1
    assert judged > 2


@pytest.mark.parametrize("name", OPENAPI)
def test_examples_fit_their_schemas(name: str) -> None:
    bundle = bundled(name)
    found = 0
    for place, node in walk(bundle):
        if "schema" not in node or "/schemas/" in place:
            continue
        given = [one["value"] for one in node.get("examples", {}).values()]
        given += [node["example"]] if "example" in node else []
        validator = Draft202012Validator({**node["schema"], "components": bundle["components"]})
        for example in given:
            assert validator.is_valid(example), (place, example)
            found += 1
    assert found > 4


@pytest.mark.parametrize("name", OPENAPI)
def test_an_operation_says_what_it_is_and_whence(name: str) -> None:
    document = api_documents.document(name)
    tags = {tag["name"] for tag in document["tags"]}
    known = {operation["operationId"] for _, _, operation in operations(document)}
    ids = []
    for method, path, operation in operations(document):
        assert operation["summary"] and set(operation["tags"]) <= tags, (method, path)
        ids.append(operation["operationId"])
        assert "200" in operation["responses"] or "201" in operation["responses"]
        for response in operation["responses"].values():
            for link in response.get("links", {}).values():
                assert link["description"] and link["operationId"] in known
        if name != "openapi/control" and path != "/":
            assert re.search(
                "(tingwu-openapi|dashscope-tingwu|live-rtc-asr) [0-9]", json.dumps(operation)
            ), (method, path)
    assert len(ids) == len(set(ids))


def test_the_clouds_calls_are_those_of_the_mock() -> None:
    described = {
        (method, path)
        for name in ("openapi/tingwu", "openapi/dashscope")
        for method, path, _ in operations(api_documents.document(name))
    }
    served = {(call.method, call.path) for call in CALLS if call.method in ("GET", "PUT", "POST")}
    served |= {(call.method, call.path) for call in CALLS if call.method == "DELETE"}
    assert described == served
    for call in CALLS:
        if call.name and call.path.startswith("/openapi/"):
            item = api_documents.document("openapi/tingwu")["paths"][call.path]
            assert item[call.method.lower()]["operationId"] == call.name


def test_the_control_api_has_the_calls_that_are_described(start_mock: Any) -> None:
    mock: MockTingwu = start_mock()
    routes = mock.call(lambda: Application(mock._realm.world).control)
    served = {(call.method, _unnamed(call.path)) for call in control_calls(routes)}
    document = api_documents.document("openapi/control")
    assert {(method, _unnamed(path)) for method, path, _ in operations(document)} == served


def _unnamed(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


TABLES: Final = {
    "openapi/tingwu": API_ERRORS,
    "openapi/live": LIVE_ERRORS,
    "openapi/dashscope": CALL_ERRORS,
}
#: Not told to clients as they stand: a parameter's name follows.
PATTERNS: Final = ("Missing", "Invalid")


@pytest.mark.parametrize("name", TABLES)
def test_every_code_of_the_error_tables_is_described_with_its_status(name: str) -> None:
    document = bundled(name)
    table: dict[str, ApiError] = TABLES[name]
    # Every operation has the same refusals.
    (_, _, operation), *_ = operations(document)
    for error in table.values():
        code = error.code + "Field" if error.code in PATTERNS else error.code
        response = at(document, operation["responses"][str(error.http_status)]["$ref"])
        assert any(re.fullmatch(pattern, code) for pattern in response["x-codes"]), code


@pytest.mark.parametrize("name", OPENAPI)
def test_our_own_extensions_are_well_formed(name: str) -> None:
    document = api_documents.document(name)
    rules = {
        *("null is absent", "numbers in texts", "flags in texts", "objects for texts"),
        *("empty Description is absent", "appid is appId", "empty query is absent"),
        *(
            "any Content-Type",
            "texts are stripped",
            "empty parameters are absent",
            "flags in any case",
        ),
    }
    for place, node in walk(document):
        for rule in node.get("x-lenient", ()):
            assert rule["rule"] in rules and rule["where"], place
        for refusal in node.get("x-refusals", ()):
            assert re.compile(refusal["code"]) and refusal["why"], place
        for pattern in node.get("x-codes", ()):
            assert re.compile(pattern), place


@pytest.mark.parametrize("name", ASYNCAPI)
def test_an_asyncapi_document_holds_together(name: str) -> None:
    bundle = bundled(name)
    assert bundle["asyncapi"] == "3.0.0"
    (channel,) = bundle["channels"].values()
    assert channel["address"] == (REALTIME if name == "asyncapi/realtime" else INFERENCE)
    used = [message["$ref"] for one in bundle["operations"].values() for message in one["messages"]]
    (key,) = bundle["channels"]
    assert sorted(used) == sorted(f"#/channels/{key}/messages/{n}" for n in channel["messages"])
    for reference in used:
        message = at(bundle, reference)
        assert message["summary"].endswith(".") and message["payload"]
    sides = {one["action"] for one in bundle["operations"].values()}
    assert sides == {"send", "receive"}


@pytest.mark.parametrize("name", ASYNCAPI)
def test_examples_of_messages_fit_their_schemas(name: str) -> None:
    bundle = bundled(name)
    (channel,) = bundle["channels"].values()
    found = 0
    for message in channel["messages"].values():
        schema = {**message["payload"], "components": bundle["components"]}
        for example in message.get("examples", ()):
            assert Draft202012Validator(schema).is_valid(example["payload"]), example
            found += 1
    assert found > 1


def test_the_realtime_document_has_every_event_that_there_is() -> None:
    channel = api_documents.document("asyncapi/realtime")["channels"]["meeting"]
    event = json.loads(contract.text("realtime/event"))
    known = event["properties"]["header"]["properties"]["name"]["enum"]
    events = [n for n, m in channel["messages"].items() if m["tags"] == [{"name": "Events"}]]
    assert sorted(events) == sorted(known)


def test_a_document_that_there_is_not_is_told_in_a_sentence() -> None:
    with pytest.raises(LookupError, match="no document called 'openapi/nothing'"):
        api_documents.bundle("openapi/nothing")


def test_a_reference_that_leads_nowhere_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = {"openapi": "3.1.0", "paths": {"/": {"$ref": "../tingwu/callback.json#/$defs/none"}}}
    (tmp_path / "openapi").mkdir()
    (tmp_path / "openapi" / "tingwu.yaml").write_text(yaml.safe_dump(broken), encoding="utf-8")
    monkeypatch.setattr(api_documents, "folder", lambda name: tmp_path)
    with pytest.raises(LookupError, match="has nothing at '/\\$defs/none'"):
        api_documents.bundle("openapi/tingwu")
