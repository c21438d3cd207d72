"""A simulated ECR17 terminal, made of the till's own frames (reference 3 to 7).

It keeps no result of its own: the last result is the bank's last booking. So it
outlives a reboot, and a refusal without a STAN leaves the one before in place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from drivers.card.card import SecretBuffer
from drivers.ecr17.frame import (
    BUFFER_BYTES,
    USUAL_SCOPE,
    Control,
    Ecr17Fault,
    Ecr17FrameReader,
    Ecr17Signal,
    encode_control,
    encode_message,
    encode_progress,
)
from drivers.ecr17.line import ACK_S, HALF_MESSAGE_S, SENDS
from drivers.ecr17.packet import Ecr17RequestCode
from drivers.ecr17.texts import OPERATIVE
from drivers.simulator.core.bank import Booking, BookingKind, BookingState
from drivers.simulator.core.behaviour import Point, ScriptedOutcome
from drivers.simulator.core.cards import Shown
from drivers.simulator.core.terminal import (
    Installation,
    PlainReceive,
    PlainSend,
    PlainStory,
    PlainTerminal,
    SimulatedLine,
    Turn,
)
from drivers.simulator.ecr17 import answers as words

# Reference 4: another length is a protocol error, which is answered with NAK. The checksum alone does not
# see two equal bytes that are lost.
_LENGTHS: Final = {
    Ecr17RequestCode.STATUS: 10,
    Ecr17RequestCode.PAYMENT: 167,
    Ecr17RequestCode.PAYMENT_EXTENDED: 167,
    Ecr17RequestCode.REVERSAL: 26,
    Ecr17RequestCode.CLOSE: 26,
    Ecr17RequestCode.TOTALS: 26,
    Ecr17RequestCode.LAST_RESULT: 22,
    Ecr17RequestCode.PRINT_ON_TILL: 11,
}
# The names of `behaviour.COMMANDS` for the messages that this terminal knows.
_SCRIPTED: Final = {
    Ecr17RequestCode.STATUS: "status_enquiry",
    Ecr17RequestCode.PAYMENT: "payment",
    Ecr17RequestCode.PAYMENT_EXTENDED: "payment",
    Ecr17RequestCode.REVERSAL: "reversal",
    Ecr17RequestCode.CLOSE: "end_of_day",
    Ecr17RequestCode.TOTALS: "turnover_totals",
    Ecr17RequestCode.LAST_RESULT: "repeat_receipt",
}


def make(place: Installation) -> SimulatedLine:
    """A terminal at this place; `variant` is its checksum's scope."""
    return Ecr17Terminal(place)


