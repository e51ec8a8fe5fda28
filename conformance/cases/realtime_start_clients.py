"""StartTranscription as the SDKs and other clients send it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from mock_tingwu.conformance import MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import (
    JS_PUSH,
    LIVE_TRACES,
    NLS_CPP_SDK,
    NLS_GO_SDK,
    NLS_JAVA_SDK,
    NLS_NODE_SDK,
    STREAM_PUSH,
    Source,
)

START = ("StartTranscription", "TranscriptionStarted")


def _client(id: str, client: str, sends: str, message: Mapping[str, Any], source: Source) -> None:
    """Its StartTranscription; ID is a new id each time."""

    @case(
        id,
        f"StartTranscription of {client} starts the stream",
        sends=sends,
        expects="TranscriptionStarted",
        level=MUST if source.level in ("documented", "sdk") else SHOULD,
        source=source,
        operations=START,
    )
    async def start(cloud: Cloud) -> None:
        _, session = await cloud.meeting()
        async with session:
            text = json.dumps(message)
            while "ID" in text:
                text = text.replace('"ID"', f'"{uuid4().hex}"', 1)
            await session.send(text)
            started = await session.event("TranscriptionStarted")
            session.check_events()
        cloud.check.equal(started.header.get("status"), 20000000, "status", facet=EVENTS)


_NAME = {"namespace": "SpeechTranscriber", "name": "StartTranscription"}
_HEADER = {"message_id": "ID", "task_id": "ID"} | _NAME | {"appkey": "default"}


def _context(name: str, version: str, **more: Any) -> dict[str, Any]:
    return {"sdk": {"name": name, "version": version} | more}


_client(
    "RT-START-007",
    "a browser",
    "namespace and name, without any id or appkey",
    {"header": _NAME, "payload": {"format": "pcm", "sample_rate": 16000}},
    JS_PUSH("StartTranscription"),
)
_client(
    "RT-START-008",
    "the Python SDK",
    "an empty payload: format and rate are those of CreateTask; a context",
    {
        "header": _HEADER,
        "context": _context("nls-python-sdk", "1.1.0", language="python"),
        "payload": {},
    },
    STREAM_PUSH("NlsRealtimeMeeting"),
)
_client(
    "RT-START-009",
    "the Node SDK",
    "its usual parameters and a context",
    {
        "header": _HEADER,
        "payload": {
            "format": "pcm",
            "sample_rate": 16000,
            "enable_intermediate_result": True,
            "enable_punctuation_prediction": True,
            "enable_inverse_text_normalization": True,
        },
        "context": _context("nls-nodejs-sdk", "0.0.1", language="nodejs"),
    },
    NLS_NODE_SDK("st.js"),
)
_client(
    "RT-START-010",
    "the Java SDK",
    "what the network cost in its context",
    {
        "header": _HEADER,
        "payload": {"format": "pcm", "sample_rate": 16000},
        "context": _context("nls-sdk-java", "2.1.1")
        | {"network": {"upgrade_cost": 120, "connect_cost": 35}},
    },
    NLS_JAVA_SDK("SpeechTranscriber"),
)
_client(
    "RT-START-011",
    "the C++ SDK when it goes on",
    "tw_time_offset and tw_index_offset in the payload",
    {
        "header": _HEADER,
        "payload": {
            "format": "pcm",
            "sample_rate": 16000,
            "tw_time_offset": 3000,
            "tw_index_offset": 1,
        },
        "context": _context("nls-cpp-sdk3.x-linux", "3.2.0", language="C++"),
    },
    NLS_CPP_SDK("connectNode.cpp, ENABLE_CONTINUED"),
)
_client(
    "RT-START-012",
    "the Go SDK",
    "max_sentence_silence and enable_words",
    {
        "header": _HEADER,
        "payload": {
            "format": "pcm",
            "sample_rate": 16000,
            "enable_intermediate_result": True,
            "max_sentence_silence": 800,
            "enable_words": True,
        },
        "context": _context("nls-go-sdk", "1.1.0", language="go"),
    },
    NLS_GO_SDK("st.go"),
)
_client(
    "RT-START-013",
    "a client that writes sample_rate as a string",
    'sample_rate "16000"',
    {"header": _HEADER, "payload": {"format": "pcm", "sample_rate": "16000"}},
    LIVE_TRACES("StartTranscription"),
)
_client(
    "RT-START-014",
    "a client with parameters that nobody knows",
    "language, source_language, ping_interval, speech_timeout",
    {
        "header": _HEADER,
        "payload": {
            "format": "pcm",
            "sample_rate": 16000,
            "language": "cn",
            "source_language": "cn",
            "ping_interval": 8000,
            "speech_timeout": 60,
        },
    },
    LIVE_TRACES("StartTranscription"),
)
