"""Whether a signal was sent to a whole process group, or to one process of it alone."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Final, Self

#: Tells on stdout of each signal by a byte of its number, and answers each byte of stdin by a zero.
#: It ends with its stdin, so with us, however we end. What is blocked at its start is not lost.
_PROGRAM: Final = """
import os, signal, sys
for number in map(int, sys.argv[1:]):
    signal.signal(number, lambda number, frame: None)
os.set_blocking(1, False)
signal.set_wakeup_fd(1)
signal.pthread_sigmask(signal.SIG_SETMASK, [])
while os.read(0, 1):
    os.write(1, bytes(1))
"""
#: How long it may take over an answer, in seconds.
_PATIENCE_S: Final = 1.0


class Witness:
    """A process in our process group that does nothing but get its signals; in a ``with``.

    What was sent to the group, as by Ctrl-C in a terminal, `os.killpg` or timeout(1), it has got as
    well; what was sent to us alone it has not. The sender's siginfo(7) would not tell.
    """

    def __init__(self, signals: Iterable[signal.Signals]) -> None:
        self._signals: Sequence[signal.Signals] = list(signals)
        self._seen: set[int] = set()

    def __enter__(self) -> Self:
        numbers = [str(which.value) for which in self._signals]
        # It inherits that these are blocked, until it is ready for them.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, self._signals)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-ISc", _PROGRAM, *numbers],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # It ends with its stdin, but might have been stopped.
        self._process.kill()
        with self._process:
            pass

    def has_seen(self, number: int) -> bool:
        """Whether a signal that we have got came to the group; each is told of once."""
        self._look()
        seen = number in self._seen
        self._seen.discard(number)
        return seen

    def _look(self) -> None:
        """Take in what it has got until now: a pending signal is handled before a call returns."""
        asking, answering = self._process.stdin, self._process.stdout
        assert asking is not None and answering is not None
        try:
            asking.write(b"?")
            while select.select([answering], [], [], _PATIENCE_S)[0]:
                told = os.read(answering.fileno(), 256)
                self._seen.update(told)
                if not told or 0 in told:
                    break
        except OSError:
            pass  # somebody has ended it
        self._seen.discard(0)
