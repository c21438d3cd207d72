"""The path of one payment. The rest of this program makes this page true."""

from __future__ import annotations

from agent.journal.schema.entry import AnyBody
from agent.payments.active import ActivePayment
from agent.payments.context import Context
from agent.payments.mapping import printed
from agent.payments.reject import ended, rejection
from agent.payments.release import after_reply
from agent.payments.told import told
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
                result = told(context, record, event.result, terminal)
                rejected = rejection(context, record, result, terminal)
                context.write(*result, *rejected)
                terminal.answer(reject=bool(rejected))
            case DialogueEnded() | ConnectionLost() | Withdrawn():
                context.write(*ended(context, record, event))

    question = context.open_release_question(payment)
    if question:
        context.write(question)
        context.write(*after_reply(await payment.reply(), by_till=payment.cancelled))
