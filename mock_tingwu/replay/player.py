"""Lets what is recorded in a bundle happen again, and compares what comes of it.

No socket is opened and nobody is contacted. What came from outside is given to the same application
and the same endpoints in the recorded order; in between, each task goes on when the recording has
something to come of it.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import unquote

import msgspec
from starlette.types import Message

from mock_tingwu.core.clock import Clock, Timer, VirtualClock
from mock_tingwu.core.delivery import Delivery, Outcome
from mock_tingwu.core.masking import Masker
from mock_tingwu.media import PullError, Stopped
from mock_tingwu.replay.acts import perform
from mock_tingwu.replay.bundle import Bundle, BundleError
from mock_tingwu.replay.disguise import reveal, reveal_target
from mock_tingwu.replay.log import Record
from mock_tingwu.replay.loop import Gate, ReplayLoop
from mock_tingwu.replay.stage import Answer, Line, Stage
from mock_tingwu.server.app import Application
from mock_tingwu.services.connection import Endpoint, Rejection
from mock_tingwu.services.fetching import Decision, Fetched, Fetcher, FetchError
from mock_tingwu.services.outside import Handle
from mock_tingwu.services.travelling import HANG_UP
from mock_tingwu.services.world import World
from mock_tingwu.settings import Settings, SettingsError

T = TypeVar("T")

#: How long something may take that is done in a thread all the same, in seconds of real time:
#: reading a file that is downloaded. What has not come then does not come.
_PATIENCE_S: Final = 5.0
_STEP_S: Final = 0.005
#: How long the one that is to go on is waited for before another one may.
_UNTIL_ANOTHER_S: Final = 0.2
_NEVER: Final = float("inf")
#: What comes to a task that waits for it.
_TO_TASKS: Final = ("http", "body", "gone", "act", "answer", "fetched")
#: What a record has beside that which came.
_FRAME: Final = ("seq", "at", "in", "out", "told", "by")


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a replay is not what was recorded.

    ``seq`` is the record, ``what`` a sentence. ``recorded`` and ``replayed`` are what came of
    something then and now, None for nothing; ``after`` is what came from outside last.
    """

    seq: int
    what: str
    recorded: Record | None = None
    replayed: Record | None = None
    after: Record | None = None


@dataclass(slots=True)
class Outcomes:
    """What a replay came to. ``journal`` has the entries of all scopes in their order."""

    records: int = 0
    came: Counter[str] = field(default_factory=Counter)
    compared: Counter[str] = field(default_factory=Counter)
    journal: list[dict[str, Any]] = field(default_factory=list)
    difference: Difference | None = None
    #: What could not be recorded, by the seq of the record that tells.
    beyond: list[int] = field(default_factory=list)


class _Different(Exception):
    def __init__(self, difference: Difference) -> None:
        super().__init__(difference.what)
        self.difference = difference


def replay(bundle: Bundle, until: int | None = None) -> Outcomes:
    """Replay a bundle, up to the record ``until`` if it is given.

    Raises:
        BundleError: it cannot be.
    """
    loop = ReplayLoop()
    folder = Path(tempfile.mkdtemp(prefix="mock-tingwu-replay-"))
    try:
        player = Player(bundle, loop, folder)
        loop.set_task_factory(player.new_task)
        return loop.run_until_complete(player.play(until))
    finally:
        try:
            _cancel_all(loop)
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()
            shutil.rmtree(folder, ignore_errors=True)


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    while tasks := asyncio.all_tasks(loop):  # one that is cancelled may make another
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


