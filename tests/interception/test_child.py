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


#: Counts signals until SIGTERM comes, of which a few more may come.
_COUNTING = """
import os, signal, time
reading, writing = os.pipe()
os.set_blocking(writing, False)
signal.set_wakeup_fd(writing)
for name in ("SIGTERM", "SIGINT", "SIGUSR1"):
    signal.signal(getattr(signal, name), lambda number, frame: None)
os.write({ready}, b"r")
found = b""
while signal.SIGTERM not in found:
    found += os.read(reading, 9)
time.sleep(0.1)
os.write(writing, b"0")
found += os.read(reading, 9)[:-1]
print(*(signal.Signals(number).name for number in found))
"""

#: Runs it in a process group of its own, as a shell runs a job.
_RUNNING = """
import os, sys
from mock_tingwu.interception import child
os.setpgid(0, 0)
sys.exit(child.run([sys.executable, "-Sc", sys.argv[1]], dict(os.environ)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no process groups")
def test_signals_come_once_to_whomever_they_are_sent() -> None:
    reading, writing = os.pipe()
    line = [sys.executable, "-c", _RUNNING, _COUNTING.format(ready=writing)]
    with subprocess.Popen(
        line, pass_fds=[writing], stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        os.close(writing)
        assert os.read(reading, 1) == b"r"
        os.close(reading)
        os.killpg(process.pid, signal.SIGINT)
        os.kill(process.pid, signal.SIGUSR1)
        os.kill(process.pid, signal.SIGTERM)  # as timeout(1) does
        os.killpg(process.pid, signal.SIGTERM)
        assert process.stdout is not None
        assert sorted(process.stdout.read().split()) == ["SIGINT", "SIGTERM", "SIGUSR1"]
    assert process.returncode == 0


def test_what_was_open_before_us_is_inherited(capfd: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    private = os.dup(reading)
    os.set_inheritable(reading, True)
    os.write(writing, b"here")
    os.close(writing)
    program = (
        f"import os; print(os.read({reading}, 9))\n"
        "try: os.fstat({private})\n"
        "except OSError: print('closed')"
    ).format(private=private)
    assert child.run([sys.executable, "-Sc", program], ENVIRON) == 0
    os.close(reading)
    os.close(private)
    assert capfd.readouterr().out == "b'here'\nclosed\n"


def test_what_is_ignored_stays_so(capfd: pytest.CaptureFixture[str]) -> None:
    program = "import signal; print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert child.run([sys.executable, "-Sc", program], ENVIRON) == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert capfd.readouterr().out == "True\n"
