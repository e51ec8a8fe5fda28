"""The documentation is true: generated parts are up to date, and every example works."""

from __future__ import annotations

import argparse
import ast
import json
import re
import shlex
import socket
import subprocess
import sys
import threading
import tomllib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from msgspec.structs import replace

from mock_tingwu import MockTingwu
from mock_tingwu.cli import COMMANDS
from mock_tingwu.cli.assumptions import everything
from mock_tingwu.core import errors
from mock_tingwu.core.capabilities import build
from mock_tingwu.core.faults import OPERATIONS
from mock_tingwu.core.meeting import Meeting
from mock_tingwu.core.recognizer import Playlist, ScriptedRecognizer
from mock_tingwu.core.scenarios import scenario_of_file
from mock_tingwu.core.script_texts import script_of_file
from mock_tingwu.core.scripts import load_script
from mock_tingwu.core.stream import AudioStream
from mock_tingwu.services.callbacks import CallbackControl
from mock_tingwu.services.control import ControlService
from mock_tingwu.services.dashscope.control import AppControl
from mock_tingwu.services.faults import FaultControl
from mock_tingwu.services.journal_api import JournalControl
from mock_tingwu.services.metrics import MetricsControl
from mock_tingwu.services.offline import CODES
from mock_tingwu.services.readiness import ReadinessControl
from mock_tingwu.services.scenarios import ScenarioControl
from mock_tingwu.services.scripts import ScriptControl
from mock_tingwu.services.sessions import SessionControl
from mock_tingwu.services.tingwu_request import RealtimeRequest, realtime_request
from mock_tingwu.services.violations import ViolationControl
from mock_tingwu.services.waiting import WaitControl
from mock_tingwu.settings import PREFIX, Settings
from mock_tingwu.testing import plugin
from tests import docs_generate, docs_limits, docs_tables
from tests.conftest import RECORDING, SCRIPT
from tests.realtime.helpers import PATIENCE, TASKS, Json

ROOT: Final = docs_generate.ROOT
PAGES: Final = docs_generate.pages()
_BLOCK: Final = re.compile(r"^```(\w*)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK: Final = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
#: Shown, not run. JavaScript is run by the programs in tests/clients.
_SHOWN: Final = frozenset({"", "mermaid", "xml", "proto", "text", "javascript"})

by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@dataclass(frozen=True)
class Block:
    """``name`` is that of a file which cannot have a comment."""

    language: str
    name: str | None
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(*found.groups()) for found in _BLOCK.finditer(page.read_text("utf-8"))]


