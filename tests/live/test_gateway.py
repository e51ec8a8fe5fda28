"""The RPC gateway: where parameters stand, how answers are written, who may call."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.protocols import signing
from mock_tingwu.protocols.signing import rpc_v1
from tests.live.helpers import STREAM, VERSION, Live

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
QUERY = {"Action": "QueryRtcAsrTasks", "Version": VERSION}
CREATE = {
    "Action": "CreateRtcAsrTask",
    "Version": VERSION,
    "Format": "JSON",
    "Mode": "live",
    "StreamURL": STREAM,
    "Language": "cn",
    "CallbackURL": "http://127.0.0.1:9/nobody",
}


def xml(answer: httpx.Response) -> ElementTree.Element:
    assert answer.headers["content-type"] == "text/xml;charset=utf-8"
    return ElementTree.fromstring(answer.text)


# Where parameters stand


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_parameters_come_in_the_query(mock: MockTingwu, method: str) -> None:
    answer = httpx.request(method, mock.url, params=CREATE)
    assert answer.json()["RetCode"] == 2000


def test_parameters_come_in_a_form(mock: MockTingwu) -> None:
    assert httpx.post(mock.url, data=CREATE).json()["RetCode"] == 2000


def test_parameters_come_in_both(mock: MockTingwu) -> None:
    names = list(CREATE)
    query = {name: CREATE[name] for name in names[:4]}
    form = {name: CREATE[name] for name in names[4:]}
    assert httpx.post(mock.url, params=query, data=form).json()["RetCode"] == 2000


def test_the_header_names_the_call_where_no_parameter_does(mock: MockTingwu) -> None:
    parameters = {name: value for name, value in CREATE.items() if name[0] in "MSLC"}
    headers = {"x-acs-action": "CreateRtcAsrTask", "x-acs-version": VERSION}
    answer = httpx.post(mock.url, params=parameters, headers=headers)
    assert answer.json()["RetCode"] == 2000


def test_the_parameter_goes_before_the_header(mock: MockTingwu) -> None:
    # pop-core writes the header as its caller wrote the name (live-rtc-asr 3).
    headers = {"x-acs-action": "queryRtcAsrTasks"}
    answer = httpx.get(mock.url, params=QUERY | {"Format": "JSON"}, headers=headers)
    assert answer.json()["Tasks"] == {}


# How answers are written


@pytest.mark.parametrize("form", ["json", "JSON", "Json"])
def test_json_in_letters_of_either_case(mock: MockTingwu, form: str) -> None:
    answer = httpx.get(mock.url, params=QUERY | {"Format": form})
    assert answer.headers["content-type"] == "application/json;charset=utf-8"
    assert list(answer.json()) == ["Description", "RequestId", "RetCode", "Tasks"]
    assert answer.headers["x-acs-request-id"] == answer.json()["RequestId"]


@pytest.mark.parametrize("form", [None, "XML", "xml", "None", "yaml"])
def test_xml_is_the_usual_form(mock: MockTingwu, form: str | None) -> None:
    query = QUERY if form is None else QUERY | {"Format": form}
    root = xml(httpx.get(mock.url, params=query))
    assert root.tag == "QueryRtcAsrTasksResponse"
    assert root.findtext("RetCode") == "2000"


def test_a_task_in_xml_is_an_element_of_its_id(mock: MockTingwu) -> None:
    task_id = httpx.get(mock.url, params=CREATE).json()["TaskId"]
    root = xml(httpx.get(mock.url, params=QUERY))
    assert root.findtext(f"Tasks/{task_id}/streamUrl") == STREAM


def test_a_failure_in_xml(mock: MockTingwu) -> None:
    answer = httpx.get(mock.url, params=QUERY | {"Action": "StopRtcAsrTask"})
    root = xml(answer)
    assert (answer.status_code, root.tag) == (400, "Error")
    assert [child.tag for child in root] == [
        *("RequestId", "HostId", "Code", "Message", "Recommend"),
    ]
    assert root.findtext("Code") == "MissingTaskId"


@pytest.mark.parametrize(("accept", "json"), [("application/json", True), ("text/xml", False)])
def test_accept_counts_where_the_header_names_the_call(
    mock: MockTingwu, accept: str, json: bool
) -> None:
    headers = {"x-acs-action": "QueryRtcAsrTasks", "Accept": accept}
    answer = httpx.post(mock.url, headers=headers)
    assert answer.headers["content-type"].startswith("application/json" if json else "text/xml")


# What is wrong with a call


def refusal(live: Live, **parameters: Any) -> tuple[int, str, str]:
    answer = live.ask_create(**parameters)
    body = answer.json()
    assert list(body) == ["RequestId", "HostId", "Code", "Message", "Recommend"]
    assert body["HostId"] == "live.aliyuncs.com"
    assert answer.headers["x-acs-request-id"] == body["RequestId"]
    return answer.status_code, body["Code"], body["Message"]


CHANNEL = {"Mode": "rtc", "StreamURL": None}


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"Mode": None}, "Mode"),
        ({"Mode": ""}, "Mode"),
        ({"Mode": " "}, "Mode"),
        ({"Language": None}, "Language"),
        ({"CallbackURL": None}, "CallbackURL"),
        ({"StreamURL": None}, "StreamURL"),
        ({**CHANNEL, "ChannelID": "c", "RtcUserId": "u"}, "SDKAppID"),
        ({**CHANNEL, "SDKAppID": "a", "RtcUserId": "u"}, "ChannelID"),
        ({**CHANNEL, "SDKAppID": "a", "ChannelID": "c"}, "RtcUserId"),
        ({"TranslateEnabled": "true"}, "TargetLanguages"),
    ],
)
def test_what_is_missing_is_named(live: Live, parameters: dict[str, Any], name: str) -> None:
    wanted = (400, f"Missing{name}", f"{name} is mandatory for this action.")
    assert refusal(live, **parameters) == wanted


@pytest.mark.parametrize(
    "parameters",
    [
        {"Mode": "tape"},
        {"Mode": "LIVE"},
        {"Language": "de"},
        {"Language": "zh"},
        {"CallbackURL": "somewhere"},
        {"CallbackURL": "ftp://127.0.0.1/x"},
        {"CallbackURL": "http:///x"},
        {"CallbackURL": "http://127.0.0.1:99999/"},
        {"CallbackURL": "http://user:pass@127.0.0.1/"},
        {"CallbackURL": "http://127.0.0.1/\u0007"},
        {"StreamURL": "lesson"},
        {"StreamURL": "rtmp://"},
        {"StreamURL": "rtmp://[::1/app"},
        {"TargetLanguages": "fr"},
        {"TargetLanguages": "en,ja"},
        {"TranslateEnabled": "yes"},
        {"AutoTerminateEnabled": "1"},
        {"AutoTerminateDelay": "0"},
        {"AutoTerminateDelay": "11"},
        {"AutoTerminateDelay": "2.5"},
        {"AutoTerminateDelay": "9" * 40},
        {"ReportInterval": "-2"},
        {"ReportInterval": "501"},
        {"ReportInterval": "fast"},
        {"OwnerId": "me"},
        {"CallbackURL": "http://127.0.0 .1:1/"},
        {"StreamURL": "rtmp://h/app/\r\ns"},
        {"StreamURL": "rtmp://h/app\0"},
        {"AuthKey": "k3y-of-mine" * 30},
    ],
)
def test_what_is_not_valid_is_named(live: Live, parameters: dict[str, Any]) -> None:
    (name,) = parameters
    status, code, message = refusal(live, **parameters)
    assert (status, code) == (400, f"Invalid{name}")
    assert name in message
    assert live.query() == {}
    assert "k3y-of-mine" not in json.dumps(live.mock.journal)


def test_one_user_of_a_channel_and_no_more(live: Live) -> None:
    channel = {**CHANNEL, "SDKAppID": "a", "ChannelID": "c"}
    assert refusal(live, **channel, RtcUserId="u1,u2")[1] == "InvalidRtcUserId"


@pytest.mark.parametrize(
    "parameters",
    [
        {"TranslateEnabled": "True", "TargetLanguages": "ja"},
        {"TranslateEnabled": "FALSE"},
        {"AutoTerminateEnabled": "True", "AutoTerminateDelay": "10"},
        {"ReportInterval": "-1"},
        {"ReportInterval": "500"},
        {"SDKAppID": "x,y", "ChannelID": "", "RtcUserId": "1,2"},
        {"Language": "fspk"},
        {"StreamURL": "artc://pull.example.com/app/s"},
        {"CallbackURL": "HTTP://127.0.0.1:9/cb"},
        {"CallbackURL": "http://127.0.0.1:9/cb?x=1&y=中*~ +'()!"},
        {"RegionId": "cn-shanghai", "OwnerId": "17", "Whatever": "x"},
    ],
)
def test_what_clients_send_is_taken(live: Live, parameters: dict[str, Any]) -> None:
    answer = live.ask_create(**parameters)
    assert answer.json()["RetCode"] == 2000, answer.text


@pytest.mark.parametrize("action", ["CreateAsrTask", "createRtcAsrTask", "DescribeLive"])
def test_a_call_that_there_is_not(live: Live, action: str) -> None:
    answer = live.call(action)
    assert (answer.status_code, answer.json()["Code"]) == (404, "InvalidApi.NotFound")


def test_a_request_that_names_no_call(mock: MockTingwu) -> None:
    answer = httpx.get(mock.url, params={"Format": "JSON"})
    assert (answer.status_code, answer.json()["Code"]) == (400, "MissingAction")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
def test_other_methods(mock: MockTingwu, method: str) -> None:
    answer = httpx.request(method, mock.url, params=QUERY | {"Format": "JSON"})
    assert (answer.status_code, answer.json()["Code"]) == (400, "UnsupportedHTTPMethod")


def test_a_form_that_is_too_long(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock(max_body_bytes=1000)
    answer = httpx.post(mock.url, data=CREATE | {"AuthKey": "x" * 2000})
    assert answer.status_code == 413
    assert "RequestEntityTooLarge" in answer.text


@pytest.mark.parametrize(
    "content", [b"%", b"=&=&&;", b"\xff\xfe%ff%zz", b'{"Action":1}', b"Action=%00", b"a" * 60_000]
)
def test_a_form_of_noise_is_answered(mock: MockTingwu, content: bytes) -> None:
    answer = httpx.post(mock.url, params={"Format": "JSON"}, content=content, headers=FORM)
    assert answer.status_code in (400, 404)
    assert answer.json()["Code"] in ("MissingAction", "InvalidApi.NotFound")


@pytest.mark.parametrize(("count", "status"), [(5_000, 200), (20_000, 413)])
def test_many_parameters_are_answered(mock: MockTingwu, count: int, status: int) -> None:
    noise = [(f"p{n}", "x") for n in range(count)]
    content = urlencode([*CREATE.items(), *noise]).encode()
    answer = httpx.post(mock.url, content=content, headers=FORM)
    assert answer.status_code == status


# Who may call


@pytest.fixture
def strict(start_mock: Callable[..., MockTingwu]) -> MockTingwu:
    return start_mock(auth="verify", access_keys={"id": "the-secret"})


def signed(method: str = "GET", **changes: Any) -> dict[str, str]:
    settings: dict[str, Any] = {
        "access_key": "id",
        "secret": "the-secret",
        "action": "QueryRtcAsrTasks",
        "version": VERSION,
        "nonce": "n1",
        "date": datetime.now(UTC),
        "format": "JSON",
    }
    return rpc_v1.sign(method, {}, **{**settings, **changes})


def code(answer: httpx.Response) -> str:
    return str(answer.json().get("Code", "ok"))


def test_a_right_signature_is_let_in(strict: MockTingwu) -> None:
    assert code(httpx.get(strict.url, params=signed())) == "ok"
    assert code(httpx.post(strict.url, data=signed("POST", nonce="n2"))) == "ok"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"secret": "another"}, "SignatureDoesNotMatch"),
        ({"access_key": "who"}, "InvalidAccessKeyId.NotFound"),
        ({"date": datetime.now(UTC) - timedelta(minutes=33)}, "InvalidTimeStamp.Expired"),
        ({"version": "2014-05-26"}, "InvalidVersion"),
        ({"action": "NoSuchCall"}, "InvalidApi.NotFound"),
    ],
)
def test_a_wrong_one_is_not(strict: MockTingwu, changes: dict[str, Any], expected: str) -> None:
    assert code(httpx.get(strict.url, params=signed(**changes))) == expected


def test_a_clock_may_be_half_an_hour_off(strict: MockTingwu) -> None:
    date = datetime.now(UTC) - timedelta(minutes=30)
    assert code(httpx.get(strict.url, params=signed(date=date))) == "ok"


def test_a_request_is_not_taken_twice(strict: MockTingwu) -> None:
    parameters = signed()
    assert code(httpx.get(strict.url, params=parameters)) == "ok"
    assert code(httpx.get(strict.url, params=parameters)) == "SignatureNonceUsed"


def test_unsigned_calls_are_refused(strict: MockTingwu) -> None:
    answer = httpx.get(strict.url, params=QUERY | {"Format": "JSON"})
    assert code(answer) == "MissingAccessKeyId"


def test_a_mismatch_shows_what_the_server_signs(strict: MockTingwu) -> None:
    answer = httpx.get(strict.url, params=signed(secret="another"))
    message = answer.json()["Message"]
    start = "Specified signature is not matched with our calculation. server string to sign is:"
    assert message.startswith(f"{start}GET&%2F&AccessKeyId%3Did%26Action%3D")


def test_acs3_is_let_in(strict: MockTingwu) -> None:
    headers = signing.sign_acs3(
        "POST", "/", {}, {}, b"",
        access_key="id", secret="the-secret", action="QueryRtcAsrTasks", version=VERSION,
        host=strict.host, nonce="n", date=datetime.now(UTC),
    )  # fmt: skip
    assert code(httpx.post(strict.url, headers=headers)) == "ok"


@pytest.mark.parametrize(("token", "expected"), [("t0ken-of-mine", "ok"), ("x", "Malformed")])
@pytest.mark.parametrize("place", ["header", "parameter"])
def test_a_token_takes_the_place_of_a_signature(
    start_mock: Callable[..., MockTingwu], token: str, expected: str, place: str
) -> None:
    mock = start_mock(auth="verify", api_keys=["t0ken-of-mine"])
    query = QUERY | {"Format": "JSON", "SignatureType": "BEARERTOKEN"}
    headers = {"x-acs-bearer-token": token} if place == "header" else {}
    query |= {"BearerToken": token} if place == "parameter" else {}
    answer = httpx.get(mock.url, params=query, headers=headers)
    assert code(answer).endswith(expected)
    assert "t0ken-of-mine" not in json.dumps(mock.journal)


def test_of_two_values_the_first_counts(mock: MockTingwu) -> None:
    twice = urlencode([*CREATE.items(), ("Mode", "tape")])
    assert httpx.get(f"{mock.url}/?{twice}").json()["RetCode"] == 2000
    assert httpx.post(mock.url, params=CREATE, data={"Mode": "tape"}).json()["RetCode"] == 2000


def test_in_open_mode_a_wrong_signature_is_remarked(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(access_keys={"id": "the-secret"})
    assert code(httpx.get(mock.url, params=signed(secret="another"))) == "ok"
    (violation,) = [entry for entry in mock.journal if entry["kind"] == "violation"]
    assert violation["rule"] == "signature"
    assert "AccessKeySecret" in violation["text"]
    assert "the-secret" not in json.dumps(mock.journal)


def test_calls_are_limited(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock(throttle="documented", clock="virtual")
    live = Live(mock, "http://127.0.0.1:9/nobody")
    codes = [code(live.call("QueryRtcAsrTasks")) for _ in range(21)]
    assert codes == ["ok"] * 20 + ["Throttling.User"]
    assert code(live.call("StopRtcAsrTask", TaskId="x")) == "ConfigNotFound"
    mock.advance(1000)
    assert code(live.call("QueryRtcAsrTasks")) == "ok"


# On demand


def test_another_ret_code_on_demand(live: Live) -> None:
    live.mock.faults.add(
        {"type": "ret_code", "code": 4001, "description": "invalid stream"},
        match={"operation": "CreateRtcAsrTask"},
        times=1,
    )
    answer = live.ask_create()
    assert answer.status_code == 200
    body = answer.json()
    assert (body["RetCode"], body["Description"]) == (4001, "invalid stream")
    assert "TaskId" not in body
    assert live.query() == {}
    assert live.ask_create().json()["RetCode"] == 2000


@pytest.mark.parametrize("name", ["ConfigNotFound", "InternalError", "Throttling.Api"])
def test_an_error_of_the_table_on_demand(live: Live, name: str) -> None:
    live.mock.faults.add({"type": "api_error", "code": name}, match={"service": "live"}, times=1)
    assert code(live.ask_create()) == name


def test_what_others_answer_is_not_lives(live: Live) -> None:
    live.mock.faults.add({"type": "api_error", "code": "BRK.OverdueService"})
    live.mock.faults.add({"type": "api_error", "code": "InvalidApiKey"})
    assert code(live.ask_create()) == "ok"
    with pytest.raises(ValueError, match=r"BRK\.OverdueService is a code of tingwu"):
        live.mock.faults.add(
            {"type": "api_error", "code": "BRK.OverdueService"}, match={"service": "live"}
        )


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("mock.api_error=Forbidden.RAM", "Forbidden.RAM"),
        ("mock.api_error=Missing:Mode", "MissingMode"),
        ("mock.throttle=10", "Throttling.User"),
    ],
)
def test_a_marker_in_the_stream_url_acts(live: Live, marker: str, expected: str) -> None:
    assert code(live.ask_create(StreamURL=f"{STREAM}?auth_key=1-0-0-x&{marker}")) == expected
    channel = {**CHANNEL, "SDKAppID": "a", "ChannelID": f"c--{marker}", "RtcUserId": "u"}
    assert code(live.ask_create(**channel)) == expected


def test_a_marker_may_let_the_task_fail(live: Live) -> None:
    task_id = live.create(StreamURL=f"{STREAM}?mock.task_failed=TSC.AudioFormat@2000")
    live.mock.advance(1_900)
    assert live.state(task_id) == "ONGOING"
    live.mock.advance(200)
    assert live.query(task_id)[task_id]["status"] == 3


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ({"type": "ret_code"}, "action.code is None, expected a whole number"),
        ({"type": "ret_code", "code": 2000}, "which is what a call that goes well answers"),
        ({"type": "ret_code", "code": 1, "description": 5}, "action.description is 5"),
    ],
)
def test_a_ret_code_that_makes_no_sense(live: Live, action: Any, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        live.mock.faults.add(action)


def test_results_cannot_fail_where_there_are_none(live: Live) -> None:
    for match in ({"service": "live"}, {"operation": "CreateRtcAsrTask"}):
        with pytest.raises(ValueError, match="Live's tasks have none"):
            live.mock.faults.add({"type": "subtask_failed", "kind": "Translation"}, match=match)


def test_a_body_that_is_no_form_is_noted_and_not_shown(mock: MockTingwu) -> None:
    files = {name: (None, value) for name, value in (CREATE | {"AuthKey": "k3y-of-mine"}).items()}
    answer = httpx.post(mock.url, files=files)
    assert code(answer) == "MissingAction"
    assert "is no form: it is not read" in json.dumps(mock.journal)
    assert "k3y-of-mine" not in json.dumps(mock.journal)


def test_a_call_without_a_nonce_is_refused(strict: MockTingwu) -> None:
    parameters = signed()
    del parameters["SignatureNonce"]
    answer = httpx.get(strict.url, params=parameters)
    assert code(answer) == "SignatureDoesNotMatch"
    unsigned = {"access_key": "id", "secret": "the-secret", "nonce": ""}
    assert code(httpx.get(strict.url, params=signed(**unsigned))) == "MissingSignatureNonce"


def test_what_has_nothing_to_do_with_captions_does_nothing(live: Live) -> None:
    live.create(StreamURL=f"{STREAM}?mock.subtask_failed=Summarization")
    assert [entry for entry in live.mock.journal if entry["kind"] == "fault"] == []
    live.create(StreamURL=f"{STREAM}?mock.ret_code=abc")
    assert any("code is 'abc', expected a number" in note for note in live.notes())


def test_where_a_signature_differs_is_shown_by_the_parameter(strict: MockTingwu) -> None:
    parameters = signed() | {"RegionId": "cn-shanghai"}
    assert code(httpx.get(strict.url, params=parameters)) == "SignatureDoesNotMatch"
    (entry,) = [e for e in strict.journal if e["kind"] == "signature"]
    differs = entry["differs_at"]
    assert differs["server"] == "RegionId%3Dcn-shanghai"
    assert differs["client"].startswith("SignatureMethod%3D")
