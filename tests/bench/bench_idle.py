"""Budget: how often agent and uploader wake a sleeping host while no payment runs.

The floor is a process that does nothing but feed the watchdog of the agent's unit. The time
watched is a whole minute, so that it holds what happens once a minute: the look at the terminal,
the look at the journal's key, and the uploader's look at a folder that told nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from agent.programs.demo.environment import Environment
from tests.bench.budget import Line
from tests.bench.outside import check_alive, house_running, wake_ups

UNITS = Path(__file__).parents[2] / "systemd"
CALM_S = 5.0
WATCHED_S = 60.0
BUDGET = 0.2


def lines(place: Path) -> list[Line]:
    """Waits that ended, by any thread, a second. Each program feeds the watchdog of its own unit."""
    agent_s, upload_s = (_watchdog_s(name) for name in ("agent", "upload"))
    os.environ["WATCHDOG_USEC"] = str(agent_s * 1_000_000)
    with house_running(place / "environment") as environment:
        _start_again("upload", environment, upload_s)
        code = f"import time\nwhile True: time.sleep({agent_s / 2})"
        with subprocess.Popen([sys.executable, "-c", code]) as sleeper:
            time.sleep(CALM_S)
            watched = {name: environment.programs[name].pid for name in ("agent", "upload")}
            before = {name: wake_ups(pid) for name, pid in watched.items()}, wake_ups(sleeper.pid)
            time.sleep(WATCHED_S)
            woken = {name: wake_ups(pid) - before[0][name] for name, pid in watched.items()}
            floor = (wake_ups(sleeper.pid) - before[1]) / WATCHED_S
            sleeper.kill()
        check_alive(environment)
    note = f"in {WATCHED_S:.0f} s: agent {woken['agent']}, uploader {woken['upload']}; watchdogs fed"
    return [Line("idle wake-ups", "/s", floor, sum(woken.values()) / WATCHED_S, BUDGET, "figure", note=note)]


def _start_again(name: str, environment: Environment, watchdog_s: int) -> None:
    environment.stop(name)
    os.environ["WATCHDOG_USEC"] = str(watchdog_s * 1_000_000)
    environment.start(name, name, "--settings", str(environment.folder / "tillgate.toml"))


def _watchdog_s(name: str) -> int:
    unit = (UNITS / name / f"tillgate-{name}.service").read_text("utf-8")
    found = re.search(r"^WatchdogSec=(\d+)$", unit, re.MULTILINE)
    if found is None:
        raise ValueError(f"{name} has no watchdog")
    return int(found[1])
