"""A payment in plain words: its verdict, its meaning for the money, and the next step."""

from __future__ import annotations

from agent.api.v1.bodies import PaymentView
from agent.base.money import CURRENCIES, Money
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
    held = f"{view.release}: " if view.release in {"held", "withheld"} else ""
    screen.say(f"{held}{view.verdict}".replace("_", " ").upper())
    for line in _facts(view):
        screen.detail(line)
    if view.next_step:
        screen.detail(f"Next: {view.next_step}")


def money(minor: int | None, letters: str | None) -> str:
    """An amount for people; bare minor units when the currency is not known."""
    currency = CURRENCIES.get(letters or "")
    return str(Money(minor or 0, currency)) if currency else f"{minor or 0} minor units"


def _facts(view: PaymentView) -> list[str]:
    facts = [_money_sentence(view)]
    if view.verdict != "approved":
        facts += [
            view.text,
            *(reason.text for reason in view.reasons if reason.action not in {"allow", "note"}),
        ]
    if view.held_because:
        facts.append(view.held_because)
    if "amount" in view.differs and view.verdict == "approved":
        asked, said = money(view.amount, view.currency), money(view.terminal_amount, view.currency)
        facts.append(say("verdict.differs", asked=asked, said=said))
    if view.tip:
        facts.append(say("verdict.tip", tip=money(view.tip, view.currency)))
    if view.remaining:
        facts.append(say("verdict.remaining", remaining=money(view.remaining, view.currency)))
    facts.append(_evidence(view))
    return list(dict.fromkeys(fact for fact in facts if fact))


def _money_sentence(view: PaymentView) -> str:
    if view.verdict == "approved":
        said = view.amount if view.terminal_amount is None else view.terminal_amount
        paid = money(said, view.currency)
        return say(f"verdict.approved.{view.payment}", amount=paid, original=view.original)
    return say("verdict.nobody_knows" if view.verdict == "unclear" else "verdict.no_money")


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
