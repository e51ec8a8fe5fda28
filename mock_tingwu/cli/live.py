"""``mock-tingwu live``: work with the caption tasks of ApsaraVideo Live."""

from __future__ import annotations

import argparse
import logging
import os
import re
import signal
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from mock_tingwu.cli import complain
from mock_tingwu.settings import LIVE_AUTH_KEY

if TYPE_CHECKING:
    from rich.console import Console, Group
    from rich.table import Table

    from mock_tingwu.client.live_callbacks import Arrival, LiveCallback, SignatureCheck

DEFAULT_PORT: Final = 8901

#: So much of a text, and of a body that is no callback, is shown.
_MAX_SHOWN: Final = 2_000
#: Tasks whose order is watched; beyond, the one that was met first is forgotten.
_MAX_TASKS: Final = 1_000
#: Interim results and translations that a terminal shows at the same time.
_MAX_OPEN: Final = 5
#: How often it is looked whether Ctrl-C was pressed, in seconds: Windows needs that.
_LOOK_S: Final = 1.0

_EVENTS: Final = {
    "TranscriptionResultChanged": "interim",
    "SentenceEnd": "sentence",
    "ResultTranslated": "translation",
}
#: The events that make up a sentence, in this order.
_SENTENCE: Final = ("SentenceBegin", "TranscriptionResultChanged", "SentenceEnd")
_MARK_STYLES: Final = {"ok": "green", "WRONG": "bold red", "missing": "yellow"}
_TEXT_STYLES: Final = {"sentence": "bold", "interim": "yellow", "translation": "italic"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands and their flags."""
    commands = parser.add_subparsers(metavar="SUBCOMMAND", required=True)
    summary = "show callbacks as they come and check their signatures"
    listen = commands.add_parser("listen", help=summary, description=f"S{summary[1:]}.")
    listen.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="address to listen on (default 127.0.0.1)",
    )
    listen.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help=f"port to listen on, 0 for a free one (default {DEFAULT_PORT})",
    )
    listen.add_argument(
        "--auth-key",
        type=_key,
        metavar="KEY",
        help=f"the AuthKey of the tasks (default: the variable {LIVE_AUTH_KEY}); without one "
        "signatures are not checked",
    )
    listen.add_argument(
        "--callback-url",
        type=_url,
        metavar="URL",
        help="the CallbackURL that the tasks were created with, if callbacks do not arrive with "
        "it, as behind a proxy (default: what fits)",
    )
    listen.add_argument(
        "--json", action="store_true", help="print one JSON object per callback, nothing else"
    )
    listen.set_defaults(subcommand=listen_to_callbacks)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; return its exit code."""
    code: int = args.subcommand(args)
    return code


def _port(value: str) -> int:
    if value.isascii() and value.isdigit() and len(value) <= 5 and int(value) <= 65535:
        return int(value)
    raise argparse.ArgumentTypeError(f"{value!r} is not a whole number from 0 to 65535")


def _key(value: str) -> str:
    if not value:
        raise argparse.ArgumentTypeError("it is empty")
    return value


def _url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{value!r} does not begin with http:// or https://")
    return value


def listen_to_callbacks(args: argparse.Namespace) -> int:
    """``live listen``: exit code 0 after Ctrl-C, 1 when the address cannot be used."""
    # Also where they are ignored, as in the background of a script.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    log = Log()
    try:
        return _listen(args, log)
    except KeyboardInterrupt:
        _say(log.summary(), args.json)
        return 0


def _listen(args: argparse.Namespace, log: Log) -> int:
    from mock_tingwu.client.live_callbacks import LiveCallbackReceiver

    # What is not HTTP is refused by uvicorn with a warning; only its errors matter here.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    display = _make_display(args.json)
    receiver = LiveCallbackReceiver(
        args.host,
        args.port,
        auth_key=args.auth_key or os.environ.get(LIVE_AUTH_KEY) or None,
        callback_url=args.callback_url,
        on_callback=lambda arrival: display.show(log.take(arrival)),
    )
    try:
        receiver.listen()
    except OSError as error:
        complain("live listen", f"{error}; choose another one, --port 0 is a free one")
        return 1
    # Scripts read this line, so its form is fixed.
    _say(f"mock-tingwu live listening on {receiver.url}", args.json)
    with display, receiver:
        while not receiver.wait(_LOOK_S):
            pass
    return 0


def _say(line: str, json: bool) -> None:
    """Print a line about the command itself; on stderr where stdout is for JSON only."""
    print(line, file=sys.stderr if json else sys.stdout, flush=True)


# What is to be said of a callback


@dataclass(frozen=True, slots=True)
class Entry:
    """An arrival, what is wrong about it (``problems``), and what is to be known (``note``)."""

    arrival: Arrival
    problems: tuple[str, ...]
    note: str

    @property
    def verdict(self) -> str:
        """ok, wrong, missing or not checked."""
        check = self.arrival.signature
        return "not checked" if check is None else check.verdict.value


class Log:
    """Everything that has come: counts it and finds out what is wrong about it."""

    def __init__(self) -> None:
        self._tasks: dict[str, Order] = {}
        self._noted: set[str] = set()
        self._callbacks = 0
        self._others = 0
        self._sentences = 0
        self._task_count = 0
        self._bad_signatures = 0

    def take(self, arrival: Arrival) -> Entry:
        """What is to be said of the arrival that comes next."""
        callback = arrival.callback
        problems: tuple[str, ...] = (arrival.problem,)
        if callback is None:
            self._others += 1
        else:
            self._callbacks += 1
            self._sentences += callback.name == "SentenceEnd"
            problems = tuple(self._order(callback.task_id).problems(callback))
        note = ""
        if arrival.signature is not None:
            self._bad_signatures += arrival.signature.verdict != "ok"
            note = self._new(_signature_note(arrival.signature))
        return Entry(arrival, problems, note)

    def summary(self) -> str:
        """What has come, in one line."""
        counts = [
            _count(self._callbacks, "callback"),
            _count(self._sentences, "sentence"),
            _count(self._task_count, "task"),
            _count(self._bad_signatures, "bad signature"),
        ]
        if self._others:
            counts.append(_count(self._others, "request") + " without a callback")
        return ", ".join(counts)

    def _order(self, task_id: str) -> Order:
        if task_id not in self._tasks:
            self._task_count += 1
            if len(self._tasks) == _MAX_TASKS:
                del self._tasks[next(iter(self._tasks))]
            self._tasks[task_id] = Order()
        return self._tasks[task_id]

    def _new(self, note: str) -> str:
        """The note, unless it was made before. So many different ones are not to be expected."""
        if note in self._noted or len(self._noted) >= _MAX_TASKS:
            return ""
        self._noted.add(note)
        return note


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _signature_note(check: SignatureCheck) -> str:
    """Why a signature is as it is."""
    match check.verdict.value:
        case "missing":
            return "SIG-TIME or ASR-SIG is missing: was the task created with an AuthKey?"
        case "wrong":
            tried = " or ".join(check.tried)
            return (
                f"the signature is that of another AuthKey, or of another CallbackURL than {tried}"
            )
    if check.age_s is None:
        return "SIG-TIME is no time"
    if check.stale:
        direction = "behind" if check.age_s > 0 else "ahead of"
        return f"SIG-TIME is far {direction} the clock of this machine"
    return f"the signature fits the CallbackURL {check.callback_url}"


@dataclass(slots=True)
class Order:
    """The order of one task's events.

    Sentences count up by one. Each has an end; before it comes a beginning and what is heard so
    far, unless the task reports whole sentences only.
    """

    #: The sentence that came last.
    index: int | None = None
    begun: bool = False
    ended: bool = False
    #: Whether the task tells of beginnings.
    with_begins: bool = False
    _found: list[str] = field(default_factory=list)

    def problems(self, callback: LiveCallback) -> list[str]:
        """What is out of order about the event that comes next."""
        self._found = []
        if callback.name in _SENTENCE:
            if callback.index is None:
                return ["content.payload.index is missing or no whole number"]
            self._sentence(callback.name, callback.index)
        elif callback.final and callback.index is not None:
            self._translation(callback.index)
        return self._found

    def _sentence(self, name: str, index: int) -> None:
        if index != self.index and not self._next(name, index):
            return
        if self.ended:
            self._found.append(f"sentence {index} has ended before")
        if name == "SentenceBegin":
            if self.begun and not self.ended:
                self._found.append(f"a second SentenceBegin came for sentence {index}")
            self.begun = self.with_begins = True
        elif self.with_begins and not self.begun:
            self._found.append(f"no SentenceBegin came for sentence {index}")
            self.begun = True  # said once
        self.ended = self.ended or name == "SentenceEnd"

    def _next(self, name: str, index: int) -> bool:
        """Go to another sentence; return whether that is where the task is now."""
        last = self.index
        if last is not None and index < last:
            self._found.append(f"the index goes back from {last} to {index}")
            if index > 0 and name != "SentenceBegin":
                return False  # a late one; else everything begins anew
        elif last is not None:
            if not self.ended:
                self._found.append(f"no SentenceEnd came for sentence {last}")
            if index > last + 1:
                self._found.append(f"the index goes from {last} to {index}: some are missing")
        self.index, self.begun, self.ended = index, False, False
        return True

    def _translation(self, index: int) -> None:
        if self.index is None:
            return
        if index > self.index or (index == self.index and not self.ended):
            self._found.append(f"sentence {index} is translated and has not ended")


# How it is said


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
    if callback.name in _SENTENCE:
        return callback.text
    if callback.name in _EVENTS:
        return f"{callback.target_language}: {callback.text}" + ("" if callback.final else " …")
    header = callback.content["header"]
    return f"{header.get('status', '')} {header.get('status_text', '')}".strip()


def printable(text: str) -> str:
    """``text``, cut if it is very long, with escapes for what a terminal would obey."""
    cut = text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…"
    return "".join(_escaped(char) if _is_command(char) else char for char in cut)


def _is_command(char: str) -> bool:
    """Whether it is a control or format character, or no character: spaces of all kinds are not."""
    return not char.isprintable() and unicodedata.category(char) != "Zs"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


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


def _make_display(json: bool) -> Display:
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
        fields = {"body": arrival.body[:_MAX_SHOWN].decode("utf-8", "replace")}
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


def json_text(value: object) -> str:
    """``value`` as JSON on one line, with escapes for what a terminal would obey."""
    import msgspec

    text = msgspec.json.encode(value).decode()
    return re.sub(r"[^ -~]", lambda found: _json_char(found[0]), text)


def _json_char(char: str) -> str:
    """A character inside of a JSON text, escaped if a terminal would obey it."""
    if not _is_command(char):
        return char
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


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
            is_open = callback.name in (*_SENTENCE, "ResultTranslated") and not callback.final
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
