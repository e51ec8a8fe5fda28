"""How callbacks of caption tasks are shown: live on a terminal, line by line anywhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from mock_tingwu.cli.live_log import SENTENCE, Entry
from mock_tingwu.cli.printable import MAX_SHOWN, json_text, printable

if TYPE_CHECKING:
    from rich.console import Console, Group
    from rich.table import Table

    from mock_tingwu.client.live_callbacks import LiveCallback

#: Interim results and translations that a terminal shows at the same time.
_MAX_OPEN: Final = 5

_EVENTS: Final = {
    "TranscriptionResultChanged": "interim",
    "SentenceEnd": "sentence",
    "ResultTranslated": "translation",
}
_MARK_STYLES: Final = {"ok": "green", "WRONG": "bold red", "missing": "yellow"}
_TEXT_STYLES: Final = {"sentence": "bold", "interim": "yellow", "translation": "italic"}


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as text without anything that a terminal would obey."""

    time: str
    task: str
    mark: str
    index: str
    event: str
    text: str
    remarks: tuple[str, ...]

    @property
    def line(self) -> str:
        """All but the remarks, in columns."""
        columns = f"{self.time} {self.task:<8} {self.mark:<11} {self.index:>3} {self.event:<13}"
        return f"{columns} {self.text}".rstrip()


def row(entry: Entry) -> Row:
    """The entry as text."""
    arrival, callback = entry.arrival, entry.arrival.callback
    mark = "WRONG" if entry.verdict == "wrong" else entry.verdict
    if mark == "ok" and arrival.signature is not None and arrival.signature.stale:
        mark = "ok, stale"
    remarks = [f"! {problem}" for problem in entry.problems]
    if entry.note:
        remarks.append(f"- {entry.note}")
    index = "" if callback is None or callback.index is None else str(callback.index)
    return Row(
        time=datetime.fromtimestamp(arrival.at).strftime("%H:%M:%S.%f")[:-3],
        task="" if callback is None else printable(callback.task_id.removeprefix("asr-")[:8]),
        mark=mark,
        index=index,
        event="no callback" if callback is None else _event(callback),
        text=printable(f"POST {arrival.target}" if callback is None else _text(callback)),
        remarks=tuple(map(printable, remarks)),
    )


def _event(callback: LiveCallback) -> str:
    return printable(_EVENTS.get(callback.name, callback.name))


def _text(callback: LiveCallback) -> str:
    if callback.name in SENTENCE:
        return callback.text
    if callback.name in _EVENTS:
        return f"{callback.target_language}: {callback.text}" + ("" if callback.final else " …")
    header = callback.content["header"]
    return f"{header.get('status', '')} {header.get('status_text', '')}".strip()


class Display(Protocol):
    """Where entries are shown. A context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def show(self, entry: Entry) -> None:
        """Show what has come."""


def make_display(json: bool) -> Display:
    if json:
        return LineDisplay(json_line)
    from mock_tingwu.cli.terminal import make_console

    console = make_console()
    if console.is_terminal and not console.is_dumb_terminal:
        return TerminalDisplay(console)
    return LineDisplay(plain_lines)


class LineDisplay:
    """Prints what ``form`` makes of each entry."""

    def __init__(self, form: Callable[[Entry], str]) -> None:
        self._form = form

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    def show(self, entry: Entry) -> None:
        print(self._form(entry), flush=True)


def plain_lines(entry: Entry) -> str:
    """A line for the callback and one for each remark, the task's name before it."""
    shown = row(entry)
    remarks = (f"{shown.time} {shown.task:<8} {remark}" for remark in shown.remarks)
    return "\n".join((shown.line, *remarks))


def json_line(entry: Entry) -> str:
    """A JSON object with every field that came, ``content`` decoded, and what is told of it."""
    arrival, callback = entry.arrival, entry.arrival.callback
    fields: dict[str, Any]
    if callback is None:
        fields = {"body": arrival.body[:MAX_SHOWN].decode("utf-8", "replace")}
    else:
        fields = {**callback.raw, "content": callback.content}
    check = arrival.signature
    fields |= {
        "received_at": int(arrival.at * 1000),
        "target": arrival.target,
        "signature": entry.verdict,
        "signed_url": None if check is None else check.callback_url or None,
        "stale": check is not None and check.stale,
        "problems": entry.problems,
    }
    return json_text(fields)


class TerminalDisplay:
    """What is final scrolls up; sentences that are open stay below and change."""

    def __init__(self, console: Console) -> None:
        from rich.live import Live

        self._console = console
        #: The interim result of each task, and its interim translation.
        self._open: dict[tuple[str, bool], Row] = {}
        # Refreshed by hand: then nothing is drawn while it changes.
        self._live = Live(
            console=console, get_renderable=self._render, auto_refresh=False, transient=True
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

    def show(self, entry: Entry) -> None:
        from rich.text import Text

        shown, callback = row(entry), entry.arrival.callback
        is_open = False
        if callback is not None:
            key = (callback.task_id, callback.name == "ResultTranslated")
            is_open = callback.name in (*SENTENCE, "ResultTranslated") and not callback.final
            if is_open:
                self._open[key] = shown
            elif callback.final:
                self._open.pop(key, None)
            if len(self._open) > _MAX_OPEN:
                del self._open[next(iter(self._open))]
        # First below, since printing shows that part as it was last refreshed.
        self._live.refresh()
        if not is_open:
            self._console.print(self._columns(shown))
        for remark in shown.remarks:
            style = "red" if remark.startswith("!") else "dim"
            self._console.print(Text(f"{shown.time[:8]} {shown.task:<8} {remark}", style))

    def _render(self) -> Group:
        from rich.console import Group
        from rich.text import Text

        if not self._open:
            return Group(Text("listening … Ctrl-C ends", "dim"))
        return Group(*map(self._columns, self._open.values()))

    def _columns(self, shown: Row) -> Table:
        from rich.table import Table
        from rich.text import Text

        from mock_tingwu.cli.terminal import Wrapped

        columns = Table.grid(padding=(0, 1))
        # Room for the ^C that a terminal shows: wrapped onto a new line it would shift all this.
        columns.width = max(20, self._console.width - 4)
        for width in (8, 8, 11, 3, 11):
            columns.add_column(width=width, no_wrap=True)
        columns.add_column(ratio=1)
        just_begun = shown.event == "SentenceBegin"
        event = "interim" if just_begun else shown.event
        mark = Text(shown.mark, _MARK_STYLES.get(shown.mark.partition(",")[0], "dim"))
        columns.add_row(
            Text(shown.time[:8], "dim"),
            Text(shown.task, "cyan"),
            mark,
            Text(shown.index, justify="right"),
            Text(event, "dim"),
            Wrapped("…" if just_begun else shown.text, _TEXT_STYLES.get(event, "")),
        )
        return columns
