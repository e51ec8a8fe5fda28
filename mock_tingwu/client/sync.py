"""The clients and streams for programs without an event loop.

::

    with SyncTingwuClient("http://127.0.0.1:8900", ...) as client:
        task = client.create_realtime()

Every method is the one of the asynchronous class and does the same, but returns when it is done.
The event loop that all of them share runs in one thread, which ends with the last of them. Ctrl-C
ends the call that is waited for, and leaving the ``with`` closes the connections. Several threads
may share one of them. A callback of a call (``on_change``) runs in the thread of the event loop: a
call that is made from there raises RuntimeError.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import AsyncIterable, Callable, Coroutine, Iterator
from concurrent.futures import Future
from enum import Enum
from types import TracebackType
from typing import Any, Concatenate, Final, Generic, ParamSpec, Protocol, Self, TypeVar

from anyio.from_thread import BlockingPortal, BlockingPortalProvider

from mock_tingwu.client.dashscope import DashScopeClient
from mock_tingwu.client.dashscope_events import AgentEvent
from mock_tingwu.client.dashscope_stream import AgentStream
from mock_tingwu.client.events import Event
from mock_tingwu.client.live import LiveAsrClient
from mock_tingwu.client.meeting import MeetingStream
from mock_tingwu.client.stream_table import State
from mock_tingwu.client.tingwu import TingwuClient


class Closable(Protocol):
    """What is wrapped here: an asynchronous context manager that can be closed."""

    async def __aenter__(self) -> object: ...

    async def close(self) -> None: ...


C = TypeVar("C", bound=Closable)
E = TypeVar("E")
P = ParamSpec("P")
R = TypeVar("R")

#: The thread with the event loop, while anything needs it.
_LOOP: Final = BlockingPortalProvider()


class _End(Enum):
    """What comes after the last event."""

    END = "end"


class Blocking(Generic[C]):
    """An asynchronous object of which each call is waited for. Use it by ``with``."""

    _inner: C
    _portal: BlockingPortal | None
    #: Held by whoever enters or closes it: only one of several threads does.
    _turn: threading.Lock
    #: What is going on, as the event loop knows it.
    _calls: set[asyncio.Task[Any]]

    @classmethod
    def of(cls, inner: C) -> Self:
        """Around an asynchronous object that nobody has entered yet, such as a target's."""
        blocking = cls.__new__(cls)
        blocking._hold(inner)
        return blocking

    def __enter__(self) -> Self:
        with self._turn:
            if self._portal is not None:
                raise RuntimeError(f"the {type(self).__name__} is entered already")
            self._portal = _LOOP.__enter__()
        try:
            self._run(self._inner.__aenter__)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. Safe to call at any time, more than once, but in a callback."""
        with self._turn:
            if self._portal is None:
                return
            ending = self._begin(self._end)
            try:
                _result(ending)
            finally:
                self._portal = None
                _LOOP.__exit__(None, None, None)

    async def _end(self) -> None:
        await self._inner.close()
        # Calls that another thread waits for, or that Ctrl-C has left when they just began.
        for task in self._calls - {asyncio.current_task()}:
            task.cancel()

    def _hold(self, inner: C) -> None:
        self._inner = inner
        self._portal = None
        self._turn = threading.Lock()
        self._calls = set()

    def _run(
        self, call: Callable[P, Coroutine[Any, Any, R]], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """What ``call`` returns on the event loop."""
        return _result(self._begin(call, *args, **kwargs))

    def _begin(
        self, call: Callable[P, Coroutine[Any, Any, R]], *args: P.args, **kwargs: P.kwargs
    ) -> Future[R]:
        """Have the event loop do a call.

        Raises:
            RuntimeError: it is not entered, or this is the event loop's own thread.
        """
        portal = self._portal
        if portal is None:
            raise RuntimeError(f"use `with {type(self).__name__}(...)`")

        async def known() -> R:
            task = asyncio.current_task()
            assert task is not None
            self._calls.add(task)
            try:
                return await call(*args, **kwargs)
            finally:
                self._calls.discard(task)

        return portal.start_task_soon(known)


def _result(future: Future[R]) -> R:
    """What a call comes to."""
    try:
        return future.result()
    except BaseException:
        # Ctrl-C is raised in the thread that waits: the call has to end as well.
        future.cancel()
        raise


def made_by(make: Callable[P, C]) -> Callable[[Any], Callable[Concatenate[Blocking[C], P], None]]:
    """An ``__init__`` that takes what the asynchronous class takes."""

    def decorate(_: object) -> Callable[Concatenate[Blocking[C], P], None]:
        def init(self: Blocking[C], /, *args: P.args, **kwargs: P.kwargs) -> None:
            self._hold(make(*args, **kwargs))

        return functools.update_wrapper(init, make.__init__)

    return decorate


def blocking(
    method: Callable[Concatenate[C, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[Blocking[Any], P], R]:
    """The method that waits until ``method`` is done: same parameters, same documentation."""

    def call(self: Blocking[Any], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._run(method, self._inner, *args, **kwargs)

    return functools.update_wrapper(call, method)


class SyncMeetingStream(Blocking[MeetingStream]):
    """`MeetingStream`, each of its calls waited for.

    Iterate in one thread while another pushes to see captions live. `push` reads an iterable of
    frames on the thread of all connections, so give it none that waits: `send` its frames instead.
    """

    @made_by(MeetingStream)
    def __init__(self) -> None: ...

    send = blocking(MeetingStream.send)
    push = blocking(MeetingStream.push)
    stop = blocking(MeetingStream.stop)
    pause = blocking(MeetingStream.pause)
    resume = blocking(MeetingStream.resume)

    @property
    def state(self) -> State:
        """Where the stream stands."""
        return self._inner.state

    @property
    def ended(self) -> bool:
        """Whether the stream is complete, has failed or lost its connection."""
        return self._inner.ended

    def __iter__(self) -> Iterator[Event]:
        return _each(self, self._inner)


class SyncAgentStream(Blocking[AgentStream]):
    """`AgentStream`, each of its calls waited for; the rest is as for `SyncMeetingStream`."""

    @made_by(AgentStream)
    def __init__(self) -> None: ...

    send = blocking(AgentStream.send)
    push = blocking(AgentStream.push)
    stop = blocking(AgentStream.stop)
    pause = blocking(AgentStream.pause)
    resume = blocking(AgentStream.resume)

    @property
    def state(self) -> State:
        """Where the stream stands."""
        return self._inner.state

    @property
    def data_id(self) -> str | None:
        """What the agent calls the task, known at the latest when it listens."""
        return self._inner.data_id

    @property
    def ended(self) -> bool:
        """Whether the stream is complete, has failed or lost its connection."""
        return self._inner.ended

    def __iter__(self) -> Iterator[AgentEvent]:
        return _each(self, self._inner)


def _each(stream: Blocking[Any], events: AsyncIterable[E]) -> Iterator[E]:
    """The events of a stream, each waited for."""
    waiting = aiter(events)

    async def next_event() -> E | _End:
        return await anext(waiting, _End.END)

    while not isinstance(event := stream._run(next_event), _End):
        yield event


def _streaming(
    method: Callable[Concatenate[DashScopeClient, P], AgentStream],
) -> Callable[Concatenate[Blocking[DashScopeClient], P], SyncAgentStream]:
    """The method whose stream is one to wait for."""

    def call(
        self: Blocking[DashScopeClient], /, *args: P.args, **kwargs: P.kwargs
    ) -> SyncAgentStream:
        return SyncAgentStream.of(method(self._inner, *args, **kwargs))

    return functools.update_wrapper(call, method)


class SyncTingwuClient(Blocking[TingwuClient]):
    """`TingwuClient`, each of its calls waited for."""

    @made_by(TingwuClient)
    def __init__(self) -> None: ...

    create_realtime = blocking(TingwuClient.create_realtime)
    create_offline = blocking(TingwuClient.create_offline)
    rerun = blocking(TingwuClient.rerun)
    stop = blocking(TingwuClient.stop)
    info = blocking(TingwuClient.info)
    wait = blocking(TingwuClient.wait)
    results = blocking(TingwuClient.results)
    download = blocking(TingwuClient.download)
    save = blocking(TingwuClient.save)
    create_phrases = blocking(TingwuClient.create_phrases)
    list_phrases = blocking(TingwuClient.list_phrases)
    get_phrases = blocking(TingwuClient.get_phrases)
    update_phrases = blocking(TingwuClient.update_phrases)
    delete_phrases = blocking(TingwuClient.delete_phrases)


class SyncDashScopeClient(Blocking[DashScopeClient]):
    """`DashScopeClient`, each of its calls waited for."""

    @made_by(DashScopeClient)
    def __init__(self) -> None: ...

    create_offline = blocking(DashScopeClient.create_offline)
    create_realtime = blocking(DashScopeClient.create_realtime)
    end_realtime = blocking(DashScopeClient.end_realtime)
    get_task = blocking(DashScopeClient.get_task)
    wait = blocking(DashScopeClient.wait)
    results = blocking(DashScopeClient.results)
    download = blocking(DashScopeClient.download)
    save = blocking(DashScopeClient.save)
    create_token = blocking(DashScopeClient.create_token)
    stream = _streaming(DashScopeClient.stream)
    instruct = _streaming(DashScopeClient.instruct)


class SyncLiveAsrClient(Blocking[LiveAsrClient]):
    """`LiveAsrClient`, each of its calls waited for."""

    @made_by(LiveAsrClient)
    def __init__(self) -> None: ...

    caption_stream = blocking(LiveAsrClient.caption_stream)
    caption_user = blocking(LiveAsrClient.caption_user)
    stop = blocking(LiveAsrClient.stop)
    delete = blocking(LiveAsrClient.delete)
    tasks = blocking(LiveAsrClient.tasks)
    find = blocking(LiveAsrClient.find)
