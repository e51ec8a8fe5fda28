"""``mock-tingwu stream``: what is pushed, what is shown, and how it ends."""

from __future__ import annotations

import asyncio
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from rich.cells import cell_len

from mock_tingwu import MockTingwu
from mock_tingwu.cli import main, pushing
from mock_tingwu.cli.audio import Piece
from mock_tingwu.client import find_target
from mock_tingwu.client.stream import AudioStream
from mock_tingwu.media import read_wav
from tests.cli.commands import COMMAND, Running, environment, objects, on_a_terminal, plain, run
from tests.cli.conftest import KEY, LINES
from tests.conftest import RECORDING, SCRIPT
from tests.media_samples import encode, encoded

Start = Callable[..., MockTingwu]
Captured = pytest.CaptureFixture[str]

#: How the vendor's gateway says that a stream stood still (realtime-ws 4).
IDLE = {"type": "ws_task_failed", "status": 40000004}


@pytest.fixture
def weekly(mock: MockTingwu) -> MockTingwu:
    """A mock that hears the demo meeting in tasks with the key of `KEY`."""
    mock.script(SCRIPT, task_key=KEY)
    return mock


def pushed(mock: MockTingwu, *arguments: object) -> list[str]:
    """Arguments that push something into the demo meeting, as fast as it goes."""
    about = ("--target", mock.url, "--task-key", KEY, "--speed", "1000")
    return ["stream", *map(str, arguments), *about]


def only_task(mock: MockTingwu) -> str:
    (task_id,) = {entry["task_id"] for entry in mock.journal if entry["kind"] == "transition"}
    return str(task_id)


def statuses(mock: MockTingwu) -> list[str]:
    return [str(entry["after"]) for entry in mock.journal if entry["kind"] == "transition"]


# What is pushed


def test_a_recording_becomes_captions_and_a_task_that_is_stopped(
    weekly: MockTingwu, beginning: Path
) -> None:
    result = run(*pushed(weekly, beginning))
    assert (result.returncode, result.stderr) == (0, "")
    task_id = only_task(weekly)
    first, *captions, last = result.stdout.splitlines()
    assert (first, last) == (f"Task {task_id}", f"{task_id} COMPLETED")
    assert [line[10:] for line in captions] == LINES[:2]
    assert re.fullmatch(r"\[00:0\d\.\d\] \S+", captions[0])
    assert "mc=" not in result.stdout


@pytest.mark.parametrize(
    ("kind", "audio_format"), [("mp3", "pcm"), ("opus", "aac"), ("aac", "mp3"), ("mp3", "opus")]
)
def test_files_of_many_kinds_are_converted_to_what_the_task_declares(
    weekly: MockTingwu, beginning: Path, capsys: Captured, kind: str, audio_format: str
) -> None:
    path = beginning.with_suffix(f".{kind}")
    path.write_bytes(encode(kind, 16_000, read_wav(beginning)[0], "mono"))
    assert main(pushed(weekly, path, "--format", audio_format, "--rate", "8000")) == 0
    captions = capsys.readouterr().out.splitlines()[1:-1]
    assert [line[10:] for line in captions] == LINES[:2]
    created = next(entry for entry in weekly.journal if entry["kind"] == "request")
    source = created["body"]["Input"]
    assert (source["Format"], source["SampleRate"]) == (audio_format, 8000)


