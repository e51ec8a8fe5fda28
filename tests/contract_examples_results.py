"""Examples for the schemas of the result files."""

from __future__ import annotations

from typing import Any, Final

from tests.contract_values import GONE, TASK_ID, Change

PARAGRAPH: Final = "1600000000000000001"


def result(kind: str, inner: Any) -> dict[str, Any]:
    return {"TaskId": TASK_ID, kind: inner}


def tree(levels: int) -> dict[str, Any]:
    return {"Title": "node", "Topic": [tree(levels - 1)] if levels > 1 else []}


SENTENCE: Final = {"Id": 1, "SentenceId": 2, "Start": 400, "End": 900, "Text": "早。"}
TRANSLATED: Final = [
    {
        "ParagraphId": PARAGRAPH,
        "Sentences": [{"SentenceId": 1, "Start": 400, "End": 900, "Text": "Morning."}],
    }
]

#: Name of a schema -> instances that fit it.
ACCEPTED: Final[dict[str, list[Any]]] = {
    "tingwu/results/Transcription": [
        result(
            "Transcription",
            {
                "AudioInfo": {
                    "Size": 64044,
                    "Duration": 2000,
                    "SampleRate": 16000,
                    "Language": "cn",
                },
                "Paragraphs": [
                    {
                        "ParagraphId": PARAGRAPH,
                        "SpeakerId": "1",
                        "Words": [
                            {"Id": 10, "SentenceId": 1, "Start": 400, "End": 900, "Text": "早。"}
                        ],
                    }
                ],
                "AudioSegments": [[400, 900]],
            },
        ),
        result(
            "Transcription",
            {"AudioInfo": {"Duration": 2000}, "Paragraphs": [], "AudioSegments": []},
        ),
    ],
    "tingwu/results/Translation": [
        result(
            "Translation",
            {
                "Paragraphs": TRANSLATED,
                "Translations": [{"TargetLanguage": "ja", "Paragraphs": TRANSLATED}],
            },
        ),
        result("Translation", {"Paragraphs": []}),
    ],
    "tingwu/results/AutoChapters": [
        result(
            "AutoChapters",
            [{"Id": 1, "Start": 400, "End": 900, "Headline": "Hello", "Summary": "A greeting."}],
        ),
        result("AutoChapters", []),
    ],
    "tingwu/results/MeetingAssistance": [
        result(
            "MeetingAssistance",
            {
                "Keywords": ["morning"],
                "KeySentences": [SENTENCE],
                "Actions": [SENTENCE],
                "Classifications": {"Interview": 0.125, "Lecture": 0.125, "Meeting": 0.75},
            },
        ),
        result("MeetingAssistance", {"Actions": []}),
    ],
    "tingwu/results/Summarization": [
        result(
            "Summarization",
            {
                "ParagraphTitle": "Hello",
                "ParagraphSummary": "A greeting.",
                "ConversationalSummary": [
                    {"SpeakerId": "1", "SpeakerName": "发言人1", "Summary": "Greets."}
                ],
                "QuestionsAnsweringSummary": [
                    {
                        "Question": "Who is there?",
                        "SentenceIdsOfQuestion": [1],
                        "Answer": "We are.",
                        "SentenceIdsOfAnswer": [2, 3],
                    }
                ],
                "MindMapSummary": [tree(4)],
            },
        ),
        result("Summarization", {}),
    ],
    "tingwu/results/PptExtraction": [
        result(
            "PptExtraction",
            {
                "AvailableForSummary": True,
                "KeyFrameList": [
                    {
                        "Id": 1,
                        "Start": 0,
                        "End": 900,
                        "FileUrl": "http://127.0.0.1:8900/oss/bucket/slide-1.jpg?Expires=1",
                        "Summary": "A greeting.",
                    },
                    {"Id": 2, "Start": 900, "End": 2000, "FileUrl": "slide-2.jpg", "Summary": ""},
                ],
            },
        ),
        result("PptExtraction", {"AvailableForSummary": False, "KeyFrameList": []}),
    ],
    "tingwu/results/TextPolish": [
        result(
            "TextPolish",
            [
                {
                    "FormalParagraphText": "Good morning.",
                    "ParagraphId": PARAGRAPH,
                    "SentenceIds": [1],
                    "Start": 400,
                    "End": 900,
                }
            ],
        )
    ],
    "tingwu/results/CustomPrompt": [
        result("CustomPrompt", [{"Name": "one", "Result": "A greeting.", "Truncated": False}])
    ],
    "tingwu/results/ServiceInspection": [
        result(
            "ServiceInspection",
            {
                "InspectionResults": [
                    {
                        "Title": "greeting",
                        "Content": "says hello",
                        "Result": True,
                        "Reason": "Said in sentence 1.",
                        "SentenceIds": [1],
                    }
                ]
            },
        )
    ],
    "tingwu/results/ContentExtraction": [
        result(
            "ContentExtraction",
            {
                "ExtractionResults": [
                    {
                        "Title": "price",
                        "Content": "what it costs",
                        "Identity": "seller",
                        "Result": "",
                        "SentenceIds": [],
                    }
                ]
            },
        )
    ],
    "tingwu/results/IdentityRecognition": [
        result(
            "IdentityRecognition", {"IdentityResults": [{"SpeakerId": "1", "Identity": "seller"}]}
        )
    ],
}

