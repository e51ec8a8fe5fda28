"""Scenarios: what is heard, what goes wrong, who is told and settings, under one name.

The format is that of ``fixtures/scenarios/*.yaml``, the starters, and of the schema
``control/scenario`` (docs/scenarios.md). Reading one checks everything that can be checked without
a server; `mock_tingwu.services.scenarios` checks the rest and puts it in force.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path as FilePath
from typing import Any, Final

from msgspec.structs import replace

from mock_tingwu import contract, resources
from mock_tingwu.core.apps import App
from mock_tingwu.core.documents import MAX_DEPTH, Document, DocumentError, Format, Path, parse
from mock_tingwu.core.faults import FaultError, parse_rule
from mock_tingwu.core.masking import masked
from mock_tingwu.core.receivers import receiver_url
from mock_tingwu.core.script import Script
from mock_tingwu.core.script_book import KINDS
from mock_tingwu.core.script_texts import FORMATS, script_of_file, script_of_text
from mock_tingwu.core.scripts import ScriptError, parse_script
from mock_tingwu.core.shown import shown
from mock_tingwu.settings import OWN_SETTINGS, Settings, SettingsError

#: The longest text of a scenario, in bytes: hours of scripts have less.
MAX_BYTES: Final = 1024 * 1024
#: Problems of one file that are told; more are counted.
MOST_PROBLEMS: Final = 20
#: Settings that a scope can have of its own. These two make it start over.
STARTING_OVER: Final = ("seed", "clock")
OF_A_SCOPE: Final = (*STARTING_OVER, *OWN_SETTINGS)
#: Settings that count for a whole server, when it starts.
OF_A_SERVER: Final = ("auth", "fetch", "max_body_bytes", "task_ids")

_FIELDS: Final = ("name", "description", "scripts", "faults", "callbacks", "apps", "settings")
_SCRIPT_FIELDS: Final = (*KINDS, "script", "file", "language", "translations")
_TEXT_FIELDS: Final = ("format", "text", "language", "translations")
_LONGEST_NAME: Final = 100
#: A longer sentence loses its middle, in characters.
_LONGEST_SENTENCE: Final = 1_000
_SUFFIXES: Final = {".yaml": "yaml", ".yml": "yaml", ".json": "json"}
_INTEGERS: Final = range(-(2**63), 2**64)
#: How the sentences of others begin that are about a field of theirs.
_ABOUT: Final = re.compile(r"([A-Za-z_]\w*(?:\.\w+|\[\d+\])*)(?= is |: )")
_UNKNOWN: Final = re.compile(r"(\w+) is unknown in (match|the rule|the action)")
_STEP: Final = re.compile(r"\[(\d+)\]|\.?(\w+)")


class ScenarioError(ValueError):
    """A scenario that makes no sense; the message has a line for each of its ``problems``.

    A problem begins with file and line, then names the field, its value and what was expected.
    ``more`` are not told.
    """

    def __init__(self, problems: Sequence[str], more: int = 0) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([*problems, *([f"and {more} more"] if more else [])]))


def _no_lines(paths: Sequence[Path]) -> list[int]:
    return [0] * len(paths)


class UnknownScenario(ScenarioError):
    """There is no starter of this name, or no such file."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A ``script`` and by their kinds the keys of the tasks that hear it."""

    script: Script
    keys: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A situation that can be put in force, as often as one likes.

    ``faults`` are rules as JSON that `parse_rule` takes, ``settings`` values of `Settings`,
    ``callbacks`` addresses by AppKey, ``apps`` by appId. ``source`` and ``lines_of`` tell where
    what stands: see `at`.
    """

    name: str
    description: str = ""
    scripts: tuple[Heard, ...] = ()
    faults: tuple[Mapping[str, Any], ...] = ()
    callbacks: Mapping[str, str] = field(default_factory=dict)
    apps: Mapping[str, App] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    source: str = field(default="scenario", compare=False)
    lines_of: Callable[[Sequence[Path]], list[int]] = field(
        default=_no_lines, compare=False, repr=False
    )

    def at(self, *path: str | int) -> str:
        """Where a part stands: ``file:line``."""
        return _place(self.source, self.lines_of([path])[0])


# Where scenarios come from


def starters() -> list[str]:
    """The names of the scenarios that ship with the mock, sorted."""
    return sorted(path.stem for path in _starter_folder().glob("*.yaml"))


def starter_text(name: str) -> str:
    """The file of a starter. Raises `UnknownScenario` if there is none of this name."""
    if name not in starters():
        known = ", ".join(starters())
        raise UnknownScenario([f"there is no scenario {shown(name)}, expected one of {known}"])
    return (_starter_folder() / f"{name}.yaml").read_text("utf-8")


@cache
def starter(name: str) -> Scenario:
    """A scenario that ships with the mock. Raises `UnknownScenario` if there is none."""
    starter_text(name)
    return scenario_of_file(_starter_folder() / f"{name}.yaml")


def _starter_folder() -> FilePath:
    return resources.folder("fixtures") / "scenarios"


def find(given: str | FilePath) -> Scenario:
    """The scenario in a file, or the starter of a name.

    A text with a slash or with the ending of a file is the path of one.

    Raises:
        ScenarioError: there is none, or it makes no sense.
    """
    if isinstance(given, str):
        path = FilePath(given)
        if path.name == given and path.suffix.lower() not in _SUFFIXES:
            return starter(given)
    return scenario_of_file(FilePath(given))


def scenario_of_file(path: FilePath) -> Scenario:
    """The scenario in a file: ``.json``, else YAML. Files that it names are read, too.

    Raises:
        UnknownScenario: the file cannot be read.
        ScenarioError: it makes no sense.
    """
    source = str(path)
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UnknownScenario([f"{source}: cannot be read: {why}"]) from None
    format: Format = "json" if path.suffix.lower() == ".json" else "yaml"
    return scenario_of(read(text, format, source), source, path.parent)


def read(text: bytes, format: Format, source: str) -> Document:
    """The document that a text is. ``source`` names it in errors. Raises `ScenarioError`."""
    if len(text) > MAX_BYTES:
        raise ScenarioError([f"{source}: longer than {MAX_BYTES} bytes, expected a scenario"])
    try:
        return parse(text.decode("utf-8-sig"), format)
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        byte = f"byte {error.start + 1} is 0x{text[error.start]:02x}"
        raise ScenarioError([f"{source}:{line}: {byte}, expected text in UTF-8"]) from None
    except DocumentError as error:
        place = source if error.line is None else f"{source}:{error.line}"
        raise ScenarioError([f"{place}: {_short(str(error))}"]) from None


def scenario_of_data(data: Any, source: str = "scenario") -> Scenario:
    """The scenario that plain data is, such as a dict of a program. Raises `ScenarioError`."""
    return scenario_of(Document(data, _no_lines), source)


def scenario_of(document: Document, source: str, folder: FilePath | None = None) -> Scenario:
    """The scenario that a document says; ``folder`` is where the files are that it names.

    Without a folder it may name none: who sends a scenario may not read this machine's files.

    Raises:
        ScenarioError: it makes no sense.
    """
    return _Reader(document, source, folder).scenario()


class _Reader:
    """Reads a document to its end, whatever is wrong with its parts."""

    def __init__(self, document: Document, source: str, folder: FilePath | None) -> None:
        self._document = document
        self._source = source
        self._folder = folder
        self._problems: list[tuple[Path, str]] = []
        self._more = 0
        self._wrong: set[Path] = set()

    def scenario(self) -> Scenario:
        data = self._document.data
        if not self._plain(data, (), MAX_DEPTH):
            raise self._error()
        if not isinstance(data, dict):
            self._refuse((), f"the scenario is {shown(data)}, expected an object with a name")
            raise self._error()
        self._known((), data, _FIELDS)
        name, description = self._name(data), self._text(data, "description")
        scenario = Scenario(
            name=name,
            description=" ".join(description.split()),
            scripts=tuple(self._scripts(data, name)),
            faults=tuple(self._faults(data)),
            callbacks=self._callbacks(data),
            apps=self._apps(data),
            settings=self._settings(data),
            source=self._source,
            lines_of=self._document.lines_of,
        )
        self._check_schema(data)
        if self._problems:
            raise self._error()
        return scenario

    # Problems

    def _refuse(self, path: Path, sentence: str) -> None:
        """Note what is wrong with the part at ``path``; nothing else is said of it then."""
        self._wrong.add(path)
        if len(self._problems) >= MOST_PROBLEMS:
            self._more += 1
        else:
            self._problems.append((path, _short(sentence)))

    def _expected(self, path: Path, value: object, expected: str) -> None:
        self._refuse(path, f"{_field(path)} is {shown(value)}, expected {expected}")

    def _quote(self, path: Path, sentence: str) -> None:
        """Pass on what somebody else says of the part at ``path``, with the whole way there."""
        unknown, about = _UNKNOWN.match(sentence), _ABOUT.match(sentence)
        inner: Path = ()
        if unknown:
            part = unknown[2].removeprefix("the ").replace("rule", "")
            inner = (*([part] if part else []), unknown[1])
        elif about:
            inner = tuple(int(i) if i else name for i, name in _STEP.findall(about[1]))
        sign = "." if about and not unknown else ": "
        self._wrong.add(path)
        self._refuse((*path, *inner), f"{_field(path)}{sign}{sentence}")

    def _error(self) -> ScenarioError:
        lines = self._document.lines_of([path for path, _ in self._problems])
        sentences = [sentence for _, sentence in self._problems]
        ordered = sorted(zip(lines, sentences, strict=True), key=lambda told: told[0])
        told = [f"{_place(self._source, line)}: {sentence}" for line, sentence in ordered]
        return ScenarioError(told, self._more)

    # Parts

    def _plain(self, value: object, path: Path, depth: int) -> bool:
        """Whether there is nothing that JSON has not: YAML makes dates and sets, too."""
        expected = ""
        if isinstance(value, dict):
            if depth == 0:
                expected = "less nesting"
            for key, inner in value.items():
                if not isinstance(key, str):
                    self._refuse(
                        (*path, str(key)),
                        f"{_field(path)} has the key {shown(key)}, expected a text: put it in "
                        "quotes",
                    )
                elif _is_text(key) and depth:
                    self._plain(inner, (*path, key), depth - 1)
                else:
                    expected = expected or "keys that are text"
        elif isinstance(value, list):
            if depth == 0:
                expected = "less nesting"
            else:
                for number, item in enumerate(value):
                    self._plain(item, (*path, number), depth - 1)
        elif isinstance(value, str):
            expected = "" if _is_text(value) else "characters only"
        elif isinstance(value, float):
            expected = "" if value - value == 0 else "a number"
        elif isinstance(value, int):
            expected = "" if value in _INTEGERS else "a smaller number"
        elif value is not None:
            expected = "a text (put it in quotes), a number, true or false"
        if expected:
            self._expected(path, value, expected)
        return not self._problems

    def _known(self, path: Path, data: Mapping[str, Any], names: tuple[str, ...]) -> None:
        for name in data:
            if name not in names:
                where = (*path, name)
                self._refuse(where, f"{_field(where)} is unknown; expected {', '.join(names)}")

    def _name(self, data: Mapping[str, Any]) -> str:
        name = data.get("name")
        if isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and name.isprintable():
            return name
        if "name" in data:
            self._expected(("name",), name, f"1 to {_LONGEST_NAME} characters")
        else:
            self._refuse(("name",), "name is missing, expected what the scenario is called")
        return ""

    def _text(self, data: Mapping[str, Any], name: str, *path: str | int) -> str:
        value = data.get(name)
        if value is None or isinstance(value, str):
            return value or ""
        self._expected((*path, name), value, "a text")
        return ""

    def _object(self, data: Mapping[str, Any], name: str, expected: str) -> Mapping[str, Any]:
        value = data.get(name)
        if value is None or isinstance(value, dict):
            return value or {}
        self._expected((name,), value, expected)
        return {}

    def _list(self, data: Mapping[str, Any], name: str, expected: str) -> list[Any]:
        value = data.get(name)
        if value is None or isinstance(value, list):
            return value or []
        self._expected((name,), value, expected)
        return []

    def _scripts(self, data: Mapping[str, Any], name: str) -> list[Heard]:
        given = self._list(data, "scripts", "a list of scripts with their keys")
        heard = (self._script(("scripts", n), entry, name) for n, entry in enumerate(given))
        return [entry for entry in heard if entry is not None]

    def _script(self, path: Path, entry: Any, name: str) -> Heard | None:
        before = len(self._wrong)
        if not isinstance(entry, dict):
            self._expected(path, entry, f"an object with some of {', '.join(_SCRIPT_FIELDS)}")
            return None
        self._known(path, entry, _SCRIPT_FIELDS)
        keys = {kind: self._text(entry, kind, *path) for kind in KINDS}
        keys = {kind: key for kind, key in keys.items() if key}
        if not keys and not any(entry.get(kind) for kind in KINDS):
            self._refuse(path, f"{_field(path)} has no key, expected one of {', '.join(KINDS)}")
        inline, file = entry.get("script"), entry.get("file")
        if (inline is None) == (file is None):
            how = "neither" if file is None else "both"
            self._refuse(path, f"{_field(path)} has {how}, expected script or file")
        if len(self._wrong) > before:
            return None
        if file is not None:
            script = self._script_of_file(path, entry)
        else:
            script = self._script_itself((*path, "script"), inline, name)
            for beside in ("language", "translations"):
                if entry.get(beside):
                    self._refuse(
                        (*path, beside),
                        f"{_field((*path, beside))} is given, expected none: it is for a file",
                    )
        return None if script is None else Heard(script, keys)

    def _script_of_file(self, path: Path, entry: Mapping[str, Any]) -> Script | None:
        where = (*path, "file")
        file, others = entry["file"], entry.get("translations") or {}
        language = entry.get("language")
        if self._folder is None:
            expected = "a script: only a scenario that is a file itself can name another"
            self._expected(where, file, expected)
            return None
        if not isinstance(file, str) or not file:
            self._expected(where, file, "the path of a file")
            return None
        if not isinstance(others, dict) or not all(isinstance(o, str) for o in others.values()):
            self._expected((*path, "translations"), others, "paths by their language")
            return None
        if not isinstance(language, str | None):
            self._expected((*path, "language"), language, "a text")
            return None
        try:
            return script_of_file(
                self._folder / file,
                language=language,
                translations={target: self._folder / other for target, other in others.items()},
            )
        except (ScriptError, ValueError) as error:
            self._refuse(where, f"{_field(where)} is {shown(file)}: {error}")
            return None

    def _script_itself(self, path: Path, given: Any, name: str) -> Script | None:
        if not isinstance(given, dict):
            self._expected(path, given, "an object with sentences or text")
            return None
        source = "script"
        try:
            if "text" not in given and "format" not in given:
                script = parse_script(given, source)
            else:
                self._known(path, given, _TEXT_FIELDS)
                text: Any = given.get("text")
                format = given.get("format")
                others = given.get("translations") or {}
                if format not in FORMATS:
                    self._expected((*path, "format"), format, f"one of {', '.join(FORMATS)}")
                    return None
                texts = [text, given.get("language") or "", *_values(others)]
                if not all(isinstance(part, str) for part in texts):
                    self._expected(path, given, "texts only")
                    return None
                script = script_of_text(
                    text, format, source, language=given.get("language"), translations=others
                )
        except ScriptError as error:
            self._quote(path, str(error).removeprefix(f"{source}: "))
            return None
        # The id decides small choices: it should not be that of all scripts without one.
        return replace(script, id=name) if script.id == source else script

    def _faults(self, data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        rules: list[Mapping[str, Any]] = []
        for number, rule in enumerate(self._list(data, "faults", "a list of rules")):
            path: Path = ("faults", number)
            if not isinstance(rule, dict):
                self._expected(path, rule, "a rule with match, action and times")
                continue
            try:
                parse_rule(rule)
                rules.append(rule)
            except FaultError as error:
                self._quote(path, str(error))
        return rules

    def _callbacks(self, data: Mapping[str, Any]) -> dict[str, str]:
        found = {}
        for app_key, url in self._object(data, "callbacks", "a URL for each AppKey").items():
            path: Path = ("callbacks", app_key)
            try:
                found[app_key] = receiver_url(url)
            except ValueError as error:
                self._expected(path, masked(url) if isinstance(url, str) else url, str(error))
            if not app_key:
                self._refuse(path, "callbacks has the key '', expected the AppKey of a project")
        return found

    def _apps(self, data: Mapping[str, Any]) -> dict[str, App]:
        apps = {}
        for app_id, app in self._object(data, "apps", "an object for each appId").items():
            path: Path = ("apps", app_id)
            if not isinstance(app, dict | None):
                self._expected(path, app, "an object with what is configured of the app")
            elif not app_id:
                self._refuse(path, "apps has the key '', expected the id of an app, such as tw_1")
            else:
                try:
                    apps[app_id] = App.of(app or {})
                except ValueError as error:
                    self._quote(path, str(error))
        return apps

    def _settings(self, data: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for name, value in self._object(data, "settings", "an object with settings").items():
            path: Path = ("settings", name)
            if name not in (*OF_A_SCOPE, *OF_A_SERVER):
                known = ", ".join((*OF_A_SCOPE, *OF_A_SERVER))
                why = "has a part of its own" if name in _FIELDS else "is none of a scenario"
                self._refuse(path, f"{_field(path)} {why}; expected {known}")
                continue
            try:
                if value is None:
                    raise SettingsError(f"{name} is None, expected a value")
                found[name] = getattr(Settings.of({name: value}), name)
            except SettingsError as error:
                self._refuse(path, f"settings.{error}")
        return found

    def _check_schema(self, data: Any) -> None:
        """What nobody has complained about yet."""
        if self._more:
            return  # there is enough to be told, and to find all takes time
        for violation in contract.violations("control/scenario", data):
            path = violation.path
            if not any(path[:length] in self._wrong for length in range(len(path) + 1)):
                self._refuse(path, f"{_field(path)}: {violation.message}")


def _values(value: object) -> list[object]:
    return list(value.values()) if isinstance(value, dict) else [None]


def _place(source: str, line: int) -> str:
    return f"{source}:{line}" if line else source


def _is_text(value: str) -> bool:
    """Whether it can be written down: half a surrogate pair cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _field(path: Path) -> str:
    """``faults[0].action.code``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".") or "the scenario"


def _short(sentence: str) -> str:
    if len(sentence) <= _LONGEST_SENTENCE:
        return sentence
    half = _LONGEST_SENTENCE // 2
    return f"{sentence[:half]} … {sentence[-half:]}"
