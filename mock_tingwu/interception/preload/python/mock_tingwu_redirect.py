"""For Python programs whose libraries know neither proxies nor SSL_CERT_FILE.

Name resolution leads hosts of the cloud to the mock, and whoever trusts the authorities in a file,
such as certifi's or a copy of it, trusts the mock's as well. It runs in other people's programs, of
whatever version, so it needs the standard library alone and nothing of ours. What it needs to know
is in MOCK_TINGWU_INTERCEPT (JSON): ``pattern`` of the hosts, ``http_port`` and ``tls_port`` of the
mock, ``authority`` (its certificate in PEM), ``allow_network``.
"""

import ipaddress
import json
import os
import re
import socket
import ssl

VARIABLE = "MOCK_TINGWU_INTERCEPT"

_original = socket.getaddrinfo
_load = ssl.SSLContext.load_verify_locations


def patch(settings):
    """Lead this process to the mock; return a function that undoes it."""
    pattern = re.compile(settings["pattern"])

    def getaddrinfo(host, port, *args, **kwargs):
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if isinstance(name, str) and pattern.match(name.lower()):
            plain = port in (80, "80", b"80", "http", b"http")
            port = settings["http_port" if plain else "tls_port"]
            # The mock listens on IPv4; what family is asked for does not matter to callers.
            kwargs.pop("family", None)
            return _original("127.0.0.1", port, *((0,) + args[1:] if args else ()), **kwargs)
        if settings["allow_network"] or _is_local(name):
            return _original(host, port, *args, **kwargs)
        why = "mock-tingwu lets nothing leave this machine; --allow-network does"
        raise socket.gaierror(socket.EAI_FAIL, f"{name}: {why}")

    def load_verify_locations(self, *args, **kwargs):
        _load(self, *args, **kwargs)
        _load(self, cadata=settings["authority"])

    socket.getaddrinfo = getaddrinfo
    ssl.SSLContext.load_verify_locations = load_verify_locations

    def undo():
        socket.getaddrinfo = _original
        ssl.SSLContext.load_verify_locations = _load

    return undo


def activate():
    """Do so if the environment says it, for as long as this process lives."""
    settings = os.environ.get(VARIABLE)
    if settings:
        patch(json.loads(settings))


def _is_local(name):
    if name in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name == socket.gethostname()
    return address.is_loopback or address.is_unspecified
