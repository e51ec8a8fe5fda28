"""Health, readiness and numbers for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from mock_tingwu import MockTingwu
from mock_tingwu.services import metrics
from tests.callbacks.receiver import receiver
from tests.core.test_segmentation import silence, speech
from tests.dashscope.helpers import begin
from tests.dashscope.ws_helpers import duplex
from tests.realtime.helpers import create, info, pusher, stop

SENTENCE = speech(1_500) + silence(1_200)
Numbers = dict[str, dict[tuple[str, ...], float]]


def scraped(mock: MockTingwu) -> Numbers:
    """The numbers of each name, without the prefix, by the values of their labels."""
    answer = httpx.get(f"{mock.url}/_mock/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    numbers: Numbers = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.type in ("counter", "gauge"), family
        assert family.documentation, family
        for sample in family.samples:
            assert family.type == "gauge" or sample.name.endswith("_total"), sample
            series = numbers.setdefault(sample.name.removeprefix("mock_tingwu_"), {})
            labels = tuple(sample.labels.values())
            assert labels not in series, f"{sample} is there twice"
            series[labels] = sample.value
    return numbers


def test_calls_are_counted_by_operation_and_status(mock: MockTingwu) -> None:
    task_id = create(mock)["TaskId"]
    for _ in range(3):
        info(mock, task_id)
    httpx.put(f"{mock.url}/openapi/tingwu/v2/tasks")
    httpx.get(f"{mock.url}/openapi/tingwu/v2/nothing")
    begin(mock)
    httpx.get(mock.url, params={"Action": "QueryRtcAsrTasks"})
    httpx.get(mock.url, params={"Action": "NoSuchCall"})
    assert scraped(mock)["requests_total"] == {
        ("tingwu", "CreateTask", "200"): 1,
        ("tingwu", "GetTaskInfo", "200"): 3,
        ("tingwu", "CreateTask", "400"): 1,
        ("tingwu", "other", "404"): 1,
        ("dashscope", "createTask", "200"): 1,
        ("live", "QueryRtcAsrTasks", "200"): 1,
        ("live", "other", "404"): 1,
    }


def test_tasks_and_their_ways_are_counted(mock: MockTingwu) -> None:
    for _ in range(2):
        task = create(mock)
        stop(mock, task["TaskId"])
    create(mock)
    mock.wait_for(status="COMPLETED", count=2)
    numbers = scraped(mock)
    assert numbers["tasks"] == {("tingwu", "COMPLETED"): 2, ("tingwu", "NEW"): 1}
    assert sum(numbers["transitions_total"].values()) >= 2
    assert {labels[1] for labels in numbers["transitions_total"]} >= {"NEW"}


def test_sessions_and_their_audio_are_counted_while_open_and_after(mock: MockTingwu) -> None:
    with pusher(create(mock)) as connection:
        connection.start()
        connection.push(SENTENCE)
        connection.expect("SentenceEnd")
        while_open = scraped(mock)
        mock.session(mock.sessions[0].id).send({"header": {"name": "SomethingNew"}})
        connection.stop()
    mock.wait_for(sessions=0)
    after = scraped(mock)
    frames = len(SENTENCE) // 3_200 + (len(SENTENCE) % 3_200 > 0)
    assert while_open["sessions"] == {("realtime", "WORKING"): 1}
    assert "sessions" not in after
    for numbers in (while_open, after):
        assert numbers["sessions_opened_total"] == {("realtime",): 1}
        assert numbers["audio_frames_total"] == {("realtime",): frames}
        assert numbers["audio_bytes_total"] == {("realtime",): len(SENTENCE)}
    assert after["sessions_closed_total"] == {("realtime", "client"): 1}
    sent = after["events_sent_total"]
    assert sent["realtime", "SentenceEnd"] == sent["realtime", "TranscriptionStarted"] == 1
    assert sent["realtime", "other"] == 1


def test_events_of_dashscope_are_called_by_their_action(mock: MockTingwu) -> None:
    with duplex(mock) as connection:
        connection.start(begin(mock))
        connection.push(SENTENCE)
        mock.sessions[0].send("no JSON")
        mock.wait_for(kind="ws_out", by="control")
        mock.sessions[0].cut()
    mock.wait_for(kind="ws_close")
    numbers = scraped(mock)
    sent = numbers["events_sent_total"]
    assert sent["dashscope", "task-started"] == sent["dashscope", "speech-listen"] == 1
    assert sent["dashscope", "other"] == 1
    assert numbers["sessions_closed_total"] == {("dashscope", "control"): 1}


def test_callbacks_faults_and_violations_are_counted(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock()
    with receiver() as listener:
        mock.callback("app", listener.url)
    mock.callback("app", listener.url)
    error = {"type": "api_error", "code": "ServerError"}
    mock.faults.add(error, match={"operation": "GetTaskInfo"}, times=1)
    httpx.get(f"{mock.url}/openapi/tingwu/v2/tasks/{'0' * 32}")
    with duplex(mock) as connection:
        connection.start(begin(mock), task_id="x" * 32)
        connection.socket.close()
    numbers = scraped(mock)
    assert numbers["callbacks_total"] == {("tingwu", "delivered"): 1, ("tingwu", "lost"): 1}
    assert numbers["faults_fired_total"] == {("tingwu", "api_error"): 1}
    assert numbers["violations_total"]["dashscope", "task-id-length"] == 1


def test_a_reset_takes_nothing_away_from_what_was_counted(mock: MockTingwu) -> None:
    with pusher(create(mock)) as connection:
        connection.start()
        connection.push(SENTENCE)
        connection.expect("SentenceEnd")
        before = scraped(mock)
        mock.reset()
        at_once = scraped(mock)
        connection.close_code()
    mock.wait_for(sessions=0)
    for numbers in (at_once, scraped(mock)):
        for name, series in before.items():
            if name.endswith("_total"):
                for labels, number in series.items():
                    assert numbers[name][labels] >= number, (name, labels)
        assert numbers["audio_bytes_total"] == before["audio_bytes_total"]
        assert "tasks" not in numbers


def test_scopes_clocks_journal_and_process_are_told(mock: MockTingwu) -> None:
    with mock.scope("b", clock="virtual"):
        create(mock)
        numbers = scraped(mock)
    assert numbers["scopes"] == {("system",): 1, ("virtual",): 1}
    assert numbers["clock_seconds"][()] == pytest.approx(mock.now() / 1000, abs=60)
    assert 0 <= numbers["uptime_seconds"][()] < 60
    assert numbers["journal_entries"][()] == len(mock.journal) == 2
    assert numbers["journal_bytes"][()] > 400
    assert numbers["journal_dropped_total"][()] == 0
    assert numbers["journal_recorded_total"]["request",] == 1
    assert numbers["process_resident_memory_bytes"][()] > 10_000_000
    assert list(numbers["info"].values()) == [1]


def test_entries_that_were_dropped_stay_counted_when_their_journal_goes(mock: MockTingwu) -> None:
    def fill() -> None:
        journal = mock._realm.journal
        for _ in range(10_007):
            journal.record("note", "core", text="x")

    mock.call(fill)
    assert scraped(mock)["journal_dropped_total"][()] == 7
    mock.reset()
    assert scraped(mock)["journal_dropped_total"][()] == 7


def test_nothing_of_a_client_is_a_label(mock: MockTingwu) -> None:
    with pusher(create(mock, TaskKey="my-key")) as connection:
        connection.command("StartTranscription", task_id="my-own-id")
        connection.expect("TranscriptionStarted")
        httpx.get(f"{mock.url}/my-path?my=query", headers={"x-acs-action": "MyAction"})
        text = httpx.get(f"{mock.url}/_mock/metrics").text
    assert "my" not in text.replace("mock", "").lower()
    assert "app" not in text.replace("happen", "")


def test_the_number_of_series_is_bounded(mock: MockTingwu) -> None:
    def much() -> None:
        for number in range(1_000):
            mock._realm.journal.record("violation", "core", rule=f"rule {number}", text="")

    mock.call(much)
    series = scraped(mock)["violations_total"]
    assert len(series) == metrics.MOST_SERIES + 1
    assert series["other", "other"] == 1_000 - metrics.MOST_SERIES


def test_what_would_break_the_format_is_escaped(mock: MockTingwu) -> None:
    rule = 'a "quoted"\\rule\n'
    mock.call(lambda: mock._realm.journal.record("violation", "core", rule=rule, text=""))
    assert scraped(mock)["violations_total"] == {("core", rule): 1}


# Health and readiness


def ready(mock: MockTingwu) -> tuple[int, Any]:
    answer = httpx.get(f"{mock.url}/_mock/ready")
    return answer.status_code, answer.json()


def test_a_server_is_ready_once_everything_is_loaded(mock: MockTingwu) -> None:
    assert ready(mock) == (200, {"status": "ready"})
    readiness = mock._server.world.readiness
    with readiness.loading("the tasks of last time"), readiness.loading("a plug-in"):
        said = "still loading the tasks of last time and a plug-in"
        assert ready(mock) == (503, {"error": said})
        assert httpx.get(f"{mock.url}/_mock/health").json()["status"] == "ok"
    assert ready(mock) == (200, {"status": "ready"})


def test_a_server_that_stops_is_not_ready(mock: MockTingwu) -> None:
    def problem_of_one_that_stops() -> str | None:
        server = mock._server
        server.should_exit = True
        return server.world.readiness.problem

    assert mock.call(problem_of_one_that_stops) == "the server is stopping"
