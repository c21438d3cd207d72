"""What is kept of bytes that a driver does not know.

Nobody can say that unknown bytes hold no card number. So only their place, their length and their first
bytes leave the driver: enough for support to see what a terminal sends, too little for a number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# As many digits as a truncated card number may show at its front.
MAX_FIRST_BYTES: Final = 3
# The pieces of one message in the journal. Terminals of the field send one or two.
MAX_UNKNOWN_PIECES: Final = 8


@dataclass(frozen=True, slots=True)
class UnknownBytes:
    """One unknown piece of a message, `length` bytes long.

    `offset` counts from the first byte behind the message's head, if the protocol has places. `tag` is the
    piece's own name, if it has one. `first` is hex, at most three bytes, and may be empty.
    Raises ValueError for more.
    """

    length: int
    offset: int | None = None
    tag: str = ""
    first: str = ""

    def __post_init__(self) -> None:
        if len(self.first) > 2 * MAX_FIRST_BYTES:
            raise ValueError("too many bytes")


def unknown_piece(
    piece: memoryview, offset: int | None = None, tag: str = "", *, show: bool = True
) -> UnknownBytes:
    """The note of one piece. `show`: whether its first bytes may be kept."""
    first = piece[:MAX_FIRST_BYTES].hex() if show else ""
    return UnknownBytes(len(piece), offset, tag, first)


def bounded(pieces: Iterable[UnknownBytes]) -> tuple[UnknownBytes, ...]:
    """The pieces of one message; the last one kept stands for all that came behind it."""
    known = tuple(pieces)
    if len(known) <= MAX_UNKNOWN_PIECES:
        return known
    kept, rest = known[: MAX_UNKNOWN_PIECES - 1], known[MAX_UNKNOWN_PIECES - 1 :]
    return (*kept, UnknownBytes(total_bytes(rest), rest[0].offset))


def total_bytes(pieces: Iterable[UnknownBytes]) -> int:
    """How many bytes of a message were unknown."""
    return sum(piece.length for piece in pieces)
