"""The state of a quick start: edited or damaged, it is made again from the journal, never believed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from agent.journal.schema.entry import CredentialFailed
from agent.payments import snapshot
from agent.payments.commands import PaymentCommand
from agent.payments.record import GivenBack
from agent.payments.rows import NEWEST, RowChecks, RowDiffersError, row_hash
from agent.payments.state import PaymentState
from tests.payments.world import SUPERVISOR, World

SALES = ("A-1", "A-2", "A-3")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[World]:
    """Three approved sales, and a snapshot behind them."""
    world = World(state=str(tmp_path / "state.sqlite"))
    for payment_id in SALES:
        world.pay(payment_id)
    assert snapshot.keep(world.context, world.store)
    yield world
    world.close()


def told(world: World) -> Sequence[tuple[str, str | None, int | None]]:
    """The newest payments as `last` tells them, oldest first."""
    return [(view.payment_id, view.verdict, view.terminal_amount) for view in world.service.last(10)][::-1]


DECLINED = (
    "UPDATE payment SET record = "
    """CAST(replace(record, '"verdict":"approved"', '"verdict":"declined"') AS {kind}) """
    "WHERE payment_id = 'A-2'"
)

TRUTH = [(payment_id, "approved", 1250) for payment_id in SALES]

EDITS: dict[str, tuple[str, ...]] = {
    "a verdict": (DECLINED.format(kind="BLOB"),),
    "a verdict as text": (DECLINED.format(kind="TEXT"),),
    "all records exchanged": (
        "UPDATE payment SET record = (SELECT record FROM payment WHERE payment_id = 'A-1')",
    ),
    "a deleted row": ("DELETE FROM payment WHERE payment_id = 'A-2'",),
    "all rows": ("DELETE FROM payment",),
    "another payment id": ("UPDATE payment SET payment_id = 'B-2' WHERE payment_id = 'A-2'",),
    "another place": ("UPDATE payment SET opened = 7777 WHERE payment_id = 'A-2'",),
    "a row of text": ("UPDATE payment SET record = 'nothing' WHERE payment_id = 'A-2'",),
    "a row of nothing": ("UPDATE payment SET record = x'' WHERE payment_id = 'A-2'",),
    "a row more": ("INSERT INTO payment VALUES ('A-9', 9999, '{}')",),
    "the snapshot's payments": ("UPDATE snapshot SET content = x'7b7d' WHERE part = 'payments'",),
    "the snapshot's table of rows": ("UPDATE snapshot SET content = x'' WHERE part = 'rows'",),
    "the snapshot's totals": ("DELETE FROM snapshot WHERE part = 'totals'",),
    "the snapshot's place": ("UPDATE snapshot SET content = x'00' WHERE part = 'journal'",),
    "no snapshot": ("DELETE FROM snapshot",),
    "no tables": ("DROP TABLE payment", "DROP TABLE snapshot"),
    "no buckets": ("DELETE FROM bucket",),
    "the buckets of text": ("UPDATE bucket SET content = 'x'",),
    "rows and buckets": ("DELETE FROM payment", "DELETE FROM bucket"),
    "rows without the table of buckets": ("DROP TABLE bucket",),
    "another version of the tables": ("PRAGMA user_version = 1",),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("when", ["while it runs", "before a start"])
def test_edited_state_is_made_again_from_the_journal(shop: World, edit: str, when: str) -> None:
    if when == "before a start":
        shop.kill()
        sql_anyhow(shop, EDITS[edit])
        shop.start()
        shop.until(lambda: shop.terminal.ready)
    else:
        sql_anyhow(shop, EDITS[edit])
    booked = shop.booked()
    assert told(shop) == TRUTH
    for payment_id in SALES:
        view, created = again(shop, payment_id)
        assert (view.verdict, created) == ("approved", False)
    assert shop.booked() == booked  # and nothing was charged again
    assert shop.service.get("B-2") is None
    assert shop.service.get("A-9") is None


@pytest.mark.parametrize("edit", EDITS)
def test_each_payment_alone_is_told_as_the_journal_has_it(shop: World, edit: str) -> None:
    """`get` meets the edit first, not `last`."""
    sql_anyhow(shop, EDITS[edit])
    for payment_id in reversed(SALES):
        view, created = again(shop, payment_id)
        assert (view.verdict, view.terminal_amount, created) == ("approved", 1250, False)
    assert told(shop) == TRUTH


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def garbage(path: Path) -> None:
    path.write_bytes(b"\x00garbage" * 1000)


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def scribbled(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    path.write_bytes(content)


@pytest.mark.parametrize("harm", [emptied, garbage, half, scribbled, Path.unlink])
def test_a_damaged_file_is_made_again_from_the_journal(shop: World, harm: Callable[[Path], None]) -> None:
    shop.kill()
    shop.store.close()
    harm(Path(shop.state))
    shop.start()
    shop.until(lambda: shop.terminal.ready)
    assert told(shop) == TRUTH
    booked = shop.booked()
    view, created = again(shop, "A-2")
    assert (view.verdict, created) == ("approved", False)
    assert shop.booked() == booked


def test_a_snapshot_that_fits_is_used_and_the_rest_is_read(shop: World) -> None:
    shop.pay("A-4")
    shop.restart()
    assert shop.started_from is not None
    assert told(shop) == [*TRUTH, ("A-4", "approved", 1250)]


def test_an_older_snapshot_with_its_rows_is_only_older(shop: World) -> None:
    old = sqlite3.connect(":memory:")
    sqlite3.connect(shop.state).backup(old)
    shop.pay("A-4")
    assert snapshot.keep(shop.context, shop.store)
    shop.kill()
    shop.store.close()
    target = sqlite3.connect(shop.state)
    old.backup(target)
    target.close()
    shop.start()
    shop.until(lambda: shop.terminal.ready)
    assert told(shop) == [*TRUTH, ("A-4", "approved", 1250)]


def test_a_refund_of_an_edited_sale_is_counted_on_the_true_one(shop: World) -> None:
    """The edit is met in the middle of a commit: what is written then is applied once."""
    sql_anyhow(shop, EDITS["a verdict"])
    command = PaymentCommand(payment_id="R-1", payment="refund", original="A-2", amount=1000, currency="EUR")
    view, _ = shop.do(shop.service.put, command)
    shop.until(lambda: shop.view("R-1").phase == "done")
    assert shop.view("R-1").verdict == "approved"
    record = shop.context.payments.get("A-2")
    assert record is not None
    assert record.taken_back == {"R-1": GivenBack(1000, sure=True)}
    assert len(record.receipts) == len({receipt.copy for receipt in record.receipts})
    assert view.payment_id == "R-1"


def test_a_full_disk_keeps_the_old_snapshot(shop: World) -> None:
    shop.pay("A-4")
    db = sqlite3.connect(shop.state)
    db.execute("BEGIN EXCLUSIVE")  # as a disk that takes nothing
    shop.store._db.execute("PRAGMA busy_timeout = 1")
    assert not snapshot.keep(shop.context, shop.store)
    db.rollback()
    db.close()
    assert told(shop) == [*TRUTH, ("A-4", "approved", 1250)]
    shop.restart()
    assert told(shop) == [*TRUTH, ("A-4", "approved", 1250)]


def sql_anyhow(world: World, statements: tuple[str, ...]) -> None:
    db = sqlite3.connect(world.state)
    with db:
        for statement in statements:
            db.execute(statement)
    db.close()


def again(world: World, payment_id: str) -> tuple[PaymentState, bool]:
    """The till sends the same payment once more."""
    command = PaymentCommand(payment_id=payment_id, payment="sale", amount=1250, currency="EUR", till="1")
    view, created = world.do(world.service.put, command)
    return view, created


def test_the_checks_hold_nothing_that_looks_like_a_card_number_and_do_not_grow() -> None:
    stored: dict[int, bytes] = {}
    checks, size = RowChecks(), len(RowChecks().to_bytes())
    for begin in range(0, 2_000, 500):
        rows = [(f"A-{number}", number, b"record") for number in range(begin, begin + 500)]
        checks, buckets = checks.with_rows(rows, stored.get)
        stored |= buckets
    assert len(checks.to_bytes()) == size
    assert all((byte & 0xF) > 9 for content in (checks.to_bytes(), *stored.values()) for byte in content)
    again = RowChecks(checks.to_bytes(), checks.newest)
    for number in range(2_000):
        row = (f"A-{number}", number, b"record")
        assert again.expected(row[0], stored.get) == row_hash(row)
    assert again.expected("B-66", stored.get) is None
    assert [opened for opened, _ in again.newest] == list(range(1_999, 1_999 - NEWEST, -1))


NOTHING: dict[int, bytes] = {}


def test_a_bucket_that_was_exchanged_is_no_bucket() -> None:
    checks, buckets = RowChecks().with_rows([("A-1", 1, b"one")], NOTHING.get)
    ((number, content),) = buckets.items()
    _, others = RowChecks().with_rows([("A-1", 1, b"two")], NOTHING.get)
    for read in ({}, {number: b""}, {number: content + content}, others):
        with pytest.raises(RowDiffersError):
            checks.expected("A-1", read.get)
    with pytest.raises(RowDiffersError):
        RowChecks().expected("A-1", buckets.get)  # where nothing may be, something is


def derived(world: World) -> list[object]:
    """All that is derived from the journal and kept for a quick start, but the payments."""
    context = world.context
    parts = (context.totals, context.people, context.alarms, context.ages)
    return [json.loads(part.to_bytes().partition(b"\n")[2]) for part in parts]


def test_a_quick_start_brings_back_all_that_the_whole_journal_says(shop: World) -> None:
    shop.context.write(
        *shop.context.alarms.raising("amount_differs", "A-1", {"asked": 1, "told": 2, "currency": "EUR"}),
        CredentialFailed(payment_id="A-1", person=SUPERVISOR, place="till"),
    )
    assert snapshot.keep(shop.context, shop.store)
    shop.restart()
    starts, quick = [shop.started_from], derived(shop)
    shop.store.forget()
    shop.restart()
    starts.append(shop.started_from)
    assert [start is None for start in starts] == [False, True]
    assert derived(shop) == quick


def test_a_payment_that_is_over_leaves_no_feed_behind(shop: World) -> None:
    """Each would stay for ever, and a shop takes a hundred thousand payments between two starts."""
    assert shop.service._feeds == {}
