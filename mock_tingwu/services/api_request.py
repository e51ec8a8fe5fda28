"""A request to one of the cloud's APIs, and what becomes known of it while it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from msgspec import Struct, field
from starlette.requests import Request, empty_receive
from starlette.types import Receive, Scope

if TYPE_CHECKING:
    from mock_tingwu.core.faults import AnswerFault
    from mock_tingwu.core.journal import Entry
    from mock_tingwu.services.realm import Realm

Json = dict[str, Any]

#: Where the ASGI scope holds it: Starlette makes a request anew for whoever answers an error.
_KNOWN: Final = "mock_tingwu.known"


class Known(Struct, eq=False):
    """What is known of a request: None where it is not known yet, or not at all.

    ``body`` is the request's as its service reads it, empty without one, ``target`` the request
    target as it was sent, ``task_id`` the task that it is about, ``operation`` the name of the
    call, ``access_key`` the caller's AccessKeyId, ``entry`` the request's entry in the journal,
    ``scope`` where it happens, ``answer_fault`` what is to go wrong with the answer on its way,
    ``as_json`` whether the answer is to be JSON.
    """

    body: Json = field(default_factory=dict)
    target: str = ""
    task_id: str | None = None
    operation: str | None = None
    access_key: str | None = None
    entry: Entry = field(default_factory=dict)
    scope: Realm | None = None
    answer_fault: AnswerFault | None = None
    as_json: bool = True


class ApiRequest(Request):
    """A request whose ``state`` is `Known`."""

    #: What is known of it.
    state: Known = None  # type: ignore[assignment]

    def __init__(self, scope: Scope, receive: Receive = empty_receive) -> None:
        super().__init__(scope, receive)
        known = scope.get(_KNOWN)
        if known is None:
            known = scope[_KNOWN] = Known()
        self.state = known

    @property
    def method(self) -> str:
        method: str = self.scope["method"]
        return method

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of the query; of several of one name the last one counts."""
        return _query(self.scope["query_string"])

    @property
    def accept(self) -> str:
        """The Accept headers as one, empty without any."""
        values = [value for name, value in self.scope["headers"] if name == b"accept"]
        return b", ".join(values).decode("latin-1")


@lru_cache(maxsize=256)  # there are few that make sense
def _query(raw: bytes) -> Mapping[str, str]:
    return dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True))
