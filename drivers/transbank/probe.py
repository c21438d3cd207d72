"""Whether the terminal on a port speaks Transbank's protocol."""

from __future__ import annotations

import re
from typing import Final

from drivers.card.secret import SecretBuffer
from drivers.driver import SerialDefaults
from drivers.probe import Probe, ProbeListener, SignListener


def _listener(buffer: SecretBuffer) -> ProbeListener:
    # A response that the terminal repeats because nobody acknowledged it (reference 2).
    result = re.compile(rb"\x02[0-9]{4}\|")
    return SignListener(buffer, re.compile(rb"\x06"), result=result, weak=True)


# Harmless: 0100, the poll: answered by an ACK alone.
PROBE: Final = Probe(
    "transbank",
    80,
    bytes.fromhex("02 30313030 03 02"),
    _listener,
    SerialDefaults(115_200),
)