@by_page
def test_generated_parts_are_what_the_code_generates(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == docs_generate.regenerated(text), "run: python -m tests.docs_generate"


@by_page
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(_BLOCK.sub("", page.read_text("utf-8"))):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.is_file(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(found), f"{page.name} links to {target}"


def anchors(page: Path) -> set[str]:
    """The anchors that a Markdown viewer gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", _BLOCK.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture
def example(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    start_mock: Callable[..., MockTingwu],
) -> Iterator[Example]:
    """A mock that programs find, a folder with the fixtures, and no proxy."""
    before = set(threading.enumerate())
    mock = start_mock()
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["example", mock.host, str(RECORDING)])
    monkeypatch.setenv("MOCK_TINGWU_URL", mock.url)
    monkeypatch.setenv("MOCK_TINGWU_CA_DIR", str(tmp_path / "authority"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    yield Example(mock, tmp_path)
    # SDKs leave threads that end by themselves; the next test should not meet them.
    mock.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
        assert not thread.is_alive(), f"{thread} goes on"


@by_page
def test_every_example_of_a_page_works_in_the_order_of_the_page(
    page: Path, example: Example
) -> None:
    for block in blocks(page):
        example.run(block)


class Example:
    """Runs the blocks of one page."""

    def __init__(self, mock: MockTingwu, folder: Path) -> None:
        self._mock = mock
        self._folder = folder
        self._names: dict[str, Any] = {"__name__": "example"}
        self._answer: Any = None
        # Stands for the port that examples run servers of their own on.
        with socket.create_server(("127.0.0.1", 0)) as unused:
            self._free_port: int = unused.getsockname()[1]

    def run(self, block: Block) -> None:
        text = block.text.replace("8001", str(self._free_port))
        text = text.replace("127.0.0.1:8900", self._mock.host)
        if block.language in _SHOWN:
            return
        if block.name is not None:
            self._file(block.name, text)
            return
        runner: Callable[[str], None] = getattr(self, f"_{block.language}")
        answer, self._answer = self._answer, None
        runner(text)
        if answer is not None and block.language == "json":
            assert shape(json.loads(text), answer) == "", text

    def _python(self, text: str) -> None:
        if re.fullmatch(r"test_\w+\.py", name := first_comment(text)):
            (self._folder / name).write_text(text, "utf-8")
            self._pytest(name)
            return
        with warnings.catch_warnings():
            # The NLS SDK compares strings with `is`, which the compiler remarks upon.
            warnings.simplefilter("ignore", SyntaxWarning)
            exec(compile(text, "an example", "exec"), self._names)

    def _pytest(self, file: str) -> None:
        """Run a file of tests as its reader would."""
        options = [
            "-q",
            "-p",
            "no:cacheprovider",
            "-o",
            "asyncio_default_fixture_loop_scope=function",
            # They take long to import.
            *("-p", "no:hypothesispytest", "-p", "no:schemathesis"),
        ]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, file],
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=6 * PATIENCE,
        )
        assert done.returncode == 0, done.stdout

    def _json(self, text: str) -> None:
        json.loads(text)

    def _file(self, name: str, text: str) -> None:
        """Subtitles."""
        path = self._folder / name
        path.write_text(text, "utf-8")
        script_of_file(path)

    def _yaml(self, text: str) -> None:
        path = self._folder / first_comment(text)
        path.write_text(text, "utf-8")
        if "\nname: " in text:
            scenario_of_file(path)
        else:
            load_script(path)

    def _toml(self, text: str) -> None:
        tomllib.loads(text)
        if (name := first_comment(text)) in ("mock-tingwu.toml", "pyproject.toml"):
            (self._folder / name).write_text(text, "utf-8")
        if name == "mock-tingwu.toml":
            Settings.load({}, {}, self._folder)

    def _sh(self, text: str) -> None:
        for words in commands(text.splitlines()):
            self._command(words)

    def _console(self, text: str) -> None:
        lines = text.splitlines()
        for words in commands([line[2:] for line in lines if line.startswith("$ ")]):
            self._command(words)

    def _command(self, words: list[str]) -> None:
        environ = {}
        while "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            environ[name] = value
        program = Path(words[0]).name
        if program == "mock-tingwu":
            parse_command(words[1:], environ)
        elif program == "curl":
            self._answer = self._curl(words[1:])
        elif program == "make":
            makefile = (ROOT / "Makefile").read_text("utf-8")
            assert re.search(rf"^{words[1]}:", makefile, re.MULTILINE)
        elif words[:2] == ["python", "-m"]:
            assert find_spec(words[2])
        elif words[:2] == ["pytest", "--pyargs"]:
            assert find_spec(words[2])
            parser = pytest.Parser(_ispytest=True)
            plugin.pytest_addoption(parser)
            _, unknown = parser.parse_known_and_unknown_args(words[3:])
            assert [word for word in unknown if word.startswith("--")] == []
        else:
            assert program in ("pip", "npm"), f"nothing checks {words}"

    @staticmethod
    def _curl(words: list[str]) -> Any:
        parser = argparse.ArgumentParser()
        parser.add_argument("url")
        parser.add_argument("-X", default="GET")
        parser.add_argument("-d")
        parser.add_argument("-T", type=Path)
        parser.add_argument("--data-binary")
        parser.add_argument("-N", action="store_true")
        parser.add_argument("-o")
        parser.add_argument("-H", action="append", default=[])
        args = parser.parse_args(words)
        headers = dict(header.split(": ", 1) for header in args.H)
        if args.data_binary:
            args.T = Path(args.data_binary.removeprefix("@"))
        content = args.T.read_bytes() if args.T else args.d
        if args.N:  # it goes on for ever: the first event is enough
            with httpx.stream(args.X, args.url, headers=headers, timeout=PATIENCE) as stream:
                return next(line for line in stream.iter_lines() if line.startswith("data: "))
        answer = httpx.request(args.X, args.url, content=content, headers=headers, timeout=PATIENCE)
        assert answer.is_success, answer.text
        return answer.json() if "json" in answer.headers["content-type"] else answer.text


def first_comment(text: str) -> str:
    """The file that an example says it is."""
    return text.splitlines()[0].removeprefix("# ")


def commands(lines: list[str]) -> Iterator[list[str]]:
    """The words of each command; one goes on over lines that end open."""
    pending = ""
    for line in lines:
        pending += line
        if pending.endswith("\\"):
            pending = pending[:-1]
            continue
        try:
            words = shlex.split(pending, comments=True)
        except ValueError:  # a quotation that is still open
            pending += "\n"
            continue
        pending = ""
        if words:
            yield words
    assert not pending


def parse_command(words: list[str], environ: dict[str, str]) -> None:
    """Take a command line as `mock-tingwu` would, and settings as `serve` would."""
    assert words[0] in COMMANDS
    parser = argparse.ArgumentParser()
    import_module(f"mock_tingwu.cli.{words[0].replace('-', '_')}").add_arguments(parser)
    args = parser.parse_args(words[1:])
    assert all(name.startswith(PREFIX) for name in environ)
    if words[0] == "serve":
        Settings.load(vars(args), environ, Path("nowhere"))


def shape(shown: Any, real: Any, place: str = "") -> str:
    """Where ``shown`` has other keys than ``real``; "" when nowhere. Lists: the first entry."""
    if isinstance(shown, dict) and isinstance(real, dict):
        if set(shown) != set(real):
            return f"{place} has {sorted(set(shown) ^ set(real))}"
        return "".join(shape(value, real[key], f"{place}.{key}") for key, value in shown.items())
    if isinstance(shown, list) and isinstance(real, list):
        return "".join(shape(a, b, f"{place}[]") for a, b in zip(shown[:1], real[:1], strict=False))
    return "" if type(shown) is type(real) else f"{place} is {real!r}"


# Tables


def test_the_table_of_failures_has_every_error_that_the_service_sends_and_no_other() -> None:
    sent = set()
    for module in ("protocols/nls.py", "protocols/nls_table.py", "services/realtime.py"):
        tree = ast.parse((ROOT / "mock_tingwu" / module).read_text("utf-8"))
        for node in ast.walk(tree):
            name = getattr(node, "attr", None) or getattr(node, "id", None)
            if name and isinstance(getattr(errors, name, None), errors.SessionError):
                sent.add(name)
    assert set(docs_tables.TASK_FAILED) == sent


def test_every_field_of_create_task_is_accounted_for() -> None:
    assert list(docs_generate.create_task_fields()) == list(docs_tables.FIELDS)


def test_every_error_of_a_recording_is_documented() -> None:
    assert set(docs_tables.RECORDING_ERRORS) == set(errors.TASK_ERRORS) == set(CODES.values())


def test_every_error_and_setting_has_its_row() -> None:
    assert set(docs_tables.API_ERRORS) == set(errors.API_ERRORS)
    text = (ROOT / "docs" / "openapi.md").read_text("utf-8")
    for code in errors.API_ERRORS:
        assert code in text
    assert set(docs_tables.LIVE_ERRORS) <= set(errors.LIVE_ERRORS)
    assert set(docs_tables.SETTINGS) == set(Settings.__dataclass_fields__)


def test_every_command_has_its_row() -> None:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    _, _, table = text.partition("| command | does |")
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert set(COMMANDS) <= set(re.findall(r"`([\w-]+)`", "".join(rows)))


@pytest.mark.parametrize("page", ["README.md", "docs/evidence.md"])
def test_as_much_is_unknown_as_the_command_lists(page: str) -> None:
    assert f"{len(everything())} choices of the mock have no" in (ROOT / page).read_text("utf-8")


def test_every_bound_is_told_of() -> None:
    told = set(docs_tables.BOUNDS) | docs_tables.INNER_BOUNDS
    found = set(docs_limits.bounds_in_the_code())
    assert found <= told, "a new bound: give it a row in tests/docs_tables.py, BOUNDS"
    gone = {place for place in told - found if docs_limits.bound_by_name(place)}
    assert gone == set()


def test_the_sdk_of_tingwu_has_no_call_that_is_not_served() -> None:
    from alibabacloud_tingwu20230930.client import Client

    calls = {name.removesuffix("_with_options") for name in vars(Client) if "_with_options" in name}
    calls = {name for name in calls if not name.endswith("_async")}
    served = {re.sub("(?<=[a-z])([A-Z])", r"_\1", name).lower() for name in OPERATIONS}
    assert len(calls) >= 7
    assert calls <= served


def test_every_control_call_is_documented(mock: MockTingwu) -> None:
    text = (ROOT / "docs" / "control.md").read_text("utf-8")
    task_id = "4c45ed7f9ab67a72d35e37b2f412679c"
    world = mock._server.world
    services = (
        ControlService(world),
        JournalControl(world),
        CallbackControl(world),
        FaultControl(world),
        ScriptControl(world),
        ScenarioControl(world),
        AppControl(world),
        SessionControl(world),
        ReadinessControl(world),
        MetricsControl(world),
        WaitControl(world),
        ViolationControl(world),
    )
    for route in [route for service in services for route in service.routes()]:
        path = route.path.replace("{task_id}", task_id).replace("{fault_id}", "fault-1")
        path = path.replace("{session_id:any}", "c565945594fa0bfeb35900ad3ce5ae28/1")
        for method in sorted((route.methods or set()) - {"HEAD"}):
            url = re.escape(f"127.0.0.1:8900{path}")
            prefix = "" if method == "GET" else f"-X {method} "
            assert re.search(rf"curl {prefix}'http://{url}['?]", text), (method, route.path)


def nested(path: str, value: object) -> Json:
    """A CreateTask body with ``value`` at ``path``, and what it needs beside."""
    body: Json = {
        "AppKey": "app",
        "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000},
        "Parameters": {
            "Transcription": {"DiarizationEnabled": True},
            "ServiceInspectionEnabled": True,
            "ServiceInspection": {
                "SceneIntroduction": "a",
                "InspectionIntroduction": "b",
                "InspectionContents": [{"Title": "客户演示"}],
            },
            "CustomPromptEnabled": True,
            "CustomPrompt": {"Contents": [{"Name": "n", "Prompt": "{Transcription}"}]},
            "ContentExtractionEnabled": True,
            "ContentExtraction": {"ExtractionContents": [{"Title": "接口文档"}]},
            "IdentityRecognitionEnabled": True,
            "IdentityRecognition": {"IdentityContents": [{"Name": "产品经理"}]},
        },
    }
    here: Any = body
    *names, last = path.split(".")
    for name in names:
        here = here.setdefault(name.removesuffix("[]"), {})
        here = here[0] if name.endswith("[]") else here
    here[last] = value
    return body


_VALUES: Final = {
    "ChapterGranularity": "Coarse",
    "TitleLengthLevel": "Short",
    "TargetVideoFormat": "mp4",
    "LlmOutputLanguage": "en",
    "AdditionalStreamOutputLevel": 2,
    "TransType": "chat",
    "Phrase": {"a": 1},
    "SpeakerMap": {"1": "agent"},
}
_MODELS: Final = {
    "Parameters.Model": "qwq",
    "Parameters.Transcription.Model": "domain-education",
    "Parameters.CustomPrompt.Contents.Model": "qwen-max",
}
_WITHOUT_EFFECT: Final = [
    path for path, effect in docs_tables.FIELDS.items() if ", no effect" in effect
]


@pytest.mark.parametrize("path", _WITHOUT_EFFECT)
def test_a_field_said_to_have_no_effect_has_none(path: str) -> None:
    name = path.rpartition(".")[2]
    usual = _MODELS.get(path, True if name.endswith("Enabled") else "x")
    value = _VALUES.get(name, usual)
    assert outcome(nested(path, value)) == outcome(nested("Parameters.Unknown", 1))


def outcome(body: Json) -> tuple[RealtimeRequest, Json]:
    """What a CreateTask body leads to: how the stream is served, and every result."""
    request = realtime_request(body)
    playlist = Playlist([load_script(SCRIPT)])
    stream = AudioStream(ScriptedRecognizer(playlist, 16_000), Meeting("cn", diarized=True))
    stream.imagine(40_000)
    stream.flush()
    options = request.order.options
    results = {kind: build(kind, stream.meeting, options) for kind in options.result_kinds()}
    # These reach results only, which are compared as a whole.
    options = replace(options, custom_prompts=(), inspection=None, extraction=None, identities=None)
    return replace(request, order=replace(request.order, options=options)), results


GOOD: Final[Json] = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}
CAUSES: Final[list[tuple[str, str, Any]]] = [
    ("BRK.InvalidLanguage", "type=realtime", {"Input": GOOD | {"SourceLanguage": "tlh"}}),
    ("BRK.InvalidLanguage", "type=realtime", {"Parameters": {"TranslationEnabled": True}}),
    ("BRK.InvalidAudioFormat", "type=realtime", {"Input": GOOD | {"Format": None}}),
    (
        "BRK.InvalidAudioSampleRate",
        "type=realtime",
        {"Input": GOOD | {"SourceLanguage": "ja", "SampleRate": 8000}},
    ),
    ("BRK.InvalidOssPath", "type=realtime", {"Input": GOOD | {"OutputPath": 5}}),
    ("BRK.InvalidAppKey", "type=realtime", {"AppKey": ""}),
    (
        "BRK.InvalidRoleSplitNum",
        "type=realtime",
        {"Parameters": {"Transcription": {"Diarization": {"SpeakerCount": 101}}}},
    ),
    (
        "BRK.InvalidOutputEnabledSetting",
        "type=realtime",
        {"Parameters": {"AutoChaptersEnabled": "maybe"}},
    ),
    (
        "BRK.InvalidResultLevelSetting",
        "type=realtime",
        {"Parameters": {"Transcription": {"OutputLevel": 3}}},
    ),
    ("MissingType", "", {}),
    ("MissingInput", "type=realtime", {"Input": None}),
    ("MissingTaskId", "type=realtime&operation=stop", {}),
    ("InvalidType", "type=batch", {}),
    ("InvalidOperation", "type=realtime&operation=dance", {}),
    (
        "InvalidTypes",
        "type=realtime",
        {"Parameters": {"SummarizationEnabled": True, "Summarization": {"Types": ["Haiku"]}}},
    ),
    ("InvalidParameter.Format", "type=realtime", None),
]


@pytest.mark.parametrize(("code", "query", "change"), CAUSES)
def test_the_causes_in_the_error_table_cause_the_error(
    mock: MockTingwu, code: str, query: str, change: Any
) -> None:
    body = [] if change is None else {"AppKey": "app", "Input": GOOD} | change
    answer = httpx.put(f"{mock.url}{TASKS}?{query}", json=body)
    assert answer.status_code == 400
    assert answer.json()["Code"] == code
