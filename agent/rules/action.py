"""The actions a rule can give; the strictest of all that were given wins."""

from __future__ import annotations

from enum import IntEnum
from typing import get_args

from agent.journal.schema.entry import ActionName

_LABELS: tuple[ActionName, ...] = get_args(ActionName)


class Action(IntEnum):
    """One action, ordered: a higher one is stricter.

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
    def label(self) -> ActionName:
        """The action in the words of the journal."""
        return _LABELS[self]

    @classmethod
    def of(cls, label: ActionName) -> Action:
        """The action of a label, as the journal and the settings write it."""
        return cls(_LABELS.index(label))
