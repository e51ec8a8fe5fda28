"""``mock-tingwu conformance``: the catalogue of cases, run against a mock or the live cloud."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mock_tingwu.cli import BAD_USAGE, complain
from mock_tingwu.cli.reaching import add_reach_options, refuse
from mock_tingwu.counting import counted

if TYPE_CHECKING:
    from mock_tingwu.conformance.benches import Bench
    from mock_tingwu.conformance.catalogue import Catalogue
    from mock_tingwu.conformance.results import Report


#: The options that say where to keep what came of a run.
_KEPT: Final = ("json", "html", "junit", "md", "record", "resume")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_argument_group("which target, which cases")
    which.add_argument(
        "--target",
        default="mock",
        metavar="mock|live|URL",
        help="mock (default): private mocks in this process; live: the cloud; or what is at a URL",
    )
    which.add_argument(
        "--select",
        default="",
        metavar="EXPR",
        help="cases, such as TW-CREATE or 'MUST and not needs:outside'",
    )
    which.add_argument("--list", action="store_true", help="list the cases, and run none")
    which.add_argument(
        "--plan", action="store_true", help="say what a run would call, take and cost; run none"
    )
    which.add_argument(
        "--yes", action="store_true", help="run against the live cloud, which costs money"
    )
    which.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="keep every outcome in FILE at once; what passed there is not run again",
    )
    which.add_argument(
        "--deviations",
        type=Path,
        metavar="FILE",
        help="known deviations of the target, beside those that ship with the kit",
    )
    reports = parser.add_argument_group("reports")
    for name, what in (
        ("json", "everything, for programs and for --compare"),
        ("html", "one page that needs no network"),
        ("junit", "JUnit XML for CI servers"),
        ("md", "a summary in Markdown"),
    ):
        reports.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"{what}; - is stdout")
    reports.add_argument(
        "--record",
        type=Path,
        metavar="FILE",
        help="write a cassette of what goes over the wire, for mock-tingwu replay",
    )
    reports.add_argument(
        "--compare",
        nargs=2,
        type=Path,
        metavar=("ONE", "OTHER"),
        help="compare the --json files of two runs, and run none",
    )
    add_reach_options(parser)
    parser.epilog = (
        "Exit code 0 when at least one case ran and none failed that is binding (MUST, SHOULD), "
        "1 otherwise, also when the target does not answer, 2 for bad usage, 130 after Ctrl-C."
    )


def run(args: argparse.Namespace) -> int:
    """Exit code 0 when all is as it has to be, 1 when not, 2 for bad usage."""
    # After the arguments: a wrong flag is told at once.
    from mock_tingwu.client.errors import Unreachable

    try:
        for what in ("list", "plan", "compare"):
            if getattr(args, what):
                refuse(args, _KEPT, f"given with --{what}, which runs nothing to report")
        if args.compare:
            return _compare(*args.compare)
        catalogue = _selected(args.select)
        if args.list:
            return _list(catalogue)
        return _run(args, catalogue)
    except ValueError as error:
        complain("conformance", error)
        return BAD_USAGE
    except BrokenPipeError:
        raise
    except (Unreachable, OSError) as error:
        complain("conformance", error)
        return 1


def _selected(expression: str) -> Catalogue:
    from mock_tingwu.conformance.catalogue import load
    from mock_tingwu.conformance.selecting import selection

    catalogue = load()
    if expression:
        catalogue = catalogue.only(selection(expression))
        if not len(catalogue):
            raise ValueError(f"the selection {expression!r} has no case, expected at least one")
    return catalogue


def _run(args: argparse.Namespace, catalogue: Catalogue) -> int:
    from mock_tingwu.cli.running import print_plan, print_summary, run_cases
    from mock_tingwu.cli.writing import is_printed, writing

    bench = _bench(args)
    if args.plan:
        print_plan(bench, catalogue)
        return 0
    if bench.name == "live" and not args.yes:
        raise ValueError(
            "a run against the live cloud costs money and leaves tasks in your account: see what "
            "it would do with --plan, then say --yes"
        )
    _check_files(args)
    if any(bench.offers().issuperset(case.needs) for case in catalogue):
        bench.probe()
    files = _files(args)
    report, problem = run_cases(args, bench, catalogue)
    try:
        _write(files, report)
    finally:
        print_summary(report, sys.stderr if is_printed(files) else sys.stdout)
    if problem is not None:
        with writing("--record", args.record):
            raise problem
    return 0 if report.passed else 1


def _bench(args: argparse.Namespace) -> Bench:
    from mock_tingwu.cli.reaching import check_reach, shared_bench
    from mock_tingwu.conformance.benches import PrivateBench

    check_reach(args)
    return PrivateBench() if args.target == "mock" else shared_bench(args.target, args)


def _check_files(args: argparse.Namespace) -> None:
    """Files are written while cases run and when all is done: too late to find that they cannot be.

    Raises:
        ValueError: one cannot be.
    """
    from mock_tingwu.cli.writing import check_apart, check_reports, check_writable

    kept = {"--resume": args.resume, "--record": args.record}
    files = {option: path for option, path in kept.items() if path is not None}
    try:
        check_reports(_files(args))
        for option, path in files.items():
            if path == Path("-"):
                raise ValueError(f"{option} is -, expected a file: only reports go to stdout")
            check_writable(option, path)
        check_apart(_files(args) | files)
    except OSError as error:
        raise ValueError(str(error)) from None


def _files(args: argparse.Namespace) -> dict[str, Path]:
    """Where reports go, by options."""
    forms = {"--json": args.json, "--html": args.html, "--junit": args.junit, "--md": args.md}
    return {option: path for option, path in forms.items() if path is not None}


def _write(files: dict[str, Path], report: Report) -> None:
    from mock_tingwu.cli.writing import write_reports
    from mock_tingwu.conformance.freshness import note
    from mock_tingwu.conformance.reports.html import html
    from mock_tingwu.conformance.reports.junit import junit
    from mock_tingwu.conformance.reports.markdown import markdown
    from mock_tingwu.conformance.results import encode

    made: dict[str, Callable[[], str]] = {
        "--json": lambda: encode(report).decode() + "\n",
        "--html": lambda: html(report),
        "--junit": lambda: junit(report).decode() + "\n",
        "--md": lambda: markdown(report),
    }
    try:
        write_reports(files, made)
    finally:
        # What has passed in the cloud has been paid for, whatever comes of its reports.
        note(report)


def _list(catalogue: Catalogue) -> int:
    for case in catalogue:
        print(f"{case.id}  {case.level:6}  {case.title}")
    print(counted(len(catalogue), "case"), file=sys.stderr)
    return 0


def _compare(one: Path, other: Path) -> int:
    from mock_tingwu.conformance.reports.comparison import as_markdown, compare
    from mock_tingwu.conformance.results import read

    comparison = compare(read(one), read(other), _told_apart(one, other))
    print(as_markdown(comparison), end="")
    return 0 if comparison.same else 1


def _told_apart(one: Path, other: Path) -> tuple[str, str]:
    """What two files are called: by their names, by their paths where those are the same."""
    return (one.name, other.name) if one.name != other.name else (str(one), str(other))
