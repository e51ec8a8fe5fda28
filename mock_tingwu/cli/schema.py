"""``mock-tingwu schema``: the JSON Schemas of everything on the wire, and the OpenAPI and AsyncAPI
documents of all calls and sockets."""

from __future__ import annotations

import argparse
import json
from typing import Any

from mock_tingwu import api_documents, contract
from mock_tingwu.cli import BAD_USAGE, complain

#: Longer lines of YAML are folded.
_WIDTH = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which one, and how it is written."""
    parser.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="print this one, documents with all schemas inside, SCHEMA#DEFINITION for a part of "
        "a schema; without it, list all",
    )
    parser.add_argument(
        "--format",
        choices=("yaml", "json"),
        help="how it is written (default: JSON Schemas as json, documents as yaml)",
    )


def run(args: argparse.Namespace) -> int:
    """List schemas and documents, or print one. Exit code 2 if there is none of that name."""
    if args.name is None:
        _list()
        return 0
    try:
        print(_written(args.name, args.format))
    except LookupError as error:
        complain("schema", error.args[0])
        return BAD_USAGE
    return 0


def _list() -> None:
    titles = {name: json.loads(contract.text(name)).get("title", "") for name in contract.names()}
    for name in api_documents.names():
        titles[name] = api_documents.document(name)["info"]["title"]
    width = max(map(len, titles))
    for name, title in sorted(titles.items()):
        print(f"{name:<{width}}  {title}".rstrip())


def _written(name: str, format: str | None) -> str:
    """The text of a schema or document. Raises LookupError if there is none."""
    if name in api_documents.names():
        return _as_text(api_documents.bundle(name), format or "yaml")
    document, sign, _ = name.partition("#")
    if document in api_documents.names():
        raise LookupError(f"{document} is printed whole, expected its name without a # behind it.")
    if sign:
        return _as_text(contract.definition(name), format or "json")
    text = contract.text(name).rstrip("\n")
    return text if format in (None, "json") else _as_text(json.loads(text), format)


def _as_text(content: dict[str, Any], format: str) -> str:
    if format == "json":
        return json.dumps(content, ensure_ascii=False, indent=2)
    import yaml

    class Plain(yaml.SafeDumper):
        """YAML without anchors: what stands in several places stands there."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    Plain.add_representer(str, _represented)
    text = yaml.dump(content, Dumper=Plain, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return str(text).rstrip("\n")


def _represented(dumper: Any, text: str) -> Any:
    """A text of several lines is written as it is read."""
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
