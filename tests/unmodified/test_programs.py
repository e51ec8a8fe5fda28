"""Programs with the cloud's host names in their source, which know nothing of a mock."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.commands import COMMAND, Running, environment, run
from tests.conftest import RECORDING

PROGRAMS = Path(__file__).parent / "programs"
PYTHON = (sys.executable, "-W", "ignore")
#: So much of the recording is pushed: two sentences.
SECONDS = 8
#: What each program prints: how many captions, the status of its task, and the files that it read.
TINGWU, CHAPTERS = ["Transcription of True"], ["AutoChapters of True", "Transcription of True"]
AGENT = [f"{name}Path 200" for name in ("autoChapters", "meetingAssistance", "summarization")]
AGENT.append("transcriptionPath 200")
EXPECTED: dict[str, tuple[int, str, list[str]]] = {
    "core_nls": (2, "COMPLETED", CHAPTERS),
    "tea_offline": (0, "COMPLETED", CHAPTERS),
    "requests_roa": (2, "COMPLETED", TINGWU),
    "httpx_acs3": (2, "COMPLETED", TINGWU),
    "dashscope_1x": (2, "0", AGENT),
    "dashscope_v2": (2, "0", AGENT),
    "live_callbacks": (1, "1", []),
}
#: What the report says of `leaving.py`; inside namespaces only names are asked for.
REFUSED_BY_PROXY = [
    "2 connections to 192.0.2.7:443",
    "8 connections to example.com:443",
    "1 connection to example.com:80",
]
OWN_SERVER = ["told of Transcription", "status COMPLETED"]
OWN_SERVER += ["asked for recording True", "asked for stream True"]
NOT_ALLOWED = "mock-tingwu run: --hosts needs user namespaces, and this system does not allow them"
CURL = ("curl", "--silent", "--show-error", "--max-time", "20", "--noproxy", "*")
#: A machine of its own, as a container is one, for `sh -c` to set up.
MACHINE = ("unshare", "--user", "--map-root-user", "--net", "--mount")
#: The server runs at port 443 there, and the hosts file has the lines that it prints.
SERVED = """
set -e
ip link set lo up
{server} >said &
server=$!
trap 'kill $server' EXIT
until grep -q '^127.0.0.1 prod-' said; do kill -0 $server; sleep 0.1; done
grep '^127.0.0.1 ' said >hosts
mount --bind hosts /etc/hosts
SSL_CERT_FILE=authority/ca.pem {program}
"""


def has_machines() -> bool:
    """Whether this system lets its users have machines of their own."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run([*MACHINE, "true"], capture_output=True, check=False).returncode == 0


@dataclass(frozen=True)
class Ended:
    """What programs printed, by name, and what `mock-tingwu run` said at the end."""

    printed: Mapping[str, list[str]]
    said: str

    def lines(self, program: str, first: str) -> list[str]:
        """What a program printed behind a first word."""
        found = [line.partition(" ") for line in self.printed[program]]
        return [rest for word, _, rest in found if word == first]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "MOCK_TINGWU_CA_DIR": str(tmp_path / "authority"),
        "MOCK_TINGWU_RESULT_INTERVAL_MS": "5",
        "TINGWU_APP_KEY": "my-app",
    }


@pytest.fixture
def recording_file(tmp_path: Path) -> Path:
    short = tmp_path / "short.wav"
    with wave.open(str(RECORDING)) as whole, wave.open(str(short), "wb") as part:
        part.setparams(whole.getparams())
        part.writeframes(whole.readframes(SECONDS * whole.getframerate()))
    return short


