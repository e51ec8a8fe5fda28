"""``mock-tingwu journal``: what a running mock has seen and done, also live or as a HAR file."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mock_tingwu.cli import BAD_USAGE, complain
from mock_tingwu.cli.printable import json_text, printable
from mock_tingwu.cli.sdk import DEFAULT_URL
from mock_tingwu.cli.writing import writing

if TYPE_CHECKING:
    import httpx

Entry = dict[str, Any]
Query = dict[str, str]

#: How long the mock may be silent, in seconds. A stream has a sign of life every 15.
_PATIENCE_S: Final = 60.0
#: Between two attempts to follow a mock that sends nothing, in seconds.
_PAUSE_S: Final = 0.5
#: So much of a text is shown on a line, in characters.
_MOST: Final = 160


class _Refused(Exception):
    """No answer that could be shown; the message says why, ``code`` is the exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which entries of which mock, and how they are shown."""
    parser.add_argument(
        "--url", default=DEFAULT_URL, help=f"address of the mock (default {DEFAULT_URL})"
    )
    parser.add_argument("--task", metavar="ID", help="only what concerns this task")
    parser.add_argument(
        "--kind",
        action="append",
        metavar="KIND",
        help="only entries of this kind, such as request or transition; can be repeated",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object per entry")
    form.add_argument(
        "--har",
        type=Path,
        metavar="FILE",
        help="write an HTTP archive for browsers' developer tools to FILE, and print nothing",
    )
    parser.add_argument(
        "-f",
        "--follow",
        action="store_true",
        help="go on with each entry as it comes, until Ctrl-C or the end of the mock",
    )
    parser.epilog = "A line has the time, the service, the kind, the task and what it is about."


def run(args: argparse.Namespace) -> int:
    """Exit code 0, 1 if no mock answers or FILE cannot be written, 2 for bad usage."""
    # As imports of one's own code go, this is an expensive one.
    import httpx

    from mock_tingwu.client.address import is_http, is_local, no_address

    if not is_http(args.url):
        complain("journal", no_address(args.url, "--url", f"an address such as {DEFAULT_URL}"))
        return BAD_USAGE
    if args.har is not None and args.follow:
        complain("journal", "--har is written once: it does not go with --follow")
        return BAD_USAGE
    url = f"{args.url.rstrip('/')}/_mock/journal"
    query = {"task_id": args.task, "kind": ",".join(args.kind) if args.kind else None}
    asked = {name: value for name, value in query.items() if value is not None}
    show = json_text if args.json else line
    try:
        with httpx.Client(timeout=_PATIENCE_S, trust_env=not is_local(args.url)) as client:
            if args.har is not None:
                archive = _read(client.stream("GET", f"{url}/har", params=asked))
                if not archive.startswith(b'{"log":'):
                    raise _Refused("the answer is no archive")
                with writing("--har", args.har):
                    args.har.write_bytes(archive)
            elif args.follow:
                _follow(client, f"{url}/stream", asked, show)
            else:
                for entry in _entries(_read(client.stream("GET", url, params=asked))):
                    print(show(entry))
    except BrokenPipeError:
        raise  # whoever reads has seen enough: `main` knows
    except _Refused as error:
        complain("journal", error)
        return error.code
    except OSError as error:
        complain("journal", error)
        return 1
    except httpx.HTTPError as error:
        complain("journal", f"no mock answers at {args.url}: {error}")
        return 1
    except KeyboardInterrupt:
        if not args.follow:
            raise
    return 0


def _read(answering: AbstractContextManager[httpx.Response]) -> bytes:
    """The body of an answer.

    Raises:
        _Refused: it is not that of a mock that can give it.
    """
    with answering as answer:
        answer.read()
        _check(answer)
        return answer.content


def _check(answer: httpx.Response) -> None:
    if answer.status_code == 200:
        return
    try:
        answer.read()
        why = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        host = f"{answer.url.scheme}://{answer.url.netloc.decode()}"
        why = f"{host} answered {answer.status_code}, which is no answer of mock-tingwu"
        raise _Refused(why) from None
    raise _Refused(printable(str(why)), BAD_USAGE)


def _entries(body: bytes) -> list[Entry]:
    import msgspec

    try:
        return msgspec.json.decode(body, type=dict[str, Any])["entries"]  # type: ignore[no-any-return]
    except (msgspec.DecodeError, KeyError, UnicodeDecodeError):
        raise _Refused("the answer is no journal") from None


def _follow(client: httpx.Client, url: str, query: Query, show: Callable[[Entry], str]) -> None:
    """Print entries as they come. A stream that breaks off is taken up where it was.

    Raises:
        _Refused: the mock does not take the query.
        httpx.HTTPError: no mock has answered at all.
    """
    import httpx
    import msgspec

    last, met = "", False
    while True:
        news = False
        headers = {"Last-Event-ID": last} if last else {}
        try:
            with client.stream("GET", url, params=query, headers=headers) as answer:
                _check(answer)
                if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                    raise _Refused("the answer is no journal")
                met = True
                for seq, data in _events(answer.iter_lines()):
                    last = seq
                    if data:
                        news = True
                        print(show(msgspec.json.decode(data, type=dict[str, Any])), flush=True)
        except httpx.ConnectError:
            if not met:
                raise
            complain("journal", "the mock has stopped")
            return
        except httpx.TransportError:
            if not met:
                raise
        except msgspec.DecodeError:
            raise _Refused("the answer is no journal") from None
        if not news:
            time.sleep(_PAUSE_S)


def _events(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """The id and the data of each server-sent event. An id may come alone."""
    seq = data = ""
    for text in lines:
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            seq = value
        elif name == "data":
            data = value
        elif not text:
            yield seq, data
            data = ""


# A line


def line(entry: Mapping[str, Any]) -> str:
    """The entry on one line, without anything that a terminal would obey."""
    kind = str(entry.get("kind", ""))
    summary = _SUMMARIES.get(kind, _rest)(entry)
    task = str(entry.get("task_id") or "").removeprefix("asr-")[:8]
    service = str(entry.get("service") or "")
    columns = f"{_time(entry.get('at'))} {service:<9} {kind:<10} {task:<8}"
    return printable(f"{columns} {summary}").rstrip()


def _time(at: object) -> str:
    try:
        return datetime.fromtimestamp(float(str(at)) / 1000).strftime("%H:%M:%S.%f")[:-3]
    except (ValueError, OverflowError, OSError):
        return str(at)


def _request(entry: Mapping[str, Any]) -> str:
    text = f"{entry.get('method')} {entry.get('target')}"
    signature = entry.get("signature", "ok")
    # Where nobody has to sign, few do.
    return text if signature in ("ok", "missing") else f"{text}  signature: {signature}"


def _response(entry: Mapping[str, Any]) -> str:
    body = entry.get("body")
    body = body if isinstance(body, Mapping) else {}
    code = body.get("Code") or body.get("code") or ""
    code = "" if code == "0" else f" {code}"
    return f"{entry.get('status')}{code}  {entry.get('method')} {entry.get('target')}"


def _message(entry: Mapping[str, Any]) -> str:
    message = entry.get("message", entry.get("text"))
    if isinstance(message, str):
        message = _decoded(message)
    if not isinstance(message, Mapping):
        return _cut(message)
    header = message.get("header")
    header = header if isinstance(header, Mapping) else {}
    payload = message.get("payload")
    payload = payload if isinstance(payload, Mapping) else {}
    name = header.get("name") or header.get("action") or header.get("event")
    if not name:
        return _cut(message)
    heard = payload.get("result") or header.get("status_text") or header.get("error_message")
    return f"{name}: {_cut(heard)}" if isinstance(heard, str) else str(name)


def _decoded(text: str) -> Any:
    import msgspec

    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return text


def _transition(entry: Mapping[str, Any]) -> str:
    text = f"{entry.get('before')} -> {entry.get('after')}: {entry.get('why')}"
    cause = entry.get("cause")
    if not isinstance(cause, Mapping):
        return text
    return f"{text} ({', '.join(f'{name} {value}' for name, value in cause.items())})"


def _callback(entry: Mapping[str, Any]) -> str:
    parts = [f"{entry.get('event')} to {entry.get('url')}: {entry.get('outcome')}"]
    parts += [str(entry[name]) for name in ("status", "error") if entry.get(name)]
    return ", ".join(parts)


def _signature(entry: Mapping[str, Any]) -> str:
    causes = entry.get("causes")
    why = " ".join(map(str, causes)) if isinstance(causes, list) else ""
    return f"{entry.get('problem')}: {_cut(why)}"


def _audio(entry: Mapping[str, Any]) -> str:
    size, position = entry.get("bytes"), entry.get("position")
    return f"{entry.get('frames')} frames, {size} bytes, up to {position} ms"


def _rest(entry: Mapping[str, Any]) -> str:
    """What a kind that is not known here has of its own."""
    usual = ("seq", "at", "scope", "kind", "service", "task_id")
    return _cut({name: value for name, value in entry.items() if name not in usual})


def _cut(value: object) -> str:
    text = value if isinstance(value, str) else json_text(value)
    return text if len(text) <= _MOST else text[:_MOST] + "…"


_SUMMARIES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "request": _request,
    "response": _response,
    "result": lambda entry: str(entry.get("name")),
    "ws_open": lambda entry: str(entry.get("target")),
    "ws_in": _message,
    "ws_out": _message,
    "ws_close": lambda entry: f"{entry.get('code')} by the {entry.get('by')}",
    "audio": _audio,
    "transition": _transition,
    "callback": _callback,
    "signature": _signature,
    "violation": lambda entry: f"{entry.get('rule')}: {entry.get('text')}",
    "fault": lambda entry: f"{entry.get('rule')}: {entry.get('text')}",
    "note": lambda entry: str(entry.get("text")),
}
