"""The alarms that stand: a fold over the journal, and beside it those that could not be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from agent.alarms.registry import SEVERITIES, AlarmKind, Severity, kind_of
from agent.journal.schema.derived import DerivedState
from agent.journal.schema.entry import AlarmAcknowledged, AlarmCleared, AlarmRaised, Entry

# Twenty payments with another amount are one trouble: more of a kind are told as many.
MAX_OF_A_KIND: Final = 20
MANY: Final = "many"
# What came from a terminal or a file is shown, but fills no screen.
MAX_FIGURE_CHARACTERS: Final = 120

Figures = Mapping[str, int | str]


class StandingAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm that stands. `written` is False while the journal could not take it."""

    alarm: str
    severity: str
    raised_at: datetime
    subject: str = ""
    figures: dict[str, int | str] = {}
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    written: bool = True

    @property
    def id(self) -> str:
        """What names it among those that stand."""
        return alarm_id(self.alarm, self.subject)

    def acknowledged(self, person: str, at: datetime) -> StandingAlarm:
        """The same alarm, with the person who knows of it."""
        return msgspec.structs.replace(self, acknowledged_by=person, acknowledged_at=at)

    @property
    def kind(self) -> AlarmKind:
        """Its row in the registry."""
        return kind_of(self.alarm, self.severity)


def alarm_id(alarm: str, subject: str) -> str:
    """Such as `terminal_away:front`, or `disk_low`."""
    return f"{alarm}:{subject}" if subject else alarm


def raising(alarm: str, subject: str = "", figures: Figures | None = None) -> AlarmRaised:
    """The entry that raises an alarm. Nothing in it can keep it from being written."""
    kept = {name: _bounded(value) for name, value in (figures or {}).items()}
    return AlarmRaised(
        alarm=alarm, severity=kind_of(alarm).severity, subject=str(_bounded(subject)), figures=kept
    )


def _bounded(value: int | str) -> int | str:
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    return value.encode("utf-8", "replace").decode("utf-8")[:MAX_FIGURE_CHARACTERS]


_STATE: Final = DerivedState(list[StandingAlarm], version=1)

AlarmChange = Literal["raised", "cleared", "acknowledged"]
AlarmListener = Callable[[AlarmChange, StandingAlarm], None]


class StandingAlarms:
    """What the journal says about alarms; the same after every restart.

    `listeners` hear of each change when it is on disk. They are added when the journal has been read.
    """

    def __init__(self) -> None:
        self.listeners: list[AlarmListener] = []
        self._unwritten: dict[str, StandingAlarm] = {}
        self._standing: dict[str, StandingAlarm] = {}

    def apply(self, entry: Entry) -> None:
        """Let one entry change what stands."""
        match entry.body:
            case AlarmRaised() as raised:
                self._raise(raised, entry.at)
            case AlarmCleared(alarm=alarm, subject=subject):
                if (cleared := self._standing.pop(alarm_id(alarm, subject), None)) is not None:
                    self._tell("cleared", cleared)
            case AlarmAcknowledged(alarm=alarm, subject=subject, person=person):
                self._acknowledge(alarm_id(alarm, subject), person, entry.at)
            case _:
                pass

    def __contains__(self, identity: str) -> bool:
        return identity in self._standing

    def get(self, identity: str) -> StandingAlarm | None:
        """The alarm of this id, if it stands."""
        return next((alarm for alarm in self.all() if alarm.id == identity), None)

    def written(self) -> list[StandingAlarm]:
        """Those of the journal, in the order in which they were raised."""
        return list(self._standing.values())

    def all(self) -> list[StandingAlarm]:
        """Everything that stands, the gravest first, then the oldest."""
        alarms = (self._unwritten | self._standing).values()
        return sorted(alarms, key=lambda alarm: _gravity(alarm.kind.severity))

    def raising(self, alarm: str, subject: str = "", figures: Figures | None = None) -> list[AlarmRaised]:
        """The entries that raise an alarm: none if it stands, and one for many if there are too many."""
        raised = raising(alarm, subject, figures)
        if alarm_id(alarm, raised.subject) in self:
            return []
        if sum(standing.alarm == alarm for standing in self._standing.values()) < MAX_OF_A_KIND:
            return [raised]
        return [] if alarm_id(MANY, alarm) in self else [raising(MANY, alarm)]

    def show_unwritten(self, alarms: Sequence[StandingAlarm]) -> None:
        """Show these although the journal could not take them; they replace the ones before."""
        before = self._unwritten
        # What stood unwritten keeps the time at which it was first seen.
        self._unwritten = {alarm.id: before.get(alarm.id, alarm) for alarm in alarms}
        for identity in self._unwritten.keys() - before.keys():
            self._tell("raised", self._unwritten[identity])
        for identity in before.keys() - self._unwritten.keys() - self._standing.keys():
            self._tell("cleared", before[identity])

    def forget(self) -> None:
        """Begin anew, before the journal is read from its beginning."""
        self._standing.clear()

    def to_bytes(self) -> bytes:
        """What stands, for a snapshot."""
        return _STATE.encode(self.written())

    def from_bytes(self, content: bytes) -> None:
        """Take up where `to_bytes` left off. Raises `OutdatedStateError` for other bytes."""
        self._standing = {alarm.id: alarm for alarm in _STATE.decode(content)}

    def _raise(self, raised: AlarmRaised, at: datetime) -> None:
        alarm = StandingAlarm(
            alarm=raised.alarm,
            severity=raised.severity,
            raised_at=at,
            subject=raised.subject,
            figures=raised.figures,
        )
        if alarm.id not in self._standing:
            self._standing[alarm.id] = alarm
            if alarm.id not in self._unwritten:  # or its listeners have heard of it
                self._tell("raised", alarm)

    def _acknowledge(self, identity: str, person: str, at: datetime) -> None:
        standing = self._standing.get(identity)
        if standing is not None:
            known = standing.acknowledged(person, at)
            self._standing[identity] = known
            self._tell("acknowledged", known)

    def _tell(self, change: AlarmChange, alarm: StandingAlarm) -> None:
        for listener in self.listeners:
            listener(change, alarm)


def _gravity(severity: Severity) -> int:
    return SEVERITIES.index(severity)
