"""Sends deliveries over HTTP: in order, again when they fail, and never too many at once.

It knows nothing of what it delivers. A receiver that is slow or dead costs others nothing: each
address has a number of connections of its own and a bound on what waits for it.

- Deliveries of one ``lane`` are first tried in the order they were posted, each when the first
  attempt of the one before is over. Later attempts hold nothing up and may be overtaken, unless the
  parcel is ``ordered``: then the lane waits until it is delivered or lost. After a loss those that
  wait already are tried once only, and not for long, until the receiver takes one. A lane has room
  for `MAX_ORDERED` of them; the oldest makes room for the newest.
- An answer may take as long in real time as the plan says: a real server gives it. The waits
  between attempts run on the scope's clock and may be virtual.
- Redirects are not followed, cookies not kept. Proxies of the environment are used, but not to
  reach this machine. TLS certificates are verified. What callers of the API choose goes no further
  than `mock_tingwu.core.reach` lets it.
- Every attempt is written down in the journal: kind ``callback``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from msgspec import Struct, structs

from mock_tingwu import __version__
from mock_tingwu.core.clock import Clock, Timer
from mock_tingwu.core.delivery import LOST, WAITING, Delivery, Outcome
from mock_tingwu.core.faults import CallbackDuplicate, CallbackFault, CallbackLost, CallbackSlow
from mock_tingwu.core.imagination import is_this_machine
from mock_tingwu.core.journal import Entry, Journal
from mock_tingwu.core.reach import Reach, Unreachable
from mock_tingwu.services.outside import Outside
from mock_tingwu.services.quiet import unlogged

if TYPE_CHECKING:
    import httpx

    from mock_tingwu.loopback import MakeSocket

#: Attempts that go on at the same time, for each receiver.
AT_ONCE: Final = 16
#: Deliveries that are not over, for each receiver; a further one is lost.
MAX_OPEN: Final = 1_000
#: Ordered deliveries that wait in a lane, and how long in ms an answer may take while it loses.
MAX_ORDERED: Final = 100
LOSING_MS: Final = 1_000
#: So much of an answer is read, in bytes; the rest is cut off.
MAX_ANSWER: Final = 4 * 1024


class Parcel(Struct, frozen=True, eq=False):
    """A delivery and what the journal says of it.

    ``event`` names the occasion. ``wanted`` is asked before each attempt: when it says no, the
    delivery is dropped. ``over`` is called once, when it is delivered or lost. ``ordered``: nothing
    of its lane is sent before it is over.
    """

    delivery: Delivery
    service: str
    event: str
    task_id: str | None = None
    wanted: Callable[[], bool] = lambda: True
    over: Callable[[Parcel], None] = lambda parcel: None
    ordered: bool = False
    #: The number of the registration that it is sent for, where there is one.
    registration: int = 0
    app_key: str = ""

    @property
    def receiver(self) -> str:
        """Scheme, host and port: what parcels to the same server have in common."""
        parts = urlsplit(self.delivery.url)
        return f"{parts.scheme}://{parts.netloc}"


class Waybill(Struct):
    """Where a parcel is that is not over.

    ``number`` counts parcels, ``left``: its lane does not wait for it any more. ``due`` is the
    moment (ms) of the next attempt, None when it is its lane's or its receiver's turn that counts.
    """

    number: int
    lane: str
    left: bool = False
    due: int | None = None


class Courier:
    """The deliveries of one scope. All methods must be called on the event loop's thread.

    ``commit`` is called before a parcel goes out and when its receiver has answered.
    """

    def __init__(
        self,
        clock: Clock,
        journal: Journal,
        commit: Callable[[], None] = lambda: None,
        fault: Callable[[Parcel], CallbackFault | None] = lambda parcel: None,
        noted: Callable[[Entry], None] = lambda entry: None,
        outside: Outside | None = None,
        reach: Reach | None = None,
    ) -> None:
        """``noted`` is told what was written down of every attempt.

        ``reach`` is for addresses that callers of the API choose.
        """
        self._outside = outside or Outside()
        self._reach = reach
        self._clock = clock
        self._journal = journal
        self._commit = commit
        self._fault = fault
        self._noted = noted
        #: What was posted and is not over, oldest first.
        self.waybills: dict[Parcel, Waybill] = {}
        #: Those of them that have changed, and what is over, for whoever keeps them. He sets it,
        #: and clears it.
        self.touched: dict[int, Parcel] | None = None
        self._posted = 0
        self._lanes: dict[str, deque[Parcel]] = {}
        self._timers: dict[Parcel, Timer] = {}
        # Lanes of ordered parcels whose last one was lost.
        self._losing: set[str] = set()
        self._open: Counter[str] = Counter()
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._clients: dict[tuple[bool, bool, MakeSocket | None], httpx.AsyncClient] = {}
        self._closed = self._stopping = False
        #: What is being sent or about to be. Waits for the clock are not in it.
        self.pending: set[asyncio.Task[None]] = set()

    def post(self, parcel: Parcel, lane: str) -> None:
        """Deliver ``parcel`` in the background, after those of the same ``lane``.

        Unless a fault wants it to be late, lost or doubled.
        """
        if self._closed:
            return
        match self._fault(parcel):
            case CallbackLost():
                self._drop(parcel, "a fault says so")
                parcel.over(parcel)
            case CallbackSlow(ms):
                if self._take(parcel, lane):
                    self.waybills[parcel].left = True
                    self._later(parcel, ms, partial(self._rest, parcel))
            case CallbackDuplicate(copies):
                self._post(parcel, lane)
                for _ in range(copies):
                    # Nobody counts a copy.
                    copy = structs.replace(parcel.delivery, attempts=[])
                    again = structs.replace(parcel, delivery=copy, over=lambda parcel: None)
                    self._post(again, lane)
            case _:
                self._post(parcel, lane)

    def _take(self, parcel: Parcel, lane: str) -> bool:
        """Take a parcel if there is room for it; without room it is lost."""
        receiver = parcel.receiver
        if self._open[receiver] >= MAX_OPEN:
            self._drop(parcel, f"{MAX_OPEN} others wait for {receiver} already")
            parcel.over(parcel)
            return False
        self._open[receiver] += 1
        self._posted += 1
        self.waybills[parcel] = Waybill(self._posted, lane)
        self._touch(parcel)
        return True

    def _post(self, parcel: Parcel, lane: str) -> None:
        if not self._take(parcel, lane):
            return
        queue = self._lanes.get(lane)
        if queue is None:
            self._lanes[lane] = deque([parcel])
            self._spawn(self._run(lane))
            return
        if parcel.ordered and len(queue) > MAX_ORDERED:
            oldest = queue[1]  # the first is on its way
            del queue[1]
            self._drop(oldest, f"{MAX_ORDERED} newer ones wait")
            self._finish(oldest)
        queue.append(parcel)

    def restore(self, parcels: Iterable[tuple[Parcel, Waybill]]) -> None:
        """Take what an earlier courier had not come to an end with, in the order of posting."""
        for parcel, waybill in parcels:
            self._open[parcel.receiver] += 1
            self._posted = max(self._posted, waybill.number)
            self.waybills[parcel] = waybill
            if not waybill.left:
                self._lanes.setdefault(waybill.lane, deque()).append(parcel)

    def resume(self) -> None:
        """Go on with what was restored."""
        for parcel, waybill in list(self.waybills.items()):
            if waybill.left:
                self._later(parcel, self._wait(parcel, waybill), partial(self._rest, parcel))
        for lane, queue in self._lanes.items():
            wait = self._wait(queue[0], self.waybills[queue[0]])
            if wait:
                self._later(queue[0], wait, partial(self._run, lane))
            else:
                self._spawn(self._run(lane))

    def _wait(self, parcel: Parcel, waybill: Waybill) -> int:
        if waybill.due is None:
            return 0
        wait = max(0, waybill.due - self._clock.now())
        done = len(parcel.delivery.attempts)
        # Somebody may have set the machine's time back since.
        return min(wait, parcel.delivery.plan.waits[done - 1]) if done else wait

    def _touch(self, parcel: Parcel) -> None:
        if self.touched is not None and (waybill := self.waybills.get(parcel)) is not None:
            self.touched[waybill.number] = parcel

    async def deliver(self, parcel: Parcel) -> None:
        """Make one attempt now, whatever else goes on; nothing comes after it."""
        await self._attempt(parcel)

    async def settled(self) -> None:
        """Wait until nothing is being sent or about to be."""
        while self.pending:
            await asyncio.wait(self.pending)

    def stop(self) -> None:
        """Begin to send nothing more. What is being sent comes to its end."""
        self._stopping = True

    def close(self) -> None:
        """Forget everything, for good; what is being sent is cut off."""
        self._closed = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._lanes.clear()
        for job in list(self.pending):
            job.cancel()

    def _spawn(self, job: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(job)
        self.pending.add(task)
        task.add_done_callback(self.pending.discard)

    async def _run(self, lane: str) -> None:
        """Try what is in a lane, one after the other, until an ordered parcel has to wait."""
        queue = self._lanes[lane]
        while queue:
            if self._stopping:
                return
            parcel = queue[0]
            if lane in self._losing:
                parcel.delivery.try_once(LOSING_MS)
            wait = await self._try(parcel)
            if wait is not None:
                if parcel.ordered:
                    self._later(parcel, wait, lambda: self._run(lane))
                    return
                self.waybills[parcel].left = True
                self._later(parcel, wait, partial(self._rest, parcel))
            elif parcel.ordered:
                self._note_loss(parcel, lane)
            queue.popleft()
        del self._lanes[lane]
        self._losing.discard(lane)

    def _note_loss(self, parcel: Parcel, lane: str) -> None:
        if parcel.delivery.state is LOST:
            self._losing.add(lane)
        else:
            self._losing.discard(lane)

    async def _rest(self, parcel: Parcel) -> None:
        """Try a parcel again that has left its lane."""
        if self._stopping:
            return
        wait = await self._try(parcel)
        if wait is not None:
            self._later(parcel, wait, partial(self._rest, parcel))

    def _later(
        self, parcel: Parcel, wait: int, job: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        """Go on with ``job`` in ``wait`` ms of the clock."""

        def due() -> None:
            del self._timers[parcel]
            waybill.due = None
            self._spawn(job())

        waybill = self.waybills[parcel]
        waybill.due = self._clock.now() + wait
        self._touch(parcel)
        self._commit()
        self._timers[parcel] = self._clock.call_later(wait, due)

    async def _try(self, parcel: Parcel) -> int | None:
        """Make one attempt; return the wait until the next one in ms, None when it is over."""
        wait = None
        async with self._slot(parcel):
            if parcel.wanted():
                wait = await self._attempt(parcel)
            else:
                self._drop(parcel, "its address was taken away or replaced")
        if wait is None:
            self._finish(parcel)
        return wait

    def _finish(self, parcel: Parcel) -> None:
        receiver = parcel.receiver
        self._touch(parcel)
        self.waybills.pop(parcel, None)
        self._open[receiver] -= 1
        if not self._open[receiver]:
            del self._open[receiver]
            self._slots.pop(receiver, None)
        parcel.over(parcel)
        self._commit()

    def _slot(self, parcel: Parcel) -> asyncio.Semaphore:
        return self._slots.setdefault(parcel.receiver, asyncio.Semaphore(AT_ONCE))

    async def _attempt(self, parcel: Parcel) -> int | None:
        """Send and write down what came of it; return the wait until the next attempt in ms."""
        delivery = parcel.delivery
        number = delivery.begin(self._clock.now())
        self._commit()  # what the receiver is told of has happened for good
        outcome, answer = await self._outside.sent(delivery, self._send)
        wait = delivery.end(outcome)
        fields: dict[str, Any] = {"status": outcome.status, "error": outcome.error}
        fields |= {"again_ms": wait, "answer": answer or None}
        self._note(parcel, number, {k: v for k, v in fields.items() if v is not None})
        return wait

    def _drop(self, parcel: Parcel, why: str) -> None:
        parcel.delivery.drop(why)
        self._note(parcel, len(parcel.delivery.attempts), {"error": f"not sent: {why}"})

    def _note(self, parcel: Parcel, number: int, fields: dict[str, Any]) -> None:
        delivery = parcel.delivery
        outcome = "refused" if delivery.state is WAITING else delivery.state.name.lower()
        entry = self._journal.record(
            "callback",
            parcel.service,
            parcel.task_id,
            url=delivery.url,
            event=parcel.event,
            attempt=number,
            outcome=outcome,
            **fields,
            body=delivery.body,
        )
        self._noted(entry)

    async def _send(self, delivery: Delivery) -> tuple[Outcome, str]:
        """Make the request; return what came of it and the beginning of the answer."""
        import httpx

        seconds = delivery.plan.answer_within / 1_000
        try:
            if self._reach is not None:
                self._reach.check(delivery.url)
            client = self._client(delivery.url)
            with unlogged():
                async with (
                    asyncio.timeout(seconds),
                    client.stream(
                        "POST",
                        delivery.url,
                        content=delivery.body,
                        headers={**delivery.headers, **delivery.sign()},
                    ) as response,
                ):
                    answer = await _beginning(response)
        except Unreachable as error:
            return Outcome(error=str(error)), ""
        except TimeoutError:
            return Outcome(error=f"no answer within {seconds:g} s"), ""
        except httpx.ConnectError as error:
            return Outcome(error=f"no connection: {_reason(error)}"), ""
        except httpx.RemoteProtocolError as error:
            return Outcome(error=f"no HTTP answer: {error}"), ""
        except Exception as error:  # whatever a receiver does, others must get theirs
            return Outcome(error=f"no answer: {_reason(error)}"), ""
        outcome = Outcome.of(response.status_code, only_200=delivery.plan.only_200)
        return outcome, answer

    def _client(self, url: str) -> httpx.AsyncClient:
        """The client for ``url``, made when first needed. It keeps no connection open."""
        here = is_this_machine(urlsplit(url).hostname or "")
        # Where `here` is may change.
        make_socket = self._outside.make_socket if here else None
        reach = self._reach
        guarded = reach is not None and not reach.is_free(url)
        key = (here, guarded, make_socket)
        if key not in self._clients:
            from http.cookiejar import CookieJar, DefaultCookiePolicy

            import httpx

            limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
            # With a transport of its own it looks for no proxy.
            transport = httpx.AsyncHTTPTransport(limits=limits) if here else None
            if guarded:
                from mock_tingwu.guarded import GuardedTransport

                assert reach is not None
                transport = GuardedTransport(reach, httpx.create_ssl_context(), make_socket)
            elif make_socket is not None:
                from mock_tingwu.loopback import Transport

                transport = Transport(make_socket, httpx.create_ssl_context())
            self._clients[key] = httpx.AsyncClient(
                transport=transport,
                limits=limits,
                timeout=None,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                headers={
                    "User-Agent": f"mock-tingwu/{__version__}",
                    "Accept-Encoding": "identity",
                    "Connection": "close",
                },
            )
        return self._clients[key]


async def _beginning(response: httpx.Response) -> str:
    content = b""
    raw = cast("AsyncGenerator[bytes]", response.aiter_raw())
    async with contextlib.aclosing(raw) as chunks:
        async for chunk in chunks:
            content += chunk
            if len(content) >= MAX_ANSWER:
                break
    return content[:MAX_ANSWER].decode("utf-8", "replace")


def _reason(error: BaseException) -> str:
    """What the operating system said, below the layers of libraries; else what the library said."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionError) and cause.errno:
            return os.strerror(cause.errno)
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        if isinstance(cause, BaseExceptionGroup):
            cause = cause.exceptions[0]
        else:
            cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__
