"""Transcription: the words, with times, sentences, paragraphs and speakers (tingwu-openapi 4)."""

from __future__ import annotations

from typing import Any

from mock_tingwu.core.meeting import Meeting
from mock_tingwu.core.options import Options
from mock_tingwu.core.script import joiner


def build(meeting: Meeting, options: Options) -> dict[str, Any]:
    """``audio_info``, ``paragraphs`` of words with ids in steps of ten, ``audio_segments``.

    A stream's ``audio_info`` has the duration alone (tingwu-openapi 4). Words carry the space to
    the next word, so those of one sentence joined are the sentence.
    """
    audio: dict[str, Any] = {"duration": meeting.duration}
    if meeting.file is not None:
        audio = {
            "size": meeting.file.size,
            "duration": meeting.duration,
            "sample_rate": meeting.file.sample_rate,
            "language": meeting.language,
        }
    paragraphs: list[dict[str, Any]] = []
    word_id = 0
    for paragraph in meeting.paragraphs():
        words: list[dict[str, Any]] = []
        for sentence in paragraph.sentences:
            gap = joiner(sentence.language)
            for word in sentence.words:
                word_id += 10
                words.append(
                    {
                        "id": word_id,
                        "sentence_id": sentence.id,
                        "start": word.begin,
                        "end": word.end,
                        "text": word.text + gap,
                    }
                )
            words[-1]["text"] = sentence.words[-1].text
        entry: dict[str, Any] = {"paragraph_id": paragraph.id}
        if meeting.diarized:
            entry["speaker_id"] = meeting.speaker_id(paragraph.speaker)
        entry["words"] = words
        paragraphs.append(entry)
    return {
        "audio_info": audio,
        "paragraphs": paragraphs,
        "audio_segments": [list(segment) for segment in meeting.segments],
    }
