"""The mocks of one pytest session, and what a test asks of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from mock_tingwu.core.journal import Entry
from mock_tingwu.settings import Settings, SettingsError
from mock_tingwu.testing.plugin import FLAGS, MARKER

if TYPE_CHECKING:
    from mock_tingwu import MockTingwu

#: Every mock has a port of its own.
_SETTINGS = tuple(name for name in Settings.__dataclass_fields__ if name != "port")


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a test wants its mock.

    ``environ``: the variables that SDKs read are in os.environ. ``strict``: the test fails when its
    client breaks a rule. ``intercept``: the cloud's host names lead to the mock, and other hosts
    cannot be reached without ``allow_network``.
    """

    settings: Settings
    environ: bool
    strict: bool
    intercept: bool
    allow_network: bool


def wanted(config: pytest.Config, item: pytest.Item | None = None) -> Wanted:
    """What the configuration says, and over it the markers of a test, the closest last.

    Raises:
        pytest.UsageError: it makes no sense.
    """
    values: dict[str, Any] = {name: config.getini(f"{MARKER}_{name}") for name in FLAGS}
    where = f"{MARKER}_settings"
    for line in config.getini(where):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals:
            raise pytest.UsageError(f"{where} has {line!r}, expected name = value")
        if name in FLAGS:
            raise pytest.UsageError(f"{where} has {name}, which is {MARKER}_{name}")
        values[name] = value
    asked: set[str] = set()
    for marker in reversed(list(item.iter_markers(MARKER)) if item is not None else []):
        where = f"{item.nodeid}: @pytest.mark.{MARKER}" if item is not None else ""
        if marker.args:
            raise pytest.UsageError(f"{where} has {marker.args[0]!r}, expected name=value")
        values |= marker.kwargs
        asked |= marker.kwargs.keys()
    flags = {name: values.pop(name) for name in FLAGS}
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise pytest.UsageError(f"{where}: {name} is {value!r}, expected True or False")
    if flags["intercept"]:
        values.setdefault("tls_port", 0)
    elif flags["allow_network"] and "allow_network" in asked:
        raise pytest.UsageError(f"{where}: allow_network goes with intercept")
    if "port" in values:
        raise pytest.UsageError(f"{where}: port is no setting here; every mock has a free one")
    for name in sorted(values.keys() - set(_SETTINGS)):
        known = ", ".join((*FLAGS, *_SETTINGS))
        raise pytest.UsageError(f"{where}: {name} is not a setting; there are {known}")
    try:
        settings = Settings.of({**values, "port": 0})
    except SettingsError as error:
        raise pytest.UsageError(f"{where}: {error}") from None
    return Wanted(settings, **flags)


class Mocks:
    """Mocks that are started when they are first needed, one for each way to set them."""

    def __init__(self, *, coverage: bool = False, record: bool = False) -> None:
        self._coverage, self._record = coverage, record
        #: The violations of the test that has a mock, also in scopes that it drops.
        self.broken: list[Entry] = []
        self._mocks: list[tuple[Settings, MockTingwu]] = []

    def get(self, settings: Settings) -> MockTingwu:
        """The mock with these settings, as they were when it was started."""
        # These two can be changed by a reset.
        settled = replace(settings, clock="system", seed=0)
        if self._coverage:
            settings = replace(settings, fault_coverage=True)
        if self._record and settings.data_dir is None:
            settings = replace(settings, record="on")
        for known, mock in self._mocks:
            if known == settled and mock.running:
                return mock
        from mock_tingwu import MockTingwu

        try:
            mock = MockTingwu(**settings.values).start()
        except SettingsError as error:  # nothing is wrong with any line of the test
            pytest.fail(str(error), pytrace=False)
        self._mocks.append((settled, mock))
        return mock

    @contextmanager
    def lent(self, wanted: Wanted) -> Iterator[MockTingwu]:
        """A mock as if it were new; what the test taps ends with it."""
        mock = self.get(wanted.settings)
        for scope in mock.scopes:
            scope.drop()
        mock.reset(clock=wanted.settings.clock, seed=wanted.settings.seed)
        taps = mock._server.world.taps
        before = list(taps)
        self.broken = broken = []

        def note(entry: Entry) -> None:
            if entry["kind"] == "violation":
                broken.append(entry)

        mock.tap(note)
        try:
            yield mock
        finally:
            taps[:] = before

    def met(self) -> Counter[str]:
        """How often each failure was met, if that is counted."""
        counts: Counter[str] = Counter()
        for _, mock in self._mocks:
            coverage = mock._server.world.coverage
            if coverage is not None:
                counts.update(coverage.counts)
        return counts

    def close(self) -> None:
        """Stop all of them."""
        for _, mock in self._mocks:
            mock.close()
