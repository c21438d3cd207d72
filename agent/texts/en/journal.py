"""What the journal's entries say."""

from __future__ import annotations

from typing import Final

JOURNAL: Final[dict[str, str | tuple[str, str]]] = {
    "journal.newer": (
        "The journal was written by a newer version of Tillgate (entry {index} in {file}). It is whole. "
        "This version takes no payment, and has written nothing. Start the newer version again."
    ),
    "journal.entry_of_newer_version": "written by a newer version of Tillgate; its line is whole",
}
