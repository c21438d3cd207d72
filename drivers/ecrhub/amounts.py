"""Amounts as ECRHub writes them: decimal text in major units, next to a currency's letters (reference 4).

Built from whole minor units and read back into them; no float is on the way.
"""

from __future__ import annotations

import re
from typing import Final

from drivers.ecrhub.malformed import EcrHubMalformed
from drivers.terminal import ProtocolError

# ISO 4217 list one: letters and number by decimals. The agent has the same table (`agent/base/money.py`)
# and a test compares them: neither may import the other.
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
CURRENCIES: Final = {
    int(code[3:]): (code[:3], decimals) for decimals, codes in _ISO_4217.items() for code in codes.split()
}
_NUMBERS: Final = {letters: number for number, (letters, _) in CURRENCIES.items()}
# Twelve digits of minor units are what the agent takes; a longer text is none of ours.
MAX_WHOLE_DIGITS: Final = 12
_AMOUNT: Final = re.compile(rf"([0-9]{{1,{MAX_WHOLE_DIGITS}}})(?:\.([0-9]+))?", re.ASCII)


def amount_text(minor: int, currency: int) -> str:
    """Minor units as decimal text with all decimals of the currency: 1010 of 978 is "10.10"."""
    decimals = CURRENCIES[currency][1]
    digits = str(minor).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits


def minor_units(text: str, currency: int) -> int:
    """What an answer's amount means: "10", "10.0" and "10.000" are all 1000 of 978.

    Raises `ProtocolError` for anything else than digits with a point, and for an amount
    that is finer than the currency: nothing is rounded.
    """
    if currency not in CURRENCIES:
        raise ProtocolError(EcrHubMalformed.CURRENCY)
    found, decimals = _AMOUNT.fullmatch(text), CURRENCIES[currency][1]
    if found is None:
        raise ProtocolError(EcrHubMalformed.AMOUNT)
    fraction = (found[2] or "").rstrip("0")
    if len(fraction) > decimals:
        raise ProtocolError(EcrHubMalformed.AMOUNT)
    return int(found[1] + fraction.ljust(decimals, "0"))


def currency_letters(number: int) -> str:
    """The three letters of an ISO 4217 number that `CURRENCIES` has."""
    return CURRENCIES[number][0]


def currency_number(letters: str) -> int:
    """The ISO 4217 number. Raises `ProtocolError` for letters that no currency has."""
    try:
        return _NUMBERS[letters]
    except KeyError:
        raise ProtocolError(EcrHubMalformed.CURRENCY) from None
