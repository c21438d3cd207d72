"""`tillgate terminals`: what is plugged in, what it probably is, and the settings that fit."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from agent.cli.ui.exits import Exit
from agent.cli.ui.screen import INDENT, Screen, plain
from agent.terminals.discovery.suggestions import Suggestion, suggest
from agent.terminals.discovery.usb import AttachedDevice, attached_devices
from drivers.probe import Probe
from drivers.probing import who_answers
from drivers.terminal import DriverError
from drivers.wires.serial import SerialWire
from drivers.wires.usb.trouble import ROOT
from drivers.wires.wire import Wire

NOTHING: Final = (
    "Nothing is plugged in that could be a terminal. A terminal on the network is not seen here: give it "
    'a fixed address and set wire = "tcp".'
)
NAMES: Final = ("front", "second", "third")
ANSWERED: Final = "answers to {protocol}"
HOLDS_RESULT: Final = (
    "The terminal offered a result that nobody has taken. It was left alone. Resolve the payment before "
    "you change anything: tillgate last."
)
SILENT: Final = "no answer: it is off, in a menu, or its till interface is not switched on"
HELD: Final = "not asked: in use by {who}"
NO_PORT: Final = "not asked: Linux made no serial port of it"
DANGER: Final = (
    "asks each free port with harmless bytes which protocol it speaks; not while a payment is unclear"
)


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """One device with what is to be said of it; `probed` is empty when it was not asked."""

    device: AttachedDevice
    suggestion: Suggestion
    probed: str
    holds_result: bool


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("terminals", help="list what is plugged in, with the settings that fit")
    parser.add_argument("--json", action="store_true", help="print the devices as one JSON list")
    parser.add_argument("--probe", action="store_true", help=DANGER)
    parser.add_argument("--port", metavar="PORT", help="only this one, by any of its names")
    parser.add_argument("--root", type=Path, default=ROOT, metavar="FOLDER", help="look there instead of /")
    parser.set_defaults(func=_list)


def _list(args: argparse.Namespace) -> int:
    chosen = [
        one for one in attached_devices(args.root) if args.port in {None, one.port, one.by_id, one.by_path}
    ]
    found = [_look(args, device, number) for number, device in enumerate(chosen)]
    if args.json:
        sys.stdout.write(json.dumps([asdict(one) for one in found]) + "\n")
    else:
        _print_devices(Screen(sys.stdout), found)
    return Exit.OK if found else Exit.NO


def _look(args: argparse.Namespace, device: AttachedDevice, number: int) -> DeviceReport:
    name = NAMES[number] if number < len(NAMES) else f"terminal-{number + 1}"
    protocol, said, holds_result = _probe(args.root, device) if args.probe else ("", "", False)
    return DeviceReport(device, suggest(device, name, protocol), said, holds_result)


def _probe(root: Path, device: AttachedDevice) -> tuple[str, str, bool]:
    """The protocol that answered, what to say of it, and whether the terminal holds a result."""
    if not device.port:
        return "", NO_PORT, False
    if device.held_by and not device.is_usb:  # the host's console, whose getty locks nothing
        return "", HELD.format(who=device.held_by), False

    def wire(probe: Probe) -> Wire:
        line = probe.line
        return SerialWire(
            str(root / device.port.removeprefix("/")),
            line.baud_rate,
            line.stop_bits,
            line.data_bits,
            line.parity,
        )

    try:
        answer = asyncio.run(who_answers(wire))
    except DriverError as error:  # locked by somebody whom /proc hides, or not ours to open
        return "", f"not asked: {error}", False
    if answer is None:
        return "", SILENT, False
    probe, listener = answer
    return probe.protocol, ANSWERED.format(protocol=probe.protocol), listener.holds_result


def _print_devices(out: Screen, found: list[DeviceReport]) -> None:
    if not found:
        out.say(NOTHING)
    for one in found:
        _print_device(out, one)
    if found:
        out.say("Put one of these into /etc/tillgate/tillgate.toml, then: tillgate config check")


def _mark(device: AttachedDevice) -> str:
    by_serial = device.serial and not device.ambiguous
    return f"serial number {device.serial}" if by_serial else f"USB socket {device.port_path}"


def _print_device(out: Screen, one: DeviceReport) -> None:
    device, suggestion = one.device, one.suggestion
    out.say(suggestion.what)
    out.row("  port", device.port or f"none, at USB socket {device.port_path}")
    if device.is_usb:
        out.row("  told by", _mark(device))
    out.row("  in use by", device.held_by or "nobody that this user can see")
    out.row("  protocol", " or ".join(suggestion.protocols))
    out.row("  why", suggestion.why)
    if one.probed:
        out.row("  probe", one.probed)
    for hint in (*suggestion.hints, *([HOLDS_RESULT] if one.holds_result else ())):
        out.detail(hint)
    out.say("")
    for line in suggestion.settings.splitlines():
        print(f"{INDENT}{plain(line)}")  # never filled: it is to be copied as it stands
    out.say("")
