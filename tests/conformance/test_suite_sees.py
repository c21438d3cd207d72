"""The suite is not blind: sessions with the habits of others break a promise in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from drivers.terminal import (
    Command,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    EndReason,
    Event,
    Operation,
    TransactionResult,
)
from tests.conformance.bed import Bed
from tests.conformance.cable import WAYS, unplugged
from tests.conformance.promises import kept
from tests.conformance.table import Case
from tests.conformance.test_answers import HELD_S, acknowledgement, withheld
from tests.support.delegate import Delegate


class Hasty(Delegate):
    """Acknowledges first, and asks then whether anybody has it on disk."""

    def events(self) -> Iterator[Event]:
        for event in self.session.events():
            if isinstance(event, TransactionResult):
                self.session.acknowledge(0.0)
            yield event


class Forgetful(Delegate):
    """A line that breaks is one on which nothing was sent."""

    def events(self) -> Iterator[Event]:
        for event in self.session.events():
            yield replace(event, delivery=Delivery.NEVER) if isinstance(event, ConnectionLost) else event


class Silence(Delegate):
    """What is not heard of is a no."""

    def events(self) -> Iterator[Event]:
        for event in self.session.events():
            yield DialogueEnded(EndReason.ABORTED) if isinstance(event, ConnectionLost) else event


class Stubborn(Delegate):
    """A payment without an end is sent again on a fresh line."""

    lost: Command | None = None

    def start(self, command: Command, now: float) -> None:
        self.lost = command if command.operation is Operation.SALE else self.lost
        if self.lost is not None and command.operation is Operation.STATUS:
            command = replace(self.lost, sequence=self.lost.sequence + 1)
        self.session.start(command, now)


def breaks(case: Case, habit: type[Delegate]) -> bool:
    """Whether the plug behind some byte shows it."""
    for way in WAYS:
        for place in range(0, 400, 3):
            with Bed(case) as bed:
                bed.begin()
                bed.session = habit(bed.session)
                try:
                    kept(bed, bed.pay(unplugged(way, place)))
                except AssertionError:
                    return True
    return False


@pytest.mark.parametrize("habit", [Forgetful, Silence, Stubborn])
def test_a_bad_habit_is_seen(dialect: Case, habit: type[Delegate]) -> None:
    """A terminal that takes back by itself forgives him who takes silence for a no."""
    assert breaks(dialect, habit) or (habit is Silence and not dialect.keeps)


def test_an_acknowledgement_before_the_disk_is_seen(dialect: Case) -> None:
    with Bed(dialect) as bed:
        bed.begin()
        bed.session = Hasty(bed.session)
        sent = len(bed.cable.seen["to_terminal"])
        withheld(bed)
        bed.wait(HELD_S)
        assert acknowledgement(dialect) in bytes(bed.cable.seen["to_terminal"][sent:])
