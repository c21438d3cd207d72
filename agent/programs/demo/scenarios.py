"""What happens in the demo's shop: one scenario is one payment, told in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import fill

from agent.api.v1.bodies import (
    Credential,
    PaymentRequest,
    PaymentView,
    PromptAnswer,
)
from agent.base.money import currency_of, format_amount
from agent.cli.ui.client import RefusedError
from agent.programs.demo.environment import CASHIER, CASHIER_PIN, SUPERVISOR, SUPERVISOR_PIN, Environment
from agent.texts import say

WAIT_S = 30
WIDTH = 80
INDENT = " " * 8
EUR = currency_of("EUR")
ShowLine = Callable[[str], None]


@dataclass
class DemoTill:
    """A till at work: the environment it stands in, and where to tell what happens."""

    environment: Environment
    say: ShowLine

    def send(self, payment_id: str, request: PaymentRequest) -> PaymentView:
        """Put a payment and follow it to its verdict or its question."""
        self.environment.api.call("PUT", f"/v1/payments/{payment_id}", PaymentView, request)
        return self.follow(payment_id)

    def follow(self, payment_id: str) -> PaymentView:
        """Wait until the payment is done or asks."""
        while True:
            view = self.environment.api.call("GET", f"/v1/payments/{payment_id}?wait={WAIT_S}", PaymentView)
            if view.phase in {"done", "asking"}:
                return view

    def send_prompting(self, payment_id: str, request: PaymentRequest) -> PaymentView:
        """Put a payment that the rules have a question about."""
        view = self.send(payment_id, request)
        self.say(f"        asks  {shorten(view.prompt.text if view.prompt else '', 62)}")
        return view

    def answer(self, view: PaymentView, answer: PromptAnswer, how: str) -> PaymentView:
        """Answer the open question."""
        self.say(f"        {how}")
        self.environment.api.call("POST", f"/v1/payments/{view.payment_id}/answers", PaymentView, answer)
        return self.follow(view.payment_id)


Scenario = Callable[[DemoTill, str], PaymentView]


def sale(minor: int) -> Scenario:
    """A plain sale; what becomes of it is the terminal's or the rules' affair."""
    return lambda till, payment_id: till.send(
        payment_id, PaymentRequest(payment="sale", amount=minor, currency="EUR")
    )


def in_dollars(till: DemoTill, payment_id: str) -> PaymentView:
    """A currency that this shop does not take."""
    return till.send(payment_id, PaymentRequest(payment="sale", amount=1500, currency="USD"))


def small(till: DemoTill, payment_id: str) -> PaymentView:
    """Below the smallest sale: the cashier is asked, and says no."""
    view = till.send_prompting(payment_id, PaymentRequest(payment="sale", amount=50, currency="EUR"))
    return till.answer(view, PromptAnswer(prompt=_prompt(view), answer="no"), "cashier answers no")


def large(till: DemoTill, payment_id: str) -> PaymentView:
    """Above the soft limit: a second person signs, with a wrong PIN first."""
    signs_in = Credential(CASHIER, CASHIER_PIN)
    view = till.send_prompting(
        payment_id, PaymentRequest(payment="sale", amount=62_000, currency="EUR", credential=signs_in)
    )
    wrong = PromptAnswer(prompt=_prompt(view), answer="yes", credential=Credential(SUPERVISOR, "000000"))
    try:
        till.environment.api.call("POST", f"/v1/payments/{payment_id}/answers", PaymentView, wrong)
    except RefusedError as refusal:
        till.say(below(f"refused: {refusal}"))
    right = PromptAnswer(
        prompt=_prompt(view), answer="yes", credential=Credential(SUPERVISOR, SUPERVISOR_PIN)
    )
    return till.answer(view, right, f"{SUPERVISOR} signs")


def again(first: str) -> Scenario:
    """The till lost the answer and asks again: the same id is the same payment."""

    def scenario(till: DemoTill, payment_id: str) -> PaymentView:
        same = PaymentRequest(payment="sale", amount=1250, currency="EUR")
        till.send(first, same)
        till.say(say("programs.demo.sent_again", first=first))
        try:
            till.send(first, PaymentRequest(payment="sale", amount=9900, currency="EUR"))
        except RefusedError as refusal:
            till.say(below(f"{first} with 99.00: {refusal}"))
        return till.send(payment_id, PaymentRequest(payment="sale", amount=1999, currency="EUR"))

    return scenario


def refund(original: str, minor: int) -> Scenario:
    """Give money back for an earlier sale."""
    return lambda till, payment_id: till.send(
        payment_id, PaymentRequest(payment="refund", amount=minor, currency="EUR", original=original)
    )


def reversal(original: str) -> Scenario:
    """Take an earlier sale back whole."""
    return lambda till, payment_id: till.send(
        payment_id, PaymentRequest(payment="reversal", original=original)
    )


def cable_pulled(till: DemoTill, payment_id: str) -> PaymentView:
    """The line breaks in the middle: unclear, the terminal is held until it has been asked."""
    view = till.send(payment_id, PaymentRequest(payment="sale", amount=7700, currency="EUR"))
    try:
        till.send(f"{payment_id}x", PaymentRequest(payment="sale", amount=100, currency="EUR"))
    except RefusedError as refusal:
        till.say(below(f"next sale refused: {refusal}"))
    till.environment.wait_for(
        lambda: till.follow(payment_id).verdict != "unclear", say("programs.demo.wait_for_proof")
    )
    resolved = till.follow(payment_id)
    till.say(below(f"{payment_id} is {resolved.verdict} now. {resolved.text}"))
    return view


def terminal_off(till: DemoTill, payment_id: str) -> PaymentView:
    """The terminal has no power: it never heard of the payment."""
    till.environment.stop("terminal")
    till.environment.wait_for(
        lambda: till.environment.terminal_is("away"), say("programs.demo.wait_for_loss")
    )
    view = till.send(payment_id, PaymentRequest(payment="sale", amount=500, currency="EUR"))
    till.environment.start_terminal()
    till.environment.wait_for(lambda: till.environment.terminal_is("ready"), "the terminal's return")
    return view


def close_day(till: DemoTill, payment_id: str) -> PaymentView:
    """The end of the day."""
    return till.send(payment_id, PaymentRequest(payment="close_day"))


SCENARIOS: list[Scenario] = [
    sale(1250),
    sale(2305),
    sale(3100),
    large,
    sale(900_000),
    in_dollars,
    small,
    sale(4500),
    again("A-01"),
    refund("A-01", 500),
    refund("A-01", 2000),
    reversal("A-09"),
    terminal_off,
    cable_pulled,
    close_day,
]

# Beyond the handful: mostly approved, as in a shop.
EVERYDAY = [sale(1250), sale(899), sale(2305), sale(4210), sale(1010), sale(3100), sale(620)]


def scenarios(count: int | None) -> Iterator[tuple[str, Scenario]]:
    """`count` scenarios with their payment ids; without a count, each kind once."""
    for position in range(len(SCENARIOS) if count is None else count):
        scenario = SCENARIOS[position] if position < len(SCENARIOS) else EVERYDAY[position % len(EVERYDAY)]
        yield f"A-{position + 1:02}", scenario


def line(view: PaymentView) -> str:
    """One payment, 80 columns wide; a long sentence goes on below."""
    minor = view.amount or view.terminal_amount
    amount = f"{format_amount(minor, EUR)} {view.currency or EUR}" if minor else ""
    said = view.text if view.verdict != "approved" else _approved(view)
    what = f"{view.payment_id:<6}{view.payment:<10}{amount:>13}  {view.verdict or '':<10}"
    if len(what) + len(said) <= WIDTH:
        return (what + said).rstrip()
    return what.rstrip() + "\n" + below(said)


def _approved(view: PaymentView) -> str:
    parts = [f"{view.card.masked} {view.card.name}" if view.card else ""]
    if view.differs and view.terminal_amount:
        parts.insert(0, f"terminal says {format_amount(view.terminal_amount, EUR)}")
    return " ".join(part for part in parts if part)


def below(text: str) -> str:
    """A long sentence under its payment."""
    return fill(text, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)


def shorten(text: str, width: int) -> str:
    """The text on one line of `width` columns."""
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1].rstrip() + "…"


def _prompt(view: PaymentView) -> str:
    return view.prompt.id if view.prompt else ""
