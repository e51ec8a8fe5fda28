"""Right calls of every operation, and what may stand in the place of any value of theirs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

from mock_tingwu.core import faults
from tests.protocols.signing import tingwu_captures
from tests.wire.helpers.raw import http

Path_ = tuple[str | int, ...]

_VECTORS: Final = Path(__file__).parent.parent / "vectors"
_PLACE: Final = "the place of the value"
_DASHSCOPE: Final = "/api/v1/services/aigc/multimodal-generation/generation"
#: A name that no seed has.
_NEW: Final = "new\r\n\u0000 \ud800"


@dataclass(frozen=True)
class Seed:
    """A call that is answered well, with a JSON body."""

    name: str
    method: str
    target: str
    body: Any

    def request(self, raw: bytes) -> bytes:
        """The call with another body."""
        return http(self.method, self.target, raw, extra="Content-Type: application/json\r\n")


SCRIPT: Final = {
    "language": "cn",
    "sentences": [{"text": "x", "speaker": 0, "translations": {"en": "y"}}],
}
SCENARIO: Final = {
    "name": "n",
    "description": "d",
    "settings": {"max_streams": 1, "app_keys": {"a": "b"}, "throttle": "2/5"},
    "faults": [{"match": {"nth": 1}, "action": {"type": "latency", "ms": 1}}],
    "scripts": [{"app_key": "a", "script": SCRIPT}],
    "apps": {"tw_1": {"published": True}},
    "callbacks": {"a": "http://127.0.0.1:1/"},
}


def _control() -> Iterator[tuple[str, Any]]:
    """Paths below ``/_mock/`` and bodies; ``{task}`` is a task that has a session."""
    yield "tasks/{task}/transition", {"to": "FAILED", "error_code": "X", "error_message": "y"}
    yield "wait", {"task_id": "{task}", "status": "NEW", "timeout_ms": 0}
    yield "wait", {"status": "COMPLETED", "count": 1, "timeout_ms": 0}
    yield "wait", {"kind": "request", "service": "tingwu", "since": 0, "count": 1, "timeout_ms": 0}
    yield "wait", {"sessions": 1, "task_id": "{task}", "timeout_ms": 0}
    yield "sessions/close", {"code": 1000, "reason": "x"}
    yield "sessions/{task}/1/send", {"name": "SentenceEnd", "payload": {"x": 1}, "status": 20000000}
    yield "sessions/{task}/1/send", {"event": {"header": {"name": "x"}}}
    yield "sessions/{task}/1/close", {"cut": True}
    yield "callbacks", {"app_key": "app", "url": "http://127.0.0.1:1/"}
    yield "apps", {"app_id": "tw_1", "parameters": {"analysis": {"actionsEnabled": True}}}
    yield "apps", {"app_id": "tw_1", "published": False, "callback": "", "terminologies": {}}
    yield "clock", {"mode": "virtual", "advance_ms": 1}
    yield "scopes", {"name": "n", "keys": ["k"], "clock": "virtual", "seed": 7, "profile": "plain"}
    yield "reset", {}
    yield "scripts", {"task_key": "key", "script": SCRIPT}
    for name, kind in faults.KINDS.items():
        action = {"type": name, **kind.example}
        yield "faults", {"match": {"nth": 1}, "action": action, "times": 1}
    yield "scenarios", SCENARIO


@cache
def seeds(task_id: str) -> list[Seed]:
    """A call of every operation that takes JSON; ``task_id`` is that of a task that there is."""
    found = []
    for name in tingwu_captures.SIGNED:
        captured = tingwu_captures.load(name)
        if captured.body.startswith(b"{"):
            body = json.loads(captured.body)
            found.append(Seed(name, captured.method, captured.target, body))
    captures = (_VECTORS / "dashscope" / "requests.jsonl").read_text("utf-8").splitlines()
    for number, line in enumerate(captures):
        body = json.loads(line)["body"]
        found.append(Seed(f"dashscope {number}", "POST", _DASHSCOPE, body))
    for path, body in _control():
        given = json.loads(json.dumps(body).replace("{task}", task_id))
        found.append(Seed(path, "POST", f"/_mock/{path.replace('{task}', task_id)}", given))
    return found


def places(value: Any, at: Path_ = ()) -> Iterator[Path_]:
    """Where values are in ``value``, and where there could be another one."""
    yield at
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*at, name))
        yield (*at, _NEW)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*at, index))


def changed(value: Any, at: Path_, raw: str) -> bytes:
    """``value`` in JSON with ``raw`` at one place."""

    def put(value: Any, at: Path_) -> Any:
        if not at:
            return _PLACE
        if isinstance(value, dict):
            return {**value, at[0]: put(value.get(at[0]), at[1:])}
        return [put(one, at[1:]) if n == at[0] else one for n, one in enumerate(value)]

    return json.dumps(put(value, at)).replace(json.dumps(_PLACE), raw).encode()


#: What JSON can say and programs stumble over.
NASTY: Final = (
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "1e999",
    "-1e999",
    "1e-999",
    "1e308",
    "-0",
    str(2**31),
    str(2**63),
    str(-(2**63) - 1),
    str(2**64),
    "9" * 400,
    "9" * 100_000,
    '""',
    '" "',
    '"x"',
    '"\\ud800"',
    '"\\udfff tail"',
    '"\\u0000"',
    '"\\u0085\\u2028\\ufeff\\ufffe"',
    '"\\r\\nSet-Cookie: x=1\\r\\n\\r\\n"',
    '"../../../etc/passwd"',
    '"http://[::1"',
    '"http://\\ud800/"',
    '"' + "x" * 100_000 + '"',
    "[]",
    "[[]]",
    '[null, 1, "x", {}]',
    "[" + "0," * 5_000 + "0]",
    "{}",
    '{"": {}}',
    '{"x": 1, "x": 2}',
    '{"\\ud800": 1}',
    "[" * 60 + "]" * 60,
    "[" * 5_000 + "]" * 5_000,
    '{"a":' * 60 + "1" + "}" * 60,
    "NaN",
    "-Infinity",
    "01",
    '"\\x41"',
    '"\n"',
)

_texts = st.text(st.characters(), max_size=8)
#: Values of any kind, in JSON.
values: Final = st.one_of(
    st.sampled_from(NASTY),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | _texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
        max_leaves=6,
    ).map(json.dumps),
)
