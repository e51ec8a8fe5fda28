"""``mock-tingwu result``: download what a task came to, and print it or keep it."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mock_tingwu.cli import complain
from mock_tingwu.cli.options import RESULT_FORMATS, names
from mock_tingwu.cli.using import TaskEnded, add_target, check_writable, rendered, run_with

if TYPE_CHECKING:
    from mock_tingwu.client import Results, TaskInfo, TingwuClient
    from mock_tingwu.client.targets import Target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of which task, in which form, to where."""
    parser.add_argument("task_id", metavar="TASK_ID", help="the id of the task")
    parser.add_argument(
        "--format",
        choices=RESULT_FORMATS,
        metavar="FORMAT",
        help=f"{', '.join(RESULT_FORMATS)} (default text, or nothing with --files)",
    )
    parser.add_argument("--translation", metavar="LANGUAGE", help="what was said, translated")
    parser.add_argument(
        "--speakers",
        type=_speakers,
        default={},
        metavar="ID=NAME,…",
        help="what speakers are called, such as 1=Anna,2=Ben (not in srt and json)",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write to a file, not to stdout")
    parser.add_argument(
        "--kinds",
        type=names,
        default=(),
        metavar="KINDS",
        help="download only these kinds of result, with commas between them",
    )
    parser.add_argument(
        "--files",
        type=Path,
        metavar="DIR",
        help="keep all of its result files and media files in a folder",
    )
    add_target(parser)


def run(args: argparse.Namespace) -> int:
    """Download; return the exit code."""
    return run_with("result", args, lambda target: _result(args, target), check=_check)


def _check(args: argparse.Namespace) -> None:
    if args.out is not None:
        check_writable(args.out)
    if args.files is not None:
        args.files.mkdir(parents=True, exist_ok=True)


async def _result(args: argparse.Namespace, target: Target) -> None:
    from mock_tingwu.cli.output import JsonOutput
    from mock_tingwu.client.errors import ClientError

    try:
        async with target.tingwu() as client:
            info = await client.info(args.task_id)
            if not info.results:
                if args.json:
                    JsonOutput().ended(info.task_id, info.status, info)
                raise TaskEnded(ClientError(_nothing(info)))
            chosen = replace(info, results=_chosen(info, args.kinds))
            results = await client.results(chosen)
            text = _rendered(args, results)
            kept = await _keep(args.files, client, info, results) if args.files else ()
    except asyncio.CancelledError:
        complain("result", "interrupted; nothing is kept.")
        raise
    _print(args, info, text, kept)
    if info.finished and not info.succeeded:
        raise TaskEnded


def _nothing(info: TaskInfo) -> str:
    """Why a task has no results."""
    task = f"The task {info.task_id} is {info.status}"
    if info.error:
        return f"{task}: {': '.join(info.error)}"
    if info.finished:
        return f"{task} and has no results."
    return f"{task} and has no results yet: `mock-tingwu task wait` waits for them."


def _chosen(info: TaskInfo, kinds: tuple[str, ...]) -> Mapping[str, str]:
    for kind in kinds:
        if kind not in info.results:
            raise ValueError(f"--kinds has {kind!r}, expected of {', '.join(info.results)}")
    return {kind: url for kind, url in info.results.items() if kind in (kinds or info.results)}


def _rendered(args: argparse.Namespace, results: Results) -> str:
    """What is printed or written, "" for nothing."""
    if args.files is not None and not (args.format or args.out):
        return ""
    known = results.names()
    for speaker in args.speakers:
        if speaker not in known:
            there = ", ".join(known) or "none, as nobody told speakers apart"
            raise ValueError(f"--speakers has {speaker!r}, expected of {there}")
    return rendered(results, args.format or "text", args.translation, args.speakers)


async def _keep(
    folder: Path, client: TingwuClient, info: TaskInfo, results: Results
) -> tuple[Path, ...]:
    """Write all files; return where they are."""
    from mock_tingwu.cli.keeping import media_links, media_name, save

    documents, media = dict(results.data), {}
    for what, url in media_links(info).items():
        content = await client.download(url)
        if isinstance(content, bytes):
            media[media_name(what, url)] = content
        else:
            documents[what] = content
    return tuple(save(folder, documents, media))


def _print(args: argparse.Namespace, info: TaskInfo, text: str, kept: tuple[Path, ...]) -> None:
    from mock_tingwu.cli.output import JsonOutput, tell

    if args.out is not None:
        args.out.write_text(text, encoding="utf-8")
    elif text and args.json:
        tell(event="Result", text=text)
    elif text:
        print(text, end="", flush=True)
    if args.json:
        for path in kept:
            tell(event="Kept", path=str(path))
        JsonOutput().ended(info.task_id, info.status, info, links=False)
    elif not text or args.out is not None:
        for path in kept:
            print(path)


def _speakers(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for pair in names(text):
        speaker, equals, name = (part.strip() for part in pair.partition("="))
        if not (speaker and equals and name):
            raise argparse.ArgumentTypeError(f"{pair!r} is not ID=NAME, such as 1=Anna")
        found[speaker] = name
    return found
