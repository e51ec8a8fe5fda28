"""The contract: JSON Schemas of everything that goes over the wire, and what breaks them.

A schema is called by its path below ``schemas/`` without the ending, such as
``tingwu/get-task-info-response``. A definition inside one is called behind a ``#``:
``tingwu/create-task-request#stop``.

What a client may send is described leniently, what the mock sends strictly: no unknown keys, and
two things that JSON Schema cannot say. ``x-key-order`` is the order of an object's keys;
``"x-written": "integer"`` bars ``900.0``, which is an integer to JSON Schema but makes the Java
SDK's getters throw (realtime-ws 9). :func:`violations` does not look at these two, :func:`check`
does. Every schema tells in ``x-source`` where its facts come from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from mock_tingwu.resources import folder

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError, Validator

BASE = "https://mock-tingwu.invalid/schemas/"
LEVELS = ("documented", "sdk", "observed", "assumed")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with an instance.

    ``path`` leads to the field, also to one that is missing or should not be there.
    ``keyword`` is the schema keyword that refused it. ``expected`` is what the schema says of the
    field and ``source`` where that comes from, as ``level: place``; both may be empty.
    """

    path: Path
    message: str
    keyword: str
    expected: str = ""
    source: str = ""

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer: ``/Input/SampleRate``; empty for the whole."""
        return "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in self.path)

    def __str__(self) -> str:
        where = ".".join(map(str, self.path)) or "the top level"
        expected = f", expected: {self.expected}" if self.expected else ""
        source = f" ({self.source})" if self.source else ""
        return f"at {where}: {self.message}{expected}{source}"


class ContractError(AssertionError):
    """An instance breaks its schema. ``violations`` lists how."""

    def __init__(self, name: str, found: list[Violation]) -> None:
        self.name = name
        self.violations = found
        sender = _document(name.partition("#")[0]).get("x-sender", "server")
        verb = "Asking" if sender == "client" else "Responding"
        super().__init__("\n".join(f"{verb} with {name}: {violation}" for violation in found))


@cache
def _names() -> tuple[str, ...]:
    root = folder("schemas")
    return tuple(
        sorted(f.relative_to(root).with_suffix("").as_posix() for f in root.rglob("*.json"))
    )


def names() -> list[str]:
    """The names of all schemas, sorted."""
    return list(_names())


def text(name: str) -> str:
    """The schema called ``name`` as it is written. Raises LookupError if there is none."""
    if name not in _names():
        raise LookupError(f"There is no schema called {name!r}; see mock-tingwu schema.")
    return (folder("schemas") / f"{name}.json").read_text(encoding="utf-8")


def definition(name: str) -> dict[str, Any]:
    """The definition called ``name``: ``tingwu/create-task-request#realtime``.

    It has those ``$defs`` of its document that it refers to. Raises LookupError if there is none.
    """
    document, _, key = name.partition("#")
    text(document)
    there = _defined(document, key)
    needed: dict[str, Any] = {}
    waiting: list[Any] = [there[key]]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            reference = str(node.get("$ref", ""))
            other = reference.removeprefix("#/$defs/").partition("/")[0]
            if reference.startswith("#/$defs/") and other not in needed:
                needed[other] = there[other]
                waiting.append(there[other])
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    found = {"$schema": _document(document)["$schema"], **there[key]}
    if needed:
        found["$defs"] = {other: needed[other] for other in there if other in needed}
    return found


def validator(name: str) -> Validator:
    """The compiled validator of the schema called ``name``; compiled at its first use.

    Raises LookupError if there is no such schema or definition.
    """
    return _validator(name, False)


def violations(name: str, instance: Any) -> list[Violation]:
    """What is wrong with ``instance``; nothing, and fast, if it fits the schema ``name``."""
    compiled = _validator(name, False)
    return [] if compiled.is_valid(instance) else list(_found(compiled, instance))


def check(name: str, instance: Any) -> None:
    """Raise ContractError unless ``instance`` fits ``name``, also in how it is written."""
    compiled = _validator(name, True)
    if not compiled.is_valid(instance):
        raise ContractError(name, list(_found(compiled, instance)))


def check_key_order(name: str, instance: Any) -> None:
    """Raise ContractError if keys stand in another order than ``name`` says.

    Nothing else is looked at. Keys that the schema does not name may stand anywhere.
    """
    found = list(_found(_validator(name, True), instance))
    if disordered := [violation for violation in found if violation.keyword == "x-key-order"]:
        raise ContractError(name, disordered)


def unknown_keys(name: str, instance: Any) -> list[Path]:
    """Where ``instance`` has keys that the schema ``name`` does not know, though it lets them pass.

    Where a schema names no keys at all, every key is known.
    """
    return list(_unknown(_known(name), instance, ()))


#: The keys that a schema names, each with those below it; None where any will do. What stands in
#: a list is behind the key ``[]``.
_Keys = dict[str, Any] | None


@cache
def _known(name: str) -> _Keys:
    document, _, definition = name.partition("#")
    schema = _document(document)
    if definition:
        schema = schema["$defs"][definition]
    return _keys(f"{BASE}{document}.json", schema)


def _keys(uri: str, schema: Any) -> _Keys:
    found: dict[str, Any] = {}
    if not isinstance(schema, dict):
        return None
    for part in ("then", "else"):
        _merge(found, _keys(uri, schema.get(part)))
    for option in (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        _merge(found, _keys(uri, option))
    if "$ref" in schema:
        target_uri = urljoin(uri, schema["$ref"])
        _merge(found, _keys(target_uri.partition("#")[0], schema_at(target_uri)))
    for key, inner in schema.get("properties", {}).items():
        _merge(found, {key: _keys(uri, inner)})
    if "items" in schema:
        _merge(found, {"[]": _keys(uri, schema["items"])})
    return found or None


def _merge(found: dict[str, Any], more: _Keys) -> None:
    for key, inner in (more or {}).items():
        present = found.get(key)
        if isinstance(present, dict) and isinstance(inner, dict):
            present = dict(present)
            _merge(present, inner)
            found[key] = present
        else:
            found[key] = present or inner


def _unknown(known: _Keys, instance: Any, path: Path) -> Iterator[Path]:
    if known is None:
        return
    if isinstance(instance, dict):
        for key, value in instance.items():
            if key not in known:
                yield (*path, key)
            elif isinstance(value, dict | list):
                yield from _unknown(known[key], value, (*path, key))
    elif isinstance(instance, list) and "[]" in known:
        for place, value in enumerate(instance):
            yield from _unknown(known["[]"], value, (*path, place))


@cache
def _document(name: str) -> dict[str, Any]:
    document = json.loads(text(name))
    assert isinstance(document, dict)
    return document


def _retrieve(uri: str) -> dict[str, Any]:
    return _document(uri.removeprefix(BASE).removesuffix(".json"))


@cache
def _validator(name: str, as_written: bool) -> Validator:
    # Imported when first needed: commands that validate nothing should not pay for it.
    from jsonschema_rs import Draft202012Validator

    document, _, definition = name.partition("#")
    schema = _document(document)
    if definition:
        _defined(document, definition)
        schema = {"$ref": f"{BASE}{document}.json#/$defs/{definition}"}
    keywords = {"x-key-order": _KeyOrder, "x-written": _Written} if as_written else None
    return Draft202012Validator(schema, retriever=_retrieve, keywords=keywords)


def _defined(document: str, name: str) -> dict[str, Any]:
    """The definitions of a document, of which one has to have this name."""
    there: dict[str, Any] = _document(document).get("$defs", {})
    if name not in there:
        names = ", ".join(there) or "none"
        raise LookupError(
            f"The schema {document!r} has no definition called {name!r}, expected one of: {names}."
        )
    return there


class _KeyOrder:
    """The keyword x-key-order: an object's known keys stand in this order."""

    def __init__(self, parent: dict[str, Any], value: list[str], path: list[str | int]) -> None:
        self._rank = {key: rank for rank, key in enumerate(value)}

    def validate(self, instance: Any) -> None:
        if isinstance(instance, dict):
            keys = [key for key in instance if key in self._rank]
            ordered = sorted(keys, key=self._rank.__getitem__)
            if keys != ordered:
                raise ValueError(f"keys stand as {', '.join(keys)}, not as {', '.join(ordered)}")


