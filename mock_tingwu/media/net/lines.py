"""Connections that give up when they are told to, and what can go wrong with a stream."""

from __future__ import annotations

import errno
import selectors
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final, Literal

from mock_tingwu.media.errors import Stop, Stopped

Problem = Literal[
    "forbidden",
    "host",
    "refused",
    "status",
    "timeout",
    "protocol",
    "kind",
    "no_audio",
    "broken",
]
"""Why a stream cannot be had; see `PullError`."""

SLICE_S: Final = 0.1
"""Whatever is waited for, `Patience` is asked this often."""

_UNDER_WAY: Final = (errno.EINPROGRESS, errno.EWOULDBLOCK)


class PullError(Exception):
    """A stream cannot be had, or no longer.

    ``detail`` is a sentence for the journal; ``problem`` is one of

    - ``forbidden``: it, or what it refers to, must not be contacted;
    - ``host``: its URL cannot be read, or the name in it not be resolved;
    - ``refused``: nobody listens there, or it cannot be reached;
    - ``status``: the server has no such stream, or does not give it away;
    - ``timeout``: nothing came;
    - ``protocol``: the server does not speak the protocol of the URL;
    - ``kind``: what came is no stream of a known kind, or cannot be decoded;
    - ``no_audio``: it has no audio;
    - ``broken``: it broke off.
    """

    def __init__(self, problem: Problem, detail: str) -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem: Problem = problem
        self.detail = detail


@dataclass(slots=True)
class Patience:
    """How long to wait, in seconds, and whether to go on at all."""

    stop: Stop
    open_s: float
    """Until a connection stands."""
    read_s: float
    """Until the next byte, and until an answer."""
    audio_s: float
    """Until the first audio; 0 once it has come."""
    began: float = 0.0

    def check(self) -> None:
        """Go on, or not.

        Raises:
            PullError: ``no_audio``: there should have been audio by now.
            Stopped: ``stop`` said so.

        """
        if self.stop():
            raise Stopped
        if self.audio_s and time.monotonic() > self.began + self.audio_s:
            detail = f"the stream had no audio for {self.audio_s:g} s"
            raise PullError("no_audio", detail)

    def wait(self, seconds: float) -> None:
        """Sleep, and raise what `check` raises."""
        until = time.monotonic() + seconds
        self.check()
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, SLICE_S))
            self.check()


class Line:
    """A TCP connection, with TLS or without. ``name`` stands for the server in sentences."""

    def __init__(self, host: str, port: int, name: str, patience: Patience, *, tls: bool) -> None:
        """Connect.

        Raises:
            PullError: ``host``, ``refused``, ``timeout`` or ``protocol``.
            Stopped: ``stop`` said so.

        """
        self._name = name
        self._patience = patience
        deadline = time.monotonic() + patience.open_s
        self._socket = self._connect(host, port, deadline)
        if tls:
            self._secure(host, deadline)

    def receive(self, size: int, deadline: float | None = None) -> bytes:
        """Return what has come, at most ``size`` bytes; b"" when the server has closed.

        ``deadline`` is a time of the monotonic clock, without one it is ``read_s`` from now.

        Raises:
            PullError: ``timeout`` or ``broken``.
            Stopped: ``stop`` said so.

        """
        if deadline is None:
            deadline = time.monotonic() + self._patience.read_s
        with self._breaking():
            while True:
                self._patience.check()
                try:
                    return self._socket.recv(size)
                except TimeoutError:
                    if time.monotonic() > deadline:
                        what = f"{self._name} sent nothing for {self._patience.read_s:g} s"
                        raise PullError("timeout", what) from None

    def send(self, data: bytes) -> None:
        """Send everything.

        Raises:
            PullError: ``timeout`` or ``broken``.
            Stopped: ``stop`` said so.

        """
        deadline = time.monotonic() + self._patience.read_s
        with self._breaking():
            while data:
                self._patience.check()
                try:
                    data = data[self._socket.send(data) :]
                except TimeoutError:
                    if time.monotonic() > deadline:
                        raise PullError("timeout", f"{self._name} reads nothing") from None

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _connect(self, host: str, port: int, deadline: float) -> socket.socket:
        reason = "it has no address"
        for family, kind, protocol, _, address in self._resolve(host, port, deadline):
            try:
                one = socket.socket(family, kind, protocol)
            except OSError as error:  # a family that this machine does not have
                reason = _reason(error)
                continue
            try:
                code = self._reach(one, address, deadline)
            except BaseException:
                one.close()
                raise
            if not code:
                one.settimeout(SLICE_S)
                return one
            one.close()
            reason = _reason(OSError(code, ""))
            if code == errno.ECONNREFUSED:
                reason = ""
        if not reason:
            raise PullError("refused", f"{self._name} refused the connection")
        raise PullError("refused", f"{self._name} cannot be reached: {reason}")

    def _resolve(self, host: str, port: int, deadline: float) -> list[Any]:
        """Look a name up, elsewhere: nothing can interrupt that."""
        if host.endswith(".localhost"):
            host = "localhost"  # not every resolver knows these names (RFC 6761)
        answers: SimpleQueue[list[Any] | Exception] = SimpleQueue()

        def look_up() -> None:
            try:
                answers.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        Thread(target=look_up, name="mock-tingwu-resolve", daemon=True).start()
        while True:
            try:
                found = answers.get(timeout=SLICE_S)
            except Empty:
                self._patience.check()
                self._watch(deadline, "was not resolved")
                continue
            if isinstance(found, Exception):
                raise PullError("host", f"the name of {self._name} cannot be resolved")
            return found

    def _reach(self, one: socket.socket, address: Any, deadline: float) -> int:
        """Return 0 when the connection stands, else why not, as a number of `errno`."""
        one.setblocking(False)
        code = one.connect_ex(address)
        if code not in _UNDER_WAY:
            return code
        with selectors.DefaultSelector() as selector:
            selector.register(one, selectors.EVENT_WRITE)
            while not selector.select(SLICE_S):
                self._patience.check()
                self._watch(deadline, "did not accept a connection")
        return one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def _secure(self, host: str, deadline: float) -> None:
        try:
            self._socket = _trusted().wrap_socket(
                self._socket, server_hostname=host, do_handshake_on_connect=False
            )
            while True:
                try:
                    self._socket.do_handshake()
                    return
                except TimeoutError:
                    self._patience.check()
                    self._watch(deadline, "did not finish the TLS handshake")
        except ssl.SSLCertVerificationError as error:
            self._socket.close()
            detail = f"the certificate of {self._name} is not trusted: {error.verify_message}"
            raise PullError("protocol", detail) from None
        except (OSError, ValueError) as error:
            self._socket.close()
            detail = f"{self._name} does not speak TLS: {_reason(error)}"
            raise PullError("protocol", detail) from None
        except BaseException:
            self._socket.close()
            raise

    def _watch(self, deadline: float, what: str) -> None:
        if time.monotonic() > deadline:
            detail = f"{self._name} {what} within {self._patience.open_s:g} s"
            raise PullError("timeout", detail)

    @contextmanager
    def _breaking(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            detail = f"the connection to {self._name} broke: {_reason(error)}"
            raise PullError("broken", detail) from None


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason or str(error)
    if isinstance(error, OSError) and error.errno:
        return errno.errorcode.get(error.errno, str(error))
    return str(error)


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """The certificates that servers are trusted by: the same as for recordings."""
    import httpx

    return httpx.create_ssl_context()
