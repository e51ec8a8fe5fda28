"""Writing a cassette: exchanges come in as they were, and are on the disk as `masking` leaves them.

::

    with CassetteWriter(Path("meeting.jsonl"), target="live") as cassette:
        cassette.http(request, answer)
        session = cassette.websocket(url, headers)
        session.sent(message)  # text, or audio as bytes
        session.received(message)
        session.closed(1000, by="client")

Any client can feed one: nothing here knows how the exchange came about. One line is written for
each call of a method, at once; only frames of audio are summed up until something else comes.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

from mock_tingwu import __version__
from mock_tingwu.cassettes import shapes
from mock_tingwu.cassettes.calls import OTHER, SESSIONS, Call, call_of, schema_of_answer, session_of
from mock_tingwu.cassettes.cassette import FORMAT, TARGETS, VERSION
from mock_tingwu.cassettes.facts import Fact, facts
from mock_tingwu.cassettes.masking import Masker, Redacted

FORM: Final = "application/x-www-form-urlencoded"
#: The name of a part: it stands as it is.
_PART: Final = re.compile("[A-Z0-9-]{1,40}")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it was sent to the service. ``url`` is whole; header names have any case."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer as it came. Of a body that nobody has kept, ``body`` is its size in bytes."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | int = field(default=b"", repr=False)


class CassetteWriter:
    """Writes one cassette, as a context manager; may be called from any thread.

    Args:
        path: the file, which is written anew.
        target: what is recorded from: ``mock``, ``live`` or ``other``.
        secrets: keys that are known, which are written nowhere, whatever they look like.

    Raises:
        ValueError: ``target`` is none of these.
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path, *, target: str = "other", secrets: Iterable[str] = ()) -> None:
        if target not in TARGETS:
            raise ValueError(f"target is {target!r}, expected one of {', '.join(TARGETS)}")
        self._maskers = {"": Masker(secrets)}
        self._lock = threading.RLock()
        self._sessions = 0
        #: How many records have been written.
        self.records = 0
        #: Why nothing more is written since a disk was full, or the like.
        self.problem: OSError | None = None
        self._file = path.open("w", encoding="utf-8")
        header = {
            "format": FORMAT,
            "version": VERSION,
            "target": target,
            "recorded": datetime.now(UTC).date().isoformat(),
            "writer": __version__,
        }
        try:
            self._line(header)
        except OSError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what comes afterwards is not written."""
        # What could not be written has been told: nothing else is left to write.
        with self._lock, suppress(OSError):
            self._file.close()

    def raise_problem(self) -> None:
        """Raise `problem`, if there is one: what was written is not the whole."""
        if self.problem is not None:
            raise self.problem

    def keep_secret(self, secrets: Iterable[str]) -> None:
        """Write these nowhere from now on, whatever they look like."""
        with self._lock:
            for secret in secrets:
                self._maskers[""].keep(secret)

    def http(self, request: HttpRequest, answer: HttpAnswer, part: str = "") -> None:
        """Write a request and its answer; ``part`` is what of the whole they belong to."""
        with self._lock:
            masker = self._masker(part)
            record = self._requested(request, masker) | _noted(part)
            call = str(record["call"])
            record["status"] = answer.status
            record["answer_headers"] = masker.headers(answer.headers.items())
            size, document = _read(answer.headers, answer.body)
            if document is not None:
                record["answer"] = masker.document(
                    document[0], _answer_facts(call, answer.status, document[0])
                )
            elif size:
                record["answer_bytes"] = size
            self._write(masker.redacted(record))

    def websocket(
        self, url: str, headers: Mapping[str, str], status: int = 101, part: str = ""
    ) -> Session:
        """Write that a WebSocket was asked for; ``status`` is not 101 when it was refused."""
        parts = urlsplit(url)
        with self._lock:
            masker = self._masker(part)
            self._sessions += 1
            for _, value in parse_qsl(parts.query):
                masker.learn(value)
            kind = session_of(parts.path)
            record = {
                "open": kind,
                "session": self._sessions,
                "url": masker.reference("url", url),
                "signed": scheme_of(headers, {}),
                "status": status,
                **_noted(part),
            }
            _learn_authorization(headers, masker)
            self._write(masker.redacted(record))
            return Session(self, self._sessions, kind, masker)

    # Inside

    def _masker(self, part: str) -> Masker:
        if part not in self._maskers:
            self._maskers[part] = self._maskers[""].of_another_part()
        return self._maskers[part]

    def _requested(self, request: HttpRequest, masker: Masker) -> dict[str, Any]:
        parts = urlsplit(request.url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        _learn_authorization(request.headers, masker)
        size, document = _read(request.headers, request.body)
        body = document[0] if document else None
        form = _form(request)
        method = masker.method(request.method)
        # RPC style signed with ACS3 names the call in a header (live-rtc-asr 3).
        named = {"Action": _header(request.headers, "x-acs-action"), **query}
        call = call_of(request.method, parts.path, named, form or body)
        record: dict[str, Any] = {"call": call.name, "method": method}
        if call is OTHER and (kind := masker.key_of(request.url)) is not None:
            record["call"] = f"file {kind}"
            record["url"] = masker.reference(kind, request.url)
            masker_headers = {}
        else:
            if call is OTHER:
                for value in query.values():
                    masker.learn(value)
            record["path"] = masker.path(parts.path, _fixed(parts.path, call))
            fact = facts(*call.request) if call.request else None
            names = (*call.query, *fact.keys) if fact and call.service == "live" else call.query
            record["query"] = masker.parameters({**query, **form}, names, fact)
            if form:
                record["form"] = True
            masker_headers = masker.headers(request.headers.items())
            record["signed"] = scheme_of(request.headers, {**query, **form})
            if document is not None:
                record["body"] = masker.document(body, fact)
            elif size and not form:
                record["bytes"] = size
        record["headers"] = masker_headers
        return record

    def _write(self, redacted: Redacted) -> None:
        """Write a record. Raises TypeError unless it has been masked."""
        if not isinstance(redacted, Redacted):
            raise TypeError("only a Redacted is written")
        with self._lock:
            if not self._file.closed:
                try:
                    self._line(redacted.record)
                except OSError as error:
                    # Whoever makes a call is not to hear of it.
                    self.problem = error
                    self.close()
                else:
                    self.records += 1

    def _line(self, record: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
        self._file.flush()


class Session:
    """One WebSocket of a cassette."""

    def __init__(self, writer: CassetteWriter, number: int, kind: str, masker: Masker) -> None:
        self._writer = writer
        self._masker = masker
        self._number = number
        sent, received = SESSIONS[kind]
        self._facts = {"sent": facts(*sent), "received": facts(received)}
        self._audio = {"frames": 0, "bytes": 0}

    def sent(self, message: str | bytes) -> None:
        """Write what the client sent: a text, or audio, of which only its size is kept."""
        if isinstance(message, bytes):
            with self._writer._lock:
                self._audio["frames"] += 1
                self._audio["bytes"] += len(message)
        else:
            self._message("sent", message)

    def received(self, message: str | bytes) -> None:
        """Write what the service sent."""
        if isinstance(message, bytes):
            message = f"{len(message)} bytes"
        self._message("received", message)

    def closed(self, code: int, *, by: str, awaited: bool = False) -> None:
        """Write the end: the code of the CLOSE, 1006 if there was none, and by whom.

        ``awaited`` tells that the client waited for the service to close.

        Raises:
            ValueError: ``by`` is neither client nor service.
        """
        if by not in ("client", "service"):
            raise ValueError(f"by is {by!r}, expected client or service")
        with self._writer._lock:
            self._flush()
            waited = {"awaited": True} if awaited else {}
            self._note({"close": {"by": by, "code": int(code), **waited}})

    def _message(self, direction: str, text: str) -> None:
        with self._writer._lock:
            self._flush()
            try:
                value = self._masker.document(json.loads(text), self._facts[direction])
            except (ValueError, RecursionError):
                value = shapes.text_class(text) if text else ""
            self._note({direction: value})

    def _flush(self) -> None:
        if self._audio["frames"]:
            audio, self._audio = self._audio, {"frames": 0, "bytes": 0}
            self._note({"audio": audio})

    def _note(self, record: Mapping[str, Any]) -> None:
        """Write what has been masked, or numbers and words of ours."""
        redacted = self._masker.redacted({**record, "session": self._number})
        self._writer._write(redacted)


def _learn_authorization(headers: Mapping[str, str], masker: Masker) -> None:
    """Whatever lets somebody in by a header stands nowhere else."""
    for name, value in headers.items():
        lower = name.lower()
        if lower == "authorization" or "token" in lower or "key" in lower:
            for word in value.replace(",", " ").replace("=", " ").replace(":", " ").split():
                if len(word) >= 8 and not word.startswith("ACS3-"):
                    masker.learn(word)


def _noted(part: str) -> dict[str, str]:
    """What a record has in it of its part. Raises ValueError for what could be anybody's text."""
    if part and _PART.fullmatch(part) is None:
        raise ValueError(f"part is {part!r}, expected up to 40 of A-Z, 0-9 and -")
    return {"part": part} if part else {}


