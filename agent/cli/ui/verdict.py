"""A payment in plain words: its verdict, its meaning for the money, and the next step."""

from __future__ import annotations

from agent.api.v1.bodies import PaymentView
from agent.base.money import CURRENCIES, Money
from agent.cli.ui.exits import is_another_amount
from agent.cli.ui.screen import Screen
from agent.texts import say


def headline(view: PaymentView) -> str:
    """The request in one line."""
    asked = f": {money(view.amount, view.currency)}" if view.amount is not None else ""
    original = f" of {view.original}" if view.original else ""
    return f"{say(f'verdict.kind.{view.payment}')} {view.payment_id}{original} on {view.terminal}{asked}"


def print_verdict(screen: Screen, view: PaymentView) -> None:
    """The verdict, or how far the payment is."""
    if view.verdict is None:
        prompt = view.prompt.text if view.prompt else ""
        screen.detail(say(f"verdict.phase.{view.phase}", prompt=prompt))
        return
    screen.say(_first_line(view))
    for line in _facts(view):
        screen.detail(line)
    if view.next_step:
        screen.detail(f"Next: {view.next_step}")


def money(minor: int | None, letters: str | None) -> str:
    """An amount for people; bare minor units when the currency is not known."""
    currency = CURRENCIES.get(letters or "")
    return str(Money(minor or 0, currency)) if currency else f"{minor or 0} minor units"


def _first_line(view: PaymentView) -> str:
    """What decides about the goods: training, a hold, money given back, another amount, a repeat."""
    word = (view.verdict or "").replace("_", " ").upper()
    return "".join([say("verdict.training") if view.training else "", *_before(view), word, _behind(view)])


def _before(view: PaymentView) -> list[str]:
    if view.verdict == "approved" and view.release in {"held", "withheld"}:
        return [f"{view.release.upper()}: "]
    return []


def _behind(view: PaymentView) -> str:
    if view.verdict != "approved":
        return ""
    if view.reversed_by:
        return say("verdict.then_reversed")
    if view.refunded:
        return say("verdict.then_refunded", amount=money(view.refunded, view.currency))
    if view.amount is not None and is_another_amount(view):
        return say("verdict.instead", asked=money(view.amount, view.currency), said=_paid(view))
    return say("verdict.earlier", time=_minutes(view.requested_at)) if view.repeated else ""


def _facts(view: PaymentView) -> list[str]:
    facts = [_money_sentence(view)]
    if view.verdict != "approved":
        facts += [
            view.text,
            *(reason.text for reason in view.reasons if reason.action not in {"allow", "note"}),
        ]
    if view.verdict == "approved":
        facts += _of_an_approval(view)
    if view.repeated:
        facts.append(say("verdict.repeated", time=_minutes(view.requested_at), payment_id=view.payment_id))
    facts.append(_evidence(view))
    return list(dict.fromkeys(fact for fact in facts if fact))


def _of_an_approval(view: PaymentView) -> list[str]:
    facts = [view.held_because]
    if view.amount is not None and is_another_amount(view):
        facts.append(say("verdict.differs", asked=money(view.amount, view.currency), said=_paid(view)))
    if view.tip:
        facts.append(say("verdict.tip", tip=money(view.tip, view.currency)))
    if view.remaining:
        facts.append(say("verdict.remaining", remaining=money(view.remaining, view.currency)))
    if view.refunded:
        facts.append(say("verdict.refunded", amount=money(view.refunded, view.currency)))
    if view.reversed_by:
        facts.append(say("verdict.reversed", reversal=view.reversed_by))
    if (view.refunded or view.reversed_by) and view.currency:
        facts.append(say("verdict.left", left=money(view.left, view.currency)))
    return facts


def _money_sentence(view: PaymentView) -> str:
    """What became of the money of this payment. Where it is known, the sentence names the payment."""
    name = {"payment_id": view.payment_id, "kind": say(f"verdict.kind.{view.payment}")}
    if view.training:
        return say("verdict.training.money", **name)
    if view.verdict == "approved":
        return say(f"verdict.approved.{view.payment}", amount=_paid(view), original=view.original)
    if view.verdict == "unclear":
        return say("verdict.nobody_knows", **name)
    return say("verdict.no_money", **name)


def _paid(view: PaymentView) -> str:
    """What the terminal says that it has moved; what was asked for if it says nothing."""
    if view.terminal_amount is None:
        return money(view.amount, view.currency)
    return money(view.terminal_amount, view.terminal_currency or view.currency)


def _minutes(time: str) -> str:
    """A time of the agent without seconds and zone: 2026-03-28 09:00."""
    return time[: len("2026-03-28T09:00")].replace("T", " ")


def _evidence(view: PaymentView) -> str:
    """The numbers that find the payment again at the bank and on paper."""
    parts = []
    if view.card is not None:
        parts.append(f"card {view.card.masked} {view.card.name}".rstrip())
    parts += [f"receipt {view.receipt_number}"] if view.receipt_number is not None else []
    parts += [f"trace {view.trace}"] if view.trace is not None else []
    parts += [f"journal entry {view.entry}"] if view.entry is not None else []
    sentence = ", ".join(parts)
    return sentence[:1].upper() + sentence[1:] + "." if sentence else ""
