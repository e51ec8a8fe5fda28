"""Bad requests: the cloud's own error for each, never a 5xx, and the task stays as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from mock_tingwu import MockTingwu, contract
from mock_tingwu.core.scope import Scope
from tests.realtime.helpers import until
from tests.wire.helpers.raw import Answer, Json, exchange, http, wire
from tests.wire.helpers.tasks import create, status
from tests.wire.test_http import BODY, INPUT, START, STOP, TASKS, UNKNOWN, data, put

MISSING = object()


def changed(path: str, value: object) -> Json:
    """The smallest body with one field set, or without it."""
    body: Json = json.loads(json.dumps(BODY | {"Parameters": {}}))
    *parents, name = path.split(".")
    place = body
    for parent in parents:
        place = place.setdefault(parent, {})
    if value is MISSING:
        del place[name]
    else:
        place[name] = value
    return body


def assert_refused(answer: Answer, code: str, http_status: int = 400) -> None:
    found = answer.json()
    assert (answer.status, found["Code"]) == (http_status, code), found
    assert found["Message"]


WRONG: list[tuple[str, list[object], str]] = [
    ("AppKey", [MISSING, None, "", 5, True, [], {}], "BRK.InvalidAppKey"),
    ("Input", [MISSING, None], "MissingInput"),
    ("Input", ["x", 5, [], True], "InvalidInput"),
    ("Parameters", ["x", 5, [], False], "InvalidParameters"),
    (
        "Input.SourceLanguage",
        [MISSING, None, "", "xx", "CN", "auto", 5, ["cn"], {}, True],
        "BRK.InvalidLanguage",
    ),
    ("Input.Format", [MISSING, None, "", "wav", "PCM", 5, [], {}], "BRK.InvalidAudioFormat"),
    (
        "Input.SampleRate",
        [
            MISSING,
            None,
            0,
            -16000,
            44100,
            16000.5,
            10**40,
            "x",
            "",
            "16000.5",
            "１６０００",
            "9" * 99,
            True,
            [],
            {},
        ],
        "BRK.InvalidAudioSampleRate",
    ),
    ("Input.TaskKey", [5, [], {}, True], "InvalidTaskKey"),
    ("Input.FileUrl", [5, [], ""], "InvalidFileUrl"),
    ("Input.OutputPath", [5, {}], "BRK.InvalidOssPath"),
    ("Input.AudioChannelMode", [5, {}], "InvalidAudioChannelMode"),
    ("Input.LanguageHints", ["cn", 5, ["xx"], [5], {}], "BRK.InvalidLanguage"),
    (
        "Input.ProgressiveCallbacksEnabled",
        ["maybe", 1, [], {}, ""],
        "BRK.InvalidOutputEnabledSetting",
    ),
    ("Input.MultipleStreamsEnabled", ["maybe", 1, []], "BRK.InvalidOutputEnabledSetting"),
    ("Parameters.Transcription", ["x", 5, []], "InvalidTranscription"),
    (
        "Parameters.Transcription.OutputLevel",
        [0, 3, -1, 1.5, "x", "", [], {}, True],
        "BRK.InvalidResultLevelSetting",
    ),
    (
        "Parameters.Transcription.AdditionalStreamOutputLevel",
        [0, 3, "x", []],
        "BRK.InvalidResultLevelSetting",
    ),
    (
        "Parameters.Transcription.DiarizationEnabled",
        ["x", 1, []],
        "BRK.InvalidOutputEnabledSetting",
    ),
    ("Parameters.Transcription.Diarization", ["x", 2, []], "InvalidDiarization"),
    (
        "Parameters.Transcription.Diarization.SpeakerCount",
        [-1, 101, 1.5, "two", [], {}, True],
        "BRK.InvalidRoleSplitNum",
    ),
    ("Parameters.Transcription.PhraseId", [5, []], "InvalidPhraseId"),
    ("Parameters.Transcription.Phrase", ["x", []], "InvalidPhrase"),
    ("Parameters.Transcription.Model", [5, []], "InvalidModel"),
    ("Parameters.TranslationEnabled", ["x", 1, [], {}], "BRK.InvalidOutputEnabledSetting"),
    ("Parameters.TranslationEnabled", [True], "BRK.InvalidLanguage"),
    ("Parameters.Translation", ["en", 5, []], "InvalidTranslation"),
    (
        "Parameters.Translation.TargetLanguages",
        ["en", 5, ["xx"], ["yue"], [5], [None], {}],
        "BRK.InvalidLanguage",
    ),
    ("Parameters.Translation.OutputLevel", [0, 3, "x"], "BRK.InvalidResultLevelSetting"),
    ("Parameters.Transcoding", ["mp3", 5, []], "InvalidTranscoding"),
    ("Parameters.Transcoding.TargetAudioFormat", ["wav", 5, []], "InvalidTargetAudioFormat"),
    ("Parameters.Transcoding.SpectrumEnabled", ["x", 1], "BRK.InvalidOutputEnabledSetting"),
    ("Parameters.AutoChaptersEnabled", ["x", 1, []], "BRK.InvalidOutputEnabledSetting"),
    ("Parameters.AutoChapters", ["x", []], "InvalidAutoChapters"),
    ("Parameters.AutoChapters.ChapterGranularity", ["x", 5], "InvalidChapterGranularity"),
    ("Parameters.MeetingAssistanceEnabled", ["x", 1], "BRK.InvalidOutputEnabledSetting"),
    ("Parameters.MeetingAssistance", ["x", []], "InvalidMeetingAssistance"),
    ("Parameters.MeetingAssistance.Types", ["Actions", ["x"], [5]], "InvalidTypes"),
    ("Parameters.SummarizationEnabled", ["x", 1], "BRK.InvalidOutputEnabledSetting"),
    ("Parameters.Summarization", ["x", []], "InvalidSummarization"),
    ("Parameters.Summarization.Types", ["Paragraph", ["x"], [5]], "InvalidTypes"),
    ("Parameters.TextPolishEnabled", ["x", 1], "BRK.InvalidOutputEnabledSetting"),
    ("Parameters.PptExtractionEnabled", ["x", 1], "BRK.InvalidOutputEnabledSetting"),
    ("Parameters.ServiceInspectionEnabled", ["x", 1], "BRK.InvalidOutputEnabledSetting"),
    ("Parameters.ServiceInspection", ["x", []], "InvalidServiceInspection"),
    ("Parameters.ServiceInspection", [{}], "MissingSceneIntroduction"),
    ("Parameters.CustomPromptEnabled", ["x", 1], "BRK.InvalidOutputEnabledSetting"),
    ("Parameters.CustomPrompt", ["x", []], "InvalidCustomPrompt"),
    (
        "Parameters.CustomPrompt.Contents",
        ["x", 5, ["x"], [{"Name": "n", "Prompt": "{Transcription}"}] * 4],
        "InvalidContents",
    ),
    ("Parameters.CustomPrompt.Contents", [[{}]], "MissingName"),
    ("Parameters.CustomPrompt.Contents", [[{"Name": "n", "Prompt": "p"}]], "InvalidPrompt"),
    ("Parameters.ContentExtractionEnabled", ["x", 1], "BRK.InvalidOutputEnabledSetting"),
    ("Parameters.ContentExtraction", ["x", []], "InvalidContentExtraction"),
    ("Parameters.IdentityRecognitionEnabled", ["x", 1], "BRK.InvalidOutputEnabledSetting"),
    ("Parameters.IdentityRecognition", ["x", []], "InvalidIdentityRecognition"),
    (
        "Parameters.IdentityRecognition.IdentityContents",
        ["x", [{"Name": "a"}] * 6],
        "InvalidIdentityContents",
    ),
    ("Parameters.ExtraParams", ["x", []], "InvalidExtraParams"),
    ("Parameters.ExtraParams.MaxKeywords", [-1, "x", 1.5, []], "InvalidMaxKeywords"),
    ("Parameters.LlmOutputLanguage", ["xx", 5], "InvalidLlmOutputLanguage"),
    ("Parameters.Model", [5, []], "InvalidModel"),
]


@pytest.mark.parametrize(("path", "values", "code"), WRONG, ids=[row[0] for row in WRONG])
def test_a_field_that_is_wrong_is_refused_with_its_own_code(
    mock: MockTingwu, path: str, values: list[object], code: str
) -> None:
    task = create(mock)
    for value in values:
        answer = put(mock, START, changed(path, value))
        assert_refused(answer, code)
        if not code.startswith("BRK."):
            assert path.rpartition(".")[2] in answer.json()["Message"] or code.startswith("Missing")
    assert status(mock, task["TaskId"]) == "NEW"


def leaves(node: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Every field below ``node`` of the schema, with its path; items of arrays are left out."""
    definition = node.get("$ref", "").rpartition("/")[2]
    if definition:
        node = {**DEFINITIONS[definition], **{k: v for k, v in node.items() if k != "$ref"}}
        base = DEFINITIONS[definition].get("properties", {})
        node["properties"] = {**base, **node.get("properties", {})}
    for name, field in node.get("properties", {}).items():
        below = f"{path}.{name}" if path else name
        yield below, field
        yield from leaves(field, below)


