"""What the tables of the documentation say, row by row, where the code does not say it.

`tests.test_docs` holds each table against the code: no row too many, none missing.
"""

from __future__ import annotations

from typing import Final

#: When each TaskFailed is sent: the name in `mock_tingwu.core.errors` and the occasion.
TASK_FAILED: Final = {
    "IDLE_TIMEOUT": "No text and no audio for 10 s. The text names the last command, if any.",
    "MESSAGE_INVALID_IN_STATE": "Audio before StartTranscription (state CONNECTED); any command "
    "after a failure (state FAILED).",
    "MISSING_HEADER": "A JSON object without `header`.",
    "MISSING_NAME": "A header without `name`.",
    "NAMESPACE_NOT_FOUND": "A `namespace` other than SpeechTranscriber. None at all is taken.",
    "DIRECTIVE_NOT_SUPPORTED": "An unknown command.",
    "NOT_WORKING": "StopTranscription before TranscriptionStarted or after TranscriptionCompleted.",
    "STOP_WHILE_STOPPING": "A second StopTranscription before TranscriptionCompleted.",
    "START_AGAIN": "StartTranscription while the stream is starting, working or stopping.",
    "CONCURRENCY_EXCEED": "StartTranscription while another connection streams into the same task.",
    "DECODE_ERROR": "The audio is not in the task's format; a message that is no MultiAudioFrame "
    "where one is due.",
    "CONTAINER_ERROR": "A broken or too long WAV header; a broken Ogg page, or one with more than "
    "100 Opus packets.",
    "SERVER_ERROR": "The task was made to fail (control API); a defect of the mock.",
}

ON_DEMAND: Final = "[On demand](control.md#faults) only."
#: What leads to errors of Live's calls; others come on demand only.
LIVE_ERRORS: Final = {
    "ConfigNotFound": "Stop or Delete of a TaskId that is not known, or deleted.",
    "InternalError": "A defect of the mock. Its log has the traceback.",
    "Missing": "A parameter is missing: MissingMode, MissingStreamURL, MissingTaskId; "
    "MissingAction: no call is named.",
    "Invalid": "A parameter is not valid: InvalidReportInterval.",
    "InvalidApi.NotFound": "Unknown Action.",
    "UnsupportedHTTPMethod": "Another method than GET and POST.",
    "InvalidParameter.Format": "The request broke off.",
    "RequestEntityTooLarge": "The form is longer than 64 KiB.",
    "InvalidAccessKeyId.NotFound": "verify: the key is not one of `access_keys`.",
    "InvalidAccessKeyId.Inactive": "verify: the key is one of `disabled_access_keys`.",
    "InvalidTimeStamp.Format": "verify: Timestamp or x-acs-date cannot be read.",
    "InvalidTimeStamp.Expired": "verify: more than 31 minutes off, x-acs-date 15.",
    "SignatureDoesNotMatch": "verify: the signature is not right; the Message has what the mock "
    "signed.",
    "SignatureNonceUsed": "verify: a request was sent twice.",
    "InvalidSignatureMethod": "verify: another one than HMAC-SHA1, or ACS3-HMAC-SHA256.",
    "MissingAccessKeyId": "verify: the call is not signed.",
    "IncompleteSignature": "verify: a part of the signature is missing.",
    "MissingSecurityToken": "verify: a temporary key without its token.",
    "InvalidSecurityToken.Malformed": "verify: the token is not the key's.",
    "InvalidSecurityToken.MismatchWithAccessKey": "verify: the token is another key's.",
    "Throttling.User": "More calls than `throttle` allows.",
}

