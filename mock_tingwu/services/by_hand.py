"""Messages that somebody wants to be sent to a client, as the control API is told of them.

Whole ones are sent as they stand, so that a client can be shown whatever it may meet. Those that
are named are completed as the session itself would do it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec

from mock_tingwu.core.errors import SERVER_ERROR, SESSION_ERRORS
from mock_tingwu.core.shown import shown
from mock_tingwu.protocols import inference, nls

#: The text that goes with a status, where the table of errors has one.
_TEXTS: Final = {error.status: error.about("").text for error in reversed(SESSION_ERRORS)} | {
    nls.SUCCESS: nls.SUCCESS_TEXT
}


def whole(event: object) -> bytes:
    """A whole message: an object, or a text that is sent as it stands.

    Raises:
        ValueError: it is neither, or no UTF-8.
    """
    if isinstance(event, str):
        try:
            return event.encode()
        except UnicodeEncodeError:
            raise ValueError(f"event is {shown(event)}, which is no Unicode text") from None
    if not isinstance(event, Mapping):
        raise ValueError(f"event is {shown(event)}, expected a whole message: an object or a text")
    return msgspec.json.encode(event)


def nls_event(session: nls.Session, asked: Mapping[str, Any]) -> bytes:
    """An event of a realtime task by its ``name``, with ``payload``, ``status``, ``status_text``.

    Raises:
        ValueError: something makes no sense.
    """
    _only(asked, ("name", "payload", "status", "status_text"))
    name = _one_of("name", asked.get("name"), nls.EVENTS)
    failed = name == nls.TASK_FAILED
    status = asked.get("status", SERVER_ERROR.status if failed else nls.SUCCESS)
    if isinstance(status, bool) or not isinstance(status, int):
        raise ValueError(f"status is {shown(status)}, expected a whole number such as 20000000")
    text = asked.get("status_text", _TEXTS.get(status))
    if text is None:
        raise ValueError(f"status_text is missing: no text is known for the status {status}")
    if not isinstance(text, str):
        raise ValueError(f"status_text is {shown(text)}, expected a text")
    _, message = session.message(
        name,
        _object("payload", asked["payload"]) if "payload" in asked else None,
        namespace=nls.FAILED_NAMESPACE if failed else nls.NAMESPACE,
        status=status,
        status_text=text,
    )
    return message


def inference_event(session: inference.Session, asked: Mapping[str, Any]) -> bytes:
    """A result-generated of DashScope by its ``action``, with the rest of its ``output``.

    Raises:
        ValueError: something makes no sense.
    """
    _only(asked, ("action", "output"))
    action = _one_of("action", asked.get("action"), inference.ACTIONS)
    output = _object("output", asked.get("output", {}))
    return session.message({"action": action} | output | {"action": action})


def _only(asked: Mapping[str, Any], known: Collection[str]) -> None:
    unknown = sorted(set(asked) - set(known))
    if unknown:
        raise ValueError(f"{unknown[0]} is unknown; expected event or {', '.join(known)}")


def _one_of(field: str, value: object, known: Collection[str]) -> str:
    if not isinstance(value, str) or value not in known:
        said = "missing" if value is None else shown(value)
        expected = f"event with a whole message, or one of {', '.join(known)}"
        raise ValueError(f"{field} is {said}, expected {expected}")
    return value


def _object(field: str, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{field} is {shown(value)}, expected an object")
    return dict(value)
