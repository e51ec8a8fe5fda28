"""Watches what clients do, and notes what is against the rules (`mock_tingwu.core.violations`).

Each scope has a `Watch`. The services tell it of every call, link, callback and stream as they
happen; it keeps what it needs to judge the next one and never looks through the journal.

How fast calls come is judged by the time that has passed on the machine's clock or on the scope's,
whichever is more: a client that waits in real time is right, and so is one whose test moves a
virtual clock on. How fast audio comes is not judged on a virtual clock: that stands still while a
whole meeting is pushed, which is what it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from mock_tingwu import contract
from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.findings import Findings
from mock_tingwu.core.imagination import url_problem
from mock_tingwu.core.journal import Entry
from mock_tingwu.core.pace import AudioPace, CallPace, PollPace, TimePassed
from mock_tingwu.core.scope import Scope, Task
from mock_tingwu.core.shown import shown
from mock_tingwu.core.tasks import COMPLETED, FAILED, NEW, ONGOING, PAUSED, REALTIME_TASK
from mock_tingwu.core.throttle import Limits
from mock_tingwu.core.violations import RULES, Offence
from mock_tingwu.protocols import nls
from mock_tingwu.protocols.nls_table import COMMANDS
from mock_tingwu.services.api_errors import ApiFailure
from mock_tingwu.services.dashscope.agents import AGENTS
from mock_tingwu.services.dashscope.errors import AgentFailure

Json = dict[str, Any]

_LIMITS: Final = Limits.parse("documented")
#: Of how many things that are wrong with one request is told.
_MOST: Final = 8
#: Rules that a client may break in several ways: each of them is a violation of its own.
_BY_TEXT: Final = frozenset(
    {"request-schema", "unknown-field", "loose-writing", "message-schema", "unknown-command"}
)
#: The rule that a request broke which was answered with a code; None: no rule of the contract.
_RULES: Final[Mapping[str, str | None]] = {
    "BRK.InvalidAppKey": "app-key",
    "BRK.InvalidTenant": "app-key",
    "InvalidTaskId": "rerun-unfinished",
    "InvalidWordWeights": "hot-words",
    "InvalidPhrase": "hot-words",
    "InvalidPhraseId": None,  # well written, but there is no such list
    "InvalidApi.NotFound": "unknown-api",
    "InvalidURL": "unknown-api",
    "InvalidApiKey": "api-key",
    "Agent.InputAppIdIllegal": "app-id",
    "Agent.InputInvalidDataId": "data-id",
    "BadRequest.EmptyModel": "request-schema",
    "BadRequest.EmptyInput": "request-schema",
    "ModelNotFound": "request-schema",
}
#: Other codes that say that a request is wrong begin so.
_WRONG: Final = ("Missing", "Invalid", "BRK.Invalid")
#: What every RPC call may have beside its own parameters (live-rtc-asr 3).
_COMMON: Final = frozenset(
    {
        *("Action", "Version", "Format", "AccessKeyId", "Signature", "SignatureMethod"),
        *("SignatureVersion", "SignatureNonce", "SignatureType", "Timestamp", "SecurityToken"),
        *("RegionId", "OwnerId", "BearerToken"),
    }
)
_LIVE_SCHEMAS: Final = {
    "CreateRtcAsrTask": "live/create-request",
    "QueryRtcAsrTasks": "live/query-request",
}

_decode = msgspec.json.Decoder().decode


class Watch:
    """What the clients of one scope do. ``real_steady`` is the machine's time in ms, without
    jumps.
    """

    def __init__(self, scope: Scope, real_steady: Callable[[], int]) -> None:
        self._scope = scope
        self.findings = Findings(scope.journal)
        clock = scope.clock
        shown = clock.steady if isinstance(clock, VirtualClock) else None
        self._passed = TimePassed(real_steady, shown)
        self._calls = CallPace()
        self._polls = PollPace()
        # The call that made each task; tasks whose stream broke off; the latest of each TaskKey.
        self._made: dict[str, int] = {}
        self._broken: set[str] = set()
        self._keyed: dict[tuple[str, str], str] = {}
        # Meetings that nobody needs to end any more.
        self._forgiven: set[str] = set()

    # Calls

    def call(self, service: str, api: str, caller: str, entry: Entry) -> Call:
        """A call has come; ``entry`` is the request's."""
        return Call(self, service, api, caller, entry)

    def found(
        self,
        rule: str,
        text: str,
        entry: Entry,
        *,
        caller: str | None = None,
        **fields: Any,
    ) -> None:
        """Note an offence that the journal's ``entry`` shows, of a ``caller`` or else its task."""
        task_id = entry["task_id"]
        request_id = entry.get("request_id")
        about = {} if request_id is None else {"request_id": request_id}
        self._add(
            rule,
            text,
            task_id if caller is None else caller,
            service=entry["service"],
            offending=entry["seq"],
            task_id=task_id,
            **about,
            **fields,
        )

    def signature(self, rule: str, text: str, entry: Entry, who: object, request_id: str) -> None:
        """A signature is not as it should be: ``who`` signs so."""
        self.findings.add(
            rule,
            who,
            text,
            service=entry["service"],
            offending=entry["seq"],
            request_id=request_id,
        )

    def key(self, problem: str, entry: Entry) -> None:
        """A call of DashScope was refused for its key."""
        rule = "temporary-key-expired" if problem == "expired" else "api-key"
        self.found(rule, f"the API key is {problem}", entry, caller="")

    def stopping(self, task: Task, entry: Entry) -> None:
        """The API's stop has come; it has not been done yet."""
        if any(pusher.streaming for pusher in task.pushers):
            text = "the task was stopped while audio was being pushed into it"
            self.found("stop-while-streaming", text, entry)

    def link(self, problem: str, entry: Entry) -> None:
        """A link to a result was refused."""
        rule = "results-after-expiry" if problem == "expired" else "result-link"
        self.found(rule, f"the link of a result was refused: {problem}", entry)

    def callback(self, entry: Entry) -> None:
        """A callback was tried; a trial of its address is none."""
        error = entry.get("error", "")
        if entry["outcome"] == "delivered" or entry["event"] == "probe":
            return
        if entry["service"] == "live" or error.startswith("not sent"):
            return  # nothing is documented of Live's receivers
        rule = "callback-late" if error.startswith("no answer within") else "callback-refused"
        self._add(
            rule,
            f"the callback of {entry['event']} was not accepted: {error}",
            entry["url"],
            service=entry["service"],
            offending=entry["seq"],
            task_id=entry["task_id"],
        )

    # Streams

    def stream(
        self,
        offence: Offence,
        *,
        service: str,
        task_id: str | None,
        session: str,
        offending: int | None,
    ) -> None:
        """Note an offence of a connection; ``offending`` is the latest message of it."""
        if offence.rule == "close-without-stop" and task_id is not None:
            self._broken.add(task_id)
        self._add(
            offence.rule,
            offence.text,
            task_id or session,
            service=service,
            offending=offending,
            task_id=task_id,
            session=session,
        )

    def audio(self, task: Task) -> AudioPace | None:
        """A stream into ``task`` begins: what tells how fast it comes, None on a virtual clock."""
        self._broken.discard(task.id)
        if isinstance(self._scope.clock, VirtualClock):
            return None
        return AudioPace(self._passed(), task.stream.position)

    def frame(self, pace: AudioPace, task: Task) -> Offence | None:
        """A frame of the stream has come."""
        return pace.frame(self._passed(), task.stream.position)

    # What nobody has done

    def pending(self) -> Iterator[dict[str, Any]]:
        """Violations that there are if nothing more comes: meetings that nobody has ended.

        They look like entries, but for ``seq`` and ``at``, which are None.
        """
        about = RULES["stop-missing"]
        for task in self._unstopped():
            yield {
                "seq": None,
                "at": None,
                "scope": self._scope.name,
                "kind": "violation",
                "service": task.order.service,
                "task_id": task.id,
                "rule": about.id,
                "level": about.level,
                "source": about.source,
                "text": _not_stopped(task),
                "offending": self._made.get(task.id),
                "count": 1,
            }

    def forget(self) -> None:
        """Forget what was found. Meetings that go on now are nobody's fault any more."""
        self.findings.clear()
        self._forgiven.update(task.id for task in self._unstopped())

    def task_forgotten(self, task: Task) -> None:
        """Nobody can find the task any more: keep nothing of it but what was found."""
        self._made.pop(task.id, None)
        self._broken.discard(task.id)
        self._forgiven.discard(task.id)
        whose = (task.app_key, task.key or "")
        if self._keyed.get(whose) == task.id:
            del self._keyed[whose]

    def close(self) -> None:
        """The scope ends: what was not done by now will not be done."""
        for task in self._unstopped():
            self.findings.add(
                "stop-missing",
                task.id,
                _not_stopped(task),
                service=task.order.service,
                offending=self._made.get(task.id),
                task_id=task.id,
            )

    def _unstopped(self) -> Iterator[Task]:
        # What only some need is not loaded when the server starts.
        from mock_tingwu.protocols.inference import INSTRUCTION

        for task in self._scope.tasks.values():
            if (
                task.lifecycle is REALTIME_TASK
                and task.status in (NEW, ONGOING, PAUSED)
                and task.order.model != INSTRUCTION  # it ends with its stream
                and task.id not in self._forgiven
                and not any(pusher.streaming for pusher in task.pushers)
            ):
                yield task

    # Inside

    def _add(self, rule: str, text: str, whose: object, **fields: Any) -> None:
        self.findings.add(rule, (whose, text) if rule in _BY_TEXT else whose, text, **fields)

    def _count(self, call: Call) -> None:
        caller, api = call.caller, call.api
        for offence in self._calls.call(caller, api, _limit(call.service, api), self._passed()):
            self._add(
                offence.rule,
                offence.text,
                (caller, api),
                service=call.service,
                offending=call.entry["seq"],
                request_id=call.entry["request_id"],
            )

    def _throttled(self, call: Call, wait: int) -> None:
        self._calls.throttled(call.caller, call.api, wait, self._passed())

    def _polled(self, call: Call) -> None:
        task = self._scope.tasks.get(call.entry["task_id"] or "")
        if task is not None and task.offline:
            unfinished = task.status not in (COMPLETED, FAILED)
            offence = self._polls.poll(task.id, self._passed(), unfinished=unfinished)
            if offence is not None:
                self.found(offence.rule, offence.text, call.entry)

    def _created(self, call: Call, task_id: str) -> None:
        task = self._scope.tasks.get(task_id)
        if task is None:
            return
        self._made[task_id] = call.entry["seq"]
        if task.offline and task.file_url and (problem := url_problem(task.file_url)):
            self.found("file-url", problem, call.entry)
        if task.key is None or task.lifecycle is not REALTIME_TASK:
            return
        whose = (task.app_key, task.key)
        before = self._scope.tasks.get(self._keyed.get(whose, ""))
        self._keyed[whose] = task_id
        if before is not None and before.status is PAUSED and before.id in self._broken:
            text = f"the stream into {before.id} of the same TaskKey broke off and was not resumed"
            self.found("new-task-for-reconnect", text, call.entry)


