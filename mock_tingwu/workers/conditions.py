"""What several processes need, and what does not go with them."""

from __future__ import annotations

import sys

from mock_tingwu.settings import Settings, SettingsError


def check(settings: Settings, workers: int) -> None:
    """See whether several workers can serve with these settings.

    Raises:
        SettingsError: they cannot.
    """
    several = f"--workers is {workers}, which"
    if sys.platform != "linux":
        raise SettingsError(f"{several} needs Linux")
    if settings.store is None:
        raise SettingsError(f"{several} needs --store: a Redis server that they share")
    if settings.tls_port is not None:
        raise SettingsError(
            f"{several} does not go with --tls or --tls-port: the keys of a connection by TLS "
            "cannot be passed on from one process to another"
        )
    for flag, given in (
        ("--record", settings.record != "off"),
        ("--fault-coverage", settings.fault_coverage),
    ):
        if given:
            raise SettingsError(f"{several} does not go with {flag}: each would see a part only")
