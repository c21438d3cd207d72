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
from agent.texts import say
from drivers.probe import Probe
from drivers.probing import who_answers
from drivers.terminal import WireError
from drivers.wires.serial import SerialWire
from drivers.wires.usb.trouble import ROOT
from drivers.wires.wire import Wire

NAMES: Final = ("front", "second", "third")
ANSWERED: Final = "answers to {protocol}"
NOT_ASKED: Final = "not asked: {why}"


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """One device and its findings; `probed` is empty if the device was not asked."""

    device: AttachedDevice
    suggestion: Suggestion
    probed: str
    holds_result: bool


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("terminals", help=say("cli.command.terminals"))
    parser.add_argument("--json", action="store_true", help=say("cli.terminals.json"))
    parser.add_argument("--probe", action="store_true", help=say("cli.danger"))
    parser.add_argument("--port", metavar="PORT", help=say("cli.terminals.one"))
    parser.add_argument("--root", type=Path, default=ROOT, metavar="FOLDER", help=say("cli.terminals.root"))
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
    """The protocol that answered, its sentence, and whether the terminal holds a result."""
    if not device.port:
        return "", say("cli.no_port"), False
    if device.held_by and not device.is_usb:  # the host's console, whose getty locks nothing
        return "", say("cli.held", who=device.held_by), False

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
    except WireError as error:  # locked by a process that /proc hides, or we may not open it
        return "", NOT_ASKED.format(why=say(f"drivers.{error.fact.code}", **error.fact.figures)), False
    if answer is None:
        return "", say("cli.silent"), False
    probe, listener = answer
    return probe.protocol, ANSWERED.format(protocol=probe.protocol), listener.holds_result


def _print_devices(out: Screen, found: list[DeviceReport]) -> None:
    if not found:
        out.say(say("cli.terminals.nothing"))
    for one in found:
        _print_device(out, one)
    if found:
        out.say(say("cli.terminals.put_into_settings"))


def _mark(device: AttachedDevice) -> str:
    by_serial = device.serial and not device.ambiguous
    return f"serial number {device.serial}" if by_serial else f"USB socket {device.port_path}"


def _print_device(out: Screen, one: DeviceReport) -> None:
    device, suggestion = one.device, one.suggestion
    out.say(suggestion.what)
    out.row("  port", device.port or say("cli.terminals.no_port", port_path=device.port_path))
    if device.is_usb:
        out.row("  told by", _mark(device))
    out.row("  in use by", device.held_by or say("cli.terminals.nobody_seen"))
    out.row("  protocol", " or ".join(suggestion.protocols))
    out.row("  why", suggestion.why)
    if one.probed:
        out.row("  probe", one.probed)
    for hint in (*suggestion.hints, *([say("cli.holds_result")] if one.holds_result else ())):
        out.detail(hint)
    out.say("")
    for line in suggestion.settings.splitlines():
        print(f"{INDENT}{plain(line)}")  # never filled: it is to be copied as it stands
    out.say("")
