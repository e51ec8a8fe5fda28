"""Whole runs: functions of this process in some situations of each sort."""

from __future__ import annotations

import asyncio
import json
import wave
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from mock_tingwu.client import MeetingStream, SentenceEnd, find_target
from mock_tingwu.conformance.client_check import (
    BaselineFailed,
    Function,
    Grade,
    Kind,
    Place,
    check,
    check_all,
    situations,
)
from mock_tingwu.conformance.client_check.report import (
    html_report,
    json_report,
    markdown_report,
)

TASKS = "/openapi/tingwu/v2/tasks"
INPUT = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}


async def meeting(place: Place) -> str:
    """Our client holds a meeting."""
    said = []
    async with find_target("mock", place.variables).tingwu() as client:
        task = await client.create_realtime(parameters={"AutoChaptersEnabled": True})
        try:
            async with MeetingStream(task.join_url, patience=3) as stream:
                with wave.open(str(place.audio)) as audio:
                    await stream.push(audio.readframes(audio.getnframes()))
                await stream.stop()
                said = [event.text async for event in stream if isinstance(event, SentenceEnd)]
        finally:
            await client.stop(task.task_id)
        await client.wait(task.task_id, check=True, poll_interval=0.05, timeout=3)
        await client.results(task.task_id)
    return "\n".join(said)


def good(place: Place) -> str:
    return asyncio.run(meeting(place))


def careless(place: Place) -> str:
    """Pushes, and ends at whatever happens as if it were the end."""
    body = {"AppKey": "app", "Input": INPUT}
    data = httpx.put(f"{place.url}{TASKS}?type=realtime", json=body).json()["Data"]
    said = []
    try:
        with connect(data["MeetingJoinUrl"], compression=None) as socket:
            socket.send(json.dumps({"header": {"name": "StartTranscription"}}))
            socket.recv(5)
            with wave.open(str(place.audio)) as audio:
                while frame := audio.readframes(16_000):
                    socket.send(frame)
            ids = {"task_id": "0" * 32, "appkey": "default"}
            socket.send(json.dumps({"header": {"name": "StopTranscription", **ids}}))
            while True:
                event: dict[str, Any] = json.loads(socket.recv(5))
                name = event["header"]["name"]
                if name == "SentenceEnd":
                    said.append(event["payload"]["result"])
                if name == "TranscriptionCompleted":
                    break
    except Exception:
        pass
    stop = {"Input": {"TaskId": data["TaskId"]}}
    httpx.put(f"{place.url}{TASKS}?type=realtime&operation=stop", json=stop)
    return "\n".join(said)


CHOSEN = ("CC-START-003", "CC-STREAM-001", "CC-EVENT-008", "CC-STOP-001", "CC-SILENCE-001")


@pytest.mark.parametrize("situation", situations(select=",".join(CHOSEN)), ids=str)
def test_our_client_is_good_in_every_sort_of_situation(situation: Any) -> None:
    verdict = check(situation, good, timeout=20)
    assert verdict.grade is Grade.GOOD, f"{verdict}\n{verdict.output}"


def test_one_that_looks_at_nothing_is_found_out() -> None:
    found = situations(select="CC-STREAM-001,CC-EVENT-004,CC-CALLBACK-001,CC-FILE-001")
    report = check_all(Function(careless), found, timeout=20, jobs=2)
    assert report.kinds == (Kind.REALTIME, Kind.TASKS)
    grades = {verdict.situation.id: verdict.grade for verdict in report.verdicts}
    assert grades == {
        "CC-STREAM-001": Grade.FAULT,
        "CC-EVENT-004": Grade.GOOD,
        "CC-CALLBACK-001": Grade.NOT_REACHED,
        "CC-FILE-001": Grade.NOT_REACHED,
    }
    assert not report.passed
    (unused,) = (one for one in report.verdicts if one.situation.id == "CC-FILE-001")
    assert unused.reason == "The program uses no result file."

    as_json = json_report(report, "careless")
    counts = {"good": 1, "acceptable": 0, "poor": 0, "fault": 1, "not reached": 2, "not judged": 0}
    assert as_json["counts"] == counts
    assert json.loads(json.dumps(as_json))["verdicts"][0]["id"] == "CC-STREAM-001"
    assert "| CC-EVENT-004 | an event of an unknown name | good |" in markdown_report(report, "x|y")
    page = html_report(report, "careless <b>")
    for text in (page, markdown_report(report, "careless")):
        assert "Not reached: " in text and "CC-FILE-001" in text
    assert "careless &lt;b&gt;" in page and 'id="CC-EVENT-004"' in page
    assert "http" not in page.replace("{}", "").partition("<body>")[0]


def test_a_baseline_that_fails_is_told_and_nothing_is_graded() -> None:
    (situation,) = situations(select="CC-CALL-001")

    def fails(place: Place) -> None:
        raise OSError("no disk")

    with pytest.raises(BaselineFailed, match="ended with exit code 1 although") as failed:
        check(situation, fails)
    assert failed.value.output == "OSError: no disk\n"

    def talks(place: Place) -> None:
        raise OSError(f"begin {'x' * 1_000_000} end")

    with pytest.raises(BaselineFailed) as failed:
        check_all(Function(talks), [])
    begun = "OSError: begin "
    assert failed.value.output.startswith(f"{begun}x")
    assert failed.value.output.endswith("x end\n") and len(failed.value.output) < 2_100
    assert f"x\n[... {len(begun) + 1_000_000 + len(' end') + 1 - 2_000} bytes left out ...]\nx" in (
        failed.value.output
    )
    with pytest.raises(BaselineFailed, match="made no call and opened no stream"):
        check(situation, lambda place: None)
