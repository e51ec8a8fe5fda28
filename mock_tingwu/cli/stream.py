"""``mock-tingwu stream``: push a recording, stdin or the microphone; see the captions come."""

from __future__ import annotations

import argparse
from contextlib import suppress
from typing import TYPE_CHECKING

from mock_tingwu.cli.options import (
    add_audio_options,
    add_result_options,
    add_task_options,
    kinds_of,
    parameters_of,
    speed,
)
from mock_tingwu.cli.using import add_target, finish, run_with

if TYPE_CHECKING:
    from mock_tingwu.cli.output import Output
    from mock_tingwu.cli.sources import Incoming
    from mock_tingwu.client import TingwuClient
    from mock_tingwu.client.targets import Target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is pushed, into which task."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a file with audio; - for 16-bit mono samples from stdin; mic for the microphone "
        "(the extra mic), which Ctrl-C ends",
    )
    add_task_options(parser)
    add_audio_options(parser)
    parser.add_argument("--app-key", metavar="KEY", help="the project (default: TINGWU_APP_KEY)")
    parser.add_argument(
        "--join-url",
        metavar="URL",
        help="push into the task with this MeetingJoinUrl; it is neither created nor stopped here",
    )
    parser.add_argument(
        "--speed",
        type=speed,
        default=1.0,
        metavar="X",
        help="push X times as fast as it was spoken (default 1)",
    )
    add_result_options(parser)
    add_target(parser)


def run(args: argparse.Namespace) -> int:
    """Push; return the exit code."""
    return run_with("stream", args, lambda target: _stream(args, target))


async def _stream(args: argparse.Namespace, target: Target) -> None:
    from mock_tingwu.cli.output import make_output
    from mock_tingwu.cli.sources import open_source

    source = open_source(args.source, audio_format=args.format, sample_rate=args.rate)
    with make_output(args, duration=source.duration, speed=args.speed) as output:
        if args.join_url:
            await _push(args, source, output, args.join_url)
            return
        async with target.tingwu(app_key=args.app_key) as client:
            await _meet(args, source, output, client)


async def _meet(
    args: argparse.Namespace, source: Incoming, output: Output, client: TingwuClient
) -> None:
    """Create, push, stop, wait."""
    from mock_tingwu.client.errors import ClientError

    parameters = parameters_of(args, realtime=True)
    task = await client.create_realtime(
        language=args.language,
        audio_format=args.format,
        sample_rate=args.rate,
        task_key=args.task_key,
        parameters=parameters,
    )
    output.created(task.task_id)
    try:
        await _push(args, source, output, task.join_url)
    except BaseException:
        # One whose stream has failed may have ended by itself.
        with suppress(ClientError):
            output.ended(task.task_id, await client.stop(task.task_id))
        raise
    status = await client.stop(task.task_id)
    output.waiting(kinds_of(parameters))
    await finish(args, output, client, task.task_id, status)


async def _push(args: argparse.Namespace, source: Incoming, output: Output, url: str) -> None:
    from mock_tingwu.cli.pushing import push
    from mock_tingwu.client import MeetingStream

    stream = MeetingStream(url, sample_rate=args.rate if args.format == "pcm" else None)
    await push(
        stream,
        source.pieces,
        speed=args.speed,
        on_event=output.caption,
        on_position=output.position,
    )
