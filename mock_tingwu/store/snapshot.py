"""What there is to remember of a task, a scope and its books, as plain data and back.

Pure: nothing here knows files, clocks or sockets. Each record is a `msgspec.Struct`, written as
MessagePack with the names of its fields; fields with a default may be missing. Scripts are written
once and named by a hash of their content.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import replace

from mock_tingwu.core.delivery import Attempt, Delivery, Plan, State
from mock_tingwu.core.faults import TaskFailure
from mock_tingwu.core.history import History
from mock_tingwu.core.meeting import AudioFile, Meeting, Sentence, Slide, Word
from mock_tingwu.core.options import Options
from mock_tingwu.core.recognizer import (
    Continued,
    Playlist,
    Recognizer,
    RecognizerState,
    ScriptedRecognizer,
)
from mock_tingwu.core.scope import Doom, Order, Task
from mock_tingwu.core.script import Line, Script
from mock_tingwu.core.stream import AudioStream, Shift
from mock_tingwu.core.tasks import LIVE_TASK, OFFLINE_TASK, REALTIME_TASK, Status
from mock_tingwu.counting import counted
from mock_tingwu.protocols.live_captions import Engine

T = TypeVar("T")

_LIFECYCLES: Final = {one.name: one for one in (REALTIME_TASK, OFFLINE_TASK, LIVE_TASK)}
#: Scripts whose hash is remembered. Most tasks hear the same ones.
_MOST_SCRIPTS: Final = 1_000
#: What MessagePack cannot hold: text with half a surrogate pair, whole numbers over 64 bits, and
#: objects with such keys.
_TEXT, _NUMBER, _OBJECT = 1, 2, 3

_encode = msgspec.msgpack.Encoder().encode


class Damaged(Exception):
    """What was written cannot be read back."""


def encode(value: Any) -> bytes:
    """``value`` as bytes."""
    try:
        return _encode(value)
    except (UnicodeEncodeError, OverflowError):
        return _encode(_wrapped(msgspec.to_builtins(value, builtin_types=(bytes,))))


def _wrapped(value: Any) -> Any:
    if isinstance(value, str):
        if value.isascii() or value.encode(errors="replace").decode() == value:
            return value
        return msgspec.msgpack.Ext(_TEXT, value.encode("utf-8", "surrogatepass"))
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return msgspec.msgpack.Ext(_NUMBER, str(value).encode())
    if isinstance(value, dict):
        pairs = [(_wrapped(key), _wrapped(item)) for key, item in value.items()]
        if all(isinstance(key, str) for key, _ in pairs):
            return dict(pairs)
        return msgspec.msgpack.Ext(_OBJECT, _encode(pairs))
    if isinstance(value, list | tuple):
        return [_wrapped(item) for item in value]
    return value


def _unwrapped(code: int, data: memoryview) -> Any:
    if code == _TEXT:
        return bytes(data).decode("utf-8", "surrogatepass")
    return dict(_plain(data)) if code == _OBJECT else int(bytes(data))


_plain = msgspec.msgpack.Decoder(ext_hook=_unwrapped).decode


def decode(data: bytes, kind: type[T]) -> T:
    """What `encode` was given.

    Raises:
        Damaged: it is something else.
    """
    try:
        return msgspec.convert(_plain(data), kind)
    except (msgspec.MsgspecError, UnicodeError, ValueError, TypeError) as error:
        raise Damaged(str(error)) from None


class Scripts:
    """Scripts by the hash of their content. The same object is not looked at twice."""

    def __init__(self) -> None:
        # The script is kept with its key: another one could get the same id().
        self._keys: OrderedDict[int, tuple[Script, str]] = OrderedDict()
        self._known: dict[str, Script] = {}
        #: Scripts that were not written yet.
        self.new: dict[str, bytes] = {}
        self._written: set[str] = set()

    def key(self, script: Script) -> str:
        """The name of a script; one that was never seen is put among the new ones."""
        found = self._keys.get(id(script))
        if found is not None:
            return found[1]
        data = encode(script)
        key = blake2b(data, digest_size=16).hexdigest()
        self._remember(script, key)
        if key not in self._written:
            self._written.add(key)
            self.new[key] = data
        return key

    def add(self, key: str, data: bytes) -> None:
        """A script that was written before.

        Raises:
            Damaged: it is none.
        """
        script = decode(data, Script)
        self._known[key] = script
        self._written.add(key)
        self._remember(script, key)

    def __getitem__(self, key: str) -> Script:
        try:
            return self._known[key]
        except KeyError:
            raise Damaged(f"there is no script {key}") from None

    def start_over(self) -> None:
        """Nothing has been written."""
        self._written.clear()
        self._keys.clear()

    def _remember(self, script: Script, key: str) -> None:
        self._keys[id(script)] = script, key
        if len(self._keys) > _MOST_SCRIPTS:
            self._keys.popitem(last=False)


# A task


class TaskRecord(msgspec.Struct, omit_defaults=True):
    """What is settled when a task is made, or run again."""

    order: Order
    options: Options
    language: str
    created: int
    lifecycle: str
    playlist: tuple[str, ...]
    hints: tuple[str, ...]
    paragraph_seed: int
    diarized: bool
    first_speaker_id: int
    format: str = ""
    sample_rate: int = 0
    join_token: str = ""
    file_url: str | None = None
    channel_mode: str = ""


class MediaRecord(msgspec.Struct, omit_defaults=True):
    """The media files of a task: the suffixes of those that are finished, or can be made.

    ``title`` is what stands on the slides of an imagined video.
    """

    suffixes: tuple[str, ...] = ()
    imagined: bool = False
    title: str = ""


class StateRecord(msgspec.Struct, omit_defaults=True):
    """Where a task stands.

    ``position`` and ``place`` are those of the recognizer and its playlist, ``passages`` the
    scripts that were begun. ``told`` counts the callbacks of each step.
    """

    status: str
    updated: int
    position: int = 0
    duration: int = 0
    place: tuple[int, int] = (0, 0)
    passages: tuple[str, ...] = ()
    recognizer: RecognizerState | None = None
    sentences: int = 0
    shift: tuple[int, int] = (0, 0)
    sessions: int = 0
    results: dict[str, int] = {}
    earlier: tuple[tuple[str, int, Options], ...] = ()
    files: dict[str, int] = {}
    failed_results: tuple[str, ...] = ()
    doomed_results: tuple[str, ...] = ()
    doom: TaskFailure | None = None
    doomed_by: str = ""
    failing: Doom | None = None
    lost_at: int | None = None
    history: tuple[dict[str, Any], ...] = ()
    to_make: tuple[str, ...] = ()
    due: int = 0
    error_code: str | None = None
    error_message: str | None = None
    file: AudioFile | None = None
    slides: tuple[Slide, ...] = ()
    media: MediaRecord | None = None
    told: dict[str, int] = {}


def task_record(task: Task, scripts: Scripts) -> TaskRecord:
    """What is settled of ``task``."""
    meeting = task.meeting
    return TaskRecord(
        order=task.order,
        options=task.options,
        language=task.language,
        created=task.created,
        lifecycle=task.lifecycle.name,
        playlist=tuple(map(scripts.key, task.playlist.scripts)),
        hints=task.playlist.hints,
        paragraph_seed=meeting.paragraph_seed,
        diarized=meeting.diarized,
        first_speaker_id=meeting.first_speaker_id,
        format=task.format,
        sample_rate=task.sample_rate,
        join_token=task.join_token,
        file_url=task.file_url,
        channel_mode=task.channel_mode,
    )


def state_record(
    task: Task,
    scripts: Scripts,
    *,
    media: MediaRecord | None = None,
    told: Mapping[str, int] | None = None,
    heard: bool = True,
) -> StateRecord:
    """Where ``task`` stands; not ``heard``: as if it had heard nothing yet."""
    record = StateRecord(
        status=task.status.name,
        updated=task.updated,
        sessions=task.sessions,
        results=task.results,
        earlier=tuple(task.earlier),
        files=task.files,
        failed_results=tuple(sorted(task.failed_results)),
        doomed_results=tuple(sorted(task.doomed_results)),
        doom=task.doom,
        doomed_by=task.doomed_by,
        failing=task.failing,
        lost_at=task.lost_at,
        history=tuple(task.history.shown()),
        to_make=tuple(task.to_make),
        due=task.due,
        error_code=task.error_code,
        error_message=task.error_message,
        media=media,
        told=dict(told or {}),
    )
    if not heard:
        return record
    stream, meeting = task.stream, task.meeting
    record.position = stream.position
    record.duration = meeting.duration
    record.place = task.playlist.place
    record.passages = tuple(map(scripts.key, meeting.scripts))
    if isinstance(stream.recognizer, ScriptedRecognizer):
        record.recognizer = stream.recognizer.state
    record.sentences = len(meeting.sentences)
    record.shift = stream.shift.index, stream.shift.time
    record.file, record.slides = meeting.file, tuple(meeting.slides)
    return record


class SentenceRecord(msgspec.Struct, array_like=True):
    """A sentence; a line of the script of its passage is named by its number."""

    begin: int
    end: int
    words: tuple[tuple[str, int, int], ...]
    speaker: int
    line: int | dict[str, Any]
    passage: int
    first_word: int


def sentence_data(sentence: Sentence, passages: Sequence[Script]) -> bytes:
    """A sentence of a meeting with these passages."""
    line: int | dict[str, Any] | None = None
    if 0 <= sentence.passage < len(passages):
        lines, number = passages[sentence.passage].lines, sentence.line.number
        if 0 < number <= len(lines) and lines[number - 1] is sentence.line:
            line = number
    if line is None:  # of a recognizer that is not ours
        line = msgspec.to_builtins(sentence.line)
    return encode(
        SentenceRecord(
            sentence.begin,
            sentence.end,
            tuple((word.text, word.begin, word.end) for word in sentence.words),
            sentence.speaker,
            line,
            sentence.passage,
            sentence.first_word,
        )
    )


def sentence_from(id_: int, data: bytes, passages: Sequence[Script]) -> Sentence:
    """The sentence that `sentence_data` has written.

    Raises:
        Damaged: it is none.
    """
    record = decode(data, SentenceRecord)
    try:
        if isinstance(record.line, int):
            line = passages[record.passage].lines[record.line - 1]
        else:
            line = msgspec.convert(record.line, Line)
    except (IndexError, msgspec.ValidationError) as error:
        raise Damaged(f"the line of a sentence is missing: {error}") from None
    return Sentence(
        id=id_,
        begin=record.begin,
        end=record.end,
        words=tuple(Word(*word) for word in record.words),
        speaker=record.speaker,
        line=line,
        passage=record.passage,
        first_word=record.first_word,
    )


def task_from(
    task_id: str,
    record: TaskRecord,
    state: StateRecord,
    sentences: Iterable[bytes],
    scripts: Scripts,
    make_recognizer: Callable[[Playlist, int, Options], Recognizer],
) -> Task:
    """The task, with a recognizer that goes on behind what was heard.

    One of another kind than ours starts anew there; see `Continued`.

    Raises:
        Damaged: the records do not go together.
    """
    try:
        status, lifecycle = Status[state.status], _LIFECYCLES[record.lifecycle]
    except KeyError as error:
        raise Damaged(f"{error} is no status and no lifecycle") from None
    passages = [scripts[key] for key in state.passages]
    meeting = Meeting(
        record.language,
        record.paragraph_seed,
        record.diarized,
        record.first_speaker_id,
        sentences=[
            sentence_from(number, data, passages) for number, data in enumerate(sentences, 1)
        ],
        scripts=passages,
        duration=state.duration,
        file=state.file,
        slides=list(state.slides),
    )
    if len(meeting.sentences) != state.sentences:
        found, expected = len(meeting.sentences), state.sentences
        raise Damaged(f"the task {task_id} has {counted(found, 'sentence')} instead of {expected}")
    meeting.segments = [(sentence.begin, sentence.end) for sentence in meeting.sentences]
    playlist = Playlist([scripts[key] for key in record.playlist], record.hints)
    recognizer = make_recognizer(playlist, record.sample_rate, record.options)
    try:
        if state.recognizer is not None and isinstance(recognizer, ScriptedRecognizer):
            playlist.go_to(state.place)
            recognizer.restore(state.recognizer)
        elif state.position or state.sentences:
            playlist.go_to(state.place, anew=True)
            recognizer = Continued(
                recognizer, state.position, len(meeting.sentences), len(meeting.scripts)
            )
    except IndexError:
        raise Damaged(f"the task {task_id} has lost its place in its script") from None
    stream = AudioStream(recognizer, meeting)
    stream.shift = Shift(*state.shift)
    order = record.order
    return Task(
        id=task_id,
        order=replace(order, language_hints=tuple(order.language_hints), words=tuple(order.words)),
        language=record.language,
        created=record.created,
        updated=state.updated,
        stream=stream,
        playlist=playlist,
        lifecycle=lifecycle,
        status=status,
        options=record.options,
        format=record.format,
        sample_rate=record.sample_rate,
        join_token=record.join_token,
        file_url=record.file_url,
        channel_mode=record.channel_mode,
        results=state.results,
        earlier=list(state.earlier),
        files=state.files,
        failed_results=set(state.failed_results),
        doomed_results=frozenset(state.doomed_results),
        doom=state.doom,
        doomed_by=state.doomed_by,
        failing=state.failing,
        lost_at=state.lost_at,
        history=History(state.history),
        to_make=list(state.to_make),
        due=state.due,
        error_code=state.error_code,
        error_message=state.error_message,
        sessions=state.sessions,
    )


# A delivery


class DeliveryRecord(msgspec.Struct, omit_defaults=True):
    """A parcel that is not over, and where it is. ``signed`` is the URL and key of its signature.

    An attempt whose outcome nobody has seen has not been made.
    """

    number: int
    lane: str
    event: str
    task_id: str
    url: str
    body: bytes
    headers: dict[str, str]
    plan: Plan
    attempts: tuple[Attempt, ...] = ()
    why: str | None = None
    left: bool = False
    due: int | None = None
    app_key: str = ""
    registration: int = 0
    signed: tuple[str, str] | None = None


def delivery_from(
    record: DeliveryRecord, sign: Callable[[], Mapping[str, str]] | None = None
) -> Delivery:
    """The delivery, to be tried again or for the first time."""
    delivery = Delivery(record.url, record.body, record.headers, record.plan)
    if sign is not None:
        delivery.sign = sign
    delivery.attempts = list(record.attempts)
    delivery.why = record.why
    delivery.state = State.WAITING if record.attempts else State.QUEUED
    return delivery


# The rest of a scope


class ScopeRecord(msgspec.Struct, omit_defaults=True):
    """What belongs to no task and no book.

    ``settings`` are those that something was made of when the scope was begun or brought back last;
    ``now`` is the time (ms) of a virtual clock. ``folder`` is the name of the folder of media files
    and uploads. ``keys`` are those of a scope beside the default one, ``own_…`` and ``profile``
    what it has of its own, ``applied`` its scenarios. ``seq`` and ``dropped`` are the journal's,
    ``day`` and ``used`` the daily quota's.
    """

    seed: int
    clock: str
    now: int
    folder: str
    settings: dict[str, Any]
    ids: dict[str, int] = {}
    seq: int = 0
    dropped: int = 0
    keys: tuple[str, ...] = ()
    own_seed: int = 0
    profile: str = ""
    own_settings: dict[str, Any] = {}
    applied: list[dict[str, Any]] = []
    faults_added: int = 0
    day: int = 0
    used: dict[str, int] = {}


class LiveRecord(msgspec.Struct):
    """A live task at work: what was asked for, what listens, and when it gives up."""

    request: dict[str, Any]
    engine: Engine
    gives_up_at: int | None


class FaultRecord(msgspec.Struct):
    """A rule by the JSON that it was made of."""

    data: dict[str, Any]
    seen: int
    fired: int


class RegistrationRecord(msgspec.Struct):
    """A callback address. What waits for it is counted anew."""

    url: str
    number: int
    delivered: int
    lost: int


class StoredRecord(msgspec.Struct):
    """What a link of DashScope leads to; ``root`` is around the content of the file."""

    task_id: str
    kind: str
    made: int
    options: Options
    root: str
    link_seconds: int


class HostedRecord(msgspec.Struct):
    """A hosted file; ``path`` is that of the user's own, None for a copy of ours."""

    name: str
    size: int
    path: str | None
