"""What a terminal's connection needs of the payments: somebody who keeps what it hears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from agent.journal.schema.entry import Fact, TerminalState
from agent.terminals.identity import TerminalIdentity
from drivers.terminal import Receipt, Result, TransactionResult

if TYPE_CHECKING:
    from agent.terminals.connection import TerminalConnection


class UnsolicitedHandler(Protocol):
    """Keeps what a terminal sends outside of payments. Every call returns after its entries are written."""

    def note(self, state: TerminalState) -> None:
        """It changed its state."""

    def identity_problem(self, terminal: str, told: TerminalIdentity) -> Fact | None:
        """Why the terminal behind a name is not the one that is known; None if it is."""

    def has_unclear(self, terminal: str) -> bool:
        """Whether something has to be resolved on it."""

    def knows_last_transaction(self, terminal: str) -> bool:
        """Whether it is known which payment it stored last."""

    def note_last_transaction(self, terminal: str, result: Result) -> None:
        """It said which payment it stored last."""

    def keep_unsolicited(self, terminal: TerminalConnection, event: TransactionResult | Receipt) -> bool:
        """It sent something while nothing waited for it; True if that may be acknowledged."""

    async def resolve(self, terminal: TerminalConnection) -> None:
        """Ask it about what is unclear."""

    def note_fault(self, terminal: str, error: Exception) -> None:
        """Its driver, or our own half for it, failed; its line begins anew."""
