"""``mock-tingwu replay``: what is recorded in a bundle or a cassette happens again and is compared.

A bundle is a zip. A cassette is known by its own header; what is done with it is in
`replay_cassette`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mock_tingwu import __version__
from mock_tingwu.cli import BAD_USAGE, complain
from mock_tingwu.cli.reaching import REACH_OPTIONS, add_reach_options, refuse
from mock_tingwu.counting import counted

if TYPE_CHECKING:
    from mock_tingwu.replay.bundle import Bundle
    from mock_tingwu.replay.player import Difference, Outcomes

#: So much of a value is shown where two differ.
_SHOWN = 600
#: How a zip begins; and so much of a file tells whether it is text, in bytes.
_ZIP = b"PK"
_BEGINNING = 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "recording",
        type=Path,
        help="a bundle (a zip, by serve --record), or a cassette (JSON Lines, by record or by "
        "conformance --record)",
    )
    parser.add_argument(
        "--journal", action="store_true", help="of a bundle: print the journal, one entry a line"
    )
    parser.add_argument("--json", action="store_true", help="print all of it as one JSON object")
    parser.add_argument(
        "--until", type=_seq, metavar="SEQ", help="of a bundle: replay up to this record"
    )
    parser.add_argument(
        "--target",
        metavar="TARGET",
        help="of a cassette: replay against mock, live or an address (default a mock of its own)",
    )
    parser.add_argument("--yes", action="store_true", help="replay against live: it costs money")
    parser.add_argument(
        "--accept",
        type=Path,
        metavar="FILE",
        help="of a cassette: YAML with divergences that are accepted, each with its reason",
    )
    add_reach_options(parser, ", for a cassette of conformance --record with --target")
    parser.epilog = (
        "Exit code 0 when all is as it was recorded, 1 when something is not, also when the target "
        "does not answer, 2 for bad usage or a file that cannot be read."
    )


def run(args: argparse.Namespace) -> int:
    """Exit code 0 when all is the same, 1 when not, 2 for what is neither bundle nor cassette."""
    # After the arguments: a wrong flag is told at once.
    from mock_tingwu.cassettes.cassette import is_cassette

    if is_cassette(args.recording):
        from mock_tingwu.cli import replay_cassette

        return replay_cassette.run(args)
    if (problem := _what_it_is_not(args.recording)) is not None:
        complain("replay", problem)
        return BAD_USAGE
    try:
        options = ("target", "yes", "accept", *REACH_OPTIONS)
        refuse(args, options, f"for cassettes, and {args.recording} is none")
    except ValueError as error:
        complain("replay", error)
        return BAD_USAGE
    from mock_tingwu.replay.bundle import Bundle, BundleError
    from mock_tingwu.replay.player import replay

    try:
        bundle = Bundle.read(args.recording)
        outcomes = replay(bundle, args.until)
    except BundleError as error:
        complain("replay", error)
        return BAD_USAGE
    if args.json:
        print(json.dumps(_as_json(bundle, outcomes), ensure_ascii=False, indent=2))
    else:
        _tell(bundle, outcomes, journal=args.journal)
    return 0 if outcomes.difference is None else 1


def _what_it_is_not(path: Path) -> str | None:
    """What is wrong with a file that is text, as cassettes are, and is none.

    None for whatever was meant to be a bundle, by its name or by how it begins.
    """
    from mock_tingwu.cassettes.cassette import Cassette, CassetteError

    if path.suffix == ".zip":
        return None
    try:
        with path.open("rb") as file:
            begins = file.read(_BEGINNING)
        if begins[:2] == _ZIP or b"\0" in begins:
            return None
        Cassette.read(path)
    except CassetteError as error:
        return f"{error}. It is no bundle either, which would be a zip"
    except OSError:
        pass  # the reader of bundles tells
    return None


def _seq(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _as_json(bundle: Bundle, outcomes: Outcomes) -> dict[str, Any]:
    found = outcomes.difference
    return {
        "same": found is None,
        "records": outcomes.records,
        "of": len(bundle.records),
        "came": dict(outcomes.came),
        "compared": dict(outcomes.compared),
        "difference": None
        if found is None
        else {
            "seq": found.seq,
            "what": found.what,
            "recorded": found.recorded,
            "replayed": found.replayed,
            "after": found.after,
        },
        "remarks": _remarks(bundle, outcomes),
        "journal": outcomes.journal,
    }


def _tell(bundle: Bundle, outcomes: Outcomes, *, journal: bool) -> None:
    if journal:
        for entry in outcomes.journal:
            print(json.dumps(entry, ensure_ascii=False))
    for remark in _remarks(bundle, outcomes):
        print(f"note: {remark}")
    came = sum(outcomes.came.values())
    compared = sum(outcomes.compared.values())
    found = outcomes.difference
    if found is None:
        print(
            f"the same: {came} things came from outside, {compared} came of them as recorded "
            f"({_counted(outcomes)})"
        )
        return
    _tell_difference(found)


def _tell_difference(found: Difference) -> None:
    print(f"different at {found.seq}: {found.what}")
    if found.after is not None:
        print(f"  after {found.after['seq']}: {_line(found.after)}")
    for title, record in (("recorded", found.recorded), ("replayed", found.replayed)):
        print(f"  {title}: {'nothing' if record is None else _line(record)}")


def _line(record: dict[str, Any]) -> str:
    hidden = ("at", "seq")
    shown = {name: value for name, value in record.items() if name not in hidden}
    text = json.dumps(shown, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _counted(outcomes: Outcomes) -> str:
    return ", ".join(f"{kind} {number}" for kind, number in sorted(outcomes.compared.items()))


def _remarks(bundle: Bundle, outcomes: Outcomes) -> list[str]:
    remarks = []
    if bundle.cut is not None:
        remarks.append(bundle.cut)
    if bundle.mock != __version__:
        remarks.append(
            f"mock-tingwu {bundle.mock} recorded this, {__version__} replays it: what differs may "
            "come of that"
        )
    if outcomes.beyond:
        remarks.append(
            f"at {', '.join(map(str, outcomes.beyond))} a Python program did something to the mock "
            "that a bundle cannot hold"
        )
    if outcomes.records < len(bundle.records):
        remarks.append(f"{outcomes.records} of {counted(len(bundle.records), 'record')} replayed")
    return remarks
