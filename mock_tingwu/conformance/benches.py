"""Benches: a target of each kind, ready for one case after the other."""

from __future__ import annotations

import asyncio
import os
import secrets
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, Protocol

import httpx

from mock_tingwu.client.address import is_local
from mock_tingwu.client.credentials import AccessKey
from mock_tingwu.client.errors import Unreachable
from mock_tingwu.client.targets import Target, find_target
from mock_tingwu.client.trust import distrust, trusted
from mock_tingwu.conformance.catalogue import Case
from mock_tingwu.conformance.needs import SISTERS, Need, app_variable
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.pacing import Pacing
from mock_tingwu.conformance.site import Site

#: Cases that run at the same time.
_PRIVATE_AT_ONCE: Final = 4
_SHARED_AT_ONCE: Final = 4
#: The same in the cloud, where a trial has two streams (Tingwu features and limits).
_LIVE_AT_ONCE: Final = 2
#: How long a mock may take to say that it is one, in seconds.
_HEALTH_S: Final = 2.0
#: How long the target may take to answer anything at all, in seconds.
_PROBE_S: Final = 10.0
#: Streams that a mock imagines.
_IMAGINED_STREAM: Final = "rtmp://pull.example.com/app/conformance"
_ANOTHER_STREAM: Final = f"{_IMAGINED_STREAM}-2"


class Bench(Protocol):
    """Where cases run. ``at_once`` is how many at a time; ``version`` is the target's, if known.

    ``is_mock``: nothing there takes as long as it was spoken, and nothing costs anything.
    """

    name: str
    is_mock: bool
    at_once: int
    pacing: Pacing
    version: str

    def site(self, case: Case, outside: Outside) -> AbstractAsyncContextManager[Site]:
        """The target, ready for ``case``."""
        ...

    def offers(self) -> frozenset[Need]:
        """The needs that the target meets."""
        ...

    def probe(self) -> None:
        """Make sure that something answers. Raises client.errors.Unreachable if nothing does."""
        ...


class PrivateBench:
    """A mock in this process for each case: nothing that one does is seen by another.

    Signatures are verified, rates are limited as documented, and the clock stands still until the
    case moves it. ``settings`` are those of all mocks beside the usual ones.
    """

    name = "mock"
    is_mock = True
    at_once = _PRIVATE_AT_ONCE

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        from mock_tingwu import __version__

        self.pacing = Pacing(share=None)
        self.version = __version__
        self._settings = dict(settings or {})

    def offers(self) -> frozenset[Need]:
        """All of them."""
        return frozenset(Need)

    def probe(self) -> None:
        """There is nothing to find out."""

    @asynccontextmanager
    async def site(self, case: Case, outside: Outside) -> AsyncIterator[Site]:
        """A mock of its own for ``case``; its ids differ from those of other cases' mocks."""
        from mock_tingwu import MockTingwu

        key = AccessKey(f"LTAI{secrets.token_hex(8)}", secrets.token_hex(15))
        temporary = AccessKey(
            f"STS.{secrets.token_hex(8)}", secrets.token_hex(15), secrets.token_hex(40)
        )
        disabled = AccessKey(f"LTAI{secrets.token_hex(8)}", secrets.token_hex(15))
        app_key, app_id = secrets.token_hex(8), f"tw_{secrets.token_hex(8)}"
        sisters = {model: f"tw_{secrets.token_hex(8)}" for model in SISTERS}
        api_key = f"sk-{secrets.token_hex(16)}"
        settings: dict[str, Any] = {
            "auth": "verify",
            "clock": "virtual",
            "seed": zlib.crc32(case.id.encode()),
            "throttle": "documented",
            "access_keys": {k.id: k.secret for k in (key, temporary, disabled)},
            "security_tokens": {temporary.id: temporary.security_token},
            "disabled_access_keys": [disabled.id],
            "app_keys": {app_key: key.id},
            "api_keys": [api_key],
            "apps": {app: {"callback": outside.project.url} for app in (app_id, *sisters.values())},
            "callbacks": {app_key: outside.project.url},
        }
        mock = MockTingwu(**(settings | self._settings | dict(case.settings)))
        await asyncio.to_thread(mock.start)
        try:
            yield Site(
                name=self.name,
                tingwu_url=mock.url,
                dashscope_url=mock.url,
                live_url=mock.url,
                offers=self.offers(),
                access_key=key,
                temporary_key=temporary,
                disabled_key=disabled,
                app_key=app_key,
                api_key=api_key,
                app_id=app_id,
                sister_apps=sisters,
                stream_url=_IMAGINED_STREAM,
                second_stream_url=_ANOTHER_STREAM,
                pace=0,
                control_url=mock.url,
            )
        finally:
            await asyncio.to_thread(mock.close)


