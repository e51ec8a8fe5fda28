"""What the official SDKs know of answers and events, in tables that are made of their code.

``schemas/sdk/*.tsv`` name the package and its version in their first line. A test holds them
against what is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from mock_tingwu.cassettes.facts import ITEM
from mock_tingwu.resources import folder

#: The tables of models by the packages that have them.
MODELS: Final = {
    "alibabacloud_tingwu20230930": "tingwu.tsv",
    "alibabacloud_live20161101": "live.tsv",
}
EVENTS: Final = "events.tsv"
#: What an SDK says of a field that it does not have.
ABSENT: Final = "absent"


def versions() -> list[str]:
    """The packages and versions that the tables are made of."""
    found = []
    for name in (*MODELS.values(), EVENTS):
        text = (folder("schemas") / "sdk" / name).read_text("utf-8")
        found.append(text.partition("\n")[0].removeprefix("# ").partition(":")[0])
    return found


def has_model(model: str) -> bool:
    """Whether there is a model called so."""
    return model in _models()


def field(model: str, path: tuple[str, ...]) -> str:
    """The JSON type that a field has in a model, `ABSENT` when the model has no such field.

    ``path`` has `ITEM` for what stands in a list. What is below an object without a model of its
    own is empty: of that the SDK says nothing.
    """
    kind = f"object {model}"
    for key in path:
        outer, _, inner = kind.partition(" ")
        if key == ITEM and outer == "array":
            kind = f"object {inner}" if has_model(inner) else inner
        elif outer == "object" and inner:
            kind = _models()[inner].get(key, ABSENT)
            if kind == ABSENT:
                return ABSENT
        else:
            return ""
    return kind.partition(" ")[0]


@cache
def events(session: str) -> frozenset[str]:
    """The events that the SDKs have a branch for, of ``realtime`` or ``inference``."""
    return frozenset(event for kind, event in _rows(EVENTS) if kind == session)


@cache
def _models() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name in MODELS.values():
        for model, key, kind in _rows(name):
            found.setdefault(model, {})[key] = kind
    return found


def _rows(name: str) -> Iterator[list[str]]:
    lines = (folder("schemas") / "sdk" / name).read_text("utf-8").splitlines()
    return (line.split("\t") for line in lines[2:])
