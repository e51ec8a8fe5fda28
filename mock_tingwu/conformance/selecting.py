"""The language of ``--select``: which cases to run.

::

    TW-CREATE                   an area, a system, an id, or a pattern: RT-*-00?
    MUST and not needs:outside  and, or, not and parentheses
    op:GetTaskInfo              cases that are evidence for an operation or event
    negative                    cases that send what has to be refused
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Final

from mock_tingwu.conformance.catalogue import REQUIREMENTS, Case
from mock_tingwu.conformance.needs import Need

Test = Callable[[Case], bool]

_TOKEN: Final = re.compile(r"\s*(\(|\)|,|[^\s(),]+)")
_NEEDS: Final = {need.label for need in Need}


def selection(expression: str) -> Test:
    """What ``expression`` selects; a comma is an ``or``.

    Raises:
        ValueError: it makes no sense.
    """
    tokens = _TOKEN.findall(expression)
    if not tokens:
        raise ValueError("the selection is empty, expected one such as TW-CREATE or MUST")
    parser = _Parser(expression, tokens)
    test = parser.any_of()
    parser.end()
    return test


class _Parser:
    """A parser by recursive descent: ``or`` binds less than ``and``, which binds less than not."""

    def __init__(self, expression: str, tokens: list[str]) -> None:
        self._expression = expression
        self._tokens = tokens
        self._at = 0

    def any_of(self) -> Test:
        tests = [self._all_of()]
        while self._accept("or") or self._accept(","):
            tests.append(self._all_of())
        return tests[0] if len(tests) == 1 else lambda case: any(test(case) for test in tests)

    def _all_of(self) -> Test:
        tests = [self._not()]
        while self._accept("and"):
            tests.append(self._not())
        return tests[0] if len(tests) == 1 else lambda case: all(test(case) for test in tests)

    def _not(self) -> Test:
        if self._accept("not"):
            test = self._not()
            return lambda case: not test(case)
        if self._accept("("):
            test = self.any_of()
            if not self._accept(")"):
                raise self._error("a )")
            return test
        return self._word()

    def _word(self) -> Test:
        if self._at == len(self._tokens) or self._tokens[self._at] in ("and", "or", ")", ","):
            raise self._error("a case, an area, a level, needs:X or op:X")
        word = self._tokens[self._at]
        self._at += 1
        kind, colon, value = word.partition(":")
        if colon and kind == "needs":
            if value not in _NEEDS:
                raise ValueError(f"needs is {value!r}, expected {', '.join(sorted(_NEEDS))}")
            return lambda case: any(need.label == value for need in case.needs)
        if colon and kind == "op":
            return lambda case: any(fnmatchcase(name, value) for name in case.operations)
        if colon:
            raise self._error("needs:X or op:X", word)
        if word.upper() in REQUIREMENTS:
            return lambda case: case.level == word.upper()
        if word == "negative":
            return lambda case: case.negative
        pattern = word.upper()
        return lambda case: (
            fnmatchcase(case.id, pattern) or case.area == pattern or case.system == pattern
        )

    def _accept(self, token: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == token:
            self._at += 1
            return True
        return False

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise self._error("and, or, or the end")

    def _error(self, expected: str, found: str | None = None) -> ValueError:
        if found is None:
            rest = self._tokens[self._at :]
            found = rest[0] if rest else "the end"
        return ValueError(
            f"the selection {self._expression!r} has {found!r} where {expected} is expected"
        )
