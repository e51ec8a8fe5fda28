"""Mutants whose CreateTask answers otherwise, or asks for more or less than it may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from mock_tingwu.conformance.mutants import Body, answers, mutant, patched, with_value, without
from mock_tingwu.services import tingwu, tingwu_request

from ._calls import no_app_key_is_checked, query_read_as, read_as, starts

AREA = "TW-CREATE"
_MEETING = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16000}


@mutant("Code is the number 0", area=AREA, caught_by=["TW-CREATE-003"])
def code_is_a_number() -> AbstractContextManager[None]:
    return starts(with_value(0, "Code"))


@mutant("Message is that of the reference's example", area=AREA, caught_by=["TW-CREATE-003"])
def message_is_of_the_example() -> AbstractContextManager[None]:
    return starts(with_value("Success.", "Message"))


@mutant("a meeting begins as ONGOING", area=AREA, caught_by=["TW-CREATE-001"])
def meeting_begins_as_ongoing() -> AbstractContextManager[None]:
    return answers("CreateTask", with_value("ONGOING", "Data", "TaskStatus"))


@mutant("a meeting has no MeetingJoinUrl", area=AREA, caught_by=["TW-CREATE-004"])
def no_join_url() -> AbstractContextManager[None]:
    return starts(without("Data", "MeetingJoinUrl"))


@mutant("a TaskId is in capitals", area=AREA, caught_by=["TW-CREATE-005"])
def task_id_in_capitals() -> AbstractContextManager[None]:
    return starts(with_value(lambda task_id: "F" + str(task_id)[1:].upper(), "Data", "TaskId"))


@mutant(
    "the token of a MeetingJoinUrl is as short as a TaskId", area=AREA, caught_by=["TW-CREATE-006"]
)
def short_token() -> AbstractContextManager[None]:
    return starts(with_value(lambda url: str(url)[:-96], "Data", "MeetingJoinUrl"))


@mutant(
    "a MeetingJoinUrl leads to no meeting",
    area="RT-CONNECT",
    caught_by=["RT-CONNECT-004"],
)
def join_url_of_nobody() -> AbstractContextManager[None]:
    return starts(with_value(lambda url: str(url)[:-8] + "AAAAAAAA", "Data", "MeetingJoinUrl"))


@mutant("all meetings have one TaskId", area=AREA, caught_by=["TW-CREATE-007"])
def one_task_id() -> AbstractContextManager[None]:
    return starts(with_value("f" * 32, "Data", "TaskId"))


@mutant("a TaskKey is not echoed", area=AREA, caught_by=["TW-CREATE-008"])
def task_key_is_lost() -> AbstractContextManager[None]:
    return starts(without("Data", "TaskKey"))


@mutant(
    "a TaskKey is echoed without what is not ASCII",
    area=AREA,
    caught_by=["TW-CREATE-009", "TW-AUTH-002", "TW-AUTH-018"],
)
def task_key_in_ascii() -> AbstractContextManager[None]:
    def ascii_only(key: object) -> str:
        return str(key).encode("ascii", "replace").decode()

    return starts(with_value(ascii_only, "Data", "TaskKey"))


@mutant("a TaskKey is made up where none was sent", area=AREA, caught_by=["TW-CREATE-010"])
def task_key_is_made_up() -> AbstractContextManager[None]:
    def add(status: int, body: Body) -> tuple[int, Body]:
        body["Data"].setdefault("TaskKey", body["Data"]["TaskId"])
        return status, body

    return starts(add)


@mutant("a TaskKey that was not sent is null", area=AREA, caught_by=["TW-CREATE-011"])
def task_key_is_null() -> AbstractContextManager[None]:
    def add(status: int, body: Body) -> tuple[int, Body]:
        body["Data"].setdefault("TaskKey", None)
        return status, body

    return starts(add)


@mutant(
    "operation is only known as stop",
    area=AREA,
    caught_by=["TW-CREATE-012", "TW-AUTH-006", "TW-AUTH-020"],
)
def start_is_unknown() -> AbstractContextManager[None]:
    def change(query: dict[str, str]) -> None:
        if query.get("operation") == "start":
            query["operation"] = "unknown"

    return query_read_as(change)


@mutant("type is realtime unless it is said", area=AREA, caught_by=["TW-CREATE-013"])
def type_has_a_default() -> AbstractContextManager[None]:
    return query_read_as(lambda query: query.setdefault("type", "realtime"))


@mutant("any type but offline is realtime", area=AREA, caught_by=["TW-CREATE-014"])
def any_type_is_realtime() -> AbstractContextManager[None]:
    def change(query: dict[str, str]) -> None:
        if query.get("type") not in (None, "offline"):
            query["type"] = "realtime"

    return query_read_as(change)


@mutant("any operation but start is stop", area=AREA, caught_by=["TW-CREATE-015"])
def any_operation_is_stop() -> AbstractContextManager[None]:
    def change(query: dict[str, str]) -> None:
        if query.get("operation", "start") != "start":
            query["operation"] = "stop"

    return query_read_as(change)


@mutant(
    "a request that makes no sense is answered with HTTP 500",
    area=AREA,
    caught_by=["TW-CREATE-013", "TW-CREATE-002"],
)
def create_answers_500() -> AbstractContextManager[None]:
    return answers("CreateTask", lambda status, body: (500 if status == 400 else status, body))


@mutant(
    "an error has no Message",
    area=AREA,
    caught_by=["TW-CREATE-016", "TW-CREATE-021"],
)
def error_without_message() -> AbstractContextManager[None]:
    def change(status: int, body: Body) -> tuple[int, Body]:
        if status != 200:
            body.pop("Message", None)
        return status, body

    return answers("CreateTask", change)


@mutant("no AppKey is needed", area=AREA, caught_by=["TW-CREATE-016"])
@contextmanager
def app_key_is_optional() -> Iterator[None]:
    with no_app_key_is_checked(), read_as(lambda body: body.setdefault("AppKey", "usual")):
        yield


@mutant(
    "any AppKey will do",
    area=AREA,
    caught_by=["TW-CREATE-017", "TW-ERROR-032", "TW-ERROR-034"],
)
def any_app_key() -> AbstractContextManager[None]:
    return no_app_key_is_checked()


@mutant(
    "Input may be absent: there is a usual meeting",
    area=AREA,
    caught_by=["TW-CREATE-018"],
)
def input_has_a_default() -> AbstractContextManager[None]:
    return read_as(lambda body: body.setdefault("Input", dict(_MEETING)))


@mutant("names are read to the letter", area=AREA, caught_by=["TW-CREATE-019"])
def names_to_the_letter() -> AbstractContextManager[None]:
    return patched(tingwu, "read_body", tingwu_request.normalised)
