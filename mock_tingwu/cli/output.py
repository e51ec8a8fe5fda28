"""What a command that works on a task says meanwhile: to a reader, or as JSON, an object a line."""

from __future__ import annotations

import argparse
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from enum import Enum
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from rich.console import Console

    from mock_tingwu.cli.captions import Display


class Info(Protocol):
    """How a task of either service stands."""

    @property
    def status(self) -> object: ...

    @property
    def results(self) -> Mapping[str, str]: ...

    @property
    def error(self) -> tuple[str, str] | None: ...


class Output(ABC):
    """What is said. A context manager: what moves on a terminal ends with it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    @abstractmethod
    def created(self, task_id: str, **more: str) -> None:
        """A task was created."""

    @abstractmethod
    def caption(self, event: Any) -> None:
        """An event of a stream."""

    def position(self, milliseconds: int) -> None:  # noqa: B027
        """So much audio has been pushed."""

    def waiting(self, kinds: tuple[str, ...], *, stopped: bool) -> None:  # noqa: B027
        """These results are expected, none where it is not known which.

        ``stopped``: a meeting was stopped just now.
        """

    @abstractmethod
    def progress(self, info: Info) -> None:
        """A task has changed."""

    @abstractmethod
    def result(self, text: str) -> None:
        """What is printed of the results."""

    @abstractmethod
    def ended(
        self,
        task_id: str,
        status: object,
        info: Info | None = None,
        *,
        links: bool = True,
        missing: tuple[str, ...] = (),
        error: Exception | None = None,
    ) -> None:
        """The last word: the task, its status, why it has failed, and its links, if wanted.

        ``missing`` are results that were asked for and have not come.
        ``error`` is what keeps the command from telling more; stderr has to be told of it.
        """


def make_output(
    args: argparse.Namespace, *, duration: int | None = None, speed: float = 1.0
) -> Output:
    """The output that fits the arguments; ``duration`` is of audio that is to be pushed, in ms."""
    if args.json:
        return JsonOutput(getattr(args, "result", None))
    from mock_tingwu.cli.captions import make_display
    from mock_tingwu.cli.terminal import make_console

    # What is printed of the results may be for a file.
    console = make_console(sys.stderr if args.result and args.out is None else sys.stdout)
    return ReadableOutput(console, make_display(console, duration, speed))


class JsonOutput(Output):
    """One object a line. Captions have the names and fields of `mock_tingwu.client`'s events."""

    def __init__(self, form: str | None) -> None:
        self._form = form

    def created(self, task_id: str, **more: str) -> None:
        tell(event="Created", task_id=task_id, **more)

    def caption(self, event: Any) -> None:
        tell(event=type(event).__name__, **asdict(event))

    def progress(self, info: Info) -> None:
        tell(event="Progress", status=plain(info.status), results=sorted(info.results))

    def result(self, text: str) -> None:
        tell(event="Result", **results_member(text, self._form))

    def ended(
        self,
        task_id: str,
        status: object,
        info: Info | None = None,
        *,
        links: bool = True,
        missing: tuple[str, ...] = (),
        error: Exception | None = None,
    ) -> None:
        last: dict[str, Any] = {"task_id": task_id, "status": plain(status)}
        if info is not None:
            if links:
                last["results"] = dict(info.results)
            if failed := (*getattr(info, "failed_results", ()), *missing):
                last["failed_results"] = failed
            if info.error is not None:
                last["error"] = dict(zip(("code", "message"), info.error, strict=True))
        if error is not None:
            last["error"] = {**last.get("error", {}), **facts(error)}
        tell(**last)


def results_member(text: str, form: str | None) -> dict[str, Any]:
    """Results that were rendered in this form, as a member of a JSON object."""
    return {"results": json.loads(text)} if form == "json" else {"text": text}


class ReadableOutput(Output):
    """Captions as they come, and a line for everything else."""

    def __init__(self, console: Console, display: Display) -> None:
        self._console = console
        self._display = display
        self._text = ""

    def __enter__(self) -> Self:
        self._display.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._display.__exit__(exc_type, exc, traceback)
        # Not before: as long as something moves on the terminal, rich has all that is printed go
        # there, also what is for a file.
        print(self._text, end="", flush=True)

    def created(self, task_id: str, **more: str) -> None:
        self._display.note(f"Task {task_id}")
        for name, value in more.items():
            self._display.note(f"{name}: {value}")

    def caption(self, event: Any) -> None:
        self._display.caption(event)

    def position(self, milliseconds: int) -> None:
        self._display.position(milliseconds)

    def waiting(self, kinds: tuple[str, ...], *, stopped: bool) -> None:
        self._display.waiting(kinds, stopped=stopped)

    def progress(self, info: Info) -> None:
        self._display.results(info.results)

    def result(self, text: str) -> None:
        self._text = text

    def ended(
        self,
        task_id: str,
        status: object,
        info: Info | None = None,
        *,
        links: bool = True,
        missing: tuple[str, ...] = (),
        error: Exception | None = None,
    ) -> None:
        why = ""
        if info is not None:
            if links:
                print_links(self._console, info.results)
            for name in (*getattr(info, "failed_results", ()), *missing):
                self._display.note(f"{name} could not be made")
            if info.error is not None:
                why = f" ({': '.join(info.error)})"
        self._display.note(f"{task_id} {plain(status)}{why}")


def tell(**fields: Any) -> None:
    """Print one JSON object."""
    print(json.dumps(fields, ensure_ascii=False, default=plain), flush=True)


def plain(value: object) -> Any:
    """A value as JSON, or a text, has it."""
    if isinstance(value, Enum):
        return value.name
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


def facts(error: Exception) -> dict[str, object]:
    """An error as JSON, with what the service has said of it."""
    known = ("code", "message", "request_id", "http_status", "status", "task_id")
    found = {name: getattr(error, name) for name in known if getattr(error, name, None)}
    return {"text": str(error), **found}


def print_links(console: Console, links: Mapping[str, str]) -> None:
    """Print links by what they lead to; a terminal shows the name of each file in their place."""
    from rich.style import Style
    from rich.text import Text

    width = max(map(len, links), default=0)
    for what, url in links.items():
        line = Text(f"{what:<{width}}  ")
        if console.is_terminal:
            name = url.partition("?")[0].rpartition("/")[2]
            line += Text(name, Style(link=url, underline=True))
            console.print(line, no_wrap=True, overflow="ellipsis")
        else:
            console.print(line + Text(url), soft_wrap=True)


def rows(console: Console, titles: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    """Print a table; into a pipe its cells come with tabs between them and without titles."""
    if not console.is_terminal:
        for line in lines:
            print("\t".join(map(str, line)))
        return
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")  # an id that is cut is none
    for line in lines:
        table.add_row(*map(str, line))
    console.print(table)
