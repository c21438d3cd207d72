"""State derived from the journal, kept for a quick start: payments by payment id, and a snapshot.

The store alone is not believed: `rows.py` says what each row must be, and the journal vouches for
the snapshot. The file may be deleted at any time. A file that is not a database is made anew. Rows
and snapshot change in one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from agent.base.coded import CodedError

# Grows when the tables change. A file with another version is made anew.
TABLES_VERSION = 3

SCHEMA = """
CREATE TABLE IF NOT EXISTS payment (
    payment_id TEXT PRIMARY KEY,
    opened INTEGER NOT NULL,
    record BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bucket (number INTEGER PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS snapshot (part TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
"""

# 1 MiB holds the hot pages of a year's index; SQLite's default of 2 MiB buys nothing here.
PAGE_CACHE_KIB = 1024

IN_MEMORY = ":memory:"
_FILES = ("", "-wal", "-shm", "-journal")

Row = tuple[str, int, bytes]


class StoreError(CodedError):
    """The file cannot be used. Its sentence is for the installer."""

    def __init__(self, path: str, reason: Exception) -> None:
        super().__init__("programs.state_unusable", path=path, reason=reason)


class PaymentStore:
    """One SQLite file of derived state. `path` may be `:memory:`. Raises `StoreError` at first use."""

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._open()
        except sqlite3.Error:
            self._begin_anew()

    def _open(self) -> None:
        self._db = sqlite3.connect(self._path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(f"PRAGMA cache_size=-{PAGE_CACHE_KIB}")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version not in {0, TABLES_VERSION}:  # 0: a file that was just made
            raise sqlite3.DatabaseError("another version")
        self._db.executescript(SCHEMA)
        self._db.execute(f"PRAGMA user_version={TABLES_VERSION}")

    def _begin_anew(self) -> None:
        """Replace a damaged file. The journal has everything that was in it."""
        try:
            with suppress(AttributeError):
                self._db.close()
            if self._path != IN_MEMORY:
                for ending in _FILES:
                    Path(self._path + ending).unlink(missing_ok=True)
            self._open()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(self._path, error) from error

    def get(self, payment_id: str) -> Row | None:
        """The row of a payment id, or None. Raises `sqlite3.Error`."""
        return _row(self._db.execute("SELECT * FROM payment WHERE payment_id = ?", (payment_id,)).fetchone())

    def bucket(self, number: int) -> bytes | None:
        """The bucket of `rows.py` with this number, or None. Raises `sqlite3.Error`."""
        found = self._db.execute("SELECT content FROM bucket WHERE number = ?", (number,)).fetchone()
        if found is None:
            return None
        return found[0] if isinstance(found[0], bytes) else b""

    def snapshot(self) -> dict[str, bytes]:
        """The parts of the last snapshot; empty when there is none."""
        try:
            return dict(self._db.execute("SELECT part, content FROM snapshot"))
        except sqlite3.Error:
            return {}

    def keep(self, rows: Iterable[Row], buckets: Mapping[int, bytes], parts: Mapping[str, bytes]) -> bool:
        """Store rows and snapshot in one transaction. False if that fails: nothing has changed then."""
        try:
            with self._db:
                self._db.execute("BEGIN")
                self._db.executemany("REPLACE INTO payment VALUES (?, ?, ?)", rows)
                self._db.executemany("REPLACE INTO bucket VALUES (?, ?)", buckets.items())
                self._db.execute("DELETE FROM snapshot")
                self._db.executemany("INSERT INTO snapshot VALUES (?, ?)", parts.items())
        except sqlite3.Error:
            return False
        return True

    def forget(self) -> None:
        """Drop everything, to be made again from the journal's first line. Raises `StoreError`."""
        self._begin_anew()

    def close(self) -> None:
        self._db.close()


def _row(found: tuple[object, ...] | None) -> Row | None:
    """A row as this program writes it; a row with other types becomes one that fits nothing."""
    match found:
        case None:
            return None
        case (str(payment_id), int(opened), bytes(record)):
            return payment_id, opened, record
        case _:
            return "", 0, b""
