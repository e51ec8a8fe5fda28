"""The life of a task: created, asked for, done, failed, worked on again, ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from tests.conftest import RECORDING
from tests.dashscope.helpers import (
    AUDIO,
    EVERYTHING,
    GENERATION,
    IMAGINED,
    PATHS,
    SHORT,
    Json,
    asked,
    begin,
    body_of,
    call,
    create,
    done,
    download,
    end,
    error,
    finished,
    get,
    notes,
    paths,
    query,
    result,
    said,
    why,
)

DAY = 24 * 60 * 60 * 1000
NO_SUCH_TASK = (400, "Agent.InputInvalidDataId", "Agent Input invalid dataId.")
TEXT = "张三：大家好，我们开始吧。\n李四: 好的，我先来说说进度/计划。\n\n张三：请讲。"


@pytest.fixture
def mock(virtual_mock: MockTingwu) -> MockTingwu:
    """A mock whose clock stands still."""
    return virtual_mock


# createTask


def test_a_task_for_a_recording_is_answered_with_its_id(mock: MockTingwu) -> None:
    answer = asked(mock)
    body = answer.json()
    assert answer.status_code == 200
    assert list(body) == ["output", "usage", "request_id"]
    assert list(body["output"]) == ["dataId"]
    assert re.fullmatch("[A-Za-z0-9]{12}", body["output"]["dataId"])
    assert body["usage"] == {}
    assert body["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["content-type"] == "application/json"


def test_every_task_and_every_answer_has_an_id_of_its_own(mock: MockTingwu) -> None:
    answers = [asked(mock).json() for _ in range(5)]
    assert len({answer["output"]["dataId"] for answer in answers}) == 5
    assert len({answer["request_id"] for answer in answers}) == 5


@pytest.mark.parametrize(
    "path", [GENERATION, f"{GENERATION}/", "/api/v1", "/api/v1/", f"{GENERATION}?x=1"]
)
def test_every_address_that_sdks_post_to_is_one(mock: MockTingwu, path: str) -> None:
    answer = call(mock, body_of(), path)
    assert answer.status_code == 200, answer.text
    asking = {"model": "tingwu-meeting", "input": {"task": "getTask"}}
    asking["input"] = {"task": "getTask", "dataId": answer.json()["output"]["dataId"]}
    assert call(mock, asking, path).json()["output"]["status"] == 1


def test_calls_do_not_wait_for_a_result_that_a_header_wants_later(mock: MockTingwu) -> None:
    refused = call(mock, body_of(), **{"X-DashScope-Async": "enable"})
    assert error(refused) == (
        403,
        "AccessDenied",
        "current user api does not support asynchronous calls",
    )
    assert call(mock, body_of(), **{"X-DashScope-Async": "disable"}).status_code == 200


def test_the_journal_knows_which_task_a_call_has_made(mock: MockTingwu) -> None:
    data_id = create(mock)
    kinds = [e["kind"] for e in mock.journal if e["task_id"] == data_id]
    assert kinds[:2] == ["request", "response"]


# getTask


def test_results_appear_one_by_one_and_are_absent_before(mock: MockTingwu) -> None:
    data_id = create(mock, EVERYTHING)
    seen = []
    for _ in range(len(PATHS) + 2):
        output = get(mock, data_id)
        seen.append([path for path in PATHS if path in output])
        assert paths(output) == set(seen[-1])
        assert output["status"] == (0 if len(seen[-1]) == len(PATHS) else 1)
        mock.advance(5)
    assert seen[0] == []
    assert all(tuple(a) == PATHS[: len(a)] for a in seen)
    assert all(len(b) - len(a) <= 1 for a, b in pairwise(seen))
    assert seen[-1] == list(PATHS)


def test_members_are_in_the_order_of_the_alphabet(mock: MockTingwu) -> None:
    data_id = create(mock, EVERYTHING)
    for _ in range(12):
        body = query(mock, data_id).json()
        assert list(body) == ["output", "usage", "request_id"]
        assert list(body["output"]) == sorted(body["output"])
        mock.advance(5)
    assert set(body["output"]) == {*PATHS, "playbackUrl", "status"}


def test_a_recording_can_be_played(mock: MockTingwu) -> None:
    output = done(mock, {"analysis": {}}, fileUrl=mock.host_file(RECORDING))
    played = httpx.get(output["playbackUrl"])
    assert played.headers["content-type"] == "audio/mpeg"
    assert len(played.content) > 10_000
    audio = result(output, "transcriptionPath")["audioInfo"]
    assert audio["size"] == RECORDING.stat().st_size


def test_links_live_for_24_hours_and_not_longer(mock: MockTingwu) -> None:
    data_id = create(mock, EVERYTHING, fileUrl=SHORT)
    output = finished(mock, data_id)
    links = [output[name] for name in (*PATHS, "playbackUrl")]
    mock.advance(DAY - 1_000)
    assert {download(link).status_code for link in links} == {200}
    mock.advance(2_000)
    assert {download(link).status_code for link in links} == {403}
    again = get(mock, data_id)
    assert {download(again[name]).status_code for name in (*PATHS, "playbackUrl")} == {200}


def test_links_lead_back_the_way_the_caller_came(mock: MockTingwu) -> None:
    data_id = create(mock, {"transcription": {"model": "cn"}})
    mock.advance(1_000)
    asking = {"model": "tingwu-meeting", "input": {"task": "getTask", "dataId": data_id}}
    output = call(mock, asking, host="dashscope.aliyuncs.com").json()["output"]
    place = r"/oss/[a-z-]+/agentic/prepub/CommonDataField/transcription/\d{16}/llm-[0-9a-f]{16}"
    day = r"/\d{4}/\d\d/\d\d/[0-9a-f]{32}\?Expires="
    link = output["transcriptionPath"]
    assert re.match(f"http://dashscope.aliyuncs.com{place}{day}", link)


# Failure


@pytest.mark.parametrize(
    ("url", "code", "message"),
    [
        ("https://files.example.com/minutes.pdf", "TSC.FileType", "File type invalid."),
        ("http://203.0.113.7/a.mp3", "TSC.AudioFileLink", "Audio file link invalid."),
        ("nonsense", "TSC.AudioFileLink", "Audio file link invalid."),
        ("https://files.example.com/a.mp3?mock.size=0", "TSC.FileError", "File cannot be read."),
        (
            "https://files.example.com/a.mp3?mock.task_failed=TSC.AudioFormat",
            "TSC.AudioFormat",
            "Audio format invalid.",
        ),
    ],
)
def test_a_failed_task_is_an_answer_like_any_other(
    mock: MockTingwu, url: str, code: str, message: str
) -> None:
    data_id = create(mock, EVERYTHING, fileUrl=url)
    mock.advance(40 * DAY)
    answer = query(mock, data_id)
    assert answer.status_code == 200
    assert answer.json()["output"] == {"errorCode": code, "errorMessage": message, "status": 2}


def test_a_task_may_fail_with_some_of_its_results_made(mock: MockTingwu) -> None:
    failing = {"type": "task_failed", "error_code": "PRE.Own", "error_message": "no more"}
    mock.faults.add(failing | {"after_ms": 7})
    data_id = begin(mock, EVERYTHING)
    end(mock, data_id)
    mock.advance(5)
    assert get(mock, data_id)["status"] == 1
    mock.advance(5)
    output = get(mock, data_id)
    assert (output["status"], output["errorCode"], output["errorMessage"]) == (
        2,
        "PRE.Own",
        "no more",
    )
    assert paths(output) == {"transcriptionPath"}


#: A result that can fail by itself: its kind, and where it would be.
PARTS = [
    ("Translation", "translationsPath"),
    ("AutoChapters", "autoChaptersPath"),
    ("MeetingAssistance", "meetingAssistancePath"),
    ("Summarization", "summarizationPath"),
    ("PptExtraction", "pptExtractionPath"),
    ("TextPolish", "textPolishPath"),
    ("CustomPrompt", "customPromptPath"),
]


@pytest.mark.parametrize("how", ["rule", "marker"])
@pytest.mark.parametrize(("kind", "path"), PARTS)
def test_a_result_that_could_not_be_made_is_null_and_the_task_is_done(
    mock: MockTingwu, kind: str, path: str, how: str
) -> None:
    url = IMAGINED
    if how == "rule":
        mock.faults.add({"type": "subtask_failed", "kind": kind}, match={"app_key": "tw_app"})
    else:
        url += f"?mock.subtask_failed={kind}"
    data_id = create(mock, EVERYTHING, fileUrl=url)
    mock.advance(0)
    assert path not in get(mock, data_id)
    mock.advance(1_000)
    answer = query(mock, data_id)
    output = answer.json()["output"]
    assert f'"{path}":null' in answer.text
    assert output["status"] == 0
    assert {name for name in PATHS if output[name] is not None} == {*PATHS} - {path}
    (fault,) = [entry for entry in mock.journal if entry["kind"] == "fault"]
    assert fault["text"] == f"the task has no result {kind}"


def test_a_second_run_makes_what_has_failed(mock: MockTingwu) -> None:
    mock.faults.add({"type": "subtask_failed", "kind": "AutoChapters"}, times=1)
    data_id = create(mock, EVERYTHING)
    assert finished(mock, data_id)["autoChaptersPath"] is None
    again = {"analysis": {"autoChaptersEnabled": True}}
    assert asked(mock, again, dataId=data_id).status_code == 200
    assert "autoChaptersPath" not in get(mock, data_id)
    assert finished(mock, data_id)["autoChaptersPath"]


def test_several_results_may_fail_at_once(mock: MockTingwu) -> None:
    mock.faults.add({"type": "subtask_failed", "kind": "AutoChapters"}, times=1)
    url = f"{IMAGINED}?mock.subtask_failed=TextPolish&mock.subtask_failed=CustomPrompt"
    output = done(mock, EVERYTHING, fileUrl=url)
    failed = {name for name in PATHS if output[name] is None}
    assert failed == {"autoChaptersPath", "textPolishPath", "customPromptPath"}
    output = done(mock, EVERYTHING)
    assert None not in output.values()


# Texts


def test_a_text_is_what_was_said(mock: MockTingwu) -> None:
    output = done(mock, text=TEXT)
    assert said(output) == ["大家好，我们开始吧。", "好的，我先来说说进度/计划。", "请讲。"]
    transcription = result(output, "transcriptionPath")
    assert list(transcription["audioInfo"]) == ["duration"]
    assert [p["speakerId"] for p in transcription["paragraphs"]] == ["1", "2", "1"]
    ends = [word["end"] for p in transcription["paragraphs"] for word in p["words"]]
    assert ends == sorted(ends)
    assert transcription["audioInfo"]["duration"] == ends[-1]


def test_a_text_has_nothing_to_be_played_and_no_slides(mock: MockTingwu) -> None:
    output = done(mock, EVERYTHING, text=TEXT)
    assert paths(output) == {*PATHS} - {"pptExtractionPath"}
    assert "playbackUrl" not in output


@pytest.mark.parametrize(
    "words",
    [
        "We talk about input/output and/or nothing / at all.",
        "他 / 她 来/不来 10/3 号。",
        "ends with a slash/",
        "/",
        "...",
        "10:30, that is: now",
        "😀",
    ],
)
def test_a_text_is_not_changed(mock: MockTingwu, words: str) -> None:
    assert said(done(mock, text=f"A: {words}")) == [words]


def test_a_text_has_no_slides_when_it_is_worked_on_again_either(mock: MockTingwu) -> None:
    data_id = create(mock, {"transcription": {"model": "cn"}}, text=TEXT)
    finished(mock, data_id)
    assert asked(mock, EVERYTHING, dataId=data_id).status_code == 200
    assert paths(finished(mock, data_id)) == {*PATHS} - {"pptExtractionPath"}


def test_a_text_is_read_in_its_own_language(mock: MockTingwu) -> None:
    parameters = {"transcription": {"model": "cn"}, "analysis": {"fullSummaryEnabled": True}}
    output = done(mock, parameters, text="Ann: Good morning, let us talk about the budget.")
    assert result(output, "summarizationPath")["paragraphSummary"].isascii()


def test_a_task_for_a_text_can_be_made_to_fail(mock: MockTingwu) -> None:
    mock.faults.add({"type": "task_failed", "error_code": "TSC.FileError"})
    assert finished(mock, create(mock, text=TEXT))["errorCode"] == "TSC.FileError"


# Working again on what was heard


def test_a_finished_task_is_worked_on_again_and_keeps_what_it_had(mock: MockTingwu) -> None:
    data_id = create(mock, {"analysis": {"autoChaptersEnabled": True}})
    before = finished(mock, data_id)
    parameters = {"analysis": {"fullSummaryEnabled": True, "autoChaptersEnabled": False}}
    answer = asked(mock, parameters, dataId=data_id)
    assert answer.json()["output"] == {"dataId": data_id}
    assert get(mock, data_id)["status"] == 1
    mock.advance(1_000)
    after = get(mock, data_id)
    assert paths(after) == {"transcriptionPath", "autoChaptersPath", "summarizationPath"}
    for path in ("transcriptionPath", "autoChaptersPath"):
        assert result(after, path) == result(before, path)


@pytest.mark.parametrize("interval", [0, 5])
def test_what_is_made_again_is_new(start_mock: Callable[..., MockTingwu], interval: int) -> None:
    mock = start_mock(clock="virtual", result_interval_ms=interval)

    def chapters(granularity: str) -> Json:
        analysis = {"autoChaptersEnabled": True, "autoChapterGranularity": granularity}
        return {"analysis": analysis}

    data_id = create(mock, chapters("Meticulous"))
    # Without intervals the second run is within the same ms.
    mock.advance(10 * interval)
    fine = get(mock, data_id)
    many = result(fine, "autoChaptersPath")
    assert asked(mock, chapters("Coarse"), dataId=data_id).status_code == 200
    if interval:
        assert paths(get(mock, data_id)) == {"transcriptionPath"}
        assert result(fine, "autoChaptersPath") == many
    mock.advance(10 * interval)
    again = get(mock, data_id)
    assert again["status"] == 0
    assert len(result(again, "autoChaptersPath")) < len(many)


def test_without_parameters_a_task_is_worked_on_again_as_its_app_says(mock: MockTingwu) -> None:
    data_id = create(mock, {"transcription": {"model": "cn"}})
    assert paths(finished(mock, data_id)) == {"transcriptionPath"}
    assert asked(mock, dataId=data_id).status_code == 200
    usual = {"transcriptionPath", "autoChaptersPath", "summarizationPath", "meetingAssistancePath"}
    assert paths(finished(mock, data_id)) == usual


@pytest.mark.parametrize("parameters", [{"transcription": {"model": "cn"}}, {"analysis": {}}])
def test_a_second_run_must_ask_for_something(mock: MockTingwu, parameters: Json) -> None:
    data_id = create(mock)
    before = finished(mock, data_id)
    answer = asked(mock, parameters, dataId=data_id)
    assert error(answer)[:2] == (400, "InvalidParameter")
    assert "nothing" in why(mock, answer)
    assert paths(get(mock, data_id)) == paths(before)


def test_only_a_task_that_is_done_is_worked_on_again(mock: MockTingwu) -> None:
    running = create(mock)
    failed = create(mock, fileUrl="https://files.example.com/a.pdf")
    mock.advance(1)
    meeting = begin(mock)
    for data_id, status in ((running, 1), (failed, 2), (meeting, 3)):
        assert get(mock, data_id)["status"] == status
        assert error(asked(mock, dataId=data_id)) == NO_SUCH_TASK
        assert get(mock, data_id)["status"] == status


def test_a_second_run_is_not_told_which_language_was_spoken(mock: MockTingwu) -> None:
    data_id = create(mock, {"transcription": {"model": "en"}})
    finished(mock, data_id)

    def translated(target: str) -> httpx.Response:
        wanted = {"translationEnabled": True, "translationTargetLang": [target]}
        return asked(mock, {"transcription": wanted}, dataId=data_id)

    assert error(translated("en"))[:2] == (400, "InvalidParameter")
    assert translated("cn").status_code == 200
    assert "translationsPath" in finished(mock, data_id)


# Realtime meetings


def test_a_meeting_is_transcribed_until_it_is_ended(mock: MockTingwu) -> None:
    begun = asked(mock, **AUDIO).json()["output"]
    assert list(begun) == ["dataId", "status"]
    assert begun["status"] == 3
    data_id = begun["dataId"]
    mock.advance(DAY - 1)
    assert get(mock, data_id) == {"status": 3}
    ended = end(mock, data_id)
    assert list(ended.json()) == ["output", "usage", "request_id"]
    assert ended.json()["output"] == {"dataId": data_id, "status": 1}
    mock.advance(1_000)
    output = get(mock, data_id)
    assert output["status"] == 0
    assert said(output) == []


def test_a_meeting_that_is_over_can_be_ended_again_and_nothing_changes(mock: MockTingwu) -> None:
    data_id = begin(mock)
    statuses = [end(mock, data_id).json()["output"]["status"] for _ in range(2)]
    before = finished(mock, data_id)
    again = end(mock, data_id, {"analysis": {"textPolishEnabled": True}})
    statuses.append(again.json()["output"]["status"])
    assert statuses == [1, 1, 0]
    assert paths(finished(mock, data_id)) == paths(before)


def test_nothing_but_its_end_ends_a_meeting_and_that_never_comes_too_late(
    mock: MockTingwu,
) -> None:
    data_id = begin(mock)
    mock.advance(40 * DAY)
    assert get(mock, data_id)["status"] == 3
    assert end(mock, data_id).json()["output"]["status"] == 1
    assert finished(mock, data_id)["status"] == 0


@pytest.mark.parametrize("apps", [None, {"tw_app": {"parameters": {"analysis": {}}}}])
def test_the_end_of_a_meeting_may_say_what_is_to_be_made_of_it(
    start_mock: Callable[..., MockTingwu], apps: Any
) -> None:
    mock = start_mock(clock="virtual", apps=apps)
    wanted = {"textPolishEnabled": True}
    data_id = begin(mock, {"transcription": {"model": "cn"}, "analysis": wanted})
    prompt = {"customPromptEnabled": True, "customPromptContent": "{Transcription}"}
    answer = end(mock, data_id, {"analysis": {"autoChaptersEnabled": True, **prompt}})
    assert answer.json()["output"] == {"dataId": data_id, "status": 1}
    output = finished(mock, data_id)
    made = {"transcriptionPath", "textPolishPath", "autoChaptersPath", "customPromptPath"}
    assert paths(output) == made
    assert [entry["name"] for entry in result(output, "customPromptPath")] == [data_id]


def test_what_the_end_of_a_meeting_names_counts_instead_of_what_its_beginning_said(
    mock: MockTingwu,
) -> None:
    analysis = {"fullSummaryEnabled": True, "mindMapEnabled": True, "autoChaptersEnabled": True}
    data_id = begin(mock, {"analysis": analysis})
    changes = {"fullSummaryEnabled": False, "conversationalEnabled": True}
    end(mock, data_id, {"analysis": changes | {"autoChaptersEnabled": False}})
    finished(mock, data_id)
    options = mock.call(lambda: mock._server.world.default.tasks[data_id].options)
    assert set(options.summarization) == {"MindMap", "Conversational"}
    assert not options.auto_chapters


def test_what_the_end_of_a_meeting_asks_for_in_vain_is_noted(mock: MockTingwu) -> None:
    data_id = begin(mock)
    prompt = {"customPromptEnabled": True, "customPromptContent": "no place for it"}
    assert end(mock, data_id, {"analysis": prompt}).status_code == 200
    assert "customPromptContent has no {Transcription}" in "\n".join(notes(mock, data_id))


def test_the_end_of_a_meeting_is_refused_with_parameters_that_are_none(mock: MockTingwu) -> None:
    data_id = begin(mock)
    answer = end(mock, data_id, {"analysis": {"mindMapFormat": "round"}})
    assert error(answer)[:2] == (400, "InvalidParameter")
    assert "mindMapFormat" in why(mock, answer)
    assert get(mock, data_id)["status"] == 3


def test_only_meetings_are_ended(mock: MockTingwu) -> None:
    data_id = create(mock)
    for given in (data_id, "fgVnGvkqj5xA"):
        assert error(end(mock, given)) == NO_SUCH_TASK
    assert get(mock, data_id)["status"] == 1


def test_a_meeting_that_was_ended_is_worked_on_again(mock: MockTingwu) -> None:
    data_id = begin(mock, {"transcription": {"model": "cn"}})
    end(mock, data_id)
    finished(mock, data_id)
    assert asked(mock, {"analysis": {"textPolishEnabled": True}}, dataId=data_id).status_code == 200
    assert paths(finished(mock, data_id)) == {"transcriptionPath", "textPolishPath"}


def test_a_task_is_gone_on_with_by_the_app_that_has_made_it(mock: MockTingwu) -> None:
    recording, meeting = create(mock), begin(mock)
    finished(mock, recording)
    again = asked(mock, dataId=recording, appId="tw_other")
    ended = asked(mock, type="realtime", dataId=meeting, appId="tw_other")
    for answer in (again, ended):
        assert error(answer) == NO_SUCH_TASK
        assert "one of app 'tw_app'" in why(mock, answer)
    assert (get(mock, recording)["status"], get(mock, meeting)["status"]) == (0, 3)


# Two services


def test_tingwu_and_dashscope_do_not_know_each_other_s_tasks(mock: MockTingwu) -> None:
    tasks = f"{mock.url}/openapi/tingwu/v2/tasks"
    source = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}
    made = httpx.put(f"{tasks}?type=realtime", json={"AppKey": "a", "Input": source})
    task_id, data_id = made.json()["Data"]["TaskId"], begin(mock)
    known = httpx.get(f"{tasks}/{data_id}").json()["Data"]
    assert known == {"TaskId": data_id, "TaskStatus": "INVALID"}
    for answer in (query(mock, task_id), end(mock, task_id), asked(mock, dataId=task_id)):
        assert error(answer) == NO_SUCH_TASK
    stopping = {"Input": {"TaskId": data_id}}
    httpx.put(f"{tasks}?type=realtime&operation=stop", json=stopping)
    assert get(mock, data_id)["status"] == 3


@pytest.mark.parametrize("data_id", ["fgVnGvkqj5xA", "x", "x" * 300, "0" * 32, "任务"])
def test_a_task_that_does_not_exist_is_not_known(mock: MockTingwu, data_id: str) -> None:
    assert error(query(mock, data_id)) == NO_SUCH_TASK


# Determinism


def test_the_same_seed_and_clock_and_requests_make_the_same_bytes(
    start_mock: Callable[..., MockTingwu], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mock_tingwu.server.clock.real_now", lambda: 1_795_000_000_000)

    def run(seed: int) -> list[bytes]:
        mock = start_mock(clock="virtual", seed=seed)
        host = {"host": "dashscope.aliyuncs.com"}
        answers = [call(mock, body_of(EVERYTHING, fileUrl=url), **host) for url in (SHORT, "x")]
        answers.append(call(mock, body_of(**AUDIO), **host))
        mock.advance(1_000)
        for data_id in [answer.json()["output"]["dataId"] for answer in answers]:
            asking = {"model": "tingwu-meeting", "input": {"task": "getTask", "dataId": data_id}}
            answers.append(call(mock, asking, **host))
        answers.append(httpx.post(f"{mock.url}/api/v1/tokens"))
        links = [link for link in answers[3].json()["output"].values() if isinstance(link, str)]
        there = [link.replace("http://dashscope.aliyuncs.com", mock.url) for link in links]
        answers += [download(link) for link in there]
        assert len(answers) == 7 + len(PATHS) + 1
        return [answer.content for answer in answers]

    one, other = run(7), run(7)
    assert one == other
    assert all(a != b for a, b in zip(one[:6], run(8)[:6], strict=True))
