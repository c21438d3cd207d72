"""What the till's side can ask, as messages of ECRHub; and the numbers that they carry.

An order's number is made from the payment's id and place in the journal, so
that resolving can make it again. It has letters only: digits in a row could be taken for
a card number and be hidden.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from drivers.ecrhub.amounts import CURRENCIES, amount_text, currency_letters
from drivers.ecrhub.codec import Variant
from drivers.ecrhub.config import EcrHubSettings
from drivers.ecrhub.packet import EcrHubRequest, Topic, TransType
from drivers.ecrhub.quirks import EcrHubQuirk
from drivers.operation import WITH_AMOUNT, WITH_ORIGINAL, unsupported
from drivers.terminal import Command, DriverFact, Operation

# The card is what a till's payment is made with; a wallet's code has another category.
CARD_PAYMENT: Final = "BANKCARD"
# The name under which the till pairs, and what its display says of it.
DEVICE_NAME: Final = "Tillgate"
TRANS_TYPE: Final = {
    Operation.SALE: TransType.PURCHASE,
    Operation.REFUND: TransType.REFUND,
    Operation.REVERSAL: TransType.VOID,
}
OPERATIONS: Final = frozenset(TRANS_TYPE) | {Operation.STATUS, Operation.REPEAT_RECEIPT}

NO_DAY_CLOSE: Final = DriverFact("ecrhub.no_day_close")
NO_TOTALS: Final = DriverFact("ecrhub.no_totals")
NO_TEXTS: Final = DriverFact("ecrhub.no_texts")
NO_ORIGINAL: Final = DriverFact("ecrhub.no_original")
NO_AMOUNT: Final = DriverFact("ecrhub.no_amount")
NO_CURRENCY: Final = DriverFact("ecrhub.no_currency")
_CANNOT: Final = {
    Operation.CLOSE_DAY: NO_DAY_CLOSE,
    Operation.TURNOVER_TOTALS: NO_TOTALS,
    Operation.DISPLAY_TEXT: NO_TEXTS,
}


def refusal_reason(command: Command) -> DriverFact | None:
    """Why the command cannot be said in ECRHub, for the cashier; None if it can."""
    if command.operation in _CANNOT:
        return _CANNOT[command.operation]
    if command.operation not in TRANS_TYPE:
        return unsupported(command.operation, OPERATIONS)
    if command.operation in WITH_ORIGINAL and not command.original_payment_id:
        return NO_ORIGINAL
    if command.operation in WITH_AMOUNT and not command.amount:
        return NO_AMOUNT
    return NO_CURRENCY if command.currency is not None and command.currency not in CURRENCIES else None


def order_number(payment_id: str, sequence: int) -> str:
    """`merchant_order_no`: 32 letters, unique for ever, the same whenever it is asked for."""
    return _letters(f"order {sequence} {payment_id}")


def request_id(topic: Topic, order: str, count: int, now: float) -> str:
    """A message's own id. The moment is in it: after a restart the count begins anew."""
    return _letters(f"request {topic} {order} {count} {now!r}")


def _letters(text: str) -> str:
    """128 bits of a hash, four to a letter."""
    digest = sha256(text.encode("utf-8")).hexdigest()[:32]
    return digest.translate(_HEX_TO_LETTERS)


_HEX_TO_LETTERS: Final = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


# No payment is without an id, so nobody ever has it.
TRIAL_ORDER: Final = order_number("", 0)


def payment(command: Command, currency: int, asked: str, settings: EcrHubSettings) -> EcrHubRequest:
    """The order of a financial command. `asked` is its request id, `currency` the one it is in."""
    amount = "" if command.amount is None else amount_text(command.amount, currency)
    refers = command.operation in WITH_ORIGINAL
    named = EcrHubQuirk.OWN_CURRENCY not in settings.quirks
    return EcrHubRequest(
        topic=Topic.ORDER,
        request_id=asked,
        app_id=settings.app_id,
        order=order_number(command.payment_id, command.sequence),
        original=order_number(command.original_payment_id, command.original_sequence) if refers else "",
        currency=currency_letters(currency) if named else "",
        amount=amount,
        trans_type=TRANS_TYPE[command.operation],
        method=CARD_PAYMENT,
        mac=_mac(settings),
    )


def about(topic: Topic, order: str, asked: str, settings: EcrHubSettings) -> EcrHubRequest:
    """A query or a close of an order."""
    return EcrHubRequest(
        topic=topic, request_id=asked, app_id=settings.app_id, order=order, mac=_mac(settings)
    )


def probe(asked: str, settings: EcrHubSettings) -> EcrHubRequest:
    """A message that moves no money and whose answer shows the terminal's form (reference 1).

    SDK 1.0 pairs, as it must anyway; the others ask for an order that nobody has.
    """
    if settings.variant is not Variant.SDK_1_0:
        return about(Topic.QUERY, TRIAL_ORDER, asked, settings)
    return EcrHubRequest(
        topic=Topic.PAIR,
        request_id=asked,
        app_id=settings.app_id,
        mac=_mac(settings),
        name=DEVICE_NAME,
        alias=f"{DEVICE_NAME} {settings.till_id}",
    )


def _mac(settings: EcrHubSettings) -> str:
    """The till's address for pairing: of the kind that anybody may choose (bit 1 of the first byte)."""
    return "02-" + sha256(settings.till_id.encode("utf-8")).digest()[:5].hex("-").upper()
