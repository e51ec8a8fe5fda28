"""Lists of known deviations."""

from __future__ import annotations

from pathlib import Path

import pytest

from mock_tingwu.conformance.catalogue import Catalogue
from mock_tingwu.conformance.deviations import KnownDeviation, check, read
from tests.conformance.cards import card

EXPECTED = "expected a list of deviations in YAML, each with case, target, reason, since"
GOOD = "- {case: TW-TRIAL-001, target: live, reason: it is late, since: 2026-11-29}\n"


def test_a_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    path.write_text(GOOD)
    assert read(path) == [KnownDeviation("TW-TRIAL-001", "live", "it is late", "2026-11-29")]


@pytest.mark.parametrize("content", ["", "# nothing yet\n", "[]\n"])
def test_a_list_may_be_empty(tmp_path: Path, content: str) -> None:
    path = tmp_path / "known.yaml"
    path.write_text(content)
    assert read(path) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"case: TW-TRIAL-001\n",
            r"known\.yaml has no list, expected a list of deviations",
        ),
        (b"- TW-TRIAL-001\n", r"known\.yaml, entry 1 is no object, expected case, target"),
        (f"{GOOD}- 3\n".encode(), r"known\.yaml, entry 2 is no object"),
        (b"- {case: TW-TRIAL-001}\n", r"known\.yaml, entry 1 has no target"),
        (GOOD.replace("it is late", "' '").encode(), r"known\.yaml, entry 1 has no reason"),
        (GOOD.replace("since", "until").encode(), r"entry 1: until is unknown, expected case"),
        (b"- case: a\n\t b: [\n", rf"known\.yaml, line 2 is no YAML, {EXPECTED}$"),
        (b"- {since: 2026-13-01}\n", rf"known\.yaml is no YAML, {EXPECTED}$"),
        (b"\xff\xfe\xff", rf"known\.yaml is no text in UTF-8, {EXPECTED}$"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "known.yaml"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=sentence):
        read(path)


def test_a_list_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.yaml cannot be read"):
        read(tmp_path / "none.yaml")


def test_deviations_are_of_cases_that_there_are_and_once() -> None:
    catalogue = Catalogue([card()])
    known = KnownDeviation("TW-TRIAL-001", "live", "it is late", "2026-11-29")
    elsewhere = KnownDeviation("TW-TRIAL-001", "mock", "it is late", "2026-11-29")
    check([known, elsewhere], catalogue)
    with pytest.raises(ValueError, match="TW-TRIAL-001 at live is listed twice"):
        check([known, known], catalogue)
    with pytest.raises(ValueError, match="is of 'TW-TRIAL-001', expected a case's id"):
        check([known], Catalogue([]))
