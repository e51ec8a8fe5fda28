"""The results of whole tasks of both services, compared with the script that was heard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.client import (
    AgentInfo,
    DashScopeClient,
    MeetingStream,
    ResultError,
    Results,
    TaskFailed,
    TaskInfo,
    TingwuClient,
    TingwuError,
    Unreachable,
)
from mock_tingwu.client.results import files as files_module
from mock_tingwu.core.script import Script
from mock_tingwu.core.scripts import load_script
from mock_tingwu.core.words import bare
from tests.client import test_client_dashscope as dashscope
from tests.client import test_client_tingwu as tingwu
from tests.conftest import RECORDING, ROOT, SCRIPT
from tests.dashscope.helpers import EVERYTHING as AGENT_EVERYTHING
from tests.dashscope.helpers import PATHS, VIDEO
from tests.dashscope.test_http_agents import CONCERNS, PROFILE, ROLES, SALE, profiling
from tests.realtime.test_meeting import EVERYTHING as REALTIME_EVERYTHING

#: Between two questions whether a task is finished, in seconds.
POLL = 0.01
CHINESE = load_script(SCRIPT)
ENGLISH_SCRIPT = ROOT / "fixtures" / "meetings" / "en-incident-review.yaml"
ENGLISH = load_script(ENGLISH_SCRIPT)
EVERYTHING = {
    **REALTIME_EVERYTHING,
    "Transcoding": {},
    "PptExtractionEnabled": True,
    "LlmOutputLanguage": "cn",
}
LINK = "http://127.0.0.1:1/x"


def with_tingwu(mock: MockTingwu, use: Callable[[TingwuClient], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with tingwu.client_of(mock.url) as client:
            return await use(client)

    return asyncio.run(main())


def with_dashscope(mock: MockTingwu, use: Callable[[DashScopeClient], Awaitable[Any]]) -> Any:
    return dashscope.run(dashscope.client_of(mock.url), use)


def loaded(info: TaskInfo, answer: Callable[[httpx.Request], Any]) -> Results:
    """The results behind links whose requests are answered so."""

    async def load() -> Results:
        client = tingwu.client_of("http://127.0.0.1:1")
        client._http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        async with client:
            return await client.results(info)

    return asyncio.run(load())


def offline_tingwu(mock: MockTingwu) -> Results:
    mock.script(SCRIPT, task_key="k")
    url = mock.host_file(RECORDING)

    async def transcribe(client: TingwuClient) -> Results:
        task = await client.create_offline(url, task_key="k", parameters=EVERYTHING)
        await client.wait(task.task_id, poll_interval=POLL)
        return await client.results(task.task_id)

    results = with_tingwu(mock, transcribe)
    assert isinstance(results, Results)
    return results


def offline_dashscope(mock: MockTingwu) -> Results:
    mock.script(SCRIPT, app_key=dashscope.APP)
    url = mock.host_file(RECORDING)

    async def transcribe(client: DashScopeClient) -> Results:
        task = await client.create_offline(url, parameters=AGENT_EVERYTHING)
        await client.wait(task.data_id, poll_interval=POLL, check=True)
        return await client.results(task.data_id)

    results = with_dashscope(mock, transcribe)
    assert isinstance(results, Results)
    return results


def compare_speech(results: Results, script: Script) -> None:
    """Every word, sentence and speaker of the beginning of a script was heard, in time."""
    transcript = results.transcript
    assert transcript is not None and transcript.paragraphs and not transcript.extra
    sentences = transcript.sentences
    lines = script.lines[: len(sentences)]
    assert [sentence.text for sentence in sentences] == [line.text for line in lines]
    assert [sentence.id for sentence in sentences] == list(range(1, len(lines) + 1))
    for sentence, line in zip(sentences, lines, strict=True):
        assert [bare(word.text) for word in sentence.words] == [bare(w) for w in line.words]
        assert sentence.begin is not None and sentence.end is not None
        assert sentence.begin == sentence.words[0].begin and sentence.begin < sentence.end
        assert sentence.end == sentence.words[-1].end
    speakers = [line.speaker for line in lines]
    ids = [sentence.speaker_id for sentence in sentences]
    assert len(set(zip(speakers, ids, strict=True))) == len(set(speakers)) == len(set(ids))
    assert transcript.speaker_ids == tuple(dict.fromkeys(ids))
    assert transcript.audio is not None and transcript.audio.duration


def compare_rest(results: Results, script: Script) -> None:
    """What is made of the whole of a script, by both services."""
    said = {line.number: line for line in script.lines}
    (first, *_) = results.translations
    assert [s.text.strip() for s in first.sentences] == [
        line.translations["en"] for line in script.lines
    ]
    assert results.transcript is not None
    assert [p.id for p in first.paragraphs] == [p.id for p in results.transcript.paragraphs]
    assert [c.headline for c in results.chapters] == [c.headline for c in script.chapters]
    assert [c.id for c in results.chapters] == [1, 2]
    assert results.chapters[0].begin == results.transcript.sentences[0].begin
    assistance = results.meeting_assistance
    assert assistance is not None and assistance.keywords == script.keywords
    assert [(a.sentence_id, a.text) for a in assistance.actions] == [
        (action.line, action.text) for action in script.actions
    ]
    assert assistance.classifications is not None
    assert assistance.classifications.meeting and assistance.classifications.meeting > 0.5
    summary = results.summarization
    assert summary is not None and summary.summary
    assert [s.speaker_name for s in summary.speakers] == ["发言人1", "发言人2"]
    assert [(q.question, q.answer) for q in summary.questions] == [
        (question.question, question.answer) for question in script.questions
    ]
    assert summary.questions[0].question_sentence_ids == script.questions[0].asked
    (root,) = summary.mind_map
    assert [topic.title for topic in root.topics] == [c.headline for c in script.chapters]
    assert [leaf.title for topic in root.topics for leaf in topic.topics] == [
        point.leaf for chapter in script.chapters for point in chapter.points
    ]
    polished = "".join(paragraph.text for paragraph in results.text_polish)
    assert polished == "".join(line.polished or line.text for line in script.lines)
    assert [n for p in results.text_polish for n in p.sentence_ids] == list(said)
    assert results.custom_prompts[0].result and results.custom_prompts[0].truncated is False


def test_a_recording_of_tingwu(mock: MockTingwu) -> None:
    results = offline_tingwu(mock)
    compare_speech(results, CHINESE)
    compare_rest(results, CHINESE)
    assert results.extra == {} and len(results.data) == 11
    assert results.task_id == results.data["Transcription"]["TaskId"]
    assert results.summarization is not None and results.summarization.title == CHINESE.title
    assert results.meeting_assistance is not None
    assert [s.sentence_id for s in results.meeting_assistance.key_sentences] == [
        line.number for line in CHINESE.lines if line.key
    ]
    assert results.transcript is not None and results.transcript.audio is not None
    assert (results.transcript.audio.language, results.transcript.audio.sample_rate) == (
        "cn",
        16_000,
    )
    assert results.translation("ja").language == "ja"
    assert [s.text.strip() for s in results.translation("ja").sentences] == [
        line.translations["ja"] for line in CHINESE.lines
    ]
    assert [item.title for item in results.service_inspection] == ["greeting"]
    assert [item.title for item in results.content_extraction] == ["date"]
    assert {one.speaker_id for one in results.identities} == {"1", "2"}
    # No picture, no slides.
    assert results.ppt_extraction is not None and results.ppt_extraction.slides == ()


def test_a_recording_of_dashscope(mock: MockTingwu) -> None:
    results = offline_dashscope(mock)
    compare_speech(results, CHINESE)
    compare_rest(results, CHINESE)
    assert results.extra == {} and set(results.data) == set(PATHS)
    assert results.task_id == results.custom_prompts[0].name
    summary = results.summarization
    assert summary is not None and summary.summary == f"{summary.lead}@#\n\n{summary.points}"
    assert summary.lead and summary.points.startswith("- ")
    assert summary.mind_map[0].topics[0].topics[0].begin is not None


def test_both_services_come_to_the_same_results(mock: MockTingwu) -> None:
    one, other = offline_tingwu(mock), offline_dashscope(mock)
    assert one.transcript is not None and other.transcript is not None
    assert one.transcript.audio == other.transcript.audio
    assert one.transcript.segments == other.transcript.segments
    assert [p.words for p in one.transcript.paragraphs] == [
        p.words for p in other.transcript.paragraphs
    ]
    assert one.chapters == other.chapters
    assert one.to_srt("en") == other.to_srt("en") and one.to_vtt() == other.to_vtt()
    assert one.to_text() == other.to_text()
    assert one.summarization is not None and other.summarization is not None
    assert one.summarization.questions == other.summarization.questions
    assert one.summarization.speakers == other.summarization.speakers


def test_a_meeting_of_tingwu(mock: MockTingwu, recording: bytes) -> None:
    mock.script(ENGLISH_SCRIPT, task_key="k")

    async def meet(client: TingwuClient) -> tuple[Results, Results]:
        task = await client.create_realtime(
            language="en",
            task_key="k",
            parameters=REALTIME_EVERYTHING | {"Translation": {"TargetLanguages": ["cn"]}},
        )
        before = await client.results(task.task_id)
        async with MeetingStream(task.join_url) as stream:
            await stream.send(recording)
            await stream.stop()
        await client.stop(task.task_id)
        info = await client.wait(task.task_id, poll_interval=POLL)
        return before, await client.results(info)

    before, results = with_tingwu(mock, meet)
    assert before == Results(task_id=results.task_id) and before.data == {}
    assert results.transcript is not None and results.transcript.audio is not None
    assert results.transcript.audio.duration and results.transcript.audio.language is None
    # Words carry their spaces, and sentences (which the audio cuts) have one between them.
    text = results.transcript.text.replace("\n", " ")
    assert " ".join(line.text for line in ENGLISH.lines).startswith(text)
    assert text.startswith(ENGLISH.lines[0].text + " " + ENGLISH.lines[1].text)
    translated = results.translation("cn")
    assert translated.sentences[0].text == ENGLISH.lines[0].translations["cn"]
    assert [s.id for s in translated.sentences] == [s.id for s in results.transcript.sentences]
    assert results.extra == {}
    assert "## Transcript\n" in results.to_markdown() and "## Keywords\n" in results.to_markdown()


def test_a_meeting_of_dashscope(mock: MockTingwu, recording: bytes) -> None:
    mock.script(SCRIPT, app_key=dashscope.APP)

    async def meet(client: DashScopeClient) -> Results:
        task = await client.create_realtime(parameters=AGENT_EVERYTHING)
        async with client.stream(task.data_id) as stream:
            await stream.push(recording)
            await stream.stop()
        await client.end_realtime(task.data_id)
        return await client.results(await client.wait(task.data_id, poll_interval=POLL))

    results = with_dashscope(mock, meet)
    compare_speech(results, CHINESE)
    compare_rest(results, CHINESE)
    assert results.extra == {}


def test_slides_of_a_video(mock: MockTingwu) -> None:
    async def watch(client: TingwuClient) -> Results:
        task = await client.create_offline(VIDEO, parameters={"PptExtractionEnabled": True})
        await client.wait(task.task_id, poll_interval=POLL)
        return await client.results(task.task_id)

    results = with_tingwu(mock, watch)
    shown = results.ppt_extraction
    assert shown is not None and shown.available_for_summary
    assert [slide.id for slide in shown.slides] == list(range(1, len(shown.slides) + 1))
    first, second = shown.slides[:2]
    assert first.begin == 0 and first.end == second.begin and first.summary
    assert first.file_url is not None and "Signature=" in first.file_url
    assert "Signature=" not in results.to_markdown()


def test_what_a_sister_agent_finds_out(mock: MockTingwu) -> None:
    async def profile(client: DashScopeClient) -> Results:
        task = await client.create_offline(
            text=SALE, model=PROFILE, parameters=profiling(ROLES, CONCERNS)
        )
        await client.wait(task.data_id, model=PROFILE, poll_interval=POLL, check=True)
        return await client.results(task.data_id, model=PROFILE)

    results = with_dashscope(mock, profile)
    found = results.customer_profile
    assert found is not None and found.summary and found.extra == {}
    assert found.concerned is not None and found.not_mentioned is not None
    assert found.concerned + found.not_mentioned == len(CONCERNS)
    assert found.sale_clue is not None and found.sale_clue.classify
    assert found.drive_intention is not None and found.drive_intention.score is not None
    assert [item.title for item in results.content_extraction] == [c["title"] for c in CONCERNS]
    assert {one.identity for one in results.identities} <= {role["name"] for role in ROLES}
    assert results.extra == {}


def test_fields_that_are_new_are_kept_and_do_no_harm(
    start_mock: Callable[..., MockTingwu],
) -> None:
    results = offline_tingwu(start_mock(profile="awkward"))
    assert results.transcript is not None
    assert [s.text for s in results.transcript.sentences] == [line.text for line in CHINESE.lines]
    assert "extra" in results.to_json()


def test_a_result_that_could_not_be_made_is_named(mock: MockTingwu) -> None:
    mock.faults.add({"type": "subtask_failed", "kind": "AutoChapters"}, times=1)

    async def transcribe(client: DashScopeClient) -> Results:
        task = await client.create_offline(VIDEO, parameters=AGENT_EVERYTHING)
        await client.wait(task.data_id, poll_interval=POLL)
        return await client.results(task.data_id)

    results = with_dashscope(mock, transcribe)
    assert results.failed == ("autoChaptersPath",) and results.chapters == ()
    assert results.summarization is not None


# Errors


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_link_that_fails_is_an_error_that_names_the_kind(mock: MockTingwu, status: int) -> None:
    async def create(client: TingwuClient) -> TaskInfo:
        task = await client.create_offline(VIDEO, parameters={"AutoChaptersEnabled": True})
        return await client.wait(task.task_id, poll_interval=POLL)

    def answer(request: httpx.Request) -> httpx.Response:
        broken = "AutoChapters" in request.url.path
        return httpx.Response(status if broken else 200, json={"Transcription": {}})

    info = with_tingwu(mock, create)
    message = f"The file AutoChapters cannot be downloaded: HTTP {status}"
    with pytest.raises(ResultError, match=message) as failed:
        loaded(info, answer)
    assert failed.value.kind == "AutoChapters"
    assert isinstance(failed.value.__cause__, TingwuError)
    assert failed.value.__cause__.http_status == status


def test_a_server_of_files_that_is_gone_is_an_error_that_names_the_kind(mock: MockTingwu) -> None:
    info = AgentInfo("d", 0, {"textPolishPath": LINK})
    with pytest.raises(ResultError, match="The file textPolishPath cannot be downloaded") as failed:
        with_dashscope(mock, lambda client: client.results(info))
    assert isinstance(failed.value.__cause__, Unreachable)


def test_a_file_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "_FILE_TIMEOUT_S", 0.05)

    async def never(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(ResultError, match=r"TextPolish is still being .* after 0\.05 s"):
        loaded(TaskInfo("t", "COMPLETED", results={"TextPolish": LINK}), never)


def test_a_file_of_another_kind_is_told() -> None:
    client = dashscope.always(200, b'{"Code": "AccessDenied"}')
    info = AgentInfo("d", 0, {"transcriptionPath": LINK})
    message = "The file transcriptionPath is an object with Code, expected a result of that kind"
    with pytest.raises(ResultError, match=message):
        dashscope.run(client, lambda client: client.results(info))


def test_only_a_few_files_are_downloaded_at_a_time() -> None:
    loading, most = 0, 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal loading, most
        loading += 1
        most = max(most, loading)
        for _ in range(10):  # let others begin
            await asyncio.sleep(0)
        loading -= 1
        return httpx.Response(200, json=[])

    links = {f"Kind{number}": LINK for number in range(20)}
    results = loaded(TaskInfo("t", "COMPLETED", results=links), answer)
    assert len(results.data) == 20 and most == 4


def test_a_task_that_failed_without_a_result_is_an_exception(mock: MockTingwu) -> None:
    async def fail(client: TingwuClient) -> None:
        task = await client.create_offline("https://files.example.com/minutes.pdf")
        await client.wait(task.task_id, poll_interval=POLL)
        await client.results(task.task_id)

    with pytest.raises(TaskFailed, match=r"TSC\.FileType"):
        with_tingwu(mock, fail)
