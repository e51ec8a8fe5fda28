"""Finds what a client has signed: texts that differ by usual slips, until a signature fits.

A text to be signed is a list of pieces with names. A slip replaces some of them. Everything is
tried in the order of how plain it is: another key or algorithm, one slip, one slip and another
key, two slips. When the signature that was sent comes out, the client's text is known for sure.

Texts are made one at a time, and all that is made counts: a search does a bounded amount of work,
whatever the request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final

from msgspec import Struct

from mock_tingwu.protocols.signing.request import Piece, joined

#: A search ends after so many characters of text, so that nobody has to wait for it.
BUDGET: Final = 12_000_000
#: A longer line is shown in part: the parameter in which it differs.
_LONGEST_LINE: Final = 120
_AND: Final = "%26"


class Slip(Struct, frozen=True):
    """The pieces from ``start`` up to ``stop`` became ``text``; ``cause`` is a sentence."""

    start: int
    stop: int
    text: str
    cause: str

    def apart_from(self, other: Slip) -> bool:
        """Whether both can have happened; ``other`` does not begin before."""
        return self.stop <= other.start and (self.start, self.stop) != (other.start, other.stop)


class Signer(Struct, frozen=True):
    """A way to sign a text. ``cause`` is a sentence, empty for the right way."""

    cause: str
    sign: Callable[[str], str]


class Found(Struct, frozen=True):
    """What the client signed, and how it came to differ from ``server``."""

    server: Sequence[Piece]
    client: str
    causes: tuple[str, ...]


def find(
    bases: Iterable[Sequence[Piece]],
    slips_of: Callable[[Sequence[Piece]], Iterable[Slip]],
    right: Signer,
    wrong: Sequence[Signer],
    signature: str,
    *,
    budget: int = BUDGET,
) -> Found | None:
    """The first attempt that gives ``signature``; None when there is none within the budget.

    ``bases`` are the texts that slips are made on, the likeliest one first. ``budget`` bounds the
    characters of all texts, those of the slips included.
    """
    spent = 0
    for base, text, signer, slips in _attempts(list(bases), slips_of, right, wrong):
        spent += len(text) + sum(len(slip.text) for slip in slips)
        if spent > budget:
            return None
        if signer.sign(text) == signature:
            causes = [cause for cause in (signer.cause, *(slip.cause for slip in slips)) if cause]
            return Found(base, text, tuple(causes))
    return None


_Attempt = tuple[Sequence[Piece], str, Signer, tuple[Slip, ...]]


def _attempts(
    bases: Sequence[Sequence[Piece]],
    slips_of: Callable[[Sequence[Piece]], Iterable[Slip]],
    right: Signer,
    wrong: Sequence[Signer],
) -> Iterator[_Attempt]:
    for base in bases:
        text = joined(base)
        for signer in (right, *wrong):
            yield base, text, signer, ()
    first, own = bases[0], list[Slip]()
    for base in bases:
        for slip in slips_of(base):
            if base is first:
                own.append(slip)
            yield base, applied(base, slip), right, (slip,)
    own.sort(key=lambda slip: slip.start)
    for slip in own:
        text = applied(first, slip)
        for signer in wrong:
            yield first, text, signer, (slip,)
    for one, two in combinations(own, 2):
        if one.apart_from(two):
            yield first, applied(first, one, two), right, (one, two)


def applied(pieces: Sequence[Piece], *slips: Slip) -> str:
    """The text after slips, which are given in order and do not overlap."""
    parts: list[str] = []
    position = 0
    for slip in slips:
        parts += [piece.text for piece in pieces[position : slip.start]]
        parts.append(slip.text)
        position = slip.stop
    parts += [piece.text for piece in pieces[position:]]
    return "".join(parts)


class Difference(Struct, frozen=True):
    """The first line in which two texts differ; ``line`` counts from 1.

    ``part`` says what the server has at that place. A line that one side does not have is empty; of
    a long one with encoded parameters it is the parameter.
    """

    line: int
    part: str
    server: str
    client: str


def difference(server: Sequence[Piece], client: str) -> Difference | None:
    """Where ``client`` departs from the server's text; None when it does not."""
    text = joined(server)
    if text == client:
        return None
    pairs = zip(text, client, strict=False)
    at = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(text), len(client)))
    line = text.count("\n", 0, at)
    ours, theirs = _line(text, line), _line(client, line)
    if ours == theirs:  # one of them goes on after it
        ours, theirs = (f"{ours}\n", theirs) if len(text) > at else (ours, f"{theirs}\n")
    column = at - (text.rfind("\n", 0, at) + 1)
    ours, theirs = _parameter(ours, column), _parameter(theirs, column)
    return Difference(line + 1, _part_at(server, at), ours, theirs)


def _part_at(pieces: Sequence[Piece], at: int) -> str:
    for piece in pieces:
        if at < len(piece.text):
            return piece.name
        at -= len(piece.text)
    return "the end"


def _parameter(line: str, column: int) -> str:
    """The parameter at a place in a long line: RPC signs all of them in one.

    Whole ones, so that a secret does not lose the name that it is masked by.
    """
    if len(line) <= _LONGEST_LINE:
        return line
    start = line.rfind(_AND, 0, column) + len(_AND) if _AND in line[:column] else 0
    end = line.find(_AND, start)
    return line[start:] if end < 0 else line[start:end]


def _line(text: str, number: int) -> str:
    lines = text.split("\n")
    return lines[number] if number < len(lines) else ""