DEFINITIONS: Json = json.loads(contract.text("tingwu/create-task-request"))["$defs"]
FIELDS = sorted({path for path, _ in leaves(DEFINITIONS["realtime"])})


def test_the_schema_s_fields_are_found() -> None:
    assert {"AppKey", "Input.Format", "Parameters.ExtraParams.TranslationHotwordMap.bizType"} < set(
        FIELDS
    )
    assert len(FIELDS) > 70


@pytest.mark.parametrize("path", FIELDS)
def test_no_type_in_any_field_is_more_than_a_refusal(mock: MockTingwu, path: str) -> None:
    values: list[object] = [None, True, 0, -1, 1.5, 10**400, "", "x", "\x00", [], [None], [[]]]
    values += [[{}], {}, {"": {}}, {"x": None}, [1] * 200]
    for value in values:
        answer = put(mock, START, changed(path, value))
        assert answer.status in (200, 400), (value, answer.body)
        if answer.status == 400:
            assert_refused(answer, answer.json()["Code"])
        else:
            shown = exchange(mock, http("GET", f"{TASKS}/{data(answer)['TaskId']}"))
            assert data(shown)["TaskStatus"] == "NEW"


@pytest.mark.parametrize("language", ["yue", "ja", "ko", "multilingual"])
def test_some_languages_are_heard_at_16_khz_alone(mock: MockTingwu, language: str) -> None:
    body = BODY | {"Input": INPUT | {"SourceLanguage": language, "SampleRate": 8000}}
    assert_refused(put(mock, START, body), "BRK.InvalidAudioSampleRate")


