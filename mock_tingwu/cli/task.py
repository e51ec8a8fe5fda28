"""``mock-tingwu task``: create, stop, look at, wait for and run again tasks of Tingwu."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mock_tingwu.cli import complain
from mock_tingwu.cli.interrupts import INTERRUPTS
from mock_tingwu.cli.options import (
    add_app_key,
    add_audio_options,
    add_kinds,
    add_offline_options,
    add_task_options,
    add_timeout,
    parameters_of,
)
from mock_tingwu.cli.using import (
    TaskEnded,
    add_subcommand,
    add_target,
    finish,
    run_subcommand,
)

if TYPE_CHECKING:
    from mock_tingwu.client import TaskInfo
    from mock_tingwu.client.targets import Target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands and their flags."""
    commands = parser.add_subparsers(metavar="SUBCOMMAND", required=True)
    create = add_subcommand(
        commands,
        "create",
        "create a realtime task, or with --file-url one of a recording",
        _create,
        _check,
    )
    create.add_argument("--file-url", metavar="URL", help="a recording that the service can fetch")
    add_task_options(create)
    add_audio_options(create)
    add_offline_options(create)
    add_app_key(create)

    summary = "end a realtime task; its results are made then"
    stop = add_subcommand(commands, "stop", summary, _stop)
    summary = "print how a task stands, with links to what is ready"
    info = add_subcommand(commands, "info", summary, _info)
    summary = "wait until a task is finished; see its results get ready"
    wait = add_subcommand(commands, "wait", summary, _wait)
    add_timeout(wait)
    wait.set_defaults(wait=True, result=None, out=None)
    summary = "make more results of a task that is completed"
    rerun = add_subcommand(commands, "rerun", summary, _rerun, _check_rerun)
    add_kinds(rerun)

    for command in (stop, info, wait, rerun):
        command.add_argument("task_id", metavar="TASK_ID", help="the id of the task")
    for command in (create, stop, info, wait, rerun):
        add_target(command)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; return its exit code."""
    return run_subcommand("task", args)


def _check(args: argparse.Namespace) -> None:
    given = {"--callbacks": args.callbacks, "--output-path": args.output_path}
    for option, value in given.items():
        if value and args.file_url is None:
            raise ValueError(f"{option} needs --file-url: a realtime task has no such thing")


async def _create(args: argparse.Namespace, target: Target) -> None:
    async with target.tingwu(app_key=args.app_key) as client:
        if args.file_url is not None:
            task = await client.create_offline(
                args.file_url,
                language=args.language,
                task_key=args.task_key,
                callbacks=args.callbacks,
                output_path=args.output_path,
                parameters=parameters_of(args, realtime=False),
            )
            _tell(args, task.task_id, task.status)
            return
        meeting = await client.create_realtime(
            language=args.language,
            audio_format=args.format,
            sample_rate=args.rate,
            task_key=args.task_key,
            parameters=parameters_of(args, realtime=True),
        )
        _tell(args, meeting.task_id, meeting.status, join_url=meeting.join_url)


async def _stop(args: argparse.Namespace, target: Target) -> None:
    async with target.tingwu() as client:
        status = await client.stop(args.task_id)
    _tell(args, args.task_id, status)
    if status in ("FAILED", "INVALID"):
        raise TaskEnded


async def _info(args: argparse.Namespace, target: Target) -> None:
    from mock_tingwu.cli.keeping import media_links
    from mock_tingwu.cli.output import print_links, tell
    from mock_tingwu.cli.terminal import make_console

    async with target.tingwu() as client:
        info = await client.info(args.task_id)
    media = media_links(info)
    if args.json:
        tell(**_facts(info), media=media)
        return
    console = make_console()
    why = f" ({': '.join(info.error)})" if info.error else ""
    console.print(f"{info.task_id} {info.status}{why}", markup=False, soft_wrap=True)
    if info.key:
        console.print(f"key {info.key}", markup=False, soft_wrap=True)
    print_links(console, {**info.results, **media})


async def _wait(args: argparse.Namespace, target: Target) -> None:
    from mock_tingwu.cli.output import make_output

    try:
        async with target.tingwu() as client:
            output = make_output(args)
            output.waiting((), stopped=False)
            with output:
                await finish(args, output, client, args.task_id, "unknown")
    except INTERRUPTS:
        complain("task wait", "interrupted; the task goes on.")
        raise


def _check_rerun(args: argparse.Namespace) -> None:
    if not parameters_of(args, realtime=False):
        raise ValueError("nothing is asked for: say what with --results, --translate, --parameters")


async def _rerun(args: argparse.Namespace, target: Target) -> None:
    async with target.tingwu() as client:
        task = await client.rerun(args.task_id, parameters_of(args, realtime=False))
    _tell(args, task.task_id, task.status)


def _tell(args: argparse.Namespace, task_id: str, status: str, **more: str) -> None:
    """Print the one thing that a subcommand has to say."""
    from mock_tingwu.cli.output import tell

    if args.json:
        tell(task_id=task_id, status=status, **more)
        return
    print(task_id, status)
    for value in more.values():
        print(value, flush=True)


def _facts(info: TaskInfo) -> dict[str, object]:
    """How a task stands, as JSON."""
    known: dict[str, object] = {"task_id": info.task_id, "status": info.status}
    if info.key is not None:
        known["task_key"] = info.key
    known["results"] = dict(info.results)
    if info.error is not None:
        known["error"] = dict(zip(("code", "message"), info.error, strict=True))
    return known
