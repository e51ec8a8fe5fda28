"""The target as a case sees it: everything that somebody outside can do with it, and no more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from typing import Any

import httpx

from mock_tingwu.cassettes.parts import PartWriter
from mock_tingwu.client.trust import trusted
from mock_tingwu.conformance import audio
from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.checks import Checks, Deviation
from mock_tingwu.conformance.dashscope import INFERENCE, DashScope
from mock_tingwu.conformance.exchange import Redactor, Wire
from mock_tingwu.conformance.frames import FrameStream, open_frames
from mock_tingwu.conformance.http import Http, Unreachable
from mock_tingwu.conformance.live import Live
from mock_tingwu.conformance.outside import Arrived, Mailbox, Outside, wait_until
from mock_tingwu.conformance.pacing import Pacing
from mock_tingwu.conformance.site import Site
from mock_tingwu.conformance.streams import PATIENCE_S, AgentSession, MeetingSession
from mock_tingwu.conformance.tingwu import Tingwu

#: How long undoing what a case did may take, in seconds.
CLEANUP_LIMIT_S = 30.0
#: What is given to the target's threads after its clock was advanced, in real seconds.
_YIELD_S = 0.002
#: How long a callback may be under way from a mock whose clock was advanced, in real seconds.
_SENT_S = 5.0


class Cloud:
    """What a case gets: the services, checks, and a place outside.

    ``check`` raises at once if something is wrong. ``site`` tells addresses and keys. What goes
    over the wire is recorded on the ``cassette``, if there is one.
    """

    def __init__(
        self,
        site: Site,
        outside: Outside,
        pacing: Pacing,
        cassette: PartWriter | None = None,
    ) -> None:
        self.site = site
        self.outside = outside
        self.pacing = pacing
        self.began = time.monotonic()
        self.check = Checks(tolerates_unproven=site.name != "mock")
        self.http = Http(Wire(), Redactor(site.secrets), pacing, self.began, cassette)
        self.tingwu = Tingwu(self)
        self.dashscope = DashScope(self)
        self.live = Live(self)
        if cassette is not None:
            cassette.keep_secret(site.secrets)
        #: When the case has to be over; what it waits for by `pause` comes on top.
        self.deadline: asyncio.Timeout | None = None
        self._cleanups: list[Callable[[], Awaitable[Any]]] = []
        self._arrived_before = len(outside.project.arrived)

    # Streams

    def join(self, join_url: str, headers: Mapping[str, str] | None = None) -> MeetingSession:
        """A session behind a MeetingJoinUrl, to be entered; the headers are those of the SDKs."""
        return MeetingSession(
            self, join_url, {"X-NLS-Token": "default"} if headers is None else headers
        )

    def frames(
        self, join_url: str, headers: Sequence[tuple[str, str]]
    ) -> AbstractAsyncContextManager[FrameStream]:
        """The same frame by frame, with a handshake of just these headers; see `open_frames`."""
        return open_frames(self, join_url, headers)

    async def meeting(
        self, parameters: Mapping[str, Any] | None = None, **fields: Any
    ) -> tuple[str, MeetingSession]:
        """Begin a meeting; return its TaskId and a session for it, to be entered."""
        data = await self.tingwu.start(parameters, **fields)
        self.check.has(data, "TaskId", "MeetingJoinUrl", what="Data of CreateTask")
        return data["TaskId"], self.join(data["MeetingJoinUrl"])

    def infer(
        self, *, api_key: str | None = "", headers: Mapping[str, str] | None = None
    ) -> AgentSession:
        """A session of DashScope's duplex protocol, to be entered.

        ``api_key`` is the target's if empty, None for no Authorization.
        """
        sent = dict(headers or {})
        if api_key is not None:
            sent.setdefault("Authorization", f"bearer {api_key or self.site.api_key}")
        scheme, _, rest = self.site.dashscope_url.partition("://")
        url = f"{'wss' if scheme == 'https' else 'ws'}://{rest}{INFERENCE}"
        return AgentSession(self, url, sent)

    @cached_property
    def speech(self) -> bytes:
        """A little of a meeting: 16 kHz, 16 bits, mono; two sentences and silence after them."""
        return audio.speech()

    @staticmethod
    def silence(seconds: float, rate: int = 16000) -> bytes:
        """Silence in 16 bits, mono."""
        return bytes(2 * int(seconds * rate))

    # Files and callbacks

    def recording(self, pcm: bytes | None = None, **options: Any) -> str:
        """The URL of a recording (a WAV file of `speech`); ``options`` as of `Outside.file`."""
        pcm = self.speech if pcm is None else pcm
        self.pacing.audio_s += len(pcm) / (2 * audio.RATE)
        return self.outside.file(audio.wav(pcm), **options)

    async def download(self, link: str, **headers: str) -> Answer:
        """Whatever is at a link of the target."""
        return await self.http.send("download", "GET", link, headers=headers)

    @property
    def arrived(self) -> list[Arrived]:
        """The callbacks to the project's address since the case began: ids of tasks may have been
        there before, on another mock."""
        return self.outside.project.arrived[self._arrived_before :]

    async def callbacks(self, task_id: str, count: int, *, within: float = 30.0) -> list[Arrived]:
        """The first ``count`` callbacks of the project about a task, waited for.

        Raises:
            Deviation: they do not come within so many seconds of real time.
        """

        def about() -> list[Arrived]:
            return [a for a in self.arrived if task_id in str(a.body.get("Data"))]

        await wait_until(about, count, self._patience(within), f"callbacks about task {task_id}")
        return about()

    async def received(
        self, mailbox: Mailbox, count: int, *, within: float = 30.0
    ) -> list[Arrived]:
        """The first ``count`` callbacks to a mailbox, waited for. Raises as `callbacks` does."""
        await wait_until(lambda: mailbox.arrived, count, self._patience(within), "callbacks")
        return list(mailbox.arrived)

    def _patience(self, within: float) -> float:
        # Advancing a mock's clock sends what is due: real time brings nothing more.
        return min(within, _SENT_S) if self.site.control_url else within

    # Time

    async def pause(self, seconds: float) -> None:
        """Let so many seconds pass: on the target's own clock where that can be advanced."""
        self.pacing.waited_s += seconds
        if not self.site.control_url:
            due = None if self.deadline is None else self.deadline.when()
            if self.deadline is not None and due is not None:
                self.deadline.reschedule(due + seconds)
            await asyncio.sleep(seconds)
            return
        url = f"{self.site.control_url}/_mock/clock"
        # Making a TLS context of one's own would take longer than the call.
        async with httpx.AsyncClient(
            trust_env=False, timeout=PATIENCE_S, verify=trusted()
        ) as control:
            try:
                answer = await control.post(url, json={"advance_ms": round(seconds * 1000)})
            except httpx.HTTPError as error:
                raise Unreachable(f"the mock's clock: {error!r}") from None
        if answer.status_code != 200:
            raise Unreachable(f"the mock's clock answered {answer.status_code} {answer.text[:200]}")
        await asyncio.sleep(_YIELD_S)

    async def tick(self, seconds: float = 0.1) -> None:
        """The time that so much audio takes to be pushed to this target."""
        if self.site.pace:
            await asyncio.sleep(self.site.pace * seconds / 0.1)

    # Afterwards

    def later(self, undo: Callable[[], Awaitable[Any]]) -> None:
        """Do this when the case is over, whatever came of it; the last comes first."""
        self._cleanups.append(undo)

    async def close(self) -> list[str]:
        """Undo what the case did; return what could not be."""
        problems = []
        # What is undone is no part of the case.
        self.check = Checks(tolerates_unproven=True)
        try:
            async with asyncio.timeout(CLEANUP_LIMIT_S):
                while self._cleanups:
                    try:
                        await self._cleanups.pop()()
                    except (Deviation, Unreachable) as error:
                        problems.append(str(error))
                    except Exception as error:
                        problems.append(f"{type(error).__name__}: {error}")
        except TimeoutError:
            problems.append(f"cleaning up took longer than {CLEANUP_LIMIT_S:g} s")
        finally:
            await self.http.close()
        return problems
