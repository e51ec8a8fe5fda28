"""The realtime WebSocket: in which order events come."""

from __future__ import annotations

from mock_tingwu.conformance import MUST, Cloud, case
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import STREAM_PUSH


@case(
    "RT-ORDER-001",
    "TranscriptionStarted is first and TranscriptionCompleted last",
    sends="StartTranscription, eight seconds of speech, StopTranscription",
    expects="TranscriptionStarted, sentences, TranscriptionCompleted",
    level=MUST,
    source=STREAM_PUSH("interaction flow"),
    operations=("TranscriptionStarted", "TranscriptionCompleted"),
)
async def started_first_completed_last(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.speech)
    names = session.names
    check = cloud.check
    check.equal(names[0], "TranscriptionStarted", "the first event", facet=EVENTS)
    check.equal(names[-1], "TranscriptionCompleted", "the last event", facet=EVENTS)
    check.that("SentenceEnd" in names, "a SentenceEnd between them", names, facet=EVENTS)
