"""The awkward habits, each with its excuse, and the profiles that are made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self


@dataclass(frozen=True, slots=True)
class Habit:
    """One thing that the contract allows.

    ``does`` says what the mock does, ``allowed`` why it may, with the source, ``lazy`` what clients
    do that trip over it, ``limits`` where it holds back, and for whose sake.
    """

    name: str
    does: str
    allowed: str
    lazy: str
    limits: str = ""


HABITS: Final = (
    Habit(
        "key-order",
        "The keys of every object stand in an order other than the documented one; arrays keep "
        "theirs. Answers, events, results and callbacks.",
        "An object is an unordered set of pairs (RFC 8259 section 4). DashScope's documents and "
        "the gateway's recordings already differ in it (dashscope-tingwu 4.1, tingwu-openapi 1.2).",
        "A pattern that expects Code before Data, TaskId before TaskStatus, name before status.",
    ),
    Habit(
        "unknown-fields",
        "Objects have fields that no document names, of any type, null included. Their names "
        "begin with mock.",
        "The vendor adds fields over time, in events without notice (realtime-ws 3.4 and 3.5: "
        "emo_tag, gender_score, audio_extra_info); SDKs ignore unknown keys (tingwu-openapi 1.4).",
        "A strict model, a dataclass filled with `**payload`, a comparison of whole objects.",
        "Not in objects whose keys are data (Result, Tasks, translations): a key there is one more "
        "result. Never an event of an unknown name: the C++ SDK ends its session (realtime-ws 9).",
    ),
    Habit(
        "escapes",
        "Some texts are escaped: `\\u4e2d` for 中, `\\/` for a slash, `\\u0026` for an ampersand.",
        "Any character may be escaped (RFC 8259 section 7).",
        "Looking for Chinese, or for a link, in the bytes of the body.",
    ),
    Habit(
        "white-space",
        "Some texts have spaces and line ends between their tokens.",
        "Insignificant white space is allowed there (RFC 8259 section 2).",
        'Reading line by line, or a pattern such as "Code":"0" without spaces.',
        "Never before the first brace: Live's content is documented to begin with it.",
    ),
    Habit(
        "whole-numbers",
        "A number that may have a fraction and has none is written without: 0, not 0.0.",
        "Both are the same number (RFC 8259 section 6). Confidences, scores and the like are "
        "documented as double only (realtime-ws 3.4).",
        "Telling a float by its type, or a cast to double of what the parser made an integer.",
        "Integers are never written as 1.0: the Java SDK's getters throw (realtime-ws 9).",
    ),
    Habit(
        "list-order",
        "ListTranscriptionPhrases lists the lists of hot words in any order.",
        "No order is documented (tingwu-openapi 1.4).",
        "Taking the last, or the first, for the one just made.",
        "Lists that mean an order (words, chapters, sentences) keep it.",
    ),
    Habit(
        "request-ids",
        "RequestId of Tingwu and Live is an upper-case UUID of version 5 or a lower-case one of "
        "version 4.",
        "Recorded answers have the one, the vendor's samples the other (tingwu-openapi 1.2). It is "
        "documented as a string.",
        "A pattern for one of the forms; finding a log line again by exact case.",
        "DashScope's stays a lower-case UUID, callbacks' 32 digits: that is documented.",
    ),
    Habit(
        "late-results",
        "Results take two to six times as long, each another time, and stop never answers "
        "COMPLETED at once.",
        "Results are promised within three hours, and stop answers COMPLETED or ONGOING "
        "(tingwu-openapi 2.1, 2.3).",
        "Sleeping a fixed time, taking Result for complete when it is there, not polling after "
        "stop.",
    ),
    Habit(
        "result-order",
        "Behind the Transcription the kinds of result become ready in any order.",
        "A key appears when its capability has finished (tingwu-openapi 1.3); no order is "
        "documented.",
        "Waiting for the kind that used to be last.",
        "The Transcription stays first: the others are made of it, and DashScope documents it.",
    ),
    Habit(
        "late-start",
        "TranscriptionStarted, or speech-listen, takes up to half a second longer.",
        "No time is promised; the connection alone took 240 ms in a trace (realtime-ws 3.2).",
        "Sleeping a little after the start instead of waiting for the event.",
        "SDKs give up after 10 s (realtime-ws 9).",
    ),
    Habit(
        "changing-interims",
        "An interim result has another word than the next one, also an earlier one, or is shorter "
        "than the one before.",
        "Each replaces the former whole text of the same sentence (realtime-ws 3.4).",
        "Appending what is new, or taking interims for prefixes of the final sentence.",
    ),
    Habit(
        "uneven-interims",
        "Some interim results are missing, some come twice with the same text.",
        "They repeat often, and no number is promised (realtime-ws 3.4).",
        "Counting them, or expecting every one to be news.",
    ),
    Habit(
        "empty-stash",
        "stash_result is empty although the next sentence has begun.",
        'It may always be empty: text "" and no words (realtime-ws 3.5).',
        "words[0] of the stash, or taking the beginning of the next sentence from it alone.",
        "The object stays, with its numbers: the C++ SDK checks them (realtime-ws 9).",
    ),
    Habit(
        "word-cuts",
        "Words are cut or joined otherwise, in events and in files. Joined they are the sentence, "
        "and times stay within it.",
        "Only the sentence is promised; the words of one SentenceId join to it (tingwu-openapi 4).",
        "Finding a word by comparison, counting words, one character per word.",
        "Latin words are never cut. An event of more than 150 words stays as it is.",
    ),
    Habit(
        "coalesced-frames",
        "Messages of a stream are held for 20 ms, so that several arrive in one segment of TCP.",
        "TCP has no borders of messages (RFC 6455 section 5, RFC 9293).",
        "One read, one message.",
    ),
    Habit(
        "cut-segments",
        "A message arrives in several segments of TCP, cut anywhere, even in the frame's head.",
        "As above.",
        "One read, one whole message.",
    ),
    Habit(
        "fragments",
        "A message of DashScope's stream comes as several WebSocket frames, cut anywhere, even in "
        "a character.",
        "Any message may be fragmented (RFC 6455 section 5.4). Both classes of dashscope 2.0.2 "
        "join them.",
        "Parsing each frame alone.",
        "Not behind MeetingJoinUrl: nls-sdk-java 2.1.1 closes and the C++ SDK fails "
        "(realtime-ws 9).",
    ),
    Habit(
        "server-errors",
        "A call is sometimes refused with 500 or 503, before anything is done. The same call then "
        "succeeds at least three times.",
        "Documented: ServerError, ServiceUnavailable, InternalError, ModelUnavailable "
        "(tingwu-openapi 3.2, live-rtc-asr 5, dashscope-tingwu 5).",
        "Taking any error for final.",
        "aliyun-python-sdk-core 2.16, alibabacloud-tea-openapi 0.4.6 and dashscope 1.x do not "
        "repeat by themselves (tingwu-openapi 3.5): their callers have to.",
    ),
    Habit(
        "short-links",
        "Links whose life no document tells live a minute at most: DashScope's result files, and "
        "pictures in a PptExtraction. Expires is in whole seconds, the part of a second is lost.",
        "24 h are documented for playbackUrl alone, and pictures' links expire, too, it is not "
        "said when (dashscope-tingwu 4, tingwu-openapi 2.2).",
        "Keeping a link in a database instead of asking again.",
        "Tingwu's results and media keep their 30 days: these are documented, and no newer link "
        "ends an older one (tingwu-openapi 0.13, 2.2). Not a few seconds: who asks with "
        "dashscope-sdk-java and then reads a task's files one after the other needs more than 5 s.",
    ),
    Habit(
        "header-case",
        "Names of HTTP headers of an answer are in Title-Case or in CAPITALS.",
        "They have no case (RFC 9110 section 5.1).",
        "Looking for the exact x-acs-request-id.",
    ),
    Habit(
        "chunked",
        "Some answers have no Content-Length and come in chunks, cut anywhere.",
        "RFC 9112 section 7.1.",
        "Reading Content-Length bytes, or the body at one read.",
        "Answers of calls only: files of OSS always have their length.",
    ),
    Habit(
        "closing",
        "Some connections are closed after the answer.",
        "A server may, and says Connection: close (RFC 9112 section 9.6).",
        "A connection that is opened once and used for ever.",
    ),
)
NAMES: Final = tuple(habit.name for habit in HABITS)
#: How a profile is written, for messages.
EXPECTED: Final = (
    "plain or awkward, and behind it habits with a sign, such as awkward,-server-errors or "
    "plain,+key-order; mock-tingwu profile lists them"
)


@dataclass(frozen=True, slots=True)
class Profile:
    """Which habits a scope has."""

    habits: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: object) -> Self:
        """The profile that is written so: ``plain`` or ``awkward``, then habits with a sign.

        ``awkward,-server-errors`` is all but one, ``plain,+key-order`` that one alone.

        Raises:
            ValueError: it is written otherwise; the message is what was expected.
        """
        first, *changes = (part.strip() for part in str(text).split(","))
        if first not in ("plain", "awkward"):
            raise ValueError(EXPECTED)
        habits = set(NAMES if first == "awkward" else ())
        for change in changes:
            sign, name = change[:1], change[1:]
            if name not in NAMES or sign not in ("+", "-"):
                raise ValueError(EXPECTED)
            (habits.add if sign == "+" else habits.discard)(name)
        return cls(frozenset(habits))

    def __str__(self) -> str:
        """The shortest way to write it."""
        kept = [name for name in NAMES if name in self.habits]
        lost = [name for name in NAMES if name not in self.habits]
        if len(kept) <= len(lost):
            return ",".join(["plain", *(f"+{name}" for name in kept)])
        return ",".join(["awkward", *(f"-{name}" for name in lost)])


PLAIN: Final = Profile()