def _answer_facts(call: str, status: int, answer: Any) -> Fact | None:
    """What the schemas say of an answer."""
    name = schema_of_answer(call, status, answer)
    return facts(name) if name else None


def scheme_of(headers: Mapping[str, str], parameters: Mapping[str, str]) -> str | None:
    """How a request is signed."""
    authorization = _header(headers, "authorization")
    for prefix, scheme in (("acs ", "acs"), ("ACS3-", "ACS3-HMAC-SHA256"), ("bearer ", "bearer")):
        if authorization[: len(prefix)].lower() == prefix.lower():
            return scheme
    return "rpc" if {"AccessKeyId", "Signature"} <= parameters.keys() else None


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _fixed(path: str, call: Call) -> list[str]:
    """The pieces of a path that everybody's is made of."""
    pieces = path.split("/")
    named = call.name in ("GetTaskInfo",) or (
        call.name.endswith("TranscriptionPhrases") and call.name[:4] not in ("List", "Crea")
    )
    if call is OTHER:
        return [piece for piece in pieces if shapes.template(piece) == piece]
    return pieces[:-1] if named else pieces


def _form(request: HttpRequest) -> dict[str, str]:
    kind = _header(request.headers, "content-type")
    if kind.partition(";")[0].strip().lower() != FORM:
        return {}
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def _read(headers: Mapping[str, str], body: bytes | int) -> tuple[int, tuple[Any] | None]:
    """The size of a body, and in a tuple its JSON if it is any."""
    if isinstance(body, int):
        return body, None
    if body.lstrip()[:1] not in (b"{", b"["):
        return len(body), None
    try:
        return len(body), (json.loads(body),)
    except (ValueError, RecursionError):
        return len(body), None
