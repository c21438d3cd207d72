"""What happens in the demo's shop: one act is one payment, told in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import fill

from agent.base.money import currency_of, format_amount
from agent.cli.ui.client import RefusedError
from agent.payments.views import (
    Answer,
    CloseDayRequest,
    Credential,
    PaymentRequest,
    PaymentView,
)
from agent.programs.demo.environment import SUPERVISOR, SUPERVISOR_PIN, House

WAIT_S = 30
WIDTH = 80
INDENT = " " * 8
EUR = currency_of("EUR")
Say = Callable[[str], None]


@dataclass
class Shop:
    """A till at work: the house it stands in, and where to tell what happens."""

    house: House
    say: Say

    def send(self, payment_id: str, request: PaymentRequest) -> PaymentView:
        """Put a payment and follow it to its verdict or its question."""
        self.house.door.call("PUT", f"/payments/{payment_id}", PaymentView, request)
        return self.follow(payment_id)

    def follow(self, payment_id: str) -> PaymentView:
        """Wait until the payment is done or asks."""
        while True:
            view = self.house.door.call("GET", f"/payments/{payment_id}?wait={WAIT_S}", PaymentView)
            if view.phase in {"done", "asking"}:
                return view

    def ask(self, payment_id: str, request: PaymentRequest) -> PaymentView:
        """Put a payment that the rules have a question about."""
        view = self.send(payment_id, request)
        self.say(f"        asks  {shorten(view.prompt.text if view.prompt else '', 62)}")
        return view

    def answer(self, view: PaymentView, answer: Answer, how: str) -> PaymentView:
        """Answer the open question."""
        self.say(f"        {how}")
        self.house.door.call("POST", f"/payments/{view.payment_id}/answers", PaymentView, answer)
        return self.follow(view.payment_id)


Act = Callable[[Shop, str], PaymentView]


def sale(minor: int) -> Act:
    """A plain sale; what becomes of it is the terminal's or the rules' affair."""
    return lambda shop, payment_id: shop.send(payment_id, PaymentRequest(amount=minor, currency="EUR"))


def in_dollars(shop: Shop, payment_id: str) -> PaymentView:
    """A currency that this shop does not take."""
    return shop.send(payment_id, PaymentRequest(amount=1500, currency="USD"))


def small(shop: Shop, payment_id: str) -> PaymentView:
    """Below the smallest sale: the cashier is asked, and says no."""
    view = shop.ask(payment_id, PaymentRequest(amount=50, currency="EUR"))
    return shop.answer(view, Answer(prompt=_prompt(view), answer="no"), "cashier answers no")


def large(shop: Shop, payment_id: str) -> PaymentView:
    """Above the soft limit: a second person signs, with a wrong PIN first."""
    view = shop.ask(payment_id, PaymentRequest(amount=62_000, currency="EUR", operator="cashier-1"))
    wrong = Answer(prompt=_prompt(view), answer="yes", credential=Credential(SUPERVISOR, "000000"))
    try:
        shop.house.door.call("POST", f"/payments/{payment_id}/answers", PaymentView, wrong)
    except RefusedError as refusal:
        shop.say(f"        refused  {shorten(str(refusal), 60)}")
    right = Answer(prompt=_prompt(view), answer="yes", credential=Credential(SUPERVISOR, SUPERVISOR_PIN))
    return shop.answer(view, right, f"{SUPERVISOR} signs")


def again(first: str) -> Act:
    """The till lost the answer and asks again: the same id is the same payment."""

    def act(shop: Shop, payment_id: str) -> PaymentView:
        same = PaymentRequest(amount=1250, currency="EUR")
        shop.send(first, same)
        shop.say(f"        {first} sent again: the same payment, not a second one")
        try:
            shop.send(first, PaymentRequest(amount=9900, currency="EUR"))
        except RefusedError as refusal:
            shop.say(f"        {first} with 99.00: {shorten(str(refusal), 52)}")
        return shop.send(payment_id, PaymentRequest(amount=1999, currency="EUR"))

    return act


def refund(original: str, minor: int) -> Act:
    """Give money back for an earlier sale."""
    return lambda shop, payment_id: shop.send(
        payment_id, PaymentRequest(payment="refund", amount=minor, currency="EUR", original=original)
    )


def reversal(original: str) -> Act:
    """Take an earlier sale back whole."""
    return lambda shop, payment_id: shop.send(
        payment_id, PaymentRequest(payment="reversal", original=original)
    )


def cable_pulled(shop: Shop, payment_id: str) -> PaymentView:
    """The line breaks in the middle: unclear, the terminal is held until it has been asked."""
    view = shop.send(payment_id, PaymentRequest(amount=7700, currency="EUR"))
    try:
        shop.send(f"{payment_id}x", PaymentRequest(amount=100, currency="EUR"))
    except RefusedError as refusal:
        shop.say(f"        next sale refused: {shorten(str(refusal), 52)}")
    shop.house.wait_for(lambda: shop.follow(payment_id).verdict != "unclear", "what the terminal can prove")
    resolved = shop.follow(payment_id)
    shop.say(below(f"{payment_id} is {resolved.verdict} now. {resolved.text}"))
    return view


def terminal_off(shop: Shop, payment_id: str) -> PaymentView:
    """The terminal has no power: it never heard of the payment."""
    shop.house.stop("terminal")
    shop.house.wait_for(lambda: shop.house.terminal_is("away"), "the loss of the terminal")
    view = shop.send(payment_id, PaymentRequest(amount=500, currency="EUR"))
    shop.house.start_terminal()
    shop.house.wait_for(lambda: shop.house.terminal_is("ready"), "the terminal's return")
    return view


def close_day(shop: Shop, payment_id: str) -> PaymentView:
    """The end of the day."""
    shop.house.door.call("POST", "/close-day", PaymentView, CloseDayRequest(payment_id=payment_id))
    return shop.follow(payment_id)


ACTS: list[Act] = [
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


def acts(count: int | None) -> Iterator[tuple[str, Act]]:
    """`count` acts with their payment ids; without a count, each kind once."""
    for position in range(len(ACTS) if count is None else count):
        act = ACTS[position] if position < len(ACTS) else EVERYDAY[position % len(EVERYDAY)]
        yield f"A-{position + 1:02}", act


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
