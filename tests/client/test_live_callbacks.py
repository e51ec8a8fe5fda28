from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu.client.live_callbacks import (
    GREETING,
    MAX_BODY,
    Arrival,
    LiveCallback,
    LiveCallbackReceiver,
    SignatureCheck,
    Verdict,
    check_signature,
    possible_urls,
)
from mock_tingwu.client.live_callbacks import receiver as receiving
from mock_tingwu.protocols.signing import asr_sig
from tests.realtime.helpers import until

KEY = "live-auth-key"
URL = "http://captions.example.com/live"
NOW = 1_795_175_253


def body(name: str = "SentenceEnd", payload: Any = None, **fields: Any) -> dict[str, Any]:
    """A callback; a field that is None is left out."""
    said = {"index": 0, "time": 2040, "result": "大家好。"} if payload is None else payload
    content = {"header": {"name": name, "status": 20000000}, "payload": said}
    whole = {
        "task_id": "asr-7a6b8f1e-0f4e-4d1c-9f0e-2f9a3f5c1b7d",
        "sdk_app_id": "app",
        "channel_id": "channel",
        "rtc_user_id": "user",
        "callback_time_stamp": 1723433155645,
        "language": "cn",
        "content": json.dumps(content),
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}


def parse(fields: Any) -> LiveCallback:
    return LiveCallback.parse(json.dumps(fields).encode())


def signed(url: str, key: str = KEY, at: object = NOW) -> dict[str, str]:
    return {"SIG-TIME": str(at), "ASR-SIG": asr_sig.sign(str(at), url, key)}


# What a callback says


def test_a_callback_has_every_field() -> None:
    callback = parse(body())
    assert callback.task_id == "asr-7a6b8f1e-0f4e-4d1c-9f0e-2f9a3f5c1b7d"
    assert (callback.sdk_app_id, callback.channel_id, callback.rtc_user_id) == (
        *("app", "channel", "user"),
    )
    assert (callback.language, callback.callback_time_stamp) == ("cn", 1723433155645)
    assert (callback.name, callback.payload["time"]) == ("SentenceEnd", 2040)
    assert (callback.index, callback.text, callback.final) == (0, "大家好。", True)
    assert callback.content["header"]["status"] == 20000000


def test_an_interim_result_is_not_final() -> None:
    callback = parse(body("TranscriptionResultChanged"))
    assert (callback.text, callback.final, callback.target_language) == ("大家好。", False, "")


def test_a_translation_has_the_number_and_text_of_its_sentence() -> None:
    items = [
        {"text": "Hello.", "index": 3, "beginTime": 0, "endTime": 900},
        {"text": "To", "index": 4, "partial": True},
    ]
    payload = {"source_lang": "cn", "target_lang": "en", "translate_result": items}
    final = parse(body("ResultTranslated", payload))
    assert (final.index, final.text, final.final) == (3, "Hello.", True)
    assert final.target_language == "en"
    partial = parse(body("ResultTranslated", {**payload, "translate_result": items[1:]}))
    assert (partial.index, partial.text, partial.final) == (4, "To", False)


def test_unknown_fields_are_kept_and_missing_ones_are_empty() -> None:
    callback = parse(body(colour="red", sdk_app_id=None, language=None, callback_time_stamp=None))
    assert callback.raw["colour"] == "red"
    assert (callback.sdk_app_id, callback.language, callback.callback_time_stamp) == ("", "", 0)


def test_an_event_may_come_without_a_payload() -> None:
    callback = parse(body(content='{"header": {"name": "TaskFailed"}}'))
    assert (callback.name, callback.payload, callback.index, callback.text) == (
        *("TaskFailed", {}, None, ""),
    )


@pytest.mark.parametrize(
    "payload",
    [
        {"index": "0", "result": ["a"]},
        {"index": True, "result": None},
        {"target_lang": 1, "translate_result": "x"},
        {"translate_result": []},
        {"translate_result": [7]},
        {"translate_result": [{"index": 1.5, "text": {}}]},
    ],
)
@pytest.mark.parametrize("name", ["SentenceEnd", "ResultTranslated"])
def test_a_payload_of_wrong_types_says_nothing(name: str, payload: Any) -> None:
    callback = parse(body(name, payload))
    assert (callback.index, callback.text, callback.target_language) == (None, "", "")


