"""A resolver whose faults stay at its terminal: whatever it raises, the answer is the careful one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from drivers.terminal import (
    BookingFinding,
    BookingProof,
    Command,
    DriverFact,
    Resolver,
    Result,
    Unclear,
)

DRIVER_FAULT: Final = DriverFact("wires.driver_fault")
# Longer than any driver listens: nothing of ours is in the way of what a terminal still repeats.
LISTEN_S: Final = 60.0

T = TypeVar("T")


class GuardedResolver:
    """`drivers.terminal.Resolver` around another one. `on_fault` hears of each exception."""

    def __init__(self, resolver: Resolver, on_fault: Callable[[Exception], None]) -> None:
        self._resolver = resolver
        self._on_fault = on_fault

    @property
    def listen_s(self) -> float:
        """How long to stay silent on a fresh line."""
        return self._careful(lambda: self._resolver.listen_s, LISTEN_S)

    def refusal_reason(self, command: Command) -> DriverFact | None:
        """A command that nobody can judge is not sent."""
        otherwise: DriverFact | None = DRIVER_FAULT
        return self._careful(lambda: self._resolver.refusal_reason(command), otherwise)

    def questions(self, unclear: Unclear) -> tuple[Command, ...]:
        """No question: then persons resolve it."""
        none: tuple[Command, ...] = ()
        return self._careful(lambda: self._resolver.questions(unclear), none)

    def belongs(self, unclear: Unclear, result: Result) -> bool:
        """It is nobody's."""
        return self._careful(lambda: self._resolver.belongs(unclear, result), False)

    def names(self, command: Command, result: Result) -> bool:
        """It has no name."""
        return self._careful(lambda: self._resolver.names(command, result), False)

    def fits(self, unclear: Unclear, result: Result) -> bool:
        """It may be: then it is in doubt."""
        return self._careful(lambda: self._resolver.fits(unclear, result), True)

    def ack_would_book(self, unclear: Unclear, result: Result) -> bool:
        """It could: so it is not acknowledged."""
        return self._careful(lambda: self._resolver.ack_would_book(unclear, result), True)

    def conclude(self, unclear: Unclear, answers: Sequence[Result | None]) -> BookingFinding:
        """Nothing is proven."""
        unproven = BookingFinding(BookingProof.UNPROVEN, DRIVER_FAULT)
        return self._careful(lambda: self._resolver.conclude(unclear, answers), unproven)

    def _careful(self, ask: Callable[[], T], otherwise: T) -> T:
        try:
            return ask()
        except Exception as error:  # noqa: BLE001 - whatever it is: one terminal's trouble is that one's
            self._on_fault(error)
            return otherwise
