"""Drive one mock with every client, and say in docs/clients.md which were driven through what.

    python tests/clients/run.py [--write-docs | --check] [CLIENT ...]

Each client is a small program in a folder beside this file that uses a vendor's SDK and nothing of
ours. It runs a whole realtime meeting, or offline tasks and everything else of the OpenAPI, or
DashScope's agents, or a live task, and prints one JSON object per line, the verdict last. The
Python SDKs are driven by the test suite; the client `python` runs those tests. Exit status 1 when a
client failed or, with --check, when the tables are not the committed ones.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from hashlib import md5
from importlib.metadata import version
from pathlib import Path
from typing import Any

from commands import BUILD_SECONDS, RUN_SECONDS, Failure, build, execute, tail
from programs import (
    CALLBACKS,
    LIVE_CALLBACKS,
    LIVE_EVENTS,
    PROGRAMS,
    Agents,
    Live,
    Meeting,
    Program,
    Tasks,
)
from receiver import LIVE_PATH, LiveCallback, Receiver
from server import host, journal, mock, send_callbacks
from table import BEGIN, DOCS, END, settle, settle_driven, table

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from tests.driven import STREAM, VARIABLE, left, operations  # noqa: E402

RECORDING = ROOT / "fixtures" / "audio" / "cn-weekly-sync.wav"

CALLBACK_SECONDS = 10
#: The rules that programs break, and no SDK: they push as fast as they can and provoke refusals.
PROVOKED = {"api-key", "audio-burst", "data-id", "request-schema"}
#: What a live task says first when interim results are wanted.
CHANNEL_BEGINS = ["SentenceBegin", "TranscriptionResultChanged"]

PYTHON = "python"

#: The tests in tests/sdk that drive the Python SDKs, by distribution.
PYTHON_SDKS = {
    "aliyun-python-sdk-core": ("core", "offline", "phrases"),
    "alibabacloud-tingwu20230930": ("tea", "offline", "phrases", "models"),
    "alibabacloud-nls-python-sdk": ("nls",),
    "alibabacloud-live20161101": ("live_tea",),
    "aliyun-python-sdk-live": ("live_core",),
    "dashscope": ("dashscope_calls", "dashscope_realtime"),
}
#: The test that sends every SDK's recorded handshake again, byte for byte.
HANDSHAKES = "tests/wire/test_handshake.py"


def main() -> int:
    arguments = parse()
    verdicts: dict[Meeting | Tasks | Agents | Live, dict[str, Any]] = {}
    failed: list[str] = []
    built: set[str] = set()
    driven: dict[str, set[str]] = {}
    with mock() as url, Receiver() as receiver:
        for program in PROGRAMS:
            if not wanted(program.name, arguments.clients):
                continue
            started = time.monotonic()
            before = journal(url)["last_seq"]
            try:
                if program.folder not in built:
                    build(program.build, HERE / program.folder)
                    built.add(program.folder)
                if isinstance(program, Meeting):
                    verdict = drive_meeting(program, url)
                elif isinstance(program, Agents):
                    verdict = drive_agents(program, url, receiver)
                elif isinstance(program, Live):
                    verdict = drive_live(program, url, receiver)
                else:
                    verdict = drive_tasks(program, url, receiver)
                verdicts[program] = verdict
                entries = journal(url, since=before)["entries"]
                note_driven(driven, verdict["versions"], operations(entries))
                said = f"{summary(verdict['checks'])}, {verdict['runtime']}"
            except Failure as failure:
                failed.append(program.name)
                said = f"FAILED: {failure}"
            report(program.name, said, started)
    tests: list[str] = []
    if wanted(PYTHON, arguments.clients):
        started = time.monotonic()
        try:
            tests, said = run_python_tests(driven)
        except Failure as failure:
            failed.append(PYTHON)
            said = f"FAILED: {failure}"
        report(PYTHON, said, started)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
        return 1
    print("\nall clients passed")
    if arguments.clients:
        return 0
    new = table(verdicts, tests)
    if arguments.write_docs or arguments.check:
        settled = settle(DOCS, BEGIN, END, new, write=arguments.write_docs)
        return 0 if settle_driven(driven, write=arguments.write_docs) and settled else 1
    print(f"\n{new}")
    return 0


def parse() -> argparse.Namespace:
    names = [program.name for program in PROGRAMS] + [PYTHON]
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "clients",
        nargs="*",
        metavar="CLIENT",
        help=f"{', '.join(names)}, or the folder of some (default: all)",
    )
    docs = parser.add_mutually_exclusive_group()
    docs.add_argument("--write-docs", action="store_true", help="write the tables of the docs")
    docs.add_argument("--check", action="store_true", help="fail when the tables are out of date")
    arguments = parser.parse_args()
    known = {*names, *(program.folder for program in PROGRAMS)}
    for name in arguments.clients:
        if name not in known:
            parser.error(f"there is no client {name!r}, only {', '.join(names)}")
    if arguments.clients and (arguments.check or arguments.write_docs):
        parser.error("the tables need all clients: name none")
    return arguments


def wanted(name: str, chosen: Sequence[str]) -> bool:
    folders = {program.name: program.folder for program in PROGRAMS}
    return not chosen or name in chosen or folders.get(name) in chosen


def summary(checks: dict[str, Any]) -> str:
    if "sentences" in checks:
        return f"{checks['sentences']} sentences, {checks['status']}"
    if "running" in checks:
        return f"{checks['running']}, then {checks['stopped']}"
    return f"{checks['offline']}, again {checks['run again']}, no file {checks['no file']}"


def report(name: str, said: str, started: float) -> None:
    print(f"{name:<20} {time.monotonic() - started:6.1f} s  {said}", flush=True)


# --- the programs ---


def note_driven(driven: dict[str, set[str]], sdks: Iterable[str], found: set[str]) -> None:
    """Note that SDKs drove these operations and events; one of NLS speaks the stream alone."""
    for sdk in sdks:
        own = found & STREAM if "nls" in sdk else found - STREAM
        driven.setdefault(sdk, set()).update(own)


def drive_meeting(meeting: Meeting, url: str) -> dict[str, Any]:
    """Run a client through its meeting and give its verdict.

    Raises:
        Failure: the verdict is bad or missing, or the mock saw something wrong.
    """
    before = journal(url)["last_seq"]
    verdict = run(meeting, url, str(RECORDING))
    check(verdict["checks"], meeting.expected(verdict["checks"]))
    check(signatures(url, before), [])
    return verdict


def drive_tasks(tasks: Tasks, url: str, receiver: Receiver) -> dict[str, Any]:
    """Run a client through its tasks and give its verdict, with what it was called back for.

    Raises:
        Failure: the verdict or the callbacks are bad, or the mock saw something wrong.
    """
    receiver.clear()
    send_callbacks(url, tasks.app_key, f"{receiver.url}/callbacks")
    before = journal(url)["last_seq"]
    verdict = run(tasks, url, host(url, RECORDING), f"{receiver.url}/missing.wav")
    check(verdict["checks"], tasks.expected())
    # Those are the two calls with credentials that are none.
    check(signatures(url, before), ["mismatch", "unknown_key"])
    expected = list(CALLBACKS.values())
    count = sum(map(len, expected))
    check(receiver.wait(count, CALLBACK_SECONDS), expected)
    return verdict | {"callbacks": count}


def drive_agents(agents: Agents, url: str, receiver: Receiver) -> dict[str, Any]:
    """Run a client through the agents and give its verdict.

    Raises:
        Failure: the verdict is bad or missing, or the mock saw something wrong.
    """
    before = journal(url)["last_seq"]
    missing = f"{receiver.url}/missing.wav"
    verdict = run(agents, url, host(url, RECORDING), missing, str(RECORDING))
    check(verdict["checks"], agents.expected(verdict["checks"]))
    # Those are the call and the handshake with a key that is none.
    check(signatures(url, before, "dashscope"), ["unknown", "unknown"])
    seen = {
        kind: journal(url, since=before, kind=kind, service="dashscope")["entries"]
        for kind in ("ws_open", "ws_close", "violation")
    }
    check(len(seen["ws_open"]), agents.connections)
    check({entry["code"] for entry in seen["ws_close"]}, {1000})
    broken = {entry["rule"] for entry in seen["violation"]} - PROVOKED
    check(sorted(broken), list(agents.violations))
    return verdict


def drive_live(live: Live, url: str, receiver: Receiver) -> dict[str, Any]:
    """Run a client through a live task's life; its verdict, with the events that it was told.

    Raises:
        Failure: the verdict or a callback is bad, or the mock saw something wrong.
    """
    before = journal(url)["last_seq"]
    target = f"{LIVE_PATH}{live.name}?room=1"
    address, key = f"{receiver.url}{target}", f"key of {live.name}"
    verdict = run(live, url, address, key, str(LIVE_CALLBACKS))
    check(verdict["checks"], live.expected())
    # Those are the two calls with credentials that are none.
    check(signatures(url, before, "live"), ["mismatch", "unknown_key"])
    told = receiver.live(target)
    if len(told) < LIVE_CALLBACKS:
        raise Failure(f"only {len(told)} callbacks have come")
    check({callback.body["task_id"] for callback in told}, {verdict["task"]})
    check([callback.headers["ASR-SIG"] for callback in told], signed(told, address, key))
    check(sorted({callback.name for callback in told}), LIVE_EVENTS)
    # The channel's have no key, and more events: its ReportInterval is not -1.
    channel = receiver.live(f"{target}&of=channel")
    check([callback.name for callback in channel[:2]], CHANNEL_BEGINS)
    check({callback.headers.get("ASR-SIG") for callback in channel}, {None})
    return verdict | {"events": LIVE_EVENTS}


def signed(told: Sequence[LiveCallback], address: str, key: str) -> list[str]:
    """The signatures that callbacks have to have, by when they say that they were sent."""
    times = [callback.headers["SIG-TIME"] for callback in told]
    for sent in times:
        check(abs(time.time() - int(sent)) < RUN_SECONDS, True)
    return [md5(f"{sent}/{address}/{key}".encode()).hexdigest() for sent in times]


def run(program: Program, *arguments: str) -> dict[str, Any]:
    """Run a program; its verdict.

    Raises:
        Failure: it has none.
    """
    credentials = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "mock-access-key-id",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "mock-access-key-secret",
        "DASHSCOPE_API_KEY": "sk-mock-api-key",
    }
    status, output = execute(
        (*program.run, *arguments), HERE / program.folder, RUN_SECONDS, credentials
    )
    lines = [line for line in output.splitlines() if line.startswith("{")]
    verdict: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    if status != 0 or "checks" not in verdict:
        raise Failure(f"ended with {status}: {verdict.get('failed') or tail(output)}")
    return verdict


def check(found: object, expected: object) -> None:
    if found != expected:
        raise Failure(f"found {found}, expected {expected}")


def signatures(url: str, since: int, service: str = "tingwu") -> list[str]:
    """What was wrong with signatures or keys of calls, in order."""
    requests = journal(url, since=since, kind="request", service=service)["entries"]
    if not requests:
        raise Failure("no call has arrived")
    return [request["signature"] for request in requests if request["signature"] != "ok"]


# --- the Python SDKs ---


def run_python_tests(driven: dict[str, set[str]]) -> tuple[list[str], str]:
    """Run the tests that drive the Python SDKs; the rows of the table, and what pytest said.

    What each SDK drove is added to ``driven``.

    Raises:
        Failure: a test failed.
    """
    files = {
        name: [f"tests/sdk/test_{test}.py" for test in PYTHON_SDKS[name]] for name in PYTHON_SDKS
    }
    rows = [
        f"| `{name}` {version(name)} | {', '.join(f'`{file}`' for file in tests)} |"
        for name, tests in files.items()
    ]
    rows.append(f"| recorded handshakes of the SDKs, byte for byte | `{HANDSHAKES}` |")
    all_files = sorted({file for tests in files.values() for file in tests})
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", *all_files, HANDSHAKES]
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "driven"
        notes.touch()
        status, output = execute(command, ROOT, BUILD_SECONDS, {VARIABLE: str(notes)})
        if status != 0:
            raise Failure(f"pytest ended with {status}:\n{tail(output)}")
        found = left(notes)
    for name, tests in PYTHON_SDKS.items():
        for test in tests:
            note_driven(driven, [name], found.get(f"test_{test}.py", set()))
    return rows, output.strip().splitlines()[-1]


if __name__ == "__main__":
    sys.exit(main())
