"""Both ends of an ECRHub line, and a terminal played by hand; time jumps and a wire takes none."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from drivers.card.card import SecretBuffer
from drivers.driver import Options, driver
from drivers.ecrhub.codec import Variant
from drivers.ecrhub.config import EcrHubKeys
from drivers.ecrhub.driver import LAST_ID
from drivers.ecrhub.frame import (
    CONFIRM,
    HEARTBEAT,
    EcrHubFrameKind,
    EcrHubFrameReader,
    acknowledgement,
    encode_frame,
)
from drivers.ecrhub.packet import Device, EcrHubAnswer, EcrHubRequest, decode_request, encode_answer
from drivers.simulator.core.bank import Bank
from drivers.simulator.core.script import parse
from drivers.simulator.core.terminal import Installation
from drivers.simulator.ecrhub.terminal import EcrHubTerminal
from drivers.terminal import (
    Command,
    ConnectionLost,
    DialogueEnded,
    DriverFact,
    Event,
    Operation,
    Session,
    TransactionResult,
)
from tests.drivers.simulator.conftest import Shredder

STARTED = datetime(2025, 3, 1, 12, 0, 0, tzinfo=UTC)
# More turns than the longest dialogue with its heartbeats has; a test that needs more hangs.
MANY_TURNS: Final = 5000
ROW = driver("ecrhub")
FORMS = tuple(Variant)
# A till that died accepts so late, and no wait is longer.
NEVER_S: Final = 1e9
REGISTER = Command(Operation.REGISTER)
SALE = Command(Operation.SALE, "A-17", 1010, 978, sequence=41)
ASK = Command(Operation.REPEAT_RECEIPT, "A-17", currency=978, sequence=41)


def view(data: bytes) -> memoryview:
    return memoryview(bytearray(data))


def session_on(buffer: SecretBuffer, variant: str = "", **options: Any) -> Session:
    """Options that are the protocol's own keys go into its section."""
    own = {
        name: options.pop(name) for name in ("app_id", "till_id", "answer_s", "payment_s") if name in options
    }
    return ROW.session(buffer, Shredder(), Options(variant=variant, own=EcrHubKeys(**own), **options))


def frames_of(data: bytes) -> list[tuple[int, int, int, bytes]]:
    """Kind, ack, id and data of each frame in what went out."""
    buffer = SecretBuffer(1 << 16)
    buffer.space()[: len(data)] = data
    buffer.filled(len(data))
    found = [
        (frame.kind, frame.ack, frame.id, bytes(frame.data)) for frame in EcrHubFrameReader(buffer).read()
    ]
    buffer.close()
    return found


