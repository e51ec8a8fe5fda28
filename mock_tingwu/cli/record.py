"""``mock-tingwu record``: a program runs, and what it says to a service is written down, masked."""

from __future__ import annotations

import argparse
import asyncio
import errno
import os
from contextlib import suppress
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from mock_tingwu.cli import BAD_USAGE, complain
from mock_tingwu.counting import counted

if TYPE_CHECKING:
    from mock_tingwu.cassettes.gateway import RecordingGateway
    from mock_tingwu.client.targets import Target

#: How long a program may take to end when it is told to, in seconds.
_PATIENCE_S: Final = 5.0
NOTHING: Final = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--target",
        default="mock",
        metavar="TARGET",
        help="mock (the one at MOCK_TINGWU_URL or at port 8900, or else one for this command "
        "alone), live, or an address (default mock)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("cassette.jsonl"),
        metavar="FILE",
        help="the cassette, which is written anew (default cassette.jsonl)",
    )
    parser.add_argument("--yes", action="store_true", help="record from live, which costs money")
    parser.add_argument(
        "command",
        nargs=argparse.REMAINDER,
        metavar="-- COMMAND",
        help="the program and its arguments; {url}, {host}, {port} and {ws} in them are where the "
        "gateway is",
    )
    parser.epilog = (
        "Exit code: the program's; 1 when it made no call; 2 for bad usage, or a file that cannot "
        "be written."
    )


def run(args: argparse.Namespace) -> int:
    """Run the program; return its exit code."""
    # After the arguments: a wrong flag is told at once.
    from mock_tingwu.cli.targets import open_target
    from mock_tingwu.cli.writing import check_writable
    from mock_tingwu.client.errors import ClientError

    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    try:
        if not command:
            raise ValueError("there is no program, expected one behind --")
        check_paid("recording", args.target, yes=args.yes)
        if which(command[0]) is None and not Path(command[0]).exists():
            # Told before the file is written anew, which may be an older cassette.
            raise ValueError(f"{command[0]} cannot be run: {os.strerror(errno.ENOENT)}")
        check_writable("--out", args.out)
        with open_target(args.target, private=True) as target:
            return _record(target, args.out, command)
    except (ValueError, ClientError, OSError) as error:
        complain("record", error)
        return BAD_USAGE


def check_paid(what: str, target: str, *, yes: bool) -> None:
    """Make sure that whoever means the live service knows what it costs. Raises ValueError."""
    if target == "live" and not yes:
        raise ValueError(
            f"{what} with --target live creates real tasks, which cost money: add --yes to do it"
        )


def _record(target: Target, out: Path, command: list[str]) -> int:
    from mock_tingwu.cassettes.gateway import RecordingGateway
    from mock_tingwu.cassettes.writer import CassetteWriter
    from mock_tingwu.cli.interrupts import run_loop
    from mock_tingwu.cli.writing import writing

    name = target.name if target.name in ("mock", "live") else "other"
    codes: list[int] = []
    secrets = _secrets(target)
    with writing("--out", out):
        cassette = CassetteWriter(out, target=name, secrets=secrets)
    with cassette as writer:
        with RecordingGateway(target, writer) as gateway:

            async def work() -> None:
                codes.append(await _run(command, gateway))

            run_loop(work())
        records = writer.records
    with writing("--out", out):
        writer.raise_problem()
    if not records:
        why = gateway.unanswered or f"the program made no call to {gateway.url}"
        complain("record", f"nothing was recorded: {why}")
        if out.is_file():
            out.unlink()
        return codes[0] or NOTHING
    complain("record", f"{counted(records, 'record')} in {out}")
    return codes[0]


def _secrets(target: Target) -> list[str]:
    """The keys for a target that there are.

    Raises:
        ValueError: there are none for any service.
    """
    found: list[str] = []
    reasons: list[str] = []
    try:
        key = target.access_key()
        found += [key.id, key.secret, key.security_token or ""]
    except ValueError as error:
        reasons.append(str(error))
    try:
        found.append(target.api_key())
    except ValueError as error:
        reasons.append(str(error))
    if not found:
        raise ValueError("; ".join(reasons))
    return found


async def _run(command: list[str], gateway: RecordingGateway) -> int:
    """Run the program to its end; return its exit code, as the shell gives it."""
    parts = urlsplit(gateway.url)
    places = {
        "{url}": gateway.url,
        "{host}": parts.netloc,
        "{port}": str(parts.port),
        "{ws}": f"ws://{parts.netloc}",
    }
    words = []
    for word in command:
        for place, value in places.items():
            word = word.replace(place, value)
        words.append(word)
    environ = {name: value for name, value in os.environ.items() if name not in _HIDDEN}
    # Some programs look for the name in small letters first.
    direct = [environ.pop(name, "") for name in ("no_proxy", "NO_PROXY")]
    environ |= gateway.environ
    environ["NO_PROXY"] = ",".join(dict.fromkeys(filter(None, [*direct, environ["NO_PROXY"]])))
    try:
        process = await asyncio.create_subprocess_exec(*words, env=environ)
    except OSError as error:
        raise OSError(f"{words[0]} cannot be run: {error.strerror}") from None
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.terminate()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _PATIENCE_S)
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    return code if code >= 0 else 128 - code


#: Where the target's own keys may be: the program gets others.
_HIDDEN: Final = frozenset(
    {
        "ALIBABA_CLOUD_SECURITY_TOKEN",
        "ALIBABA_CLOUD_CREDENTIALS_FILE",
        "ALIBABA_CLOUD_PROFILE",
    }
)
