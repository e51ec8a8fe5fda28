"""Python imports this at its start, as it is first on PYTHONPATH; then the one that it would have
imported without us."""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path

import mock_tingwu_redirect  # type: ignore[import-not-found]

mock_tingwu_redirect.activate()

_here = Path(__file__).resolve().parent
_others = [path for path in sys.path if Path(path).resolve() != _here]
_spec = importlib.machinery.PathFinder.find_spec("sitecustomize", _others)
if _spec is not None and _spec.loader is not None:
    _module = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(_module)