class SharedBench:
    """A target that is there already: the live cloud, or whatever answers at an address.

    Keys come from where the client finds them (`client.targets`). ``is_public`` says that the
    target reaches `Outside`, ``callbacks_set`` that the project's callback address is that of
    `Outside`. ``stream_url`` is a live stream that is on, ``second_stream_url`` another one.

    Raises:
        ValueError: ``name`` is no target.
    """

    def __init__(
        self,
        name: str,
        *,
        environ: Mapping[str, str] | None = None,
        is_public: bool = False,
        callbacks_set: bool = False,
        stream_url: str = "",
        second_stream_url: str = "",
    ) -> None:
        self._target = find_target(name, environ)
        self.name = self._target.name
        environ = os.environ if environ is None else environ
        health = _health(self._target)
        self.version = str(health.get("version", ""))
        self.is_mock = bool(health)
        self.at_once = _SHARED_AT_ONCE if self.is_mock else _LIVE_AT_ONCE
        self.pacing = Pacing(share=None if self.is_mock else 0.5)
        if self.is_mock and _clock_mode(self._target) == "virtual":
            # Cases that run side by side would move the clock for each other.
            self.at_once = 1
        self._site = self._made(environ, is_public, callbacks_set, stream_url, second_stream_url)

    def offers(self) -> frozenset[Need]:
        """The needs that it meets."""
        return self._site.offers

    def probe(self) -> None:
        """Ask once for something, whatever it is, before a thousand cases find out one by one.

        Raises:
            Unreachable: nothing answers, or not in time.
        """
        url = self._site.tingwu_url
        try:
            httpx.get(url, timeout=_PROBE_S, verify=trusted(), trust_env=not is_local(url))
        except httpx.HTTPError as error:
            reason = distrust(error) or str(error) or type(error).__name__
            raise Unreachable(f"nothing answers at {url}: {reason}") from None

    @asynccontextmanager
    async def site(self, case: Case, outside: Outside) -> AsyncIterator[Site]:
        """The same for all cases."""
        yield self._site

    def _made(
        self,
        environ: Mapping[str, str],
        is_public: bool,
        callbacks_set: bool,
        stream_url: str,
        second_stream_url: str,
    ) -> Site:
        target, offers = self._target, set[Need]()
        local = is_local(target.tingwu_url)
        values: dict[str, Any] = {}

        def take(name: str, find: Callable[[], Any], need: Need | None) -> None:
            try:
                values[name] = find()
            except ValueError:
                return
            if need is not None:
                offers.add(need)

        take("access_key", target.access_key, Need.LIVE)
        take("app_key", target.app_key, None)
        take("api_key", target.api_key, None)
        take("app_id", target.app_id, None)
        if "access_key" in values and "app_key" in values:
            offers.add(Need.TINGWU)
        if "api_key" in values and "app_id" in values:
            offers.add(Need.DASHSCOPE)
        # Whoever is here may have made its applications for all agents.
        usual = values.get("app_id", "") if local or self.is_mock else ""
        sisters: dict[str, str] = {}
        for model, need in SISTERS.items():
            if app_id := environ.get(app_variable(need.label)) or usual:
                sisters[model] = app_id
                offers.add(need)
        values["sister_apps"] = sisters
        key = values.get("access_key")
        if key is not None and key.security_token is not None:
            values["temporary_key"] = key
            offers.add(Need.TEMPORARY_KEY)
        if is_public or local:
            offers.add(Need.OUTSIDE)
        if callbacks_set:
            offers.add(Need.CALLBACK)
        if stream_url or self.is_mock:
            values["stream_url"] = stream_url or _IMAGINED_STREAM
            offers.add(Need.STREAM)
        if second_stream_url or self.is_mock:
            values["second_stream_url"] = second_stream_url or _ANOTHER_STREAM
            offers.add(Need.SECOND_STREAM)
        control = ""
        if self.is_mock and _clock_mode(target) == "virtual":
            control = target.tingwu_url
            offers.add(Need.CLOCK)
        return Site(
            name=target.name,
            tingwu_url=target.tingwu_url,
            dashscope_url=target.dashscope_url,
            live_url=target.live_url,
            offers=frozenset(offers),
            pace=0 if self.is_mock else 0.1,
            control_url=control,
            **values,
        )


def _health(target: Target) -> Mapping[str, Any]:
    """What a mock says of itself; empty where there is none. The live cloud is not asked."""
    if target.name == "live":
        return {}
    return _asked(f"{target.tingwu_url}/_mock/health")


def _clock_mode(target: Target) -> str:
    return str(_asked(f"{target.tingwu_url}/_mock/clock").get("mode", ""))


def _asked(url: str) -> Mapping[str, Any]:
    try:
        answer = httpx.get(url, timeout=_HEALTH_S, trust_env=not is_local(url))
        body = answer.json() if answer.status_code == 200 else None
    except (httpx.HTTPError, ValueError):
        return {}
    return body if isinstance(body, dict) else {}