def test_speex_is_pushed_as_it_is(mock: MockTingwu, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "talk.spx"
    path.write_bytes(encoded("speex", 16_000))
    assert main(pushed(mock, path, "--format", "speex")) == 0
    assert "[00:0" in capsys.readouterr().out
    assert main(pushed(mock, path, "--format", "speex", "--rate", "8000")) == 2
    assert "expected a Speex file of 8000 Hz" in capsys.readouterr().err


def test_samples_from_stdin_are_heard_while_they_come(weekly: MockTingwu) -> None:
    pcm, _ = read_wav(RECORDING)
    with Running(pushed(weekly, "-"), stdin=subprocess.PIPE) as stream:
        stream.feed(pcm[: 8 * 32_000])
        # The pipe is open: nobody has waited for its end.
        assert stream.line_with(LINES[0])
        stream.end_of_input()
        code, rest, errors = stream.wait()
    assert (code, errors) == (0, "")
    assert LINES[1] in rest and rest.endswith(" COMPLETED\n")


def test_samples_from_a_file_on_stdin_are_pushed_to_its_end(
    weekly: MockTingwu, tmp_path: Path
) -> None:
    samples = tmp_path / "samples"
    samples.write_bytes(read_wav(RECORDING)[0])
    with samples.open("rb") as stdin, Running(pushed(weekly, "-"), stdin=stdin.fileno()) as stream:
        code, out, errors = stream.wait()
    assert (code, errors) == (0, "")
    assert [line[10:] for line in out.splitlines()[1:-1]] == LINES


def test_audio_is_pushed_at_its_pace_and_what_is_late_is_caught_up_with_gently() -> None:
    pauses: list[float] = []

    class Silent:
        async def send(self, audio: bytes) -> None:
            pass

    async def pieces() -> AsyncIterator[Piece]:
        for number in range(1, 6):
            yield Piece(b"audio", number * 100)
            if number == 3:
                clock.now += 0.2  # nothing came for a while

    class Clock:
        now = 0.0

    clock = Clock()

    async def sleep(seconds: float) -> None:
        pauses.append(round(seconds, 6))
        clock.now += seconds

    async def send() -> None:
        asyncio.get_running_loop().time = lambda: clock.now  # type: ignore[method-assign]
        stream = cast(AudioStream[Any], Silent())
        await pushing._send(stream, pieces(), 2.0, lambda position: None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "sleep", sleep)
        asyncio.run(send())
    # 100 ms of audio at twice the speed take 50 ms; late, they take 25.
    assert pauses == [0.05, 0.05, 0.05, 0.025, 0.025]


def test_stdin_that_cannot_be_read_ends_the_meeting_and_is_told(
    mock: MockTingwu, tmp_path: Path
) -> None:
    with (
        (tmp_path / "written").open("wb") as file,
        Running(pushed(mock, "-"), stdin=file.fileno()) as stream,
    ):
        code, out, errors = stream.wait()
    assert (code, errors) == (2, "mock-tingwu stream: stdin cannot be read: Bad file descriptor\n")
    assert out.endswith(f"{only_task(mock)} COMPLETED\n")


def test_stdin_that_is_closed_is_told(mock: MockTingwu) -> None:
    shell = f"{shlex.join([*COMMAND, *pushed(mock, '-')])} <&-"
    result = subprocess.run(
        ["sh", "-c", shell], capture_output=True, encoding="utf-8", env=environment(), check=False
    )
    assert result.returncode == 2
    assert result.stderr.startswith("mock-tingwu stream: stdin is closed, expected 16-bit mono")


# The microphone

SOUNDDEVICE = '''
"""Hears a recording at once, then nothing."""
import os, threading, wave

class PortAudioError(Exception):
    pass

def check_input_settings(channels, dtype, samplerate):
    if os.environ.get("NO_MICROPHONE"):
        raise PortAudioError("Error querying device -1")
    assert (channels, dtype, samplerate) == (1, "int16", 16000)

class RawInputStream:
    def __init__(self, samplerate, blocksize, channels, dtype, callback):
        self.size, self.callback = blocksize, callback

    def __enter__(self):
        hearing = threading.Thread(target=self.hear)
        hearing.start()
        hearing.join()

    def __exit__(self, *exception):
        print("microphone closed", flush=True)

    def hear(self):
        with wave.open(os.environ["HEARD"]) as heard:
            while block := heard.readframes(self.size):
                self.callback(memoryview(block), self.size, None, None)
'''


@pytest.fixture
def microphone(tmp_path: Path, beginning: Path) -> dict[str, str]:
    """The environment in which a microphone hears the beginning of the meeting."""
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "sounddevice.py").write_text(SOUNDDEVICE)
    root = str(Path(__file__).parents[2])
    return {"PYTHONPATH": f"{folder}:{root}", "HEARD": str(beginning)}


