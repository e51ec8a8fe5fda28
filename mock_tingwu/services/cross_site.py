"""Which calls of the control API are refused: what a web page has its reader's browser send.

A page can reach what listens on its reader's machine in two ways. Its own name may suddenly resolve
to 127.0.0.1 (DNS rebinding), and then the browser takes the mock for the page's own server: such a
call has the page's name in Host. Or it sends what needs nobody's consent, a form or a fetch with
text/plain: such a call has the page's address in Origin, or a Sec-Fetch-Site that says so. Programs
that are no browsers send neither Origin nor Sec-Fetch-Site.

Only calls below ``/_mock`` are looked at. The vendor's APIs are open to every page, as they are in
the cloud, and so are the streams.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from starlette.types import Scope

from mock_tingwu.core.imagination import is_this_machine
from mock_tingwu.core.shown import shown
from mock_tingwu.protocols import hosts
from mock_tingwu.services.address import is_local
from mock_tingwu.services.hosting import PATH as FILES

#: Stands for every host in the setting ``allowed_hosts``.
ANY: Final = "*"
_AUTHORITY: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:/@\s]+)(?::([0-9]{1,5}))?")
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
#: A hosted file: its address is handed out to be read from anywhere, and nobody can guess it.
_FILE: Final = re.compile(f"{FILES}/[^/]+/[^/]+")
#: What a browser calls the site of whoever sends, if it is another one than the server's.
_OTHER_SITES: Final = ("cross-site", "same-site")


class CrossSite:
    """Refuses calls of the control API that come from elsewhere.

    ``host`` is the address that the server listens on, ``allowed`` the setting ``allowed_hosts``.
    A server that others can reach goes by names that it does not know: there any Host will do
    unless ``allowed`` says which.
    """

    def __init__(self, host: str, allowed: Collection[str]) -> None:
        self._own = host.lower()
        self._allowed = frozenset(name.lower() for name in allowed)
        self._any = ANY in allowed
        self._any_host = self._any or (not allowed and not is_this_machine(self._own))

    def problem(self, scope: Scope) -> str | None:
        """Why the call is refused: the header, its value and what was expected."""
        own = [value.lower() for value in _values(scope, b"host") if value]
        for host in own:
            if not self._is_own(host):
                return (
                    f"Host is {shown(host)}, expected an IP address, localhost or a name of the "
                    "setting allowed_hosts"
                )
        if scope["method"] in ("GET", "HEAD") and _FILE.fullmatch(scope["path"]):
            return None
        origins = [value.lower() for value in _values(scope, b"origin")]
        right = [_normal(f"{scope['scheme']}://{host}") for host in own]
        for origin in origins:
            if not (_normal(origin) in right or self._is_allowed_origin(origin)):
                return (
                    f"Origin is {shown(origin)}, expected the server's own address or one with a "
                    "host of the setting allowed_hosts"
                )
        for site in _values(scope, b"sec-fetch-site"):
            if site.lower() in _OTHER_SITES and not origins:
                return (
                    f"Sec-Fetch-Site is {shown(site)}, expected same-origin or none, or an Origin "
                    "with a host of the setting allowed_hosts"
                )
        return None

    def _is_own(self, host: str) -> bool:
        """Whether somebody may have meant this server by ``host``."""
        if self._any_host:
            return True
        found = _AUTHORITY.fullmatch(host)
        if found is None:
            return False
        name = found[1].removesuffix(".")
        return (
            name == self._own
            or is_local(name)
            or name.endswith(".localhost")
            or hosts.is_product(name)
            or self._is_allowed(name, found[2])
        )

    def _is_allowed_origin(self, origin: str) -> bool:
        scheme, colon, host = origin.partition("://")
        found = _AUTHORITY.fullmatch(host)
        if not colon or found is None:
            return False  # such as null, which anybody can have
        return self._any or self._is_allowed(found[1], found[2] or _DEFAULT_PORTS.get(scheme))

    def _is_allowed(self, name: str, port: str | None) -> bool:
        return name in self._allowed or f"{name}:{port}" in self._allowed


def _normal(origin: str) -> str:
    """An origin without the port that its scheme implies."""
    port = _DEFAULT_PORTS.get(origin.partition("://")[0])
    return origin.removesuffix(f":{port}") if port else origin


def _values(scope: Scope, name: bytes) -> Iterator[str]:
    return (value.decode("latin-1").strip() for key, value in scope["headers"] if key == name)
