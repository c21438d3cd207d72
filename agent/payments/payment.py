"""The path of one payment. Everything else in this program is here so that this page is true."""

from __future__ import annotations

from agent.journal.schema.entry import AnyBody
from agent.payments.active import Live
from agent.payments.context import Shop
from agent.payments.mapping import answered, closing, printed
from drivers.terminal import Ended, Lost, Outcome, Progress, Receipt


async def take(payment: Live, shop: Shop) -> None:
    """Take one payment, from the till's request to the verdict on disk.

    Every `shop.write` returns when its entries are on disk, or raises and ends
    the agent. The terminal hears of the payment once, and only after `submitted`
    is written; its result is acknowledged only after `answered` is.
    """
    terminal = shop.terminals[payment.request.terminal]
    decision = shop.decide(payment.request)
    story: list[AnyBody] = [payment.request, decision]

    if decision.asks:
        shop.write(*story, shop.ask(payment, decision))
        reply = await payment.reply()
        story = [reply, shop.decide(payment.request)]

    objection = shop.objection(payment, decision, story)
    if objection:
        shop.write(*story, objection)
        return

    shop.write(*story, shop.submitted(payment.request))
    async for event in terminal.perform(shop.command(payment.request)):
        record = shop.record(payment.request)
        match event:
            case Progress():
                payment.show(event.text)
            case Receipt():
                shop.write(printed(record, event))
                terminal.accept()
            case Outcome():
                shop.write(answered(record, event.result, terminal.terminal_id))
                terminal.accept()
            case Ended() | Lost():
                shop.write(*closing(record, event))

    if shop.holds(payment.request):
        shop.write(shop.ask_about_difference(payment))
        shop.write(await payment.reply())
