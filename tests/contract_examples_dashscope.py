"""Examples for the schemas of DashScope's Tingwu agents."""

from __future__ import annotations

from typing import Any, Final

from tests.contract_values import GONE, HEX, Change

DATA_ID: Final = "fgVnGvkqj5xA"
REQUEST_ID: Final = "ac5e2400-5aaf-44a6-8cf0-481bab4cefe3"
PARAGRAPH: Final = "1758265418316500000"


def link(kind: str) -> str:
    return (
        f"http://127.0.0.1:8900/oss/results/agentic/prepub/CommonDataField/{kind}/"
        f"1234567890123456/llm-3cx2a3o4n8y45iee/2026/11/20/{HEX}"
        "?Expires=1797840000&OSSAccessKeyId=LTAI5tExample&Signature=c2ln%2FbmF0dXJl%3D"
    )


def body(agent: str, parameters: Any = None, **source: Any) -> dict[str, Any]:
    given = {"task": "createTask", "appId": "tw_app", **source}
    return {
        "model": agent,
        "input": given,
        **({} if parameters is None else {"parameters": parameters}),
    }


def meeting(parameters: Any = None, **source: Any) -> dict[str, Any]:
    return body("tingwu-meeting", parameters, **source)


def answer(**output: Any) -> dict[str, Any]:
    return {"output": output, "usage": {}, "request_id": REQUEST_ID}


def told(**output: Any) -> dict[str, Any]:
    return {
        **output,
        "taskInfo": {
            "appId": "tw_app",
            "dataId": DATA_ID,
            "model": "tingwu-meeting",
            "userId": "1234567890123456",
            "userSpaceId": "llm-3cx2a3o4n8y45iee",
        },
    }


def cloud_event(kind: str, **output: Any) -> dict[str, Any]:
    return {
        "id": REQUEST_ID,
        "source": "acs.tingwuagent",
        "specversion": "1.0",
        "type": f"tingwuagent:TaskStateUpdated:{kind}",
        "datacontenttype": "application/json;charset=utf-8",
        "subject": f"acs:tingwuagent:cn-beijing:1234567890123456:{DATA_ID}",
        "time": "2026-11-20T09:22:41.005Z",
        "aliyuneventbusname": "default",
        "aliyunregionid": "cn-beijing",
        "aliyunaccountid": "1234567890123456",
        "data": told(**output),
    }


def tree(levels: int) -> dict[str, Any]:
    if levels == 1:
        return {"beginTime": 400, "title": "leaf", "topic": []}
    return {"title": "node", "topic": [tree(levels - 1)]}


def judged(root: str) -> dict[str, Any]:
    return {
        root: [
            {
                "matched": True,
                "matchedSentenceIds": [1],
                "remarks": "Sentence 1 greets.",
                "score": "-20",
                "title": "greeting",
            },
            {
                "matched": False,
                "matchedSentenceIds": [],
                "remarks": "Nobody offers a drink.",
                "score": "0",
                "title": "drinks",
            },
            {"matched": True, "matchedSentenceIds": [2], "remarks": "Said so.", "title": "price"},
        ]
    }


OFFLINE: Final = meeting(
    {
        "transcription": {
            "model": "multilingual",
            "languageHints": ["cn", "yue"],
            "diarizationEnabled": True,
            "diarizationSpeakerCount": 2,
            "translationEnabled": True,
            "translationTargetLang": ["en"],
            "phraseId": "one client puts it here",
        },
        "audio": {"audioChannelMode": ""},
        "analysis": {
            "model": "qwen-plus",
            "keyInformationEnabled": True,
            "fullSummaryEnabled": True,
            "fullSummaryFormat": "markdown",
            "mindMapEnabled": True,
            "mindMapFormat": "plain",
            "autoChaptersEnabled": False,
            "autoChapterGranularity": "Coarse",
            "autoChapterTitleLengthLevel": "Short",
            "customPromptEnabled": True,
            "customPromptModel": "qwen-max",
            "customPromptTransType": "sentence-chat",
            "customPromptContent": "Shorten: {Transcription}",
        },
        "somethingNew": {"enabled": 1},
    },
    type="offline",
    fileUrl="https://a.example/b.mp3",
    phraseId="",
)
REALTIME: Final = meeting(
    {"transcription": {"model": "cn"}, "audio": {"audioChannelMode": "mix"}},
    type="realtime",
    format="pcm",
    sampleRate=16000,
)
INSIGHTS: Final = body(
    "tingwu-service-insights",
    {
        "serviceInsights": {
            "insightsContents": [
                {"title": "greeting", "content": "says hello", "score": "20"},
                {"title": "manners", "content": "shouts", "score": -100},
                {"title": "price", "content": "tells the price"},
            ]
        }
    },
    text="Ann: Good morning.\nBob: Morning.",
)
PROFILE: Final = body(
    "tingwu-automotive-customer-profile",
    {
        "identityRecognition": {
            "identityContents": [
                {"name": "seller", "description": "explains cars"},
                {"Name": "buyer", "Description": "asks for cars"},
            ]
        },
        "contentExtraction": {
            "extractionContents": [
                {"title": "colour", "content": "which colour is wanted", "identity": "buyer"}
            ]
        },
    },
    dataId=DATA_ID,
)

