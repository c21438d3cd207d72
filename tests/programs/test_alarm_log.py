"""The operational log has one line for each alarm that is raised, acknowledged or cleared."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

from agent.alarms.standing import StandingAlarm
from agent.oplog import log
from agent.programs.assembly import _log_alarm

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
AWAY = StandingAlarm(
    alarm="terminal_away",
    severity="warning",
    subject="front",
    raised_at=AT,
    figures={"pan": "4111111111111111"},
)


def test_each_change_is_one_line_of_known_keys() -> None:
    out = io.StringIO()
    sink = log.configure("info", out)
    logger = log.logger("agent")
    _log_alarm(logger, "raised", AWAY)
    _log_alarm(logger, "acknowledged", AWAY.acknowledged("anna", AT))
    _log_alarm(logger, "cleared", AWAY.acknowledged("anna", AT))
    assert sink.drain()
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(line["event"], line["level"], line["person"]) for line in lines] == [
        ("alarm_raised", "warning", ""),
        ("alarm_acknowledged", "info", "anna"),
        ("alarm_cleared", "info", "anna"),
    ]
    assert all((line["alarm"], line["subject"]) == ("terminal_away", "front") for line in lines)
    assert not any("dropped_keys" in line for line in lines)
    assert "4111" not in out.getvalue()
