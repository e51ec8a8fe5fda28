"""The control API's scripts: every format is registered, listed, forgotten, and heard exactly."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu, media
from tests.core.test_segmentation import silence, speech
from tests.dashscope import helpers as dashscope
from tests.dashscope.ws_helpers import APP, duplex
from tests.dashscope.ws_helpers import results as dashscope_results
from tests.media_samples import write_wav
from tests.offline import tasks
from tests.offline.test_under_way import Gate
from tests.realtime.helpers import PATIENCE, Json, create, info, pusher, results, stop, until

#: Who says what, and the same in English.
MEETING = [
    ("苏晴", "早上好，我们看一下 A/B 测试。", "Good morning, let's look at the A/B test."),
    ("陈屿", "用户转化率 > 5%，对吧？", "The conversion rate is > 5%, isn't it?"),
    ("苏晴", "对，Q&A 页面周五上线。", "Right, the Q&A page goes live on Friday."),
    ("陈屿", "那我来写发布说明吧。", "Then I'll write the release notes."),
]
TEXTS = [text for _, text, _ in MEETING]
ENGLISH = [text for _, _, text in MEETING]
SENTENCES = [
    {"speaker": who, "text": text, "translations": {"en": english}}
    for who, text, english in MEETING
]
#: As much speech as the meeting has sentences, with a pause behind each.
AUDIO = (speech(2_500) + silence(1_200)) * len(MEETING)


def srt(cues: list[str]) -> str:
    return "\n\n".join(
        f"{n}\n00:00:{3 * n:02},000 --> 00:00:{3 * n + 2:02},500\n{cue}"
        for n, cue in enumerate(cues, 1)
    )


def vtt(cues: list[str]) -> str:
    escaped = [cue.replace("&", "&amp;").replace(" > ", " &gt; ") for cue in cues]
    return "WEBVTT\n\n" + "\n\n".join(
        f"00:{3 * n:02}.000 --> 00:{3 * n + 2:02}.500 align:start\n{cue}"
        for n, cue in enumerate(escaped, 1)
    )


#: The meeting in every format, as the field ``script``.
SCRIPTS: dict[str, Json] = {
    "data": {"sentences": SENTENCES},
    "json": {"format": "json", "text": json.dumps({"sentences": SENTENCES})},
    "yaml": {
        "format": "yaml",
        "text": "sentences:\n"
        + "".join(
            f"  - speaker: {who}\n    text: {text}\n    translations:\n      en: {english}\n"
            for who, text, english in MEETING
        ),
    },
    "srt": {
        "format": "srt",
        "text": srt([f"{who}：{text}" for who, text, _ in MEETING]),
        "translations": {"en": srt([f"{who}: {text}" for who, _, text in MEETING])},
    },
    "vtt": {
        "format": "vtt",
        "text": vtt([f"<v {who}>{text}" for who, text, _ in MEETING]),
        "translations": {"en": vtt(ENGLISH)},
    },
}

every_format = pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)


def post(mock: MockTingwu, body: object) -> httpx.Response:
    return httpx.post(f"{mock.url}/_mock/scripts", json=body)


def registered(mock: MockTingwu, script: Json, **keys: str) -> None:
    answer = post(mock, {**keys, "script": script})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"id": "script", "lines": len(MEETING)}


def listed(mock: MockTingwu) -> list[Json]:
    found: list[Json] = httpx.get(f"{mock.url}/_mock/scripts").json()["scripts"]
    return found


def deleted(mock: MockTingwu, **keys: str) -> httpx.Response:
    return httpx.delete(f"{mock.url}/_mock/scripts", params=keys)


# Heard exactly


@every_format
@pytest.mark.parametrize("key", ["task_key", "app_key", "task_id"])
def test_a_realtime_meeting_says_exactly_what_was_registered(
    mock: MockTingwu, script: Json, key: str
) -> None:
    parameters = {
        "Transcription": {
            "OutputLevel": 2,
            "RealtimeDiarizationEnabled": True,
            "DiarizationEnabled": True,
        },
        "TranslationEnabled": True,
        "Translation": {"TargetLanguages": ["en"], "OutputLevel": 2},
    }
    if key != "task_id":
        registered(mock, script, **{key: {"task_key": "mine", "app_key": "app"}[key]})
    task = create(mock, parameters, TaskKey="mine")
    if key == "task_id":
        registered(mock, script, task_id=task["TaskId"])
    with pusher(task) as connection:
        connection.start()
        connection.push(AUDIO)
        connection.stop()
    assert connection.sentences() == TEXTS
    ends = [event["payload"] for event in connection.named("SentenceEnd")]
    assert [end["speaker_id"] for end in ends] == ["0", "1", "0", "1"]
    items = [
        item
        for event in connection.named("ResultTranslated")
        for item in event["payload"]["translate_result"]
    ]
    assert [item["text"] for item in items if "endTime" in item] == ENGLISH
    stop(mock, task["TaskId"])
    made = results(mock, task["TaskId"])
    assert_heard(made)
    assert [p["SpeakerId"] for p in made["Transcription"]["Paragraphs"]] == ["0", "1", "0", "1"]


def assert_heard(made: Json) -> None:
    """The files of a task of Tingwu say the meeting, nothing more and nothing less."""
    words = [word for p in made["Transcription"]["Paragraphs"] for word in p["Words"]]
    said: dict[int, str] = {}
    for word in words:
        said[word["SentenceId"]] = said.get(word["SentenceId"], "") + word["Text"]
    assert list(said.values()) == TEXTS
    sentences = [s for p in made["Translation"]["Paragraphs"] for s in p["Sentences"]]
    # A space stands behind each sentence of a paragraph.
    assert [sentence["Text"].strip() for sentence in sentences] == ENGLISH


@every_format
@pytest.mark.parametrize("key", ["file_url", "task_key"])
def test_an_offline_task_says_exactly_what_was_registered(
    mock: MockTingwu, script: Json, key: str, tmp_path: Path
) -> None:
    url = mock.host_file(write_wav(tmp_path / "talk.wav", AUDIO, 16_000))
    registered(mock, script, **{key: f"{url}?signed=1" if key == "file_url" else "mine"})
    parameters = {
        "Transcription": {"DiarizationEnabled": True, "Diarization": {"SpeakerCount": 2}},
        "TranslationEnabled": True,
        "Translation": {"TargetLanguages": ["en"]},
    }
    data = tasks.done(mock, url, parameters, SourceLanguage="auto", TaskKey="mine")
    made = {kind: tasks.result(data, kind) for kind in data["Result"]}
    assert_heard(made)
    assert [p["SpeakerId"] for p in made["Transcription"]["Paragraphs"]] == ["1", "2", "1", "2"]
    assert made["Transcription"]["AudioInfo"]["Language"] == "cn"


@every_format
@pytest.mark.parametrize("key", ["data_id", "app_key"])
def test_a_dashscope_meeting_says_exactly_what_was_registered(
    mock: MockTingwu, script: Json, key: str
) -> None:
    if key == "app_key":
        registered(mock, script, app_key=APP)
    data_id = dashscope.begin(mock, {"transcription": dashscope.EVERYTHING["transcription"]})
    if key == "data_id":
        registered(mock, script, data_id=data_id)
    with duplex(mock) as client:
        client.start(data_id)
        client.push(AUDIO)
        client.finish()
    assert client.sentences() == TEXTS
    translated = [
        item["text"]
        for event in client.events
        for item in event["payload"]
        .get("output", {})
        .get("translations", {})
        .get("en", {})
        .get("translateResult", [])
        if "endTime" in item
    ]
    assert translated == ENGLISH
    dashscope.end(mock, data_id)
    made = dashscope_results(mock, data_id)
    paragraphs = made["transcriptionPath"]["paragraphs"]
    said = ["".join(word["text"] for word in p["words"]) for p in paragraphs]
    assert said == TEXTS
    assert [p["speakerId"] for p in paragraphs] == ["1", "2", "1", "2"]
    translations = made["translationsPath"]["paragraphs"]
    assert [s["text"].strip() for p in translations for s in p["sentences"]] == ENGLISH


def test_an_offline_task_of_dashscope_says_exactly_what_was_registered_for_its_app(
    mock: MockTingwu, tmp_path: Path
) -> None:
    url = mock.host_file(write_wav(tmp_path / "talk.wav", AUDIO, 16_000))
    registered(mock, SCRIPTS["vtt"], app_key=APP)
    made = dashscope_results(mock, dashscope.create(mock, fileUrl=url))
    paragraphs = made["transcriptionPath"]["paragraphs"]
    assert "".join(word["text"] for p in paragraphs for word in p["words"]) == "".join(TEXTS)


# Bodies that are scripts themselves


@pytest.mark.parametrize(
    ("format", "type_"),
    [
        ("srt", "application/x-subrip"),
        ("srt", "text/srt; charset=utf-8"),
        ("vtt", "text/vtt"),
        ("vtt", "Text/VTT;charset=UTF-8"),
        ("yaml", "application/yaml"),
        ("yaml", "text/yaml"),
        ("srt", ""),
        ("json", "application/json"),
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_body_may_be_the_script_itself(
    mock: MockTingwu, format: str, type_: str, mark: str
) -> None:
    keys = {"task_key": "a", "app_key": "b", "file_url": "https://example.com/c?d=e"}
    if not type_ or format == "json":
        keys["format"] = format
    answer = httpx.post(
        f"{mock.url}/_mock/scripts",
        params=keys,
        content=(mark + SCRIPTS[format]["text"]).encode(),
        headers={"Content-Type": type_} if type_ else {},
    )
    assert (answer.status_code, answer.json()) == (200, {"id": "script", "lines": 4})
    shown = {"id": "script", "lines": 4, "language": "cn"}
    assert listed(mock) == [
        {"kind": "task_key", "key": "a", **shown},
        {"kind": "file_url", "key": "https://example.com/c", **shown},
        {"kind": "app_key", "key": "b", **shown},
    ]


def test_the_language_of_a_body_may_stand_in_the_query(mock: MockTingwu) -> None:
    answer = httpx.post(
        f"{mock.url}/_mock/scripts?task_key=a&format=srt&language=yue", content=srt(["早晨。"])
    )
    assert answer.status_code == 200, answer.text
    assert [entry["language"] for entry in listed(mock)] == ["yue"]


# Refusals

WRONG_SRT = "1\n00:00:01,000\nHi."


@pytest.mark.parametrize(
    ("query", "content", "error"),
    [
        ("format=ass", "x", "format is 'ass', expected one of srt, vtt, yaml, json"),
        ("task_key=a", "{}", "task_key is unknown in the query; expected nothing"),
        (
            "format=srt&key=a",
            "x",
            "key is unknown in the query; expected task_key, app_key, file_url, data_id, task_id, "
            "language, format",
        ),
        (
            "format=srt&task_key=a",
            WRONG_SRT,
            "script: line 2 is '00:00:01,000', expected the times of a cue, such as "
            "00:00:01,000 --> 00:00:02,500",
        ),
        ("format=vtt&task_key=a", "", "script: line 1 is empty, expected WEBVTT"),
        ("format=yaml&task_key=a&language=cn", "x", "language is given, expected none"),
        (
            "format=srt&task_key=a&language=zh",
            srt(["Hi."]),
            "language is 'zh', expected one of cn, en, yue, ja, ko, multilingual",
        ),
        ("format=srt&task_key=a", b"\xff\xfeH", "the body: byte 1 is 0xff, expected text in UTF-8"),
        ("format=srt", srt(["Hi."]), "a script needs a task_key, an app_key or a file_url"),
        ("format=srt&task_key=", srt(["Hi."]), "a script needs a task_key, an app_key or a"),
    ],
)
def test_a_body_that_is_no_script_is_refused_in_one_sentence(
    mock: MockTingwu, query: str, content: str | bytes, error: str
) -> None:
    answer = httpx.post(f"{mock.url}/_mock/scripts?{query}", content=content)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(error)
    assert "\n" not in answer.json()["error"]
    assert listed(mock) == []


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (5, "script is 5, expected an object with sentences or text"),
        ({"format": "srt"}, "script.text is None, expected a text"),
        ({"text": "x"}, "format is None, expected one of srt, vtt, yaml, json"),
        ({"text": "x", "format": ["srt"]}, "format is ['srt'], expected one of srt, vtt, yaml"),
        ({"text": 5, "format": "srt"}, "script.text is 5, expected a text"),
        (
            {"text": "x", "format": "srt", "id": "a"},
            "id is unknown in script; expected format, text, language, translations",
        ),
        (
            {"text": "x", "format": "srt", "language": 5},
            "script.language is 5, expected a text",
        ),
        (
            {"text": "x", "format": "srt", "translations": ["x"]},
            "script.translations is ['x'], expected an object of texts by language",
        ),
        (
            {"text": "x", "format": "srt", "translations": {"en": 5}},
            "script.translations.en is 5, expected a text",
        ),
        (
            {"text": srt(["一。", "二。"]), "format": "srt", "translations": {"en": srt(["One."])}},
            "translations.en: the number of cues is 1, expected 2 as in script",
        ),
        (
            {"text": srt(["一。"]), "format": "srt", "translations": {"zz": srt(["One."])}},
            "translations has 'zz', expected one of cn, en, ja, ko, de, fr, ru",
        ),
        (
            {"text": "{}", "format": "json", "translations": {"en": "x"}},
            "translations is given, expected none: json has it in script itself",
        ),
        ({"text": "[" * 100_000, "format": "yaml"}, "script: nested too deeply, expected a script"),
        ({"sentences": []}, "script: sentences is ()"),
    ],
)
def test_a_field_that_makes_no_script_is_refused_in_one_sentence(
    mock: MockTingwu, script: object, error: str
) -> None:
    answer = post(mock, {"task_key": "a", "script": script})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(error)
    assert "\n" not in answer.json()["error"]
    assert listed(mock) == []


# Tasks that there are already


@pytest.fixture(params=["tingwu", "dashscope"])
def begun(
    mock: MockTingwu, request: pytest.FixtureRequest
) -> Iterator[tuple[str, str, Callable[[bytes], None]]]:
    """A meeting that is being streamed: a key's kind and the key, and how audio is pushed."""
    if request.param == "tingwu":
        task = create(mock)
        with pusher(task) as connection:
            connection.start()
            yield "task_id", task["TaskId"], connection.push
    else:
        data_id = dashscope.begin(mock)
        with duplex(mock) as client:
            client.start(data_id)
            yield "data_id", data_id, client.push


