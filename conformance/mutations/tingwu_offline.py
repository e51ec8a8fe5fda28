"""Mutants whose offline tasks are not as documented."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
from msgspec.structs import replace

from mock_tingwu import media
from mock_tingwu.conformance.mutants import (
    Body,
    answers,
    mutant,
    patched,
    patched_item,
    with_value,
)
from mock_tingwu.core import errors, imagination
from mock_tingwu.services import api_errors, fetching, offline, tingwu, tingwu_request
from mock_tingwu.services.fetching import Fetched, Fetcher
from mock_tingwu.services.offline import RecordingReader


@mutant("an offline task begins as NEW", area="TW-OFFLINE", caught_by=["TW-OFFLINE-001"])
def offline_begins_as_new() -> AbstractContextManager[None]:
    new = {"ONGOING": "NEW"}
    return answers("CreateTask", with_value(lambda s: new.get(s, s), "Data", "TaskStatus"))


@mutant(
    "an offline task has a MeetingJoinUrl",
    area="TW-OFFLINE",
    caught_by=["TW-OFFLINE-002"],
)
def offline_has_a_join_url() -> AbstractContextManager[None]:
    def change(status: int, body: Body) -> tuple[int, Body]:
        body.get("Data", {}).setdefault("MeetingJoinUrl", "wss://example.com/api/ws/v1?mc=none")
        return status, body

    return answers("CreateTask", change)


@mutant(
    "Transcription is listed if it was asked for alone",
    area="TW-OFFLINE",
    caught_by=["TW-OFFLINE-003", "TW-OFFLINE-053", "TW-OFFLINE-055"],
)
def transcription_is_not_listed() -> AbstractContextManager[None]:
    def change(status: int, body: Body) -> tuple[int, Body]:
        result = body.get("Data", {}).get("Result", {})
        result.pop("Transcription", None)
        if not result:
            body.get("Data", {}).pop("Result", None)
        return status, body

    return answers("GetTaskInfo", change)


@mutant("an offline task that is heard is PAUSED", area="TW-OFFLINE", caught_by=["TW-OFFLINE-004"])
def offline_is_paused() -> AbstractContextManager[None]:
    paused = {"ONGOING": "PAUSED"}
    return answers("GetTaskInfo", with_value(lambda s: paused.get(s, s), "Data", "TaskStatus"))


@mutant(
    "GetTaskInfo lists the newest result alone", area="TW-OFFLINE", caught_by=["TW-OFFLINE-005"]
)
def newest_result_alone() -> AbstractContextManager[None]:
    return answers(
        "GetTaskInfo", with_value(lambda results: dict([*results.items()][-1:]), "Data", "Result")
    )


@mutant(
    "results are listed when all of them are there",
    area="TW-OFFLINE",
    caught_by=["TW-OFFLINE-006"],
)
def results_at_the_end_alone() -> AbstractContextManager[None]:
    def change(status: int, body: Body) -> tuple[int, Body]:
        if body.get("Data", {}).get("TaskStatus") == "ONGOING":
            body["Data"].pop("Result", None)
        return status, body

    return answers("GetTaskInfo", change)


def _with_default(**fields: str) -> AbstractContextManager[None]:
    """CreateTask takes these for granted."""
    read = tingwu_request.offline_request

    def lenient(body: Body, origin: str = "") -> Any:
        return read({**body, "Input": fields | body.get("Input", {})}, origin)

    return patched(tingwu, "offline_request", lenient)


@mutant("a task needs no FileUrl", area="TW-OFFLINE", caught_by=["TW-OFFLINE-007"])
def file_url_is_optional() -> AbstractContextManager[None]:
    return _with_default(FileUrl="https://example.com/meeting.mp3")


@mutant(
    "a file is Chinese if nothing else is said", area="TW-OFFLINE", caught_by=["TW-OFFLINE-008"]
)
def language_is_optional() -> AbstractContextManager[None]:
    return _with_default(SourceLanguage="cn")


@mutant(
    "Format is refused where there is no stream", area="TW-OFFLINE", caught_by=["TW-OFFLINE-009"]
)
def format_is_refused() -> AbstractContextManager[None]:
    read = tingwu_request.offline_request

    def strict(body: Body, origin: str = "") -> Any:
        if "Format" in body.get("Input", {}):
            raise api_errors.invalid("Input.Format")
        return read(body, origin)

    return patched(tingwu, "offline_request", strict)


@mutant(
    "the page of a 404 is taken for the recording",
    area="TW-OFFLINE",
    caught_by=["TW-OFFLINE-010", "TW-OFFLINE-011"],
)
def status_is_not_looked_at() -> AbstractContextManager[None]:
    keep = Fetcher._keep

    async def careless(
        self: Fetcher, response: httpx.Response, host: str, fetched: Fetched
    ) -> None:
        if response.status_code >= 400:
            response.status_code = 200
        await keep(self, response, host, fetched)

    return patched(Fetcher, "_keep", careless)


@mutant(
    "what is wrong with a link is told in words of our own",
    area="TW-OFFLINE",
    caught_by=["TW-OFFLINE-010"],
)
def link_error_in_own_words() -> AbstractContextManager[None]:
    row = errors.TASK_ERRORS["TSC.AudioFileLink"]
    return patched_item(
        errors.TASK_ERRORS, "TSC.AudioFileLink", replace(row, message="The file was not found.")
    )


@contextmanager
def _lenient_links(change: Callable[[str], str]) -> Iterator[None]:
    """Links are judged as if they were others."""
    problem = imagination.url_problem

    def lenient(url: str, *, any_host: bool = False) -> str | None:
        return problem(change(url), any_host=any_host)

    with patched(imagination, "url_problem", lenient), patched(fetching, "url_problem", lenient):
        yield


@mutant("any host is taken", area="TW-OFFLINE", caught_by=["TW-OFFLINE-012", "TW-OFFLINE-013"])
def any_host_is_taken() -> AbstractContextManager[None]:
    return _lenient_links(lambda url: re.sub(r"192\.0\.2\.1|nowhere\.invalid", "example.com", url))


@mutant(
    "spaces and schemes of a link do not matter",
    area="TW-OFFLINE",
    caught_by=["TW-OFFLINE-014", "TW-OFFLINE-015"],
)
def any_form_of_link() -> AbstractContextManager[None]:
    return _lenient_links(lambda url: url.replace(" ", "%20").replace("ftp://", "http://"))


def _code(problem: str, code: str) -> AbstractContextManager[None]:
    codes: Any = offline.CODES
    return patched_item(codes, problem, code)


@mutant(
    "a wrong Content-Length is a wrong link",
    area="TW-OFFLINE",
    caught_by=["TW-OFFLINE-016", "TW-OFFLINE-017"],
)
def wrong_length_is_a_wrong_link() -> AbstractContextManager[None]:
    return _code("length", "TSC.AudioFileLink")


@mutant("any size is taken", area="TW-OFFLINE", caught_by=["TW-OFFLINE-018"])
def any_size_is_taken() -> AbstractContextManager[None]:
    build = Fetcher.__init__

    def boundless(self: Fetcher, *given: Any, **named: Any) -> None:
        build(self, *given, **named | {"largest": 2**50})

    return patched(Fetcher, "__init__", boundless)


@mutant(
    "what cannot be read as a recording is imagined",
    area="TW-OFFLINE",
    caught_by=[
        "TW-OFFLINE-019",
        "TW-OFFLINE-020",
        "TW-OFFLINE-022",
        "TW-OFFLINE-023",
    ],
)
def unreadable_is_imagined() -> AbstractContextManager[None]:
    probe = media.probe

    def lenient(path: Path, name: str = "", **named: Any) -> media.Recording:
        try:
            return probe(path, name, **named)
        except media.RecordingError:
            raise media.MediaUnavailable(name) from None

    return patched(media, "probe", lenient)


@mutant("an empty file is heard to its end", area="TW-OFFLINE", caught_by=["TW-OFFLINE-021"])
def empty_file_is_heard() -> AbstractContextManager[None]:
    recognise = RecordingReader._recognise

    async def lenient(
        self: RecordingReader, scope: Any, task: Any, stop: Any, path: Path, name: str
    ) -> None:
        if path.stat().st_size:
            await recognise(self, scope, task, stop, path, name)
        else:
            await self._imagine(scope, task, stop)

    return patched(RecordingReader, "_recognise", lenient)


@mutant("a video without sound is a wrong file", area="TW-OFFLINE", caught_by=["TW-OFFLINE-023"])
def no_sound_is_a_wrong_file() -> AbstractContextManager[None]:
    return _code("no_audio", "TSC.FileError")


@mutant("any sample rate is heard", area="TW-OFFLINE", caught_by=["TW-OFFLINE-024"])
def any_rate_is_heard() -> AbstractContextManager[None]:
    return _code("sample_rate", "TSC.AudioFormat")


@mutant("8 kHz is heard in all languages", area="TW-OFFLINE", caught_by=["TW-OFFLINE-025"])
def telephone_in_all_languages() -> AbstractContextManager[None]:
    return patched(offline, "TELEPHONE_LANGUAGES", frozenset({"cn", "en", "fspk", "ja"}))


@mutant("six hours are no limit of their own", area="TW-OFFLINE", caught_by=["TW-OFFLINE-026"])
def six_hours_are_a_size() -> AbstractContextManager[None]:
    return _code("duration", "TSC.AudioFileSize")


@mutant("the quota is a length", area="TW-OFFLINE", caught_by=["TW-OFFLINE-027"])
def quota_is_a_length() -> AbstractContextManager[None]:
    return _code("quota", "TSC.AudioDuration")