DEEP = "[" * 60 + "]" * 60


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        (b"", "the body is not JSON"),
        (b"hello", "the body is not JSON"),
        (b'{"task_id": "\xff"}', "the body is not UTF-8"),
        (b'{"task_id": NaN}', "the body is not JSON"),
        (b"[" * 100_000, "the body is nested too deep"),
        (DEEP.encode(), "the body is nested too deep"),
        (b"[]", "the body is a list, expected an object"),
        (b"null", "the body is missing"),
        (b"{}", "task_id is missing"),
        (json.dumps(body(task_id=7)).encode(), "task_id is a number, expected a text"),
        (json.dumps(body(task_id="")).encode(), "task_id is missing"),
        (json.dumps(body(language=["cn"])).encode(), "language is a list, expected a text"),
        (
            json.dumps(body(callback_time_stamp="1")).encode(),
            "callback_time_stamp is a text, expected a whole number",
        ),
        (
            json.dumps(body(callback_time_stamp=True)).encode(),
            "callback_time_stamp is a boolean, expected a whole number",
        ),
        (json.dumps(body(content=None)).encode(), "content is missing"),
        (json.dumps(body(content={})).encode(), "content is an object, expected a text"),
        (json.dumps(body(content="hello")).encode(), "content is not JSON"),
        (json.dumps(body(content=DEEP)).encode(), "content is nested too deep"),
        (json.dumps(body(content="{}")).encode(), "content.header is missing"),
        (
            json.dumps(body(content='{"header": {}}')).encode(),
            "content.header.name is missing",
        ),
        (
            json.dumps(body(content='{"header": {"name": "x"}, "payload": []}')).encode(),
            "content.payload is a list, expected an object",
        ),
    ],
)
def test_what_is_no_callback_is_told_in_one_sentence(sent: bytes, problem: str) -> None:
    with pytest.raises(ValueError) as raised:
        LiveCallback.parse(sent)
    assert str(raised.value) == problem


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON, st.sampled_from([*body(), "content.header", "content.payload"]))
def test_anything_in_any_field_is_a_callback_or_a_value_error(value: Any, place: str) -> None:
    fields = body()
    field, _, inner = place.partition(".")
    if inner:
        fields["content"] = json.dumps({**json.loads(fields["content"]), inner: value})
    else:
        fields[field] = value
    try:
        parse(fields)
    except ValueError as error:
        assert field in str(error)


@given(st.binary())
def test_any_bytes_are_a_callback_or_a_value_error(sent: bytes) -> None:
    with pytest.raises(ValueError):
        LiveCallback.parse(sent)


# Whether it is genuine


def test_a_right_signature_is_ok_and_says_for_which_url() -> None:
    check = check_signature(signed(URL), ["https://other.example.com/", URL], KEY, NOW + 2)
    assert (check.verdict, check.callback_url, check.age_s) == (Verdict.OK, URL, 2)
    assert not check.stale


def test_letters_of_either_case_will_do() -> None:
    headers = signed(URL)
    shouting = {"sig-time": headers["SIG-TIME"], "asr-sig": headers["ASR-SIG"].upper()}
    assert check_signature(shouting, URL, KEY, NOW).verdict == "ok"


@pytest.mark.parametrize(
    "headers",
    [signed(URL, "another"), signed(URL + "/"), {"SIG-TIME": str(NOW), "ASR-SIG": "ü"}],
)
def test_a_wrong_signature_is_wrong(headers: Mapping[str, str]) -> None:
    check = check_signature(headers, URL, KEY, NOW)
    assert (check.verdict, check.callback_url, check.tried) == (Verdict.WRONG, "", (URL,))


