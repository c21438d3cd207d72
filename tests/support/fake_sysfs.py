"""A folder that looks like / to whoever looks for USB devices and serial ports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ACM = (0x02, 0x02)
VENDOR = (0xFF, 0xFF)
KEYBOARD = (0x03, 0x01)


@dataclass
class FakeHost:
    root: Path

    def usb(
        self,
        socket: str,
        ident: str,
        *interfaces: tuple[int, int],
        port: str = "",
        **texts: str,
    ) -> Path:
        """Plug a device in; `texts` are files such as manufacturer, product and serial."""
        devices = self.root / "sys/bus/usb/devices"
        vendor, _, product = ident.partition(":")
        write(
            devices / socket,
            {"idVendor": vendor, "idProduct": product, "bConfigurationValue": "1"} | texts,
        )
        for number, (code, subclass) in enumerate(interfaces):
            folder = devices / f"{socket}:1.{number}"
            numbers = {"bInterfaceNumber": f"{number:02x}", "bInterfaceClass": f"{code:02x}"}
            write(folder, numbers | {"bInterfaceSubClass": f"{subclass:02x}"})
        if port:
            # cdc_acm puts the port into a folder tty, the adapters' drivers beside it.
            (devices / f"{socket}:1.0" / (f"tty/{port}" if port.startswith("ttyACM") else port)).mkdir(
                parents=True
            )
            self.node(port)
        return devices / socket

    def board(self, port: str, kind: str) -> None:
        write(self.root / "sys/class/tty" / port, {"type": kind})
        self.node(port)

    def node(self, port: str) -> Path:
        node = self.root / "dev" / port
        node.parent.mkdir(parents=True, exist_ok=True)
        if not node.exists():
            node.touch()
        return node

    def link(self, kind: str, name: str, port: str) -> None:
        folder = self.root / "dev/serial" / kind
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(f"../../{port}")


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text + "\n")
