"""What the payment index knows of a terminal's day, which resolving a lost close stands on."""

from __future__ import annotations

from datetime import UTC, datetime

from agent.journal.schema.entry import AnyBody, Completed, Entry, PaymentKind, Requested, TerminalResult
from agent.payments.index import PaymentIndex, TerminalDay
from agent.payments.store import PaymentStore

AT = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)


class Told:
    """A payment index that is told of approved payments, one after the other."""

    def __init__(self) -> None:
        self.payments = PaymentIndex(PaymentStore(":memory:"))
        self._index = 0

    def approved(
        self, payment_id: str, payment: PaymentKind, amount: int | None = None, original: str = ""
    ) -> None:
        self._write(
            Requested(
                payment_id=payment_id,
                payment=payment,
                terminal="front",
                till="",
                amount=amount,
                original=original,
            )
        )
        self._write(TerminalResult(payment_id=payment_id, verdict="approved", amount=amount))
        self._write(Completed(payment_id=payment_id))

    def _write(self, body: AnyBody) -> None:
        entry = Entry(index=self._index, at=AT, boot_ms=0, body=body)
        self.payments.apply(entry)
        self._index += 1

    @property
    def day(self) -> TerminalDay:
        return self.payments.day("front")


def test_a_day_holds_what_stands_since_its_close() -> None:
    told = Told()
    told.approved("A-1", "sale", 1000)
    assert (told.day.count, told.day.total, told.day.whole) == (1, 1000, False)
    told.approved("Z-1", "close_day")
    told.approved("A-2", "sale", 1250)
    told.approved("A-3", "refund", 250, original="A-1")
    assert (told.day.count, told.day.total, told.day.whole) == (2, 1000, True)
    told.approved("A-4", "reversal", original="A-2")
    assert (told.day.count, told.day.total, told.day.whole) == (1, -250, True)


def test_a_day_with_a_reversal_of_an_older_payment_is_not_whole() -> None:
    told = Told()
    told.approved("A-1", "sale", 1000)
    told.approved("Z-1", "close_day")
    told.approved("A-2", "reversal", original="A-1")
    assert not told.day.whole
    told.approved("Z-2", "close_day")
    assert told.day == TerminalDay(since=told.day.since, whole=True)
