"""One ECR17 line without I/O: messages go out until they are acknowledged (reference 3).

A message goes out at most three times, again only while no ACK has come. A message that
moves money goes out again only when a NAK refused it: the reference allows it behind silence
too, but if the ACK was lost, a terminal that does not know the copy would charge twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from drivers.card.card import SecretBuffer
from drivers.ecr17.frame import (
    USUAL_SCOPE,
    Control,
    Ecr17DisplayText,
    Ecr17Fault,
    Ecr17FrameReader,
    Ecr17Signal,
    encode_control,
    encode_message,
)

# Reference 3: the terminal acknowledges within 2 s, and each side sends up to three times.
ACK_S: Final = 2.0
SENDS: Final = 3
# The reference names no time between two bytes. A message stops no longer than an ACK may take.
HALF_MESSAGE_S: Final = 2.0
# As many as a message is sent: three damaged ones in a row are one that never arrived.
MOST_FAULTS: Final = SENDS


class Ecr17SendReport(Enum):
    """What became of a message that was sent.

    REFUSED: each copy was answered with NAK, so it was never taken up. DOUBTFUL: a NAK came,
    yet another copy may have been taken up. UNHEARD: nothing came that can be understood.
    """

    ACKED = auto()
    REFUSED = auto()
    DOUBTFUL = auto()
    UNHEARD = auto()


@dataclass(slots=True)
class _Sending:
    payload: bytes
    alone: bool  # without a NAK it is not sent again
    optional: bool  # the first NAK says that the terminal does not have it
    teaches: bool  # it is harmless: its answer may tell the checksum's scope
    sent: int = 0
    doubtful: bool = False  # a copy may have been taken up
    heard: bool = False  # bytes came that may have been an ACK


class Ecr17Line:
    """Sends one message at a time and hands up what comes back.

    `scope` is the checksum's; None learns it from the answers to messages that teach.
    `foreign_scope` is another one that the terminal was heard to use and that was not learnt.
    """

    def __init__(self, buffer: SecretBuffer, scope: str | None, ack_s: float) -> None:
        self._learns = scope is None
        self._reader = Ecr17FrameReader(buffer, scope or USUAL_SCOPE)
        self._ack_s = ack_s
        self._out = bytearray()
        self._silent_at: float | None = None
        self.reset()

    def reset(self, now: float = 0.0) -> None:  # noqa: ARG002 - the call of all lines
        """A fresh line: nothing of the old one counts. What was learnt about the terminal stays."""
        self._reader.reset()
        self._out.clear()
        self._sending: _Sending | None = None
        self._repeat_at: float | None = None
        self._silent_at = None
        self._faults = 0
        self.foreign_scope = ""

    @property
    def scope(self) -> str:
        """The scope that we use."""
        return self._reader.scope

    @property
    def learns(self) -> bool:
        """The scope comes from the terminal and not from the settings."""
        return self._learns

    @property
    def damaged(self) -> bool:
        """So many messages in a row could not be read that the line is of no use."""
        return self._faults >= MOST_FAULTS

    def send(
        self,
        payload: bytes,
        now: float,
        *,
        alone: bool = False,
        optional: bool = False,
        teaches: bool = False,
    ) -> None:
        """Begin to send one message; what was on its way before is given up."""
        self._sending = _Sending(payload, alone, optional, teaches and self._learns)
        self._go_out(now)

    def acknowledge(self) -> None:
        """Take over what the terminal sent."""
        self._out += encode_control(Ecr17Signal.ACK, self.scope)

    def implied(self) -> None:
        """The answer has come: the message needs no ACK any more."""
        self._sending = self._repeat_at = None

    def bytes_to_send(self) -> bytes:
        """The bytes that must go out now; given once."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def receive(self, now: float) -> Iterator[Ecr17SendReport | Ecr17DisplayText | memoryview]:
        """What came: news of our message, texts, and whole messages that are wiped at the next step."""
        for read in self._reader.read():
            report = None
            if isinstance(read, Control):
                report = self._control(read, now)
            elif isinstance(read, Ecr17Fault):
                self._fault(read)
            else:
                self._faults = 0
                self._heard()
                yield read
            if report is not None:
                yield report
        self._silent_at = now + HALF_MESSAGE_S if self._reader.unfinished else None

    def deadline(self) -> float | None:
        """When `deadline_passed` wants to be called."""
        return min((at for at in (self._repeat_at, self._silent_at) if at is not None), default=None)

    def deadline_passed(self, now: float) -> Ecr17SendReport | None:
        """The time has come: drop half a message, send again or give up."""
        if self._silent_at is not None and now >= self._silent_at:
            self._silent_at = None
            self._fault(self._reader.silence())
        if self._sending is None or self._repeat_at is None or now < self._repeat_at:
            return None
        self._sending.doubtful = True  # it may have arrived, and its ACK got lost
        if self._sending.sent < SENDS and not self._sending.alone:
            self._go_out(now)
            return None
        self.implied()
        return Ecr17SendReport.UNHEARD

    def _control(self, control: Control, now: float) -> Ecr17SendReport | None:
        self._faults, sending = 0, self._sending
        if sending is None:
            return None  # an answer to an older copy
        if control.scope != self.scope:
            return self._foreign(control, sending, now)
        if control.signal is Ecr17Signal.ACK:
            self.implied()
            return Ecr17SendReport.ACKED
        if sending.doubtful or sending.heard:
            return self._refused_late(sending, now)
        if sending.optional or sending.sent >= SENDS:
            self.implied()
            return Ecr17SendReport.REFUSED
        self._go_out(now)
        return None

    def _foreign(self, control: Control, sending: _Sending, now: float) -> Ecr17SendReport | None:
        """Another scope than ours. Only an answer to a harmless message may teach it."""
        if not sending.teaches:
            self.foreign_scope = control.scope
            sending.heard = True
            return None
        self._reader.scope = control.scope
        if control.signal is Ecr17Signal.ACK:
            self.implied()
            return Ecr17SendReport.ACKED
        sending.teaches = False  # a terminal that changes its mind is noise
        sending.sent = 0
        self._go_out(now)
        return None

    def _refused_late(self, sending: _Sending, now: float) -> Ecr17SendReport | None:
        """A NAK, but another copy may be running: the terminal may refuse just because it is busy with it."""
        if sending.alone or sending.sent >= SENDS:
            self.implied()
            return Ecr17SendReport.DOUBTFUL
        self._go_out(now)
        return None

    def _fault(self, fault: Ecr17Fault) -> None:
        self._heard()
        if fault is not Ecr17Fault.NOISE:
            self._faults += 1
            self._out += encode_control(Ecr17Signal.NAK, self.scope)

    def _heard(self) -> None:
        if self._sending is not None:
            self._sending.heard = True

    def _go_out(self, now: float) -> None:
        sending = self._sending
        if sending is not None:
            sending.sent += 1
            self._out += encode_message(sending.payload, self.scope)
            self._repeat_at = now + self._ack_s
