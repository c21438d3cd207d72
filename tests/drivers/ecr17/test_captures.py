"""The real and the foreign bytes that are known, read by our code."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.card.card import SecretBuffer
from drivers.ecr17 import packet
from drivers.ecr17.frame import (
    BUFFER_BYTES,
    Control,
    Ecr17FrameReader,
    Ecr17Signal,
    encode_control,
    encode_message,
)

CAPTURES = Path(__file__).parents[4] / "shared" / "captures"


def captured(name: str) -> bytes:
    file = CAPTURES / name
    if not file.exists():
        pytest.skip("the captures lie outside of the repository and are not here")
    return bytes.fromhex(file.read_text("ascii"))


def read(data: bytes, scope: str) -> list[object]:
    buffer = SecretBuffer(BUFFER_BYTES)
    buffer.space()[: len(data)] = data
    buffer.filled(len(data))
    return [
        bytes(one) if isinstance(one, memoryview) else one for one in Ecr17FrameReader(buffer, scope).read()
    ]


def test_a_real_move_3500_uses_the_scope_that_we_begin_with() -> None:
    nak = captured("ecr17/nak_move3500.hex")
    assert nak == encode_control(Ecr17Signal.NAK, "noext")
    assert read(nak, "std") == [Control(Ecr17Signal.NAK, "noext")]


def test_the_status_request_of_another_library_is_ours_in_its_scope() -> None:
    asked = captured("peer-generated/ecr17_status_std.hex")
    payload = packet.status(packet.Identity("12345678", "00000001"))
    assert asked == encode_message(payload, "std")
    assert read(asked, "std") == [payload]
