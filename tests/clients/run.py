"""Drive one mock with every client, and say in docs/clients.md which were driven through what.

    python tests/clients/run.py [--write-docs | --check] [CLIENT ...]

Each client is a small program in a folder beside this file that uses a vendor's SDK and nothing of
ours. It gets the server's URL and a recording, runs a whole realtime meeting and prints one JSON
object per line, the verdict last. The Python SDKs are driven by the test suite; the client `python`
runs those tests. Exit status 1 when a client failed or, with --check, when the table is not the
committed one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RECORDING = ROOT / "fixtures" / "audio" / "cn-weekly-sync.wav"
DOCS = ROOT / "docs" / "clients.md"
BEGIN = "<!-- clients: begin (written by tests/clients/run.py --write-docs) -->"
END = "<!-- clients: end -->"

#: What the recording says, and what every client asks for.
SENTENCES = 10
RESULTS = ["AutoChapters", "Transcription", "Translation"]

STOP_SECONDS = 20
BUILD_SECONDS = 600
RUN_SECONDS = 120
#: Registries fail now and then: a build is tried again after this many seconds.
RETRY_AFTER_SECONDS = (5, 20)


@dataclass(frozen=True)
class Client:
    """A program: how to build it and how to run it, in its folder.

    ``hands_on_translations``: whether its SDK gives the caller ResultTranslated.
    ``extra_checks``: what its verdict has beyond everybody's.
    """

    name: str
    folder: str
    title: str
    build: Sequence[str]
    run: Sequence[str]
    hands_on_translations: bool = True
    extra_checks: dict[str, Any] = field(default_factory=dict)


NPM = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")

CLIENTS = (
    Client(
        "node-tingwu",
        "node",
        "Node",
        NPM,
        ("node", "meeting.js", "tingwu"),
        hands_on_translations=False,
    ),
    Client(
        "node-pop-core",
        "node",
        "Node",
        NPM,
        ("node", "meeting.js", "pop-core"),
        hands_on_translations=False,
    ),
    Client(
        "java",
        "java",
        "Java",
        ("mvn", "--quiet", "--batch-mode", "process-classes"),
        ("java", "-cp", os.pathsep.join(("target/classes", "target/lib/*")), "meeting.Meeting"),
        extra_checks={"restarts": 30},
    ),
    Client("go", "go", "Go", ("go", "build", "-o", "target/meeting", "."), ("target/meeting",)),
    Client("browser", "browser", "A page in headless Chromium", NPM, ("node", "meeting.js")),
)

PYTHON = "python"

#: The tests that drive the Python SDKs, by distribution.
PYTHON_SDKS = {
    "aliyun-python-sdk-core": "tests/sdk/test_core.py",
    "alibabacloud-tingwu20230930": "tests/sdk/test_tea.py",
    "alibabacloud-nls-python-sdk": "tests/sdk/test_nls.py",
}
#: The test that sends every SDK's recorded handshake again, byte for byte.
HANDSHAKES = "tests/wire/test_handshake.py"


class Failure(Exception):
    """A client that did not do what it should; the message says why."""


def main() -> int:
    arguments = parse()
    chosen = [client for client in CLIENTS if wanted(client.name, arguments.clients)]
    rows: list[str] = []
    failed: list[str] = []
    outcomes: list[tuple[str, str]] = []
    with mock() as url:
        for client in chosen:
            started = time.monotonic()
            try:
                build(client)
                verdict = drive(client, url)
                rows.append(meeting_row(client, verdict))
                checks = verdict["checks"]
                said = f"{checks['sentences']} sentences, {checks['status']}, {verdict['runtime']}"
            except Failure as failure:
                failed.append(client.name)
                said = f"FAILED: {failure}"
            report(outcomes, client.name, said, started)
    tests: list[str] = []
    if wanted(PYTHON, arguments.clients):
        started = time.monotonic()
        try:
            tests, said = run_python_tests()
        except Failure as failure:
            failed.append(PYTHON)
            said = f"FAILED: {failure}"
        report(outcomes, PYTHON, said, started)
    print(f"\n{len(outcomes) - len(failed)} of {len(outcomes)} clients passed")
    if failed:
        print(f"failed: {', '.join(failed)}")
        return 1
    return settle(table(rows, tests), arguments)


def parse() -> argparse.Namespace:
    names = [client.name for client in CLIENTS] + [PYTHON]
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "clients",
        nargs="*",
        metavar="CLIENT",
        help=f"{', '.join(names)}, or the folder of some (default: all)",
    )
    docs = parser.add_mutually_exclusive_group()
    docs.add_argument("--write-docs", action="store_true", help="write the table of the docs")
    docs.add_argument("--check", action="store_true", help="fail when the table is out of date")
    arguments = parser.parse_args()
    known = {*names, *(client.folder for client in CLIENTS)}
    for name in arguments.clients:
        if name not in known:
            parser.error(f"there is no client {name!r}, only {', '.join(names)}")
    if arguments.clients and (arguments.check or arguments.write_docs):
        parser.error("the table needs all clients: name none")
    return arguments


def wanted(name: str, chosen: Sequence[str]) -> bool:
    folders = {client.name: client.folder for client in CLIENTS}
    return not chosen or name in chosen or folders.get(name) in chosen


def report(outcomes: list[tuple[str, str]], name: str, said: str, started: float) -> None:
    outcomes.append((name, said))
    print(f"{name:<16} {time.monotonic() - started:6.1f} s  {said}", flush=True)


# --- the mock ---


@contextlib.contextmanager
def mock() -> Iterator[str]:
    """A mock that checks signatures, on a free port; it has to end cleanly.

    Yields its URL.

    Raises:
        SystemExit: it does not start, or does not end as it should.
    """
    command = [sys.executable, "-m", "mock_tingwu", "serve", "--port", "0", "--auth", "verify"]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert process.stdout is not None
        first = process.stdout.readline()
        found = re.fullmatch(r"mock-tingwu listening on (http://\S+)\n", first)
        try:
            if found is not None:
                yield found[1]
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
            errors.seek(0)
            complaints = errors.read()
    if found is None or process.returncode != 0 or "Traceback" in complaints:
        raise SystemExit(f"the mock ended with {process.returncode}: {first}{complaints}")
    if complaints:
        print(f"the mock said on standard error:\n{complaints}")


def journal(url: str, **query: str | int) -> dict[str, Any]:
    answer = httpx.get(f"{url}/_mock/journal", params=query).raise_for_status().json()
    assert isinstance(answer, dict)
    return answer


# --- the clients ---


def build(client: Client) -> None:
    """Install and compile what a client needs.

    Raises:
        Failure: a tool is missing, or the build fails every time.
    """
    if shutil.which(client.build[0]) is None:
        raise Failure(f"{client.build[0]} is not installed")
    for pause in (*RETRY_AFTER_SECONDS, None):
        status, output = execute(client.build, client.folder, BUILD_SECONDS, {})
        if status == 0:
            return
        if pause is not None:
            time.sleep(pause)
    raise Failure(f"the build ended with {status}:\n{tail(output)}")


def drive(client: Client, url: str) -> dict[str, Any]:
    """Run a client through its meeting and give its verdict.

    Raises:
        Failure: the verdict is bad or missing, or the mock saw something wrong.
    """
    before = journal(url)["last_seq"]
    credentials = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "mock-access-key-id",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "mock-access-key-secret",
    }
    command = (*client.run, url, str(RECORDING))
    status, output = execute(command, client.folder, RUN_SECONDS, credentials)
    lines = [line for line in output.splitlines() if line.startswith("{")]
    verdict = json.loads(lines[-1]) if lines else {}
    if status != 0 or "checks" not in verdict:
        raise Failure(f"ended with {status}: {verdict.get('failed') or tail(output)}")
    checks = verdict["checks"]
    expected = {
        "started": True,
        "sentences": SENTENCES,
        "interim": checks["interim"],
        "translations": SENTENCES if client.hands_on_translations else None,
        "completed": True,
        "stopped": "ONGOING",
        "status": "COMPLETED",
        "results": RESULTS,
        **client.extra_checks,
    }
    if checks != expected or checks["interim"] <= SENTENCES:
        raise Failure(f"its verdict is {checks}, expected {expected}")
    requests = journal(url, since=before, kind="request", service="tingwu")["entries"]
    if not requests or any(request["signature"] != "ok" for request in requests):
        raise Failure(f"signatures: {[request['signature'] for request in requests]}")
    return dict(verdict)


def execute(
    command: Sequence[str], folder: str, seconds: float, environ: dict[str, str]
) -> tuple[int | str, str]:
    """Run a command in a client's folder; its exit status or ``timeout``, and what it printed."""
    process = subprocess.Popen(
        command,
        cwd=HERE / folder,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        # Its children too: a browser, say.
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return f"a time-out after {seconds:.0f} s", output
    return process.returncode, output


def tail(output: str) -> str:
    return "\n".join(output.splitlines()[-20:])


# --- the Python SDKs ---


def run_python_tests() -> tuple[list[str], str]:
    """Run the tests that drive the Python SDKs; the rows of the table, and what pytest said.

    Raises:
        Failure: a test failed.
    """
    rows = [f"| `{name}` {version(name)} | `{test}` |" for name, test in PYTHON_SDKS.items()]
    rows.append(f"| recorded handshakes of the SDKs, byte for byte | `{HANDSHAKES}` |")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", *PYTHON_SDKS.values(), HANDSHAKES]
    status, output = execute(command, str(ROOT), BUILD_SECONDS, {})
    if status != 0:
        raise Failure(f"pytest ended with {status}:\n{tail(output)}")
    return rows, output.strip().splitlines()[-1]


# --- the table ---


def meeting_row(client: Client, verdict: dict[str, Any]) -> str:
    checks = verdict["checks"]
    sdks = ", ".join(f"`{name}` {number}" for name, number in sorted(verdict["versions"].items()))
    translated = checks["translations"]
    notes = f"; {checks['restarts']} more starts and stops" if "restarts" in checks else ""
    return (
        f"| {client.title} | {sdks} | {checks['sentences']}, with interim results{notes} | "
        f"{'not handed on by the SDK' if translated is None else translated} | "
        f"{checks['stopped']}, then {checks['status']} | {', '.join(checks['results'])} |"
    )


def table(rows: Sequence[str], tests: Sequence[str]) -> str:
    lines = [
        BEGIN,
        "",
        "| client | SDKs | sentences | translated | task after stop | results read |",
        "| --- | --- | --- | --- | --- | --- |",
        *rows,
        "",
        "In Python, by the test suite:",
        "",
        "| client | tests |",
        "| --- | --- |",
        *tests,
        "",
        END,
    ]
    return "\n".join(lines)


def settle(new: str, arguments: argparse.Namespace) -> int:
    """Print the table, or write it into the docs, or compare it with them."""
    if not (arguments.write_docs or arguments.check):
        if not arguments.clients:
            print(f"\n{new}")
        return 0
    text = DOCS.read_text("utf-8")
    start, end = text.find(BEGIN), text.find(END)
    if start < 0 or end < start:
        print(f"{DOCS.name} has no place for the table between {BEGIN} and {END}")
        return 1
    old = text[start : end + len(END)]
    if arguments.write_docs:
        DOCS.write_text(text.replace(old, new), "utf-8")
        print(f"wrote {DOCS.relative_to(ROOT)}")
        return 0
    if old != new:
        print(f"{DOCS.relative_to(ROOT)} is out of date: run with --write-docs\n\n{new}")
        return 1
    print(f"{DOCS.relative_to(ROOT)} is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
