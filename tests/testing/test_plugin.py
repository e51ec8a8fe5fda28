"""The pytest plugin, in projects of its users."""

from __future__ import annotations

import json
import shlex
import sys
from textwrap import dedent
from typing import Any

import pytest

from tests.realtime.helpers import PATIENCE

pytest_plugins = ["pytester"]

#: What the tests of a user begin with.
_HEAD = """
import os
import httpx
import pytest

BODY = {"AppKey": "a", "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16000}}

def create(mock):
    url = f"{mock.url}/openapi/tingwu/v2/tasks?type=realtime"
    return httpx.put(url, json=BODY).json()["Data"]["TaskId"]

def end(mock, task_id):
    url = f"{mock.url}/openapi/tingwu/v2/tasks?type=realtime&operation=stop"
    httpx.put(url, json={"Input": {"TaskId": task_id}})

def sign_wrong(mock):
    headers = {"Authorization": "acs mock-access-key-id:d3Jvbmc=", "Accept": "application/json"}
    headers["Date"] = "Mon, 02 Mar 2026 01:30:00 GMT"
    httpx.get(f"{mock.url}/openapi/tingwu/v2/tasks/{'0' * 32}", headers=headers)
"""


@pytest.fixture(autouse=True)
def configured(pytester: pytest.Pytester) -> None:
    """pytest-asyncio wants to be told this; other warnings are errors."""
    pytester.makepyprojecttoml(
        """
        [tool.pytest.ini_options]
        asyncio_default_fixture_loop_scope = "function"
        filterwarnings = ["error", "ignore:'audioop' is deprecated:DeprecationWarning"]
        """
    )


def run(
    pytester: pytest.Pytester, tests: str, *arguments: str, cache: bool = False
) -> pytest.RunResult:
    pytester.makepyfile(_HEAD + dedent(tests))
    # In this process, what the tests import would be forgotten behind them, and libraries in C do
    # not stand being loaded twice.
    slow = ("-p", "no:hypothesispytest", "-p", "no:schemathesis")  # they take long to import
    arguments = (*slow, *arguments)
    if not cache:
        arguments = ("-p", "no:cacheprovider", *arguments)
    return pytester.runpytest_subprocess(*arguments, timeout=6 * PATIENCE)


def configure(pytester: pytest.Pytester, lines: str) -> None:
    """Add to the configuration."""
    path = pytester.path / "pyproject.toml"
    path.write_text(f"{path.read_text()}\n{lines}\n")


def test_every_test_has_the_same_server_in_which_nothing_has_happened(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
        seen = []

        def test_first(mock_tingwu):
            assert mock_tingwu.journal == []
            mock_tingwu.scope("mine", clock="virtual")
            mock_tingwu.tap(seen.append)
            mock_tingwu.faults.add({"type": "api_error", "code": "ServerError"}, times=100)
            seen[:] = [mock_tingwu]

        def test_second(mock_tingwu, mock_tingwu_server):
            assert mock_tingwu is mock_tingwu_server is seen[0]
            assert mock_tingwu.journal == []
            assert mock_tingwu.scopes == []
            assert create(mock_tingwu)
            assert len(seen) == 1

        def test_third(mock_tingwu_server):
            assert mock_tingwu_server.journal

        def test_the_same_seed_gives_the_same_ids(mock_tingwu):
            first = create(mock_tingwu)
            mock_tingwu.reset()
            assert create(mock_tingwu) == first
        """,
    )
    result.assert_outcomes(passed=4)


def test_a_marker_sets_clock_and_seed_without_another_server(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        ids = {}

        @pytest.mark.mock_tingwu(clock="virtual", seed=3)
        class TestTime:
            def test_still(self, mock_tingwu, mock_tingwu_server):
                assert mock_tingwu is mock_tingwu_server
                mock_tingwu.clock.advance(hours=24)
                ids[3] = create(mock_tingwu)
                assert mock_tingwu.scope("other").clock.mode == "virtual"

            @pytest.mark.mock_tingwu(seed=4)
            def test_the_closest_marker_wins(self, mock_tingwu):
                assert mock_tingwu.clock.mode == "virtual"
                ids[4] = create(mock_tingwu)

        def test_real(mock_tingwu, mock_tingwu_server):
            assert mock_tingwu is mock_tingwu_server
            assert mock_tingwu.clock.mode == "system"
            ids[0] = create(mock_tingwu)
            assert len(set(ids.values())) == 3
        """,
    )
    result.assert_outcomes(passed=3)


