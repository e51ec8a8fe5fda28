"""What the environment of a program has to say so that its libraries find and trust the mock."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mock_tingwu.interception.authority import STORE_PASSWORD
from mock_tingwu.protocols.hosts import DOMAIN, PATTERN

#: Read by what is preloaded into Python and Node.
VARIABLE: Final = "MOCK_TINGWU_INTERCEPT"
PRELOAD: Final = Path(__file__).parent / "preload"
#: What speaks for itself on this machine.
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")

#: Files of certificates, by the names that libraries know them by: OpenSSL, Python and Go; requests
#: and what copies it; curl; the older Python WebSocket clients; the vendor's Python core; Node;
#: Deno; gRPC.
_BUNDLES: Final = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "WEBSOCKET_CLIENT_CA_BUNDLE",
    "ALIBABA_CLOUD_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "DENO_CERT",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
)
#: Curl and Go's net/http read the small ones, others the capital ones.
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
#: Where they have a value, some libraries prefer these in either case: urllib and websockets, npm
#: and proxy-from-env (axios), global-agent. One of the user's would lead around the mock.
_PREFERRED: Final = frozenset(
    {
        *("WS_PROXY", "WSS_PROXY", "SOCKS_PROXY", "FTP_PROXY"),
        *("NPM_CONFIG_PROXY", "NPM_CONFIG_HTTP_PROXY", "NPM_CONFIG_HTTPS_PROXY"),
        *("NPM_CONFIG_NO_PROXY", "NPM_CONFIG_NOPROXY"),
        *("GLOBAL_AGENT_HTTP_PROXY", "GLOBAL_AGENT_HTTPS_PROXY", "GLOBAL_AGENT_NO_PROXY"),
    }
)
#: Every JVM reads the first; what is in the others wins over it.
_JAVA_OPTIONS: Final = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
#: Keys that a program may insist on.
KEYS: Final = (
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "DASHSCOPE_API_KEY",
)


@dataclass(frozen=True)
class Way:
    """How a program gets to the mock.

    ``authority`` is the mock's certificate in PEM, ``bundle`` a file with it and others that are
    trusted, ``java_store`` the same for Java. ``proxy`` is the URL of the proxy, with the token,
    None where names lead there by themselves; ``open_port`` is its port for those who cannot give
    one. ``allow_network``: other hosts are not refused. ``keys`` are those of `KEYS`, as the mock
    takes them, for programs of users who have none.
    """

    http_port: int
    tls_port: int
    authority: str
    bundle: Path
    java_store: Path
    proxy: str | None = field(default=None, repr=False)
    open_port: int = 0
    allow_network: bool = False
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    def variables(self, base: Mapping[str, str]) -> dict[str, str]:
        """What is to be set over the environment ``base``."""
        found = dict.fromkeys(_BUNDLES, str(self.bundle))
        found |= self.proxies(base)
        first, *stronger = _JAVA_OPTIONS
        for name in (first, *(name for name in stronger if base.get(name))):
            found[name] = _joined(base.get(name), self._java())
        found |= self._preloads(base)
        return found | {name: key for name, key in self.keys.items() if not base.get(name)}

    def proxies(self, base: Mapping[str, str]) -> dict[str, str]:
        """All of them, also to none: a proxy of the user's would lead around the mock."""
        exempt = list(LOOPBACK)
        if self.allow_network:
            own = re.split(r"[\s,]+", base.get("NO_PROXY") or base.get("no_proxy") or "")
            exempt += filter(_may_be_exempt, own)
        proxy, exempted = self.proxy or "", ",".join(exempt)
        values = dict.fromkeys(_PROXIES, proxy) | {"NO_PROXY": exempted}
        # To gRPC, an empty one is none at all.
        others = dict.fromkeys(_PREFERRED, "") | {"GRPC_PROXY": proxy, "NO_GRPC_PROXY": exempted}
        return {
            **values,
            **{name.lower(): value for name, value in values.items()},
            **{name: others[name.upper()] for name in base if name.upper() in others},
        }

    def _java(self) -> str:
        """Its libraries know no variables, but all of them these properties."""
        properties = {
            "javax.net.ssl.trustStore": self.java_store,
            "javax.net.ssl.trustStorePassword": STORE_PASSWORD,
            "javax.net.ssl.trustStoreType": "PKCS12",
            "socksProxyHost": "",
        }
        if self.proxy is not None:
            for scheme in ("http", "https"):
                properties |= {
                    f"{scheme}.proxyHost": "127.0.0.1",
                    f"{scheme}.proxyPort": str(self.open_port),
                }
            properties["http.nonProxyHosts"] = "localhost|127.*|[::1]"
        return " ".join(_for_java(f"-D{name}={value}") for name, value in properties.items())

    def _preloads(self, base: Mapping[str, str]) -> dict[str, str]:
        """For libraries of Python and Node that know of no proxy."""
        node = f"--require {_for_node(str(PRELOAD / 'redirect.cjs'))}"
        path = [str(PRELOAD / "python"), *filter(None, [base.get("PYTHONPATH")])]
        return {
            VARIABLE: json.dumps(preloaded(self)),
            "NODE_OPTIONS": _joined(base.get("NODE_OPTIONS"), node),
            "PYTHONPATH": os.pathsep.join(path),
        }


def preloaded(way: Way) -> dict[str, Any]:
    """What has to be known by what is preloaded."""
    return {
        "pattern": PATTERN,
        "http_port": way.http_port,
        "tls_port": way.tls_port,
        "authority": way.authority,
        # Inside namespaces it is the kernel that refuses, and the names' server that counts.
        "allow_network": way.allow_network or way.proxy is None,
        "proxy_port": way.open_port,
    }


def _may_be_exempt(name: str) -> bool:
    """Whether a part of the user's NO_PROXY leads nobody around the mock.

    Libraries take it for the end of a name, some with a port and some with a star before it.
    """
    end = name.lower().partition(":")[0].strip("*.")
    return bool(end) and not end.endswith(DOMAIN) and not DOMAIN.endswith(end)


def _joined(before: str | None, ours: str) -> str:
    return f"{before} {ours}" if before else ours


def _for_java(word: str) -> str:
    """A word of `_JAVA_OPTIONS`, which know both kinds of quotes and no backslash."""
    if not re.search(r"""[\s"']""", word):
        return word
    return '"' + word.replace('"', """"'"'\"""") + '"'


def _for_node(word: str) -> str:
    """A word of NODE_OPTIONS, which knows backslashes between double quotes alone."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
