"""The catalogue in pytest: ``pytest --pyargs mock_tingwu.conformance``.

One test for each case, with its id; ``-k TW-CREATE`` and ``-n 4`` work as usual. The target is what
``--conformance-target`` says (mock), the cases are those of ``--conformance-select``. A failure
that binds nobody is an xfail, a case that only a mock can be tried with is skipped with the reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from mock_tingwu.client.errors import Unreachable
from mock_tingwu.conformance import Case, Catalogue, load
from mock_tingwu.conformance.benches import Bench, PrivateBench, SharedBench
from mock_tingwu.conformance.deviations import shipped
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.runner import FAIL, SKIP, run
from mock_tingwu.conformance.selecting import selection


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each selected case."""
    catalogue = load()
    expression = metafunc.config.getoption("conformance_select")
    if expression:
        try:
            catalogue = catalogue.only(selection(expression))
        except ValueError as error:
            raise pytest.UsageError(f"--conformance-select: {error}") from None
        if not len(catalogue):
            raise pytest.UsageError(f"--conformance-select: {expression!r} has no case")
    option = metafunc.config.getoption
    if option("conformance_target") == "live" and not option("conformance_yes"):
        raise pytest.UsageError(
            "--conformance-target: a run against the live cloud costs money: see what it would do "
            "with mock-tingwu conformance --target live --plan, then say --conformance-yes"
        )
    metafunc.parametrize("case", list(catalogue), ids=[case.id for case in catalogue])


@pytest.fixture(scope="module")
def bench(pytestconfig: pytest.Config) -> Bench:
    """The target."""
    target = pytestconfig.getoption("conformance_target")
    try:
        bench = PrivateBench() if target == "mock" else SharedBench(target)
        bench.probe()
    except Unreachable as error:
        # Else each case would find out anew.
        pytest.exit(f"--conformance-target: {error}", returncode=pytest.ExitCode.TESTS_FAILED)
    except ValueError as error:
        pytest.exit(f"--conformance-target: {error}", returncode=pytest.ExitCode.USAGE_ERROR)
    return bench


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    """Where the target finds files and sends callbacks."""
    with Outside() as outside:
        yield outside


def test_case(case: Case, bench: Bench, outside: Outside) -> None:
    known = [d for d in shipped() if d.case == case.id and d.target == bench.name]
    [outcome] = asyncio.run(run(Catalogue([case]), bench, outside, known=known))
    if outcome.verdict == SKIP:
        pytest.skip(outcome.detail)
    if outcome.verdict != FAIL:
        return
    told = f"{case.id} ({case.level}) {case.title}\n{outcome.detail}\n{case.source}"
    if not outcome.is_failure:
        pytest.xfail(told)
    pytest.fail(f"{told} {case.source.url}", pytrace=False)
