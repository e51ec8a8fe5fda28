"""Mutants that do not fetch or take recordings as documented."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from mock_tingwu import media
from mock_tingwu.conformance.mutants import Body, answers, mutant, patched, with_value
from mock_tingwu.services import api_errors, fetching, offline, tingwu, tingwu_request
from mock_tingwu.services.fetching import Decision, Fetched, Fetcher


def _decided(change: Any) -> AbstractContextManager[None]:
    """How a recording is got is another thing."""
    decide = Fetcher.decide

    def other(self: Fetcher, url: str) -> Decision:
        return replace(decide(self, url), **change(url))

    return patched(Fetcher, "decide", other)


@mutant(
    "no recording is fetched, all are imagined",
    area="TW-OFFLINE",
    caught_by=["TW-OFFLINE-029", "TW-OFFLINE-030"],
)
def nothing_is_fetched() -> AbstractContextManager[None]:
    return _decided(lambda url: {"action": "imagine"})


@mutant("a link is fetched without its query", area="TW-OFFLINE", caught_by=["TW-OFFLINE-028"])
def fetched_without_query() -> AbstractContextManager[None]:
    return _decided(lambda url: {"address": url.partition("?")[0]})


@mutant(
    "recordings are fetched by another program", area="TW-OFFLINE", caught_by=["TW-OFFLINE-029"]
)
def fetched_by_another_program() -> AbstractContextManager[None]:
    return patched(fetching, "HEADERS", (("User-Agent", "Go-http-client/1.1"), ("Accept", "*/*")))


@mutant("recordings are fetched without a range", area="TW-OFFLINE", caught_by=["TW-OFFLINE-030"])
def fetched_without_range() -> AbstractContextManager[None]:
    return patched(fetching, "WHOLE", "")


@mutant("the fetcher does not seek", area="TW-OFFLINE", caught_by=["TW-OFFLINE-031"])
def fetcher_does_not_seek() -> AbstractContextManager[None]:
    async def stay(self: Fetcher, address: str, fetched: Fetched) -> None:
        """Ask for nothing more."""

    return patched(Fetcher, "_probe", stay)


def _refusing(is_refused: Any) -> AbstractContextManager[None]:
    """Recordings like this, by what is known of them and by name, are not taken."""
    probe = media.probe

    def strict(path: Path, name: str = "", **named: Any) -> media.Recording:
        recording = probe(path, name, **named)
        if is_refused(recording, name):
            raise media.RecordingError("type", "it is not taken")
        return recording

    return patched(media, "probe", strict)


@mutant(
    "of audio, WAV alone is taken",
    area="TW-OFFLINE",
    caught_by=[f"TW-OFFLINE-{number:03}" for number in range(32, 40)],
)
def wav_alone_is_taken() -> AbstractContextManager[None]:
    return _refusing(lambda recording, name: not recording.video and not name.endswith(".wav"))


@mutant(
    "no video is taken",
    area="TW-OFFLINE",
    caught_by=[f"TW-OFFLINE-{number:03}" for number in range(40, 50)],
)
def no_video_is_taken() -> AbstractContextManager[None]:
    return _refusing(lambda recording, name: recording.video)


@mutant("only mono is taken", area="TW-OFFLINE", caught_by=["TW-OFFLINE-053"])
def mono_alone_is_taken() -> AbstractContextManager[None]:
    return _refusing(lambda recording, name: recording.channels > 1)


@mutant("files of 8 kHz are not heard", area="TW-OFFLINE", caught_by=["TW-OFFLINE-050"])
def telephone_is_not_heard() -> AbstractContextManager[None]:
    return patched(offline, "LOWEST_RATE", 16_000)


@mutant(
    "AudioInfo has the sample rate of what was decoded",
    area="TW-OFFLINE",
    caught_by=["TW-OFFLINE-050", "TW-OFFLINE-051", "TW-OFFLINE-052"],
)
def rate_of_the_decoder() -> AbstractContextManager[None]:
    return answers("download", with_value(16_000, "Transcription", "AudioInfo", "SampleRate"))


@mutant("auto is the language that was heard", area="TW-OFFLINE", caught_by=["TW-OFFLINE-054"])
def auto_is_a_language() -> AbstractContextManager[None]:
    return answers("download", with_value("auto", "Transcription", "AudioInfo", "Language"))


@mutant("only streams may be multilingual", area="TW-OFFLINE", caught_by=["TW-OFFLINE-055"])
def files_are_not_multilingual() -> AbstractContextManager[None]:
    read = tingwu_request.offline_request

    def strict(body: Body, origin: str = "") -> Any:
        if body["Input"].get("SourceLanguage") == "multilingual":
            raise api_errors.failure("BRK.InvalidLanguage")
        return read(body, origin)

    return patched(tingwu, "offline_request", strict)