def test_ctrl_c_ends_the_microphone_and_the_rest_goes_on_in_order(
    weekly: MockTingwu, microphone: dict[str, str]
) -> None:
    with Running(pushed(weekly, "mic", "--result", "text"), environ=microphone) as stream:
        weekly.wait_for(event="SentenceEnd")
        code, out, errors = stream.end(signal.SIGINT)
    assert code == 0
    assert out == f"microphone closed\n{LINES[0]}{LINES[1]}\n"
    assert "interrupted" not in errors and errors.endswith(" COMPLETED\n")


def test_a_second_ctrl_c_interrupts_what_follows_the_microphone(
    weekly: MockTingwu, microphone: dict[str, str]
) -> None:
    weekly.faults.add(
        {"type": "ws_stall", "ms": 600_000}, match={"event": "TranscriptionCompleted"}
    )
    with Running(pushed(weekly, "mic"), environ=microphone) as stream:
        stream.line_with(LINES[0])
        stream.process.send_signal(signal.SIGINT)
        stream.line_with("microphone closed")
        weekly.wait_for(kind="fault")
        code, _, errors = stream.end(signal.SIGINT)
    assert code == 130
    assert errors.startswith("mock-tingwu stream: interrupted after 00:0")
    assert errors.endswith(f"and the task {only_task(weekly)} is stopped.\n")


def test_a_microphone_that_cannot_be_used_is_told_before_anything_is_created(
    mock: MockTingwu, microphone: dict[str, str]
) -> None:
    result = run(*pushed(mock, "mic"), environ={**microphone, "NO_MICROPHONE": "1"})
    assert result.returncode == 2
    assert result.stderr == (
        "mock-tingwu stream: the microphone cannot be used: Error querying device -1\n"
    )
    assert mock.journal == []


def test_without_the_library_the_extra_is_named(
    mock: MockTingwu, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert main(pushed(mock, "mic")) == 2
    assert "pip install 'mock-tingwu[mic]'" in capsys.readouterr().err


# Into whose task


def test_with_a_join_url_the_task_of_somebody_else_is_neither_made_nor_stopped(
    weekly: MockTingwu, beginning: Path, capsys: Captured
) -> None:
    async def create() -> str:
        async with find_target(weekly.url).tingwu() as client:
            return (await client.create_realtime(task_key=KEY)).join_url

    url = asyncio.run(create())
    assert main(["stream", str(beginning), "--join-url", url, "--speed", "1000", "--json"]) == 0
    told = objects(capsys.readouterr().out)
    assert [one["text"] for one in told if one["event"] == "SentenceEnd"] == LINES[:2]
    assert told[-1] == {"event": "Completed"}
    assert statuses(weekly)[-1] == "PAUSED"


@pytest.mark.parametrize(
    "arguments", [("--wait",), ("--result", "md"), ("--translate", "en"), ("--timeout", "3")]
)
def test_options_about_a_task_make_no_sense_with_a_join_url(
    beginning: Path, capsys: Captured, arguments: tuple[str, ...]
) -> None:
    url = "ws://127.0.0.1:1/api/ws/v1?mc=secret"
    assert main(["stream", str(beginning), "--join-url", url, *arguments]) == 2
    errors = capsys.readouterr().err
    assert f"{arguments[0]} makes no sense with --join-url" in errors
    assert "secret" not in errors


def test_a_join_url_that_is_none_is_not_shown(capsys: Captured) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["stream", "-", "--join-url", "http://127.0.0.1:1/?mc=secret"])
    errors = capsys.readouterr().err
    assert "--join-url: it does not begin with ws:// or wss://" in errors
    assert "secret" not in errors


