"""What the commands that use the services have in common: the target, and how they end."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from mock_tingwu.cli import BAD_USAGE, INTERRUPTED, complain

if TYPE_CHECKING:
    from mock_tingwu.cli.output import Output
    from mock_tingwu.client import Results
    from mock_tingwu.client.targets import Target

FAILED: Final = 1
REFUSED: Final = 3
UNREACHABLE: Final = 4
EXIT_CODES: Final = (
    "Exit code 0: done. 1: the task or its stream has failed. 2: bad usage, or a file that cannot "
    "be read. 3: the service refused. 4: no answer came. 130: Ctrl-C."
)


class Client(Protocol):
    """A client of either service; what it tells of a task is its own."""

    async def wait(self, task_id: str, /, *, on_change: Callable[[Any], None]) -> Any: ...

    async def results(self, task: Any, /) -> Results: ...


class TaskEnded(Exception):
    """A task has ended as FAILED or INVALID, which has been told."""


def add_target(parser: argparse.ArgumentParser) -> None:
    """Which service, and for whom it prints."""
    parser.add_argument(
        "--target",
        default="mock",
        metavar="TARGET",
        help="mock (the one at MOCK_TINGWU_URL or at port 8900, or else one for this command "
        "alone), live, or an address (default mock)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    parser.epilog = EXIT_CODES


def run_with(
    command: str, args: argparse.Namespace, work: Callable[[Target], Coroutine[Any, Any, None]]
) -> int:
    """Do ``work`` with the target; return the exit code. What goes wrong is told in one line."""
    # After the arguments: a wrong flag is told at once.
    import asyncio

    from mock_tingwu.cli.targets import open_target
    from mock_tingwu.client.errors import ClientError, ServiceError, Unreachable

    try:
        with open_target(args.target) as target:
            asyncio.run(work(target))
    except BrokenPipeError:
        raise  # whoever reads has seen enough: `main` knows
    except TaskEnded:
        return FAILED
    except ClientError as error:
        if args.json:
            _tell_error(error)
        complain(command, error)
        if isinstance(error, ServiceError):
            return REFUSED
        return UNREACHABLE if isinstance(error, Unreachable) else FAILED
    except (ValueError, ImportError, OSError) as error:
        complain(command, error)
        return BAD_USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


async def finish(
    args: argparse.Namespace,
    output: Output,
    client: Client,
    task_id: str,
    status: object,
) -> None:
    """Do what ``--wait`` and ``--result`` want with a task, and say how it ended.

    Raises:
        TaskEnded: it has failed.
        OSError: the file of ``--out`` cannot be written.
    """
    if not (args.wait or args.result):
        output.ended(task_id, status)
        return
    info = await client.wait(task_id, on_change=output.progress)
    if args.result and info.results:
        text = rendered(await client.results(info), args.result)
        if args.out is None:
            output.result(text)
        else:
            args.out.write_text(text, encoding="utf-8")
    output.ended(task_id, info.status, None if args.result else info)
    if not info.succeeded:
        raise TaskEnded


def rendered(results: Results, form: str) -> str:
    """Results as one of `RESULT_FORMATS`, with a line end at the end."""
    write: Mapping[str, Callable[[], str]] = {
        "text": results.to_text,
        "md": results.to_markdown,
        "srt": results.to_srt,
        "vtt": results.to_vtt,
        "json": results.to_json,
    }
    return write[form]().rstrip("\n") + "\n"


def _tell_error(error: Exception) -> None:
    """An error as JSON, with what the service has said of it."""
    from mock_tingwu.cli.output import tell

    known = ("code", "message", "request_id", "http_status", "status", "task_id")
    found = {name: getattr(error, name) for name in known if getattr(error, name, None)}
    tell(error={"text": str(error), **found})
