"""The state of the agent for people and programs."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Final

from agent import VERSION
from agent.journal.schema.entry import Fact
from agent.payments.context import Context
from agent.payments.state import AgentStatus, TerminalStatus
from agent.rules import Policy
from agent.terminals.connection import TerminalConnection

# The levels of the rules' settings that a till may want to know before it asks.
LEVELS: Final = tuple(
    field.name
    for field in fields(Policy)
    if field.name.startswith(("hard", "min", "soft", "day_", "refund_"))
)
# A terminal that serves a payment takes the next one when it is done.
TAKES: Final = frozenset({"ready", "busy"})


def status_of(context: Context, busy: Mapping[str, str], since: Mapping[str, datetime]) -> AgentStatus:
    """Everything `tillgate status` shows. `busy`: by terminal, the payment that it serves."""
    refusal, key = context.refusal(), context.sealing.key
    terminals = [terminal_status(context, one, busy, since) for one in context.terminals.values()]
    rules = context.settings.rules
    return AgentStatus(
        version=VERSION,
        name=context.settings.agent.name,
        training=context.settings.agent.training,
        taking_payments=refusal is None and any(one.state in TAKES for one in terminals),
        refusal=refusal,
        terminals=terminals,
        entries=context.journal.size,
        root=b64encode(context.journal.root).decode("ascii"),
        cosigned=context.cosigned(),
        unclear=[record.payment_id for record in context.payments.unclear()],
        held=[record.payment_id for record in context.payments.waiting_for_release()],
        acquirer_key=key.key_id if key else "",
        acquirer_key_until=key.not_after.isoformat() if key else "",
        alarms=context.alarms.all(),
        currency=str(rules.currency),
        limits=_limits(rules),
    )


def _limits(rules: Policy) -> dict[str, int]:
    """The levels that the settings name, by their keys."""
    levels = {key: getattr(rules, key) for key in LEVELS}
    return {key: level for key, level in levels.items() if isinstance(level, int)}


def terminal_status(
    context: Context,
    terminal: TerminalConnection,
    busy: Mapping[str, str],
    since: Mapping[str, datetime],
) -> TerminalStatus:
    """One terminal, with the payment that holds it and what to do."""
    unclear = context.payments.unclear(terminal.name)
    state, began = terminal.state, since.get(terminal.name)
    if unclear:
        state, began = "unclear", unclear[0].requested_at
    elif terminal.name in busy:
        state = "busy"
    figures: dict[str, int | str] = {"terminal": terminal.name}
    if unclear:
        figures["payment_id"] = unclear[0].payment_id
    return TerminalStatus(
        name=terminal.name,
        state=state,
        text=terminal.text,
        why=terminal.why,
        terminal_id=terminal.terminal_id,
        software=terminal.software,
        unclear=unclear[0].payment_id if unclear else "",
        serves=busy.get(terminal.name, ""),
        since=began.isoformat(timespec="seconds") if began else "",
        next_step=None if state in TAKES else Fact(f"terminals.next.{state}", figures),
        clock_ahead_s=context.payments.clock_offsets.offset_s(terminal.name),
    )
