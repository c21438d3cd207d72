"""One till and one terminal joined by bytes in simulated time, with the agent's habits and without the agent.

What the till's side does is what `agent.payments` does: it greets, learns the last payment, pays,
accepts, and after trouble opens the line anew, listens, greets and lets `Resolver` judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import TracebackType
from typing import Final, Self

from drivers.card.card import SecretBuffer
from drivers.simulator.core.bank import Bank, Booking, BookingState
from drivers.simulator.core.behaviour import Behaviour, Playbook, Script
from drivers.terminal import (
    BookingFinding,
    BookingProof,
    Command,
    ConnectionLost,
    DialogueEnded,
    DriverFact,
    EndReason,
    Event,
    Operation,
    Receipt,
    Result,
    ResultStatus,
    TransactionResult,
    Unclear,
)
from tests.conformance.cable import Cable, Harm, whole
from tests.conformance.table import Case
from tests.journal.conftest import MORNING
from tests.support.still import card_sealer

AMOUNT: Final = 1250
# Longer than all waits of session and terminal together.
PATIENCE_S: Final = 3600.0
# How long a pulled plug stays out.
AWAY_S: Final = 4.0
# The agent's own habits (agent/terminals/connection.py).
BUSY_RETRY_S: Final = 3.0
GREETING_STEPS: Final = 200
ASKED_AGAIN_S: Final = 60.0
# What proves a payment in ECR17 is that it cannot be running any more.
PROOF_AFTER_S: Final = {"ecr17": 1300.0}
MONEY: Final = {"payment", "refund", "reversal", "end_of_day"}


class Moods(Playbook):
    """The terminal behaves during payments as the test wants it to; `begun` is what it was asked for."""

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(Script())
        self.mood = behaviour
        self.begun: list[str] = []

    def behaviour(self, command: str, amount: int | None) -> Behaviour:  # noqa: ARG002 - as the original
        if command not in MONEY:
            return Behaviour()
        self.begun.append(command)
        return self.mood


class Bed:
    """A shop with one terminal.

    `heard` is every event, `accepted` what was acknowledged, `said` what was told of the sale. `last` are
    the numbers of the last payment that the terminal told, `before` those when the sale began.
    """

    def __init__(self, case: Case, behaviour: Behaviour | None = None, seed: int = 0) -> None:
        self.case = case
        self.now = 0.0
        self.bank = Bank()
        self.moods = Moods(behaviour or Behaviour())
        self.device = case.terminal(self.bank, self.moods, seed)
        self.resolver = case.row.resolver(case.options)
        self.cable = Cable()
        self.heard: list[Event] = []
        self.accepted: list[TransactionResult] = []
        self.said: list[Result] = []
        self.accept_after_s: float | None = 0.0
        self.acknowledgements = bytearray()
        self.last: tuple[int | None, int | None] = (None, None)
        self.before: tuple[int | None, int | None] = self.last
        self.unclear: Unclear | None = None
        self._held: list[tuple[float, Event]] = []
        self._paying = False
        self._booked_before = 0
        self._back_at: float | None = None
        self.new_till()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.device.close()
        self.buffer.close()

    # ---- the till's side ----

    def new_till(self) -> None:
        """The till's computer starts: nothing is remembered but what the test itself knows."""
        self.buffer = SecretBuffer(self.case.row.buffer_bytes)
        self.session = self.case.row.session(self.buffer, card_sealer(), self.case.options)
        self._held.clear()
        self._connect()

    def power_cut(self) -> None:
        """The till dies in this moment; what it had written to the cable is on its way."""
        self.buffer.close()
        self.new_till()

    def _connect(self) -> None:
        self.connected = True
        self.buffer.wipe()
        self.session.connected(self.now)
        if self.case.wire == "tcp":
            self.cable.cut()
            self.device.connected(self.now)

    def perform(self, command: Command) -> DialogueEnded | ConnectionLost:
        """One command until its end; whoever has a broken line by then opens it anew later."""
        before = len(self.heard)
        self.session.start(command, self.now)

        def ends() -> list[DialogueEnded | ConnectionLost]:
            return [
                event for event in self.heard[before:] if isinstance(event, DialogueEnded | ConnectionLost)
            ]

        assert self.until(lambda: bool(ends())), f"{command.operation} does not end"
        if isinstance(end := ends()[0], ConnectionLost) and self.connected:
            self._hang_up(end.reason)
        return end

    def result_of(self, question: Command) -> Result | None:
        """A result that moves no money, as the agent asks for it."""
        before = len(self.accepted)
        self.perform(question)
        told = [outcome.result for outcome in self.accepted[before:] if not outcome.late]
        return told[-1] if told else None

    def greet(self) -> DialogueEnded | None:
        """Register, status, and what the terminal asks for; None if the line broke or it will not work."""
        operation = Operation.REGISTER
        for _ in range(GREETING_STEPS):
            ended = self.perform(Command(operation))
            if isinstance(ended, ConnectionLost):
                return None
            if ended.busy:
                self.wait(BUSY_RETRY_S)
            elif ended.end_reason is not EndReason.COMPLETED:
                return None
            elif ended.maintenance is None and operation is Operation.STATUS:
                return ended
            else:
                operation = ended.maintenance or Operation.STATUS
        return None

    def begin(self) -> None:
        """From a fresh line to a terminal that may be given payments."""
        assert self.greet() is not None
        if self.last == (None, None) and (told := self.result_of(Command(Operation.REPEAT_RECEIPT))):
            self.last = (told.trace, told.receipt_number)

    def command(self, number: int = 1, amount: int = AMOUNT) -> Command:
        """The sale of one payment id."""
        return sale(self.case, number, amount)

    def pay(self, harm: Harm = whole, command: Command | None = None) -> DialogueEnded | ConnectionLost:
        """One sale over a cable that this harm befalls."""
        self.cable.harm = harm
        self.ask(command or self.command())
        end = self.perform(self.sale)
        self._paying = False
        if self.accept_after_s is not None:
            self.wait(2 * self.accept_after_s)
        self._remember_last()
        return end

    def ask(self, command: Command) -> None:
        """From here on all that is told and booked is about this sale."""
        self.sale, self.asked_at = command, self.now
        self.before = self.last
        self.unclear, self._paying = None, True
        self.said.clear()
        self.moods.begun.clear()
        self._booked_before = len(self.bank.bookings)

    def _remember_last(self) -> None:
        """As the agent's payment index does with each approval."""
        if self.said and self.said[-1].status is ResultStatus.APPROVED and not self.unclear:
            self.last = (self.said[-1].trace, self.said[-1].receipt_number)

    def resolve(self, harm: Harm = whole) -> BookingFinding | None:
        """Open the line anew, listen, greet, ask and judge; as the agent does, again later.

        None when the terminal cannot be asked at all.
        """
        self.cable.harm = harm
        self._paying = False
        self.unclear = self._doubt()
        finding = None
        for later_s in (0.0, ASKED_AGAIN_S, PROOF_AFTER_S.get(self.case.protocol, 0.0)):
            self.wait(later_s)
            finding = self._asked() or finding
            if finding is not None and finding.found is not BookingProof.UNPROVEN:
                return finding
        return finding

    def _asked(self) -> BookingFinding | None:
        """What the terminal's answers prove now; None if the line did not last."""
        if not self.connected:
            self._wait_for_the_port()
            self._connect()
        self.wait(self.resolver.listen_s)
        if not self.connected or self.greet() is None:
            return None
        doubt = self._doubt()
        answers = [self.result_of(question) for question in self.resolver.questions(doubt)]
        return self.resolver.conclude(self._doubt(), answers) if self.connected else None

    def _doubt(self) -> Unclear:
        trace, receipt = self.before
        approvals = [result for result in self.said if result.status is ResultStatus.APPROVED]
        said = approvals[-1] if approvals else None
        return Unclear(
            self.sale,
            trace,
            receipt,
            MORNING + timedelta(seconds=self.asked_at),
            inquired_at=MORNING + timedelta(seconds=self.now),
            trace_said=said.trace if said else None,
            receipt_said=said.receipt_number if said else None,
        )

    # ---- what became of it ----

    @property
    def booked(self) -> list[Booking]:
        """What stands at the bank of the sale that was asked for last."""
        asked = self.bank.bookings[self._booked_before :]
        return [booking for booking in asked if booking.state is BookingState.BOOKED]

    # ---- time ----

    def until(self, done: Callable[[], bool], within_s: float = PATIENCE_S) -> bool:
        """Let everything go on until it is so; False when it is not in time."""
        give_up = self.now + within_s
        while True:
            self._exchange()
            if done():
                return True
            due = min((time for time in self._times() if time is not None), default=give_up)
            if due >= give_up:
                self.now = give_up
                return False
            self.now = max(self.now, due)
            self._alarms()

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.until(lambda: False, seconds)

    def _times(self) -> Iterator[float | None]:
        yield from (self.cable.due(), self.device.deadline(), self._back_at)
        yield from (at for at, _ in self._held)
        if self.connected:
            yield self.session.deadline()

    def _alarms(self) -> None:
        deadline = self.device.deadline()
        if deadline is not None and deadline <= self.now:
            self.device.deadline_passed(self.now)
        if self._back_at is not None and self._back_at <= self.now:
            self._back_at = None
        deadline = self.session.deadline() if self.connected else None
        if deadline is not None and deadline <= self.now:
            self._deliver()  # what came in time counts, as in drivers.wires.link
            self.session.deadline_passed(self.now)

    def _exchange(self) -> None:
        """Everything that takes no time."""
        while True:
            self._deliver()
            looked = self._look()
            there = self.session.bytes_to_send()
            self._send(there)
            back = self.device.bytes_to_send(self.now)
            if back and self.connected:
                self.cable.carry("to_till", back, self.now)
            if self.connected and not self.device.plugged:
                self._hang_up(DriverFact("wires.unplugged"))
            if not looked and not there and not back:
                return

    def _deliver(self) -> None:
        for piece in self.cable.arrived("to_terminal", self.now):
            if piece is None:
                self._unplug()
            elif self.device.plugged:
                self.device.receive(piece, self.now)
        for piece in self.cable.arrived("to_till", self.now):
            if piece is None:
                self._unplug()
            elif self.connected:
                self._receive(piece)

    def _receive(self, piece: bytes) -> None:
        while piece:
            space = self.buffer.space()
            assert len(space), "the session leaves no room for what comes next"
            part, piece = piece[: len(space)], piece[len(space) :]
            space[: len(part)] = part
            self.buffer.filled(len(part))
            self.session.receive(self.now)

    def _unplug(self) -> None:
        self.cable.cut()
        self._back_at = self.now + AWAY_S
        self._hang_up(DriverFact("wires.unplugged"))

    def _hang_up(self, reason: DriverFact) -> None:
        """As `drivers.wires.link` does when a wire fails or a session has lost its line."""
        self.connected = False
        self.buffer.wipe()
        self.cable.cut()
        self.session.disconnected(reason, self.now)
        self.session.bytes_to_send()
        self.heard += self.session.events()
        self._held.clear()

    def _wait_for_the_port(self) -> None:
        assert self.until(lambda: self._back_at is None and self.device.plugged), "the port stays away"

    # ---- events ----

    def _look(self) -> bool:
        """Take the session's events and accept what is due; True when something happened."""
        events = list(self.session.events())
        self.heard += events
        if self.accept_after_s is not None:
            due = self.now + self.accept_after_s
            self._held += [(due, event) for event in events if isinstance(event, TransactionResult | Receipt)]
        ready = [event for at, event in self._held if at <= self.now]
        self._held = [(at, event) for at, event in self._held if at > self.now]
        for event in ready:
            self._accept(event)
        for event in events:
            if isinstance(event, ConnectionLost) and self.connected:
                self._hang_up(event.reason)
        return bool(events or ready)

    def _accept(self, event: Event) -> None:
        """It is on disk now. What would make a stranger's money stand is not acknowledged."""
        if isinstance(event, TransactionResult):
            ours = self._is_ours(event)
            if ours:
                self.said.append(event.result)
            elif event.late and self._ack_would_book(event.result):
                return
            self.accepted.append(event)
        self._send(self.session.bytes_to_send())
        self.session.acknowledge(self.now)
        out = self.session.bytes_to_send()
        self.acknowledgements += out
        self._send(out)

    def _send(self, data: bytes) -> None:
        if data and self.connected:
            self.cable.carry("to_terminal", data, self.now)

    def _is_ours(self, outcome: TransactionResult) -> bool:
        """Whether it is about the sale: while it runs, or late and recognised."""
        if not outcome.late:
            return self._paying
        return self.unclear is not None and self.resolver.belongs(self.unclear, outcome.result)

    def _ack_would_book(self, result: Result) -> bool:
        nobody = Unclear(Command(Operation.STATUS), *self.last, MORNING + timedelta(seconds=self.now))
        return self.resolver.ack_would_book(self.unclear or nobody, result)


def sale(case: Case, number: int = 1, amount: int = AMOUNT) -> Command:
    """A payment of a shop, by its payment id."""
    return Command(Operation.SALE, f"A-{number}", amount, case.options.currency, 100 + number)
