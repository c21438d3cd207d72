"""Our session against our terminal over a bad line: what the till believes is what the bank did.

The invariant: an ended sale agrees with the bank, one command never books twice, "nothing left"
means that nothing was booked, and what resolving proves is true.
"""

from __future__ import annotations

import random

import pytest

from drivers.driver import Options
from drivers.simulator.core.bank import Bank
from drivers.terminal import (
    BookingFinding,
    BookingProof,
    Command,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    EndReason,
    Operation,
    ResultStatus,
    Unclear,
)
from drivers.transbank.driver import DRIVER
from tests.drivers.transbank.stage import SALE, STARTED, Counter, Wire

RESOLVER = DRIVER.resolver(Options())
BEFORE = Command(Operation.SALE, "till 0", 1000, 152, sequence=17)

BEHAVIOURS = (
    "",
    'outcome = "decline"',
    'outcome = "stop_key"',
    'outcome = "refuse"',
    "tip = 900",
    "says_amount = 24000",
    'skip = ["answer"]',
    'skip = ["display"]',
    'skip = ["status"]',
    'twice = ["answer"]',
    'twice = ["display"]',
    'twice = ["status"]',
    'silence_s = 3\nsilence_before = "answer"',
    'silence_s = 8\nsilence_before = "answer"',
    'silence_s = 100\nsilence_before = "status"',
    'silence_s = 400\nsilence_before = "status"',
    *(
        f'{absence} = {{ seconds = {seconds}, at = "{point}", when = "{when}" }}'
        for absence in ("unplug", "reboot")
        for seconds in (1, 12, 90)
        for point in ("answer", "display", "status")
        for when in ("before", "after")
    ),
)


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - repeatable on purpose


def lossy(rng: random.Random, share: float) -> Wire:
    """Loses whole writes."""
    return lambda data: b"" if rng.random() < share else data


def noisy(rng: random.Random, share: float) -> Wire:
    """Changes, drops and adds single bytes."""

    def spoil(data: bytes) -> bytes:
        out = bytearray()
        for byte in data:
            if rng.random() < share:
                out += rng.choice((b"", rng.randbytes(1), bytes((byte,)) + rng.randbytes(2)))
            else:
                out.append(byte)
        return bytes(out)

    return spoil


def doubled(data: bytes) -> bytes:
    """Everything arrives twice."""
    return data * 2


def resolve(counter: Counter) -> BookingFinding:
    """A fresh line, a time to listen, and the question; as the agent does it."""
    counter.there = counter.back = bytes
    counter.session.connected(counter.now)
    counter.heard.clear()
    counter.hear_out(until=counter.now + RESOLVER.listen_s)
    counter.now += RESOLVER.listen_s
    trace = counter.bank.bookings[0].trace
    unclear = Unclear(SALE, trace, trace, STARTED)
    for question in (Command(Operation.REGISTER), *RESOLVER.questions(unclear)):
        assert isinstance(counter.perform(question), DialogueEnded)
    return RESOLVER.conclude(unclear, [counter.result()])


def check(counter: Counter) -> BookingProof | None:
    """One sale on what the counter's line has become; what resolving found, if it had to."""
    money = counter.bank.balance(152)
    end = counter.perform(SALE)
    late = [result for result in counter.late() if result.status is ResultStatus.APPROVED]
    counter.hear_out()
    taken = counter.bank.balance(152) - money
    assert len(counter.bank.bookings) <= 2
    if isinstance(end, DialogueEnded):
        results = [event.result for event in counter.outcomes() if not event.late]
        assert len(results) == 1
        assert (
            bool(taken)
            is (end.end_reason is EndReason.COMPLETED)
            is (results[0].status is ResultStatus.APPROVED)
        )
        return None
    if end.delivery is Delivery.NEVER:
        assert taken == 0
        return None
    assert taken or not late
    finding = resolve(counter)
    assert finding.found is (BookingProof.BOOKED if taken else BookingProof.NOT_BOOKED)
    assert finding.result is None or finding.result.order == counter.bank.bookings[-1].order
    return finding.found


def counter_with(behaviour: str, piece: int = 4096) -> Counter:
    """A counter that has taken one payment on a good line."""
    counter = Counter(f"[[payment]]\nwhen_amount = 25000\n{behaviour}\n", Bank(), piece=piece)
    assert isinstance(counter.perform(BEFORE), DialogueEnded)
    return counter


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("piece", [1, 4096])
def test_whatever_the_terminal_does_the_till_believes_what_the_bank_did(behaviour: str, piece: int) -> None:
    check(counter_with(behaviour, piece))


@pytest.mark.parametrize("seed", range(60))
def test_with_a_fifth_of_the_messages_lost(seed: int) -> None:
    rng = dice(seed)
    counter = counter_with(rng.choice(BEHAVIOURS))
    counter.there, counter.back = lossy(rng, 0.2), lossy(rng, 0.2)
    check(counter)


@pytest.mark.parametrize("seed", range(60))
def test_with_noise_on_the_line(seed: int) -> None:
    rng = dice(seed)
    counter = counter_with(rng.choice(BEHAVIOURS))
    counter.there, counter.back = noisy(rng, 0.02), noisy(rng, 0.02)
    check(counter)


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_with_everything_twice(behaviour: str) -> None:
    counter = counter_with(behaviour)
    counter.there = counter.back = doubled
    check(counter)


def test_the_line_is_bad_enough_to_leave_sales_unclear_and_good_enough_to_end_some() -> None:
    ends = []
    for seed in range(30):
        counter = counter_with("")
        rng = dice(seed)
        counter.there, counter.back = lossy(rng, 0.2), lossy(rng, 0.2)
        ends.append(counter.perform(SALE))
    assert any(isinstance(end, ConnectionLost) and end.delivery is Delivery.PERHAPS for end in ends)
    assert any(isinstance(end, DialogueEnded) for end in ends)


def dead_after(count: int) -> Wire:
    """Carries so many bytes and then none."""
    left = [count]

    def carry(data: bytes) -> bytes:
        part = data[: left[0]]
        left[0] -= len(part)
        return part

    return carry


@pytest.mark.parametrize("direction", ["there", "back"])
def test_a_line_that_dies_at_any_byte_leaves_nothing_unproven(direction: str) -> None:
    whole = counter_with("")
    before = len(whole.to_terminal), len(whole.to_till)
    assert check(whole) is None
    bytes_there, bytes_back = len(whole.to_terminal) - before[0], len(whole.to_till) - before[1]
    found = []
    for count in range(bytes_there if direction == "there" else bytes_back):
        counter = counter_with("")
        setattr(counter, direction, dead_after(count))
        found.append(check(counter))
    assert set(found) >= (
        {None, BookingProof.NOT_BOOKED} if direction == "there" else {None, BookingProof.BOOKED}
    )
