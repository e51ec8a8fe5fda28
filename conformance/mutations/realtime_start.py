"""Mutants that are too particular about StartTranscription, or obey what they should not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import uuid4

from msgspec.structs import replace

from mock_tingwu.conformance.mutants import events, mutant, patched
from mock_tingwu.core import errors
from mock_tingwu.core.errors import SessionError
from mock_tingwu.protocols import nls
from mock_tingwu.protocols.nls_table import CONNECTED, IDLE, REFUSALS, SESSION, WORKING, Input

AREA = "RT-START"
Message = Mapping[str, Any]

#: What the NLS gateway itself says about a message or a parameter that it does not like.
BAD_MESSAGE = SessionError(
    40000002, "Gateway:MESSAGE_INVALID:Invalid message id ''!", "documented", "realtime-ws 2.1"
)
BAD_PARAMETER = errors.DIRECTIVE_INVALID.about("Invalid payload!")


def refusing(
    error: SessionError, when: Callable[[Message, Message], bool], name: str = "StartTranscription"
) -> AbstractContextManager[None]:
    """Refuse commands called ``name``, by their header and the whole message."""
    receive_text = nls.Session.receive_text

    def mutated(self: nls.Session, text: str | bytes, now: int) -> nls.Request:
        message = json.loads(text)
        header = message.get("header", {})
        if header.get("name") == name and when(header, message):
            return self._refuse(error)
        return receive_text(self, text, now)

    return patched(nls.Session, "receive_text", mutated)


def payload(message: Message) -> Message:
    """Its payload, empty if there is none."""
    found = message.get("payload", {})
    return found if isinstance(found, dict) else {}


@mutant("TranscriptionStarted comes at once", area=AREA, caught_by=["RT-START-002"])
def started_at_once() -> AbstractContextManager[None]:
    return patched(nls, "START_DELAY_MS", 0)


@mutant("TranscriptionStarted comes twice", area=AREA, caught_by=["RT-START-001", "RT-ORDER-002"])
def started_twice() -> AbstractContextManager[None]:
    def change(event: dict[str, Any]) -> list[dict[str, Any]]:
        is_start = event["header"]["name"] == "TranscriptionStarted"
        return [event, event] if is_start else [event]

    return events(change)


@mutant("TranscriptionStarted has a session_id", area=AREA, caught_by=["RT-START-003"])
def started_with_session_id() -> AbstractContextManager[None]:
    def change(event: dict[str, Any]) -> list[dict[str, Any]]:
        if event["header"]["name"] == "TranscriptionStarted":
            event["payload"] = {"session_id": uuid4().hex}
        return [event]

    return events(change)


@mutant(
    "every event has a task_id of its own",
    area=AREA,
    caught_by=["RT-START-004", "RT-START-005", "RT-ERROR-014"],
)
def task_id_per_event() -> AbstractContextManager[None]:
    def change(event: dict[str, Any]) -> list[dict[str, Any]]:
        event["header"]["task_id"] = uuid4().hex
        return [event]

    return events(change)


@mutant(
    "who sends no task_id gets an empty one",
    area=AREA,
    caught_by=[
        "RT-START-005",
        "RT-START-006",
    ],
)
@contextmanager
def empty_task_id() -> Iterator[None]:
    obey = nls.Session._obey

    def mutated(self: nls.Session, command: Input, header: Message, sent: object) -> nls.Request:
        request = obey(self, command, header, sent)
        self.sent_none = "task_id" not in header  # type: ignore[attr-defined]
        return request

    message = nls.Session.message

    def blank(self: nls.Session, *given: Any, **named: Any) -> tuple[str, bytes]:
        message_id, data = message(self, *given, **named)
        if getattr(self, "sent_none", False):
            event = json.loads(data)
            event["header"]["task_id"] = ""
            data = json.dumps(event).encode()
        return message_id, data

    with patched(nls.Session, "_obey", mutated), patched(nls.Session, "message", blank):
        yield


@mutant(
    "a command needs a message_id, as NLS says",
    area=AREA,
    caught_by=["RT-START-005", "RT-START-007"],
)
def message_id_required() -> AbstractContextManager[None]:
    return refusing(BAD_MESSAGE, lambda header, message: "message_id" not in header)


@mutant("format has to be in the payload", area=AREA, caught_by=["RT-START-008"])
def format_required() -> AbstractContextManager[None]:
    return refusing(BAD_PARAMETER, lambda header, message: "format" not in payload(message))


@mutant(
    "a context is an unknown part of a command",
    area=AREA,
    caught_by=[
        "RT-START-008",
        "RT-START-009",
        "RT-START-010",
        "RT-START-011",
        "RT-START-012",
    ],
)
def context_refused() -> AbstractContextManager[None]:
    return refusing(BAD_MESSAGE, lambda header, message: "context" in message)


@mutant("of a context sdk alone is known", area=AREA, caught_by=["RT-START-010"])
def network_refused() -> AbstractContextManager[None]:
    return refusing(BAD_MESSAGE, lambda header, message: "network" in message.get("context", ""))


#: Parameters that the Tingwu page shows.
_SHOWN = frozenset({"format", "sample_rate"})
_OFTEN = _SHOWN | {
    "enable_intermediate_result",
    "enable_punctuation_prediction",
    "enable_inverse_text_normalization",
}


@mutant(
    "only the parameters that the page shows are taken",
    area=AREA,
    caught_by=[
        "RT-START-009",
        "RT-START-011",
        "RT-START-012",
        "RT-START-014",
    ],
)
def few_parameters() -> AbstractContextManager[None]:
    return refusing(BAD_PARAMETER, lambda header, message: bool(set(payload(message)) - _SHOWN))


@mutant(
    "parameters of the C++ SDK that no page shows are refused",
    area=AREA,
    caught_by=["RT-START-011", "RT-PAUSE-008"],
)
def offsets_refused() -> AbstractContextManager[None]:
    return refusing(BAD_PARAMETER, lambda header, message: "tw_time_offset" in payload(message))


@mutant(
    "parameters that no page of NLS shows are refused",
    area=AREA,
    caught_by=["RT-START-014"],
)
def unknown_parameters_refused() -> AbstractContextManager[None]:
    known = _OFTEN | {"max_sentence_silence", "enable_words", "tw_time_offset", "tw_index_offset"}
    return refusing(BAD_PARAMETER, lambda header, message: bool(set(payload(message)) - known))


@mutant("sample_rate has to be a number", area=AREA, caught_by=["RT-START-013"])
def rate_is_a_number() -> AbstractContextManager[None]:
    return refusing(
        BAD_PARAMETER, lambda header, message: isinstance(payload(message).get("sample_rate"), str)
    )


@mutant(
    "the payload decides on interim results, as with NLS",
    area=AREA,
    caught_by=["RT-START-017", "RT-START-018"],
)
def interim_results_by_payload() -> AbstractContextManager[None]:
    obey = nls.Session._obey

    def mutated(self: nls.Session, command: Input, header: Message, sent: object) -> nls.Request:
        if command is Input.START and isinstance(sent, dict):
            level = 2 if sent.get("enable_intermediate_result") else 1
            self._options = replace(self._options, output_level=level)
        return obey(self, command, header, sent)

    return patched(nls.Session, "_obey", mutated)


@mutant("audio before TranscriptionStarted is dropped", area=AREA, caught_by=["RT-START-020"])
def early_audio_dropped() -> AbstractContextManager[None]:
    return patched(nls.Session, "_keep_early", lambda self, data: None)


@mutant("a socket carries one stream only", area="RT-PAUSE", caught_by=["RT-PAUSE-010"])
@contextmanager
def one_stream_per_socket() -> Iterator[None]:
    refusal = errors.MESSAGE_INVALID_IN_STATE.about("COMPLETED")
    table = dict(SESSION.table)
    del table[IDLE, Input.START]
    refusals = dict(REFUSALS) | {(IDLE, Input.START): refusal}
    init = nls.Session.__init__

    def mutated(self: nls.Session, *given: Any, **named: Any) -> None:
        init(self, *given, **named)
        self._table = table

    with patched(nls.Session, "__init__", mutated), patched(nls, "REFUSALS", refusals):
        yield


@mutant("a second StartTranscription is a bad message", area=AREA, caught_by=["RT-START-021"])
def second_start_is_bad_message() -> AbstractContextManager[None]:
    refusals = dict(REFUSALS) | {(WORKING, Input.START): BAD_MESSAGE}
    return patched(nls, "REFUSALS", refusals)


@mutant("audio before StartTranscription is a state error", area=AREA, caught_by=["RT-START-022"])
def early_audio_is_state_error() -> AbstractContextManager[None]:
    refusals = dict(REFUSALS) | {(CONNECTED, Input.AUDIO): errors.NOT_WORKING}
    return patched(nls, "REFUSALS", refusals)


@mutant(
    "five seconds without data are too many",
    area=AREA,
    caught_by=["RT-START-025", "RT-ERROR-004", "RT-CONNECT-024"],
)
def five_seconds() -> AbstractContextManager[None]:
    return patched(nls, "IDLE_MS", 5_000)
