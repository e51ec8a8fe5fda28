"""ApsaraVideo Live's caption tasks as a case uses them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from mock_tingwu.client.credentials import AccessKey
from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.captions import Captions
from mock_tingwu.conformance.outside import Mailbox
from mock_tingwu.conformance.signing import Signer, Tamper, Unsigned
from mock_tingwu.protocols import signing

if TYPE_CHECKING:
    from mock_tingwu.conformance.cloud import Cloud

VERSION: Final = "2016-11-01"
_FORM: Final = "application/x-www-form-urlencoded"
_RESPONSES: Final = {
    "CreateRtcAsrTask": "live/create-response",
    "QueryRtcAsrTasks": "live/query-response",
    "StopRtcAsrTask": "live/task-response",
    "DeleteRtcAsrTask": "live/task-response",
}


class Live:
    """The four calls. Successful answers in JSON are held against the contract at once."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def call(
        self,
        action: str,
        parameters: Mapping[str, str],
        *,
        method: str = "POST",
        scheme: str | Signer = "rpc",
        form: bool = False,
        format: str = "JSON",
        key: AccessKey | None = None,
        date: datetime | None = None,
        nonce: str | None = None,
        tamper: Tamper | None = None,
    ) -> Answer:
        """Make a call, signed by ``scheme``: rpc, acs3, none or a function that makes headers.

        All goes into the query, or with ``form`` into the body. ``tamper`` changes the parameters
        once they are signed (rpc, none), or the headers (acs3 and functions).
        """
        site = self._cloud.site
        key, date, nonce = key or site.access_key, date or datetime.now(UTC), nonce or uuid4().hex
        common: dict[str, Any] = {
            "access_key": key.id,
            "secret": key.secret,
            "security_token": key.security_token,
            "action": action,
            "version": VERSION,
            "nonce": nonce,
            "date": date,
        }
        headers: dict[str, str] = {}
        sent = dict(parameters)
        host = urlsplit(site.live_url).netloc
        if not isinstance(scheme, str):
            headers = scheme(
                Unsigned(method, "/", sent, {}, b"", key, host, action, VERSION, date, nonce)
            )
        elif scheme == "acs3":
            headers = signing.sign_acs3(method, "/", sent, {}, b"", host=host, **common)
        elif scheme == "rpc":
            sent = signing.sign_rpc_v1(method, sent, format=format, **common)
        elif scheme == "none":
            sent |= {"Action": action, "Version": VERSION, "Format": format}
        else:
            raise ValueError(f"scheme is {scheme!r}, expected rpc, acs3, none or a function")
        if tamper is not None:
            tamper(headers or sent)
        encoded = signing.encode_query(sent)
        parts = {"form": encoded} if form else {"query": encoded}
        return await self.send(action, method, headers=headers, **parts)

    async def send(
        self,
        action: str,
        method: str = "POST",
        *,
        query: str = "",
        form: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a call as it is written here: ``query`` and ``form`` are encoded already."""
        url = f"{self._cloud.site.live_url}/"
        sent = dict(headers or {})
        if form:
            sent.setdefault("content-type", _FORM)
        answer = await self._cloud.http.send(
            action,
            method,
            f"{url}?{query}" if query else url,
            target=f"/?{query}" if query else None,
            headers=sent,
            content=form.encode(),
        )
        if answer.status == 200 and _is_json(answer) and action in _RESPONSES:
            went_well = answer.body.get("RetCode") == 2000
            schema = _RESPONSES[action] if went_well else "live/task-response"
            self._cloud.check.observe(schema, answer.body)
        return answer

    def refused(self, answer: Answer, *codes: str, status: int | None = 400) -> None:
        """Check that an answer in JSON is an error as SDKs read it; its Code one of ``codes``.

        ``status`` None is for what no document tells: any from 400 to 499.
        """
        check = self._cloud.check
        check.has(answer.body, "Code", "Message", "RequestId")
        code = answer.body["Code"]
        if status is None:
            # A breakdown is no refusal.
            check.that(400 <= answer.status < 500, "HTTP 4xx", f"{answer.status} {code}")
        else:
            check.equal(answer.status, status, f"HTTP status ({code})")
        if codes:
            check.one_of(code, codes, "Code")

    def rejected(self, answer: Answer) -> None:
        """Check that a call was not done: an error of HTTP, or a RetCode that is not 2000.

        No document tells which of the two a parameter leads to that is wrong.
        """
        if answer.status != 200:
            self.refused(answer, status=None)
            return
        code = answer.body.get("RetCode")
        self._cloud.check.that(code not in (None, 2000), "a RetCode other than 2000", code)
        self._cloud.check.lacks(answer.body, "TaskId")

    def stream(self, callback_url: str, **parameters: str | None) -> dict[str, str]:
        """The parameters of a task that listens to the target's live stream.

        One that is None is left out.
        """
        usual: dict[str, str | None] = {
            "Mode": "live",
            "StreamURL": self._cloud.site.stream_url,
            "Language": "cn",
            "CallbackURL": callback_url,
        }
        return {name: value for name, value in (usual | parameters).items() if value is not None}

    async def create(self, parameters: Mapping[str, str], **changes: Any) -> Answer:
        """CreateRtcAsrTask; the task is deleted when the case is over."""
        answer = await self.call("CreateRtcAsrTask", parameters, **changes)
        if answer.status == 200 and _is_json(answer) and answer.body.get("RetCode") == 2000:
            task_id = answer.body.get("TaskId")
            if isinstance(task_id, str):
                self._cloud.later(lambda: self.delete(task_id))
        return answer

    async def start(self, callback_url: str, **parameters: str | None) -> str:
        """Create a task that has to be created; return its TaskId."""
        done = (await self.create(self.stream(callback_url, **parameters))).done
        self._cloud.check.has(done, "TaskId", what="the answer of CreateRtcAsrTask")
        return str(done["TaskId"])

    async def caption(
        self, mailbox: Mailbox | None = None, /, query: str | None = None, **parameters: str | None
    ) -> Captions:
        """Create a task whose captions go to ``mailbox``, a new one if None.

        ``query`` is behind its address in CallbackURL.
        """
        mailbox = mailbox or self._cloud.outside.mailbox()
        url = f"{mailbox.url}?{query}" if query else mailbox.url
        return Captions(self._cloud, await self.start(url, **parameters), url, mailbox)

    async def stop(self, task_id: str, **changes: Any) -> Answer:
        """StopRtcAsrTask."""
        return await self.call("StopRtcAsrTask", {"TaskId": task_id}, **changes)

    async def delete(self, task_id: str, **changes: Any) -> Answer:
        """DeleteRtcAsrTask."""
        return await self.call("DeleteRtcAsrTask", {"TaskId": task_id}, **changes)

    async def query(self, task_id: str | None = None, **changes: Any) -> Answer:
        """QueryRtcAsrTasks of one task, or of all that run."""
        parameters = {} if task_id is None else {"TaskId": task_id}
        return await self.call("QueryRtcAsrTasks", parameters, **changes)

    async def tasks(self, task_id: str | None = None) -> dict[str, Any]:
        """``Tasks`` of a Query that has to go well: tasks by their ids."""
        tasks = (await self.query(task_id)).done.get("Tasks")
        self._cloud.check.has(tasks, what="Tasks")
        assert isinstance(tasks, dict)
        return tasks


def _is_json(answer: Answer) -> bool:
    return answer.headers.get("content-type", "").startswith("application/json")