class _Written:
    """The keyword x-written: an integer is written without a fraction."""

    def __init__(self, parent: dict[str, Any], value: str, path: list[str | int]) -> None:
        pass

    def validate(self, instance: Any) -> None:
        if isinstance(instance, float):
            raise ValueError(f"{instance} is written with a fraction")


def _found(compiled: Validator, instance: Any) -> Iterator[Violation]:
    for error in compiled.iter_errors(instance):
        path: Path = tuple(error.instance_path)
        keyword = error.kind.name
        if keyword == "required":
            missing = error.kind.value
            yield _violation(error, (*path, missing), "is missing", keyword, missing)
        elif keyword == "additionalProperties":
            for extra in error.kind.value:
                yield _violation(error, (*path, extra), "is not a known key", keyword)
        elif keyword == "falseSchema":
            yield _violation(error, path, "is not allowed here", keyword)
        else:
            yield _violation(error, path, _short(error.message), keyword)


def _short(message: str, longest: int = 300) -> str:
    """``message`` without its middle if it quotes a long instance."""
    if len(message) <= longest:
        return message
    return f"{message[: longest // 2]} ... {message[-longest // 2 :]}"


def _violation(
    error: ValidationError, path: Path, message: str, keyword: str, missing: str = ""
) -> Violation:
    expected, source = _explain(error.absolute_keyword_location or "", missing)
    return Violation(path, message, keyword, expected, source)


