"""Programs under test: how one is run, and what is left of it when it has ended."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import signal
import subprocess
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Protocol
from uuid import uuid4

from mock_tingwu.counting import counted

#: So much of what a program writes is kept: its beginning and its end, in bytes each.
_KEPT: Final = 64 * 1024
#: How long the pipe of a program that has ended is still read, in seconds: a child may hold it.
_LAST_WORDS_S: Final = 0.5
#: How long children may outlive a program without being left behind, in seconds.
_LINGER_S: Final = 0.5
#: How long killed processes may take to be gone, in seconds.
_GONE_S: Final = 5.0
#: By this variable a program's children are found, whatever session they went into.
_MARK: Final = "CLIENT_CHECK_RUN"
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
#: What follows these names in a URL, a header or JSON is a secret.
_SECRET: Final = re.compile(
    r"(\b(?:mc|\w{0,40}(?:signature|token|secret|password)|api[_-]?key|authorization)"
    r"[\"']?\s*[=:]\s*[\"']?(?:Bearer\s+)?)([^\s&\"',}]{4,})",
    re.IGNORECASE,
)
_SECRET_NAME: Final = re.compile(r"SECRET|TOKEN|PASSWORD|API_?KEY", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a program finds the mock, and what it is given to work with.

    ``case`` is the id of the situation, ``baseline`` before all of them. ``audio`` is a WAV file
    (16-bit mono, 16 kHz), ``file_url`` the same where the mock hosts it. Callbacks about tasks of
    any AppKey are sent to ``callback_url``, at which a program may listen.
    """

    case: str
    url: str
    ws_url: str
    host: str
    port: int
    audio: Path
    file_url: str
    callback_url: str
    callback_port: int
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def words(self) -> dict[str, str]:
        """What stands for each placeholder of a command."""
        names = (
            "case",
            "url",
            "ws_url",
            "host",
            "port",
            "audio",
            "file_url",
            "callback_url",
            "callback_port",
        )
        return {name: str(getattr(self, name)) for name in names}

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that a program is given beside its own."""
        return {
            **self.environ,
            "MOCK_TINGWU_CASE": self.case,
            "MOCK_TINGWU_AUDIO": str(self.audio),
            "MOCK_TINGWU_FILE_URL": self.file_url,
            "MOCK_TINGWU_CALLBACK_URL": self.callback_url,
            "MOCK_TINGWU_CALLBACK_PORT": str(self.callback_port),
        }


@dataclass(frozen=True, slots=True)
class End:
    """How a program has ended.

    ``code`` is its exit code, negative the signal that has ended it, None if it was still running
    after ``seconds`` and had to be killed. ``output`` has no secrets; of much the middle is
    missing, ``left_out`` bytes, and a note stands there. ``left_behind``: children of it were still
    there.
    """

    code: int | None
    seconds: float
    output: str
    left_behind: bool = False
    left_out: int = 0

    def told(self, longest: int) -> str:
        """Beginning and end of the output, in ``longest`` characters, and how much is left out."""
        return _shortened(self.output, longest, self.left_out)[0]

    @property
    def hung(self) -> bool:
        return self.code is None


class Program(Protocol):
    """What can be run again and again."""

    def run(self, place: Place, limit: float) -> End:
        """Run it once, for ``limit`` seconds at most."""


class Command:
    """A program as a command line.

    ``{url}``, ``{audio}`` and the like in its words are replaced: see `Place.words`. What else is
    in braces stays. It is the leader of a process group of its own, which is killed as a whole; on
    Linux also what has left that.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._words = list(words)
        #: What runs, each with its mark.
        self._running: dict[subprocess.Popen[bytes], str] = {}
        self._lock = threading.Lock()
        self._stopped = False
        #: Keys that the mocks have given it.
        self._secrets: set[str] = set()

    def shown(self) -> str:
        """The command line as reports have it: no secret of this environment or of the mocks."""
        return shlex.join(masked(self._without_keys(word)) for word in self._words)

    def _without_keys(self, word: str) -> str:
        name, sign, value = word.rpartition("=")
        return f"{name}{sign}…" if value in self._secrets else word

    def words_at(self, place: Place) -> list[str]:
        """The command line with what stands for its placeholders."""
        known = place.words
        return [
            _PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), word)
            for word in self._words
        ]

    def run(self, place: Place, limit: float) -> End:
        """Run it.

        Raises:
            OSError: it cannot be started.
            RuntimeError: `kill_all` was called.
        """
        started = time.monotonic()
        process, mark = self._start(place)
        assert process.stdout is not None
        output = _Output(process.stdout)
        try:
            try:
                code: int | None = process.wait(limit)
            except subprocess.TimeoutExpired:
                code = None
            seconds = time.monotonic() - started
            left_behind = code is not None and _still_lives(process, mark)
        finally:
            _kill(process, mark)
            with self._lock:
                del self._running[process]
        text = masked(output.text())
        return End(code, seconds, text, left_behind, output.left_out)

    def _start(self, place: Place) -> tuple[subprocess.Popen[bytes], str]:
        """Start it; the mark is in its environment."""
        with self._lock:
            if self._stopped:
                raise RuntimeError("nothing is run any more")
            mark = uuid4().hex
            self._secrets.update(
                value for name, value in place.environ.items() if _SECRET_NAME.search(name)
            )
            process = subprocess.Popen(
                self.words_at(place),
                env={**os.environ, **place.variables, _MARK: mark},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running[process] = mark
            return process, mark

    def kill_all(self) -> None:
        """Kill whatever runs, with its children, and start nothing more."""
        with self._lock:
            self._stopped = True
            running = list(self._running.items())
        for process, mark in running:
            _kill(process, mark)


class Function:
    """A program as a function of this process, called with the `Place`.

    To return is exit code 0, to raise is 1. It cannot be killed: one that hangs keeps a thread.
    ``os.environ`` is not changed: ``place.variables`` has what a command would find there.
    """

    def __init__(self, function: Callable[[Place], Any]) -> None:
        self._function = function

    def run(self, place: Place, limit: float) -> End:
        """Call it in a thread of its own."""
        started = time.monotonic()
        output, codes = io.StringIO(), list[int]()

        def call() -> None:
            code = 1
            try:
                result = self._function(place)
                if result is not None:
                    output.write(str(result))
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
                output.write("" if isinstance(end.code, int | None) else str(end.code))
            except Exception as error:
                # The last line alone: what a test raises is its way of telling, no crash.
                output.write("".join(traceback.format_exception_only(error)))
            codes.append(code)

        thread = threading.Thread(target=call, name=f"client-check {place.case}", daemon=True)
        thread.start()
        thread.join(limit)
        seconds = time.monotonic() - started
        text, left_out = _shortened(output.getvalue(), 2 * _KEPT)
        return End(codes[0] if codes else None, seconds, masked(text), left_out=left_out)


class _Output:
    """Reads what a program writes until its end, and keeps the beginning and the end of it."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._head, self._tail = b"", b""
        self.left_out = 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while piece := os.read(self._pipe.fileno(), 65_536):
                room = _KEPT - len(self._head)
                self._head += piece[:room]
                tail = self._tail + piece[room:]
                self._tail = tail[-_KEPT:]
                self.left_out += len(tail) - len(self._tail)

    def text(self) -> str:
        self._thread.join(_LAST_WORDS_S)
        if not self._thread.is_alive():
            self._pipe.close()
        cut = _note(self.left_out).encode() if self.left_out else b""
        return (self._head + cut + self._tail).decode("utf-8", "replace")


def _still_lives(process: subprocess.Popen[bytes], mark: str) -> bool:
    """Whether something that a program has started is there when it has been gone for a moment."""
    deadline = time.monotonic() + _LINGER_S
    while _has_members(process.pid) or _marked(mark):
        if time.monotonic() > deadline:
            return True
        time.sleep(_LINGER_S / 10)
    return False


def _has_members(group: int) -> bool:
    if not hasattr(os, "killpg"):
        return False
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    stats = list(Path("/proc").glob("[0-9]*/stat"))
    return not stats or any(_is_alive_in(group, stat) for stat in stats)


def _is_alive_in(group: int, stat: Path) -> bool:
    """Whether a process of Linux is in the group and no zombie: in a container nobody may ever
    look after those."""
    try:
        state, _, its_group = stat.read_text("utf-8", "replace").rpartition(")")[2].split()[:3]
    except (OSError, ValueError):
        return False  # it is gone
    return int(its_group) == group and state not in "ZX"


def _marked(mark: str) -> list[int]:
    """The processes that have the mark in their environment, which children inherit.

    So those are found as well that have left the group, where there is a /proc to look into.
    """
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if f"{_MARK}={mark}".encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


def _kill(process: subprocess.Popen[bytes], mark: str) -> None:
    """Kill a process and all that it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    deadline = time.monotonic() + _GONE_S
    while (strays := _marked(mark)) and time.monotonic() < deadline:
        for stray in strays:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(stray, signal.SIGKILL)
        time.sleep(_GONE_S / 100)
        process.poll()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GONE_S)


def _shortened(text: str, longest: int, left_out: int = 0) -> tuple[str, int]:
    """Beginning and end of what has more characters than ``longest``, a note between them; and how
    many bytes are left out. ``left_out``: as many were before, and a note says so."""
    if len(text) <= longest:
        return text, left_out
    half = longest // 2
    middle = text[half:-half].replace(_note(left_out), "")
    left_out += len(middle.encode("utf-8", "replace"))
    return text[:half] + _note(left_out) + text[-half:], left_out


def _note(left_out: int) -> str:
    return f"\n[... {counted(left_out, 'byte')} left out ...]\n"


def masked(text: str) -> str:
    """``text`` without what looks like a secret, and without those of this environment."""
    for name, value in os.environ.items():
        if len(value) >= 8 and _SECRET_NAME.search(name):
            text = text.replace(value, "…")
    return _SECRET.sub(r"\1…", text)
