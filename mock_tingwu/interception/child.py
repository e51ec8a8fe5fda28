"""A program that is run in the place of its caller: same terminal, same signals, same status."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final

#: What is handed on. Ctrl-C and Ctrl-\\ in a terminal reach the program by themselves.
_HANDED_ON: Final = tuple(
    getattr(signal, name)
    for name in ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGINT", "SIGQUIT", "SIGBREAK")
    if hasattr(signal, name)
)
_OF_TERMINAL: Final = {"SIGINT", "SIGQUIT", "SIGBREAK"}


def run(
    command: Sequence[str],
    environ: Mapping[str, str],
    *,
    pass_fds: Sequence[int] = (),
    started: Callable[[], None] = lambda: None,
) -> int:
    """Run a program to its end with our standard streams; return its status as a shell would.

    That is its exit code, or 128 and the number of the signal that has ended it. ``pass_fds`` are
    file descriptors that it inherits; ``started`` is called when it runs.

    Raises:
        OSError: it cannot be run.
    """
    with _handing_on() as give_to:
        process = subprocess.Popen(command, env=environ, pass_fds=pass_fds)
        try:
            give_to(process)
            started()
        except BaseException:
            process.kill()
            process.wait()
            raise
        code = process.wait()
    return 128 - code if code < 0 else code


@contextmanager
def _handing_on() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """Hand signals on to a process that is given; those that come before are kept for it."""
    waiting: list[signal.Signals] = []
    process: subprocess.Popen[bytes] | None = None

    def hand_on(number: int, frame: FrameType | None) -> None:
        which = signal.Signals(number)
        if which.name in _OF_TERMINAL and _in_foreground():
            return
        if process is None:
            waiting.append(which)
        else:
            process.send_signal(which)

    def give(started: subprocess.Popen[bytes]) -> None:
        nonlocal process
        process = started
        for which in waiting:
            process.send_signal(which)

    # What is ignored, as by nohup, is so for the program as well.
    wanted = [which for which in _HANDED_ON if signal.getsignal(which) is not signal.SIG_IGN]
    before = {which: signal.signal(which, hand_on) for which in wanted}
    try:
        yield give
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)


def _in_foreground() -> bool:
    """Whether a terminal sends its signals to us and our children alike."""
    if sys.platform == "win32":
        return True  # all who share a console are told of its keys
    try:
        with open(os.ctermid(), "rb") as terminal:  # noqa: PTH123
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False
