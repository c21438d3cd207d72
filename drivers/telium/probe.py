"""Whether the terminal on a port speaks Telium."""

from __future__ import annotations

import re
from typing import Final

from drivers.card.secret import SecretBuffer
from drivers.driver import SerialDefaults
from drivers.probe import Probe, ProbeListener, SignListener

_EOT: Final = b"\x04"


def _listener(buffer: SecretBuffer) -> ProbeListener:
    # An ENQ of its own: it wants to deliver an answer first (reference 7.4). An ACK would take it away.
    return SignListener(
        buffer, re.compile(rb"\x06"), result=re.compile(rb"\x05"), weak=True, closing_bytes=_EOT
    )


# Harmless: ENQ, then EOT: asks to speak and says nothing.
PROBE: Final = Probe(
    "telium",
    90,
    b"\x05",
    _listener,
    SerialDefaults(9600),  # in 7E1, which is usual on RS-232, ENQ and ACK are the same eight bits
)
