"""The courier, on a virtual clock, against a real receiver on loopback."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.delivery import DELIVERED, LOST, QUEUED, TINGWU_PLAN, Delivery, Plan
from mock_tingwu.core.journal import Journal
from mock_tingwu.server.clock import SystemClock
from mock_tingwu.services import courier as courier_module
from mock_tingwu.services.courier import AT_ONCE, MAX_ANSWER, Courier, Parcel
from tests.callbacks.receiver import (
    ENDLESS,
    GARBAGE,
    HANGUP,
    HOLD,
    SILENCE,
    STALL,
    Receiver,
    nobody,
)
from tests.realtime.helpers import PATIENCE

#: One attempt and no other.
ONCE = Plan(())

#: A plan that gives up early on a receiver that does not answer.
HASTY = Plan((), answer_within=300)


class Desk:
    """A courier, its clock and its journal."""

    def __init__(self) -> None:
        self.clock = VirtualClock(0)
        self.journal = Journal(self.clock.now)
        self.courier = Courier(self.clock, self.journal)
        self.over: list[Delivery] = []

    def post(
        self,
        url: str,
        body: bytes = b"{}",
        plan: Plan = TINGWU_PLAN,
        lane: str = "lane",
        **more: Any,
    ) -> Delivery:
        delivery = Delivery(url, body, {"Content-Type": "application/json", "X-Own": "7"}, plan)
        parcel = Parcel(
            delivery, "tingwu", "test", over=lambda _: self.over.append(delivery), **more
        )
        self.courier.post(parcel, lane)
        return delivery

    async def advance(self, milliseconds: int) -> None:
        target = self.clock.now() + milliseconds
        await self.courier.settled()
        while (due := self.clock.next_due()) is not None and due <= target:
            self.clock.advance(due - self.clock.now())
            await self.courier.settled()
        self.clock.advance(target - self.clock.now())

    @property
    def entries(self) -> list[dict[str, Any]]:
        return list(self.journal.entries(kind="callback"))


def play(story: Callable[[Desk], Coroutine[Any, Any, None]]) -> Desk:
    """Run ``story`` with a new desk; nothing is left when it is over."""

    async def run() -> Desk:
        desk = Desk()
        await asyncio.wait_for(story(desk), PATIENCE)
        desk.courier.close()
        await desk.courier.settled()
        return desk

    return asyncio.run(run())


async def until_requested(receiver: Receiver, count: int) -> None:
    await asyncio.to_thread(receiver.wait, count)


def test_the_message_arrives_with_its_headers_and_nothing_kept_from_before(
    start_receiver: Callable[..., Receiver],
) -> None:
    receiver = start_receiver(200)

    async def story(desk: Desk) -> None:
        for body in (b'{"a":1}', b'{"a":2}'):
            desk.post(receiver.url + "?project=a%20b", body)
        await desk.courier.settled()

    play(story)
    assert [request.raw for request in receiver.requests] == [b'{"a":1}', b'{"a":2}']
    for request in receiver.requests:
        assert request.path == "/callback?project=a%20b"
        assert request.headers["Content-Type"] == "application/json"
        assert request.headers["X-Own"] == "7"
        assert request.headers["Content-Length"] == "7"
        assert "Cookie" not in request.headers


def test_attempts_are_made_at_exactly_0_5_305_and_605_s_and_then_it_is_lost(
    start_receiver: Callable[..., Receiver],
) -> None:
    receiver = start_receiver(500)

    async def story(desk: Desk) -> None:
        delivery = desk.post(receiver.url)
        await desk.advance(24 * 60 * 60 * 1000)
        assert [attempt.at for attempt in delivery.attempts] == [0, 5_000, 305_000, 605_000]
        assert delivery.state is LOST
        assert desk.over == [delivery]

    desk = play(story)
    assert len(receiver.requests) == 4
    assert [entry["at"] for entry in desk.entries] == [0, 5_000, 305_000, 605_000]
    assert [entry["attempt"] for entry in desk.entries] == [1, 2, 3, 4]
    assert [entry["outcome"] for entry in desk.entries] == ["refused"] * 3 + ["lost"]
    assert [entry.get("again_ms") for entry in desk.entries] == [5_000, 300_000, 300_000, None]
    assert all(entry["status"] == 500 for entry in desk.entries)
    assert desk.entries[3]["error"] == "the answer was 500, expected 2xx"
    assert desk.entries[3]["answer"] == "answer 500"


def test_an_attempt_is_not_made_a_millisecond_early(
    start_receiver: Callable[..., Receiver],
) -> None:
    receiver = start_receiver(503, 204)

    async def story(desk: Desk) -> None:
        delivery = desk.post(receiver.url)
        await desk.advance(4_999)
        assert len(receiver.requests) == 1
        await desk.advance(1)
        assert len(receiver.requests) == 2
        assert delivery.state is DELIVERED
        await desk.advance(24 * 60 * 60 * 1000)
        assert len(receiver.requests) == 2

    desk = play(story)
    assert [entry["outcome"] for entry in desk.entries] == ["refused", "delivered"]
    assert "error" not in desk.entries[1]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (302, "the answer was 302, expected 2xx; redirects are not followed"),
        (404, "the answer was 404, expected 2xx"),
        (HANGUP, "no HTTP answer: Server disconnected without sending a response."),
        (SILENCE, "no answer within 0.3 s"),
        (STALL, "no answer within 0.3 s"),
        (GARBAGE, "no HTTP answer: "),
    ],
)
def test_what_was_wrong_is_written_down(
    start_receiver: Callable[..., Receiver], answer: int | str, error: str
) -> None:
    receiver = start_receiver(answer)

    async def story(desk: Desk) -> None:
        desk.post(receiver.url, plan=HASTY if answer in (SILENCE, STALL) else ONCE)
        await desk.courier.settled()

    (entry,) = play(story).entries
    assert entry["outcome"] == "lost"
    assert entry["error"].startswith(error)
    receiver.wait(1)
    assert [request.path for request in receiver.requests] == ["/callback"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_receiver_that_is_not_there_is_written_down(scheme: str) -> None:
    async def story(desk: Desk) -> None:
        desk.post(nobody().replace("http", scheme), plan=ONCE)
        await desk.courier.settled()

    (entry,) = play(story).entries
    assert (entry["outcome"], entry["error"]) == ("lost", "no connection: Connection refused")
    assert "status" not in entry


def test_a_receiver_that_speaks_no_tls_is_written_down(
    start_receiver: Callable[..., Receiver],
) -> None:
    receiver = start_receiver(200)

    async def story(desk: Desk) -> None:
        desk.post(receiver.url.replace("http", "https"), plan=ONCE)
        await desk.courier.settled()

    (entry,) = play(story).entries
    assert entry["outcome"] == "lost"
    assert entry["error"].startswith("no connection: [SSL")


def test_of_an_answer_without_end_only_the_beginning_is_read(
    start_receiver: Callable[..., Receiver],
) -> None:
    receiver = start_receiver(ENDLESS)

    async def story(desk: Desk) -> None:
        desk.post(receiver.url, plan=ONCE)
        await desk.courier.settled()

    (entry,) = play(story).entries
    assert entry["outcome"] == "delivered"
    assert entry["answer"] == "x" * MAX_ANSWER


def test_within_a_lane_the_next_waits_for_the_first_attempt_of_the_one_before(
    start_receiver: Callable[..., Receiver],
) -> None:
    receiver, other = start_receiver(HOLD), start_receiver(200)

    async def story(desk: Desk) -> None:
        first, second = desk.post(receiver.url, b"1"), desk.post(receiver.url, b"2")
        third = desk.post(other.url, b"3", lane="another")
        await until_requested(receiver, 1)
        await until_requested(other, 1)
        assert second.state is QUEUED
        receiver.release.set()
        await desk.courier.settled()
        assert [d.state for d in (first, second, third)] == [DELIVERED] * 3

    play(story)
    assert [request.raw for request in receiver.requests] == [b"1", b"2"]


def test_a_retry_holds_nothing_up(start_receiver: Callable[..., Receiver]) -> None:
    receiver = start_receiver(500, 200)

    async def story(desk: Desk) -> None:
        for body in (b"1", b"2", b"3"):
            desk.post(receiver.url, body)
        await desk.advance(5_000)

    play(story)
    assert [request.raw for request in receiver.requests] == [b"1", b"2", b"3", b"1"]


def test_no_receiver_is_sent_more_at_once_than_the_bound(
    start_receiver: Callable[..., Receiver],
) -> None:
    receiver = start_receiver(HOLD)

    async def story(desk: Desk) -> None:
        for number in range(3 * AT_ONCE):
            desk.post(receiver.url, lane=str(number))
        await until_requested(receiver, AT_ONCE)
        receiver.release.set()
        await desk.courier.settled()

    play(story)
    assert len(receiver.requests) == 3 * AT_ONCE
    assert receiver.busiest <= AT_ONCE


def test_a_slow_receiver_does_not_hold_up_another(
    start_receiver: Callable[..., Receiver],
) -> None:
    slow, quick = start_receiver(SILENCE), start_receiver(200)

    async def story(desk: Desk) -> None:
        for number in range(2 * AT_ONCE):
            desk.post(slow.url, lane=str(number))
        delivery = desk.post(quick.url, lane="quick")
        await until_requested(quick, 1)
        while not delivery.over:
            await asyncio.sleep(0)
        assert delivery.state is DELIVERED

    play(story)


def test_a_thousand_messages_to_a_dead_receiver_are_all_lost_in_the_end() -> None:
    url = nobody()

    async def story(desk: Desk) -> None:
        for number in range(1_000):
            desk.post(url, lane=str(number), plan=Plan((5_000,)))
        await desk.advance(5_000)
        assert len(desk.over) == 1_000
        assert all(len(delivery.attempts) == 2 for delivery in desk.over)
        assert desk.post(url).state is QUEUED, "there is room again"

    desk = play(story)
    assert sum(entry["outcome"] == "lost" for entry in desk.entries) == 1_000


def test_what_is_beyond_the_bound_is_lost_at_once_and_written_down(
    monkeypatch: pytest.MonkeyPatch, start_receiver: Callable[..., Receiver]
) -> None:
    monkeypatch.setattr(courier_module, "MAX_OPEN", 3)
    url, other = nobody(), start_receiver(200)

    async def story(desk: Desk) -> None:
        for number in range(5):
            desk.post(url, lane=str(number))
        assert len(desk.over) == 2
        desk.post(other.url, lane="other")
        await desk.advance(605_000)
        assert len(desk.over) == 6

    desk = play(story)
    receiver = url.removesuffix("/callback")
    dropped = [entry for entry in desk.entries if entry["attempt"] == 0]
    assert [entry["outcome"] for entry in dropped] == ["lost", "lost"]
    assert dropped[0]["error"] == f"not sent: 3 others wait for {receiver} already"
    assert len(other.requests) == 1


def test_what_nobody_wants_any_more_is_dropped_when_its_turn_comes(
    start_receiver: Callable[..., Receiver],
) -> None:
    receiver = start_receiver(500)
    wanted = [True]

    async def story(desk: Desk) -> None:
        delivery = desk.post(receiver.url, wanted=lambda: wanted[0])
        await desk.advance(0)
        wanted[0] = False
        await desk.advance(5_000)
        assert delivery.state is LOST
        assert desk.over == [delivery]

    desk = play(story)
    assert len(receiver.requests) == 1
    assert desk.entries[1]["error"].startswith("not sent: its address was taken away")


def test_close_cuts_off_what_is_sent_and_forgets_what_waits(
    start_receiver: Callable[..., Receiver],
) -> None:
    refusing, silent = start_receiver(500), start_receiver(SILENCE)

    async def story(desk: Desk) -> None:
        desk.post(refusing.url, lane="a")
        await desk.courier.settled()
        for _ in range(2):
            desk.post(silent.url, lane="b")
        await until_requested(silent, 1)
        desk.courier.close()
        await desk.courier.settled()
        desk.post(refusing.url, lane="c")
        assert not desk.courier.pending
        desk.clock.advance(24 * 60 * 60 * 1000)
        assert not desk.courier.pending

    play(story)
    assert (len(refusing.requests), len(silent.requests)) == (1, 1)


PROXIES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


def test_a_proxy_is_used_but_not_to_reach_this_machine(
    monkeypatch: pytest.MonkeyPatch, start_receiver: Callable[..., Receiver]
) -> None:
    proxy, receiver = start_receiver(200), start_receiver(200)
    for name in ("no_proxy", "NO_PROXY", *PROXIES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
    local = [f"http://{host}:{receiver.port}/here" for host in ("127.0.0.1", "localhost")]

    async def story(desk: Desk) -> None:
        for url in [*local, "http://callbacks.example/far"]:
            desk.post(url, plan=ONCE)
        await desk.courier.settled()

    desk = play(story)
    assert [entry["outcome"] for entry in desk.entries] == ["delivered"] * 3
    assert [request.path for request in receiver.requests] == ["/here", "/here"]
    assert [request.path for request in proxy.requests] == ["http://callbacks.example/far"]


def test_other_people_s_logs_do_not_tell_of_deliveries(
    start_receiver: Callable[..., Receiver], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = f"{start_receiver(200).url}?access_token=planted"

    async def main() -> None:
        courier = Courier(SystemClock(), Journal(lambda: 0))
        await courier.deliver(Parcel(Delivery(url, b"{}", {}, ONCE), "tingwu", "probe"))
        async with httpx.AsyncClient() as own:
            await own.post(url.replace("planted", "own"), content=b"{}")

    asyncio.run(main())
    assert "planted" not in caplog.text
    assert "access_token=own" in caplog.text


# Parcels that keep their order


def test_an_ordered_lane_waits_until_its_first_is_over(
    start_receiver: Callable[..., Receiver],
) -> None:
    receiver = start_receiver(500, 200)
    plan = Plan((1_000, 2_000))

    async def story(desk: Desk) -> None:
        for body in (b"1", b"2", b"3"):
            desk.post(receiver.url, body, plan, ordered=True)
        await desk.courier.settled()
        assert [request.raw for request in receiver.requests] == [b"1"]
        await desk.advance(999)
        assert len(receiver.requests) == 1
        await desk.advance(1)

    desk = play(story)
    assert [request.raw for request in receiver.requests] == [b"1", b"1", b"2", b"3"]
    assert [delivery.state for delivery in desk.over] == [DELIVERED] * 3


def test_another_lane_does_not_wait(start_receiver: Callable[..., Receiver]) -> None:
    receiver = start_receiver(500, 200)

    async def story(desk: Desk) -> None:
        desk.post(receiver.url, b"1", Plan((1_000,)), ordered=True)
        await desk.courier.settled()
        desk.post(receiver.url, b"2", lane="other", ordered=True)
        await desk.courier.settled()

    play(story)
    assert [request.raw for request in receiver.requests] == [b"1", b"2"]


def test_behind_a_lost_one_each_is_tried_once_until_one_is_taken(
    start_receiver: Callable[..., Receiver],
) -> None:
    receiver = start_receiver(500, 500, 500, 200, 500, 200)
    plan = Plan((1_000,))

    async def story(desk: Desk) -> None:
        for body in (b"1", b"2", b"3", b"4"):
            desk.post(receiver.url, body, plan, ordered=True)
        await desk.advance(10_000)

    desk = play(story)
    tried = [request.raw for request in receiver.requests]
    assert tried == [b"1", b"1", b"2", b"3", b"4", b"4"]
    assert [delivery.state for delivery in desk.over] == [LOST, LOST, DELIVERED, DELIVERED]


def test_an_ordered_lane_takes_no_more_than_others_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(courier_module, "MAX_OPEN", 5)

    async def story(desk: Desk) -> None:
        for _ in range(8):
            desk.post(nobody(), plan=Plan((1_000,)), ordered=True)
        url = nobody()
        sent = [desk.post(url, plan=Plan((1_000,)), lane="full", ordered=True) for _ in range(8)]
        assert [delivery.state for delivery in sent[5:]] == [LOST] * 3
        await desk.advance(10_000)
        later = desk.post(url, plan=ONCE, lane="full", ordered=True)
        await desk.courier.settled()
        assert later.attempts  # there is room again

    desk = play(story)
    assert len(desk.over) == 17


def test_the_oldest_that_waits_in_an_ordered_lane_makes_room(
    start_receiver: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier_module, "MAX_ORDERED", 2)
    receiver = start_receiver(500, 200)

    async def story(desk: Desk) -> None:
        sent = [desk.post(receiver.url, b"%d" % n, Plan((1_000,)), ordered=True) for n in range(5)]
        assert [delivery.state for delivery in sent] == [QUEUED, LOST, LOST, QUEUED, QUEUED]
        assert sent[1].why == "2 newer ones wait"
        await desk.advance(1_000)

    desk = play(story)
    assert [request.raw for request in receiver.requests] == [b"0", b"0", b"3", b"4"]
    assert len(desk.over) == 5


def test_a_lane_that_loses_does_not_wait_for_long(
    start_receiver: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier_module, "LOSING_MS", 100)
    receiver = start_receiver(500, SILENCE, SILENCE)

    async def story(desk: Desk) -> None:
        for _ in range(3):
            desk.post(receiver.url, plan=Plan((), answer_within=60_000), ordered=True)
        await desk.courier.settled()

    desk = play(story)
    assert [entry["error"] for entry in desk.entries][1:] == ["no answer within 0.1 s"] * 2


def test_a_receiver_that_has_everything_is_forgotten(
    start_receiver: Callable[..., Receiver],
) -> None:
    receiver = start_receiver(200)

    async def story(desk: Desk) -> None:
        desk.post(receiver.url, ordered=True)
        desk.post(receiver.url, lane="other")
        await desk.courier.settled()
        assert not desk.courier._open and not desk.courier._slots

    play(story)
