"""`tillgate sim PROTOCOL`: a simulated terminal as its own process."""

from __future__ import annotations

import argparse
import contextlib
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Final

from drivers.driver import driver
from drivers.simulator.core import script
from drivers.simulator.core.bank import Bank, BankError
from drivers.simulator.core.behaviour import Script
from drivers.simulator.core.faults import Faults
from drivers.simulator.core.ports import Port, PtyPort, TcpPort
from drivers.simulator.core.terminal import Installation, SimulatedLine
from drivers.simulator.core.trace import Trace
from drivers.simulator.zvt.device import SimulatedDevice
from drivers.simulator.zvt.terminal import SimulatedTerminal
from drivers.terminal import DriverError

# Its simulator is older than the others and knows faults of the line.
ZVT: Final = "zvt"


def main(argv: list[str], protocol: str = ZVT) -> int:
    """Run until SIGTERM or SIGINT; 0 then, 2 when it could not begin."""
    options = _options(argv, protocol)
    try:
        orders = script.load(options.script) if options.script else Script()
        bank = Bank(options.state)
        with contextlib.ExitStack() as stack:
            port = _port(options)
            stack.callback(port.close)
            trace = _trace(options.trace, stack, stuffed=protocol == ZVT and options.pty is not None)
            device = _device(protocol, options, orders, bank, trace)
            stack.callback(device.close)
            port.open()
            stop = stack.enter_context(_stop_signal())
            print(f"Simulated terminal ready on {port.name} (no real money).", flush=True)  # noqa: T201 - for who starts it
            _serve(device, port, stop)
    except (script.ScriptError, BankError, DriverError, OSError) as error:
        print(f"The simulated terminal cannot run: {error}", file=sys.stderr)  # noqa: T201 - as above
        return 2
    return 0


def _options(argv: list[str], protocol: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=f"tillgate sim {protocol}", description="A simulated terminal for demo, training and tests."
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--pty", type=Path, metavar="LINK", help="be a serial port: a link to a pseudo terminal"
    )
    where.add_argument("--tcp", type=_address, metavar="HOST:PORT", help="listen; port 0 takes a free one")
    parser.add_argument("--script", type=Path, metavar="FILE", help="how to behave (TOML)")
    parser.add_argument("--state", type=Path, metavar="FILE", help="what the bank booked (JSON)")
    parser.add_argument("--trace", type=Path, metavar="FILE", help="every frame in hex, without card data")
    parser.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="divide its own waits by N")
    if variants := driver(protocol).variants:
        parser.add_argument("--variant", choices=variants, default=variants[0], help="its dialect")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="for generated cards")
    return parser.parse_args(argv)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 0xFFFF:
        raise argparse.ArgumentTypeError("expected HOST:PORT, for example 127.0.0.1:20007")
    return host, int(port)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not speed > 0:
        raise argparse.ArgumentTypeError("expected a number above 0")
    return speed


def _port(options: argparse.Namespace) -> Port:
    return PtyPort(options.pty) if options.tcp is None else TcpPort(*options.tcp)


def _trace(path: Path | None, stack: contextlib.ExitStack, *, stuffed: bool) -> Trace | None:
    if path is None:
        return None
    file = stack.enter_context(path.open("a", encoding="ascii", buffering=1))
    return Trace(file.write, stuffed=stuffed)


def _device(
    protocol: str, options: argparse.Namespace, orders: Script, bank: Bank, trace: Trace | None
) -> SimulatedLine:
    started, wire = datetime.now().astimezone(), "serial" if options.tcp is None else "tcp"
    if protocol == ZVT:
        terminal = SimulatedTerminal(bank, orders, started=started, seed=options.seed, speed=options.speed)
        return SimulatedDevice(terminal, tcp=wire == "tcp", faults=Faults(orders.faults), trace=trace)
    variant = getattr(options, "variant", "")
    place = Installation(
        bank, started, orders, wire=wire, variant=variant, seed=options.seed, speed=options.speed, trace=trace
    )
    device: SimulatedLine = import_module(f"drivers.simulator.{protocol}.terminal").make(place)
    return device


@contextlib.contextmanager
def _stop_signal() -> Iterator[socket.socket]:
    """A socket that becomes readable when the process is asked to end."""
    waker, woken = socket.socketpair()
    with waker, woken:
        waker.setblocking(False)
        woken.setblocking(False)
        before = signal.set_wakeup_fd(waker.fileno())
        old = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield woken
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before)


def _serve(device: SimulatedLine, port: Port, stop: socket.socket) -> None:
    """Pass bytes and time between port and device until `stop` is readable."""
    start = time.monotonic()
    is_open = True
    while True:
        deadline = device.deadline()
        wait_s = None if deadline is None else max(0.0, start + deadline - time.monotonic())
        readable, _, _ = select.select([stop.fileno(), *port.files()], port.full(), [], wait_s)
        if stop.fileno() in readable:
            return
        now = time.monotonic() - start
        if port.arrived():
            device.connected(now)
        if data := port.read() if is_open else b"":
            device.receive(data, now)
        if deadline is not None and now >= deadline:
            device.deadline_passed(now)
        if device.plugged and not is_open:
            port.open()
            is_open = True
        port.write(device.bytes_to_send(now))
        if is_open and not device.plugged:
            port.close()
            is_open = False
