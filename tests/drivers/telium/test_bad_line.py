"""A line that loses, repeats and invents bytes: a till never believes more than is true."""

from __future__ import annotations

import random

import pytest

from drivers.terminal import Delivery, DialogueEnded, EndReason, ResultStatus
from tests.drivers.telium.stage import E_PLUS, REGISTER, SALE, V3, Counter

SEEDS = 25
BEHAVIOURS = (
    "",
    'outcome = "decline"\n',
    'outcome = "stop_key"\n',
    "tip = 90\n",
    "partial = 400\n",
    'skip = ["answer"]\n',
    'skip = ["status"]\n',
    'twice = ["status"]\n',
    'silence_s = 40\nsilence_before = "status"\n',
    'silence_s = 8\nsilence_before = "answer"\n',
    'silence_s = 400\nsilence_before = "status"\n',
    'unplug = { seconds = 30, at = "status", when = "after" }\n',
    'unplug = { seconds = 30, at = "answer", when = "before" }\n',
    'reboot = { seconds = 30, at = "status", when = "before" }\n',
)


class Weather:
    """Loses 20 % of the pieces, repeats some, and puts noise before, into and behind others."""

    def __init__(self, seed: int, loss: float = 0.2, noise: float = 0.1, again: float = 0.1) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.loss, self.noise, self.again = loss, noise, again

    def __call__(self, data: bytes) -> bytes:
        if not data or self.chance.random() < self.loss:
            return b""
        if self.chance.random() < self.again:
            data += data
        if self.chance.random() < self.noise:
            at = self.chance.randrange(len(data) + 1)
            data = data[:at] + self.chance.randbytes(self.chance.randrange(1, 6)) + data[at:]
        if self.chance.random() < self.noise:
            at = self.chance.randrange(len(data))
            data = data[:at] + data[at + 1 :]
        return data


@pytest.mark.parametrize("variant", [E_PLUS, V3])
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_what_the_till_believes_is_what_the_bank_did(variant: str, behaviour: str) -> None:
    for seed in range(SEEDS):
        weather = Weather(seed)
        counter = Counter(f"[[payment]]\n{behaviour}", variant, harm=weather, harm_there=weather)
        end = counter.perform()
        money = counter.bank.balance()
        approved = [one.result for one in counter.accepted if one.result.status is ResultStatus.APPROVED]
        assert len(counter.bank.bookings) <= 1, seed
        if isinstance(end, DialogueEnded):
            assert money == (approved[0].amount if end.end_reason is EndReason.COMPLETED else 0), seed
        elif end.delivery is Delivery.NEVER:
            assert counter.bank.bookings == (), seed
        counter.idle(400)
        counter.harm = counter.harm_there = bytes
        counter.idle(60)
        assert counter.bank.balance() == money or not isinstance(end, DialogueEnded), seed


@pytest.mark.parametrize("variant", [E_PLUS, V3])
def test_no_result_is_acknowledged_that_the_till_did_not_accept(variant: str) -> None:
    """No ACK is invented on the way to the terminal: only the till's own could be one too many."""
    for seed in range(3 * SEEDS):
        there = Weather(seed, noise=0, again=0)
        counter = Counter(variant=variant, harm=Weather(seed), harm_there=there, acknowledges=False)
        counter.perform()
        counter.idle(100)
        if counter.bank.bookings:
            assert counter.terminal.undelivered, seed


@pytest.mark.parametrize("variant", [E_PLUS, V3])
def test_a_bad_line_still_takes_payments(variant: str) -> None:
    ends = []
    for seed in range(SEEDS):
        weather = Weather(seed, 0.05, 0.05, 0.05)
        counter = Counter(variant=variant, harm=weather, harm_there=weather)
        counter.perform(REGISTER)
        ends.append(counter.perform(SALE))
    completed = sum(end == DialogueEnded(EndReason.COMPLETED) for end in ends)
    assert completed > SEEDS * 3 // 4
