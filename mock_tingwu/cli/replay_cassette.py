"""``mock-tingwu replay`` of a cassette: what has drifted, told to people and to programs."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from mock_tingwu import __version__
from mock_tingwu.cli import BAD_USAGE, complain
from mock_tingwu.cli.reaching import (
    REACH_OPTIONS,
    check_reach,
    outside,
    refuse,
    shared_bench,
)
from mock_tingwu.cli.record import check_paid

if TYPE_CHECKING:
    from mock_tingwu.cassettes.accepted import Accepted
    from mock_tingwu.cassettes.cassette import Cassette
    from mock_tingwu.cassettes.findings import Finding
    from mock_tingwu.cassettes.replaying import Outcome
    from mock_tingwu.cli.replay_display import Display

DRIFTED = 1
#: So many cases are named that a difference was found in.
_MOST_PARTS = 4


def run(args: argparse.Namespace) -> int:
    """Exit code 0 when nothing has drifted, 1 when something has, 2 for bad usage.

    A target that does not answer is no bad usage: 1.
    """
    from mock_tingwu.cassettes.accepted import read_accepted, sift
    from mock_tingwu.cassettes.cassette import Cassette
    from mock_tingwu.cassettes.findings import Severity
    from mock_tingwu.cli.printable import printable
    from mock_tingwu.client.errors import ClientError, Unreachable

    try:
        refuse(args, ("journal", "until"), f"for bundles, and {args.recording} is a cassette")
        check_reach(args)
        check_paid("a replay", args.target or "", yes=args.yes)
        accepted = read_accepted(args.accept) if args.accept else []
        cassette = Cassette.read(args.recording)
        outcome = _replay(cassette, args)
    except Unreachable as error:
        complain("replay", error)
        return DRIFTED
    except (ValueError, ClientError, OSError) as error:
        complain("replay", error)
        return BAD_USAGE
    found, excused, stale = sift(outcome.findings, accepted)
    has_drifted = any(one.severity is not Severity.INFO for one in found)
    if args.json:
        print(json.dumps(_as_json(cassette, outcome, found, excused, stale), ensure_ascii=False))
    else:
        for line in _lines(cassette, outcome, found, excused, stale):
            print(printable(line))
    return DRIFTED if has_drifted or stale or not outcome.played else 0


def _replay(cassette: Cassette, args: argparse.Namespace) -> Outcome:
    from mock_tingwu.cassettes.parts import parts_of
    from mock_tingwu.cassettes.replaying import replay, replay_privately
    from mock_tingwu.cli.replay_display import Display
    from mock_tingwu.client.targets import find_target

    is_of_the_kit = any(parts_of(cassette))
    if not is_of_the_kit:
        refuse(args, REACH_OPTIONS, f"for cassettes of the kit, and {args.recording} is none")
    with Display(len(cassette.records)) as display:
        if is_of_the_kit:
            return _replay_cases(cassette, args, display)
        if args.target is None:
            return asyncio.run(replay_privately(cassette, display.reached))
        found = find_target(args.target)
        return asyncio.run(replay(cassette, found, on_played=display.reached))


def _replay_cases(cassette: Cassette, args: argparse.Namespace, display: Display) -> Outcome:
    """A cassette of the conformance kit: its cases know what it does not keep."""
    from mock_tingwu.conformance.again import replay_cases
    from mock_tingwu.conformance.benches import Bench, PrivateBench
    from mock_tingwu.conformance.catalogue import load

    bench: Bench = PrivateBench() if args.target is None else shared_bench(args.target, args)
    bench.probe()
    return asyncio.run(
        replay_cases(
            cassette,
            load(),
            bench,
            outside(args),
            on_total=display.total,
            on_played=display.played,
        )
    )


def _as_json(
    cassette: Cassette,
    outcome: Outcome,
    found: list[Finding],
    excused: list[tuple[Finding, Accepted]],
    stale: list[Accepted],
) -> dict[str, Any]:
    from mock_tingwu.cassettes import sdk

    return {
        "target": cassette.target,
        "recorded": cassette.recorded,
        "sdks": sdk.versions(),
        "played": outcome.played,
        "compared": outcome.compared,
        "findings": [one.as_json() for one in found],
        "accepted": [{**one.as_json(), "reason": entry.reason} for one, entry in excused],
        "stale": [
            {"where": entry.where, "path": entry.path, "kind": entry.kind} for entry in stale
        ],
        "ruled_out": outcome.ruled_out,
        "left_out": outcome.left_out,
    }


def _lines(
    cassette: Cassette,
    outcome: Outcome,
    found: list[Finding],
    excused: list[tuple[Finding, Accepted]],
    stale: list[Accepted],
) -> list[str]:
    from mock_tingwu.cassettes import sdk
    from mock_tingwu.cassettes.findings import Severity
    from mock_tingwu.cassettes.parts import parts_of

    lines = [f"recorded from {cassette.target or 'nobody knows what'}, {cassette.recorded}"]
    if cassette.writer != __version__ and any(parts_of(cassette)):
        lines.append(
            f"note: the kit of mock-tingwu {cassette.writer} recorded this, that of {__version__} "
            "replays it: its cases may do something else by now"
        )
    for one in found:
        place = f"{one.where}: {one.path}" if one.path else one.where
        times = f", {one.times} times" if one.times > 1 else ""
        lines.append(f"{one.severity:<8}  {one.kind:<8}  {place}{times}")
        for name in ("document", "sdk", "recording", "replay"):
            if said := getattr(one, name):
                odd = "   <- alone" if one.odd == name else ""
                lines.append(f"          {name:<9} {said}{odd}")
        if one.parts:
            more = len(one.parts) - _MOST_PARTS
            others = f" and {more} others" if more > 0 else ""
            lines.append(f"          in        {', '.join(one.parts[:_MOST_PARTS])}{others}")
    for reason, names in outcome.left_out.items():
        lines.append(f"left out  {len(names)} of the kit's cases: {reason}: {' '.join(names)}")
    for one, entry in excused:
        lines.append(f"accepted  {one.kind:<8}  {one.where}: {one.path}  ({entry.reason})")
    lines += [
        f"stale     {entry.kind:<8}  {entry.where}: {entry.path}  "
        "is accepted and excuses nothing: take it out"
        for entry in stale
    ]
    if not outcome.played:
        lines.append("nothing was played: a cassette that replays nothing proves nothing")
    counts = Counter(one.severity for one in found)
    told = ", ".join(f"{counts[severity]} {severity}" for severity in Severity)
    lines.append(f"{outcome.played} played, {outcome.compared} compared: {told}")
    lines.append(f"SDKs: {'; '.join(sdk.versions())}. Of files no SDK has a model.")
    return lines
