"""A program that is run in the place of its caller."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mock_tingwu.interception import child

ENVIRON = {"PATH": os.defpath}


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("exit 0", 0),
        ("exit 1", 1),
        ("exit 255", 255),
        ("kill -TERM $$", 128 + signal.SIGTERM),
        ("kill -KILL $$", 128 + signal.SIGKILL),
        ("kill -HUP $$", 128 + signal.SIGHUP),
    ],
)
def test_the_status_is_what_a_shell_would_say(script: str, status: int) -> None:
    assert child.run(["sh", "-c", script], ENVIRON) == status


def test_it_has_this_environment_and_no_other(capfd: pytest.CaptureFixture[str]) -> None:
    program = "import os; print(sorted({*os.environ} - {'LC_CTYPE'}))"
    assert child.run([sys.executable, "-Sc", program], {"MINE": "1"}) == 0
    assert capfd.readouterr().out == "['MINE']\n"


def test_what_it_inherits_is_open() -> None:
    reading, writing = os.pipe()
    try:
        line = [sys.executable, "-Sc", f"import os; os.write({writing}, b'here')"]
        assert child.run(line, ENVIRON, pass_fds=[writing]) == 0
        assert os.read(reading, 100) == b"here"
    finally:
        os.close(reading)
        os.close(writing)


def test_what_cannot_be_run_is_told_and_signals_are_as_before(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(FileNotFoundError):
        child.run([str(tmp_path / "nothing")], ENVIRON)
    (tmp_path / "text").write_text("text")
    with pytest.raises(PermissionError):
        child.run([str(tmp_path / "text")], ENVIRON)
    assert signal.getsignal(signal.SIGTERM) is before


def test_it_is_ended_when_its_start_goes_wrong() -> None:
    processes: list[int] = []

    def started() -> None:
        processes.append(0)
        raise LookupError("no namespace")

    with pytest.raises(LookupError):
        child.run(["sleep", "60"], ENVIRON, started=started)
    assert processes == [0]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_signal_before_it_is_there_is_kept_for_it() -> None:
    original = subprocess.Popen

    def popen(*args: object, **kwargs: object) -> object:
        os.kill(os.getpid(), signal.SIGUSR1)
        return original(*args, **kwargs)  # type: ignore[call-overload]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "Popen", popen)
        assert child.run(["sleep", "60"], ENVIRON) == 128 + signal.SIGUSR1


def test_windows_tells_all_of_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert child._in_foreground()


def test_what_is_ignored_stays_so(capfd: pytest.CaptureFixture[str]) -> None:
    program = "import signal; print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert child.run([sys.executable, "-Sc", program], ENVIRON) == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert capfd.readouterr().out == "True\n"
