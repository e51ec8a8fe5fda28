"""The OpenAPI and AsyncAPI documents: every call, channel and callback, for tools that read them.

They are written by hand in ``schemas/openapi`` and ``schemas/asyncapi`` and say what there is:
paths, parameters, statuses, security, links, examples. What anything looks like they do not say:
they refer to the JSON Schemas beside them, which remain the only source of shapes
(`mock_tingwu.contract`). :func:`bundle` puts these inside, for tools that take one file.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final
from urllib.parse import urljoin

from mock_tingwu import contract
from mock_tingwu.resources import folder

#: What only a JSON Schema on its own needs: its address, and who sends what it describes.
_OF_A_FILE: Final = frozenset({"$schema", "$id", "$defs", "x-sender"})
#: Beside a reference these say nothing that a validator would look at.
_SAYING: Final = frozenset({"$ref", "title", "description", "default", "examples"})


@cache
def _names() -> tuple[str, ...]:
    root = folder("schemas")
    return tuple(
        sorted(f.relative_to(root).with_suffix("").as_posix() for f in root.rglob("*.yaml"))
    )


def names() -> list[str]:
    """The names of all documents, sorted: ``openapi/tingwu``."""
    return list(_names())


def document(name: str) -> dict[str, Any]:
    """The document called ``name`` as it is written, with references to files of JSON Schema.

    Raises LookupError if there is none.
    """
    if name not in _names():
        raise LookupError(f"There is no document called {name!r}; see mock-tingwu schema.")
    # Imported when first needed: who asks for help need not pay for it.
    import yaml

    text = (folder("schemas") / f"{name}.yaml").read_text(encoding="utf-8")
    # The loader in C takes a tenth of the time; not every build of the library has it.
    loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    assert isinstance(loaded, dict)
    loaded.pop("x-shared", None)  # what YAML's anchors stand for
    return loaded


def bundle(name: str) -> dict[str, Any]:
    """The document called ``name`` with all schemas that it refers to in ``components/schemas``.

    There a schema is called as in `mock_tingwu.contract`, with dots:
    ``tingwu.create-task-request.stop``. A document of AsyncAPI is one for older tools: what stands
    beside a reference is moved into an ``allOf``, where they look at it.

    Raises LookupError if there is no such document, or nothing where a reference leads.
    """
    return _Bundle(name).made()


class _Bundle:
    """One document with its schemas, while they are gathered."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._schemas: dict[str, Any] = {}

    def made(self) -> dict[str, Any]:
        made: dict[str, Any] = self._written(
            document(self._name), f"{contract.BASE}{self._name}.yaml"
        )
        components = made.setdefault("components", {})
        components["schemas"] = {
            **components.get("schemas", {}),
            **dict(sorted(self._schemas.items())),
        }
        return made

    def _written(self, node: Any, base: str) -> Any:
        """``node`` of the file at ``base``, its references to files changed into local ones."""
        if isinstance(node, list):
            return [self._written(item, base) for item in node]
        if not isinstance(node, dict):
            return node
        made = {key: self._written(value, base) for key, value in node.items()}
        reference = node.get("$ref")
        local = base.endswith(".yaml") and str(reference).startswith("#")
        if isinstance(reference, str) and not local:
            made["$ref"] = self._component(urljoin(base, reference))
            if self._name.startswith("asyncapi/") and not made.keys() <= _SAYING:
                # Siblings of a reference count since draft 2019-09, for AsyncAPI 3.0 they do not.
                made["allOf"] = [{"$ref": made.pop("$ref")}, *made.get("allOf", [])]
        return made

    def _component(self, uri: str) -> str:
        """Where the schema at ``uri`` is found in this document; it is put there."""
        file, _, pointer = uri.partition("#")
        tokens = [token for token in pointer.split("/") if token not in ("", "$defs")]
        path = file.removeprefix(contract.BASE).removesuffix(".json")
        name = ".".join([*path.split("/"), *tokens])
        if name not in self._schemas:
            self._schemas[name] = {}  # it may refer to itself
            schema = contract.schema_at(uri)
            kept = {key: value for key, value in schema.items() if key not in _OF_A_FILE}
            self._schemas[name] = self._written(kept, file)
        return f"#/components/schemas/{name}"
