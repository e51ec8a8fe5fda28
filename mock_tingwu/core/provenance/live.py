"""What is assumed of ApsaraVideo Live's caption tasks."""

from __future__ import annotations

from typing import Final

from mock_tingwu.core.provenance.assumption import Assumption, within

ASSUMPTIONS: Final[tuple[Assumption, ...]] = (
    *within(
        "live",
        (
            "bad-parameter",
            "A parameter that is missing or not valid answers 400 with Missing or Invalid and its "
            "name.",
            "The gateway's rules. Create has no error table; it might be a RetCode in a 200.",
        ),
        (
            "mode-bound",
            "Mode live needs StreamURL, Mode rtc SDKAppID, ChannelID and RtcUserId; those of the "
            "other mode are ignored whatever they hold. RtcUserId names one user, without comma.",
            "Documented as prose; what a gateway does about it is not.",
        ),
        (
            "one-target",
            "TargetLanguages is one of cn, en and ja, and TranslateEnabled needs it.",
            "A list is documented nowhere: a client that sends one should learn of it here.",
        ),
        (
            "usual-delay",
            "AutoTerminateDelay is 10 where it is not given.",
            "The example of a Query shows 10 beside other usual values.",
        ),
        (
            "same-stream",
            "The same stream may have any number of tasks.",
            "No code for a second one is documented.",
        ),
        (
            "end-again",
            "Stop and Delete of a task that has ended answer success.",
            "Whoever cleans up should not fail because AutoTerminate was faster.",
        ),
        (
            "delete",
            "Delete ends a task as Stop does and forgets it; a stopped one is still shown by a "
            "Query with its TaskId.",
            "The two pages do not say how they differ.",
        ),
        (
            "unknown-task",
            "Stop and Delete of an unknown TaskId answer 400 ConfigNotFound, Query no tasks.",
            "The former's code is documented; the latter lists what there is.",
        ),
        (
            "query-status",
            "status is 1 until a task ends, then 2, or 3 when it has failed.",
            "1 is in the example; the others are in no source.",
        ),
        (
            "query-rtc",
            "In rtc mode a Query shows sdkAppId, channelId and rtcUserId in place of streamUrl.",
            "Named as everything else there; no example.",
        ),
        (
            "no-failures",
            "No task fails by itself: a stream that is not there is an interrupted one.",
            "No page tells of a task that fails, nor of a callback that would say so.",
        ),
        (
            "absent-stream",
            "A stream that cannot be pulled is tried again after 1, 2, 5, 10 and then every 30 s.",
            "Publishers come and go; no source tells how hard the cloud tries.",
        ),
        (
            "recordings",
            "A StreamURL that says how long it is (a file, a finished HLS list) is heard once, at "
            "its own pace.",
            "To hear it again from its beginning would be no live stream.",
        ),
        (
            "resumed",
            "A stream that comes back goes on with the next index and with the time of its audio.",
            "As meetings do that are resumed.",
        ),
        (
            "imagined",
            "Channels, and streams that are not pulled, say one sentence after the other, for 24 "
            "hours at most.",
            "They are in the cloud only; something has to end them.",
        ),
        (
            "format",
            "Without Format, or with another one than JSON, the answer is XML; calls that are "
            "named by the header x-acs-action go by Accept.",
            "XML is documented as the usual form, None is what a Python SDK sends for nothing.",
        ),
        (
            "missing-action",
            "A request to / that names no call answers MissingAction.",
            "The gateway's rule Missing{Param}.",
        ),
        (
            "form",
            "Parameters count from the query and from a form, the query's where both have one.",
            "Both are signed; SDKs use one or the other.",
        ),
        (
            "clock-window",
            "A Timestamp may be 31 minutes off, an x-acs-date 15.",
            "The signing page says 31, an error page 15 for all.",
        ),
    ),
    *within(
        "live-callbacks",
        (
            "attempts",
            "A callback is tried three times: again after 1 s and 2 s, each within 5 s; any 2xx "
            "accepts it. Those behind one that was lost are tried once, within 1 s, and of more "
            "than 100 the oldest are dropped.",
            "No source tells of retries. Captions are old in seconds.",
        ),
        (
            "order",
            "Callbacks of a task come one after the other, each when the one before was taken or "
            "given up.",
            "No source; what overtakes makes captions jump.",
        ),
        (
            "sig-time",
            "SIG-TIME is in seconds, of the machine's own time, and new for each attempt; ASR-SIG "
            "is in small letters. Without AuthKey there is neither.",
            "The page says no more than current timestamp; receivers compare it with their clock.",
        ),
        (
            "one-event",
            "Each callback has one event; TranscriptionStarted, TranscriptionCompleted and "
            "TaskFailed are not among them.",
            "The sample has one; that these are passed on is in no source.",
        ),
        (
            "sentences-only",
            "With ReportInterval -1 SentenceEnd and its translation come, and no SentenceBegin.",
            "Documented is that there are no interim results, only whole sentences.",
        ),
        (
            "interval",
            "With an interval SentenceBegin and SentenceEnd come as they occur, interim results "
            "no more often, each the newest; it is measured in audio, by tenths of a second.",
            "Documented is the period, not what it counts.",
        ),
        (
            "translations",
            "A sentence is translated when it has ended; interim results alone are not.",
            "The engine can do both.",
        ),
        (
            "last-words",
            "When a task is stopped or its stream breaks off, what is open comes as a sentence.",
            "What was said should not be lost.",
        ),
    ),
)
