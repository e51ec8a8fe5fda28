"""The conformance kit: one catalogue of cases, run against a mock or the live cloud.

A case (`catalogue`) says what is sent, what has to come back and which document says so. It gets a
`Cloud` (`cloud`), which is the target seen from outside: signed calls, streams, a place where the
target finds recordings and sends callbacks. A bench (`benches`) has a target of each kind ready;
the runner (`runner`) runs cases on it and comes to a verdict for each; `reports` writes them down.

Nothing here knows the mock's inside. The cases are in the folder ``conformance/`` of a checkout and
in this package when it is installed.
"""

from __future__ import annotations

from mock_tingwu.conformance.catalogue import INFO, MAY, MUST, SHOULD, Case, Catalogue, case, load
from mock_tingwu.conformance.checks import Checks, Deviation
from mock_tingwu.conformance.cloud import Cloud
from mock_tingwu.conformance.needs import Need
from mock_tingwu.resources import catalogue_folder

__all__ = [
    "INFO",
    "MAY",
    "MUST",
    "SHOULD",
    "Case",
    "Catalogue",
    "Checks",
    "Cloud",
    "Deviation",
    "Need",
    "case",
    "load",
]

#: In a checkout the cases are not below this package: ``mock_tingwu.conformance.cases`` is found
#: there all the same.
if (_CATALOGUE := str(catalogue_folder())) not in __path__:
    __path__.append(_CATALOGUE)
