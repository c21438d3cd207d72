"""What the journal can say: one closed vocabulary of typed entries.

An entry is stored as one line of canonical JSON. The exact bytes of that line,
without its newline, are the leaf of the tree; nothing is ever encoded again to
check a hash. Money is an integer of minor units beside an ISO 4217 letter code.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

import msgspec

# The length prefix of a C2SP entry bundle is a uint16.
MAX_ENTRY_BYTES = 65_535

Verdict = Literal["approved", "declined", "cancelled", "not_sent", "refused", "unclear"]
PaymentKind = Literal["sale", "refund", "reversal", "close_day"]
ActionName = Literal["allow", "note", "confirm", "verify", "supervisor", "block"]

# The order in which an action wins over another.
ACTION_ORDER: tuple[ActionName, ...] = get_args(ActionName)


class Body(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag=lambda name: "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_"),
):
    """The part of an entry that depends on its kind."""


class Started(Body, frozen=True, kw_only=True):
    """The agent began to run. `recovered` counts the payments it found open."""

    terminals: list[str]
    acquirer_key: str
    training: bool = False
    recovered: int = 0


class Stopped(Body, frozen=True, kw_only=True):
    """The agent ended in good order."""

    reason: str


class TailCut(Body, frozen=True, kw_only=True):
    """Bytes without a valid checkpoint were removed at start: promised to nobody."""

    file: str
    offset: int
    removed_bytes: int


class ClockMoved(Body, frozen=True, kw_only=True):
    """The wall clock moved against the boot clock by `by_ms` (negative: back)."""

    by_ms: int


class Requested(Body, frozen=True, kw_only=True):
    """The till asked for a payment. `digest` is the hash of what it asked for."""

    payment_id: str
    digest: str
    payment: PaymentKind
    terminal: str
    till: str
    amount: int | None = None
    currency: str | None = None
    operator: str = ""
    original: str = ""


class Reason(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Why a rule gave its action: what it found, and the figures it looked at.

    `code` names the finding, and with it the sentence for people (`text_key`).
    """

    rule: str
    action: ActionName
    code: str
    figures: dict[str, int | str] = {}

    @property
    def text_key(self) -> str:
        """The key of its sentence in the text catalogue."""
        return f"rules.{self.code}"


class Decided(Body, frozen=True, kw_only=True):
    """All rules ran; `action` is the strictest of `reasons`."""

    payment_id: str
    action: ActionName
    reasons: list[Reason]
    policy: str

    @property
    def decisive(self) -> list[Reason]:
        """The reasons for the action; what was only noted beside them is none of them."""
        return [reason for reason in self.reasons if reason.action == self.action]

    @property
    def asks(self) -> bool:
        """A person must answer before the terminal may hear of it."""
        return self.action in {"confirm", "verify", "supervisor"}

    def stricter_than(self, other: Decided) -> bool:
        """This decision asks for more than the other did."""
        return ACTION_ORDER.index(self.action) > ACTION_ORDER.index(other.action)


class Prompted(Body, frozen=True, kw_only=True):
    """A question was put to the cashier. The facts that it asks about stand in the entries before it.

    Before `Submitted` it asks about the reasons of the decision, after it about what differs.
    """

    payment_id: str
    prompt: str
    action: ActionName


class Replied(Body, frozen=True, kw_only=True):
    """The answer to a question. `person` is set when a credential was checked."""

    payment_id: str
    prompt: str
    answer: Literal["yes", "no", "timeout"]
    person: str = ""
    purpose: str = ""
    identity: bool | None = None
    after_ms: int = 0


class CredentialFailed(Body, frozen=True, kw_only=True):
    """Somebody gave a wrong credential; enough of these lock the person out."""

    payment_id: str
    person: str


