"""The life of a payment, from the till's request to what is known about the money."""

from __future__ import annotations

from typing import ClassVar, Literal, get_args

import msgspec

from agent.base.money import CURRENCIES
from agent.journal.schema.base import Body, Fact
from agent.journal.schema.kinds import PaymentKind

Verdict = Literal["approved", "declined", "cancelled", "not_sent", "refused", "unclear"]
ActionName = Literal["allow", "note", "confirm", "verify", "supervisor", "block"]

# Whether the goods of a payment may go. The verdict says what the money did; this is another thing.
ReleaseState = Literal["released", "held", "withheld"]

# The order in which an action wins over another.
ACTION_ORDER: tuple[ActionName, ...] = get_args(ActionName)
# The actions for which a person must answer.
ASKING: frozenset[ActionName] = frozenset({"confirm", "verify", "supervisor"})


class Requested(Body, frozen=True, kw_only=True):
    """The till asked for a payment.

    `operator` is the name that the till gave. It is proven only if `operator_signed_in` says so.
    `first_sent_at` is the till's own word for when it sent this request first.
    """

    payment_id: str
    payment: PaymentKind
    terminal: str
    till: str
    amount: int | None = None
    currency: str | None = None
    operator: str = ""
    operator_signed_in: bool = False
    original: str = ""
    first_sent_at: str = ""

    def __post_init__(self) -> None:
        """A currency that is not known here can neither be asked for nor read."""
        if self.currency is not None and self.currency not in CURRENCIES:
            raise ValueError(f"unknown currency {self.currency:.3}")


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
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

    @property
    def decisive(self) -> list[Reason]:
        """All reasons to ask, the strictest first; what was only noted beside them is none of them."""
        asking = [reason for reason in self.reasons if reason.action in ASKING]
        return sorted(asking, key=lambda reason: -ACTION_ORDER.index(reason.action))

    @property
    def asks(self) -> bool:
        """A person must answer before the terminal may hear of it."""
        return self.action in ASKING

    @property
    def allows(self) -> bool:
        """Nobody has to be asked. An action that is not named here is no permission."""
        return self.action in {"allow", "note"}

    def covers(self, other: Decided) -> bool:
        """A yes to this decision is an answer to the other one, too."""
        both = self.asks and other.asks
        return both and ACTION_ORDER.index(other.action) <= ACTION_ORDER.index(self.action)


class Submitted(Body, frozen=True, kw_only=True):
    """Written before the terminal hears of the payment. From here it is never forgotten.

    `receipts` says who prints: with `till`, the payment stands only at `Completed`. `amount` and `currency`
    stand here for a kind that names none itself: what a reversal gives back, by our books. `original_trace`
    is the number of the payment that it takes back, as the terminal knows it.
    """

    payment_id: str
    receipts: Literal["terminal", "till"]
    amount: int | None = None
    currency: str | None = None
    original_trace: int | None = None
    last_trace: int | None = None
    last_receipt: int | None = None


class CardSummary(msgspec.Struct, frozen=True, omit_defaults=True):
    """What left the driver about a card. `sealed` is base64 HPKE ciphertext, `expiry` is YYMM.

    It is the `card`-th distinct card under the key `card_key` (an entry `card_key_began` names it), and
    the `older_card`-th under the key before, if that is still alive. 0 is unknown. Two ordinals tell the
    same card or another one only under the same key.
    """

    masked: str
    expiry: str = ""
    card: int = 0
    card_key: int = 0
    older_card: int = 0
    older_card_key: int = 0
    key_id: str = ""
    sealed: str = ""
    name: str = ""
    type: int | None = None
    entry_mode: str = ""
    verification: str = ""


class SchemeTotal(msgspec.Struct, frozen=True):
    """One line of the terminal's end-of-day totals."""

    scheme: str
    count: int
    total: int


class UnknownPiece(msgspec.Struct, frozen=True, omit_defaults=True):
    """Bytes of the terminal's message that its driver does not know: their place and length.

    `first` is hex, at most three bytes: more could be a card number.
    """

    length: int
    offset: int | None = None
    tag: str = ""
    first: str = ""


class Refused(Body, frozen=True, kw_only=True):
    """The agent said no, and nothing was sent. Without `why` the reasons stand in the decision before it."""

    verdict: ClassVar[Verdict] = "refused"
    payment_id: str
    why: Fact | None = None


class Cancelled(Body, frozen=True, kw_only=True):
    """A person gave the payment up before the terminal heard of it."""

    verdict: ClassVar[Verdict] = "cancelled"
    payment_id: str
    why: Fact


