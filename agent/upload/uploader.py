"""Decides what to send next and what an answer means: the uploader without socket, file or clock.

Only the collector knows what it has. This side holds a belief and corrects it by 409. It is an
alarm if the collector has more than the journal, or another past: the disk was set back, or the key
was used elsewhere. Sending again would hide that.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.journal.note import CosignatureVerifier
from agent.texts import say
from agent.upload.cosignatures import Cosignature, CosignatureError, read_cosignature

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
    """The collector has signed proof of another past. `head` is its own signed head, or a sentence."""

    head: str


@dataclass(frozen=True, slots=True)
class FailedReply:
    """Nothing was decided; try again later. `reason` is for the log."""

    reason: str


Reply = CosignedReply | MovedReply | StoredReply | ForkedReply | FailedReply


class Uploader:
    """The belief about the collector. `has` is its size, `cosigned` the size of our newest cosignature."""

    def __init__(self, origin: str, collector: CosignatureVerifier, cosignature: Cosignature | None) -> None:
        self._origin = origin
        self._collector = collector
        self.cosigned = self.has = cosignature.size if cosignature else 0
        self._owed = 0
        self._moved = False

    @property
    def seen(self) -> int:
        """The largest size that the collector has shown us."""
        return max(self.has, self.cosigned, self._owed)

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
                return self._stored(sent)
            case 409:
                return self._conflict(sent, body)
            case 422:
                return ForkedReply(body.decode("utf-8", "replace"))
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
        self._owed, self._moved = 0, False
        return CosignedReply(cosignature)

    def _stored(self, sent: Batch) -> Reply:
        """202: a larger head is cosigned already. Our journal must hold it, or it was set back."""
        if not sent.lines:
            self._owed = sent.size + 1
        self.has, self._moved = sent.size, False
        return StoredReply(sent.size)

    def _conflict(self, sent: Batch, body: bytes) -> Reply:
        digits = body.removesuffix(b"\n")
        if not (digits.isdigit() and len(digits) < 19) or int(digits) == sent.start or self._moved:
            self._moved = False
            return FailedReply(say("upload.collector_contradicts_itself", body=_sentence(body)))
        self.has, self._moved = int(digits), True
        return MovedReply(self.has)


def _sentence(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    return "".join(c if c.isprintable() else " " for c in text[:MAX_REASON_CHARACTERS]).strip()
