"""What cases about Live's tasks have in common: what they need, and one parameter each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mock_tingwu.conformance import MUST, Cloud, Need, case
from mock_tingwu.conformance.sources import Source

CREATE: Final = ("CreateRtcAsrTask",)
QUERY: Final = ("QueryRtcAsrTasks",)
STOP: Final = ("StopRtcAsrTask",)
DELETE: Final = ("DeleteRtcAsrTask",)
CALLBACK: Final = ("Live callback",)

#: How long a case may take that waits for speech, in seconds.
SPEECH_S: Final = 120.0

#: A task listens to a stream that is on, and posts to an address here.
LISTENS: Final = (Need.STREAM, Need.OUTSIDE)
#: Two tasks at a time, of a stream each: whether a second task may listen to a stream that has one
#: is not known.
TWO_STREAMS: Final = (*LISTENS, Need.SECOND_STREAM)
#: A channel that somebody speaks in: only a mock imagines one.
CHANNEL: Final = (Need.SETTINGS, Need.OUTSIDE)
#: The parameters of a channel.
IN_CHANNEL: Final[dict[str, str | None]] = {
    "Mode": "rtc",
    "StreamURL": None,
    "SDKAppID": "conformance-app",
    "ChannelID": "conformance-channel",
    "RtcUserId": "speaker-1",
}
#: Nobody posts there: a task with it is not to begin.
NOWHERE: Final = "https://captions.example.com/live"
#: No task has this TaskId.
NOBODY: Final = "asr-00000000-0000-4000-8000-000000000000"


def taken(
    id: str,
    title: str,
    source: Source,
    *,
    shown: dict[str, Any] | None = None,
    level: str = MUST,
    **parameters: str,
) -> None:
    """Register a case: a task with these parameters begins, and a Query has ``shown`` of it."""
    shown = shown or {}
    said = ", ".join(f"{name} {value!r}" for name, value in shown.items())

    @case(
        id,
        title,
        sends=f"CreateRtcAsrTask {_said(parameters)}",
        expects=f"RetCode 2000; a Query has {said}" if said else "RetCode 2000 with a TaskId",
        level=level,
        source=source,
        operations=CREATE + QUERY if said else CREATE,
        needs=LISTENS,
    )
    async def begins(cloud: Cloud) -> None:
        task_id = await cloud.live.start(cloud.outside.mailbox().url, **parameters)
        cloud.check.matches(task_id, "asr-.+", "TaskId")
        if shown:
            tasks = await cloud.live.tasks(task_id)
            cloud.check.has(tasks, task_id, what="Tasks")
            task = tasks[task_id]
            cloud.check.has(task, *shown, what="the task")
            for name, value in shown.items():
                cloud.check.equal(task[name], value, name)


def rejected(
    id: str,
    title: str,
    source: Source,
    mode: Mapping[str, str | None] | None = None,
    *,
    level: str = MUST,
    **changes: str | None,
) -> None:
    """Register a case: no task begins with the parameters of ``mode``, live if none, and these."""
    parameters = {**(mode or {}), **changes}

    @case(
        id,
        title,
        sends=f"CreateRtcAsrTask {_said(parameters)}",
        expects="an HTTP error with a Code, or another RetCode than 2000; no TaskId",
        level=level,
        source=source,
        operations=CREATE,
        negative=True,
    )
    async def does_not_begin(cloud: Cloud) -> None:
        usual: dict[str, str | None] = {"StreamURL": "rtmp://pull.example.com/app/none"}
        usual |= {"CallbackURL": NOWHERE, **parameters}
        answer = await cloud.live.create(cloud.live.stream("", **usual))
        cloud.live.rejected(answer)


def _said(parameters: Mapping[str, str | None]) -> str:
    given = [f"{name}={value}" for name, value in parameters.items() if value is not None]
    absent = [name for name, value in parameters.items() if value is None]
    parts = [f"with {', '.join(given)}"] if given else []
    return " and ".join([*parts, *(f"without {name}" for name in absent)])
