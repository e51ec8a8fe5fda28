"""Fixtures: a running mock, watched by the contract.

Whatever a test makes the mock send (answers, events, result files) is checked against the schemas
as it leaves; a test that saw a breach fails, whatever it was looking at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from mock_tingwu import MockTingwu, contract
from mock_tingwu.core.awkward.documents import without_unknown_fields
from mock_tingwu.core.journal import KINDS, SERVICES, Entry
from tests import driven

if TYPE_CHECKING:
    from tests.media_site import Site
    from tests.redis_server import RedisServer

ROOT = Path(__file__).parent.parent
RECORDING = ROOT / "fixtures" / "audio" / "cn-weekly-sync.wav"
SCRIPT = ROOT / "fixtures" / "meetings" / "cn-weekly-sync.yaml"


class Watch:
    """Checks journal entries against the contract and collects what is wrong."""

    def __init__(self) -> None:
        self.breaches: list[str] = []
        self.checked: dict[str, int] = {}
        self.driven: set[str] = set()
        #: The scopes whose profile is not plain: what they add is left out before the check.
        self.awkward: set[str] = set()

    def __call__(self, entry: Entry) -> None:
        if entry["kind"] not in KINDS or entry["service"] not in SERVICES:
            self.breaches.append(f"nobody can filter for {entry['kind']} of {entry['service']}")
        if str(entry.get("text", "")).startswith("the profile is "):
            self.awkward.add(entry["scope"])
        if (operation := driven.operation(entry)) is not None:
            self.driven.add(operation)
        awkward = entry["scope"] in self.awkward
        name, instance = schema_of(entry, _read_awkward if awkward else msgspec.json.decode)
        if name is None:
            return
        self.checked[name] = self.checked.get(name, 0) + 1
        try:
            contract.check(name, instance)
        except contract.ContractError as error:
            found = [v for v in error.violations if not awkward or v.keyword != "x-key-order"]
            if found:
                self.breaches.append(f"{contract.ContractError(name, found)}\n  in {instance!r}")


#: The other form of a RequestId that an awkward scope may answer.
_LOWER_ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def _read_awkward(body: bytes) -> Any:
    """What an awkward scope says, without what no document knows."""
    value = without_unknown_fields(msgspec.json.decode(body))
    request_id = value.get("RequestId") if isinstance(value, dict) else None
    if isinstance(request_id, str) and _LOWER_ID.fullmatch(request_id):
        value["RequestId"] = f"{request_id[:14]}5{request_id[15:]}".upper()
    return value


def schema_of(
    entry: Entry, read: Callable[[bytes], Any] = msgspec.json.decode
) -> tuple[str | None, Any]:
    """The schema that an entry's content has to satisfy, and the content."""
    if entry["kind"] == "ws_out":
        if entry.get("by") == "control":
            return None, None  # a test has sent it, and may send anything
        name = "inference/event" if entry["service"] == "dashscope" else "realtime/event"
        return name, read(entry["message"])
    if entry["kind"] == "result":
        content = read(entry["body"])
        if entry["form"] == "dashscope":
            return f"dashscope/results/{_dashscope_file(entry['name'], content)}", content
        return f"tingwu/results/{entry['name']}", content
    if entry["kind"] == "response" and entry["service"] == "dashscope":
        body = read(entry["body"])
        return f"dashscope/{_dashscope_answer(entry, body)}", body
    if entry["kind"] == "response" and entry["service"] == "live":
        if isinstance(entry["body"], str):
            return None, None  # XML
        body = read(entry["body"])
        return f"live/{_live_answer(entry, body)}", body
    if entry["kind"] == "response" and entry["service"] == "tingwu":
        if isinstance(entry["body"], str):
            return None, None  # XML
        body = read(entry["body"])
        if entry["status"] != 200:
            return "tingwu/error-response", body
        if "/resources/phrases" in entry["target"]:
            return f"tingwu/phrases-response#{_phrases_call(entry)}", body
        if entry["method"] == "GET":
            return "tingwu/get-task-info-response", body
        if "operation=stop" in entry["target"]:
            return "tingwu/stop-task-response", body
        return "tingwu/create-task-response", body
    if entry["kind"] == "callback":
        body = read(entry["body"])
        name = "callback-test" if entry["event"] == "probe" else "callback"
        if entry["service"] == "dashscope" and "specversion" in body:
            name = "callback-event"
        return f"{entry['service']}/{name}", body
    return None, None


#: Files of the DashScope agents that are not called like their kind of result.
_FILES = {"Translation": "translations", "CustomerConcerns": "contentExtractions"}


def _dashscope_file(kind: str, content: Any) -> str:
    """A file of a DashScope agent, as its schema is called."""
    if kind in ("ServiceInsights", "SaleInsights"):
        (root,) = content  # two agents name the same kind differently
        return str(root)
    return _FILES.get(kind, kind[0].lower() + kind[1:])


def _dashscope_answer(entry: Entry, body: Any) -> str:
    """What DashScope answered, as its schema is called."""
    if entry["status"] != 200:
        return "error-response"
    if "token" in body:
        return "token-response"
    getting = "status" in body["output"] and "dataId" not in body["output"]
    return "get-task-response" if getting else "create-task-response"


def _live_answer(entry: Entry, body: Any) -> str:
    """What Live answered, as its schema is called."""
    if entry["status"] != 200:
        return "error-response"
    if "Tasks" in body:
        return "query-response"
    return "create-response" if "TaskId" in body else "task-response"


def _phrases_call(entry: Entry) -> str:
    """What a request about hot words does, as its schema is called."""
    path = str(entry["target"]).partition("?")[0]
    reading = "list" if path.endswith("/phrases") else "get"
    calls = {"POST": "create", "PUT": "update", "DELETE": "delete", "GET": reading}
    return calls[entry["method"]]


@pytest.fixture
def watch(request: pytest.FixtureRequest) -> Iterator[Watch]:
    """The contract check of this test's mocks."""
    watch = Watch()
    yield watch
    driven.leave(request.path, watch.driven)
    assert watch.breaches == []


@pytest.fixture
def start_mock(watch: Watch) -> Iterator[Callable[..., MockTingwu]]:
    """Start mocks with settings of one's own; they are stopped after the test."""
    running: list[MockTingwu] = []

    def start(**settings: Any) -> MockTingwu:
        mock = MockTingwu(**{"result_interval_ms": 5, **settings}).start()
        running.append(mock)
        if settings.get("profile", "plain") != "plain":
            watch.awkward.add(mock.name)
        mock.tap(watch)
        return mock

    yield start
    for mock in running:
        mock.close()


@pytest.fixture
def mock(start_mock: Callable[..., MockTingwu]) -> MockTingwu:
    """A mock on the system clock whose results are ready at once."""
    return start_mock()


@pytest.fixture
def virtual_mock(start_mock: Callable[..., MockTingwu]) -> MockTingwu:
    """A mock whose clock stands still until it is advanced."""
    return start_mock(clock="virtual")


@pytest.fixture(scope="session")
def recording() -> bytes:
    """The demo meeting as 16 kHz 16-bit mono PCM."""
    from mock_tingwu.media import read_wav

    return read_wav(RECORDING)[0]


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server whose pages a test puts there."""
    from tests.media_site import Site

    site = Site()
    yield site
    site.close()


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    """A Redis server."""
    from tests.redis_server import redis_server

    with redis_server() as server:
        yield server
