"""How ``mock-tingwu conformance`` runs cases: what is seen meanwhile, what is said at the end."""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from mock_tingwu import __version__
from mock_tingwu.cassettes.cassette import TARGETS
from mock_tingwu.cassettes.writer import CassetteWriter
from mock_tingwu.cli.interrupts import run_loop
from mock_tingwu.cli.reaching import outside
from mock_tingwu.cli.writing import writing
from mock_tingwu.conformance.benches import Bench
from mock_tingwu.conformance.catalogue import Case, Catalogue
from mock_tingwu.conformance.deviations import KnownDeviation, check, read, shipped
from mock_tingwu.conformance.freshness import last_live_passes
from mock_tingwu.conformance.needs import Need
from mock_tingwu.conformance.plan import PRICE_PER_HOUR, Plan, plan
from mock_tingwu.conformance.progress import Keeper, earlier, kept
from mock_tingwu.conformance.requirements import scores
from mock_tingwu.conformance.results import Entry, Report, entry_of, now, otherwise
from mock_tingwu.conformance.runner import FAIL, NOTED, PASS, SKIP, Outcome, run
from mock_tingwu.counting import counted

_COLOURS: Final = {PASS: "green", FAIL: "red", NOTED: "blue", SKIP: "yellow"}
_WORDS: Final = {PASS: "passed", FAIL: "failed", NOTED: "noted", SKIP: "left out"}


def run_cases(
    args: argparse.Namespace, bench: Bench, catalogue: Catalogue
) -> tuple[Report, OSError | None]:
    """Run them as the arguments say, with a display on stderr.

    Return the report, and why the cassette of ``--record`` is not whole, if it is not.

    Raises:
        ValueError: a file that the arguments name makes no sense.
        OSError: one cannot be written.
    """
    known = _known(args, bench, catalogue)
    passes = last_live_passes()
    began, start = now(), time.monotonic()
    done: dict[str, Entry] = {}
    if args.resume is not None:
        done = earlier(args.resume, bench.name, __version__)
    entries = {id: entry for id, entry in done.items() if id in catalogue}
    rest = catalogue.only(lambda case: case.id not in entries)
    cassette = _cassette(args.record, bench)

    async def run_rest(display: Display, keeper: Keeper | None) -> None:
        def take(outcome: Outcome) -> None:
            entry = entry_of(outcome, passes.get(outcome.case.id, ""))
            entries[entry.id] = entry
            if keeper is not None:
                with writing("--resume", args.resume):
                    keeper.write(entry)
            display.ended(entry)

        with outside(args) as there:
            await run(
                rest,
                bench,
                there,
                known=known,
                cassette=cassette,
                on_start=display.started,
                on_outcome=take,
            )

    with ExitStack() as stack:
        if cassette is not None:
            stack.enter_context(cassette)
        display = stack.enter_context(Display(len(rest), is_kept=args.resume is not None))
        keeper: Keeper | None = None
        if args.resume is not None:
            with writing("--resume", args.resume):
                keeping = kept(args.resume, bench.name, __version__, done)
                keeper = stack.enter_context(keeping)
        run_loop(run_rest(display, keeper))
    report = Report(
        target=bench.name,
        version=bench.version,
        kit=__version__,
        began=began,
        seconds=round(time.monotonic() - start, 3),
        selection=args.select,
        cases=tuple(entries[case.id] for case in catalogue),
    )
    return report, None if cassette is None else cassette.problem


class Display:
    """What is seen of a run: a bar on a terminal, and every failure as soon as it is there."""

    def __init__(self, total: int, *, is_kept: bool) -> None:
        self._total = total
        self._ended = 0
        self._is_kept = is_kept
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._progress.add_task("", total=total)

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
        if exc_type is not None and not issubclass(exc_type, Exception):
            done, total = self._ended, counted(self._total, "case")
            self._console.print(
                f"interrupted: {done} of {total} done; with --resume FILE they would be kept, and "
                "the same command would go on"
                if not self._is_kept
                else f"interrupted: {done} of {total} done and kept; the same command goes on"
            )

    def started(self, case: Case) -> None:
        """A case has begun."""
        self._progress.update(self._task, description=case.id)

    def ended(self, entry: Entry) -> None:
        """A case is over."""
        self._ended += 1
        self._progress.advance(self._task)
        if entry.verdict == FAIL:
            colour = _COLOURS[FAIL] if entry.is_failure else _COLOURS[SKIP]
            self._progress.console.print(
                f"[{colour}]{entry.verdict}[/] {entry.id} {entry.level} {escape(entry.title)}: "
                f"{escape(entry.detail)}"
            )
        for problem in entry.left_behind:
            self._progress.console.print(f"{entry.id} left something behind: {escape(problem)}")


