"""What the simulated terminal prints, and how it hands it to the till (reference 8.2)."""

from __future__ import annotations

from typing import Final

from drivers.simulator.core.bank import Booking, BookingKind
from drivers.terminal import DayTotal
from drivers.zvt.packet import PrintLine, PrintTextBlock, TextLine

# Tag 1F07.
MERCHANT: Final = 0x01
CUSTOMER: Final = 0x02
ADMINISTRATION: Final = 0x03
# Bit 80 ends a receipt; 80 alone would not, so it comes with an indent of one.
LAST_LINE: Final = 0x81
CENTRED: Final = 0x40

_TITLES: Final = {
    BookingKind.SALE: "Kartenzahlung",
    BookingKind.REFUND: "Gutschrift",
    BookingKind.REVERSAL: "Storno",
}
_COPIES: Final = {MERCHANT: "Händlerbeleg", CUSTOMER: "Kundenbeleg"}


def payment(booking: Booking, merchant: str, copy: int, extra: tuple[str, ...]) -> tuple[str, ...]:
    """One copy of a payment's receipt; `{card}` in the extra lines was already replaced."""
    return (
        merchant,
        _COPIES[copy],
        _TITLES[booking.kind],
        f"Betrag {money(booking.amount)}",
        f"{booking.card_name} {booking.card[-8:]}",
        f"Trace {booking.trace:06} Beleg {booking.receipt:04}",
        booking.at.replace("T", " "),
        f"Genehmigung {booking.approval_code}",
        *extra,
    )


def declined(merchant: str, text: str, code: int) -> tuple[str, ...]:
    """The customer's paper of a payment that was not made."""
    return (merchant, "Kundenbeleg", "Zahlung nicht möglich", text or f"Fehler {code:02X}")


def day(merchant: str, title: str, totals: tuple[DayTotal, ...]) -> tuple[str, ...]:
    """End of day and turnover totals, one line for each scheme that was used."""
    used = tuple(f"{line.scheme} {line.count} {money(line.total)}" for line in totals if line.count)
    return (merchant, title, *used, f"Summe {money(sum(line.total for line in totals))}")


def money(amount: int) -> str:
    """Minor units as a terminal prints them."""
    return f"{amount // 100},{amount % 100:02}"


def prints(lines: tuple[str, ...], copy: int, *, blocks: bool) -> tuple[PrintLine | PrintTextBlock, ...]:
    """The same paper as one text block, or line by line for a till that did not offer 06 D3."""
    if blocks:
        head, *rest = lines
        text = (TextLine(head, CENTRED), *(TextLine(line) for line in rest))
        return (PrintTextBlock(text, receipt_type=copy, last=True),)
    *rest, end = lines
    return (*(PrintLine(0x00, line) for line in rest), PrintLine(LAST_LINE, end))
