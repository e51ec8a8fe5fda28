"""``mock-tingwu demo``: a whole meeting, from CreateTask to the result files."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from mock_tingwu.cli import INTERRUPTED, complain, options
from mock_tingwu.cli.audio import Source, from_file
from mock_tingwu.cli.captions import Display, make_display
from mock_tingwu.cli.keeping import save
from mock_tingwu.cli.pushing import push
from mock_tingwu.cli.sources import one_by_one
from mock_tingwu.cli.summary import print_summary
from mock_tingwu.cli.terminal import Speakers, make_console, minutes
from mock_tingwu.client import ClientError, MeetingStream, TaskInfo, TingwuClient
from mock_tingwu.counting import counted
from mock_tingwu.resources import folder
from mock_tingwu.settings import Settings, SettingsError

TASK_KEY: Final = "mock-tingwu-demo"
RECORDING: Final = "audio/cn-weekly-sync.wav"
SCRIPT: Final = "meetings/cn-weekly-sync.yaml"
#: Samples per second of the recording, in Hz.
RATE: Final = 16000
#: Between two looks at the task, in seconds: often at the mock, politely elsewhere.
POLL_MOCK_S, POLL_ELSEWHERE_S = 0.2, 1.0
#: How long the results may take, in seconds.
RESULTS_S: Final = 600.0

#: Everything on. The casing is CreateTask's (tingwu-openapi 1.1).
PARAMETERS: Final[Mapping[str, Any]] = {
    "Transcription": {
        "OutputLevel": 2,
        "DiarizationEnabled": True,
        "RealtimeDiarizationEnabled": True,
        "Diarization": {"SpeakerCount": 2},
    },
    "TranslationEnabled": True,
    "Translation": {"TargetLanguages": ["en"], "OutputLevel": 2},
    "AutoChaptersEnabled": True,
    "MeetingAssistanceEnabled": True,
    "MeetingAssistance": {"Types": ["Actions", "KeyInformation"]},
    "SummarizationEnabled": True,
    "Summarization": {"Types": ["Paragraph", "Conversational", "QuestionsAnswering", "MindMap"]},
    "TextPolishEnabled": True,
    "CustomPromptEnabled": True,
    "CustomPrompt": {
        "Contents": [
            {
                "Name": "风险提示",
                "Prompt": "请指出下面这场会议中需要跟进的风险：\n{Transcription}",
            }
        ]
    },
    "Transcoding": {"TargetAudioFormat": "mp3"},
}
KINDS: Final = (
    "Transcription",
    "Translation",
    "AutoChapters",
    "MeetingAssistance",
    "Summarization",
    "TextPolish",
    "CustomPrompt",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How fast, with which seed, against which server."""
    parser.add_argument(
        "--speed",
        type=options.speed,
        default=1.0,
        metavar="X",
        help="push the audio X times as fast as it was spoken (default 1)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="the same seed gives the same identifiers"
    )
    parser.add_argument(
        "--url",
        type=_url,
        help="use the server at this address instead of one that only the demo uses",
    )
    parser.add_argument(
        "--save", type=Path, metavar="DIR", help="keep every result file and the MP3 in DIR"
    )


