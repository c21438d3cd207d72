"""What the verifier found last, in a folder of its own: the verifier writes it, the agent reads it."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

# The public key of the journal: the agent leaves it in the journal's folder for whoever has no key.
VKEY_FILE: Final = "journal.vkey"
RESULT: Final = "verified.json"
WHOLE: Final = "ok"
MAX_RESULT_BYTES: Final = 4096
_FILE_MODE: Final = 0o644
_FOLDER_MODE: Final = 0o755


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the whole journal. `result` is `ok` or the kind of the damage, `root` in hex."""

    origin: str
    at: datetime
    entries: int
    root: str
    result: str = WHOLE
    cosigned: int | None = None


def keep_verified(folder: Path, verified: Verified) -> None:
    """Replace the last result, durably; the folder is made if it is missing. Raises `OSError`."""
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(_FOLDER_MODE)
    temporary = folder / f".{RESULT}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, _FILE_MODE)  # another user reads it, whatever the verifier's mask is
        file.write(msgspec.json.encode(verified) + b"\n")
        file.flush()
        os.fsync(descriptor)
    temporary.rename(folder / RESULT)


def read_verified(folder: Path) -> Verified | None:
    """The last result; None if there is none. Raises `OSError` and `ValueError` for what cannot be read."""
    try:
        with (folder / RESULT).open("rb") as file:
            content = file.read(MAX_RESULT_BYTES + 1)
    except FileNotFoundError:
        return None
    return msgspec.json.decode(content, type=Verified)
