"""What a case cannot do without, and how whoever runs it provides that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Final


def app_variable(agent: str) -> str:
    """Where the appId of a sister agent of the meeting is: ``service-insights`` is one's name."""
    return f"DASHSCOPE_APP_ID_{agent.upper().replace('-', '_')}"


def _app(agent: str) -> tuple[str, str]:
    return agent, f"the appId of an application of tingwu-{agent}: {app_variable(agent)}"


class Need(Enum):
    """A prerequisite: ``label`` is its name in ``--select``, ``advice`` how it is provided.

    Where ``only_on_mock``, no setting of the live cloud can provide it: the case is left out there,
    and the report says so. Everything else that is missing is a failure, never a silent skip.
    """

    TINGWU = ("tingwu", "an access key and an AppKey: ALIBABA_CLOUD_ACCESS_KEY_ID, TINGWU_APP_KEY")
    DASHSCOPE = ("dashscope", "an API key and an appId: DASHSCOPE_API_KEY, DASHSCOPE_APP_ID")
    SERVICE_INSIGHTS = _app("service-insights")
    AUTOMOTIVE_SERVICE_INSIGHTS = _app("automotive-service-insights")
    AUTOMOTIVE_SERVICE_INSPECTION = _app("automotive-service-inspection")
    AUTOMOTIVE_CUSTOMER_PROFILE = _app("automotive-customer-profile")
    INDUSTRIAL_INSTRUCTION = _app("industrial-instruction")
    LIVE = ("live", "an access key whose account has ApsaraVideo Live")
    OUTSIDE = ("outside", "an address at which the target reaches this machine: --public-url")
    CALLBACK = (
        "callback",
        "the callback address of the project is --public-url with /callback behind it: "
        "--callbacks-set",
    )
    STREAM = ("stream", "a live stream that is on: --stream-url")
    SECOND_STREAM = (
        "second-stream",
        "another live stream that is on at the same time: --second-stream-url",
    )
    TEMPORARY_KEY = ("temporary-key", "a temporary access key: ALIBABA_CLOUD_SECURITY_TOKEN")
    CLOCK = ("clock", "a clock that can be advanced", True)
    SETTINGS = ("settings", "a target that is set up for the case", True)

    def __init__(self, label: str, advice: str, only_on_mock: bool = False) -> None:
        self.label = label
        self.advice = advice
        self.only_on_mock = only_on_mock

    def __str__(self) -> str:
        return self.label


#: The sister agents by their models. No document says that an application of one of them, or of
#: the meeting, is one of the others too.
SISTERS: Final[Mapping[str, Need]] = {
    f"tingwu-{need.label}": need
    for need in (
        Need.SERVICE_INSIGHTS,
        Need.AUTOMOTIVE_SERVICE_INSIGHTS,
        Need.AUTOMOTIVE_SERVICE_INSPECTION,
        Need.AUTOMOTIVE_CUSTOMER_PROFILE,
        Need.INDUSTRIAL_INSTRUCTION,
    )
}


def missing(needs: Collection[Need], offers: Collection[Need]) -> tuple[Need, ...]:
    """What is not there of what is needed: of it, those that only a mock can provide, if any."""
    found = tuple(need for need in needs if need not in offers)
    return tuple(need for need in found if need.only_on_mock) or found


def lacking(needs: Collection[Need], offers: Collection[Need]) -> tuple[bool, str]:
    """What is missing, as advice; empty if nothing is. True: only a mock can provide it."""
    found = missing(needs, offers)
    of_mocks = any(need.only_on_mock for need in found)
    return of_mocks, "; ".join(need.advice for need in found)
