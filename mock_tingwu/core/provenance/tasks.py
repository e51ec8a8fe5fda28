"""What is assumed of tasks, their recordings and their callbacks."""

from __future__ import annotations

from typing import Final

from mock_tingwu.core.provenance.assumption import Assumption, within

ASSUMPTIONS: Final[tuple[Assumption, ...]] = (
    *within(
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
            "ends-in-time",
            "A meeting is stopped 24 hours after its creation, whatever its state: results are "
            "made of what was heard. NEW and PAUSED last until then.",
            "The limit is documented, what happens at it is not; nothing heard should be lost.",
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
    *within(
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
            "away until they are new. Links to what they replace go on leading there.",
            "No source; nothing that was paid for should get lost, and a link lives 30 days.",
        ),
        (
            "second-run-input",
            "Of the Input of a second run ProgressiveCallbacksEnabled counts, TaskKey and "
            "OutputPath stay what they were.",
            "Documented is that new Parameters are given.",
        ),
        (
            "fetch-time",
            "A file has to come within 300 s.",
            "No source; a server that drips must end some day.",
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
    *within(
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
            "more-than-two-channels",
            "Recordings of more than two channels are taken, and of several sound tracks the first "
            "is heard.",
            "One or two tracks are documented, what becomes of others is not.",
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
            "An answer without Content-Length (chunked), a shorter body, and a part instead of the "
            "whole fail with TSC.ContentLengthCheckFailed; of a longer one no more is read.",
            "Documented is that Content-Length must equal the body. HTTP ends a body where its "
            "Content-Length says: what comes behind it cannot be told from another answer.",
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
    *within(
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
)
