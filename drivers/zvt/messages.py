"""The messages of ZVT as frozen values, with the specification's names.

Amounts are minor units, currencies ISO 4217 numbers, one-byte codes plain
integers as in the reference. None means that the field was not there. Dates
and times keep the digits that the terminal sent. `unknown` is what could not be read.
No field of any message can hold a clear card number: `decode` replaces it before a
message exists.
"""

from __future__ import annotations

from msgspec import Struct

from drivers.terminal import DayTotal, SealedCard, UnknownBytes

# ---- till to terminal (reference 8.1) ----


class Registration(Struct, frozen=True):
    """06 00. `config` and `service` are the bit fields of section 8.1.

    `permitted_commands` is tag 26: what the till accepts from the terminal.
    An empty tuple sends no TLV container at all. `character_set` is tag 14.
    """

    password: int
    config: int
    currency: int | None = None
    service: int | None = None
    permitted_commands: tuple[int, ...] = ()
    character_set: int | None = None
    unknown: tuple[UnknownBytes, ...] = ()


class Authorisation(Struct, frozen=True):
    """06 01. `timeout` (seconds) and `max_status` are BMP 01 and 02."""

    amount: int | None = None
    currency: int | None = None
    payment_type: int | None = None
    timeout: int | None = None
    max_status: int | None = None
    unknown: tuple[UnknownBytes, ...] = ()


class LogOff(Struct, frozen=True):
    """06 02. Ends with its answer."""

    unknown: tuple[UnknownBytes, ...] = ()


class TurnoverTotals(Struct, frozen=True):
    """06 10."""

    password: int
    unknown: tuple[UnknownBytes, ...] = ()


class RepeatReceipt(Struct, frozen=True):
    """06 20. Service 01 = send the status information, 02 = no receipt."""

    password: int
    service: int | None = None
    unknown: tuple[UnknownBytes, ...] = ()


class Reversal(Struct, frozen=True):
    """06 30. `receipt_number` None is sent as no BMP 87."""

    password: int
    receipt_number: int | None = None
    amount: int | None = None
    currency: int | None = None
    payment_type: int | None = None
    unknown: tuple[UnknownBytes, ...] = ()


class Refund(Struct, frozen=True):
    """06 31."""

    password: int
    amount: int | None = None
    currency: int | None = None
    payment_type: int | None = None
    unknown: tuple[UnknownBytes, ...] = ()


class EndOfDay(Struct, frozen=True):
    """06 50."""

    password: int
    unknown: tuple[UnknownBytes, ...] = ()


class Diagnosis(Struct, frozen=True):
    """06 70. `kind` is tag 1B."""

    kind: int | None = None
    unknown: tuple[UnknownBytes, ...] = ()


class Initialisation(Struct, frozen=True):
    """06 93."""

    password: int
    unknown: tuple[UnknownBytes, ...] = ()


class AbortCommand(Struct, frozen=True):
    """06 B0, the till's wish to stop."""

    unknown: tuple[UnknownBytes, ...] = ()


class DisplayTextCommand(Struct, frozen=True):
    """06 E0. `seconds` is BMP F0 (0 = for ever), `beeps` is F9."""

    lines: tuple[str, ...] = ()
    seconds: int | None = None
    beeps: int | None = None
    unknown: tuple[UnknownBytes, ...] = ()


class StatusEnquiry(Struct, frozen=True):
    """05 01. Service 02 = no software version, 04 = extended status in TLV."""

    password: int | None = None
    service: int | None = None
    unknown: tuple[UnknownBytes, ...] = ()


# ---- terminal to till (reference 8.2, 8.3) ----


class SetClock(Struct, frozen=True):
    """04 01. `date` YYMMDD, `time` HHMMSS."""

    date: str = ""
    time: str = ""
    unknown: tuple[UnknownBytes, ...] = ()


class StatusInformation(Struct, frozen=True):
    """04 0F, the result of a command.

    `trace` comes from tag 1F2B where BMP 0B is missing or zero. `date` is MMDD,
    or YYMMDD where the terminal sent BMP AA. `dropped_card_fields` counts what
    was wiped unseen (tracks, CVV, PIN data, chip data), `scrubbed_numbers` the
    card numbers that were found and overwritten inside texts.
    """

    result_code: int | None = None
    amount: int | None = None
    currency: int | None = None
    trace: int | None = None
    original_trace: int | None = None
    time: str = ""
    date: str = ""
    card: SealedCard | None = None
    card_sequence: int | None = None
    card_type: int | None = None
    network_card_type: int | None = None
    card_name: str = ""
    payment_type: int | None = None
    terminal_id: str = ""
    merchant_id: str = ""
    approval_code: str = ""
    additional_text: str = ""
    receipt_number: int | None = None
    turnover_number: int | None = None
    host_result_code: int | None = None
    timeout: int | None = None
    totals: tuple[DayTotal, ...] = ()
    first_receipt: int | None = None
    last_receipt: int | None = None
    texts: tuple[str, ...] = ()
    entry_mode: int | None = None
    online: int | None = None
    cardholder_verification: int | None = None
    tip: int | None = None
    cashback: int | None = None
    remaining: int | None = None
    application_name: str = ""
    extended_error_text: str = ""
    dropped_card_fields: int = 0
    scrubbed_numbers: int = 0
    unknown: tuple[UnknownBytes, ...] = ()


