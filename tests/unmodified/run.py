"""Run programs that hard-code the cloud's host names, and say in docs/unmodified.md how that went.

    python tests/unmodified/run.py [--write-docs | --check] [PROGRAM ...]

Each runs twice, by `mock-tingwu run` and by `mock-tingwu run --hosts`. Those of tests/clients are
given the cloud's URL, the others have it in their source. What is not built is built first. Exit
status 1 when a program did not end as it should or, with --check, when the table is not the
committed one.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from json import loads
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CLIENTS = ROOT / "tests" / "clients"
sys.path.insert(0, str(CLIENTS))

from commands import RUN_SECONDS, Failure, build, execute, tail  # noqa: E402
from programs import GO, JAVA, LIVE_CALLBACKS, MAVEN, NPM, PROGRAMS, Agents, Meeting  # noqa: E402
from receiver import LIVE_PATH  # noqa: E402
from table import settle  # noqa: E402

DOCS = ROOT / "docs" / "unmodified.md"
BEGIN = "<!-- unmodified: begin (written by tests/unmodified/run.py --write-docs) -->"
END = "<!-- unmodified: end -->"
RECORDING = ROOT / "fixtures" / "audio" / "cn-weekly-sync.wav"
TINGWU, LIVE = "https://tingwu.cn-beijing.aliyuncs.com", "https://live.aliyuncs.com"
#: A recording that the mock imagines, and one that nobody has.
IMAGINED, MISSING = "https://files.example.com/weekly.mp3", "http://127.0.0.1:1/missing.wav"
#: What is there when a folder is built.
BUILT = {"node": "node_modules/ws", "java": "target/classes/unmodified", "go": "target/meeting"}
BUILDS = {"node": NPM, "java": MAVEN, "go": GO}
#: Programs that are run at a time: they mostly wait.
AT_ONCE: Final = 3
#: What a report calls the download of a file, and a connection, and what the table calls them.
SHORT: Final = {"storage GET": "files", "WebSocket": "stream"}
RUNS: Final = (sys.executable, "-m", "mock_tingwu", "run", "--auth", "verify")
WAYS: Final = {"proxy": (), "--hosts": ("--hosts",)}

WORKS: Final = "works"
#: Why programs, or parts of them, cannot get there in one of the ways.
NO_PROXY: Final = "calls work, the stream does not: its library knows no proxy"


@dataclass(frozen=True)
class Unmodified:
    """A program: ``command`` runs in a folder of tests/clients, or in this one.

    ``title`` is what the docs call it. ``proxy`` and ``hosts`` are how it goes: `WORKS`, or why it
    does not. ``name_there`` is its name in tests/clients, by which its verdict is known; of others
    ``sign`` is a line of what they print at their end.
    """

    name: str
    title: str
    folder: str
    command: Sequence[str]
    proxy: str = WORKS
    hosts: str = WORKS
    name_there: str = ""
    sign: str = r"status (COMPLETED|0)"

    def way(self, way: str) -> str:
        return self.proxy if way == "proxy" else self.hosts


def python(file: str) -> tuple[str, ...]:
    return (sys.executable, str(HERE / "programs" / file))


WAV = str(RECORDING)
OPTIONS = ("--target", "live", "--speed", "10", "--app-key", "my-app", "--result", "srt")
JDK, SDK = "`java.net.http`", "`aliyun-java-sdk-core`"
UNMODIFIED = (
    Unmodified(
        "node-tingwu",
        "Node: `@alicloud/tingwu20230930`, `alibabacloud-nls`",
        "node",
        ("node", "meeting.js", "tingwu", TINGWU, WAV),
        name_there="node-tingwu",
    ),
    Unmodified(
        "node-pop-core",
        "Node: `@alicloud/pop-core`, `alibabacloud-nls`",
        "node",
        ("node", "meeting.js", "pop-core", TINGWU, WAV),
        name_there="node-pop-core",
    ),
    Unmodified("node-fetch", "Node: `fetch`, `ws`", "node", ("node", "unmodified.js", WAV)),
    Unmodified(
        "node-live",
        "Node: `@alicloud/pop-core`, Live",
        "node",
        (
            *python("with_receiver.py"),
            *("node", "live.js", "pop-core-post", LIVE),
            *(f"{{receiver}}{LIVE_PATH}node-live?room=1", "key of node-live", str(LIVE_CALLBACKS)),
        ),
        name_there="node-pop-core-live-post",
    ),
    Unmodified(
        "java-core",
        f"Java: {SDK}",
        "java",
        (*JAVA, "tasks.Tasks", "core", TINGWU, IMAGINED, MISSING),
        name_there="java-core-tasks",
    ),
    Unmodified(
        "java-tea",
        "Java: `tea-openapi`",
        "java",
        (*JAVA, "tasks.Tasks", "tea", TINGWU, IMAGINED, MISSING),
        name_there="java-tea-tasks",
    ),
    Unmodified(
        "java-nls",
        f"Java: {SDK}, `nls-sdk-transcriber`",
        "java",
        (*JAVA, "meeting.Meeting", TINGWU, WAV),
        proxy=NO_PROXY,
        name_there="java",
    ),
    Unmodified(
        "java-jdk",
        f"Java: {JDK}, its HttpClient and WebSocket",
        "java",
        (*JAVA, "unmodified.Jdk", WAV),
    ),
    Unmodified(
        "java-dashscope",
        "Java: `dashscope-sdk-java`",
        "java",
        (*JAVA, "dashscope.Unmodified", WAV),
    ),
    Unmodified(
        "go-core",
        "Go, linked statically: `alibaba-cloud-sdk-go`",
        "go",
        ("target/tasks-core", TINGWU, IMAGINED, MISSING),
        name_there="go-core-tasks",
    ),
    Unmodified(
        "go-nls",
        "Go, linked statically: `alibaba-cloud-sdk-go`, `alibabacloud-nls-go-sdk`",
        "go",
        ("target/meeting", TINGWU, WAV),
        proxy=NO_PROXY,
        name_there="go",
    ),
    Unmodified(
        "python-nls",
        "Python: `aliyun-python-sdk-core`, `alibabacloud-nls-python-sdk`",
        "",
        (*python("core_nls.py"), WAV),
    ),
    Unmodified(
        "python-tea",
        "Python: `alibabacloud-tingwu20230930`, blocking and asynchronous",
        "",
        python("tea_offline.py"),
    ),
    Unmodified(
        "python-requests",
        "Python: `requests`, `websocket-client`",
        "",
        (*python("requests_roa.py"), WAV),
    ),
    Unmodified(
        "python-httpx", "Python: `httpx`, `websockets`", "", (*python("httpx_acs3.py"), WAV)
    ),
    Unmodified(
        "python-dashscope-1x",
        "Python: `dashscope`, as in 1.x",
        "",
        (*python("dashscope_1x.py"), WAV),
    ),
    Unmodified(
        "python-dashscope-v2",
        "Python: `dashscope`, its v2",
        "",
        (*python("dashscope_v2.py"), WAV),
    ),
    Unmodified(
        "python-live",
        "Python: `alibabacloud-live20161101`",
        "",
        python("live_callbacks.py"),
        sign="stopped 2",
    ),
    Unmodified(
        "ours",
        "`mock-tingwu stream --target live`",
        "",
        (sys.executable, "-m", "mock_tingwu", "stream", WAV, *OPTIONS),
        sign=".* --> .*",
    ),
    Unmodified("curl", "curl", "", ("sh", str(HERE / "programs" / "curl.sh"))),
)


def main() -> int:
    arguments = parse()
    did: dict[str, str] = {}
    failed: list[str] = []
    chosen = [p for p in UNMODIFIED if not arguments.programs or p.name in arguments.programs]
    try:
        for folder in dict.fromkeys(program.folder for program in chosen):
            if folder and not (CLIENTS / folder / BUILT[folder]).exists():
                build(BUILDS[folder], CLIENTS / folder)
    except Failure as failure:
        print(failure)
        return 1

    def run(program: Unmodified, way: str) -> None:
        started = time.monotonic()
        try:
            said = drive(program, way, did)
        except Failure as failure:
            failed.append(f"{program.name} ({way})")
            said = f"FAILED: {failure}"
        seconds = time.monotonic() - started
        print(f"{program.name:<19} {way:<7} {seconds:6.1f} s  {said}", flush=True)

    with TemporaryDirectory() as own, ThreadPoolExecutor(AT_ONCE) as pool:
        os.environ["MOCK_TINGWU_CA_DIR"] = own  # not the user's
        list(pool.map(run, *zip(*product(chosen, WAYS), strict=True)))
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
        return 1
    print("\nall programs ended as they should")
    if arguments.programs:
        return 0
    new = "\n".join(table(did))
    if arguments.write_docs or arguments.check:
        return 0 if settle(DOCS, BEGIN, END, new, write=arguments.write_docs) else 1
    print(f"\n{new}")
    return 0


def parse() -> argparse.Namespace:
    names = [program.name for program in UNMODIFIED]
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "programs", nargs="*", metavar="PROGRAM", help=f"{', '.join(names)} (default: all)"
    )
    docs = parser.add_mutually_exclusive_group()
    docs.add_argument("--write-docs", action="store_true", help="write the table of the docs")
    docs.add_argument("--check", action="store_true", help="fail when the table is out of date")
    arguments = parser.parse_args()
    for name in arguments.programs:
        if name not in names:
            parser.error(f"there is no program {name!r}, only {', '.join(names)}")
    if arguments.programs and (arguments.check or arguments.write_docs):
        parser.error("the table needs all programs: name none")
    return arguments


def drive(program: Unmodified, way: str, did: dict[str, str]) -> str:
    """Run a program in one way; what it did goes into ``did``.

    Raises:
        Failure: it did not end as it should.
    """
    expected = program.way(way)
    command = [*RUNS, *WAYS[way], "--", *program.command]
    folder = CLIENTS / program.folder if program.folder else ROOT
    status, output = execute(command, folder, RUN_SECONDS)
    calls = called(output)
    if expected == NO_PROXY:
        if status == 0 or "CreateTask" not in calls or "stream" in calls:
            raise Failure(f"ended with {status}, but its stream should fail:\n{tail(output)}")
        return expected
    if status != 0:
        raise Failure(f"ended with {status}:\n{tail(output)}")
    if "--hosts needs user namespaces" in output:
        raise Failure("this system allows no namespaces")
    if program.name_there:
        judge(program.name_there, output)
    elif not re.search(f"^{program.sign}$", output, re.MULTILINE):
        raise Failure(f"its task has not completed:\n{tail(output)}")
    did[program.name] = ", ".join(calls)
    return ", ".join(calls)


def judge(name: str, output: str) -> None:
    """Compare a verdict with the one that this program of tests/clients has to give."""
    (there,) = (program for program in PROGRAMS if program.name == name)
    assert not isinstance(there, Agents)
    verdicts = [loads(line) for line in output.splitlines() if line.startswith('{"')]
    checks: dict[str, Any] = next((v["checks"] for v in reversed(verdicts) if "checks" in v), {})
    expected = there.expected(checks) if isinstance(there, Meeting) else there.expected()
    if checks != expected:
        raise Failure(f"found {checks}, expected {expected}")


def called(output: str) -> list[str]:
    """The calls that a report counts, by name; those about hot words are one."""
    found = re.search(r"^  \d+ calls?: (.*)$", output, re.MULTILINE)
    counted = found[1].split(", ") if found else []
    names = (entry.rpartition(" ")[0] for entry in counted)
    short = {"hot words" if "Phrases" in name else SHORT.get(name, name) for name in names}
    return sorted(short)


def table(did: dict[str, str]) -> Iterator[str]:
    """Everything between the two marks, the marks included."""
    yield from (BEGIN, "", "| program | what it does | by the proxy | by `--hosts` |")
    yield "| --- | --- | --- | --- |"
    for program in UNMODIFIED:
        cells = (program.title, did[program.name], program.proxy, program.hosts)
        yield f"| {' | '.join(cells)} |"
    yield from ("", END)


if __name__ == "__main__":
    sys.exit(main())
