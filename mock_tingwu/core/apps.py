"""DashScope's apps: what its console keeps of an appId, parameters and a callback address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from mock_tingwu.core.masking import masked
from mock_tingwu.core.receivers import receiver_url
from mock_tingwu.core.shown import shown

#: Apps of one scope; the one that was configured first goes first.
MOST_APPS: Final = 10_000

CallbackForm = Literal["http", "eventbridge"]
FORMS: Final = ("http", "eventbridge")
_FIELDS: Final = ("parameters", "published", "callback", "callback_form", "terminologies")


@dataclass(frozen=True, slots=True)
class App:
    """An app as it was configured.

    ``parameters`` count where a request has none of its own; None leaves that to the mock.
    ``callback`` is the address that is told of its tasks, ``callback_form`` how: as DashScope posts
    itself, or as EventBridge hands on. ``terminologies`` are the instruction sets of the industrial
    agent; without any every one is taken.
    """

    parameters: dict[str, Any] | None = None
    published: bool = True
    callback: str = ""
    callback_form: CallbackForm = "http"
    terminologies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> App:
        """Read an app from JSON or TOML.

        Raises:
            ValueError: something in it makes no sense; the message says what was expected.
        """
        for name in data:
            if name not in _FIELDS:
                raise ValueError(f"{name} is unknown; expected {', '.join(_FIELDS)}")
        values = {name: value for name, value in data.items() if value is not None}
        parameters = values.get("parameters")
        if parameters is not None and not isinstance(parameters, dict):
            raise ValueError(f"parameters is {shown(parameters)}, expected an object")
        published = values.get("published", True)
        if not isinstance(published, bool):
            raise ValueError(f"published is {shown(published)}, expected true or false")
        callback = values.get("callback", "")
        if not isinstance(callback, str):
            raise ValueError("callback is no text, expected the address of a web server")
        if callback:
            try:
                receiver_url(callback)
            except ValueError as error:
                given = shown(masked(callback))
                raise ValueError(f"callback is {given}, expected {error}") from None
        form = values.get("callback_form", "http")
        if form not in FORMS:
            raise ValueError(f"callback_form is {shown(form)}, expected {' or '.join(FORMS)}")
        return cls(parameters, published, callback, form, _terminologies(values))


def _terminologies(values: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    given = values.get("terminologies", {})
    if not isinstance(given, dict) or not all(
        isinstance(words, list) and all(isinstance(word, str) and word for word in words)
        for words in given.values()
    ):
        raise ValueError(
            f"terminologies is {shown(given)}, expected lists of instructions by their id"
        )
    return {name: tuple(words) for name, words in given.items()}


class AppBook:
    """The apps of one scope. Without any every appId is one."""

    def __init__(self, apps: Mapping[str, App]) -> None:
        self._apps = dict(apps)
        #: Goes up with every change.
        self.version = 0

    def __iter__(self) -> Iterator[tuple[str, App]]:
        return iter(list(self._apps.items()))

    def get(self, app_id: str) -> App | None:
        """The app of this id; None if there are apps, but not this one."""
        found = self._apps.get(app_id)
        return found if found is not None or self._apps else App()

    def configured(self, app_id: str) -> App | None:
        """The app of this id if it was configured."""
        return self._apps.get(app_id)

    def put(self, app_id: str, app: App) -> None:
        """Configure an app."""
        self._apps[app_id] = app
        if len(self._apps) > MOST_APPS:
            del self._apps[next(iter(self._apps))]
        self.version += 1

    def remove(self, app_id: str) -> App | None:
        """Forget an app."""
        self.version += 1
        return self._apps.pop(app_id, None)

    def restore(self, apps: Mapping[str, App]) -> None:
        """Have the apps of an earlier book, and no others."""
        self._apps = dict(apps)
