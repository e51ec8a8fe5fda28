"""One live task at work: its stream is heard, and every engine event goes to the callback URL."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec

from mock_tingwu.core.clock import Timer
from mock_tingwu.core.delivery import LIVE_PLAN, Delivery
from mock_tingwu.core.recognizer import Heard
from mock_tingwu.core.scope import RESTARTED, Scope, Task
from mock_tingwu.core.tasks import ONGOING, TaskEvent
from mock_tingwu.protocols.live_captions import Caption, Captions, Engine
from mock_tingwu.protocols.signing import asr_sig
from mock_tingwu.services.courier import Courier, Parcel
from mock_tingwu.services.live.gateway import SERVICE
from mock_tingwu.services.live.request import CaptionRequest
from mock_tingwu.services.live.sources import Source

log = logging.getLogger("mock_tingwu")

#: What a task fails with that meets a defect of the mock or of its recognizer.
_DEFECT: Final = "InternalError"
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Signer:
    """Makes the headers that prove who sends, for each attempt (live-rtc-asr 2).

    Without a ``key`` there are none. ``real_now`` is the machine's own time in ms: receivers
    compare SIG-TIME with theirs.
    """

    url: str
    key: str
    real_now: Callable[[], int]

    def __call__(self) -> dict[str, str]:
        if not self.key:
            return {}
        now = str(self.real_now() // 1000)
        signature = asr_sig.sign(now, self.url, self.key)
        return {asr_sig.TIME_HEADER: now, asr_sig.SIGNATURE_HEADER: signature}


class Captioning:
    """The `Pusher` of a live task: it gets the audio by itself, from a `Source`.

    ``real_now`` is the machine's own time in ms. ``engine`` is what listens, None for a new one.
    """

    def __init__(
        self,
        scope: Scope,
        task: Task,
        request: CaptionRequest,
        courier: Courier,
        real_now: Callable[[], int],
        engine: Engine | None = None,
    ) -> None:
        self.task = task
        self.request = request
        self._scope = scope
        self._courier = courier
        self._signer = Signer(request.callback_url, request.auth_key, real_now)
        self._source: Source | None = None
        self._giving_up: Timer | None = None
        new_id = partial(scope.ids.hex32, "caption")
        owner = scope.account_id[:7]
        self.engine = engine or Engine(new_id(), f"tl_{owner}_{task.created}", new_id())
        targets = task.options.translation_targets
        self._captions = Captions(self.engine, request.report_interval, targets, new_id)

    @property
    def pending(self) -> Collection[asyncio.Task[Any]]:
        """The jobs of the source that a virtual clock has to wait for."""
        return () if self._source is None else self._source.pending

    def listen_to(self, source: Source) -> None:
        """Begin."""
        self._source = source
        self.task.pushers[self] = None
        source.begin(self)

    @property
    def gives_up_at(self) -> int | None:
        """When (ms) the task ends unless its stream comes back; None as long as it is there."""
        return None if self._giving_up is None else self._giving_up.when

    def resume(self, source: Source, gives_up_at: int | None) -> None:
        """Go on as after an interruption, for the mock was restarted."""
        self.task.pushers[self] = None
        if self.task.status is ONGOING:
            self.interrupted(RESTARTED)
        elif gives_up_at is not None:
            # Somebody may have set the machine's time back since.
            most = (self.request.auto_terminate or 0) * 1000
            self._wait_for_stream(min(gives_up_at - self._scope.clock.now(), most))
        if not self._over:
            self.listen_to(source)

    # What a source brings (it is a `Listener`)

    def hear_audio(self, pcm: bytes) -> None:
        """16-bit mono PCM at the task's rate has come."""
        self._guarded(lambda: self._heard(self.task.stream.feed(pcm)))

    def hear_speech(self, milliseconds: int) -> None:
        """So much of a stream that is imagined has passed."""
        self._guarded(lambda: self._heard(self.task.stream.imagine(milliseconds)))

    def interrupted(self, why: str) -> None:
        """The stream has ended, broken off, or is not there."""
        if self._over:
            return
        self._guarded(lambda: self._tell(self.task.stream.flush()))
        if self._over:
            return
        self._scope.move(self.task, TaskEvent.STREAM_ENDED, why)
        delay = self.request.auto_terminate
        if delay is not None and self._giving_up is None:
            self._wait_for_stream(delay * 1000)

    def note(self, text: str) -> None:
        """Write down what is worth knowing of the stream."""
        self._scope.journal.record("note", SERVICE, self.task.id, text=text)

    # Pusher

    @property
    def streaming(self) -> bool:
        """Whether the stream is there."""
        return self.task.status is ONGOING

    def task_ended(self) -> None:
        """The task is being stopped: what is open becomes a sentence, the last one."""
        self._guarded(lambda: self._tell(self.task.stream.flush()))
        self.close()

    def task_failed(self) -> None:
        """The task has failed: listen no more."""
        self.close()

    def close(self) -> None:
        """Listen no more. What is to be delivered still is."""
        self.task.pushers.pop(self, None)
        self._stop_waiting()
        if self._source is not None:
            self._source.close()
            self._source = None

    # Inside

    @property
    def _over(self) -> bool:
        return self not in self.task.pushers

    def _heard(self, heard: Sequence[Heard]) -> None:
        if self._over:
            return
        self._stop_waiting()
        if self.task.status is not ONGOING:
            self._scope.move(self.task, TaskEvent.AUDIO, "the stream is there")
        self._tell(heard)

    def _tell(self, heard: Sequence[Heard]) -> None:
        manners = self._scope.manners
        if manners is not None:
            heard = list(manners.retold(heard, self.task.id))
        for caption in self._captions.hear(heard, self.task.stream.position):
            self._post(caption)

    def _post(self, caption: Caption) -> None:
        task, request, manners = self.task, self.request, self._scope.manners
        content = caption.content
        if manners is not None:
            content = manners.event(content.encode(), task.id, content).decode()
        body = {
            "task_id": task.id,
            "sdk_app_id": task.app_key,
            "channel_id": task.key or "",
            "rtc_user_id": request.user,
            "callback_time_stamp": self._scope.clock.now(),
            "language": task.language,
            "content": content,
        }
        encoded = _encode(body)
        if manners is not None:
            encoded = manners.json(encoded, task.id, content)
        delivery = Delivery(
            request.callback_address,
            encoded,
            {"Content-Type": "application/json"},
            LIVE_PLAN,
            self._signer,
        )
        parcel = Parcel(delivery, SERVICE, caption.name, task.id, ordered=True)
        self._courier.post(parcel, lane=task.id)

    def _wait_for_stream(self, milliseconds: int) -> None:
        self._giving_up = self._scope.clock.call_later(milliseconds, self._give_up)

    def _give_up(self) -> None:
        self._giving_up = None
        why = f"the stream was away for {self.request.auto_terminate} s"
        self._scope.end_live(self.task, TaskEvent.AUTO_TERMINATE, why, self._scope.tick())

    def _stop_waiting(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    def _guarded(self, step: Callable[[], Any]) -> None:
        """Do a step; a defect, mostly of a recognizer, fails the task and nothing else."""
        try:
            step()
        except Exception:
            log.exception("a defect of the mock or its recognizer fails a live task")
            if self.task.can(TaskEvent.FAIL):
                self._scope.fail(self.task, _DEFECT, "Internal error.", "a defect of the mock")
