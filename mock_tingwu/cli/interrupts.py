"""What Ctrl-C comes as. A module of its own, since only what runs needs asyncio."""

from __future__ import annotations

import asyncio
from typing import Final

#: The first one cancels, another one may come anywhere.
INTERRUPTS: Final = (asyncio.CancelledError, KeyboardInterrupt)