# Query


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "MissingType"),
        ("?type=", "MissingType"),
        ("?Type=realtime", "MissingType"),
        ("?type=live", "InvalidType"),
        ("?type=REALTIME", "InvalidType"),
        ("?type=realtime%00", "InvalidType"),
        ("?type=%ff", "InvalidType"),
        ("?type=realtime&operation=pause", "InvalidOperation"),
        ("?type=realtime&operation=STOP", "InvalidOperation"),
        ("?operation=stop", "MissingType"),
    ],
)
def test_a_query_that_is_wrong_is_refused(mock: MockTingwu, query: str, code: str) -> None:
    assert_refused(put(mock, TASKS + query, BODY), code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "MissingTaskId"),
        ({"AppKey": "a"}, "MissingTaskId"),
        ({"Input": {}}, "MissingTaskId"),
        ({"Input": None}, "MissingTaskId"),
        ({"Input": {"TaskId": None}}, "MissingTaskId"),
        ({"Input": {"TaskId": ""}}, "InvalidTaskId"),
        ({"Input": {"TaskId": 5}}, "InvalidTaskId"),
        ({"Input": {"TaskId": []}}, "InvalidTaskId"),
        ({"Input": "x"}, "MissingTaskId"),
        ({"TaskId": 5}, "MissingTaskId"),
    ],
)
def test_a_stop_that_names_no_task_is_refused(mock: MockTingwu, body: Json, code: str) -> None:
    task = create(mock)
    assert_refused(put(mock, STOP, body), code)
    assert status(mock, task["TaskId"]) == "NEW"


@pytest.mark.parametrize("task_id", [UNKNOWN, "x", "\r\n", "任", "x" * 10_000])
def test_a_stop_of_an_unknown_task_is_invalid_and_no_error(mock: MockTingwu, task_id: str) -> None:
    answer = put(mock, STOP, {"Input": {"TaskId": task_id}})
    assert data(answer) == {"TaskId": task_id, "TaskStatus": "INVALID"}


# Bodies that are no JSON objects


