"""What a case finds: as soon as something is not as it has to be, a `Deviation`.

A session is judged three times over, as Autobahn does it twice: for what it said (events), for how
it ended (close) and for when (timing). All else a case finds is about the answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import Any, Final

from mock_tingwu import contract

#: What a verdict may be about.
ANSWER: Final = "answer"
EVENTS: Final = "events"
CLOSE: Final = "close"
TIMING: Final = "timing"

#: The keywords that refuse a field which the schema does not name.
_UNKNOWN: Final = frozenset({"additionalProperties", "unevaluatedProperties"})
#: The most that a message shows of a value, in characters.
_SHOWN: Final = 200


class Deviation(Exception):
    """The target does something else than it has to. ``facet`` is what that is about."""

    def __init__(self, message: str, facet: str = ANSWER) -> None:
        super().__init__(message)
        self.facet = facet


class Checks:
    """What has to be true, as sentences. Each method raises `Deviation` if it is not.

    ``what`` names the thing in the words of the document. ``count`` is how much was looked at: a
    case that looks at nothing proves nothing. A live service may have fields that no document
    knows, and may do without those that are in records or our assumptions alone; the mock may not.
    That is ``tolerates_unproven``.
    """

    def __init__(self, *, tolerates_unproven: bool = False) -> None:
        self.count = 0
        self._tolerates_unproven = tolerates_unproven
        #: What is otherwise than a schema says and no deviation here: what is wrong with a field,
        #: by ``schema pointer`` with ``*`` for any place in a list.
        self.misfits: dict[str, str] = {}
        #: How often something was held against each schema.
        self.schemas: Counter[str] = Counter()
        #: What was found of each facet that was looked at: empty if all is well.
        self.facets: dict[str, list[str]] = {}

    def that(self, fact: bool, sentence: str, got: Any = None, *, facet: str = ANSWER) -> None:
        """``fact`` has to hold; ``sentence`` says what is expected, ``got`` what there is."""
        self._note(facet)
        if not fact:
            raise Deviation(f"expected {sentence}{_got(got)}", facet)

    def equal(self, got: Any, expected: Any, what: str, *, facet: str = ANSWER) -> None:
        """``got`` is ``expected``, of the same type: True is not 1."""
        self._note(facet)
        if got != expected or isinstance(got, bool) != isinstance(expected, bool):
            raise Deviation(f"{what} is {shown(got)}, expected {shown(expected)}", facet)

    def one_of(self, got: Any, allowed: Collection[Any], what: str, *, facet: str = ANSWER) -> None:
        """``got`` is one of ``allowed``."""
        self._note(facet)
        if got not in allowed:
            choices = " or ".join(shown(value) for value in allowed)
            raise Deviation(f"{what} is {shown(got)}, expected {choices}", facet)

    def matches(self, got: Any, pattern: str, what: str, *, facet: str = ANSWER) -> None:
        """``got`` is a string, and the whole of it matches the regular expression."""
        self._note(facet)
        if not isinstance(got, str) or not re.fullmatch(pattern, got):
            raise Deviation(f"{what} is {shown(got)}, expected to match {pattern}", facet)

    def has(self, mapping: Any, *keys: str, what: str = "the answer", facet: str = ANSWER) -> None:
        """``mapping`` is an object that has all ``keys``."""
        self._note(facet)
        if not isinstance(mapping, dict):
            raise Deviation(f"{what} is {shown(mapping)}, expected an object", facet)
        if absent := [key for key in keys if key not in mapping]:
            raise Deviation(
                f"{what} has no {' and no '.join(absent)}{_got(sorted(mapping))}", facet
            )

    def filled(self, content: Any, *keys: str, what: str, facet: str = ANSWER) -> None:
        """``content`` has all ``keys`` and something at one of them; without keys: in itself.

        What is empty fits a schema, and shows nothing of the shape of what could stand in it.
        """
        if keys:
            self.has(content, *keys, what=what, facet=facet)
        values = [content[key] for key in keys] if keys else [content]
        self.that(any(values), f"something in {what}", content, facet=facet)

    def lacks(self, mapping: Any, *keys: str, what: str = "the answer") -> None:
        """``mapping`` is an object that has none of ``keys``."""
        self._note(ANSWER)
        if not isinstance(mapping, dict):
            raise Deviation(f"{what} is {shown(mapping)}, expected an object")
        if present := [key for key in keys if key in mapping]:
            raise Deviation(f"{what} has {' and '.join(present)}, expected it without")

    def rising(self, numbers: Iterable[float], what: str, *, facet: str = ANSWER) -> None:
        """Each number is greater than the one before."""
        self._note(facet)
        seen = list(numbers)
        if any(later <= earlier for earlier, later in pairwise(seen)):
            raise Deviation(f"{what} are {shown(seen)}, expected each greater than the last", facet)

    def fits(self, schema: str, instance: Any, *, facet: str = ANSWER) -> None:
        """``instance`` has the shape of the contract's ``schema``: for cases that are about it."""
        self._note(facet)
        self.schemas[schema] += 1
        for found in contract.violations(schema, instance):
            if self._tolerates_unproven and _is_unproven(found):
                self._misfit(schema, found)
            else:
                raise Deviation(f"{found} [schema {schema}]", facet)

    def observe(self, schema: str, instance: Any) -> None:
        """Note in `misfits` what of ``instance`` is otherwise than ``schema``; never raise.

        For whatever comes by on the way of a case that is about something else: one field that a
        service leaves out fails the case about that shape, and not all that meet it. Nor does it
        count as a look at something: it proves nothing.
        """
        self.schemas[schema] += 1
        for found in contract.violations(schema, instance):
            self._misfit(schema, found)

    def note(self, facet: str, problem: str | None) -> None:
        """Note what was found about ``facet`` without ending the case: ``None`` is all well."""
        self._note(facet)
        if problem is not None:
            self.facets[facet].append(problem)

    def _misfit(self, schema: str, found: contract.Violation) -> None:
        pointer = re.sub(r"/\d+(?=/|$)", "/*", found.pointer)
        self.misfits.setdefault(f"{schema} {pointer}", found.message)

    def _note(self, facet: str) -> None:
        self.count += 1
        self.facets.setdefault(facet, [])


def _is_unproven(found: contract.Violation) -> bool:
    """Whether a schema asks for more than documents and SDKs do."""
    level = found.source.partition(":")[0]
    return found.keyword in _UNKNOWN or level in ("observed", "assumed")


def shown(value: Any) -> str:
    """``value`` as a message shows it, cut short."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ... ({len(text)} characters)"


def _got(got: Any) -> str:
    return "" if got is None else f", got {shown(got)}"