class IntermediateStatus(Struct, frozen=True):
    """04 FF. `timeout_minutes` is the new T4; `texts` is tag 24. It may say nothing at all."""

    status: int | None = None
    timeout_minutes: int | None = None
    texts: tuple[str, ...] = ()
    unknown: tuple[UnknownBytes, ...] = ()


class Completion(Struct, frozen=True):
    """06 0F. `terminal_status` and `software` answer a status enquiry, the rest other commands.

    `status_byte` is BMP 19 of a registration: 01 initialise first, 02 diagnose
    first. `result_code` E0 announces an update, FC a restart. `device` and
    `serial_number` are the terminal's name and number (container E4).
    """

    terminal_status: int | None = None
    software: str = ""
    device: str = ""
    serial_number: str = ""
    result_code: int | None = None
    status_byte: int | None = None
    terminal_id: str = ""
    currency: int | None = None
    time: str = ""
    date: str = ""
    character_set: int | None = None
    unknown: tuple[UnknownBytes, ...] = ()


class Abort(Struct, frozen=True):
    """06 1E: the command failed. `texts` is tag 24, `extended_error_text` tag 1F17."""

    result_code: int | None = None
    currency: int | None = None
    receipt_number: int | None = None
    texts: tuple[str, ...] = ()
    extended_error_text: str = ""
    unknown: tuple[UnknownBytes, ...] = ()


class PrintLine(Struct, frozen=True):
    """06 D1. Attribute FF means `feeds` empty lines and no text.

    `receipt_type` is tag 1F07 of a container behind the text: left out of the specification
    long ago, and still sent.
    """

    attribute: int = 0
    text: str = ""
    feeds: int = 0
    receipt_type: int | None = None
    unknown: tuple[UnknownBytes, ...] = ()

    @property
    def last(self) -> bool:
        """True on the last line of a receipt (bit 80, but neither 80 alone nor FF)."""
        return self.attribute > 0x80 and self.attribute != 0xFF


class TextLine(Struct, frozen=True):
    """One line of a print text block with its attribute (tag 09, bits as in 06 D1)."""

    text: str
    attribute: int = 0


class PrintTextBlock(Struct, frozen=True):
    """06 D3. `receipt_type` is tag 1F07: 01 merchant, 02 customer, 03 administration.

    `last` is a tag 09 with bit 80: these lines end a receipt.
    """

    lines: tuple[TextLine, ...] = ()
    receipt_type: int | None = None
    last: bool = False
    unknown: tuple[UnknownBytes, ...] = ()


# ---- both directions ----


class ZvtAnswer(Struct, frozen=True):
    """80 xx or 84 xx (reference 4). `result_code` belongs to 84 1E, `amount` to 84 9D."""

    ccrc: int
    aprc: int
    result_code: int | None = None
    amount: int | None = None
    unknown: tuple[UnknownBytes, ...] = ()

    @property
    def positive(self) -> bool:
        """True for 80 xx, and for 84 00 which counts as positive too."""
        return self.ccrc == 0x80 or self.aprc == 0x00


class Unknown(Struct, frozen=True):
    """A command that is not ours to understand; `control` is its control field."""

    control: int
    unknown: tuple[UnknownBytes, ...] = ()


POSITIVE = ZvtAnswer(0x80, 0x00)
UNKNOWN_COMMAND = ZvtAnswer(0x84, 0x83)
# Reference 1, rule 1: such an answer to a result makes the terminal take it back.
TAKE_IT_BACK = ZvtAnswer(0x84, 0x66)

ZvtPacket = (
    Registration
    | Authorisation
    | LogOff
    | TurnoverTotals
    | RepeatReceipt
    | Reversal
    | Refund
    | EndOfDay
    | Diagnosis
    | Initialisation
    | AbortCommand
    | DisplayTextCommand
    | StatusEnquiry
    | SetClock
    | StatusInformation
    | IntermediateStatus
    | Completion
    | Abort
    | PrintLine
    | PrintTextBlock
    | ZvtAnswer
    | Unknown
)