class Ecr17Terminal(PlainTerminal):
    """Serves one procedure at a time; what comes meanwhile is refused, a copy of its own is acknowledged."""

    def __init__(self, place: Installation) -> None:
        super().__init__(place)
        self._scope = place.variant or USUAL_SCOPE
        self._buffer = SecretBuffer(BUFFER_BYTES)
        self._reader = Ecr17FrameReader(self._buffer, self._scope)
        self._silent_at: float | None = None
        self._prints_on_till = False
        self._running = b""  # what the till asked for
        self._answers = False  # it has begun: its copies are acknowledged
        self._refused = 0  # so many more copies of it are refused as the first one was

    def close(self) -> None:
        self._buffer.close()

    # ---- the line ----

    def _read(self, data: bytes, now: float) -> None:
        while data:
            space = self._buffer.space()
            part, data = data[: len(space)], data[len(space) :]
            space[: len(part)] = part
            self._buffer.filled(len(part))
            for read in self._reader.read():
                if isinstance(read, Control):
                    self._resume_story(read.signal, now)
                elif isinstance(read, memoryview):
                    self._command(bytes(read), now)  # a till sends no card data
                elif read in {Ecr17Fault.LRC, Ecr17Fault.TOO_LONG}:
                    self._out += encode_control(Ecr17Signal.NAK, self._scope)
        self._silent_at = now + HALF_MESSAGE_S if self._reader.unfinished else None

    def _own_deadline(self) -> float | None:
        return self._silent_at

    def _own_deadline_passed(self, now: float) -> None:
        if self._silent_at is not None and now >= self._silent_at:
            self._silent_at = None
            if self._reader.silence() is Ecr17Fault.SILENCE:
                self._out += encode_control(Ecr17Signal.NAK, self._scope)

    def _forget_line(self, now: float) -> None:  # noqa: ARG002 - the call that all terminals have
        self._reader.reset()
        self._silent_at = None

    def _restarted(self) -> None:
        self._prints_on_till = False
        self._running, self._refused = b"", 0

    # ---- what the till asks ----

    def _command(self, payload: bytes, now: float) -> None:
        """Its procedure. A copy of what runs, or was refused, gets the same answer and changes nothing."""
        ask, copy = _parse_request(payload), payload == self._running
        if copy and self._refused:
            self._out += encode_control(Ecr17Signal.NAK, self._scope)
            self._refused -= 1
        elif copy and self._busy:
            self._out += encode_control(Ecr17Signal.ACK, self._scope) if self._answers else b""
        elif ask is None or self._busy:
            self._out += encode_control(Ecr17Signal.NAK, self._scope)
        elif ask is Ecr17RequestCode.PRINT_ON_TILL:
            self._prints_on_till = payload[10:11] == b"1"
            self._out += encode_control(Ecr17Signal.ACK, self._scope)
        else:
            self._running, self._refused, self._answers = payload, 0, False
            amount = (
                int(payload[23:31])
                if ask in {Ecr17RequestCode.PAYMENT, Ecr17RequestCode.PAYMENT_EXTENDED}
                else None
            )
            self._begin(self._procedure(ask, payload, self._turn(_SCRIPTED[ask], now, amount)), now)

    def _procedure(self, ask: Ecr17RequestCode, payload: bytes, turn: Turn) -> PlainStory:
        """From the acknowledgement to the end of the receipt."""
        yield from turn.before(Point.ANSWER)
        if turn.behaviour.outcome is ScriptedOutcome.REFUSE:
            self._refused = SENDS - 1
            yield PlainSend(encode_control(Ecr17Signal.NAK, self._scope))
            return
        self._answers = True
        for _ in range(turn.times(Point.ANSWER)):
            yield PlainSend(encode_control(Ecr17Signal.ACK, self._scope))
        yield from turn.after(Point.ANSWER)
        yield from self._STORIES[ask](self, payload, turn)
        if ask not in {Ecr17RequestCode.STATUS, Ecr17RequestCode.LAST_RESULT}:
            self._prints_on_till = False

    def _status(self, _payload: bytes, turn: Turn) -> PlainStory:
        state = self.setup.status or OPERATIVE
        yield from self._answer(
            words.status(self.setup.terminal_id, turn.at, state, self.setup.software), turn
        )

    def _last_result(self, _payload: bytes, turn: Turn) -> PlainStory:
        terminal_id, bookings = self.setup.terminal_id, self.bank.bookings
        if not bookings:
            answer = words.refused(terminal_id, words.NOTHING)
        elif bookings[-1].state is BookingState.DECLINED:
            answer = words.refused(terminal_id, words.REFUSED, bookings[-1])
        else:
            answer = words.approved(terminal_id, bookings[-1], bookings[-1].card, extended=False)
        yield from self._answer(answer, turn)

    def _pay(self, payload: bytes, turn: Turn) -> PlainStory:
        yield from self._show(turn)
        if turn.behaviour.outcome is ScriptedOutcome.STOP_KEY:
            yield from self._refuse(words.STOPPED, turn)
            return
        booking = self._ask_bank(BookingKind.SALE, turn, self.setup.currency)
        yield from self._booked(booking, turn, extended=payload[9:10] == b"X")

    def _reverse(self, payload: bytes, turn: Turn) -> PlainStory:
        """Undoes the last payment, and no other (Nexi's document, "reversal")."""
        yield from self._show(turn)
        sales = [booking for booking in self.bank.bookings if booking.kind is BookingKind.SALE]
        last = next((sale for sale in reversed(sales) if sale.state is not BookingState.DECLINED), None)
        stan = int(payload[18:24])
        if last is None or last.state is not BookingState.BOOKED or stan not in {0, last.trace}:
            yield from self._refuse(words.NO_REVERSAL, turn)
            return
        turn.amount = last.amount
        yield from self._booked(self._ask_bank(BookingKind.REVERSAL, turn, last.currency, last), turn)

    def _close(self, _payload: bytes, turn: Turn) -> PlainStory:
        yield from self._show(turn)
        if turn.behaviour.outcome is not ScriptedOutcome.APPROVE:
            yield from self._answer(words.not_closed(self.setup.terminal_id), turn)
            return
        total = sum(booking.amount for booking in self.bank.booked_today())
        self.bank.close_day()
        yield from self._answer(words.closed(self.setup.terminal_id, total), turn)
        yield from self._print(words.day_receipt_text(total), turn)

    def _totals(self, _payload: bytes, turn: Turn) -> PlainStory:
        total = sum(booking.amount for booking in self.bank.booked_today())
        yield from self._answer(words.totals(self.setup.terminal_id, total), turn)

    _STORIES: Final[dict[Ecr17RequestCode, Callable[[Ecr17Terminal, bytes, Turn], PlainStory]]] = {
        Ecr17RequestCode.STATUS: _status,
        Ecr17RequestCode.LAST_RESULT: _last_result,
        Ecr17RequestCode.PAYMENT: _pay,
        Ecr17RequestCode.PAYMENT_EXTENDED: _pay,
        Ecr17RequestCode.REVERSAL: _reverse,
        Ecr17RequestCode.CLOSE: _close,
        Ecr17RequestCode.TOTALS: _totals,
    }

    # ---- what the stories are made of ----

    def _show(self, turn: Turn) -> PlainStory:
        yield from turn.before(Point.DISPLAY)
        for _ in range(turn.times(Point.DISPLAY)):
            for display in turn.behaviour.display:
                yield PlainSend(encode_progress(display.text or words.DISPLAY.get(display.code, words.WAIT)))
        yield from turn.after(Point.DISPLAY)

    def _booked(self, booking: Booking, turn: Turn, *, extended: bool = False) -> PlainStory:
        """The host has decided: the result and its paper."""
        orders, setup = turn.behaviour, self.setup
        shown = booking.card
        if self.card is not None and orders.shown is not Shown.MASKED:
            shown = self.card.number
        if booking.state is BookingState.DECLINED:
            answer = words.refused(setup.terminal_id, orders.text or words.REFUSED, booking)
        else:
            answer = words.approved(setup.terminal_id, self._said(booking, turn), shown, extended=extended)
        yield from self._answer(answer, turn)
        yield from self._print(words.receipt_text(booking, orders, shown), turn)

    def _refuse(self, text: str, turn: Turn) -> PlainStory:
        """The host was not asked."""
        yield from self._answer(words.refused(self.setup.terminal_id, turn.behaviour.text or text), turn)

    def _answer(self, payload: bytes, turn: Turn) -> PlainStory:
        """The result, until the till acknowledges it or it was said three times."""
        yield from self._until_heard(payload, turn, Point.STATUS)

    def _print(self, paper: str, turn: Turn) -> PlainStory:
        if self._prints_on_till:
            for piece in words.pieces(self.setup.terminal_id, paper):
                yield from self._until_heard(piece, turn, Point.RECEIPT)

    def _until_heard(self, payload: bytes, turn: Turn, point: Point) -> PlainStory:
        yield from turn.before(point)
        frame = encode_message(payload, self._scope) * turn.times(point)
        for _ in range(SENDS):
            yield PlainSend(frame)
            yield from turn.after(point)
            if (yield PlainReceive(ACK_S)) is Ecr17Signal.ACK:
                return


def _parse_request(payload: bytes) -> Ecr17RequestCode | None:
    """What is asked; None for what this terminal does not know, or not in this form."""
    letter = payload[9:10].decode("ascii", "replace")
    ask = Ecr17RequestCode(letter) if letter in set(Ecr17RequestCode) else None
    fits = ask is not None and len(payload) == _LENGTHS[ask] and (payload[:9] + payload[10:31]).isdigit()
    return ask if fits else None
