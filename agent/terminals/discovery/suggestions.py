"""What a plugged device probably is, which driver and settings fit it, and why."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from agent.terminals.discovery.usb import AttachedDevice
from agent.terminals.discovery.vendors import vendors
from agent.texts import say
from drivers.driver import PROTOCOLS

_FTDI: Final = 0x0403


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`protocols`: the likeliest first. `settings`: sections for the settings file."""

    what: str
    protocols: tuple[str, ...]
    why: str
    hints: tuple[str, ...]
    settings: str


def suggest(device: AttachedDevice, name: str, answered: str = "") -> Suggestion:
    """What fits this device; `answered` is the protocol that a probe found."""
    vendor = vendors().get(device.vendor)
    protocols = (answered,) if answered else vendor.protocols if vendor else PROTOCOLS
    return Suggestion(
        what=_what(device),
        protocols=protocols,
        why=f"it answered to {answered}" if answered else _why(device),
        hints=_hints(device),
        settings=_settings(device, name, protocols),
    )


def _what(device: AttachedDevice) -> str:
    if not device.is_usb:
        return "serial port"
    vendor = vendors().get(device.vendor)
    said = " ".join(part for part in (device.maker, device.model) if part)
    return f"{said or (vendor.name if vendor else 'USB device')} ({device.vendor:04x}:{device.product:04x})"


def _why(device: AttachedDevice) -> str:
    vendor = vendors().get(device.vendor)
    if vendor is not None:
        return vendor.why
    return say("terminals.unknown") if device.is_usb else say("terminals.board")


def _hints(device: AttachedDevice) -> tuple[str, ...]:
    if not device.port:
        return (say("terminals.no_port"),)
    if device.ambiguous:
        return (say("terminals.ambiguous"),)
    return () if device.by_id or not device.is_usb else (say("terminals.no_name"),)


def _settings(device: AttachedDevice, name: str, protocols: tuple[str, ...]) -> str:
    terminal = {"protocol": protocols[0]}  # the line's speed and form follow from it
    if device.port:
        line = {"device": device.stable}
    else:
        terminal |= {"wire": "usb"}
        by_serial = device.serial and not device.ambiguous
        which = {"usb_serial": device.serial} if by_serial else {"usb_port": device.port_path}
        profile = "ftdi" if device.vendor == _FTDI else "cdc_acm"
        line = {"usb": f"{device.vendor:04x}:{device.product:04x}", **which, "usb_profile": profile}
    return f"{_section(f'terminals.{name}', terminal)}\n\n{_section(f'terminals.{name}.line', line)}"


def _section(name: str, rows: dict[str, str]) -> str:
    # A JSON string is a TOML string, whatever a device calls itself.
    return "\n".join([f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in rows.items())])
