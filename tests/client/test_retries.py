from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.client import (
    DashScopeClient,
    DashScopeError,
    LiveAsrClient,
    Mishap,
    Retries,
    ServiceError,
    TingwuClient,
    Unreachable,
)
from mock_tingwu.client.http import HttpClient
from mock_tingwu.client.retries import BUDGET_S, FIRST_S, LONGEST_S, retry_after

KEYS: dict[str, Any] = {
    "access_key_id": "mock-access-key-id",
    "access_key_secret": "mock-access-key-secret",
}
NOWHERE = "http://127.0.0.1:1"
#: How long a request may stand still in tests of that, in seconds.
IMPATIENT_S = 0.5

Use = Callable[[Any], Awaitable[Any]]


@dataclass
class Pauses:
    """Retries that do not wait. ``taken`` are the pauses in seconds."""

    budget: float = BUDGET_S
    taken: list[float] = field(default_factory=list)

    def retries(self) -> Retries:
        async def sleep(seconds: float) -> None:
            self.taken.append(seconds)

        return Retries(self.budget, Random(7), sleep)


@dataclass(frozen=True)
class Service:
    """One of the services: a client, a call that reads, one that makes a task, and its error."""

    client: Callable[..., HttpClient]
    read: Use
    make: Use
    operation: str
    failure: str

    def __str__(self) -> str:
        return self.operation


SERVICES = [
    Service(
        lambda url, **more: TingwuClient(url, app_key="app", **KEYS, **more),
        lambda client: client.info("0" * 32),
        lambda client: client.create_realtime(),
        "CreateTask",
        "ServerError",
    ),
    Service(
        lambda url, **more: DashScopeClient(url, api_key="sk-any", app_id="tw_app", **more),
        lambda client: client.create_token(),
        lambda client: client.create_realtime(),
        "createTask",
        "InternalError",
    ),
    Service(
        lambda url, **more: LiveAsrClient(url, **KEYS, **more),
        lambda client: client.tasks(),
        lambda client: client.caption_stream("rtmp://pull.example.com/a", f"{NOWHERE}/"),
        "CreateRtcAsrTask",
        "InternalError",
    ),
]
services = pytest.mark.parametrize("service", SERVICES, ids=str)

#: What leaves open whether a call was done.
UNKNOWN = [
    {"type": "http_error", "status": 502},
    {"type": "drop_connection", "stage": "before"},
    {"type": "drop_connection", "stage": "after"},
    {"type": "drop_connection", "stage": "after", "reset": True},
    {"type": "truncate_body"},
    {"type": "malformed_json"},
]
unknown = pytest.mark.parametrize(
    "fault", UNKNOWN, ids=lambda fault: "-".join(map(str, fault.values()))
)


def run(client: HttpClient, use: Use) -> Any:
    """What ``use`` returns of a client that is closed afterwards."""

    async def main() -> Any:
        async with client:
            return await use(client)

    return asyncio.run(main())


def requests(mock: MockTingwu) -> int:
    return len([entry for entry in mock.journal if entry["kind"] == "request"])


def tasks(mock: MockTingwu) -> int:
    return len(httpx.get(f"{mock.url}/_mock/tasks").json())


def answering(answer: Callable[[httpx.Request], httpx.Response], pauses: Pauses) -> DashScopeClient:
    """A client whose requests are answered so."""
    client = DashScopeClient(NOWHERE, api_key="sk", app_id="tw", retries=pauses.retries())
    client._http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return client


# What is made again


@services
@pytest.mark.parametrize("kind", ["read", "make"])
def test_a_throttled_call_waits_as_long_as_it_is_told(
    start_mock: Callable[..., MockTingwu], service: Service, kind: str
) -> None:
    mock, pauses = start_mock(auth="verify", api_keys=["sk-any"]), Pauses()
    mock.faults.add({"type": "throttle", "retry_after": 2500}, times=2)
    run(service.client(mock.url, retries=pauses.retries()), getattr(service, kind))
    assert len(pauses.taken) == 2
    assert all(2.5 <= pause <= 2.5 + FIRST_S for pause in pauses.taken)
    # Signed anew each time.
    assert {entry["signature"] for entry in mock.journal if "signature" in entry} == {"ok"}


