"""The outer half of a cable: bytes between the simulated terminal's pty and a socket of the machine."""

from __future__ import annotations

import os
import select
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

# One read; more than a frame or two is never on the way.
READ_BYTES: Final = 4096
# How soon a relay notices that it shall end.
LOOK_AGAIN_S: Final = 0.2


class Relay:
    """Carries bytes both ways in a thread of its own. While `plugged` is False, what is sent is lost."""

    def __init__(self, terminal: Path, machine: Path) -> None:
        self.plugged = False
        self._ended = False
        self._line = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
        self._machine = socket.socket(socket.AF_UNIX)
        self._machine.connect(str(machine))
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def close(self) -> None:
        self._ended = True
        self._thread.join()
        os.close(self._line)
        self._machine.close()

    def _carry(self) -> None:
        machine = self._machine.fileno()
        to = {self._line: machine, machine: self._line}
        with suppress(OSError):  # one end is gone, and whoever waits for its answer will say so
            while not self._ended:
                for source in select.select(list(to), [], [], LOOK_AGAIN_S)[0]:
                    data = os.read(source, READ_BYTES)
                    if not data:
                        return
                    if self.plugged:
                        os.write(to[source], data)
