"""What is assumed of DashScope's agents."""

from __future__ import annotations

from typing import Final

from mock_tingwu.core.provenance.assumption import Assumption, within

ASSUMPTIONS: Final[tuple[Assumption, ...]] = (
    *within(
        "dashscope",
        (
            "agent-status",
            "What the agents refuse over HTTP is refused with 400.",
            "Their codes are documented for the WebSocket, where there is no status.",
        ),
        (
            "unknown-data-id",
            "An unknown or foreign dataId answers Agent.InputInvalidDataId, an unknown appId "
            "Agent.InputAppIdIllegal, an unknown task or a parameter that is not valid "
            "InvalidParameter.",
            "The codes that fit; which one is sent over HTTP is documented nowhere.",
        ),
        (
            "foreign-data-id",
            "createTask goes on with tasks of its own appId alone; getTask shows a task whatever "
            "model and appId it names.",
            "No source; getTask has no appId on most pages.",
        ),
        (
            "request-models",
            "tingwu-turbo and tingwu-plus as model of a request answer ModelNotFound.",
            "They are models of prompts; one sample of an SDK that asks for one fits no page.",
        ),
        (
            "late-end",
            "A meeting can be ended when it is older than 24 hours, but no stream begins any more.",
            "A dataId is valid for 24 hours; what was heard until then should not be lost.",
        ),
        (
            "end-parameters",
            "What the end of a meeting says in analysis counts instead of what its beginning said "
            "of the same; what it says besides is ignored.",
            "One sample sends parameters with the end, no page tells of them.",
        ),
        (
            "text-size",
            "input.text has at most 10000 lines and 1000000 characters.",
            "No source; several times a day's conversation.",
        ),
        (
            "wrong-method",
            "Another path or method answers 400 InvalidURL.",
            "The only code about URLs.",
        ),
        (
            "paths-not-ready",
            "A path is absent until its result is ready, and null when the result has failed.",
            "Documented as a string that is null: both null and the text are possible.",
        ),
        (
            "links",
            "All links live 24 hours, in a bucket called mock-tingwu-agents; pictures are in "
            "Tingwu's.",
            "Documented for playbackUrl alone; no page names the bucket.",
        ),
        (
            "playback",
            "playbackUrl is an MP3, there once the audio was read and not for texts.",
            "No page says what it plays.",
        ),
        (
            "status-3",
            "getTask answers 3 for a meeting that was not ended.",
            "Documented for createTask only.",
        ),
        (
            "again-same-id",
            "createTask with a dataId works on that task again: it answers the same dataId.",
            "As Tingwu's second run does; the page shows no answer.",
        ),
        (
            "usual-app",
            "An app that nobody has configured makes keywords, to-dos, all summaries, mind map and "
            "chapters of Chinese with speakers told apart; the other agents have three items each.",
            "What the console would have is up to its owner.",
        ),
        (
            "parameters-merge",
            "What a request gives wins over what its app has; what it does not give is the app's.",
            "Documented for empty parameters.",
        ),
        (
            "summary-form",
            "paragraphSummary always has its two parts; markdown has chapters with points below, "
            "default one row of points.",
            "The page shows one form, and two names for forms.",
        ),
        (
            "mind-map-format",
            "Without mindMapFormat leaves have beginTime.",
            "The page's example has them.",
        ),
        (
            "prompt-without-placeholder",
            "A customPromptContent without {Transcription} makes no result.",
            "Documented for realtime meetings, taken over for recordings.",
        ),
        (
            "phrase-lists",
            "phraseId names a list made with Tingwu's calls; an unknown one changes nothing.",
            "DashScope makes lists in its console only.",
        ),
        (
            "text-times",
            "A text that was written down is said at the usual pace, with half a second between "
            "lines; its transcription has these times.",
            "No page shows what becomes of a text.",
        ),
        (
            "text-audio-info",
            "The transcription of a text or a stream has the duration alone in audioInfo.",
            "As Tingwu's of streams.",
        ),
        (
            "insights",
            "An item is matched when something that was said has to do with its title or content.",
            "In the cloud a language model decides.",
        ),
        (
            "profile",
            "Classes and scores of customers are counted from what was mentioned.",
            "In the cloud a language model decides; only the form is documented.",
        ),
        (
            "key-order",
            "Members stand in the order of the alphabet in outputs and files.",
            "All examples are so, no text says it.",
        ),
        (
            "expired-key",
            "A temporary key that has expired is refused in open mode as well.",
            "It was made to expire; a test of that should need no other setting.",
        ),
        (
            "expire-range",
            "expire_in_seconds outside of 1 to 1800 answers 400 InvalidParameter.",
            "The range is documented, the answer is not.",
        ),
        (
            "callback-200",
            "A callback is delivered by 200 alone, within 5 s.",
            "200 is documented; how long an answer may take is Tingwu's.",
        ),
        (
            "callback-steps",
            "A meeting tells of each result, the other agents of the transcription and the end.",
            "As the two pages have it.",
        ),
        (
            "eventbridge",
            "With callback_form eventbridge the body is a CloudEvent around the output.",
            "Its source, types and data are documented, the rest is how EventBridge delivers.",
        ),
    ),
    *within(
        "inference",
        (
            "task-finished",
            "task-finished follows speech-end.",
            "No page has it for these agents; the Java SDK waits for it.",
        ),
        (
            "failures",
            "What no agent sees (JSON, model, input) fails in the header, all else in the output; "
            "then the connection is closed with 1000.",
            "Both forms are read by SDKs; the page has the one in the output and no close code.",
        ),
        (
            "idle",
            "After 10 s (industrial: 15 s) without a frame the connection is closed with 1000, "
            "without an event.",
            "Documented is that it is closed.",
        ),
        (
            "early-audio",
            "Audio before speech-listen is kept, and noted as a violation.",
            "The v2 SDK's own sample does not wait.",
        ),
        (
            "task-ids",
            "A task_id of up to 256 characters is taken, and noted as a violation when it has not "
            "16.",
            "Documented are 16; every SDK sends 32 or 36.",
        ),
        (
            "directives",
            "start and stop count in any case, and a finish-task without a directive is one.",
            "The Java SDK sends Stop, or nothing.",
        ),
        (
            "interim",
            "Interim results are always sent, and translated.",
            "There is no level to ask for them.",
        ),
        (
            "several-tasks",
            "A connection runs one task after another; the industrial agent wants a new one each.",
            "The latter is documented.",
        ),
        (
            "correction",
            "ai-result has what was heard, each sentence as the instruction that it is most like.",
            "In the cloud a model decides.",
        ),
        (
            "bad-key",
            "A wrong key is refused at the handshake: 401 with the JSON of HTTP calls.",
            "Expected by SDKs, documented in general.",
        ),
    ),
)
