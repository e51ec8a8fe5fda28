"""Mutants whose getTask of DashScope is not as documented."""

from __future__ import annotations

from contextlib import AbstractContextManager

from mock_tingwu.conformance.agent_mutants import refusing
from mock_tingwu.conformance.mutants import Body, answers, mutant, patched, with_value, without
from mock_tingwu.services.dashscope import task_data

AREA = "DS-GET"
_UNDER_WAY = {
    "output": {"status": 1},
    "usage": {},
    "request_id": "00000000-0000-4000-8000-000000000000",
}


@mutant("getTask wants an appId", area=AREA, caught_by=["DS-GET-001"])
def ds_get_wants_an_app() -> AbstractContextManager[None]:
    return refusing(
        lambda body: body["input"]["task"] == "getTask" and "appId" not in body["input"]
    )


@mutant(
    "status is a string, as the tables of the sister agents have it",
    area=AREA,
    caught_by=["DS-GET-002", "DS-MEET-009"],
)
def ds_status_is_a_string() -> AbstractContextManager[None]:
    return answers("getTask", with_value(str, "output", "status"))


@mutant("a recording is done at once", area=AREA, caught_by=["DS-GET-002"])
def ds_done_at_once() -> AbstractContextManager[None]:
    return answers("getTask", with_value(0, "output", "status"))


@mutant(
    "a task that is done does not name its transcript",
    area=AREA,
    caught_by=["DS-GET-003", "DS-GET-010"],
)
def ds_no_transcript() -> AbstractContextManager[None]:
    return answers("getTask", without("output", "transcriptionPath"))


@mutant(
    "there are links to what was not asked for",
    area=AREA,
    caught_by=["DS-GET-004", "DS-GET-005"],
)
def ds_links_to_all() -> AbstractContextManager[None]:
    def added(status: int, body: Body) -> tuple[int, Body]:
        output = body.get("output", {})
        if "transcriptionPath" in output:
            output.setdefault("autoChaptersPath", output["transcriptionPath"])
        return status, body

    return answers("getTask", added)


@mutant(
    "a task that has failed is a fault",
    area=AREA,
    caught_by=["DS-GET-006", "DS-GET-008"],
)
def ds_failure_is_a_fault() -> AbstractContextManager[None]:
    def refused(status: int, body: Body) -> tuple[int, Body]:
        output = body.get("output", {})
        if output.get("status") != 2:
            return status, body
        fault = {"code": output["errorCode"], "message": output["errorMessage"]}
        return 400, fault | {"request_id": body["request_id"]}

    return answers("getTask", refused)


@mutant("every failure is a failure", area=AREA, caught_by=["DS-GET-007", "DS-GET-008"])
def ds_one_code() -> AbstractContextManager[None]:
    return answers("getTask", with_value("ERR.Failed", "output", "errorCode"))


@mutant("an error stands in every answer", area=AREA, caught_by=["DS-GET-009"])
def ds_error_always() -> AbstractContextManager[None]:
    def added(status: int, body: Body) -> tuple[int, Body]:
        if "output" in body:
            body["output"] = {"errorCode": "", "errorMessage": ""} | body["output"]
        return status, body

    return answers("getTask", added)


@mutant("a result that could not be made is left out", area=AREA, caught_by=["DS-GET-010"])
def ds_failed_result_is_left_out() -> AbstractContextManager[None]:
    def shortened(status: int, body: Body) -> tuple[int, Body]:
        if "output" in body:
            output = body["output"].items()
            body["output"] = {name: value for name, value in output if value is not None}
        return status, body

    return answers("getTask", shortened)


@mutant("nothing can be played", area=AREA, caught_by=["DS-GET-011", "DS-GET-012"])
def ds_no_playback() -> AbstractContextManager[None]:
    return answers("getTask", without("output", "playbackUrl"))


@mutant("links live for an hour", area=AREA, caught_by=["DS-GET-012", "DS-GET-013"])
def ds_links_for_an_hour() -> AbstractContextManager[None]:
    return patched(task_data, "LINK_SECONDS", 3600)


@mutant("links live for a week", area=AREA, caught_by=["DS-GET-012", "DS-GET-013"])
def ds_links_for_a_week() -> AbstractContextManager[None]:
    return patched(task_data, "LINK_SECONDS", 7 * 24 * 3600)


@mutant("usage counts tokens, as of other models", area=AREA, caught_by=["DS-GET-015"])
def ds_usage_of_models() -> AbstractContextManager[None]:
    return answers("getTask", with_value({"input_tokens": 1, "output_tokens": 1}, "usage"))


@mutant(
    "request_id is in capitals, as Tingwu has it",
    area=AREA,
    caught_by=["DS-GET-016"],
)
def ds_capital_request_id() -> AbstractContextManager[None]:
    return answers("getTask", with_value(str.upper, "request_id"))


@mutant("every answer has the same request_id", area=AREA, caught_by=["DS-GET-016"])
def ds_one_request_id() -> AbstractContextManager[None]:
    return answers("getTask", with_value(_UNDER_WAY["request_id"], "request_id"))


def _under_way(code: str) -> AbstractContextManager[None]:
    def taken(status: int, body: Body) -> tuple[int, Body]:
        return (200, dict(_UNDER_WAY)) if body.get("code") == code else (status, body)

    return answers("getTask", taken)


@mutant(
    "a task that nobody has made is under way",
    area=AREA,
    caught_by=["DS-GET-017", "DS-GET-018"],
)
def ds_unknown_is_under_way() -> AbstractContextManager[None]:
    return _under_way("Agent.InputInvalidDataId")


@mutant("a task without dataId is under way", area=AREA, caught_by=["DS-GET-019"])
def ds_nothing_is_under_way() -> AbstractContextManager[None]:
    return _under_way("InvalidParameter")


@mutant("links are not signed", area=AREA, caught_by=["DS-GET-014"])
def ds_unsigned_links() -> AbstractContextManager[None]:
    def cut(link: str | None) -> str | None:
        return link and link.partition("&Signature=")[0]

    return answers("getTask", with_value(cut, "output", "transcriptionPath"))
