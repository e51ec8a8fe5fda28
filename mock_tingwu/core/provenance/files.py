"""What is assumed of result files and the links to them."""

from __future__ import annotations

from typing import Final

from mock_tingwu.core.provenance.assumption import Assumption, within

ASSUMPTIONS: Final[tuple[Assumption, ...]] = (
    *within(
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
            "identities",
            "A speaker has the identity whose Name, or else Description, shares most with the "
            "role in the script; one who fits none gets one that is left over, or the last. "
            "Without diarization the identity that is heard most goes to speaker 1.",
            "That there is one speaker then is documented; a model chooses the identity.",
        ),
        (
            "evidence",
            "Inspections, extractions and remarks of a prompt quote sentences that share a word "
            "with the item: function words never count, words said seldom count most.",
            "A model decides in the cloud.",
        ),
        (
            "headlines",
            "A chapter that is not heard to its last point has the script's headline if all that "
            "it names was spoken of, else that of its first point, else words that were said.",
            "The cloud's headlines are a model's.",
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
    *within(
        "files",
        (
            "wrong-link",
            "A link that has not all parts of a signature answers 403 AccessDenied.",
            "OSS documents the codes of a wrong signature and of an expired one only.",
        ),
        (
            "name-time",
            "The time in a file's name is when the result was ready, in Beijing.",
            "Observed names fit it.",
        ),
    ),
)
