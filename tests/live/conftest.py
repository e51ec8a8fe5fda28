"""Fixtures of live tasks: who receives their callbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from mock_tingwu import MockTingwu
from tests.callbacks.receiver import Receiver, receiver
from tests.live.helpers import Live


@pytest.fixture
def start_receiver() -> Iterator[Callable[..., Receiver]]:
    """Start receivers, each with the answers that it gives in turn."""
    with ExitStack() as stack:
        yield lambda *script: stack.enter_context(receiver(*script))


@pytest.fixture
def listener(start_receiver: Callable[..., Receiver]) -> Receiver:
    """It answers 200 to everything."""
    return start_receiver(200)


@pytest.fixture
def live(virtual_mock: MockTingwu, listener: Receiver) -> Live:
    """The calls, on a mock whose clock stands still; callbacks go to `listener`."""
    return Live(virtual_mock, listener.url)
