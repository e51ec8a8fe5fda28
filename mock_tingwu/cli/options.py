"""What the commands of the client have in common: how a task is made, what it gives back."""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mock_tingwu.cli.audio import FORMATS, SAMPLE_RATES

#: What each kind of result takes beside being turned on. The casing is CreateTask's
#: (tingwu-openapi 1.1).
_DETAILS: Final[Mapping[str, Mapping[str, Any]]] = {
    "AutoChapters": {},
    "MeetingAssistance": {"Types": ["Actions", "KeyInformation"]},
    "Summarization": {"Types": ["Paragraph", "Conversational", "QuestionsAnswering", "MindMap"]},
    "TextPolish": {},
    "PptExtraction": {},
}
ALL: Final = "all"
#: How results can be printed.
RESULT_FORMATS: Final = ("text", "md", "srt", "vtt", "json")


def add_task_options(parser: argparse.ArgumentParser) -> None:
    """What a task hears, and what is made of it."""
    parser.add_argument("--language", default="cn", help="what is spoken (default cn)")
    parser.add_argument("--task-key", metavar="TEXT", help="a name of your own for the task")
    add_kinds(parser)
    parser.add_argument(
        "--speakers",
        type=_count,
        metavar="N",
        help="tell speakers apart: how many there are, 0 if that is not known",
    )


def add_kinds(parser: argparse.ArgumentParser) -> None:
    """Which results there are to be."""
    parser.add_argument(
        "--results",
        type=_kinds,
        default=(),
        metavar="KINDS",
        help=f"beside the transcript: {', '.join(_DETAILS)}, with commas between them, or {ALL}",
    )
    parser.add_argument(
        "--translate",
        type=names,
        default=(),
        metavar="LANGUAGES",
        help="target languages, with commas between them",
    )
    parser.add_argument(
        "--parameters",
        type=json_object,
        default={},
        metavar="JSON",
        help="Parameters of CreateTask that go over these, as JSON or @FILE",
    )


def add_app_key(parser: argparse.ArgumentParser) -> None:
    """Whose task it is."""
    parser.add_argument("--app-key", metavar="KEY", help="the project (default: TINGWU_APP_KEY)")


def add_audio_options(parser: argparse.ArgumentParser) -> None:
    """In which format audio travels."""
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="pcm",
        help="what the audio is converted to and the task declares (default pcm)",
    )
    parser.add_argument(
        "--rate",
        type=int,
        choices=SAMPLE_RATES,
        default=16000,
        help="its samples per second, in Hz (default 16000)",
    )


def add_source(parser: argparse.ArgumentParser) -> None:
    """What is pushed, in which format and how fast."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a file with audio; - for 16-bit mono samples from stdin; mic for the microphone "
        "(the extra mic), which Ctrl-C ends",
    )
    add_audio_options(parser)
    parser.add_argument(
        "--speed",
        type=speed,
        default=1.0,
        metavar="X",
        help="push X times as fast as it was spoken (default 1)",
    )


def add_offline_options(parser: argparse.ArgumentParser) -> None:
    """What only the task of a recording has."""
    parser.add_argument(
        "--callbacks",
        action="store_true",
        help="have the project's callback address told of every step",
    )
    parser.add_argument(
        "--output-path", metavar="FOLDER", help="a folder of the project's bucket for the results"
    )


def add_result_options(parser: argparse.ArgumentParser, *, wait: bool = False) -> None:
    """Whether the results are waited for, which ``wait`` is the usual, and how they are printed."""
    if wait:
        parser.add_argument(
            "--no-wait",
            dest="wait",
            action="store_false",
            help="create the task, and leave it at that",
        )
    else:
        parser.add_argument(
            "--wait", action="store_true", help="wait for the results, and say where they are"
        )
    add_timeout(parser)
    parser.add_argument(
        "--result",
        choices=RESULT_FORMATS,
        metavar="FORMAT",
        help=f"wait, and print the results as {', '.join(RESULT_FORMATS)}; all else goes to stderr "
        "unless there is --out",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write what --result prints to a file"
    )


def add_timeout(parser: argparse.ArgumentParser) -> None:
    """How long results are waited for."""
    parser.add_argument(
        "--timeout",
        type=seconds,
        metavar="S",
        help="wait for the results for S seconds at most (default: three hours)",
    )


def speed(text: str) -> float:
    """How many times as fast as it was spoken audio is pushed."""
    with contextlib.suppress(ValueError):
        number = float(text)
        if 0.1 <= number <= 1000:
            return number
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0.1 to 1000")


def _count(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")


def port(text: str) -> int:
    """A port to listen at; 0 is any free one."""
    if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 65535")


def seconds(text: str) -> float:
    """A time that something may take, in seconds."""
    with contextlib.suppress(ValueError):
        number = float(text)
        if 0 < number < float("inf"):
            return number
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")


def parameters_of(args: argparse.Namespace, *, realtime: bool) -> dict[str, Any]:
    """The Parameters of CreateTask that the options ask for."""
    made: dict[str, Any] = {}
    # One that is run again has been told its speakers.
    if getattr(args, "speakers", None) is not None:
        made["Transcription"] = {
            "DiarizationEnabled": True,
            "Diarization": {"SpeakerCount": args.speakers},
        }
        if realtime:
            made["Transcription"]["RealtimeDiarizationEnabled"] = True
    if realtime:
        made["Transcription"] = {"OutputLevel": 2, **made.get("Transcription", {})}
    if args.translate:
        made["TranslationEnabled"] = True
        made["Translation"] = {"TargetLanguages": list(args.translate)}
        if realtime:
            made["Translation"]["OutputLevel"] = 2
    for kind in args.results:
        made[f"{kind}Enabled"] = True
        if _DETAILS[kind]:
            made[kind] = dict(_DETAILS[kind])
    return _over(made, args.parameters)


def kinds_of(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds of result that a task with these Parameters has."""
    on = (name.removesuffix("Enabled") for name, value in parameters.items() if value is True)
    return ("Transcription", *on)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        known = merged.get(name)
        both = isinstance(known, Mapping) and isinstance(value, Mapping)
        merged[name] = _over(known, value) if both else value  # type: ignore[arg-type]
    return merged


def _kinds(text: str) -> tuple[str, ...]:
    if text == ALL:
        return tuple(kind for kind in _DETAILS if kind != "PptExtraction")
    kinds = names(text)
    for kind in kinds:
        if kind not in _DETAILS:
            known = ", ".join(_DETAILS)
            raise argparse.ArgumentTypeError(f"{kind!r} is none of {known}, and not {ALL}")
    return kinds


def names(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def json_object(text: str) -> Mapping[str, Any]:
    """An object as JSON, or the content of @FILE."""
    try:
        content = Path(text[1:]).read_text("utf-8") if text.startswith("@") else text
        found = json.loads(content)
    except OSError as error:
        why = f"{text[1:]!r} cannot be read: {error.strerror}"
        raise argparse.ArgumentTypeError(why) from None
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError(f"{text!r} is no JSON object")
    return found
