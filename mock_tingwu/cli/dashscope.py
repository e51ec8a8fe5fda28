"""``mock-tingwu dashscope``: work with DashScope's Tingwu agents."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mock_tingwu.cli.dashscope_stream import check_stream, stream
from mock_tingwu.cli.dashscope_tasks import check_create, create, end, info, result, token, wait
from mock_tingwu.cli.options import (
    add_audio_options,
    add_result_options,
    add_source,
    add_timeout,
    json_object,
)
from mock_tingwu.cli.results import add_result_forms, check_forms
from mock_tingwu.cli.using import add_subcommand, add_target, run_subcommand

if TYPE_CHECKING:
    Subcommands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands and their flags."""
    commands = parser.add_subparsers(metavar="SUBCOMMAND", required=True)
    _add_stream(commands)
    _add_create(commands)
    command = add_subcommand(
        commands, "end", "end a realtime meeting; its results are made then", end
    )
    _add_data_id(command)
    _add_app_id(command)
    _add_parameters(command)
    add_target(command)
    command = add_subcommand(
        commands, "info", "print how a task stands, with links to what is ready", info
    )
    _add_data_id(command)
    _add_model(command)
    add_target(command)
    command = add_subcommand(
        commands, "wait", "wait until a task is finished; see its results get ready", wait
    )
    _add_data_id(command)
    _add_model(command)
    add_timeout(command)
    command.set_defaults(wait=True, result=None, out=None)
    add_target(command)
    summary = "download what a task came to; print it or keep it"
    command = add_subcommand(commands, "result", summary, result, check_forms)
    _add_data_id(command)
    _add_model(command)
    add_result_forms(command)
    add_target(command)
    command = add_subcommand(
        commands, "token", "print a temporary API key, to be given away", token
    )
    command.add_argument(
        "--expires-in",
        type=int,
        default=60,
        metavar="S",
        help="seconds that it is good for, 1 to 1800 (default 60)",
    )
    add_target(command)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; return its exit code."""
    return run_subcommand("dashscope", args)


def _add_stream(commands: Subcommands) -> None:
    summary = "push a recording, stdin or the microphone into a meeting; see the captions come"
    command = add_subcommand(commands, "stream", summary, stream, check_stream, private=True)
    add_source(command)
    _add_app_id(command)
    _add_phrase_id(command)
    _add_parameters(command)
    command.add_argument(
        "--data-id",
        metavar="DATA_ID",
        help="push into this meeting; it is neither created nor ended here",
    )
    command.add_argument(
        "--instruct",
        action="store_true",
        help="push into the industrial agent instead, which needs no task",
    )
    command.add_argument(
        "--end-silence",
        type=int,
        metavar="MS",
        help="with --instruct: so much silence ends a sentence, 0 to 6000",
    )
    command.add_argument(
        "--terminology", metavar="ID", help="with --instruct: the set of instructions to expect"
    )
    add_result_options(command)
    add_target(command, private=True)


def _add_create(commands: Subcommands) -> None:
    summary = "create a realtime meeting, or have a recording, a text or a task worked on"
    command = add_subcommand(commands, "create", summary, create, check_create)
    source = command.add_mutually_exclusive_group()
    source.add_argument("--file-url", metavar="URL", help="a recording that the service can fetch")
    source.add_argument(
        "--text",
        type=Path,
        metavar="FILE",
        help="a file with what was said, in lines such as `Anna: When does it start?`",
    )
    source.add_argument(
        "--data-id", metavar="DATA_ID", help="a finished task, to be worked on once more"
    )
    _add_model(command)
    _add_app_id(command)
    _add_phrase_id(command)
    _add_parameters(command)
    add_audio_options(command)
    add_result_options(command)
    add_target(command)


def _add_data_id(command: argparse.ArgumentParser) -> None:
    command.add_argument("data_id", metavar="DATA_ID", help="the id of the task")


def _add_app_id(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--app-id", metavar="ID", help="the application (default: DASHSCOPE_APP_ID)"
    )


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--model",
        metavar="MODEL",
        help="the agent, such as tingwu-service-insights (default tingwu-meeting)",
    )


def _add_phrase_id(command: argparse.ArgumentParser) -> None:
    command.add_argument("--phrase-id", metavar="ID", help="a list of hot words of the console")


def _add_parameters(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--parameters",
        type=json_object,
        metavar="JSON",
        help="parameters of createTask, as JSON or @FILE (default: the application's settings)",
    )
