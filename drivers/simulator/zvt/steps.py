"""A terminal's dialogue as a story: a generator that says what happens next and is told what came back."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

from drivers.zvt.packet import ZvtAnswer, ZvtPacket


@dataclass(frozen=True, slots=True)
class ZvtSend:
    """A packet for the till. `fields` are ready BMPs with card data, see `packet.encode`."""

    packet: ZvtPacket
    fields: bytes = b""


@dataclass(frozen=True, slots=True)
class ZvtGone:
    """The terminal is gone for `seconds`: unplugged, or rebooting and without memory of the dialogue."""

    seconds: float
    reboot: bool = False


@dataclass(frozen=True, slots=True)
class ZvtRequest:
    """Send a command of the terminal and wait for the till's answer.

    Sent again when no answer came within `wait_s`. `then` happens once the
    command has arrived. `decides_money`: the answer decides about money. `keep`: do
    not give up, but ask again when the till is back.
    """

    packet: ZvtPacket
    wait_s: float
    fields: bytes = b""
    then: ZvtGone | None = None
    decides_money: bool = False
    keep: bool = False


@dataclass(frozen=True, slots=True)
class ZvtPause:
    """Say nothing for `seconds`; a cancelled dialogue does not wait for the end."""

    seconds: float


ZvtStep = ZvtSend | ZvtGone | ZvtRequest | ZvtPause
# What the line has to do with a step; the others stay inside the terminal.
Effect = ZvtSend | ZvtGone

StoryResult_co = TypeVar("StoryResult_co", covariant=True)
# Every step is answered with the till's answer; None where there was none, or none was asked for.
ZvtStory = Generator[ZvtStep, ZvtAnswer | None, StoryResult_co]