def _target(uri: str, schema: Any) -> Any:
    """The definition that ``schema``, found in the document at ``uri``, refers to; else itself."""
    reference = (
        schema.get("$ref") if isinstance(schema, dict) and "x-source" not in schema else None
    )
    return schema if reference is None else schema_at(urljoin(uri, reference))


def schema_at(uri: str) -> dict[str, Any]:
    """The schema at an absolute ``uri``: a document's, or behind ``#`` that of a part of it.

    Raises LookupError if there is none.
    """
    document, _, pointer = uri.partition("#")
    target: Any = _retrieve(document)
    for token in pointer.split("/")[1:]:
        if not isinstance(target, dict) or token not in target:
            raise LookupError(f"The schema {document} has nothing at {pointer!r}.")
        target = target[token]
    assert isinstance(target, dict)
    return target


def _explain(location: str, missing: str) -> tuple[str, str]:
    """What the schemas on the way to the keyword at ``location`` say of the field, and its source.

    The innermost schema that says something wins. For a missing key that is the key's own schema.
    """
    uri, _, pointer = location.partition("#")
    if not uri.startswith(BASE):
        return "", ""
    node: Any = _retrieve(uri)
    trail = [node]
    for token in pointer.split("/")[1:-1]:
        token = token.replace("~1", "/").replace("~0", "~")
        node = node[int(token)] if isinstance(node, list) else node[token]
        trail.append(node)
    for schema in reversed(trail):
        # Also found when only an if, then or else asks for the key.
        if missing and isinstance(schema, dict) and missing in schema.get("properties", {}):
            trail.append(_target(uri, schema["properties"][missing]))
            break
    expected, source = "", ""
    for schema in trail:
        if isinstance(schema, dict) and isinstance(schema.get("x-source"), dict):
            expected = str(schema.get("description", ""))
            source = "{level}: {where}".format(**schema["x-source"])
    return expected.rstrip("."), source
