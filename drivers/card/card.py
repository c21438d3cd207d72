"""The only place where clear card digits are touched: masked, sealed, numbered, wiped.

Digits are in a `SecretBuffer` and are read one byte at a time. No clear number ever becomes
`str`, `bytes` or one `int`, because Python cannot wipe those.
Truncation is the strictest form of PCI DSS FAQ 1091 for all brands.
"""

from __future__ import annotations

from typing import Final, NoReturn

from drivers.card.ordinals import CardOrdinals
from drivers.card.scrub import hidden_range, scrub_text
from drivers.card.seal import PLAINTEXT_BYTES, HpkeSealer, SealingKey
from drivers.card.secret import SecretBuffer, SecretMemoryError
from drivers.terminal import SealedCard

__all__ = [
    "Card",
    "CardOrdinals",
    "CardSealer",
    "SecretBuffer",
    "SecretMemoryError",
    "masked_from_bcd",
    "scrub_text",
]

# ISO/IEC 7812-1: an issuer's number has 8 to 19 digits.
MIN_NUMBER_DIGITS: Final = 8
MAX_NUMBER_DIGITS: Final = 19
EXPIRY_DIGITS: Final = 4

# ZVT: F pads an odd number, D separates the number from the data after it.
_ENDS_NUMBER: Final = (0xD, 0xF)
_NOT_A_DIGIT: Final = 0xE
_PLAINTEXT_VERSION: Final = 1
_NUMBER_AT: Final = 2
_EXPIRY_AT: Final = _NUMBER_AT + MAX_NUMBER_DIGITS


class Card:
    """A clear number and expiry, as writable views into a `SecretBuffer`. Only for `CardSealer`."""

    __slots__ = ("_expiry", "_number", "_packed")

    def __init__(self, number: memoryview, expiry: memoryview | None, *, packed: bool) -> None:
        self._number = number
        self._expiry = expiry
        self._packed = packed

    @classmethod
    def from_bcd(cls, number: memoryview, expiry: memoryview | None) -> Card:
        """Two digits a byte, `F` or `D` ends the number, `E` was masked by the terminal; expiry YYMM."""
        return cls(number, expiry, packed=True)

    @classmethod
    def from_ascii(cls, number: memoryview, expiry: memoryview | None) -> Card:
        """One digit a byte, no separators; anything else was masked by the terminal; expiry YYMM."""
        return cls(number, expiry, packed=False)

    def wipe(self) -> None:
        """Zero the number and the expiry in place."""
        for view in (self._number, self._expiry):
            if view is not None:
                view[:] = bytes(len(view))

    def masked(self) -> str:
        """The truncated number; `*` for every digit that is hidden."""
        count = _count(self._number, packed=self._packed)
        shown = bytearray(b"*" * count)
        hidden = hidden_range(count)
        for index in range(count):
            digit = _digit(self._number, index, packed=self._packed)
            if index not in hidden and digit <= 9:
                shown[index] = 0x30 + digit
        return shown.decode("ascii")

    def spell_number(self, into: memoryview) -> int:
        """Write the digits as ASCII; gives their count, 0 when the number is not clear and whole."""
        count = _count(self._number, packed=self._packed)
        if not MIN_NUMBER_DIGITS <= count <= MAX_NUMBER_DIGITS:
            return 0
        return count if _spell(self._number, count, into, packed=self._packed) else 0

    def spell_expiry(self, into: memoryview) -> bool:
        """Write YYMM as ASCII; False when there is none."""
        expiry = self._expiry
        if expiry is None or _count(expiry, packed=self._packed) != EXPIRY_DIGITS:
            return False
        return _spell(expiry, EXPIRY_DIGITS, into, packed=self._packed)

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError("clear card data cannot be shown, compared, copied or stored")

    __repr__ = __str__ = __format__ = __bytes__ = _refuse
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _refuse
    __bool__ = __len__ = __iter__ = __contains__ = __int__ = __index__ = _refuse
    __copy__ = __deepcopy__ = __reduce__ = __reduce_ex__ = __getstate__ = _refuse


class CardSealer:
    """Turns a `Card` into a `SealedCard`, which may leave the driver. Only its scratch block has plaintext.

    `ordinals` knows which card it is. Its keys are begun and ended by the agent.
    """

    def __init__(self, sealer: HpkeSealer | SealingKey, ordinals: CardOrdinals) -> None:
        self._sealer = sealer
        self._ordinals = ordinals
        self._scratch = SecretBuffer(PLAINTEXT_BYTES)

    def seal_card(self, card: Card, context: str) -> SealedCard:
        """Mask, number and seal for the payment named `context`; the card is wiped in every case.

        A number that the terminal had masked, or that is not a card number, gives only its masked form.
        """
        try:
            return self._seal_card(card, context)
        finally:
            card.wipe()
            self._scratch.wipe()

    def close(self) -> None:
        """Give the memory back."""
        self._scratch.close()

    def _seal_card(self, card: Card, context: str) -> SealedCard:
        plain = self._scratch.view
        count = card.spell_number(plain[_NUMBER_AT:_EXPIRY_AT])
        expiry = plain[_EXPIRY_AT : _EXPIRY_AT + EXPIRY_DIGITS]
        until = expiry.tobytes().decode("ascii") if card.spell_expiry(expiry) else ""
        if not count:
            return SealedCard(card.masked(), until)
        plain[0] = _PLAINTEXT_VERSION
        plain[1] = count
        return SealedCard(
            masked=card.masked(),
            expiry=until,
            numbers=self._ordinals.numbers(plain[_NUMBER_AT : _NUMBER_AT + count]),
            key_id=self._sealer.key_id,
            sealed=self._sealer.seal(plain, context),
        )


def masked_from_bcd(number: memoryview) -> str:
    """The truncated form of a BCD number (`F` pads, `E` is already masked); never more than 6 + 4."""
    return Card.from_bcd(number, None).masked()


def _count(view: memoryview, *, packed: bool) -> int:
    """Digits in the view before padding or a separator."""
    if not packed:
        return len(view)
    for index in range(2 * len(view)):
        if _digit(view, index, packed=True) in _ENDS_NUMBER:
            return index
    return 2 * len(view)


def _digit(view: memoryview, index: int, *, packed: bool) -> int:
    """One digit 0 to 9, or more than 9 for anything else."""
    if packed:
        byte = view[index >> 1]
        return byte & 0xF if index & 1 else byte >> 4
    value = view[index] - 0x30
    return value if 0 <= value <= 9 else _NOT_A_DIGIT


def _spell(view: memoryview, count: int, into: memoryview, *, packed: bool) -> bool:
    """ASCII digits into `into`; all zeros and False if one of them is not a digit."""
    for index in range(count):
        digit = _digit(view, index, packed=packed)
        if digit > 9:
            into[:] = bytes(len(into))
            return False
        into[index] = 0x30 + digit
    return True
