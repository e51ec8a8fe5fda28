"""alibabacloud-tingwu20230930 with its typed models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_tea_openapi import utils_models
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tingwu20230930 import models
from alibabacloud_tingwu20230930.client import Client

from mock_tingwu import MockTingwu
from tests.sdk.bodies import ACCESS_KEY, SECRET

PAIR = {"access_key_id": ACCESS_KEY, "access_key_secret": SECRET}


def client(mock: MockTingwu, **settings: str) -> Any:
    settings = {"endpoint": mock.host, "protocol": "HTTP", **(settings or PAIR)}
    config = utils_models.Config(read_timeout=5_000, connect_timeout=5_000, **settings)
    return Client(config)


def refusal(call: Callable[[], Any]) -> Any:
    """The exception that the SDK makes of an error answer."""
    with pytest.raises(ClientException) as caught:
        call()
    return caught.value


def full_parameters() -> Any:
    """Every capability, in typed models; a meeting without pictures makes no use of some."""
    return models.CreateTaskRequestParameters(
        transcription=models.CreateTaskRequestParametersTranscription(
            diarization_enabled=True,
            diarization=models.CreateTaskRequestParametersTranscriptionDiarization(speaker_count=2),
            output_level=2,
            realtime_diarization_enabled=True,
            profanity_filter_enabled=True,
        ),
        transcoding=models.CreateTaskRequestParametersTranscoding(
            target_audio_format="mp3",
            target_video_format="mp4",
            video_thumbnail_enabled=True,
            spectrum_enabled=True,
        ),
        translation_enabled=True,
        translation=models.CreateTaskRequestParametersTranslation(
            target_languages=["en", "ja"], output_level=2
        ),
        auto_chapters_enabled=True,
        auto_chapters=models.CreateTaskRequestParametersAutoChapters(chapter_granularity="Coarse"),
        meeting_assistance_enabled=True,
        meeting_assistance=models.CreateTaskRequestParametersMeetingAssistance(
            types=["Actions", "KeyInformation"]
        ),
        summarization_enabled=True,
        summarization=models.CreateTaskRequestParametersSummarization(
            types=["Paragraph", "Conversational", "QuestionsAnswering", "MindMap"]
        ),
        ppt_extraction_enabled=True,
        text_polish_enabled=True,
        custom_prompt_enabled=True,
        custom_prompt=models.CreateTaskRequestParametersCustomPrompt(
            contents=[
                models.CreateTaskRequestParametersCustomPromptContents(
                    name="minutes", prompt="Write minutes of {Transcription}"
                )
            ]
        ),
        service_inspection_enabled=True,
        service_inspection=models.CreateTaskRequestParametersServiceInspection(
            scene_introduction="a team's weekly meeting",
            inspection_introduction="does everybody get a word in",
            inspection_contents=[
                models.CreateTaskRequestParametersServiceInspectionInspectionContents(
                    title="greeting", content="somebody says hello"
                )
            ],
        ),
        content_extraction_enabled=True,
        content_extraction=models.CreateTaskRequestParametersContentExtraction(
            scene_introduction="a team's weekly meeting",
            extraction_contents=[
                models.CreateTaskRequestParametersContentExtractionExtractionContents(
                    title="date", content="when the next release is"
                )
            ],
        ),
        identity_recognition_enabled=True,
        identity_recognition=models.CreateTaskRequestParametersIdentityRecognition(
            scene_introduction="a team's weekly meeting",
            identity_contents=[
                models.CreateTaskRequestParametersIdentityRecognitionIdentityContents(
                    name="lead", description="leads through the meeting"
                )
            ],
        ),
        extra_params=models.CreateTaskRequestParametersExtraParams(max_keywords=5),
        llm_output_language="cn",
        model="default",
    )
