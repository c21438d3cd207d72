"""Our session against our terminal over a bad line: what the till believes is what the bank did."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.ecr17.driver import DRIVER
from drivers.ecr17.frame import SCOPES
from drivers.ecr17.resolve import LONGEST_DIALOGUE
from drivers.terminal import (
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
from tests.drivers.ecr17.counter import LAST, OPTIONS, SALE, STARTED, STATUS, Cable, Counter
from tests.support import cards

TILL_PRINTS = replace(OPTIONS, receipts="till")
REVERSAL = Command(Operation.REVERSAL, "till 2", original_trace=1)
CLOSE = Command(Operation.CLOSE_DAY, "till 3")

points = st.sampled_from(["answer", "display", "status", "receipt"])
absences = st.tuples(st.sampled_from(["unplug", "reboot"]), st.sampled_from([1, 8, 60, 700]))
troubles = st.builds(
    lambda absence, point, when: (
        f'{absence[0]} = {{ seconds = {absence[1]}, at = "{point}", when = "{when}" }}\n'
    ),
    absences,
    points,
    st.sampled_from(["before", "after"]),
)
behaviours = st.one_of(
    st.just(""),
    st.sampled_from(['outcome = "decline"\n', 'outcome = "stop_key"\n', 'outcome = "refuse"\n']),
    st.builds('skip = ["{}"]\n'.format, points),
    st.builds('twice = ["{}"]\n'.format, points),
    st.builds(
        'silence_s = {}\nsilence_before = "{}"\n'.format,
        st.sampled_from([1.5, 3.0, 8.0, 100.0, 900.0]),
        points,
    ),
    troubles,
)


def bad_cable(seed: int, loss: float) -> Cable:
    """Drops whole turns, single bytes, and turns bits; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def carry(data: bytes, _from_till: bool) -> bytes:
        if data and chance.random() < loss:
            return b""
        out = bytearray()
        for byte in data:
            if chance.random() < loss / 50:
                continue
            out.append(byte ^ 1 << chance.randrange(8) if chance.random() < loss / 50 else byte)
        return bytes(out)

    return carry


def believe(counter: Counter, end: DialogueEnded | ConnectionLost, command: Command = SALE) -> None:
    """The till never believes more than is true."""
    booked = len([booking for booking in counter.bank.bookings if booking.state.value == "booked"])
    assert booked <= 1
    told = [outcome for outcome in counter.outcomes() if not outcome.late]
    if isinstance(end, DialogueEnded):
        assert counter.bank.balance() == (1010 if end.end_reason is EndReason.COMPLETED else 0)
        assert (end.end_reason is EndReason.COMPLETED) == any(
            one.result.status is ResultStatus.APPROVED for one in told
        )
    elif end.delivery is Delivery.NEVER:
        assert counter.bank.bookings == ()
    else:
        resolve(counter, command)


def resolve(counter: Counter, command: Command) -> BookingProof:
    """A fresh line, the status, the questions; early and once the longest dialogue is over."""
    counter.cable = lambda data, _from_till: data
    resolver, found = DRIVER.resolver(OPTIONS), BookingProof.UNPROVEN
    for later in (timedelta(minutes=1), LONGEST_DIALOGUE):
        counter.now += later.total_seconds()
        counter.session.connected(counter.now)
        counter.terminal.connected(counter.now)
        if not isinstance(counter.wait_until_quiet().perform(STATUS), DialogueEnded):
            continue
        unclear = Unclear(command, 0, 0, STARTED, inquired_at=STARTED + timedelta(seconds=counter.now))
        answers = []
        for question in resolver.questions(unclear):
            counter.perform(question)
            outcomes = [one.result for one in counter.outcomes() if not one.late]
            answers.append(outcomes[-1] if outcomes else None)
        found = resolver.conclude(unclear, answers).found
        if found is not BookingProof.UNPROVEN:
            assert (found is BookingProof.BOOKED) == (counter.bank.balance() == 1010)
    return found


@given(behaviours, st.integers(0, 10_000), st.sampled_from([0.0, 0.05, 0.2]), st.booleans(), st.booleans())
@settings(max_examples=300, deadline=None, derandomize=True)
@example("", 1, 0.2, False, True)
def test_what_the_till_believes_is_what_the_bank_did(
    behaviour: str, seed: int, loss: float, prints: bool, slow: bool
) -> None:
    counter = Counter(f"[[payment]]\n{behaviour}", options=TILL_PRINTS if prints else OPTIONS)
    counter.perform(STATUS)
    counter.cable = bad_cable(seed, loss)
    counter.accept_after_s = 3.0 if slow else 0.0
    believe(counter, counter.perform(SALE))


