"""The OpenAPI byte for byte: exact answers, and everything that real clients get away with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu import MockTingwu
from tests.core.test_segmentation import silence, speech
from tests.realtime.helpers import pusher, results, until
from tests.sdk.bodies import guide
from tests.wire.helpers.raw import Answer, Json, exchange, http, wire
from tests.wire.helpers.tasks import info, status

TASKS = "/openapi/tingwu/v2/tasks"
START = f"{TASKS}?type=realtime"
STOP = f"{TASKS}?type=realtime&operation=stop"
UNKNOWN = "0" * 32
UUID5 = "[0-9A-F]{8}-[0-9A-F]{4}-5[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}"
INPUT: Json = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}
BODY: Json = {"AppKey": "a", "Input": INPUT}


def put(mock: MockTingwu, target: str, body: Any, extra: str = "") -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return exchange(mock, http("PUT", target, raw, extra=extra))


def data(answer: Answer) -> Json:
    """The Data of a successful answer."""
    assert answer.status == 200, answer.body
    found: Json = answer.json()["Data"]
    return found


def assert_fine(mock: MockTingwu, answer: Answer) -> None:
    """A task was made, and it is there."""
    task = data(answer)
    assert task["TaskStatus"] == "NEW"
    assert status(mock, task["TaskId"]) == "NEW"


# What answers look like


def test_the_answer_of_create_is_compact_json_in_the_documented_order(mock: MockTingwu) -> None:
    answer = put(mock, START, BODY | {"Input": INPUT | {"TaskKey": "k-ü-任"}})
    assert answer.status == 200
    assert re.fullmatch(
        r'\{"Code":"0","Data":\{"TaskId":"[0-9a-f]{32}","TaskKey":"k-ü-任","TaskStatus":"NEW",'
        r'"MeetingJoinUrl":"ws://127\.0\.0\.1:\d+/api/ws/v1\?mc=[\w-]{128}"\},'
        rf'"Message":"success","RequestId":"{UUID5}"\}}',
        answer.body.decode(),
    )
    assert answer.header("content-type") == "application/json;charset=utf-8"
    assert answer.header("x-acs-request-id") == answer.json()["RequestId"]
    assert answer.header("content-length") == str(len(answer.body))


def test_what_has_no_value_is_left_out(mock: MockTingwu) -> None:
    task_id = data(put(mock, START, BODY))["TaskId"]
    answer = exchange(mock, http("GET", f"{TASKS}/{task_id}"))
    assert re.fullmatch(
        rf'\{{"Code":"0","Data":\{{"TaskId":"{task_id}","TaskStatus":"NEW"\}},'
        rf'"Message":"success","RequestId":"{UUID5}"\}}',
        answer.body.decode(),
    )


def test_the_answer_of_stop_has_the_id_and_the_status(mock: MockTingwu) -> None:
    task_id = data(put(mock, START, BODY))["TaskId"]
    answer = put(mock, STOP, {"Input": {"TaskId": task_id}})
    assert answer.body.startswith(
        f'{{"Code":"0","Data":{{"TaskId":"{task_id}","TaskStatus":"COMPLETED"}},'.encode()
    )


def test_a_completed_task_shows_its_fields_in_the_documented_order(mock: MockTingwu) -> None:
    body = guide()
    body["Parameters"]["Transcoding"] = {"TargetAudioFormat": "mp3", "SpectrumEnabled": True}
    task_id = data(put(mock, START, body))["TaskId"]
    put(mock, STOP, {"Input": {"TaskId": task_id}})
    until(lambda: status(mock, task_id) == "COMPLETED", "COMPLETED")
    assert list(info(mock, task_id)) == [
        "TaskId",
        "TaskKey",
        "TaskStatus",
        "OutputMp3Path",
        "OutputSpectrumPath",
        "Result",
    ]


def test_an_error_is_compact_json_in_the_gateway_s_order(mock: MockTingwu) -> None:
    answer = put(mock, TASKS, BODY)
    assert answer.status == 400
    assert re.fullmatch(
        rf'\{{"RequestId":"{UUID5}","HostId":"tingwu.cn-beijing.aliyuncs.com",'
        r'"Code":"MissingType","Message":"type is mandatory for this action.",'
        r'"Recommend":"https://api.aliyun.com/troubleshoot'
        rf'\?q=MissingType&product=tingwu&requestId={UUID5}"\}}',
        answer.body.decode(),
    )
    assert answer.header("content-type") == "application/json;charset=utf-8"


def test_every_request_has_an_id_of_its_own(mock: MockTingwu) -> None:
    ids = {put(mock, START, BODY).json()["RequestId"] for _ in range(20)}
    ids |= {put(mock, TASKS, BODY).json()["RequestId"] for _ in range(20)}
    assert len(ids) == 40


# What clients get away with


CPP: Json = {
    "Appkey": "tEA3",
    "Input": INPUT | {"SampleRate": "16000", "TaskKey": "mine"},
    "Parameters": {
        "Transcription": {"DiarizationEnabled": True, "Diarization": {"SpeakerCount": 2}},
        "Translation": {"TargetLanguages": ["en"]},
        "TranslationEnabled": True,
        "AutoChaptersEnabled": True,
        "MeetingAssistanceEnabled": True,
        "MeetingAssistanceTypeList": ["Actions", "KeyInformation"],
        "SummarizationEnabled": True,
        "Summarization": {"Types": ["Paragraph", "Conversational"]},
        "TextPolishEnabled": True,
    },
}
GO: Json = {
    "AppKey": "go",
    "Input": INPUT | {"TaskKey": "mine"},
    "Parameters": {
        "Transcoding": {},
        "Transcription": {"DiarizationEnabled": True, "Diarization": {"SpeakerCount": 2}},
        "TranslationEnabled": True,
        "Translation": {"TargetLanguages": ["en"]},
        "SummarizationEnabled": True,
        "Summarization": {"Types": ["Paragraph", "MindMap"]},
    },
}


@pytest.mark.parametrize("body", [CPP, GO, guide()], ids=["cpp", "go", "python"])
def test_the_bodies_of_the_documented_samples_are_taken(mock: MockTingwu, body: Json) -> None:
    task = data(put(mock, START, body))
    assert task["TaskKey"] == body["Input"]["TaskKey"]
    assert data(put(mock, STOP, {"Input": {"TaskId": task["TaskId"]}}))["TaskStatus"] == "ONGOING"
    made = set(results(mock, task["TaskId"]))
    assert made >= {"Transcription", "Translation", "Summarization"}
    assert ("MeetingAssistance" in made) is (body is not GO)


@pytest.mark.parametrize("name", ["AppKey", "Appkey", "appKey", "appkey", "APPKEY"])
def test_the_app_key_may_be_spelt_in_any_case(mock: MockTingwu, name: str) -> None:
    assert_fine(mock, put(mock, START, {name: "a", "Input": INPUT}))


@pytest.mark.parametrize(
    "body",
    [
        BODY | {"Input": INPUT | {"SampleRate": "16000"}},
        BODY | {"Input": INPUT | {"SampleRate": " 16000 "}},
        BODY | {"Input": INPUT | {"SampleRate": 16000.0}},
        BODY | {"Parameters": None},
        BODY | {"Parameters": {}},
        BODY | {"Parameters": {"Transcoding": None, "Translation": None}},
        BODY | {"Parameters": {"Transcription": {"OutputLevel": "2"}}},
        BODY | {"Parameters": {"Transcription": {"OutputLevel": 2.0}}},
        BODY | {"Parameters": {"Transcription": {"Diarization": {"SpeakerCount": 2.0}}}},
        BODY | {"Parameters": {"AutoChaptersEnabled": "true", "TextPolishEnabled": "False"}},
        BODY | {"Parameters": {"TranslationEnabled": False, "Translation": {}}},
        BODY | {"Parameters": {"Unknown": {"deep": [None, {"x": 1}]}}, "Whatever": 1, "": []},
        BODY | {"Input": INPUT | {"TaskKey": None, "FileUrl": None, "Unknown": [1]}},
        BODY | {"Input": INPUT | {"LanguageHints": None}},
    ],
)
def test_numbers_in_strings_nulls_and_unknown_fields_are_taken(
    mock: MockTingwu, body: Json
) -> None:
    answer = put(mock, START, body)
    assert_fine(mock, answer)
    # What was taken must work, too: a stream runs, the task ends, its results are there.
    with pusher(data(answer)) as connection:
        connection.start()
        connection.push(speech(2_500) + silence(1_200))
        connection.stop()
    assert len(connection.sentences()) == 1
    put(mock, STOP, {"Input": {"TaskId": data(answer)["TaskId"]}})
    paragraphs = results(mock, data(answer)["TaskId"])["Transcription"]["Paragraphs"]
    assert len(paragraphs) == 1


@pytest.mark.parametrize(
    "target",
    [
        f"{TASKS}?operation=start&type=realtime",
        f"{TASKS}?type=realtime&operation=",
        f"{TASKS}?RegionId=cn-beijing&type=realtime",
        f"{TASKS}?type=realtime&RegionId=cn-beijing&x=%E4%BB%BB&y",
        f"{TASKS}?type=realtime&&=&",
        f"{TASKS}?type=%72ealtime",
    ],
)
def test_the_query_may_hold_more_and_in_any_order(mock: MockTingwu, target: str) -> None:
    assert_fine(mock, put(mock, target, BODY))


@pytest.mark.parametrize("query", ["", "?", "?type=realtime", "?RegionId=cn-beijing&type=offline"])
def test_a_query_on_the_status_call_is_ignored(mock: MockTingwu, query: str) -> None:
    task_id = data(put(mock, START, BODY))["TaskId"]
    answer = exchange(mock, http("GET", f"{TASKS}/{task_id}{query}"))
    assert data(answer) == {"TaskId": task_id, "TaskStatus": "NEW"}


@pytest.mark.parametrize(
    "body",
    [
        {"Input": {"TaskId": "{id}"}},
        {"AppKey": "a", "Input": {"TaskId": "{id}"}},
        {"Appkey": "a", "Input": {"TaskId": "{id}", "SourceLanguage": "cn", "TaskKey": "x"}},
        {"TaskId": "{id}"},
        {"AppKey": "a", "Input": {}, "TaskId": "{id}"},
        {"Input": {"TaskId": "{id}"}, "Parameters": {"AutoChaptersEnabled": True}},
    ],
)
def test_stop_takes_the_task_id_wherever_clients_put_it(mock: MockTingwu, body: Json) -> None:
    task_id = data(put(mock, START, BODY))["TaskId"]
    answer = put(mock, STOP, json.dumps(body).replace("{id}", task_id).encode())
    assert data(answer) == {"TaskId": task_id, "TaskStatus": "COMPLETED"}


@pytest.mark.parametrize("sizes", [[1], [7, 1, 40], [10_000]])
def test_a_chunked_body_without_content_length_is_taken(mock: MockTingwu, sizes: list[int]) -> None:
    # Node's Tea SDKs send every body so (tingwu-openapi 0.4).
    raw = json.dumps(BODY | {"Input": INPUT | {"TaskKey": "chunked"}}).encode()
    chunks = []
    while raw:
        for size in sizes:
            piece, raw = raw[:size], raw[size:]
            if piece:
                chunks.append(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    head = http("PUT", START, extra="Transfer-Encoding: chunked\r\n")
    with wire(mock) as connection:
        connection.send(head)
        for chunk in chunks:
            connection.send(chunk)
        connection.send(b"0\r\n\r\n")
        answer = connection.read_answer()
    assert data(answer)["TaskKey"] == "chunked"


def test_a_request_may_arrive_byte_by_byte(mock: MockTingwu) -> None:
    with wire(mock) as connection:
        connection.send_bytewise(http("PUT", START, json.dumps(BODY).encode()))
        assert_fine(mock, connection.read_answer())


def test_one_connection_serves_many_requests(mock: MockTingwu) -> None:
    task_id = data(put(mock, START, BODY))["TaskId"]
    with wire(mock) as connection:
        for _ in range(3):
            connection.send(http("GET", f"{TASKS}/{task_id}"))
            assert data(connection.read_answer())["TaskStatus"] == "NEW"
        connection.send(http("PUT", TASKS, b"not json"))
        assert connection.read_answer().status == 400
        connection.send(http("GET", f"{TASKS}/{task_id}") * 2)
        assert data(connection.read_answer()) == data(connection.read_answer())


def test_a_client_that_expects_a_continue_gets_it(mock: MockTingwu) -> None:
    body = json.dumps(BODY).encode()
    head = http("PUT", START, extra=f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n")
    with wire(mock) as connection:
        connection.send(head)
        assert connection.read_head().status == 100
        connection.send(body)
        assert_fine(mock, connection.read_answer())


def test_a_utf_8_body_with_a_byte_order_mark_or_spaces_is_no_surprise(mock: MockTingwu) -> None:
    raw = json.dumps(BODY).encode()
    assert_fine(mock, put(mock, START, b"\r\n\t " + raw + b" \n"))
    assert put(mock, START, b"\xef\xbb\xbf" + raw).status in (200, 400)


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/json; charset=GBK", "application/x-www-form-urlencoded", "x"],
)
def test_the_content_type_of_a_request_does_not_matter(mock: MockTingwu, content_type: str) -> None:
    assert_fine(mock, put(mock, START, BODY, extra=f"Content-Type: {content_type}\r\n"))


# What SDKs have sent

RECORDED = Path(__file__).parent.parent / "vectors" / "tingwu"
OPERATIONS = ("create_realtime", "stop_realtime", "get_task_info")


@pytest.mark.parametrize(
    "name",
    sorted(
        file.stem
        for file in RECORDED.glob("*.txt")
        if any(operation in file.stem for operation in OPERATIONS)
        and not file.stem.endswith(("nocred", "specialchars"))
    ),
)
def test_a_recorded_request_of_an_sdk_is_answered(mock: MockTingwu, name: str) -> None:
    content = (RECORDED / f"{name}.txt").read_bytes()
    raw = re.sub(rb"\A(#[^\n]*\n)*\n*", b"", content).partition(b"\n\n<<<END REQUEST")[0]
    found = data(exchange(mock, raw))
    assert found["TaskStatus"] == ("NEW" if "create" in name else "INVALID")


# Methods and paths


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", TASKS),
        ("POST", TASKS),
        ("DELETE", TASKS),
        ("PATCH", TASKS),
        ("OPTIONS", TASKS),
        ("PUT", f"{TASKS}/{UNKNOWN}"),
        ("POST", f"{TASKS}/{UNKNOWN}"),
        ("DELETE", f"{TASKS}/{UNKNOWN}"),
        ("PUT", f"{TASKS}/"),
        ("GET", f"{TASKS}/"),
        ("GET", f"{TASKS}/a/b"),
        ("GET", "/openapi/tingwu/v2"),
        ("GET", "/openapi"),
        ("GET", "/favicon.ico"),
        ("PUT", "//openapi/tingwu/v2/tasks?type=realtime"),
        ("GET", "/openapi/../openapi/tingwu/v2/tasks/" + UNKNOWN),
        ("GET", f"{TASKS}/%2e%2e/%00"),
    ],
)
def test_what_is_no_operation_is_an_unknown_api_in_json(
    mock: MockTingwu, method: str, path: str
) -> None:
    answer = exchange(mock, http(method, path, b""))
    assert answer.status == 404
    assert answer.json()["Code"] == "InvalidApi.NotFound"
    assert answer.header("content-type") == "application/json;charset=utf-8"


@pytest.mark.parametrize("path", [TASKS, f"{TASKS}/{UNKNOWN}", "/openapi/x", "/nowhere"])
def test_head_is_answered_without_a_body(mock: MockTingwu, path: str) -> None:
    with wire(mock) as connection:
        connection.send(http("HEAD", path) + http("GET", f"{TASKS}/{UNKNOWN}"))
        assert connection.read_answer(body=False).status in (200, 404)
        assert connection.read_answer().json()["Data"]["TaskStatus"] == "INVALID"


@pytest.mark.parametrize(
    ("task_id", "shown"),
    [
        ("abc", "abc"),
        ("%E4%BB%BB", "任"),
        ("a%20b", "a b"),
        ("%22%5C%0d%0a%00", '"\\\r\n\x00'),
        ("..", None),
        ("%ff%fe", None),
        ("x" * 5_000, "x" * 5_000),
    ],
)
def test_a_task_id_of_any_shape_is_unknown_and_echoed_safely(
    mock: MockTingwu, task_id: str, shown: str | None
) -> None:
    answer = exchange(mock, http("GET", f"{TASKS}/{task_id}"))
    assert answer.status in (200, 404)
    if shown is not None:
        assert data(answer) == {"TaskId": shown, "TaskStatus": "INVALID"}


def test_identical_runs_give_identical_bytes(start_mock: Any) -> None:
    mocks = [start_mock(seed=7), start_mock(seed=7), start_mock(seed=8)]
    bodies = []
    for mock in mocks:
        answer = exchange(mock, http("PUT", START, json.dumps(guide()).encode(), host="h:1"))
        bodies.append(answer.body)
    assert bodies[0] == bodies[1] != bodies[2]


def test_fields_that_belong_to_other_capabilities_are_ignored_to_the_end(mock: MockTingwu) -> None:
    parameters = {
        "Transcription": {"DiarizationEnabled": True},
        "IdentityRecognitionEnabled": True,
        "IdentityRecognition": {"IdentityContents": [{"Title": 5, "Content": [], "Name": "lead"}]},
        "ContentExtractionEnabled": True,
        "ContentExtraction": {"ExtractionContents": [{"Name": 5, "Description": {}, "Title": "t"}]},
        "ServiceInspectionEnabled": True,
        "ServiceInspection": {
            "SceneIntroduction": "s",
            "InspectionIntroduction": "i",
            "InspectionContents": [{"Title": "t", "Name": 5, "Identity": 5}],
            "SpeakerMap": {"1": 5, "2": None, "x": []},
        },
    }
    task = data(put(mock, START, BODY | {"Parameters": parameters}))
    with pusher(task) as connection:
        connection.start()
        connection.push(speech(2_500) + silence(1_200))
        connection.stop()
    put(mock, STOP, {"Input": {"TaskId": task["TaskId"]}})
    made = results(mock, task["TaskId"])
    assert made["IdentityRecognition"]["IdentityResults"][0]["Identity"] == "lead"
    assert made.keys() >= {"ContentExtraction", "ServiceInspection"}
