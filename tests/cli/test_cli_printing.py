from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml

from mock_tingwu import __version__, api_documents, contract
from mock_tingwu.cli import GROUPS, main, states
from mock_tingwu.cli.assumptions import assumed_errors, assumed_schemas, assumed_transitions
from mock_tingwu.core import errors
from mock_tingwu.core.provenance import ASSUMPTIONS
from mock_tingwu.core.tasks import REALTIME_TASK, Status, TaskEvent
from tests.cli.commands import COMMAND, environment, run

HEAVY = {"asyncio", "uvicorn", "starlette", "websockets", "rich", "httpx", "yaml", "msgspec"}


def helped(*arguments: str) -> tuple[str, set[str]]:
    """What a command prints as help, and the packages that this loads."""
    program = (
        "import sys\n"
        "from mock_tingwu.cli import main\n"
        "try:\n"
        f"    main([*{arguments}, '--help'])\n"
        "finally:\n"
        "    print('LOADED', *(name.partition('.')[0] for name in sys.modules))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        encoding="utf-8",
        env=environment(),
        check=False,
    )
    text, _, loaded = result.stdout.partition("LOADED")
    assert result.returncode == 0
    return text, set(loaded.split())


def test_help_names_every_command_by_group_and_loads_none() -> None:
    text, loaded = helped()
    assert HEAVY & loaded == set()
    for title, group in GROUPS.items():
        lines = text.partition(f"\n{title}:\n")[2].partition("\n\n")[0].splitlines()
        assert [line.split()[0] for line in lines] == list(group)
    assert all(len(line) < 80 for line in text.splitlines())


@pytest.mark.parametrize("command", GROUPS["use a service, the mock or the cloud"])
def test_help_of_the_clients_commands_loads_no_library(command: str) -> None:
    text, loaded = helped(command)
    assert text.startswith(f"usage: mock-tingwu {command} ")
    assert HEAVY - {"asyncio"} & loaded == set()


def test_the_version_is_the_packages() -> None:
    result = run("--version")
    assert (result.returncode, result.stdout) == (0, f"mock-tingwu {__version__}\n")


@pytest.mark.parametrize("arguments", [(), ("dance",), ("states", "--format", "png")])
def test_bad_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr


def test_a_reader_that_has_seen_enough_causes_no_traceback() -> None:
    shell = f"{' '.join(COMMAND)} assumptions | head -1"
    result = subprocess.run(
        ["sh", "-c", shell], capture_output=True, encoding="utf-8", env=environment(), check=True
    )
    assert (result.stdout, result.stderr) == ("task\n", "")


def test_states_are_diagrams_in_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["states"]) == 0
    text = capsys.readouterr().out
    assert text.count("```mermaid\nstateDiagram-v2\n") == len(states.LIFECYCLES)
    assert f"## realtime task\n\n```mermaid\n{REALTIME_TASK.mermaid()}\n```" in text
    assert "    CONNECTED --> STARTING: start" in text


