"""What is seen when the world is looked at again becomes alarms in the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date

from agent.alarms.conditions import AgentFacts, HeldFacts, OutsideFacts, TerminalFacts, conditions, not_known
from agent.alarms.standing import StandingAlarm, StandingAlarms
from agent.alarms.watch import AlarmWatch
from agent.journal.schema.entry import AlarmAcknowledged, AlarmCleared, AlarmRaised, AnyBody
from agent.payments.commands import GivenCredential
from agent.payments.context import Context
from agent.payments.refusal import Refusal
from agent.payments.signing import prove
from agent.terminals.identity import EXCHANGED


class AlarmKeeper:
    """Looks again at regular times. Nothing here can block or fail a payment.

    `outlook` may block, so it runs in a thread. `complain` hears of a look that failed.
    """

    def __init__(
        self, context: Context, outlook: Callable[[], OutsideFacts], complain: Callable[[Exception], None]
    ) -> None:
        self._context = context
        self._outlook = outlook
        self._complain = complain
        self._watch = AlarmWatch(context.alarms)
        self._looking: asyncio.Task[None] | None = None

    def look_soon(self) -> None:
        """Begin to look, unless the last look still waits: a disk that hangs holds up nothing else."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self.look())

    async def look(self) -> None:
        """Look at the world, and write down what follows."""
        try:
            outside = await asyncio.to_thread(self._outlook)
        except Exception as error:  # noqa: BLE001 - a look that fails leaves what it looks at unknown
            self._complain(error)
            outside = OutsideFacts()
        self.compare(outside)

    def compare(self, outside: OutsideFacts) -> None:
        """Raise and clear by what was seen outside and what the agent knows by itself."""
        context = self._context
        if context.stopping:
            return  # the journal is about to be closed
        holding = conditions(agent_facts(context, outside), outside, context.alarms.__contains__)
        self._write(context.alarms, self._watch.look(holding, not_known(outside), context.clock.monotonic()))

    def _write(self, standing: StandingAlarms, entries: Sequence[AlarmRaised | AlarmCleared]) -> None:
        """On a full disk the room that is left belongs to the payments: the alarm is shown all the same."""
        if self._context.journal.full:
            raised = [entry for entry in entries if isinstance(entry, AlarmRaised)]
            standing.show_unwritten([self._unwritten(entry) for entry in raised])
        else:
            self._context.write(*entries)
            standing.show_unwritten([])

    def _unwritten(self, raised: AlarmRaised) -> StandingAlarm:
        return StandingAlarm(
            alarm=raised.alarm,
            severity=raised.severity,
            subject=raised.subject,
            figures=raised.figures,
            raised_at=self._context.clock.wall(),
            written=False,
        )


async def acknowledge(context: Context, identity: str, credential: GivenCredential) -> StandingAlarm:
    """A person says that they know of an alarm. Raises a `Refusal`; the alarm then stands as it did."""
    alarm = _writable(context, identity)
    person = await prove(context, credential, alarm.kind.acknowledged_by)
    alarm = _writable(context, identity)  # it may be over since
    alarm_subject = {"alarm": alarm.alarm, "subject": alarm.subject}
    entries: list[AnyBody] = [AlarmAcknowledged(person=person, **alarm_subject)]
    if alarm.kind.known and alarm.kind.cleared_by == "person":
        entries.append(AlarmCleared(**alarm_subject))
    context.write(*entries)
    return alarm.acknowledged(person, context.clock.wall())


def _writable(context: Context, identity: str) -> StandingAlarm:
    alarm = context.alarms.get(identity)
    if alarm is None:
        raise Refusal("unknown_alarm", alarm=identity)
    if context.journal.full or not alarm.written:
        raise Refusal("journal_full")
    return alarm


def agent_facts(context: Context, outside: OutsideFacts) -> AgentFacts:
    """What the agent knows by itself."""
    size, key = context.journal.size, context.sealing.key
    return AgentFacts(
        now=context.clock.wall(),
        entries=size,
        began=context.ages.began,
        waiting_since=context.ages.waiting_since(outside.confirmed or 0, size),
        full=context.journal.full,
        key_id=key.key_id if key else "",
        key_until=key.not_after if key else date.max,
        terminals=tuple(_terminal(context, name) for name in context.terminals),
        held=tuple(
            HeldFacts(record.payment_id, record.release == "withheld")
            for record in context.payments.waiting_for_release()
        ),
    )


def _terminal(context: Context, name: str) -> TerminalFacts:
    unclear, why = context.payments.unclear(name), context.terminals[name].why
    return TerminalFacts(
        name=name,
        state=context.terminals[name].state,
        exchanged=why is not None and why.code == EXCHANGED,
        unclear=unclear[0].payment_id if unclear else "",
        clock_ahead_s=context.payments.clock_offsets.offset_s(name),
    )
