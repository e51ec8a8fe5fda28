"""The catalogue: what a case is, and how one is found.

A case is a coroutine function with a card::

    @case(
        "TW-CREATE-002",
        "a realtime meeting begins as NEW",
        sends="CreateTask type=realtime with SourceLanguage, Format and SampleRate",
        expects="TaskStatus NEW",
        level=MUST,
        source=RECORDED("CreateTask of a meeting"),
    )
    async def realtime_begins_as_new(cloud: Cloud) -> None:
        answer = await cloud.tingwu.create(cloud.meeting())
        cloud.check.equal(answer.data["TaskStatus"], "NEW", "TaskStatus")
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from mock_tingwu.conformance.needs import Need
from mock_tingwu.conformance.sources import Source

if TYPE_CHECKING:
    from mock_tingwu.conformance.cloud import Cloud

#: How binding a case is, in the words of RFC 2119. INFO is what no source says: it is looked at
#: and reported, and never a failure.
MUST: Final = "MUST"
SHOULD: Final = "SHOULD"
MAY: Final = "MAY"
INFO: Final = "INFO"
REQUIREMENTS: Final = (MUST, SHOULD, MAY, INFO)

SYSTEMS: Final = {
    "TW": "Tingwu OpenAPI",
    "RT": "realtime WebSocket",
    "DS": "DashScope",
    "LV": "ApsaraVideo Live",
}
_ID: Final = re.compile(rf"({'|'.join(SYSTEMS)})-([A-Z0-9]+)-(\d{{3}})")

#: How long a case may take against the live cloud, in seconds, unless it says otherwise.
TIME_LIMIT_S: Final = 60.0

Run = Callable[["Cloud"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Case:
    """One case. ``id`` is its name forever and is never used again.

    ``sends`` and ``expects`` are what a person would read in the document. ``operations`` are the
    operations and events that it is evidence for. ``settings`` are those of a mock that the case
    needs set up in a way of its own. ``time_limit`` in seconds is how long it may take,
    beside what it waits for by `Cloud.pause`.
    """

    id: str
    title: str
    sends: str
    expects: str
    level: str
    source: Source
    operations: tuple[str, ...]
    needs: tuple[Need, ...]
    negative: bool
    settings: Mapping[str, Any]
    time_limit: float
    run: Run

    @property
    def system(self) -> str:
        """Which of the four systems it is about: TW, RT, DS or LV."""
        return self.id.partition("-")[0]

    @property
    def area(self) -> str:
        """``TW-CREATE`` of ``TW-CREATE-002``."""
        return self.id.rpartition("-")[0]


class Catalogue:
    """Cases in the order of their ids."""

    def __init__(self, cases: Collection[Case]) -> None:
        self._cases = {case.id: case for case in sorted(cases, key=lambda case: case.id)}

    def __iter__(self) -> Iterator[Case]:
        return iter(self._cases.values())

    def __len__(self) -> int:
        return len(self._cases)

    def __getitem__(self, id: str) -> Case:
        return self._cases[id]

    def __contains__(self, id: str) -> bool:
        return id in self._cases

    def only(self, keep: Callable[[Case], bool]) -> Catalogue:
        """Those for which ``keep`` holds."""
        return Catalogue([case for case in self if keep(case)])


_registered: dict[str, Case] = {}


def case(
    id: str,
    title: str,
    *,
    sends: str,
    expects: str,
    level: str,
    source: Source,
    operations: Collection[str],
    needs: Collection[Need] = (),
    negative: bool = False,
    settings: Mapping[str, Any] | None = None,
    time_limit: float = TIME_LIMIT_S,
) -> Callable[[Run], Run]:
    """Put a coroutine function into the catalogue; see `Case`.

    ``needs`` are those beside the credentials of the system. ``negative`` ones send what the
    service has to refuse. With ``settings`` it is for mocks alone.

    Raises:
        ValueError: the card makes no sense; the message names the case and the field.
    """
    match = _ID.fullmatch(id)
    if match is None:
        raise ValueError(f"the id of a case is {id!r}, expected one such as TW-CREATE-012")
    if level not in REQUIREMENTS:
        raise ValueError(f"{id}: level is {level!r}, expected {', '.join(REQUIREMENTS)}")
    if source.level == "assumed" and level != INFO:
        raise ValueError(f"{id}: level is {level}, expected INFO where no source says anything")
    for name, text in (("title", title), ("sends", sends), ("expects", expects)):
        if not text.strip():
            raise ValueError(f"{id}: {name} is empty, expected a sentence")
    if not operations:
        raise ValueError(f"{id}: operations are empty, expected what the case is evidence for")
    own = {"TW": Need.TINGWU, "RT": Need.TINGWU, "DS": Need.DASHSCOPE, "LV": Need.LIVE}[match[1]]

    def register(run: Run) -> Run:
        if id in _registered:
            raise ValueError(f"there are two cases {id}: an id is used once and never again")
        _registered[id] = Case(
            id=id,
            title=title,
            sends=sends,
            expects=expects,
            level=level,
            source=source,
            operations=tuple(operations),
            needs=(own, *needs, *([Need.SETTINGS] if settings else [])),
            negative=negative,
            settings=settings or {},
            time_limit=time_limit,
            run=run,
        )
        return run

    return register


@cache
def load() -> Catalogue:
    """All cases that ship with the kit."""
    package = importlib.import_module("mock_tingwu.conformance.cases")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return Catalogue(_registered.values())