#: What leads to each error of the OpenAPI. Every one can be had on demand as well.
API_ERRORS: Final = {
    "ServerError": "A defect of the mock. Its log has the traceback.",
    "BRK.InvalidService": ON_DEMAND,
    "BRK.OverdueService": "More streams than `max_streams` at a time.",
    "BRK.OverdueTenant": ON_DEMAND,
    "BRK.InvalidTenant": "The AppKey belongs to another AccessKeyId in `app_keys`.",
    "BRK.InvalidLanguage": "SourceLanguage, LanguageHints or TargetLanguages missing or unknown; "
    "TranslationEnabled without TargetLanguages.",
    "BRK.InvalidAudioFormat": "Format missing or not pcm, opus, aac, speex, mp3.",
    "BRK.InvalidAudioSampleRate": "SampleRate missing or not 8000 or 16000; 8000 with yue, ja, ko, "
    "multilingual.",
    "BRK.InvalidAudioBitRate": ON_DEMAND,
    "BRK.InvalidAudioPackage": ON_DEMAND,
    "BRK.InvalidOssBucket": "OutputPath names a bucket that is not one of `oss_buckets`, "
    "or that no bucket can be called.",
    "BRK.InvalidOssPath": "OutputPath is neither `oss://bucket/folder` nor a folder.",
    "BRK.InvalidAppKey": "AppKey missing, empty or not a text, or not one of `app_keys`.",
    "BRK.InvalidRoleSplitNum": "SpeakerCount not a whole number from 0 to 100.",
    "BRK.InvalidOutputEnabledSetting": "A field …Enabled that is not a boolean; a second "
    "run that asks for nothing.",
    "BRK.InvalidResultLevelSetting": "OutputLevel not 1 or 2.",
    "BRK.ServiceLinkedRoleNotExist": ON_DEMAND,
    "InvalidApi.NotFound": "Unknown path or method.",
    "InvalidProduct.NotFound": ON_DEMAND,
    "InvalidProtocol.NeedSsl": ON_DEMAND,
    "Throttling.Api": ON_DEMAND,
    "Missing": "`type`, `Input`, `Input.TaskId` of stop or another field without a code of its own "
    "is missing. The code has the field's name: MissingType, MissingInput, MissingTaskId.",
    "Invalid": "`type`, `operation` or another field without a code of its own is wrong: "
    "InvalidType, InvalidTypes. The message has the whole path.",
    "InvalidParameter.Format": "The body is not JSON, not an object, or deeper than 64 levels; "
    "the request is no HTTP, or has more than 64 KiB before its body.",
    "RequestEntityTooLarge": "The body is longer than `max_body_bytes`.",
    "InvalidAccessKeyId.NotFound": "verify: the key is not one of `access_keys`.",
    "InvalidAccessKeyId.Inactive": "verify: the key is one of `disabled_access_keys`.",
    "InvalidTimeStamp.Format": "verify: the signature's time cannot be read.",
    "InvalidTimeStamp.Expired": "verify: the signature's time is more than 15 minutes off the "
    "machine's, also on a virtual clock.",
    "SignatureDoesNotMatch": "verify: another secret, or a request that changed on the way. The "
    "message has the server's string to sign, the journal [what is wrong](signatures.md).",
    "ContentMD5NotMatched": "verify: a Content-MD5 of another body (ROA v1).",
    "SignatureNonceUsed": "verify: a second request with the same x-acs-signature-nonce.",
    "InvalidSignatureMethod": "verify: x-acs-signature-method is not HMAC-SHA1 (ROA v1); another "
    "ACS3 algorithm than HMAC-SHA256.",
    "MissingAccessKeyId": "verify: no signature.",
    "IncompleteSignature": "verify: a signature that lacks parts, or an unknown scheme.",
    "MissingSecurityToken": "verify: no x-acs-security-token although the key has one in "
    "`security_tokens` or begins with `STS.`.",
    "InvalidSecurityToken.Expired": ON_DEMAND,
    "InvalidSecurityToken.Malformed": "verify: a token that is not in `security_tokens`; a bearer "
    "token that is not one of `api_keys`.",
    "InvalidSecurityToken.MismatchWithAccessKey": "verify: the token of another key in "
    "`security_tokens`.",
    "UnsupportedHTTPMethod": "A method other than GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS.",
    "Throttling.User": "More calls in a second than [throttle](settings.md) allows.",
    "NoPermission": ON_DEMAND,
    "Forbidden.RAM": ON_DEMAND,
    "ServiceUnavailable": ON_DEMAND,
}

