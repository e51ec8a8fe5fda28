"""Mutants that take more or less of what the caller asks a language model for."""

from __future__ import annotations

from collections.abc import Callable

from mock_tingwu.conformance.mutants import Body

from ._fields import field_mutant, filled, refused


def _longer_than(name: str, length: int) -> Callable[[Body], object]:
    return lambda part: len(part.get(name, ())) > length


def _cut_to(name: str, length: int) -> Callable[[Body], object]:
    return lambda part: part.update({name: part[name][:length]}) if name in part else None


field_mutant(
    "inspections_of_ten_items",
    "an inspection has at most ten items",
    lambda: refused("ServiceInspection", _longer_than("InspectionContents", 10)),
    "TW-CREATE-073",
)
field_mutant(
    "inspections_of_any_length",
    "an inspection of more than 100 items loses the last",
    lambda: filled("ServiceInspection", _cut_to("InspectionContents", 100)),
    "TW-CREATE-077",
)


def _complete_inspection(part: Body) -> None:
    part.setdefault("SceneIntroduction", "")
    part.setdefault("InspectionIntroduction", "")
    part.setdefault("InspectionContents", [{"Title": "礼貌"}])


field_mutant(
    "inspections_are_completed",
    "an inspection may lack any of its texts",
    lambda: filled("ServiceInspection", _complete_inspection),
    "TW-CREATE-074",
    "TW-CREATE-075",
    "TW-CREATE-076",
)
field_mutant(
    "one_prompt_alone",
    "a meeting has one prompt at most",
    lambda: refused("CustomPrompt", _longer_than("Contents", 1)),
    "TW-CREATE-078",
)
field_mutant(
    "prompts_of_any_number",
    "a fourth prompt is left out",
    lambda: filled("CustomPrompt", _cut_to("Contents", 3)),
    "TW-CREATE-079",
)


def _named(part: Body) -> None:
    for number, prompt in enumerate(part["Contents"], 1):
        prompt.setdefault("Name", f"prompt {number}")


def _asked(part: Body) -> None:
    for prompt in part["Contents"]:
        if "{Transcription}" not in prompt.get("Prompt", ""):
            prompt["Prompt"] = prompt.get("Prompt", "") + "{Transcription}"


field_mutant(
    "prompts_are_named",
    "a prompt without Name gets one",
    lambda: filled("CustomPrompt", _named),
    "TW-CREATE-080",
)
field_mutant(
    "prompts_are_completed",
    "the transcript stands behind a prompt that does not say where",
    lambda: filled("CustomPrompt", _asked),
    "TW-CREATE-081",
    "TW-CREATE-082",
)
field_mutant(
    "turbo_alone",
    "prompts are for tingwu-turbo alone",
    lambda: refused(
        "CustomPrompt",
        lambda part: any(
            one.get("Model", "tingwu-turbo") != "tingwu-turbo" for one in part["Contents"]
        ),
    ),
    "TW-CREATE-083",
    "TW-CREATE-084",
)
field_mutant(
    "extractions_of_ten",
    "at most ten contents are extracted",
    lambda: refused("ContentExtraction", _longer_than("ExtractionContents", 10)),
    "TW-CREATE-085",
)
field_mutant(
    "extractions_of_any_length",
    "contents beyond 100 are left out",
    lambda: filled("ContentExtraction", _cut_to("ExtractionContents", 100)),
    "TW-CREATE-086",
)
field_mutant(
    "two_identities",
    "at most two identities are looked for",
    lambda: refused("IdentityRecognition", _longer_than("IdentityContents", 2)),
    "TW-CREATE-087",
)
field_mutant(
    "identities_of_any_number",
    "a sixth identity is left out",
    lambda: filled("IdentityRecognition", _cut_to("IdentityContents", 5)),
    "TW-CREATE-088",
)
