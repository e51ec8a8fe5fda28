"""Local files at a URL of the mock: uploads, downloads, Python and the command line."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.cli import main
from mock_tingwu.services.hosting import HostingService
from tests.cli.commands import COMMAND, environment, run
from tests.conftest import RECORDING
from tests.offline import tasks
from tests.offline.helpers import Origin
from tests.realtime.helpers import Json, until

BODY = bytes(range(256)) * 20


def upload(mock: MockTingwu, body: bytes = BODY, name: str = "meeting.mp3") -> Json:
    answer = httpx.post(f"{mock.url}/_mock/files", params={"name": name}, content=body)
    assert answer.status_code == 201, answer.text
    hosted: Json = answer.json()
    return hosted


def listed(mock: MockTingwu) -> list[Json]:
    files: list[Json] = httpx.get(f"{mock.url}/_mock/files").json()["files"]
    return files


def kept(mock: MockTingwu) -> list[Path]:
    """The copies that the mock has on its disk."""
    return list((mock._server.world.default.media_folder() / "files").glob("*"))


# Uploads


def test_an_upload_is_answered_with_its_url_and_listed(mock: MockTingwu) -> None:
    hosted = upload(mock)
    assert list(hosted) == ["id", "name", "size", "url"]
    assert (hosted["name"], hosted["size"]) == ("meeting.mp3", len(BODY))
    assert len(hosted["id"]) == 32 and int(hosted["id"], 16)
    assert hosted["url"] == f"{mock.url}/_mock/files/{hosted['id']}/meeting.mp3"
    assert listed(mock) == [hosted]
    assert httpx.get(hosted["url"]).content == BODY


def test_the_same_file_has_the_same_url_and_is_kept_once(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock, other = start_mock(), start_mock(seed=5)
    assert upload(mock) == upload(mock)
    assert upload(other)["id"] == upload(mock)["id"]
    assert len(kept(mock)) == len(listed(mock)) == 1


def test_another_name_or_content_is_another_file(mock: MockTingwu) -> None:
    ids = {
        upload(mock)["id"],
        upload(mock, name="other.mp3")["id"],
        upload(mock, BODY + b"x")["id"],
        upload(mock, b"")["id"],
    }
    assert len(ids) == len(listed(mock)) == 4
    assert httpx.get(listed(mock)[-1]["url"]).content == b""


def test_a_body_in_chunks_is_taken_whole_however_long(mock: MockTingwu) -> None:
    block = bytes(1000) + b"end"

    def blocks() -> Iterator[bytes]:
        for _ in range(10_000):
            yield block

    url = f"{mock.url}/_mock/files"
    answer = httpx.post(url, params={"name": "long.wav"}, content=blocks())
    assert answer.request.headers["Transfer-Encoding"] == "chunked"
    assert answer.json()["size"] == 10_030_000 > mock._server.settings.max_body_bytes
    assert answer.json() == upload(mock, block * 10_000, "long.wav")
    assert httpx.get(answer.json()["url"]).content == block * 10_000


def test_a_name_with_other_letters_is_encoded_in_the_url(mock: MockTingwu) -> None:
    hosted = upload(mock, name="周会 #1?.mp3")
    assert hosted["name"] == "周会 #1?.mp3"
    assert hosted["url"].endswith("/%E5%91%A8%E4%BC%9A%20%231%3F.mp3")
    assert httpx.get(hosted["url"]).content == BODY


def test_the_url_leads_back_the_way_the_client_came(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(allowed_hosts="mock.internal")
    answer = httpx.post(
        f"{mock.url}/_mock/files?name=a.mp3", content=BODY, headers={"Host": "mock.internal:81"}
    )
    assert answer.json()["url"].startswith("http://mock.internal:81/_mock/files/")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "name is ''"),
        (".", "name is '.'"),
        ("..", "name is '..'"),
        ("../a.mp3", "expected a file name such as meeting.mp3"),
        ("a\\b.mp3", "expected a file name such as meeting.mp3"),
        ("a\nb.mp3", "expected a file name such as meeting.mp3"),
        ("会" * 86, "name has 258 bytes, expected at most 255"),
    ],
)
def test_a_name_that_is_none_is_refused_with_a_sentence(
    mock: MockTingwu, name: str, words: str
) -> None:
    answer = httpx.post(f"{mock.url}/_mock/files", params={"name": name}, content=BODY)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert (listed(mock), kept(mock)) == ([], [])


def test_an_upload_needs_a_name(mock: MockTingwu) -> None:
    answer = httpx.post(f"{mock.url}/_mock/files", content=BODY)
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "name is '', expected a file name such as meeting.mp3"},
    )


def test_a_form_is_refused_with_the_remedy(mock: MockTingwu) -> None:
    answer = httpx.post(f"{mock.url}/_mock/files?name=a.mp3", files={"file": BODY})
    assert answer.status_code == 400
    assert "curl -X POST -T FILE" in answer.json()["error"]


def test_each_scope_has_files_of_its_own_but_all_are_served(mock: MockTingwu) -> None:
    answer = httpx.post(f"{mock.url}/_mock/files?name=a.mp3&scope=other", content=BODY)
    assert answer.status_code == 201
    assert listed(mock) == []
    files = httpx.get(f"{mock.url}/_mock/files?scope=other").json()["files"]
    assert files == [answer.json()]
    assert httpx.get(answer.json()["url"]).content == BODY
    mock.reset()
    assert httpx.get(answer.json()["url"]).content == BODY
    httpx.post(f"{mock.url}/_mock/reset?scope=other")
    assert httpx.get(answer.json()["url"]).status_code == 404


def test_an_upload_that_breaks_off_leaves_nothing(mock: MockTingwu) -> None:
    def broken() -> Iterator[bytes]:
        yield bytes(2 << 20)
        raise RuntimeError("the disk is gone")

    with pytest.raises(RuntimeError, match="the disk is gone"):
        httpx.post(f"{mock.url}/_mock/files?name=a.mp3", content=broken())
    until(lambda: not kept(mock), "the end of what was there")
    assert listed(mock) == []


def test_a_disk_that_takes_no_more_is_told(mock: MockTingwu) -> None:
    folder = mock._server.world.default.media_folder()
    (folder / "files").write_bytes(b"in the way")
    answer = httpx.post(f"{mock.url}/_mock/files?name=a.mp3", content=BODY)
    assert answer.status_code == 507
    assert answer.json()["error"].startswith("the file cannot be kept: ")


# Downloads


@pytest.mark.parametrize(
    ("asked", "status", "content", "content_range"),
    [
        (None, 200, BODY, None),
        ("bytes=0-", 206, BODY, "bytes 0-5119/5120"),
        ("bytes=1158-", 206, BODY[1158:], "bytes 1158-5119/5120"),
        ("bytes=-100", 206, BODY[-100:], "bytes 5020-5119/5120"),
        ("bytes=10-19", 206, BODY[10:20], "bytes 10-19/5120"),
        ("bytes=9223372036854775799-", 416, b"", "bytes */5120"),
    ],
)
def test_ranges_are_served_as_the_cloud_asks_for_them(
    mock: MockTingwu, asked: str | None, status: int, content: bytes, content_range: str | None
) -> None:
    url = upload(mock)["url"]
    headers = {"Range": asked} if asked else {}
    answer = httpx.get(url, headers=headers)
    assert (answer.status_code, answer.content) == (status, content)
    assert answer.headers.get("Content-Range") == content_range
    assert answer.headers["Content-Length"] == str(len(content))


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.mp3", "audio/mpeg"),
        ("a.WAV", "audio/wav"),
        ("a.m4a", "audio/mp4"),
        ("a.mp4", "video/mp4"),
        ("a.amr", "audio/amr"),
        ("a.xyz", "application/octet-stream"),
        ("mp3", "audio/mpeg"),
    ],
)
def test_a_head_tells_type_length_and_tag(mock: MockTingwu, name: str, content_type: str) -> None:
    hosted = upload(mock, name=name)
    head = httpx.head(hosted["url"])
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == content_type
    assert head.headers["Content-Length"] == str(len(BODY))
    assert head.headers["Accept-Ranges"] == "bytes"
    tag = head.headers["ETag"]
    assert tag.startswith('"')
    half = {"Range": "bytes=0-9", "If-Range": tag}
    assert httpx.get(hosted["url"], headers=half).status_code == 206
    assert httpx.get(hosted["url"], headers=half | {"If-Range": '"other"'}).status_code == 200


def test_a_file_that_is_deleted_is_gone_from_the_disk_as_well(mock: MockTingwu) -> None:
    hosted = upload(mock)
    url = f"{mock.url}/_mock/files/{hosted['id']}"
    assert httpx.delete(url).json() == {"status": "ok"}
    assert (listed(mock), kept(mock)) == ([], [])
    for answer in (httpx.delete(url), httpx.get(hosted["url"])):
        assert answer.status_code == 404
        assert answer.json() == {"error": f"id is '{hosted['id']}', expected one of /_mock/files"}


def test_reset_and_the_end_forget_all_files(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock()
    folder = mock._server.world.default.media_folder()
    hosted = upload(mock)
    assert kept(mock)
    mock.reset()
    assert listed(mock) == [] and not folder.exists()
    assert httpx.get(hosted["url"]).status_code == 404
    assert upload(mock) == hosted
    folder = mock._server.world.default.media_folder()
    mock.close()
    assert not folder.exists()


def test_files_stay_in_a_folder_of_the_user_s(
    start_mock: Callable[..., MockTingwu], tmp_path: Path
) -> None:
    mock = start_mock(data_dir=tmp_path)
    upload(mock)
    mock.close()
    (file,) = tmp_path.glob("*/files/*")
    assert file.read_bytes() == BODY


# Python


def test_a_local_file_is_served_from_where_it_is(mock: MockTingwu, tmp_path: Path) -> None:
    path = tmp_path / "meeting.mp3"
    path.write_bytes(BODY)
    url = mock.host_file(path)
    assert mock.host_file(str(path)) == url
    assert kept(mock) == []
    assert httpx.get(url).content == BODY
    assert upload(mock)["url"] == url
    mock.reset()
    assert path.read_bytes() == BODY
    assert httpx.get(url).status_code == 404


def test_the_mock_s_own_copy_goes_before_the_user_s_file(mock: MockTingwu, tmp_path: Path) -> None:
    path = tmp_path / "meeting.mp3"
    path.write_bytes(BODY)
    hosted = upload(mock)
    assert mock.host_file(path) == hosted["url"]
    path.unlink()
    assert httpx.get(hosted["url"]).content == BODY
    files = mock._server.world.default.hosted
    found = files.find(hosted["id"])
    assert found is not None and found.path == kept(mock)[0]


def test_forgetting_a_local_file_does_not_delete_it(mock: MockTingwu, tmp_path: Path) -> None:
    path = tmp_path / "meeting.mp3"
    path.write_bytes(BODY)
    url = mock.host_file(path)
    assert httpx.delete(url.rpartition("/")[0]).status_code == 200
    assert httpx.get(url).status_code == 404
    assert path.read_bytes() == BODY


def test_a_local_file_that_is_moved_away_is_missed(mock: MockTingwu, tmp_path: Path) -> None:
    path = tmp_path / "meeting.mp3"
    path.write_bytes(BODY)
    url = mock.host_file(path)
    path.unlink()
    answer = httpx.get(url)
    assert (answer.status_code, answer.json()) == (
        404,
        {"error": "'meeting.mp3' is no longer where it was"},
    )
    assert tasks.failed(mock, url)[0] == "TSC.AudioFileLink"


def test_a_relative_path_is_found_after_the_folder_has_changed(
    mock: MockTingwu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.mp3").write_bytes(BODY)
    monkeypatch.chdir(tmp_path)
    url = mock.host_file("a.mp3")
    monkeypatch.chdir("/")
    assert httpx.get(url).content == BODY


def test_a_file_that_does_not_exist_cannot_be_hosted(mock: MockTingwu, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        mock.host_file(tmp_path / "missing.mp3")
    with pytest.raises(OSError):
        mock.host_file(tmp_path)


# In a task


@pytest.mark.parametrize("fetch", ["auto", "always", "never"])
def test_a_hosted_recording_is_heard_whatever_is_fetched(
    start_mock: Callable[..., MockTingwu], fetch: str
) -> None:
    mock = start_mock(fetch=fetch)
    data = tasks.done(mock, mock.host_file(RECORDING))
    assert tasks.result(data, "Transcription")["AudioInfo"]["Size"] == RECORDING.stat().st_size
    assert len(tasks.texts(data)) > 5
    assert "hosted here" in tasks.why(mock, data["TaskId"])


def test_a_hosted_recording_is_known_by_every_name_of_the_mock(mock: MockTingwu) -> None:
    hosted = upload(mock, RECORDING.read_bytes(), RECORDING.name)
    for host in ("172.17.0.2:8900", "mock.internal", "tingwu.cn-beijing.aliyuncs.com"):
        url = hosted["url"].replace(mock.host, host)
        data = tasks.done(mock, url)
        audio = tasks.result(data, "Transcription")["AudioInfo"]
        assert audio["Size"] == RECORDING.stat().st_size


def test_a_hosted_file_that_is_forgotten_is_not_imagined(mock: MockTingwu) -> None:
    url = upload(mock)["url"].replace(mock.host, "mock.internal")
    mock.reset()
    assert tasks.failed(mock, url)[0] == "TSC.AudioFileLink"


def test_no_call_is_left_out_of_the_documentation(mock: MockTingwu) -> None:
    page = Path(__file__).parent.parent.parent / "docs" / "offline.md"
    text = page.read_text("utf-8")
    calls = [
        (method, route.path)
        for route in HostingService(mock._server.world).routes()
        for method in (route.methods or set()) - {"HEAD"}
    ]
    assert len(calls) == 4
    for method, path in calls:
        assert f"`{method} {path}`" in text


# The command line


def test_the_command_prints_one_url_per_file_and_nothing_else(
    mock: MockTingwu, tmp_path: Path
) -> None:
    (tmp_path / "周会.mp3").write_bytes(BODY)
    (tmp_path / "empty.wav").write_bytes(b"")
    files = ("周会.mp3", str(tmp_path / "empty.wav"))
    result = run("host", *files, "--url", mock.url, folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [file["url"] for file in listed(mock)]
    assert [file["name"] for file in listed(mock)] == ["周会.mp3", "empty.wav"]
    assert httpx.get(result.stdout.splitlines()[0]).content == BODY


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
def test_a_terminal_sees_the_progress_and_a_pipe_the_url_alone(
    mock: MockTingwu, tmp_path: Path
) -> None:
    import pty

    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.truncate(20_000_000)
    ours, theirs = pty.openpty()
    shown = b""
    environ = environment({"TERM": "xterm", "COLUMNS": "80"})
    with subprocess.Popen(
        [*COMMAND, "host", str(path), "--url", mock.url],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=environ,
    ) as process:
        os.close(theirs)
        with os.fdopen(ours, "rb", buffering=0) as terminal, contextlib.suppress(OSError):
            while block := terminal.read(4096):  # ends with an error on Linux
                shown += block
        assert process.stdout is not None
        assert process.stdout.read().decode() == f"{listed(mock)[0]['url']}\n"
    assert process.returncode == 0
    assert b"long.wav" in shown and b"\x1b[" in shown
    assert b"/_mock/files/" not in shown


def host(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and stderr of the command, which prints nothing else."""
    code = main(["host", *arguments])
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1 and err.startswith("mock-tingwu host: "), err
    return code, err


