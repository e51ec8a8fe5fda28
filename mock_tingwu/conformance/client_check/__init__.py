"""What a program makes of a service that misbehaves (docs/client-check.md).

A program is run, unmodified, against a mock of its own in one situation after the other; what it
does is graded from outside. ``mock-tingwu client-check`` is the command; in pytest::

    @pytest.mark.parametrize("situation", situations(kind="realtime"), ids=str)
    def test_my_program(situation):
        verdict = check(situation, [sys.executable, "my_program.py", "{url}", "{audio}"])
        assert verdict.passed, verdict
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mock_tingwu.conformance.client_check.battery import (
    TIMEOUT_S,
    BaselineFailed,
    Report,
    check_all,
    judge_one,
    remembered_baseline,
    run_baseline,
)
from mock_tingwu.conformance.client_check.programs import Command, Function, Place, Program
from mock_tingwu.conformance.client_check.situation import Expectation, Kind, Situation
from mock_tingwu.conformance.client_check.table import situations
from mock_tingwu.conformance.client_check.verdict import Grade, Verdict

__all__ = [
    "BaselineFailed",
    "Command",
    "Expectation",
    "Function",
    "Grade",
    "Kind",
    "Place",
    "Report",
    "Situation",
    "Verdict",
    "check",
    "check_all",
    "situations",
]


def check(
    situation: Situation,
    program: Sequence[str] | Callable[[Place], Any],
    *,
    timeout: float = TIMEOUT_S,
) -> Verdict:
    """Run a program in one situation; return what it makes of it.

    ``program`` is a command line, in whose words ``{url}``, ``{audio}`` and the like are replaced,
    or a function that is called with a `Place`: to raise is to fail, what it returns is its
    output. It has ``timeout`` seconds. The baseline, without which nothing can be said, is run
    before the first situation and remembered.

    Raises:
        BaselineFailed: the program fails where nothing goes wrong.
        OSError: it cannot be started.
    """
    runnable: Program = Function(program) if callable(program) else Command(program)
    key = program if callable(program) else tuple(program)
    baseline = remembered_baseline(key, lambda: run_baseline(runnable, timeout))
    return judge_one(runnable, situation, baseline, timeout)