#: Name of a schema -> instances that fit it.
ACCEPTED: Final[dict[str, list[Any]]] = {
    "dashscope/common": [{}],
    "dashscope/create-task-request": [
        OFFLINE,
        meeting(type="offline", text="Ann: Good morning."),
        meeting({}, type="offline", dataId=DATA_ID, fileUrl="", text=""),
        meeting(
            {"transcription": {"model": "fun-asr", "translationTargetLang": []}},
            type="offline",
            fileUrl="b",
        ),
    ],
    "dashscope/create-task-request#realtime": [
        REALTIME,
        meeting(type="realtime", format="opus", sampleRate=8000, phraseId="list"),
    ],
    "dashscope/create-task-request#end": [
        meeting(
            {"analysis": {"actionsEnabled": True, "model": "tingwu-plus"}},
            type="realtime",
            dataId=DATA_ID,
        ),
        meeting(type="realtime", dataId=DATA_ID),
    ],
    "dashscope/create-task-request#insights": [
        INSIGHTS,
        body("tingwu-automotive-service-insights", {}, type="offline", fileUrl="https://a.example"),
        body("tingwu-service-insights", {"serviceInsights": {}}, dataId=DATA_ID),
    ],
    "dashscope/create-task-request#profile": [
        PROFILE,
        body("tingwu-automotive-customer-profile", fileUrl="https://a.example/b.mp3"),
    ],
    "dashscope/create-task-request#get": [
        {"model": "tingwu-meeting", "input": {"task": "getTask", "dataId": DATA_ID}},
        {
            "model": "tingwu-automotive-customer-profile",
            "input": {"dataId": "x", "task": "getTask"},
            "parameters": {},
        },
    ],
    "dashscope/create-task-response": [
        answer(dataId=DATA_ID, status=3),
        answer(dataId=DATA_ID),
    ],
    "dashscope/get-task-response": [
        answer(
            autoChaptersPath=None,
            customPromptPath=link("customPrompt"),
            customerProfilePath=link("customerProfile"),
            playbackUrl=link("audio"),
            status=0,
            summarizationPath=link("summarization"),
            transcriptionPath=link("transcription"),
        ),
        answer(status=1),
        answer(status=3),
        answer(
            errorCode="TSC.FileError",
            errorMessage="File cannot be read.",
            status=2,
            transcriptionPath=link("transcription"),
        ),
    ],
    "dashscope/error-response": [
        {
            "code": "Agent.InputAppIdIllegal",
            "message": "Agent Input appId illegal.",
            "request_id": REQUEST_ID,
        },
        {"code": "InvalidURL", "message": "Invalid.", "request_id": REQUEST_ID},
        {"code": "BIL.UserArrears", "message": "User is in arrears.", "request_id": REQUEST_ID},
    ],
    "dashscope/token-response": [{"token": "st-abc", "expires_at": 1795166562}],
    "dashscope/callback": [
        {
            "output": told(
                generalServiceInsightsPath=None, status=0, transcriptionPath=link("transcription")
            ),
            "requestId": HEX,
        },
        {"output": told(status=1, transcriptionPath=link("transcription")), "requestId": HEX},
        {
            "output": told(errorCode="TSC.FileError", errorMessage="Unreadable.", status=2),
            "requestId": HEX,
        },
    ],
    "dashscope/callback-test": [
        {"output": {"test": "checkSyncConf1795166502553"}, "requestId": HEX}
    ],
    "dashscope/callback-event": [
        cloud_event("MeetingAgentSubTaskCompleted", status=1, transcriptionPath=link("t")),
        cloud_event("AgentSubTaskCompleted", status=1),
        cloud_event("MeetingAgentWholeTaskCompleted", status=0),
        cloud_event(
            "MeetingAgentTaskFailed", errorCode="TSC.FileError", errorMessage="E.", status=2
        ),
    ],
    "dashscope/results/transcription": [
        {
            "audioInfo": {"duration": 2000, "language": "cn", "sampleRate": 16000, "size": 64044},
            "audioSegments": [[400, 900]],
            "paragraphs": [
                {
                    "paragraphId": PARAGRAPH,
                    "speakerId": "1",
                    "words": [
                        {"end": 900, "id": 10, "sentenceId": 1, "start": 400, "text": "早。"}
                    ],
                },
                {
                    "paragraphId": PARAGRAPH,
                    "words": [
                        {"end": 950, "id": 20, "sentenceId": 2, "start": 900, "text": "早。"}
                    ],
                },
            ],
        },
        {"audioInfo": {"duration": 2000}, "audioSegments": [], "paragraphs": []},
    ],
    "dashscope/results/translations": [
        {
            "paragraphs": [
                {
                    "paragraphId": PARAGRAPH,
                    "sentences": [
                        {"end": 900, "sentenceId": 1, "start": 400, "text": "Good morning. "}
                    ],
                }
            ]
        },
        {"paragraphs": []},
    ],
    "dashscope/results/autoChapters": [
        [{"end": 900, "headline": "Hello", "id": 1, "start": 400, "summary": "A greeting."}],
        [],
    ],
    "dashscope/results/summarization": [
        {
            "conversationalSummary": [
                {"speakerId": "1", "speakerName": "发言人1", "summary": "Greets."}
            ],
            "mindMapSummary": [tree(4)],
            "paragraphSummary": "A greeting.@#\n\n- **Hello[1]**",
            "questionsAnsweringSummary": [
                {
                    "answer": "We are.",
                    "question": "Who is there?",
                    "sentenceIdsOfAnswer": [2, 3],
                    "sentenceIdsOfQuestion": [1],
                }
            ],
        },
        {},
        {"mindMapSummary": [{"title": "plain", "topic": [{"title": "leaf", "topic": []}]}]},
        {"conversationalSummary": [{"speakerName": "发言人", "summary": "Greets."}]},
    ],
    "dashscope/results/meetingAssistance": [
        {
            "actions": [{"end": 0, "id": 1, "sentenceId": 1, "start": 0, "text": "Say hello."}],
            "classifications": {"interview": 0.0, "lecture": 0.25, "meeting": 0.75},
            "keywords": ["morning"],
        },
        {"actions": []},
        {},
    ],
    "dashscope/results/pptExtraction": [
        {
            "availableForSummary": True,
            "keyFrameList": [
                {
                    "end": 900,
                    "fileUrl": link("slide"),
                    "id": 1,
                    "start": 0,
                    "summary": "A greeting.",
                },
                {"end": 2000, "fileUrl": link("slide"), "id": 2, "start": 900},
            ],
        },
        {"availableForSummary": False, "keyFrameList": []},
    ],
    "dashscope/results/textPolish": [
        [
            {
                "end": 900,
                "formalParagraphText": "Good morning.",
                "paragraphId": PARAGRAPH,
                "sentenceIds": [1],
                "start": 400,
            }
        ],
    ],
    "dashscope/results/customPrompt": [
        [{"name": DATA_ID, "result": "A greeting.", "truncated": False}],
        [],
    ],
    "dashscope/results/generalServiceInsights": [judged("generalServiceInsights")],
    "dashscope/results/serviceInsights": [judged("serviceInsights")],
    "dashscope/results/generalSaleInsights": [
        {"generalSaleInsights": {"matchedSum": 2, "missedSum": 1}}
    ],
    "dashscope/results/saleInsights": [{"saleInsights": {"matchedSum": 2, "missedSum": 1}}],
    "dashscope/results/customerProfile": [
        {
            "customerConcerned": 1,
            "customerNotMentioned": 0,
            "oneSentenceSumUp": "Wants a red car.",
            "saleClueClassify": {"classify": "B", "evidence": "Only asks."},
            "tryDriveIntentionEvaluation": {"evidence": "Says nothing of it.", "score": 0},
        }
    ],
    "dashscope/results/identityRecognition": [
        {"identityResults": [{"identity": "seller", "speakerId": "1"}]}
    ],
    "dashscope/results/contentExtractions": [
        [
            {
                "matchedSentenceIds": [2],
                "remarks": "Sentence 2 asks for red.",
                "result": "red",
                "title": "colour",
            }
        ],
        [],
    ],
}

