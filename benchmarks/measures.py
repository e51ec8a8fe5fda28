"""What is measured, and how: always beside a baseline, in turn, several times."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

#: How often each thing is measured; what is told is the median.
ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure beside another of the same run.

    ``baseline`` is None where there is nothing to hold it against; then ``ratio`` is the figure
    itself. ``goal`` is what the ratio is to be at most, or at least if ``more_is_better``; None
    where the figure is only told.
    """

    name: str
    value: float
    baseline: float | None
    against: str
    goal: float | None
    more_is_better: bool = False

    @property
    def ratio(self) -> float:
        return self.value if self.baseline is None else self.value / self.baseline

    @property
    def met(self) -> bool:
        if self.goal is None:
            return True
        return self.ratio >= self.goal if self.more_is_better else self.ratio <= self.goal

    def data(self) -> dict[str, Any]:
        """It as `benchmarks/out/latest.json` has it."""
        return {
            **asdict(self),
            "value": _rounded(self.value),
            "baseline": None if self.baseline is None else _rounded(self.baseline),
            "ratio": _rounded(self.ratio),
            "met": self.met,
        }

    @property
    def _aim(self) -> str:
        if self.goal is None:
            return ""
        sign = ">=" if self.more_is_better else "<="
        return f"{sign} {self.goal:g}: {'met' if self.met else 'MISSED'}"

    @property
    def _beside(self) -> str:
        return "" if self.baseline is None else f"{_shown(self.baseline)} {self.against}"

    def line(self) -> str:
        """It as a line of the table on the terminal."""
        ratio = "" if self.baseline is None else _shown(self.ratio)
        shown = f"{self.name:<58} {_shown(self.value):>10} | {self._beside:<36} | {ratio:>6}"
        return f"{shown} | {self._aim}".rstrip(" |")

    def row(self) -> str:
        """It as a row in Markdown."""
        ratio = "" if self.baseline is None else _shown(self.ratio)
        return f"| {self.name} | {_shown(self.value)} | {self._beside} | {ratio} | {self._aim} |"


def _shown(value: float) -> str:
    return f"{_rounded(value):,}"


def _rounded(value: float) -> float:
    """Three digits that count."""
    rounded = float(f"{value:.3g}") if abs(value) < 1000 else round(value)
    return int(rounded) if rounded == int(rounded) else rounded


def interleaved(*measure: Callable[[], float], rounds: int = ROUNDS) -> list[float]:
    """The median of each, measured in turn so that a busy machine hits all alike."""
    taken = [[one() for one in measure] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def percentile(values: Sequence[float], part: float) -> float:
    """The value that ``part`` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
