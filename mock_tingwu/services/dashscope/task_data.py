"""What getTask and callbacks say of a task, and the files behind it (dashscope-tingwu 4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from msgspec import Struct

from mock_tingwu.core.scope import Scope, Stored, Task
from mock_tingwu.core.tasks import (
    COMPLETED,
    FAILED,
    FINISHING,
    INVALID,
    NEW,
    ONGOING,
    PAUSED,
    Status,
)
from mock_tingwu.protocols.render import camel
from mock_tingwu.services.dashscope.agents import AGENTS, INSTRUCTION, Agent, File, Json
from mock_tingwu.services.storage import Linker, beijing

#: Links live a day; documented for playbackUrl alone (dashscope-tingwu 4).
LINK_SECONDS: Final = 24 * 60 * 60
#: No page names the bucket.
BUCKET: Final = "mock-tingwu-agents"
DONE, RUNNING, BROKEN, TRANSCRIBING = range(4)

#: ``output.status`` of a realtime task.
STATUS: Final[Mapping[Status, int]] = {
    NEW: TRANSCRIBING,
    ONGOING: TRANSCRIBING,
    PAUSED: TRANSCRIBING,
    FINISHING: RUNNING,
    COMPLETED: DONE,
    FAILED: BROKEN,
    INVALID: BROKEN,
}


def status_of(task: Task) -> int:
    """``output.status``: a recording is worked on from the beginning."""
    return RUNNING if task.offline and task.status is ONGOING else STATUS[task.status]


def agent_of(task: Task) -> Agent:
    """The agent that the task was last given to."""
    return AGENTS.get(task.order.model, INSTRUCTION)


def output_of(scope: Scope, task: Task, base: str, *, kinds: Collection[str] | None = None) -> Json:
    """The task as getTask shows it, its members in the order of the alphabet.

    ``base`` is the address that links lead to; they are signed anew. ``kinds``: name no files
    but these. A result that could not be made is null.
    """
    agent, manners = agent_of(task), scope.manners
    # No page tells how long links to results live.
    seconds = LINK_SECONDS if manners is None else manners.link_seconds(LINK_SECONDS)
    link = Linker(scope, base, seconds=seconds)
    output: Json = {"status": status_of(task)}
    for kind, file in agent.files.items():
        if kinds is not None and kind not in kinds:
            continue
        if kind in task.results:
            output[file.path] = link.to(BUCKET, key_of(scope, task, kind, file))
        elif kind in task.failed_results:
            output[file.path] = None
    if output["status"] == BROKEN:
        output |= {"errorCode": task.error_code, "errorMessage": task.error_message}
    if kinds is None and "mp3" in task.files:
        link = Linker(scope, base, seconds=LINK_SECONDS)
        output["playbackUrl"] = link.to(BUCKET, key_of(scope, task, "mp3", _PLAYBACK))
    return dict(sorted(output.items()))


_PLAYBACK: Final = File("playbackUrl", "playback")


def key_of(scope: Scope, task: Task, kind: str, file: File) -> str:
    """The key of a file in the bucket, in the form of the documents' samples."""
    made = task.files[kind] if kind in task.files else task.results[kind]
    drawn = scope.ids.derive("object", task.id, kind, str(made)).hex()
    day = beijing(made).strftime("%Y/%m/%d")
    place = f"{file.folder}/{scope.account_id}/{user_space(scope)}/{day}"
    key = f"agentic/prepub/CommonDataField/{place}/{drawn}"
    stored = Stored(task, kind, made, task.options, Shown(kind, file.root), LINK_SECONDS)
    if scope.objects.get(key) != stored:
        # What a second run made within the same ms takes the place of the first.
        scope.keep_object(key, stored)
    return key


def user_space(scope: Scope) -> str:
    """The id of the caller's workspace, as samples have it."""
    return "llm-" + scope.ids.derive("workspace", size=8).hex()


class Shown(Struct, frozen=True):
    """Shows a core result of this kind in the form of its file, with `File.root` around it."""

    kind: str
    root: str

    def __call__(self, result: Any) -> Any:
        return content_of(self.kind, self.root, result)


def content_of(kind: str, root: str, result: Any) -> Any:
    """A core result as its file shows it: unwrapped, keys in the order of the alphabet."""
    if kind == "MeetingAssistance":
        result = {name: part for name, part in result.items() if name != "key_sentences"}
    shown = camel(result)
    return ordered({root: shown} if root else shown)


def ordered(value: Any) -> Any:
    """``value`` with the keys of all objects in the order of the alphabet."""
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [ordered(item) for item in value]
    return value
