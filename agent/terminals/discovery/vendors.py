"""USB vendor numbers, and what may be behind them: only what somebody has published.

The drivers' rows list the makers of terminals, each with the protocol of its terminals.
This file lists chips of serial adapters, and makers whose protocol is not known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from agent.texts import say
from drivers.driver import PROTOCOLS, driver


@dataclass(frozen=True, slots=True)
class Vendor:
    """A maker: of terminals, or of chips that sit in adapters and terminals alike."""

    name: str
    protocols: tuple[str, ...]
    why: str


# Keys of the text catalogue.
_ADAPTER: Final = "terminals.adapter"
_SILENT: Final = "terminals.unpublished"

ANY_PROTOCOL: Final[dict[int, Vendor]] = {
    0x0CA6: Vendor("Castles", PROTOCOLS, _SILENT),
    0x0403: Vendor("FTDI", PROTOCOLS, _ADAPTER),
    0x067B: Vendor("Prolific", PROTOCOLS, _ADAPTER),
    0x10C4: Vendor("Silicon Labs", PROTOCOLS, _ADAPTER),
    0x1A86: Vendor("QinHeng (CH340)", PROTOCOLS, _ADAPTER),
    0x9710: Vendor("MosChip", PROTOCOLS, _ADAPTER),
}


@cache
def vendors() -> dict[int, Vendor]:
    """Every known maker by vendor number. Protocols are in the order of `PROTOCOLS`."""
    found = {number: replace(vendor, why=say(vendor.why)) for number, vendor in ANY_PROTOCOL.items()}
    for name in PROTOCOLS:
        for maker in driver(name).makers:
            before = found.get(maker.vendor)
            protocols = (*before.protocols, name) if before else (name,)
            why = f"{before.why}; {driver(name).title}" if before else f"{maker.name}: {driver(name).title}"
            found[maker.vendor] = Vendor(maker.name, protocols, why)
    return found
