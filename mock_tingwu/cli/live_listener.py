"""``mock-tingwu live listen``: show callbacks as they come, and check their signatures."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from mock_tingwu.cli import complain
from mock_tingwu.cli.live_display import make_display
from mock_tingwu.cli.live_log import Log
from mock_tingwu.settings import LIVE_AUTH_KEY

if TYPE_CHECKING:
    from mock_tingwu.client.live_callbacks import Arrival, LiveCallbackReceiver

#: Where `live listen` listens if nothing is said.
DEFAULT_PORT: Final = 8901
#: How often it is looked whether Ctrl-C was pressed, in seconds: Windows needs that.
_LOOK_S: Final = 1.0


def listen_to_callbacks(args: argparse.Namespace) -> int:
    """``live listen``: exit code 0 after Ctrl-C, 1 when the address cannot be used."""
    # Also where they are ignored, as in the background of a script.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    log = Log()
    try:
        return _listen(args, log)
    except KeyboardInterrupt:
        say(log.summary(), args.json)
        return 0


def _listen(args: argparse.Namespace, log: Log) -> int:
    display = make_display(args.json)
    receiver = make_receiver(args, auth_key_of(args), lambda a: display.show(log.take(a)))
    try:
        receiver.listen()
    except OSError as error:
        complain("live listen", f"{error}; choose another one, --port 0 is a free one")
        return 1
    # Scripts read this line, so its form is fixed.
    say(f"mock-tingwu live listening on {receiver.url}", args.json)
    with display, receiver:
        while not receiver.wait(_LOOK_S):
            pass
    return 0


def auth_key_of(args: argparse.Namespace) -> str | None:
    """The AuthKey of the tasks: the flag's, or else the variable's."""
    return args.auth_key or os.environ.get(LIVE_AUTH_KEY) or None


def make_receiver(
    args: argparse.Namespace, auth_key: str | None, on_callback: Callable[[Arrival], None]
) -> LiveCallbackReceiver:
    """The receiver that the arguments describe; it does not listen yet."""
    from mock_tingwu.client.live_callbacks import LiveCallbackReceiver

    # What is not HTTP is refused by uvicorn with a warning; only its errors matter here.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    return LiveCallbackReceiver(
        args.host,
        args.port,
        auth_key=auth_key,
        callback_url=args.callback_url,
        on_callback=on_callback,
    )


def say(line: str, json: bool) -> None:
    """Print a line about the command itself; on stderr where stdout is for JSON only."""
    print(line, file=sys.stderr if json else sys.stdout, flush=True)
