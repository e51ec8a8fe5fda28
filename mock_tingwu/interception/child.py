"""A program that is run in the place of its caller: same terminal, same signals, same status."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from types import FrameType
from typing import Final

from mock_tingwu.interception.witness import Witness

#: What is handed on.
_HANDED_ON: Final = tuple(
    getattr(signal, name)
    for name in ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGINT", "SIGQUIT", "SIGBREAK")
    if hasattr(signal, name)
)
#: How long is waited for more of the same, in seconds: timeout(1) sends a signal to us and then to
#: the group, which counts as one, as it does where both come before the first is handled.
_SETTLING_S: Final = 0.02


def run(
    command: Sequence[str],
    environ: Mapping[str, str],
    *,
    pass_fds: Sequence[int] = (),
    started: Callable[[], None] = lambda: None,
) -> int:
    """Run a program to its end with our standard streams; return its status as a shell would.

    That is its exit code, or 128 and the number of the signal that has ended it. It inherits all
    descriptors that are inheritable, and ``pass_fds``; ``started`` is called when it runs.

    Raises:
        OSError: it cannot be run.
    """
    with _handing_on() as give_to:
        with _inheritable(pass_fds):
            # What we have opened ourselves is closed on exec.
            process = subprocess.Popen(command, env=environ, close_fds=False)
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
def _inheritable(descriptors: Sequence[int]) -> Iterator[None]:
    for descriptor in descriptors:
        os.set_inheritable(descriptor, True)
    try:
        yield
    finally:
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)


@contextmanager
def _handing_on() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """Hand signals on to a process that is given; those that come before are kept for it."""
    # What is ignored, as by nohup, is so for the program as well.
    wanted = [which for which in _HANDED_ON if signal.getsignal(which) is not signal.SIG_IGN]
    witness = nullcontext() if sys.platform == "win32" else Witness(wanted)
    handing = _OnWindows() if isinstance(witness, nullcontext) else _Handing(witness)
    before = {which: signal.signal(which, handing.take) for which in wanted}
    try:
        with witness:
            yield handing.give_to
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)


class _Handing:
    """Hands on what the program does not get by itself, as one of our process group."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: list[int] = []
        self._is_busy = False

    def give_to(self, process: subprocess.Popen[bytes]) -> None:
        early, self._waiting = self._waiting, []
        self._process = process
        for number in early:
            self._witness.has_seen(number)  # in vain: the program was not there yet
            process.send_signal(number)

    def take(self, number: int, frame: FrameType | None) -> None:
        self._waiting.append(number)
        if self._process is None or self._is_busy:
            return
        self._is_busy = True
        try:
            while self._waiting:
                time.sleep(_SETTLING_S)  # more may come meanwhile
                come, self._waiting = dict.fromkeys(self._waiting), []
                for one in come:
                    if not (self._witness.has_seen(one) and _is_with_us(self._process.pid)):
                        self._process.send_signal(one)
        finally:
            self._is_busy = False


def _is_with_us(process: int) -> bool:
    """Whether it is in our process group: shells that control jobs go to one of their own."""
    try:
        return os.getpgid(process) == os.getpgrp()
    except ProcessLookupError:
        return True


class _OnWindows:
    """Hands nothing on: there, only a console's keys make signals, and all on it are told."""

    def give_to(self, process: subprocess.Popen[bytes]) -> None:
        pass

    def take(self, number: int, frame: FrameType | None) -> None:
        pass