class Call:
    """One call of an API, from its request to its answer."""

    __slots__ = ("_judged", "_watch", "api", "caller", "entry", "service")

    def __init__(self, watch: Watch, service: str, api: str, caller: str, entry: Entry) -> None:
        self._watch = watch
        self._judged = False
        self.service = service
        self.api = api
        self.caller = caller
        self.entry = entry

    def count(self) -> None:
        """It is one of those whose number is bounded. Until `serve`, a refusal is no offence."""
        self._judged = False
        self._watch._count(self)

    def serve(self) -> None:
        """What is refused from now on is refused for what the call asks for."""
        self._judged = True

    def refused(self, error: ApiFailure | AgentFailure) -> None:
        """It was answered with an error."""
        wait = error.retry_after
        if wait:
            self._watch._throttled(self, wait)
        if not self._judged:
            return
        for rule, text in _offences(error):
            text = f"{self.api}: {text}" if self.api else text
            if rule != "unknown-api" or _is_api(self.service, self.entry["target"]):
                self._found(rule, text)

    def answered(self, data: Mapping[str, Any], raw: Json, body: Json) -> None:
        """It was answered with ``data``; ``body`` is how the ``raw`` one was read."""
        if self.api == "GetTaskInfo":
            self._watch._polled(self)
        if not body:
            return
        schema = self._schema(body)
        if schema is None:
            return
        if raw is not body and raw != body:
            for place, text in _loose(raw, body, ""):
                self._found("loose-writing", f"{self.api}: {place} {text}")
        for path in contract.unknown_keys(schema, body)[:_MOST]:
            if self.service != "live" or path[0] not in _COMMON:
                place = "".join(f"/{part}" for part in path)
                self._found("unknown-field", f"{self.api}: {shown(place)} is no known field")
        if data.get("ErrorCode") == "PHS.Exceed":
            self._found("hot-words", f"{self.api}: more lists or more words than are allowed")

    def created(self, task_id: str) -> None:
        """It has made a task."""
        self._watch._created(self, task_id)

    def _found(self, rule: str, text: str) -> None:
        self._watch.found(rule, text, self.entry, caller=self.caller)

    def _schema(self, body: Json) -> str | None:
        """What the body was checked with."""
        if self.service == "live":
            return _LIVE_SCHEMAS.get(self.api, "live/task-request")
        if self.service == "dashscope":
            return _agent_schema(body)
        if self.api == "CreateTask":
            return f"tingwu/create-task-request#{_kind(self.entry['target'])}"
        writing = self.api in ("CreateTranscriptionPhrases", "UpdateTranscriptionPhrases")
        return "tingwu/phrases-request" if writing else None


