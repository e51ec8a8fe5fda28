from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from typing import Any
from unicodedata import category

import httpx
import pytest

from mock_tingwu.cli import live_log
from mock_tingwu.client.live_callbacks import MAX_BODY, Arrival, LiveCallback
from mock_tingwu.protocols.signing import asr_sig
from mock_tingwu.settings import LIVE_AUTH_KEY
from tests.cli.commands import COMMAND, Running, environment, run

KEY = "hush-live-auth-key"
TASK = "asr-7a6b8f1e-0f4e-4d1c-9f0e-2f9a3f5c1b7d"
TEXT = "大家好，我们开始吧。"


class Listener(Running):
    """``live listen`` on a free port."""

    def __init__(self, *flags: str, environ: Mapping[str, str] | None = None) -> None:
        super().__init__(["live", "listen", "--port", "0", *flags], None, environ)
        stream = self.process.stderr if "--json" in flags else self.process.stdout
        assert stream is not None
        first = stream.readline()
        found = re.fullmatch(r"mock-tingwu live listening on (http://127\.0\.0\.1:\d+/)\n", first)
        assert found, self.end(signal.SIGKILL)
        self.url = found[1]

    def stop(self, number: signal.Signals = signal.SIGINT) -> list[str]:
        """End it; return the lines that were still written to stdout."""
        code, out, errors = self.end(number)
        assert (code, errors) == (0, "")
        return out.splitlines()


def callback(name: str = "SentenceEnd", payload: Any = None, task: str = TASK) -> dict[str, Any]:
    said = {"index": 0, "result": TEXT} if payload is None else payload
    content = {"header": {"name": name, "status": 20000000, "status_text": "Success."}}
    return {"task_id": task, "language": "cn", "content": json.dumps({**content, "payload": said})}


def post(url: str, body: Any, *, signed_for: str | None = None, key: str = KEY) -> None:
    at = str(int(time.time()))
    headers = {} if signed_for is None else {"SIG-TIME": at}
    if signed_for is not None:
        headers["ASR-SIG"] = asr_sig.sign(at, signed_for, key).upper()
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    httpx.post(url, content=content, headers=headers)


def columns(line: str) -> list[str]:
    """What stands in a line, without its time."""
    assert re.match(r"\d\d:\d\d:\d\d\.\d\d\d ", line)
    return re.split(r"  +|(?<=^.{8}) ", line[13:], maxsplit=4)


def test_each_callback_is_a_line_and_the_end_a_summary() -> None:
    begin, interim = {"index": 0, "time": 1}, {"index": 0, "result": "大家好"}
    item = {"text": "Hello, let's begin.", "index": 0, "beginTime": 0, "endTime": 900}
    translated = {"target_lang": "en", "translate_result": [item]}
    with Listener() as listener:
        post(listener.url, callback("SentenceBegin", begin))
        post(listener.url, callback("TranscriptionResultChanged", interim))
        post(listener.url, callback())
        post(listener.url, callback("ResultTranslated", translated))
        post(listener.url, callback("TranscriptionCompleted", {}))
        lines = listener.stop()
    assert [columns(line) for line in lines[:-1]] == [
        ["7a6b8f1e", "not checked", "0 SentenceBegin"],
        ["7a6b8f1e", "not checked", "0 interim", "大家好"],
        ["7a6b8f1e", "not checked", "0 sentence", TEXT],
        ["7a6b8f1e", "not checked", "0 translation", "en: Hello, let's begin."],
        ["7a6b8f1e", "not checked", "TranscriptionCompleted 20000000 Success."],
    ]
    assert lines[-1] == "5 callbacks, 1 sentence, 1 task, 0 bad signatures"


def test_lines_come_at_once() -> None:
    with Listener() as listener:
        post(listener.url, callback())
        assert listener.line().endswith(TEXT)


def test_signatures_are_marked_and_explained_once() -> None:
    with Listener("--auth-key", KEY) as listener:
        url = f"{listener.url}字幕?lesson=3"
        for index in (0, 1):
            post(url, callback(payload={"index": index, "result": TEXT}), signed_for=url)
        post(url, callback(payload={"index": 2, "result": TEXT}), signed_for=url, key="other")
        post(url, callback(payload={"index": 3, "result": TEXT}))
        lines = listener.stop()
    assert [columns(line)[1] for line in lines if "sentence  " in line] == [
        *("ok", "ok", "WRONG", "missing"),
    ]
    notes = [line[22:] for line in lines if line[22:24] == "- "]
    assert notes[0] == f"- the signature fits the CallbackURL {url}"
    assert "another AuthKey, or of another CallbackURL than http://127.0.0.1:" in notes[1]
    assert notes[2:] == ["- SIG-TIME or ASR-SIG is missing: was the task created with an AuthKey?"]
    assert lines[-1] == "4 callbacks, 4 sentences, 1 task, 2 bad signatures"


