"""The live tasks of one scope."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mock_tingwu import media
from mock_tingwu.core.delivery import Delivery
from mock_tingwu.core.imagination import stated_length
from mock_tingwu.core.reach import Reach, Unreachable
from mock_tingwu.core.scope import Scope, Task
from mock_tingwu.core.tasks import COMPLETED, FAILED, TaskEvent
from mock_tingwu.protocols.live_captions import Engine
from mock_tingwu.services.api_answers import Json
from mock_tingwu.services.api_errors import ApiFailure, invalid
from mock_tingwu.services.callbacks import fault_of
from mock_tingwu.services.courier import Courier, Parcel
from mock_tingwu.services.fetching import Fetcher, FetchError
from mock_tingwu.services.live.captioning import Captioning, Signer
from mock_tingwu.services.live.gateway import SERVICE
from mock_tingwu.services.live.request import CaptionRequest
from mock_tingwu.services.live.sources import LONGEST_MS, ImaginedSource, PulledSource, Source

if TYPE_CHECKING:
    from mock_tingwu.services.world import World

#: What a Query calls a status: 1 is documented, the others are assumed (live-rtc-asr 1.2).
RUNNING: Final = 1
STATUS: Final = {COMPLETED: 2, FAILED: 3}
_BEIJING: Final = timezone(timedelta(hours=8))


class LiveBook:
    """Makes live tasks, ends them, and shows them. Use it on the event loop's thread."""

    def __init__(self, world: World, scope: Scope) -> None:
        self._scope = scope
        self._real_now = world.real_now
        self._workers = world.workers
        self._outside = world.outside
        fetcher = Fetcher(world.settings, world.find_hosted, world.outside)
        self._fetcher = world.outside.fetcher(fetcher)
        self._reach = fetcher.reach
        # Where callbacks may go: what stands for hosts of files does not matter.
        self._receivers = Reach(world.settings.host, world.settings.reach)
        self.courier = Courier(
            scope.clock,
            scope.journal,
            world.commit,
            partial(fault_of, scope),
            outside=world.outside,
            reach=self._receivers,
        )
        self._captionings: dict[str, Captioning] = {}
        # When each task that was restored gives up, as far as it waits for its stream.
        self._giving_up: dict[str, int | None] = {}

    @property
    def pending(self) -> Collection[asyncio.Task[Any]]:
        """What is being sent, and streams that are being opened or read ahead."""
        reading = [job for one in self._captionings.values() for job in one.pending]
        return (*self.courier.pending, *reading)

    def __contains__(self, task_id: str) -> bool:
        return task_id in self._captionings

    def create(self, request: CaptionRequest) -> Task:
        """A new task, which begins to listen at once.

        Raises:
            ApiFailure: nothing can be at such a StreamURL, or nobody told at such a CallbackURL.
        """
        try:
            self._receivers.check(request.callback_address)
        except Unreachable as error:
            failure = invalid("CallbackURL")
            failure.detail = str(error)
            raise failure from None
        source, why = self._source(request)
        task = self._scope.create_live(request.order, stream_url=request.stream_url)
        captioning = Captioning(self._scope, task, request, self.courier, self._real_now)
        self._captionings[task.id] = captioning
        for text in why:
            captioning.note(text)
        captioning.listen_to(source)
        return task

    def captioning(self, task_id: str) -> Captioning | None:
        """A task at work, or what is left of it."""
        return self._captionings.get(task_id)

    def restore(
        self, task: Task, request: CaptionRequest, engine: Engine, gives_up_at: int | None
    ) -> None:
        """Have a task of an earlier book; `resume` lets it listen."""
        self._captionings[task.id] = Captioning(
            self._scope, task, request, self.courier, self._real_now, engine
        )
        self._giving_up[task.id] = gives_up_at

    def parcel(self, delivery: Delivery, event: str, task_id: str) -> Parcel:
        """The parcel of a caption that was posted in an earlier book."""
        return Parcel(delivery, SERVICE, event, task_id, ordered=True)

    def signer(self, url: str, key: str) -> Signer:
        """What signs the captions for this callback URL."""
        return Signer(url, key, self._real_now)

    def resume(self) -> None:
        """Let the tasks that were restored listen again, as if their streams had been away.

        What is imagined or recorded goes on behind what was heard.
        """
        for task_id, gives_up_at in self._giving_up.items():
            captioning = self._captionings[task_id]
            if captioning.task.status in STATUS:
                continue
            try:
                source, why = self._source(captioning.request, captioning.task.stream.position)
            except ApiFailure as failure:  # another setting of file_hosts, say
                source, why = ImaginedSource(self._scope.clock, 0), [failure.detail]
            for text in why:
                captioning.note(text)
            captioning.resume(source, gives_up_at)
        self._giving_up.clear()

    def stop(self, task_id: str) -> None:
        """End a task. Stopping again changes nothing."""
        task = self._captionings[task_id].task
        if task.can(TaskEvent.STOP):
            self._scope.end_live(task, TaskEvent.STOP, "StopRtcAsrTask or DeleteRtcAsrTask")

    def delete(self, task_id: str) -> None:
        """End a task and forget it. What is to be delivered still is."""
        self.stop(task_id)
        self._scope.forget(self._captionings[task_id].task)

    def task_forgotten(self, task: Task) -> None:
        """Nobody can find the task any more. What is to be delivered still is."""
        self._captionings.pop(task.id, None)

    def shown(self, task_id: str | None) -> Json:
        """The task of this id by its id, empty if there is none; without an id all that run."""
        if task_id is not None:
            found = [self._captionings[task_id]] if task_id in self else []
        else:
            found = [one for one in self._captionings.values() if one.task.status not in STATUS]
        return {one.task.id: _entry(one, self._scope.account_id) for one in found}

    def close(self) -> None:
        """Listen to nothing and send nothing more."""
        for captioning in self._captionings.values():
            captioning.close()
        self.courier.close()

    def _source(self, request: CaptionRequest, heard: int = 0) -> tuple[Source, list[str]]:
        """Where the audio will come from, and what is to be noted of that.

        ``heard``: so many ms were heard before.
        """
        clock, url = self._scope.clock, request.stream_url
        if url is None:
            source = ImaginedSource(clock, max(0, LONGEST_MS - heard))
            return source, ["the stream is imagined: a channel is in the cloud only"]
        try:
            decision = self._fetcher.decide_stream(url)
        except FetchError as error:
            failure = invalid("StreamURL")
            failure.detail = error.detail
            raise failure from None
        if decision.action != "imagine" and media.pyav_available():
            pulled = PulledSource(clock, url, self._allowed, heard, self._outside, self._reach)
            self._workers.add(pulled.thread)
            return pulled, [decision.why]
        length, notes = stated_length(url)
        why = decision.why
        if decision.action != "imagine":
            why = f"{media.MediaUnavailable('a live stream')}; the stream is imagined"
        return ImaginedSource(clock, max(0, (length or LONGEST_MS) - heard)), [why, *notes]

    def _allowed(self, url: str) -> str | None:
        """The address to contact for a URL of a stream, None if it must not be contacted.

        Raises:
            PullError: ``forbidden``, with a reason.
        """
        try:
            decision = self._fetcher.decide_stream(url)
        except FetchError as error:
            raise media.PullError("forbidden", error.detail) from None
        if decision.path is not None:
            return decision.path.as_uri()
        return decision.address or None


def _entry(captioning: Captioning, account: str) -> Json:
    """A task as a Query shows it (live-rtc-asr 1.2)."""
    task, request = captioning.task, captioning.request
    return {
        "createdAt": _moment(task.created),
        "updatedAt": _moment(task.updated),
        "mode": request.mode,
        "taskId": task.id,
        "language": task.language,
        "callbackUrl": request.callback_url,
        "autoTerminateDelay": str(request.delay),
        **_what(captioning),
        "status": STATUS.get(task.status, RUNNING),
        "reportInterval": str(request.report_interval),
        "aliUid": account,
        "tag": "",
    }


def _what(captioning: Captioning) -> Json:
    """What is listened to."""
    task, request = captioning.task, captioning.request
    if request.stream_url is not None:
        return {"streamUrl": request.stream_url}
    return {"sdkAppId": task.app_key, "channelId": task.key, "rtcUserId": request.user}


def _moment(milliseconds: int) -> str:
    """A moment in Beijing time, to the second."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return moment.astimezone(_BEIJING).isoformat()
