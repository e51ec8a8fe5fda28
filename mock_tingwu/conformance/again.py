"""A cassette that the kit has recorded, replayed: its cases run again, and both are compared.

A cassette keeps nothing of what makes a case negative: no signature that is wrong, no body that is
no JSON, no text, no setting of the mock that the case ran on. But it names its cases, and they know
it all. So the client's side is played by the cases themselves.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from mock_tingwu.cassettes.cassette import Cassette
from mock_tingwu.cassettes.compare import compare
from mock_tingwu.cassettes.drift import drift
from mock_tingwu.cassettes.findings import Finding, Kind, Severity, finding, merged
from mock_tingwu.cassettes.pairing import paired
from mock_tingwu.cassettes.parts import parts_of
from mock_tingwu.cassettes.replaying import Outcome
from mock_tingwu.cassettes.writer import CassetteWriter
from mock_tingwu.conformance.benches import Bench
from mock_tingwu.conformance.catalogue import Catalogue
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.runner import FAIL, HARNESS, NOT_TESTABLE, SKIP, UNREACHABLE, run
from mock_tingwu.conformance.runner import Outcome as CaseOutcome

_NO_CASE: Final = "this version of the kit has no such case"
_NO_NAME: Final = "no case of the kit has said it"


async def replay_cases(
    cassette: Cassette,
    catalogue: Catalogue,
    bench: Bench,
    outside: Outside | None = None,
    *,
    on_total: Callable[[int], None] = lambda total: None,
    on_played: Callable[[str], None] = lambda name: None,
) -> Outcome:
    """Run the cases of ``cassette`` on ``bench`` and compare, case by case.

    ``outside`` is where the target finds files and sends callbacks; None: at this machine.
    ``on_total`` is told how many cases there are to run, ``on_played`` each that is over. What
    cannot be played is a finding; cases that only a mock of their own can be set up for are in
    ``left_out`` of the outcome where the target is shared.

    Raises:
        OSError: what comes of it cannot be written down.
    """
    parts = parts_of(cassette)
    cases = catalogue.only(lambda case: case.id in parts)
    on_total(len(cases))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "replayed.jsonl"
        with CassetteWriter(file) as writer, outside or Outside() as there:
            outcomes = await run(
                cases,
                bench,
                there,
                cassette=writer,
                on_outcome=lambda outcome: on_played(outcome.case.id),
            )
        writer.raise_problem()
        replayed = parts_of(Cassette.read(file))
    ran = {outcome.case.id: outcome for outcome in outcomes}
    made, found = Outcome(), list[Finding]()
    for name, part in parts.items():
        now = replace(cassette, records=[]) if name not in replayed else replayed[name]
        of_part = [*drift(part), *_compared(name, part, now, ran.get(name), made)]
        found += (replace(one, parts=(name,)) for one in of_part)
    made.findings = merged(found)
    return made


def _compared(
    name: str, part: Cassette, now: Cassette, ran: CaseOutcome | None, made: Outcome
) -> list[Finding]:
    """What differs in one case; ``made`` counts it."""
    if ran is None:
        return [_untestable(name, _NO_CASE if name else _NO_NAME)]
    if ran.verdict == SKIP:
        made.left_out.setdefault(ran.detail, []).append(name)
        return []
    if ran.cause in (HARNESS, UNREACHABLE, NOT_TESTABLE):
        return [_untestable(name, ran.detail)]
    pairs = paired(part, now)
    compared = compare(part, now, pairs.played)
    made.played += len(pairs.played) + pairs.streams
    made.compared += compared.compared
    for rule, count in compared.ruled_out.items():
        made.ruled_out[rule] = made.ruled_out.get(rule, 0) + count
    found = [*pairs.findings, *compared.findings]
    if found and ran.verdict == FAIL:
        # It has said no more than this: what the recording has beyond it could not be compared.
        found.append(_untestable(name, f"ends: {ran.detail}", severity=Severity.INFO))
    return found


def _untestable(name: str, why: str, **severity: Severity) -> Finding:
    where = f"case {name}".rstrip()
    return finding(Kind.UNTESTABLE, where, recording="comes", replay=why, **severity)
