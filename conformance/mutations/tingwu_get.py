"""Mutants whose GetTaskInfo does not tell what is documented."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from mock_tingwu.conformance.mutants import (
    Body,
    answers,
    mutant,
    patched,
    with_value,
    without,
)
from mock_tingwu.core.options import RESULT_KINDS, Options
from mock_tingwu.services import api_errors, storage, tingwu_request
from mock_tingwu.services.api_request import ApiRequest
from mock_tingwu.services.storage import Linker
from mock_tingwu.services.tingwu import TingwuService

MEDIA = ("OutputMp3Path", "OutputMp4Path", "OutputThumbnailPath", "OutputSpectrumPath")


def _data(change: Callable[[Body], None]) -> AbstractContextManager[None]:
    """GetTaskInfo has other Data."""

    def changed(status: int, body: Body) -> tuple[int, Body]:
        if isinstance(body.get("Data"), dict):
            change(body["Data"])
        return status, body

    return answers("GetTaskInfo", changed)


@mutant("Code is a number", area="TW-GET", caught_by=["TW-GET-001"])
def code_is_a_number() -> AbstractContextManager[None]:
    return answers("GetTaskInfo", with_value(0, "Code"))


@mutant("a new meeting is ONGOING", area="TW-GET", caught_by=["TW-GET-002"])
def new_is_ongoing() -> AbstractContextManager[None]:
    ongoing = {"NEW": "ONGOING"}
    return answers("GetTaskInfo", with_value(lambda s: ongoing.get(s, s), "Data", "TaskStatus"))


@mutant("GetTaskInfo forgets TaskKey", area="TW-GET", caught_by=["TW-GET-003"])
def task_key_is_forgotten() -> AbstractContextManager[None]:
    return answers("GetTaskInfo", without("Data", "TaskKey"))


@mutant("what is absent is null", area="TW-GET", caught_by=["TW-GET-004", "TW-GET-005"])
def absent_is_null() -> AbstractContextManager[None]:
    def change(data: Body) -> None:
        for name in ("TaskKey", *MEDIA, "ErrorCode", "ErrorMessage", "Result"):
            data.setdefault(name, None)

    return _data(change)


@mutant("GetTaskInfo tells MeetingJoinUrl, too", area="TW-GET", caught_by=["TW-GET-006"])
def join_url_again() -> AbstractContextManager[None]:
    return _data(lambda data: data.update(MeetingJoinUrl="wss://example.com/api/ws/v1?mc=none"))


@mutant("GetTaskInfo takes no query", area="TW-GET", caught_by=["TW-GET-007"])
def query_is_refused() -> AbstractContextManager[None]:
    get = TingwuService._get_task

    def strict(self: TingwuService, request: ApiRequest, scope: Any, body: Body) -> Body:
        if request.query_params:
            raise api_errors.invalid("type")
        return get(self, request, scope, body)

    return patched(TingwuService, "_get_task", strict)


@mutant(
    "an unknown task is not found",
    area="TW-GET",
    caught_by=["TW-GET-008", "TW-GET-009", "TW-GET-010"],
)
def unknown_is_not_found() -> AbstractContextManager[None]:
    def change(status: int, body: Body) -> tuple[int, Body]:
        if body.get("Data", {}).get("TaskStatus") == "INVALID":
            return 404, {"Code": "TaskNotFound", "Message": "No such task.", "RequestId": "1"}
        return status, body

    return answers("GetTaskInfo", change)


@mutant("an unknown task is FAILED", area="TW-GET", caught_by=["TW-GET-008"])
def unknown_has_failed() -> AbstractContextManager[None]:
    failed = {"INVALID": "FAILED"}
    return answers("GetTaskInfo", with_value(lambda s: failed.get(s, s), "Data", "TaskStatus"))


@mutant(
    "the failure of a task is a failure of the call",
    area="TW-GET",
    caught_by=["TW-GET-011"],
)
def failure_is_an_error() -> AbstractContextManager[None]:
    def change(status: int, body: Body) -> tuple[int, Body]:
        data = body.get("Data", {})
        if data.get("TaskStatus") == "FAILED":
            return 400, {"Code": data["ErrorCode"], "Message": data["ErrorMessage"]}
        return status, body

    return answers("GetTaskInfo", change)


@mutant("a failed task does not say why", area="TW-OFFLINE", caught_by=["TW-OFFLINE-010"])
def failure_without_reason() -> AbstractContextManager[None]:
    def change(data: Body) -> None:
        data.pop("ErrorCode", None)
        data.pop("ErrorMessage", None)

    return _data(change)


@mutant("a failed task has an empty Result", area="TW-GET", caught_by=["TW-GET-012"])
def failure_with_results() -> AbstractContextManager[None]:
    def change(data: Body) -> None:
        if data.get("TaskStatus") == "FAILED":
            data["Result"] = {}

    return _data(change)


@mutant("success is an ErrorCode", area="TW-GET", caught_by=["TW-GET-013"])
def success_is_an_error_code() -> AbstractContextManager[None]:
    def change(data: Body) -> None:
        if data.get("TaskStatus") == "COMPLETED":
            data.update(ErrorCode="0", ErrorMessage="success")

    return _data(change)


def _kinds(choose: Callable[[Any], tuple[str, ...]]) -> AbstractContextManager[None]:
    """Other kinds of result are made."""
    kinds = Options.result_kinds

    def other(self: Options, *, offline: bool = False) -> tuple[str, ...]:
        wanted = choose(kinds(self, offline=offline))
        return tuple(kind for kind in RESULT_KINDS if kind in wanted)

    return patched(Options, "result_kinds", other)


@mutant(
    "chapters are always made",
    area="TW-GET",
    caught_by=["TW-GET-014", "TW-GET-016", "TW-GET-017"],
)
def chapters_are_always_made() -> AbstractContextManager[None]:
    return _kinds(lambda kinds: (*kinds, "AutoChapters"))


@mutant(
    "the capabilities of later versions are not listed", area="TW-GET", caught_by=["TW-GET-015"]
)
def later_capabilities_are_missing() -> AbstractContextManager[None]:
    def change(data: Body) -> None:
        for kind in ("IdentityRecognition", "ContentExtraction"):
            data.get("Result", {}).pop(kind, None)

    return _data(change)


@mutant("what has Types is enabled", area="TW-GET", caught_by=["TW-GET-016"])
def types_enable() -> AbstractContextManager[None]:
    types = tingwu_request._types

    def eager(parameters: Body, name: str, all_types: tuple[str, ...]) -> tuple[str, ...]:
        enabled = {f"{name}Enabled": True} if parameters.get(name, {}).get("Types") else {}
        return types(parameters | enabled, name, all_types)

    return patched(tingwu_request, "_types", eager)


@mutant("a meeting is only transcribed", area="TW-GET", caught_by=["TW-GET-017"])
def meetings_are_only_transcribed() -> AbstractContextManager[None]:
    return _kinds(lambda kinds: ("Transcription",))


@mutant(
    "media are not listed",
    area="TW-GET",
    caught_by=["TW-GET-018", "TW-GET-019", "TW-GET-020", "TW-GET-021"],
)
def media_are_not_listed() -> AbstractContextManager[None]:
    def change(data: Body) -> None:
        for name in MEDIA:
            data.pop(name, None)

    return _data(change)


@mutant("an MP3 is made of everything", area="TW-GET", caught_by=["TW-GET-022"])
def mp3_of_everything() -> AbstractContextManager[None]:
    options = tingwu_request.options

    def eager(parameters: Body, **named: Any) -> Options:
        return replace(options(parameters, **named), mp3=True)

    return patched(tingwu_request, "options", eager)


@mutant("a sound is a video, too", area="TW-GET", caught_by=["TW-GET-023"])
def sound_is_a_video() -> AbstractContextManager[None]:
    def change(data: Body) -> None:
        for link in [*data.get("Result", {}).values()][:1]:
            name = link.replace("_Transcription_", "_").replace(".json", ".mp4")
            data.setdefault("OutputMp4Path", name)

    return _data(change)


# Links


@mutant("links live an hour", area="TW-GET", caught_by=["TW-GET-024", "TW-LINK-003"])
def links_live_an_hour() -> AbstractContextManager[None]:
    build = Linker.__init__

    def short(self: Linker, scope: Any, base: str, *, seconds: int = 0) -> None:
        build(self, scope, base, seconds=3600)

    return patched(Linker, "__init__", short)


@contextmanager
def _signed_once() -> Iterator[None]:
    to, known = Linker.to, dict[tuple[str, str, str], str]()

    def remembered(self: Linker, bucket: str, key: str) -> str:
        place = (self._base, bucket, key)
        if place not in known:
            known[place] = to(self, bucket, key)
        return known[place]

    with patched(Linker, "to", remembered):
        yield


@mutant(
    "a link is signed when the result is made, and never again",
    area="TW-GET",
    caught_by=["TW-GET-025", "TW-LINK-005"],
)
def links_are_signed_once() -> AbstractContextManager[None]:
    return _signed_once()


@mutant("file names have kinds in small letters", area="TW-GET", caught_by=["TW-GET-026"])
def kinds_in_small_letters() -> AbstractContextManager[None]:
    def change(data: Body) -> None:
        for kind, link in data.get("Result", {}).items():
            data["Result"][kind] = link.replace(f"_{kind}_", f"_{kind.lower()}_")

    return _data(change)


@mutant("file names have the time of Greenwich", area="TW-GET", caught_by=["TW-GET-027"])
def names_in_utc() -> AbstractContextManager[None]:
    return patched(storage, "_BEIJING", timedelta(0))
