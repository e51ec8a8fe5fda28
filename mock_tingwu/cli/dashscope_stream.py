"""``mock-tingwu dashscope stream``: push into an agent's meeting, or into the industrial agent."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from mock_tingwu.cli.meeting import ATTEMPT_DELAY_S, ATTEMPTS, Meeting
from mock_tingwu.cli.using import check_results, refuse

if TYPE_CHECKING:
    from mock_tingwu.client import AgentInfo, AgentStream, DashScopeClient
    from mock_tingwu.client.targets import Target

#: What a meeting is created with, or what is done with it when it is over.
_OF_A_MEETING: Final = ("phrase_id", "parameters", "wait", "result", "out", "timeout")
#: What only the industrial agent is told.
_OF_INSTRUCTIONS: Final = ("end_silence", "terminology")


def check_stream(args: argparse.Namespace) -> None:
    """See that the options fit each other, and that the source can be opened.

    Raises:
        ValueError, ImportError, OSError: they do not, or it cannot.
    """
    check_results(args)
    if args.instruct:
        refuse(args, ("data_id", *_OF_A_MEETING), "makes no sense with --instruct: it has no task")
    else:
        refuse(args, _OF_INSTRUCTIONS, "needs --instruct")
    if args.data_id:
        refuse(args, _OF_A_MEETING, "makes no sense with --data-id: the meeting is not ended")
    args.meeting = Meeting("dashscope stream", args)


async def stream(args: argparse.Namespace, target: Target) -> None:
    """``dashscope stream``."""
    meeting: Meeting = args.meeting
    async with target.dashscope(app_id=args.app_id) as client:
        if args.instruct:
            await meeting.visit(
                client.instruct(
                    audio_format=args.format,
                    sample_rate=args.rate,
                    end_silence_ms=args.end_silence,
                    terminology=args.terminology,
                )
            )
        elif args.data_id:
            await meeting.visit(_open(client, args.data_id))
        else:
            await meeting.hold(_AgentMeeting(client, args))


class _AgentMeeting:
    """A realtime meeting of an agent, as `Meeting` wants it."""

    #: The application's settings may want anything.
    kinds = ()

    def __init__(self, client: DashScopeClient, args: argparse.Namespace) -> None:
        self.client = client
        self._args = args
        self._data_id = ""

    async def create(self) -> str:
        args = self._args
        task = await self.client.create_realtime(
            audio_format=args.format,
            sample_rate=args.rate,
            phrase_id=args.phrase_id,
            parameters=args.parameters,
        )
        self._data_id = task.data_id
        return self._data_id

    def stream(self) -> AgentStream:
        return _open(self.client, self._data_id)

    async def stop(self) -> int:
        return (await self.client.end_realtime(self._data_id)).status

    async def info(self) -> AgentInfo:
        return await self.client.get_task(self._data_id)


def _open(client: DashScopeClient, data_id: str) -> AgentStream:
    return client.stream(data_id, reconnect=ATTEMPTS, reconnect_delay=ATTEMPT_DELAY_S)
