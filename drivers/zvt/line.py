"""ZVT's transport without I/O: APDUs in, APDUs out, time as an argument (reference 2 and 3).

Both classes serve either end: the till's session and the simulated terminal. On a serial line frames
are repeated (TCP repeats nothing):

| situation | what we do | why |
|---|---|---|
| NAK, or no ACK within T2 | send the frame again, three times in all | the other link drops the second copy |
| three times in vain | report trouble | the session never repeats a command by itself |
| its command comes, our answer has no ACK yet | take it as the ACK | it must have our answer to go on |
| its answer comes, our command has no ACK yet | take it as the ACK | it could not answer before it had ours |
| same frame, we sent nothing since | ACK it, hand nothing up | a slow host reads both copies at once |
| same frame, our answer has no ACK yet | ACK it, hand nothing up | our answer goes out again by its own T2 |
| same frame T2 later, our answer has its ACK | hand it up, `repeated` set | a repeat comes after T2 |
| same frame at once, our answer has its ACK | hand it up as new | two receipt lines may be equal |
| same answer after a new command of ours | hand it up as new | it answers the new command |

Why rows 3 and 4 matter: without them a lost ACK makes us repeat an old `80 00 00`. The terminal may take
that for the answer to a later result, and commit the result before we have it on disk.

For a `repeated` message the session gives the same answer again and processes nothing. The price: if the
first of two equal messages was answered and the second was lost whole, its repeat counts as the first.
A receipt may then lose an empty line; the opposite would cost money.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from drivers.card.card import SecretBuffer
from drivers.terminal import DriverFact
from drivers.zvt.foreign_device import identify_on_tcp
from drivers.zvt.frame import ZvtFault, ZvtFrameReader, ZvtSignal, announced_length
from drivers.zvt.sender import T2_S, TRANSMISSIONS, Sender

T1_S: Final = 0.2  # reference 2: between two bytes of a frame
# When the same frame again is a repeat: not before T2, less what a loaded host may
# have read the first one late; not after the second repeat has had its turn.
REPEAT_EARLIEST_S: Final = 0.8 * T2_S
REPEAT_LATEST_S: Final = TRANSMISSIONS * T2_S
# Faults further apart than this are not three attempts at one frame.
FAULTS_FORGOTTEN_S: Final = TRANSMISSIONS * T2_S
# Reference 3: half an APDU and then silence for T3 means that the connection is broken.
HALF_APDU_S: Final = 5.0

NOT_ACKNOWLEDGED: Final = DriverFact("zvt.not_acknowledged")
DAMAGED: Final = DriverFact("damaged")
STOPPED_HALFWAY: Final = DriverFact("zvt.stopped_halfway")
TOO_LONG: Final = DriverFact("zvt.too_long")

_ACK: Final = bytes((ZvtSignal.ACK.value,))
_NAK: Final = bytes((ZvtSignal.NAK.value,))


class ZvtLine(Protocol):
    """One connection to a terminal (or to a till) that carries whole APDUs.

    `trouble` is set once when the transport has given up; until `reset` nothing
    more is sent or received. `repeated` tells of the APDU just handed up that it
    was processed before and only wants the same answer again.
    """

    trouble: DriverFact | None
    repeated: bool

    @property
    def idle(self) -> bool:
        """Nothing of ours waits to be acknowledged. What a line gave up on stays unacknowledged."""

    @property
    def sent_again(self) -> bool:
        """An earlier copy of the APDU sent last may have arrived (`Sender.sent_again`)."""

    def reset(self, now: float) -> None:
        """A fresh connection: forget and wipe all that belongs to the old one."""

    def send(self, apdu: bytes, now: float) -> None:
        """Queue one APDU."""

    def receive(self, now: float) -> Iterator[memoryview]:
        """Each whole APDU in the buffer, as a writable view that is wiped at the next step."""

    def bytes_to_send(self) -> bytes:
        """The bytes that must go out now; they are given once."""

    def deadline(self) -> float | None:
        """When `deadline_passed` wants to be called."""

    def deadline_passed(self, now: float) -> None:
        """The time has come: repeat, refuse or give up."""


class ZvtSerialLine:
    """Frames with CRC, ACK and NAK, T1 and T2, two repeats (reference 2)."""

    def __init__(self, buffer: SecretBuffer) -> None:
        self._buffer = buffer
        self._reader = ZvtFrameReader(buffer)
        self.reset(0.0)

    def reset(self, now: float) -> None:
        self._reader.reset()
        self._sender = Sender()
        self.trouble: DriverFact | None = None
        self.repeated = False
        self._silent_at: float | None = None
        self._faults = 0
        self._faults_until = now
        self._last: tuple[int, int] | None = None  # length and CRC of the last good APDU
        self._last_at = now
        self._queued_since = self._sent_since = False

    @property
    def idle(self) -> bool:
        return self._sender.current is None

    @property
    def sent_again(self) -> bool:
        return self._sender.sent_again

    def send(self, apdu: bytes, now: float) -> None:
        if self.trouble is None:
            self._queued_since = True
            self._sender.send(apdu, now)

    def receive(self, now: float) -> Iterator[memoryview]:
        if self.trouble is None:
            try:
                yield from self._receive(now)
            finally:
                self._silent_at = now + T1_S if self._reader.unfinished else None
        if self.trouble is not None:
            self._buffer.wipe()

    def bytes_to_send(self) -> bytes:
        out = bytes(self._sender.out)
        self._sender.out.clear()
        self._sent_since = self._sent_since or self._queued_since
        return out

    def deadline(self) -> float | None:
        times = [time for time in (self._silent_at, self._sender.deadline) if time is not None]
        return min(times) if times and self.trouble is None else None

    def deadline_passed(self, now: float) -> None:
        if self.trouble is not None:
            return
        if self._silent_at is not None and now >= self._silent_at:
            self._silent_at = None
            if self._reader.silence():
                self._refuse(ZvtFault.SILENCE, now)
            self._suspect()
        if self._sender.deadline is not None and now >= self._sender.deadline:
            self._repeat(now, refused=False)

    def _receive(self, now: float) -> Iterator[memoryview]:
        for event in self._reader.read():
            if isinstance(event, memoryview):
                if self._admit(event, now):
                    yield event
            elif isinstance(event, ZvtFault):
                self._refuse(event, now)
            elif event is ZvtSignal.ACK:
                self._sender.acknowledged(now)
            else:
                self._repeat(now, refused=True)
            if self.trouble is not None:
                return
        self._suspect()

    def _admit(self, apdu: memoryview, now: float) -> bool:
        """Acknowledge a good frame at once; True when the application has to see it."""
        self._sender.out += _ACK
        self._faults = 0
        mark, age = (len(apdu), self._reader.crc), now - self._last_at
        same, self._last, self._last_at = mark == self._last, mark, now
        if same and not (self._sent_since and self.idle):
            return False
        in_time = REPEAT_EARLIEST_S <= age <= REPEAT_LATEST_S
        self.repeated = same and in_time and not _is_answer(apdu)
        if not self.repeated:
            self._queued_since = self._sent_since = False
            ours = self._sender.current
            if ours is not None and _is_answer(ours) != _is_answer(apdu):
                self._sender.acknowledged(now)
        return True

    def _refuse(self, fault: ZvtFault, now: float) -> None:
        self._sender.out += _NAK
        self._faults = self._faults + 1 if now < self._faults_until else 1
        self._faults_until = now + FAULTS_FORGOTTEN_S
        if self._faults == TRANSMISSIONS:
            self._give_up(DAMAGED.about(fault=str(fault)))

    def _repeat(self, now: float, *, refused: bool) -> None:
        if not self._sender.repeat(now, refused=refused):
            self._give_up(NOT_ACKNOWLEDGED)

    def _suspect(self) -> None:
        """Before the first good frame, noise may show that this is no ZVT terminal at all."""
        if self._last is None and self._reader.foreign_device is not None:
            self._give_up(self._reader.foreign_device)

    def _give_up(self, why: DriverFact) -> None:
        self.trouble = self.trouble or why
        self._buffer.wipe()


class ZvtTcpLine:
    """Bare APDUs on a stream; only the length field tells where one ends (reference 3)."""

    repeated = False
    idle = True
    sent_again = False

    def __init__(self, buffer: SecretBuffer) -> None:
        self._buffer = buffer
        self.reset(0.0)

    def reset(self, now: float) -> None:  # noqa: ARG002 - a stream has no timers before its first byte
        self._buffer.wipe()
        self._out = bytearray()
        self._met = False
        self._silent_at: float | None = None
        self.trouble: DriverFact | None = None

    def send(self, apdu: bytes, now: float) -> None:  # noqa: ARG002 - TCP repeats by itself
        if self.trouble is None:
            self._out += apdu

    def receive(self, now: float) -> Iterator[memoryview]:
        if self.trouble is None:
            try:
                yield from self._whole_apdus()
            finally:
                self._silent_at = now + HALF_APDU_S if self._buffer.end > self._buffer.start else None
        if self.trouble is not None:
            self._buffer.wipe()

    def bytes_to_send(self) -> bytes:
        out = bytes(self._out)
        self._out.clear()
        return out

    def deadline(self) -> float | None:
        return self._silent_at if self.trouble is None else None

    def deadline_passed(self, now: float) -> None:
        if self._silent_at is not None and now >= self._silent_at:
            self._give_up(STOPPED_HALFWAY)

    def _whole_apdus(self) -> Iterator[memoryview]:
        buffer = self._buffer
        while buffer.start < buffer.end:
            head = buffer.view[buffer.start : buffer.end]
            foreign_device = None if self._met else identify_on_tcp(head)
            if foreign_device is not None:
                return self._give_up(foreign_device)
            length = announced_length(head)
            if length is None or length > len(head):
                return None if length is None or length <= len(buffer.view) else self._give_up(TOO_LONG)
            self._met = True
            try:
                yield head[:length]
            finally:  # less than that when the caller made a fresh line of it meanwhile
                buffer.consume(min(length, buffer.end - buffer.start))

    def _give_up(self, why: DriverFact) -> None:
        self.trouble = self.trouble or why
        self._buffer.wipe()


def _is_answer(apdu: bytes | memoryview) -> bool:
    return apdu[0] in (0x80, 0x84)  # reference 4: CCRC 80 or 84; every other class is a command
