"""Who may call the gateway: signatures, nonces, flow control, AppKeys, faults."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from mock_tingwu.core.clock import as_datetime
from mock_tingwu.core.faults import PATTERNS, ApiFault, ReturnCode, Subject, ThrottleFault
from mock_tingwu.core.journal import Entry
from mock_tingwu.core.scope import Scope
from mock_tingwu.core.throttle import Throttle
from mock_tingwu.counting import counted
from mock_tingwu.protocols import signing
from mock_tingwu.protocols.signing.explained import Explained
from mock_tingwu.protocols.signing.nonces import Nonces
from mock_tingwu.services.api_errors import (
    ApiFailure,
    denied,
    failure,
    invalid,
    missing,
    throttled,
)
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.world import World
from mock_tingwu.settings import Settings

if TYPE_CHECKING:
    from mock_tingwu.protocols.signing.explain import Explanation

_encode = msgspec.json.Encoder().encode

#: What a signature's problem is answered with. A mismatch shows the server's string to sign.
_CODES: Final = {
    "missing": "MissingAccessKeyId",
    "malformed": "IncompleteSignature",
    "signature_method": "InvalidSignatureMethod",
    "inactive_key": "InvalidAccessKeyId.Inactive",
    "unknown_key": "InvalidAccessKeyId.NotFound",
    "token_missing": "MissingSecurityToken",
    "token_malformed": "InvalidSecurityToken.Malformed",
    "token_mismatch": "InvalidSecurityToken.MismatchWithAccessKey",
    "timestamp_format": "InvalidTimeStamp.Format",
    "timestamp_expired": "InvalidTimeStamp.Expired",
    "body_digest": "SignatureDoesNotMatch",
    "mismatch": "SignatureDoesNotMatch",
    "nonce_used": "SignatureNonceUsed",
}
_PERMISSIONS: Final = ("NoPermission", "Forbidden.RAM")


class Product(Struct, frozen=True):
    """A cloud product behind the gateway: its name there, its host, and its API version."""

    name: str
    host: str
    version: str


class _Memory(Struct):
    """What is remembered of the callers of one scope."""

    nonces: Nonces = field(default_factory=Nonces)
    throttle: Throttle = field(default_factory=Throttle)
    explained: Explained = field(default_factory=Explained)


class Gatekeeper:
    """Judges the calls of one service."""

    def __init__(
        self,
        world: World,
        service: str,
        product: Product,
        verify: Callable[..., signing.Verdict] = signing.verify,
    ) -> None:
        settings = world.settings
        self._world = world
        self._service = service
        self._product = product
        self._verify = verify
        self._strict = settings.auth == "verify"
        self._keys = signing.KeyRing(
            settings.access_keys,
            settings.disabled_access_keys,
            settings.security_tokens,
            settings.api_keys or None,
        )
        # A reset makes a new scope; what was remembered goes with the old one.
        self._memories: WeakKeyDictionary[Scope, _Memory] = WeakKeyDictionary()

    def judge(
        self,
        request: signing.SignedRequest,
        operation: str,
        app_key: str | None,
        task_id: str | None,
        *,
        body_read: bool = True,
    ) -> tuple[Realm, signing.Verdict]:
        """Find the scope that a request belongs to, check the signature, and that its nonce is new.

        Without the body nothing can be said: the problem is `not_checked` then.
        """
        if not body_read:
            scope = self._world.scope_for(task_id=task_id)
            return scope, signing.Verdict("unknown", False, problem="not_checked")
        now = as_datetime(self._world.real_now())
        verdict = self._checked(request, now)
        scope = self._world.scope_for(app_key, verdict.access_key, task_id=task_id)
        if scope.faults.touch_clocks and verdict.access_key:
            subject = Subject(self._service, operation, app_key=app_key)
            now += timedelta(milliseconds=scope.faults.skew(subject))
            verdict = self._checked(request, now)
        return scope, self._seen_before(scope, verdict, now)

    def _checked(self, request: signing.SignedRequest, now: datetime) -> signing.Verdict:
        return self._world.outside.judged(
            signing.Verdict, lambda: self._verify(request, self._keys, now=now)
        )

    def _seen_before(
        self, scope: Scope, verdict: signing.Verdict, now: datetime
    ) -> signing.Verdict:
        """The verdict, but not for a request that was sent before."""
        nonce = verdict.nonce if verdict.ok else None
        if nonce and verdict.access_key and verdict.client_time:
            nonces = self._memory(scope).nonces
            window = signing.clock_window(verdict.scheme)
            if not nonces.use(verdict.access_key, nonce, verdict.client_time, now, window):
                return replace(verdict, ok=False, problem="nonce_used")
        return verdict

    def report(
        self,
        scope: Realm,
        request_id: str,
        request: signing.SignedRequest,
        verdict: signing.Verdict,
        about: Entry,
    ) -> None:
        """Journal what is wrong with a signature, explained; ``about`` is the request's entry.

        In open mode, only who uses a configured key can have meant to sign right. A search costs
        time: of many requests like each other within seconds, the later ones are told in short.
        """
        if verdict.unsigned and verdict.ok:
            text = f"sent, but not in SignedHeaders: {', '.join(verdict.unsigned)}"
            scope.watch.signature("signed-headers", text, about, verdict.access_key, request_id)
        if verdict.ok or verdict.problem == "not_checked":
            return
        if not (self._strict or verdict.access_key in self._keys.secrets):
            return
        # Loaded with the first wrong signature: most servers never see one.
        from mock_tingwu.protocols.signing.explain import Explanation, explain, server_text

        now = as_datetime(self._world.real_now())
        explained = self._memory(scope).explained
        searched = verdict.problem in ("mismatch", "body_digest")
        seq = explained.lately(request, verdict, now) if searched else None
        if seq is None:
            found = self._world.outside.judged(
                Explanation, lambda: explain(request, self._keys.secrets, verdict, now=now)
            )
            found = _without(found, self._world.settings.secrets)
        else:
            again = (
                f"Not searched for: it is too much like the requests up to seq {seq}, all within "
                "seconds."
            )
            found = Explanation(server_text(verdict), causes=(again,))
            found = _without(found, self._world.settings.secrets)
        differs = found.differs_at
        entry = scope.journal.record(
            "signature",
            self._service,
            request_id=request_id,
            problem=verdict.problem,
            scheme=verdict.scheme,
            # Lists as JSON: the journal shows them as what they are, and masks what is secret.
            server=_encode(_lines(found.server)),
            client=None if found.client is None else _encode(_lines(found.client)),
            differs_at=None if differs is None else _encode(differs),
            causes=_encode(found.causes),
        )
        if searched and seq is None:
            explained.note(request, verdict, entry["seq"], now)
        who = verdict.access_key, verdict.problem
        scope.watch.signature("signature", " ".join(found.causes), entry, who, request_id)

    def admit(self, version: str | None, verdict: signing.Verdict) -> None:
        """Refuse who has no right to call. In open mode everybody has.

        ``version`` is the API's that the request names.

        Raises:
            ApiFailure: the signature is not right, or the version is missing or another's.
        """
        if not self._strict:
            return
        if verdict.problem is not None:
            code = _CODES[verdict.problem]
            if verdict.problem == "body_digest" and verdict.scheme == "acs":
                code = "ContentMD5NotMatched"
            raise self._failure(code, verdict)
        if verdict.scheme == "rpc" and not verdict.nonce:
            raise missing("SignatureNonce")
        if not version:
            raise missing("Version")
        if version != self._product.version:
            raise invalid("Version")

    def limit(self, scope: Realm, caller: str, api: str) -> None:
        """Count a call.

        Raises:
            ApiFailure: the caller has made too many within a second.
        """
        limit = scope.limits.of(api)
        wait = self._memory(scope).throttle.admit(caller, api, limit, scope.clock.steady())
        if wait:
            error = throttled(wait)
            error.detail = f"more than {counted(limit, 'call')} of {api} within a second"
            raise error

    def trip(self, scope: Scope, subject: Subject, verdict: signing.Verdict) -> ReturnCode | None:
        """Let a call go wrong if that was asked for; return what it is to answer instead.

        Raises:
            ApiFailure: it was.
        """
        fault = scope.faults.call_fault(subject)
        if isinstance(fault, ApiFault):
            raise self._failed_on_demand(scope, fault, subject, verdict)
        if isinstance(fault, ThrottleFault):
            raise throttled(fault.retry_after)
        return fault

    def _failed_on_demand(
        self, scope: Scope, fault: ApiFault, subject: Subject, verdict: signing.Verdict
    ) -> ApiFailure:
        if fault.code in PATTERNS:
            error = (missing if fault.code == "Missing" else invalid)(fault.parameter)
            error.message = fault.message or error.message
            return error
        if fault.code in _PERMISSIONS:
            action = f"{self._product.name}:{subject.operation}"
            account = scope.account_id
            return denied(fault.code, action=action, account=account, message=fault.message)
        if fault.code == "Throttling.User" and not fault.message:
            return throttled(1000)
        return self._failure(fault.code, verdict, fault.message)

    def _failure(self, code: str, verdict: signing.Verdict, message: str = "") -> ApiFailure:
        """A failure; SignatureDoesNotMatch shows what the server signs, if anything is signed."""
        if code == "SignatureDoesNotMatch" and not message:
            message = signing.mismatch_message(
                verdict if verdict.string_to_sign else replace(verdict, scheme="acs")
            )
        return failure(code, message=message)

    def _memory(self, scope: Scope) -> _Memory:
        memory = self._memories.get(scope)
        if memory is None:
            memory = self._memories[scope] = _Memory()
        return memory


def check_app_key(settings: Settings, app_key: str, access_key: str | None) -> None:
    """See whether a caller may use an AppKey; with no `app_keys` configured, everybody may.

    Raises:
        ApiFailure: BRK.InvalidAppKey for one that does not exist, BRK.InvalidTenant for one that
            belongs to another access key (tingwu-openapi 3.2).
    """
    if not settings.app_keys:
        return
    owner = settings.app_keys.get(app_key)
    if owner is None:
        raise failure("BRK.InvalidAppKey")
    if owner and access_key and owner != access_key:
        raise failure("BRK.InvalidTenant")


def _without(found: Explanation, secrets: Collection[str]) -> Explanation:
    """The explanation without secrets: whoever swaps id and secret signs one."""

    def hidden(text: str) -> str:
        return signing.without(text, secrets)

    differs = found.differs_at
    if differs is not None:
        differs = replace(differs, server=hidden(differs.server), client=hidden(differs.client))
    return replace(
        found,
        server=hidden(found.server),
        client=None if found.client is None else hidden(found.client),
        differs_at=differs,
        causes=tuple(map(hidden, found.causes)),
    )


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []
