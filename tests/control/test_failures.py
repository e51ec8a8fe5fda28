"""Every failure of the catalogue is provoked by its rule, and known when a client has met it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from mock_tingwu import MockTingwu
from mock_tingwu.core.errors import API_ERRORS, TASK_ERRORS
from mock_tingwu.core.failures import NO_RULE, Failure, catalogue
from tests.callbacks.receiver import receiver
from tests.cli.commands import Running
from tests.control.test_fault_answers import CALLS, call
from tests.core.test_segmentation import silence, speech
from tests.dashscope.helpers import SHORT, asked, begin, query
from tests.dashscope.helpers import create as dashscope_create
from tests.dashscope.ws_helpers import duplex
from tests.realtime.helpers import TASKS, create, info, pusher, stop

SENTENCE = speech(1_500) + silence(1_200)
EVERYTHING = {
    "AutoChaptersEnabled": True,
    "Transcription": {"OutputLevel": 2},
}


@pytest.fixture(scope="module")
def server() -> Iterator[MockTingwu]:
    with MockTingwu(clock="virtual", fault_coverage=True) as mock:
        yield mock


@pytest.fixture
def mock(server: MockTingwu) -> MockTingwu:
    server.reset()
    return server


def met(mock: MockTingwu) -> dict[str, int]:
    """How often each failure was met so far."""
    failures = httpx.get(f"{mock.url}/_mock/coverage").json()["failures"]
    return {failure["name"]: failure["met"] for failure in failures}


def calls(mock: MockTingwu, failure: Failure) -> None:
    call(mock, failure.area)


def task(mock: MockTingwu, failure: Failure) -> None:
    task_id = create(mock)["TaskId"]
    mock.advance(1_000)
    info(mock, task_id)


#: Results that DashScope's agents alone make: a model, and what it is asked for.
AGENTS: dict[str, tuple[str, Any]] = {
    **dict.fromkeys(
        ("ServiceInsights", "SaleInsights"),
        (
            "tingwu-service-insights",
            {"serviceInsights": {"insightsContents": [{"title": "a", "content": "b"}]}},
        ),
    ),
    **dict.fromkeys(
        ("CustomerConcerns", "CustomerProfile"), ("tingwu-automotive-customer-profile", None)
    ),
}


def result(mock: MockTingwu, failure: Failure) -> None:
    kind = failure.name.partition(".")[2]
    if kind in AGENTS:
        model, asked_for = AGENTS[kind]
        data_id = dashscope_create(mock, asked_for, model=model, fileUrl=SHORT)
        mock.advance(60_000)
        assert "null" in query(mock, data_id, model).text
        return
    url = SHORT.replace(".mp3", ".mp4") if kind == "PptExtraction" else SHORT
    parameters = {
        "AutoChaptersEnabled": True,
        "MeetingAssistanceEnabled": True,
        "MeetingAssistance": {"Types": ["Actions"]},
        "SummarizationEnabled": True,
        "Summarization": {"Types": ["Paragraph"]},
        "TranslationEnabled": True,
        "Translation": {"TargetLanguages": ["en"]},
        "PptExtractionEnabled": True,
        "TextPolishEnabled": True,
        "CustomPromptEnabled": True,
        "CustomPrompt": {"Contents": [{"Name": "a", "Prompt": "b{Transcription}"}]},
        "ServiceInspectionEnabled": True,
        "ServiceInspection": {
            "SceneIntroduction": "a",
            "InspectionIntroduction": "b",
            "InspectionContents": [{"Title": "a", "Content": "b"}],
        },
        "ContentExtractionEnabled": True,
        "ContentExtraction": {
            "SceneIntroduction": "a",
            "ExtractionContents": [{"Identifier": "a", "Title": "a", "Content": "b"}],
        },
        "IdentityRecognitionEnabled": True,
        "Transcription": {"DiarizationEnabled": True, "Diarization": {"SpeakerCount": 0}},
        "IdentityRecognition": {
            "SceneIntroduction": "a",
            "IdentityContents": [{"Name": "a", "Description": "b"}],
        },
    }
    body = {
        "AppKey": "app",
        "Input": {"SourceLanguage": "cn", "FileUrl": url},
        "Parameters": parameters,
    }
    answer = httpx.put(f"{mock.url}{TASKS}?type=offline", json=body)
    assert answer.status_code == 200, answer.text
    task_id = answer.json()["Data"]["TaskId"]
    mock.advance(60_000)
    data = info(mock, task_id)
    assert data["TaskStatus"] == "COMPLETED"
    assert (kind in data["Result"]) == (mock.faults.list() == [])


def stream(mock: MockTingwu, failure: Failure) -> None:
    with suppress(ConnectionClosed, InvalidStatus, TimeoutError), pusher(create(mock)) as client:
        client.socket.recv(timeout=0.5) if failure.name == "stream.refused" else None
        client.start()
        client.push(SENTENCE * 2)
        client.command("StopTranscription")
        for _ in range(8):
            client.socket.recv(timeout=1)


def agent_stream(mock: MockTingwu, failure: Failure) -> None:
    with duplex(mock) as client, suppress(ConnectionClosed, TimeoutError):
        client.run(begin(mock))
        while True:
            client.socket.recv(timeout=0.2)


def link(mock: MockTingwu, failure: Failure) -> None:
    task_id = create(mock)["TaskId"]
    stop(mock, task_id)
    mock.advance(1_000)
    httpx.get(info(mock, task_id)["Result"]["Transcription"])


def callback(mock: MockTingwu, failure: Failure) -> None:
    with receiver(200, 500, 200) as listener:
        mock.callback("app", listener.url)
        task_id = create(mock, ProgressiveCallbacksEnabled=True)["TaskId"]
        stop(mock, task_id)
        mock.advance(61_000)


def network(mock: MockTingwu, failure: Failure) -> None:
    with suppress(httpx.HTTPError):
        call(mock, "tingwu", timeout=0.2)


def phrases(mock: MockTingwu, failure: Failure) -> None:
    url = f"{mock.url}/openapi/tingwu/v2/resources/phrases"
    for _ in range(11):
        httpx.post(url, json={"Name": "names", "WordWeights": '{"Winterthur": 5}'})


#: What a client does to meet a failure, by what its name begins with.
DOES: dict[str, Callable[[MockTingwu, Failure], None]] = {
    **dict.fromkeys(CALLS, calls),
    "task": task,
    "result": result,
    "stream": stream,
    "agent-stream": agent_stream,
    "link": link,
    "callback": callback,
    "network": network,
    "phrases": phrases,
}


@pytest.mark.parametrize("name", catalogue())
def test_a_failure_is_provoked_by_its_name_and_known_when_it_was_met(
    mock: MockTingwu, name: str
) -> None:
    failure = catalogue()[name]
    before = met(mock)[name]
    if failure.rule is not None:
        mock.faults.add(name)
    DOES[failure.area](mock, failure)
    assert met(mock)[name] > before
    if failure.rule is not None:
        (rule,) = mock.faults.list()
        assert rule["fired"] > 0


@pytest.mark.parametrize("area", DOES)
def test_without_a_rule_nothing_is_met(mock: MockTingwu, area: str) -> None:
    if area in ("phrases", "callback"):
        return  # those need no rule
    before = met(mock)
    DOES[area](mock, next(f for f in catalogue().values() if f.area == area))
    assert met(mock) == before


def test_every_documented_row_of_the_tables_is_in_the_catalogue() -> None:
    for table, area in ((API_ERRORS, "tingwu"), (TASK_ERRORS, "task")):
        for row in table.values():
            assert (row.level == "assumed") != (f"{area}.{row.code}" in catalogue())


def test_natural_causes_count_as_well(mock: MockTingwu) -> None:
    before = met(mock)
    httpx.get(f"{mock.url}/openapi/tingwu/v2/nothing")
    info(mock, "0" * 32)
    query(mock, "nothing")
    asked(mock, appId="")
    after = met(mock)
    assert {name for name in after if after[name] > before[name]} == {
        "tingwu.InvalidApi.NotFound",
        "task.INVALID",
        "dashscope.Agent.InputInvalidDataId",
        "dashscope.Agent.InputAppIdIllegal",
    }


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"scenario": "task.TSC.Nothing"}, "scenario is 'task.TSC.Nothing', expected a name of"),
        ({"scenario": 5}, "scenario is 5, expected a name of"),
        (
            {"scenario": "callback.refused"},
            "scenario is 'callback.refused', which no rule provokes: "
            + NO_RULE["callback.refused"],
        ),
        (
            {"scenario": "stream.lost", "action": {"type": "ws_drop"}},
            "action and scenario: one of the two",
        ),
        ({"scenario": "stream.lost", "match": {"operation": "getTask"}}, "match.operation is"),
        ({"scenario": "stream.lost", "match": 5}, "match is 5, expected an object"),
    ],
)
def test_a_name_that_makes_no_sense_is_refused(mock: MockTingwu, rule: Any, sentence: str) -> None:
    answer = httpx.post(f"{mock.url}/_mock/faults", json=rule)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(sentence)


def test_a_named_failure_takes_a_match_and_times(mock: MockTingwu) -> None:
    rule = {"scenario": "stream.lost", "match": {"nth": 2, "task_key": "b"}, "times": 1}
    shown = httpx.post(f"{mock.url}/_mock/faults", json=rule).json()
    assert shown == {"id": "fault-1", **rule, "fired": 0}


def test_nothing_is_counted_unless_it_was_asked_for() -> None:
    with MockTingwu() as mock:
        answer = httpx.get(f"{mock.url}/_mock/coverage")
    assert answer.status_code == 409
    assert answer.json() == {"error": "nothing was counted: start with --fault-coverage"}


def test_serve_prints_what_was_met_at_its_end() -> None:
    with Running(["serve", "--port", "0", "--fault-coverage"]) as process:
        url = process.line().rpartition(" ")[2]
        httpx.get(f"{url}{TASKS}/{'0' * 32}")
        httpx.get(f"{url}{TASKS}/{'0' * 32}")
        process.process.send_signal(signal.SIGINT)
        output = process.stdout.read()
    lines = output.splitlines()
    at = lines.index(f"failures met: 1 of {len(catalogue())}")
    assert "  task            1 of  10" in lines[at:]
    assert "          2 x task.INVALID" in lines[at:]
