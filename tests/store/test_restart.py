"""What comes back after a kill, and what goes on."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError

from mock_tingwu import MockTingwu
from tests.callbacks.receiver import HOLD, nobody, receiver
from tests.conftest import SCRIPT
from tests.core.test_segmentation import silence, speech
from tests.dashscope import helpers as dashscope
from tests.live.helpers import Live, events
from tests.offline import tasks
from tests.realtime.helpers import (
    TASKS,
    Json,
    create,
    info,
    pusher,
    results,
    status,
    stop,
    until,
)
from tests.store.helpers import Lives

SENTENCE = speech(1_500) + silence(1_200)
Start = Callable[..., Lives]
MEDIA: Json = {"Transcoding": {"TargetAudioFormat": "mp3", "SpectrumEnabled": True}}
SUMMARY: Json = {"SummarizationEnabled": True, "Summarization": {"Types": ["Paragraph"]}}


def state(mock: MockTingwu, task_id: str) -> Json:
    """What the control API says of a task."""
    found: Json = httpx.get(f"{mock.url}/_mock/tasks/{task_id}").json()
    return found


def said(mock: MockTingwu, task_id: str) -> list[str]:
    return [sentence["text"] for sentence in state(mock, task_id)["sentences"]]


def whys(mock: MockTingwu, task_id: str) -> list[str]:
    return [e["why"] for e in mock.journal if e["task_id"] == task_id and e["kind"] == "transition"]


# Realtime meetings


def test_a_meeting_that_was_going_on_is_paused_and_goes_on_at_the_same_url(
    any_lives: Start, recording: bytes
) -> None:
    life = any_lives()
    life.mock.script(SCRIPT, app_key="app")
    task = create(life.mock, MEDIA)
    with pusher(task) as first:
        first.start()
        first.push(recording[:480_000])
        for _ in "123":
            first.expect("SentenceEnd")
        mock = life.kill()
    before = state(mock, task["TaskId"])
    assert before["state"] == "PAUSED"
    assert whys(mock, task["TaskId"])[-1] == "the mock was restarted"
    assert said(mock, task["TaskId"])[:3] == first.sentences()
    with pusher(task) as second:
        second.start()
        second.push(recording[480_000:])
        second.stop()
    ended = [event["payload"] for event in second.named("SentenceEnd")]
    assert [payload["index"] for payload in ended] == list(
        range(before["sentence_count"], before["sentence_count"] + len(ended))
    )
    assert ended[0]["begin_time"] >= before["audio_ms"]
    heard = said(mock, task["TaskId"])
    assert heard[len(heard) - len(ended) :] == second.sentences()
    assert len(set(heard[:10])) == len(heard[:10]), "nothing of the script is said twice"
    assert stop(mock, task["TaskId"]) == "ONGOING"
    results(mock, task["TaskId"])
    data = info(mock, task["TaskId"])
    length = state(mock, task["TaskId"])["audio_ms"]
    assert abs(len(httpx.get(data["OutputMp3Path"]).content) / 16 - length) < 300
    assert abs(len(httpx.get(data["OutputSpectrumPath"]).json()["Peaks"]) * 100 - length) < 300


def test_a_sentence_that_was_open_is_kept_as_when_a_connection_breaks(
    lives: Start, recording: bytes
) -> None:
    life = lives()
    task = create(life.mock, {"Transcription": {"OutputLevel": 2}})
    with pusher(task) as connection:
        connection.start()
        connection.push(recording[:96_000])
        shown = connection.expect("TranscriptionResultChanged")["payload"]["result"]
        while len(shown) < 8:
            shown = connection.expect("TranscriptionResultChanged")["payload"]["result"]
        mock = life.kill()
    (sentence,) = said(mock, task["TaskId"])
    assert re.sub(r"\W", "", sentence).startswith(re.sub(r"\W", "", shown)[:8])


def test_no_id_is_given_twice_and_the_journal_goes_on(lives: Start, recording: bytes) -> None:
    life = lives()
    ids, sessions, last = set(), [], 0
    for _ in range(3):
        mock = life.mock
        task = create(mock)
        with pusher(task) as connection:
            connection.start()
            sessions.append(connection.events[0]["header"]["message_id"])
        ids |= {task["TaskId"], httpx.get(f"{mock.url}{TASKS}/x").json()["RequestId"]}
        seqs = [entry["seq"] for entry in mock.journal]
        assert seqs == list(range(1, len(seqs) + 1)) and len(seqs) > last
        last = len(seqs)
        life.kill()
    assert len(ids) == 6 and len(set(sessions)) == 3


def test_a_plug_in_of_a_recognizer_goes_on_behind_what_was_heard(
    lives: Start, recording: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mock_tingwu.core.recognizer import Playlist, Recognizer, ScriptedRecognizer
    from mock_tingwu.services import world

    class PlugIn:
        """One that nothing is known of."""

        def __init__(self, playlist: Playlist, rate: int, speakers: int) -> None:
            self._inner = ScriptedRecognizer(playlist, rate, speakers=speakers)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    def make(playlist: Playlist, rate: int, speakers: int) -> Recognizer:
        return PlugIn(playlist, rate, speakers)

    monkeypatch.setattr(world, "scripted", make)
    life = lives()
    task = create(life.mock)
    with pusher(task) as first:
        first.start()
        first.push(recording[:320_000])
        first.expect("SentenceEnd")
        mock = life.kill()
    before = state(mock, task["TaskId"])
    with pusher(task) as second:
        second.start()
        second.push(recording[:320_000])
        second.stop()
    ended = [event["payload"] for event in second.named("SentenceEnd")]
    assert ended[0]["index"] == before["sentence_count"] >= 1
    assert ended[0]["begin_time"] > before["audio_ms"]
    stop(mock, task["TaskId"])
    transcription = results(mock, task["TaskId"])["Transcription"]
    assert len(transcription["Paragraphs"]) >= 1
    assert len(set(said(mock, task["TaskId"]))) == before["sentence_count"] + len(ended)


# Results


def test_results_that_were_being_made_are_made_and_the_virtual_clock_stands_where_it_stood(
    lives: Start, recording: bytes
) -> None:
    life = lives(clock="virtual", result_interval_ms=1_000)
    task = create(life.mock, {**SUMMARY, **MEDIA, "AutoChaptersEnabled": True})
    with pusher(task) as connection:
        connection.start()
        connection.push(recording[:320_000])
        connection.stop()
    stop(life.mock, task["TaskId"])
    life.mock.advance(1_500)
    now, before = life.mock.now(), info(life.mock, task["TaskId"])
    assert list(before["Result"]) == ["Transcription"]
    mock = life.kill()
    assert mock.now() == now
    mock.advance(499)
    assert list(info(mock, task["TaskId"])["Result"]) == ["Transcription"]
    mock.advance(1)
    assert list(info(mock, task["TaskId"])["Result"]) == ["Transcription", "AutoChapters"]
    mock.advance(1_000)
    after = info(mock, task["TaskId"])
    assert after["TaskStatus"] == "COMPLETED"
    for link in (before["Result"]["Transcription"], *after["Result"].values()):
        assert httpx.get(link).status_code == 200
    # Links that were handed out before another restart, too.
    mock = life.kill()
    for link in (*after["Result"].values(), before["OutputMp3Path"], before["OutputSpectrumPath"]):
        assert httpx.get(link).status_code == 200
    assert tasks.texts(info(mock, task["TaskId"])) == said(mock, task["TaskId"])


def test_a_recording_that_was_being_read_is_read_again(lives: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/a.mp4?mock.duration_ms=60000"
        life = lives(offline_quota_minutes=2)
        task_id = tasks.create(life.mock, url, {**SUMMARY, **MEDIA})["TaskId"]
        until(
            lambda: any("fetched" in str(e.get("text")) for e in life.mock.journal),
            "the attempt to fetch it",
        )
        mock = life.kill(fetch="never")
        data = tasks.finished(mock, task_id)
    assert data["TaskStatus"] == "COMPLETED"
    made = httpx.get(data["OutputSpectrumPath"], timeout=30)
    assert len(made.json()["Peaks"]) == 600
    # What it took of the day's quota is taken once; a file of it is still there, or made again.
    mock = life.kill()
    assert httpx.get(data["OutputSpectrumPath"]).content == made.content
    assert httpx.get(data["OutputMp3Path"], timeout=30).status_code == 200
    again = "https://example.com/b.mp3?mock.duration_ms=60000"
    tasks.done(mock, again)
    assert tasks.failed(mock, again)[0] == "PRE.AudioDurationQuotaLimit"
    assert tasks.failed(life.kill(), again)[0] == "PRE.AudioDurationQuotaLimit"


def test_a_second_run_and_the_links_of_the_first_come_back(lives: Start) -> None:
    life = lives(clock="virtual", result_interval_ms=1_000)
    task_id = tasks.create(life.mock, parameters=SUMMARY)["TaskId"]
    life.mock.advance(5_000)
    first = info(life.mock, task_id)
    tasks.rerun(life.mock, task_id, SUMMARY | {"Summarization": {"Types": ["MindMap"]}})
    mock = life.kill()
    assert status(mock, task_id) == "ONGOING"
    mock.advance(1_000)
    second = info(life.kill(), task_id)
    assert second["TaskStatus"] == "COMPLETED"
    assert set(tasks.result(first, "Summarization")) == {"ParagraphTitle", "ParagraphSummary"}
    assert set(tasks.result(second, "Summarization")) == {"MindMapSummary"}


def test_a_task_that_is_doomed_fails_at_its_time(lives: Start) -> None:
    life = lives(clock="virtual")
    key = "x--mock.task_failed=TSC.FileError@5000"
    task_id = tasks.create(life.mock, TaskKey=key)["TaskId"]
    life.mock.advance(2_000)
    mock = life.kill()
    mock.advance(2_999)
    assert status(mock, task_id) == "ONGOING"
    mock.advance(1)
    assert info(mock, task_id)["ErrorCode"] == "TSC.FileError"
    assert info(life.kill(), task_id)["ErrorCode"] == "TSC.FileError"


# Callbacks


def test_callbacks_that_waited_are_delivered_and_those_that_were_are_not(any_lives: Start) -> None:
    life = any_lives(clock="virtual", result_interval_ms=1_000)
    with receiver(200, 200, 500) as callbacks:
        life.mock.callback("app", callbacks.url)
        task_id = tasks.create(life.mock, ProgressiveCallbacksEnabled=True)["TaskId"]
        life.mock.advance(1_000)
        told = [request.told for request in callbacks.requests[1:]]
        assert told == ["Transcription", "COMPLETED"]
        mock = life.kill()
        listed = httpx.get(f"{mock.url}/_mock/callbacks").json()["callbacks"]
        assert listed == [
            {"app_key": "app", "url": callbacks.url, "delivered": 1, "waiting": 1, "lost": 0}
        ]
        mock.advance(4_999)
        assert len(callbacks.requests) == 3
        callbacks.script[:] = [200]
        mock.advance(1)
        assert callbacks.requests[3].raw == callbacks.requests[2].raw
        mock = life.kill()
        mock.advance(10**6)
        assert len(callbacks.requests) == 4
        listed = httpx.get(f"{mock.url}/_mock/callbacks").json()["callbacks"]
        assert (listed[0]["delivered"], listed[0]["waiting"]) == (2, 0)
        tasks.rerun(mock, task_id, SUMMARY)
        mock.advance(1_000)
    ids = {request.body["RequestId"] for request in callbacks.requests}
    assert len(callbacks.requests) == 6 and len(ids) == 5


def test_a_callback_that_was_being_sent_is_sent_again(lives: Start) -> None:
    with receiver(200, HOLD, 200) as callbacks:
        life = lives(callbacks={"app": callbacks.url})
        tasks.create(life.mock, ProgressiveCallbacksEnabled=True)
        callbacks.wait(2)
        life.kill()
        callbacks.release.set()
        callbacks.wait(3)
    sent = [request.raw for request in callbacks.requests]
    assert sent[1] == sent[2], "the same message, so that its receiver can tell"


def test_an_address_that_was_taken_away_stays_so_unless_the_setting_changes(lives: Start) -> None:
    life = lives(callbacks={"a": nobody(), "b": nobody()})
    httpx.delete(f"{life.mock.url}/_mock/callbacks?app_key=a")

    def registered() -> set[str]:
        answer = httpx.get(f"{life.mock.url}/_mock/callbacks").json()
        return {one["app_key"] for one in answer["callbacks"]}

    life.kill()
    assert registered() == {"b"}
    life.kill(callbacks={"c": nobody()})
    assert registered() == {"c"}


# Live


def test_a_live_task_goes_on_with_its_stream(lives: Start) -> None:
    with receiver(200) as listener:
        life = lives(clock="virtual")
        live = Live(life.mock, listener.url)
        task_id = live.create(AuthKey="some-key-of-ours")
        ended = live.create(
            StreamURL="rtmp://pull.example.com/a/b?mock.duration_ms=3000",
            AutoTerminateEnabled="true",
            AutoTerminateDelay="10",
        )
        gone = live.create()
        life.mock.advance(10_000)
        live.call("DeleteRtcAsrTask", TaskId=gone)
        before = live.query(task_id)[task_id]
        heard = [e.payload["index"] for e in events(listener, task_id) if e.name == "SentenceEnd"]
        live.mock = mock = life.kill()
        assert live.query(task_id)[task_id]["taskId"] == before["taskId"]
        assert live.query(gone) == {}
        # It gives up 10 s after the end of its stream, not after the restart.
        mock.advance(2_500)
        assert live.state(ended) == "PAUSED"
        mock.advance(1_000)
        assert live.state(ended) == "COMPLETED"
        mock.advance(6_500)
        after = [e.payload["index"] for e in events(listener, task_id) if e.name == "SentenceEnd"]
        assert live.state(task_id) == "ONGOING"
        assert after[: len(heard)] == heard and after == list(range(len(after)))
        assert len(after) > len(heard) + 1
        assert "the mock was restarted" in whys(mock, task_id)
        live.stop(task_id)
        mock = life.kill()
        live.mock = mock
        assert live.query(task_id)[task_id]["status"] == 2
    sent = [request for request in listener.requests if request.body["task_id"] == task_id]
    assert all(any("sig" in name.lower() for name in request.headers) for request in sent)


# Books


def test_everything_that_was_registered_comes_back(any_lives: Start, tmp_path: Path) -> None:
    life = any_lives()
    url, mock = life.mock.url, life.mock
    phrases = f"{url}/openapi/tingwu/v2/resources/phrases"
    made = httpx.post(phrases, json={"Name": "n", "WordWeights": '{"灰度发布": 5}'}).json()["Data"]
    gone = httpx.post(phrases, json={"Name": "m", "WordWeights": '{"a": 1}'}).json()["Data"]
    httpx.delete(f"{phrases}/{gone['PhraseId']}")
    rule = mock.faults.add(
        {"type": "api_error", "code": "BRK.OverdueTenant"}, match={"task_key": "b"}, times=2
    )
    mock.faults.remove(mock.faults.add({"type": "throttle"}))
    script = {"id": "mine", "sentences": ["One and only line."], "language": "en"}
    httpx.post(f"{url}/_mock/scripts", json={"task_key": "k", "script": script})
    httpx.post(f"{url}/_mock/apps", json={"app_id": "tw_x", "terminologies": {"t": ["go"]}})
    token = httpx.post(f"{url}/api/v1/tokens", headers={"Authorization": "Bearer sk-any"}).json()
    uploaded = httpx.post(f"{url}/_mock/files?name=a%20b.wav", content=b"abc").json()
    own = tmp_path / "own.mp3"
    own.write_bytes(b"mine")
    hosted = mock.host_file(own)
    body: Json = {
        "AppKey": "app",
        "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000, "TaskKey": "b"},
    }
    create_task = f"{url}{TASKS}?type=realtime"
    assert httpx.put(create_task, json=body).json()["Code"] == "BRK.OverdueTenant"
    for kill in (life.kill, life.restart, life.kill):
        mock = kill()
        lists = httpx.get(phrases).json()["Data"]["Phrases"]
        assert [one["PhraseId"] for one in lists] == [made["PhraseId"]]
        assert [(one["id"], one["fired"]) for one in mock.faults.list()] == [(rule, 1)]
        (app,) = httpx.get(f"{url}/_mock/apps").json()["apps"]
        assert (app["app_id"], app["terminologies"]) == ("tw_x", {"t": ["go"]})
        assert httpx.get(uploaded["url"]).content == b"abc"
        assert httpx.get(hosted).content == b"mine"
        keys = mock._server.world.default.temporary_keys
        assert list(keys) == [token["token"]]
    assert httpx.put(create_task, json=body).json()["Code"] == "BRK.OverdueTenant"
    assert httpx.put(create_task, json=body).json()["Code"] == "0"
    assert mock.faults.add({"type": "throttle"}) == "fault-3", "no id is given twice"
    mock.faults.clear()
    data = tasks.done(mock, SourceLanguage="en", TaskKey="k")
    assert tasks.texts(data)[0] == "One and only line."


def test_links_of_dashscope_lead_where_they_led(lives: Start) -> None:
    life = lives(clock="virtual")
    data_id = dashscope.create(life.mock, dashscope.EVERYTHING, fileUrl=dashscope.VIDEO)
    life.mock.advance(10_000)
    before = dashscope.get(life.mock, data_id)
    links = [link for name, link in before.items() if name.endswith("Path")]
    contents = [httpx.get(link).content for link in links]
    assert len(links) == len(dashscope.PATHS)
    mock = life.kill()
    for link, content in zip(links, contents, strict=True):
        if "pptExtraction" not in link:  # its own links are signed anew each time
            assert httpx.get(link).content == content
    assert dashscope.get(mock, data_id).keys() == before.keys()


def test_the_clock_is_what_the_control_api_made_of_it_unless_the_setting_changes(
    lives: Start,
) -> None:
    life = lives()
    httpx.post(f"{life.mock.url}/_mock/clock", json={"mode": "virtual", "advance_ms": 1_000})
    now = life.mock.now()
    assert life.kill().now() == now
    mock = life.kill(clock="virtual")
    assert mock.now() == now
    assert httpx.get(f"{mock.url}/_mock/clock").json()["mode"] == "virtual"
    assert httpx.get(f"{life.kill(clock='system').url}/_mock/clock").json()["mode"] == "system"


def test_a_reset_forgets_all_of_it_on_the_disk_too(lives: Start, recording: bytes) -> None:
    life = lives()
    task = tasks.done(life.mock, parameters=MEDIA)
    httpx.get(task["OutputSpectrumPath"])
    httpx.post(f"{life.mock.url}/_mock/files?name=a.wav", content=b"abc")
    life.mock.script(SCRIPT, app_key="app")
    assert len([*life.data.glob("*/*")]) == 2
    httpx.post(f"{life.mock.url}/_mock/reset")
    assert [*life.data.glob("*/*")] == []
    mock = life.kill()
    assert httpx.get(f"{mock.url}/_mock/tasks").json() == {"tasks": []}
    assert mock.journal == []
    assert httpx.get(f"{mock.url}/_mock/files").json() == {"files": []}
    database = (life.data / "mock-tingwu.sqlite").read_bytes()
    assert task["TaskId"].encode() not in database
    assert tasks.create(mock)["TaskId"] == task["TaskId"], "ids begin anew"


def test_an_instruction_that_nobody_can_go_on_with_ends(lives: Start) -> None:
    from tests.dashscope.ws_helpers import duplex

    life = lives()
    with ExitStack() as stack:
        client = stack.enter_context(duplex(life.mock))
        client.command(
            "run-task",
            {
                "model": "tingwu-industrial-instruction",
                "task_group": "aigc",
                "task": "multimodal-generation",
                "function": "generation",
                "input": {"directive": "start", "appId": "tw_app"},
                "parameters": {},
            },
        )
        client.expect("speech-listen")
        mock = life.kill()
    (task,) = httpx.get(f"{mock.url}/_mock/tasks").json()["tasks"]
    assert task["state"] == "COMPLETED"


def test_a_mock_that_ends_in_order_comes_back_as_well(lives: Start, recording: bytes) -> None:
    life = lives()
    task = create(life.mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(recording[:160_000])
        connection.expect("SentenceEnd")
        mock = life.restart()
    assert state(mock, task["TaskId"])["state"] == "PAUSED"
    assert said(mock, task["TaskId"])[0] == connection.sentences()[0]
    with pusher(task) as connection:
        connection.start()
        connection.stop()


# Scopes


def test_scopes_come_back_with_keys_clock_seed_and_all_that_is_in_them(any_lives: Start) -> None:
    life = any_lives()
    scope = life.mock.scope("team", ["app-t", "sk-t"], clock="virtual", seed=7)
    scope.faults.add("task.TSC.FileError", match={"task_key": "b"})
    task = create_of(life.mock, "app-t", TaskKey="weekly--mock.ws_drop=SentenceEnd")
    scope.advance(3_600_000)
    now = scope.now()
    life.mock.scope("gone").drop()
    mock = life.kill()
    assert [one["name"] for one in scopes(mock)] == ["default", "team"]
    team = scopes(mock)[1]
    assert (team["keys"], team["clock"], team["seed"]) == (["app-t", "sk-t"], "virtual", 7)
    assert team["now_ms"] == now
    assert state(mock, task["TaskId"])["status"] == "NEW"
    assert create_of(mock, "app-t")["TaskId"] != task["TaskId"]
    listed = httpx.get(f"{mock.url}/_mock/faults?scope=team").json()["faults"]
    assert [rule["scenario"] for rule in listed] == ["task.TSC.FileError"]
    other = create_of(mock, "app-t", TaskKey="b")
    httpx.post(f"{mock.url}/_mock/clock?scope=team", json={"advance_ms": 1})
    assert info(mock, other["TaskId"])["TaskStatus"] == "FAILED"
    # what a marker wants is not forgotten, and happens once
    with pusher(task) as client:
        client.start()
        client.push(SENTENCE)
        with pytest.raises(ConnectionClosedError):
            client.expect("SentenceEnd")
    with pusher(task) as client:
        client.start()
        client.push(SENTENCE)
        client.stop()


def test_what_a_scenario_has_set_outlives_the_process(lives: Start) -> None:
    life = lives()
    life.mock.scope("team", ["app-t"])
    settings = {"max_streams": 1, "throttle": "1/1", "result_interval_ms": 7_777}
    scenario = {"name": "mine", "description": "d", "settings": settings}
    answer = httpx.post(f"{life.mock.url}/_mock/scenarios?scope=team", json=scenario)
    assert answer.status_code == 200, answer.text
    seeded = {"name": "seeded", "description": "d", "settings": {"seed": 77}}
    assert httpx.post(f"{life.mock.url}/_mock/scenarios", json=seeded).status_code == 200
    mock = life.kill()
    assert [one["seed"] for one in scopes(mock)] == [77, 0]
    team = mock._server.world.get("team")
    assert team is not None
    assert team.own_settings == settings
    applied = httpx.get(f"{mock.url}/_mock/scenarios?scope=team").json()["applied"]
    assert [one["name"] for one in applied] == ["mine"]
    answers = [
        httpx.get(f"{mock.url}{TASKS}/{'0' * 32}", headers={"Authorization": "acs k:c2ln"})
        for _ in range(2)
    ]
    assert {answer.status_code for answer in answers} == {200}, "the default scope is as it was"


def test_tasks_that_are_to_fail_or_to_be_lost_later_on_still_do(lives: Start) -> None:
    life = lives(clock="virtual")
    failing = {"type": "task_failed", "error_code": "TSC.FileError"}
    life.mock.faults.add(failing | {"after_ms": 10_000}, match={"task_key": "soon"})
    life.mock.faults.add(failing | {"stage": "processing"}, match={"task_key": "late"})
    life.mock.faults.add({"type": "task_invalid", "after_ms": 9_000}, match={"task_key": "lost"})
    soon, late, lost = (create(life.mock, TaskKey=key) for key in ("soon", "late", "lost"))
    life.mock.advance(5_000)
    mock = life.kill()
    mock.advance(4_000)
    assert status(mock, lost["TaskId"]) == "INVALID"
    mock.advance(1_000)
    assert status(mock, soon["TaskId"]) == "FAILED"
    assert status(mock, late["TaskId"]) == "NEW"
    stop(mock, late["TaskId"])
    mock.advance(1_000)
    assert status(mock, late["TaskId"]) == "FAILED"
    history = state(mock, late["TaskId"])["history"]
    assert [step["event"] for step in history] == ["CREATE", "STOP_AND_PROCESS", "FAIL"]


def test_a_meeting_still_ends_after_24_hours(lives: Start) -> None:
    life = lives(clock="virtual")
    task = create(life.mock)
    life.mock.advance(23 * 3_600_000)
    mock = life.kill()
    mock.advance(3_600_000 - 1)
    assert status(mock, task["TaskId"]) == "NEW"
    mock.advance(1)
    assert status(mock, task["TaskId"]) == "COMPLETED"


def scopes(mock: MockTingwu) -> list[Json]:
    found: list[Json] = httpx.get(f"{mock.url}/_mock/scopes").json()["scopes"]
    return found


def create_of(mock: MockTingwu, app_key: str, **source: Any) -> Json:
    body = {
        "AppKey": app_key,
        "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000, **source},
    }
    data: Json = httpx.put(f"{mock.url}{TASKS}?type=realtime", json=body).json()["Data"]
    return data