#: What makes DashScope answer with an error; the others come on demand only.
DASHSCOPE_ERRORS: Final = {
    "InvalidParameter": "A body that is no JSON object, a frame without header or `task_id`, "
    "`expire_in_seconds` out of range. The agents use the code with texts of their own, see below.",
    "BadRequest.EmptyModel": "No model.",
    "BadRequest.EmptyInput": "No input.",
    "InvalidURL": "Another path below `/api/v1/`, or another method.",
    "InvalidApiKey": "verify: no key, or one that is not among `api_keys`. Always: a temporary key "
    "that has expired.",
    "AccessDenied": "`X-DashScope-Async: enable`, with a message of its own.",
    "ModelNotFound": "A model that is none of the family.",
    "BadRequest.TooLarge": "A body over `max_body_bytes`.",
    "Throttling.RateQuota": "More calls than `throttle` allows.",
    "Agent.FrameSequenceIllegal": "WebSocket: audio or finish-task without run-task, a second "
    "run-task, a second connection that streams, an instruction on a used connection.",
    "Agent.InputActionIllegal": "WebSocket: an unknown action or directive.",
    "Agent.InputAppIdIllegal": "No appId, or one that is not among the `apps`.",
    "Agent.AppNotPublished": "An app that is configured so.",
    "Agent.InputInvalidDataId": "A dataId that is unknown, older than 24 h, or whose task is in no "
    "state for that.",
    "Agent.CustomTaskIdInvalid": "WebSocket: a task_id that has not 16 characters, if `task_ids` "
    "is `documented`.",
    "InternalError": "A defect of the mock.",
    "ServerError": "WebSocket: the task was made to fail.",
}

#: What each setting is for.
SETTINGS: Final = {
    "host": "Address to listen on.",
    "port": "Port; 0 picks a free one.",
    "allowed_hosts": "The hosts, `name` or `name:port` with commas between, by which the [control "
    "API](control.md#who-may-call) may be called and from whose web pages; `*`: all. None: any "
    "name if `host` is more than the loopback, no other pages.",
    "auth": "`open` takes any credentials, `verify` checks every signature against `access_keys`.",
    "clock": "`system`, or `virtual`: stands still until it is advanced.",
    "seed": "Decides every identifier. Same seed, same requests, same bytes.",
    "data_dir": "The folder in which [everything outlives the process](persistence.md): tasks, "
    "journal, media files, uploads. Without one all is in memory, media files in a temporary "
    "folder.",
    "store": "A Redis server that keeps everything but media files and uploads, in the place of a "
    "file in `data_dir`, which it needs beside it: `redis://host:port/db` or `unix:///path`, with "
    "`?prefix=` for what the keys begin with. See [several processes](workers.md).",
    "result_interval_ms": "Between two results of a meeting that was stopped or a recording "
    "that was read.",
    "max_body_bytes": "Longest request body.",
    "offline_quota_minutes": "How much recording is read in a day, in minutes (Beijing time); more "
    "fails with PRE.AudioDurationQuotaLimit. 0: no limit. The cloud's trial has about 120.",
    "max_streams": "How many realtime streams may be on when another meeting is created; more are "
    "refused with BRK.OverdueService. 0: no limit. The cloud's trial has 2.",
    "oss_buckets": "The buckets that OutputPath may name; others are refused with "
    "BRK.InvalidOssBucket. None: any.",
    "fetch": "`auto` fetches recordings from this machine and from `file_hosts`, `always` from "
    "everywhere, `never` imagines all: [where the recording comes "
    "from](offline.md#where-the-recording-comes-from).",
    "file_hosts": "The folder or base URL that stands for a host of FileUrl or StreamURL: "
    "`host=folder` with commas between, a table in the file.",
    "reach": "Hosts and networks such as `127.0.0.0/8`, with commas between, that FileUrl, "
    "StreamURL and Live's CallbackURL [may lead to as well](offline.md#where-a-url-may-lead). "
    "Matters only with a `host` that is no loopback address; the flag can be repeated.",
    "app_keys": "The AppKeys that exist, each alone or with the AccessKeyId that it belongs to: "
    "`app` or `app:id` with commas between, a table in the file. Others are refused with "
    "BRK.InvalidAppKey, those of another AccessKeyId with BRK.InvalidTenant. None: any.",
    "throttle": "Calls per second and caller: `off`, `documented` (20 CreateTask, 100 GetTaskInfo) "
    "or numbers of your own such as `2/5`, where 0 is no limit. More are refused with "
    "Throttling.User.",
    "callbacks": "The [callback address](callbacks.md) of each AppKey: `app=url` with commas "
    "between, a table in the file; the flag can be repeated.",
    "recognizer": "`scripted`, or an [installed one](scripts.md#your-own-recognizer).",
    "access_keys": "Key pairs of `verify`: `id:secret` with commas between, a table in the file.",
    "disabled_access_keys": "AccessKeyIds that are refused with InvalidAccessKeyId.Inactive.",
    "security_tokens": "The token that a temporary key (STS) must send: `id:token` with commas "
    "between, a table in the file. Keys that are not here go with any other token.",
    "api_keys": "API keys of [DashScope](dashscope.md) and bearer tokens that `verify` takes, with "
    "commas between. None: any.",
    "apps": "The [apps](dashscope.md#apps) of DashScope: appIds with commas between, JSON, or a "
    "table in the file. Others are refused with Agent.InputAppIdIllegal. None: any.",
    "fault_coverage": "`on` counts which [failures](faults.md#which-ones-were-met) clients meet.",
    "record": "`on` records what happens for a [bundle](replay.md), a file has it written there at "
    "the end; `off`.",
    "task_ids": "`any` task_id on DashScope's WebSocket is taken, or only `documented` ones of 16 "
    "characters; no SDK sends such.",
    "scenario": "What the default scope begins with, and again after every reset: names of "
    "[scenarios](scenarios.md) and paths of files with commas between; the flag can be repeated.",
    "tls_port": "The port at which [TLS](unmodified.md) is spoken besides, under the cloud's host "
    "names; 0 is a free one. `--tls` is 8943. None: nowhere.",
    "profile": "`plain`, or how [awkward](profile.md) within the contract: `awkward`, "
    "`awkward,-closing`, `plain,+key-order`. Of scopes that have none of their own.",
}

