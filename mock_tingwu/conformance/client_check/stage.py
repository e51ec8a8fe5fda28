"""One run: a mock of its own, the situation in force, the program, and what was seen of it."""

from __future__ import annotations

import json
import queue
import socket
import tempfile
import threading
import wave
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

from mock_tingwu import MockTingwu, resources
from mock_tingwu.conformance.client_check.evidence import Entry, Evidence
from mock_tingwu.conformance.client_check.programs import Place, Program
from mock_tingwu.conformance.client_check.situation import LAST, Situation

#: What a program is given to push: so much of our weekly sync, in seconds. It ends in mid-sentence,
#: so that a last sentence is due when the stream is stopped.
_AUDIO_S: Final = 10.0
_SILENCE_S: Final = 4.0
#: Between two results, in ms: programs that poll see some of them come.
_RESULT_INTERVAL_MS: Final = 100
BASELINE: Final = "baseline"


def perform(
    program: Program, situation: Situation | None, baseline: Evidence | None, limit: float
) -> Evidence:
    """Run a program once in a situation, or with none for the baseline.

    Raises:
        OSError: it cannot be started.
    """
    settings: dict[str, Any] = {"result_interval_ms": _RESULT_INTERVAL_MS}
    case, silent = BASELINE, False
    if situation is not None:
        settings |= {"profile": situation.profile, **situation.settings}
        case, silent = situation.id, situation.silent
    with (
        tempfile.TemporaryDirectory(prefix="mock-tingwu-") as folder,
        MockTingwu(**settings) as mock,
    ):
        callback_port = _free_port()
        audio = _write_audio(Path(folder), silent)
        if situation is not None:
            for rule in situation.rules:
                wanted = _with_last(rule, baseline)
                mock.faults.add(wanted["action"], match=wanted["match"], times=wanted["times"])
        place = Place(
            case=case,
            url=mock.url,
            ws_url=mock.ws_url,
            host=mock.host,
            port=mock.port,
            audio=audio,
            file_url=mock.host_file(audio),
            callback_url=f"http://127.0.0.1:{callback_port}/callback",
            callback_port=callback_port,
            environ=mock.environ,
        )
        with _Hands(mock, situation, place.callback_url) as hands:
            end = program.run(place, limit)
        seen = Evidence(
            end,
            mock.journal,
            {violation["rule"]: violation["level"] for violation in mock.violations},
        )
        if situation is None:
            return seen
        fired = [fault["fired"] for fault in mock.faults.list()]
    reached = _reached(situation, seen, baseline, any(fired), hands.pushed)
    return Evidence(seen.end, seen.entries, seen.violations, reached)


def _reached(
    situation: Situation, run: Evidence, baseline: Evidence | None, fired: bool, pushed: int
) -> bool:
    """Whether what a situation is about has happened in a run."""
    if situation.needs and baseline is not None and situation.needs not in baseline.results:
        return False
    if situation.silent:
        return not run.heard and situation.kind in run.kinds
    if situation.rules:
        return fired
    return pushed > 0 if situation.pushes else situation.kind in run.kinds


def _with_last(rule: Mapping[str, Any], baseline: Evidence | None) -> Mapping[str, Any]:
    """A rule in which the last event is the one of the baseline."""
    match = dict(rule["match"])
    if match.get("nth") == LAST:
        match["nth"] = max(1, len(baseline.finals)) if baseline is not None else 1
    return {**rule, "match": match}


class _Hands:
    """What is done by hand while a program runs: messages, and the address of its callbacks.

    ``pushed`` is how many messages were sent.
    """

    def __init__(self, mock: MockTingwu, situation: Situation | None, callback_url: str) -> None:
        self._mock = mock
        self._callback_url = callback_url
        self._pushes = list(situation.pushes) if situation is not None else []
        self._seen: dict[str, int] = {}
        self._app_keys: set[str] = set()
        self._due: queue.SimpleQueue[tuple[str, str] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.pushed = 0

    def __enter__(self) -> _Hands:
        self._mock.tap(self._look)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._due.put(None)
        self._thread.join()

    def _look(self, entry: Entry) -> None:
        """On the mock's thread, which must not be kept: what is due is done by ours."""
        if entry["kind"] == "request" and entry.get("operation") == "CreateTask":
            app_key = _decoded(entry.get("body")).get("AppKey")
            if isinstance(app_key, str) and app_key and app_key not in self._app_keys:
                self._app_keys.add(app_key)
                self._due.put((app_key, ""))
        if entry["kind"] == "ws_out" and self._pushes and entry.get("by") != "control":
            for name in _names(entry):
                self._seen[name] = self._seen.get(name, 0) + 1
                for push in self._pushes:
                    if (push.event, push.nth) == (name, self._seen[name]):
                        self._due.put((entry["session"], push.text))

    def _work(self) -> None:
        while (due := self._due.get()) is not None:
            to, text = due
            # A session may be over, an address be nobody's, and the mock be closed.
            with suppress(ValueError, RuntimeError, TimeoutError):
                if not text:
                    self._mock.callback(to, self._callback_url)
                else:
                    self._mock.session(to).send(text)
                    self.pushed += 1


def _names(entry: Entry) -> list[str]:
    """The names of an event: its own, and DashScope's action."""
    message = _decoded(entry["message"])
    header, payload = message.get("header") or {}, message.get("payload") or {}
    output = payload.get("output") or {}
    found = (header.get("name"), header.get("event"), output.get("action"))
    return [name for name in found if isinstance(name, str)]


def _decoded(value: Any) -> Mapping[str, Any]:
    """The JSON object that an entry has, nothing if it is none: a tap is given bytes."""
    if isinstance(value, bytes | bytearray | str):
        with suppress(ValueError):
            value = json.loads(value)
    return value if isinstance(value, Mapping) else {}


def _free_port() -> int:
    """A port that nobody listens at; the program may."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _write_audio(folder: Path, silent: bool) -> Path:
    """The recording that a program is given."""
    path = folder / ("silence.wav" if silent else "meeting.wav")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", "not compressed"))
        file.writeframes(b"\0" * round(_SILENCE_S * 32_000) if silent else _speech())
    return path


@cache
def _speech() -> bytes:
    with wave.open(str(resources.folder("fixtures") / "audio" / "cn-weekly-sync.wav")) as file:
        samples: bytes = file.readframes(round(_AUDIO_S * file.getframerate()))
    return samples
