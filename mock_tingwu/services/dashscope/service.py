"""createTask, getTask and temporary keys (dashscope-tingwu 1 to 5)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Final

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_tingwu.core.apps import App
from mock_tingwu.core.dashscope_errors import TEXT_FORMAT
from mock_tingwu.core.options import Options
from mock_tingwu.core.scope import Task
from mock_tingwu.core.shown import shown
from mock_tingwu.core.tasks import TaskEvent
from mock_tingwu.services.address import Address
from mock_tingwu.services.any_path import ANY
from mock_tingwu.services.api_request import ApiRequest
from mock_tingwu.services.dashscope.agents import Agent, Json
from mock_tingwu.services.dashscope.errors import AgentFailure, failure
from mock_tingwu.services.dashscope.gateway import SERVICE, Gateway, Operation
from mock_tingwu.services.dashscope.keys import (
    LONGEST_S,
    PREFIX,
    SHORTEST_S,
    USUAL_S,
    bearer,
    new_temporary_key,
)
from mock_tingwu.services.dashscope.request import (
    Asked,
    agent_of,
    amended,
    app_id_of,
    asked_of,
    check,
    invalid,
    named,
)
from mock_tingwu.services.dashscope.task_data import output_of, status_of
from mock_tingwu.services.near_miss import nearest
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.tingwu import ANY_METHOD, hot_words
from mock_tingwu.services.world import World

GENERATION: Final = "/api/v1/services/aigc/multimodal-generation/generation"
TOKENS: Final = "/api/v1/tokens"
INFERENCE: Final = "/api-ws/v1/inference"
#: How long audio can be pushed into a meeting, in ms (dashscope-tingwu 3).
LIFE_MS: Final = 24 * 60 * 60 * 1000


class DashScopeService:
    """The calls on one world."""

    def __init__(self, world: World) -> None:
        self._gateway = Gateway(world)

    def routes(self) -> list[Route]:
        """The URL with and without a slash, and the one that the 1.x SDK posts to by itself."""
        return [
            *(
                Route(path, self.generation, methods=ANY_METHOD)
                for path in (GENERATION, GENERATION + "/", "/api/v1", "/api/v1/")
            ),
            *(Route(path, self.tokens, methods=ANY_METHOD) for path in (TOKENS, TOKENS + "/")),
            *(
                Route(path, self.unknown, methods=ANY_METHOD)
                for path in (f"/api/v1/{{rest:{ANY}}}", f"/api-ws/{{rest:{ANY}}}")
            ),
        ]

    async def generation(self, request: Request) -> Response:
        """Whatever the agents are asked; the body says what."""
        return await self._gateway.answer(request, _posted(self._generate))

    async def tokens(self, request: Request) -> Response:
        """A temporary key for a lasting one."""
        return await self._gateway.answer(request, _posted(self._create_token), "createToken")

    async def unknown(self, request: Request) -> Response:
        """Any other path of the platform, or method."""
        return await self._gateway.answer(request, _no_url, "")

    def server_error(self, request: Request) -> Response:
        """A defect of the mock."""
        return self._gateway.server_error(request)

    # Operations: (request, scope, body) -> the answer without request_id

    async def _generate(self, request: ApiRequest, scope: Realm, body: Json) -> Json:
        agent = agent_of(body)
        task = body["input"].get("task")
        if task == "createTask":
            return _answer(await self._create(request, scope, agent, body))
        if task == "getTask":
            check("get", body)
            found = self._find(scope, body["input"]["dataId"])
            return _answer(output_of(scope, found, Address.of(request).http))
        raise invalid(f"input.task is {shown(task)}, expected createTask or getTask")

    async def _create(self, request: ApiRequest, scope: Realm, agent: Agent, body: Json) -> Json:
        app = self._app(scope, app_id_of(body))
        given = body["input"]
        if given.get("type") == "realtime" and agent.realtime:
            if given.get("dataId"):
                return self._end_meeting(request, scope, agent, body)
            return self._begin_meeting(request, scope, agent, app, body)
        check(agent.check, body)
        if given.get("dataId"):
            return self._work_again(request, scope, agent, app, body)
        if given.get("text"):
            return await self._take_text(request, scope, agent, app, body)
        asked = self._asked(request, scope, agent, app, body)
        task = scope.create_offline(
            asked.order, file_url=given["fileUrl"], channel_mode=asked.channel_mode
        )
        return self._created(request, scope, task, asked)

    async def _take_text(
        self, request: ApiRequest, scope: Realm, agent: Agent, app: App, body: Json
    ) -> Json:
        # What only some calls need is not loaded when the server starts.
        from mock_tingwu.services.dashscope.text import script_of

        try:
            script = await asyncio.to_thread(script_of, body["input"]["text"])
        except ValueError as error:
            raise AgentFailure(TEXT_FORMAT, str(error)) from None
        asked = self._asked(request, scope, agent, app, body, spoken=script.language)
        order = replace(asked.order, options=_of_a_text(asked.order.options))
        task = scope.create_from_text(order, script)
        return self._created(request, scope, task, asked)

    def _begin_meeting(
        self, request: ApiRequest, scope: Realm, agent: Agent, app: App, body: Json
    ) -> Json:
        check("realtime", body)
        asked = self._asked(request, scope, agent, app, body)
        given = body["input"]
        task = scope.create_realtime(
            asked.order, audio_format=given["format"], sample_rate=given["sampleRate"]
        )
        return self._created(request, scope, task, asked) | {"status": status_of(task)}

    def _end_meeting(self, request: ApiRequest, scope: Realm, agent: Agent, body: Json) -> Json:
        """The second createTask of a meeting; it may say anew what is to be made of it."""
        check("end", body)
        task = self._find_own(scope, body)
        if task.offline:
            raise failure("Agent.InputInvalidDataId", f"the task {task.id} is no meeting")
        if task.can(TaskEvent.STOP):
            if analysis := body.get("parameters", {}).get("analysis"):
                options, notes = amended(agent, task, analysis)
                task.options = named(options, task)
                _note(scope, task, notes)
            scope.watch.stopping(task, request.state.entry)
            scope.stop(task)
        return {"dataId": task.id, "status": status_of(task)}

    def _work_again(
        self, request: ApiRequest, scope: Realm, agent: Agent, app: App, body: Json
    ) -> Json:
        task = self._find_own(scope, body)
        if not task.can(TaskEvent.RERUN):
            raise failure("Agent.InputInvalidDataId", "only a task that is done can be analysed")
        asked = self._asked(request, scope, agent, app, body, spoken=task.language)
        options = named(asked.order.options, task)
        if task.offline and task.file_url is None:
            options = _of_a_text(options)
        if options.result_kinds(offline=bool(task.meeting.slides)) == ("Transcription",):
            raise invalid("parameters ask for nothing that could be made of what was heard")
        task.order = replace(asked.order, app_key=task.order.app_key)
        scope.rerun(task, options)
        _note(scope, task, asked.notes)
        return {"dataId": task.id}

    def _asked(
        self,
        request: ApiRequest,
        scope: Realm,
        agent: Agent,
        app: App,
        body: Json,
        *,
        spoken: str = "",
    ) -> Asked:
        asked = asked_of(agent, app, body, origin=Address.of(request).http, spoken=spoken)
        order, notes = asked.order, asked.notes
        phrase_id = order.options.phrase_id
        if phrase_id and scope.phrase_list(phrase_id) is None:
            # Lists are made in the console, which is not here; Tingwu's calls make them.
            notes += (
                f"phraseId {shown(phrase_id)} is no list of hot words here: no words are added",
            )
            order = replace(order, options=replace(order.options, phrase_id=""))
        order = replace(order, words=hot_words(scope, order.options))
        return replace(asked, order=order, notes=notes)

    def _created(self, request: ApiRequest, scope: Realm, task: Task, asked: Asked) -> Json:
        task.options = named(task.options, task)
        request.state.task_id = task.id
        _note(scope, task, asked.notes)
        return {"dataId": task.id}

    def _find(self, scope: Realm, data_id: object) -> Task:
        task = scope.find(data_id, SERVICE)
        if task is None:
            raise failure("Agent.InputInvalidDataId", f"there is no task {shown(data_id)}")
        return task

    def _find_own(self, scope: Realm, body: Json) -> Task:
        """The task that a call goes on with; it belongs to the app of the call."""
        task = self._find(scope, body["input"]["dataId"])
        if task.app_key != app_id_of(body):
            raise failure(
                "Agent.InputInvalidDataId",
                f"the task {task.id} is one of app {shown(task.app_key)}",
            )
        return task

    def _app(self, scope: Realm, app_id: str) -> App:
        app = scope.apps.get(app_id)
        if app is None:
            raise failure("Agent.InputAppIdIllegal", f"{shown(app_id)} is not one of the apps")
        if not app.published:
            raise failure("Agent.AppNotPublished", f"the app {shown(app_id)} is not published")
        return app

    def _create_token(self, request: ApiRequest, scope: Realm, body: Json) -> Json:
        key = bearer(request.headers.get("authorization")) or ""
        if key.startswith(PREFIX):
            raise failure("InvalidApiKey", "a temporary key makes no other")
        given = request.query_params.get("expire_in_seconds", str(USUAL_S))
        digits = given.isascii() and given.isdigit() and len(given) < 6
        if not digits or not SHORTEST_S <= int(given) <= LONGEST_S:
            raise failure(
                "InvalidParameter",
                f"expire_in_seconds is {shown(given)}, expected {SHORTEST_S} to {LONGEST_S}",
            )
        token, expires = new_temporary_key(scope, int(given))
        return {"token": token, "expires_at": expires}


def _of_a_text(options: Options) -> Options:
    """Of a text there is nothing to be seen or played."""
    return replace(options, mp3=False, ppt_extraction=False)


def _note(scope: Realm, task: Task, notes: Iterable[str]) -> None:
    for note in notes:
        scope.journal.record("note", SERVICE, task.id, text=note)


def _answer(output: Json) -> Json:
    return {"output": dict(sorted(output.items())), "usage": {}}


def _posted(operation: Operation) -> Operation:
    """``operation`` for POST; with another method there is no such call."""

    def checked(request: ApiRequest, scope: Realm, body: Json) -> Json | Awaitable[Json]:
        return (operation if request.method == "POST" else _no_url)(request, scope, body)

    return checked


def _no_url(request: ApiRequest, scope: Realm, body: Json) -> Json:
    raise failure("InvalidURL", nearest(request.method, request.url.path))
