"""What a driver raises. No error ever quotes wire bytes."""

from __future__ import annotations

from drivers.fact import DriverFact


class DriverError(Exception):
    """The base of a driver's own errors. They never quote wire bytes."""


class FactError(DriverError):
    """An error with a code and figures. Its sentence is `code` in the text catalogue."""

    def __init__(self, fact: DriverFact) -> None:
        super().__init__(str(fact))
        self.code = f"drivers.{fact.code}"
        self.figures = fact.figures


class SessionError(DriverError):
    """The caller used a session out of turn: a bug of ours, not of the terminal."""


class CommandRefusedError(SessionError):
    """The protocol or this terminal has no such command. No byte of it was sent."""

    def __init__(self, fact: DriverFact) -> None:
        super().__init__(str(fact))
        self.fact = fact


class WireError(DriverError):
    """A line could not be opened, read or written; `fact` says why."""

    def __init__(self, fact: DriverFact) -> None:
        super().__init__(str(fact))
        self.fact = fact


class ProtocolError(DriverError):
    """The terminal sent what the protocol does not allow.

    `reason` is a fixed name from the driver's vocabulary.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
