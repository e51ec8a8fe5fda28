"""The results of a task of either service, printed or kept in files."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mock_tingwu.cli.options import RESULT_FORMATS, names
from mock_tingwu.cli.using import TaskEnded, rendered
from mock_tingwu.cli.writing import check_writable, writing

if TYPE_CHECKING:
    from mock_tingwu.client import AgentInfo, Results, TaskInfo


class FileClient(Protocol):
    """What gets the files of one service."""

    def results(self, task: Any, /) -> Awaitable[Results]: ...

    def save(self, url: str, path: Path, /) -> Awaitable[int]: ...


@dataclass(frozen=True, slots=True)
class Found:
    """How a task stands, with links to its media files by what they are.

    ``waiting`` is the command that waits for it.
    """

    task_id: str
    info: TaskInfo | AgentInfo
    media: Mapping[str, str]
    waiting: str

    @property
    def status(self) -> str:
        from mock_tingwu.cli.output import plain

        return str(plain(self.info.status))


def add_result_forms(parser: argparse.ArgumentParser) -> None:
    """In which form results are had, and where they go."""
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


def check_forms(args: argparse.Namespace) -> None:
    """See that the options fit each other, and that the files can be written.

    Raises:
        ValueError, OSError: they do not, or cannot.
    """
    form = _form(args)
    if args.translation is not None and form in (None, "json"):
        raise ValueError("--translation needs --format text, md, srt or vtt")
    if args.speakers and form in (None, "srt", "json"):
        raise ValueError("--speakers needs --format text, md or vtt")
    if args.out is not None:
        check_writable("--out", args.out)
    if args.files is not None:
        args.files.mkdir(parents=True, exist_ok=True)


def _form(args: argparse.Namespace) -> str | None:
    """In which format results are printed or written, None for not at all."""
    if args.files is not None and args.out is None:
        form: str | None = args.format
        return form
    return args.format or "text"


async def give(args: argparse.Namespace, client: FileClient, found: Found) -> None:
    """Download what is there, and print it or keep it.

    Raises:
        TaskEnded: the task has failed, or has no results.
        ClientError: a file cannot be had.
        ValueError: the results have no such kind, speaker or translation.
        OSError: a file cannot be written.
    """
    from mock_tingwu.cli.output import JsonOutput
    from mock_tingwu.client.errors import ClientError

    info = found.info
    if not info.results:
        if args.json:
            JsonOutput(None).ended(found.task_id, info.status, info)
        yet = "" if info.finished else f" yet: `mock-tingwu {found.waiting}` waits for them"
        raise TaskEnded(ClientError(f"{_standing(found)} and has no results{yet}."))
    results = await client.results(replace(info, results=_chosen(info.results, args.kinds)))
    text = _rendered(args, results)
    kept = await _keep(args.files, client, found.media, results) if args.files else ()
    _print(args, found, text, kept)
    if info.finished and not info.succeeded:
        raise TaskEnded(ClientError(f"{_standing(found)}; these results were made before."))


def _standing(found: Found) -> str:
    why = f" ({': '.join(found.info.error)})" if found.info.error else ""
    return f"The task {found.task_id} is {found.status}{why}"


def _chosen(links: Mapping[str, str], kinds: tuple[str, ...]) -> Mapping[str, str]:
    for kind in kinds:
        if kind not in links:
            raise ValueError(f"--kinds has {kind!r}, expected of {', '.join(links)}")
    return {kind: url for kind, url in links.items() if kind in (kinds or links)}


def _rendered(args: argparse.Namespace, results: Results) -> str:
    """What is printed or written, "" for nothing."""
    form = _form(args)
    if form is None:
        return ""
    known = results.names()
    for speaker in args.speakers:
        if speaker not in known:
            there = ", ".join(known) or "none, as nobody told speakers apart"
            raise ValueError(f"--speakers has {speaker!r}, expected of {there}")
    return rendered(results, form, args.translation, args.speakers)


async def _keep(
    folder: Path, client: FileClient, links: Mapping[str, str], results: Results
) -> tuple[Path, ...]:
    """Write all files; return where they are."""
    from mock_tingwu.cli.keeping import media_name, save

    written = save(folder, results.data, {})
    for what, url in links.items():
        path = folder / media_name(what, url)
        await client.save(url, path)
        written.append(path)
    return tuple(written)


def _print(args: argparse.Namespace, found: Found, text: str, kept: tuple[Path, ...]) -> None:
    from mock_tingwu.cli.output import JsonOutput, results_member, tell

    if args.out is not None:
        with writing("--out", args.out):
            args.out.write_text(text, encoding="utf-8")
    elif text and args.json:
        tell(event="Result", **results_member(text, _form(args)))
    elif text:
        print(text, end="", flush=True)
    if args.json:
        for path in kept:
            tell(event="Kept", path=str(path))
        JsonOutput(None).ended(found.task_id, found.info.status, found.info, links=False)
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
