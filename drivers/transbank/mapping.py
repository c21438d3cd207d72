"""What the terminal's responses mean in the words that all drivers share (reference 4)."""

from __future__ import annotations

from typing import Final

from drivers.terminal import (
    SIMULATOR_SOFTWARE,
    DayTotal,
    DialogueEnded,
    DisplayText,
    EndReason,
    Operation,
    Result,
    ResultStatus,
)
from drivers.transbank.commands import PESO
from drivers.transbank.packet import SALE_LIKE, TransbankFunction, TransbankResponse
from drivers.transbank.texts import APPROVED, CANCELLED, KEYS_WANTED, result_fact, status_text

# Where `0210` and `0260` have their fields; the first four are those of nearly every response.
MERCHANT: Final = 2
TERMINAL: Final = 3
TICKET: Final = 4
_APPROVAL_CODE: Final = 5
_AMOUNT: Final = 6
_OPERATION: Final = 10
_CARD_TYPE: Final = 11
_BRAND: Final = 14
_DATE: Final = 15
_TIME: Final = 16
_TIP: Final = 18
# 1210 and 0710.
_VOID_APPROVAL_CODE: Final = 4
VOID_OPERATION: Final = 5
_COUNT: Final = 2
_TOTAL: Final = 3

# No field names the software, and a terminal's number has eight characters (reference 4): our
# simulator is the terminal whose number begins as its software's name would.
SIMULATOR_TERMINAL: Final = SIMULATOR_SOFTWARE[:8]


def said(response: TransbankResponse) -> ResultStatus:
    """Only code 00 is a yes."""
    if response.code == APPROVED:
        return ResultStatus.APPROVED
    return ResultStatus.CANCELLED if response.code in CANCELLED else ResultStatus.DECLINED


def result(response: TransbankResponse) -> Result:
    """A response as a result. Numbers that cannot be read are missing."""
    if response.function in SALE_LIKE:
        return _sale(response)
    if response.function is TransbankFunction.VOID_RESULT:
        return Result(
            said(response),
            response.code,
            reason=result_fact(response.code),
            original_trace=response.number(VOID_OPERATION),
            merchant_id=response.text(MERCHANT),
            terminal_id=response.text(TERMINAL),
            approval_code=response.text(_VOID_APPROVAL_CODE),
        )
    if response.function is TransbankFunction.TOTALS_RESULT:
        count, total = response.number(_COUNT), response.number(_TOTAL)
        totals = () if count is None or total is None else (DayTotal("", count, total),)
        return Result(said(response), response.code, reason=result_fact(response.code), totals=totals)
    return Result(
        said(response),
        response.code,
        reason=result_fact(response.code),
        merchant_id=response.text(MERCHANT),
        terminal_id=response.text(TERMINAL),
    )


def _sale(response: TransbankResponse) -> Result:
    """The operation number is the only number that a terminal gives a sale: trace and receipt both."""
    operation, approved = response.number(_OPERATION), response.code == APPROVED
    return Result(
        said(response),
        response.code,
        reason=result_fact(response.code),
        order=response.text(TICKET),
        # A refused sale says 0, which nobody asked for.
        amount=response.number(_AMOUNT) if approved else None,
        currency=PESO if approved else None,
        trace=operation,
        receipt_number=operation,
        terminal_id=response.text(TERMINAL),
        merchant_id=response.text(MERCHANT),
        approval_code=response.text(_APPROVAL_CODE),
        date=_date(response.text(_DATE)),
        time=response.text(_TIME),
        card=response.card,
        card_name=response.text(_BRAND) or response.text(_CARD_TYPE),
        tip=response.number(_TIP) or None,
    )


def _date(text: str) -> str:
    """DDMMYYYY as YYYYMMDD."""
    return text[4:] + text[2:4] + text[:2] if len(text) == 8 else ""


def progress(response: TransbankResponse) -> DisplayText:
    """0900: what the terminal is doing."""
    return DisplayText(response.code, status_text(response.code))


def ended(result: Result) -> DialogueEnded:
    """The end that goes with a result."""
    if result.status is ResultStatus.APPROVED:
        return DialogueEnded(EndReason.COMPLETED, terminal_id=result.terminal_id)
    return DialogueEnded(
        EndReason.ABORTED,
        code=result.code,
        reason=result.reason,
        cancelled=result.status is ResultStatus.CANCELLED,
        maintenance=Operation.INITIALISE if result.code == KEYS_WANTED else None,
        terminal_id=result.terminal_id,
    )
