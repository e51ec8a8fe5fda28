"""What holds of the events of a realtime stream, whatever the client does (realtime-ws 3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

Event = dict[str, Any]
#: One letter for each event, to write the grammar of a stream with.
LETTERS: Final = {
    "TranscriptionStarted": "S",
    "SentenceBegin": "b",
    "TranscriptionResultChanged": "c",
    "SentenceEnd": "e",
    "ResultTranslated": "t",
    "TranscriptionCompleted": "C",
    "TaskFailed": "F",
}
GRAMMAR: Final = re.compile("(?:S(?:b(?:ct*)*et*)*(?:C|b(?:ct*)*(?=F|$)|(?=F|$)))*F*")


def check_grammar(events: Sequence[Event]) -> None:
    """The events of one connection come in the documented order."""
    letters = "".join(LETTERS[event["header"]["name"]] for event in events)
    assert GRAMMAR.fullmatch(letters), letters


def count_sentences(events: Sequence[Event], *, gaps: bool) -> tuple[int, int]:
    """The last index and the number of final sentences in all events of a task.

    Indexes rise by one, or by more where a stream broke off (``gaps``) or a sentence was not told
    to its end; times do not fall.
    """
    index, time, ends, is_open = -1, 0, 0, False
    for event in events:
        name, payload = event["header"]["name"], event.get("payload", {})
        if name == "SentenceBegin":
            skipped = gaps or is_open
            assert payload["index"] == index + 1 or (skipped and payload["index"] > index)
            assert payload["time"] >= time
            index, is_open = payload["index"], True
        elif name == "TranscriptionResultChanged":
            assert payload["index"] == index
            assert payload["begin_time"] >= time
        elif name == "SentenceEnd":
            assert payload["index"] == index
            assert payload["time"] >= payload["begin_time"] >= time
            time, ends, is_open = payload["time"], ends + 1, False
    return index, ends


def plain(event: Event) -> str | int:
    """An event that is no caption: its name, or the status of a failure."""
    header = event["header"]
    if header["name"] == "TaskFailed":
        return int(header["status"])
    return "" if "payload" in event else str(header["name"])
