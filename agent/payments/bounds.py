"""What a terminal may put into the journal: so much and no more, whatever it sends.

The longest entry fits a line by far, so no terminal can stop the agent by talking.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from agent.journal.schema.entry import Cut, PrintsNotKept

# One print: both copies of a receipt with its conditions are 8 KiB, a terminal's whole service menu is 20.
MAX_PRINT_BYTES: Final = 24 * 1024
# One text of a result or of a terminal's state. Displays and hosts know some hundred characters.
MAX_TEXT_CHARACTERS: Final = 1024
# The rows of one result, such as the totals of each scheme.
MAX_ROWS: Final = 100
# Prints at rest, one terminal: four days' closes with all their copies. More is a fault or a flood, and
# a disk of a shop would be full of it in hours.
MAX_RESTING_PRINT_BYTES_PER_HOUR: Final = 256 * 1024
HOUR_S: Final = 3600.0

S = TypeVar("S", bound=msgspec.Struct)


def bounded_lines(lines: Sequence[str]) -> tuple[list[str], Cut | None]:
    """The lines that are kept, the last of them cut, and what all of them were if these are not all."""
    kept: list[str] = []
    room = MAX_PRINT_BYTES
    for printed in lines:
        line = _writable(printed)
        size = len(msgspec.json.encode(line)) + 1  # a comma
        if size > room:
            kept.append(_first(line, room))
            whole = "\n".join(lines).encode("utf-8", "surrogatepass")
            return kept, Cut(len(lines), len(whole), hashlib.sha256(whole).hexdigest())
        kept.append(line)
        room -= size
    return kept, None


def bounded(body: S) -> S:
    """The same entry with its texts and lists cut to their limits. What cannot be written becomes `?`."""
    changed = {
        name: small
        for name in body.__struct_fields__
        if (small := _bounded(value := getattr(body, name))) is not value
    }
    return msgspec.structs.replace(body, **changed) if changed else body


def _bounded(value: object) -> object:
    if isinstance(value, str):
        text = _writable(value)
        return text if len(text) <= MAX_TEXT_CHARACTERS else _cut_text(text)
    if isinstance(value, list):
        return value if len(value) <= MAX_ROWS else value[:MAX_ROWS]
    return value


def _cut_text(text: str) -> str:
    """The first part of a text, its length in characters, and the SHA-256 of all of it."""
    mark = f"...[{len(text)} {hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}]"
    return text[: MAX_TEXT_CHARACTERS - len(mark)] + mark


def _writable(text: str) -> str:
    """The same text; half a character, which UTF-8 cannot spell, becomes `?`."""
    return text if text.isprintable() else text.encode("utf-8", "replace").decode("utf-8")


def _first(line: str, room: int) -> str:
    """As much of it as has room: a character takes six bytes at most."""
    return line[: max(0, room // 6 - 1)]


class RestingPrints:
    """How much one terminal has printed at rest in the running hour of the monotonic clock."""

    def __init__(self) -> None:
        self._until_s = 0.0
        self._kept_bytes = 0
        self._dropped = (0, 0)

    def admits(self, size: int, now_s: float) -> bool:
        """Whether a print of `size` bytes is kept; if not, it is counted."""
        if now_s >= self._until_s:
            self._until_s, self._kept_bytes = now_s + HOUR_S, 0
        if self._kept_bytes + size > MAX_RESTING_PRINT_BYTES_PER_HOUR:
            prints, counted = self._dropped
            self._dropped = (prints + 1, counted + size)
            return False
        self._kept_bytes += size
        return True

    def counted(self, terminal: str) -> list[PrintsNotKept]:
        """The entry that says what was only counted since the last one; none if nothing was."""
        (prints, size), self._dropped = self._dropped, (0, 0)
        return [PrintsNotKept(terminal=terminal, prints=prints, size=size)] if prints else []
