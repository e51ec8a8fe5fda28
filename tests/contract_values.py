"""What the examples of all schemas share."""

from __future__ import annotations

from typing import Any, Final

REQUEST_ID: Final = "5D5368CE-93CA-5761-B71D-3A57AA1FDB6D"
TASK_ID: Final = "0123456789abcdef0123456789abcdef"
HEX: Final = "fedcba9876543210fedcba9876543210"


class _Gone:
    def __repr__(self) -> str:
        return "GONE"


#: In a change: the key is taken away.
GONE: Final = _Gone()

#: A path with slashes, and the value to put there.
Change = tuple[str, Any]


def changed(instance: Any, path: str, value: Any) -> Any:
    """A copy of ``instance`` with ``value`` at ``path``; without the key if it is `GONE`."""
    key, _, rest = path.partition("/")
    if isinstance(instance, list):
        copy: Any = list(instance)
        at: Any = int(key)
    else:
        copy, at = dict(instance), key
    if rest:
        copy[at] = changed(copy[at], rest, value)
    elif value is GONE:
        del copy[at]
    else:
        copy[at] = value
    return copy
