"""What a terminal tells the shop when no payment runs on it."""

from __future__ import annotations

from agent.journal.entry import LateResult, Requested, TerminalState
from agent.payments.entries import answered, printed
from agent.payments.record import Record, begin
from agent.payments.settle import settle
from agent.payments.shop import Shop
from agent.payments.terminals import Terminal
from drivers.terminal import Outcome, Receipt, Result, Said


class ShopKeeper:
    """`agent.payments.terminals.Keeper`: everything is in the journal before the terminal hears of it."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def note(self, state: TerminalState) -> None:
        """A terminal changed its state."""
        self._shop.write(state)

    def has_unclear(self, terminal: str) -> bool:
        """Whether something has to be settled on it."""
        return bool(self._shop.book.unclear(terminal))

    def knows_last(self, terminal: str) -> bool:
        """Whether it is known which payment the terminal stored last."""
        return self._shop.book.last_numbers(terminal) != (None, None)

    def told_last(self, terminal: str, result: Result) -> None:
        """The terminal said which payment it stored last."""
        self._shop.book.told(terminal, result.trace, result.receipt_number)

    def late(self, terminal: Terminal, event: Outcome | Receipt) -> bool:
        """Keep what a terminal sent when nobody waited; True if it may be acknowledged.

        An approval that no unclear payment accounts for is kept but not
        acknowledged: the terminal then takes back what the till does not know.
        """
        unclear = self._shop.book.unclear(terminal.name)
        record = unclear[0] if unclear else self._nobody(terminal.name)
        if isinstance(event, Receipt):
            self._shop.write(printed(record, event))
            return True
        result = event.result
        self._shop.write(LateResult(terminal=terminal.name, result=answered(record, result)))
        if result.said is not Said.APPROVED or result.amount is None:
            return True
        return bool(unclear) and terminal.settling.belongs(self._shop.unclear_command(record), result)

    async def settle(self, terminal: Terminal) -> None:
        """Ask the terminal about what is unclear on it."""
        await settle(terminal, self._shop)

    def _nobody(self, terminal: str) -> Record:
        nothing = Requested(till_number="", digest="", payment="sale", terminal=terminal, till="")
        return begin(nothing, -1, self._shop.clock.wall())