def test_other_settings_have_a_server_of_their_own_that_is_kept(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        servers = []
        strict = pytest.mark.mock_tingwu(auth="verify", access_keys={"id": "the-secret"}, seed=1)

        @strict
        @pytest.mark.parametrize("again", [1, 2])
        def test_verify(mock_tingwu, mock_tingwu_server, again):
            servers.append(mock_tingwu)
            assert mock_tingwu.port != mock_tingwu_server.port
            url = f"{mock_tingwu.url}/openapi/tingwu/v2/tasks/1"
            assert httpx.get(url).json()["Code"] == "MissingAccessKeyId"
            assert mock_tingwu.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] == "the-secret"

        def test_last(mock_tingwu):
            assert servers[0] is servers[1] is not mock_tingwu
            assert create(mock_tingwu)
        """,
    )
    result.assert_outcomes(passed=3)


def test_the_configuration_sets_the_mock_of_every_test(pytester: pytest.Pytester) -> None:
    configure(
        pytester,
        'mock_tingwu_settings = ["clock = virtual", "result_interval_ms=7", "seed = 5"]\n'
        "mock_tingwu_environ = true",
    )
    result = run(
        pytester,
        """
        def test_it(mock_tingwu, mock_tingwu_server):
            assert mock_tingwu is mock_tingwu_server
            assert mock_tingwu.clock.mode == "virtual"
            assert os.environ["DASHSCOPE_HTTP_BASE_URL"] == mock_tingwu.url + "/api/v1"

        @pytest.mark.mock_tingwu(clock="system", environ=False)
        def test_other(mock_tingwu):
            assert mock_tingwu.clock.mode == "system"
            assert "DASHSCOPE_HTTP_BASE_URL" not in os.environ
        """,
    )
    result.assert_outcomes(passed=2)


def test_a_program_that_looks_for_a_mock_finds_the_one_of_the_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCK_TINGWU_URL", "http://127.0.0.1:1")
    result = run(
        pytester,
        """
        from mock_tingwu.client import SyncDashScopeClient, SyncTingwuClient, find_target

        keys = {"access_keys": {"id": "key"}, "api_keys": ["sk-mine"]}

        @pytest.mark.mock_tingwu(environ=True, auth="verify", **keys)
        def test_it(mock_tingwu):
            target = find_target("mock")
            assert target.tingwu_url == mock_tingwu.url
            with SyncTingwuClient.of(target.tingwu()) as client:
                client.create_realtime()
            with SyncDashScopeClient.of(target.dashscope()) as client:
                client.create_realtime()
        """,
    )
    result.assert_outcomes(passed=1)


def test_the_environment_is_that_of_the_test_alone(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-before")
    monkeypatch.delenv("DASHSCOPE_HTTP_BASE_URL", raising=False)
    result = run(
        pytester,
        """
        @pytest.mark.mock_tingwu(environ=True)
        def test_inside(mock_tingwu):
            there = mock_tingwu.environ
            assert {name: os.environ[name] for name in there} == there

        def test_outside(mock_tingwu):
            assert os.environ["DASHSCOPE_API_KEY"] == "sk-before"
            assert "DASHSCOPE_HTTP_BASE_URL" not in os.environ
        """,
    )
    result.assert_outcomes(passed=2)


# What makes no sense

_WRONG = {
    'colour="red"': "colour is not a setting; there are environ, *, allow_network, host, *",
    'clock="sundial"': "clock is 'sundial', expected system or virtual",
    "port=8900": "port is no setting here; every mock has a free one",
    '"virtual"': "has 'virtual', expected name=value",
    "strict=1": "strict is 1, expected True or False",
}


@pytest.mark.parametrize("wrong", _WRONG)
def test_a_wrong_marker_is_complained_about_before_any_test_is_run(
    pytester: pytest.Pytester, wrong: str
) -> None:
    result = run(
        pytester,
        f"""
        def test_first():
            pass

        @pytest.mark.mock_tingwu({wrong})
        def test_it(mock_tingwu):
            pass
        """,
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(f"ERROR: *.py::test_it: @pytest.mark.mock_tingwu*{_WRONG[wrong]}")
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("virtual", " has 'virtual', expected name = value"),
        ("clock = sundial", ": clock is 'sundial', expected system or virtual"),
        ("access_keys = a-secret", ": access_keys is set, expected *"),
        ("strict = true", " has strict, which is mock_tingwu_strict"),
    ],
)
def test_a_wrong_configuration_is_complained_about_if_anybody_uses_it(
    pytester: pytest.Pytester, line: str, problem: str
) -> None:
    configure(pytester, f'mock_tingwu_settings = ["{line}"]')
    result = run(pytester, "def test_it(mock_tingwu_server):\n    pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(f"ERROR: mock_tingwu_settings{problem}")
    assert "a-secret" not in result.stderr.str()
    run(pytester, "def test_it():\n    pass").assert_outcomes(passed=1)


# Failures


def test_a_failure_shows_what_happened_in_the_mock(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_it(mock_tingwu):
            create(mock_tingwu)
            httpx.get(f"{mock_tingwu.url}/openapi/tingwu/v2/tasks/nobody?Signature=topsecret")
            sign_wrong(mock_tingwu)
            raise RuntimeError("the test's own")

        def test_that_passes(mock_tingwu):
            create(mock_tingwu)
        """,
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E * RuntimeError: the test's own",
            "*--- mock-tingwu ---*",
            "   +0.000 tingwu    request    ???????? PUT /openapi/tingwu/v2/tasks?type=realtime *",
            "   +?.??? tingwu    response   ???????? 200 PUT *",
            "   +?.??? tingwu    request    * GET */tasks/nobody?Signature=*",
            "   +?.??? tingwu    violation  * signature *",
            "violation: signature (documented): *",
        ]
    )
    (_, told) = result.stdout.str().split("- mock-tingwu -")
    assert "topsecret" not in told