@pytest.mark.parametrize("missing", ["SIG-TIME", "ASR-SIG"])
def test_one_header_without_the_other_is_missing(missing: str) -> None:
    headers = {name: value for name, value in signed(URL).items() if name != missing}
    assert check_signature(headers, URL, KEY) == SignatureCheck(Verdict.MISSING)
    assert check_signature({}, URL, KEY) == SignatureCheck(Verdict.MISSING)


@pytest.mark.parametrize("at", [NOW, NOW * 1000])
@pytest.mark.parametrize(("off", "stale"), [(0, False), (299, False), (301, True), (-301, True)])
def test_a_time_far_off_is_stale_and_not_wrong(at: int, off: int, stale: bool) -> None:
    check = check_signature(signed(URL, at=at), URL, KEY, NOW + off)
    assert (check.verdict, check.age_s, check.stale) == (Verdict.OK, off, stale)


@pytest.mark.parametrize("at", ["noon", "-5", "²", "9" * 400])
def test_a_time_that_is_none_is_no_age(at: str) -> None:
    check = check_signature(signed(URL, at=at), URL, KEY, NOW)
    assert (check.verdict, check.age_s, check.stale) == (Verdict.OK, None, False)


def test_the_time_is_the_machines_unless_given() -> None:
    age = check_signature(signed(URL, at=int(time.time())), URL, KEY).age_s
    assert age is not None and abs(age) < 60


def test_the_likely_urls_are_with_and_without_escapes_and_slash() -> None:
    assert possible_urls("a.example:8001", "/%E5%AD%97?x=%20") == (
        *("http://a.example:8001/%E5%AD%97?x=%20", "http://a.example:8001/字?x= "),
        *("https://a.example:8001/%E5%AD%97?x=%20", "https://a.example:8001/字?x= "),
    )
    assert possible_urls("h", "/") == ("http://h/", "http://h", "https://h/", "https://h")
    assert "https://h?a=1" in possible_urls("h", "/?a=1")


# The server


class Collector:
    """A receiver and what it has handed on."""

    def __init__(self, **settings: Any) -> None:
        self.arrivals: list[Arrival] = []
        self.receiver = LiveCallbackReceiver(on_callback=self.arrivals.append, **settings)

    def __enter__(self) -> Collector:
        self.receiver.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.receiver.close()

    @property
    def url(self) -> str:
        return self.receiver.url

    def arrival(self) -> Arrival:
        """The one that has come."""
        until(lambda: bool(self.arrivals), "a callback")
        (arrival,) = self.arrivals
        return arrival


def post(url: str, fields: Any = None, headers: Mapping[str, str] | None = None) -> httpx.Response:
    return httpx.post(url, json=body() if fields is None else fields, headers=headers)


def verdict(collector: Collector) -> SignatureCheck:
    check = collector.arrival().signature
    assert check is not None
    return check


def test_a_callback_is_answered_and_handed_on() -> None:
    begun = time.time()
    with Collector() as collector:
        answer = post(collector.url + "any/path?x=1")
        arrival = collector.arrival()
    assert (answer.status_code, answer.json()) == (200, {})
    assert arrival.callback == parse(body())
    assert (arrival.target, arrival.problem, arrival.signature) == ("/any/path?x=1", "", None)
    assert json.loads(arrival.body) == body()
    assert begun <= arrival.at <= time.time()


@pytest.mark.parametrize(
    "path", ["", "?x=1", "captions", "captions?lesson=3&room=b", "字幕", "a%20b", "?课=三&x=a b"]
)
def test_the_url_that_was_signed_is_found(path: str) -> None:
    with Collector(auth_key=KEY) as collector:
        url = collector.url + path
        post(url, headers=signed(url, at=int(time.time())))
        check = verdict(collector)
    assert (check.verdict, check.callback_url) == ("ok", url)


def test_a_url_without_a_path_is_found() -> None:
    with Collector(auth_key=KEY) as collector:
        url = collector.url.rstrip("/")
        post(url, headers=signed(url))
        assert verdict(collector).callback_url == url
        assert verdict(collector).stale


