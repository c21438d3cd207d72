"""Payment, refund and reversal as the terminal lives them (reference 1, 8.1, 8.3, 11)."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from drivers.simulator.core import cards
from drivers.simulator.core.bank import Booking, BookingKind, BookingState
from drivers.simulator.core.behaviour import Behaviour, Cancel, Point, ScriptedOutcome
from drivers.simulator.zvt import receipts
from drivers.simulator.zvt.act import ABORTED, CONFIG_PAYMENT_RECEIPTS, Act
from drivers.simulator.zvt.steps import ZvtPause, ZvtStory
from drivers.terminal import SealedCard
from drivers.zvt.packet import Authorisation, Completion, Refund, Reversal, StatusInformation

# Reference 9.
FUNCTION_OFF: Final = 0x6B
WRONG_CURRENCY: Final = 0x6F
ALREADY_REVERSED: Final = 0xB4
REVERSAL_NOT_POSSIBLE: Final = 0xB5
DIAGNOSIS_REQUIRED: Final = 0xC2
AMOUNT_TOO_SMALL: Final = 0xC8
END_OF_DAY_DUE: Final = 0xF0
# Reference 4: the till answers the result with one of these while it hands out goods.
GOODS_LATER: Final = 0x9C
GOODS_IN_PART: Final = 0x9D
# Reference 11.7: how long the terminal waits before it gives the result again.
GOODS_LATER_S: Final = 2.0
# A till that never comes to an end would be asked for ever; one hour of two-second questions.
GOODS_LATER_TIMES: Final = 1800

_PIN_PAYMENT: Final = 0x70
_CHIP: Final = 0x01
_OFFLINE_PIN: Final = 0x03

# A command that moves money: sale, refund or reversal.
Financial = Authorisation | Refund | Reversal


def payment(act: Act, request: Authorisation) -> ZvtStory[None]:
    """06 01."""
    if request.timeout:
        act.answer_timeout_s = float(request.timeout)
    act.max_status = request.max_status
    yield from _financial(act, request, BookingKind.SALE)


def refund(act: Act, request: Refund) -> ZvtStory[None]:
    """06 31: no reference to an original."""
    yield from _financial(act, request, BookingKind.REFUND)


def reversal(act: Act, request: Reversal) -> ZvtStory[None]:
    """06 30: undoes a booking of this business day, named by its receipt number."""
    yield from act.answer()
    original = act.memory.bank.find(request.receipt_number or 0)
    if original is None or request.amount not in (None, original.amount):
        yield from act.fail(REVERSAL_NOT_POSSIBLE)
    elif original.state is BookingState.REVERSED:
        yield from act.fail(ALREADY_REVERSED)
    elif original.state is not BookingState.BOOKED:
        yield from act.fail(REVERSAL_NOT_POSSIBLE)
    else:
        yield from _decide(act, request, BookingKind.REVERSAL, original.amount, original)


def status_information(act: Act, booking: Booking) -> StatusInformation:
    """The result of a booking, as 04 0F gives it and 06 20 repeats it."""
    setup, bank = act.memory.setup, act.memory.bank
    original = None if booking.original is None else bank.get(booking.original)
    info = StatusInformation(
        result_code=0,
        amount=booking.amount,
        currency=booking.currency,
        trace=booking.trace,
        original_trace=None if original is None else original.trace,
        time=booking.at[11:19].replace(":", ""),
        date=booking.at[5:10].replace("-", ""),
        card=SealedCard(booking.card),
        card_type=booking.card_type,
        card_name=booking.card_name,
        payment_type=_PIN_PAYMENT,
        terminal_id=setup.terminal_id,
        merchant_id=setup.merchant_id,
        approval_code=booking.approval_code,
        receipt_number=booking.receipt,
        turnover_number=booking.trace,
    )
    if not act.memory.tlv:
        return info
    return replace(info, entry_mode=_CHIP, cardholder_verification=_OFFLINE_PIN)


def _financial(act: Act, request: Authorisation | Refund, kind: BookingKind) -> ZvtStory[None]:
    yield from act.answer()
    memory = act.memory
    if memory.status:
        yield from act.fail(_NOT_READY.get(memory.status, FUNCTION_OFF))
    elif not request.amount:
        yield from act.fail(AMOUNT_TOO_SMALL)
    elif request.currency not in (None, memory.setup.currency):
        yield from act.fail(WRONG_CURRENCY)
    else:
        yield from _decide(act, request, kind, request.amount, None)


_NOT_READY: Final = {code: code for code in (DIAGNOSIS_REQUIRED, END_OF_DAY_DUE)}


def _decide(
    act: Act, request: Financial, kind: BookingKind, asked: int, original: Booking | None
) -> ZvtStory[None]:
    """The card, the PIN and the host; then the result."""
    orders = act.behaviour
    act.undecided = True
    yield from act.show()
    yield from act.before(Point.STATUS)
    act.undecided = False
    if orders.tells_last and (last := act.memory.bank.last_booked()) is not None:
        yield from act.exchange(Point.STATUS, status_information(act, last))
        yield from act.exchange(Point.COMPLETION, Completion())
        return
    if orders.outcome is ScriptedOutcome.STOP_KEY or (act.cancelled and orders.cancel is not Cancel.TOO_LATE):
        yield from act.fail(ABORTED, orders.text or "Abbruch durch Kunde")
        return
    amount = asked + orders.tip if orders.partial is None else orders.partial
    memory, approved = act.memory, orders.outcome is ScriptedOutcome.APPROVE
    memory.card = cards.choose(orders.card, memory.chance)
    booking = memory.bank.authorise(
        kind,
        amount,
        request.currency or memory.setup.currency,
        act.at,
        approved=approved,
        card=memory.card,
        approval_code=f"{memory.chance.randrange(1_000_000):06}" if approved else "",
        original=original,
    )
    if approved:
        yield from _approved(act, request, booking, memory.card, asked)
    else:
        yield from _declined(act)


def _declined(act: Act) -> ZvtStory[None]:
    orders, setup = act.behaviour, act.memory.setup
    if act.prints(CONFIG_PAYMENT_RECEIPTS):
        lines = receipts.declined(setup.merchant, orders.text, orders.code)
        info = StatusInformation(
            result_code=orders.code, terminal_id=setup.terminal_id, additional_text=orders.text
        )
        yield from act.exchange(Point.STATUS, info)
        yield from act.paper(receipts.prints(lines, receipts.CUSTOMER, blocks=act.memory.blocks))
        yield from act.stop(orders.code)
    else:
        yield from act.fail(orders.code, orders.text)


def _approved(
    act: Act, request: Financial, booking: Booking, card: cards.SampleCard, asked: int
) -> ZvtStory[None]:
    """The result and the receipts; stored once the till has answered all of them, reversed otherwise."""
    orders, bank = act.behaviour, act.memory.bank
    stays = not act.memory.setup.auto_reversal
    if stays:
        bank.book(booking.number)
    told = yield from _report_result(act, _as_said(act, request, booking, asked), booking, card)
    if not told:
        bank.reverse(booking.number)
        if (
            not act.unheard
        ):  # a till that does not answer is left alone (reference 4: the terminal is at rest)
            yield from act.stop(ABORTED)
        return
    if not stays:
        bank.book(booking.number)
    if act.issued is not None:
        bank.reduce(booking.number, act.issued)
    if orders.then_code is not None:
        yield from act.exchange(
            Point.STATUS,
            StatusInformation(result_code=orders.then_code, terminal_id=act.memory.setup.terminal_id),
        )
    if orders.abort_after is not None:
        bank.reverse(booking.number)
        yield from act.stop(orders.abort_after)
        return
    yield from act.exchange(Point.COMPLETION, Completion(), keep=stays)


def _as_said(act: Act, request: Financial, booking: Booking, asked: int) -> StatusInformation:
    """The result as this terminal puts it, right or wrong."""
    orders = act.behaviour
    info = replace(status_information(act, booking), additional_text=orders.text)
    if request.currency is None:
        info = replace(info, currency=None)  # reference 6: BMP 49 only for a till that sent it
    if orders.shown is not cards.Shown.MASKED:
        info = replace(info, card=None)  # BMP 22 comes in the clear instead
    if orders.tip:
        info = replace(info, tip=orders.tip)
    if orders.partial is not None:
        info = replace(info, remaining=asked - orders.partial)
    if orders.says_amount is not None:
        info = replace(info, amount=orders.says_amount)
    return replace(info, result_code=None) if orders.bare_result else info


def _report_result(
    act: Act, info: StatusInformation, booking: Booking, card: cards.SampleCard
) -> ZvtStory[bool]:
    """Result and receipts in the script's order; True when the till took all."""
    result = _result(act, info, booking, card.fields(act.behaviour.shown))
    paper = _paper(act, booking, card)
    for part in (paper, result) if act.behaviour.receipt_first else (result, paper):
        if not (yield from part):
            return False
    return True


