"""How the till wants to speak with one ZVT terminal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from drivers.driver import NOT_HASHED, KeyCheck, Options
from drivers.zvt.quirks import ZvtQuirk
from drivers.zvt.texts import Charset

T3_S: Final = 5  # reference 4: from a command to its answer
T4_S: Final = 180  # reference 4: from one message of the running terminal to the next
EURO: Final = 978

# Bits of the registration's config byte (reference 8.1).
PRINTS_PAYMENTS: Final = 0x02
PRINTS_ADMINISTRATION: Final = 0x04
SENDS_STATUS: Final = 0x08
SENDS_RECEIPTS: Final = 0x80


@dataclass(frozen=True, slots=True)
class ZvtKeys:
    """`[terminals.NAME.zvt]`: what a shop sets for ZVT alone."""

    # Six digits could be found again from a published hash.
    password: Annotated[str, KeyCheck("6 digits in quotes", pattern="[0-9]{6}", secret=True)] = field(
        default="000000", repr=False, metadata=NOT_HASHED
    )
    "the terminal's, six digits; its manual names it"
    registration: Annotated[int, KeyCheck("one byte", 0, 0xFF, examples=(0x8E,))] | None = None
    "config byte, if it must not follow from receipts"
    tlv: bool = True
    "false for terminals that stumble over TLV fields"
    payment_type: Annotated[int, KeyCheck("one byte", 0, 0xFF, examples=(0x44,))] | None = None
    "BMP 19, if it wants one; 04: printer ready"
    charset: Literal["cp437", "iso-8859-1", "iso-8859-2", "iso-8859-15", "utf-8"] = "cp437"
    "asked for; cp437, iso-8859-1, -2, -15 or utf-8"
    rejects: bool = False
    "takes back an approval that the rules block; try it"
    t3_s: Annotated[int, KeyCheck("seconds", 1, 60, examples=(T3_S,))] = T3_S
    "wait for an answer to a command"
    t4_s: Annotated[int, KeyCheck("seconds", 30, 900, examples=(T4_S,))] = T4_S
    "silence in a payment; at a PIN 120 s are usual"


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
    asked_charset: Charset = Charset.CP437
    payment_type: int | None = None
    rejects: bool = False

    @property
    def receipts_by_till(self) -> bool:
        """The terminal sends receipts, and the answers to them belong to the commit."""
        prints = self.config_byte & (PRINTS_PAYMENTS | PRINTS_ADMINISTRATION)
        return bool(prints and self.config_byte & SENDS_RECEIPTS)

    @property
    def charset(self) -> Charset:
        """The character set of the terminal's texts, until it chooses another one."""
        if ZvtQuirk.LATIN1_TEXTS in self.quirks:
            return Charset.ISO_8859_1
        if ZvtQuirk.SEVEN_BIT_TEXTS in self.quirks:
            return Charset.ZVT_7BIT
        return self.asked_charset

    @property
    def charset_fixed(self) -> bool:
        """The terminal uses its own set, whatever it agrees to."""
        return bool(self.quirks & {ZvtQuirk.LATIN1_TEXTS, ZvtQuirk.SEVEN_BIT_TEXTS})


_CHARSETS: Final = {
    "cp437": Charset.CP437,
    "iso-8859-1": Charset.ISO_8859_1,
    "iso-8859-2": Charset.ISO_8859_2,
    "iso-8859-15": Charset.ISO_8859_15,
    "utf-8": Charset.UTF_8,
}


def zvt_settings(options: Options) -> ZvtSettings:
    """One terminal's options in ZVT's words.

    With `receipts = "terminal"` the registration asks only for display texts:
    the terminal prints, and no answer to a print belongs to the commit.
    """
    own = options.own_keys(ZvtKeys)
    given = {} if options.receipts == "till" else {"config_byte": SENDS_STATUS}
    if own.registration is not None:
        given = {"config_byte": own.registration}
    return ZvtSettings(
        password=int(own.password),
        currency=options.currency,
        tlv=own.tlv,
        payment_type=own.payment_type,
        rejects=own.rejects,
        asked_charset=_CHARSETS[own.charset],
        t3_s=own.t3_s,
        t4_s=own.t4_s,
        quirks=frozenset(ZvtQuirk(name) for name in options.quirks),
        **given,
    )
