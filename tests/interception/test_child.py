"""A program that is run in the place of its caller."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import pytest

from mock_tingwu.interception import child
from mock_tingwu.interception.witness import Witness

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


#: Counts signals until each has come, of which a few more may come.
_COUNTING = """
import os, signal, time
reading, writing = os.pipe()
os.set_blocking(writing, False)
signal.set_wakeup_fd(writing)
for name in ("SIGTERM", "SIGINT", "SIGUSR1"):
    signal.signal(getattr(signal, name), lambda number, frame: None)
os.write({ready}, b"r")
found = b""
while len(set(found)) < 3:
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
        os.killpg(process.pid, signal.SIGTERM)
        assert process.stdout is not None
        assert sorted(process.stdout.read().split()) == ["SIGINT", "SIGTERM", "SIGUSR1"]
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there are no process groups")
@pytest.mark.parametrize(("group", "sent"), [(0, []), (1, [signal.SIGINT, signal.SIGTERM])])
def test_a_program_in_another_group_gets_what_ours_gets(
    monkeypatch: pytest.MonkeyPatch, group: int, sent: list[signal.Signals]
) -> None:
    class All(Witness):
        def has_seen(self, number: int) -> bool:
            return True

    ours = os.getpgrp()
    monkeypatch.setattr(os, "getpgid", lambda process: ours + group)
    process = Mock(pid=1)
    handing = child._Handing(All([]))
    handing.give_to(process)
    for number in (signal.SIGINT, signal.SIGTERM):
        handing.take(number, None)
    assert [call.args[0] for call in process.send_signal.mock_calls] == sent


@pytest.mark.skipif(sys.platform == "win32", reason="there are no process groups")
@pytest.mark.parametrize(("is_seen", "sent"), [(True, []), (False, [signal.SIGTERM])])
def test_a_signal_to_us_and_at_once_to_the_group_is_one(
    monkeypatch: pytest.MonkeyPatch, is_seen: bool, sent: list[signal.Signals]
) -> None:
    told = iter([is_seen, False])
    handing = child._Handing(Mock(has_seen=lambda number: next(told)))
    process = Mock(pid=os.getpid())
    handing.give_to(process)
    again = Mock(side_effect=lambda seconds: handing.take(signal.SIGTERM, None))
    monkeypatch.setattr(time, "sleep", again)  # timeout(1) sends it twice
    handing.take(signal.SIGTERM, None)
    assert [call.args[0] for call in process.send_signal.mock_calls] == sent
    again.assert_called_once_with(child._SETTLING_S)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no process groups")
def test_a_witness_that_is_gone_has_seen_nothing() -> None:
    with Witness([signal.SIGUSR1]) as witness:
        assert not witness.has_seen(signal.SIGUSR1)
        witness._process.send_signal(signal.SIGUSR1)
        assert witness.has_seen(signal.SIGUSR1)
        assert not witness.has_seen(signal.SIGUSR1)
        witness._process.kill()
        witness._process.wait()
        assert not witness.has_seen(signal.SIGUSR1)


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
