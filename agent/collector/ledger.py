"""One ledger at the collector: its stored lines, its cosigned head, and the answer to each request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from agent.base.coded import CodedError
from agent.collector.contacts import Contact, Contacts
from agent.collector.epochs import EpochStore, LinesDoubted, checked, lines_of
from agent.collector.evidence import Evidence
from agent.collector.judge import (
    Acceptance,
    Inconsistency,
    InvalidRequest,
    SizeConflict,
    TreeHead,
    Validation,
    validate_checkpoint,
    validate_lines,
)
from agent.collector.storage.store import StoreDamagedError, TileStore
from agent.journal.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from agent.journal.note import Cosigner, Note, NoteError, Verifier, parse_note
from agent.journal.refusal_note import RefusalNote, about, sign_refusal
from agent.journal.schema.base import Fact
from agent.journal.transfer import AddCheckpoint, AddLines
from agent.journal.tree import EMPTY_ROOT, Frontier, leaf_hash
from agent.texts import say, tell

TEXT_TYPE = "text/plain; charset=utf-8"
SIZE_TYPE = "text/x.tlog.size"  # C2SP tlog-witness


@dataclass(frozen=True, slots=True)
class CollectorReply:
    """An HTTP answer: status, content type and body."""

    status: int
    type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class LedgerFolders:
    """Where one ledger lives: the served tiles, the newest head without its lines, findings, epochs."""

    tiles: TileStore
    heads: TileStore
    evidence: Evidence
    epochs: EpochStore
    contacts: Contacts


@dataclass(frozen=True, slots=True)
class _LedgerState:
    """The content of the disk. `newest` is the note of the `cosigned` head; empty when there is none."""

    stored: Frontier
    cosigned: TreeHead
    newest: bytes


class Ledger:
    """Answers the requests for one origin, one at a time. An answer is given once its promise is durable.

    Each request begins by reading the disk: there is no second copy that could disagree. `now` gives
    POSIX seconds. Methods raise `OSError` when the disk fails or was changed (`StoreDamagedError`).
    """

    def __init__(
        self,
        origin: str,
        verifiers: Sequence[Verifier],
        folders: LedgerFolders,
        cosigner: Cosigner,
        now: Callable[[], int],
    ) -> None:
        self.origin = origin
        self._verifiers = verifiers
        self._folders = folders
        self._cosigner = cosigner
        self._now = now
        self._turn = Lock()

    @property
    def contact(self) -> Contact:
        """When the shop was last heard of."""
        return self._folders.contacts.now

    def size(self) -> int:
        """How many lines are stored, after a check of the stored head."""
        with self._turn:
            return self._load().stored.size

    def add_lines(self, request: AddLines) -> CollectorReply:
        """Journal lines: 200 cosigned, 202 stored, 409 begin elsewhere, 422 another history, 403, 400."""
        with self._turn:
            try:
                claimed, note = self._open(request.checkpoint)
            except NoteError as error:
                return self._refused(403, request.checkpoint, Fact(error.code, dict(error.figures)))
            state, leaves = self._load(), [leaf_hash(line) for line in request.lines]
            validation = validate_lines(
                state.stored,
                state.cosigned,
                request.start,
                leaves,
                claimed,
                lambda size: self._folders.tiles.root(size, state.stored.size),
            )
            if not isinstance(validation, Acceptance):
                if isinstance(validation, SizeConflict):
                    return self._elsewhere(state, request, claimed)
                return self._refuse(validation, state, request.checkpoint, request.lines)
            if request.lines:
                try:
                    newest = self._check_epochs(state, request)
                except LinesDoubted as doubt:
                    return self._doubted(doubt, state, request)
                self._folders.contacts.seen(self._now(), claimed.size, newest)
            cosignature = self._cosign(note) if validation.cosign else b""
            signed = self._with(note, cosignature)
            self._folders.tiles.append(request.start, request.lines, leaves, signed)
            if cosignature:
                return CollectorReply(200, TEXT_TYPE, cosignature)
            return CollectorReply(202, TEXT_TYPE, b"%d\n" % claimed.size + state.newest)

    def _elsewhere(self, state: _LedgerState, request: AddLines, claimed: Checkpoint) -> CollectorReply:
        """409 with our head. A shop whose newest head is behind ours has been set back."""
        if not request.lines and claimed.size < state.stored.size:
            sizes: dict[str, int | str] = {"cosigned": state.stored.size, "size": claimed.size}
            self._folders.contacts.refused(self._now(), Fact("journal.cosigned_more", sizes))
        return CollectorReply(409, TEXT_TYPE, b"%d\n" % state.stored.size + state.newest)

    def _check_epochs(self, state: _LedgerState, request: AddLines) -> datetime:
        """Check each checkpoint line and keep it; the time of the newest entry. Raises `LinesDoubted`."""
        before = self._folders.epochs.at(state.stored.size)
        after, told = checked(self.origin, before, state.stored, request)
        self._folders.epochs.keep(before, after, lines_of(request))
        return told.newest

    def _doubted(self, doubt: LinesDoubted, state: _LedgerState, request: AddLines) -> CollectorReply:
        finding = tell(CodedError(doubt.what.code, **doubt.what.figures))
        offered, lines = request.checkpoint, request.lines
        self._folders.evidence.keep(self.origin, finding, self._now(), state.newest, offered, lines)
        return self._refused(422, offered, doubt.what)

    def _refused(self, status: int, offered: bytes, what: Fact) -> CollectorReply:
        """A refusal under our signature: nobody on the way can make one."""
        claimed = parse_checkpoint(parse_note(offered).text)
        refusal = RefusalNote(self.origin, about(claimed.size, claimed.root), what)
        self._folders.contacts.refused(self._now(), what)
        return CollectorReply(status, TEXT_TYPE, sign_refusal(refusal, self._cosigner, self._now()))

    def add_checkpoint(self, request: AddCheckpoint) -> CollectorReply:
        """C2SP tlog-witness, add-checkpoint: 200 cosigned, 409, 422, 403, 400."""
        with self._turn:
            try:
                claimed, note = self._open(request.checkpoint)
            except NoteError as error:
                return text_reply(403, tell(error))
            state = self._load()
            validation = validate_checkpoint(state.cosigned, request.old, request.proof, claimed)
            if not isinstance(validation, Acceptance):
                return self._refuse(validation, state, request.checkpoint, ())
            cosignature = self._cosign(note)
            self._folders.heads.put_checkpoint(self._with(note, cosignature))
            return CollectorReply(200, TEXT_TYPE, cosignature)

    def _refuse(
        self, validation: Validation, state: _LedgerState, offered: bytes, lines: Sequence[bytes]
    ) -> CollectorReply:
        match validation:
            case SizeConflict(size):
                return _size(409, size)
            case Inconsistency(finding):
                self._folders.contacts.refused(self._now(), Fact("journal.two_pasts"))
                evidence = self._folders.evidence
                evidence.keep(self.origin, finding, self._now(), state.newest, offered, lines)
                # Our head with the log's own signature: it shows the fork to the other side too.
                return CollectorReply(422, TEXT_TYPE, state.newest or finding.encode())
            case InvalidRequest(finding):
                return text_reply(400, finding)
        raise AssertionError(validation)

    def _load(self) -> _LedgerState:
        stored, stored_note = self._head(self._folders.tiles)
        newest, newest_note = self._head(self._folders.heads)
        if stored.size >= newest.size:
            newest, newest_note = stored, stored_note
        frontier = self._folders.tiles.frontier(stored.size)
        if frontier.root() != stored.root:
            raise StoreDamagedError(say("collector.stored_tree_differs"))
        return _LedgerState(frontier, newest, newest_note)

    def _head(self, store: TileStore) -> tuple[TreeHead, bytes]:
        raw = store.checkpoint()
        if raw is None:
            return TreeHead(0, EMPTY_ROOT), b""
        try:
            checkpoint, _ = self._open(raw)
        except NoteError as error:
            raise StoreDamagedError(
                say("collector.unaccepted_checkpoint", origin=self.origin, error=error)
            ) from None
        return TreeHead(checkpoint.size, checkpoint.root), raw

    def _open(self, raw: bytes) -> tuple[Checkpoint, Note]:
        return open_checkpoint(raw, self.origin, self._verifiers)

    def _cosign(self, note: Note) -> bytes:
        return self._cosigner.cosign(note.text, self._now()).line().encode()

    def _with(self, note: Note, cosignature: bytes) -> bytes:
        """The note with our line under it, and with no other line in our name."""
        ours = (self._cosigner.name, self._cosigner.key_id)
        lines = [s.line() for s in note.signatures if (s.name, s.key_id) != ours]
        return f"{note.text}\n{''.join(lines)}".encode() + cosignature


def text_reply(status: int, sentence: str) -> CollectorReply:
    """An answer that is one sentence."""
    return CollectorReply(status, TEXT_TYPE, sentence.encode() + b"\n")


def _size(status: int, size: int) -> CollectorReply:
    return CollectorReply(status, SIZE_TYPE, b"%d\n" % size)
