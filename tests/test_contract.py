"""The schemas are valid, say where their facts come from, and refuse what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from mock_tingwu import contract
from tests import (
    contract_examples_api,
    contract_examples_control,
    contract_examples_dashscope,
    contract_examples_inference,
    contract_examples_live,
    contract_examples_realtime,
    contract_examples_results,
)
from tests.contract_values import Change, changed

EXAMPLES = (
    contract_examples_api,
    contract_examples_control,
    contract_examples_dashscope,
    contract_examples_inference,
    contract_examples_live,
    contract_examples_realtime,
    contract_examples_results,
)
ACCEPTED: dict[str, list[Any]] = {n: e for m in EXAMPLES for n, e in m.ACCEPTED.items()}
REJECTED: dict[str, list[Change]] = {n: c for m in EXAMPLES for n, c in m.REJECTED.items()}

DOCUMENTS: dict[str, dict[str, Any]] = {
    name: json.loads(contract.text(name)) for name in contract.names()
}
BY_ID = {document["$id"]: document for document in DOCUMENTS.values()}

#: Documents that only hold definitions for others.
SHARED = {"tingwu/common", "realtime/words", "dashscope/common", "inference/words"}

accepted = [(name, example) for name, examples in ACCEPTED.items() for example in examples]
rejected = [
    pytest.param(name, *change, id=f"{name}:{change[0]}={str(change[1])[:40]}")
    for name, changes in REJECTED.items()
    for change in changes
]


def target(base: str, reference: str) -> dict[str, Any]:
    uri, _, pointer = urljoin(base, reference).partition("#")
    node: Any = BY_ID[uri]
    for token in pointer.split("/")[1:]:
        node = node[token]
    assert isinstance(node, dict)
    return node


def facts(schema: dict[str, Any], base: str, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema under ``schema`` that states a fact and therefore must name its source.

    Those under if, then and else only choose between facts.
    """
    yield place, schema
    described = target(base, schema["$ref"]) if "$ref" in schema else {}
    for key, part in schema.get("properties", {}).items():
        # A key that the referred schema has already is only narrowed here.
        if isinstance(part, dict) and key not in described.get("properties", {}):
            yield from facts(part, base, f"{place}/{key}")
    for key, part in schema.get("$defs", {}).items():
        yield from facts(part, base, f"{place}#{key}")
    items = schema.get("items")
    if isinstance(items, dict) and "properties" in items:
        yield from facts(items, base, f"{place}/*")


FACTS = [
    (place, schema, document["$id"])
    for name, document in DOCUMENTS.items()
    for place, schema in facts(document, document["$id"], name)
]


@pytest.mark.parametrize("name", contract.names())
def test_a_schema_is_valid_against_its_metaschema(name: str) -> None:
    Draft202012Validator.check_schema(DOCUMENTS[name])


@pytest.mark.parametrize("name", contract.names())
def test_a_schema_has_a_head_that_says_what_it_is(name: str) -> None:
    document = DOCUMENTS[name]
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$id"] == f"https://mock-tingwu.invalid/schemas/{name}.json"
    assert document["title"] and document["description"].endswith(".")
    assert document["x-sender"] in ("client", "server")


def test_every_fact_has_a_source_with_a_known_level() -> None:
    assert len(FACTS) > 500
    for place, schema, base in FACTS:
        stated = schema if "x-source" in schema else target(base, schema.get("$ref", ""))
        assert set(stated["x-source"]) == {"level", "where"}, place
        assert stated["x-source"]["level"] in contract.LEVELS, place
        assert stated["x-source"]["where"], place


def test_every_fact_is_described() -> None:
    for place, schema, base in FACTS:
        stated = schema if "x-source" in schema else target(base, schema.get("$ref", ""))
        assert stated.get("description") or stated.get("title"), place


#: Schemas of events that have what traces of NLS show, beside what documents do.
AS_IN_TRACES = {"realtime/sentence-end", "realtime/transcription-result-changed", "live/content"}
#: What has to be there though no document and no SDK asks for it, in objects that are documented.
BEYOND_DOCUMENTS = {
    "dashscope/results/summarization topic",
    "live/error-response Recommend",
    "live/query-response channelId",
    "live/query-response rtcUserId",
    "live/query-response sdkAppId",
    "tingwu/create-task-response TaskStatus",
    "tingwu/error-response HostId",
}


