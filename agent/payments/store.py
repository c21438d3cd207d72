"""What is derived from the journal, kept for a quick start: payments by payment id, and a snapshot.

The file may be deleted at any time: it is a fold over the journal and is made
again from it. WAL with `synchronous=NORMAL` may lose the newest changes in a
power cut but never their order, so a snapshot found here never runs ahead of
the payments beside it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping

SCHEMA = """
CREATE TABLE IF NOT EXISTS payment (
    payment_id TEXT PRIMARY KEY,
    opened INTEGER NOT NULL,
    record BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS payment_opened ON payment (opened);
CREATE TABLE IF NOT EXISTS snapshot (part TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
"""

# 1 MiB holds the hot pages of a year's index; SQLite's default of 2 MiB buys nothing here.
PAGE_CACHE_KIB = 1024


class StoreError(Exception):
    """The file cannot be used. The message is for the installer."""

    def __init__(self, path: str, reason: sqlite3.Error) -> None:
        super().__init__(
            f"The state in {path} cannot be used ({reason}). No payment was touched: all of it is made from "
            "the journal. Free space on the disk or delete this file, then start the agent again."
        )


class PaymentStore:
    """One SQLite file of derived state. `path` may be `:memory:`. Raises `StoreError` at first use."""

    def __init__(self, path: str) -> None:
        try:
            self._open(path)
        except sqlite3.Error as error:
            raise StoreError(path, error) from error

    def _open(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(f"PRAGMA cache_size=-{PAGE_CACHE_KIB}")
        self._db.executescript(SCHEMA)

    def put(self, payment_id: str, opened: int, record: bytes) -> None:
        """Keep the record of one payment; `opened` is the index of its first entry."""
        self._db.execute("REPLACE INTO payment VALUES (?, ?, ?)", (payment_id, opened, record))

    def get(self, payment_id: str) -> bytes | None:
        """The record of this payment id, or None."""
        row = self._db.execute("SELECT record FROM payment WHERE payment_id = ?", (payment_id,)).fetchone()
        return row[0] if row else None

    def last(self, count: int) -> Iterator[bytes]:
        """The newest records, newest first."""
        rows = self._db.execute("SELECT record FROM payment ORDER BY opened DESC LIMIT ?", (count,))
        return (row[0] for row in rows)

    def snapshot(self) -> dict[str, bytes]:
        """The parts of the last snapshot; empty when there is none."""
        return dict(self._db.execute("SELECT part, content FROM snapshot"))

    def keep_snapshot(self, parts: Mapping[str, bytes]) -> bool:
        """Replace the snapshot in one transaction; False, and the old one stays, if it cannot be written."""
        try:
            with self._db:
                self._db.execute("BEGIN")
                self._db.execute("DELETE FROM snapshot")
                self._db.executemany("INSERT INTO snapshot VALUES (?, ?)", parts.items())
        except sqlite3.Error:
            return False
        return True

    def forget(self) -> None:
        """Drop everything, to be made again from the journal's first line."""
        self._db.executescript("DELETE FROM payment; DELETE FROM snapshot;")

    def close(self) -> None:
        self._db.close()
