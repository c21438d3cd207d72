"""Our session against our terminal over a bad line: what the till believes is what the bank did.

The invariant: a till never believes more than is true. An ended command agrees
with the bank; without an accepted result the bank has no money; one command
never books twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.card.card import SecretBuffer
from drivers.simulator.core.bank import Bank
from drivers.simulator.core.faults import Faults
from drivers.simulator.core.script import parse
from drivers.simulator.zvt.device import SimulatedDevice
from drivers.simulator.zvt.terminal import SimulatedTerminal
from drivers.terminal import (
    Command,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DriverFact,
    EndReason,
    Event,
    Operation,
    Receipt,
    ResultStatus,
    TransactionResult,
)
from drivers.zvt.line import ZvtSerialLine
from drivers.zvt.session import ZvtSession, ZvtSettings
from tests.drivers.simulator.conftest import STARTED, Shredder

# More turns than the longest dialogue with all its repeats.
MANY_TURNS = 2000
# A till whose disk is slow, or that died: it accepts so late, or never.
NEVER_S = 1e9


@dataclass
class Counter:
    """A till's counter: session, line and terminal, joined by a wire that takes no time."""

    script: str
    config: int = 0x8E
    accept_after_s: float = 0.0
    now: float = 0.0
    heard: list[Event] = field(default_factory=list)
    accepted: list[TransactionResult] = field(default_factory=list)

    def __post_init__(self) -> None:
        script = parse(self.script)
        self.bank = Bank()
        terminal = SimulatedTerminal(self.bank, script, started=STARTED)
        self.device = SimulatedDevice(terminal, faults=Faults(script.faults))
        self.buffer = SecretBuffer(1 << 17)
        wants = ZvtSettings(password=123456, config_byte=self.config)
        self.session = ZvtSession(ZvtSerialLine(self.buffer), Shredder(), wants)
        self.session.connected(0.0)
        self.plugged = True
        self.held: list[tuple[float, Event]] = []
        self.perform(Command(Operation.REGISTER))

    def perform(self, command: Command) -> DialogueEnded | ConnectionLost:
        """The end of one command; then the line is heard out until both sides rest."""
        self.heard.clear()
        self.session.start(command, self.now)
        for _ in range(MANY_TURNS):
            self._exchange()
            times = (self.session.deadline(), self.device.deadline(), *(at for at, _ in self.held))
            due = min((time for time in times if time is not None), default=NEVER_S)
            if due >= NEVER_S:
                return next(
                    event for event in self.heard if isinstance(event, (DialogueEnded, ConnectionLost))
                )
            self.now = max(self.now, due)
            self.session.deadline_passed(self.now)
            self.device.deadline_passed(self.now)
        raise AssertionError("the dialogue does not end")

    def _exchange(self) -> None:
        while True:
            there = self.session.bytes_to_send()
            if self.plugged:
                self.device.receive(there, self.now)
            back = self.device.bytes_to_send(self.now)
            self._plug_in()
            if self.plugged:
                self.buffer.space()[: len(back)] = back
                self.buffer.filled(len(back))
                self.session.receive(self.now)
            self._plug_out()
            if not self._look() and not there and not back:
                return

    def _plug_in(self) -> None:
        if self.device.plugged and not self.plugged:
            self.session.connected(self.now)
            self.plugged = True

    def _plug_out(self) -> None:
        if self.plugged and not self.device.plugged:
            self.session.disconnected(DriverFact("wires.unplugged"), self.now)
            self.held.clear()
            self.plugged = False

    def _look(self) -> bool:
        """Take the session's events, accept what is due; True when something happened."""
        events = list(self.session.events())
        self.heard += events
        self.held += [
            (self.now + self.accept_after_s, event)
            for event in events
            if isinstance(event, (TransactionResult, Receipt))
        ]
        due = [event for at, event in self.held if at <= self.now]
        self.held = [(at, event) for at, event in self.held if at > self.now]
        for event in due:
            if isinstance(event, TransactionResult):
                self.accepted.append(event)
            self.session.acknowledge(self.now)
        return bool(events or due)


SALE = Command(Operation.SALE, "till 1", 1010, 978)

points = st.sampled_from(["answer", "display", "status", "receipt", "completion"])
# Within the 30 s that a terminal waits for an answer, after them, or never.
ACCEPTED_AFTER_S = (0.0, 2.0, 20.0, 50.0, NEVER_S)
absences = st.tuples(st.sampled_from(["unplug", "reboot"]), st.sampled_from([1, 8, 40, 60, 200, 700]))
troubles = st.builds(
    lambda absence, point, when: (
        f'{absence[0]} = {{ seconds = {absence[1]}, at = "{point}", when = "{when}" }}\n'
    ),
    absences,
    points,
    st.sampled_from(["before", "after"]),
)
behaviours = st.one_of(
    st.just(""),
    st.sampled_from(['outcome = "decline"\n', 'outcome = "stop_key"\n', 'outcome = "refuse"\n']),
    st.sampled_from(["tip = 90\n", "partial = 400\n", "abort_after = 0x9B\n", "receipt_first = true\n"]),
    st.builds('skip = ["{}"]\n'.format, st.sampled_from(["answer", "display", "receipt", "completion"])),
    st.builds('twice = ["{}"]\n'.format, points),
    st.builds(
        'silence_s = {}\nsilence_before = "{}"\n'.format, st.sampled_from([3, 8, 100, 200, 900]), points
    ),
    troubles,
)
faults = st.lists(
    st.builds(
        '[[fault]]\nsender = "{}"\n{} = {}\ndo = "{}"\n'.format,
        st.sampled_from(["till", "terminal"]),
        st.sampled_from(["frame", "ack"]),
        st.integers(1, 14),
        st.sampled_from(["drop", "damage"]),
    ),
    max_size=3,
)


@given(
    behaviours,
    faults,
    st.sampled_from([0x8E, 0x08]),
    st.sampled_from(ACCEPTED_AFTER_S),
)
@settings(max_examples=400, deadline=None, derandomize=True)
@example("silence_s = 200\n", [], 0x8E, 0.0)
@example('unplug = { seconds = 700, at = "status", when = "after" }\n', [], 0x08, 0.0)
@example('unplug = { seconds = 8, at = "status", when = "after" }\n', [], 0x8E, 0.0)
def test_what_the_till_believes_is_what_the_bank_did(
    behaviour: str, harm: list[str], config: int, accept_after_s: float
) -> None:
    counter = Counter(f"[[payment]]\n{behaviour}{''.join(harm)}", config)
    counter.accept_after_s = accept_after_s
    end = counter.perform(SALE)
    money = counter.bank.balance()
    approved = [
        outcome.result for outcome in counter.accepted if outcome.result.status is ResultStatus.APPROVED
    ]

    assert len(counter.bank.bookings) <= 1
    if not approved:
        assert money == 0
    if isinstance(end, DialogueEnded):
        expected = approved[0].amount if end.end_reason is EndReason.COMPLETED else 0
        assert money == expected
    elif end.delivery is Delivery.NEVER:
        assert counter.bank.bookings == ()
