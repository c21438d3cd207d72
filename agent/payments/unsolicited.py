"""What a terminal tells the shop when no payment runs on it."""

from __future__ import annotations

from agent.journal.schema.entry import Answered, LateResult, Requested, TerminalState
from agent.payments.context import Shop
from agent.payments.mapping import answered, printed
from agent.payments.record import Record, begin
from agent.payments.resolve import resolve
from agent.terminals.connection import Terminal
from drivers.terminal import Command, Operation, Outcome, Receipt, Result, Unclear


class ShopKeeper:
    """`agent.terminals.connection.Keeper`: everything is in the journal before the terminal hears of it."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._late: Answered | None = (
            None  # what was kept last: a terminal says the same until it is answered
        )

    def note(self, state: TerminalState) -> None:
        """A terminal changed its state."""
        self._shop.write(state)

    def has_unclear(self, terminal: str) -> bool:
        """Whether something has to be resolved on it."""
        return bool(self._shop.book.unclear(terminal))

    def knows_last(self, terminal: str) -> bool:
        """Whether it is known which payment the terminal stored last."""
        return self._shop.book.last_numbers(terminal) != (None, None)

    def told_last(self, terminal: str, result: Result) -> None:
        """The terminal said which payment it stored last."""
        self._shop.book.told(terminal, result.trace, result.receipt_number)

    def late(self, terminal: Terminal, event: Outcome | Receipt) -> bool:
        """Keep what a terminal sent when nobody waited; True if it may be acknowledged.

        An approval that no unclear payment accounts for is kept but not acknowledged: the
        terminal then takes back what the till does not know. What it had stored before is
        stored whatever the answer is, and a terminal that gets none may wait for ever.
        """
        unclear = self._shop.book.unclear(terminal.name)
        if isinstance(event, Receipt):
            self._shop.write(printed(unclear[0] if unclear else self._nobody(terminal.name), event))
            return True
        result, resolver = event.result, terminal.resolver
        doubt = self._shop.unclear_command(unclear[0]) if unclear else self._no_doubt(terminal.name)
        ours = bool(unclear) and resolver.belongs(doubt, result)
        record = unclear[0] if ours else self._nobody(terminal.name)
        self._keep(terminal.name, answered(record, result))
        return ours or not resolver.commits(doubt, result)

    async def resolve(self, terminal: Terminal) -> None:
        """Ask the terminal about what is unclear on it."""
        await resolve(terminal, self._shop)

    def _keep(self, terminal: str, late: Answered) -> None:
        if late != self._late:
            self._shop.write(LateResult(terminal=terminal, result=late))
            self._late = late

    def _no_doubt(self, terminal: str) -> Unclear:
        """Nothing is unclear, and these are the numbers of what the terminal stored last."""
        trace, receipt = self._shop.book.last_numbers(terminal)
        return Unclear(Command(Operation.STATUS), trace, receipt, self._shop.clock.wall())

    def _nobody(self, terminal: str) -> Record:
        nothing = Requested(payment_id="", digest="", payment="sale", terminal=terminal, till="")
        return begin(nothing, -1, self._shop.clock.wall())
