r"""Money is an integer of minor units with a currency. Nothing here knows a float.

Text becomes an amount by one grammar, in ASCII digits with a point:

    (0|[1-9][0-9]{0,8})(\.[0-9]{1,e})?      e = the currency's decimals

Fewer decimals than the currency has are filled with zeros ("12.5" is 12.50 EUR:
nobody can read it otherwise); more decimals are an error, for nothing is rounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agent.base.coded import CodedError, CodedText

# Twelve BCD digits: the amount field of ZVT, ISO 8583 DE 4 and EMV 9F02.
MAX_MINOR: Final = 999_999_999_999

# A refused text is quoted up to this length only: a scanner or a card reader may
# have typed a card number (13 digits and more) into the amount field.
MAX_QUOTED_CHARACTERS: Final = 12

_GRAMMAR: Final = re.compile(r"(0|[1-9][0-9]{0,8})(?:\.([0-9]+))?", re.ASCII)

# ISO 4217 list one as published 2026-01-01: letters and number by decimals, without
# the codes that have no minor unit (metals, funds of account, test and no currency).
_ISO_4217: Final = {
    0: """
        BIF108 CLP152 DJF262 GNF324 ISK352 JPY392 KMF174 KRW410 PYG600 RWF646 UGX800 UYI940 VND704
        VUV548 XAF950 XOF952 XPF953
    """,
    2: """
        AED784 AFN971 ALL008 AMD051 AOA973 ARS032 AUD036 AWG533 AZN944 BAM977 BBD052 BDT050 BMD060
        BND096 BOB068 BOV984 BRL986 BSD044 BTN064 BWP072 BYN933 BZD084 CAD124 CDF976 CHE947 CHF756
        CHW948 CNY156 COP170 COU970 CRC188 CUP192 CVE132 CZK203 DKK208 DOP214 DZD012 EGP818 ERN232
        ETB230 EUR978 FJD242 FKP238 GBP826 GEL981 GHS936 GIP292 GMD270 GTQ320 GYD328 HKD344 HNL340
        HTG332 HUF348 IDR360 ILS376 INR356 IRR364 JMD388 KES404 KGS417 KHR116 KPW408 KYD136 KZT398
        LAK418 LBP422 LKR144 LRD430 LSL426 MAD504 MDL498 MGA969 MKD807 MMK104 MNT496 MOP446 MRU929
        MUR480 MVR462 MWK454 MXN484 MXV979 MYR458 MZN943 NAD516 NGN566 NIO558 NOK578 NPR524 NZD554
        PAB590 PEN604 PGK598 PHP608 PKR586 PLN985 QAR634 RON946 RSD941 RUB643 SAR682 SBD090 SCR690
        SDG938 SEK752 SGD702 SHP654 SLE925 SOS706 SRD968 SSP728 STN930 SVC222 SYP760 SZL748 THB764
        TJS972 TMT934 TOP776 TRY949 TTD780 TWD901 TZS834 UAH980 USD840 USN997 UYU858 UZS860 VED926
        VES928 WST882 XAD396 XCD951 XCG532 YER886 ZAR710 ZMW967 ZWG924
    """,
    3: """
        BHD048 IQD368 JOD400 KWD414 LYD434 OMR512 TND788
    """,
    4: """
        CLF990 UYW927
    """,
}


class AmountError(CodedError, ValueError):
    """A text that is not an amount. Its sentence is for the person who typed it."""


class UnknownCurrencyError(CodedError, ValueError):
    """A code that the pinned ISO 4217 table does not have."""


@dataclass(frozen=True, slots=True)
class Currency:
    """One currency of ISO 4217: `letters` "EUR", `number` 978, `exponent` 2 decimals."""

    letters: str
    number: int
    exponent: int

    def __str__(self) -> str:
        return self.letters


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of `minor` units: Money(1250, EUR) is 12.50 EUR."""

    minor: int
    currency: Currency

    def __str__(self) -> str:
        return f"{format_amount(self.minor, self.currency)} {self.currency}"


