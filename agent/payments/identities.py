"""Which terminal stands behind a name: pinned when it is first ready, and exchanged only by persons' word.

A terminal that somebody has put in the place of another one takes payments for somebody else. The name in
the settings is only a label.
"""

from __future__ import annotations

from agent.journal.schema.entry import TerminalAccepted
from agent.payments.commands import TerminalWord
from agent.payments.context import Context
from agent.payments.people import Signatures
from agent.payments.refusal import Refusal
from agent.payments.signing import two_persons

# Fewer people cannot sign for each other: then the installer, who is at the machine, accepts.
LEAST_PEOPLE = 2


async def accept_terminal(context: Context, word: TerminalWord) -> None:
    """Two persons accept the terminal that stands behind a name now. Raises a `Refusal`."""
    name = word.terminal
    terminal = context.terminals.get(name)
    if terminal is None:
        raise Refusal("unknown_terminal", terminals=", ".join(sorted(context.terminals)))
    signed = Signatures("", "")
    if len(context.settings.people) >= LEAST_PEOPLE:
        if word.credential is None:
            raise Refusal("credential_missing", payment_id="")
        signed = await two_persons(context, "", word.credential, word.witness)
    told = terminal.identity
    context.write(
        TerminalAccepted(
            terminal=name,
            terminal_id=told.terminal_id,
            serial_number=told.serial_number,
            words=word.reason,
            person=signed.operator,
            witness=signed.person,
        )
    )
