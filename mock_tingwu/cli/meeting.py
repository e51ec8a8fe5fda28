"""A meeting held from the command line: audio goes into a task, captions and results come out."""

from __future__ import annotations

import argparse
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

from mock_tingwu.cli import complain
from mock_tingwu.cli.interrupts import INTERRUPTS
from mock_tingwu.cli.using import Client, TaskEnded, finish
from mock_tingwu.counting import counted

if TYPE_CHECKING:
    from mock_tingwu.cli.output import Info, Output
    from mock_tingwu.cli.sources import Incoming
    from mock_tingwu.client.stream import AudioStream

#: How often a lost connection is tried again, and seconds before each: more patience than the
#: library's, as nobody wants to begin a meeting anew.
ATTEMPTS: Final = 40
ATTEMPT_DELAY_S: Final = 1.0

#: The status of a task that nobody would tell of.
UNKNOWN: Final = "unknown"


class Service(Protocol):
    """What a meeting wants of a service, for one task."""

    @property
    def client(self) -> Client:
        """What waits for the results."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The results that are expected, none where it is not known which."""

    async def create(self) -> str:
        """Create the task; return its id."""

    def stream(self) -> AudioStream[Any]:
        """The stream into the task."""

    async def stop(self) -> object:
        """End the task; return its status."""

    async def info(self) -> Info:
        """How the task stands."""


class Meeting:
    """One recording on its way into a task. Make it when the source can be opened.

    Raises:
        ValueError, ImportError, OSError: it cannot; the message says why.
    """

    def __init__(self, command: str, args: argparse.Namespace) -> None:
        from mock_tingwu.cli.output import make_output
        from mock_tingwu.cli.sources import open_source

        self._command = command
        self._args = args
        self._source: Incoming = open_source(
            args.source, audio_format=args.format, sample_rate=args.rate
        )
        self._output: Output = make_output(args, duration=self._source.duration, speed=args.speed)
        self._pushed = self._sentences = 0
        # What has become of the task.
        self._end = ""

    async def visit(self, stream: AudioStream[Any]) -> None:
        """Push into a stream whose task is somebody else's, or which needs none."""
        try:
            with self._output:
                await self._push(stream)
        except INTERRUPTS:
            self._interrupted()
            raise

    async def hold(self, service: Service) -> None:
        """Create a task, push, stop, wait.

        Raises:
            TaskEnded: something of it has failed, which is told.
            ClientError: no task could be created.
            ValueError, OSError: the source could not be read to its end, or ``--out`` not written.
        """
        args, output = self._args, self._output
        try:
            task_id = await service.create()
            self._end = f", and the task {task_id} could not be stopped"
            with output:
                status = await self._speak(service, task_id)
                if args.wait or args.result:
                    output.waiting(service.kinds, stopped=True)
                await finish(args, output, service.client, task_id, status, service.kinds)
        except INTERRUPTS:
            self._interrupted()
            raise

    async def _speak(self, service: Service, task_id: str) -> object:
        """Push all that there is, and stop the task, whatever has happened; return its status.

        Raises:
            TaskEnded: the stream has failed, or the task could not be stopped.
            ValueError, OSError: the source could not be read to its end.
        """
        from mock_tingwu.client.errors import ClientError

        problem: BaseException | None = None
        status: object = UNKNOWN
        info: Info | None = None
        try:
            self._output.created(task_id)
            await self._push(service.stream())
        except BaseException as error:
            problem = error
        try:
            status = await service.stop()
            self._end = f", and the task {task_id} is stopped"
        except ClientError as error:
            problem = problem or error
        if problem is None:
            return status
        told = problem if isinstance(problem, ClientError) else None
        if told is not None:
            # The task may have failed by itself, which says more than that its stream has.
            with suppress(ClientError):
                info = await service.info()
                status = info.status
        self._output.ended(task_id, status, info, links=False, error=told)
        if told is not None:
            raise TaskEnded(told) from told
        raise problem

    async def _push(self, stream: AudioStream[Any]) -> None:
        from mock_tingwu.cli.pushing import push

        await push(
            stream,
            self._source.pieces,
            speed=self._args.speed,
            on_event=self._hear,
            on_position=self._note,
        )

    def _hear(self, event: object) -> None:
        from mock_tingwu.client import SentenceEnd

        self._sentences += isinstance(event, SentenceEnd)
        self._output.caption(event)

    def _note(self, position: int) -> None:
        self._pushed = position
        self._output.position(position)

    def _interrupted(self) -> None:
        from mock_tingwu.cli.terminal import minutes

        heard = counted(self._sentences, "sentence")
        why = f"interrupted after {minutes(self._pushed)}; {heard} heard{self._end}."
        complain(self._command, why)