def test_the_last_twenty_entries_are_shown_of_every_scope(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_it(mock_tingwu):
            for _ in range(15):
                create(mock_tingwu)
            mock_tingwu.scope("mine", ["a"])
            create(mock_tingwu)
            assert 0
        """,
    )
    lines = result.stdout.lines
    begin = next(n for n, line in enumerate(lines) if "- mock-tingwu -" in line)
    assert lines[begin + 1] == "(10 earlier entries)"
    assert all(" tingwu " in line for line in lines[begin + 2 : begin + 22])
    assert lines[begin + 22] == "scope mine"
    assert lines[begin + 23].startswith("   +0.000 tingwu    request ")


def test_failures_around_a_test_are_told_of_too(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        @pytest.fixture
        def prepared(mock_tingwu):
            create(mock_tingwu)
            raise RuntimeError("no")

        @pytest.fixture
        def cleaned(mock_tingwu):
            yield
            create(mock_tingwu)
            raise RuntimeError("neither")

        def test_setup(prepared):
            pass

        def test_teardown(cleaned):
            pass
        """,
    )
    result.assert_outcomes(passed=1, errors=2)
    assert result.stdout.str().count("- mock-tingwu -") == 2


def test_a_mock_that_a_test_has_closed_is_replaced(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_it(mock_tingwu):
            mock_tingwu.close()
            assert 0

        def test_next(mock_tingwu):
            assert create(mock_tingwu)
        """,
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines("the journal cannot be read: the mock is not running")


# Strict

_STRICT = """
def test_right(mock_tingwu):
    end(mock_tingwu, create(mock_tingwu))

def test_wrong(mock_tingwu):
    sign_wrong(mock_tingwu)

@pytest.mark.mock_tingwu(strict=False)
def test_on_purpose(mock_tingwu):
    sign_wrong(mock_tingwu)

def test_that_fails_anyway(mock_tingwu):
    sign_wrong(mock_tingwu)
    raise RuntimeError("the test's own")
"""


def test_a_strict_test_fails_whose_client_broke_a_rule(pytester: pytest.Pytester) -> None:
    configure(pytester, "mock_tingwu_strict = true")
    result = run(pytester, _STRICT)
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*_ test_wrong _*",
            "the client broke rules of the cloud:",
            "signature (documented): *",
            "*- mock-tingwu -*",
            "*_ test_that_fails_anyway _*",
            "E * RuntimeError: the test's own",
        ]
    )


def test_a_marker_makes_a_test_strict(pytester: pytest.Pytester) -> None:
    result = run(pytester, _STRICT.replace("strict=False", "strict=True"))
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines("*_ test_on_purpose _*")


# Together with other plugins


def test_workers_of_xdist_have_servers_of_their_own(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import time

        @pytest.mark.parametrize("number", range(8))
        def test_it(mock_tingwu, worker_id, number):
            assert create(mock_tingwu)
            (task,) = {entry["task_id"] for entry in mock_tingwu.journal}
            with open(worker_id, "a") as file:
                file.write(f"{mock_tingwu.port}\\n")
            # Until both workers have had a turn.
            for _ in range(1000):
                if len([name for name in os.listdir() if name.startswith("gw")]) == 2:
                    break
                time.sleep(0.01)
            assert number != 7
        """,
        "-n2",
    )
    result.assert_outcomes(passed=7, failed=1)
    result.stdout.fnmatch_lines(["*- mock-tingwu -*", "*PUT /openapi/tingwu/v2/tasks*"])
    ports = [set(path.read_text().split()) for path in pytester.path.glob("gw*")]
    assert [len(port) for port in ports] == [1, 1]
    assert ports[0] != ports[1]


