"""``mock-tingwu stream``: push a recording, stdin or the microphone; see the captions come."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from mock_tingwu.cli.meeting import ATTEMPT_DELAY_S, ATTEMPTS, Meeting
from mock_tingwu.cli.options import (
    add_app_key,
    add_result_options,
    add_source,
    add_task_options,
    kinds_of,
    parameters_of,
)
from mock_tingwu.cli.using import add_target, check_results, guarded, refuse

if TYPE_CHECKING:
    from mock_tingwu.client import MeetingStream, RealtimeTask, TaskInfo, TingwuClient
    from mock_tingwu.client.targets import Target

#: Options about how a task is created, or what is done when it is over: with the task of another
#: neither is done.
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
    add_source(parser)
    add_task_options(parser)
    add_app_key(parser)
    parser.add_argument(
        "--join-url",
        type=_join_url,
        metavar="URL",
        help="push into the task with this MeetingJoinUrl; it is neither created nor stopped here",
    )
    add_result_options(parser)
    add_target(parser, private=True)


def run(args: argparse.Namespace) -> int:
    """Push; return the exit code."""
    return guarded("stream", args, lambda: _stream(args))


def _stream(args: argparse.Namespace) -> None:
    from mock_tingwu.cli.interrupts import run_loop
    from mock_tingwu.cli.targets import open_target

    check_results(args)
    if args.join_url:
        refuse(args, _NOT_WITH_JOIN_URL, "makes no sense with --join-url: the task is not ours")
    meeting = Meeting("stream", args)
    if args.join_url:
        run_loop(meeting.visit(_open(args, args.join_url)))
        return
    with open_target(args.target, private=True) as target:
        run_loop(_hold(args, meeting, target))


class _Task:
    """A realtime task of Tingwu, as `Meeting` wants it."""

    def __init__(self, client: TingwuClient, args: argparse.Namespace) -> None:
        self.client = client
        self._args = args
        self._parameters = parameters_of(args, realtime=True)
        self.kinds = kinds_of(self._parameters)
        self._task: RealtimeTask | None = None

    async def create(self) -> str:
        args = self._args
        self._task = await self.client.create_realtime(
            language=args.language,
            audio_format=args.format,
            sample_rate=args.rate,
            task_key=args.task_key,
            parameters=self._parameters,
        )
        return self._task.task_id

    def stream(self) -> MeetingStream:
        return _open(self._args, self._created.join_url)

    async def stop(self) -> str:
        return await self.client.stop(self._created.task_id)

    async def info(self) -> TaskInfo:
        return await self.client.info(self._created.task_id)

    @property
    def _created(self) -> RealtimeTask:
        assert self._task is not None
        return self._task


async def _hold(args: argparse.Namespace, meeting: Meeting, target: Target) -> None:
    async with target.tingwu(app_key=args.app_key) as client:
        await meeting.hold(_Task(client, args))


def _open(args: argparse.Namespace, join_url: str) -> MeetingStream:
    from mock_tingwu.client import MeetingStream

    return MeetingStream(
        join_url,
        sample_rate=args.rate if args.format == "pcm" else None,
        reconnect=ATTEMPTS,
        reconnect_delay=ATTEMPT_DELAY_S,
    )


def _join_url(text: str) -> str:
    # Whatever is wrong with it, it is not shown: it is a secret.
    if not text.startswith(("ws://", "wss://")):
        raise argparse.ArgumentTypeError("it does not begin with ws:// or wss://")
    return text
