"""``mock-tingwu stream``: push a recording, stdin or the microphone; see the captions come."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from mock_tingwu.cli import complain
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
    from mock_tingwu.client import Event, TingwuClient
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
    output = make_output(args, duration=source.duration, speed=args.speed)
    meeting = _Meeting(args, source, output)
    try:
        with output:
            if args.join_url:
                await meeting.push(args.join_url)
                return
            async with target.tingwu(app_key=args.app_key) as client:
                await meeting.hold(client)
    except asyncio.CancelledError:
        complain("stream", f"interrupted{meeting.kept}")
        raise


class _Meeting:
    """One recording on its way into a task. ``kept`` says what there is of it."""

    def __init__(self, args: argparse.Namespace, source: Incoming, output: Output) -> None:
        self._args = args
        self._source = source
        self._output = output
        self._pushed = self._sentences = 0
        self._end = ""

    @property
    def kept(self) -> str:
        from mock_tingwu.cli.terminal import minutes

        heard = f"{self._sentences} sentence{'' if self._sentences == 1 else 's'}"
        return f" after {minutes(self._pushed)}; {heard} heard{self._end}."

    async def hold(self, client: TingwuClient) -> None:
        """Create a task, push, stop, wait."""
        from mock_tingwu.client.errors import ClientError

        args, output = self._args, self._output
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
            await self.push(task.join_url)
        except BaseException:
            # One whose stream has failed may have ended by itself.
            with suppress(ClientError):
                output.ended(task.task_id, await client.stop(task.task_id))
                self._end = f", and the task {task.task_id} is stopped"
            raise
        status = await client.stop(task.task_id)
        self._end = f", and the task {task.task_id} is stopped"
        output.waiting(kinds_of(parameters))
        await finish(args, output, client, task.task_id, status)

    async def push(self, join_url: str) -> None:
        """Push all that there is."""
        from mock_tingwu.cli.pushing import push
        from mock_tingwu.client import MeetingStream

        args = self._args
        stream = MeetingStream(join_url, sample_rate=args.rate if args.format == "pcm" else None)
        await push(
            stream,
            self._source.pieces,
            speed=args.speed,
            on_event=self._hear,
            on_position=self._note,
        )

    def _hear(self, event: Event) -> None:
        from mock_tingwu.client import SentenceEnd

        self._sentences += isinstance(event, SentenceEnd)
        self._output.caption(event)

    def _note(self, position: int) -> None:
        self._pushed = position
        self._output.position(position)