# What comes of it


@pytest.mark.usefixtures("impatient")
def test_waiting_ends_with_links_to_every_result(
    weekly: MockTingwu, beginning: Path, capsys: Captured
) -> None:
    options = ("--wait", "--results", "AutoChapters", "--translate", "en")
    assert main(pushed(weekly, beginning, *options)) == 0
    lines = capsys.readouterr().out.splitlines()
    kinds = ("Transcription", "AutoChapters", "Translation")
    assert "The meeting is stopped; waiting for 3 results." in lines
    assert {f"{kind} is ready" for kind in kinds} <= set(lines)
    links = dict(line.split(None, 1) for line in lines if "http" in line)
    assert set(links) == set(kinds)
    assert all("Signature=" in link and " " not in link for link in links.values())


@pytest.mark.usefixtures("impatient")
def test_a_result_that_was_asked_for_and_has_not_come_is_told(
    weekly: MockTingwu, beginning: Path, capsys: Captured
) -> None:
    weekly.faults.add("result.AutoChapters")
    options = ("--results", "AutoChapters", "--result", "text")
    assert main(pushed(weekly, beginning, *options)) == 0
    assert "AutoChapters could not be made\n" in capsys.readouterr().err
    assert main(pushed(weekly, beginning, *options, "--json")) == 0
    last = objects(capsys.readouterr().out)[-1]
    assert (last["status"], last["failed_results"]) == ("COMPLETED", ["AutoChapters"])