#: Name of a schema -> changes to its first example, each of which breaks it.
REJECTED: Final[dict[str, list[Change]]] = {
    "tingwu/results/Transcription": [
        ("TaskId", "short"),
        ("Transcription/AudioInfo/Size", GONE),
        ("Transcription/AudioInfo/Duration", "2000"),
        ("Transcription/Paragraphs/0/ParagraphId", "7"),
        ("Transcription/Paragraphs/0/SpeakerId", 1),
        ("Transcription/Paragraphs/0/Words", []),
        ("Transcription/Paragraphs/0/Words/0/SentenceId", 0),
        ("Transcription/Paragraphs/0/Words/0/Punc", "。"),
        ("Transcription/AudioSegments/0", [400]),
    ],
    "tingwu/results/Translation": [
        ("Translation/Paragraphs/0/Sentences/0/Text", None),
        ("Translation/Paragraphs", GONE),
        ("Translation/Translations", []),
    ],
    "tingwu/results/AutoChapters": [
        ("AutoChapters", {}),
        ("AutoChapters/0/Headline", GONE),
        ("AutoChapters/0/Id", 0),
    ],
    "tingwu/results/MeetingAssistance": [
        ("MeetingAssistance/KeySentences", GONE),
        ("MeetingAssistance/Keywords", ["word"] * 21),
        ("MeetingAssistance/Actions", [SENTENCE] * 7),
        ("MeetingAssistance/Classifications/Meeting", 1.5),
    ],
    "tingwu/results/Summarization": [
        ("Summarization/ParagraphTitle", GONE),
        ("Summarization/ConversationalSummary/0/SpeakerName", ""),
        ("Summarization/QuestionsAnsweringSummary/0/SentenceIdsOfAnswer", ["2"]),
        ("Summarization/MindMapSummary", [tree(5)]),
    ],
    "tingwu/results/PptExtraction": [
        ("PptExtraction/AvailableForSummary", GONE),
        ("PptExtraction/AvailableForSummary", "true"),
        ("PptExtraction/KeyFrameList", None),
        ("PptExtraction/KeyFrameList/0/Id", 0),
        ("PptExtraction/KeyFrameList/0/FileUrl", ""),
        ("PptExtraction/KeyFrameList/0/Summary", GONE),
        ("PptExtraction/KeyFrameList/0/Title", "Hello"),
    ],
    "tingwu/results/TextPolish": [
        ("TextPolish/0/SentenceIds", [0]),
        ("TextPolish/0/End", GONE),
    ],
    "tingwu/results/CustomPrompt": [
        ("CustomPrompt/0/Truncated", "false"),
        ("CustomPrompt", [{"Name": "n", "Result": "", "Truncated": False}] * 4),
    ],
    "tingwu/results/ServiceInspection": [
        ("ServiceInspection/InspectionResults/0/Result", "yes"),
        ("ServiceInspection/InspectionResults/0/SentenceIds", [1, 1]),
    ],
    "tingwu/results/ContentExtraction": [
        ("ContentExtraction/ExtractionResults/0/Identity", ""),
        ("ContentExtraction/ExtractionResults/0/Result", None),
    ],
    "tingwu/results/IdentityRecognition": [
        ("IdentityRecognition/IdentityResults/0/SpeakerId", "one"),
        ("IdentityRecognition", []),
    ],
}
