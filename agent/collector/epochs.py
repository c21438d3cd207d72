"""Headquarters' eye on the evolving key: each checkpoint line is checked with the first key, and kept.

Where a check stands is kept for two sizes, the stored one and the next: a power cut between
this file and the checkpoint of the tiles leaves one of them right. The folder holds keys, so
it is closed to everybody else.
"""

from __future__ import annotations

from base64 import b64decode, b64encode

import msgspec

from agent.collector.storage.folder import Folder
from agent.collector.storage.store import StoreDamagedError
from agent.journal.checkpoint import parse_checkpoint
from agent.journal.epochs import EpochState, next_state
from agent.journal.evolving import EvolvingCheck, EvolvingError, epoch_of
from agent.journal.known_time import KnownTime
from agent.journal.line_check import LineCheck, LineError, Told
from agent.journal.lines import checkpoint_line, note_of
from agent.journal.note import Note, NoteError, parse_note
from agent.journal.schema.base import Fact
from agent.journal.transfer import AddLines
from agent.journal.tree import Frontier, leaf_hash

STATE = "state.json"
# One file of lines has so many entries behind it: a few megabytes.
ENTRIES_A_FILE = 10_000


class LinesDoubted(Exception):
    """An honest agent did not write these lines. `what` says why."""

    def __init__(self, what: Fact) -> None:
        super().__init__(str(what))
        self.what = what


class CheckState(msgspec.Struct, frozen=True):
    """Where the check of one log stands: `size` entries were looked at. `key` is in base64."""

    size: int
    key: str
    epoch: int
    state: EpochState | None = None
    known: KnownTime | None = None
    boot_ms: int = 0
    format: int = 0


class EpochStore:
    """The kept checkpoint lines of one log, and where their check stands."""

    def __init__(self, folder: Folder, first_key: bytes) -> None:
        self._folder = folder
        self._first = CheckState(0, b64encode(first_key).decode(), 0)

    def at(self, size: int) -> CheckState:
        """Where the check stands behind so many entries. Raises `OSError` if that is not known."""
        if size == 0:
            return self._first
        raw = self._folder.read(STATE)
        states = msgspec.json.decode(raw, type=list[CheckState]) if raw is not None else []
        found = next((state for state in states if state.size == size), None)
        if found is None:
            raise StoreDamagedError(STATE)
        return found

    def keep(self, before: CheckState, after: CheckState, lines: list[bytes]) -> None:
        """Keep checked lines and the new place of the check, durably. Raises `OSError`."""
        self._folder.make("")
        self._folder.append(f"lines-{before.size // ENTRIES_A_FILE:08d}", b"".join(b + b"\n" for b in lines))
        self._folder.write(".new", msgspec.json.encode([before, after]))
        self._folder.rename(".new", STATE)
        self._folder.sync("")


def checked(origin: str, before: CheckState, stored: Frontier, request: AddLines) -> tuple[CheckState, Told]:
    """The state behind a request that continues the `stored` tree. Raises `LinesDoubted`."""
    check = _Check(origin, before, stored.copy())
    told, begin = None, 0
    for end, line in (*request.inner, (len(request.lines), b"")):
        try:
            note = parse_note(note_of(line) if line else request.checkpoint)
            told = check.commit(request.lines[begin:end], note)
        except (EvolvingError, NoteError) as error:
            raise LinesDoubted(Fact(error.code, dict(error.figures))) from None
        except LineError as error:
            raise LinesDoubted(error.what) from None
        begin = end
    if told is None:
        raise AssertionError("a request has a last commit")
    return check.after(), told


def lines_of(request: AddLines) -> list[bytes]:
    """The checkpoint lines of a request, as they stand in the journal."""
    return [*(line for _, line in request.inner), checkpoint_line(request.checkpoint.decode())]


class _Check:
    def __init__(self, origin: str, before: CheckState, tree: Frontier) -> None:
        self._origin = origin
        self._tree = tree
        self._state = before.state
        self._evolving = EvolvingCheck(origin, b64decode(before.key), before.epoch)
        self._lines = LineCheck(before.known, before.boot_ms, before.format)

    def commit(self, lines: tuple[bytes, ...], note: Note) -> Told:
        size = self._tree.size
        told = self._lines.check(size, lines)
        for line in lines:
            self._tree.append(leaf_hash(line))
        claimed = parse_checkpoint(note.text)
        if (claimed.origin, claimed.size, claimed.root) != (self._origin, self._tree.size, self._tree.root()):
            raise NoteError("journal.checkpoint_not_ours", size=claimed.size)
        # First the number, which says how many steps the key has to be led.
        self._state = next_state(self._state, epoch_of(note, self._origin), size, told)
        self._evolving.check(note)
        return told

    def after(self) -> CheckState:
        key = b64encode(bytes(self._evolving.key)).decode()
        lines = self._lines
        return CheckState(
            self._tree.size, key, self._evolving.epoch, self._state, lines.known, lines.boot_ms, lines.format
        )
