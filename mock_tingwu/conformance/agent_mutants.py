"""What mutants of DashScope's agents can be made of, beside what is in `mutants`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from mock_tingwu import contract
from mock_tingwu.conformance.mutants import Body, events, patched
from mock_tingwu.contract import Violation
from mock_tingwu.services.dashscope import request, service, task_data

#: Gets the ``payload.output`` of an event; returns those to send in its place.
ChangeOutput = Callable[[Body], list[Body]]

_REQUEST = "dashscope/create-task-request#"


def refusing(predicate: Callable[[Body], Any]) -> AbstractContextManager[None]:
    """Refuse calls of createTask and getTask whose body, which is otherwise right, fulfils this."""
    check = request.check

    def refused(definition: str, body: Body) -> None:
        check(definition, body)
        if predicate(body):
            raise request.invalid("a mutant refuses it")

    return patched(service, "check", refused)


def overlooking(*pointers: str, definition: str = "") -> AbstractContextManager[None]:
    """Do not look at these places of a body, as `contract.Violation.pointer` names them.

    ``definition`` is which one of createTask's; all if empty.
    """
    violations = contract.violations

    def overlooked(name: str, instance: Any) -> list[Violation]:
        found = violations(name, instance)
        if name.startswith(_REQUEST + definition):
            return [one for one in found if one.pointer not in pointers]
        return found

    return patched(contract, "violations", overlooked)


def showing(kind: str, change: Callable[[Any], Any]) -> AbstractContextManager[None]:
    """Change the content of the result files of a kind, by the name that the mock has for it."""
    content_of = task_data.content_of

    def shown(made: str, root: str, result: Any) -> Any:
        content = content_of(made, root, result)
        return change(content) if made == kind else content

    return patched(task_data, "content_of", shown)


def saying(change: ChangeOutput) -> AbstractContextManager[None]:
    """Change the outputs of all events that have one."""

    def changed(message: Body) -> list[Body]:
        output = message.get("payload", {}).get("output")
        if output is None:
            return [message]
        return [message | {"payload": {"output": said}} for said in change(output)]

    return events(changed)


def hearing(change: Callable[[Body], list[Body]]) -> AbstractContextManager[None]:
    """Change the transcriptions of all recognize-result events that have one."""
    return saying(partial(_heard, change))


def _heard(change: Callable[[Body], list[Body]], output: Body) -> list[Body]:
    if "transcription" not in output:
        return [output]
    return [output | {"transcription": one} for one in change(output["transcription"])]