def test_a_tunnel_that_speaks_https_is_found_by_its_host() -> None:
    url = "https://tunnel.example.com/live?room=b"
    with Collector(auth_key=KEY) as collector:
        host = {"Host": "tunnel.example.com"}
        post(collector.url + "live?room=b", headers={**host, **signed(url)})
        assert verdict(collector).callback_url == url


def test_behind_a_proxy_the_url_that_is_given_counts_alone() -> None:
    with Collector(auth_key=KEY, callback_url=URL) as collector:
        post(collector.url + "inside", headers=signed(URL))
        assert verdict(collector).callback_url == URL
        collector.arrivals.clear()
        post(collector.url, headers=signed(collector.url))
        assert verdict(collector).verdict == "wrong"


def test_a_signature_is_wrong_or_missing_and_the_callback_is_handed_on_all_the_same() -> None:
    with Collector(auth_key=KEY) as collector:
        post(collector.url, headers=signed(collector.url, "another"))
        assert verdict(collector).verdict == "wrong"
        assert collector.arrival().callback is not None
        collector.arrivals.clear()
        post(collector.url)
        assert verdict(collector).verdict == "missing"


def test_a_request_without_a_host_is_taken_to_be_for_the_receiver() -> None:
    with Collector(auth_key=KEY) as collector:
        content = json.dumps(body()).encode()
        lines = [
            *("POST / HTTP/1.0", f"Content-Length: {len(content)}"),
            *(f"{name}: {value}" for name, value in signed(collector.url).items()),
        ]
        with socket.create_connection((collector.receiver.host, collector.receiver.port)) as client:
            client.sendall("\r\n".join((*lines, "", "")).encode() + content)
            assert client.recv(100).startswith(b"HTTP/1.1 200")
        assert verdict(collector).verdict == "ok"


def test_no_callback_is_handed_on_with_its_problem() -> None:
    with Collector(auth_key=KEY) as collector:
        answer = httpx.post(collector.url, content=b"hello")
        arrival = collector.arrival()
    assert answer.status_code == 200
    assert (arrival.callback, arrival.problem) == (None, "the body is not JSON")
    assert arrival.body == b"hello"


def test_they_are_handed_on_in_the_order_of_their_arrival() -> None:
    with Collector() as collector, httpx.Client() as client:
        for index in range(100):
            client.post(collector.url, json=body(payload={"index": index}))
    assert [a.callback.index for a in collector.arrivals if a.callback] == list(range(100))


def test_answers_do_not_wait_for_what_is_done_with_callbacks() -> None:
    released = threading.Event()
    handled: list[Arrival] = []

    def slow(arrival: Arrival) -> None:
        released.wait(10)
        handled.append(arrival)

    with LiveCallbackReceiver(on_callback=slow) as receiver:
        assert [post(receiver.url).status_code for _ in range(3)] == [200] * 3
        assert handled == []
        released.set()
    assert len(handled) == 3, "closing hands on what has come"


def test_too_many_that_wait_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "MAX_WAITING", 1)
    busy, released = threading.Event(), threading.Event()

    def slow(arrival: Arrival) -> None:
        busy.set()
        released.wait(10)

    with LiveCallbackReceiver(on_callback=slow) as receiver:
        answers = [post(receiver.url).status_code]
        assert busy.wait(10)
        answers += [post(receiver.url).status_code for _ in range(2)]
        released.set()
    assert answers == [200, 200, 503]


def test_a_get_is_told_what_this_is() -> None:
    with Collector() as collector:
        got = httpx.get(collector.url)
        head, put = httpx.head(collector.url), httpx.put(collector.url)
    assert (got.status_code, got.text, head.status_code) == (200, GREETING, 200)
    assert (put.status_code, put.headers["Allow"]) == (405, "GET, HEAD, POST")
    assert collector.arrivals == []


def test_a_huge_body_is_refused_and_not_kept() -> None:
    def forever() -> Any:
        while True:
            yield b"x" * 65_536

    with Collector() as collector:
        whole = httpx.post(collector.url, content=b"x" * (MAX_BODY + 1))
        arrival = collector.arrival()
        with pytest.raises(httpx.HTTPError):
            assert httpx.post(collector.url, content=forever()).status_code == 413
            raise httpx.HTTPError("refused in time")
    assert whole.status_code == 413
    assert (arrival.body, arrival.callback) == (b"", None)
    assert arrival.problem == f"the body is longer than {MAX_BODY} bytes"


