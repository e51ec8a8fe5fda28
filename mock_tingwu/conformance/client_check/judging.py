"""The verdict on a run, from what can be seen from outside.

What a program keeps for itself is not known: that it notices something is taken from its exit code
and its output, that it loses nothing from what it fetched, pushed and showed in comparison with
the baseline. A program that shows no captions is not judged by them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mock_tingwu.conformance.client_check.evidence import Evidence, has_trouble
from mock_tingwu.conformance.client_check.situation import (
    AUDIO,
    CAPTIONS,
    RESULTS,
    STATUS,
    Expectation,
    Situation,
)
from mock_tingwu.conformance.client_check.verdict import Grade, Verdict
from mock_tingwu.counting import counted

#: Questions in a second that the cloud refuses (tingwu-openapi 3.5; dashscope-tingwu 4.2).
_REFUSED_PER_SECOND: Final = 100
#: More of them for a task that is not ready are impolite.
_IMPOLITE_PER_SECOND: Final = 5
#: With less of the audio some was lost at an interruption; with less than the second share much.
_ALL_AUDIO: Final = 0.95
_MOST_AUDIO: Final = 0.6
#: 16-bit mono samples at 16 kHz, in bytes a second.
_BYTES_PER_SECOND: Final = 32_000
#: Rules that are advice only, but that these situations are about (docs/violations.md).
_MATTER: Final = ("no-back-off", "new-task-for-reconnect")
#: What a shell makes of the signals that tell of a crash: abort, bus error, segmentation fault.
_CRASHES: Final = (134, 135, 139)
_OUTPUT: Final = 2_000

Found = tuple[Grade, str]


def judge(situation: Situation, run: Evidence, baseline: Evidence) -> Verdict:
    """Grade a run of a program that has ``baseline`` where nothing goes wrong."""
    grade, reason = _Case(situation, run, baseline).judged()
    end = run.end
    return Verdict(situation, grade, reason, end.seconds, end.code, end.told(_OUTPUT))


class _Case:
    def __init__(self, situation: Situation, run: Evidence, baseline: Evidence) -> None:
        self.situation, self.run, self.baseline = situation, run, baseline
        self.end = run.end
        news = run.news(baseline)
        named = situation.named or tuple(run.told)
        #: It names what was wrong, as far as that has a name; it says that something was.
        self.named = any(word.lower() in line.lower() for line in news for word in named)
        self.trouble = self.named or any(has_trouble(line) for line in news)
        self.says_why = self.named if named else self.trouble
        self.losses = list(_losses(situation, run, baseline))

    def judged(self) -> Found:
        if not self.run.reached:
            return Grade.NOT_REACHED, "The program never came to where this happens."
        if self.end.hung:
            return self._hung()
        assert self.end.code is not None
        if self.end.code < 0 or self.end.code in _CRASHES:
            return Grade.FAULT, f"It crashed: {self._exit}."
        grade, reason = self._met()
        reasons = [reason]
        for cap, complaint in self._complaints():
            grade = max(grade, cap, key=lambda one: one.rank)
            reasons.append(complaint)
        if grade is Grade.GOOD and (unseen := self._unseen()):
            grade = Grade.NOT_JUDGED
            reasons.append(unseen)
        return grade, " ".join(reasons)

    @property
    def _exit(self) -> str:
        code = self.end.code or 0
        return f"ended by signal {-code}" if code < 0 else f"exit code {code}"

    def _hung(self) -> Found:
        after = f"after {self.end.seconds:.0f} s"
        if self.situation.expects is not Expectation.GIVE_UP:
            what = "still asking for its task" if self._was_polling() else "still running"
            return Grade.FAULT, f"It was {what} {after} and had to be killed."
        if not self._was_polling():
            return Grade.FAULT, f"It was still running {after}, and asked for nothing any more."
        pause = f"every {self.run.usual_pause_s:.1f} s"
        if self.run.fastest_second > _REFUSED_PER_SECOND:
            return Grade.FAULT, f"It asked {self.run.fastest_second} times in a second."
        if self.run.fastest_second > _IMPOLITE_PER_SECOND:
            return Grade.POOR, f"It was still asking {after}, {pause}, which is too often."
        why = "whether it ever gives up is not to be seen within the limit"
        return Grade.ACCEPTABLE, f"It was still asking {after}, {pause}; {why}."

    def _was_polling(self) -> bool:
        """Whether it asked for its task in the last third of the time."""
        polls, entries = self.run.polls, self.run.entries
        if not polls:
            return False
        begun: int = entries[0]["at"]
        return polls[-1] - begun > self.end.seconds * 1000 * 2 / 3

    def _met(self) -> Found:
        match self.situation.expects:
            case Expectation.CARRY_ON:
                return self._carried_on() if self.end.code == 0 else self._gave_up(Grade.ACCEPTABLE)
            case Expectation.EITHER:
                return self._carried_on() if self.end.code == 0 else self._gave_up(Grade.GOOD)
            case Expectation.LESS:
                return self._less()
            case Expectation.TELL | Expectation.GIVE_UP:
                return self._told()

    def _carried_on(self) -> Found:
        if self.losses:
            lost = " and ".join(self.losses)
            if self.trouble:
                return Grade.ACCEPTABLE, f"It said so, but ended with exit code 0: {lost}."
            if self._only_a_dent():
                return Grade.ACCEPTABLE, f"It went on, but {lost}."
            return Grade.FAULT, f"It ended with exit code 0 and without a word, but {lost}."
        if self.run.streams > self.baseline.streams:
            return Grade.GOOD, "It connected again and lost nothing."
        return Grade.GOOD, "It lost nothing."

    def _only_a_dent(self) -> bool:
        share = self.run.audio_bytes / (self.baseline.audio_bytes or 1)
        return share >= _MOST_AUDIO and all("of audio" in loss for loss in self.losses)

    def _gave_up(self, best: Grade) -> Found:
        how = f"It gave up with {self._exit}"
        if not self.trouble:
            return Grade.POOR, f"{how} and did not say why."
        if self.run.has_traceback:
            # Nothing was wrong that could not be ignored.
            harmless = bool(self.situation.pushes) or self.situation.profile != "plain"
            grade = Grade.POOR if harmless else Grade.ACCEPTABLE
            return grade, f"{how} and an exception that nobody caught."
        return best, f"{how} and said why."

    def _told(self) -> Found:
        if self.end.code == 0:
            if not self.losses and self.situation.expects is Expectation.TELL:
                return Grade.GOOD, "It lost nothing all the same."
            if self.trouble:
                return Grade.ACCEPTABLE, "It said so, but ended with exit code 0."
            lost = " and ".join(self.losses) or "the task was not complete"
            return Grade.FAULT, f"It ended with exit code 0 and without a word, but {lost}."
        if not self.trouble:
            return Grade.POOR, f"It ended with {self._exit} and did not say why."
        if self.run.has_traceback:
            return Grade.ACCEPTABLE, f"It ended with {self._exit}, by an exception not caught."
        if not self.says_why:
            return Grade.ACCEPTABLE, f"It ended with {self._exit}, but did not say what was wrong."
        return Grade.GOOD, f"It ended with {self._exit} and said what was wrong."

    def _less(self) -> Found:
        missing = self.situation.needs
        others = [loss for loss in self.losses if RESULTS not in loss]
        if self.end.code == 0 and not others:
            if self.named:
                return Grade.GOOD, f"It read what there was, and said that {missing} is missing."
            return Grade.POOR, f"It did not say that {missing}, which it asked for, is missing."
        if self.end.code == 0:
            return self._carried_on()
        if self.named and not others and not self.run.has_traceback:
            return Grade.GOOD, f"It read what there was, and failed for want of {missing}."
        return self._gave_up(Grade.ACCEPTABLE)

    def _complaints(self) -> Iterator[Found]:
        """What is wrong beside: the worst grade that is left, and a sentence."""
        run, baseline, situation = self.run, self.baseline, self.situation
        for rule, level in run.violations.items():
            known = rule in baseline.violations or rule in situation.excused
            if not known and (level == "documented" or rule in _MATTER):
                what = (
                    "left its meeting running"
                    if rule == "stop-missing"
                    else f"broke the rule {rule}"
                )
                yield Grade.POOR, f"It {what}."
        if self.end.left_behind:
            yield Grade.POOR, "It left processes behind."
        if run.tasks > baseline.tasks:
            yield Grade.POOR, "It made another task, which costs as much as the first."
        acts = {str(rule["action"]["type"]) for rule in situation.rules}
        if "ws_duplicate_event" in acts and any(
            run.times_shown(text) > baseline.times_shown(text) for text in run.heard
        ):
            yield Grade.POOR, "It showed a sentence twice."
        if "callback_duplicate" in acts and run.results.total() > baseline.results.total():
            yield Grade.POOR, "It fetched results twice."

    def _unseen(self) -> str:
        """What matters here and is not to be seen of this program."""
        twice = any(rule["action"]["type"] == "ws_duplicate_event" for rule in self.situation.rules)
        if not twice or self.baseline.shown:
            return ""
        return "It shows no captions, so whether it counts a sentence twice is not to be seen."


def _losses(situation: Situation, run: Evidence, baseline: Evidence) -> Iterator[str]:
    """What the program has not, in comparison with the baseline."""
    compared = situation.compared
    if RESULTS in compared:
        wanted = [name for name in baseline.results if name != _missing(situation)]
        missing = [name for name in wanted if name not in run.results]
        if missing:
            yield f"it fetched no {', '.join(missing)}"
    if CAPTIONS in compared and baseline.shown:
        share = baseline.shown / len(baseline.heard)
        expected = round(share * len(run.heard)) if run.heard else baseline.shown
        if run.shown < expected:
            yield f"it showed {run.shown} of {counted(expected, 'sentence')}"
    if AUDIO in compared and run.audio_bytes < baseline.audio_bytes * _ALL_AUDIO:
        pushed, whole = (one.audio_bytes / _BYTES_PER_SECOND for one in (run, baseline))
        yield f"it pushed {pushed:.1f} s of {whole:.1f} s of audio"
    if STATUS in compared and run.tasks < baseline.tasks:
        yield f"it made {counted(run.tasks, 'task') if run.tasks else 'no task'}"
    if STATUS in compared and baseline.finished and not run.finished:
        yield "it never saw its task completed"


def _missing(situation: Situation) -> str:
    """The kind of result that nobody can have here."""
    return situation.needs if situation.expects is Expectation.LESS else ""
