"""Keys of the cloud, found where the vendor's own SDKs look for them.

An access key is looked for in the environment first, then in the file of `CREDENTIALS_FILES`. Roles
that have to be assumed over the network are not supported: have the key of one in the environment.
No key appears in a ``repr`` or in an error message.
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ID: Final = "ALIBABA_CLOUD_ACCESS_KEY_ID"
SECRET: Final = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
TOKEN: Final = "ALIBABA_CLOUD_SECURITY_TOKEN"
FILE: Final = "ALIBABA_CLOUD_CREDENTIALS_FILE"
PROFILE: Final = "ALIBABA_CLOUD_PROFILE"
#: In the home folder, where FILE names none: the first is that of the SDKs for Go and Node, the
#: second that of Python and Java.
CREDENTIALS_FILES: Final = (".alibabacloud/credentials", ".alibabacloud/credentials.ini")
#: What a profile of each type has.
_FIELDS: Final = {
    "access_key": ("access_key_id", "access_key_secret"),
    "sts": ("access_key_id", "access_key_secret", "security_token"),
}


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key pair; a temporary one has a ``security_token``."""

    id: str
    secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)


def find_access_key(environ: Mapping[str, str]) -> AccessKey:
    """The access key of the environment, or of the credentials file in it or in the home folder.

    A variable that is empty counts as not set.

    Raises:
        ValueError: there is none, or what there is cannot be used; the message says what to do.
    """
    key_id, secret = environ.get(ID, ""), environ.get(SECRET, "")
    if key_id and secret:
        return AccessKey(key_id, secret, environ.get(TOKEN) or None)
    if key_id or secret:
        there, absent = (ID, SECRET) if key_id else (SECRET, ID)
        raise ValueError(f"{there} is set and {absent} is not: set both")
    profile = environ.get(PROFILE) or "default"
    if environ.get(FILE):
        path = Path(environ[FILE])
        if not path.is_file():
            raise ValueError(f"{FILE} is {environ[FILE]!r}, expected a file")
        return _read(path, profile)
    home = Path(environ.get("HOME") or Path.home())
    for name in CREDENTIALS_FILES:
        path = home / name
        if path.is_file():
            return _read(path, profile)
    raise ValueError(
        f"there is no access key: set {ID} and {SECRET}, or have a profile in "
        f"~/{CREDENTIALS_FILES[0]}"
    )


def _read(path: Path, profile: str) -> AccessKey:
    """The key of a profile in an ini file, as the vendor's credentials library reads it."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text("utf-8-sig"))
    except (configparser.Error, UnicodeDecodeError):
        # Whatever these say shows lines of the file.
        raise ValueError(f"{path} is no ini file in UTF-8") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    if not parser.has_section(profile):
        known = ", ".join(parser.sections()) or "none at all"
        raise ValueError(f"{path} has no profile {profile!r}, but {known}")
    # The library takes everything behind a # for a comment.
    values = {name: value.partition("#")[0].strip() for name, value in parser.items(profile)}
    kind = values.get("type", "")
    if kind not in _FIELDS:
        raise ValueError(
            f"the type of the profile {profile!r} in {path} is {kind!r}, expected access_key or sts"
        )
    for name in _FIELDS[kind]:
        if not values.get(name):
            raise ValueError(f"the profile {profile!r} in {path} has no {name}")
    return AccessKey(*(values[name] for name in _FIELDS[kind]))
