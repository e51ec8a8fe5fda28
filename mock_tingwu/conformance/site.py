"""The target of a run: where its services are, with which keys, and what else it offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mock_tingwu.client.credentials import AccessKey
from mock_tingwu.conformance.needs import Need


@dataclass(frozen=True, slots=True)
class Site:
    """What a case can use of a target.

    ``name`` is mock, live or an address. ``offers`` are the needs that are met. ``pace`` is how
    long 100 ms of audio take to be pushed, in seconds; 0 is as fast as possible. ``control_url`` is
    the control API of a mock whose clock can be advanced. ``sister_apps`` are the appIds of other
    agents than the meeting's by their models.
    """

    name: str
    tingwu_url: str
    dashscope_url: str
    live_url: str
    offers: frozenset[Need]
    access_key: AccessKey = field(default=AccessKey("", ""), repr=False)
    temporary_key: AccessKey | None = field(default=None, repr=False)
    disabled_key: AccessKey | None = field(default=None, repr=False)
    app_key: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    app_id: str = field(default="", repr=False)
    sister_apps: Mapping[str, str] = field(default_factory=dict, repr=False)
    stream_url: str = field(default="", repr=False)
    second_stream_url: str = field(default="", repr=False)
    pace: float = 0.1
    control_url: str = ""

    def app_of(self, model: str | None) -> str:
        """The appId for a model: its agent's own, or the meeting's, also where there is no such
        model."""
        return self.sister_apps.get(model or "", self.app_id)

    @property
    def secrets(self) -> list[str]:
        """What no report may show."""
        keys = [
            key
            for key in (self.access_key, self.temporary_key, self.disabled_key)
            if key is not None
        ]
        values = [self.app_key, self.api_key, self.app_id, *self.sister_apps.values()]
        values += [self.stream_url, self.second_stream_url]
        for key in keys:
            values += [key.id, key.secret, key.security_token or ""]
        return [value for value in values if value]
