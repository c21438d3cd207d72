"""The path of one payment. Everything else in this program is here so that this page is true."""

from __future__ import annotations

from agent.payments.entries import answered, closing, given_up, not_sent, printed, refused
from agent.payments.live import Live
from agent.payments.shop import Shop
from drivers.terminal import Ended, Lost, Outcome, Progress, Receipt


async def take(payment: Live, shop: Shop) -> None:
    """Take one payment, from the till's request to the verdict on disk.

    Every `shop.write` returns when its entries are on disk, or raises and ends
    the agent. The terminal hears of the payment once, and only after `submitted`
    is written; its result is acknowledged only after `answered` is.
    """
    terminal = shop.terminals[payment.request.terminal]
    decision = shop.decide(payment.request)
    story = [payment.request, decision]

    if decision.step == "block":
        shop.write(*story, refused(decision))
        return

    if decision.asks:
        shop.write(*story, shop.ask(payment, decision))
        reply = await payment.reply()
        second_look = shop.decide(payment.request)
        story = [reply, second_look]
        if reply.answer != "yes":
            shop.write(reply, given_up(reply, payment.cancelled))
            return
        if second_look.stricter_than(decision):
            shop.write(*story, refused(second_look))
            return

    if not terminal.ready:
        shop.write(*story, not_sent(payment.request, terminal.why_not))
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