class Submitted(Body, frozen=True, kw_only=True):
    """Written before the terminal hears of the payment. From here it is never forgotten.

    `receipts` says who prints: with `till`, the payment stands only at `Completed`.
    """

    payment_id: str
    terminal: str
    receipts: Literal["terminal", "till"]
    last_trace: int | None = None
    last_receipt: int | None = None


class CardSummary(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What left the driver about a card. `sealed` is base64 HPKE ciphertext."""

    masked: str
    fingerprint: str = ""
    key_id: str = ""
    sealed: str = ""
    name: str = ""
    type: int | None = None
    entry_mode: str = ""
    verification: str = ""


class SchemeTotal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the terminal's end-of-day totals."""

    scheme: str
    count: int
    total: int


class Answered(Body, frozen=True, kw_only=True):
    """What is known about the money, and what the terminal said word for word.

    `amount` is the amount the *terminal* says; `differs` names the fields in
    which it contradicts the request.
    """

    payment_id: str
    verdict: Verdict
    code: int | None = None
    text: str = ""
    amount: int | None = None
    currency: str | None = None
    differs: list[str] = []
    trace: int | None = None
    original_trace: int | None = None
    receipt_number: int | None = None
    turnover_number: int | None = None
    terminal_id: str = ""
    merchant_id: str = ""
    approval_code: str = ""
    terminal_time: str = ""
    terminal_date: str = ""
    card: CardSummary | None = None
    tip: int | None = None
    remaining: int | None = None
    totals: list[SchemeTotal] = []
    unparsed_bytes: int = 0


class Printed(Body, frozen=True, kw_only=True):
    """Receipt lines from the terminal, masked by the driver, before they are acknowledged."""

    payment_id: str
    copy: Literal["merchant", "customer", "administration", "unknown"]
    lines: list[str]
    last: bool = False


class Completed(Body, frozen=True, kw_only=True):
    """The dialogue ended as it should after a result: nothing is owed any more."""

    payment_id: str


class Undone(Body, frozen=True, kw_only=True):
    """The terminal reported an abort after it had reported an approval: for a human."""

    payment_id: str
    code: int
    text: str = ""


class BecameUnclear(Body, frozen=True, kw_only=True):
    """The terminal heard us and we lost it. Nothing is proven either way."""

    payment_id: str
    reason: str


class UnsolicitedResult(Body, frozen=True, kw_only=True):
    """A result that came when nobody waited. `result` keeps all of it."""

    terminal: str
    result: Answered


class Resolved(Body, frozen=True, kw_only=True):
    """An unclear payment is clear: by proof from the terminal or by a person's word.

    `result` is what the terminal told of it, if it did. Two persons sign: who
    says it (`person`) and who has seen it too (`witness`).
    """

    payment_id: str
    verdict: Verdict
    proof: str
    result: Answered | None = None
    person: str = ""
    witness: str = ""


class TerminalState(Body, frozen=True, kw_only=True):
    """A terminal came, went or changed its identity."""

    terminal: str
    state: Literal["ready", "away", "trouble"]
    text: str = ""
    terminal_id: str = ""
    software: str = ""


AnyBody = (
    Started
    | Stopped
    | TailCut
    | ClockMoved
    | Requested
    | Decided
    | Prompted
    | Replied
    | CredentialFailed
    | Submitted
    | Answered
    | Printed
    | Completed
    | Undone
    | BecameUnclear
    | UnsolicitedResult
    | Resolved
    | TerminalState
)


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the journal. `boot_ms` is `CLOCK_BOOTTIME`, it orders entries of one boot."""

    index: int
    at: datetime
    boot_ms: int
    boot: str
    version: str
    config: str
    body: AnyBody


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Entry)


def encode(entry: Entry) -> bytes:
    """The canonical bytes of an entry, without a newline."""
    return _encoder.encode(entry)


def decode(line: bytes | memoryview) -> Entry:
    """The entry of one line. Raises `msgspec.ValidationError` or `msgspec.DecodeError`."""
    return _decoder.decode(line)
