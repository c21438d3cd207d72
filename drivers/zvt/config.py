"""How the till wants to speak with one ZVT terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from drivers.zvt.quirks import ZvtQuirk
from drivers.zvt.texts import Charset

T3_S: Final = 5.0  # reference 4: from a command to its answer
T4_S: Final = 180.0  # reference 4: from one message of the running terminal to the next
EURO: Final = 978

# Bits of the registration's config byte (reference 8.1).
PRINTS_PAYMENTS: Final = 0x02
PRINTS_ADMINISTRATION: Final = 0x04
SENDS_STATUS: Final = 0x08
SENDS_RECEIPTS: Final = 0x80


@dataclass(frozen=True, slots=True)
class ZvtSettings:
    """One terminal's settings. Times in seconds, `currency` as ISO 4217 number.

    The default config byte 8E lets the till print what the terminal sends;
    08 leaves the receipts to the terminal. `tlv` off is for terminals that
    refuse a registration with a TLV container.
    """

    password: int = 0
    currency: int = EURO
    config_byte: int = PRINTS_PAYMENTS | PRINTS_ADMINISTRATION | SENDS_STATUS | SENDS_RECEIPTS
    tlv: bool = True
    t3_s: float = T3_S
    t4_s: float = T4_S
    quirks: frozenset[ZvtQuirk] = frozenset()

    @property
    def receipts_by_till(self) -> bool:
        """The terminal sends receipts, and the answers to them belong to the commit."""
        prints = self.config_byte & (PRINTS_PAYMENTS | PRINTS_ADMINISTRATION)
        return bool(prints and self.config_byte & SENDS_RECEIPTS)

    @property
    def charset(self) -> Charset:
        """The character set of the terminal's texts."""
        if ZvtQuirk.LATIN1_TEXTS in self.quirks:
            return Charset.ISO_8859_1
        if ZvtQuirk.SEVEN_BIT_TEXTS in self.quirks:
            return Charset.ZVT_7BIT
        return Charset.CP437
