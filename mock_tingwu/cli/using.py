"""What the commands that use the services have in common: the target, and how they end."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from mock_tingwu.cli import BAD_USAGE, INTERRUPTED, complain
from mock_tingwu.cli.writing import check_writable, writing

if TYPE_CHECKING:
    from mock_tingwu.cli.output import Info, Output
    from mock_tingwu.client import Results
    from mock_tingwu.client.targets import Target

FAILED: Final = 1
REFUSED: Final = 3
UNREACHABLE: Final = 4
EXIT_CODES: Final = (
    "Exit code 0: done. 1: the task or its stream has failed. 2: bad usage, or a file that cannot "
    "be read or written. 3: the service refused. 4: no answer came. 130: Ctrl-C."
)


P = TypeVar("P", bound=argparse.ArgumentParser)


class Client(Protocol):
    """A client of either service; what it tells of a task is its own."""

    async def wait(
        self, task_id: str, /, *, on_change: Callable[[Any], None], timeout: float
    ) -> Any: ...

    async def results(self, task: Any, /) -> Results: ...


class TaskEnded(Exception):
    """A task has not ended well, and the output has told so.

    ``why`` is what stderr is still to be told; None when that is all.
    """

    def __init__(self, why: Exception | None = None) -> None:
        super().__init__(why)
        self.why = why


def add_target(parser: argparse.ArgumentParser, *, private: bool = False) -> None:
    """Which service, and for whom it prints. ``private``: a mock is started where none runs."""
    where = ", or else one for this command alone" if private else ""
    parser.add_argument(
        "--target",
        default="mock",
        metavar="TARGET",
        help=f"mock (the one at MOCK_TINGWU_URL or at port 8900{where}), live, or an address "
        "(default mock)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    parser.epilog = EXIT_CODES


def add_subcommand(
    commands: argparse._SubParsersAction[P],
    name: str,
    summary: str,
    work: Callable[[argparse.Namespace, Target], Coroutine[Any, Any, None]],
    check: Callable[[argparse.Namespace], None] | None = None,
    *,
    private: bool = False,
) -> P:
    """Add a subcommand for `run_subcommand`, which does ``work`` after ``check``.

    The rest is as for `run_with`.
    """
    description = f"{summary[0].upper()}{summary[1:]}."
    parser = commands.add_parser(name, help=summary, description=description)
    parser.set_defaults(subcommand=name, work=work, check=check, private=private)
    return parser


def run_subcommand(command: str, args: argparse.Namespace) -> int:
    """Run the subcommand of ``command`` that was named; return its exit code."""
    name = f"{command} {args.subcommand}"
    return run_with(
        name,
        args,
        lambda target: args.work(args, target),
        check=args.check,
        private=args.private,
    )


def run_with(
    command: str,
    args: argparse.Namespace,
    work: Callable[[Target], Coroutine[Any, Any, None]],
    *,
    check: Callable[[argparse.Namespace], None] | None = None,
    private: bool = False,
) -> int:
    """Do ``work`` with the target; return the exit code. What goes wrong is told in one line.

    ``check`` looks at the arguments before; it may raise ValueError and OSError. With ``private``,
    a mock is started for the command where none runs.
    """

    def act() -> None:
        from mock_tingwu.cli.interrupts import run_loop
        from mock_tingwu.cli.targets import open_target

        if check is not None:
            check(args)
        with open_target(args.target, private=private) as target:
            run_loop(work(target))

    return guarded(command, args, act)


def guarded(command: str, args: argparse.Namespace, act: Callable[[], None]) -> int:
    """Do something; return the exit code. What goes wrong is told in one line."""
    # After the arguments: a wrong flag is told at once.
    from mock_tingwu.client.errors import ClientError

    try:
        act()
    except BrokenPipeError:
        raise  # whoever reads has seen enough: `main` knows
    except TaskEnded as ended:
        if ended.why is None:
            return FAILED
        complain(command, described(ended.why))
        return _exit_code(ended.why)
    except ClientError as error:
        if args.json:
            from mock_tingwu.cli.output import facts, tell

            tell(error=facts(error))
        complain(command, described(error))
        return _exit_code(error)
    except (ValueError, ImportError, OSError) as error:
        complain(command, described(error))
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
    kinds: Collection[str] = (),
) -> None:
    """Do what ``--wait`` and ``--result`` want with a task, and say how it ended.

    ``kinds`` are the results that were asked for, as far as that is known: Tingwu does not tell
    which of them could not be made.

    Raises:
        TaskEnded: it has failed, or it is not known whether it has.
        OSError: the file of ``--out`` cannot be written.
    """
    from mock_tingwu.client.errors import ClientError
    from mock_tingwu.client.polling import RESULTS_TIMEOUT_S

    if not (args.wait or args.result):
        output.ended(task_id, status)
        return

    def progress(info: Info) -> None:
        nonlocal status
        status = info.status
        output.progress(info)

    try:
        timeout = RESULTS_TIMEOUT_S if args.timeout is None else args.timeout
        info = await client.wait(task_id, on_change=progress, timeout=timeout)
        if args.result and info.results:
            text = rendered(await client.results(info), args.result)
            if args.out is None:
                output.result(text)
            else:
                with writing("--out", args.out):
                    args.out.write_text(text, encoding="utf-8")
    except ClientError as error:
        output.ended(task_id, status, error=error)
        raise TaskEnded(error) from error
    except BaseException:
        output.ended(task_id, status)
        raise
    missing = tuple(kind for kind in kinds if info.succeeded and kind not in info.results)
    output.ended(task_id, info.status, info, links=not args.result, missing=missing)
    if not info.succeeded:
        raise TaskEnded


def refuse(args: argparse.Namespace, names: Collection[str], why: str) -> None:
    """Make sure that none of these options is given. Raises ValueError."""
    for name in names:
        value = getattr(args, name)
        # Also 0 is given.
        if value is not None and value is not False and value not in ((), {}):
            raise ValueError(f"--{name.replace('_', '-')} {why}")


def check_results(args: argparse.Namespace) -> None:
    """Look whether what `options.add_result_options` was given can be done.

    Raises:
        ValueError: an option makes no sense without another.
        OSError: the file of ``--out`` could not be written.
    """
    if args.out is None:
        return
    if not args.result:
        raise ValueError("--out needs --result, which says what is written")
    check_writable("--out", args.out)


def rendered(
    results: Results,
    form: str,
    translation: str | None = None,
    speakers: Mapping[str, str] | None = None,
) -> str:
    """Results as one of `RESULT_FORMATS`, with a line end at the end unless that is nothing.

    ``speakers`` names them by their ids where the format has names. Raises ValueError when there is
    no such ``translation``.
    """
    write: Mapping[str, Callable[[], str]] = {
        "text": lambda: results.to_text(translation, speakers=speakers),
        "md": lambda: results.to_markdown(translation, speakers=speakers),
        "srt": lambda: results.to_srt(translation),
        "vtt": lambda: results.to_vtt(translation, speakers=speakers),
        "json": results.to_json,
    }
    text = write[form]().rstrip("\n")
    return f"{text}\n" if text else ""


def described(error: Exception) -> str:
    """An error in one line, with what the service's support asks for."""
    text = str(error)
    if isinstance(error, OSError) and error.filename is not None:
        text = f"{error.filename}: {error.strerror}"
    if request_id := getattr(_cause(error), "request_id", None):
        text = f"{text.rstrip('.')} (RequestId {request_id})"
    # What a service says may have more lines.
    return " ".join(text.split())


def _exit_code(error: Exception) -> int:
    from mock_tingwu.client.errors import ServiceError, Unreachable

    cause = _cause(error)
    if isinstance(cause, ServiceError):
        return REFUSED
    return UNREACHABLE if isinstance(cause, Unreachable) else FAILED


def _cause(error: Exception) -> BaseException:
    """What happened to the download, where a result is not to be had because of that."""
    from mock_tingwu.client.results import ResultError

    return error.__cause__ or error if isinstance(error, ResultError) else error
