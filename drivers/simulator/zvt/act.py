"""One running dialogue of the simulated terminal: its memory, its orders, how a message goes out."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from drivers.simulator.core.bank import Bank
from drivers.simulator.core.behaviour import Behaviour, Moment, Point, TerminalSetup, Trouble
from drivers.simulator.core.cards import SampleCard
from drivers.simulator.zvt.steps import ZvtGone, ZvtPause, ZvtRequest, ZvtSend, ZvtStory
from drivers.zvt.packet import (
    POSITIVE,
    Abort,
    IntermediateStatus,
    PrintLine,
    PrintTextBlock,
    StatusInformation,
    ZvtAnswer,
    ZvtPacket,
)

# Reference 8.1: the configuration byte after log-off, and before any registration.
CONFIG_AT_REST: Final = 0x86
CONFIG_PAYMENT_RECEIPTS: Final = 0x02
CONFIG_ADMINISTRATION_RECEIPTS: Final = 0x04
CONFIG_INTERMEDIATE_STATUS: Final = 0x08
CONFIG_SEND_RECEIPTS: Final = 0x80
# Reference 4, T3: the wait for the answer to any command but the result, which has BMP 01.
T3_S: Final = 5.0

# Reference 9.
ABORTED: Final = 0x6C
# Tag 26 names the commands that a till takes; this one is 06 D3.
PRINT_TEXT_BLOCK: Final = 0x06D3


@dataclass(slots=True)
class Memory:
    """What the terminal remembers between dialogues. The bank outlives a reboot, the registration does not.

    `card` is the last card that was held to it.
    """

    setup: TerminalSetup
    bank: Bank
    chance: random.Random
    status: int = 0
    registered: bool = False
    config: int = CONFIG_AT_REST
    tlv: bool = False
    blocks: bool = False
    displayed: tuple[str, ...] = ()
    card: SampleCard | None = None

    def forget_registration(self) -> None:
        """Log-off, or a restart."""
        self.registered = self.tlv = self.blocks = False
        self.config = CONFIG_AT_REST


@dataclass(slots=True)
class Act:
    """One dialogue: what it may use and how it was told to go wrong.

    `undecided` is True while a cancel can still be obeyed. `issued` is the
    amount of a partial issue (84 9D). `cancelled` is set by the till's abort.
    `unheard`: the last question was not answered.
    """

    memory: Memory
    behaviour: Behaviour
    at: datetime
    answer_timeout_s: float
    max_status: int | None = None
    undecided: bool = False
    cancelled: bool = False
    issued: int | None = None
    unheard: bool = False
    _happened: set[object] = field(default_factory=set)

    def prints(self, kind: int) -> bool:
        """Whether the till gets print commands for this kind of receipt (a bit of the config byte)."""
        config = self.memory.config
        return bool(config & kind and config & CONFIG_SEND_RECEIPTS)

    def answer(self, packet: ZvtAnswer = POSITIVE) -> ZvtStory[None]:
        """Answer the till's command."""
        yield from self.before(Point.ANSWER)
        if Point.ANSWER not in self.behaviour.skip:
            yield ZvtSend(packet)
        if Point.ANSWER in self.behaviour.twice:
            yield ZvtSend(packet)
        gone = self._trouble(Point.ANSWER, Moment.AFTER)
        if gone is not None:
            yield gone

    def exchange(
        self, point: Point, packet: ZvtPacket, fields: bytes = b"", *, keep: bool = False
    ) -> ZvtStory[ZvtAnswer | None]:
        """Send a command to the till; its answer, or None when it gave none."""
        yield from self.before(point)
        if point in self.behaviour.skip:
            return POSITIVE
        wait_s = self.answer_timeout_s if point is Point.STATUS else T3_S
        decides_money = point in {Point.STATUS, Point.RECEIPT}
        told = yield ZvtRequest(
            packet, wait_s, fields, self._trouble(point, Moment.AFTER), decides_money, keep
        )
        if point in self.behaviour.twice:
            told = yield ZvtRequest(packet, wait_s, fields, None, decides_money, keep)
        self.unheard = told is None
        return told

    def before(self, point: Point) -> ZvtStory[None]:
        """Whatever the script wants to happen before this message; each once in a dialogue."""
        orders = self.behaviour
        if orders.silence_s and point is orders.silence_before and self._first("silence"):
            yield ZvtPause(orders.silence_s)
        gone = self._trouble(point, Moment.BEFORE)
        if gone is not None:
            yield gone

    def show(self) -> ZvtStory[None]:
        """The texts of the display, for a till that wants 04 FF."""
        if not (self.memory.registered and self.memory.config & CONFIG_INTERMEDIATE_STATUS):
            return
        for shown in self.behaviour.display:
            if self.cancelled:
                return
            texts = (shown.text,) if shown.text and self.memory.tlv else ()
            yield from self.exchange(Point.DISPLAY, IntermediateStatus(shown.code, shown.minutes, texts))

    def paper(self, sheets: tuple[PrintLine | PrintTextBlock, ...], *, keep: bool = False) -> ZvtStory[bool]:
        """Hand prints to the till; True when it took all of them."""
        for sheet in sheets:
            told = yield from self.exchange(Point.RECEIPT, sheet, keep=keep)
            if told is None or not told.positive:
                return False
        return True

    def fail(self, code: int, text: str = "") -> ZvtStory[None]:
        """The command did not succeed: result, then 06 1E (reference 11.2)."""
        info = StatusInformation(
            result_code=code, terminal_id=self.memory.setup.terminal_id, additional_text=text
        )
        yield from self.exchange(Point.STATUS, info)
        yield from self.stop(code)

    def stop(self, code: int) -> ZvtStory[None]:
        """06 1E."""
        yield from self.exchange(Point.COMPLETION, Abort(code))

    def _trouble(self, point: Point, when: Moment) -> ZvtGone | None:
        for trouble in (self.behaviour.unplug, self.behaviour.reboot):
            if trouble is not None and (trouble.at, trouble.when) == (point, when) and self._first(trouble):
                return ZvtGone(trouble.seconds, reboot=trouble is self.behaviour.reboot)
        return None

    def _first(self, what: str | Trouble) -> bool:
        known = what in self._happened
        self._happened.add(what)
        return not known
