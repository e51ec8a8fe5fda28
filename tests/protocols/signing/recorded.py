"""Recorded requests, parsed by an independent HTTP parser."""

from __future__ import annotations

import h11

from mock_tingwu.protocols.signing import SignedRequest


def parsed(raw: bytes) -> SignedRequest:
    """The one request that ``raw`` holds, its body de-chunked."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(raw)
    head = connection.next_event()
    assert isinstance(head, h11.Request)
    body = b""
    while isinstance(event := connection.next_event(), h11.Data):
        body += bytes(event.data)
    assert isinstance(event, h11.EndOfMessage)
    return SignedRequest(head.method.decode(), head.target.decode(), list(head.headers), body)
