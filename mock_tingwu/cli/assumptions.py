"""``mock-tingwu assumptions``: what the mock does although no source says so."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from mock_tingwu import contract
from mock_tingwu.cli.listing import print_by_area
from mock_tingwu.cli.states import LIFECYCLES
from mock_tingwu.core import errors
from mock_tingwu.core.provenance import ASSUMPTIONS, Assumption
from mock_tingwu.counting import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has no arguments."""


def run(args: argparse.Namespace) -> int:
    """Print them by area, each with what speaks for it."""
    found = everything()
    print_by_area((each.area, each.id, (each.text, f"Why: {each.why}")) for each in found)
    print(counted(len(found), "assumption"))
    return 0


def everything() -> list[Assumption]:
    """All that is assumed, in the order of areas."""
    return [*ASSUMPTIONS, *assumed_transitions(), *assumed_errors(), *assumed_schemas()]


def assumed_transitions() -> Iterator[Assumption]:
    """The rows of the lifecycles that no source has."""
    for lifecycle in LIFECYCLES:
        name = lifecycle.name.lower().replace(" ", "-")
        for (state, event), why in lifecycle.assumed.items():
            following = lifecycle.table[state, event].name
            text = f"{lifecycle.name}: {event.name} in {state.name} leads to {following}."
            id = f"transitions.{name}.{state.name}.{event.name}"
            yield Assumption(id, "transitions", text, why)


def assumed_errors() -> Iterator[Assumption]:
    """The rows of the error tables that are assumed, in whole or in wording."""
    for error in errors.API_ERRORS.values():
        if _is_assumed(error.level, error.source):
            text = f"HTTP {error.http_status}: {error.message}"
            yield Assumption(f"errors.{error.code}", "errors", text, error.source)
    for name, session_error in vars(errors).items():
        if isinstance(session_error, errors.SessionError) and _is_assumed(
            session_error.level, session_error.source
        ):
            text = f"TaskFailed {session_error.status}: {session_error.text}"
            yield Assumption(f"errors.{name}", "errors", text, session_error.source)


def _is_assumed(level: errors.Level, source: str) -> bool:
    # Some rows have a documented code with a sentence of ours, and say so.
    return level == "assumed" or "assumed" in source


def assumed_schemas() -> Iterator[Assumption]:
    """Parts of schemas that are assumed, the outermost only."""
    for name in contract.names():
        # The control API is the mock's own: it stands for nothing of the cloud's.
        if not name.startswith("control/"):
            yield from _assumed_in(json.loads(contract.text(name)), f"schemas.{name}", "")


def _assumed_in(schema: Any, place: str, inherited: str) -> Iterator[Assumption]:
    if isinstance(schema, list):
        schema = dict(enumerate(schema))
    if not isinstance(schema, dict):
        return
    source = schema.get("x-source")
    if isinstance(source, dict):
        where = source["where"] if source["level"] == "assumed" else ""
        if where and not inherited:
            text = schema.get("description") or schema.get("title") or ""
            yield Assumption(place, "schemas", text, where)
        inherited = where
    for key, value in schema.items():
        if key == "allOf" and len(value) == 1:
            # What is known of the form of this, and not one part of several.
            yield from _assumed_in(value[0], place, inherited)
        elif key != "x-source":
            inner = place if key in ("properties", "items", "$defs") else f"{place}.{key}"
            yield from _assumed_in(value, inner, inherited)
