"""One payment as the journal tells it: a record that only entries change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from agent.journal.schema.entry import (
    AnyBody,
    BecameUnclear,
    CancelAsked,
    Cancelled,
    Completed,
    Decided,
    Fact,
    NotSent,
    PaymentKind,
    Printed,
    Reason,
    Refused,
    Rejected,
    Release,
    ReleaseState,
    Requested,
    Resolved,
    Submitted,
    TerminalResult,
    Undone,
    UnsolicitedResult,
    Verdict,
)
from agent.payments.compare import consistent, merged
from agent.payments.kinds import kind_of
from agent.rules.booked import booked

# The receipts of one payment: two copies of sixty lines are usual. Further lines are in the
# journal, but not shown to the till.
MAX_RECEIPT_LINES = 600


# A copy that the terminal did not name.
UNNAMED = "unknown"
# Why a verdict that stood is doubted again.
_DISPUTES: Final = frozenset({"payment.contradicted", "payment.answer_may_be_this_ones"})


class Printout(msgspec.Struct):
    """Lines of one copy in the order in which they came. `last`: the terminal has said that it ends here."""

    copy: str
    lines: list[str]
    last: bool = False


class GivenBack(msgspec.Struct, frozen=True):
    """One refund or reversal that gave money of a payment back, or may have.

    `amount` is in minor units of the original's currency; None is a reversal, which gives back all of it.
    `sure`: it is approved. Else it is under way or unclear.
    """

    amount: int | None
    sure: bool


class Record(msgspec.Struct, kw_only=True):
    """What is known of one payment. `entry` is the index of the line that decided it.

    `why` is the fact behind the verdict; `words` are the terminal's or the persons' own.
    `unsolicited` is the terminal's result that came when the payment was already unclear.
    `hold` is the last word on whether the goods may go; nothing holds them back without one.
    `dialogue_over`: the terminal has ended the payment's dialogue. `lost_at`: by its own clock, when the
    payment came in doubt.
    `contradiction` is a second result in the same dialogue that cannot be true beside the first.
    `disputed` is the verdict that stood when a contradiction made the payment unclear again.
    `resolved`: asking or persons gave the verdict. `rejected`: the terminal was asked to take it back.
    `approval_known`: an approval is in the journal and no decline came after it. `asked_at` is
    when the terminal was asked, by its own clock. `taken_back` holds, by payment id, each refund and
    reversal of this payment that gave money back or may have: the end of one says nothing of another.
    """

    payment_id: str
    payment: PaymentKind
    terminal: str
    till: str
    opened: int
    requested_at: datetime
    amount: int | None = None
    currency: str | None = None
    original: str = ""
    first_sent_at: str = ""
    operator: str = ""
    operator_signed_in: bool = False
    reasons: list[Reason] = []
    submission: Submitted | None = None
    asked_at: datetime | None = None
    result: TerminalResult | None = None
    unsolicited: TerminalResult | None = None
    approval_known: bool = False
    dialogue_over: bool = False
    lost_at: datetime | None = None
    verdict: Verdict | None = None
    why: Fact | None = None
    words: str = ""
    entry: int | None = None
    taken_back: dict[str, GivenBack] = {}
    receipts: list[Printout] = []
    hold: Release | None = None
    cancel_asked: bool = False
    contradiction: TerminalResult | None = None
    disputed: Verdict | None = None
    resolved: bool = False
    rejected: bool = False

    @property
    def open(self) -> bool:
        """No verdict yet."""
        return self.verdict is None

    @property
    def release(self) -> ReleaseState | None:
        """Whether the goods may go; None while the money has not moved for sure."""
        if self.verdict != "approved":
            return None
        return self.hold.state if self.hold else "released"

    @property
    def waits_for_release(self) -> bool:
        """The goods are held or withheld, and the money was not given back."""
        return self.release in {"held", "withheld"} and not self.reversed_by

    @property
    def last_approval(self) -> TerminalResult | None:
        """The terminal's last approval, even if it was undone later."""
        told = (self.unsolicited, self.contradiction, self.result)
        return next((said for said in told if said and said.verdict == "approved"), None)

    @property
    def possibly_booked(self) -> bool:
        """The bank may have this payment: it is approved, under way or in doubt.

        An approval that was told after another verdict is a doubt, too.
        """
        under_way = self.open and self.submission is not None
        return self.verdict in {"approved", "unclear"} or under_way or self.approval_known

    @property
    def booked(self) -> int:
        """What an approval of it moved, in minor units of its own currency."""
        told = [said for said in (self.result, self.unsolicited) if said and said.verdict == "approved"]
        return booked(kind_of(self.payment), self.amount, self.currency, told)

    @property
    def refunded(self) -> int:
        """What refunds of it gave back, or may have, in minor units of its currency."""
        return sum(back.amount for back in self.taken_back.values() if back.amount is not None)

    @property
    def reversed_by(self) -> str:
        """The reversal that stands: an approved one, else one that is under way or unclear; "" if none."""
        reversals = [(not back.sure, name) for name, back in self.taken_back.items() if back.amount is None]
        return min(reversals, key=lambda reversal: reversal[0])[1] if reversals else ""

    @property
    def given_back(self) -> int:
        """What refunds and reversals of it gave back, or may have, in minor units of its currency."""
        reversals = sum(back.amount is None for back in self.taken_back.values())
        return self.refunded + reversals * self.booked

    @property
    def left(self) -> int:
        """What may still be given back of it, in minor units of its currency; 0 if it is not approved."""
        if self.verdict != "approved" or self.reversed_by or not kind_of(self.payment).may_be_taken_back:
            return 0
        return max(0, self.booked - self.given_back)


