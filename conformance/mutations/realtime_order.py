"""Mutants whose realtime events come in another order, or with other texts and times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from mock_tingwu.conformance.mutants import Body, events, mutant, patched
from mock_tingwu.core.recognizer import Heard
from mock_tingwu.core.stream import AudioStream

from .realtime_event import each, with_options

AREA = "RT-ORDER"
RESULTS = ("SentenceBegin", "TranscriptionResultChanged", "SentenceEnd")


@mutant(
    "sentences end after TranscriptionCompleted",
    area=AREA,
    caught_by=["RT-ORDER-001", "RT-ORDER-003", "RT-ORDER-019"],
)
def ends_after_completed() -> AbstractContextManager[None]:
    held: dict[str, list[Body]] = defaultdict(list)

    def change(event: Body) -> list[Body]:
        name, task_id = event["header"]["name"], event["header"]["task_id"]
        if name == "SentenceEnd":
            held[task_id].append(event)
            return []
        return [event, *held.pop(task_id, [])] if name == "TranscriptionCompleted" else [event]

    return events(change)


@mutant(
    "TranscriptionCompleted comes twice",
    area=AREA,
    caught_by=[
        "RT-ORDER-002",
    ],
)
def completed_twice() -> AbstractContextManager[None]:
    def change(event: Body) -> list[Body]:
        is_end = event["header"]["name"] == "TranscriptionCompleted"
        return [event, event] if is_end else [event]

    return events(change)


@mutant("sentences are counted from 1, as by NLS", area=AREA, caught_by=["RT-ORDER-004"])
def index_from_one() -> AbstractContextManager[None]:
    def change(header: Body, payload: Body) -> None:
        payload["index"] += 1
        if "stash_result" in payload:
            payload["stash_result"]["index"] += 1
            payload["stash_result"]["sentenceId"] += 1

    return each(change, *RESULTS)


@mutant("index does not rise", area=AREA, caught_by=["RT-ORDER-005"])
def index_stands_still() -> AbstractContextManager[None]:
    return each(lambda header, payload: payload.update(index=0), *RESULTS)


@mutant(
    "there is no SentenceBegin",
    area=AREA,
    caught_by=[
        "RT-ORDER-004",
        "RT-ORDER-006",
        "RT-ORDER-010",
        "RT-EVENT-010",
    ],
)
def no_begins() -> AbstractContextManager[None]:
    return events(lambda event: [] if event["header"]["name"] == "SentenceBegin" else [event])


@mutant(
    "interim results belong to the next sentence already", area=AREA, caught_by=["RT-ORDER-007"]
)
def interim_results_ahead() -> AbstractContextManager[None]:
    return each(
        lambda header, payload: payload.update(index=payload["index"] + 1),
        "TranscriptionResultChanged",
    )


@mutant("interim results come whoever asks for them", area=AREA, caught_by=["RT-ORDER-008"])
def interim_results_always() -> AbstractContextManager[None]:
    return with_options(output_level=2)


@mutant("interim results never come", area=AREA, caught_by=["RT-ORDER-009"])
def interim_results_never() -> AbstractContextManager[None]:
    return with_options(output_level=1)


@mutant("interim results have only what is new", area=AREA, caught_by=["RT-ORDER-011"])
def interim_results_are_deltas() -> AbstractContextManager[None]:
    def change(header: Body, payload: Body) -> None:
        payload["words"] = payload["words"][-1:]
        payload["result"] = "".join(word["text"] for word in payload["words"])

    return each(change, "TranscriptionResultChanged")


@mutant("the last word is not among the words", area=AREA, caught_by=["RT-ORDER-012"])
def last_word_missing() -> AbstractContextManager[None]:
    return each(lambda header, payload: payload["words"].pop(), "SentenceEnd")


@mutant("time of SentenceBegin is that of no sentence", area=AREA, caught_by=["RT-ORDER-013"])
def begins_at_zero() -> AbstractContextManager[None]:
    return each(lambda header, payload: payload.update(time=0), "SentenceBegin")


@mutant("time of SentenceEnd is where it began", area=AREA, caught_by=["RT-ORDER-014"])
def ends_where_it_began() -> AbstractContextManager[None]:
    return each(lambda header, payload: payload.update(time=payload["begin_time"]), "SentenceEnd")


@mutant("time of interim results counts down", area=AREA, caught_by=["RT-ORDER-015"])
def time_counts_down() -> AbstractContextManager[None]:
    return each(
        lambda header, payload: payload.update(time=max(0, 8000 - payload["time"])),
        "TranscriptionResultChanged",
    )


@mutant("times are in bytes", area=AREA, caught_by=["RT-ORDER-016", "RT-AUDIO-016", "RT-AUDIO-015"])
def times_in_bytes() -> AbstractContextManager[None]:
    return each(lambda header, payload: payload.update(time=32 * payload["time"]), *RESULTS)


@mutant(
    "words count from the begin of their sentence",
    area=AREA,
    caught_by=["RT-ORDER-018"],
)
def words_from_the_sentence() -> AbstractContextManager[None]:
    def change(header: Body, payload: Body) -> None:
        for word in payload["words"]:
            word["startTime"] -= payload["begin_time"]
            word["endTime"] -= payload["begin_time"]

    return each(change, "SentenceEnd")


@mutant("words go beyond their sentence", area=AREA, caught_by=["RT-ORDER-017"])
def words_beyond_the_sentence() -> AbstractContextManager[None]:
    def change(header: Body, payload: Body) -> None:
        payload["words"][-1]["endTime"] += 1000

    return each(change, "SentenceEnd")


@mutant(
    "what is open at the end of a stream is dropped",
    area=AREA,
    caught_by=["RT-ORDER-019"],
)
def open_sentence_dropped() -> AbstractContextManager[None]:
    def nothing(self: Any) -> Sequence[Heard]:
        return ()

    return patched(AudioStream, "flush", nothing)
