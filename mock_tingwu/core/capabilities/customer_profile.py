"""CustomerProfile: a customer in a few numbers and sentences.

The names of the fields are DashScope's (dashscope-tingwu 9). What they count, the letters and the
score are assumed: no source tells how the cloud comes to them.
"""

from __future__ import annotations

import re
from typing import Any, Final

from mock_tingwu.core.capabilities._evidence import remark
from mock_tingwu.core.capabilities._heard import spread
from mock_tingwu.core.capabilities._wording import wording
from mock_tingwu.core.capabilities.customer_concerns import concerns, customers_said
from mock_tingwu.core.meeting import Meeting, Sentence
from mock_tingwu.core.options import Options
from mock_tingwu.core.words import spacer

_MOST_SENTENCES: Final = 3

#: The class of a customer by the least share of the concerns that were spoken of. With fewer the
#: class is B, with none it is C.
_CLASSES: Final = ((0.75, "H"), (0.5, "A"))

#: What is said of trying a car out. All languages at once: people borrow words.
_TRYING: Final = re.compile(
    r"(?<![测測考面笔筆调調])[试試]([驾駕乘开開坐试試吓]|一[下试試])"
    r"|試乗|試運転|お試し|試してみ"
    r"|시승|시운전|\b(타|몰아) ?[보볼본봐봤]"
    r"|\btest[ -]?(drive|ride)s?\b|\btest[ -]?driving\b|\btry(ing)? (it|one|out)\b"
    r"|\bprobefahr|\bessai routier|тест-?драйв",
    re.IGNORECASE,
)


def build(meeting: Meeting, options: Options) -> dict[str, Any]:
    """What the concerns of ``options.concerns`` come to, and whether a test drive was spoken of.

    ``customer_concerned`` and ``customer_not_mentioned`` count the concerns that were found and the
    others. The class is H, A, B or C by the share of the found ones, with quotes. The score goes
    from 0 to 100: 40 for a sentence of the customer's that speaks of trying, 20 for each further.
    """
    found = concerns(meeting, options)
    matched = [concern for concern in found if concern.sentences]
    quotes = {s.id: s for concern in matched for s in concern.sentences}
    trying = [s for s in customers_said(meeting, options) if _TRYING.search(s.text)]
    words = wording(meeting.language)
    gap = ", " if spacer(meeting.language) else "、"
    titles = gap.join(dict.fromkeys(concern.item.title for concern in matched))
    return {
        "customer_concerned": len(matched),
        "customer_not_mentioned": len(found) - len(matched),
        "one_sentence_sum_up": words.concerned.format(titles) if matched else words.unconcerned,
        "sale_clue_classify": {
            "classify": _class(len(matched), len(found)),
            "evidence": _evidence(meeting, [quotes[n] for n in sorted(quotes)], words.unconcerned),
        },
        "try_drive_intention_evaluation": {
            "evidence": _evidence(meeting, trying, words.untried),
            "score": min(100, 20 + 20 * len(trying)) if trying else 0,
        },
    }


def _class(matched: int, count: int) -> str:
    if not matched:
        return "C"
    return next((letter for least, letter in _CLASSES if matched >= least * count), "B")


def _evidence(meeting: Meeting, sentences: list[Sentence], otherwise: str) -> str:
    return remark(meeting.language, spread(sentences, _MOST_SENTENCES)) if sentences else otherwise