class Player(Stage):
    """One replay. ``folder`` is for files."""

    def __init__(self, bundle: Bundle, loop: ReplayLoop, folder: Path) -> None:
        try:
            self._settings = Settings.of(bundle.settings)
            super().__init__(Masker(self._settings.secrets))
            self._now = bundle.started
            self._timers_set: dict[str, Callable[[], None]] = {}
            self.world = World(self._settings, self._new_clock, lambda: self._now, self)
        except SettingsError as error:
            raise BundleError(f"the bundle has settings that cannot be: {error}") from None
        self.world.taps.append(self.note_entry)
        self._application = Application(self.world)
        self._bundle = bundle
        self._loop = loop
        self._gate = Gate(loop)
        self._folder = folder
        self.outcomes = Outcomes()
        self._seen: deque[Record] = deque()
        self._last: Record | None = None
        # Where each content was read up to.
        self._read: Counter[str] = Counter()
        # What was found out, by who asks, and how often each name is yet to come up.
        self._told: defaultdict[str, deque[Record]] = defaultdict(deque)
        self._to_come: defaultdict[str, deque[int]] = defaultdict(deque)
        for record in bundle.records:
            if "told" in record:
                self._told[record["by"]].append(record)
            if "told" in record or "out" in record:
                self._to_come[record["by"]].append(record["seq"])
        self._requests: dict[int, asyncio.Queue[Message]] = {}
        self._endpoints: dict[int, Endpoint] = {}
        self._awaited: dict[str, asyncio.Future[Record]] = {}
        self._streams: dict[str, _Stream] = {}
        # Those that were asked for what was found out, by the seq of the record that tells.
        self._asked: set[int] = set()
        self._answered: set[str] = set()
        self._gone: set[int] = set()
        self._running: set[asyncio.Task[Any]] = set()

    # The order of things

    async def play(self, until: int | None) -> Outcomes:
        outcomes = self.outcomes
        try:
            for record in self._bundle.records:
                if until is not None and record["seq"] > until:
                    break
                outcomes.records += 1
                self._now = record.get("at", self._now)
                if "in" in record:
                    await self._loop.quiet()
                    self._check_nothing_seen(record)
                    self._last = record
                    outcomes.came[record["in"]] += 1
                    self._come(record)
                    await self._let_begin(record)
                elif not record["by"]:
                    outcomes.beyond.append(record["seq"])
                elif "out" in record:
                    await self._compare(record)
                    outcomes.compared[record["out"]] += 1
                elif "told" in record:
                    await self._let_ask(record)
            else:
                await self._loop.quiet()
                self._check_nothing_seen(None)
        except _Different as error:
            outcomes.difference = error.difference
        finally:
            await self._let_end()
            self.world.close()
            self._gate.stands_open = True
        return outcomes

    async def _let_begin(self, record: Record) -> None:
        """Let the task that something came to take it: it did so at once."""
        name = record.get("by") or str(record.get("of") or record["seq"])
        await self._loop.quiet()
        if record["in"] in _TO_TASKS and name in self._gate.waiting:
            self._gate.open_for(name)
            await self._loop.quiet()

    async def _compare(self, record: Record) -> None:
        if not await self._wait_for(record["by"], lambda: bool(self._seen)):
            missing = f"{_shown(record)} was recorded, and does not come now"
            raise self._different(record["seq"], missing, record)
        seen = self._seen.popleft()
        self._to_come[record["by"]].popleft()
        if seen["out"] == "journal":
            self.outcomes.journal.append(seen["entry"])
        if {**seen, "seq": record["seq"], "at": record["at"]} != record:
            raise self._different(record["seq"], _told_apart(record, seen), record, seen)

    async def _let_ask(self, record: Record) -> None:
        """Let something be asked for that was asked for then."""
        seq, by = record["seq"], record["by"]
        self._to_come[by].popleft()
        if not await self._wait_for(by, lambda: seq in self._asked or bool(self._seen)):
            raise self._different(seq, f"a {record['told']} was asked for by {by}, and is not now")
        self._asked.discard(seq)

    async def _wait_for(self, by: str, come: Callable[[], bool]) -> bool:
        """Let tasks go on until it has come, first the one that it comes of; False: it does not."""
        if come():
            return True
        patience, idle = time.monotonic() + _PATIENCE_S, 0.0
        while True:
            await self._loop.quiet()
            if come():
                return True
            chosen = self._chosen(by)
            if chosen is not None:
                self._gate.open_for(chosen)
                idle = 0.0
                continue
            before = self._gate.waiting
            await asyncio.sleep(_STEP_S)
            idle += _STEP_S
            if self._gate.waiting != before or come() or self._loop.skip():
                continue
            if idle > _UNTIL_ANOTHER_S and before:
                self._gate.open_for(min(before, key=self._next_of))
                idle = 0.0
            elif time.monotonic() > patience:
                return False

    async def _let_end(self) -> None:
        """Let those come to their end who have answered: they may have files open."""
        patience = time.monotonic() + _PATIENCE_S
        ending = self._answered | {str(seq) for seq in self._gone}
        while any(task.get_name() in ending for task in self._running):
            await self._loop.quiet()
            for name in self._gate.waiting:
                if name.partition(".")[0] in ending:
                    self._gate.open_for(name)
            if time.monotonic() > patience:
                return
            await asyncio.sleep(0 if self._gate.waiting else _STEP_S)

    def _chosen(self, wanted: str) -> str | None:
        """Who is to go on for something to come of ``wanted``; None: nobody yet."""
        waiting = self._gate.waiting
        if wanted in waiting:
            return wanted
        # Others work for it, or it is not there yet, or it waits for one that ends without a word.
        parts = wanted.split(".")
        family = [".".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]
        for name in waiting:
            if name.startswith(f"{wanted}."):
                return name
        for name in family:
            if name in waiting:
                return name
        return next((name for name in waiting if self._next_of(name) == _NEVER), None)

    def _next_of(self, name: str) -> float:
        """The record of what is to come of a task next."""
        request = name.partition(".")[0]
        names = [name] if request in self._answered else [name, request]
        return min(
            (self._to_come[name][0] for name in names if self._to_come[name]), default=_NEVER
        )

    def _check_nothing_seen(self, record: Record | None) -> None:
        if self._seen:
            seen = self._seen[0]
            seq = record["seq"] if record else len(self._bundle.records)
            raise self._different(seq, f"{_shown(seen)} comes now, and did not then", None, seen)

    def _different(
        self,
        seq: int,
        what: str,
        recorded: Record | None = None,
        replayed: Record | None = None,
    ) -> _Different:
        return _Different(Difference(seq, what, recorded, replayed, self._last))

    def out(self, kind: str, by: str | None = None, **seen: Any) -> None:
        # As JSON, to be compared with what was read.
        record = {"out": kind, "by": self.context if by is None else by, **seen}
        self._seen.append(msgspec.json.decode(msgspec.json.encode(record)))

    def held_back(self, coroutine: Any, name: str) -> Any:
        return self._gate.through(coroutine, name)

    # What comes from outside

    def _come(self, record: Record) -> None:
        kind = str(record["in"])
        come = getattr(self, f"_come_{kind.replace('-', '_')}", None)
        if come is None:
            raise BundleError(f"record {record['seq']} is of a kind that is not known: {kind}")
        try:
            come(record)
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(f"record {record['seq']} is damaged: {error!r}") from None

    def _lost(self, record: Record, what: str) -> _Different:
        return self._different(record["seq"], f"{what} was recorded, and is not there now")

    def _run(self, work: Any, name: str) -> None:
        task = asyncio.Task(self.held_back(work, name), loop=self._loop, name=name)
        self._names[task] = name
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _made(self) -> Iterator[str]:
        """What the mock has made from its seed and is secret."""
        for realm in self.world:
            for task in realm.tasks.values():
                if task.join_token:
                    yield task.join_token
            yield from realm.temporary_keys

    def _bytes(self, record: Record) -> bytes:
        if "text" in record:
            return reveal(str(record["text"]).encode(), self._made())
        return self._content(record["file"], record["size"])

    def _content(self, name: str, size: int) -> bytes:
        begin = self._read[name]
        self._read[name] += size
        content = self._bundle.content(name)[begin : begin + size] if size else b""
        if len(content) != size:
            raise BundleError(f"{name} is shorter than its records say")
        return content

    def _come_http(self, record: Record) -> None:
        seq = record["seq"]
        messages = self._requests[seq] = asyncio.Queue()
        headers = [
            (name.encode("latin-1"), reveal(value.encode("latin-1"), self._made()))
            for name, value in record["headers"]
        ]
        host = next((value for name, value in headers if name == b"host"), b"").decode("latin-1")
        target = reveal_target(record["target"], host, self._made())
        path, _, query = target.partition("?")
        answer = Answer(self, str(seq), record["method"], path)
        scope = {
            "type": "http",
            # Of this version on, nobody watches in a task of its own whether the client goes away.
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": record["version"],
            "server": tuple(record["server"]) if record["server"] else None,
            "client": None,
            "scheme": record["scheme"],
            "method": record["method"],
            "root_path": "",
            "path": unquote(path) if "%" in path else path,
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "headers": headers,
            "state": {},
            "extensions": {HANG_UP: answer.broken_off},
        }

        async def send(message: Message) -> None:
            if seq in self._gone and message.get("more_body"):
                raise OSError  # a file is sent to nobody
            answer.see(message)
            if message["type"] == "http.response.body":
                self._answered.add(str(seq))

        self._run(self._application(scope, messages.get, send), str(seq))

    def _come_body(self, record: Record) -> None:
        body = self._bytes(record)
        message = {"type": "http.request", "body": body, "more_body": record["more"]}
        self._requests[record["of"]].put_nowait(message)

    def _come_gone(self, record: Record) -> None:
        self._gone.add(record["of"])
        self._requests[record["of"]].put_nowait({"type": "http.disconnect"})

    def _come_no_http(self, record: Record) -> None:
        name = str(record["seq"])
        with self.entered(name):
            response = self._application.malformed(record["line"], record["why"], record["code"])
            answer = Answer(self, name)
            status, headers = response.status_code, response.raw_headers
            answer.see({"type": "http.response.start", "status": status, "headers": headers})
            answer.see({"type": "http.response.body", "body": bytes(response.body)})

    def _come_handshake(self, record: Record) -> None:
        headers = {
            _narrow(name): _narrow(reveal(value.encode("latin-1"), self._made()).decode("latin-1"))
            for name, value in record["headers"].items()
        }
        target = reveal_target(record["target"], headers.get("host", ""), self._made())
        target = _narrow(target)
        with self.entered(str(record["seq"])):
            found = self._application.websocket(target, headers)
            if isinstance(found, Rejection):
                body = self.sum(found.body.encode())
                self.out("rejected", status=found.status, type=found.content_type, sum=body)
            else:
                self._endpoints[record["seq"]] = found

    def _endpoint(self, record: Record) -> Endpoint:
        found = self._endpoints.get(record["of"])
        if found is None:
            raise self._lost(record, f"the connection {record['of']}")
        return found

    def _come_open(self, record: Record) -> None:
        endpoint = self._endpoint(record)
        with self.entered(str(record["seq"])):
            endpoint.opened(Line(self, record["of"], None))

    def _come_text(self, record: Record) -> None:
        endpoint = self._endpoint(record)
        with self.entered(str(record["seq"])):
            endpoint.text(self._bytes(record))

    def _come_frame(self, record: Record) -> None:
        endpoint = self._endpoint(record)
        data = self._content(f"frames/{record['of']}.bin", record["size"])
        with self.entered(str(record["seq"])):
            endpoint.binary(data)

    def _come_closed(self, record: Record) -> None:
        endpoint = self._endpoint(record)
        with self.entered(str(record["seq"])):
            endpoint.closed(record["code"], record["by_client"])

    def _come_timer(self, record: Record) -> None:
        callback = self._timers_set.pop(record["id"], None)
        if callback is None:
            raise self._lost(record, f"the timer {record['id']}")
        with self.entered(str(record["seq"])):
            callback()

    def _come_act(self, record: Record) -> None:
        arguments = dict(record["arguments"])
        if "file" in arguments:
            path = self._file(arguments.pop("name"), arguments.pop("file"), arguments.pop("size"))
            arguments["path"] = str(path)
        name = str(record["seq"])

        async def acting() -> None:
            try:
                await perform(self.world, record["scope"], record["act"], arguments)
            except Exception as error:
                self.out("done", name, error=type(error).__name__)
            else:
                self.out("done", name, error=None)

        self._run(acting(), name)

    def _come_call(self, record: Record) -> None:
        self.outcomes.beyond.append(record["seq"])

    def _come_answer(self, record: Record) -> None:
        self._bring(record)

    def _come_fetched(self, record: Record) -> None:
        self._bring(record)

    def _bring(self, record: Record) -> None:
        awaited = self._awaited.pop(record["by"], None)
        # Who waited for it may have been given up.
        if awaited is not None and not awaited.done():
            awaited.set_result(record)

    def _file(self, name: str, content: str, size: int) -> Path:
        """A file of this name with a content of the bundle."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        path = folder / name
        path.write_bytes(self._content(content, size))
        return path

    # What is asked of the outside

    def _new_clock(self, mode: str) -> Clock:
        return VirtualClock(self._now) if mode == "virtual" else _Clock(self)

    def now(self) -> int:
        """The recorded time in ms."""
        return self._now

    def after(self, delay: int, callback: Callable[[], None]) -> Handle:
        return self.set_timer(delay, callback)

    def set_timer(self, delay: int, callback: Callable[[], None]) -> Timer:
        """A timer that is up when it was."""
        name = self.new_timer()
        timer = Timer(self._now + delay, 0, callback)

        def due() -> None:
            if not timer.cancelled:
                callback()

        self._timers_set[name] = due
        return timer

    def _ask(self, kind: str) -> Record:
        told = self._told[self.context]
        if not told or told[0]["told"] != kind:
            # Whatever is asked now was not asked then.
            seq = self._last["seq"] if self._last else 0
            raise self._different(seq, f"a {kind} is asked for now by {self.context}, and was not")
        self._asked.add(told[0]["seq"])
        return told.popleft()

    def judged(self, kind: type[T], judge: Callable[[], T]) -> T:
        value: T = msgspec.convert(self._ask(kind.__name__)["value"], kind)
        return value

    async def sent(
        self, delivery: Delivery, send: Callable[[Delivery], Awaitable[tuple[Outcome, str]]]
    ) -> tuple[Outcome, str]:
        self.note_post(delivery)
        record = await self._brought()
        return msgspec.convert(record["outcome"], Outcome), record["answer"]

    async def _brought(self) -> Record:
        awaited: asyncio.Future[Record] = self._loop.create_future()
        self._awaited[self.context] = awaited
        return await awaited

    def fetcher(self, fetcher: Fetcher) -> Fetcher:
        return _Fetcher(self, fetcher)

    def decided(self, decide: Callable[[str], Decision], url: str) -> Decision:
        told = self._ask("decision")
        if "error" in told:
            raise FetchError(told["error"]["problem"], told["error"]["detail"])
        value: Mapping[str, Any] = told["value"]
        if value["action"] == "own":
            return decide(url)
        path = self._file("recording", value["file"], value["size"]) if "file" in value else None
        return Decision(value["action"], value["why"], value["name"], path)

    async def fetched(self, target: Path) -> Fetched:
        """What was fetched, put there."""
        record = await self._brought()
        if "error" in record:
            if record["error"] is None:
                raise TimeoutError
            raise FetchError(record["error"]["problem"], record["error"]["detail"])
        target.write_bytes(self._content(record["file"], record["size"]))
        return Fetched(
            target, record["name"], record["size"], record["type"], list(record["notes"])
        )

    async def pulled(self, step: Callable[[], Awaitable[T]]) -> T:
        await asyncio.sleep(0)  # to the gate: it took a while
        if not self._told[self.context]:
            await self._loop.create_future()  # it had not come when the recording ended
        told = self._ask("pulled")
        if "error" in told:
            error = told["error"]
            raise Stopped if error is None else PullError(error["problem"], error["detail"])
        value = told["value"]
        found: Any = None
        if "file" in value:
            found = self._content(value["file"], value["size"])
        elif "note" in value:
            stream = self._streams.get(self.context.rpartition(".")[0])
            if stream is not None:
                stream.note = value["note"]
        else:
            found = self._streams[self.context] = _Stream(value["described"], value["recorded"])
        pulled: T = found
        return pulled


class _Clock:
    """The system's clock as it went."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._closed = False

    def now(self) -> int:
        return self._player.now()

    def steady(self) -> int:
        return self._player.now()

    def call_later(self, delay: int, callback: Callable[[], None]) -> Timer:
        # As those of an event loop they run in the context in which they were set.
        context = copy_context()
        return self._player.set_timer(
            delay, lambda: None if self._closed else context.run(callback)
        )

    def close(self) -> None:
        self._closed = True


