"""What a demo's shop writes into its settings for a terminal of another protocol."""

from __future__ import annotations

from collections.abc import Sequence

CURRENCIES = {"transbank": "CLP"}
IN_PESOS = (('"EUR"', '"CLP"'), ('"1.00"', '"100"'), ('"500.00"', '"50000"'), ('"5000.00"', '"500000"'))


def in_its_country(settings: str, protocol: str, quirks: Sequence[str] = ()) -> str:
    """The demo's settings with the quirks and the money of that protocol's country."""
    if quirks:
        line = "\n[terminals.front.line]"
        settings = settings.replace(line, f"quirks = {list(quirks)}\n{line}")
    if CURRENCIES.get(protocol) == "CLP":
        for cents, pesos in IN_PESOS:
            settings = settings.replace(cents, pesos)
    return settings
