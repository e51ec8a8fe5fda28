"""Connections by TLS that nobody uses any more."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from mock_tingwu import MockTingwu

HOST = "tingwu.cn-beijing.aliyuncs.com"
#: Far below the 30 s for which event loops wait, in seconds.
PATIENCE_S = 10.0


def test_an_idle_connection_is_closed_whether_the_client_agrees_or_not(
    start_mock: Callable[..., MockTingwu], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MOCK_TINGWU_CA_DIR", str(tmp_path / "authority"))
    mock = start_mock(tls_port=0)
    monkeypatch.setattr(mock._server.config, "timeout_keep_alive", 0)
    trusting = ssl.create_default_context(cafile=tmp_path / "authority" / "ca.pem")
    assert mock.tls_port is not None
    with socket.create_connection(("127.0.0.1", mock.tls_port), PATIENCE_S) as plain:
        received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = trusting.wrap_bio(received, sent, server_hostname=HOST)

        def until_done(step: Callable[[], bytes | None]) -> bytes | None:
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    plain.sendall(sent.read())
                    arrived = plain.recv(65_536)
                    assert arrived, "the connection ends before TLS does"
                    received.write(arrived)
                finally:
                    plain.sendall(sent.read())

        until_done(tls.do_handshake)
        tls.write(f"GET /_mock/health HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        answer = until_done(lambda: tls.read(65_536))
        assert answer is not None and answer.startswith(b"HTTP/1.1 200")
        # The rest of the answer, then the end of TLS, to which this client says nothing.
        while until_done(lambda: tls.read(65_536)):
            pass
        assert plain.recv(1) == b"", "the connection stays open"
