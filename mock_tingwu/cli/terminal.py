"""What the commands that draw have in common: the console, times, speakers, wide text."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from io import TextIOBase
from typing import IO, Final, TextIO, cast

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

#: Lines of a pipe or file may be longer than a terminal's: they are searched more than looked at.
_PLAIN_WIDTH: Final = 120

SPEAKER_STYLES: Final = ("cyan", "magenta", "green", "yellow", "blue")

# A word, or one wide character with the marks that may not be parted from it: no line begins with
# a full stop or ends with an opening bracket. Korean is written with spaces.
_UNIT: Final = re.compile(
    r"\s+|[（《「『【]*(?:[\u0021-\u2e7f\uac00-\ud7a3]+|\S)[，。、；：？！）》」』】]*"
)


def make_console(file: TextIO | None = None) -> Console:
    """The console on stdout, or ``file``. Without a terminal it writes no control sequences,
    whatever is set."""
    file = file or sys.stdout
    terminal = file.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    if terminal:
        return _Console(file=file, highlight=False)
    width = os.environ.get("COLUMNS", "")
    return _Console(
        file=cast(IO[str], _Trimmed(file)),
        force_terminal=False,
        no_color=True,
        highlight=False,
        width=int(width) if width.isascii() and width.isdigit() else _PLAIN_WIDTH,
    )


class _Console(Console):
    """A console that leaves it to `main` what a reader who has gone means."""

    def on_broken_pipe(self) -> None:
        # rich raises SystemExit, which would break off the event loop with the task still open.
        raise BrokenPipeError


class _Trimmed(TextIOBase):
    """Writes lines without the blanks that tables are filled up with."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._rest = ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        self._file.writelines(line.rstrip() + "\n" for line in lines)
        return len(text)

    def flush(self) -> None:
        self._file.flush()


def clock(milliseconds: int) -> str:
    """``mm:ss.s``."""
    minutes, rest = divmod(milliseconds // 100, 600)
    return f"{minutes:02d}:{rest // 10:02d}.{rest % 10}"


def minutes(milliseconds: int) -> str:
    """``mm:ss``."""
    return clock(milliseconds)[:-2]


class Speakers:
    """Names and styles of speakers, in the order in which they are first met.

    ``ids_from`` is the id of the first speaker: realtime diarization counts from 0, results
    without it from 1 (realtime-ws 3.5).
    """

    def __init__(self, ids_from: int = 0) -> None:
        self._ids_from = ids_from
        #: Whether anybody told speakers apart so far.
        self.met = False

    def text(self, speaker_id: str | None) -> Text:
        """The name in the speaker's colour; empty for None."""
        if speaker_id is None:
            return Text()
        self.met = True
        if not (speaker_id.isascii() and speaker_id.isdigit()):
            return Text(speaker_id)
        number = int(speaker_id) - self._ids_from
        return Text(f"Speaker {number + 1}", SPEAKER_STYLES[number % len(SPEAKER_STYLES)])


def wrap(text: str, width: int) -> Iterator[str]:
    """``text`` in lines of at most ``width`` cells, broken where its writing allows it."""
    line, used = "", 0
    for unit in _UNIT.findall(text):
        size = cell_len(unit)
        if used + size <= width:
            line, used = line + unit, used + size
            continue
        if line.strip():
            yield line.rstrip()
        *full, unit = chop_cells(unit.lstrip(), width) or [""]
        yield from full
        line, used = unit, cell_len(unit)
    if line.strip():
        yield line.rstrip()


class Wrapped:
    """Text that wraps as Chinese, Japanese and Korean are set."""

    def __init__(self, text: str, style: str = "") -> None:
        self.text = text
        self.style = style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for paragraph in self.text.splitlines() or [""]:
            for line in wrap(paragraph, max(2, options.max_width)):
                yield Text(line, self.style)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        longest = max((cell_len(line) for line in self.text.splitlines()), default=0)
        return Measurement(2, min(max(2, longest), options.max_width))


def caption_row(time: str, speaker: Text | None, *texts: Wrapped) -> Table:
    """A caption: time, speaker, and the texts one under the other.

    There is no column for speakers where ``speaker`` is None.
    """
    row = Table.grid(padding=(0, 1))
    row.add_column(width=9, style="dim", no_wrap=True)
    if speaker is not None:
        row.add_column(width=9, no_wrap=True)
    row.add_column()
    for number, text in enumerate(texts):
        before = (time,) if speaker is None else (time, speaker)
        row.add_row(*([""] * len(before) if number else before), text)
    return row
