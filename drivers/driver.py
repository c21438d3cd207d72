"""What every protocol brings, as one row each: the way from a name in the settings to a session.

A row is found by its name, and its modules are imported only when a terminal
speaks that protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Final, Literal

from drivers.card.card import CardSealer, SecretBuffer
from drivers.operation import Operation
from drivers.terminal import DriverError, Resolver, Session

WireKind = Literal["serial", "tcp", "usb"]
Parity = Literal["N", "E", "O"]

# The protocols; `drivers.NAME.driver` holds each one's row. Written here and nowhere else.
PROTOCOLS: Final = ("zvt", "ecrhub", "telium", "ecr17", "transbank")


@dataclass(frozen=True, slots=True)
class Options:
    """What a shop's settings say about one terminal; a driver takes what it has a use for.

    `currency` is an ISO 4217 number. `receipts`: who prints. `registration` is ZVT's config byte.
    `answer_s` and `silence_s` are how long a command may stay without an answer, and a
    running payment without a word; None takes the protocol's own times. `variant` is the
    dialect of a protocol that has several. `till_id` and `terminal_id` are the numbers that
    the terminal knows the till and itself by.
    """

    wire: WireKind = "serial"
    currency: int = 978
    receipts: Literal["terminal", "till"] = "till"
    password: str = "000000"  # noqa: S105 - what a terminal has when nobody set one
    registration: int | None = None
    tlv: bool = True
    answer_s: float | None = None
    silence_s: float | None = None
    variant: str = ""
    till_id: str = "1"
    terminal_id: str = ""
    quirks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SerialDefaults:
    """The line as the protocol's reference has it; each value may be overruled by the settings."""

    baud_rate: int
    data_bits: int = 8
    parity: Parity = "N"
    stop_bits: int = 1


@dataclass(frozen=True, slots=True)
class Maker:
    """A maker whose terminals are known to speak a protocol, by its USB vendor number.

    Names are those of the usb.ids list (vcrhonek/hwdata) unless a line says otherwise. The contract
    with the acquirer decides which protocol a given terminal was set up for.
    """

    vendor: int
    name: str


@dataclass(frozen=True, slots=True)
class Driver:
    """One protocol.

    `wires` are those that its reference knows; `tcp_port` is the reference's. `buffer_bytes`
    is the size of the secret buffer that wire and session share: the longest message must
    fit. `operations` are what a terminal can be told, in one dialect or the other; the resolver says
    what this terminal cannot. `variants` are the dialects, the usual one first. `quirks` gives each name its
    meaning in words. `makers` are those whose terminals may speak it. `session` and
    `resolver` raise `OptionError` for options that do not go together.
    """

    name: str
    title: str
    wires: tuple[WireKind, ...]
    serial: SerialDefaults
    buffer_bytes: int
    operations: frozenset[Operation]
    session: Callable[[SecretBuffer, CardSealer, Options], Session]
    resolver: Callable[[Options], Resolver]
    tcp_port: int | None = None
    variants: tuple[str, ...] = ()
    quirks: Mapping[str, str] = field(default_factory=dict)
    makers: tuple[Maker, ...] = ()


class OptionError(DriverError):
    """The settings of a terminal do not go together. A sentence for the installer."""


def driver(name: str) -> Driver:
    """The row of a protocol. Raises KeyError for a name that is not in `PROTOCOLS`."""
    if name not in PROTOCOLS:
        raise KeyError(name)
    row = import_module(f"drivers.{name}.driver").DRIVER
    assert isinstance(row, Driver)  # noqa: S101 - tells the type checker what every row is
    return row