def _limit(service: str, api: str) -> int:
    """How many of these calls a caller may make in a second; 0 where no source says it."""
    if service == "dashscope":
        return _LIMITS.query if api == "getTask" else 0
    return _LIMITS.of(api)


def _offences(error: ApiFailure | AgentFailure) -> Iterator[tuple[str, str]]:
    """The rules that a refused request broke, and how."""
    if error.breaches:
        for place, what in error.breaches[:_MOST]:
            # AppKey and appId have rules of their own.
            rule = "app-key" if place == "/AppKey" else "request-schema"
            yield rule, f"{place or '/'}: {what}"
        return
    code = error.code
    rule_of_code = _RULES.get(code, "request-schema" if code.startswith(_WRONG) else None)
    if rule_of_code is not None:
        yield rule_of_code, f"{code}: {error.detail or error.message}"


def _is_api(service: str, target: str) -> bool:
    """Whether somebody meant to call an API: browsers ask for icons, probes for anything."""
    return service == "live" or target.startswith(("/openapi", "/api"))


def _kind(target: str) -> str:
    """The definition of a CreateTask that was answered."""
    query = target.partition("?")[2].split("&")
    if "operation=stop" in query:
        return "stop"
    return "realtime" if "type=realtime" in query else "offline"


def _agent_schema(body: Json) -> str | None:
    source, agent = body.get("input"), AGENTS.get(body.get("model", ""))
    if not isinstance(source, dict) or agent is None:
        return None
    definition = agent.check
    if source.get("task") == "getTask":
        definition = "get"
    elif source.get("type") == "realtime" and agent.realtime:
        definition = "end" if source.get("dataId") else "realtime"
    return f"dashscope/create-task-request#{definition}"