def heard_by(mock: MockTingwu, task_id: str) -> Json:
    task: Json = httpx.get(f"{mock.url}/_mock/tasks/{task_id}").json()
    return task


def test_a_meeting_can_be_given_its_script_until_somebody_speaks(
    mock: MockTingwu, begun: tuple[str, str, Callable[[bytes], None]]
) -> None:
    kind, key, push = begun
    push(silence(1_000))
    until(lambda: heard_by(mock, key)["audio_ms"] >= 1_000, "the silence")
    registered(mock, SCRIPTS["srt"], **{kind: key})
    assert listed(mock) == [
        {"kind": kind, "key": key, "id": "script", "lines": 4, "language": "cn"}
    ]
    push(speech(2_500) + silence(1_200))
    until(lambda: heard_by(mock, key)["sentence_count"] > 0, "the first sentence")
    answer = post(mock, {kind: key, "script": SCRIPTS["vtt"]})
    assert answer.status_code == 409
    assert answer.json() == {
        "error": f"{kind} is '{key}', but the task has heard something already"
    }
    assert [sentence["text"] for sentence in heard_by(mock, key)["sentences"]] == TEXTS[:1]


def test_an_offline_task_can_be_given_its_script_until_its_file_is_read(
    mock: MockTingwu, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gate, probe = Gate(), media.probe

    def held_up(*arguments: Any, **options: Any) -> Any:
        gate.wait()
        return probe(*arguments, **options)

    monkeypatch.setattr(media, "probe", held_up)
    url = mock.host_file(write_wav(tmp_path / "talk.wav", AUDIO, 16_000))
    task_id = tasks.create(mock, url)["TaskId"]
    try:
        assert gate.reached.wait(PATIENCE)
        registered(mock, SCRIPTS["srt"], task_id=task_id)
    finally:
        gate.opened.set()
    until(lambda: info(mock, task_id)["TaskStatus"] == "COMPLETED", "the end")
    assert [sentence["text"] for sentence in heard_by(mock, task_id)["sentences"]] == TEXTS
    assert post(mock, {"task_id": task_id, "script": SCRIPTS["vtt"]}).status_code == 409


def test_a_task_that_has_ended_or_is_unknown_hears_nothing(mock: MockTingwu) -> None:
    task_id = create(mock)["TaskId"]
    stop(mock, task_id)
    answer = post(mock, {"task_id": task_id, "script": SCRIPTS["data"]})
    assert (answer.status_code, answer.json()) == (
        409,
        {"error": f"task_id is '{task_id}', but the task is COMPLETED and hears nothing any more"},
    )
    answer = post(mock, {"data_id": "nobody", "script": SCRIPTS["data"]})
    assert (answer.status_code, answer.json()) == (
        404,
        {"error": "data_id is 'nobody', expected one that createTask answered"},
    )


# List and forget


def test_one_script_is_forgotten_by_its_key_or_all_are(mock: MockTingwu) -> None:
    url = "https://example.com/a.mp3"
    registered(mock, SCRIPTS["data"], task_key="k", app_key="a", file_url=url)
    registered(mock, SCRIPTS["data"], task_key="other")
    answer = deleted(mock, task_key="k", file_url=f"{url}?x=1")
    assert answer.status_code == 200
    left = [(entry["kind"], entry["key"]) for entry in answer.json()["scripts"]]
    assert left == [("task_key", "other"), ("app_key", "a")]
    answer = deleted(mock, task_key="k", app_key="a")
    assert (answer.status_code, answer.json()) == (
        404,
        {"error": "task_key is 'k', expected one of /_mock/scripts"},
    )
    assert len(listed(mock)) == 2, "a refused call has no effect"
    assert deleted(mock).json() == {"scripts": []}
    assert deleted(mock).status_code == 200
    with_others = create(mock, TaskKey="other")
    with pusher(with_others) as connection:
        connection.start()
        connection.push(AUDIO)
        connection.stop()
    assert not set(connection.sentences()) & set(TEXTS)


def test_a_task_whose_script_is_forgotten_hears_what_new_tasks_hear(mock: MockTingwu) -> None:
    registered(mock, {**SCRIPTS["srt"], "text": srt([t[1] for t in MEETING])}, app_key="app")
    english = {"sentences": ["This is something else, isn't it?"] * 4}
    first, second = create(mock), create(mock)
    for task in (first, second):
        registered(mock, english, task_id=task["TaskId"])
    assert deleted(mock, task_id=first["TaskId"]).status_code == 200
    with pusher(first) as connection:
        connection.start()
        connection.push(AUDIO)
        connection.stop()
    assert connection.sentences() == TEXTS
    deleted(mock)
    with pusher(second) as connection:
        connection.start()
        connection.push(AUDIO)
        connection.stop()
    assert not set(connection.sentences()) & {*TEXTS, english["sentences"][0]}


@pytest.mark.parametrize(
    ("method", "query", "error"),
    [
        ("GET", "task_key=a", "task_key is unknown in the query; expected nothing"),
        (
            "DELETE",
            "id=a",
            "id is unknown in the query; expected task_key, app_key, file_url, data_id, task_id",
        ),
    ],
)
def test_a_query_that_means_nothing_is_refused(
    mock: MockTingwu, method: str, query: str, error: str
) -> None:
    answer = httpx.request(method, f"{mock.url}/_mock/scripts?{query}")
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_keys_are_shown_without_their_secrets(mock: MockTingwu) -> None:
    registered(mock, SCRIPTS["data"], task_key="token=planted-secret-token")
    assert "planted" not in httpx.get(f"{mock.url}/_mock/scripts").text


def test_a_reset_forgets_scripts(mock: MockTingwu) -> None:
    registered(mock, SCRIPTS["data"], task_key="k")
    mock.reset()
    assert listed(mock) == []


# In Python


@pytest.mark.parametrize("format", ["srt", "vtt", "yaml", "json"])
def test_a_file_of_any_format_is_registered_in_python(
    mock: MockTingwu, format: str, tmp_path: Path
) -> None:
    path = tmp_path / f"talk.{format}"
    path.write_text(SCRIPTS[format]["text"], "utf-8")
    options: Any = {}
    if format in ("srt", "vtt"):
        english = tmp_path / f"talk.en.{format}"
        english.write_text(SCRIPTS[format]["translations"]["en"], "utf-8")
        options = {"language": "cn", "translations": {"en": str(english)}}
    task_id, data_id = create(mock)["TaskId"], dashscope.begin(mock)
    mock.script(str(path), task_id=task_id, **options)
    mock.script(path, data_id=data_id, app_key="app", **options)
    shown = {"id": "talk", "lines": 4, "language": "cn"}
    assert listed(mock) == [
        {"kind": "app_key", "key": "app", **shown},
        {"kind": "data_id", "key": data_id, **shown},
        {"kind": "task_id", "key": task_id, **shown},
    ]


def test_what_cannot_be_registered_in_python_is_a_value_error(
    mock: MockTingwu, tmp_path: Path
) -> None:
    path = tmp_path / "talk.srt"
    path.write_text("x", "utf-8")
    with pytest.raises(ValueError, match=r"talk\.srt: line 1 is 'x', expected the number"):
        mock.script(path, task_key="k")
    with pytest.raises(ValueError, match="task_id is 'x', expected one of /_mock/tasks"):
        mock.script({"sentences": ["Hi."]}, task_id="x")
    for options in ({"language": "en"}, {"translations": {"en": path}}):
        with pytest.raises(ValueError, match="language and translations are for the paths"):
            mock.script({"sentences": ["Hi."]}, task_key="k", **options)