def begin(body: Requested, index: int, at: datetime) -> Record:
    """The record that a `Requested` entry opens."""
    return Record(
        payment_id=body.payment_id,
        payment=body.payment,
        terminal=body.terminal,
        till=body.till,
        opened=index,
        requested_at=at,
        amount=body.amount,
        currency=body.currency,
        original=body.original,
        first_sent_at=body.first_sent_at,
        operator=body.operator,
        operator_signed_in=body.operator_signed_in,
    )


def change(record: Record, body: AnyBody, index: int) -> None:
    """Let one later entry of the same payment id change the record."""
    match body:
        case Decided():
            record.reasons = body.reasons
        case Submitted():
            record.submission = body
        case Printed():
            _print(record, body)
        case Release():
            record.hold = body
        case CancelAsked():
            record.cancel_asked = True
        case UnsolicitedResult():
            record.unsolicited = without_seal(body.result)
            record.approval_known |= body.result.verdict == "approved"
        case _:
            _judge(record, body, index)


def _judge(record: Record, body: AnyBody, index: int) -> None:
    """Change the verdict as the entry says.

    An approval becomes a verdict only with `Completed`: until the terminal has shown that
    it received our acknowledgement, it may still reverse by itself.
    """
    match body:
        case Refused() | Cancelled() | NotSent():
            _decide(record, body.verdict, index, body.why)
        case TerminalResult():
            _take(record, body, index)
        case Completed():
            record.dialogue_over = True
            if record.result is not None and record.verdict is None:
                said = record.result
                _decide(record, said.verdict, index, said.why, said.text)
        case Undone():
            record.dialogue_over = True
            _decide(record, "unclear", index, Fact("payment.undone"))
        case Rejected():
            record.rejected = True
            _decide(record, "unclear", index, body.why)
        case BecameUnclear():
            _doubt(record, body, index)
        case Resolved():
            record.result = without_seal(body.result) if body.result else record.result
            record.disputed = None
            _decide(record, body.verdict, index, body.proof, body.words)
            record.resolved = True
        case _:
            pass


def _take(record: Record, body: TerminalResult, index: int) -> None:
    """A result in the payment's dialogue. One that contradicts the first decides nothing."""
    said, first = without_seal(body), record.result
    if body.verdict == "unclear":
        record.result = first or said  # what came first is what the others are compared with
        _decide(record, "unclear", index, body.why, body.text)
        return
    if first is None or first.verdict == "unclear":
        record.result = said
        if body.verdict == "approved":
            record.approval_known = True
        else:
            _decide(record, body.verdict, index, body.why, body.text)
        return
    if not consistent(first, said):
        record.contradiction = said
        record.approval_known |= said.verdict == "approved"
        _decide(record, "unclear", index, Fact("payment.two_results"))
        return
    record.result = merged(first, said)


def _doubt(record: Record, body: BecameUnclear, index: int) -> None:
    if body.why.code in _DISPUTES and record.verdict != "unclear":
        record.disputed = record.verdict
    _decide(record, "unclear", index, body.why)


def without_seal(result: TerminalResult) -> TerminalResult:
    """The result without its sealed card: only the acquirer can open that, and the journal keeps it."""
    if result.card is None or not result.card.sealed:
        return result
    return msgspec.structs.replace(result, card=msgspec.structs.replace(result.card, sealed=""))


def _decide(record: Record, verdict: Verdict, index: int, why: Fact | None, words: str = "") -> None:
    record.verdict, record.why, record.words, record.entry = verdict, why, words, index
    record.resolved = False
    record.approval_known = verdict == "approved" or (verdict == "unclear" and record.approval_known)


def printed_lines(record: Record) -> list[str]:
    """All that was printed for a payment, over all copies."""
    return [line for printout in record.receipts for line in printout.lines]


def whole_lines(lines: Sequence[str | int], before: Sequence[str]) -> list[str]:
    """The receipt lines, with each number replaced by the line that it stands for."""
    known = range(len(before))
    return [line if isinstance(line, str) else before[line] if line in known else "?" for line in lines]


def _print(record: Record, body: Printed) -> None:
    before = printed_lines(record)
    lines = whole_lines(body.lines, before)
    if len(before) + len(lines) > MAX_RECEIPT_LINES:
        return
    begun = record.receipts[-1] if record.receipts else None
    if begun is None or not _goes_on(begun, body):
        record.receipts.append(Printout(copy=body.copy, lines=lines, last=body.last))
        return
    begun.lines += lines
    begun.last = body.last
    if begun.copy == UNNAMED:
        begun.copy = body.copy


def _goes_on(begun: Printout, body: Printed) -> bool:
    """Whether lines belong to the copy that was begun; not every line of a copy has to name it."""
    return not begun.last and (begun.copy == body.copy or UNNAMED in {begun.copy, body.copy})
