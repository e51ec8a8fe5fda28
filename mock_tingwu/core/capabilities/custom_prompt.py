"""CustomPrompt: what a language model would answer to the caller's prompts (tingwu-openapi 4)."""

from __future__ import annotations

from typing import Any, Final

from mock_tingwu.core.capabilities._evidence import Evidence
from mock_tingwu.core.capabilities._heard import Passage, retold, spread
from mock_tingwu.core.capabilities._wording import speaker_name, wording
from mock_tingwu.core.meeting import Meeting, Sentence
from mock_tingwu.core.options import Options, Prompt
from mock_tingwu.core.words import spacer

_PLACEHOLDER: Final = "{Transcription}"

#: Longest input of each model in tokens (tingwu-openapi 1.1). A word counts as one, by assumption.
_INPUT_LIMITS: Final = {"tingwu-turbo": 28_000, "tingwu-plus": 125_000, "qwen-max": 28_000}

_MOST_POINTS: Final = 12
_MOST_REMARKS: Final = 4


def build(meeting: Meeting, options: Options) -> list[dict[str, Any]]:
    """An answer to every prompt; of no length if no word was heard.

    No model runs here: the answer tells what was said, and quotes what has to do with the prompt.
    """
    told = retold(meeting)
    said = Evidence(meeting.sentences)
    tokens = sum(len(sentence.words) for sentence in meeting.sentences)
    return [
        {
            "name": prompt.name,
            "result": _answer(prompt, meeting, told, said) if told else "",
            "truncated": tokens > _INPUT_LIMITS.get(prompt.model, _INPUT_LIMITS["tingwu-turbo"]),
        }
        for prompt in options.custom_prompts
    ]


def _answer(prompt: Prompt, meeting: Meeting, told: list[Passage], said: Evidence) -> str:
    words = wording(meeting.language)
    title = " / ".join(dict.fromkeys(passage.script.title for passage in told))
    gists = dict.fromkeys(c.gist for passage in told for c in passage.chapters())
    points = dict.fromkeys(point.text for passage in told for point in passage.points())
    remarks = said.of(prompt.prompt.replace(_PLACEHOLDER, " "), _MOST_REMARKS)
    overview = spacer(meeting.language).join(spread(list(gists), _MOST_POINTS))
    subject = prompt.name if prompt.subject is None else prompt.subject
    about = words.about.format(subject.replace(_PLACEHOLDER, "").strip(), title)
    parts = [
        title if prompt.subject == "" else about,
        f"{words.overview}\n{overview}",
        _bullets(words.points, spread(list(points), _MOST_POINTS)),
        _bullets(words.remarks, [_remark(meeting, sentence) for sentence in remarks]),
    ]
    return "\n\n".join(part for part in parts if part)


def _bullets(heading: str, texts: list[str]) -> str:
    return "\n".join([heading, *(f"- {text}" for text in texts)]) if texts else ""


def _remark(meeting: Meeting, sentence: Sentence) -> str:
    if not meeting.diarized:
        return sentence.text
    name = speaker_name(meeting.language, sentence.speaker)
    return f"{name}: {sentence.text}" if spacer(meeting.language) else f"{name}：{sentence.text}"
