"""What is said of a terminal and of what is plugged in."""

from __future__ import annotations

from typing import Final

TERMINALS: Final[dict[str, str | tuple[str, str]]] = {
    "terminals.board": "a serial port of this host: any terminal may be behind it",
    "terminals.no_name": (
        "It has no name that stays: write down which socket it is in, and install "
        "config/udev/60-tillgate.rules."
    ),
    "terminals.real_inside": "this is a real terminal, and the agent is in training mode",
    "terminals.simulator_outside": "this is a simulator, and the agent is not in training mode",
    "terminals.still_asks": "the terminal goes on asking for service",
    "terminals.still_busy": "the terminal is busy with something that does not end: look at its display",
    "terminals.unknown": "an unknown maker: any terminal",
}