def _loose(raw: Any, read: Any, place: str) -> Iterator[tuple[str, str]]:
    """Where ``raw`` was read as something else; null is as good as absent."""
    if isinstance(raw, dict) and isinstance(read, dict):
        for key, value in raw.items():
            if value is None:
                continue
            if key in read:
                yield from _loose(value, read[key], f"{place}/{key}")
                continue
            spelt = next((name for name in read if name.lower() == key.lower()), "")
            yield f"{place}/{key}", f"is taken for {spelt}"
    elif isinstance(raw, list) and isinstance(read, list):
        for number, (one, other) in enumerate(zip(raw, read, strict=True)):
            yield from _loose(one, other, f"{place}/{number}")
    elif raw != read:
        yield place, f"is {shown(raw)}, taken for {shown(read)}"


# Commands


def command_offences(service: str, data: bytes) -> Iterator[Offence]:
    """What is wrong with a text frame, whatever came before it."""
    try:
        message = _decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        message = None
    header = message.get("header") if isinstance(message, dict) else None
    if not isinstance(header, dict):
        yield Offence("message-schema", "a text frame is no JSON object with a header")
        return
    agents = service == "dashscope"
    named = header.get("action" if agents else "name")
    if not isinstance(named, str) or not named:
        yield Offence("message-schema", f"/header/{'action' if agents else 'name'} is missing")
        return
    schema = _AGENT_COMMANDS.get(named) if agents else _COMMANDS.get(named)
    if not agents and header.get("namespace", nls.NAMESPACE) != nls.NAMESPACE:
        yield Offence("unknown-command", f"the namespace is {shown(header['namespace'])}")
        return
    if schema is None:
        yield Offence("unknown-command", f"there is no command {shown(named)}")
        return
    for violation in contract.violations(schema, message)[:_MOST]:
        if violation.pointer == "/payload/input/appId":
            yield Offence("app-id", f"{named}: {violation.pointer} {violation.message}")
        elif violation.pointer.rpartition("/")[2] not in _CONSTANTS:
            text = f"{named}: {violation.pointer} {violation.message}"
            yield Offence("message-schema", text)
    for path in contract.unknown_keys(schema, message)[:_MOST]:
        place = "".join(f"/{part}" for part in path)
        yield Offence("unknown-field", f"{named}: {shown(place)} is no known field")
    if named == "StopTranscription" and not (header.get("task_id") and header.get("appkey")):
        yield Offence("stop-without-ids", "StopTranscription has no task_id or no appkey")


#: The rule ``constants`` is about these.
_CONSTANTS: Final = frozenset({"task_group", "task", "function"})
_AGENT_COMMANDS: Final = {
    "run-task": "inference/run-task",
    "finish-task": "inference/finish-task",
}
_COMMANDS: Final = {
    **dict.fromkeys(COMMANDS, "realtime/control"),
    "StartTranscription": "realtime/start-transcription",
    "StopTranscription": "realtime/stop-transcription",
}


def _not_stopped(task: Task) -> str:
    return f"the task is {task.status.name} and nobody has ended it"
