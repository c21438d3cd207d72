"""Prefixes and lengths of card numbers by brand, as the brands publish them."""

from __future__ import annotations

from typing import Final

Digits = tuple[int, ...]
_LONG: Final = range(16, 20)

# Lowest and highest prefix, and the lengths that go with it.
_BRANDS: Final[tuple[tuple[Digits, Digits, tuple[int, ...] | range], ...]] = (
    ((4,), (4,), (13, 16, 19)),  # Visa
    ((5, 1), (5, 5), (16,)),  # Mastercard
    ((2, 2, 2, 1), (2, 7, 2, 0), (16,)),  # Mastercard, 2-series
    ((3, 4), (3, 4), (15,)),  # American Express
    ((3, 7), (3, 7), (15,)),
    ((6, 0, 1, 1), (6, 0, 1, 1), _LONG),  # Discover
    ((6, 4, 4), (6, 4, 9), _LONG),
    ((6, 5), (6, 5), _LONG),
    ((3, 5, 2, 8), (3, 5, 8, 9), _LONG),  # JCB
    ((3, 0, 0), (3, 0, 5), range(14, 20)),  # Diners
    ((3, 0, 9, 5), (3, 0, 9, 5), range(14, 20)),
    ((3, 6), (3, 6), range(14, 20)),
    ((3, 8), (3, 9), range(14, 20)),
    ((6, 2), (6, 2), _LONG),  # UnionPay
    ((8, 1), (8, 1), _LONG),
    ((2, 2, 0, 0), (2, 2, 0, 4), _LONG),  # Mir
)
# Maestro is retiring, and many barcodes have its prefixes: good enough to hide, not to raise an alarm.
_MAESTRO: Final[tuple[tuple[Digits, Digits, tuple[int, ...] | range], ...]] = (
    ((5, 0), (5, 0), range(12, 20)),
    ((5, 6), (6, 9), range(12, 20)),
)


def has_brand(lead: Digits, count: int, *, wide: bool = False) -> bool:
    """Whether a number of `count` digits with these first four can be a brand's; `wide` adds Maestro."""
    brands = _BY_TWO[lead[0] * 10 + lead[1]]
    if wide:
        brands = (*brands, *_MAESTRO)
    return any(count in lengths and low <= lead[: len(low)] <= high for low, high, lengths in brands)


def may_be_brand(first: int, second: int) -> bool:
    """Whether any brand's number can begin with these two digits."""
    return bool(_BY_TWO[first * 10 + second])


_BY_TWO: Final = tuple(
    tuple(
        brand for brand in _BRANDS if brand[0][:2] <= (two // 10, two % 10)[: len(brand[0])] <= brand[1][:2]
    )
    for two in range(100)
)
