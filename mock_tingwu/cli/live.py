"""``mock-tingwu live``: work with the caption tasks of ApsaraVideo Live."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mock_tingwu.cli.live_listener import DEFAULT_PORT, listen_to_callbacks
from mock_tingwu.cli.live_tasks import (
    add_caption_options,
    add_create_options,
    check_create,
    create,
    delete,
    query,
    stop,
    tasks,
)
from mock_tingwu.cli.live_watch import watch
from mock_tingwu.cli.options import port
from mock_tingwu.cli.using import add_subcommand, add_target, run_subcommand
from mock_tingwu.settings import LIVE_AUTH_KEY

if TYPE_CHECKING:
    Subcommands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands and their flags."""
    commands = parser.add_subparsers(metavar="SUBCOMMAND", required=True)
    _add_listen(commands)
    _add_watch(commands)
    _add_create(commands)
    of_one = (
        ("stop", "end a task", stop),
        ("delete", "end a task and forget it", delete),
        ("query", "show a task, also one that has ended", query),
    )
    for name, summary, work in of_one:
        command = add_subcommand(commands, name, summary, work)
        command.add_argument("task_id", metavar="TASK_ID", help="asr-… as `live create` prints it")
        add_target(command)
    add_target(add_subcommand(commands, "tasks", "list the tasks that run", tasks))


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; return its exit code."""
    if args.subcommand == "listen":
        return listen_to_callbacks(args)
    return run_subcommand("live", args)


def _add_listen(commands: Subcommands) -> None:
    summary = "show callbacks as they come and check their signatures"
    listen = commands.add_parser("listen", help=summary, description=f"S{summary[1:]}.")
    listen.set_defaults(subcommand="listen")  # it uses no service
    _add_host(listen)
    listen.add_argument(
        "--port",
        type=port,
        default=DEFAULT_PORT,
        help=f"port to listen on, 0 for a free one (default {DEFAULT_PORT})",
    )
    _add_auth_key(listen, "without one signatures are not checked")
    listen.add_argument(
        "--callback-url",
        type=_url,
        metavar="URL",
        help="the CallbackURL that the tasks were created with, if callbacks do not arrive with "
        "it, as behind a proxy (default: what fits)",
    )
    listen.add_argument(
        "--json", action="store_true", help="print one JSON object per callback, nothing else"
    )


def _add_watch(commands: Subcommands) -> None:
    summary = "caption a live stream: create a task, show what it hears, delete it at Ctrl-C"
    command = add_subcommand(commands, "watch", summary, watch, private=True)
    command.add_argument(
        "stream_url", metavar="STREAM_URL", help="the live stream: RTMP and the like"
    )
    add_caption_options(command)
    _add_host(command)
    command.add_argument(
        "--port",
        type=port,
        help="port to listen on, 0 for a free one (default: a free one, with --callback-url "
        f"{DEFAULT_PORT})",
    )
    _add_auth_key(command, "without one a new one")
    command.add_argument(
        "--callback-url",
        type=_url,
        metavar="URL",
        help="where callbacks are posted, if the service does not reach this machine by the "
        "address that is listened on",
    )
    add_target(command, private=True)


def _add_create(commands: Subcommands) -> None:
    command = add_subcommand(
        commands, "create", "create a task; its id is printed", create, check_create
    )
    add_create_options(command)
    command.add_argument(
        "--callback-url",
        type=_url,
        required=True,
        metavar="URL",
        help="where captions are posted: `live listen` can be there",
    )
    _add_auth_key(command, "without one callbacks are not signed")
    add_caption_options(command)
    add_target(command)


def _add_host(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="address to listen on (default 127.0.0.1)",
    )


def _add_auth_key(command: argparse.ArgumentParser, otherwise: str) -> None:
    command.add_argument(
        "--auth-key",
        type=_key,
        metavar="KEY",
        help=f"the AuthKey of the tasks (default: the variable {LIVE_AUTH_KEY}); {otherwise}",
    )


def _key(value: str) -> str:
    if not value:
        raise argparse.ArgumentTypeError("it is empty")
    return value


def _url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{value!r} does not begin with http:// or https://")
    return value
