"""Finds out what became of an unclear payment: asks the terminal, and only a proof decides.

The procedure is the same for every protocol; `drivers.terminal.Resolver` knows what to ask and
what the answers prove. Without a proof the payment stays unclear, with the reason in the journal,
until persons resolve it.
"""

from __future__ import annotations

from agent.journal.schema.entry import AnyBody, BecameUnclear, Resolved, Verdict
from agent.payments.context import Context
from agent.payments.freshness import stored_of
from agent.payments.record import Record
from agent.terminals.connection import TerminalConnection
from agent.terminals.facts import journal_fact
from drivers.terminal import BookingFinding, BookingProof

# A payment that the terminal did not store was taken back or never begun: nothing was charged.
VERDICT: dict[BookingProof, Verdict] = {BookingProof.BOOKED: "approved", BookingProof.NOT_BOOKED: "declined"}


async def resolve(terminal: TerminalConnection, context: Context) -> None:
    """Ask a terminal about its unclear payments, and write down what its answers prove.

    Call it when the terminal is registered and idle, before it gets a new payment.
    A line that breaks meanwhile proves nothing.
    """
    for record in context.payments.unclear(terminal.name):
        unclear = context.unclear_command(record)
        questions = terminal.resolver.questions(unclear)
        answers = [await terminal.result_of(question) for question in questions]
        if not terminal.connected or record.verdict != "unclear":
            return
        finding = terminal.resolver.conclude(unclear, answers)
        context.write(*_written(context, record, finding, terminal.terminal_id))
        last = answers[-1] if answers else None
        if finding.found is not BookingProof.UNPROVEN and last is not None and last.trace is not None:
            context.payments.note_last_transaction(terminal.name, stored_of(last))


def _written(context: Context, record: Record, finding: BookingFinding, terminal_id: str) -> list[AnyBody]:
    proof = journal_fact(finding.proof)
    if finding.found is BookingProof.UNPROVEN:
        if record.why == proof:
            return []
        return [BecameUnclear(payment_id=record.payment_id, why=proof)]
    result = context.result_of(record, finding.result, terminal_id) if finding.result else None
    verdict = VERDICT[finding.found]
    return [Resolved(payment_id=record.payment_id, verdict=verdict, proof=proof, result=result)]
