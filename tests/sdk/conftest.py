"""Fixtures of the tests with official SDKs: a clean environment, and no thread left behind."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator

import pytest

with warnings.catch_warnings():
    # Compilers remark upon the SDKs' code, and Python upon what they import.
    warnings.simplefilter("ignore")
    import alibabacloud_live20161101.client  # noqa: F401
    import alibabacloud_tingwu20230930.client  # noqa: F401
    import aliyunsdkcore.client
    import aliyunsdkcore.http.http_response
    import aliyunsdklive  # noqa: F401
    import nls  # noqa: F401
    from aliyunsdkcore.vendored.requests import Session

#: How long a thread of an SDK may need to end, in seconds.
PATIENCE = 5.0


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy between the SDK and the mock: some SDKs use one even for loopback addresses."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(autouse=True)
def sessions_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever connection a test's core SDK has opened is closed when the test is over.

    The SDK closes them itself, unless the collector of cycles comes to the connection before the
    client; then Python warns of it, in whatever test is on.
    """
    made: list[Session] = []

    def session() -> Session:
        made.append(Session())
        return made[-1]

    for module in (aliyunsdkcore.client, aliyunsdkcore.http.http_response):
        monkeypatch.setattr(module, "Session", session)
    yield
    for one in made:
        one.close()


@pytest.fixture(autouse=True)
def threads_end() -> Iterator[None]:
    """Whatever thread a test's SDK has started is over when the test is."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(PATIENCE)
    assert [thread for thread in left if thread.is_alive()] == []
