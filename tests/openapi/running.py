"""Runs Schemathesis with one of our documents, as anybody would from a command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mock_tingwu import api_documents

ROOT: Final = Path(__file__).parents[2]
#: A larger run: so many examples for each operation, and all phases. See .ci/run.
EXAMPLES: Final = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "0"))
#: Another number, other examples.
SEED: Final = os.environ.get("SCHEMATHESIS_SEED", "1")
#: A run that takes longer is stuck.
LONGEST_S: Final = 240 + 10 * EXAMPLES

#: Checks that hold nowhere here: ours say the same and know what is declared to be lenient, or to
#: be refused although it fits.
_REPLACED: Final = ("negative_data_rejection", "positive_data_acceptance")
#: The gateways answer a method that there is not as an unknown API, 404, and not 405
#: (tingwu-openapi 3.2).
OF_A_GATEWAY: Final = ("unsupported_method", "allow_header_conformance")
#: In open mode any signature will do; what is checked in the other has tests of its own.
OF_OPEN_MODE: Final = ("ignored_auth",)


@dataclass(frozen=True)
class Outcome:
    """How a run ended: 0 without, 1 with failures; and what it has printed."""

    code: int
    output: str


def run(
    name: str,
    url: str,
    folder: Path,
    *arguments: str,
    fuzzing: int,
    stateful: int,
    without: Collection[str] = (),
) -> Outcome:
    """Drive the server at ``url`` with the document ``name``; ``folder`` takes what is written.

    ``fuzzing`` and ``stateful`` are the numbers of examples and of scenarios where no larger run is
    asked for, ``without`` names checks that are left out.
    """
    document, config = folder / "openapi.json", folder / "schemathesis.toml"
    document.write_text(json.dumps(api_documents.bundle(name)), encoding="utf-8")
    config.write_text(_config(fuzzing, stateful), encoding="utf-8")
    schemathesis = Path(sys.executable).with_name("schemathesis")
    command = [
        *(str(schemathesis), "--config-file", str(config), "run", str(document), "--url", url),
        *("--exclude-checks", ",".join((*_REPLACED, *without)), "--no-color"),
        *(("--seed", SEED) if EXAMPLES else ("--generation-deterministic",)),
        *arguments,
    ]
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "tests.openapi.hooks",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=LONGEST_S,
        check=False,
    )
    return Outcome(done.returncode, done.stdout + done.stderr)


def _config(fuzzing: int, stateful: int) -> str:
    return "\n".join(
        [
            "[phases.coverage]",
            f"enabled = {'true' if EXAMPLES else 'false'}",
            "[phases.fuzzing.generation]",
            f"max-examples = {EXAMPLES or fuzzing}",
            "[phases.stateful.generation]",
            f"max-examples = {EXAMPLES or stateful}",
            "",
        ]
    )
