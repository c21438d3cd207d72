"""The ladder of steps a rule can give; the strictest of all that were given wins."""

from __future__ import annotations

from enum import IntEnum
from typing import get_args

from agent.journal.schema.entry import Step

_STEPS: tuple[Step, ...] = get_args(Step)


class Rung(IntEnum):
    """One step, ordered: a higher rung is stricter.

    NOTE is only written down. CONFIRM asks the cashier once more. VERIFY asks for
    identity and purpose. SUPERVISOR asks for a second person. BLOCK is final here.
    """

    ALLOW = 0
    NOTE = 1
    CONFIRM = 2
    VERIFY = 3
    SUPERVISOR = 4
    BLOCK = 5

    @property
    def step(self) -> Step:
        """The rung in the words of the journal."""
        return _STEPS[self]

    @classmethod
    def of(cls, step: Step) -> Rung:
        """The rung of a step as the journal and the settings write it."""
        return cls(_STEPS.index(step))
