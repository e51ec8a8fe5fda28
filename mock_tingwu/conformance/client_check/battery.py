"""The whole battery: a baseline where nothing goes wrong, then every situation that applies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mock_tingwu.conformance.client_check.evidence import Evidence
from mock_tingwu.conformance.client_check.judging import judge
from mock_tingwu.conformance.client_check.programs import Command, Program
from mock_tingwu.conformance.client_check.situation import Kind, Situation
from mock_tingwu.conformance.client_check.stage import perform
from mock_tingwu.conformance.client_check.verdict import Grade, Verdict

#: How long a program may take, in seconds.
TIMEOUT_S: Final = 30.0
#: How many situations are run at a time: programs mostly wait.
JOBS: Final = 4
_TOLD: Final = 2_000


class BaselineFailed(Exception):
    """The program fails, or does nothing, where nothing goes wrong: nothing can be said of it.

    ``output`` is the beginning and the end of what it wrote.
    """

    def __init__(self, why: str, output: str = "") -> None:
        super().__init__(why)
        self.output = output


class Progress(Protocol):
    """Who wants to be told how far it has come."""

    def baseline(self, evidence: Evidence, applying: int) -> None:
        """The baseline went well; so many situations apply."""

    def judged(self, verdict: Verdict) -> None:
        """A situation is done."""


@dataclass(frozen=True, slots=True)
class Report:
    """The verdicts on a program, in the order of the table. ``kinds`` is what it uses."""

    kinds: tuple[Kind, ...]
    verdicts: tuple[Verdict, ...]
    baseline_seconds: float

    @property
    def counts(self) -> dict[Grade, int]:
        """How many verdicts there are of each grade, from good on."""
        return {grade: sum(v.grade is grade for v in self.verdicts) for grade in Grade}

    @property
    def passed(self) -> bool:
        """Whether there is no fault."""
        return all(verdict.passed for verdict in self.verdicts)


def run_baseline(program: Program, timeout: float = TIMEOUT_S) -> Evidence:
    """Run a program where nothing goes wrong.

    Raises:
        BaselineFailed: it fails, or never talks to the mock; the message says what it did.
        OSError: it cannot be started.
    """
    evidence = perform(program, None, None, timeout)
    end = evidence.end
    told = end.told(_TOLD)
    if end.hung:
        why = f"it was still running after {timeout:g} s; --timeout gives it more"
        raise BaselineFailed(why, told)
    if end.code:
        how = f"exit code {end.code}" if end.code > 0 else f"signal {-end.code}"
        raise BaselineFailed(f"it ended with {how} although nothing went wrong", told)
    if not evidence.kinds:
        why = "it made no call and opened no stream; {url} or MOCK_TINGWU_URL says where to"
        raise BaselineFailed(why, told)
    return evidence


def judge_one(
    program: Program, situation: Situation, baseline: Evidence, timeout: float = TIMEOUT_S
) -> Verdict:
    """Run a program in one situation and grade it.

    Raises:
        OSError: it cannot be started.
    """
    if reason := _not_concerned(situation, baseline):
        return Verdict(situation, Grade.NOT_REACHED, reason)
    return judge(situation, perform(program, situation, baseline, timeout), baseline)


def _not_concerned(situation: Situation, baseline: Evidence) -> str:
    if situation.kind not in baseline.kinds:
        return f"The program uses no {_USES[situation.kind]}."
    if situation.needs and situation.needs not in baseline.results:
        return f"The program fetches no {situation.needs}."
    return ""


_USES: Final = {
    Kind.REALTIME: "realtime stream",
    Kind.TASKS: "call of Tingwu",
    Kind.FILES: "result file",
    Kind.CALLBACKS: "callback",
    Kind.DASHSCOPE: "call of DashScope",
    Kind.DASHSCOPE_STREAM: "stream of DashScope",
    Kind.LIVE: "call of Live",
}


def check_all(
    program: Program,
    found: Sequence[Situation],
    *,
    timeout: float = TIMEOUT_S,
    jobs: int = JOBS,
    progress: Progress | None = None,
) -> Report:
    """Run the baseline, then every situation of ``found``, ``jobs`` at a time.

    Whatever ends this early kills what runs.

    Raises:
        BaselineFailed: see `run_baseline`.
        OSError: the program cannot be started.
    """
    try:
        baseline = run_baseline(program, timeout)
        applying = [one for one in found if not _not_concerned(one, baseline)]
        if progress is not None:
            progress.baseline(baseline, len(applying))
        verdicts = {
            one.id: Verdict(one, Grade.NOT_REACHED, why)
            for one in found
            if (why := _not_concerned(one, baseline))
        }
        pool = ThreadPoolExecutor(max(1, jobs), "client-check")
        try:
            running = {pool.submit(judge_one, program, one, baseline, timeout) for one in applying}
            for verdict in _as_they_come(running):
                verdicts[verdict.situation.id] = verdict
                if progress is not None:
                    progress.judged(verdict)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            _kill(program)
            raise
        finally:
            pool.shutdown(cancel_futures=True)
    except BaseException:
        _kill(program)
        raise
    kinds = tuple(kind for kind in Kind if kind in baseline.kinds)
    ordered = tuple(verdicts[one.id] for one in found)
    return Report(kinds, ordered, baseline.end.seconds)


def _as_they_come(running: set[Future[Verdict]]) -> Iterable[Verdict]:
    while running:
        # Not without a limit: Windows hears of Ctrl-C only in between.
        done, running = wait(running, 1.0, FIRST_COMPLETED)
        for future in done:
            yield future.result()


def _kill(program: Program) -> None:
    if isinstance(program, Command):
        program.kill_all()


# In tests


_BASELINES: dict[Any, Evidence] = {}
_LOCK = threading.Lock()


def remembered_baseline(key: Any, make: Callable[[], Evidence]) -> Evidence:
    """The baseline of a program, which is run once in a process."""
    with _LOCK:
        if key not in _BASELINES:
            _BASELINES[key] = make()
        return _BASELINES[key]
