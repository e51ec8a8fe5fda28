from __future__ import annotations

import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from mock_tingwu import __version__, cli
from tests.cli.commands import Running, environment, run

#: What a server that answers its first request has no need of.
NOT_NEEDED = {
    "sqlite3",
    "jsonschema",
    "jsonschema_rs",
    "yaml",
    "httpx",
    "rich",
    "av",
    "multipart",
    "faker",
}


def serving(
    folder: Path, *flags: str, environ: dict[str, str] | None = None
) -> tuple[Running, str]:
    """A server on a free port, and its URL."""
    server = Running(["serve", "--port", "0", *flags], folder, environ)
    found = re.fullmatch(r"mock-tingwu listening on (http://127\.0\.0\.1:\d+)", server.line())
    assert found, server.end(signal.SIGKILL)
    return server, found[1]


def test_the_first_line_names_a_server_that_answers(tmp_path: Path) -> None:
    server, url = serving(tmp_path)
    with server:
        assert httpx.get(f"{url}/_mock/health").json() == {"status": "ok", "version": __version__}


def test_the_settings_of_every_sdk_follow_with_the_port_filled_in(tmp_path: Path) -> None:
    server, url = serving(tmp_path)
    with server:
        port = url.rpartition(":")[2]
        _, rest, _ = server.end(signal.SIGINT)
    blocks = [block for block in rest.strip().split("\n\n") if port in block]
    titles = [block.splitlines()[0] for block in blocks]
    assert titles == [
        "Python, aliyun-python-sdk-core",
        "Python, alibabacloud-tingwu20230930",
        "Node, @alicloud/tingwu20230930",
        "Node, @alicloud/pop-core",
        "Java, aliyun-java-sdk-core (CommonRequest)",
        "Java, alibabacloud-tingwu20230930 (async client)",
        "Go, alibaba-cloud-sdk-go (CommonRequest)",
        "C++, alibabacloud core (CommonRequest)",
        "Python, aliyun-python-sdk-live",
        "Python, alibabacloud-live20161101",
        "Node, @alicloud/pop-core, for Live",
        "Python, dashscope in its 1.x style",
        "Python, dashscope v2",
        "Java, dashscope-sdk-java",
    ]
    assert "MeetingJoinUrl" in rest and "«" not in rest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly_with_a_session_open(
    tmp_path: Path, number: signal.Signals
) -> None:
    server, url = serving(tmp_path)
    body = {"AppKey": "a", "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16000}}
    answer = httpx.put(f"{url}/openapi/tingwu/v2/tasks?type=realtime", json=body)
    with server, connect(answer.json()["Data"]["MeetingJoinUrl"]) as session:
        start = '{"header":{"namespace":"SpeechTranscriber","name":"StartTranscription"}}'
        session.send(start)
        assert "TranscriptionStarted" in str(session.recv(5))
        code, _, errors = server.end(number)
        with pytest.raises(ConnectionClosed) as closed:
            session.recv(5)
    assert (code, errors) == (0, "")
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1001


def test_a_signal_ends_it_cleanly_with_a_request_half_sent(tmp_path: Path) -> None:
    server, url = serving(tmp_path)
    host, _, port = url.removeprefix("http://").partition(":")
    with server, socket.create_connection((host, int(port))) as client:
        head = "PUT /openapi/tingwu/v2/tasks?type=realtime HTTP/1.1\r\nHost: x\r\n"
        client.sendall(f'{head}Content-Length: 100\r\n\r\n{{"AppKey"'.encode())
        while not httpx.get(f"{url}/_mock/health").is_success:
            pass  # the server has read what came before
        assert server.end(signal.SIGINT)[::2] == (0, "")


def download(url: str, silent: str) -> str:
    """A file that is too long for what the system buffers; another waits behind it."""
    content = bytes(20_000_000)
    hosted = httpx.post(f"{url}/_mock/files?name=a.mp3", content=content).json()["url"]
    return f"GET {hosted.removeprefix(url)} HTTP/1.1\r\nHost: x\r\n\r\n" * 2


def imagined_video(url: str, silent: str) -> str:
    """Two hours of video that are made only now."""
    source = {"SourceLanguage": "cn", "FileUrl": "http://x/a.mp4?mock.duration_ms=7200000"}
    parameters = {"Transcoding": {"TargetVideoFormat": "mp4"}}
    tasks = f"{url}/openapi/tingwu/v2/tasks"
    body = {"AppKey": "a", "Input": source, "Parameters": parameters}
    task = httpx.put(f"{tasks}?type=offline", json=body).json()["Data"]
    while "OutputMp4Path" not in task:
        task = httpx.get(f"{tasks}/{task['TaskId']}").json()["Data"]
        assert task["TaskStatus"] in ("ONGOING", "COMPLETED")
    return f"GET {task['OutputMp4Path'].removeprefix(url)} HTTP/1.1\r\nHost: x\r\n\r\n"


def probe(url: str, silent: str) -> str:
    """The trial of a callback address that takes its time."""
    body = f'{{"app_key": "a", "url": "{silent}"}}'
    head = f"POST /_mock/callbacks HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n{body}"


@pytest.mark.parametrize("request_for", [download, imagined_video, probe])
def test_a_signal_ends_at_once_what_takes_long(
    tmp_path: Path, request_for: Callable[[str, str], str]
) -> None:
    server, url = serving(tmp_path, environ={"MOCK_TINGWU_RESULT_INTERVAL_MS": "1"})
    host, _, port = url.removeprefix("http://").partition(":")
    with (
        server,
        socket.create_server(("127.0.0.1", 0)) as silent,
        socket.create_connection((host, int(port))) as client,
    ):
        request = request_for(url, f"http://127.0.0.1:{silent.getsockname()[1]}")
        client.sendall(request.encode())
        time.sleep(0.3)  # in the midst of it
        begun = time.monotonic()
        assert server.end(signal.SIGINT)[::2] == (0, "")
        # uvicorn's own patience ends after 2 s.
        assert time.monotonic() - begun < 1.5


def test_an_occupied_port_is_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        result = run("serve", "--port", port, folder=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("mock-tingwu serve: cannot listen on") and port in line


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--port", "99999"),
        ("--port", "http"),
        ("--auth", "maybe"),
        ("--clock", "sundial"),
        ("--seed", "apple"),
        ("--throttle", "fast"),
        ("--fetch", "sometimes"),
        ("--file-host", "media.example.com=nowhere"),
        ("--file-host", "media.example.com"),
        ("--host", "nowhere.invalid"),
    ],
)
def test_a_bad_setting_is_told_in_one_sentence_with_its_value(
    tmp_path: Path, flag: str, value: str
) -> None:
    result = run("serve", flag, value, folder=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert flag in line and value in line


def test_a_data_dir_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    result = run("serve", "--port", "0", "--data-dir", str(file), folder=tmp_path)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert f"--data-dir is {str(file)!r}" in result.stderr


def test_a_variable_that_is_no_setting_is_told(tmp_path: Path) -> None:
    server, _ = serving(tmp_path, environ={"MOCK_TINGWU_SEDE": "7", "MOCK_TINGWU_SEED": "7"})
    with server:
        code, _, errors = server.end(signal.SIGINT)
    assert code == 0
    assert errors == "mock-tingwu serve: MOCK_TINGWU_SEDE is no setting and has no effect\n"


def test_flags_without_an_effect_are_not_taken() -> None:
    result = run("serve", "--weather=fine")
    assert result.returncode == 2 and "--weather=fine" in result.stderr


def test_verify_prints_the_default_key_pair(tmp_path: Path) -> None:
    server, _ = serving(tmp_path, "--auth", "verify")
    with server:
        _, rest, _ = server.end(signal.SIGINT)
    assert "AccessKeyId mock-access-key-id, AccessKeySecret mock-access-key-secret" in rest


def test_a_configured_secret_is_never_printed(tmp_path: Path) -> None:
    configured = {"MOCK_TINGWU_ACCESS_KEYS": "mine:hush", "MOCK_TINGWU_AUTH": "verify"}
    server, url = serving(tmp_path, environ=configured)
    with server:
        refused = httpx.get(f"{url}/openapi/tingwu/v2/tasks/x")
        _, rest, errors = server.end(signal.SIGINT)
    assert refused.json()["Code"] == "MissingAccessKeyId"
    assert "Signatures are checked" in rest
    assert "hush" not in rest + errors and "mock-access-key-secret" not in rest


def test_the_first_answer_needs_no_module_that_is_not_needed(tmp_path: Path) -> None:
    program = (
        "import sys, threading, urllib.request\n"
        "from mock_tingwu.cli import main\n"
        "from mock_tingwu.cli import serve\n"
        "def look(settings, port, tls_port):\n"
        "    def get():\n"
        "        urllib.request.urlopen(f'http://127.0.0.1:{port}/_mock/health').read()\n"
        "        print(*sys.modules, sep='\\n', flush=True)\n"
        "    threading.Thread(target=get).start()\n"
        "serve.announce = look\n"
        "main(['serve', '--port', '0'])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        cwd=tmp_path,
        env=environment({"NO_PROXY": "*", "PYTHONUNBUFFERED": "1"}),
    ) as process:
        assert process.stdout is not None
        loaded = set()
        for line in process.stdout:
            loaded.add(line.strip())
            if line.startswith("urllib.response"):
                break
        process.send_signal(signal.SIGINT)
        loaded |= set(process.stdout.read().split())
    assert "mock_tingwu.services.tingwu" in loaded
    assert loaded & NOT_NEEDED == set()
    assert not loaded & {"mock_tingwu.core.scripts", "mock_tingwu.core.capabilities"}
    assert not any(name.startswith("mock_tingwu.store") for name in loaded)


def test_tls_is_spoken_under_the_clouds_names(tmp_path: Path) -> None:
    place = tmp_path / "authority"
    environ = {"MOCK_TINGWU_CA_DIR": str(place)}
    server, _ = serving(tmp_path, "--tls", "--tls-port", "0", environ=environ)
    with server:
        told = server.line().rstrip()
        found = re.fullmatch(r"By TLS, .* trusts (.*): https://127\.0\.0\.1:(\d+)", told)
        assert found and found[1] == str(place / "ca.pem")
        assert "127.0.0.1 tingwu.cn-beijing.aliyuncs.com" in server.line_with("tingwu.cn-beijing")
        trusting = ssl.create_default_context(cafile=found[1])
        name = "dashscope.aliyuncs.com"
        with (
            socket.create_connection(("127.0.0.1", int(found[2])), 10) as raw,
            trusting.wrap_socket(raw, server_hostname=name) as connection,
        ):
            connection.sendall(f"GET /_mock/health HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
            assert connection.recv(1024).startswith(b"HTTP/1.1 200 ")
            code, _, errors = server.end(signal.SIGTERM)
    assert (code, errors) == (0, "")


def test_a_server_without_tls_makes_no_authority(tmp_path: Path) -> None:
    place = tmp_path / "authority"
    server, _ = serving(tmp_path, environ={"MOCK_TINGWU_CA_DIR": str(place)})
    with server:
        _, rest, errors = server.end(signal.SIGTERM)
    assert "By TLS" not in rest and errors == "" and not place.exists()


def test_both_ports_being_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["serve", "--tls", "--port", "8943"]) == 2
    assert capsys.readouterr().err == (
        "mock-tingwu serve: --port is 8943, where --tls speaks TLS; --tls-port names another port\n"
    )
    assert cli.main(["serve", "--port", "8901", "--tls-port", "8901"]) == 2
    assert "--port and --tls-port are both 8901, expected two ports" in capsys.readouterr().err


def test_an_authority_that_cannot_be_kept_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MOCK_TINGWU_CA_DIR", str(tmp_path / "file"))
    assert cli.main(["serve", "--port", "0", "--tls-port", "0"]) == 2
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert errors.startswith("mock-tingwu serve: the authority cannot be kept in ")
