"""The state of the agent for people and programs."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection

from agent import VERSION
from agent.payments.context import Shop
from agent.payments.views import StatusView, TerminalView
from agent.terminals.connection import Terminal


def status_of(shop: Shop, busy: Collection[str]) -> StatusView:
    """Everything `tillgate status` shows; `busy` names the terminals that serve a payment."""
    why_not = shop.why_not()
    return StatusView(
        version=VERSION,
        name=shop.settings.agent.name,
        training=shop.settings.agent.training,
        taking_payments=not why_not,
        why_not=why_not,
        terminals=[_terminal(shop, terminal, busy) for terminal in shop.terminals.values()],
        entries=shop.journal.size,
        root=b64encode(shop.journal.root).decode("ascii"),
        cosigned=shop.cosigned(),
        unclear=[record.payment_id for record in shop.book.unclear()],
        acquirer_key=shop.key_id,
        acquirer_key_until=shop.key_until.isoformat() if shop.key_id else "",
    )


def _terminal(shop: Shop, terminal: Terminal, busy: Collection[str]) -> TerminalView:
    unclear = shop.book.unclear(terminal.name)
    state = terminal.state
    if unclear:
        state = "unclear"
    elif terminal.name in busy:
        state = "busy"
    return TerminalView(
        name=terminal.name,
        state=state,
        text=terminal.text,
        terminal_id=terminal.terminal_id,
        software=terminal.software,
        unclear=unclear[0].payment_id if unclear else "",
        clock_ahead_s=shop.book.clocks.ahead_s(terminal.name),
    )
