"""``mock-tingwu ca``: the authority that vouches for a mock under the cloud's names."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mock_tingwu.cli import BAD_USAGE, complain

if TYPE_CHECKING:
    from mock_tingwu.interception.authority import Authority

_NONE = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with it."""
    parser.add_argument(
        "action",
        choices=("show", "create", "remove"),
        help="show where it is and how long it is valid; make it if there is none; delete it, so "
        "that the next one is another",
    )
    parser.add_argument(
        "--pem", action="store_true", help="of show and create: print the certificate alone"
    )
    parser.epilog = (
        "It is made when `run` or `serve --tls` first needs it, in your cache or at "
        "MOCK_TINGWU_CA_DIR, and nothing on this machine trusts it by itself "
        "(docs/unmodified.md). Exit code 1: there is none."
    )


def run(args: argparse.Namespace) -> int:
    """Do it; return the exit code."""
    from mock_tingwu.interception.authority import (
        Authority,
        AuthorityError,
        folder,
        not_used,
        remove,
    )

    try:
        if args.action == "remove":
            if args.pem:
                raise ValueError("--pem goes with show or create, not with remove")
            was_there = remove(folder())
            print(f"{'removed' if was_there else 'there was none in'} {folder()}")
            return 0
        found = Authority.of_user() if args.action == "create" else Authority.read(folder())
    except (AuthorityError, ValueError) as error:
        complain("ca", error)
        return BAD_USAGE
    except OSError as error:
        done = "removed from" if args.action == "remove" else "read in"
        complain("ca", not_used(done, folder(), error))
        return BAD_USAGE
    if found is None:
        complain("ca", f"there is no authority in {folder()}; `mock-tingwu ca create` makes one")
        return _NONE
    print(found.pem.decode() if args.pem else _described(found), end="")
    return 0


def _described(authority: Authority) -> str:
    from mock_tingwu.interception.authority import CERTIFICATE, NAME, folder
    from mock_tingwu.protocols.hosts import DOMAIN

    return (
        f"name         {NAME}\n"
        f"certificate  {folder() / CERTIFICATE}\n"
        f"valid until  {authority.expires:%Y-%m-%d}\n"
        f"SHA-256      {authority.fingerprint()}\n"
        f"vouches for  {DOMAIN} and all below it, localhost, 127.0.0.0/8, ::1; nothing else\n"
        "trusted by   whoever is told to; see docs/unmodified.md\n"
    )
