"""A disk that fills up, breaks or loses the journal's folder during a payment, and a clock set back."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from agent.api.v1.bodies import PaymentRequest, PaymentView, StatusView
from agent.cli.ui.client import RefusedError
from agent.journal.schema.entry import ClockMoved
from agent.payments.state import PaymentState
from agent.texts import say
from tests.payments.world import World
from tests.support.looking import until
from tests.system.faults.stage import MINE, SALE, Shop

AFTER_THE_REASON = say("journal.broken").partition("). ")[2]

# Room for a start to make the derived state again; the rest is filled.
TMPFS_BYTES = 8 << 20
EXT4_BYTES = 16 << 20
# One payment writes some 6 KB; what is reserved is used up after twenty of them.
MORE_THAN_THE_RESERVE = 100
SMALL = PaymentRequest(payment="sale", amount=700, currency="EUR")
# Two seconds, in which the test does its harm.
SLOW_TERMINAL = """\
[terminal]
software = "TILLGATE-SIM 1"
answer_timeout_s = 1

[[payment]]
when_amount = 1250
silence_s = 40
"""

MakeShop = Callable[..., Shop]


def opened(shop: Shop) -> Shop:
    shop.script(SLOW_TERMINAL)
    shop.environment.start_terminal()
    shop.start_agent()
    shop.until_ready()
    return shop


@pytest.fixture
def open_shop(first_day: Shop, tmp_path: Path) -> Iterator[Shop]:
    shop = first_day.copied(tmp_path / "shop")
    try:
        yield opened(shop)
    finally:
        shop.environment.close()


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if os.geteuid() != 0 or done.returncode:
        pytest.skip(f"a small disk needs root and a kernel that lets it: {done.stderr.strip()}")


@pytest.fixture
def make(first_day: Shop, tmp_path: Path) -> Iterator[MakeShop]:
    """A shop whose journal and state lie on a disk of their own."""
    shop, place = first_day.copied(tmp_path / "shop"), tmp_path / "disk"

    def made(*options: str) -> Shop:
        place.mkdir()
        mount(*options, str(place))
        for name in ("journal", "state"):
            path = shop.environment.folder / name
            shutil.move(path, place / name)
            path.symlink_to(place / name)
        os.sync()  # as an installer's disk has been long before it breaks
        return opened(shop)

    yield made
    shop.environment.close()
    if place.is_mount():
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def begin_payment(shop: Shop) -> None:
    """The terminal has it and has not answered yet."""
    shop.environment.api.call("PUT", f"/v1/payments/{MINE}", PaymentView, SALE)
    until(lambda: shop.sent() == 1, shop.said)


def followed(shop: Shop) -> PaymentView:
    until(lambda: shop.view().phase == "done", shop.said)
    return shop.view()


def ended(shop: Shop) -> int:
    """The exit status of the agent, which ends by itself."""
    agent = shop.environment.programs.pop("agent")
    return agent.wait(30)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as filler:
        try:
            while filler.write(bytes(4096)):
                pass
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


def pay_until_refused(shop: Shop) -> RefusedError:
    """Every payment that is taken is approved; then comes the refusal."""
    for number in range(MORE_THAN_THE_RESERVE):
        try:
            view = shop.pay(f"B-{number}", SMALL)
        except RefusedError as refusal:
            return refusal
        assert view is not None
        assert view.verdict == "approved"
    raise AssertionError("the full disk took everything")


def test_on_a_disk_that_fills_up_what_runs_is_finished_and_nothing_new_is_begun(make: MakeShop) -> None:
    shop = make("-t", "tmpfs", "-o", f"size={TMPFS_BYTES}", "tmpfs")
    filler = shop.environment.journal.resolve().parents[1] / "filler"
    begin_payment(shop)
    fill(filler)
    view = followed(shop)
    assert view.verdict == "approved"
    shop.judge(view)
    refusal = pay_until_refused(shop)
    assert refusal.status == 503
    assert refusal.answer.error == "disk_full"
    assert "no money has moved" in refusal.answer.money
    shop.environment.stop("agent")
    filler.unlink()
    shop.start_agent()
    shop.until_ready()
    again = shop.pay("C-1", SMALL)
    assert again is not None
    assert again.verdict == "approved"
    known = shop.pay()
    assert known is not None
    shop.judge(known, "approved")


def test_an_agent_that_starts_on_a_full_disk_takes_no_payment_and_says_so(make: MakeShop) -> None:
    shop = make("-t", "tmpfs", "-o", f"size={TMPFS_BYTES}", "tmpfs")
    shop.environment.stop("agent")
    fill(shop.environment.journal.resolve().parents[1] / "filler")
    shop.start_agent()
    agent = shop.environment.programs["agent"]
    until(lambda: agent.poll() is not None or shop.is_ready(), shop.said)
    if agent.poll() is None:
        assert "disk is full" in shop.environment.api.call("GET", "/v1/status", StatusView).refusal_reason
    else:
        assert ended(shop) == os.EX_CONFIG
        assert "again" in shop.said().splitlines()[-1]


def test_a_disk_that_becomes_read_only_ends_the_agent_before_it_acknowledges(
    make: MakeShop, tmp_path: Path
) -> None:
    image = tmp_path / "image"
    image.touch()
    os.truncate(image, EXT4_BYTES)
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("a disk that breaks needs mkfs.ext4")
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    shop = make("-t", "ext4", "-o", "loop", str(image))
    place = shop.environment.journal.resolve().parents[1]
    begin_payment(shop)
    subprocess.run(["mount", "-o", "remount,abort", str(place)], check=True)
    assert ended(shop) == os.EX_SOFTWARE
    assert AFTER_THE_REASON in shop.said()
    until(lambda: bool(shop.bookings("reversed")), shop.said)
    subprocess.run(["umount", str(place)], check=True)
    subprocess.run(["fsck.ext4", "-p", str(image)], check=False, capture_output=True)
    mount("-t", "ext4", "-o", "loop", str(image), str(place))
    resolved(shop, "declined")


def test_a_journal_folder_that_disappears_ends_the_agent_before_it_acknowledges(open_shop: Shop) -> None:
    shop, folder = open_shop, open_shop.environment.journal
    begin_payment(shop)
    folder.rename(folder.with_name("elsewhere"))
    assert ended(shop) == os.EX_SOFTWARE
    assert AFTER_THE_REASON in shop.said()
    until(lambda: bool(shop.bookings("reversed")), shop.said)
    # Without the journal it must not begin another one in its place.
    shop.start_agent()
    assert ended(shop) == os.EX_CONFIG
    assert "missing_file" in shop.said()
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_name("elsewhere").rename(folder)
    resolved(shop, "declined")


def resolved(shop: Shop, verdict: str) -> None:
    """After the repair a start is all that is needed."""
    shop.start_agent()
    shop.until_ready()
    view = shop.pay()
    assert view is not None
    assert view.verdict == verdict
    shop.judge(view)


# ---- the wall clock: it cannot be moved for one process alone, so the agent lives in this one ----

TWO_HOURS = timedelta(hours=2)


def test_a_clock_set_back_two_hours_is_in_the_journal_and_frees_no_limit() -> None:
    # The world's morning is at nine, so two hours back is yesterday's business.
    with closing(
        World(rules='hard = "2000.00"\nday_sum_block = "20.00"\nbusiness_day_starts = "08:00"')
    ) as world:
        assert world.pay("A-1").verdict == "approved"
        world.outside.set_back = TWO_HOURS
        assert world.pay("A-2").verdict == "refused"
        moved = [entry.body.by_ms for entry in world.disk.entries() if isinstance(entry.body, ClockMoved)]
        assert len(moved) == 1
        assert abs(moved[0] + TWO_HOURS // timedelta(milliseconds=1)) < 10_000


def pay_again(world: World) -> PaymentState:
    """The same amount once more: the cashier is asked, and means it."""
    assert world.pay("A-2").phase == "asking"
    world.answer("A-2", "yes")
    return world.follow("A-2")


def test_with_a_clock_set_back_an_older_payment_is_not_taken_for_ours() -> None:
    """The same amount, stored two hours "later" than the question."""
    with closing(World('[[payment]]\n[[payment]]\nunplug = { seconds = 200, at = "status" }')) as world:
        assert world.pay("A-1").verdict == "approved"
        world.outside.set_back = TWO_HOURS
        assert pay_again(world).verdict == "unclear"
        world.until(lambda: world.terminal.ready)
        assert world.view("A-2").verdict in {"declined", "unclear"}
        assert world.booked() == [1250]


def test_with_a_clock_set_back_a_booked_payment_is_never_called_unbooked() -> None:
    """Its completion is lost: the terminal has it, with a time two hours ahead."""
    orders = '[[payment]]\n[[payment]]\nunplug = { seconds = 5, at = "completion" }'
    with closing(World(orders)) as world:
        assert world.pay("A-1").verdict == "approved"
        world.outside.set_back = TWO_HOURS
        pay_again(world)
        world.until(lambda: world.terminal.ready)
        assert world.booked() == [1250, 1250]
        assert world.view("A-2").verdict in {"approved", "unclear"}
