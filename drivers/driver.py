"""The table of protocols, one row each: from a name in the settings to a session.

A row is found by its name, and its modules are imported only when a terminal
speaks that protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final, Literal, TypeVar

from drivers.card.card import CardSealer, SecretBuffer
from drivers.operation import Operation
from drivers.terminal import FactError, Resolver, Session

WireKind = Literal["serial", "tcp", "usb"]
Parity = Literal["N", "E", "O"]

# The protocols; `drivers.NAME.driver` holds each one's row. Written here and nowhere else.
PROTOCOLS: Final = ("zvt", "ecrhub", "telium", "ecr17", "transbank")


Keys = TypeVar("Keys")

# Metadata of a key whose value stays out of the settings' published hash.
NOT_HASHED: Final = {"hashed": False}


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """The valid values of one of a protocol's own settings keys; field names as in `msgspec.Meta`.

    `description` is its name in an error: the unit of a number, the form of a text.
    A `secret` value is never quoted.
    """

    description: str
    ge: int | None = None
    le: int | None = None
    pattern: str | None = None
    examples: tuple[Any, ...] | None = None
    secret: bool = False

    @property
    def extra(self) -> dict[str, bool]:
        """Our own values, for the `extra` of `msgspec.Meta`."""
        return {"secret": self.secret}


@dataclass(frozen=True, slots=True)
class Options:
    """A shop's settings for one terminal; a driver takes those that it needs.

    `currency` is an ISO 4217 number. `receipts`: who prints. `variant` is the dialect, if the protocol
    has several. `own` holds the protocol's own keys, in the type that its row names.
    """

    wire: WireKind = "serial"
    currency: int = 978
    receipts: Literal["terminal", "till"] = "till"
    variant: str = ""
    quirks: frozenset[str] = frozenset()
    own: object = None

    def own_keys(self, kind: type[Keys]) -> Keys:
        """The protocol's own keys; its defaults where nothing is set. Raises TypeError for another's."""
        own = kind() if self.own is None else self.own
        if not isinstance(own, kind):
            raise TypeError(f"{type(own).__name__} instead of {kind.__name__}")
        return own


@dataclass(frozen=True, slots=True)
class SerialDefaults:
    """The line settings of the protocol's reference; a shop's settings may overrule each value."""

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

    `wires` and `tcp_port` come from its reference. `buffer_bytes` is the size of the secret buffer
    that wire and session share: the longest message must fit. `operations` are those of all its
    dialects together; the resolver says which ones this terminal cannot do. `keys` is a frozen dataclass
    with the keys of `[terminals.NAME.PROTOCOL]`. Each has its default, its comment in
    config/agent/tillgate.toml, and a `KeyCheck` where the type does not say enough. `variants` are the
    dialects, the usual one first. `currencies` are the ISO 4217 numbers that its amounts can be in; None is
    any. `quirks` maps each name to its meaning in words. `makers` build
    terminals that may speak it. `session` and `resolver` raise `OptionError` for options that do
    not fit each other.
    """

    name: str
    title: str
    wires: tuple[WireKind, ...]
    serial: SerialDefaults
    buffer_bytes: int
    operations: frozenset[Operation]
    session: Callable[[SecretBuffer, CardSealer, Options], Session]
    resolver: Callable[[Options], Resolver]
    keys: type[Any]
    tcp_port: int | None = None
    variants: tuple[str, ...] = ()
    currencies: frozenset[int] | None = None
    quirks: Mapping[str, str] = field(default_factory=dict)
    makers: tuple[Maker, ...] = ()


class OptionError(FactError):
    """The settings of a terminal do not fit each other. Its sentence is for the installer."""


def driver(name: str) -> Driver:
    """The row of a protocol. Raises KeyError for a name that is not in `PROTOCOLS`."""
    if name not in PROTOCOLS:
        raise KeyError(name)
    row = import_module(f"drivers.{name}.driver").DRIVER
    assert isinstance(row, Driver)  # noqa: S101 - tells the type checker the type of every row
    return row
