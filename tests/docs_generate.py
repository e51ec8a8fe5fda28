"""The generated parts of the documentation.

    python -m tests.docs_generate

rewrites what stands between ``<!-- generated: NAME -->`` and ``<!-- end -->`` in README.md and
docs/*.md. A name is a kind of content, sometimes with an argument: ``states NLS session``.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from mock_tingwu import contract
from mock_tingwu.cli import serve
from mock_tingwu.cli.scenarios import starter_rows
from mock_tingwu.cli.states import LIFECYCLES
from mock_tingwu.conformance.client_check import situations
from mock_tingwu.core import errors, faults
from mock_tingwu.core.awkward.habits import HABITS
from mock_tingwu.core.dashscope_errors import CALL_ERRORS
from mock_tingwu.core.failures import NO_RULE, catalogue
from mock_tingwu.core.script import LANGUAGES
from mock_tingwu.core.scripts import library
from mock_tingwu.core.violations import RULES
from mock_tingwu.server.clock import make_clock, real_now
from mock_tingwu.services.dashscope.agents import AGENTS
from mock_tingwu.services.world import World
from mock_tingwu.settings import PREFIX, Settings
from tests import docs_examples, docs_limits, docs_tables
from tests.docs_markdown import table

ROOT: Final = Path(__file__).parent.parent
_PART: Final = re.compile(r"(<!-- generated: (.+?) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
_LANGUAGES: Final = {".py": "python", ".js": "javascript"}


def pages() -> list[Path]:
    """README.md and docs/*.md."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def regenerated(text: str) -> str:
    """``text`` with all generated parts made anew. Raises KeyError for an unknown name."""
    return _PART.sub(lambda part: f"{part[1]}{content(part[2])}\n{part[4]}", text)


def content(name: str) -> str:
    """The generated part called ``name``, without a newline at its end."""
    kind, _, argument = name.partition(" ")
    return KINDS[kind](argument)


def _states(name: str) -> str:
    lifecycle = next(lifecycle for lifecycle in LIFECYCLES if lifecycle.name == name)
    return f"```mermaid\n{lifecycle.mermaid()}\n```"


def _example(file: str) -> str:
    text = (ROOT / "examples" / file).read_text("utf-8").rstrip("\n")
    return f"```{_LANGUAGES[Path(file).suffix]}\n{text}\n```"


def _task_failed(_: str) -> str:
    rows = []
    for name, when in docs_tables.TASK_FAILED.items():
        error: errors.SessionError = getattr(errors, name)
        text = error.text.replace("{0}", "…")
        rows.append((error.status, f"`{text}`", when, _level(error.level, error.source)))
    return table(("status", "status_text", "when", "level"), rows)


def _api_errors(_: str) -> str:
    rows = [
        (error.code, error.http_status, f"`{error.message.replace('{0}', '…')}`", why, level)
        for error in errors.API_ERRORS.values()
        if (why := docs_tables.API_ERRORS[error.code])
        for level in [_level(error.level, error.source)]
    ]
    return table(("Code", "HTTP", "Message", "caused by", "level"), rows)


def _dashscope_errors(_: str) -> str:
    rows = [
        (
            error.code,
            error.http_status,
            f"`{error.message}`",
            docs_tables.DASHSCOPE_ERRORS.get(error.code, docs_tables.ON_DEMAND),
            _level(error.level, error.source),
        )
        for error in CALL_ERRORS.values()
    ]
    return table(("code", "HTTP", "message", "caused by", "level"), rows)


def _live_errors(_: str) -> str:
    rows = [
        (
            error.code,
            error.http_status,
            f"`{error.message.replace('{0}', '…')}`",
            why,
            _level(error.level, error.source),
        )
        for code, why in docs_tables.LIVE_ERRORS.items()
        for error in [errors.LIVE_ERRORS[code]]
    ]
    return table(("Code", "HTTP", "Message", "caused by", "level"), rows)


def _faults(_: str) -> str:
    rows = [
        (f"`{name}`", kind.area.about, kind.does, f"`{json.dumps({'type': name, **kind.example})}`")
        for name, kind in faults.KINDS.items()
    ]
    return table(("action", "of", "does", "such as"), rows)


def _failures(_: str) -> str:
    rows = [
        (
            f"`{failure.name}`",
            failure.seen_as,
            NO_RULE.get(failure.name, "") if failure.rule is None else _type(failure.rule),
            _level(failure.level, failure.source),
        )
        for failure in catalogue().values()
    ]
    return table(("name", "a client sees", "by", "level"), rows)


def _type(rule: Any) -> str:
    return f"`{rule['action']['type']}`"


def _dashscope_results(_: str) -> str:
    rows = [
        (f"`{agent.model}`", ", ".join(f"`{file.path}`" for file in agent.files.values()))
        for agent in AGENTS.values()
    ]
    return table(("model", "members of output"), rows)


def _recording_errors(_: str) -> str:
    rows = [
        (code, f"`{errors.TASK_ERRORS[code].message}`", why, _level(row.level, row.source))
        for code, why in docs_tables.RECORDING_ERRORS.items()
        for row in [errors.TASK_ERRORS[code]]
    ]
    return table(("ErrorCode", "ErrorMessage", "caused by", "level"), rows)


def _level(level: str, source: str) -> str:
    """The level, and whether some part of a documented row is an assumption."""
    return f"{level}, wording assumed" if level != "assumed" and "assumed" in source else level


def _settings(_: str) -> str:
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    flags = {action.dest: action.option_strings[-1] for action in parser._actions}
    default = Settings()
    rows = []
    for item in fields(Settings):
        value = getattr(default, item.name)
        if item.name == "access_keys":
            value = ", ".join(f"{key}:{secret}" for key, secret in value.items())
        if item.name == "api_keys":
            value = ", ".join(value)
        rows.append(
            (
                f"`{item.name}`",
                f"`{flags[item.name]}`" if item.name in flags else "",
                f"`{PREFIX}{item.name.upper()}`",
                _default(value),
                docs_tables.SETTINGS[item.name],
            )
        )
    return table(("setting", "flag", "environment", "default", "meaning"), rows)


def _default(value: object) -> str:
    return f"`{value}`" if value not in (None, (), {}) else "none"


def _habits(_: str) -> str:
    rows = []
    for habit in HABITS:
        why = f"{habit.allowed} Limits: {habit.limits}" if habit.limits else habit.allowed
        rows.append((f"`{habit.name}`", habit.does, habit.lazy, why))
    return table(("habit", "what the mock does", "who trips over it", "why it may"), rows)


def create_task_fields() -> Iterator[str]:
    """The path of every field of a realtime CreateTask body, in the schema's order."""
    schema = json.loads(contract.text("tingwu/create-task-request"))
    definitions = schema["$defs"]

    def walk(node: dict[str, Any], path: str) -> Iterator[str]:
        reference = node.get("$ref", "").rpartition("/")[2]
        properties: dict[str, Any] = {}
        for source in (definitions.get(reference, {}), node):
            properties |= source.get("properties", {})
        items = node.get("items", {})
        if "properties" in items:
            properties, path = items["properties"], f"{path}[]"
        if not properties:
            yield path
        for name, inner in properties.items():
            yield from walk(inner, f"{path}.{name}".lstrip("."))

    yield from walk(definitions["realtime"], "")


def _fields(_: str) -> str:
    effects = docs_tables.FIELDS
    rows = [(f"`{path}`", effects[path]) for path in create_task_fields()]
    return table(("field", "what the mock does with it"), rows)


def _library(_: str) -> str:
    rows = [
        (language, f"`{script.id}`", script.title, len(script.speakers), len(script.lines))
        for language in LANGUAGES
        for script in library(language)
    ]
    return table(("SourceLanguage", "script", "title", "speakers", "sentences"), rows)


def _metrics(_: str) -> str:
    world = World(Settings(), make_clock, real_now)
    rows = [
        (f"`{family.name}`", family.type, ", ".join(family.labels), family.help)
        for family in world.metrics.families(world)
        if family.name.startswith("mock_tingwu_")
    ]
    return table(("name", "type", "labels", ""), rows)


def _rules(_: str) -> str:
    rows = [(f"`{rule.id}`", rule.level, rule.expected, rule.source) for rule in RULES.values()]
    return table(("rule", "level", "what is expected", "source"), rows)


def _scenarios(_: str) -> str:
    rows = [(f"`{name}`", about) for name, about in starter_rows()]
    return table(("scenario", "what a client sees"), rows)


def _situations(_: str) -> str:
    rows = [(one.id, one.kind, one.title, one.does, one.good, one.source) for one in situations()]
    return table(("id", "kind", "", "the mock", "a good client", "source"), rows)


KINDS: Final[dict[str, Callable[[str], str]]] = {
    "faults": _faults,
    "failures": _failures,
    "states": _states,
    "example": _example,
    "task-failed": _task_failed,
    "api-errors": _api_errors,
    "recording-errors": _recording_errors,
    "dashscope-errors": _dashscope_errors,
    "dashscope-results": _dashscope_results,
    "live-errors": _live_errors,
    "live-callback": docs_examples.live_callback,
    "live-content": docs_examples.live_content,
    "settings": _settings,
    "habits": _habits,
    "fields": _fields,
    "library": _library,
    "metrics": _metrics,
    **docs_limits.KINDS,
    "rules": _rules,
    "scenarios": _scenarios,
    "situations": _situations,
    "frame": docs_examples.frame,
    "answer": docs_examples.answer,
    "result": docs_examples.result,
    "request": docs_examples.request,
    "refused-link": lambda _: docs_examples.refused_link(),
    "refused-call": lambda _: docs_examples.refused_call(),
}


def main() -> None:
    """Rewrite the pages whose generated parts have changed."""
    for page in pages():
        old = page.read_text("utf-8")
        new = regenerated(old)
        if new != old:
            page.write_text(new, "utf-8")
            print(f"wrote {page.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
