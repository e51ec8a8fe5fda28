"""Playing the client's side of a cassette against a service, which is recorded anew meanwhile.

Requests go out in their order, with the identifiers that this service has given in place of the
recorded ones. Where the recording shows a task further than it is, it is asked again.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import httpx

from mock_tingwu.cassettes.calls import CALLS, INFERENCE, service_of
from mock_tingwu.cassettes.cassette import REFERENCE, Cassette, Record
from mock_tingwu.cassettes.findings import Finding, Kind, finding
from mock_tingwu.cassettes.order import AWAITED, name_of
from mock_tingwu.cassettes.resigning import Resigner
from mock_tingwu.cassettes.sending import send
from mock_tingwu.cassettes.standing import is_ahead, is_behind
from mock_tingwu.cassettes.streams import EVENT_S, PlayedStream, decoded
from mock_tingwu.cassettes.writer import FORM, CassetteWriter, HttpAnswer, HttpRequest
from mock_tingwu.client.address import is_local
from mock_tingwu.client.errors import StreamError
from mock_tingwu.client.http import REQUEST_TIMEOUT_S, connections
from mock_tingwu.client.joining import join
from mock_tingwu.client.stream_core import Loss
from mock_tingwu.client.targets import Target
from mock_tingwu.protocols.signing import encode_query

#: How often a task is asked for at most until it stands as recorded.
_POLLS: Final = 200
#: Between two looks at a task of a service whose clock is not ours, in seconds.
_PAUSE_S: Final = 0.5
#: What a signature of each scheme looks like, for the `Resigner` to make a right one.
_SIGNATURES: Final = {
    "acs": {"authorization": "acs any:any"},
    "ACS3-HMAC-SHA256": {"authorization": "ACS3-HMAC-SHA256 Credential=any"},
    "bearer": {"authorization": "Bearer any"},
}


async def _pause() -> None:
    await asyncio.sleep(_PAUSE_S)


@dataclass(slots=True, repr=False)
class Player:
    """Plays one cassette. ``findings`` are what the playing itself has shown.

    ``later`` lets time pass on a clock that can be advanced; None: it passes by itself.
    ``on_played`` is told the number of each record that is done with.
    """

    cassette: Cassette
    target: Target
    writer: CassetteWriter
    later: Callable[[], Awaitable[None]] | None = None
    on_played: Callable[[int], None] = lambda number: None
    findings: list[Finding] = field(default_factory=list)
    #: Identifiers of this service by the references to the recorded ones.
    known: dict[str, str] = field(default_factory=dict)
    #: The place in the new cassette of each record that was played.
    played: dict[int, int] = field(default_factory=dict)
    _sessions: dict[int, PlayedStream] = field(default_factory=dict)
    #: The audio that is to be pushed, if it cannot be made.
    _obstacle: str = ""

    async def play(self) -> None:
        """Play all of it. What goes wrong becomes a finding."""
        resigner = Resigner(self.target)
        near = is_local(self.target.tingwu_url)
        async with connections(REQUEST_TIMEOUT_S, use_proxies=not near) as client:
            try:
                for place, record in enumerate(self.cassette.records):
                    if "call" in record:
                        await self._call(place, record, client, resigner)
                    else:
                        await self._message(record, resigner)
                    self.on_played(place + 1)
            finally:
                for session in self._sessions.values():
                    await session.close(1000)

    # Calls

    async def _call(
        self, place: int, record: Record, client: httpx.AsyncClient, resigner: Resigner
    ) -> None:
        request = self._request(record)
        if request is None:
            return
        polls = _POLLS if record["call"] in ("GetTaskInfo", "getTask") else 1
        for _ in range(polls):
            signed = resigner.request(request)
            try:
                answer = await send(client, signed)
                await answer.aread()
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                reason = str(error) or type(error).__name__
                said = finding(Kind.STATUS, record["call"], recording="an answer", replay=reason)
                self.findings.append(said)
                return
            document = decoded(answer.content)
            if not is_behind(document, record.get("answer")):
                break
            await (self.later or _pause)()
        if is_ahead(document, record.get("answer")):
            return
        self.played[place] = self.writer.records
        self.writer.http(
            signed, HttpAnswer(answer.status_code, dict(answer.headers), answer.content)
        )
        self._bind(record.get("answer"), document, record["call"], "")

    def _request(self, record: Record) -> HttpRequest | None:
        """The request of a record as it is for this service; None when it cannot be made."""
        expand = self.cassette.expanded
        if record["call"].startswith("file "):
            name = record["url"][1:-1]
            if name not in self.known:
                self._untestable(record["call"], "this service has given no such link")
                return None
            return HttpRequest(record["method"], self.known[name])
        if record["call"] in ("CreateTask", "createTask"):
            self._obstacle = ""
        self._listen(record.get("body"))
        self._bind_own([record["path"], record["query"], record.get("body")])
        path = quote(expand(record["path"], self.known), safe="/%~")
        bases = {
            "tingwu": self.target.tingwu_url,
            "dashscope": self.target.dashscope_url,
            "live": self.target.live_url,
        }
        service = CALLS[record["call"]].service if record["call"] in CALLS else service_of(path)
        if service not in bases or record["method"] == "OTHER":
            self._untestable(f"{record['method']} {record['path']}", "no service has this path")
            return None
        parameters = {
            name: str(value) for name, value in expand(record["query"], self.known).items()
        }
        headers = {
            name: value
            for name, value in record["headers"].items()
            if REFERENCE.search(value) is None
        }
        signed = record.get("signed")
        headers |= _SIGNATURES.get(signed or "", {})
        body = b""
        if "body" in record:
            body = json.dumps(expand(record["body"], self.known), ensure_ascii=False).encode()
        if signed == "rpc":
            parameters |= {"AccessKeyId": "any", "Signature": "any"}
        if record.get("form"):
            headers["content-type"] = FORM
            body, parameters = encode_query(parameters).encode(), {}
        query = f"?{encode_query(parameters)}" if parameters else ""
        return HttpRequest(record["method"], f"{bases[service]}{path}{query}", headers, body)

    def _bind(self, recorded: Any, came: Any, where: str, path: str) -> None:
        """Learn what this service calls what the recording has references for."""
        if isinstance(recorded, dict) and isinstance(came, dict):
            for key in (key for key in recorded if key in came):
                self._bind(recorded[key], came[key], where, f"{path}.{key}".lstrip("."))
        elif isinstance(recorded, list) and isinstance(came, list):
            for one, other in zip(recorded, came, strict=False):
                self._bind(one, other, where, f"{path}[]")
        elif isinstance(recorded, str) and isinstance(came, str):
            if (found := REFERENCE.fullmatch(recorded)) is None:
                return
            name = found[0][1:-1]
            if name not in self.known:
                self.known[name] = came
            elif self.known[name] != came and not came.startswith(("http", "ws")):
                self.findings.append(
                    finding(
                        Kind.IDENTITY,
                        where,
                        path,
                        recording=f"{recorded}, as before",
                        replay="another one than before",
                    )
                )

    def _listen(self, body: Any) -> None:
        """Note what a request says of its audio, as far as no such audio can be made."""
        for key, value in body.items() if isinstance(body, dict) else ():
            if key in ("Format", "format") and isinstance(value, str) and value != "pcm":
                self._obstacle = f"audio in {value}"
            elif key == "MultipleStreamsEnabled" and value is True:
                self._obstacle = "audio of several streams"
            self._listen(value)

    # Streams

    async def _message(self, record: Record, resigner: Resigner) -> None:
        number = record["session"]
        if "open" in record:
            await self._open(record, resigner)
            return
        session = self._sessions.get(number)
        if session is None:
            return  # why it is not open has been told
        if "audio" in record:
            if self._obstacle:
                self._untestable(session.kind, f"{self._obstacle} cannot be made up")
                return
            await session.push(record["audio"]["frames"], record["audio"]["bytes"])
        elif "sent" in record:
            self._bind_own(record["sent"])
            self._listen(record["sent"])
            message = self.cassette.expanded(record["sent"], self.known)
            await session.say(message if isinstance(message, str) else json.dumps(message))
        elif "received" in record:
            name = name_of(session.kind, record["received"])
            if name in AWAITED and not await session.hear(name):
                where = f"{session.kind} {name}"
                self.findings.append(
                    finding(Kind.ORDER, where, recording="comes", replay="does not come in time")
                )
        elif record["close"]["by"] == "service":
            await self._hung_up(session, record["close"]["code"])
        else:
            code = record["close"]["code"]
            await session.close(code if 1000 <= code < 5000 and code not in (1005, 1006) else 1000)

    async def _hung_up(self, session: PlayedStream, code: int) -> None:
        """The service is to close as it did."""
        came, where = await session.gone(), f"{session.kind} close"
        if came is None:
            said = {"recording": "comes", "replay": "does not come in time"}
            self.findings.append(finding(Kind.ORDER, where, **said))
        elif came != code:
            said = {"recording": str(code), "replay": str(came)}
            self.findings.append(finding(Kind.STATUS, where, **said))

    async def _open(self, record: Record, resigner: Resigner) -> None:
        kind, name = record["open"], record["url"][1:-1]
        url = self.known.get(name, "")
        if kind == "inference":
            url = re.sub("^http", "ws", self.target.dashscope_url) + INFERENCE
        if not url:
            self._untestable(f"{kind} handshake", "this service has given no such link")
            return
        headers = resigner.bearer(_SIGNATURES.get(record.get("signed") or "", {}))
        status = 101

        def refused(code: int, text: str) -> StreamError:
            nonlocal status
            status = code
            return StreamError(text, code)

        connection = await join(
            url, headers=headers, patience=EVENT_S, peer="The target", refusal=refused
        )
        written = self.writer.websocket(url, headers, status)
        if status != record["status"]:
            said = {"recording": str(record["status"]), "replay": str(status)}
            self.findings.append(finding(Kind.STATUS, f"{kind} handshake", **said))
        if isinstance(connection, Loss):
            return
        self._sessions[record["session"]] = PlayedStream(kind, connection, written, self.later)

    def _bind_own(self, message: Any) -> None:
        """Let identifiers that the client makes be the same wherever they stand again.

        The project and the application are those that there are for the target.
        """
        for found in REFERENCE.finditer(json.dumps(message)):
            name = found[0][1:-1]
            if name in self.known:
                continue
            match found[1]:
                case "AppKey":
                    self.known[name] = self.target.app_key()
                case "appId":
                    self.known[name] = self.target.app_id()
                case _:
                    self.known[name] = self.cassette.example(name)

    def _untestable(self, where: str, why: str) -> None:
        self.findings.append(finding(Kind.UNTESTABLE, where, recording="comes", replay=why))
