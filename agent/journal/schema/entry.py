"""What the journal can say: one table of all kinds of entries, and how one line is written and read.

An entry is one line of canonical JSON: where and when it was written, then its body.
The exact bytes of that line, without its newline, are the leaf of the tree. Nothing is
ever encoded again to check a hash. Money is an integer of minor units beside an ISO 4217
letter code.

**Format version.** A field with a default may be added without a new version: older
versions read over it, and the line keeps it. A new kind, a new value, or another meaning
needs a new version. An older version then says so, and takes no payment. `index`, `at`,
`boot_ms` and `kind` stand in every line of every version.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from agent.journal.schema.alarms import AlarmAcknowledged, AlarmCleared, AlarmRaised
from agent.journal.schema.base import MAX_ENTRY_BYTES, Body, EntryRefusedError, Fact
from agent.journal.schema.kinds import PaymentKind
from agent.journal.schema.payments import (
    ACTION_ORDER,
    ActionName,
    BecameUnclear,
    CancelAsked,
    Cancelled,
    CardSummary,
    Completed,
    Cut,
    Decided,
    NotSent,
    Printed,
    Reason,
    Refused,
    Rejected,
    Release,
    ReleaseState,
    Requested,
    Resolved,
    SchemeTotal,
    Submitted,
    TerminalResult,
    Undone,
    UnknownPiece,
    UnsolicitedResult,
    Verdict,
)
from agent.journal.schema.people import CredentialFailed, CredentialProven, Prompted, Replied
from agent.journal.schema.system import (
    CardKeyBegan,
    ClockDeclared,
    ClockMoved,
    EpochEnded,
    Started,
    StateKept,
    Stopped,
    TailCut,
)
from agent.journal.schema.terminals import PrintsNotKept, TerminalAccepted, TerminalState

# The version of what this program writes. It grows with every change that an older version must not miss.
FORMAT_VERSION: Final = 2

# One row a family; a new kind is a class in its family's file and a name here.
AnyBody = (
    Requested | Decided | Refused | Cancelled | NotSent
    | Submitted | TerminalResult | Printed | Completed | Undone | BecameUnclear | UnsolicitedResult | Resolved
    | Release | Rejected | CancelAsked
    | Prompted | Replied | CredentialFailed | CredentialProven
    | TerminalState | TerminalAccepted | PrintsNotKept
    | AlarmRaised | AlarmCleared | AlarmAcknowledged
    | Started | Stopped | StateKept | TailCut | ClockMoved | ClockDeclared | EpochEnded | CardKeyBegan
)  # fmt: skip


class UnknownEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a line that only a newer version understands. The line itself is whole."""

    kind: str
    line: bytes


class WrittenBy(msgspec.Struct, frozen=True, kw_only=True):
    """Which program wrote what follows: the journal's format, its own version, its settings, its boot."""

    format: int
    version: str
    config: str
    boot: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the journal. `boot_ms` is `CLOCK_BOOTTIME`, it orders entries of one boot.

    `written_by` stands in the first entry of each file and of each run; it holds for those after it.
    """

    index: int
    at: datetime
    boot_ms: int
    body: AnyBody | UnknownEntry
    written_by: WrittenBy | None = None


class _Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of a line that every kind has."""

    index: int
    at: datetime
    boot_ms: int
    written_by: WrittenBy | None = None


class _Kind(msgspec.Struct, frozen=True):
    kind: str


_kind = msgspec.json.Decoder(_Kind)
_encoder = msgspec.json.Encoder(order="deterministic")


