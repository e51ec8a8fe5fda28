"""TLS under the cloud's names: each client gets a certificate for the name that it asks for."""

from __future__ import annotations

import ssl
from functools import lru_cache
from typing import Final

from mock_tingwu.interception.authority import LOCAL, Authority
from mock_tingwu.protocols.hosts import is_product

#: So many names have a certificate at a time; buckets can be called anything.
MAX_NAMES: Final = 256


def serving(authority: Authority) -> ssl.SSLContext:
    """What a server is secured with.

    It is this machine for whoever names nobody, and any host of the four systems for whoever asks
    for that. Who asks for somebody else gets the alert unrecognized_name.
    """
    local = authority.context(*LOCAL)

    @lru_cache(MAX_NAMES)
    def named(name: str) -> ssl.SSLContext:
        return authority.context(name)

    def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        wanted = (name or "").lower()
        if is_product(wanted):
            connection.context = named(wanted)
        elif wanted and wanted not in LOCAL:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        return None

    local.sni_callback = choose
    return local
