"""How the till wants to speak with one ECR17 terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from drivers.driver import OptionError, Options
from drivers.ecr17.line import ACK_S
from drivers.ecr17.packet import Identity
from drivers.ecr17.quirks import Ecr17Quirk

ID_DIGITS: Final = 8
# Reference 3: what the libraries take. Enough for what only the terminal itself answers.
ANSWER_S: Final = 60.0
# Reference 3: a payment with PIN may need more. A cardholder's time, as in ZVT's T4.
PAYMENT_SILENCE_S: Final = 180.0

TERMINAL_ID_NEEDED: Final = (
    "ECR17 needs terminal_id: the terminal's own number, up to eight digits, as its receipts show it."
)


@dataclass(frozen=True, slots=True)
class Ecr17Settings:
    """Times in seconds; a `scope` of None is learnt from the terminal; `currency` is an ISO 4217 number."""

    who: Identity
    scope: str | None
    currency: int
    receipts_by_till: bool
    extended_answer: bool
    ack_s: float
    answer_s: float
    payment_silence_s: float


def ecr17_settings(options: Options) -> Ecr17Settings:
    """One terminal's options in ECR17's words. Raises `OptionError`."""
    if not options.terminal_id:
        raise OptionError(TERMINAL_ID_NEEDED)
    return Ecr17Settings(
        who=Identity(options.terminal_id.zfill(ID_DIGITS), options.till_id.zfill(ID_DIGITS)),
        scope=options.variant or None,
        currency=options.currency,
        receipts_by_till=options.receipts == "till",
        extended_answer=Ecr17Quirk.EXTENDED_ANSWER in options.quirks,
        ack_s=options.answer_s or ACK_S,
        answer_s=options.silence_s or ANSWER_S,
        payment_silence_s=options.silence_s or PAYMENT_SILENCE_S,
    )
