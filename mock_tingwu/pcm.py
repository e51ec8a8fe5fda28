"""audioop: Python 3.11 and 3.12 warn of it, and later ones have it from audioop-lts."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

__all__ = ["audioop"]