def test_an_old_time_is_told_and_is_not_wrong() -> None:
    with Listener("--auth-key", KEY) as listener:
        headers = {"SIG-TIME": "1700000000"}
        headers["ASR-SIG"] = asr_sig.sign("1700000000", listener.url, KEY)
        httpx.post(listener.url, json=callback(), headers=headers)
        lines = listener.stop()
    assert columns(lines[0])[1] == "ok, stale"
    assert lines[1].endswith("- SIG-TIME is far behind the clock of this machine")
    assert lines[-1].endswith("0 bad signatures")


def test_behind_a_proxy_the_url_that_the_task_was_told_is_signed() -> None:
    url = "https://captions.example.com/live"
    with Listener("--auth-key", KEY, "--callback-url", url) as listener:
        post(listener.url + "inside", callback(), signed_for=url)
        post(listener.url, callback(payload={"index": 1, "result": TEXT}), signed_for=listener.url)
        lines = listener.stop()
    assert [columns(line)[1] for line in lines if "sentence  " in line] == ["ok", "WRONG"]


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_the_key_can_come_from_the_environment_and_is_never_printed(flags: tuple[str, ...]) -> None:
    with Listener(*flags, environ={LIVE_AUTH_KEY: KEY}) as listener:
        post(listener.url, callback(), signed_for=listener.url)
        post(listener.url, callback(), signed_for="http://elsewhere/")
        post(listener.url, b"hello")
        code, out, errors = listener.end(signal.SIGINT)
    assert code == 0 and "ok" in out and "wrong" in out.lower() and "missing" in out
    assert KEY not in out + errors


def test_the_key_of_the_flag_wins_and_is_never_printed() -> None:
    environ = {LIVE_AUTH_KEY: "another"}
    with Listener("--auth-key", KEY, environ=environ) as listener:
        post(listener.url, callback(), signed_for=listener.url)
        lines = listener.stop()
    assert columns(lines[0])[1] == "ok"
    assert KEY not in "".join(lines)
    for flags in (("--port", "none"), ("--callback-url", "x"), ("--host", "a..b"), ("--frob",)):
        result = run("live", "listen", "--auth-key", KEY, *flags)
        assert result.returncode in (1, 2) and KEY not in result.stdout + result.stderr


def test_json_is_one_object_per_callback_with_all_its_fields() -> None:
    with Listener("--json", "--auth-key", KEY) as listener:
        post(listener.url, {**callback(), "colour": "rot\u009b"}, signed_for=listener.url)
        post(listener.url + "other?x=1", b"\xffhello")
        code, out, errors = listener.end(signal.SIGINT)
    assert code == 0
    assert (
        errors == "1 callback, 1 sentence, 1 task, 1 bad signature, 1 request without a callback\n"
    )
    first, second = map(json.loads, out.splitlines())
    assert abs(first.pop("received_at") / 1000 - time.time()) < 60
    del second["received_at"]
    header = {"name": "SentenceEnd", "status": 20000000, "status_text": "Success."}
    assert first == {
        "task_id": TASK,
        "language": "cn",
        "colour": "rot\u009b",
        "content": {"header": header, "payload": {"index": 0, "result": TEXT}},
        "target": "/",
        "signature": "ok",
        "signed_url": listener.url,
        "stale": False,
        "problems": [],
    }
    assert second == {
        "body": "\ufffdhello",
        "target": "/other?x=1",
        "signature": "missing",
        "signed_url": None,
        "stale": False,
        "problems": ["the body is not JSON"],
    }
    assert TEXT in out and "\u009b" not in out


#: Everything that would do something to a terminal.
COMMANDS = "\x1b[2J\x1b]0;title\x07\x9b31m\r\n\x7f\u202e\u2028\U000e0001"


def obeyed(text: str) -> list[str]:
    """The characters that a terminal would not just show."""
    return [c for c in text if c != "\n" and (category(c)[0] == "C" or category(c) in ("Zl", "Zp"))]


