"""Result links byte for byte: ranges, signatures, expiry (tingwu-openapi 2.2)."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.protocols.signing import oss_url
from mock_tingwu.services.world import LINK_KEY, LINK_SECRET
from tests.core.test_segmentation import silence, speech
from tests.realtime.helpers import pusher, until
from tests.wire.helpers.raw import Answer, Json, exchange, http
from tests.wire.helpers.tasks import create, info, status, stop

MONTH_S = 2_592_000


def meeting(mock: MockTingwu, parameters: Json | None = None) -> str:
    """A finished meeting of one sentence; its TaskId."""
    task = create(mock, parameters)
    with pusher(task) as connection:
        connection.start()
        connection.push(speech(2_500) + silence(1_200))
        connection.stop()
    stop(mock, task["TaskId"])
    task_id = str(task["TaskId"])
    until(lambda: status(mock, task_id) == "COMPLETED", "COMPLETED")
    return task_id


def link(mock: MockTingwu, task_id: str, kind: str = "Transcription") -> str:
    found: str = info(mock, task_id)["Result"][kind]
    return found


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def get(mock: MockTingwu, url: str, extra: str = "", method: str = "GET") -> Answer:
    request = http(method, path_of(url), host=mock.host, extra=extra)
    return exchange(mock, request, body=method == "GET")


def assert_denied(answer: Answer, code: str = "AccessDenied", http_status: int = 403) -> None:
    assert answer.status == http_status
    assert answer.header("content-type") == "application/xml"
    error = ElementTree.fromstring(answer.body)
    assert error.tag == "Error"
    assert error.findtext("Code") == code
    assert error.findtext("Message")
    assert re.fullmatch("[0-9A-F]{24}", error.findtext("RequestId") or "")


def test_a_link_is_shaped_like_the_cloud_s_and_needs_no_header_but_host(mock: MockTingwu) -> None:
    task_id = meeting(mock)
    url = link(mock, task_id)
    assert re.fullmatch(
        rf"http://127\.0\.0\.1:{mock.port}/oss/prod-tingwu-paas-common-beijing/tingwu/output/"
        rf"\d{{16}}/{task_id}/{task_id}_Transcription_\d{{14}}\.json"
        r"\?Expires=\d{10}&OSSAccessKeyId=[\w.]+&Signature=[\w%]+",
        url,
    )
    answer = get(mock, url)
    assert answer.status == 200
    assert answer.header("content-type") == "application/json"
    assert answer.header("accept-ranges") == "bytes"
    assert list(answer.json()) == ["TaskId", "Transcription"]
    assert (
        answer.body == json.dumps(answer.json(), ensure_ascii=False, separators=(",", ":")).encode()
    )


def test_a_file_is_the_same_at_every_download(mock: MockTingwu) -> None:
    task_id = meeting(mock)
    first, second = (get(mock, link(mock, task_id)) for _ in range(2))
    assert first.body == second.body
    assert first.header("etag") == second.header("etag")
    assert first.header("last-modified") == second.header("last-modified")


@pytest.mark.parametrize(
    ("asked", "http_status", "slice_", "shown"),
    [
        ("bytes=0-9", 206, slice(0, 10), "bytes 0-9/{size}"),
        ("bytes=5-5", 206, slice(5, 6), "bytes 5-5/{size}"),
        ("bytes=10-", 206, slice(10, None), "bytes 10-{last}/{size}"),
        ("bytes=0-", 206, slice(0, None), "bytes 0-{last}/{size}"),
        ("bytes=-7", 206, slice(-7, None), "bytes {seventh}-{last}/{size}"),
        ("bytes=0-999999999", 206, slice(0, None), "bytes 0-{last}/{size}"),
        ("bytes=-999999999", 206, slice(0, None), "bytes 0-{last}/{size}"),
        ("bytes={last}-", 206, slice(-1, None), "bytes {last}-{last}/{size}"),
        ("bytes={size}-", 416, slice(0, 0), "bytes */{size}"),
        ("bytes=9223372036854775799-", 416, slice(0, 0), "bytes */{size}"),
        ("bytes=-0", 416, slice(0, 0), "bytes */{size}"),
        ("bytes=9-5", 200, slice(0, None), None),
        ("bytes=-", 200, slice(0, None), None),
        ("bytes=a-b", 200, slice(0, None), None),
        ("items=0-5", 200, slice(0, None), None),
    ],
)
def test_ranges_are_served(
    mock: MockTingwu, asked: str, http_status: int, slice_: slice, shown: str | None
) -> None:
    url = link(mock, meeting(mock))
    whole = get(mock, url).body
    size = {"size": len(whole), "last": len(whole) - 1, "seventh": len(whole) - 7}
    answer = get(mock, url, f"Range: {asked.format(**size)}\r\n")
    assert answer.status == http_status
    assert answer.body == whole[slice_]
    assert answer.header("content-range") == (shown and shown.format(**size))


@pytest.mark.parametrize(
    ("asked", "http_status"),
    [("bytes=0-99", 206), ("bytes=-5", 206), ("bytes=99999999-", 416), (None, 200)],
)
def test_media_files_are_served_in_ranges_too(
    mock: MockTingwu, asked: str | None, http_status: int
) -> None:
    task_id = meeting(mock, {"Transcoding": {"TargetAudioFormat": "mp3", "SpectrumEnabled": True}})
    for name in ("OutputMp3Path", "OutputSpectrumPath"):
        url = info(mock, task_id)[name]
        whole = get(mock, url).body
        answer = get(mock, url, f"Range: {asked}\r\n" if asked else "")
        assert answer.status == http_status
        if http_status == 206:
            assert answer.body in (whole[:100], whole[-5:])


def test_head_has_the_headers_and_no_body(mock: MockTingwu) -> None:
    url = link(mock, meeting(mock))
    whole = get(mock, url)
    head = get(mock, url, method="HEAD")
    assert (head.status, head.body) == (200, b"")
    for name in ("content-length", "content-type", "etag", "last-modified"):
        assert head.header(name) == whole.header(name)


def test_a_signature_covers_key_and_expiry(mock: MockTingwu) -> None:
    task_id = meeting(mock, {"AutoChaptersEnabled": True})
    url, other = link(mock, task_id), link(mock, task_id, "AutoChapters")
    assert get(mock, url).status == get(mock, other).status == 200
    signature = parse_qs(urlsplit(url).query)["Signature"][0]
    expires = parse_qs(urlsplit(url).query)["Expires"][0]
    path, _, query = url.partition("?")
    denied, wrong = "AccessDenied", "SignatureDoesNotMatch"
    for refused, code in (
        (path, denied),
        (f"{path}?", denied),
        (f"{path}?Expires={expires}", denied),
        (url.replace(f"Expires={expires}", f"Expires={int(expires) + 1}"), wrong),
        (url.replace(f"Expires={expires}", "Expires=soon"), denied),
        (url.replace(f"Expires={expires}", "Expires=" + "9" * 400), denied),
        (url.replace("OSSAccessKeyId=", "OSSAccessKeyId=x"), "InvalidAccessKeyId"),
        (url.replace(quote(signature, safe=""), "AAAA"), wrong),
        (url.replace(quote(signature, safe=""), ""), denied),
        (url.replace(quote(signature, safe=""), "%FF%00"), wrong),
        (f"{other.partition('?')[0]}?{query}", wrong),
    ):
        assert_denied(get(mock, refused), code)
    assert get(mock, f"{url}&x-oss-process=1&foo").status == 200


def test_a_link_lives_thirty_days_and_the_next_query_renews_it(virtual_mock: MockTingwu) -> None:
    mock = virtual_mock
    task = create(mock)
    stop(mock, task["TaskId"])
    mock.advance(1_000)
    url = link(mock, task["TaskId"])
    expires = int(parse_qs(urlsplit(url).query)["Expires"][0])
    assert expires == mock.now() // 1000 + MONTH_S
    mock.advance((MONTH_S - 1) * 1000)
    assert get(mock, url).status == 200
    mock.advance(2_000)
    assert_denied(get(mock, url))
    renewed = link(mock, task["TaskId"])
    assert renewed.partition("?")[0] == url.partition("?")[0]
    assert renewed != url
    assert get(mock, renewed).status == 200


@pytest.mark.parametrize("key", ["nothing.json", "tingwu/output/x.json", "%E4%BB%BB", ""])
def test_a_key_without_a_signature_is_denied_whether_it_exists_or_not(
    mock: MockTingwu, key: str
) -> None:
    assert_denied(get(mock, f"{mock.url}/oss/prod-tingwu-paas-common-beijing/{key}"))


def sign(key: str, bucket: str = "prod-tingwu-paas-common-beijing") -> str:
    """The query of a valid link to any key, as only the mock itself could make it."""
    return oss_url.sign(bucket, key, expires=9_999_999_999, access_key=LINK_KEY, secret=LINK_SECRET)


@pytest.mark.parametrize(
    "change",
    [
        lambda key: "nothing.json",
        lambda key: key.replace("_Transcription_", "_Translation_"),
        lambda key: key.replace("_Transcription_", "_transcription_"),
        lambda key: key.replace("_Transcription_", "__class___"),
        lambda key: re.sub(r"\d{14}\.json", "19700101000000.json", key),
        lambda key: key.replace(".json", ".mp3"),
        lambda key: re.sub(r"_Transcription_(\d{14})\.json", r"_\1.mp3", key),
        lambda key: re.sub(r"_Transcription_(\d{14})\.json", r"_\1.spectrum", key),
        lambda key: re.sub(r"/\d{16}/", "/0000000000000000/", key),
        lambda key: re.sub(r"[0-9a-f]{32}", "0" * 32, key),
        lambda key: key + "/",
        lambda key: key + "\x00",
        lambda key: "../" * 10 + "etc/passwd",
        lambda key: key.replace("tingwu/", "tingwu/../tingwu/"),
        lambda key: "/etc/passwd",
        lambda key: "<key>&amp;]]>",
        lambda key: "键",
    ],
)
def test_a_key_that_is_not_there_is_no_such_key_even_when_it_is_signed(
    mock: MockTingwu, change: Callable[[str], str]
) -> None:
    path = urlsplit(link(mock, meeting(mock))).path
    bucket = "/oss/prod-tingwu-paas-common-beijing/"
    key = change(path.removeprefix(bucket))
    answer = get(mock, f"{mock.url}{bucket}{quote(key)}?{sign(key)}")
    assert_denied(answer, "NoSuchKey", 404)
    shown = ElementTree.fromstring(answer.body).findtext("Key")
    assert shown == key.replace("\x00", "\ufffd")


def test_a_line_feed_in_a_key_is_the_storage_s_to_answer(mock: MockTingwu) -> None:
    answer = exchange(mock, http("GET", "/oss/some-bucket/a%0Ab", host=mock.host))
    assert_denied(answer)


def test_another_bucket_holds_nothing(mock: MockTingwu) -> None:
    path = urlsplit(link(mock, meeting(mock))).path
    key = path.removeprefix("/oss/prod-tingwu-paas-common-beijing/")
    answer = get(mock, f"{mock.url}/oss/other/{key}?{sign(key, 'other')}")
    assert_denied(answer, "NoSuchKey", 404)


@pytest.mark.parametrize(
    "path",
    [
        "/oss/../../../../etc/passwd",
        "/oss/%2e%2e/%2e%2e/etc/passwd",
        "/oss/prod-tingwu-paas-common-beijing/..%2f..%2f..%2fetc/passwd",
        "/oss/prod-tingwu-paas-common-beijing//etc/passwd",
        "/oss/prod-tingwu-paas-common-beijing/%00",
        "/oss/prod-tingwu-paas-common-beijing/%0A",
        "/oss/prod-tingwu-paas-common-beijing/%ff%fe",
    ],
)
def test_no_path_leads_out_of_the_bucket(mock: MockTingwu, path: str) -> None:
    answer = exchange(mock, http("GET", path))
    assert answer.status in (403, 404)
    assert b"root:" not in answer.body


def test_a_host_header_cannot_break_out_of_the_error(mock: MockTingwu) -> None:
    request = http("GET", "/oss/b/k", host="<x>&amp;")
    assert_denied(exchange(mock, request))


def test_files_are_found_under_the_bucket_s_own_host_name(mock: MockTingwu) -> None:
    url = link(mock, meeting(mock))
    bucket, _, key = path_of(url).removeprefix("/oss/").partition("/")
    host = f"{bucket}.oss-cn-beijing.aliyuncs.com"
    answer = exchange(mock, http("GET", f"/{key}", host=host))
    assert answer.status == 200
    assert answer.body == get(mock, url).body
    assert_denied(exchange(mock, http("GET", "/other", host=host)))


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_files_cannot_be_changed(mock: MockTingwu, method: str) -> None:
    url = link(mock, meeting(mock))
    answer = exchange(mock, http(method, path_of(url), b"x"))
    assert 400 <= answer.status < 500
    assert get(mock, url).status == 200


def test_links_lead_back_the_way_the_client_came(mock: MockTingwu) -> None:
    task_id = meeting(mock)
    for host, expected in (
        (f"localhost:{mock.port}", f"http://localhost:{mock.port}"),
        ("127.0.0.1", mock.url),
        (f"http://127.0.0.1:{mock.port}", mock.url),
        ("tingwu.test", "http://tingwu.test"),
    ):
        answer = exchange(mock, http("GET", f"/openapi/tingwu/v2/tasks/{task_id}", host=host))
        url = answer.json()["Data"]["Result"]["Transcription"]
        assert url.startswith(f"{expected}/oss/")
        assert get(mock, url).status == 200


@pytest.mark.parametrize(
    ("asked", "status", "length"),
    [
        ("bytes=0-9", 206, 10),
        ("bytes=-7", 206, 7),
        ("bytes=abc", 200, None),
        ("bytes=5-2", 200, None),
        ("bytes=0-1,4-5", 200, None),
        ("lines=0-9", 200, None),
        ("bytes=99999999-", 416, 0),
    ],
)
def test_media_files_are_served_in_ranges_as_results_are(
    mock: MockTingwu, asked: str, status: int, length: int | None
) -> None:
    task_id = meeting(mock, {"Transcoding": {"SpectrumEnabled": True}})
    data = info(mock, task_id)
    for url in (data["OutputSpectrumPath"], data["Result"]["Transcription"]):
        whole = get(mock, url)
        answer = get(mock, url, f"Range: {asked}\r\n")
        assert answer.status == status
        assert len(answer.body) == (len(whole.body) if length is None else length)
        entry = mock.journal[-1]
        last = entry if entry["kind"] == "response" else mock.journal[-2]
        assert last["status"] == status
        assert answer.header("accept-ranges") == "bytes"


def test_a_range_of_another_version_is_the_whole_file(mock: MockTingwu) -> None:
    task_id = meeting(mock, {"Transcoding": {"SpectrumEnabled": True}})
    url = info(mock, task_id)["OutputSpectrumPath"]
    tag = get(mock, url).header("etag")
    for condition, expected in ((tag, 206), ('"other"', 200)):
        answer = get(mock, url, f"Range: bytes=0-3\r\nIf-Range: {condition}\r\n")
        assert answer.status == expected