def test_states_as_text_have_a_line_for_every_transition(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["states", "--format", "text"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    for lifecycle in states.LIFECYCLES:
        for (state, event), following in lifecycle.table.items():
            assert [state.name, event.name, following.name] in rows


def test_columns_of_a_table_of_states_are_aligned() -> None:
    lines = states.as_text(REALTIME_TASK).splitlines()[2:]
    column = lines[0].index("NEXT")
    assert all(line[column - 1] == " " and line[column] != " " for line in lines)


def test_schema_lists_all_and_prints_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == sorted([*contract.names(), *api_documents.names()])
    assert main(["schema", "realtime/event"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(contract.text("realtime/event"))


@pytest.mark.parametrize("name", api_documents.names())
def test_a_document_is_printed_whole_as_yaml_and_as_json(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", name]) == 0
    written = capsys.readouterr().out
    assert yaml.safe_load(written) == api_documents.bundle(name)
    assert "&id" not in written and "  description: |\n" in written
    assert main(["schema", name, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == api_documents.bundle(name)


def test_a_schema_is_printed_as_yaml_if_that_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "control/clock", "--format", "yaml"]) == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed == json.loads(contract.text("control/clock"))


def test_a_definition_is_printed_by_the_name_that_documents_use(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["schema", "tingwu/create-task-request#realtime"]) == 0
    printed = json.loads(capsys.readouterr().out)
    written = json.loads(contract.text("tingwu/create-task-request"))["$defs"]
    needed = printed.pop("$defs")
    assert printed == {"$schema": printed["$schema"], **written["realtime"]}
    assert needed == {key: written[key] for key in ("appKey", "outputLevel", "input", "parameters")}

    assert main(["schema", "tingwu/create-task-request#pause"]) == 2
    assert capsys.readouterr().err == (
        "mock-tingwu schema: The schema 'tingwu/create-task-request' has no definition called "
        "'pause', expected one of: query, realtime, offline, stop, appKey, outputLevel, input, "
        "parameters.\n"
    )
    assert main(["schema", "openapi/tingwu#realtime"]) == 2
    assert "openapi/tingwu is printed whole, expected its name" in capsys.readouterr().err


def test_a_schema_that_does_not_exist_is_told_in_one_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["schema", "tingwu/nonsense"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "tingwu/nonsense" in captured.err and len(captured.err.splitlines()) == 1


def test_assumptions_are_printed_with_what_speaks_for_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["assumptions"]) == 0
    text = capsys.readouterr().out
    everything = [*ASSUMPTIONS, *assumed_transitions(), *assumed_errors(), *assumed_schemas()]
    for assumption in everything:
        assert f"\n{assumption.id}\n" in text
    assert text.count("  Why: ") == len(everything)
    assert text.endswith(f"\n{len(everything)} assumptions\n")


def test_every_assumption_has_an_id_of_its_own_and_says_why() -> None:
    everything = [*ASSUMPTIONS, *assumed_transitions(), *assumed_errors(), *assumed_schemas()]
    assert len({assumption.id for assumption in everything}) == len(everything)
    assert all(a.text and a.why and a.id.startswith(f"{a.area}.") for a in everything)


def test_transitions_that_are_assumed_are_listed_with_their_reason() -> None:
    listed = {assumption.id: assumption for assumption in assumed_transitions()}
    assert len(listed) == sum(len(lifecycle.assumed) for lifecycle in states.LIFECYCLES)
    found = listed["transitions.realtime-task.PAUSED.AUDIO"]
    assert found.text == "realtime task: AUDIO in PAUSED leads to ONGOING."
    assert found.why == REALTIME_TASK.assumed[Status.PAUSED, TaskEvent.AUDIO]


def test_error_rows_that_are_assumed_are_listed_and_documented_ones_are_not() -> None:
    listed = {assumption.id for assumption in assumed_errors()}
    assumed = {code for code, row in errors.API_ERRORS.items() if row.level == "assumed"}
    assert {f"errors.{code}" for code in assumed} <= listed
    assert "errors.CONCURRENCY_EXCEED" in listed
    assert "errors.ServerError" not in listed and "errors.NOT_WORKING" not in listed


def test_schemas_that_are_assumed_are_listed_once_and_ours_are_not() -> None:
    listed = [assumption.id for assumption in assumed_schemas()]
    assert "schemas.tingwu/results/ServiceInspection" in listed
    assert "schemas.tingwu/stop-task-response.Data.TaskStatus" in listed
    assert not any(id.startswith("schemas.control/") for id in listed)
    assert not any(id.startswith("schemas.tingwu/results/ServiceInspection.") for id in listed)


def test_sdk_prints_settings_for_the_address_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sdk", "--url", "https://mock.example/"]) == 0
    text = capsys.readouterr().out
    assert 'endpoint="mock.example", protocol="HTTPS"' in text
    assert "port=443" in text and 'endpoint: "https://mock.example"' in text


def test_sdk_refuses_what_is_no_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sdk", "--url", "127.0.0.1:8900"]) == 2
    assert main(["sdk", "--url", "http://127.0.0.1:89000"]) == 2
    assert "'127.0.0.1:8900'" in capsys.readouterr().err
