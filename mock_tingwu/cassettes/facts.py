"""What the schemas say of a field, by where it stands: its types, its words, its source.

Whatever a schema may say under some condition counts as said: a field has all types and words that
any branch gives it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from urllib.parse import urljoin

from mock_tingwu import contract

#: Where the facts of what stands in a list are.
ITEM: Final = "[]"
#: Where the facts of what stands under any key are.
ANY: Final = "*"
_TYPE_OF: Final = {str: "string", bool: "boolean", int: "integer", float: "number"}


@dataclass(slots=True)
class Fact:
    """What is known of one field.

    ``keys`` are those of an object, `ITEM` is a list's content, `ANY` what stands under keys that
    nobody can list.

    ``words`` are the values that a string may have, ``formed`` tells of a pattern. ``source`` is
    ``level: place``, empty where none is told.
    """

    types: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    formed: bool = False
    source: str = ""
    keys: dict[str, Fact] = field(default_factory=dict)

    def below(self, key: str) -> Fact | None:
        """What is known of what stands under a key."""
        return self.keys.get(key) or self.keys.get(ANY)

    def at(self, path: tuple[str, ...]) -> Fact | None:
        """What is known of a field below; None when it is not known at all."""
        found: Fact | None = self
        for key in path:
            if found is None:
                return None
            found = found.below(key)
        return found


@cache
def facts(*names: str) -> Fact:
    """What schemas or definitions in them say together. Raises LookupError for an unknown one."""
    found = Fact()
    for name in names:
        document, _, definition = name.partition("#")
        schema = _document(document)
        if definition:
            schema = schema["$defs"][definition]
        _gather(found, f"{contract.BASE}{document}.json", schema)
    return found


@cache
def public_words() -> frozenset[str]:
    """Every word and key of every schema, folded as `folded` does it."""
    return frozenset(folded(word) for name in contract.names() for word in _all(_document(name)))


def folded(word: str) -> str:
    """A word without what is a matter of taste: case and separators."""
    return word.casefold().replace("_", "").replace("-", "").replace(".", "").replace(" ", "")


@cache
def _document(name: str) -> Any:
    return json.loads(contract.text(name))


def _gather(found: Fact, uri: str, schema: Any) -> None:
    if not isinstance(schema, dict):
        return
    # Before those of what it refers to, and of what its form is.
    if isinstance(source := schema.get("x-source"), dict) and not found.source:
        found.source = "{level}: {where}".format(**source)
    if "$ref" in schema:
        target = urljoin(uri, schema["$ref"])
        document, _, pointer = target.partition("#")
        inner = _document(document.removeprefix(contract.BASE).removesuffix(".json"))
        for token in pointer.split("/")[1:]:
            inner = inner[token]
        _gather(found, document, inner)
    declared = schema.get("type", [])
    found.types.update([declared] if isinstance(declared, str) else declared)
    for value in (*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())):
        if isinstance(value, str):
            found.words.add(value)
        found.types.add("null" if value is None else _TYPE_OF.get(type(value), "object"))
    found.formed = found.formed or "pattern" in schema
    branches = [schema.get("then"), schema.get("else")]
    for group in ("allOf", "anyOf", "oneOf"):
        branches += schema.get(group, [])
    for branch in branches:
        _gather(found, uri, branch)
    for key, inner in schema.get("properties", {}).items():
        if inner is not False:
            _gather(found.keys.setdefault(key, Fact()), uri, inner)
    others = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
    for inner in others:
        if isinstance(inner, dict):
            _gather(found.keys.setdefault(ANY, Fact()), uri, inner)
    if "items" in schema:
        _gather(found.keys.setdefault(ITEM, Fact()), uri, schema["items"])


def _all(schema: Any) -> Iterator[str]:
    """The words and keys that stand anywhere in a schema."""
    if isinstance(schema, list):
        for item in schema:
            yield from _all(item)
    if not isinstance(schema, dict):
        return
    yield from schema.get("properties", {}) if isinstance(schema.get("properties"), dict) else ()
    values = schema.get("enum", [])
    for value in (*(values if isinstance(values, list) else ()), schema.get("const")):
        if isinstance(value, str):
            yield value
    for inner in schema.values():
        yield from _all(inner)
