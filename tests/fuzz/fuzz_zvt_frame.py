"""Fuzz the serial frame reader: any bytes are signals, whole APDUs, named faults or noise.

    python -m tests.fuzz.fuzz_zvt_frame --runs 1000000 [--seed N]

It raises nothing, finds the same APDUs however the bytes are cut, hands up only
APDUs whose CRC and length are true, and leaves none of them behind. Whatever
came before, a frame after T1 of silence is read.
"""

from __future__ import annotations

from drivers.card.card import SecretBuffer
from drivers.zvt.frame import ZvtFault, ZvtFrameReader, announced_length, encode_frame
from tests.fuzz.zvt_search import search

BUFFER_BYTES = 2048
CUTS = (1, 3, BUFFER_BYTES)
SHORT = (
    "800000",
    "060f00",
    "04ff020a01",
    "06010a04000000001010490978",
    "06010a04000000001003490978",
    "06010a04000000016074490978",
    "06010a04000000025308490978",
    "06010a04000000045974490978",
    "06d10610100310021003",
)
LONG = b"\x06\xd3\xff\x2c\x01" + bytes(range(256)) + bytes(44)
FRAMES = (*(encode_frame(bytes.fromhex(apdu)) for apdu in SHORT), encode_frame(LONG))
LAST = encode_frame(b"\x84\x83\x00")
GOOD = (
    *FRAMES,
    b"\x06" + FRAMES[0],
    FRAMES[2] + FRAMES[3],
    FRAMES[4] + b"\x15\x06" + FRAMES[5],
    FRAMES[9] * 3,
)
PIECES = (
    b"\x10", b"\x10\x02", b"\x10\x03", b"\x10\x10", b"\x06", b"\x15", b"\x15\x03\x69", b"\x10\x02\x10\x02",
    b"VER|APP1.0\r\n", b"HTTP/1.1 400", b"\x10\x04", bytes(70), b"\x10\x02" + b"\x41" * BUFFER_BYTES,
)  # fmt: skip


class Target:
    """One reader on one buffer, made new for each input by `reset`."""

    def __init__(self) -> None:
        self._buffer = SecretBuffer(BUFFER_BYTES)
        self._reader = ZvtFrameReader(self._buffer)

    def one_input(self, data: bytes) -> None:
        """Raises `AssertionError` on a finding."""
        seen = [self._apdus(data, cut) for cut in CUTS]
        assert seen[0] == seen[1] == seen[2], "the cuts changed what was read"

    def _apdus(self, data: bytes, cut: int) -> list[bytes]:
        self._reader.reset()
        apdus = []
        for at in range(0, len(data), cut):
            apdus += self._feed(data[at : at + cut])
        self._reader.silence()
        assert self._feed(LAST) == [b"\x84\x83\x00"], "a good frame after silence was not read"
        assert not any(self._buffer.view), "bytes were left behind"
        return apdus

    def _feed(self, data: bytes) -> list[bytes]:
        apdus = []
        while data:
            space = self._buffer.space()
            assert len(space), "the buffer stays full"
            part, data = data[: len(space)], data[len(space) :]
            space[: len(part)] = part
            self._buffer.filled(len(part))
            for event in self._reader.read():
                if isinstance(event, memoryview):
                    assert announced_length(event) == len(event), "a length that lies was handed up"
                    apdus.append(bytes(event))
                elif isinstance(event, ZvtFault):
                    assert event in set(ZvtFault)
        return apdus


if __name__ == "__main__":
    search(Target().one_input, GOOD, PIECES)
