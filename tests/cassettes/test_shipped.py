"""The cassettes that ship replay without drift."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.cassettes import Cassette, Severity
from mock_tingwu.cassettes.replaying import Outcome, replay, replay_privately
from mock_tingwu.client import find_target
from tests.cassettes.shipped import FOLDER, SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_cassette_replays_without_drift(name: str) -> None:
    cassette = Cassette.read(FOLDER / name)
    assert cassette.target == "mock"  # and says so
    outcome = asyncio.run(replay_privately(cassette))
    assert [one for one in outcome.findings if one.severity is not Severity.INFO] == []
    recorded = {record["call"] for record in cassette.records if "call" in record}
    assert outcome.played >= len(recorded)


def played(folder: Path, change: Callable[[str], str]) -> Outcome:
    """What comes of the shipped meeting once it has been changed."""
    file = folder / "c.jsonl"
    file.write_text(change((FOLDER / "mock-meeting.jsonl").read_text("utf-8")), "utf-8")
    return asyncio.run(replay_privately(Cassette.read(file)))


@pytest.mark.parametrize(
    ("old", "new", "audio"),
    [
        ('"Format": "pcm"', '"Format": "opus"', "audio in opus"),
        (
            '"Format": "pcm"',
            '"MultipleStreamsEnabled": true, "Format": "pcm"',
            "audio of several streams",
        ),
    ],
)
def test_audio_that_cannot_be_made_is_not_testable_and_red(
    old: str, new: str, audio: str, tmp_path: Path
) -> None:
    def change(text: str) -> str:
        # Nothing of the streams but audio, so that nothing is waited for.
        lines = text.replace(old, new).splitlines()
        return "\n".join(one for one in lines if '"received"' not in one and '"sent"' not in one)

    told = {one.where: one for one in played(tmp_path, change).findings}
    assert (told["realtime"].kind, told["realtime"].severity) == ("not testable", "critical")
    assert told["realtime"].replay == f"{audio} cannot be made up"


def test_a_link_that_was_not_given_is_not_testable_and_red(tmp_path: Path) -> None:
    outcome = played(
        tmp_path, lambda text: text.replace('"url": "<Transcription:1>"', '"url": "<Other:1>"')
    )
    (found,) = [one for one in outcome.findings if one.severity is not Severity.INFO]
    assert (found.kind, found.where) == ("not testable", "file Transcription")


def test_an_id_that_is_another_one_is_told(tmp_path: Path) -> None:
    def change(text: str) -> str:
        # The recording says that the key that the client gave is the task's id.
        return text.replace("<TaskKey:1>", "<TaskId:1>")

    kinds = {(one.kind, one.where, one.path) for one in played(tmp_path, change).findings}
    assert ("identity", "CreateTask", "Data.TaskId") in kinds


def test_a_replay_elsewhere_is_for_the_project_that_there_is_a_key_for(
    mock: MockTingwu,
) -> None:
    cassette = Cassette.read(FOLDER / "mock-meeting.jsonl")
    # A call and nothing else: who plays it is what matters.
    cassette.records = [one for one in cassette.records if one.get("call") == "CreateTask"]
    target = find_target(mock.url, {"TINGWU_APP_KEY": "a-project"})
    outcome = asyncio.run(replay(cassette, target))
    assert (outcome.played, outcome.findings) == (1, [])
    (request,) = [entry for entry in mock.journal if entry["kind"] == "request"]
    assert request["body"]["AppKey"] == "a-project"


def test_every_shipped_cassette_is_tested() -> None:
    assert {file.name for file in FOLDER.iterdir()} == set(SHIPPED)
