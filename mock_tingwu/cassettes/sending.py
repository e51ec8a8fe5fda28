"""Sending a request as it is, without a trace of its secrets in any log."""

from __future__ import annotations

from typing import Final

import httpx

from mock_tingwu.cassettes.writer import HttpRequest
from mock_tingwu.client.http import LoggedURL

#: What httpx sends of its own accord.
_DEFAULTS: Final = {"accept", "user-agent"}


async def send(client: httpx.AsyncClient, request: HttpRequest) -> httpx.Response:
    """The answer, whose body is still to be read; bodies come uncompressed.

    Raises:
        httpx.HTTPError: no answer came.
        httpx.InvalidURL: the address is none.
    """
    headers = {**request.headers, "accept-encoding": "identity"}
    built = client.build_request(
        request.method, request.url, headers=headers, content=request.body or None
    )
    for name in _DEFAULTS - {name.lower() for name in request.headers}:
        # What an answer is written in depends on Accept: only the program's own counts.
        del built.headers[name]
    built.url = LoggedURL(built.url)
    return await client.send(built, stream=True)
