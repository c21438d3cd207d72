"""QEMU's machine protocol, as much as a plug and a power switch need: one JSON object a line."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, Final

# QEMU answers at once; under software emulation a busy guest makes it slow.
PATIENCE_S: Final = 30.0


class QmpError(Exception):
    """QEMU refused, or is gone."""


class Qmp:
    """One connection to the monitor."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE_S)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("r", encoding="utf-8")
        self._events: list[dict[str, Any]] = []
        self._next()  # its greeting
        self.execute("qmp_capabilities")

    def execute(self, command: str, **arguments: object) -> None:
        """One command that must succeed."""
        order = {"execute": command, "arguments": arguments}
        self._socket.sendall(json.dumps(order).encode() + b"\n")
        while "return" not in (answer := self._next()):
            if "error" in answer:
                raise QmpError(f"{command}: {answer['error'].get('desc', 'refused')}")
            self._events.append(answer)

    def until_deleted(self, device: str) -> None:
        """Wait until QEMU says that the device is out."""
        while not any(_deleted(event, device) for event in self._events):
            self._events.append(self._next())
        self._events.clear()

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def _next(self) -> dict[str, Any]:
        try:
            line = self._lines.readline()
        except OSError as error:
            raise QmpError("QEMU does not answer") from error
        if not line:
            raise QmpError("QEMU has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _deleted(event: dict[str, Any], device: str) -> bool:
    return event.get("event") == "DEVICE_DELETED" and event.get("data", {}).get("device") == device
