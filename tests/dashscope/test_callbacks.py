"""What apps are told of their tasks (dashscope-tingwu 6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu, contract
from mock_tingwu.services.dashscope.agents import AGENTS
from tests.callbacks.receiver import Receiver, receiver

GENERATION = "/api/v1/services/aigc/multimodal-generation/generation"
FAILING = "https://h.example/a.mp3?mock.task_failed=TSC.FileError"
Json = dict[str, Any]
Told = Callable[..., tuple[MockTingwu, Receiver]]


def ask(mock: MockTingwu, model: str = "tingwu-meeting", **given: Any) -> Json:
    parameters = given.pop("parameters", {})
    body = {"model": model, "input": given, "parameters": parameters}
    answer = httpx.post(f"{mock.url}{GENERATION}", json=body)
    assert answer.status_code == 200, answer.text
    output: Json = answer.json()["output"]
    return output


def create(mock: MockTingwu, url: str = "https://h.example/a.mp3") -> str:
    summary = {"analysis": {"fullSummaryEnabled": True}}
    source = {"type": "offline", "appId": "tw_1", "fileUrl": url}
    return str(ask(mock, task="createTask", parameters=summary, **source)["dataId"])


def converse(mock: MockTingwu, model: str = "tingwu-service-insights") -> None:
    """A task of a sister agent."""
    text = "Anna: hello, Ben.\nBen: hello, Anna."
    ask(mock, model, task="createTask", appId="tw_1", text=text)


def outputs(running: Receiver) -> list[Json]:
    return [request.body["output"] for request in running.requests]


def tried(mock: MockTingwu) -> list[Json]:
    return [e for e in mock.journal if e["kind"] == "callback" and e["event"] != "probe"]


@pytest.fixture
def told(start_mock: Callable[..., MockTingwu]) -> Iterator[Told]:
    """Start a mock on a virtual clock whose app ``tw_1`` has a receiver with these answers."""
    with ExitStack() as stack:

        def start(*script: int | str, **app: Any) -> tuple[MockTingwu, Receiver]:
            running = stack.enter_context(receiver(*script))
            apps = {"tw_1": {"callback": running.url, **app}}
            return start_mock(clock="virtual", apps=apps), running

        yield start


def test_a_meeting_tells_of_each_result_and_then_of_the_end(told: Told) -> None:
    mock, running = told(200)
    assert running.requests == []  # an address of the settings is not tried
    data_id = create(mock)
    mock.advance(60_000)
    for request in running.requests:
        contract.check("dashscope/callback", request.body)
        assert request.headers["Content-Type"] == "application/json"
        assert list(request.body) == ["output", "requestId"]
        assert re.fullmatch("[0-9a-f]{32}", request.body["requestId"])
    found = outputs(running)
    assert [[name for name in output if name.endswith("Path")] for output in found] == [
        ["transcriptionPath"],
        ["summarizationPath"],
        ["summarizationPath", "transcriptionPath"],
    ]
    assert [output["status"] for output in found] == [1, 1, 0]
    assert ["playbackUrl" in output for output in found] == [False, False, True]
    info = found[0]["taskInfo"]
    assert (info["appId"], info["dataId"], info["model"]) == ("tw_1", data_id, "tingwu-meeting")
    assert found[0]["taskInfo"] == found[2]["taskInfo"]
    assert httpx.get(found[2]["summarizationPath"]).json()["paragraphSummary"]


def test_a_sister_agent_tells_of_the_transcription_and_of_the_end(told: Told) -> None:
    mock, running = told(200)
    converse(mock)
    mock.advance(60_000)
    first, last = outputs(running)
    assert (first["status"], last["status"]) == (1, 0)
    assert "generalServiceInsightsPath" not in first
    assert last.keys() >= {"generalServiceInsightsPath", "generalSaleInsightsPath"}


@pytest.mark.parametrize("model", [model for model in AGENTS if model != "tingwu-meeting"])
def test_what_each_sister_agent_tells_is_in_the_contract(told: Told, model: str) -> None:
    mock, running = told(200)
    converse(mock, model)
    mock.advance(60_000)
    for request in running.requests:
        contract.check("dashscope/callback", request.body)
        assert request.body["output"]["taskInfo"]["model"] == model
    assert len(running.requests) == 2


def test_a_failure_is_told_with_its_code(told: Told) -> None:
    mock, running = told(200)
    create(mock, FAILING)
    mock.advance(1_000)
    (output,) = outputs(running)
    assert (output["status"], output["errorCode"]) == (2, "TSC.FileError")
    assert output["errorMessage"] == "File cannot be read."
    assert not [name for name in output if name.endswith("Path")]


def test_a_result_that_has_failed_is_null_at_the_end(told: Told) -> None:
    mock, running = told(200)
    create(mock, "https://h.example/a.mp3?mock.subtask_failed=Summarization")
    mock.advance(60_000)
    first, last = outputs(running)
    assert (first["status"], last["status"]) == (1, 0)
    assert last["summarizationPath"] is None


def test_it_is_tried_again_six_times_and_nothing_but_200_counts(told: Told) -> None:
    mock, running = told(204)
    create(mock, FAILING)
    mock.advance(200_000)
    entries = tried(mock)
    assert [entry["outcome"] for entry in entries] == ["refused"] * 6 + ["lost"]
    assert {entry["error"] for entry in entries} == {"the answer was 204, expected 200"}
    waits = [later["at"] - earlier["at"] for earlier, later in pairwise(entries)]
    assert waits == [1_000, 2_000, 5_000, 10_000, 30_000, 60_000]
    assert len({request.raw for request in running.requests}) == 1


def test_eventbridge_s_form_is_an_event_around_the_same_output(told: Told) -> None:
    mock, running = told(200, callback_form="eventbridge")
    create(mock)
    converse(mock)
    create(mock, FAILING)
    mock.advance(60_000)
    events = [request.body for request in running.requests]
    for event in events:
        contract.check("dashscope/callback-event", event)
    assert {event["type"].rpartition(":")[2] for event in events} == {
        "MeetingAgentSubTaskCompleted",
        "MeetingAgentWholeTaskCompleted",
        "MeetingAgentTaskFailed",
        "AgentSubTaskCompleted",
        "AgentWholeTaskCompleted",
    }
    assert {event["data"]["taskInfo"]["appId"] for event in events} == {"tw_1"}


def test_a_realtime_meeting_is_told_of_after_its_end(told: Told) -> None:
    mock, running = told(200)
    meeting = {"type": "realtime", "appId": "tw_1"}
    begun = ask(mock, task="createTask", format="pcm", sampleRate=16_000, **meeting)
    mock.advance(60_000)
    assert running.requests == []
    ask(mock, task="createTask", dataId=begun["dataId"], **meeting)
    mock.advance(60_000)
    found = outputs(running)
    assert found[-1]["status"] == 0
    assert {output["taskInfo"]["dataId"] for output in found} == {begun["dataId"]}


def test_an_app_without_an_address_is_told_nothing_and_nobody_minds(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(clock="virtual", apps=["tw_1"])
    create(mock)
    mock.advance(60_000)
    assert tried(mock) == []
    notes = [entry["text"] for entry in mock.journal if entry["kind"] == "note"]
    assert not [note for note in notes if "callback" in note]


def test_links_of_a_callback_live_a_day(told: Told) -> None:
    mock, running = told(200)
    create(mock)
    mock.advance(60_000)
    link = outputs(running)[-1]["transcriptionPath"]
    mock.advance(23 * 3600 * 1000)
    assert httpx.get(link).status_code == 200
    mock.advance(3600 * 1000)
    assert httpx.get(link).status_code == 403
