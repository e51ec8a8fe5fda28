"""What the kit's cases have of this machine and of live streams: options that commands share."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from mock_tingwu.cli.options import port

if TYPE_CHECKING:
    from mock_tingwu.conformance.benches import SharedBench
    from mock_tingwu.conformance.outside import Outside

#: The options of `add_reach_options`.
REACH_OPTIONS: Final = (
    "public_url",
    "public_port",
    "callbacks_set",
    "stream_url",
    "second_stream_url",
)


def add_reach_options(parser: argparse.ArgumentParser, of: str = "") -> None:
    """How the target reaches this machine, and which streams are on. ``of`` is where they count."""
    group = parser.add_argument_group(f"what the target needs of this machine{of}")
    group.add_argument(
        "--public-url",
        default="",
        metavar="URL",
        help="an address, such as that of a tunnel, at which the target reaches --public-port here",
    )
    group.add_argument("--public-port", type=port, default=0, metavar="PORT", help="any free one")
    group.add_argument(
        "--callbacks-set",
        action="store_true",
        help="the project's callback address is --public-url with /callback behind it",
    )
    group.add_argument(
        "--stream-url", default="", metavar="URL", help="a live stream that is on, for Live"
    )
    group.add_argument(
        "--second-stream-url", default="", metavar="URL", help="another one that is on meanwhile"
    )


def check_reach(args: argparse.Namespace) -> None:
    """Raise ValueError where an address is none, or both streams are one."""
    from mock_tingwu.client.address import is_http, is_stream, no_address

    if args.public_url and not is_http(args.public_url):
        example = "an address such as https://tunnel.example.com"
        raise ValueError(no_address(args.public_url, "--public-url", example))
    for option, url in (
        ("--stream-url", args.stream_url),
        ("--second-stream-url", args.second_stream_url),
    ):
        if url and not is_stream(url):
            example = "an address such as rtmp://pull.example.com/app/stream"
            # The query of such an address is a credential.
            raise ValueError(no_address(url.partition("?")[0], option, example))
    if args.second_stream_url and args.second_stream_url == args.stream_url:
        raise ValueError("--second-stream-url is that of --stream-url, expected another stream")


def refuse(args: argparse.Namespace, names: tuple[str, ...], why: str) -> None:
    """Raise ValueError if one of these options is given, with ``why`` it must not be."""
    for name in names:
        if getattr(args, name) not in (None, "", 0, False):
            raise ValueError(f"--{name.replace('_', '-')} is {why}")


def shared_bench(target: str, args: argparse.Namespace) -> SharedBench:
    """A target that is there already, with what the options say.

    Raises:
        ValueError: ``target`` is none.
        Unreachable: it is the mock that runs here, and none does.
    """
    from mock_tingwu.conformance.benches import SharedBench

    return SharedBench(
        target,
        is_public=bool(args.public_url),
        callbacks_set=args.callbacks_set,
        stream_url=args.stream_url,
        second_stream_url=args.second_stream_url,
    )


def outside(args: argparse.Namespace) -> Outside:
    """Where such a target finds files and sends callbacks; it begins when it is entered."""
    from mock_tingwu.conformance.outside import Outside

    return Outside(args.public_url, args.public_port)
