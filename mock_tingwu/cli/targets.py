"""The service that a command works with: found, or a mock that is started for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mock_tingwu.client.errors import Unreachable
from mock_tingwu.client.targets import DEFAULT_MOCK_URL, MOCK_URL, Target, find_target


@contextmanager
def open_target(
    name: str, environ: Mapping[str, str] | None = None, *, private: bool = False
) -> Iterator[Target]:
    """`find_target`; with ``private``, where no mock runs one does meanwhile.

    Unless a variable says where it should run. Stderr is told: nobody will find in another mock
    what was made in this one.

    Raises:
        Unreachable: no mock answers.
        ValueError: ``name`` or MOCK_TINGWU_URL is no address.
    """
    if environ is None:
        environ = os.environ
    target: Target | None = None
    try:
        target = find_target(name, environ)
    except Unreachable:
        if environ.get(MOCK_URL) or not private:
            raise
    if target is not None:
        yield target
        return
    # Loading the server takes longer than anything else here, and not everyone needs it.
    from mock_tingwu.server.thread import MockTingwu
    from mock_tingwu.settings import Settings

    # It is set as `mock-tingwu serve` would be here.
    settings = Settings.load({"port": 0}, environ, Path.cwd())
    note = f"no mock runs at {DEFAULT_MOCK_URL}: a new one is used, which ends with this command"
    print(f"mock-tingwu: {note}", file=sys.stderr, flush=True)
    with MockTingwu(**settings.values) as mock:
        yield find_target("mock", {**environ, **mock.environ})
