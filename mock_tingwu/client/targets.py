"""Where the services are: a mock, the cloud, or any other address, each with its keys.

::

    target = find_target("mock")  # or "live", or an address
    async with target.tingwu() as client:
        ...
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx

from mock_tingwu.client.address import is_local, service_url
from mock_tingwu.client.credentials import FILE, ID, SECRET, AccessKey, find_access_key
from mock_tingwu.client.dashscope import DashScopeClient
from mock_tingwu.client.errors import Unreachable
from mock_tingwu.client.live import LiveAsrClient
from mock_tingwu.client.retries import Retries
from mock_tingwu.client.tingwu import TingwuClient
from mock_tingwu.client.trust import distrust, trusted

#: Where a mock is, and where it is looked for without that variable.
MOCK_URL: Final = "MOCK_TINGWU_URL"
DEFAULT_MOCK_URL: Final = "http://127.0.0.1:8900"
#: The mock's own settings of what it takes: ``id:secret`` and API keys, with commas between.
MOCK_ACCESS_KEYS: Final = "MOCK_TINGWU_ACCESS_KEYS"
MOCK_API_KEYS: Final = "MOCK_TINGWU_API_KEYS"
#: What a mock takes without these settings.
_MOCK_ACCESS_KEY: Final = AccessKey("mock-access-key-id", "mock-access-key-secret")
_MOCK_API_KEY: Final = "sk-mock-api-key"
_MOCK_APP_KEY, _MOCK_APP_ID = "mock-app-key", "tw_mock_app"
#: How long a mock may take to say that it is there, in seconds.
_HEALTH_S: Final = 2.0

API_KEY: Final = "DASHSCOPE_API_KEY"
#: The AppKey of a Tingwu project, and the appId of a DashScope application.
APP_KEY: Final = "TINGWU_APP_KEY"
APP_ID: Final = "DASHSCOPE_APP_ID"

#: The hosts of the cloud. Tingwu is in one region only (tingwu-openapi 1), DashScope's agents are
#: documented at one address (dashscope-tingwu 1), Live has one for all regions (live-rtc-asr 1).
TINGWU_URL: Final = "https://tingwu.cn-beijing.aliyuncs.com"
DASHSCOPE_URL: Final = "https://dashscope.aliyuncs.com"
LIVE_URL: Final = "https://live.aliyuncs.com"


@dataclass(frozen=True, slots=True)
class Target:
    """The addresses of the services, and where the keys for them come from.

    ``name`` is mock, live, or an address. A key is looked for when a client is made that needs it.
    """

    name: str
    tingwu_url: str
    dashscope_url: str
    live_url: str
    environ: Mapping[str, str] = field(repr=False)

    def tingwu(self, *, app_key: str | None = None, retries: Retries | None = None) -> TingwuClient:
        """A client of Tingwu; ``app_key`` is TINGWU_APP_KEY if not given.

        Raises:
            ValueError: no access key or AppKey was found.
        """
        key = self.access_key()
        return TingwuClient(
            self.tingwu_url,
            access_key_id=key.id,
            access_key_secret=key.secret,
            security_token=key.security_token,
            app_key=app_key or self.app_key(),
            retries=retries,
        )

    def dashscope(
        self, *, app_id: str | None = None, retries: Retries | None = None
    ) -> DashScopeClient:
        """A client of DashScope's agents; ``app_id`` is DASHSCOPE_APP_ID if not given.

        Raises:
            ValueError: no API key or appId was found.
        """
        return DashScopeClient(
            self.dashscope_url,
            api_key=self.api_key(),
            app_id=app_id or self.app_id(),
            retries=retries,
        )

    def live(self, *, retries: Retries | None = None) -> LiveAsrClient:
        """A client of ApsaraVideo Live's caption tasks.

        Raises:
            ValueError: no access key was found.
        """
        key = self.access_key()
        return LiveAsrClient(
            self.live_url,
            access_key_id=key.id,
            access_key_secret=key.secret,
            security_token=key.security_token,
            retries=retries,
        )

    def access_key(self) -> AccessKey:
        """The access key for Tingwu and Live.

        Raises:
            ValueError: none was found.
        """
        if self.name == "mock":
            pairs = self.environ.get(MOCK_ACCESS_KEYS, "")
            if not pairs.strip():
                return _MOCK_ACCESS_KEY
            key_id, colon, secret = pairs.split(",")[0].strip().partition(":")
            if not (key_id and colon and secret):
                raise ValueError(
                    f"{MOCK_ACCESS_KEYS} is set, expected id:secret, more after commas"
                )
            return AccessKey(key_id, secret)
        is_given = any(self.environ.get(name) for name in (ID, SECRET, FILE))
        if is_local(self.tingwu_url) and not is_given:
            return _MOCK_ACCESS_KEY
        return find_access_key(self.environ)

    def api_key(self) -> str:
        """The API key for DashScope.

        Raises:
            ValueError: none was found.
        """
        if self.name == "mock":
            return self.environ.get(MOCK_API_KEYS, "").split(",")[0].strip() or _MOCK_API_KEY
        return self._value(API_KEY, "API key", _MOCK_API_KEY)

    def app_key(self) -> str:
        """The AppKey of a Tingwu project: TINGWU_APP_KEY.

        Raises:
            ValueError: none was found.
        """
        return self._value(APP_KEY, "AppKey", _MOCK_APP_KEY)

    def app_id(self) -> str:
        """The appId of a DashScope application: DASHSCOPE_APP_ID.

        Raises:
            ValueError: none was found.
        """
        return self._value(APP_ID, "appId", _MOCK_APP_ID)

    def _value(self, variable: str, what: str, usual: str) -> str:
        """A variable's value; the ``usual`` one where nothing but a mock can be."""
        value = self.environ.get(variable)
        if not value and not is_local(self.tingwu_url) and self.name != "mock":
            raise ValueError(f"there is no {what}: set {variable}")
        return value or usual


def find_target(name: str, environ: Mapping[str, str] | None = None) -> Target:
    """The target called ``name``: mock, live, or the address of all services at once.

    The mock is the one at MOCK_TINGWU_URL, or at port 8900 of this machine, and has to answer.
    A mock gets keys of its own and never those of the cloud. ``environ`` is the process's.

    Raises:
        Unreachable: no mock answers.
        ValueError: ``name`` or MOCK_TINGWU_URL is no address.
    """
    if environ is None:
        environ = os.environ
    if name == "live":
        return Target(name, TINGWU_URL, DASHSCOPE_URL, LIVE_URL, environ)
    if name == "mock":
        url = _address(environ.get(MOCK_URL) or DEFAULT_MOCK_URL, MOCK_URL)
        _check_mock(url)
    else:
        url = name = _address(name, "the target")
    return Target(name, url, url, url, environ)


def _address(url: str, what: str) -> str:
    choices = "" if what == MOCK_URL else "mock, live or "
    return service_url(url, what, f"{choices}an address such as {DEFAULT_MOCK_URL}")


def _check_mock(url: str) -> None:
    """Make sure that a mock answers. Raises Unreachable."""
    try:
        health = f"{url}/_mock/health"
        answer = httpx.get(health, timeout=_HEALTH_S, verify=trusted(), trust_env=not is_local(url))
        if answer.status_code == 200 and answer.json().get("status") == "ok":
            return
        reason = "what is there is none"
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        reason = distrust(error) or str(error) or type(error).__name__
    raise Unreachable(
        f"No mock answers at {url} ({reason}): start one with `mock-tingwu serve`, or say in "
        f"{MOCK_URL} where it is."
    )
