"""What is recorded comes out the same when it is replayed, whatever service it was."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from mock_tingwu import MockTingwu
from tests.callbacks.receiver import nobody, receiver
from tests.conftest import RECORDING, SCRIPT
from tests.dashscope import helpers as dashscope
from tests.dashscope.ws_helpers import duplex, ended
from tests.live.helpers import Live
from tests.media_site import Site, flv_pieces, live, speech_as
from tests.offline import tasks as offline
from tests.offline.helpers import Origin, Page
from tests.realtime.helpers import (
    PATIENCE,
    TASKS,
    create,
    info,
    pusher,
    results,
    status,
    stop,
    until,
)
from tests.replay.conftest import Replayed
from tests.wire.helpers.raw import exchange

Start = Callable[..., MockTingwu]


@pytest.mark.parametrize("clock", ["system", "virtual"])
def test_a_meeting_with_a_script_a_pause_and_a_stop(
    start_mock: Start, replayed: Replayed, recording: bytes, clock: str
) -> None:
    mock = start_mock(record=True, clock=clock, seed=7)
    mock.script(SCRIPT, task_key="weekly")
    wanted = {
        "Transcription": {"OutputLevel": 2},
        "TranslationEnabled": True,
        "Translation": {"TargetLanguages": ["en"], "OutputLevel": 2},
        "AutoChaptersEnabled": True,
        "Transcoding": {"TargetAudioFormat": "mp3", "SpectrumEnabled": True},
    }
    task = create(mock, wanted, TaskKey="weekly")
    for part in (recording[:400_000], recording[400_000:]):
        with pusher(task) as client:
            client.start()
            client.push(part)
            client.stop()
    assert status(mock, task["TaskId"]) == "PAUSED"
    stop(mock, task["TaskId"])
    if clock == "virtual":
        mock.advance(1_000)
    assert results(mock, task["TaskId"])["AutoChapters"]
    files = info(mock, task["TaskId"])
    assert httpx.get(files["OutputMp3Path"]).content
    assert httpx.get(files["OutputSpectrumPath"] + "0").status_code == 403
    outcomes = replayed(mock)
    assert outcomes.came["frame"] == len(range(0, 400_000, 3_200)) + len(
        range(400_000, len(recording), 3_200)
    )
    assert outcomes.compared["event"] > 20
    assert [entry["seq"] for entry in outcomes.journal] == list(range(1, len(outcomes.journal) + 1))


def test_two_connections_at_once(start_mock: Start, replayed: Replayed, recording: bytes) -> None:
    mock = start_mock(record=True)
    tasks = [create(mock), create(mock)]
    with pusher(tasks[0]) as one, pusher(tasks[1]) as other:
        threads = [
            threading.Thread(target=client.push, args=(recording[: 16_000 * 8],))
            for client in (one, other)
        ]
        one.start()
        other.start()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        one.stop()
        other.command("Nonsense")
        other.failure()
    assert replayed(mock).came["open"] == 2


def test_what_is_idle_for_too_long_is_so_again(start_mock: Start, replayed: Replayed) -> None:
    mock = start_mock(record=True, clock="virtual")
    with pusher(create(mock)) as client:
        client.start()
        mock.advance(11_000)
        assert client.failure()["status"] != 20_000_000
    until(lambda: any(e["kind"] == "ws_close" for e in mock.journal), "the end")
    replayed(mock)


@pytest.mark.parametrize("clock", ["system", "virtual"])
def test_hosted_uploaded_fetched_and_imagined_recordings(
    start_mock: Start, replayed: Replayed, clock: str
) -> None:
    mock = start_mock(record=True, clock=clock)
    content = RECORDING.read_bytes()
    upload = httpx.post(f"{mock.url}/_mock/files?name=again.wav", content=content).json()["url"]
    with Origin() as origin:
        urls = [
            mock.host_file(RECORDING),
            upload,
            origin.add("/weekly.wav", Page(content)),
            origin.url("/nothing.wav"),
            "http://127.0.0.1:1/refused.wav",
            offline.IMAGINED,
        ]
        ids = [offline.create(mock, url, {"AutoChaptersEnabled": True})["TaskId"] for url in urls]
        if clock == "virtual":
            mock.advance(1_000)
        ends = [offline.finished(mock, task_id)["TaskStatus"] for task_id in ids]
    assert ends == ["COMPLETED"] * 3 + ["FAILED"] * 2 + ["COMPLETED"]
    links = info(mock, ids[2])["Result"]
    assert httpx.get(links["Transcription"]).status_code == 200
    # Nobody is there any more, and nobody is asked.
    replayed(mock)


def test_a_file_of_a_mapped_folder(
    start_mock: Start, replayed: Replayed, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("mapped")
    file = folder / "weekly.wav"
    file.write_bytes(RECORDING.read_bytes())
    mock = start_mock(record=True, file_hosts={"files.example.com": str(folder)})
    data = offline.done(mock, "https://files.example.com/weekly.wav")
    assert data["TaskStatus"] == "COMPLETED"
    file.unlink()
    folder.rmdir()
    replayed(mock)


def test_dashscope_over_http_and_websocket(
    start_mock: Start, replayed: Replayed, recording: bytes
) -> None:
    with receiver(500, 200) as listener:
        mock = start_mock(record=True, clock="virtual", result_interval_ms=100)
        mock.app("tw_app", callback=listener.url)
        answers = [
            dashscope.create(mock, fileUrl=dashscope.SHORT),
            dashscope.create(mock, **dashscope.AUDIO),
        ]
        mock.advance(60_000)
        data_id = answers[1]
        token = httpx.post(
            f"{mock.url}{dashscope.TOKENS}", headers={"Authorization": "Bearer sk-any"}
        ).json()["token"]
        with duplex(mock, token) as client:
            client.start(data_id)
            client.push(recording[: 16_000 * 10])
            client.finish()
        ended(mock)
        with duplex(mock) as client:
            client.run("unknown")
            assert client.refusal()
        mock.advance(60_000)
    outcomes = replayed(mock)
    assert outcomes.came["handshake"] == 2
    assert outcomes.compared["post"] > 2


def test_live_with_callbacks_of_which_some_are_refused(
    start_mock: Start, replayed: Replayed
) -> None:
    with receiver(500, 200, 503, 200) as listener:
        mock = start_mock(record=True, clock="virtual")
        calls = Live(mock, listener.url)
        one = calls.create(TranslateEnabled="true", TargetLanguages="en", CallbackAuthKey="a" * 20)
        mock.advance(8_000)
        other = calls.create(CallbackURL=nobody())
        mock.advance(8_000)
        calls.stop(one)
        calls.query(other)
        mock.advance(5_000)
    assert replayed(mock).compared["post"] > 5


def test_a_receiver_that_asks_while_it_is_told(start_mock: Start, replayed: Replayed) -> None:
    mock = start_mock(record=True, clock="virtual")
    seen: list[str] = []

    class Asking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if "TaskId" in body["Data"]:
                seen.append(info(mock, body["Data"]["TaskId"])["TaskStatus"])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Asking)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        mock.callback("app", f"http://127.0.0.1:{server.server_port}/")
        body = offline.body_of(dashscope.SHORT, {"AutoChaptersEnabled": True})
        body["Input"]["ProgressiveCallbacksEnabled"] = True
        offline.put(mock, body)
        mock.advance(1_000)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert seen[-1] == "COMPLETED"
    replayed(mock)


def test_a_live_stream_that_was_really_pulled(start_mock: Start, replayed: Replayed) -> None:
    site, content = Site(), speech_as("flv", "aac", 44_100)
    with receiver() as listener:
        mock = start_mock(record=True)
        calls = Live(mock, listener.url)
        url = site.add("/lesson.flv", live(lambda: flv_pieces(content)))
        mock.script(SCRIPT, file_url=url)
        task_id = calls.create(StreamURL=url, ReportInterval="-1")
        listener.wait(1)
        calls.stop(task_id)
        site.close()
    outcomes = replayed(mock)
    assert outcomes.compared["post"] >= 1


def test_faults_and_a_clock_that_is_advanced(
    start_mock: Start, replayed: Replayed, recording: bytes
) -> None:
    mock = start_mock(record=True, clock="virtual")
    latency = {"type": "latency", "ms": 20}
    mock.faults.add(latency, match={"operation": "GetTaskInfo"}, times=1)
    httpx.post(
        f"{mock.url}/_mock/faults",
        json={"match": {"nth": 2}, "action": {"type": "api_error", "code": "ServerError"}},
    )
    mock.faults.add({"type": "drop_connection", "stage": "after"}, match={"task_key": "gone"})
    cut = {"type": "ws_close", "code": 1011, "reason": "no more"}
    mock.faults.add(cut, match={"service": "realtime", "event": "SentenceBegin"})
    task = create(mock)
    with pusher(task) as client:
        client.start()
        client.push(recording[: 16_000 * 6])
        assert client.close_code() == 1011
    with pytest.raises(httpx.HTTPError):
        create(mock, TaskKey="gone")
    statuses = [httpx.get(f"{mock.url}{TASKS}/{task['TaskId']}").status_code for _ in range(3)]
    mock.advance(24 * 60 * 60 * 1_000)
    body = {"error_code": "TSC.AudioFormat", "to": "FAILED"}
    httpx.post(f"{mock.url}/_mock/tasks/{task['TaskId']}/transition", json=body)
    assert statuses.count(200) >= 2
    replayed(mock)


def test_what_is_no_http_and_what_waits(start_mock: Start, replayed: Replayed) -> None:
    mock = start_mock(record=True)
    assert exchange(mock, b"NONSENSE\r\n\r\n").status >= 400
    task = create(mock)
    body = {"task_id": task["TaskId"], "status": "FAILED", "timeout_ms": 30}
    waited = httpx.post(f"{mock.url}/_mock/wait", json=body, timeout=PATIENCE)
    assert waited.status_code == 408
    replayed(mock)


def test_a_reset_begins_anew(start_mock: Start, replayed: Replayed) -> None:
    mock = start_mock(record=True, clock="virtual")
    with pusher(create(mock)) as client:
        client.start()
        mock.reset()
        client.close_code()
    create(mock)
    httpx.post(f"{mock.url}/_mock/clock", json={"mode": "system"})
    create(mock)
    replayed(mock)


def test_a_reset_of_a_mock_in_which_nothing_goes_on_begins_a_new_recording(
    start_mock: Start, replayed: Replayed, recording: bytes
) -> None:
    mock = start_mock(record=True, clock="virtual", seed=3)
    before = meeting(mock, recording)
    assert replayed(mock).came["frame"] == 20
    mock.wait_for(sessions=0)
    mock.reset(clock="system", seed=4)
    assert replayed(mock).records == 0
    assert meeting(mock, recording) != before
    outcomes = replayed(mock)
    assert outcomes.came["frame"] == 20
    assert outcomes.journal[0]["seq"] == 1
    assert "act" not in outcomes.came


def meeting(mock: MockTingwu, recording: bytes) -> str:
    """Hold a meeting of 20 frames; return its task's id."""
    task = create(mock)
    with pusher(task) as client:
        client.start()
        client.push(recording[: 3_200 * 20])
        client.stop()
    return str(task["TaskId"])


