"""Where the URLs that callers of the API choose may lead: FileUrl, StreamURL, Live's CallbackURL.

A server on the loopback interface is its caller's own, and follows them wherever they lead. One
that listens elsewhere is called by others, who must not see through its eyes: the machine's own
services, its files, and what a cloud tells its machines about themselves are nobody else's. Private
networks are: containers that belong together live there.

What is judged is the address that is connected to, not the name, which may stand for another one a
moment later; see `mock_tingwu.guarded`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network
from typing import Final
from urllib.parse import unquote, urlsplit

from mock_tingwu.core.imagination import ip_of, is_this_machine

Address = IPv4Address | IPv6Address

#: Networks whose addresses carry one of IPv4 in their last bits: IPv4-mapped (also RFC 4291's
#: deprecated form), translated (RFC 6052 and 8215).
_WRAPPING: Final = tuple(
    map(
        IPv6Network, ("::ffff:0:0/96", "::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
    )
)
#: This one may also carry it behind its prefix, around the eight bits that are always 0.
_AROUND: Final = _WRAPPING[-1]
#: Where clouds tell a machine of itself, beside 169.254.169.254: Alibaba Cloud, AWS by IPv6, Azure
#: and Oracle.
_OF_CLOUDS: Final = frozenset(("100.100.100.200", "fd00:ec2::254", "168.63.129.16", "192.0.0.192"))
_NOWHERE: Final = ip_network("0.0.0.0/8")
_HOST: Final = re.compile(r"[^\s/:@\\?#\[\]%]{1,253}")


def reach_entry(text: str) -> str:
    """A host or network of the setting ``reach``, as it is compared.

    Raises:
        ValueError: it is neither.
    """
    entry = text.strip().lower()
    try:
        return str(ip_network(entry.removeprefix("[").removesuffix("]"), strict=False))
    except ValueError:
        pass
    # A slip in an address would be a name that nobody has.
    if not _HOST.fullmatch(entry) or re.fullmatch("[0-9.]+", entry):
        raise ValueError(entry)
    # The names below localhost are all this machine (RFC 6761).
    return "localhost" if is_this_machine(entry) else entry


class Unreachable(Exception):
    """Nobody but the operator may have the mock go there; the message is a sentence."""


class Reach:
    """Where a server that listens on ``host`` may be sent.

    ``allowed`` are hosts and networks of `reach_entry`, ``bases`` the URLs that the operator lets
    stand for hosts.
    """

    def __init__(
        self, host: str, allowed: Collection[str] = (), bases: Collection[str] = ()
    ) -> None:
        self._is_guarded = not is_this_machine(host)
        self._bases = tuple(bases)
        self._networks = [ip_network(entry) for entry in allowed if "/" in entry]
        self._hosts = {entry for entry in allowed if "/" not in entry}

    @classmethod
    def of(cls, host: str, allowed: Collection[str], file_hosts: Mapping[str, str]) -> Reach:
        """By the settings of these names."""
        return cls(host, allowed, [base for base in file_hosts.values() if "://" in base])

    def is_free(self, url: str) -> bool:
        """Whether nothing of where ``url`` leads has to be looked at."""
        return not self._is_guarded or any(_is_below(url, base) for base in self._bases)

    def check(self, url: str) -> None:
        """See what ``url`` alone tells.

        Raises:
            Unreachable: it leads to a file of this machine or to an address that it must not.
            ValueError: it is no URL.
        """
        if self.is_free(url):
            return
        parts = urlsplit(url)
        if len(parts.scheme) < 2 or parts.scheme == "file":
            raise Unreachable(
                f"{parts.scheme or 'a path'}: is a file of this machine, which callers of a server "
                "on other addresses than loopback may name only by a host of the setting file_hosts"
            )
        host = parts.hostname or ""
        if self._is_named(host):
            return
        if is_this_machine(host) and ip_of(host) is None:
            self.check_address(host, IPv4Address("127.0.0.1"))
        elif (address := ip_of(host)) is not None:
            self.check_address(host, address)

    def check_address(self, host: str, address: Address) -> None:
        """See whether ``address`` may be connected to, for which ``host`` stands.

        Raises:
            Unreachable: it may not.
        """
        if not self._is_guarded or self._is_named(host):
            return
        if any(address in network for network in self._networks):
            return
        if any(map(_is_private_to_machine, _meant(address))):
            what = "is" if ip_of(host) == address else f"is {address},"
            raise Unreachable(
                f"{host} {what} where callers of a server on other addresses than loopback may not "
                "lead it; the setting reach allows more"
            )

    def _is_named(self, host: str) -> bool:
        host = host.lower()
        return host in self._hosts or (host.endswith(".localhost") and "localhost" in self._hosts)


def _is_below(url: str, base: str) -> bool:
    """Whether a URL is the base or leads down from there."""
    if url != base and not url.startswith((f"{base}/", f"{base}?")):
        return False
    return not {".", ".."} & set(re.split(r"[/\\]", unquote(urlsplit(url).path)))


def _meant(address: Address) -> Iterator[Address]:
    """An address, and those of IPv4 that it may be translated to on its way."""
    yield address
    if isinstance(address, IPv6Address):
        if address.sixtofour is not None:
            yield address.sixtofour
        if address.teredo is not None:
            yield from address.teredo
        if any(address in network for network in _WRAPPING):
            yield IPv4Address(int(address) & 0xFFFFFFFF)
        if address in _AROUND:
            high, low = int(address) >> 64 & 0xFFFF, int(address) >> 40 & 0xFFFF
            yield IPv4Address(high << 16 | low)


def _is_private_to_machine(address: Address) -> bool:
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address.is_multicast
        or address in _NOWHERE
        or str(address) == "255.255.255.255"
        or str(address) in _OF_CLOUDS
    )
