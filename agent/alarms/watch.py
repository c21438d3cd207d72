"""Compares what holds with what stands: when an alarm is raised, and when it is over.

Time is an argument (seconds of a clock that never goes back), the world is a list of conditions.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from agent.alarms.conditions import Condition
from agent.alarms.registry import kind_of
from agent.alarms.standing import StandingAlarm, StandingAlarms
from agent.journal.schema.entry import AlarmCleared, AlarmRaised


class AlarmWatch:
    """A cause raises an alarm once it has lasted, and clears it once it has been gone for a while."""

    def __init__(self, standing: StandingAlarms) -> None:
        self._standing = standing
        self._seen: dict[str, float] = {}
        self._gone: dict[str, float] = {}

    def look(
        self, holding: Sequence[Condition], unknown: Collection[str], now: float
    ) -> list[AlarmRaised | AlarmCleared]:
        """The entries that follow from what holds at `now`; `unknown` are alarms nobody could look at."""
        held = {condition.id for condition in holding}
        raised = [entry for condition in holding for entry in self._raised(condition, now)]
        cleared = [
            AlarmCleared(alarm=alarm.alarm, subject=alarm.subject)
            for alarm in self._standing.written()
            if alarm.id not in held and alarm.alarm not in unknown and self._over(alarm, now)
        ]
        self._seen = {identity: since for identity, since in self._seen.items() if identity in held}
        return [*raised, *cleared]

    def _raised(self, condition: Condition, now: float) -> list[AlarmRaised]:
        self._gone.pop(condition.id, None)
        since = self._seen.setdefault(condition.id, now)
        if now - since < kind_of(condition.alarm).after_s:
            return []
        return self._standing.raising(condition.alarm, condition.subject, condition.figures)

    def _over(self, alarm: StandingAlarm, now: float) -> bool:
        kind = alarm.kind
        if not kind.known:
            return False  # only the version that knows it knows when it is over
        since = self._gone.setdefault(alarm.id, now)
        if now - since < kind.calm_s or (kind.cleared_by == "both" and not alarm.acknowledged_by):
            return False
        del self._gone[alarm.id]
        return True
