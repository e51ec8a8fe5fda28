"""The tables of what SDKs know are those of the installed SDKs."""

from __future__ import annotations

import pytest

from mock_tingwu.cassettes import sdk
from mock_tingwu.resources import folder
from tests import sdk_tables

TABLES = sdk_tables.tables()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_what_is_installed(name: str) -> None:
    written = (folder("schemas") / "sdk" / name).read_text("utf-8")
    assert written == TABLES[name], "run: python -m tests.sdk_tables"


@pytest.mark.parametrize(
    ("model", "path", "kind"),
    [
        ("GetTaskInfoResponseBody", "Data.TaskStatus", "string"),
        ("GetTaskInfoResponseBody", "Data.Result.Translation", "string"),
        ("GetTaskInfoResponseBody", "Data.Progress", sdk.ABSENT),
        ("ListTranscriptionPhrasesResponseBody", "Data.Phrases", "array"),
        ("ListTranscriptionPhrasesResponseBody", "Data.Phrases.[].Name", "string"),
        ("ListTranscriptionPhrasesResponseBody", "Data.Phrases.[].Age", sdk.ABSENT),
        ("QueryRtcAsrTasksResponseBody", "RetCode", "integer"),
        ("QueryRtcAsrTasksResponseBody", "Tasks.x.y", ""),
    ],
)
def test_what_a_model_says_of_a_field(model: str, path: str, kind: str) -> None:
    assert sdk.field(model, tuple(path.split("."))) == kind


def test_every_model_of_a_call_is_there() -> None:
    from mock_tingwu.cassettes.calls import CALLS

    models = {call.model for call in CALLS.values() if call.service in ("tingwu", "live")}
    assert [model for model in models if not sdk.has_model(model)] == []
