"""CreateRtcAsrTask: the values that its parameters take."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.captions import RESULT_TRANSLATED
from mock_tingwu.conformance.sources import ASSUMED, CORE_SDK, LIVE_CREATE, LIVE_SDK, POP_SDK

from ._live_tasks import CALLBACK, CREATE, LISTENS, SPEECH_S, rejected, taken

_LANGUAGE = LIVE_CREATE("Language")
_TARGET = LIVE_CREATE("TargetLanguages")
_INTERVAL = LIVE_CREATE("ReportInterval")
_DELAY = LIVE_CREATE("AutoTerminateDelay")

# Language

taken("LV-CREATE-019", "cn is a language", _LANGUAGE, shown={"language": "cn"}, Language="cn")
taken("LV-CREATE-020", "en is a language", _LANGUAGE, shown={"language": "en"}, Language="en")
taken("LV-CREATE-021", "ja is a language", _LANGUAGE, shown={"language": "ja"}, Language="ja")
taken("LV-CREATE-022", "yue is a language", _LANGUAGE, shown={"language": "yue"}, Language="yue")
taken(
    "LV-CREATE-023",
    "fspk, Chinese and English mixed, is a language",
    _LANGUAGE,
    shown={"language": "fspk"},
    Language="fspk",
)
rejected(
    "LV-CREATE-024",
    "a language that is not listed is refused",
    _LANGUAGE,
    level=SHOULD,
    Language="fr",
)

# Translation

taken(
    "LV-CREATE-025",
    "sentences may be translated into cn",
    _TARGET,
    Language="en",
    TranslateEnabled="true",
    TargetLanguages="cn",
)
taken(
    "LV-CREATE-026",
    "sentences may be translated into en",
    _TARGET,
    TranslateEnabled="true",
    TargetLanguages="en",
)
taken(
    "LV-CREATE-027",
    "sentences may be translated into ja",
    _TARGET,
    TranslateEnabled="true",
    TargetLanguages="ja",
)
rejected(
    "LV-CREATE-028",
    "a target language that is not listed is refused",
    _TARGET,
    level=SHOULD,
    TranslateEnabled="true",
    TargetLanguages="fr",
)
rejected(
    "LV-CREATE-029",
    "a list of target languages is refused",
    ASSUMED("whether TargetLanguages takes more than one"),
    level=INFO,
    TranslateEnabled="true",
    TargetLanguages="en,ja",
)
rejected(
    "LV-CREATE-030",
    "to translate without a target language is refused",
    ASSUMED("what TranslateEnabled does without TargetLanguages"),
    level=INFO,
    TranslateEnabled="true",
)


@case(
    "LV-CREATE-031",
    "a flag may be true in small letters",
    sends="CreateRtcAsrTask with TranslateEnabled=true, as @alicloud/pop-core writes it",
    expects="a ResultTranslated in a callback",
    level=MUST,
    source=POP_SDK("booleans"),
    operations=CREATE + CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def flag_in_small_letters(cloud: Cloud) -> None:
    captions = await cloud.live.caption(
        TranslateEnabled="true", TargetLanguages="en", ReportInterval="-1"
    )
    await captions.hear(1, RESULT_TRANSLATED)


@case(
    "LV-CREATE-032",
    "a flag may be True with a capital letter",
    sends="CreateRtcAsrTask with TranslateEnabled=True, as the SDKs for Python write it",
    expects="a ResultTranslated in a callback",
    level=MUST,
    source=LIVE_SDK("booleans"),
    operations=CREATE + CALLBACK,
    needs=LISTENS,
    time_limit=SPEECH_S,
)
async def flag_with_a_capital(cloud: Cloud) -> None:
    captions = await cloud.live.caption(
        TranslateEnabled="True", TargetLanguages="en", ReportInterval="-1"
    )
    await captions.hear(1, RESULT_TRANSLATED)


rejected(
    "LV-CREATE-033",
    "a flag that is neither true nor false is refused",
    ASSUMED("what is no Boolean"),
    level=INFO,
    TranslateEnabled="maybe",
    TargetLanguages="en",
)

# ReportInterval

taken(
    "LV-CREATE-034",
    "a ReportInterval of -1 is taken",
    _INTERVAL,
    shown={"reportInterval": "-1"},
    ReportInterval="-1",
)
taken(
    "LV-CREATE-035",
    "a ReportInterval of 0 is taken",
    _INTERVAL,
    shown={"reportInterval": "0"},
    ReportInterval="0",
)
taken(
    "LV-CREATE-036",
    "a ReportInterval of 500 ms is taken",
    _INTERVAL,
    shown={"reportInterval": "500"},
    ReportInterval="500",
)
rejected(
    "LV-CREATE-037",
    "a ReportInterval below -1 is refused",
    _INTERVAL,
    level=SHOULD,
    ReportInterval="-2",
)
rejected(
    "LV-CREATE-038",
    "a ReportInterval above 500 ms is refused",
    _INTERVAL,
    level=SHOULD,
    ReportInterval="501",
)
rejected(
    "LV-CREATE-039",
    "a ReportInterval that is no number is refused",
    _INTERVAL,
    level=SHOULD,
    ReportInterval="often",
)

# AutoTerminateDelay

taken(
    "LV-CREATE-040",
    "an AutoTerminateDelay of 1 s is taken",
    _DELAY,
    shown={"autoTerminateDelay": "1"},
    AutoTerminateEnabled="true",
    AutoTerminateDelay="1",
)
taken(
    "LV-CREATE-041",
    "an AutoTerminateDelay of 10 s is taken",
    _DELAY,
    shown={"autoTerminateDelay": "10"},
    AutoTerminateEnabled="true",
    AutoTerminateDelay="10",
)
rejected(
    "LV-CREATE-042",
    "an AutoTerminateDelay of 0 s is refused",
    _DELAY,
    level=SHOULD,
    AutoTerminateEnabled="true",
    AutoTerminateDelay="0",
)
rejected(
    "LV-CREATE-043",
    "an AutoTerminateDelay above 10 s is refused",
    _DELAY,
    level=SHOULD,
    AutoTerminateEnabled="true",
    AutoTerminateDelay="11",
)

# What changes nothing

taken(
    "LV-CREATE-044",
    "a RegionId is taken, which SDKs send by themselves",
    CORE_SDK("RegionId in every call"),
    RegionId="cn-shanghai",
)
taken(
    "LV-CREATE-045",
    "a parameter that nobody knows is ignored",
    ASSUMED("what unknown parameters do"),
    level=INFO,
    Colour="blue",
)
rejected(
    "LV-CREATE-046",
    "a CallbackURL that is no URL is refused",
    ASSUMED("how a CallbackURL is checked"),
    level=INFO,
    CallbackURL="captions",
)