@services
def test_a_call_that_reads_is_repeated_after_errors_of_the_service(
    mock: MockTingwu, service: Service
) -> None:
    pauses = Pauses()
    mock.faults.add({"type": "api_error", "code": service.failure}, times=3)
    run(service.client(mock.url, retries=pauses.retries()), service.read)
    drawn = Random(7)
    assert pauses.taken == [drawn.uniform(0, FIRST_S * 2**n) for n in range(3)]


@services
def test_a_call_that_makes_something_is_repeated_once_after_an_error_of_the_service(
    mock: MockTingwu, service: Service
) -> None:
    pauses = Pauses()
    mock.faults.add({"type": "api_error", "code": service.failure}, times=1)
    run(service.client(mock.url, retries=pauses.retries()), service.make)
    mock.faults.add({"type": "api_error", "code": service.failure}, times=2)
    with pytest.raises(ServiceError) as refused:
        run(service.client(mock.url, retries=pauses.retries()), service.make)
    error = refused.value
    assert (error.code, error.http_status) == (service.failure, 500)
    assert (error.mishap, error.throttled, error.retry_after) == (Mishap.FAILED, False, None)
    assert len(pauses.taken) == 2 and tasks(mock) == 1


@services
@unknown
def test_a_call_that_reads_is_repeated_when_its_answer_does_not_come(
    mock: MockTingwu, service: Service, fault: dict[str, Any]
) -> None:
    pauses = Pauses()
    mock.faults.add(fault, times=1)
    run(service.client(mock.url, retries=pauses.retries()), service.read)
    assert len(pauses.taken) == 1


@services
@unknown
def test_a_call_that_makes_something_is_not_repeated_when_its_answer_does_not_come(
    mock: MockTingwu, service: Service, fault: dict[str, Any]
) -> None:
    pauses = Pauses()
    mock.faults.add(fault, times=1)
    with pytest.raises(Unreachable) as lost:
        run(service.client(mock.url, retries=pauses.retries()), service.make)
    assert lost.value.mishap == Mishap.UNKNOWN
    assert str(lost.value).endswith(
        "It may have been done all the same: look before you ask again."
    )
    assert pauses.taken == [] and tasks(mock) <= 1 and requests(mock) <= 1


@services
@pytest.mark.parametrize("kind", ["read", "make"])
def test_any_call_is_repeated_when_nobody_takes_the_connection(
    mock: MockTingwu, service: Service, kind: str
) -> None:
    pauses = Pauses()
    mock.close()
    with pytest.raises(Unreachable, match="does not answer") as lost:
        run(service.client(mock.url, retries=pauses.retries()), getattr(service, kind))
    assert lost.value.mishap == Mishap.UNSENT and len(pauses.taken) == 3


def test_a_call_goes_through_as_soon_as_somebody_listens() -> None:
    pauses, answers = Pauses(), iter([httpx.ConnectError("refused"), None])

    def answer(request: httpx.Request) -> httpx.Response:
        if error := next(answers):
            raise error
        return httpx.Response(200, json={"output": {"dataId": "d"}})

    task = run(answering(answer, pauses), lambda client: client.create_realtime())
    assert task.data_id == "d" and len(pauses.taken) == 1


@services
def test_an_answer_that_is_late_is_no_answer(mock: MockTingwu, service: Service) -> None:
    pauses = Pauses()

    def client() -> HttpClient:
        more = {"retries": pauses.retries(), "request_timeout": IMPATIENT_S}
        return service.client(mock.url, **more)

    mock.faults.add({"type": "latency", "ms": 60_000}, times=1)
    run(client(), service.read)
    assert len(pauses.taken) == 1
    mock.faults.add({"type": "latency", "ms": 60_000}, times=1)
    with pytest.raises(Unreachable, match="does not answer") as lost:
        run(client(), service.make)
    assert lost.value.mishap == Mishap.UNKNOWN and len(pauses.taken) == 1


