"""Cases and targets that tests of the kit make up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any

from mock_tingwu.client.credentials import AccessKey
from mock_tingwu.conformance.catalogue import MUST, Case
from mock_tingwu.conformance.cloud import Cloud
from mock_tingwu.conformance.needs import Need
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.pacing import Pacing
from mock_tingwu.conformance.site import Site
from mock_tingwu.conformance.sources import ASSUMED, CREATE_TASK

#: The secret of `Target`.
SECRET = "planted-secret-of-the-target"


async def _does_nothing(cloud: Cloud) -> None:
    cloud.check.that(True, "nothing")


def card(
    id: str = "TW-TRIAL-001",
    run: Callable[[Cloud], Awaitable[None]] = _does_nothing,
    **fields: Any,
) -> Case:
    """A case that is in no catalogue; ``fields`` are those that matter to the test."""
    level = fields.get("level", MUST)
    usual: dict[str, Any] = {
        "title": "a title",
        "sends": "something",
        "expects": "something",
        "level": level,
        "source": ASSUMED("it") if level == "INFO" else CREATE_TASK("it"),
        "operations": ("CreateTask",),
        "needs": (Need.TINGWU,),
        "negative": False,
        "settings": {},
        "time_limit": 30.0,
    }
    return Case(id=id, run=run, **(usual | fields))


class Target:
    """A bench whose target is not there at all: for cases that call nothing."""

    name = "mock"
    is_mock = True
    version = "0.1.0"

    def __init__(self, offers: Collection[Need] = tuple(Need), at_once: int = 4) -> None:
        self.at_once = at_once
        self.pacing = Pacing(share=None)
        self._offers = frozenset(offers)

    def offers(self) -> frozenset[Need]:
        """What it was made with, everything unless said otherwise."""
        return self._offers

    def probe(self) -> None:
        """Nobody asks."""

    @asynccontextmanager
    async def site(self, case: Case, outside: Outside) -> AsyncIterator[Site]:
        """Addresses at which nobody answers."""
        nobody = "http://127.0.0.1:9"
        yield Site(
            name=self.name,
            tingwu_url=nobody,
            dashscope_url=nobody,
            live_url=nobody,
            offers=self.offers(),
            access_key=AccessKey("LTAIplanted", SECRET),
        )
