"""What the terminal's messages mean in the words that all drivers share."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from drivers.terminal import (
    SIMULATOR_SOFTWARE,
    Copy,
    DialogueEnded,
    DisplayText,
    DriverFact,
    EndReason,
    Operation,
    Receipt,
    Result,
    ResultStatus,
    SealedCard,
)
from drivers.zvt import codes
from drivers.zvt import messages as zvt

NO_RESULT_CODE: Final = DriverFact("zvt.no_result_code")
INITIALISE_FIRST: Final = 0x01  # bits of the registration's status byte
DIAGNOSE_FIRST: Final = 0x02

_COPIES: Final = {0x01: Copy.MERCHANT, 0x02: Copy.CUSTOMER, 0x03: Copy.ADMINISTRATION}
# Terminal states that a command of ours can mend. End of day (F0) is a person's decision.
_REGISTER: Final = {codes.UNREGISTERED: Operation.REGISTER}
_CARE: Final = {0x51: Operation.INITIALISE, 0x62: Operation.DIAGNOSE, 0xC2: Operation.DIAGNOSE}


def progress(packet: zvt.IntermediateStatus) -> DisplayText:
    """The terminal's own text wins over the table."""
    status = packet.status or 0
    return DisplayText(status, _own_text(packet.texts) or codes.intermediate_text(status))


def result(packet: zvt.StatusInformation) -> Result:
    """A status information. Without a result code it decides nothing: an open question."""
    code = packet.result_code
    said = _status(code)
    own = packet.additional_text.strip() or _own_text(packet.texts) or packet.extended_error_text.strip()
    return Result(
        said,
        code,
        text=own,
        reason=_reason(said, code, own),
        amount=packet.amount,
        currency=packet.currency,
        trace=packet.trace,
        original_trace=packet.original_trace,
        receipt_number=packet.receipt_number,
        turnover_number=packet.turnover_number,
        terminal_id=packet.terminal_id,
        merchant_id=packet.merchant_id,
        approval_code=packet.approval_code,
        time=packet.time,
        date=packet.date,
        card=packet.card,
        card_name=packet.card_name.strip(),
        card_type=packet.card_type,
        entry_mode=_named(codes.ENTRY_MODES, packet.entry_mode),
        cardholder_verification=_named(codes.VERIFICATIONS, packet.cardholder_verification),
        tip=packet.tip,
        remaining=packet.remaining,
        totals=packet.totals,
        unknown=packet.unknown,
    )


def _status(code: int | None) -> ResultStatus:
    if code is None:
        return ResultStatus.UNCLEAR
    if code in codes.NOT_BEGUN:
        return ResultStatus.NOT_SENT
    known = {codes.APPROVED: ResultStatus.APPROVED, codes.ABORTED: ResultStatus.CANCELLED}
    return known.get(code, ResultStatus.DECLINED)


def _reason(said: ResultStatus, code: int | None, own: str) -> DriverFact | None:
    """Told if the terminal has no words of its own, or if what to do next hangs on it."""
    if code is None:
        return NO_RESULT_CODE
    if said is ResultStatus.APPROVED or (own and said is not ResultStatus.NOT_SENT):
        return None
    return codes.result_fact(code)


def contradicts(first: Result, second: Result) -> bool:
    """Whether two results of one dialogue cannot both be true: about whether money moved, or what moved."""
    if (first.status is ResultStatus.APPROVED) is not (second.status is ResultStatus.APPROVED):
        return True
    pairs = (
        (first.amount, second.amount),
        (first.currency, second.currency),
        (first.trace, second.trace),
        (first.receipt_number, second.receipt_number),
    )
    approved = first.status is ResultStatus.APPROVED
    return approved and any(None not in pair and pair[0] != pair[1] for pair in pairs)


def told_before(first: Result, second: Result) -> bool:
    """Whether the second says nothing that the first did not. No two seals of one card are equal."""
    return _unsealed(first) == _unsealed(second)


def _unsealed(told: Result) -> Result:
    return replace(told, card=SealedCard(told.card.masked) if told.card else None)


def receipt(packet: zvt.PrintLine | zvt.PrintTextBlock) -> Receipt:
    """Printed lines. Most lines by 06 D1 do not say whose copy they are."""
    copy = _COPIES.get(packet.receipt_type or 0, Copy.UNKNOWN)
    if isinstance(packet, zvt.PrintLine):
        return Receipt(copy, (packet.text,) if not packet.feeds else ("",) * packet.feeds, packet.last)
    return Receipt(copy, tuple(line.text for line in packet.lines), packet.last)


def completed(packet: zvt.Completion) -> DialogueEnded:
    """06 0F, with the terminal's state where the command reports one."""
    status = packet.status_byte if packet.terminal_status is None else packet.terminal_status
    return DialogueEnded(
        EndReason.COMPLETED,
        code=packet.result_code or 0,
        reason=_state(packet),
        status=status,
        maintenance=_maintenance(packet),
        busy=packet.terminal_status == codes.BUSY,
        simulator=packet.software.startswith(SIMULATOR_SOFTWARE),
        terminal_id=packet.terminal_id,
        serial_number=packet.serial_number,
        software=packet.software.strip(),
    )


def aborted(packet: zvt.Abort) -> DialogueEnded:
    """06 1E."""
    code = packet.result_code
    own = packet.extended_error_text.strip() or _own_text(packet.texts)
    reason = codes.NO_CODE if code is None else codes.result_fact(code)
    not_begun = code in codes.NOT_BEGUN
    return DialogueEnded(
        EndReason.ABORTED,
        code=code,
        text=own,
        reason=None if own and not not_begun else reason,
        cancelled=code == codes.ABORTED,
        not_begun=not_begun,
        maintenance=_REGISTER.get(code or 0),
    )


def refused(packet: zvt.ZvtAnswer) -> DialogueEnded:
    """84 xx: the command did not start."""
    code = packet.aprc if packet.result_code is None else packet.result_code
    return DialogueEnded(
        EndReason.REFUSED,
        code=code,
        reason=codes.result_fact(code),
        busy=code == codes.BUSY,
        not_begun=True,
        maintenance=_REGISTER.get(code),
    )


def failed(failure: Result) -> DialogueEnded:
    """The end of a command whose failing result was not followed by 06 1E."""
    return DialogueEnded(
        EndReason.ABORTED,
        code=failure.code,
        text=failure.text,
        reason=failure.reason,
        cancelled=failure.status is ResultStatus.CANCELLED,
        not_begun=failure.status is ResultStatus.NOT_SENT,
        maintenance=_REGISTER.get(failure.code or 0),
    )


def _state(packet: zvt.Completion) -> DriverFact | None:
    """Told only of a state that somebody has to do something about."""
    if packet.terminal_status:
        return codes.state_fact(packet.terminal_status)
    return codes.result_fact(packet.result_code) if packet.result_code else None


def _maintenance(packet: zvt.Completion) -> Operation | None:
    if packet.terminal_status is not None:
        return _CARE.get(packet.terminal_status)
    wanted = packet.status_byte or 0
    if wanted & INITIALISE_FIRST:
        return Operation.INITIALISE
    return Operation.DIAGNOSE if wanted & DIAGNOSE_FIRST else None


def _own_text(texts: tuple[str, ...]) -> str:
    return " ".join(text.strip() for text in texts).strip()


def _named(names: dict[int, str], code: int | None) -> str:
    return "" if code is None else names.get(code, f"{code:02X}")
