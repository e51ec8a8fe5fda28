"""What apps are told of their tasks (dashscope-tingwu 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mock_tingwu.core.apps import AppBook
from mock_tingwu.core.clock import as_datetime
from mock_tingwu.core.delivery import AGENT_PLAN
from mock_tingwu.core.scope import Scope, Task
from mock_tingwu.core.tasks import COMPLETED, FAILED
from mock_tingwu.services.dashscope.agents import Json
from mock_tingwu.services.dashscope.task_data import RUNNING, agent_of, output_of, user_space

#: EventBridge's names of the steps, and where its events come from.
_SOURCE: Final = "acs.tingwuagent"
_TYPES: Final = {COMPLETED.wire: "AgentWholeTaskCompleted", FAILED.wire: "AgentTaskFailed"}
_SUBTASK: Final = "AgentSubTaskCompleted"


class AgentDialect:
    """DashScope's own form, or EventBridge's around it; see `App.callback_form`."""

    service = "dashscope"
    plan = AGENT_PLAN

    def __init__(self, apps: AppBook) -> None:
        self._apps = apps

    def probe(self, scope: Scope, app_key: str, request_id: str) -> Mapping[str, Any]:
        number = scope.clock.now() % 10**13
        output = {"test": f"checkSyncConf{number:013d}"}
        return {"output": output, "requestId": request_id}

    def message(
        self, scope: Scope, task: Task, step: str, request_id: str
    ) -> Mapping[str, Any] | None:
        agent = agent_of(task)
        over = step in _TYPES
        if not over and (step not in agent.files or not (agent.each_result or step == _FIRST)):
            return None
        kinds = None if step == COMPLETED.wire else () if over else (step,)
        output = output_of(scope, task, task.origin, kinds=kinds)
        if not over:
            output |= {"status": RUNNING}
        output["taskInfo"] = {
            "appId": task.app_key,
            "dataId": task.id,
            "model": task.order.model,
            "userId": scope.account_id,
            "userSpaceId": user_space(scope),
        }
        app = self._apps.configured(task.app_key)
        if app is not None and app.callback_form == "eventbridge":
            return _event(scope, task, step, request_id, output)
        return {"output": output, "requestId": request_id}


_FIRST: Final = "Transcription"


def _event(scope: Scope, task: Task, step: str, request_id: str, output: Json) -> Json:
    """The step as EventBridge hands it on: a CloudEvent. Only source, type and data are known."""
    name = _TYPES.get(step, _SUBTASK)
    # One of two tables in the documents puts the agent before the name.
    prefix = "Meeting" if task.order.model == "tingwu-meeting" else ""
    return {
        "id": request_id,
        "source": _SOURCE,
        "specversion": "1.0",
        "type": f"tingwuagent:TaskStateUpdated:{prefix}{name}",
        "datacontenttype": "application/json;charset=utf-8",
        "subject": f"acs:tingwuagent:cn-beijing:{scope.account_id}:task/{task.id}",
        "time": as_datetime(scope.clock.now()).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aliyuneventbusname": "default",
        "aliyunregionid": "cn-beijing",
        "aliyunaccountid": scope.account_id,
        "data": output,
    }
