"""How an alarm reads on a screen."""

from __future__ import annotations

from collections.abc import Sequence

from agent.api.v1.bodies import AlarmView
from agent.cli.ui.screen import Screen
from agent.texts import say


def print_alarms(out: Screen, alarms: Sequence[AlarmView]) -> None:
    """Each with what it is, what it means for payments, and what to do next."""
    for alarm in alarms:
        out.row("ALARM", f"{alarm.severity}: {alarm.id}")
        for line in (alarm.what, alarm.money, alarm.next_step):
            out.detail(line)
        if alarm.acknowledged_by:
            out.detail(say("cli.alarms.acknowledged", person=alarm.acknowledged_by))
        if not alarm.written:
            out.detail(say("cli.alarms.not_written"))


def reminder(alarms: Sequence[AlarmView]) -> str:
    """One line for a prompt; empty if everybody knows of all that stands. The gravest comes first."""
    waiting = [alarm for alarm in alarms if not alarm.acknowledged_by and alarm.severity != "info"]
    return say("cli.alarms.prompt", count=len(waiting), what=waiting[0].what) if waiting else ""
