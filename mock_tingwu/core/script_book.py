"""Which script a task hears."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mock_tingwu.core.script import LANGUAGES, Script


@dataclass(frozen=True, slots=True)
class Choice:
    """The ``scripts`` to hear in turn. ``registered``: a user has asked for just this one."""

    scripts: Sequence[Script]
    registered: bool = False


class ScriptBook:
    """One script registered for the TaskKey, FileUrl or AppKey of a task, else some by language."""

    def __init__(self) -> None:
        self._by_task_key: dict[str, Script] = {}
        self._by_file_url: dict[str, Script] = {}
        self._by_app_key: dict[str, Script] = {}
        #: Goes up with every change.
        self.version = 0

    def register(
        self,
        script: Script,
        *,
        task_key: str | None = None,
        app_key: str | None = None,
        file_url: str | None = None,
    ) -> None:
        """Let tasks with this TaskKey, FileUrl or AppKey hear ``script``.

        A FileUrl counts without its query: links are signed anew each time.

        Raises:
            ValueError: no key is given.
        """
        if not (task_key or app_key or file_url):
            raise ValueError("a script needs a task_key, an app_key or a file_url to belong to")
        if task_key:
            self._by_task_key[task_key] = script
        if file_url:
            self._by_file_url[_without_query(file_url)] = script
        if app_key:
            self._by_app_key[app_key] = script
        self.version += 1

    @property
    def all(self) -> dict[tuple[str, str], Script]:
        """Every script that is registered, by the name of its key (task_key, …) and the key."""
        books = {
            "task_key": self._by_task_key,
            "file_url": self._by_file_url,
            "app_key": self._by_app_key,
        }
        return {(name, key): book[key] for name, book in books.items() for key in book}

    def registered(
        self, *, task_key: str | None, app_key: str, file_url: str | None = None
    ) -> Script | None:
        """The script that was registered for a task: TaskKey goes before FileUrl and AppKey."""
        return (
            self._by_task_key.get(task_key or "")
            or self._by_file_url.get(_without_query(file_url or ""))
            or self._by_app_key.get(app_key)
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


def _without_query(url: str) -> str:
    return url.partition("?")[0]