def test_a_server_that_is_not_running_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with Origin() as origin:
        url = origin.url("")
    code, sentence = host(str(RECORDING), "--url", url, capsys=capsys)
    assert code == 1
    assert f"no mock answers at {url}" in sentence


def test_a_server_that_is_no_mock_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with Origin() as origin:
        code, sentence = host(str(RECORDING), "--url", f"{origin.url('')}/", capsys=capsys)
        assert f"{origin.url('')} answered 404, which is no answer of mock-tingwu" in sentence
    assert code == 1


def test_what_the_mock_says_against_a_file_is_told(
    mock: MockTingwu, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a\nb.mp3"
    path.write_bytes(BODY)
    code = main(["host", str(path), "--url", mock.url])
    out, err = capsys.readouterr()
    assert (code, out) == (1, "")
    assert "was not taken: name is 'a\\nb.mp3', expected a file name" in err


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are always Unicode")
def test_a_file_whose_name_is_not_utf_8_is_told(
    mock: MockTingwu, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp3")
    Path(path).write_bytes(BODY)
    code, sentence = host(path, "--url", mock.url, capsys=capsys)
    assert (code, listed(mock)) == (2, [])
    assert "caf\\udce9.mp3' is not UTF-8" in sentence


@pytest.mark.parametrize("url", ["http://xn--/", "http://[/", "http://a\x00/"])
def test_an_address_that_no_client_can_call_is_told(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, sentence = host(str(RECORDING), "--url", url, capsys=capsys)
    assert code == 2
    assert f"--url is {url!r}, expected an address such as" in sentence


def test_a_missing_file_is_told_before_anything_is_sent(
    mock: MockTingwu, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (str(RECORDING), "missing.mp3", "--url", mock.url)
    code, sentence = host(*arguments, capsys=capsys)
    assert (code, sentence) == (2, "mock-tingwu host: missing.mp3 is no file\n")
    assert listed(mock) == []


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8900", "ftp://x", "http://", "http://[::1", "http://h:x"]
)
def test_an_address_that_is_none_is_told(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, sentence = host(str(RECORDING), "--url", url, capsys=capsys)
    assert code == 2
    assert repr(url) in sentence


def test_a_local_file_whose_name_is_not_utf_8_is_listed(mock: MockTingwu, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.mp3"))
    path.write_bytes(BODY)
    url = mock.host_file(path)
    (shown,) = listed(mock)
    assert shown["name"] == "?.mp3"
    assert httpx.get(url).content == BODY
