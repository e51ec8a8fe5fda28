"""``mock-tingwu run``: the program's status and signals, and what is told at the end."""

from __future__ import annotations

import errno
import io
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import pytest

from mock_tingwu import MockTingwu, cli
from mock_tingwu.cli.run import _with_own_keys
from mock_tingwu.cli.run_report import Way, elsewhere, lines
from mock_tingwu.settings import Settings
from tests.cli.commands import COMMAND, Running, environment

WAYS: tuple[Way, ...] = ("proxy", "network", "names")

#: A meeting that is created and not ended, and a host that is refused.
PROGRAM = """
import json, os, ssl, urllib.request, urllib.error
url = "https://tingwu.cn-beijing.aliyuncs.com/openapi/tingwu/v2/tasks"
source = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16000}
body = json.dumps({"AppKey": "app", "Input": source}).encode()
headers = {"Accept": "application/json", "Authorization": "acs an-id:a-signature"}
asking = urllib.request.Request(f"{url}?type=realtime", body, headers, method="PUT")
data = json.load(urllib.request.urlopen(asking))["Data"]
print(data["MeetingJoinUrl"], flush=True)
urllib.request.urlopen(urllib.request.Request(f"{url}/{data['TaskId']}", headers=headers)).close()
try:
    urllib.request.urlopen("https://files.example.com/secret?token=hush")
except urllib.error.URLError as error:
    print(error.reason)
"""


@pytest.fixture(scope="module", autouse=True)
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the authority of these tests is kept: not in the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        place = str(tmp_path_factory.mktemp("authority"))
        patch.setenv("MOCK_TINGWU_CA_DIR", place)
        yield place


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing of the surroundings count."""
    for name in ("MOCK_TINGWU_AUTH", "MOCK_TINGWU_SCENARIO", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)


def run(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run a program in this process's mock; return the status, and what was written."""
    code = cli.main(["run", *words])
    return (code, *capfd.readouterr())


def running(authority: str, program: str, **how: Any) -> Running:
    words = ["run", "--quiet", "--", sys.executable, "-uSc", program]
    return Running(words, environ={"MOCK_TINGWU_CA_DIR": authority}, **how)


# What is told


