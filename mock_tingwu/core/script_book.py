"""Which script a task hears."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from mock_tingwu.core.script import LANGUAGES, Script


class Choice(Struct, frozen=True):
    """The ``scripts`` to hear in turn. ``registered``: a user has asked for just this one."""

    scripts: Sequence[Script]
    registered: bool = False


#: What a script may be registered for. Of the former several may fit a task, then the first
#: counts; the latter are two names of one task that there is already.
KINDS: Final = ("task_key", "file_url", "app_key")
TASK_KINDS: Final = ("data_id", "task_id")


#: Scripts that are registered for TaskKeys, for FileUrls and so on; the oldest goes first.
MOST_REGISTERED: Final = 10_000


class Registered(NamedTuple):
    """A ``script`` and what it is registered for: one of the kinds above, and the key itself."""

    kind: str
    key: str
    script: Script


class ScriptBook:
    """One script registered for the TaskKey, FileUrl or AppKey of a task, else some by language.

    It also keeps which scripts single tasks were given by their id; nobody is looked up by that.
    """

    def __init__(self) -> None:
        self._scripts: dict[str, dict[str, Script]] = {kind: {} for kind in (*KINDS, *TASK_KINDS)}
        #: Goes up with every change.
        self.version = 0

    def register(
        self,
        script: Script,
        *,
        task_key: str | None = None,
        app_key: str | None = None,
        file_url: str | None = None,
        data_id: str | None = None,
        task_id: str | None = None,
    ) -> None:
        """Let tasks with this TaskKey, FileUrl or AppKey hear ``script``.

        A FileUrl counts without its query: links are signed anew each time. That a single task
        was given it is noted only.

        Raises:
            ValueError: no key is given.
        """
        keys = {
            "task_key": task_key,
            "app_key": app_key,
            "file_url": file_url,
            "data_id": data_id,
            "task_id": task_id,
        }
        if not any(keys.values()):
            raise ValueError(
                "a script needs a task_key, an app_key or a file_url to belong to, "
                "or the data_id or task_id of a task"
            )
        for kind, key in keys.items():
            if key:
                scripts = self._scripts[kind]
                scripts[_plain(kind, key)] = script
                if len(scripts) > MOST_REGISTERED:
                    del scripts[next(iter(scripts))]
        self.version += 1

    @property
    def entries(self) -> list[Registered]:
        """All that is registered, in the order in which it counts."""
        return [
            Registered(kind, key, script)
            for kind, scripts in self._scripts.items()
            for key, script in scripts.items()
        ]

    def get(self, kind: str, key: str) -> Script | None:
        """What is registered for this key."""
        return self._scripts[kind].get(_plain(kind, key))

    def forget(self, kind: str, key: str) -> None:
        """Drop what is registered for this key."""
        self._scripts[kind].pop(_plain(kind, key), None)
        self.version += 1

    def registered(
        self, *, task_key: str | None, app_key: str, file_url: str | None = None
    ) -> Script | None:
        """The script that was registered for a task: TaskKey goes before FileUrl and AppKey."""
        return (
            self.get("task_key", task_key or "")
            or self.get("file_url", file_url or "")
            or self.get("app_key", app_key)
        )

    def choose(
        self,
        *,
        task_key: str | None,
        app_key: str,
        file_url: str | None = None,
        language: str,
        hints: Sequence[str],
        number: int,
    ) -> Choice:
        """What to hear. ``number`` decides which script of a language comes first.

        After the meetings in several languages come those in each of the languages ``hints``.
        """
        registered = self.registered(task_key=task_key, app_key=app_key, file_url=file_url)
        if registered is not None:
            return Choice([registered], registered=True)
        # Loaded with the first task: a server should answer as soon as it can.
        from mock_tingwu.core import scripts

        library = scripts.library("multilingual" if language == "fspk" else language)
        first = number % len(library)
        hinted = [script for hint in hints if hint in LANGUAGES for script in scripts.library(hint)]
        return Choice([*library[first:], *library[:first], *hinted])


def _plain(kind: str, key: str) -> str:
    return key.partition("?")[0] if kind == "file_url" else key
