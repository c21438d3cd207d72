"""Printed receipts: a line that was printed before is not written twice, and nothing of it is lost."""

from __future__ import annotations

import pytest

from agent.journal.schema.entry import Printed, Requested
from agent.payments.mapping import printed
from agent.payments.record import MAX_RECEIPT_LINES, Record, begin, change
from drivers.terminal import Copy, Receipt
from tests.journal.conftest import MORNING
from tests.payments.world import World

COPIES = [
    Receipt(Copy.MERCHANT, ("Shop", "Merchant", "12,50 EUR", "", "--")),
    Receipt(Copy.MERCHANT, ("12,50 EUR", "--", "Thank you"), last=True),
    Receipt(Copy.CUSTOMER, ("Shop", "Customer", "12,50 EUR", "", "--", "0"), last=True),
]


def record() -> Record:
    return begin(
        Requested(payment_id="A-1", payment="sale", terminal="front", till="1", amount=1250, currency="EUR"),
        0,
        MORNING,
    )


def test_a_line_that_was_printed_before_is_counted_and_comes_back_whole() -> None:
    made = record()
    for index, receipt in enumerate(COPIES):
        change(made, printed(made, receipt), index)
    merchant, customer = made.receipts
    assert merchant.lines == [*COPIES[0].lines, *COPIES[1].lines]
    assert customer.lines == list(COPIES[2].lines)


def test_the_second_copy_holds_only_what_is_its_own() -> None:
    made = record()
    change(made, printed(made, COPIES[0]), 0)
    assert printed(made, COPIES[2]).lines == [0, "Customer", 2, "", 4, "0"]


@pytest.mark.parametrize("wrong", [99, -1])
def test_a_line_that_nobody_printed_is_told_and_ends_nothing(wrong: int) -> None:
    made = record()
    change(made, printed(made, COPIES[0]), 0)
    change(made, Printed(payment_id="A-1", copy="customer", lines=["a", wrong]), 1)
    assert made.receipts[-1].lines == ["a", "?"]


def test_beyond_the_bound_nothing_is_counted_on() -> None:
    made = record()
    change(made, Printed(payment_id="A-1", copy="merchant", lines=["long line"] * MAX_RECEIPT_LINES), 0)
    more = Receipt(Copy.CUSTOMER, ("not kept", "long line"))
    for index in (1, 2):
        entry = printed(made, more)
        assert entry.lines == ["not kept", 0]
        change(made, entry, index)


def test_the_till_gets_each_copy_whole(world: World) -> None:
    view = world.pay()
    assert view.verdict == "approved"
    merchant, customer = world.service.receipts("A-1")
    assert all(isinstance(line, str) for line in customer.lines)
    assert len(customer.lines) == len(merchant.lines)
    counted = [
        line
        for entry in world.disk.entries()
        if isinstance(entry.body, Printed)
        for line in entry.body.lines
        if isinstance(line, int)
    ]
    assert counted


def printed_by_lines(*lines: tuple[Copy, str, bool]) -> list[tuple[str, list[str], bool]]:
    made = record()
    for index, (copy, line, last) in enumerate(lines):
        change(made, printed(made, Receipt(copy, (line,), last)), index)
    return [(one.copy, one.lines, one.last) for one in made.receipts]


def test_two_receipts_by_lines_stay_apart_at_the_mark_of_their_last_line() -> None:
    nameless = Copy.UNKNOWN
    assert printed_by_lines(
        (nameless, "Merchant", False),
        (nameless, "--", True),
        (nameless, "Customer", False),
        (nameless, "--", True),
    ) == [("unknown", ["Merchant", "--"], True), ("unknown", ["Customer", "--"], True)]


def test_a_copy_that_only_one_of_its_lines_names_is_one_copy() -> None:
    assert printed_by_lines(
        (Copy.UNKNOWN, "Shop", False),
        (Copy.MERCHANT, "Merchant", False),
        (Copy.UNKNOWN, "--", True),
        (Copy.CUSTOMER, "Customer", False),
        (Copy.UNKNOWN, "--", True),
    ) == [("merchant", ["Shop", "Merchant", "--"], True), ("customer", ["Customer", "--"], True)]


def test_another_copy_begins_without_a_mark_when_it_is_named() -> None:
    assert printed_by_lines((Copy.MERCHANT, "a", False), (Copy.CUSTOMER, "b", False)) == [
        ("merchant", ["a"], False),
        ("customer", ["b"], False),
    ]
