"""Situations of result files and the links to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mock_tingwu.conformance.client_check.situation import (
    CAPTIONS,
    RESULTS,
    STATUS,
    Expectation,
    Kind,
    Situation,
    rule,
)

_FILE: Final = {"service": "storage"}
_NETWORK: Final = "what networks do"


def _file(
    id: str,
    title: str,
    does: str,
    advice: str,
    action: Mapping[str, Any],
    *,
    expects: Expectation = Expectation.CARRY_ON,
    source: str = _NETWORK,
    kind: Kind = Kind.FILES,
    **more: Any,
) -> Situation:
    good = {
        Expectation.CARRY_ON: "has every result in the end",
        Expectation.EITHER: "downloads it again, or ends with an error that names the file",
        Expectation.TELL: "ends with an error that names the file or the code",
        Expectation.LESS: "has the other results, and says which one is missing",
    }
    return Situation(
        id=f"CC-FILE-{id}",
        title=title,
        kind=kind,
        does=does,
        good=good[expects],
        fault="hangs, crashes, or ends as if all were well without the result",
        advice=advice,
        source=source,
        expects=expects,
        rules=(action,),
        **more,
    )


SITUATIONS: Final = (
    _file(
        "001",
        "a link has expired",
        "the first download is answered with 403 AccessDenied",
        "Ask GetTaskInfo for a new link when one has expired, and download again.",
        rule("result_expired", None, 1),
        source="tingwu-openapi 2.2",
    ),
    _file(
        "002",
        "links are expired for good",
        "every download is answered with 403 AccessDenied",
        "Look at the HTTP status of a download; name the file that could not be had.",
        rule("result_expired"),
        expects=Expectation.TELL,
        source="tingwu-openapi 2.2",
        named=("AccessDenied", "403"),
    ),
    _file(
        "003",
        "a file is missing",
        "every download is answered with 404 NoSuchKey",
        "Look at the HTTP status of a download; name the file that could not be had.",
        rule("result_missing"),
        expects=Expectation.TELL,
        named=("NoSuchKey", "404"),
    ),
    _file(
        "004",
        "a file breaks off",
        "the connection is closed after half of the first file",
        "A body shorter than Content-Length is no file: download it again.",
        rule("truncate_body", _FILE, 1),
    ),
    _file(
        "005",
        "a file that is no JSON",
        "the first file ends in its midst, though its length is right",
        "Catch what the parser raises, and name the file.",
        rule("malformed_json", _FILE, 1),
        expects=Expectation.EITHER,
    ),
    _file(
        "006",
        "no answer to a download",
        "the connection is closed without an answer to the first download",
        "Download again after a pause.",
        rule("drop_connection", _FILE, 1),
    ),
    _file(
        "007",
        "a download is answered with 503",
        "the first download is answered with HTTP 503 and HTML",
        "Look at the HTTP status of a download, and try again at 5xx.",
        rule("http_error", _FILE, 1, status=503),
    ),
    _file(
        "008",
        "a result that could not be made",
        "the task completes without AutoChapters, which were asked for",
        "Compare what has come with what was asked for: the cloud does not say what is missing.",
        rule("subtask_failed", {"service": "tingwu"}, kind="AutoChapters"),
        expects=Expectation.LESS,
        # DashScope has a form of its own for this.
        kind=Kind.TASKS,
        source="tingwu-openapi 2.1; dashscope-tingwu 4 (sub-tasks that fail)",
        needs="AutoChapters",
        named=("AutoChapters", "auto_chapters", "Chapters", "章节"),
    ),
    _file(
        "009",
        "an empty summary",
        "the file of Summarization has empty texts and lists: too little was said",
        "Expect empty texts and lists in results: there is a minimum of text for each.",
        rule(
            "patch_json",
            {"service": "storage", "kind": "Summarization"},
            patch={
                "Summarization": {
                    "ParagraphTitle": "",
                    "ParagraphSummary": "",
                    "ConversationalSummary": [],
                    "QuestionsAnsweringSummary": [],
                    "MindMapSummary": [],
                }
            },
        ),
        source="tingwu-openapi 2.3",
        needs="Summarization",
        # Less is printed of a summary that is empty.
        compared=(RESULTS, STATUS, CAPTIONS),
    ),
    _file(
        "010",
        "fields left out of a file",
        "Transcription comes without AudioInfo and AudioSegments",
        "Null fields are left out: look for members before you use them.",
        rule(
            "patch_json",
            {"service": "storage", "kind": "Transcription"},
            patch={"Transcription": {"AudioInfo": None, "AudioSegments": None}},
        ),
        source="tingwu-openapi 0.12",
        needs="Transcription",
    ),
)
