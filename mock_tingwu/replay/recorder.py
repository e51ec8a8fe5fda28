"""Records all that comes from outside to one server, and what comes of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, TypeVar
from weakref import WeakValueDictionary

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_tingwu.core.clock import Clock, Timer, VirtualClock
from mock_tingwu.core.delivery import Delivery, Outcome
from mock_tingwu.core.masking import Masker
from mock_tingwu.core.script import Script
from mock_tingwu.media import PullError, Stopped
from mock_tingwu.replay import bundle
from mock_tingwu.replay.acts import SCENARIO_FIELDS
from mock_tingwu.replay.disguise import Disguise
from mock_tingwu.replay.log import Log, Mark, Record
from mock_tingwu.replay.stage import BEYOND, Answer, Line, Stage, header_of
from mock_tingwu.server import clock
from mock_tingwu.server.clock import SystemClock
from mock_tingwu.server.http import Refuse
from mock_tingwu.server.websocket import Router
from mock_tingwu.services.connection import Connection, Endpoint, Rejection
from mock_tingwu.services.fetching import Decision, Fetched, Fetcher, FetchError
from mock_tingwu.services.hosting import PATH as FILES
from mock_tingwu.services.outside import Handle
from mock_tingwu.services.travelling import HANG_UP
from mock_tingwu.services.world import World
from mock_tingwu.settings import Settings

T = TypeVar("T")

#: Settings that are the machine's, not the mock's: replaying needs none of them.
_MACHINE: Final = ("port", "data_dir", "store", "file_hosts", "record")
_BLOCK: Final = 1024 * 1024


class Recorder(Stage):
    """Makes the world of one server and records what happens to it.

    `bundle` may be called from any thread, all else on that of the event loop, to which `attach`
    belongs first.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(Masker(settings.secrets))
        self.log = Log()
        self._settings = settings
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        # The time stands still from its first reading until what is going on has ended.
        self._now = self._started = clock.real_now()
        self._stands = True
        # Bodies of requests that were read in part.
        self._bodies: dict[str, list[bytes]] = {}
        # Streams from elsewhere, by what opened them.
        self._streams: WeakValueDictionary[str, Any] = WeakValueDictionary()
        #: The WebSocket connections that are open, by the seq of their handshake.
        self.connections: set[int] = set()
        self.world = World(settings, self._new_clock, self.now, self)
        self.world.taps.append(self.note_entry)
        self._disguise = Disguise(settings.secrets, self._is_derived, self._is_key)
        #: Whether the server has stopped: what its end brings is not what came of anything.
        self.over = False

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Record what happens on this event loop, which is the running one."""
        self._loop, self._thread = loop, threading.get_ident()
        self._stands = False
        loop.set_task_factory(self.new_task)

    def bundle(self, path: Path, scope: str | None = None) -> None:
        """Write what was recorded so far, of one ``scope`` only if it is given.

        Raises:
            OSError: it cannot be written.
        """
        chosen = None if scope in (None, World.DEFAULT) else scope
        loop = self._loop
        if loop is not None and loop.is_running() and threading.get_ident() != self._thread:
            # Not in the midst of something.
            log, mark, started = asyncio.run_coroutine_threadsafe(self._so_far(), loop).result()
        else:
            log, mark, started = self.log, self.log.mark(), self._started
        bundle.write(
            path,
            log,
            mark,
            settings=self._shown_settings(),
            started=started,
            scope=chosen,
            choose=None if chosen is None else lambda records: of_scope(records, chosen),
        )

    async def _so_far(self) -> tuple[Log, Mark, int]:
        return self.log, self.log.mark(), self._started

    def _begin_anew(self) -> None:
        """Forget what was recorded before a reset, unless something of that still goes on."""
        going_on = any(name and not task.done() for task, name in self._names.items())
        if going_on or self.connections or len([*self.world]) > 1:
            return
        self.log, self._started, self._settings = Log(), self.now(), self.world.settings
        self._children.clear()
        self._timers.clear()

    def _shown_settings(self) -> dict[str, Any]:
        settings, alias = self._settings, self._disguise.secret
        shown: dict[str, Any] = {
            item.name: msgspec.to_builtins(getattr(settings, item.name), enc_hook=str)
            for item in fields(settings)
            if item.name not in _MACHINE
        }
        shown = self._hidden(shown)
        for name in ("access_keys", "security_tokens"):
            pairs = getattr(settings, name).items()
            shown[name] = {key: alias(secret) for key, secret in pairs}
        shown["api_keys"] = [alias(key) for key in settings.api_keys]
        return shown

    # Time

    def now(self) -> int:
        """The machine's time in ms: the same all through what is going on."""
        if not self._stands and threading.get_ident() == self._thread:
            assert self._loop is not None
            self._now, self._stands = clock.real_now(), True
            self._loop.call_soon(self._go_on)
        return self._now

    def _go_on(self) -> None:
        self._stands = False

    def _new_clock(self, mode: str) -> Clock:
        return VirtualClock(self.now()) if mode == "virtual" else _Clock(self)

    def after(self, delay: int, callback: Callable[[], None]) -> Handle:
        return super().after(delay, self.timed(callback))

    def timed(self, callback: Callable[[], None]) -> Callable[[], None]:
        """The callback of a timer that is set now."""
        timer = self.new_timer()

        def due() -> None:
            with self.entered(self.came("timer", id=timer)):
                callback()

        return due

    # Records

    def came(self, kind: str, content: tuple[str, bytes] = ("", b""), **fields: Any) -> str:
        """Record what comes from outside; return its name."""
        if self.log.cut is not None:
            return str(self.log.add({}))
        return str(self.log.add({"at": self.now(), "in": kind, **fields}, *content))

    def out(self, kind: str, by: str | None = None, **seen: Any) -> None:
        if self.over:
            return
        by = self.context if by is None else by
        if by in self._bodies:
            self._came_body(by, more=True)
        if self.log.cut is None:
            self.log.add({"at": self.now(), "out": kind, "by": by, **seen})

    def told(self, kind: str, content: tuple[str, bytes] = ("", b""), **what: Any) -> None:
        """Record what was found out where nobody can look again."""
        if self.log.cut is None:
            self.log.add({"at": self.now(), "told": kind, "by": self.context, **what}, *content)

    # Secrets

    def _is_derived(self, text: str) -> bool:
        world = self.world
        return bool(world.find_by_token(text) or world.find_temporary_key(text))

    def _is_key(self, text: str) -> bool:
        return self.world.scope_of(text) is not None

    def _hidden(self, value: Any) -> Any:
        """JSON without secrets."""
        return msgspec.json.decode(self._disguise.hide(msgspec.json.encode(value, enc_hook=str)))

    def _hidden_leaves(self, value: Any) -> Any:
        """The same, each text for itself."""
        if isinstance(value, dict):
            return {name: self._hidden_leaves(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._hidden_leaves(item) for item in value]
        return self._disguise.hidden(value) if isinstance(value, str) else value

    def _text(self, raw: bytes, name: str) -> tuple[Record, tuple[str, bytes]]:
        """What stands for a text: itself without secrets, or a content of this name."""
        hidden = self._disguise.hide(raw)
        try:
            return {"text": hidden.decode()}, ("", b"")
        except UnicodeDecodeError:
            return {"file": name, "size": len(hidden)}, (name, hidden)

    # HTTP

    def application(self, application: ASGIApp) -> ASGIApp:
        """The application, recorded."""

        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await application(scope, receive, send)
                return
            name = self._came_request(scope)
            self.call_this_task(name)
            answer = Answer(self, name, scope["method"], scope["path"])
            if HANG_UP in scope.get("extensions", {}):
                scope["extensions"][HANG_UP] = self._hanging_up(
                    scope["extensions"][HANG_UP], answer
                )

            async def sending(message: Message) -> None:
                answer.see(message)
                await send(message)

            upload = scope["method"] == "POST" and scope["path"] == FILES
            await application(scope, self._receiving(receive, name, upload), sending)

        return recorded

    def _came_request(self, scope: Scope) -> str:
        raw: list[tuple[bytes, bytes]] = scope["headers"]
        query = scope.get("query_string", b"")
        target = (scope["raw_path"] + (b"?" + query if query else b"")).decode("latin-1")
        headers = [
            [name.decode("latin-1"), self._disguise.header(name, value).decode("latin-1")]
            for name, value in raw
        ]
        return self.came(
            "http",
            method=scope["method"],
            target=self._disguise.target(target, header_of(raw, "host")),
            headers=headers,
            server=scope.get("server"),
            scheme=scope["scheme"],
            version=scope["http_version"],
        )

    @staticmethod
    def _hanging_up(hang_up: Callable[[bool], None], answer: Answer) -> Callable[[bool], None]:
        def hanging_up(reset: bool) -> None:
            answer.broken_off(reset)
            hang_up(reset)

        return hanging_up

    def _receiving(self, receive: Receive, name: str, upload: bool) -> Receive:
        async def receiving() -> Message:
            message = await receive()
            if message["type"] != "http.request":
                self.came("gone", of=int(name))
                return message
            body, more = message.get("body", b""), message.get("more_body", False)
            if upload:
                file = f"bodies/{name}.bin"
                size = {"size": len(body), "more": more}
                self.came("body", (file, body), of=int(name), file=file, **size)
                return message
            self._bodies.setdefault(name, []).append(body)
            if not more:
                self._came_body(name, more=False)
            return message

        return receiving

    def _came_body(self, name: str, *, more: bool) -> None:
        body = b"".join(self._bodies.pop(name))
        text, content = self._text(body, f"bodies/{name}.bin")
        self.came("body", content, of=int(name), more=more, **text)

    def malformed(self, refuse: Refuse) -> Refuse:
        """What answers that which is no HTTP, recorded."""

        def recorded(line: str, why: str, code: str) -> Response:
            hidden = self._disguise.hidden
            name = self.came("no-http", line=hidden(line), why=hidden(why), code=code)
            with self.entered(name):
                response = refuse(line, why, code)
                answer = Answer(self, name)
                headers = response.raw_headers
                answer.see(
                    {
                        "type": "http.response.start",
                        "status": response.status_code,
                        "headers": headers,
                    }
                )
                answer.see({"type": "http.response.body", "body": bytes(response.body)})
            return response

        return recorded

    # WebSocket

    def router(self, router: Router) -> Router:
        """What finds the endpoint for a handshake, recorded."""

        def recorded(target: str, headers: Mapping[str, str]) -> Endpoint | Rejection:
            shown = {
                wide(name): self._disguise.header(_raw(name), _raw(value)).decode("latin-1")
                for name, value in headers.items()
            }
            hidden = self._disguise.target(wide(target), header_of(headers, "host"))
            name = self.came("handshake", target=hidden, headers=shown)
            with self.entered(name):
                found = router(target, headers)
                if isinstance(found, Rejection):
                    self.note_rejection(found)
                    return found
            return _Recorded(self, found, int(name))

        return recorded

    def note_rejection(self, found: Rejection) -> None:
        body = self.sum(found.body.encode())
        self.out("rejected", status=found.status, type=found.content_type, sum=body)

    def came_frame(self, of: int, data: bytes) -> str:
        """Record a binary frame."""
        name = f"frames/{of}.bin"
        return self.came("frame", (name, data), of=of, size=len(data))

    def came_text(self, of: int, data: bytes) -> str:
        """Record a text frame."""
        text, content = self._text(data, f"bodies/{self.log.next_seq}.bin")
        return self.came("text", content, of=of, **text)

    # The Python program

    def call(
        self, scope: str, act: str, arguments: Mapping[str, Any], function: Callable[[], T]
    ) -> T:
        """Let the Python program do something at once; without ``act`` it is not told what."""
        if not act:
            # Looking at something is no news; what comes of anything else cannot be done again.
            with self.entered(lambda: self.came("call")):
                return function()
        name = self._came_act(scope, act, arguments)
        with self.entered(name):
            try:
                result = function()
            except Exception as error:
                self.note_done(name, error)
                raise
            self.note_done(name)
        if act == "reset" and scope == World.DEFAULT:
            self._begin_anew()
        return result

    async def acting(
        self, scope: str, act: str, arguments: Mapping[str, Any], work: Coroutine[Any, Any, T]
    ) -> T:
        """Let the Python program do something that takes a while."""
        name = self._came_act(scope, act, arguments)
        self.call_this_task(name)
        try:
            result = await work
        except Exception as error:
            self.note_done(name, error)
            raise
        self.note_done(name)
        return result

    def note_done(self, name: str, error: Exception | None = None) -> None:
        self.out("done", name, error=None if error is None else type(error).__name__)

    def _came_act(self, scope: str, act: str, given: Mapping[str, Any]) -> str:
        arguments = dict(given)
        if isinstance(arguments.get("script"), Script):
            arguments["script"] = msgspec.to_builtins(arguments["script"])
        if act == "scenario":
            scenario = arguments["scenario"]
            arguments["scenario"] = {
                name: msgspec.to_builtins(getattr(scenario, name)) for name in SCENARIO_FIELDS
            }
        if isinstance(path := arguments.pop("path", None), Path):
            file = f"files/{self.log.next_seq}.bin"
            name = path.name.encode("utf-8", "replace").decode()
            arguments |= {"file": file, "name": name, "size": self._keep(path, file)}
        return self.came("act", act=act, scope=scope, arguments=self._hidden(arguments))

    def _keep(self, path: Path, name: str) -> int:
        """Keep the content of a file under a name; return its size."""
        size = 0
        if not self.log.has_room(path.stat().st_size):
            return size
        with path.open("rb") as file:
            while self.log.cut is None and (block := file.read(_BLOCK)):
                self.log.keep(name, block)
                size += len(block)
        return size

    # Outside

    def judged(self, kind: type[T], judge: Callable[[], T]) -> T:
        value = judge()
        # Names tell nothing here: the id of a key is no secret.
        self.told(kind.__name__, value=self._hidden_leaves(msgspec.to_builtins(value)))
        return value

    async def sent(
        self, delivery: Delivery, send: Callable[[Delivery], Awaitable[tuple[Outcome, str]]]
    ) -> tuple[Outcome, str]:
        self.note_post(delivery)
        beyond = BEYOND.set(True)
        try:
            outcome, answer = await send(delivery)
        finally:
            BEYOND.reset(beyond)
        what = self._hidden({"outcome": outcome, "answer": answer})
        self.came("answer", by=self.context, **what)
        return outcome, answer

    def fetcher(self, fetcher: Fetcher) -> Fetcher:
        return _Fetcher(self, fetcher)

    def came_file(self, path: Path, **what: Any) -> None:
        """Record a file that was fetched."""
        name = f"files/{self.log.next_seq}.bin"
        size = self._keep(path, name)
        self.came("fetched", by=self.context, file=name, size=size, **self._hidden(what))

    def came_nothing(self, error: Exception | None) -> None:
        """Record that a file could not be fetched, without an error: not in time."""
        problem = None
        if isinstance(error, FetchError):
            problem = self._hidden({"problem": error.problem, "detail": error.detail})
        self.came("fetched", by=self.context, error=problem)

    def told_decision(self, decide: Callable[[str], Decision], url: str) -> Decision:
        """Decide how something is got, and record it: files of this machine hang on it."""
        if threading.get_ident() != self._thread:
            return decide(url)  # within a pull, which is recorded as a whole
        try:
            found = decide(url)
        except FetchError as error:
            what = {"problem": error.problem, "detail": error.detail}
            self.told("decision", error=self._hidden(what))
            raise
        shown = self._hidden({"action": found.action, "why": found.why, "name": found.name})
        if found.path is not None and found.action != "own":
            shown["file"] = f"files/{self.log.next_seq}.bin"
            shown["size"] = self._keep(found.path, shown["file"])
        self.told("decision", value=shown)
        return found

    async def pulled(self, step: Callable[[], Awaitable[T]]) -> T:
        try:
            found = await step()
        except PullError as error:
            what = {"problem": error.problem, "detail": error.detail}
            self.told("pulled", error=self._hidden(what))
            raise
        except Stopped:
            self.told("pulled", error=None)
            raise
        if isinstance(found, bytes):
            name = f"files/pulled-{self.context}.bin"
            value = {"file": name, "size": len(found)}
            self.told("pulled", (name, found), value=value)
        elif found is None:
            stream = self._streams.get(self.context.rpartition(".")[0])
            self.told("pulled", value={"note": self._hidden(stream.note if stream else "")})
        else:
            opened: Any = found
            self._streams[self.context] = opened
            what = {"described": opened.described, "recorded": opened.recorded}
            self.told("pulled", value=self._hidden(what))
        return found


class _Clock(SystemClock):
    """The system's, read once for all that goes on at a time."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def now(self) -> int:
        return self._recorder.now()

    def steady(self) -> int:
        return self._recorder.now()  # what was measured is to be measured again

    def call_later(self, delay: int, callback: Callable[[], None]) -> Timer:
        return super().call_later(delay, self._recorder.timed(callback))


class _Recorded(Endpoint):
    """An endpoint, recorded."""

    def __init__(self, recorder: Recorder, endpoint: Endpoint, number: int) -> None:
        self._recorder = recorder
        self._endpoint = endpoint
        self._number = number

    def opened(self, connection: Connection) -> None:
        recorder = self._recorder
        recorder.connections.add(self._number)
        with recorder.entered(recorder.came("open", of=self._number)):
            self._endpoint.opened(Line(recorder, self._number, connection))

    def text(self, data: bytes) -> None:
        with self._recorder.entered(self._recorder.came_text(self._number, data)):
            self._endpoint.text(data)

    def binary(self, data: bytes) -> None:
        with self._recorder.entered(self._recorder.came_frame(self._number, data)):
            self._endpoint.binary(data)

    def closed(self, code: int, by_client: bool) -> None:
        name = self._recorder.came("closed", of=self._number, code=code, by_client=by_client)
        self._recorder.connections.discard(self._number)
        with self._recorder.entered(name):
            self._endpoint.closed(code, by_client)


class _Fetcher(Fetcher):
    """A fetcher, recorded."""

    def __init__(self, recorder: Recorder, fetcher: Fetcher) -> None:
        self._recorder = recorder
        self._fetcher = fetcher

    def decide(self, url: str) -> Decision:
        return self._recorder.told_decision(self._fetcher.decide, url)

    def decide_stream(self, url: str) -> Decision:
        return self._recorder.told_decision(self._fetcher.decide_stream, url)

    async def fetch(self, url: str, target: Path) -> Fetched:
        recorder = self._recorder
        beyond = BEYOND.set(True)
        try:
            found = await self._fetcher.fetch(url, target)
        except FetchError as error:
            recorder.came_nothing(error)
            raise
        except asyncio.CancelledError:
            recorder.came_nothing(None)
            raise
        finally:
            BEYOND.reset(beyond)
        notes = {"name": found.name, "type": found.content_type, "notes": found.notes}
        recorder.came_file(found.path, **notes)
        return found


def _raw(text: str) -> bytes:
    """The bytes of a handshake, which is read as ASCII with anything else in it."""
    return text.encode("utf-8", "surrogateescape")


def wide(text: str) -> str:
    """The same with a character for each byte."""
    return _raw(text).decode("latin-1")


def of_scope(records: list[Record], scope: str) -> list[Record]:
    """The records that concern one scope, and whatever belongs to no other one.

    What came from outside stays unless all that came of it is another's. Of the default scope
    nothing is left out: hot words and new connections are there for everybody.
    """
    concerned: dict[str, set[str]] = {}
    for record in records:
        if record.get("out") == "journal":
            root = _root(record, records)
            concerned.setdefault(root, set()).add(record["entry"]["scope"])
        elif record.get("in") == "act":
            concerned.setdefault(str(record["seq"]), set()).add(record["scope"])
    wanted = {scope, World.DEFAULT}
    return [
        record
        for record in records
        if not (found := concerned.get(_root(record, records))) or found & wanted
    ]


def _root(record: Record, records: list[Record]) -> str:
    """The number of the request, connection or call that a record belongs to."""
    name = str(record.get("of") or record.get("by") or record["seq"])
    if record.get("in") == "timer":
        name = record["id"]
    name = name.partition("#")[0].partition(".")[0]
    source = records[int(name) - 1] if name else record
    if source is record or not name:
        return str(record["seq"])
    return _root(source, records)
