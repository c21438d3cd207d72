"""What a terminal tells the agent when no payment runs on it."""

from __future__ import annotations

import msgspec

from agent.journal.schema.base import Fact
from agent.journal.schema.entry import AnyBody, Printed, TerminalState
from agent.payments.bounds import MAX_RESTING_PRINT_BYTES_PER_HOUR, RestingPrints, bounded
from agent.payments.context import Context
from agent.payments.freshness import stored_of
from agent.payments.late import late
from agent.payments.mapping import printed
from agent.payments.resolve import resolve
from agent.terminals.connection import TerminalConnection
from agent.terminals.identity import TerminalIdentity
from drivers.terminal import Receipt, Result, TransactionResult


class UnsolicitedResults:
    """An `UnsolicitedHandler`: everything is in the journal before the terminal hears of it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._prints: dict[str, RestingPrints] = {}
        self._asked: set[str] = set()
        # The last one kept: a terminal repeats its message until it gets an answer.
        self._last_kept: AnyBody | None = None

    def note(self, state: TerminalState) -> None:
        """A terminal changed its state."""
        self._context.write(bounded(state))

    def identity_problem(self, terminal: str, told: TerminalIdentity) -> Fact | None:
        """Why the terminal behind a name is not the one that is known; None if it is."""
        return self._context.payments.identities.problem(terminal, told)

    def has_unclear(self, terminal: str) -> bool:
        """Whether something has to be resolved on it."""
        return bool(self._context.payments.unclear(terminal))

    def knows_last_transaction(self, terminal: str) -> bool:
        """Whether it is known which payment the terminal stored last; a start asks once anyway."""
        asked = terminal in self._asked
        self._asked.add(terminal)
        return asked and self._context.payments.last_numbers(terminal) != (None, None)

    def note_last_transaction(self, terminal: str, result: Result) -> None:
        """The terminal said which payment it stored last. The journal must know that one, if it knows any."""
        known, _ = self._context.payments.last_numbers(terminal)
        if known is not None and result.trace is not None and result.trace != known:
            figures = {"told": result.trace, "known": known}
            self._context.write(*self._context.alarms.raising("terminal_ahead", terminal, figures))
        self._context.payments.note_last_transaction(terminal, stored_of(result))

    def keep_unsolicited(self, terminal: TerminalConnection, event: TransactionResult | Receipt) -> bool:
        """Keep what a terminal sent while nothing waited for it; True if it may be acknowledged.

        `late` says whose it is, what follows from it, and whether an answer would book what must not be.
        """
        if isinstance(event, Receipt):
            unclear = self._context.payments.unclear(terminal.name)
            self._keep_print(terminal.name, printed(unclear[0] if unclear else None, event))
            return True
        entries, answered = late(self._context, terminal, event.result)
        if entries[0] != self._last_kept:
            self._context.write(*entries)
            self._last_kept = entries[0]
        return answered

    def note_fault(self, terminal: str, error: Exception) -> None:
        """Say it in the operational log and by an alarm, once while that stands."""
        context = self._context
        context.complain_of_terminal(terminal, error)
        if not context.journal.full:
            context.write(*context.alarms.raising("driver_fault", terminal, {"error": type(error).__name__}))

    async def resolve(self, terminal: TerminalConnection) -> None:
        """Ask the terminal about what is unclear on it."""
        await resolve(terminal, self._context)

    def _keep_print(self, terminal: str, print_: Printed) -> None:
        """Above the limit of an hour a print is answered, and only counted."""
        context = self._context
        prints = self._prints.setdefault(terminal, RestingPrints())
        if prints.admits(len(msgspec.json.encode(print_)), context.clock.monotonic()):
            context.write(*prints.counted(terminal), print_)
        elif not context.journal.full:
            limit = {"kib": MAX_RESTING_PRINT_BYTES_PER_HOUR // 1024}
            context.write(*context.alarms.raising("prints_not_kept", terminal, limit))
