"""Finds out what became of an unclear payment: asks the terminal, and only a proof decides.

The procedure is the same for every protocol; `drivers.terminal.Resolver` knows what to ask and
what the answers prove. Without a proof the payment stays unclear, with the reason in the journal,
until persons resolve it.
"""

from __future__ import annotations

from agent.journal.schema.entry import AnyBody, BecameUnclear, Fact, Resolved, Verdict
from agent.payments.commands import PersonsWord
from agent.payments.compare import same_transaction
from agent.payments.context import Context
from agent.payments.freshness import stored_of
from agent.payments.late import LOOK_BACK_PAYMENTS
from agent.payments.people import Signatures
from agent.payments.record import Record
from agent.terminals.connection import TerminalConnection
from agent.terminals.facts import journal_fact
from drivers.terminal import BookingFinding, BookingProof, Result

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
        context.write(*_written(context, record, finding, terminal))
        last = answers[-1] if answers else None
        if finding.found is not BookingProof.UNPROVEN and last is not None and last.trace is not None:
            context.payments.note_last_transaction(terminal.name, stored_of(last))


def resolution(context: Context, record: Record, word: PersonsWord, signed: Signatures) -> list[AnyBody]:
    """The entries for the word of two persons who have proven it. A wrong one is corrected, not erased."""
    corrects = record.verdict != "unclear"
    resolved = Resolved(
        payment_id=record.payment_id,
        verdict=word.verdict,
        words=word.reason,
        person=signed.operator,
        witness=signed.person,
        corrects=record.entry if corrects else None,
    )
    if not corrects:
        return [resolved]
    figures: dict[str, int | str] = {
        "before": record.verdict or "",
        "verdict": word.verdict,
        "person": signed.operator,
        "witness": signed.person,
    }
    return [resolved, *context.alarms.raising("resolution_corrected", record.payment_id, figures)]


def _written(
    context: Context, record: Record, finding: BookingFinding, terminal: TerminalConnection
) -> list[AnyBody]:
    proof = journal_fact(finding.proof)
    result = finding.result
    other = _other_owner(context, record, result, terminal) if result is not None else ""
    if finding.found is BookingProof.UNPROVEN or other:
        why = Fact("payment.result_of_another", {"other": other}) if other else proof
        return [] if record.why == why else [BecameUnclear(payment_id=record.payment_id, why=why)]
    said = context.result_of(record, result, terminal.terminal_id) if result else None
    verdict = VERDICT[finding.found]
    return [Resolved(payment_id=record.payment_id, verdict=verdict, proof=proof, result=said)]


def _other_owner(context: Context, record: Record, result: Result, terminal: TerminalConnection) -> str:
    """Another payment that the transaction is, or may be as well; empty if there is none.

    One transaction proves one payment. A terminal that tells only its last one tells no name.
    """
    if terminal.resolver.names(context.command(record), result):
        return ""
    said = context.result_of(None, result)
    for other in context.payments.recent(terminal.name, LOOK_BACK_PAYMENTS):
        if other.payment_id == record.payment_id:
            continue
        if other.verdict == "approved" and other.result and same_transaction(other.result, said):
            return other.payment_id
        if other.verdict == "unclear" and terminal.resolver.fits(context.unclear_command(other), result):
            return other.payment_id
    return ""