def test_the_end_is_told_in_short(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.zip"
    words = ("--record", str(bundle), "--", sys.executable, "-c", PROGRAM)
    code, printed, errors = run(capfd, *words)
    assert code == 0, errors
    assert cli.main(["replay", str(bundle)]) == 0
    joining, refused = printed.splitlines()
    assert joining.startswith("wss://tingwu-realtime-cn-beijing.aliyuncs.com/api/ws/v1?mc=")
    assert "403" in refused
    task = re.search(r"^    ([0-9a-f]{32}) (\w+)$", errors, re.MULTILINE)
    assert task and task[2] in ("NEW", "ONGOING", "PAUSED")
    lines = errors.splitlines()
    assert lines[:3] == [
        "mock-tingwu:",
        "  2 calls: CreateTask 1, GetTaskInfo 1",
        "  1 task",
    ]
    at = next(number for number, line in enumerate(lines) if "what clients owe the cloud" in line)
    assert re.fullmatch(r"  [1-9]\d* violations? of what clients owe the cloud", lines[at])
    assert any("stop-missing" in line for line in lines[at:])
    assert lines[-2:] == [
        "  refused 1 connection to files.example.com:443",
        "  (--allow-network lets them through)",
    ]


def test_a_report_has_every_step_and_no_secret(capfd: pytest.CaptureFixture[str]) -> None:
    code, printed, errors = run(capfd, "--report", "--", sys.executable, "-c", PROGRAM)
    assert code == 0
    assert re.search(r"request .* PUT /openapi/tingwu/v2/tasks\?type=realtime ", errors)
    assert re.search(r"response .* 200 GET /openapi/tingwu/v2/tasks/", errors)
    key = printed.partition("mc=")[2].split()[0].partition("&")[0]
    for secret in (key, "a-signature", "hush"):
        assert len(secret) > 3 and secret not in errors


def test_who_wants_nothing_told_is_told_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    code, printed, errors = run(
        capfd, "--quiet", "--", "sh", "-c", "echo out; echo err >&2; exit 7"
    )
    assert (code, printed, errors) == (7, "out\n", "err\n")


def test_who_does_nothing_has_done_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    _, _, errors = run(capfd, "true")
    assert errors == (
        "mock-tingwu:\n  no calls: a program that knows no proxy needs --hosts\n  no tasks\n"
        "  no violations of what clients owe the cloud\n"
    )


def test_what_was_refused_is_told_in_fitting_words(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock()
    hosts = {"a\x1b[2J.example": 2} | {f"host{number:02}.example": 1 for number in range(12)}
    told = {way: [*lines(mock, hosts, way, whole=False)][4:] for way in WAYS}
    assert [len(told[way]) for way in WAYS] == [12, 11, 11]
    assert told["proxy"][0] == r"  refused 2 connections to a\x1b[2J.example"
    assert told["proxy"][10:] == ["  and 3 more", "  (--allow-network lets them through)"]
    assert told["names"][:2] == [
        r"  refused the name a\x1b[2J.example, asked for 2 times",
        "  refused the name host00.example, asked for 1 time",
    ]
    assert told["network"] == told["proxy"][:11]


def test_who_has_called_nobody_may_know_no_proxy(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock()
    hinted = "  no calls: a program that knows no proxy needs --hosts"
    assert [next(islice(lines(mock, {}, way, whole=False), 1, None)) for way in WAYS] == [
        hinted,
        hinted,
        "  no calls",
    ]
    assert "  no calls" in lines(mock, {}, whole=False, proxy_asked=True)


def test_variables_that_lead_elsewhere_are_told() -> None:
    environ = {
        "MOCK_TINGWU_URL": "http://127.0.0.1:8900",
        "DASHSCOPE_BASE_URL": "http://[",
        "DASHSCOPE_HTTP_BASE_URL": "https://dashscope-intl.aliyuncs.com/api/v1",
        "DASHSCOPE_WEBSOCKET_BASE_URL": "",
    }
    assert [*elsewhere(environ)] == [
        "whoever reads MOCK_TINGWU_URL or DASHSCOPE_BASE_URL is led elsewhere, not to this mock"
    ]
    assert [*elsewhere({})] == []


def test_all_scopes_count(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock()
    mock.scope("other", ["theirs"])
    for key in ("ours", "theirs"):
        source = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}
        body = {"AppKey": key, "Input": source}
        httpx.put(f"{mock.url}/openapi/tingwu/v2/tasks?type=realtime", json=body)
    short, whole = ([*lines(mock, {}, whole=whole)] for whole in (False, True))
    assert short[1:3] == ["  2 calls: CreateTask 2", "  2 tasks"]
    assert sum(" PUT /openapi" in line for line in whole) == 4  # requests and answers


def test_who_is_to_be_verified_has_keys_that_are_taken(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCK_TINGWU_ACCESS_KEYS", "an-id:a-secret")
    for name in ("ID", "SECRET"):
        monkeypatch.delenv(f"ALIBABA_CLOUD_ACCESS_KEY_{name}", raising=False)
    shown = "echo $ALIBABA_CLOUD_ACCESS_KEY_ID $ALIBABA_CLOUD_ACCESS_KEY_SECRET"
    words = ("--auth", "verify", "--quiet", "--", "sh", "-c", shown)
    assert run(capfd, *words) == (0, "an-id a-secret\n", "")


@pytest.mark.parametrize(
    ("environ", "given"),
    [
        ({}, "an-id a-secret"),
        ({"ID": "mine", "SECRET": "my-secret"}, "mine my-secret"),
        ({"ID": "mine"}, "mine a-secret"),
        ({"SECRET": "my-secret"}, "an-id my-secret"),
    ],
)
def test_keys_of_the_user_are_taken(environ: dict[str, str], given: str) -> None:
    settings = Settings(access_keys={"an-id": "a-secret", "b": "c"}, api_keys=("sk",))
    environ = {f"ALIBABA_CLOUD_ACCESS_KEY_{name}": value for name, value in environ.items()}
    found = _with_own_keys(settings, environ | {"DASHSCOPE_API_KEY": "sk-mine"})
    key, secret = next(iter(found["access_keys"].items()))
    assert f"{key} {secret}" == given
    assert found["access_keys"] == {"an-id": "a-secret", "b": "c", key: secret}
    assert found["api_keys"] == ("sk-mine", "sk")


def test_settings_say_which_keys_are_taken() -> None:
    settings = Settings(access_keys={"an-id": "a-secret", "b": "c"}, api_keys=("sk",))
    unchanged = {"access_keys": settings.access_keys, "api_keys": settings.api_keys}
    said = {"MOCK_TINGWU_ACCESS_KEYS": "…", "MOCK_TINGWU_API_KEYS": "…", "DASHSCOPE_API_KEY": "x"}
    key, secret = "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
    assert _with_own_keys(settings, said | {key: "mine", secret: "my-secret"}) == unchanged
    of_known = _with_own_keys(settings, said | {key: "b"})["access_keys"]
    assert [*of_known.items()] == [("b", "c"), ("an-id", "a-secret")]


#: A live task whose callbacks go to another machine; it ends when the first one has been tried.
CALLED_BACK = """
import json, time, urllib.parse, urllib.request
asked = {"Action": "CreateRtcAsrTask", "Version": "2016-11-01", "Format": "JSON", "Mode": "live"}
asked |= {"Language": "cn", "StreamURL": "rtmp://pull.example.com/app/lesson", "ReportInterval": 1}
asked["CallbackURL"] = "https://captions.example.com/hook"
live = "https://live.aliyuncs.com/"
urllib.request.urlopen(f"{live}?{urllib.parse.urlencode(asked)}").close()
tried = False
while not tried:
    time.sleep(0.02)
    journal = json.load(urllib.request.urlopen(f"{live}_mock/journal"))["entries"]
    tried = any(entry["kind"] == "callback" for entry in journal)
"""


def test_the_mock_calls_nobody_back_elsewhere(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "example.com")
    before = dict(os.environ)
    code, _, errors = run(capfd, "--", sys.executable, "-c", CALLED_BACK)
    assert code == 0
    assert re.search(r"^  refused \d+ connections? to captions.example.com:443$", errors, re.M)
    assert dict(os.environ) == before


# What cannot be


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "there is no program, expected one behind --"),
        (("--",), "there is no program, expected one behind --"),
        (("--quiet", "--report", "--", "true"), "--report and --quiet exclude each other"),
        (("--auth", "none", "--", "true"), "--auth is 'none', expected "),
        (("--seed", "x", "--", "true"), "--seed is 'x', expected "),
        (("--hosts", "--allow-network", "--", "true"), "with --hosts there is no network"),
    ],
)
def test_what_makes_no_sense_is_told(
    capfd: pytest.CaptureFixture[str], words: tuple[str, ...], why: str
) -> None:
    code, printed, errors = run(capfd, *words)
    assert (code, printed) == (2, "")
    assert errors.startswith("mock-tingwu run: ") and why in errors and errors.count("\n") == 1


@pytest.mark.parametrize("option", ["--foo", "--host"])
def test_an_option_that_there_is_not(capfd: pytest.CaptureFixture[str], option: str) -> None:
    with pytest.raises(SystemExit) as caught:
        run(capfd, option, "--", "true")
    assert caught.value.code == 2
    assert capfd.readouterr().err.splitlines() == [
        "usage: mock-tingwu run [options] -- CMD ...",
        f"mock-tingwu run: error: unrecognized arguments: {option}",
    ]


def test_a_folder_that_is_gone_is_told(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    told = "mock-tingwu run: the working directory is gone, expected one that is there\n"
    assert run(capfd, "--", "true") == (2, "", told)


def test_who_interrupts_its_start_sees_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "import_module", Mock(side_effect=KeyboardInterrupt))
    assert cli.main(["run", "--", "true"]) == 130


def test_a_second_separator_is_none_of_the_program(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(capfd, "--quiet", "--", "--", "echo", "--", "x") == (0, "-- x\n", "")


def test_a_report_that_cannot_be_written_is_no_error(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, text)

    monkeypatch.setattr(sys, "stderr", Full())
    assert run(capfd, "--", "true") == (0, "", "")
    assert sys.stderr.name == os.devnull
    sys.stderr.close()


def test_a_program_that_is_not_there_or_is_none(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    nothing, text, script = tmp_path / "nothing", tmp_path / "text", tmp_path / "script"
    text.write_text("text")
    script.write_bytes(b"\x7f nonsense")
    script.chmod(0o755)
    told = "mock-tingwu run: {}: there is no such program\n"
    assert run(capfd, "--", str(nothing)) == (127, "", told.format(nothing))
    assert run(capfd, "--", "no-such-program") == (127, "", told.format("no-such-program"))
    for path, why in (
        (text, "Permission denied"),
        (tmp_path, "Permission denied"),
        (script, "Exec format error"),
    ):
        told = f"mock-tingwu run: {path} cannot be run: {why}\n"
        assert run(capfd, "--", str(path)) == (126, "", told)


def test_where_no_authority_can_be_kept_it_has_one_of_its_own(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MOCK_TINGWU_CA_DIR", str(tmp_path / "file"))
    assert run(capfd, "--quiet", "--", "true") == (0, "", "")


def test_whom_the_user_trusts_has_to_be_told_in_pem(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "trusted.pem"
    path.write_text("junk")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    told = f"mock-tingwu run: SSL_CERT_FILE is '{path}', expected a file of certificates in PEM\n"
    assert run(capfd, "--allow-network", "--", "true") == (2, "", told)


@pytest.mark.skipif(sys.platform != "linux", reason="there is no file that root cannot read")
def test_whom_the_user_trusts_has_to_be_readable(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/proc/self/mem")
    why = "SSL_CERT_FILE is '/proc/self/mem', which cannot be read: Input/output error"
    assert run(capfd, "--", "true") == (2, "", f"mock-tingwu run: {why}\n")


# Signals and streams

_TELLING = """
import os, signal, sys, time
def told(number, frame):
    print("got", signal.Signals(number).name)
    if number == signal.SIGTERM:
        sys.exit(3)
for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"):
    signal.signal(getattr(signal, name), told)
print("ready")
while True:
    time.sleep(30)
"""


@pytest.mark.skipif(shutil.which("setsid") is None, reason="there is no setsid")
def test_signals_are_handed_on(authority: str) -> None:
    # Whoever shares its terminal gets SIGINT from there.
    with running(authority, _TELLING, prefix=("setsid",)) as process:
        assert process.line() == "ready"
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGINT):
            process.process.send_signal(number)
            assert process.line() == f"got {number.name}"
        assert process.end(signal.SIGTERM) == (3, "got SIGTERM\n", "")


def test_stdin_goes_through_and_a_signal_that_ends_it_is_told(authority: str) -> None:
    program = (
        "import os, sys\n"
        "sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])\n"
        "sys.stdout.flush()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    with running(authority, program, stdin=subprocess.PIPE) as process:
        process.feed(b"ab\r\n")
        process.end_of_input()
        assert process.wait() == (128 + signal.SIGKILL, "\n\nba", "")


def test_ctrl_c_reaches_the_program_once(authority: str) -> None:
    program = (
        "import signal, sys, time\n"
        "count = 0\n"
        "def told(*_):\n"
        "    global count\n"
        "    count += 1\n"
        "signal.signal(signal.SIGINT, told)\n"
        "print('ready')\n"
        "sys.stdin.readline()\n"
        "print('counted', count)\n"
    )
    words = [*COMMAND, "run", "--quiet", "--", sys.executable, "-uSc", program]
    process, terminal = pty.fork()
    if process == 0:
        os.execve(words[0], words, environment({"MOCK_TINGWU_CA_DIR": authority}))
    try:
        written = b""
        said = {b"ready\r\n": b"\x03", b"^C": b"\n"}
        while True:
            try:
                more = os.read(terminal, 1024)
            except OSError:  # how Linux says that the other side is gone
                break
            if not more:
                break
            written += more
            for heard in [heard for heard in said if heard in written]:
                os.write(terminal, said.pop(heard))
    finally:
        os.close(terminal)
        _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert written.endswith(b"counted 1\r\n")