def required(schema: Any, above: tuple[dict[str, Any], ...] = ()) -> Iterator[tuple[str, Any, str]]:
    """Each key that a schema asks for, what it says of it, and the level of the object's facts."""
    if isinstance(schema, list):
        for part in schema:
            yield from required(part, above)
    if not isinstance(schema, dict):
        return
    trail = (*above, schema)
    for key in schema["required"] if isinstance(schema.get("required"), list) else ():
        said = [s["properties"][key] for s in trail if key in s.get("properties", {})]
        levels = [s["x-source"]["level"] for s in trail if "x-source" in s]
        if said:
            yield key, said[-1], levels[-1]
    for part in schema.values():
        yield from required(part, trail)


def test_a_field_is_as_sure_as_that_it_is_there_whatever_its_form_is() -> None:
    """Its form has a source of its own where that is less sure: `Checks.fits` goes by levels."""
    unsure = set()
    for name, document in DOCUMENTS.items():
        if name in AS_IN_TRACES or name.startswith("control/"):
            continue
        for key, said, level in required(document):
            if "x-source" not in said:
                said = target(document["$id"], said["$ref"]) if "$ref" in said else {}
            own = said["x-source"]["level"] if said else level
            if level in ("documented", "sdk") and own in ("observed", "assumed"):
                unsure.add(f"{name} {key}")
    assert unsure == BEYOND_DOCUMENTS


def test_a_key_order_names_exactly_the_keys_of_its_object() -> None:
    ordered = [(place, schema) for place, schema, _ in FACTS if "x-key-order" in schema]
    assert len(ordered) > 30
    for place, schema in ordered:
        assert sorted(schema["x-key-order"]) == sorted(schema["properties"]), place


def test_what_the_server_sends_has_no_unknown_keys() -> None:
    lenient = {"realtime/event", "control/journal-entry", "control/health"}
    lenient |= {"tingwu/phrases-response", "tingwu/phrases-response/Data"}
    lenient |= {"realtime/event/header", "realtime/event/payload"}
    lenient |= {"tingwu/error-response/AccessDeniedDetail"}
    lenient |= {"live/error-response/AccessDeniedDetail", "live/content/payload"}
    lenient |= {"inference/event", "inference/event/header"}
    lenient |= {"control/har", "control/har/log", "control/har/log/creator"}
    lenient |= {"control/fault/match", "control/fault/action", "control/applied-scenario/settings"}
    lenient |= {"inference/event/payload", "inference/event/payload/output"}
    sent = {n for n, document in DOCUMENTS.items() if document["x-sender"] == "server"}
    for place, schema, _ in FACTS:
        name = place.partition("#")[0]
        if schema.get("type") == "object" and any(name.startswith(s) for s in sent):
            assert (place in lenient) == ("additionalProperties" not in schema), place


@pytest.mark.parametrize("name", contract.names())
def test_every_schema_has_accepted_and_rejected_examples(name: str) -> None:
    assert ACCEPTED[name]
    assert name in SHARED or len(REJECTED[name]) >= 2


@pytest.mark.parametrize(("name", "example"), accepted)
def test_an_accepted_example_fits(name: str, example: Any) -> None:
    assert contract.violations(name, example) == []
    contract.check(name, example)
    contract.check_key_order(name, example)


@pytest.mark.parametrize(("name", "path", "value"), rejected)
def test_a_change_breaks_an_example(name: str, path: str, value: Any) -> None:
    broken = changed(ACCEPTED[name][0], path, value)
    found = contract.violations(name, broken)
    assert found
    assert all(violation.source for violation in found)
    with pytest.raises(contract.ContractError):
        contract.check(name, broken)


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [p for p in rejected if "/create-task-request" in str(p.values[0])],
)
def test_a_violation_of_a_request_tells_the_field(name: str, path: str, value: Any) -> None:
    pointers = {
        v.pointer for v in contract.violations(name, changed(ACCEPTED[name][0], path, value))
    }
    assert any(pointer.startswith(f"/{path}") for pointer in pointers), pointers


def test_another_implementation_of_json_schema_judges_alike() -> None:
    registry: Registry[Any] = Registry().with_resources(
        (uri, Resource.from_contents(document)) for uri, document in BY_ID.items()
    )

    def fits(name: str, instance: Any) -> bool:
        document, _, definition = name.partition("#")
        reference = DOCUMENTS[document]["$id"] + (f"#/$defs/{definition}" if definition else "")
        return Draft202012Validator({"$ref": reference}, registry=registry).is_valid(instance)

    for name, example in accepted:
        assert fits(name, example), (name, example)
    for name, changes in REJECTED.items():
        for change in changes:
            assert not fits(name, changed(ACCEPTED[name][0], *change)), (name, change)