#: Bounds by the place of their constants: what is bounded, the unit, what happens beyond.
BOUNDS: Final = {
    "replay.log:MAX_BYTES": ("what is recorded for a bundle", "bytes", "no more is recorded"),
    "core.documents:MAX_DEPTH": ("nesting of a YAML or JSON file", "levels", "refused"),
    "core.documents:MOST_ALIASED": ("parts that YAML's aliases stand for", "", "refused"),
    "core.scenarios:MAX_BYTES": ("a scenario", "bytes", "refused"),
    "core.scenarios:MOST_PROBLEMS": (
        "problems of a scenario that are listed",
        "",
        "the rest is counted",
    ),
    "core.findings:MAX_FINDINGS": ("violations of a scope", "", "the oldest goes"),
    "core.scope:LONGEST_MEETING_MS": ("a meeting from its creation", "ms", "stopped"),
    "core.history:MOST_STEPS": ("steps of a task's history", "", "the oldest goes"),
    "services.journal_api:LONGEST_WAIT_MS": ("`wait_ms` of the journal", "ms", "refused"),
    "core.faults.actions:LONGEST_LATENCY_MS": ("fault `latency`", "ms", "refused"),
    "core.faults.actions:LONGEST_MS": ("times in other faults", "ms", "refused"),
    "settings:Settings.max_body_bytes": (
        "body of an API call (setting `max_body_bytes`)",
        "bytes",
        "refused",
    ),
    "server.http:MAX_HEAD": ("request line and headers", "bytes", "refused"),
    "server.http:LONGEST_HEAD_S": (
        "time for request line and headers, or until a connection has its first",
        "s",
        "refused",
    ),
    "server.http:LONGEST_PAUSE_S": ("pause in a request's body", "s", "refused"),
    "interception.proxy:MAX_HEAD": (
        "request line and headers to the proxy of `run`",
        "bytes",
        "431",
    ),
    "services.bodies:MAX_DEPTH": ("nesting of JSON in a call", "levels", "refused"),
    "protocols.signing.rpc_v1:LONGEST_FORM": ("form of a call to Live", "bytes", "refused"),
    "services.json_api:MAX_BODY": ("body of a control call", "bytes", "413"),
    "server.frames:MAX_MESSAGE_BYTES": ("WebSocket message of a client", "bytes", "CLOSE 1009"),
    "server.websocket:MAX_TEXT_BYTES": ("the same of text", "bytes", "CLOSE 1009"),
    "protocols.multi_audio:MOST_FIELDS": (
        "fields of a MultiAudioFrame, and of a speaker in it",
        "",
        "refused",
    ),
    "server.websocket:UNREAD_BYTES": (
        "events that a WebSocket client leaves unread",
        "bytes",
        "nothing is read from it until it reads",
    ),
    "protocols.stream_session:EARLY_AUDIO_BYTES": (
        "audio before the start is confirmed",
        "bytes",
        "lost; the journal says how much",
    ),
    "protocols.inference:LONGEST_TASK_ID": (
        "`task_id` on DashScope's WebSocket",
        "characters",
        "refused",
    ),
    "protocols.nls:MAX_OFFSET": (
        "`tw_time_offset` (ms) and `tw_index_offset`",
        "",
        "the offset has no effect",
    ),
    "core.scope:MOST_TASKS": (
        "tasks of a scope",
        "",
        "the one that ended first is forgotten, INVALID from then on",
    ),
    "core.faults.book:MOST_RULES": ("fault rules of a scope", "", "the oldest goes"),
    "core.script_book:MOST_REGISTERED": (
        "scripts that are registered for keys of a kind",
        "",
        "the oldest goes",
    ),
    "core.apps:MOST_APPS": ("apps of a scope", "", "the oldest goes"),
    "services.callbacks:MOST_ADDRESSES": ("callback addresses of a scope", "", "the oldest goes"),
    "services.hosting:MOST_FILES": ("files that a scope hosts", "", "the oldest is deleted"),
    "services.scenarios:MOST_APPLIED": (
        "scenarios that are listed as in force",
        "",
        "the oldest is left out",
    ),
    "core.journal:MAX_ENTRIES": ("entries of a scope's journal", "", "the oldest go"),
    "core.journal:MAX_BYTES": ("memory of a scope's journal", "bytes", "the oldest go"),
    "core.journal:MAX_BODY_BYTES": ("body or message in the journal", "bytes", "left out of it"),
    "core.journal:MAX_ID": ("TaskId in the journal", "characters", "cut"),
    "services.sessions:LAST": (
        "commands, and events, that a session shows",
        "",
        "the journal has them",
    ),
    "services.sessions:MAX_REASON": ("reason of a CLOSE by hand", "bytes", "refused"),
    "services.waiting:LONGEST_MS": ("wait of a control call", "ms", "refused"),
    "services.metrics:MOST_SERIES": ("series of a metric", "", "counted as `other`"),
    "cli.serve:MOST_WORKERS": ("processes of `serve --workers`", "", "refused"),
    "services.world:MOST_SCOPES": ("scopes at the same time", "", "refused"),
    "services.world:LONGEST_NAME": ("name or key of a scope", "characters", "refused"),
    "services.world:MOST_LONG_JOBS": ("recordings that are read at the same time", "", "they wait"),
    "core.throttle:MAX_CALLERS": ("callers that `throttle` remembers", "", "the quietest go"),
    "protocols.signing.nonces:MAX_NONCES": (
        "nonces that `--auth verify` remembers",
        "",
        "the first to expire go",
    ),
    "services.courier:MAX_OPEN": ("callbacks that wait for a receiver", "", "the newest is lost"),
    "services.courier:MAX_ORDERED": (
        "captions that wait for a receiver of Live",
        "",
        "the oldest is lost",
    ),
    "services.courier:MAX_ANSWER": ("answer to a callback that is read", "bytes", "cut"),
    "core.receivers:MAX_URL": ("callback address", "characters", "refused"),
    "services.fetching:LARGEST_BYTES": ("recording", "bytes", "TSC.AudioFileSize"),
    "services.fetching:MAX_REDIRECTS": ("redirects of a FileUrl", "", "TSC.AudioFileLink"),
    "services.offline:LONGEST_MS": ("length of a recording", "ms", "TSC.AudioDuration"),
    "media.channels:MOST_CHANNELS": ("channels of a recording", "", "it counts as damaged"),
    "media.compressed:MAX_OPUS_PACKETS": ("Opus packets on a page", "", "TaskFailed 40000009"),
    "media.pictures:MOST_SLIDES": ("slides of a video", "", "no more are looked for"),
    "services.live.sources:LONGEST_MS": (
        "imagined stream of Live without a stated length",
        "ms",
        "it is over",
    ),
    "core.scripts:MAX_SPEAKERS": ("speakers of a script that does not name them", "", "refused"),
    "services.dashscope.text:MAX_LINES": ("lines of a text", "", "refused"),
    "services.dashscope.text:MAX_CHARACTERS": ("text of a task", "characters", "refused"),
    "services.dashscope.keys:LONGEST_S": ("life of a temporary key", "s", "refused"),
    "services.dashscope.realtime:LONGEST_SILENCE_MS": ("`maxEndSilence`", "ms", "refused"),
    "core.phrases:MAX_LISTS": ("lists of hot words", "", "refused"),
    "core.phrases:MAX_WORDS": ("words of a list", "", "refused"),
    "core.phrases:MAX_WORD_LENGTH": ("hot word", "characters", "refused"),
    "core.capabilities.meeting_assistance:MOST_KEYWORDS": ("keywords", "", "the first count"),
    "core.capabilities.meeting_assistance:MOST_ACTIONS": ("actions", "", "the first count"),
    "core.capabilities.meeting_assistance:MOST_KEY_SENTENCES": (
        "key sentences",
        "",
        "the first count",
    ),
}
#: Bounds that nobody meets: of damaged media, of guesses, of explanations, of what listens.
INNER_BOUNDS: Final = frozenset(
    {
        "conformance.exchange:LONGEST_TEXT",
        "conformance.exchange:MOST_EXCHANGES",
        "conformance.exchange:MOST_FRAMES",
        "services.json_api:LONGEST_ERROR",
        "workers.handing:MOST_HOPS",
        "core.awkward.manners:LONGEST_EVENT",
        "core.awkward.manners:LONGEST_START_MS",
        "core.pace:MAX_CALLERS",
        "server.tls:MAX_NAMES",
        "cassettes.shapes:LONGEST",
        "client.live_callbacks.callback:MAX_DEPTH",
        "client.live_callbacks.receiver:MAX_BODY",
        "client.live_callbacks.receiver:MAX_CONNECTIONS",
        "client.live_callbacks.receiver:MAX_WAITING",
        "client.retries:LONGEST_S",
        "cli.live_log:MAX_TASKS",
        "cli.printable:MAX_SHOWN",
        "core.imagination:LONGEST_MS",
        "core.shown:LONGEST",
        "media.compressed:MAX_GARBAGE",
        "media.ogg:MAX_PACKET",
        "media.pull_bodies:MAX_REDIRECTS",
        "media.pulled:MAX_PLAYLIST",
        "media.wav:MAX_HEADER",
        "protocols.signing.explain:LONGEST_HEAD",
        "protocols.signing.explain.alternatives:MOST",
        "protocols.signing.explained:MAX_KINDS",
        "protocols.signing.explained:MOST",
    }
)

