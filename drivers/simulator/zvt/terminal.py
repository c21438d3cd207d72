"""A simulated ZVT terminal without I/O: packets in, packets out, the time as an argument.

It is built for the till's worst day: it stores a payment only after the till
answered, reverses it otherwise, and does whatever its script says.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from drivers.simulator.core.bank import Bank
from drivers.simulator.core.behaviour import Cancel, Playbook, Script, ScriptedOutcome
from drivers.simulator.zvt import money, service
from drivers.simulator.zvt.act import Act, Memory
from drivers.simulator.zvt.steps import Effect, ZvtGone, ZvtPause, ZvtRequest, ZvtSend, ZvtStory
from drivers.zvt.packet import (
    POSITIVE,
    UNKNOWN_COMMAND,
    AbortCommand,
    Authorisation,
    Completion,
    Diagnosis,
    DisplayTextCommand,
    EndOfDay,
    Initialisation,
    LogOff,
    Refund,
    Registration,
    RepeatReceipt,
    Reversal,
    StatusEnquiry,
    TurnoverTotals,
    ZvtAnswer,
    ZvtPacket,
)

# Reference 2: up to two repeats; the terminal treats an unanswered command like an unacknowledged frame.
REPEATS: Final = 2
# Reference 12, card complete: a wrong password.
WRONG_PASSWORD: Final = ZvtAnswer(0x84, 0x37)
# Reference 9: function off, terminal not registered.
NOT_REGISTERED: Final = ZvtAnswer(0x84, 0x6B)
BUSY: Final = ZvtAnswer(0x84, 0x9C)
STATUS_BUSY: Final = 0x9C

_STORIES: Final[dict[type[ZvtPacket], tuple[str, Callable[[Act, Any], ZvtStory[None]]]]] = {
    Authorisation: ("payment", money.payment),
    Refund: ("refund", money.refund),
    Reversal: ("reversal", money.reversal),
    EndOfDay: ("end_of_day", service.end_of_day),
    TurnoverTotals: ("turnover_totals", service.turnover_totals),
    RepeatReceipt: ("repeat_receipt", service.repeat_receipt),
    Registration: ("registration", service.registration),
    StatusEnquiry: ("status_enquiry", service.status_enquiry),
    Diagnosis: ("diagnosis", service.diagnosis),
    Initialisation: ("initialisation", service.initialisation),
}
_NEED_REGISTRATION: Final = (Authorisation, Refund, Reversal, EndOfDay)


class SimulatedTerminal:
    """One terminal with one line to one till.

    `now` is in seconds of one monotonic clock; `started` is the wall time at
    0 of it. `speed` divides every wait that is the terminal's own, so a test of
    a slow terminal is quick; what it grants the till is never shortened.
    `hangs_up`: on TCP a connection without the answer in time is broken (reference 3);
    what was asked, or what comes after it, is asked on the next one.
    """

    hangs_up = False

    def __init__(
        self, bank: Bank, script: Script, *, started: datetime, seed: int = 0, speed: float = 1.0
    ) -> None:
        self.memory = Memory(script.terminal, bank, random.Random(seed), status=script.terminal.status)  # noqa: S311 - play
        bank.reverse_unbooked()
        self._playbook = Playbook(script)
        self._started = started
        self._speed = speed
        self._act: Act | None = None
        self._story: ZvtStory[None] | None = None
        self._asked: ZvtRequest | None = None
        self._tries = 0  # waits for one answer that are over or under way
        self._sent = 0  # how often the question went to the line
        self._deadline: float | None = None
        self._delivered = False  # the question; what is said besides it does not lengthen the wait
        self._strays = 0  # answers that may still come to what was said before

    @property
    def busy(self) -> bool:
        """True while a dialogue runs."""
        return self._story is not None

    @property
    def waits_for_answer(self) -> bool:
        """True while the till owes an answer; the deadline is for that."""
        return self._asked is not None

    def receive(self, packet: ZvtPacket, now: float) -> list[Effect]:
        """Take one packet from the till."""
        if isinstance(packet, ZvtAnswer):
            return self._answered(packet, now)
        if isinstance(packet, AbortCommand):
            return self._abort(now)
        if self._story is not None:
            return self._while_busy(packet, now)
        return self._begin(packet, now)

    def deadline(self) -> float | None:
        """When `deadline_passed` wants to be called, or None."""
        return self._deadline

    def deadline_passed(self, now: float, *, under_way: bool = False) -> list[Effect]:
        """A pause is over, or the till did not answer in time.

        `under_way`: the line is still repeating the question by itself.
        """
        if self._deadline is None or now < self._deadline:
            return []
        asked = self._asked
        if asked is None:
            return self._go_on(None, now)
        if self._tries > REPEATS:
            effects = self._give_up(asked, now)
            gone = next((effect for effect in effects if isinstance(effect, ZvtGone)), ZvtGone(0.0))
            return [gone] if self.hangs_up else effects
        if not under_way and not self.hangs_up:
            return self._repeat(asked, now)
        self._tries += 1
        self._deadline = now + asked.wait_s
        return [] if under_way else [ZvtGone(0.0)]

    def line_failed(self, now: float) -> list[Effect]:
        """The line has given up: nobody acknowledges frames, so nobody will answer."""
        return [] if self._asked is None else self._give_up(self._asked, now)

    def line_back(self, now: float) -> list[Effect]:
        """The line is there again: whatever is unanswered is said again (reference 11.4, step 2).

        That counts as a try: a till that comes and goes does not keep a question open for ever.
        """
        self._strays = self._sent = 0
        return [] if self._asked is None else self._repeat(self._asked, now)

    def delivered(self, now: float) -> None:
        """What was sent has arrived: the till's time to answer begins (T3)."""
        if self._asked is not None and self._deadline is not None and not self._delivered:
            self._deadline = now + self._asked.wait_s
        self._delivered = True

    def _begin(self, packet: ZvtPacket, now: float) -> list[Effect]:
        memory = self.memory
        if isinstance(packet, LogOff):
            memory.forget_registration()
            return [ZvtSend(POSITIVE)]
        if isinstance(packet, DisplayTextCommand):
            memory.displayed = packet.lines
            return [ZvtSend(POSITIVE)]
        if type(packet) not in _STORIES:
            return [ZvtSend(UNKNOWN_COMMAND)]
        if not self._password_right(packet):
            return [ZvtSend(WRONG_PASSWORD)]
        if isinstance(packet, _NEED_REGISTRATION) and not memory.registered:
            return [ZvtSend(NOT_REGISTERED)]
        return self._open(packet, now)

    def _open(self, packet: ZvtPacket, now: float) -> list[Effect]:
        name, story = _STORIES[type(packet)]
        orders = self._playbook.behaviour(name, getattr(packet, "amount", None))
        if orders.outcome is ScriptedOutcome.REFUSE:
            return [ZvtSend(ZvtAnswer(0x84, orders.code))]
        setup = self.memory.setup
        at = self._started + timedelta(seconds=now)
        self._act = Act(self.memory, orders, at, setup.answer_timeout_s)
        self._strays = 0
        self._story = story(self._act, packet)
        return self._go_on(None, now)

    def _password_right(self, packet: ZvtPacket) -> bool:
        setup, given = self.memory.setup, getattr(packet, "password", None)
        return not setup.check_password or given is None or given == int(setup.password)

    def _while_busy(self, packet: ZvtPacket, now: float) -> list[Effect]:
        """Reference 4: busy is `84 9C`; a status enquiry is answered with status 9C (reference 12)."""
        asked = self._asked
        if asked is not None:
            self._strays, self._sent = 0, 1  # the till speaks in order: no older answer is under way
            again = self._repeat(asked, now) if asked.keep and self._deadline is None else []
            return [ZvtSend(BUSY), *again]
        if isinstance(packet, StatusEnquiry):
            self._strays += 1
            told = STATUS_BUSY if self.memory.setup.says_busy else service.READY
            busy = Completion(terminal_status=told, software=self.memory.setup.software)
            return [ZvtSend(POSITIVE), ZvtSend(busy)]
        if not self.memory.setup.says_busy and isinstance(packet, Registration):
            self._strays += 1
            done = Completion(status_byte=0, terminal_id=self.memory.setup.terminal_id)
            return [ZvtSend(POSITIVE), ZvtSend(done)]
        if not self.memory.setup.says_busy and isinstance(packet, RepeatReceipt):
            return self._tell_last()
        return [ZvtSend(BUSY)]

    def _tell_last(self) -> list[Effect]:
        """The last stored transaction, told in the middle of another dialogue."""
        last, act = self.memory.bank.last_booked(), self._act
        if last is None or act is None:
            return [ZvtSend(BUSY)]
        self._strays += 2
        told = money.status_information(act, last)
        return [ZvtSend(POSITIVE), ZvtSend(told), ZvtSend(Completion())]

    def _abort(self, now: float) -> list[Effect]:
        """06 B0 is a wish (reference 8.1 and 11.3)."""
        act = self._act
        if act is None or not act.undecided or act.behaviour.cancel is Cancel.REFUSED:
            return [ZvtSend(UNKNOWN_COMMAND)]
        if act.behaviour.cancel is Cancel.IGNORED:
            return []
        act.cancelled = True
        waiting = self._asked is None
        return [ZvtSend(POSITIVE), *(self._go_on(None, now) if waiting else [])]

    def _answered(self, answer: ZvtAnswer, now: float) -> list[Effect]:
        """Answers carry no number: where one decides about money, those to older messages are let pass."""
        asked = self._asked
        if self._strays and (asked is None or asked.decides_money):
            self._strays -= 1
            return []
        if asked is None:
            return []
        self._strays += self._sent - 1
        return self._go_on(answer, now)

    def _repeat(self, asked: ZvtRequest, now: float) -> list[Effect]:
        self._tries += 1
        self._sent += 1
        self._deadline, self._delivered = now + asked.wait_s, False
        return [ZvtSend(asked.packet, asked.fields)]

    def _give_up(self, asked: ZvtRequest, now: float) -> list[Effect]:
        if asked.keep:
            self._deadline = None
            return []
        self._strays += self._sent
        return self._go_on(None, now)

    def _go_on(self, told: ZvtAnswer | None, now: float) -> list[Effect]:
        """Play the story until it has to wait."""
        effects: list[Effect] = []
        self._asked, self._deadline = None, None
        while self._story is not None:
            try:
                step = self._story.send(told)
            except StopIteration:
                self._story = self._act = None
                break
            told = None
            if isinstance(step, ZvtRequest):
                effects += self._send_request(step, now)
            elif isinstance(step, ZvtPause):
                self._deadline = now + step.seconds / self._speed
            elif isinstance(step, ZvtGone):
                effects.append(self._gone(step))
            else:
                effects.append(step)
            if self._deadline is not None:
                break
        return effects

    def _send_request(self, step: ZvtRequest, now: float) -> list[Effect]:
        self._asked, self._deadline, self._delivered = step, now + step.wait_s, False
        self._tries = self._sent = 1
        sent: list[Effect] = [ZvtSend(step.packet, step.fields)]
        return sent if step.then is None else [*sent, self._gone(step.then)]

    def _gone(self, step: ZvtGone) -> ZvtGone:
        if step.reboot:
            self._restart()
        return ZvtGone(step.seconds / self._speed, reboot=step.reboot)

    def restart(self, seconds: float) -> ZvtGone:
        """The power fails; what a power-up forgets is forgotten."""
        return self._gone(ZvtGone(seconds, reboot=True))

    def _restart(self) -> None:
        """What a power-up forgets; a result that was never answered is decided by the reading in force."""
        self._story = self._act = self._asked = self._deadline = None
        self.memory.forget_registration()
        self.memory.status = service.INITIALISE
        self.memory.bank.reverse_unbooked()
