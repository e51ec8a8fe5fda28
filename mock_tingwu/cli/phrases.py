"""``mock-tingwu phrases``: lists of hot words, which recognition is to get right."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mock_tingwu.cli.using import add_subcommand, add_target, run_subcommand

if TYPE_CHECKING:
    from mock_tingwu.client import Phrases
    from mock_tingwu.client.targets import Target

_FILE_HELP = (
    "words from a file: WORD=WEIGHT on each line (as get prints them; # begins a comment), or one "
    "JSON object"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands and their flags."""
    commands = parser.add_subparsers(
        metavar="SUBCOMMAND", required=True, parser_class=_WordsAnywhere
    )
    lists = add_subcommand(commands, "list", "print all lists, without their words", _list)
    get = add_subcommand(commands, "get", "print a list with its words", _get)
    create = add_subcommand(commands, "create", "create a list", _create, _read)
    create.add_argument("name", metavar="NAME", help="what it is called")
    summary = "replace the words of a list, or its name, or what describes it"
    update = add_subcommand(commands, "update", summary, _update, _read)
    delete = add_subcommand(commands, "delete", "delete a list", _delete)

    for command in (get, update, delete):
        command.add_argument("phrase_id", metavar="PHRASE_ID", help="the id of the list")
    update.add_argument("--name", metavar="NAME", help="what it is called from now on")
    for command in (create, update):
        command.add_argument(
            "words",
            nargs="*",
            type=_weighted,
            default=[],
            metavar="WORD=WEIGHT",
            help="a word, and how much more (1 to 5) or less (-6 to -1) it is heard",
        )
        command.add_argument("--file", type=Path, metavar="FILE", help=_FILE_HELP)
        command.add_argument("--description", metavar="TEXT", help="what the list is about")
    for command in (lists, get, create, update, delete):
        add_target(command)


class _WordsAnywhere(argparse.ArgumentParser):
    """Takes words behind options, too: argparse takes all of them at one place."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        known, rest = super().parse_known_args(args, namespace)
        if not hasattr(known, "words"):
            return known, rest
        known.words = list(known.words)
        for text in [text for text in rest if not text.startswith("-")]:
            try:
                known.words.append(_weighted(text))
            except argparse.ArgumentTypeError as error:
                self.error(str(error))
            rest.remove(text)
        return known, rest


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; return its exit code."""
    return run_subcommand("phrases", args)


async def _list(args: argparse.Namespace, target: Target) -> None:
    from mock_tingwu.cli.output import rows, tell
    from mock_tingwu.cli.terminal import make_console

    async with target.tingwu() as client:
        found = await client.list_phrases()
    if args.json:
        for one in found:
            tell(**_facts(one))
        return
    lines = [(one.phrase_id, one.name, one.description or "") for one in found]
    rows(make_console(), ("Id", "Name", "Description"), lines)


async def _get(args: argparse.Namespace, target: Target) -> None:
    from mock_tingwu.cli.output import tell

    async with target.tingwu() as client:
        found = await client.get_phrases(args.phrase_id)
    if args.json:
        tell(**_facts(found))
        return
    print(f"# {found.phrase_id} {found.name}")
    if found.description:
        print("#", " ".join(found.description.split()))
    for word, weight in (found.words or {}).items():
        print(f"{word}={weight}")


async def _create(args: argparse.Namespace, target: Target) -> None:
    async with target.tingwu() as client:
        phrase_id = await client.create_phrases(
            args.name, args.weights, description=args.description
        )
    _tell(args, "Created", phrase_id)


async def _update(args: argparse.Namespace, target: Target) -> None:
    async with target.tingwu() as client:
        # The service replaces all of a list: what is not given stays as it is.
        known = await client.get_phrases(args.phrase_id)
        description = known.description if args.description is None else args.description
        await client.update_phrases(
            args.phrase_id,
            known.name if args.name is None else args.name,
            args.weights or known.words or {},
            description=description or None,
        )
    _tell(args, "Updated", args.phrase_id)


async def _delete(args: argparse.Namespace, target: Target) -> None:
    async with target.tingwu() as client:
        await client.delete_phrases(args.phrase_id)
    _tell(args, "Deleted", args.phrase_id)


def _tell(args: argparse.Namespace, event: str, phrase_id: str) -> None:
    from mock_tingwu.cli.output import tell

    if args.json:
        tell(event=event, phrase_id=phrase_id)
    else:
        print(phrase_id)


def _facts(phrases: Phrases) -> dict[str, object]:
    """A list as JSON."""
    known: dict[str, object] = {"phrase_id": phrases.phrase_id, "name": phrases.name}
    if phrases.description is not None:
        known["description"] = phrases.description
    if phrases.words is not None:
        known["words"] = dict(phrases.words)
    return known


def _read(args: argparse.Namespace) -> None:
    """Put the words of the arguments and of the file together, as ``args.weights``."""
    args.weights = {}
    if args.file is not None:
        args.weights.update(_of_file(args.file))
    args.weights.update(args.words)
    if args.work is _create and not args.weights:
        raise ValueError("a list needs words: WORD=WEIGHT, or --file")
    if args.work is _update and not (
        args.weights or args.name is not None or args.description is not None
    ):
        raise ValueError("nothing is to change: give words, --file, --name or --description")


def _of_file(path: Path) -> Mapping[str, int]:
    """The words of a file.

    Raises:
        ValueError: it has none, or a line or a weight makes no sense.
        OSError: it cannot be read.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not in UTF-8") from None
    if text.lstrip().startswith("{"):
        return _of_json(path, text)
    words: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        content = line.partition("#")[0].strip()
        if not content:
            continue
        try:
            word, weight = _weighted(content)
        except argparse.ArgumentTypeError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
        words[word] = weight
    return words


def _of_json(path: Path, text: str) -> Mapping[str, int]:
    try:
        words = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no JSON: {error}") from None
    for word, weight in words.items():
        if not isinstance(weight, int) or isinstance(weight, bool):
            raise ValueError(f"{path}: the weight of {word!r} is {weight!r}, expected a number")
    found: Mapping[str, int] = words
    return found


def _weighted(text: str) -> tuple[str, int]:
    """A word and its weight; which weights there are, the service knows (tingwu-openapi 1.4)."""
    word, equals, weight = (part.strip() for part in text.rpartition("="))
    if word and equals and re.fullmatch(r"[+-]?[0-9]{1,9}", weight):
        return word, int(weight)
    raise argparse.ArgumentTypeError(f"{text!r} is not WORD=WEIGHT, such as 火龙果=3")