def cut_after(count: int, side: bool) -> tuple[Cable, list[bool]]:
    """Lets so many bytes of one side through; then nothing of either. The list tells whether it was cut."""
    left, is_cut = [count], [False]

    def carry(data: bytes, from_till: bool) -> bytes:
        if is_cut[0] or not data or from_till is not side:
            return b"" if is_cut[0] else data
        passed, left[0] = data[: left[0]], left[0] - min(left[0], len(data))
        is_cut[0] = len(passed) < len(data)
        return passed

    return carry, is_cut


@pytest.mark.parametrize("from_till", [True, False])
def test_a_line_that_dies_at_any_byte_leaves_nothing_wrongly_believed(from_till: bool) -> None:
    heard: set[Delivery | EndReason] = set()
    for count in range(1000):
        counter = Counter(options=TILL_PRINTS)
        counter.perform(STATUS)
        counter.cable, is_cut = cut_after(count, from_till)
        end = counter.perform(SALE)
        heard.add(end.delivery if isinstance(end, ConnectionLost) else end.end_reason)
        believe(counter, end)
        if not is_cut[0]:
            break
    assert heard == {Delivery.NEVER, Delivery.PERHAPS, EndReason.COMPLETED}


@pytest.mark.parametrize("prints", [False, True])
def test_a_line_that_says_everything_twice_pays_once(prints: bool) -> None:
    counter = Counter(options=TILL_PRINTS if prints else OPTIONS)
    counter.perform(STATUS)
    counter.cable = lambda data, _from_till: 2 * data
    for number in range(1, 4):
        assert isinstance(counter.perform(SALE), DialogueEnded)
        assert len(counter.outcomes()) == 1
        assert counter.bank.balance() == number * 1010


@pytest.mark.parametrize("scope", SCOPES)
def test_a_payment_and_its_reversal_in_every_scope(scope: str) -> None:
    counter = Counter(variant=scope)
    for command, balance in ((STATUS, 0), (SALE, 1010), (LAST, 1010), (REVERSAL, 0)):
        assert counter.perform(command) in [
            one
            for one in counter.heard
            if isinstance(one, DialogueEnded) and one.end_reason is EndReason.COMPLETED
        ]
        assert counter.bank.balance() == balance
    assert counter.bank.bookings[1].original == 1


def test_only_the_last_payment_can_be_reversed() -> None:
    counter = Counter()
    for command in (STATUS, SALE, SALE):
        counter.perform(command)
    end = counter.perform(REVERSAL)
    assert isinstance(end, DialogueEnded)
    assert (end.end_reason, end.text) == (EndReason.ABORTED, "STORNO NON POSSIBILE")
    assert counter.bank.balance() == 2020


def test_a_tip_is_seen_only_where_the_answer_names_the_amount() -> None:
    for quirks, said in ((frozenset[str](), None), (frozenset({"extended_answer"}), 1100)):
        counter = Counter("[default]\ntip = 90\n", options=replace(OPTIONS, quirks=quirks))
        counter.perform(STATUS)
        counter.perform(SALE)
        assert counter.outcomes()[0].result.amount == said
        assert counter.bank.balance() == 1100


@pytest.mark.parametrize("shown", ["number", "track_2"])
def test_a_clear_card_number_leaves_nothing_in_the_buffers(shown: str) -> None:
    script = f'[default]\nshown = "{shown}"\nreceipt = ["PAN {{card}} {{card}}"]\n'
    counter = Counter(script, options=TILL_PRINTS)
    counter.perform(STATUS)
    counter.perform(SALE)
    card = counter.outcomes()[0].result.card
    assert card is not None
    assert card.masked == "411111******1111"
    assert cards.PUBLISHED[0] not in repr(counter.heard)
    assert "411111" in " ".join(counter.lines())
    assert not any(counter.buffer.view)


def test_the_day_is_closed_with_its_totals() -> None:
    counter = Counter(options=TILL_PRINTS)
    for command in (STATUS, SALE, CLOSE):
        counter.perform(command)
    assert [line.total for line in counter.outcomes()[0].result.totals] == [1010, 1010]
    assert "CHIUSURA" in counter.lines()
    counter.perform(Command(Operation.TURNOVER_TOTALS))
    assert [line.total for line in counter.outcomes()[0].result.totals] == [0]
