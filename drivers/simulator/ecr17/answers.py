"""The answers and the paper of the simulated ECR17 terminal, byte by byte (reference 5, 6)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from drivers.simulator.core.bank import Booking, BookingKind
from drivers.simulator.core.behaviour import Behaviour

# Reference 6.
PIECE_CHARACTERS: Final = 200
_NEW_LINE: Final = "}"
_END: Final = "}}}}}}\x1b"
_CARD_DIGITS: Final = 19
_DEBIT_SCHEMES: Final = frozenset({"Maestro"})
_ACQUIRER: Final = "00000000001"

STOPPED: Final = "OPERAZIONE ANNULLATA"
REFUSED: Final = "OPERAZIONE RIFIUTATA"
NO_REVERSAL: Final = "STORNO NON POSSIBILE"
NOTHING: Final = "NESSUNA OPERAZIONE"
WAIT: Final = "ATTENDERE PREGO"
# What a script's display codes say here: they are those of ZVT.
DISPLAY: Final = {0x0A: "INSERIRE CARTA", 0x0E: WAIT, 0x0B: "ESTRARRE CARTA"}


def status(terminal_id: str, at: datetime, state: int, software: str) -> bytes:
    """`s`; the software's name is filled to whole groups of eight characters."""
    width = -(-len(software) // 8) * 8
    return _encoded(f"{terminal_id}0s{0:010}{at:%d%m%y%H%M}{state}{software:{width}}")


def approved(terminal_id: str, booking: Booking, number: str, *, extended: bool) -> bytes:
    """`E` with 00. A reversal's has zeros for the authorisation code."""
    at = datetime.fromisoformat(booking.at)
    code = booking.approval_code if booking.kind is BookingKind.SALE else "000000"
    told = f"{number.rjust(_CARD_DIGITS, '0')}ICC{code:6}{at:%j%H%M}"
    kind = 1 if booking.card_name in _DEBIT_SCHEMES else 2
    amount = f"000{booking.amount:08}{0:010}" if extended else ""
    return _encoded(f"{terminal_id}0E00{told}{kind}{_ACQUIRER}{_numbers(booking)}{amount}")


def refused(terminal_id: str, text: str, booking: Booking | None = None) -> bytes:
    """`E` with 01; without a booking the host was never asked, and there is no STAN."""
    return _encoded(f"{terminal_id}0E01{text[:24]:24}{0:011}2{_ACQUIRER}{_numbers(booking)}")


def closed(terminal_id: str, total: int) -> bytes:
    """`C` with 00: terminal and host agree."""
    return _encoded(f"{terminal_id}0C00{total:016}{total:016}")


def not_closed(terminal_id: str) -> bytes:
    """`C` with 01."""
    return _encoded(f"{terminal_id}0C01{REFUSED[:19]:19}116")


def totals(terminal_id: str, total: int) -> bytes:
    """`T`."""
    return _encoded(f"{terminal_id}0T00{total:016}{0:06}")


def receipt_text(booking: Booking, orders: Behaviour, number: str) -> str:
    """The paper of a payment or a reversal; `{card}` in a script's lines is the number as shown."""
    amount = f"{booking.amount // 100},{booking.amount % 100:02}"
    lines = (
        "PAGAMENTO" if booking.kind is BookingKind.SALE else "STORNO",
        booking.at[:16].replace("T", " "),
        f"STAN {booking.trace:06}",
        booking.card_name,
        booking.card,
        f"\x7fEUR {amount}",
        f"COD. AUT. {booking.approval_code}" if booking.approval_code else REFUSED,
        *(line.replace("{card}", number) for line in orders.receipt),
    )
    return _NEW_LINE.join(lines)


def day_receipt_text(total: int) -> str:
    """The paper of an end of day."""
    return f"CHIUSURA{_NEW_LINE}TOTALE EUR {total // 100},{total % 100:02}"


def pieces(terminal_id: str, paper: str) -> list[bytes]:
    """The `S` messages that bring this paper."""
    text = paper + _END
    starts = range(0, len(text), PIECE_CHARACTERS)
    return [_encoded(f"{terminal_id}0S{text[at : at + PIECE_CHARACTERS]}") for at in starts]


def _numbers(booking: Booking | None) -> str:
    """STAN and online id."""
    return f"{0:012}" if booking is None else f"{booking.trace:06}{booking.number % 1_000_000:06}"


def _encoded(text: str) -> bytes:
    return text.encode("iso8859_1", "replace")
