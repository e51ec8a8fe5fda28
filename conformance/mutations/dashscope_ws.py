"""Mutants whose WebSocket of DashScope is not as documented: sessions, commands, refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from websockets.frames import Frame, Opcode

from mock_tingwu.conformance.agent_mutants import saying
from mock_tingwu.conformance.mutants import Body, events, mutant, patched, patched_item
from mock_tingwu.core.errors import ApiError
from mock_tingwu.protocols import inference
from mock_tingwu.protocols.inference_table import Input
from mock_tingwu.server.frames import Core
from mock_tingwu.services.connection import Endpoint, Rejection
from mock_tingwu.services.dashscope import realtime
from mock_tingwu.services.dashscope.keys import scope_of_call
from mock_tingwu.services.dashscope.realtime import DuplexConnection
from mock_tingwu.services.world import World

AREA = "DS-WS"


@mutant("speech-listen comes without task-started", area=AREA, caught_by=["DS-WS-001", "DS-WS-002"])
def ds_no_task_started() -> AbstractContextManager[None]:
    return events(lambda event: [] if event["header"]["event"] == "task-started" else [event])


@mutant("speech-listen does not name the meeting", area=AREA, caught_by=["DS-WS-002"])
def ds_listen_to_nothing() -> AbstractContextManager[None]:
    def nameless(output: Body) -> list[Body]:
        return [{name: value for name, value in output.items() if name != "dataId"}]

    return saying(nameless)


@mutant(
    "events have a task_id of the service",
    area=AREA,
    caught_by=["DS-WS-001", "DS-WS-003", "DS-WS-029", "DS-WS-030", "DS-WS-032"],
)
def ds_task_id_of_the_service() -> AbstractContextManager[None]:
    def renamed(event: Body) -> list[Body]:
        return [event | {"header": event["header"] | {"task_id": "f" * 32}}]

    return events(renamed)


@mutant("no task-finished follows", area=AREA, caught_by=["DS-WS-006"])
def ds_no_task_finished() -> AbstractContextManager[None]:
    return events(lambda event: [] if event["header"]["event"] == "task-finished" else [event])


@mutant("events without output have no payload", area=AREA, caught_by=["DS-WS-007"])
def ds_no_payload() -> AbstractContextManager[None]:
    return events(lambda event: [event if event["payload"] else {"header": event["header"]}])


@mutant("a stream needs no key that is right", area=AREA, caught_by=["DS-WS-022", "DS-WS-023"])
def ds_streams_for_all() -> AbstractContextManager[None]:
    return _handshake(lambda world, target, headers: scope_of_call(world, None, None))


def _handshake(
    scope_of: Callable[[World, str, Mapping[str, str]], Any],
) -> AbstractContextManager[None]:
    """Let everybody in, into this scope."""

    def route(world: World, target: str, headers: Mapping[str, str]) -> Endpoint | Rejection:
        return DuplexConnection(world, scope_of(world, target, headers), target)

    return patched(realtime, "route", route)


def _turning_away(
    predicate: Callable[[Mapping[str, str]], bool], status: int
) -> AbstractContextManager[None]:
    """Refuse handshakes whose headers fulfil this."""
    route = realtime.route

    def picky(world: World, target: str, headers: Mapping[str, str]) -> Endpoint | Rejection:
        if predicate(headers):
            return Rejection(status, "a mutant refuses it")
        return route(world, target, headers)

    return patched(realtime, "route", picky)


@mutant("the scheme of a key is written large", area=AREA, caught_by=["DS-WS-025"])
def ds_large_bearer() -> AbstractContextManager[None]:
    return _turning_away(
        lambda headers: not headers.get("authorization", "").startswith("Bearer "), 401
    )


@mutant("a handshake with an Origin is a browser's and refused", area=AREA, caught_by=["DS-WS-026"])
def ds_no_origin() -> AbstractContextManager[None]:
    return _turning_away(lambda headers: "origin" in headers, 403)


def _finishing(broken: Callable[[Body], bool]) -> AbstractContextManager[None]:
    """Refuse finish-task where its payload fulfils this."""
    finish = inference.Session._finish

    def picky(self: inference.Session, task_id: str, payload: Any, now: int) -> Any:
        if broken(payload):
            return self._reject("BadRequest.EmptyModel", "a mutant refuses it", now)
        return finish(self, task_id, payload, now)

    return patched(inference.Session, "_finish", picky)


@mutant("finish-task has a model that is one", area=AREA, caught_by=["DS-WS-027"])
def ds_model_is_not_null() -> AbstractContextManager[None]:
    return _finishing(lambda payload: payload.get("model", "") is None)


@mutant(
    "finish-task repeats what run-task says of its kind",
    area=AREA,
    caught_by=["DS-WS-028"],
)
def ds_kind_is_repeated() -> AbstractContextManager[None]:
    return _finishing(lambda payload: "task_group" not in payload)


def _task_ids(allowed: Callable[[str], bool]) -> AbstractContextManager[None]:
    return patched(
        inference.Session, "_check_task_id", lambda self, task_id: bool(allowed(task_id))
    )


@mutant("task_ids have 32 digits", area=AREA, caught_by=["DS-WS-029"])
def ds_only_32() -> AbstractContextManager[None]:
    return _task_ids(lambda task_id: len(task_id) == 32)


@mutant(
    "task_ids have 16 characters and no others, whatever SDKs send",
    area=AREA,
    caught_by=["DS-WS-030", "DS-WS-001", "DS-WS-027", "DS-WS-028"],
)
def ds_only_16() -> AbstractContextManager[None]:
    return _task_ids(lambda task_id: len(task_id) == 16)


@mutant("a PING is not answered", area=AREA, caught_by=["DS-WS-033"])
def ds_no_pong() -> AbstractContextManager[None]:
    send_frame = Core.send_frame

    def silent(self: Any, frame: Frame) -> None:
        if frame.opcode is not Opcode.PONG:
            send_frame(self, frame)

    return patched(Core, "send_frame", silent)


@mutant("a ping comes every 10 s", area=AREA, caught_by=["DS-WS-036"])
def ds_early_ping() -> AbstractContextManager[None]:
    return patched(inference, "PING_MS", 10_000)


@mutant("a stream into which nobody pushes stays open", area=AREA, caught_by=["DS-WS-037"])
def ds_patient() -> AbstractContextManager[None]:
    return patched_item(_idle(), inference.MEETING, 10**9)


@mutant(
    "a stream is closed after 5 s without audio",
    area=AREA,
    caught_by=["DS-WS-038"],
)
def ds_impatient() -> AbstractContextManager[None]:
    return patched_item(_idle(), inference.MEETING, 5_000)


@mutant("a worker has 10 s as a meeting has", area=AREA, caught_by=["DS-WS-068"])
def ds_impatient_with_workers() -> AbstractContextManager[None]:
    return patched_item(_idle(), inference.INSTRUCTION, 10_000)


def _idle() -> dict[str, int]:
    table = inference.IDLE_MS
    assert isinstance(table, dict)
    return table


@mutant("an agent fails in the header", area=AREA, caught_by=["DS-WS-039"])
def ds_failure_in_the_header() -> AbstractContextManager[None]:
    def fail(self: inference.Session, error: ApiError, now: int) -> None:
        if self._advance(Input.ERROR):
            fields = {"error_code": error.code, "error_message": error.message}
            self._event("task-failed", now, **fields)
            self.close_code = 1000

    return patched(inference.Session, "fail", fail)


@mutant("a stream stays open after it has failed", area=AREA, caught_by=["DS-WS-039"])
def ds_open_after_failure() -> AbstractContextManager[None]:
    fail = inference.Session.fail

    def lenient(self: inference.Session, error: ApiError, now: int) -> None:
        fail(self, error, now)
        self.close_code = None

    return patched(inference.Session, "fail", lenient)


def _coded(code: str, other: str, output: Body) -> list[Body]:
    return [output | {"errorCode": other} if output.get("errorCode") == code else output]


def _saying(code: str, other: str) -> AbstractContextManager[None]:
    """Failures with one code have another."""
    return saying(partial(_coded, code, other))


@mutant(
    "a dataId that is none is a wrong parameter",
    area=AREA,
    caught_by=["DS-WS-042", "DS-WS-043", "DS-MEET-013", "DS-MEET-014"],
)
def ds_data_id_is_a_parameter() -> AbstractContextManager[None]:
    return _saying("Agent.InputInvalidDataId", "InvalidParameter")


@mutant(
    "an appId that is none is a wrong parameter",
    area=AREA,
    caught_by=["DS-WS-044", "DS-WS-045"],
)
def ds_app_id_is_a_parameter() -> AbstractContextManager[None]:
    return _saying("Agent.InputAppIdIllegal", "InvalidParameter")


@mutant("an application that is a draft is not there", area=AREA, caught_by=["DS-WS-046"])
def ds_draft_is_not_there() -> AbstractContextManager[None]:
    return _saying("Agent.AppNotPublished", "Agent.AppInfoNotExist")


@mutant(
    "an action or directive that is none is a wrong parameter",
    area=AREA,
    caught_by=["DS-WS-047", "DS-WS-048"],
)
def ds_action_is_a_parameter() -> AbstractContextManager[None]:
    return _saying("Agent.InputActionIllegal", "InvalidParameter")


# The agent for instructions


@mutant(
    "an instruction needs a dataId",
    area=AREA,
    caught_by=["DS-WS-055"],
)
def ds_instruction_needs_data_id() -> AbstractContextManager[None]:
    return patched(
        DuplexConnection, "_new_instruction", lambda self, request: self._meeting_of(request)
    )


@mutant("the correction comes after speech-end", area=AREA, caught_by=["DS-WS-056"])
def ds_late_correction() -> AbstractContextManager[None]:
    held: list[Body] = []

    def later(output: Body) -> list[Body]:
        if output["action"] == "ai-result":
            held.append(output)
            return []
        if output["action"] == "speech-end" and held:
            return [output, held.pop()]
        return [output]

    return saying(later)


@mutant("nothing is corrected", area=AREA, caught_by=["DS-WS-056"])
def ds_no_correction() -> AbstractContextManager[None]:
    return saying(lambda output: [] if output["action"] == "ai-result" else [output])


@mutant(
    "an instruction and its translation come one after the other, as a meeting's do",
    area=AREA,
    caught_by=["DS-WS-057"],
)
def ds_translation_apart() -> AbstractContextManager[None]:
    def apart(output: Body) -> list[Body]:
        names = [name for name in ("transcription", "translations") if name in output]
        if len(names) < 2:
            return [output]
        return [{"action": output["action"], name: output[name]} for name in names]

    return saying(apart)


@mutant(
    "nobody says which parameter of an instruction is wrong",
    area=AREA,
    caught_by=["DS-WS-059", "DS-WS-060", "DS-WS-061", "DS-WS-062", "DS-WS-063", "DS-WS-064"],
)
def ds_some_parameter() -> AbstractContextManager[None]:
    official = "Invalid parameter. Please refer to the official documents."

    def vague(output: Body) -> list[Body]:
        if output.get("errorCode") != "InvalidParameter":
            return [output]
        return [output | {"errorMessage": official}]

    return saying(vague)


@mutant("a pause is shorter than 6 s", area=AREA, caught_by=["DS-WS-065"])
def ds_shorter_pause() -> AbstractContextManager[None]:
    return patched(realtime, "LONGEST_SILENCE_MS", 5_999)


@mutant("a pause may be as long as one likes", area=AREA, caught_by=["DS-WS-061"])
def ds_any_pause() -> AbstractContextManager[None]:
    return patched(realtime, "LONGEST_SILENCE_MS", 10**9)


@mutant("instructions are heard as meetings are", area=AREA, caught_by=["DS-WS-066"])
def ds_formats_of_meetings() -> AbstractContextManager[None]:
    return patched(realtime, "FORMATS", ("pcm", "opus", "aac", "speex", "mp3"))


@mutant("pauses are of one length", area=AREA, caught_by=["DS-WS-067"])
def ds_one_pause() -> AbstractContextManager[None]:
    new = DuplexConnection._new_instruction

    def usual(self: Any, request: inference.RunRequested) -> Any:
        parameters = {k: v for k, v in request.parameters.items() if k != "maxEndSilence"}
        changed = inference.RunRequested(request.model, request.app_id, request.data_id, parameters)
        return new(self, changed)

    return patched(DuplexConnection, "_new_instruction", usual)