def hostile(url: str) -> None:
    """Post what might hurt."""
    post(url, callback(payload={"index": 0, "result": COMMANDS}, task=f"asr-{COMMANDS}"))
    post(url, callback(COMMANDS, {"index": 10**30, "result": COMMANDS}))
    content = {"header": {"name": "x", "status": [COMMANDS], "status_text": {COMMANDS: COMMANDS}}}
    post(url, {"task_id": "t", "content": json.dumps(content)})
    post(url, callback("ResultTranslated", {"target_lang": COMMANDS, "translate_result": [[]]}))
    post(url, callback(payload={"index": COMMANDS, "result": [1]}))
    post(url, callback(payload={"index": 0, "result": "x" * 100_000}))
    post(f"{url}%1b%5b2J?%9b\x9b", COMMANDS.encode())
    post(url, b'{"task_id": "\xff\xfe"}')
    post(url, b'{"task_id": "\\ud800", "content": ""}')
    post(url, b"[" * 100_000)
    post(url, b"x" * (MAX_BODY + 1))
    for depth in (40, 60, 200, 990):
        deep = '"deep": ' + "[" * depth + "]" * depth
        post(url, f"{{{deep}, {json.dumps(callback(task='t'))[1:]}".encode())
    post(url, callback(payload={"index": 1, "result": "still here"}, task="last"))


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_nothing_hostile_ends_it_or_gets_through(flags: tuple[str, ...]) -> None:
    with Listener("--auth-key", KEY, *flags) as listener:
        hostile(listener.url)
        code, out, errors = listener.end(signal.SIGINT)
    assert code == 0 and "still here" in out
    summary = (errors or out).splitlines()[-1]
    assert summary.endswith("8 requests without a callback")
    assert "Traceback" not in errors
    assert obeyed(out) == []
    assert "\\x1b[2J" in out or "\\u001b[2J" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_a_request_half_sent(number: signal.Signals) -> None:
    with Listener() as listener:
        port = int(listener.url.strip("/").rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"task_id"')
            assert httpx.get(listener.url).is_success  # what came before has been read
            lines = listener.stop(number)
    assert lines[-2].endswith("! the sender has hung up before the body was complete")
    assert lines[-1].startswith("0 callbacks, 0 sentences, 0 tasks")


def test_it_ends_where_signals_are_ignored_at_first() -> None:
    shell = ["sh", "-c", f"{' '.join(COMMAND)} live listen --port 0 & echo $!; wait"]
    with subprocess.Popen(
        shell, stdout=subprocess.PIPE, encoding="utf-8", env=environment()
    ) as process:
        assert process.stdout is not None
        number = int(process.stdout.readline())
        assert "listening" in process.stdout.readline()
        os.kill(number, signal.SIGINT)
        assert process.stdout.read().startswith("0 callbacks")


def test_what_is_not_http_is_passed_over() -> None:
    with Listener() as listener:
        port = int(listener.url.strip("/").rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"hello\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 400")
        assert listener.stop() == ["0 callbacks, 0 sentences, 0 tasks, 0 bad signatures"]


def test_a_reader_that_has_seen_enough_causes_no_traceback() -> None:
    shell = ["sh", "-c", f"{' '.join(COMMAND)} live listen --port 0 | head -1"]
    with subprocess.Popen(
        shell,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment(),
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        url = process.stdout.readline().split()[-1]
        post(url, callback())
        assert process.stdout.read() == ""
        assert process.stderr.read() == ""


def test_a_port_that_is_taken_is_told_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        result = run("live", "listen", "--port", port)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"mock-tingwu live listen: cannot listen on 127.0.0.1, port {port}: ")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("dance",),
        ("listen", "--port", "65536"),
        ("listen", "--port", "0000099999"),
        ("listen", "--port", "http"),
        ("listen", "--auth-key", ""),
        ("listen", "--callback-url", "captions.example.com"),
    ],
)
def test_bad_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    result = run("live", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("usage: ") and "Traceback" not in result.stderr


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from mock_tingwu.cli import main\n"
        "try:\n"
        "    main(['live', 'listen', '--help'])\n"
        "finally:\n"
        "    print('LOADED', *(name.partition('.')[0] for name in sys.modules))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        encoding="utf-8",
        env=environment({LIVE_AUTH_KEY: KEY}),
        check=False,
    )
    text, _, loaded = result.stdout.partition("LOADED")
    assert LIVE_AUTH_KEY in text and KEY not in text
    heavy = {"asyncio", "uvicorn", "starlette", "websockets", "rich", "httpx", "msgspec"}
    assert heavy & set(loaded.split()) == set()


# On a terminal


