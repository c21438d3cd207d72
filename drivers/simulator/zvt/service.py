"""Everything the terminal is asked that moves no money (reference 8.1)."""

from __future__ import annotations

from typing import Final

from drivers.simulator.core.behaviour import Point, ScriptedOutcome
from drivers.simulator.zvt import money, receipts
from drivers.simulator.zvt.act import (
    CONFIG_ADMINISTRATION_RECEIPTS,
    CONFIG_PAYMENT_RECEIPTS,
    PRINT_TEXT_BLOCK,
    Act,
)
from drivers.simulator.zvt.steps import ZvtStory
from drivers.terminal import DayTotal
from drivers.zvt.fields import SCHEMES
from drivers.zvt.packet import (
    Completion,
    Diagnosis,
    EndOfDay,
    Initialisation,
    IntermediateStatus,
    Registration,
    RepeatReceipt,
    SetClock,
    StatusEnquiry,
    StatusInformation,
    TurnoverTotals,
    ZvtAnswer,
)

# Reference 9.
WRONG_CURRENCY: Final = 0x6F
NOT_POSSIBLE: Final = 0x83
# Terminal status.
READY: Final = 0x00
INITIALISE: Final = 0x51
DIAGNOSE: Final = 0xC2
RECONCILE: Final = 0xF0
# BMP 19 of a registration's completion.
NEEDS_INITIALISATION: Final = 0x01
NEEDS_DIAGNOSIS: Final = 0x02
# Service byte of 06 20.
SEND_STATUS: Final = 0x01
NO_RECEIPT: Final = 0x02
AUTOMATIC_CLOSE: Final = 0x0F  # reference 10
# The count of BMP 60 is one byte; a real terminal closes the day before it is full.
LARGEST_COUNT: Final = 0xFF


def registration(act: Act, request: Registration) -> ZvtStory[None]:
    """06 00: who prints, which texts, which currency; then the terminal's own state."""
    memory = act.memory
    if request.currency not in (None, memory.setup.currency):
        yield from act.answer(ZvtAnswer(0x84, 0x1E, result_code=WRONG_CURRENCY))
        return
    yield from act.answer()
    memory.registered = True
    memory.config = request.config
    memory.tlv = bool(request.permitted_commands)
    memory.blocks = PRINT_TEXT_BLOCK in request.permitted_commands
    needs = {INITIALISE: NEEDS_INITIALISATION, DIAGNOSE: NEEDS_DIAGNOSIS}.get(memory.status, 0)
    done = Completion(status_byte=needs, terminal_id=memory.setup.terminal_id, currency=memory.setup.currency)
    yield from act.exchange(Point.COMPLETION, done)


def status_enquiry(act: Act, _request: StatusEnquiry) -> ZvtStory[None]:
    """05 01 at rest; a busy terminal answers in `terminal`.

    The software version is told even to a till that does not want it (service
    byte 02): a simulator must never pass for a real terminal.
    """
    yield from act.answer()
    if act.behaviour.closes_day:
        yield from act.exchange(Point.DISPLAY, IntermediateStatus(AUTOMATIC_CLOSE))
        yield from _close(act)
    done = Completion(terminal_status=act.memory.status, software=act.memory.setup.software)
    yield from act.exchange(Point.COMPLETION, done)


def repeat_receipt(act: Act, request: RepeatReceipt) -> ZvtStory[None]:
    """06 20: the last stored transaction once more; nothing is decided by its answer."""
    yield from act.answer()
    last = act.memory.bank.last_booked()
    if last is None:
        yield from act.stop(NOT_POSSIBLE)
        return
    service = request.service or 0
    if service & SEND_STATUS and not act.behaviour.prints_only:
        yield from act.exchange(Point.STATUS, money.status_information(act, last))
    if (act.behaviour.prints_only or not service & NO_RECEIPT) and act.prints(CONFIG_PAYMENT_RECEIPTS):
        lines = receipts.payment(last, act.memory.setup.merchant, receipts.MERCHANT, ("Wiederholung",))
        yield from act.paper(receipts.prints(lines, receipts.MERCHANT, blocks=act.memory.blocks))
    yield from act.exchange(Point.COMPLETION, Completion())


