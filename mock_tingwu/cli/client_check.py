"""``mock-tingwu client-check``: what does a program make of a service that misbehaves?"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mock_tingwu.cli import BAD_USAGE, complain
from mock_tingwu.cli.options import seconds as seconds_of

if TYPE_CHECKING:
    from rich.console import Console

    from mock_tingwu.conformance.client_check.battery import Report
    from mock_tingwu.conformance.client_check.evidence import Evidence
    from mock_tingwu.conformance.client_check.verdict import Verdict

_FAULTS: Final = 1
_NO_BASELINE: Final = 3
_EPILOG: Final = (
    "In CMD {url}, {ws_url}, {host}, {port}, {audio}, {file_url}, {callback_url}, {callback_port} "
    "and {case} are replaced; the same is in its environment (docs/client-check.md). Exit code "
    "0: no fault. 1: a fault. 2: bad usage. 3: the program fails where nothing goes wrong, or "
    "cannot be run. 130: Ctrl-C."
)
_STYLES: Final = {"good": "green", "acceptable": "cyan", "poor": "yellow", "fault": "bold red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which situations, how long each may take, and where the reports go."""
    parser.add_argument(
        "--select",
        default="",
        metavar="EXPR",
        help="ids such as CC-START-*, kinds such as realtime, with commas between; ! leaves out",
    )
    parser.add_argument("--list", action="store_true", help="list the situations, and run nothing")
    parser.add_argument(
        "--timeout",
        type=seconds_of,
        default=30.0,
        metavar="S",
        help="kill the program when it takes longer in a situation (default 30)",
    )
    parser.add_argument(
        "--jobs", type=_jobs, default=4, metavar="N", help="situations at a time (default 4)"
    )
    for name, what in (("json", "as JSON"), ("md", "as a table"), ("html", "as a page")):
        parser.add_argument(
            f"--{name}", type=Path, metavar="FILE", help=f"write the report {what}; - is stdout"
        )
    parser.add_argument(
        "command", nargs=argparse.REMAINDER, metavar="CMD", help="behind --: what is run"
    )
    parser.usage = "mock-tingwu client-check [options] -- CMD ..."
    parser.epilog = _EPILOG


def run(args: argparse.Namespace) -> int:
    """Run the battery; return the exit code."""
    from mock_tingwu.cli.writing import check_reports
    from mock_tingwu.conformance.client_check.table import situations

    # Whether argparse leaves the -- there depends on its version.
    args.command = args.command[args.command[:1] == ["--"] :]
    try:
        found = situations(select=args.select)
        if not found:
            raise ValueError(f"--select {args.select!r} leaves no situation")
        if not args.list and not args.command:
            raise ValueError("expected a command behind --, such as -- python app.py {url}")
        check_reports(_files(args))
    except (ValueError, OSError) as error:
        complain("client-check", error)
        return BAD_USAGE
    if args.list:
        for one in found:
            print(f"{one.id:<16} {one.kind:<17} {one.title}")
        return 0
    with _ended_by_signals():
        return _check(args, found)


def _check(args: argparse.Namespace, found: list[Any]) -> int:
    from mock_tingwu.cli.terminal import make_console
    from mock_tingwu.cli.writing import is_printed, write_reports
    from mock_tingwu.conformance.client_check.battery import BaselineFailed, check_all
    from mock_tingwu.conformance.client_check.programs import Command

    files = _files(args)
    program = Command(args.command)
    display = _Display(make_console(sys.stderr if is_printed(files) else sys.stdout))
    try:
        with display:
            report = check_all(
                program,
                found,
                timeout=args.timeout,
                jobs=args.jobs,
                progress=display,
            )
    except BaselineFailed as error:
        complain("client-check", f"the baseline failed: {error}")
        if error.output.strip():
            print(error.output.rstrip(), file=sys.stderr)
        return _NO_BASELINE
    except BrokenPipeError:
        raise  # whoever reads has seen enough: `main` knows
    except OSError as error:
        complain("client-check", f"{args.command[0]} cannot be run: {error.strerror or error}")
        return _NO_BASELINE
    display.summed_up(report)
    try:
        write_reports(files, _forms(report, program.shown()))
    except BrokenPipeError:
        raise
    except OSError as error:
        complain("client-check", error)
        return BAD_USAGE
    return 0 if report.passed else _FAULTS


def _files(args: argparse.Namespace) -> dict[str, Path]:
    """Where reports go, by options."""
    forms = {"--json": args.json, "--md": args.md, "--html": args.html}
    return {option: path for option, path in forms.items() if path is not None}


def _forms(found: Report, command: str) -> dict[str, Callable[[], str]]:
    """What makes each report, by options."""
    import json

    from mock_tingwu.conformance.client_check import report

    def as_json() -> str:
        made = report.json_report(found, command)
        return json.dumps(made, ensure_ascii=False, indent=2) + "\n"

    return {
        "--json": as_json,
        "--md": lambda: report.markdown_report(found, command),
        "--html": lambda: report.html_report(found, command),
    }


class _Display:
    """A line for each verdict; on a terminal with how far it has come below them."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

        self._console = console
        self._progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._bar = self._progress.add_task("", total=None)

    def __enter__(self) -> _Display:
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def baseline(self, evidence: Evidence, applying: int) -> None:
        from mock_tingwu.conformance.client_check.situation import Kind

        uses = ", ".join(kind for kind in Kind if kind in evidence.kinds)
        self._console.print(f"The baseline took {evidence.end.seconds:.1f} s. It uses: {uses}.")
        self._progress.update(self._bar, total=applying)

    def judged(self, verdict: Verdict) -> None:
        from rich.text import Text

        from mock_tingwu.cli.printable import printable

        line = Text(f"{verdict.situation.id:<16} ")
        line.append(f"{verdict.grade:<11} ", _STYLES.get(verdict.grade, "dim"))
        line.append(printable(f"{verdict.situation.title}: {verdict.reason}"))
        self._console.print(line, soft_wrap=True)
        if verdict.advice:
            self._console.print(Text(f"{'':<29}{verdict.advice}", "dim"), soft_wrap=True)
        self._progress.advance(self._bar)

    def summed_up(self, report: Report) -> None:
        from mock_tingwu.conformance.client_check.report import summary

        self._console.print(f"{summary(report)}.")


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end this as Ctrl-C does: nothing that was started is left."""
    from mock_tingwu.cli.interrupts import ENDS

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.getsignal(number) for number in ENDS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _jobs(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 64:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 64")
