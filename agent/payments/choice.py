"""Which terminal a payment goes to."""

from __future__ import annotations

from collections.abc import Sequence

from agent.payments.context import Context
from agent.payments.refusal import Refusal
from agent.payments.state import PaymentState
from agent.terminals.connection import TerminalConnection


def terminal_named(context: Context, name: str | None) -> TerminalConnection:
    """The terminal of this name; without one, the only terminal that there is. Raises a `Refusal`."""
    why = context.refusal()
    if why is not None:
        raise Refusal(why.code, **why.figures)
    terminals = context.terminals
    if name is None and len(terminals) == 1:
        name = next(iter(terminals))
    terminal = terminals.get(name or "")
    if terminal is None:
        code = "terminal_not_named" if name is None else "unknown_terminal"
        raise Refusal(code, terminals=", ".join(sorted(terminals)))
    return terminal


def check_free(terminal: str, unclear: Sequence[PaymentState], running: Sequence[PaymentState]) -> None:
    """Raises a `Refusal` that tells the payment which holds the terminal, if one does."""
    for code, holders in (("terminal_unclear", unclear), ("terminal_busy", running)):
        for holder in holders:
            if holder.terminal == terminal:
                raise Refusal(code, holder, terminal=terminal, holder=holder.payment_id)
