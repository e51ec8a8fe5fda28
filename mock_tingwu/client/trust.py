"""Which servers are trusted, and how it is told that one is not.

Calls, files and streams trust the same authorities: those of SSL_CERT_FILE or SSL_CERT_DIR where
the environment has one of them, else Mozilla's, which come with httpx. There is no way around it.
"""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from pathlib import Path
from typing import Final

import httpx

FILE: Final = "SSL_CERT_FILE"
FOLDER: Final = "SSL_CERT_DIR"
#: OpenSSL's numbers for "nobody whom we know has signed this".
_UNKNOWN_AUTHORITY: Final = frozenset({18, 19, 20, 21})


def trusted() -> ssl.SSLContext:
    """What a server's certificate has to stand up to.

    Raises:
        ValueError: the environment names a file without certificates, or a folder that is none.
    """
    return _context(os.environ.get(FILE) or None, os.environ.get(FOLDER) or None)


@lru_cache(maxsize=4)
def _context(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Kept, since it takes longer to make than a whole call."""
    try:
        context = httpx.create_ssl_context()
    except (OSError, ValueError):  # an SSLError is an OSError
        raise ValueError(f"{FILE} is {file!r}, expected a file of certificates in PEM") from None
    if not file and folder and not Path(folder).is_dir():
        raise ValueError(f"{FOLDER} is {folder!r}, expected a folder of certificates")
    return context


def distrust(error: BaseException) -> str | None:
    """Why a server's certificate was refused; None when it was not, and ``error`` is another."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    if cause is None:
        return None
    hint = ""
    if cause.verify_code in _UNKNOWN_AUTHORITY:
        hint = f" ({FILE} may name a file of certificates to trust)"
    return f"its certificate is not trusted: {cause.verify_message.rstrip('.')}{hint}"