def test_workers_of_xdist_say_what_makes_no_sense(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        @pytest.mark.mock_tingwu(colour="red")
        def test_it(mock_tingwu):
            pass
        """,
        "-n2",
    )
    result.assert_outcomes(errors=1)
    wrong = "*.py::test_it: @pytest.mark.mock_tingwu: colour is not a setting; *"
    result.stdout.fnmatch_lines(["* ERROR at setup of test_it *", wrong])
    result.stdout.no_fnmatch_line("*During handling*")


@pytest.mark.parametrize("kind", ["asyncio", "anyio"])
def test_asynchronous_tests_use_the_same_fixture(pytester: pytest.Pytester, kind: str) -> None:
    result = run(
        pytester,
        f"""
        import asyncio
        from mock_tingwu.client import TingwuClient

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.fixture
        async def unused():
            yield 1

        @pytest.mark.{kind}
        @pytest.mark.mock_tingwu(clock="virtual")
        async def test_it(mock_tingwu):
            keys = {{"access_key_id": "any", "access_key_secret": "any", "app_key": "any"}}
            async with TingwuClient(mock_tingwu.url, **keys) as client:
                task = await client.create_offline("https://files.example.com/weekly.mp3")
                await asyncio.to_thread(mock_tingwu.clock.advance, minutes=5)
                await asyncio.to_thread(mock_tingwu.wait_for_status, task.task_id, "COMPLETED")
                assert (await client.info(task.task_id)).results
            assert mock_tingwu.heard()
        """,
    )
    result.assert_outcomes(passed=1)


# In projects that do not use it

_LOADED = """
import json
import shlex
import sys

def pytest_sessionfinish():
    print("loaded:" + json.dumps(sorted(sys.modules)))
"""
#: What the mock is made of.
_HEAVY = ["starlette", "uvicorn", "uvloop", "httptools", "httpx", "websockets", "msgspec", "yaml"]
_HEAVY += ["jsonschema_rs", "rich", "av", "numpy", "mock_tingwu.server", "mock_tingwu.settings"]


@pytest.mark.parametrize("arguments", [["--co"], []])
def test_a_project_that_does_not_use_it_pays_next_to_nothing(
    pytester: pytest.Pytester, arguments: list[str]
) -> None:
    pytester.makeconftest(_LOADED)
    pytester.makepyfile("def test_it():\n    pass")
    quick = ("-p", "no:cacheprovider", "-p", "no:schemathesis")
    result = pytester.runpytest_subprocess(*quick, "-q", *arguments, timeout=120)
    assert result.ret == 0
    (line,) = (line for line in result.stdout.lines if "loaded:" in line)
    loaded = set(json.loads(line.partition("loaded:")[2]))
    assert loaded.isdisjoint(_HEAVY)
    ours = {name for name in loaded if name.partition(".")[0] == "mock_tingwu"}
    assert ours == {"mock_tingwu", "mock_tingwu.testing", "mock_tingwu.testing.plugin"}


def test_it_is_there_without_being_asked_for(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--fixtures", "--markers")
    result.stdout.fnmatch_lines("@pytest.mark.mock_tingwu(*, environ=False, *")
    result = pytester.runpytest("--fixtures")
    shown = ["mock_tingwu -- *", "mock_tingwu_server [[]session scope] -- *"]
    result.stdout.fnmatch_lines_random(shown)


def test_nothing_is_left_when_the_session_is_over(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import threading

        def pytest_unconfigure():
            print("threads:", [thread.name for thread in threading.enumerate()])
        """
    )
    pytester.makepyfile(_HEAD + "def test_it(mock_tingwu):\n    assert create(mock_tingwu)")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", timeout=6 * PATIENCE)
    assert result.ret == 0
    result.stdout.fnmatch_lines("threads: [[]'MainThread']")