def test_sessions_from_python(start_mock: Start, replayed: Replayed) -> None:
    mock = start_mock(record=True)
    for end in ("close", "cut"):
        task = create(mock)
        with pusher(task) as client:
            client.start()
            session = mock.session(task["TaskId"])
            session.send(name="SentenceBegin", payload={"index": 7, "time": 0})
            session.send("no JSON")
            with pytest.raises(ValueError, match="expected event alone"):
                session.send({"header": {}}, name="SentenceEnd")
            getattr(session, end)()
            mock.wait_for(sessions=0)
    mock.forget_violations()
    assert httpx.get(f"{mock.url}/_mock/violations").json()["violations"] == []
    assert replayed(mock).came["act"] == 9


def test_what_the_mock_tells_of_itself(start_mock: Start, replayed: Replayed) -> None:
    mock = start_mock(record=True)
    create(mock)
    for path in ("health", "ready", "metrics", "tasks", "clock", "scopes", "sessions", "faults"):
        assert httpx.get(f"{mock.url}/_mock/{path}").status_code == 200, path
    replayed(mock)


def test_scopes_together_and_each_for_itself(
    start_mock: Start, replayed: Replayed, recording: bytes
) -> None:
    mock = start_mock(record=True)
    one = mock.scope("one", ["app-1", "sk-one"], clock="virtual", seed=5)
    other = mock.scope("other", ["app-2"])
    for scope, app in ((one, "app-1"), (other, "app-2")):
        body = offline.body_of() | {"AppKey": app}
        body["Input"] = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}
        answer = httpx.put(f"{mock.url}{TASKS}?type=realtime", json=body).json()["Data"]
        with pusher(answer) as client:
            client.start()
            client.push(recording[:64_000])
            client.stop()
        assert scope.journal
    one.advance(5_000)
    assert not mock.journal
    both = replayed(mock)
    assert {entry["scope"] for entry in both.journal} == {"one", "other"}
    alone = replayed(one)
    assert {entry["scope"] for entry in alone.journal} == {"one"}
    assert alone.came["frame"] == both.came["frame"] // 2
    assert alone.records < both.records
