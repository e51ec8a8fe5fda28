"""What is seen of a replay on a terminal: one line that tells how far it is."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Display:
    """A bar on stderr, gone when all is done; nothing where stderr is no terminal.

    ``total`` is how much there is to play, ``console`` another place than stderr.
    """

    def __init__(self, total: int, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("replay", total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def total(self, total: int) -> None:
        """So much is there to play, it has turned out."""
        self._progress.update(self._task, total=total)

    def reached(self, number: int) -> None:
        """So many records have been played."""
        self._progress.update(self._task, completed=number)

    def played(self, name: str) -> None:
        """One more part has been played: its name is shown."""
        self._progress.update(self._task, advance=1, description=name)
