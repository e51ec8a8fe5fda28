"""Reading the bodies of createTask and getTask (dashscope-tingwu 2 to 4 and 9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from mock_tingwu import contract
from mock_tingwu.core.apps import App
from mock_tingwu.core.dashscope_errors import OFFICIAL_DOCUMENTS
from mock_tingwu.core.options import Item, Options, Prompt, Scene
from mock_tingwu.core.scope import Order, Task
from mock_tingwu.core.shown import shown
from mock_tingwu.services.dashscope.agents import AGENTS, USUAL, Agent, Json
from mock_tingwu.services.dashscope.errors import AgentFailure, failure

#: What is spoken where the model of transcription is not called after a language.
_LANGUAGES: Final = {"fun-asr": "cn", "domain-education": "cn", "domain-automotive": "cn"}
#: What asks for each part of a result.
_ASSISTANCE: Final = {"Actions": "actionsEnabled", "KeyInformation": "keyInformationEnabled"}
_SUMMARIES: Final = {
    "Paragraph": "fullSummaryEnabled",
    "Conversational": "conversationalEnabled",
    "QuestionsAnswering": "questionsAnsweringEnabled",
    "MindMap": "mindMapEnabled",
}
_PLACEHOLDER: Final = "{Transcription}"


def without_nulls(value: Any) -> Any:
    """``value`` as it is read: null is absent."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def read(given: Json) -> Json:
    """A body as it is read: null is absent, and appid is appId.

    Samples of one agent write it so (dashscope-tingwu 1.1).
    """
    body: Json = without_nulls(given)
    source = body.get("input")
    if isinstance(source, dict) and "appid" in source and "appId" not in source:
        body["input"] = source | {"appId": source["appid"]}
    return body


def agent_of(body: Json) -> Agent:
    """The agent that a call is for.

    Raises:
        AgentFailure: model or input is missing, or there is no such model.
    """
    model, given = body.get("model"), body.get("input")
    if not isinstance(model, str) or not model:
        raise failure("BadRequest.EmptyModel")
    if not isinstance(given, dict) or not given:
        raise failure("BadRequest.EmptyInput")
    agent = AGENTS.get(model)
    if agent is None:
        raise failure("ModelNotFound", f"model is {shown(model)}, expected {' or '.join(AGENTS)}")
    return agent


def app_id_of(body: Json) -> str:
    """The appId of a call.

    Raises:
        AgentFailure: there is none.
    """
    app_id = body["input"].get("appId")
    if not isinstance(app_id, str) or not app_id:
        raise failure("Agent.InputAppIdIllegal", "input.appId is missing")
    return app_id


def check(definition: str, body: Json) -> None:
    """Check ``body`` against a definition of the createTask schema.

    Raises:
        AgentFailure: InvalidParameter; the detail says what is wrong.
    """
    found = contract.violations(f"dashscope/create-task-request#{definition}", body)
    if found:
        error = invalid(f"the request is refused at {found[0].pointer}: {found[0].message}")
        error.breaches = [(violation.pointer, violation.message) for violation in found]
        raise error


#: Which definition describes each section of parameters.
_SECTIONS: Final = {
    "offline": ("transcription", "analysis", "audio"),
    "insights": ("serviceInsights",),
    "profile": ("identityRecognition", "contentExtraction"),
}


def check_app(parameters: Json) -> None:
    """Check what an app is to ask for where a request asks for nothing.

    Raises:
        ValueError: a section makes no sense; the message says where.
    """
    for agent in AGENTS.values():
        mine = {name: parameters[name] for name in _SECTIONS[agent.check] if name in parameters}
        source = {"task": "createTask", "type": "offline", "appId": "any", "text": "any"}
        body = without_nulls({"model": agent.model, "input": source, "parameters": mine})
        if found := contract.violations(f"dashscope/create-task-request#{agent.check}", body):
            where = found[0].pointer.removeprefix("/").replace("/", ".")
            raise ValueError(f"{where}: {found[0].message}")


def invalid(detail: str) -> AgentFailure:
    """A parameter is not valid; only the journal says which."""
    return AgentFailure(OFFICIAL_DOCUMENTS, detail)


class Asked(Struct, frozen=True):
    """What is to be made of what: ``order``, and ``notes`` for the journal."""

    order: Order
    channel_mode: str
    notes: tuple[str, ...]


def asked_of(agent: Agent, app: App, body: Json, *, origin: str, spoken: str = "") -> Asked:
    """Read what createTask asks for, whatever it is to be made of; ``body`` has been checked.

    ``spoken`` is the language of what was said, where that is known already.

    Raises:
        AgentFailure: parameters do not go together, or those of the app make no sense.
    """
    parameters = effective(agent, app, body)
    # Only meetings say how to listen.
    meeting = agent.check == "offline"
    transcription = parameters.get("transcription", {}) if meeting else {}
    audio = parameters.get("audio", {}) if meeting else {}
    model = transcription.get("model", "cn")
    language = _LANGUAGES.get(model, model)
    options, notes = options_of(agent, parameters)
    if (spoken or language) in options.translation_targets:
        raise invalid(f"translationTargetLang is {spoken or language}, which is what is spoken")
    phrase_id = body["input"].get("phraseId") or transcription.get("phraseId", "")
    options = replace(options, phrase_id=phrase_id if isinstance(phrase_id, str) else "")
    order = Order(
        options=options,
        language=language,
        app_key=app_id_of(body),
        language_hints=tuple(transcription.get("languageHints", ()))
        if model == "multilingual"
        else (),
        callbacks=True,
        origin=origin,
        service="dashscope",
        model=agent.model,
        parameters=parameters,
    )
    return Asked(order, audio.get("audioChannelMode", ""), tuple(notes))


