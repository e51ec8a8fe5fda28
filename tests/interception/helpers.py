"""Calls by TLS under any name: what resolvers would do, without any."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from typing import Any
from urllib.parse import urlsplit

from mock_tingwu import MockTingwu

PATIENCE = 10.0
TINGWU = "tingwu.cn-beijing.aliyuncs.com"
DASHSCOPE = "dashscope.aliyuncs.com"
BUCKET = "prod-tingwu-paas-common-beijing.oss-cn-beijing.aliyuncs.com"
TASKS = "/openapi/tingwu/v2/tasks"
REALTIME = {
    "AppKey": "app",
    "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000},
}
Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Json:
        """The Data of an answer that is no error."""
        assert self.status == 200, self.body
        found: Json = self.json()["Data"]
        return found


def plain(port: int) -> socket.socket:
    """A connection to a port of this machine."""
    return socket.create_connection(("127.0.0.1", port), PATIENCE)


def secured(
    mock: MockTingwu, trusting: ssl.SSLContext, name: str | None, *, port: int | None = None
) -> ssl.SSLSocket:
    """The same by TLS, as a client that wants to talk to ``name``."""
    port = port or mock.tls_port
    assert port is not None
    raw = plain(port)
    try:
        return trusting.wrap_socket(raw, server_hostname=name)
    except BaseException:
        raw.close()
        raise


def call(
    mock: MockTingwu,
    trusting: ssl.SSLContext,
    url: str,
    body: Any = None,
    *,
    method: str = "GET",
    headers: Mapping[str, str] = {},
) -> Answer:
    """Call an address at the mock, whatever host it names; ``body`` is sent as JSON."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc)
    if parts.scheme == "https":
        connection.sock = secured(mock, trusting, parts.hostname)
    else:
        connection.sock = plain(mock.port)
    with connection.sock:
        raw = None if body is None else json.dumps(body).encode()
        connection.request(
            method,
            f"{parts.path}?{parts.query}",
            raw,
            {"Connection": "close", "Accept": "application/json", **headers},
        )
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
