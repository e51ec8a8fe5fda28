"""Mutants whose createTask of DashScope is not as documented."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mock_tingwu.conformance.agent_mutants import overlooking, refusing
from mock_tingwu.conformance.mutants import Body, answers, mutant, patched, without
from mock_tingwu.core.apps import App, AppBook
from mock_tingwu.core.script import Script
from mock_tingwu.services import bodies, fetching, offline
from mock_tingwu.services.dashscope import request, service, text
from mock_tingwu.services.dashscope.errors import failure
from mock_tingwu.services.dashscope.service import DashScopeService

AREA = "DS-CREATE"


def _given(body: Body, group: str, name: str) -> Any:
    """A parameter of a body, None if it has none."""
    return (body.get("parameters", {}).get(group) or {}).get(name)


@mutant("createTask answers without usage", area=AREA, caught_by=["DS-CREATE-001"])
def ds_create_without_usage() -> AbstractContextManager[None]:
    return answers("createTask", without("usage"))


@mutant("recordings are imagined and not fetched", area=AREA, caught_by=["DS-CREATE-002"])
def ds_recordings_are_imagined() -> AbstractContextManager[None]:
    return patched(fetching, "is_this_machine", lambda host: False)


@mutant("a task that is worked on again stays as it was", area=AREA, caught_by=["DS-CREATE-003"])
def ds_nothing_is_done_again() -> AbstractContextManager[None]:
    def unchanged(self: Any, request: Any, scope: Any, agent: Any, app: Any, body: Body) -> Body:
        return {"dataId": body["input"]["dataId"]}

    return patched(DashScopeService, "_work_again", unchanged)


@mutant(
    "a task without anything to work on begins as an empty one",
    area=AREA,
    caught_by=["DS-CREATE-005"],
)
def ds_nothing_to_work_on_is_enough() -> AbstractContextManager[None]:
    check = request.check

    def lenient(definition: str, body: Body) -> None:
        if not {"fileUrl", "text", "dataId"} & set(body["input"]):
            body["input"]["text"] = "nobody: nothing"
        check(definition, body)

    return patched(service, "check", lenient)


@mutant(
    "whatever is not realtime is offline",
    area=AREA,
    caught_by=["DS-CREATE-007", "DS-CREATE-008"],
)
def ds_any_type_is_offline() -> AbstractContextManager[None]:
    return overlooking("/input/type")


@mutant("a task without appId belongs to no app", area=AREA, caught_by=["DS-CREATE-009"])
@contextmanager
def ds_no_app_is_needed() -> Iterator[None]:
    def app_id_of(body: Body) -> str:
        return str(body["input"].get("appId", ""))

    with (
        overlooking("/input/appId"),
        patched(service, "app_id_of", app_id_of),
        patched(request, "app_id_of", app_id_of),
        patched(AppBook, "get", lambda self, app_id: App()),
    ):
        yield


@mutant("every appId is one", area=AREA, caught_by=["DS-CREATE-011", "DS-WS-044"])
def ds_every_app_is_one() -> AbstractContextManager[None]:
    return patched(AppBook, "get", lambda self, app_id: self.configured(app_id) or App())


@mutant("a text without speakers is said by one", area=AREA, caught_by=["DS-CREATE-012"])
def ds_text_without_speakers_is_taken() -> AbstractContextManager[None]:
    script_of = text.script_of

    def lenient(given: str) -> Script:
        return script_of(given if ":" in given else f"speaker: {given}")

    return patched(text, "script_of", lenient)


@mutant("parameters that are empty are missing", area=AREA, caught_by=["DS-CREATE-014"])
def ds_parameters_may_not_be_empty() -> AbstractContextManager[None]:
    check = request.check

    def strict(definition: str, body: Body) -> None:
        check(definition, body)
        if body.get("parameters") == {}:
            raise failure("BadRequest.EmptyParameters")

    return patched(service, "check", strict)


@mutant("what the console says of an app is ignored", area=AREA, caught_by=["DS-CREATE-015"])
def ds_console_is_ignored() -> AbstractContextManager[None]:
    def effective(agent: Any, app: App, body: Body) -> Any:
        return body.get("parameters", {})

    return patched(request, "effective", effective)


@mutant(
    "what the console says counts more than the request",
    area=AREA,
    caught_by=["DS-CREATE-016"],
)
def ds_console_wins() -> AbstractContextManager[None]:
    merged = request._merged

    def effective(agent: Any, app: App, body: Body) -> Any:
        return merged(body.get("parameters", {}), app.parameters or {})

    return patched(request, "effective", effective)


@contextmanager
def _turning_away(predicate: Any) -> Iterator[None]:
    generation = DashScopeService.generation

    async def picky(self: DashScopeService, call: Request) -> Response:
        return await (self.unknown(call) if predicate(call) else generation(self, call))

    with patched(DashScopeService, "generation", picky):
        yield


@mutant(
    "the URL with a slash behind it is another one",
    area=AREA,
    caught_by=["DS-CREATE-017", "DS-CREATE-018"],
)
def ds_slash_is_another_url() -> AbstractContextManager[None]:
    return _turning_away(lambda call: call.url.path.endswith("/"))


@mutant(
    "Content-Type has to be application/json to the letter",
    area=AREA,
    caught_by=["DS-CREATE-019"],
)
def ds_content_type_to_the_letter() -> AbstractContextManager[None]:
    return _turning_away(lambda call: call.headers.get("content-type") != "application/json")


@mutant("a body has to begin with model", area=AREA, caught_by=["DS-CREATE-021"])
def ds_model_comes_first() -> AbstractContextManager[None]:
    parse = bodies.parse

    def ordered(raw: bytes) -> object:
        given = parse(raw)
        if isinstance(given, dict) and next(iter(given), "") == "parameters":
            return {}
        return given

    return patched(bodies, "parse", ordered)


@mutant("what is spoken is translated into itself", area=AREA, caught_by=["DS-CREATE-026"])
def ds_same_language_is_taken() -> AbstractContextManager[None]:
    asked_of = request.asked_of

    def lenient(*args: Any, **changes: Any) -> Any:
        return asked_of(*args, **changes | {"spoken": "none"})

    return patched(service, "asked_of", lenient)


@mutant("models for a domain are not known", area=AREA, caught_by=["DS-CREATE-023"])
def ds_no_models_for_domains() -> AbstractContextManager[None]:
    return refusing(lambda body: str(_given(body, "transcription", "model")).startswith("domain-"))


@mutant("Russian cannot be expected", area=AREA, caught_by=["DS-CREATE-024"])
def ds_russian_is_unexpected() -> AbstractContextManager[None]:
    return refusing(lambda body: "ru" in (_given(body, "transcription", "languageHints") or ()))


@mutant("nothing is translated into Korean", area=AREA, caught_by=["DS-CREATE-025"])
def ds_no_korean() -> AbstractContextManager[None]:
    return refusing(
        lambda body: "ko" in (_given(body, "transcription", "translationTargetLang") or ())
    )


@mutant("the number of speakers has to be known", area=AREA, caught_by=["DS-CREATE-027"])
def ds_speakers_are_counted() -> AbstractContextManager[None]:
    return refusing(lambda body: _given(body, "transcription", "diarizationSpeakerCount") == 0)


@mutant("audioChannelMode mix is refused", area=AREA, caught_by=["DS-CREATE-028"])
def ds_no_mixing() -> AbstractContextManager[None]:
    return refusing(lambda body: _given(body, "audio", "audioChannelMode") == "mix")


@mutant("mix listens to the first channel alone", area=AREA, caught_by=["DS-CREATE-028"])
def ds_first_channel_alone() -> AbstractContextManager[None]:
    return patched(offline, "_channels", lambda task, recording: "first")


@mutant("qwq analyses nothing", area=AREA, caught_by=["DS-CREATE-029"])
def ds_no_qwq() -> AbstractContextManager[None]:
    return refusing(lambda body: _given(body, "analysis", "model") == "qwq")


@mutant("prompts take the transcript in one form only", area=AREA, caught_by=["DS-CREATE-030"])
def ds_one_form_of_transcript() -> AbstractContextManager[None]:
    return refusing(
        lambda body: _given(body, "analysis", "customPromptTransType") == "sentence-chat"
    )


@mutant("every name is a model's", area=AREA, caught_by=["DS-CREATE-032"])
def ds_every_model_transcribes() -> AbstractContextManager[None]:
    return overlooking("/parameters/transcription/model", definition="offline")


@mutant("fun-asr hears streams, too", area=AREA, caught_by=["DS-CREATE-048"])
def ds_fun_asr_hears_streams() -> AbstractContextManager[None]:
    return overlooking("/parameters/transcription/model", definition="realtime")


@mutant(
    "values that no table has are taken",
    area=AREA,
    caught_by=[f"DS-CREATE-{number:03}" for number in range(38, 47)],
)
def ds_values_are_not_checked() -> AbstractContextManager[None]:
    names = (
        "model",
        "fullSummaryFormat",
        "mindMapFormat",
        "autoChapterGranularity",
        "autoChapterTitleLengthLevel",
        "customPromptModel",
        "customPromptTransType",
        "textPolishEnabled",
    )
    return overlooking(
        "/parameters/audio/audioChannelMode", *(f"/parameters/analysis/{name}" for name in names)
    )
