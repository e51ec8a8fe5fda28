from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from mock_tingwu.cli.captions import LiveDisplay
from mock_tingwu.cli.terminal import Speakers, Wrapped, caption_row, clock, make_console, wrap

MIXED = st.text(alphabet="会议纪要，。（）aB1 -한글é「」", max_size=120)


@given(MIXED, st.integers(min_value=2, max_value=40))
def test_wrapped_lines_fit_and_lose_nothing_but_blanks(text: str, width: int) -> None:
    lines = list(wrap(text, width))
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_no_line_begins_with_a_full_stop_or_comma() -> None:
    text = "我先说进度，新版搜索上周发布了。另外首页的加载时间缩短了一半。"
    for width in range(6, 40):
        assert not any(line[0] in "，。" for line in wrap(text, width))


def test_latin_words_stay_whole_among_wide_characters() -> None:
    assert list(wrap("接口文档用OpenAPI写好，发到群里。", 16)) == [
        "接口文档用",
        "OpenAPI写好，发",
        "到群里。",
    ]


def test_korean_breaks_at_its_spaces() -> None:
    assert list(wrap("다음 주 월요일에 고객 시연이 있어요.", 20)) == [
        "다음 주 월요일에",
        "고객 시연이 있어요.",
    ]


def test_a_caption_of_wide_text_keeps_its_columns_at_80() -> None:
    console = Console(file=io.StringIO(), width=80)
    row = caption_row("[00:04.5]", Text("Speaker 2"), Wrapped("会议纪要" * 20), Wrapped("minutes"))
    console.print(row)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert all(cell_len(line) <= 80 for line in lines)
    assert lines[0].startswith("[00:04.5] Speaker 2 会议")
    assert all(line.startswith(" " * 20) and line[20] != " " for line in lines[1:])


def test_the_first_speaker_is_speaker_1_however_ids_count() -> None:
    assert Speakers().text("0").plain == "Speaker 1"
    assert Speakers(ids_from=1).text("1").plain == "Speaker 1"
    assert Speakers().text(None).plain == ""
    assert Speakers().text("guest").plain == "guest"


def test_times_are_cut_not_rounded() -> None:
    assert (clock(0), clock(59_999), clock(3_725_050)) == ("00:00.0", "00:59.9", "62:05.0")


def test_without_a_terminal_nothing_is_coloured_and_lines_end_without_blanks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("COLUMNS", raising=False)
    console = make_console()
    console.print(caption_row("", Text("Speaker 1", "red"), Wrapped("好", "bold")))
    assert capsys.readouterr().out == "          Speaker 1 好\n"


def test_the_live_part_leaves_room_for_what_ctrl_c_echoes() -> None:
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    display = LiveDisplay(console, duration=39_000, speed=1)
    display.position(12_000)
    *_, bar = console.render_lines(display._render(), pad=False)
    text = "".join(segment.text for segment in bar)
    assert text.startswith("● 00:12 ━") and text.rstrip().endswith("00:39")
    assert cell_len(text) <= 76
