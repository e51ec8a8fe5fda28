"""The generated parts of docs/limits.md: calls, errors, languages, fields, bounds, assumptions."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from mock_tingwu.cli import assumptions
from mock_tingwu.core import errors
from mock_tingwu.core.dashscope_errors import CALL_ERRORS
from mock_tingwu.core.faults import OPERATIONS
from mock_tingwu.core.script import LANGUAGES, TARGET_LANGUAGES
from mock_tingwu.core.scripts import library
from mock_tingwu.protocols.inference import IDLE_MS
from mock_tingwu.services.dashscope.agents import AGENTS
from tests import docs_tables
from tests.docs_markdown import table

ROOT: Final = Path(__file__).parent.parent
_BOUND: Final = re.compile(r"(MAX|MOST|LONGEST|LARGEST)(_|$)")

#: What the bounds are called in, with what a number is divided by.
_UNITS: Final[dict[str, tuple[tuple[int, str], ...]]] = {
    "bytes": ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "bytes")),
    "ms": ((3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")),
    "s": ((3_600, "h"), (60, "min"), (1, "s")),
}


def calls(_: str) -> str:
    """The calls of each product that are served."""
    of_dashscope = [name for name in OPERATIONS if name[0].islower()]
    of_live = [name for name in OPERATIONS if "RtcAsr" in name]
    of_tingwu = [name for name in OPERATIONS if name not in {*of_dashscope, *of_live}]
    agents = ", ".join(agent.model for agent in AGENTS.values())
    duplex = f"the WebSocket of {', '.join(IDLE_MS)}"
    *of_agents, of_all = of_dashscope
    rows = [
        ("Tingwu 2023-09-30", ", ".join(of_tingwu), "none that its SDK has"),
        ("ApsaraVideo Live 2016-11-01", ", ".join(of_live), "everything else"),
        (
            "DashScope",
            f"{', '.join(of_agents)} of {agents}; {duplex}; {of_all}",
            "all other models and calls",
        ),
    ]
    return table(("product", "served", "not served"), rows)


def on_demand(_: str) -> str:
    """Errors that nothing leads to unless somebody asks for them."""
    tables = {
        "Tingwu": [code for code, why in docs_tables.API_ERRORS.items() if "n demand" in why],
        "DashScope": [code for code in CALL_ERRORS if code not in docs_tables.DASHSCOPE_ERRORS],
        "Live": [code for code in errors.LIVE_ERRORS if code not in docs_tables.LIVE_ERRORS],
    }
    rows = [(name, ", ".join(codes)) for name, codes in tables.items()]
    never = {
        error.status: None
        for name, error in vars(errors).items()
        if isinstance(error, errors.SessionError) and name not in docs_tables.TASK_FAILED
    }
    sent = {getattr(errors, name).status for name in docs_tables.TASK_FAILED}
    statuses = ", ".join(str(status) for status in never if status not in sent)
    rows.append(("TaskFailed of the WebSocket", statuses))
    return table(("of", "never by itself"), rows)


def languages(_: str) -> str:
    """What there is to hear in each language."""
    spoken = {path.name.partition("-")[0] for path in (ROOT / "fixtures" / "audio").glob("*.wav")}
    rows = [
        (
            language,
            "yes" if language in LANGUAGES else "no",
            "yes" if language in TARGET_LANGUAGES else "no",
            len(library(language)) if language in LANGUAGES else 0,
            "yes" if language in spoken else "no",
        )
        for language in dict.fromkeys([*LANGUAGES, *TARGET_LANGUAGES])
    ]
    return table(("language", "spoken", "translated into", "meetings", "recording"), rows)


def without_effect(_: str) -> str:
    """The fields of CreateTask that are taken and change nothing."""
    fields = [path for path, effect in docs_tables.FIELDS.items() if ", no effect" in effect]
    return "\n".join(f"- `{path}`" for path in fields)


def bounds(_: str) -> str:
    """Every bound, from its constant."""
    rows = [
        (what, _amount(value_of(place), unit), beyond)
        for place, (what, unit, beyond) in docs_tables.BOUNDS.items()
    ]
    return table(("", "at most", "beyond that"), rows)


def assumed(_: str) -> str:
    """How many assumptions there are in each area."""
    everything = assumptions.everything()
    counts = Counter(assumption.area for assumption in everything)
    rows = [*counts.items(), ("all", len(everything))]
    return table(("area", "assumptions"), rows)


#: By the names that pages call them.
KINDS: Final[dict[str, Callable[[str], str]]] = {
    "limits-calls": calls,
    "limits-errors": on_demand,
    "limits-languages": languages,
    "limits-fields": without_effect,
    "limits-bounds": bounds,
    "limits-assumptions": assumed,
}


def value_of(place: str) -> int:
    """The number at ``module:NAME``, or at ``module:Class.name`` of an object as it is made."""
    module, _, name = place.partition(":")
    holder: Any = import_module(f"mock_tingwu.{module}")
    first, _, inner = name.partition(".")
    value = getattr(holder, first)
    return int(getattr(value(), inner) if inner else value)


def bounds_in_the_code() -> Iterator[str]:
    """``module:NAME`` of every constant that is a bound by its name and no module's own."""
    package = ROOT / "mock_tingwu"
    for path in sorted(package.rglob("*.py")):
        module = ".".join(path.relative_to(package).with_suffix("").parts)
        for node in ast.parse(path.read_text("utf-8")).body:
            targets: list[ast.expr] = []
            if isinstance(node, ast.Assign):
                targets = node.targets
            elif isinstance(node, ast.AnnAssign):
                targets = [node.target]
            for target in [inner for outer in targets for inner in ast.walk(outer)]:
                if isinstance(target, ast.Name) and _BOUND.match(target.id):
                    yield f"{module.removesuffix('.__init__')}:{target.id}"


def bound_by_name(place: str) -> bool:
    """Whether `bounds_in_the_code` would find it."""
    return _BOUND.match(place.partition(":")[2]) is not None


def _amount(value: int, unit: str) -> str:
    for size, name in _UNITS.get(unit, ()):
        if value % size == 0 and value >= size:
            return f"{value // size:,} {name}".replace(",", " ")
    return f"{value:,} {unit}".replace(",", " ").rstrip()
