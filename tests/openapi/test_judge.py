"""What judges a request by its document: it finds what does not fit, and takes what is declared."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from mock_tingwu import api_documents
from tests.openapi.judge import Json, Sent, Unjudgeable, misfits, refusals

TINGWU: Final = api_documents.bundle("openapi/tingwu")
DASHSCOPE: Final = api_documents.bundle("openapi/dashscope")
LIVE: Final = api_documents.bundle("openapi/live")
CONTROL: Final = api_documents.bundle("openapi/control")

TASKS: Final = "/openapi/tingwu/v2/tasks"
PHRASES: Final = "/openapi/tingwu/v2/resources/phrases"
GENERATION: Final = "/api/v1/services/aigc/multimodal-generation/generation"
CREATE: Final = "/#Action=CreateRtcAsrTask"
WAIT: Final = "/_mock/wait"
CLOCK: Final = "/_mock/clock"
MEETING: Final = {
    "AppKey": "a",
    "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16000},
}
STREAM: Final = "Mode=live&StreamURL=rtmp://h/a/s&Language=cn&CallbackURL=http://h/"


def put(query: str, body: object, **headers: str) -> Sent:
    return Sent("PUT", f"http://h{TASKS}?{query}", json.dumps(body).encode(), headers)


def post(path: str, body: object) -> Sent:
    return Sent("POST", f"http://h{path}", json.dumps(body).encode())


def meeting(**source: Any) -> Json:
    return {**MEETING, "Input": {**MEETING["Input"], **source}}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("document", "path", "sent"),
    [
        (TINGWU, TASKS, put("type=realtime", MEETING)),
        (TINGWU, TASKS, put("type=realtime&operation=start&RegionId=x", MEETING)),
        (TINGWU, TASKS, put("type=realtime&operation=stop", {"Input": {"TaskId": "x"}})),
        (TINGWU, f"{TASKS}/{{TaskId}}", Sent("GET", f"http://h{TASKS}/any%20thing")),
        (DASHSCOPE, "/api/v1/tokens", Sent("POST", "http://h/api/v1/tokens?expire_in_seconds=60")),
        (LIVE, CREATE, Sent("POST", f"http://h/?Action=CreateRtcAsrTask&{STREAM}")),
        (CONTROL, WAIT, post(WAIT, {"sessions": 0})),
        (CONTROL, "/_mock/sessions/close", Sent("POST", "http://h/_mock/sessions/close")),
    ],
)
def test_what_fits_fits(document: Json, path: str, sent: Sent) -> None:
    assert misfits(document, path, sent) == []
    assert misfits(document, path, sent, leniently=True) == []


@pytest.mark.parametrize(
    ("document", "path", "sent", "said"),
    [
        (TINGWU, TASKS, put("", MEETING), "type is missing"),
        (TINGWU, TASKS, put("type=live", MEETING), "type at the top"),
        (TINGWU, TASKS, put("type=offline&operation=stop", MEETING), "no body goes with this"),
        (TINGWU, TASKS, put("type=offline", MEETING), "FileUrl"),
        (TINGWU, TASKS, put("type=realtime", [MEETING]), "the body at the top"),
        (TINGWU, TASKS, put("type=realtime", meeting(SampleRate=44100)), "Input/SampleRate"),
        (TINGWU, TASKS, put("type=realtime", meeting(TaskKey=7)), "Input/TaskKey"),
        (TINGWU, TASKS, Sent("PUT", f"http://h{TASKS}?type=realtime", b"{"), "is no JSON"),
        (TINGWU, TASKS, Sent("PUT", f"http://h{TASKS}?type=realtime", b"NaN"), "is no JSON"),
        (
            DASHSCOPE,
            "/api/v1/tokens",
            Sent("POST", "http://h/api/v1/tokens?expire_in_seconds=soon"),
            "expire_in_seconds at the top",
        ),
        (LIVE, CREATE, Sent("POST", f"http://h/?Action=Create&{STREAM}"), "Action at the top"),
        (
            LIVE,
            CREATE,
            Sent("POST", f"http://h/?Action=CreateRtcAsrTask&{STREAM.replace('live', 'rtc')}"),
            "SDKAppID",
        ),
        (CONTROL, CLOCK, post(CLOCK, {"advance_ms": 1.0}), "written with a fraction"),
        (
            CONTROL,
            "/_mock/journal",
            Sent("GET", "http://h/_mock/journal?sinse=1"),
            "sinse is unknown",
        ),
    ],
)
def test_what_does_not_fit_is_told(document: Json, path: str, sent: Sent, said: str) -> None:
    for leniently in (False, True):
        found = misfits(document, path, sent, leniently=leniently)
        assert found and said in " ".join(found), found


@pytest.mark.parametrize(
    ("document", "path", "sent"),
    [
        (TINGWU, TASKS, put("type=realtime", meeting(TaskKey=None))),
        (TINGWU, TASKS, put("type=realtime", meeting(SampleRate="16000"))),
        (TINGWU, TASKS, put("type=realtime", meeting(ProgressiveCallbacksEnabled="True"))),
        (TINGWU, TASKS, put("type=realtime&operation=", MEETING)),
        (TINGWU, TASKS, put("type=realtime", MEETING, **{"content-type": "text/plain"})),
        (TINGWU, PHRASES, post(PHRASES, {"Name": "n", "WordWeights": {"a": 1}})),
        (TINGWU, PHRASES, post(PHRASES, {"Name": "n", "WordWeights": "{}", "Description": ""})),
        (
            DASHSCOPE,
            GENERATION,
            post(
                GENERATION,
                {
                    "model": "tingwu-meeting",
                    "input": {
                        "task": "createTask",
                        "type": "offline",
                        "appid": "tw_1",
                        "fileUrl": "http://h/a.mp3",
                        "phraseId": None,
                    },
                },
            ),
        ),
        (
            LIVE,
            CREATE,
            Sent(
                "POST",
                f"http://h/?Action=CreateRtcAsrTask&{STREAM}"
                "&TranslateEnabled=False&TargetLanguages=&ReportInterval=+5",
            ),
        ),
    ],
)
def test_what_is_declared_to_be_taken_fits_leniently_alone(
    document: Json, path: str, sent: Sent
) -> None:
    assert misfits(document, path, sent) != []
    assert misfits(document, path, sent, leniently=True) == []


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        (TASKS, Sent("TRACE", f"http://h{TASKS}")),
        (TASKS, put("type=realtime&type=offline", MEETING)),
        (f"{TASKS}/{{TaskId}}", Sent("GET", f"http://h{TASKS}/a/b")),
    ],
)
def test_of_what_a_document_says_nothing_there_is_no_judgement(path: str, sent: Sent) -> None:
    with pytest.raises(Unjudgeable):
        misfits(TINGWU, path, sent)


def test_reasons_to_refuse_what_fits_are_those_of_the_document_and_of_the_call() -> None:
    assert refusals(TINGWU, PHRASES, "post") == ["InvalidWordWeights"]
    assert refusals(TINGWU, PHRASES, "trace") == []
    assert refusals(CONTROL, "/_mock/tasks/{task_id}", "GET") == ["scope is .*", "task_id is .*"]
