"""What is assumed of the calls of the OpenAPI and of the gateway in front of them."""

from __future__ import annotations

from typing import Final

from mock_tingwu.core.provenance.assumption import Assumption, within

ASSUMPTIONS: Final[tuple[Assumption, ...]] = (
    *within(
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
            "named-contents",
            "ServiceInspection, CustomPrompt, ContentExtraction and IdentityRecognition that are "
            "enabled need a list of contents that have names.",
            "Documented for the first two; nothing could be made of the others without.",
        ),
        (
            "models",
            "Only the documented names of models are taken.",
            "A slip of the pen should show in a test; what the cloud says to one is not known.",
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
    *within(
        "gateway",
        (
            "order",
            "Of several problems of a signature the first is told: Authorization, signature "
            "method, key, token, time stamp, body digest, signature, nonce, version. Then come "
            "problems of the body, but its size is told before all else.",
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
            "signed-headers-twice",
            "A header that SignedHeaders names twice answers IncompleteSignature.",
            "No SDK sends such a list, no source says what it means.",
        ),
        (
            "date-form",
            "A Date without its weekday, with a wrong one, or in a zone that is neither GMT nor an "
            "offset answers InvalidTimeStamp.Format.",
            "RFC 2616 is documented; what the cloud takes beyond it is not.",
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
            "no-http",
            "What is no HTTP, or has more than 64 KiB before its body, answers 400 in JSON: "
            "UnsupportedHTTPMethod for its method, else InvalidParameter.Format.",
            "No source; clients of the API expect JSON of every error.",
        ),
        (
            "accept",
            "Accept that admits JSON, as */* does, gets JSON; all else, and none, gets XML. "
            "The range that names JSON most exactly decides.",
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
    *within(
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
)
