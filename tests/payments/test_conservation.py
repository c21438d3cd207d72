"""Of one sale never more is given back than it took, in whatever order refunds and reversals end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.journal.schema.entry import (
    AnyBody,
    BecameUnclear,
    Completed,
    Entry,
    Fact,
    NotSent,
    PaymentKind,
    Refused,
    Requested,
    Resolved,
    Submitted,
    TerminalResult,
    UnsolicitedResult,
)
from agent.payments.index import PaymentIndex
from agent.payments.record import Record
from agent.payments.store import PaymentStore
from tests.payments.conftest import Make
from tests.payments.world import World

AT = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)
SALE = "A-1"


class Books:
    """An index that is told entries, as several terminals of one shop write them."""

    def __init__(self) -> None:
        self.payments = PaymentIndex(PaymentStore(":memory:"))
        self._next = 0

    def write(self, *bodies: AnyBody) -> None:
        for body in bodies:
            self.payments.apply(Entry(index=self._next, at=AT, boot_ms=0, body=body))
            self._next += 1

    def request(
        self, payment_id: str, kind: PaymentKind, amount: int | None, terminal: str = "front"
    ) -> None:
        self.write(
            Requested(
                payment_id=payment_id,
                payment=kind,
                terminal=terminal,
                till="1",
                amount=amount,
                currency="EUR" if amount is not None else None,
                original="" if kind == "sale" else SALE,
            )
        )

    def send(
        self, payment_id: str, kind: PaymentKind, amount: int | None = None, terminal: str = "front"
    ) -> None:
        self.request(payment_id, kind, amount, terminal)
        self.write(Submitted(payment_id=payment_id, receipts="till"))

    def tell(self, payment_id: str, **told: object) -> None:
        """The terminal approves it, and says what `told` holds."""
        result = TerminalResult(payment_id=payment_id, verdict="approved", **told)  # type: ignore[arg-type]  # one of the kinds, fields by name
        self.write(result, Completed(payment_id=payment_id))

    def sale(self, asked: int = 5000, **told: object) -> Record:
        self.send(SALE, "sale", asked)
        self.tell(SALE, **told)
        return self.record()

    def record(self, payment_id: str = SALE) -> Record:
        record = self.payments.get(payment_id)
        assert record is not None
        return record


# ---- finding 1: a set kept as one cell ----


def not_given(payment_id: str) -> dict[str, AnyBody]:
    why = Fact("test.why")
    return {
        "refused": Refused(payment_id=payment_id),
        "declined": TerminalResult(payment_id=payment_id, verdict="declined"),
        "cancelled": TerminalResult(payment_id=payment_id, verdict="cancelled"),
        "not_sent": NotSent(payment_id=payment_id, why=why),
        "resolved": Resolved(payment_id=payment_id, verdict="declined", proof=why),
    }


@pytest.mark.parametrize("end", list(not_given("")))
@pytest.mark.parametrize("first", ["approved", "under way", "unclear"])
def test_a_second_reversal_that_fails_takes_no_mark_off(first: str, end: str) -> None:
    books = Books()
    books.sale()
    books.send("S-1", "reversal", terminal="front")
    if first == "approved":
        books.tell("S-1")
    elif first == "unclear":
        books.write(BecameUnclear(payment_id="S-1", why=Fact("test.why")))
    if end == "refused":
        books.request("S-2", "reversal", None, terminal="back")
    else:
        books.send("S-2", "reversal", terminal="back")
    books.write(not_given("S-2")[end])
    record = books.record()
    assert (record.reversed_by, record.left) == ("S-1", 0)


def test_resolving_an_unclear_reversal_to_declined_frees_it_and_only_it() -> None:
    books = Books()
    books.sale()
    for number in ("S-1", "S-2"):
        books.send(number, "reversal", terminal=number)
        books.write(BecameUnclear(payment_id=number, why=Fact("test.why")))
    books.write(Resolved(payment_id="S-1", verdict="declined", person="carl", witness="anna"))
    assert (books.record().reversed_by, books.record().left) == ("S-2", 0)
    books.write(Resolved(payment_id="S-2", verdict="declined", person="carl", witness="anna"))
    assert (books.record().reversed_by, books.record().left) == ("", 5000)


def test_the_approved_reversal_is_the_one_that_stands() -> None:
    books = Books()
    books.sale()
    books.send("S-1", "reversal", terminal="front")
    books.write(BecameUnclear(payment_id="S-1", why=Fact("test.why")))
    books.send("S-2", "reversal", terminal="back")
    books.tell("S-2")
    assert books.record().reversed_by == "S-2"


def test_a_reversal_whose_approval_is_told_after_its_no_counts() -> None:
    books = Books()
    books.sale()
    books.send("S-1", "reversal")
    books.write(TerminalResult(payment_id="S-1", verdict="declined"))
    assert books.record().left == 5000
    late = TerminalResult(payment_id="S-1", verdict="approved", amount=5000, currency="EUR")
    books.write(UnsolicitedResult(terminal="front", result=late))
    assert (books.record().reversed_by, books.record().left) == ("S-1", 0)


def test_clicks_after_a_reversal_give_nothing_more_back(world: World) -> None:
    world.pay(SALE, 5000)
    assert world.pay("S-1", None, payment="reversal", original=SALE).verdict == "approved"
    for click in range(3):
        assert world.pay(f"R-{click}", 5000, payment="refund", original=SALE).verdict == "refused"
        assert world.pay(f"S-2{click}", None, payment="reversal", original=SALE).verdict == "refused"
    world.restart()
    assert world.pay("R-9", 5000, payment="refund", original=SALE).verdict == "refused"
    assert world.bank.balance() == 0


# ---- finding 8: a number without its unit, and zero taken for silence ----


@pytest.mark.parametrize(
    ("asked", "told", "left"),
    [
        (10000, {"amount": 10000, "currency": "EUR"}, 10000),
        (10000, {"amount": 39000, "currency": "HUF"}, 10000),
        (6100, {"amount": 9999, "currency": "JPY"}, 6100),
        (5000, {"amount": 9, "currency": "999"}, 5000),
        (5000, {"amount": 0, "currency": "EUR"}, 0),
        (5000, {"amount": 0}, 0),
        (5000, {}, 5000),
        (5000, {"currency": "HUF"}, 5000),
        (5000, {"amount": 500, "currency": "EUR"}, 500),
        (5000, {"amount": 500}, 500),
        (5000, {"amount": 50000}, 5000),
        (5000, {"amount": 5500, "currency": "EUR", "tip": 500}, 5500),
        (5000, {"amount": 5500, "tip": 500}, 5500),
    ],
)
def test_what_may_be_given_back_is_what_was_booked_in_the_sales_own_currency(
    asked: int, told: dict[str, object], left: int
) -> None:
    assert Books().sale(asked, **told).left == left


@pytest.mark.parametrize(
    ("asked", "told", "left"),
    [
        (1000, {"amount": 1000, "currency": "EUR"}, 9000),
        (1000, {"amount": 9000, "currency": "EUR"}, 1000),
        (1000, {"amount": 9000}, 1000),
        (1000, {"amount": 900, "currency": "EUR"}, 9100),
        (1000, {"amount": 900}, 9000),
        (1000, {"amount": 0, "currency": "EUR"}, 10000),
        (1000, {"amount": 390000, "currency": "HUF"}, 9000),
        (1000, {"amount": 1, "currency": "HUF"}, 9000),
        (1000, {}, 9000),
    ],
)
def test_a_refund_counts_as_what_it_paid(asked: int, told: dict[str, object], left: int) -> None:
    books = Books()
    books.sale(10000, amount=10000, currency="EUR")
    books.send("R-1", "refund", asked)
    books.tell("R-1", **told)
    assert books.record().left == left


def test_a_decline_that_names_an_amount_does_not_say_what_persons_approved_later() -> None:
    books = Books()
    books.send(SALE, "sale", 5000)
    books.write(
        BecameUnclear(payment_id=SALE, why=Fact("test.why")),
        TerminalResult(payment_id=SALE, verdict="declined", amount=9, currency="EUR"),
        Resolved(payment_id=SALE, verdict="approved", person="carl", witness="anna"),
    )
    assert books.record().left == 5000


def test_a_refund_that_paid_all_for_a_part_asked_ends_it(make: Make) -> None:
    world = make("[[refund]]\ntip = 4900")
    world.pay(SALE, 5000)
    world.pay("R-1", 100, payment="refund", original=SALE)
    assert world.pay("R-2", 100, payment="refund", original=SALE).verdict == "refused"


# ---- any order ----

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["refund", "refund", "reversal"]),
        st.integers(min_value=1, max_value=6000),
        st.sampled_from(["approve", "decline", "lose", "resolve yes", "resolve no", "late yes", "cancel"]),
        st.integers(min_value=0, max_value=9),
    ),
    min_size=1,
    max_size=40,
)


def ends(payment_id: str, record: Record, how: str) -> tuple[AnyBody, ...]:
    """What a terminal or persons may say of a payment in this state."""
    why = Fact("test.why")
    told = TerminalResult(
        payment_id=payment_id, verdict="approved", amount=record.amount, currency=record.currency
    )
    running = record.open and record.submission is not None
    choices: dict[str, tuple[bool, tuple[AnyBody, ...]]] = {
        "approve": (running, (told, Completed(payment_id=payment_id))),
        "decline": (running, (TerminalResult(payment_id=payment_id, verdict="declined"),)),
        "lose": (running, (BecameUnclear(payment_id=payment_id, why=why),)),
        "resolve yes": (record.verdict == "unclear", (Resolved(payment_id=payment_id, verdict="approved"),)),
        "resolve no": (record.verdict == "unclear", (Resolved(payment_id=payment_id, verdict="declined"),)),
        "late yes": (
            record.verdict in {"unclear", "declined"},
            (UnsolicitedResult(terminal="front", result=told), BecameUnclear(payment_id=payment_id, why=why)),
        ),
        "cancel": (False, ()),
    }
    fits, bodies = choices[how]
    return bodies if fits else ()


def possibly_paid(books: Books, payment_id: str) -> int:
    """What the bank may have paid out, told apart from our books: by the verdict alone."""
    record = books.record(payment_id)
    if record.verdict in {"declined", "refused", "cancelled", "not_sent"}:
        return 0
    return record.amount if record.amount is not None else 5000


@given(steps=STEPS)
def test_in_any_order_and_on_any_terminal(steps: list[tuple[str, int, str, int]]) -> None:
    books, names = Books(), list[str]()
    books.sale(amount=5000, currency="EUR")
    for number, (kind, amount, how, which) in enumerate(steps):
        original = books.record()
        asks = original.left if kind == "reversal" else amount
        whole_is_free = kind == "refund" or not original.given_back
        payment_id = f"P-{number}"
        value = None if kind == "reversal" else amount
        if original.left and asks <= original.left and whole_is_free:
            books.send(payment_id, kind, value, terminal=f"t{number % 3}")  # type: ignore[arg-type]  # one of the kinds, fields by name
        else:
            books.request(payment_id, kind, value)  # type: ignore[arg-type]  # one of the kinds, fields by name
            books.write(Refused(payment_id=payment_id))
        names.append(payment_id)
        of = names[which % len(names)]
        if how != "late yes":  # a terminal that tells another truth than it told is not in our hands
            books.write(*ends(of, books.record(of), how))
        possible = sum(possibly_paid(books, name) for name in names)
        assert possible <= 5000
        assert books.record().given_back == possible
        assert books.record().left == 5000 - possible


@given(steps=STEPS)
def test_a_late_yes_counts_whatever_was_said_before(steps: list[tuple[str, int, str, int]]) -> None:
    books, names = Books(), list[str]()
    books.sale(amount=5000, currency="EUR")
    for number, (kind, amount, how, which) in enumerate(steps):
        payment_id = f"P-{number}"
        books.send(payment_id, kind, None if kind == "reversal" else amount)  # type: ignore[arg-type]  # one of the kinds, fields by name
        names.append(payment_id)
        of = names[which % len(names)]
        books.write(*ends(of, books.record(of), how))
        sure = [name for name in names if books.record(name).possibly_booked]
        taken = sum(books.record(name).amount or 0 for name in sure)
        assert books.record().refunded == taken
        reversals = {name for name in sure if books.record(name).payment == "reversal"}
        assert (books.record().reversed_by in reversals) if reversals else not books.record().reversed_by
        assert books.record().left == (0 if reversals else max(0, 5000 - taken))
