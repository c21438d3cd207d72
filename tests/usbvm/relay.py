"""The cable's far half: bytes between the simulated terminal's pty and a socket of the machine."""

from __future__ import annotations

import os
import select
import socket
import threading
from pathlib import Path
from typing import Final

# One read; more than the longest frame is not on the way at once.
READ_BYTES: Final = 4096
# How soon a relay notices that it shall end.
LOOK_AGAIN_S: Final = 0.2


class Relay:
    """Carries bytes both ways in a thread of its own. While the plug is out, what is sent is lost."""

    def __init__(self, terminal: Path, machine: Path) -> None:
        self._line = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
        self._machine = socket.socket(socket.AF_UNIX)
        self._machine.connect(str(machine))
        self._plugged = self._ended = False
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def plug(self) -> None:
        self._plugged = True

    def unplug(self) -> None:
        self._plugged = False

    def close(self) -> None:
        self._ended = True
        self._thread.join()
        os.close(self._line)
        self._machine.close()

    def _carry(self) -> None:
        machine = self._machine.fileno()
        to = {self._line: machine, machine: self._line}
        while not self._ended:
            for source in select.select(list(to), [], [], LOOK_AGAIN_S)[0]:
                data = os.read(source, READ_BYTES)
                if not data:
                    return
                if self._plugged:
                    os.write(to[source], data)
