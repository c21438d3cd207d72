"""Floods of bytes through a line and its session, as the link would bring them; nothing is kept."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Final

from drivers.card.card import SecretBuffer
from drivers.zvt.frame import encode_frame
from drivers.zvt.messages import IntermediateStatus
from drivers.zvt.session import ZvtSession, ZvtSettings
from drivers.zvt.writing import encode
from tests.drivers.zvt.stage import BUFFER_BYTES, LINES, card_sealer

CHUNK_BYTES: Final = 4096  # what one read of a port gives
NOISE_BYTES: Final = 1 << 16  # then the same again, so that a longer flood is more of the same
NOISE: Final = random.Random(4).randbytes(NOISE_BYTES)  # noqa: S311 - the seed is the point
PROGRESS: Final = encode(IntermediateStatus(0x0A))

# Each is repeated for as long as the flood lasts.
FLOODS: Final[Mapping[str, tuple[str, bytes]]] = {
    "serial, noise": ("serial", NOISE),
    "serial, frames that only begin": ("serial", b"\x10\x02"),
    "serial, a frame without an end": ("serial", b"\x10\x02" + bytes(range(0x11, 0x91)) * 2_000),
    "serial, lone DLEs": ("serial", b"\x10"),
    "serial, ACKs": ("serial", b"\x06"),
    "serial, damaged frames": ("serial", b"\x10\x02\x04\xff\x01\x0a\x10\x03\0\0"),
    "serial, good messages": ("serial", encode_frame(PROGRESS)),
    "tcp, noise": ("tcp", NOISE),
    "tcp, unknown messages": ("tcp", b"\xf7\x77\x01\0"),
    "tcp, good messages": ("tcp", PROGRESS),
}


class Flood:
    """One line and one session under a flood. `trouble` counts how often the line gave up and began anew."""

    def __init__(self, name: str) -> None:
        kind, piece = FLOODS[name]
        self._bytes = piece * max(2, 2 * CHUNK_BYTES // len(piece))
        self._piece = len(piece)
        self._at = 0
        self._buffer = SecretBuffer(BUFFER_BYTES)
        self._line = LINES[kind](self._buffer)
        self._session = ZvtSession(self._line, card_sealer(), ZvtSettings(password=123456))
        self._session.connected(0.0)
        self.trouble = 0

    def run(self, count: int, look: Callable[[], None] = lambda: None) -> None:
        """So many bytes; `look` is called after each chunk."""
        for _ in range(count // CHUNK_BYTES):
            self._hear()
            look()

    def close(self) -> None:
        self._buffer.close()

    def _hear(self) -> None:
        chunk = memoryview(self._bytes)[self._at : self._at + CHUNK_BYTES]
        self._at = (self._at + CHUNK_BYTES) % self._piece
        while chunk:
            space = self._buffer.space()
            count = min(len(chunk), len(space))
            space[:count], chunk = chunk[:count], chunk[count:]
            self._buffer.filled(count)
            self._session.receive(0.0)
        self._session.bytes_to_send()
        for _event in self._session.events():
            pass
        if self._line.trouble is not None:
            self.trouble += 1
            self._session.connected(0.0)
