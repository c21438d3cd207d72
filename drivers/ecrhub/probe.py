"""Whether the terminal on a port speaks ECRHub."""

from __future__ import annotations

import re
from typing import Final

from drivers.card.secret import SecretBuffer
from drivers.driver import SerialDefaults
from drivers.probe import Probe, ProbeListener, SignListener


def _listener(buffer: SecretBuffer) -> ProbeListener:
    return SignListener(buffer, re.compile(rb"\x55\xaa(?:\x02\x00\x00\x00\x00\x02|\x00{6})\xcc\x33"))


# Harmless: the link's handshake, which every opening sends each second.
PROBE: Final = Probe(
    "ecrhub",
    20,
    bytes.fromhex("55AA0100000000 01CC33"),
    _listener,
    SerialDefaults(115_200),
)
