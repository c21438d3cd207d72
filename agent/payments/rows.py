"""A checksum for each stored row: a few bytes a payment, in the snapshot that the journal vouches for.

Anyone with write access can edit the file of rows. So each row is compared with its hash here when
it is read. A payment id without a row is looked up here too. The table is part of the snapshot,
and the journal has the snapshot's digest.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left

_HASH_BYTES = 8
_WIDTH = 3 * _HASH_BYTES

# Among raw hashes some would look like card numbers, packed or not. In these letters none can: each
# has a half that is no decimal digit.
_HEX, _LETTERS = b"0123456789abcdef", b"JKLMNOZjklmnoz*+"
_TO_LETTERS = bytes.maketrans(_HEX, _LETTERS)
_FROM_LETTERS = bytes.maketrans(_LETTERS, _HEX)


class RowChecks:
    """Entry index, hash of the id and hash of the row, in the order in which payments were opened."""

    def __init__(self, letters: bytes = b"") -> None:
        raw = bytes.fromhex(letters.translate(_FROM_LETTERS).decode("ascii"))
        if len(raw) % _WIDTH:
            raise ValueError("another width")
        third = len(raw) // 3
        self._opened = array("Q")
        self._opened.frombytes(raw[:third])
        self._ids = bytearray(raw[third : 2 * third])
        self._rows = bytearray(raw[2 * third :])

    def __len__(self) -> int:
        return len(self._opened)

    def to_bytes(self) -> bytes:
        """The table in letters. Its numbers are in the byte order of this host: another makes its own."""
        raw = self._opened.tobytes() + self._ids + self._rows
        return raw.hex().encode().translate(_TO_LETTERS)

    def with_rows(self, rows: list[tuple[str, int, bytes]]) -> RowChecks:
        """The table with these rows (id, opened, record) added."""
        copy = RowChecks(self.to_bytes())
        for payment_id, opened, record in sorted(rows, key=lambda row: row[1]):
            copy._put(payment_id, opened, record)
        return copy

    def fits(self, payment_id: str, opened: int, record: bytes) -> bool:
        """Whether a row is the one that was stored."""
        place = self._place(opened)
        at = slice(place * _HASH_BYTES, (place + 1) * _HASH_BYTES)
        known = place < len(self._opened) and self._opened[place] == opened
        return known and self._ids[at] == _hash(payment_id.encode()) and self._rows[at] == _hash(record)

    def knows(self, payment_id: str) -> bool:
        """Whether a row of this payment id must be there."""
        wanted = _hash(payment_id.encode())
        at = self._ids.find(wanted)
        while at >= 0 and at % _HASH_BYTES:
            at = self._ids.find(wanted, at + 1)
        return at >= 0

    def newest(self, count: int) -> list[int]:
        """The entry indexes of the newest payments that have a row, newest first."""
        return self._opened[: -count - 1 : -1].tolist() if count > 0 else []

    def _place(self, opened: int) -> int:
        return bisect_left(self._opened, opened)

    def _put(self, payment_id: str, opened: int, record: bytes) -> None:
        place = self._place(opened)
        at = place * _HASH_BYTES
        end = at + _HASH_BYTES if place < len(self._opened) and self._opened[place] == opened else at
        if end == at:
            self._opened.insert(place, opened)
        self._ids[at:end] = _hash(payment_id.encode())
        self._rows[at:end] = _hash(record)


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()[:_HASH_BYTES]
