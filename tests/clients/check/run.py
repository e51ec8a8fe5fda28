"""Runs `mock-tingwu client-check` on our client and on programs with the official SDKs.

    python tests/clients/check/run.py               # print the table
    python tests/clients/check/run.py --write-docs  # write it into docs/client-check.md
    python tests/clients/check/run.py --check       # fail when it is another, or ours is not good
    python tests/clients/check/run.py ours-live     # one program, with reasons
"""

import argparse
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from json import loads
from pathlib import Path

from mock_tingwu.conformance.client_check import Command, Grade, check_all, situations
from mock_tingwu.conformance.client_check.battery import judge_one, run_baseline

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
DOCS = ROOT / "docs" / "client-check.md"
BEGIN = "<!-- client-check: begin (written by tests/clients/check/run.py --write-docs) -->"
END = "<!-- client-check: end -->"
#: Seconds for one run: clients give up after ten or twenty, and the machine may be busy.
TIMEOUT_S = 35.0
#: Programs, and situations of each, that are run at a time: they mostly wait.
PROGRAMS_AT_ONCE, JOBS = 3, 4
OURS = "mock-tingwu"
MOCK = (sys.executable, "-m", "mock_tingwu")
SIGNS = {
    Grade.GOOD: "good",
    Grade.ACCEPTABLE: "acceptable",
    Grade.POOR: "poor",
    Grade.FAULT: "**fault**",
    Grade.NOT_JUDGED: "not judged",
    Grade.NOT_REACHED: "",
}


@dataclass(frozen=True)
class Tried:
    """A program. Those of one ``column`` share it, which then has the worst of their grades."""

    name: str
    column: str
    command: tuple[str, ...]
    #: What others of the column have not been through.
    select: str = ""


def node_version(package):
    folder = HERE.parent / "node"
    manifest = folder / "node_modules" / package / "package.json"
    if not manifest.exists():
        sys.exit(f"{package} is not installed: npm ci --ignore-scripts, in {folder}")
    return loads(manifest.read_text("utf-8"))["version"]


def python(file, *arguments):
    return (sys.executable, str(HERE / file), *arguments)


NLS, TEA, CORE = (
    "alibabacloud-nls-python-sdk",
    "alibabacloud-tingwu20230930",
    "aliyun-python-sdk-core",
)
AUDIO = ("{audio}", "--speed", "10", "--timeout", "10", "--result", "md")
ALL = ("--results", "all", "--translate", "en")


def programs():
    nls = f"`{TEA}` {version(TEA)}, `{NLS}` {version(NLS)}"
    node = [f"`{name}` {node_version(name)}" for name in ("@alicloud/tingwu20230930", "alibabacloud-nls")]
    dashscope = f"`dashscope` {version('dashscope')}"
    return (
        Tried("ours-stream", OURS, (*MOCK, "stream", *AUDIO, *ALL)),
        Tried(
            "ours-offline",
            OURS,
            (*MOCK, "offline", "{file_url}", "--timeout", "10", "--result", "md", *ALL),
            "tasks,files",
        ),
        Tried(
            "ours-dashscope",
            OURS,
            (*MOCK, "dashscope", "stream", *AUDIO),
            "dashscope,dashscope-stream",
        ),
        Tried(
            "ours-callbacks",
            OURS,
            python("ours_callbacks.py", "{url}", "{file_url}", "{callback_port}"),
            "callbacks",
        ),
        Tried("ours-live", OURS, python("ours_live.py", "{url}")),
        Tried("python-realtime", nls, python("python_realtime.py", "{host}", "{audio}")),
        Tried(
            "python-offline",
            f"`{CORE}` {version(CORE)}",
            python("python_offline.py", "{port}", "{file_url}"),
        ),
        Tried(
            "python-dashscope-1x",
            f"{dashscope}, as in 1.x",
            python("python_dashscope_1x.py", "{url}", "{ws_url}", "{audio}"),
        ),
        Tried(
            "python-dashscope-v2",
            f"{dashscope}, v2",
            python("python_dashscope_v2.py", "{url}", "{audio}"),
        ),
        Tried(
            "node-realtime",
            ", ".join(node),
            ("node", str(HERE.parent / "node" / "check.js"), "{url}", "{audio}"),
        ),
    )


