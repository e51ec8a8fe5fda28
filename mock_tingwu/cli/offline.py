"""``mock-tingwu offline``: have a recording transcribed, a local file or what is at a URL."""

from __future__ import annotations

import argparse
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mock_tingwu.cli import complain
from mock_tingwu.cli.interrupts import INTERRUPTS
from mock_tingwu.cli.options import (
    add_app_key,
    add_offline_options,
    add_result_options,
    add_task_options,
    kinds_of,
    parameters_of,
)
from mock_tingwu.cli.using import add_target, check_results, finish, run_with

if TYPE_CHECKING:
    from mock_tingwu.client import TingwuClient
    from mock_tingwu.client.targets import Target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which recording, and what is made of it."""
    parser.add_argument(
        "source",
        metavar="FILE_OR_URL",
        help="a recording that the service can fetch; a mock is given a local file, too",
    )
    add_task_options(parser)
    add_offline_options(parser)
    add_app_key(parser)
    add_result_options(parser, wait=True)
    add_target(parser, private=True)


def run(args: argparse.Namespace) -> int:
    """Create the task and wait for it; return the exit code."""
    return run_with(
        "offline", args, lambda target: _offline(args, target), check=_check, private=True
    )


def _check(args: argparse.Namespace) -> None:
    check_results(args)
    path = _local(args.source)
    if path is not None and args.target == "live":
        raise ValueError(
            f"{path} is a local file, expected a URL from which the cloud can fetch it"
        )


def _offline(args: argparse.Namespace, target: Target) -> Coroutine[Any, Any, None]:
    """Put a local file on the mock at once; return what is to be done then."""
    client, path = target.tingwu(app_key=args.app_key), _local(args.source)
    try:
        url = args.source if path is None else _hosted(target, path)
    except KeyboardInterrupt:
        complain("offline", "interrupted; no task is created.")
        raise
    return _transcribe(args, client, url)


def _local(source: str) -> Path | None:
    """The file that is meant, None if it is a URL.

    Raises:
        ValueError: it is neither; the message says why.
    """
    from mock_tingwu.cli.host import problem_of

    # Whether the service can fetch from there, it knows best.
    if "://" in source:
        return None
    path = Path(source)
    if not path.exists():
        raise ValueError(f"{path} is neither a file nor a URL")
    if problem := problem_of(path):
        raise ValueError(problem)
    return path


def _hosted(target: Target, path: Path) -> str:
    """Put a file on the mock; return its URL there.

    Raises:
        ValueError: the target is no mock.
        Unreachable, ClientError: it does not answer, or does not take the file.
        OSError: the file cannot be read.
    """
    import httpx

    from mock_tingwu.cli.host import Refused, is_mock, open_client, upload
    from mock_tingwu.client.errors import ClientError, Unreachable

    url = target.tingwu_url
    try:
        with open_client(url) as client:
            if not is_mock(client, url):
                raise ValueError(f"{path} is a local file, and {url} is no mock: it takes a URL")
            return upload(client, url, path)
    except Refused as error:
        raise ClientError(str(error)) from None
    except httpx.HTTPError as error:
        raise Unreachable(f"{url} does not answer: {error}") from None


async def _transcribe(args: argparse.Namespace, client: TingwuClient, url: str) -> None:
    from mock_tingwu.cli.output import make_output

    parameters = parameters_of(args, realtime=False)
    end = "no task is created"
    try:
        async with client:
            task = await client.create_offline(
                url,
                language=args.language,
                task_key=args.task_key,
                callbacks=args.callbacks,
                output_path=args.output_path,
                parameters=parameters,
            )
            end = f"the task {task.task_id} is not stopped"
            output = make_output(args)
            output.created(task.task_id)
            if not (args.wait or args.result):
                output.ended(task.task_id, task.status)
                return
            kinds = kinds_of(parameters)
            output.waiting(kinds, stopped=False)
            with output:
                await finish(args, output, client, task.task_id, task.status, kinds)
    except INTERRUPTS:
        complain("offline", f"interrupted; {end}.")
        raise