CURRENCIES: Final = {
    code[:3]: Currency(code[:3], int(code[3:]), exponent)
    for exponent, codes in _ISO_4217.items()
    for code in codes.split()
}
_BY_NUMBER: Final = {currency.number: currency for currency in CURRENCIES.values()}


def currency_of(letters: str) -> Currency:
    """The currency of its three capital letters. Raises `UnknownCurrencyError`."""
    try:
        return CURRENCIES[letters]
    except KeyError:
        raise UnknownCurrencyError("money.unknown_currency", text=_quoted(letters)) from None


def currency_of_number(number: int) -> Currency:
    """The currency of its ISO 4217 number. Raises `UnknownCurrencyError`."""
    try:
        return _BY_NUMBER[number]
    except KeyError:
        raise UnknownCurrencyError("money.unknown_currency_number", number=number) from None


def parse_amount(text: object, currency: Currency) -> int:
    """The minor units that `text` means, 0 to `MAX_MINOR`.

    Raises `AmountError` for everything outside the grammar, and for what is not
    a `str` at all: a number that came as a float has already been rounded.
    """
    if not isinstance(text, str):
        raise AmountError(_kind(text), example=_example(currency))
    found = _GRAMMAR.fullmatch(text)
    if found is None:
        raise AmountError(_refusal(text), text=_quoted(text), example=_example(currency))
    whole, decimals = found[1], found[2] or ""
    if len(decimals) > currency.exponent:
        raise _too_fine(text, currency)
    minor = int(whole + decimals.ljust(currency.exponent, "0"))
    if minor > MAX_MINOR:
        raise AmountError("money.too_large", text=_quoted(text), currency=currency)
    return minor


def format_amount(minor: int, currency: Currency) -> str:
    """`minor` units as digits with all decimals of the currency: 1250 EUR is "12.50"."""
    sign, digits = "-" if minor < 0 else "", str(abs(minor)).rjust(currency.exponent + 1, "0")
    if currency.exponent == 0:
        return sign + digits
    return f"{sign}{digits[: -currency.exponent]}.{digits[-currency.exponent :]}"


def _refusal(text: str) -> str:
    return next((code for code, seen in _REFUSALS if seen.search(text)), "money.not_an_amount")


# Tried in order: the first that is seen in a refused text names what is wrong with it.
_REFUSALS: Final = (
    ("money.empty", re.compile(r"\A\Z")),
    ("money.spaces", re.compile(r"\s")),
    ("money.not_finite", re.compile(r"\A[+-]?(nan|inf)", re.IGNORECASE)),
    ("money.other_digits", re.compile(r"[^\x00-\x7f]")),
    ("money.sign", re.compile(r"\A[+-]")),
    ("money.separator", re.compile(r"[,_'\"]|\..*\.")),
    ("money.letters", re.compile(r"[A-Za-z]")),
    ("money.leading_zero", re.compile(r"\A0[0-9]")),
    ("money.too_many_digits", re.compile(r"\A[0-9]{10}")),
    ("money.bare_point", re.compile(r"\A\.|\.\Z")),
)


def _too_fine(text: str, currency: Currency) -> AmountError:
    if currency.exponent == 0:
        return AmountError("money.no_decimals", text=_quoted(text), currency=currency)
    decimals = currency.exponent
    return AmountError("money.too_fine", text=_quoted(text), currency=currency, decimals=decimals)


def _example(currency: Currency) -> str:
    return f'"{format_amount(125 * 10**currency.exponent // 10, currency)}"'


def _quoted(text: str) -> str | CodedText:
    if len(text) > MAX_QUOTED_CHARACTERS:
        return CodedText("money.long_text", {"length": len(text)})
    return ascii(text)


def _kind(value: object) -> str:
    """The code for a value that is not even a text."""
    codes = {bool: "money.is_boolean", int: "money.is_whole_number", float: "money.is_fraction"}
    return codes.get(type(value), "money.is_no_text")
