"""The path of one payment. The rest of this program makes this page true."""

from __future__ import annotations

from agent.journal.schema.entry import AnyBody
from agent.payments.active import ActivePayment
from agent.payments.context import Context
from agent.payments.mapping import closing, printed, result_of
from agent.terminals.connection import Withdrawn
from drivers.terminal import ConnectionLost, DialogueEnded, DisplayText, Receipt, TransactionResult


async def run_payment(payment: ActivePayment, context: Context) -> None:
    """Take one payment, from the till's request to the verdict on disk.

    Every `context.write` returns when its entries are on disk, or raises and ends
    the agent. The terminal hears of the payment once, and only after `submitted`
    is written; its result is acknowledged only after `result` is.
    """
    terminal = context.terminals[payment.request.terminal]
    decision = context.decide(payment.request)
    story: list[AnyBody] = [payment.request, decision]

    if decision.asks:
        context.write(*story, context.open_question(payment, decision))
        reply = await payment.reply()
        story = [reply, context.decide(payment.request)]

    refusal = context.refusal_before_send(payment, decision, story)
    if refusal:
        context.write(*story, refusal)
        return

    context.write(*story, context.submission(payment.request))
    async for event in terminal.perform(context.command(payment.request)):
        record = context.record(payment.request)
        match event:
            case DisplayText():
                payment.show(event.text)
            case Receipt():
                context.write(printed(record, event))
                terminal.acknowledge()
            case TransactionResult():
                context.write(result_of(record, event.result, terminal.terminal_id))
                terminal.acknowledge()
            case DialogueEnded() | ConnectionLost() | Withdrawn():
                context.write(*closing(record, event))

    if context.needs_signature(payment.request):
        context.write(context.open_mismatch_question(payment))
        context.write(await payment.reply())
