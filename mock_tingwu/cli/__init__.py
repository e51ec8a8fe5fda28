"""The command line: ``mock-tingwu COMMAND``.

One module per command, imported when its command runs: help and server start load nothing else.
Each has ``add_arguments(parser)`` and ``run(args) -> exit code``.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path

from mock_tingwu import __version__

GROUPS = {
    "run the mock": {
        "serve": "run the mock",
        "run": "run a program as it is: the cloud's host names lead to a mock",
        "demo": "see a whole meeting: captions live, then every result",
        "host": "put local recordings on a running mock, for a FileUrl",
        "ca": "show, make or remove the authority behind those names",
        "journal": "see what a running mock has seen and done, also live",
        "record": "record what a program and a service say, without the secrets",
        "replay": "let what was recorded happen again; tell what differs",
    },
    "use a service, the mock or the cloud": {
        "stream": "push a recording, stdin or the microphone; see the captions",
        "offline": "have a recording transcribed, a file or what is at a URL",
        "task": "create, stop, look at, wait for and run again tasks",
        "result": "download what a task came to; print it or keep it",
        "phrases": "work with lists of hot words",
        "dashscope": "use DashScope's Tingwu agents: meetings, recordings, texts",
        "live": "caption live streams with the tasks of ApsaraVideo Live",
    },
    "check what is documented, test your program": {
        "conformance": "run the catalogue of cases against the mock or the cloud",
        "client-check": "run a program in situations that go wrong, and grade it",
    },
    "look things up": {
        "sdk": "print the settings that point each SDK at the mock",
        "states": "print the lifecycles of tasks and sessions",
        "scenarios": "list situations that ship with the mock, or check your own",
        "schema": "list schemas and OpenAPI documents, or print one",
        "rules": "list what clients owe the cloud, each rule with its source",
        "profile": "list the habits of the profile awkward",
        "assumptions": "list what the mock assumes because no source says it",
    },
}
COMMANDS = {name: summary for group in GROUPS.values() for name, summary in group.items()}

#: Exit codes: the shell's for a program that Ctrl-C ended, and argparse's for bad usage.
INTERRUPTED = 130
BAD_USAGE = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code. Bad usage exits with 2 as argparse does."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _prepare_output()
    named = next((word for word in arguments if not word.startswith("-")), "")
    parser = argparse.ArgumentParser(
        prog="mock-tingwu",
        description="A local cloud for Alibaba's Tongyi Tingwu meeting APIs, and a client of them.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_listed(),
    )
    parser.add_argument("--version", action="version", version=f"mock-tingwu {__version__}")
    commands = parser.add_subparsers(
        metavar="COMMAND", required=True, help="one of those below; COMMAND --help tells more"
    )
    for name, summary in COMMANDS.items():
        # The parser's own list knows no groups.
        command = commands.add_parser(name, description=_sentence(summary))
        if name == named:
            module = import_module(f"mock_tingwu.cli.{name.replace('-', '_')}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    args = parser.parse_args(arguments)
    code: int = 0
    try:
        code = args.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _write_no_more()  # the reader has seen enough (`| head`)
        return 1
    except OSError as error:
        _write_no_more()
        if not code:  # else it has been told
            complain(named, error)
        return BAD_USAGE
    return code


def _prepare_output() -> None:
    """Let everything be printed: what a terminal cannot show becomes question marks there, what is
    for a pipe or a file is UTF-8, and whoever has closed its output gets nothing."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            encoding = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="replace")


def _write_no_more() -> None:
    """Let Python not complain at exit of what it cannot write any more."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(command: str, problem: object) -> None:
    """Say on stderr, in one line, why a command cannot go on."""
    print(f"mock-tingwu {command}: {problem}", file=sys.stderr)


def _listed() -> str:
    """The commands by group, as argparse lays out what it lists."""
    return "\n\n".join(
        f"{title}:\n" + "\n".join(f"    {name:<12}  {about}" for name, about in group.items())
        for title, group in GROUPS.items()
    )


def _sentence(summary: str) -> str:
    return summary[0].upper() + summary[1:] + "."
