"""Situations of DashScope's agents: their calls, and their WebSocket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from mock_tingwu.conformance.client_check.situation import (
    Expectation,
    Kind,
    Push,
    Situation,
    rule,
)

_CREATE: Final = {"service": "dashscope", "operation": "createTask"}
_GET: Final = {"service": "dashscope", "operation": "getTask"}
_NEVER: Final = 600_000
_NETWORK: Final = "what networks do"

_GOOD: Final = {
    Expectation.CARRY_ON: "loses nothing",
    Expectation.TELL: "ends with an error that says why",
    Expectation.EITHER: "loses nothing, or gives up and says why",
    Expectation.LESS: "has the other results, and says which one is missing",
    Expectation.GIVE_UP: "gives up after a time of its own and says so",
}


def _call(
    id: str,
    title: str,
    does: str,
    advice: str,
    source: str,
    rules: tuple[Mapping[str, Any], ...] = (),
    *,
    expects: Expectation = Expectation.CARRY_ON,
    kind: Kind = Kind.DASHSCOPE,
    family: str = "AGENT",
    **more: Any,
) -> Situation:
    return Situation(
        id=f"CC-{family}-{id}",
        title=title,
        kind=kind,
        does=does,
        good=_GOOD[expects],
        fault="hangs, crashes, or ends as if all were well without what it came for",
        advice=advice,
        source=source,
        expects=expects,
        rules=rules,
        **more,
    )


def _stream(*given: Any, **more: Any) -> Situation:
    return _call(*given, kind=Kind.DASHSCOPE_STREAM, family="DUPLEX", **more)


def _missing(text: str) -> tuple[Mapping[str, Any], ...]:
    """The link to chapters that could not be made, in the second form that is plausible."""
    return (rule("patch_json", _GET, patch={"output": {"autoChaptersPath": text}}),)


CALLS: Final = (
    _call(
        "001",
        "a task that fails",
        "getTask answers output.status 2 and TSC.AudioFormat",
        "A failure comes with HTTP 200: look at output.status, then at errorCode.",
        "dashscope-tingwu 4",
        (
            rule(
                "task_failed",
                {"service": "dashscope"},
                error_code="TSC.AudioFormat",
                stage="processing",
            ),
        ),
        expects=Expectation.TELL,
        named=("TSC.AudioFormat",),
    ),
    _call(
        "002",
        "polling is throttled",
        "two getTask are refused with 429 Throttling.RateQuota",
        "Wait as long as retry-after-ms says and ask again.",
        "dashscope-tingwu 8.3",
        (rule("throttle", _GET, 2, retry_after=500),),
    ),
    _call(
        "003",
        "the API key is refused",
        "every createTask is refused with 401 InvalidApiKey",
        "A wrong key stays wrong: say so and end.",
        "dashscope-tingwu 5",
        (rule("api_error", _CREATE, code="InvalidApiKey"),),
        expects=Expectation.TELL,
    ),
    _call(
        "004",
        "the service answers 500",
        "one getTask is answered with HTTP 500 and InternalError",
        "Ask again after a pause: getTask changes nothing.",
        "dashscope-tingwu 7",
        (rule("api_error", _GET, 1, code="InternalError"),),
    ),
    _call(
        "005",
        "a result that is null",
        "the task completes, and autoChaptersPath is null",
        "null says that a sub-task has failed: name it, and read the others.",
        "dashscope-tingwu 4",
        (rule("subtask_failed", {"service": "dashscope"}, kind="AutoChapters"),),
        expects=Expectation.LESS,
        needs="AutoChapters",
        named=("autoChapters", "AutoChapters", "auto_chapters", "章节"),
    ),
    _call(
        "006",
        'a result that is the text "null"',
        'the task completes, and autoChaptersPath is the text "null"',
        'Treat the text "null" as null: the documents allow both.',
        "dashscope-tingwu 4",
        _missing("null"),
        expects=Expectation.LESS,
        needs="AutoChapters",
        named=("autoChapters", "AutoChapters", "auto_chapters", "章节"),
    ),
    _call(
        "007",
        "no answer to getTask",
        "the connection is closed without an answer to one getTask",
        "Ask again after a pause: getTask changes nothing.",
        _NETWORK,
        (rule("drop_connection", _GET, 1),),
    ),
    _call(
        "008",
        "a task that stays in progress",
        "no result is ever ready, and getTask answers status 1",
        "Wait with a limit, and poll in pauses that grow.",
        "dashscope-tingwu 4.2",
        expects=Expectation.GIVE_UP,
        settings={"result_interval_ms": 3_600_000},
        named=("RUNNING", "is 1", "status 1", "in progress", "not complete", "not finished"),
    ),
    _call(
        "009",
        "an answer that is no JSON",
        "one getTask is answered with half a body as if it were the whole",
        "Catch what the parser raises and ask again.",
        _NETWORK,
        (rule("malformed_json", _GET, 1),),
    ),
    _call(
        "010",
        "a dataId that is gone",
        "every getTask is refused with Agent.InputInvalidDataId",
        "A dataId lives a day: a refusal of it is an end.",
        "dashscope-tingwu 5",
        (rule("api_error", _GET, code="Agent.InputInvalidDataId"),),
        expects=Expectation.TELL,
    ),
    _call(
        "011",
        "an error in an answer with HTTP 200",
        "every getTask is answered with HTTP 200, a code and a message, and without output",
        "Look for output before you use it; code and message say what is wrong.",
        "dashscope-tingwu 7",
        (
            rule(
                "patch_json",
                _GET,
                patch={"output": None, "code": "InternalError", "message": "Internal error."},
            ),
        ),
        expects=Expectation.TELL,
        named=("InternalError", "Internal error"),
    ),
    _call(
        "012",
        "answers written in another way",
        "keys in another order, unknown fields, escapes and white space in every answer",
        "Read answers with a JSON parser, by the names that you know.",
        "RFC 8259 sections 2, 4 and 7",
        profile="plain,+key-order,+unknown-fields,+escapes,+white-space",
    ),
    _call(
        "013",
        "no answer to createTask, yet a task",
        "the connection is closed after the first createTask was done, without an answer",
        "Do not repeat createTask blindly: the first task is there, and is paid for.",
        _NETWORK,
        (rule("drop_connection", _CREATE, 1, stage="after"),),
        expects=Expectation.EITHER,
        excused=("stop-missing",),
    ),
)


def _message(event: str, output: Mapping[str, Any] | None) -> str:
    header = {"event": event, "task_id": "0" * 32}
    return json.dumps({"header": header, "payload": {} if output is None else {"output": output}})


def _on(event: str, **more: Any) -> Mapping[str, Any]:
    return {"service": "dashscope", "event": event, **more}


STREAMS: Final = (
    _stream(
        "001",
        "a slow start",
        "speech-listen comes 3 s late",
        "Hold audio back until speech-listen, and wait fifteen seconds for it.",
        "realtime-ws 8.3 and 8.6",
        (rule("ws_stall", _on("speech-listen"), 1, ms=3_000),),
        excused=("audio-before-listen",),
    ),
    _stream(
        "002",
        "no speech-listen",
        "neither task-started nor speech-listen ever comes",
        "Put a limit of about fifteen seconds on the start of a stream.",
        "realtime-ws 8.6",
        (rule("ws_stall", _on("task-started"), ms=_NEVER),),
        expects=Expectation.TELL,
        excused=("idle-timeout", "audio-before-listen", "frame-sequence", "close-without-finish"),
    ),
    _stream(
        "003",
        "task-failed at the start",
        "run-task is answered with task-failed BIL.UserArrears",
        "Treat task-failed before speech-listen as the failure of the start.",
        "realtime-ws 8.5",
        (rule("ws_task_failed", _on("speech-listen"), code="BIL.UserArrears"),),
        expects=Expectation.TELL,
        named=("BIL.UserArrears", "arrear", "overdue"),
    ),
    _stream(
        "004",
        "a ping",
        "an event ping comes behind speech-listen",
        "Ignore the action ping: no answer is expected.",
        "realtime-ws 8.4",
        pushes=(Push("speech-listen", _message("result-generated", {"action": "ping"})),),
    ),
    _stream(
        "005",
        "task-failed in the middle",
        "task-failed ServerError comes in place of the third recognize-result, every time",
        "Stop at task-failed, end the meeting by a second createTask, and say why.",
        "realtime-ws 8.5",
        (rule("ws_task_failed", _on("recognize-result", nth=3), code="ServerError"),),
        expects=Expectation.TELL,
        named=("ServerError", "error"),
    ),
    _stream(
        "006",
        "cut before speech-end",
        "the connection is cut in place of speech-end",
        "Connect again, or say that the last words may be missing.",
        "realtime-ws 8.6",
        (rule("ws_drop", _on("speech-end"), 1),),
        expects=Expectation.EITHER,
    ),
    _stream(
        "007",
        "the socket is lost",
        "the connection is cut before the fifth recognize-result",
        "Connect again with the same dataId within 24 hours: the meeting goes on.",
        "realtime-ws 1.5 and 8.5",
        (rule("ws_drop", _on("recognize-result", nth=5), 1),),
    ),
    _stream(
        "008",
        "an unknown action",
        "an event with the action speaker-changed comes behind speech-listen",
        "Ignore actions that are not known: there may be new ones.",
        "realtime-ws 8.4",
        pushes=(
            Push("speech-listen", _message("result-generated", {"action": "speaker-changed"})),
        ),
    ),
    _stream(
        "009",
        "an event without output",
        "a result-generated without output comes behind speech-listen",
        "Look for payload.output before you use it.",
        "realtime-ws 8.6",
        pushes=(Push("speech-listen", _message("result-generated", None)),),
    ),
    _stream(
        "010",
        "a message that is no JSON",
        "a text that is no JSON comes behind speech-listen",
        "Catch what the parser raises, note it and read on.",
        "realtime-ws 8.6",
        pushes=(Push("speech-listen", '{"header": {"event": "result-generated"'),),
    ),
    _stream(
        "011",
        "the handshake is refused with 401",
        "every handshake is answered with HTTP 401",
        "A refused key stays refused: say so and end.",
        "realtime-ws 8.6",
        (rule("ws_refused", {"service": "dashscope"}, status=401),),
        expects=Expectation.TELL,
        named=("401",),
    ),
    _stream(
        "012",
        "speech-end never comes",
        "finish-task is never answered",
        "Put a limit of about ten seconds on the wait for speech-end.",
        "realtime-ws 8.6",
        (rule("ws_stall", _on("speech-end"), ms=_NEVER),),
        expects=Expectation.EITHER,
        excused=("idle-timeout", "close-before-completed"),
    ),
    _stream(
        "013",
        "unknown fields, keys in another order",
        "events have fields that no document names, and keys in any order",
        "Read the members that you know by their names and ignore the others.",
        "realtime-ws 3.4; RFC 8259 section 4",
        profile="plain,+key-order,+unknown-fields",
    ),
)

SITUATIONS: Final = (*CALLS, *STREAMS)