class ByHand:
    """A session, and a terminal of which every frame is written by the test."""

    def __init__(self, variant: Variant = Variant.SDK_1_1, **options: Any) -> None:
        self.variant = variant
        self.buffer = SecretBuffer(ROW.buffer_bytes)
        self.session = session_on(self.buffer, variant, **options)
        self.now = 0.0
        self.acks: list[int] = []
        self.kinds: list[int] = []
        self.asked: list[tuple[int, EcrHubRequest]] = []
        self.session.connected(0.0)
        self.number = 0

    def registered(self) -> ByHand:
        """Through handshake and trial message."""
        self.session.start(REGISTER, self.now)
        self.say(CONFIRM)
        self.listen()
        self.say(self.ack(), self.answer(EcrHubAnswer(self.topic, self.request_id, handled=True, code="000")))
        self.listen()
        assert isinstance(self.events()[-1], DialogueEnded)
        return self

    def start(self, command: Command) -> ByHand:
        self.session.start(command, self.now)
        self.listen()
        return self

    def listen(self) -> None:
        """Take what the till sends."""
        for kind, ack, number, data in frames_of(self.session.bytes_to_send()):
            self.kinds.append(kind)
            if ack:
                self.acks.append(ack)
            if data:
                self.asked.append((number, decode_request(view(data), self.variant)))

    def say(self, *frames: bytes) -> None:
        for byte in b"".join(frames):
            self.buffer.space()[:1] = bytes((byte,))
            self.buffer.filled(1)
            self.session.receive(self.now)
        self.listen()

    def wait(self, seconds: float, *, beats: bool = True) -> None:
        """Let time pass, with the terminal's heartbeats or without."""
        until = self.now + seconds
        while (due := self.session.deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            if beats:
                self.say(HEARTBEAT)
            self.session.deadline_passed(self.now)
            self.listen()
        self.now = until

    def events(self) -> list[Event]:
        return list(self.session.events())

    @property
    def request(self) -> EcrHubRequest:
        return self.asked[-1][1]

    @property
    def request_id(self) -> str:
        return self.request.request_id

    @property
    def topic(self) -> str:
        return self.request.topic

    def ack(self) -> bytes:
        return acknowledgement(self.asked[-1][0])

    def answer(
        self, answer: EcrHubAnswer, variant: Variant | None = None, number: int | None = None
    ) -> bytes:
        """A data frame with the terminal's next id, or with this one."""
        self.number = self.number % LAST_ID[self.variant] + 1 if number is None else number
        return encode_frame(
            EcrHubFrameKind.NORMAL, number=self.number, data=encode_answer(answer, variant or self.variant)
        )

    def paid(self, **changes: object) -> EcrHubAnswer:
        """What a terminal says to the order asked last when it was paid."""
        request = self.request
        fields: dict[str, object] = {
            "topic": request.topic,
            "request_id": request.request_id,
            "handled": True,
            "code": "000",
            "order": request.order,
            "amount": "10.10",
            "currency": "EUR",
            "trans_type": "1",
            "status": "2",
            "device": Device("Cashier", "3.1", "P5-77"),
        }
        return EcrHubAnswer(**fields | changes)  # type: ignore[arg-type]  # fields by name

    def failed(self, code: str = "E12", message: str = "no", **changes: object) -> EcrHubAnswer:
        empty = dict.fromkeys(("order", "amount", "currency", "trans_type", "status"), "")
        return self.paid(**empty | {"handled": False, "code": code, "message": message} | changes)


@dataclass
class Counter:
    """A till's counter: session and simulated terminal, joined by a wire that may lose and garble."""

    script: str = ""
    variant: str = ""
    loss: float = 0.0
    seed: int = 0
    accept_after_s: float = 0.0
    terminal_variant: str = ""
    options: dict[str, object] = field(default_factory=dict)
    now: float = 0.0
    plugged: bool = True
    heard: list[Event] = field(default_factory=list)
    accepted: list[TransactionResult] = field(default_factory=list)
    held: list[tuple[float, TransactionResult]] = field(default_factory=list)
    spoil: Callable[[bytes], bytes] = lambda data: data

    def __post_init__(self) -> None:
        self.bank = Bank()
        self.chance = random.Random(self.seed)  # noqa: S311 - repeatable on purpose
        variant = self.terminal_variant or self.variant
        place = Installation(self.bank, STARTED, parse(self.script), variant=variant, seed=self.seed)
        self.terminal = EcrHubTerminal(place)
        self.buffer = SecretBuffer(ROW.buffer_bytes)
        self.session = session_on(self.buffer, self.variant, **self.options)
        self.session.connected(0.0)

    def perform(self, command: Command) -> DialogueEnded | ConnectionLost:
        """The end of one command."""
        self.heard.clear()
        self.session.start(command, self.now)
        self.run_until(lambda: bool(self.ends()))
        return self.ends()[0]

    def pass_time(self, seconds: float) -> None:
        """The line is heard, and nothing more is asked."""
        until = self.now + seconds
        self.run_until(lambda: self.now >= until, until)

    def reconnected(self) -> DialogueEnded | ConnectionLost:
        """As the agent does after a loss: a fresh line, registered; it tries until that succeeds."""
        for _ in range(MANY_TURNS):
            self.held.clear()
            self.terminal.connected(self.now)
            self.session.connected(self.now)
            end = self.perform(REGISTER)
            if isinstance(end, DialogueEnded):
                return end
            self.pass_time(1.0)
        raise AssertionError("the line does not come back")

    def ends(self) -> list[DialogueEnded | ConnectionLost]:
        return [event for event in self.heard if isinstance(event, DialogueEnded | ConnectionLost)]

    def run_until(self, done: Callable[[], bool], until: float = NEVER_S) -> None:
        """Bytes and time go on until this is true, or this time has come."""
        for _ in range(MANY_TURNS):
            self._exchange()
            if done():
                return
            times = (self.session.deadline(), self.terminal.deadline(), *(at for at, _ in self.held))
            due = min((time for time in times if time is not None), default=until)
            self.now = min(max(self.now, due), until)
            self.session.deadline_passed(self.now)
            self.terminal.deadline_passed(self.now)
        raise AssertionError("the dialogue does not end")

    def _exchange(self) -> None:
        while True:
            there = self._over_the_wire(self.session.bytes_to_send())
            if self.terminal.plugged:
                self.terminal.receive(there, self.now)
            back = self._over_the_wire(self.terminal.bytes_to_send(self.now))
            self._follow_the_plug()
            if self.plugged and back:
                self.buffer.space()[: len(back)] = back
                self.buffer.filled(len(back))
                self.session.receive(self.now)
            if not self._look() and not there and not back:
                return

    def _over_the_wire(self, data: bytes) -> bytes:
        """Whole writes are lost or have a byte changed, as often as `loss` says."""
        if data and self.loss and self.chance.random() < self.loss:
            if self.chance.random() < 0.5:
                return b""
            at = self.chance.randrange(len(data))
            data = data[:at] + bytes((data[at] ^ 1 << self.chance.randrange(8),)) + data[at + 1 :]
        return self.spoil(data)

    def _follow_the_plug(self) -> None:
        if self.plugged and not self.terminal.plugged:
            self.session.disconnected(DriverFact("wires.unplugged"), self.now)
            self.held.clear()
        elif self.terminal.plugged and not self.plugged:
            self.session.connected(self.now)
        self.plugged = self.terminal.plugged

    def _look(self) -> bool:
        """Take the session's events, accept what is due; True when something happened."""
        events = list(self.session.events())
        self.heard += events
        self.held += [
            (self.now + self.accept_after_s, event)
            for event in events
            if isinstance(event, TransactionResult)
        ]
        due = [event for at, event in self.held if at <= self.now]
        self.held = [(at, event) for at, event in self.held if at > self.now]
        for event in due:
            self.accepted.append(event)
            self.session.acknowledge(self.now)
        return bool(events or due)


def only(by_hand: ByHand) -> Event:
    """The one thing that happened."""
    (event,) = by_hand.events()
    return event
