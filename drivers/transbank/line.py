"""Transbank's lower layer: frames, ACK and NAK, and who repeats what (reference 1 and 2).

A frame of ours goes out again after a NAK, which says that the terminal did not take it. After
silence only what moves no money does: the silence may be a lost ACK, and nothing tells what
a terminal makes of a second copy. The terminal's messages are acknowledged by the session.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from drivers.card.card import SecretBuffer
from drivers.terminal import DriverFact
from drivers.transbank.frame import TransbankFault, TransbankFrameReader, TransbankSignal, encode_frame

# Reference 2: the till repeats up to 2 times, and so does the terminal.
TRANSMISSIONS: Final = 3
# Reference 2: the terminal repeats its response every 10 s.
TERMINAL_REPEATS_S: Final = 10.0
# The reference gives no time for an ACK. Three of these outlast the terminal's wait for an ACK of
# ours that was lost, in which it may listen to nothing else.
ANSWER_S: Final = 5.0
# Terminals pause for half a second in the middle of a response (reference 7). A lost end is
# asked for again before the terminal repeats it by itself.
FRAME_SILENCE_S: Final = 2.0
# So long after the last byte of noise the line is quiet, and ACK and NAK mean something again.
NOISE_SILENCE_S: Final = 0.2
# A NAK made of noise is followed by the true ACK within this time; a true one by nothing.
NAK_ALONE_S: Final = 0.3
# Faults further apart than this are not three attempts at one message.
FAULTS_FORGOTTEN_S: Final = TRANSMISSIONS * TERMINAL_REPEATS_S

SILENT: Final = DriverFact("transbank.silent")
REFUSED: Final = DriverFact("transbank.refused")
DAMAGED: Final = DriverFact("damaged")


class TransbankLine:
    """One serial line to a terminal.

    `acknowledged` and `unanswered` tell what became of the frame sent last; the second is
    the reason. `trouble` is set when the line has given up: until `reset` nothing more is received.
    """

    def __init__(self, buffer: SecretBuffer, answer_s: float = ANSWER_S) -> None:
        self._buffer = buffer
        self._reader = TransbankFrameReader(buffer)
        self._answer_s = answer_s
        self.reset(0.0)

    def reset(self, now: float) -> None:
        """A fresh connection: forget and wipe all that belongs to the old one."""
        self._reader.reset()
        self.trouble: DriverFact | None = None
        self._out = bytearray()
        self._silent_at: float | None = None
        self._faults = 0
        self._faults_until = now
        self.forget()

    def forget(self) -> None:
        """Nobody waits any more for what becomes of the frame sent last."""
        self.acknowledged = False
        self.unanswered: DriverFact | None = None
        self._frame = b""
        self._sent = 0
        self._leaving = False  # it waits for `bytes_to_send`
        self._repeat_at: float | None = None
        self._refused = False

    def send(self, data: bytes, now: float, *, again_after_silence: bool) -> None:
        """Send one message."""
        self.forget()
        self._frame = encode_frame(data)
        self._again_after_silence = again_after_silence
        self._transmit(now)

    def arrived(self) -> None:
        """The frame sent last did arrive: what the terminal said since shows it."""
        self.forget()
        self.acknowledged = True

    def acknowledge(self) -> None:
        """ACK to the message that came last."""
        self._out.append(TransbankSignal.ACK.value)

    def keep_back(self) -> None:
        """Nothing that has not left yet will leave."""
        self._out.clear()

    def receive(self, now: float) -> Iterator[memoryview]:
        """Each whole message in the buffer, as a writable view that is wiped at the next step."""
        if self.trouble is None:
            try:
                yield from self._receive(now)
            finally:
                self._silent_at = self._silence_from(now)
        if self.trouble is not None:
            self._buffer.wipe()

    def bytes_to_send(self) -> bytes:
        """The bytes that must go out now; given once."""
        out = bytes(self._out)
        self._out.clear()
        self._leaving = False
        return out

    def deadline(self) -> float | None:
        """When `deadline_passed` wants to be called."""
        times = [time for time in (self._silent_at, self._repeat_at) if time is not None]
        return min(times) if times and self.trouble is None else None

    def deadline_passed(self, now: float) -> None:
        """The time has come: repeat, refuse or give up."""
        if self.trouble is not None:
            return
        if self._silent_at is not None and now >= self._silent_at:
            self._silent_at = None
            if self._reader.silence():
                self._refuse(TransbankFault.SILENCE, now)
        if self._repeat_at is not None and now >= self._repeat_at:
            self._again(now)

    def _receive(self, now: float) -> Iterator[memoryview]:
        for event in self._reader.read():
            if isinstance(event, memoryview):
                self._faults = 0
                yield event
            elif isinstance(event, TransbankFault):
                self._refuse(event, now)
            elif not self._sent or self._leaving:
                continue  # an answer to something older
            elif event is TransbankSignal.ACK:
                self.arrived()
            else:
                self._refused = True
                self._repeat_at = now + NAK_ALONE_S
            if self.trouble is not None:
                return

    def _silence_from(self, now: float) -> float | None:
        if self._reader.in_frame:
            return now + FRAME_SILENCE_S
        return now + NOISE_SILENCE_S if self._reader.unfinished else None

    def _transmit(self, now: float) -> None:
        self._out += self._frame
        self._sent += 1
        self._leaving, self._refused = True, False
        self._repeat_at = now + self._answer_s

    def _again(self, now: float) -> None:
        allowed = self._refused or self._again_after_silence
        if allowed and self._sent < TRANSMISSIONS:
            self._transmit(now)
        else:
            why = REFUSED if self._refused else SILENT
            self.forget()
            self.unanswered = why

    def _refuse(self, fault: TransbankFault, now: float) -> None:
        self._out.append(TransbankSignal.NAK.value)
        self._faults = self._faults + 1 if now < self._faults_until else 1
        self._faults_until = now + FAULTS_FORGOTTEN_S
        if self._faults == TRANSMISSIONS:
            self.trouble = DAMAGED.about(fault=str(fault))
            self._buffer.wipe()
