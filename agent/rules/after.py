"""The rules once more, with what came back: an approval is looked at before its goods may go.

The money has moved by then. What a rule finds here never changes the verdict; it holds the goods
back (`Release`). A new rule is a function and a row in `AFTER`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.journal.schema.entry import CardSummary, Reason, TerminalResult
from agent.journal.schema.kinds import kind_of
from agent.rules.action import Action
from agent.rules.context import Decision, RuleResult
from agent.rules.policy import MismatchAction, Policy
from agent.rules.same_card import same_card


@dataclass(frozen=True, slots=True)
class ApprovalContext:
    """An approval beside what was asked for. Amounts are in minor units of their currency.

    `original_card` is the card of the payment that is taken back; None if no card was told.
    """

    kind: str
    amount: int | None
    currency: str | None
    told: TerminalResult
    policy: Policy
    original_card: CardSummary | None = None


# The finding for a rule that failed.
FAILED_AFTER: Final = "failed_after"

AfterRule = tuple[str, Callable[[ApprovalContext], RuleResult | None]]

_ON_MISMATCH: Final[dict[MismatchAction, Action]] = {
    "report": Action.NOTE,
    "hold": Action.SUPERVISOR,
    "block": Action.BLOCK,
}


def mismatch(context: ApprovalContext) -> RuleResult | None:
    """The approval is not for what was asked. An ordinary tip is no difference."""
    told = context.told
    if not told.differs or not kind_of(context.kind).moves_money:
        return None
    return RuleResult(
        _ON_MISMATCH[context.policy.on_amount_mismatch],
        "approval_differs",
        {"fields": ", ".join(told.differs)},
    )


def refund_card(context: ApprovalContext) -> RuleResult | None:
    """A refund went to another card than the sale's, or the terminal does not say to which it went."""
    told = context.told.card
    if kind_of(context.kind).takes_back != "part" or same_card(context.original_card, told):
        return None
    if context.original_card is None or told is None:
        return RuleResult(Action.SUPERVISOR, "refund_card_unknown", {})
    return RuleResult(
        Action.SUPERVISOR,
        "refund_card",
        {"original": context.original_card.masked, "card": told.masked},
    )


AFTER: Final[tuple[AfterRule, ...]] = (("on_amount_mismatch", mismatch), ("refund_card", refund_card))


def decide_after(context: ApprovalContext, rules: tuple[AfterRule, ...] = AFTER) -> Decision:
    """Run all rules on an approval; the strictest action wins. A rule that fails holds the goods back."""
    reasons = tuple(reason for name, rule in rules if (reason := _reason_of(name, rule, context)) is not None)
    strictest = max((Action.of(reason.action) for reason in reasons), default=Action.ALLOW)
    return Decision(strictest.label, reasons)


def _reason_of(
    name: str, rule: Callable[[ApprovalContext], RuleResult | None], context: ApprovalContext
) -> Reason | None:
    try:
        result = rule(context)
        if result is None:
            return None
        return Reason(rule=name, action=Action(result.action).label, code=result.code, figures=result.figures)
    except Exception as error:  # noqa: BLE001 - whatever it is, the goods must not go unchecked
        figures: dict[str, int | str] = {"rule": name, "error": type(error).__name__}
        return Reason(rule=name, action="supervisor", code=FAILED_AFTER, figures=figures)
