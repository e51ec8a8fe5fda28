"""What the cases about realtime events have in common: a meeting in which something was said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mock_tingwu.conformance import Cloud
from mock_tingwu.conformance.checks import CLOSE, EVENTS
from mock_tingwu.conformance.streams import Event, MeetingSession

#: What most cases send.
SPEECH: Final = "StartTranscription, eight seconds of speech, StopTranscription"
SPEECH_2: Final = f"a meeting with Transcription.OutputLevel 2; {SPEECH}"

#: Parameters that ask for interim results.
INTERIM: Final[dict[str, Any]] = {"Transcription": {"OutputLevel": 2}}
#: Parameters that ask for a translation of whole sentences.
TRANSLATED: Final[dict[str, Any]] = {
    "TranslationEnabled": True,
    "Translation": {"TargetLanguages": ["en"]},
}
#: Names of the events that tell what was heard.
RESULTS: Final = ("SentenceBegin", "TranscriptionResultChanged", "SentenceEnd")
#: All events of a stream whose meeting asks neither for interim results nor for translations.
USUAL: Final = frozenset(
    ("TranscriptionStarted", "SentenceBegin", "SentenceEnd", "TranscriptionCompleted")
)
#: A case that waits for PAUSED may take so long, in seconds: when it comes no document says.
PAUSED_LIMIT_S: Final = 180.0


async def heard(cloud: Cloud, parameters: Mapping[str, Any] | None = None) -> MeetingSession:
    """A session, which is over, in which eight seconds of speech were heard."""
    _, session = await cloud.meeting(parameters)
    async with session:
        await session.hear(cloud.speech)
    return session


def some(cloud: Cloud, session: MeetingSession, name: str) -> list[Event]:
    """The events called ``name``, of which there has to be one."""
    events = session.named(name)
    cloud.check.that(bool(events), f"a {name}", session.names, facet=EVENTS)
    return events


def integers(cloud: Cloud, values: Mapping[str, Any], *names: str, what: str) -> None:
    """Each of these fields is a whole number, and is written as one."""
    cloud.check.has(values, *names, what=what, facet=EVENTS)
    for name in names:
        value = values[name]
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        cloud.check.that(is_whole, f"{name} of {what} to be an integer", value, facet=EVENTS)


def strings(cloud: Cloud, values: Mapping[str, Any], *names: str, what: str) -> None:
    """Each of these fields is a string."""
    cloud.check.has(values, *names, what=what, facet=EVENTS)
    for name in names:
        is_text = isinstance(values[name], str)
        cloud.check.that(is_text, f"{name} of {what} to be a string", values[name], facet=EVENTS)


def check_words(cloud: Cloud, words: list[dict[str, Any]]) -> None:
    """There are words, each with its text and two integers."""
    cloud.check.that(bool(words), "a word", facet=EVENTS)
    for word in words:
        strings(cloud, word, "text", what="a word")
        integers(cloud, word, "startTime", "endTime", what="a word")


def check_confidence(cloud: Cloud, payload: dict[str, Any]) -> None:
    """There is a confidence from 0 to 1."""
    value = payload.get("confidence")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    cloud.check.that(is_number, "confidence to be a number", value, facet=EVENTS)
    cloud.check.that(0 <= payload["confidence"] <= 1, "confidence from 0 to 1", value, facet=EVENTS)


async def two_streams(cloud: Cloud, **payload: int) -> tuple[str, list[dict[str, object]], int]:
    """Push the same speech twice into a meeting, over two connections to one URL.

    ``payload`` is what the second one starts with. Returns the TaskId, payloads of all SentenceEnd
    and how many of them are of the first stream.
    """
    data = await cloud.tingwu.start()
    sentences: list[dict[str, object]] = []
    counts = []
    for changes in ({}, payload):
        async with cloud.join(data["MeetingJoinUrl"]) as session:
            await session.start(**changes)
            await session.push(cloud.speech)
            await session.stop()
        sentences += session.sentences
        counts.append(len(session.sentences))
    cloud.check.that(all(counts), "sentences in both streams", counts, facet=EVENTS)
    return data["TaskId"], sentences, counts[0]


async def transcript(cloud: Cloud, task_id: str) -> str:
    """End a meeting; return all words of its Transcription file."""
    await cloud.tingwu.stop(task_id)
    data = await cloud.tingwu.wait(task_id)
    file = await cloud.tingwu.result(data["Result"]["Transcription"], "Transcription")
    paragraphs = file["Transcription"]["Paragraphs"]
    return "".join(word["Text"] for paragraph in paragraphs for word in paragraph["Words"])


def check_code(cloud: Cloud, session: MeetingSession) -> None:
    """The service sent a CLOSE with a code: 1005 and 1006 stand for there being none."""
    has_code = session.close_code not in (None, 1005, 1006)
    cloud.check.that(has_code, "a CLOSE with a code", session.close_code, facet=CLOSE)
