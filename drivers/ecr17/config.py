"""How the till wants to speak with one ECR17 terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from drivers.driver import KeyCheck, Options
from drivers.ecr17.line import ACK_S
from drivers.ecr17.packet import Identity
from drivers.ecr17.quirks import Ecr17Quirk

ID_DIGITS: Final = 8
# Reference 3: what the libraries take. Enough for what only the terminal itself answers.
ANSWER_S: Final = 60
# Reference 3: a payment with PIN may need more. A cardholder's time, as in ZVT's T4.
PAYMENT_SILENCE_S: Final = 180

_ID: Final = f"[0-9]{{1,{ID_DIGITS}}}"


@dataclass(frozen=True, slots=True)
class Ecr17Keys:
    """`[terminals.NAME.ecr17]`: what a shop sets for ECR17 alone."""

    terminal_id: Annotated[str, KeyCheck("up to 8 digits", pattern=_ID, examples=("12345678",))]
    "NO DEFAULT: the terminal's number, as its receipts show it"
    till_id: Annotated[str, KeyCheck("up to 8 digits", pattern=_ID, examples=("1",))] = "1"
    "the till's number at the terminal"
    ack_s: Annotated[int, KeyCheck("seconds", 1, 60)] = int(ACK_S)
    "wait for the acknowledgement of a message"
    answer_s: Annotated[int, KeyCheck("seconds", 5, 900)] = ANSWER_S
    "silence where only the terminal itself answers"
    payment_s: Annotated[int, KeyCheck("seconds", 30, 900)] = PAYMENT_SILENCE_S
    "silence in a payment; a PIN takes its time"


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
    """One terminal's options in ECR17's words."""
    own = options.own_keys(Ecr17Keys)
    return Ecr17Settings(
        who=Identity(own.terminal_id.zfill(ID_DIGITS), own.till_id.zfill(ID_DIGITS)),
        scope=options.variant or None,
        currency=options.currency,
        receipts_by_till=options.receipts == "till",
        extended_answer=Ecr17Quirk.EXTENDED_ANSWER in options.quirks,
        ack_s=own.ack_s,
        answer_s=own.answer_s,
        payment_silence_s=own.payment_s,
    )