def run(args: argparse.Namespace) -> int:
    """Exit code 0, 1 when something failed, 130 after Ctrl-C."""
    console = make_console()
    demo: Demo | None = None
    try:
        if args.save is not None:
            args.save.mkdir(parents=True, exist_ok=True)  # a folder that cannot be is told first
        recording = from_file(folder("fixtures") / RECORDING, audio_format="pcm", sample_rate=RATE)
        began = time.monotonic()
        with (
            _server(args.url, args.seed) as (url, poll_interval),
            make_display(console, recording.duration, args.speed) as display,
        ):
            demo = Demo(url, display, poll_interval)
            display.note(f"A meeting of {minutes(recording.duration)}, pushed to {url}")
            asyncio.run(demo.meet(recording, args.speed))
        if args.save is not None:
            demo.save(args.save)
    except BrokenPipeError:
        raise  # whoever reads has seen enough: `main` knows
    except (ClientError, SettingsError, OSError, ValueError) as error:
        complain("demo", error)
        return 1
    except KeyboardInterrupt:
        done = "; the stream is closed and the task is stopped" if demo and demo.stopped else ""
        complain("demo", f"interrupted{done}.")
        return INTERRUPTED
    assert demo.info is not None
    results = {kind: document.get(kind) for kind, document in demo.documents.items()}
    print_summary(console, results, demo.info, len(demo.mp3), Speakers())
    files = f"kept in {args.save}" if args.save is not None else "--save DIR keeps the files"
    seconds = time.monotonic() - began
    closing = f"\n{counted(len(results), 'result')} in {seconds:.1f} s; {files}."
    console.print(closing, style="dim", soft_wrap=True)
    return 0


@contextlib.contextmanager
def _server(url: str | None, seed: int) -> Iterator[tuple[str, float]]:
    """The address of the server to use and the seconds between two looks at a task."""
    if url is not None:
        _offer_script(url)
        yield url, POLL_ELSEWHERE_S
        return
    # Loading the server takes longer than anything else here, and not everyone needs it.
    from mock_tingwu.server.thread import MockTingwu

    with MockTingwu(seed=seed) as mock:
        mock.script(folder("fixtures") / SCRIPT, task_key=TASK_KEY)
        yield mock.url, POLL_MOCK_S


def _offer_script(url: str) -> None:
    """Ask a mock at ``url`` to hear the demo's own words. Whatever else is there declines."""
    import httpx
    import yaml

    script = yaml.safe_load((folder("fixtures") / SCRIPT).read_text("utf-8"))
    with contextlib.suppress(httpx.HTTPError):
        httpx.post(f"{url}/_mock/scripts", json={"task_key": TASK_KEY, "script": script})


class Demo:
    """One meeting. ``documents`` are its result files by kind, ``mp3`` is the recording;
    ``stopped`` says whether a task was created and stopped again.
    """

    def __init__(self, url: str, display: Display, poll_interval: float) -> None:
        self.stopped = False
        self.info: TaskInfo | None = None
        self.documents: dict[str, Any] = {}
        self.mp3 = b""
        self._display = display
        self._poll_interval = poll_interval
        key, secret = next(iter(Settings.load({}, os.environ).access_keys.items()))
        self._client = TingwuClient(
            url, access_key_id=key, access_key_secret=secret, app_key="mock-app-key"
        )

    async def meet(self, recording: Source, speed: float) -> None:
        """Create, push, stop, wait, download. Cancelled, it still stops the task."""
        async with self._client as client:
            task = await client.create_realtime(
                sample_rate=RATE, task_key=TASK_KEY, parameters=PARAMETERS
            )
            try:
                self._display.note(f"Task {task.task_id}\n")
                await push(
                    MeetingStream(task.join_url),
                    one_by_one(recording.pieces),
                    speed=speed,
                    on_event=self._display.caption,
                    on_position=self._display.position,
                )
            finally:
                await client.stop(task.task_id)
                self.stopped = True
            self._display.waiting(KINDS)
            self.info = info = await client.wait(
                task.task_id,
                poll_interval=self._poll_interval,
                on_change=lambda info: self._display.results(info.results),
                timeout=RESULTS_S,
            )
            if info.status != "COMPLETED":
                why = ": ".join(info.error) if info.error else "no reason was given"
                raise ClientError(f"The task ended as {info.status} ({why}).")
            for kind, url in info.results.items():
                self.documents[kind] = await client.download(url)
            if info.mp3_url is not None:
                self.mp3 = await client.download(info.mp3_url)

    def save(self, target: Path) -> None:
        """Write the result files and the MP3 into the folder ``target``. Raises OSError."""
        save(target, self.documents, {"audio.mp3": self.mp3} if self.mp3 else {})


def _url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{value!r} does not begin with http:// or https://")
    return value.rstrip("/")
