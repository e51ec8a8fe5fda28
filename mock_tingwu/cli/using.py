"""What the commands that use the services have in common: the target, what they say, how they end.

Each prints for a reader, or with ``--json`` one JSON object a line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import asdict, is_dataclass
from typing import Any, Final

from mock_tingwu.cli import BAD_USAGE, INTERRUPTED, complain

FAILED: Final = 1
REFUSED: Final = 3
UNREACHABLE: Final = 4
EXIT_CODES: Final = (
    "Exit code 0: done. 1: the task or its stream has failed. 2: bad usage, or a file that cannot "
    "be read. 3: the service refused. 4: no answer came. 130: Ctrl-C."
)


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
    command: str, args: argparse.Namespace, work: Callable[[Any], Coroutine[Any, Any, None]]
) -> int:
    """Do ``work`` with the target; return the exit code. What goes wrong is told in one line."""
    # After the arguments: a wrong flag is told at once.
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
            tell_error(error)
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


def tell(**fields: Any) -> None:
    """Print one JSON object."""
    print(json.dumps(fields, ensure_ascii=False, default=_plain), flush=True)


def tell_error(error: Exception) -> None:
    """Print an error as JSON, with what the service has said of it."""
    known = ("code", "message", "request_id", "http_status", "status", "task_id")
    found = {name: getattr(error, name) for name in known if getattr(error, name, None)}
    tell(error={"text": str(error), **found})


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)
