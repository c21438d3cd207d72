"""The real processes: an environment with the agent, a terminal on a pty, and what /proc says of them."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.programs.demo.environment import Environment
from agent.programs.demo.network import free_port
from agent.upload.cosignatures import COSIGNED
from drivers.simulator.core.ports import PtyPort
from tests.bench.inside import ANSWER, AUTHORISATION, STATUS_INFORMATION, simulated


@contextlib.contextmanager
def agent_running(folder: Path) -> Iterator[Environment]:
    """A provisioned environment, the agent its only process; the terminal is for the caller to plug in."""
    folder.mkdir()
    environment = Environment(folder, port=free_port())
    environment.provision()
    environment.start("agent", "agent", "--settings", str(folder / "tillgate.toml"))
    try:
        yield environment
    finally:
        environment.close()


@contextlib.contextmanager
def house_running(folder: Path) -> Iterator[Environment]:
    """An environment with all its processes, the terminal ready."""
    with agent_running(folder) as environment:
        environment.start("collector", "collector", "--settings", str(folder / "collector.toml"))
        environment.start_terminal()
        environment.wait_for(lambda: environment.terminal_is("ready"), "the agent and its terminal")
        environment.start("upload", "upload", "--settings", str(folder / "tillgate.toml"))
        environment.wait_for((environment.cosignatures / COSIGNED).exists, "the first cosignature")
        yield environment


def check_alive(environment: Environment) -> None:
    """Raises `RuntimeError`: the dead need no memory and never wake up."""
    dead = [name for name, program in environment.programs.items() if program.poll() is not None]
    if dead:
        raise RuntimeError(f"{', '.join(dead)} ended while it was measured")


class Pty:
    """A thread that is the terminal; stamps are `perf_counter_ns`, one clock for all processes.

    `asked_ns`: 06 01 was read. `told_ns`: 04 0F was written. `answered_ns`: its answer was read.
    """

    def __init__(self, link: Path) -> None:
        self.asked_ns = self.told_ns = self.answered_ns = 0
        self._port = PtyPort(link)
        self._device = simulated()
        self._stop, self._stopped = socket.socketpair()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._port.open()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.close()
        self._thread.join()
        self._stopped.close()
        self._port.close()
        self._device.close()

    def _serve(self) -> None:
        heard = bytearray()
        while True:
            readable, _, _ = select.select([self._stopped.fileno(), *self._port.files()], [], [])
            if self._stopped.fileno() in readable:
                return
            data, arrived = self._port.read(), time.perf_counter_ns()
            heard += data
            self._stamp(heard, arrived)
            now = time.monotonic()
            self._device.receive(data, now)
            said = self._device.bytes_to_send(now)
            if STATUS_INFORMATION in said:
                heard.clear()
                self.told_ns = time.perf_counter_ns()
            self._port.write(said)

    def _stamp(self, heard: bytearray, arrived: int) -> None:
        if AUTHORISATION in heard:
            heard.clear()
            self.asked_ns, self.told_ns, self.answered_ns = arrived, 0, 0
        elif self.told_ns and not self.answered_ns and ANSWER in heard:
            self.answered_ns = arrived


def resident_mb(pid: int | str) -> float:
    """VmRSS, in 2^20 bytes."""
    return _status(Path(f"/proc/{pid}/status"), "VmRSS") / 1024


def wake_ups(pid: int) -> int:
    """How often any thread of the process has waited and gone on."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(_status(task / "status", "voluntary_ctxt_switches") for task in tasks)


def _status(path: Path, name: str) -> int:
    found = next(line for line in path.read_text("ascii").splitlines() if line.startswith(f"{name}:"))
    return int(found.split()[1])