def test_an_answer_that_never_ends_is_no_answer() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
        try:
            while not writer.is_closing():
                writer.write(b" ")
                await asyncio.sleep(0.02)
        finally:
            writer.close()

    async def ask() -> None:
        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        no_more = Retries(budget=0)
        async with (
            server,
            DashScopeClient(
                url, api_key="sk", app_id="tw", retries=no_more, request_timeout=0.1
            ) as client,
        ):
            await client.get_task("d")

    with pytest.raises(Unreachable, match=r"no answer came within 0\.2 s"):
        asyncio.run(ask())


def test_a_meeting_is_stopped_again_when_the_answer_is_lost(mock: MockTingwu) -> None:
    pauses = Pauses()

    async def stop(client: TingwuClient) -> str:
        task = await client.create_realtime()
        mock.faults.add({"type": "drop_connection", "stage": "after"}, times=1)
        return await client.stop(task.task_id)

    client = TingwuClient(mock.url, app_key="app", **KEYS, retries=pauses.retries())
    assert run(client, stop) in ("ONGOING", "COMPLETED")
    assert len(pauses.taken) == 1


@pytest.mark.parametrize(
    "fault", [*UNKNOWN[:1], *UNKNOWN[3:5], {"type": "latency", "ms": 60_000}], ids=str
)
def test_a_file_is_fetched_again(mock: MockTingwu, fault: dict[str, Any]) -> None:
    pauses = Pauses()

    async def fetch(client: TingwuClient) -> Any:
        task = await client.create_realtime()
        await client.stop(task.task_id)
        info = await client.wait(task.task_id, poll_interval=0.01)
        mock.faults.add(fault, match={"service": "storage"}, times=1)
        return await client.download(info.results["Transcription"])

    client = TingwuClient(
        mock.url, app_key="app", **KEYS, retries=pauses.retries(), request_timeout=IMPATIENT_S
    )
    assert "Transcription" in run(client, fetch)
    assert [entry for entry in mock.journal if entry["kind"] == "fault"]


# What is not


def test_a_pause_that_is_too_long_is_left_to_the_caller(mock: MockTingwu) -> None:
    pauses = Pauses(budget=10)
    mock.faults.add({"type": "throttle", "retry_after": 11_000})
    client = TingwuClient(mock.url, app_key="app", **KEYS, retries=pauses.retries())
    with pytest.raises(ServiceError) as refused:
        run(client, lambda client: client.create_realtime())
    error = refused.value
    assert (error.throttled, error.retry_after, error.mishap) == (True, 11, Mishap.THROTTLED)
    assert pauses.taken == [] and requests(mock) == 1


def test_without_a_budget_nothing_is_repeated(mock: MockTingwu) -> None:
    mock.faults.add({"type": "throttle", "retry_after": 1}, times=1)
    client = TingwuClient(mock.url, app_key="app", **KEYS, retries=Retries(budget=0))
    with pytest.raises(ServiceError, match=r"Throttling\.User"):
        run(client, lambda client: client.info("0" * 32))
    assert requests(mock) == 1


@pytest.mark.parametrize("kind", ["read", "make"])
def test_a_service_that_keeps_throttling_is_left_alone_in_the_end(
    mock: MockTingwu, kind: str
) -> None:
    pauses, service = Pauses(), SERVICES[0]
    mock.faults.add({"type": "throttle", "retry_after": 1000})
    with pytest.raises(ServiceError, match=r"Throttling\.User"):
        run(service.client(mock.url, retries=pauses.retries()), getattr(service, kind))
    assert len(pauses.taken) == 5 and requests(mock) == 6


def test_pauses_do_not_grow_without_end() -> None:
    retries, lost = Retries(random=Random(3)), Unreachable("gone", Mishap.UNKNOWN)
    pauses = [retries._pause(lost, repeated) for repeated in range(60)]
    assert max(pauses) <= LONGEST_S and max(pauses[:3]) <= FIRST_S * 4


