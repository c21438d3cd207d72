"""ECR17's frames and their checksum, whose scope differs between terminals (reference 2).

A received message may hold a card number, so it never leaves its `SecretBuffer`:
it is found, checked and wiped where it lies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from drivers.card.card import SecretBuffer

SOH: Final = 0x01
STX: Final = 0x02
ETX: Final = 0x03
EOT: Final = 0x04
LRC_START: Final = 0x7F

# Reference 4: the longest message holds 1024 bytes of XML behind 26 bytes.
MAX_PAYLOAD_BYTES: Final = 26 + 1024
# That message in its frame, twice: one that is read and the next one behind it.
BUFFER_BYTES: Final = 2 * (MAX_PAYLOAD_BYTES + 3)
CONTROL_BYTES: Final = 3
# Reference 2: 20 characters between SOH and EOT.
PROGRESS_CHARACTERS: Final = 20


@dataclass(frozen=True, slots=True)
class Scope:
    """Which bytes besides the payload the checksum covers."""

    stx: bool
    etx: bool


# Reference 2. The only real terminal whose bytes are known is `noext`.
SCOPES: Final = {
    "noext": Scope(stx=False, etx=True),
    "std": Scope(stx=False, etx=False),
    "stx": Scope(stx=True, etx=True),
    "stx_noext": Scope(stx=True, etx=False),
}
USUAL_SCOPE: Final = "noext"


class Ecr17Signal(Enum):
    """What acknowledges a message, or refuses it."""

    ACK = 0x06
    NAK = 0x15


class Ecr17Fault(StrEnum):
    """Why bytes were thrown away. Only a begun message is answered with NAK."""

    LRC = "wrong checksum"
    TOO_LONG = "endless message"
    SILENCE = "silence inside a message"
    NOISE = "noise"


@dataclass(frozen=True, slots=True)
class Control:
    """An ACK or a NAK, and the scope that its checksum tells."""

    signal: Ecr17Signal
    scope: str


class Ecr17DisplayText:
    """A view of 20 characters for the display; it decides nothing and is not acknowledged."""

    __slots__ = ("text",)

    def __init__(self, text: memoryview) -> None:
        self.text = text


Read = Control | Ecr17DisplayText | Ecr17Fault | memoryview


def lrc(payload: Iterable[int], scope: str) -> int:
    """The checksum of a payload, or of a single control byte."""
    rule = SCOPES[scope]
    value = LRC_START ^ (STX if rule.stx else 0) ^ (ETX if rule.etx else 0)
    for byte in payload:
        value ^= byte
    return value


def encode_message(payload: bytes, scope: str) -> bytes:
    """One application message in its frame."""
    return b"%c%b%c%c" % (STX, payload, ETX, lrc(payload, scope))


def encode_control(signal: Ecr17Signal, scope: str) -> bytes:
    """ACK or NAK: three bytes."""
    return bytes((signal.value, ETX, lrc((signal.value,), scope)))


def encode_progress(text: str) -> bytes:
    """A text for the till's display, cut or filled to its 20 characters."""
    characters = text.encode("ascii", "replace")[:PROGRESS_CHARACTERS].ljust(PROGRESS_CHARACTERS)
    return b"%c%b%c" % (SOH, characters, EOT)


_CONTROLS: Final = {
    encode_control(signal, scope): Control(signal, scope) for signal in Ecr17Signal for scope in SCOPES
}
_SIGNALS: Final = {signal.value for signal in Ecr17Signal}
_STARTS: Final = re.compile(rb"[\x01\x02\x06\x15]")
_STX_OR_ETX: Final = re.compile(rb"[\x02\x03]")
# A text has none of these; what is not its end shows that its beginning was noise.
_NO_TEXT: Final = re.compile(rb"[\x01-\x06\x15]")


class Ecr17FrameReader:
    """Walks the received bytes of one line: controls, progress texts, messages, faults.

    A message is handed up as a view that is good until the next step, then it is wiped.
    `scope` is the checksum's; it may be changed between two steps.
    """

    def __init__(self, buffer: SecretBuffer, scope: str) -> None:
        self._buffer = buffer
        self.scope = scope
        self._searched = 0  # bytes of a begun message in which no ETX was found

    def reset(self) -> None:
        """Forget and wipe everything: a new line."""
        self._buffer.wipe()
        self._searched = 0

    @property
    def unfinished(self) -> bool:
        """Something is begun: silence has to be told to `silence`."""
        return self._buffer.start < self._buffer.end

    def silence(self) -> Ecr17Fault:
        """What was begun does not go on: it is dropped. Tells whether that was a message."""
        begun = self.unfinished and self._buffer.view[self._buffer.start] == STX
        self.reset()
        return Ecr17Fault.SILENCE if begun else Ecr17Fault.NOISE

    def read(self) -> Iterator[Read]:
        """What the received bytes say; stops when more are needed."""
        while self._buffer.start < self._buffer.end:
            first = self._buffer.view[self._buffer.start]
            if first == STX:
                found = self._message()
            elif first == SOH:
                found = self._progress()
            elif first in _SIGNALS:
                found = self._control()
            else:
                found = self._noise()
            if found is None:
                return
            kind, count = found
            try:
                yield kind
            finally:  # less than that when the caller made a fresh line of it meanwhile
                self._searched = 0
                self._buffer.consume(min(count, self._buffer.end - self._buffer.start))

    def _message(self) -> tuple[Read, int] | None:
        """Up to ETX and exactly one byte: the checksum may itself be 02, 03 or 06."""
        view, start, end = self._buffer.view, self._buffer.start, self._buffer.end
        # `02 06 03 7A` is what is left of a message, and an ACK; its own checksum would be true.
        if end - start > 1 and view[start + 1] in _SIGNALS:
            return Ecr17Fault.NOISE, 1
        match = _STX_OR_ETX.search(view, start + max(1, self._searched), end)
        if match is None:
            self._searched = end - start
            return (Ecr17Fault.TOO_LONG, end - start) if end - start > MAX_PAYLOAD_BYTES + 1 else None
        at = match.start()
        if view[at] == STX:  # a new message where the old one should have gone on
            return Ecr17Fault.NOISE, at - start
        if at + 1 == end:
            self._searched = at - start
            return None
        payload = view[start + 1 : at]
        good = lrc(payload, self.scope) == view[at + 1]
        return (payload if good else Ecr17Fault.LRC), at + 2 - start

    def _progress(self) -> tuple[Read, int] | None:
        view, start = self._buffer.view, self._buffer.start
        latest = start + 1 + PROGRESS_CHARACTERS + 1
        match = _NO_TEXT.search(view, start + 1, min(self._buffer.end, latest))
        if match is None:
            return (Ecr17Fault.NOISE, 1) if self._buffer.end >= latest else None
        if view[match.start()] != EOT:
            return Ecr17Fault.NOISE, 1
        return Ecr17DisplayText(view[start + 1 : match.start()]), match.end() - start

    def _control(self) -> tuple[Read, int] | None:
        view, start, end = self._buffer.view, self._buffer.start, self._buffer.end
        if end - start > 1 and view[start + 1] != ETX:
            return Ecr17Fault.NOISE, 1
        if end - start < CONTROL_BYTES:
            return None
        control = _CONTROLS.get(bytes(view[start : start + CONTROL_BYTES]))
        return (control, CONTROL_BYTES) if control else (Ecr17Fault.NOISE, 2)

    def _noise(self) -> tuple[Read, int]:
        view, start, end = self._buffer.view, self._buffer.start, self._buffer.end
        match = _STARTS.search(view, start + 1, end)
        return Ecr17Fault.NOISE, (match.start() if match else end) - start