def amended(agent: Agent, task: Task, analysis: Json) -> tuple[Options, list[str]]:
    """The options of a meeting whose end says ``analysis``, and notes for the journal.

    Whatever it names counts instead of what the beginning said of it.
    """
    parameters = _merged(task.order.parameters, {"analysis": analysis})
    options, notes = options_of(agent, parameters)
    return replace(options, phrase_id=task.options.phrase_id), notes


def effective(agent: Agent, app: App, body: Json) -> Json:
    """The parameters that count: the request's over those of the app.

    An app that was not configured has the usual ones, for requests without any.

    Raises:
        AgentFailure: the app's make no sense.
    """
    given: Json = body.get("parameters", {})
    if app.parameters is None:
        return given or USUAL[agent.model]
    merged: Json = _merged(without_nulls(app.parameters), given)
    check(_definition(agent, body), body | {"parameters": merged})
    return merged


def _definition(agent: Agent, body: Json) -> str:
    return "realtime" if body["input"].get("type") == "realtime" else agent.check


def _merged(below: Any, above: Any) -> Any:
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: _merged(below.get(key), value) for key, value in above.items()}}


def options_of(agent: Agent, parameters: Json) -> tuple[Options, list[str]]:
    """The task's options, and what the journal should know of them."""
    if agent.check == "insights":
        return _insights(parameters), []
    if agent.check == "profile":
        return _profile(parameters), []
    return _meeting(parameters)


def _meeting(parameters: Json) -> tuple[Options, list[str]]:
    transcription = parameters.get("transcription", {})
    analysis = parameters.get("analysis", {})
    notes = []
    prompts: tuple[Prompt, ...] = ()
    if analysis.get("customPromptEnabled"):
        content = analysis.get("customPromptContent", "")
        if _PLACEHOLDER in content:
            prompt = Prompt(
                "",
                content,
                analysis.get("customPromptModel", "tingwu-turbo"),
                analysis.get("customPromptTransType", "default"),
                subject="",
            )
            prompts = (prompt,)
        else:
            notes.append(f"customPromptContent has no {_PLACEHOLDER}: nothing is asked")
    targets = transcription.get("translationTargetLang", ())
    options = Options(
        # The stream has all there is, always (realtime-ws 8.4).
        output_level=2,
        translation_output_level=2,
        diarization=transcription.get("diarizationEnabled", False),
        speaker_count=transcription.get("diarizationSpeakerCount", 0),
        translation_targets=tuple(targets) if transcription.get("translationEnabled") else (),
        auto_chapters=analysis.get("autoChaptersEnabled", False),
        chapter_granularity=analysis.get("autoChapterGranularity", "Meticulous"),
        title_length=analysis.get("autoChapterTitleLengthLevel", "Long"),
        meeting_assistance=_enabled(analysis, _ASSISTANCE),
        summarization=_enabled(analysis, _SUMMARIES),
        markdown_summary=analysis.get("fullSummaryFormat") == "markdown",
        split_summary=True,
        mind_map_timestamps=analysis.get("mindMapFormat", "timestamp") == "timestamp",
        ppt_extraction=analysis.get("pptExtractionEnabled", False),
        text_polish=analysis.get("textPolishEnabled", False),
        custom_prompts=prompts,
        # playbackUrl plays it.
        mp3=True,
    )
    return options, notes


def _enabled(analysis: Json, names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(kind for kind, name in names.items() if analysis.get(name))


def _insights(parameters: Json) -> Options:
    contents = parameters.get("serviceInsights", {}).get("insightsContents", ())
    items = tuple(
        Item(one["title"], one["content"], score=_whole(one.get("score", ""))) for one in contents
    )
    return Options(diarization=True, insights=Scene(items=items), mp3=True)


def _whole(score: str | float) -> str:
    """A score as files show it: a whole number; nothing where there is none."""
    return "" if score == "" else str(round(float(score)))


def _profile(parameters: Json) -> Options:
    roles = parameters.get("identityRecognition", {}).get("identityContents", ())
    contents = parameters.get("contentExtraction", {}).get("extractionContents", ())
    # The table of the vendor's page writes Name and Description, its example does not.
    identities = tuple(
        Item(one.get("name", one.get("Name")), one.get("description", one.get("Description")))
        for one in roles
    )
    concerns = tuple(Item(one["title"], one["content"], one["identity"]) for one in contents)
    return Options(
        diarization=True,
        identities=Scene(items=identities) if identities else None,
        concerns=Scene(items=concerns),
        profile=True,
        mp3=True,
    )


def named(options: Options, task: Task) -> Options:
    """The options with the prompt called after the task (dashscope-tingwu 4.1)."""
    prompts = tuple(replace(prompt, name=task.id) for prompt in options.custom_prompts)
    return replace(options, custom_prompts=prompts)


def texts_of(body: Mapping[str, Any]) -> list[str]:
    """The texts of a call that a caller has chosen and that may hold markers."""
    given = body.get("input")
    url = given.get("fileUrl") if isinstance(given, dict) else None
    return [url] if isinstance(url, str) and url else []
