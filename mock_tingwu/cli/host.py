"""``mock-tingwu host``: put local files on a running mock, to be named in a FileUrl."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mock_tingwu.cli import BAD_USAGE, complain
from mock_tingwu.cli.sdk import DEFAULT_URL

if TYPE_CHECKING:
    import httpx

#: How long the server may take over one step, in seconds.
_PATIENCE_S: Final = 30.0


class Refused(Exception):
    """The server did not take a file; the message says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which files, to which server."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a file to host")
    parser.add_argument(
        "--url", default=DEFAULT_URL, help=f"address of the mock (default {DEFAULT_URL})"
    )
    parser.epilog = "Prints the URL of each file on a line of its own. The mock keeps a copy."


def run(args: argparse.Namespace) -> int:
    """Upload; exit code 0, 1 if the server does not take a file, 2 if FILE or URL is none."""
    from mock_tingwu.client.address import is_http, no_address

    if not is_http(args.url):
        complain("host", no_address(args.url, "--url", f"an address such as {DEFAULT_URL}"))
        return BAD_USAGE
    for path in args.files:
        problem = problem_of(path)
        if problem:
            complain("host", problem)
            return BAD_USAGE
    import httpx

    url = args.url.rstrip("/")
    try:
        with open_client(url) as client:
            for path in args.files:
                print(upload(client, url, path), flush=True)
    except BrokenPipeError:
        raise  # whoever reads has seen enough: `main` knows
    except (Refused, OSError) as error:
        complain("host", error)
        return 1
    except httpx.HTTPError as error:
        complain("host", f"no mock answers at {url}: {error}")
        return 1
    return 0


def open_client(url: str) -> httpx.Client:
    """What uploads to the mock at ``url``, as a context manager."""
    import httpx

    from mock_tingwu.client.address import is_local

    return httpx.Client(timeout=_PATIENCE_S, trust_env=not is_local(url))


def is_mock(client: httpx.Client, url: str) -> bool:
    """Whether what answers there is a mock. Raises httpx.HTTPError when nothing does."""
    answer = client.get(f"{url}/_mock/health")
    try:
        return answer.status_code == 200 and answer.json().get("status") == "ok"
    except (ValueError, AttributeError):
        return False


def problem_of(path: Path) -> str:
    """Why this file cannot be hosted, if anything is wrong with it."""
    try:
        path.name.encode()
    except UnicodeEncodeError:
        return f"the name of {str(path)!r} is not UTF-8"
    return "" if path.is_file() else f"{path} is no file"


def upload(client: httpx.Client, url: str, path: Path) -> str:
    """Put one file on the server; return its URL there. A terminal sees how far it is.

    Raises:
        Refused: the answer is not that of a mock that has taken it.
        httpx.HTTPError: no answer came.
        OSError: the file cannot be read.
    """
    from rich.console import Console
    from rich.progress import Progress

    query, console = {"name": path.name}, Console(stderr=True)
    bar = Progress(console=console, transient=True, disable=not console.is_terminal)
    with bar, bar.open(path, "rb", description=path.name) as file:
        answer = client.post(f"{url}/_mock/files", params=query, content=file)
    try:
        body = answer.json()
        if answer.status_code == 201:
            return str(body["url"])
        raise Refused(f"{path} was not taken: {body['error']}")
    except (ValueError, KeyError, TypeError):
        why = f"{url} answered {answer.status_code}, which is no answer of mock-tingwu"
        raise Refused(why) from None
