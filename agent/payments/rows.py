"""What must stand in the stored rows, kept so that the journal vouches for it in a few bytes.

The state file can be edited by whoever may write to it. Each payment id belongs to one of a
fixed number of buckets. A bucket lies in the file and lists its ids with the hash of each row,
so it tells a changed row, a deleted row, and an id that was never there. Here, and in the
snapshot, stands the hash of each bucket. The journal has the snapshot's digest.
"""

from __future__ import annotations

import hashlib
from binascii import hexlify
from collections.abc import Callable, Iterable
from typing import Final

from agent.payments.store import Row

# A bucket of a million payments holds 250; the table of 64 KiB does not grow.
BUCKETS: Final = 4096
# How many of the newest payments are listed by name. The API gives at most 100.
NEWEST: Final = 200

_ID_BYTES: Final = 8
_HASH_BYTES: Final = 16
_ITEM_BYTES: Final = _ID_BYTES + _HASH_BYTES
_EMPTY: Final = bytes(_HASH_BYTES)

# Among raw hashes some would look like card numbers, packed or not. In these letters none can: each
# has a half that is no decimal digit.
_HEX, _LETTERS = b"0123456789abcdef", b"JKLMNOZjklmnoz*+"
_TO_LETTERS: Final = bytes.maketrans(_HEX, _LETTERS)
_FROM_LETTERS: Final = bytes.maketrans(_LETTERS, _HEX)

Buckets = dict[int, bytes]
ReadBucket = Callable[[int], bytes | None]


class RowDiffersError(Exception):
    """A row or a bucket of the store was changed or is gone."""


class RowChecks:
    """The hash of each bucket, and where the newest payments stand."""

    def __init__(self, letters: bytes = b"", newest: Iterable[tuple[int, str]] = ()) -> None:
        self._hashes = bytearray(_raw(letters) or BUCKETS * _HASH_BYTES)
        if len(self._hashes) != BUCKETS * _HASH_BYTES:
            raise ValueError("another width")
        self.newest = list(newest)

    def to_bytes(self) -> bytes:
        """The hashes in letters."""
        return _letters(self._hashes)

    def expected(self, payment_id: str, read: ReadBucket) -> bytes | None:
        """The hash of the row of a payment id; None if it has none. Raises `RowDiffersError`."""
        number, key = _place(payment_id)
        return self._items(number, read).get(key)

    def with_rows(self, rows: Iterable[Row], read: ReadBucket) -> tuple[RowChecks, Buckets]:
        """The checks with these rows, and the buckets that change. Raises `RowDiffersError`."""
        copy, changed = RowChecks(), dict[int, dict[bytes, bytes]]()
        copy._hashes[:] = self._hashes
        newest = {payment_id: opened for opened, payment_id in self.newest}
        for row in rows:
            number, key = _place(row[0])
            if number not in changed:
                changed[number] = self._items(number, read)
            changed[number][key] = row_hash(row)
            newest[row[0]] = row[1]
        buckets = {number: _letters(_joined(items)) for number, items in changed.items()}
        for number, content in buckets.items():
            copy._hashes[_slice(number)] = _hash(content)
        copy.newest = sorted(((opened, name) for name, opened in newest.items()), reverse=True)[:NEWEST]
        return copy, buckets

    def _items(self, number: int, read: ReadBucket) -> dict[bytes, bytes]:
        content = read(number)
        if (_EMPTY if content is None else _hash(content)) != self._hashes[_slice(number)]:
            raise RowDiffersError
        raw = _raw(content or b"")
        return {
            raw[at : at + _ID_BYTES]: raw[at + _ID_BYTES : at + _ITEM_BYTES]
            for at in range(0, len(raw), _ITEM_BYTES)
        }


def row_hash(row: Row) -> bytes:
    """The hash of one row, its id and its place included."""
    payment_id, opened, record = row
    return _hash(f"{payment_id}\n{opened}\n".encode() + record)


def _place(payment_id: str) -> tuple[int, bytes]:
    key = _hash(payment_id.encode())[:_ID_BYTES]
    return int.from_bytes(key[:2], "big") % BUCKETS, key


def _slice(number: int) -> slice:
    return slice(number * _HASH_BYTES, (number + 1) * _HASH_BYTES)


def _joined(items: dict[bytes, bytes]) -> bytes:
    return b"".join(key + items[key] for key in sorted(items))


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()[:_HASH_BYTES]


def _letters(raw: bytes | bytearray) -> bytes:
    return hexlify(raw).translate(_TO_LETTERS)


def _raw(letters: bytes) -> bytes:
    return bytes.fromhex(letters.translate(_FROM_LETTERS).decode("ascii"))