_ITEM: Final = {"title": "t", "content": "c", "identity": "i"}
_TRANSCRIPTION: Final = "parameters/transcription"
_ANALYSIS: Final = "parameters/analysis"


def _judged_changes(root: str) -> list[Change]:
    return [
        (root, GONE),
        (f"{root}/0/score", 20),
        (f"{root}/0/score", "20.5"),
        (f"{root}/0/score", "101"),
        (f"{root}/0/matched", "true"),
        (f"{root}/1/score", "20"),
        (f"{root}/2/matchedSentenceIds", [0]),
        (f"{root}/2/title", GONE),
    ]


def _count_changes(root: str) -> list[Change]:
    return [(root, GONE), (f"{root}/matchedSum", "2"), (f"{root}/missedSum", GONE)]


#: Name of a schema -> changes to its first example, each of which breaks it.
REJECTED: Final[dict[str, list[Change]]] = {
    "dashscope/create-task-request": [
        ("model", GONE),
        ("model", "tingwu-generic"),
        ("input", GONE),
        ("input/task", "stopTask"),
        ("input/type", GONE),
        ("input/type", "realtime"),
        ("input/appId", GONE),
        ("input/appId", ""),
        ("input/fileUrl", GONE),
        ("input/fileUrl", ""),
        ("input/fileUrl", 7),
        ("input/text", "Ann: Good morning."),
        ("input/dataId", DATA_ID),
        ("input/phraseId", 7),
        ("parameters", []),
        (f"{_TRANSCRIPTION}/model", "de"),
        (f"{_TRANSCRIPTION}/languageHints", ["it"]),
        (f"{_TRANSCRIPTION}/languageHints", "cn"),
        (f"{_TRANSCRIPTION}/diarizationEnabled", "true"),
        (f"{_TRANSCRIPTION}/diarizationSpeakerCount", -1),
        (f"{_TRANSCRIPTION}/diarizationSpeakerCount", "2"),
        (f"{_TRANSCRIPTION}/translationEnabled", 1),
        (f"{_TRANSCRIPTION}/translationTargetLang", ["en", "ja"]),
        (f"{_TRANSCRIPTION}/translationTargetLang", ["yue"]),
        (f"{_TRANSCRIPTION}/translationTargetLang", "en"),
        ("parameters/audio/audioChannelMode", "stereo"),
        (f"{_ANALYSIS}/model", "qwen-max"),
        (f"{_ANALYSIS}/keyInformationEnabled", "yes"),
        (f"{_ANALYSIS}/actionsEnabled", 1),
        (f"{_ANALYSIS}/fullSummaryEnabled", 1),
        (f"{_ANALYSIS}/fullSummaryFormat", "html"),
        (f"{_ANALYSIS}/conversationalEnabled", 1),
        (f"{_ANALYSIS}/questionsAnsweringEnabled", 1),
        (f"{_ANALYSIS}/mindMapEnabled", 1),
        (f"{_ANALYSIS}/mindMapFormat", "Plain"),
        (f"{_ANALYSIS}/pptExtractionEnabled", 1),
        (f"{_ANALYSIS}/autoChaptersEnabled", 1),
        (f"{_ANALYSIS}/autoChapterGranularity", "coarse"),
        (f"{_ANALYSIS}/autoChapterTitleLengthLevel", "short"),
        (f"{_ANALYSIS}/textPolishEnabled", 1),
        (f"{_ANALYSIS}/customPromptEnabled", 1),
        (f"{_ANALYSIS}/customPromptModel", "qwen-plus"),
        (f"{_ANALYSIS}/customPromptTransType", "word"),
        (f"{_ANALYSIS}/customPromptContent", ["Shorten: {Transcription}"]),
    ],
    "dashscope/create-task-request#realtime": [
        ("input/type", "offline"),
        ("input/appId", GONE),
        ("input/format", GONE),
        ("input/format", "wav"),
        ("input/sampleRate", GONE),
        ("input/sampleRate", "16000"),
        ("input/sampleRate", 48000),
        (f"{_TRANSCRIPTION}/model", "fun-asr"),
        ("parameters/audio/audioChannelMode", "stereo"),
    ],
    "dashscope/create-task-request#end": [
        ("input/dataId", GONE),
        ("input/dataId", ""),
        ("input/appId", GONE),
        ("input/type", "offline"),
        (f"{_ANALYSIS}/model", "qwen-max"),
    ],
    "dashscope/create-task-request#insights": [
        ("model", "tingwu-meeting"),
        ("input/appId", GONE),
        ("input/type", "realtime"),
        ("input/dataId", DATA_ID),
        ("parameters/serviceInsights/insightsContents", [_ITEM] * 151),
        ("parameters/serviceInsights/insightsContents/0/title", GONE),
        ("parameters/serviceInsights/insightsContents/0/content", GONE),
        ("parameters/serviceInsights/insightsContents/0/score", "101"),
        ("parameters/serviceInsights/insightsContents/0/score", "-100.5"),
        ("parameters/serviceInsights/insightsContents/0/score", "many"),
        ("parameters/serviceInsights/insightsContents/0/score", ""),
        ("parameters/serviceInsights/insightsContents/1/score", 101),
        ("parameters/serviceInsights/insightsContents/1/score", -100.5),
        ("parameters/serviceInsights/insightsContents/1/score", True),
    ],
    "dashscope/create-task-request#profile": [
        ("model", "tingwu-service-insights"),
        ("input", GONE),
        ("input/appId", ""),
        (
            "parameters/identityRecognition/identityContents",
            [{"name": "n", "description": "d"}] * 6,
        ),
        ("parameters/identityRecognition/identityContents/0/name", GONE),
        ("parameters/identityRecognition/identityContents/0/description", 7),
        ("parameters/identityRecognition/identityContents/1/Description", 7),
        ("parameters/contentExtraction/extractionContents", [_ITEM] * 151),
        ("parameters/contentExtraction/extractionContents/0/title", GONE),
        ("parameters/contentExtraction/extractionContents/0/content", GONE),
        ("parameters/contentExtraction/extractionContents/0/identity", GONE),
    ],
    "dashscope/create-task-request#get": [
        ("model", "tingwu-generic"),
        ("input/task", "createTask"),
        ("input/dataId", GONE),
        ("input/dataId", ""),
    ],
    "dashscope/create-task-response": [
        ("output/dataId", GONE),
        ("output/dataId", DATA_ID[1:]),
        ("output/dataId", DATA_ID[1:] + "-"),
        ("output/status", 4),
        ("output/status", "0"),
        ("output/taskId", "1"),
        ("usage", GONE),
        ("usage/total_tokens", 1),
        ("request_id", REQUEST_ID.upper()),
        ("requestId", HEX),
        ("code", ""),
    ],
    "dashscope/get-task-response": [
        ("output/status", GONE),
        ("output/status", "0"),
        ("output/status", 2),
        ("output/status", 4),
        ("output/errorCode", "TSC.FileError"),
        ("output/errorMessage", "File cannot be read."),
        ("output/transcriptionPath", "null"),
        ("output/transcriptionPath", ""),
        ("output/transcriptionPath", link("transcription").partition("?")[0]),
        ("output/transcriptionPath", link("transcription").replace("http:", "ftp:")),
        ("output/playbackUrl", None),
        ("output/taskInfo", {}),
        ("usage", None),
        ("request_id", HEX),
    ],
    "dashscope/error-response": [
        ("code", "invalid parameter"),
        ("message", ""),
        ("request_id", GONE),
        ("request_id", REQUEST_ID.upper()),
        ("output", {}),
    ],
    "dashscope/token-response": [
        ("token", "sk-abc"),
        ("expires_at", "1795166562"),
        ("expires_at", GONE),
        ("request_id", REQUEST_ID),
    ],
    "dashscope/callback": [
        ("requestId", REQUEST_ID),
        ("request_id", REQUEST_ID),
        ("usage", {}),
        ("output/status", 3),
        ("output/status", 2),
        ("output/errorCode", "TSC.FileError"),
        ("output/transcriptionPath", "null"),
        ("output/taskInfo", GONE),
        ("output/taskInfo/dataId", "short"),
        ("output/taskInfo/model", "tingwu-generic"),
        ("output/taskInfo/userSpaceId", GONE),
    ],
    "dashscope/callback-test": [
        ("output/test", "checkSyncConf1"),
        ("output/test", "CheckSyncConf1795166502553"),
        ("output/status", 0),
        ("requestId", GONE),
    ],
    "dashscope/callback-event": [
        ("type", "tingwuagent:TaskStateUpdated:MeetingAgentWholeTaskCompleted"),
        ("type", "tingwuagent:TaskStateUpdated:MeetingAgentTaskFailed"),
        ("type", "AgentSubTaskCompleted"),
        ("source", "acs.tingwu"),
        ("specversion", 1.0),
        ("time", "2026-11-20 09:22:41"),
        ("time", "2026-11-20T09:22:41+08:00"),
        ("aliyuneventbusname", "other"),
        ("data/taskInfo", GONE),
        ("data/status", 0),
        ("requestId", HEX),
    ],
    "dashscope/results/transcription": [
        ("audioInfo/duration", GONE),
        ("audioInfo/sampleRate", "16000"),
        ("audioInfo/Size", 64044),
        ("audioSegments/0", [400]),
        ("paragraphs/0/paragraphId", 1758265418316500000),
        ("paragraphs/0/speakerId", 1),
        ("paragraphs/0/words", []),
        ("paragraphs/0/words/0/sentenceId", 0),
        ("paragraphs/0/words/0/punc", "。"),
        ("TaskId", HEX),
    ],
    "dashscope/results/translations": [
        ("paragraphs", GONE),
        ("paragraphs/0/sentences", []),
        ("paragraphs/0/sentences/0/text", None),
    ],
    "dashscope/results/autoChapters": [
        ("0/headline", GONE),
        ("0/id", 0),
        ("0/title", "Hello"),
    ],
    "dashscope/results/summarization": [
        ("conversationalSummary/0/speakerName", ""),
        ("mindMapSummary", [tree(5)]),
        ("mindMapSummary/0/beginTime", 400),
        ("mindMapSummary/0/topic/0/topic/0/topic/0/beginTime", "400"),
        ("mindMapSummary/0/topic/0/topic/0/topic/0/topic", GONE),
        ("paragraphSummary", "A greeting."),
        ("paragraphTitle", "Hello"),
        ("questionsAnsweringSummary/0/sentenceIdsOfAnswer", ["2"]),
    ],
    "dashscope/results/meetingAssistance": [
        ("actions/0/sentenceId", 0),
        ("actions/0/text", GONE),
        ("classifications/meeting", 1.5),
        ("classifications/meeting", GONE),
        ("keywords", [""]),
        ("keySentences", []),
    ],
    "dashscope/results/pptExtraction": [
        ("availableForSummary", "true"),
        ("keyFrameList", GONE),
        ("keyFrameList/0/fileUrl", "slide-1.jpg"),
        ("keyFrameList/0/summary", None),
        ("keyFrameList/0/id", 0),
    ],
    "dashscope/results/textPolish": [
        ("0/sentenceIds", [0]),
        ("0/end", GONE),
        ("0/formalParagraphText", None),
    ],
    "dashscope/results/customPrompt": [
        ("0/name", "one"),
        ("0/truncated", "false"),
        ("0/result", GONE),
    ],
    "dashscope/results/generalServiceInsights": _judged_changes("generalServiceInsights"),
    "dashscope/results/serviceInsights": _judged_changes("serviceInsights"),
    "dashscope/results/generalSaleInsights": _count_changes("generalSaleInsights"),
    "dashscope/results/saleInsights": _count_changes("saleInsights"),
    "dashscope/results/customerProfile": [
        ("customerConcerned", "1"),
        ("saleClueClassify/classify", ""),
        ("tryDriveIntentionEvaluation/score", "0"),
        ("oneSentenceSumUp", GONE),
    ],
    "dashscope/results/identityRecognition": [
        ("identityResults", GONE),
        ("identityResults/0/speakerId", "one"),
        ("identityResults/0/identity", GONE),
    ],
    "dashscope/results/contentExtractions": [
        ("0/result", None),
        ("0/matchedSentenceIds", ["2"]),
        ("0/content", "which colour is wanted"),
    ],
}