def print_summary(report: Report, file: TextIO) -> None:
    """The totals by area, and whether the run passed."""
    console = Console(file=file, highlight=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    table.add_column("area")
    for verdict in _WORDS:
        table.add_column(_WORDS[verdict], justify="right", style=_COLOURS[verdict])
    areas: dict[str, dict[str, int]] = {}
    for entry in report.cases:
        areas.setdefault(entry.area, dict.fromkeys(_WORDS, 0))[entry.verdict] += 1
    for area, numbers in sorted(areas.items()):
        table.add_row(area, *(str(number or "") for number in numbers.values()))
    console.print(table)
    for score in scores(report):
        if score.not_run < score.total:
            console.print(
                f"{score.set.api} {score.set.version}: {score.passed} of {score.total} passed, "
                f"{score.failed} failed, {score.noted} noted, {score.not_run} not run"
            )
    totals = report.totals()
    words = ", ".join(f"{totals[verdict]} {word}" for verdict, word in _WORDS.items())
    result = "[green]passed[/]" if report.passed else "[red]failed[/]"
    console.print(
        f"{result}: {counted(totals['cases'], 'case')} against {escape(report.target)} in "
        f"{report.seconds:.1f} s: {words}"
    )
    if sentence := otherwise(report):
        console.print(sentence)


def print_plan(bench: Bench, catalogue: Catalogue) -> None:
    """What a run would call, take and cost."""
    console = Console(highlight=False, soft_wrap=True)
    found = asyncio.run(plan(catalogue, bench))
    table = Table(box=None, pad_edge=False)
    table.add_column("operation")
    table.add_column("calls", justify="right")
    for operation, count in sorted(found.calls.items(), key=lambda item: -item[1]):
        table.add_row(operation, str(count))
    console.print(table)
    cases = counted(len(found.steps), "case")
    audio = f"{_lasting(found.audio_s)} of audio" if found.audio_s else "no audio"
    price = ""
    if bench.name == "live":
        price = (
            f", about {found.cost:.2f} CNY at {PRICE_PER_HOUR:.2f} CNY for an hour of "
            "transcription; what language models make of it costs more"
        )
    console.print(
        f"{cases} against {escape(bench.name)}: {_lasting(found.seconds)}, {audio}{price}"
    )
    _print_untried(console, found)


def _lasting(seconds: float) -> str:
    """A time that is known about."""
    if seconds >= 120:
        return f"about {seconds / 60:.0f} minutes"
    return f"about {seconds:.0f} s" if seconds >= 0.5 else "less than a second"


def _print_untried(console: Console, found: Plan) -> None:
    if found.not_testable:
        cases = counted(len(found.not_testable), "case")
        console.print(f"[red]not testable yet[/]: {cases}, for want of")
    wanting: dict[Need, list[str]] = {}
    for case, needs in found.not_testable:
        for need in needs:
            wanting.setdefault(need, []).append(case.id)
    for need, ids in wanting.items():
        console.print(f"  {escape(need.advice)} ({counted(len(ids), 'case')})")
        console.print(f"    {' '.join(ids)}", style="dim")
    if found.left_out:
        cases = counted(len(found.left_out), "case")
        console.print(f"[yellow]left out[/]: {cases} for mocks alone")


def _cassette(path: Path | None, bench: Bench) -> CassetteWriter | None:
    if path is None:
        return None
    with writing("--record", path):
        return CassetteWriter(path, target=bench.name if bench.name in TARGETS else "other")


def _known(args: argparse.Namespace, bench: Bench, catalogue: Catalogue) -> list[KnownDeviation]:
    """The known deviations of the target, of cases that are to run."""
    from mock_tingwu.conformance.catalogue import load

    listed = shipped() + ([] if args.deviations is None else read(args.deviations))
    check(listed, load())
    return [d for d in listed if d.target == bench.name and d.case in catalogue]