@pytest.mark.parametrize("target", [START, STOP], ids=["start", "stop"])
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{}{}",
        b"{'AppKey':'a'}",
        b'{"AppKey":"a",}',
        b"not json",
        b"<xml/>",
        b"a=1&b=2",
        b"[]",
        b"null",
        b"5",
        b'"x"',
        b"true",
        b"NaN",
        b'{"AppKey":"\xff"}',
        b"\xff\xfe{\x00}\x00",
        b"\x00" * 100,
        b'{"AppKey":"\\ud800"}',
        b'{"AppKey":"\\x41"}',
        b'{"AppKey":"a\nb"}',
        b'{"AppKey":' + b"[" * 100_000,
        b"[" * 500_000 + b"]" * 500_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b"1" * 100_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_json_object_is_refused(
    mock: MockTingwu, target: str, body: bytes
) -> None:
    task = create(mock)
    answer = put(mock, target, body)
    assert_refused(answer, "InvalidParameter.Format" if body != b"null" else _empty(target))
    assert status(mock, task["TaskId"]) == "NEW"


def _empty(target: str) -> str:
    return "MissingTaskId" if target is STOP else "BRK.InvalidAppKey"


@pytest.mark.parametrize("body", [b"", b" ", b"{}"])
def test_an_empty_body_is_one_without_fields(mock: MockTingwu, body: bytes) -> None:
    assert_refused(put(mock, START, body), "BRK.InvalidAppKey")
    assert_refused(put(mock, STOP, body), "MissingTaskId")


@pytest.mark.parametrize("opening", ['{"a":', "["])
@pytest.mark.parametrize(
    ("depth", "taken"), [(50, True), (100, False), (500, False), (990, False), (100_000, False)]
)
def test_json_may_be_nested_where_anything_may_stand_but_not_without_end(
    mock: MockTingwu, opening: str, depth: int, taken: bool
) -> None:
    nested = opening * depth + "1" + {"[": "]"}.get(opening, "}") * depth
    answer = put(mock, START, f'{json.dumps(BODY)[:-1]},"Unknown":{nested}}}'.encode())
    if taken:
        assert data(answer)["TaskStatus"] == "NEW"
    else:
        assert_refused(answer, "InvalidParameter.Format")


def test_many_brackets_are_not_depth(mock: MockTingwu) -> None:
    answer = put(mock, START, BODY | {"Unknown": [[] for _ in range(10_000)]})
    assert data(answer)["TaskStatus"] == "NEW"


