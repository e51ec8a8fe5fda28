"""The gateway: JSON or XML, its headers, methods, flow control, AppKeys."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from starlette.requests import Request

from mock_tingwu import MockTingwu
from mock_tingwu.core.scope import Scope
from mock_tingwu.services.api_errors import ApiFailure
from mock_tingwu.services.api_format import etag, to_xml, wants_json
from mock_tingwu.services.gatekeeper import check_app_key
from mock_tingwu.services.gateway import Answer as Outcome
from mock_tingwu.services.gateway import Gateway
from mock_tingwu.settings import Settings
from tests.wire.helpers.raw import Answer, Json, exchange, http
from tests.wire.helpers.signed import acs3, roa, send, signed
from tests.wire.test_http import BODY, START, TASKS, UNKNOWN

XML = "text/xml;charset=utf-8"
JSON = "application/json;charset=utf-8"


def ask(mock: MockTingwu, method: str, target: str, accept: str | None, body: Any = None) -> Answer:
    raw = None if body is None else json.dumps(body, ensure_ascii=False).encode()
    request = http(method, target, raw, extra=f"Accept: {accept}\r\n")
    if accept is None:
        request = request.replace(b"Accept: None\r\n", b"")
    return exchange(mock, request)


def tree(answer: Answer) -> Any:
    """The XML of an answer: a dictionary per element, a list where names repeat."""
    assert answer.header("content-type") == XML
    root = ElementTree.fromstring(answer.body)
    return {root.tag: plain(root)}


def plain(element: ElementTree.Element) -> Any:
    found: dict[str, Any] = {}
    for child in element:
        if child.tag in found:
            found[child.tag] = [
                *(
                    [found[child.tag]]
                    if not isinstance(found[child.tag], list)
                    else found[child.tag]
                ),
                plain(child),
            ]
        else:
            found[child.tag] = plain(child)
    return found or (element.text or "")


# JSON or XML


@pytest.mark.parametrize(
    ("accept", "json_wanted"),
    [
        ("application/json", True),
        ("*/*", True),
        ("application/*", True),
        ("application/json; charset=utf-8", True),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", True),
        ("application/xml, application/json", True),
        ("APPLICATION/JSON", True),
        ("application/problem+json", True),
        (None, False),
        ("", False),
        ("application/xml", False),
        ("text/xml", False),
        ("text/html", False),
        ("application/xml, application/json;q=0", False),
        ("application/json;q=0.0", False),
        ("application/json;q=0, */*", False),
        ("*/*, application/json;q=0", False),
        ("application/*;q=0, */*", False),
        ("application/*;q=0, application/json", True),
        ("*/*;q=0, application/json", True),
        ("application/xml, */*;q=0", False),
        ("application/json;q=0, application/json", True),
    ],
)
def test_accept_decides_between_json_and_xml(
    mock: MockTingwu, accept: str | None, json_wanted: bool
) -> None:
    assert wants_json(accept) is json_wanted
    for target in (f"{TASKS}/{UNKNOWN}", f"{TASKS}/a/b"):
        answer = ask(mock, "GET", target, accept)
        assert answer.header("content-type") == (JSON if json_wanted else XML)


def test_several_accept_lines_count_as_one(mock: MockTingwu) -> None:
    for first, second, json_wanted in (
        ("text/xml", "application/json", True),
        ("*/*", "application/json;q=0", False),
        ("text/xml", "text/html", False),
    ):
        extra = f"Accept: {first}\r\nAccept: {second}\r\n"
        answer = exchange(mock, http("GET", f"{TASKS}/{UNKNOWN}", None, extra=extra))
        assert answer.header("content-type") == (JSON if json_wanted else XML)


def test_an_error_in_xml_has_the_shape_of_the_gateway_s(mock: MockTingwu) -> None:
    answer = ask(mock, "PUT", TASKS, None, BODY)
    assert answer.status == 400
    request_id = answer.header("x-acs-request-id")
    assert answer.body.decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>"
        f"<Error><RequestId>{request_id}</RequestId><HostId>tingwu.cn-beijing.aliyuncs.com</HostId>"
        "<Code>MissingType</Code><Message>type is mandatory for this action.</Message>"
        "<Recommend><![CDATA[https://api.aliyun.com/troubleshoot?q=MissingType&product=tingwu"
        f"&requestId={request_id}]]></Recommend></Error>"
    )


def test_a_task_in_xml_says_what_it_says_in_json(mock: MockTingwu) -> None:
    body = BODY | {"Input": BODY["Input"] | {"TaskKey": 'a<b>&"c"\u4efb'}}
    created = ask(mock, "PUT", START, "application/xml", body)
    data = tree(created)["CreateTaskResponse"]["Data"]
    assert data["TaskKey"] == 'a<b>&"c"\u4efb'
    shown = tree(ask(mock, "GET", f"{TASKS}/{data['TaskId']}", None))
    as_json = ask(mock, "GET", f"{TASKS}/{data['TaskId']}", "*/*").json()
    del as_json["RequestId"], shown["GetTaskInfoResponse"]["RequestId"]
    assert shown == {"GetTaskInfoResponse": as_json}
    assert list(as_json["Data"]) == ["TaskId", "TaskKey", "TaskStatus"]


def test_lists_in_xml_are_repeated_elements(mock: MockTingwu) -> None:
    path = "/openapi/tingwu/v2/resources/phrases"
    for name in ("one", "two"):
        body = {"Name": name, "WordWeights": '{"word": 2}'}
        assert ask(mock, "POST", path, "*/*", body).status == 200
    found = tree(ask(mock, "GET", path, None))["ListTranscriptionPhrasesResponse"]
    assert [phrases["Name"] for phrases in found["Data"]["Phrases"]] == ["one", "two"]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a\r\nb\tc", "a&#13;\nb\tc"),
        ("\x00\x0b\ufffe\ud800 ok", "\ufffd\ufffd\ufffd\ufffd ok"),
        ("]]>", "]]&gt;"),
        ("\U0001f600é", "\U0001f600é"),
        (True, "true"),
        (False, "false"),
        (None, ""),
        (12, "12"),
    ],
)
def test_every_value_is_well_formed_xml(value: object, written: str) -> None:
    content = to_xml("R", {"V": value})
    assert content.decode() == f"<?xml version='1.0' encoding='UTF-8'?><R><V>{written}</V></R>"
    ElementTree.fromstring(content)


def test_a_link_that_holds_the_end_of_its_section_is_well_formed(mock: MockTingwu) -> None:
    for link in ("https://x?q=a]]>b", "]]>]]>", "]]]>\x00"):
        content = to_xml("Error", {"Recommend": link})
        shown = ElementTree.fromstring(content).findtext("Recommend")
        assert shown == link.replace("\x00", "\ufffd")


def test_a_client_s_nonsense_is_echoed_as_well_formed_xml(mock: MockTingwu) -> None:
    answer = ask(mock, "GET", f"{TASKS}/%00%3Cx%3E%26%0d%ff", None)
    assert ElementTree.fromstring(answer.body).findtext("Data/TaskId")


def test_xml_is_in_the_journal_as_text(mock: MockTingwu) -> None:
    answer = ask(mock, "GET", f"{TASKS}/{UNKNOWN}", None)
    assert mock.journal[-1]["body"] == answer.body.decode()


# Headers


def test_every_answer_has_the_gateway_s_headers(mock: MockTingwu) -> None:
    traces = set()
    for target in (f"{TASKS}/{UNKNOWN}", f"{TASKS}/a/b"):
        answer = ask(mock, "GET", target, "*/*")
        assert answer.header("access-control-allow-origin") == "*"
        assert answer.header("access-control-expose-headers") == "*"
        assert answer.header("x-acs-request-id") == answer.json()["RequestId"]
        trace = answer.header("x-acs-trace-id")
        assert trace is not None and re.fullmatch("[0-9a-f]{32}", trace)
        traces.add(trace)
        assert answer.header("date")
        tag = answer.header("etag")
        assert tag == (etag(answer.body) if answer.status == 200 else None)
    assert len(traces) == 2


@pytest.mark.parametrize(
    ("body", "tag"),
    [
        # Recorded of other products, id and all.
        (b'{"RequestId":"7F75E7B4-4636-53B4-A8DE-5FC4A9E1F876"}', "5TMxmkRtXpXAdkf/r7rDdEA2"),
        (
            b'{"RequestId":"E2CBB919-0B12-5053-9613-93A11D7C04DB",'
            b'"LanguageProbabilities":"zh:0.999900;zh-tw:0.000100;","DetectedLanguage":"zh"}',
            "1GGkwvRNIr+lxM8EfnJcTpw0",
        ),
    ],
)
def test_an_etag_is_that_of_a_recorded_answer(body: bytes, tag: str) -> None:
    assert etag(body) == tag
    digest = base64.b64encode(hashlib.md5(body).digest()).decode()
    assert tag[1:-1] == digest[:22]


# Methods


@pytest.mark.parametrize("method", ["PROPFIND", "TRACE", "REPORT", "SEARCH", "LINK"])
def test_a_method_that_no_api_can_have_is_unsupported(mock: MockTingwu, method: str) -> None:
    for path in (TASKS, f"{TASKS}/{UNKNOWN}", "/openapi/x", "/nowhere"):
        answer = exchange(mock, http(method, path, b""))
        assert (answer.status, answer.json()["Code"]) == (400, "UnsupportedHTTPMethod")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH", "OPTIONS"])
def test_a_method_that_this_api_has_not_is_an_unknown_api(mock: MockTingwu, method: str) -> None:
    answer = exchange(mock, http(method, TASKS, b""))
    assert (answer.status, answer.json()["Code"]) == (404, "InvalidApi.NotFound")


# What comes first


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"a":' * 100 + b"1" + b"}" * 100])
def test_who_may_not_call_is_told_so_before_what_is_wrong_with_the_body(
    start_mock: Callable[..., MockTingwu], body: bytes
) -> None:
    mock = start_mock(auth="verify", max_body_bytes=1_000)
    answer = exchange(mock, http("PUT", START, body))
    assert (answer.status, answer.json()["Code"]) == (400, "MissingAccessKeyId")
    wrong = signed(replace(roa(), body=body), "wrong")
    assert send(mock, wrong).json()["Code"] == "InvalidAccessKeyId.NotFound"


def test_only_the_size_of_the_body_is_told_before_that(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify", max_body_bytes=1_000)
    answer = exchange(mock, http("PUT", START, b"{" * 1_001))
    assert (answer.status, answer.json()["Code"]) == (413, "RequestEntityTooLarge")


# Flow control


@pytest.fixture(scope="module")
def throttled() -> Iterator[MockTingwu]:
    with MockTingwu(throttle="2/3", clock="virtual") as mock:
        yield mock


def refusals(answers: list[Answer]) -> list[str | None]:
    """For each answer the time to wait in ms, None for those that were not refused."""
    waits = []
    for answer in answers:
        wait = answer.header("x-acs-retry-after")
        if answer.status != 200:
            body = answer.json()
            assert (answer.status, body["Code"]) == (400, "Throttling.User")
            assert body["Message"] == "Request was denied due to user flow control."
            assert wait is not None
        waits.append(wait)
    return waits


def test_more_calls_in_a_second_than_allowed_are_refused(throttled: MockTingwu) -> None:
    throttled.reset()

    def put() -> Answer:
        return ask(throttled, "PUT", START, "*/*", BODY)

    def get() -> Answer:
        return ask(throttled, "GET", f"{TASKS}/{UNKNOWN}", "*/*")

    assert refusals([put(), put()]) == [None, None]
    throttled.advance(400)
    assert refusals([put(), get(), get(), get(), get()]) == ["600", None, None, None, "1000"]
    throttled.advance(599)
    assert refusals([put(), get()]) == ["1", "401"]
    throttled.advance(1)
    assert refusals([put(), put(), put()]) == [None, None, "1000"]
    notes = [entry["text"] for entry in throttled.journal if entry["kind"] == "note"]
    assert "more than 2 calls of CreateTask within a second" in notes


def test_each_access_key_has_its_own_limit(throttled: MockTingwu) -> None:
    throttled.reset()

    def put(key: str) -> Answer:
        return send(throttled, signed(roa(), "any", key))

    assert refusals([put("a"), put("a"), put("b"), put("b")]) == [None] * 4
    assert refusals([put("a"), put("b"), put("c")]) == ["1000", "1000", None]


def test_calls_for_hot_words_have_no_limit(throttled: MockTingwu) -> None:
    throttled.reset()
    path = "/openapi/tingwu/v2/resources/phrases"
    assert {ask(throttled, "GET", path, "*/*").status for _ in range(20)} == {200}


def test_a_refused_signature_does_not_count(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock(throttle="1/1", auth="verify", clock="virtual")
    for _ in range(3):
        answer = send(mock, signed(acs3(), "wrong"))
        assert answer.json()["Code"] == "InvalidAccessKeyId.NotFound"


def test_without_the_setting_nothing_is_throttled(mock: MockTingwu) -> None:
    assert {ask(mock, "GET", f"{TASKS}/{UNKNOWN}", "*/*").status for _ in range(150)} == {200}


# AppKeys


@pytest.mark.parametrize(
    ("setting", "app_key", "access_key", "code"),
    [
        ("", "any", "me", None),
        ("mine", "mine", "me", None),
        ("mine", "mine", None, None),
        ("mine", "Mine", "me", "BRK.InvalidAppKey"),
        ("mine:me", "mine", "me", None),
        ("mine:me", "mine", "you", "BRK.InvalidTenant"),
        ("mine:me", "mine", None, None),
        ("mine:me,ours", "ours", "you", None),
        (["mine", "ours:you"], "ours", "me", "BRK.InvalidTenant"),
        ({"mine": "me", "ours": ""}, "ours", "you", None),
        ({"mine": "me"}, "other", "me", "BRK.InvalidAppKey"),
    ],
)
def test_an_app_key_must_exist_and_belong_to_the_caller(
    setting: Any, app_key: str, access_key: str | None, code: str | None
) -> None:
    settings = Settings.of({"app_keys": setting})
    if code is None:
        check_app_key(settings, app_key, access_key)
        return
    with pytest.raises(ApiFailure) as caught:
        check_app_key(settings, app_key, access_key)
    assert (caught.value.code, caught.value.http_status) == (code, 400)


# Operations


async def asked(mock: MockTingwu, operation: Any, **headers: str) -> tuple[int, Json]:
    """What a gateway of its own answers with ``operation``, to a GET without a body."""
    gateway = Gateway(mock._server.world, "tingwu")

    async def receive() -> Json:
        return {"type": "http.request", "body": b"", "more_body": False}

    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/x",
        "raw_path": b"/x",
        "query_string": b"operation=stop",
        "headers": [(b"accept", b"*/*"), *pairs],
    }
    response = await gateway.answer(Request(scope, receive), operation, "CreateTask")
    return response.status_code, json.loads(bytes(response.body))


def test_an_operation_may_answer_more_than_data(mock: MockTingwu) -> None:
    seen = {}

    def operation(request: Request, scope: Scope, body: Json) -> Outcome:
        seen["key"] = request.state.access_key
        return Outcome({"TaskId": "a" * 32, "TaskStatus": "ONGOING"})

    authorization = {"authorization": "acs LTAI5tMine:c2ln"}
    status, body = mock._run(asked(mock, operation, **authorization))
    assert (status, body["Data"]["TaskStatus"]) == (200, "ONGOING")
    assert seen == {"key": "LTAI5tMine"}


def test_extra_fields_of_an_answer_stand_behind_the_request_id(mock: MockTingwu) -> None:
    path = "/openapi/tingwu/v2/resources/phrases"
    made = ask(mock, "POST", path, "*/*", {"Name": "n", "WordWeights": '{"w": 1}'}).json()
    answer = ask(mock, "DELETE", f"{path}/{made['Data']['PhraseId']}", "*/*").json()
    assert list(answer)[:4] == ["Code", "Data", "Message", "RequestId"]
    assert list(answer)[4:] == ["Status", "ErrorCode", "ErrorMessage"]
