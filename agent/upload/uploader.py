"""Decides what to send next and what an answer means: the uploader without socket, file or clock.

Only the collector knows what it has. This side holds a belief and corrects it by 409. It is an
alarm if the collector has more than the journal, or another past: the disk was set back, or the key
was used elsewhere. Only what the collector has signed is such a proof. Any other answer is waited out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.journal.note import CosignatureVerifier, NoteError
from agent.journal.refusal_note import RefusalNote, open_refusal
from agent.texts import say
from agent.upload.cosignatures import Cosignature, CosignatureError, read_cosignature

# A tree size has at most so many digits, and one less.
MAX_SIZE_DIGITS = 19
# A collector's sentence, shortened for a line of the log.
MAX_REASON_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Batch:
    """Whole commits: the lines from `start` on, up to the `size` that `checkpoint` signs."""

    start: int
    size: int
    lines: tuple[bytes, ...] = field(repr=False)
    checkpoint: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CosignedReply:
    """The collector has the batch and says so. Keep the cosignature."""

    cosignature: Cosignature


@dataclass(frozen=True, slots=True)
class MovedReply:
    """The collector has another size than we believed; the next batch begins there."""

    size: int


@dataclass(frozen=True, slots=True)
class StoredReply:
    """The batch is stored, but the collector has already cosigned a larger head."""

    size: int


@dataclass(frozen=True, slots=True)
class ForkedReply:
    """The collector says that it holds another past. `head` is its own head, and its signature is right.

    Whether our journal contradicts it has to be looked up there.
    """

    head: Cosignature


@dataclass(frozen=True, slots=True)
class RefusedReply:
    """The collector takes these lines from nobody, and has signed why."""

    refusal: RefusalNote
    note: str


@dataclass(frozen=True, slots=True)
class FailedReply:
    """Nothing was decided; try again later. `reason` is for the log."""

    reason: str


Reply = CosignedReply | MovedReply | StoredReply | ForkedReply | RefusedReply | FailedReply


class Uploader:
    """The belief about the collector. `has` is its size, `cosigned` the size of our newest cosignature."""

    def __init__(self, origin: str, collector: CosignatureVerifier, cosignature: Cosignature | None) -> None:
        self._origin = origin
        self._collector = collector
        self.cosigned = self.has = self._shown = cosignature.size if cosignature else 0
        self.proof = cosignature.note if cosignature else ""
        self._moved = False

    @property
    def seen(self) -> int:
        """The largest size that the collector has signed. What nobody signed accuses nobody."""
        return self._shown

    def rolled_back(self, journal_size: int) -> bool:
        """Whether the collector has seen more than this journal holds."""
        return journal_size < self.seen

    def has_work(self, journal_size: int) -> bool:
        """Whether there is something to send: lines, or a head without a cosignature."""
        return journal_size > self.has or journal_size > self.cosigned

    def interpret(self, sent: Batch, status: int, body: bytes) -> Reply:
        """The meaning of an answer to `sent`; updates the belief."""
        match status:
            case 200:
                return self._cosigned(sent, body)
            case 202:
                return self._stored(sent, body)
            case 409:
                return self._conflict(sent, body)
            case 403 | 422:
                return self._refused(status, body)
        return FailedReply(f"the collector answered {status}: {_sentence(body)}")

    def no_answer(self) -> None:
        """No answer came. The collector may have stored the batch, so its size is uncertain again."""
        self._moved = False

    def _cosigned(self, sent: Batch, body: bytes) -> Reply:
        try:
            cosignature = read_cosignature(sent.checkpoint + body, self._origin, self._collector)
        except CosignatureError as error:
            return FailedReply(say("upload.collectors_cosignature_not_signed", error=error))
        self.has = self.cosigned = sent.size
        self._moved = False
        self._note(cosignature)
        return CosignedReply(cosignature)

    def _stored(self, sent: Batch, body: bytes) -> Reply:
        """202: a larger head is cosigned already. Our journal must hold it, or it was set back."""
        _, head = self._size_and_head(body)
        if head is None or head.size <= sent.size:
            return FailedReply(say("upload.unsigned_answer", status=202))
        self.has, self._moved = sent.size, False
        return StoredReply(sent.size)

    def _conflict(self, sent: Batch, body: bytes) -> Reply:
        """409: it stands elsewhere. A size that we do not reach counts only with its signed head."""
        size, head = self._size_and_head(body)
        moved, self._moved = self._moved, False
        if size is None or size == sent.start or moved:
            return FailedReply(say("upload.collector_contradicts_itself", body=_sentence(body)))
        if size > sent.size and (head is None or head.size < size):
            return FailedReply(say("upload.unsigned_answer", status=409))
        self.has, self._moved = size, True
        return MovedReply(self.has)

    def _refused(self, status: int, body: bytes) -> Reply:
        """403 and 422: headquarters' head, or a refusal that it signed, or only somebody's word."""
        try:
            head = self._head(body)
        except CosignatureError:
            head = None
        if status == 422 and head is not None:
            return ForkedReply(head)
        try:
            refusal = open_refusal(body, self._origin, self._collector)
        except NoteError:
            return FailedReply(say("upload.unsigned_refusal", status=status, said=_sentence(body)))
        return RefusedReply(refusal, body.decode())

    def _size_and_head(self, body: bytes) -> tuple[int | None, Cosignature | None]:
        """A size, and behind it headquarters' head that shows it, if one came and its signature is right."""
        digits, _, note = body.partition(b"\n")
        size = int(digits) if digits.isdigit() and len(digits) < MAX_SIZE_DIGITS else None
        try:
            return size, self._head(note) if note else None
        except CosignatureError:
            return None, None

    def _head(self, note: bytes) -> Cosignature:
        head = read_cosignature(note, self._origin, self._collector)
        self._note(head)
        return head

    def _note(self, head: Cosignature) -> None:
        if head.size > self._shown:
            self._shown, self.proof = head.size, head.note


def _sentence(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    return "".join(c if c.isprintable() else " " for c in text[:MAX_REASON_CHARACTERS]).strip()
