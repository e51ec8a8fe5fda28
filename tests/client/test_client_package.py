"""The package as a whole: what it needs, and that it says what it is for."""

from __future__ import annotations

import ast
import inspect
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from mock_tingwu import client
from mock_tingwu.client import (
    ClientError,
    LiveError,
    Mishap,
    ResultError,
    StreamError,
    TaskFailed,
    Unreachable,
    live_callbacks,
    results,
)

FOLDER = Path(client.__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))
#: What it shares with the mock: definitions of the wire.
SHARED = ("mock_tingwu.client", "mock_tingwu.protocols", "mock_tingwu.contract")


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield str(node.module)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(FOLDER)))
def test_it_knows_nothing_of_the_mock(file: Path) -> None:
    ours = {name for name in imported(file) if name.split(".")[0] == "mock_tingwu"}
    assert {name for name in ours if not name.startswith(SHARED)} == set()


def test_importing_it_brings_no_server() -> None:
    show = "import sys, mock_tingwu.client; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", show], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = {name for name in ran.stdout.split() if name.startswith("mock_tingwu.")}
    assert {name for name in loaded if not name.startswith(SHARED)} == set()
    assert not {"uvicorn", "starlette", "jsonschema_rs", "yaml", "av"} & set(ran.stdout.split())


@pytest.mark.parametrize("module", [client, results, live_callbacks])
def test_every_public_name_says_what_it_is_for(module: ModuleType) -> None:
    assert sorted(set(module.__all__)) == sorted(module.__all__)
    for name in module.__all__:
        found = getattr(module, name)
        if not (inspect.isclass(found) or inspect.isfunction(found)):
            continue
        assert found.__doc__ and not found.__doc__.startswith(f"{name}("), name
        for member, value in vars(found).items() if inspect.isclass(found) else ():
            function = value.fget if isinstance(value, property) else value
            if not member.startswith("_") and inspect.isroutine(function):
                assert inspect.getdoc(function), f"{name}.{member}"


@pytest.mark.parametrize(
    "error",
    [
        ClientError("a"),
        Unreachable("a", Mishap.UNSENT),
        LiveError("Throttling.User", "too many", "id", 400, 2.5),
        TaskFailed("id", "TSC.FileError", "no file"),
        StreamError("a", 403, "Agent.X"),
        ResultError("Transcription", "is no JSON."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_error_can_be_sent_to_another_process(error: ClientError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), vars(again), again.mishap) == (str(error), vars(error), error.mishap)
