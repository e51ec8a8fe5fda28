"""The life of an offline task: on the way, done, failed, run again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from tests.offline import tasks
from tests.realtime import helpers
from tests.realtime.helpers import Json, info, status


def test_a_task_for_a_file_is_ongoing_at_once_and_has_nothing_to_push_to(mock: MockTingwu) -> None:
    data = tasks.create(mock, TaskKey="weekly")
    assert list(data) == ["TaskId", "TaskKey", "TaskStatus"]
    assert (data["TaskKey"], data["TaskStatus"]) == ("weekly", "ONGOING")
    assert tasks.finished(mock, data["TaskId"])["TaskKey"] == "weekly"


def test_results_appear_one_by_one_while_the_task_is_ongoing(virtual_mock: MockTingwu) -> None:
    mock = virtual_mock
    task_id = tasks.create(mock, parameters=tasks.EVERYTHING)["TaskId"]
    seen: list[tuple[str, ...]] = []
    for _ in range(8):
        data = info(mock, task_id)
        kinds = tuple(data.get("Result", {}))
        assert data["TaskStatus"] == ("COMPLETED" if len(kinds) == 6 else "ONGOING")
        seen.append(kinds)
        mock.advance(5)
    assert seen[0] == ()
    assert seen[1] == ("Transcription",)
    assert all(set(a) <= set(b) and len(b) - len(a) <= 1 for a, b in pairwise(seen))
    assert len(seen[-1]) == 6


def test_a_second_task_of_the_same_file_hears_the_same_length(mock: MockTingwu) -> None:
    lengths = {
        tasks.result(tasks.done(mock), "Transcription")["AudioInfo"]["Duration"] for _ in range(3)
    }
    assert len(lengths) == 1


def test_the_same_file_says_the_same_every_time(mock: MockTingwu) -> None:
    said = {tuple(tasks.texts(tasks.done(mock, f"{tasks.IMAGINED}?Expires={n}"))) for n in range(4)}
    assert len(said) == 1


def test_the_same_requests_make_the_same_bytes(start_mock: Callable[..., MockTingwu]) -> None:
    def run() -> tuple[Any, ...]:
        mock = start_mock(seed=7)
        data = tasks.done(mock, parameters=tasks.EVERYTHING)
        files = [httpx.get(data["Result"][kind]).content for kind in sorted(data["Result"])]
        return data["TaskId"], files

    assert run() == run()


def test_the_recording_is_described(mock: MockTingwu) -> None:
    audio = tasks.result(tasks.done(mock, SourceLanguage="en"), "Transcription")["AudioInfo"]
    assert list(audio) == ["Size", "Duration", "SampleRate", "Language"]
    assert audio["Language"] == "en"
    assert audio["Size"] > audio["Duration"] > 0


def test_stop_does_not_touch_a_task_for_a_file(mock: MockTingwu) -> None:
    task_id = tasks.create(mock)["TaskId"]
    assert helpers.stop(mock, task_id) in ("ONGOING", "COMPLETED")
    assert tasks.finished(mock, task_id)["TaskStatus"] == "COMPLETED"


def test_stop_is_no_operation_of_offline_tasks(mock: MockTingwu) -> None:
    answer = tasks.put(mock, tasks.body_of(), "type=offline&operation=stop")
    assert (answer.status_code, answer.json()["Code"]) == (400, "InvalidOperation")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ({"FileUrl": None}, "MissingFileUrl"),
        ({"FileUrl": ""}, "InvalidFileUrl"),
        ({"FileUrl": 5}, "InvalidFileUrl"),
        ({"SourceLanguage": None}, "BRK.InvalidLanguage"),
        ({"SourceLanguage": "tlh"}, "BRK.InvalidLanguage"),
        ({"LanguageHints": ["tlh"]}, "BRK.InvalidLanguage"),
        ({"OutputPath": 5}, "BRK.InvalidOssPath"),
        ({"ProgressiveCallbacksEnabled": "perhaps"}, "BRK.InvalidOutputEnabledSetting"),
        ({"AudioChannelMode": 2}, "InvalidAudioChannelMode"),
    ],
)
def test_what_is_wrong_with_the_request_is_told_at_once(
    mock: MockTingwu, source: Json, code: str
) -> None:
    answer = tasks.put(mock, tasks.body_of(**source))
    assert (answer.status_code, answer.json()["Code"]) == (400, code)
    assert httpx.get(f"{mock.url}/_mock/tasks").json() == {"tasks": []}


def test_an_offline_task_needs_an_app_key(mock: MockTingwu) -> None:
    body = tasks.body_of()
    del body["AppKey"]
    assert tasks.put(mock, body).json()["Code"] == "BRK.InvalidAppKey"


# What is wrong with the file fails the task, not the request


@pytest.mark.parametrize(
    ("url", "source", "code"),
    [
        ("ftp://files.example.com/a.mp3", {}, "TSC.AudioFileLink"),
        ("nonsense", {}, "TSC.AudioFileLink"),
        ("http://a\u2100b/x.mp3", {"SourceLanguage": "auto"}, "TSC.AudioFileLink"),
        ("http://[::1/x.mp3", {"SourceLanguage": "auto"}, "TSC.AudioFileLink"),
        ("https://files.example.com/my meeting.mp3", {}, "TSC.AudioFileLink"),
        ("http://203.0.113.7/a.mp3", {}, "TSC.AudioFileLink"),
        ("https://files.example.com/minutes.pdf", {}, "TSC.FileType"),
        ("https://files.example.com/a.mp3?mock.duration_ms=21600001", {}, "TSC.AudioDuration"),
        ("https://files.example.com/a.mp3?mock.size=6442450945", {}, "TSC.AudioFileSize"),
        ("https://files.example.com/a.mp3?mock.size=0", {}, "TSC.FileError"),
        ("https://files.example.com/a.mp3?mock.sample_rate=7999", {}, "TSC.AudioSampleRate"),
        (
            "https://files.example.com/a.mp3?mock.sample_rate=8000",
            {"SourceLanguage": "ja"},
            "TSC.AudioSampleRate",
        ),
        (
            "https://files.example.com/a.mp3?mock.sample_rate=8000",
            {"SourceLanguage": "auto"},
            "TSC.AudioSampleRate",
        ),
    ],
)
def test_a_file_that_the_service_does_not_take_fails_its_task(
    mock: MockTingwu, url: str, source: Json, code: str
) -> None:
    assert tasks.failed(mock, url, **source)[0] == code


def test_a_failed_task_can_be_asked_for_ever_after_and_the_journal_knows_why(
    virtual_mock: MockTingwu,
) -> None:
    mock = virtual_mock
    task_id = tasks.create(mock, "http://203.0.113.7/a.mp3", TaskKey="k")["TaskId"]
    mock.advance(40 * 24 * 60 * 60 * 1000)
    data = info(mock, task_id)
    assert (data["TaskStatus"], data["TaskKey"]) == ("FAILED", "k")
    assert (data["ErrorCode"], data["ErrorMessage"]) == (
        "TSC.AudioFileLink",
        "Audio file link invalid.",
    )
    assert "203.0.113.7" in tasks.why(mock, task_id)


def test_the_limits_themselves_are_within_the_limits(mock: MockTingwu) -> None:
    url = "https://files.example.com/a.mp3?mock.duration_ms=21600000&mock.size=6442450944"
    audio = tasks.result(tasks.done(mock, url), "Transcription")["AudioInfo"]
    assert (audio["Duration"], audio["Size"]) == (21_600_000, 6_442_450_944)


def test_a_day_s_quota_is_used_up_and_comes_back_the_next_day(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(clock="virtual", offline_quota_minutes=10)
    url = "https://files.example.com/a.mp3?mock.duration_ms=360000"
    first = tasks.create(mock, url)["TaskId"]
    mock.advance(1000)
    second = tasks.create(mock, url)["TaskId"]
    mock.advance(1000)
    assert status(mock, first) == "COMPLETED"
    data = info(mock, second)
    assert data["ErrorCode"] == "PRE.AudioDurationQuotaLimit"
    assert "quota limit" in data["ErrorMessage"]
    mock.advance(24 * 60 * 60 * 1000)
    third = tasks.create(mock, url)["TaskId"]
    mock.advance(1000)
    assert status(mock, third) == "COMPLETED"


def test_recordings_that_come_together_do_not_use_the_same_quota(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(offline_quota_minutes=13)
    url = "https://files.example.com/a.mp3?mock.duration_ms=360000"
    ids = [tasks.create(mock, url)["TaskId"] for _ in range(6)]
    ended = [tasks.finished(mock, task_id)["TaskStatus"] for task_id in ids]
    assert ended == ["COMPLETED"] * 2 + ["FAILED"] * 4


# Languages and speakers


@pytest.mark.parametrize(
    ("url", "language"),
    [
        ("https://files.example.com/standup-en.mp3", "en"),
        ("https://files.example.com/ja/0412.mp3", "ja"),
        ("https://files.example.com/meeting.yue.m4a?x=ko", "yue"),
        ("https://files.example.com/0412.mp3", "cn"),
    ],
)
def test_auto_hears_the_language_that_the_file_s_name_tells(
    mock: MockTingwu, url: str, language: str
) -> None:
    data = tasks.done(mock, url, SourceLanguage="auto")
    assert tasks.result(data, "Transcription")["AudioInfo"]["Language"] == language


def test_auto_hears_the_language_of_the_script_that_was_registered(mock: MockTingwu) -> None:
    mock.script({"language": "ko", "sentences": ["안녕하세요."]}, file_url=tasks.IMAGINED)
    data = tasks.done(mock, f"{tasks.IMAGINED}?Signature=abc", SourceLanguage="auto")
    assert tasks.result(data, "Transcription")["AudioInfo"]["Language"] == "ko"
    assert set(tasks.texts(data)) == {"안녕하세요."}


def test_hints_narrow_multilingual_speech(mock: MockTingwu) -> None:
    data = tasks.done(mock, SourceLanguage="multilingual", LanguageHints=["en"])
    assert tasks.texts(data)
    assert all(text.isascii() for text in tasks.texts(data))


@pytest.mark.parametrize(("count", "speakers"), [(0, {"1", "2", "3"}), (2, {"1", "2"}), (1, {"1"})])
def test_no_more_speakers_are_told_apart_than_asked_for(
    mock: MockTingwu, count: int, speakers: set[str]
) -> None:
    lines = [{"speaker": name, "text": f"我是{name}。"} for name in ("甲", "乙", "丙")]
    mock.script({"language": "cn", "sentences": lines}, file_url=tasks.IMAGINED)
    parameters = {
        "Transcription": {"DiarizationEnabled": True, "Diarization": {"SpeakerCount": count}}
    }
    paragraphs = tasks.result(tasks.done(mock, parameters=parameters), "Transcription")[
        "Paragraphs"
    ]
    assert {paragraph["SpeakerId"] for paragraph in paragraphs} == speakers


# A second run


def test_a_completed_task_runs_again_with_other_parameters(mock: MockTingwu) -> None:
    first = tasks.done(mock, parameters={"AutoChaptersEnabled": True}, TaskKey="k")
    transcription = httpx.get(first["Result"]["Transcription"]).content
    answer = tasks.rerun(mock, first["TaskId"], {"SummarizationEnabled": True})
    assert answer.json()["Data"] == {
        "TaskId": first["TaskId"],
        "TaskKey": "k",
        "TaskStatus": "ONGOING",
    }
    again = tasks.finished(mock, first["TaskId"])
    assert list(again["Result"]) == ["Transcription", "AutoChapters", "Summarization"]
    assert httpx.get(again["Result"]["Transcription"]).content == transcription
    assert tasks.result(again, "Summarization")["ParagraphSummary"]


def test_what_is_made_again_is_not_there_until_it_is_new(virtual_mock: MockTingwu) -> None:
    mock = virtual_mock
    task_id = tasks.create(mock, parameters={"AutoChaptersEnabled": True})["TaskId"]
    mock.advance(1000)
    fine = tasks.result(info(mock, task_id), "AutoChapters")
    parameters = {"AutoChaptersEnabled": True, "AutoChapters": {"ChapterGranularity": "Coarse"}}
    assert tasks.rerun(mock, task_id, parameters).status_code == 200
    assert list(info(mock, task_id)["Result"]) == ["Transcription"]
    assert status(mock, task_id) == "ONGOING"
    mock.advance(1000)
    assert status(mock, task_id) == "COMPLETED"
    assert len(tasks.result(info(mock, task_id), "AutoChapters")) < len(fine)


def test_a_completed_realtime_meeting_runs_again_through_the_offline_call(
    mock: MockTingwu, recording: bytes
) -> None:
    task = helpers.create(mock)
    with helpers.pusher(task) as client:
        client.start()
        client.push(recording)
        client.stop()
    assert helpers.stop(mock, task["TaskId"]) == "COMPLETED"
    assert tasks.rerun(mock, task["TaskId"], {"AutoChaptersEnabled": True}).status_code == 200
    data = tasks.finished(mock, task["TaskId"])
    assert tasks.result(data, "AutoChapters")
    assert "Size" not in tasks.result(data, "Transcription")["AudioInfo"]


@pytest.mark.parametrize("parameters", [{}, {"Transcription": {"DiarizationEnabled": True}}])
def test_a_second_run_must_ask_for_something_that_can_be_made_again(
    mock: MockTingwu, parameters: Json
) -> None:
    task_id = tasks.done(mock)["TaskId"]
    answer = tasks.rerun(mock, task_id, parameters)
    assert (answer.status_code, answer.json()["Code"]) == (400, "BRK.InvalidOutputEnabledSetting")
    assert status(mock, task_id) == "COMPLETED"


def test_a_second_run_of_a_meeting_cannot_ask_for_slides_alone(
    mock: MockTingwu,
) -> None:
    task_id = helpers.create(mock)["TaskId"]
    assert helpers.stop(mock, task_id) == "COMPLETED"
    answer = tasks.rerun(mock, task_id, {"PptExtractionEnabled": True})
    assert answer.json()["Code"] == "BRK.InvalidOutputEnabledSetting"


def test_a_task_that_is_not_completed_is_not_run_again(virtual_mock: MockTingwu) -> None:
    mock = virtual_mock
    running = tasks.create(mock)["TaskId"]
    failing = tasks.create(mock, "https://files.example.com/a.pdf")["TaskId"]
    pushed = helpers.create(mock)["TaskId"]
    mock.advance(1)
    for task_id, present in ((running, "ONGOING"), (failing, "FAILED"), (pushed, "NEW")):
        assert status(mock, task_id) == present
        answer = tasks.rerun(mock, task_id, {"AutoChaptersEnabled": True})
        assert (answer.status_code, answer.json()["Code"]) == (400, "InvalidTaskId")
        assert status(mock, task_id) == present
        assert present in tasks.why(mock, task_id)


def test_a_task_that_does_not_exist_is_not_run_again(mock: MockTingwu) -> None:
    answer = tasks.rerun(mock, "0" * 32, {"AutoChaptersEnabled": True})
    assert (answer.status_code, answer.json()["Code"]) == (400, "InvalidTaskId")


# Where results are put


def test_results_are_in_the_bucket_and_folder_of_output_path(mock: MockTingwu) -> None:
    data = tasks.done(
        mock,
        parameters={"Transcoding": {"SpectrumEnabled": True}},
        OutputPath="oss://my-minutes/2026/周会/",
    )
    link = data["Result"]["Transcription"]
    start = f"{mock.url}/oss/my-minutes/2026/%E5%91%A8%E4%BC%9A/{data['TaskId']}_"
    assert link.startswith(f"{start}Transcription_")
    assert data["OutputSpectrumPath"].startswith(start)
    assert httpx.get(link).status_code == 200
    assert httpx.get(data["OutputSpectrumPath"]).status_code == 200
    elsewhere = link.replace("/my-minutes/", "/your-minutes/")
    assert httpx.get(elsewhere).status_code == 403


def test_a_folder_alone_is_one_of_the_project_s_bucket(mock: MockTingwu) -> None:
    data = tasks.done(mock, OutputPath="minutes/2026")
    assert "/oss/mock-tingwu-output/minutes/2026/" in data["Result"]["Transcription"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("oss://My_Bucket/x", "BRK.InvalidOssBucket"),
        ("oss:///x", "BRK.InvalidOssBucket"),
        ("oss://not-mine/x", "BRK.InvalidOssBucket"),
        ("/x", "BRK.InvalidOssPath"),
        ("a/../b", "BRK.InvalidOssPath"),
        ("a//b", "BRK.InvalidOssPath"),
        ("a\\b", "BRK.InvalidOssPath"),
        ("https://mine.oss-cn-beijing.aliyuncs.com/x", "BRK.InvalidOssPath"),
        ("oss://mine/" + "x" * 801, "BRK.InvalidOssPath"),
    ],
)
def test_an_output_path_that_is_none_is_refused(
    start_mock: Callable[..., MockTingwu], path: str, code: str
) -> None:
    mock = start_mock(oss_buckets="mine,ours")
    answer = tasks.put(mock, tasks.body_of(OutputPath=path))
    assert (answer.status_code, answer.json()["Code"]) == (400, code)
    assert tasks.put(mock, tasks.body_of(OutputPath="oss://ours/x")).status_code == 200


# Many at once


def test_a_bucket_that_is_not_ours_is_told_in_the_journal(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(oss_buckets="mine")
    tasks.put(mock, tasks.body_of(OutputPath="oss://yours/x"))
    assert any("yours is not one of oss_buckets mine" in str(e.get("text")) for e in mock.journal)


def test_sixty_tasks_end_on_their_own(mock: MockTingwu) -> None:
    ids = [tasks.create(mock, f"https://files.example.com/{n}.mp3")["TaskId"] for n in range(60)]
    assert {tasks.finished(mock, task_id)["TaskStatus"] for task_id in ids} == {"COMPLETED"}


def test_reset_forgets_tasks_that_are_being_read(mock: MockTingwu) -> None:
    task_id = tasks.create(mock)["TaskId"]
    mock.reset()
    assert status(mock, task_id) == "INVALID"
    assert tasks.done(mock)["TaskId"] == task_id


def test_a_link_to_what_a_second_run_replaces_goes_on_leading_there(
    virtual_mock: MockTingwu,
) -> None:
    fine = {"AutoChaptersEnabled": True}
    task_id = tasks.create(virtual_mock, parameters=fine)["TaskId"]
    virtual_mock.advance(10_000)
    link = info(virtual_mock, task_id)["Result"]["AutoChapters"]
    before = httpx.get(link).json()
    coarse = fine | {"AutoChapters": {"ChapterGranularity": "Coarse"}}
    assert tasks.rerun(virtual_mock, task_id, coarse).status_code == 200
    assert httpx.get(link).json() == before
    virtual_mock.advance(10_000)
    assert httpx.get(link).json() == before
    after = httpx.get(info(virtual_mock, task_id)["Result"]["AutoChapters"]).json()
    assert len(after["AutoChapters"]) < len(before["AutoChapters"])
    virtual_mock.advance(31 * 24 * 3600 * 1000)
    assert httpx.get(link).status_code == 403


def test_results_come_in_their_order_also_after_a_second_run(mock: MockTingwu) -> None:
    data = tasks.done(mock, parameters={"TextPolishEnabled": True})
    again = {"AutoChaptersEnabled": True} | TRANSLATED
    assert tasks.rerun(mock, data["TaskId"], again).status_code == 200
    data = tasks.finished(mock, data["TaskId"])
    assert list(data["Result"]) == ["Transcription", "Translation", "AutoChapters", "TextPolish"]


TRANSLATED = {"TranslationEnabled": True, "Translation": {"TargetLanguages": ["en"]}}


def test_a_second_run_of_a_sound_cannot_ask_for_slides_alone(mock: MockTingwu) -> None:
    data = tasks.done(mock, "https://files.example.com/a.mp3")
    answer = tasks.rerun(mock, data["TaskId"], {"PptExtractionEnabled": True})
    assert answer.json()["Code"] == "BRK.InvalidOutputEnabledSetting"


def test_a_second_run_is_its_project_s(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock(app_keys={"app": ""})
    data = tasks.done(mock)
    body = {"Input": {"TaskId": data["TaskId"]}, "Parameters": {"TextPolishEnabled": True}}
    answer = tasks.put(mock, body | {"AppKey": "other"})
    assert answer.json()["Code"] == "BRK.InvalidAppKey"
    assert tasks.put(mock, body | {"AppKey": "app"}).status_code == 200


def test_a_second_run_of_no_task_is_told_first(mock: MockTingwu) -> None:
    body = tasks.body_of()
    body["Input"]["TaskId"] = "0" * 32
    assert tasks.put(mock, body).json()["Code"] == "InvalidTaskId"
