"""What an agent's stream tells, as dataclasses (realtime-ws 8.4).

Captions are the ones of `events`; those of the industrial agent come together with a translation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mock_tingwu.client.events import (
    Completed,
    Json,
    Reconnected,
    Reconnecting,
    ResultChanged,
    ResultTranslated,
    SentenceBegin,
    SentenceEnd,
    TranslatedText,
    json_of,
    member,
    number,
)


@dataclass(frozen=True, slots=True)
class Ping:
    """Nothing else was said for a while; it wants no answer."""


@dataclass(frozen=True, slots=True)
class AiResult:
    """What the industrial agent takes the words for, told before the stream is complete."""

    correction: str


@dataclass(frozen=True, slots=True)
class AgentFailed:
    """The stream has failed; nothing follows.

    ``code`` is one of the platform or one of the agent, such as Agent.InputInvalidDataId.
    """

    code: str
    text: str


AgentEvent = (
    SentenceBegin
    | ResultChanged
    | SentenceEnd
    | ResultTranslated
    | Ping
    | AiResult
    | Reconnecting
    | Reconnected
    | Completed
    | AgentFailed
)


def parse(message: str | bytes) -> tuple[str, Json, tuple[AgentEvent, ...]]:
    """The name of what happened, the output, and the events.

    The name is that of the action where the message has an output with one. Lenient, since the
    service adds fields and events over time: what is no message of it has no name, and what has
    another shape than its own is no event.
    """
    decoded = json_of(message)
    header, output = member(decoded, "header"), member(member(decoded, "payload"), "output")
    name = header.get("event")
    if name == "result-generated":
        name = output.get("action")
    try:
        events = tuple(_events(str(name or ""), header, output))
    except (AttributeError, TypeError, LookupError):
        events = ()
    return str(name or ""), output, events


def _events(name: str, header: Json, output: Json) -> Iterator[AgentEvent]:
    match name:
        case "recognize-result":
            if transcription := member(output, "transcription"):
                yield _caption(transcription)
            yield from _translations(member(output, "translations"))
        case "ping":
            yield Ping()
        case "ai-result":
            yield AiResult(member(output, "aiResult").get("correction", ""))
        case "speech-end" | "task-finished":
            yield Completed()
        case "task-failed":
            # The platform's failures stand in the header, the agents' in the output.
            yield AgentFailed(
                header.get("error_code") or output.get("errorCode", ""),
                header.get("error_message") or output.get("errorMessage", ""),
            )


def _caption(transcription: Json) -> AgentEvent:
    index, text = number(transcription, "sentenceId"), transcription.get("text")
    # The industrial agent says endTime, the one of meetings time.
    time = number(transcription, "endTime" if "endTime" in transcription else "time")
    if transcription.get("sentenceEnd"):
        words = transcription.get("words") or [{}]
        stash = member(transcription, "stashResult")
        return SentenceEnd(
            index,
            number(transcription, "beginTime", number(words[0], "beginTime", time)),
            time,
            text or "",
            stash.get("text", ""),
            stash_begin=number(stash, "beginTime") if "beginTime" in stash else None,
        )
    return SentenceBegin(index, time) if text is None else ResultChanged(index, time, text)


def _translations(translations: Json) -> Iterator[ResultTranslated]:
    # The industrial agent has them one level deeper, one sentence each.
    for language, said in (member(translations, "translations") or translations).items():
        if not isinstance(said, dict):
            continue
        if "translateResult" in said:
            items = tuple(
                TranslatedText(
                    number(item, "sentenceId"),
                    item.get("text", ""),
                    # Only the translation of a final sentence has times (realtime-ws 8.4).
                    final="endTime" in item,
                    partial=item.get("partial", False),
                )
                for item in said["translateResult"]
            )
        else:
            index, text = number(said, "sentenceId"), said.get("text", "")
            final = said.get("sentenceEnd", False)
            items = (TranslatedText(index, text, final=final, partial=False),)
        target = str(said.get("targetLang", said.get("lang", language)))
        yield ResultTranslated("", said.get("sourceLang", ""), target, items)