class Schema:
    """How the lines of one format version are written and read: `kinds` is the union of its bodies."""

    def __init__(self, version: int, kinds: object) -> None:
        self.version = version
        self._envelope = msgspec.json.Decoder(_Envelope)
        self._body: msgspec.json.Decoder[AnyBody] = msgspec.json.Decoder(kinds)
        self._bodies = msgspec.json.Decoder(list[kinds])  # type: ignore[valid-type]  # a union made at run time

    def encode(self, entry: Entry) -> bytes:
        """The canonical bytes of an entry, without a newline.

        Raises `ValueError` for a body that this version could not read again.
        """
        return self.encode_all((entry,))[0]

    def encode_all(self, entries: Sequence[Entry]) -> list[bytes]:
        """The same for the entries of one commit. They are read again in one go."""
        bodies = [_encoder.encode(entry.body) for entry in entries]
        try:
            self._bodies.decode(b"[" + b",".join(bodies) + b"]")
        except msgspec.ValidationError as error:
            raise ValueError(f"unreadable entry: {error}") from None
        times = {at: _time(at) for at in {entry.at for entry in entries}}
        return [
            b'{"index":%d,"at":"%b","boot_ms":%d%b,%b'
            % (entry.index, times[entry.at], entry.boot_ms, _written_by(entry), body[1:])
            for entry, body in zip(entries, bodies, strict=True)
        ]

    def decode(self, line: bytes | memoryview) -> Entry:
        """The entry of one line; its body is an `UnknownEntry` if a newer version wrote it.

        Raises `msgspec.DecodeError` or `UnicodeDecodeError` for bytes that no version writes.
        """
        envelope = self._envelope.decode(line)
        body: AnyBody | UnknownEntry
        try:
            body = self._body.decode(line)
        except msgspec.ValidationError:
            body = UnknownEntry(kind=_kind.decode(line).kind, line=bytes(line))
        return Entry(
            index=envelope.index,
            at=envelope.at,
            boot_ms=envelope.boot_ms,
            body=body,
            written_by=envelope.written_by,
        )

    def bodies_of(self, texts: Sequence[bytes]) -> list[AnyBody] | None:
        """The bodies written so; None unless this version would write every one of them the same."""
        lines = b"\n".join(texts) + b"\n"
        try:
            bodies = self._body.decode_lines(lines)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return bodies if _encoder.encode_lines(bodies) == lines else None

    def is_newer(self, entry: Entry) -> bool:
        """Whether this version must not go on behind such an entry."""
        by = entry.written_by
        return isinstance(entry.body, UnknownEntry) or (by is not None and by.format > self.version)


def _time(at: datetime) -> bytes:
    """A time as it is written: it has milliseconds, and nothing finer."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()


def _written_by(entry: Entry) -> bytes:
    return b',"written_by":' + _encoder.encode(entry.written_by) if entry.written_by else b""


SCHEMA: Final = Schema(FORMAT_VERSION, AnyBody)

encode = SCHEMA.encode
decode = SCHEMA.decode

__all__ = [
    "ACTION_ORDER",
    "FORMAT_VERSION",
    "MAX_ENTRY_BYTES",
    "SCHEMA",
    "ActionName",
    "AlarmAcknowledged",
    "AlarmCleared",
    "AlarmRaised",
    "AnyBody",
    "BecameUnclear",
    "Body",
    "CancelAsked",
    "Cancelled",
    "CardKeyBegan",
    "CardSummary",
    "ClockDeclared",
    "ClockMoved",
    "Completed",
    "CredentialFailed",
    "CredentialProven",
    "Cut",
    "Decided",
    "Entry",
    "EntryRefusedError",
    "EpochEnded",
    "Fact",
    "NotSent",
    "PaymentKind",
    "Printed",
    "PrintsNotKept",
    "Prompted",
    "Reason",
    "Refused",
    "Rejected",
    "Release",
    "ReleaseState",
    "Replied",
    "Requested",
    "Resolved",
    "Schema",
    "SchemeTotal",
    "Started",
    "StateKept",
    "Stopped",
    "Submitted",
    "TailCut",
    "TerminalAccepted",
    "TerminalResult",
    "TerminalState",
    "Undone",
    "UnknownEntry",
    "UnknownPiece",
    "UnsolicitedResult",
    "Verdict",
    "WrittenBy",
    "decode",
    "encode",
]
