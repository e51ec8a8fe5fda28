"""The pytest plugin: the fixtures `mock_tingwu` and `mock_tingwu_server` (docs/pytest.md).

pytest imports this module in every project of its environment. Whatever takes time is imported
when the first test asks for a mock.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from mock_tingwu import MockTingwu
    from mock_tingwu.testing import mocks

MARKER: Final = "mock_tingwu"
FIXTURE: Final = "mock_tingwu"
#: What a marker can say besides settings.
FLAGS: Final = ("environ", "strict", "intercept", "allow_network")
FIXTURES: Final = frozenset({"mock_tingwu", "mock_tingwu_server"})
#: File systems take names of 255 bytes; a character may have four.
_LONGEST_NAME: Final = 240

#: What was met so far.
_MET: Final = pytest.StashKey[Counter[str]]()
#: The mock that a test has, and what it asked for.
_LENT: Final = pytest.StashKey["tuple[MockTingwu, mocks.Wanted, mocks.Mocks]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of pytest.ini and the like; a test's marker wins over them."""
    parser.getgroup("mock-tingwu").addoption(
        "--fault-coverage",
        action="store_true",
        help="print which failures of the cloud the clients under test have met, and which not",
    )
    parser.getgroup("mock-tingwu").addoption(
        "--mock-tingwu-bundles",
        metavar="FOLDER",
        help="where each test that fails leaves a bundle for mock-tingwu replay (default: in "
        "pytest's cache; off: nowhere, nothing is recorded)",
    )
    conformance = parser.getgroup("mock-tingwu conformance")
    conformance.addoption(
        "--conformance-target",
        default="mock",
        metavar="mock|live|URL",
        help="what pytest --pyargs mock_tingwu.conformance runs against",
    )
    conformance.addoption(
        "--conformance-select", default="", metavar="EXPR", help="which of its cases"
    )
    conformance.addoption(
        "--conformance-yes",
        action="store_true",
        help="run against the live cloud, which costs money",
    )
    parser.addini(
        "mock_tingwu_settings",
        "settings of mock-tingwu, a line for each: name = value",
        type="linelist",
        default=[],
    )
    parser.addini(
        "mock_tingwu_environ",
        "put the variables that SDKs read into os.environ for every test that uses mock_tingwu",
        type="bool",
        default=False,
    )
    parser.addini(
        "mock_tingwu_intercept",
        "let the cloud's own host names lead to the mock in every test, also in those that do not "
        "name the fixture",
        type="bool",
        default=False,
    )
    parser.addini(
        "mock_tingwu_allow_network",
        "let tests with mock_tingwu_intercept reach other hosts as well",
        type="bool",
        default=False,
    )
    parser.addini(
        "mock_tingwu_strict",
        "fail every test that uses mock_tingwu and whose client broke a rule of the cloud",
        type="bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{MARKER}(*, environ=False, strict=False, intercept=False, allow_network=False, "
        "**settings): "
        "how the mock of the fixture mock_tingwu is set, such as clock='virtual' or seed=3; with "
        "intercept=True the test need not name the fixture",
    )
    for flag in FLAGS:
        try:
            config.getini(f"{MARKER}_{flag}")
        except (ValueError, pytest.UsageError) as error:  # some name no option
            problem = f"{MARKER}_{flag}: {error}, expected true or false"
            raise pytest.UsageError(problem) from None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Complain about settings that make no sense before anything is run; see to interceptions."""
    intercepts_all = config.getini(f"{MARKER}_intercept")
    for item in items:
        names = getattr(item, "fixturenames", None)
        if names is None:  # such as a file of another plugin that is checked
            continue
        marked = item.get_closest_marker(MARKER) is not None
        if not (intercepts_all or marked or not FIXTURES.isdisjoint(names)):
            continue
        from mock_tingwu.testing.mocks import wanted

        try:
            is_first = wanted(config, item).intercept
        except pytest.UsageError:
            if not hasattr(config, "workerinput"):
                raise
            # Xdist would show a defect of its own instead; the fixture tells.
            is_first = marked
        if is_first:
            _put_first(item, names)


def _put_first(item: Any, names: list[str]) -> None:
    """Let a test have its mock before all else that is made for it alone.

    What is of a wider scope comes before: other tests would share what it finds.
    """
    info = getattr(item, "_fixtureinfo", None)
    known = {} if info is None else info.name2fixturedefs
    scopes = {name: found[-1].scope for name, found in known.items()}
    others = [name for name in names if name != FIXTURE]
    wider = [name for name in others if scopes.get(name, "function") != "function"]
    item.fixturenames = [*wider, FIXTURE, *(name for name in others if name not in wider)]


@pytest.fixture(scope="session")
def _mock_tingwu_mocks(pytestconfig: pytest.Config) -> Iterator[mocks.Mocks]:
    from mock_tingwu.testing.mocks import Mocks

    coverage = pytestconfig.getoption("fault_coverage")
    running = Mocks(coverage=coverage, record=_bundles(pytestconfig) is not None)
    yield running
    _met(pytestconfig).update(running.met())
    running.close()


def _bundles(config: pytest.Config) -> Path | None:
    """The folder for bundles of tests that fail, None without one."""
    folder = config.getoption("mock_tingwu_bundles")
    if folder is not None:
        return None if folder == "off" else Path(folder)
    cache = getattr(config, "cache", None)  # its plugin can be turned off
    return None if cache is None else Path(cache.mkdir("mock-tingwu"))


def _bundle(item: pytest.Item) -> Path | None:
    """Where a test leaves its bundle, None if it leaves none."""
    folder = _bundles(item.config)
    if folder is None:
        return None
    name = re.sub(r"[^\w.-]+", "-", item.nodeid).strip("-")
    if len(name.encode()) > _LONGEST_NAME:
        name = f"{name[: _LONGEST_NAME // 4]}-{blake2b(name.encode(), digest_size=8).hexdigest()}"
    return folder / f"{name}.zip"


def _met(config: pytest.Config) -> Counter[str]:
    """How often each failure was met, for ``--fault-coverage``."""
    return config.stash.setdefault(_MET, Counter())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of xdist tells its controller what was met."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["mock_tingwu_met"] = dict(_met(session.config))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """The controller of xdist hears what a worker has met."""
    _met(node.config).update(getattr(node, "workeroutput", {}).get("mock_tingwu_met", {}))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if not config.getoption("fault_coverage"):
        return
    from mock_tingwu.services.coverage import Coverage

    coverage = Coverage()
    coverage.add(_met(config))
    terminalreporter.section("mock-tingwu: fault coverage")
    for line in coverage.lines():
        terminalreporter.line(line)


def _wanted(config: pytest.Config, item: pytest.Item | None = None) -> mocks.Wanted:
    """What is asked for; what makes no sense fails the test without a traceback."""
    from mock_tingwu.testing.mocks import wanted

    try:
        return wanted(config, item)
    except pytest.UsageError as error:
        problem = str(error)
    pytest.fail(problem, pytrace=False)


@pytest.fixture(scope="session")
def mock_tingwu_server(pytestconfig: pytest.Config, _mock_tingwu_mocks: mocks.Mocks) -> MockTingwu:
    """A running mock-tingwu with the settings of pytest's configuration, for the whole session.

    Each test that uses `mock_tingwu` resets it.
    """
    return _mock_tingwu_mocks.get(_wanted(pytestconfig).settings)


@pytest.fixture
def mock_tingwu(
    request: pytest.FixtureRequest, _mock_tingwu_mocks: mocks.Mocks
) -> Iterator[MockTingwu]:
    """A running mock-tingwu in which nothing has happened yet."""
    asked = _wanted(request.config, request.node)
    with (
        _mock_tingwu_mocks.lent(asked) as mock,
        _environment(mock, asked.environ),
        _interception(mock, asked),
    ):
        request.node.stash[_LENT] = mock, asked, _mock_tingwu_mocks
        yield mock


@contextmanager
def _environment(mock: MockTingwu, wanted: bool) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in mock.environ.items() if wanted else ():
            patch.setenv(name, value)
        yield


@contextmanager
def _interception(mock: MockTingwu, asked: mocks.Wanted) -> Iterator[None]:
    with ExitStack() as stack:
        if asked.intercept:
            from mock_tingwu.interception.authority import AuthorityError
            from mock_tingwu.interception.inside import intercepted

            try:
                stack.enter_context(intercepted(mock, allow_network=asked.allow_network))
            except AuthorityError as error:
                pytest.fail(str(error), pytrace=False)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Let a test fail whose client broke a rule, if that is wanted."""
    outcome = yield
    lent = item.stash.get(_LENT, None)
    if lent is not None and lent[1].strict:
        from mock_tingwu.testing.report import violations

        if broken := violations(lent[0], lent[2].broken, documented=True):
            pytest.fail("\n".join(["the client broke rules of the cloud:", *broken]), pytrace=False)
    return outcome


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell of a test that failed what happened in its mock."""
    report = yield
    lent = item.stash.get(_LENT, None)
    if lent is not None and report.failed:
        from mock_tingwu.testing.report import sections

        report.sections.extend(sections(lent[0], _bundle(item)))
    return report
