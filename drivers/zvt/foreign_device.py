"""Names the device on the port when it does not speak ZVT (reference 3, checklist 11).

Looks at the bytes where they lie and copies none of them.
"""

from __future__ import annotations

import re
from typing import Final

from drivers.terminal import DriverFact

SPEAKS_ECR17: Final = DriverFact("zvt.speaks_ecr17")
SPEAKS_TEXT: Final = DriverFact("zvt.speaks_text")
SPEAKS_ENQ: Final = DriverFact("zvt.speaks_enq")
SERIAL_FRAMES: Final = DriverFact("zvt.serial_frames")

# ECR17's ACK and NAK: the control byte, ETX, and a checksum that depends on the
# terminal's mode (ecr17.md 1). A Move/3500 answered a ZVT registration with 15 03 69.
_ECR17_NAK: Final = re.compile(rb"\x15\x03[\x68-\x6b]")
# A box that carries a serial line over the network sends ZVT's serial frames, with or without an ACK first.
_SERIAL_FRAME: Final = re.compile(rb"\x06?\x10\x02")
_ECR17_BEHIND: Final = {0x15: re.compile(rb"\x03[\x68-\x6b]"), 0x06: re.compile(rb"\x03[\x78-\x7b]")}
# ENQ asks for leave to speak, and EOT ends: Printec's ECR, and Concert. Two in a row are hardly noise.
_ENQ: Final = re.compile(rb"\x05[\x04\x05]")
# Eight characters in a row, perhaps behind a length: chance makes that once in 2 000 tries.
_BANNER: Final = re.compile(rb"(?:\x00{1,3}[\x00-\xff])?[\r\n\x20-\x7e]{8}")


def identify_on_serial(noise: memoryview, behind: int | None) -> DriverFact | None:
    """Who sends such bytes outside of frames, right behind the signal byte `behind`; None = only noise."""
    if behind is not None and _ECR17_BEHIND[behind].match(noise):
        return SPEAKS_ECR17
    if _ENQ.match(noise):
        return SPEAKS_ENQ
    return SPEAKS_TEXT if _BANNER.match(noise) else None


def identify_on_tcp(head: memoryview) -> DriverFact | None:
    """Who opens a conversation with such bytes; None when it may be ZVT.

    No ZVT message begins with 00 (a length in front of a banner, as Monri's
    `VER|APP`), with a line break or with a printable character (HTTP, SSH, a log-in).
    """
    if _ECR17_NAK.match(head):
        return SPEAKS_ECR17
    if _SERIAL_FRAME.match(head):
        return SERIAL_FRAMES
    return SPEAKS_TEXT if head[0] in b"\x00\n\r" or 0x20 <= head[0] <= 0x7E else None
