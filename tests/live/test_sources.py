"""Where the audio of live tasks comes from, without a server: what goes by the clock."""

from __future__ import annotations

from dataclasses import dataclass, field

from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.services.live.sources import LONGEST_MS, ImaginedSource


@dataclass
class Ear:
    """A listener that remembers."""

    clock: VirtualClock
    speech: int = 0
    told: list[str] = field(default_factory=list)

    def hear_audio(self, pcm: bytes) -> None:
        raise AssertionError("nothing is pulled")

    def hear_speech(self, milliseconds: int) -> None:
        self.speech += milliseconds

    def interrupted(self, why: str) -> None:
        self.told.append(f"{self.clock.now()}: {why}")

    def note(self, text: str) -> None:
        self.told.append(text)


def test_an_imagined_stream_goes_by_the_clock() -> None:
    clock = VirtualClock(0)
    ear = Ear(clock)
    ImaginedSource(clock, 2_050).begin(ear)
    clock.advance(1_999)
    assert (ear.speech, ear.told) == (1_900, [])
    clock.advance(10_000)
    assert (ear.speech, ear.told) == (2_050, ["2100: the imagined stream is over"])
    assert clock.next_due() is None


def test_without_a_length_it_lasts_for_a_day() -> None:
    clock = VirtualClock(0)
    ear = Ear(clock)
    ImaginedSource(clock).begin(ear)
    clock.advance(2 * LONGEST_MS)
    assert (ear.speech, len(ear.told)) == (24 * 60 * 60 * 1000, 1)


def test_a_closed_one_says_nothing_more() -> None:
    clock = VirtualClock(0)
    ear = Ear(clock)
    source = ImaginedSource(clock, 5_000)
    source.begin(ear)
    clock.advance(1_000)
    source.close()
    clock.advance(60_000)
    assert (ear.speech, ear.told) == (1_000, [])
