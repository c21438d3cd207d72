"""Our session against our terminal over a bad line: what the till believes is what the bank did."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.ecr17.driver import DRIVER
from drivers.ecr17.settling import LONGEST_DIALOGUE
from drivers.terminal import Command, Ended, Found, Heard, How, Lost, Said, Unclear
from tests.drivers.ecr17.counter import OPTIONS, SALE, STARTED, STATUS, Cable, Counter

TILL_PRINTS = replace(OPTIONS, receipts="till")

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


def believe(counter: Counter, end: Ended | Lost, command: Command = SALE) -> None:
    """The till never believes more than is true."""
    booked = len([booking for booking in counter.bank.bookings if booking.state.value == "booked"])
    assert booked <= 1
    told = [outcome for outcome in counter.outcomes() if not outcome.late]
    if isinstance(end, Ended):
        assert counter.bank.balance() == (1010 if end.how is How.COMPLETED else 0)
        assert (end.how is How.COMPLETED) == any(one.result.said is Said.APPROVED for one in told)
    elif end.heard is Heard.NEVER:
        assert counter.bank.bookings == ()
    else:
        settle(counter, command)


def settle(counter: Counter, command: Command) -> Found:
    """A fresh line, the status, the questions; early and once the longest dialogue is over."""
    counter.cable = lambda data, _from_till: data
    settling, found = DRIVER.settling(OPTIONS), Found.UNPROVEN
    for later in (timedelta(minutes=1), LONGEST_DIALOGUE):
        counter.now += later.total_seconds()
        counter.session.connected(counter.now)
        counter.terminal.connected(counter.now)
        if not isinstance(counter.wait_until_quiet().perform(STATUS), Ended):
            continue
        unclear = Unclear(command, 0, 0, STARTED, judged_at=STARTED + timedelta(seconds=counter.now))
        answers = []
        for question in settling.questions(unclear):
            counter.perform(question)
            outcomes = [one.result for one in counter.outcomes() if not one.late]
            answers.append(outcomes[-1] if outcomes else None)
        found = settling.judge(unclear, answers).found
        if found is not Found.UNPROVEN:
            assert (found is Found.BOOKED) == (counter.bank.balance() == 1010)
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
