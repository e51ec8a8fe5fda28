"""Starts the workers, starts again the ones that die, and ends them all.

Workers are forked from a process that has a socket and settings, and nothing else: no thread, no
event loop, no connection. So a new one is there within milliseconds.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final, NoReturn

from mock_tingwu.redis_address import StoreAddress
from mock_tingwu.server import garbage
from mock_tingwu.server.process import bound_socket, listen
from mock_tingwu.settings import Settings, SettingsError
from mock_tingwu.store.batch import StoreError
from mock_tingwu.store.redis import RedisDatabase
from mock_tingwu.workers.handing import Mailbox
from mock_tingwu.workers.process import WorkerServer
from mock_tingwu.workers.share import Board, Share

#: How long a worker may take until it serves, in s.
START_S: Final = 30.0
#: How long workers may take to end, in s. Then they are killed.
END_S: Final = 10.0
#: The pause before a worker is started again that has not come to serving, in s.
RETRY_S: Final = 1.0
_SERVES: Final = b"serves\n"

log = logging.getLogger("mock_tingwu")


class Supervisor:
    """``count`` workers that serve one port. Call `listen` first, then `run`."""

    def __init__(self, settings: Settings, count: int) -> None:
        self._settings = settings
        self._count = count
        self._board = Board(count)
        self._mailboxes = [Mailbox() for _ in range(count)]
        # Nobody writes to it; it is at its end when this process is.
        self._lifeline, self._life = os.pipe()
        # Number and descriptor of each process.
        self._workers: dict[int, tuple[int, int]] = {}
        self._woken = -1
        self._stopping = False
        self._socket: socket.socket | None = None

    def listen(self) -> int:
        """Bind the port of the settings, and return it.

        Raises:
            SettingsError: the address or the store cannot be used.
        """
        host, port = self._settings.host, self._settings.port
        self._socket = bound_socket(host, "port", port)
        address = StoreAddress.parse(self._settings.store or "")
        try:
            # Nobody else has anything of it then, nor can any former worker write any more.
            RedisDatabase(address).close()
        except StoreError as error:
            raise SettingsError(f"--store is {address.shown!r}, which {error}") from None
        listen(self._socket, host, "port", port)
        bound: int = self._socket.getsockname()[1]
        return bound

    def run(self, on_started: Callable[[], None]) -> None:
        """Serve until a signal says that it is over; ``on_started`` is called when all do.

        Raises:
            SettingsError: a worker cannot begin.
        """
        with self._signals():
            garbage.calm()
            try:
                starts = [self._start(number) for number in range(self._count)]
                for number, start in enumerate(starts):
                    problem = self._wait_for(start)
                    if problem is not None and not self._stopping:
                        raise SettingsError(problem or f"worker {number} cannot begin")
                if not self._stopping:
                    on_started()
                self._watch()
            finally:
                self._end()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def stop(signal_number: int, frame: FrameType | None) -> None:
            self._stopping = True

        kinds = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(kind, stop) for kind in kinds]
        # Whoever waits is woken up by a signal.
        self._woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)
            for kind, handler in zip(kinds, before, strict=True):
                signal.signal(kind, handler)
            os.close(self._woken)
            os.close(wake)

    def _start(self, number: int) -> int:
        """Fork a worker; returns where it says that it serves, or why not."""
        told, tell = os.pipe()
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            os.close(told)
            os.close(self._life)
            self._be(number, tell)
        os.close(tell)
        self._workers[pid] = number, os.pidfd_open(pid)
        return told

    def _be(self, number: int, tell: int) -> NoReturn:
        """Be a worker."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for kind in (signal.SIGINT, signal.SIGTERM):
                signal.signal(kind, signal.SIG_DFL)
            share = Share(number, self._count, self._board)
            server = WorkerServer(self._settings, share, self._mailboxes, self._lifeline)
            server.world.on_scope_ended = garbage.Sweeper().sweep_soon
            server.world.open()

            def started() -> None:
                os.write(tell, _SERVES)
                os.close(tell)

            server.on_started = started
            assert self._socket is not None
            server.run([self._socket])
            code = 0
        except SettingsError as error:
            with contextlib.suppress(OSError):
                os.write(tell, str(error).encode())
        except KeyboardInterrupt:
            code = 0
        except Exception:
            log.exception("a defect of the mock ends worker %d", number)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _wait_for(self, start: int) -> str | None:
        """Wait until a worker serves; or why it does not, perhaps without a word."""
        deadline = time.monotonic() + START_S
        said = b""
        with os.fdopen(start, "rb", 0) as pipe:
            while not self._stopping:
                left = max(0.0, deadline - time.monotonic())
                ready, _, _ = select.select([start, self._woken], [], [], left)
                piece = pipe.read(65536) if start in ready else b""
                said += piece
                if said == _SERVES:
                    return None
                if not piece and self._woken not in ready:
                    break
        return said.decode("utf-8", "replace")

    def _watch(self) -> None:
        """Start again whoever ends, until all are to end."""
        while not self._stopping:
            descriptors = [descriptor for _, descriptor in self._workers.values()]
            select.select([*descriptors, self._woken], [], [])
            for number, how in self._reaped():
                if self._stopping:
                    return
                log.error("worker %d has ended with %s and is started again", number, how)
                problem = self._wait_for(self._start(number))
                if problem is not None and not self._stopping:
                    log.error("worker %d cannot begin: %s", number, problem or "see above")
                    time.sleep(RETRY_S)

    def _reaped(self) -> list[tuple[int, str]]:
        """Whoever has ended, and how."""
        found = []
        for pid, (number, descriptor) in list(self._workers.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self._workers[pid]
                os.close(descriptor)
                code = os.waitstatus_to_exitcode(status)
                found.append((number, f"signal {-code}" if code < 0 else f"code {code}"))
        return found

    def _end(self) -> None:
        """End all workers, and wait until they have."""
        if self._socket is not None:
            self._socket.close()
        for kind in (signal.SIGTERM, signal.SIGKILL):
            for pid in self._workers:
                os.kill(pid, kind)
            deadline = time.monotonic() + END_S
            while self._workers and (left := deadline - time.monotonic()) > 0:
                select.select(
                    [descriptor for _, descriptor in self._workers.values()], [], [], left
                )
                self._reaped()

    def close(self) -> None:
        """Let go of the port and of whatever waits there."""
        if self._socket is not None:
            self._socket.close()
        for mailbox in self._mailboxes:
            mailbox.close()
        for descriptor in (self._lifeline, self._life):
            os.close(descriptor)
