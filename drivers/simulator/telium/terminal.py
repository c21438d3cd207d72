"""A simulated Telium terminal, E+ or Concert V3 (reference 3 to 7).

It books when its bank says yes and tells the till afterwards. An answer that the till
does not take is kept, and offered again before the next dialogue (reference 7, step 4).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Final

from drivers.card.secret import SecretBuffer
from drivers.simulator.core.bank import Booking, BookingKind
from drivers.simulator.core.behaviour import Point, ScriptedOutcome
from drivers.simulator.core.cards import Shown
from drivers.simulator.core.terminal import (
    Installation,
    PlainReceive,
    PlainSend,
    PlainStory,
    PlainTerminal,
    Turn,
)
from drivers.telium import bare, concert, eplus
from drivers.telium.bare import BareReader
from drivers.telium.config import CONCERT_V3
from drivers.telium.frame import BUFFER_BYTES, TeliumFault, TeliumFrameReader, TeliumSignal, encode_frame
from drivers.telium.packet import digits
from drivers.telium.texts import plain
from drivers.terminal import ProtocolError

# The same patience as the till's (reference 3).
BYTE_S: Final = 3.0
# The reference has no number: "assume that it repeats a few times, then gives up".
DELIVERIES: Final = 5
COPIES: Final = 4
# Behind noise a signal counts after so much silence, as for the till.
QUIET_S: Final = 0.3

_KINDS: Final = {
    eplus.DEBIT: ("payment", BookingKind.SALE),
    eplus.REFUND: ("refund", BookingKind.REFUND),
}
_V3_KINDS: Final = {
    "0": ("payment", BookingKind.SALE),
    "1": ("refund", BookingKind.REFUND),
    "2": ("reversal", BookingKind.REVERSAL),
}
_ENTRY_MODE: Final = "2"
_REASONS: Final = {ScriptedOutcome.DECLINE: 4, ScriptedOutcome.STOP_KEY: 6, ScriptedOutcome.REFUSE: 9}
_E_PLUS_REFUSED: Final = 7

Talk = Generator[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of either variant; `long` asks for E+'s payment field."""

    till: int
    action: str
    amount: int
    currency: int
    mark: str = ""
    long: bool = False


