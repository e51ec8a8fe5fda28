"""Programs under test: what they are told, and that nothing of them is left."""

from __future__ import annotations

import shlex
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from mock_tingwu.conformance.client_check import Command, Function, Place
from mock_tingwu.conformance.client_check.programs import masked
from tests.cli.commands import is_gone

PLACE = Place(
    case="CC-START-001",
    url="http://127.0.0.1:1",
    ws_url="ws://127.0.0.1:1",
    host="127.0.0.1:1",
    port=1,
    audio=Path("/a b/meeting.wav"),
    file_url="http://127.0.0.1:1/meeting.wav",
    callback_url="http://127.0.0.1:2/callback",
    callback_port=2,
    environ={"DASHSCOPE_API_KEY": "sk-any"},
)
#: A child that outlives its parent, which is told by its id.
CHILD = "import subprocess, sys; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True)"


def python(program: str, *words: str) -> Command:
    return Command([sys.executable, "-c", program, *words])


def test_placeholders_are_replaced_and_other_braces_stay() -> None:
    command = Command(["app", "{audio}", "--at={host}", '{"port": {port}}', "{unknown}", "{}"])
    assert command.words_at(PLACE) == [
        *("app", "/a b/meeting.wav", "--at=127.0.0.1:1", '{"port": 1}', "{unknown}", "{}"),
    ]


def test_a_program_has_its_variables_a_closed_stdin_and_one_output() -> None:
    end = python(
        "import os, sys\n"
        "print(os.environ['MOCK_TINGWU_CASE'], os.environ['DASHSCOPE_API_KEY'], sys.stdin.read())\n"
        "print('also', file=sys.stderr)\n"
        "sys.exit(3)"
    ).run(PLACE, 20)
    assert (end.code, end.hung, end.left_behind) == (3, False, False)
    assert sorted(end.output.split()) == ["CC-START-001", "also", "sk-any"]


def test_one_that_hangs_is_killed_with_its_children() -> None:
    end = python(f"{CHILD}; p.wait()").run(PLACE, 0.5)
    assert (end.code, end.hung) == (None, True)
    assert is_gone(int(end.output))


def test_what_it_leaves_behind_is_seen_and_killed() -> None:
    end = python(CHILD).run(PLACE, 20)
    assert (end.code, end.left_behind) == (0, True)
    assert is_gone(int(end.output))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc")
@pytest.mark.parametrize("waits", ["", "; p.wait()"])
def test_what_has_gone_into_a_session_of_its_own_is_killed_too(waits: str) -> None:
    apart = CHILD.replace("Popen(", "Popen(start_new_session=True, args=", 1)
    assert apart != CHILD
    end = python(f"{apart}{waits}").run(PLACE, 0.5 if waits else 20)
    assert end.hung is bool(waits)
    assert end.left_behind is not bool(waits)
    assert is_gone(int(end.output))


def test_a_crash_is_a_negative_code() -> None:
    end = python("import os; os.abort()").run(PLACE, 20)
    assert end.code == -signal.SIGABRT


def test_all_that_run_are_killed_and_nothing_more_is_started(tmp_path: Path) -> None:
    file = tmp_path / "begun"
    command = python("import sys, time; open(sys.argv[1], 'w'); time.sleep(60)", str(file))
    ends = []
    thread = threading.Thread(target=lambda: ends.append(command.run(PLACE, 60)))
    thread.start()
    while not file.exists():
        time.sleep(0.01)
    command.kill_all()
    thread.join(10)
    assert [end.code for end in ends] == [-signal.SIGKILL]
    with pytest.raises(RuntimeError, match="nothing is run any more"):
        command.run(PLACE, 1)


def test_of_much_output_the_beginning_and_the_end_are_kept() -> None:
    end = python("print('begin', 'x' * 1_000_000, 'end')").run(PLACE, 20)
    assert end.output.startswith("begin xx") and end.output.rstrip().endswith("xx end")
    left_out = len("begin ") + 1_000_000 + len(" end\n") - 2 * 64 * 1024
    assert f"x\n[... {left_out} bytes left out ...]\nx" in end.output
    assert len(end.output) < 140_000


def test_of_much_that_a_function_returns_the_beginning_and_the_end_are_kept() -> None:
    end = Function(lambda place: f"begin {'x' * 1_000_000} end").run(PLACE, 20)
    assert end.output.startswith("begin xx") and end.output.endswith("xx end")
    assert " bytes left out ...]\n" in end.output and len(end.output) < 140_000


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_ACCESS_KEY_SECRET", "tell-nobody-this")
    text = (
        "ws://h/api/ws/v1?mc=abcdefgh&x=1 tell-nobody-this Signature=Zm9v%3D "
        '{"SecurityToken": "CAIS1234"} Authorization: Bearer sk-12345678'
    )
    shown = masked(text)
    for secret in ("abcdefgh", "tell-nobody-this", "Zm9v", "CAIS1234", "sk-12345678"):
        assert secret not in shown
    assert "&x=1" in shown


def test_a_command_is_shown_without_the_keys_of_the_mock_and_of_this_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_ACCESS_KEY_SECRET", "tell-nobody-this")
    options = ("sk-any", "--key=sk-any", "--mine=tell-nobody-this", "any", "sk-any-other", "{url}")
    command = python("", *options)
    command.run(PLACE, 20)
    told = shlex.split(command.shown())[3:]
    assert told == ["…", "--key=…", "--mine=…", "any", "sk-any-other", "{url}"]


def test_functions_return_raise_and_hang() -> None:
    assert Function(lambda place: place.case).run(PLACE, 5).output == "CC-START-001"

    def fails(place: Place) -> None:
        raise ValueError("no such task")

    end = Function(fails).run(PLACE, 5)
    assert (end.code, end.output) == (1, "ValueError: no such task\n")
    ended = Function(lambda place: sys.exit("gave up")).run(PLACE, 5)
    assert (ended.code, ended.output) == (1, "gave up")
    released = threading.Event()
    assert Function(lambda place: released.wait()).run(PLACE, 0.05).hung
    released.set()
