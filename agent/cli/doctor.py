"""`tillgate doctor`: finds what stops payments, and says what it did not check."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from agent.api.v1.bodies import StatusView
from agent.cli.ui.client import AgentUnreachableError, ApiClient, BrokenError, RefusedError
from agent.cli.ui.exits import Exit
from agent.cli.ui.options import add_settings, settings
from agent.cli.ui.screen import Screen
from agent.keys import store as keys
from agent.settings.load import Settings, credentials_folder, live_refusal_reason, nobody_can_sign
from agent.terminals.discovery.port import is_serial_port, other_programs
from agent.terminals.options import DRIVERS
from agent.texts import say, tell
from drivers.card.seal import KeyExpired, KeyUnknown

# Below this a day of payments and the reserve of the journal no longer fit.
LOW_DISK_BYTES = 100 * 1024 * 1024
SYSTEMCTL_SECONDS = 10
UNITS = ("tillgate-agent.socket", "tillgate-agent.service", "tillgate-upload.service")


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """What one look found."""

    name: str
    state: Literal["good", "warning", "bad", "not known"]
    text: str


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("doctor", help=say("cli.command.doctor"))
    add_settings(parser)
    parser.add_argument("--socket", type=Path, metavar="PATH", help=say("cli.option.socket"))
    parser.add_argument("--json", action="store_true", help=say("cli.doctor.json"))
    parser.set_defaults(func=_look)


def _look(args: argparse.Namespace) -> int:
    host = settings(args, DRIVERS)
    looks: list[Callable[[], DoctorFinding]] = [
        lambda: _settings(host),
        lambda: _people(host),
        lambda: _acquirer(host),
        lambda: _secret(host, keys.JOURNAL_KEY),
        lambda: _journal(host),
        *(lambda name=name: _device(host, name) for name in host.terminals),
        *(lambda unit=unit: _unit(unit) for unit in UNITS),
        lambda: _api(args.socket or host.agent.socket),
    ]
    findings = [*(look() for look in looks), *_alarms(args.socket or host.agent.socket)]
    bad = any(finding.state == "bad" for finding in findings)
    if args.json:
        sys.stdout.write(json.dumps([asdict(finding) for finding in findings]) + "\n")
    else:
        _print_findings(Screen(sys.stdout), findings, bad=bad)
    return Exit.NO if bad else Exit.OK


def _print_findings(out: Screen, findings: list[DoctorFinding], *, bad: bool) -> None:
    for finding in findings:
        out.row(finding.state, f"{finding.name}: {finding.text}")
    out.say(say("cli.found") if bad else say("cli.sound"))


def _settings(host: Settings) -> DoctorFinding:
    why = live_refusal_reason(host)
    return DoctorFinding("settings", "bad" if why else "good", why or f"sound, digest {host.digest[:8]}")


def _people(host: Settings) -> DoctorFinding:
    why = nobody_can_sign(host)
    return DoctorFinding("people", "warning" if why else "good", why or ", ".join(host.people))


def _acquirer(host: Settings) -> DoctorFinding:
    try:
        key = keys.load_acquirer_key(host.acquirer.keys, host.acquirer.vkey, date.today())  # noqa: DTZ011 - the shop's day
    except (keys.KeysError, KeyExpired, KeyUnknown) as error:
        return DoctorFinding("acquirer key", "bad", tell(error))
    return DoctorFinding("acquirer key", "good", f"{key.key_id}, valid until {key.not_after}")


def _secret(host: Settings, name: str) -> DoctorFinding:
    path = credentials_folder(host, os.environ) / name
    if not os.access(path.parent, os.X_OK) or (path.exists() and not os.access(path, os.R_OK)):
        return DoctorFinding(name, "not known", say("cli.doctor.only_installer"))
    try:
        keys.check_mode(path)
    except keys.KeysError as error:
        return DoctorFinding(name, "bad", str(error))
    return DoctorFinding(name, "good", say("cli.doctor.secret_there"))


def _journal(host: Settings) -> DoctorFinding:
    folder = host.agent.journal
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return DoctorFinding(
            "journal", "bad", say("cli.doctor.no_journal_yet", folder=folder, strerror=error.strerror)
        )
    if free < LOW_DISK_BYTES:
        return DoctorFinding("journal", "bad", say("cli.doctor.disk_low", free=free // 2**20, folder=folder))
    return DoctorFinding("journal", "good", say("cli.doctor.disk_free", folder=folder, free=free // 2**20))


def _device(host: Settings, name: str) -> DoctorFinding:
    terminal = host.terminals[name]
    if terminal.line.device is None:
        where = f"{terminal.line.host}:{terminal.line.port}"
        return DoctorFinding(name, "not known", say("cli.doctor.only_agent_connects", where=where))
    if not terminal.line.device.exists():
        return DoctorFinding(name, "bad", say("cli.doctor.device_missing", device=terminal.line.device))
    if not is_serial_port(terminal.line.device):
        return DoctorFinding(name, "bad", say("cli.doctor.no_port", device=terminal.line.device))
    if others := other_programs(terminal.line.device):
        text = say("cli.doctor.port_shared", device=terminal.line.device, programs=", ".join(others))
        return DoctorFinding(name, "bad", text)
    return DoctorFinding(name, "good", say("cli.doctor.device_there", device=terminal.line.device))


def _unit(unit: str) -> DoctorFinding:
    systemctl = shutil.which("systemctl")
    if systemctl is None or not Path("/run/systemd/system").exists():
        return DoctorFinding(unit, "not known", say("cli.doctor.no_systemd"))
    try:
        asked = subprocess.run(
            [systemctl, "is-active", unit],
            capture_output=True,
            text=True,
            timeout=SYSTEMCTL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return DoctorFinding(unit, "not known", say("cli.doctor.systemd_silent"))
    state = asked.stdout.strip() or "unknown"
    text = state if state == "active" else f"{state}. See: systemctl status {unit}"
    return DoctorFinding(unit, "good" if state == "active" else "bad", text)


def _api(path: Path) -> DoctorFinding:
    try:
        status = ApiClient(path).call("GET", "/v1/status", StatusView)
    except (AgentUnreachableError, BrokenError) as error:
        return DoctorFinding("api", "bad", say("cli.doctor.api_silent", path=path, error=error))
    except RefusedError as error:
        return DoctorFinding("api", "bad", f"{error.answer.message} {error.answer.next_step}")
    if not status.taking_payments:
        return DoctorFinding(
            "api", "bad", say("cli.doctor.api_takes_none", refusal_reason=status.refusal_reason)
        )
    return DoctorFinding("api", "good", say("cli.doctor.api_takes", path=path))


def _alarms(path: Path) -> list[DoctorFinding]:
    """What the agent has seen by itself; only a critical alarm keeps payments from being taken."""
    try:
        alarms = ApiClient(path).call("GET", "/v1/status", StatusView).alarms
    except (AgentUnreachableError, BrokenError, RefusedError):
        return [DoctorFinding("alarms", "not known", say("cli.doctor.no_alarms_told"))]
    found = [
        DoctorFinding(
            f"alarm {alarm.id}",
            "bad" if alarm.severity == "critical" else "warning",
            f"{alarm.what} {alarm.money} {alarm.next_step}",
        )
        for alarm in alarms
    ]
    return found or [DoctorFinding("alarms", "good", say("cli.alarms.none"))]