def run_all(
    programs: Mapping[str, Sequence[str]], folder: Path, environ: Mapping[str, str], *flags: str
) -> Ended:
    """Run programs side by side in one `mock-tingwu run`, each as a process of its own."""
    each = [
        f"( {shlex.join(command)} || echo ended with $? ) >{shlex.quote(str(folder / name))} 2>&1 &"
        for name, command in programs.items()
    ]
    script = "\n".join([*each, "wait"])
    done = run(
        "run", "--auth", "verify", *flags, "--", "sh", "-c", script, folder=folder, environ=environ
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    printed = {name: (folder / name).read_text("utf-8").splitlines() for name in programs}
    return Ended(printed, done.stderr)


def python(name: str, *arguments: object) -> list[str]:
    return [*PYTHON, str(PROGRAMS / f"{name}.py"), *map(str, arguments)]


def check(ended: Ended, name: str) -> None:
    """A program printed what it would print in the cloud."""
    captions, status, results = EXPECTED[name]
    assert len(ended.lines(name, "caption")) == captions, ended.printed[name]
    assert ended.lines(name, "status") == [status], ended.printed[name]
    assert ended.lines(name, "result") == results, ended.printed[name]
    assert ended.lines(name, "ended") == [], ended.printed[name]


def test_by_the_proxy(tmp_path: Path, environ: dict[str, str], recording_file: Path) -> None:
    programs = {name: python(name, recording_file) for name in EXPECTED}
    options = ("--target", "live", "--speed", "50", "--result", "srt")
    programs["ours"] = [*COMMAND, "stream", str(recording_file), *options]
    if shutil.which("curl"):
        programs["curl"] = ["sh", str(PROGRAMS / "curl.sh")]
    ended = run_all({**programs, "leaving": python("leaving")}, tmp_path, environ)
    for name in EXPECTED:
        check(ended, name)
    assert ended.lines("live_callbacks", "stopped") == ["2"]
    assert sum("-->" in line for line in ended.printed["ours"]) >= 2, ended.printed["ours"]
    if "curl" in programs:
        assert ended.printed["curl"] == ["status 0", "result transcriptionPath 200"]
    assert f"\n  {len(programs)} tasks\n" in ended.said
    # What was signed, or named as a key, was right.
    assert "(documented)" not in ended.said
    check_that_nothing_left(ended)
    assert refused(ended) == REFUSED_BY_PROXY


def test_by_names_of_their_own(
    tmp_path: Path, environ: dict[str, str], recording_file: Path
) -> None:
    # Namespaces leave the machine's own name to programs.
    lookup = "import socket; print('own name', socket.gethostbyname(socket.gethostname()))"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ["MOCK_TINGWU_CALLBACKS"] = f"own-server=http://127.0.0.1:{port}/told"
    programs = {
        "core_nls": python("core_nls", recording_file),
        "live_callbacks": python("live_callbacks"),
        "own_server": python("own_server", port, recording_file),
        "leaving": python("leaving"),
        "own": [sys.executable, "-c", lookup],
    }
    ended = run_all(programs, tmp_path, environ, "--hosts")
    check(ended, "core_nls")
    check_that_nothing_left(ended)
    check(ended, "live_callbacks")
    # Its server is in its own network.
    assert ended.printed["own_server"] == OWN_SERVER
    assert "\n  4 tasks\n" in ended.said
    if NOT_ALLOWED in ended.said:
        assert "going on with the proxy" in ended.said
        assert refused(ended) == REFUSED_BY_PROXY
    else:
        assert ended.said.startswith("mock-tingwu:\n")
        assert ended.printed["own"] == ["own name 127.0.0.1"]
        assert refused(ended) == ["the name example.com, asked for 9 times"]


def check_that_nothing_left(ended: Ended) -> None:
    """Every attempt of `leaving.py` was refused."""
    printed = ended.printed["leaving"]
    assert [line.partition(" ")[0] for line in printed] == ["refused"] * 11, printed


def refused(ended: Ended) -> list[str]:
    """What the report says was refused."""
    return re.findall(r"^  refused (.*)$", ended.said, re.MULTILINE)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_a_server_with_tls_is_the_cloud_for_who_is_led_to_it(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    authority = f"{environ['MOCK_TINGWU_CA_DIR']}/ca.pem"
    with Running(["serve", "--port", "0", "--tls-port", "0"], environ=environ) as server:
        port = server.line_with("By TLS").rpartition(":")[2].strip()
        source = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}
        body = json.dumps({"AppKey": "my-app", "Input": source})
        asked = ("-X", "PUT", "-H", "Content-Type: application/json", "-d", body)
        url = "https://tingwu.cn-beijing.aliyuncs.com/openapi/tingwu/v2/tasks?type=realtime"
        done = subprocess.run(
            [*CURL, "--cacert", authority, "--connect-to", f"::127.0.0.1:{port}", *asked, url],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert '"MeetingJoinUrl":"wss://tingwu-realtime-cn-beijing.aliyuncs.com/' in done.stdout


def test_a_container_with_the_printed_hosts_lines_needs_only_the_certificate(
    tmp_path: Path, environ: dict[str, str], recording_file: Path
) -> None:
    if not has_machines():
        pytest.skip("this system has no namespaces for its users")
    server = shlex.join([*COMMAND, "serve", "--port", "0", "--tls-port", "443"])
    script = SERVED.format(server=server, program=shlex.join(python("httpx_acs3", recording_file)))
    keys = {f"ALIBABA_CLOUD_ACCESS_KEY_{name}": "any" for name in ("ID", "SECRET")}
    done = subprocess.run(
        [*MACHINE, "sh", "-c", script],
        cwd=tmp_path,
        env=environment({**environ, **keys}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    check(Ended({"httpx_acs3": done.stdout.splitlines()}, ""), "httpx_acs3")
