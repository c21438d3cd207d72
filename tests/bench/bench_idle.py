"""Budget: how often agent and uploader wake a sleeping host while no payment runs.

The floor is a process that does nothing but look up as often as the settings
ask the uploader to (`poll_s`).
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from agent.settings.load import load
from tests.bench.budget import Line
from tests.bench.outside import check_alive, house_running, wake_ups

CALM_S = 5.0
WATCHED_S = 20.0
BUDGET = 1.0


def lines(place: Path) -> list[Line]:
    """Waits that ended, by any thread, a second."""
    with house_running(place / "environment") as environment:
        poll_s = load(environment.folder / "tillgate.toml").upload.poll_s
        code = f"import time\nwhile True: time.sleep({poll_s})"
        with subprocess.Popen([sys.executable, "-c", code]) as sleeper:
            time.sleep(CALM_S)
            watched = {name: environment.programs[name].pid for name in ("agent", "upload")}
            before = {name: wake_ups(pid) for name, pid in watched.items()}, wake_ups(sleeper.pid)
            time.sleep(WATCHED_S)
            woken = {name: wake_ups(pid) - before[0][name] for name, pid in watched.items()}
            floor = (wake_ups(sleeper.pid) - before[1]) / WATCHED_S
            sleeper.kill()
        check_alive(environment)
    note = f"in {WATCHED_S:.0f} s: agent {woken['agent']}, uploader {woken['upload']}; poll_s = {poll_s}"
    return [Line("idle wake-ups", "/s", floor, sum(woken.values()) / WATCHED_S, BUDGET, "figure", note=note)]