def test_a_defect_of_the_mock_is_the_cloud_s_server_error_in_json(
    mock: MockTingwu, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SDKs take every error for JSON and die untyped of anything else (tingwu-openapi 0.8).
    task = create(mock)

    def fail(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError("for the test")

    monkeypatch.setattr(Scope, "create_realtime", fail)
    assert_refused(put(mock, START, BODY), "ServerError", 500)
    until(lambda: "for the test" in caplog.text, "the log")
    caplog.clear()
    assert status(mock, task["TaskId"]) == "NEW"
    assert mock.journal[-3]["status"] == 500


# Size


def test_a_declared_length_beyond_the_limit_is_refused_before_the_body_is_sent(
    mock: MockTingwu,
) -> None:
    head = http("PUT", START, extra=f"Content-Length: {1 << 40}\r\n")
    with wire(mock) as connection:
        connection.send(head)
        assert_refused(connection.read_answer(), "RequestEntityTooLarge", 413)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_limit_is_refused(
    start_mock: Callable[..., MockTingwu], chunked: bool
) -> None:
    mock = start_mock(max_body_bytes=1_000)
    body = json.dumps(BODY).encode()
    for size, fits in ((1_000, True), (1_001, False), (100_000, False)):
        padded = body + b" " * (size - len(body))
        if chunked:
            raw = http("PUT", START, extra="Transfer-Encoding: chunked\r\n")
            raw += f"{size:x}\r\n".encode() + padded + b"\r\n0\r\n\r\n"
        else:
            raw = http("PUT", START, padded)
        answer = exchange(mock, raw)
        if fits:
            assert data(answer)["TaskStatus"] == "NEW"
        else:
            assert_refused(answer, "RequestEntityTooLarge", 413)


def test_a_client_that_hangs_up_in_the_midst_of_its_body_hurts_nobody(mock: MockTingwu) -> None:
    task = create(mock)
    for extra in ("Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"):
        with wire(mock) as connection:
            connection.send(http("PUT", START, extra=extra) + b'14\r\n{"AppKey":')
    assert status(mock, task["TaskId"]) == "NEW"


# Strings


@pytest.mark.parametrize(
    "key",
    [
        "\x00",
        "a\r\nSet-Cookie: x=1\r\n\r\n<html>",
        '"\\/\b\f\n\r\t\x7f\u2028\ufeff',
        "<script>alert(1)</script>",
        "任务🙂" * 1_000,
        "",
        " ",
        "x" * 1_000_000,
    ],
    ids=lambda key: repr(key[:8]),
)
def test_a_task_key_of_any_content_is_echoed_safely(mock: MockTingwu, key: str) -> None:
    raw = json.dumps(BODY | {"Input": INPUT | {"TaskKey": key}}).encode()
    answer = put(mock, START, raw)
    assert data(answer)["TaskKey"] == key
    shown = exchange(mock, http("GET", f"{TASKS}/{data(answer)['TaskId']}"))
    assert data(shown)["TaskKey"] == key
    assert {name for name, _ in shown.headers} == {name for name, _ in answer.headers}


# Credentials


@pytest.mark.parametrize(
    ("extra", "code", "http_status"),
    [
        ("", "MissingAccessKeyId", 400),
        ("Authorization: \r\n", "MissingAccessKeyId", 400),
        ("Authorization: acs\r\n", "IncompleteSignature", 400),
        ("Authorization: acs :\r\n", "IncompleteSignature", 400),
        ("Authorization: acs nobody:c2ln\r\n", "InvalidAccessKeyId.NotFound", 404),
        ("Authorization: acs MOCK:c2ln\r\n", "InvalidTimeStamp.Format", 400),
        ("Authorization: acs MOCK:c2ln\r\nDate: today\r\n", "InvalidTimeStamp.Format", 400),
        (
            "Authorization: acs MOCK:c2ln\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
            "InvalidTimeStamp.Expired",
            400,
        ),
        ("Authorization: ACS3-HMAC-SHA256\r\n", "IncompleteSignature", 400),
        ("Authorization: ACS3-HMAC-SHA256 Credential=MOCK\r\n", "IncompleteSignature", 400),
        (
            "Authorization: ACS3-HMAC-SHA256 Credential=x,SignedHeaders=host,Signature=00\r\n",
            "InvalidAccessKeyId.NotFound",
            404,
        ),
        ("Authorization: Basic TU9DSzpNT0NL\r\n", "IncompleteSignature", 400),
        ("Authorization: Bearer x\r\n", "IncompleteSignature", 400),
    ],
)
def test_credentials_that_are_none_are_refused_by_name(
    strict: MockTingwu, extra: str, code: str, http_status: int
) -> None:
    assert_refused(put(strict, START, BODY, extra=extra), code, http_status)


@pytest.fixture(scope="module")
def strict() -> Iterator[MockTingwu]:
    """A mock that checks signatures."""
    with MockTingwu(auth="verify", access_keys={"MOCK": "secret"}) as mock:
        yield mock


# What is hardly HTTP


@pytest.mark.parametrize(
    "raw",
    [
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
        b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"GET / HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n",
        b"\x00" * 1_000,
    ],
)
def test_what_is_not_http_is_turned_away(mock: MockTingwu, raw: bytes) -> None:
    task = create(mock)
    with wire(mock) as connection:
        connection.send(raw)
        assert 400 <= connection.read_head().status < 500
    assert status(mock, task["TaskId"]) == "NEW"


@pytest.mark.parametrize(
    "target",
    [b"/\xe4\xbb\xbb", b"/openapi/tingwu/v2/tasks/\xff", b"*", b"http://x/openapi/tingwu/v2/tasks"],
)
def test_a_strange_target_is_answered_with_a_client_error(mock: MockTingwu, target: bytes) -> None:
    with wire(mock) as connection:
        connection.send(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert 400 <= connection.read_head().status < 500


@pytest.mark.parametrize("host", ["", "a b", "[::1", "::::", "x" * 5_000, "任", "a:b:c", "http://"])
def test_a_strange_host_header_is_no_harm(mock: MockTingwu, host: str) -> None:
    body = json.dumps(BODY).encode()
    head = f"PUT {START} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
    answer = exchange(mock, head.encode() + body)
    assert answer.status in (200, 400)