def on_a_terminal(columns: int) -> str:
    """What a terminal is sent while a sentence grows, another task is hostile, and Ctrl-C comes."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    with subprocess.Popen(
        [*COMMAND, "live", "listen", "--port", "0", "--auth-key", KEY],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment({"TERM": "xterm-256color"}),
    ) as process:
        os.close(theirs)
        try:
            written = read_until(ours, b"\n")
            url = written.decode().splitlines()[0].split()[-1]
            talk(url)
            written += read_until(ours, b"still here")
            process.send_signal(signal.SIGINT)
            written += read_until(ours, None)
        finally:
            process.kill()
            os.close(ours)
    assert process.returncode == 0
    return written.decode("utf-8").replace("\r\n", "\n")


def talk(url: str) -> None:
    """Post a sentence that grows, and what might hurt."""
    post(url, callback("SentenceBegin", {"index": 0}), signed_for=url)
    for length in (3, 6, 9):
        said = {"index": 0, "result": TEXT[:length]}
        post(url, callback("TranscriptionResultChanged", said), signed_for=url)
    post(url, callback(), signed_for=url)
    hostile(url)


def read_until(terminal: int, text: bytes | None) -> bytes:
    """What comes up to a text, or to the end."""
    written = b""
    while text is None or text not in written:
        try:
            written += os.read(terminal, 65536)
        except OSError:  # how Linux says that the other side is gone
            break
    return written


def test_a_terminal_sees_sentences_grow_and_nothing_hostile() -> None:
    text = on_a_terminal(90)
    growing = [text.index(TEXT[:length] + " ") for length in (3, 6, 9)]
    assert growing == sorted(growing) and growing[-1] < text.index(TEXT)
    assert "\x1b[2K" in text, "the live part is redrawn"
    # rich's own sequences: colours, erasing a line, going up, the cursor.
    rest = re.sub(r"\x1b\[[0-9;]*m|\x1b\[2K|\x1b\[\d*A|\x1b\[\?25[lh]|\r", "", text)
    assert obeyed(rest) == []
    assert KEY not in text
    assert text.rstrip().endswith("requests without a callback")


# What is wrong about the order of events


def problems(*events: tuple[str, int]) -> list[str]:
    """What is said of these events of one task."""
    log = live_log.Log()
    found: list[str] = []
    for name, index in events:
        item = {"index": index, "text": "x", "endTime": 1}
        payload = {"index": index, "result": "x", "translate_result": [item]}
        body = json.dumps(callback(name, payload)).encode()
        found += log.take(Arrival(0.0, "/", body, LiveCallback.parse(body))).problems
    return found


BEGIN, CHANGED, END = "SentenceBegin", "TranscriptionResultChanged", "SentenceEnd"
TRANSLATED = "ResultTranslated"


@pytest.mark.parametrize(
    "events",
    [
        [(BEGIN, 0), (CHANGED, 0), (END, 0), (TRANSLATED, 0), (BEGIN, 1), (END, 1)],
        [(BEGIN, 0), (END, 0), (BEGIN, 1), (TRANSLATED, 0), (CHANGED, 1), (END, 1)],
        [(END, 0), (TRANSLATED, 0), (END, 1), (END, 2)],  # ReportInterval -1
        [(CHANGED, 0), (CHANGED, 0), (END, 0), (CHANGED, 1)],  # nothing is told of beginnings
        [(CHANGED, 17), (END, 17), (BEGIN, 18)],  # the task had begun before the listener
        [(TRANSLATED, 4), (END, 5)],
    ],
)
def test_events_in_order_are_nothing_to_tell(events: list[tuple[str, int]]) -> None:
    assert problems(*events) == []


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([(END, 0), (END, 3)], ["the index goes from 0 to 3: some are missing"]),
        ([(END, 3), (END, 1), (END, 4)], ["the index goes back from 3 to 1"]),
        ([(END, 3), (END, 0), (END, 1)], ["the index goes back from 3 to 0"]),
        ([(END, 0), (END, 0)], ["sentence 0 has ended before"]),
        ([(BEGIN, 0), (BEGIN, 1)], ["no SentenceEnd came for sentence 0"]),
        ([(BEGIN, 0), (BEGIN, 0)], ["a second SentenceBegin came for sentence 0"]),
        (
            [(BEGIN, 0), (END, 0), (CHANGED, 1), (CHANGED, 1), (END, 1)],
            ["no SentenceBegin came for sentence 1"],
        ),
        ([(BEGIN, 0), (TRANSLATED, 0)], ["sentence 0 is translated and has not ended"]),
        ([(END, 0), (TRANSLATED, 1)], ["sentence 1 is translated and has not ended"]),
    ],
)
def test_events_out_of_order_are_told(events: list[tuple[str, int]], told: list[str]) -> None:
    assert problems(*events) == told


def test_tasks_do_not_mix_and_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_log, "MAX_TASKS", 2)
    log = live_log.Log()
    for task, index in (("a", 0), ("b", 5), ("a", 1), ("c", 0), ("a", 9)):
        body = json.dumps(callback(payload={"index": index}, task=task)).encode()
        assert log.take(Arrival(0.0, "/", body, LiveCallback.parse(body))).problems == ()