class NotSent(Body, frozen=True, kw_only=True):
    """The terminal never heard of it: it was away, or no byte of the command left."""

    verdict: ClassVar[Verdict] = "not_sent"
    payment_id: str
    why: Fact


class TerminalResult(Body, frozen=True, kw_only=True, tag="result"):
    """What the terminal said became of the payment, all of it.

    `text` is the terminal's own, word for word; `why` is what the driver makes of its code.
    `amount` is the amount the *terminal* says. `differs` names the fields in which it
    contradicts the request. `order` is the till's own name of the payment, as the terminal repeated it.
    With the verdict `unclear` it decides nothing, and `why` says for what reason.
    """

    payment_id: str
    verdict: Literal["approved", "declined", "cancelled", "not_sent", "unclear"]
    code: int | None = None
    text: str = ""
    why: Fact | None = None
    amount: int | None = None
    currency: str | None = None
    differs: list[str] = msgspec.field(default_factory=list)
    trace: int | None = None
    original_trace: int | None = None
    receipt_number: int | None = None
    turnover_number: int | None = None
    order: str = ""
    terminal_id: str = ""
    merchant_id: str = ""
    approval_code: str = ""
    terminal_time: str = ""
    terminal_date: str = ""
    card: CardSummary | None = None
    tip: int | None = None
    remaining: int | None = None
    totals: list[SchemeTotal] = msgspec.field(default_factory=list)
    unknown: list[UnknownPiece] = msgspec.field(default_factory=list)


class Cut(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was kept of a print is not all: how many lines and bytes of UTF-8 came, and their SHA-256.

    Lines are joined by line feeds. All of it was masked by the driver before it was hashed.
    """

    lines: int
    size: int
    sha256: str


class Printed(Body, frozen=True, kw_only=True):
    """Receipt lines from the terminal, masked by the driver, before they are acknowledged.

    A number stands for a line that this payment has printed before, counted from 0 over all its
    copies: the customer's copy differs from the merchant's in two lines.
    """

    payment_id: str
    copy: Literal["merchant", "customer", "administration", "unknown"]
    lines: list[str | int]
    last: bool = False
    cut: Cut | None = None


class Completed(Body, frozen=True, kw_only=True):
    """The dialogue is over: nothing is owed any more. A payment that is in doubt stays in doubt."""

    payment_id: str


class CancelAsked(Body, frozen=True, kw_only=True):
    """The till asked to stop while the terminal had the payment. The terminal's result still decides."""

    payment_id: str


class Undone(Body, frozen=True, kw_only=True):
    """The terminal reported an abort after it had reported an approval: for a human.

    `text` is the terminal's own.
    """

    payment_id: str
    code: int
    text: str = ""
    why: Fact | None = None


class BecameUnclear(Body, frozen=True, kw_only=True):
    """Nothing is proven either way. `lost`: the dialogue broke, and the terminal may still be at it.

    A payment with a verdict becomes unclear again when a later fact contradicts it.
    """

    payment_id: str
    why: Fact
    lost: bool = False


class UnsolicitedResult(Body, frozen=True, kw_only=True):
    """A result that came when nobody waited. `result` keeps all of it."""

    terminal: str
    result: TerminalResult


class Resolved(Body, frozen=True, kw_only=True):
    """An unclear payment is clear: by proof from the terminal or by two persons' word.

    `corrects` is the entry of an earlier word that was wrong. It stays in the journal.

    `result` is what the terminal told of it, if it did. `words` are the persons' own: of who says
    it (`person`), signed by who has seen it too (`witness`).
    """

    payment_id: str
    verdict: Verdict
    proof: Fact | None = None
    words: str = ""
    result: TerminalResult | None = None
    person: str = ""
    witness: str = ""
    corrects: int | None = None


class Rejected(Body, frozen=True, kw_only=True):
    """The terminal was asked to take its approval back, in the running dialogue. Nothing is proven yet."""

    payment_id: str
    why: Fact


class Release(Body, frozen=True, kw_only=True):
    """Whether the goods of a payment may go, whatever its verdict says about the money.

    `held`: a second person has to look first. `withheld`: a person said no; the payment can be reversed.
    An approval without such an entry is released. `person` and `witness` are proven persons.
    `reasons` are all that the rules found when the approval came.
    """

    payment_id: str
    state: ReleaseState
    why: Fact
    reasons: list[Reason] = msgspec.field(default_factory=list)
    person: str = ""
    witness: str = ""
