"""What is told of the mock when a test has failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from mock_tingwu.core.journal import Entry

if TYPE_CHECKING:
    from mock_tingwu import MockTingwu
    from mock_tingwu.server.controls import Controls

#: So many of the latest entries are shown, each in one line of at most so many characters.
ENTRIES: Final = 20
WIDTH: Final = 160

#: What is shown of an entry of each kind. Others are shown with all that they have.
_LINES: Final[Mapping[str, str]] = {
    "request": "{method} {target} {body}",
    "response": "{status} {method} {target} {body}",
    "result": "{name}",
    "ws_open": "{target}",
    "ws_in": "{text}",
    "ws_out": "{message}",
    "ws_close": "{code} by the {by}",
    "audio": "{frames} frames, {bytes} bytes, up to {position} ms",
    "transition": "{before} -> {after} {why}",
    "callback": "{event} {outcome} at attempt {attempt} {status} {error} {url}",
    "signature": "{problem} {causes}",
    "violation": "{rule} {text}",
    "fault": "{rule} {action} {operation} {text}",
    "note": "{text}",
}
#: What every entry has.
_COMMON: Final = frozenset({"seq", "at", "scope", "kind", "service", "task_id"})


def sections(mock: MockTingwu, bundle: Path | None = None) -> Iterator[tuple[str, str]]:
    """Title and text of everything that pytest is to show below a failure.

    ``bundle`` is where a reproduction bundle is written, if anything is recorded.
    """
    try:
        lines = [line for scope in _scopes(mock) for line in _story(scope)]
        lines += [f"violation: {line}" for line in violations(mock)]
        text = "\n".join(lines) or "nothing happened"
    except Exception as error:  # whatever it is, the failure itself must be shown
        text = f"the journal cannot be read: {error}"
    yield "mock-tingwu", text
    if bundle is not None and mock.recording:
        yield "mock-tingwu: what has happened, again", _bundled(mock, bundle)


def _bundled(mock: MockTingwu, path: Path) -> str:
    from mock_tingwu.replay import write_bundle

    if path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_bundle(mock, path)
    except OSError as error:
        return f"the bundle {path} cannot be written: {error}"


def violations(
    mock: MockTingwu, seen: Sequence[Entry] = (), *, documented: bool = False
) -> list[str]:
    """A line for each time that the client broke a rule, in whatever scope.

    ``seen`` are those that were written down: of scopes that are gone there is nothing else.
    ``documented``: without what is advice only.
    """
    # Of a mock that its test has closed as well.
    scopes = _scopes(mock) if mock.running else []
    there = {scope.name for scope in scopes}
    found = [entry for scope in scopes for entry in scope.violations]
    found += [entry for entry in seen if entry["scope"] not in there]
    if documented:
        found = [entry for entry in found if entry["level"] == "documented"]
    masked = mock._realm.journal.masked
    return [_cut(masked(f"{entry['rule']}{_level(entry)}: {entry['text']}")) for entry in found]


def _level(entry: Entry) -> str:
    return f" ({entry['level']})" if entry.get("level") else ""


def _scopes(mock: MockTingwu) -> list[Controls]:
    return [mock, *mock.scopes]


def _story(scope: Controls) -> Iterator[str]:
    """The latest entries of a scope; times are seconds since the first one."""
    journal = scope.journal
    if scope.name != "default" and journal:
        yield f"scope {scope.name}"
    earlier = len(journal) - ENTRIES
    if earlier > 0:
        yield f"({earlier} earlier entries)"
    for entry in journal[-ENTRIES:]:
        yield told(entry, journal[0]["at"])


def told(entry: Entry, begin: int) -> str:
    """An entry in one line; ``begin`` is when (ms) the first one was."""
    form = _LINES.get(entry["kind"])
    fields = {name: _gist(value) for name, value in entry.items() if name not in _COMMON}
    if form is None:
        form = " ".join(f"{name}={{{name}}}" for name in fields)
    seconds, task = (entry["at"] - begin) / 1000, (entry["task_id"] or "")[:8]
    head = f"{seconds:+9.3f} {entry['service']:<9} {entry['kind']:<10} {task:<8}"
    return _cut(f"{head} {form.format_map(_Blank(fields))}")


class _Blank(dict[str, str]):
    """Fields, of which those that are not there are empty."""

    def __missing__(self, name: str) -> str:
        return ""


def _gist(value: Any) -> str:
    """What matters most of a value first: it may be cut."""
    if isinstance(value, str) or value is None:
        return value or ""
    if isinstance(value, dict):
        header = value.get("header")
        if isinstance(header, dict):  # an event of a stream
            return f"{header.get('name') or header.get('event')} {_json(value.get('payload'))}"
        for code, message in (("Code", "Message"), ("code", "message"), ("RetCode", "Description")):
            if isinstance(value.get(message), str):
                rest = {k: v for k, v in value.items() if k not in (code, message)}
                return f"{value.get(code)} {value[message]} {_json(rest)}"
    return _json(value)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _cut(text: str) -> str:
    """``text`` in one line that no terminal takes for commands."""
    flat = "".join(sign if sign.isprintable() else " " for sign in text).rstrip()
    return flat if len(flat) <= WIDTH else flat[: WIDTH - 1] + "…"
