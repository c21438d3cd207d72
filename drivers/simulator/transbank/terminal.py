"""A simulated Transbank terminal, made of the driver's own frames and packets.

It books when its host says yes and then tells the till, three times at most (reference 2). As no
field names its software, its terminal number does: `SIMULATOR_TERMINAL` while `setup.software`
is a simulator's, else `setup.terminal_id`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from drivers.card.card import SecretBuffer
from drivers.simulator.core.bank import Booking, BookingKind, BookingState
from drivers.simulator.core.behaviour import PLAIN_DISPLAY, Behaviour, Point, ScriptedOutcome
from drivers.simulator.core.cards import Shown
from drivers.simulator.core.terminal import (
    Installation,
    PlainPause,
    PlainReceive,
    PlainSend,
    PlainStory,
    PlainTerminal,
    SimulatedLine,
    Turn,
)
from drivers.terminal import SIMULATOR_SOFTWARE
from drivers.transbank.frame import (
    BUFFER_BYTES,
    TransbankFault,
    TransbankFrameReader,
    TransbankSignal,
    encode_frame,
)
from drivers.transbank.line import FRAME_SILENCE_S, NOISE_SILENCE_S, TERMINAL_REPEATS_S, TRANSMISSIONS
from drivers.transbank.mapping import SIMULATOR_TERMINAL
from drivers.transbank.packet import LEAST_PESOS, MOST_PESOS, TICKET_CHARACTERS, TransbankFunction, message
from drivers.transbank.texts import APPROVED, NO_SALE, STATUS_CODES, is_known

# Reference 2: status messages are acknowledged, but they decide nothing, so a lost one costs little.
STATUS_ACK_S: Final = 1.0
# What a plain sale shows: read card, PIN, sending (reference 4).
PLAIN_STATUSES: Final = (78, 81, 82)
REFUSED: Final = 1
VOIDED_ALREADY: Final = 4
NOTHING_TO_VOID: Final = 5
CANCELLED_ON_POS: Final = 7
BELOW_MINIMUM: Final = 10
NOT_SUPPORTED: Final = 12
WRONG_AMOUNT: Final = 68
TICKET_TOO_LONG: Final = 70

ACK: Final = bytes((TransbankSignal.ACK.value,))
NAK: Final = bytes((TransbankSignal.NAK.value,))


def make(place: Installation) -> SimulatedLine:
    """One simulated terminal."""
    return TransbankTerminal(place)


@dataclass(frozen=True, slots=True)
class _Pending:
    """A response that the till has not acknowledged: it outlives an unplugged cable, but no reboot."""

    frame: bytes
    at: float


class TransbankTerminal(PlainTerminal):
    """One terminal on one serial line."""

    def __init__(self, place: Installation) -> None:
        super().__init__(place)
        self._buffer = SecretBuffer(BUFFER_BYTES)
        self._reader = TransbankFrameReader(self._buffer)
        self._pending: _Pending | None = None
        self._silent_at: float | None = None
        self._now = 0.0

    def close(self) -> None:
        self._buffer.close()

    # ---- the line ----

    def _read(self, data: bytes, now: float) -> None:
        self._now = now
        while data:
            space = self._buffer.space()
            part, data = data[: len(space)], data[len(space) :]
            space[: len(part)] = part
            self._buffer.filled(len(part))
            for event in self._reader.read():
                self._heard(event, now)
        wait_s = FRAME_SILENCE_S if self._reader.in_frame else NOISE_SILENCE_S
        self._silent_at = now + wait_s if self._reader.unfinished else None

    def _heard(self, event: TransbankSignal | TransbankFault | memoryview, now: float) -> None:
        if isinstance(event, TransbankSignal):
            self._resume_story(event, now)
        elif isinstance(event, TransbankFault):
            self._out += NAK
        elif not self._busy:  # in the middle of something it listens for ACK and NAK alone
            self._obey(str(event, "latin-1").split("|"), now)

    def _own_deadline(self) -> float | None:
        return self._silent_at

    def _own_deadline_passed(self, now: float) -> None:
        if self._silent_at is not None and now >= self._silent_at:
            self._silent_at = None
            if self._reader.silence():
                self._out += NAK

    def _forget_line(self, now: float) -> None:  # noqa: ARG002 - the call that all terminals have
        self._reader.reset()
        self._silent_at = None

    def _restarted(self) -> None:
        self._pending = None

    def _back(self, now: float) -> None:
        """The cable is in again: what is left of the repeats still comes."""
        if self._pending is None:
            return
        repeat_s = TERMINAL_REPEATS_S / self._place.speed
        left = [self._pending.at + repeat_s * count for count in range(TRANSMISSIONS)]
        left = [(at - now) * self._place.speed for at in left if at >= now]
        if left:
            self._begin(self._resume(self._pending.frame, left[0], len(left) - 1), now)

    def _go_on(self, told: object, now: float) -> None:
        self._now = now
        super()._go_on(told, now)

    # ---- commands ----

    def _obey(self, fields: list[str], now: float) -> None:
        fields += [""] * 3
        match fields[0]:
            case TransbankFunction.POLL:
                story = self._acknowledge(self._turn("status_enquiry", now))
            case TransbankFunction.SALE:
                amount = int(fields[1]) if fields[1].isascii() and fields[1].isdecimal() else 0
                turn = self._turn("payment", now, amount, fields[2])
                story = self._sale(turn, with_status=fields[5:6] == ["1"])
            case TransbankFunction.LAST_SALE:
                story = self._plain(self._turn("repeat_receipt", now), self._last_sale())
            case TransbankFunction.VOID:
                story = self._void(self._turn("reversal", now), fields[1])
            case TransbankFunction.CLOSE:
                story = self._close(self._turn("end_of_day", now))
            case TransbankFunction.TOTALS:
                story = self._plain(self._turn("turnover_totals", now), self._totals())
            case TransbankFunction.LOAD_KEYS:
                turn = self._turn("initialisation", now)
                story = self._plain(turn, self._short(TransbankFunction.LOAD_KEYS_RESULT, turn))
            case _:
                self._out += NAK
                return
        self._begin(story, now)

    def _acknowledge(self, turn: Turn) -> PlainStory:
        yield from turn.before(Point.ANSWER)
        for _ in range(turn.times(Point.ANSWER)):
            yield PlainSend(ACK)
        yield from turn.after(Point.ANSWER)

    def _plain(self, turn: Turn, answer: bytes) -> PlainStory:
        yield from self._acknowledge(turn)
        yield from self._respond(turn, answer)

    def _sale(self, turn: Turn, *, with_status: bool) -> PlainStory:
        yield from self._acknowledge(turn)
        code = _objection(turn)
        if code == APPROVED and turn.behaviour.outcome is not ScriptedOutcome.REFUSE:
            if with_status:
                yield from self._show(turn)
            booking = self._ask_bank(BookingKind.SALE, turn, self.setup.currency)
            if booking.state is BookingState.BOOKED:
                yield from self._respond(turn, self._approved(turn, booking))
                return
        answer = self._sale_fields(
            TransbankFunction.SALE_RESULT, code or _refusal(turn.behaviour), turn.order
        )
        yield from self._respond(turn, answer)

    def _show(self, turn: Turn) -> PlainStory:
        for status in _statuses(turn.behaviour):
            yield from turn.before(Point.DISPLAY)
            for _ in range(turn.times(Point.DISPLAY)):
                yield PlainSend(encode_frame(message(TransbankFunction.STATUS, f"{status:02}", "")))
            yield from turn.after(Point.DISPLAY)
            yield PlainReceive(STATUS_ACK_S)

    def _void(self, turn: Turn, operation: str) -> PlainStory:
        yield from self._acknowledge(turn)
        original = self._sale_of(operation)
        if turn.behaviour.outcome is not ScriptedOutcome.APPROVE:
            code = _refusal(turn.behaviour)
        elif original is None:
            code = NOTHING_TO_VOID
        elif original.state is BookingState.REVERSED:
            code = VOIDED_ALREADY
        else:
            code, turn.amount = APPROVED, original.amount
            self._ask_bank(BookingKind.REVERSAL, turn, original.currency, original)
        head = self._head(TransbankFunction.VOID_RESULT, code)
        approval = self.bank.bookings[-1].approval_code if code == APPROVED else ""
        yield from self._respond(turn, message(*head, approval, operation))

    def _close(self, turn: Turn) -> PlainStory:
        yield from self._acknowledge(turn)
        if turn.behaviour.outcome is ScriptedOutcome.APPROVE:
            self.bank.close_day()
        yield from self._respond(turn, self._short(TransbankFunction.CLOSE_RESULT, turn))

    def _respond(self, turn: Turn, data: bytes) -> PlainStory:
        """The response until it is acknowledged; reference 2: two repeats, on NAK or every 10 s."""
        frame = encode_frame(data)
        self._pending = _Pending(frame, self._now)
        yield from turn.before(Point.STATUS)
        self._pending = _Pending(frame, self._now)
        copies = turn.times(Point.STATUS)
        if not copies:
            self._pending = None
            return
        yield PlainSend(frame * copies)
        yield from turn.after(Point.STATUS)
        yield from self._until_acknowledged(frame, TRANSMISSIONS - 1)

    def _until_acknowledged(self, frame: bytes, repeats: int) -> PlainStory:
        for left in range(repeats, -1, -1):
            if (yield PlainReceive(TERMINAL_REPEATS_S)) is TransbankSignal.ACK:
                break
            if left:
                yield PlainSend(frame)
        self._pending = None

    def _resume(self, frame: bytes, first_in_s: float, repeats: int) -> PlainStory:
        yield PlainPause(first_in_s)
        yield PlainSend(frame)
        yield from self._until_acknowledged(frame, repeats)

    # ---- what it answers ----

    @property
    def _terminal_id(self) -> str:
        simulator = self.setup.software.startswith(SIMULATOR_SOFTWARE)
        return SIMULATOR_TERMINAL if simulator else self.setup.terminal_id

    def _head(self, function: TransbankFunction, code: int) -> tuple[str, ...]:
        return function, f"{code:02}", self.setup.merchant_id, self._terminal_id

    def _short(self, function: TransbankFunction, turn: Turn) -> bytes:
        refused = turn.behaviour.outcome is not ScriptedOutcome.APPROVE
        return message(*self._head(function, _refusal(turn.behaviour) if refused else APPROVED))

    def _approved(self, turn: Turn, booking: Booking) -> bytes:
        shown, tip = turn.behaviour.shown is not Shown.MASKED, turn.behaviour.tip
        account = self.card.number if shown and self.card is not None else ""
        said = self._said(booking, turn)
        return self._sale_fields(TransbankFunction.SALE_RESULT, APPROVED, turn.order, said, account, tip)

    def _sale_fields(
        self,
        function: TransbankFunction,
        code: int,
        order: str = "",
        booking: Booking | None = None,
        account: str = "",
        tip: int = 0,
    ) -> bytes:
        """Fields 0 to 18 of reference 4; without a booking as in the captured refusal."""
        head = (*self._head(function, code), order)
        if booking is None:
            return message(*head, " " * 6, "0", "0", *("",) * 10, str(tip), "", "")
        at = datetime.fromisoformat(booking.at)
        return message(
            *(*head, booking.approval_code, str(booking.amount), "0", "", booking.card[-4:]),
            *(f"{booking.trace:06}", "CR", "", account, booking.card_name[:2].upper()),
            *(f"{at:%d%m%Y}", f"{at:%H%M%S}", "0", str(tip), "", ""),
        )

    def _last_sale(self) -> bytes:
        """The last sale that stands since the last close (reference 6)."""
        sales = [booking for booking in self.bank.booked_today() if booking.kind is BookingKind.SALE]
        if not sales:
            return message(*self._head(TransbankFunction.LAST_SALE_RESULT, NO_SALE))
        return self._sale_fields(TransbankFunction.LAST_SALE_RESULT, APPROVED, sales[-1].order, sales[-1])

    def _totals(self) -> bytes:
        sales = self.bank.booked_today()
        total = sum(booking.amount for booking in sales)
        return message(TransbankFunction.TOTALS_RESULT, f"{APPROVED:02}", str(len(sales)), str(total))

    def _sale_of(self, operation: str) -> Booking | None:
        sales = [
            booking
            for booking in self.bank.bookings
            if booking.kind is BookingKind.SALE
            and booking.day == self.bank.day
            and booking.state is not BookingState.DECLINED
        ]
        named = [sale for sale in sales if f"{sale.trace:06}" == operation.zfill(6)]
        return named[-1] if named else None


def _objection(turn: Turn) -> int:
    """The terminal's own no to a sale, before any card is read; 0 if it has none."""
    if len(turn.order) > TICKET_CHARACTERS:
        return TICKET_TOO_LONG
    if (turn.amount or 0) < LEAST_PESOS:
        return BELOW_MINIMUM
    return WRONG_AMOUNT if (turn.amount or 0) > MOST_PESOS else APPROVED


def _refusal(behaviour: Behaviour) -> int:
    """The code of a no. A script's default is another protocol's code: then the reference's own."""
    if behaviour.outcome is ScriptedOutcome.STOP_KEY:
        return CANCELLED_ON_POS
    code = behaviour.code
    if code not in {APPROVED, Behaviour().code} and is_known(code):
        return code
    return NOT_SUPPORTED if behaviour.outcome is ScriptedOutcome.REFUSE else REFUSED


def _statuses(behaviour: Behaviour) -> tuple[int, ...]:
    """The script's own display where it names status codes of reference 4."""
    if behaviour.display == PLAIN_DISPLAY:
        return PLAIN_STATUSES
    return tuple(show.code if show.code in STATUS_CODES else PLAIN_STATUSES[0] for show in behaviour.display)