@pytest.mark.usefixtures("impatient")
def test_a_result_goes_to_stdout_and_all_else_to_stderr(
    weekly: MockTingwu, beginning: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert main(pushed(weekly, beginning, "--result", "srt")) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("1\n00:00:0") and LINES[0] in captured.out
    assert "The meeting is stopped; waiting for 1 result.\n" in captured.err
    out = tmp_path / "minutes.md"
    assert main(pushed(weekly, beginning, "--result", "md", "--out", out)) == 0
    captured = capsys.readouterr()
    assert out.read_text("utf-8").startswith("# ")
    assert captured.err == "" and LINES[0] in captured.out and "# " not in captured.out


@pytest.mark.usefixtures("impatient")
def test_json_is_an_object_a_line_and_the_last_has_task_and_status(
    weekly: MockTingwu, beginning: Path, capsys: Captured
) -> None:
    assert main(pushed(weekly, beginning, "--json", "--result", "text", "--speakers", "2")) == 0
    captured = capsys.readouterr()
    told = objects(captured.out)
    assert captured.err == ""
    task_id = only_task(weekly)
    assert told[0] == {"event": "Created", "task_id": task_id}
    assert told[-1] == {"task_id": task_id, "status": "COMPLETED"}
    ends = [one for one in told if one.get("event") == "SentenceEnd"]
    assert [one["text"] for one in ends] == LINES[:2]
    assert {one["speaker"] for one in ends} <= {"0", "1"}
    assert any(one.get("event") == "ResultChanged" for one in told)
    (result,) = [one for one in told if one.get("event") == "Result"]
    assert LINES[0] in result["text"]
    assert "mc=" not in captured.out


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("nothing.wav",), "nothing.wav: No such file or directory"),
        (("{tmp}",), "{tmp}: Is a directory"),
        (("{text}",), "{text} cannot be pushed: the file is text, no recording."),
        (("{wav}", "--out", "minutes.md"), "--out needs --result, which says what is written"),
        (
            ("{wav}", "--result", "md", "--out", "{tmp}"),
            "--out {tmp} is a folder, expected a file to write",
        ),
        (
            ("{wav}", "--result", "md", "--out", "{tmp}/none/minutes.md"),
            "--out {tmp}/none/minutes.md cannot be written: there is no folder {tmp}/none",
        ),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_created(
    mock: MockTingwu,
    beginning: Path,
    tmp_path: Path,
    capsys: Captured,
    given: tuple[str, ...],
    sentence: str,
) -> None:
    text = tmp_path / "text.wav"
    text.write_text("no audio at all\n" * 100)
    names = {"tmp": tmp_path, "text": text, "wav": beginning}
    assert main(pushed(mock, *(part.format(**names) for part in given))) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"mock-tingwu stream: {sentence.format(**names)}\n")
    assert mock.journal == []


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        (("--speed", "0"), "'0' is not a number from 0.1 to 1000"),
        (("--timeout", "-1"), "'-1' is not a number of seconds above 0"),
        (("--timeout", "inf"), "'inf' is not a number of seconds above 0"),
        (("--speakers", "two"), "'two' is not a whole number from 0"),
        (("--results", "Minutes"), "'Minutes' is none of AutoChapters, "),
        (("--parameters", "[]"), "'[]' is no JSON object"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(
    capsys: Captured, option: tuple[str, str], expected: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["stream", "-", "=".join(option)])
    assert f"argument {option[0]}: {expected}" in capsys.readouterr().err


# What goes wrong


def test_ctrl_c_stops_in_order_and_says_what_is_kept(weekly: MockTingwu) -> None:
    about = ("--target", weekly.url, "--task-key", KEY, "--speed", "8", "--json")
    with Running(["stream", str(RECORDING), *about]) as stream:
        stream.line_with("SentenceEnd")
        code, rest, errors = stream.end(signal.SIGINT)
    task_id = only_task(weekly)
    assert code == 130
    pattern = (
        rf"interrupted after 00:\d\d; \d sentences? heard, and the task {task_id} is stopped\."
    )
    assert re.fullmatch(rf"mock-tingwu stream: {pattern}\n", errors)
    assert objects(rest)[-1]["task_id"] == task_id
    assert objects(rest)[-2] == {"event": "Completed"}
    assert statuses(weekly)[-1] in ("FINISHING", "COMPLETED")


def test_a_second_ctrl_c_does_not_wait_for_the_task_to_be_stopped(weekly: MockTingwu) -> None:
    weekly.faults.add(
        {"type": "latency", "ms": 60_000}, match={"operation": "CreateTask", "nth": 2}
    )
    with Running(pushed(weekly, "-"), stdin=subprocess.PIPE) as stream:
        stream.line()
        weekly.wait_for(sessions=1)
        stream.process.send_signal(signal.SIGINT)
        weekly.wait_for(kind="fault")
        code, _, errors = stream.end(signal.SIGINT)
    assert code == 130
    assert errors.endswith(f"and the task {only_task(weekly)} could not be stopped.\n")


def test_ctrl_c_while_results_are_made_tells_where_the_task_stands(
    start_mock: Start, beginning: Path
) -> None:
    mock = start_mock(clock="virtual", result_interval_ms=60_000)
    with Running(pushed(mock, beginning, "--wait", "--json", "--results", "all")) as stream:
        stream.line_with("Progress")
        code, rest, errors = stream.end(signal.SIGINT)
    assert code == 130
    assert errors.endswith(f"and the task {only_task(mock)} is stopped.\n")
    assert objects(rest)[-1] == {"task_id": only_task(mock), "status": "ONGOING"}


@pytest.mark.usefixtures("impatient")
def test_a_wait_that_takes_too_long_is_no_answer(
    start_mock: Start, beginning: Path, capsys: Captured
) -> None:
    mock = start_mock(clock="virtual", result_interval_ms=60_000)
    options = ("--wait", "--timeout", "0.2", "--json", "--results", "all")
    assert main(pushed(mock, beginning, *options)) == 4
    captured = capsys.readouterr()
    last = objects(captured.out)[-1]
    assert (last["task_id"], last["status"]) == (only_task(mock), "ONGOING")
    assert captured.err.endswith("is still ONGOING after 0.2 s.\n")


def test_a_lost_connection_is_told_and_the_stream_goes_on(
    weekly: MockTingwu, beginning: Path, capsys: Captured
) -> None:
    weekly.faults.add({"type": "ws_drop"}, match={"event": "SentenceEnd"}, times=1)
    assert main(pushed(weekly, beginning)) == 0
    out = capsys.readouterr().out
    assert "The connection to the meeting broke off. Attempt 1 to go on.\n" in out
    assert re.search(r"^The stream goes on after \d\.\d s; \d\.\d s are sent again\.$", out, re.M)


@pytest.mark.parametrize("json", [False, True])
def test_a_stream_that_fails_is_told_and_its_task_is_stopped(
    weekly: MockTingwu, beginning: Path, capsys: Captured, json: bool
) -> None:
    weekly.faults.add(IDLE, match={"event": "SentenceEnd", "nth": 2})
    assert main(pushed(weekly, beginning, "--wait", *(["--json"] if json else []))) == 1
    captured = capsys.readouterr()
    assert captured.err == (
        "mock-tingwu stream: The meeting's stream failed with 40000004: "
        "Gateway:IDLE_TIMEOUT:Websocket session is idle for too long time!\n"
    )
    assert statuses(weekly)[-1] in ("FINISHING", "COMPLETED")
    if json:
        last = objects(captured.out)[-1]
        assert (last["task_id"], last["error"]["status"]) == (only_task(weekly), 40000004)


def test_a_task_that_fails_in_mid_stream_says_why(
    weekly: MockTingwu, beginning: Path, capsys: Captured
) -> None:
    failure = {"type": "task_failed", "error_code": "TSC.AudioFormat", "stage": "audio"}
    weekly.faults.add({**failure, "after_ms": 50})
    about = ("--target", weekly.url, "--speed", "4")
    assert main(["stream", str(RECORDING), *about]) == 1
    captured = capsys.readouterr()
    assert captured.out.endswith(
        f"{only_task(weekly)} FAILED (TSC.AudioFormat: Audio format invalid.)\n"
    )
    assert captured.err.startswith("mock-tingwu stream: The meeting")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("result", [False, True])
def test_a_task_that_fails_afterwards_says_why_too(
    weekly: MockTingwu, beginning: Path, capsys: Captured, result: bool
) -> None:
    failure = {"type": "task_failed", "error_code": "TSC.AudioFormat", "stage": "processing"}
    weekly.faults.add(failure)
    assert main(pushed(weekly, beginning, *(["--result", "md"] if result else ["--wait"]))) == 1
    captured = capsys.readouterr()
    last = (captured.err if result else captured.out).splitlines()[-1]
    assert last == f"{only_task(weekly)} FAILED (TSC.AudioFormat: Audio format invalid.)"


def test_a_stream_that_fails_while_stdin_says_nothing_ends_all_the_same(
    weekly: MockTingwu,
) -> None:
    weekly.faults.add(IDLE, match={"event": "SentenceEnd"})
    with Running(pushed(weekly, "-"), stdin=subprocess.PIPE) as stream:
        stream.feed(read_wav(RECORDING)[0][: 8 * 32_000])
        code, _, errors = stream.wait()  # with stdin still open
    assert code == 1 and "40000004" in errors


def test_a_stream_that_the_service_ends_too_early_has_failed(weekly: MockTingwu) -> None:
    with Running(pushed(weekly, "-"), stdin=subprocess.PIPE) as stream:
        stream.line()
        weekly.wait_for(sessions=1)
        stream.feed(bytes(3200))
        weekly.wait_for(status="ONGOING")
        weekly.sessions[0].send(name="TranscriptionCompleted", payload={})
        code, _, errors = stream.wait()  # with stdin still open
    assert code == 1
    assert errors == (
        "mock-tingwu stream: The service ended the stream before all audio was pushed.\n"
    )


def test_a_reader_who_has_seen_enough_ends_the_meeting(weekly: MockTingwu) -> None:
    with subprocess.Popen(
        [*COMMAND, *pushed(weekly, "-")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write(read_wav(RECORDING)[0][: 16 * 32_000])
        process.stdin.flush()
        assert process.wait(30) == 1  # with stdin still open
        assert process.stderr.read() == b""
    assert statuses(weekly)[-1] in ("FINISHING", "COMPLETED")


def test_a_refusal_has_code_message_and_request_id_in_one_line(
    start_mock: Start, beginning: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    mock = start_mock(auth="verify", access_keys={"known": "one"})
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "known")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "planted-secret")
    assert main(pushed(mock, beginning, "--json")) == 3
    captured = capsys.readouterr()
    request_id = mock.journal[-1]["request_id"]
    assert captured.err.startswith("mock-tingwu stream: SignatureDoesNotMatch: ")
    assert captured.err.endswith(f" (RequestId {request_id})\n")
    assert captured.err.count("\n") == 1
    (told,) = objects(captured.out)
    assert (told["error"]["code"], told["error"]["request_id"]) == (
        "SignatureDoesNotMatch",
        request_id,
    )
    assert "planted-secret" not in captured.out + captured.err


def test_nobody_at_the_address_is_no_answer(beginning: Path, capsys: Captured) -> None:
    assert main(["stream", str(beginning), "--target", "http://127.0.0.1:1"]) == 4
    assert "127.0.0.1:1 does not answer" in capsys.readouterr().err


def test_live_without_keys_says_what_to_set(
    beginning: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("ID", "SECRET"):
        monkeypatch.delenv(f"ALIBABA_CLOUD_ACCESS_KEY_{name}", raising=False)
    assert main(["stream", str(beginning), "--target", "live"]) == 2
    assert "set ALIBABA_CLOUD_ACCESS_KEY_ID and" in capsys.readouterr().err


def test_where_no_mock_runs_one_is_started_and_said_to_end(beginning: Path) -> None:
    program = ["stream", str(beginning), "--speed", "1000"]
    result = run(*program)
    assert result.returncode == 0
    assert result.stderr.startswith("mock-tingwu: no mock runs at http://127.0.0.1:8900: ")
    assert result.stdout.endswith(" COMPLETED\n")


def test_a_mock_that_a_variable_names_has_to_run(beginning: Path) -> None:
    result = run("stream", str(beginning), environ={"MOCK_TINGWU_URL": "http://127.0.0.1:1"})
    assert result.returncode == 4
    assert result.stderr.startswith("mock-tingwu stream: No mock answers at http://127.0.0.1:1 ")


# On a terminal


def test_a_terminal_sees_captions_grow_and_names_instead_of_links(weekly: MockTingwu) -> None:
    about = ("--target", weekly.url, "--task-key", KEY, "--speed", "40", "--wait")
    code, text = on_a_terminal(80, "stream", str(RECORDING), *about)
    assert code == 0
    assert "▌" in text and "✓ Transcription" in plain(text)
    shown = plain(text).splitlines()
    assert all(cell_len(line.rpartition("\r")[2]) <= 80 for line in shown)
    assert re.search(r"\x1b\]8;id=\d+;http://127\.0\.0\.1:\d+/oss/\S+Signature=", text)


def test_a_result_reaches_its_file_also_while_a_terminal_shows_the_meeting(
    weekly: MockTingwu, beginning: Path, tmp_path: Path
) -> None:
    path = tmp_path / "captions.srt"
    with path.open("wb") as file:
        code, text = on_a_terminal(80, *pushed(weekly, beginning, "--result", "srt"), stdout=file)
    assert code == 0
    assert path.read_text("utf-8").startswith("1\n00:00:0")
    assert "00:00:00,9" not in text and LINES[0] in plain(text)


def test_stdin_has_to_be_a_pipe_or_a_file(mock: MockTingwu) -> None:
    code, text = on_a_terminal(80, *pushed(mock, "-"))
    assert code == 2
    assert "stdin is a terminal, expected 16-bit mono samples" in " ".join(text.split())
    assert mock.journal == []
