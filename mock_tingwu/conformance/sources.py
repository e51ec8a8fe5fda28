"""The documents that cases cite.

Each has the level of what stands in it: documented (the vendor's text), sdk (read in or measured
with an official SDK), observed (what real calls answered, as published by those who made them) or
assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

LEVELS = ("documented", "sdk", "observed", "assumed")


@dataclass(frozen=True, slots=True)
class Source:
    """A document, or with ``section`` a place in it."""

    title: str
    url: str
    level: str = "documented"
    section: str = ""

    def __call__(self, section: str) -> Source:
        """The place ``section`` in this document."""
        return Source(self.title, self.url, self.level, section)

    def __str__(self) -> str:
        return f"{self.title}, {self.section}" if self.section else self.title


_HELP = "https://help.aliyun.com"
_STUDIO = f"{_HELP}/zh/model-studio"

# Tingwu OpenAPI
CREATE_TASK = Source("Tingwu CreateTask", f"{_HELP}/zh/tingwu/api-tingwu-2023-09-30-createtask")
GET_TASK_INFO = Source("Tingwu GetTaskInfo", f"{_HELP}/zh/tingwu/api-tingwu-2023-09-30-gettaskinfo")
OFFLINE = Source(
    "Tingwu offline transcription guide",
    f"{_HELP}/zh/tingwu/offline-transcribe-of-audio-and-video-files",
)
REALTIME = Source(
    "Tingwu realtime meeting guide", f"{_HELP}/zh/tingwu/interface-and-implementation"
)
ERRORS = Source("Tingwu error information", f"{_HELP}/document_detail/2674219.html")
OLDER_ERRORS = Source(
    "Tingwu API metadata 2022-09-30, errors",
    "https://api.aliyun.com/meta/v1/products/tingwu/versions/2022-09-30/api-docs.json",
)
CALLBACKS = Source(
    "Tingwu callbacks", f"{_HELP}/zh/tingwu/how-to-get-asynchronous-task-result-through-callback"
)
FEATURES = Source("Tingwu features and limits", f"{_HELP}/document_detail/460670.html")
SUMMARIZATION = Source("Tingwu summaries guide", f"{_HELP}/document_detail/2609554.html")
INSPECTION = Source("Tingwu service inspection guide", f"{_HELP}/zh/tingwu/service-inspection")
IDENTITY = Source("Tingwu identity recognition guide", f"{_HELP}/zh/tingwu/identity-recognition")
EXTRACTION = Source("Tingwu content extraction guide", f"{_HELP}/zh/tingwu/content-extraction")
PROMPT = Source("Tingwu custom prompt guide", f"{_HELP}/zh/tingwu/custom-prompt")
PHRASES = Source("Tingwu hot words guide", f"{_HELP}/zh/tingwu/overview")
METADATA = Source(
    "Tingwu API metadata 2023-09-30",
    "https://api.aliyun.com/meta/v1/products/tingwu/versions/2023-09-30/api-docs.json",
)
ROA_SIGNATURE = Source("ROA signature", f"{_HELP}/document_detail/315525.html")
ACS3_SIGNATURE = Source("Signature V3", f"{_STUDIO}/roa-style-request-body-signature-mechanism")
GATEWAY = Source("OpenAPI gateway's client errors", "https://developer.aliyun.com/ask/278265")
OSS_LINKS = Source("OSS signed URLs", f"{_HELP}/zh/oss/developer-reference/ddd-signatures-to-urls")
OSS_EXPIRED = Source(
    "OSS 0002-00000069, the signed URL has expired", f"{_HELP}/zh/oss/support/0002-00000069"
)
OSS_MISMATCH = Source(
    "OSS 0002-00000040, the signature does not match", f"{_HELP}/zh/oss/support/0002-00000040"
)
OSS_ERRORS = Source("OSS error responses", f"{_HELP}/zh/oss/developer-reference/error-responses")
OSS_RANGES = Source(
    "OSS range requests",
    "https://www.alibabacloud.com/help/en/oss/"
    "how-to-obtain-oss-resources-by-segmenting-http-range-requests",
)
OSS_HEADERS = Source(
    "OSS common headers", f"{_HELP}/zh/oss/developer-reference/common-http-headers"
)

# Realtime WebSocket
STREAM_PUSH = Source("Tingwu realtime stream push", f"{_HELP}/zh/tingwu/real-time-stream-push")
JS_PUSH = Source("Tingwu push from JavaScript", f"{_HELP}/zh/tingwu/js-push-stream")
NLS_WEBSOCKET = Source("NLS WebSocket protocol", f"{_HELP}/zh/isi/developer-reference/websocket")
NLS_TRANSCRIBER = Source(
    "NLS transcriber reference", "https://www.alibabacloud.com/help/zh/isi/user-guide/api-reference"
)
NLS_ERRORS = Source("NLS error codes", f"{_HELP}/document_detail/459864.html")
JAVA_PUSH = Source("Tingwu push from Java", f"{_HELP}/zh/tingwu/install-the-sdk")
RFC6455 = Source("RFC 6455", "https://www.rfc-editor.org/rfc/rfc6455")

# DashScope
DS_OFFLINE = Source(
    "DashScope tingwu-meeting offline createTask",
    f"{_STUDIO}/tingwu-meeting-offline-api-create-task",
)
DS_REALTIME = Source(
    "DashScope tingwu-meeting realtime createTask", f"{_STUDIO}/tingwu-meeting-api-create-task"
)
DS_GET = Source(
    "DashScope tingwu-meeting getTask", f"{_STUDIO}/tingwu-meeting-offline-api-get-task"
)
DS_WEBSOCKET = Source(
    "DashScope tingwu-meeting WebSocket", f"{_STUDIO}/tingwu-meeting-api-websocket"
)
DS_INDUSTRIAL = Source(
    "DashScope tingwu-industrial-instruction WebSocket",
    f"{_STUDIO}/tingwu-industrial-instruction-api-websocket",
)
DS_CALLBACKS = Source(
    "DashScope Tingwu agents, callbacks", f"{_STUDIO}/tingwu-agent-async-get-task-result"
)
DS_LIMITS = Source(
    "DashScope tingwu-meeting limits", f"{_STUDIO}/tingwu-meeting-summary-guidelines"
)
DS_SERVICE = Source("DashScope tingwu-service-insights", f"{_STUDIO}/tingwu-service-insights")
DS_CUSTOMER = Source(
    "DashScope tingwu-automotive-customer-profile",
    f"{_STUDIO}/tingwu-automotive-customer-profile",
)
DS_TOKENS = Source("DashScope temporary keys", f"{_STUDIO}/obtain-temporary-authentication-token")
DS_ERRORS = Source("DashScope error codes", f"{_STUDIO}/error-code")

# ApsaraVideo Live
_LIVE = f"{_HELP}/zh/live/developer-reference"
LIVE_CREATE = Source("Live CreateRtcAsrTask", f"{_LIVE}/api-live-2016-11-01-creatertcasrtask")
LIVE_STOP = Source("Live StopRtcAsrTask", f"{_LIVE}/api-live-2016-11-01-stoprtcasrtask")
LIVE_QUERY = Source("Live QueryRtcAsrTasks", f"{_LIVE}/api-live-2016-11-01-queryrtcasrtasks")
LIVE_DELETE = Source("Live DeleteRtcAsrTask", f"{_LIVE}/api-live-2016-11-01-deletertcasrtask")
LIVE_RESPONSES = Source("Live responses", f"{_LIVE}/responses")
RPC_SIGNATURE = Source("RPC signature", f"{_HELP}/document_detail/25490.html")
COMMON_ERRORS = Source("Common error codes", f"{_HELP}/document_detail/48054.html")

# What is in programs, not in pages
TEA_SDK = Source(
    "alibabacloud-tingwu20230930", "https://pypi.org/project/alibabacloud-tingwu20230930/", "sdk"
)
CORE_SDK = Source(
    "aliyun-python-sdk-core", "https://pypi.org/project/aliyun-python-sdk-core/", "sdk"
)
TEA_NODE_SDK = Source(
    "@alicloud/openapi-core", "https://www.npmjs.com/package/@alicloud/openapi-core", "sdk"
)
GO_SDK = Source("alibaba-cloud-sdk-go", "https://github.com/aliyun/alibaba-cloud-sdk-go", "sdk")
POP_SDK = Source("@alicloud/pop-core", "https://www.npmjs.com/package/@alicloud/pop-core", "sdk")
NLS_SDK = Source(
    "NLS SDK for Python", "https://pypi.org/project/alibabacloud-nls-python-sdk/", "sdk"
)
NLS_CPP_SDK = Source("NLS SDK for C++", "https://github.com/aliyun/alibabacloud-nls-cpp-sdk", "sdk")
NLS_JAVA_SDK = Source(
    "NLS SDK for Java", "https://github.com/aliyun/alibabacloud-nls-java-sdk", "sdk"
)
NLS_GO_SDK = Source("NLS SDK for Go", "https://github.com/aliyun/alibabacloud-nls-go-sdk", "sdk")
NLS_NODE_SDK = Source("NLS SDK for Node", "https://www.npmjs.com/package/alibabacloud-nls", "sdk")
DASHSCOPE_JAVA_SDK = Source(
    "dashscope SDK for Java", "https://github.com/dashscope/dashscope-sdk-java", "sdk"
)
DASHSCOPE_SDK = Source("dashscope SDK", "https://pypi.org/project/dashscope/", "sdk")
LIVE_SDK = Source(
    "alibabacloud-live20161101", "https://pypi.org/project/alibabacloud-live20161101/", "sdk"
)
RECORDED = Source(
    "Recorded answers of the service", "https://github.com/896518640/focus-backend", "observed"
)
ASYNC_REFUSED = Source(
    "DashScope refuses X-DashScope-Async",
    "https://github.com/spring-ai-alibaba/spring-ai-extensions/issues/166",
    "observed",
)
ERROR_ISSUE = Source(
    "zabbix-RDS-monitor, issue 9",
    "https://github.com/XWJR-Ops/zabbix-RDS-monitor/issues/9",
    "observed",
)
MD5_ISSUE = Source(
    "aliyun-openapi-python-sdk, issue 118",
    "https://github.com/aliyun/aliyun-openapi-python-sdk/issues/118",
    "observed",
)
LIVE_TRACES = Source(
    "Published clients and traces of the realtime WebSocket",
    "https://github.com/search?q=tingwu-realtime-cn-beijing&type=code",
    "observed",
)
FETCHER = Source(
    "Observations of the service's fetcher",
    "https://github.com/qinbing8/bilibili-subtitle",
    "observed",
)
#: Clients that read results, as their authors met them.
READERS = Source(
    "Public clients that read results",
    "https://github.com/ruiwang20010702/report_generation",
    "observed",
)
AI_MEETING = Source(
    "Report of a run against the service", "https://github.com/chenyu139/ai_meeting", "observed"
)
NEWSBOX = Source(
    "newsbox's client of the service", "https://github.com/zhuyu1985-web/newsbox", "observed"
)
#: Several clients, tests and notes of whoever met an answer.
PUBLIC_CLIENTS = Source(
    "Published clients of Tingwu's OpenAPI, and answers that they met",
    "https://github.com/search?q=tingwu.cn-beijing.aliyuncs.com&type=code",
    "observed",
)

#: What no source says: a case that cites it is INFO at most.
ASSUMED = Source("no source", "", "assumed")