#: Why a field changes nothing.
NO_MODEL: Final = "Accepted, no effect: no language model runs."
NO_ENGINE: Final = "Accepted, no effect: words come from a [script](scripts.md)."
IN_SCRIPT: Final = "Accepted, no effect: translations stand in the script."
THE_MIX: Final = "Accepted, no effect: of several streams the mix alone makes events."
WHOSE: Final = "Accepted, no effect: whose words it names is documented nowhere."
FOR_A_MODEL: Final = ", no effect: it is meant for a language model, and none runs."

#: What the mock does with every field of CreateTask.
FIELDS: Final = {
    "AppKey": "Required to begin a task, any text unless `app_keys` is set. Scripts and callbacks "
    "can be registered for it.",
    "Input.SourceLanguage": "Required to begin a task: cn, en, yue, ja, ko, multilingual, fspk "
    "(heard as multilingual with hints cn and en); offline also [auto](offline.md#languages). "
    "Chooses the meeting that is heard.",
    "Input.FileUrl": "Offline, required: [where the recording comes from](offline.md). A realtime "
    "task ignores it.",
    "Input.TaskKey": "Echoed in answers. Scripts can be registered for it.",
    "Input.Format": "Realtime, required: how pushed audio is decoded. A file says itself what it "
    "is.",
    "Input.SampleRate": "Realtime, required: 8000 or 16000; 16000 only for yue, ja, ko, "
    "multilingual. A file says itself what it is.",
    "Input.ProgressiveCallbacksEnabled": "The [callback address](callbacks.md) of the AppKey is "
    "told of every result and of the end.",
    "Input.MultipleStreamsEnabled": "Realtime: messages are MultiAudioFrames; the mix is heard.",
    "Input.TaskId": "Of stop: the task to end. Offline: the finished task to "
    "[run again](offline.md#a-second-run).",
    "Input.OutputPath": "Links name this [bucket and folder](offline.md#your-own-bucket).",
    "Input.LanguageHints": "With multilingual: only lines in these languages are heard.",
    "Input.AudioChannelMode": "Offline: `mix` hears all [channels](offline.md#channels) of a "
    "recording. Otherwise the first is heard from 16000 Hz on, below that all are.",
    "Parameters.Transcoding.TargetAudioFormat": "mp3 makes OutputMp3Path (extra `media`).",
    "Parameters.Transcoding.TargetVideoFormat": "Offline: mp4 makes OutputMp4Path of a video "
    "(extra `media`).",
    "Parameters.Transcoding.VideoThumbnailEnabled": "Offline: makes OutputThumbnailPath of a "
    "video (extra `media`).",
    "Parameters.Transcoding.SpectrumEnabled": "Makes OutputSpectrumPath.",
    "Parameters.Transcription.DiarizationEnabled": "Results name speakers, from 1.",
    "Parameters.Transcription.Diarization.SpeakerCount": "At most this many speakers are told "
    "apart; 0 or absent: as many as speak.",
    "Parameters.Transcription.OutputLevel": "2 adds TranscriptionResultChanged.",
    "Parameters.Transcription.AdditionalStreamOutputLevel": THE_MIX,
    "Parameters.Transcription.PhraseId": "The words of this [list](phrases.md) are heard.",
    "Parameters.Transcription.Model": NO_ENGINE,
    "Parameters.Transcription.AudioEventDetectionEnabled": "Accepted, no effect: how events are "
    "told is documented nowhere.",
    "Parameters.Transcription.ProfanityFilterEnabled": "true masks swear words of a registered "
    "script with `*`. The library has none.",
    "Parameters.Transcription.DisfluencyEnabled": "false: meetings of the library have "
    "[filler words](scripts.md#what-options-change). true drops those of a registered script.",
    "Parameters.Transcription.RealtimeDiarizationEnabled": "Events and results name speakers, "
    "from 0.",
    "Parameters.Transcription.Phrase": "Words and their weights, heard as those of a "
    "[list](phrases.md#use).",
    "Parameters.TranslationEnabled": "Sends ResultTranslated, makes Translation.",
    "Parameters.Translation.TargetLanguages": "cn, en, ja, ko, de, fr, ru; any number.",
    "Parameters.Translation.OutputLevel": "2 adds translations of interim results, if recognition "
    "has OutputLevel 2 as well.",
    "Parameters.Translation.AdditionalStreamOutputLevel": THE_MIX,
    "Parameters.Translation.TranslateLlmSceneEnabled": IN_SCRIPT,
    "Parameters.AutoChaptersEnabled": "Makes AutoChapters; empty for ja and ko.",
    "Parameters.AutoChapters.ChapterGranularity": "Meticulous: the chapters of the script. "
    "General, Coarse: [about half and a quarter](results.md#autochapters-章节速览) of them.",
    "Parameters.AutoChapters.TitleLengthLevel": "Longest Headline: Short 8 characters, Normal 16; "
    "in English 24 and 48. Long: as the script has it.",
    "Parameters.MeetingAssistanceEnabled": "Makes MeetingAssistance.",
    "Parameters.MeetingAssistance.Types": "Actions, KeyInformation; absent means both.",
    "Parameters.SummarizationEnabled": "Makes Summarization.",
    "Parameters.Summarization.Types": "Paragraph, Conversational, QuestionsAnswering, MindMap; "
    "absent means all.",
    "Parameters.PptExtractionEnabled": "Offline: makes PptExtraction, empty for a recording "
    "without a picture. Realtime: no effect.",
    "Parameters.TextPolishEnabled": "Makes TextPolish.",
    "Parameters.ServiceInspectionEnabled": "Makes ServiceInspection.",
    "Parameters.ServiceInspection.SceneIntroduction": "Required" + FOR_A_MODEL,
    "Parameters.ServiceInspection.InspectionIntroduction": "Required" + FOR_A_MODEL,
    "Parameters.ServiceInspection.InspectionContents[].Title": "Looked for in what was said.",
    "Parameters.ServiceInspection.InspectionContents[].Content": "Looked for in what was said.",
    "Parameters.ServiceInspection.SpeakerMap": "Speaker ids and their roles, for Reason.",
    "Parameters.CustomPromptEnabled": "Makes CustomPrompt.",
    "Parameters.CustomPrompt.Contents[].Name": "Required, echoed.",
    "Parameters.CustomPrompt.Contents[].Prompt": "Required; must contain {Transcription}. No model "
    "runs: sentences that share words with the prompt are quoted.",
    "Parameters.CustomPrompt.Contents[].Model": "tingwu-turbo, tingwu-plus, qwen-max. Decides "
    "Truncated only.",
    "Parameters.CustomPrompt.Contents[].TransType": "default, chat, sentence-chat" + FOR_A_MODEL,
    "Parameters.ContentExtractionEnabled": "Makes ContentExtraction.",
    "Parameters.ContentExtraction.SceneIntroduction": "Accepted" + FOR_A_MODEL,
    "Parameters.ContentExtraction.ExtractionContents[].Title": "Looked for in what was said.",
    "Parameters.ContentExtraction.ExtractionContents[].Content": "Looked for in what was said.",
    "Parameters.ContentExtraction.ExtractionContents[].Identity": "Looked for in what speakers of "
    "this role said, if SpeakerMap has one.",
    "Parameters.ContentExtraction.SpeakerMap": "Speaker ids and their roles, for Identity.",
    "Parameters.IdentityRecognitionEnabled": "Makes IdentityRecognition; without diarization "
    "for one speaker.",
    "Parameters.IdentityRecognition.SceneIntroduction": "Accepted" + FOR_A_MODEL,
    "Parameters.IdentityRecognition.IdentityContents[].Name": "Given to the speakers whose role in "
    "the script fits.",
    "Parameters.IdentityRecognition.IdentityContents[].Description": "Compared with the speaker's "
    "role when its Name does not fit.",
    "Parameters.Model": NO_MODEL,
    "Parameters.LlmOutputLanguage": "cn, en: the [language of mind map and chapters]"
    "(results.md#the-language-of-mind-map-and-chapters).",
    "Parameters.ExtraParams.NfixEnabled": "Accepted, no effect: documented is no more than the "
    "name.",
    "Parameters.ExtraParams.MaxKeywords": "Largest number of keywords, at most 20.",
    "Parameters.ExtraParams.DomainEducationEnabled": NO_ENGINE,
    "Parameters.ExtraParams.OcrAuxiliaryEnabled": "Accepted, no effect: nothing is read off "
    "pictures.",
    "Parameters.ExtraParams.TranslateLlmSceneEnabled": IN_SCRIPT,
    "Parameters.ExtraParams.FullTextSummaryFormat": "`markdown`: ParagraphSummary is Markdown. Any "
    "other text: it is plain.",
    "Parameters.ExtraParams.TranslationHotwordMap.bizType": WHOSE,
    "Parameters.ExtraParams.TranslationHotwordMap.bizUserId": WHOSE,
}

#: What is wrong with a recording, by the code that its task fails with.
RECORDING_ERRORS: Final = {
    "TSC.AudioFileLink": "The [link](#where-the-recording-comes-from) leads nowhere.",
    "TSC.ContentLengthCheckFailed": "The body is not as long as Content-Length says, or there is "
    "none.",
    "TSC.AudioFileSize": "More than 6 GB.",
    "TSC.FileType": "No media file, or a container that is not taken: a web page, a PDF, a "
    "playlist.",
    "TSC.FileError": "Empty, or too damaged to read.",
    "TSC.AudioFormat": "An audio track that cannot be decoded.",
    "TSC.AudioSampleRate": "No audio track; less than 8000 Hz; less than 16000 Hz in a language "
    "that needs them.",
    "TSC.AudioDuration": "More than 6 hours.",
    "PRE.AudioDurationQuotaLimit": "More than `offline_quota_minutes` in a day.",
}
