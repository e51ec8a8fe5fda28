"""Every failure by name, as the clients meet it: the error that it is raised as, or the recovery.

Streams, where more depends on the moment, have their own table in `test_client_stream_faults`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.client import (
    DashScopeClient,
    DashScopeError,
    LiveAsrClient,
    LiveError,
    Mishap,
    ResultError,
    ServiceError,
    TaskFailed,
    TingwuClient,
    TingwuError,
    Unreachable,
)
from mock_tingwu.client.http import HttpClient
from mock_tingwu.client.live_callbacks import Arrival, LiveCallbackReceiver
from mock_tingwu.core.failures import Failure, catalogue
from tests.client import test_client_stream_faults as streams
from tests.client.leftovers import nothing_left, run
from tests.client.test_retries import SERVICES, Pauses, Service, requests
from tests.dashscope.helpers import SHORT
from tests.dashscope.test_http_agents import CARS, GENERAL, PROFILE, SALE
from tests.realtime.test_meeting import EVERYTHING

_TINGWU, _DASHSCOPE, _LIVE = SERVICES
BY_NAME: Final = {"tingwu": _TINGWU, "dashscope": _DASHSCOPE, "live": _LIVE}
ERRORS: Final[Mapping[Service, type[ServiceError]]] = {
    _TINGWU: TingwuError,
    _DASHSCOPE: DashScopeError,
    _LIVE: LiveError,
}
#: The agents whose kinds of result are only theirs, and the file of each.
AGENTS: Final = {
    "ServiceInsights": (GENERAL, "generalServiceInsightsPath"),
    "SaleInsights": (CARS, "saleInsightsPath"),
    "CustomerConcerns": (PROFILE, "contentExtractionsPath"),
    "CustomerProfile": (PROFILE, "customerProfilePath"),
}
#: Answered with 429 although they do not pass: somebody has to pay (dashscope-tingwu 5).
UNPAID: Final = {"PrepaidBillOverdue", "PostpaidBillOverdue", "CommodityNotPurchased"}

Check = Callable[[MockTingwu, Failure], None]


@pytest.fixture(scope="module")
def shared() -> Iterator[MockTingwu]:
    with MockTingwu():
        pass  # libuv keeps a pipe for signals once it was used
    with nothing_left(), MockTingwu(result_interval_ms=0) as mock:
        yield mock


@pytest.fixture
def mock(shared: MockTingwu) -> MockTingwu:
    shared.reset(clock="system")
    return shared


def using(
    service: Service, mock: MockTingwu, use: Callable[[Any], Awaitable[Any]], **settings: Any
) -> Any:
    """What ``use`` returns of a client that does not wait before it makes a call again."""

    async def main() -> Any:
        client: HttpClient = service.client(mock.url, retries=Pauses().retries(), **settings)
        async with client:
            return await use(client)

    return run(main())


# Calls


def check_call(mock: MockTingwu, failure: Failure) -> None:
    service, error = BY_NAME[failure.area], ERRORS[BY_NAME[failure.area]]
    found = re.fullmatch(r"HTTP (\d+), code (\S+)", failure.seen_as)
    status, code = (int(found[1]), found[2]) if found else (200, "RetCode 4001")
    throttled = code.startswith("Throttling") or (status == 429 and code not in UNPAID)
    failed = status >= 500 or status == 408
    mishap = Mishap.THROTTLED if throttled else Mishap.FAILED if failed else None
    for use, again in (
        (service.read, 5 if throttled else 3 if failed else 0),
        (service.make, 5 if throttled else 1 if failed else 0),
    ):
        mock.reset()
        mock.faults.add(failure.name)
        with pytest.raises(error) as refused:
            using(service, mock, use)
        told = refused.value
        assert (told.code, told.http_status, told.mishap) == (code, status, mishap)
        assert told.message and told.message in str(told)
        assert told.request_id == mock.journal[-1]["request_id"]
        assert requests(mock) == 1 + again
        if again:
            mock.reset()
            mock.faults.add(failure.name, times=1)
            assert using(service, mock, use) is not None
            assert requests(mock) == 2


def check_phrases(mock: MockTingwu, failure: Failure) -> None:
    async def fill(client: TingwuClient) -> None:
        for number in range(11):
            await client.create_phrases(f"list {number}", {"周会": 3})

    with pytest.raises(TingwuError) as refused:
        using(_TINGWU, mock, fill)
    told = refused.value
    assert (f"phrases.{told.code}", told.http_status) == (failure.name, 200)
    assert told.request_id == mock.journal[-1]["request_id"]


# Tasks


def check_task(mock: MockTingwu, failure: Failure) -> None:
    code = failure.name.partition(".")[2]

    async def transcribe(client: TingwuClient) -> None:
        task = await client.create_offline(SHORT)
        info = await client.wait(task.task_id)
        assert info.finished and not info.succeeded
        if code == "INVALID":
            assert (info.status, info.error) == ("INVALID", None)
        else:
            assert info.status == "FAILED" and info.error is not None and info.error[0] == code
            with pytest.raises(TaskFailed) as nothing:
                await client.results(info)
            assert nothing.value.code == code
        with pytest.raises(TaskFailed) as failed:
            await client.wait(task.task_id, check=True)
        assert (failed.value.task_id, failed.value.code) == (task.task_id, code)
        assert failed.value.message

    async def transcribe_by_an_agent(client: DashScopeClient) -> None:
        task = await client.create_offline(SHORT)
        if code == "INVALID":
            with pytest.raises(DashScopeError, match="InputInvalidDataId"):
                await client.wait(task.data_id)
            return
        info = await client.wait(task.data_id)
        assert info.error is not None and info.error[0] == code and not info.succeeded
        with pytest.raises(TaskFailed) as nothing:
            await client.results(info)
        assert (nothing.value.task_id, nothing.value.code) == (task.data_id, code)
        with pytest.raises(TaskFailed):
            await client.wait(task.data_id, check=True)

    mock.faults.add(failure.name)
    using(_TINGWU, mock, transcribe)
    using(_DASHSCOPE, mock, transcribe_by_an_agent)


def check_result(mock: MockTingwu, failure: Failure) -> None:
    kind = failure.name.partition(".")[2]
    mock.faults.add(failure.name)

    async def transcribe(client: TingwuClient) -> None:
        parameters = {**EVERYTHING, "PptExtractionEnabled": True}
        task = await client.create_offline(
            SHORT.replace(".mp3", ".mp4"), parameters={**parameters, "Transcoding": {}}
        )
        info = await client.wait(task.task_id, check=True)
        results = await client.results(info)
        expected = {name for name in _MADE if name not in (kind, *AGENTS)}
        assert set(info.results) == set(results.data) == expected
        assert results.transcript is not None

    async def work(client: DashScopeClient) -> None:
        model, path = AGENTS[kind]
        task = await client.create_offline(text=SALE, model=model)
        info = await client.wait(task.data_id, model=model, check=True)
        assert info.failed_results == (path,) and path not in info.results
        results = await client.results(info)
        assert results.failed == (path,) and results.transcript is not None

    if kind in AGENTS:
        using(_DASHSCOPE, mock, work)
    else:
        using(_TINGWU, mock, transcribe)


#: All kinds of results that there are.
_MADE = ["Transcription", *(name[7:] for name in catalogue() if name.startswith("result."))]


# Files


def check_link(mock: MockTingwu, failure: Failure) -> None:
    expected = failure.seen_as.removeprefix("HTTP ").split(", ")

    def check(told: ServiceError) -> None:
        assert [str(told.http_status), told.code] == expected
        assert told.message and told.request_id == mock.journal[-1]["request_id"]

    async def load(client: TingwuClient) -> None:
        task = await client.create_offline(SHORT)
        info = await client.wait(task.task_id)
        with pytest.raises(TingwuError) as refused:
            await client.download(info.results["Transcription"])
        check(refused.value)
        with pytest.raises(ResultError, match=f"cannot be downloaded: {expected[1]}") as missing:
            await client.results(info)
        assert missing.value.kind == "Transcription"
        assert isinstance(missing.value.__cause__, TingwuError)

    async def load_from_an_agent(client: DashScopeClient) -> None:
        task = await client.create_offline(SHORT)
        info = await client.wait(task.data_id)
        with pytest.raises(DashScopeError) as refused:
            await client.download(info.results["transcriptionPath"])
        check(refused.value)
        with pytest.raises(ResultError) as missing:
            await client.results(info)
        assert isinstance(missing.value.__cause__, DashScopeError)

    mock.faults.add(failure.name)
    using(_TINGWU, mock, load)
    using(_DASHSCOPE, mock, load_from_an_agent)


# Callbacks


def told_of(mock: MockTingwu, *, refused: int = 0, later_s: float = 0) -> list[Any]:
    """What a receiver that refuses the first so many is told of 20 s of a live stream."""
    arrivals: list[Arrival] = []

    class Receiver(LiveCallbackReceiver):
        refusals = refused

        def _take(self, post: Any) -> bool:
            self.refusals -= 1
            return self.refusals < 0 and super()._take(post)

    async def caption(client: LiveAsrClient) -> None:
        await client.caption_stream("rtmp://a.example.com/b", receiver.url, auth_key="secret")

    with Receiver(auth_key="secret", on_callback=arrivals.append) as receiver:
        using(_LIVE, mock, caption)
        mock.clock.advance(seconds=20)
        mock.clock.advance(seconds=later_s)
    assert {one.signature.verdict for one in arrivals if one.signature} == {"ok"}
    return [(one.callback.name, one.callback.payload) for one in arrivals if one.callback]


def check_callback(mock: MockTingwu, failure: Failure) -> None:
    mock.reset(clock="virtual")
    usual = told_of(mock)
    assert len(usual) > 3
    mock.reset()
    if failure.rule is None:
        assert told_of(mock, refused=1) == usual
        return
    mock.faults.add(failure.name, times=1)
    met = told_of(mock, later_s=61)
    expected = {
        "callback.lost": usual[1:],
        "callback.twice": [usual[0], *usual],
        "callback.late": usual[1:],
    }[failure.name]
    assert met[: len(expected)] == expected
    assert (
        met.count(usual[0])
        == {"callback.lost": 0, "callback.twice": 2, "callback.late": 1}[failure.name]
    )


# Networks


def check_network(mock: MockTingwu, failure: Failure) -> None:
    late = failure.name == "network.late"
    settings = {"request_timeout": 0.1} if late else {}
    for service in SERVICES:
        for use, again in ((service.read, 3), (service.make, 0)):
            mock.reset()
            mock.faults.add(failure.name)
            with pytest.raises(Unreachable) as lost:
                using(service, mock, use, **settings)
            assert lost.value.mishap is Mishap.UNKNOWN
            assert requests(mock) == 1 + again
        mock.reset()
        mock.faults.add(failure.name, times=1)
        assert using(service, mock, service.read, **settings) is not None
        assert requests(mock) == 2


def check_network_of_files(mock: MockTingwu, failure: Failure) -> None:
    mock.reset()
    storage = {"service": "storage"}

    async def load(client: TingwuClient) -> None:
        task = await client.create_offline(SHORT)
        info = await client.wait(task.task_id)
        link = info.results["Transcription"]
        whole = await client.download(link)
        mock.faults.add(failure.name, match=storage, times=1)
        assert await client.download(link) == whole
        mock.faults.add(failure.name, match=storage, times=1)
        if failure.name == "network.no-json":
            # Bytes of a file may be anything.
            with pytest.raises(ResultError, match="The file Transcription is no JSON"):
                await client.results(info)
        else:
            assert (await client.results(info)).data["Transcription"] == whole

    using(_TINGWU, mock, load, **({"request_timeout": 0.3} if "late" in failure.name else {}))


# All of them


def check_network_and_files(mock: MockTingwu, failure: Failure) -> None:
    check_network(mock, failure)
    check_network_of_files(mock, failure)


CHECKS: Final[Mapping[str, Check]] = {
    "tingwu": check_call,
    "dashscope": check_call,
    "live": check_call,
    "phrases": check_phrases,
    "task": check_task,
    "result": check_result,
    "link": check_link,
    "callback": check_callback,
    "network": check_network_and_files,
}
ELSEWHERE: Final = {*streams.FAILURES, *streams.AGENT_FAILURES}


@pytest.mark.parametrize("name", [name for name in catalogue() if name not in ELSEWHERE])
def test_every_failure_is_told_or_mended(mock: MockTingwu, name: str) -> None:
    failure = catalogue()[name]
    assert failure.area in CHECKS, f"nothing is expected of the clients when they meet {name}"
    CHECKS[failure.area](mock, failure)
