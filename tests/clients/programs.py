"""The programs: how each is built and run, and the verdict that it has to print."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: What the recording says, and what every meeting asks for.
SENTENCES = 10
RESULTS = ["AutoChapters", "Transcription", "Translation"]
#: What DashScope's agents are asked for.
AGENT_MEETING_RESULTS = ["autoChaptersPath", "transcriptionPath", "translationsPath"]
AGENT_RESULTS = sorted([*AGENT_MEETING_RESULTS, "customPromptPath", "textPolishPath"])
AGENT_RESULTS_THEN = ["meetingAssistancePath", "summarizationPath"]
INSIGHTS = ["generalSaleInsightsPath", "generalServiceInsightsPath", "transcriptionPath"]


@dataclass(frozen=True, eq=False)
class Program:
    """A program in a folder beside this file. ``build`` and ``run`` are commands in that folder.

    Meetings are called with the server's URL and the path of a recording, tasks with the server's
    URL, that of the recording, and one where there is no file. ``title`` is what the docs call it.
    """

    name: str
    folder: str
    title: str
    build: Sequence[str]
    run: Sequence[str]


@dataclass(frozen=True, eq=False)
class Meeting(Program):
    """A realtime meeting.

    ``hands_on_translations``: whether the SDK gives the caller ResultTranslated.
    ``extra_checks``: what the verdict has beyond everybody's.
    """

    hands_on_translations: bool = True
    extra_checks: Mapping[str, Any] = field(default_factory=dict)

    def expected(self, checks: Mapping[str, Any]) -> dict[str, Any]:
        """The verdict that is right. Of ``checks`` it takes what may vary."""
        return {
            "started": True,
            "sentences": SENTENCES,
            "interim": max(checks.get("interim", 0), SENTENCES + 1),
            "translations": SENTENCES if self.hands_on_translations else None,
            "completed": True,
            "stopped": "ONGOING",
            "status": "COMPLETED",
            "results": RESULTS,
            **self.extra_checks,
        }


@dataclass(frozen=True, eq=False)
class Tasks(Program):
    """Offline tasks, hot words, and everything else that needs no stream.

    ``app_key``: the AppKey that it uses, to which the mock posts callbacks.
    ``refused``: the SDK's own words for calls that are refused; each is an error's type, its code
    and, where the SDK tells, the HTTP status.
    """

    app_key: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    extra_checks: Mapping[str, Any] = field(default_factory=dict)

    def expected(self) -> dict[str, Any]:
        """The verdict that is right."""
        return {
            "offline": "COMPLETED",
            "results": RESULTS,
            "run again": "COMPLETED",
            "results then": sorted([*RESULTS, "Summarization"]),
            "no file": "FAILED: TSC.AudioFileLink",
            "phrases": ["create", "list", "get", "update", "delete"],
            "stopped early": "COMPLETED",
            "refused": dict(self.refused),
            **self.extra_checks,
        }


@dataclass(frozen=True, eq=False)
class Agents(Program):
    """DashScope's Tingwu agents: recordings, a text, and meetings.

    It is called with the server's URL, that of the recording, one where there is no file, and the
    path of the recording.

    ``pointed``: how the SDK is told the URLs. ``refused``: the SDK's own words for what is refused.
    ``connections``: how many WebSockets are opened. ``violations``: the rules that the SDK breaks.
    """

    pointed: Sequence[str] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    connections: int = 0
    violations: Sequence[str] = ()
    extra_checks: Mapping[str, Any] = field(default_factory=dict)

    def expected(self, checks: Mapping[str, Any]) -> dict[str, Any]:
        """The verdict that is right. Of ``checks`` it takes what may vary."""
        return {
            "recording": 0,
            "results": AGENT_RESULTS,
            "run again": 0,
            "results then": sorted([*AGENT_RESULTS, *AGENT_RESULTS_THEN]),
            "no file": "2: TSC.AudioFileLink",
            "text": 0,
            "insights": INSIGHTS,
            "temporary key": 0,
            "started": True,
            "sentences": SENTENCES,
            "interim": max(checks.get("interim", 0), SENTENCES + 1),
            "translations": SENTENCES,
            "completed": True,
            "paused": 3,
            "ended": 1,
            "status": 0,
            "meeting results": AGENT_MEETING_RESULTS,
            "refused": dict(self.refused),
            **self.extra_checks,
        }


@dataclass(frozen=True, eq=False)
class Live(Program):
    """A live task's whole life: it captions a stream, is asked for, stopped and deleted.

    It is called with the server's URL, the address for its callbacks, the AuthKey that signs them,
    and the number of callbacks to wait for. Whoever GETs the address is told how many have come.

    ``way``: where the SDK puts the parameters, and what it signs with. ``refused``: the SDK's own
    words for what is refused.
    """

    way: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)

    def expected(self) -> dict[str, Any]:
        """The verdict that is right."""
        return {
            "running": "live, 1",
            "interval": "-1",
            "channel": "rtc",
            "stopped": 2,
            "deleted": 0,
            "other RetCode": 4001,
            "refused": dict(self.refused),
        }


#: A Live program waits for so many callbacks, which are of these events.
LIVE_CALLBACKS = 4
LIVE_EVENTS = ["ResultTranslated", "SentenceEnd"]

#: The callbacks that each of the Tasks has coming, in order for each of its tasks: TaskStatus with
#: the results that are told, or with the ErrorCode.
CALLBACKS = {
    "recording": [
        *(f"ONGOING: {name}" for name in ("Transcription", "Translation", "AutoChapters")),
        f"COMPLETED: {', '.join(RESULTS)}",
        "ONGOING: Summarization",
        f"COMPLETED: {', '.join(sorted([*RESULTS, 'Summarization']))}",
    ],
    "no file": ["FAILED: TSC.AudioFileLink"],
}

NPM = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
MAVEN = ("mvn", "--quiet", "--batch-mode", "clean", "process-classes")
JAVA = ("java", "-cp", os.pathsep.join(("target/classes", "target/lib/*")))
# Without cgo, as programs for containers are built.
STATIC = ("env", "CGO_ENABLED=0", "go", "build", "-o")
GO = (*STATIC, "target/", "./live-core", "./meeting", "./tasks-core")
GO_TASKS = ("go", "build", "-o", "target/tasks", ".")

MEETINGS = (
    Meeting(
        "node-tingwu",
        "node",
        "Node",
        NPM,
        ("node", "meeting.js", "tingwu"),
        hands_on_translations=False,
    ),
    Meeting(
        "node-pop-core",
        "node",
        "Node",
        NPM,
        ("node", "meeting.js", "pop-core"),
        hands_on_translations=False,
    ),
    Meeting(
        "java", "java", "Java", MAVEN, (*JAVA, "meeting.Meeting"), extra_checks={"restarts": 30}
    ),
    Meeting("go", "go", "Go", GO, ("target/meeting",)),
    Meeting("browser", "browser", "A page in headless Chromium", NPM, ("node", "meeting.js")),
)


def refusals(form: str) -> dict[str, str]:
    """What an SDK raises, by what is wrong; ``form`` may name ``code`` and ``status``."""
    return {
        "wrong secret": form.format(code="SignatureDoesNotMatch", status=400),
        "unknown key": form.format(code="InvalidAccessKeyId.NotFound", status=404),
        "wrong language": form.format(code="BRK.InvalidLanguage", status=400),
    }


TASKS = (
    Tasks(
        "node-tingwu-tasks",
        "node",
        "Node",
        NPM,
        ("node", "tasks.js", "tingwu"),
        app_key="node-tingwu",
        refused=refusals("ClientError: {code}, {status}"),
    ),
    Tasks(
        "node-pop-core-tasks",
        "node",
        "Node",
        NPM,
        ("node", "tasks.js", "pop-core"),
        app_key="node-pop-core",
        refused=refusals("{code}Error: {code}, {status}"),
    ),
    Tasks(
        "java-core-tasks",
        "java",
        "Java",
        MAVEN,
        (*JAVA, "tasks.Tasks", "core"),
        app_key="java-core",
        refused=refusals("ClientException: {code}"),
    ),
    Tasks(
        "java-tea-tasks",
        "java",
        "Java",
        MAVEN,
        (*JAVA, "tasks.Tasks", "tea"),
        app_key="java-tea",
        refused=refusals("TeaException: {code}, {status}"),
    ),
    Tasks(
        "java-async-tasks",
        "java",
        "Java",
        MAVEN,
        (*JAVA, "tasks.Tasks", "async"),
        app_key="java-async",
        refused=refusals("PopClientException: {code}, {status}"),
    ),
    Tasks(
        "go-core-tasks",
        "go",
        "Go",
        GO,
        ("target/tasks-core",),
        app_key="go-core",
        refused=refusals("*errors.ServerError: {code}, {status}"),
        extra_checks={"bare question mark": "COMPLETED", "header without value": "COMPLETED"},
    ),
    Tasks(
        "go-core-2018-tasks",
        "go-2018",
        "Go",
        GO_TASKS,
        ("target/tasks",),
        app_key="go-core-2018",
        refused=refusals("*errors.ServerError: {code}, {status}"),
    ),
    Tasks(
        "go-tea-tasks",
        "go-tea",
        "Go",
        GO_TASKS,
        ("target/tasks",),
        app_key="go-tea",
        refused=refusals("*tea.SDKError: {code}, {status}"),
    ),
)

AGENTS = (
    Agents(
        "java-dashscope",
        "java",
        "Java",
        MAVEN,
        (*JAVA, "dashscope.Agents"),
        pointed=(
            'new TingWu("http", "http://…/api/v1/services/aigc/multimodal-generation/generation")',
            'new TingWuRealtime("ws://…/api-ws/v1/inference")',
        ),
        refused={
            "wrong key": "ApiException: InvalidApiKey, 401",
            "wrong parameter": "ApiException: InvalidParameter, 400",
            "unknown dataId": "ApiException: Agent.InputInvalidDataId, 400",
            "wrong key, realtime": "ConnectionError",
            "unknown dataId, realtime": "Agent.InputInvalidDataId",
        },
        # All those below, where ten share one, the long one and one that is refused.
        connections=23,
        violations=("constants", "task-id-length"),
        extra_checks={
            "one after another": 10,
            "over one connection": 10,
            "at once": 8,
            "by other constructors": 2,
        },
    ),
)


def live_refusals(form: str) -> dict[str, str]:
    """What an SDK raises in Live, by what is wrong; ``form`` may name ``code`` and ``status``."""
    return {
        "unknown task": form.format(code="ConfigNotFound", status=400),
        "wrong parameter": form.format(code="InvalidReportInterval", status=400),
        "missing parameter": form.format(code="MissingStreamURL", status=400),
        "wrong secret": form.format(code="SignatureDoesNotMatch", status=400),
        "unknown key": form.format(code="InvalidAccessKeyId.NotFound", status=404),
    }


#: Where parameters are, and what is signed with.
RPC_GET, RPC_POST = "query, HMAC-SHA1", "form, HMAC-SHA1"
ACS3 = "query of a POST, ACS3"

LIVE = (
    Live(
        "node-pop-core-live-get",
        "node",
        "Node",
        NPM,
        ("node", "live.js", "pop-core-get"),
        way=RPC_GET,
        refused=live_refusals("{code}Error: {code}"),
    ),
    Live(
        "node-pop-core-live-post",
        "node",
        "Node",
        NPM,
        ("node", "live.js", "pop-core-post"),
        way=RPC_POST,
        refused=live_refusals("{code}Error: {code}"),
    ),
    Live(
        "node-openapi-client-live",
        "node",
        "Node",
        NPM,
        ("node", "live.js", "openapi-client"),
        way=ACS3,
        refused=live_refusals("Error: {code}, {status}"),
    ),
    Live(
        "node-openapi-core-live",
        "node",
        "Node",
        NPM,
        ("node", "live.js", "openapi-core"),
        way=ACS3,
        refused=live_refusals("ClientError: {code}, {status}"),
    ),
    Live(
        "java-core-live-get",
        "java",
        "Java",
        MAVEN,
        (*JAVA, "live.Live", "get"),
        way=RPC_GET,
        refused=live_refusals("ClientException: {code}"),
    ),
    Live(
        "java-core-live-post",
        "java",
        "Java",
        MAVEN,
        (*JAVA, "live.Live", "post"),
        way=RPC_POST,
        refused=live_refusals("ClientException: {code}"),
    ),
    Live(
        "go-core-live-get",
        "go",
        "Go",
        GO,
        ("target/live-core", "GET"),
        way=RPC_GET,
        refused=live_refusals("*errors.ServerError: {code}, {status}"),
    ),
    Live(
        "go-core-live-post",
        "go",
        "Go",
        GO,
        ("target/live-core", "POST"),
        way=RPC_POST,
        refused=live_refusals("*errors.ServerError: {code}, {status}"),
    ),
)

PROGRAMS: tuple[Meeting | Tasks | Agents | Live, ...] = (*MEETINGS, *TASKS, *AGENTS, *LIVE)
