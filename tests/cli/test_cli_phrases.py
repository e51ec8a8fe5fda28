"""``mock-tingwu phrases``: lists of hot words from arguments and files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.cli import main
from tests.cli.commands import objects, on_a_terminal, plain, run

Captured = pytest.CaptureFixture[str]
Phrases = Callable[..., str]


@pytest.fixture
def phrases(mock: MockTingwu, capsys: Captured) -> Phrases:
    """Run a subcommand that is done; what it has printed."""

    def use(*arguments: object) -> str:
        assert main(["phrases", *map(str, arguments), "--target", mock.url]) == 0
        captured = capsys.readouterr()
        assert captured.err == ""
        return captured.out

    return use


def test_a_list_from_create_to_delete(mock: MockTingwu) -> None:
    def phrases(*arguments: str) -> str:
        result = run("phrases", *arguments, "--target", mock.url)
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout

    phrase_id = phrases(
        "create", "fruit", "苹果=3", "西瓜=-6", "--description", "what we sell"
    ).strip()
    assert phrases("list") == f"{phrase_id}\tfruit\twhat we sell\n"
    shown = f"# {phrase_id} fruit\n# what we sell\n苹果=3\n西瓜=-6\n"
    assert phrases("get", phrase_id) == shown
    assert phrases("update", phrase_id, "白菜=2", "--name", "vegetables") == f"{phrase_id}\n"
    assert phrases("get", phrase_id) == f"# {phrase_id} vegetables\n# what we sell\n白菜=2\n"
    assert phrases("delete", phrase_id) == f"{phrase_id}\n"
    assert phrases("list") == ""


def test_as_json_everything_is_an_object_a_line(phrases: Phrases) -> None:
    (created,) = objects(phrases("create", "fruit", "苹果=3", "--json"))
    phrase_id = created["phrase_id"]
    assert created == {"event": "Created", "phrase_id": phrase_id}
    known = {"phrase_id": phrase_id, "name": "fruit"}
    assert objects(phrases("list", "--json")) == [known]
    assert objects(phrases("get", phrase_id, "--json")) == [{**known, "words": {"苹果": 3}}]
    assert objects(phrases("delete", phrase_id, "--json"))[0]["event"] == "Deleted"
    assert phrases("list", "--json") == ""


def test_what_get_prints_is_what_create_reads(phrases: Phrases, tmp_path: Path) -> None:
    file = tmp_path / "words"
    first = phrases("create", "fruit", "苹果=3", "红 富士=-1", "--description", "a\nb").strip()
    file.write_text(phrases("get", first), "utf-8")
    # Words stand wherever they like, and go over those of the file.
    second = phrases("create", "fruit", "梨=1", "--file", file, "苹果=5").strip()
    assert phrases("get", second).splitlines()[1:] == ["苹果=5", "红 富士=-1", "梨=1"]


def test_words_come_from_json_too(phrases: Phrases, tmp_path: Path) -> None:
    file = tmp_path / "words.json"
    file.write_text('\ufeff{"苹果": 3, "西瓜": -6}', "utf-8")
    phrase_id = phrases("create", "fruit", "--file", file).strip()
    assert phrases("get", phrase_id).splitlines()[1:] == ["苹果=3", "西瓜=-6"]


def test_an_update_keeps_what_it_is_not_told(phrases: Phrases) -> None:
    phrase_id = phrases("create", "fruit", "苹果=3", "--description", "what we sell").strip()
    phrases("update", phrase_id, "--name", "apples")
    head = f"# {phrase_id} apples\n"
    assert phrases("get", phrase_id) == f"{head}# what we sell\n苹果=3\n"
    phrases("update", phrase_id, "--description", "")
    assert phrases("get", phrase_id) == f"{head}苹果=3\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe", "{file} is not in UTF-8"),
        ("# fruit\n苹果\n".encode(), "{file}, line 2: '苹果' is not WORD=WEIGHT, such as 火龙果=3"),
        (b"apple=3.5", "{file}, line 1: 'apple=3.5' is not WORD=WEIGHT, such as 火龙果=3"),
        (b'{"apple": 3', "{file} is no JSON: "),
        (b'{"apple": "3"}', "{file}: the weight of 'apple' is '3', expected a number"),
        (b'{"apple": true}', "{file}: the weight of 'apple' is True, expected a number"),
        (b"# nothing\n", "a list needs words: WORD=WEIGHT, or --file"),
        (None, "{file}: No such file or directory"),
    ],
)
def test_a_file_that_makes_no_sense_is_told(
    mock: MockTingwu, tmp_path: Path, capsys: Captured, content: bytes | None, sentence: str
) -> None:
    file = tmp_path / "words"
    if content is not None:
        file.write_bytes(content)
    about = ("--target", mock.url)
    assert main(["phrases", "create", "fruit", "--file", str(file), *about]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith(f"mock-tingwu phrases create: {sentence.format(file=file)}")
    assert errors.count("\n") == 1
    assert mock.journal == []


@pytest.mark.parametrize("word", ["苹果", "=3", "苹果=", "苹果=viel"])
def test_a_word_without_a_weight_is_refused(capsys: Captured, word: str) -> None:
    for arguments in (["fruit", word], ["fruit", "--description", "x", word]):
        with pytest.raises(SystemExit, match="2"):
            main(["phrases", "create", *arguments])
        assert f"{word!r} is not WORD=WEIGHT, such as 火龙果=3" in capsys.readouterr().err


def test_an_update_has_to_change_something(mock: MockTingwu, capsys: Captured) -> None:
    assert main(["phrases", "update", "p", "--target", mock.url]) == 2
    assert "nothing is to change" in capsys.readouterr().err
    assert mock.journal == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("create", "fruit", "苹果=9"), "InvalidWordWeights"),
        (("get", "none"), "InvalidPhraseId"),
        (("update", "none", "苹果=3"), "InvalidPhraseId"),
        (("delete", "none"), "InvalidPhraseId"),
    ],
)
def test_a_refusal_is_told_with_its_request_id(
    mock: MockTingwu, capsys: Captured, arguments: tuple[str, ...], code: str
) -> None:
    assert main(["phrases", *arguments, "--target", mock.url, "--json"]) == 3
    captured = capsys.readouterr()
    request_id = mock.journal[-1]["request_id"]
    assert captured.err.startswith(f"mock-tingwu phrases {arguments[0]}: {code}: ")
    assert captured.err.endswith(f" (RequestId {request_id})\n")
    (told,) = objects(captured.out)
    assert (told["error"]["code"], told["error"]["request_id"]) == (code, request_id)


def test_a_terminal_sees_a_table(mock: MockTingwu, phrases: Phrases) -> None:
    phrase_id = phrases("create", "水果", "苹果=3").strip()
    code, text = on_a_terminal(80, "phrases", "list", "--target", mock.url)
    assert code == 0
    lines = plain(text).splitlines()
    assert any(line.split() == ["Id", "Name", "Description"] for line in lines)
    assert any(line.split() == [phrase_id, "水果"] for line in lines)
