"""What the payment service tells: facts without sentences, independent of the API."""

from __future__ import annotations

from typing import Literal

import msgspec

from agent.alarms.standing import AlarmChange, StandingAlarm
from agent.journal.schema.entry import ActionName, Fact, PaymentKind, Reason, ReleaseState, Verdict
from agent.payments.record import Printout
from agent.terminals.connection import TerminalCondition

__all__ = [
    "AgentStatus",
    "AlarmChange",
    "AlarmNews",
    "CardState",
    "ChangeKind",
    "Fact",
    "OpenPrompt",
    "PaymentChange",
    "PaymentPhase",
    "PaymentState",
    "Printout",
    "PromptNeed",
    "Reason",
    "StandingAlarm",
    "TerminalCondition",
    "TerminalStatus",
]

PaymentPhase = Literal["deciding", "asking", "running", "done"]
PromptNeed = Literal["operator_credential", "credential", "identity", "purpose"]
ChangeKind = Literal["state", "display", "prompt", "receipt", "verdict"]


class OpenPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """A question that holds the payment back until somebody answers it.

    `reasons` are the rules' reasons to ask. Without reasons the question is `about` the terminal's result.
    """

    id: str
    action: ActionName
    needs: list[PromptNeed]
    reasons: list[Reason] = []
    about: Fact | None = None


class CardState(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt may show of a card."""

    masked: str
    name: str = ""
    entry_mode: str = ""
    verification: str = ""


class PaymentState(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as it stands. `verdict` is set when `phase` is `done`.

    `entry` is the journal's index of the line that holds the verdict. `why` is the fact behind it;
    `words` are what the terminal or persons said, word for word. `release` says whether the goods of an
    approved payment may go, `held_because` why not. `repeated`: the request was sent before. `refunded`
    and `left`, in minor units, and `reversed_by` say what was given back since. `training`: no money moves.
    """

    payment_id: str
    payment: PaymentKind
    terminal: str
    till: str
    phase: PaymentPhase
    amount: int | None = None
    currency: str | None = None
    original: str = ""
    operator: str = ""
    operator_signed_in: bool = False
    display: str = ""
    prompt: OpenPrompt | None = None
    verdict: Verdict | None = None
    why: Fact | None = None
    words: str = ""
    release: ReleaseState | None = None
    repeated: bool = False
    refunded: int = 0
    reversed_by: str = ""
    left: int = 0
    training: bool = False
    held_because: Fact | None = None
    next_step: Fact | None = None
    reasons: list[Reason] = []
    terminal_amount: int | None = None
    terminal_currency: str | None = None
    differs: list[str] = []
    tip: int | None = None
    remaining: int | None = None
    card: CardState | None = None
    trace: int | None = None
    receipt_number: int | None = None
    terminal_id: str = ""
    approval_code: str = ""
    requested_at: str = ""
    entry: int | None = None


class PaymentChange(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a payment's life; `id` counts from 1 within the payment."""

    id: int
    kind: ChangeKind
    payment: PaymentState
    receipt: Printout | None = None


class TerminalStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One terminal's state.

    `text` is its own, `why` what is known of the reason. `unclear` and `serves` are the payments that
    hold it; it is so `since` then, if that was in this run of the agent. Its clock is `clock_ahead_s`
    ahead of the host's (negative: behind), as its last result showed.
    """

    name: str
    state: TerminalCondition
    text: str = ""
    why: Fact | None = None
    terminal_id: str = ""
    software: str = ""
    unclear: str = ""
    serves: str = ""
    since: str = ""
    next_step: Fact | None = None
    clock_ahead_s: int | None = None


class AlarmNews(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm was raised, acknowledged or cleared."""

    change: AlarmChange
    alarm: StandingAlarm


class AgentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The agent as a whole. `cosigned` is the tree size that headquarters has confirmed.

    `held` are the payments whose goods are held or withheld. `limits` are the levels of the settings, money
    in minor units of `currency`. Without a `refusal`, payments are not taken where no terminal takes any.
    """

    version: str
    name: str
    training: bool
    taking_payments: bool
    refusal: Fact | None
    terminals: list[TerminalStatus]
    entries: int
    root: str
    cosigned: int | None
    unclear: list[str]
    held: list[str]
    acquirer_key: str
    acquirer_key_until: str
    alarms: list[StandingAlarm] = []
    currency: str = ""
    limits: dict[str, int] = {}


def is_over(state: PaymentState) -> bool:
    """Whether nothing can change the payment any more."""
    return state.phase == "done" and state.verdict != "unclear" and state.release != "held"


def no_news(before: PaymentState, now: PaymentState) -> bool:
    """Whether whoever waits since `before` goes on waiting: no verdict and no question is new."""
    if now.phase == "done":
        return before.verdict == now.verdict == "unclear"
    return now.phase != "asking"