def tried(program):
    """The verdicts on a program by the ids of the situations."""
    started = time.monotonic()
    report = check_all(Command(program.command), situations(select=program.select), timeout=TIMEOUT_S, jobs=JOBS)
    counts = ", ".join(f"{count} {grade}" for grade, count in report.counts.items() if count)
    print(f"{program.name:<20} {time.monotonic() - started:5.0f} s  {counts}", flush=True)
    return {verdict.situation.id: verdict for verdict in report.verdicts}


def tried_again(program, ids):
    """The verdicts on some situations, one after the other: nothing else disturbs them."""
    command = Command(program.command)
    baseline = run_baseline(command, TIMEOUT_S)
    wanted = [one for one in situations() if one.id in ids]
    return {one.id: judge_one(command, one, baseline, TIMEOUT_S) for one in wanted}


def table(verdicts):
    """Everything between the two marks, the marks included."""
    columns = list(dict.fromkeys(program.column for program in verdicts))
    lines = [
        BEGIN,
        "",
        f"| situation | | {' | '.join(columns)} |",
        f"|---|---|{'---|' * len(columns)}",
    ]
    for one in situations():
        cells = []
        for column in columns:
            grades = [
                found[one.id].grade
                for program, found in verdicts.items()
                if program.column == column
                and one.id in found
                and found[one.id].grade is not Grade.NOT_REACHED
            ]
            cells.append(SIGNS[max(grades, key=lambda grade: grade.rank)] if grades else "")
        lines.append(f"| {' | '.join((one.id, one.title, *cells))} |")
    return re.sub(r"\|  (?=\|)", "| ", "\n".join([*lines, "", END]))


def parse(text):
    """The cells of a table by the ids of the situations."""
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| CC-")]
    return {row[0].strip(): [cell.strip() for cell in row[2:]] for row in rows}


def main():
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="PROGRAM")
    docs = parser.add_mutually_exclusive_group()
    docs.add_argument("--write-docs", action="store_true", help="write the table")
    docs.add_argument("--check", action="store_true", help="fail when it is another one")
    arguments = parser.parse_args()
    chosen = [one for one in programs() if not arguments.names or one.name in arguments.names]
    with ThreadPoolExecutor(PROGRAMS_AT_ONCE) as pool:
        verdicts = dict(zip(chosen, pool.map(tried, chosen), strict=True))
    if arguments.names:
        for found in verdicts.values():
            for verdict in found.values():
                if verdict.grade not in (Grade.GOOD, Grade.NOT_REACHED):
                    print(verdict)
        return 0
    page = DOCS.read_text("utf-8")
    begin, end = page.index(BEGIN), page.index(END) + len(END)
    expected = parse(page[begin:end])
    if arguments.check:
        settle(verdicts, expected)
    text = table(verdicts)
    bad = [
        verdict
        for program, found in verdicts.items()
        if program.column == OURS
        for verdict in found.values()
        if verdict.grade not in (Grade.GOOD, Grade.NOT_REACHED)
    ]
    for verdict in bad:
        print(f"our client: {verdict}")
    if arguments.write_docs:
        DOCS.write_text(page[:begin] + text + page[end:], "utf-8")
    elif arguments.check:
        changed = [id for id, cells in parse(text).items() if expected.get(id) != cells]
        for id in changed:
            print(f"{id}: found {parse(text)[id]}, the table has {expected.get(id)}")
        if changed or page[begin:end] != text:
            print("docs/client-check.md is out of date: tests/clients/check/run.py --write-docs")
            return 1
    else:
        print(text)
    return 1 if bad else 0


def settle(verdicts, expected):
    """Try again, alone, what is not as expected: much ran at the same time."""
    columns = list(dict.fromkeys(program.column for program in verdicts))
    found = parse(table(verdicts))
    for place, column in enumerate(columns):
        ids = {id for id, cells in found.items() if expected.get(id, cells)[place] != cells[place]}
        for program in [one for one in verdicts if one.column == column and ids]:
            concerned = {
                id
                for id, verdict in verdicts[program].items()
                if id in ids and verdict.grade is not Grade.NOT_REACHED
            }
            if concerned:
                print(f"again: {program.name} {', '.join(sorted(concerned))}", flush=True)
                verdicts[program].update(tried_again(program, concerned))


if __name__ == "__main__":
    sys.exit(main())
