"""What is assumed of streams: the session, the audio and what is heard."""

from __future__ import annotations

from typing import Final

from mock_tingwu.core.provenance.assumption import Assumption, within

ASSUMPTIONS: Final[tuple[Assumption, ...]] = (
    *within(
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
    *within(
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
            "none. They stand before about every third line; words like 那个 count where they are "
            "a clause of their own.",
            "What counts as one is documented nowhere, nor how often people say them.",
        ),
        (
            "profanity",
            "A swear word becomes as many asterisks as it has letters.",
            "That they are filtered is documented, how is not.",
        ),
    ),
    *within(
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
            "A WebSocket message may have up to 16 MiB, one of text up to 1 MiB.",
            "No limit is documented; clients send 640 to 8192 bytes.",
        ),
    ),
)
