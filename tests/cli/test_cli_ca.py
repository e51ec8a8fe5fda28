"""``mock-tingwu ca`` as a person sees it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from mock_tingwu import cli
from mock_tingwu.interception.authority import KEY
from tests.cli.commands import run

Printed = tuple[int, str, str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the authority is kept; there is none."""
    place = tmp_path / "authority"
    monkeypatch.setenv("MOCK_TINGWU_CA_DIR", str(place))
    return place


def ca(capsys: pytest.CaptureFixture[str], *words: str) -> Printed:
    code = cli.main(["ca", *words])
    return (code, *capsys.readouterr())


def test_it_is_made_shown_and_removed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    none = f"mock-tingwu ca: there is no authority in {place}; `mock-tingwu ca create` makes one\n"
    assert ca(capsys, "show") == (1, "", none)
    assert not place.exists()
    code, made, errors = ca(capsys, "create")
    assert (code, errors) == (0, "")
    assert ca(capsys, "show") == ca(capsys, "create") == (0, made, "")
    lines = dict(line.split("  ", 1) for line in made.splitlines())
    assert [*lines] == [
        *("name", "certificate", "valid until", "SHA-256", "vouches for", "trusted by")
    ]
    assert lines["certificate"].strip() == str(place / "ca.pem")
    assert ca(capsys, "remove") == (0, f"removed {place}\n", "")
    assert ca(capsys, "remove") == (0, f"there was none in {place}\n", "")
    assert ca(capsys, "show")[0] == 1
    assert ca(capsys, "create")[1] != made


@pytest.mark.usefixtures("place")
def test_the_certificate_alone_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    _, pem, _ = ca(capsys, "create", "--pem")
    assert "mock-tingwu" in x509.load_pem_x509_certificate(pem.encode()).subject.rfc4514_string()
    assert "PRIVATE" not in pem and ca(capsys, "show", "--pem") == (0, pem, "")
    code, printed, errors = ca(capsys, "remove", "--pem")
    assert (code, printed) == (2, "")
    assert errors == "mock-tingwu ca: --pem goes with show or create, not with remove\n"


@pytest.mark.parametrize("action", ["show", "create"])
def test_what_is_damaged_is_told(
    place: Path, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    place.mkdir()
    (place / KEY).write_text("nonsense")
    code, printed, errors = ca(capsys, action)
    assert (code, printed) == (2, "")
    assert errors == (
        f"mock-tingwu ca: {place / KEY} is damaged, expected a certificate and its key in PEM; "
        "`mock-tingwu ca remove` deletes it\n"
    )
    assert ca(capsys, "remove")[0] == 0


def test_where_nothing_can_be_kept_is_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place.write_text("a file")
    for action in ("create", "show", "remove"):
        code, printed, errors = ca(capsys, action)
        assert (code, printed) == (2, "") and "Not a directory" in errors
        assert errors.count("\n") == 1 and f" {place}: Not a directory; " in errors
        assert errors.endswith("; MOCK_TINGWU_CA_DIR names another folder\n")


def test_what_to_do_has_to_be_said() -> None:
    done = run("ca")
    assert done.returncode == 2 and "action" in done.stderr
    assert run("ca", "destroy").returncode == 2
