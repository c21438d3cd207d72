"""Finds devices on this host that could be a terminal, in sysfs and /dev.

Nothing is opened and nothing is asked. `root` is another folder than / in tests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from agent.terminals.discovery.vendors import vendors
from drivers.wires.port_owner import owner_of
from drivers.wires.usb.device import CLASS_COMMUNICATIONS, SUBCLASS_ACM
from drivers.wires.usb.trouble import ROOT, serial_ports

# sysfs holds names that the devices give themselves; no printed name is longer.
MOST_NAME_CHARACTERS: Final = 126
_ACM: Final = (CLASS_COMMUNICATIONS, SUBCLASS_ACM)
# Serial ports that are not USB devices. PORT_UNKNOWN is a port that the board does not have.
_BOARD_PORTS: Final = ("ttyS*", "ttyAMA*")
_PORT_UNKNOWN: Final = "0"


@dataclass(frozen=True, slots=True)
class AttachedDevice:
    """One line to a terminal, or a device that could have one.

    `port` is the kernel's name of today. `by_id` and `by_path` are names that stay:
    `by_id` goes with the device, `by_path` with the socket. Empty: there is none.
    An `ambiguous` device has the same name as another one: only its socket tells them apart.
    """

    port: str
    by_id: str = ""
    by_path: str = ""
    held_by: str = ""
    vendor: int = 0
    product: int = 0
    maker: str = ""
    model: str = ""
    serial: str = ""
    port_path: str = ""
    acm: bool = False
    ambiguous: bool = False

    @property
    def is_usb(self) -> bool:
        """A USB device, not a port of the board."""
        return bool(self.port_path)

    @property
    def stable(self) -> str:
        """The name for the settings."""
        first, second = (self.by_path, self.by_id) if self.ambiguous else (self.by_id, self.by_path)
        return first or second or self.port


def attached_devices(root: Path = ROOT) -> list[AttachedDevice]:
    """Every device that could be a terminal, USB first, in the order of the sockets."""
    found = list(_usb(root))
    sockets = Counter(who for who, _ in {(_identity(one), one.port_path) for one in found})
    return [*(replace(one, ambiguous=sockets[_identity(one)] > 1) for one in found), *_board(root)]


def _identity(device: AttachedDevice) -> tuple[int, int, str]:
    return device.vendor, device.product, device.serial


def _usb(root: Path) -> Iterator[AttachedDevice]:
    for folder in sorted((root / "sys/bus/usb/devices").glob("*")):
        vendor, product = _number(folder, "idVendor"), _number(folder, "idProduct")
        if vendor is None or product is None:
            continue
        configured = f"{folder.name}:{_text(folder, 'bConfigurationValue') or '1'}"
        interfaces = _interfaces(root, configured)
        ports = list(serial_ports(configured, tuple(interfaces), root))
        acm = _ACM in interfaces.values()
        if ports or acm or vendor in vendors():
            for port in ports or [""]:
                yield AttachedDevice(
                    port=f"/dev/{port}" if port else "",
                    by_id=_link(root, "by-id", port),
                    by_path=_link(root, "by-path", port),
                    held_by=_held(root, port),
                    vendor=vendor,
                    product=product,
                    maker=_text(folder, "manufacturer"),
                    model=_text(folder, "product"),
                    serial=_text(folder, "serial"),
                    port_path=folder.name,
                    acm=acm,
                )


def _interfaces(root: Path, configured: str) -> dict[int, tuple[int, int]]:
    """Number -> class and subclass."""
    found = {}
    for folder in (root / "sys/bus/usb/devices").glob(f"{configured}.*"):
        number = _number(folder, "bInterfaceNumber")
        if number is not None:
            code = _number(folder, "bInterfaceClass") or 0, _number(folder, "bInterfaceSubClass") or 0
            found[number] = code
    return dict(sorted(found.items()))


def _board(root: Path) -> Iterator[AttachedDevice]:
    for pattern in _BOARD_PORTS:
        for folder in sorted((root / "sys/class/tty").glob(pattern)):
            if _text(folder, "type") not in {"", _PORT_UNKNOWN}:
                yield AttachedDevice(
                    port=f"/dev/{folder.name}",
                    by_path=_link(root, "by-path", folder.name),
                    held_by=_held(root, folder.name),
                )


def _link(root: Path, kind: str, port: str) -> str:
    """The link in /dev/serial that leads to this port."""
    for link in sorted((root / "dev/serial" / kind).glob("*")):
        with suppress(OSError):
            if port and link.readlink().name == port:
                return f"/dev/serial/{kind}/{link.name}"
    return ""


def _held(root: Path, port: str) -> str:
    return (owner_of(str(root / "dev" / port)) or "") if port else ""


def _text(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text("utf-8", "replace").strip()[:MOST_NAME_CHARACTERS]
    except OSError:
        return ""


def _number(folder: Path, name: str) -> int | None:
    with suppress(ValueError):
        return int(_text(folder, name), 16)
    return None
