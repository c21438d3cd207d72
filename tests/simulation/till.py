"""The till: asks, listens, crashes, asks again with the same id, and remembers what it was told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from agent.journal.damage import JournalError
from agent.payments.commands import PaymentCommand, PromptReply
from agent.payments.refusal import Refusal
from agent.payments.state import PaymentState
from tests.simulation.host import FRONT, Host
from tests.simulation.plan import Payment

# Longer than all waits of agent and terminal together.
PATIENCE_S = 1200.0
# A till that is told "busy" tries again so often, and so much later each time.
TRIES = 4
TRY_AGAIN_S = 6.0


@dataclass(frozen=True, slots=True)
class Told:
    """What the till knows of a payment since `at`."""

    payment_id: str
    at: float
    phase: str
    verdict: str | None


class Till:
    """One till. `told` is all that it ever heard."""

    def __init__(self, host: Host) -> None:
        self.told: list[Told] = []
        self.agreed: set[str] = set()
        self.refused = 0
        self._host = host
        self._outside = host.outside

    def put(self, payment: Payment) -> bool:
        """Ask for it, for the first time or again. False when the agent will not have it now."""
        service = self._host.service
        try:
            currency = self._host.settings.rules.currency.letters
            view, _ = self._host.do(service.put, request_of(payment, currency))
        except Refusal as refusal:
            self._outside.tell("told", payment.payment_id, refusal.code)
            self.refused += 1
            return False
        self.hear(view)
        return True

    def follow(self, payment: Payment) -> bool:
        """Listen until the verdict; False when the agent died or the till did."""
        started, host = self._outside.now, self._host
        for after, act in _plans(payment, self):
            if self._listen(payment, started + after - self._outside.now):
                return True
            if not host.alive:
                return False
            if act is None:
                return self._sleep(payment)
            act()
        return self._listen(payment, PATIENCE_S)

    def look(self, payment_id: str) -> None:
        """Ask how a payment stands."""
        view = self._host.do(self._host.service.get, payment_id)
        if view is not None:
            self.hear(view)

    def cancel(self, payment_id: str) -> None:
        """Ask for the end of it. An agent whose disk fails over it is broken, and says nothing."""
        with suppress(JournalError):
            self.hear(self._host.do(self._host.service.cancel, payment_id))

    def hear(self, view: PaymentState) -> None:
        """The agent said this, if it was still alive."""
        if self._outside.dead:
            return
        told = Told(view.payment_id, self._outside.now, view.phase, view.verdict)
        self._outside.tell("told", told.payment_id, told.verdict or told.phase)
        self.told.append(told)

    def _listen(self, payment: Payment, seconds: float) -> bool:
        """Wait for a verdict so long; questions are answered as the payment has it."""
        host, payment_id = self._host, payment.payment_id
        give_up = self._outside.now + seconds
        if host.alive and (known := host.do(host.service.get, payment_id)) and known.phase == "done":
            self.hear(known)
            return True
        while host.alive and self._outside.now < give_up:
            service = host.service
            task = host.loop.create_task(service.wait(payment_id, PATIENCE_S))
            if not host.until(task.done, give_up - self._outside.now):
                task.cancel()
                return False
            view = task.result()
            self.hear(view)
            if view.phase == "done":
                return True
            if not self._reply(payment, view):
                host.until(lambda: payment_id not in host.service._active, give_up - self._outside.now)
        return False

    def _reply(self, payment: Payment, view: PaymentState) -> bool:
        """Answer an open question; False to leave it open."""
        word = payment.till.answers
        if view.prompt is None or not word:
            return False
        if word == "yes":
            self.agreed.add(view.payment_id)
        answer = PromptReply(prompt=view.prompt.id, answer=word)
        task = self._host.loop.create_task(self._host.service.answer(view.payment_id, answer))
        self._host.until(task.done, PATIENCE_S)
        return True

    def _sleep(self, payment: Payment) -> bool:
        """The till is down for a while."""
        self._outside.tell("till crashed")
        self._host.until(lambda: False, payment.till.back)
        return False


def request_of(payment: Payment, currency: str) -> PaymentCommand:
    """What the till asks for, the same every time."""
    return PaymentCommand(
        payment_id=payment.payment_id,
        payment=payment.kind,
        amount=payment.amount or None,
        currency=currency if payment.amount else None,
        original=payment.original,
        terminal=None if payment.kind == "close_day" else FRONT,
        till="1",
    )


def _plans(payment: Payment, till: Till) -> list[tuple[float, Callable[[], object] | None]]:
    """What the till does meanwhile, in order; None is its crash."""
    plan = payment.till
    acts: list[tuple[float, Callable[[], object] | None]] = [
        (plan.cancels, lambda: till.cancel(payment.payment_id)),
        (plan.repeats, lambda: till.put(payment)),
        (plan.crashes, None),
    ]
    return sorted(((after, act) for after, act in acts if after), key=lambda planned: planned[0])
