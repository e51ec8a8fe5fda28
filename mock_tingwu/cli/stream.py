"""``mock-tingwu stream``: push a recording, stdin or the microphone; see the captions come."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from mock_tingwu.cli import complain
from mock_tingwu.cli.options import (
    add_app_key,
    add_audio_options,
    add_result_options,
    add_task_options,
    kinds_of,
    parameters_of,
    speed,
)
from mock_tingwu.cli.using import TaskEnded, add_target, check_results, finish, guarded

if TYPE_CHECKING:
    from mock_tingwu.cli.output import Output
    from mock_tingwu.cli.sources import Incoming
    from mock_tingwu.client import Event, RealtimeTask, TingwuClient

#: The status of a task that nobody would tell of.
UNKNOWN: Final = "unknown"

#: What a task is created with, or what is done with it when it is over: nothing of that is done
#: for the task of another.
_NOT_WITH_JOIN_URL: Final = (
    "app_key",
    "task_key",
    "results",
    "translate",
    "speakers",
    "parameters",
    "wait",
    "result",
    "out",
    "timeout",
)


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
    add_app_key(parser)
    parser.add_argument(
        "--join-url",
        type=_join_url,
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
    add_target(parser, private=True)


def run(args: argparse.Namespace) -> int:
    """Push; return the exit code."""
    return guarded("stream", args, lambda: _stream(args))


def _stream(args: argparse.Namespace) -> None:
    from mock_tingwu.cli.output import make_output
    from mock_tingwu.cli.sources import open_source
    from mock_tingwu.cli.targets import open_target

    check_results(args)
    if args.join_url:
        for name in _NOT_WITH_JOIN_URL:
            if getattr(args, name) not in (None, False, (), {}):
                option = name.replace("_", "-")
                raise ValueError(f"--{option} makes no sense with --join-url: the task is not ours")
    source = open_source(args.source, audio_format=args.format, sample_rate=args.rate)
    meeting = _Meeting(args, source, make_output(args, duration=source.duration, speed=args.speed))
    if args.join_url:
        asyncio.run(meeting.visit(args.join_url))
        return
    with open_target(args.target, private=True) as target:
        asyncio.run(meeting.hold(target.tingwu(app_key=args.app_key)))


class _Meeting:
    """One recording on its way into a task."""

    def __init__(self, args: argparse.Namespace, source: Incoming, output: Output) -> None:
        self._args = args
        self._source = source
        self._output = output
        self._pushed = self._sentences = 0
        # What has become of the task.
        self._end = ""

    async def visit(self, join_url: str) -> None:
        """Push into a task of somebody else."""
        try:
            with self._output:
                await self._push(join_url)
        except asyncio.CancelledError:
            self._interrupted()
            raise

    async def hold(self, client: TingwuClient) -> None:
        """Create a task, push, stop, wait."""
        args, output = self._args, self._output
        parameters = parameters_of(args, realtime=True)
        try:
            async with client:
                task = await client.create_realtime(
                    language=args.language,
                    audio_format=args.format,
                    sample_rate=args.rate,
                    task_key=args.task_key,
                    parameters=parameters,
                )
                self._end = f", and the task {task.task_id} could not be stopped"
                with output:
                    output.created(task.task_id)
                    status = await self._speak(client, task)
                    if args.wait or args.result:
                        output.waiting(kinds_of(parameters), stopped=True)
                    await finish(args, output, client, task.task_id, status)
        except asyncio.CancelledError:
            self._interrupted()
            raise

    async def _speak(self, client: TingwuClient, task: RealtimeTask) -> str:
        """Push all that there is, and stop the task, whatever has happened; return its status.

        Raises:
            TaskEnded: the stream has failed, or the task could not be stopped.
            ValueError, OSError: the source could not be read to its end.
        """
        from mock_tingwu.client.errors import ClientError

        problem: BaseException | None = None
        status = UNKNOWN
        try:
            await self._push(task.join_url)
        except BaseException as error:
            problem = error
        try:
            status = await client.stop(task.task_id)
            self._end = f", and the task {task.task_id} is stopped"
        except ClientError as error:
            problem = problem or error
            # It may have ended by itself.
            with suppress(ClientError):
                status = (await client.info(task.task_id)).status
        if isinstance(problem, ClientError):
            self._output.ended(task.task_id, status, error=problem)
            raise TaskEnded(problem) from problem
        if problem is not None:
            self._output.ended(task.task_id, status)
            raise problem
        return status

    async def _push(self, join_url: str) -> None:
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

    def _interrupted(self) -> None:
        from mock_tingwu.cli.terminal import minutes

        heard = f"{self._sentences} sentence{'' if self._sentences == 1 else 's'}"
        complain("stream", f"interrupted after {minutes(self._pushed)}; {heard} heard{self._end}.")


def _join_url(text: str) -> str:
    # Whatever is wrong with it, it is not shown: it is a secret.
    if not text.startswith(("ws://", "wss://")):
        raise argparse.ArgumentTypeError("it does not begin with ws:// or wss://")
    return text