def end_of_day(act: Act, _request: EndOfDay) -> ZvtStory[None]:
    """06 50. The host has closed the day before the till hears of it, whatever the till answers."""
    yield from act.answer()
    yield from act.show()
    yield from act.before(Point.STATUS)
    memory, orders = act.memory, act.behaviour
    if orders.outcome is not ScriptedOutcome.APPROVE:
        memory.status = RECONCILE
        yield from act.fail(orders.code, orders.text)
        return
    yield from _close(act)
    yield from act.exchange(Point.COMPLETION, Completion())


def _close(act: Act) -> ZvtStory[None]:
    """The day is over: totals and their print."""
    memory, info = act.memory, _totals(act)
    memory.bank.close_day()
    if memory.status == RECONCILE:
        memory.status = READY
    yield from act.exchange(Point.STATUS, info)
    yield from _administration(act, receipts.day(memory.setup.merchant, "Kassenschnitt", info.totals))


def turnover_totals(act: Act, _request: TurnoverTotals) -> ZvtStory[None]:
    """06 10: the totals so far; the day goes on."""
    yield from act.answer()
    yield from act.exchange(Point.STATUS, _totals(act))
    yield from act.exchange(Point.COMPLETION, Completion())


def diagnosis(act: Act, _request: Diagnosis) -> ZvtStory[None]:
    """06 70: sets the till's clock, then reports; the state "diagnosis required" is over."""
    yield from act.answer()
    yield from act.show()
    at = act.at
    yield from act.exchange(Point.DISPLAY, SetClock(date=f"{at:%y%m%d}", time=f"{at:%H%M%S}"))
    if act.memory.status == DIAGNOSE:
        act.memory.status = READY
    yield from _administration(act, (act.memory.setup.merchant, "Diagnose erfolgreich"))
    yield from act.exchange(Point.COMPLETION, Completion(time=f"{at:%H%M%S}", date=f"{at:%y%m%d}"))


def initialisation(act: Act, _request: Initialisation) -> ZvtStory[None]:
    """06 93: the state after power-up is over."""
    yield from act.answer()
    yield from act.show()
    if act.memory.status == INITIALISE:
        act.memory.status = READY
    yield from _administration(act, (act.memory.setup.merchant, "Initialisierung erfolgreich"))
    yield from act.exchange(Point.COMPLETION, Completion())


def _administration(act: Act, lines: tuple[str, ...]) -> ZvtStory[None]:
    if act.prints(CONFIG_ADMINISTRATION_RECEIPTS):
        yield from act.paper(receipts.prints(lines, receipts.ADMINISTRATION, blocks=act.memory.blocks))


def _totals(act: Act) -> StatusInformation:
    """BMP 60 of the day so far. A scheme with more refunds than sales shows 0: the field has no sign."""
    today = act.memory.bank.booked_today()
    count = dict.fromkeys(SCHEMES, 0)
    total = dict.fromkeys(SCHEMES, 0)
    for booking in today:
        scheme = booking.card_name if booking.card_name in count else SCHEMES[-1]
        count[scheme] += 1
        total[scheme] += booking.kind.sign * booking.amount
    return StatusInformation(
        result_code=0,
        time=f"{act.at:%H%M%S}",
        date=f"{act.at:%m%d}",
        terminal_id=act.memory.setup.terminal_id,
        totals=tuple(
            DayTotal(scheme, min(count[scheme], LARGEST_COUNT), max(total[scheme], 0)) for scheme in SCHEMES
        ),
        first_receipt=today[0].receipt if today else 0,
        last_receipt=today[-1].receipt if today else 0,
    )
