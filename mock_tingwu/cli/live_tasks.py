"""``mock-tingwu live create``, ``stop``, ``delete``, ``tasks`` and ``query``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from mock_tingwu.cli.live_listener import auth_key_of
from mock_tingwu.cli.printable import printable

if TYPE_CHECKING:
    from mock_tingwu.client import LiveTask
    from mock_tingwu.client.targets import Target

#: What Stop and Delete are refused with when the task is not known (live-rtc-asr 1.2).
NOT_FOUND: Final = "ConfigNotFound"


def add_caption_options(parser: argparse.ArgumentParser) -> None:
    """How a task listens, and what it tells."""
    parser.add_argument(
        "--language",
        default="cn",
        help="what is spoken: cn, en, ja, yue, or fspk for Chinese with English (default cn)",
    )
    parser.add_argument(
        "--translate", metavar="LANGUAGE", help="translate sentences into cn, en or ja"
    )
    parser.add_argument(
        "--report-interval",
        type=int,
        metavar="MS",
        help="1 to 500 between two interim results, -1 for whole sentences alone (default: "
        "interim results as they occur)",
    )
    parser.add_argument(
        "--auto-terminate",
        type=int,
        metavar="SECONDS",
        help="end the task when its stream is away for so long, 1 to 10",
    )


def add_create_options(parser: argparse.ArgumentParser) -> None:
    """What is captioned: a live stream, or one user of an RTC channel."""
    parser.add_argument("--stream-url", metavar="URL", help="the live stream: RTMP and the like")
    user = parser.add_argument_group("instead of a stream, one user of an RTC channel")
    user.add_argument("--sdk-app-id", metavar="ID", help="the application, SDKAppID")
    user.add_argument("--channel-id", metavar="ID", help="its channel")
    user.add_argument("--user-id", metavar="ID", help="who is listened to, RtcUserId")


def settings_of(args: argparse.Namespace) -> dict[str, Any]:
    """What `LiveAsrClient`'s methods call the options that all tasks have."""
    return {
        "language": args.language,
        "translate_into": args.translate,
        "report_interval_ms": args.report_interval,
        "auto_terminate_s": args.auto_terminate,
    }


def check_create(args: argparse.Namespace) -> None:
    """See that it is told what is captioned. Raises ValueError."""
    user = (args.sdk_app_id, args.channel_id, args.user_id)
    if bool(args.stream_url) == all(user) or (args.stream_url and any(user)):
        raise ValueError(
            "expected either --stream-url, or all of --sdk-app-id, --channel-id and --user-id"
        )


async def create(args: argparse.Namespace, target: Target) -> None:
    """``live create``: prints the id of the task."""
    settings = settings_of(args) | {"auth_key": auth_key_of(args)}
    async with target.live() as client:
        if args.stream_url:
            task_id = await client.caption_stream(args.stream_url, args.callback_url, **settings)
        else:
            task_id = await client.caption_user(
                args.sdk_app_id, args.channel_id, args.user_id, args.callback_url, **settings
            )
    _told(args, task_id, "Created")


async def stop(args: argparse.Namespace, target: Target) -> None:
    """``live stop``."""
    async with target.live() as client:
        await client.stop(args.task_id)
    _told(args, args.task_id, "Stopped")


async def delete(args: argparse.Namespace, target: Target) -> None:
    """``live delete``."""
    async with target.live() as client:
        await client.delete(args.task_id)
    _told(args, args.task_id, "Deleted")


async def tasks(args: argparse.Namespace, target: Target) -> None:
    """``live tasks``: a table of those that run."""
    from mock_tingwu.cli.output import rows, tell
    from mock_tingwu.cli.terminal import make_console

    async with target.live() as client:
        found = await client.tasks()
    if args.json:
        for task in found:
            tell(**asdict(task))
        return
    console = make_console()
    if not found and console.is_terminal:
        console.print("No task runs.", style="dim")
        return
    form = _short_row if console.is_terminal else _row
    rows(console, ("Task", "Language", "Since"), map(form, found))


async def query(args: argparse.Namespace, target: Target) -> None:
    """``live query``: one task, also if it has ended; exit code 1 if it is not known."""
    from mock_tingwu.cli.output import tell
    from mock_tingwu.client import ClientError

    async with target.live() as client:
        task = await client.find(args.task_id)
    if task is None:
        raise ClientError(f"No task {args.task_id} is known.")
    if args.json:
        tell(**asdict(task))
        return
    for name, value in _description(task).items():
        print(f"{name:<16} {printable(value)}", flush=True)


def _told(args: argparse.Namespace, task_id: str, event: str) -> None:
    """Say what was done; the id of a new task stands alone, for scripts."""
    from mock_tingwu.cli.output import tell

    if args.json:
        tell(event=event, task_id=task_id)
    else:
        print(task_id if event == "Created" else f"{task_id} {event.lower()}", flush=True)


def _row(task: LiveTask) -> tuple[str, ...]:
    cells = (task.task_id, task.language, task.created_at, _heard(task))
    return tuple(map(printable, cells))


def _short_row(task: LiveTask) -> tuple[str, ...]:
    """The task and its stream one under the other: beside each other they fit no terminal."""
    task_id, language, since, heard = _row(task)
    return f"{task_id}\n{heard}", language, since[:19].replace("T", " ")


def _heard(task: LiveTask) -> str:
    return task.stream_url or "a user of an RTC channel"


def _description(task: LiveTask) -> dict[str, str]:
    interval = task.report_interval_ms
    reports = {-1: "whole sentences alone", 0: "as they occur"}.get(
        interval, f"every {interval} ms"
    )
    return {
        "Task": task.task_id,
        "Status": "running" if task.running else f"not running (status {task.status})",
        "Stream": _heard(task),
        "Language": task.language,
        "Callbacks to": task.callback_url,
        "Interim results": reports,
        "Created": task.created_at,
        "Updated": task.updated_at,
    }
