"""Fixtures: a receiver of callbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.callbacks.receiver import Receiver, receiver


@pytest.fixture
def start_receiver() -> Iterator[Callable[..., Receiver]]:
    """Start receivers, each with the answers that it gives in turn."""
    with ExitStack() as stack:
        yield lambda *script: stack.enter_context(receiver(*script))