def test_a_body_as_long_as_may_be_is_read() -> None:
    fields = body(padding="")
    fields["padding"] = "x" * (MAX_BODY - len(json.dumps(fields)))
    with Collector() as collector:
        sent = httpx.post(collector.url, content=json.dumps(fields))
        assert (sent.status_code, len(collector.arrival().body)) == (200, MAX_BODY)


def half_sent(url: str) -> socket.socket:
    host, _, port = url.strip("/").removeprefix("http://").partition(":")
    client = socket.create_connection((host, int(port)))
    client.sendall(b'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"task_id"')
    return client


def test_a_body_that_breaks_off_is_told() -> None:
    with Collector() as collector:
        half_sent(collector.url).close()
        assert collector.arrival().problem == (
            "the sender has hung up before the body was complete"
        )


def test_a_body_that_does_not_come_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "BODY_S", 0.1)
    with Collector() as collector, half_sent(collector.url) as client:
        assert client.recv(100).startswith(b"HTTP/1.1 408")
        assert collector.arrival().problem == "the body has not come within 0 s"


def test_closing_does_not_wait_for_a_body_that_does_not_come() -> None:
    collector = Collector()
    with collector, half_sent(collector.url):
        assert httpx.get(collector.url).is_success  # what came before has been read
        begun = time.monotonic()
        collector.receiver.close()
        assert time.monotonic() - begun < 3


def test_an_address_that_is_taken_is_told_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError, match=rf"^cannot listen on 127.0.0.1, port {port}: \w"):
            Collector(port=port).receiver.start()
    with pytest.raises(OSError, match=r"^cannot listen on a\.\.b, port 0: "):
        Collector(host="a..b").receiver.listen()


@pytest.mark.parametrize(
    ("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("", "127.0.0.1"), ("::1", "[::1]")]
)
def test_the_url_can_be_posted_to_whatever_the_host(host: str, shown: str) -> None:
    with Collector(host=host) as collector:
        assert collector.url == f"http://{shown}:{collector.receiver.port}/"
        assert post(collector.url).status_code == 200


def test_connections_wait_from_listen_to_start() -> None:
    collector = Collector()
    collector.receiver.listen()
    url = collector.url
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(post(url).status_code))
    thread.start()
    with collector:
        thread.join(10)
        assert (answers, collector.url) == ([200], url)


def test_a_receiver_that_was_never_started_can_be_closed() -> None:
    receiver = Collector().receiver
    receiver.listen()
    receiver.close()
    with socket.create_server(("127.0.0.1", receiver.port)):
        pass


def test_waiting_ends_when_it_is_closed() -> None:
    with Collector() as collector:
        assert not collector.receiver.wait(0.01)
        closing = threading.Timer(0.05, collector.receiver.close)
        closing.start()
        assert collector.receiver.wait(10)
        closing.join()


def fail(arrival: Arrival) -> None:
    raise LookupError("no such lesson")


@pytest.mark.parametrize("ask", [LiveCallbackReceiver.wait, LiveCallbackReceiver.close])
def test_a_failure_ends_it_and_is_raised_once(ask: Callable[[LiveCallbackReceiver], Any]) -> None:
    receiver = LiveCallbackReceiver(on_callback=fail).start()
    assert post(receiver.url).status_code == 200
    with pytest.raises(LookupError, match="no such lesson"):
        ask(receiver)
    receiver.close()


def test_leaving_raises_a_failure_that_nobody_has_seen() -> None:
    with pytest.raises(LookupError), LiveCallbackReceiver(on_callback=fail) as receiver:
        post(receiver.url)


def test_leaving_with_an_exception_of_ones_own_keeps_that_one() -> None:
    with pytest.raises(ZeroDivisionError), LiveCallbackReceiver(on_callback=fail) as receiver:
        post(receiver.url)
        raise ZeroDivisionError
