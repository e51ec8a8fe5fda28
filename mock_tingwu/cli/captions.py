"""Captions and what comes after them: live on a terminal, line by line anywhere else."""

from __future__ import annotations

from collections.abc import Collection
from types import TracebackType
from typing import Final, Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from mock_tingwu.cli.terminal import Speakers, Wrapped, caption_row, clock, minutes
from mock_tingwu.client import (
    AgentEvent,
    AiResult,
    Event,
    Reconnected,
    Reconnecting,
    ResultChanged,
    ResultTranslated,
    SentenceBegin,
    SentenceEnd,
)
from mock_tingwu.counting import counted

#: What stands where the time of a sentence would, before what the industrial agent makes of all.
CORRECTED: Final = "corrected"


class Display(Protocol):
    """What is shown of a meeting. A context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def note(self, text: str) -> None:
        """Something to know before it begins."""

    def position(self, milliseconds: int) -> None:
        """So much audio has been pushed."""

    def caption(self, event: Event | AgentEvent) -> None:
        """An event of the stream."""

    def waiting(self, kinds: tuple[str, ...], *, stopped: bool = True) -> None:
        """These results are expected, none where it is not known which.

        ``stopped``: a meeting was stopped just now.
        """

    def results(self, kinds: Collection[str]) -> None:
        """These results are ready."""


def connection_news(event: object) -> str | None:
    """What an event tells of the connection, None if it is about something else."""
    match event:
        case Reconnecting():
            return f"{event.why} Attempt {event.attempt} to go on."
        case Reconnected():
            again = f"; {event.resent / 1000:.1f} s are sent again" if event.resent else ""
            lost = f", {event.lost / 1000:.1f} s are lost" if event.lost else ""
            return f"The stream goes on after {event.gap / 1000:.1f} s{again}{lost}."
    return None


def make_display(console: Console, duration: int | None, speed: float) -> Display:
    """The display that fits the console; ``duration`` is the recording's in ms, if it is known."""
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveDisplay(console, duration, speed)
    return PlainDisplay(console)


class PlainDisplay:
    """Finals and their translations, one line each; results as they appear."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._speakers = Speakers()
        self._seen: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    def note(self, text: str) -> None:
        self._line(text)

    def position(self, milliseconds: int) -> None:
        pass

    def caption(self, event: Event | AgentEvent) -> None:
        if isinstance(event, SentenceEnd):
            speaker = self._speakers.text(event.speaker).plain
            self._line(f"[{clock(event.begin)}] {self._column(speaker)}{event.text}")
        elif isinstance(event, ResultTranslated):
            for item in event.items:
                if item.final:
                    self._line(f"{'':9} {self._column('')}{item.text}")
        elif isinstance(event, AiResult):
            self._line(f"{CORRECTED} {event.correction}")
        elif connection := connection_news(event):
            self._line(connection)

    def waiting(self, kinds: tuple[str, ...], *, stopped: bool = True) -> None:
        count = counted(len(kinds), "result") if kinds else "results"
        begin = "The meeting is stopped; waiting" if stopped else "Waiting"
        self._line(f"{begin} for {count}.")

    def results(self, kinds: Collection[str]) -> None:
        for kind in kinds:
            if kind not in self._seen:
                self._seen.add(kind)
                self._line(f"{kind} is ready")

    def _column(self, speaker: str) -> str:
        """The column of speakers, where anybody tells them apart."""
        return f"{speaker:<9} " if self._speakers.met else ""

    def _line(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)


class LiveDisplay:
    """Finals scroll up; the sentence being spoken and a progress bar stay below and change."""

    def __init__(self, console: Console, duration: int | None, speed: float) -> None:
        self._console = console
        self._speakers = Speakers()
        self._duration = duration
        self._pushed = 0
        self._speed = f"{speed:g}×" if speed != 1 else ""
        # The open sentence.
        self._time = 0
        self._speaker: str | None = None
        self._text = ""
        self._translation = ""
        # The results, once the stream is over.
        self._kinds: tuple[str, ...] | None = None
        self._ready: tuple[str, ...] = ()
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(
            console=console, get_renderable=self._render, refresh_per_second=15, transient=True
        )

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.__exit__(exc_type, exc, traceback)

    def note(self, text: str) -> None:
        self._console.print(Text(text, "dim"))

    def position(self, milliseconds: int) -> None:
        # Codecs fill up their last frame.
        self._pushed = min(milliseconds, self._duration or milliseconds)

    def caption(self, event: Event | AgentEvent) -> None:
        match event:
            case SentenceBegin():
                self._time = event.time
            case ResultChanged():
                self._text, self._speaker = event.text, event.speaker
            case SentenceEnd():
                speaker = self._column(event.speaker)
                self._text, self._translation = event.stash, ""
                time = f"[{clock(event.begin)}]"
                # Take it away below first: printing shows the live part as last refreshed.
                self._live.refresh()
                self._console.print(caption_row(time, speaker, Wrapped(event.text, "bold")))
            case ResultTranslated():
                self._translated(event)
            case AiResult():
                text = Wrapped(event.correction, "green")
                self._console.print(caption_row(CORRECTED, self._column(None), text))
            case _ if connection := connection_news(event):
                self.note(connection)

    def _column(self, speaker: str | None) -> Text | None:
        """The speaker's column, None where nobody tells speakers apart."""
        text = self._speakers.text(speaker)
        return text if self._speakers.met else None

    def _translated(self, event: ResultTranslated) -> None:
        for item in event.items:
            if item.final:
                text = Wrapped(item.text, "bright_black italic")
                self._console.print(caption_row("", self._column(None), text))
            else:
                self._translation = item.text

    def waiting(self, kinds: tuple[str, ...], *, stopped: bool = True) -> None:
        self._kinds = kinds

    def results(self, kinds: Collection[str]) -> None:
        self._ready = tuple(kinds)

    def _render(self) -> RenderableType:
        if self._kinds is None:
            return Group(self._open(), "", self._bar())
        return self._checklist(self._kinds)

    def _open(self) -> RenderableType:
        if not self._text:
            return Text("listening …", "dim")
        return caption_row(
            f" {clock(self._time)}",
            self._column(self._speaker),
            Wrapped(self._text + "▌", "yellow"),
            Wrapped(self._translation, "bright_black italic"),
        )

    def _bar(self) -> RenderableType:
        bar = Table.grid(padding=(0, 1))
        # Room for the ^C that a terminal shows: wrapped onto a new line it would shift all this.
        bar.width = max(20, self._console.width - 4)
        bar.add_column(no_wrap=True)
        bar.add_column(ratio=1)
        bar.add_column(no_wrap=True)
        end = "" if self._duration is None else minutes(self._duration)
        bar.add_row(
            Text.assemble(("● ", "red"), minutes(self._pushed)),
            "" if self._duration is None else ProgressBar(self._duration, self._pushed),
            Text(f"{end} {self._speed}".strip()),
        )
        return bar

    def _checklist(self, kinds: tuple[str, ...]) -> RenderableType:
        rows = Table.grid(padding=(0, 1))
        # Others may come than were expected.
        for kind in dict.fromkeys((*kinds, *self._ready)):
            done = kind in self._ready
            mark: RenderableType = Text("✓", "green") if done else self._spinner
            rows.add_row(mark, Text(kind, "" if done else "dim"))
        if not kinds:
            rows.add_row(self._spinner, Text("waiting for results", "dim"))
        return Group("", rows)
