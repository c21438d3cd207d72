"""What a driver finds before a payment: keys, memory, settings, and the mode of the terminal."""

from __future__ import annotations

from typing import Final

DRIVER_SETUP: Final[dict[str, str | tuple[str, str]]] = {
    "drivers.not_yet": "the terminal is not connected yet",
    "drivers.greeting": "the terminal is connected; it has not yet said that it is ready",
    "drivers.still_asks": "the terminal goes on asking for service",
    "drivers.still_busy": "the terminal is busy with something that does not end: look at its display",
    "drivers.simulator_outside": "this is a simulator, and the agent is not in training mode",
    "drivers.real_inside": "this is a real terminal, and the agent is in training mode",
    "drivers.telium.no_variant": "Telium knows the variants {known}, not {variant}.",
    "drivers.telium.no_tcp": 'Only Concert V3 is spoken over TCP; write variant = "v3".',
    "drivers.telium.no_till": (
        "Telium numbers its tills from 1 to 99; set till_id to one of them, not {till}."
    ),
    "drivers.telium.no_quirk": (
        "Concert V3 has no use for the quirk {quirk}; take it out, or set variant to e+."
    ),
    "drivers.seal.file_header": (
        "The acquirer key file does not begin with '{header}'. No payment can be taken and no money was "
        "moved. Ask your payment provider for the current key file and check that this computer's date "
        "is right."
    ),
    "drivers.seal.key_twice": (
        "The acquirer key file names one key twice. No payment can be taken and no money was moved. Ask "
        "your payment provider for the current key file and check that this computer's date is right."
    ),
    "drivers.seal.line_damaged": (
        "Line {line} of the acquirer key file is damaged. No payment can be taken and no money was "
        "moved. Ask your payment provider for the current key file and check that this computer's date "
        "is right."
    ),
    "drivers.seal.line_name_or_days": (
        "Line {line} of the acquirer key file has a bad name or bad days. No payment can be taken and no "
        "money was moved. Ask your payment provider for the current key file and check that this "
        "computer's date is right."
    ),
    "drivers.seal.no_key": (
        "There is no acquirer key, so no card can be sealed. No payment can be taken and no money was "
        "moved. Ask your payment provider for the current key file and check that this computer's date "
        "is right."
    ),
    "drivers.seal.ended": (
        "No acquirer key is valid today ({today}): key '{key}' ended on {day}. No payment can be taken "
        "and no money was moved. Ask your payment provider for the current key file and check that this "
        "computer's date is right."
    ),
    "drivers.seal.begins": (
        "No acquirer key is valid today ({today}): key '{key}' begins on {day}. No payment can be taken "
        "and no money was moved. Ask your payment provider for the current key file and check that this "
        "computer's date is right."
    ),
    "drivers.card.no_locked_memory": (
        "No locked memory for card data ({why}). No payment can be taken and no money was moved. The "
        "limit is {limit}: set LimitMEMLOCK=8M in the service unit, or 'ulimit -l 8192'."
    ),
}
