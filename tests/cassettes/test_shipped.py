"""The cassettes that ship replay without drift."""

from __future__ import annotations

import asyncio

import pytest

from mock_tingwu.cassettes import Cassette, Severity
from mock_tingwu.cassettes.replaying import replay_privately
from tests.cassettes.shipped import FOLDER, SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_cassette_replays_without_drift(name: str) -> None:
    cassette = Cassette.read(FOLDER / name)
    assert cassette.target == "mock"  # and says so
    outcome = asyncio.run(replay_privately(cassette))
    assert [one for one in outcome.findings if one.severity is not Severity.INFO] == []
    recorded = {record["call"] for record in cassette.records if "call" in record}
    assert outcome.played >= len(recorded)


def test_every_shipped_cassette_is_tested() -> None:
    assert {file.name for file in FOLDER.iterdir()} == set(SHIPPED)
