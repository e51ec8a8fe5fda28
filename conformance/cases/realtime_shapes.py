"""The shapes of the realtime WebSocket's events: one case for each event, all fields of it.

Other cases look at what they are about, and only note where a shape is otherwise.
"""

from __future__ import annotations

import json
from typing import Any, Final

from mock_tingwu.conformance import MUST, Cloud, case
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import NLS_TRANSCRIBER, STREAM_PUSH, Source
from mock_tingwu.conformance.streams import Event

from .realtime_heard import INTERIM, SPEECH, TRANSLATED, heard, some


def shape(
    number: int, name: str, source: Source, fields: str, parameters: dict[str, Any] | None = None
) -> None:
    """A case: one event has its shape, in a meeting with these parameters."""
    wanted = " and ".join(parameters) if parameters else "nothing else"

    @case(
        f"RT-SHAPE-{number:03}",
        f"{name} has its documented shape",
        sends=f"a meeting that asks for {wanted}; {SPEECH}; every {name}",
        expects=fields,
        level=MUST,
        source=source,
        operations=(name,),
    )
    async def has_its_shape(cloud: Cloud) -> None:
        session = await heard(cloud, parameters)
        for event in some(cloud, session, name):
            _fits(cloud, event)


def _fits(cloud: Cloud, event: Event) -> None:
    cloud.check.fits("realtime/event", event.message, facet=EVENTS)


_HEADER: Final = "header: namespace, name, status, status_text, message_id, task_id"

shape(1, "TranscriptionStarted", STREAM_PUSH("TranscriptionStarted"), _HEADER)
shape(2, "SentenceBegin", STREAM_PUSH("SentenceBegin"), "header, payload: index, time")
shape(
    3,
    "TranscriptionResultChanged",
    STREAM_PUSH("TranscriptionResultChanged"),
    "header, payload: index, time, result, words",
    INTERIM,
)
shape(
    4,
    "SentenceEnd",
    STREAM_PUSH("SentenceEnd"),
    "header, payload: index, time, result, words, stash_result",
)
shape(
    5,
    "ResultTranslated",
    STREAM_PUSH("ResultTranslated"),
    "header with source_message_id, payload: source_lang, target_lang, translate_result",
    TRANSLATED,
)
shape(6, "TranscriptionCompleted", STREAM_PUSH("TranscriptionCompleted"), "the header of all")


@case(
    "RT-SHAPE-007",
    "TaskFailed has its documented shape",
    sends="a command that is an empty object; its TaskFailed",
    expects="header: namespace, name, status, status_text, message_id",
    level=MUST,
    source=NLS_TRANSCRIBER("TaskFailed"),
    operations=("TaskFailed",),
    negative=True,
)
async def task_failed(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.send(json.dumps({}))
        _fits(cloud, await session.event("TaskFailed"))
