"""Tries to reach somebody who has nothing to do with the cloud, in each way that there is."""

import asyncio
import http.client
import socket
import ssl
import urllib.request

import httpx
import requests
import websocket
from websockets.sync.client import connect


def by_socket():
    ssl.create_default_context().wrap_socket(
        socket.create_connection(("example.com", 443), timeout=10), server_hostname="example.com"
    )


def by_address():
    socket.create_connection(("192.0.2.7", 443), timeout=10)


def by_address_asynchronously():
    asyncio.run(asyncio.wait_for(asyncio.open_connection("192.0.2.7", 443), 10))


def by_name_at_a_socket():
    with socket.socket() as connection:
        connection.settimeout(10)
        connection.connect(("example.com", 443))


TRIED = {
    "urllib": lambda: urllib.request.urlopen("https://example.com/", timeout=10),
    "requests": lambda: requests.get("https://example.com/", timeout=10),
    "requests, http": lambda: requests.get("http://example.com/", timeout=10).raise_for_status(),
    "httpx": lambda: httpx.get("https://example.com/", timeout=10),
    "http.client": lambda: http.client.HTTPSConnection("example.com", timeout=10).connect(),
    "websockets": lambda: connect("wss://example.com/", open_timeout=10),
    "websocket-client": lambda: websocket.create_connection("wss://example.com/", timeout=10),
    "a socket": by_socket,
    "an address": by_address,
    "an address, asyncio": by_address_asynchronously,
    "a name at a socket": by_name_at_a_socket,
}

for name, attempt in TRIED.items():
    try:
        attempt()
    except Exception as error:
        print("refused", name, type(error).__name__, error)
    else:
        print("reached", name)