def _result(act: Act, info: StatusInformation, booking: Booking, fields: bytes) -> ZvtStory[bool]:
    """04 0F until the till has its goods out (reference 4 and 11.7)."""
    keep = not act.memory.setup.auto_reversal
    for _ in range(act.max_status or GOODS_LATER_TIMES):
        told = yield from act.exchange(Point.STATUS, info, fields, keep=keep)
        if told is None:
            return False
        if told.aprc == GOODS_IN_PART:
            act.issued = told.amount
            return told.amount is not None and 0 < told.amount <= booking.amount
        if told.positive:
            return True
        if told.aprc != GOODS_LATER:
            return False
        yield ZvtPause(GOODS_LATER_S)
    return False


def _paper(act: Act, booking: Booking, card: cards.SampleCard) -> ZvtStory[bool]:
    """Both copies of the receipt, if this till prints them."""
    if not act.prints(CONFIG_PAYMENT_RECEIPTS):
        return True
    for copy in (receipts.MERCHANT, receipts.CUSTOMER):
        lines = receipts.payment(booking, act.memory.setup.merchant, copy, _extra(act.behaviour, card))
        sheets = receipts.prints(lines, copy, blocks=act.memory.blocks)
        if not (yield from act.paper(sheets, keep=not act.memory.setup.auto_reversal)):
            return False
    return True


def _extra(orders: Behaviour, card: cards.SampleCard) -> tuple[str, ...]:
    number = card.masked if orders.shown is cards.Shown.MASKED else card.number
    return tuple(line.replace("{card}", number) for line in orders.receipt)