class TeliumTerminal(PlainTerminal):
    """One terminal on one line; `SimulatedLine` tells what each call means."""

    def __init__(self, place: Installation) -> None:
        super().__init__(place)
        self._v3 = place.variant == CONCERT_V3
        self._bare = place.wire == "tcp"
        self._buffer = SecretBuffer(BUFFER_BYTES)
        self._reader = TeliumFrameReader(self._buffer)
        self._bare_reader = BareReader(self._buffer)
        self._now = 0.0
        self._silent_at: float | None = None
        self.undelivered: bytes | None = None
        self.duplicates = 0  # each is paper

    def close(self) -> None:
        self._buffer.close()

    # ---- the line ----

    def connected(self, now: float) -> None:
        """Over TCP it names itself at once: there is no poll that it could answer."""
        super().connected(now)
        if self._bare:
            hello = {"CZ": concert.VERSION, "CJ": self.setup.software}
            self._out += concert.encode_groups(hello)

    def _read(self, data: bytes, now: float) -> None:
        self._now = now
        space = self._buffer.space()
        self._buffer.filled(len(data[: len(space)]))
        space[: len(data)] = data[: len(space)]
        if self._bare:
            self._silent_at = now + bare.QUIET_S
            return
        for event in self._reader.read():
            self._hear(bytes(event) if isinstance(event, memoryview) else event, now)
        self._silent_at = now + QUIET_S if self._reader.unfinished else None

    def _hear(self, event: TeliumSignal | TeliumFault | bytes, now: float) -> None:
        if not self._resume_story(event, now) and not self._busy and event is TeliumSignal.ENQ:
            self._begin(self._called(), now)

    def _own_deadline(self) -> float | None:
        return self._silent_at

    def _own_deadline_passed(self, now: float) -> None:
        if self._silent_at is not None and now >= self._silent_at:
            self._silent_at = None
            if self._bare:
                self._read_bare(now)
                return
            event = self._reader.silence()
            if event is not None:
                self._hear(event, now)

    def _read_bare(self, now: float) -> None:
        """One request; a terminal takes no second one while it is at work."""
        try:
            length = self._bare_reader.find(quiet=True)
        except ProtocolError:
            length = None
        message = bytes(self._buffer.view[self._buffer.start :][: length or 0])
        self._bare_reader.wipe()
        if message and not self._busy:
            self._begin(self._serve(message), now)

    def _forget_line(self, now: float) -> None:  # noqa: ARG002 - the call that all simulators have
        self._reader.reset()
        self._silent_at = None

    def _restarted(self) -> None:
        self.undelivered = None

    def _back(self, now: float) -> None:
        if self.undelivered is not None and not self._bare:
            self._begin(self._deliver(), now)

    # ---- the dialogue ----

    def _called(self) -> PlainStory:
        """The till's ENQ. An answer that was not taken goes first."""
        if self.undelivered is not None:
            yield from self._deliver()
            return
        yield PlainSend(bytes((TeliumSignal.ACK.value,)))
        message = yield from self._message()
        if isinstance(message, bytes):
            yield from self._serve(message)
        elif message is TeliumSignal.EOT:
            self.undelivered = self.setup.software.encode("ascii", "replace")
            yield from self._deliver()
            self.undelivered = None

    def _message(self) -> Talk:
        """The till's message, or the signal that ends its dialogue; a damaged one is refused."""
        for _ in range(COPIES):
            event = yield PlainReceive(BYTE_S)
            while event is TeliumSignal.ENQ:  # our ACK was lost
                yield PlainSend(bytes((TeliumSignal.ACK.value,)))
                event = yield PlainReceive(BYTE_S)
            if not isinstance(event, TeliumFault):
                return event
            yield PlainSend(bytes((TeliumSignal.NAK.value,)))
        return None

    def _serve(self, message: bytes) -> PlainStory:
        asked = self._understand(message)
        if asked is None:
            yield from self._signal(TeliumSignal.NAK)
            return
        if asked.action == concert.DUPLICATE:
            yield from self._signal(TeliumSignal.ACK)
            yield from self._eot()
            self.undelivered = self._duplicate(asked)
            yield from self._deliver()
            return
        command, kind = (_V3_KINDS if self._v3 else _KINDS)[asked.action]
        turn = self._turn(command, self._now, asked.amount, asked.mark)
        yield from turn.before(Point.ANSWER)
        yield from self._signal(TeliumSignal.ACK, turn.times(Point.ANSWER))
        yield from turn.after(Point.ANSWER)
        yield from self._eot()
        yield from turn.before(Point.DISPLAY)
        self.undelivered = self._pay(asked, kind, turn)
        yield from turn.before(Point.STATUS)
        for _ in range(turn.times(Point.STATUS)):
            yield from self._deliver(turn)
        if Point.STATUS in turn.behaviour.skip:
            self.undelivered = None

    def _signal(self, signal: TeliumSignal, times: int = 1) -> PlainStory:
        """There are no signals over TCP."""
        if not self._bare:
            yield PlainSend(bytes((signal.value,)) * times)

    def _eot(self) -> PlainStory:
        """The till's; the payment runs without it."""
        if not self._bare:
            yield PlainReceive(BYTE_S)

    def _deliver(self, turn: Turn | None = None) -> PlainStory:
        """ENQ, ACK, answer, ACK, EOT; a few times, then it is kept. Over TCP it is told once."""
        message = self.undelivered or b""
        if self._bare:
            yield PlainSend(message)
            self.undelivered = None
            if turn is not None:
                yield from turn.after(Point.STATUS)
            return
        for _ in range(DELIVERIES):
            yield PlainSend(bytes((TeliumSignal.ENQ.value,)))
            event = yield PlainReceive(BYTE_S)
            while event not in {None, TeliumSignal.ACK}:
                event = yield PlainReceive(BYTE_S)
            if event is TeliumSignal.ACK and (yield from self._tell_till(message, turn)):
                self.undelivered = None
                yield PlainSend(bytes((TeliumSignal.EOT.value,)))
                return

    def _tell_till(self, message: bytes, turn: Turn | None) -> Talk:
        """Whether the till acknowledged it."""
        for _ in range(COPIES):
            yield PlainSend(encode_frame(message))
            if turn is not None:
                yield from turn.after(Point.STATUS)
            event = yield PlainReceive(BYTE_S)
            while event not in {None, TeliumSignal.ACK, TeliumSignal.NAK}:
                event = yield PlainReceive(BYTE_S)
            if event is not TeliumSignal.NAK:
                return event is TeliumSignal.ACK
        return False

    # ---- the payment ----

    def _understand(self, message: bytes) -> Asked | None:
        try:
            return self._read_v3(message) if self._v3 else self._read_e_plus(message)
        except ProtocolError:
            return None

    def _read_e_plus(self, message: bytes) -> Asked | None:
        request = eplus.read_request(message)
        if request.action not in _KINDS:
            return None
        return Asked(
            request.till, request.action, request.amount, request.currency, request.mark, request.long
        )

    def _read_v3(self, message: bytes) -> Asked | None:
        groups = concert.read_groups(memoryview(bytearray(message)))
        action, mark = (plain(groups.get(tag, memoryview(bytearray()))) for tag in ("CD", "CF"))
        numbers = [digits(groups[tag]) for tag in ("CA", "CB", "CE") if tag in groups]
        if action == concert.DUPLICATE and len(numbers) == 1 and numbers[0] is not None:
            return Asked(numbers[0], action, 0, 0)
        if action not in _V3_KINDS or len(numbers) != 3 or None in numbers:
            return None
        till, amount, currency = (number or 0 for number in numbers)
        return Asked(till, action, amount, currency, mark)

    def _pay(self, asked: Asked, kind: BookingKind, turn: Turn) -> bytes:
        outcome = turn.behaviour.outcome
        wrong_currency = asked.currency != self.setup.currency
        if wrong_currency or outcome in {ScriptedOutcome.REFUSE, ScriptedOutcome.STOP_KEY}:
            return self._no(asked, 13 if wrong_currency else _REASONS[outcome])
        original = self._original(kind)
        if kind is BookingKind.REVERSAL and original is None:
            return self._no(asked, _REASONS[ScriptedOutcome.REFUSE])
        booking = self._said(self._ask_bank(kind, turn, asked.currency, original), turn)
        if outcome is not ScriptedOutcome.APPROVE:
            return self._no(asked, _REASONS[outcome])
        return self._yes(asked, booking, turn.behaviour.shown)

    def _original(self, kind: BookingKind) -> Booking | None:
        """Concert V3 names none: the terminal cancels what it booked last."""
        last = self.bank.last_booked()
        return (
            last
            if kind is BookingKind.REVERSAL and last is not None and last.kind is BookingKind.SALE
            else None
        )

    def _yes(self, asked: Asked, booking: Booking, shown: Shown) -> bytes:
        if self._v3:
            return self._v3_answer(asked, booking, shown)
        request = eplus.EPlusRequest(asked.till, asked.amount, asked.action, asked.currency, asked.mark)
        field = self._payment_field(shown) if asked.long else b""
        return eplus.encode_answer(request, 0, booking.amount, field)

    def _no(self, asked: Asked, reason: int) -> bytes:
        if not self._v3:
            request = eplus.EPlusRequest(asked.till, asked.amount, asked.action, asked.currency, asked.mark)
            field = b" " * eplus.PAYMENT_FIELD_CHARS if asked.long else b""
            return eplus.encode_answer(request, _E_PLUS_REFUSED, asked.amount, field)
        groups = self._repeated(asked) | {"AE": f"{concert.NOT_DONE:02}", "AF": f"{reason:02}"}
        return concert.encode_groups(groups)

    def _v3_answer(self, asked: Asked, booking: Booking, shown: Shown) -> bytes:
        card = {"AA": booking.card}
        if self.card is not None and shown is not Shown.MASKED:
            card = {"AA": self.card.number, "AB": self.card.expiry}
        groups = self._repeated(asked) | {
            "CB": f"{booking.amount:02}",
            "CE": f"{booking.currency:03}",
            "AE": f"{concert.DONE:02}",
            "AC": booking.approval_code,
            "CI": _ENTRY_MODE,
        }
        return concert.encode_groups(groups | card)

    def _repeated(self, asked: Asked) -> dict[str, str]:
        groups = {
            "CZ": concert.VERSION,
            "CJ": concert.TILL_SOLUTION,
            "CA": f"{asked.till:02}",
            "CD": asked.action,
        }
        if asked.action != concert.DUPLICATE:
            groups |= {"CB": f"{asked.amount:02}", "CE": f"{asked.currency:03}"}
        return groups | ({"CF": asked.mark} if asked.mark else {})

    def _duplicate(self, asked: Asked) -> bytes:
        """The last receipt, with the mark of its payment; it has no clear card."""
        last = self.bank.last_booked()
        if last is None:
            return self._no(asked, 0)
        self.duplicates += 1
        message = concert.encode_groups({"CF": last.order}) if last.order else b""
        return self._v3_answer(asked, last, Shown.MASKED) + message

    def _payment_field(self, shown: Shown) -> bytes:
        """55 characters: the number, then expiry and track data as far as the script shows them."""
        assert self.card is not None  # noqa: S101 - tells the type checker what a booking needs
        text = self.card.masked if shown is Shown.MASKED else f"{self.card.number} {self.card.expiry}"
        if shown is Shown.TRACK_2:
            text = f"{self.card.number} {self.card.track_2}"
        return text[: eplus.PAYMENT_FIELD_CHARS].ljust(eplus.PAYMENT_FIELD_CHARS).encode("ascii")


def make(place: Installation) -> TeliumTerminal:
    """A simulated terminal at this place."""
    return TeliumTerminal(place)