# Which failures were met


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_run_ends_with_the_failures_that_its_clients_have_met(
    pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    tests = """
    def test_one(mock_tingwu):
        httpx.get(f"{mock_tingwu.url}/openapi/tingwu/v2/tasks/{'0' * 32}")

    def test_two(mock_tingwu):
        mock_tingwu.faults.add("tingwu.BRK.OverdueTenant")
        httpx.get(f"{mock_tingwu.url}/openapi/tingwu/v2/tasks/{'0' * 32}")
    """
    result = run(pytester, tests, "--fault-coverage", *workers)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "*fault coverage*",
            "failures met: 2 of *",
            "*1 x tingwu.BRK.OverdueTenant",
            "*1 x task.INVALID",
        ]
    )
    assert "fault coverage" not in run(pytester, tests, *workers).stdout.str()


def test_a_strict_test_fails_for_what_was_done_in_a_scope_that_it_has_dropped(
    pytester: pytest.Pytester,
) -> None:
    tests = """
    @pytest.mark.mock_tingwu(strict=True)
    def test_dropped(mock_tingwu):
        with mock_tingwu.scope("z", ["mock-access-key-id"]):
            sign_wrong(mock_tingwu)
    """
    result = run(pytester, tests)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the client broke rules of the cloud:*", "*signature*"])


# Bundles


def test_a_test_that_fails_leaves_a_bundle_and_the_command_that_replays_it(
    pytester: pytest.Pytester,
) -> None:
    tests = """
    def test_fine(mock_tingwu):
        create(mock_tingwu)

    @pytest.mark.mock_tingwu(clock="virtual")
    def test_it(mock_tingwu):
        mock_tingwu.scenario("socket-lost")
        create(mock_tingwu)
        mock_tingwu.clock.advance(hours=1)
        raise RuntimeError("the test's own")
    """
    result = run(pytester, tests, "--mock-tingwu-bundles", "bundles")
    result.assert_outcomes(passed=1, failed=1)
    (path,) = (pytester.path / "bundles").iterdir()
    result.stdout.fnmatch_lines([f"mock-tingwu replay bundles/{path.name}"])
    told = pytester.run(sys.executable, "-m", "mock_tingwu", "replay", str(path), "--json")
    assert told.ret == 0, told.stdout.str()
    # The test before has left nothing in it.
    paths = [entry["target"] for entry in journal_of(told) if entry["kind"] == "request"]
    assert paths == ["/openapi/tingwu/v2/tasks?type=realtime"]


def journal_of(told: pytest.RunResult) -> list[dict[str, Any]]:
    replayed = json.loads(told.stdout.str())
    assert replayed["same"] is True
    journal: list[dict[str, Any]] = replayed["journal"]
    return journal


def test_bundles_are_in_the_cache_of_pytest(pytester: pytest.Pytester) -> None:
    tests = """
    @pytest.mark.parametrize("text", ["听" * 300, "x"])
    def test_it(mock_tingwu, text):
        create(mock_tingwu)
        raise RuntimeError(text[:3])

    def test_kept(mock_tingwu_server, mock_tingwu):
        assert mock_tingwu_server.recording
    """
    result = run(pytester, tests, cache=True)
    result.assert_outcomes(passed=1, failed=2)
    folder = pytester.path / ".pytest_cache" / "d" / "mock-tingwu"
    paths = sorted(path.relative_to(pytester.path) for path in folder.iterdir())
    assert len(paths) == 2
    for path in paths:
        result.stdout.fnmatch_lines([f"mock-tingwu replay {shlex.quote(str(path))}"])


@pytest.mark.parametrize(
    ("arguments", "setting", "cache"),
    [
        (["--mock-tingwu-bundles", "off"], "", True),
        ([], "", False),
        ([], "data_dir='data'", True),
    ],
)
def test_nothing_is_recorded_that_is_not_wanted(
    pytester: pytest.Pytester, arguments: list[str], setting: str, cache: bool
) -> None:
    tests = f"""
    @pytest.mark.mock_tingwu({setting})
    def test_it(mock_tingwu):
        create(mock_tingwu)
        assert mock_tingwu.recording
    """
    result = run(pytester, tests, *arguments, cache=cache)
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*mock-tingwu replay*")
    assert not list(pytester.path.rglob("*.zip"))