@pytest.mark.parametrize(
    ("status", "code", "repeated"),
    [
        (429, "PrepaidBillOverdue", False),
        (429, "Throttling.AllocationQuota", True),
        (200, "Throttling", True),
        (400, "ThrottlingLater", False),
        (408, "RequestTimeOut", True),
        (409, "Conflict", False),
        (400, "InvalidParameter", False),
    ],
)
def test_what_waiting_does_not_help_is_not_repeated(status: int, code: str, repeated: bool) -> None:
    pauses, body = Pauses(), {"code": code, "message": "no"}
    client = answering(lambda _: httpx.Response(status, json=body), pauses)
    with pytest.raises(DashScopeError, match=code) as refused:
        run(client, lambda client: client.create_realtime())
    assert bool(pauses.taken) is repeated is (refused.value.mishap is not None)


@pytest.mark.parametrize(
    ("status", "mishap"),
    [
        (429, Mishap.THROTTLED),
        (404, None),
        (502, Mishap.UNKNOWN),
        (200, Mishap.UNKNOWN),
        (302, Mishap.UNKNOWN),
    ],
)
def test_a_page_that_is_not_the_services_is_judged_by_its_status(
    status: int, mishap: Mishap | None
) -> None:
    pauses = Pauses()
    client = answering(lambda _: httpx.Response(status, content=b"<html>"), pauses)
    with pytest.raises(Unreachable) as lost:
        run(client, lambda client: client.create_realtime())
    assert lost.value.mishap == mishap
    assert len(pauses.taken) == (5 if mishap == Mishap.THROTTLED else 0)


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://127.0.0.1/x"])
def test_a_link_that_leads_nowhere_is_tried_once(url: str) -> None:
    pauses = Pauses()
    client = DashScopeClient(NOWHERE, api_key="sk", app_id="tw", retries=pauses.retries())
    with pytest.raises(Unreachable) as lost:
        run(client, lambda client: client._content(url))  # a link that a service gave
    assert lost.value.mishap is None and pauses.taken == []


def test_cancelling_ends_the_repetition(mock: MockTingwu) -> None:
    mock.faults.add({"type": "throttle", "retry_after": 30_000})

    async def give_up(client: TingwuClient) -> None:
        async with asyncio.timeout(0.2):
            await client.create_realtime()

    with pytest.raises(TimeoutError):
        run(TingwuClient(mock.url, app_key="app", **KEYS), give_up)
    assert requests(mock) == 1


# How long the service asks to be left alone

NOW = datetime(2026, 11, 20, 9, 21, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        # Tea: ms, and only more than nothing counts.
        ({"x-acs-retry-after": "1500"}, 1.5),
        ({"x-acs-retry-after": "0"}, None),
        ({"x-acs-retry-after": "-5"}, None),
        ({"x-acs-retry-after": "soon"}, None),
        ({"x-acs-retry-after": "nan"}, None),
        ({"x-acs-retry-after": "9" * 400}, None),
        ({"retry-after-ms": "250.5"}, 0.2505),
        ({"retry-after": "3"}, 3),
        ({"retry-after-ms": "", "retry-after": "3"}, 3),
        ({"x-acs-retry-after": "1500", "retry-after": "3"}, 1.5),
        ({"retry-after": "Fri, 20 Nov 2026 09:21:52 GMT"}, 10),
        ({"retry-after": "Fri, 20 Nov 2026 09:21:52 -0000"}, 10),
        ({"retry-after": "Fri, 20 Nov 2026 09:21:32 GMT"}, None),
        ({"retry-after": "Fri, 99 Nov 2026 09:21:32 GMT"}, None),
    ],
)
def test_how_long_to_wait_is_read_as_the_sdks_do(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(httpx.Headers(headers), NOW) == seconds


def test_the_tea_sdk_takes_its_header_for_milliseconds() -> None:
    from alibabacloud_tea_openapi.utils import Utils
    from darabonba.core import MAX_DELAY_TIME

    assert timedelta(minutes=2) / timedelta(milliseconds=1) == MAX_DELAY_TIME
    assert Utils.get_throttling_time_left({"x-acs-retry-after": "1500"}) == 1500
