"""What the mock does although no source says so.

Every behaviour has a level: ``documented``, ``sdk``, ``observed`` or ``assumed``. Transitions,
error rows and schemas carry theirs; this is the list of the other assumptions, for people who have
to decide how far a green test can be trusted. ``why`` says what speaks for the choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Assumption:
    """``id`` is stable and can be quoted; ``area`` groups what belongs together."""

    id: str
    area: str
    text: str
    why: str


def _in(area: str, *rows: tuple[str, str, str]) -> tuple[Assumption, ...]:
    return tuple(Assumption(f"{area}.{name}", area, text, why) for name, text, why in rows)


ASSUMPTIONS: Final[tuple[Assumption, ...]] = (
    *_in(
        "task",
        (
            "stop-unknown",
            "Stopping a TaskId that does not exist answers 200 with TaskStatus INVALID.",
            "GetTaskInfo documents INVALID for that case; nothing is said of stop.",
        ),
        (
            "info-unknown",
            "GetTaskInfo of a TaskId that does not exist answers 200 with Code 0 and INVALID.",
            "The status is documented, the envelope around it is not.",
        ),
        (
            "stop-again",
            "Stopping a task again changes nothing and answers its present status.",
            "No source; a client that repeats a lost request must not be punished.",
        ),
        (
            "stop-post-processing",
            "Anything beyond recognition makes stop answer ONGOING, also translation, an MP3 or a "
            "spectrum alone.",
            "Documented for AI capabilities only; these make files after the meeting as well.",
        ),
        (
            "stop-without-audio",
            "A task stopped before any audio completes with empty results.",
            "A client's integration test allows ONGOING, COMPLETED and FAILED.",
        ),
        (
            "stop-while-streaming",
            "Stop through the API completes the open stream: last SentenceEnd, "
            "TranscriptionCompleted, CLOSE 1000.",
            "No source; SDKs end cleanly on a TranscriptionCompleted that they did not ask for.",
        ),
        (
            "result-order",
            "Results appear one by one in a fixed order, Transcription first.",
            "That partial results appear is documented, their order is not.",
        ),
        (
            "never-expires",
            "NEW and PAUSED last for ever, and a recording may be longer than 24 hours.",
            "The limit is documented, what happens at it is not.",
        ),
        (
            "paused-at-once",
            "A task is PAUSED as soon as its stream has stopped or its socket is lost.",
            "How long the cloud waits is not documented.",
        ),
        (
            "stop-task-id-on-top",
            "Stop also takes TaskId outside Input.",
            "One client sends it so and ignores the answer.",
        ),
    ),
    *_in(
        "offline",
        (
            "auto",
            "SourceLanguage auto hears the language of the script registered for the task, else "
            "the one that the path of FileUrl names (standup-en.mp3), else Chinese.",
            "A mock cannot tell languages apart; the caller can tell it this way.",
        ),
        (
            "refused-second-run",
            "A second run of a task that is not COMPLETED, or of none, is refused with "
            "InvalidTaskId.",
            "That it is not allowed is documented, the error is not; the rule is Invalid{Param}.",
        ),
        (
            "empty-second-run",
            "A second run that enables nothing but recognition or transcoding is refused with "
            "BRK.InvalidOutputEnabledSetting.",
            "These two cannot be made again (documented); the error is not said.",
        ),
        (
            "second-run-keeps",
            "A second run keeps the results that it does not make again; those that it does are "
            "away until they are new.",
            "No source; nothing that was paid for should get lost.",
        ),
        (
            "channels",
            "Of a recording with several channels the first is heard; with AudioChannelMode mix "
            "all; below 16 kHz each channel is a speaker.",
            "Documented for the sister product (dashscope-tingwu 2 and 3).",
        ),
        (
            "telephone-languages",
            "A recording below 16 kHz fails with TSC.AudioSampleRate unless its language is cn, "
            "en or fspk.",
            "Realtime tasks have this rule; for files only auto is documented to need 16 kHz.",
        ),
        (
            "other-rates",
            "Any sample rate from 8000 Hz on is taken, also 11025, 22050 and 44100.",
            "The guide lists 8, 16, 24 and 48 kHz, yet 44100 Hz is what most music files have.",
        ),
        (
            "task-error-causes",
            "TSC.FileType: no media file, or a container that is not on the list. TSC.FileError: "
            "empty or unreadable. TSC.AudioFormat: an audio track that cannot be decoded. "
            "TSC.AudioSampleRate: below 8000 Hz, or no audio track.",
            "The codes are known, their causes only in part (no audio track was observed).",
        ),
        (
            "quota-day",
            "The daily quota of recordings counts from midnight in Beijing.",
            "No source.",
        ),
        (
            "output-path",
            "OutputPath is oss://bucket/folder, or a folder in the project's own bucket; links "
            "then name that bucket. Nothing is copied anywhere.",
            "Only its purpose is documented, not its form.",
        ),
        (
            "unknown-phrases",
            "A PhraseId that does not exist is refused with InvalidPhraseId.",
            "No source; a typing error should not go unnoticed. The rule is Invalid{Param}.",
        ),
        (
            "too-many-streams",
            "A stream too many is refused at CreateTask with BRK.OverdueService.",
            "One client's notes on the price list; it names the code, not the moment.",
        ),
    ),
    *_in(
        "callbacks",
        (
            "accepted",
            "Any 2xx within 5 s accepts a callback; the answer's text does not matter.",
            "The 5 s are documented, the status is not; the sample answers 200.",
        ),
        (
            "attempts",
            "A callback is tried four times: at once, 5 s after that failed, and twice more 5 min "
            "after the one before.",
            "At most three retries are documented; whether the one after 5 s counts is not said.",
        ),
        (
            "order",
            "A callback is first tried when the first attempt of the task's callback before is "
            "over; one that is tried again may be overtaken.",
            "No source; a receiver should not get COMPLETED first, nor wait 10 min for it.",
        ),
        (
            "same-bytes",
            "Every attempt sends the same body; its links live 30 days from the step.",
            "No source; receivers can tell a repeated callback by its RequestId.",
        ),
        (
            "partial",
            "A step names the result that is new, and the media files that there are; FAILED names "
            "no results.",
            "Documented for results; GetTaskInfo has the media files, so has the callback.",
        ),
        (
            "redirects",
            "A redirect is a refusal.",
            "No source; following it would turn POST into GET.",
        ),
        (
            "address-at-the-step",
            "A callback goes to the address of its AppKey at the time of the step; when that has "
            "changed before an attempt, it is lost.",
            "No source; nobody expects calls at an address that was taken away.",
        ),
        (
            "headers",
            "User-Agent and the other headers but Content-Type are the mock's own.",
            "They are documented nowhere.",
        ),
        (
            "bound",
            "When 1000 callbacks wait for a receiver, further ones are lost.",
            "A dead receiver must not fill the memory.",
        ),
        (
            "test-number",
            "The 13 digits of the console's CheckSyncConf are the time in ms.",
            "Their number is documented, their meaning is not.",
        ),
    ),
    *_in(
        "recordings",
        (
            "imagined",
            "A recording that is not fetched lasts one to ten minutes; its suffix says what it is, "
            "none says audio.",
            "Tests should not need the network. The URL and the seed decide, nothing else.",
        ),
        (
            "suffix-type",
            "An imagined file with a suffix such as .pdf, .zip or .png fails with TSC.FileType.",
            "The cloud looks into the file; of an imagined one there is only the name.",
        ),
        (
            "link-by-url",
            "A FileUrl that is not http or https, has a space in it, or names an IP address or a "
            "host below .invalid fails its task with TSC.AudioFileLink; CreateTask succeeds.",
            "The rules are documented, the moment and the code for each of them are not.",
        ),
        (
            "loopback",
            "Loopback addresses are taken, with every port.",
            "The cloud cannot reach them and wants a domain name; a local mock is no use without.",
        ),
        (
            "any-link-failure",
            "An HTTP status from 400 on, a name that does not resolve, a refused connection, bad "
            "TLS and a timeout all fail with TSC.AudioFileLink.",
            "Recorded for a link that could not be read; the other codes fit less.",
        ),
        (
            "timeouts",
            "A connection must stand after 5 s, and something must come every 10 s.",
            "The cloud's times are unknown; TSC.AudioFileLink was seen after about 3 s.",
        ),
        (
            "redirects",
            "Up to five redirects are followed.",
            "Nothing is documented; the version of ffmpeg that was seen follows eight.",
        ),
        (
            "content-length",
            "An answer without Content-Length (chunked), a shorter or longer body, and a part "
            "instead of the whole fail with TSC.ContentLengthCheckFailed.",
            "Documented is that Content-Length must equal the body.",
        ),
        (
            "ranges",
            "After the whole file, the two further ranges of the log are asked for once each; "
            "what comes of them only stands in the journal.",
            "Offset 1158 belongs to the file that was logged; whether a server without ranges "
            "fails in the cloud is not known.",
        ),
        (
            "request-headers",
            "Accept, Connection and Icy-MetaData are those of ffmpeg 5.0; Accept-Encoding identity "
            "comes on top.",
            "Only User-Agent and Range were logged.",
        ),
    ),
    *_in(
        "api",
        (
            "missing-type",
            "CreateTask without type answers MissingType, an unknown type or operation InvalidType "
            "and InvalidOperation.",
            "The gateway's rules Missing{Param} and Invalid{Param}.",
        ),
        (
            "field-codes",
            "A field with a BRK code of its own gets that code also when it is missing or of the "
            "wrong type; all others get Missing{Param} or Invalid{Param}.",
            "The codes are documented, which of them wins is not; one client notes "
            "BRK.InvalidAppKey for a missing AppKey.",
        ),
        (
            "first-problem",
            "A request with several wrong fields is answered with the first problem found.",
            "Error bodies have room for one.",
        ),
        (
            "lenient-values",
            "Digits in a string count as a number, true and false in a string as a boolean, and "
            "null as absent.",
            "The vendor's C++ sample sends SampleRate as a string and must work.",
        ),
        (
            "types-default",
            "Summarization and MeetingAssistance that are enabled without Types make all types.",
            "Documented for MeetingAssistance, taken over for Summarization.",
        ),
        (
            "translation-without-target",
            "TranslationEnabled without TargetLanguages answers BRK.InvalidLanguage.",
            "The only code that fits.",
        ),
        (
            "bad-json",
            "A body that is not a JSON object answers 400 InvalidParameter.Format.",
            "The gateway's code for a format that is not valid.",
        ),
        (
            "wrong-method",
            "A known path with another method answers 404 InvalidApi.NotFound.",
            "Its wording asks to check url and method.",
        ),
        (
            "error-envelope",
            "BRK errors carry HostId and Recommend as gateway errors do; Recommend names the code, "
            "the product and the RequestId.",
            "Observed of the gateway and other products; no SDK minds them.",
        ),
        (
            "host-without-port",
            "An ACS3 signature over the bare host name is accepted.",
            "A client for the cloud's default port may sign so; the cloud has no other port.",
        ),
    ),
    *_in(
        "gateway",
        (
            "order",
            "Of several problems of a signature the first is told: Authorization, signature "
            "method, key, token, time stamp, body digest, signature, nonce, version.",
            "No source has the order.",
        ),
        (
            "digest-mismatch",
            "A body that does not fit x-acs-content-sha256 answers SignatureDoesNotMatch, one that "
            "does not fit Content-MD5 ContentMD5NotMatched, whatever the signature.",
            "The code for Content-MD5 is observed; ACS3's digest is part of what is signed.",
        ),
        (
            "missing-date",
            "A missing Date or x-acs-date answers InvalidTimeStamp.Format.",
            "The code for a time stamp that cannot be read; there is none for a missing one.",
        ),
        (
            "version",
            "verify: without x-acs-version a call answers MissingVersion, with another version "
            "InvalidVersion.",
            "The gateway's rules Missing{Param} and Invalid{Param}.",
        ),
        (
            "not-required",
            "x-acs-signature-nonce, x-acs-action and x-acs-content-sha256 may be absent.",
            "aliyun-python-sdk-core sends none of them and works.",
        ),
        (
            "unsigned-headers",
            "ACS3 headers that should be signed but are not are let through.",
            "The rule is documented, its enforcement is not.",
        ),
        (
            "nonce",
            "A nonce is remembered for its key until its time stamp expires; that of a refused "
            "request is not.",
            "The code is documented, its memory is not.",
        ),
        (
            "security-token",
            "An AccessKeyId that begins with STS. needs a token; a configured key wants its own, "
            "another key's is a mismatch, any other malformed.",
            "The codes are documented, what leads to which is not.",
        ),
        (
            "bearer-token",
            "An unknown bearer token answers InvalidSecurityToken.Malformed.",
            "No source; it is the gateway's code for a token that is not right.",
        ),
        (
            "http-methods",
            "Methods other than GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS answer "
            "UnsupportedHTTPMethod.",
            "The code is documented; a wrong method of an API is an unknown API.",
        ),
        (
            "accept",
            "Accept that admits JSON, as */* does, gets JSON; all else, and none, gets XML.",
            "Documented for no Accept; a page of another product shows XML for */*.",
        ),
        (
            "xml",
            "XML has the JSON's fields in an element of the API's name and Response, a list as its "
            "element once per item; its type is text/xml.",
            "Documented of other products; the reference of this one shows JSON alone.",
        ),
        (
            "headers",
            "x-acs-trace-id, ETag and the Access-Control headers are as recorded of other "
            "products; errors have no ETag.",
            "One gateway stands before all products; recordings of errors show no headers.",
        ),
        (
            "flow-control",
            "The limits count in a sliding second for each access key and call; refused calls do "
            "not count, stop counts as CreateTask, hot-word calls have no limit.",
            "The limits are documented, how they are counted is not.",
        ),
        (
            "retry-after",
            "x-acs-retry-after is in milliseconds.",
            "Tea SDKs wait for so many milliseconds.",
        ),
        (
            "access-denied-detail",
            "AccessDeniedDetail has the six fields of public samples.",
            "Its values depend on accounts, which the mock does not have.",
        ),
    ),
    *_in(
        "phrases",
        (
            "unknown",
            "Get, Update and Delete of a PhraseId that does not exist answer 400 InvalidPhraseId.",
            "The gateway's rule Invalid{Param}; no code of its own is documented.",
        ),
        (
            "exceeded",
            "An eleventh list, or a list of more than 300 words, answers 200 with Status FAILED "
            "and ErrorCode PHS.Exceed.",
            "Both limits, the code and its sentence are documented, but not what they have to do "
            "with each other, nor the word FAILED.",
        ),
        (
            "wrong-words",
            "A word of more than 10 characters, with punctuation or special characters, or with a "
            "weight that is not from -6 to 5, answers 400 InvalidWordWeights.",
            "The rules are documented, what happens to those who break them is not.",
        ),
        (
            "any-script",
            "Words may be of any script and have digits and inner spaces; a list may be empty.",
            "Chinese and English are documented to have an effect; digits should be written out.",
        ),
        (
            "lenient-request",
            "WordWeights may be the map itself instead of its text, and an empty Description "
            "counts as none.",
            "The vendor's Python sample sends the map, a client's form the empty text.",
        ),
        (
            "update-replaces",
            "Update replaces the whole list: a Description that it does not send is gone.",
            "The call is a PUT, and its fields are those of Create.",
        ),
        (
            "names",
            "Several lists may have one name.",
            "Nothing says that names are unique; lists are told apart by id.",
        ),
        (
            "as-sent",
            "Get answers WordWeights as it was sent, character by character.",
            "Its type is text; the documented example fits.",
        ),
        (
            "deleted-in-use",
            "A task keeps the words of its list whatever becomes of the list.",
            "Nothing is said; the words are read when the task is created.",
        ),
    ),
    *_in(
        "session",
        (
            "handshake-refused",
            "A missing or unknown mc, or one of a finished task, is refused with 403 and "
            "Meta:ACCESS_DENIED in the body.",
            "The NLS gateway's answer to a bad token.",
        ),
        (
            "second-pusher",
            "A second stream into a task gets TaskFailed 43040001 while the first one works.",
            "The code exists in the C++ SDK as ConcurrencyExceed.",
        ),
        (
            "audio-before-start",
            "Audio before StartTranscription fails the session with 40000002.",
            "The documented sentence for messages that do not fit the state.",
        ),
        (
            "early-audio",
            "Audio between StartTranscription and TranscriptionStarted is kept, up to 32 MiB.",
            "Browser clients do not wait for TranscriptionStarted.",
        ),
        (
            "late-audio",
            "Audio after StopTranscription, or after a failure, is dropped silently.",
            "Frames in flight must not break a healthy stop.",
        ),
        (
            "linger",
            "A failed session stays open for one second of real time, then it is closed with 1000.",
            "Commands in flight are documented to get an answer; the time is not.",
        ),
        (
            "close-code",
            "The server closes with code 1000, also after TaskFailed.",
            "No source; the C++ SDK needs some code.",
        ),
        (
            "second-failure",
            "Every refused command after a failure gets a TaskFailed of its own.",
            "40000002 in state FAILED is documented, how often is not.",
        ),
        (
            "open-after-completed",
            "After TranscriptionCompleted the socket stays open for another StartTranscription, "
            "within the idle limit.",
            "The Java SDK and a client do it; who closes first is not documented.",
        ),
        (
            "idle-data",
            "The ten seconds of the idle limit count from the last text or audio; a PING does "
            "not help.",
            "The documentation speaks of data that is sent.",
        ),
        (
            "idle-instead-of-stall",
            "Audio that stalls ends with 40000004 after ten seconds; 41040201 is never sent.",
            "The threshold of 41040201 is not documented.",
        ),
        (
            "resume-continues",
            "A new stream into a PAUSED task goes on with the next index and time.",
            "Times are documented as ms of pushed audio; the meeting is one.",
        ),
        (
            "resume-offsets",
            "With tw_index_offset and tw_time_offset, indices go on at the offset plus one and "
            "times at the offset, for the rest of the task.",
            "The C++ SDK sends the index of the last SentenceBegin and the ms pushed so far.",
        ),
        (
            "any-credentials",
            "X-NLS-Token, appkey, message_id and task_id may hold anything or be absent.",
            "Official samples send the word default, browsers nothing.",
        ),
        (
            "command-without-namespace",
            "A command without a namespace is taken as SpeechTranscriber's.",
            "There is no other on this address.",
        ),
        (
            "noise-text",
            "Text that is not a JSON object is ignored.",
            "One web client sends the text Ping every eight seconds and works.",
        ),
        (
            "payload-advisory",
            "Format and rate of StartTranscription are ignored: those of CreateTask count.",
            "The official Python client sends an empty payload.",
        ),
    ),
    *_in(
        "captions",
        (
            "sentence-begin-level-1",
            "SentenceBegin is sent at OutputLevel 1, too.",
            "Level 1 is documented to leave out interim results; this is none.",
        ),
        (
            "interim-translations",
            "Translation OutputLevel 2 sends a translation after every interim result, so only "
            "with recognition at level 2.",
            "A translation names the message that it translates.",
        ),
        (
            "interim-translation-shape",
            "An interim translation has text and index, no times and no partial.",
            "Times are documented for translations of a SentenceEnd only.",
        ),
        (
            "translation-per-language",
            "Several target languages give one ResultTranslated each.",
            "target_lang is one word.",
        ),
        (
            "translation-speaker",
            "ResultTranslated always has a speaker_id, recognition events only with realtime "
            "diarization.",
            "The documented example has one; a client notes the switch for the others.",
        ),
        (
            "stash-names",
            "stash_result has the names of both products, index and sentenceId.",
            "The Tingwu page and the NLS SDKs differ.",
        ),
        (
            "stash-empty",
            "A sentence that silence ends has a stash_result without words.",
            "So does NLS.",
        ),
        (
            "confidence",
            "confidence is between 0.9 and 1 and depends on the text alone.",
            "Its value is documented nowhere.",
        ),
        (
            "tones",
            "A tone, steady noise or silence begins no sentence.",
            "Observed: 13 s of a pure tone completed with empty texts.",
        ),
        (
            "sentence-pause",
            "A sentence ends after 800 ms of silence, or after 250 ms when its line should have "
            "been said.",
            "800 ms is the default of NLS; a script knows when a sentence is complete.",
        ),
        (
            "unknown-translation",
            "A line without a translation shows its own words behind the target's code.",
            "Nobody should mistake it for a translation.",
        ),
        (
            "hot-words",
            "Hot words are said in lines of their own: the heaviest in the first line of the "
            "meeting, the others up to four at a time, spread over it; the heaviest eight are "
            "keywords. A registered script says none.",
            "A list is documented to make words be recognised; somebody has to say them.",
        ),
        (
            "hot-words-in-place",
            "Transcription.Phrase maps words to weights and has the rules of a list.",
            "Nothing but its name and type is known.",
        ),
        (
            "filters-of-registered-scripts",
            "A registered script is heard word for word unless DisfluencyEnabled or "
            "ProfanityFilterEnabled is sent as true.",
            "Both are documented to be on by default; a test should read what it wrote.",
        ),
        (
            "filler-words",
            "With DisfluencyEnabled false a meeting of the library has filler words, otherwise "
            "none. They stand before about every third line.",
            "What counts as one is documented nowhere, nor how often people say them.",
        ),
        (
            "profanity",
            "A swear word becomes as many asterisks as it has letters.",
            "That they are filtered is documented, how is not.",
        ),
    ),
    *_in(
        "results",
        (
            "short-meetings",
            "Short meetings have all results, although the cloud wants 200 to 300 characters for "
            "some.",
            "Tests push seconds, not hours, and want to see every result.",
        ),
        (
            "no-words-no-results",
            "A meeting without a word has empty results of every kind that was asked for.",
            "Observed for a pure tone; the empty shape of each kind is ours.",
        ),
        (
            "chapters-korean",
            "Japanese and Korean meetings have no chapters.",
            "Documented for Japanese only.",
        ),
        (
            "limits",
            "Long lists are shortened: 60 chapters of 600 characters, 12 sentences of summary, "
            "8 of a speaker, 20 questions, 24 branches, 20 key sentences.",
            "Limits are documented for keywords, actions and the depth of the mind map only.",
        ),
        (
            "mind-map-depth",
            "The mind map has three levels: title, chapters, points.",
            "At most four are documented.",
        ),
        (
            "speaker-ids",
            "Speakers count from 0 with realtime diarization, else from 1.",
            "A client's note for the former, samples for the latter.",
        ),
        (
            "diarization-without-count",
            "DiarizationEnabled without SpeakerCount tells as many speakers apart as there are.",
            "The guide reads as if an absent count meant none; the flag would then be idle.",
        ),
        (
            "chapter-granularity",
            "General puts the chapters of Meticulous together by twos, Coarse by fours; at least "
            "one is left. The summary of such a chapter is made of their gists.",
            "The three names are documented, no numbers.",
        ),
        (
            "title-length",
            "A Headline has at most 8 characters at TitleLengthLevel Short and 16 at Normal, 24 "
            "and 48 where words have spaces; at Long it is as the script has it.",
            "The three names are documented, no numbers.",
        ),
        (
            "markdown-summary",
            "FullTextSummaryFormat markdown makes ParagraphSummary a heading and bullets; any "
            "other value does nothing.",
            "The values are those of the sister product (dashscope-tingwu 2).",
        ),
        (
            "slides-of-video",
            "A slide begins where the picture changes by 2 % or more and stays for a second; a "
            "video that never stands still has one slide. At most 100, of more than 36000 frames "
            "only the key frames are looked at.",
            "How the cloud finds slides is not documented.",
        ),
        (
            "slides-of-audio",
            "PptExtraction of a recording without a picture is an empty list; a stream never has "
            "this result.",
            "Documented for offline video only; what happens otherwise is not.",
        ),
        (
            "slide-summary",
            "A slide tells the points made while it is shown, at most four, or else the first 80 "
            "characters of what was said. A sentence belongs to the slide in its middle.",
            "Only the name of the field is known.",
        ),
        (
            "identity-without-diarization",
            "IdentityRecognitionEnabled without DiarizationEnabled or RealtimeDiarizationEnabled "
            "is refused with BRK.InvalidOutputEnabledSetting, but for a second run.",
            "That it needs diarization is documented; an empty result would hide the mistake.",
        ),
        (
            "prompt-without-contents",
            "CustomPromptEnabled without a prompt answers MissingContents, a Model or TransType "
            "that is not documented InvalidModel or InvalidTransType.",
            "The gateway's rules Missing{Param} and Invalid{Param}.",
        ),
        (
            "speaker-map",
            "SpeakerMap maps the speaker ids of results to names: Reason of an inspection calls "
            "the speakers so, an extraction looks for an Identity in what they said.",
            "Its name and type are all that is known.",
        ),
        (
            "several-targets",
            "A Translation file with several target languages has the further ones below "
            "Translations.",
            "The documented form has room for one language.",
        ),
        (
            "custom-prompt-truncated",
            "Truncated tells that the meeting has more words than the model takes tokens.",
            "The name is documented; how tokens are counted is not.",
        ),
        (
            "spectrum",
            "A .spectrum file is JSON with the loudest sample of every 100 ms in percent.",
            "Its format is documented nowhere.",
        ),
    ),
    *_in(
        "files",
        (
            "wrong-link",
            "A link with a wrong or missing signature answers 403 AccessDenied.",
            "The status is sure, the code of a wrong signature is in no source.",
        ),
        (
            "name-time",
            "The time in a file's name is when the result was ready, in Beijing.",
            "Observed names fit it.",
        ),
    ),
    *_in(
        "audio",
        (
            "wav-header",
            "A WAV header in a pcm stream is skipped; one longer than 64 KiB fails with 40000009.",
            "The error is documented, its limit is not.",
        ),
        (
            "garbage",
            "64 KiB of MP3 or AAC without a frame fail with 40270003.",
            "The error is documented, its limit is not.",
        ),
        (
            "conversion",
            "MP3, AAC, Opus and Speex of another rate or with several channels are converted.",
            "A mismatch with CreateTask is documented as not allowed; decoders do not mind.",
        ),
        (
            "damaged-recording",
            "A recording is heard as far as it can be decoded: damaged frames are left out, gaps "
            "between timestamps are not filled, of several audio tracks the first is taken.",
            "No source; an error is documented only for what cannot be read at all.",
        ),
        (
            "message-size",
            "A WebSocket message may have up to 16 MiB.",
            "No limit is documented; clients send 640 to 8192 bytes.",
        ),
    ),
)