class _Fetcher(Fetcher):
    """A fetcher that gets what was got."""

    def __init__(self, player: Player, fetcher: Fetcher) -> None:
        self._player = player
        self._fetcher = fetcher

    def decide(self, url: str) -> Decision:
        return self._player.decided(self._fetcher.decide, url)

    def decide_stream(self, url: str) -> Decision:
        return self._player.decided(self._fetcher.decide_stream, url)

    async def fetch(self, url: str, target: Path) -> Fetched:
        return await self._player.fetched(target)


@dataclass(slots=True)
class _Stream:
    """Stands for a stream that was pulled; see `mock_tingwu.media.pull`."""

    described: str
    recorded: bool
    note: str = ""

    def __next__(self) -> bytes:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is open."""


def _narrow(text: str) -> str:
    """What came in a handshake, as it is read there."""
    return text.encode("latin-1").decode("ascii", "surrogateescape")


def _shown(record: Record) -> str:
    """Something that came of what came, in a few words."""
    kind = record.get("out", "")
    if kind == "journal":
        entry = record["entry"]
        return f"the journal entry {entry.get('seq')}, a {entry.get('kind')} of {entry['service']},"
    if kind in ("answer", "broken", "rejected"):
        return f"the answer {record.get('status')} to {record['by']}"
    if kind == "post":
        return f"a callback to {record.get('url')}"
    names = {"event": "an event", "close": "a CLOSE", "cut": "the end of a connection"}
    return names.get(kind, f"{kind} of {record['by']}")


def _told_apart(recorded: Record, seen: Record) -> str:
    """A sentence on how two differ."""
    if recorded["out"] != seen["out"]:
        return f"{_shown(recorded)} was recorded, {_shown(seen)} comes now"
    then, now = recorded, seen
    if recorded["out"] == "journal":
        then, now = recorded["entry"], seen["entry"]
    else:
        now = {**seen, "seq": recorded["seq"], "at": recorded["at"]}
    differing = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    if not differing and recorded["by"] != seen["by"]:
        return f"{_shown(recorded)} came of {recorded['by']}, and comes of {seen['by']} now"
    return f"{_shown(recorded)} differs in {', '.join(differing)}"
