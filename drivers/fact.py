"""What a driver found, without a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class DriverFact:
    """A code, and the figures that belong to it.

    Its sentence for people is the text `drivers.<code>` of the catalogue. A figure that
    holds the terminal's own words is called `terminal_said`.
    """

    code: str
    figures: Mapping[str, int | str] = field(default_factory=dict)

    def about(self, **figures: int | str) -> DriverFact:
        """The same fact with its figures."""
        return DriverFact(self.code, {**self.figures, **figures})

    def __str__(self) -> str:
        """For logs: the code, and the figures behind it."""
        return " ".join([self.code, *(f"{name}={value}" for name, value in self.figures.items())])


# Why a terminal refuses to begin: the next step for the cashier follows from each.
TERMINAL_BUSY: Final = DriverFact("terminal_busy")
NOT_REGISTERED: Final = DriverFact("not_registered")
CLOSE_DUE: Final = DriverFact("close_due")
TERMINAL_BLOCKED: Final = DriverFact("terminal_blocked")
