"""``mock-tingwu live watch``: caption a live stream until Ctrl-C, on a task of its own."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from mock_tingwu.cli.live_display import make_display
from mock_tingwu.cli.live_listener import (
    DEFAULT_PORT,
    auth_key_of,
    make_receiver,
    say,
)
from mock_tingwu.cli.live_log import Log
from mock_tingwu.cli.live_tasks import NOT_FOUND, settings_of

if TYPE_CHECKING:
    from mock_tingwu.client import LiveAsrClient
    from mock_tingwu.client.live_callbacks import LiveCallbackReceiver
    from mock_tingwu.client.targets import Target

#: How often it is asked whether the task still runs, in seconds: no callback tells its end
#: (live-rtc-asr 2).
_LOOK_S: Final = 2.0
#: How long the last captions may take to arrive after the task was stopped, in seconds.
_LAST_CAPTIONS_S: Final = 0.5


async def watch(args: argparse.Namespace, target: Target) -> None:
    """``live watch``. Returns when the task has ended, also by Ctrl-C."""
    import secrets

    from mock_tingwu.client.address import is_local

    if args.callback_url is None and not is_local(target.live_url):
        raise ValueError(
            f"callbacks of {target.live_url} do not find this machine by themselves: give a "
            "--callback-url that leads to --host and --port"
        )
    if args.port is None:
        args.port = DEFAULT_PORT if args.callback_url else 0
    # One that nobody knows will do: then signatures are checked, too.
    auth_key = auth_key_of(args) or secrets.token_hex(16)
    display = make_display(args.json)
    receiver = make_receiver(args, auth_key, lambda arrival: display.show(log.take(arrival)))
    async with target.live() as client:
        receiver.listen()
        callback_url = args.callback_url or receiver.url
        log = Log(callback_url)
        with display, receiver:
            settings = settings_of(args) | {"auth_key": auth_key}
            task_id = await client.caption_stream(args.stream_url, callback_url, **settings)
            try:
                say(f"Task {task_id} posts to {callback_url}", args.json)
                await _until_over(client, task_id, receiver)
            finally:
                await _end(client, task_id, args.json)
    say(log.summary(), args.json)
    say(f"Task {task_id} is stopped and deleted.", args.json)


async def _until_over(client: LiveAsrClient, task_id: str, receiver: LiveCallbackReceiver) -> None:
    """Wait until the task has ended, or Ctrl-C. Raises what showing a caption has raised."""
    import asyncio

    with suppress(asyncio.CancelledError), _cancelled_by_signals():
        while not receiver.wait(0):
            await asyncio.sleep(_LOOK_S)
            found = await client.find(task_id)
            if found is None or not found.running:
                break


@contextmanager
def _cancelled_by_signals() -> Iterator[None]:
    """Let Ctrl-C and what is like it cancel this, also where it is ignored, as behind a script."""
    import asyncio

    from mock_tingwu.cli.interrupts import ENDS

    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    numbers = (signal.SIGINT, *ENDS)
    with suppress(NotImplementedError):  # Windows, where Ctrl-C does so all the same
        for number in numbers:
            loop.add_signal_handler(number, task.cancel)
    try:
        yield
    finally:
        with suppress(NotImplementedError):
            for number in numbers:
                loop.remove_signal_handler(number)


async def _end(client: LiveAsrClient, task_id: str, json: bool) -> None:
    """Stop and delete the task. Raises ClientError when it may still run."""
    import asyncio

    from mock_tingwu.client import ClientError, LiveError

    try:
        await client.stop(task_id)
        await asyncio.sleep(_LAST_CAPTIONS_S)
        await client.delete(task_id)
    except ClientError as error:
        if isinstance(error, LiveError) and error.code == NOT_FOUND:
            return  # somebody else was faster
        say(f"Task {task_id} may still run: mock-tingwu live delete {task_id}", json)
        raise
