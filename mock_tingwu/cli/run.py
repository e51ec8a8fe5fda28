"""``mock-tingwu run -- CMD``: an unmodified program, whose cloud is a mock."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest import mock as mocking

from mock_tingwu.cli import BAD_USAGE, complain
from mock_tingwu.settings import PREFIX, Settings, SettingsError

if TYPE_CHECKING:
    from mock_tingwu import MockTingwu
    from mock_tingwu.interception.intercepting import Interception

#: As env(1) says it.
_NOT_EXECUTABLE: Final = 126
_NOT_FOUND: Final = 127


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How the mock is set, which way programs get to it, and what is told at the end."""
    parser.add_argument(
        "--scenario",
        action="append",
        metavar="NAME|FILE",
        help="what the mock begins with (docs/scenarios.md); can be repeated",
    )
    parser.add_argument(
        "--auth",
        metavar="{open,verify}",
        help="take any credentials, or check every signature (default open)",
    )
    parser.add_argument("--seed", metavar="N", help="the same seed gives the same identifiers")
    parser.add_argument(
        "--record", metavar="FILE", help="write a bundle of all that happens, for `replay`"
    )
    parser.add_argument(
        "--report", action="store_true", help="print at the end every step, before the sum of them"
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing at the end")
    parser.add_argument(
        "--allow-network", action="store_true", help="let the program reach other hosts as well"
    )
    parser.add_argument(
        "--hosts",
        action="store_true",
        help="for programs that know no proxy: run it in namespaces of its own in which the names "
        "lead to the mock, and nothing else can be reached (Linux)",
    )
    parser.add_argument(
        "command", nargs=argparse.REMAINDER, metavar="-- CMD", help="the program and its arguments"
    )
    parser.allow_abbrev = False  # --host is an option of others
    parser.usage = "mock-tingwu run [options] -- CMD ..."
    parser.epilog = (
        "Exit code: the program's, 128 + N when signal N has ended it, 127 when there is none, 126 "
        "when it cannot be run; 2 for bad usage."
    )


def run(args: argparse.Namespace) -> int:
    """Run the program; return its status."""
    command = args.command
    while command[:1] == ["--"]:
        command = command[1:]
    flags = {name: getattr(args, name) for name in ("scenario", "auth", "seed", "record")}
    try:
        if not command:
            raise ValueError("there is no program, expected one behind --")
        if args.quiet and args.report:
            raise ValueError("--report and --quiet exclude each other")
        if args.hosts and args.allow_network:
            raise ValueError("with --hosts there is no network, so --allow-network cannot be")
        if args.hosts and sys.platform != "linux":
            raise ValueError("--hosts needs the namespaces of Linux")
        settings = Settings.load(flags, os.environ, _folder())
        if shutil.which(command[0]) is None:
            if Path(command[0]).name != command[0] and Path(command[0]).exists():
                complain("run", f"{command[0]} cannot be run: Permission denied")
                return _NOT_EXECUTABLE
            complain("run", f"{command[0]}: there is no such program")
            return _NOT_FOUND
        with ExitStack() as stack:
            mock = _started(stack, settings)
            return _run(stack, mock, command, args)
    except (ValueError, SettingsError) as error:
        complain("run", error)
        return BAD_USAGE


def _started(stack: ExitStack, settings: Settings) -> MockTingwu:
    from mock_tingwu import MockTingwu

    values = settings.values | {"host": "127.0.0.1", "port": 0, "tls_port": 0}
    return stack.enter_context(MockTingwu(**values | _with_own_keys(settings, os.environ)))


def _with_own_keys(settings: Settings, environ: Mapping[str, str]) -> dict[str, Any]:
    """Settings with which the mock takes the user's keys as well, and gives what is missing.

    What MOCK_TINGWU_ACCESS_KEYS and MOCK_TINGWU_API_KEYS say stands. The first of each is the one
    that programs are given.
    """
    from mock_tingwu.interception.environment import KEYS

    pairs, api_keys = dict(settings.access_keys), settings.api_keys
    id_name, secret_name, api_key_name = KEYS
    if pairs:
        first = next(iter(pairs))
        key = environ.get(id_name) or first
        secret = environ.get(secret_name) or pairs.get(key, pairs[first])
        if f"{PREFIX}ACCESS_KEYS" not in environ or pairs.get(key) == secret:
            pairs = {key: secret} | {name: pairs[name] for name in pairs if name != key}
    api_key = environ.get(api_key_name)
    if api_keys and api_key and f"{PREFIX}API_KEYS" not in environ:
        api_keys = tuple(dict.fromkeys((api_key, *api_keys)))
    return {"access_keys": pairs, "api_keys": api_keys}


def _folder() -> Path:
    """Where we are.

    Raises:
        ValueError: it has been removed.
    """
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise ValueError("the working directory is gone, expected one that is there") from None


def _run(
    stack: ExitStack, mock: MockTingwu, command: Sequence[str], args: argparse.Namespace
) -> int:
    from mock_tingwu.cli.run_report import Way, elsewhere, lines
    from mock_tingwu.interception.authority import AuthorityError
    from mock_tingwu.interception.intercepting import Interception

    try:
        interception = stack.enter_context(Interception(mock, allow_network=args.allow_network))
    except AuthorityError as error:
        raise SettingsError(str(error)) from None
    if not args.quiet:
        _tell(f"mock-tingwu run: {warning}" for warning in elsewhere(os.environ))
    if not args.allow_network:
        # The mock calls back whomever the program names: that must not leave the machine either.
        proxies = interception.way().proxies(os.environ)
        stack.enter_context(mocking.patch.dict(os.environ, proxies))
    try:
        inside = _run_inside(mock, interception, command) if args.hosts else None
        code = inside
        if code is None:
            code = _run_by_proxy(interception, command)
    except OSError as error:
        complain("run", f"{command[0]} cannot be run: {error.strerror or error}")
        return _NOT_EXECUTABLE
    if not args.quiet:
        way: Way = "names" if inside is not None else "network" if args.allow_network else "proxy"
        asked = interception.was_asked
        _tell(lines(mock, interception.refused, way, whole=args.report, proxy_asked=asked))
    return code


def _tell(told: Iterable[str]) -> None:
    try:
        for line in told:
            print(line, file=sys.stderr, flush=True)
    except OSError:
        # Nobody can be told then, and the program's status stands. Python would try again at exit.
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


def _run_by_proxy(interception: Interception, command: Sequence[str]) -> int:
    from mock_tingwu.interception import child

    return child.run(command, _environ(interception.way().variables(os.environ)))


def _run_inside(mock: MockTingwu, interception: Interception, command: Sequence[str]) -> int | None:
    """Run it in namespaces; None where they are not allowed, which is told."""
    from mock_tingwu.interception import child
    from mock_tingwu.interception.namespace import HTTP_PORT, HTTPS_PORT, Namespace, NotAllowed

    way = interception.way_inside(HTTP_PORT, HTTPS_PORT)
    try:
        with Namespace(
            mock, interception.folder, interception.bundle, interception.refused
        ) as namespace:
            return child.run(
                namespace.command(command),
                _environ(way.variables(os.environ)),
                pass_fds=[namespace.descriptor],
                started=namespace.open,
            )
    except NotAllowed as error:
        complain(
            "run",
            f"--hosts needs user namespaces, and this system does not allow them ({error}); going "
            "on with the proxy: a program that heeds none does not get to the mock, and can reach "
            "other hosts (docs/unmodified.md)",
        )
        return None


def _environ(variables: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **variables}
