"""The state of the agent for people and programs."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection

from agent import VERSION
from agent.payments.context import Context
from agent.payments.state import AgentStatus, TerminalStatus
from agent.terminals.connection import TerminalConnection


def status_of(context: Context, busy: Collection[str]) -> AgentStatus:
    """Everything `tillgate status` shows; `busy` names the terminals that serve a payment."""
    refusal, key = context.refusal(), context.sealing.key
    return AgentStatus(
        version=VERSION,
        name=context.settings.agent.name,
        training=context.settings.agent.training,
        taking_payments=refusal is None,
        refusal=refusal,
        terminals=[terminal_status(context, terminal, busy) for terminal in context.terminals.values()],
        entries=context.journal.size,
        root=b64encode(context.journal.root).decode("ascii"),
        cosigned=context.cosigned(),
        unclear=[record.payment_id for record in context.payments.unclear()],
        held=[record.payment_id for record in context.payments.waiting_for_release()],
        acquirer_key=key.key_id if key else "",
        acquirer_key_until=key.not_after.isoformat() if key else "",
        alarms=context.alarms.all(),
    )


def terminal_status(context: Context, terminal: TerminalConnection, busy: Collection[str]) -> TerminalStatus:
    """One terminal; `busy` names those that serve a payment."""
    unclear = context.payments.unclear(terminal.name)
    state = terminal.state
    if unclear:
        state = "unclear"
    elif terminal.name in busy:
        state = "busy"
    return TerminalStatus(
        name=terminal.name,
        state=state,
        text=terminal.text,
        why=terminal.why,
        terminal_id=terminal.terminal_id,
        software=terminal.software,
        unclear=unclear[0].payment_id if unclear else "",
        clock_ahead_s=context.payments.clock_offsets.offset_s(terminal.name),
    )
