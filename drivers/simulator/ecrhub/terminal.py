"""A simulated ECRHub terminal: its cashier app, made of the driver's own frames and messages."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import replace
from typing import Any, Final

from drivers.ecrhub import texts
from drivers.ecrhub.amounts import amount_text, currency_letters, minor_units
from drivers.ecrhub.codec import Variant
from drivers.ecrhub.commands import TRIAL_ORDER
from drivers.ecrhub.config import USUAL
from drivers.ecrhub.driver import LAST_ID
from drivers.ecrhub.frame import EcrHubFrame, acknowledgement
from drivers.ecrhub.packet import (
    HANDLED,
    Device,
    EcrHubAnswer,
    EcrHubRequest,
    Topic,
    TransType,
    decode_request,
    encode_answer,
)
from drivers.simulator.core.bank import Booking, BookingKind, BookingState
from drivers.simulator.core.behaviour import Cancel, Point, ScriptedOutcome
from drivers.simulator.core.cards import Shown
from drivers.simulator.core.terminal import (
    Installation,
    PlainGone,
    PlainReceive,
    PlainStep,
    PlainStory,
    PlainTerminal,
    SimulatedLine,
    Turn,
)
from drivers.simulator.ecrhub.link import TerminalLink
from drivers.terminal import ProtocolError

# How long a cardholder takes; as long an order can be closed.
CARD_S: Final = 2.0
# Copies of a request come while it is repeated; the till has few at a time.
MOST_REMEMBERED: Final = 16
# The app's own words and codes: the reference leaves them to each maker.
REFUSED: Final = "E01"
BUSY: Final = "E02"
DUPLICATE: Final = "E03"
NOT_FOUND: Final = "E04"
NOT_POSSIBLE: Final = "E05"

_KINDS: Final = {
    TransType.PURCHASE: (BookingKind.SALE, "payment"),
    TransType.REFUND: (BookingKind.REFUND, "refund"),
    TransType.VOID: (BookingKind.REVERSAL, "reversal"),
}
_STATUS: Final = {
    BookingState.AUTHORISED: texts.PAYING,
    BookingState.BOOKED: texts.COMPLETED,
    BookingState.DECLINED: texts.CLOSED,
    BookingState.REVERSED: texts.CANCELLED,
}


def make(place: Installation) -> SimulatedLine:
    """A terminal in the form `place.variant`."""
    return EcrHubTerminal(place)


class EcrHubTerminal(PlainTerminal):
    """Answers orders, queries and closes; an order's number is known for as long as the bank has it."""

    def __init__(self, place: Installation) -> None:
        super().__init__(place)
        self._variant = Variant(place.variant or USUAL)
        self._link = TerminalLink(LAST_ID[self._variant], self.setup.answer_timeout_s, place.speed)
        self._running: EcrHubRequest | None = None
        self._cancelled: set[str] = set()  # orders that never came to the bank; a restart forgets them
        self._heard: deque[str] = deque(maxlen=MOST_REMEMBERED)  # ids of requests that were acknowledged
        self._pending = ""  # of a request that is not acknowledged yet
        self._now = 0.0

    def close(self) -> None:
        self._link.close()

    def bytes_to_send(self, now: float) -> bytes:
        self._out += self._link.out
        self._link.out.clear()
        return super().bytes_to_send(now)

    # ---- the line ----

    def _read(self, data: bytes, now: float) -> None:
        self._now = now
        for frame in self._link.receive(data, now):
            self._dispatch(frame, now)

    def _forget_line(self, now: float) -> None:
        self._link.reset(now)

    def _restarted(self) -> None:
        self._link.forget()
        self._cancelled.clear()
        self._heard.clear()
        self._running, self._pending = None, ""

    def _leave(self, gone: PlainGone, now: float) -> None:
        """An order that a pulled cable cut off before the bank was asked is given up."""
        if self._running is not None and not gone.reboot and self._booking(self._running.order) is None:
            self._cancelled.add(self._running.order)
        self._running, self._pending = None, ""
        super()._leave(gone, now)

    def _own_deadline(self) -> float | None:
        return self._link.deadline()

    def _own_deadline_passed(self, now: float) -> None:
        self._now = now
        for frame in self._link.deadline_passed(now):
            self._dispatch(frame, now)

    def _go_on(self, told: object, now: float) -> None:
        self._now = now
        super()._go_on(told, now)
        if not self._busy:
            self._running = None

    # ---- requests ----

    def _dispatch(self, frame: EcrHubFrame, now: float) -> None:
        try:
            request = decode_request(frame.data, self._variant)
        except ProtocolError:
            return  # a till of another form gets no answer
        if request.request_id in self._heard:
            self._link.out += acknowledgement(frame.id)
        elif request.request_id != self._pending:
            self._begin_request(request, frame.id, now)

    def _begin_request(self, request: EcrHubRequest, number: int, now: float) -> None:
        if request.topic == Topic.CLOSE:
            self._acknowledge(request, number)
            if not (self._is_running(request.order) and self._resume_story(request, now)):
                self._answer(request, code=NOT_POSSIBLE, message="The order cannot be closed")
        elif self._busy:
            self._acknowledge(request, number)
            self._answer_beside(request)
        else:
            self._pending = request.request_id
            self._begin(self._story_of(request, number, now), now)

    def _answer_beside(self, request: EcrHubRequest) -> None:
        """While another order is served."""
        if request.topic == Topic.QUERY:
            self._answer_query(request)
        else:
            self._answer(request, code=BUSY, message="The terminal is busy")

    def _story_of(self, request: EcrHubRequest, number: int, now: float) -> PlainStory:
        if request.topic == Topic.ORDER and request.trans_type in _KINDS:
            kind, name = _KINDS[TransType(request.trans_type)]
            amount = self._asked_amount(request)
            self._running = request
            return self._pay(request, number, kind, self._turn(name, now, amount, request.order))
        if request.topic == Topic.ORDER:
            return self._refuse(request, number, self._turn("registration", now))
        asks = request.topic == Topic.QUERY and request.order != TRIAL_ORDER
        name = "repeat_receipt" if asks else "registration"
        return self._tell_state(request, number, self._turn(name, now))

    def _asked_amount(self, request: EcrHubRequest) -> int | None:
        """None for an amount that is missing or cannot be."""
        try:
            return minor_units(request.amount, self.setup.currency)
        except ProtocolError:
            return None

    # ---- stories ----

    def _tell_state(self, request: EcrHubRequest, number: int, turn: Turn) -> PlainStory:
        """A query; or a pairing, which is always granted."""
        yield from self._ack_story(request, number, turn)
        yield from turn.before(Point.STATUS)
        copies = turn.times(Point.STATUS)
        if request.topic == Topic.QUERY:
            self._answer_query(request, copies)
        else:
            self._answer(request, copies=copies)
        yield from turn.after(Point.STATUS)

    def _refuse(self, request: EcrHubRequest, number: int, turn: Turn) -> PlainStory:
        """An order of a type that it does not know."""
        yield from self._ack_story(request, number, turn)
        self._answer(request, code=REFUSED, message="Unknown order type")

    def _ack_story(self, request: EcrHubRequest, number: int, turn: Turn) -> PlainStory:
        yield from turn.before(Point.ANSWER)
        self._acknowledge(request, number, turn.times(Point.ANSWER))
        yield from turn.after(Point.ANSWER)

    def _pay(self, request: EcrHubRequest, number: int, kind: BookingKind, turn: Turn) -> PlainStory:
        yield from self._ack_story(request, number, turn)
        if refusal := self._refusal(request, kind, turn):
            self._answer(request, *refusal)
            return
        yield from turn.before(Point.DISPLAY)
        closed = yield from self._card_is_shown(turn)
        yield from turn.after(Point.DISPLAY)
        stopped = closed or turn.behaviour.outcome is ScriptedOutcome.STOP_KEY
        answer = self._stopped(request, turn) if stopped else self._decided(request, kind, turn)
        yield from turn.before(Point.STATUS)
        self._post(answer, turn.times(Point.STATUS), "" if stopped else self._account(turn))
        yield from turn.after(Point.STATUS)

    def _refusal(self, request: EcrHubRequest, kind: BookingKind, turn: Turn) -> tuple[str, str] | None:
        """Code and words for an order that is not even begun."""
        if turn.behaviour.outcome is ScriptedOutcome.REFUSE or not self._possible(request, kind, turn):
            return REFUSED, turn.behaviour.text or "The order was refused"
        if request.order in self._cancelled or self._booking(request.order) is not None:
            return DUPLICATE, "Duplicate order number"
        return None

    def _stopped(self, request: EcrHubRequest, turn: Turn) -> EcrHubAnswer:
        self._cancelled.add(request.order)
        return self._state_answer(request, texts.CANCELLED, turn.behaviour.text)

    def _decided(self, request: EcrHubRequest, kind: BookingKind, turn: Turn) -> EcrHubAnswer:
        """The bank's word. A reversal is for the whole amount of its original."""
        original = self._booking(request.original) if kind is BookingKind.REVERSAL else None
        turn.amount = original.amount if original else turn.amount
        booking = self._ask_bank(kind, turn, self.setup.currency, original)
        return self._booked_answer(request, self._said(booking, turn), turn)

    def _card_is_shown(self, turn: Turn) -> Generator[PlainStep, Any, bool]:
        """Wait for the card; True when the till closed the order meanwhile."""
        request = yield PlainReceive(CARD_S)
        if not isinstance(request, EcrHubRequest):
            return False
        match turn.behaviour.cancel:
            case Cancel.REFUSED:
                self._answer(request, code=NOT_POSSIBLE, message="The order cannot be closed")
            case Cancel.ACCEPTED | Cancel.TOO_LATE:
                self._answer(request)
            case Cancel.IGNORED:
                pass
        return turn.behaviour.cancel is Cancel.ACCEPTED

    def _possible(self, request: EcrHubRequest, kind: BookingKind, turn: Turn) -> bool:
        """Own currency, an amount, and an original that stands where one is needed."""
        if request.currency not in {"", currency_letters(self.setup.currency)}:
            return False
        if kind is not BookingKind.REVERSAL and not turn.amount:
            return False
        original = self._booking(request.original)
        return kind is BookingKind.SALE or (original is not None and original.state is BookingState.BOOKED)

    # ---- orders ----

    def _is_running(self, order: str) -> bool:
        return self._running is not None and self._running.order == order

    def _booking(self, order: str) -> Booking | None:
        found = (booking for booking in reversed(self.bank.bookings) if order and booking.order == order)
        return next(found, None)

    # ---- answers ----

    def _acknowledge(self, request: EcrHubRequest, number: int, times: int = 1) -> None:
        self._link.out += acknowledgement(number) * times
        self._heard.append(request.request_id)
        self._pending = ""

    def _answer_query(self, request: EcrHubRequest, copies: int = 1) -> None:
        booking = self._booking(request.order)
        if self._is_running(request.order):
            self._post(self._state_answer(request, texts.PAYING), copies)
        elif booking is not None:
            self._post(self._booked_answer(request, booking), copies)
        elif request.order in self._cancelled:
            self._post(self._state_answer(request, texts.CANCELLED), copies)
        else:
            self._answer(request, code=NOT_FOUND, message="Order not found", copies=copies)

    def _answer(
        self, request: EcrHubRequest, code: str = HANDLED, message: str = "", copies: int = 1
    ) -> None:
        self._post(self._bare(request, code, message), copies)

    def _bare(self, request: EcrHubRequest, code: str = HANDLED, message: str = "") -> EcrHubAnswer:
        device = Device(self.setup.software, serial_number=self.setup.terminal_id)
        handled = code == HANDLED
        return EcrHubAnswer(
            request.topic, request.request_id, handled, code=code, message=message, device=device
        )

    def _state_answer(self, request: EcrHubRequest, status: str, message: str = "") -> EcrHubAnswer:
        return replace(
            self._bare(request, message=message),
            order=request.order,
            amount=request.amount,
            currency=request.currency,
            trans_type=request.trans_type,
            status=status,
        )

    def _booked_answer(
        self, request: EcrHubRequest, booking: Booking, turn: Turn | None = None
    ) -> EcrHubAnswer:
        """What SDK 1.0 calls paid is order and tip; the others tell the two apart."""
        tip = turn.behaviour.tip if turn else 0
        message = turn.behaviour.text if turn else ""
        types = {kind: trans_type for trans_type, (kind, _) in _KINDS.items()}
        return replace(
            self._state_answer(request, _STATUS[booking.state], message),
            amount=amount_text(max(0, booking.amount - tip), booking.currency),
            paid=amount_text(booking.amount, booking.currency),
            tip=amount_text(tip, booking.currency) if tip else "",
            currency=currency_letters(booking.currency),
            trans_type=types[booking.kind],
            method=booking.card_name,
            terminal_id=self.setup.terminal_id,
        )

    def _account(self, turn: Turn) -> str:
        """The card as this terminal shows it to the till."""
        if self.card is None:
            return ""
        shown = turn.behaviour.shown
        clear = self.card.number if shown is Shown.NUMBER else self.card.track_2
        return self.card.masked if shown is Shown.MASKED else clear

    def _post(self, answer: EcrHubAnswer, copies: int, account: str = "") -> None:
        if account and self._variant is Variant.SDK_1_1:  # it has no field for it; a careless app finds one
            answer = replace(answer, method=f"{answer.method} {account}")
        self._link.post(encode_answer(answer, self._variant, account), self._now, copies)
