"""``mock-tingwu dashscope create``, ``end``, ``info``, ``wait``, ``result`` and ``token``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mock_tingwu.cli import complain
from mock_tingwu.cli.interrupts import INTERRUPTS
from mock_tingwu.cli.meeting import UNKNOWN
from mock_tingwu.cli.results import Found, give
from mock_tingwu.cli.using import check_results, finish

if TYPE_CHECKING:
    from mock_tingwu.client import AgentInfo, AgentTask, DashScopeClient, Results
    from mock_tingwu.client.targets import Target


class Agent:
    """The client of one agent: of the meetings' where ``model`` is None."""

    def __init__(self, client: DashScopeClient, model: str | None) -> None:
        self._client = client
        self._model: dict[str, Any] = {} if model is None else {"model": model}

    async def info(self, data_id: str) -> AgentInfo:
        return await self._client.get_task(data_id, **self._model)

    async def wait(
        self, data_id: str, /, *, on_change: Callable[[Any], None], timeout: float
    ) -> AgentInfo:
        return await self._client.wait(data_id, on_change=on_change, timeout=timeout, **self._model)

    async def results(self, info: AgentInfo, /) -> Results:
        return await self._client.results(info)


def check_create(args: argparse.Namespace) -> None:
    """See that the options fit each other. Raises ValueError, OSError."""
    if args.model is not None and not _is_offline(args):
        raise ValueError("--model needs --file-url, --text or --data-id: others are never realtime")
    check_results(args)
    if (args.wait or args.result) and not _is_offline(args):
        raise ValueError(
            "--wait and --result need --file-url, --text or --data-id: a meeting has to be ended "
            "first"
        )


def _is_offline(args: argparse.Namespace) -> bool:
    return any(given is not None for given in (args.file_url, args.text, args.data_id))


async def create(args: argparse.Namespace, target: Target) -> None:
    """``dashscope create``."""
    from mock_tingwu.cli.output import make_output

    try:
        async with target.dashscope(app_id=args.app_id) as client:
            if not _is_offline(args):
                _tell(args, await _create_realtime(args, client))
                return
            task = await _create_offline(args, client)
            if not (args.wait or args.result):
                _tell(args, task)
                return
            output = make_output(args)
            output.created(task.data_id)
            output.waiting((), stopped=False)
            with output:
                agent = Agent(client, args.model)
                await finish(args, output, agent, task.data_id, task.status)
    except INTERRUPTS:
        complain("dashscope create", "interrupted; a task that was created goes on.")
        raise


async def _create_realtime(args: argparse.Namespace, client: DashScopeClient) -> AgentTask:
    return await client.create_realtime(
        audio_format=args.format,
        sample_rate=args.rate,
        phrase_id=args.phrase_id,
        parameters=args.parameters,
    )


async def _create_offline(args: argparse.Namespace, client: DashScopeClient) -> AgentTask:
    model = {} if args.model is None else {"model": args.model}
    return await client.create_offline(
        args.file_url,
        text=None if args.text is None else _read(args.text),
        data_id=args.data_id,
        phrase_id=args.phrase_id,
        parameters=args.parameters,
        **model,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"--text is {path}, expected a file in UTF-8") from None


async def end(args: argparse.Namespace, target: Target) -> None:
    """``dashscope end``."""
    async with target.dashscope(app_id=args.app_id) as client:
        _tell(args, await client.end_realtime(args.data_id, parameters=args.parameters))


async def info(args: argparse.Namespace, target: Target) -> None:
    """``dashscope info``."""
    from mock_tingwu.cli.keeping import media_links
    from mock_tingwu.cli.output import plain, print_links, tell
    from mock_tingwu.cli.terminal import make_console

    async with target.dashscope() as client:
        found = await Agent(client, args.model).info(args.data_id)
    media = media_links(found)
    if args.json:
        tell(**_facts(found), media=media)
        return
    console = make_console()
    why = f" ({': '.join(found.error)})" if found.error else ""
    console.print(f"{found.data_id} {plain(found.status)}{why}", markup=False, soft_wrap=True)
    print_links(console, {**found.results, **media})
    for name in found.failed_results:
        console.print(f"{name} could not be made", markup=False, soft_wrap=True)


async def wait(args: argparse.Namespace, target: Target) -> None:
    """``dashscope wait``."""
    from mock_tingwu.cli.output import make_output

    try:
        async with target.dashscope() as client:
            output = make_output(args)
            output.waiting((), stopped=False)
            with output:
                await finish(args, output, Agent(client, args.model), args.data_id, UNKNOWN)
    except INTERRUPTS:
        complain("dashscope wait", "interrupted; the task goes on.")
        raise


async def result(args: argparse.Namespace, target: Target) -> None:
    """``dashscope result``."""
    from mock_tingwu.cli.keeping import media_links

    try:
        async with target.dashscope() as client:
            info = await Agent(client, args.model).info(args.data_id)
            found = Found(args.data_id, info, media_links(info), "dashscope wait")
            await give(args, client, found)
            if not args.json:
                for name in info.failed_results:
                    complain("dashscope result", f"{name} could not be made")
    except INTERRUPTS:
        complain("dashscope result", "interrupted; nothing is kept.")
        raise


async def token(args: argparse.Namespace, target: Target) -> None:
    """``dashscope token``."""
    from mock_tingwu.cli.output import tell

    async with target.dashscope() as client:
        made = await client.create_token(args.expires_in)
    if args.json:
        tell(token=made.key, expires_at=made.expires_at)
        return
    until = datetime.fromtimestamp(made.expires_at).astimezone().isoformat(" ")
    # The key alone on stdout: it is for a variable.
    print(made.key, flush=True)
    print(f"good until {until}", file=sys.stderr)


def _tell(args: argparse.Namespace, task: AgentTask) -> None:
    """Print the one thing that a subcommand has to say."""
    from mock_tingwu.cli.output import plain, tell

    if args.json:
        tell(task_id=task.data_id, status=plain(task.status))
    else:
        print(task.data_id, plain(task.status), flush=True)


def _facts(found: AgentInfo) -> dict[str, object]:
    """How a task stands, as JSON."""
    from mock_tingwu.cli.output import plain

    known: dict[str, object] = {
        "task_id": found.data_id,
        "status": plain(found.status),
        "results": dict(found.results),
    }
    if found.failed_results:
        known["failed_results"] = found.failed_results
    if found.error is not None:
        known["error"] = dict(zip(("code", "message"), found.error, strict=True))
    return known
