"""USB vendor numbers as data, and what may be behind them: only what somebody has published.

Names are those of the usb.ids list (vcrhonek/hwdata) unless a line says otherwise.
Which protocols a maker's terminals speak is told by the protocol references; the
contract with the acquirer decides which one a given terminal was set up for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from drivers.driver import PROTOCOLS


@dataclass(frozen=True, slots=True)
class Vendor:
    """A maker: of terminals, or of chips that sit in adapters and terminals alike."""

    name: str
    protocols: tuple[str, ...]
    why: str
    adapter: bool = False


_ADAPTER: Final = "a serial adapter: any terminal may be behind it"
_INGENICO: Final = "Ingenico: ZVT in Germany, Austria and Switzerland, Telium in France, ECR17 in Italy"

VENDORS: Final[dict[int, Vendor]] = {
    0x0B00: Vendor("Ingenico", ("zvt", "telium", "ecr17"), _INGENICO),
    0x0F14: Vendor("Ingenico", ("zvt", "telium", "ecr17"), _INGENICO),
    # Sagem built the Telium terminals; NCR's device list has 079b:0028 as "Ingenico ... Telium".
    0x079B: Vendor("Sagem, Ingenico Telium", ("telium",), "Sagem's Telium terminals speak Concert E+"),
    0x0780: Vendor("Sagem Monetel", ("telium",), "Sagem's Telium terminals speak Concert E+"),
    # zvt.md 3 (VX 820), ecr17.md; Linux' cdc-acm lists 11ca:0201.
    0x11CA: Vendor("Verifone", ("zvt", "ecr17"), "Verifone: ZVT and ECR17 are both in use"),
    # Not in usb.ids. Published udev rules for PAX A910 name it; zvt.md 8.1 (A80), ecr17.md.
    0x2FB8: Vendor("PAX", ("zvt", "ecr17"), "PAX: ZVT and ECR17 are both in use"),
    0x0CA6: Vendor("Castles", PROTOCOLS, "no published note says which protocol Castles speaks"),
    # zvt.md 3: cVEND, over the network.
    0x0AB1: Vendor("Feig", ("zvt",), "Feig's cVEND speaks ZVT, usually over the network"),
    # paycloud-open/cahsier-ecr-hub asks for Qualcomm's driver for Wiseasy terminals.
    0x05C6: Vendor("Qualcomm", ("ecrhub",), "Wiseasy's Android terminals show as Qualcomm; so do modems"),
    0x0403: Vendor("FTDI", PROTOCOLS, _ADAPTER, adapter=True),
    0x067B: Vendor("Prolific", PROTOCOLS, _ADAPTER, adapter=True),
    0x10C4: Vendor("Silicon Labs", PROTOCOLS, _ADAPTER, adapter=True),
    0x1A86: Vendor("QinHeng (CH340)", PROTOCOLS, _ADAPTER, adapter=True),
    0x9710: Vendor("MosChip", PROTOCOLS, _ADAPTER, adapter=True),
}
